//! Derivatives and square-free decomposition.

use crate::budget::Budget;
use crate::coefficient;
use crate::gcd::{content_in, gcd};
use crate::monomial::{Monomial, VARIABLES};
use crate::poly::Poly;

impl Poly {
    /// The derivative with respect to one variable, `None` on overflow.
    pub fn derivative(&self, var: usize) -> Option<Self> {
        let mut terms = Vec::with_capacity(self.len());
        let once = Monomial::power(var, 1)?;
        for &(m, c) in &self.terms {
            if let Some(lower) = m.checked_div(once) {
                terms.push((lower, coefficient::mul(c, m.exponent(var).into())?));
            }
        }
        Some(Self::from_sorted(terms))
    }
}

/// Square-free polynomials without common factors, and their powers, whose product is `p` divided
/// by its signed content.
///
/// Each has a positive leading coefficient; one power may occur several times. 0 and constants
/// have none. `None` on overflow or beyond the budget.
pub fn square_free(p: &Poly, budget: &Budget) -> Option<Vec<(Poly, u32)>> {
    let monomial = p.monomial_content();
    let powers = monomial.powers().map(|(var, n)| (Poly::variable(var), n));
    let mut parts: Vec<(Poly, u32)> = powers.collect();
    if p.is_zero() {
        return Some(parts);
    }
    let mut rest = p.div_term((monomial, p.signed_content()))?;
    while let Some(var) = lowest_variable(&rest) {
        let content = content_in(&rest, var, budget)?;
        let primitive = rest.div_exact(&content)?.normalize_sign();
        parts.extend(yun(&primitive, var, budget)?);
        rest = content;
    }
    Some(parts)
}

/// The variable of the lowest degree among those that occur.
pub(crate) fn lowest_variable(p: &Poly) -> Option<usize> {
    let degrees = p.degrees();
    let occurring = (0..VARIABLES).filter(|&var| degrees.exponent(var) > 0);
    occurring.min_by_key(|&var| degrees.exponent(var))
}

/// Yun's algorithm for a polynomial that has no content in `var`.
pub(crate) fn yun(p: &Poly, var: usize, budget: &Budget) -> Option<Vec<(Poly, u32)>> {
    if p.degree(var) == 1 {
        return Some(vec![(p.clone(), 1)]);
    }
    let derivative = p.derivative(var)?;
    let repeated = gcd(p, &derivative, budget)?;
    if repeated.as_constant().is_some() {
        return Some(vec![(p.clone(), 1)]);
    }
    let (mut rest, mut slope) = (p.div_exact(&repeated)?, derivative.div_exact(&repeated)?);
    let mut parts = Vec::new();
    for power in 1.. {
        let excess = slope.sub(&rest.derivative(var)?)?;
        if excess.is_zero() {
            parts.push((rest.normalize_sign(), power));
            break;
        }
        let part = gcd(&rest, &excess, budget)?;
        (rest, slope) = (rest.div_exact(&part)?, excess.div_exact(&part)?);
        if part.as_constant().is_none() {
            parts.push((part, power));
        }
    }
    Some(parts)
}
