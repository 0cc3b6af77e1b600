//! Numbers of 31 digits are right to some 30, whatever function made them.

use wrt_balls::Ball;
use wrt_core::{Number, Real};
use wrt_run::DoubleDouble;

type Function = (&'static str, fn(DoubleDouble) -> DoubleDouble, fn(&Ball, u32) -> Ball, f64, f64);

const FUNCTIONS: &[Function] = &[
    ("exp", Real::exp, Ball::exp, -60.0, 60.0),
    ("expm1", Real::expm1, Ball::expm1, -2.0, 2.0),
    ("log", Real::log, Ball::log, 1e-3, 50.0),
    ("log1p", Real::log1p, Ball::log1p, -0.9, 3.0),
    ("sin", Real::sin, Ball::sin, -30.0, 30.0),
    ("cos", Real::cos, Ball::cos, -30.0, 30.0),
    ("tan", Real::tan, Ball::tan, -30.0, 30.0),
    ("tanh", Real::tanh, Ball::tanh, -30.0, 30.0),
    ("sqrt", Real::sqrt, Ball::sqrt, 0.0, 90.0),
    ("erf", Real::erf, Ball::erf, -3.0, 3.0),
    ("atan", Real::atan, Ball::atan, -9.0, 9.0),
];

/// Numbers of a range, with a second part, and some near zero.
fn numbers(low: f64, high: f64) -> impl Iterator<Item = DoubleDouble> {
    (0..400).flat_map(move |k| {
        let part = (f64::from(k) * 0.618_033_988_749_894_9).fract();
        let x = low + (high - low) * part;
        let tail = DoubleDouble::from(x * part * 1e-17);
        let tiny = x * (-f64::from(k % 60)).exp2();
        let inside = (low..=high).contains(&tiny).then(|| DoubleDouble::from(tiny));
        [Some(DoubleDouble::from(x) + tail), inside].into_iter().flatten()
    })
}

fn relative_error(found: DoubleDouble, wanted: &Ball) -> f64 {
    let gap = found.ball().sub(wanted, 400).abs();
    if gap.contains_zero() { 0.0 } else { gap.div(&wanted.abs(), 64).mid_f64() }
}

#[test]
fn functions_have_thirty_digits() {
    for (name, function, ball, low, high) in FUNCTIONS {
        for x in numbers(*low, *high) {
            let (found, wanted) = (function(x), ball(&x.ball(), 300));
            // Near a zero that is no double the argument's own digits end.
            let near_zero = matches!(*name, "sin" | "cos" | "tan") && found.approximate().abs() < 1e-3;
            let most = if near_zero { 1e-27 } else { 2e-30 };
            let error = relative_error(found, &wanted);
            assert!(error <= most, "{name}({x:?}): {error:e}");
        }
    }
}

#[test]
fn arithmetic_has_thirty_digits() {
    let all: Vec<DoubleDouble> = numbers(-7.0, 11.0).collect();
    for pair in all.windows(2) {
        let (a, b, p, q) = (pair[0], pair[1], pair[0].ball(), pair[1].ball());
        for (found, wanted) in [
            (a * b, p.mul(&q, 400)),
            (a / b, p.div(&q, 400)),
            (a * a + b * b, p.mul(&p, 400).add(&q.mul(&q, 400), 400)),
            (a.pow(DoubleDouble::from(-5.0)), p.pow_i64(-5, 400)),
        ] {
            let error = relative_error(found, &wanted);
            assert!(error < 1e-30, "{a:?}, {b:?}: {error:e}");
        }
        // A sum may cancel; its error is small beside its terms.
        let gap = (a + b).ball().sub(&p.add(&q, 400), 400).abs().mid_f64();
        assert!(gap <= 1e-31 * (a.approximate().abs() + b.approximate().abs()));
    }
}

#[test]
fn exact_numbers_edges_and_steps() {
    let third = DoubleDouble::new(&Number::ratio(1, 3).unwrap());
    assert!(relative_error(third, &Ball::from_ratio(&1.into(), &3.into(), 400)) < 1e-31);
    let of = |x: f64| DoubleDouble::from(x);
    assert_eq!(of(0.0).log().approximate(), f64::NEG_INFINITY);
    assert!(of(-1.0).log().approximate().is_nan());
    assert!(of(-1.0).sqrt().approximate().is_nan());
    assert_eq!(of(0.0).sqrt(), of(0.0));
    assert_eq!((of(1.0) / of(0.0)).approximate(), f64::INFINITY);
    assert_eq!(of(-800.0).exp().approximate(), 0.0);
    assert_eq!(of(800.0).exp().approximate(), f64::INFINITY);
    assert_eq!((of(3.0) - of(1e-20)).floor(), of(2.0));
    assert_eq!((of(3.0) + of(1e-20)).floor(), of(3.0));
    assert_eq!((of(3.0) - of(1e-20)).ceil(), of(3.0));
    assert_eq!(of(2.5).round(), of(2.0));
    assert_eq!(of(1.0).less(of(1.0) + of(1e-25)), of(1.0));
    assert_eq!(Real::max(of(1.0), of(1.0) + of(1e-25)), of(1.0) + of(1e-25));
    assert!(Real::max(of(f64::NAN), of(1.0)).approximate().is_nan());
    assert!(Real::min(of(1.0), of(f64::NAN)).approximate().is_nan());
    assert!((of(f64::NAN) * of(0.0)).approximate().is_nan());
}
