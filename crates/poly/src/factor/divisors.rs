//! Linear factors, found among the divisors of the first and last coefficients.

use super::{Known, PartialFactor, factor};
use crate::budget::Budget;
use crate::monomial::Monomial;
use crate::poly::Poly;

/// The most divisors of one coefficient that are tried.
const MAX_DIVISORS: usize = 128;

/// The most pairs of divisors that are tried.
const MAX_PAIRS: usize = 512;

/// The largest integer whose divisors are looked for.
const MAX_INTEGER: u32 = 1000;

/// Finds a factor `D v + N` for some variable `v`: `D` divides the leading and `N` the constant
/// coefficient in `v`. A cubic polynomial without one is irreducible.
pub(super) fn split_off_linear(p: &Poly, degrees: Monomial, budget: &Budget) -> Option<Vec<PartialFactor>> {
    let mut vars: Vec<(usize, u32)> = degrees.powers().collect();
    vars.sort_by_key(|v| v.1);
    for (var, degree) in vars {
        let lead = divisors(&p.coefficient_in(var, degree), budget);
        let last = divisors(&p.coefficient_in(var, 0), budget);
        let (Some(lead), Some(last)) = (lead, last) else {
            continue;
        };
        if lead.len() * last.len() > MAX_PAIRS {
            continue;
        }
        if let Some(parts) = try_all(p, var, &lead, &last, budget)? {
            return Some(parts);
        }
        if degree == 3 {
            return None;
        }
    }
    None
}

#[expect(clippy::option_option, reason = "the outer None is an exceeded budget")]
fn try_all(p: &Poly, var: usize, lead: &[Poly], last: &[Poly], budget: &Budget) -> Option<Option<Vec<PartialFactor>>> {
    let v = Poly::variable(var);
    for slope in lead {
        let slope = slope.mul(&v)?;
        for constant in last {
            for factor in [slope.add(constant)?, slope.sub(constant)?] {
                budget.spend(p.len())?;
                if let Some(rest) = p.div_exact(&factor) {
                    let parts = [(factor, 1, Known::Irreducible), (rest, 1, Known::SquareFree)];
                    return Some(Some(parts.into()));
                }
            }
        }
    }
    Some(None)
}

/// All divisors but for the sign, `None` where there are too many.
fn divisors(p: &Poly, budget: &Budget) -> Option<Vec<Poly>> {
    let factored = factor(p, budget);
    let size = u32::try_from(factored.unit.abs()).ok().filter(|&n| n <= MAX_INTEGER)?;
    let integers = (1..=size).filter(|&n| size.is_multiple_of(n));
    let mut all: Vec<Poly> = integers.map(|n| Poly::from(i64::from(n))).collect();
    for (factor, power) in &factored.factors {
        let count = all.len();
        if count * (*power as usize + 1) > MAX_DIVISORS {
            return None;
        }
        for i in 0..count * *power as usize {
            all.push(all[i].mul(factor)?);
        }
    }
    Some(all)
}
