//! Arrays that are put together of pieces: rows copied to their places, or added to what is there.

use std::ops::Range;

use crate::element::Element;
use crate::functions::Arithmetic;
use crate::level::{Level, at_level};
use crate::memory::{Memory, Place, apart, reach};
use crate::stage::Access;

/// A piece of an array.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Put {
    /// Its first entry.
    pub from: Place,
    /// How far the next row is.
    pub row: usize,
    /// Which row of the array its first one is, how far apart the others go, and how many there are.
    pub rows: [usize; 3],
    /// Where a row's first entry goes.
    pub at: usize,
    /// The axes of a row: size, how far the next place is, and how far the next entry.
    pub axes: Vec<(usize, [usize; 2])>,
    /// What is done at its places.
    pub way: PutWay,
}

/// What is done at the places of a piece.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PutWay {
    /// They become 0; nothing is read.
    Clear,
    /// Entries are copied there.
    Copy,
    /// Entries are added to what is there.
    Add,
}

/// An array of so many rows that is made of pieces, one after the other.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Assemble {
    /// How many rows there are.
    pub rows: usize,
    /// Entries of a row.
    pub width: usize,
    /// What it is made of: together they reach everywhere.
    pub pieces: Vec<Put>,
    /// Where it goes, entry behind entry.
    pub to: Place,
}

/// Entries that are put together at a time, so that what one piece has written is near when the next one is added.
const NEAR: usize = 2048;

impl Put {
    /// The same with as few axes as possible.
    fn collapse(&mut self) {
        let mut axes: Vec<(usize, [usize; 2])> = Vec::new();
        for &(size, strides) in self.axes.iter().filter(|(size, _)| *size != 1) {
            match axes.last_mut() {
                Some(last) if (0..2).all(|k| last.1[k] == strides[k] * size) => *last = (last.0 * size, strides),
                _ => axes.push((size, strides)),
            }
        }
        self.axes = axes;
    }

    /// How far the places of a row, and its entries, reach.
    fn reach(&self, which: usize) -> usize {
        reach(self.axes.iter().map(|(size, strides)| (*size, strides[which])))
    }

    /// How far it reaches from its first entry.
    fn whole(&self) -> usize {
        if self.rows[2] == 0 || self.way == PutWay::Clear {
            0
        } else {
            reach([(self.rows[2], self.row), (self.reach(1), 1)])
        }
    }

    /// The rows of the array that it goes to.
    fn places(&self) -> Range<usize> {
        self.rows[0]..self.rows[0] + self.rows[2]
    }

    /// Is one added to the other, and do both lie row behind row, as the array does?
    fn goes_with(&self, next: &Put, width: usize) -> bool {
        let lies = |p: &Put| {
            let is_row = match p.axes[..] {
                [] => width == 1,
                [(n, [1, 1])] => n == width,
                _ => false,
            };
            is_row && p.rows[1] == 1 && p.row == width
        };
        self.way == PutWay::Copy && next.way == PutWay::Add && lies(self) && lies(next)
    }

    /// Those of its rows that go to some rows of the array.
    fn within(&self, rows: &Range<usize>) -> Range<usize> {
        let [start, step, length] = self.rows;
        let before = |row: usize| row.saturating_sub(start).div_ceil(step).min(length);
        before(rows.start)..before(rows.end)
    }
}

impl Assemble {
    /// The same, ready to run.
    ///
    /// # Panics
    /// If a piece ends outside of it, or is read where it is written: the plan is wrong.
    #[must_use]
    pub fn checked(mut self) -> Assemble {
        self.pieces.iter_mut().for_each(Put::collapse);
        self.pieces.retain(|p| p.rows[2] > 0 && p.axes.iter().all(|(size, _)| *size > 0));
        for piece in &self.pieces {
            let [start, step, length] = piece.rows;
            assert!(step > 0 && start + (length - 1) * step < self.rows, "a piece ends outside of its array");
            assert!(piece.at + piece.reach(0) <= self.width, "a piece ends outside of a row");
            assert!(apart(piece.from, piece.whole(), self.to, self.rows * self.width), "a piece is written over");
        }
        self
    }

    /// About how many entries it touches.
    pub(crate) fn entries(&self) -> usize {
        let piece = |p: &Put| p.axes.iter().map(|(size, _)| size).product::<usize>() * p.rows[2];
        self.rows * self.width + 2 * self.pieces.iter().map(piece).sum::<usize>()
    }

    /// What it touches for each row: all of its pieces, for want of rows that are the array's.
    pub(crate) fn accesses(&self) -> Vec<Access> {
        let piece = |p: &Put| Access { place: p.from, row: 0, entries: p.whole(), written: false };
        let own = Access { place: self.to, row: self.width, entries: self.width, written: true };
        self.pieces.iter().map(piece).chain([own]).collect()
    }

    /// Runs some of its rows.
    ///
    /// # Panics
    /// If it doesn't fit the memory: the plan is wrong.
    pub fn run<T: Element>(&self, level: Level, memory: &mut Memory<'_, T>, rows: Range<usize>) {
        assert!(rows.end <= self.rows, "an array has fewer rows");
        if self.width == 0 {
            return;
        }
        let (each, mut first) = ((NEAR / self.width).max(1), rows.start);
        while first < rows.end {
            let part = first..(first + each).min(rows.end);
            let to = memory.write(self.to.plus(first * self.width), part.len() * self.width);
            let mut k = 0;
            while let Some(piece) = self.pieces.get(k) {
                let next = self.pieces.get(k + 1).filter(|next| piece.goes_with(next, self.width));
                let Some(next) = next else {
                    self.put(level, memory, (piece, None), &part, (to, first));
                    k += 1;
                    continue;
                };
                // What is copied and what is added to it, at once where both are.
                let (own, other) = (piece.places(), next.places());
                let start = own.start.max(other.start).clamp(part.start, part.end);
                let end = own.end.min(other.end).clamp(start, part.end);
                self.put(level, memory, (piece, Some(next)), &(start..end), (to, first));
                for rows in [part.start..start, end..part.end] {
                    self.put(level, memory, (piece, None), &rows, (to, first));
                    self.put(level, memory, (next, None), &rows, (to, first));
                }
                k += 2;
            }
            first = part.end;
        }
    }

    /// Puts those rows of a piece, and of one that is added, that go to some rows of the array, whose row `first` is at `to`.
    fn put<T: Element>(
        &self,
        level: Level,
        memory: &mut Memory<'_, T>,
        (piece, next): (&Put, Option<&Put>),
        rows: &Range<usize>,
        (to, first): (*mut T, usize),
    ) {
        let own = piece.within(rows);
        if own.is_empty() {
            return;
        }
        let read = |piece: &Put| match piece.way {
            PutWay::Clear => std::ptr::null(),
            PutWay::Copy | PutWay::Add => {
                let own = piece.within(rows);
                let entries = reach([(own.len(), piece.row), (piece.reach(1), 1)]);
                memory.read(piece.from.plus(own.start * piece.row), entries)
            }
        };
        let [start, step, _] = piece.rows;
        let to = to.wrapping_add((start + own.start * step - first) * self.width + piece.at);
        let (from, also) = (read(piece), next.map_or(std::ptr::null(), read));
        T::put(level, &Rows { piece, count: own.len(), to, step: step * self.width, from, also });
    }
}

/// Rows of a piece that are put now.
#[derive(Debug)]
pub struct Rows<'p, T> {
    piece: &'p Put,
    count: usize,
    to: *mut T,
    step: usize,
    from: *const T,
    /// What is added to it, or null.
    also: *const T,
}

impl<T: Element> Rows<'_, T> {
    pub(crate) fn run_here(&self, level: Level) {
        let own = self;
        // SAFETY: the level is one that the machine has; `Assemble::run` has looked up all entries, which lie apart
        // (`Assemble::checked`).
        unsafe { at_level!(level, put::<T>(own: &Rows<'_, T>)) }
    }
}

/// # Safety
/// All entries of the piece and all its places are there, and lie apart.
#[inline(always)]
unsafe fn put<T: Element, A: Arithmetic>(own: &Rows<'_, T>) {
    let Put { axes, way, row, .. } = own.piece;
    let (outer, inner) = match axes.split_last() {
        Some((inner, outer)) => (outer, *inner),
        None => (&axes[..], (1, [1, 1])),
    };
    if !own.also.is_null() {
        // SAFETY: so says the caller; both lie row behind row.
        return unsafe { sums(own.to, own.from, own.also, own.count * inner.0) };
    }
    // One row behind the other is one long row.
    if outer.is_empty() && [own.step, *row] == inner.1.map(|stride| stride * inner.0) {
        // SAFETY: so says the caller.
        return unsafe { line(own.to, own.from, (own.count * inner.0, inner.1), *way) };
    }
    if axes.is_empty() {
        // SAFETY: so says the caller.
        return unsafe { line(own.to, own.from, (own.count, [own.step, *row]), *way) };
    }
    let lines: usize = outer.iter().map(|(size, _)| size).product();
    for k in 0..own.count {
        for l in 0..lines {
            let (mut left, mut at) = (l, [k * own.step, k * row]);
            for (size, strides) in outer.iter().rev() {
                (0..2).for_each(|j| at[j] += left % size * strides[j]);
                left /= size;
            }
            // SAFETY: so says the caller.
            unsafe { line(own.to.add(at[0]), own.from.wrapping_add(at[1]), inner, *way) }
        }
    }
}

/// # Safety
/// All entries and places are there, and the places lie apart from both.
#[inline(always)]
unsafe fn sums<T: Element>(to: *mut T, a: *const T, b: *const T, n: usize) {
    // SAFETY: so says the caller.
    let (to, a, b) = unsafe {
        (std::slice::from_raw_parts_mut(to, n), std::slice::from_raw_parts(a, n), std::slice::from_raw_parts(b, n))
    };
    for k in 0..n {
        to[k] = a[k] + b[k];
    }
}

/// # Safety
/// All entries and places are there, and lie apart.
#[inline(always)]
unsafe fn line<T: Element>(to: *mut T, from: *const T, (n, [put, read]): (usize, [usize; 2]), way: PutWay) {
    // No closures: what is not inlined here is compiled for no level of instructions.
    // SAFETY: so says the caller, for all of these.
    unsafe {
        match (put, read, way) {
            (1, _, PutWay::Clear) => std::slice::from_raw_parts_mut(to, n).fill(T::ZERO),
            (1, 1, PutWay::Copy) => std::ptr::copy_nonoverlapping(from, to, n),
            (1, 1, PutWay::Add) => {
                let (to, from) = (std::slice::from_raw_parts_mut(to, n), std::slice::from_raw_parts(from, n));
                for k in 0..n {
                    to[k] = to[k] + from[k];
                }
            }
            (_, _, way) => {
                for k in 0..n {
                    let to = to.add(k * put);
                    *to = match way {
                        PutWay::Clear => T::ZERO,
                        PutWay::Copy => *from.add(k * read),
                        PutWay::Add => *to + *from.add(k * read),
                    };
                }
            }
        }
    }
}
