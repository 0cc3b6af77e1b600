//! Hash consing: a node that equals one in the graph is that one, unless a name sets it apart.
//!
//! Ershov, "On programming of arithmetic operations" (1958). Children are ids, so that comparing two nodes compares their
//! ids and never walks what is below.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use super::{Graph, Id, Node, NodeKind, Record, Symbol, Term};
use crate::number::Number;
use crate::shape::ShapeId;

pub(crate) fn hash_of(parts: impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    parts.hash(&mut hasher);
    // The table takes its bits from the top, where a multiplicative hash is best; fold once for the bottom.
    let h = hasher.finish();
    h ^ (h >> 29)
}

/// The hash by which the constructors look a node up: of its kind and what it is made of.
fn hash_of_entry(e: Record, children: &[Id], terms: &[Term], numbers: &[Number], symbols: &[Symbol]) -> u64 {
    let range = e.start as usize..(e.start + e.length) as usize;
    match e.kind {
        NodeKind::Number => hash_of((0u8, &numbers[e.start as usize])),
        NodeKind::Constant(c) => hash_of((1u8, c)),
        NodeKind::Symbol => hash_of((2u8, symbols[e.start as usize].name.as_str())),
        NodeKind::Sum => hash_of((3u8, &terms[range])),
        NodeKind::Contraction(l) => hash_of((4u8, l, &children[range])),
        NodeKind::Map(p) => hash_of((5u8, p, &children[range])),
        NodeKind::Operation(o) => hash_of((6u8, o, &children[range])),
    }
}

impl Graph {
    pub(super) fn push(&mut self, kind: NodeKind, shape: ShapeId, start: usize, length: usize, hash: u64) -> Id {
        let id = self.next_id();
        self.records.push(Record { kind, shape, start: start as u32, length: length as u32, symmetric: false });
        self.intern(id, hash);
        self.note_symmetry(id)
    }

    fn intern(&mut self, id: Id, hash: u64) {
        let Graph { interned, records, children, terms, numbers, symbols, .. } = self;
        // The table asks again for the hashes of what it holds when it grows.
        interned
            .insert_unique(hash, id, |&other| hash_of_entry(records[other.index()], children, terms, numbers, symbols));
    }

    fn hash_at(&self, id: Id) -> u64 {
        hash_of_entry(self.records[id.index()], &self.children, &self.terms, &self.numbers, &self.symbols)
    }

    /// The id that the next node gets.
    fn next_id(&self) -> Id {
        // 2^32 nodes do not fit into the memory of any machine that this runs on, and every reader has a limit far below.
        Id(u32::try_from(self.records.len()).expect("a graph holds fewer than 2^32 nodes"))
    }

    fn is_equal(&self, a: Id, b: Id) -> bool {
        self.records[a.index()].kind == self.records[b.index()].kind
            && match (self.node(a), self.node(b)) {
                (Node::Number(x), Node::Number(y)) => x == y,
                (Node::Symbol(x), Node::Symbol(y)) => x.name == y.name,
                (Node::Sum(x), Node::Sum(y)) => x == y,
                (Node::Contraction(x, _), Node::Contraction(y, _))
                | (Node::Map(_, x), Node::Map(_, y))
                | (Node::Operation(_, x), Node::Operation(_, y)) => x == y,
                _ => true,
            }
    }

    pub(super) fn find(&self, hash: u64, same: impl Fn(Node<'_>) -> bool) -> Option<Id> {
        self.interned.find(hash, |&id| same(self.node(id))).copied()
    }

    /// From here on, what is built equal to this node is another node, until it is [rejoined](Graph::rejoin): a name that
    /// a person gives means the node, not whatever equals it.
    ///
    /// ```
    /// use wrt_core::Graph;
    /// let mut g = Graph::new();
    /// let w = g.symbol("w");
    /// let a = g.mul(w, w);
    /// g.set_apart(a);
    /// assert_ne!(g.mul(w, w), a);
    /// g.rejoin(a);
    /// assert_eq!(g.mul(w, w), a);
    /// ```
    pub fn set_apart(&mut self, id: Id) {
        let hash = self.hash_at(id);
        if let Ok(found) = self.interned.find_entry(hash, |&other| other == id) {
            found.remove();
        }
    }

    /// From here on, what is built equal to this node is this node.
    pub fn rejoin(&mut self, id: Id) {
        let hash = self.hash_at(id);
        if let Some(equal) = self.interned.find(hash, |&other| self.is_equal(other, id)).copied() {
            self.set_apart(equal);
        }
        self.intern(id, hash);
    }

    /// A node with the value of this one that is set apart from it, and depends on it where that has a name: `of_name`.
    ///
    /// `a = w^2; b = a` makes `b` the sum of one term `a`, which no constructor makes; without a name in between, the
    /// children are stored once more, and the table of nodes never hears of the twin.
    pub fn twin(&mut self, id: Id, of_name: bool) -> Id {
        let Record { kind, shape, start, length, .. } = self.records[id.index()];
        let range = start as usize..(start + length) as usize;
        let (kind, start, length) = match kind {
            NodeKind::Sum if !of_name => {
                self.terms.extend_from_within(range);
                (kind, self.terms.len() - length as usize, length)
            }
            NodeKind::Contraction(_) | NodeKind::Map(_) | NodeKind::Operation(_) if !of_name => {
                self.children.extend_from_within(range);
                (kind, self.children.len() - length as usize, length)
            }
            _ => {
                self.terms.push(Term::one(id));
                (NodeKind::Sum, self.terms.len() - 1, 1)
            }
        };
        let own = self.next_id();
        self.records.push(Record { kind, shape, start: start as u32, length, symmetric: false });
        self.note_symmetry(own)
    }

    /// Notes what its children say of a new node.
    fn note_symmetry(&mut self, id: Id) -> Id {
        if self.shape(id) != ShapeId::SCALAR {
            self.records[id.index()].symmetric = self.is_symmetric_by_parts(id);
        }
        id
    }

    /// Is it certainly a matrix that equals its transpose?
    pub fn is_symmetric(&self, id: Id) -> bool {
        self.records[id.index()].symmetric
    }
}
