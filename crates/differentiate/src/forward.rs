//! Forward mode: tangents from the leaves to the roots.

use wrt_core::{Assumptions, Builder, Calls, Ex, Graph, Id, Operation, Origin, Role};

use crate::NotDifferentiable;
use crate::local::{Local, partials, pulled, replaced, unbroadcast};
use crate::reverse::ReverseSweep;
use crate::scan;

/// Forward mode: the derivative of each root along the direction that moves `wrt[k]` by `direction[k]`.
///
/// # Errors
/// As [`gradient`](crate::gradient).
pub fn jvp(graph: &mut Graph, roots: &[Id], wrt: &[Id], direction: &[Id]) -> Result<Vec<Id>, NotDifferentiable> {
    push(graph, roots, wrt, direction, 0)
}

/// The Jacobians of the roots with respect to `x`, in forward mode: one sweep for all of them.
pub(crate) fn columns(graph: &mut Graph, roots: &[Id], x: Id) -> Result<Vec<Id>, NotDifferentiable> {
    let dims = graph.dims(x).to_vec();
    let seed = dims.len();
    let identity = graph.within(Origin::Tangent(x), |g| g.identity(&dims));
    let columns = push(graph, roots, &[x], &[identity], seed)?;
    let behind = |(root, column): (&Id, Id)| {
        let own = graph.rank(*root);
        let order: Vec<usize> = (seed..seed + own).chain(0..seed).collect();
        graph.within(Origin::Tangent(*root), |g| g.permute(column, &order))
    };
    Ok(roots.iter().zip(columns).map(behind).collect())
}

/// Tangents with `seed` axes in front of each node's own.
pub(crate) fn push(
    graph: &mut Graph,
    roots: &[Id],
    wrt: &[Id],
    direction: &[Id],
    seed: usize,
) -> Result<Vec<Id>, NotDifferentiable> {
    let order = graph.reachable(roots);
    let calls = Calls::among(graph, order.iter().copied());
    let mut tangents: Vec<Option<Id>> = vec![None; graph.len()];
    for (x, t) in wrt.iter().zip(direction) {
        tangents[x.index()] = Some(*t);
    }
    let seeds: Vec<_> = direction.first().map(|t| graph.dims(*t)[..seed].to_vec()).unwrap_or_default();
    Builder::scope(graph, |b| {
        for id in order {
            if tangents[id.index()].is_none() {
                let from = b.with(|g| g.len());
                if let Some(results) = calls.results(id) {
                    // All results of a call are pushed with its first one.
                    for (of, tangent) in scan::pushed(b, results, &|c| tangents[c.index()], seed)? {
                        tangents[of.index()] = tangents[of.index()].or(Some(tangent));
                    }
                    b.with(|g| g.attribute_all(from, Origin::Tangent(id)));
                    continue;
                }
                let parts = parts_of(b, id, &|c| tangents[c.index()], seed)?;
                if !parts.is_empty() {
                    tangents[id.index()] = Some(b.sum(&parts));
                }
                b.with(|g| g.attribute_all(from, Origin::Tangent(id)));
            }
        }
        let zero = |root: Id| {
            b.with(|g| {
                let dims = [&seeds[..], g.dims(root)].concat();
                g.within(Origin::Tangent(root), |g| if dims.is_empty() { g.integer(0) } else { g.zeros(&dims) })
            })
        };
        Ok(roots.iter().map(|r| tangents[r.index()].unwrap_or_else(|| zero(*r))).collect())
    })
}

/// What each moving child adds to a node's tangent.
fn parts_of(
    b: &Builder,
    id: Id,
    tangent: &dyn Fn(Id) -> Option<Id>,
    seed: usize,
) -> Result<Vec<Id>, NotDifferentiable> {
    let moves = |c: Id| tangent(c).is_some();
    let local = b.with(|g| Local::of(g, id, &moves));
    let mut parts = Vec::new();
    match &local {
        Local::Contraction(factors, labels) => {
            for (k, factor) in factors.iter().enumerate() {
                if let Some(t) = tangent(*factor) {
                    parts.push(replaced(b, factors, *labels, k, b.at(t), seed, false).id());
                }
            }
        }
        Local::Operation(operation, args) => {
            for (k, arg) in args.iter().enumerate() {
                if let Some(t) = tangent(*arg) {
                    parts.extend(transposed(b, operation, args, k, id, b.at(t), seed)?);
                }
            }
        }
        _ => {
            for (child, partial) in partials(b, id, &local, &moves, &|_| Origin::Tangent(id))? {
                if let Some(t) = tangent(child) {
                    let spread = spread(b, b.at(t), seed, child, id);
                    parts.push((partial * spread).id());
                }
            }
        }
    }
    Ok(parts)
}

/// The tangent of a scalar as that of each entry of the tensor that it stands in.
fn spread<'b>(b: &'b Builder, tangent: Ex<'b>, seed: usize, child: Id, node: Id) -> Ex<'b> {
    let id = b.with(|g| {
        if seed == 0 && g.is_scalar(node) || g.rank(child) == g.rank(node) {
            return tangent.id();
        }
        let dims = [&g.dims(tangent.id())[..seed], g.dims(node)].concat();
        let all: Vec<u8> = (0..dims.len() as u8).collect();
        g.einsum(&[tangent.id()], &[&all[..seed]], &all, &dims)
    });
    b.at(id)
}

/// An operation's tangent from its pullback, which is linear in the adjoint: the derivative of ⟨pullback(y), t⟩ with
/// respect to y.
fn transposed<'b>(
    b: &'b Builder,
    operation: &Operation,
    args: &[Id],
    argument: usize,
    value: Id,
    tangent: Ex<'b>,
    seed: usize,
) -> Result<Option<Id>, NotDifferentiable> {
    let adjoint = b.with(|g| {
        let dims = g.dims(value).to_vec();
        g.tensor_symbol(&format!("adjoint of node {}", value.index()), Role::Variable, &dims, Assumptions::default())
    });
    let Some(pulled) = pulled(b, operation, args, argument, value, b.at(adjoint))? else { return Ok(None) };
    let pulled = unbroadcast(b, pulled, 0, args[argument]);
    b.with(|g| {
        let dims = g.dims(tangent.id()).to_vec();
        let all: Vec<u8> = (0..dims.len() as u8).collect();
        let inner = g.einsum(&[pulled.id(), tangent.id()], &[&all[seed..], &all], &all[..seed], &dims);
        let mut sweep = ReverseSweep::new(g.len());
        Ok(sweep.gradient(g, inner, &[adjoint])?.pop())
    })
}
