//! Is a plan one that can run? What a text says of sizes, places and positions is looked at here, so that nobody who runs it
//! touches what isn't there, reads what nobody has written, or writes where it reads.

use std::collections::HashSet;

use wrt_core::{Dimension, Graph, Operation};

use crate::access::is_whole;
use crate::program::{
    AssembleStep, Buffer, BufferId, CallStep, FoldStep, Instruction, Lanes, Op, PickStep, PickWay, ProductStep,
    Program, ScanStep, Source, Step, View,
};
use crate::stages::is_stage;

/// The most entries of one array.
pub(crate) const MAX_ENTRIES: usize = 1 << 31;

/// The most registers of a loop: as many as a kernel has.
pub const MAX_REGISTERS: usize = 96;

/// Why a plan can't run.
type Fault = Result<(), String>;

/// Looks at all of a plan, whose arrays have these names.
pub(crate) fn verify(program: &Program, names: &[String]) -> Fault {
    let own = Verifier { program, names };
    own.arrays()?;
    own.recomputed()?;
    let mut of_stages: HashSet<BufferId> = HashSet::new();
    for step in &program.steps {
        own.buffers_exist(step)?;
        own.step(step)?;
        own.locals(step, &mut of_stages)?;
        own.apart(step)?;
        for part in step.parts() {
            own.apart(part)?;
        }
    }
    match missing(program) {
        Some((b, true)) => Err(format!("`{}` is read before it is written", names[b])),
        Some((b, false)) => Err(format!("`{}` is never written", names[b])),
        None => Ok(()),
    }
}

/// An array that a step reads before it is written, or a result that is not written at all.
pub(crate) fn missing(program: &Program) -> Option<(BufferId, bool)> {
    let is_given = |b: &BufferId| matches!(program.buffers[*b], Buffer::Input(_));
    let mut there: HashSet<BufferId> = (0..program.buffers.len()).filter(is_given).collect();
    for part in program.steps.iter().flat_map(Step::parts) {
        if let Some(b) = part.reads().into_iter().find(|b| !there.contains(b)) {
            return Some((b, true));
        }
        there.extend(part.writes());
    }
    program.results.iter().find(|r| !there.contains(&r.buffer)).map(|r| (r.buffer, false))
}

struct Verifier<'p> {
    program: &'p Program,
    names: &'p [String],
}

/// How many entries axes of these sizes have.
fn product(sizes: &[usize]) -> Result<usize, String> {
    let all = sizes.iter().try_fold(1usize, |n, size| n.checked_mul(*size));
    all.filter(|n| *n <= MAX_ENTRIES).ok_or_else(|| format!("axes of the sizes {sizes:?} have too many entries"))
}

impl Verifier<'_> {
    fn name(&self, buffer: BufferId) -> &str {
        &self.names[buffer]
    }

    fn entries(&self, buffer: BufferId) -> usize {
        self.program.entries[buffer]
    }

    /// All arrays lie where there is room, and each result has one of its own.
    fn arrays(&self) -> Fault {
        let Program { buffers, entries, inputs, results, arena, .. } = self.program;
        for (b, (buffer, n)) in buffers.iter().zip(entries).enumerate() {
            if *n > MAX_ENTRIES {
                return Err(format!("`{}` has more than {MAX_ENTRIES} entries", self.name(b)));
            }
            let is_inside = match buffer {
                Buffer::Temporary { at } => at.checked_add(*n).is_some_and(|end| end <= *arena),
                Buffer::Input(_) | Buffer::Result(_) => !buffers[..b].contains(buffer),
                Buffer::Local => true,
            };
            if !is_inside {
                return Err(format!("there is no room for `{}`", self.name(b)));
            }
        }
        // Each array takes whole lines.
        let room = entries.iter().map(|n| n.next_multiple_of(16).max(16)).fold(0usize, usize::saturating_add);
        if *arena > room {
            return Err(format!("there is room for {arena} numbers between, and at most {room} are needed"));
        }
        for (id, shape) in inputs {
            let of_input = buffers.iter().position(|b| *b == Buffer::Input(*id));
            if of_input.is_none_or(|b| product(shape) != Ok(entries[b])) {
                return Err(format!("an input of the shape {shape:?} has no array of as many entries"));
            }
        }
        for (k, result) in results.iter().enumerate() {
            let own = buffers.get(result.buffer);
            let is_kept = match own {
                Some(Buffer::Result(own)) => *own == k,
                Some(Buffer::Input(_)) => results[..k].iter().all(|r| r.buffer != result.buffer),
                Some(Buffer::Temporary { .. } | Buffer::Local) | None => false,
            };
            if !is_kept || product(&result.shape) != Ok(entries[result.buffer]) {
                return Err(format!("result {k} of the shape {:?} has no array of its own", result.shape));
            }
        }
        Ok(())
    }

    /// What is computed again is an array between, as is what it holds, each once.
    fn recomputed(&self) -> Fault {
        let arrays = self.program.recomputed.iter().flat_map(|r| &r.arrays);
        let mut known: HashSet<BufferId> = HashSet::new();
        for (again, first) in arrays {
            let is_between =
                |b: &BufferId| matches!(self.program.buffers[*b], Buffer::Temporary { .. } | Buffer::Local);
            let is_other = again != first && self.entries(*again) == self.entries(*first);
            if !is_other || ![again, first].into_iter().all(is_between) || !known.insert(*again) {
                let (again, first) = (self.name(*again), self.name(*first));
                return Err(format!("`{again}` can't be what `{first}` is, computed again"));
            }
        }
        Ok(())
    }

    /// What is there block by block is a stage's own.
    fn locals(&self, step: &Step, of_stages: &mut HashSet<BufferId>) -> Fault {
        let touched = step.reads().into_iter().chain(step.writes());
        let own: HashSet<BufferId> = touched.filter(|b| self.program.buffers[*b] == Buffer::Local).collect();
        let first = own.iter().copied().filter(|b| !matches!(step, Step::Stage(_)) || of_stages.contains(b)).min();
        of_stages.extend(own);
        match first {
            Some(b) => Err(format!("`{}` is there block by block, and not only in one stage", self.name(b))),
            None => Ok(()),
        }
    }

    fn buffers_exist(&self, step: &Step) -> Fault {
        let all = self.program.buffers.len();
        let mut touched = step.reads().into_iter().chain(step.writes());
        if touched.any(|b| b >= all) { Err("a step touches an array that is none".into()) } else { Ok(()) }
    }

    /// What a step writes lies apart from all else that it touches.
    fn apart(&self, step: &Step) -> Fault {
        let (reads, writes) = (step.reads(), step.writes());
        let place = |b: BufferId| match self.program.buffers[b] {
            Buffer::Temporary { at } => Some((at, at + self.entries(b))),
            _ => None,
        };
        for (k, w) in writes.iter().enumerate() {
            let is_replaced = self.program.results.iter().any(|r| r.buffer == *w);
            if matches!(self.program.buffers[*w], Buffer::Input(_)) && !is_replaced {
                return Err(format!("`{}` is written, and nobody said that it is replaced", self.name(*w)));
            }
            let twice = writes[..k].contains(w) && !matches!(step, Step::Stage(_));
            let is_read = reads.contains(w) && !matches!(step, Step::Lanes(_) | Step::Stage(_));
            if twice || is_read {
                return Err(format!("`{}` is written by a step that touches it elsewhere", self.name(*w)));
            }
            for other in reads.iter().chain(&writes).filter(|o| *o != w) {
                if let (Some((a, a_end)), Some((b, b_end))) = (place(*w), place(*other))
                    && a < b_end
                    && b < a_end
                {
                    return Err(format!("`{}` lies where `{}` is still needed", self.name(*w), self.name(*other)));
                }
            }
        }
        Ok(())
    }

    fn inside(&self, view: &View, sizes: &[usize]) -> Fault {
        let outside = || Err(format!("`{}` has not so many entries as are read or written", self.name(view.buffer)));
        if view.strides.len() != sizes.len() {
            return outside();
        }
        if sizes.contains(&0) {
            return Ok(());
        }
        let last = sizes.iter().zip(&view.strides).try_fold(view.offset, |at, (size, stride)| {
            (size - 1).checked_mul(*stride).and_then(|n| at.checked_add(n))
        });
        if last.is_some_and(|last| last < self.entries(view.buffer)) { Ok(()) } else { outside() }
    }

    fn whole(&self, buffer: BufferId, sizes: &[usize]) -> Fault {
        let n = product(sizes)?;
        if n == self.entries(buffer) {
            return Ok(());
        }
        Err(format!("`{}` has {} entries, and {n} are written or read", self.name(buffer), self.entries(buffer)))
    }

    fn step(&self, step: &Step) -> Fault {
        match step {
            Step::Lanes(l) => self.lanes(l),
            Step::Product(p) => self.product(p),
            Step::Fold(f) => self.fold(f),
            Step::Pick(p) => self.pick(p),
            Step::Assemble(a) => self.assemble(a),
            Step::Call(c) => self.call(c),
            Step::Scan(s) => self.scan(s),
            Step::Stage(stage) => {
                stage.steps.iter().try_for_each(|(step, _)| self.step(step))?;
                match is_stage(stage, &self.program.entries, &self.program.buffers) {
                    true => Ok(()),
                    false => Err(format!("the steps of a stage of {} rows can't be done by rows", stage.rows)),
                }
            }
        }
    }

    fn lanes(&self, l: &Lanes) -> Fault {
        product(&l.sizes)?;
        if l.registers > MAX_REGISTERS || l.sources.len() > l.registers || l.stores.is_empty() {
            return Err(format!("a loop has {} registers, and at most {MAX_REGISTERS}", l.registers));
        }
        for source in &l.sources {
            match source {
                Source::Array(view) => {
                    self.inside(view, &l.sizes)?;
                    let written = l.stores.iter().any(|(_, b)| *b == view.buffer);
                    if written && !(view.offset == 0 && is_whole(&view.strides, &l.sizes)) {
                        return Err(format!("a loop writes `{}` where it reads it elsewhere", self.name(view.buffer)));
                    }
                }
                Source::Position(axis) if *axis >= l.sizes.len() => return Err("a loop lacks an axis".into()),
                Source::Position(_) | Source::Constant(_) => {}
            }
        }
        let mut known: HashSet<u16> = (0..l.sources.len() as u16).collect();
        for step in &l.tape {
            let is_register = usize::from(step.to) >= l.sources.len() && usize::from(step.to) < l.registers;
            if !is_register || step.args.contains(&step.to) || !step.args.iter().all(|a| known.contains(a)) {
                return Err("an instruction of a loop reads or writes no register of its own".into());
            }
            self.instruction(step, l)?;
            known.insert(step.to);
        }
        for (register, b) in &l.stores {
            if !known.contains(register) {
                return Err(format!("what goes to `{}` is not computed", self.name(*b)));
            }
            self.whole(*b, &l.sizes)?;
        }
        Ok(())
    }

    fn instruction(&self, step: &Instruction, l: &Lanes) -> Fault {
        let (arity, numbers): (usize, &[usize]) = match step.op {
            Op::Copy | Op::Neg | Op::Flush => (1, &[]),
            Op::Add | Op::Sub | Op::Mul | Op::Div => (2, &[]),
            Op::MulAdd | Op::DivRoot => (3, &[]),
            Op::Blend { .. } => (4, &[0, 2]),
            Op::MinusDivRoot => (5, &[1, 4]),
            Op::Primitive(p) => (p.arity(), &[]),
        };
        if step.args.len() != arity {
            return Err(format!("{:?} takes {arity} arguments, found {}", step.op, step.args.len()));
        }
        let is_number = |k: &usize| l.sources.get(usize::from(step.args[*k])).is_some_and(|s| s.is_number(&l.sizes));
        if numbers.iter().all(is_number) { Ok(()) } else { Err(format!("{:?} is of numbers in some places", step.op)) }
    }

    fn product(&self, p: &ProductStep) -> Fault {
        let ProductStep { m, n, k, .. } = *p;
        if p.over.len() > 1 {
            return Err(format!("{} further axes are summed over, and at most one is", p.over.len()));
        }
        for inner in [[m, k], [k, n], [m, n]] {
            product(&[&inner[..], &p.batch, &p.over].concat())?;
        }
        self.inside(&p.a, &[&[m, k], &p.batch[..], &p.over].concat())?;
        self.inside(&p.b, &[&[k, n], &p.batch[..], &p.over].concat())?;
        self.inside(&p.c, &[&[m, n], &p.batch[..]].concat())?;
        if !p.over.is_empty() && n > 1 && p.b.strides[1] != 1 {
            return Err(format!("the rows of `{}` are to be entry behind entry", self.name(p.b.buffer)));
        }
        let rows_lie = (n < 2 || p.c.strides[1] == 1) && (m < 2 || p.c.strides[0] >= n);
        if rows_lie {
            Ok(())
        } else {
            Err(format!("the rows of `{}` don't lie one behind the other", self.name(p.c.buffer)))
        }
    }

    fn fold(&self, f: &FoldStep) -> Fault {
        let sizes = [&f.kept[..], &f.folded].concat();
        product(&sizes)?;
        self.inside(&f.from, &sizes)?;
        self.whole(f.to, &f.kept)
    }

    fn pick(&self, p: &PickStep) -> Fault {
        if p.labels.1 > self.entries(p.labels.0) {
            return Err(format!("`{}` has fewer than {} labels", self.name(p.labels.0), p.labels.1));
        }
        if p.way == PickWay::Check {
            return Ok(());
        }
        if p.labels.1 == 0 && p.blocks > 0 {
            return Err("blocks are picked at no labels".into());
        }
        self.whole(p.array, &[p.blocks.div_ceil(p.each.max(1)), p.positions, p.inner])?;
        self.whole(p.picked, &[p.blocks, p.inner])
    }

    fn assemble(&self, a: &AssembleStep) -> Fault {
        self.whole(a.to, &a.sizes)?;
        let n = a.sizes.get(a.axis).copied().unwrap_or(1);
        for piece in &a.pieces {
            let sizes = a.sizes_of(piece);
            product(&sizes)?;
            self.inside(&piece.from, &sizes)?;
            if piece.length == 0 && piece.from.offset >= self.entries(piece.from.buffer) {
                return Err(format!(
                    "a piece of `{}` is read outside of `{}`",
                    self.name(a.to),
                    self.name(piece.from.buffer)
                ));
            }
            let end = (piece.length.saturating_sub(1)).checked_mul(piece.step).and_then(|e| e.checked_add(piece.start));
            if piece.step == 0 || (piece.length > 0 && end.is_none_or(|end| end >= n)) {
                return Err(format!("a piece of `{}` ends outside of it", self.name(a.to)));
            }
        }
        Ok(())
    }

    fn call(&self, c: &CallStep) -> Fault {
        c.args.iter().try_for_each(|(b, shape)| self.whole(*b, shape))?;
        self.whole(c.to, &c.shape)?;
        let mut graph = Graph::new();
        let mut dims =
            |shape: &[usize]| -> Vec<_> { shape.iter().map(|n| graph.dim(Dimension::size(*n as u64))).collect() };
        let (args, wanted): (Vec<_>, _) = (c.args.iter().map(|(_, shape)| dims(shape)).collect(), dims(&c.shape));
        let name = c.operation.name();
        let samples = Operation::rows().into_iter().find(|row| row.name == name).map(|row| row.samples);
        let counts: Vec<usize> = samples.iter().flat_map(|s| s.iter()).map(|s| s.arguments.len()).collect();
        if !counts.contains(&args.len()) {
            return Err(format!("{name} takes another number of arguments than {}", args.len()));
        }
        match c.operation.shape(&mut graph, &args) {
            Ok(found) if found == wanted => Ok(()),
            Ok(_) => Err(format!("{name} of these arguments has another shape than {:?}", c.shape)),
            Err(why) => Err(format!("{name}: {why}")),
        }
    }

    fn scan(&self, s: &ScanStep) -> Fault {
        let fault = |what: &str| Err(format!("the scan to `{}`: {what}", self.name(s.to)));
        let whole = |all: &[(BufferId, usize)], times: usize| {
            all.iter().all(|(b, n)| n.checked_mul(times) == Some(self.entries(*b)))
        };
        if !whole(&s.states, 1) || !whole(&s.captures, 1) || !whole(&s.slices, s.length) {
            return fault("its arrays have other numbers of entries");
        }
        let each: Vec<usize> = s.states.iter().chain(&s.slices).chain(&s.captures).map(|(_, n)| *n).collect();
        let own = &s.program;
        if s.inputs.len() != each.len() || own.results.len() != s.states.len() + s.stacked.len() {
            return fault("its step has other inputs or results");
        }
        for (id, shape) in &own.inputs {
            let place = s.inputs.iter().position(|x| x == id);
            if place.is_none_or(|k| product(shape) != Ok(each[k])) {
                return fault("its step reads arrays of other shapes");
            }
        }
        let results = s.states.iter().map(|(_, n)| n).chain(&s.stacked);
        let same = |(r, n): (&crate::program::Output, &usize)| {
            matches!(own.buffers.get(r.buffer), Some(Buffer::Result(_))) && product(&r.shape) == Ok(*n)
        };
        if !own.results.iter().zip(results).all(same) || s.last.iter().any(|k| *k >= s.states.len()) {
            return fault("its step gives arrays of other shapes");
        }
        let stacked = s.stacked.iter().try_fold(0usize, |all, n| all.checked_add(*n));
        let stacked = stacked.and_then(|n| n.checked_mul(s.length)).filter(|n| *n <= MAX_ENTRIES);
        if stacked.is_none() || s.results() != self.entries(s.to) {
            return fault("it gives another number of entries");
        }
        Ok(())
    }
}
