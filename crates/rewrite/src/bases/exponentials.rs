//! Exponentials by each other: `exp(v)` is `exp(u)*w*exp(r)` where `v - u` is `log(w) + r`.

use wrt_core::{Graph, Id, Node, Number, Primitive, Substitution, Term};

/// So many exponentials of logarithms are held against each other, of no larger exponents.
const MAX_EXPONENTIALS: usize = 6;
const MAX_EXPONENT: usize = 60;

/// Their differences have no more terms.
const MAX_TERMS: usize = 32;

/// The formula with exponentials of logarithms by one of them, by each in turn, where their exponents differ by
/// logarithms: the two densities in Black and Scholes' derivatives.
pub(super) fn by_each_other(graph: &mut Graph, root: Id, order: &[Id]) -> Vec<Id> {
    let is_log = |id: &Id| matches!(graph.node(*id), Node::Map(Primitive::Log, _));
    let exponent = |id: &Id| match graph.node(*id) {
        Node::Map(Primitive::Exp, &[u]) if graph.is_scalar(u) => Some((*id, u)),
        _ => None,
    };
    let has_log = |u: Id| graph.reachable_within(&[u], MAX_EXPONENT).is_some_and(|all| all.iter().any(is_log));
    let all = order.iter().filter_map(exponent).filter(|(_, u)| has_log(*u));
    let all: Vec<(Id, Id)> = all.take(MAX_EXPONENTIALS).collect();
    all.iter().filter_map(|one| by_one(graph, root, *one, &all)).collect()
}

/// The formula with other exponentials by one of them.
fn by_one(graph: &mut Graph, root: Id, (one, u): (Id, Id), all: &[(Id, Id)]) -> Option<Id> {
    let mut images = Substitution::default();
    let mut found = false;
    for (other, v) in all.iter().filter(|(other, _)| *other != one) {
        let difference = graph.sum(&[Term::one(*v), Term::new(Number::MINUS_ONE, u)]);
        let difference = crate::simple_part(graph, difference, 0).id;
        if let Some(factors) = of_exponential(graph, difference) {
            let image = graph.product(&[&[one], &factors[..]].concat());
            images.set(*other, image);
            found = true;
        }
    }
    found.then(|| images.apply(graph, root))
}

/// The factors of `exp(u)`, if `u` has logarithms among its terms: `w^2*exp(r)` of `2*log(w) + r`.
fn of_exponential(graph: &mut Graph, u: Id) -> Option<Vec<Id>> {
    let (mut open, mut factors, mut rest) = (vec![Term::one(u)], Vec::new(), Vec::new());
    while let Some(t) = open.pop() {
        if open.len() + factors.len() + rest.len() > MAX_TERMS {
            return None;
        }
        match graph.node(t.node) {
            Node::Sum(terms) => {
                for inner in terms {
                    open.push(Term::new(inner.coefficient.checked_mul(&t.coefficient)?, inner.node));
                }
            }
            Node::Map(Primitive::Log, &[w]) if t.coefficient.is_integer() => {
                let n = graph.number(t.coefficient);
                factors.push(graph.pow(w, n));
            }
            _ => rest.push(t),
        }
    }
    if factors.is_empty() {
        return None;
    }
    let rest = graph.sum(&rest);
    factors.push(graph.map(Primitive::Exp, &[rest]));
    Some(factors)
}
