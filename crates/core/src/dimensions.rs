//! The dimensions that a formula names, wherever it does.

use std::collections::HashSet;

use crate::graph::{Graph, Id, Node, Role};
use crate::shape::{Dim, Dimension};
use crate::table::Operation;

/// The dimensions of the nodes below these, of their labels, and of the steps of scans, each once.
///
/// ```
/// use wrt_core::{Assumptions, Graph, Role, dimensions};
/// let mut g = Graph::new();
/// let (m, n) = (g.dim_name("m"), g.dim_name("n"));
/// let a = g.tensor_symbol("A", Role::Variable, &[m, n], Assumptions::default());
/// let found: Vec<String> = dimensions(&g, &[a]).iter().map(ToString::to_string).collect();
/// assert_eq!(found, ["m", "n"]);
/// ```
pub fn dimensions(graph: &Graph, roots: &[Id]) -> Vec<Dimension> {
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    let mut note = |d: Dimension| {
        if known.insert(d.clone()) {
            found.push(d);
        }
    };
    let mut open: Vec<(&Graph, Vec<Id>)> = vec![(graph, roots.to_vec())];
    while let Some((graph, roots)) = open.pop() {
        let mut seen: HashSet<Dim> = HashSet::new();
        for id in graph.reachable(&roots) {
            let labelled = match graph.node(id) {
                Node::Contraction(_, labels) => graph.labels(labels).dims.as_slice(),
                Node::Symbol(s) if s.role == Role::Dimension => {
                    note(Dimension::name(&s.name));
                    &[]
                }
                Node::Operation(Operation::Scan(scan), _) => {
                    open.push((scan.step.graph(), scan.step.roots()));
                    &[]
                }
                _ => &[],
            };
            let own = graph.dims(id).iter().chain(labelled).filter(|d| seen.insert(**d));
            own.for_each(|d| note(graph.dimension(*d).clone()));
        }
    }
    found
}
