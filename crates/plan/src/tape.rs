//! Entrywise values over the same positions as one loop: a tape and its registers.

use std::collections::HashMap;

use wrt_core::Primitive;

use crate::access::{Access, is_whole};
use crate::program::{BufferId, Instruction, Lanes, Op, Source};
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

#[derive(Clone, Copy, PartialEq)]
enum Argument {
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
    fuse(&mut steps, &kept);
    allocate(shape, sources, &steps, &kept)
}

/// `a*b + c` and `a/(sqrt(b) + c)` as one step where nothing else needs what lies between.
fn fuse(steps: &mut [(Op, Vec<Argument>)], kept: &[(usize, BufferId)]) {
    let mut uses = vec![0usize; steps.len()];
    let own = |a: &Argument| if let Argument::Own(k) = a { Some(*k) } else { None };
    steps.iter().flat_map(|(_, args)| args.iter().filter_map(own)).for_each(|k| uses[k] += 1);
    kept.iter().for_each(|(k, _)| uses[*k] += 1);
    for k in 0..steps.len() {
        if let (Op::Div, [x, Argument::Own(below)]) = (steps[k].0, &steps[k].1[..])
            && let (Op::Add, [Argument::Own(root), other]) = (steps[*below].0, &steps[*below].1[..])
            && steps[*root].0 == Op::Primitive(Primitive::Sqrt)
            && uses[*below] == 1
            && uses[*root] == 1
        {
            steps[k] = (Op::DivRoot, vec![*x, steps[*root].1[0], *other]);
            continue;
        }
        let (Op::Add, [a, b]) = (steps[k].0, &steps[k].1[..]) else { continue };
        let alone = |x: &Argument| own(x).filter(|j| steps[*j].0 == Op::Mul && uses[*j] == 1);
        let (product, other) = match (alone(a), alone(b)) {
            (Some(j), _) => (j, *b),
            (_, Some(j)) => (j, *a),
            _ => continue,
        };
        let args = [&steps[product].1[..], &[other]].concat();
        steps[k] = (Op::MulAdd, args);
        // Nothing reads it any more.
        uses[product] = 0;
    }
}

fn allocate(
    sizes: Vec<usize>,
    sources: Vec<Source>,
    steps: &[(Op, Vec<Argument>)],
    kept: &[(usize, BufferId)],
) -> Lanes {
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
        // The register that is written is none of those that are read: these are free afterwards only.
        let to = free.pop().unwrap_or_else(|| {
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
fn mark(steps: &[(Op, Vec<Argument>)], from: usize, needed: &mut [bool]) {
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
