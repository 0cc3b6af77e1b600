//! Values in an order, entrywise ones in loops together.
//!
//! A value's *level* is how many arrays must be complete before it can be computed. Entrywise values of one level and
//! shape that hang together are one loop; each is computed as late as possible, so that what is needed once is not kept.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::access::{Access, entries, is_whole, row_major};
use crate::program::{
    AssembleStep, Buffer, BufferId, CallStep, FoldStep, Lanes, Op, Output, PickStep, PickWay, Piece, ProductStep,
    Program, Source, Step, View,
};
use crate::tape::{MAX_REGISTERS, lanes};
use crate::values::{Value, ValueId, Values};

/// Positions of a loop that is small.
const SMALL: usize = 64;

/// A wanted value, its shape, and the input that it replaces.
type Wanted = (Access, Vec<usize>, Option<ValueId>);

/// The program that computes the wanted values, once labels have been looked at.
pub(crate) fn program(mut values: Values, wanted: Vec<Wanted>, checks: Vec<(ValueId, usize)>) -> Program {
    let results: Vec<(ValueId, Vec<usize>, Option<ValueId>)> = wanted
        .into_iter()
        .map(|(access, shape, into)| {
            let kind = values.value(access.base);
            let own = !matches!(kind, Value::Constant(_) | Value::Positions(_) | Value::Input(_));
            let lies = own
                && access.offset == 0
                && is_whole(&access.strides, &shape)
                && entries(values.shape(access.base)) == entries(&shape);
            let id = if lies { access.base } else { copied(&mut values, access, &shape) };
            (id, shape, into)
        })
        .collect();
    let pinned: Vec<ValueId> = results.iter().map(|(id, ..)| *id).chain(checks.iter().map(|(id, _)| *id)).collect();
    let live = Schedule::of(&values, &results, &checks).live;
    crate::layout::settle(&mut values, &live, &pinned);
    let units = advanced(&values, &results, Schedule::of(&values, &results, &checks).units());
    // Results that would overwrite what is still read go there at the end.
    let mut late: HashSet<usize> = HashSet::new();
    loop {
        let mut emission = Emission::new(&values, &results, &late);
        emission.emit(&units);
        let found = emission.overwritten(&results);
        if found.is_empty() {
            let mut program = emission.program;
            fold_soon(&mut program);
            crate::stages::gather(&mut program);
            crate::arena::settle(&mut program);
            return program;
        }
        late.extend(found);
    }
}

/// A copy, even of a number.
fn copied(values: &mut Values, access: Access, shape: &[usize]) -> ValueId {
    values.make(Value::Entrywise(Op::Copy, vec![access]), shape)
}

/// What is done at one time.
enum Unit {
    One(ValueId),
    Loop(Vec<ValueId>),
    Check(ValueId, usize),
}

struct Schedule<'v> {
    values: &'v Values,
    live: Vec<bool>,
    levels: Vec<usize>,
    checks: Vec<(ValueId, usize)>,
}

fn is_entrywise(values: &Values, id: ValueId) -> bool {
    matches!(values.value(id), Value::Entrywise(..))
}

/// The arguments that a value reads as they lie, in its own shape: these can be computed in the same loop.
fn aligned(values: &Values, id: ValueId) -> Vec<(ValueId, bool)> {
    let Value::Entrywise(_, args) = values.value(id) else {
        return values.operands(id).into_iter().map(|o| (o, false)).collect();
    };
    let shape = values.shape(id);
    let lies = |a: &Access| {
        is_entrywise(values, a.base) && a.offset == 0 && values.shape(a.base) == shape && is_whole(&a.strides, shape)
    };
    args.iter().map(|a| (a.base, lies(a))).collect()
}

impl<'v> Schedule<'v> {
    fn of(
        values: &'v Values,
        results: &[(ValueId, Vec<usize>, Option<ValueId>)],
        checks: &[(ValueId, usize)],
    ) -> Schedule<'v> {
        let mut live = vec![false; values.all.len()];
        results.iter().for_each(|(id, ..)| live[id.0] = true);
        checks.iter().for_each(|(id, _)| live[id.0] = true);
        for k in (0..live.len()).rev().filter(|k| live[*k]).collect::<Vec<_>>() {
            let mut open = vec![ValueId(k)];
            while let Some(id) = open.pop() {
                for o in values.operands(id) {
                    if !std::mem::replace(&mut live[o.0], true) {
                        open.push(o);
                    }
                }
            }
        }
        let mut checks = checks.to_vec();
        checks.sort_unstable();
        checks.dedup();
        let mut schedule = Schedule { values, live, levels: vec![0; values.all.len()], checks };
        schedule.as_soon_as_possible();
        schedule.as_late_as_possible();
        schedule
    }

    fn ids(&self) -> impl DoubleEndedIterator<Item = ValueId> + use<'_> {
        (0..self.live.len()).filter(|k| self.live[*k]).map(ValueId)
    }

    fn as_soon_as_possible(&mut self) {
        for id in self.ids().collect::<Vec<_>>() {
            let entrywise = is_entrywise(self.values, id);
            let after = |(o, lies): (ValueId, bool)| {
                let own = self.levels[o.0];
                // What is complete before a level's loops are its products and folds.
                if entrywise && (lies || !is_entrywise(self.values, o)) { own } else { own + 1 }
            };
            self.levels[id.0] = aligned(self.values, id).into_iter().map(after).max().unwrap_or(0);
        }
    }

    fn as_late_as_possible(&mut self) {
        let mut latest = vec![usize::MAX; self.levels.len()];
        for id in self.ids().rev().collect::<Vec<_>>() {
            if is_entrywise(self.values, id) && latest[id.0] != usize::MAX {
                self.levels[id.0] = self.levels[id.0].max(latest[id.0]);
            }
            let own = self.levels[id.0];
            for (o, lies) in aligned(self.values, id) {
                let most = if lies { own } else { own.saturating_sub(1) };
                latest[o.0] = latest[o.0].min(most);
            }
        }
    }

    /// Loops of few positions cost little beside starting them: those of one level and shape are one.
    fn join_small(&self, loops: &mut [usize]) {
        let mut first: HashMap<(usize, &[usize]), usize> = HashMap::new();
        for id in self.ids().filter(|id| is_entrywise(self.values, *id)) {
            let shape = self.values.shape(id);
            if entries(shape) <= SMALL {
                let (a, b) = (*first.entry((self.levels[id.0], shape)).or_insert(id.0), id.0);
                let (a, b) = (find(loops, a), find(loops, b));
                loops[a.max(b)] = a.min(b);
            }
        }
    }

    /// All that is done, in order.
    fn units(&self) -> Vec<Unit> {
        let mut loops: Vec<usize> = (0..self.levels.len()).collect();
        for id in self.ids().filter(|id| is_entrywise(self.values, *id)) {
            for (o, lies) in aligned(self.values, id) {
                if lies && self.levels[o.0] == self.levels[id.0] {
                    let (a, b) = (find(&mut loops, o.0), find(&mut loops, id.0));
                    loops[a.max(b)] = a.min(b);
                }
            }
        }
        self.join_small(&mut loops);
        // By level: what is done alone, and loops by their first value.
        type Level = (Vec<ValueId>, BTreeMap<usize, Vec<ValueId>>);
        let mut levels: BTreeMap<usize, Level> = BTreeMap::new();
        for id in self.ids() {
            let level = levels.entry(self.levels[id.0]).or_default();
            match self.values.value(id) {
                Value::Input(_) | Value::Constant(_) | Value::Positions(_) => {}
                Value::Entrywise(..) => level.1.entry(find(&mut loops, id.0)).or_default().push(id),
                _ => level.0.push(id),
            }
        }
        // Labels that come from outside are looked at before anything is done, so that nothing is overwritten in vain.
        let given = |id: &ValueId| matches!(self.values.value(*id), Value::Input(_));
        let first = self.checks.iter().filter(|(id, _)| given(id));
        let mut units: Vec<Unit> = first.map(|(id, n)| Unit::Check(*id, *n)).collect();
        for (level, (single, loops)) in levels {
            units.extend(single.into_iter().map(Unit::One));
            units.extend(loops.into_values().map(Unit::Loop));
            let here = self.checks.iter().filter(|(id, _)| self.levels[id.0] == level && !given(id));
            units.extend(here.map(|(id, n)| Unit::Check(*id, *n)));
        }
        units
    }
}

/// Small arrays are folded right behind the loop that computes them, which may do it while it has them.
fn fold_soon(program: &mut Program) {
    for k in 1..program.steps.len() {
        let Step::Fold(fold) = &program.steps[k] else { continue };
        if program.entries[fold.from.buffer] > SMALL {
            continue;
        }
        let touches = |s: &Step| s.reads().contains(&fold.to) || s.writes().contains(&fold.to);
        let computes = |s: &Step| matches!(s, Step::Lanes(_)) && s.writes().contains(&fold.from.buffer);
        let waits = |s: &Step| {
            matches!(s, Step::Fold(_)) || computes(s) || touches(s) || s.writes().contains(&fold.from.buffer)
        };
        let Some(last) = program.steps[..k].iter().rposition(waits) else { continue };
        // Behind the folds that come first there.
        let first = program.steps[..=last].iter().rposition(|s| !matches!(s, Step::Fold(_)));
        if first.is_some_and(|first| computes(&program.steps[first]))
            && !program.steps[..=last].iter().skip(first.map_or(0, |f| f + 1)).any(touches)
        {
            program.steps[last + 1..=k].rotate_right(1);
        }
    }
}

/// Loops right behind what they wait for, so that it is still in the nearest cache: the last value that they read is
/// computed, and the last one that reads what they overwrite.
fn advanced(values: &Values, results: &[(ValueId, Vec<usize>, Option<ValueId>)], units: Vec<Unit>) -> Vec<Unit> {
    let mut order: Vec<Unit> = Vec::with_capacity(units.len());
    for unit in units {
        let Unit::Loop(ids) = &unit else {
            order.push(unit);
            continue;
        };
        let overwritten: Vec<ValueId> =
            results.iter().filter(|(id, ..)| ids.contains(id)).filter_map(|(_, _, into)| *into).collect();
        let waits = |before: &Unit| {
            let made = before.ids();
            let reads = |id: &ValueId| values.operands(*id).iter().any(|o| overwritten.contains(o));
            ids.iter().any(|id| values.operands(*id).iter().any(|o| made.contains(o))) || made.iter().any(reads)
        };
        let checks = order.iter().take_while(|u| matches!(u, Unit::Check(..))).count();
        let place = order.iter().rposition(waits).map_or(checks, |k| k + 1);
        order.insert(place, unit);
    }
    order
}

impl Unit {
    fn ids(&self) -> &[ValueId] {
        match self {
            Unit::One(id) | Unit::Check(id, _) => std::slice::from_ref(id),
            Unit::Loop(ids) => ids,
        }
    }
}

fn find(parents: &mut [usize], mut k: usize) -> usize {
    while parents[k] != k {
        parents[k] = parents[parents[k]];
        k = parents[k];
    }
    k
}

struct Emission<'v> {
    values: &'v Values,
    program: Program,
    buffers: HashMap<ValueId, BufferId>,
    /// What must lie in memory, though a loop computes it.
    kept: HashSet<ValueId>,
    /// What goes from one array to another at the end.
    moves: Vec<(BufferId, BufferId)>,
}

impl<'v> Emission<'v> {
    fn new(
        values: &'v Values,
        results: &[(ValueId, Vec<usize>, Option<ValueId>)],
        late: &HashSet<usize>,
    ) -> Emission<'v> {
        let program = Program::default();
        let mut own = Emission { values, program, buffers: HashMap::new(), kept: HashSet::new(), moves: Vec::new() };
        for (k, (id, shape, into)) in results.iter().enumerate() {
            let home = match into {
                Some(symbol) => own.buffer(*symbol),
                None => own.array(Buffer::Result(k), entries(shape)),
            };
            own.kept.insert(*id);
            if own.buffers.contains_key(id) || late.contains(&k) {
                let from = own.buffer(*id);
                own.moves.push((from, home));
            } else {
                own.buffers.insert(*id, home);
                own.program.nodes[home] = own.program.nodes[home].or(values.nodes.get(id).copied());
            }
            own.program.results.push(Output { shape: shape.clone(), buffer: home });
        }
        own
    }

    fn array(&mut self, buffer: Buffer, entries: usize) -> BufferId {
        self.program.buffers.push(buffer);
        self.program.entries.push(entries);
        self.program.nodes.push(None);
        self.program.buffers.len() - 1
    }

    /// The array of a value.
    fn buffer(&mut self, id: ValueId) -> BufferId {
        if let Some(known) = self.buffers.get(&id) {
            return *known;
        }
        let shape = self.values.shape(id);
        let found = match self.values.value(id) {
            Value::Input(symbol) => {
                self.program.inputs.push((*symbol, shape.to_vec()));
                self.array(Buffer::Input(*symbol), entries(shape))
            }
            _ => self.array(Buffer::Temporary { at: 0 }, entries(shape)),
        };
        self.program.nodes[found] = self.values.nodes.get(&id).copied();
        self.buffers.insert(id, found);
        found
    }

    fn view(&mut self, access: &Access) -> View {
        View { buffer: self.buffer(access.base), offset: access.offset, strides: access.strides.clone() }
    }

    fn emit(&mut self, units: &[Unit]) {
        self.find_kept(units);
        for unit in units {
            match unit {
                Unit::One(id) => self.one(*id),
                Unit::Loop(ids) => self.loops(ids),
                Unit::Check(labels, positions) => {
                    let labels = (self.buffer(*labels), entries(self.values.shape(*labels)));
                    let none = labels.0;
                    let step = PickStep {
                        way: PickWay::Check,
                        labels,
                        positions: *positions,
                        each: 0,
                        blocks: 0,
                        inner: 0,
                        array: none,
                        picked: none,
                    };
                    self.program.steps.push(Step::Pick(step));
                }
            }
        }
        for (from, to) in std::mem::take(&mut self.moves) {
            let n = self.program.entries[to];
            let source = Source::Array(View { buffer: from, offset: 0, strides: vec![1] });
            let copy = crate::program::Instruction { op: Op::Copy, to: 1, args: vec![0] };
            let body =
                Lanes { sizes: vec![n], sources: vec![source], tape: vec![copy], stores: vec![(1, to)], registers: 2 };
            self.program.steps.push(Step::Lanes(body));
        }
    }

    /// What is read by another unit than that which computes it, or not as it lies.
    fn find_kept(&mut self, units: &[Unit]) {
        let mut home: HashMap<ValueId, (usize, usize)> = HashMap::new();
        for (k, unit) in units.iter().enumerate() {
            if let Unit::Loop(ids) = unit {
                for (part, ids) in pieces(self.values, ids).into_iter().enumerate() {
                    ids.iter().for_each(|id| _ = home.insert(*id, (k, part)));
                }
            }
        }
        for unit in units {
            let ids: &[ValueId] = match unit {
                Unit::One(id) => std::slice::from_ref(id),
                Unit::Loop(ids) => ids,
                Unit::Check(id, _) => {
                    self.kept.insert(*id);
                    continue;
                }
            };
            for id in ids {
                for (o, lies) in aligned(self.values, *id) {
                    if !lies || home.get(&o) != home.get(id) {
                        self.kept.insert(o);
                    }
                }
            }
        }
    }

    fn loops(&mut self, ids: &[ValueId]) {
        for piece in pieces(self.values, ids) {
            let kept: Vec<ValueId> = piece.iter().copied().filter(|id| self.kept.contains(id)).collect();
            let stores: Vec<(ValueId, BufferId)> = kept.into_iter().map(|id| (id, self.buffer(id))).collect();
            // Arrays of what is read have their numbers before the tape asks for them.
            for id in &piece {
                for o in self.values.operands(*id) {
                    let has_none = matches!(self.values.value(o), Value::Constant(_) | Value::Positions(_));
                    if !has_none && (!piece.contains(&o) || self.kept.contains(&o)) {
                        self.buffer(o);
                    }
                }
            }
            let buffers = &self.buffers;
            let view = |a: &Access| View {
                buffer: buffers.get(&a.base).copied().unwrap_or(usize::MAX),
                offset: a.offset,
                strides: a.strides.clone(),
            };
            let body = lanes(self.values, &piece, &stores, &view);
            self.program.steps.push(Step::Lanes(body));
        }
    }

    fn one(&mut self, id: ValueId) {
        let shape = self.values.shape(id).to_vec();
        let step = match self.values.value(id).clone() {
            Value::Product { a, b, batch, m, n, k } => {
                let to = self.buffer(id);
                let (a, b) = (self.view(&a), self.view(&b));
                Step::Product(product(a, b, to, [&batch, &m, &n, &k]))
            }
            Value::Fold { kind, from, folded } => {
                let (from, to) = (self.view(&from), self.buffer(id));
                Step::Fold(FoldStep { kind, from, kept: shape, folded, to })
            }
            Value::Pick { way, of, labels, positions, each, blocks, inner } => {
                let (of, own) = (self.buffer(of), self.buffer(id));
                let labels = (self.buffer(labels), entries(self.values.shape(labels)));
                let (array, picked) = if way == PickWay::Pick { (of, own) } else { (own, of) };
                Step::Pick(PickStep { way, labels, positions, each, blocks, inner, array, picked })
            }
            Value::Assembled(pieces, axis) => {
                let pieces = pieces.iter().map(|(access, at)| (self.view(access), *at)).collect();
                Step::Assemble(assembled(pieces, shape, axis, self.buffer(id)))
            }
            Value::Call(operation, args) => {
                let args = args.into_iter().map(|(a, shape)| (self.buffer(a), shape)).collect();
                Step::Call(CallStep { operation, args, to: self.buffer(id), shape })
            }
            Value::Scan(which, args) => {
                let args: Vec<BufferId> = args.into_iter().map(|a| self.buffer(a)).collect();
                Step::Scan(Box::new(self.values.scans[which].step(&args, self.buffer(id))))
            }
            _ => return,
        };
        self.program.steps.push(step);
    }

    /// The results that overwrite an input before all has been read of it.
    fn overwritten(&self, results: &[(ValueId, Vec<usize>, Option<ValueId>)]) -> Vec<usize> {
        let mut found = Vec::new();
        for (k, (_, _, into)) in results.iter().enumerate() {
            let home = self.program.results[k].buffer;
            if into.is_none() {
                continue;
            }
            let Some(writer) = self.program.steps.iter().position(|s| s.writes().contains(&home)) else { continue };
            let reads = |s: &Step| s.reads().contains(&home);
            let own = &self.program.steps[writer];
            let in_place = matches!(own, Step::Lanes(l) if reads_as_written(l, home));
            if self.program.steps[writer + 1..].iter().any(reads) || (reads(own) && !in_place) {
                found.push(k);
            }
        }
        found
    }
}

/// Is an array read at the position that is written only?
fn reads_as_written(l: &Lanes, buffer: BufferId) -> bool {
    l.sources.iter().all(|s| match s {
        Source::Array(v) if v.buffer == buffer => v.offset == 0 && is_whole(&v.strides, &l.sizes),
        _ => true,
    })
}

/// A loop's values in pieces that have enough registers.
fn pieces(values: &Values, ids: &[ValueId]) -> Vec<Vec<ValueId>> {
    let mut all: Vec<Vec<ValueId>> = Vec::new();
    let mut sources: HashSet<&Access> = HashSet::new();
    for id in ids {
        let Value::Entrywise(_, args) = values.value(*id) else { continue };
        let new = args.iter().filter(|a| !sources.contains(*a)).count();
        let length = all.last().map_or(0, Vec::len);
        if length == 0 || length + 1 + sources.len() + new > MAX_REGISTERS {
            all.push(Vec::new());
            sources.clear();
        }
        sources.extend(args);
        if let Some(last) = all.last_mut() {
            last.push(*id);
        }
    }
    all
}

/// Pieces in an array: a piece that shares no place with those before it is put there, others are added.
fn assembled(pieces: Vec<(View, [usize; 3])>, sizes: Vec<usize>, axis: usize, to: BufferId) -> AssembleStep {
    let n = sizes.get(axis).copied().unwrap_or(1);
    let mut known: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut covered = 0;
    for (from, [length, start, step]) in pieces {
        let end = |p: &Piece| p.start + (p.length.max(1) - 1) * p.step;
        let own = Piece { from, start, step, length, adds: false };
        let meets = |p: &Piece| p.start <= end(&own) && own.start <= end(p);
        let adds = known.iter().any(meets);
        covered += if adds { 0 } else { length };
        known.push(Piece { adds, ..own });
    }
    AssembleStep { sizes, axis, pieces: known, is_covered: covered == n, to }
}

/// Axes that are one for all who walk them: sizes with the strides of each.
fn joined<const N: usize>(sizes: &[usize], strides: [&[usize]; N]) -> Vec<(usize, [usize; N])> {
    let mut out: Vec<(usize, [usize; N])> = Vec::new();
    for (k, size) in sizes.iter().enumerate().filter(|(_, size)| **size != 1) {
        let own: [usize; N] = std::array::from_fn(|j| strides[j][k]);
        match out.last_mut() {
            Some(last) if (0..N).all(|j| last.1[j] == own[j] * size) => *last = (last.0 * size, own),
            _ => out.push((*size, own)),
        }
    }
    out
}

/// The product of factors with axes batch, m, k and batch, k, n; axes of m and n that are no single one join the batch.
fn product(a: View, b: View, to: BufferId, [batch, m, n, k]: [&[usize]; 4]) -> ProductStep {
    let c = row_major(&[batch, m, n].concat());
    let (ab, am) = a.strides.split_at(batch.len());
    let (am, ak) = am.split_at(m.len());
    let (bb, bk) = b.strides.split_at(batch.len());
    let (bk, bn) = bk.split_at(k.len());
    let (cb, cm) = c.split_at(batch.len());
    let (cm, cn) = cm.split_at(m.len());
    let mut further = joined(batch, [ab, bb, cb]);
    let mut rows = joined(m, [am, cm]);
    let mut columns = joined(n, [bn, cn]);
    let row = rows.pop().unwrap_or((1, [0, columns.iter().map(|(s, _)| s).product()]));
    let column = columns.pop().unwrap_or((1, [0, 1]));
    let mut summed = joined(k, [ak, bk]);
    let inner = summed.pop().unwrap_or((1, [0, 0]));
    further.extend(rows.into_iter().map(|(size, [a, c])| (size, [a, 0, c])));
    further.extend(columns.into_iter().map(|(size, [b, c])| (size, [0, b, c])));
    let strides = |first: [usize; 2], which: usize| -> Vec<usize> {
        let over = summed.iter().filter(|_| which < 2).map(|(_, s)| s[which]);
        first.into_iter().chain(further.iter().map(|(_, s)| s[which])).chain(over).collect()
    };
    ProductStep {
        m: row.0,
        n: column.0,
        k: inner.0,
        a: View { strides: strides([row.1[0], inner.1[0]], 0), ..a },
        b: View { strides: strides([inner.1[1], column.1[0]], 1), ..b },
        c: View { buffer: to, offset: 0, strides: strides([row.1[1], column.1[1]], 2) },
        batch: further.iter().map(|(size, _)| *size).collect(),
        over: summed.iter().map(|(size, _)| *size).collect(),
    }
}
