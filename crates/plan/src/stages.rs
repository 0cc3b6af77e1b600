//! Steps that go over the rows of large arrays together, a block of rows after the other: what one reads is still near
//! when the next one does.
//!
//! For rows of a first axis, a step *carries* them (row i of its result needs row i of what the stage computed) or
//! *reduces* them to little. What needs a result of a reduction comes after the stage.

use std::collections::{HashMap, HashSet};

use crate::access::entries;
use crate::program::{BufferId, FoldKind, FoldStep, Lanes, ProductStep, Program, Role, Source, Stage, Step, View};

/// Entries of an array that stays near by itself.
pub(crate) const NEAR: usize = 1 << 18;

/// Entries of a block's rows, in all arrays that are too large to stay near.
const BLOCK: usize = 1 << 16;

/// The most entries that rows are reduced to by sums.
const LITTLE: usize = 1 << 12;

/// The most entries of a product that rows are reduced to: it stays in the second cache while blocks of rows pass.
const PRODUCT: usize = 1 << 16;

/// Fewer rows than this at a time read a matrix that they are multiplied with too often.
const ROWS: usize = 16;

/// How many steps from its first one on a stage is looked for in.
const AHEAD: usize = 64;

/// Puts steps into stages where that saves reading a large array again.
pub(crate) fn gather(program: &mut Program) {
    if program.entries.iter().all(|n| *n < NEAR) {
        return;
    }
    let mut steps = std::mem::take(&mut program.steps);
    let mut done: Vec<Step> = Vec::with_capacity(steps.len());
    while !steps.is_empty() {
        let found = rows_of(&steps[0]).into_iter().find_map(|rows| Search::from(&steps, rows, &program.entries));
        let (taken, order) = found.unwrap_or_else(|| (1, Vec::new()));
        let rest = steps.split_off(taken);
        done.extend(if order.is_empty() { std::mem::take(&mut steps) } else { order });
        steps = rest;
    }
    program.steps = done;
}

/// The sizes of axes whose rows a step might carry or reduce.
fn rows_of(step: &Step) -> Vec<usize> {
    let all = match step {
        Step::Lanes(l) => vec![l.sizes.first()],
        Step::Product(p) => vec![p.batch.first(), Some(&p.m), Some(&p.k)],
        Step::Fold(f) => vec![f.kept.first(), f.folded.first()],
        Step::Pick(_) | Step::Assemble(_) | Step::Stage(_) | Step::Call(_) | Step::Scan(_) => Vec::new(),
    };
    all.into_iter().flatten().copied().filter(|rows| *rows > 1).collect()
}

/// A stage as far as it has been found.
struct Search<'p> {
    rows: usize,
    entries: &'p [usize],
    /// What comes before it, what is in it, what comes after it.
    before: Vec<&'p Step>,
    within: Vec<(&'p Step, Role)>,
    after: Vec<&'p Step>,
    /// Arrays that the stage computes row by row.
    carried: HashSet<BufferId>,
}

impl<'p> Search<'p> {
    /// The steps from the first one on in their new order, if a stage is worth it, and how many they are.
    fn from(steps: &'p [Step], rows: usize, entries: &'p [usize]) -> Option<(usize, Vec<Step>)> {
        let (before, within, after) = (Vec::new(), Vec::new(), Vec::new());
        let mut own = Search { rows, entries, before, within, after, carried: HashSet::new() };
        // Where the last step of the stage is.
        let mut last = 0;
        for (k, step) in steps.iter().take(AHEAD).enumerate() {
            if own.take(step) {
                last = k;
            } else if k == 0 {
                return None;
            }
        }
        let mut own =
            Search { before: Vec::new(), within: Vec::new(), after: Vec::new(), carried: HashSet::new(), ..own };
        steps[..=last].iter().for_each(|step| _ = own.take(step));
        own.is_worth_it().then(|| (last + 1, own.order()))
    }

    /// Puts a step into the stage, before or behind it.
    fn take(&mut self, step: &'p Step) -> bool {
        let waits = self.after.iter().any(|s| conflicts(s, step));
        let role = if waits { None } else { self.role(step) };
        if let Some(role) = role {
            if role == Role::Carries {
                self.carried.extend(step.writes());
            }
            self.within.push((step, role));
            return true;
        }
        if waits || self.within.iter().any(|(s, _)| conflicts(s, step)) {
            self.after.push(step);
        } else {
            self.before.push(step);
        }
        false
    }

    fn role(&self, step: &Step) -> Option<Role> {
        // What the stage reads or writes is written by no later step of it, and nothing that is reduced is read.
        let written = step.writes();
        let reads = step.reads();
        for (other, role) in &self.within {
            let touched = other.reads().iter().chain(&other.writes()).any(|b| written.contains(b));
            if touched || (*role == Role::Reduces && other.writes().iter().any(|b| reads.contains(b))) {
                return None;
            }
        }
        match step {
            Step::Product(p) if self.carries_batch(p) => Some(Role::Carries),
            // The second factor is copied with its rows turned: not once for each block.
            Step::Product(p) if p.n > 1 && p.b.strides[1] != 1 => None,
            Step::Lanes(l) => self.carries_lanes(l).then_some(Role::Carries),
            Step::Product(p) if self.carries_product(p) => Some(Role::Carries),
            Step::Product(p) => self.reduces_product(p).then_some(Role::Reduces),
            Step::Fold(f) if self.carries_fold(f) => Some(Role::Carries),
            Step::Fold(f) => self.reduces_fold(f).then_some(Role::Reduces),
            Step::Pick(_) | Step::Assemble(_) | Step::Stage(_) | Step::Call(_) | Step::Scan(_) => None,
        }
    }

    /// Is an array read row by row, if the stage computes it, where a row is walked by `axis`?
    fn by_rows(&self, view: &View, sizes: &[usize], axis: usize) -> bool {
        if !self.carried.contains(&view.buffer) {
            return true;
        }
        let width = self.entries[view.buffer] / self.rows;
        let inner = sizes.iter().zip(&view.strides).enumerate().filter(|(k, _)| *k != axis);
        let last: usize = inner.map(|(_, (size, stride))| size.saturating_sub(1) * stride).sum();
        view.strides[axis] == width && view.offset + last < width
    }

    fn carries_lanes(&self, l: &Lanes) -> bool {
        let reads = |s: &Source| if let Source::Array(view) = s { self.by_rows(view, &l.sizes, 0) } else { true };
        l.sizes.first() == Some(&self.rows) && l.sources.iter().all(reads)
    }

    fn carries_product(&self, p: &ProductStep) -> bool {
        p.batch.is_empty()
            && p.m == self.rows
            && p.c.strides[0] == p.n
            && self.by_rows(&p.a, &[p.m, p.k], 0)
            && !self.carried.contains(&p.b.buffer)
    }

    /// Products of a batch, one for each row.
    fn carries_batch(&self, p: &ProductStep) -> bool {
        p.batch == [self.rows]
            && p.c.strides == [p.n, 1, p.m * p.n]
            && p.c.offset == 0
            && self.by_rows(&p.a, &[p.m, p.k, self.rows], 2)
            && self.by_rows(&p.b, &[p.k, p.n, self.rows], 2)
    }

    fn reduces_product(&self, p: &ProductStep) -> bool {
        p.batch.is_empty()
            && p.k == self.rows
            && p.m * p.n <= PRODUCT
            && p.c.strides[0] == p.n
            && self.by_rows(&p.a, &[p.m, p.k], 1)
            && self.by_rows(&p.b, &[p.k, p.n], 0)
    }

    fn carries_fold(&self, f: &FoldStep) -> bool {
        f.kept.first() == Some(&self.rows) && self.by_rows(&f.from, &[&f.kept[..], &f.folded].concat(), 0)
    }

    fn reduces_fold(&self, f: &FoldStep) -> bool {
        f.folded.first() == Some(&self.rows)
            && matches!(f.kind, FoldKind::Sum | FoldKind::Max | FoldKind::Min)
            && entries(&f.kept) <= LITTLE
            && self.by_rows(&f.from, &[&f.kept[..], &f.folded].concat(), f.kept.len())
    }

    /// Is a large array read again that otherwise would have to come from afar?
    fn is_worth_it(&self) -> bool {
        let mut touched: HashMap<BufferId, usize> = HashMap::new();
        for (step, _) in &self.within {
            let all: HashSet<BufferId> = step.reads().into_iter().chain(step.writes()).collect();
            all.into_iter().for_each(|b| *touched.entry(b).or_default() += 1);
        }
        let again = |step: &Step| matches!(step, Step::Product(p) if p.m == self.rows && p.k * p.n >= NEAR);
        let block = self.block();
        let reads_often = block < ROWS.min(self.rows) && self.within.iter().any(|(step, _)| again(step));
        !reads_often && touched.iter().any(|(b, times)| *times > 1 && self.entries[*b] >= NEAR)
    }

    /// How many rows are near together.
    fn block(&self) -> usize {
        let mut arrays: HashSet<BufferId> = HashSet::new();
        self.within.iter().for_each(|(step, _)| arrays.extend(step.reads().into_iter().chain(step.writes())));
        // What has a row for each of them.
        let row: usize = arrays.iter().map(|b| self.entries[*b] / self.rows).sum();
        let block = (BLOCK / row.max(1)).clamp(1, self.rows);
        if block >= 64 { block / 64 * 64 } else { block }
    }

    fn order(self) -> Vec<Step> {
        let block = self.block();
        let steps = self.within.into_iter().map(|(step, role)| (step.clone(), role)).collect();
        let stage = Step::Stage(Stage { rows: self.rows, block, steps });
        let (before, after) = (self.before.into_iter().cloned(), self.after.into_iter().cloned());
        before.chain([stage]).chain(after).collect()
    }
}

/// Can these steps be done by rows as a stage says, which may come from a text?
pub(crate) fn is_stage(stage: &Stage, entries: &[usize]) -> bool {
    let Stage { rows, block, ref steps } = *stage;
    let (before, after) = (Vec::new(), Vec::new());
    let mut own = Search { rows, entries, before, within: Vec::new(), after, carried: HashSet::new() };
    let is_taken = steps.iter().all(|(step, role)| own.role(step) == Some(*role) && own.take(step));
    rows > 0 && (1..=rows).contains(&block) && !steps.is_empty() && is_taken
}

/// Must one be done after the other?
fn conflicts(a: &Step, b: &Step) -> bool {
    let touches = |step: &Step, all: &[BufferId]| step.reads().iter().chain(&step.writes()).any(|x| all.contains(x));
    touches(b, &a.writes()) || touches(a, &b.writes())
}
