//! Calls with several results: a node is one result, and those of the same call of the same arguments belong together.
//!
//! So every node has one shape, and what runs a call or differentiates it does that once for all its results.

use std::collections::HashMap;

use crate::graph::{Graph, Id, Node};
use crate::table::Operation;

/// Those among some nodes that are results of calls, together with the other results of the same call.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    of: HashMap<Id, usize>,
    calls: Vec<Vec<Id>>,
}

impl Calls {
    /// Finds the calls among these nodes, children first.
    pub fn among(graph: &Graph, nodes: impl IntoIterator<Item = Id>) -> Calls {
        let mut found = Calls::default();
        let mut with_arguments: HashMap<&[Id], Vec<usize>> = HashMap::new();
        for id in nodes {
            let Node::Operation(Operation::Scan(scan), args) = graph.node(id) else { continue };
            let known = with_arguments.entry(args).or_default();
            let same = |call: &&usize| match graph.node(found.calls[**call][0]) {
                Node::Operation(Operation::Scan(other), _) => other.is_same_call(scan),
                _ => false,
            };
            let call = known.iter().find(same).copied().unwrap_or_else(|| {
                found.calls.push(Vec::new());
                known.push(found.calls.len() - 1);
                found.calls.len() - 1
            });
            found.calls[call].push(id);
            found.of.insert(id, call);
        }
        found
    }

    /// All results of the call that a node is a result of, lowest first; none where it is no call.
    pub fn results(&self, id: Id) -> Option<&[Id]> {
        self.of.get(&id).map(|call| &self.calls[*call][..])
    }
}
