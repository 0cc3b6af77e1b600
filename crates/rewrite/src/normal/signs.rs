//! What is certain of a generator's values: their sign, and between which numbers they lie.

use wrt_core::{Interval, Node, Number};
use wrt_poly::Poly;

use super::{Generator, GeneratorId, Key, Normal};

impl Normal<'_> {
    /// Certainly positive, certainly not negative (where defined).
    pub(super) fn sign_of(&self, key: &Key) -> (bool, bool) {
        match key {
            Key::Constant(_) | Key::Prime(_) => (true, true),
            Key::Symbol(id) => match self.graph.node(*id) {
                Node::Number(_) => (false, false),
                _ => {
                    let a = crate::known_of(self.graph, *id);
                    (a.is_positive(), a.is_nonnegative())
                }
            },
            Key::Call(p, _) => (p.row().range.is_positive(), p.row().range.is_nonnegative()),
            Key::Power(base, _) => {
                let base = &self.products[*base as usize];
                let all = |known: fn(&Generator) -> bool| {
                    !base.coefficient.is_negative()
                        && base.factors.iter().all(|(b, _)| known(&self.generators[*b as usize]))
                };
                (all(|b| b.positive), all(|b| b.nonnegative))
            }
            Key::Sum(p) => match self.sum_sign(p) {
                (true, nonnegative) => (true, nonnegative),
                (false, nonnegative) => {
                    let range = self.sum_interval(p);
                    (range.is_positive(), nonnegative || range.is_nonnegative())
                }
            },
            Key::Radicand(_) | Key::Opaque(_) => (false, false),
        }
    }

    /// `x^2 + 1` is positive: positive coefficients on even powers, one of them a constant.
    fn sum_sign(&self, p: &Poly) -> (bool, bool) {
        let known = |var: usize, power: u32| {
            let b = &self.generators[self.variables[var].base as usize];
            (power.is_multiple_of(2) && self.variables[var].root == 1) || b.nonnegative
        };
        let fine = p.terms().iter().all(|(m, c)| *c > 0 && m.powers().all(|(v, e)| known(v, e)));
        let strict = p
            .terms()
            .iter()
            .any(|(m, _)| m.powers().all(|(v, _)| self.generators[self.variables[v].base as usize].positive));
        (fine && strict, fine)
    }

    /// Is it certainly not above 0?
    pub(super) fn nonpositive(&self, base: GeneratorId) -> bool {
        self.interval(base).is_nonpositive()
    }

    /// Between which numbers its values lie.
    pub(super) fn interval(&self, base: GeneratorId) -> Interval {
        let slot = &self.generators[base as usize];
        match &slot.key {
            Key::Call(p, _) => p.row().range.into(),
            Key::Symbol(id) => crate::known_of(self.graph, *id).range,
            Key::Sum(p) => self.sum_interval(p),
            _ if slot.positive => Interval::above(Number::ZERO),
            _ if slot.nonnegative => Interval::at_least(Number::ZERO),
            _ => Interval::default(),
        }
    }

    /// Between which numbers a sum of powers lies, each term taken for itself.
    fn sum_interval(&self, p: &Poly) -> Interval {
        let mut total = Interval::point(Number::ZERO);
        for (monomial, coefficient) in p.terms() {
            let Ok(coefficient) = i64::try_from(*coefficient) else { return Interval::default() };
            let mut powers = monomial.powers();
            let own = match (powers.next(), powers.next()) {
                (None, _) => Interval::point(Number::ONE),
                (Some((v, e)), None) if self.variables[v].root == 1 => self.interval(self.variables[v].base).power(e),
                _ => return Interval::default(),
            };
            total = total.plus(&own.times(&Number::integer(coefficient)));
            if total == Interval::default() {
                return total;
            }
        }
        total
    }
}
