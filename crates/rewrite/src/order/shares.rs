//! Derivatives of the person's softplus, `log(1 + exp(u))`, in terms of sigmoids.

use wrt_core::{Graph, Id, Node, Number, Primitive, Term, rebuild};

use super::Orders;
use super::forms::{below_square, one_and_exponential};

impl Orders {
    /// `u` of `1/(1 + exp(-u))`, where the person has `log(1 + exp(u))`, of which that is the derivative.
    pub(super) fn share(&self, graph: &Graph, base: Id, exponent: Id) -> Option<Id> {
        let inverse = graph.as_number(exponent).is_some_and(|e| *e == Number::MINUS_ONE);
        let opposite = one_and_exponential(graph, base).filter(|_| inverse)?;
        let signed = |id: Id| match graph.node(id) {
            Node::Sum([single]) => (single.node, single.coefficient.clone()),
            _ => (id, Number::ONE),
        };
        let (of, coefficient) = signed(opposite);
        self.softplus.iter().copied().find(|u| signed(*u) == (of, -&coefficient))
    }

    /// As [`Orders::share`], of `exp(u)/(1 + exp(u))`.
    pub(super) fn with_share(&self, graph: &mut Graph, mut factors: Vec<Id>) -> Vec<Id> {
        let below = |f: &Id| match graph.node(*f) {
            Node::Map(Primitive::Pow, &[base, e]) if graph.as_number(e).is_some_and(|e| *e == Number::MINUS_ONE) => {
                one_and_exponential(graph, base).filter(|u| self.softplus.contains(u))
            }
            _ => None,
        };
        let Some((at, of)) = factors.iter().enumerate().find_map(|(at, f)| Some((at, below(f)?))) else {
            return factors;
        };
        let above = |f: &Id| matches!(graph.node(*f), Node::Map(Primitive::Exp, &[u]) if u == of);
        if let Some(exponential) = factors.iter().position(above) {
            factors[exponential] = graph.map(Primitive::Sigmoid, &[of]);
            factors.remove(at);
        }
        factors
    }

    /// `sigmoid(u)*sigmoid(-u)` for `exp(u)/(1 + exp(u))^2` in any product, which is the second derivative of such a
    /// logarithm: `1 - sigmoid(u)` would lose digits.
    pub(super) fn with_product_of_shares(&self, graph: &mut Graph, id: Id) -> Id {
        if self.softplus.is_empty() {
            return id;
        }
        let Node::Contraction(factors, labels) = graph.node(id) else { return id };
        let labels = &graph.labels(labels).factors;
        let below = |f: Id| below_square(graph, f).filter(|u| self.softplus.contains(u));
        let Some((at, of)) = factors.iter().enumerate().find_map(|(at, f)| Some((at, below(*f)?))) else { return id };
        let is_above = |k: &usize| {
            let exponential = matches!(graph.node(factors[*k]), Node::Map(Primitive::Exp, &[u]) if u == of);
            exponential && labels.get(*k) == labels.get(at)
        };
        let Some(above) = (0..factors.len()).find(is_above) else { return id };
        let (exponential, square) = (factors[above], factors[at]);
        let share = graph.map(Primitive::Sigmoid, &[of]);
        let opposite = graph.sum(&[Term::new(Number::MINUS_ONE, of)]);
        let rest = graph.map(Primitive::Sigmoid, &[opposite]);
        rebuild(graph, id, |f| match f {
            _ if f == exponential => share,
            _ if f == square => rest,
            _ => f,
        })
    }
}
