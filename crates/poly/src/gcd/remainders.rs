//! Primitive remainder sequences: slow, but right whatever the coefficients.

use super::{content_in, gcd};
use crate::budget::Budget;
use crate::monomial::Monomial;
use crate::poly::Poly;

/// The greatest common divisor by remainders in the variable `main`.
pub(super) fn gcd_in(a: &Poly, b: &Poly, main: usize, budget: &Budget) -> Option<Poly> {
    let (a_content, b_content) = (content_in(a, main, budget)?, content_in(b, main, budget)?);
    let content = gcd(&a_content, &b_content, budget)?;
    let (mut a, mut b) = (a.div_exact(&a_content)?, b.div_exact(&b_content)?);
    if a.degree(main) < b.degree(main) {
        std::mem::swap(&mut a, &mut b);
    }
    while b.degree(main) > 0 {
        let remainder = pseudo_remainder(&a, &b, main, budget)?;
        a = b;
        if remainder.is_zero() {
            return a.normalize_sign().mul_within(&content, budget);
        }
        b = remainder.div_exact(&content_in(&remainder, main, budget)?)?;
    }
    Some(content)
}

/// The remainder of a multiple of `a` by `b`, where the multiple makes all divisions exact.
fn pseudo_remainder(a: &Poly, b: &Poly, main: usize, budget: &Budget) -> Option<Poly> {
    let degree = b.degree(main);
    let lead = b.coefficient_in(main, degree);
    let mut rest = a.clone();
    while !rest.is_zero() && rest.degree(main) >= degree {
        let excess = rest.degree(main);
        let top = rest.coefficient_in(main, excess);
        let power = Monomial::power(main, excess - degree)?;
        let common = gcd(&top, &lead, budget)?;
        let (top, factor) = (top.div_exact(&common)?, lead.div_exact(&common)?);
        let subtrahend = b.mul_within(&top, budget)?.mul_term((power, 1))?;
        rest = rest.mul_within(&factor, budget)?.sub(&subtrahend)?;
    }
    Some(rest)
}
