//! A function of a wide ball holds its values at the points of the ball; identities hold.

use crate::common::{BINARY, UNARY};
use proptest::prelude::*;
use std::cmp::Ordering;
use wrt_balls::Ball;

/// Whether the two enclosures may hold the same number.
fn meet(a: &Ball, b: &Ball) -> bool {
    match (a, b) {
        (Ball::Unknown, _) | (_, Ball::Unknown) => true,
        (Ball::Finite(_), Ball::Finite(_)) => a.sub(b, 2000).contains_zero(),
        // An infinity or undefined at a point must not hide in a finite ball.
        (Ball::Undefined, Ball::Undefined) => true,
        _ => a.compare(b) == Some(Ordering::Equal),
    }
}

/// Doubles of all magnitudes, most of them moderate.
fn number() -> impl Strategy<Value = f64> {
    let moderate = -30.0..30.0f64;
    let unit = -1.0..1.0f64;
    let scaled = (-1.0..1.0f64, -300..300i32).prop_map(|(x, e)| x * 10f64.powi(e));
    let half_integers = (-40..40i32).prop_map(|k| f64::from(k) / 2.0);
    prop_oneof![4 => moderate, 3 => unit, 2 => scaled, 2 => half_integers]
}

/// A radius relative to the midpoint, from almost nothing to more than all of it.
fn width() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), (-60..2i32).prop_map(|e| 2f64.powi(e)), 0.0..2.0f64]
}

fn blurred(mid: f64, relative: f64) -> Ball {
    Ball::from_mid_rad(mid, (mid * relative).abs())
}

/// A double inside the ball, `t` of the way from the left end to the right.
fn inside(x: &Ball, t: f64) -> Option<Ball> {
    let (mid, rad) = (x.midpoint(), x.rad_f64());
    let point = mid.add(&Ball::from_f64(rad * (2.0 * t - 1.0) * 0.999_999), 2000);
    x.contains(&point).then_some(point)
}

proptest! {
    #[test]
    fn unary_includes_points(x in number(), w in width(), t in 0.0..1.0f64) {
        let wide = blurred(x, w);
        let Some(point) = inside(&wide, t) else { return Ok(()) };
        for (name, f) in UNARY {
            let (y, z) = (f(&wide, 53), f(&point, 150));
            prop_assert!(meet(&y, &z), "{name} of {x:e} (±{w:e}) at {t}: {y:?} lacks {z:?}");
        }
    }

    #[test]
    fn binary_includes_points(
        (x, y) in (number(), number()),
        (v, w) in (width(), width()),
        (s, t) in (0.0..1.0f64, 0.0..1.0f64),
    ) {
        let (a, b) = (blurred(x, v), blurred(y, w));
        let (Some(p), Some(q)) = (inside(&a, s), inside(&b, t)) else { return Ok(()) };
        for (name, f) in BINARY {
            let (wide, point) = (f(&a, &b, 53), f(&p, &q, 150));
            prop_assert!(meet(&wide, &point), "{name} of {x:e} (±{v:e}), {y:e} (±{w:e}): {wide:?} lacks {point:?}");
        }
    }

    #[test]
    fn identities(x in -50.0..50.0f64, prec in 10u32..700) {
        let b = Ball::from_f64(x);
        let (s, c) = b.sin_cos(prec);
        prop_assert!(s.sqr(prec).add(&c.sqr(prec), prec).contains(&Ball::one()));
        prop_assert!(b.exp(prec).log(prec).contains(&b));
        prop_assert!(b.exp(prec).mul(&b.neg().exp(prec), prec).contains(&Ball::one()));
        prop_assert!(b.tanh(prec).atanh(prec).sub(&b, prec).contains_zero());
        prop_assert!(b.atan(prec).tan(prec).contains(&b));
        prop_assert!(b.sinh(prec).asinh(prec).contains(&b));
        prop_assert!(b.erf(prec).add(&b.erfc(prec), prec).contains(&Ball::one()));
        let next = b.add(&Ball::one(), 2000);
        prop_assert!(meet(&next.gamma(prec), &b.gamma(prec).mul(&b, prec)) || x == 0.0);
        prop_assert!(meet(&next.digamma(prec), &b.digamma(prec).add(&b.recip(prec), prec)) || x == 0.0);
    }

    /// Long arguments close to zeros, poles and edges: tight whatever the distance.
    #[test]
    fn tight_near_special_points(
        base in prop_oneof![-6..7i64, Just(100), Just(-40)],
        (halves, pis) in (0..2i64, 0..3i64),
        (k, minus) in (1..300i64, any::<bool>()),
        p in 20u32..250,
    ) {
        let half_pis = wrt_balls::pi(220).midpoint().mul(&Ball::from_i64(pis), 400).mul_2exp(-1);
        let offset = Ball::from_i64(if minus { -3 } else { 3 }).mul_2exp(-k);
        let whole = Ball::from_i64(2 * base + halves).mul_2exp(-1);
        let b = whole.add(&half_pis, 2000).add(&offset, 2000);
        prop_assert!(b.is_exact());
        for (name, f) in UNARY {
            let (y, z) = (f(&b, p), f(&b, 600));
            prop_assert!(meet(&y, &z), "{name} of {b:?} at {p} bits");
            let bits = y.relative_accuracy_bits();
            let tight = !y.is_finite() || bits >= i64::from(p) - 3;
            prop_assert!(tight, "{name} of {b:?} at {p} bits: {bits} bits of {y:?}");
            prop_assert!(!matches!(y, Ball::Unknown), "{name} of {b:?} at {p} bits is unknown");
        }
    }

    /// Two precisions never contradict each other.
    #[test]
    fn precisions_agree(x in number(), p in 2u32..400, q in 2u32..1200) {
        let b = Ball::from_f64(x);
        for (name, f) in UNARY {
            let (y, z) = (f(&b, p), f(&b, q));
            prop_assert!(meet(&y, &z), "{name} of {x:e} at {p} and {q} bits");
        }
    }

    #[test]
    fn doubles_round_trip(x in any::<f64>()) {
        let y = Ball::from_f64(x);
        if x.is_nan() {
            prop_assert_eq!(y.to_f64(), None);
        } else {
            prop_assert_eq!(y.to_f64(), Some(x));
            prop_assert_eq!(y.to_f64_bounds(), (x, x));
        }
    }

    /// Sums and products of doubles round as the hardware rounds them.
    #[test]
    fn hardware_rounding(x in any::<f64>(), y in any::<f64>()) {
        let (a, b) = (Ball::from_f64(x), Ball::from_f64(y));
        let same = |ball: Ball, hardware: f64| match ball.to_f64() {
            Some(z) => z == hardware,
            None => hardware.is_nan(),
        };
        prop_assert!(same(a.add(&b, 2200), x + y));
        prop_assert!(same(a.mul(&b, 2200), x * y));
        if y != 0.0 {
            prop_assert!(same(a.div(&b, 2200), x / y));
        }
        prop_assert!(same(a.sqrt(2200), x.sqrt()) || x == 0.0);
    }

    /// Decimals read back are within half a unit of the last digit.
    #[test]
    fn decimals_read_back(x in any::<f64>(), digits in 17usize..40) {
        let y = Ball::from_f64(x);
        if x.is_finite() {
            let text = y.to_decimal(digits).unwrap();
            prop_assert_eq!(text.parse::<f64>().unwrap(), x, "{}", text);
        }
    }
}
