//! The laws of the ring, on random small polynomials.

use crate::common::poly;
use proptest::prelude::*;
use wrt_poly::{Budget, Monomial, PRIME, Poly, VARIABLES};

proptest! {
    #[test]
    fn addition_and_multiplication(a in poly(), b in poly(), c in poly()) {
        prop_assert_eq!(a.add(&b), b.add(&a));
        prop_assert_eq!(a.mul(&b), b.mul(&a));
        let (ab, bc) = (a.mul(&b).unwrap(), b.mul(&c).unwrap());
        prop_assert_eq!(ab.mul(&c), a.mul(&bc));
        let ac = a.mul(&c).unwrap();
        prop_assert_eq!(a.mul(&b.add(&c).unwrap()), ab.add(&ac));
        prop_assert_eq!(a.sub(&b), a.add(&b.neg()));
        prop_assert!(a.sub(&a).unwrap().is_zero());
        prop_assert_eq!(a.pow(3, &Budget::default()), a.mul(&a).unwrap().mul(&a));
    }

    #[test]
    fn products_divide(a in poly(), b in poly()) {
        prop_assume!(!b.is_zero());
        prop_assert_eq!(a.mul(&b).unwrap().div_exact(&b), Some(a));
    }

    #[test]
    fn quotients_multiply_back(a in poly(), b in poly(), r in poly()) {
        prop_assume!(!b.is_zero());
        let p = a.mul(&b).unwrap().add(&r).unwrap();
        if let Some(q) = p.div_exact(&b) {
            prop_assert_eq!(q.mul(&b), Some(p));
        }
    }

    #[test]
    fn evaluation_is_a_homomorphism(a in poly(), b in poly(), seed in any::<u64>()) {
        let point: [u64; VARIABLES] =
            std::array::from_fn(|i| seed.wrapping_mul(2 * i as u64 + 3));
        let (x, y) = (a.evaluate(&point), b.evaluate(&point));
        let product = (u128::from(x) * u128::from(y) % u128::from(PRIME)) as u64;
        prop_assert_eq!(a.mul(&b).unwrap().evaluate(&point), product);
        prop_assert_eq!(a.add(&b).unwrap().evaluate(&point), (x + y) % PRIME);
    }

    #[test]
    fn parts_make_up_the_whole(a in poly()) {
        let part = a.primitive_part();
        prop_assert_eq!(part.scale(a.signed_content()), Some(a.clone()));
        let m = a.monomial_content();
        let rest = a.div_term((m, 1)).unwrap();
        prop_assert!(rest.monomial_content().is_one());
        for var in 0..4 {
            let v = Poly::variable(var);
            let sum = a.coefficients_in(var).iter().try_fold(Poly::zero(), |sum, (n, c)| {
                prop_assert_eq!(c, &a.coefficient_in(var, *n));
                let power = v.pow(*n, &Budget::default()).unwrap();
                Ok(sum.add(&c.mul(&power).unwrap()).unwrap())
            })?;
            prop_assert_eq!(&sum, &a);
        }
    }

    #[test]
    fn reduction_is_modulo_the_relation(a in poly(), u in poly(), n in 1u32..4) {
        let budget = Budget::default();
        let replacement = u.coefficient_in(2, 0);
        let reduced = a.reduce_power(2, n, &replacement, &budget).unwrap();
        prop_assert!(reduced.degree(2) < n);
        let relation = Poly::variable(2).pow(n, &budget).unwrap().sub(&replacement).unwrap();
        prop_assert!(a.sub(&reduced).unwrap().div_exact(&relation).is_some());
    }
}

#[test]
fn removing_a_factor_counts() {
    let (x, y) = (Poly::variable(0), Poly::variable(1));
    let sum = x.add(&y).unwrap();
    let p = sum.pow(5, &Budget::default()).unwrap().mul(&x).unwrap();
    assert_eq!(p.remove_factor(&sum), (x.clone(), 5));
    assert_eq!(p.remove_factor(&Poly::one()), (p.clone(), 0));
    assert_eq!(Poly::zero().remove_factor(&x), (Poly::zero(), 0));
}

#[test]
fn overflow_is_none() {
    let x = Poly::variable(0);
    let budget = Budget::default();
    assert_eq!(x.pow(128, &budget), None);
    assert!(x.pow(127, &budget).is_some());
    assert_eq!(Poly::constant(1 << 100).mul(&Poly::constant(1 << 27)), None);
    assert_eq!(Poly::constant(i128::MAX).add(&Poly::one()), None);
    assert_eq!(Poly::constant(-i128::MAX).sub(&Poly::one()), None);
    let twice = vec![(Monomial::ONE, i128::MAX), (Monomial::ONE, 1)];
    assert_eq!(Poly::from_terms(twice), None);
    let long = (0..16).fold(Poly::one(), |p, i| p.add(&Poly::variable(i)).unwrap());
    assert_eq!(long.pow(60, &budget), None);
}

#[test]
fn relations_that_never_end_are_refused() {
    let x = Poly::variable(0);
    let budget = Budget::default();
    let square = x.mul(&x).unwrap();
    assert_eq!(square.reduce_power(0, 2, &square, &budget), None);
    // The golden ratio: x^2 = x + 1.
    let replacement = x.add(&Poly::one()).unwrap();
    let fifth = x.pow(5, &budget).unwrap();
    let reduced = fifth.reduce_power(0, 2, &replacement, &budget).unwrap();
    assert_eq!(format!("{reduced:?}"), "5*x0 + 3");
}
