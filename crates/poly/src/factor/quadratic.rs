//! Quadratic and biquadratic polynomials, by square roots of discriminants.

use super::{Known, PartialFactor};
use crate::budget::Budget;
use crate::gcd::content_in;
use crate::monomial::Monomial;
use crate::poly::Poly;

/// Splits `A v^2 + B v + C`, without content in `v`, where its discriminant is a square.
pub(super) fn split(p: &Poly, var: usize, budget: &Budget) -> Option<Vec<PartialFactor>> {
    let [c, b, a] = [0, 1, 2].map(|power| p.coefficient_in(var, power));
    let product = a.mul_within(&c, budget)?.scale(4)?;
    let root = b.mul_within(&b, budget)?.sub(&product)?.sqrt(budget)?;
    let slope = a.scale(2)?.mul(&Poly::variable(var))?;
    let multiple = slope.add(&b)?.sub(&root)?;
    let first = multiple.div_exact(&content_in(&multiple, var, budget)?)?;
    let second = p.div_exact(&first)?;
    Some(vec![(first, 1, Known::Irreducible), (second, 1, Known::Irreducible)])
}

/// Splits `a^2 v^4 + B v^2 + c^2` into `(a v^2 + s v + c) (a v^2 - s v + c)` for some `v`.
pub(super) fn split_biquadratic(p: &Poly, degrees: Monomial, budget: &Budget) -> Option<Vec<PartialFactor>> {
    let quartic = degrees.powers().filter(|power| power.1 == 4);
    let mut vars = quartic.map(|power| power.0).filter(|&var| p.degree(var) == 4);
    vars.find_map(|var| {
        let is_even = |t: &(Monomial, i128)| t.0.exponent(var).is_multiple_of(2);
        if !p.terms().iter().all(is_even) {
            return None;
        }
        split_even(p, var, budget).or_else(|| split_even(&p.neg(), var, budget))
    })
}

fn split_even(p: &Poly, var: usize, budget: &Budget) -> Option<Vec<PartialFactor>> {
    let a = p.coefficient_in(var, 4).sqrt(budget)?;
    let c = p.coefficient_in(var, 0).sqrt(budget)?;
    let b = p.coefficient_in(var, 2);
    let v = Poly::variable(var);
    let square = v.mul(&v)?;
    for c in [c.neg(), c] {
        let twice = a.mul_within(&c, budget)?.scale(2)?;
        let Some(s) = twice.sub(&b)?.sqrt(budget) else {
            continue;
        };
        let outer = a.mul(&square)?.add(&c)?;
        let inner = s.mul(&v)?;
        let factors = [outer.add(&inner)?, outer.sub(&inner)?];
        return Some(factors.map(|q| (q, 1, Known::SquareFree)).into());
    }
    None
}
