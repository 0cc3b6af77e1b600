//! Short kernels fused into one: where each works on a handful of entries, starting it takes longer than its work.
//!
//! All that can be decided is so when they are fused: what is left is a list of steps, each with its operands as an array
//! and a place in it, that is gone through once. Entries are computed in whole stretches of the same length at every level:
//! arrays behind whose end lies what is somebody else's are brought into scratch memory before the first step, and results
//! are brought back behind the last one.

use std::ops::Range;

use crate::element::Element;
use crate::fold::{Fold, FoldKind};
use crate::level::Level;
use crate::loops::{Call, Loop, MAX_ARGUMENTS, MAX_REGISTERS, Op, STRETCH, Source, Way};
use crate::memory::{Memory, Place, Runs};
use crate::product::Product;

use fusing::Fusing;

mod fusing;
mod run;

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
                let last = own.last;
                own = Fusing::new(touched, arena, is_spare);
                (own.last, own.is_known) = (last, true);
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
}
