//! The order of a sum's terms: that of the terms of the text which they come from.

use std::collections::HashSet;

use wrt_core::{Graph, Id, LabelsId, Node, Number, Primitive, Term};

use super::parts::product;
use super::{MAX_PARTS, without_coefficients};

/// Sums and products of the text that are held against made sums, the first ones of those that stand outermost.
const MAX_TEXTS: usize = 32;

/// Longer sums stay in the order that they have.
const MAX_TERMS: usize = 8;

/// Larger terms are not looked into.
const MAX_NODES: usize = 40;

/// How often a made sum is held against one of the text.
const MAX_COMPARED: usize = 4000;

/// The sums and products that say in which order terms stand.
#[derive(Default)]
pub(super) struct Sums {
    sums: Vec<Text>,
    /// The factors of products in which a function is a factor.
    products: Vec<Vec<Id>>,
    compared: usize,
}

/// A sum of the text.
struct Text {
    id: Id,
    terms: Vec<Term>,
    /// Is it in a product with a minus sign?
    negated: bool,
    /// What only one of its terms has, for each.
    own: Vec<HashSet<Id>>,
    /// Which of its terms have no function in them.
    plain: Vec<bool>,
    /// The names in it.
    names: Vec<Id>,
}

impl Sums {
    pub(super) fn of(graph: &Graph, written: usize) -> Sums {
        let (mut found, mut negated) = (Sums::default(), HashSet::<Id>::new());
        for id in (0..written).rev().map(Id::from_index) {
            if let Node::Sum([_]) | Node::Contraction(_, LabelsId::SCALAR) = graph.node(id)
                && let Some((factors, coefficient)) = product(graph, id, &mut { MAX_PARTS })
                && coefficient.is_negative()
            {
                negated.extend(factors.iter().map(|(f, _)| *f));
            }
            match graph.node(id) {
                Node::Sum([_, _, ..]) if found.sums.len() < MAX_TEXTS => {
                    found.sums.extend(Text::of(graph, id, negated.contains(&id)));
                }
                Node::Contraction(factors, LabelsId::SCALAR) if found.products.len() < MAX_TEXTS => {
                    let factors: Vec<Id> = factors.iter().map(|f| base(graph, *f)).collect();
                    if factors.iter().any(|f| is_function(graph, *f)) {
                        found.products.push(factors);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// Terms in the text's order, if that says one.
    pub(super) fn in_order(&mut self, graph: &Graph, terms: &[Term]) -> Option<Vec<Term>> {
        let cost = self.sums.len() + self.products.len();
        if cost == 0 || !(2..=MAX_TERMS).contains(&terms.len()) || self.compared + cost > MAX_COMPARED {
            return None;
        }
        self.compared += cost;
        self.as_given(graph, terms)
            .or_else(|| self.by_product_rule(graph, terms))
            .or_else(|| self.sums.iter().find_map(|text| text.kept_together(graph, terms)))
    }

    /// Terms with their signs turned, in the text's order, where they come from a sum of the text behind a minus sign and
    /// have all its signs turned: `L^3 - 6*L*x^2` for `6*L*x^2 - L^3`, derived from `-w*(L^3*x - 2*L*x^3)`.
    pub(super) fn turned(&self, graph: &Graph, terms: &[Term]) -> Option<Vec<Term>> {
        let parts: Vec<Vec<Id>> = terms.iter().map(|t| features(graph, t.node)).collect();
        if terms.len() > MAX_TERMS || parts.iter().any(Vec::is_empty) {
            return None;
        }
        self.sums.iter().filter(|text| text.negated && text.terms.len() == terms.len()).find_map(|text| {
            let places = text.places(graph, &parts)?;
            let each = (0..terms.len()).all(|k| places.contains(&k));
            let turned = |(t, k): (&Term, &usize)| is_negative(graph, t) != is_negative(graph, &text.terms[*k]);
            let all = each && terms.iter().zip(&places).all(turned) && !is_negative(graph, &text.terms[0]);
            let negated = |t: Term| Term::new(-&t.coefficient, t.node);
            let fewer = 2 * terms.iter().filter(|t| is_negative(graph, t)).count() >= terms.len();
            (all && fewer).then(|| sorted(terms, &places).into_iter().map(negated).collect())
        })
    }

    /// `-n/s + S/s^3`, derived from `-n*log(s) - S/(2*s^2)`.
    fn as_given(&self, graph: &Graph, terms: &[Term]) -> Option<Vec<Term>> {
        let parts: Vec<Vec<Id>> = terms.iter().map(|t| features(graph, t.node)).collect();
        if parts.iter().any(Vec::is_empty) {
            return None;
        }
        if let Some(places) = self.sums.iter().find_map(|text| text.places(graph, &parts)) {
            return Some(sorted(terms, &places));
        }
        let matched = self.sums.iter().find_map(|text| text.matched(graph, &parts))?;
        let ordered = sorted(terms, &matched);
        // That is likely, and not worth a sign in front.
        let negative = |t: &Term| is_negative(graph, t);
        (!negative(&ordered[0]) || ordered.iter().all(negative)).then_some(ordered)
    }

    /// `f'*g + f*g'`, derived from `f*g`: a term that still has a factor is not the one where that was differentiated.
    fn by_product_rule(&self, graph: &Graph, terms: &[Term]) -> Option<Vec<Term>> {
        let parts: Vec<Vec<Id>> = terms.iter().map(|t| factors(graph, t.node)).collect();
        let places = self.products.iter().find_map(|product| {
            let some_have = |f: Id| {
                let count = parts.iter().filter(|p| p.contains(&f)).count();
                is_function(graph, f) && count > 0 && count < parts.len()
            };
            let tells: Vec<bool> = product.iter().map(|f| some_have(*f)).collect();
            let place = |part: &Vec<Id>| {
                let lacks = (0..product.len()).find(|k| tells[*k] && !part.contains(&product[*k]));
                lacks.or_else(|| tells.iter().position(|t| !t))
            };
            parts.iter().map(place).collect::<Option<Vec<usize>>>().filter(|_| tells.contains(&true))
        })?;
        let ordered = sorted(terms, &places);
        // Nobody differentiates in that order so strictly as to begin with a sign.
        ordered.first().is_some_and(|t| !is_negative(graph, t)).then_some(ordered)
    }
}

impl Text {
    fn of(graph: &Graph, id: Id, negated: bool) -> Option<Text> {
        let terms = terms_within(graph, id)?;
        let all: Vec<HashSet<Id>> = terms.iter().map(|t| features(graph, t.node).into_iter().collect()).collect();
        let others = |k: usize, f: &Id| all.iter().enumerate().any(|(j, other)| j != k && other.contains(f));
        let own = (0..all.len()).map(|k| all[k].iter().filter(|f| !others(k, f)).copied().collect()).collect();
        let plain = all.iter().map(|features| !features.iter().any(|f| is_function(graph, *f))).collect();
        let mut names: Vec<Id> = all.into_iter().flatten().collect();
        names.retain(|id| matches!(graph.node(*id), Node::Symbol(_)));
        Some(Text { id, terms, negated, own, plain, names })
    }

    /// From which of the terms each part comes; none where that is not certain, or the same for all.
    fn places(&self, graph: &Graph, parts: &[Vec<Id>]) -> Option<Vec<usize>> {
        // What has a function in it comes from no term without one, and where only one part has none from the only such term.
        let is_plain = |part: &Vec<Id>| !part.iter().any(|f| is_function(graph, *f));
        let plain_terms = self.plain.iter().filter(|plain| **plain).count();
        let one = plain_terms == 1 && parts.iter().filter(|part| is_plain(part)).count() == 1;
        let only_plain = self.plain.iter().position(|plain| *plain).filter(|_| one);
        let mut found: Vec<Option<usize>> = Vec::with_capacity(parts.len());
        for part in parts {
            let fits = |k: &usize| !self.plain[*k] || is_plain(part);
            let has = |k: &usize| part.iter().any(|f| self.own[*k].contains(f));
            let mut from = (0..self.own.len()).filter(fits).filter(has);
            let first = from.next();
            if from.next().is_some() {
                return None;
            }
            found.push(first.or_else(|| only_plain.filter(|_| is_plain(part))));
        }
        let mut open = found.iter().filter(|f| f.is_none()).count();
        // What is left comes from what is left, but not from a number.
        let mut free = (0..self.own.len()).filter(|k| !self.own[*k].is_empty() && !found.contains(&Some(*k)));
        if let (1, Some(only), None) = (open, free.next(), free.next()) {
            found.iter_mut().filter(|f| f.is_none()).for_each(|f| *f = Some(only));
            open = 0;
        }
        let places: Vec<usize> = found.into_iter().flatten().collect();
        (open == 0 && places.iter().any(|k| *k != places[0])).then_some(places)
    }

    /// As many parts as terms: each to the term of which it has the largest piece, the best matches first. The derivative of
    /// `r*cos(q) + sqrt(l^2 - r^2*sin(q)^2)` has cosine and sine in both terms.
    fn matched(&self, graph: &Graph, parts: &[Vec<Id>]) -> Option<Vec<usize>> {
        let count = self.own.len();
        // `w*sin(w*t + p)` and `b*cos(w*t + p)` come from none of the terms of `w*t + p`.
        let whole = parts.iter().all(|part| part.contains(&self.id));
        if whole || parts.len() != count || self.own.iter().any(|own| own.is_empty()) {
            return None;
        }
        let size = |id: Id| graph.reachable_within(&[id], MAX_NODES).map_or(MAX_NODES, |all| all.len());
        let largest = |part: &[Id], k: usize| {
            let shared = part.iter().filter(|f| self.own[k].contains(f));
            shared.map(|f| size(*f)).max()
        };
        let pairs = parts.iter().enumerate().flat_map(|(j, part)| (0..count).map(move |k| (j, k, part)));
        let mut matches: Vec<(usize, usize, usize)> =
            pairs.filter_map(|(j, k, part)| Some((largest(part, k)?, j, k))).collect();
        matches.sort_unstable_by_key(|(size, j, k)| (std::cmp::Reverse(*size), *j, *k));
        let mut found: Vec<Option<usize>> = vec![None; count];
        for (_, j, k) in matches {
            if found[j].is_none() && !found.contains(&Some(k)) {
                found[j] = Some(k);
            }
        }
        let mut free = (0..count).filter(|k| !found.contains(&Some(*k)));
        let open: Vec<usize> = (0..count).filter(|j| found[*j].is_none()).collect();
        match (&open[..], free.next()) {
            ([], _) => {}
            ([only], Some(left)) => found[*only] = Some(left),
            _ => return None,
        }
        found.into_iter().collect()
    }

    /// `a - 1 - b*x` where the text has `a - 1`.
    fn kept_together(&self, graph: &Graph, terms: &[Term]) -> Option<Vec<Term>> {
        if self.terms.len() >= terms.len() {
            return None;
        }
        let parts: Vec<(Option<Id>, Number)> = terms.iter().map(|t| valued(graph, t)).collect::<Option<_>>()?;
        let mut ratio: Option<Number> = None;
        let mut places = Vec::with_capacity(terms.len());
        for t in &self.terms {
            let (node, coefficient) = valued(graph, t)?;
            let at = parts.iter().position(|(other, _)| *other == node)?;
            let own = parts[at].1.checked_mul(&coefficient.recip()?)?;
            if ratio.get_or_insert_with(|| own.clone()) != &own {
                return None;
            }
            // v + v keeps nothing together.
            if places.contains(&at) {
                return None;
            }
            places.push(at);
        }
        let rest: Vec<usize> = (0..terms.len()).filter(|k| !places.contains(k)).collect();
        // The terms of a polynomial stay in its order.
        let polynomial = |k: &usize| {
            let own = factors(graph, terms[*k].node);
            own.iter().all(|f| matches!(graph.node(*f), Node::Symbol(_))) && own.iter().any(|f| self.names.contains(f))
        };
        if is_negative(graph, &terms[places[0]]) || rest.iter().any(polynomial) {
            return None;
        }
        places.extend(rest);
        Some(places.into_iter().map(|k| terms[k].clone()).collect())
    }
}

/// Terms in the order of their places.
fn sorted(terms: &[Term], places: &[usize]) -> Vec<Term> {
    let mut all: Vec<(usize, Term)> = places.iter().copied().zip(terms.iter().cloned()).collect();
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, t)| t).collect()
}

/// The terms of a sum with those of sums within it in their places.
pub(super) fn terms_within(graph: &Graph, id: Id) -> Option<Vec<Term>> {
    let (mut found, mut open) = (Vec::new(), vec![Term::one(id)]);
    while let Some(term) = open.pop() {
        match graph.node(term.node) {
            Node::Sum(inner) if open.len() + found.len() + inner.len() <= MAX_TERMS => {
                for t in inner.iter().rev() {
                    open.push(Term::new(t.coefficient.checked_mul(&term.coefficient)?, t.node));
                }
            }
            Node::Sum(_) => return None,
            _ => found.push(term),
        }
    }
    Some(found)
}

/// What a term is made of, apart from numbers; nothing of a large one.
fn features(graph: &Graph, id: Id) -> Vec<Id> {
    let mut found = graph.reachable_within(&[id], MAX_NODES).unwrap_or_default();
    found.retain(|id| !matches!(graph.node(*id), Node::Number(_) | Node::Constant(_)));
    found
}

/// A term's node and coefficient; a number has no node.
fn valued(graph: &Graph, t: &Term) -> Option<(Option<Id>, Number)> {
    match graph.as_number(t.node) {
        Some(n) => Some((None, n.checked_mul(&t.coefficient)?)),
        None => Some((Some(t.node), t.coefficient.clone())),
    }
}

pub(super) fn is_negative(graph: &Graph, t: &Term) -> bool {
    t.coefficient.is_negative() != graph.as_number(t.node).is_some_and(Number::is_negative)
}

/// The bases of a product's factors.
fn factors(graph: &Graph, id: Id) -> Vec<Id> {
    let id = without_coefficients(graph, id);
    match graph.node(id) {
        Node::Contraction(factors, LabelsId::SCALAR) => factors.iter().map(|f| base(graph, *f)).collect(),
        _ => vec![base(graph, id)],
    }
}

fn base(graph: &Graph, id: Id) -> Id {
    match graph.node(id) {
        Node::Map(Primitive::Pow, &[base, exponent]) if graph.as_number(exponent).is_some() => base,
        _ => id,
    }
}

fn is_function(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Map(p, _) if p != Primitive::Pow)
}
