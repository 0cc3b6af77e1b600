//! What a row's `value` column may use: numbers of any kind (f32, f64, balls) with the elementary functions.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::number::Number;

/// A kind of real number that expressions can be evaluated in.
///
/// Truth values are the numbers 1 and 0. A comparison or a function outside its domain gives the kind's own
/// "not a number".
pub trait Real:
    Clone + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// The number nearest to an exact one, in the precision of `self`.
    fn exact(&self, n: &Number) -> Self;
    /// π in the precision of `self`.
    fn pi(&self) -> Self;
    /// A fraction in the precision of `self`.
    fn ratio(&self, numerator: i64, denominator: u32) -> Self {
        self.exact(&Number::ratio(numerator, denominator as i64).unwrap_or(Number::ZERO))
    }
    /// The double nearby, for what needs no care: which pivot is largest, how many terms are enough.
    fn approximate(&self) -> f64;
    /// About how many bits of it are sure: when a series has enough terms.
    fn bits(&self) -> u32 {
        64
    }
    /// The relative error of one step of arithmetic; 0 for numbers that know their own error.
    fn epsilon(&self) -> f64 {
        0.0
    }
    /// The number without what is known of its error, where that is not needed to tell it from zero: a guess that is to be
    /// judged by its residual.
    fn middle(&self) -> Self {
        self.clone()
    }
    /// A number of which nothing more is known than that it is so near to this one.
    fn within(self, _distance: Self) -> Self {
        self
    }
    /// One.
    fn one(&self) -> Self {
        self.ratio(1, 1)
    }
    /// The polygamma function of an order that must be an integer ≥ 0.
    fn polygamma(order: Self, x: Self) -> Self;
    /// `a` where the condition is true, `b` where it is false, whatever the other one is.
    fn select(condition: Self, a: Self, b: Self) -> Self;
    /// 1 if `self < other`, else 0.
    fn less(self, other: Self) -> Self;
    /// 1 if `self <= other`, else 0.
    fn less_equal(self, other: Self) -> Self;
    /// 1 if `self == other`, else 0.
    fn equal(self, other: Self) -> Self;
    /// The larger; not a number if either is.
    fn max(self, other: Self) -> Self;
    /// The smaller; not a number if either is.
    fn min(self, other: Self) -> Self;
    /// The real principal power; `0^0` is 1.
    fn pow(self, exponent: Self) -> Self;
    /// √(self² + other²)
    fn hypot(self, other: Self) -> Self;
    /// The angle of the point (other, self).
    fn atan2(self, other: Self) -> Self;
    /// Magnitude.
    fn abs(self) -> Self;
    /// −1, 0 or 1.
    fn sign(self) -> Self;
    /// Largest integer not above.
    fn floor(self) -> Self;
    /// Smallest integer not below.
    fn ceil(self) -> Self;
    /// Nearest integer, halves to even.
    fn round(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Real cube root.
    fn cbrt(self) -> Self;
    /// eˣ
    fn exp(self) -> Self;
    /// eˣ − 1
    fn expm1(self) -> Self;
    /// Natural logarithm.
    fn log(self) -> Self;
    /// log(1 + x)
    fn log1p(self) -> Self;
    /// Logarithm to base 2.
    fn log2(self) -> Self;
    /// Logarithm to base 10.
    fn log10(self) -> Self;
    /// Sine.
    fn sin(self) -> Self;
    /// Cosine.
    fn cos(self) -> Self;
    /// Tangent.
    fn tan(self) -> Self;
    /// Inverse sine.
    fn asin(self) -> Self;
    /// Inverse cosine.
    fn acos(self) -> Self;
    /// Inverse tangent.
    fn atan(self) -> Self;
    /// Hyperbolic sine.
    fn sinh(self) -> Self;
    /// Hyperbolic cosine.
    fn cosh(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Inverse hyperbolic sine.
    fn asinh(self) -> Self;
    /// Inverse hyperbolic cosine.
    fn acosh(self) -> Self;
    /// Inverse hyperbolic tangent.
    fn atanh(self) -> Self;
    /// Error function.
    fn erf(self) -> Self;
    /// Complementary error function.
    fn erfc(self) -> Self;
    /// xΦ(x), where Φ is the distribution function of the standard normal distribution.
    fn gelu(self) -> Self {
        let half = self.ratio(1, 2);
        half * self.clone() * (-self.clone() / self.ratio(2, 1).sqrt()).erfc()
    }
    /// Gamma function.
    fn gamma(self) -> Self;
    /// log |Γ|
    fn lgamma(self) -> Self;
    /// ψ
    fn digamma(self) -> Self;
}

/// Implements [`Real`] for a hardware type; the special functions go through f64.
macro_rules! hardware {
    ($type:ident) => {
        impl Real for $type {
            fn exact(&self, n: &Number) -> Self {
                n.to_f64() as $type
            }
            fn ratio(&self, numerator: i64, denominator: u32) -> Self {
                (numerator as f64 / denominator as f64) as $type
            }
            fn approximate(&self) -> f64 {
                f64::from(*self)
            }
            fn epsilon(&self) -> f64 {
                f64::from(Self::EPSILON)
            }
            fn pi(&self) -> Self {
                std::$type::consts::PI
            }
            fn polygamma(order: Self, x: Self) -> Self {
                let valid = (0.0..=150.0).contains(&order) && order.fract() == 0.0;
                if valid { wrt_kernels::polygamma(order as u32, x as f64) as $type } else { Self::NAN }
            }
            fn select(condition: Self, a: Self, b: Self) -> Self {
                if condition.is_nan() {
                    Self::NAN
                } else if condition != 0.0 {
                    a
                } else {
                    b
                }
            }
            fn less(self, other: Self) -> Self {
                (self < other) as u8 as $type
            }
            fn less_equal(self, other: Self) -> Self {
                (self <= other) as u8 as $type
            }
            fn equal(self, other: Self) -> Self {
                (self == other) as u8 as $type
            }
            fn max(self, other: Self) -> Self {
                if self.is_nan() || self > other { self } else { other }
            }
            fn min(self, other: Self) -> Self {
                if self.is_nan() || self < other { self } else { other }
            }
            fn pow(self, exponent: Self) -> Self {
                self.powf(exponent)
            }
            fn hypot(self, other: Self) -> Self {
                <$type>::hypot(self, other)
            }
            fn atan2(self, other: Self) -> Self {
                <$type>::atan2(self, other)
            }
            fn sign(self) -> Self {
                if self == 0.0 { 0.0 } else { self.signum() }
            }
            fn round(self) -> Self {
                self.round_ties_even()
            }
            fn expm1(self) -> Self {
                self.exp_m1()
            }
            fn log(self) -> Self {
                self.ln()
            }
            fn log1p(self) -> Self {
                self.ln_1p()
            }
            // The standard library's lose most digits near the ends of their domains.
            fn acosh(self) -> Self {
                let above = self - 1.0;
                if above > 1e8 {
                    self.ln() + std::$type::consts::LN_2
                } else {
                    // Two roots: their product is real left of the domain, too.
                    (above + above.sqrt() * (above + 2.0).sqrt()).ln_1p()
                }
            }
            fn asinh(self) -> Self {
                let size = self.abs();
                // The library's doubles what it has, which overflows for the largest numbers.
                let value = if size > 1e8 { size.ln() + std::$type::consts::LN_2 } else { <$type>::asinh(size) };
                value.copysign(self)
            }
            fn atanh(self) -> Self {
                (0.5 * (2.0 * self.abs() / (1.0 - self.abs())).ln_1p()).copysign(self)
            }
            fn erf(self) -> Self {
                wrt_kernels::erf(self as f64) as $type
            }
            fn erfc(self) -> Self {
                wrt_kernels::erfc(self as f64) as $type
            }
            fn gelu(self) -> Self {
                wrt_kernels::gelu(self as f64) as $type
            }
            fn gamma(self) -> Self {
                wrt_kernels::gamma(self as f64) as $type
            }
            fn lgamma(self) -> Self {
                wrt_kernels::lgamma(self as f64) as $type
            }
            fn digamma(self) -> Self {
                wrt_kernels::digamma(self as f64) as $type
            }
            hardware!(@same $type: abs floor ceil sqrt cbrt exp log2 log10 sin cos tan asin acos atan
                sinh cosh tanh);
        }
    };
    (@same $type:ident: $($method:ident)*) => {
        $(fn $method(self) -> Self {
            <$type>::$method(self)
        })*
    };
}
hardware!(f32);
hardware!(f64);
