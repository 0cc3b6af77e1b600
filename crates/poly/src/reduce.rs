//! Rewriting by a relation `var^n = replacement`, which a square root or a cosine satisfies.

use crate::budget::Budget;
use crate::monomial::Monomial;
use crate::poly::Poly;

impl Poly {
    /// Rewrites `var^n` as `replacement` until the degree in `var` is below `n`.
    ///
    /// `None` on overflow, beyond the budget, or where it would never end: the replacement has to
    /// be of lower degree than `n` in `var`, and `n` has to be positive.
    pub fn reduce_power(&self, var: usize, n: u32, replacement: &Self, budget: &Budget) -> Option<Self> {
        if n == 0 || replacement.degree(var) >= n {
            return None;
        }
        let mut reduced = None;
        let mut degree = self.degree(var);
        while degree >= n {
            let current = reduced.as_ref().unwrap_or(self);
            let next = current.replace_once(var, n, replacement, degree / n, budget)?;
            degree = next.degree(var);
            reduced = Some(next);
        }
        Some(reduced.unwrap_or_else(|| self.clone()))
    }

    /// One sweep, by Horner's rule in `var^n`, from the power `highest` of it down.
    fn replace_once(&self, var: usize, n: u32, replacement: &Self, highest: u32, budget: &Budget) -> Option<Self> {
        let mut sum = Self::zero();
        for power in (0..=highest).rev() {
            if !sum.is_zero() {
                sum = sum.mul_within(replacement, budget)?;
            }
            sum = sum.add(&self.digit(var, n, power)?)?;
        }
        Some(sum)
    }

    /// The coefficient of `(var^n)^power`: a polynomial of degree below `n` in `var`.
    fn digit(&self, var: usize, n: u32, power: u32) -> Option<Self> {
        let mut terms = Vec::new();
        for &(m, c) in &self.terms {
            let exponent = m.exponent(var);
            if exponent / n == power {
                let rest = Monomial::power(var, exponent % n)?;
                terms.push((m.without(var).checked_mul(rest)?, c));
            }
        }
        Some(Self::from_sorted(terms))
    }
}
