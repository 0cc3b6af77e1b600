//! Random polynomials.

use proptest::prelude::*;
use wrt_poly::{Monomial, Poly};

/// A polynomial of up to eight terms in four variables, with small coefficients.
pub fn poly() -> impl Strategy<Value = Poly> {
    let term = (proptest::array::uniform4(0u32..4), -6i128..7);
    proptest::collection::vec(term, 0..8).prop_map(|terms| {
        let term = |(e, c): ([u32; 4], _)| (Monomial::from_exponents(&e).unwrap(), c);
        Poly::from_terms(terms.into_iter().map(term).collect()).unwrap()
    })
}
