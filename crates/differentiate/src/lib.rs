//! Derivatives: graph in, graph out. Nothing is evaluated here.
//!
//! Both modes read the table's derivative column and nothing else; reverse mode is the transposed sum of forward mode
//! (Griewank & Walther, "Evaluating Derivatives", 2008, chapters 3.1 and 3.2).

use std::fmt;

use wrt_core::{Builder, Derivative, Ex, Graph, Id, Node, Number, Primitive, Term};

/// A derivative that does not exist for a reason that stands in the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotDifferentiable {
    /// The primitive.
    pub primitive: Primitive,
    /// The argument, counted from 0.
    pub argument: usize,
    /// Why.
    pub reason: &'static str,
}

impl fmt::Display for NotDifferentiable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.primitive.row();
        write!(
            f,
            "{} has no derivative with respect to its argument {}: {}",
            row.name, row.arguments[self.argument], self.reason
        )
    }
}

impl std::error::Error for NotDifferentiable {}

/// The partial derivatives of `root` with respect to each of `wrt`, by one reverse sweep.
///
/// The cost is linear in the nodes between `wrt` and `root`; shared subexpressions stay shared.
///
/// # Errors
/// [`NotDifferentiable`] where the table says so.
///
/// ```
/// use wrt_core::{Graph, language::{Scope, parse}};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "x*sin(y)", &Scope::default()).unwrap().result;
/// let wrt = g.free_symbols(&[f]);
/// assert_eq!(wrt_differentiate::gradient(&mut g, f, &wrt).unwrap().len(), 2);
/// ```
pub fn gradient(graph: &mut Graph, root: Id, wrt: &[Id]) -> Result<Vec<Id>, NotDifferentiable> {
    let mut sweep = Sweep::new(graph.len());
    sweep.gradient(graph, root, wrt)
}

/// All second partial derivatives, row by row; the matrix is symmetric, and structural zeros cost nothing.
///
/// # Errors
/// As [`gradient`].
pub fn hessian(graph: &mut Graph, root: Id, wrt: &[Id]) -> Result<Vec<Vec<Id>>, NotDifferentiable> {
    let first = gradient(graph, root, wrt)?;
    jacobian(graph, &first, wrt)
}

/// The partial derivatives of each root with respect to each of `wrt`.
///
/// # Errors
/// As [`gradient`].
pub fn jacobian(graph: &mut Graph, roots: &[Id], wrt: &[Id]) -> Result<Vec<Vec<Id>>, NotDifferentiable> {
    let mut sweep = Sweep::new(graph.len());
    roots.iter().map(|root| sweep.gradient(graph, *root, wrt)).collect()
}

/// Forward mode: the derivative of each root along the direction that moves `wrt[k]` by `direction[k]`.
///
/// # Errors
/// As [`gradient`].
pub fn jvp(graph: &mut Graph, roots: &[Id], wrt: &[Id], direction: &[Id]) -> Result<Vec<Id>, NotDifferentiable> {
    let order = graph.reachable(roots);
    let mut tangents: Vec<Option<Id>> = vec![None; graph.len()];
    for (x, t) in wrt.iter().zip(direction) {
        tangents[x.index()] = Some(*t);
    }
    Builder::scope(graph, |b| {
        for id in order {
            if tangents[id.index()].is_some() {
                continue;
            }
            let mut parts = Vec::new();
            for (child, partial) in partials(b, id, &|c| tangents[c.index()].is_some())? {
                if let Some(t) = tangents[child.index()] {
                    parts.push((partial * b.at(t)).id());
                }
            }
            if !parts.is_empty() {
                tangents[id.index()] = Some(b.sum(&parts));
            }
        }
        Ok(roots.iter().map(|r| tangents[r.index()].unwrap_or_else(|| b.with(|g| g.integer(0)))).collect())
    })
}

/// The local partial derivatives of a node: (child, ∂node/∂child), a child once for each place where it stands.
fn partials<'b>(b: &'b Builder, id: Id, active: &dyn Fn(Id) -> bool) -> Result<Vec<(Id, Ex<'b>)>, NotDifferentiable> {
    enum Local {
        Sum(Vec<Term>),
        Product(Vec<Id>),
        Map(Primitive, [Id; 3]),
        Leaf,
    }
    let local = b.with(|g| match g.node(id) {
        Node::Sum(terms) => Local::Sum(terms.iter().filter(|t| active(t.node)).cloned().collect()),
        Node::Contraction(factors, _) => Local::Product(factors.to_vec()),
        Node::Map(p, args) => Local::Map(p, std::array::from_fn(|k| *args.get(k).unwrap_or(&id))),
        Node::Number(_) | Node::Constant(_) | Node::Symbol(_) => Local::Leaf,
    });
    match local {
        Local::Leaf => Ok(Vec::new()),
        Local::Sum(terms) => Ok(terms.into_iter().map(|t| (t.node, b.number(t.coefficient))).collect()),
        Local::Product(factors) => Ok(product_partials(b, &factors, active)),
        Local::Map(primitive, args) => {
            let arity = primitive.arity();
            let handles: [Ex<'b>; 3] = std::array::from_fn(|k| b.at(args[k]));
            let mut found = Vec::with_capacity(arity);
            for k in (0..arity).filter(|&k| active(args[k])) {
                match primitive.row().derivative[k] {
                    Derivative::Partial(partial) => found.push((args[k], partial(&handles[..arity], b.at(id)))),
                    Derivative::Zero(_) => {}
                    Derivative::Undefined(reason) => return Err(NotDifferentiable { primitive, argument: k, reason }),
                }
            }
            Ok(found)
        }
    }
}

/// ∂(a·b·c·…)/∂a and so on, from shared prefixes and suffixes: three products a factor, not n.
fn product_partials<'b>(b: &'b Builder, factors: &[Id], active: &dyn Fn(Id) -> bool) -> Vec<(Id, Ex<'b>)> {
    if let [x, y] = *factors {
        let both = [(x, b.at(y)), (y, b.at(x))];
        return both.into_iter().filter(|(c, _)| active(*c)).collect();
    }
    let one = || b.number(Number::ONE);
    let mut suffixes = vec![one(); factors.len() + 1];
    for k in (0..factors.len()).rev() {
        suffixes[k] = b.at(factors[k]) * suffixes[k + 1];
    }
    let mut prefix = one();
    let mut found = Vec::with_capacity(factors.len());
    for (k, &factor) in factors.iter().enumerate() {
        if active(factor) {
            found.push((factor, prefix * suffixes[k + 1]));
        }
        prefix = prefix * b.at(factor);
    }
    found
}

/// The working memory of reverse sweeps over one graph, so that many sparse sweeps cost no more than they visit.
struct Sweep {
    /// Which sweep saw the node last.
    seen: Vec<u32>,
    /// Is the node in the current sweep's way from `wrt` to the root?
    active: Vec<bool>,
    /// The first contribution to the node's derivative in `contributions`.
    head: Vec<u32>,
    contributions: Vec<(Id, u32)>,
    round: u32,
    order: Vec<Id>,
    stack: Vec<Id>,
}

const NONE: u32 = u32::MAX;

impl Sweep {
    fn new(nodes: usize) -> Sweep {
        Sweep {
            seen: vec![0; nodes],
            active: vec![false; nodes],
            head: vec![NONE; nodes],
            contributions: Vec::with_capacity(nodes.min(64)),
            round: 0,
            order: Vec::with_capacity(nodes.min(64)),
            stack: Vec::with_capacity(nodes.min(64)),
        }
    }

    /// Collects the nodes below `root`, children first, and marks those that depend on `wrt`.
    fn visit(&mut self, graph: &Graph, root: Id, wrt: &[Id]) {
        self.round += 1;
        let nodes = graph.len();
        self.seen.resize(nodes, 0);
        self.active.resize(nodes, false);
        self.head.resize(nodes, NONE);
        self.contributions.clear();
        self.order.clear();
        self.stack.clear();
        self.stack.push(root);
        self.seen[root.index()] = self.round;
        while let Some(id) = self.stack.pop() {
            self.order.push(id);
            graph.for_each_child(id, |c| {
                if self.seen[c.index()] != self.round {
                    self.seen[c.index()] = self.round;
                    self.stack.push(c);
                }
            });
        }
        self.order.sort_unstable();
        for id in &self.order {
            self.active[id.index()] = false;
            self.head[id.index()] = NONE;
        }
        for x in wrt {
            if self.seen.get(x.index()) == Some(&self.round) {
                self.active[x.index()] = true;
            }
        }
        for &id in &self.order {
            let mut any = self.active[id.index()];
            graph.for_each_child(id, |c| any |= self.active[c.index()]);
            self.active[id.index()] = any;
        }
    }

    fn gradient(&mut self, graph: &mut Graph, root: Id, wrt: &[Id]) -> Result<Vec<Id>, NotDifferentiable> {
        self.visit(graph, root, wrt);
        let order = std::mem::take(&mut self.order);
        let result = Builder::scope(graph, |b| {
            self.contribute(root, b.with(|g| g.integer(1)));
            for &id in order.iter().rev() {
                let leaf = b.with(|g| matches!(g.node(id), Node::Symbol(_)));
                if leaf || !self.active[id.index()] || self.head[id.index()] == NONE {
                    continue;
                }
                let adjoint = self.total(b, id);
                let active = |c: Id| self.active[c.index()];
                for (child, partial) in partials(b, id, &active)? {
                    let part = (b.at(adjoint) * partial).id();
                    self.contribute(child, part);
                }
            }
            let reached = |s: &Sweep, x: Id| s.seen.get(x.index()) == Some(&s.round) && s.head[x.index()] != NONE;
            Ok(wrt
                .iter()
                .map(|&x| if reached(self, x) { self.total(b, x) } else { b.with(|g| g.integer(0)) })
                .collect())
        });
        self.order = order;
        result
    }

    fn contribute(&mut self, node: Id, part: Id) {
        let next = self.head[node.index()];
        self.head[node.index()] = self.contributions.len() as u32;
        self.contributions.push((part, next));
    }

    /// The sum of the contributions to a node, in the order in which they came.
    fn total(&self, b: &Builder, node: Id) -> Id {
        let mut parts = Vec::new();
        let mut at = self.head[node.index()];
        while at != NONE {
            let (part, next) = self.contributions[at as usize];
            parts.push(part);
            at = next;
        }
        parts.reverse();
        b.sum(&parts)
    }
}
