//! Sums and extrema along axes, in an order that hangs on sizes alone.

use std::ops::Range;

use crate::element::Element;
use crate::functions::Arithmetic;
use crate::level::{Level, at_level};
use crate::loops::larger;
use crate::memory::{Memory, Place, apart, reach};
use crate::stage::Access;

/// What becomes of the entries along the folded axes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FoldKind {
    /// 0 for none.
    Sum,
    /// −∞ for none; not a number if one is.
    Max,
    /// ∞ for none; not a number if one is.
    Min,
    /// The position of the first of the largest, or of the first that is not a number; 0 for none.
    ArgMax,
    /// The position of the first of the smallest, or of the first that is not a number; 0 for none.
    ArgMin,
}

/// A reduction of an array along some axes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Fold {
    /// To what.
    pub kind: FoldKind,
    /// The array's first entry.
    pub from: Place,
    /// Sizes and strides of the axes that stay, outermost first.
    pub kept: Vec<(usize, usize)>,
    /// Sizes and strides of those that are folded.
    pub folded: Vec<(usize, usize)>,
    /// Where the results lie, entry behind entry.
    pub to: Place,
}

/// Axes that are walked as one are one; those of one entry are none.
pub(crate) fn collapsed(axes: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for &(size, stride) in axes.iter().filter(|(size, _)| *size != 1) {
        match out.last_mut() {
            Some(last) if last.1 == stride * size => *last = (last.0 * size, stride),
            _ => out.push((size, stride)),
        }
    }
    out
}

/// Entries that are added one after the other before sums of sums are taken: the error grows with the length of a chain.
const CHAIN: usize = 1024;
/// Entries of a row that are joined one after the other.
const SHORT: usize = 24;
pub(crate) const LANES: usize = 32;
const COLUMNS: usize = 64;
const ROWS: usize = 128;

impl Fold {
    /// The same with as few axes as possible.
    pub fn collapse(&mut self) {
        self.kept = collapsed(&self.kept);
        self.folded = collapsed(&self.folded);
    }

    /// Do the results lie apart from what is folded?
    pub(crate) fn is_apart(&self) -> bool {
        let results: usize = self.kept.iter().map(|(size, _)| size).product();
        apart(self.from, reach(self.kept.iter().chain(&self.folded).copied()), self.to, results)
    }

    /// How far what is folded reaches.
    pub(crate) fn reach(&self) -> usize {
        match self.folded.iter().any(|(size, _)| *size == 0) {
            true => 0,
            false => reach(self.kept.iter().chain(&self.folded).copied()),
        }
    }

    /// How many entries are folded, into how many.
    pub(crate) fn entries(&self) -> (usize, usize) {
        let size = |axes: &[(usize, usize)]| axes.iter().map(|(size, _)| size).product::<usize>();
        (size(&self.kept) * size(&self.folded), size(&self.kept))
    }

    /// The first of some axes as so many rows: entries of a row, and what each of them reads is so far from the last.
    fn first(axes: &[(usize, usize)], rows: usize) -> Option<(usize, usize)> {
        let (size, stride) = axes.first()?;
        size.is_multiple_of(rows).then_some((size / rows, *stride))
    }

    /// Some of so many rows of the results.
    pub(crate) fn rows(&self, all: usize, rows: Range<usize>) -> Fold {
        let mut own = self.clone();
        let results: usize = self.kept.iter().map(|(size, _)| size).product();
        if let (Some((each, stride)), Some(first)) = (Fold::first(&self.kept, all), own.kept.first_mut()) {
            own.from = self.from.plus(rows.start * each * stride);
            first.0 = rows.len() * each;
        }
        Fold { to: self.to.plus(rows.start * (results / all)), ..own }
    }

    /// Some of so many rows of what is folded, the results put elsewhere.
    pub(crate) fn depth(&self, all: usize, rows: Range<usize>, to: Place) -> Fold {
        let mut own = self.clone();
        if let (Some((each, stride)), Some(first)) = (Fold::first(&self.folded, all), own.folded.first_mut()) {
            own.from = self.from.plus(rows.start * each * stride);
            first.0 = rows.len() * each;
        }
        Fold { to, ..own }
    }

    /// What is touched for each of so many rows: of the results, or of what is folded.
    pub(crate) fn accesses(&self, rows: usize, kept: bool) -> Vec<Access> {
        let axes = if kept { &self.kept } else { &self.folded };
        let (each, stride) = Fold::first(axes, rows).expect("a stage can't do this fold by rows");
        let others = if kept { &self.folded } else { &self.kept };
        let inner = axes[1..].iter().chain(others).copied();
        let entries = reach(inner.chain([(each, stride)]));
        let mut found = vec![Access { place: self.from, row: each * stride, entries, written: false }];
        if kept {
            let results = self.kept.iter().map(|(size, _)| size).product::<usize>() / rows;
            found.push(Access { place: self.to, row: results, entries: results, written: true });
        }
        found
    }

    /// Runs it.
    ///
    /// # Panics
    /// If it doesn't fit the memory: the plan is wrong.
    pub fn run<T: Element>(&self, level: Level, memory: &mut Memory<'_, T>) {
        T::run_fold(self, level, memory);
    }

    pub(crate) fn run_here<T: Element>(&self, level: Level, memory: &mut Memory<'_, T>) {
        let results: usize = self.kept.iter().map(|(size, _)| size).product();
        let entries = self.reach();
        assert!(apart(self.from, entries, self.to, results), "a reduction writes what it reads");
        let (from, to) = (memory.read(self.from, entries), memory.write(self.to, results));
        // SAFETY: the level is one that the machine has; both arrays have just been looked up, and lie apart.
        unsafe { self.run_at(level, from, to) }
    }
}

impl Fold {
    /// Runs it where its arrays are.
    ///
    /// # Safety
    /// The machine has the level; `from` reaches over all axes, `to` over those that are kept, and they lie apart.
    pub(crate) unsafe fn run_at<T: Element>(&self, level: Level, from: *const T, to: *mut T) {
        let own = self;
        // SAFETY: so says the caller.
        unsafe { at_level!(level, fold::<T>(own: &Fold, from: *const T, to: *mut T)) }
    }
}

/// # Safety
/// `from` reaches over all axes of `own`, `to` over those that are kept; they lie apart.
#[inline(always)]
unsafe fn fold<T: Element, A: Arithmetic>(own: &Fold, from: *const T, to: *mut T) {
    let results: usize = own.kept.iter().map(|(size, _)| size).product();
    // SAFETY: so says the caller.
    let to = unsafe { std::slice::from_raw_parts_mut(to, results) };
    if results == 0 {
        return;
    }
    match (own.kind, &own.kept[..], &own.folded[..]) {
        (_, _, folded) if folded.iter().any(|(size, _)| *size == 0) => to.fill(nothing(own.kind)),
        (FoldKind::Sum | FoldKind::Max | FoldKind::Min, [outer @ .., (columns, 1)], &[(rows, step)]) if step != 1 => {
            for (k, part) in to.chunks_exact_mut(*columns).enumerate() {
                // SAFETY: the matrix at this position of the outer axes lies within the array.
                unsafe { fold_columns(own.kind, from.add(offset(outer, k)), rows, step, part) }
            }
        }
        (kind, kept, folded) => {
            for (k, slot) in to.iter_mut().enumerate() {
                // SAFETY: the row at this position of the kept axes lies within the array.
                *slot = unsafe { fold_row(kind, from.add(offset(kept, k)), folded) };
            }
        }
    }
}

fn nothing<T: Element>(kind: FoldKind) -> T {
    match kind {
        FoldKind::Max => T::LOWEST,
        FoldKind::Min => -T::LOWEST,
        _ => T::ZERO,
    }
}

/// Where the k-th position of some axes lies.
#[inline(always)]
fn offset(axes: &[(usize, usize)], mut k: usize) -> usize {
    let mut at = 0;
    for (size, stride) in axes.iter().rev() {
        at += k % size * stride;
        k /= size;
    }
    at
}

#[inline(always)]
fn join<T: Element>(kind: FoldKind, a: T, b: T) -> T {
    match kind {
        FoldKind::Sum => a + b,
        FoldKind::Min => -larger(-a, -b),
        _ => larger(a, b),
    }
}

/// # Safety
/// The axes lie within the array.
#[inline(always)]
pub(crate) unsafe fn fold_row<T: Element>(kind: FoldKind, from: *const T, folded: &[(usize, usize)]) -> T {
    let total: usize = folded.iter().map(|(size, _)| size).product();
    match (kind, folded) {
        (FoldKind::Sum | FoldKind::Max | FoldKind::Min, &[(n, stride)]) if n <= SHORT => {
            // SAFETY: so says the caller; there is a first entry.
            let entry = |k: usize| unsafe { *from.add(k * stride) };
            (1..n).fold(entry(0), |t, k| join(kind, t, entry(k)))
        }
        // SAFETY: the row lies entry behind entry.
        (FoldKind::Sum, &[(n, 1)]) => unsafe { sum(std::slice::from_raw_parts(from, n)) },
        (FoldKind::ArgMax | FoldKind::ArgMin, _) => {
            // SAFETY: so says the caller.
            let entry = |k: usize| unsafe { *from.add(offset(folded, k)) };
            T::from_f64(first_best(total, entry, kind == FoldKind::ArgMin) as f64)
        }
        _ => {
            // SAFETY: so says the caller.
            let entry = |k: usize| unsafe { *from.add(offset(folded, k)) };
            let mut sums = Tree::new();
            let mut k = 0;
            while k < total {
                let end = (k + CHAIN).min(total);
                sums.add((k + 1..end).fold(entry(k), |t, k| join(kind, t, entry(k))), kind);
                k = end;
            }
            sums.total(kind)
        }
    }
}

fn first_best<T: Element>(total: usize, entry: impl Fn(usize) -> T, smallest: bool) -> usize {
    let mut best = 0;
    for k in 1..total {
        let (old, new) = (entry(best), entry(k));
        let better = if smallest { new < old } else { new > old };
        if !old.is_none() && (better || new.is_none()) {
            best = k;
        }
    }
    best
}

/// Sums of equally many parts, two of a size at a time: the same tree for the same length.
struct Tree<T> {
    parts: [T; 64],
    count: usize,
}

impl<T: Element> Tree<T> {
    #[inline(always)]
    fn new() -> Tree<T> {
        Tree { parts: [T::ZERO; 64], count: 0 }
    }

    #[inline(always)]
    fn add(&mut self, mut part: T, kind: FoldKind) {
        let mut level = 0;
        while self.count >> level & 1 == 1 {
            part = join(kind, self.parts[level], part);
            level += 1;
        }
        self.parts[level] = part;
        self.count += 1;
    }

    #[inline(always)]
    fn total(&self, kind: FoldKind) -> T {
        let mut found: Option<T> = None;
        for level in (0..64).filter(|l| self.count >> l & 1 == 1) {
            let part = self.parts[level];
            found = Some(found.map_or(part, |t| join(kind, part, t)));
        }
        found.unwrap_or(nothing(kind))
    }
}

#[inline(always)]
fn sum<T: Element>(row: &[T]) -> T {
    if row.len() <= CHAIN {
        return chain_sum(row);
    }
    let mut sums = Tree::new();
    // No closure: what is not inlined here is compiled for no level of instructions.
    for chain in row.chunks(CHAIN) {
        sums.add(chain_sum(chain), FoldKind::Sum);
    }
    sums.total(FoldKind::Sum)
}

#[inline(always)]
fn chain_sum<T: Element>(chain: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let mut parts = chain.chunks_exact(LANES);
    for part in &mut parts {
        for l in 0..LANES {
            lanes[l] = lanes[l] + part[l];
        }
    }
    for (l, x) in parts.remainder().iter().enumerate() {
        lanes[l] = lanes[l] + *x;
    }
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            lanes[l] = lanes[l] + lanes[l + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// Rows of a matrix, `step` apart, folded into one.
///
/// # Safety
/// The matrix has `rows` rows of as many entries as `to`.
#[inline(always)]
unsafe fn fold_columns<T: Element>(kind: FoldKind, from: *const T, rows: usize, step: usize, to: &mut [T]) {
    for (panel, to) in to.chunks_mut(COLUMNS).enumerate() {
        let n = to.len();
        let mut total = [nothing(kind); COLUMNS];
        let mut first = 0;
        while first < rows {
            let last = (first + ROWS).min(rows);
            let mut part = [nothing(kind); COLUMNS];
            for r in first..last {
                // SAFETY: within the matrix.
                let row = unsafe { std::slice::from_raw_parts(from.add(r * step + panel * COLUMNS), n) };
                for (t, x) in part[..n].iter_mut().zip(row) {
                    *t = join(kind, *t, *x);
                }
            }
            for (t, x) in total[..n].iter_mut().zip(&part[..n]) {
                *t = join(kind, *t, *x);
            }
            first = last;
        }
        to.copy_from_slice(&total[..n]);
    }
}
