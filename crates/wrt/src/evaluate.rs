//! Values at a point, which `run` vouches for: of numbers and arrays alike.

use std::fmt;

use wrt_core::{Array, Graph, Id, Number};
use wrt_run::{Certified, MAX_DIGITS, array_work, certified, evaluate, values_at};

use crate::document::Document;
use crate::error::{Error, ErrorKind};
use crate::program::computed;
use crate::session::Session;

/// Exact values of names, and the sizes of named dimensions.
pub type Point = wrt_run::Point<Number>;

/// What is evaluated in many digits where doubles are not sure: graphs whose nodes have at most so many entries
/// together.
const SMALL: u64 = 100_000;

/// The most multiplications of an evaluation: a minute or two of them.
const MAX_WORK: u64 = 1 << 33;

/// Up to so many multiplications, digits on demand are computed.
const MANY: u64 = 1 << 24;

/// Digits of what the judge has found.
const MAX_AGREEMENT: usize = wrt_check::MAX_AGREEMENT as usize;

/// What kind of numbers to answer with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Numbers {
    /// The nearest doubles, or within one unit in the last place of them.
    #[default]
    Doubles,
    /// Doubles as a plain evaluation gives them, operation by operation.
    AsWritten,
    /// Doubles as the compiled program gives them by itself.
    Compiled,
    /// Doubles as the compiled program gives them, with its digits looked after.
    Guarded,
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

    /// Is it no number, or one that is not known?
    pub fn is_unknown(&self) -> bool {
        self.is_undefined() || matches!(self, Value::Certified(Certified::Unknown, _))
    }

    /// The sign, if it is infinite.
    pub fn infinite(&self) -> Option<bool> {
        match self {
            Value::Double(x) => x.is_infinite().then_some(*x < 0.0),
            Value::Certified(Certified::Infinite { negative }, _) => Some(*negative),
            Value::Certified(..) => None,
        }
    }

    /// Is it a real number, as far as that is known?
    pub fn is_finite(&self) -> bool {
        match self {
            Value::Double(x) => x.is_finite(),
            Value::Certified(c, _) => c.is_finite(),
        }
    }

    /// Not a number, of the same kind.
    pub(crate) fn undefined(&self) -> Value {
        match self {
            Value::Double(_) => Value::Double(f64::NAN),
            Value::Certified(_, digits) => Value::Certified(Certified::Undefined, *digits),
        }
    }

    /// A number of the same kind, from its digits.
    pub(crate) fn read(&self, text: &str) -> Option<Value> {
        Some(match self {
            Value::Double(_) => Value::Double(text.parse().ok()?),
            Value::Certified(_, digits) => {
                let exact = Number::parse(text).ok()?;
                // Fewer digits than were looked for stand for themselves.
                let found = match text.len() < MAX_AGREEMENT {
                    true => Certified::Exact(exact),
                    false => Certified::Digits { text: text.to_string(), assumes_zero: false },
                };
                Value::Certified(found, *digits)
            }
        })
    }

    /// An infinity of the same kind.
    pub(crate) fn endless(&self, negative: bool) -> Value {
        match self {
            Value::Double(_) => Value::Double(if negative { f64::NEG_INFINITY } else { f64::INFINITY }),
            Value::Certified(_, digits) => Value::Certified(Certified::Infinite { negative }, *digits),
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
pub(crate) fn doubles(graph: &Graph, ids: &[Id], at: &Point) -> Result<Vec<Array<f64>>, Error> {
    let work = array_work(graph, ids, &at.sizes);
    if work > MAX_WORK {
        let message = format!("these sizes need about {work} multiplications, and at most {MAX_WORK} are done here");
        return Err(Error::new(ErrorKind::Value, message).with_help("give smaller sizes"));
    }
    Ok(values_at(graph, ids, at)?)
}

/// Refuses numbers of digits that are not computed.
pub(crate) fn check_digits(digits: usize) -> Result<(), Error> {
    if (1..=MAX_DIGITS).contains(&digits) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Limit, format!("{digits} digits are asked for; between 1 and {MAX_DIGITS} are computed")))
}

/// Can these nodes be evaluated once more without anybody noticing?
pub(crate) fn is_cheap(graph: &Graph, ids: &[Id], at: &Point) -> bool {
    array_work(graph, ids, &at.sizes) <= MANY
}

/// Is every value right to the last place, so that only what is wrong differs?
pub(crate) fn is_exact(graph: &Graph, ids: &[Id], at: &Point) -> bool {
    array_work(graph, ids, &at.sizes) <= SMALL
}

/// The largest difference of the entries, relative to the largest one, which counts as `floor` at least; NaN where only
/// the second has no value, infinite where the shapes differ.
pub(crate) fn difference(wanted: &Array<f64>, found: &Array<f64>, floor: f64) -> f64 {
    if wanted.shape != found.shape {
        return f64::INFINITY;
    }
    let pairs = || wanted.data.iter().zip(&found.data).filter(|(a, _)| a.is_finite());
    let scale = pairs().fold(floor, |m, (a, _)| m.max(a.abs()));
    let known = pairs().filter(|(_, b)| b.is_finite()).map(|(a, b)| (a - b).abs() / scale).fold(0.0, f64::max);
    if known == 0.0 && pairs().any(|(_, b)| !b.is_finite()) { f64::NAN } else { known }
}

pub(crate) fn each<A, B>(array: &Array<A>, f: impl Fn(&A) -> B) -> Array<B> {
    Array { shape: array.shape.clone(), data: array.data.iter().map(f).collect() }
}

impl Session {
    /// The values of nodes at a point.
    ///
    /// # Errors
    /// For a name without a value, a dimension without a size, a value of another shape, or for more digits than are
    /// computed.
    pub fn values(&self, ids: &[Id], at: &Point, numbers: Numbers) -> Result<Vec<Array<Value>>, Error> {
        Ok(match numbers {
            Numbers::Doubles => {
                doubles(self.graph(), ids, at)?.iter().map(|a| each(a, |x| Value::Double(*x))).collect()
            }
            Numbers::AsWritten => {
                let found = evaluate(self.graph(), ids, &at.map(Number::to_f64), &0.0)?;
                found.iter().map(|a| each(a, |x| Value::Double(*x))).collect()
            }
            Numbers::Compiled | Numbers::Guarded => {
                let found = computed(self.graph(), ids, at, numbers == Numbers::Guarded)?;
                found.iter().map(|a| each(a, |x| Value::Double(*x))).collect()
            }
            Numbers::Digits(digits) => {
                check_digits(digits)?;
                if !is_cheap(self.graph(), ids, at) {
                    let message = "the sizes are too large for digits on demand";
                    return Err(
                        Error::new(ErrorKind::Value, message).with_help("give smaller sizes, or leave the digits out")
                    );
                }
                let found = certified(self.graph(), ids, at, digits)?;
                found.iter().map(|a| each(a, |c| Value::Certified(c.clone(), digits))).collect()
            }
        })
    }

    /// The values of nodes at a point as [`Numbers::Doubles`] are: with a running error bound, and in many digits where
    /// that is too wide and the work is small.
    ///
    /// # Errors
    /// As [`Session::values`].
    pub fn doubles(&self, ids: &[Id], at: &Point) -> Result<Vec<Array<f64>>, Error> {
        doubles(self.graph(), ids, at)
    }

    /// The point of these values: names as the text has them, the sizes of dimensions that follow from the values beside
    /// those given, and the model's constants.
    ///
    /// # Errors
    /// For a name that is none, or is defined by the text; for a value that doesn't fit its name, or another value.
    pub fn point(&mut self, at: &[(String, Array<Number>)], sizes: &wrt_run::Sizes) -> Result<Point, Error> {
        let mut point = Point { values: Vec::with_capacity(at.len()), sizes: sizes.clone() };
        for (name, value) in at {
            point.values.push((self.free(name)?, value.clone()));
        }
        self.document.read_sizes(&mut point)?;
        self.document.fill_constants(&mut point)?;
        self.document.check_whole_numbers(&point)?;
        Ok(point)
    }
}

impl Document {
    /// Reads off the sizes of named dimensions from the values at a point.
    pub(crate) fn read_sizes(&self, point: &mut Point) -> Result<(), Error> {
        let Point { values, sizes } = point;
        values.iter().try_for_each(|(id, array)| self.read_shape(*id, &array.shape, sizes))
    }

    /// Adds the sizes of named dimensions that the shape of a name's value tells.
    ///
    /// # Errors
    /// Where the shape doesn't fit the name, or sizes that are known already.
    ///
    /// ```
    /// use wrt::session::{Scope, Session};
    /// let s = Session::parse("data X[m, n], y[m]; cost = sum(X)*sum(y)", &Scope::default())?;
    /// let mut sizes = Vec::new();
    /// s.document().sizes_from("X", &[5, 2], &mut sizes)?;
    /// assert_eq!(sizes, [("m".to_string(), 5), ("n".to_string(), 2)]);
    /// assert!(s.document().sizes_from("y", &[4], &mut sizes).is_err());
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn sizes_from(&self, name: &str, shape: &[usize], sizes: &mut wrt_run::Sizes) -> Result<(), Error> {
        self.graph().find_symbol(name).map_or(Ok(()), |id| self.read_shape(id, shape, sizes))
    }

    fn read_shape(&self, id: Id, shape: &[usize], sizes: &mut wrt_run::Sizes) -> Result<(), Error> {
        let graph = self.graph();
        let (name, dims) = (graph.symbol_name(id), graph.dims(id));
        if dims.len() != shape.len() {
            let message = match (dims, shape) {
                ([], _) => format!("`{name}` is a number, and the value given is a list"),
                (_, []) => {
                    format!("`{name}` has the shape {}, and the value given is a number", graph.shape_text(dims))
                }
                _ => format!(
                    "`{name}` has the shape {}, and the value given is nested {} deep",
                    graph.shape_text(dims),
                    shape.len()
                ),
            };
            return Err(Error::new(ErrorKind::Shape, message));
        }
        for (dim, size) in dims.iter().zip(shape) {
            let dimension = graph.dimension(*dim);
            let known = |n: &str| sizes.iter().find(|(m, _)| m == n).map(|(_, k)| *k as u64);
            match (dimension.evaluate(known), dimension.solved(*size as u64, known)) {
                (Some(wanted), _) if wanted != *size as u64 => {
                    let message = format!("`{name}` has {size} entries along {dimension}, where {wanted} are expected");
                    return Err(Error::new(ErrorKind::Shape, message)
                        .with_help("a dimension has the same size wherever its name stands"));
                }
                (None, Some((new, found))) => sizes.push((new, found as usize)),
                _ => {}
            }
        }
        Ok(())
    }
}
