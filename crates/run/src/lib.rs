//! Evaluation: graph in, numbers out. Nothing is differentiated here.

mod bounded;
mod certified;
mod contract;
mod decimal;
mod error;
mod evaluate;
mod gates;
mod point;
mod precise;
mod series;
mod value;

use wrt_core::{Array, Graph, Id, Real};

pub use bounded::Bounded;
pub use certified::{Certified, MAX_DIGITS, certified, certify, exact, values_at};
pub use decimal::decimal;
pub use error::EvaluationError;
pub use evaluate::{Values, array_work};
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
pub fn evaluate<N: Real>(
    graph: &Graph,
    roots: &[Id],
    at: &Point<N>,
    like: &N,
) -> Result<Vec<Array<N>>, EvaluationError> {
    let given = given(at);
    let evaluation = Evaluation::new(graph, &given, &at.sizes, like, 0);
    Ok(evaluation.roots(roots)?.into_iter().map(Value::into_array).collect())
}

/// The values of all nodes below `roots` at a point.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_all<N: Real>(
    graph: &Graph,
    roots: &[Id],
    at: &Point<N>,
    like: &N,
) -> Result<Values<N>, EvaluationError> {
    let given = given(at);
    Evaluation::new(graph, &given, &at.sizes, like, 0).all(roots, true)
}

fn given<N: Real>(at: &Point<N>) -> Vec<(Id, Value<N>)> {
    at.values.iter().map(|(id, a)| (*id, Value::from(a.clone()))).collect()
}
