//! Square root, cube root, n-th roots and the hypotenuse; exact for perfect powers.

use crate::ball::{Ball, Finite, LIMIT, clamp_prec};
use crate::float::Float;
use crate::lift::{increasing, relative_spread};
use crate::mag::Mag;
use dashu_int::{IBig, UBig, ops::SquareRootRem};

/// The `q`-th root of an exact number `>= 0`.
fn root_point(x: &Float, q: u32, prec: u32) -> Ball {
    if x.is_zero() {
        return Ball::zero();
    }
    let q64 = i64::from(q);
    // Shift so that the root has prec + 2 bits and the exponent is a multiple of q.
    let wanted = q64 * (i64::from(prec) + 2) - x.bits();
    let mut shift = wanted.max(0);
    shift += (x.exp - shift).rem_euclid(q64);
    let exp = (x.exp - shift) / q64;
    let scaled = UBig::try_from(&x.man << shift as usize).unwrap_or(UBig::ZERO);
    let (root, exact) = integer_root(&scaled, q);
    let rad = if exact { Mag::ZERO } else { Mag::pow2(exp) };
    Ball::rounded(Float::new(IBig::from(root), exp), rad, prec)
}

fn integer_root(x: &UBig, q: u32) -> (UBig, bool) {
    if q == 2 {
        let (root, rest) = x.sqrt_rem();
        return (root, rest.is_zero());
    }
    let root = x.nth_root(q as usize);
    let exact = root.pow(q as usize) == *x;
    (root, exact)
}

/// `|self|` of a ball with one sign, to the `1/q`.
fn root_positive(x: &Finite, q: u32, prec: u32) -> Ball {
    if x.rad.is_zero() {
        return root_point(&x.mid, q, prec);
    }
    let y = root_point(&x.mid, q, prec);
    // (1 + h)^(1/q) is off from 1 by at most log(1 + h) <= spread, for h > -1/2.
    match (relative_spread(x.rad, x.mid.mag_lower()), y.abs_upper()) {
        (Some(spread), Some(bound)) => {
            let factor = if q == 2 { spread.mul_2exp(-1) } else { spread };
            y.widen(factor.mul(bound))
        }
        _ => increasing(&Ball::Finite(x.clone()), prec, |p| match p {
            Ball::Finite(p) if p.mid.sign() > 0 => root_point(&p.mid, q, prec),
            _ => Ball::zero(),
        }),
    }
}

impl Ball {
    /// The square root; undefined below 0, exact for perfect squares.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// assert!(Ball::from_f64(2.25).sqrt(64).is_exact());
    /// assert!(matches!(Ball::from_i64(-1).sqrt(64), Ball::Undefined));
    /// ```
    pub fn sqrt(&self, prec: u32) -> Ball {
        self.principal_root(2, prec)
    }

    /// The real cube root, for any sign; exact for perfect cubes.
    pub fn cbrt(&self, prec: u32) -> Ball {
        let prec = clamp_prec(prec);
        match self {
            Ball::Finite(x) => match x.sign() {
                Some(s) if s >= 0 => root_positive(x, 3, prec),
                Some(_) => self.neg().cbrt(prec).neg(),
                None => increasing(self, prec, |p| p.cbrt(prec)),
            },
            other => other.clone(),
        }
    }

    /// The `q`-th root, `q >= 1`; undefined below 0.
    pub(crate) fn principal_root(&self, q: u32, prec: u32) -> Ball {
        let prec = clamp_prec(prec);
        match self {
            Ball::Finite(x) => match x.sign() {
                Some(s) if s >= 0 => root_positive(x, q, prec),
                Some(_) => Ball::Undefined,
                None if self.is_non_negative() => root_positive(x, q, prec),
                None => Ball::Unknown,
            },
            Ball::NegInf => Ball::Undefined,
            other => other.clone(),
        }
    }

    /// `sqrt(self^2 + other^2)` without overflow.
    pub fn hypot(&self, other: &Ball, prec: u32) -> Ball {
        let infinite = |x: &Ball| matches!(x, Ball::PosInf | Ball::NegInf);
        let undefined = |x: &Ball| matches!(x, Ball::Undefined);
        if (infinite(self) || infinite(other)) && !undefined(self) && !undefined(other) {
            return Ball::PosInf;
        }
        let work = clamp_prec(prec) + 64;
        let top = |x: &Ball| x.finite().map_or(0, |f| f.mid.top().max(f.rad.top()));
        // Squares of extreme numbers would leave the range of exponents.
        let scale = match top(self).max(top(other)) {
            t if t.abs() > LIMIT / 4 && t.abs() <= LIMIT => t,
            _ => 0,
        };
        let square = |x: &Ball| x.mul_2exp(-scale).sqr(work);
        square(self).add(&square(other), work).sqrt(prec).mul_2exp(scale)
    }
}
