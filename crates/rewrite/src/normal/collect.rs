//! Shorter spellings of what is in normal form: conjugates multiplied out, polynomials collected by a variable.

use smallvec::SmallVec;
use wrt_core::{Id, Number};
use wrt_poly::Poly;

use super::product::Product;
use super::{GeneratorId, Key, Normal};

/// Polynomials of fewer terms are not worth collecting, those of more too dear.
const COLLECTED: std::ops::RangeInclusive<usize> = 4..=80;

/// The terms of sums whose squares are looked for.
const SQUARED: std::ops::RangeInclusive<usize> = 2..=3;

/// How often collecting may be nested.
const MAX_NESTING: u32 = 3;

impl Normal<'_> {
    /// `1/((u + sqrt(v))*(u - sqrt(v)))` is `1/(u^2 - v)`.
    pub(super) fn join_conjugates(&mut self, product: &mut Product) {
        let sums: SmallVec<[(GeneratorId, Number); 4]> =
            product.factors.iter().filter(|(b, _)| self.has_root(*b)).cloned().collect();
        for (k, (a, e)) in sums.iter().enumerate() {
            for (b, f) in &sums[k + 1..] {
                let still = product.exponent(*a) == *e && product.exponent(*b) == *f;
                if e != f || !e.is_integer() || !still {
                    continue;
                }
                if let Some(norm) = self.norm(*a, *b) {
                    let mut other = product.clone();
                    other.times_power(*a, &-e);
                    other.times_power(*b, &-f);
                    let mut joined = Product::one();
                    self.multiply_poly(&mut joined, norm);
                    if other.times(&joined, e).is_some() {
                        *product = self.tidy(other);
                    }
                }
            }
        }
    }

    fn has_root(&self, base: GeneratorId) -> bool {
        match &self.generators[base as usize].key {
            Key::Sum(p) => {
                let occurring = p.variables();
                self.variables.iter().enumerate().any(|(v, variable)| variable.root > 1 && occurring >> v & 1 == 1)
            }
            _ => false,
        }
    }

    /// The product of two sums, if it is shorter than they are.
    fn norm(&mut self, a: GeneratorId, b: GeneratorId) -> Option<Poly> {
        let (Key::Sum(p), Key::Sum(q)) = (&self.generators[a as usize].key, &self.generators[b as usize].key) else {
            return None;
        };
        if p.len() != q.len() || p.variables() != q.variables() {
            return None;
        }
        let (product, terms) = (p.mul_within(q, self.budget)?, p.len());
        let product = self.reduce(product)?;
        (product.len() <= terms).then_some(product)
    }

    /// A polynomial as a sum over the powers of one variable, if that is shorter than `plain`.
    pub(super) fn collected(&mut self, p: &Poly, plain: Id) -> Id {
        if !COLLECTED.contains(&p.len()) || self.nesting >= MAX_NESTING || self.budget.spend(p.len()).is_none() {
            return plain;
        }
        // Variables that stand in many terms save most; functions of others stand for a part of the formula.
        let mut candidates: SmallVec<[(usize, usize); 16]> = SmallVec::new();
        for v in 0..self.variables.len() {
            let terms = p.terms().iter().filter(|(m, _)| m.exponent(v) > 0).count();
            if terms > 1 {
                candidates.push((terms, v));
            }
        }
        candidates.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        self.nesting += 1;
        let (mut best, mut price) = (plain, self.cost(plain));
        for (_, v) in candidates.into_iter().take(3) {
            let id = self.by_powers(p, v);
            let cost = self.cost(id);
            if cost < price {
                (best, price) = (id, cost);
            }
        }
        if let Some(id) = self.by_square(p)
            && self.cost(id) < price
        {
            best = id;
        }
        self.nesting -= 1;
        best
    }

    /// A polynomial with the square of a sum that occurs in the formula: `(x - m)^2 + s^2`.
    fn by_square(&mut self, p: &Poly) -> Option<Id> {
        for base in 0..self.generators.len() {
            let slot = &self.generators[base];
            let Key::Sum(q) = &slot.key else { continue };
            let few = SQUARED.contains(&q.len()) && p.len() > q.len() && slot.variables & !p.variables() == 0;
            if !few || self.budget.spend(p.len()).is_none() {
                continue;
            }
            let square = q.mul_within(q, self.budget)?;
            let (lead, c) = square.leading()?;
            let factor =
                p.terms().iter().find_map(|(m, d)| Some((m.checked_div(lead)?, (d % c == 0).then_some(d / c)?)));
            let Some(factor) = factor else { continue };
            let rest = p.sub(&square.mul_term(factor)?)?;
            // All but what the square itself needs must be gone.
            if rest.is_zero() || rest.len() + square.len() > p.len() + 1 {
                continue;
            }
            let mut product = self.monomial(factor.0).scaled(&super::sums::number(factor.1));
            product.times_power(base as GeneratorId, &Number::integer(2));
            let mut parts = vec![self.emit(&product)];
            for (m, d) in rest.terms() {
                let term = self.monomial(*m).scaled(&super::sums::number(*d));
                parts.push(self.emit(&term));
            }
            return Some(self.sum_of(&parts));
        }
        None
    }

    fn by_powers(&mut self, p: &Poly, v: usize) -> Id {
        let mut parts = Vec::new();
        for (power, coefficient) in p.coefficients_in(v) {
            let mut product = Product::one();
            if let Some(m) = wrt_poly::Monomial::power(v, power) {
                product = self.monomial(m);
            }
            self.multiply_poly(&mut product, coefficient);
            let product = self.tidy(product);
            // A part without the variable is spelled as terms of the whole sum.
            match self.plain_sum(&product, power) {
                Some(terms) => parts.extend(terms),
                None => parts.push(self.emit(&product)),
            }
        }
        self.sum_of(&parts)
    }

    fn plain_sum(&mut self, product: &Product, power: u32) -> Option<Vec<Id>> {
        if power > 0 || !product.coefficient.is_one() {
            return None;
        }
        let base = match &product.factors[..] {
            [(b, e)] if e.is_one() => *b,
            _ => return None,
        };
        let Key::Sum(p) = self.generators[base as usize].key.clone() else { return None };
        let node = self.emit_poly(&p);
        match self.graph.node(node) {
            wrt_core::Node::Sum(terms) => {
                let terms = terms.to_vec();
                Some(terms.into_iter().map(|t| self.graph.sum(&[t])).collect())
            }
            _ => None,
        }
    }
}
