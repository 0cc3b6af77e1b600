//! Copying an expression from one graph into another.

use wrt_core::{Dim, Graph, Id, Node, Term};

/// The node of `into` that means what `root` means in `from`; the cost is linear in the nodes below `root`.
pub(crate) fn import(into: &mut Graph, from: &Graph, root: Id) -> Id {
    let mut image: Vec<Option<Id>> = vec![None; root.index() + 1];
    for id in from.reachable(&[root]) {
        // Children come first, so each has its image.
        let at = |c: Id| image[c.index()].unwrap_or(c);
        let new = match from.node(id) {
            Node::Number(n) => into.number(n.clone()),
            Node::Constant(c) => into.constant(c),
            Node::Symbol(s) => {
                let dims = dims(into, from, from.dims(id));
                into.tensor_symbol(&s.name, s.role, &dims, s.assumptions)
            }
            Node::Sum(terms) => {
                let terms: Vec<Term> = terms.iter().map(|t| Term::new(t.coefficient.clone(), at(t.node))).collect();
                into.sum(&terms)
            }
            Node::Contraction(factors, labels) => {
                let labels = from.labels(labels);
                let factors: Vec<Id> = factors.iter().map(|f| at(*f)).collect();
                let own: Vec<&[u8]> = labels.factors.iter().map(Vec::as_slice).collect();
                if labels.is_scalar() {
                    into.product(&factors)
                } else {
                    let dims = dims(into, from, &labels.dims);
                    into.einsum(&factors, &own, &labels.output, &dims)
                }
            }
            Node::Map(primitive, args) => {
                let args: Vec<Id> = args.iter().map(|a| at(*a)).collect();
                into.map(primitive, &args)
            }
            Node::Operation(operation, args) => {
                let args: Vec<Id> = args.iter().map(|a| at(*a)).collect();
                let dims = dims(into, from, from.dims(id));
                into.operation_as(operation.clone(), &args, &dims)
            }
        };
        image[id.index()] = Some(new);
    }
    image[root.index()].unwrap_or(root)
}

fn dims(into: &mut Graph, from: &Graph, dims: &[Dim]) -> Vec<Dim> {
    dims.iter().map(|d| into.dim(from.dimension(*d).clone())).collect()
}
