//! Images in one variable modulo 2^61 - 1, and what their degrees tell.

use super::powers::Powers;
use crate::dense::{self, Dense};
use crate::modular;
use crate::monomial::{Monomial, VARIABLES};
use crate::poly::Poly;

/// For each variable a bound of the degree of the greatest common divisor, from one image each.
///
/// The image is `p(.., point[var] * y, ..)`, so the terms are evaluated once for all variables.
/// `None` where a leading coefficient vanishes, and the degree of the image would be no bound.
pub(super) fn degree_bounds(a: &Poly, b: &Poly, vars: u16) -> Option<Monomial> {
    let powers = Powers::new(0, a.degrees().lcm(b.degrees()));
    let values = |p: &Poly| -> Vec<u64> {
        let term = |&(m, c)| modular::mul(modular::residue(c), powers.value(m, vars));
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
