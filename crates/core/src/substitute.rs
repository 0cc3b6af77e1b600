//! Replacing nodes by others, everything above them rebuilt.

use crate::graph::{Graph, Id, Node, Term};
use crate::shape::LabelsId;

/// The node `root` with each `(from, to)` replaced, all at once; `None` when the graph would exceed `limit` nodes.
///
/// The cost is linear in the nodes below `root`.
pub fn substitute(graph: &mut Graph, root: Id, pairs: &[(Id, Id)], limit: usize) -> Option<Id> {
    let below = graph.reachable(&[root]);
    if graph.len() + below.len() > limit {
        return None;
    }
    let mut new: Vec<Option<Id>> = vec![None; root.index() + 1];
    for (from, to) in pairs {
        if let Some(slot) = new.get_mut(from.index()) {
            *slot = Some(*to);
        }
    }
    for id in below {
        if new[id.index()].is_some() {
            continue;
        }
        let image = |c: Id| new[c.index()].unwrap_or(c);
        let mut changed = false;
        graph.for_each_child(id, |c| changed |= image(c) != c);
        if changed {
            let rebuilt = rebuild(graph, id, image);
            new[id.index()] = Some(rebuilt);
        }
    }
    Some(new[root.index()].unwrap_or(root))
}

/// The same node on other children.
pub fn rebuild(graph: &mut Graph, id: Id, image: impl Fn(Id) -> Id) -> Id {
    match graph.node(id) {
        Node::Sum(terms) => {
            let terms: Vec<Term> = terms.iter().map(|t| Term::new(t.coefficient.clone(), image(t.node))).collect();
            graph.sum(&terms)
        }
        Node::Contraction(factors, labels) => {
            let factors: Vec<Id> = factors.iter().map(|f| image(*f)).collect();
            if labels == LabelsId::SCALAR { graph.product(&factors) } else { graph.relabelled(&factors, labels) }
        }
        Node::Map(primitive, args) => {
            let args: Vec<Id> = args.iter().map(|a| image(*a)).collect();
            graph.map(primitive, &args)
        }
        Node::Operation(_, args) => {
            let args: Vec<Id> = args.iter().map(|a| image(*a)).collect();
            graph.same_operation(id, &args)
        }
        Node::Number(_) | Node::Constant(_) | Node::Symbol(_) => id,
    }
}
