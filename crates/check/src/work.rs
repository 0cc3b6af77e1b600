//! What nudging costs against backprop, counted on a graph.

use wrt_core::{Graph, Id, Node};
use wrt_differentiate::{NotDifferentiable, gradient};
use wrt_run::{Sizes, array_work};

/// Steps of work; a step is one operation on numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Work {
    /// N, the numbers that are differentiated by: all entries of all names.
    pub inputs: u64,
    /// P, the operations of one evaluation.
    pub operations: u64,
    /// The operations of the value and all derivatives by backprop, as the rules give them.
    pub backprop: u64,
    /// N·P + P: the value, and once again for each input.
    pub nudging: u64,
}

/// Counts the work on this very formula, for these sizes of its dimensions.
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
/// let work = wrt_check::work(&mut g, f, &inputs, &Vec::new()).unwrap();
/// assert!(work.backprop < work.nudging);
/// ```
pub fn work(graph: &mut Graph, f: Id, wrt: &[Id], sizes: &Sizes) -> Result<Work, NotDifferentiable> {
    let partials = gradient(graph, f, wrt)?;
    let operations = operations(graph, &[f], sizes);
    let mut all = vec![f];
    all.extend(partials);
    let backprop = self::operations(graph, &all, sizes);
    let inputs = wrt.iter().map(|x| entries(graph, graph.dims(*x), sizes)).fold(0, u64::saturating_add);
    Ok(Work { inputs, operations, backprop, nudging: inputs.saturating_add(1).saturating_mul(operations) })
}

/// Additions, multiplications and functions, for each entry: a sum of n terms is n - 1 additions and one product for each
/// factor; a contraction multiplies for all values of its labels, and adds up those that it sums over.
fn operations(graph: &Graph, roots: &[Id], sizes: &Sizes) -> u64 {
    let count = |id: Id| {
        let own = entries(graph, graph.dims(id), sizes);
        match graph.node(id) {
            Node::Number(_) | Node::Constant(_) | Node::Symbol(_) => 0,
            Node::Sum(terms) => {
                let factors = terms.iter().filter(|t| t.coefficient.abs() != wrt_core::Number::ONE).count();
                own.saturating_mul((terms.len() - 1 + factors) as u64)
            }
            Node::Contraction(factors, labels) => {
                let all = entries(graph, &graph.labels(labels).dims, sizes);
                let products = all.saturating_mul(factors.len().saturating_sub(1) as u64);
                products.saturating_add(all.saturating_sub(own.max(1)))
            }
            Node::Map(..) => own,
            Node::Operation(_, args) => {
                array_work(graph, &[id], sizes).saturating_sub(array_work(graph, args, sizes)).max(1)
            }
        }
    };
    graph.reachable(roots).into_iter().map(count).fold(0, u64::saturating_add)
}

fn entries(graph: &Graph, dims: &[wrt_core::Dim], sizes: &Sizes) -> u64 {
    let known = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
    dims.iter().map(|d| graph.dimension(*d).evaluate(known).unwrap_or(1)).fold(1, u64::saturating_mul)
}
