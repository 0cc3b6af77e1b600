//! Numbers of twice the digits of doubles, without error bounds: sums of two doubles that don't overlap.
//!
//! They hold some 31 digits and cost a tenth of a ball. Dekker, "A floating-point technique for extending the available
//! precision" (1971); Hida, Li, Bailey, "Library for double-double and quad-double arithmetic" (2001), from which the
//! recipes of the elementary functions come. What is not among these goes by way of balls.

use std::ops::{Add, Div, Mul, Neg, Sub};
use std::sync::OnceLock;

use wrt_balls::Ball;
use wrt_core::{Number, Real};

/// The bits of balls by whose way functions are computed: enough that rounding them is the only error.
const BITS: u32 = 160;
/// The logarithm of 2.
const LN_2: DoubleDouble = DoubleDouble { high: std::f64::consts::LN_2, low: 2.319_046_813_846_299_6e-17 };
/// A quarter of a turn, in three parts.
const QUARTER: [f64; 3] = [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];
/// Angles beyond this are brought down by balls.
const FAR: f64 = 1e5;
/// Exponents beyond this overflow, or leave doubles that have no low part.
const STEEP: f64 = 600.0;
/// Integers up to here are multiplied out.
const FEW: f64 = 1024.0;

/// The sum of two doubles, the second at most half a unit in the last place of the first.
///
/// ```
/// use wrt_core::{Number, Real};
/// use wrt_run::DoubleDouble;
/// let third = DoubleDouble::new(&Number::ratio(1, 3).unwrap());
/// let zero = third + third + third - third.one();
/// assert!(zero.approximate().abs() < 1e-31);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DoubleDouble {
    high: f64,
    low: f64,
}

impl DoubleDouble {
    /// The nearest to an exact number.
    pub fn new(n: &Number) -> DoubleDouble {
        if let Some((k, q)) = n.as_small()
            && k.unsigned_abs() <= 1 << 53
            && q.is_power_of_two()
        {
            return DoubleDouble::from(k as f64 / q as f64);
        }
        let high = n.to_f64();
        match Number::from_f64(high) {
            // Most numbers were doubles before.
            Some(h) if h == *n => DoubleDouble::from(high),
            Some(h) => DoubleDouble::sum_of_ordered(high, (n + &-&h).to_f64()),
            None => DoubleDouble::sum_of_ordered(high, 0.0),
        }
    }

    /// Exactly this number as a ball.
    pub fn ball(self) -> Ball {
        match self.high.is_finite() {
            true => Ball::from_f64(self.high).add(&Ball::from_f64(self.low), 2 * BITS),
            false => Ball::from_f64(self.high),
        }
    }

    fn from_ball(ball: &Ball) -> DoubleDouble {
        if !ball.is_finite() {
            return DoubleDouble::from(match ball {
                Ball::PosInf => f64::INFINITY,
                Ball::NegInf => f64::NEG_INFINITY,
                _ => f64::NAN,
            });
        }
        let high = ball.mid_f64();
        if !high.is_finite() {
            return DoubleDouble::from(high);
        }
        DoubleDouble::sum_of_ordered(high, ball.sub(&Ball::from_f64(high), BITS).mid_f64())
    }

    fn by_ball(self, function: impl FnOnce(&Ball) -> Ball) -> DoubleDouble {
        DoubleDouble::from_ball(&function(&self.ball()))
    }

    /// `a + b`, where a is not the smaller; where that is not finite there is no second part.
    #[inline]
    fn sum_of_ordered(a: f64, b: f64) -> DoubleDouble {
        let high = a + b;
        let low = b - (high - a);
        DoubleDouble { high, low: if high.is_finite() { low } else { 0.0 } }
    }

    /// `a + b` exactly.
    #[inline]
    fn two_sum(a: f64, b: f64) -> (f64, f64) {
        let high = a + b;
        let of_b = high - a;
        (high, (a - (high - of_b)) + (b - of_b))
    }

    /// `a * b` exactly, by halves of 26 bits: fused multiplication is slow where the machine may lack it.
    #[inline]
    fn two_product(a: f64, b: f64) -> (f64, f64) {
        let split = |x: f64| {
            let t = 134_217_729.0 * x;
            let high = t - (t - x);
            (high, x - high)
        };
        let (high, (a1, a2), (b1, b2)) = (a * b, split(a), split(b));
        (high, a2 * b2 - (((high - a1 * b1) - a2 * b1) - a1 * b2))
    }

    #[inline]
    fn plus(self, x: f64) -> DoubleDouble {
        let (high, low) = DoubleDouble::two_sum(self.high, x);
        DoubleDouble::sum_of_ordered(high, low + self.low)
    }

    #[inline]
    fn times(self, x: f64) -> DoubleDouble {
        let (high, low) = DoubleDouble::two_product(self.high, x);
        DoubleDouble::sum_of_ordered(high, low + self.low * x)
    }

    /// Times a power of two, which is exact.
    fn scaled(self, power: f64) -> DoubleDouble {
        DoubleDouble { high: self.high * power, low: self.low * power }
    }

    fn is_nan(self) -> bool {
        self.high.is_nan()
    }

    /// `1/1!, 1/2!, …`
    fn inverse_factorials() -> &'static [DoubleDouble; 30] {
        static ALL: OnceLock<[DoubleDouble; 30]> = OnceLock::new();
        ALL.get_or_init(|| {
            let mut last = DoubleDouble::from(1.0);
            std::array::from_fn(|k| {
                last = last / DoubleDouble::from((k + 1) as f64);
                last
            })
        })
    }

    /// `x/1! + x²/2! + …` of `terms` terms.
    fn exponential_series(self, terms: usize) -> DoubleDouble {
        let factors = &DoubleDouble::inverse_factorials()[..terms];
        factors.iter().rev().fold(DoubleDouble::from(0.0), |sum, f| (sum + *f) * self)
    }

    /// `e^x - 1` for |x| below 1/2, and as well a little beyond: a series for a 256th, squared.
    fn small_expm1(self) -> DoubleDouble {
        const HALVINGS: u32 = 8;
        let start = self.scaled(1.0 / 256.0).exponential_series(10);
        (0..HALVINGS).fold(start, |p, _| p.scaled(2.0) + p * p)
    }

    /// `log(1 + x)` for x not far from 0: one step of Newton's method from the double.
    fn small_log1p(self) -> DoubleDouble {
        let guess = self.high.ln_1p();
        let back = DoubleDouble::from(-guess).small_expm1();
        (back * self.plus(1.0) + self).plus(guess)
    }

    /// Sine and cosine; none where the angle is too large.
    fn sine_and_cosine(self) -> Option<(DoubleDouble, DoubleDouble)> {
        let turns = (self.high / QUARTER[0]).round();
        if self.high.is_nan() || self.high.abs() > FAR {
            return None;
        }
        let part = |k: usize| {
            let (high, low) = DoubleDouble::two_product(QUARTER[k], -turns);
            DoubleDouble::sum_of_ordered(high, low)
        };
        let rest = self + part(0) + part(1) + part(2);
        let square = -(rest * rest);
        let factors = DoubleDouble::inverse_factorials();
        let series = |first: usize| {
            let own = factors.iter().skip(first).step_by(2);
            own.rev().fold(DoubleDouble::from(0.0), |sum, f| sum * square + *f)
        };
        let (sine, cosine) = (series(0) * rest, (series(1) * square).plus(1.0));
        Some(match turns.rem_euclid(4.0) as u8 {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        })
    }

    fn power(self, exponent: u32) -> DoubleDouble {
        let (mut result, mut square, mut rest) = (DoubleDouble::from(1.0), self, exponent);
        while rest > 0 {
            if rest % 2 == 1 {
                result = result * square;
            }
            square = square * square;
            rest /= 2;
        }
        result
    }

    fn truth(is: bool) -> DoubleDouble {
        DoubleDouble::from(f64::from(u8::from(is)))
    }

    /// What a function that has steps makes of both parts; the second counts where the first is an integer.
    fn rounded(self, round: fn(f64) -> f64) -> DoubleDouble {
        let high = round(self.high);
        if high == self.high { DoubleDouble::sum_of_ordered(high, round(self.low)) } else { DoubleDouble::from(high) }
    }
}

impl From<f64> for DoubleDouble {
    #[inline]
    fn from(high: f64) -> DoubleDouble {
        DoubleDouble { high, low: 0.0 }
    }
}

impl Add for DoubleDouble {
    type Output = DoubleDouble;
    #[inline]
    fn add(self, other: DoubleDouble) -> DoubleDouble {
        let (high, low) = DoubleDouble::two_sum(self.high, other.high);
        let (low_high, low_low) = DoubleDouble::two_sum(self.low, other.low);
        let first = DoubleDouble::sum_of_ordered(high, low + low_high);
        DoubleDouble::sum_of_ordered(first.high, first.low + low_low)
    }
}

impl Sub for DoubleDouble {
    type Output = DoubleDouble;
    #[inline]
    fn sub(self, other: DoubleDouble) -> DoubleDouble {
        self + -other
    }
}

impl Mul for DoubleDouble {
    type Output = DoubleDouble;
    #[inline]
    fn mul(self, other: DoubleDouble) -> DoubleDouble {
        let (high, low) = DoubleDouble::two_product(self.high, other.high);
        DoubleDouble::sum_of_ordered(high, low + (self.high * other.low + self.low * other.high))
    }
}

impl Div for DoubleDouble {
    type Output = DoubleDouble;
    fn div(self, other: DoubleDouble) -> DoubleDouble {
        let first = self.high / other.high;
        if !first.is_finite() || first == 0.0 || !other.high.is_finite() {
            return DoubleDouble::from(first);
        }
        let rest = self - other.times(first);
        let second = rest.high / other.high;
        let rest = rest - other.times(second);
        DoubleDouble::sum_of_ordered(first, second).plus(rest.high / other.high)
    }
}

impl Neg for DoubleDouble {
    type Output = DoubleDouble;
    #[inline]
    fn neg(self) -> DoubleDouble {
        DoubleDouble { high: -self.high, low: -self.low }
    }
}

macro_rules! by_ball {
    ($($name:ident)*) => {
        $(fn $name(self) -> Self {
            self.by_ball(|ball| ball.$name(BITS))
        })*
    };
}

impl Real for DoubleDouble {
    fn exact(&self, n: &Number) -> Self {
        DoubleDouble::new(n)
    }
    fn pi(&self) -> Self {
        DoubleDouble { high: QUARTER[0], low: QUARTER[1] }.scaled(2.0)
    }
    fn approximate(&self) -> f64 {
        self.high
    }
    fn bits(&self) -> u32 {
        100
    }
    fn epsilon(&self) -> f64 {
        2e-32
    }
    fn polygamma(order: Self, x: Self) -> Self {
        let valid = (0.0..=150.0).contains(&order.high) && order.high.fract() == 0.0;
        if valid { x.by_ball(|ball| ball.polygamma(order.high as u32, BITS)) } else { DoubleDouble::from(f64::NAN) }
    }
    fn select(condition: Self, a: Self, b: Self) -> Self {
        match condition.high {
            c if c.is_nan() => condition,
            0.0 => b,
            _ => a,
        }
    }
    fn less(self, other: Self) -> Self {
        DoubleDouble::truth((self.high, self.low) < (other.high, other.low))
    }
    fn less_equal(self, other: Self) -> Self {
        DoubleDouble::truth((self.high, self.low) <= (other.high, other.low))
    }
    fn equal(self, other: Self) -> Self {
        DoubleDouble::truth(self == other)
    }
    fn max(self, other: Self) -> Self {
        let larger = (self.high, self.low) > (other.high, other.low);
        if self.is_nan() || !other.is_nan() && larger { self } else { other }
    }
    fn min(self, other: Self) -> Self {
        -Real::max(-self, -other)
    }
    fn pow(self, exponent: Self) -> Self {
        let n = exponent.high;
        if exponent.low == 0.0 && n.fract() == 0.0 && n.abs() <= FEW && self.high.is_finite() {
            let power = self.power(n.abs() as u32);
            return if n < 0.0 { DoubleDouble::from(1.0) / power } else { power };
        }
        if exponent.low == 0.0 && n.abs() == 0.5 && self.high > 0.0 && self.high.is_finite() {
            let root = self.sqrt();
            return if n < 0.0 { DoubleDouble::from(1.0) / root } else { root };
        }
        self.by_ball(|base| base.pow(&exponent.ball(), BITS))
    }
    fn hypot(self, other: Self) -> Self {
        self.by_ball(|a| a.hypot(&other.ball(), BITS))
    }
    fn atan2(self, other: Self) -> Self {
        self.by_ball(|y| y.atan2(&other.ball(), BITS))
    }
    fn abs(self) -> Self {
        if self.high < 0.0 { -self } else { self }
    }
    fn sign(self) -> Self {
        DoubleDouble::from(Real::sign(self.high))
    }
    fn floor(self) -> Self {
        self.rounded(f64::floor)
    }
    fn ceil(self) -> Self {
        self.rounded(f64::ceil)
    }
    fn round(self) -> Self {
        self.by_ball(|ball| ball.round(BITS))
    }
    fn sqrt(self) -> Self {
        let root = self.high.sqrt();
        if root == 0.0 || !root.is_finite() {
            return DoubleDouble::from(root);
        }
        // One step of Newton's method, whose correction is small.
        let (square, low) = DoubleDouble::two_product(root, root);
        let rest = self - DoubleDouble::sum_of_ordered(square, low);
        DoubleDouble::sum_of_ordered(root, rest.high / (2.0 * root))
    }
    fn exp(self) -> Self {
        if self.is_nan() || self.high.abs() > STEEP {
            return self.by_ball(|ball| ball.exp(BITS));
        }
        let twos = (self.high / LN_2.high).round();
        let rest = self - LN_2.times(twos);
        rest.small_expm1().plus(1.0).scaled(twos.exp2())
    }
    fn expm1(self) -> Self {
        if self.high.abs() < 0.5 { self.small_expm1() } else { self.exp().plus(-1.0) }
    }
    fn log(self) -> Self {
        if !(self.high.is_normal() && self.high > 0.0) {
            return self.by_ball(|ball| ball.log(BITS));
        }
        // A power of two apart the number is between 1/√2 and √2.
        let twos = (self.high.log2()).round();
        let half = (twos / 2.0).trunc();
        let near = self.scaled((-half).exp2()).scaled((half - twos).exp2());
        near.plus(-1.0).small_log1p() + LN_2.times(twos)
    }
    fn log1p(self) -> Self {
        if self.high.abs() < 0.4 { self.small_log1p() } else { self.plus(1.0).log() }
    }
    fn sin(self) -> Self {
        self.sine_and_cosine().map_or_else(|| self.by_ball(|ball| ball.sin(BITS)), |(sine, _)| sine)
    }
    fn cos(self) -> Self {
        self.sine_and_cosine().map_or_else(|| self.by_ball(|ball| ball.cos(BITS)), |(_, cosine)| cosine)
    }
    fn tan(self) -> Self {
        self.sine_and_cosine().map_or_else(|| self.by_ball(|ball| ball.tan(BITS)), |(sine, cosine)| sine / cosine)
    }
    fn tanh(self) -> Self {
        if self.high.abs() > 40.0 {
            return DoubleDouble::from(self.high.signum());
        }
        let e = self.scaled(2.0).expm1();
        e / e.plus(2.0)
    }
    by_ball! {
        cbrt log2 log10 asin acos atan sinh cosh asinh acosh atanh erf erfc gamma lgamma digamma
    }
}
