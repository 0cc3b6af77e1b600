//! Images of polynomials modulo 2^61 - 1, in one variable.

use crate::dense::{self, Dense};
use crate::modular;
use crate::monomial::{Monomial, VARIABLES};
use crate::poly::Poly;

/// A point whose coordinates look random; each seed has its own.
pub(super) fn point(seed: u64) -> [u64; VARIABLES] {
    // The mixing function of SplitMix64 (Steele, Lea and Flood, 2014).
    std::array::from_fn(|var| {
        let mut z = (seed * 64 + var as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % modular::PRIME
    })
}

/// The value of a monomial.
#[inline]
pub(super) fn value(monomial: Monomial, point: &[u64; VARIABLES]) -> u64 {
    let mut value = 1;
    for (var, exponent) in monomial.powers() {
        let factor = match exponent {
            1 => point[var],
            2 => modular::mul(point[var], point[var]),
            _ => modular::pow(point[var], exponent.into()),
        };
        value = modular::mul(value, factor);
    }
    value
}

/// For each variable a bound of the degree of the greatest common divisor, from one image each.
///
/// The image is `p(.., point[var] * y, ..)`, so the terms are evaluated once for all variables.
/// `None` where a leading coefficient vanishes, and the degree of the image would be no bound.
pub(super) fn degree_bounds(a: &Poly, b: &Poly, vars: u16) -> Option<Monomial> {
    let point = point(0);
    let values = |p: &Poly| -> Vec<u64> {
        let term = |&(m, c)| modular::mul(modular::residue(c), value(m, &point));
        p.terms().iter().map(term).collect()
    };
    let (a_values, b_values) = (values(a), values(b));
    let (mut a_image, mut b_image) = (Dense::new(), Dense::new());
    let mut bounds = Monomial::ONE;
    for var in (0..VARIABLES).filter(|var| vars >> var & 1 == 1) {
        collect(a, &a_values, var, &mut a_image);
        collect(b, &b_values, var, &mut b_image);
        if a_image.last() == Some(&0) || b_image.last() == Some(&0) {
            return None;
        }
        dense::euclid(&mut a_image, &mut b_image);
        let degree = a_image.len() as u32 - 1;
        bounds = bounds.checked_mul(Monomial::power(var, degree)?)?;
    }
    Some(bounds)
}

/// Adds up the values of the terms with equal power of `var`; the last entry may be 0.
pub(super) fn collect(p: &Poly, values: &[u64], var: usize, image: &mut Dense) {
    image.clear();
    for (&(monomial, _), &value) in p.terms().iter().zip(values) {
        let power = monomial.exponent(var) as usize;
        if power >= image.len() {
            image.resize(power + 1, 0);
        }
        image[power] = modular::add(image[power], value);
    }
}
