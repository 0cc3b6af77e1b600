//! Several kernels over the same rows, a block of rows after the other.

use std::ops::Range;

use crate::element::Element;
use crate::kernel::Work;
use crate::level::Level;
use crate::memory::{MAX_LOCALS, Memory, Place, Window, apart, reach};

/// What is done with each block of rows.
#[derive(Clone, Debug)]
pub struct Member<T> {
    /// How.
    pub work: Work<T>,
    /// What becomes of the rows.
    pub duty: Duty,
    /// How many rows it has.
    pub rows: usize,
    /// How many rows before a block, and behind it, are computed with it, for those who read them.
    pub halo: [usize; 2],
}

/// What becomes of the rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Duty {
    /// Row i of the result needs row i of what other members compute, or those near it.
    Carry,
    /// All rows are taken together: so many entries for each block, or for each unit, lie at a place, to be joined when
    /// the stage is done.
    Reduce(Place, usize),
}

/// An array that nobody but the stage needs: each thread has the rows of its block, and those around it
/// ([`Place::local`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Local {
    /// Entries of a row.
    pub width: usize,
    /// How many rows the whole has.
    pub rows: usize,
    /// How many rows before a block, and behind it, are there.
    pub halo: [usize; 2],
}

/// Kernels over the same rows.
#[derive(Clone, Debug)]
pub struct Stage<T> {
    rows: usize,
    block: usize,
    /// Blocks of a unit.
    blocks: usize,
    members: Vec<Member<T>>,
    /// The arrays of its own, each with where it is in a thread's scratch memory.
    locals: Vec<(Local, usize)>,
    scratch: usize,
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

/// Entries that arrays begin at multiples of: whole lines of the cache, in single precision.
const ALIGNED: usize = 16;

/// The rows that go with a block of a stage's rows, of so many.
fn around(block: &Range<usize>, rows: usize, [before, after]: [usize; 2]) -> Range<usize> {
    block.start.saturating_sub(before).min(rows)..block.end.saturating_add(after).min(rows)
}

impl<T: Element> Stage<T> {
    /// So many rows, so many of them at a time.
    ///
    /// # Panics
    /// If a member writes what rows of another block touch: the plan is wrong.
    pub fn new(rows: usize, block: usize, members: Vec<Member<T>>, locals: Vec<Local>) -> Stage<T> {
        assert!(rows > 0 && block > 0, "a stage has rows");
        assert!(locals.len() <= MAX_LOCALS, "a stage has too many arrays of its own");
        let blocks = rows.div_ceil(block).div_ceil(UNITS);
        let mut scratch = members.iter().map(|m| m.work.scratch()).max().unwrap_or(0);
        let mut placed = Vec::with_capacity(locals.len());
        for local in locals {
            let at = scratch.next_multiple_of(ALIGNED);
            scratch = at + (block + local.halo[0] + local.halo[1]).min(local.rows) * local.width;
            placed.push((local, at));
        }
        let own = Stage { rows, block, blocks, members, locals: placed, scratch };
        for member in &own.members {
            member.work.check();
        }
        let all: Vec<(&Member<T>, Access)> =
            own.members.iter().flat_map(|m| own.accesses(m).into_iter().map(move |a| (m, a))).collect();
        for (writer, w) in all.iter().filter(|(_, a)| a.written) {
            assert!(w.row >= w.entries, "a stage writes to one place for several rows");
            // What a thread has for itself is looked at when it is read: are these rows there?
            if w.place.is_own() {
                continue;
            }
            assert!(writer.halo == [0, 0], "a stage writes rows of another block");
            let is_apart = |(m, a): &(&Member<T>, Access)| Stage::is_apart((writer, w), (*m, a));
            assert!(all.iter().all(is_apart), "a stage touches what it writes for other rows");
        }
        let partial: Vec<(Place, usize)> = own.members.iter().filter_map(|m| own.partial(m)).collect();
        for (k, (place, entries)) in partial.iter().enumerate() {
            let outside = |(m, a): &(&Member<T>, Access)| apart(*place, *entries, a.place, whole(m, a));
            let others = partial[..k].iter().all(|(other, all)| apart(*place, *entries, *other, *all));
            assert!(others && all.iter().all(outside), "a stage reduces into what it touches");
        }
        own
    }

    /// The entries of a thread's scratch memory that it needs.
    pub(crate) fn scratch(&self) -> usize {
        self.scratch
    }

    /// How many partial results a member leaves that reduces by a product, and by a fold.
    pub fn partial_results(rows: usize, block: usize) -> [usize; 2] {
        let blocks = rows.div_ceil(block.max(1));
        [blocks.div_ceil(blocks.div_ceil(UNITS).max(1)), blocks]
    }

    /// Do different rows touch different entries, or do the arrays lie apart?
    fn is_apart((writer, written): (&Member<T>, &Access), (member, other): (&Member<T>, &Access)) -> bool {
        let (w, o) = (written.place, other.place);
        apart(w, whole(writer, written), o, whole(member, other))
            || (written.row == other.row
                && member.halo == [0, 0]
                && w.at <= o.at
                && o.at + other.entries <= w.at + written.row)
    }

    fn accesses(&self, member: &Member<T>) -> Vec<Access> {
        let (carries, rows) = (member.duty == Duty::Carry, member.rows);
        let found = match &member.work {
            Work::Loop(body) if carries => body.accesses(rows),
            Work::Product(p) if carries && p.batch.is_empty() => p.accesses_by_row(),
            Work::Product(p) if carries => p.accesses_by_batch(),
            Work::Product(p) => p.accesses_by_depth(),
            Work::Rows(p, body, _) if carries => [p.accesses_by_row(), body.accesses(rows)].concat(),
            Work::Fold(f) => f.accesses(rows, carries),
            Work::Assemble(a) if carries && a.rows == rows => a.accesses(),
            work => panic!("a stage can't do {work:?} by rows"),
        };
        // Scratch memory is a thread's own.
        found.into_iter().filter(|a| a.place.span != Place::SCRATCH.span).collect()
    }

    /// Where a member puts what it reduces rows to, and how many entries that are.
    fn partial(&self, member: &Member<T>) -> Option<(Place, usize)> {
        let [of_product, of_fold] = Stage::<T>::partial_results(self.rows, self.block);
        let Duty::Reduce(place, entries) = member.duty else { return None };
        let (results, wanted) = match &member.work {
            Work::Product(p) => (of_product, p.m * p.n),
            Work::Fold(f) => (of_fold, f.kept.iter().map(|(size, _)| size).product()),
            work => panic!("a stage can't reduce by {work:?}"),
        };
        assert_eq!(entries, wanted, "a stage reduces to another size");
        assert_eq!(member.halo, [0, 0], "a stage reduces rows more than once");
        Some((place, results * entries))
    }

    pub(crate) fn units(&self) -> usize {
        self.rows.div_ceil(self.block).div_ceil(self.blocks)
    }

    pub(crate) fn unit(&self, level: Level, memory: &mut Memory<'_, T>, unit: usize) {
        let first = unit * self.blocks;
        let last = (first + self.blocks).min(self.rows.div_ceil(self.block));
        let own = memory.write(Place::SCRATCH, self.scratch);
        let mut windows = [Window::NONE; MAX_LOCALS];
        for block in first..last {
            let rows = block * self.block..((block + 1) * self.block).min(self.rows);
            for ((local, at), window) in self.locals.iter().zip(&mut windows) {
                let there = around(&rows, local.rows, local.halo);
                let start = own.wrapping_add(*at);
                *window = Window { start, from: there.start * local.width, entries: there.len() * local.width };
            }
            // SAFETY: the arrays lie one behind the other in the scratch memory, with room for the rows of a block and those
            // around it, behind what members need there.
            let memory = &mut unsafe { memory.with_windows(&windows[..self.locals.len()]) };
            for member in &self.members {
                let rows = around(&rows, member.rows, member.halo);
                match (&member.work, member.duty) {
                    (work, Duty::Carry) => carry(work, member.rows, &rows, level, memory),
                    (Work::Product(p), Duty::Reduce(to, entries)) => {
                        p.depth(rows, to.plus(unit * entries), block > first).run(level, memory);
                    }
                    (Work::Fold(f), Duty::Reduce(to, entries)) => {
                        f.depth(member.rows, rows, to.plus(block * entries)).run(level, memory);
                    }
                    _ => {}
                }
            }
        }
    }
}

/// How far all rows of a member reach.
fn whole<T>(member: &Member<T>, a: &Access) -> usize {
    reach([(member.rows, a.row), (a.entries, 1)])
}

fn carry<T: Element>(work: &Work<T>, all: usize, rows: &Range<usize>, level: Level, memory: &mut Memory<'_, T>) {
    if rows.is_empty() {
        return;
    }
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
        Work::Assemble(a) => a.run(level, memory, rows.clone()),
        Work::Pick(..) | Work::Stage(_) | Work::Fused(_) => {}
    }
}
