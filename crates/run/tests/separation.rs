//! Numbers made of rationals and roots: what is an integer is that for certain, what is only near is not.

use wrt_core::{Number, Real};
use wrt_run::Precise;

fn root(n: i64, bits: u32) -> Precise {
    Precise::new(Number::integer(n), bits).sqrt()
}

#[test]
fn what_roots_make_of_integers_is_exact() {
    let (five, twenty) = (root(5, 128), root(20, 128));
    assert_eq!((five.clone() * twenty.clone()).as_exact(), Some(&Number::integer(10)));
    let (a, b) = (root(2, 256), root(3, 256));
    // (√2 + √3)² = 5 + √24
    let sum = a + b;
    let difference = sum.clone() * sum - Precise::new(Number::integer(5), 256) - root(24, 256);
    assert_eq!(difference.as_exact(), Some(&Number::ZERO));
    let half = five / twenty;
    assert_eq!((half.clone() - half.exact(&Number::HALF)).as_exact(), Some(&Number::ZERO));
}

#[test]
fn what_is_only_near_is_not() {
    // √(10^30 + 1) - 10^15 is 5e-16.
    let near = Number::parse("1000000000000000000000000000001").unwrap();
    let found = Precise::new(near, 128).sqrt();
    let gap = found.clone() - found.exact(&Number::parse("1e15").unwrap());
    assert!(gap.as_exact().is_none() && gap.ball().is_positive());
    let all = |k: &[i64]| k.iter().map(|n| root(*n, 512)).reduce(|a, b| a + b).unwrap();
    assert_eq!((all(&[29, 1097, 12]) - all(&[29, 1097, 12])).as_exact(), Some(&Number::ZERO));
    assert!((all(&[10, 11]) - all(&[5, 18])).as_exact().is_none());
}
