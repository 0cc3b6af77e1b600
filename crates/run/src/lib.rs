//! Evaluation: graph in, numbers out. Nothing is differentiated here.

mod bounded;
mod certified;
mod contract;
mod decimal;
mod error;
mod evaluate;
mod gates;
mod precise;
mod value;

use std::cell::Cell;

use wrt_core::{Array, Graph, Id, Real};

pub use bounded::Bounded;
pub use certified::{Certified, MAX_DIGITS, certified, certify, exact, values_at};
pub use decimal::decimal;
pub use error::EvaluationError;
pub use evaluate::{Values, array_work};
pub use precise::Precise;
pub use value::MAX_ENTRIES;

use evaluate::Evaluation;
use value::Value;

/// Values of symbols.
pub type Bindings<'a, N> = &'a [(Id, N)];

/// The values of `roots` where names have these values and named dimensions these sizes, each operation as it stands in
/// the graph.
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
/// let mut g = Graph::new();
/// let n = g.dim_name("n");
/// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
/// let total = g.sum_over(x, &[0]);
/// let at = [(x, Array { shape: vec![3], data: vec![1.0, 2.0, 3.0] })];
/// let value = wrt_run::evaluate_arrays(&g, &[total], &at, &[("n".into(), 3)], &0.0).unwrap();
/// assert_eq!(value[0].data, [6.0]);
/// ```
pub fn evaluate_arrays<N: Real>(
    graph: &Graph,
    roots: &[Id],
    at: &[(Id, Array<N>)],
    sizes: &[(String, usize)],
    like: &N,
) -> Result<Vec<Array<N>>, EvaluationError> {
    let at: Vec<(Id, Value<N>)> = at.iter().map(|(id, a)| (*id, Value::from(a.clone()))).collect();
    let evaluation = Evaluation { graph, at: &at, sizes, like, bytes: Cell::new(0) };
    Ok(evaluation.roots(roots)?.into_iter().map(Value::into_array).collect())
}

/// As [`evaluate_arrays`], of numbers.
///
/// # Errors
/// As [`evaluate_arrays`].
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "w^2", &Scope::default()).unwrap().result;
/// let w = g.find_symbol("w").unwrap();
/// assert_eq!(wrt_run::evaluate(&g, &[f], &[(w, 3.0)], &0.0).unwrap(), [9.0]);
/// ```
pub fn evaluate<N: Real>(
    graph: &Graph,
    roots: &[Id],
    at: Bindings<'_, N>,
    like: &N,
) -> Result<Vec<N>, EvaluationError> {
    let at: Vec<(Id, Value<N>)> = at.iter().map(|(id, n)| (*id, Value::Number(n.clone()))).collect();
    let evaluation = Evaluation { graph, at: &at, sizes: &[], like, bytes: Cell::new(0) };
    Ok(evaluation.roots(roots)?.iter().map(|v| v.entry(0).clone()).collect())
}

/// The values of all nodes below `roots` at a point.
///
/// # Errors
/// As [`evaluate_arrays`].
pub fn evaluate_all<N: Real>(
    graph: &Graph,
    roots: &[Id],
    at: Bindings<'_, N>,
    like: &N,
) -> Result<Values<N>, EvaluationError> {
    let at: Vec<(Id, Value<N>)> = at.iter().map(|(id, n)| (*id, Value::Number(n.clone()))).collect();
    Evaluation { graph, at: &at, sizes: &[], like, bytes: Cell::new(0) }.all(roots, true)
}
