//! Numeric and monomial content, primitive part and sign.

use crate::coefficient;
use crate::monomial::Monomial;
use crate::poly::{Poly, Term};

impl Poly {
    /// The positive greatest common divisor of the coefficients; 0 for 0.
    pub fn content(&self) -> i128 {
        let mut content = 0;
        // Small coefficients tend to stand at the end, where they end the loop soon.
        for &(_, c) in self.terms.iter().rev() {
            content = coefficient::gcd(c, content);
            if content == 1 {
                break;
            }
        }
        content
    }

    /// The greatest monomial that divides every term; 1 for 0.
    pub fn monomial_content(&self) -> Monomial {
        let monomials = self.terms.iter().map(|t| t.0);
        monomials.reduce(Monomial::gcd).unwrap_or_default()
    }

    /// The polynomial divided by its content, with a positive leading coefficient.
    pub fn primitive_part(&self) -> Self {
        let content = self.signed_content();
        self.div_integer(content).unwrap_or_default()
    }

    /// The content with the sign of the leading coefficient; 0 for 0.
    pub fn signed_content(&self) -> i128 {
        match self.leading_coefficient() < 0 {
            true => -self.content(),
            false => self.content(),
        }
    }

    /// The polynomial or its negative, whichever has a positive leading coefficient.
    pub fn normalize_sign(self) -> Self {
        match self.leading_coefficient() < 0 {
            true => self.neg(),
            false => self,
        }
    }

    /// The quotient by an integer, `None` where a coefficient leaves a remainder.
    pub fn div_integer(&self, divisor: i128) -> Option<Self> {
        match divisor {
            1 => Some(self.clone()),
            _ => self.div_term((Monomial::ONE, divisor)),
        }
    }

    /// The quotient by one term, `None` where it does not divide every term.
    pub fn div_term(&self, (monomial, divisor): Term) -> Option<Self> {
        let mut terms = Vec::with_capacity(self.len());
        for &(m, c) in &self.terms {
            let quotient = (m.checked_div(monomial)?, coefficient::div_exact(c, divisor)?);
            terms.push(quotient);
        }
        Some(Self::from_sorted(terms))
    }
}
