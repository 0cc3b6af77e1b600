//! Any kernel, its work cut into units that threads may do at the same time.
//!
//! Units hang on sizes alone, and each entry of a result is computed within one: the same bits for any number of threads.

use std::ops::Range;

use crate::assemble::Assemble;
use crate::element::Element;
use crate::fold::Fold;
use crate::fused::Fused;
use crate::level::Level;
use crate::loops::CheckedLoop;
use crate::memory::{Memory, Place};
use crate::pick::{NoPosition, Pick};
use crate::product::Product;
use crate::stage::Stage;
use crate::team::{MAX_UNITS, Team};

/// What is done at positions that are values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PickWay {
    /// Blocks are picked.
    Pick,
    /// Blocks are added where they were picked.
    AddBack,
    /// The labels are looked at: is each a position?
    Check,
}

/// What is done with the memory.
#[derive(Clone, Debug)]
pub enum Work<T> {
    /// A loop over entries.
    Loop(CheckedLoop<T>),
    /// A product of matrices.
    Product(Product),
    /// A product and a loop over its entries, so many rows at a time, which stay in the nearest cache between the two.
    Rows(Product, CheckedLoop<T>, usize),
    /// A reduction.
    Fold(Fold),
    /// What is done at labels.
    Pick(PickWay, Pick),
    /// An array that is put together.
    Assemble(Assemble),
    /// Short kernels, one after the other.
    Fused(Fused<T>),
    /// Several kernels, a block of rows after the other.
    Stage(Stage<T>),
}

impl<T: Element> Work<T> {
    /// The entries of a thread's scratch memory that it needs.
    pub fn scratch(&self) -> usize {
        let copied = |p: &Product| if p.scratch.span == Place::SCRATCH.span { p.scratch.at + p.scratch() } else { 0 };
        match self {
            Work::Loop(body) => body.scratch_end(),
            Work::Product(p) => copied(p),
            // What the product leaves for the loop lies before the loop's registers.
            Work::Rows(p, body, _) => copied(p).max(body.scratch_end()),
            Work::Stage(stage) => stage.scratch(),
            Work::Fused(fused) => fused.scratch(),
            Work::Fold(_) | Work::Pick(..) | Work::Assemble(_) => 0,
        }
    }

    /// What writes to where it reads is found here, not in each run.
    pub(crate) fn check(&self) {
        if let Work::Product(p) | Work::Rows(p, ..) = self {
            p.check();
        }
    }
}

/// Work, and how it is cut.
#[derive(Clone, Debug)]
pub struct Kernel<T> {
    work: Work<T>,
    cut: Cut,
}

/// How work is cut into units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cut {
    /// It isn't.
    Whole,
    /// Positions of a loop, rows of a product: so many a unit, of so many.
    Along(usize, usize),
    /// Columns of a product.
    Columns(usize, usize),
    /// Products of a batch.
    Batch(usize, usize),
    /// A stage cuts itself.
    Stage(usize),
}

/// Work of a unit, in nanoseconds: below this, handing it to another thread costs as much as it saves.
const LEAST: f64 = 2000.0;

/// Units of a kernel: enough that threads that are held up leave the rest to others.
const MANY: usize = 16;

impl<T: Element> Kernel<T> {
    /// Decides how the work is cut.
    pub fn new(work: Work<T>) -> Kernel<T> {
        work.check();
        let cut = cut::<T>(&work);
        Kernel { work, cut }
    }

    /// Runs it.
    ///
    /// # Errors
    /// Where a label is no position.
    ///
    /// # Panics
    /// If it doesn't fit the memory: the plan is wrong.
    pub fn run(&self, level: Level, memory: &mut Memory<'_, T>, team: &mut Team) -> Result<(), NoPosition> {
        let units = self.units();
        if let Work::Pick(way, pick) = &self.work {
            return match way {
                PickWay::Pick => pick.run(memory),
                PickWay::AddBack => pick.add_back(memory),
                PickWay::Check => pick.check(memory),
            };
        }
        if units < 2 || team.threads() < 2 {
            (0..units).for_each(|unit| self.unit(level, memory, unit));
            return Ok(());
        }
        let shared = memory.shared();
        team.run(units, &|thread, unit| {
            // SAFETY: a thread does one unit at a time, and units write different entries: other rows or columns of a
            // product, whose rows lie apart, other positions of a loop, other rows of a stage or of what is put together. What a unit reads, it writes
            // itself or nobody.
            let mut memory = unsafe { shared.of_thread(thread) };
            self.unit(level, &mut memory, unit);
        });
        Ok(())
    }

    /// The short kernels that it is, if it is of such.
    pub fn fused(&self) -> Option<&Fused<T>> {
        match &self.work {
            Work::Fused(fused) => Some(fused),
            _ => None,
        }
    }

    /// Into how many units it is cut.
    pub fn units(&self) -> usize {
        match self.cut {
            Cut::Whole => 1,
            Cut::Stage(units) => units,
            Cut::Along(each, all) | Cut::Columns(each, all) | Cut::Batch(each, all) => all.div_ceil(each),
        }
    }

    fn unit(&self, level: Level, memory: &mut Memory<'_, T>, unit: usize) {
        let part = |each: usize, all: usize| unit * each..((unit + 1) * each).min(all);
        match (&self.work, self.cut) {
            (Work::Loop(body), Cut::Along(each, all)) => body.run_part(level, memory, part(each, all)),
            (Work::Loop(body), _) => body.run(level, memory),
            (Work::Product(product), cut) => {
                let (part, batch) = match cut {
                    Cut::Along(each, all) => (&product.rows(part(each, all)), 0..1),
                    Cut::Columns(each, all) => (&product.columns(part(each, all)), 0..1),
                    Cut::Batch(each, all) => (product, part(each, all)),
                    _ => (product, 0..product.products()),
                };
                // SAFETY: the whole was checked when the kernel was made.
                unsafe { part.run_checked(level, memory, batch) }
            }
            (Work::Rows(product, body, rows), Cut::Along(each, all)) => {
                by_rows(product, body, *rows, part(each, all), level, memory);
            }
            (Work::Rows(product, body, rows), _) => by_rows(product, body, *rows, 0..product.m, level, memory),
            (Work::Fold(fold), Cut::Along(each, all)) => fold.rows(all, part(each, all)).run(level, memory),
            (Work::Fold(fold), _) => fold.run(level, memory),
            (Work::Pick(..), _) => {}
            (Work::Assemble(a), Cut::Along(each, all)) => a.run(level, memory, part(each, all)),
            (Work::Assemble(a), _) => a.run(level, memory, 0..a.rows),
            (Work::Fused(fused), _) => fused.run(level, memory),
            (Work::Stage(stage), _) => stage.unit(level, memory, unit),
        }
    }
}

/// A product and the loop over its entries, so many rows at a time.
pub(crate) fn by_rows<T: Element>(
    product: &Product,
    body: &CheckedLoop<T>,
    rows: usize,
    range: Range<usize>,
    level: Level,
    memory: &mut Memory<'_, T>,
) {
    let moves = body.part().is_none();
    let mut first = range.start;
    while first < range.end {
        let last = (first + rows).min(range.end);
        let part = product.rows(first..last);
        let part = Product { c: if moves { part.c } else { product.c }, ..part };
        // SAFETY: the whole was checked when the kernel or the stage was made.
        unsafe { part.run_checked(level, memory, 0..1) }
        body.run_part(level, memory, first * product.n..last * product.n);
        first = last;
    }
}

/// How many positions of an axis a unit has, in multiples of `step`.
fn each(nanoseconds: f64, all: usize, step: usize) -> Option<usize> {
    let units = ((nanoseconds / LEAST) as usize).min(MANY).min(all.div_ceil(step.max(1)));
    let units = if units > 2 { units.next_power_of_two() / 2 * 2 } else { units };
    (units > 1).then(|| all.div_ceil(units.min(MAX_UNITS)).next_multiple_of(step.max(1))).filter(|each| *each < all)
}

fn cut<T: Element>(work: &Work<T>) -> Cut {
    let along = |nanoseconds: f64, all: usize, step: usize| match each(nanoseconds, all, step) {
        Some(each) => Cut::Along(each, all),
        None => Cut::Whole,
    };
    match work {
        Work::Loop(body) => along(loop_time(body), body.positions(), body.step()),
        Work::Product(p) => product_cut::<T>(p),
        Work::Rows(p, body, _) => {
            let [a, b, c] = p.reaches();
            let own = body.part().is_some() || body.reads_in_place(p.c, c);
            let apart = own
                && p.batch.is_empty()
                && is_separate(p)
                && body.writes_apart(p.a.0, a)
                && body.writes_apart(p.b.0, b);
            let time = if apart { product_time::<T>(p) + loop_time(body) } else { 0.0 };
            along(time, p.m, step(p))
        }
        Work::Fold(fold) => match fold.kept.first() {
            // Whole lines of the cache are written.
            Some((size, _)) if fold.is_apart() => along(fold_time::<T>(fold), *size, 64),
            _ => Cut::Whole,
        },
        Work::Pick(..) | Work::Fused(_) => Cut::Whole,
        // Whole lines of the cache are written.
        Work::Assemble(a) => {
            let time = a.entries() as f64 * T::BYTES as f64 / 30.0;
            along(time, a.rows, (128 / T::BYTES).div_ceil(a.width.max(1)))
        }
        Work::Stage(stage) => Cut::Stage(stage.units()),
    }
}

/// Rows that are computed together: whole tiles, and whole lines of the cache where rows of the first factor lie beside
/// each other.
fn step(p: &Product) -> usize {
    match p.m {
        _ if p.n == 1 && p.a.1[0] == 1 => 64,
        192.. => 48,
        96.. => 12,
        _ => 8,
    }
}

/// Can its rows and columns, and the products of its batch, be computed at the same time?
fn is_separate(p: &Product) -> bool {
    let own_copy = p.scratch() == 0 || p.scratch.span == Place::SCRATCH.span;
    (p.m < 2 || p.c_row >= p.n) && p.products_are_apart() && own_copy && p.is_apart()
}

fn product_cut<T: Element>(p: &Product) -> Cut {
    if !is_separate(p) {
        return Cut::Whole;
    }
    let copying = p.scratch() as f64 / 2.0;
    if !p.batch.is_empty() {
        let all = p.products();
        let time = (product_time::<T>(p) + copying) * all as f64;
        return each(time, all, 1).map_or(Cut::Whole, |each| Cut::Batch(each, all));
    }
    let time = product_time::<T>(p) + copying;
    // Each thread reads, and perhaps copies, the factor that is not cut.
    let columns = 256 / T::BYTES;
    let rows_first = p.n < 2 * columns || (p.m > p.n && p.m >= 96 && copying == 0.0);
    match each(time, if rows_first { p.m } else { p.n }, if rows_first { step(p) } else { columns }) {
        Some(each) if rows_first && (copying > 0.0) => Cut::Along(each.max(p.m.div_ceil(4).next_multiple_of(12)), p.m),
        Some(each) if rows_first => Cut::Along(each, p.m),
        Some(each) => Cut::Columns(each, p.n),
        None => Cut::Whole,
    }
}

/// About how long a product takes, from below: arithmetic at its peak, or its factors from memory.
fn product_time<T: Element>(p: &Product) -> f64 {
    let work = p.m as f64 * p.n as f64 * (p.k * p.over.0) as f64 * T::BYTES as f64 / 200.0;
    let read = (p.m * p.k).max(p.k * p.n) as f64 * T::BYTES as f64 / 30.0;
    work.max(read)
}

fn fold_time<T: Element>(fold: &Fold) -> f64 {
    let (entries, results) = fold.entries();
    entries as f64 * T::BYTES as f64 / 20.0 + results as f64 * 3.0
}

fn loop_time<T: Element>(body: &CheckedLoop<T>) -> f64 {
    body.positions() as f64 * T::BYTES as f64 * body.cost() / 100.0
}
