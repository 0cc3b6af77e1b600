//! Where a formula of tensors is defined: which matrices must not be singular, which entries must be labels. What the
//! result excludes less, or more, than the original is said in a note.

use std::collections::HashSet;

use wrt_core::{Dim, Graph, Id, Node, Operation, Primitive, Role};

/// What restricts where a formula is defined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Limit {
    /// A matrix that must not be singular.
    Regular(Id),
    /// Entries that must be labels.
    Labels(Id),
}

impl Limit {
    fn of(self) -> Id {
        match self {
            Limit::Regular(id) | Limit::Labels(id) => id,
        }
    }
}

/// The differences between the domains of an original and of what it became, one sentence each. `simple` says what an
/// argument of an operation became.
pub(super) fn notes(g: &Graph, original: Id, result: Id, simple: &dyn Fn(Id) -> Id) -> Vec<String> {
    let (before, after) = (limits(g, original), limits(g, result));
    let mut notes = Vec::new();
    for limit in before.iter().filter(|l| !names_occur(g, **l, &after)) {
        notes.push(match limit {
            Limit::Regular(a) => format!("{} may also be singular", matrix(g, *a)),
            Limit::Labels(y) => format!("{} may also hold what is no label", entries(g, *y)),
        });
    }
    let regular: Vec<Id> = before
        .iter()
        .filter_map(|l| match l {
            Limit::Regular(a) => Some(*a),
            Limit::Labels(_) => None,
        })
        .collect();
    let known = factors(g, &[regular.clone(), regular.into_iter().map(simple).collect()].concat());
    let spread: Vec<Limit> = cofactors(g, original).into_iter().map(Limit::Regular).collect();
    for limit in after.iter().filter(|l| names_occur(g, **l, &spread)) {
        let Limit::Regular(a) = limit else { continue };
        if factors(g, &[*a]).iter().all(|factor| known.contains(factor)) {
            continue;
        }
        notes.push(match noun(g, *a) {
            Some(name) => format!("where {name} is singular, det({name})*inv({name})' is cofactor({name})"),
            None => "where a matrix that is inverted is singular, its det*inv' is its cofactor".into(),
        });
    }
    notes.dedup();
    notes
}

/// Do all names of this one occur in the others of its kind together? Sizes of axes are none of them: a factor `p` may
/// come from a sum that has become a product.
fn names_occur(g: &Graph, limit: Limit, others: &[Limit]) -> bool {
    let same = |other: &&Limit| std::mem::discriminant(&limit) == std::mem::discriminant(*other);
    let all: Vec<Id> = others.iter().filter(same).map(|other| other.of()).collect();
    let known = g.free_symbols(&all);
    let is_size = |id: &Id| matches!(g.node(*id), Node::Symbol(s) if s.role == Role::Dimension);
    !all.is_empty() && g.free_symbols(&[limit.of()]).iter().all(|name| is_size(name) || known.contains(name))
}

/// What an inverse, or the inverse of a determinant or its logarithm, is of.
fn limits(g: &Graph, root: Id) -> Vec<Limit> {
    let det = |id: Id| match g.node(id) {
        Node::Operation(Operation::Det(_), args) => Some(Limit::Regular(bare(g, args[0]))),
        _ => None,
    };
    let find = |id: Id| match g.node(id) {
        Node::Operation(
            Operation::Inv(_) | Operation::Solve(_) | Operation::LogDet(_) | Operation::LogAbsDet(_),
            args,
        ) => Some(Limit::Regular(bare(g, args[0]))),
        Node::Operation(Operation::OneHot(_), args) => Some(Limit::Labels(args[0])),
        Node::Map(Primitive::Pow, &[base, exponent]) => {
            g.as_number(exponent).is_none_or(|e| e.is_negative()).then(|| det(base))?
        }
        Node::Map(primitive, &[arg]) if !primitive.evaluate(&[0.0_f64]).is_finite() => det(arg),
        _ => None,
    };
    let mut found: Vec<Limit> = g.reachable(&[root]).into_iter().filter_map(find).collect();
    found.dedup();
    found
}

/// What is differentiated as a determinant, which may be singular.
fn cofactors(g: &Graph, root: Id) -> Vec<Id> {
    let find = |id: Id| match g.node(id) {
        Node::Operation(Operation::Cofactor(_), args) => Some(args[0]),
        _ => None,
    };
    g.reachable(&[root]).into_iter().filter_map(find).collect()
}

/// The square factors of products of square matrices; these are regular where the products are.
fn factors(g: &Graph, matrices: &[Id]) -> HashSet<Id> {
    let (mut open, mut found, mut seen) = (matrices.to_vec(), HashSet::new(), HashSet::new());
    while let Some(id) = open.pop().map(|id| bare(g, id)) {
        if !seen.insert(id) {
            continue;
        }
        let square = |id: &Id| matches!(g.dims(*id), [.., m, n] if m == n);
        let inner: Vec<Id> = match g.node(id) {
            Node::Sum([single]) => vec![single.node],
            Node::Contraction(factors, _) => factors.iter().copied().filter(|f| !g.is_scalar(*f)).collect(),
            _ => Vec::new(),
        };
        if inner.is_empty() || !inner.iter().all(square) {
            found.insert(id);
        } else {
            open.extend(inner);
        }
    }
    found
}

/// A matrix without its transposition.
fn bare(g: &Graph, id: Id) -> Id {
    match g.node(id) {
        Node::Contraction([single], labels) if g.labels(labels).output.len() == g.rank(*single) => *single,
        _ => id,
    }
}

fn matrix(g: &Graph, id: Id) -> String {
    noun(g, id).unwrap_or_else(|| "a matrix that is inverted".into())
}

fn entries(g: &Graph, id: Id) -> String {
    noun(g, id).unwrap_or_else(|| "what is made one-hot".into())
}

/// What people call a node that is a name, or a function of names.
pub(super) fn noun(g: &Graph, id: Id) -> Option<String> {
    let name = |id: Id| match g.node(id) {
        Node::Symbol(s) => Some(s.name.clone()),
        _ => None,
    };
    let power = |id: Id| match g.node(id) {
        Node::Map(Primitive::Pow, &[base, exponent]) => Some(format!("{}^{}", name(base)?, g.as_number(exponent)?)),
        _ => name(id),
    };
    let summed = |labels: &wrt_core::Labels| labels.output.is_empty() && labels.dims.len() == labels.factors[0].len();
    match g.node(id) {
        Node::Symbol(_) => name(id),
        Node::Operation(operation, args) => {
            let dims: Vec<&[Dim]> = args.iter().map(|a| g.dims(*a)).collect();
            let text = operation.spelling(g, &dims).text;
            // A name needs no brackets; `[0][0]` is the first entry of the first argument.
            let named = |text: String, (k, a): (usize, &Id)| {
                let name = name(*a)?;
                Some(text.replacen(&format!("[{k}]"), &name, 1).replace(&format!("{{{k}}}"), &name))
            };
            args.iter().enumerate().try_fold(text, named).filter(|text| !text.is_empty())
        }
        Node::Contraction([a], labels) if summed(g.labels(labels)) => Some(format!("sum({})", power(*a)?)),
        Node::Contraction([a, b], labels) if a == b && summed(g.labels(labels)) => {
            let [own, other] = &g.labels(labels).factors[..] else { return None };
            if own == other { Some(format!("sum({}^2)", name(*a)?)) } else { None }
        }
        _ => None,
    }
}
