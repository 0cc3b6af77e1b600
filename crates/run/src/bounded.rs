//! Doubles with a running bound of their error: a plain evaluation that knows what it is worth.
//!
//! A value `v` with bound `b` stands for any number of `[v - b, v + b]`; an infinite bound says "not known". Sums,
//! products, quotients and square roots are rounded correctly (IEEE 754); the other functions of the standard library
//! are assumed to be within 2 units in the last place, as the manuals of the common C libraries have it (errors of at
//! most 1, rarely 2). The special functions are not bounded at all. Higham, "Accuracy and Stability of Numerical
//! Algorithms" (2002), section 3.3, calls this running error analysis.

use std::ops::{Add, Div, Mul, Neg, Sub};

use wrt_core::{Number, Real};

/// A little more than half a unit in the last place of 1, so that roundings of the bound itself are covered.
const HALF_ULP: f64 = 1.2e-16;
/// What the functions are trusted with.
const TWO_ULP: f64 = 4.5e-16;
/// The smallest double, for what vanishes below.
const TINY: f64 = 5e-324;
/// Covers the roundings of a bound.
const SLACK: f64 = 1.0 + 1e-15;

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
#[derive(Clone, Copy, Debug)]
pub struct Bounded {
    value: f64,
    bound: f64,
}

impl Bounded {
    /// The double nearest to an exact number.
    pub fn new(n: &Number) -> Bounded {
        if let Some((k, q)) = n.as_small()
            && k.unsigned_abs() <= 1 << 53
            && q.is_power_of_two()
        {
            return Bounded { value: k as f64 / q as f64, bound: 0.0 };
        }
        let value = n.to_f64();
        let exact = Number::from_f64(value).as_ref() == Some(n);
        Bounded { value, bound: if exact { 0.0 } else { HALF_ULP * value.abs() + TINY } }
    }

    /// Exactly this double.
    pub fn exactly(value: f64) -> Bounded {
        Bounded { value, bound: if value.is_finite() { 0.0 } else { f64::INFINITY } }
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
        self.bound == 0.0 || (v.is_finite() && self.bound <= (v - v.next_down()).max(TINY))
    }

    fn unknown(value: f64) -> Bounded {
        Bounded { value, bound: f64::INFINITY }
    }

    /// A value whose error is at most `passed` from the arguments and `own` relative.
    fn make(value: f64, passed: f64, own: f64) -> Bounded {
        let bound = (passed + own * value.abs() + TINY) * SLACK;
        // A bound that is no number bounds nothing.
        let known = value.is_finite() && bound < f64::INFINITY;
        Bounded { value, bound: if known { bound } else { f64::INFINITY } }
    }

    /// A library function whose slope over the interval is at most `slope`.
    fn smooth(self, value: f64, slope: impl FnOnce(f64) -> f64) -> Bounded {
        let passed = if self.bound == 0.0 { 0.0 } else { slope(self.bound) * self.bound };
        Bounded::make(value, passed, TWO_ULP)
    }

    /// The smallest magnitude of the interval, 0 if that contains 0.
    fn least(self) -> f64 {
        ((self.value.abs() - self.bound) / SLACK).max(0.0)
    }

    fn most(self) -> f64 {
        (self.value.abs() + self.bound) * SLACK
    }

    /// A truth value, known if the intervals don't meet or are points.
    fn truth(self, other: Bounded, is: impl FnOnce(f64, f64) -> bool) -> Bounded {
        let value = is(self.value, other.value) as u8 as f64;
        let gap = (self.value - other.value).abs();
        let reach = (self.bound + other.bound) * SLACK;
        if gap > reach || reach == 0.0 && !gap.is_nan() {
            Bounded { value, bound: 0.0 }
        } else {
            Bounded::unknown(value)
        }
    }

    fn step(self, f: impl Fn(f64) -> f64) -> Bounded {
        let value = f(self.value);
        let (low, high) = (self.value - self.bound * SLACK, self.value + self.bound * SLACK);
        let (low, high) = if self.bound == 0.0 { (low, high) } else { (low.next_down(), high.next_up()) };
        if f(low) == value && f(high) == value && value.is_finite() {
            Bounded { value, bound: 0.0 }
        } else {
            Bounded::unknown(value)
        }
    }
}

impl Add for Bounded {
    type Output = Bounded;
    fn add(self, other: Bounded) -> Bounded {
        let value = self.value + other.value;
        // A sum of doubles that has no rounding error is common (x + 0) and worth knowing.
        let error = if value - self.value == other.value && value - other.value == self.value {
            0.0
        } else {
            HALF_ULP * value.abs()
        };
        let bound = (self.bound + other.bound + error) * SLACK;
        if value.is_finite() && bound < f64::INFINITY { Bounded { value, bound } } else { Bounded::unknown(value) }
    }
}

impl Sub for Bounded {
    type Output = Bounded;
    fn sub(self, other: Bounded) -> Bounded {
        self + -other
    }
}

impl Mul for Bounded {
    type Output = Bounded;
    fn mul(self, other: Bounded) -> Bounded {
        if (self.bound == 0.0 && self.value.abs() == 1.0) || (other.bound == 0.0 && other.value.abs() == 1.0) {
            return Bounded { value: self.value * other.value, bound: self.bound.max(other.bound) };
        }
        let passed = self.bound * (other.value.abs() + other.bound) + other.bound * self.value.abs();
        Bounded::make(self.value * other.value, passed, HALF_ULP)
    }
}

impl Div for Bounded {
    type Output = Bounded;
    fn div(self, other: Bounded) -> Bounded {
        let value = self.value / other.value;
        let least = other.least();
        if least > 0.0 {
            Bounded::make(value, (self.bound + value.abs() * other.bound) / least, HALF_ULP)
        } else {
            Bounded::unknown(value)
        }
    }
}

impl Neg for Bounded {
    type Output = Bounded;
    fn neg(self) -> Bounded {
        Bounded { value: -self.value, bound: self.bound }
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
            Bounded::unknown(Real::$name(self.value))
        })*
    };
}

/// `1/sqrt(1 - m²)`, infinite outside.
fn arc_slope(m: f64) -> f64 {
    if m < 1.0 { 1.01 / ((1.0 - m) * (1.0 + m)).sqrt() } else { f64::INFINITY }
}

impl Real for Bounded {
    fn exact(&self, n: &Number) -> Self {
        Bounded::new(n)
    }
    fn ratio(&self, numerator: i64, denominator: u32) -> Self {
        let exact = numerator.unsigned_abs() <= 1 << 53 && denominator.is_power_of_two();
        let value = numerator as f64 / denominator as f64;
        Bounded { value, bound: if exact { 0.0 } else { TWO_ULP * value.abs() } }
    }
    fn approximate(&self) -> f64 {
        self.value
    }
    fn middle(&self) -> Self {
        Bounded { value: self.value, bound: 0.0 }
    }
    fn within(self, distance: Self) -> Self {
        Bounded::make(self.value, self.bound + distance.most(), 0.0)
    }

    fn pi(&self) -> Self {
        Bounded { value: std::f64::consts::PI, bound: 1.3e-16 }
    }
    fn polygamma(order: Self, x: Self) -> Self {
        Bounded::unknown(Real::polygamma(order.value, x.value))
    }
    fn select(condition: Self, a: Self, b: Self) -> Self {
        let known = condition.value.abs() > condition.bound || condition.bound == 0.0;
        let chosen = if condition.value != 0.0 { a } else { b };
        if known && !condition.value.is_nan() { chosen } else { Bounded::unknown(chosen.value) }
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
        if value.is_nan() { Bounded::unknown(value) } else { Bounded { value, bound: self.bound.max(other.bound) } }
    }
    fn min(self, other: Self) -> Self {
        -Real::max(-self, -other)
    }
    fn pow(self, exponent: Self) -> Self {
        let value = self.value.powf(exponent.value);
        if self.bound == 0.0 && exponent.bound == 0.0 {
            return Bounded::make(value, 0.0, TWO_ULP);
        }
        let relative = exponent.value.abs() * self.bound / self.least() + exponent.bound * self.value.abs().ln().abs();
        if self.value > 0.0 && relative < 0.1 {
            Bounded::make(value, 1.2 * relative * value, TWO_ULP)
        } else {
            Bounded::unknown(value)
        }
    }
    fn hypot(self, other: Self) -> Self {
        Bounded::make(self.value.hypot(other.value), self.bound + other.bound, TWO_ULP)
    }
    fn atan2(self, other: Self) -> Self {
        let (reach, size) = (self.bound + other.bound, self.value.hypot(other.value));
        let value = self.value.atan2(other.value);
        // Across the negative axis the angle jumps.
        let safe = other.least() > 0.0 && other.value > 0.0 || self.least() > 0.0;
        if safe && size > 2.0 * reach {
            Bounded::make(value, 2.1 * reach / size, TWO_ULP)
        } else {
            Bounded::unknown(value)
        }
    }
    fn abs(self) -> Self {
        Bounded { value: self.value.abs(), bound: self.bound }
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
        if self.value >= 0.0 { Bounded::make(value, passed, HALF_ULP) } else { Bounded::unknown(value) }
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
