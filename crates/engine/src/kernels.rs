//! Steps of a plan as kernels, with every size and place settled.

use wrt_core::Primitive;
use wrt_lanes::{Fold, FoldKind, Instruction, Level, Loop, Memory, NoPosition, Op, Pick, Place, Product, Source};
use wrt_plan::{Constant, Lanes, PickWay, ProductStep, Step, View};

use crate::real::EngineReal;

/// One step, ready to run.
#[derive(Clone, Debug)]
pub(crate) enum Kernel<T> {
    Loop(Loop<T>),
    Product(Product),
    Fold(Fold),
    Pick(PickWay, Pick),
}

impl<T: EngineReal> Kernel<T> {
    pub(crate) fn run(&self, level: Level, memory: &mut Memory<'_, T>) -> Result<(), NoPosition> {
        match self {
            Kernel::Loop(body) => body.run(level, memory),
            Kernel::Product(product) => product.run(level, memory),
            Kernel::Fold(fold) => fold.run(level, memory),
            Kernel::Pick(PickWay::Pick, pick) => pick.run(memory)?,
            Kernel::Pick(PickWay::AddBack, pick) => pick.add_back(memory)?,
            Kernel::Pick(PickWay::Check, pick) => pick.check(memory)?,
        }
        Ok(())
    }

    /// Entries of memory that it needs while it runs.
    pub(crate) fn scratch(&self) -> usize {
        match self {
            Kernel::Loop(body) => Loop::<T>::scratch(body.registers, body.positions()),
            Kernel::Product(product) => product.scratch(),
            _ => 0,
        }
    }

    pub(crate) fn set_scratch(&mut self, place: Place) {
        match self {
            Kernel::Loop(body) => body.scratch = place,
            Kernel::Product(product) => product.scratch = place,
            _ => {}
        }
    }

    /// The kernel of a step, where arrays lie at these places.
    pub(crate) fn of(step: &Step, places: &[Place]) -> Kernel<T> {
        let scratch = Place { span: 0, at: 0 };
        match step {
            Step::Lanes(lanes) => {
                let mut body = body::<T>(lanes, places);
                body.collapse();
                Kernel::Loop(body)
            }
            Step::Product(p) => Kernel::Product(product(p, places, scratch)),
            Step::Fold(f) => {
                let axes =
                    |sizes: &[usize], strides: &[usize]| sizes.iter().copied().zip(strides.iter().copied()).collect();
                let (kept, folded) = f.from.strides.split_at(f.kept.len());
                let mut fold = Fold {
                    kind: kind(f.kind),
                    from: at(&f.from, places),
                    kept: axes(&f.kept, kept),
                    folded: axes(&f.folded, folded),
                    to: places[f.to],
                };
                fold.collapse();
                Kernel::Fold(fold)
            }
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
                Kernel::Pick(p.way, pick)
            }
        }
    }
}

fn at(view: &View, places: &[Place]) -> Place {
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

fn product(p: &ProductStep, places: &[Place], scratch: Place) -> Product {
    let further = |k: usize| [p.a.strides[k + 2], p.b.strides[k + 2], p.c.strides[k + 2]];
    Product {
        m: p.m,
        n: p.n,
        k: p.k,
        a: (at(&p.a, places), [p.a.strides[0], p.a.strides[1]]),
        b: (at(&p.b, places), [p.b.strides[0], p.b.strides[1]]),
        c: at(&p.c, places),
        c_row: p.c.strides[0],
        batch: p.batch.iter().enumerate().map(|(k, size)| (*size, further(k))).collect(),
        add: false,
        scratch,
    }
}

fn body<T: EngineReal>(lanes: &Lanes, places: &[Place]) -> Loop<T> {
    let source = |s: &wrt_plan::Source| match s {
        wrt_plan::Source::Array(view) => Source::Array { from: at(view, places), strides: view.strides.clone() },
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
        registers: lanes.registers,
        scratch: Place { span: 0, at: 0 },
        call: T::call,
    }
}

fn instruction(step: &wrt_plan::Instruction) -> Instruction {
    let op = match step.op {
        wrt_plan::Op::Copy => Op::Copy,
        wrt_plan::Op::Flush => Op::Flush,
        wrt_plan::Op::Neg => Op::Neg,
        wrt_plan::Op::Add => Op::Add,
        wrt_plan::Op::Sub => Op::Sub,
        wrt_plan::Op::Mul => Op::Mul,
        wrt_plan::Op::Div => Op::Div,
        wrt_plan::Op::MulAdd => Op::MulAdd,
        wrt_plan::Op::Primitive(p) => lane_op(p).unwrap_or(Op::Call(p as u32)),
    };
    // Arguments that a function doesn't have are its first one.
    let first = step.args.first().copied().unwrap_or(0);
    let args = std::array::from_fn(|k| step.args.get(k).copied().unwrap_or(first));
    Instruction { op, to: step.to, args }
}

/// The primitives that have lane code.
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
