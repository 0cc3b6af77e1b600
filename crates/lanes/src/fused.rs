//! Short kernels fused into one: where each works on a handful of entries, starting it takes longer than its work.
//!
//! All that can be decided is so when they are fused: what is left is a list of steps, each with its operands as an array
//! and a place in it, that is gone through once. Entries are computed in whole stretches of the same length at every level:
//! arrays behind whose end lies what is somebody else's are brought into scratch memory before the first step, and results
//! are brought back behind the last one.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::ops::Range;

use crate::element::Element;
use crate::fold::{Fold, FoldKind, LANES as WIDE, fold_row};
use crate::functions::{Arithmetic, Hardware, Plain};
use crate::level::{Kind, Level};
use crate::loops::{
    Call, Loop, MAX_ARGUMENTS, MAX_REGISTERS, Op, STRETCH, Source, Way, entrywise, flushed, is_small, larger, selected,
    truth, walk,
};
use crate::memory::{Memory, Place, Runs, apart, reach};
use crate::product::Product;
use crate::vector::{Vector, Vectors};

/// A kernel that may be one of several.
#[derive(Clone, Debug)]
pub enum Part<T> {
    /// A loop without folds.
    Loop(Loop<T>),
    /// A product of matrices.
    Product(Product),
    /// A reduction.
    Fold(Fold),
}

/// Positions of a loop that is short, and entries of a matrix or of what is folded.
const SHORT: usize = 256;
/// Entries of all of its registers.
const REGISTERS: usize = 6144;
/// Multiplications of a product that is short.
const MULTIPLICATIONS: usize = 2048;

impl<T: Element> Part<T> {
    /// Is it so short that it is better fused with those beside it? This depends on nothing but itself, so that it is computed in
    /// the same way whatever stands beside it.
    pub fn is_short(&self) -> bool {
        match self {
            Part::Loop(l) => {
                let positions = l.positions();
                let padded = positions.next_multiple_of(STRETCH);
                l.folds.is_empty() && positions <= SHORT && padded * l.registers <= REGISTERS
            }
            Part::Product(p) => {
                let all = [p.m, p.n, p.k, p.over.0, p.products()].into_iter().fold(1, usize::saturating_mul);
                let matrices = [(p.m, p.n), (p.m, p.k), (p.k, p.n)];
                let is_small = |(rows, columns): (usize, usize)| rows.saturating_mul(columns) <= SHORT;
                !p.add && all <= MULTIPLICATIONS && matrices.into_iter().all(is_small)
            }
            Part::Fold(f) => {
                let (entries, results) = f.entries();
                entries.max(results) <= SHORT
            }
        }
    }
}

impl<T: Element> Part<T> {
    /// All that it reads and writes: places with how many entries from there on, and whether whole stretches are.
    fn touches(&self, each: &mut dyn FnMut(Place, usize, Touch)) {
        match self {
            Part::Loop(l) => {
                let total = l.positions();
                for (source, reach) in l.sources.iter().zip(l.reaches(None)) {
                    if let Source::Array { from, .. } = source {
                        let in_stretches = match l.way(source) {
                            Way::Whole => !total.is_multiple_of(STRETCH),
                            way => way == Way::Single && total == 1,
                        };
                        each(*from, reach, Touch { is_written: false, in_stretches });
                    }
                }
                let in_stretches = !total.is_multiple_of(STRETCH);
                l.stores.iter().for_each(|(_, to)| each(*to, total, Touch { is_written: true, in_stretches }));
            }
            Part::Product(p) => {
                let [a, b, c] = p.reaches();
                each(p.a.0, a, Touch::READ);
                each(p.b.0, b, Touch::READ);
                each(p.c, c, Touch::WRITTEN);
                // What lies between rows of the result stays.
                if !p.batch.is_empty() || (p.m > 1 && p.c_row > p.n) {
                    each(p.c, c, Touch::READ);
                }
            }
            Part::Fold(f) => {
                each(f.from, f.reach(), Touch::READ);
                each(f.to, f.entries().1, Touch::WRITTEN);
            }
        }
    }
}

/// How entries are touched: in whole stretches, of which the last one ends behind them?
#[derive(Clone, Copy, Debug)]
struct Touch {
    is_written: bool,
    in_stretches: bool,
}

impl Touch {
    const READ: Touch = Touch { is_written: false, in_stretches: false };
    const WRITTEN: Touch = Touch { is_written: true, in_stretches: false };
}

/// Notes that entries are touched.
fn touch(all: &mut Vec<Touched>, place: Place, entries: usize, Touch { is_written, in_stretches }: Touch) {
    if entries == 0 {
        return;
    }
    let end = place.at + entries;
    match all.iter_mut().find(|t| t.span == place.span) {
        Some(own) => {
            // What is not written whole at once is brought back with what it was.
            own.is_read |= !is_written || own.entries != (place.at..end);
            own.is_written |= is_written;
            own.in_stretches |= in_stretches;
            own.entries = own.entries.start.min(place.at)..own.entries.end.max(end);
        }
        None => all.push(Touched {
            span: place.span,
            entries: place.at..end,
            is_read: !is_written,
            is_written,
            in_stretches,
            home: None,
        }),
    }
}

/// An entry: which of the arrays that are touched, and where in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct At(u64);

/// The arrays that are touched, at most; the first is that of known numbers, the second is scratch memory.
const BASES: usize = 256;
const KNOWN: At = At::first(0);
const SCRATCH: At = At::first(1);

impl At {
    /// The first entry of an array.
    const fn first(base: u8) -> At {
        At(base as u64)
    }

    /// No array has so many entries that a place in it takes more than the other bits.
    fn plus(self, entries: usize) -> At {
        At(self.0 + ((entries as u64) << u8::BITS))
    }

    fn base(self) -> usize {
        usize::from(self.0 as u8)
    }

    fn entry(self) -> usize {
        (self.0 >> u8::BITS) as usize
    }
}

/// An instruction over so many entries.
#[derive(Clone, Debug)]
struct Entries {
    op: Op,
    count: u16,
    stretches: u16,
    to: At,
    /// Each with how far the next stretch of it is: 0 for one number, which is the first entry of a stretch that is full of
    /// it, or alone where the operation reads no other one.
    args: [(At, u8); MAX_ARGUMENTS],
}

/// Entries that are brought together from where they lie: so many rows, how far apart they are, and the same of the
/// entries of a row.
#[derive(Clone, Debug)]
struct Walk {
    from: At,
    to: At,
    outer: (usize, usize),
    inner: (usize, usize),
}

#[derive(Clone, Debug)]
enum Step {
    Entries(Entries),
    Walk(Walk),
    /// The columns of a matrix of so many rows and of few columns.
    Columns(At, At, usize, usize),
    /// Along any axes.
    Gather(Box<(Vec<usize>, Vec<usize>)>, At, At, usize),
    /// Rows that lie entry behind entry: how long they are, how many, how far apart.
    Rows(FoldKind, At, At, [usize; 3]),
    Fold(Box<Fold>, At, At),
    /// A product of two matrices, by products of rows or by rows.
    Product(Box<Product>, bool, [At; 3]),
    /// Any others, with room for a copy.
    Products(Box<Product>, [At; 4]),
    /// So many entries are copied.
    Keep(At, At, usize),
}

/// An array that was brought together: where it lies in scratch memory.
#[derive(Clone, Debug)]
struct Known {
    from: Place,
    axes: Vec<(usize, usize)>,
    entries: usize,
    at: At,
    /// Has what it was brought from been written since?
    is_old: bool,
}

/// A slice of memory that is touched: entries from one to another.
#[derive(Clone, Debug)]
struct Touched {
    span: u32,
    entries: Range<usize>,
    is_read: bool,
    is_written: bool,
    in_stretches: bool,
    /// Where these entries are in scratch memory from the first step to the last.
    home: Option<usize>,
}

/// Entries of a slice that are touched from the first one to the last, where they are brought into scratch memory.
const HOME: usize = 1024;

/// Several short kernels, one after the other.
#[derive(Clone, Debug)]
pub struct Fused<T> {
    steps: Vec<Step>,
    /// A stretch of each known number, and positions.
    known: Vec<T>,
    touched: Vec<Touched>,
    scratch: usize,
    call: Call<T>,
}

impl<T: Element> Fused<T> {
    /// Fuses kernels, in as few as can touch all that they do. Arrays in `arena`, if one is named, begin at multiples of 16
    /// entries, and no other one begins before the next multiple behind their end. If there is little room (`is_spare`),
    /// nothing stays in scratch memory beyond the kernel that reads it.
    ///
    /// # Panics
    /// If one doesn't fit itself or is not short: the plan is wrong.
    pub fn new(parts: Vec<Part<T>>, arena: Option<u32>, is_spare: bool) -> Vec<Fused<T>> {
        let mut done = Vec::new();
        let mut parts = parts.into_iter().peekable();
        while parts.peek().is_some() {
            let (mut touched, mut taken) = (Vec::new(), Vec::new());
            // One touches no more arrays than a loop has sources and results.
            while let Some(part) = parts.next_if(|_| touched.len() + 2 * MAX_REGISTERS + 2 <= BASES) {
                assert!(part.is_short(), "a kernel is too long to be fused");
                part.touches(&mut |place, entries, how| touch(&mut touched, place, entries, how));
                taken.push(part);
            }
            let mut own = Fusing::new(touched.clone(), arena, is_spare);
            if !is_spare {
                // What is brought together is held until it is read for the last time, which is known when all has been fused.
                own.all(taken.clone());
                let (last, is_known) = (own.last, true);
                own = Fusing { last, is_known, ..Fusing::new(touched, arena, is_spare) };
            }
            own.all(taken);
            done.push(own.fused);
        }
        done
    }

    /// The entries of a thread's scratch memory that it needs.
    pub(crate) fn scratch(&self) -> usize {
        self.scratch
    }

    /// Runs it.
    ///
    /// # Panics
    /// If it doesn't fit the memory: the plan is wrong.
    pub fn run(&self, level: Level, memory: &mut Memory<'_, T>) {
        T::run_fused(self, level, memory, 1);
    }

    /// Runs it again and again.
    ///
    /// # Panics
    /// As [`Fused::run`].
    pub fn run_all(&self, level: Level, mut runs: Runs<'_, T>) {
        let count = runs.count();
        T::run_fused(self, level, &mut runs.first(), count);
    }

    pub(crate) fn run_here(&self, level: Level, memory: &mut Memory<'_, T>, count: usize) {
        if count == 0 {
            return;
        }
        let mut bases: Bases<T> = [const { MaybeUninit::uninit() }; BASES];
        bases[KNOWN.base()].write(self.known.as_ptr().cast_mut());
        bases[SCRATCH.base()].write(memory.write(Place::SCRATCH, self.scratch));
        let mut strides = [0; BASES];
        for (k, touched) in self.touched.iter().enumerate() {
            let place = Place { span: touched.span, at: touched.entries.start };
            let stride = memory.stride(touched.span);
            let entries = (count - 1).saturating_mul(stride).saturating_add(touched.entries.len());
            let start = match touched.is_written {
                true => memory.write(place, entries),
                false => memory.read(place, entries).cast_mut(),
            };
            bases[k + 2].write(start.wrapping_sub(touched.entries.start));
            strides[k] = stride;
        }
        let runs = (count, &strides);
        let bases = &mut bases;
        // SAFETY: the level is one that the machine has; all that steps touch has been looked up, and known numbers are not
        // written.
        unsafe {
            match level.0 {
                Kind::Portable => all::<T, Plain, <T as Vectors>::Portable>(self, level, bases, runs),
                #[cfg(target_arch = "x86_64")]
                Kind::Avx2 => avx2(self, level, bases, runs),
                #[cfg(target_arch = "x86_64")]
                Kind::Avx512 => avx512(self, level, bases, runs),
            }
        }
    }
}

/// The last part that reads what is brought together from somewhere.
type Last = HashMap<(Place, Vec<(usize, usize)>), usize>;

/// Kernels that are being fused.
struct Fusing<T> {
    fused: Fused<T>,
    arena: Option<u32>,
    /// What was brought together and is still so.
    brought: Vec<Known>,
    /// The last part that reads what is brought together.
    last: Last,
    /// Is that all of them, or nothing to wait for?
    is_known: bool,
    part: usize,
    /// What is taken of scratch memory: from where, how much.
    taken: Vec<(usize, usize)>,
}

impl<T: Element> Fusing<T> {
    fn new(touched: Vec<Touched>, arena: Option<u32>, is_spare: bool) -> Fusing<T> {
        let none = |_: u32, _: [T; 3]| T::ZERO;
        let fused = Fused { steps: Vec::new(), known: Vec::new(), touched, scratch: 0, call: none };
        let mut own = Fusing {
            fused,
            arena,
            brought: Vec::new(),
            last: HashMap::new(),
            is_known: is_spare,
            part: 0,
            taken: Vec::new(),
        };
        for k in 0..own.fused.touched.len() {
            let Touched { span, entries, in_stretches, .. } = own.fused.touched[k].clone();
            if Some(span) != arena && in_stretches && entries.len() <= HOME && !is_spare {
                own.fused.touched[k].home = Some(own.take(entries.len()));
            } else if Some(span) == arena {
                // Whole stretches are.
                let end = entries.end.next_multiple_of(STRETCH);
                own.fused.touched[k].entries = entries.start / STRETCH * STRETCH..end;
            }
        }
        own
    }

    fn all(&mut self, parts: Vec<Part<T>>) {
        for (k, part) in parts.into_iter().enumerate() {
            self.part = k;
            match part {
                Part::Loop(body) => self.body(body),
                Part::Product(product) => self.product(product),
                Part::Fold(fold) => self.fold(fold),
            }
            let (last, is_known) = (std::mem::take(&mut self.last), self.is_known);
            let is_last = |known: &Known| last.get(&(known.from, known.axes.clone())).is_none_or(|last| *last <= k);
            self.forget(|known| known.is_old || (is_known && is_last(known)));
            self.last = last;
        }
    }

    /// Gives back the room of what was brought together.
    fn forget(&mut self, is_done: impl Fn(&Known) -> bool) {
        let taken = &mut self.taken;
        self.brought.retain(|known| {
            let is_done = is_done(known);
            if is_done {
                taken.retain(|(start, _)| *start != known.at.entry());
            }
            !is_done
        });
    }

    /// Room for so many entries in whole stretches, where the first is.
    fn take(&mut self, entries: usize) -> usize {
        let length = entries.next_multiple_of(STRETCH).max(STRETCH);
        self.taken.sort_unstable();
        let mut start = 0;
        for (own, taken) in &self.taken {
            if start + length <= *own {
                break;
            }
            start = own + taken;
        }
        self.taken.push((start, length));
        self.fused.scratch = self.fused.scratch.max(start + length);
        start
    }

    fn give_back(&mut self, start: usize) {
        self.taken.retain(|(own, _)| *own != start);
    }

    /// Where an entry is.
    fn at(&self, place: Place) -> At {
        let k = self.fused.touched.iter().position(|t| t.span == place.span);
        // What has no entries touches nothing.
        let Some(k) = k else { return KNOWN };
        let touched = &self.fused.touched[k];
        match touched.home {
            Some(home) => SCRATCH.plus(home + place.at - touched.entries.start.min(place.at)),
            None => At::first((k + 2) as u8).plus(place.at),
        }
    }

    fn home(&self, place: Place) -> Option<&Touched> {
        self.fused.touched.iter().find(|t| t.span == place.span && t.home.is_some())
    }

    fn is_in_arena(&self, place: Place) -> bool {
        Some(place.span) == self.arena && place.at.is_multiple_of(STRETCH)
    }

    /// An array whose entries lie one behind the other, in whole stretches.
    fn read(&mut self, place: Place, entries: usize) -> At {
        let is_home = self.home(place).is_some_and(|t| (place.at - t.entries.start).is_multiple_of(STRETCH));
        match self.is_in_arena(place) || is_home || entries.is_multiple_of(STRETCH) {
            true => self.at(place),
            false => self.bring(place, &[(entries, 1)]),
        }
    }

    /// Where whole stretches may be written, if there is such a place for all of an array.
    fn write(&mut self, place: Place, entries: usize) -> Option<At> {
        // What this part itself has brought together is read in it yet.
        for known in &mut self.brought {
            known.is_old |= !apart(known.from, known.entries, place, entries);
        }
        let is_all = |t: &Touched| t.entries == (place.at..place.at + entries);
        let is_home = self.home(place).is_some_and(is_all);
        (self.is_in_arena(place) || is_home || entries.is_multiple_of(STRETCH)).then(|| self.at(place))
    }

    /// A number as a stretch of it.
    fn number(&mut self, x: T) -> At {
        let same = |part: &[T]| part.iter().all(|y| y.to_f64().to_bits() == x.to_f64().to_bits());
        let known = self.fused.known.chunks(STRETCH).position(same);
        let k = known.unwrap_or(self.fused.known.len() / STRETCH);
        if known.is_none() {
            self.fused.known.extend([x; STRETCH]);
        }
        KNOWN.plus(k * STRETCH)
    }

    /// Positions along an axis.
    fn positions(&mut self, sizes: &[usize], axis: usize) -> At {
        let at = KNOWN.plus(self.fused.known.len());
        let total: usize = sizes.iter().product();
        let within: usize = sizes[axis + 1..].iter().product();
        let all = (0..total.next_multiple_of(STRETCH)).map(|k| T::from_f64((k / within % sizes[axis]) as f64));
        self.fused.known.extend(all);
        at
    }

    /// Entries along axes, entry behind entry.
    fn bring(&mut self, from: Place, axes: &[(usize, usize)]) -> At {
        let last = self.last.entry((from, axes.to_vec())).or_default();
        *last = self.part.max(*last);
        let same = |known: &&Known| !known.is_old && known.from == from && known.axes == axes;
        if let Some(known) = self.brought.iter().find(same) {
            return known.at;
        }
        let (entries, total) = (reach(axes.iter().copied()), axes.iter().map(|(size, _)| size).product::<usize>());
        // The last stretch of a row ends behind it.
        let ends_behind = matches!(axes, [(2.., _), (n, 0 | 1)] if !n.is_multiple_of(STRETCH));
        let room = if ends_behind { total + STRETCH } else { total };
        let (source, to) = (self.at(from), SCRATCH.plus(self.take(room)));
        self.fused.steps.push(match *axes {
            [(width @ 2..=4, 1), (rows, stride)] if stride == width => Step::Columns(source, to, width, rows),
            [outer, inner] => Step::Walk(Walk { from: source, to, outer, inner }),
            [inner] => Step::Walk(Walk { from: source, to, outer: (1, 0), inner }),
            _ => {
                let axes = axes.iter().copied().unzip();
                Step::Gather(Box::new(axes), source, to, total)
            }
        });
        self.brought.push(Known { from, axes: axes.to_vec(), entries, at: to, is_old: false });
        to
    }

    fn body(&mut self, mut body: Loop<T>) {
        body.collapse();
        body.check();
        let total = body.positions();
        if total == 0 {
            return;
        }
        let ways: Vec<Way> = body.sources.iter().map(|s| body.way(s)).collect();
        body.check_apart(&body.reaches(None), None);
        body.specialise(&ways);
        self.fused.call = body.call;
        // One number beside arrays is a stretch of it where an operation reads it as an array.
        let mut stretched = vec![false; body.registers];
        for step in &body.tape {
            let args = step.args[..step.op.arity()].iter().enumerate();
            args.filter(|(k, _)| !step.op.numbers().contains(k)).for_each(|(_, a)| stretched[usize::from(*a)] = true);
        }
        body.stores.iter().for_each(|(r, _)| stretched[usize::from(*r)] = true);
        let sources = body.sources.len();
        let mut direct: Vec<Option<Operand>> = vec![None; body.registers];
        let (mut late, mut kept) = (Vec::new(), Vec::new());
        for (k, (register, place)) in body.stores.iter().enumerate() {
            let own = usize::from(*register);
            let to = self.write(*place, total);
            match to.map(|at| Operand { at, kind: Held::Array }) {
                // The array is written where the tape writes the register; it is the register from then on.
                Some(to) if own >= sources && body.is_direct(k) => direct[own] = Some(to),
                Some(to) => late.push((own, to)),
                None => kept.push((own, self.at(*place))),
            }
        }
        let ends = ends(&body);
        let mut registers: Vec<Option<Operand>> = vec![None; body.registers];
        let mut rooms: Vec<Option<usize>> = vec![None; body.registers];
        for (step, ends) in body.tape.iter().zip(&ends) {
            let mut args = Vec::with_capacity(step.op.arity());
            for a in step.args[..step.op.arity()].iter().map(|a| usize::from(*a)) {
                let known = registers[a];
                let operand = known.unwrap_or_else(|| self.source(&body, &ways, a, stretched[a]));
                registers[a] = Some(operand);
                args.push(operand);
            }
            // The result lies where an argument lay that is read no more.
            let mut free: Vec<usize> = Vec::new();
            for end in ends {
                free.extend(rooms[*end].take());
                free.extend(registers[*end].filter(|_| *end < sources).and_then(|own| self.given_up(own)));
            }
            let own = usize::from(step.to);
            let to = direct[own].unwrap_or_else(|| {
                let start = free.pop().unwrap_or_else(|| self.take(total));
                rooms[own] = Some(start);
                Operand { at: SCRATCH.plus(start), kind: Held::Array }
            });
            registers[own] = Some(to);
            self.entries(step.op, to, &args, total);
            free.into_iter().for_each(|start| self.give_back(start));
        }
        for (own, to) in late {
            let from = registers[own].unwrap_or_else(|| self.source(&body, &ways, own, true));
            self.entries(Op::Copy, to, &[from], total);
        }
        for (own, to) in kept {
            let mut from = registers[own].unwrap_or_else(|| self.source(&body, &ways, own, true));
            if from.kind == Held::Number {
                let start = self.take(total);
                let whole = Operand { at: SCRATCH.plus(start), kind: Held::Array };
                self.entries(Op::Copy, whole, &[from], total);
                self.give_back(start);
                from = whole;
            }
            self.fused.steps.push(Step::Keep(from.at, to, total));
        }
        rooms.into_iter().flatten().for_each(|start| self.give_back(start));
        // What was brought together after the first of these writes was noted.
        for (_, place) in &body.stores {
            self.write(*place, total);
        }
    }

    /// What a loop reads.
    fn source(&mut self, body: &Loop<T>, ways: &[Way], k: usize, is_stretched: bool) -> Operand {
        let total = body.positions();
        let (at, kind) = match (&body.sources[k], ways[k]) {
            (Source::Constant(c), _) => (self.number(*c), Held::Number),
            (Source::Position(axis), _) => (self.positions(&body.sizes, *axis), Held::Array),
            (Source::Array { from, .. }, Way::Single) if total > 1 && is_stretched => {
                (self.bring(*from, &[(STRETCH, 0)]), Held::Number)
            }
            (Source::Array { from, .. }, Way::Single) if total > 1 => (self.at(*from), Held::Number),
            (Source::Array { from, .. }, Way::Single | Way::Whole) => (self.read(*from, total), Held::Array),
            (Source::Array { from, strides }, _) => {
                let sizes = body.sizes.iter().copied();
                (self.bring(*from, &sizes.zip(strides.iter().copied()).collect::<Vec<_>>()), Held::Array)
            }
        };
        Operand { at, kind }
    }

    /// The room of an array that was brought together, if no other part reads it: it is another's from then on.
    fn given_up(&mut self, own: Operand) -> Option<usize> {
        let is_last = |known: &Known| {
            let last = self.last.get(&(known.from, known.axes.clone()));
            self.is_known && (known.is_old || last.is_some_and(|last| *last <= self.part))
        };
        let is_it = |known: &Known| own.kind == Held::Array && known.at == own.at && is_last(known);
        let k = self.brought.iter().position(is_it)?;
        Some(self.brought.swap_remove(k).at.entry())
    }

    fn entries(&mut self, op: Op, to: Operand, args: &[Operand], total: usize) {
        let step = |a: &Operand| if a.kind == Held::Array { STRETCH as u8 } else { 0 };
        let args = std::array::from_fn(|k| args.get(k).map_or((KNOWN, 0), |a| (a.at, step(a))));
        let stretches = total.div_ceil(STRETCH) as u16;
        self.fused.steps.push(Step::Entries(Entries { op, count: total as u16, stretches, to: to.at, args }));
    }

    fn product(&mut self, mut own: Product) {
        own.check();
        own = own.turned().unwrap_or(own);
        if own.products() == 0 {
            return;
        }
        let is_plain = own.batch.is_empty() && own.over.0 == 1;
        let few = own.m * own.n <= STRETCH && own.k >= STRETCH && own.n < STRETCH;
        let (mut places, mut dots) = ([None; 2], own.is_dot());
        if is_plain && !dots && few {
            // Few results of many terms: as products of rows.
            if own.a.1[1] != 1 {
                places[0] = Some(self.bring(own.a.0, &[(own.m, own.a.1[0]), (own.k, own.a.1[1])]));
                own.a.1 = [own.k, 1];
            }
            if own.b.1[0] != 1 {
                places[1] = Some(self.bring(own.b.0, &[(own.n, own.b.1[1]), (own.k, own.b.1[0])]));
                own.b.1 = [1, own.k];
            }
            dots = true;
        } else if is_plain && own.copies_b() {
            places[1] = Some(self.bring(own.b.0, &[(own.k, own.b.1[0]), (own.n, own.b.1[1])]));
            own.b.1 = [own.n, 1];
        }
        let [_, _, c] = own.reaches();
        self.write(own.c, c);
        let from = places[0].unwrap_or_else(|| self.at(own.a.0));
        let with = places[1].unwrap_or_else(|| self.at(own.b.0));
        let to = self.at(own.c);
        if is_plain {
            self.fused.steps.push(Step::Product(Box::new(own), dots, [from, with, to]));
            return;
        }
        let room = self.take(own.scratch());
        self.give_back(room);
        self.fused.steps.push(Step::Products(Box::new(own), [from, with, to, SCRATCH.plus(room)]));
    }

    fn fold(&mut self, mut fold: Fold) {
        fold.collapse();
        assert!(fold.is_apart(), "a reduction writes what it reads");
        self.write(fold.to, fold.entries().1);
        let (from, to) = (self.at(fold.from), self.at(fold.to));
        let rows = match (&fold.kept[..], &fold.folded[..]) {
            ([], &[(n, 1)]) => Some([n, 1, 0]),
            (&[(count, step)], &[(n, 1)]) => Some([n, count, step]),
            _ => None,
        };
        self.fused.steps.push(match rows.filter(|[n, ..]| *n > 0) {
            Some(rows) => Step::Rows(fold.kind, from, to, rows),
            None => Step::Fold(Box::new(fold), from, to),
        });
    }
}

/// What a register of a loop is.
#[derive(Clone, Copy, Debug)]
struct Operand {
    at: At,
    kind: Held,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Held {
    Array,
    /// One number: a stretch of it, or alone where no operation reads it as an array.
    Number,
}

/// The registers that are read for the last time by each instruction of a loop, as far as they are not kept.
fn ends<T>(body: &Loop<T>) -> Vec<Vec<usize>> {
    let mut live = vec![false; body.registers];
    body.stores.iter().for_each(|(r, _)| live[usize::from(*r)] = true);
    let mut ends = Vec::with_capacity(body.tape.len());
    for step in body.tape.iter().rev() {
        live[usize::from(step.to)] = false;
        let mut own = Vec::new();
        for a in step.args[..step.op.arity()].iter().map(|a| usize::from(*a)) {
            if !std::mem::replace(&mut live[a], true) {
                own.push(a);
            }
        }
        ends.push(own);
    }
    ends.reverse();
    ends
}

type Bases<T> = [MaybeUninit<*mut T>; BASES];

/// # Safety
/// The machine has the instructions, and all that steps touch is there.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<T: Element>(own: &Fused<T>, level: Level, bases: &mut Bases<T>, runs: (usize, &[usize; BASES])) {
    // SAFETY: as above.
    unsafe { all::<T, Hardware, <T as Vectors>::Avx2>(own, level, bases, runs) }
}

/// # Safety
/// As above.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw")]
unsafe fn avx512<T: Element>(own: &Fused<T>, level: Level, bases: &mut Bases<T>, runs: (usize, &[usize; BASES])) {
    // SAFETY: as above.
    unsafe { all::<T, Hardware, <T as Vectors>::Avx512>(own, level, bases, runs) }
}

/// All runs; what is the same for all of them stays where it was brought.
///
/// # Safety
/// As above.
#[inline(always)]
unsafe fn all<T: Element, A: Arithmetic, V: Vector<T>>(
    own: &Fused<T>,
    level: Level,
    bases: &mut Bases<T>,
    (count, strides): (usize, &[usize; BASES]),
) {
    let homes = || {
        let touched = own.touched.iter().enumerate();
        touched.filter_map(|(k, t)| Some((k, t, SCRATCH.plus(t.home?)))).map(|(k, t, home)| (k, t, home, strides[k]))
    };
    let first = |k: usize, t: &Touched| At::first((k + 2) as u8).plus(t.entries.start);
    for run in 0..count {
        if run > 0 {
            for (base, stride) in bases[2..].iter_mut().zip(&strides[..own.touched.len()]) {
                // SAFETY: it has been written, and the slice reaches over all runs.
                base.write(unsafe { base.assume_init().wrapping_add(*stride) });
            }
        }
        // SAFETY: there is a pointer for each base, and as many entries from there on as are touched; room for whole stretches
        // of them in scratch memory.
        unsafe {
            for (k, t, home, stride) in homes().filter(|(_, t, ..)| t.is_read) {
                if run == 0 || stride > 0 {
                    bring_in::<T, V>(at(bases, first(k, t)), t.entries.len(), at(bases, home));
                }
            }
            steps::<T, A, V>(own, level, bases);
            for (k, t, home, stride) in homes().filter(|(_, t, ..)| t.is_written) {
                if run + 1 == count || stride > 0 {
                    bring_back::<T, V>(at(bases, home), t.entries.len(), at(bases, first(k, t)));
                }
            }
        }
    }
}

/// # Safety
/// There is a pointer for the base, and the entry is there.
#[inline(always)]
unsafe fn at<T>(bases: &Bases<T>, place: At) -> *mut T {
    // SAFETY: so says the caller.
    unsafe { bases[place.base()].assume_init().wrapping_add(place.entry()) }
}

/// # Safety
/// As above.
#[inline(always)]
unsafe fn steps<T: Element, A: Arithmetic, V: Vector<T>>(own: &Fused<T>, level: Level, bases: &Bases<T>) {
    // SAFETY: as above.
    let at = |place: At| unsafe { at(bases, place) };
    for step in &own.steps {
        // SAFETY: what is touched is there, and results lie apart from what is read, but for entries of a loop, which are
        // read first.
        unsafe {
            match step {
                Step::Entries(e) => entries::<T, A>(e, bases, own.call),
                Step::Walk(w) => bring::<T, V>(w, at(w.from), at(w.to)),
                Step::Columns(from, to, width, rows) => match width {
                    2 => columns::<T, 2>(at(*from), at(*to), *rows),
                    3 => columns::<T, 3>(at(*from), at(*to), *rows),
                    _ => columns::<T, 4>(at(*from), at(*to), *rows),
                },
                Step::Gather(axes, from, to, total) => walk(&axes.0, &axes.1, at(*from), 0, at(*to), *total),
                Step::Rows(kind, from, to, [n, count, step]) => {
                    let (from, to) = (at(*from), at(*to));
                    for k in 0..*count {
                        let from = from.add(k * step).cast_const();
                        *to.add(k) = match kind {
                            FoldKind::Sum => row_sum::<T, V>(from, *n),
                            _ => fold_row(*kind, from, &[(*n, 1)]),
                        };
                    }
                }
                Step::Fold(fold, from, to) => fold.run_at(level, at(*from), at(*to)),
                Step::Product(product, dots, [a, b, c]) => {
                    product.short::<T, V>(*dots, at(*a), at(*b), at(*c));
                }
                Step::Products(product, [a, b, c, copy]) => {
                    product.run_at(level, [at(*a), at(*b)], at(*c), at(*copy));
                }
                Step::Keep(from, to, n) => bring_back::<T, V>(at(*from), *n, at(*to)),
            }
        }
    }
}

/// A stretch of entries.
type Stretch<T> = [T; STRETCH];

/// Entries to where there is room for whole stretches: zeros come behind them.
///
/// # Safety
/// So many entries are there, and that room.
#[inline(always)]
unsafe fn bring_in<T: Element, V: Vector<T>>(from: *const T, n: usize, to: *mut T) {
    let mut at = 0;
    while at < n {
        // SAFETY: so says the caller.
        unsafe {
            let part = if at + V::LANES <= n { V::load(from.add(at)) } else { V::load_first(from.add(at), n - at) };
            part.store(to.add(at));
        }
        at += V::LANES;
    }
}

/// Entries from where there are whole stretches.
///
/// # Safety
/// These are there, and so many entries at `to`.
#[inline(always)]
unsafe fn bring_back<T: Element, V: Vector<T>>(from: *const T, n: usize, to: *mut T) {
    let mut at = 0;
    while at < n {
        // SAFETY: so says the caller.
        unsafe {
            let part = V::load(from.add(at));
            if at + V::LANES <= n { part.store(to.add(at)) } else { part.store_first(to.add(at), n - at) }
        }
        at += V::LANES;
    }
}

/// The sum of a row, as [`fold_row`] has it.
///
/// # Safety
/// So many entries are there.
#[inline(always)]
unsafe fn row_sum<T: Element, V: Vector<T>>(from: *const T, n: usize) -> T {
    // SAFETY: so says the caller.
    unsafe {
        match n {
            WIDE if V::LANES <= WIDE / 2 => {
                let part = |k: usize| V::splat(T::ZERO).add(V::load(from.add(k * V::LANES)));
                let mut parts = [V::splat(T::ZERO); WIDE / 4];
                let mut count = WIDE / V::LANES;
                parts[..count].iter_mut().enumerate().for_each(|(k, own)| *own = part(k));
                while count > 1 {
                    count /= 2;
                    for k in 0..count {
                        parts[k] = parts[k].add(parts[k + count]);
                    }
                }
                parts[0].total()
            }
            _ => fold_row(FoldKind::Sum, from, &[(n, 1)]),
        }
    }
}

/// # Safety
/// All entries are there.
#[inline(always)]
unsafe fn bring<T: Element, V: Vector<T>>(w: &Walk, from: *const T, to: *mut T) {
    let ((rows, apart), (n, stride)) = (w.outer, w.inner);
    for i in 0..rows {
        // SAFETY: as above; a stretch behind the last entry is there to be written, too.
        unsafe {
            let (from, to) = (from.add(i * apart), to.add(i * n));
            match stride {
                0 => {
                    let row: Stretch<T> = [*from; STRETCH];
                    (0..n.div_ceil(STRETCH))
                        .for_each(|c| to.add(c * STRETCH).cast::<Stretch<T>>().write_unaligned(row));
                }
                1 => bring_in::<T, V>(from, n, to),
                _ => (0..n).for_each(|k| *to.add(k) = *from.add(k * stride)),
            }
        }
    }
}

/// The columns of a matrix, one behind the other.
///
/// # Safety
/// All entries are there.
#[inline(always)]
unsafe fn columns<T: Element, const WIDTH: usize>(from: *const T, to: *mut T, rows: usize) {
    let mut row = 0;
    // SAFETY: as above.
    unsafe {
        while row + STRETCH <= rows {
            let part = from.add(row * WIDTH).cast::<[[T; WIDTH]; STRETCH]>().read_unaligned();
            let own: [Stretch<T>; WIDTH] = std::array::from_fn(|column| std::array::from_fn(|k| part[k][column]));
            for (column, own) in own.into_iter().enumerate() {
                to.add(column * rows + row).cast::<Stretch<T>>().write_unaligned(own);
            }
            row += STRETCH;
        }
        for row in row..rows {
            for column in 0..WIDTH {
                *to.add(column * rows + row) = *from.add(row * WIDTH + column);
            }
        }
    }
}

/// An instruction.
///
/// # Safety
/// Whole stretches of its entries are there, of a number one stretch or, where nothing else is read, one entry.
#[inline(always)]
unsafe fn entries<T: Element, A: Arithmetic>(e: &Entries, bases: &Bases<T>, call: Call<T>) {
    // SAFETY: so says the caller.
    let (to, arg) = unsafe { (at(bases, e.to), |k: usize| at(bases, e.args[k].0).cast_const()) };
    macro_rules! chunked {
        ($($s:ident: $number:tt),*; $($x:ident: $which:tt),+ => $value:expr) => {{
            #[inline(always)]
            fn stretch<T: Element, A: Arithmetic>($($s: T,)* $($x: Stretch<T>),+) -> Stretch<T> {
                let mut to = [T::ZERO; STRETCH];
                for k in 0..STRETCH {
                    $(let $x = $x[k];)+
                    to[k] = $value;
                }
                to
            }
            // SAFETY: a number is there.
            $(let $s = unsafe { *arg($number) };)*
            $(let mut $x = (arg($which), usize::from(e.args[$which].1));)+
            let mut to = to;
            for _ in 0..e.stretches {
                // SAFETY: so many stretches are there.
                unsafe {
                    let value = stretch::<T, A>($($s,)* $($x.0.cast::<Stretch<T>>().read_unaligned()),+);
                    to.cast::<Stretch<T>>().write_unaligned(value);
                }
                $($x.0 = $x.0.wrapping_add($x.1);)+
                to = to.wrapping_add(STRETCH);
            }
        }};
    }
    macro_rules! one {
        ($a:ident => $value:expr) => {
            chunked!(; $a: 0 => $value)
        };
    }
    macro_rules! two {
        ($a:ident, $b:ident => $value:expr) => {
            chunked!(; $a: 0, $b: 1 => $value)
        };
    }
    macro_rules! three {
        ($a:ident, $b:ident, $c:ident => $value:expr) => {
            chunked!(; $a: 0, $b: 1, $c: 2 => $value)
        };
    }
    entrywise!(e.op;
        Op::Copy => one!(a => a),
        Op::Sub => two!(a, b => a - b),
        Op::Scale => chunked!(s: 0; a: 1 => s * a),
        Op::ScaleAdd => chunked!(s: 0; a: 1, b: 2 => s.fused::<A>(a, b)),
        Op::Blend { square: false, flushed: false } => chunked!(s: 0, t: 2; a: 1, y: 3 => s.fused::<A>(a, t * y)),
        Op::Blend { square: false, flushed: true } => {
            chunked!(s: 0, t: 2; a: 1, y: 3 => flushed(s.fused::<A>(a, t * y)));
        }
        Op::Blend { square: true, flushed: false } => {
            chunked!(s: 0, t: 2; a: 1, y: 3 => s.fused::<A>(a, t * (y * y)));
        }
        Op::Blend { square: true, flushed: true } => {
            chunked!(s: 0, t: 2; a: 1, y: 3 => flushed(s.fused::<A>(a, t * (y * y))));
        }
        Op::MinusDivRoot => chunked!(s: 1, t: 4; a: 0, x: 2, y: 3 => a - s * x / (y.root() + t)),
        // SAFETY: as above.
        Op::Sin | Op::Cos | Op::Call(_) => unsafe { by_entry::<T, A>(e, bases, call) },
        Op::Pair(..) => unreachable!("a short loop has none"),
    );
}

/// An instruction that is not the same for all entries of a stretch: those that are none of its own don't count.
///
/// # Safety
/// As [`entries`].
#[inline(always)]
unsafe fn by_entry<T: Element, A: Arithmetic>(e: &Entries, bases: &Bases<T>, call: Call<T>) {
    let n = usize::from(e.count);
    // SAFETY: so says the caller.
    let to = unsafe { at(bases, e.to) };
    // SAFETY: as above.
    let arg = |which: usize, k: usize| unsafe {
        let (from, step) = e.args[which];
        *at(bases, from).wrapping_add(if step == 0 { 0 } else { k })
    };
    let is_turned = !matches!(e.op, Op::Call(_)) && (0..n).all(|k| is_small(&[arg(0, k)]));
    for k in 0..n {
        let value = match e.op {
            Op::Sin if is_turned => arg(0, k).sin::<A>(),
            Op::Cos if is_turned => arg(0, k).cos::<A>(),
            Op::Sin => T::from_f64(arg(0, k).to_f64().sin()),
            Op::Cos => T::from_f64(arg(0, k).to_f64().cos()),
            Op::Call(which) => call(which, [arg(0, k), arg(1, k), arg(2, k)]),
            _ => unreachable!("it is the same for all entries"),
        };
        // SAFETY: so says the caller.
        unsafe { *to.add(k) = value }
    }
}
