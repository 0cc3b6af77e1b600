//! Factorisation: complete in one variable and for low degrees, a set of good tricks beyond.

mod divisors;
mod line;
mod quadratic;
mod univariate;

use crate::budget::Budget;
use crate::coefficient;
use crate::gcd::{content_in, gcd};
use crate::monomial::{Monomial, VARIABLES};
use crate::poly::Poly;
use crate::square_free::{lowest_variable, yun};

/// A product of powers of polynomials.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Factors {
    /// The content, with the sign of the leading coefficient; 0 for 0.
    pub unit: i128,
    /// The factors and their powers: no two equal, each primitive with a positive leading
    /// coefficient, short ones first.
    pub factors: Vec<(Poly, u32)>,
}

impl Factors {
    /// The product multiplied out, `None` on overflow or beyond the budget.
    pub fn expand(&self, budget: &Budget) -> Option<Poly> {
        let mut product = Poly::constant(self.unit);
        for (factor, n) in &self.factors {
            product = product.mul_within(&factor.pow(*n, budget)?, budget)?;
        }
        Some(product)
    }
}

/// Splits a polynomial into factors whose product it is.
///
/// Numbers are not factored. A factor is irreducible where it has one variable, where its monomials
/// lie on a line, or where some variable has degree 1 or 2 in it; also with degree 3, unless its
/// first or last coefficient has too many divisors. Others are split by the tricks that are known
/// and may be left whole, and past the budget all are.
pub fn factor(p: &Poly, budget: &Budget) -> Factors {
    let unit = p.signed_content();
    if unit == 0 {
        return Factors { unit, factors: Vec::new() };
    }
    let monomial = p.monomial_content();
    let powers = monomial.powers().map(|(var, n)| (Poly::variable(var), n));
    let mut factors: Vec<(Poly, u32)> = powers.collect();
    if let Some(rest) = p.div_term((monomial, unit)) {
        factors.extend(split_completely(rest, Known::Nothing, budget));
    }
    factors.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| b.cmp(a)));
    factors.dedup_by(|(a, n), (b, m)| {
        let equal = a == b;
        *m += if equal { *n } else { 0 };
        equal
    });
    Factors { unit, factors }
}

/// What is known of a part that is still to be split.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    SquareFree,
    Irreducible,
}

/// A part of a product, with its power.
type PartialFactor = (Poly, u32, Known);

/// The factors of a polynomial without numeric or monomial content, and their powers.
fn split_completely(p: Poly, known: Known, budget: &Budget) -> Vec<(Poly, u32)> {
    let mut factors = Vec::new();
    let mut parts = vec![(p, 1, known)];
    while let Some((part, power, known)) = parts.pop() {
        if part.as_constant().is_some() {
            continue;
        }
        let split = match known {
            Known::Irreducible => None,
            _ => split(&part, known, budget).filter(|split| split.len() > 1 || split[0].0 != part),
        };
        match split {
            Some(split) => parts.extend(split.into_iter().map(|(q, n, k)| (q, n * power, k))),
            None => factors.push((part.normalize_sign(), power)),
        }
    }
    factors
}

/// One step: parts whose product is `p`, or `None` where it is irreducible, no way to split it is
/// known, or the budget is exceeded.
fn split(p: &Poly, known: Known, budget: &Budget) -> Option<Vec<PartialFactor>> {
    if p.len() < 2 {
        return None;
    }
    budget.spend(p.len())?;
    let degrees = p.degrees();
    let has = |degree| degrees.powers().find(|p| p.1 == degree).map(|p| p.0);
    if has(1).is_some() {
        return split_linear(p, degrees, budget);
    }
    if let Some(line) = line::Line::through(p)
        && line.is_oblique()
    {
        return line.split(p, budget);
    }
    for (var, _) in degrees.powers() {
        let content = content_in(p, var, budget)?;
        if content.as_constant().is_none() {
            let rest = p.div_exact(&content)?;
            return Some(vec![(content, 1, known), (rest, 1, known)]);
        }
    }
    if known == Known::Nothing {
        let parts = yun(p, lowest_variable(p)?, budget)?;
        if parts.len() > 1 || parts[0].1 > 1 {
            let part = |(q, n)| (q, n, Known::SquareFree);
            return Some(parts.into_iter().map(part).collect());
        }
    }
    if let Some(var) = has(2) {
        return quadratic::split(p, var, budget);
    }
    let one_variable = degrees.variables().is_power_of_two();
    let cheap = split_power(p, degrees, budget)
        .or_else(|| quadratic::split_biquadratic(p, degrees, budget))
        .or_else(|| divisors::split_off_linear(p, degrees, budget));
    match cheap {
        None if one_variable => univariate::split(p, budget),
        _ => cheap,
    }
}

/// In `A v + B` only a common factor of `A` and `B` can split off.
fn split_linear(p: &Poly, degrees: Monomial, budget: &Budget) -> Option<Vec<PartialFactor>> {
    let linear = degrees.powers().filter(|p| p.1 == 1).map(|p| p.0);
    let count = |var: &usize| p.terms().iter().filter(|t| t.0.exponent(*var) == 1).count();
    let var = linear.min_by_key(|var| count(var).min(p.len() - count(var)))?;
    let common = gcd(&p.coefficient_in(var, 1), &p.coefficient_in(var, 0), budget)?;
    if common.as_constant().is_some() {
        return None;
    }
    let rest = p.div_exact(&common)?;
    Some(vec![(common, 1, Known::Nothing), (rest, 1, Known::Irreducible)])
}

/// Where all powers of a variable are multiples of `m`, factors in its `m`-th power.
fn split_power(p: &Poly, degrees: Monomial, budget: &Budget) -> Option<Vec<PartialFactor>> {
    for (var, degree) in degrees.powers() {
        let exponents = p.terms().iter().map(|t| i128::from(t.0.exponent(var)));
        let common = exponents.fold(0, coefficient::gcd) as u32;
        let divides = |m: &u32| common.is_multiple_of(*m) && *m < degree;
        for m in (2..=common).rev().filter(divides) {
            let inner = p.with_exponents(var, |e| e / m)?;
            let factors = split_completely(inner, Known::SquareFree, budget);
            if factors.len() > 1 {
                let part = |(q, n): (Poly, u32)| Some((q.with_exponents(var, |e| e * m)?, n, Known::SquareFree));
                return factors.into_iter().map(part).collect();
            }
        }
    }
    None
}

impl Poly {
    /// Changes the exponents of one variable by a monotonic function.
    fn with_exponents(&self, var: usize, change: impl Fn(u32) -> u32) -> Option<Self> {
        assert!(var < VARIABLES);
        let term = |&(m, c): &(Monomial, i128)| {
            let power = Monomial::power(var, change(m.exponent(var)))?;
            Some((m.without(var).checked_mul(power)?, c))
        };
        let terms: Option<Vec<_>> = self.terms.iter().map(term).collect();
        Some(Self::from_sorted(terms?))
    }
}
