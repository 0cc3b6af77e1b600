//! Formulas of two graphs compared by what they are, not by where they stand.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::graph::{Graph, Id, Node};
use crate::nodes::NodeMap;

/// The nodes below some roots, each once, numbered as a walk from the roots meets them: children first.
struct Walk<'g> {
    graph: &'g Graph,
    order: Vec<Id>,
    place: NodeMap<u32>,
}

impl<'g> Walk<'g> {
    fn new(graph: &'g Graph, roots: &[Id]) -> Walk<'g> {
        let mut walk = Walk { graph, order: Vec::new(), place: NodeMap::default() };
        let mut seen: NodeMap<bool> = NodeMap::default();
        let mut stack: Vec<(Id, bool)> = roots.iter().rev().map(|r| (*r, false)).collect();
        while let Some((id, left)) = stack.pop() {
            if left {
                walk.place.insert(id, walk.order.len() as u32);
                walk.order.push(id);
            } else if !seen.of(id) {
                seen.insert(id, true);
                stack.push((id, true));
                graph.for_each_child(id, |c| stack.push((c, false)));
            }
        }
        walk
    }

    fn place(&self, id: Id) -> Option<u32> {
        self.place.get(id).copied()
    }

    fn places(&self, ids: &[Id]) -> Vec<Option<u32>> {
        ids.iter().map(|id| self.place(*id)).collect()
    }

    fn has_dims_of(&self, id: Id, other: &Walk<'_>, twin: Id) -> bool {
        let (own, others) = (self.graph.dims(id), other.graph.dims(twin));
        own.len() == others.len()
            && own.iter().zip(others).all(|(a, b)| self.graph.dimension(*a) == other.graph.dimension(*b))
    }

    /// Is the node what `twin` is, where their children are known to be?
    fn is(&self, id: Id, other: &Walk<'_>, twin: Id) -> bool {
        if !self.has_dims_of(id, other, twin) {
            return false;
        }
        let alike = |own: &[Id], others: &[Id]| self.places(own) == other.places(others);
        match (self.graph.node(id), other.graph.node(twin)) {
            (Node::Number(a), Node::Number(b)) => a == b,
            (Node::Constant(a), Node::Constant(b)) => a == b,
            (Node::Symbol(a), Node::Symbol(b)) => a == b,
            (Node::Sum(a), Node::Sum(b)) => {
                let same = |(a, b): (&crate::Term, &crate::Term)| {
                    a.coefficient == b.coefficient && self.place(a.node) == other.place(b.node)
                };
                a.len() == b.len() && a.iter().zip(b).all(same)
            }
            (Node::Contraction(a, own), Node::Contraction(b, others)) => {
                let (own, others) = (self.graph.labels(own), other.graph.labels(others));
                let sizes = own.dims.iter().zip(&others.dims);
                alike(a, b)
                    && own.output == others.output
                    && own.factors == others.factors
                    && own.dims.len() == others.dims.len()
                    && sizes.into_iter().all(|(x, y)| self.graph.dimension(*x) == other.graph.dimension(*y))
            }
            (Node::Map(p, a), Node::Map(q, b)) => p == q && alike(a, b),
            (Node::Operation(p, a), Node::Operation(q, b)) => p == q && alike(a, b),
            _ => false,
        }
    }
}

/// Are these formulas of two graphs the same: names by their names, everything else by what it is made of?
///
/// ```
/// use wrt_core::{Graph, same_structure};
/// let (mut g, mut h) = (Graph::new(), Graph::new());
/// h.symbol("unused");
/// let [a, b] = [&mut g, &mut h].map(|g| {
///     let x = g.symbol("x");
///     g.mul(x, x)
/// });
/// assert!(same_structure((&g, &[a]), (&h, &[b])));
/// ```
pub fn same_structure((a, roots): (&Graph, &[Id]), (b, others): (&Graph, &[Id])) -> bool {
    let (own, other) = (Walk::new(a, roots), Walk::new(b, others));
    own.order.len() == other.order.len()
        && own.places(roots) == other.places(others)
        && own.order.iter().zip(&other.order).all(|(x, y)| own.is(*x, &other, *y))
}

/// A number that is the same for formulas of the same structure.
pub fn structure_hash(graph: &Graph, roots: &[Id]) -> u64 {
    let walk = Walk::new(graph, roots);
    let mut state = DefaultHasher::new();
    walk.places(roots).hash(&mut state);
    for &id in &walk.order {
        std::mem::discriminant(&graph.node(id)).hash(&mut state);
        match graph.node(id) {
            Node::Number(n) => n.hash(&mut state),
            Node::Symbol(s) => s.name.hash(&mut state),
            Node::Map(p, _) => p.hash(&mut state),
            Node::Operation(o, _) => o.name().hash(&mut state),
            _ => {}
        }
        graph.for_each_child(id, |c| walk.place(c).hash(&mut state));
    }
    state.finish()
}
