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
    let keeps_rows = match graph.node(id) {
        // Entries are picked in each row, at places that are the same for all or its own; or each row picks from a table.
        Node::Operation(Operation::Gather(gather), args) => match args[..] {
            [x, at] if is(&x, Kind::ByRow) => {
                let own_places = gather.0.picks < graph.rank(at);
                gather.0.inner + 1 < graph.rank(x) && (own_places || !is(&at, Kind::ByRow))
            }
            _ => true,
        },
        // Rows stay rows where they are the first axis before and after.
        Node::Operation(Operation::Reshape(_), _) => true,
        Node::Operation(operation, args) => {
            let is_apart = |(k, c): (usize, &Id)| !is(c, Kind::ByRow) || graph.rank(*c) > operation.core_axes(k);
            args.iter().enumerate().all(is_apart)
        }
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

/// Is a value made of several rows at once, whatever they are: is one summed or folded over rows, does it know how many there
/// are, or is something done along them? Not all that is made so is found: what a scan does with its axes is its own.
pub(crate) fn joins_rows(graph: &Graph, root: Id, batch: &str) -> bool {
    let has_rows = |id: &Id| has_rows(graph, *id, batch);
    let counts = |d: &wrt_core::Dim| counts_rows(graph.dimension(*d), batch);
    let joins = |id: &Id| match graph.node(*id) {
        Node::Symbol(s) => s.role == Role::Dimension && s.name == batch,
        Node::Contraction(_, labels) => {
            let labels = graph.labels(labels);
            row_labels(graph, labels, batch).iter().any(|l| !labels.output.contains(l))
        }
        // The columns of a right side are solved by themselves, and rows may be columns.
        Node::Operation(Operation::Solve(_), args) => {
            let of_columns = graph.rank(args[1]) >= graph.rank(args[0]);
            graph.dims(args[0]).iter().rev().take(2).any(counts)
                || graph.dims(args[1]).iter().rev().skip(usize::from(of_columns)).take(1).any(counts)
        }
        Node::Operation(Operation::Reshape(_) | Operation::Scan(_), args) => args.iter().any(has_rows) && !has_rows(id),
        Node::Operation(Operation::Gather(gather), args) => {
            let from = graph.dims(args[0]);
            from.len().checked_sub(1 + gather.0.inner).is_some_and(|axis| counts(&from[axis]))
        }
        Node::Operation(operation, args) => {
            let along = |(k, x): (usize, &Id)| graph.dims(*x).iter().rev().take(operation.core_axes(k)).any(counts);
            args.iter().enumerate().any(along)
        }
        _ => false,
    };
    graph.reachable(&[root]).iter().any(joins)
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

/// How values of rows come together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fold {
    Sum,
    Max,
    Min,
}

/// What one pass over all rows tells.
pub(crate) struct Level {
    /// What comes together of values that hang on one row each, and on what passes before have told.
    pub(crate) folds: Vec<(Fold, Id)>,
    /// The symbols that stand for it.
    pub(crate) symbols: Vec<Id>,
}

/// Formulas of rows that come piece by piece, again and again: a variance hangs on the mean, which is known one pass before.
pub(crate) struct Levels {
    pub(crate) levels: Vec<Level>,
    /// Stands for the number of all rows.
    pub(crate) rows: Id,
    /// The formulas, of what the passes have told.
    pub(crate) rest: Vec<Id>,
}

/// Does each entry hang on one row?
fn is_of_one_row(graph: &Graph, id: Id, kinds: &HashMap<Id, Kind>) -> bool {
    let mut id = id;
    loop {
        if kinds.get(&id) == Some(&Kind::ByRow) {
            return true;
        }
        let mut children: Vec<Id> = Vec::new();
        graph.for_each_child(id, |c| children.push(c));
        let moves = match graph.node(id) {
            Node::Contraction(_, labels) => {
                let labels = graph.labels(labels);
                labels.output.len() == labels.dims.len()
            }
            Node::Operation(Operation::Reshape(_), _) => true,
            _ => false,
        };
        match children[..] {
            [only] if moves => id = only,
            _ => return false,
        }
    }
}

fn fold_of(graph: &Graph, id: Id, batch: &str, kinds: &HashMap<Id, Kind>) -> Option<Fold> {
    if is_sum(graph, id, batch) {
        return (kind_of(graph, id, batch, kinds) == Kind::Summed).then_some(Fold::Sum);
    }
    let Node::Operation(operation, _) = graph.node(id) else { return None };
    let fold = match operation {
        Operation::Max(_) => Fold::Max,
        Operation::Min(_) => Fold::Min,
        _ => return None,
    };
    let mut of = None;
    graph.for_each_child(id, |c| of = Some(c));
    let of = of.filter(|of| !has_rows(graph, id, batch) && has_rows(graph, *of, batch))?;
    is_of_one_row(graph, of, kinds).then_some(fold)
}

/// Formulas in terms of passes over the rows; none where rows are seen in another way, as by sorting them. Names of the
/// symbols begin with `name`.
pub(crate) fn levels(graph: &mut Graph, formulas: &[Id], batch: &str, name: &str) -> Option<Levels> {
    let rows = graph.tensor_symbol(&format!("{name}.rows"), Role::Variable, &[], Assumptions::default());
    let mut substitution = Substitution::default();
    let is_count = |id: &Id| matches!(graph.node(*id), Node::Symbol(s) if s.role == Role::Dimension && s.name == batch);
    let counts: Vec<Id> = graph.reachable(formulas).into_iter().filter(is_count).collect();
    counts.into_iter().for_each(|id| substitution.set(id, rows));
    let mut rest: Vec<Id> = formulas.iter().map(|id| substitution.apply(graph, *id)).collect();
    let mut levels: Vec<Level> = Vec::new();
    loop {
        let (mut kinds, mut folds, mut is_known) = (HashMap::new(), Vec::new(), true);
        for id in graph.reachable(&rest) {
            is_known &= !has_rows(graph, id, batch);
            let fold = fold_of(graph, id, batch, &kinds);
            folds.extend(fold.map(|fold| (fold, id)));
            let kind = if fold.is_some() { Kind::Summed } else { kind_of(graph, id, batch, &kinds) };
            kinds.insert(id, kind);
        }
        if is_known && folds.is_empty() {
            return Some(Levels { levels, rows, rest });
        }
        if folds.is_empty() {
            return None;
        }
        let mut substitution = Substitution::default();
        let pass = levels.len();
        let mut symbol = |(k, (_, fold)): (usize, &(Fold, Id))| {
            let dims = graph.dims(*fold).to_vec();
            let name = format!("{name}.{pass}.{k}");
            let symbol = graph.tensor_symbol(&name, Role::Variable, &dims, Assumptions::default());
            substitution.set(*fold, symbol);
            symbol
        };
        let symbols = folds.iter().enumerate().map(&mut symbol).collect();
        rest = rest.iter().map(|id| substitution.apply(graph, *id)).collect();
        levels.push(Level { folds, symbols });
    }
}
