//! Operations of something special: the functions of the rules on operations.

use wrt_core::operations::{Det, Entry, Expm, Frechet, Inv, Prod, Reshape, Solve};
use wrt_core::{Dimension, Graph, Id, Labels, Node, Number, Operation, Primitive, Term};

use super::facts::known_of;
use super::flat::Flat;
use super::rules::{self, Site};

pub(super) fn alias(_: &mut Graph, site: Site<'_>) -> Option<Id> {
    matches!(site.operation, Operation::Alias(_)).then_some(site.args[0])
}

pub(super) fn overridden(_: &mut Graph, site: Site<'_>) -> Option<Id> {
    matches!(site.operation, Operation::Override(_)).then_some(site.args[0])
}

/// det(A)*inv(A)', as people write it; `differentiate` keeps the cofactors for what is computed, and a note says where
/// these are more.
pub(super) fn cofactors(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let (Operation::Cofactor(_), &[a]) = (site.operation, site.args) else { return None };
    if is_outer(g, a) {
        return None;
    }
    let det = of(g, Det, site.args)?;
    let inverse = of(g, Inv, site.args)?;
    let batch: Vec<u8> = (0..site.dims.len() as u8 - 2).collect();
    let (i, j) = (batch.len() as u8, batch.len() as u8 + 1);
    let (natural, turned) = ([&batch[..], &[i, j]].concat(), [&batch[..], &[j, i]].concat());
    Some(g.einsum(&[det, inverse], &[&batch, &turned], &natural, site.dims))
}

/// Is it an outer product, which has no inverse wherever it has two rows?
fn is_outer(g: &Graph, matrix: Id) -> bool {
    let Node::Contraction(factors, labels) = g.node(matrix) else { return false };
    let labels = g.labels(labels);
    let [.., i, j] = labels.output[..] else { return false };
    let joins = |own: &Vec<u8>| own.contains(&i) && own.contains(&j) || own.iter().any(|l| !labels.output.contains(l));
    i != j && factors.len() > 1 && !labels.factors.iter().any(joins)
}

/// The derivative of det(A)*inv(A)' along E: det(A)*(tr(inv(A) E)*inv(A)' - (inv(A) E inv(A))').
pub(super) fn cofactors_along(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let (Operation::Cofactor(_), &[a, along]) = (site.operation, site.args) else { return None };
    let dims = g.dims(along).to_vec();
    if g.rank(a) != 2 || dims != site.dims || is_outer(g, a) {
        return None;
    }
    let (det, inverse) = (of(g, Det, &[a])?, of(g, Inv, &[a])?);
    let lead: Vec<u8> = (0..dims.len() as u8 - 2).collect();
    let [i, j, k, l] = [0, 1, 2, 3].map(|k| lead.len() as u8 + k);
    let all = [&dims[..], &dims[dims.len() - 2..]].concat();
    let (output, direction) = ([&lead[..], &[i, j]].concat(), [&lead[..], &[k, l]].concat());
    let factors = [det, inverse, inverse, along];
    let straight = g.einsum(&factors, &[&[], &[l, k], &[j, i], &direction], &output, &all);
    let crossed = g.einsum(&factors, &[&[], &[j, k], &[l, i], &direction], &output, &all);
    Some(g.sum(&[Term::one(straight), Term::new(Number::MINUS_ONE, crossed)]))
}

/// prod(x)/x, and for pairs prod(x)*(outer(1/x, 1/x) - diag(1/x^2)), where no entry is 0.
pub(super) fn products_of_others(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let (Operation::ProdOthers(others), &[x]) = (site.operation, site.args) else { return None };
    if !known_of(g, x).is_nonzero() {
        return None;
    }
    let (product, minus_one) = (of(g, Prod, &[x])?, g.integer(-1));
    let inverse = g.pow(x, minus_one);
    let batch: Vec<u8> = (0..g.rank(product) as u8).collect();
    let [i, j] = [0, 1].map(|k| batch.len() as u8 + k);
    let [at_i, at_j] = [i, j].map(|label| [&batch[..], &[label]].concat());
    match others.order {
        1 => Some(g.einsum(&[product, inverse], &[&batch, &at_i], &at_i, site.dims)),
        2 => {
            let factors = [product, inverse, inverse];
            let all = g.einsum(&factors, &[&batch, &at_i, &at_j], &[&at_i[..], &[j]].concat(), site.dims);
            let dims = &site.dims[..at_i.len()];
            let same = g.einsum(&factors, &[&batch, &at_i, &at_i], &[&at_i[..], &[i]].concat(), dims);
            Some(g.sum(&[Term::one(all), Term::new(Number::MINUS_ONE, same)]))
        }
        _ => None,
    }
}

/// An operation by the rules, as it stands where none fires.
fn of(g: &mut Graph, operation: impl Into<Operation>, args: &[Id]) -> Option<Id> {
    let operation = operation.into();
    let made = g.operation(operation.clone(), args).ok()?;
    let dims = g.dims(made).to_vec();
    Some(rules::operation(g, Site { operation: &operation, args, dims: &dims }).unwrap_or(made))
}

/// What leaves the shape leaves the entries, too.
pub(super) fn same_shape(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let all = match site.operation {
        Operation::Reshape(_) => true,
        Operation::Pad(p) => p.step == 1,
        Operation::Slice(s) => s.step == 1,
        _ => false,
    };
    (all && g.dims(site.args[0]) == site.dims).then_some(site.args[0])
}

/// An entry of a slice is one of what was sliced; the only entry may be taken by leaving out the axis.
pub(super) fn entry_of_range(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let at = match site.operation {
        Operation::Reshape(Reshape { axes: 1, to }) if to.is_empty() => 0,
        Operation::Entry(e) => e.at,
        _ => return None,
    };
    match g.node(site.args[0]) {
        Node::Operation(Operation::Slice(s), args) => {
            let (of, moved) = (args[0], at.checked_mul(i64::try_from(s.step).ok()?)?.checked_add(s.start)?);
            // Positions below 0 count from the end, of the range or of what it is of.
            let same_end = at >= 0 && (moved < 0) == (s.start < 0);
            if same_end { g.operation(Entry { at: moved }, &[of]).ok() } else { None }
        }
        _ if matches!(site.operation, Operation::Reshape(_)) => g.operation(Entry { at }, site.args).ok(),
        _ => None,
    }
}

/// A sign is no part of what is reshaped. (Other numbers stay: taken out again and again, they would square each time.)
pub(super) fn reshaped_negative(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let (Operation::Reshape(_), Node::Sum([single])) = (site.operation, g.node(site.args[0])) else { return None };
    let Term { coefficient, node } = single.clone();
    if coefficient != Number::MINUS_ONE || g.dims(node) != g.dims(site.args[0]) {
        return None;
    }
    let bare = of(g, site.operation.clone(), &[node])?;
    Some(g.sum(&[Term::new(coefficient, bare)]))
}

/// Axes that were merged, and are merged again or split: what was merged, in one step. Axes may change places between.
pub(super) fn reshape_again(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let Operation::Reshape(Reshape { axes, to }) = site.operation else { return None };
    if let Node::Operation(Operation::Reshape(inner), args) = g.node(site.args[0])
        && inner.to.len() == *axes
    {
        let (of, axes) = (*args.first()?, inner.axes);
        return self::of(g, Reshape { axes, to: to.clone() }, &[of]);
    }
    let (merged, places) = permuted(g, site.args[0])?;
    let Node::Operation(Operation::Reshape(Reshape { axes: inner, to: one }), args) = g.node(merged) else {
        return None;
    };
    let (of, inner) = (*args.first()?, *inner);
    if one.len() != 1 || inner == 0 {
        return None;
    }
    let last = g.rank(merged) - 1;
    let mut order = Vec::with_capacity(places.len() - 1 + inner);
    for place in &places {
        order.extend(if *place == last { last..last + inner } else { *place..*place + 1 });
    }
    let kept = places.len() - axes;
    let at = places.iter().position(|place| *place == last)?;
    // An axis in front is merged again together with those that are merged now.
    let beside = g.dims(site.args[0]).get(at..kept).unwrap_or_default().iter().map(|d| g.dimension(*d).clone());
    let to: Vec<Dimension> = beside.chain(to.iter().cloned()).collect();
    let axes = order.len() - at.min(kept);
    let all: Vec<u8> = (0..order.len() as u8).collect();
    let (output, old) = (order.iter().map(|k| *k as u8).collect::<Vec<u8>>(), g.dims(of).to_vec());
    let moved = if output == all { of } else { g.einsum(&[of], &[&all], &output, &old) };
    self::of(g, Reshape { axes, to }, &[moved])
}

/// A node whose axes at most changed places, with where they were.
fn permuted(g: &Graph, id: Id) -> Option<(Id, Vec<usize>)> {
    let Node::Contraction(&[factor], labels) = g.node(id) else { return Some((id, (0..g.rank(id)).collect())) };
    let labels = g.labels(labels);
    let own = labels.factors.first()?;
    let places = labels.output.iter().map(|l| own.iter().position(|o| o == l)).collect::<Option<Vec<_>>>()?;
    let once = (0..places.len()).all(|k| !places[..k].contains(&places[k]));
    (once && own.len() == places.len()).then_some((factor, places))
}

/// δ whose two axes are split alike is a product of deltas.
pub(super) fn split_identity(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let Operation::Reshape(reshape) = site.operation else { return None };
    let half = reshape.to.len() / 2;
    let (rows, columns) = reshape.to.split_at(half);
    if reshape.axes != 2 || rows != columns || !is_identity(g, site.args[0]) {
        return None;
    }
    Some(g.identity(&site.dims[..half]))
}

pub(super) fn ones(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let reshaped = matches!(site.operation, Operation::Reshape(_)) && is_ones(g, site.args[0]);
    reshaped.then(|| g.ones(site.dims))
}

pub(super) fn is_identity(g: &Graph, id: Id) -> bool {
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

/// The square matrices whose product a contraction of rank 2 is, in order, each with whether it is transposed.
fn chain(g: &Graph, id: Id) -> Option<Vec<(Id, bool)>> {
    let Node::Contraction(factors, labels) = g.node(id) else { return None };
    let labels = g.labels(labels);
    let [row, column] = labels.output[..] else { return None };
    // As many labels as a chain has: entry by entry, factors share theirs.
    let is_chain = row != column && labels.dims.len() == factors.len() + 1;
    if !is_chain || labels.dims.iter().any(|d| *d != labels.dims[0]) || labels.factors.iter().any(|f| f.len() != 2) {
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

/// What a node is the inverse of.
fn inverted(g: &Graph, id: Id) -> Option<Id> {
    match g.node(id) {
        Node::Operation(Operation::Inv(_), args) => Some(args[0]),
        _ => None,
    }
}

pub(super) fn det_of_inverse(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let Operation::Det(_) = site.operation else { return None };
    let det = of(g, Det, &[inverted(g, site.args[0])?])?;
    let minus_one = g.integer(-1);
    Some(g.map(Primitive::Pow, &[det, minus_one]))
}

/// det(A B) = det(A) det(B), and det(A') = det(A); only where a factor occurs twice, so that something gets shorter.
pub(super) fn det_of_product(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let Operation::Det(_) = site.operation else { return None };
    let parts = chain(g, site.args[0])?;
    let twice = (1..parts.len()).any(|k| parts[..k].iter().any(|(f, _)| *f == parts[k].0));
    if parts.len() > 1 && !twice {
        return None;
    }
    let mut dets = Vec::with_capacity(parts.len());
    for (factor, _) in parts {
        dets.push(of(g, Det, &[factor])?);
    }
    Some(g.product(&dets))
}

pub(super) fn inverse_of_inverse(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    matches!(site.operation, Operation::Inv(_)).then(|| inverted(g, site.args[0])).flatten()
}

pub(super) fn flip_of_flip(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    match (site.operation, g.node(site.args[0])) {
        (Operation::Flip(_), Node::Operation(Operation::Flip(_), args)) => Some(args[0]),
        _ => None,
    }
}

/// inv(A B) = inv(B) inv(A), and inv(A') = inv(A)'.
pub(super) fn inverse_of_product(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let Operation::Inv(_) = site.operation else { return None };
    let parts = chain(g, site.args[0])?;
    let n = parts.len();
    let mut factors = Vec::with_capacity(n);
    for (k, (factor, turned)) in parts.into_iter().rev().enumerate() {
        let inverse = of(g, Inv, &[factor])?;
        let (a, b) = (k as u8, k as u8 + 1);
        factors.push((inverse, if turned { vec![b, a] } else { vec![a, b] }));
    }
    Some(Flat::build(g, &factors, &[0, n as u8], &vec![site.dims[0]; n + 1]))
}

/// The matrix and the right side of a linear system.
fn system(site: Site<'_>) -> Option<(Id, Id)> {
    match (site.operation, site.args) {
        (Operation::Solve(_), &[a, b]) => Some((a, b)),
        _ => None,
    }
}

/// The right side of a linear system with one matrix as a product at labels, and the label of its rows.
fn right_side(g: &Graph, a: Id, b: Id) -> Option<(Vec<Id>, Labels, u8)> {
    let Node::Contraction(factors, labels) = g.node(b) else { return None };
    let labels = g.labels(labels).clone();
    let row = *labels.output.get(labels.output.len().checked_sub(if g.rank(b) == 1 { 1 } else { 2 })?)?;
    let once = labels.output.iter().filter(|l| **l == row).count() == 1;
    (g.rank(a) == 2 && once).then(|| (factors.to_vec(), labels, row))
}

/// x where the right side is A x.
pub(super) fn solution_of_product(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let (a, b) = system(site)?;
    let (factors, labels, row) = right_side(g, a, b)?;
    let (base, turned) = g.transposed_from(a).map_or((a, false), |base| (base, true));
    let place = factors.iter().position(|f| *f == base)?;
    let [i, j] = labels.factors[place][..] else { return None };
    let (outer, inner) = if turned { (j, i) } else { (i, j) };
    let mut others: Vec<(Id, Vec<u8>)> = factors.into_iter().zip(labels.factors).collect();
    others.remove(place);
    let elsewhere = others.iter().any(|(_, own)| own.contains(&row));
    if outer != row || inner == row || elsewhere || labels.output.contains(&inner) {
        return None;
    }
    let output: Vec<u8> = labels.output.iter().map(|l| if *l == row { inner } else { *l }).collect();
    Some(Flat::build(g, &others, &output, &labels.dims))
}

/// The inverse where the right side has the identity as a factor.
pub(super) fn solution_for_identity(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let (a, b) = system(site)?;
    if is_identity(g, b) {
        return of(g, Inv, &[a]);
    }
    let (factors, labels, row) = right_side(g, a, b)?;
    let holds_row = |k: &usize| labels.factors[*k].contains(&row);
    let place = (0..factors.len()).find(holds_row)?;
    let [i, j] = labels.factors[place][..] else { return None };
    if !is_identity(g, factors[place]) || i == j || (0..factors.len()).filter(holds_row).count() > 1 {
        return None;
    }
    let inverse = of(g, Inv, &[a])?;
    let mut all: Vec<(Id, Vec<u8>)> = factors.into_iter().zip(labels.factors).collect();
    all[place] = (inverse, vec![row, if i == row { j } else { i }]);
    Some(Flat::build(g, &all, &labels.output, &labels.dims))
}

/// What is multiplied with, not divided by: the identity and inverses.
pub(super) fn solution_with_inverse(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let (a, b) = system(site)?;
    if g.rank(a) != 2 || g.rank(b) > 2 {
        return None;
    }
    if is_identity(g, a) {
        return Some(b);
    }
    let matrix = inverted(g, a)?;
    let (own, labels): (Vec<u8>, Vec<u8>) = ((1..=g.rank(b) as u8).collect(), [&[0], &[2][..g.rank(b) - 1]].concat());
    let dims = [g.dims(matrix), &g.dims(b)[1..]].concat();
    Some(Flat::build(g, &[(matrix, vec![0, 1]), (b, own)], &labels, &dims))
}

/// Numbers stand before a solution.
pub(super) fn solution_of_multiple(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let (a, b) = system(site)?;
    let (p, bare_a) = multiple(g, a);
    let (q, bare_b) = multiple(g, b);
    let factor = &q * &p.recip()?;
    if bare_a == a && bare_b == b {
        return None;
    }
    let solved = of(g, Solve, &[bare_a, bare_b])?;
    Some(g.sum(&[Term::new(factor, solved)]))
}

/// A number times a node of the same shape.
fn multiple(g: &Graph, id: Id) -> (Number, Id) {
    match g.node(id) {
        Node::Sum([Term { coefficient, node }]) if g.dims(*node) == g.dims(id) => (coefficient.clone(), *node),
        _ => (Number::ONE, id),
    }
}

/// A multiple of the identity commutes with all: along it the exponential is its own derivative.
pub(super) fn frechet_along_identity(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let Operation::Frechet(_) = site.operation else { return None };
    let place = site.args.iter().skip(1).position(|e| is_identity(g, *e))? + 1;
    let mut others = site.args.to_vec();
    others.remove(place);
    let made = if let [a] = others[..] { g.operation(Expm, &[a]) } else { g.operation(Frechet, &others) };
    made.ok().filter(|m| g.dims(*m) == site.dims)
}

/// f(A') = f(A)'
pub(super) fn of_transpose(g: &mut Graph, site: Site<'_>) -> Option<Id> {
    let (Operation::Expm(_) | Operation::Pinv(_)) = site.operation else { return None };
    let Node::Contraction([single], labels) = g.node(site.args[0]) else { return None };
    let (single, labels) = (*single, g.labels(labels));
    if labels.output != [0, 1] || labels.factors[0] != [1, 0] {
        return None;
    }
    let value = g.operation(site.operation.clone(), &[single]).ok()?;
    Some(g.permute(value, &[1, 0]))
}
