//! Samples of operations: where the sweep tests a row, and what is expected there.

use super::{Operation, OperationSpelling};
use crate::array::Array;
use crate::graph::{Assumptions, Graph, Id, Role};
use crate::shape::Dim;

/// What the derivative is like at a sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// There is one, of any order.
    Smooth,
    /// There is one by the first argument, of any order; the others are labels, by which it is zero.
    Labelled,
    /// Slopes differ on the sides, as said here; the row's lies between them.
    Kink(&'static str),
    /// The value jumps, as said here, and the row's derivative is zero.
    Jump(&'static str),
    /// It is taken to be zero by intent.
    Stopped,
    /// It is the product with the last argument by intent, whatever the value does.
    Given,
    /// There is none, as said here: the row's is not finite.
    Undefined(&'static str),
    /// Infinite or undefined entries, at which nothing can be nudged: what value and derivative are is said here.
    Limit(&'static str),
    /// Evaluation refuses it with words that contain these.
    Fails(&'static str),
}

/// Who else has computed the samples of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reference {
    /// `oracle/make_operations_reference.py`, with NumPy, SciPy and JAX.
    Oracle,
    /// Nobody, and why not.
    None(&'static str),
}

/// An operation with its parameters at a point.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it is for: a generic point, ties, zeros, an empty axis, infinities, a batch axis in front, …
    pub what: &'static str,
    /// The operation.
    pub operation: Operation,
    /// The arguments: the sizes of the axes, a bar, the entries row by row, as in `"2x3 | 1 2 3 4 -0.5 inf"`.
    pub arguments: Vec<&'static str>,
    /// What the derivative is like.
    pub expected: Expected,
}

impl Sample {
    pub(super) fn new(
        what: &'static str,
        operation: impl Into<Operation>,
        arguments: &[&'static str],
        expected: Expected,
    ) -> Sample {
        Sample { what, operation: operation.into(), arguments: arguments.to_vec(), expected }
    }

    /// The arguments as arrays.
    ///
    /// # Errors
    /// If one of them is not written as told.
    ///
    /// ```
    /// use wrt_core::operations::{Expected, Prod, Sample};
    /// let sample = Sample {
    ///     what: "a generic point",
    ///     operation: Prod.into(),
    ///     arguments: vec!["2x1 | 3 -0.5"],
    ///     expected: Expected::Smooth,
    /// };
    /// assert_eq!(sample.arrays().unwrap()[0].shape, [2, 1]);
    /// ```
    pub fn arrays(&self) -> Result<Vec<Array<f64>>, String> {
        self.arguments.iter().map(|text| array(text).ok_or_else(|| format!("`{text}` is no array"))).collect()
    }
}

/// The names that the arguments of samples have.
const NAMES: [&str; 8] = ["a", "b", "c", "p", "q", "r", "s", "t"];

/// How a sample is written elsewhere.
impl Sample {
    /// Every spelling, with the names `a`, `b`, `c`, … for the arguments.
    ///
    /// # Errors
    /// If the arguments don't fit.
    ///
    /// ```
    /// use wrt_core::operations::{Expected, Prod, Sample};
    /// let sample = Sample {
    ///     what: "a generic point",
    ///     operation: Prod.into(),
    ///     arguments: vec!["2x1 | 3 -0.5"],
    ///     expected: Expected::Smooth,
    /// };
    /// assert_eq!(sample.spelling().unwrap().numpy, "np.prod(a, axis=-1)");
    /// ```
    pub fn spelling(&self) -> Result<OperationSpelling, String> {
        let mut graph = Graph::new();
        let mut args: Vec<Id> = Vec::new();
        for (array, name) in self.arrays()?.into_iter().zip(NAMES) {
            let dims: Vec<Dim> = array.shape.iter().map(|n| graph.dim_size(*n as u64)).collect();
            args.push(graph.tensor_symbol(name, Role::Variable, &dims, Assumptions::default()));
        }
        graph.operation(self.operation.clone(), &args).map_err(|e| e.to_string())?;
        let dims: Vec<&[Dim]> = args.iter().map(|a| graph.dims(*a)).collect();
        let OperationSpelling { text, latex, numpy, jax } = self.operation.spelling(&graph, &dims);
        let [text, latex, numpy, jax] = [text, latex, numpy, jax].map(|t| self.filled(&t));
        Ok(OperationSpelling { text, latex, numpy, jax })
    }

    /// A template with names in its slots: `{0}`, and `[0]` that stands right behind no argument.
    fn filled(&self, template: &str) -> String {
        let (mut out, mut rest, mut behind) = (String::new(), template, false);
        while let Some(c) = rest.chars().next() {
            let slot = rest.get(1..2).and_then(|d| d.parse().ok()).filter(|k: &usize| *k < self.arguments.len());
            let closed = matches!(rest.get(2..3), Some("}" | "]"));
            match slot.and_then(|k| NAMES.get(k)) {
                Some(name) if closed && (c == '{' || c == '[' && !behind) => {
                    out.push_str(name);
                    (rest, behind) = (&rest[3..], true);
                }
                _ => {
                    let doubled = matches!(rest.get(..2), Some("{{" | "}}"));
                    out.push(c);
                    (rest, behind) = (&rest[if doubled { 2 } else { c.len_utf8() }..], false);
                }
            }
        }
        out
    }
}

fn array(text: &str) -> Option<Array<f64>> {
    let (shape, data) = text.split_once('|')?;
    let shape: Vec<usize> = match shape.trim() {
        "" => Vec::new(),
        sizes => sizes.split('x').map(|n| n.parse().ok()).collect::<Option<_>>()?,
    };
    let data: Vec<f64> = data.split_whitespace().map(|x| x.parse().ok()).collect::<Option<_>>()?;
    (data.len() == shape.iter().product()).then_some(Array { shape, data })
}

/// The samples of a row: one at least.
#[derive(Clone, Debug)]
pub struct Samples {
    first: Sample,
    rest: Vec<Sample>,
}

impl Samples {
    pub(super) fn new(first: Sample, rest: Vec<Sample>) -> Samples {
        Samples { first, rest }
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Sample> {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

/// `Expected: "what it is for", operation, ["an argument", …];`, once at least.
macro_rules! samples {
    ($first:expr, $what:literal, $operation:expr, $args:expr; $($expected:expr, $more:literal, $other:expr, $others:expr;)*) => {{
        use $crate::table::operations::samples::{Expected::*, Sample, Samples};
        Samples::new(
            Sample::new($what, $operation, &$args, $first),
            vec![$(Sample::new($more, $other, &$others, $expected)),*],
        )
    }};
}
pub(super) use samples;
