//! Polynomials in one variable: factors modulo one large prime, put together again.
//!
//! As the prime is larger than twice the coefficients of nearly every factor one meets, there is
//! no lifting to powers of a small prime.

use super::{Known, PartialFactor};
use crate::budget::Budget;
use crate::coefficient;
use crate::dense::{self, Dense};
use crate::modular;
use crate::monomial::Monomial;
use crate::poly::Poly;

/// The most modular factors, as there are exponentially many products of them.
const MAX_FACTORS: usize = 14;

/// The highest degree that is tried.
const MAX_DEGREE: usize = 64;

/// The irreducible factors of a primitive square-free polynomial in one variable.
///
/// `None` where there is but one, where there is no way to tell, or beyond the budget. A factor of
/// coefficients beyond 2^60 could be missed.
pub(super) fn split(p: &Poly, budget: &Budget) -> Option<Vec<PartialFactor>> {
    let (var, degree) = p.degrees().powers().next()?;
    if degree as usize > MAX_DEGREE {
        return None;
    }
    // Some 61 products modulo the polynomial, each of the square of the degree.
    budget.spend(60 * (degree * degree) as usize)?;
    let mut image = to_dense(p, var, degree);
    if image.last() == Some(&0) || !is_square_free(&image) {
        return None;
    }
    dense::make_monic(&mut image);
    let modular = dense::factor(image)?;
    if modular.len() == 1 || modular.len() > MAX_FACTORS {
        return None;
    }
    combine(p, var, modular, budget)
}

fn to_dense(p: &Poly, var: usize, degree: u32) -> Dense {
    let mut image = vec![0; degree as usize + 1];
    for &(m, c) in p.terms() {
        image[m.exponent(var) as usize] = modular::residue(c);
    }
    image
}

fn is_square_free(image: &Dense) -> bool {
    let powers = image.iter().enumerate().skip(1);
    let mut derivative: Dense = powers.map(|(n, &c)| modular::mul(c, n as u64)).collect();
    dense::trim(&mut derivative);
    let mut common = image.clone();
    dense::euclid(&mut common, &mut derivative);
    common.len() == 1
}

/// Tries the products of ever more modular factors until what is left is irreducible.
fn combine(p: &Poly, var: usize, mut modular: Vec<Dense>, budget: &Budget) -> Option<Vec<PartialFactor>> {
    let mut rest = p.clone();
    let mut parts = Vec::new();
    let mut size = 1;
    while 2 * size <= modular.len() {
        match find(&rest, var, &modular, size, budget)? {
            Some((chosen, factor)) => {
                rest = rest.div_exact(&factor)?;
                parts.push((factor, 1, Known::Irreducible));
                let mut index = 0;
                modular.retain(|_| {
                    index += 1;
                    chosen >> (index - 1) & 1 == 0
                });
            }
            None => size += 1,
        }
    }
    parts.push((rest, 1, Known::Irreducible));
    Some(parts)
}

/// A factor that is the product of `size` modular factors, and which ones as a bit set.
#[expect(clippy::option_option, reason = "the outer None is an exceeded budget")]
fn find(p: &Poly, var: usize, modular: &[Dense], size: usize, budget: &Budget) -> Option<Option<(u32, Poly)>> {
    let lead = p.leading_coefficient();
    let last = coefficient::mul(lead, p.terms().last()?.1);
    let mut chosen: u32 = (1 << size) - 1;
    while chosen < 1 << modular.len() {
        budget.spend(size)?;
        let factors = || modular.iter().enumerate().filter(|(i, _)| chosen >> i & 1 == 1);
        let scale = modular::residue(lead);
        let constant = factors().fold(scale, |c, (_, f)| modular::mul(c, f[0]));
        let constant = modular::symmetric(constant);
        if last.is_none_or(|last| coefficient::div_exact(last, constant).is_some()) {
            let product = factors().fold(vec![scale], |c, (_, f)| dense::mul(&c, f));
            let candidate = lift(&product, var)?.primitive_part();
            if p.div_exact(&candidate).is_some() {
                return Some(Some((chosen, candidate)));
            }
        }
        // Gosper's hack: the next larger number with as many bits.
        let low = chosen & chosen.wrapping_neg();
        let ripple = chosen + low;
        chosen = (((ripple ^ chosen) >> 2) / low) | ripple;
    }
    Some(None)
}

fn lift(image: &Dense, var: usize) -> Option<Poly> {
    let mut terms = Vec::with_capacity(image.len());
    for (power, &c) in image.iter().enumerate().rev().filter(|c| *c.1 != 0) {
        terms.push((Monomial::power(var, power as u32)?, modular::symmetric(c)));
    }
    Some(Poly::from_sorted(terms))
}
