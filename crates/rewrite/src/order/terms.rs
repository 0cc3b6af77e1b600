//! The order of the terms of a sum: the text's, by degree, a positive one first.

use wrt_core::{Graph, Node, Term};

use super::forms::{is_quotient, multiplies_bracket};
use super::parts::{are_like_powers, degree_in, is_number, is_polynomial, power_of_name};
use super::sums::is_negative;
use super::{Orders, SHORT_SUM};

impl Orders {
    /// Terms as the text has those that they come from. Others as they come, but names alone as in the text, and a
    /// positive number or a name first where the person's sums all begin with theirs.
    pub(super) fn terms_in_order(&mut self, graph: &Graph, terms: &[Term], whole: bool) -> Vec<Term> {
        let ordered = self.sums.in_order(graph, terms).filter(|ordered| {
            let backwards: Vec<Term> = ordered.iter().rev().cloned().collect();
            let either = is_polynomial(graph, ordered) || is_polynomial(graph, &backwards);
            either || terms.len() < 3 || !is_polynomial(graph, terms)
        });
        if let Some(mut ordered) = ordered {
            // A sign in front is one more; only where a short gradient begins with a term that multiplies a bracket, as
            // `-2*(y - w*x)*x + 2*l*w` does, the text's order is worth it.
            let negative = is_negative(graph, &ordered[0]);
            let leads = whole && self.variable.is_some() && multiplies_bracket(graph, ordered[0].node);
            if !negative || leads && terms.iter().map(|t| self.costs.of(graph, t.node)).sum::<u32>() <= SHORT_SUM {
                return ordered;
            }
            if is_negative(graph, &terms[0]) {
                positive_first(graph, &mut ordered);
                return ordered;
            }
        }
        let mut terms = terms.to_vec();
        if terms.iter().all(|t| matches!(graph.node(t.node), Node::Symbol(_))) {
            terms.sort_by_key(|t| (t.coefficient.is_negative(), t.node));
        } else if are_like_powers(graph, &terms) {
            terms.sort_by(|a, b| power_of_name(graph, a.node).cmp(&power_of_name(graph, b.node)));
        }
        let (first, behind) = self.numbers;
        let number = terms.iter().position(|t| is_number(graph, t) && !is_negative(graph, t));
        // `1 + x/a`, if the text has no sums with numbers.
        let fractions = || terms.iter().filter(|t| !is_number(graph, t)).all(|t| is_quotient(graph, t.node));
        if let Some(at) = number.filter(|_| behind == 0 && (first > 0 || fractions())) {
            let number = terms.remove(at);
            terms.insert(0, number);
        }
        // A + B*x, as the text has a + b*x.
        if let Some(at) = only_name(graph, &terms).filter(|_| self.names.0 > 0 && self.names.1 == 0) {
            let name = terms.remove(at);
            terms.insert(0, name);
        }
        self.by_degree(graph, &mut terms);
        positive_first(graph, &mut terms);
        terms
    }

    /// `a + b*x + c*x^2` for `c*x^2 + a + b*x`: terms with different powers of the variable by these, from the end where
    /// they begin.
    fn by_degree(&self, graph: &Graph, terms: &mut [Term]) {
        let Some(variable) = self.variable.filter(|_| terms.len() > 2) else { return };
        let degree = |t: &Term| degree_in(graph, t.node, variable);
        let Some(degrees) = terms.iter().map(degree).collect::<Option<Vec<i64>>>() else { return };
        let mut sorted = degrees.clone();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return;
        }
        let rising = degrees[0] < degrees[degrees.len() - 1];
        terms.sort_by_cached_key(degree);
        if !rising {
            terms.reverse();
        }
    }
}

/// Terms that begin without a sign, if they can: `6 + 12*x - 2*x^3`, a polynomial, is that from its other end, too.
pub(crate) fn positive_first(graph: &Graph, terms: &mut Vec<Term>) {
    let negative = |t: Option<&Term>| t.is_none_or(|t| is_negative(graph, t));
    if terms.len() > 2 && negative(terms.first()) && !negative(terms.last()) && is_polynomial(graph, terms) {
        return terms.reverse();
    }
    if let Some(positive) = terms.iter().position(|t| !is_negative(graph, t)) {
        let lead = terms.remove(positive);
        terms.insert(0, lead);
    }
}

/// The place of the only term that is a name, among others that are no numbers.
pub(super) fn only_name(graph: &Graph, terms: &[Term]) -> Option<usize> {
    let is_name = |t: &&Term| matches!(graph.node(t.node), Node::Symbol(_)) && t.coefficient.is_one();
    let one = terms.iter().filter(is_name).count() == 1 && !terms.iter().any(|t| is_number(graph, t));
    terms.iter().position(|t| is_name(&t)).filter(|_| one && terms.len() > 1)
}
