//! Derivatives term by term, as a person takes them and as the text has them: a sum's terms each by themselves, constant
//! factors before what they multiply, the two terms of the product rule, a product by the derivative of its logarithm.

use wrt_core::{Builder, Graph, Id, LabelsId, Node, NodeMap, Number, Primitive, Term};
use wrt_rewrite::Simplified;

use crate::derivatives::depending;
use crate::error::Error;
use crate::session::Session;

/// Larger formulas are not taken apart.
const MAX_NODES: usize = 200;

/// Nor are products of more factors.
const MAX_FACTORS: usize = 16;

/// Nor are those of more terms.
const MAX_TERMS: usize = 8;

/// A part of a derivative: a constant number of times the derivative of a term, of a factor between others, of a logarithm, or
/// what multiplies the derivatives of other parts.
enum Part {
    Term(Id),
    Bracket(Vec<Id>, Vec<(Number, Part)>),
    Factor(Id, [Vec<Id>; 2]),
    Logarithm(Id),
}

impl Session {
    /// The forms for people of the derivatives `made` of a number `of`, each `by` its variable: of the formula that the rules
    /// give, or term by term, where that is no longer and has as many digits in doubles.
    pub(crate) fn simplify_gradient(&mut self, of: Id, made: &[Id], by: &[Id], written: usize) -> Vec<Simplified> {
        let mut shown = self.simplify_written(made, by, written);
        self.term_by_term(of, by, written, &mut shown);
        shown
    }

    /// Puts derivatives term by term where those are as good.
    pub(crate) fn term_by_term(&mut self, of: Id, by: &[Id], written: usize, shown: &mut [Simplified]) {
        if !self.graph().is_scalar(of) || self.graph().reachable_within(&[of], MAX_NODES).is_none() {
            return;
        }
        let keep: Vec<Id> = self.named().into_iter().map(|(node, _)| node).collect();
        for (x, shown) in by.iter().zip(shown) {
            let depends = depending(self.graph(), of, &[*x]);
            let by_logarithms = by_logarithms(self.graph_mut(), &depends, of);
            for parts in [taken_apart(self.graph(), &depends, of), by_logarithms] {
                let mut notes = Vec::new();
                let terms = parts.and_then(|parts| self.derived_parts(&parts, *x, written, &mut notes).ok());
                let Some(terms) = terms.filter(|terms| !terms.is_empty()) else { continue };
                let id = self.graph_mut().sum(&terms);
                let mut other = [Simplified { id, notes }];
                wrt_rewrite::as_written(self.graph_mut(), &mut other, &[*x], written, &keep);
                let [mut other] = other;
                // Where one term has a value now, another one may still have none.
                other.notes.retain(|note| shown.notes.contains(note));
                if other.id != shown.id && wrt_rewrite::is_as_good(self.graph(), shown.id, other.id) {
                    *shown = other;
                }
            }
        }
    }

    fn derived_parts(
        &mut self,
        parts: &[(Number, Part)],
        x: Id,
        written: usize,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Term>, Error> {
        let mut terms: Vec<Term> = Vec::new();
        for (coefficient, part) in parts {
            let graph = self.graph_mut();
            let gradient = |graph: &mut Graph, of: Id| wrt_differentiate::gradient(graph, of, &[x]).map(|made| made[0]);
            let scaled = |graph: &mut Graph, id: Id| graph.sum(&[Term::new(coefficient.clone(), id)]);
            let made = match part {
                Part::Term(of) => {
                    let of = scaled(graph, *of);
                    gradient(graph, of)?
                }
                Part::Factor(of, [before, behind]) => {
                    let made = gradient(graph, *of)?;
                    let made = Builder::scope(graph, |b| behind.iter().fold(b.at(made), |all, f| all * b.at(*f)).id());
                    let made = multiplied(graph, before, made);
                    scaled(graph, made)
                }
                Part::Logarithm(of) => {
                    let made = gradient(graph, *of)?;
                    graph.div(made, *of)
                }
                Part::Bracket(factors, inner) => {
                    let inner = self.derived_parts(inner, x, written, notes)?;
                    if !inner.is_empty() {
                        let term = self.bracket(factors, inner, coefficient);
                        join(self.graph_mut(), &mut terms, term);
                    }
                    continue;
                }
            };
            let simple = self.simplify_written(&[made], &[x], written).swap_remove(0);
            notes.extend(simple.notes);
            let new = added(self.graph(), simple.id, written);
            new.into_iter().for_each(|t| join(self.graph_mut(), &mut terms, t));
        }
        Ok(terms)
    }

    /// Factors times a sum, whose sign stands before it: `g*(m + 1/r)` for `-g*(-m - 1/r)`.
    fn bracket(&mut self, factors: &[Id], mut terms: Vec<Term>, coefficient: &Number) -> Term {
        let graph = self.graph_mut();
        let negative =
            |t: &Term| t.coefficient.is_negative() != graph.as_number(t.node).is_some_and(Number::is_negative);
        let turned = terms.iter().all(negative);
        if turned {
            terms.iter_mut().for_each(|t| t.coefficient = -&t.coefficient);
        }
        let sum = graph.sum(&terms);
        Term::new(if turned { -coefficient } else { coefficient.clone() }, multiplied(graph, factors, sum))
    }
}

/// The product of numbers with a number or an array, in this order.
fn multiplied(graph: &mut Graph, factors: &[Id], by: Id) -> Id {
    Builder::scope(graph, |b| factors.iter().rev().fold(b.at(by), |all, f| b.at(*f) * all).id())
}

/// The parts of a sum, of a sum times constants, or of a product of two; none where there is nothing to take apart.
fn taken_apart(graph: &Graph, depends: &NodeMap<bool>, of: Id) -> Option<Vec<(Number, Part)>> {
    if let Some(parts) = by_product_rule(graph, depends, of) {
        return Some(parts);
    }
    let (mut parts, mut count) = (Vec::new(), 0);
    take_apart(graph, depends, &Number::ONE, of, &mut parts, &mut count)?;
    (count > 1 && count <= MAX_TERMS).then_some(parts)
}

/// A number times a product of numbers, as the number and the factors.
fn as_product(graph: &Graph, of: Id) -> Option<(Number, Vec<Id>)> {
    let (coefficient, product) = match graph.node(of) {
        Node::Sum([single]) => (single.coefficient.clone(), single.node),
        _ => (Number::ONE, of),
    };
    let factors = match graph.node(product) {
        Node::Contraction(factors, LabelsId::SCALAR) => factors,
        Node::Map(Primitive::Exp, _) => &[product],
        Node::Map(Primitive::Pow, &[_, e]) if graph.as_number(e).is_none() => &[product],
        _ => return None,
    };
    let (mut found, mut open) = (Vec::new(), factors.to_vec());
    open.reverse();
    while let Some(f) = open.pop() {
        match graph.node(f) {
            Node::Contraction(inner, LabelsId::SCALAR) => open.extend(inner.iter().rev()),
            _ => found.push(f),
        }
        // A square of a square, again and again, has more factors than nodes.
        if found.len() + open.len() > MAX_FACTORS {
            return None;
        }
    }
    Some((coefficient, found))
}

/// `f*g*(f'/f + g'/g)` of `f*g`, where none of them is 0: exponentials, and what is divided by. Of one exponential `f*u'`,
/// of `u^v` that times `v'*log(u) + v*u'/u`, and `f'/f + g'/g` of `log(f*g)`, term by term.
fn by_logarithms(graph: &mut Graph, depends: &NodeMap<bool>, of: Id) -> Option<Vec<(Number, Part)>> {
    let (coefficient, factors) = as_product(graph, of)?;
    let never_zero = |f: &Id| match graph.node(*f) {
        Node::Map(Primitive::Exp, _) => true,
        Node::Map(Primitive::Pow, &[_, e]) => graph.as_number(e).is_some_and(Number::is_negative),
        _ => false,
    };
    let moved: Vec<Id> = factors.iter().copied().filter(|f| depends.of(*f)).collect();
    if let [only] = moved[..]
        && let Node::Map(Primitive::Exp, &[u]) = graph.node(only)
    {
        let (mut inner, mut count) = (Vec::new(), 0);
        take_apart(graph, depends, &Number::ONE, u, &mut inner, &mut count)?;
        return (count > 1 && count <= MAX_TERMS).then(|| vec![(coefficient, Part::Bracket(factors, inner))]);
    }
    if let [only] = moved[..]
        && let Node::Map(Primitive::Pow, &[u, v]) = graph.node(only)
        && depends.of(u)
        && depends.of(v)
    {
        let log = graph.map(Primitive::Log, &[u]);
        let parts = [Part::Factor(v, [vec![], vec![log]]), Part::Factor(log, [vec![v], vec![]])];
        return Some(vec![(coefficient, Part::Bracket(factors, parts.map(|part| (Number::ONE, part)).into()))]);
    }
    if let [only] = moved[..]
        && let Node::Map(Primitive::Log, &[u]) = graph.node(only)
    {
        let inner = logarithms(as_product(graph, u)?.1.into_iter().filter(|f| depends.of(*f)));
        let constants = factors.into_iter().filter(|f| *f != only).collect();
        return (inner.len() > 1).then(|| vec![(coefficient, Part::Bracket(constants, inner))]);
    }
    let fits = moved.len() > 1 && moved.iter().all(never_zero);
    fits.then(|| vec![(coefficient, Part::Bracket(factors, logarithms(moved.into_iter())))])
}

fn logarithms(of: impl Iterator<Item = Id>) -> Vec<(Number, Part)> {
    of.map(|f| (Number::ONE, Part::Logarithm(f))).collect()
}

/// `f'*g` and `f*g'` of a number times `f*g`, perhaps with constants.
fn by_product_rule(graph: &Graph, depends: &NodeMap<bool>, of: Id) -> Option<Vec<(Number, Part)>> {
    let (coefficient, factors) = as_product(graph, of)?;
    let moved: Vec<usize> = (0..factors.len()).filter(|k| depends.of(factors[*k])).collect();
    let part = |k: &usize| {
        (coefficient.clone(), Part::Factor(factors[*k], [factors[..*k].to_vec(), factors[k + 1..].to_vec()]))
    };
    (moved.len() == 2).then(|| moved.iter().map(part).collect())
}

fn take_apart(
    graph: &Graph,
    depends: &NodeMap<bool>,
    coefficient: &Number,
    id: Id,
    parts: &mut Vec<(Number, Part)>,
    count: &mut usize,
) -> Option<()> {
    if !depends.of(id) {
        return Some(());
    }
    // A sum of a sum and itself, again and again, has more terms than nodes.
    if *count > MAX_TERMS {
        return None;
    }
    match graph.node(id) {
        Node::Sum(terms) => {
            for t in terms {
                take_apart(graph, depends, &coefficient.checked_mul(&t.coefficient)?, t.node, parts, count)?;
            }
        }
        Node::Contraction(factors, LabelsId::SCALAR) => {
            let (moved, constants): (Vec<Id>, Vec<Id>) = factors.iter().partition(|f| depends.of(**f));
            let sum = match moved[..] {
                [only] => matches!(graph.node(only), Node::Sum([_, _, ..])).then_some(only),
                _ => None,
            };
            let mut inner = Vec::new();
            if let Some(sum) = sum {
                take_apart(graph, depends, &Number::ONE, sum, &mut inner, count)?;
            }
            if inner.len() > 1 {
                parts.push((coefficient.clone(), Part::Bracket(constants, inner)));
            } else {
                *count += 1;
                parts.push((coefficient.clone(), Part::Term(id)));
            }
        }
        _ => {
            *count += 1;
            parts.push((coefficient.clone(), Part::Term(id)));
        }
    }
    Some(())
}

/// What is added in a formula; `-(log(x) + 1)` adds two terms, but the text's own sum is one.
fn added(graph: &Graph, id: Id, written: usize) -> Vec<Term> {
    match graph.node(id) {
        _ if graph.is_zero(id) => Vec::new(),
        Node::Sum([single]) if single.coefficient.abs().is_one() && single.node.index() >= written => {
            match graph.node(single.node) {
                Node::Sum(inner) if single.coefficient.is_negative() => {
                    inner.iter().map(|t| Term::new(-&t.coefficient, t.node)).collect()
                }
                Node::Sum(inner) => inner.to_vec(),
                _ => vec![single.clone()],
            }
        }
        Node::Sum(terms) => terms.to_vec(),
        _ => vec![Term::one(id)],
    }
}

/// Adds a term to others, with one that is like it.
fn join(graph: &mut Graph, terms: &mut Vec<Term>, new: Term) {
    let number = |t: &Term| graph.as_number(t.node).map(|n| n * &t.coefficient);
    if let Some(own) = number(&new)
        && let Some(at) = terms.iter().position(|t| number(t).is_some())
    {
        let value = number(&terms[at]).map_or(own.clone(), |n| &n + &own);
        terms[at] = Term::one(graph.number(value));
        if graph.is_zero(terms[at].node) {
            terms.remove(at);
        }
        return;
    }
    match terms.iter().position(|t| t.node == new.node) {
        Some(at) => {
            terms[at].coefficient = &terms[at].coefficient + &new.coefficient;
            if terms[at].coefficient.is_zero() {
                terms.remove(at);
            }
        }
        None => terms.push(new),
    }
}
