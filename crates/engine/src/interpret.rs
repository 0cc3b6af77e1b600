//! A plan in any kind of number, one entry after the other: what kernels are held against.

use wrt_core::{Array, Computed, Id};
use wrt_plan::{
    AssembleStep, Buffer, CallStep, Constant, FoldKind, FoldStep, Instruction, Lanes, Op, PickStep, PickWay,
    ProductStep, Program, ScanStep, Source, Step,
};

use crate::program::EngineError;

/// The results of a program, whose inputs have these values.
///
/// # Errors
/// For an input without a value, or of another length, and for a label that is no position.
///
/// ```
/// use wrt_core::{Assumptions, Graph, Role};
/// let mut g = Graph::new();
/// let n = g.dim_name("n");
/// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
/// let total = g.sum_over(x, &[0]);
/// let plan = wrt_plan::plan(&g, &[(total, None)], &[("n".into(), 3)]).unwrap();
/// assert_eq!(wrt_engine::interpret(&plan, &[(x, vec![1.0, 2.0, 3.0])], &0.0).unwrap(), [[6.0]]);
/// ```
pub fn interpret<N: Computed>(plan: &Program, values: &[(Id, Vec<N>)], like: &N) -> Result<Vec<Vec<N>>, EngineError> {
    let zero = like.ratio(0, 1);
    let mut arrays = Vec::with_capacity(plan.buffers.len());
    for (buffer, entries) in plan.buffers.iter().zip(&plan.entries) {
        arrays.push(match buffer {
            Buffer::Input(id) => {
                let given = values.iter().find(|(x, _)| x == id).map(|(_, v)| v.clone()).unwrap_or_default();
                if given.len() != *entries {
                    return Err(EngineError::Entries("an input".into(), given.len(), vec![*entries]));
                }
                given
            }
            _ => vec![zero.clone(); *entries],
        });
    }
    for step in plan.steps.iter().flat_map(Step::parts) {
        match step {
            Step::Lanes(lanes) => run_lanes(lanes, &mut arrays, like),
            Step::Product(product) => run_product(product, &mut arrays, &zero),
            Step::Fold(fold) => run_fold(fold, &mut arrays, like),
            Step::Pick(pick) => run_pick(pick, &mut arrays, &zero)?,
            Step::Assemble(a) => run_assemble(a, &mut arrays, &zero),
            Step::Call(call) => run_call(call, &mut arrays, like)?,
            Step::Scan(scan) => run_scan(scan, &mut arrays, like)?,
            Step::Stage(_) => {}
        }
    }
    Ok(plan.results.iter().map(|r| arrays[r.buffer].clone()).collect())
}

/// Where the k-th position of some axes lies.
fn place(sizes: &[usize], strides: &[usize], mut k: usize) -> usize {
    let mut at = 0;
    for (size, stride) in sizes.iter().zip(strides).rev() {
        at += k % size * stride;
        k /= size;
    }
    at
}

fn run_lanes<N: Computed>(lanes: &Lanes, arrays: &mut [Vec<N>], like: &N) {
    let total: usize = lanes.sizes.iter().product();
    let mut kept: Vec<Vec<N>> = vec![Vec::with_capacity(total); lanes.stores.len()];
    for k in 0..total {
        let mut registers: Vec<N> = lanes.sources.iter().map(|s| source(s, &lanes.sizes, k, arrays, like)).collect();
        registers.resize(lanes.registers, like.ratio(0, 1));
        for step in &lanes.tape {
            registers[usize::from(step.to)] = performed(step, &registers);
        }
        for ((register, _), all) in lanes.stores.iter().zip(&mut kept) {
            all.push(registers[usize::from(*register)].clone());
        }
    }
    for ((_, to), all) in lanes.stores.iter().zip(kept) {
        arrays[*to] = all;
    }
}

fn source<N: Computed>(source: &Source, sizes: &[usize], k: usize, arrays: &[Vec<N>], like: &N) -> N {
    match source {
        Source::Array(view) => arrays[view.buffer][view.offset + place(sizes, &view.strides, k)].clone(),
        Source::Position(axis) => {
            let within: usize = sizes[axis + 1..].iter().product();
            like.ratio((k / within % sizes[*axis]) as i64, 1)
        }
        Source::Constant(Constant::Exact(n)) => like.exact(n),
        Source::Constant(Constant::Pi) => like.pi(),
        Source::Constant(Constant::E) => like.one().exp(),
    }
}

fn performed<N: Computed>(step: &Instruction, registers: &[N]) -> N {
    let args: Vec<N> = step.args.iter().map(|a| registers[usize::from(*a)].clone()).collect();
    match (step.op, &args[..]) {
        (Op::Primitive(p), all) => p.evaluate(all),
        // What is flushed is nothing in any precision that matters here.
        (Op::Copy | Op::Flush, [a, ..]) => a.clone(),
        (Op::Neg, [a, ..]) => -a.clone(),
        (Op::Add, [a, b, ..]) => a.clone() + b.clone(),
        (Op::Sub, [a, b, ..]) => a.clone() - b.clone(),
        (Op::Mul, [a, b, ..]) => a.clone() * b.clone(),
        (Op::Div, [a, b, ..]) => a.clone() / b.clone(),
        (Op::MulAdd, [a, b, c]) => a.clone() * b.clone() + c.clone(),
        (Op::Blend { square, .. }, [a, b, c, d]) => {
            let d = if square { d.clone() * d.clone() } else { d.clone() };
            a.clone() * b.clone() + c.clone() * d
        }
        (Op::MinusDivRoot, [a, b, c, d, e]) => a.clone() - b.clone() * c.clone() / (d.clone().sqrt() + e.clone()),
        (Op::DivRoot, [a, b, c]) => a.clone() / (b.clone().sqrt() + c.clone()),
        (op, _) => panic!("{op:?} with {} arguments", args.len()),
    }
}

fn run_product<N: Computed>(p: &ProductStep, arrays: &mut [Vec<N>], zero: &N) {
    let many: usize = p.batch.iter().product();
    for g in 0..many {
        let further = |strides: &[usize]| place(&p.batch, &strides[2..2 + p.batch.len()], g);
        let over = |strides: &[usize], l: usize| place(&p.over, &strides[2 + p.batch.len()..], l);
        let (a, b) = (p.a.offset + further(&p.a.strides), p.b.offset + further(&p.b.strides));
        let c = p.c.offset + further(&p.c.strides);
        for e in 0..p.m * p.n {
            let (i, j) = (e / p.n, e % p.n);
            let factor = |at: usize| {
                let (part, l) = (at / p.k, at % p.k);
                let (a, b) = (a + over(&p.a.strides, part), b + over(&p.b.strides, part));
                let x = arrays[p.a.buffer][a + i * p.a.strides[0] + l * p.a.strides[1]].clone();
                x * arrays[p.b.buffer][b + l * p.b.strides[0] + j * p.b.strides[1]].clone()
            };
            let summed = p.k * p.over.iter().product::<usize>();
            let total = (0..summed).map(factor).reduce(|s, x| s + x).unwrap_or_else(|| zero.clone());
            arrays[p.c.buffer][c + i * p.c.strides[0] + j * p.c.strides[1]] = total;
        }
    }
}

fn run_fold<N: Computed>(f: &FoldStep, arrays: &mut [Vec<N>], like: &N) {
    let (kept, folded) = f.from.strides.split_at(f.kept.len());
    let (results, each) = (f.kept.iter().product::<usize>(), f.folded.iter().product::<usize>());
    let entry = |k: usize, l: usize| {
        arrays[f.from.buffer][f.from.offset + place(&f.kept, kept, k) + place(&f.folded, folded, l)].clone()
    };
    let result = |k: usize| {
        let all = (0..each).map(|l| entry(k, l));
        let infinity = || like.one() / like.ratio(0, 1);
        match f.kind {
            FoldKind::Sum => all.reduce(|a, b| a + b).unwrap_or_else(|| like.ratio(0, 1)),
            FoldKind::Max => all.reduce(N::max).unwrap_or_else(|| -infinity()),
            FoldKind::Min => all.reduce(N::min).unwrap_or_else(infinity),
            FoldKind::ArgMax | FoldKind::ArgMin => {
                let values: Vec<f64> = all.map(|x| x.approximate()).collect();
                like.ratio(first_best(&values, f.kind == FoldKind::ArgMin) as i64, 1)
            }
        }
    };
    arrays[f.to] = (0..results).map(result).collect();
}

/// The first of the best, or the first that is not a number.
fn first_best(values: &[f64], smallest: bool) -> usize {
    let mut best = 0;
    for (k, x) in values.iter().enumerate().skip(1) {
        let old = values[best];
        let better = if smallest { *x < old } else { *x > old };
        if !old.is_nan() && (better || x.is_nan()) {
            best = k;
        }
    }
    best
}

fn run_pick<N: Computed>(p: &PickStep, arrays: &mut [Vec<N>], zero: &N) -> Result<(), EngineError> {
    let mut labels = Vec::with_capacity(p.labels.1);
    for x in &arrays[p.labels.0] {
        let label = x.approximate();
        if label.fract() != 0.0 || !(0.0..p.positions as f64).contains(&label) {
            return Err(EngineError::Label(label, p.positions));
        }
        labels.push(label as usize);
    }
    if p.way == PickWay::AddBack {
        arrays[p.array].fill(zero.clone());
    }
    for block in 0..if labels.is_empty() { 0 } else { p.blocks } {
        let from = (block / p.each.max(1) * p.positions + labels[block % labels.len()]) * p.inner;
        for k in 0..p.inner {
            let (at, own) = (from + k, block * p.inner + k);
            match p.way {
                PickWay::Pick => arrays[p.picked][own] = arrays[p.array][at].clone(),
                PickWay::AddBack => {
                    arrays[p.array][at] = arrays[p.array][at].clone() + arrays[p.picked][own].clone();
                }
                PickWay::Check => {}
            }
        }
    }
    Ok(())
}

fn run_assemble<N: Computed>(a: &AssembleStep, arrays: &mut [Vec<N>], zero: &N) {
    let mut strides = vec![1; a.sizes.len()];
    (1..a.sizes.len()).rev().for_each(|k| strides[k - 1] = strides[k] * a.sizes[k]);
    let along = strides.get(a.axis).copied().unwrap_or(1);
    let mut all = vec![zero.clone(); a.sizes.iter().product()];
    for piece in &a.pieces {
        let (sizes, mut apart) = (a.sizes_of(piece), strides.clone());
        apart.get_mut(a.axis).into_iter().for_each(|stride| *stride = along * piece.step);
        for k in 0..sizes.iter().product() {
            let x = arrays[piece.from.buffer][piece.from.offset + place(&sizes, &piece.from.strides, k)].clone();
            let to = &mut all[piece.start * along + place(&sizes, &apart, k)];
            *to = if piece.adds { to.clone() + x } else { x };
        }
    }
    arrays[a.to] = all;
}

fn run_call<N: Computed>(call: &CallStep, arrays: &mut [Vec<N>], like: &N) -> Result<(), EngineError> {
    let array = |(b, shape): &(usize, Vec<usize>)| Array { shape: shape.clone(), data: arrays[*b].clone() };
    let args: Vec<Array<N>> = call.args.iter().map(array).collect();
    let args: Vec<&Array<N>> = args.iter().collect();
    let value = call.operation.evaluate(&args, &call.shape, like);
    arrays[call.to] = value.map_err(|why| EngineError::Value(call.operation.name(), why))?.data;
    Ok(())
}

fn run_scan<N: Computed>(scan: &ScanStep, arrays: &mut [Vec<N>], like: &N) -> Result<(), EngineError> {
    let whole = |(b, _): &(usize, usize)| arrays[*b].clone();
    let mut states: Vec<Vec<N>> = scan.states.iter().map(whole).collect();
    let captures: Vec<Vec<N>> = scan.captures.iter().map(whole).collect();
    let mut stacked: Vec<Vec<Vec<N>>> = vec![vec![Vec::new(); scan.length]; scan.stacked.len()];
    for k in 0..scan.length {
        let t = scan.position(k);
        let slices = scan.slices.iter().map(|(b, n)| arrays[*b][t * n..][..*n].to_vec());
        let given: Vec<Vec<N>> = states.into_iter().chain(slices).chain(captures.iter().cloned()).collect();
        let given: Vec<(Id, Vec<N>)> = scan.inputs.iter().copied().zip(given).collect();
        let mut made = interpret(&scan.program, &given, like)?;
        for (rows, row) in stacked.iter_mut().zip(made.split_off(scan.states.len())) {
            rows[t] = row;
        }
        states = made;
    }
    let last = scan.last.iter().flat_map(|k| states[*k].clone());
    arrays[scan.to] = last.chain(stacked.into_iter().flatten().flatten()).collect();
    Ok(())
}
