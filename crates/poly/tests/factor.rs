//! Factorisations.

use crate::common::poly;
use proptest::prelude::*;
use wrt_poly::{Budget, Factors, Poly, factor, gcd, square_free};

fn budget() -> Budget {
    Budget::default()
}

/// The product of polynomials.
fn product(factors: &[&Poly]) -> Poly {
    let multiply = |p: Poly, q: &&Poly| p.mul(q).unwrap();
    factors.iter().fold(Poly::one(), multiply)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn multiply_back(a in poly(), b in poly(), c in poly()) {
        let p = product(&[&a, &b, &c, &c]);
        let f = factor(&p, &budget());
        prop_assert_eq!(f.expand(&budget()), Some(p));
        for (q, _) in &f.factors {
            prop_assert!(q.leading_coefficient() > 0);
            prop_assert!(q.as_constant().is_none());
            prop_assert_eq!(&factor(q, &budget()).factors, &vec![(q.clone(), 1)]);
        }
    }

    #[test]
    fn square_free_parts(a in poly(), b in poly()) {
        let p = product(&[&a, &a, &b]);
        prop_assume!(!p.is_zero());
        let parts = square_free(&p, &budget()).unwrap();
        let whole = Factors { unit: p.signed_content(), factors: parts.clone() };
        prop_assert_eq!(whole.expand(&budget()), Some(p));
        for (i, (q, _)) in parts.iter().enumerate() {
            for (r, _) in &parts[..i] {
                prop_assert!(gcd(q, r, &budget()).unwrap().is_one());
            }
        }
    }

    #[test]
    fn univariate(roots in proptest::collection::vec((-9i64..10, 1i64..5), 1..6), b in poly()) {
        let x = Poly::variable(1);
        let mut p = Poly::one();
        for (n, d) in &roots {
            let linear = x.mul(&Poly::from(*d)).unwrap().add(&Poly::from(*n)).unwrap();
            p = p.mul(&linear).unwrap();
        }
        let f = factor(&p, &budget());
        prop_assert_eq!(f.factors.iter().map(|f| f.1).sum::<u32>() as usize, roots.len());
        prop_assert!(f.factors.iter().all(|(q, _)| q.degree(1) == 1));
        let mixed = p.add(&b.coefficient_in(0, 0).coefficient_in(2, 0)).unwrap();
        prop_assert_eq!(factor(&mixed, &budget()).expand(&budget()), Some(mixed));
    }

    #[test]
    fn squares_have_roots(a in poly(), b in poly()) {
        let square = product(&[&a, &a]);
        prop_assert_eq!(square.sqrt(&budget()), Some(a.normalize_sign()));
        if let Some(root) = b.sqrt(&budget()) {
            prop_assert_eq!(root.mul(&root), Some(b));
        }
    }
}

/// Reads sums of products such as `2*x^2*y - 3`.
fn read(text: &str) -> Poly {
    let spaced = text.replace("- ", "+ -");
    let mut sum = Poly::zero();
    for term in spaced.split('+').map(str::trim).filter(|t| !t.is_empty()) {
        let (sign, term) = term.strip_prefix('-').map_or((1, term), |t| (-1, t));
        let mut p = Poly::from(sign);
        for factor in term.split('*').map(str::trim) {
            let (base, power) = factor.split_once('^').unwrap_or((factor, "1"));
            let base = match "xyzabcdAB".find(base) {
                Some(var) => Poly::variable(var),
                None => Poly::from(base.parse::<i64>().unwrap()),
            };
            p = p.mul(&base.pow(power.parse().unwrap(), &budget()).unwrap()).unwrap();
        }
        sum = sum.add(&p).unwrap();
    }
    sum
}

/// The irreducible factors, whose product is to be factored, with their powers.
const KNOWN: &[&[(&str, u32)]] = &[
    &[("x", 3), ("y", 1)],
    &[("x^2 + x + 1", 1), ("x^2 - x + 1", 1)],
    &[("x - 1", 1), ("x + 1", 1), ("x^2 + x + 1", 1), ("x^2 - x + 1", 1)],
    &[("a + b*x", 3), ("c - d", 2)],
    &[("a*c - b*d", 1), ("a*c + b*d", 1)],
    &[("x + y", 1), ("x + 2*y", 1)],
    &[("a + b*x", 4), ("A + B*x", 1), ("c + d", 1)],
    &[("x^4 + 1", 1)],
    // Three roots modulo the prime at which simple polynomials are all squares.
    &[("4*x^3*y^3*z^3 - 1", 1), ("x*z - 2*y", 1)],
    &[("x^8 + x^7 - x^5 - x^4 - x^3 + x + 1", 1)],
    &[("x^4 - 10*x^2 + 1", 1)],
    &[("x^2 + 2*x + 2", 1), ("x^2 - 2*x + 2", 1)],
    &[("x^2 + 2*x*y + 2*y^2", 1), ("x^2 - 2*x*y + 2*y^2", 1)],
    &[("3*x - 7", 1), ("5*x^3 + 2", 2), ("x^4 + x + 1", 1)],
    &[("x^5 - x - 1", 1), ("x^6 + 3*x + 5", 1)],
    &[("x + y + z", 1), ("x^2 + y^2 + z^2 - x*y - x*z - y*z", 1)],
    &[("x^3 + y^3 + 1", 1), ("x^3 - y^3 - 1", 1)],
    &[("x^2 + y^2 - 1", 1), ("x^2 + y^2 + 1", 2)],
    &[("x^2 + x*y + y^2 + z^2", 1), ("x^2 - x*y + y^2 + z^2", 1)],
    &[("x*y + z", 1), ("x^3*z^3 + y^3 + x^2 + 2", 1)],
    &[("x^3 + y^3 + z^3 + 1", 1)],
    &[("x^2 + 1", 1), ("y^3 + 2", 2), ("z^4 + z + 1", 1)],
    &[("x^2 - y", 1), ("x^2 + y", 1), ("x^4 + y^2", 1)],
];

#[test]
fn known_factorizations() {
    for row in KNOWN {
        let factors: Vec<(Poly, u32)> = row.iter().map(|(q, n)| (read(q), *n)).collect();
        let whole = Factors { unit: -6, factors };
        let p = whole.expand(&budget()).unwrap();
        let found = factor(&p, &budget());
        assert_eq!(found.unit, -6, "{row:?}");
        assert_eq!(found.factors.len(), row.len(), "{row:?}: {found:?}");
        for expected in &whole.factors {
            assert!(found.factors.contains(expected), "{row:?}: {found:?}");
        }
    }
}

#[test]
fn of_constants() {
    assert_eq!(factor(&Poly::zero(), &budget()), Factors { unit: 0, factors: vec![] });
    assert_eq!(factor(&Poly::from(-12), &budget()), Factors { unit: -12, factors: vec![] });
}

#[test]
fn past_the_budget_factors_are_whole() {
    let p = read("x^2*y^2 - 1").pow(6, &budget()).unwrap();
    let f = factor(&p, &Budget::new(100, 10));
    assert_eq!(f.factors, vec![(p, 1)]);
}
