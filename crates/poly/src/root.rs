//! Exact square roots.

use crate::budget::Budget;
use crate::coefficient;
use crate::poly::Poly;

/// The root of a square integer.
fn sqrt_integer(n: i128) -> Option<i128> {
    let root = n.checked_isqrt()?;
    (root * root == n).then_some(root)
}

impl Poly {
    /// The square root with a positive leading coefficient, `None` where this is no square, on
    /// overflow or beyond the budget.
    pub fn sqrt(&self, budget: &Budget) -> Option<Self> {
        let (Some(&(lead, c)), Some(&(last, d))) = (self.terms.first(), self.terms.last()) else {
            return Some(Self::zero());
        };
        let (first, end) = ((lead.root(2)?, sqrt_integer(c)?), last.root(2)?);
        sqrt_integer(d)?;
        // The value where all variables are 1 is a square too.
        let value = self.terms.iter().try_fold(0, |sum, t| coefficient::add(sum, t.1))?;
        sqrt_integer(value)?;
        let bound = self.degrees().root(2)?;
        let mut root = vec![first];
        let mut rest = self.sub(&Self::term(first.0, first.1).pow(2, budget)?)?;
        let double = coefficient::mul(2, first.1)?;
        while let Some(&(top, c)) = rest.terms.first() {
            budget.spend(root.len() + rest.len())?;
            let monomial = top.checked_div(first.0)?;
            let next = (monomial, coefficient::div_exact(c, double)?);
            if !monomial.divides(bound) || monomial < end {
                return None;
            }
            // (r + t)^2 = r^2 + (2 r + t) t
            let mut sum = Self::from_sorted(root.clone()).scale(2)?;
            sum.terms.push(next);
            rest = rest.sub(&sum.mul_term(next)?)?;
            root.push(next);
        }
        Some(Self::from_sorted(root))
    }
}
