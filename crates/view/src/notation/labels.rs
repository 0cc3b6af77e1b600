//! Positions in code: what NumPy and JAX compute as floating-point numbers is made whole numbers of their kind.

use std::collections::HashSet;

use wrt_core::{Graph, Id, Node, Operation};

/// Which argument of an operation holds positions.
fn positions(operation: &Operation) -> Option<usize> {
    match operation {
        Operation::OneHot(_) => Some(0),
        Operation::Gather(_) | Operation::ScatterAdd(_) => Some(1),
        _ => None,
    }
}

/// Does code compute it by a function of real numbers, such as `floor`? Names hold whole numbers of their own kind, and
/// `argmax` and the like give such.
fn is_floating(graph: &Graph, id: Id) -> bool {
    let (mut open, mut seen) = (vec![(id, false)], HashSet::new());
    while let Some((id, listed)) = open.pop() {
        if !seen.insert((id, listed)) {
            continue;
        }
        match graph.node(id) {
            Node::Map(..) => return true,
            // Numbers of a list are written with a point.
            Node::Number(_) if listed => return true,
            Node::Sum(terms) if terms.iter().any(|t| !t.coefficient.is_integer()) => return true,
            Node::Operation(Operation::ArgMax(_) | Operation::ArgMin(_) | Operation::ArgSort(_), _) => {}
            Node::Operation(Operation::Gather(_), args) => open.extend(args.first().map(|a| (*a, true))),
            Node::Operation(..) => graph.for_each_child(id, |c| open.push((c, true))),
            _ => graph.for_each_child(id, |c| open.push((c, listed))),
        }
    }
    false
}

/// The spelling in code, with positions of the kind that code needs.
pub(super) fn whole(graph: &Graph, operation: &Operation, args: &[Id], template: String) -> String {
    let Some((k, id)) = positions(operation).and_then(|k| Some((k, *args.get(k)?))) else { return template };
    let (slot, held) = (format!("{{{k}}}"), format!(" [{k}]"));
    if graph.as_number(id).is_some() {
        return template.replace(&slot, &format!("int({slot})")).replace(&held, &format!(" int({slot})"));
    }
    if !is_floating(graph, id) {
        return template;
    }
    template.replace(&held, &format!(" [{k}].astype(int)")).replace(&slot, &format!("[{k}].astype(int)"))
}
