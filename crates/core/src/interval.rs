//! Intervals with exact ends: between which numbers something lies.

use crate::number::Number;
use crate::table::Range;

/// One end of an interval.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct End {
    /// Where it is.
    pub at: Number,
    /// Is it one of the values?
    pub reached: bool,
}

/// All numbers between two ends; an end that is absent is infinite.
///
/// ```
/// use wrt_core::{Interval, Number};
/// let above_two = Interval::above(Number::integer(2));
/// assert!(above_two.is_positive());
/// assert!(!above_two.contains(&Number::integer(2)));
/// // x > 2, so 3 - x < 1
/// let difference = above_two.times(&Number::MINUS_ONE).plus(&Interval::point(Number::integer(3)));
/// assert_eq!(difference, Interval::below(Number::ONE));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Interval {
    /// No value is below it.
    pub low: Option<End>,
    /// No value is above it.
    pub high: Option<End>,
}

impl Interval {
    /// `x > at`
    pub fn above(at: Number) -> Interval {
        Interval { low: Some(End { at, reached: false }), high: None }
    }

    /// `x >= at`
    pub fn at_least(at: Number) -> Interval {
        Interval { low: Some(End { at, reached: true }), high: None }
    }

    /// `x < at`
    pub fn below(at: Number) -> Interval {
        Interval { low: None, high: Some(End { at, reached: false }) }
    }

    /// `x <= at`
    pub fn at_most(at: Number) -> Interval {
        Interval { low: None, high: Some(End { at, reached: true }) }
    }

    /// One number.
    pub fn point(at: Number) -> Interval {
        let end = End { at, reached: true };
        Interval { low: Some(end.clone()), high: Some(end) }
    }

    /// What lies in both; none where nothing does.
    pub fn and(&self, other: &Interval) -> Option<Interval> {
        let both = Interval {
            low: inner(&self.low, &other.low, |a, b| a > b),
            high: inner(&self.high, &other.high, |a, b| a < b),
        };
        let empty = match (&both.low, &both.high) {
            (Some(low), Some(high)) => low.at > high.at || low.at == high.at && !(low.reached && high.reached),
            _ => false,
        };
        (!empty).then_some(both)
    }

    /// Is the number one of the values?
    pub fn contains(&self, x: &Number) -> bool {
        let from_low = self.low.as_ref().is_none_or(|e| *x > e.at || e.reached && *x == e.at);
        from_low && self.high.as_ref().is_none_or(|e| *x < e.at || e.reached && *x == e.at)
    }

    /// Is every value above 0?
    pub fn is_positive(&self) -> bool {
        self.low.as_ref().is_some_and(|e| e.at > Number::ZERO || e.at.is_zero() && !e.reached)
    }

    /// Is no value below 0?
    pub fn is_nonnegative(&self) -> bool {
        self.low.as_ref().is_some_and(|e| !e.at.is_negative())
    }

    /// Is no value above 0?
    pub fn is_nonpositive(&self) -> bool {
        self.high.as_ref().is_some_and(|e| e.at <= Number::ZERO)
    }

    /// The values of `x + y`.
    pub fn plus(&self, other: &Interval) -> Interval {
        let add = |a: &Option<End>, b: &Option<End>| {
            let (a, b) = (a.as_ref()?, b.as_ref()?);
            Some(End { at: &a.at + &b.at, reached: a.reached && b.reached })
        };
        Interval { low: add(&self.low, &other.low), high: add(&self.high, &other.high) }
    }

    /// The values of `c*x`.
    pub fn times(&self, c: &Number) -> Interval {
        if c.is_zero() {
            return Interval::point(Number::ZERO);
        }
        let scale = |end: &Option<End>| end.as_ref().map(|e| End { at: &e.at * c, reached: e.reached });
        let (a, b) = (scale(&self.low), scale(&self.high));
        if c.is_negative() { Interval { low: b, high: a } } else { Interval { low: a, high: b } }
    }

    /// The values of `x^e`; an end beyond what numbers are written with is none.
    pub fn power(&self, e: u32) -> Interval {
        let raise = |end: &Option<End>| {
            end.as_ref().and_then(|end| Some(End { at: end.at.pow(i64::from(e))?, reached: end.reached }))
        };
        let (a, b) = (raise(&self.low), raise(&self.high));
        if e % 2 == 1 || self.is_nonnegative() {
            return Interval { low: a, high: b };
        }
        if self.is_nonpositive() {
            return Interval { low: b, high: a };
        }
        let high = a.zip(b).map(|(a, b)| if a.at > b.at || a.at == b.at && a.reached { a } else { b });
        Interval { low: Some(End { at: Number::ZERO, reached: true }), high }
    }

    /// A value of the interval for any number, the number itself where it is one: beyond an end it is mirrored there.
    ///
    /// ```
    /// use wrt_core::{Interval, Number};
    /// let positive = Interval::above(Number::ZERO);
    /// assert_eq!(positive.mirrored(Number::integer(-3)), Number::integer(3));
    /// ```
    pub fn mirrored(&self, x: Number) -> Number {
        if self.contains(&x) {
            return x;
        }
        match (&self.low, &self.high) {
            (None, None) => x,
            (Some(end), None) => beside(end, (&x - &end.at).abs(), Number::ONE),
            (None, Some(end)) => beside(end, -&(&x - &end.at).abs(), Number::MINUS_ONE),
            (Some(low), Some(high)) => {
                let width = &high.at - &low.at;
                let Some(turns) = width.recip().map(|r| &(&x - &low.at) * &r) else { return low.at.clone() };
                // A triangle wave: up to the high end, and down again.
                let phase = &turns - &(&Number::integer(2) * &(&turns * &Number::HALF).floor());
                let share = if phase > Number::ONE { &Number::integer(2) - &phase } else { phase };
                let found = &low.at + &(&width * &share);
                if self.contains(&found) { found } else { &low.at + &(&width * &Number::HALF) }
            }
        }
    }
}

/// At the distance from an end, or the step where it is 0 and the end itself is none.
fn beside(end: &End, distance: Number, step: Number) -> Number {
    let distance = if distance.is_zero() && !end.reached { step } else { distance };
    &end.at + &distance
}

/// The end that leaves out more.
fn inner(a: &Option<End>, b: &Option<End>, is_inside: fn(&Number, &Number) -> bool) -> Option<End> {
    match (a, b) {
        (Some(a), Some(b)) if a.at == b.at => Some(End { at: a.at.clone(), reached: a.reached && b.reached }),
        (Some(a), Some(b)) => Some(if is_inside(&a.at, &b.at) { a.clone() } else { b.clone() }),
        (one, other) => one.clone().or_else(|| other.clone()),
    }
}

impl From<Range> for Interval {
    fn from(range: Range) -> Interval {
        let end = |at: f64| Number::from_f64(at).map(|at| End { at, reached: !range.open });
        Interval { low: end(range.low), high: end(range.high) }
    }
}
