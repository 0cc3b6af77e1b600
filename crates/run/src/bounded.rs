//! Doubles with a running bound of their error: a plain evaluation that knows what it is worth.
//!
//! A value `v` with bound `b` stands for any number of `[v - b, v + b]`; an infinite bound says "not known". Sums,
//! products, quotients and square roots are rounded correctly (IEEE 754); the other functions of the standard library
//! are assumed to be within 2 units in the last place, as the manuals of the common C libraries have it (errors of at
//! most 1, rarely 2). The special functions are not bounded at all. Higham, "Accuracy and Stability of Numerical
//! Algorithms" (2002), section 3.3, calls this running error analysis.

use std::ops::{Add, Div, Mul, Neg, Sub};

use wrt_core::{Number, Real};

/// Covers the roundings of a bound.
const SLACK: f64 = 1.0 + 1e-15;

/// The bits of a double's significand, and of a single's.
const DOUBLE: u32 = f64::MANTISSA_DIGITS;
const SINGLE: u32 = f32::MANTISSA_DIGITS;

/// A double and a bound of its error.
///
/// ```
/// use wrt_core::{Number, Real};
/// use wrt_run::Bounded;
/// let x = Bounded::new(&Number::parse("0.1").unwrap());
/// let one = x.one();
/// let zero = (one.clone() + x.clone()) - one - x;
/// assert!(!zero.is_sure());
/// ```
pub type Bounded = Rounded<DOUBLE>;

/// The value of a double, and a bound of the error that the same operations have in single precision.
///
/// ```
/// use wrt_core::Real;
/// use wrt_run::BoundedSingle;
/// let x = BoundedSingle::exactly(0.75);
/// let third = x.clone() / (x.clone() + x.clone() + x);
/// assert!((f64::from(0.75_f32 / 2.25) - third.value()).abs() <= third.bound());
/// ```
pub type BoundedSingle = Rounded<SINGLE>;

/// A value, and a bound of the error that it would have in numbers of so many bits: 53 for doubles, 24 for singles.
#[derive(Clone, Copy, Debug)]
pub struct Rounded<const BITS: u32> {
    value: f64,
    bound: f64,
}

impl<const BITS: u32> Rounded<BITS> {
    /// A little more than half a unit in the last place of 1, so that roundings of the bound itself are covered.
    const HALF_ULP: f64 = 1.081 / (1_u64 << BITS) as f64;
    /// What the functions are trusted with.
    const TWO_ULP: f64 = 4.054 / (1_u64 << BITS) as f64;
    /// The smallest number, for what vanishes below, and the largest.
    const TINY: f64 = if BITS == SINGLE { 1.5e-45 } else { 5e-324 };
    const LARGEST: f64 = if BITS == SINGLE { f32::MAX as f64 } else { f64::MAX };

    /// Has this double no more bits?
    fn fits(value: f64) -> bool {
        BITS != SINGLE || f64::from(value as f32) == value
    }

    /// The double nearest to an exact number.
    pub fn new(n: &Number) -> Self {
        if let Some((k, q)) = n.as_small()
            && k.unsigned_abs() <= 1 << BITS
            && q.is_power_of_two()
        {
            return Rounded { value: k as f64 / q as f64, bound: 0.0 };
        }
        let value = n.to_f64();
        let exact = Number::from_f64(value).as_ref() == Some(n) && Self::fits(value);
        Rounded { value, bound: if exact { 0.0 } else { Self::HALF_ULP * value.abs() + Self::TINY } }
    }

    /// Exactly this double.
    pub fn exactly(value: f64) -> Self {
        Rounded { value, bound: if value.is_finite() { 0.0 } else { f64::INFINITY } }
    }

    /// The value, whatever its error.
    pub fn value(self) -> f64 {
        self.value
    }

    /// An upper bound of the error; infinite where nothing is known.
    pub fn bound(self) -> f64 {
        self.bound
    }

    /// Is the value within one unit in its last place of the truth?
    pub fn is_sure(self) -> bool {
        let v = self.value.abs();
        self.bound == 0.0 || (v.is_finite() && self.bound <= (v - v.next_down()).max(Self::TINY))
    }

    fn unknown(value: f64) -> Self {
        Rounded { value, bound: f64::INFINITY }
    }

    /// A value whose error is at most `passed` from the arguments and `own` relative.
    fn make(value: f64, passed: f64, own: f64) -> Self {
        let bound = (passed + own * value.abs() + Self::TINY) * SLACK;
        // A bound that is no number bounds nothing.
        let known = value.abs() <= Self::LARGEST && bound < f64::INFINITY;
        Rounded { value, bound: if known { bound } else { f64::INFINITY } }
    }

    /// A library function whose slope over the interval is at most `slope`.
    fn smooth(self, value: f64, slope: impl FnOnce(f64) -> f64) -> Self {
        let passed = if self.bound == 0.0 { 0.0 } else { slope(self.bound) * self.bound };
        Self::make(value, passed, Self::TWO_ULP)
    }

    /// The smallest magnitude of the interval, 0 if that contains 0.
    fn least(self) -> f64 {
        ((self.value.abs() - self.bound) / SLACK).max(0.0)
    }

    fn most(self) -> f64 {
        (self.value.abs() + self.bound) * SLACK
    }

    /// A truth value, known if the intervals don't meet or are points.
    fn truth(self, other: Self, is: impl FnOnce(f64, f64) -> bool) -> Self {
        let value = is(self.value, other.value) as u8 as f64;
        let gap = (self.value - other.value).abs();
        let reach = (self.bound + other.bound) * SLACK;
        if gap > reach || reach == 0.0 && !gap.is_nan() { Rounded { value, bound: 0.0 } } else { Self::unknown(value) }
    }

    fn step(self, f: impl Fn(f64) -> f64) -> Self {
        let value = f(self.value);
        let (low, high) = (self.value - self.bound * SLACK, self.value + self.bound * SLACK);
        let (low, high) = if self.bound == 0.0 { (low, high) } else { (low.next_down(), high.next_up()) };
        if f(low) == value && f(high) == value && value.is_finite() {
            Rounded { value, bound: 0.0 }
        } else {
            Self::unknown(value)
        }
    }
}

impl<const BITS: u32> Add for Rounded<BITS> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let value = self.value + other.value;
        // A sum of doubles that has no rounding error is common (x + 0) and worth knowing.
        let error = if Self::fits(value) && value - self.value == other.value && value - other.value == self.value {
            0.0
        } else {
            Self::HALF_ULP * value.abs()
        };
        let bound = (self.bound + other.bound + error) * SLACK;
        if value.abs() <= Self::LARGEST && bound < f64::INFINITY {
            Rounded { value, bound }
        } else {
            Self::unknown(value)
        }
    }
}

impl<const BITS: u32> Sub for Rounded<BITS> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl<const BITS: u32> Mul for Rounded<BITS> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        if (self.bound == 0.0 && self.value.abs() == 1.0) || (other.bound == 0.0 && other.value.abs() == 1.0) {
            return Rounded { value: self.value * other.value, bound: self.bound.max(other.bound) };
        }
        let passed = self.bound * (other.value.abs() + other.bound) + other.bound * self.value.abs();
        Self::make(self.value * other.value, passed, Self::HALF_ULP)
    }
}

impl<const BITS: u32> Div for Rounded<BITS> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        let least = other.least();
        if least > 0.0 {
            Self::make(value, (self.bound + value.abs() * other.bound) / least, Self::HALF_ULP)
        } else {
            Self::unknown(value)
        }
    }
}

impl<const BITS: u32> Neg for Rounded<BITS> {
    type Output = Self;
    fn neg(self) -> Self {
        Rounded { value: -self.value, bound: self.bound }
    }
}

/// Functions of one argument with the largest slope over `value ± b`; where that is not finite, nothing is known.
macro_rules! smooth {
    ($($name:ident = $method:ident, |$x:ident, $b:ident| $slope:expr;)*) => {
        $(fn $name(self) -> Self {
            let $x = self;
            self.smooth($x.value.$method(), |$b| $slope)
        })*
    };
}

macro_rules! unbounded {
    ($($name:ident)*) => {
        $(fn $name(self) -> Self {
            Self::unknown(Real::$name(self.value))
        })*
    };
}

/// `1/sqrt(1 - m²)`, infinite outside.
fn arc_slope(m: f64) -> f64 {
    if m < 1.0 { 1.01 / ((1.0 - m) * (1.0 + m)).sqrt() } else { f64::INFINITY }
}

impl<const BITS: u32> Real for Rounded<BITS> {
    fn exact(&self, n: &Number) -> Self {
        Self::new(n)
    }
    fn ratio(&self, numerator: i64, denominator: u32) -> Self {
        let exact = numerator.unsigned_abs() <= 1 << BITS && denominator.is_power_of_two();
        let value = numerator as f64 / denominator as f64;
        Rounded { value, bound: if exact { 0.0 } else { Self::TWO_ULP * value.abs() } }
    }
    fn approximate(&self) -> f64 {
        self.value
    }
    fn middle(&self) -> Self {
        Rounded { value: self.value, bound: 0.0 }
    }
    fn within(self, distance: Self) -> Self {
        Self::make(self.value, self.bound + distance.most(), 0.0)
    }

    fn pi(&self) -> Self {
        Self::make(std::f64::consts::PI, 0.0, if BITS == SINGLE { Self::HALF_ULP } else { 4.2e-17 })
    }
    fn polygamma(order: Self, x: Self) -> Self {
        Self::unknown(Real::polygamma(order.value, x.value))
    }
    fn select(condition: Self, a: Self, b: Self) -> Self {
        let known = condition.value.abs() > condition.bound || condition.bound == 0.0;
        let chosen = if condition.value != 0.0 { a } else { b };
        if known && !condition.value.is_nan() { chosen } else { Self::unknown(chosen.value) }
    }
    fn less(self, other: Self) -> Self {
        self.truth(other, |a, b| a < b)
    }
    fn less_equal(self, other: Self) -> Self {
        self.truth(other, |a, b| a <= b)
    }
    fn equal(self, other: Self) -> Self {
        self.truth(other, |a, b| a == b)
    }
    fn max(self, other: Self) -> Self {
        let value = Real::max(self.value, other.value);
        if value.is_nan() { Self::unknown(value) } else { Rounded { value, bound: self.bound.max(other.bound) } }
    }
    fn min(self, other: Self) -> Self {
        -Real::max(-self, -other)
    }
    fn pow(self, exponent: Self) -> Self {
        let value = self.value.powf(exponent.value);
        if self.bound == 0.0 && exponent.bound == 0.0 {
            return Self::make(value, 0.0, Self::TWO_ULP);
        }
        let relative = exponent.value.abs() * self.bound / self.least() + exponent.bound * self.value.abs().ln().abs();
        if self.value > 0.0 && relative < 0.1 {
            Self::make(value, 1.2 * relative * value, Self::TWO_ULP)
        } else {
            Self::unknown(value)
        }
    }
    fn hypot(self, other: Self) -> Self {
        Self::make(self.value.hypot(other.value), self.bound + other.bound, Self::TWO_ULP)
    }
    fn atan2(self, other: Self) -> Self {
        let (reach, size) = (self.bound + other.bound, self.value.hypot(other.value));
        let value = self.value.atan2(other.value);
        // Across the negative axis the angle jumps.
        let safe = other.least() > 0.0 && other.value > 0.0 || self.least() > 0.0;
        if safe && size > 2.0 * reach {
            Self::make(value, 2.1 * reach / size, Self::TWO_ULP)
        } else {
            Self::unknown(value)
        }
    }
    fn abs(self) -> Self {
        Rounded { value: self.value.abs(), bound: self.bound }
    }
    fn sign(self) -> Self {
        self.step(Real::sign)
    }
    fn floor(self) -> Self {
        self.step(f64::floor)
    }
    fn ceil(self) -> Self {
        self.step(f64::ceil)
    }
    fn round(self) -> Self {
        self.step(f64::round_ties_even)
    }
    fn sqrt(self) -> Self {
        let value = self.value.sqrt();
        let passed = if self.bound == 0.0 { 0.0 } else { self.bound / self.least().sqrt() };
        if self.value >= 0.0 { Self::make(value, passed, Self::HALF_ULP) } else { Self::unknown(value) }
    }
    smooth! {
        cbrt = cbrt, |x, _b| 0.4 / x.least().powf(2.0 / 3.0);
        exp = exp, |x, b| if b < 0.1 { 1.2 * x.value.exp() } else { f64::INFINITY };
        expm1 = exp_m1, |x, b| if b < 0.1 { 1.2 * x.value.exp() } else { f64::INFINITY };
        log = ln, |x, _b| 1.01 / x.least();
        log1p = ln_1p, |x, b| if x.value - b > -1.0 { 1.01 / (1.0 + (x.value - b)) } else { f64::INFINITY };
        log2 = log2, |x, _b| 1.5 / x.least();
        log10 = log10, |x, _b| 0.5 / x.least();
        sin = sin, |_x, _b| 1.0;
        cos = cos, |_x, _b| 1.0;
        tan = tan, |x, b| {
            let t = x.value.tan();
            if b * (1.0 + t.abs()) < 0.1 { 2.0 * (1.0 + t * t) } else { f64::INFINITY }
        };
        asin = asin, |x, _b| arc_slope(x.most());
        acos = acos, |x, _b| arc_slope(x.most());
        atan = atan, |_x, _b| 1.0;
        sinh = sinh, |x, _b| 1.01 * x.most().cosh();
        cosh = cosh, |x, _b| 1.01 * x.most().sinh();
        tanh = tanh, |_x, _b| 1.0;
        asinh = asinh, |_x, _b| 1.0;
        acosh = acosh, |x, _b| if x.least() > 1.0 { 1.01 / (x.least() * x.least() - 1.0).sqrt() } else { f64::INFINITY };
        atanh = atanh, |x, _b| arc_slope(x.most()) * arc_slope(x.most());
    }
    unbounded!(erf erfc gamma lgamma digamma);
}
