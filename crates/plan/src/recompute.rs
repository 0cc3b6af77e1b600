//! Recomputation instead of storage: where the arrays between have less room than they need, some are given up when most
//! are held, and computed once more where they are read again.
//!
//! This is done to the steps as they are: what is computed again is the same step, or a part of it that rounds no other way
//! (some results of a loop, the rows of a stage that they follow from), so that no bit hangs on how much room there is.
//! What reduces the rows of a stage is not computed again, as its sum has an order that hangs on the stage.
//!
//! Which arrays are given up is decided as by Chen, Xu, Zhang, Guestrin: *Training deep nets with sublinear memory cost*
//! (2016), section 4.3: of the arrays that lie idle when most are held, every so many numbers one is kept, and the others
//! are computed from the last one that was. How many numbers: whatever costs the fewest operations of what fits. Where
//! that is not enough, the program that came of it is looked at in the same way.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;

use crate::access::row_major;
use crate::arena::{self, rounded};
use crate::program::{Buffer, BufferId, Lanes, PickWay, Program, Recomputed, Role, Source, Stage, Step, View};
use crate::stages::{MAX_LOCALS, is_stage};
use crate::tape::{Argument, allocate};

/// How often a program is looked at anew.
const ROUNDS: usize = 64;

/// How many distances between kept arrays are tried, at most and at least, and in between so many that steps are looked at
/// no oftener than this.
const TRIES: [usize; 2] = [32, 4];
const LOOKS: usize = 1 << 16;

/// How many times as many steps and operations there may be as when everything is held: a program that does hardly anything
/// but what it did before is nobody's wish.
const TIMES: usize = 4;

/// Arrays of which so many would fit into what is held are too small to be given up.
const MANY: usize = 1 << 12;

/// Of an array that is read by nothing else any more, and has this much less than what is computed of it, the room is
/// held on.
const LESS: usize = 16;

/// The program with so much room for the arrays between, if there is a way: some are computed more than once. Else the one
/// that comes nearest. Results have the same bits, whatever the room is.
///
/// ```
/// use wrt_core::{Assumptions, Graph, Role};
/// let mut g = Graph::new();
/// let n = g.dim_name("n");
/// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
/// let total = g.sum_over(x, &[0]);
/// let plan = wrt_plan::plan(&g, &[(total, None)], &[("n".into(), 100)]).unwrap();
/// // Nothing lies between: there is nothing to give up.
/// assert_eq!(wrt_plan::within(&plan, 0), plan);
/// ```
pub fn within(program: &Program, room: usize) -> Program {
    let most =
        Most { steps: TIMES * program.steps.len(), operations: program.operations().saturating_mul(TIMES as u64) };
    // Products are computed twice where nothing else is enough.
    let mut best = searched(program, room, false, most);
    if best.arena > room {
        let others = [searched(program, room, true, most), searched(&best, room, true, most)];
        best = others.into_iter().fold(best, |best, other| if is_better(&other, &best, room) { other } else { best });
    }
    best
}

/// Fits better, or at fewer operations.
fn is_better(new: &Program, old: &Program, room: usize) -> bool {
    match (new.arena <= room, old.arena <= room) {
        (true, true) => (new.operations(), new.arena) < (old.operations(), old.arena),
        (fits, other) if fits != other => fits,
        _ => (new.arena, new.operations()) < (old.arena, old.operations()),
    }
}

/// What a program may have.
#[derive(Clone, Copy)]
struct Most {
    steps: usize,
    operations: u64,
}

fn searched(program: &Program, room: usize, dear: bool, most: Most) -> Program {
    let (mut best, mut now) = (program.clone(), program.clone());
    for _ in 0..ROUNDS {
        if best.arena <= room {
            break;
        }
        let Some(next) = Round::of(&now, dear, most).best(room) else { break };
        if is_better(&next, &best, room) {
            best = next.clone();
        }
        now = next;
    }
    best
}

/// When most is held.
#[derive(Clone, Copy)]
struct Crest {
    held: usize,
    /// For how many steps.
    steps: usize,
    /// The first of them.
    first: usize,
}

impl Crest {
    fn of(program: &Program) -> Crest {
        let mut changes = vec![[0usize; 2]; program.steps.len() + 1];
        for (b, span) in arena::spans(program).into_iter().enumerate() {
            if let (Buffer::Temporary { .. }, Some((from, to))) = (&program.buffers[b], span) {
                changes[from][0] += rounded(program.entries[b]);
                changes[to + 1][1] += rounded(program.entries[b]);
            }
        }
        let (mut now, mut crest) = (0, Crest { held: 0, steps: 0, first: 0 });
        for (k, [more, less]) in changes.into_iter().enumerate() {
            now = now + more - less;
            if now > crest.held {
                crest = Crest { held: now, steps: 0, first: k };
            }
            crest.steps += usize::from(now == crest.held);
        }
        crest
    }

    fn is_below(&self, other: &Crest) -> bool {
        (self.held, self.steps) < (other.held, other.steps)
    }
}

/// A program, and what is to be known of it to give arrays up.
struct Round<'p> {
    program: &'p Program,
    /// May products be computed again, and what is computed by its row?
    dear: bool,
    most: Most,
    /// The steps that write each array and those that read it, and the last one that touches it.
    writers: Vec<Vec<usize>>,
    readers: Vec<Vec<usize>>,
    last: Vec<usize>,
    /// The step at which most is held.
    peak: usize,
    /// How much that is.
    held: usize,
}

/// Before which step something is to be computed again, and what there is then.
struct Moment<'m> {
    before: usize,
    /// Which array holds what each held at first.
    now: &'m [BufferId],
    dropped: &'m BTreeSet<BufferId>,
}

/// Steps that are done again, each with the arrays that are wanted of it.
type Again = BTreeMap<usize, (BTreeSet<BufferId>, Step)>;

/// An array that may be given up.
struct Candidate {
    buffer: BufferId,
    entries: usize,
    /// Operations for each number and step for which it is not held.
    price: f64,
}

impl<'p> Round<'p> {
    fn of(program: &'p Program, dear: bool, most: Most) -> Round<'p> {
        let spans = arena::spans(program);
        let mut writers = vec![Vec::new(); spans.len()];
        let mut readers = vec![Vec::new(); spans.len()];
        for (k, step) in program.steps.iter().enumerate() {
            let sorted = |all: Vec<BufferId>| all.into_iter().collect::<BTreeSet<_>>().into_iter();
            sorted(step.writes()).for_each(|b| writers[b].push(k));
            sorted(step.reads()).for_each(|b| readers[b].push(k));
        }
        let Crest { held, first: peak, .. } = Crest::of(program);
        let last = spans.iter().map(|span| span.map_or(0, |(_, to)| to)).collect();
        Round { program, dear, most, writers, readers, last, peak, held }
    }

    /// The program that fits at the fewest operations, else that which holds least when most is held, if it is less.
    fn best(&self, room: usize) -> Option<Program> {
        let candidates = self.candidates();
        let smallest = candidates.iter().map(|c| c.entries).min()?;
        let total: usize = candidates.iter().map(|c| c.entries).sum();
        let tries = (LOOKS / self.program.steps.len().max(1)).clamp(TRIES[1], TRIES[0]);
        let factor = (total as f64 / smallest as f64).powf(1.0 / tries as f64).max(1.2);
        let mut best: Option<(Program, Crest)> = None;
        let mut before: Vec<BufferId> = Vec::new();
        let mut distance = smallest as f64;
        for _ in 0..=tries {
            let mut given_up = every(&candidates, distance as usize);
            distance *= factor;
            // What costs least comes first.
            given_up.sort_by(|a, b| a.price.total_cmp(&b.price).then(a.buffer.cmp(&b.buffer)));
            let given_up: Vec<BufferId> = given_up.into_iter().map(|c| c.buffer).collect();
            if given_up == before {
                continue;
            }
            if let Some(found) = self.cheapest(&given_up, room) {
                let crest = Crest::of(&found);
                let is_next = best.as_ref().is_none_or(|(best, least)| {
                    let fits = found.arena <= room || best.arena <= room;
                    if fits { is_better(&found, best, room) } else { crest.is_below(least) }
                });
                best = if is_next { Some((found, crest)) } else { best };
            }
            before = given_up;
        }
        let now = Crest::of(self.program);
        best.filter(|(best, crest)| best.arena <= room || crest.is_below(&now)).map(|(best, _)| best)
    }

    /// The program without these arrays, or without the first of them if that is enough.
    fn cheapest(&self, given_up: &[BufferId], room: usize) -> Option<Program> {
        let mut found = self.without(given_up)?;
        let (mut few, mut many) = (0, given_up.len());
        while found.arena <= room && many - few > 1 {
            let middle = few.midpoint(many);
            match self.without(&given_up[..middle]).filter(|other| other.arena <= room) {
                Some(other) => (found, many) = (other, middle),
                None => few = middle,
            }
        }
        Some(found)
    }

    /// Arrays that lie idle when most is held, by the steps that write them.
    fn candidates(&self) -> Vec<Candidate> {
        let mut found = Vec::new();
        for (k, step) in self.program.steps.iter().enumerate().take(self.peak + 1) {
            for buffer in step.writes().into_iter().collect::<BTreeSet<_>>() {
                let is_own = matches!(self.program.buffers[buffer], Buffer::Temporary { .. });
                if !is_own || self.writers[buffer] != [k] || self.last[buffer] <= self.peak {
                    continue;
                }
                found.extend(self.candidate(buffer, k));
            }
        }
        found
    }

    fn candidate(&self, buffer: BufferId, written: usize) -> Option<Candidate> {
        let entries = rounded(self.program.entries[buffer]);
        if entries < self.held / MANY {
            return None;
        }
        let before = self.read(buffer, written + 1..=self.peak).next_back().unwrap_or(written);
        let after = self.read(buffer, self.peak + 1..=self.last[buffer]).next()?;
        if before == self.peak && !self.stays_in_stage(buffer, written) {
            return None;
        }
        let dropped = BTreeSet::from([buffer]);
        let now: Vec<BufferId> = (0..self.program.buffers.len()).collect();
        let again = self.again(vec![buffer], &Moment { before: after, now: &now, dropped: &dropped })?;
        let (mut operations, mut held_on) = (0u64, BTreeSet::new());
        for (_, part) in again.values() {
            operations = operations.saturating_add(part.operations());
            held_on.extend(outer_reads(part).into_iter().filter(|b| self.ends_before(*b) && !is_in(&again, *b)));
        }
        let more: usize = held_on.iter().map(|b| rounded(self.program.entries[*b])).sum();
        let less = entries.checked_sub(more).filter(|n| *n > 0)?;
        let price = operations as f64 / (less as f64 * (after - before) as f64);
        Some(Candidate { buffer, entries, price })
    }

    /// The steps among these that read an array.
    fn read(&self, buffer: BufferId, steps: RangeInclusive<usize>) -> impl DoubleEndedIterator<Item = usize> {
        self.readers[buffer].iter().copied().filter(move |k| steps.contains(k))
    }

    /// Does nothing but the stage that writes it need an array up to the moment when most is held? Then it need not be
    /// held at all.
    fn stays_in_stage(&self, buffer: BufferId, written: usize) -> bool {
        matches!(self.program.steps[written], Step::Stage(_))
            && self.read(buffer, written + 1..=self.peak).next().is_none()
    }

    /// Is it read by nothing from the moment on when most is held?
    fn ends_before(&self, b: BufferId) -> bool {
        matches!(self.program.buffers[b], Buffer::Temporary { .. }) && self.last[b] <= self.peak
    }

    /// What has to be done again so that these arrays can be read; none where something can't be.
    fn again(&self, mut open: Vec<BufferId>, moment: &Moment<'_>) -> Option<Again> {
        let mut found = Again::new();
        while let Some(b) = open.pop() {
            let &[written] = &self.writers[b][..] else { return None };
            let mut wanted = found.remove(&written).map(|(wanted, _)| wanted).unwrap_or_default();
            wanted.insert(b);
            let part = self.part(written, &wanted, moment)?;
            if !self.dear && is_dear(&part) {
                return None;
            }
            let reads = outer_reads(&part);
            found.insert(written, (wanted, part));
            for read in reads {
                if !self.is_the_same(read, written, moment.before) {
                    return None;
                }
                if !is_in(&found, read) && self.is_gone(read, self.program.entries[b], moment) {
                    open.push(read);
                }
            }
        }
        Some(found)
    }

    /// Must it be computed again, too, so that an array of so many entries can be?
    fn is_gone(&self, b: BufferId, entries: usize, moment: &Moment<'_>) -> bool {
        let has_ended = || {
            let Buffer::Temporary { .. } = self.program.buffers[b] else { return false };
            let &[written] = &self.writers[b][..] else { return false };
            let part = || self.part(written, &BTreeSet::from([b]), moment);
            self.ends(b, moment)
                && self.program.entries[b] > entries / LESS
                && part().is_some_and(|part| self.dear || !is_dear(&part))
        };
        moment.now[b] == b && (moment.dropped.contains(&b) || has_ended())
    }

    /// Is it read so long before that it is not held on? What is held from the moment on when most is may be so for up to
    /// twice the time.
    fn ends(&self, b: BufferId, moment: &Moment<'_>) -> bool {
        moment.before.saturating_sub(self.last[b]) > self.last[b].saturating_sub(self.peak)
    }

    /// Is it there anyway?
    fn is_held(&self, b: BufferId, moment: &Moment<'_>) -> bool {
        let is_own = || matches!(self.program.buffers[b], Buffer::Temporary { .. }) && self.writers[b].len() == 1;
        let still = || !moment.dropped.contains(&b) && !self.ends(b, moment);
        is_own() && (moment.now[b] != b || still())
    }

    /// As much of a step as some of the arrays follow from that it writes; none where that would round another way.
    fn part(&self, step: usize, wanted: &BTreeSet<BufferId>, moment: &Moment<'_>) -> Option<Step> {
        let is_held = |b: BufferId| !wanted.contains(&b) && self.is_held(b, moment);
        match &self.program.steps[step] {
            Step::Lanes(l) => part_of_loop(l, wanted, &is_held).map(Step::Lanes),
            Step::Stage(stage) => part_of_stage(self.program, stage, wanted, &is_held),
            Step::Pick(p) if p.way == PickWay::Check => None,
            other => Some(other.clone()),
        }
    }

    /// Does an array hold before one step what it holds before the other?
    fn is_the_same(&self, b: BufferId, one: usize, other: usize) -> bool {
        // What a step reads again of what it wrote itself is written once (`is_held`).
        let is_own = self.writers[b] == [one] && matches!(self.program.buffers[b], Buffer::Temporary { .. });
        let count = |step: usize| self.writers[b].iter().filter(|k| **k < step).count();
        is_own || (count(one) == count(other) && !self.writers[b].contains(&one))
    }

    /// The program in which these arrays are not held when most is.
    fn without(&self, given_up: &[BufferId]) -> Option<Program> {
        let dropped: BTreeSet<BufferId> = given_up.iter().copied().collect();
        let mut own = Rewriting::of(self.program);
        self.leave_to_stages(given_up, &mut own.new)?;
        for (k, step) in self.program.steps.iter().enumerate() {
            let is_gone = |b: &BufferId| k > self.peak && own.now[*b] == *b && dropped.contains(b);
            let gone: Vec<BufferId> = self.read_together(k).into_iter().filter(is_gone).collect();
            let again = self.again(gone, &Moment { before: k, now: &own.now, dropped: &dropped })?;
            again.into_values().try_for_each(|(_, part)| own.add_again(part))?;
            let mut step = step.clone();
            step.rename(&|b| own.now[b]);
            own.new.steps.push(step);
            if own.new.steps.len() > self.most.steps {
                return None;
            }
        }
        let new = own.finished();
        (new.operations() <= self.most.operations).then_some(new)
    }

    /// What a step reads; of a product, with what the loop over its entries does, as both may be one kernel.
    fn read_together(&self, step: usize) -> Vec<BufferId> {
        let mut reads = self.program.steps[step].reads();
        if let (Step::Product(p), Some(next @ Step::Lanes(_))) =
            (&self.program.steps[step], self.program.steps.get(step + 1))
        {
            let next = next.reads();
            if next.contains(&p.c.buffer) {
                reads.extend(next.into_iter().filter(|b| *b != p.c.buffer));
            }
        }
        reads
    }

    /// Arrays that are given up, and that only the stage that writes them needs before, are there block by block.
    fn leave_to_stages(&self, given_up: &[BufferId], new: &mut Program) -> Option<()> {
        let mut changed: BTreeMap<usize, usize> = BTreeMap::new();
        for b in given_up {
            let &[written] = &self.writers[*b][..] else { return None };
            let Step::Stage(stage) = &self.program.steps[written] else { continue };
            if !self.stays_in_stage(*b, written) {
                continue;
            }
            let locals = changed.entry(written).or_insert_with(|| {
                let own = stage.steps.iter().flat_map(|(step, _)| step.writes()).collect::<BTreeSet<_>>();
                own.into_iter().filter(|b| self.program.buffers[*b] == Buffer::Local).count()
            });
            if *locals < MAX_LOCALS {
                *locals += 1;
                new.buffers[*b] = Buffer::Local;
            }
        }
        let is_one = |k: &usize| match &self.program.steps[*k] {
            Step::Stage(stage) => is_stage(stage, &new.entries, &new.buffers),
            _ => false,
        };
        changed.keys().all(is_one).then_some(())
    }
}

/// A program on its way, in which some steps are done again.
struct Rewriting<'p> {
    program: &'p Program,
    new: Program,
    /// Which array holds what each held at first.
    now: Vec<BufferId>,
    recomputed: Recomputed,
    /// Of arrays that are computed again already, which ones they are.
    origins: HashMap<BufferId, BufferId>,
}

impl<'p> Rewriting<'p> {
    fn of(program: &'p Program) -> Rewriting<'p> {
        let new = Program {
            buffers: program.buffers.clone(),
            entries: program.entries.clone(),
            nodes: program.nodes.clone(),
            inputs: program.inputs.clone(),
            results: program.results.clone(),
            ..Program::default()
        };
        let none = || Recomputed { arrays: Vec::new(), room: program.arena };
        let recomputed = program.recomputed.clone().unwrap_or_else(none);
        let origins = recomputed.arrays.iter().copied().collect();
        Rewriting { program, new, now: (0..program.buffers.len()).collect(), recomputed, origins }
    }

    /// A part of a step, done again: what it writes are arrays of its own. None where it is no stage any more.
    fn add_again(&mut self, mut part: Step) -> Option<()> {
        let mut names: BTreeMap<BufferId, BufferId> = BTreeMap::new();
        for b in part.writes().into_iter().collect::<BTreeSet<_>>() {
            let own = self.new.buffers.len();
            let is_local = self.program.buffers[b] == Buffer::Local;
            self.new.buffers.push(if is_local { Buffer::Local } else { Buffer::Temporary { at: 0 } });
            self.new.entries.push(self.program.entries[b]);
            self.new.nodes.push(self.program.nodes[b]);
            if !is_local {
                self.recomputed.arrays.push((own, self.origins.get(&b).copied().unwrap_or(b)));
            }
            names.insert(b, own);
        }
        part.rename(&|b| names.get(&b).copied().unwrap_or(self.now[b]));
        let fits = match &part {
            Step::Stage(stage) => is_stage(stage, &self.new.entries, &self.new.buffers),
            _ => true,
        };
        names.into_iter().for_each(|(b, own)| self.now[b] = own);
        self.new.steps.push(part);
        fits.then_some(())
    }

    fn finished(mut self) -> Program {
        self.new.recomputed = Some(self.recomputed).filter(|r| !r.arrays.is_empty());
        arena::settle(&mut self.new);
        self.new
    }
}

fn is_in(again: &Again, b: BufferId) -> bool {
    again.values().any(|(wanted, _)| wanted.contains(&b))
}

/// All but those that are kept, one every so many numbers.
fn every(candidates: &[Candidate], distance: usize) -> Vec<&Candidate> {
    let mut since = 0;
    let mut found = Vec::new();
    for candidate in candidates {
        if since + candidate.entries > distance {
            since = 0;
        } else {
            since += candidate.entries;
            found.push(candidate);
        }
    }
    found
}

/// Is it more than going over entries?
fn is_dear(step: &Step) -> bool {
    step.parts().iter().any(|part| matches!(part, Step::Product(_) | Step::Call(_) | Step::Scan(_)))
}

/// What a step reads and does not write itself before.
fn outer_reads(step: &Step) -> Vec<BufferId> {
    let own = step.writes();
    step.reads().into_iter().filter(|b| !own.contains(b)).collect()
}

/// A loop for some of what it keeps, which reads what it kept elsewhere where that is held. Each instruction that is left is
/// as it was. None where something is kept as it is read.
fn part_of_loop(l: &Lanes, wanted: &BTreeSet<BufferId>, is_held: &dyn Fn(BufferId) -> bool) -> Option<Lanes> {
    if l.stores.iter().all(|(_, b)| wanted.contains(b)) {
        return Some(l.clone());
    }
    // What each register holds, as arguments of instructions that write once each.
    let source = |r: usize| (r < l.sources.len()).then_some(Argument::Source(r));
    let mut now: Vec<Option<Argument>> = (0..l.registers).map(source).collect();
    let mut steps = Vec::with_capacity(l.tape.len());
    for (k, instruction) in l.tape.iter().enumerate() {
        let args: Vec<Argument> = instruction.args.iter().filter_map(|r| now[usize::from(*r)]).collect();
        steps.push((instruction.op, args));
        now[usize::from(instruction.to)] = Some(Argument::Own(k));
    }
    let (mut kept, mut held) = (Vec::new(), HashMap::new());
    for (r, b) in &l.stores {
        let Some(Argument::Own(k)) = now[usize::from(*r)] else { return None };
        if wanted.contains(b) {
            kept.push((k, *b));
        } else if is_held(*b) {
            held.insert(k, *b);
        }
    }
    let mut needed = vec![false; steps.len()];
    kept.iter().for_each(|(k, _)| needed[*k] = true);
    // Those that are left: what nothing reads any more would be read all the same.
    let mut sources: Vec<Source> = Vec::new();
    let mut place = |source: Source| {
        let known = sources.iter().position(|s| *s == source);
        Argument::Source(known.unwrap_or_else(|| {
            sources.push(source);
            sources.len() - 1
        }))
    };
    for k in (0..steps.len()).rev() {
        if !needed[k] {
            continue;
        }
        for arg in &mut steps[k].1 {
            match arg {
                Argument::Source(s) => *arg = place(l.sources[*s].clone()),
                Argument::Own(j) => match held.get(j) {
                    Some(b) => {
                        *arg = place(Source::Array(View { buffer: *b, offset: 0, strides: row_major(&l.sizes) }));
                    }
                    None => needed[*j] = true,
                },
            }
        }
    }
    Some(allocate(l.sizes.clone(), sources, &steps, &kept))
}

/// The steps of a stage that some of its arrays follow from, over the same rows in the same blocks.
fn part_of_stage(
    program: &Program,
    stage: &Stage,
    wanted: &BTreeSet<BufferId>,
    is_held: &dyn Fn(BufferId) -> bool,
) -> Option<Step> {
    let mut open = wanted.clone();
    let mut steps: Vec<(Step, Role)> = Vec::new();
    for (step, role) in stage.steps.iter().rev() {
        let own: BTreeSet<BufferId> = step.writes().into_iter().filter(|b| open.contains(b)).collect();
        if own.is_empty() {
            continue;
        }
        if *role == Role::Reduces {
            return None;
        }
        let step = if let Step::Lanes(l) = step { Step::Lanes(part_of_loop(l, &own, is_held)?) } else { step.clone() };
        open.extend(step.reads().into_iter().filter(|b| program.buffers[*b] == Buffer::Local));
        steps.push((step, *role));
    }
    steps.reverse();
    match &steps[..] {
        // A loop over entries is the same by blocks.
        [(Step::Lanes(l), _)] => Some(Step::Lanes(l.clone())),
        _ => Some(Step::Stage(Stage { rows: stage.rows, block: stage.block, steps })),
    }
}

impl Step {
    /// Puts other arrays in the place of those that it reads and writes.
    fn rename(&mut self, new: &dyn Fn(BufferId) -> BufferId) {
        let set = |b: &mut BufferId| *b = new(*b);
        match self {
            Step::Lanes(l) => {
                for source in &mut l.sources {
                    if let Source::Array(view) = source {
                        set(&mut view.buffer);
                    }
                }
                l.stores.iter_mut().for_each(|(_, b)| set(b));
            }
            Step::Product(p) => [&mut p.a, &mut p.b, &mut p.c].into_iter().for_each(|view| set(&mut view.buffer)),
            Step::Fold(f) => [&mut f.from.buffer, &mut f.to].into_iter().for_each(set),
            Step::Pick(p) => [&mut p.labels.0, &mut p.array, &mut p.picked].into_iter().for_each(set),
            Step::Assemble(a) => {
                a.pieces.iter_mut().for_each(|piece| set(&mut piece.from.buffer));
                set(&mut a.to);
            }
            Step::Stage(stage) => stage.steps.iter_mut().for_each(|(step, _)| step.rename(new)),
            Step::Call(call) => {
                call.args.iter_mut().for_each(|(b, _)| set(b));
                set(&mut call.to);
            }
            Step::Scan(scan) => {
                let all = scan.states.iter_mut().chain(&mut scan.slices).chain(&mut scan.captures);
                all.for_each(|(b, _)| set(b));
                set(&mut scan.to);
            }
        }
    }
}
