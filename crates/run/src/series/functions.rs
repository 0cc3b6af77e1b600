//! Functions of one-sided series: by their own series where they have one, else by what they are near their singular
//! points.

use std::cmp::Ordering;

use wrt_core::{Number, Real};

use super::taylor::{Argument, exponential_of};
use super::{Flat, Infinite, Series, Undefined, Unknown, Value};
use crate::precise::Precise;

impl Real for Series {
    fn exact(&self, n: &Number) -> Self {
        self.exactly(n)
    }

    fn pi(&self) -> Self {
        Series::constant(self.exact_number(&Number::ONE).pi(), self.bits)
    }

    /// As if the infinitesimals were small.
    fn approximate(&self) -> f64 {
        match &self.value {
            Value::Number(n) => n.approximate(),
            Value::Expansion(e) => e.terms.first().map_or(0.0, |(m, c)| {
                let h = f64::from(e.level) * -9.0;
                let small = 10f64.powf((h * m.power.to_f64()).clamp(-120.0, 120.0));
                c.approximate() * small
            }),
            Infinite { negative } => {
                if *negative {
                    -1e300
                } else {
                    1e300
                }
            }
            Flat { negative } => {
                if *negative {
                    -1e-300
                } else {
                    1e-300
                }
            }
            Undefined | Unknown => f64::NAN,
        }
    }

    fn bits(&self) -> u32 {
        self.bits
    }
    /// Of numbers only: what hangs on infinitesimals is confirmed by nudges.
    fn within(self, distance: Self) -> Self {
        match (&self.value, &distance.value) {
            (Value::Number(n), Value::Number(d)) => Series::constant(n.clone().within(d.clone()), self.bits),
            _ => self,
        }
    }

    fn polygamma(order: Self, x: Self) -> Self {
        let Value::Number(order) = &order.value else { return x.with(Unknown) };
        if let Value::Number(n) = &x.value {
            return Series::constant(Precise::polygamma(order.clone(), n.clone()), x.bits);
        }
        let Some(n) = order.as_exact().and_then(Number::as_i64).filter(|n| (0..60).contains(n)) else {
            return x.with(Unknown);
        };
        if let Some(shift) = x.shift() {
            // ψₙ(x) = ψₙ(x + 1) - (-1)ⁿ n!/x^(n+1)
            let factorial = (1..=n).fold(Number::ONE, |a, k| &a * &Number::integer(k));
            let factor = x.exactly(&if n % 2 == 0 { factorial } else { -&factorial });
            let mut total = Series::polygamma(x.int(n), x.clone() + x.int(shift));
            for k in 0..shift {
                total = total - factor.clone() / (x.clone() + x.int(k)).pow(x.int(n + 1));
            }
            return total;
        }
        let like = x.clone();
        x.analytic(|n| n, |at| Series::polygamma_taylor(n, at), |_| like.with(Unknown))
    }

    fn select(condition: Self, a: Self, b: Self) -> Self {
        match condition.order() {
            Some(Ordering::Equal) => b,
            Some(_) => a,
            None => condition,
        }
    }

    fn less(self, other: Self) -> Self {
        self.truth(other, Ordering::is_lt)
    }

    fn less_equal(self, other: Self) -> Self {
        self.truth(other, Ordering::is_le)
    }

    fn equal(self, other: Self) -> Self {
        self.truth(other, Ordering::is_eq)
    }

    fn max(self, other: Self) -> Self {
        self.better(other, Ordering::Greater)
    }

    fn min(self, other: Self) -> Self {
        self.better(other, Ordering::Less)
    }

    fn pow(self, exponent: Self) -> Self {
        if let Value::Number(y) = &exponent.value {
            return if self.is_lost() { self } else { self.constant_power(y) };
        }
        if self.is_lost() || exponent.is_lost() {
            return self.lost(&exponent);
        }
        match self.order() {
            Some(Ordering::Greater) => (exponent * self.logarithm()).exp(),
            // 0 to a power that is above zero.
            Some(Ordering::Equal) => match exponent.order() {
                Some(Ordering::Greater) => self.int(0),
                Some(Ordering::Less) => self.with(Undefined),
                _ => self.with(Unknown),
            },
            Some(Ordering::Less) => self.with(Undefined),
            None => self.with(Unknown),
        }
    }

    fn hypot(self, other: Self) -> Self {
        if let (Value::Number(a), Value::Number(b)) = (&self.value, &other.value) {
            return Series::constant(a.clone().hypot(b.clone()), self.bits);
        }
        (self.clone() * self + other.clone() * other).sqrt()
    }

    fn atan2(self, other: Self) -> Self {
        if let (Value::Number(a), Value::Number(b)) = (&self.value, &other.value) {
            return Series::constant(a.clone().atan2(b.clone()), self.bits);
        }
        let (y, x) = (self, other);
        let (Some(up), Some(right)) = (y.order(), x.order()) else { return y.with(Unknown) };
        let steep = (y.clone().abs() - x.clone().abs()).order();
        match (steep, right) {
            (Some(Ordering::Greater), _) => y.quarter(up.is_lt()) - (x / y).atan(),
            (_, Ordering::Greater) => (y / x).atan(),
            (_, Ordering::Less) if up.is_lt() => (y.clone() / x).atan() - y.pi(),
            (_, Ordering::Less) => (y.clone() / x).atan() + y.pi(),
            _ => y.with(Unknown),
        }
    }

    fn abs(self) -> Self {
        match self.order() {
            Some(Ordering::Less) => -self,
            Some(_) => self,
            // An error has no sign, and its size is bounded all the same.
            None => match &self.value {
                Value::Expansion(e) if e.terms.is_empty() => self,
                Value::Expansion(_) => self.with(Unknown),
                _ => self,
            },
        }
    }

    fn sign(self) -> Self {
        match self.order() {
            Some(order) => self.int(order as i64),
            None if matches!(self.value, Undefined) => self,
            None => self.with(Unknown),
        }
    }

    fn floor(self) -> Self {
        self.floored()
    }

    fn ceil(self) -> Self {
        -(-self).floored()
    }

    fn round(self) -> Self {
        match &self.value {
            Value::Number(n) => Series::constant(n.clone().round(), self.bits),
            _ => (self.clone() + self.half()).floored(),
        }
    }

    fn sqrt(self) -> Self {
        match &self.value {
            Value::Number(n) => Series::constant(n.clone().sqrt(), self.bits),
            Undefined | Unknown => self,
            _ => self.constant_power(&self.exact_number(&Number::HALF)),
        }
    }

    fn cbrt(self) -> Self {
        if let Value::Number(n) = &self.value {
            return Series::constant(n.clone().cbrt(), self.bits);
        }
        let third = self.exact_number(&Number::ratio(1, 3).unwrap_or(Number::ONE));
        match self.order() {
            Some(Ordering::Less) => -(-self).constant_power(&third),
            Some(_) => self.constant_power(&third),
            None => {
                if self.is_lost() {
                    self
                } else {
                    self.with(Unknown)
                }
            }
        }
    }

    fn exp(self) -> Self {
        self.exponential()
    }

    fn expm1(self) -> Self {
        match &self.value {
            Value::Number(n) => Series::constant(n.clone().expm1(), self.bits),
            Flat { .. } => self,
            _ => {
                let one = self.int(1);
                self.exponential() - one
            }
        }
    }

    fn log(self) -> Self {
        self.logarithm()
    }

    fn log1p(self) -> Self {
        match &self.value {
            Value::Number(n) => Series::constant(n.clone().log1p(), self.bits),
            Flat { .. } => self,
            _ => (self.int(1) + self).logarithm(),
        }
    }

    fn log2(self) -> Self {
        if let Value::Number(n) = &self.value {
            return Series::constant(n.clone().log2(), self.bits);
        }
        let base = self.int(2).log();
        self.logarithm() / base
    }

    fn log10(self) -> Self {
        if let Value::Number(n) = &self.value {
            return Series::constant(n.clone().log10(), self.bits);
        }
        let base = self.int(10).log();
        self.logarithm() / base
    }

    fn sin(self) -> Self {
        if matches!(self.value, Flat { .. }) {
            return self;
        }
        let (like, level) = (self.clone(), self.level());
        let taylor = |at: &Series| {
            let (s, c) = (at.clone().sin(), at.clone().cos());
            Some(Series::circular([s.clone(), c.clone(), -s, -c]))
        };
        self.analytic(Precise::sin, taylor, |_| like.swinging(level))
    }

    fn cos(self) -> Self {
        let (like, level) = (self.clone(), self.level());
        let taylor = |at: &Series| {
            let (s, c) = (at.clone().sin(), at.clone().cos());
            Some(Series::circular([c.clone(), -s.clone(), -c, s]))
        };
        self.analytic(Precise::cos, taylor, |_| like.swinging(level))
    }

    fn tan(self) -> Self {
        match &self.value {
            Value::Number(n) => Series::constant(n.clone().tan(), self.bits),
            Flat { .. } => self,
            _ => self.clone().sin() / self.cos(),
        }
    }

    fn asin(self) -> Self {
        if let Some(value) = self.at_end(Series::asin) {
            return value;
        }
        let one = self.int(1);
        let slope = |x: Series| one.clone() / (one.clone() - x.clone() * x).sqrt();
        self.integrated(Precise::asin, Series::asin, slope, |_| one.with(Undefined))
    }

    fn acos(self) -> Self {
        if let Some(value) = self.at_end(Series::acos) {
            return value;
        }
        let one = self.int(1);
        let slope = |x: Series| -one.clone() / (one.clone() - x.clone() * x).sqrt();
        self.integrated(Precise::acos, Series::acos, slope, |_| one.with(Undefined))
    }

    fn atan(self) -> Self {
        if matches!(self.value, Flat { .. }) {
            return self;
        }
        let (one, x) = (self.int(1), self.clone());
        let slope = |x: Series| one.clone() / (one.clone() + x.clone() * x);
        // atan(x) = ±π/2 - atan(1/x)
        self.integrated(Precise::atan, Series::atan, slope, |negative| {
            one.quarter(negative) - (one.clone() / x.clone()).atan()
        })
    }

    fn sinh(self) -> Self {
        match &self.value {
            Value::Number(n) => Series::constant(n.clone().sinh(), self.bits),
            Flat { .. } => self,
            _ => self.half() * (self.clone().exp() - (-self).exp()),
        }
    }

    fn cosh(self) -> Self {
        match &self.value {
            Value::Number(n) => Series::constant(n.clone().cosh(), self.bits),
            _ => self.half() * (self.clone().exp() + (-self).exp()),
        }
    }

    fn tanh(self) -> Self {
        match self.argument() {
            _ if matches!(self.value, Flat { .. }) => self,
            Argument::Number(n) => Series::constant(n.tanh(), self.bits),
            Argument::Endless { negative } => {
                let one = self.int(1);
                // tanh(x) = ±(1 - 2/(exp(±2x) + 1))
                let size = if negative { -self } else { self };
                let found = one.clone() - one.int(2) / ((size.int(2) * size).exp() + one);
                if negative { -found } else { found }
            }
            _ => {
                let (up, down) = (self.clone().exp(), (-self).exp());
                (up.clone() - down.clone()) / (up + down)
            }
        }
    }

    fn asinh(self) -> Self {
        if matches!(self.value, Flat { .. }) {
            return self;
        }
        let (one, x) = (self.int(1), self.clone());
        let slope = |x: Series| one.clone() / (one.clone() + x.clone() * x).sqrt();
        self.integrated(Precise::asinh, Series::asinh, slope, |negative| {
            let size = x.clone().abs();
            let found = (size.clone() + (one.clone() + size.clone() * size).sqrt()).log();
            if negative { -found } else { found }
        })
    }

    fn acosh(self) -> Self {
        if let Some(value) = self.at_end(Series::acosh) {
            return value;
        }
        let (one, x) = (self.int(1), self.clone());
        // Two roots, so that nothing left of the domain is real.
        let roots = |x: Series| (x.clone() - one.clone()).sqrt() * (x + one.clone()).sqrt();
        let slope = |x: Series| one.clone() / roots(x);
        self.integrated(Precise::acosh, Series::acosh, slope, |_| (x.clone() + roots(x.clone())).log())
    }

    fn atanh(self) -> Self {
        let one = self.int(1);
        if let Argument::Near(at, _) = self.argument()
            && at.number().and_then(Precise::as_exact).is_some_and(|n| n.abs().is_one())
        {
            return one.half() * ((one.clone() + self.clone()) / (one - self)).log();
        }
        if matches!(self.value, Flat { .. }) {
            return self;
        }
        let slope = |x: Series| one.clone() / (one.clone() - x.clone() * x);
        self.integrated(Precise::atanh, Series::atanh, slope, |_| one.with(Undefined))
    }

    fn erf(self) -> Self {
        let one = self.int(1);
        let factor = one.int(2) / one.pi().sqrt();
        let slope = |x: Series| factor.clone() * (-(x.clone() * x)).exp();
        self.integrated(Precise::erf, Series::erf, slope, |negative| one.int(if negative { -1 } else { 1 }))
    }

    fn erfc(self) -> Self {
        let one = self.int(1);
        let factor = one.int(-2) / one.pi().sqrt();
        let slope = |x: Series| factor.clone() * (-(x.clone() * x)).exp();
        self.integrated(Precise::erfc, Series::erfc, slope, |negative| match negative {
            true => one.int(2),
            false => one.with(Flat { negative: false }),
        })
    }

    fn gamma(self) -> Self {
        if let Some(shift) = self.shift() {
            // Γ(x) = Γ(x + n)/(x (x + 1) … (x + n - 1))
            let below = (0..shift).fold(self.int(1), |all, k| all * (self.clone() + self.int(k)));
            return (self.clone() + self.int(shift)).gamma() / below;
        }
        let like = self.clone();
        let taylor = |at: &Series| {
            // Γ(a + u) = Γ(a)·exp(log Γ(a + u) - log Γ(a))
            let mut logarithm = vec![at.int(0)];
            for (n, c) in Series::polygamma_taylor(0, at)?.into_iter().enumerate().take(at.count() - 1) {
                logarithm.push(c / at.int(n as i64 + 1));
            }
            Some(exponential_of(&logarithm).into_iter().map(|c| c * at.clone().gamma()).collect())
        };
        self.analytic(Precise::gamma, taylor, |_| like.with(Unknown))
    }

    fn lgamma(self) -> Self {
        if self.shift().is_some() {
            return self.gamma().abs().log();
        }
        let like = self.clone();
        let taylor = |at: &Series| {
            let mut all = vec![at.clone().lgamma()];
            for (n, c) in Series::polygamma_taylor(0, at)?.into_iter().enumerate().take(at.count() - 1) {
                all.push(c / at.int(n as i64 + 1));
            }
            Some(all)
        };
        self.analytic(Precise::lgamma, taylor, |_| like.with(Unknown))
    }

    fn digamma(self) -> Self {
        if let Value::Number(n) = &self.value {
            return Series::constant(n.clone().digamma(), self.bits);
        }
        Series::polygamma(self.int(0), self)
    }
}
