//! What is below a node.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;

use super::{Graph, Id, Node};
use crate::work;

/// Up to this many, a list is as fast to search as a set.
const LISTED: usize = 32;

impl Graph {
    /// Calls `visit` with each child.
    #[inline]
    pub fn for_each_child(&self, id: Id, mut visit: impl FnMut(Id)) {
        match self.node(id) {
            Node::Sum(terms) => terms.iter().for_each(|t| visit(t.node)),
            Node::Contraction(factors, _) => factors.iter().for_each(|&c| visit(c)),
            Node::Map(_, args) | Node::Operation(_, args) => args.iter().for_each(|&c| visit(c)),
            Node::Number(_) | Node::Constant(_) | Node::Symbol(_) => {}
        }
    }

    /// All nodes below the roots (and the roots), children first.
    ///
    /// As children come before parents, one loop from the top down marks them all, at the cost of the positions below the
    /// roots. Where few nodes are reached in a large graph, as in a session of many formulas, they are searched instead.
    pub fn reachable(&self, roots: &[Id]) -> Vec<Id> {
        // Beside those of the graph, this many cost nothing.
        if let Some(few) = self.reachable_within(roots, LISTED.max(self.len() / 64)) {
            return few;
        }
        let Some(top) = roots.iter().max() else { return Vec::new() };
        work::step(top.index());
        let mut seen = vec![false; top.index() + 1];
        roots.iter().for_each(|r| seen[r.index()] = true);
        let mut count = 0;
        for k in (0..seen.len()).rev() {
            if seen[k] {
                count += 1;
                self.for_each_child(Id::from_index(k), |c| seen[c.index()] = true);
            }
        }
        let mut order = Vec::with_capacity(count);
        order.extend((0..seen.len()).filter(|&k| seen[k]).map(Id::from_index));
        order
    }

    /// As [`Graph::reachable`] where that is at most this many nodes; none where it is more, at a cost that does not grow
    /// with the graph.
    ///
    /// ```
    /// use wrt_core::Graph;
    /// let mut g = Graph::new();
    /// let (x, y) = (g.symbol("x"), g.symbol("y"));
    /// let f = g.mul(x, y);
    /// assert_eq!(g.reachable_within(&[f], 3), Some(vec![x, y, f]));
    /// assert_eq!(g.reachable_within(&[f], 2), None);
    /// ```
    pub fn reachable_within(&self, roots: &[Id], few: usize) -> Option<Vec<Id>> {
        let mut found: Vec<Id> = Vec::with_capacity(LISTED + 1);
        let mut set: HashSet<Id, BuildHasherDefault<FxHasher>> = HashSet::default();
        let mut visit = |id: Id, found: &mut Vec<Id>| {
            if found.len() < LISTED {
                if !found.contains(&id) {
                    found.push(id);
                }
                return;
            }
            if set.is_empty() {
                set.extend(found.iter().copied());
            }
            if set.insert(id) {
                found.push(id);
            }
        };
        let mut next = 0;
        for &root in roots {
            visit(root, &mut found);
        }
        while next < found.len() {
            if found.len() > few {
                return None;
            }
            self.for_each_child(found[next], |c| visit(c, &mut found));
            next += 1;
        }
        (found.len() <= few).then(|| {
            found.sort_unstable();
            found
        })
    }

    /// The free names below the roots, in the order of their first node.
    pub fn free_symbols(&self, roots: &[Id]) -> Vec<Id> {
        let mut found = self.reachable(roots);
        found.retain(|&id| matches!(self.node(id), Node::Symbol(_)));
        found
    }
}
