//! The gamma function and its logarithm: shift by recurrence, Stirling's series, reflection.

use crate::ball::{Ball, Finite, LIMIT, special_prec};
use crate::bernoulli::{COUNT_MAX, bernoulli};
use crate::consts::pi;
use crate::float::Float;
use crate::lift::{SLOPE_PREC, most_bits, reciprocal_bound, refine};
use crate::mag::Mag;
use crate::pow::factorial;
use crate::trig::sin_pi;

/// Ends of an interval around the minimum of Γ on the positive axis, 1.46163214… (DLMF 5.4.19).
const ARGMIN: (f64, f64) = (1.461_632_144, 1.461_632_145);
/// A lower bound of Γ at its minimum, 0.88560319… (DLMF 5.4.20), and of its logarithm.
const MINIMUM: (f64, f64) = (0.885_603_194, -0.121_486_291);

/// How far to shift so that Stirling's series reaches `prec` bits: beyond about `prec/4`.
pub(crate) fn shift_for(x: &Finite, prec: u32, more: f64) -> u64 {
    let goal = (0.25 * f64::from(prec) + 2.0 + more).max(f64::from(prec) / 6.0);
    let x = x.mid.approx_f64();
    (goal - x).ceil().clamp(0.0, 1e7) as u64
}

/// `(x, x+1, …)`: the ball `x + k`.
pub(crate) fn plus(x: &Ball, k: u64, prec: u32) -> Ball {
    x.add(&Ball::from_i64(k as i64), prec)
}

/// `x (x+1) … (x+n-1)`.
fn rising(x: &Ball, n: u64, prec: u32) -> Ball {
    (0..n).fold(Ball::one(), |acc, k| acc.mul(&plus(x, k, prec), prec))
}

/// Sums `term(k)` for `k = 1, 2, …` until the terms fall below `2^-prec` of `scale`; the remainder
/// is bounded by the first term left out (DLMF 5.11.ii, for real positive arguments).
pub(crate) fn asymptotic_sum(prec: u32, scale: i64, term: impl FnMut(usize) -> Ball) -> Ball {
    let mut term = term;
    let mut sum = Ball::zero();
    let mut last = i64::MAX;
    for k in 1..=COUNT_MAX {
        let next = term(k);
        let Some(bound) = next.abs_upper() else {
            return Ball::Unknown;
        };
        let top = bound.top();
        if top < scale - i64::from(prec) || top > last || k == COUNT_MAX {
            return sum.widen(bound);
        }
        last = top;
        sum = sum.add(&next, prec);
    }
    Ball::Unknown
}

/// `log Γ(z)` for large `z`:
/// `(z - 1/2) log z - z + log(2π)/2 + sum B_2k / (2k (2k-1) z^(2k-1))` (DLMF 5.11.1).
fn stirling(z: &Ball, prec: u32) -> Ball {
    let inverse = z.recip(prec);
    let square = inverse.sqr(prec);
    let mut power = inverse;
    let tail = asymptotic_sum(prec, 0, |k| {
        let coefficient = bernoulli(k, prec).div(&Ball::from_i64((2 * k * (2 * k - 1)) as i64), prec);
        let term = coefficient.mul(&power, prec);
        power = power.mul(&square, prec);
        term
    });
    let log_two_pi = pi(prec).mul_2exp(1).log(prec).mul_2exp(-1);
    let half = Ball::one().mul_2exp(-1);
    z.sub(&half, prec).mul(&z.log(prec), prec).sub(z, prec).add(&log_two_pi, prec).add(&tail, prec)
}

/// `(log Γ(x + n), x (x+1) … (x+n-1))` for some `n`, for exact or narrow `x > 0`.
fn shifted(x: &Ball, prec: u32) -> Option<(Ball, Ball)> {
    let n = shift_for(x.finite()?, prec, 0.0);
    Some((stirling(&plus(x, n, prec), prec), rising(x, n, prec)))
}

/// Γ of an exact `x > 0`.
fn gamma_point(x: &Float, prec: u32) -> Ball {
    if let Some(n) = x.to_i64()
        && n <= 3 * i64::from(prec)
    {
        return factorial((n - 1) as u32, prec + 16).round_to(prec);
    }
    if x.top() > 62 {
        return Ball::Unknown;
    }
    let ball = Ball::exact(x.clone());
    refine(prec, most_bits(x, prec), |work| {
        // The logarithm has up to 2 top bits more than x before the point.
        let work = work + 2 * x.top().max(4) as u32;
        match shifted(&ball, work) {
            Some((log, product)) => log.exp(work).div(&product, work),
            None => Ball::Unknown,
        }
    })
}

/// `log Γ` of an exact `x > 0`.
fn lgamma_point(x: &Float, prec: u32) -> Ball {
    if matches!(x.to_i64(), Some(1 | 2)) {
        return Ball::zero();
    }
    let ball = Ball::exact(x.clone());
    refine(prec, most_bits(x, prec), |work| {
        let work = work + 16;
        match shifted(&ball, work) {
            Some((log, product)) => log.sub(&product.log(work), work),
            None => Ball::Unknown,
        }
    })
}

/// A convex function of a positive ball, with its minimum at [`ARGMIN`], from its values at points
/// and a bound of its slope.
fn convex(
    x: &Finite,
    prec: u32,
    minimum: f64,
    f: impl Fn(&Float, u32) -> Ball,
    slope: impl Fn(&Finite, &Ball) -> Option<Mag>,
) -> Ball {
    if x.rad.is_zero() {
        return f(&x.mid, prec);
    }
    if x.rad.top() < x.mid.top() - 10
        && let y @ Ball::Finite(_) = f(&x.mid, prec)
        && let Some(bound) = slope(x, &y)
    {
        return y.widen(bound.mul(x.rad)).round_to(prec);
    }
    let (lo, hi) = (x.lower(prec), x.upper(prec));
    let hull = f(&lo, prec).union(&f(&hi, prec), prec);
    let crosses = |edge: f64, at: &Float| Float::from_f64(edge).is_some_and(|e| at.cmp(&e).is_lt());
    if crosses(ARGMIN.0, &hi) || !crosses(ARGMIN.1, &lo) {
        return hull;
    }
    hull.union(&Ball::from_f64(minimum), prec)
}

/// A bound of `|ψ|` over a positive ball: `log x - 1/x <= ψ(x) <= log x` (DLMF 5.11.2 with its
/// enveloping property).
fn digamma_bound(x: &Finite) -> Option<Mag> {
    let log = Ball::Finite(x.clone()).log(SLOPE_PREC).abs_upper()?;
    Some(log.add(reciprocal_bound(x)?))
}

/// A bound of `|Γ'| = Γ |ψ|` over a positive ball; with `|ψ| rad < 1/4`, Γ is below `2 Γ(mid)`.
fn gamma_slope(x: &Finite, y: &Ball) -> Option<Mag> {
    let psi = digamma_bound(x)?;
    if psi.mul(x.rad).top() > -2 {
        return None;
    }
    Some(psi.mul(y.abs_upper()?).mul_2exp(1))
}

/// Whether a ball that is not positive touches a pole of Γ; exact poles aside.
pub(crate) fn may_touch_pole(x: &Finite) -> bool {
    let (lo, hi) = (x.lower(64), x.upper(64));
    // Beyond this, a ball of any width is taken to touch one.
    if lo.exp < -(1 << 20) && lo.top() > 0 || lo.top() > 1 << 20 {
        return true;
    }
    let floor = |p: &Float| {
        if p.top() <= 0 { None } else { Some(p.to_fixed(0)) }
    };
    let index = |p: &Float| floor(p).unwrap_or_else(|| if p.sign() < 0 { (-1).into() } else { 0.into() });
    lo.is_integer() || index(&lo) != index(&hi)
}

/// The working precision at which `π x` and `1 - x` keep `prec` bits after the point.
pub(crate) fn reflected_prec(x: &Finite, prec: u32) -> u32 {
    prec + 16 + x.mid.top().clamp(0, 1 << 17) as u32
}

impl Ball {
    /// The gamma function; `gamma(0)` is `PosInf`, undefined at the negative integers.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// assert_eq!(Ball::from_i64(6).gamma(64).to_decimal(9).unwrap(), "120");
    /// assert_eq!(Ball::from_f64(0.5).gamma(64).to_decimal(10).unwrap(), "1.772453851");
    /// ```
    pub fn gamma(&self, prec: u32) -> Ball {
        let prec = special_prec(prec);
        let x = match self {
            Ball::Finite(x) => x,
            Ball::NegInf => return Ball::Undefined,
            other => return other.clone(),
        };
        match x.sign() {
            Some(1) => convex(x, prec, MINIMUM.0, gamma_point, gamma_slope),
            Some(0) => Ball::PosInf,
            _ if self.is_integer() => Ball::Undefined,
            Some(_) if !may_touch_pole(x) => gamma_reflected(x, prec),
            _ => Ball::Unknown,
        }
    }

    /// `log|Γ|`; `PosInf` at 0 and the negative integers.
    pub fn lgamma(&self, prec: u32) -> Ball {
        let prec = special_prec(prec);
        let x = match self {
            Ball::Finite(x) => x,
            Ball::NegInf => return Ball::PosInf,
            other => return other.clone(),
        };
        match x.sign() {
            Some(1) => convex(x, prec, MINIMUM.1, lgamma_point, |x, _| digamma_bound(x)),
            Some(0) => Ball::PosInf,
            _ if self.is_integer() => Ball::PosInf,
            Some(_) if !may_touch_pole(x) => {
                let most = if x.rad.is_zero() { most_bits(&x.mid, prec) } else { 0 };
                refine(prec, most, |work| lgamma_reflected(x, work))
            }
            _ => Ball::Unknown,
        }
    }
}

/// `Γ(x) = π / (sin(πx) Γ(1-x))` (DLMF 5.5.3).
fn gamma_reflected(x: &Finite, prec: u32) -> Ball {
    let work = reflected_prec(x, prec);
    let mirror = Ball::one().sub(&Ball::Finite(x.clone()), work).gamma(work);
    if !mirror.is_finite() {
        return if x.mid.top() > 40 && x.mid.exp > -(1 << 20) {
            // 1/Γ(1-x) is far below any 1/sin(πx).
            Ball::new(Float::zero(), Mag::pow2(-LIMIT / 2))
        } else {
            Ball::Unknown
        };
    }
    pi(work).div(&sin_pi(x, work).mul(&mirror, work), prec)
}

fn lgamma_reflected(x: &Finite, prec: u32) -> Ball {
    let work = reflected_prec(x, prec);
    let mirror = Ball::one().sub(&Ball::Finite(x.clone()), work).lgamma(work);
    pi(work).div(&sin_pi(x, work).abs(), work).log(work).sub(&mirror, work)
}
