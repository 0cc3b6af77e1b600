//! Signs: of a sum and its opposite the person's stands in a formula, and no sign is written that another sum can take.

use wrt_core::{Graph, Id, LabelsId, Node, NodeMap, Number, Primitive, Term, rebuild};

use super::parts::{is_number, parts, sorted};
use super::sums::is_negative;
use super::{MAX_PARTS, Orders, SHORT_PRODUCT, image, with_sign};

impl Orders {
    /// `- (1 - p)/x` for a further term `+ (p - 1)/x`, where the person has `1 - p`, or a long formula elsewhere, and
    /// `1/(1 - p)^3` for `-1/(p - 1)^3`.
    pub(super) fn turn_to_own(&mut self, graph: &mut Graph, term: &Term) -> Option<Term> {
        let factors = match graph.node(term.node) {
            Node::Contraction(factors, _) => factors.to_vec(),
            _ => vec![term.node],
        };
        let mut turned = NodeMap::default();
        let mut count = 0;
        for f in factors {
            let (base, exponent) = match graph.node(f) {
                Node::Map(Primitive::Pow, &[base, e]) if is_even(graph, e) == Some(false) => (base, Some(e)),
                _ => (f, None),
            };
            if let Some(other) = self.opposite(graph, base) {
                turned.insert(f, exponent.map_or(other, |e| graph.pow(other, e)));
                count += 1;
            }
        }
        let node = match turned.get(term.node) {
            Some(node) => *node,
            None if count > 0 => rebuild(graph, term.node, |c| image(&turned, c)),
            None => return None,
        };
        let coefficient = if count % 2 == 1 { -&term.coefficient } else { term.coefficient.clone() };
        Some(Term::new(coefficient, node))
    }

    /// The opposite of a made sum, where the person has that, or a long formula elsewhere.
    pub(super) fn opposite(&mut self, graph: &mut Graph, sum: Id) -> Option<Id> {
        let Node::Sum(terms @ [_, _, ..]) = graph.node(sum) else { return None };
        if sum.index() < self.written || terms.len() > MAX_PARTS {
            return None;
        }
        let turned: Vec<Term> = terms.iter().map(|t| Term::new(-&t.coefficient, t.node)).collect();
        let turned = graph.sum(&turned);
        // Of `-a - 1` nobody wants two more signs.
        let own = self.own(graph, turned).filter(|own| match graph.node(*own) {
            Node::Sum([first, ..]) => !is_negative(graph, first),
            _ => true,
        });
        own.or_else(|| self.other_sign(graph, sum, turned))
    }

    /// The opposite of a sum, if a long formula has that.
    fn other_sign(&mut self, graph: &Graph, sum: Id, turned: Id) -> Option<Id> {
        let known = self.turned.as_mut()?;
        if let Some(other) = known.get(&sorted(parts(graph, turned)?)) {
            return Some(*other);
        }
        known.insert(sorted(parts(graph, sum)?), sum);
        None
    }

    /// `(g - 1)*r^(-g)` for `-(1 - g)*r^(-g)`: a whole product takes its sign into a difference in front, if that
    /// is without the variable.
    pub(super) fn with_constant_turned(&self, graph: &mut Graph, term: &Term, whole: bool) -> Option<Id> {
        let Node::Contraction(factors, LabelsId::SCALAR) = graph.node(term.node) else { return None };
        let difference = |f: &Id| match graph.node(*f) {
            Node::Sum([a, b]) => is_negative(graph, a) != is_negative(graph, b) && !self.depends(graph, *f),
            _ => false,
        };
        if !whole || self.variable.is_none() || term.coefficient != Number::MINUS_ONE {
            return None;
        }
        let first = factors.first().filter(|f| difference(f))?;
        let (mut factors, Node::Sum(terms)) = (factors.to_vec(), graph.node(*first)) else { return None };
        let mut turned: Vec<Term> = terms.iter().map(|t| Term::new(-&t.coefficient, t.node)).collect();
        turned.sort_by_key(|t| is_negative(graph, t));
        factors[0] = graph.sum(&turned);
        Some(graph.product(&factors))
    }

    /// Gives a short product's sum the signs of the text's sum that it comes from, where all are turned:
    /// `-w/(24*E)*(L^3 - 6*L*x^2)`.
    pub(super) fn has_sum_turned(&mut self, graph: &mut Graph, product: Id, factors: &mut [Id]) -> bool {
        if self.variable.is_none() || self.costs.of(graph, product) > SHORT_PRODUCT {
            return false;
        }
        for f in factors {
            let Node::Sum(terms @ [_, _, ..]) = graph.node(*f) else { continue };
            let terms: Vec<Term> = terms.iter().map(|t| with_sign(graph, t)).collect();
            if let Some(turned) = self.sums.turned(graph, &terms) {
                *f = graph.sum(&turned);
                return true;
            }
        }
        false
    }
}

/// Is it an even number, or an odd one? Nothing of what is no integer.
pub(super) fn is_even(graph: &Graph, exponent: Id) -> Option<bool> {
    graph.as_number(exponent)?.as_i64().map(|n| n % 2 == 0)
}

/// `- (a + b - 2)*x` for a further term `+ (2 - a - b)*x`.
pub(super) fn turn_bracket(graph: &mut Graph, t: &mut Term) {
    let Node::Contraction(factors, LabelsId::SCALAR) = graph.node(t.node) else { return };
    let negative = |terms: &[Term]| terms.iter().filter(|t| is_negative(graph, t)).count();
    let mostly = |f: &Id| match graph.node(*f) {
        Node::Sum(terms) => 2 * negative(terms) > terms.len(),
        _ => false,
    };
    let (mut factors, at) = (factors.to_vec(), factors.iter().position(mostly));
    let Some((at, Node::Sum(terms))) = at.map(|at| (at, graph.node(factors[at]))) else { return };
    let mut terms: Vec<Term> = terms.iter().map(|t| Term::new(-&t.coefficient, t.node)).collect();
    // The number last: it rounds once then, where it is larger than the rest.
    terms.sort_by_key(|t| (is_number(graph, t), is_negative(graph, t)));
    factors[at] = graph.sum(&terms);
    *t = Term::new(-&t.coefficient, graph.product(&factors));
}
