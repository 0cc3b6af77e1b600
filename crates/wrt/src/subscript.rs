//! Positions and ranges of an expression: `X[0, 1:3]` in the language is `x.index((0, 1..3))` here.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use wrt_language::{Edge, Item};

use crate::error::Error;
use crate::expr::{Expr, made, quoted};

/// What is taken along one axis.
///
/// Whole numbers, ranges and expressions become one by themselves; a position below zero counts from the end, and what a
/// range has beyond the ends is left out, as in Python.
///
/// ```
/// use wrt::{Subscript, tensor};
/// let x = tensor("x", [10]);
/// assert_eq!(x.index(2..-3).shape(), [5]);
/// assert_eq!(x.index(Subscript::Range { start: Some(1), stop: None, step: 2 }).to_string(), "x[1::2]");
/// ```
#[derive(Clone, Debug)]
pub enum Subscript {
    /// All entries, `..` in Rust and `:` in the language.
    All,
    /// A new axis, there to be stretched: `None` in the language and in NumPy.
    NewAxis,
    /// One position; the axis vanishes.
    At(i64),
    /// `start:stop:step`, half open.
    Range {
        /// The first position; the beginning, unless given.
        start: Option<i64>,
        /// The position behind the last one; the end, unless given.
        stop: Option<i64>,
        /// Not 0; below 0 the range goes from its start back.
        step: i64,
    },
    /// The positions that an expression has.
    Positions(Expr),
}

fn range(start: Option<i64>, stop: Option<i64>) -> Subscript {
    Subscript::Range { start, stop, step: 1 }
}

/// The position behind an included last one.
fn behind(last: i64) -> Option<i64> {
    // Behind the last entry of all is the end.
    if last == -1 { None } else { Some(last.saturating_add(1)) }
}

macro_rules! subscripts {
    ($($type:ty, |$value:pat_param| $subscript:expr;)*) => {$(
        impl From<$type> for Subscript {
            fn from($value: $type) -> Subscript {
                $subscript
            }
        }
        impl Subscripts for $type {
            fn list(self) -> Vec<Subscript> {
                vec![self.into()]
            }
        }
    )*};
}

/// What [`Expr::index`] takes: one [`Subscript`], or a tuple of several, one for each axis.
///
/// ```
/// use wrt::{Subscripts, tensor};
/// fn corner(at: impl Subscripts) -> String {
///     tensor("X", [3, 3]).index(at).to_string()
/// }
/// assert_eq!((corner((0, 0)), corner(-1)), ("X[0][0]".into(), "X[-1]".into()));
/// ```
pub trait Subscripts {
    /// The subscripts, outermost axis first.
    fn list(self) -> Vec<Subscript>;
}

subscripts! {
    i64, |at| Subscript::At(at);
    RangeFull, |_| Subscript::All;
    Range<i64>, |r| range(Some(r.start), Some(r.end));
    RangeFrom<i64>, |r| range(Some(r.start), None);
    RangeTo<i64>, |r| range(None, Some(r.end));
    RangeInclusive<i64>, |r| range(Some(*r.start()), behind(*r.end()));
    RangeToInclusive<i64>, |r| range(None, behind(r.end));
    &Expr, |positions| Subscript::Positions(positions.clone());
    Expr, |positions| Subscript::Positions(positions);
}

impl Subscripts for Subscript {
    fn list(self) -> Vec<Subscript> {
        vec![self]
    }
}

impl Subscripts for Vec<Subscript> {
    fn list(self) -> Vec<Subscript> {
        self
    }
}

macro_rules! tuples {
    ($(($($type:ident $value:ident),+))*) => {$(
        impl<$($type: Into<Subscript>),+> Subscripts for ($($type,)+) {
            fn list(self) -> Vec<Subscript> {
                let ($($value,)+) = self;
                vec![$($value.into()),+]
            }
        }
    )*};
}
tuples!((A a) (A a, B b) (A a, B b, C c) (A a, B b, C c, D d) (A a, B b, C c, D d, E e) (A a, B b, C c, D d, E e, F f));

impl Expr {
    /// Entries, ranges and new axes: `self[…]` in the language.
    ///
    /// # Panics
    /// As [`Expr::try_index`] returns an error.
    ///
    /// ```
    /// use wrt::{Subscript::NewAxis, tensor};
    /// let (x, p) = (tensor("X", ["m", "n"]), tensor("p", ["m"]));
    /// assert_eq!(x.index((.., 0)).to_string(), "X[:, 0]");
    /// assert_eq!(x.index((-1, 1..3)).shape(), [2]);
    /// assert_eq!((p.index((.., NewAxis)) * &x).to_string(), "p[:, None]*X");
    /// ```
    #[track_caller]
    pub fn index(&self, at: impl Subscripts) -> Expr {
        made(self.try_index(at))
    }

    /// As [`Expr::index`].
    ///
    /// # Errors
    /// For more positions than there are axes, positions outside, ranges that are empty.
    ///
    /// ```
    /// let x = wrt::tensor("x", [3]);
    /// let error = x.try_index(3).unwrap_err();
    /// assert_eq!(error.to_string(), "`x[3]`: position 3 is outside: the axis has 3 entries, 0 to 2");
    /// ```
    pub fn try_index(&self, at: impl Subscripts) -> Result<Expr, Error> {
        let at = at.list();
        let positions = at.iter().filter_map(|s| if let Subscript::Positions(e) = s { Some(e) } else { None });
        let all: Vec<&Expr> = std::iter::once(self).chain(positions).collect();
        Expr::combine(&all, |g, values| {
            let mut positions = values[1..].iter();
            let items = at.iter().map(|subscript| match subscript {
                Subscript::All => Item::All,
                Subscript::NewAxis => Item::Stretch,
                Subscript::At(at) => Item::At(*at),
                Subscript::Range { start, stop, step } => Item::Slice(start.map(Edge::At), stop.map(Edge::At), *step),
                Subscript::Positions(_) => positions.next().map_or(Item::All, |v| Item::Gather(v.clone())),
            });
            wrt_language::index(g, &values[0], items.collect(), &quoted)
        })
    }
}
