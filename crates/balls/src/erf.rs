//! The error function and its complement.

use crate::ball::{Ball, Finite, special_prec};
use crate::consts::pi;
use crate::float::Float;
use crate::lift::{SLOPE_PREC, increasing};
use crate::mag::Mag;
use dashu_int::IBig;

/// `x^2 / log 2`: the bits by which `exp(-x^2)` is below 1, roughly and not too many.
fn square_bits(x: &Float) -> f64 {
    if x.top() > 60 {
        return f64::INFINITY;
    }
    let x = x.approx_f64();
    x * x * std::f64::consts::LOG2_E
}

/// `exp(-x^2)`, the square taken with all bits that count.
fn gauss(x: &Float, prec: u32) -> Ball {
    let bits = prec + 2 * x.top().clamp(0, 64) as u32 + 8;
    Ball::exact(x.clone()).sqr(bits).neg().exp(prec)
}

/// `2/sqrt(π)`.
fn two_over_root_pi(prec: u32) -> Ball {
    Ball::from_i64(2).div(&pi(prec + 4).sqrt(prec + 4), prec)
}

/// `erf x = 2x/sqrt(π) exp(-x^2) sum (2x^2)^k / (1·3·…·(2k+1))` (DLMF 7.6.2): no cancellation.
///
/// A step loses at most 2 units, which later grow no more than the terms do: `2 K (S + K)` units
/// for `K` terms of sum `S`, and as much again for the rounded `x^2`.
fn erf_series(x: &Float, prec: u32) -> Ball {
    let w = prec as usize + 24;
    let doubled = x.mul(x).mul_2exp(1).to_fixed(w as i64);
    let growing = (2.0 * square_bits(x)) as u64;
    let mut term = IBig::ONE << w;
    let mut sum = term.clone();
    let mut k = 1u64;
    while !term.is_zero() || k <= growing {
        term = ((&term * &doubled) >> w) / (2 * k + 1);
        sum += &term;
        k += 1;
    }
    let sum = Float::new(sum, -(w as i64));
    let units = sum.mag_upper().add(Mag::new(k, 0)).mul_u64(4 * k + 4);
    let sum = Ball::new(sum, units.mul_2exp(-(w as i64)));
    let front = two_over_root_pi(prec + 4).mul(&Ball::exact(x.clone()), prec + 4);
    sum.mul(&front, prec + 4).mul(&gauss(x, prec + 4), prec)
}

/// `erf` of an exact number.
fn erf_point(x: &Float, prec: u32) -> Ball {
    if x.is_zero() {
        return Ball::zero();
    }
    let top = x.top();
    if 2 * top < -i64::from(prec) - 4 {
        // |erf x - 2x/sqrt(π)| <= 2x/sqrt(π) x^2/3
        let y = Ball::exact(x.clone()).mul(&two_over_root_pi(prec + 4), prec + 4);
        return y.widen(Mag::pow2(3 * top)).round_to(prec);
    }
    if square_bits(x) > f64::from(prec) + 8.0 {
        // 0 <= 1 - erf x <= exp(-x^2)
        let gap = gauss(&x.abs(), 32).abs_upper().unwrap_or(Mag::pow2(0));
        let one = Ball::one().widen(gap);
        return if x.sign() > 0 { one } else { one.neg() };
    }
    erf_series(x, prec + 8).round_to(prec)
}

/// `erfc` of an exact number.
fn erfc_point(x: &Float, prec: u32) -> Ball {
    let bits = square_bits(x);
    if x.sign() <= 0 || x.top() < 0 {
        return Ball::one().sub(&erf_point(x, prec + 8), prec);
    }
    // The smallest term of the series is about exp(-x^2): it has to be below what is worked with, with some room.
    if bits > f64::from(prec) + 32.0 {
        return erfc_asymptotic(x, prec);
    }
    let work = prec + bits as u32 + 24;
    Ball::one().sub(&erf_point(x, work), prec)
}

/// `erfc x = exp(-x^2)/(x sqrt(π)) sum (-1)^k (1·3·…·(2k-1))/(2x^2)^k`, the remainder below the
/// first term left out (DLMF 7.12.1).
fn erfc_asymptotic(x: &Float, prec: u32) -> Ball {
    let work = prec + 16;
    let ball = Ball::exact(x.clone());
    let step = ball.sqr(work).mul_2exp(1).recip(work);
    let mut term = Ball::one();
    let mut sum = Ball::one();
    for k in 0i64.. {
        term = term.mul(&step, work).mul(&Ball::from_i64(-(2 * k + 1)), work);
        let Some(bound) = term.abs_upper() else {
            return Ball::Unknown;
        };
        if bound.top() < -i64::from(work) || k > 1 << 20 {
            sum = sum.widen(bound);
            break;
        }
        sum = sum.add(&term, work);
    }
    let front = two_over_root_pi(work).mul_2exp(-1).div(&ball, work);
    sum.mul(&front, work).mul(&gauss(x, work), prec)
}

/// A bound of `2/sqrt(π) exp(-x^2)` over a ball.
fn slope_bound(x: &Finite) -> Mag {
    let low = Ball::exact(Float::from_mag(x.abs_lower()));
    let bound = low.sqr(SLOPE_PREC).neg().exp(SLOPE_PREC).abs_upper().unwrap_or(Mag::pow2(0));
    // 2/sqrt(π) = 1.128… < 37/32
    bound.mul_u64(37).mul_2exp(-5)
}

/// Narrow enough that the slope hardly changes over the ball.
fn is_narrow(x: &Finite) -> bool {
    x.rad.top() < -10 - x.mid.top().max(0) && x.rad.top() < x.mid.top() - 10
}

impl Ball {
    /// The error function.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// assert_eq!(Ball::one().erf(64).to_decimal(10).unwrap(), "0.8427007929");
    /// ```
    pub fn erf(&self, prec: u32) -> Ball {
        let prec = special_prec(prec);
        match self {
            Ball::Finite(x) if x.rad.is_zero() => erf_point(&x.mid, prec),
            Ball::Finite(x) if is_narrow(x) => erf_point(&x.mid, prec).widen(slope_bound(x).mul(x.rad)).round_to(prec),
            Ball::Finite(_) => increasing(self, prec, |p| p.erf(prec)),
            Ball::PosInf => Ball::one(),
            Ball::NegInf => Ball::from_i64(-1),
            other => other.clone(),
        }
    }

    /// `1 - erf`, to full relative accuracy however small.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// assert_eq!(Ball::from_i64(30).erfc(64).to_decimal(10).unwrap(), "2.564656204e-393");
    /// ```
    pub fn erfc(&self, prec: u32) -> Ball {
        let prec = special_prec(prec);
        match self {
            Ball::Finite(x) if x.rad.is_zero() => erfc_point(&x.mid, prec),
            Ball::Finite(x) if is_narrow(x) => erfc_point(&x.mid, prec).widen(slope_bound(x).mul(x.rad)).round_to(prec),
            Ball::Finite(_) => increasing(self, prec, |p| p.erfc(prec).neg()).neg(),
            Ball::PosInf => Ball::zero(),
            Ball::NegInf => Ball::from_i64(2),
            other => other.clone(),
        }
    }
}
