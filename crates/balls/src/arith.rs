//! Sum, difference, product, quotient and integer powers of balls.

use crate::ball::{Ball, Finite, LIMIT, clamp_prec, user_prec};
use crate::float::Float;
use crate::lift::increasing;
use crate::mag::Mag;
use dashu_int::IBig;

impl Ball {
    /// `-self`.
    pub fn neg(&self) -> Ball {
        match self {
            Ball::Finite(x) => Ball::Finite(Finite { mid: x.mid.neg(), rad: x.rad }),
            Ball::PosInf => Ball::NegInf,
            Ball::NegInf => Ball::PosInf,
            Ball::Undefined => Ball::Undefined,
            Ball::Unknown => Ball::Unknown,
        }
    }

    /// `self + rhs`; `inf - inf` is undefined.
    pub fn add(&self, rhs: &Ball, prec: u32) -> Ball {
        match (self, rhs) {
            (Ball::Finite(a), Ball::Finite(b)) => {
                let (mid, err) = a.mid.add(&b.mid, clamp_prec(prec));
                Ball::rounded(mid, a.rad.add(b.rad).add(err), prec)
            }
            (Ball::Undefined, _) | (_, Ball::Undefined) => Ball::Undefined,
            (Ball::Unknown, _) | (_, Ball::Unknown) => Ball::Unknown,
            (Ball::PosInf, Ball::NegInf) | (Ball::NegInf, Ball::PosInf) => Ball::Undefined,
            (Ball::PosInf, _) | (_, Ball::PosInf) => Ball::PosInf,
            _ => Ball::NegInf,
        }
    }

    /// `self - rhs`.
    pub fn sub(&self, rhs: &Ball, prec: u32) -> Ball {
        self.add(&rhs.neg(), prec)
    }

    /// `self * rhs`; `0 * inf` is undefined.
    pub fn mul(&self, rhs: &Ball, prec: u32) -> Ball {
        match (self, rhs) {
            (Ball::Finite(a), Ball::Finite(b)) => {
                let mut rad = Mag::ZERO;
                if !b.rad.is_zero() {
                    rad = a.mid.mag_upper().add(a.rad).mul(b.rad);
                }
                if !a.rad.is_zero() {
                    rad = rad.add(b.mid.mag_upper().mul(a.rad));
                }
                Ball::rounded(a.mid.mul(&b.mid), rad, prec)
            }
            (Ball::Undefined, _) | (_, Ball::Undefined) => Ball::Undefined,
            (Ball::Unknown, _) | (_, Ball::Unknown) => Ball::Unknown,
            _ => infinite_product(self, rhs),
        }
    }

    /// `self / rhs`, zero being `+0`: `1/0` is `PosInf`, `-1/0` is `NegInf`, `0/0` undefined.
    pub fn div(&self, rhs: &Ball, prec: u32) -> Ball {
        match (self, rhs) {
            (Ball::Finite(a), Ball::Finite(b)) => quotient(a, b, clamp_prec(prec)),
            (Ball::Undefined, _) | (_, Ball::Undefined) => Ball::Undefined,
            (Ball::Unknown, _) | (_, Ball::Unknown) => Ball::Unknown,
            (Ball::Finite(_), _) => Ball::zero(),
            (_, Ball::Finite(_)) if rhs.is_zero() => self.clone(),
            (_, Ball::Finite(_)) => infinite_product(self, rhs),
            _ => Ball::Undefined,
        }
    }

    /// `1 / self`.
    pub fn recip(&self, prec: u32) -> Ball {
        Ball::one().div(self, prec)
    }

    /// `self · 2^k`, exactly.
    pub fn mul_2exp(&self, k: i64) -> Ball {
        match self {
            Ball::Finite(x) if k.abs() <= 2 * LIMIT => Ball::new(x.mid.mul_2exp(k), x.rad.mul_2exp(k)),
            Ball::Finite(_) if self.is_zero() => Ball::zero(),
            Ball::Finite(_) => Ball::Unknown,
            other => other.clone(),
        }
    }

    /// `self * self`, never negative.
    pub fn sqr(&self, prec: u32) -> Ball {
        self.pow_i64(2, prec)
    }

    /// `self^n`; `0^0` is 1, negative powers of 0 are `PosInf`.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// let x = Ball::from_f64(3.5);
    /// assert_eq!(x.pow_i64(3, 64).to_f64(), Some(42.875));
    /// assert_eq!(Ball::zero().pow_i64(0, 64).to_f64(), Some(1.0));
    /// ```
    pub fn pow_i64(&self, n: i64, prec: u32) -> Ball {
        let prec = clamp_prec(prec);
        match self {
            Ball::Undefined => Ball::Undefined,
            Ball::Unknown => Ball::Unknown,
            _ if n == 0 => Ball::one(),
            _ if n == 1 => self.clone().round_to(prec),
            Ball::Finite(_) if self.is_zero() => {
                if n > 0 {
                    Ball::zero()
                } else {
                    Ball::PosInf
                }
            }
            Ball::Finite(_) if n < 0 => {
                let power = self.pow_i64(n.checked_neg().unwrap_or(i64::MAX), prec + 4);
                let power = if n == i64::MIN { power.mul(self, prec + 4) } else { power };
                match power {
                    // The power left the range of exponents.
                    Ball::Unknown => self.bounded_reciprocal(n.unsigned_abs()),
                    power => Ball::one().div(&power, prec),
                }
            }
            Ball::Finite(x) => positive_power(x, n.unsigned_abs(), prec),
            _ if n < 0 => Ball::zero(),
            Ball::NegInf if n % 2 != 0 => Ball::NegInf,
            _ => Ball::PosInf,
        }
    }

    /// An enclosure of `self^-n` from `|self| >= 2^t`, for powers beyond the range of exponents.
    fn bounded_reciprocal(&self, n: u64) -> Ball {
        let low = self.finite().map_or(0, |x| x.abs_lower().top() - 1);
        if low <= 0 {
            return Ball::Unknown;
        }
        let exp = low.saturating_mul(n.min(1 << 62) as i64).min(LIMIT);
        Ball::new(Float::zero(), Mag::pow2(-exp))
    }

    /// `|self|`.
    pub fn abs(&self) -> Ball {
        match self {
            Ball::Finite(x) => match x.sign() {
                Some(s) if s >= 0 => self.clone(),
                Some(_) => self.neg(),
                None => {
                    let high = Float::from_mag(x.mid.mag_upper().add(x.rad));
                    Ball::from_ends(&Float::zero(), &high, 60)
                }
            },
            Ball::NegInf => Ball::PosInf,
            other => other.clone(),
        }
    }
}

/// A product or quotient with at least one infinity, the other factor not zero.
fn infinite_product(a: &Ball, b: &Ball) -> Ball {
    if a.is_zero() || b.is_zero() {
        return Ball::Undefined;
    }
    let sign = |x: &Ball| i32::from(x.is_positive()) - i32::from(x.is_negative());
    match sign(a) * sign(b) {
        1 => Ball::PosInf,
        -1 => Ball::NegInf,
        _ => Ball::Unknown,
    }
}

fn quotient(a: &Finite, b: &Finite, prec: u32) -> Ball {
    if b.rad.is_zero() && b.mid.is_zero() {
        return match a.sign() {
            Some(1) => Ball::PosInf,
            Some(-1) => Ball::NegInf,
            Some(_) => Ball::Undefined,
            None => Ball::Unknown,
        };
    }
    let low = b.abs_lower();
    if low.is_zero() {
        return Ball::Unknown;
    }
    if a.mid.is_zero() {
        return Ball::new(Float::zero(), a.rad.div_lower(low));
    }
    let (mid, err) = divide(&a.mid, &b.mid, prec);
    // |(a+da)/(b+db) - a/b| = |da - (a/b) db| / |b+db|
    let mut spread = a.rad;
    if !b.rad.is_zero() {
        let ratio = mid.mag_upper().add(err);
        spread = spread.add(ratio.mul(b.rad));
    }
    let rad = if spread.is_zero() { Mag::ZERO } else { spread.div_lower(low) };
    Ball::rounded(mid, rad.add(err), prec)
}

/// `a / b` to at least `prec` bits, and a bound of the error; `b` is not zero.
fn divide(a: &Float, b: &Float, prec: u32) -> (Float, Mag) {
    if let Some(k) = b.man.trailing_zeros()
        && k as i64 + 1 == b.bits()
    {
        let man = if b.sign() > 0 { a.man.clone() } else { -&a.man };
        return (Float::new(man, a.exp - b.exp - k as i64), Mag::ZERO);
    }
    let shift = (i64::from(prec) + 2 + b.bits() - a.bits()).max(0);
    let num = &a.man << shift as usize;
    let exp = a.exp - b.exp - shift;
    let man: IBig = &num / &b.man;
    let exact = &man * &b.man == num;
    (Float::new(man, exp), if exact { Mag::ZERO } else { Mag::pow2(exp) })
}

/// `x^n` for `n >= 2`.
fn positive_power(x: &Finite, n: u64, prec: u32) -> Ball {
    let wide = !x.rad.is_zero() && x.mid.top() - x.rad.top() < 12 + i64::from(n.ilog2());
    let extra = prec + 2 * n.ilog2() + 4;
    let ball = Ball::Finite(x.clone());
    if !wide {
        return repeated_squares(&ball, n, extra).round_to(prec);
    }
    if n % 2 == 1 {
        return increasing(&ball, prec, |p| repeated_squares(p, n, extra));
    }
    increasing(&ball.abs(), prec, |p| match p {
        Ball::Finite(end) if end.mid.sign() < 0 => Ball::zero(),
        _ => repeated_squares(p, n, extra),
    })
}

/// `x^n` by repeated squaring from the leading bit of `n >= 1`.
fn repeated_squares(x: &Ball, n: u64, prec: u32) -> Ball {
    let mut power = x.clone();
    for bit in (0..n.ilog2()).rev() {
        power = power.mul(&power, prec);
        if n >> bit & 1 == 1 {
            power = power.mul(x, prec);
        }
        if !power.is_finite() {
            break;
        }
    }
    power
}

impl Ball {
    /// Sum of a list.
    pub fn sum<'a>(terms: impl IntoIterator<Item = &'a Ball>, prec: u32) -> Ball {
        terms.into_iter().fold(Ball::zero(), |acc, term| acc.add(term, user_prec(prec)))
    }
}
