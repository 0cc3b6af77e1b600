//! Under which conditions a node's value is needed: in which branches it stands.

use wrt_core::{Graph, Id, Node, NodeMap, Primitive};

/// A condition, and whether it holds.
pub(super) type Taken = (Id, bool);

/// Of each node of a formula the conditions that hold wherever its value is needed, sorted.
#[derive(Default)]
pub(super) struct Conditions(NodeMap<Vec<Taken>>);

impl Conditions {
    /// Of all nodes of an order, children first, that ends with the formula itself.
    pub(super) fn of(graph: &Graph, order: &[Id]) -> Conditions {
        let mut found = Conditions::default();
        if !order.iter().any(|id| matches!(graph.node(*id), Node::Map(Primitive::Select, _))) {
            return found;
        }
        for &id in order.iter().rev() {
            let own = found.0.get(id).cloned().unwrap_or_default();
            match graph.node(id) {
                Node::Map(Primitive::Select, &[condition, yes, no]) => {
                    found.need(condition, own.clone());
                    for (branch, holds) in [(yes, true), (no, false)] {
                        let mut all = own.clone();
                        if let Err(at) = all.binary_search(&(condition, holds)) {
                            all.insert(at, (condition, holds));
                        }
                        found.need(branch, all);
                    }
                }
                _ => graph.for_each_child(id, |c| found.need(c, own.clone())),
            }
        }
        found
    }

    /// A node is needed there, too.
    fn need(&mut self, id: Id, conditions: Vec<Taken>) {
        let all = match self.0.get(id) {
            Some(known) => known.iter().filter(|taken| conditions.contains(taken)).copied().collect(),
            None => conditions,
        };
        self.0.insert(id, all);
    }

    /// What holds wherever a node is needed.
    pub(super) fn at(&self, id: Id) -> &[Taken] {
        self.0.get(id).map_or(&[], Vec::as_slice)
    }

    /// Is a node needed in some branches only?
    pub(super) fn any(&self, id: Id) -> bool {
        !self.at(id).is_empty()
    }
}
