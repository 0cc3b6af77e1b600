//! What a program costs: floating-point operations, and entries that come from memory and go there. Both follow from the
//! plan; nothing is measured.

use crate::program::{Buffer, BufferId, Instruction, Lanes, Op, PickWay, Program, Source, Step, View};

/// How often something is done for axes of these sizes.
fn all(sizes: &[usize]) -> u64 {
    sizes.iter().fold(1u64, |n, size| n.saturating_mul(*size as u64))
}

impl Instruction {
    /// Operations of one position; a function of the table is one.
    fn operations(&self) -> u64 {
        match self.op {
            Op::Copy | Op::Flush => 0,
            Op::Neg | Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Primitive(_) => 1,
            Op::MulAdd => 2,
            Op::DivRoot | Op::Blend { square: false, .. } => 3,
            Op::Blend { square: true, .. } => 4,
            Op::MinusDivRoot => 5,
        }
    }
}

impl Step {
    /// Floating-point operations.
    pub(crate) fn operations(&self) -> u64 {
        match self {
            Step::Lanes(l) => {
                let each = l.tape.iter().map(Instruction::operations).sum::<u64>();
                all(&l.sizes).saturating_mul(each)
            }
            Step::Product(p) => all(&p.batch).saturating_mul(all(&p.over)).saturating_mul(all(&[2, p.m, p.n, p.k])),
            Step::Fold(f) => all(&f.kept).saturating_mul(all(&f.folded)),
            Step::Pick(p) if p.way == PickWay::AddBack => all(&[p.blocks, p.inner]),
            Step::Pick(_) => 0,
            Step::Assemble(a) => {
                let added = a.pieces.iter().filter(|piece| piece.adds).map(|piece| all(&a.sizes_of(piece)));
                added.fold(0, u64::saturating_add)
            }
            Step::Stage(stage) => stage.steps.iter().map(|(step, _)| step.operations()).fold(0, u64::saturating_add),
            Step::Call(call) => {
                let shapes: Vec<Vec<u64>> =
                    call.args.iter().map(|(_, shape)| shape.iter().map(|n| *n as u64).collect()).collect();
                let shape: Vec<u64> = call.shape.iter().map(|n| *n as u64).collect();
                call.operation.work(&shapes, &shape)
            }
            Step::Scan(scan) => scan.program.operations().saturating_mul(scan.length as u64),
        }
    }

    /// The arrays that it reads, and how many entries of each.
    fn entries_read(&self, entries: &[usize]) -> Vec<(BufferId, u64)> {
        let whole = |b: BufferId| (b, entries[b] as u64);
        let seen = |view: &View, sizes: &[usize]| {
            let moving = sizes.iter().zip(&view.strides).filter(|(_, stride)| **stride != 0);
            let count = moving.fold(1u64, |n, (size, _)| n.saturating_mul(*size as u64));
            (view.buffer, count.min(entries[view.buffer] as u64))
        };
        match self {
            Step::Lanes(Lanes { sizes, sources, .. }) => {
                let array = |s: &Source| if let Source::Array(view) = s { Some(seen(view, sizes)) } else { None };
                sources.iter().filter_map(array).collect()
            }
            Step::Product(p) => {
                vec![
                    seen(&p.a, &[&[p.m, p.k], &p.batch[..], &p.over].concat()),
                    seen(&p.b, &[&[p.k, p.n], &p.batch[..], &p.over].concat()),
                ]
            }
            Step::Fold(f) => vec![seen(&f.from, &[&f.kept[..], &f.folded].concat())],
            Step::Pick(p) => {
                let blocks = all(&[p.blocks, p.inner]);
                let labels = (p.labels.0, p.labels.1 as u64);
                match p.way {
                    PickWay::Pick => vec![labels, (p.array, blocks)],
                    PickWay::AddBack => vec![labels, (p.picked, blocks)],
                    PickWay::Check => vec![labels],
                }
            }
            Step::Assemble(a) => a.pieces.iter().map(|piece| seen(&piece.from, &a.sizes_of(piece))).collect(),
            Step::Stage(_) | Step::Call(_) | Step::Scan(_) => self.reads().into_iter().map(whole).collect(),
        }
    }
}

impl Program {
    /// Floating-point operations of a run: those of tapes, of products, sums and what is added; a function of the table is
    /// one, and what has no steps of its own counts as its row of the table says.
    ///
    /// ```
    /// use wrt_core::{Assumptions, Graph, Role};
    /// let mut g = Graph::new();
    /// let n = g.dim_name("n");
    /// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
    /// let total = g.sum_over(x, &[0]);
    /// let plan = wrt_plan::plan(&g, &[(total, None)], &[("n".into(), 1000)]).unwrap();
    /// assert_eq!((plan.operations(), plan.entries_moved()), (1000, 1001));
    /// ```
    pub fn operations(&self) -> u64 {
        self.steps.iter().map(Step::operations).fold(0, u64::saturating_add)
    }

    /// Entries that a run reads and writes: each step reads an array once, and writes once. What only the steps of one
    /// stage hand to each other stays near, and is not counted; a scan counts what each of its steps moves.
    pub fn entries_moved(&self) -> u64 {
        let mut total = 0u64;
        for (k, step) in self.steps.iter().enumerate() {
            if let Step::Scan(scan) = step {
                total = total.saturating_add(scan.program.entries_moved().saturating_mul(scan.length as u64));
                continue;
            }
            let own = step.writes();
            let mut moved: Vec<(BufferId, u64)> = Vec::new();
            for part in step.parts() {
                let from_outside = part.entries_read(&self.entries).into_iter();
                for (buffer, count) in from_outside.filter(|(b, _)| matches!(step, Step::Stage(_)) <= !own.contains(b))
                {
                    match moved.iter_mut().find(|(b, _)| *b == buffer) {
                        Some((_, most)) => *most = count.max(*most),
                        None => moved.push((buffer, count)),
                    }
                }
            }
            let kept = |b: &BufferId| {
                !matches!(step, Step::Stage(_))
                    || !matches!(self.buffers[*b], Buffer::Temporary { .. } | Buffer::Local)
                    || self.steps[k + 1..].iter().any(|later| later.reads().contains(b))
            };
            moved.extend(own.into_iter().filter(kept).map(|b| (b, self.entries[b] as u64)));
            total = moved.into_iter().fold(total, |total, (_, count)| total.saturating_add(count));
        }
        total
    }
}
