//! Replacing nodes by others, everything above them rebuilt.

use crate::graph::{Graph, Id, Node, Origin, Term};
use crate::nodes::NodeMap;
use crate::shape::LabelsId;

/// What nodes become: each node above those that are replaced is rebuilt once, however many formulas it stands in.
///
/// ```
/// use wrt_core::{Graph, Substitution};
/// let mut g = Graph::new();
/// let (x, y) = (g.symbol("x"), g.symbol("y"));
/// let (f, expected) = (g.mul(x, x), g.mul(y, y));
/// let mut s = Substitution::default();
/// s.set(x, y);
/// assert_eq!(s.apply(&mut g, f), expected);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Substitution {
    new: NodeMap<Id>,
}

impl Substitution {
    /// From now on `from` becomes `to`. Formulas that were rebuilt before stay.
    pub fn set(&mut self, from: Id, to: Id) {
        self.new.insert(from, to);
    }

    /// The node with all that is replaced below it.
    pub fn apply(&mut self, graph: &mut Graph, root: Id) -> Id {
        for id in self.above(graph, root) {
            let mut changed = false;
            graph.for_each_child(id, |c| changed |= self.image(c) != c);
            let from = graph.len();
            let rebuilt = if changed { rebuild(graph, id, |c| self.image(c)) } else { id };
            graph.attribute(from, self.origin(graph, id));
            self.new.insert(id, rebuilt);
        }
        self.image(root)
    }

    /// What a node's origin is after the substitution.
    fn origin(&self, graph: &Graph, id: Id) -> Origin {
        match graph.origin(id) {
            Origin::Adjoint(of) => Origin::Adjoint(self.image(of)),
            Origin::Tangent(of) => Origin::Tangent(self.image(of)),
            other => other,
        }
    }

    fn image(&self, id: Id) -> Id {
        self.new.get(id).copied().unwrap_or(id)
    }

    /// The nodes from `root` down to those that are known, without these; children first.
    fn above(&self, graph: &Graph, root: Id) -> Vec<Id> {
        let mut seen: NodeMap<bool> = NodeMap::default();
        let (mut found, mut stack) = (Vec::new(), vec![root]);
        while let Some(id) = stack.pop() {
            if !self.new.has(id) && !seen.of(id) {
                seen.insert(id, true);
                found.push(id);
                graph.for_each_child(id, |c| stack.push(c));
            }
        }
        found.sort_unstable();
        found
    }
}

/// The node `root` with each `(from, to)` replaced, all at once; `None` when the graph would exceed `limit` nodes.
///
/// The cost is that of the nodes above those that are replaced.
pub fn substitute(graph: &mut Graph, root: Id, pairs: &[(Id, Id)], limit: usize) -> Option<Id> {
    let mut all = Substitution::default();
    pairs.iter().for_each(|(from, to)| all.set(*from, *to));
    if graph.len() + all.above(graph, root).len() > limit {
        return None;
    }
    Some(all.apply(graph, root))
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
