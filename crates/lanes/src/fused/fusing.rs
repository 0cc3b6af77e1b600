//! Fusing: operands get their places, and what is brought together is held for as long as it is read.

use std::collections::HashMap;

use super::{At, Entries, Fused, KNOWN, Part, SCRATCH, Step, Touched, Walk};
use crate::element::Element;
use crate::fold::Fold;
use crate::loops::{Loop, Op, STRETCH, Source, Way};
use crate::memory::{Place, apart, reach};
use crate::product::Product;

/// Entries of a slice that are touched from the first one to the last, where they are brought into scratch memory.
const HOME: usize = 1024;

/// An array that was brought together: where it lies in scratch memory.
#[derive(Clone, Debug)]
struct Known {
    from: Place,
    axes: Vec<(usize, usize)>,
    entries: usize,
    at: At,
    /// Has what it was brought from been written since?
    is_old: bool,
}

/// The last part that reads what is brought together from somewhere.
pub(super) type Last = HashMap<(Place, Vec<(usize, usize)>), usize>;

/// Kernels that are being fused.
pub(super) struct Fusing<T> {
    pub(super) fused: Fused<T>,
    arena: Option<u32>,
    /// What was brought together and is still so.
    brought: Vec<Known>,
    /// The last part that reads what is brought together.
    pub(super) last: Last,
    /// Is that all of them, or nothing to wait for?
    pub(super) is_known: bool,
    part: usize,
    /// What is taken of scratch memory: from where, how much.
    taken: Vec<(usize, usize)>,
}

impl<T: Element> Fusing<T> {
    pub(super) fn new(touched: Vec<Touched>, arena: Option<u32>, is_spare: bool) -> Fusing<T> {
        let none = |_: u32, _: [T; 3]| T::ZERO;
        let fused = Fused { steps: Vec::new(), known: Vec::new(), touched, scratch: 0, call: none };
        let mut own = Fusing {
            fused,
            arena,
            brought: Vec::new(),
            last: HashMap::new(),
            is_known: is_spare,
            part: 0,
            taken: Vec::new(),
        };
        for k in 0..own.fused.touched.len() {
            let Touched { span, entries, in_stretches, .. } = own.fused.touched[k].clone();
            if Some(span) != arena && in_stretches && entries.len() <= HOME && !is_spare {
                own.fused.touched[k].home = Some(own.take(entries.len()));
            } else if Some(span) == arena {
                // Whole stretches are.
                let end = entries.end.next_multiple_of(STRETCH);
                own.fused.touched[k].entries = entries.start / STRETCH * STRETCH..end;
            }
        }
        own
    }

    pub(super) fn all(&mut self, parts: Vec<Part<T>>) {
        for (k, part) in parts.into_iter().enumerate() {
            self.part = k;
            match part {
                Part::Loop(body) => self.body(body),
                Part::Product(product) => self.product(product),
                Part::Fold(fold) => self.fold(fold),
            }
            let (last, is_known) = (std::mem::take(&mut self.last), self.is_known);
            let is_last = |known: &Known| last.get(&(known.from, known.axes.clone())).is_none_or(|last| *last <= k);
            self.forget(|known| known.is_old || (is_known && is_last(known)));
            self.last = last;
        }
    }

    /// Gives back the room of what was brought together.
    fn forget(&mut self, is_done: impl Fn(&Known) -> bool) {
        let taken = &mut self.taken;
        self.brought.retain(|known| {
            let is_done = is_done(known);
            if is_done {
                taken.retain(|(start, _)| *start != known.at.entry());
            }
            !is_done
        });
    }

    /// Room for so many entries in whole stretches, where the first is.
    fn take(&mut self, entries: usize) -> usize {
        let length = entries.next_multiple_of(STRETCH).max(STRETCH);
        self.taken.sort_unstable();
        let mut start = 0;
        for (own, taken) in &self.taken {
            if start + length <= *own {
                break;
            }
            start = own + taken;
        }
        self.taken.push((start, length));
        self.fused.scratch = self.fused.scratch.max(start + length);
        start
    }

    fn give_back(&mut self, start: usize) {
        self.taken.retain(|(own, _)| *own != start);
    }

    /// Where an entry is.
    fn at(&self, place: Place) -> At {
        let k = self.fused.touched.iter().position(|t| t.span == place.span);
        // What has no entries touches nothing.
        let Some(k) = k else { return KNOWN };
        let touched = &self.fused.touched[k];
        match touched.home {
            Some(home) => SCRATCH.plus(home + place.at - touched.entries.start.min(place.at)),
            None => At::first((k + 2) as u8).plus(place.at),
        }
    }

    fn home(&self, place: Place) -> Option<&Touched> {
        self.fused.touched.iter().find(|t| t.span == place.span && t.home.is_some())
    }

    fn is_in_arena(&self, place: Place) -> bool {
        Some(place.span) == self.arena && place.at.is_multiple_of(STRETCH)
    }

    /// An array whose entries lie one behind the other, in whole stretches.
    fn read(&mut self, place: Place, entries: usize) -> At {
        let is_home = self.home(place).is_some_and(|t| (place.at - t.entries.start).is_multiple_of(STRETCH));
        match self.is_in_arena(place) || is_home || entries.is_multiple_of(STRETCH) {
            true => self.at(place),
            false => self.bring(place, &[(entries, 1)]),
        }
    }

    /// Where whole stretches may be written, if there is such a place for all of an array.
    fn write(&mut self, place: Place, entries: usize) -> Option<At> {
        // What this part itself has brought together is read in it yet.
        for known in &mut self.brought {
            known.is_old |= !apart(known.from, known.entries, place, entries);
        }
        let is_all = |t: &Touched| t.entries == (place.at..place.at + entries);
        let is_home = self.home(place).is_some_and(is_all);
        (self.is_in_arena(place) || is_home || entries.is_multiple_of(STRETCH)).then(|| self.at(place))
    }

    /// A number as a stretch of it.
    fn number(&mut self, x: T) -> At {
        let same = |part: &[T]| part.iter().all(|y| y.to_f64().to_bits() == x.to_f64().to_bits());
        let known = self.fused.known.chunks(STRETCH).position(same);
        let k = known.unwrap_or(self.fused.known.len() / STRETCH);
        if known.is_none() {
            self.fused.known.extend([x; STRETCH]);
        }
        KNOWN.plus(k * STRETCH)
    }

    /// Positions along an axis.
    fn positions(&mut self, sizes: &[usize], axis: usize) -> At {
        let at = KNOWN.plus(self.fused.known.len());
        let total: usize = sizes.iter().product();
        let within: usize = sizes[axis + 1..].iter().product();
        let all = (0..total.next_multiple_of(STRETCH)).map(|k| T::from_f64((k / within % sizes[axis]) as f64));
        self.fused.known.extend(all);
        at
    }

    /// Entries along axes, entry behind entry.
    fn bring(&mut self, from: Place, axes: &[(usize, usize)]) -> At {
        let last = self.last.entry((from, axes.to_vec())).or_default();
        *last = self.part.max(*last);
        let same = |known: &&Known| !known.is_old && known.from == from && known.axes == axes;
        if let Some(known) = self.brought.iter().find(same) {
            return known.at;
        }
        let (entries, total) = (reach(axes.iter().copied()), axes.iter().map(|(size, _)| size).product::<usize>());
        // The last stretch of a row ends behind it.
        let ends_behind = matches!(axes, [(2.., _), (n, 0 | 1)] if !n.is_multiple_of(STRETCH));
        let room = if ends_behind { total + STRETCH } else { total };
        let (source, to) = (self.at(from), SCRATCH.plus(self.take(room)));
        self.fused.steps.push(match *axes {
            [(width @ 2..=4, 1), (rows, stride)] if stride == width => Step::Columns(source, to, width, rows),
            [outer, inner] => Step::Walk(Walk { from: source, to, outer, inner }),
            [inner] => Step::Walk(Walk { from: source, to, outer: (1, 0), inner }),
            _ => {
                let axes = axes.iter().copied().unzip();
                Step::Gather(Box::new(axes), source, to, total)
            }
        });
        self.brought.push(Known { from, axes: axes.to_vec(), entries, at: to, is_old: false });
        to
    }

    fn body(&mut self, mut body: Loop<T>) {
        body.collapse();
        body.check();
        let total = body.positions();
        if total == 0 {
            return;
        }
        let ways: Vec<Way> = body.sources.iter().map(|s| body.way(s)).collect();
        body.check_apart(&body.reaches(None), None);
        body.specialise(&ways);
        self.fused.call = body.call;
        // One number beside arrays is a stretch of it where an operation reads it as an array.
        let mut stretched = vec![false; body.registers];
        for step in &body.tape {
            let args = step.args[..step.op.arity()].iter().enumerate();
            args.filter(|(k, _)| !step.op.numbers().contains(k)).for_each(|(_, a)| stretched[usize::from(*a)] = true);
        }
        body.stores.iter().for_each(|(r, _)| stretched[usize::from(*r)] = true);
        let sources = body.sources.len();
        let mut direct: Vec<Option<Operand>> = vec![None; body.registers];
        let (mut late, mut kept) = (Vec::new(), Vec::new());
        for (k, (register, place)) in body.stores.iter().enumerate() {
            let own = usize::from(*register);
            let to = self.write(*place, total);
            match to.map(|at| Operand { at, kind: Held::Array }) {
                // The array is written where the tape writes the register; it is the register from then on.
                Some(to) if own >= sources && body.is_direct(k) => direct[own] = Some(to),
                Some(to) => late.push((own, to)),
                None => kept.push((own, self.at(*place))),
            }
        }
        let ends = ends(&body);
        let mut registers: Vec<Option<Operand>> = vec![None; body.registers];
        let mut rooms: Vec<Option<usize>> = vec![None; body.registers];
        for (step, ends) in body.tape.iter().zip(&ends) {
            let mut args = Vec::with_capacity(step.op.arity());
            for a in step.args[..step.op.arity()].iter().map(|a| usize::from(*a)) {
                let known = registers[a];
                let operand = known.unwrap_or_else(|| self.source(&body, &ways, a, stretched[a]));
                registers[a] = Some(operand);
                args.push(operand);
            }
            // The result lies where an argument lay that is read no more.
            let mut free: Vec<usize> = Vec::new();
            for end in ends {
                free.extend(rooms[*end].take());
                free.extend(registers[*end].filter(|_| *end < sources).and_then(|own| self.given_up(own)));
            }
            let own = usize::from(step.to);
            let to = direct[own].unwrap_or_else(|| {
                let start = free.pop().unwrap_or_else(|| self.take(total));
                rooms[own] = Some(start);
                Operand { at: SCRATCH.plus(start), kind: Held::Array }
            });
            registers[own] = Some(to);
            self.entries(step.op, to, &args, total);
            free.into_iter().for_each(|start| self.give_back(start));
        }
        for (own, to) in late {
            let from = registers[own].unwrap_or_else(|| self.source(&body, &ways, own, true));
            self.entries(Op::Copy, to, &[from], total);
        }
        for (own, to) in kept {
            let mut from = registers[own].unwrap_or_else(|| self.source(&body, &ways, own, true));
            if from.kind == Held::Number {
                let start = self.take(total);
                let whole = Operand { at: SCRATCH.plus(start), kind: Held::Array };
                self.entries(Op::Copy, whole, &[from], total);
                self.give_back(start);
                from = whole;
            }
            self.fused.steps.push(Step::Keep(from.at, to, total));
        }
        rooms.into_iter().flatten().for_each(|start| self.give_back(start));
        // What was brought together after the first of these writes was noted.
        for (_, place) in &body.stores {
            self.write(*place, total);
        }
    }

    /// What a loop reads.
    fn source(&mut self, body: &Loop<T>, ways: &[Way], k: usize, is_stretched: bool) -> Operand {
        let total = body.positions();
        let (at, kind) = match (&body.sources[k], ways[k]) {
            (Source::Constant(c), _) => (self.number(*c), Held::Number),
            (Source::Position(axis), _) => (self.positions(&body.sizes, *axis), Held::Array),
            (Source::Array { from, .. }, Way::Single) if total > 1 && is_stretched => {
                (self.bring(*from, &[(STRETCH, 0)]), Held::Number)
            }
            (Source::Array { from, .. }, Way::Single) if total > 1 => (self.at(*from), Held::Number),
            (Source::Array { from, .. }, Way::Single | Way::Whole) => (self.read(*from, total), Held::Array),
            (Source::Array { from, strides }, _) => {
                let sizes = body.sizes.iter().copied();
                (self.bring(*from, &sizes.zip(strides.iter().copied()).collect::<Vec<_>>()), Held::Array)
            }
        };
        Operand { at, kind }
    }

    /// The room of an array that was brought together, if no other part reads it: it is another's from then on.
    fn given_up(&mut self, own: Operand) -> Option<usize> {
        let is_last = |known: &Known| {
            let last = self.last.get(&(known.from, known.axes.clone()));
            self.is_known && (known.is_old || last.is_some_and(|last| *last <= self.part))
        };
        let is_it = |known: &Known| own.kind == Held::Array && known.at == own.at && is_last(known);
        let k = self.brought.iter().position(is_it)?;
        Some(self.brought.swap_remove(k).at.entry())
    }

    fn entries(&mut self, op: Op, to: Operand, args: &[Operand], total: usize) {
        let step = |a: &Operand| if a.kind == Held::Array { STRETCH as u8 } else { 0 };
        let args = std::array::from_fn(|k| args.get(k).map_or((KNOWN, 0), |a| (a.at, step(a))));
        let stretches = total.div_ceil(STRETCH) as u16;
        self.fused.steps.push(Step::Entries(Entries { op, count: total as u16, stretches, to: to.at, args }));
    }

    fn product(&mut self, mut own: Product) {
        own.check();
        own = own.turned().unwrap_or(own);
        if own.products() == 0 {
            return;
        }
        let is_plain = own.batch.is_empty() && own.over.0 == 1;
        let few = own.m * own.n <= STRETCH && own.k >= STRETCH && own.n < STRETCH;
        let (mut places, mut dots) = ([None; 2], own.is_dot());
        if is_plain && !dots && few {
            // Few results of many terms: as products of rows.
            if own.a.1[1] != 1 {
                places[0] = Some(self.bring(own.a.0, &[(own.m, own.a.1[0]), (own.k, own.a.1[1])]));
                own.a.1 = [own.k, 1];
            }
            if own.b.1[0] != 1 {
                places[1] = Some(self.bring(own.b.0, &[(own.n, own.b.1[1]), (own.k, own.b.1[0])]));
                own.b.1 = [1, own.k];
            }
            dots = true;
        } else if is_plain && own.copies_b() {
            places[1] = Some(self.bring(own.b.0, &[(own.k, own.b.1[0]), (own.n, own.b.1[1])]));
            own.b.1 = [own.n, 1];
        }
        let [_, _, c] = own.reaches();
        self.write(own.c, c);
        let from = places[0].unwrap_or_else(|| self.at(own.a.0));
        let with = places[1].unwrap_or_else(|| self.at(own.b.0));
        let to = self.at(own.c);
        if is_plain {
            self.fused.steps.push(Step::Product(Box::new(own), dots, [from, with, to]));
            return;
        }
        let room = self.take(own.scratch());
        self.give_back(room);
        self.fused.steps.push(Step::Products(Box::new(own), [from, with, to, SCRATCH.plus(room)]));
    }

    fn fold(&mut self, mut fold: Fold) {
        fold.collapse();
        assert!(fold.is_apart(), "a reduction writes what it reads");
        self.write(fold.to, fold.entries().1);
        let (from, to) = (self.at(fold.from), self.at(fold.to));
        let rows = match (&fold.kept[..], &fold.folded[..]) {
            ([], &[(n, 1)]) => Some([n, 1, 0]),
            (&[(count, step)], &[(n, 1)]) => Some([n, count, step]),
            _ => None,
        };
        self.fused.steps.push(match rows.filter(|[n, ..]| *n > 0) {
            Some(rows) => Step::Rows(fold.kind, from, to, rows),
            None => Step::Fold(Box::new(fold), from, to),
        });
    }
}

/// What a register of a loop is.
#[derive(Clone, Copy, Debug)]
struct Operand {
    at: At,
    kind: Held,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Held {
    Array,
    /// One number: a stretch of it, or alone where no operation reads it as an array.
    Number,
}

/// The registers that are read for the last time by each instruction of a loop, as far as they are not kept.
fn ends<T>(body: &Loop<T>) -> Vec<Vec<usize>> {
    let mut live = vec![false; body.registers];
    body.stores.iter().for_each(|(r, _)| live[usize::from(*r)] = true);
    let mut ends = Vec::with_capacity(body.tape.len());
    for step in body.tape.iter().rev() {
        live[usize::from(step.to)] = false;
        let mut own = Vec::new();
        for a in step.args[..step.op.arity()].iter().map(|a| usize::from(*a)) {
            if !std::mem::replace(&mut live[a], true) {
                own.push(a);
            }
        }
        ends.push(own);
    }
    ends.reverse();
    ends
}
