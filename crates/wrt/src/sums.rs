//! What of a formula are sums over rows: these are added up batch by batch, and the rest is computed of the totals.
//!
//! Accuracy is a sum over rows by their number, F1 a quotient of three such sums: both are the same of all rows at once and
//! of totals. The variance of a target hangs on its mean, and is no such formula; nor is anything that sorts rows.

use std::collections::HashMap;

use wrt_core::{Assumptions, Dimension, Graph, Id, Labels, Node, Role, Substitution, operations::Operation};

/// Formulas in terms of sums over rows.
pub(crate) struct Split {
    /// The sums.
    pub(crate) sums: Vec<Id>,
    /// The symbols that stand for them.
    pub(crate) symbols: Vec<Id>,
    /// The formulas, with the symbols in the place of the sums.
    pub(crate) rest: Vec<Id>,
}

/// How a node hangs on rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Not at all.
    Free,
    /// On how many there are.
    Count,
    /// It has a value for each row, which hangs on that row.
    ByRow,
    /// By sums over them.
    Summed,
    /// In another way.
    Mixed,
}

/// Is a dimension a matter of the number of rows?
fn counts_rows(dimension: &Dimension, batch: &str) -> bool {
    dimension.terms().any(|(names, _)| names.iter().any(|n| n == batch))
}

fn has_rows(graph: &Graph, id: Id, batch: &str) -> bool {
    graph.dims(id).iter().any(|d| counts_rows(graph.dimension(*d), batch))
}

/// Are the rows the first axis, and does no other axis know of them?
fn rows_first(graph: &Graph, id: Id, batch: &str) -> bool {
    let dims = graph.dims(id);
    let is_other = |d: &wrt_core::Dim| !counts_rows(graph.dimension(*d), batch);
    dims.first().is_some_and(|d| graph.dimension(*d).as_name() == Some(batch)) && dims[1..].iter().all(is_other)
}

/// The labels of a contraction that run over rows.
fn row_labels(graph: &Graph, labels: &Labels, batch: &str) -> Vec<u8> {
    let runs = |k: &usize| counts_rows(graph.dimension(labels.dims[*k]), batch);
    (0..labels.dims.len()).filter(runs).map(|k| k as u8).collect()
}

/// Is a node a sum over rows?
fn is_sum(graph: &Graph, id: Id, batch: &str) -> bool {
    let Node::Contraction(_, labels) = graph.node(id) else { return false };
    !has_rows(graph, id, batch) && !row_labels(graph, graph.labels(labels), batch).is_empty()
}

fn kind_of(graph: &Graph, id: Id, batch: &str, kinds: &HashMap<Id, Kind>) -> Kind {
    let is_by_row = rows_first(graph, id, batch);
    if let Node::Symbol(s) = graph.node(id) {
        return match (s.role, has_rows(graph, id, batch)) {
            (Role::Dimension, _) if s.name == batch => Kind::Count,
            (_, true) => {
                if is_by_row {
                    Kind::ByRow
                } else {
                    Kind::Mixed
                }
            }
            (_, false) => Kind::Free,
        };
    }
    let mut children: Vec<Id> = Vec::new();
    graph.for_each_child(id, |c| children.push(c));
    let is = |c: &Id, kind: Kind| kinds.get(c) == Some(&kind);
    let any = |kind: Kind| children.iter().any(|c| is(c, kind));
    if any(Kind::Mixed) || has_rows(graph, id, batch) != is_by_row {
        return Kind::Mixed;
    }
    // One label for all rows: two of them pair each with each.
    let one_label = match graph.node(id) {
        Node::Contraction(_, labels) => row_labels(graph, graph.labels(labels), batch).len() == 1,
        _ => true,
    };
    // What an operation does, it does along the last axis.
    let keeps_rows = match graph.node(id) {
        Node::Operation(Operation::OneHot(_) | Operation::Alias(_) | Operation::StopGradient(_), _) => true,
        Node::Operation(_, args) => args.iter().all(|c| !is(c, Kind::ByRow) || graph.rank(*c) > 1),
        _ => true,
    };
    let of_rows = any(Kind::ByRow) || is_sum(graph, id, batch);
    match (is_by_row, of_rows) {
        (true, _) | (_, true) if any(Kind::Summed) || any(Kind::Count) || !one_label => Kind::Mixed,
        (true, _) => {
            if keeps_rows {
                Kind::ByRow
            } else {
                Kind::Mixed
            }
        }
        (false, true) => {
            if is_sum(graph, id, batch) {
                Kind::Summed
            } else {
                Kind::Mixed
            }
        }
        (false, false) if any(Kind::Summed) => Kind::Summed,
        (false, false) => {
            if any(Kind::Count) {
                Kind::Count
            } else {
                Kind::Free
            }
        }
    }
}

/// Do formulas hang on rows only by their number and by sums of what hangs on one row each?
pub(crate) fn are_of_sums(graph: &Graph, formulas: &[Id], batch: &str) -> bool {
    let mut kinds = HashMap::new();
    for id in graph.reachable(formulas) {
        let kind = kind_of(graph, id, batch, &kinds);
        kinds.insert(id, kind);
    }
    formulas.iter().all(|id| matches!(kinds.get(id), Some(Kind::Free | Kind::Count | Kind::Summed)))
}

/// Formulas in terms of the sums over rows that they see first; none where they see rows in another way. Names of the
/// symbols begin with `name`.
pub(crate) fn split(graph: &mut Graph, formulas: &[Id], batch: &str, name: &str) -> Option<Split> {
    let (mut sums, mut stack, mut seen) = (Vec::new(), formulas.to_vec(), Vec::new());
    while let Some(id) = stack.pop() {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        if is_sum(graph, id, batch) {
            sums.push(id);
        } else if has_rows(graph, id, batch) {
            return None;
        } else {
            graph.for_each_child(id, |c| stack.push(c));
        }
    }
    sums.sort_unstable();
    let mut substitution = Substitution::default();
    let mut symbol = |(k, sum): (usize, &Id)| {
        let dims = graph.dims(*sum).to_vec();
        let symbol = graph.tensor_symbol(&format!("{name}.{k}"), Role::Variable, &dims, Assumptions::default());
        substitution.set(*sum, symbol);
        symbol
    };
    let symbols: Vec<Id> = sums.iter().enumerate().map(&mut symbol).collect();
    let rest = formulas.iter().map(|id| substitution.apply(graph, *id)).collect();
    Some(Split { sums, symbols, rest })
}
