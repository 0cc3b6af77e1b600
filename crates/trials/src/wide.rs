//! Certified balls as a kind of number that expressions are evaluated in.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

use wrt_balls::Ball;
use wrt_core::{Number, Real};

/// A ball and the precision that it is computed with.
#[derive(Clone, Debug)]
pub struct Wide {
    /// The enclosure.
    pub ball: Ball,
    /// Bits.
    pub precision: u32,
}

impl Wide {
    /// A number, enclosed.
    pub fn new(n: &Number, precision: u32) -> Wide {
        Wide { ball: Ball::from_rational(&n.to_rbig(), precision), precision }
    }

    /// A result. Infinity is no real number, even where the next step (`atan`, `1/…`) would make one of it.
    fn with(&self, ball: Ball) -> Wide {
        let ball = if matches!(ball, Ball::PosInf | Ball::NegInf) { Ball::Undefined } else { ball };
        Wide { ball, precision: self.precision }
    }

    /// Nothing is known of it.
    pub(crate) fn unknown(&self) -> Wide {
        self.with(Ball::Unknown)
    }

    /// To an exact power.
    pub(crate) fn power(&self, exponent: &Number) -> Wide {
        self.with(self.ball.pow_ratio(&exponent.to_rbig(), self.precision))
    }

    fn truth(&self, other: &Wide, holds: impl Fn(Ordering) -> bool) -> Wide {
        if matches!(self.ball, Ball::Undefined) || matches!(other.ball, Ball::Undefined) {
            return self.with(Ball::Undefined);
        }
        match self.ball.compare(&other.ball) {
            Some(order) => self.with(Ball::from_i64(holds(order) as i64)),
            None => self.with(self.undecided(other, &holds)),
        }
    }

    /// Two balls that overlap may still decide `<=` when they only touch.
    fn undecided(&self, other: &Wide, holds: &dyn Fn(Ordering) -> bool) -> Ball {
        let difference = self.ball.sub(&other.ball, self.precision);
        let (positive, negative) = (difference.is_non_negative(), difference.neg().is_non_negative());
        match (holds(Ordering::Less), holds(Ordering::Equal), holds(Ordering::Greater)) {
            (less, equal, _) if negative && less == equal => Ball::from_i64(less as i64),
            (_, equal, greater) if positive && greater == equal => Ball::from_i64(greater as i64),
            _ => Ball::Unknown,
        }
    }
}

macro_rules! operator {
    ($($trait:ident $method:ident),*) => {
        $(impl $trait for Wide {
            type Output = Wide;
            fn $method(self, other: Wide) -> Wide {
                self.with(self.ball.$method(&other.ball, self.precision))
            }
        })*
    };
}
operator!(Add add, Sub sub, Mul mul, Div div);

impl Neg for Wide {
    type Output = Wide;
    fn neg(self) -> Wide {
        self.with(self.ball.neg())
    }
}

macro_rules! functions {
    ($($method:ident)*) => {
        $(fn $method(self) -> Wide {
            self.with(self.ball.$method(self.precision))
        })*
    };
}

wrt_core::computed!(Wide);
wrt_run::evaluable!(Wide);

impl Real for Wide {
    fn exact(&self, n: &Number) -> Wide {
        Wide::new(n, self.precision)
    }

    fn approximate(&self) -> f64 {
        self.ball.mid_f64()
    }

    fn pi(&self) -> Wide {
        self.with(wrt_balls::pi(self.precision))
    }

    fn polygamma(order: Wide, x: Wide) -> Wide {
        match order.ball.to_f64() {
            Some(n) if order.ball.is_integer() && (0.0..=150.0).contains(&n) => {
                x.with(x.ball.polygamma(n as u32, x.precision))
            }
            _ => x.with(Ball::Undefined),
        }
    }

    fn select(condition: Wide, a: Wide, b: Wide) -> Wide {
        match condition.ball {
            Ball::Undefined => condition,
            ref c if c.is_zero() => b,
            ref c if !c.contains_zero() => a,
            _ => condition.with(Ball::Unknown),
        }
    }

    fn less(self, other: Wide) -> Wide {
        self.truth(&other, |o| o == Ordering::Less)
    }

    fn less_equal(self, other: Wide) -> Wide {
        self.truth(&other, |o| o != Ordering::Greater)
    }

    fn equal(self, other: Wide) -> Wide {
        self.truth(&other, |o| o == Ordering::Equal)
    }

    fn max(self, other: Wide) -> Wide {
        self.with(self.ball.max(&other.ball, self.precision))
    }

    fn min(self, other: Wide) -> Wide {
        self.with(self.ball.min(&other.ball, self.precision))
    }

    fn pow(self, exponent: Wide) -> Wide {
        self.with(self.ball.pow(&exponent.ball, self.precision))
    }

    fn hypot(self, other: Wide) -> Wide {
        self.with(self.ball.hypot(&other.ball, self.precision))
    }

    fn atan2(self, other: Wide) -> Wide {
        self.with(self.ball.atan2(&other.ball, self.precision))
    }

    fn abs(self) -> Wide {
        self.with(self.ball.abs())
    }

    fn sign(self) -> Wide {
        self.with(self.ball.sign())
    }

    functions!(floor ceil round sqrt cbrt exp expm1 log log1p log2 log10 sin cos tan asin acos atan sinh cosh tanh
        asinh acosh atanh erf erfc gamma lgamma digamma);
}
