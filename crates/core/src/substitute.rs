//! Replacing nodes by others, everything above them rebuilt.

use std::collections::{HashMap, HashSet};

use crate::graph::{Graph, Id, Node, Term};
use crate::shape::LabelsId;

/// The node `root` with each `(from, to)` replaced, all at once; `None` when the graph would exceed `limit` nodes.
///
/// The cost is that of the nodes above those that are replaced.
pub fn substitute(graph: &mut Graph, root: Id, pairs: &[(Id, Id)], limit: usize) -> Option<Id> {
    let mut new: HashMap<Id, Id> = pairs.iter().copied().collect();
    let below = above(graph, root, &new);
    if graph.len() + below.len() > limit {
        return None;
    }
    for id in below {
        let image = |c: Id| new.get(&c).copied().unwrap_or(c);
        let mut changed = false;
        graph.for_each_child(id, |c| changed |= image(c) != c);
        if changed {
            let rebuilt = rebuild(graph, id, image);
            new.insert(id, rebuilt);
        }
    }
    Some(new.get(&root).copied().unwrap_or(root))
}

/// The nodes from `root` down to those that are replaced, without these; children first.
fn above(graph: &Graph, root: Id, replaced: &HashMap<Id, Id>) -> Vec<Id> {
    let (mut seen, mut stack) = (HashSet::new(), vec![root]);
    while let Some(id) = stack.pop() {
        if !replaced.contains_key(&id) && seen.insert(id) {
            graph.for_each_child(id, |c| stack.push(c));
        }
    }
    let mut found: Vec<Id> = seen.into_iter().collect();
    found.sort_unstable();
    found
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
