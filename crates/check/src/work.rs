//! What nudging costs against backprop, counted on a graph.

use wrt_core::{Graph, Id, Node};
use wrt_differentiate::{NotDifferentiable, gradient};

/// Steps of work; a step is one operation of the graph.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Work {
    /// N, the inputs.
    pub inputs: usize,
    /// P, the operations of one evaluation.
    pub operations: usize,
    /// The operations of the value and all derivatives by backprop, as the rules give them.
    pub backprop: usize,
    /// N·P + P: the value, and once again for each input.
    pub nudging: usize,
}

/// Counts the work on this very formula.
///
/// # Errors
/// [`NotDifferentiable`] where the table has no derivative.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "a*b*c*d*e", &Scope::default()).unwrap().result;
/// let inputs = g.free_symbols(&[f]);
/// let work = wrt_check::work(&mut g, f, &inputs).unwrap();
/// assert!(work.backprop < work.nudging);
/// ```
pub fn work(graph: &mut Graph, f: Id, wrt: &[Id]) -> Result<Work, NotDifferentiable> {
    let partials = gradient(graph, f, wrt)?;
    let operations = operations(graph, &[f]);
    let mut all = vec![f];
    all.extend(partials);
    let backprop = self::operations(graph, &all);
    Ok(Work { inputs: wrt.len(), operations, backprop, nudging: (wrt.len() + 1) * operations })
}

/// Additions, multiplications and functions: a sum of n terms is n - 1 additions and one product for each factor.
fn operations(graph: &Graph, roots: &[Id]) -> usize {
    let count = |id: Id| match graph.node(id) {
        Node::Number(_) | Node::Constant(_) | Node::Symbol(_) => 0,
        Node::Sum(terms) => {
            terms.len() - 1 + terms.iter().filter(|t| t.coefficient.abs() != wrt_core::Number::ONE).count()
        }
        Node::Contraction(factors, _) => factors.len().saturating_sub(1),
        Node::Map(..) | Node::Operation(..) => 1,
    };
    graph.reachable(roots).into_iter().map(count).sum()
}
