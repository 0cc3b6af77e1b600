//! Comparison, sign, rounding to integers, minimum and maximum.

use crate::ball::{Ball, Finite, clamp_prec};
use crate::float::Float;
use dashu_int::IBig;
use std::cmp::Ordering;

/// The integers `floor(x)`, `ceil(x)` or the nearest to `x`, ties to even.
#[derive(Clone, Copy)]
enum Rounding {
    Floor,
    Ceil,
    Nearest,
}

fn to_integer(x: &Float, rounding: Rounding) -> Float {
    if x.exp >= 0 {
        return x.clone();
    }
    let rounded = match rounding {
        Rounding::Floor => x.to_fixed(0),
        Rounding::Ceil => -x.neg().to_fixed(0),
        Rounding::Nearest => {
            // floor(x + 1/2), less one if that was a tie and came out odd
            let twice = x.to_fixed(1);
            let up: IBig = (&twice + 1u8) >> 1usize;
            let tie = x.mul_2exp(1).is_integer() && !x.is_integer();
            let odd = !up.is_zero() && up.trailing_zeros() == Some(0);
            if tie && odd { up - 1u8 } else { up }
        }
    };
    Float::new(rounded, 0)
}

impl Ball {
    fn map_integer(&self, rounding: Rounding, prec: u32) -> Ball {
        let Ball::Finite(x) = self else {
            return self.clone();
        };
        if x.rad.is_zero() {
            return Ball::exact(to_integer(&x.mid, rounding));
        }
        let lo = to_integer(&x.lower(prec), rounding);
        let hi = to_integer(&x.upper(prec), rounding);
        if lo.cmp(&hi).is_eq() { Ball::exact(lo) } else { Ball::from_ends(&lo, &hi, prec) }
    }

    /// The greatest integer not above; where the ball leaves a choice, a ball around the choices.
    pub fn floor(&self, prec: u32) -> Ball {
        self.map_integer(Rounding::Floor, clamp_prec(prec))
    }

    /// The least integer not below.
    pub fn ceil(&self, prec: u32) -> Ball {
        self.map_integer(Rounding::Ceil, clamp_prec(prec))
    }

    /// The nearest integer, ties to even.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// assert_eq!(Ball::from_f64(2.5).round(64).to_f64(), Some(2.0));
    /// assert_eq!(Ball::from_f64(-3.5).round(64).to_f64(), Some(-4.0));
    /// ```
    pub fn round(&self, prec: u32) -> Ball {
        self.map_integer(Rounding::Nearest, clamp_prec(prec))
    }

    /// -1, 0 or 1; a ball around the choices where undecided.
    pub fn sign(&self) -> Ball {
        match self {
            Ball::Finite(x) => match x.sign() {
                Some(s) => Ball::from_i64(i64::from(s)),
                None if self.is_non_negative() => Ball::from_mid_rad(0.5, 0.5),
                None if self.neg().is_non_negative() => Ball::from_mid_rad(-0.5, 0.5),
                None => Ball::unit_interval(),
            },
            Ball::PosInf => Ball::one(),
            Ball::NegInf => Ball::from_i64(-1),
            other => other.clone(),
        }
    }

    /// How the two numbers compare; `None` where undecided or undefined.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// # use std::cmp::Ordering;
    /// let (a, b) = (Ball::from_f64(1.5), Ball::from_mid_rad(2.0, 0.25));
    /// assert_eq!(a.compare(&b), Some(Ordering::Less));
    /// assert_eq!(b.compare(&b), None);
    /// ```
    pub fn compare(&self, other: &Ball) -> Option<Ordering> {
        let (a, b) = match (self, other) {
            (Ball::Undefined | Ball::Unknown, _) | (_, Ball::Undefined | Ball::Unknown) => {
                return None;
            }
            (Ball::Finite(a), Ball::Finite(b)) => (a, b),
            (Ball::PosInf, Ball::PosInf) | (Ball::NegInf, Ball::NegInf) => {
                return Some(Ordering::Equal);
            }
            (Ball::NegInf, _) | (_, Ball::PosInf) => return Some(Ordering::Less),
            _ => return Some(Ordering::Greater),
        };
        if a.rad.is_zero() && b.rad.is_zero() {
            return Some(a.mid.cmp(&b.mid));
        }
        let bits = a.mid.bits().max(b.mid.bits()) as u32 + 64;
        if a.upper(bits).cmp(&b.lower(bits)).is_lt() {
            Some(Ordering::Less)
        } else if a.lower(bits).cmp(&b.upper(bits)).is_gt() {
            Some(Ordering::Greater)
        } else {
            None
        }
    }

    /// The smaller of the two.
    pub fn min(&self, other: &Ball, prec: u32) -> Ball {
        self.neg().max(&other.neg(), prec).neg()
    }

    /// The greater of the two; a tight ball where undecided.
    pub fn max(&self, other: &Ball, prec: u32) -> Ball {
        match (self, other) {
            (Ball::Undefined, _) | (_, Ball::Undefined) => return Ball::Undefined,
            (Ball::Unknown, _) | (_, Ball::Unknown) => return Ball::Unknown,
            _ => {}
        }
        match (self.compare(other), self, other) {
            (Some(Ordering::Less), _, _) => other.clone().round_to(prec),
            (Some(_), _, _) => self.clone().round_to(prec),
            (None, Ball::Finite(a), Ball::Finite(b)) => hull_of_max(a, b, clamp_prec(prec)),
            _ => Ball::Unknown,
        }
    }
}

fn hull_of_max(a: &Finite, b: &Finite, prec: u32) -> Ball {
    let pick = |x: Float, y: Float| if x.cmp(&y).is_ge() { x } else { y };
    let lo = pick(a.lower(prec), b.lower(prec));
    let hi = pick(a.upper(prec), b.upper(prec));
    Ball::from_ends(&lo, &hi, prec)
}
