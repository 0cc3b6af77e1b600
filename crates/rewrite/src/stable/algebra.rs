//! Differences that are shorter than what they are of, and sums of fractions and polynomials as one product.

use wrt_core::{Graph, Id, Node, Number, Primitive, Term};

use super::parts::{Fraction, flat, is_entrywise, multiple};
use crate::cost::cost;

/// The most nodes of a formula that algebra is done on: textbook formulas are small, and there are many sums.
const MAX_NODES: usize = 24;

/// `u - v` where terms that both have are left out.
pub(super) fn difference(graph: &mut Graph, u: Id, v: Id) -> Id {
    let joined = difference_terms(graph, u, v);
    if joined.is_empty() && graph.rank(u).max(graph.rank(v)) > 0 {
        return graph.sub(u, v);
    }
    graph.sum(&joined)
}

fn difference_terms(graph: &mut Graph, u: Id, v: Id) -> Vec<Term> {
    let (mut joined, mut constant): (Vec<Term>, Number) = (Vec::new(), Number::ZERO);
    let (plus, minus) = (flat(graph, u), flat(graph, v));
    let minus = minus.into_iter().map(|t| Term::new(-&t.coefficient, t.node));
    for t in plus.into_iter().chain(minus) {
        match (graph.as_number(t.node), joined.iter_mut().find(|j| j.node == t.node)) {
            (Some(n), _) => constant = &constant + &(&t.coefficient * n),
            (None, Some(j)) => j.coefficient = &j.coefficient + &t.coefficient,
            (None, None) => joined.push(t),
        }
    }
    joined.retain(|t| !t.coefficient.is_zero());
    if !constant.is_zero() {
        joined.push(Term::one(graph.number(constant)));
    }
    joined
}

/// `u - v` where it is shorter than the longer of both, and not 0.
pub(super) fn shorter_difference(graph: &mut Graph, u: Id, v: Id) -> Option<Id> {
    let joined = difference_terms(graph, u, v);
    if joined.is_empty() || graph.dims(u) != graph.dims(v) {
        return None;
    }
    let found = graph.sum(&joined);
    if graph.dims(found) != graph.dims(u) && !graph.is_scalar(found) {
        return None;
    }
    let longest = cost(graph, u).max(cost(graph, v));
    if cost(graph, found) < longest {
        return Some(found);
    }
    // What has no name in common has nothing that cancels.
    let names = graph.free_symbols(&[v]);
    if !graph.free_symbols(&[u]).iter().any(|x| names.contains(x)) {
        return None;
    }
    let found = simplified(graph, found)?;
    (cost(graph, found) < longest && !graph.is_zero(found)).then_some(found)
}

/// The short form, where that is defined at the same points.
fn simplified(graph: &mut Graph, id: Id) -> Option<Id> {
    if !is_rational(graph, id) {
        return None;
    }
    let written = graph.len();
    let found = crate::simple(graph, id, written);
    found.notes.is_empty().then_some(found.id)
}

/// Is a formula made of names and numbers by sums, products and whole powers, entry by entry?
pub(super) fn is_rational(graph: &Graph, id: Id) -> bool {
    graph.reachable_within(&[id], MAX_NODES).is_some_and(|all| {
        all.iter().all(|id| match graph.node(*id) {
            Node::Number(_) | Node::Symbol(_) | Node::Sum(_) => true,
            Node::Contraction(_, labels) => is_entrywise(graph, *id, labels),
            Node::Map(Primitive::Pow, &[_, n]) => graph.as_number(n).is_some_and(|n| n.as_i64().is_some()),
            _ => false,
        })
    })
}

/// A sum of fractions, or a polynomial, whose short form is a product: what cancels is done by exact numbers.
pub(super) fn product(graph: &mut Graph, id: Id) -> Option<Id> {
    if !matches!(graph.node(id), Node::Sum(terms) if terms.len() > 1) || !is_rational(graph, id) {
        return None;
    }
    let found = simplified(graph, id)?;
    let (_, inner) = multiple(graph, found);
    let is_product = matches!(graph.node(inner), Node::Contraction(..) | Node::Map(Primitive::Pow, _));
    // A sum that only got a common denominator has lost nothing: `1 + x/y` stays.
    let shorter = additions(graph, found) < additions(graph, id) || Fraction::of(graph, found).below.is_empty();
    (is_product && shorter).then_some(found)
}

/// How many pluses and minuses a formula has, each node counted once.
fn additions(graph: &Graph, id: Id) -> usize {
    let terms = |id: &Id| match graph.node(*id) {
        Node::Sum(terms) => terms.len() - 1,
        _ => 0,
    };
    graph.reachable(&[id]).iter().map(terms).sum()
}
