//! The expression graph: an append-only arena of hash-consed nodes in topological order.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::number::Number;
use crate::shape::{Dim, Dimension, Interner, Labels, LabelsId, ShapeId};
use crate::table::{Operation, Primitive};
use crate::work;

/// A node's position in its graph; children come before parents.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Id(u32);

impl Id {
    /// The position as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The node at a position that [`Graph::len`] covers.
    pub fn from_index(index: usize) -> Id {
        Id(index as u32)
    }
}

/// A named real constant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Constant {
    /// 3.14159…
    Pi,
    /// 2.71828…
    E,
}

impl Constant {
    /// Every constant with its name in the language.
    pub const ALL: [(Constant, &'static str); 2] = [(Constant::Pi, "pi"), (Constant::E, "e")];

    /// The name in the language.
    pub fn name(self) -> &'static str {
        Constant::ALL[self as usize].1
    }
}

static NO_LABELS: Labels = Labels { dims: Vec::new(), output: Vec::new(), factors: Vec::new() };

/// What a symbol is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Role {
    /// Any free name.
    #[default]
    Variable,
    /// Comes from files.
    Data,
    /// Is learned.
    Parameter,
    /// Is fixed.
    Constant,
    /// Is carried from step to step (a moving average).
    State,
    /// Steers the training (a learning rate).
    Hyperparameter,
    /// A dimension used as a number.
    Dimension,
    /// Uniform random numbers in [0, 1), drawn anew each step from the seed, the name and the step.
    Random,
}

/// What is known of a symbol's sign; rewrites rely on it, so it must hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Assumptions {
    /// `x >= 0`
    pub nonnegative: bool,
    /// `x <= 0`
    pub nonpositive: bool,
    /// `x != 0`
    pub nonzero: bool,
    /// `x` is an integer.
    pub integer: bool,
    /// `x < 1`
    pub below_one: bool,
    /// `x > -1`
    pub above_minus_one: bool,
    /// A matrix that equals its transpose.
    pub symmetric: bool,
}

/// A name with its role, shape and assumptions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// As the person wrote it.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// What is known of it.
    pub assumptions: Assumptions,
}

/// One term of a sum: a rational coefficient times a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Term {
    /// The exact factor.
    pub coefficient: Number,
    /// What it multiplies.
    pub node: Id,
}

impl Term {
    /// `coefficient * node`
    pub fn new(coefficient: Number, node: Id) -> Term {
        Term { coefficient, node }
    }

    /// `1 * node`
    pub fn one(node: Id) -> Term {
        Term::new(Number::ONE, node)
    }
}

/// A node as passes see it.
#[derive(Clone, Copy, Debug)]
pub enum Node<'g> {
    /// An exact rational.
    Number(&'g Number),
    /// π or e.
    Constant(Constant),
    /// A free name.
    Symbol(&'g Symbol),
    /// A sum of terms with rational coefficients.
    Sum(&'g [Term]),
    /// A product of factors with axis labels (none among scalars).
    Contraction(&'g [Id], LabelsId),
    /// An elementwise primitive.
    Map(Primitive, &'g [Id]),
    /// A reduction, a factorisation, an indexing, … on the trailing axes.
    Operation(&'g Operation, &'g [Id]),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Number,
    Constant(Constant),
    Symbol,
    Sum,
    Contraction(LabelsId),
    Map(Primitive),
    Operation(u32),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    kind: Kind,
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
    entries: Vec<Entry>,
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
    interned: HashTable<Id>,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Graph({} nodes)", self.len())
    }
}

pub(crate) fn hash_of(parts: impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    parts.hash(&mut hasher);
    // The table takes its bits from the top, where a multiplicative hash is best; fold once for the bottom.
    let h = hasher.finish();
    h ^ (h >> 29)
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Graph {
        Graph {
            entries: Vec::with_capacity(64),
            children: Vec::with_capacity(64),
            terms: Vec::with_capacity(16),
            numbers: Vec::with_capacity(8),
            symbols: Vec::with_capacity(4),
            interned: HashTable::with_capacity(56),
            ..Graph::default()
        }
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Has it no node yet?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The node at `id`.
    #[inline]
    pub fn node(&self, id: Id) -> Node<'_> {
        work::step(1);
        let entry = self.entries[id.index()];
        let range = entry.start as usize..(entry.start + entry.length) as usize;
        match entry.kind {
            Kind::Number => Node::Number(&self.numbers[entry.start as usize]),
            Kind::Constant(c) => Node::Constant(c),
            Kind::Symbol => Node::Symbol(&self.symbols[entry.start as usize]),
            Kind::Sum => Node::Sum(&self.terms[range]),
            Kind::Contraction(labels) => Node::Contraction(&self.children[range], labels),
            Kind::Map(p) => Node::Map(p, &self.children[range]),
            Kind::Operation(o) => Node::Operation(self.operations.get(o), &self.children[range]),
        }
    }

    /// The shape of a node's value.
    pub fn shape(&self, id: Id) -> ShapeId {
        self.entries[id.index()].shape
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
    pub fn reachable(&self, roots: &[Id]) -> Vec<Id> {
        if let Some(few) = self.reachable_few(roots) {
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
                self.for_each_child(Id(k as u32), |c| seen[c.index()] = true);
            }
        }
        let mut order = Vec::with_capacity(count);
        order.extend((0..seen.len()).filter(|&k| seen[k]).map(Id::from_index));
        order
    }

    /// As [`Graph::reachable`] where there are few nodes beside those of the graph, at a cost that does not grow with it.
    fn reachable_few(&self, roots: &[Id]) -> Option<Vec<Id>> {
        /// Up to this many, a list is as fast to search as a set.
        const LISTED: usize = 32;
        let few = LISTED.max(self.len() / 64);
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

    /// The name of a symbol node (empty for others).
    pub fn symbol_name(&self, id: Id) -> &str {
        match self.node(id) {
            Node::Symbol(s) => &s.name,
            _ => "",
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

/// Constructors: each interns its node and folds number literals, nothing else.
impl Graph {
    fn push(&mut self, kind: Kind, shape: ShapeId, start: usize, length: usize, hash: u64) -> Id {
        let id = Id(u32::try_from(self.entries.len()).expect("a graph holds fewer than 2^32 nodes"));
        self.entries.push(Entry { kind, shape, start: start as u32, length: length as u32, symmetric: false });
        self.intern(id, hash);
        self.note_symmetry(id)
    }

    fn intern(&mut self, id: Id, hash: u64) {
        let Graph { interned, entries, children, terms, numbers, symbols, .. } = self;
        interned.insert_unique(hash, id, |&other| {
            let e = entries[other.index()];
            let range = e.start as usize..(e.start + e.length) as usize;
            match e.kind {
                Kind::Number => hash_of((0u8, &numbers[e.start as usize])),
                Kind::Constant(c) => hash_of((1u8, c)),
                Kind::Symbol => hash_of((2u8, symbols[e.start as usize].name.as_str())),
                Kind::Sum => hash_of((3u8, &terms[range])),
                Kind::Contraction(l) => hash_of((4u8, l, &children[range])),
                Kind::Map(p) => hash_of((5u8, p, &children[range])),
                Kind::Operation(o) => hash_of((6u8, o, &children[range])),
            }
        });
    }

    fn hash_at(&self, id: Id) -> u64 {
        let e = self.entries[id.index()];
        let range = e.start as usize..(e.start + e.length) as usize;
        match e.kind {
            Kind::Number => hash_of((0u8, &self.numbers[e.start as usize])),
            Kind::Constant(c) => hash_of((1u8, c)),
            Kind::Symbol => hash_of((2u8, self.symbols[e.start as usize].name.as_str())),
            Kind::Sum => hash_of((3u8, &self.terms[range])),
            Kind::Contraction(l) => hash_of((4u8, l, &self.children[range])),
            Kind::Map(p) => hash_of((5u8, p, &self.children[range])),
            Kind::Operation(o) => hash_of((6u8, o, &self.children[range])),
        }
    }

    fn is_equal(&self, a: Id, b: Id) -> bool {
        self.entries[a.index()].kind == self.entries[b.index()].kind
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
        if let Ok(entry) = self.interned.find_entry(hash, |&other| other == id) {
            entry.remove();
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
    pub fn twin(&mut self, id: Id, of_name: bool) -> Id {
        let Entry { kind, shape, start, length, .. } = self.entries[id.index()];
        let range = start as usize..(start + length) as usize;
        let (kind, start, length) = match kind {
            Kind::Sum if !of_name => {
                let at = self.terms.len();
                self.terms.extend_from_within(range);
                (kind, at, length as usize)
            }
            Kind::Contraction(_) | Kind::Map(_) | Kind::Operation(_) if !of_name => {
                let at = self.children.len();
                self.children.extend_from_within(range);
                (kind, at, length as usize)
            }
            _ => {
                self.terms.push(Term::one(id));
                (Kind::Sum, self.terms.len() - 1, 1)
            }
        };
        let own = Id(u32::try_from(self.entries.len()).expect("a graph holds fewer than 2^32 nodes"));
        self.entries.push(Entry { kind, shape, start: start as u32, length: length as u32, symmetric: false });
        self.note_symmetry(own)
    }

    /// Notes what its children say of a new node.
    fn note_symmetry(&mut self, id: Id) -> Id {
        if self.shape(id) != ShapeId::SCALAR {
            self.entries[id.index()].symmetric = self.is_symmetric_by_parts(id);
        }
        id
    }

    /// Is it certainly a matrix that equals its transpose?
    pub fn is_symmetric(&self, id: Id) -> bool {
        self.entries[id.index()].symmetric
    }

    fn find(&self, hash: u64, same: impl Fn(Node<'_>) -> bool) -> Option<Id> {
        self.interned.find(hash, |&id| same(self.node(id))).copied()
    }

    /// An exact number.
    pub fn number(&mut self, value: Number) -> Id {
        let hash = hash_of((0u8, &value));
        let found = self.find(hash, |n| matches!(n, Node::Number(m) if *m == value));
        found.unwrap_or_else(|| {
            self.numbers.push(value);
            self.push(Kind::Number, ShapeId::SCALAR, self.numbers.len() - 1, 1, hash)
        })
    }

    /// An exact integer.
    pub fn integer(&mut self, value: i64) -> Id {
        self.number(Number::integer(value))
    }

    /// π or e.
    pub fn constant(&mut self, constant: Constant) -> Id {
        let hash = hash_of((1u8, constant));
        let found = self.find(hash, |n| matches!(n, Node::Constant(c) if c == constant));
        found.unwrap_or_else(|| self.push(Kind::Constant(constant), ShapeId::SCALAR, 0, 0, hash))
    }

    /// The free name, a variable unless it exists already with another role.
    pub fn symbol(&mut self, name: &str) -> Id {
        self.symbol_with(name, Assumptions::default())
    }

    /// The free name with what is known of it; assumptions count when the name is made, not later.
    pub fn symbol_with(&mut self, name: &str, assumptions: Assumptions) -> Id {
        self.tensor_symbol(name, Role::Variable, &[], assumptions)
    }

    /// The name of a tensor; role, shape and assumptions count when the name is made, not later.
    pub fn tensor_symbol(&mut self, name: &str, role: Role, dims: &[Dim], assumptions: Assumptions) -> Id {
        if let Some(id) = self.find_symbol(name) {
            return id;
        }
        let hash = hash_of((2u8, name));
        let shape = self.shape_of(dims);
        self.symbols.push(Symbol { name: name.to_string(), role, assumptions });
        self.push(Kind::Symbol, shape, self.symbols.len() - 1, 1, hash)
    }

    /// The node of a name that occurs already.
    pub fn find_symbol(&self, name: &str) -> Option<Id> {
        self.find(hash_of((2u8, name)), |n| matches!(n, Node::Symbol(s) if s.name == name))
    }

    /// A sum with rational coefficients, in the order written.
    pub fn sum(&mut self, terms: &[Term]) -> Id {
        if let Some(total) = self.folded_sum(terms) {
            return self.number(total);
        }
        if let [Term { coefficient, node }] = terms
            && coefficient.is_one()
        {
            return *node;
        }
        let hash = hash_of((3u8, terms));
        if let Some(id) = self.find(hash, |n| matches!(n, Node::Sum(t) if t == terms)) {
            return id;
        }
        let start = self.terms.len();
        let shape = terms.iter().map(|t| self.shape(t.node)).find(|s| *s != ShapeId::SCALAR).unwrap_or_default();
        self.terms.extend_from_slice(terms);
        self.push(Kind::Sum, shape, start, terms.len(), hash)
    }

    /// The value of a sum of literals, unless it became too large to fold.
    fn folded_sum(&self, terms: &[Term]) -> Option<Number> {
        let mut total = Number::ZERO;
        for t in terms {
            total = &total + &(&t.coefficient * self.as_number(t.node)?);
            if total.bits() > crate::number::FOLD_BITS {
                return None;
            }
        }
        Some(total)
    }

    /// A product of scalars, in the order written; literals are folded and become the coefficient of a sum.
    pub fn product(&mut self, factors: &[Id]) -> Id {
        let mut coefficient = Number::ONE;
        let mut literals = 0;
        for &f in factors {
            if let Some(n) = self.as_number(f) {
                coefficient = &coefficient * n;
                literals += 1;
            }
        }
        if literals == factors.len() {
            return self.number(coefficient);
        }
        let rest: Vec<Id>;
        let kept = if literals == 0 {
            factors
        } else {
            rest = factors.iter().copied().filter(|&f| self.as_number(f).is_none()).collect();
            &rest
        };
        let node =
            if let [single] = kept { *single } else { self.contraction(kept, LabelsId::SCALAR, ShapeId::SCALAR) };
        if literals == 0 { node } else { self.sum(&[Term::new(coefficient, node)]) }
    }

    pub(crate) fn push_operation(&mut self, operation: Operation, args: &[Id], shape: ShapeId) -> Id {
        let operation = self.operations.intern(operation);
        let hash = hash_of((6u8, operation, args));
        let wanted = self.operations.get(operation);
        if let Some(id) = self.find(hash, |n| matches!(n, Node::Operation(o, a) if o == wanted && a == args)) {
            return id;
        }
        let start = self.children.len();
        self.children.extend_from_slice(args);
        self.push(Kind::Operation(operation), shape, start, args.len(), hash)
    }

    /// A product with axis labels as they stand; `shape` must be what the labels' output says.
    pub(crate) fn contraction(&mut self, factors: &[Id], labels: LabelsId, shape: ShapeId) -> Id {
        let hash = hash_of((4u8, labels, factors));
        let same = |n: Node<'_>| matches!(n, Node::Contraction(f, l) if l == labels && f == factors);
        if let Some(id) = self.find(hash, same) {
            return id;
        }
        let start = self.children.len();
        self.children.extend_from_slice(factors);
        self.push(Kind::Contraction(labels), shape, start, factors.len(), hash)
    }

    /// An elementwise primitive; a power of literals with an integer exponent is folded.
    ///
    /// # Panics
    /// If the number of arguments is not the primitive's.
    pub fn map(&mut self, primitive: Primitive, args: &[Id]) -> Id {
        assert_eq!(args.len(), primitive.arity(), "arguments of {}", primitive.name());
        if let (Primitive::Pow, &[base, exponent]) = (primitive, args)
            && let Some(n) = self.folded_power(base, exponent)
        {
            return self.number(n);
        }
        let hash = hash_of((5u8, primitive, args));
        if let Some(id) = self.find(hash, |n| matches!(n, Node::Map(p, a) if p == primitive && a == args)) {
            return id;
        }
        let start = self.children.len();
        let shape = args.iter().map(|&a| self.shape(a)).find(|s| *s != ShapeId::SCALAR).unwrap_or_default();
        self.children.extend_from_slice(args);
        self.push(Kind::Map(primitive), shape, start, args.len(), hash)
    }

    fn folded_power(&self, base: Id, exponent: Id) -> Option<Number> {
        self.as_number(base)?.pow(self.as_number(exponent)?.as_i64()?)
    }

    /// `a + b`
    pub fn add(&mut self, a: Id, b: Id) -> Id {
        self.sum(&[Term::one(a), Term::one(b)])
    }

    /// `a - b`
    pub fn sub(&mut self, a: Id, b: Id) -> Id {
        self.sum(&[Term::one(a), Term::new(Number::MINUS_ONE, b)])
    }

    /// `-a`
    pub fn neg(&mut self, a: Id) -> Id {
        self.sum(&[Term::new(Number::MINUS_ONE, a)])
    }

    /// `a * b`, elementwise.
    pub fn mul(&mut self, a: Id, b: Id) -> Id {
        self.elementwise(&[a, b])
    }

    /// `a / b`, a product with a power of −1.
    pub fn div(&mut self, a: Id, b: Id) -> Id {
        let minus_one = self.integer(-1);
        let inverse = self.map(Primitive::Pow, &[b, minus_one]);
        if self.is_one(a) {
            return inverse;
        }
        self.elementwise(&[a, inverse])
    }

    /// `a ^ b`
    pub fn pow(&mut self, a: Id, b: Id) -> Id {
        self.map(Primitive::Pow, &[a, b])
    }
}
