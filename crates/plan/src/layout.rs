//! The axes of arrays between inputs and results, in the order in which most of those who read them walk: a loop is fast
//! where what it reads lies entry behind entry.

use crate::access::{Access, entries, row_major};
use crate::stages::NEAR;
use crate::values::{Value, ValueId, Values};

/// How an access moves through its array: for each axis of who reads it a step along each axis of the array, and where it
/// begins.
#[derive(Clone, Debug)]
struct Walk {
    base: usize,
    steps: Vec<Vec<usize>>,
    first: Vec<usize>,
}

/// Entries of rows that are short.
const SHORT: usize = 32;

/// Who reads along which axes: a value, or a product as one of its factors.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Reader {
    Entry,
    Folded,
    First,
    Second,
}

/// What one value reads.
struct Read {
    /// Which of the value's accesses it is.
    place: usize,
    reader: Reader,
    /// The sizes of the axes that are walked.
    sizes: Vec<usize>,
    walk: Walk,
}

struct Layout {
    /// The axes of each value as they were, and the order in which they will lie.
    shapes: Vec<Vec<usize>>,
    orders: Vec<Vec<usize>>,
    reads: Vec<Vec<Read>>,
    /// By whom each value is read.
    readers: Vec<Vec<usize>>,
    /// Which orders a value may have besides the first one.
    moves: Vec<Moves>,
    /// Rows shorter than this cost more to begin than to read. None does where a large input comes from afar: its rows come
    /// block by block, and so does what is made of them.
    short: usize,
}

/// Values with the axes of the group that their axes are.
type Group = Vec<(usize, Vec<usize>)>;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Moves {
    No,
    Any,
    /// The last two axes may be exchanged.
    Turned,
}

/// Settles the order of axes of what lives between; what is pinned stays as it is.
pub(crate) fn settle(values: &mut Values, live: &[bool], pinned: &[ValueId]) {
    let mut layout = Layout::of(values, live, pinned);
    let groups = layout.groups(values);
    for group in groups.iter().chain(groups.iter().rev()) {
        layout.improve(group);
    }
    let changed: Vec<bool> = layout.orders.iter().map(|o| !o.is_sorted()).collect();
    if changed.contains(&true) {
        (0..live.len()).filter(|k| live[*k]).for_each(|k| layout.apply(values, k, &changed));
    }
}

fn is_large_input(values: &Values, id: usize) -> bool {
    matches!(values.value(ValueId(id)), Value::Input(_)) && entries(values.shape(ValueId(id))) >= NEAR
}

impl Walk {
    fn of(access: &Access, sizes: &[usize], shape: &[usize]) -> Option<Walk> {
        let strides = row_major(shape);
        let digits = |mut n: usize| -> Option<Vec<usize>> {
            let digit = |(stride, size): (&usize, &usize)| {
                // Of an array without entries the next one along an axis is no further.
                if *size <= 1 || *stride == 0 {
                    return 0;
                }
                let own = n / stride;
                n %= stride;
                own
            };
            let found: Vec<usize> = strides.iter().zip(shape).map(digit).collect();
            (n == 0).then_some(found)
        };
        let first = digits(access.offset)?;
        let steps = access.strides.iter().map(|s| digits(*s)).collect::<Option<Vec<_>>>()?;
        // No axis of the array is left on the way.
        let inside = (0..shape.len()).all(|k| {
            let last: usize = steps.iter().zip(sizes).map(|(step, n)| step[k] * n.saturating_sub(1)).sum();
            shape[k] == 0 || first[k] + last < shape[k].max(1)
        });
        inside.then_some(Walk { base: access.base.0, steps, first })
    }

    /// The axis of the array that each axis walks along, if it goes through all of it.
    fn axes(&self) -> Option<Vec<usize>> {
        let along = |step: &Vec<usize>| match step.iter().filter(|c| **c > 0).count() {
            1 => step.iter().position(|c| *c == 1),
            _ => None,
        };
        let all = self.steps.iter().map(along).collect::<Option<Vec<usize>>>()?;
        let is_each_once = all.len() == self.first.len() && (0..all.len()).all(|k| all.contains(&k));
        (is_each_once && self.first.iter().all(|c| *c == 0)).then_some(all)
    }

    /// How far the next entry along an axis is.
    fn stride(&self, axis: usize, strides: &[usize]) -> usize {
        self.steps[axis].iter().zip(strides).map(|(c, s)| c * s).sum()
    }
}

impl Layout {
    fn of(values: &Values, live: &[bool], pinned: &[ValueId]) -> Layout {
        let count = values.all.len();
        let shapes: Vec<Vec<usize>> = values.all.iter().map(|(_, shape)| shape.clone()).collect();
        let mut layout = Layout {
            orders: shapes.iter().map(|s| (0..s.len()).collect()).collect(),
            reads: (0..count).map(|_| Vec::new()).collect(),
            readers: vec![Vec::new(); count],
            moves: vec![Moves::No; count],
            short: if (0..count).any(|id| live[id] && is_large_input(values, id)) { 0 } else { SHORT },
            shapes,
        };
        for id in (0..count).filter(|k| live[*k]) {
            let wide = layout.shapes[id].iter().filter(|n| **n > 1).count() > 1 && entries(&layout.shapes[id]) > 0;
            layout.moves[id] = match values.value(ValueId(id)) {
                Value::Entrywise(..) | Value::Fold { .. } | Value::Assembled(..) if wide => Moves::Any,
                Value::Product { m, n, k, .. } if [m, n, k].iter().all(|l| l.len() == 1) && m[0] > 1 && n[0] > 1 => {
                    Moves::Turned
                }
                _ => Moves::No,
            };
        }
        pinned.iter().for_each(|id| layout.moves[id.0] = Moves::No);
        for id in (0..count).filter(|k| live[*k]) {
            layout.look(values, id);
        }
        layout
    }

    /// Notes what a value reads; what is not read axis by axis stays as it is.
    fn look(&mut self, values: &Values, id: usize) {
        let own = self.shapes[id].clone();
        let accesses: Vec<(Reader, &Access, Vec<usize>)> = match values.value(ValueId(id)) {
            Value::Entrywise(_, args) => args.iter().map(|a| (Reader::Entry, a, own.clone())).collect(),
            Value::Assembled(pieces, axis) => {
                let sizes =
                    |length: usize| own.iter().enumerate().map(|(k, n)| if k == *axis { length } else { *n }).collect();
                pieces.iter().map(|(a, [length, ..])| (Reader::Entry, a, sizes(*length))).collect()
            }
            Value::Fold { from, folded, .. } => vec![(Reader::Folded, from, [&own[..], folded].concat())],
            Value::Product { a, b, batch, m, n, k } if m.len() < 2 && n.len() < 2 && k.len() < 2 => {
                vec![(Reader::First, a, [&batch[..], m, k].concat()), (Reader::Second, b, [&batch[..], k, n].concat())]
            }
            _ => {
                self.moves[id] = Moves::No;
                values.operands(ValueId(id)).iter().for_each(|o| self.moves[o.0] = Moves::No);
                return;
            }
        };
        for (place, (reader, access, sizes)) in accesses.into_iter().enumerate() {
            let base = access.base.0;
            match Walk::of(access, &sizes, &self.shapes[base]) {
                Some(walk) => {
                    self.readers[base].push(id);
                    self.reads[id].push(Read { place, reader, sizes, walk });
                }
                None => self.moves[base] = Moves::No,
            }
        }
    }

    /// Strides of a value by its old axes.
    fn strides(&self, id: usize) -> Vec<usize> {
        self.strides_in(id, &self.orders[id])
    }

    /// The order of a product whose last two axes are exchanged.
    fn turned(&self, id: usize) -> Vec<usize> {
        let mut order = self.orders[id].clone();
        let rank = order.len();
        order.swap(rank - 2, rank - 1);
        order
    }

    /// The same where its axes lie in another order.
    fn strides_in(&self, id: usize, order: &[usize]) -> Vec<usize> {
        let shape = &self.shapes[id];
        let sizes: Vec<usize> = order.iter().map(|k| shape[*k]).collect();
        let mut strides = vec![0; shape.len()];
        order.iter().zip(row_major(&sizes)).for_each(|(k, s)| strides[*k] = s);
        strides
    }

    /// Entries that a value reads far from each other.
    fn cost(&self, id: usize) -> usize {
        // What is thought of on the way may be more than can be counted.
        let read = |sizes: &[usize]| sizes.iter().fold(1usize, |n, size| n.saturating_mul(*size));
        let innermost = |sizes: &[usize]| self.orders[id].iter().rev().copied().find(|k| sizes[*k] > 1);
        let mut total = 0usize;
        for Read { reader, sizes, walk, .. } in &self.reads[id] {
            let strides = self.strides(walk.base);
            let lies = |axis: usize| walk.stride(axis, &strides) <= 1;
            let last = sizes.len().saturating_sub(1);
            let is_near = match reader {
                // What doesn't lie as it is walked is brought row by row: short rows are as far as single entries.
                Reader::Entry => innermost(sizes).is_none_or(|axis| {
                    let run = self.run(id, sizes, |axis| walk.stride(axis, &strides));
                    total = total.saturating_add(if run == usize::MAX { 0 } else { read(sizes) / 16 });
                    lies(axis) && run >= self.short
                }),
                Reader::Folded => {
                    let kept = innermost(&sizes[..self.shapes[id].len()]);
                    kept.is_some_and(lies) || (self.shapes[id].len() < sizes.len() && lies(last))
                }
                Reader::First => true,
                // The second factor is copied where its rows don't lie entry behind entry.
                Reader::Second => {
                    // Rows of the result that are short fill no vectors.
                    let shape = &self.shapes[id];
                    let is_short = self.orders[id].last().is_some_and(|axis| (2..self.short).contains(&shape[*axis]));
                    total = total.saturating_add(if is_short { read(shape) } else { 0 });
                    sizes[last] <= 1 || lies(if self.is_turned(id) { last - 1 } else { last })
                }
            };
            total = total.saturating_add(if is_near { 0 } else { read(sizes) });
        }
        total
    }

    /// Entries that lie one behind the other, or are the same one, where a value reads them in its order; without end if all
    /// are.
    fn run(&self, id: usize, sizes: &[usize], stride: impl Fn(usize) -> usize) -> usize {
        let (mut run, mut next) = (1usize, None);
        for axis in self.orders[id].iter().rev().copied().filter(|axis| sizes[*axis] > 1) {
            let own = stride(axis);
            if own != next.unwrap_or(own.min(1)) {
                return run;
            }
            run = run.saturating_mul(sizes[axis]);
            next = Some(if own == 0 { 0 } else { run });
        }
        usize::MAX
    }

    fn is_turned(&self, id: usize) -> bool {
        self.moves[id] == Moves::Turned && !self.orders[id].is_sorted()
    }

    /// Values that can be moved, together where entrywise ones read each other, be it with other axes first: they are
    /// computed in one loop then.
    fn groups(&self, values: &Values) -> Vec<Group> {
        let mut home: Vec<usize> = (0..self.moves.len()).collect();
        let mut groups: Vec<Group> = vec![Vec::new(); home.len()];
        let moves =
            |id: usize| self.moves[id] == Moves::Any && matches!(values.value(ValueId(id)), Value::Entrywise(..));
        for id in (0..home.len()).filter(|id| self.moves[*id] != Moves::No) {
            groups[id].push((id, (0..self.shapes[id].len()).collect()));
            for read in self.reads[id].iter().filter(|r| moves(id) && moves(r.walk.base)) {
                let Some(axes) =
                    read.walk.axes().filter(|_| entries(&self.shapes[id]) == entries(&self.shapes[read.walk.base]))
                else {
                    continue;
                };
                let (from, to) = (home[id], home[read.walk.base]);
                if from == to {
                    continue;
                }
                let of = |group: &Group, id: usize| group.iter().find(|(m, _)| *m == id).map(|(_, own)| own.clone());
                let (Some(own), Some(base)) = (of(&groups[from], id), of(&groups[to], read.walk.base)) else {
                    continue;
                };
                // Its axis `a` is axis `axes[a]` of what it reads, and that is one of the other group's.
                let mut map = vec![0; own.len()];
                (0..own.len()).for_each(|a| map[own[a]] = base[axes[a]]);
                for (member, own) in std::mem::take(&mut groups[from]) {
                    home[member] = to;
                    groups[to].push((member, own.iter().map(|a| map[*a]).collect()));
                }
            }
        }
        groups.retain(|g| !g.is_empty());
        groups
    }

    /// Takes the order in which least is read from afar, by a group and by those who read it.
    fn improve(&mut self, group: &Group) {
        let members = || group.iter().map(|(id, _)| *id);
        let mut around: Vec<usize> = members().flat_map(|id| self.readers[id].clone()).chain(members()).collect();
        around.sort_unstable();
        around.dedup();
        // Products that are read, or that read, turn with it where that is less.
        let turns = |id: &usize| self.moves[*id] == Moves::Turned && !members().any(|own| own == *id);
        let reads = members().flat_map(|id| self.reads[id].iter().map(|r| r.walk.base));
        let mut products: Vec<usize> = around.iter().copied().chain(reads).filter(turns).collect();
        products.sort_unstable();
        products.dedup();
        around.extend(products.iter().flat_map(|id| self.readers[*id].iter().chain([id])));
        around.sort_unstable();
        around.dedup();
        let cost = |own: &Layout| around.iter().fold(0usize, |total, id| total.saturating_add(own.cost(*id)));
        let moved: Vec<usize> = members().chain(products.iter().copied()).collect();
        let now = |own: &Layout| moved.iter().map(|id| own.orders[*id].clone()).collect::<Vec<_>>();
        let before = now(self);
        let (mut least, mut best) = (cost(self), before.clone());
        for order in self.candidates(group) {
            moved.iter().zip(&before).for_each(|(id, order)| self.orders[*id].clone_from(order));
            self.set(group, &order);
            let mut found = cost(self);
            for product in &products {
                self.orders[*product] = self.turned(*product);
                let other = cost(self);
                if other < found {
                    found = other;
                } else {
                    self.orders[*product] = self.turned(*product);
                }
            }
            if found < least {
                (least, best) = (found, now(self));
            }
        }
        moved.iter().zip(best).for_each(|(id, order)| self.orders[*id] = order);
    }

    /// Puts the axes of all members into an order of the group's axes.
    fn set(&mut self, group: &Group, order: &[usize]) {
        for (id, axes) in group {
            self.orders[*id] = order.iter().filter_map(|axis| axes.iter().position(|own| own == axis)).collect();
        }
    }

    /// Orders in which a group would read an argument, or be read, as that lies.
    fn candidates(&self, group: &Group) -> Vec<Vec<usize>> {
        let Some((single, first)) = group.first() else { return Vec::new() };
        let rank = first.len();
        if self.moves[*single] == Moves::Turned {
            let mut turned = first.clone();
            turned.swap(rank - 2, rank - 1);
            return vec![first.clone(), turned];
        }
        let mut all = Vec::new();
        for (id, axes) in group {
            let mut add = |order: Vec<usize>| all.push(order.into_iter().map(|k| axes[k]).collect::<Vec<usize>>());
            let natural: Vec<usize> = (0..rank).collect();
            add(natural.clone());
            for read in &self.reads[*id] {
                let base = read.walk.base;
                let mut found = vec![self.strides(base)];
                if self.moves[base] == Moves::Turned {
                    found.push(self.strides_in(base, &self.turned(base)));
                }
                for strides in found {
                    let mut order = natural.clone();
                    order.sort_by_key(|k| std::cmp::Reverse(read.walk.stride(*k, &strides)));
                    add(order);
                }
            }
            for reader in &self.readers[*id] {
                for read in self.reads[*reader].iter().filter(|r| r.walk.base == *id && r.reader == Reader::Entry) {
                    // When each axis is walked: the later, the nearer.
                    let when = |k: &usize| self.orders[*reader].iter().position(|axis| read.walk.steps[*axis][*k] > 0);
                    let mut order = natural.clone();
                    order.sort_by_key(when);
                    add(order);
                }
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Brings a value to its order, and what it reads to theirs.
    fn apply(&self, values: &mut Values, id: usize, changed: &[bool]) {
        let (order, turned) = (&self.orders[id], self.is_turned(id));
        if !changed[id] && !self.reads[id].iter().any(|r| changed[r.walk.base]) {
            return;
        }
        let mut places = 0..;
        let mut moved = |access: &mut Access, axes: &[usize]| {
            let place = places.next();
            let Some(Read { walk, .. }) = self.reads[id].iter().find(|r| Some(r.place) == place) else {
                // What is not read axis by axis lies as it lay, but is walked in another order.
                access.strides = axes.iter().map(|axis| access.strides[*axis]).collect();
                return;
            };
            let strides = self.strides(walk.base);
            access.offset = walk.first.iter().zip(&strides).map(|(c, s)| c * s).sum();
            access.strides = axes.iter().map(|axis| walk.stride(*axis, &strides)).collect();
        };
        let (value, shape) = &mut values.all[id];
        match value {
            Value::Entrywise(_, args) => args.iter_mut().for_each(|a| moved(a, order)),
            Value::Assembled(pieces, axis) => {
                pieces.iter_mut().for_each(|(a, _)| moved(a, order));
                *axis = order.iter().position(|k| k == axis).unwrap_or(*axis);
            }
            Value::Fold { from, folded, .. } => {
                let axes: Vec<usize> = order.iter().copied().chain(order.len()..order.len() + folded.len()).collect();
                moved(from, &axes);
            }
            Value::Product { a, b, batch, m, n, k } => {
                let axes = |own: usize| (0..batch.len() + own).collect::<Vec<usize>>();
                let (of_a, of_b) = (axes(m.len() + k.len()), axes(k.len() + n.len()));
                moved(a, &of_a);
                moved(b, &of_b);
                if turned {
                    let exchange = |access: &mut Access| {
                        let last = access.strides.len() - 1;
                        access.strides.swap(last - 1, last);
                    };
                    exchange(a);
                    exchange(b);
                    std::mem::swap(a, b);
                    std::mem::swap(m, n);
                }
            }
            _ => return,
        }
        *shape = order.iter().map(|axis| self.shapes[id][*axis]).collect();
    }
}
