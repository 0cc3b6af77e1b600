//! Numbers that know their own error: exact rationals for as long as possible, then balls of a given precision.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::sync::Arc;

use wrt_balls::{Ball, e, pi};
use wrt_core::{Number, Real};

use crate::separation::Separation;

/// Rationals that need more bits than this go on as balls.
const EXACT_BITS: u16 = 1 << 12;

/// The same where much is computed: a rational of many digits costs several times what a ball costs.
const FEW_EXACT_BITS: u16 = 128;

/// The largest root that is looked for among the rationals.
const EXACT_ROOT: u32 = 64;

/// A number with its working precision.
///
/// Rational results stay rational, so that ties (`max(x, 1/3)` at 1/3) and zeros are decided exactly.
///
/// ```
/// use wrt_core::{Number, Real};
/// use wrt_run::Precise;
/// let like = Precise::new(Number::ONE, 128);
/// let third = like.exact(&Number::parse("1/3").unwrap());
/// let zero = third.clone() + third.clone() + third - like;
/// assert_eq!(zero.as_exact(), Some(&Number::ZERO));
/// ```
#[derive(Clone, Debug)]
pub struct Precise {
    value: Value,
    context: Context,
    /// How near to 0 a ball of roots can be without being 0.
    separation: Option<Arc<Separation>>,
}

#[derive(Clone, Debug)]
enum Value {
    Exact(Number),
    /// Never exactly zero.
    Ball(Ball),
}
use Value::Exact;

/// How many bits a sum of many products may lose to rounding.
const LAST_BITS: u32 = 32;

#[derive(Clone, Copy, Debug)]
struct Context {
    bits: u32,
    /// In the last round, what cannot be told from zero is zero.
    settle: bool,
    /// Has that been done below this number?
    assumed: bool,
    /// Rationals that need more bits go on as balls.
    exact_bits: u16,
}

impl Context {
    fn and(self, other: Context) -> Context {
        Context { assumed: self.assumed | other.assumed, ..self }
    }

    /// A result; exact where it can be, settled where that is asked for.
    fn wrap(mut self, ball: Ball) -> Precise {
        if ball.is_finite() {
            if ball.is_exact() {
                if let Some(n) = small_exact(&ball) {
                    return Precise { value: Exact(n), context: self, separation: None };
                }
            } else if self.settle && self.is_nothing(&ball) {
                self.assumed = true;
                return Precise { value: Exact(Number::ZERO), context: self, separation: None };
            }
        }
        Precise { value: Value::Ball(ball), context: self, separation: None }
    }

    /// A result of which it is known how near to 0 it can be: what is certainly an integer is that.
    fn separated(self, ball: Ball, separation: Option<Separation>) -> Precise {
        if let Some(n) = separation.as_ref().and_then(|s| s.settles(&ball)) {
            return self.exact(n);
        }
        let found = self.wrap(ball);
        match &found.value {
            Value::Ball(ball) if ball.is_finite() => Precise { separation: separation.map(Arc::new), ..found },
            _ => found,
        }
    }

    fn exact(self, n: Number) -> Precise {
        let value =
            if n.bits() > usize::from(self.exact_bits) { Value::Ball(to_ball(&n, self.bits)) } else { Exact(n) };
        Precise { value, context: self, separation: None }
    }

    /// Is it zero as far as this precision can tell?
    fn is_nothing(self, ball: &Ball) -> bool {
        ball.contains_zero() && ball.rad_f64() <= (-(f64::from(self.bits) / 4.0).min(1000.0)).exp2()
    }

    /// What rounding makes of zero: some of the last bits.
    fn least(self) -> Ball {
        Ball::from_i64(1).mul_2exp(i64::from(LAST_BITS) - i64::from(self.bits))
    }
}

/// The number that an exact ball is, if a double can hold it.
fn small_exact(ball: &Ball) -> Option<Number> {
    let x = ball.to_f64().filter(|x| x.is_finite())?;
    if Ball::from_f64(x).compare(ball) == Some(Ordering::Equal) { Number::from_f64(x) } else { None }
}

/// A ball around an exact number.
pub(crate) fn to_ball(n: &Number, bits: u32) -> Ball {
    match n.as_i64() {
        Some(k) => Ball::from_i64(k),
        None => Ball::from_rational(&n.to_rbig(), bits),
    }
}

impl Precise {
    /// An exact number, with the precision in bits for all that is computed from it.
    pub fn new(n: Number, bits: u32) -> Precise {
        Context { bits, settle: false, assumed: false, exact_bits: EXACT_BITS }.exact(n)
    }

    /// The same for a last round: what cannot be told from zero is taken to be zero.
    pub fn settling(n: Number, bits: u32) -> Precise {
        Context { bits, settle: true, assumed: false, exact_bits: EXACT_BITS }.exact(n)
    }

    /// The same for much work: only short rationals stay exact in what is computed from it.
    ///
    /// ```
    /// use wrt_core::{Number, Real};
    /// use wrt_run::Precise;
    /// let like = Precise::new(Number::ONE, 128).rounding();
    /// assert!(like.ratio(1, 3).as_exact().is_some());
    /// assert!(like.ratio(1, 3).pow(like.ratio(100, 1)).as_exact().is_none());
    /// ```
    pub fn rounding(mut self) -> Precise {
        self.context.exact_bits = FEW_EXACT_BITS;
        self
    }

    /// The rational value, where it is known to be one.
    pub fn as_exact(&self) -> Option<&Number> {
        match &self.value {
            Exact(n) => Some(n),
            Value::Ball(_) => None,
        }
    }

    /// The enclosure.
    pub fn ball(&self) -> Ball {
        match &self.value {
            Exact(n) => to_ball(n, self.context.bits),
            Value::Ball(b) => b.clone(),
        }
    }

    /// Was something taken to be zero that could not be decided?
    pub fn assumes_zero(&self) -> bool {
        self.context.assumed
    }

    /// Is it certainly a real number?
    pub fn is_finite(&self) -> bool {
        match &self.value {
            Exact(_) => true,
            Value::Ball(b) => b.is_finite(),
        }
    }

    fn is_undefined(&self) -> bool {
        matches!(&self.value, Value::Ball(Ball::Undefined))
    }

    fn map(self, f: impl FnOnce(&Ball, u32) -> Ball) -> Precise {
        let bits = self.context.bits;
        match &self.value {
            Exact(n) => self.context.wrap(f(&to_ball(n, bits), bits)),
            Value::Ball(b) => self.context.wrap(f(b, bits)),
        }
    }

    fn zip(self, other: Precise, f: impl FnOnce(&Ball, &Ball, u32) -> Ball) -> Precise {
        let context = self.context.and(other.context);
        context.wrap(f(&self.ball(), &other.ball(), context.bits))
    }

    /// How near to 0 it can be without being 0, where it is made of rationals and roots.
    fn separation(&self) -> Option<Separation> {
        match &self.value {
            Exact(n) => Some(Separation::of(n)),
            Value::Ball(_) => self.separation.as_deref().cloned(),
        }
    }

    /// As [`Precise::zip`], with how near to 0 the result can be.
    fn joined(
        self,
        other: Precise,
        f: impl FnOnce(&Ball, &Ball, u32) -> Ball,
        separation: impl FnOnce(&Separation, &Separation) -> Option<Separation>,
    ) -> Precise {
        if self.separation.is_none() && other.separation.is_none() {
            return self.zip(other, f);
        }
        let both = self.separation().zip(other.separation());
        let context = self.context.and(other.context);
        let ball = f(&self.ball(), &other.ball(), context.bits);
        context.separated(ball, both.and_then(|(a, b)| separation(&a, &b)))
    }

    /// The order of two numbers, where it is decided; `Err` if one of them is no number.
    fn order(&self, other: &Precise) -> Result<Option<Ordering>, ()> {
        if let (Exact(a), Exact(b)) = (&self.value, &other.value) {
            return Ok(Some(a.cmp(b)));
        }
        if self.is_undefined() || other.is_undefined() {
            return Err(());
        }
        let (a, b) = (self.ball(), other.ball());
        let order = a.compare(&b);
        let context = self.context;
        if order.is_none()
            && let Some(both) = self.separation().zip(other.separation()).and_then(|(a, b)| a.plus(&b))
            && both.settles(&a.sub(&b, context.bits)).is_some_and(|n| n.is_zero())
        {
            return Ok(Some(Ordering::Equal));
        }
        if order.is_none() && context.settle && context.is_nothing(&a.sub(&b, context.bits)) {
            return Ok(Some(Ordering::Equal));
        }
        Ok(order)
    }

    /// A truth value from the order; a ball around 0 and 1 where it is open.
    fn truth(self, other: Precise, is: impl FnOnce(Ordering) -> bool) -> Precise {
        let mut context = self.context.and(other.context);
        let ball = match self.order(&other) {
            Err(()) => Ball::Undefined,
            Ok(None) => Ball::from_mid_rad(0.5, 0.5),
            Ok(Some(order)) => {
                let rational = self.as_exact().is_some() && other.as_exact().is_some();
                context.assumed |= order.is_eq() && !rational && self.is_finite();
                return context.exact(if is(order) { Number::ONE } else { Number::ZERO });
            }
        };
        context.wrap(ball)
    }

    /// Is it not zero, where that is decided?
    fn as_truth(&self) -> Option<bool> {
        match &self.value {
            Exact(n) => Some(!n.is_zero()),
            Value::Ball(b) => (!b.contains_zero()).then_some(true),
        }
    }

    /// Rounds to an integer; in the last round a ball around an integer is that integer.
    fn integer(self, exact: impl FnOnce(&Number) -> Number, f: impl FnOnce(&Ball, u32) -> Ball) -> Precise {
        let context = self.context;
        if let Exact(n) = &self.value {
            return context.exact(exact(n));
        }
        if context.settle {
            let ball = self.ball();
            let nearest = ball.midpoint().round(context.bits);
            if context.is_nothing(&ball.sub(&nearest, context.bits)) {
                return Context { assumed: true, ..context }.wrap(nearest);
            }
        }
        self.map(f)
    }

    fn root(self, n: u32, f: impl FnOnce(&Ball, u32) -> Ball) -> Precise {
        match self.as_exact().and_then(|x| x.exact_root(n)) {
            Some(root) => self.context.exact(root),
            None => {
                let separation = self.separation().and_then(|s| s.root(n, self.as_exact()));
                let ball = f(&self.ball(), self.context.bits);
                self.context.separated(ball, separation)
            }
        }
    }

    fn rational_power(self, exponent: &Number) -> Precise {
        if let (Exact(base), Some(n)) = (&self.value, exponent.as_i64())
            && let Some(power) = base.pow(n)
        {
            return self.context.exact(power);
        }
        if let Some(n) = exponent.as_i64() {
            let separation = self.separation().and_then(|s| s.power(n));
            let ball = self.ball().pow_i64(n, self.context.bits);
            return self.context.separated(ball, separation.filter(|_| self.separation.is_some()));
        }
        if let (Exact(base), Some((p, q))) = (&self.value, exponent.as_small()) {
            let root = if q <= EXACT_ROOT && !base.is_negative() { base.exact_root(q) } else { None };
            if let Some(power) = root.and_then(|r| r.pow(p)) {
                return self.context.exact(power);
            }
            if q <= EXACT_ROOT && !base.is_negative() {
                let separation = Separation::of(base).root(q, Some(base)).and_then(|root| root.power(p));
                let ball = self.ball().pow_ratio(&exponent.to_rbig(), self.context.bits);
                return self.context.separated(ball, separation);
            }
        }
        self.map(|b, bits| b.pow_ratio(&exponent.to_rbig(), bits))
    }
}

/// The nearest integer, halves to even.
fn round_half_even(n: &Number) -> Number {
    let up = (n + &Number::HALF).floor();
    let tie = &up - n == Number::HALF;
    let even = &(&up * &Number::HALF).floor() + &(&up * &Number::HALF).floor() == up;
    if tie && !even { &up - &Number::ONE } else { up }
}

impl Add for Precise {
    type Output = Precise;
    fn add(self, other: Precise) -> Precise {
        match (&self.value, &other.value) {
            (Exact(a), Exact(b)) => self.context.and(other.context).exact(a + b),
            _ => self.joined(other, Ball::add, Separation::plus),
        }
    }
}

impl Sub for Precise {
    type Output = Precise;
    fn sub(self, other: Precise) -> Precise {
        match (&self.value, &other.value) {
            (Exact(a), Exact(b)) => self.context.and(other.context).exact(a - b),
            _ => self.joined(other, Ball::sub, Separation::plus),
        }
    }
}

impl Mul for Precise {
    type Output = Precise;
    fn mul(self, other: Precise) -> Precise {
        match (&self.value, &other.value) {
            (Exact(a), Exact(b)) => self.context.and(other.context).exact(a * b),
            _ => self.joined(other, Ball::mul, Separation::times),
        }
    }
}

impl Div for Precise {
    type Output = Precise;
    fn div(self, other: Precise) -> Precise {
        if let (Exact(a), Exact(b)) = (&self.value, &other.value)
            && let Some(inverse) = b.recip()
        {
            return self.context.and(other.context).exact(a * &inverse);
        }
        self.joined(other, Ball::div, Separation::over)
    }
}

impl Neg for Precise {
    type Output = Precise;
    fn neg(self) -> Precise {
        let value = match self.value {
            Exact(n) => Exact(-&n),
            Value::Ball(b) => Value::Ball(b.neg()),
        };
        Precise { value, ..self }
    }
}

macro_rules! functions {
    ($($name:ident)*) => {
        $(fn $name(self) -> Self {
            self.map(Ball::$name)
        })*
    };
}

impl Real for Precise {
    fn exact(&self, n: &Number) -> Self {
        Context { assumed: false, ..self.context }.exact(n.clone())
    }
    fn bits(&self) -> u32 {
        self.context.bits
    }
    fn approximate(&self) -> f64 {
        match &self.value {
            Exact(n) => n.to_f64(),
            Value::Ball(ball) => ball.mid_f64(),
        }
    }

    fn middle(&self) -> Self {
        let bits = self.context.bits;
        match &self.value {
            Exact(n) if n.bits() <= bits as usize => self.clone(),
            Exact(n) => self.context.wrap(to_ball(n, bits).midpoint()),
            Value::Ball(ball) => self.context.wrap(ball.midpoint()),
        }
    }
    fn within(self, distance: Self) -> Self {
        let nothing = distance.as_exact().is_some_and(Number::is_zero);
        if nothing && !(distance.context.settle && distance.context.assumed) {
            return self;
        }
        // What was only taken for zero is a bound still, and what lies around zero is not zero.
        let bound = if nothing { distance.context.least() } else { distance.ball() };
        let around = Value::Ball(bound.union(&bound.neg(), self.context.bits));
        let open = Precise { value: around, context: distance.context, separation: None };
        self.zip(open, Ball::add)
    }

    fn pi(&self) -> Self {
        Context { assumed: false, ..self.context }.wrap(pi(self.context.bits))
    }
    fn polygamma(order: Self, x: Self) -> Self {
        match order.as_exact().map(|n| n.as_i64().and_then(|n| u32::try_from(n).ok())) {
            Some(Some(n)) => x.map(|b, bits| b.polygamma(n, bits)),
            Some(None) => x.context.wrap(Ball::Undefined),
            None => x.context.wrap(Ball::Unknown),
        }
    }
    fn select(condition: Self, a: Self, b: Self) -> Self {
        if condition.is_undefined() {
            return condition;
        }
        let assume = |mut x: Precise| {
            x.context.assumed |= condition.context.assumed;
            x
        };
        match condition.as_truth() {
            Some(true) => assume(a),
            Some(false) => assume(b),
            None => a.zip(b, |a, b, bits| a.union(b, bits)),
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
        match self.order(&other) {
            Ok(Some(Ordering::Less)) => other,
            Ok(Some(_)) => self,
            _ => self.zip(other, Ball::max),
        }
    }
    fn min(self, other: Self) -> Self {
        match self.order(&other) {
            Ok(Some(Ordering::Greater)) => other,
            Ok(Some(_)) => self,
            _ => self.zip(other, Ball::min),
        }
    }
    fn pow(self, exponent: Self) -> Self {
        match &exponent.value {
            Exact(n) => {
                let mut power = self.rational_power(n);
                power.context.assumed |= exponent.context.assumed;
                power
            }
            Value::Ball(_) => self.zip(exponent, Ball::pow),
        }
    }
    fn hypot(self, other: Self) -> Self {
        if let (Exact(a), Exact(b)) = (&self.value, &other.value)
            && let Some(root) = (&(a * a) + &(b * b)).exact_root(2)
        {
            return self.context.and(other.context).exact(root);
        }
        if let (Exact(a), Exact(b)) = (&self.value, &other.value) {
            let context = self.context.and(other.context);
            return context.exact(&(a * a) + &(b * b)).sqrt();
        }
        self.zip(other, Ball::hypot)
    }
    fn atan2(self, other: Self) -> Self {
        self.zip(other, Ball::atan2)
    }
    fn abs(self) -> Self {
        let value = match self.value {
            Exact(n) => Exact(n.abs()),
            Value::Ball(b) => Value::Ball(b.abs()),
        };
        Precise { value, ..self }
    }
    fn sign(self) -> Self {
        self.map(|b, _| b.sign())
    }
    fn floor(self) -> Self {
        self.integer(Number::floor, Ball::floor)
    }
    fn ceil(self) -> Self {
        self.integer(|n| -&(-n).floor(), Ball::ceil)
    }
    fn round(self) -> Self {
        self.integer(round_half_even, Ball::round)
    }
    fn sqrt(self) -> Self {
        self.root(2, Ball::sqrt)
    }
    fn cbrt(self) -> Self {
        self.root(3, Ball::cbrt)
    }
    fn exp(self) -> Self {
        if self.as_exact().is_some_and(Number::is_one) {
            return self.map(|_, bits| e(bits));
        }
        self.map(Ball::exp)
    }
    functions!(expm1 log log1p log2 log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh
        erf erfc gamma lgamma digamma);
}
