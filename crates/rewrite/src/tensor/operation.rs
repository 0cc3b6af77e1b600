//! Operations of something special.

use wrt_core::operations::{Det, Entry, Expm, Frechet, Inv, Reshape};
use wrt_core::{Dim, Graph, Id, Node, Operation, Primitive};

use super::flat::Flat;

/// A shorter form of an operation, if there is one.
pub(super) fn special(g: &mut Graph, operation: &Operation, args: &[Id], dims: &[Dim]) -> Option<Id> {
    match operation {
        Operation::Alias(_) => Some(args[0]),
        Operation::Cofactor(_) if g.rank(args[0]) == 2 => cofactors(g, args[0]),
        Operation::Reshape(_) | Operation::Pad(_) | Operation::Slice(_)
            if g.dims(args[0]) == dims && keeps_all(operation) =>
        {
            Some(args[0])
        }
        Operation::Reshape(Reshape { axes: 1, to }) if to.is_empty() => single_entry(g, args[0]),
        Operation::Reshape(r) if is_identity(g, args[0]) => split_identity(g, r, dims),
        Operation::Reshape(_) if is_ones(g, args[0]) => {
            let dims = dims.to_vec();
            Some(g.ones(&dims))
        }
        Operation::Det(_) => det_of_product(g, args[0]),
        Operation::Inv(_) => inverse_of_product(g, args[0]),
        // A multiple of the identity commutes with all: along it the exponential is its own derivative.
        Operation::Frechet(Frechet) if args[1..].iter().any(|e| is_identity(g, *e)) => {
            let place = args.iter().skip(1).position(|e| is_identity(g, *e))? + 1;
            let mut others = args.to_vec();
            others.remove(place);
            let made = if let [a] = others[..] { g.operation(Expm, &[a]) } else { g.operation(Frechet, &others) };
            made.ok().filter(|m| g.dims(*m) == dims)
        }
        Operation::Expm(_) | Operation::Pinv(_) => transposed(g, operation, args[0]),
        _ => None,
    }
}

/// δ whose two axes are split alike is a product of deltas.
fn split_identity(g: &mut Graph, reshape: &Reshape, dims: &[Dim]) -> Option<Id> {
    let half = reshape.to.len() / 2;
    let (rows, columns) = reshape.to.split_at(half);
    if reshape.axes != 2 || rows != columns {
        return None;
    }
    let dims = dims[..half].to_vec();
    Some(g.identity(&dims))
}

/// Does an operation that leaves the shape leave the entries, too?
fn keeps_all(operation: &Operation) -> bool {
    match operation {
        Operation::Pad(p) => p.step == 1,
        Operation::Slice(s) => s.step == 1,
        _ => true,
    }
}

/// The only entry of a slice, without its axis.
fn single_entry(g: &mut Graph, id: Id) -> Option<Id> {
    let (of, at) = match g.node(id) {
        Node::Operation(Operation::Slice(s), args) => (args[0], s.start),
        _ => (id, 0),
    };
    g.operation(Entry { at }, &[of]).ok()
}

fn is_identity(g: &Graph, id: Id) -> bool {
    match g.node(id) {
        Node::Contraction([], labels) => g.labels(labels).output == [0, 0],
        _ => false,
    }
}

fn is_ones(g: &Graph, id: Id) -> bool {
    match g.node(id) {
        Node::Contraction([], labels) => {
            let output = &g.labels(labels).output;
            (1..output.len()).all(|k| !output[..k].contains(&output[k]))
        }
        _ => false,
    }
}

/// det(A)*inv(A)', as people write it; `differentiate` keeps the cofactors for what is computed.
fn cofactors(g: &mut Graph, id: Id) -> Option<Id> {
    let dims = g.dims(id).to_vec();
    let det = match det_of_product(g, id) {
        Some(short) => short,
        None => g.operation(Det, &[id]).ok()?,
    };
    let inverse = match inverse_of_product(g, id) {
        Some(short) => short,
        None => g.operation(Inv, &[id]).ok()?,
    };
    Some(g.einsum(&[det, inverse], &[&[], &[1, 0]], &[0, 1], &dims))
}

/// The square matrices whose product a contraction of rank 2 is, in order, each with whether it is transposed.
fn chain(g: &Graph, id: Id) -> Option<Vec<(Id, bool)>> {
    let Node::Contraction(factors, labels) = g.node(id) else { return None };
    let labels = g.labels(labels);
    let [row, column] = labels.output[..] else { return None };
    if row == column || labels.dims.iter().any(|d| *d != labels.dims[0]) || labels.factors.iter().any(|f| f.len() != 2)
    {
        return None;
    }
    let mut left: Vec<usize> = (0..factors.len()).collect();
    let (mut at, mut found) = (row, Vec::new());
    while !left.is_empty() {
        let next = left.iter().position(|k| labels.factors[*k].contains(&at))?;
        let k = left.remove(next);
        let own = &labels.factors[k];
        let turned = own[1] == at;
        at = if turned { own[0] } else { own[1] };
        if own[0] == own[1] {
            return None;
        }
        found.push((factors[k], turned));
    }
    (at == column).then_some(found)
}

/// det(A B) = det(A) det(B), and det(A') = det(A); only where a factor occurs twice, so that something gets shorter.
fn det_of_product(g: &mut Graph, id: Id) -> Option<Id> {
    if let Node::Operation(Operation::Inv(_), args) = g.node(id) {
        let arg = args[0];
        let det = g.operation(Det, &[arg]).ok()?;
        let minus_one = g.integer(-1);
        return Some(g.map(Primitive::Pow, &[det, minus_one]));
    }
    let parts = chain(g, id)?;
    let twice = (1..parts.len()).any(|k| parts[..k].iter().any(|(f, _)| *f == parts[k].0));
    if parts.len() > 1 && !twice {
        return None;
    }
    let mut dets = Vec::with_capacity(parts.len());
    for (factor, _) in parts {
        dets.push(g.operation(Det, &[factor]).ok()?);
    }
    Some(g.product(&dets))
}

/// inv(A B) = inv(B) inv(A), and inv(A') = inv(A)'.
fn inverse_of_product(g: &mut Graph, id: Id) -> Option<Id> {
    if let Node::Operation(Operation::Inv(_), args) = g.node(id) {
        return Some(args[0]);
    }
    let parts = chain(g, id)?;
    let dim = g.dims(id)[0];
    let n = parts.len();
    let mut factors = Vec::with_capacity(n);
    for (k, (factor, turned)) in parts.into_iter().rev().enumerate() {
        let inverse = g.operation(Inv, &[factor]).ok()?;
        let (a, b) = (k as u8, k as u8 + 1);
        factors.push((inverse, if turned { vec![b, a] } else { vec![a, b] }));
    }
    Some(Flat::build(g, &factors, &[0, n as u8], &vec![dim; n + 1]))
}

/// f(A') = f(A)'
fn transposed(g: &mut Graph, operation: &Operation, id: Id) -> Option<Id> {
    let Node::Contraction([single], labels) = g.node(id) else { return None };
    let (single, labels) = (*single, g.labels(labels));
    if labels.output != [0, 1] || labels.factors[0] != [1, 0] {
        return None;
    }
    let value = g.operation(operation.clone(), &[single]).ok()?;
    Some(g.permute(value, &[1, 0]))
}
