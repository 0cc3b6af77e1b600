//! Real powers.

use crate::ball::{Ball, Finite, user_prec};
use crate::float::Float;
use crate::lift::{most_bits, refine};
use dashu_int::IBig;
use dashu_ratio::RBig;

/// Denominators up to which a rational power goes through an integer root.
const ROOT_MAX: u64 = 64;
/// Numerators up to which it does.
const POWER_MAX: i64 = 4096;

impl Ball {
    /// The real principal power `self^y`.
    ///
    /// `0^y` is 0, 1 or `PosInf` for `y` above, at or below 0; below 0 only exact integers `y` are
    /// defined.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// let half = Ball::from_f64(0.5);
    /// assert_eq!(Ball::from_i64(4).pow(&half, 64).to_decimal(9).unwrap(), "2");
    /// assert!(matches!(Ball::from_i64(-4).pow(&half, 64), Ball::Undefined));
    /// ```
    pub fn pow(&self, y: &Ball, prec: u32) -> Ball {
        let prec = user_prec(prec);
        match (self, y) {
            (Ball::Undefined, _) | (_, Ball::Undefined) => Ball::Undefined,
            (Ball::Unknown, _) | (_, Ball::Unknown) => Ball::Unknown,
            _ if y.is_zero() || self.is_one() => Ball::one(),
            (_, Ball::PosInf | Ball::NegInf) => self.infinite_exponent(y.is_positive()),
            (Ball::PosInf | Ball::NegInf, Ball::Finite(e)) => infinite_base(self, e),
            (Ball::Finite(x), Ball::Finite(e)) => finite_power(x, e, prec),
        }
    }

    /// `self^(±inf)` of a finite base that is not 1.
    fn infinite_exponent(&self, positive: bool) -> Ball {
        let Ball::Finite(_) = self else {
            return match self {
                Ball::PosInf if positive => Ball::PosInf,
                Ball::PosInf => Ball::zero(),
                _ => Ball::Undefined,
            };
        };
        if self.is_negative() {
            return Ball::Undefined;
        }
        let above_one = self.sub(&Ball::one(), 64);
        if above_one.is_positive() == positive && (above_one.is_positive() || above_one.is_negative()) {
            return if self.is_non_negative() { Ball::PosInf } else { Ball::Unknown };
        }
        match () {
            () if !self.is_non_negative() => Ball::Unknown,
            () if above_one.is_positive() || above_one.is_negative() => Ball::zero(),
            () => Ball::Unknown,
        }
    }

    /// `self^y` for an exactly rational exponent: undefined below 0 unless `y` is an integer,
    /// exact for perfect powers.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// # use dashu_ratio::RBig;
    /// let y = RBig::from_parts(2.into(), 3u8.into());
    /// assert!(Ball::from_i64(27).pow_ratio(&y, 64).is_exact());
    /// ```
    pub fn pow_ratio(&self, y: &RBig, prec: u32) -> Ball {
        let prec = user_prec(prec);
        let numerator = i64::try_from(y.numerator());
        if y.denominator().is_one() {
            return match numerator {
                Ok(n) => self.pow_i64(n, prec),
                Err(_) => self.pow(&Ball::from_integer(y.numerator()), prec),
            };
        }
        match self {
            Ball::Finite(_) if self.is_negative() => return Ball::Undefined,
            Ball::NegInf => return Ball::Undefined,
            _ => {}
        }
        if let (Ok(p), Ok(q)) = (numerator, u64::try_from(y.denominator()))
            && q <= ROOT_MAX
            && p.abs() <= POWER_MAX
        {
            return self.principal_root(q as u32, prec + 16).pow_i64(p, prec);
        }
        let power = |work| self.pow(&Ball::from_rational(y, work), work);
        match self {
            Ball::Finite(x) if x.rad.is_zero() => refine(prec, most_bits(&x.mid, prec), power),
            _ => power(prec + 64).round_to(prec),
        }
    }
}

fn infinite_base(base: &Ball, e: &Finite) -> Ball {
    let exponent = Ball::Finite(e.clone());
    let odd = e.rad.is_zero() && e.mid.is_odd();
    match base {
        Ball::NegInf if !exponent.is_integer() => not_an_integer(e),
        _ if exponent.is_negative() => Ball::zero(),
        Ball::NegInf if odd => Ball::NegInf,
        _ if exponent.is_positive() => Ball::PosInf,
        _ => Ball::Unknown,
    }
}

/// A negative base to an exponent that is not exactly an integer: unknown if it may be one.
fn not_an_integer(e: &Finite) -> Ball {
    let (lo, hi) = (e.lower(64), e.upper(64));
    if lo.top() > 4096 || hi.top() > 4096 || lo.exp < -8192 || hi.exp < -8192 {
        return if e.rad.is_zero() { Ball::Undefined } else { Ball::Unknown };
    }
    let floor = hi.to_fixed(0);
    let contains = Float::new(floor, 0).cmp(&lo).is_ge();
    if contains { Ball::Unknown } else { Ball::Undefined }
}

fn finite_power(x: &Finite, e: &Finite, prec: u32) -> Ball {
    let (base, exponent) = (Ball::Finite(x.clone()), Ball::Finite(e.clone()));
    let exact_exponent = e.rad.is_zero();
    if exact_exponent && let Some(n) = e.mid.to_i64() {
        return base.pow_i64(n, prec);
    }
    match x.sign() {
        Some(0) if exponent.is_positive() => Ball::zero(),
        Some(0) if exponent.is_negative() => Ball::PosInf,
        Some(1) => positive_base(&base, e, prec),
        Some(-1) if exponent.is_integer() => {
            let power = positive_base(&base.neg(), e, prec);
            if e.mid.is_odd() { power.neg() } else { power }
        }
        Some(-1) => not_an_integer(e),
        None if base.is_non_negative() && exponent.is_positive() => {
            let high = Ball::exact(x.upper(prec)).pow(&exponent, prec);
            Ball::zero().union(&high, prec)
        }
        _ => Ball::Unknown,
    }
}

/// `exp(y log x)`; each ball enters once, so nothing is lost on wide ones.
fn positive_base(x: &Ball, e: &Finite, prec: u32) -> Ball {
    let y = Ball::Finite(e.clone());
    if let Some(power) = dyadic_power(x, e, prec) {
        return power;
    }
    let size = x.log(32).mul(&y, 32).abs_upper().map_or(0, |b| b.top());
    if size > 70 {
        // Far too large, far too small, or so wide that more bits would not help.
        return x.log(64).mul(&y, 64).exp(prec);
    }
    let work = prec + 8 + size.max(0) as u32;
    x.log(work).mul(&y, work).exp(prec)
}

/// `x^(k/2^j)` of an exact `x` by square roots, exact for perfect powers.
fn dyadic_power(x: &Ball, e: &Finite, prec: u32) -> Option<Ball> {
    let zeros = e.mid.man.trailing_zeros()? as i64;
    let j = -(e.mid.exp + zeros);
    if !e.rad.is_zero() || !(1..=4).contains(&j) {
        return None;
    }
    let k = i64::try_from(&e.mid.man >> zeros as usize).ok()?;
    if k.abs() > POWER_MAX {
        return None;
    }
    let root = x.principal_root(1 << j, prec + 16);
    Some(root.pow_i64(k, prec))
}

/// `n!` as a ball.
pub(crate) fn factorial(n: u32, prec: u32) -> Ball {
    (2..=n).fold(Ball::one(), |acc, k| acc.mul(&Ball::from_integer(&IBig::from(k)), prec))
}
