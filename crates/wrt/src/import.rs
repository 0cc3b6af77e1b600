//! Copying an expression from one graph into another.

use wrt_core::{Graph, Id, LabelsId, Node, Term};

/// The node of `into` that means what `root` means in `from`; the cost is linear in the nodes below `root`.
pub(crate) fn import(into: &mut Graph, from: &Graph, root: Id) -> Id {
    let mut image: Vec<Option<Id>> = vec![None; root.index() + 1];
    for id in from.reachable(&[root]) {
        // Children come first, so each has its image.
        let at = |c: Id| image[c.index()].unwrap_or(c);
        let new = match from.node(id) {
            Node::Number(n) => into.number(n.clone()),
            Node::Constant(c) => into.constant(c),
            Node::Symbol(s) => into.symbol_with(&s.name, s.assumptions),
            Node::Sum(terms) => {
                let terms: Vec<Term> = terms.iter().map(|t| Term::new(t.coefficient.clone(), at(t.node))).collect();
                into.sum(&terms)
            }
            Node::Contraction(factors, _) => {
                let factors: Vec<Id> = factors.iter().map(|f| at(*f)).collect();
                into.contraction(&factors, LabelsId::SCALAR, Default::default())
            }
            Node::Map(primitive, args) => {
                let args: Vec<Id> = args.iter().map(|a| at(*a)).collect();
                into.map(primitive, &args)
            }
        };
        image[id.index()] = Some(new);
    }
    image[root.index()].unwrap_or(root)
}
