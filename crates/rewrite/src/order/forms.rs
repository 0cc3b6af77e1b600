//! What a formula looks like: brackets, bars, and what stands in them.

use wrt_core::{Graph, Id, LabelsId, Node, Primitive, Term};

use super::parts::{Factor, base, divisor, factors_within, is_number, is_polynomial, product, without_coefficients};
use super::sums::terms_within;
use super::{MAX_NODES, MAX_PARTS};
use crate::cost::written_cost;

/// Products with brackets in brackets that are no longer may become longer as terms.
const SHORT_NESTED: u64 = 45;

/// Has a product a sum above the bar?
pub(crate) fn multiplies_bracket(graph: &Graph, id: Id) -> bool {
    let Node::Contraction(factors, _) = graph.node(id) else { return false };
    factors_within(graph, factors).iter().any(|f| matches!(graph.node(*f), Node::Sum([_, _, ..])))
}

/// Is it one fraction, with a sum of products of names above the bar?
pub(crate) fn is_fraction_of_names(graph: &Graph, id: Id) -> bool {
    let Node::Contraction(factors, LabelsId::SCALAR) = graph.node(without_coefficients(graph, id)) else {
        return false;
    };
    let (below, above): (Vec<Id>, Vec<Id>) = factors.iter().partition(|f| divisor(graph, **f).is_some());
    let is_name = |f: &(Id, i64)| matches!(graph.node(f.0), Node::Symbol(_));
    let of_names =
        |id: Id| product(graph, id, &mut { MAX_PARTS }).is_some_and(|(factors, _)| factors.iter().all(is_name));
    let sums = above.iter().filter(|f| matches!(graph.node(**f), Node::Sum([_, _, ..])));
    // Three terms, and bars within bars, are read more easily one by one.
    let fits = |f: &Id| match graph.node(*f) {
        Node::Sum(terms) => terms.len() == 2 && terms.iter().all(|t| of_names(t.node) && !is_quotient(graph, t.node)),
        _ => of_names(*f),
    };
    !below.is_empty() && sums.count() == 1 && above.iter().all(fits)
}

/// Is it a sum, or a product with one, above or below the bar?
pub(crate) fn has_bracket(graph: &Graph, id: Id) -> bool {
    let id = without_coefficients(graph, id);
    let is_sum = |f: Id| matches!(graph.node(base(graph, f).0.0), Node::Sum([_, _, ..]));
    match graph.node(id) {
        Node::Contraction(factors, _) => factors.iter().any(|f| is_sum(*f)),
        _ => is_sum(id),
    }
}

/// Is it a sum of so many terms or more without brackets, as `a*x^2 + b*x + c`?
pub(crate) fn is_flat_sum(graph: &Graph, id: Id, least: usize) -> bool {
    let is_sum = |f: &Id| matches!(graph.node(base(graph, *f).0.0), Node::Sum([_, _, ..]));
    let is_flat = |t: &Term| match graph.node(t.node) {
        Node::Contraction(factors, LabelsId::SCALAR) => !factors_within(graph, factors).iter().any(is_sum),
        _ => !is_sum(&t.node),
    };
    terms_within(graph, id).is_some_and(|terms| terms.len() >= least && terms.iter().all(is_flat))
}

/// Is it a sum of powers of one name with numbers before them?
pub(crate) fn is_polynomial_of_one_name(graph: &Graph, id: Id) -> bool {
    let Node::Sum(terms @ [_, _, ..]) = graph.node(id) else { return false };
    let backwards: Vec<Term> = terms.iter().rev().cloned().collect();
    is_polynomial(graph, terms) || is_polynomial(graph, &backwards)
}

/// Is it a sum with a number among its terms?
fn is_sum_with_number(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Sum(terms @ [_, _, ..]) if terms.iter().any(|t| is_number(graph, t)))
}

/// Is it such a sum, or a product with one?
pub(crate) fn has_number_in_sum(graph: &Graph, id: Id) -> bool {
    let id = without_coefficients(graph, id);
    match graph.node(id) {
        Node::Contraction(factors, LabelsId::SCALAR) => factors.iter().any(|f| is_sum_with_number(graph, *f)),
        _ => is_sum_with_number(graph, id),
    }
}

/// Has a short product a sum above the bar in which an exponential and a sum multiply, as in `(x + y)*exp(-x) - y`?
pub(crate) fn has_nested_bracket(graph: &Graph, id: Id) -> bool {
    let is_sum = |f: &Id| matches!(graph.node(*f), Node::Sum([_, _, ..]));
    let has_exponential = |f: &Id| match graph.node(*f) {
        Node::Sum(terms) => terms.iter().any(|t| is_exponential(graph, t.node)),
        _ => is_exponential(graph, *f),
    };
    let nested = |t: &Term| match graph.node(t.node) {
        Node::Contraction(factors, LabelsId::SCALAR) => {
            factors.iter().any(is_sum) && factors.iter().any(has_exponential)
        }
        _ => false,
    };
    let Node::Contraction(factors, LabelsId::SCALAR) = graph.node(without_coefficients(graph, id)) else {
        return false;
    };
    let bracket = |f: &Id| matches!(graph.node(*f), Node::Sum(terms @ [_, _, ..]) if terms.iter().any(nested));
    factors.iter().any(bracket) && written_cost(graph, id) <= SHORT_NESTED
}

/// Has a quotient quotients in a sum of so many terms or more above the bar, as `(a - b/m)/r^3` has?
pub(crate) fn divides_fractions(graph: &Graph, id: Id, count: usize) -> bool {
    let Node::Contraction(factors, LabelsId::SCALAR) = graph.node(without_coefficients(graph, id)) else {
        return false;
    };
    let factors = factors_within(graph, factors);
    let fractions = |f: &Id| match graph.node(*f) {
        Node::Sum(terms) => terms.len() >= count && terms.iter().any(|t| is_quotient(graph, t.node)),
        _ => false,
    };
    factors.iter().any(|f| divisor(graph, *f).is_some()) && factors.iter().any(fractions)
}

/// Does a product divide by a sum that is also below a bar in one of its brackets, as `(3 - x/(1 + x^2))/(1 + x^2)` does,
/// or by the only name there is?
pub(crate) fn divides_twice(graph: &Graph, id: Id) -> bool {
    let Some((factors, _)) = product(graph, id, &mut { MAX_PARTS }) else { return false };
    let only = graph.free_symbols(&[id]).len() == 1;
    let counts = |d: Id| only || matches!(graph.node(d), Node::Sum([_, _, ..]));
    let divided = |(f, power): &&Factor| *power < 0 && counts(*f);
    let divisors: Vec<Id> = factors.iter().filter(divided).map(|(f, _)| *f).collect();
    let divides = |t: &Term| {
        let inner = product(graph, t.node, &mut { MAX_PARTS });
        inner.is_some_and(|(inner, _)| inner.iter().any(|(f, power)| *power < 0 && divisors.contains(f)))
    };
    factors.iter().any(|(f, _)| matches!(graph.node(*f), Node::Sum(terms @ [_, _, ..]) if terms.iter().any(divides)))
}

/// Is it a product in which nothing is divided, also not in its brackets?
pub(crate) fn is_plain_product(graph: &Graph, id: Id) -> bool {
    let whole = |t: &Term| t.coefficient.is_integer();
    let plain = |f: &Id| match graph.node(*f) {
        Node::Sum(terms) => {
            terms.iter().all(|t| whole(t) && divisor(graph, t.node).is_none() && !has_bar(graph, t.node))
        }
        _ => divisor(graph, *f).is_none(),
    };
    match graph.node(id) {
        Node::Sum([single]) => whole(single) && is_plain_product(graph, single.node),
        Node::Contraction(factors, _) => factors.iter().all(plain),
        _ => false,
    }
}

/// Is it a quotient, or one with something before the bar?
pub(super) fn is_quotient(graph: &Graph, id: Id) -> bool {
    match graph.node(without_coefficients(graph, id)) {
        Node::Contraction(factors, LabelsId::SCALAR) => factors.iter().any(|f| divisor(graph, *f).is_some()),
        _ => divisor(graph, id).is_some(),
    }
}

/// Is something in it divided?
fn has_bar(graph: &Graph, id: Id) -> bool {
    let all = graph.reachable_within(&[id], MAX_NODES);
    all.is_some_and(|all| all.iter().any(|id| divisor(graph, *id).is_some()))
}

pub(super) fn is_exponential(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Map(Primitive::Exp, _))
}

/// `u` of `1 + exp(u)`.
pub(super) fn one_and_exponential(graph: &Graph, id: Id) -> Option<Id> {
    let Node::Sum([a, b]) = graph.node(id) else { return None };
    let one = |t: &Term| graph.as_number(t.node).is_some_and(|n| (n * &t.coefficient).is_one());
    let of = |t: &Term| match graph.node(t.node) {
        Node::Map(Primitive::Exp, &[u]) if t.coefficient.is_one() => Some(u),
        _ => None,
    };
    if one(a) { of(b) } else { of(a).filter(|_| one(b)) }
}

/// `u` of `1/(1 + exp(u))^2`.
pub(super) fn below_square(graph: &Graph, id: Id) -> Option<Id> {
    match graph.node(id) {
        Node::Map(Primitive::Pow, &[base, e]) if graph.as_number(e)?.as_i64()? == -2 => {
            one_and_exponential(graph, base)
        }
        _ => None,
    }
}

/// `u` of `log(1 + exp(u))`.
pub(super) fn softplus(graph: &Graph, id: Id) -> Option<Id> {
    match graph.node(id) {
        Node::Map(Primitive::Log, &[sum]) => one_and_exponential(graph, sum),
        _ => None,
    }
}
