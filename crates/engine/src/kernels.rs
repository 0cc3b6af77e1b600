//! Steps of a plan as kernels, with every size and place settled.

use wrt_core::{Id, Primitive};
use wrt_lanes::{
    Assemble, Duty, Fold, FoldKind, Fused, Instruction, Local, Loop, Member, Op, Part, Pick, PickWay, Place, Product,
    Put, PutWay, STRETCH, Source, Stage, Work,
};
use wrt_plan::{
    AssembleStep, Buffer, BufferId, Constant, FoldStep, Lanes, ProductStep, Program, Reach, Role, Step, View,
};

use crate::aligned::LINE;
use crate::program::EngineError;
use crate::real::EngineReal;
use crate::tasks::Task;

// What is verified of a plan is what kernels take.
const _: () = assert!(wrt_plan::MAX_REGISTERS == wrt_lanes::MAX_REGISTERS);
const _: () = assert!(wrt_plan::MAX_LOCALS == wrt_lanes::MAX_LOCALS);

/// A plan as tasks.
pub struct Built<T: EngineReal> {
    pub(crate) tasks: Vec<Task<T>>,
    /// Entries of the arena.
    pub(crate) arena: usize,
    /// Entries of scratch memory that a thread needs.
    pub(crate) scratch: usize,
}

/// The tasks of a plan, where arrays lie at these places.
struct Building<'p, T: EngineReal> {
    plan: &'p Program,
    places: Vec<Place>,
    tasks: Vec<Task<T>>,
    /// What is free of the arena, behind the plan's arrays and what stages need.
    free: Place,
    scratch: usize,
}

impl<T: EngineReal> Built<T> {
    /// The tasks of a plan whose inputs, states (which are replaced) and results are the slices of memory in this order,
    /// the arena last.
    pub(crate) fn new(plan: &Program, inputs: &[Id], state: &[Id], results: &[usize]) -> Result<Built<T>, EngineError> {
        let (first, last) = (inputs.len(), inputs.len() + state.len() + results.len());
        let position = |all: &[Id], id: Id| all.iter().position(|x| *x == id);
        let place = |buffer: &Buffer| {
            let span = match buffer {
                Buffer::Input(id) => match position(state, *id) {
                    Some(k) => first + k,
                    None => position(inputs, *id).unwrap_or(last),
                },
                Buffer::Result(k) => first + state.len() + results.iter().position(|o| o == k).unwrap_or(0),
                Buffer::Temporary { at } => return Place { span: last as u32, at: *at },
                // It has its place where its stage begins.
                Buffer::Local => return Place::SCRATCH,
            };
            Place { span: span as u32, at: 0 }
        };
        let line = LINE / T::BYTES;
        let free = Place { span: last as u32, at: plan.arena.next_multiple_of(line) };
        let places = plan.buffers.iter().map(place).collect();
        let tasks = Vec::with_capacity(plan.steps.len());
        let mut own = Building { plan, places, tasks, free, scratch: 0 };
        own.all()?;
        Ok(Built { tasks: own.tasks, arena: own.free.at, scratch: own.scratch.next_multiple_of(line) })
    }
}

impl<T: EngineReal> Building<'_, T> {
    fn all(&mut self) -> Result<(), EngineError> {
        let plan = self.plan;
        let steps: Vec<&Step> = plan.steps.iter().collect();
        let mut k = 0;
        let arena = self.padded_arena();
        while let Some(step) = steps.get(k) {
            let short: Vec<Part<T>> = steps[k..].iter().map_while(|step| short(step, &self.places)).collect();
            if !short.is_empty() {
                k += short.len();
                for fused in Fused::new(short, arena, plan.recomputed.is_some()) {
                    let work = Work::Fused(fused);
                    self.scratch = self.scratch.max(work.scratch());
                    self.tasks.push(Task::kernel(work));
                }
                continue;
            }
            match step {
                Step::Stage(stage) => self.stage(stage),
                Step::Call(call) => self.tasks.push(Task::call(call, &self.places)),
                Step::Scan(scan) => self.tasks.push(Task::scan(scan, &self.places)?),
                _ => {
                    let (work, used) = match self.folded(&steps[k..]) {
                        Some(found) => found,
                        None => self.work(&steps[k..]),
                    };
                    self.scratch = self.scratch.max(work.scratch());
                    self.tasks.push(Task::kernel(work));
                    k += used;
                    continue;
                }
            }
            k += 1;
        }
        Ok(())
    }

    /// The arena, if each of its arrays has all places up to the next multiple of [`STRETCH`] for itself.
    fn padded_arena(&self) -> Option<u32> {
        let is_padded = |(buffer, entries): (&Buffer, &usize)| match buffer {
            Buffer::Temporary { at } => {
                let end = at.saturating_add(entries.next_multiple_of(STRETCH));
                at.is_multiple_of(STRETCH) && end <= self.plan.arena
            }
            _ => true,
        };
        self.plan.buffers.iter().zip(&self.plan.entries).all(is_padded).then_some(self.free.span)
    }

    /// A loop of few positions with the folds behind it that take all of what it computes, and how many steps these are. What
    /// nothing else reads is kept nowhere.
    fn folded(&self, steps: &[&Step]) -> Option<(Work<T>, usize)> {
        let Some(Step::Lanes(lanes)) = steps.first() else { return None };
        let mut body = body::<T>(lanes, &self.places);
        let positions = body.positions();
        if positions == 0 || !body.is_one_block() {
            return None;
        }
        let sum = |step: &&Step| {
            let Step::Fold(f) = step else { return None };
            let (register, _) = *lanes.stores.iter().find(|(_, b)| *b == f.from.buffer)?;
            let takes_all = f.kept.iter().all(|n| *n == 1)
                && f.folded.iter().product::<usize>() == positions
                && f.from.offset == 0
                && is_whole(&f.from.strides, &[&f.kept[..], &f.folded].concat());
            takes_all.then(|| (register, kind(f.kind), self.places[f.to]))
        };
        body.folds = steps[1..].iter().map_while(sum).collect();
        let used = 1 + body.folds.len();
        let all = || self.plan.steps.iter().flat_map(Step::parts);
        let is_read = |b: &BufferId| {
            all().filter(|s| s.reads().contains(b)).count()
                > steps[1..used].iter().filter(|s| s.reads().contains(b)).count()
        };
        let is_kept =
            |(_, b): &(u16, BufferId)| !matches!(self.plan.buffers[*b], Buffer::Temporary { .. }) || is_read(b);
        let stores = lanes.stores.iter().filter(|s| is_kept(s));
        body.stores = stores.map(|(register, b)| (*register, self.places[*b])).collect();
        // A plan that is a text may put a number over what the loop keeps.
        let over = |to: &Place, fold: &Place| to.span == fold.span && (to.at..to.at + positions).contains(&fold.at);
        let lies_apart = body.stores.iter().all(|(_, to)| body.folds.iter().all(|(_, _, fold)| !over(to, fold)));
        (used > 1 && lies_apart).then(|| (Work::Loop(body.checked(None)), used))
    }

    /// The kernel of the first step, or of the first two where they go together, and how many it is of.
    fn work(&self, steps: &[&Step]) -> (Work<T>, usize) {
        let together = match steps {
            [Step::Product(p), Step::Lanes(l), ..] => {
                let c = p.c.buffer;
                let all = self.plan.steps.iter().flat_map(Step::parts);
                let only = all.filter(|s| s.reads().contains(&c)).count() == 1
                    && matches!(self.plan.buffers[c], Buffer::Temporary { .. } | Buffer::Local);
                of_rows(self.plan, p, l, &self.places, only)
            }
            _ => None,
        };
        match together {
            Some(work) => (work, 2),
            None => (of(steps[0], &self.places), 1),
        }
    }

    /// A stage, and the folds that join what its blocks and units reduced their rows to.
    fn stage(&mut self, stage: &wrt_plan::Stage) {
        let mut members = Vec::with_capacity(stage.steps.len());
        let mut joins = Vec::new();
        let [of_product, of_fold] = Stage::<T>::partial_results(stage.rows, stage.block);
        let reaches = stage.reaches(&self.plan.entries).unwrap_or_default();
        assert!(reaches.len() == stage.steps.len(), "the steps of a stage are none");
        let mut locals: Vec<Local> = Vec::new();
        for ((step, _), Reach { rows, halo }) in stage.steps.iter().zip(&reaches) {
            for b in step.writes().into_iter().filter(|b| self.plan.buffers[*b] == Buffer::Local) {
                self.places[b] = Place::local(locals.len());
                locals.push(Local { width: self.plan.entries[b] / rows, rows: *rows, halo: *halo });
            }
        }
        let mut k = 0;
        while let Some((first, role)) = stage.steps.get(k) {
            let Reach { rows, halo } = reaches[k];
            if *role == Role::Carries {
                let together = |(step, reach): (&(Step, Role), &Reach)| step.1 == Role::Carries && *reach == reaches[k];
                let carried = stage.steps[k..].iter().zip(&reaches[k..]).take_while(|pair| together(*pair));
                let (work, used) = self.work(&carried.map(|((step, _), _)| step).collect::<Vec<_>>());
                members.push(Member { work, duty: Duty::Carry, rows, halo });
                k += used;
                continue;
            }
            let (work, used) = self.work(&[first]);
            let (to, entries, results, kind) = match &work {
                Work::Fold(f) => (f.to, f.kept.iter().map(|(n, _)| n).product(), of_fold, f.kind),
                Work::Product(p) => (p.c, p.m * p.n, of_product, FoldKind::Sum),
                _ => unreachable!("plans reduce by products and folds"),
            };
            let mut join =
                Fold { kind, from: self.free, kept: vec![(entries, 1)], folded: vec![(results, entries)], to };
            join.collapse();
            joins.push(join);
            members.push(Member { work, duty: Duty::Reduce(self.free, entries), rows, halo });
            self.free = self.free.plus((results * entries).next_multiple_of(LINE / T::BYTES));
            k += used;
        }
        let work = Work::Stage(Stage::new(stage.rows, stage.block, members, locals));
        self.scratch = self.scratch.max(work.scratch());
        self.tasks.push(Task::kernel(work));
        self.tasks.extend(joins.into_iter().map(|join| Task::kernel(Work::Fold(join))));
    }
}

/// The kernel of a step that is better fused with those beside it.
fn short<T: EngineReal>(step: &Step, places: &[Place]) -> Option<Part<T>> {
    let part = match step {
        Step::Lanes(lanes) => Part::Loop(body(lanes, places)),
        Step::Product(p) => Part::Product(product(p, places)),
        Step::Fold(f) => Part::Fold(fold(f, places)),
        _ => return None,
    };
    part.is_short().then_some(part)
}

/// The kernel of a step, where arrays lie at these places.
fn of<T: EngineReal>(step: &Step, places: &[Place]) -> Work<T> {
    match step {
        Step::Lanes(lanes) => Work::Loop(body::<T>(lanes, places).checked(None)),
        Step::Product(p) => Work::Product(product(p, places)),
        Step::Assemble(a) => Work::Assemble(assemble(a, places)),
        Step::Fold(f) => Work::Fold(fold(f, places)),
        Step::Pick(p) => {
            let pick = Pick {
                labels: (places[p.labels.0], p.labels.1),
                positions: p.positions,
                each: p.each,
                blocks: p.blocks,
                inner: p.inner,
                array: places[p.array],
                picked: places[p.picked],
            };
            Work::Pick(way(p.way), pick)
        }
        Step::Stage(_) | Step::Call(_) | Step::Scan(_) => {
            unreachable!("these are no single kernels")
        }
    }
}

/// A product with the loop that follows, if the loop goes over its entries as they lie. Where nothing else reads the
/// product, it is kept nowhere else (`only`).
fn of_rows<T: EngineReal>(
    plan: &Program,
    p: &ProductStep,
    lanes: &Lanes,
    places: &[Place],
    only: bool,
) -> Option<Work<T>> {
    let mut product = product(p, places);
    let mut body = body::<T>(lanes, places);
    let total = product.m * product.n;
    let whole =
        product.batch.is_empty() && product.over.0 == 1 && product.c_row == product.n && body.positions() == total;
    let reads = |view: &View| view.buffer == p.c.buffer;
    let sources: Vec<u16> = (0u16..)
        .zip(&lanes.sources)
        .filter(|(_, s)| matches!(s, wrt_plan::Source::Array(view) if reads(view)))
        .map(|(k, _)| k)
        .collect();
    // What the loop writes may lie where a factor lies that nothing reads any more, but for rows that come later.
    let meets = |a: usize, b: usize| {
        let end = |b: usize| places[b].at + plan.entries[b];
        places[a].span == places[b].span && places[a].at < end(b) && places[b].at < end(a)
    };
    let overwrites = |view: &View| lanes.stores.iter().any(|(_, b)| *b == view.buffer || meets(*b, view.buffer));
    let &[source] = &sources[..] else { return None };
    let wrt_plan::Source::Array(view) = &lanes.sources[usize::from(source)] else { return None };
    let lies = view.offset == 0 && is_whole(&view.strides, &lanes.sizes);
    if !whole || !lies || product.scratch() > 0 || overwrites(&p.a) || overwrites(&p.b) || total < 2 {
        return None;
    }
    let rows = rows_together::<T>(&product);
    if !only {
        return Some(Work::Rows(product, body.checked(None), rows));
    }
    let part = rows * product.n;
    if let Source::Array { from, .. } = &mut body.sources[usize::from(source)] {
        *from = Place::SCRATCH;
    }
    product.c = Place::SCRATCH;
    body.scratch = Place::SCRATCH.plus(part.next_multiple_of(16));
    Some(Work::Rows(product, body.checked(Some((source, part))), rows))
}

/// Rows of a product that are finished together: they fill half of the nearest cache, unless the second factor, which is
/// read again for each of them, fills it by itself.
fn rows_together<T: EngineReal>(product: &Product) -> usize {
    const CACHE: usize = 16 << 10;
    let fit = CACHE / T::BYTES / product.n.max(1) / 12 * 12;
    let second = product.k * product.n * T::BYTES;
    let least = if second > 2 * CACHE { 120 } else { 12 };
    fit.max(least).min(product.m)
}

/// Are these the strides of an array that lies entry behind entry?
fn is_whole(strides: &[usize], sizes: &[usize]) -> bool {
    let mut step = 1;
    sizes.iter().zip(strides).rev().all(|(size, stride)| {
        let fits = *size == 1 || *stride == step;
        step *= size;
        fits
    })
}

fn at_view(view: &View, places: &[Place]) -> Place {
    places[view.buffer].plus(view.offset)
}

fn kind(kind: wrt_plan::FoldKind) -> FoldKind {
    match kind {
        wrt_plan::FoldKind::Sum => FoldKind::Sum,
        wrt_plan::FoldKind::Max => FoldKind::Max,
        wrt_plan::FoldKind::Min => FoldKind::Min,
        wrt_plan::FoldKind::ArgMax => FoldKind::ArgMax,
        wrt_plan::FoldKind::ArgMin => FoldKind::ArgMin,
    }
}

fn way(way: wrt_plan::PickWay) -> PickWay {
    match way {
        wrt_plan::PickWay::Pick => PickWay::Pick,
        wrt_plan::PickWay::AddBack => PickWay::AddBack,
        wrt_plan::PickWay::Check => PickWay::Check,
    }
}

fn fold(f: &FoldStep, places: &[Place]) -> Fold {
    let axes = |sizes: &[usize], strides: &[usize]| sizes.iter().copied().zip(strides.iter().copied()).collect();
    let (kept, folded) = f.from.strides.split_at(f.kept.len());
    let mut fold = Fold {
        kind: kind(f.kind),
        from: at_view(&f.from, places),
        kept: axes(&f.kept, kept),
        folded: axes(&f.folded, folded),
        to: places[f.to],
    };
    fold.collapse();
    fold
}

fn product(p: &ProductStep, places: &[Place]) -> Product {
    let over = p.batch.len() + 2;
    let further = |k: usize| [p.a.strides[k + 2], p.b.strides[k + 2], p.c.strides[k + 2]];
    Product {
        m: p.m,
        n: p.n,
        k: p.k,
        over: p.over.first().map_or((1, [0, 0]), |size| (*size, [p.a.strides[over], p.b.strides[over]])),
        a: (at_view(&p.a, places), [p.a.strides[0], p.a.strides[1]]),
        b: (at_view(&p.b, places), [p.b.strides[0], p.b.strides[1]]),
        c: at_view(&p.c, places),
        c_row: p.c.strides[0],
        batch: p.batch.iter().enumerate().map(|(k, size)| (*size, further(k))).collect(),
        add: false,
        scratch: Place::SCRATCH,
    }
}

/// Rows are those of the first axis.
fn assemble(a: &AssembleStep, places: &[Place]) -> Assemble {
    let rows = a.sizes.first().copied().unwrap_or(1);
    let mut apart = vec![1; a.sizes.len()];
    (1..a.sizes.len()).rev().for_each(|k| apart[k - 1] = apart[k] * a.sizes[k]);
    let put = |piece: &wrt_plan::Piece, way: PutWay| {
        let (sizes, step) = (a.sizes_of(piece), |k: usize| if k == a.axis { piece.step } else { 1 });
        let axis = |k: usize| (sizes[k], [apart[k] * step(k), piece.from.strides.get(k).copied().unwrap_or(0)]);
        let (of_rows, at) = match a.axis {
            0 => ([piece.start, piece.step, piece.length], 0),
            axis => ([0, 1, rows], piece.start * apart[axis]),
        };
        Put {
            from: at_view(&piece.from, places),
            row: piece.from.strides.first().copied().unwrap_or(0),
            rows: of_rows,
            at,
            axes: (1..sizes.len()).map(axis).collect(),
            way,
        }
    };
    let way = |piece: &wrt_plan::Piece| if piece.adds { PutWay::Add } else { PutWay::Copy };
    let zeros = gaps(a).into_iter().map(|piece| put(&piece, PutWay::Clear));
    let pieces = zeros.chain(a.pieces.iter().map(|piece| put(piece, way(piece)))).collect();
    Assemble { rows, width: a.sizes.iter().skip(1).product(), pieces, to: places[a.to] }.checked()
}

/// Where no piece is put along the axis; where places lie apart, what lies between is no gap of its own, and all is cleared
/// first.
fn gaps(a: &AssembleStep) -> Vec<wrt_plan::Piece> {
    let n = a.sizes.get(a.axis).copied().unwrap_or(1);
    let none = View { buffer: a.to, offset: 0, strides: Vec::new() };
    let gap = |from: usize, to: usize| wrt_plan::Piece {
        from: none.clone(),
        start: from,
        step: 1,
        length: to - from,
        adds: false,
    };
    if a.is_covered {
        return Vec::new();
    }
    if a.pieces.iter().any(|p| p.step > 1 && p.length > 1) {
        return vec![gap(0, n)];
    }
    let mut taken: Vec<(usize, usize)> =
        a.pieces.iter().filter(|p| !p.adds).map(|p| (p.start, p.start + p.length)).collect();
    taken.sort_unstable();
    taken.push((n, n));
    let (mut found, mut end) = (Vec::new(), 0);
    for (from, to) in taken {
        if from > end {
            found.push(gap(end, from));
        }
        end = end.max(to);
    }
    found
}

fn body<T: EngineReal>(lanes: &Lanes, places: &[Place]) -> Loop<T> {
    let source = |s: &wrt_plan::Source| match s {
        wrt_plan::Source::Array(view) => Source::Array { from: at_view(view, places), strides: view.strides.clone() },
        wrt_plan::Source::Position(axis) => Source::Position(*axis),
        wrt_plan::Source::Constant(c) => Source::Constant(match c {
            Constant::Exact(n) => T::nearest(n),
            Constant::Pi => T::from_f64(std::f64::consts::PI),
            Constant::E => T::from_f64(std::f64::consts::E),
        }),
    };
    Loop {
        sizes: lanes.sizes.clone(),
        sources: lanes.sources.iter().map(source).collect(),
        tape: lanes.tape.iter().map(instruction).collect(),
        stores: lanes.stores.iter().map(|(register, buffer)| (*register, places[*buffer])).collect(),
        folds: Vec::new(),
        registers: lanes.registers,
        scratch: Place::SCRATCH,
        call: T::call,
    }
}

fn instruction(step: &wrt_plan::Instruction) -> Instruction {
    let op = match step.op {
        wrt_plan::Op::Copy => Op::Copy,
        wrt_plan::Op::Flush => Op::Flush,
        wrt_plan::Op::DivRoot => Op::DivRoot,
        wrt_plan::Op::MinusDivRoot => Op::MinusDivRoot,
        wrt_plan::Op::Blend { square, flushed } => Op::Blend { square, flushed },
        wrt_plan::Op::Neg => Op::Neg,
        wrt_plan::Op::Add => Op::Add,
        wrt_plan::Op::Sub => Op::Sub,
        wrt_plan::Op::Mul => Op::Mul,
        wrt_plan::Op::Div => Op::Div,
        wrt_plan::Op::MulAdd => Op::MulAdd,
        wrt_plan::Op::Primitive(p) => lane_op(p).unwrap_or(Op::Call(p as u32)),
    };
    Instruction::new(op, step.to, &step.args)
}

/// Does a primitive have lane code, which is another at each level of instructions? The others are computed entry by entry.
pub fn has_lane_code(p: Primitive) -> bool {
    lane_op(p).is_some()
}

fn lane_op(p: Primitive) -> Option<Op> {
    Some(match p {
        Primitive::Exp => Op::Exp,
        Primitive::Expm1 => Op::Expm1,
        Primitive::Log => Op::Log,
        Primitive::Log1p => Op::Log1p,
        Primitive::Sqrt => Op::Sqrt,
        Primitive::Abs => Op::Abs,
        Primitive::Sin => Op::Sin,
        Primitive::Cos => Op::Cos,
        Primitive::Tanh => Op::Tanh,
        Primitive::Sigmoid => Op::Sigmoid,
        Primitive::Softplus => Op::Softplus,
        Primitive::Relu => Op::Relu,
        Primitive::Max => Op::Max,
        Primitive::Min => Op::Min,
        Primitive::Lt => Op::Less,
        Primitive::Le => Op::LessEqual,
        Primitive::Eq => Op::Equal,
        Primitive::Select => Op::Select,
        _ => return None,
    })
}
