//! Simplification of tensors: contractions are flattened, and at fixed labels everything elementwise is a scalar formula,
//! which the normal form of scalars simplifies.
//!
//! A *loop body* is what stands within the loops over the labels of one region, as a tensor compiler has it (TACO,
//! Kjolstad et al. 2017): a scalar formula of *accesses*, which are nodes that are not elementwise, at labels (`A[i,j]`).
//! Accesses become symbols of a scratch graph, the scratch graph is simplified, and the result is lifted back to nodes
//! with axes.

mod canonical;
mod entries;
mod facts;
mod flat;
mod identities;
mod lift;
mod limits;
mod loop_body;
mod operation;
mod rules;
mod terms;

use std::collections::HashMap;

use wrt_core::{Dim, Graph, Id, Node, Operation, rebuild};
use wrt_poly::Budget;

use crate::Simplified;
use crate::normal::Normal;
pub use facts::{FACTS, Fact, known_of};
pub use identities::{Factored, Identity, identities};
use loop_body::LoopBody;
pub use rules::{TENSOR_RULES, TensorRule};

/// How many nodes of scalar formulas are simplified at most, and for each node of a part.
const MAX_REGIONS: usize = 8000;
const REGIONS_PER_NODE: usize = 60;

/// The terms of a formula that mean something each, apart.
pub(crate) fn with_own_terms(graph: &mut Graph, id: Id, written: usize) -> Id {
    let id = terms::quotients(graph, id);
    terms::apart(graph, id, written)
}

/// A formula as one: a normal form for each of its regions. One of names and numbers is a region itself.
pub(crate) fn by_regions(graph: &mut Graph, root: Id, order: &[Id], written: usize, algebra: &Budget) -> Simplified {
    if sums_without_value(graph, order) {
        return crate::as_is(root);
    }
    let left = order.len().saturating_mul(REGIONS_PER_NODE).min(MAX_REGIONS);
    let (done, known) = (HashMap::new(), HashMap::new());
    let mut tensors = Tensors { graph, done, regions: known, notes: Vec::new(), left, written, algebra };
    for &id in order {
        let new = tensors.node(id);
        tensors.done.insert(id, new);
    }
    let id = tensors.done.get(&root).copied().unwrap_or(root);
    let id = tensors.region(id);
    let id = tensors.listed(id);
    let simple = |arg: Id| {
        let child = tensors.child(arg);
        tensors.regions.get(&child).copied().unwrap_or(child)
    };
    let mut notes = limits::notes(tensors.graph, root, id, &simple);
    for note in tensors.notes {
        if id != root && !notes.contains(&note) {
            notes.push(note);
        }
    }
    Simplified { id, notes }
}

/// Does a formula sum what a number without a value multiplies? `sum(log(0)*x)` has entries of both infinities and no
/// value, where `log(0)*sum(x)` is infinite.
fn sums_without_value(graph: &Graph, order: &[Id]) -> bool {
    order.iter().any(|id| match graph.node(*id) {
        Node::Contraction(factors, labels) => {
            let labels = graph.labels(labels);
            (0..labels.dims.len() as u8).any(|label| labels.is_summed(label))
                && factors.iter().any(|factor| graph.is_number_without_value(*factor))
        }
        _ => false,
    })
}

pub(crate) struct Tensors<'g> {
    graph: &'g mut Graph,
    /// Each node with what it became; contractions are flat.
    done: HashMap<Id, Id>,
    /// Whole regions that were simplified.
    regions: HashMap<Id, Id>,
    notes: Vec<String>,
    /// How many nodes of scalar formulas may still be simplified, and how much algebra may still be done.
    left: usize,
    algebra: &'g Budget,
    /// How many nodes the text has.
    written: usize,
}

impl Tensors<'_> {
    /// A node on its simplified children.
    fn node(&mut self, id: Id) -> Id {
        match self.graph.node(id) {
            Node::Number(_) | Node::Constant(_) | Node::Symbol(_) => id,
            Node::Operation(operation, args) => {
                let (operation, args) = (operation.clone(), args.to_vec());
                // What stands by its name is defined beside the formula, and stays what it is there.
                let named = operation.named();
                let simple = |(k, arg): (usize, &Id)| match named.contains(&k) {
                    true => *arg,
                    // What an operation is of is a region of its own.
                    false => self.region(self.child(*arg)),
                };
                let args: Vec<Id> = args.iter().enumerate().map(simple).collect();
                self.operation(id, operation, &args)
            }
            Node::Contraction(_, labels) if !self.graph.labels(labels).is_scalar() => {
                let node = self.on_children(id);
                self.contraction(node)
            }
            _ => self.on_children(id),
        }
    }

    fn child(&self, id: Id) -> Id {
        self.done.get(&id).copied().unwrap_or(id)
    }

    fn on_children(&mut self, id: Id) -> Id {
        let done = &self.done;
        rebuild(self.graph, id, |c| done.get(&c).copied().unwrap_or(c))
    }

    /// A whole region, simplified as a scalar formula at its labels.
    fn region(&mut self, id: Id) -> Id {
        if let Some(known) = self.regions.get(&id) {
            return *known;
        }
        if matches!(self.graph.node(id), Node::Number(_) | Node::Constant(_) | Node::Symbol(_)) || self.left == 0 {
            return id;
        }
        let order = self.graph.reachable(&[id]);
        if !order.iter().any(|id| self.graph.is_tensor(*id)) {
            let new = self.without_accesses(id, &order);
            self.regions.insert(id, new);
            return new;
        }
        let dims = self.graph.dims(id).to_vec();
        let labels: Vec<u8> = (0..dims.len() as u8).collect();
        let mut body = LoopBody::new(&dims);
        let new = match body.scalar(self, id, &labels) {
            Some(scalar) => self.simplified(body, scalar, &labels),
            None => id,
        };
        self.regions.insert(id, new);
        new
    }

    /// A region without accesses is its own loop body.
    fn without_accesses(&mut self, id: Id, order: &[Id]) -> Id {
        let mut normal = Normal::new(self.graph, self.written, order, self.algebra);
        normal.run(order);
        normal.learn_fractions();
        let simple = normal.display(id);
        self.notes.extend(simple.notes);
        simple.id
    }

    /// The simplified scalar of a body as a node at labels.
    fn simplified(&mut self, mut body: LoopBody, scalar: Id, labels: &[u8]) -> Id {
        let simple = self.simple_scalar(&mut body, scalar);
        let scalar = body.diagonals_apart(self.graph, simple);
        body.lifted(self, scalar, labels)
    }

    /// The scalar of a body as it is shortest: where exponentials are divided by their sum, by softmax perhaps.
    fn simple_scalar(&mut self, body: &mut LoopBody, scalar: Id) -> Id {
        let by_softmax = body.by_softmax(self.graph, scalar);
        let mut simple = self.simplified_within(body, scalar);
        if let Some(other) = by_softmax {
            let other = self.simplified_within(body, other);
            if crate::cost(&body.scratch, other.id) < crate::cost(&body.scratch, simple.id) {
                simple = other;
            }
        }
        self.notes.extend(body.spoken(self.graph, simple.notes));
        simple.id
    }

    fn simplified_within(&mut self, body: &mut LoopBody, scalar: Id) -> Simplified {
        let written = body.scratch.len();
        self.left = self.left.saturating_sub(written);
        crate::simplify_within(&mut body.scratch, scalar, written, self.algebra)
    }

    fn operation(&mut self, id: Id, operation: Operation, args: &[Id]) -> Id {
        let dims: Vec<Dim> = self.graph.dims(id).to_vec();
        let site = rules::Site { operation: &operation, args, dims: &dims };
        let before = self.graph.len();
        match rules::operation(self.graph, site) {
            Some(short) => self.flattened(short, before),
            None => self.graph.operation_as(operation, args, &dims),
        }
    }

    /// What a rule made, its contractions flat: one of its parts may be a δ.
    fn flattened(&mut self, made: Id, before: usize) -> Id {
        let mut new: HashMap<Id, Id> = HashMap::new();
        for id in self.graph.reachable(&[made]).into_iter().filter(|id| id.index() >= before) {
            let node = rebuild(self.graph, id, |c| new.get(&c).copied().unwrap_or(c));
            let labelled =
                matches!(self.graph.node(node), Node::Contraction(_, l) if !self.graph.labels(l).is_scalar());
            let flat = if labelled { self.contraction(node) } else { node };
            new.insert(id, flat);
        }
        new.get(&made).copied().unwrap_or(made)
    }
}
