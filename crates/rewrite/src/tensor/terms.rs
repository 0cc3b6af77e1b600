//! The terms of a formula that mean something each, as the gradients of a cost and of its penalty: each with its own number,
//! in the order of their names.

use std::collections::HashSet;

use wrt_core::{Graph, Id, LabelsId, Node, Number, Term};

/// Longer sums stay as they are.
const MAX_TERMS: usize = 4;

/// `2*(l*w + X' @ r)` as `2*X' @ r + 2*l*w`, where no term has only names that all have; not what a person wrote as a sum.
pub(super) fn apart(graph: &mut Graph, id: Id, written: usize) -> Id {
    let (coefficient, sum) = match graph.node(id) {
        Node::Sum([single]) => (single.coefficient.clone(), single.node),
        _ => (Number::ONE, id),
    };
    let Node::Sum(terms) = graph.node(sum) else { return id };
    if !(2..=MAX_TERMS).contains(&terms.len()) || !terms.iter().any(|t| is_product(graph, t.node)) {
        return id;
    }
    let Some(mut terms) = with_own_names(graph, terms).filter(|_| !is_written(graph, terms, written)) else {
        return id;
    };
    terms.sort_by_key(|(name, _)| *name);
    let scaled = |(_, t): (Id, Term)| Some(Term::new(t.coefficient.checked_mul(&coefficient)?, t.node));
    match terms.into_iter().map(scaled).collect::<Option<Vec<Term>>>() {
        Some(terms) => graph.sum(&terms),
        None => id,
    }
}

/// Is anything summed in it?
fn is_product(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Contraction(factors, labels) if labels != LabelsId::SCALAR && factors.len() > 1)
}

/// Each term with the first of its names that not all of them have.
fn with_own_names(graph: &Graph, terms: &[Term]) -> Option<Vec<(Id, Term)>> {
    let names: Vec<Vec<Id>> = terms.iter().map(|t| graph.free_symbols(&[t.node])).collect();
    let shared = |name: &Id| names.iter().all(|other| other.contains(name));
    let own = |k: usize| names[k].iter().copied().filter(|name| !shared(name)).min();
    terms.iter().enumerate().map(|(k, t)| Some((own(k)?, t.clone()))).collect()
}

/// Has a person written a sum of the same terms, of either sign?
fn is_written(graph: &Graph, terms: &[Term], written: usize) -> bool {
    let nodes: HashSet<Id> = terms.iter().map(|t| t.node).collect();
    (0..written).map(Id::from_index).any(|id| match graph.node(id) {
        Node::Sum(own) => own.len() == terms.len() && own.iter().all(|t| nodes.contains(&t.node)),
        _ => false,
    })
}
