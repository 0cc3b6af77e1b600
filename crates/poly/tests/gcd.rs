//! Greatest common divisors.

use crate::common::poly;
use proptest::prelude::*;
use wrt_poly::{Budget, Poly, gcd, gcd_cofactors};

fn budget() -> Budget {
    Budget::default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn divides_and_is_divided(a in poly(), b in poly(), g in poly()) {
        let (a, b) = (a.mul(&g).unwrap(), b.mul(&g).unwrap());
        let d = gcd(&a, &b, &budget()).unwrap();
        prop_assert_eq!(&d, &gcd(&b, &a, &budget()).unwrap());
        if d.is_zero() {
            prop_assert!(a.is_zero() && b.is_zero());
        } else {
            prop_assert!(d.leading_coefficient() > 0);
            let (_, p, q) = gcd_cofactors(&a, &b, &budget()).unwrap();
            prop_assert_eq!(p.mul(&d), Some(a));
            prop_assert_eq!(q.mul(&d), Some(b));
            prop_assert!(gcd(&p, &q, &budget()).unwrap().is_one());
            prop_assert!(g.is_zero() || d.div_exact(&g).is_some());
        }
    }
}

#[test]
fn of_zero_and_constants() {
    let x = Poly::variable(0);
    let twelve = Poly::constant(12);
    assert_eq!(gcd(&Poly::zero(), &x.neg(), &budget()), Some(x.clone()));
    assert_eq!(gcd(&Poly::zero(), &Poly::zero(), &budget()), Some(Poly::zero()));
    let p = x.scale(8).unwrap().add(&Poly::constant(20)).unwrap();
    assert_eq!(gcd(&p, &twelve, &budget()), Some(Poly::constant(4)));
}

#[test]
fn large_coefficients_take_the_slow_way() {
    // The common factor has coefficients that one 61-bit prime cannot tell.
    let x = Poly::variable(0);
    let g = x.scale(1 << 40).unwrap().add(&Poly::constant((1 << 70) + 1)).unwrap();
    let a = x.add(&Poly::one()).unwrap().mul(&g).unwrap();
    let b = x.sub(&Poly::one()).unwrap().mul(&g).unwrap();
    assert!(matches!(gcd(&a, &b, &budget()), None | Some(_) if gcd(&a, &b, &budget()).is_none_or(|d| d == g)));
}

#[test]
fn an_exceeded_budget_is_none() {
    let sum = (0..6).fold(Poly::one(), |p, i| p.add(&Poly::variable(i)).unwrap());
    let a = sum.pow(3, &budget()).unwrap();
    let b = sum.mul(&a).unwrap().add(&sum).unwrap();
    assert_eq!(gcd(&a, &b, &Budget::new(1000, 50)), None);
    assert_eq!(gcd(&a, &b, &budget()), Some(sum));
}
