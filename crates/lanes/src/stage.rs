//! Several kernels over the same rows, a block of rows after the other.

use std::ops::Range;

use crate::element::Element;
use crate::kernel::Work;
use crate::level::Level;
use crate::memory::{Memory, Place, apart, reach};

/// What is done with each block of rows.
#[derive(Clone, Debug)]
pub enum Member<T> {
    /// Row i of the result needs row i of what other members compute.
    Carry(Work<T>),
    /// All rows are taken together: so many entries for each block, or for each unit, lie at a place, to be joined when
    /// the stage is done.
    Reduce(Work<T>, Place, usize),
}

/// Kernels over the same rows.
#[derive(Clone, Debug)]
pub struct Stage<T> {
    rows: usize,
    block: usize,
    /// Blocks of a unit.
    blocks: usize,
    members: Vec<Member<T>>,
}

/// What a member touches: entries for each row from a place on, the next row's so far on. 0 where all rows touch the
/// same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Access {
    pub place: Place,
    pub row: usize,
    pub entries: usize,
    pub written: bool,
}

/// Units of a stage: few enough that joining what each reduces its rows to costs nothing.
const UNITS: usize = 16;

impl<T: Element> Stage<T> {
    /// So many rows, so many of them at a time.
    ///
    /// # Panics
    /// If a member writes what rows of another block touch: the plan is wrong.
    pub fn new(rows: usize, block: usize, members: Vec<Member<T>>) -> Stage<T> {
        assert!(rows > 0 && block > 0, "a stage has rows");
        let blocks = rows.div_ceil(block).div_ceil(UNITS);
        let own = Stage { rows, block, blocks, members };
        for Member::Carry(work) | Member::Reduce(work, ..) in &own.members {
            work.check();
        }
        let all: Vec<Access> = own.members.iter().flat_map(|m| own.accesses(m)).collect();
        for w in all.iter().filter(|a| a.written) {
            assert!(w.row >= w.entries, "a stage writes to one place for several rows");
            assert!(all.iter().all(|a| own.is_apart(w, a)), "a stage touches what it writes for other rows");
        }
        let partial: Vec<(Place, usize)> = own.members.iter().filter_map(|m| own.partial(m)).collect();
        for (k, (place, entries)) in partial.iter().enumerate() {
            let outside = |a: &Access| apart(*place, *entries, a.place, own.whole(a));
            let others = partial[..k].iter().all(|(other, all)| apart(*place, *entries, *other, *all));
            assert!(others && all.iter().all(outside), "a stage reduces into what it touches");
        }
        own
    }

    /// How far all rows reach.
    fn whole(&self, a: &Access) -> usize {
        reach([(self.rows, a.row), (a.entries, 1)])
    }

    /// How many partial results a member leaves that reduces by a product, and by a fold.
    pub fn partial_results(rows: usize, block: usize) -> [usize; 2] {
        let blocks = rows.div_ceil(block.max(1));
        [blocks.div_ceil(blocks.div_ceil(UNITS).max(1)), blocks]
    }

    /// Do different rows touch different entries, or do the arrays lie apart?
    fn is_apart(&self, written: &Access, other: &Access) -> bool {
        let (w, o) = (written.place, other.place);
        apart(w, self.whole(written), o, self.whole(other))
            || (written.row == other.row && w.at <= o.at && o.at + other.entries <= w.at + written.row)
    }

    fn accesses(&self, member: &Member<T>) -> Vec<Access> {
        let (work, carries) = match member {
            Member::Carry(work) => (work, true),
            Member::Reduce(work, ..) => (work, false),
        };
        let found = match work {
            Work::Loop(body) if carries => body.accesses(self.rows),
            Work::Product(p) if carries && p.batch.is_empty() => p.accesses_by_row(),
            Work::Product(p) if carries => p.accesses_by_batch(),
            Work::Product(p) => p.accesses_by_depth(),
            Work::Rows(p, body, _) if carries => [p.accesses_by_row(), body.accesses(self.rows)].concat(),
            Work::Fold(f) => f.accesses(self.rows, carries),
            _ => panic!("a stage can't do {work:?} by rows"),
        };
        // Scratch memory is a thread's own.
        found.into_iter().filter(|a| a.place.span != Place::SCRATCH.span).collect()
    }

    /// Where a member puts what it reduces rows to, and how many entries that are.
    fn partial(&self, member: &Member<T>) -> Option<(Place, usize)> {
        let [of_product, of_fold] = Stage::<T>::partial_results(self.rows, self.block);
        let Member::Reduce(work, place, entries) = member else { return None };
        let (results, wanted) = match work {
            Work::Product(p) => (of_product, p.m * p.n),
            Work::Fold(f) => (of_fold, f.kept.iter().map(|(size, _)| size).product()),
            _ => panic!("a stage can't reduce by {work:?}"),
        };
        assert_eq!(*entries, wanted, "a stage reduces to another size");
        Some((*place, results * entries))
    }

    pub(crate) fn units(&self) -> usize {
        self.rows.div_ceil(self.block).div_ceil(self.blocks)
    }

    pub(crate) fn unit(&self, level: Level, memory: &mut Memory<'_, T>, unit: usize) {
        let first = unit * self.blocks;
        let last = (first + self.blocks).min(self.rows.div_ceil(self.block));
        for block in first..last {
            let rows = block * self.block..((block + 1) * self.block).min(self.rows);
            for member in &self.members {
                match member {
                    Member::Carry(work) => carry(work, self.rows, &rows, level, memory),
                    Member::Reduce(Work::Product(p), to, entries) => {
                        p.depth(rows.clone(), to.plus(unit * entries), block > first).run(level, memory);
                    }
                    Member::Reduce(Work::Fold(f), to, entries) => {
                        f.depth(self.rows, rows.clone(), to.plus(block * entries)).run(level, memory);
                    }
                    Member::Reduce(..) => {}
                }
            }
        }
    }
}

fn carry<T: Element>(work: &Work<T>, all: usize, rows: &Range<usize>, level: Level, memory: &mut Memory<'_, T>) {
    match work {
        Work::Loop(body) => {
            let width = body.positions() / all;
            body.run_part(level, memory, rows.start * width..rows.end * width);
        }
        Work::Product(p) if p.batch.is_empty() => p.rows(rows.clone()).run(level, memory),
        // SAFETY: the whole was checked when the stage was made.
        Work::Product(p) => unsafe { p.run_checked(level, memory, rows.clone()) },
        Work::Rows(p, body, together) => {
            crate::kernel::by_rows(p, body, *together, rows.clone(), level, memory);
        }
        Work::Fold(f) => f.rows(all, rows.clone()).run(level, memory),
        Work::Pick(..) | Work::Stage(_) => {}
    }
}
