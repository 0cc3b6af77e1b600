//! Numbers at a point, which `run` vouches for.

use std::fmt;

use wrt_core::{Graph, Id, Number};
use wrt_run::{Certified, MAX_DIGITS, certified, values_at};

use crate::error::{Error, ErrorKind};

/// Exact values of symbols.
pub type Point<'a> = &'a [(Id, Number)];

/// What kind of numbers to answer with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Numbers {
    /// The nearest doubles, or within one unit in the last place of them.
    #[default]
    Doubles,
    /// Doubles as a plain evaluation gives them, operation by operation.
    AsWritten,
    /// So many certified decimal digits.
    Digits(usize),
}

/// A number in an answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A double.
    Double(f64),
    /// What is certain, and the digits asked for.
    Certified(Certified, usize),
}

impl Value {
    /// The double, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Double(x) => Some(*x),
            Value::Certified(..) => None,
        }
    }

    /// The bound of a zero that cannot be decided.
    pub fn radius(&self) -> Option<f64> {
        match self {
            Value::Certified(Certified::Zero { radius }, _) => Some(*radius),
            _ => None,
        }
    }

    /// Is it not a real number?
    pub fn is_undefined(&self) -> bool {
        matches!(self, Value::Certified(Certified::Undefined, _)) || matches!(self, Value::Double(x) if x.is_nan())
    }

    /// The sign, if it is infinite.
    pub fn infinite(&self) -> Option<bool> {
        match self {
            Value::Double(x) => x.is_infinite().then_some(*x < 0.0),
            Value::Certified(Certified::Infinite { negative }, _) => Some(*negative),
            Value::Certified(..) => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Double(x) => write!(f, "{x:?}"),
            Value::Certified(c, digits) => f.write_str(&c.text(*digits)),
        }
    }
}

/// The doubles nearest to the values of nodes at an exact point, or within one unit in the last place.
pub(crate) fn doubles(graph: &Graph, ids: &[Id], at: Point<'_>) -> Result<Vec<f64>, Error> {
    let found = values_at(graph, ids, &wrt_run::Point::numbers(at))?;
    Ok(found.into_iter().flat_map(|a| a.data).collect())
}

/// The values of nodes at an exact point.
///
/// # Errors
/// For a name without a value, or for more digits than are computed.
pub fn values(graph: &Graph, ids: &[Id], at: Point<'_>, numbers: Numbers) -> Result<Vec<Value>, Error> {
    match numbers {
        Numbers::Doubles => Ok(doubles(graph, ids, at)?.into_iter().map(Value::Double).collect()),
        Numbers::AsWritten => {
            let point = wrt_run::Point::numbers(at).map(Number::to_f64);
            let found = wrt_run::evaluate(graph, ids, &point, &0.0)?;
            Ok(found.into_iter().flat_map(|a| a.data).map(Value::Double).collect())
        }
        Numbers::Digits(digits) => {
            check_digits(digits)?;
            let found = certified(graph, ids, &wrt_run::Point::numbers(at), digits)?;
            Ok(found.into_iter().flat_map(|a| a.data).map(|c| Value::Certified(c, digits)).collect())
        }
    }
}

/// Refuses numbers of digits that are not computed.
pub(crate) fn check_digits(digits: usize) -> Result<(), Error> {
    if (1..=MAX_DIGITS).contains(&digits) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Limit, format!("{digits} digits are asked for; between 1 and {MAX_DIGITS} are computed")))
}
