//! Derivatives: graph in, graph out. Nothing is evaluated here.
//!
//! Both modes read the table's derivative column and nothing else; reverse mode is the transposed sum of forward mode
//! (Griewank & Walther, "Evaluating Derivatives", 2008, chapters 3.1 and 3.2).

mod branches;
mod forward;
mod local;
mod reverse;
mod scan;

use std::fmt;

use wrt_core::{Graph, Id};

pub use forward::jvp;
use reverse::ReverseSweep;

/// A derivative that does not exist for a reason that stands in the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotDifferentiable {
    /// The name of the primitive or operation.
    pub name: &'static str,
    /// The argument, counted from 0.
    pub argument: usize,
    /// Why.
    pub reason: &'static str,
}

impl fmt::Display for NotDifferentiable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments = wrt_core::Primitive::from_name(self.name).map(|p| p.row().arguments);
        let argument = match arguments.and_then(|names| names.get(self.argument)) {
            Some(name) => (*name).to_string(),
            None => (self.argument + 1).to_string(),
        };
        write!(f, "{} has no derivative with respect to its argument {argument}: {}", self.name, self.reason)
    }
}

impl std::error::Error for NotDifferentiable {}

/// The partial derivatives of `root` with respect to each of `wrt`, by one reverse sweep; each has the shape of its
/// variable behind the axes of `root`, which are none where `root` is a scalar.
///
/// The cost is linear in the nodes between `wrt` and `root`; shared subexpressions stay shared.
///
/// # Errors
/// [`NotDifferentiable`] where the table says so.
///
/// ```
/// use wrt_core::{Graph, Primitive};
/// let mut g = Graph::new();
/// let (x, y) = (g.symbol("x"), g.symbol("y"));
/// let (sine, cosine) = (g.map(Primitive::Sin, &[y]), g.map(Primitive::Cos, &[y]));
/// let (f, by_y) = (g.mul(x, sine), g.mul(x, cosine));
/// assert_eq!(wrt_differentiate::gradient(&mut g, f, &[x, y]).unwrap(), [sine, by_y]);
/// ```
pub fn gradient(graph: &mut Graph, root: Id, wrt: &[Id]) -> Result<Vec<Id>, NotDifferentiable> {
    let mut sweep = ReverseSweep::new(graph.len());
    sweep.gradient(graph, root, wrt)
}

/// Backprop by way of some nodes between: the derivative of a scalar `root` with respect to each node of `via`, in terms
/// of the symbols of those nearer to the root, and the partial derivatives with respect to each of `wrt`, in terms of
/// the symbols.
///
/// # Errors
/// As [`gradient`].
pub fn gradient_via(
    graph: &mut Graph,
    root: Id,
    wrt: &[Id],
    via: &[(Id, Id)],
) -> Result<(Vec<Id>, Vec<Id>), NotDifferentiable> {
    let mut sweep = ReverseSweep::new(graph.len());
    sweep.gradient_via(graph, root, wrt, via)
}

/// The vector-Jacobian product: the derivative of the product of `root` with `adjoint`, which has its shape.
///
/// # Errors
/// As [`gradient`].
pub fn vjp(graph: &mut Graph, root: Id, wrt: &[Id], adjoint: Id) -> Result<Vec<Id>, NotDifferentiable> {
    let mut sweep = ReverseSweep::new(graph.len());
    sweep.pull(graph, root, wrt, adjoint, 0)
}

/// All second partial derivatives, row by row: at `[i][j]` with the axes of `wrt[i]`, then those of `wrt[j]`. The matrix
/// is symmetric, and structural zeros cost nothing.
///
/// # Errors
/// As [`gradient`].
pub fn hessian(graph: &mut Graph, root: Id, wrt: &[Id]) -> Result<Vec<Vec<Id>>, NotDifferentiable> {
    let first = gradient(graph, root, wrt)?;
    jacobian(graph, &first, wrt)
}

/// The partial derivatives of each root with respect to each of `wrt`: the axes of the root, then those of the variable.
///
/// Reverse mode, but forward mode where that is narrower: for a variable with fewer axes than the root.
///
/// # Errors
/// As [`gradient`].
pub fn jacobian(graph: &mut Graph, roots: &[Id], wrt: &[Id]) -> Result<Vec<Vec<Id>>, NotDifferentiable> {
    rows(graph, roots, wrt, &vec![0; roots.len()])
}

/// As [`jacobian`], but each root by the variables from a place in the list on: what is left of a matrix that is symmetric.
///
/// # Errors
/// As [`gradient`].
///
/// ```
/// use wrt_core::Graph;
/// let mut g = Graph::new();
/// let (x, y) = (g.symbol("x"), g.symbol("y"));
/// let f = g.product(&[x, y, y]);
/// let first = wrt_differentiate::gradient(&mut g, f, &[x, y]).unwrap();
/// let rows = wrt_differentiate::rows(&mut g, &first, &[x, y], &[0, 1]).unwrap();
/// assert_eq!((rows[0].len(), rows[1].len()), (2, 1));
/// assert_eq!(rows[0][0], g.integer(0));
/// ```
pub fn rows(graph: &mut Graph, roots: &[Id], wrt: &[Id], from: &[usize]) -> Result<Vec<Vec<Id>>, NotDifferentiable> {
    let ranks: Vec<usize> = roots.iter().map(|root| graph.rank(*root)).collect();
    let narrow = |graph: &Graph, x: Id, root: usize| graph.rank(x) < ranks[root];
    let wanted = |root: usize| from.get(root).copied().unwrap_or(0)..wrt.len();
    let mut rows: Vec<Vec<Option<Id>>> = (0..roots.len()).map(|root| vec![None; wanted(root).len()]).collect();
    for (k, &x) in wrt.iter().enumerate() {
        let above: Vec<usize> = (0..roots.len()).filter(|r| wanted(*r).contains(&k) && narrow(graph, x, *r)).collect();
        if above.is_empty() {
            continue;
        }
        let below: Vec<Id> = above.iter().map(|r| roots[*r]).collect();
        for (r, column) in above.iter().zip(forward::columns(graph, &below, x)?) {
            rows[*r][k - wanted(*r).start] = Some(column);
        }
    }
    let mut sweep = ReverseSweep::new(graph.len());
    for (r, row) in rows.iter_mut().enumerate() {
        let wide: Vec<Id> = wanted(r).map(|k| wrt[k]).filter(|x| !narrow(graph, *x, r)).collect();
        let mut found = sweep.gradient(graph, roots[r], &wide)?.into_iter();
        row.iter_mut().filter(|entry| entry.is_none()).for_each(|entry| *entry = found.next());
    }
    Ok(rows.into_iter().map(|row| row.into_iter().flatten().collect()).collect())
}
