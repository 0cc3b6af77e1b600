//! What functions of one-sided series are made of: Taylor series, integrals of derivatives, powers, exponentials and
//! logarithms, and where an argument goes.

use std::cmp::Ordering;

use wrt_core::{Number, Real};

use super::expansion::{Expansion, Monomial};
use super::{Flat, Infinite, Series, Undefined, Unknown, Value};
use crate::precise::Precise;

/// Poles of the gamma function are looked at up to here.
const MAX_SHIFT: i64 = 100;

/// Where a function's argument goes.
pub(super) enum Argument {
    /// It is a number.
    Number(Precise),
    /// To a number, or to a series in larger infinitesimals; and how.
    Near(Series, Expansion),
    /// Beyond all numbers.
    Endless { negative: bool },
    /// There is none, or it is not known where it goes.
    Lost,
}

impl Series {
    pub(super) fn argument(&self) -> Argument {
        match &self.value {
            Value::Number(n) => Argument::Number(n.clone()),
            Value::Expansion(e) => match e.split() {
                Some((finite, rest)) => Argument::Near(finite.unwrap_or_else(|| self.exactly(&Number::ZERO)), rest),
                None => match self.order() {
                    Some(sign) => Argument::Endless { negative: sign.is_lt() },
                    None => Argument::Lost,
                },
            },
            Infinite { negative } => Argument::Endless { negative: *negative },
            // Nearer to zero than any power: what is in proportion to it, and else the value at zero.
            Flat { .. } => Argument::Number(self.exact_number(&Number::ZERO)),
            Undefined | Unknown => Argument::Lost,
        }
    }

    /// By the function of numbers, and the coefficients of its Taylor series at a finite argument.
    pub(super) fn analytic(
        self,
        number: fn(Precise) -> Precise,
        taylor: impl Fn(&Series) -> Option<Vec<Series>>,
        endless: impl Fn(bool) -> Series,
    ) -> Series {
        match self.argument() {
            Argument::Number(n) => Series::constant(number(n), self.bits),
            Argument::Near(at, rest) => match taylor(&at) {
                Some(coefficients) => match coefficients.iter().find(|c| c.is_lost() || c.is_infinite_number()) {
                    Some(lost) if matches!(lost.value, Undefined) => self.with(Undefined),
                    Some(_) => self.with(Unknown),
                    None => self.wrap(rest.compose(&coefficients)),
                },
                None => self.with(Unknown),
            },
            Argument::Endless { negative } => endless(negative),
            Argument::Lost => self,
        }
    }

    /// As the value at the limit, and the integral of its derivative from there, which may be infinite at the limit.
    pub(super) fn integrated(
        self,
        number: fn(Precise) -> Precise,
        value: fn(Series) -> Series,
        derivative: impl Fn(Series) -> Series,
        endless: impl Fn(bool) -> Series,
    ) -> Series {
        match self.argument() {
            Argument::Number(n) => Series::constant(number(n), self.bits),
            Argument::Near(at, rest) => {
                let slope = derivative(self.clone());
                if slope.is_lost() {
                    return slope;
                }
                let start = value(at);
                if start.is_lost() || start.is_infinite_number() {
                    return self.with(Unknown);
                }
                let change = slope.terms(rest.level).times(&rest.derivative());
                match change.integral() {
                    Some(integral) => self.wrap(integral.plus(&Expansion::constant(rest.level, start))),
                    None => self.with(Unknown),
                }
            }
            Argument::Endless { negative } => endless(negative),
            Argument::Lost => self,
        }
    }

    pub(super) fn int(&self, n: i64) -> Series {
        self.exactly(&Number::integer(n))
    }

    pub(super) fn half(&self) -> Series {
        self.exactly(&Number::HALF)
    }

    /// A truth value from the order.
    pub(super) fn truth(self, other: Series, is: fn(Ordering) -> bool) -> Series {
        if matches!(self.value, Undefined) || matches!(other.value, Undefined) {
            return self.with(Undefined);
        }
        if let (Value::Number(a), Value::Number(b)) = (&self.value, &other.value)
            && (!a.is_finite() || !b.is_finite())
        {
            return match a.ball().compare(&b.ball()) {
                Some(order) => self.int(is(order).into()),
                None => self.with(Unknown),
            };
        }
        match (self.clone() - other).order() {
            Some(order) => self.int(is(order).into()),
            None => self.with(Unknown),
        }
    }

    /// The one of two that comes later in an order.
    pub(super) fn better(self, other: Series, order: Ordering) -> Series {
        if self.is_lost() || other.is_lost() {
            return self.lost(&other);
        }
        match (self.clone() - other.clone()).order() {
            Some(found) if found == order.reverse() => other,
            Some(_) => self,
            // Equal as far as both are known.
            None => match (&self.value, &other.value) {
                (Value::Expansion(a), Value::Expansion(_)) if a.error.is_some() => self,
                (_, Value::Expansion(_)) => other,
                _ => self.with(Unknown),
            },
        }
    }

    /// Not above; of an exact integer from below one less.
    pub(super) fn floored(self) -> Series {
        match self.argument() {
            Argument::Number(n) => Series::constant(n.floor(), self.bits),
            Argument::Near(at, rest) => {
                let floor = at.clone().floor();
                let sits = matches!((at.clone() - floor.clone()).order(), Some(Ordering::Equal));
                if !sits || at.level() > 0 {
                    return floor;
                }
                match self.wrap(rest).order() {
                    Some(Ordering::Less) => floor - self.int(1),
                    Some(_) => floor,
                    None => self.with(Unknown),
                }
            }
            Argument::Endless { .. } | Argument::Lost => self.with(Unknown),
        }
    }

    /// `c·m·(1 + u)` to a power that does not change.
    /// Nothing but an error, to a power.
    pub(super) fn only_error(&self, level: u8, error: &Monomial, power: &Number) -> Option<Series> {
        let logarithms = &Number::integer(i64::from(error.logarithms)) * power;
        let logarithms = i32::try_from(logarithms.as_i64()?).ok()?;
        let error = Monomial { power: &error.power * power, logarithms };
        Some(self.wrap(Expansion { level, terms: Vec::new(), error: Some(error) }))
    }

    /// The value at an end of the domain, -1 or 1, where a function goes like a root, of what only may not be that end.
    pub(super) fn at_end(&self, value: fn(Series) -> Series) -> Option<Series> {
        let Argument::Near(at, rest) = self.argument() else { return None };
        let is_end = at.number().and_then(Precise::as_exact).is_some_and(|n| n.abs().is_one());
        let error = rest.error.as_ref().filter(|_| is_end && rest.terms.is_empty())?;
        Some(value(at) + self.only_error(rest.level, error, &Number::HALF)?)
    }

    pub(super) fn constant_power(&self, exponent: &Precise) -> Series {
        let Value::Expansion(e) = &self.value else {
            return match (&self.value, exponent.ball()) {
                (Value::Number(n), _) => Series::constant(n.clone().pow(exponent.clone()), self.bits),
                (Infinite { negative } | Flat { negative }, ball) if !ball.contains_zero() => {
                    let odd = exponent.as_exact().and_then(Number::as_i64).map(|n| n % 2 != 0);
                    if *negative && odd.is_none() {
                        return self.with(Undefined);
                    }
                    let negative = *negative && odd == Some(true);
                    let grows = matches!(self.value, Infinite { .. }) == ball.is_positive();
                    self.with(if grows { Infinite { negative } } else { Flat { negative } })
                }
                _ => self.with(Unknown),
            };
        };
        let whole = exponent.as_exact().and_then(Number::as_i64);
        let Some((lead, c, rest)) = self.factored() else {
            // Nothing but an error is known: of its integer powers too.
            return match (exponent.as_exact(), &e.error) {
                (Some(power), Some(error)) if !power.is_negative() && !power.is_zero() => {
                    self.only_error(e.level, error, power).unwrap_or_else(|| self.with(Unknown))
                }
                _ => self.with(Unknown),
            };
        };
        match (whole, c.order()) {
            (Some(_), _) | (None, Some(Ordering::Greater)) => {}
            (None, Some(_)) => return self.with(Undefined),
            (None, None) => return self.with(Unknown),
        }
        let y = Series::constant(exponent.clone(), self.bits);
        let mut coefficients = vec![c.clone().pow(y.clone())];
        for n in 1..c.count() as i64 {
            let last = coefficients[coefficients.len() - 1].clone();
            coefficients.push(last * (y.clone() - self.int(n - 1)) / self.int(n));
        }
        let power = exponent.as_exact().cloned().or_else(|| Number::from_f64(exponent.approximate()));
        let logarithms = match whole {
            Some(n) => i32::try_from(n).ok().and_then(|n| lead.logarithms.checked_mul(n)),
            None => {
                let times = Number::integer(i64::from(lead.logarithms));
                let power = exponent.as_exact().map(|e| e * &times);
                match lead.logarithms {
                    0 => Some(0),
                    _ => power.and_then(|n| n.as_i64()).and_then(|n| i32::try_from(n).ok()),
                }
            }
        };
        let Some(power) = power else { return self.with(Unknown) };
        let Some(logarithms) = logarithms else {
            // Between two powers of the logarithm.
            let above = (f64::from(lead.logarithms) * exponent.approximate()).ceil();
            if above.abs() > 1e6 {
                return self.with(Unknown);
            }
            let error = Some(Monomial { power: &lead.power * &power, logarithms: above as i32 });
            return self.wrap(Expansion { level: e.level, terms: Vec::new(), error });
        };
        let lead = Monomial { power: &lead.power * &power, logarithms };
        self.wrap(rest.compose(&coefficients).shifted(&lead))
    }

    pub(super) fn logarithm(self) -> Series {
        match &self.value {
            Value::Number(n) => return Series::constant(n.clone().log(), self.bits),
            Infinite { .. } | Flat { .. } | Unknown => return self.with(Unknown),
            Undefined => return self,
            Value::Expansion(_) => {}
        }
        let level = self.level();
        let Some((lead, c, rest)) = self.factored() else { return self.with(Unknown) };
        match c.order() {
            Some(Ordering::Greater) if lead.logarithms == 0 => {}
            // The logarithm of a logarithm is below every power of it.
            Some(Ordering::Greater) => {
                let error = Some(Monomial { power: Number::ZERO, logarithms: 1 });
                return self.wrap(Expansion { level, terms: Vec::new(), error });
            }
            Some(Ordering::Less) => return self.with(Undefined),
            _ => return self.with(Unknown),
        }
        let mut coefficients = vec![c.clone().log()];
        coefficients.extend(
            (1..c.count() as i64)
                .map(|n| self.exactly(&Number::ratio(1 - 2 * ((n + 1) % 2), n).unwrap_or(Number::ONE))),
        );
        let regular = rest.compose(&coefficients);
        let logarithm = (Monomial { power: Number::ZERO, logarithms: 1 }, self.exactly(&-&lead.power));
        let logarithm = match lead.power.is_zero() {
            true => Expansion::new(level, Vec::new(), None),
            // log(h^p) = -p·log(1/h)
            false => Expansion::new(level, vec![logarithm], None),
        };
        self.wrap(regular.plus(&logarithm))
    }

    pub(super) fn exponential(self) -> Series {
        let Value::Expansion(e) = &self.value else {
            return match &self.value {
                Value::Number(n) => Series::constant(n.clone().exp(), self.bits),
                Infinite { negative: false } => self,
                Infinite { negative: true } => self.with(Flat { negative: false }),
                Flat { .. } => self.int(1),
                _ => self,
            };
        };
        let one = Monomial::one();
        let mut rest = (**e).clone();
        let mut power = Number::ZERO;
        if let Some((m, c)) = rest.terms.first().filter(|(m, _)| m.size(&one).is_gt()).cloned() {
            if !m.power.is_zero() || m.logarithms != 1 {
                let Some(sign) = c.order() else { return self.with(Unknown) };
                // Slower than every power where it grows like a power of the logarithm.
                if !m.power.is_negative() && m.logarithms < 1 {
                    return self.with(Unknown);
                }
                let grows = sign.is_gt();
                return self.with(if grows { Infinite { negative: false } } else { Flat { negative: false } });
            }
            // exp(c·log(1/h)) = h^-c
            let exact = c.number().and_then(|n| n.as_exact().cloned().or_else(|| Number::from_f64(n.approximate())));
            let Some(exact) = exact else { return self.with(Unknown) };
            power = -&exact;
            rest.terms.remove(0);
        }
        let Some((finite, rest)) = rest.split() else { return self.with(Unknown) };
        let first = finite.map_or_else(|| self.int(1), Series::exponential);
        if matches!(first.value, Flat { .. } | Infinite { .. }) {
            return first;
        }
        let mut coefficients = vec![first];
        for n in 1..coefficients[0].count() as i64 {
            let last = coefficients[coefficients.len() - 1].clone();
            coefficients.push(last / self.int(n));
        }
        self.wrap(rest.compose(&coefficients).shifted(&Monomial::power(power)))
    }

    /// Neither settles nor grows: the sine of what is endless.
    pub(super) fn swinging(&self, level: u8) -> Series {
        if level == 0 {
            return self.with(Unknown);
        }
        self.wrap(Expansion { level, terms: Vec::new(), error: Some(Monomial::one()) })
    }

    /// The coefficients of `sin` (from the first derivative on those of `cos`), by its values there.
    pub(super) fn circular(values: [Series; 4]) -> Vec<Series> {
        let mut factorial = Number::ONE;
        let mut coefficients = Vec::with_capacity(values[0].count());
        for n in 0..values[0].count() {
            if n > 0 {
                factorial = &factorial * &Number::integer(n as i64);
            }
            let value = values[n % 4].clone();
            let inverse = factorial.recip().unwrap_or(Number::ONE);
            coefficients.push(value.clone() * value.exactly(&inverse));
        }
        coefficients
    }

    /// π/2 with a sign.
    pub(super) fn quarter(&self, negative: bool) -> Series {
        let quarter = self.pi() * self.half();
        if negative { -quarter } else { quarter }
    }

    /// The value at a pole's distance: how often 1 must be added until the argument is positive; none where there is no pole.
    pub(super) fn shift(&self) -> Option<i64> {
        let Argument::Near(at, _) = self.argument() else { return None };
        let n = at.number()?.as_exact()?.as_i64()?;
        (-MAX_SHIFT..=0).contains(&n).then_some(1 - n)
    }

    /// The coefficients of the polygamma function of an order, by those of higher orders.
    pub(super) fn polygamma_taylor(order: i64, at: &Series) -> Option<Vec<Series>> {
        let mut factorial = Number::ONE;
        let mut coefficients = Vec::with_capacity(at.count());
        for n in 0..at.count() as i64 {
            if n > 0 {
                factorial = &factorial * &Number::integer(n);
            }
            let value = Series::polygamma(at.int(order + n), at.clone());
            coefficients.push(value * at.exactly(&factorial.recip()?));
        }
        Some(coefficients)
    }
}

/// The coefficients of the exponential of a power series without a constant: `n·eₙ = Σ k·aₖ·eₙ₋ₖ` (Knuth, The Art of
/// Computer Programming 2, 4.7).
pub(super) fn exponential_of(a: &[Series]) -> Vec<Series> {
    let Some(first) = a.first() else { return Vec::new() };
    let mut e = vec![first.int(1)];
    for n in 1..a.len() {
        let total = (1..=n).fold(first.int(0), |sum, k| sum + a[k].int(k as i64) * a[k].clone() * e[n - k].clone());
        e.push(total / first.int(n as i64));
    }
    e
}
