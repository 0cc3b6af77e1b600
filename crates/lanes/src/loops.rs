//! Loops over entries: a tape of instructions that runs over blocks of registers, each register a piece of every array.

mod instruction;
mod pairs;
mod run;

use std::mem::MaybeUninit;
use std::ops::Range;

use crate::element::Element;
use crate::fold::FoldKind;
use crate::level::{Level, at_level};
use crate::memory::{Memory, Place, apart, reach};
use crate::stage::Access;

pub(crate) use instruction::entrywise;
pub use instruction::{Instruction, MAX_ARGUMENTS, Op, Pair};
pub(crate) use run::{flushed, is_small, larger, selected, truth, walk};

use run::{Run, blocks};

/// The most registers of a loop, sources included.
pub const MAX_REGISTERS: usize = 96;

/// What a register holds before the tape runs.
#[derive(Clone, PartialEq, Debug)]
pub enum Source<T> {
    /// An array, with a stride for each axis of the loop.
    Array {
        /// Its entry at the loop's first position.
        from: Place,
        /// 0 where it is the same all along an axis.
        strides: Vec<usize>,
    },
    /// The position along an axis of the loop.
    Position(usize),
    /// A number.
    Constant(T),
}

/// The functions behind [`Op::Call`].
pub type Call<T> = fn(u32, [T; 3]) -> T;

/// A loop over all positions of some axes, the last one fastest.
#[derive(Clone, Debug)]
pub struct Loop<T> {
    /// The sizes of the axes.
    pub sizes: Vec<usize>,
    /// Registers 0, 1, … before the tape runs.
    pub sources: Vec<Source<T>>,
    /// What is done at each position.
    pub tape: Vec<Instruction>,
    /// Registers whose values are kept, entry behind entry, and where.
    pub stores: Vec<(u16, Place)>,
    /// Registers of which all positions are joined into one number, how, and where that goes: of loops that are one block
    /// ([`Loop::is_one_block`]). The number is that of a [`Fold`](crate::Fold) over an array.
    pub folds: Vec<(u16, FoldKind, Place)>,
    /// How many registers there are.
    pub registers: usize,
    /// Where their entries lie, [`CheckedLoop::scratch`] of them.
    pub scratch: Place,
    /// What [`Op::Call`] calls.
    pub call: Call<T>,
}

/// The entries of a register: enough that an instruction's own cost is small, few enough that all stay in the first
/// cache.
fn block(registers: usize, bytes: usize, total: usize) -> usize {
    const CACHE: usize = 24 << 10;
    let fit = CACHE / bytes / registers.max(1) / 64 * 64;
    fit.clamp(64, 1024).min(total.next_multiple_of(16).max(16))
}

impl<T: Element> Loop<T> {
    /// The number of positions.
    pub fn positions(&self) -> usize {
        self.sizes.iter().product()
    }

    /// Are all of its positions computed together, however its registers are?
    pub fn is_one_block(&self) -> bool {
        self.positions() <= block(MAX_REGISTERS, T::BYTES, usize::MAX - STRETCH)
    }

    /// Puts axes together that all arrays walk as one, and drops those of one position.
    pub(crate) fn collapse(&mut self) {
        let axes = self.sizes.len();
        let positions: Vec<usize> =
            self.sources.iter().filter_map(|s| if let Source::Position(a) = s { Some(*a) } else { None }).collect();
        let single = |k: usize| positions.contains(&k);
        let mut kept: Vec<usize> = Vec::new();
        let mut sizes: Vec<usize> = Vec::new();
        for k in (0..axes).rev() {
            if self.sizes[k] == 1 && !single(k) {
                continue;
            }
            // The axis before that was kept last lies within this one, for every array.
            let joins = kept.last().is_some_and(|&inner| {
                !single(k) && !single(inner) && {
                    let within = sizes[sizes.len() - 1];
                    self.sources.iter().all(|s| match s {
                        Source::Array { strides, .. } => strides[k] == strides[inner] * within,
                        _ => true,
                    })
                }
            });
            if joins {
                let last = sizes.len() - 1;
                sizes[last] *= self.sizes[k];
            } else {
                kept.push(k);
                sizes.push(self.sizes[k]);
            }
        }
        kept.reverse();
        sizes.reverse();
        for source in &mut self.sources {
            match source {
                Source::Array { strides, .. } => *strides = kept.iter().map(|k| strides[*k]).collect(),
                Source::Position(axis) => *axis = kept.iter().position(|k| k == axis).unwrap_or(0),
                Source::Constant(_) => {}
            }
        }
        self.sizes = sizes;
    }

    /// The loop, ready to run: all that can be looked at before the memory is there has been.
    ///
    /// `part` is a source that holds no more than the positions of one part of a run ([`CheckedLoop::run_part`]), and how
    /// many these are at most.
    ///
    /// # Panics
    /// If it doesn't fit itself: the plan is wrong.
    pub fn checked(mut self, part: Option<(u16, usize)>) -> CheckedLoop<T> {
        self.collapse();
        self.check();
        let total = self.positions();
        let ways: Vec<Way> = self.sources.iter().map(|s| self.way(s)).collect();
        self.specialise(&ways);
        self.pair(&ways);
        let (starts, block) = self.layout(&ways, part.map_or(total, |(_, most)| most.min(total)));
        let reaches = self.reaches(part);
        assert!(part.is_none_or(|(r, _)| ways.get(usize::from(r)) == Some(&Way::Whole)), "a part is no array");
        let registers = scratch(&starts, block);
        self.check_apart(&reaches, part.map(|(r, _)| r));
        for (source, reach) in self.sources.iter().zip(&reaches) {
            let Source::Array { from, .. } = source else { continue };
            assert!(apart(*from, *reach, self.scratch, registers), "a source lies in the registers");
        }
        for (_, to) in &self.stores {
            assert!(apart(*to, total, self.scratch, registers), "a result lies in the registers");
        }
        let direct = (0..self.stores.len()).map(|k| self.is_direct(k)).collect();
        let ahead = self.ahead(&ways, total);
        let has_pairs = self.tape.iter().any(|step| matches!(step.op, Op::Pair(..)));
        CheckedLoop {
            own: self,
            part: part.map(|(r, _)| r),
            total,
            block,
            registers: starts,
            scratch: registers,
            ways,
            reaches,
            direct,
            ahead,
            has_pairs,
        }
    }

    /// How far sources reach.
    pub(crate) fn reaches(&self, part: Option<(u16, usize)>) -> Vec<usize> {
        let reached = |(r, source): (usize, &Source<T>)| match (part, source) {
            (Some((own, most)), _) if usize::from(own) == r => most,
            (_, Source::Array { strides, .. }) => reach(self.sizes.iter().copied().zip(strides.iter().copied())),
            _ => 0,
        };
        self.sources.iter().enumerate().map(reached).collect()
    }

    /// Results lie apart from each other, and from what is read elsewhere than they are written.
    pub(crate) fn check_apart(&self, reaches: &[usize], part: Option<u16>) {
        let total = self.positions();
        for (r, source) in self.sources.iter().enumerate() {
            let Source::Array { from, strides } = source else { continue };
            for (_, to) in &self.stores {
                let is_part = part.is_some_and(|own| usize::from(own) == r);
                let same = *from == *to && is_whole(&self.sizes, strides) && !is_part;
                assert!(same || apart(*from, reaches[r], *to, total), "a loop writes what it reads elsewhere");
            }
        }
        for (_, to) in &self.stores {
            for (_, _, folded) in &self.folds {
                assert!(apart(*to, total, *folded, 1), "a loop writes twice to one place");
            }
            let twice = self.stores.iter().filter(|(_, other)| !apart(*other, total, *to, total)).count();
            assert!(twice == 1 || total == 0, "a loop writes twice to one place");
        }
    }

    /// Sources that come from afar, each array once.
    fn ahead(&self, ways: &[Way], total: usize) -> Vec<u16> {
        const NEAR: usize = 256 << 10;
        let mut found: Vec<(u16, Place)> = Vec::new();
        for (r, source) in self.sources.iter().enumerate() {
            let Source::Array { from, .. } = source else { continue };
            // What lies less than a line of the cache from another one comes with it.
            let is_known =
                found.iter().any(|(_, p)| p.span == from.span && p.at.abs_diff(from.at) * T::BYTES < CACHE_LINE);
            if ways[r] == Way::Whole && total * T::BYTES >= NEAR && !from.is_own() && !is_known {
                found.push((r as u16, *from));
            }
        }
        found.into_iter().map(|(r, _)| r).collect()
    }

    /// Where registers begin, those of a block each first, and how long a block is. Sources that are read where they lie
    /// have none, numbers of which only one entry is read a line.
    fn layout(&self, ways: &[Way], total: usize) -> (Vec<Register>, usize) {
        let as_block = |r: usize| {
            let reads = |step: &Instruction| {
                let args = step.args[..step.op.arity()].iter().enumerate();
                let as_number = |k: usize| match step.op {
                    Op::Pair(_, numbers) => numbers >> k & 1 == 1,
                    op => op.numbers().contains(&k),
                };
                args.into_iter().any(|(k, a)| usize::from(*a) == r && !as_number(k))
            };
            self.tape.iter().any(reads)
                || self.stores.iter().any(|(s, _)| usize::from(*s) == r)
                || self.folds.iter().any(|(s, ..)| usize::from(*s) == r)
        };
        let kind = |r: usize| match ways.get(r) {
            Some(Way::Whole) => Register::None,
            Some(Way::Single | Way::Constant) if !as_block(r) => Register::Number(0),
            _ => Register::Block(0),
        };
        let mut all: Vec<Register> = (0..self.registers).map(kind).collect();
        // Even what is read where it lies passes through the cache.
        let held = all.iter().filter(|r| !matches!(r, Register::Number(_))).count();
        let block = block(held, T::BYTES, total);
        let mut at = 0;
        for register in &mut all {
            if let Register::Block(start) = register {
                *start = at;
                at += block;
            }
        }
        for register in &mut all {
            if let Register::Number(start) = register {
                *start = at;
                at += STRETCH;
            }
        }
        (all, block)
    }

    /// Products with what is one number for all positions, and squares, read less.
    pub(crate) fn specialise(&mut self, ways: &[Way]) {
        let is_number = |r: u16| matches!(ways.get(usize::from(r)), Some(Way::Single | Way::Constant));
        for step in &mut self.tape {
            if !matches!(step.op, Op::Mul | Op::MulAdd) {
                continue;
            }
            if is_number(step.args[1]) {
                step.args.swap(0, 1);
            }
            let [a, b, ..] = step.args;
            step.op = match step.op {
                Op::Mul if is_number(a) => Op::Scale,
                Op::MulAdd if is_number(a) => Op::ScaleAdd,
                Op::Mul if a == b => Op::Square,
                op => op,
            };
        }
    }

    /// Two instructions as one, where the registers do.
    fn pair(&mut self, ways: &[Way]) {
        // What two at once save grows with the block; what they cost beyond, with its last positions.
        const LEAST: usize = 192;
        if self.positions() < LEAST {
            return;
        }
        let folded = self.folds.iter().map(|(r, ..)| r);
        let kept: Vec<u16> = self.stores.iter().map(|(r, _)| r).chain(folded).copied().collect();
        let is_number = |r: usize| matches!(ways[r], Way::Single | Way::Constant);
        let (tape, kept, registers) = pairs::paired(&self.tape, self.sources.len(), &kept, &is_number);
        if registers <= MAX_REGISTERS {
            (self.tape, self.registers) = (tape, registers);
            let stores = self.stores.iter_mut().map(|(r, _)| r);
            let all = stores.chain(self.folds.iter_mut().map(|(r, ..)| r));
            all.zip(kept).for_each(|(own, register)| *own = register);
        }
    }

    pub(crate) fn way(&self, source: &Source<T>) -> Way {
        match source {
            Source::Position(_) => Way::Position,
            Source::Constant(_) => Way::Constant,
            Source::Array { strides, .. } => {
                if self.sizes.iter().zip(strides).all(|(size, stride)| *stride == 0 || *size == 1) {
                    Way::Single
                } else if is_whole(&self.sizes, strides) {
                    Way::Whole
                } else {
                    Way::Walked
                }
            }
        }
    }

    /// Can a result be written where it is kept at once, and not by way of a register? Nothing that lies there is read
    /// from then on.
    pub(crate) fn is_direct(&self, store: usize) -> bool {
        let (register, to) = self.stores[store];
        let again = self.stores.iter().filter(|(r, _)| *r == register).count() > 1;
        let Some(first) = self.tape.iter().position(|step| step.to == register) else { return false };
        let lies_there =
            |r: u16| matches!(self.sources.get(usize::from(r)), Some(Source::Array { from, .. }) if *from == to);
        let reads = |k: usize, step: &Instruction| {
            let overwritten = if k == 0 { step.op.overwrites() } else { None };
            (0..step.op.arity()).any(|a| lies_there(step.args[a]) && Some(a) != overwritten)
        };
        !again && !self.tape[first..].iter().enumerate().any(|(k, step)| reads(k, step))
    }

    /// Registers are within their number, and no instruction writes what it reads.
    pub(crate) fn check(&self) {
        let registers = self.registers;
        assert!(registers <= MAX_REGISTERS && self.sources.len() <= registers && self.stores.len() <= MAX_REGISTERS);
        assert!(self.folds.len() <= MAX_REGISTERS);
        for step in &self.tape {
            let args = &step.args[..step.op.arity()];
            let inside = |r: u16| usize::from(r) < registers;
            assert!(inside(step.to) && args.iter().all(|a| inside(*a) && *a != step.to), "{step:?} is no instruction");
            assert!(usize::from(step.to) >= self.sources.len(), "{step:?} writes a source");
            let numbers = if let Op::Pair(_, numbers) = step.op { numbers } else { 0 };
            let numbers = (0..MAX_ARGUMENTS).filter(|k| numbers >> k & 1 == 1);
            for k in step.op.numbers().iter().copied().chain(numbers) {
                let source = self.sources.get(usize::from(step.args[k]));
                let number = source.is_some_and(|s| matches!(self.way(s), Way::Single | Way::Constant));
                assert!(number, "argument {k} of {step:?} is no number");
            }
        }
        assert!(self.stores.iter().all(|(r, _)| usize::from(*r) < registers), "a result is in no register");
        assert!(self.folds.iter().all(|(r, ..)| usize::from(*r) < registers), "what is folded is in no register");
        assert!(
            self.folds.is_empty() || (self.is_one_block() && self.positions() > 0),
            "a loop folds more than a block"
        );
        assert!(self.sources.iter().all(|s| match s {
            Source::Array { strides, .. } => strides.len() == self.sizes.len(),
            Source::Position(axis) => *axis < self.sizes.len(),
            Source::Constant(_) => true,
        }));
    }
}

/// Are these the strides of an array that lies entry behind entry?
fn is_whole(sizes: &[usize], strides: &[usize]) -> bool {
    let mut step = 1;
    sizes.iter().zip(strides).rev().all(|(size, stride)| {
        let fits = *size == 1 || *stride == step;
        step *= size;
        fits
    })
}

/// How a source comes into its register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// Read where it lies.
    Whole,
    /// One number, put into the register before the first block.
    Single,
    /// Brought into the register block by block.
    Walked,
    Position,
    Constant,
}

/// Entries of a register that holds one number, and how many a pair of instructions or fused kernels compute at once.
pub const STRETCH: usize = 16;

/// Bytes of a line of the cache.
const CACHE_LINE: usize = 64;

/// Where a register begins in the scratch memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Register {
    /// It is a piece of an array.
    None,
    Block(usize),
    Number(usize),
}

fn scratch(registers: &[Register], block: usize) -> usize {
    let end = |r: &Register| match r {
        Register::None => 0,
        Register::Block(start) => start + block,
        Register::Number(start) => start + STRETCH,
    };
    registers.iter().map(end).max().unwrap_or(0)
}

/// A loop that has been checked; see [`Loop::checked`].
#[derive(Clone, Debug)]
pub struct CheckedLoop<T> {
    own: Loop<T>,
    part: Option<u16>,
    total: usize,
    block: usize,
    registers: Vec<Register>,
    scratch: usize,
    ways: Vec<Way>,
    /// How far sources reach.
    reaches: Vec<usize>,
    direct: Vec<bool>,
    /// Sources that are asked for before they are read.
    ahead: Vec<u16>,
    /// Do instructions read lines of numbers?
    has_pairs: bool,
}

/// A pointer for each register, those behind their number never looked at.
type Slots<T> = [MaybeUninit<*mut T>; MAX_REGISTERS];

fn no_slots<T>() -> Slots<T> {
    [const { MaybeUninit::uninit() }; MAX_REGISTERS]
}

impl<T: Element> CheckedLoop<T> {
    /// The source that holds a part of the positions only, if one does.
    pub fn part(&self) -> Option<u16> {
        self.part
    }

    /// How many positions it goes over.
    pub(crate) fn positions(&self) -> usize {
        self.total
    }

    /// Positions that are computed together.
    pub(crate) fn step(&self) -> usize {
        self.block
    }

    /// Do all results lie apart from these entries?
    pub(crate) fn writes_apart(&self, place: Place, entries: usize) -> bool {
        self.own.stores.iter().all(|(_, to)| apart(*to, self.total, place, entries))
    }

    /// What it touches for each of so many rows of positions.
    pub(crate) fn accesses(&self, rows: usize) -> Vec<Access> {
        assert!(self.total.is_multiple_of(rows), "a loop has no {rows} rows");
        let width = self.total / rows;
        let read = |place: Place, row, entries| Access { place, row, entries, written: false };
        let stores = self.own.stores.iter();
        let mut found: Vec<Access> =
            stores.map(|(_, to)| Access { place: *to, row: width, entries: width, written: true }).collect();
        for ((source, way), reached) in self.own.sources.iter().zip(&self.ways).zip(&self.reaches) {
            let Source::Array { from, strides } = source else { continue };
            found.push(match (way, &self.own.sizes[..], &strides[..]) {
                (Way::Whole, ..) => read(*from, width, width),
                (Way::Walked, [first, sizes @ ..], [stride, strides @ ..]) if first.is_multiple_of(rows) => {
                    let outer = first / rows;
                    let inner = sizes.iter().copied().zip(strides.iter().copied());
                    read(*from, outer * stride, reach(inner.chain([(outer, *stride)])))
                }
                _ => read(*from, 0, *reached),
            });
        }
        found
    }

    /// Is what it reads of these entries read at the position that is computed only?
    pub(crate) fn reads_in_place(&self, place: Place, entries: usize) -> bool {
        let sources = self.own.sources.iter().zip(&self.ways).zip(&self.reaches);
        sources.into_iter().all(|((source, way), reach)| match source {
            Source::Array { from, .. } => {
                apart(*from, *reach, place, entries) || (*from == place && *way == Way::Whole)
            }
            _ => true,
        })
    }

    /// About how many passes over an array it takes as long as.
    pub(crate) fn cost(&self) -> f64 {
        let kept = self.own.stores.len() + self.own.folds.len();
        self.own.tape.iter().map(|step| step.op.cost()).sum::<f64>() + kept as f64
    }

    /// The entries of scratch memory that its registers take.
    pub fn scratch(&self) -> usize {
        self.scratch
    }

    /// Where in a thread's scratch memory its registers end.
    pub(crate) fn scratch_end(&self) -> usize {
        let own = self.own.scratch;
        if own.span == Place::SCRATCH.span { own.at + self.scratch } else { 0 }
    }

    /// Runs it.
    ///
    /// # Panics
    /// If it doesn't fit the memory: the plan is wrong.
    pub fn run(&self, level: Level, memory: &mut Memory<'_, T>) {
        T::run_loop(self, level, memory, 0..self.total);
    }

    /// Runs a part of its positions.
    ///
    /// # Panics
    /// As [`CheckedLoop::run`].
    pub fn run_part(&self, level: Level, memory: &mut Memory<'_, T>, positions: Range<usize>) {
        T::run_loop(self, level, memory, positions);
    }

    /// The entries that a source has at some positions, counted from its first one. Where it is walked by several axes, those
    /// of whole rows of the first one.
    fn touched(&self, r: usize, positions: &Range<usize>) -> Range<usize> {
        let Source::Array { strides, .. } = &self.own.sources[r] else { return 0..0 };
        match (self.ways[r], strides.first()) {
            (Way::Whole, _) => positions.clone(),
            (Way::Walked, Some(stride)) => {
                let each = self.total / self.own.sizes[0];
                let (first, last) = (positions.start / each, (positions.end - 1) / each);
                let row = self.reaches[r] - (self.own.sizes[0] - 1) * stride;
                first * stride..last * stride + row
            }
            _ => 0..self.reaches[r],
        }
    }

    pub(crate) fn run_here(&self, level: Level, memory: &mut Memory<'_, T>, positions: Range<usize>) {
        assert!(positions.end <= self.total, "a loop ends before");
        if positions.is_empty() {
            return;
        }
        let own = &self.own;
        let (mut slots, mut starts, mut stores, mut folds) = (no_slots(), no_slots(), no_slots(), no_slots());
        let scratch = memory.write(own.scratch, self.scratch());
        for (slot, register) in slots.iter_mut().zip(&self.registers) {
            if let Register::Block(at) | Register::Number(at) = register {
                // SAFETY: within the registers, which have just been looked up.
                slot.write(unsafe { scratch.add(*at) });
            }
        }
        let is_whole = positions.len() == self.total;
        for (r, source) in own.sources.iter().enumerate() {
            if let Source::Array { from, .. } = source {
                let is_part = self.part.is_some_and(|p| usize::from(p) == r);
                assert!(!is_part || positions.len() <= self.reaches[r], "a part is too long");
                // What holds a part only begins with it.
                let (first, entries, back) = if is_part {
                    (0, positions.len(), positions.start)
                } else if is_whole {
                    (0, self.reaches[r], 0)
                } else {
                    let touched = self.touched(r, &positions);
                    (touched.start, touched.len(), touched.start)
                };
                starts[r].write(memory.read(from.plus(first), entries).wrapping_sub(back).cast_mut());
            }
        }
        for (k, (_, to)) in own.stores.iter().enumerate() {
            let to = memory.write(to.plus(positions.start), positions.len());
            stores[k].write(to.wrapping_sub(positions.start));
        }
        assert!(own.folds.is_empty() || positions.len() == self.total, "a loop folds a part");
        for (k, (_, _, to)) in own.folds.iter().enumerate() {
            folds[k].write(memory.write(*to, 1));
        }
        let run = &mut Run { folds: &folds, own: self, slots: &mut slots, starts: &starts, stores: &stores, positions };
        // SAFETY: the level is one that the machine has; all that is pointed at has been looked up above.
        unsafe { at_level!(level, blocks::<T>(run: &mut Run<'_, T>)) }
    }
}
