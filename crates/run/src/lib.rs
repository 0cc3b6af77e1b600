//! Evaluation: graph in, numbers out. Nothing is differentiated here.

mod bounded;
mod certified;
mod contract;
mod decimal;
mod double_double;
mod error;
mod evaluate;
mod gates;
mod point;
mod precise;
mod product;
mod separation;
mod series;
mod value;

use wrt_core::{Array, Computed, Graph, Id, Real};

pub use bounded::{Bounded, BoundedSingle, Rounded};
pub use certified::{Certified, MAX_DIGITS, MAX_RAISED_WORK, certified, certify, exact, nearest_doubles, values_at};
pub use decimal::decimal;
pub use double_double::DoubleDouble;
pub use error::EvaluationError;
pub use evaluate::{Repeated, Values, array_work};
pub use point::{Point, Sizes};
pub use precise::Precise;
pub use series::{Leading, Series};
pub use value::MAX_ENTRIES;

use evaluate::Evaluation;
use value::Value;

/// The values of `roots` at a point, each operation as it stands in the graph.
///
/// A node that the point gives a value has that value, whatever stands below it; so an inner node can be nudged too.
///
/// A factor that is a `where` with a zero branch switches its product off, whatever the other factors are.
///
/// `like` is any number of the kind (and precision) wanted.
///
/// # Errors
/// For a name without a value, a dimension without a size, a value of another shape than its name, or more than
/// [`MAX_ENTRIES`] entries, or more than 2 GiB in all at one time.
///
/// ```
/// use wrt_core::{Array, Assumptions, Graph, Role};
/// use wrt_run::{Point, evaluate};
/// let mut g = Graph::new();
/// let n = g.dim_name("n");
/// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
/// let total = g.sum_over(x, &[0]);
/// let values = vec![(x, Array { shape: vec![3], data: vec![1.0, 2.0, 3.0] })];
/// let at = Point { values, sizes: vec![("n".into(), 3)] };
/// assert_eq!(evaluate(&g, &[total], &at, &0.0).unwrap()[0].data, [6.0]);
/// ```
pub fn evaluate<N: Evaluable>(
    graph: &Graph,
    roots: &[Id],
    at: &Point<N>,
    like: &N,
) -> Result<Vec<Array<N>>, EvaluationError> {
    N::roots(graph, roots, at, like)
}

/// The values of all nodes below `roots` at a point.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_all<N: Evaluable>(
    graph: &Graph,
    roots: &[Id],
    at: &Point<N>,
    like: &N,
) -> Result<Values<N>, EvaluationError> {
    N::all(graph, roots, at, like)
}

/// A kind of number that graphs are evaluated in. [`evaluable`] compiles the evaluator for it in the crate where the kind
/// is at home: once, and not again in each crate that evaluates.
pub trait Evaluable: Computed {
    /// See [`evaluate`].
    #[doc(hidden)]
    fn roots(graph: &Graph, roots: &[Id], at: &Point<Self>, like: &Self) -> Result<Vec<Array<Self>>, EvaluationError>;

    /// See [`evaluate_all`].
    #[doc(hidden)]
    fn all(graph: &Graph, roots: &[Id], at: &Point<Self>, like: &Self) -> Result<Values<Self>, EvaluationError>;
}

/// Makes kinds of numbers [`Evaluable`].
#[macro_export]
macro_rules! evaluable {
    ($($number:ty),* $(,)?) => {$(
        impl $crate::Evaluable for $number {
            fn roots(
                graph: &wrt_core::Graph,
                roots: &[wrt_core::Id],
                at: &$crate::Point<Self>,
                like: &Self,
            ) -> Result<Vec<wrt_core::Array<Self>>, $crate::EvaluationError> {
                $crate::evaluated::roots(graph, roots, at, like)
            }

            fn all(
                graph: &wrt_core::Graph,
                roots: &[wrt_core::Id],
                at: &$crate::Point<Self>,
                like: &Self,
            ) -> Result<$crate::Values<Self>, $crate::EvaluationError> {
                $crate::evaluated::all(graph, roots, at, like)
            }
        }
    )*};
}

wrt_core::computed!(Bounded, DoubleDouble, Precise, Series);
#[cfg(feature = "single-bounds")]
wrt_core::computed!(BoundedSingle);
evaluable!(f32, f64, Bounded, DoubleDouble, Precise, Series);

/// What [`evaluable`] compiles for each kind of number.
#[doc(hidden)]
pub mod evaluated {
    use super::*;

    pub fn roots<N: Computed>(
        graph: &Graph,
        roots: &[Id],
        at: &Point<N>,
        like: &N,
    ) -> Result<Vec<Array<N>>, EvaluationError> {
        let given = given(at);
        let evaluation = Evaluation::new(graph, &given, &at.sizes, like, 0);
        Ok(evaluation.roots(roots)?.into_iter().map(Value::into_array).collect())
    }

    pub fn all<N: Computed>(
        graph: &Graph,
        roots: &[Id],
        at: &Point<N>,
        like: &N,
    ) -> Result<Values<N>, EvaluationError> {
        let given = given(at);
        Evaluation::new(graph, &given, &at.sizes, like, 0).all(roots, true)
    }
}

fn given<N: Real>(at: &Point<N>) -> Vec<(Id, Value<N>)> {
    at.values.iter().map(|(id, a)| (*id, Value::from(a.clone()))).collect()
}
