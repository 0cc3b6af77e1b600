//! Numbers at a point: exact where the formula is rational, otherwise in doubles.

use wrt_core::{Graph, Id, Node, Number, Primitive, substitute};

use crate::error::Error;

/// Exact values of symbols.
pub type Point<'a> = &'a [(Id, Number)];

/// Exact evaluation stops where the graph would grow beyond this; doubles go on.
const EXACT_NODES: usize = 1 << 14;

/// The nearest doubles to the values of nodes at a point.
///
/// A rational formula is computed exactly and rounded once, so that `w^2` at `w = 3.001` is 9.006001.
///
/// # Errors
/// For a name without a value.
pub fn values(graph: &mut Graph, ids: &[Id], at: Point<'_>) -> Result<Vec<f64>, Error> {
    let doubles: Vec<(Id, f64)> = at.iter().map(|(id, n)| (*id, n.to_f64())).collect();
    let mut found = wrt_run::evaluate(graph, ids, &doubles, &0.0)?;
    for (value, id) in found.iter_mut().zip(ids) {
        if let Some(exact) = exact(graph, *id, at) {
            *value = exact.to_f64();
        }
    }
    Ok(found)
}

/// The exact value of a rational formula.
pub(crate) fn exact(graph: &mut Graph, id: Id, at: Point<'_>) -> Option<Number> {
    if let Some(n) = graph.as_number(id) {
        return Some(n.clone());
    }
    if !is_rational(graph, id) {
        return None;
    }
    let pairs: Vec<(Id, Id)> = at.iter().map(|(x, n)| (*x, graph.number(n.clone()))).collect();
    let limit = graph.len() + EXACT_NODES;
    let image = substitute(graph, id, &pairs, limit)?;
    graph.as_number(image).cloned()
}

/// Is it made of numbers, names, sums, products and integer powers only?
fn is_rational(graph: &Graph, id: Id) -> bool {
    let below = graph.reachable(&[id]);
    below.len() < EXACT_NODES
        && below.iter().all(|id| match graph.node(*id) {
            Node::Number(_) | Node::Symbol(_) | Node::Sum(_) | Node::Contraction(..) => true,
            Node::Map(Primitive::Pow, &[_, e]) => graph.as_number(e).is_some_and(Number::is_integer),
            Node::Map(..) | Node::Constant(_) => false,
        })
}
