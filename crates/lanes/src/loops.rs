//! Loops over entries: a tape of instructions that runs over blocks of registers, each register a piece of every array.

use std::mem::MaybeUninit;
use std::ops::Range;

use crate::element::Element;
use crate::functions::Arithmetic;
use crate::level::{Level, at_level};
use crate::memory::{Memory, Place, apart, reach};
use crate::stage::Access;

/// The most registers of a loop, sources included.
pub const MAX_REGISTERS: usize = 96;

/// What an instruction does with its arguments `a`, `b` and `c`. Truth values are 1 and 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Op {
    Copy,
    Neg,
    Abs,
    Sqrt,
    Exp,
    Expm1,
    Log,
    Log1p,
    Sin,
    Cos,
    Tanh,
    Sigmoid,
    Softplus,
    Relu,
    /// 0 for what is too small to be a normal number: arithmetic with such takes a hundred times as long.
    Flush,
    Add,
    Sub,
    Mul,
    Div,
    /// Not a number if either is.
    Max,
    /// Not a number if either is.
    Min,
    Less,
    LessEqual,
    Equal,
    /// `a*b + c`, rounded once where there is an instruction for it.
    MulAdd,
    /// `a/(sqrt(b) + c)`
    DivRoot,
    /// `a*b + c*d` or `a*b + c*d^2`, flushed or not, where `a` and `c` are one number for all positions.
    Blend {
        /// Is it `d^2`?
        square: bool,
        /// Is it 0 where it is too small to be a normal number?
        flushed: bool,
    },
    /// `a - b*c/(sqrt(d) + e)` where `b` and `e` are one number for all positions.
    MinusDivRoot,
    /// `a*b` where `a` is one number for all positions. A loop finds these three by itself.
    Scale,
    /// `a*b + c` where `a` is one number for all positions.
    ScaleAdd,
    /// `a*a`
    Square,
    /// `b` where `a` is not 0, else `c`; not a number where `a` is none.
    Select,
    /// A function of the caller's, by number, entry by entry.
    Call(u32),
}

impl Op {
    /// How many arguments it has.
    pub fn arity(self) -> usize {
        match self {
            Op::Scale
            | Op::Add
            | Op::Sub
            | Op::Mul
            | Op::Div
            | Op::Max
            | Op::Min
            | Op::Less
            | Op::LessEqual
            | Op::Equal => 2,
            Op::MulAdd | Op::ScaleAdd | Op::DivRoot | Op::Select | Op::Call(_) => 3,
            Op::Blend { .. } => 4,
            Op::MinusDivRoot => 5,
            _ => 1,
        }
    }

    /// About how many passes over an array it takes as long as.
    fn cost(self) -> f64 {
        match self {
            Op::Call(_) => 100.0,
            Op::Exp | Op::Expm1 | Op::Log | Op::Log1p | Op::Sin | Op::Cos | Op::Tanh | Op::Sigmoid | Op::Softplus => {
                10.0
            }
            Op::Div | Op::DivRoot | Op::MinusDivRoot | Op::Sqrt => 5.0,
            _ => 1.0,
        }
    }

    /// The arguments of which only the first entry is read.
    fn numbers(self) -> &'static [usize] {
        match self {
            Op::Scale | Op::ScaleAdd => &[0],
            Op::Blend { .. } => &[0, 2],
            Op::MinusDivRoot => &[1, 4],
            _ => &[],
        }
    }

    /// The argument that the result may overwrite.
    fn overwrites(self) -> Option<usize> {
        match self {
            Op::Sub | Op::MinusDivRoot => Some(0),
            Op::ScaleAdd | Op::Blend { .. } => Some(1),
            _ => None,
        }
    }
}

/// The most arguments of an instruction.
pub const MAX_ARGUMENTS: usize = 5;

/// One step of a tape; the register that it writes is none that it reads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Instruction {
    /// What is done.
    pub op: Op,
    /// Where the result goes.
    pub to: u16,
    /// The arguments; those beyond the arity are not looked at.
    pub args: [u16; MAX_ARGUMENTS],
}

impl Instruction {
    /// An instruction with its arguments; those that it lacks are the first one.
    pub fn new(op: Op, to: u16, args: &[u16]) -> Instruction {
        let first = args.first().copied().unwrap_or(0);
        Instruction { op, to, args: std::array::from_fn(|k| args.get(k).copied().unwrap_or(first)) }
    }
}

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

    /// Puts axes together that all arrays walk as one, and drops those of one position.
    fn collapse(&mut self) {
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
        let (starts, block) = self.layout(&ways, part.map_or(total, |(_, most)| most.min(total)));
        let is_part = |r: usize| part.is_some_and(|(source, _)| usize::from(source) == r);
        let reached = |(r, source): (usize, &Source<T>)| match source {
            _ if is_part(r) => part.map_or(0, |(_, most)| most),
            Source::Array { strides, .. } => reach(self.sizes.iter().copied().zip(strides.iter().copied())),
            _ => 0,
        };
        let reaches: Vec<usize> = self.sources.iter().enumerate().map(reached).collect();
        assert!(part.is_none_or(|(r, _)| ways.get(usize::from(r)) == Some(&Way::Whole)), "a part is no array");
        let registers = scratch(&starts, block);
        for (r, source) in self.sources.iter().enumerate() {
            let Source::Array { from, strides } = source else { continue };
            assert!(apart(*from, reaches[r], self.scratch, registers), "a source lies in the registers");
            for (_, to) in &self.stores {
                let same = *from == *to && is_whole(&self.sizes, strides) && !is_part(r);
                assert!(same || apart(*from, reaches[r], *to, total), "a loop writes what it reads elsewhere");
            }
        }
        for (_, to) in &self.stores {
            assert!(apart(*to, total, self.scratch, registers), "a result lies in the registers");
            let twice = self.stores.iter().filter(|(_, other)| !apart(*other, total, *to, total)).count();
            assert!(twice == 1 || total == 0, "a loop writes twice to one place");
        }
        let direct = (0..self.stores.len()).map(|k| self.is_direct(k)).collect();
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
        }
    }

    /// Where registers begin, those of a block each first, and how long a block is. Sources that are read where they lie
    /// have none, numbers of which only one entry is read a line.
    fn layout(&self, ways: &[Way], total: usize) -> (Vec<Register>, usize) {
        let as_block = |r: usize| {
            let reads = |step: &Instruction| {
                let args = step.args[..step.op.arity()].iter().enumerate();
                args.into_iter().any(|(k, a)| usize::from(*a) == r && !step.op.numbers().contains(&k))
            };
            self.tape.iter().any(reads) || self.stores.iter().any(|(s, _)| usize::from(*s) == r)
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
                at += LINE;
            }
        }
        (all, block)
    }

    /// Products with what is one number for all positions, and squares, read less.
    fn specialise(&mut self, ways: &[Way]) {
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

    fn way(&self, source: &Source<T>) -> Way {
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
    fn is_direct(&self, store: usize) -> bool {
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
    fn check(&self) {
        let registers = self.registers;
        assert!(registers <= MAX_REGISTERS && self.sources.len() <= registers && self.stores.len() <= MAX_REGISTERS);
        for step in &self.tape {
            let args = &step.args[..step.op.arity()];
            let inside = |r: u16| usize::from(r) < registers;
            assert!(inside(step.to) && args.iter().all(|a| inside(*a) && *a != step.to), "{step:?} is no instruction");
            assert!(usize::from(step.to) >= self.sources.len(), "{step:?} writes a source");
            for k in step.op.numbers() {
                let source = self.sources.get(usize::from(step.args[*k]));
                let number = source.is_some_and(|s| matches!(self.way(s), Way::Single | Way::Constant));
                assert!(number, "argument {k} of {step:?} is no number");
            }
        }
        assert!(self.stores.iter().all(|(r, _)| usize::from(*r) < registers), "a result is in no register");
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
enum Way {
    /// Read where it lies.
    Whole,
    /// One number, put into the register before the first block.
    Single,
    /// Brought into the register block by block.
    Walked,
    Position,
    Constant,
}

/// Entries of a register that holds one number.
const LINE: usize = 16;

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
        Register::Number(start) => start + LINE,
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
        self.own.tape.iter().map(|step| step.op.cost()).sum::<f64>() + self.own.stores.len() as f64
    }

    /// The entries of scratch memory that its registers take.
    pub fn scratch(&self) -> usize {
        self.scratch
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

    pub(crate) fn run_here(&self, level: Level, memory: &mut Memory<'_, T>, positions: Range<usize>) {
        assert!(positions.end <= self.total, "a loop ends before");
        if positions.is_empty() {
            return;
        }
        let own = &self.own;
        let (mut slots, mut starts, mut stores) = (no_slots(), no_slots(), no_slots());
        let scratch = memory.write(own.scratch, self.scratch());
        for (slot, register) in slots.iter_mut().zip(&self.registers) {
            if let Register::Block(at) | Register::Number(at) = register {
                // SAFETY: within the registers, which have just been looked up.
                slot.write(unsafe { scratch.add(*at) });
            }
        }
        for (r, source) in own.sources.iter().enumerate() {
            if let Source::Array { from, .. } = source {
                let is_part = self.part.is_some_and(|p| usize::from(p) == r);
                assert!(!is_part || positions.len() <= self.reaches[r], "a part is too long");
                let entries = if is_part { positions.len() } else { self.reaches[r] };
                // What holds a part only begins with it.
                let back = if is_part { positions.start } else { 0 };
                starts[r].write(memory.read(*from, entries).wrapping_sub(back).cast_mut());
            }
        }
        for (k, (_, to)) in own.stores.iter().enumerate() {
            stores[k].write(memory.write(*to, self.total));
        }
        let run = &mut Run { own: self, slots: &mut slots, starts: &starts, stores: &stores, positions };
        // SAFETY: the level is one that the machine has; all that is pointed at has been looked up above.
        unsafe { at_level!(level, blocks::<T>(run: &mut Run<'_, T>)) }
    }
}

struct Run<'a, T> {
    own: &'a CheckedLoop<T>,
    slots: &'a mut Slots<T>,
    starts: &'a Slots<T>,
    stores: &'a Slots<T>,
    positions: Range<usize>,
}

/// # Safety
/// The machine has the instructions of `A`'s level, and all pointers are those of [`CheckedLoop::run_here`].
#[inline(always)]
unsafe fn blocks<T: Element, A: Arithmetic>(run: &mut Run<'_, T>) {
    let checked = run.own;
    let own = &checked.own;
    // SAFETY: registers hold a block each.
    unsafe { fill_once::<T>(run) };
    let slots = &mut *run.slots;
    let mut at = run.positions.start;
    while at < run.positions.end {
        let n = checked.block.min(run.positions.end - at);
        for (r, source) in own.sources.iter().enumerate() {
            // SAFETY: arrays reach to the last position, registers over a block; pointers of sources have been written.
            unsafe {
                match (checked.ways[r], source) {
                    (Way::Whole, _) => _ = slots[r].write(run.starts[r].assume_init().wrapping_add(at)),
                    (Way::Walked, Source::Array { strides, .. }) => {
                        walk(&own.sizes, strides, run.starts[r].assume_init(), at, slots[r].assume_init(), n);
                    }
                    (_, Source::Position(axis)) => count(&own.sizes, *axis, at, slots[r].assume_init(), n),
                    _ => {}
                }
            }
        }
        for (k, (register, _)) in own.stores.iter().enumerate().filter(|(k, _)| checked.direct[*k]) {
            // SAFETY: the result reaches to the last position.
            slots[usize::from(*register)].write(unsafe { run.stores[k].assume_init().add(at) });
        }
        for step in &own.tape {
            // SAFETY: registers and arrays hold `n` entries from here on; the register written is none that is read.
            unsafe { perform::<T, A>(step, slots, n, own.call) }
        }
        for (k, (register, _)) in own.stores.iter().enumerate().filter(|(k, _)| !checked.direct[*k]) {
            // SAFETY: as above. What is written may be the array that is read, at the same positions: `copy` allows that.
            unsafe {
                let to = run.stores[k].assume_init().add(at);
                std::ptr::copy(slots[usize::from(*register)].assume_init().cast_const(), to, n);
            }
        }
        at += n;
    }
}

/// # Safety
/// As [`blocks`].
#[inline(always)]
unsafe fn fill_once<T: Element>(run: &Run<'_, T>) {
    let block = run.own.block.min(run.positions.len());
    for (r, source) in run.own.own.sources.iter().enumerate() {
        let n = if let Register::Number(_) = run.own.registers[r] { 1 } else { block };
        let value = match (run.own.ways[r], source) {
            (_, Source::Constant(c)) => *c,
            // SAFETY: it has an entry.
            (Way::Single, _) => unsafe { *run.starts[r].assume_init() },
            _ => continue,
        };
        // SAFETY: the register holds a block.
        unsafe { std::slice::from_raw_parts_mut(run.slots[r].assume_init(), n) }.fill(value);
    }
}

/// The entries of an array at `n` positions from `at` on.
///
/// # Safety
/// The array reaches over all positions, `to` over `n` entries.
#[inline(always)]
unsafe fn walk<T: Element>(sizes: &[usize], strides: &[usize], start: *const T, at: usize, to: *mut T, n: usize) {
    let Some((&inner, outer)) = sizes.split_last() else { return };
    let step = strides[outer.len()];
    if step == 1 && strides[..outer.len()].iter().all(|s| *s == 0) {
        // SAFETY: as the caller says.
        return unsafe { again(start, inner, at, to, n) };
    }
    let (mut row, mut column) = (at / inner, at % inner);
    let mut done = 0;
    while done < n {
        // Where the row begins: looked for in all axes, unless there is one.
        let mut from = 0;
        match (outer, strides) {
            (&[_], [stride, ..]) => from = row * stride,
            _ => {
                let mut left = row;
                for (size, stride) in outer.iter().zip(strides).rev() {
                    from += left % size * stride;
                    left /= size;
                }
            }
        }
        let length = (inner - column).min(n - done);
        // SAFETY: `from` and the entries behind it are at positions of the loop, `done + length` is at most `n`.
        unsafe {
            let (from, to) = (start.add(from + column * step), to.add(done));
            match step {
                0 => (0..length).for_each(|k| *to.add(k) = *from),
                1 => (0..length).for_each(|k| *to.add(k) = *from.add(k)),
                _ => (0..length).for_each(|k| *to.add(k) = *from.add(k * step)),
            }
        }
        done += length;
        (row, column) = (row + 1, 0);
    }
}

/// The same row again and again, from the middle of one on: what is there already is copied, twice as much each time.
///
/// # Safety
/// There are `row` entries to read, and `n` to write.
#[inline(always)]
unsafe fn again<T: Element>(from: *const T, row: usize, at: usize, to: *mut T, n: usize) {
    let column = at % row;
    let head = (row - column).min(n);
    let tail = column.min(n - head);
    // SAFETY: within the row, and `head + tail` is at most `n`.
    unsafe {
        std::ptr::copy_nonoverlapping(from.add(column), to, head);
        std::ptr::copy_nonoverlapping(from, to.add(head), tail);
    }
    let mut done = head + tail;
    while done < n {
        let more = done.min(n - done);
        // SAFETY: `done` entries are there, which are whole rows, and `more` are not.
        unsafe { std::ptr::copy_nonoverlapping(to.cast_const(), to.add(done), more) }
        done += more;
    }
}

/// Positions along an axis.
///
/// # Safety
/// `to` reaches over `n` entries.
#[inline(always)]
unsafe fn count<T: Element>(sizes: &[usize], axis: usize, at: usize, to: *mut T, n: usize) {
    let within: usize = sizes[axis + 1..].iter().product();
    let (mut position, mut left) = (at / within % sizes[axis], within - at % within);
    let mut done = 0;
    while done < n {
        let length = left.min(n - done);
        // SAFETY: `done + length` is at most `n`.
        unsafe { std::slice::from_raw_parts_mut(to.add(done), length) }.fill(T::from_f64(position as f64));
        done += length;
        position = if position + 1 == sizes[axis] { 0 } else { position + 1 };
        left = within;
    }
}

/// One instruction over a block.
///
/// # Safety
/// Registers hold `n` entries, and that which is written is none of those that are read.
#[inline(always)]
unsafe fn perform<T: Element, A: Arithmetic>(step: &Instruction, slots: &Slots<T>, n: usize, call: Call<T>) {
    // SAFETY: as above.
    let to = unsafe { std::slice::from_raw_parts_mut(slots[usize::from(step.to)].assume_init(), n) };
    // SAFETY: as above; the registers that are read are not written meanwhile.
    let arg = |k: usize| unsafe {
        std::slice::from_raw_parts(slots[usize::from(step.args[k])].assume_init().cast_const(), n)
    };
    macro_rules! one {
        ($a:ident => $value:expr) => {{
            let x = arg(0);
            for k in 0..n {
                let $a = x[k];
                to[k] = $value;
            }
        }};
    }
    macro_rules! two {
        ($a:ident, $b:ident => $value:expr) => {{
            let (x, y) = (arg(0), arg(1));
            for k in 0..n {
                let ($a, $b) = (x[k], y[k]);
                to[k] = $value;
            }
        }};
    }
    macro_rules! three {
        ($a:ident, $b:ident, $c:ident => $value:expr) => {{
            let (x, y, z) = (arg(0), arg(1), arg(2));
            for k in 0..n {
                let ($a, $b, $c) = (x[k], y[k], z[k]);
                to[k] = $value;
            }
        }};
    }
    // The result may lie where this argument does, which is then read by the slice that is written.
    macro_rules! over {
        ($which:expr, $k:ident, $a:ident => $value:expr) => {{
            // SAFETY: as above.
            let old = unsafe { slots[usize::from(step.args[$which])].assume_init() };
            if old == to.as_mut_ptr() {
                for $k in 0..n {
                    let $a = to[$k];
                    to[$k] = $value;
                }
            } else {
                let x = arg($which);
                for $k in 0..n {
                    let $a = x[$k];
                    to[$k] = $value;
                }
            }
        }};
    }
    macro_rules! blend {
        ($y:ident => $term:expr, $z:ident => $value:expr) => {{
            let (s, t, y) = (arg(0)[0], arg(2)[0], arg(3));
            over!(1, k, a => {
                let $y = y[k];
                let $z = s.fused::<A>(a, t * $term);
                $value
            })
        }};
    }
    let flushed = |a: T| if a.magnitude() < T::SMALLEST { T::ZERO } else { a };
    let truth = |t: bool| if t { T::ONE } else { T::ZERO };
    match step.op {
        Op::Copy => to.copy_from_slice(arg(0)),
        Op::Neg => one!(a => -a),
        Op::Abs => one!(a => a.magnitude()),
        Op::Sqrt => one!(a => a.root()),
        Op::Exp => one!(a => a.exp::<A>()),
        Op::Expm1 => one!(a => a.expm1::<A>()),
        Op::Log => one!(a => a.log::<A>()),
        Op::Log1p => one!(a => a.log1p::<A>()),
        Op::Tanh => one!(a => a.tanh::<A>()),
        Op::Sigmoid => one!(a => a.sigmoid::<A>()),
        Op::Softplus => one!(a => a.softplus::<A>()),
        Op::Relu => one!(a => larger(a, T::ZERO)),
        Op::Flush => one!(a => flushed(a)),
        Op::Sin if is_small(arg(0)) => one!(a => a.sin::<A>()),
        Op::Cos if is_small(arg(0)) => one!(a => a.cos::<A>()),
        Op::Sin => one!(a => T::from_f64(a.to_f64().sin())),
        Op::Cos => one!(a => T::from_f64(a.to_f64().cos())),
        Op::Add => two!(a, b => a + b),
        Op::Sub => {
            let y = arg(1);
            over!(0, k, a => a - y[k]);
        }
        Op::Mul => two!(a, b => a * b),
        Op::Div => two!(a, b => a / b),
        Op::Max => two!(a, b => larger(a, b)),
        Op::Min => two!(a, b => -larger(-a, -b)),
        Op::Less => two!(a, b => truth(a < b)),
        Op::LessEqual => two!(a, b => truth(a <= b)),
        Op::Equal => two!(a, b => truth(a == b)),
        Op::MulAdd => three!(a, b, c => a.fused::<A>(b, c)),
        Op::Scale => {
            let (s, x) = (arg(0)[0], arg(1));
            for k in 0..n {
                to[k] = s * x[k];
            }
        }
        Op::ScaleAdd => {
            let (s, y) = (arg(0)[0], arg(2));
            over!(1, k, a => s.fused::<A>(a, y[k]));
        }
        Op::Blend { square: false, flushed: false } => blend!(y => y, z => z),
        Op::Blend { square: false, flushed: true } => blend!(y => y, z => flushed(z)),
        Op::Blend { square: true, flushed: false } => blend!(y => y * y, z => z),
        Op::Blend { square: true, flushed: true } => blend!(y => y * y, z => flushed(z)),
        Op::MinusDivRoot => {
            let (s, x, y, t) = (arg(1)[0], arg(2), arg(3), arg(4)[0]);
            over!(0, k, a => a - s * x[k] / (y[k].root() + t));
        }
        Op::Square => one!(a => a * a),
        Op::DivRoot => three!(a, b, c => a / (b.root() + c)),
        Op::Select => three!(a, b, c => {
            let chosen = if a == T::ZERO { c } else { b };
            if a.is_none() { a } else { chosen }
        }),
        Op::Call(which) => three!(a, b, c => call(which, [a, b, c])),
    }
}

/// Not a number if either is.
#[inline(always)]
pub(crate) fn larger<T: Element>(a: T, b: T) -> T {
    let chosen = if a > b { a } else { b };
    if a.is_none() { a } else { chosen }
}

/// Are all angles such as lane code turns?
#[inline(always)]
fn is_small<T: Element>(angles: &[T]) -> bool {
    angles.iter().fold(true, |small, a| small & (a.magnitude() <= T::MAX_ANGLE))
}
