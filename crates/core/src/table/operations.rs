//! Operations: primitives that are not elementwise. Each is a struct whose fields are its parameters, and one row.
//!
//! An operation acts on the trailing axes of its arguments and maps over all leading ones, so that a batch, an index of
//! index notation or the seed of a Jacobian is just one more leading axis. Arguments that have fewer leading axes are
//! shared by all.

/// The rows of a file, and those of them that are computed from a factorisation: each file says its own, at its head. The
/// first argument is a dollar sign, which a macro within a macro can't write.
macro_rules! rows {
    ($d:tt $file:ident: $($row:ident)*; factored: $($factored:ident)*) => {
        /// The rows of this file after those of the files before it.
        macro_rules! $file {
            ($later:tt [$d($d row:ident)*] [$d($d factored:ident)*]) => {
                rows_of_files! { $later [$d($d row)* $($row)*] [$d($d factored)* $($factored)*] }
            };
        }
    };
}

#[macro_use]
mod control;
#[macro_use]
mod convolution;
pub mod dense;
#[macro_use]
mod factored;
#[macro_use]
mod gather;
#[macro_use]
mod indexing;
mod jets;
#[macro_use]
mod linear_algebra;
#[macro_use]
mod orthogonal;
mod parameters;
#[macro_use]
mod pooling;
#[macro_use]
mod products;
#[macro_use]
mod recurrences;
#[macro_use]
mod reductions;
mod samples;
#[macro_use]
mod scan;
#[macro_use]
mod spectra;
mod symmetric;
#[macro_use]
mod windows;

use crate::array::Array;
use crate::builder::Ex;
use crate::computed::Computed;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::Dim;
use crate::tensor::ShapeError;

pub use control::*;
pub use convolution::*;
pub use dense::Triangular;
pub use factored::*;
pub use gather::*;
pub use indexing::*;
pub use linear_algebra::*;
pub use orthogonal::*;
pub use parameters::Parameter;
pub use pooling::*;
pub use products::*;
pub use recurrences::*;
pub use reductions::*;
pub use samples::{Expected, Reference, Sample, Samples};
pub use scan::{Scan, Step, Written, adopt_dims};
pub use spectra::*;
pub use windows::*;

use samples::samples;

/// What the derivative of an operation is made of.
///
/// The adjoint has the shape of the value behind any number of further leading axes (the seed of a Jacobian).
pub struct Pullback<'a, 'b> {
    /// The operation's arguments.
    pub args: &'a [Ex<'b>],
    /// The operation's value.
    pub value: Ex<'b>,
    /// The derivative of the root with respect to the value.
    pub adjoint: Ex<'b>,
}

/// How an operation is written: `{0}` is its first argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperationSpelling {
    /// In the language, so that it can be read back.
    pub text: String,
    /// LaTeX, math mode.
    pub latex: String,
    /// Python with `numpy as np` and `scipy`.
    pub numpy: String,
    /// Python with `jax.numpy as jnp`.
    pub jax: String,
}

/// A row of the table of operations. Its fields hold no handles of a graph (a [`Dimension`](crate::Dimension), no
/// [`Dim`]), so that a node can be copied into another graph. No column has a default: each row says all.
pub trait OperationRow: Parameter + Clone + Eq + std::hash::Hash + std::fmt::Debug {
    /// The name in messages and documents.
    const NAME: &'static str;

    /// Where it is defined.
    const DOMAIN: &'static str;

    /// What it does with an entry that is not a number.
    const NAN: &'static str;

    /// What it does with entries that are equal, and which derivative it has there.
    const TIES: &'static str;

    /// Who has computed its samples, too.
    const REFERENCE: Reference;

    /// Where the sweep tests it (`crates/wrt/tests/operations.rs`): a generic point, and whatever is special about it.
    fn samples() -> Samples;

    /// The shape of the result for arguments of these shapes.
    ///
    /// # Errors
    /// If the shapes don't fit, in words that name the dimensions.
    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError>;

    /// The part of an argument's derivative that comes through this operation: the adjoint times the Jacobian, in the
    /// shape of the argument behind the seed's axes; none where it is zero.
    ///
    /// # Errors
    /// Why there is no derivative.
    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Result<Option<Ex<'b>>, &'static str>;

    /// The value, in the kind and precision of `like`.
    ///
    /// # Errors
    /// Why the values of the arguments can't be used.
    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String>;

    /// The arguments that its spelling needs as names.
    fn named(&self) -> Vec<usize>;

    /// How many last axes of an argument it works along, at most: those before number parts that have nothing to do with each
    /// other (the core and the loop dimensions of NumPy's generalized functions).
    fn core_axes(&self, argument: usize) -> usize;

    /// Is its value of symmetric matrices a symmetric matrix?
    fn keeps_symmetry(&self) -> bool;

    /// How many multiplications its value takes, about, for arguments and a value of these sizes.
    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64;

    /// How it is written for arguments of these shapes.
    fn spelling(&self, graph: &Graph, args: &[&[Dim]]) -> OperationSpelling;
}

/// What is computed from a factorisation of the first argument, so that all that is computed of one matrix shares it.
pub trait Factored: OperationRow {
    /// Which one.
    const FACTORISATION: Factorisation;

    /// The value, as [`OperationRow::evaluate`] has it, from the factorisation and the other arguments.
    ///
    /// # Errors
    /// Why the values of the arguments can't be used.
    fn evaluate_factored<N: Real>(
        &self,
        factors: &Factors<N>,
        others: &[&Array<N>],
        shape: &[usize],
        like: &N,
    ) -> Result<Array<N>, String>;
}

macro_rules! operations {
    ($($row:ident)*; factored: $($factored:ident)*) => {
        /// An operation with its parameters.
        #[derive(Clone, PartialEq, Eq, Hash, Debug)]
        pub enum Operation {
            $(#[doc = concat!("[`", stringify!($row), "`]")] $row($row)),*
        }

        $(impl From<$row> for Operation {
            fn from(row: $row) -> Operation {
                Operation::$row(row)
            }
        })*

        /// The columns of a row that hang on no parameter.
        #[derive(Debug)]
        pub struct RowOfOperation {
            /// See [`OperationRow::NAME`].
            pub name: &'static str,
            /// See [`OperationRow::DOMAIN`].
            pub domain: &'static str,
            /// See [`OperationRow::NAN`].
            pub nan: &'static str,
            /// See [`OperationRow::TIES`].
            pub ties: &'static str,
            /// See [`OperationRow::REFERENCE`].
            pub reference: Reference,
            /// See [`OperationRow::samples`].
            pub samples: Samples,
        }

        /// See [`OperationRow`].
        impl Operation {
            /// The names of all rows.
            pub const NAMES: &'static [&'static str] = &[$($row::NAME),*];

            /// Every row, in the order of the table.
            pub fn rows() -> Vec<RowOfOperation> {
                vec![$(RowOfOperation {
                    name: $row::NAME,
                    domain: $row::DOMAIN,
                    nan: $row::NAN,
                    ties: $row::TIES,
                    reference: $row::REFERENCE,
                    samples: $row::samples(),
                }),*]
            }

            /// The name in messages and documents.
            pub fn name(&self) -> &'static str {
                match self { $(Operation::$row(_) => $row::NAME),* }
            }

            /// Its parameters as words: what [`Operation::read`] reads beside the name.
            pub fn parameters(&self) -> String {
                let mut words = Vec::new();
                match self { $(Operation::$row(row) => row.write(&mut words)),* }
                words.join(" ")
            }

            /// The operation of a name with the parameters that these words are; none where there is none.
            ///
            /// ```
            /// use wrt_core::Operation;
            /// use wrt_core::operations::Cumsum;
            /// let backwards = Operation::from(Cumsum { reverse: true });
            /// assert_eq!(backwards.parameters(), "true");
            /// assert_eq!(Operation::read(backwards.name(), "true"), Some(backwards));
            /// assert_eq!(Operation::read("cumsum", "true true"), None);
            /// ```
            pub fn read(name: &str, parameters: &str) -> Option<Operation> {
                let mut words = parameters.split_whitespace();
                let found = match name {
                    $($row::NAME => Operation::$row(<$row as Parameter>::read(&mut words)?),)*
                    _ => return None,
                };
                words.next().is_none().then_some(found)
            }

            /// What it does with equal entries; empty where that is nothing special.
            pub fn ties(&self) -> &'static str {
                match self { $(Operation::$row(_) => $row::TIES),* }
            }

            /// Does it have a value wherever its arguments have one?
            pub fn is_defined_everywhere(&self) -> bool {
                let domain = match self { $(Operation::$row(_) => $row::DOMAIN),* };
                domain.starts_with("all") || domain.starts_with("an axis with an entry")
            }

            /// The shape of the result.
            ///
            /// # Errors
            /// If the shapes don't fit.
            pub fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
                match self { $(Operation::$row(row) => row.shape(graph, args)),* }
            }

            /// The part of an argument's derivative that comes through this operation.
            ///
            /// # Errors
            /// Why there is no derivative.
            pub fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Result<Option<Ex<'b>>, &'static str> {
                match self { $(Operation::$row(row) => row.pullback(argument, at)),* }
            }

            /// The value, whose shape is `shape`, in the kind and precision of `like`.
            ///
            /// # Errors
            /// Why the values of the arguments can't be used.
            pub fn evaluate<N: Computed>(
                &self,
                args: &[&Array<N>],
                shape: &[usize],
                like: &N,
            ) -> Result<Array<N>, String> {
                N::operation(self, args, shape, like)
            }

            /// What [`computed`](crate::computed) compiles.
            #[doc(hidden)]
            pub fn compute<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
                match self { $(Operation::$row(row) => row.evaluate(args, shape, like)),* }
            }

            /// See [`OperationRow::core_axes`].
            ///
            /// ```
            /// use wrt_core::Operation;
            /// use wrt_core::operations::{Cumsum, Det};
            /// assert_eq!(Operation::from(Det).core_axes(0), 2);
            /// assert_eq!(Operation::from(Cumsum { reverse: true }).core_axes(0), 1);
            /// ```
            pub fn core_axes(&self, argument: usize) -> usize {
                match self { $(Operation::$row(row) => row.core_axes(argument)),* }
            }

            /// The factorisation of its first argument that it is computed from.
            pub fn factorisation(&self) -> Option<Factorisation> {
                match self {
                    $(Operation::$factored(_) => Some($factored::FACTORISATION),)*
                    _ => None,
                }
            }

            /// The value, as [`Operation::evaluate`] has it, from the factorisation of the first argument and the others.
            ///
            /// # Errors
            /// Why the values of the arguments can't be used.
            pub fn evaluate_factored<N: Computed>(
                &self,
                factors: &Factors<N>,
                others: &[&Array<N>],
                shape: &[usize],
                like: &N,
            ) -> Result<Array<N>, String> {
                N::factored(self, factors, others, shape, like)
            }

            /// What [`computed`](crate::computed) compiles.
            #[doc(hidden)]
            pub fn compute_factored<N: Real>(
                &self,
                factors: &Factors<N>,
                others: &[&Array<N>],
                shape: &[usize],
                like: &N,
            ) -> Result<Array<N>, String> {
                match self {
                    $(Operation::$factored(row) => row.evaluate_factored(factors, others, shape, like),)*
                    _ => Err(format!("{} is computed from no factorisation", self.name())),
                }
            }

            /// The arguments that its spelling needs as names.
            pub fn named(&self) -> Vec<usize> {
                match self { $(Operation::$row(row) => row.named()),* }
            }

            /// Is its value of symmetric matrices a symmetric matrix?
            pub fn keeps_symmetry(&self) -> bool {
                match self { $(Operation::$row(row) => row.keeps_symmetry()),* }
            }

            /// How many multiplications its value takes, about, for arguments and a value of these sizes.
            pub fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
                match self { $(Operation::$row(row) => row.work(args, shape)),* }
            }

            /// How it is written.
            pub fn spelling(&self, graph: &Graph, args: &[&[Dim]]) -> OperationSpelling {
                match self { $(Operation::$row(row) => row.spelling(graph, args)),* }
            }
        }
    };
}

/// The table, from the rows of these files.
macro_rules! rows_of_files {
    ([] [$($row:ident)*] [$($factored:ident)*]) => { operations! { $($row)*; factored: $($factored)* } };
    ([$file:ident $($later:ident)*] $rows:tt $factored:tt) => { $file! { [$($later)*] $rows $factored } };
}

rows_of_files! {
    [
        products reductions recurrences factored linear_algebra orthogonal spectra indexing gather windows convolution pooling control
        scan
    ] [] []
}

/// The leading axes of the result of arguments that have these: the longest, on which the others agree from the right.
pub(crate) fn leading(name: &str, graph: &Graph, all: &[&[Dim]]) -> Result<Vec<Dim>, ShapeError> {
    let longest = all.iter().copied().max_by_key(|l| l.len()).unwrap_or_default();
    match all.iter().find(|l| !longest.ends_with(l)) {
        None => Ok(longest.to_vec()),
        Some(other) => {
            let (a, b) = (graph.shape_text(longest), graph.shape_text(other));
            Err(ShapeError::Words(format!("{name}: the leading axes {a} and {b} differ")))
        }
    }
}

/// The parts of an array that its leading axes number: `trailing` axes each.
pub(crate) fn parts<N>(x: &Array<N>, trailing: usize) -> impl Iterator<Item = &[N]> {
    let (lead, size) = x.split(trailing);
    (0..lead).map(move |k| &x.data[k * size..][..size])
}

/// Lists, one behind the other; compiled once for each kind of number, and not for each source of lists.
pub(crate) fn concatenated<N>(lists: &mut dyn Iterator<Item = Vec<N>>) -> Vec<N> {
    let mut all = lists.next().unwrap_or_default();
    lists.for_each(|mut list| all.append(&mut list));
    all
}

/// The number of entries of an array of these sizes.
pub(crate) fn entries(shape: &[u64]) -> u64 {
    shape.iter().copied().fold(1, u64::saturating_mul)
}

/// The work of what goes once over its arguments and its value.
pub(crate) fn passing(args: &[Vec<u64>], shape: &[u64]) -> u64 {
    args.iter().map(|a| entries(a)).fold(entries(shape), u64::max)
}

/// The work of what factors its matrices: the cube of their side.
pub(crate) fn factoring(args: &[Vec<u64>], shape: &[u64]) -> u64 {
    let cube = |a: &Vec<u64>| match a[..] {
        [.., m, n] => entries(a).saturating_mul(m.min(n)),
        _ => 0,
    };
    args.iter().map(cube).fold(passing(args, shape), u64::max)
}

/// The work of what multiplies or turns its matrices so many times.
pub(crate) fn repeated(rounds: u64, args: &[Vec<u64>], shape: &[u64]) -> u64 {
    factoring(args, shape).saturating_mul(rounds)
}

/// The dimensions before the last `trailing` ones and those.
pub(crate) fn split_trailing<'d>(
    name: &str,
    graph: &Graph,
    dims: &'d [Dim],
    trailing: usize,
) -> Result<(&'d [Dim], &'d [Dim]), ShapeError> {
    if dims.len() < trailing {
        let shape = graph.shape_text(dims);
        return Err(ShapeError::Words(format!("{name} needs {trailing} axes, found the shape {shape}")));
    }
    Ok(dims.split_at(dims.len() - trailing))
}

/// A spelling that is the same in every notation, but for the words' type in LaTeX.
pub(crate) fn spelled(text: &str) -> OperationSpelling {
    OperationSpelling { text: text.into(), latex: latex_of(text), numpy: text.into(), jax: text.into() }
}

/// The same, for what has no name in NumPy and JAX: it is refused there.
pub(crate) fn without_code(text: &str) -> OperationSpelling {
    OperationSpelling { numpy: String::new(), jax: String::new(), ..spelled(text) }
}

/// A spelling as LaTeX: words upright, parentheses that grow.
pub fn latex_of(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if word > 1 && !c.is_ascii_digit() {
            out.push_str(&format!("\\mathrm{{{}}}", rest[..word].replace('_', "\\_")));
            rest = &rest[word..];
            continue;
        }
        match c {
            '(' => out.push_str("\\left("),
            ')' => out.push_str("\\right)"),
            '*' => out.push_str(" \\, "),
            c => out.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}
