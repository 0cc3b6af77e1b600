//! Copying expressions from one graph into another.

use std::collections::HashMap;

use crate::graph::{Graph, Id, LocationId, Node, Origin, Term};
use crate::shape::Dim;

/// Remembers what was copied already.
#[derive(Default, Debug)]
pub struct Copier {
    image: Vec<Option<Id>>,
    locations: HashMap<LocationId, LocationId>,
}

impl Copier {
    /// Says what a node of the source is in the target.
    pub fn set(&mut self, from: Id, to: Id) {
        if self.image.len() <= from.index() {
            self.image.resize(from.index() + 1, None);
        }
        self.image[from.index()] = Some(to);
    }

    /// What a node of the source is in the target, if it was copied.
    pub fn image(&self, from: Id) -> Option<Id> {
        self.image.get(from.index()).copied().flatten()
    }

    /// The node of `into` that means what `root` means in `from`; the cost is linear in the nodes below `root`.
    pub fn copy(&mut self, into: &mut Graph, from: &Graph, root: Id) -> Id {
        for id in self.missing(from, root) {
            let before = into.len();
            let new = self.node(into, from, id);
            if into.len() > before {
                let origin = self.origin(into, from, id);
                into.attribute(before, origin);
            }
            self.set(id, new);
        }
        self.at(root)
    }

    /// The nodes below `root` that are still to be copied, children first.
    fn missing(&self, from: &Graph, root: Id) -> Vec<Id> {
        let known = |id: Id| self.image(id).is_some();
        let mut wanted = vec![false; root.index() + 1];
        wanted[root.index()] = !known(root);
        for k in (0..=root.index()).rev() {
            if wanted[k] {
                from.for_each_child(Id::from_index(k), |c| wanted[c.index()] |= !known(c));
            }
        }
        (0..=root.index()).filter(|k| wanted[*k]).map(Id::from_index).collect()
    }

    /// The origin of a copy. What it was a derivative of may not have been copied: then nothing is known.
    fn origin(&mut self, into: &mut Graph, from: &Graph, id: Id) -> Origin {
        match from.origin(id) {
            Origin::Unknown => Origin::Unknown,
            Origin::Text(at) => {
                let new = self.locations.entry(at).or_insert_with(|| into.add_location(from.location(at).clone()));
                Origin::Text(*new)
            }
            Origin::Adjoint(of) => self.image(of).map_or(Origin::Unknown, Origin::Adjoint),
            Origin::Tangent(of) => self.image(of).map_or(Origin::Unknown, Origin::Tangent),
        }
    }

    fn at(&self, id: Id) -> Id {
        self.image(id).unwrap_or(id)
    }

    fn list(&self, ids: &[Id]) -> Vec<Id> {
        ids.iter().map(|id| self.at(*id)).collect()
    }

    fn node(&self, into: &mut Graph, from: &Graph, id: Id) -> Id {
        match from.node(id) {
            Node::Number(n) => into.number(n.clone()),
            Node::Constant(c) => into.constant(c),
            Node::Symbol(s) => {
                let dims = dims(into, from, from.dims(id));
                into.tensor_symbol(&s.name, s.role, &dims, s.assumptions.clone())
            }
            Node::Sum(terms) => {
                let terms: Vec<Term> =
                    terms.iter().map(|t| Term::new(t.coefficient.clone(), self.at(t.node))).collect();
                into.sum(&terms)
            }
            Node::Contraction(factors, labels) => {
                let (labels, factors) = (from.labels(labels), self.list(factors));
                if labels.is_scalar() {
                    return into.product(&factors);
                }
                let own: Vec<&[u8]> = labels.factors.iter().map(Vec::as_slice).collect();
                let dims = dims(into, from, &labels.dims);
                into.einsum(&factors, &own, &labels.output, &dims)
            }
            Node::Map(primitive, args) => into.map(primitive, &self.list(args)),
            Node::Operation(operation, args) => {
                let dims = dims(into, from, from.dims(id));
                into.operation_as(operation.clone(), &self.list(args), &dims)
            }
        }
    }
}

fn dims(into: &mut Graph, from: &Graph, dims: &[Dim]) -> Vec<Dim> {
    dims.iter().map(|d| into.dim(from.dimension(*d).clone())).collect()
}
