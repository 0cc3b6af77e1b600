//! Greatest common divisors: the cheap cases first, then a sparse modular algorithm.

mod image;
mod interpolate;
mod powers;
mod remainders;
mod sparse;

use crate::budget::Budget;
use crate::coefficient;
use crate::monomial::{Monomial, VARIABLES};
use crate::poly::Poly;
use sparse::Failure;

/// How many sets of evaluation points are tried before remainder sequences take over.
const ATTEMPTS: u64 = 2;

/// The greatest common divisor over the integers, with a positive leading coefficient.
///
/// A result is always right; `None` where a coefficient overflows or the budget is exceeded.
pub fn gcd(a: &Poly, b: &Poly, budget: &Budget) -> Option<Poly> {
    budget.spend(a.len() + b.len())?;
    if a.is_zero() || b.is_zero() {
        let other = if a.is_zero() { b } else { a };
        return Some(other.clone().normalize_sign());
    }
    let (a_monomial, b_monomial) = (a.monomial_content(), b.monomial_content());
    let monomial = a_monomial.gcd(b_monomial);
    if let ([_], _) | (_, [_]) = (a.terms(), b.terms()) {
        let content = coefficient::gcd(a.content(), b.content());
        return Some(Poly::term(monomial, content));
    }
    let (a_content, b_content) = (a.signed_content(), b.signed_content());
    let content = coefficient::gcd(a_content, b_content);
    let a = a.div_term((a_monomial, a_content))?;
    let b = b.div_term((b_monomial, b_content))?;
    let primitive = match a.len() <= b.len() {
        true => primitive_gcd(a, b, budget)?,
        false => primitive_gcd(b, a, budget)?,
    };
    primitive.mul_term((monomial, content))
}

/// The greatest common divisor and the two cofactors: `(g, a / g, b / g)`.
///
/// Both arguments 0 have no cofactors, which is `None` too.
pub fn gcd_cofactors(a: &Poly, b: &Poly, budget: &Budget) -> Option<(Poly, Poly, Poly)> {
    let g = gcd(a, b, budget)?;
    if g.is_one() {
        return Some((g, a.clone(), b.clone()));
    }
    let (a, b) = (a.div_exact(&g)?, b.div_exact(&g)?);
    Some((g, a, b))
}

/// The greatest common divisor of all, which stops as soon as it is 1; 0 for none.
pub(crate) fn gcd_of_all(mut polys: Vec<Poly>, budget: &Budget) -> Option<Poly> {
    polys.sort_by_key(Poly::len);
    let mut divisor = Poly::zero();
    for p in &polys {
        divisor = gcd(&divisor, p, budget)?;
        if divisor.is_one() {
            break;
        }
    }
    Some(divisor)
}

/// The content in one variable, `None` beyond the budget.
pub(crate) fn content_in(p: &Poly, var: usize, budget: &Budget) -> Option<Poly> {
    let coefficients = p.coefficients_in(var).into_iter();
    gcd_of_all(coefficients.map(|(_, c)| c).collect(), budget)
}

impl Poly {
    /// The coefficients with respect to the monomials in the variables `vars`.
    fn coefficients_in_all(&self, vars: u16) -> Vec<Self> {
        let mut groups: Vec<(Monomial, Self)> = Vec::new();
        for &(monomial, c) in self.terms() {
            let key = monomial.restrict(vars);
            let rest = (monomial.checked_div(key).unwrap_or_default(), c);
            match groups.binary_search_by_key(&key, |g| g.0) {
                Ok(i) => groups[i].1.terms.push(rest),
                Err(i) => groups.insert(i, (key, Self::from_sorted(vec![rest]))),
            }
        }
        groups.into_iter().map(|g| g.1).collect()
    }
}

/// For polynomials of several terms without numeric or monomial content, `a` not the longer one.
fn primitive_gcd(a: Poly, b: Poly, budget: &Budget) -> Option<Poly> {
    if a == b || b.div_exact(&a).is_some() {
        return Some(a.normalize_sign());
    }
    let (a_vars, b_vars) = (a.variables(), b.variables());
    let shared = a_vars & b_vars;
    if shared == 0 {
        return Some(Poly::one());
    }
    if a_vars != b_vars {
        return gcd_without(&a, a_vars & !shared, &b, b_vars & !shared, budget);
    }
    budget.spend(4 * (a.len() + b.len()))?;
    let Some(bounds) = image::degree_bounds(&a, &b, shared) else {
        return by_remainders(&a, &b, budget);
    };
    let occurring = bounds.variables();
    if occurring == 0 {
        return Some(Poly::one());
    }
    if occurring != shared {
        let absent = shared & !occurring;
        return gcd_without(&a, absent, &b, absent, budget);
    }
    by_images(&a, &b, bounds, budget)
}

/// The common divisor that is known not to depend on `a_absent` and `b_absent`.
fn gcd_without(a: &Poly, a_absent: u16, b: &Poly, b_absent: u16, budget: &Budget) -> Option<Poly> {
    let mut coefficients = a.coefficients_in_all(a_absent);
    coefficients.extend(b.coefficients_in_all(b_absent));
    // Neither polynomial has monomial content, so neither has the divisor.
    if coefficients.iter().any(|c| c.len() == 1) {
        return Some(Poly::one());
    }
    let divisor = gcd_of_all(coefficients, budget)?;
    Some(strip(&divisor))
}

/// The polynomial without its numeric and monomial content.
fn strip(p: &Poly) -> Poly {
    let term = (p.monomial_content(), p.signed_content());
    p.div_term(term).unwrap_or_default()
}

/// The polynomial without its content in `var`.
fn strip_in(p: &Poly, var: usize, budget: &Budget) -> Option<Poly> {
    match content_in(p, var, budget)? {
        content if content.is_one() => Some(p.clone()),
        content => p.div_exact(&content),
    }
}

/// The variable whose leading coefficients are shortest: it decides how dense images get.
fn main_variable(a: &Poly, b: &Poly, bounds: Monomial) -> usize {
    let leading = |p: &Poly, var| {
        let degree = p.degree(var);
        let top = |t: &&(Monomial, i128)| t.0.exponent(var) == degree;
        p.terms().iter().filter(top).count()
    };
    let cost = |&(var, degree): &(usize, u32)| (leading(a, var).min(leading(b, var)), degree);
    bounds.powers().min_by_key(cost).map_or(0, |p| p.0)
}

/// Both polynomials have the same variables, and so has (very likely) the divisor.
///
/// A candidate that divides both and has the largest possible degree in the main variable is the
/// divisor but for its content in that variable, which is found apart.
fn by_images(a: &Poly, b: &Poly, bounds: Monomial, budget: &Budget) -> Option<Poly> {
    let main = main_variable(a, b, bounds);
    let mut coefficients = a.coefficients_in(main);
    coefficients.extend(b.coefficients_in(main));
    let leading = [a, b].map(|p| p.coefficient_in(main, p.degree(main)));
    let is_primitive = coefficients.iter().any(|c| c.1.len() == 1);
    let content = match is_primitive {
        true => Poly::one(),
        false => {
            let coefficients = coefficients.into_iter().map(|c| c.1);
            strip(&gcd_of_all(coefficients.collect(), budget)?)
        }
    };
    let scale = gcd(&leading[0], &leading[1], budget)?;
    for seed in 1..=ATTEMPTS {
        let image = match sparse::scaled_gcd([a, b], main, &scale, bounds, seed, budget) {
            Ok(image) => image,
            Err(Failure::Unlucky) => continue,
            Err(Failure::Budget) => return None,
        };
        let mut candidate = strip(&image);
        if scale.len() > 1 {
            candidate = strip_in(&candidate, main, budget)?;
        }
        candidate = candidate.mul_within(&content, budget)?.normalize_sign();
        if a.div_exact(&candidate).is_some() && b.div_exact(&candidate).is_some() {
            return Some(candidate);
        }
    }
    by_remainders(a, b, budget)
}

/// The slow way, without any assumption.
fn by_remainders(a: &Poly, b: &Poly, budget: &Budget) -> Option<Poly> {
    let degree = |var: &usize| (a.degree(*var).min(b.degree(*var)), *var);
    let shared = (0..VARIABLES).filter(|&var| a.degree(var) > 0 && b.degree(var) > 0);
    match shared.min_by_key(degree) {
        Some(main) => remainders::gcd_in(a, b, main, budget),
        None => Some(Poly::one()),
    }
}
