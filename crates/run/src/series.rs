//! One-sided series: what a formula does as an input leaves a point, as a number that evaluation computes with.
//!
//! `x + h` with an infinitesimal h > 0 goes through a formula as any other number does, through the branch that is
//! taken on that side: comparisons look at the leading term. The result `c + a·h^p·log(1/h)^k + …` says what the formula
//! does there: its limit, its order of vanishing and its slope. Such sums are a field with an order (Hahn 1907; Puiseux
//! series with logarithms, as in van der Hoeven, "Transseries and Real Differential Algebra", 2006). Coefficients are exact
//! numbers or balls; those that are not told from zero count as zero, so that nudges should confirm what is found.

mod expansion;
mod functions;
mod taylor;

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::ops::{Add, Deref, Div, Mul, Neg, Sub};
use std::rc::Rc;

use wrt_core::Number;

use crate::precise::Precise;
use expansion::{Expansion, MAX_TERMS, Monomial, NESTED_TERMS};

/// A number near a point: a value, and how it changes as infinitesimals leave 0.
///
/// ```
/// use wrt_core::{Number, Real};
/// use wrt_run::{Leading, Series};
/// let like = Series::new(Number::ZERO, 128);
/// let h = like.infinitesimal(1);
/// // sqrt(x^2) at 0 from the right
/// let found = (h.clone() * h).sqrt();
/// let Leading::Linear(slope) = found.leading(1, &like) else { panic!() };
/// assert_eq!(slope.number().unwrap().as_exact(), Some(&Number::ONE));
/// ```
#[derive(Clone, Debug)]
pub struct Series {
    value: Value,
    bits: u32,
}

#[derive(Clone, Debug)]
enum Value {
    Number(Precise),
    /// Terms that are not all constant.
    Expansion(Rc<Shared>),
    /// Beyond every power of 1/h.
    Infinite {
        negative: bool,
    },
    /// Below every power of h, but not zero.
    Flat {
        negative: bool,
    },
    Undefined,
    Unknown,
}
use Value::{Flat, Infinite, Undefined, Unknown};

/// Terms, with their reciprocal once that is known: all of a softmax is divided by one sum.
#[derive(Debug)]
struct Shared {
    expansion: Expansion,
    reciprocal: OnceCell<Series>,
}

impl Deref for Shared {
    type Target = Expansion;
    fn deref(&self) -> &Expansion {
        &self.expansion
    }
}

/// How a series changes with an infinitesimal h.
#[derive(Clone, Debug)]
pub enum Leading {
    /// In proportion to h, or not at all; by lower infinitesimals and numbers.
    Linear(Series),
    /// Faster than h: the slope is infinite.
    Steep {
        /// Downwards?
        negative: bool,
    },
    /// The limit is another than the value there.
    Jump,
    /// There is no value beside the point.
    Nothing,
    /// Not known.
    Open,
}

impl Series {
    /// A number, with the precision in bits for all that is computed from it.
    pub fn new(n: Number, bits: u32) -> Series {
        Series::constant(Precise::settling(n, bits), bits)
    }

    /// An infinitesimal above zero; one of a higher level is smaller than every power of those below. Levels count from 1.
    pub fn infinitesimal(&self, level: u8) -> Series {
        let term = (Monomial::power(Number::ONE), self.exactly(&Number::ONE));
        self.wrap(Expansion::new(level, vec![term], None))
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<&Precise> {
        match &self.value {
            Value::Number(n) => Some(n),
            _ => None,
        }
    }

    /// Its terms as powers of the first infinitesimal with their coefficients, largest first; none where it has logarithms,
    /// or is no series in that one alone.
    pub fn powers(&self) -> Option<Vec<(Number, &Precise)>> {
        match &self.value {
            Value::Number(n) => Some(vec![(Number::ZERO, n)]),
            Value::Expansion(e) if e.level == 1 => {
                let term = |(m, c): &'_ (Monomial, Series)| {
                    (m.logarithms == 0 && c.number().is_some()).then(|| m.power.clone())
                };
                let powers: Vec<Number> = e.terms.iter().map(term).collect::<Option<_>>()?;
                powers.into_iter().zip(&e.terms).map(|(power, (_, c))| Some((power, c.number()?))).collect()
            }
            _ => None,
        }
    }

    /// How it changes with the infinitesimal of a level, from a value where that is zero.
    pub fn leading(&self, level: u8, from: &Series) -> Leading {
        match (&self.value, &from.value) {
            (Undefined, _) => return Leading::Nothing,
            // What is below every power changes by less than every power.
            (Flat { .. }, Flat { .. }) => return Leading::Linear(self.exactly(&Number::ZERO)),
            (Value::Number(n), _) if !n.is_finite() && !matches!(n.ball(), wrt_balls::Ball::Unknown) => {
                return Leading::Nothing;
            }
            _ => {}
        }
        let change = self.clone() - from.clone();
        let expansion = match &change.value {
            Flat { .. } => return Leading::Linear(self.exactly(&Number::ZERO)),
            Infinite { .. } => return Leading::Jump,
            Undefined | Unknown => return Leading::Open,
            Value::Number(_) => None,
            Value::Expansion(e) => (e.level == level).then_some(e),
        };
        let Some(expansion) = expansion else {
            return match change.order() {
                Some(Ordering::Equal) => Leading::Linear(change),
                Some(_) => Leading::Jump,
                None => Leading::Open,
            };
        };
        let linear = Monomial::power(Number::ONE);
        // Equal values that were computed in two ways differ by what is left out of them.
        let first = expansion.terms.iter().find(|(m, c)| *m == linear || !c.is_only_error());
        match first {
            Some((m, c)) if m.size(&linear).is_gt() => match (m.size(&Monomial::one()), c.order()) {
                (Ordering::Less, Some(sign)) => Leading::Steep { negative: sign.is_lt() },
                (Ordering::Less, None) => Leading::Open,
                _ => Leading::Jump,
            },
            Some((m, c)) if *m == linear => Leading::Linear(c.clone()),
            _ if expansion.error.as_ref().is_none_or(|e| e.size(&linear).is_lt()) => {
                Leading::Linear(self.exactly(&Number::ZERO))
            }
            _ => Leading::Open,
        }
    }

    /// Are they equal, as far as both are known?
    pub fn agrees(&self, other: &Series) -> bool {
        let gap = self.clone() - other.clone();
        gap.is_only_error() || gap.order() == Some(Ordering::Equal)
    }

    /// Is nothing known of it but how small it is?
    fn is_only_error(&self) -> bool {
        match &self.value {
            Value::Expansion(e) => e.terms.iter().all(|(_, c)| c.is_only_error()),
            _ => false,
        }
    }

    fn constant(n: Precise, bits: u32) -> Series {
        let value = match n.ball() {
            wrt_balls::Ball::Undefined => Undefined,
            wrt_balls::Ball::Unknown => Unknown,
            _ => Value::Number(n),
        };
        Series { value, bits }
    }

    fn exactly(&self, n: &Number) -> Series {
        Series::new(n.clone(), self.bits)
    }

    fn with(&self, value: Value) -> Series {
        Series { value, bits: self.bits }
    }

    /// Terms as a series; as a number, where they are one.
    fn wrap(&self, expansion: Expansion) -> Series {
        let lost = |c: &Series| match c.value {
            Undefined => Some(Undefined),
            Unknown | Infinite { .. } | Flat { .. } => Some(Unknown),
            Value::Number(ref n) if !n.is_finite() => Some(Unknown),
            _ => None,
        };
        if let Some(value) = expansion.terms.iter().find_map(|(_, c)| lost(c)) {
            return self.with(value);
        }
        match &expansion.terms[..] {
            [] if expansion.error.is_none() => self.exactly(&Number::ZERO),
            [(m, c)] if expansion.error.is_none() && *m == Monomial::one() => c.clone(),
            _ => self.with(Value::Expansion(Rc::new(Shared { expansion, reciprocal: OnceCell::new() }))),
        }
    }

    fn is_zero(&self) -> bool {
        self.number().and_then(Precise::as_exact).is_some_and(Number::is_zero)
    }

    /// Above, below or equal to zero; none where that is not known.
    fn order(&self) -> Option<Ordering> {
        let by = |negative: &bool| Some(if *negative { Ordering::Less } else { Ordering::Greater });
        match &self.value {
            Value::Number(n) => match n.as_exact() {
                Some(n) if n.is_zero() => Some(Ordering::Equal),
                Some(n) => by(&n.is_negative()),
                None if n.ball().is_positive() => Some(Ordering::Greater),
                None if n.ball().is_negative() => Some(Ordering::Less),
                None => None,
            },
            Value::Expansion(e) => e.terms.first().and_then(|(_, c)| c.order()),
            Infinite { negative } | Flat { negative } => by(negative),
            Undefined | Unknown => None,
        }
    }

    /// Is there no value at all?
    fn is_lost(&self) -> bool {
        matches!(self.value, Undefined | Unknown)
    }

    /// Of two numbers, one of which is lost.
    fn lost(&self, other: &Series) -> Series {
        let undefined = matches!(self.value, Undefined) || matches!(other.value, Undefined);
        self.with(if undefined { Undefined } else { Unknown })
    }

    /// A number that is not finite.
    fn is_infinite_number(&self) -> bool {
        self.number().is_some_and(|n| !n.is_finite())
    }

    /// How many terms a series about it has.
    fn count(&self) -> usize {
        if self.level() == 0 { MAX_TERMS } else { NESTED_TERMS }
    }

    fn level(&self) -> u8 {
        match &self.value {
            Value::Expansion(e) => e.level,
            _ => 0,
        }
    }

    /// The terms in the infinitesimal of a level, which is none below its own.
    fn terms(&self, level: u8) -> Expansion {
        match &self.value {
            Value::Expansion(e) if e.level == level => e.expansion.clone(),
            _ => Expansion::constant(level, self.clone()),
        }
    }

    /// Both as terms in one infinitesimal.
    fn joined(&self, other: &Series, f: impl FnOnce(&Expansion, &Expansion) -> Expansion) -> Series {
        let level = self.level().max(other.level());
        self.wrap(f(&self.terms(level), &other.terms(level)))
    }

    /// The leading term, and by which factor (1 + an infinitesimal) the whole is larger.
    fn factored(&self) -> Option<(Monomial, Series, Expansion)> {
        let Value::Expansion(e) = &self.value else { return None };
        let (lead, coefficient) = e.terms.first()?.clone();
        let inverse = Monomial::one().over(&lead);
        let mut rest = e.shifted(&inverse);
        rest.terms.remove(0);
        let one = coefficient.exactly(&Number::ONE);
        let rest = rest.map(|c| c.clone() * (one.clone() / coefficient.clone()));
        Some((lead, coefficient, rest))
    }

    fn reciprocal(&self) -> Series {
        match &self.value {
            Infinite { negative } => self.with(Flat { negative: *negative }),
            Flat { negative } => self.with(Infinite { negative: *negative }),
            Undefined | Unknown => self.clone(),
            Value::Number(n) => Series::constant(self.exact_number(&Number::ONE) / n.clone(), self.bits),
            Value::Expansion(e) => e.reciprocal.get_or_init(|| self.inverted(e)).clone(),
        }
    }

    fn inverted(&self, terms: &Expansion) -> Series {
        match self.factored() {
            // 1/(c·m·(1 + u)) = (1 - u + u² - …)/(c·m)
            Some((lead, c, rest)) => {
                let signs: Vec<Series> =
                    (0..c.count()).map(|n| c.exactly(&Number::integer(1 - 2 * (n as i64 % 2)))).collect();
                let inverse = rest.compose(&signs).map(|k| k.clone() / c.clone());
                self.wrap(inverse.shifted(&Monomial::one().over(&lead)))
            }
            None if terms.error.is_none() => self.exactly(&Number::ONE) / self.exactly(&Number::ZERO),
            None => self.with(Unknown),
        }
    }

    fn exact_number(&self, n: &Number) -> Precise {
        Precise::settling(n.clone(), self.bits)
    }
}

impl Neg for Series {
    type Output = Series;
    fn neg(self) -> Series {
        match &self.value {
            Value::Number(n) => Series::constant(-n.clone(), self.bits),
            Value::Expansion(e) => self.wrap(e.map(|c| -c.clone())),
            Infinite { negative } => self.with(Infinite { negative: !negative }),
            Flat { negative } => self.with(Flat { negative: !negative }),
            Undefined | Unknown => self,
        }
    }
}

impl Add for Series {
    type Output = Series;
    fn add(self, other: Series) -> Series {
        match (&self.value, &other.value) {
            (Value::Number(a), Value::Number(b)) => Series::constant(a.clone() + b.clone(), self.bits),
            _ if self.is_lost() || other.is_lost() => self.lost(&other),
            (Infinite { negative: a }, Infinite { negative: b }) if a != b => self.with(Unknown),
            (Infinite { .. }, _) => self,
            (_, Infinite { .. }) => other,
            (Flat { negative: a }, Flat { negative: b }) if a != b => self.with(Unknown),
            (Flat { .. }, _) if other.is_zero() => self,
            (_, Flat { .. }) => self,
            (Flat { .. }, _) => other,
            _ if self.is_infinite_number() => self,
            _ if other.is_infinite_number() => other,
            _ if self.is_zero() => other,
            _ if other.is_zero() => self,
            _ => self.joined(&other, Expansion::plus),
        }
    }
}

impl Sub for Series {
    type Output = Series;
    fn sub(self, other: Series) -> Series {
        self + -other
    }
}

impl Mul for Series {
    type Output = Series;
    fn mul(self, other: Series) -> Series {
        match (&self.value, &other.value) {
            (Value::Number(a), Value::Number(b)) => Series::constant(a.clone() * b.clone(), self.bits),
            _ if self.is_lost() || other.is_lost() => self.lost(&other),
            _ if self.is_zero() || other.is_zero() => {
                let infinite = |s: &Series| s.is_infinite_number();
                if infinite(&self) || infinite(&other) { self.with(Undefined) } else { self.exactly(&Number::ZERO) }
            }
            (Infinite { .. }, Flat { .. }) | (Flat { .. }, Infinite { .. }) => self.with(Unknown),
            (Infinite { .. } | Flat { .. }, _) | (_, Infinite { .. } | Flat { .. }) => {
                let (Some(a), Some(b)) = (self.order(), other.order()) else { return self.with(Unknown) };
                let negative = a != b;
                let grows = matches!(self.value, Infinite { .. }) || matches!(other.value, Infinite { .. });
                self.with(if grows { Infinite { negative } } else { Flat { negative } })
            }
            _ if self.is_infinite_number() || other.is_infinite_number() => match (self.order(), other.order()) {
                (Some(a), Some(b)) => {
                    let sign = Number::integer(if a == b { 1 } else { -1 });
                    self.exactly(&sign) / self.exactly(&Number::ZERO)
                }
                _ => self.with(Unknown),
            },
            _ => self.joined(&other, Expansion::times),
        }
    }
}

impl Div for Series {
    type Output = Series;
    fn div(self, other: Series) -> Series {
        match (&self.value, &other.value) {
            (Value::Number(a), Value::Number(b)) => Series::constant(a.clone() / b.clone(), self.bits),
            _ => {
                let inverse = other.reciprocal();
                self * inverse
            }
        }
    }
}
