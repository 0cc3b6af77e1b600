//! The small problems that the simplifier poses by the thousand.

use divan::{Bencher, black_box};
use wrt_poly::{Budget, Poly, factor, gcd};

fn main() {
    divan::main();
}

fn budget() -> Budget {
    Budget::default()
}

/// A polynomial of `terms` different terms in `variables` variables, of degree at most 2 in each.
fn sparse(terms: usize, variables: usize, seed: u64) -> Poly {
    let mut state = seed;
    let mut next = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut p = Poly::zero();
    while p.len() < terms {
        let exponents: Vec<u32> = (0..variables).map(|_| next(3) as u32).collect();
        let monomial = wrt_poly::Monomial::from_exponents(&exponents).unwrap();
        p = p.add(&Poly::term(monomial, next(9) as i128 - 4)).unwrap();
    }
    p
}

/// The product of polynomials.
fn product(factors: &[&Poly]) -> Poly {
    let multiply = |p: Poly, q: &&Poly| p.mul(q).unwrap();
    factors.iter().fold(Poly::one(), multiply)
}

#[divan::bench]
fn add_10_10(bencher: Bencher<'_, '_>) {
    let (a, b) = (sparse(10, 5, 1), sparse(10, 5, 2));
    bencher.bench(|| black_box(&a).add(black_box(&b)));
}

#[divan::bench]
fn mul_10_10(bencher: Bencher<'_, '_>) {
    let (a, b) = (sparse(10, 5, 1), sparse(10, 5, 2));
    bencher.bench(|| black_box(&a).mul(black_box(&b)));
}

#[divan::bench]
fn mul_3_30(bencher: Bencher<'_, '_>) {
    let (a, b) = (sparse(3, 5, 1), sparse(30, 5, 2));
    bencher.bench(|| black_box(&a).mul(black_box(&b)));
}

#[divan::bench]
fn div_60_by_4(bencher: Bencher<'_, '_>) {
    let d = sparse(4, 5, 3);
    let p = product(&[&d, &sparse(16, 5, 4)]);
    assert!(p.div_exact(&d).is_some());
    bencher.bench(|| black_box(&p).div_exact(black_box(&d)));
}

#[divan::bench(args = [5, 6, 7, 8])]
fn div_60_by_4_fails(bencher: Bencher<'_, '_>, seed: u64) {
    let d = sparse(4, 5, seed);
    let p = product(&[&sparse(4, 5, 3), &sparse(16, 5, 4)]);
    assert_eq!(p.div_exact(&d), None);
    bencher.bench(|| black_box(&p).div_exact(black_box(&d)));
}

#[divan::bench]
fn div_60_by_4_fails_late(bencher: Bencher<'_, '_>) {
    let d = sparse(4, 5, 3);
    let p = product(&[&d, &sparse(16, 5, 4)]);
    let middle = p.terms()[p.len() / 2].0;
    let p = p.add(&Poly::term(middle, 12)).unwrap();
    assert_eq!(p.div_exact(&d), None);
    bencher.bench(|| black_box(&p).div_exact(black_box(&d)));
}

#[divan::bench]
fn gcd_20_20_common_3(bencher: Bencher<'_, '_>) {
    let g = sparse(3, 5, 11);
    let (a, b) = (product(&[&g, &sparse(7, 5, 12)]), product(&[&g, &sparse(7, 5, 13)]));
    assert_eq!(gcd(&a, &b, &budget()), Some(g.primitive_part()));
    bencher.bench(|| gcd(black_box(&a), black_box(&b), &budget()));
}

#[divan::bench]
fn gcd_20_20_common_linear(bencher: Bencher<'_, '_>) {
    let [a, b, x] = [0, 1, 2].map(Poly::variable);
    let g = a.add(&product(&[&b, &x])).unwrap();
    let (p, q) = (product(&[&g, &sparse(10, 5, 12)]), product(&[&g, &sparse(10, 5, 13)]));
    assert_eq!(gcd(&p, &q, &budget()), Some(g));
    bencher.bench(|| gcd(black_box(&p), black_box(&q), &budget()));
}

#[divan::bench]
fn gcd_20_20_coprime(bencher: Bencher<'_, '_>) {
    let (a, b) = (sparse(20, 5, 21), sparse(20, 5, 22));
    assert_eq!(gcd(&a, &b, &budget()), Some(Poly::one()));
    bencher.bench(|| gcd(black_box(&a), black_box(&b), &budget()));
}

#[divan::bench]
fn gcd_univariate(bencher: Bencher<'_, '_>) {
    let g = sparse(3, 1, 1);
    let a = product(&[&g, &sparse(3, 1, 3)]);
    let b = product(&[&g, &g, &sparse(3, 1, 2)]);
    bencher.bench(|| gcd(black_box(&a), black_box(&b), &budget()));
}

#[divan::bench]
fn factor_linear_product(bencher: Bencher<'_, '_>) {
    // (a + b x)^4 (A + B x) (c + d)
    let [x, a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5, 6].map(Poly::variable);
    let ab = a.add(&product(&[&b, &x])).unwrap();
    let ef = e.add(&product(&[&f, &x])).unwrap();
    let p = product(&[&ab, &ab, &ab, &ab, &ef, &c.add(&d).unwrap()]);
    assert_eq!(factor(&p, &budget()).factors.len(), 3);
    bencher.bench(|| factor(black_box(&p), &budget()));
}

#[divan::bench]
fn factor_irreducible_20(bencher: Bencher<'_, '_>) {
    let p = sparse(20, 5, 21);
    bencher.bench(|| factor(black_box(&p), &budget()));
}

#[divan::bench(args = [4, 6, 12])]
fn factor_power_minus_1(bencher: Bencher<'_, '_>, n: u32) {
    let x = Poly::variable(0);
    let p = x.pow(n, &budget()).unwrap().sub(&Poly::one()).unwrap();
    bencher.bench(|| factor(black_box(&p), &budget()));
}

#[divan::bench]
fn factor_difference_of_squares(bencher: Bencher<'_, '_>) {
    let (a, b) = (sparse(4, 4, 31), sparse(3, 4, 33));
    let p = product(&[&a.sub(&b).unwrap(), &a.add(&b).unwrap()]);
    bencher.bench(|| factor(black_box(&p), &budget()));
}
