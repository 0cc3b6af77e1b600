//! The exponential function and the logarithms.

use crate::ball::{Ball, Finite, clamp_prec, user_prec};
use crate::consts::{ln2, ln2_fixed};
use crate::fixed::{ULPS, exp_fixed, log_fixed, log1p_small, whole_words};
use crate::float::{Float, bit_len};
use crate::lift::{
    Place, SLOPE_PREC, increasing, monotone, most_bits, place, reciprocal_bound, refine, relative_spread,
};
use crate::mag::Mag;
use dashu_int::IBig;

/// `exp` of an exact number.
pub(crate) fn exp_point(x: &Float, prec: u32) -> Ball {
    let prec = clamp_prec(prec);
    let top = x.top();
    if x.is_zero() {
        return Ball::one();
    }
    if top < -i64::from(prec) - 2 {
        // |exp(x) - 1| <= 2|x| for |x| <= 1
        return Ball::new(Float::one(), Mag::pow2(top + 1));
    }
    if top > 61 {
        return if x.sign() > 0 { Ball::Unknown } else { Ball::underflow() };
    }
    let w = whole_words(prec + 12);
    let (n, t) = reduce_by_ln2(x, w);
    let power = exp_fixed(&t, w);
    // The argument is off by at most 4 units, the kernel by ULPS.
    Ball::rounded(Float::new(power, n - w as i64), Mag::new(ULPS + 12, n - w as i64), prec)
}

/// `(n, t)` with `x = n log 2 + t`, `0 <= t < 1` over `2^w` within 4 units.
fn reduce_by_ln2(x: &Float, w: usize) -> (i64, IBig) {
    let top = x.top();
    if top < 0 && x.sign() > 0 {
        return (0, x.to_fixed(w as i64));
    }
    let spare = top.max(0) as usize + 4;
    let ln2 = ln2_fixed(w + spare);
    let fixed = x.to_fixed((w + spare) as i64);
    let mut n = if top < 30 {
        (x.approx_f64() / std::f64::consts::LN_2).floor() as i64
    } else {
        i64::try_from(&fixed / &ln2).unwrap_or(0)
    };
    let mut t = &fixed - &ln2 * n;
    while t < IBig::ZERO {
        t += &ln2;
        n -= 1;
    }
    while t >= ln2 {
        t -= &ln2;
        n += 1;
    }
    (n, t >> spare)
}

/// `log` of an exact positive number.
pub(crate) fn log_point(x: &Float, prec: u32) -> Ball {
    let prec = clamp_prec(prec);
    // x = m 2^e with 3/4 <= m < 3/2, so that e = 0 near 1.
    let mut e = x.top();
    let high = x.to_fixed(2 - e);
    if high < IBig::from(3) {
        e -= 1;
    }
    if e == 0 {
        return log_near_one(x, prec);
    }
    let w = whole_words(prec + 12);
    let log_m = log_fixed(&x.to_fixed(w as i64 - e), w);
    let spare = 64 - e.unsigned_abs().leading_zeros() as usize;
    let sum = log_m + ((ln2_fixed(w + spare) * e) >> spare);
    Ball::rounded(Float::new(sum, -(w as i64)), Mag::new(4 * ULPS, -(w as i64)), prec)
}

/// `log x` for exact `3/4 <= x < 3/2`, to a relative `prec` bits.
fn log_near_one(x: &Float, prec: u32) -> Ball {
    let z = x.add_exact(&Float::from_i64(-1));
    if z.is_zero() {
        return Ball::zero();
    }
    if z.top() < -24 {
        return log1p_tiny(&z, prec);
    }
    let w = whole_words(prec + 36);
    let log_m = log_fixed(&x.to_fixed(w as i64), w);
    Ball::rounded(Float::new(log_m, -(w as i64)), Mag::new(4 * ULPS, -(w as i64)), prec)
}

/// `log(1 + z)` for exact `0 < |z| < 2^-24`.
fn log1p_tiny(z: &Float, prec: u32) -> Ball {
    let top = z.top();
    if top < -i64::from(prec) - 2 {
        // |log(1+z) - z| <= z^2
        return Ball::rounded(z.clone(), Mag::pow2(2 * top), prec);
    }
    let w = prec as usize + 16 + top.unsigned_abs() as usize;
    let log = log1p_small(&z.to_fixed(w as i64), w);
    Ball::rounded(Float::new(log, -(w as i64)), Mag::new(20, -(w as i64)), prec)
}

/// `log` of a ball that is certainly positive.
fn log_positive(x: &Finite, prec: u32) -> Ball {
    if x.rad.is_zero() {
        return log_point(&x.mid, prec);
    }
    match relative_spread(x.rad, x.mid.mag_lower()) {
        Some(spread) => log_point(&x.mid, prec).widen(spread),
        None => increasing(&Ball::Finite(x.clone()), prec, |p| match p {
            Ball::Finite(p) if p.mid.sign() > 0 => log_point(&p.mid, prec),
            _ => Ball::Unknown,
        }),
    }
}

impl Ball {
    /// The exponential function.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// assert_eq!(Ball::one().exp(64).to_decimal(12).unwrap(), "2.71828182846");
    /// assert_eq!(Ball::NegInf.exp(64).to_f64(), Some(0.0));
    /// ```
    pub fn exp(&self, prec: u32) -> Ball {
        let prec = clamp_prec(prec);
        match self {
            Ball::Finite(x) if x.rad.is_zero() => exp_point(&x.mid, prec),
            // |exp(m+h) - exp(m)| <= exp(m) (exp(r) - 1) <= exp(m) (r + r^2) for r <= 1
            Ball::Finite(x) if x.rad.top() < -10 => {
                let y = exp_point(&x.mid, prec);
                match y.abs_upper() {
                    Some(bound) => y.widen(bound.mul(x.rad.add(x.rad.mul(x.rad)))),
                    None => y,
                }
            }
            Ball::Finite(_) => increasing(self, prec, |p| match p {
                Ball::Finite(p) => exp_point(&p.mid, prec),
                _ => Ball::Unknown,
            }),
            Ball::NegInf => Ball::zero(),
            other => other.clone(),
        }
    }

    /// `exp(self) - 1`, accurate near 0.
    pub fn expm1(&self, prec: u32) -> Ball {
        let prec = user_prec(prec);
        match self {
            // As for exp, with exp(m) <= |expm1(m)| + 1.
            Ball::Finite(x) if x.rad.top() < -10 => {
                let y = expm1_point(&x.mid, prec);
                match y.abs_upper() {
                    Some(bound) => {
                        let step = x.rad.add(x.rad.mul(x.rad));
                        y.widen(bound.add(Mag::pow2(0)).mul(step))
                    }
                    None => y,
                }
            }
            Ball::Finite(_) => increasing(self, prec, |p| match p {
                Ball::Finite(p) => expm1_point(&p.mid, prec),
                _ => Ball::Unknown,
            }),
            Ball::NegInf => Ball::from_i64(-1),
            other => other.clone(),
        }
    }

    /// The natural logarithm; `log(0)` is `NegInf`, undefined below 0.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// assert_eq!(Ball::from_i64(10).log(64).to_decimal(12).unwrap(), "2.30258509299");
    /// assert!(matches!(Ball::zero().log(64), Ball::NegInf));
    /// assert!(matches!(Ball::from_i64(-1).log(64), Ball::Undefined));
    /// ```
    pub fn log(&self, prec: u32) -> Ball {
        let prec = clamp_prec(prec);
        match self {
            Ball::Finite(x) => match x.sign() {
                Some(1) => log_positive(x, prec),
                Some(0) => Ball::NegInf,
                Some(_) => Ball::Undefined,
                None => Ball::Unknown,
            },
            Ball::NegInf => Ball::Undefined,
            other => other.clone(),
        }
    }

    /// `log(1 + self)`, accurate near 0.
    pub fn log1p(&self, prec: u32) -> Ball {
        let prec = user_prec(prec);
        match self {
            Ball::Finite(_) => match place(self, Some(-1), None) {
                Place::Outside => Ball::Undefined,
                Place::Straddles => Ball::Unknown,
                Place::Inside => {
                    let value = |p: &Ball| match p {
                        Ball::Finite(p) => log1p_point(&p.mid, prec),
                        _ => Ball::Unknown,
                    };
                    let slope = |p: &Finite| {
                        let above = Ball::Finite(p.clone()).add(&Ball::one(), SLOPE_PREC);
                        reciprocal_bound(above.finite()?)
                    };
                    monotone(self, prec, value, slope)
                }
            },
            Ball::NegInf => Ball::Undefined,
            other => other.clone(),
        }
    }

    /// The logarithm to base 2, exact for powers of 2.
    pub fn log2(&self, prec: u32) -> Ball {
        if let Some(x) = self.finite()
            && x.rad.is_zero()
            && x.mid.sign() > 0
            && x.mid.man.trailing_zeros().map(|z| z + 1) == Some(bit_len(&x.mid.man))
        {
            return Ball::from_i64(x.mid.top() - 1);
        }
        let work = user_prec(prec) + 6;
        self.log(work).div(&ln2(work), prec)
    }

    /// The logarithm to base 10, exact for powers of 10.
    pub fn log10(&self, prec: u32) -> Ball {
        let work = user_prec(prec) + 6;
        let y = self.log(work).div(&Ball::from_i64(10).log(work), prec);
        if let (Some(x), Some(k)) = (self.finite(), y.finite().map(|y| y.mid.approx_f64().round()))
            && x.rad.is_zero()
            && (0.0..40_000.0).contains(&k)
        {
            let power = IBig::from(10).pow(k as usize);
            if x.mid.cmp(&Float::new(power, 0)).is_eq() {
                return Ball::from_i64(k as i64);
            }
        }
        y
    }
}

fn expm1_point(x: &Float, prec: u32) -> Ball {
    let top = x.top();
    if x.is_zero() {
        return Ball::zero();
    }
    if top < -i64::from(prec) - 2 {
        // |exp(x) - 1 - x| <= x^2
        return Ball::rounded(x.clone(), Mag::pow2(2 * top), prec);
    }
    let extra = (-top).max(0) as u32;
    if x.sign() < 0 && top > 40 {
        return Ball::from_i64(-1).widen(Mag::pow2(-LARGE));
    }
    exp_point(x, prec + extra + 6).sub(&Ball::one(), prec)
}

/// `exp(-2^40) < 2^-LARGE`.
const LARGE: i64 = 1 << 40;

fn log1p_point(z: &Float, prec: u32) -> Ball {
    if z.is_zero() {
        return Ball::zero();
    }
    if z.top() < -24 {
        return log1p_tiny(z, prec);
    }
    refine(prec, most_bits(z, prec), |work| {
        let bits = work.max(z.bits() as u32 + 64);
        Ball::exact(z.clone()).add(&Ball::one(), bits).log(work)
    })
}
