//! The expression graph: an append-only arena of hash-consed nodes in topological order.
//!
//! Children come before parents, so that every pass is a loop over positions and none is a recursion. Nodes are never
//! changed and never removed: an id means the same for as long as the graph lives.

mod build;
mod constants;
mod intern;
mod node;
mod origin;
mod reach;

use hashbrown::HashTable;

pub(crate) use intern::hash_of;
pub use node::{Assumptions, Constant, Id, Node, Role, Symbol, Term};
pub use origin::{Location, LocationId, Origin};

use crate::interval::Interval;
use crate::number::Number;
use crate::shape::{Dim, Dimension, Interner, Labels, LabelsId, ShapeId};
use crate::table::{Operation, Primitive};
use crate::work;

static NO_LABELS: Labels = Labels { dims: Vec::new(), output: Vec::new(), factors: Vec::new() };

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum NodeKind {
    Number,
    Constant(Constant),
    Symbol,
    Sum,
    Contraction(LabelsId),
    Map(Primitive),
    Operation(u32),
}

#[derive(Clone, Copy, Debug)]
struct Record {
    kind: NodeKind,
    shape: ShapeId,
    length: u32,
    start: u32,
    /// Is it certainly a matrix that equals its transpose?
    symmetric: bool,
}

/// The arena. Nodes are interned: equal nodes have equal ids.
///
/// ```
/// use wrt_core::{Graph, Node};
/// let mut g = Graph::new();
/// let w = g.symbol("w");
/// let (a, b) = (g.mul(w, w), g.mul(w, w));
/// assert_eq!(a, b);
/// ```
#[derive(Clone, Default)]
pub struct Graph {
    records: Vec<Record>,
    children: Vec<Id>,
    terms: Vec<Term>,
    numbers: Vec<Number>,
    symbols: Vec<Symbol>,
    pub(crate) dimensions: Interner<Dimension>,
    pub(crate) shapes: Interner<Box<[Dim]>>,
    pub(crate) labels: Interner<Labels>,
    pub(crate) operations: Interner<Operation>,
    /// Names that the person gave to nodes (`a = 2 + 3*w`), in order.
    names: Vec<(Id, String)>,
    /// What nodes were made for, as far as it is known.
    origins: Vec<Origin>,
    locations: Vec<Location>,
    interned: HashTable<Id>,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Graph({} nodes)", self.len())
    }
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Graph {
        Graph {
            records: Vec::with_capacity(64),
            children: Vec::with_capacity(64),
            terms: Vec::with_capacity(16),
            numbers: Vec::with_capacity(8),
            symbols: Vec::with_capacity(4),
            origins: Vec::with_capacity(32),
            interned: HashTable::with_capacity(56),
            ..Graph::default()
        }
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Has it no node yet?
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The node at `id`.
    #[inline]
    pub fn node(&self, id: Id) -> Node<'_> {
        work::step(1);
        let record = self.records[id.index()];
        let range = record.start as usize..(record.start + record.length) as usize;
        match record.kind {
            NodeKind::Number => Node::Number(&self.numbers[record.start as usize]),
            NodeKind::Constant(c) => Node::Constant(c),
            NodeKind::Symbol => Node::Symbol(&self.symbols[record.start as usize]),
            NodeKind::Sum => Node::Sum(&self.terms[range]),
            NodeKind::Contraction(labels) => Node::Contraction(&self.children[range], labels),
            NodeKind::Map(p) => Node::Map(p, &self.children[range]),
            NodeKind::Operation(o) => Node::Operation(self.operations.get(o), &self.children[range]),
        }
    }

    /// The shape of a node's value.
    pub fn shape(&self, id: Id) -> ShapeId {
        self.records[id.index()].shape
    }

    /// The dimensions of a node's axes, outermost first; a scalar has none.
    pub fn dims(&self, id: Id) -> &[Dim] {
        match self.shape(id) {
            ShapeId::SCALAR => &[],
            ShapeId(k) => self.shapes.get(k - 1),
        }
    }

    /// The number of a node's axes.
    pub fn rank(&self, id: Id) -> usize {
        self.dims(id).len()
    }

    /// Has it no axis?
    pub fn is_scalar(&self, id: Id) -> bool {
        self.shape(id) == ShapeId::SCALAR
    }

    /// Has the node axes, or is it made of what has: an operation, or a product with labels?
    ///
    /// ```
    /// use wrt_core::{Graph, Role};
    /// let mut g = Graph::new();
    /// let n = g.dim_name("n");
    /// let x = g.tensor_symbol("x", Role::Data, &[n], Default::default());
    /// let (total, w) = (g.sum_over(x, &[0]), g.symbol("w"));
    /// assert!(g.is_scalar(total) && g.is_tensor(total) && !g.is_tensor(w));
    /// ```
    pub fn is_tensor(&self, id: Id) -> bool {
        match self.node(id) {
            Node::Operation(..) => true,
            Node::Contraction(_, labels) => !self.labels(labels).is_scalar() || !self.is_scalar(id),
            _ => !self.is_scalar(id),
        }
    }

    /// The axis labels behind an id.
    pub fn labels(&self, labels: LabelsId) -> &Labels {
        match labels {
            LabelsId::SCALAR => &NO_LABELS,
            LabelsId(k) => self.labels.get(k - 1),
        }
    }

    /// What a dimension is.
    pub fn dimension(&self, dim: Dim) -> &Dimension {
        self.dimensions.get(dim.0)
    }

    /// A shape as people write it: `[m, n]`.
    pub fn shape_text(&self, dims: &[Dim]) -> String {
        let parts: Vec<String> = dims.iter().map(|d| self.dimension(*d).to_string()).collect();
        format!("[{}]", parts.join(", "))
    }

    /// The dimensions of a node as people write them; none for a number.
    pub fn dimension_texts(&self, id: Id) -> Vec<String> {
        self.dims(id).iter().map(|d| self.dimension(*d).to_string()).collect()
    }

    /// The number at `id`, if it is one.
    pub fn as_number(&self, id: Id) -> Option<&Number> {
        match self.node(id) {
            Node::Number(n) => Some(n),
            _ => None,
        }
    }

    /// Is it the number zero, or a tensor of zeros?
    pub fn is_zero(&self, id: Id) -> bool {
        match self.node(id) {
            Node::Number(n) => n.is_zero(),
            Node::Sum([single]) => single.coefficient.is_zero(),
            _ => false,
        }
    }

    /// Is it the number one?
    pub fn is_one(&self, id: Id) -> bool {
        self.as_number(id).is_some_and(Number::is_one)
    }

    /// The name of a symbol node (empty for others).
    pub fn symbol_name(&self, id: Id) -> &str {
        match self.node(id) {
            Node::Symbol(s) => &s.name,
            _ => "",
        }
    }

    /// What is assumed of a symbol node (of others, nothing).
    pub fn assumptions(&self, id: Id) -> &Assumptions {
        const NOTHING: &Assumptions = &Assumptions {
            range: Interval { low: None, high: None },
            nonzero: false,
            integer: false,
            symmetric: false,
        };
        match self.node(id) {
            Node::Symbol(s) => &s.assumptions,
            _ => NOTHING,
        }
    }

    /// Gives a node the name that the person used for it.
    pub fn set_name(&mut self, id: Id, name: &str) {
        self.names.push((id, name.to_string()));
    }

    /// The names given by the person, in order.
    pub fn names(&self) -> &[(Id, String)] {
        &self.names
    }
}
