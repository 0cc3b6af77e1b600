//! Sine, cosine and what is made of them.

use crate::ball::{Ball, Finite, PREC_CAP, clamp_prec};
use crate::consts::{pi, pi_fixed};
use crate::fixed::{ULPS, sin_cos_fixed, whole_words};
use crate::float::{Float, bit_len};
use crate::lift::{SLOPE_PREC, with_slope};
use crate::mag::Mag;
use dashu_int::IBig;

/// Arguments beyond `2^REDUCE_MAX` are not reduced modulo π.
const REDUCE_MAX: i64 = 100_000;

/// `(sin x, cos x)` of an exact number, both to a relative `prec` bits.
pub(crate) fn sin_cos_point(x: &Float, prec: u32) -> (Ball, Ball) {
    let prec = clamp_prec(prec);
    let top = x.top();
    if x.is_zero() {
        return (Ball::zero(), Ball::one());
    }
    if 2 * top < -i64::from(prec) - 2 {
        // |sin x - x| <= |x|^3 / 6 and |cos x - 1| <= x^2 / 2
        let sin = Ball::rounded(x.clone(), Mag::pow2(3 * top - 2), prec);
        return (sin, Ball::new(Float::one(), Mag::pow2(2 * top - 1)));
    }
    if top > REDUCE_MAX {
        return (Ball::unit_interval(), Ball::unit_interval());
    }
    let mut w = whole_words(prec + 12 + (-top).max(0) as u32);
    loop {
        let (quadrant, t) = reduce_by_half_pi(x, w);
        // A small rest needs more fraction bits to be known to `prec` bits.
        let missing = w as i64 - bit_len(&t) as i64;
        let wanted = whole_words((i64::from(prec) + 12 + missing) as u32);
        if wanted > w && w < PREC_CAP as usize {
            w = wanted;
            continue;
        }
        return quadrant_values(quadrant, &t, w, prec);
    }
}

/// `sin` and `cos` of `t + quadrant π/2`, `t` within 4 units over `2^w`.
fn quadrant_values(quadrant: u8, t: &IBig, w: usize, prec: u32) -> (Ball, Ball) {
    let negative = *t < IBig::ZERO;
    let (s, c) = sin_cos_fixed(&if negative { -t } else { t.clone() }, w);
    let ball = |value: IBig| Ball::rounded(Float::new(value, -(w as i64)), Mag::new(ULPS + 4, -(w as i64)), prec);
    let (s, c) = (ball(if negative { -s } else { s }), ball(c));
    match quadrant {
        0 => (s, c),
        1 => (c, s.neg()),
        2 => (s.neg(), c.neg()),
        _ => (c.neg(), s),
    }
}

/// `(n mod 4, t)` with `x = n π/2 + t` and `|t| < 0.8`, over `2^w` within 4 units.
fn reduce_by_half_pi(x: &Float, w: usize) -> (u8, IBig) {
    let top = x.top();
    if top < 0 {
        return (0, x.to_fixed(w as i64));
    }
    let spare = top as usize + 4;
    let half_pi = pi_fixed(w + spare - 1);
    let fixed = x.to_fixed((w + spare) as i64);
    let n: IBig = if top < 30 {
        let quotient = x.approx_f64() * std::f64::consts::FRAC_2_PI;
        IBig::from(quotient.round() as i64)
    } else {
        // floor(x / (π/2) + 1/2)
        let doubled = (&fixed << 1usize) + &half_pi;
        div_floor(&doubled, &(&half_pi << 1usize))
    };
    let t = (fixed - &half_pi * &n) >> spare;
    let quadrant: IBig = &n - ((&n >> 2usize) << 2usize);
    (u8::try_from(&quadrant).unwrap_or(0), t)
}

fn div_floor(a: &IBig, b: &IBig) -> IBig {
    let q = a / b;
    if &q * b > *a { q - 1u8 } else { q }
}

/// `sin` and `cos` of a ball: `|sin(m+h) - sin m| <= r min(1, |cos m| + r/2)`, and so for `cos`.
pub(crate) fn sin_cos(x: &Finite, prec: u32) -> (Ball, Ball) {
    if x.rad.top() > 3 {
        return (Ball::unit_interval(), Ball::unit_interval());
    }
    let (s, c) = sin_cos_point(&x.mid, prec);
    if x.rad.is_zero() {
        return (s, c);
    }
    let one = Mag::pow2(0);
    let slope = |other: &Ball| match other.abs_upper() {
        Some(bound) => bound.add(x.rad.mul_2exp(-1)).min(one).mul(x.rad),
        None => x.rad,
    };
    let (ds, dc) = (slope(&c), slope(&s));
    (within_unit(s.widen(ds)), within_unit(c.widen(dc)))
}

/// A sine or cosine that says no more than `-1..=1` says just that.
fn within_unit(y: Ball) -> Ball {
    match &y {
        Ball::Finite(f) if f.rad.cmp(Mag::pow2(0)).is_gt() => Ball::unit_interval(),
        _ => y,
    }
}

impl Ball {
    /// The sine; undefined at infinity.
    pub fn sin(&self, prec: u32) -> Ball {
        self.sin_cos(prec).0
    }

    /// The cosine; undefined at infinity.
    pub fn cos(&self, prec: u32) -> Ball {
        self.sin_cos(prec).1
    }

    /// Sine and cosine together.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// let (s, c) = Ball::from_f64(1e22).sin_cos(64);
    /// assert_eq!(s.to_decimal(10).unwrap(), "-0.8522008498");
    /// assert!(s.sqr(64).add(&c.sqr(64), 64).contains(&Ball::one()));
    /// ```
    pub fn sin_cos(&self, prec: u32) -> (Ball, Ball) {
        match self {
            Ball::Finite(x) => sin_cos(x, clamp_prec(prec)),
            Ball::Unknown => (Ball::Unknown, Ball::Unknown),
            _ => (Ball::Undefined, Ball::Undefined),
        }
    }

    /// The tangent.
    pub fn tan(&self, prec: u32) -> Ball {
        let slope = |x: &Ball| x.cos(SLOPE_PREC).pow_i64(-2, SLOPE_PREC);
        with_slope(self, prec, |x, p| ratio(x, p, |s, c, p| s.div(&c, p)), slope)
    }

    /// The cotangent `cos/sin`; `cot(0)` is `PosInf`.
    pub fn cot(&self, prec: u32) -> Ball {
        let slope = |x: &Ball| x.sin(SLOPE_PREC).pow_i64(-2, SLOPE_PREC);
        with_slope(self, prec, |x, p| ratio(x, p, |s, c, p| c.div(&s, p)), slope)
    }

    /// The secant `1/cos`.
    pub fn sec(&self, prec: u32) -> Ball {
        self.cos(prec.saturating_add(4)).recip(prec)
    }

    /// The cosecant `1/sin`; `csc(0)` is `PosInf`.
    pub fn csc(&self, prec: u32) -> Ball {
        self.sin(prec.saturating_add(4)).recip(prec)
    }
}

fn ratio(x: &Ball, prec: u32, f: impl Fn(Ball, Ball, u32) -> Ball) -> Ball {
    let (s, c) = x.sin_cos(prec);
    f(s, c, prec)
}

/// `sin(π x)`, exact at exact multiples of 1/2.
pub(crate) fn sin_pi(x: &Finite, prec: u32) -> Ball {
    // x = n + f with |f| <= 1/2, exactly.
    let (odd, f) = fraction(&x.mid);
    let sine = match is_half(&f) {
        true if x.rad.is_zero() => Ball::from_i64(i64::from(f.sign())),
        _ => Ball::new(f, x.rad).mul(&pi(prec + 4), prec + 4).sin(prec),
    };
    if odd { sine.neg() } else { sine }
}

/// `cot(π x)`.
pub(crate) fn cot_pi(x: &Finite, prec: u32) -> Ball {
    let (_, f) = fraction(&x.mid);
    if x.rad.is_zero() && is_half(&f) {
        return Ball::zero();
    }
    Ball::new(f, x.rad).mul(&pi(prec + 4), prec + 4).cot(prec)
}

/// Whether `|f|` is 1/2.
fn is_half(f: &Float) -> bool {
    f.top() == 0 && f.man.trailing_zeros().map(|z| z as i64 + 1) == Some(f.bits())
}

/// The nearest integer's parity, and the rest.
fn fraction(x: &Float) -> (bool, Float) {
    if x.exp >= 0 {
        return (x.is_odd(), Float::zero());
    }
    if x.top() < -1 {
        return (false, x.clone());
    }
    let doubled = x.to_fixed(1) + 1u8;
    let n: IBig = doubled >> 1usize;
    let odd = !n.is_zero() && n.trailing_zeros() == Some(0);
    (odd, x.add_exact(&Float::new(-n, 0)))
}
