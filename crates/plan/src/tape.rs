//! Entrywise values over the same positions as one loop: a tape and its registers.

use std::collections::HashMap;

use wrt_core::Primitive;

use crate::access::{Access, is_whole};
use crate::program::{BufferId, Constant, Instruction, Lanes, Op, Source};
use crate::values::{Value, ValueId, Values};

/// The most values and sources of one loop.
pub(crate) const MAX_REGISTERS: usize = 88;

/// An argument that is computed in the same loop, if it is one of `own`.
fn within(values: &Values, shape: &[usize], access: &Access, own: &HashMap<ValueId, usize>) -> Option<usize> {
    let at = *own.get(&access.base)?;
    let lies = access.offset == 0 && is_whole(&access.strides, shape) && values.shape(access.base) == shape;
    lies.then_some(at)
}

/// What a loop reads: an array, or what has none.
fn source(values: &Values, access: &Access, buffer: &dyn Fn(&Access) -> crate::program::View) -> Source {
    match values.value(access.base) {
        Value::Constant(c) => Source::Constant(c.clone()),
        Value::Positions(_) => Source::Position(access.strides.iter().position(|s| *s != 0).unwrap_or(0)),
        _ => Source::Array(buffer(access)),
    }
}

/// What an instruction reads: what the loop does, or what an earlier one made.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Argument {
    Source(usize),
    Own(usize),
}

/// The loop of some values, each behind those that it reads; `stores` says which are kept, and where.
pub(crate) fn lanes(
    values: &Values,
    own: &[ValueId],
    stores: &[(ValueId, BufferId)],
    buffer: &dyn Fn(&Access) -> crate::program::View,
) -> Lanes {
    let shape = own.first().map_or(Vec::new(), |v| values.shape(*v).to_vec());
    let places: HashMap<ValueId, usize> = own.iter().enumerate().map(|(k, v)| (*v, k)).collect();
    let mut sources: Vec<Source> = Vec::new();
    let mut steps: Vec<(Op, Vec<Argument>)> = Vec::with_capacity(own.len());
    for id in own {
        let Value::Entrywise(op, args) = values.value(*id) else { continue };
        let mut found = Vec::with_capacity(args.len());
        for access in args {
            found.push(match within(values, &shape, access, &places) {
                Some(at) => Argument::Own(at),
                None => {
                    let source = source(values, access, buffer);
                    let known = sources.iter().position(|s| *s == source);
                    Argument::Source(known.unwrap_or_else(|| {
                        sources.push(source);
                        sources.len() - 1
                    }))
                }
            });
        }
        steps.push((*op, found));
    }
    let kept: Vec<(usize, BufferId)> = stores.iter().filter_map(|(v, b)| places.get(v).map(|at| (*at, *b))).collect();
    multiply(&mut steps, &mut sources, &kept);
    let is_number = |a: &Argument| matches!(a, Argument::Source(s) if sources[*s].is_number(&shape));
    fuse(&mut steps, &kept, &is_number);
    allocate(shape, sources, &steps, &kept)
}

type Steps = [(Op, Vec<Argument>)];

/// Registers that a loop has for numbers beyond those that it was given.
const FURTHER: usize = 4;

/// A quotient by a known number that only goes into sums and products, which round anyway, is a product:
/// `0.9*m + g/10` moves an average.
fn multiply(steps: &mut Steps, sources: &mut Vec<Source>, kept: &[(usize, BufferId)]) {
    let mut rounds = vec![true; steps.len()];
    kept.iter().for_each(|(k, _)| rounds[*k] = false);
    for (op, args) in &*steps {
        for arg in args {
            if let Argument::Own(k) = arg {
                rounds[*k] &= matches!(op, Op::Add | Op::Mul);
            }
        }
    }
    let most = sources.len() + FURTHER;
    for ((op, args), rounds) in steps.iter_mut().zip(rounds) {
        let (Op::Div, &[x, Argument::Source(by)]) = (*op, &args[..]) else { continue };
        let Source::Constant(Constant::Exact(n)) = &sources[by] else { continue };
        let Some(n) = n.recip().filter(|_| rounds) else { continue };
        let factor = Source::Constant(Constant::Exact(n));
        let known = sources.iter().position(|s| *s == factor);
        let at = known.unwrap_or(sources.len());
        if known.is_none() && at < most {
            sources.push(factor);
        }
        if at < sources.len() {
            (*op, *args) = (Op::Mul, vec![Argument::Source(at), x]);
        }
    }
}

/// Several steps as one where nothing else needs what lies between: each reads its arguments once and writes once.
fn fuse(steps: &mut Steps, kept: &[(usize, BufferId)], is_number: &dyn Fn(&Argument) -> bool) {
    let mut uses = vec![0usize; steps.len()];
    let own = |a: &Argument| if let Argument::Own(k) = a { Some(*k) } else { None };
    steps.iter().flat_map(|(_, args)| args.iter().filter_map(own)).for_each(|k| uses[k] += 1);
    kept.iter().for_each(|(k, _)| uses[*k] += 1);
    for k in 0..steps.len() {
        let below = Below { steps, uses: &uses, is_number };
        let found = match (steps[k].0, &steps[k].1[..]) {
            (Op::Add, [a, b]) => below.sum(*a, *b),
            (Op::Sub, [a, b]) => below.minus_div_root(*a, *b),
            (Op::Div, [a, b]) => below.div_root(*a, *b),
            (Op::Flush, [a]) => below.flushed(*a),
            _ => None,
        };
        if let Some(fused) = found {
            steps[k] = fused;
        }
    }
}

/// What steps are fused with: those before them, where nothing else reads them.
struct Below<'s> {
    steps: &'s Steps,
    uses: &'s [usize],
    is_number: &'s dyn Fn(&Argument) -> bool,
}

impl Below<'_> {
    fn alone(&self, a: Argument) -> Option<(Op, &[Argument])> {
        let Argument::Own(k) = a else { return None };
        (self.uses[k] == 1).then(|| (self.steps[k].0, &self.steps[k].1[..]))
    }

    fn product(&self, a: Argument) -> Option<[Argument; 2]> {
        match self.alone(a)? {
            (Op::Mul, [x, y]) => Some([*x, *y]),
            _ => None,
        }
    }

    /// A product with a number, the number first. Others may need it, too: to take it in costs nothing.
    fn scaled(&self, a: Argument) -> Option<[Argument; 2]> {
        let Argument::Own(k) = a else { return None };
        let (Op::Mul, &[x, y]) = (self.steps[k].0, &self.steps[k].1[..]) else { return None };
        let pairs = [[x, y], [y, x]];
        pairs.into_iter().find(|[s, _]| (self.is_number)(s))
    }

    /// A number times something, or times its square: `s*x`, `s*(x*x)`, `(s*x)*x`.
    fn term(&self, a: Argument) -> Option<(Argument, Argument, bool)> {
        if let Some([s, x]) = self.scaled(a) {
            let square = self.product(x).filter(|[p, q]| p == q);
            return Some(square.map_or((s, x, false), |[p, _]| (s, p, true)));
        }
        let [x, y] = self.product(a)?;
        [(x, y), (y, x)].into_iter().find_map(|(inner, other)| {
            let [s, z] = self.scaled(inner)?;
            (z == other).then_some((s, z, true))
        })
    }

    fn sum(&self, a: Argument, b: Argument) -> Option<(Op, Vec<Argument>)> {
        if let (Some(one), Some(other)) = (self.term(a), self.term(b))
            && !(one.2 && other.2)
        {
            let ((s, x, _), (t, y, square)) = if one.2 { (other, one) } else { (one, other) };
            return Some((Op::Blend { square, flushed: false }, vec![s, x, t, y]));
        }
        let ([x, y], other) = self.product(a).map(|p| (p, b)).or_else(|| Some((self.product(b)?, a)))?;
        Some((Op::MulAdd, vec![x, y, other]))
    }

    /// `a/(sqrt(b) + c)`
    fn div_root(&self, a: Argument, below: Argument) -> Option<(Op, Vec<Argument>)> {
        let (Op::Add, &[x, y]) = self.alone(below)? else { return None };
        [(x, y), (y, x)].into_iter().find_map(|(root, other)| {
            let (Op::Primitive(Primitive::Sqrt), &[b]) = self.alone(root)? else { return None };
            Some((Op::DivRoot, vec![a, b, other]))
        })
    }

    /// `a - s*x/(sqrt(b) + c)` or `a - s*(x/(sqrt(b) + c))`
    fn minus_div_root(&self, a: Argument, quotient: Argument) -> Option<(Op, Vec<Argument>)> {
        let scaled = self.scaled(quotient);
        let (Op::DivRoot, &[top, b, other]) = self.alone(scaled.map_or(quotient, |[_, q]| q))? else { return None };
        let [s, x] = scaled.map(|[s, _]| [s, top]).or_else(|| self.scaled(top))?;
        (self.is_number)(&other).then(|| (Op::MinusDivRoot, vec![a, s, x, b, other]))
    }

    fn flushed(&self, a: Argument) -> Option<(Op, Vec<Argument>)> {
        let (Op::Blend { square, .. }, args) = self.alone(a)? else { return None };
        Some((Op::Blend { square, flushed: true }, args.to_vec()))
    }
}

/// A loop with as few registers as its values need at a time; what nothing needs is left out.
pub(crate) fn allocate(sizes: Vec<usize>, sources: Vec<Source>, steps: &Steps, kept: &[(usize, BufferId)]) -> Lanes {
    let mut last = vec![0usize; steps.len()];
    let mut needed = vec![false; steps.len()];
    for (at, _) in kept {
        needed[*at] = true;
        last[*at] = steps.len();
    }
    for k in (0..steps.len()).rev().filter(|k| needed[*k]).collect::<Vec<_>>() {
        mark(steps, k, &mut needed);
    }
    for (k, (_, args)) in steps.iter().enumerate().filter(|(k, _)| needed[*k]) {
        for arg in args {
            if let Argument::Own(j) = arg {
                last[*j] = last[*j].max(k);
            }
        }
    }
    let first = sources.len();
    let mut registers = vec![u16::MAX; steps.len()];
    let (mut free, mut count): (Vec<u16>, usize) = (Vec::new(), first);
    let mut tape = Vec::with_capacity(steps.len());
    for (k, (op, args)) in steps.iter().enumerate().filter(|(k, _)| needed[*k]) {
        // The register that is written is none of those that are read: these are free afterwards only. What is kept has
        // one for itself, so that it can lie where it is kept.
        let own = if last[k] == steps.len() { None } else { free.pop() };
        let to = own.unwrap_or_else(|| {
            count += 1;
            (count - 1) as u16
        });
        registers[k] = to;
        let register = |a: &Argument| match a {
            Argument::Source(s) => *s as u16,
            Argument::Own(j) => registers[*j],
        };
        tape.push(Instruction { op: *op, to, args: args.iter().map(register).collect() });
        let mut done: Vec<usize> = Vec::new();
        for arg in args {
            if let Argument::Own(j) = arg
                && last[*j] == k
                && !done.contains(j)
            {
                done.push(*j);
                free.push(registers[*j]);
            }
        }
    }
    let stores = kept.iter().map(|(at, b)| (registers[*at], *b)).collect();
    Lanes { sizes, sources, tape, stores, registers: count }
}

/// All that a step reads is needed.
fn mark(steps: &Steps, from: usize, needed: &mut [bool]) {
    let mut open = vec![from];
    while let Some(k) = open.pop() {
        for arg in &steps[k].1 {
            if let Argument::Own(j) = arg
                && !std::mem::replace(&mut needed[*j], true)
            {
                open.push(*j);
            }
        }
    }
}
