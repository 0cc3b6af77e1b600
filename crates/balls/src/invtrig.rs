//! The inverse trigonometric functions.

use crate::ball::{Ball, Finite, clamp_prec, user_prec};
use crate::consts::pi;
use crate::fixed::{ULPS, atan_fixed, atan_small, whole_words};
use crate::float::Float;
use crate::lift::{Place, SLOPE_PREC, increasing, monotone, most_bits, place, reciprocal_bound, refine};
use crate::mag::Mag;
use dashu_int::IBig;

/// `atan` of an exact number.
pub(crate) fn atan_point(x: &Float, prec: u32) -> Ball {
    let prec = clamp_prec(prec);
    let top = x.top();
    if x.is_zero() {
        return Ball::zero();
    }
    if 2 * top < -i64::from(prec) - 2 {
        // |atan x - x| <= |x|^3 / 3
        return Ball::rounded(x.clone(), Mag::pow2(3 * top - 1), prec);
    }
    if x.sign() < 0 {
        return atan_point(&x.neg(), prec).neg();
    }
    if top < -24 {
        let w = prec as usize + 16 + top.unsigned_abs() as usize;
        let y = atan_small(&x.to_fixed(w as i64), w);
        return Ball::rounded(Float::new(y, -(w as i64)), Mag::new(12, -(w as i64)), prec);
    }
    if top > i64::from(prec) + 4 {
        // 0 <= π/2 - atan x <= 1/x
        return pi(prec + 4).mul_2exp(-1).widen(Mag::pow2(1 - top)).round_to(prec);
    }
    let w = whole_words(prec + 36);
    let flip = x.cmp(&Float::one()).is_gt();
    let t = if flip {
        // x < 2^w, so that this exponent is positive.
        (IBig::ONE << (w as i64 - x.exp).max(0) as usize) / &x.man
    } else {
        x.to_fixed(w as i64)
    };
    let y = Ball::new(Float::new(atan_fixed(&t, w), -(w as i64)), Mag::new(3 * ULPS, -(w as i64)));
    if flip { pi(w as u32).mul_2exp(-1).sub(&y, prec) } else { y.round_to(prec) }
}

fn atan_finite(x: &Finite, prec: u32) -> Ball {
    if x.rad.is_zero() {
        return atan_point(&x.mid, prec);
    }
    if x.rad.top() < x.mid.top().max(0) - 10 {
        // The slope 1/(1+x^2) over the ball.
        let low = x.abs_lower();
        let slope = Mag::pow2(0).min(Mag::pow2(0).div_lower(low).mul(Mag::pow2(0).div_lower(low)));
        return atan_point(&x.mid, prec).widen(slope.mul(x.rad));
    }
    increasing(&Ball::Finite(x.clone()), prec, |p| match p {
        Ball::Finite(p) => atan_point(&p.mid, prec),
        _ => Ball::Unknown,
    })
}

/// `asin` of an exact number in `-1..=1`: `atan(x / sqrt((1-x)(1+x)))` (DLMF 4.23.26).
fn asin_point(x: &Ball, prec: u32) -> Ball {
    let Ball::Finite(f) = x else {
        return Ball::Unknown;
    };
    if f.mid.is_zero() {
        return Ball::zero();
    }
    if 2 * f.mid.top() < -i64::from(prec) - 2 {
        // |asin x - x| <= |x|^3 for |x| <= 1/2
        return Ball::rounded(f.mid.clone(), Mag::pow2(3 * f.mid.top()), prec);
    }
    refine(prec, most_bits(&f.mid, prec), |work| x.div(&cosine(x, work), work).atan(work))
}

/// `sqrt((1-x)(1+x))`, its factors exact where that is cheap.
fn cosine(x: &Ball, work: u32) -> Ball {
    let bits = work.max(x.finite().map_or(0, |f| f.mid.bits() as u32) + 64);
    let one = Ball::one();
    one.sub(x, bits).mul(&one.add(x, bits), work).sqrt(work)
}

/// A bound of `1/sqrt((1-x)(1+x))` over a ball.
fn arc_slope(x: &Finite) -> Option<Mag> {
    reciprocal_bound(cosine(&Ball::Finite(x.clone()), SLOPE_PREC).finite()?)
}

/// `acos` of an exact number in `-1..=1`: `atan2(sqrt((1-x)(1+x)), x)`.
fn acos_point(x: &Ball, prec: u32) -> Ball {
    let Ball::Finite(f) = x else {
        return Ball::Unknown;
    };
    if f.mid.top() < -i64::from(prec) - 4 {
        let half_pi = pi(prec + 4).mul_2exp(-1);
        return half_pi.widen(Mag::pow2(f.mid.top() + 1)).round_to(prec);
    }
    refine(prec, most_bits(&f.mid, prec), |work| cosine(x, work).atan2(x, work))
}

impl Ball {
    /// The arc tangent, in `-π/2..=π/2`.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// let quarter = Ball::one().atan(64);
    /// assert_eq!(quarter.mul_2exp(2).to_f64(), Some(std::f64::consts::PI));
    /// ```
    pub fn atan(&self, prec: u32) -> Ball {
        let prec = clamp_prec(prec);
        match self {
            Ball::Finite(x) => atan_finite(x, prec),
            Ball::PosInf => pi(prec).mul_2exp(-1),
            Ball::NegInf => pi(prec).mul_2exp(-1).neg(),
            other => other.clone(),
        }
    }

    /// The arc sine; undefined outside `-1..=1`.
    pub fn asin(&self, prec: u32) -> Ball {
        let prec = user_prec(prec);
        match place(self, Some(-1), Some(1)) {
            Place::Inside => monotone(self, prec, |p| asin_point(p, prec), arc_slope),
            Place::Outside => Ball::Undefined,
            Place::Straddles => Ball::Unknown,
        }
    }

    /// The arc cosine, in `0..=π`; undefined outside `-1..=1`.
    pub fn acos(&self, prec: u32) -> Ball {
        let prec = user_prec(prec);
        match place(self, Some(-1), Some(1)) {
            Place::Inside => monotone(self, prec, |p| acos_point(p, prec).neg(), arc_slope).neg(),
            Place::Outside => Ball::Undefined,
            Place::Straddles => Ball::Unknown,
        }
    }

    /// `atan(1/self)`; `acot(0)` is `π/2`.
    pub fn acot(&self, prec: u32) -> Ball {
        through_reciprocal(self, prec, Ball::atan)
    }

    /// `acos(1/self)`.
    pub fn asec(&self, prec: u32) -> Ball {
        through_reciprocal(self, prec, Ball::acos)
    }

    /// `asin(1/self)`.
    pub fn acsc(&self, prec: u32) -> Ball {
        through_reciprocal(self, prec, Ball::asin)
    }

    /// The angle of the point `(x, self)`, in `-π..=π`; `atan2(0, 0)` is 0, zeros being `+0`.
    pub fn atan2(&self, x: &Ball, prec: u32) -> Ball {
        let prec = clamp_prec(prec);
        let y = self;
        match (y, x) {
            (Ball::Undefined, _) | (_, Ball::Undefined) => return Ball::Undefined,
            (Ball::Unknown, _) | (_, Ball::Unknown) => return Ball::Unknown,
            (Ball::Finite(_), Ball::Finite(_)) => {}
            _ => return infinite_angle(y, x, prec),
        }
        if x.is_positive() {
            return y.div(x, prec + 4).atan(prec);
        }
        if y.is_zero() {
            return match x.finite().and_then(Finite::sign) {
                Some(0) => Ball::zero(),
                Some(s) if s < 0 => pi(prec),
                _ if x.is_non_negative() => Ball::zero(),
                _ => Ball::Unknown,
            };
        }
        let half_pi = pi(prec + 4).mul_2exp(-1);
        if y.is_positive() {
            half_pi.sub(&x.div(y, prec + 4).atan(prec + 4), prec)
        } else if y.is_negative() {
            half_pi.neg().sub(&x.div(y, prec + 4).atan(prec + 4), prec)
        } else {
            Ball::Unknown
        }
    }
}

/// `f(1/x)`; an inexact reciprocal of an exact number is refined, for it may sit near an edge.
pub(crate) fn through_reciprocal(x: &Ball, prec: u32, f: impl Fn(&Ball, u32) -> Ball) -> Ball {
    let prec = user_prec(prec);
    match x {
        Ball::Finite(p) if p.rad.is_zero() && !p.mid.is_zero() => {
            refine(prec, most_bits(&p.mid, prec), |work| f(&x.recip(work), work))
        }
        _ => f(&x.recip(prec + 8), prec),
    }
}

/// `atan2` with at least one infinity.
fn infinite_angle(y: &Ball, x: &Ball, prec: u32) -> Ball {
    let eighths = match (y, x) {
        (Ball::PosInf, Ball::PosInf) => 1,
        (Ball::PosInf, Ball::NegInf) => 3,
        (Ball::NegInf, Ball::PosInf) => -1,
        (Ball::NegInf, Ball::NegInf) => -3,
        (Ball::PosInf, _) => 2,
        (Ball::NegInf, _) => -2,
        (_, Ball::PosInf) => 0,
        (y, _) if y.is_non_negative() => 4,
        (y, _) if y.is_negative() => -4,
        _ => return Ball::Unknown,
    };
    pi(prec + 4).mul(&Ball::from_i64(eighths), prec + 4).mul_2exp(-2).round_to(prec)
}
