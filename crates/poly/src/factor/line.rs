//! Polynomials whose monomials lie on a line, such as homogeneous ones in two variables.

use super::{Known, PartialFactor, split_completely};
use crate::budget::Budget;
use crate::coefficient;
use crate::monomial::Monomial;
use crate::poly::{Poly, Term};

/// The monomials `plus^k minus^(degree - k)`, whose polynomials are just those in one variable.
///
/// `plus / minus` is no power, so irreducible polynomials in it are irreducible.
pub(super) struct Line {
    plus: Monomial,
    minus: Monomial,
}

impl Line {
    /// The line on which all monomials of `p` lie; `p` has no monomial content.
    pub(super) fn through(p: &Poly) -> Option<Self> {
        let (first, last) = (p.terms().first()?.0, p.terms().last()?.0);
        let exponents = first.powers().chain(last.powers());
        let degree = exponents.fold(0, |d, (_, e)| coefficient::gcd(d, e.into())) as u32;
        if degree == 0 {
            return None;
        }
        let line = Self { plus: first.root(degree)?, minus: last.root(degree)? };
        let at = |m| line.monomial(line.position(m)?, degree);
        let lies_on = |t: &Term| at(t.0) == Some(t.0);
        p.terms().iter().all(lies_on).then_some(line)
    }

    /// Whether there is more than one variable.
    pub(super) fn is_oblique(&self) -> bool {
        !self.minus.is_one() || self.plus.total_degree() > 1
    }

    /// The exponent of `plus` that a monomial on the line has.
    fn position(&self, monomial: Monomial) -> Option<u32> {
        let (var, exponent) = self.plus.powers().next()?;
        Some(monomial.exponent(var) / exponent)
    }

    fn monomial(&self, position: u32, degree: u32) -> Option<Monomial> {
        let minus = self.minus.checked_pow(degree.checked_sub(position)?)?;
        self.plus.checked_pow(position)?.checked_mul(minus)
    }

    /// Factors the polynomial as one in `plus / minus`.
    pub(super) fn split(&self, p: &Poly, budget: &Budget) -> Option<Vec<PartialFactor>> {
        let flatten = |t: &Term| Some((Monomial::power(0, self.position(t.0)?)?, t.1));
        let terms: Option<Vec<Term>> = p.terms().iter().map(flatten).collect();
        let flat = Poly::from_sorted(terms?);
        let mut parts = Vec::new();
        for (factor, power) in split_completely(flat, Known::Nothing, budget) {
            let degree = factor.degree(0);
            let raise = |t: &Term| Some((self.monomial(t.0.exponent(0), degree)?, t.1));
            let terms: Option<Vec<Term>> = factor.terms().iter().map(raise).collect();
            parts.push((Poly::from_terms(terms?)?, power, Known::Irreducible));
        }
        Some(parts)
    }
}
