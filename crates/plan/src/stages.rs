//! Steps that go over the rows of large arrays together, a block of rows after the other: what one reads is still near
//! when the next one does.
//!
//! For rows of a first axis, a step *carries* them (row i of its result needs row i of what the stage computed, or rows near
//! it) or *reduces* them to little. What needs a result of a reduction comes after the stage. Where rows near by are read, as
//! in differences of neighbours, who computes them does a few rows more than a block has, its *halo*; each block does so for
//! itself, so that blocks stay independent of each other. What nobody but the stage needs is there block by block only.

use std::collections::{HashMap, HashSet};

use crate::access::entries;
use crate::program::{
    AssembleStep, Buffer, BufferId, FoldKind, FoldStep, Lanes, ProductStep, Program, Reach, Role, Source, Stage, Step,
    View,
};

/// Entries of an array that stays near by itself.
pub(crate) const NEAR: usize = 1 << 18;

/// The most arrays that are there block by block.
pub const MAX_LOCALS: usize = 64;

/// How many rows apart two that are read together may be, and how many more or fewer rows than others a step may have.
const APART: usize = 16;

/// Of so many rows of a block at most one is computed for another block, too.
const HALO: usize = 16;

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
        // Rows that read their neighbours may need what others do, too; those that don't never do.
        let found = rows_of(&steps[0])
            .into_iter()
            .find_map(|rows| [APART, 0].into_iter().find_map(|apart| Search::from(&steps, rows, apart, program)));
        let Some(Found { taken, order, locals }) = found else {
            done.push(steps.remove(0));
            continue;
        };
        locals.into_iter().for_each(|b| program.buffers[b] = Buffer::Local);
        steps.drain(..taken);
        done.extend(order);
    }
    program.steps = done;
}

/// The first steps in their new order, how many they are, and which arrays nobody but their stage needs.
struct Found {
    taken: usize,
    order: Vec<Step>,
    locals: Vec<BufferId>,
}

/// An array of the stage that is read, and how far before a row, and behind it, the rows lie that are read with it.
type Reads = Vec<(BufferId, [isize; 2])>;

/// What a step of a stage does: its role, how many rows it has, and which of them it needs of what the stage computes.
struct Part {
    role: Role,
    rows: usize,
    reads: Reads,
}

/// The sizes of axes whose rows a step might carry or reduce.
fn rows_of(step: &Step) -> Vec<usize> {
    let all = match step {
        Step::Lanes(l) => vec![l.sizes.first()],
        Step::Product(p) if p.over.is_empty() => vec![p.batch.first(), Some(&p.m), Some(&p.k)],
        Step::Fold(f) => vec![f.kept.first(), f.folded.first()],
        Step::Assemble(a) => vec![a.sizes.first()],
        Step::Product(_) | Step::Pick(_) | Step::Stage(_) | Step::Call(_) | Step::Scan(_) => Vec::new(),
    };
    all.into_iter().flatten().copied().filter(|rows| *rows > 1).collect()
}

/// A stage as far as it has been found.
struct Search<'p> {
    rows: usize,
    /// How many rows apart two may be that are read together.
    apart: usize,
    /// How many rows more or less than those a step may have.
    more: usize,
    entries: &'p [usize],
    /// What comes before it, what is in it, what comes after it.
    before: Vec<&'p Step>,
    within: Vec<(&'p Step, Part)>,
    after: Vec<&'p Step>,
    /// Arrays that the stage computes row by row, and how many rows each has.
    carried: HashMap<BufferId, usize>,
}

impl<'p> Search<'p> {
    fn new(rows: usize, [apart, more]: [usize; 2], entries: &'p [usize]) -> Search<'p> {
        let (before, within, after) = (Vec::new(), Vec::new(), Vec::new());
        Search { rows, apart, more, entries, before, within, after, carried: HashMap::new() }
    }

    /// The steps from the first one on in their new order, if a stage is worth it.
    fn from(steps: &'p [Step], rows: usize, apart: usize, program: &'p Program) -> Option<Found> {
        let near = [apart, apart.min(rows / 64)];
        let mut own = Search::new(rows, near, &program.entries);
        // Where the last step of the stage is.
        let mut last = 0;
        for (k, step) in steps.iter().take(AHEAD).enumerate() {
            if own.take(step, None) {
                last = k;
            } else if k == 0 {
                return None;
            }
        }
        let mut own = Search::new(rows, near, &program.entries);
        steps[..=last].iter().for_each(|step| _ = own.take(step, None));
        own.rows = own.within.iter().map(|(_, part)| part.rows).max().unwrap_or(rows);
        let outside: HashSet<BufferId> =
            own.before.iter().chain(&own.after).copied().chain(&steps[last + 1..]).flat_map(Step::reads).collect();
        let is_own = |b: &BufferId| matches!(program.buffers[*b], Buffer::Temporary { .. }) && !outside.contains(b);
        let mut locals: Vec<BufferId> = own.carried.keys().copied().filter(is_own).collect();
        locals.sort_unstable();
        locals.truncate(MAX_LOCALS);
        let fits = own.is_worth_it() && own.halo_is_local(own.block().div_ceil(HALO), &|b| locals.contains(&b));
        fits.then(|| Found { taken: last + 1, order: own.order(), locals })
    }

    /// Puts a step into the stage, before or behind it; into the stage as what is wanted only.
    fn take(&mut self, step: &'p Step, wanted: Option<Role>) -> bool {
        let waits = self.after.iter().any(|s| conflicts(s, step));
        let part = if waits { None } else { self.part(step, wanted) };
        if let Some(part) = part {
            if part.role == Role::Carries {
                self.carried.extend(step.writes().into_iter().map(|b| (b, part.rows)));
            }
            self.within.push((step, part));
            return true;
        }
        if waits || self.within.iter().any(|(s, _)| conflicts(s, step)) {
            self.after.push(step);
        } else {
            self.before.push(step);
        }
        false
    }

    /// May a step of the stage have so many rows? One is no row: who reads it doesn't walk along it.
    fn is_near(&self, rows: usize) -> bool {
        rows > 1 && rows.abs_diff(self.rows) <= self.more
    }

    fn part(&self, step: &Step, wanted: Option<Role>) -> Option<Part> {
        // What the stage reads or writes is written by no later step of it, and nothing that is reduced is read.
        let written = step.writes();
        let reads = step.reads();
        for (other, part) in &self.within {
            let touched = other.reads().iter().chain(&other.writes()).any(|b| written.contains(b));
            if touched || (part.role == Role::Reduces && other.writes().iter().any(|b| reads.contains(b))) {
                return None;
            }
        }
        let [carried, reduced] = match step {
            // The second factor is copied with its rows turned: not once for each block.
            Step::Product(p) if p.n > 1 && p.b.strides[1] != 1 => [self.carried_batch(p), None],
            Step::Product(p) => [self.carried_batch(p).or_else(|| self.carried_product(p)), self.reduced_product(p)],
            Step::Lanes(l) => [self.carried_lanes(l), None],
            Step::Fold(f) => [self.carried_fold(f), self.reduced_fold(f)],
            Step::Assemble(a) => [self.carried_assembly(a), None],
            Step::Pick(_) | Step::Stage(_) | Step::Call(_) | Step::Scan(_) => [None, None],
        };
        let fits = |part: &Part| self.is_near(part.rows) && wanted.is_none_or(|role| role == part.role);
        carried.filter(fits).or(reduced.filter(fits))
    }

    /// Which rows of an array are read with a row of `axis`; none at all are where the stage doesn't compute it.
    fn by_rows(&self, view: &View, sizes: &[usize], axis: usize) -> Option<Reads> {
        let Some(rows) = self.carried.get(&view.buffer) else { return Some(Vec::new()) };
        let width = self.entries[view.buffer] / rows;
        let inner = sizes.iter().zip(&view.strides).enumerate().filter(|(k, _)| *k != axis);
        let last: usize = inner.map(|(_, (size, stride))| size.saturating_sub(1) * stride).sum();
        let (first, last) = (view.offset / width.max(1), (view.offset + last) / width.max(1));
        let fits = view.strides[axis] == width && last <= self.apart;
        fits.then(|| vec![(view.buffer, [first as isize, last as isize])])
    }

    /// The same where it is the row itself.
    fn same_row(&self, view: &View, sizes: &[usize], axis: usize) -> Option<Reads> {
        self.by_rows(view, sizes, axis).filter(|reads| reads.iter().all(|(_, apart)| *apart == [0, 0]))
    }

    fn carried_lanes(&self, l: &Lanes) -> Option<Part> {
        let (rows, mut reads) = (*l.sizes.first()?, Vec::new());
        for source in &l.sources {
            if let Source::Array(view) = source {
                reads.extend(self.by_rows(view, &l.sizes, 0)?);
            }
        }
        Some(Part { role: Role::Carries, rows, reads })
    }

    fn carried_product(&self, p: &ProductStep) -> Option<Part> {
        let is_whole = p.c.strides[0] == p.n && p.c.offset == 0 && self.entries[p.c.buffer] == p.m * p.n;
        let fits = p.batch.is_empty() && p.over.is_empty() && is_whole && !self.carried.contains_key(&p.b.buffer);
        let reads = self.same_row(&p.a, &[p.m, p.k], 0).filter(|_| fits)?;
        Some(Part { role: Role::Carries, rows: p.m, reads })
    }

    /// Products of a batch, one for each row.
    fn carried_batch(&self, p: &ProductStep) -> Option<Part> {
        let (&[rows], []) = (&p.batch[..], &p.over[..]) else { return None };
        let is_whole = p.c.offset == 0 && self.entries[p.c.buffer] == p.m * p.n * rows;
        let fits = p.c.strides == [p.n, 1, p.m * p.n] && is_whole;
        let (a, b) = (self.same_row(&p.a, &[p.m, p.k, rows], 2)?, self.same_row(&p.b, &[p.k, p.n, rows], 2)?);
        fits.then(|| Part { role: Role::Carries, rows, reads: [a, b].concat() })
    }

    fn reduced_product(&self, p: &ProductStep) -> Option<Part> {
        let fits = p.batch.is_empty() && p.over.is_empty() && p.m * p.n <= PRODUCT && p.c.strides[0] == p.n;
        let (a, b) = (self.same_row(&p.a, &[p.m, p.k], 1)?, self.same_row(&p.b, &[p.k, p.n], 0)?);
        fits.then(|| Part { role: Role::Reduces, rows: p.k, reads: [a, b].concat() })
    }

    fn carried_fold(&self, f: &FoldStep) -> Option<Part> {
        let rows = *f.kept.first()?;
        let reads = self.by_rows(&f.from, &[&f.kept[..], &f.folded].concat(), 0)?;
        Some(Part { role: Role::Carries, rows, reads })
    }

    fn reduced_fold(&self, f: &FoldStep) -> Option<Part> {
        let rows = f.folded.first().copied().filter(|_| entries(&f.kept) <= LITTLE)?;
        let reads = self.by_rows(&f.from, &[&f.kept[..], &f.folded].concat(), f.kept.len())?;
        let joins = matches!(f.kind, FoldKind::Sum | FoldKind::Max | FoldKind::Min);
        joins.then_some(Part { role: Role::Reduces, rows, reads })
    }

    /// Pieces along the rows come from rows before; along another axis, from the row itself or near it.
    fn carried_assembly(&self, a: &AssembleStep) -> Option<Part> {
        let (rows, mut reads) = (*a.sizes.first()?, Vec::new());
        for piece in &a.pieces {
            let own = self.by_rows(&piece.from, &a.sizes_of(piece), 0)?;
            let start = if a.axis == 0 { piece.start as isize } else { 0 };
            let fits = own.is_empty() || a.axis != 0 || (piece.step == 1 && start <= self.apart as isize);
            reads.extend(fits.then(|| own.into_iter().map(|(b, at)| (b, at.map(|at| at - start))))?);
        }
        Some(Part { role: Role::Carries, rows, reads })
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
        let row: usize = arrays.iter().map(|b| self.entries[*b].div_ceil(self.rows)).filter(|n| *n > 0).sum();
        let block = (BLOCK / row.max(1)).clamp(1, self.rows);
        if block >= 64 { block / 64 * 64 } else { block }
    }

    /// The rows of each step: it has those of a block, and those around it that others read with theirs.
    fn reaches(&self) -> Vec<Reach> {
        let mut halos: HashMap<BufferId, [isize; 2]> = HashMap::new();
        let mut found = Vec::with_capacity(self.within.len());
        for (step, part) in self.within.iter().rev() {
            let mut halo = [0; 2];
            for [before, after] in step.writes().iter().filter_map(|b| halos.get(b)) {
                halo = [halo[0].max(*before), halo[1].max(*after)];
            }
            for (b, [first, last]) in &part.reads {
                let own = halos.entry(*b).or_default();
                *own = [own[0].max(halo[0] - first), own[1].max(halo[1] + last)];
            }
            found.push(Reach { rows: part.rows, halo: halo.map(isize::unsigned_abs) });
        }
        found.reverse();
        found
    }

    /// Is what is computed for a halo a thread's own, and not more than so many rows? What pieces are put together of must be
    /// so, too: a kernel tells of a piece where it lies, and not which of its rows are read with which row.
    fn halo_is_local(&self, most: usize, is_local: &dyn Fn(BufferId) -> bool) -> bool {
        self.within.iter().zip(self.reaches()).all(|((step, part), Reach { halo, .. })| {
            let is_own = halo == [0, 0] || (halo[0] + halo[1] <= most && step.writes().into_iter().all(is_local));
            is_own && (!matches!(step, Step::Assemble(_)) || part.reads.iter().all(|(b, _)| is_local(*b)))
        })
    }

    fn order(self) -> Vec<Step> {
        let block = self.block();
        let steps = self.within.into_iter().map(|(step, part)| (step.clone(), part.role)).collect();
        let stage = Step::Stage(Stage { rows: self.rows, block, steps });
        let (before, after) = (self.before.into_iter().cloned(), self.after.into_iter().cloned());
        before.chain([stage]).chain(after).collect()
    }
}

impl Stage {
    /// The rows of each step, where arrays have so many entries; none where the steps are none of a stage.
    pub fn reaches(&self, entries: &[usize]) -> Option<Vec<Reach>> {
        Some(self.search(entries)?.reaches())
    }

    fn search<'p>(&'p self, entries: &'p [usize]) -> Option<Search<'p>> {
        let mut own = Search::new(self.rows, [APART, 2 * APART], entries);
        self.steps.iter().all(|(step, role)| own.take(step, Some(*role))).then_some(own)
    }
}

/// Can these steps be done by rows as a stage says, which may come from a text?
pub(crate) fn is_stage(stage: &Stage, entries: &[usize], buffers: &[Buffer]) -> bool {
    let Stage { rows, block, ref steps } = *stage;
    let Some(own) = stage.search(entries) else { return false };
    let locals: HashSet<BufferId> =
        steps.iter().flat_map(|(step, _)| step.writes()).filter(|b| buffers[*b] == Buffer::Local).collect();
    let is_carried = locals.iter().all(|b| own.carried.contains_key(b)) && locals.len() <= MAX_LOCALS;
    let most = own.within.iter().map(|(_, part)| part.rows).max();
    let is_local = |b| locals.contains(&b);
    rows > 0 && most == Some(rows) && (1..=rows).contains(&block) && is_carried && own.halo_is_local(rows, &is_local)
}

/// Must one be done after the other?
fn conflicts(a: &Step, b: &Step) -> bool {
    let touches = |step: &Step, all: &[BufferId]| step.reads().iter().chain(&step.writes()).any(|x| all.contains(x));
    touches(b, &a.writes()) || touches(a, &b.writes())
}
