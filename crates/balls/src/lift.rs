//! From functions of points to functions of balls, and the loop that raises the precision.

use crate::ball::{Ball, Finite, PREC_CAP, clamp_prec, user_prec};
use crate::float::Float;
use crate::mag::Mag;

/// Raises the working precision until `f` is accurate to `prec` bits, or until `most` bits.
///
/// `f` is called with the precision to work in; its argument should be exact, for else no precision
/// would help.
pub(crate) fn refine(prec: u32, most: u32, f: impl Fn(u32) -> Ball) -> Ball {
    let prec = clamp_prec(prec);
    let most = most.min(PREC_CAP);
    let mut work = prec + 12;
    loop {
        let y = f(work);
        let short = match &y {
            Ball::Finite(_) => i64::from(prec) - y.relative_accuracy_bits(),
            Ball::Unknown => i64::from(work),
            _ => return y,
        };
        if short <= 0 || work >= most {
            return y.round_to(prec);
        }
        let step = if short >= i64::from(prec) { work } else { short as u32 + 16 };
        work = work.saturating_add(step).min(most);
    }
}

/// How far `refine` may go for a function of `x`: enough to resolve the distance of `x` from any
/// point that needs no more bits than `x` has.
pub(crate) fn most_bits(x: &Float, prec: u32) -> u32 {
    let bits = x.bits() + x.top().abs().min(2048);
    (2 * (i64::from(clamp_prec(prec)) + bits) + 256).min(i64::from(PREC_CAP)) as u32
}

/// A rising function of a ball from its values at the ends; `f` must enclose at exact points.
pub(crate) fn increasing(x: &Ball, prec: u32, f: impl Fn(&Ball) -> Ball) -> Ball {
    match x {
        Ball::Finite(p) if !p.rad.is_zero() => {
            let lo = f(&Ball::exact(p.lower(prec)));
            let hi = f(&Ball::exact(p.upper(prec)));
            lo.union(&hi, prec + 4).round_to(prec)
        }
        _ => f(x).round_to(prec),
    }
}

/// The value at the midpoint, refined to `prec` bits, widened by `slope(x) · rad`, where `slope`
/// encloses the derivative over the whole ball at a low precision.
pub(crate) fn with_slope(x: &Ball, prec: u32, f: impl Fn(&Ball, u32) -> Ball, slope: impl Fn(&Ball) -> Ball) -> Ball {
    let prec = user_prec(prec);
    let Ball::Finite(p) = x else {
        return f(x, prec);
    };
    let mid = x.midpoint();
    let y = refine(prec, most_bits(&p.mid, prec), |work| f(&mid, work));
    if p.rad.is_zero() {
        return y;
    }
    match slope(x).abs_upper() {
        Some(bound) if y.is_finite() => y.widen(bound.mul(p.rad)).round_to(prec),
        _ => Ball::Unknown,
    }
}

/// A monotone function from its point values: of a narrow ball the value at the midpoint, widened
/// by `slope · rad`; of a wide one the values at the ends.
pub(crate) fn monotone(x: &Ball, prec: u32, f: impl Fn(&Ball) -> Ball, slope: impl Fn(&Finite) -> Option<Mag>) -> Ball {
    if let Ball::Finite(p) = x
        && !p.rad.is_zero()
        && p.rad.top() < p.mid.top() - 10
        && let Some(bound) = slope(p)
        && let y @ Ball::Finite(_) = f(&x.midpoint())
    {
        return y.widen(bound.mul(p.rad)).round_to(prec);
    }
    increasing(x, prec, f)
}

/// An upper bound of `1/|x|` over a ball.
pub(crate) fn reciprocal_bound(x: &Finite) -> Option<Mag> {
    let low = x.abs_lower();
    (!low.is_zero()).then(|| Mag::pow2(0).div_lower(low))
}

/// Working precision at which slopes are bounded.
pub(crate) const SLOPE_PREC: u32 = 40;

/// Where a ball lies with respect to the interval `lo..=hi`.
pub(crate) enum Place {
    Inside,
    Outside,
    Straddles,
}

/// Places `x` with respect to `lo..=hi` (both optional).
pub(crate) fn place(x: &Ball, lo: Option<i64>, hi: Option<i64>) -> Place {
    let Ball::Finite(p) = x else {
        return match x {
            Ball::PosInf if hi.is_none() => Place::Inside,
            Ball::NegInf if lo.is_none() => Place::Inside,
            Ball::Unknown => Place::Straddles,
            _ => Place::Outside,
        };
    };
    let (left, right) = (p.lower(64), p.upper(64));
    let below = |a: &Float, k: i64| a.cmp(&Float::from_i64(k)).is_lt();
    let above = |a: &Float, k: i64| a.cmp(&Float::from_i64(k)).is_gt();
    if lo.is_some_and(|k| below(&right, k)) || hi.is_some_and(|k| above(&left, k)) {
        Place::Outside
    } else if lo.is_some_and(|k| below(&left, k)) || hi.is_some_and(|k| above(&right, k)) {
        Place::Straddles
    } else {
        Place::Inside
    }
}

/// The bound `rho / (1 - rho)` of a relative change `rho = rad / low`, for `rho < 1/2`.
pub(crate) fn relative_spread(rad: Mag, low: Mag) -> Option<Mag> {
    let rho = rad.div_lower(low);
    (rho.top() < -10).then(|| rho.add(rho.mul(rho).mul_2exp(1)))
}
