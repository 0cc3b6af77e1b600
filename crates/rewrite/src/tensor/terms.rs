//! The terms of a formula that mean something each, as the gradients of a cost and of its penalty: each with its own number,
//! in the order of their names.

use std::collections::HashSet;

use wrt_core::{Graph, Id, LabelsId, Node, Number, Primitive, Term};

use crate::cost;
use crate::order::{self, divisor, without_coefficients};

/// Longer sums stay as they are.
const MAX_TERMS: usize = 4;

/// `2*(l*w + X' @ r)` as `2*X' @ r + 2*l*w`, where no term has only names that all have; not what a person wrote as a sum.
pub(super) fn apart(graph: &mut Graph, id: Id, written: usize) -> Id {
    let (coefficient, sum) = match graph.node(id) {
        Node::Sum([single]) => (single.coefficient.clone(), single.node),
        _ => (Number::ONE, id),
    };
    let Node::Sum(terms) = graph.node(sum) else { return id };
    if !(2..=MAX_TERMS).contains(&terms.len()) || !terms.iter().any(|t| is_product(graph, t.node)) {
        return id;
    }
    let Some(mut terms) = with_own_names(graph, terms).filter(|_| !is_written(graph, terms, written)) else {
        return id;
    };
    terms.sort_by_key(|(name, _)| *name);
    let sum = graph.sum(&terms.into_iter().map(|(_, t)| t).collect::<Vec<Term>>());
    times(graph, &coefficient, sum)
}

/// Larger formulas stay as they are.
const MAX_NODES: usize = 150;

/// How much longer a quotient may become by that.
const SLACK: u32 = 6;

/// `(norm2(x)^2*y - (x' @ y)*x)/norm2(x)^3` as `y/norm2(x) - (x' @ y)*x/norm2(x)^3`, where a term has what it is divided by.
pub(super) fn quotients(graph: &mut Graph, id: Id) -> Id {
    let (coefficient, node) = match graph.node(id) {
        Node::Sum([single]) => (single.coefficient.clone(), single.node),
        _ => (Number::ONE, id),
    };
    let small = graph.reachable_within(&[node], MAX_NODES).is_some();
    match small.then(|| apart_over_bar(graph, node)).flatten() {
        Some(new) if cost(graph, new) <= cost(graph, node) + SLACK => times(graph, &coefficient, new),
        _ => id,
    }
}

/// A number times a node, each term of a sum.
fn times(graph: &mut Graph, number: &Number, id: Id) -> Id {
    let scaled = |t: &Term| Some(Term::new(t.coefficient.checked_mul(number)?, t.node));
    let terms = match graph.node(id) {
        Node::Sum(terms) => terms.iter().map(scaled).collect::<Option<Vec<Term>>>(),
        _ => None,
    };
    let terms = terms.unwrap_or_else(|| vec![Term::new(number.clone(), id)]);
    graph.sum(&terms)
}

fn apart_over_bar(graph: &mut Graph, id: Id) -> Option<Id> {
    let Node::Contraction(factors, labels) = graph.node(id) else { return None };
    let (factors, labels) = (factors.to_vec(), graph.labels(labels).clone());
    let at = labels.factors.iter().position(|own| !own.is_empty())?;
    let whole = labels.factors.iter().enumerate().all(|(k, own)| k == at || own.is_empty());
    let Node::Sum(terms) = graph.node(factors[at]) else { return None };
    // A label that no factor has says how often the product is added up.
    let whole = whole && labels.dims.len() == labels.output.len();
    if !whole || labels.factors[at] != labels.output || !(2..=MAX_TERMS).contains(&terms.len()) {
        return None;
    }
    let terms = terms.to_vec();
    let divisor = |id: Id| divisor(graph, id);
    let scalars = (0..factors.len()).filter(|k| *k != at).map(|k| factors[k]);
    let (below, above): (Vec<Id>, Vec<Id>) = scalars.partition(|f| divisor(*f).is_some());
    let cancels = |f: &Id| divisor(*f).is_some_and(|base| terms.iter().any(|t| has_scalar(graph, t.node, base)));
    if !below.iter().any(cancels) {
        return None;
    }
    // Names and numbers that no term has stay below the bracket.
    let is_plain = |id: Id| matches!(graph.node(id), Node::Symbol(_) | Node::Number(_) | Node::Constant(_));
    let (outside, below): (Vec<Id>, Vec<Id>) =
        below.into_iter().partition(|f| !cancels(f) && divisor(*f).is_some_and(is_plain));
    let mut quotients = Vec::with_capacity(terms.len());
    for t in terms {
        let quotient = scaled(graph, &below, t.node);
        let simple = crate::simple_part(graph, quotient, 0).id;
        quotients.push(match graph.node(simple) {
            Node::Sum([single]) => Term::new(single.coefficient.checked_mul(&t.coefficient)?, single.node),
            _ => Term::new(t.coefficient, simple),
        });
    }
    let sum = graph.sum(&quotients);
    let around = [above, outside].concat();
    Some(if around.is_empty() { sum } else { scaled(graph, &around, sum) })
}

/// Numbers times an array.
fn scaled(graph: &mut Graph, numbers: &[Id], array: Id) -> Id {
    let dims = graph.dims(array).to_vec();
    let labels: Vec<u8> = (0..dims.len() as u8).collect();
    let mut lists: Vec<&[u8]> = vec![&[]; numbers.len()];
    lists.push(&labels);
    graph.einsum(&[numbers, &[array]].concat(), &lists, &labels, &dims)
}

/// Is a number, its opposite, or a power of it, a factor of an array?
fn has_scalar(graph: &Graph, id: Id, base: Id) -> bool {
    let power_of = |f: Id| match graph.node(f) {
        Node::Map(Primitive::Pow, &[inner, _]) | Node::Map(Primitive::Sqrt, &[inner]) => inner == base,
        _ => f == base || order::are_opposite(graph, f, base),
    };
    match graph.node(without_coefficients(graph, id)) {
        Node::Contraction(factors, _) => factors.iter().any(|f| power_of(*f)),
        _ => false,
    }
}

/// Is anything summed in it?
fn is_product(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Contraction(factors, labels) if labels != LabelsId::SCALAR && factors.len() > 1)
}

/// Each term with the first of its names that not all of them have.
fn with_own_names(graph: &Graph, terms: &[Term]) -> Option<Vec<(Id, Term)>> {
    let names: Vec<Vec<Id>> = terms.iter().map(|t| graph.free_symbols(&[t.node])).collect();
    let shared = |name: &Id| names.iter().all(|other| other.contains(name));
    let own = |k: usize| names[k].iter().copied().filter(|name| !shared(name)).min();
    terms.iter().enumerate().map(|(k, t)| Some((own(k)?, t.clone()))).collect()
}

/// Has a person written a sum of the same terms, of either sign?
fn is_written(graph: &Graph, terms: &[Term], written: usize) -> bool {
    let nodes: HashSet<Id> = terms.iter().map(|t| t.node).collect();
    (0..written).map(Id::from_index).any(|id| match graph.node(id) {
        Node::Sum(own) => own.len() == terms.len() && own.iter().all(|t| nodes.contains(&t.node)),
        _ => false,
    })
}
