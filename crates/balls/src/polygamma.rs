//! The digamma function and its derivatives.

use crate::ball::{Ball, Finite, special_prec};
use crate::bernoulli::bernoulli;
use crate::consts::pi;
use crate::float::Float;
use crate::gamma::{asymptotic_sum, may_touch_pole, plus, reflected_prec, shift_for};
use crate::lift::{SLOPE_PREC, monotone, most_bits, reciprocal_bound, refine};
use crate::mag::Mag;
use crate::pow::factorial;
use crate::trig::cot_pi;
use dashu_int::IBig;

/// Orders beyond this are not evaluated.
const ORDER_MAX: u32 = 2000;
/// Orders beyond this are not reflected, for their polynomial in the cotangent grows with them.
const REFLECT_MAX: u32 = 300;

/// `ψ(z)` for large `z`: `log z - 1/(2z) - sum B_2k / (2k z^(2k))` (DLMF 5.11.2).
fn digamma_stirling(z: &Ball, prec: u32) -> Ball {
    let inverse = z.recip(prec);
    let square = inverse.sqr(prec);
    let mut power = square.clone();
    let tail = asymptotic_sum(prec, 0, |k| {
        let term = bernoulli(k, prec).div(&Ball::from_i64(2 * k as i64), prec).mul(&power, prec);
        power = power.mul(&square, prec);
        term
    });
    z.log(prec).sub(&inverse.mul_2exp(-1), prec).sub(&tail, prec)
}

/// `sum 1/(x+k)` for `k < n` as one fraction `p/q`: two products a term in place of a quotient.
fn reciprocal_sum(x: &Ball, n: u64, prec: u32) -> Ball {
    let (mut p, mut q) = (Ball::zero(), Ball::one());
    for k in 0..n {
        let term = plus(x, k, prec);
        p = p.mul(&term, prec).add(&q, prec);
        q = q.mul(&term, prec);
    }
    p.div(&q, prec)
}

/// `ψ` of an exact `x > 0`.
fn digamma_point(x: &Float, prec: u32) -> Ball {
    let ball = Ball::exact(x.clone());
    refine(prec, most_bits(x, prec), |work| {
        let Some(f) = ball.finite() else {
            return Ball::Unknown;
        };
        let n = shift_for(f, work, 0.0);
        let far = digamma_stirling(&plus(&ball, n, work), work);
        far.sub(&reciprocal_sum(&ball, n, work), work)
    })
}

/// `|ψ_n(z)|` for large `z` and `n >= 1`:
/// `(n-1)!/z^n + n!/(2 z^(n+1)) + sum B_2k (2k+n-1)! / ((2k)! z^(2k+n))` (DLMF 5.15.8); the sums
/// envelop the value, for they come from those of `t/(e^t - 1)` by a positive integral.
fn polygamma_stirling(n: u32, z: &Ball, prec: u32) -> Ball {
    let order = i64::from(n);
    let inverse = z.recip(prec);
    let square = inverse.sqr(prec);
    let first = factorial(n - 1, prec).mul(&inverse.pow_i64(order, prec), prec);
    let second = first.mul(&inverse, prec).mul(&Ball::from_i64(order), prec).mul_2exp(-1);
    // (2k+n-1)!/(2k)! z^-(2k+n), from (n-1)! z^-n at k = 0
    let mut factor = first.clone();
    let scale = first.finite().map_or(0, |f| f.mid.top());
    let tail = asymptotic_sum(prec, scale, |k| {
        let k = k as i64;
        let up = IBig::from(2 * k + order - 1) * (2 * k + order - 2);
        let down = Ball::from_i64(2 * k * (2 * k - 1));
        factor = factor.mul(&square, prec).mul(&Ball::from_integer(&up), prec).div(&down, prec);
        bernoulli(k as usize, prec).mul(&factor, prec)
    });
    first.add(&second, prec).add(&tail, prec)
}

/// `|ψ_n|` of an exact `x > 0`, `n >= 1`.
fn polygamma_point(n: u32, x: &Float, prec: u32) -> Ball {
    let ball = Ball::exact(x.clone());
    refine(prec, most_bits(x, prec), |work| {
        let Some(f) = ball.finite() else {
            return Ball::Unknown;
        };
        let shift = shift_for(f, work, f64::from(n));
        let far = polygamma_stirling(n, &plus(&ball, shift, work), work);
        let exponent = -(i64::from(n) + 1);
        let mut near = Ball::zero();
        for k in 0..shift {
            near = near.add(&plus(&ball, k, work).pow_i64(exponent, work), work);
        }
        far.add(&near.mul(&factorial(n, work), work), work)
    })
}

/// A bound of `|ψ_(n+1)| = (n+1)! sum (x+k)^-(n+2)` over a positive ball, the sum from `k = 1` on
/// being less than the integral `x^-(n+1) / (n+1)`.
fn slope_bound(n: u32, x: &Finite) -> Option<Mag> {
    let prec = SLOPE_PREC;
    let inverse = Ball::exact(Float::from_mag(reciprocal_bound(x)?));
    let order = i64::from(n) + 1;
    let first = inverse.add(&Ball::from_i64(order).recip(prec), prec);
    let power = inverse.pow_i64(order, prec);
    factorial(n + 1, prec).mul(&first, prec).mul(&power, prec).abs_upper()
}

impl Ball {
    /// The digamma function `Γ'/Γ`; `NegInf` at 0, undefined at the negative integers.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// assert_eq!(Ball::one().digamma(64).to_decimal(10).unwrap(), "-0.5772156649");
    /// ```
    pub fn digamma(&self, prec: u32) -> Ball {
        let prec = special_prec(prec);
        let x = match self {
            Ball::Finite(x) => x,
            Ball::NegInf => return Ball::Undefined,
            other => return other.clone(),
        };
        match x.sign() {
            Some(1) => {
                let value = |p: &Ball| match p {
                    Ball::Finite(p) if p.mid.sign() > 0 => digamma_point(&p.mid, prec),
                    _ => Ball::Unknown,
                };
                monotone(self, prec, value, |p| slope_bound(0, p))
            }
            Some(0) => Ball::NegInf,
            _ if self.is_integer() => Ball::Undefined,
            Some(_) if !may_touch_pole(x) => {
                let most = if x.rad.is_zero() { most_bits(&x.mid, prec) } else { 0 };
                refine(prec, most, |work| digamma_reflected(x, work))
            }
            _ => Ball::Unknown,
        }
    }

    /// The `n`-th derivative of the digamma function.
    ///
    /// At the poles: `PosInf` for odd `n`; for even `n` it is `NegInf` at 0 and undefined at the
    /// negative integers.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// assert_eq!(Ball::one().polygamma(1, 64).to_decimal(10).unwrap(), "1.644934067");
    /// ```
    pub fn polygamma(&self, n: u32, prec: u32) -> Ball {
        if n == 0 {
            return self.digamma(prec);
        }
        let prec = special_prec(prec);
        let x = match self {
            Ball::Finite(x) => x,
            Ball::PosInf => return Ball::zero(),
            Ball::NegInf => return Ball::Undefined,
            other => return other.clone(),
        };
        if n > ORDER_MAX {
            return Ball::Unknown;
        }
        let odd = n % 2 == 1;
        match x.sign() {
            // (-1)^(n+1) ψ_n is positive and falls.
            Some(1) => {
                let value = |p: &Ball| match p {
                    Ball::Finite(p) if p.mid.sign() > 0 => polygamma_point(n, &p.mid, prec).neg(),
                    _ => Ball::Unknown,
                };
                let falling = monotone(self, prec, value, |p| slope_bound(n, p));
                if odd { falling.neg() } else { falling }
            }
            Some(0) => {
                if odd {
                    Ball::PosInf
                } else {
                    Ball::NegInf
                }
            }
            _ if self.is_integer() => {
                if odd {
                    Ball::PosInf
                } else {
                    Ball::Undefined
                }
            }
            Some(_) if !may_touch_pole(x) && n <= REFLECT_MAX => {
                let most = if x.rad.is_zero() { most_bits(&x.mid, prec) } else { 0 };
                refine(prec, most, |work| polygamma_reflected(n, x, work))
            }
            _ => Ball::Unknown,
        }
    }
}

/// `ψ(x) = ψ(1-x) - π cot(πx)` (DLMF 5.5.4).
fn digamma_reflected(x: &Finite, prec: u32) -> Ball {
    let work = reflected_prec(x, prec);
    let mirror = Ball::one().sub(&Ball::Finite(x.clone()), work).digamma(work);
    mirror.sub(&cot_pi(x, work).mul(&pi(work), work), work)
}

/// `ψ_n(x) = (-1)^n ψ_n(1-x) - π^(n+1) C_n(cot(πx))` (DLMF 5.15.6), where `C_n(cot t)` is the
/// `n`-th derivative of `cot t`: `C_0 = c`, `C_(k+1) = -(1 + c^2) C_k'`.
fn polygamma_reflected(n: u32, x: &Finite, prec: u32) -> Ball {
    let work = reflected_prec(x, prec) + 8 * n;
    let mirror = Ball::one().sub(&Ball::Finite(x.clone()), work).polygamma(n, work);
    let mirror = if n % 2 == 1 { mirror.neg() } else { mirror };
    let c = cot_pi(x, work);
    let mut poly = vec![IBig::ZERO, IBig::ONE];
    for _ in 0..n {
        let slope: Vec<IBig> = (1..poly.len()).map(|i| &poly[i] * i).collect();
        let mut next = vec![IBig::ZERO; slope.len() + 2];
        for (i, s) in slope.iter().enumerate() {
            next[i] -= s;
            next[i + 2] -= s;
        }
        poly = next;
    }
    let value = poly.iter().rev().fold(Ball::zero(), |acc, a| acc.mul(&c, work).add(&Ball::from_integer(a), work));
    let power = pi(work).pow_i64(i64::from(n) + 1, work);
    mirror.sub(&value.mul(&power, work), work)
}
