//! Arrays that are zero but where two of their axes agree, as identities and what stands beside them: the Hessian of a
//! factorisation is a small block for each row, and not a square of all entries.

use wrt_core::{Graph, Id, Node, Number, Term};

use super::flat::Flat;

/// Two axes of an array that is zero where their positions differ.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Identity {
    /// The first axis.
    pub first: usize,
    /// The second axis.
    pub second: usize,
    /// Is the block another one for each position? Else it is the same for all of them.
    pub varies: bool,
}

/// An array as a product of identities with a block. The axes of the block are those along which it varies from position
/// to position, in the order of the identities, then all axes of the array that belong to no identity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Factored {
    /// The identities, by rising first axes.
    pub identities: Vec<Identity>,
    /// The block.
    pub block: Id,
}

/// The identities that join one of the first axes of a node, so many, with one of the others; none where there is none, or
/// where the node is a sum whose terms share none.
///
/// ```
/// use wrt_core::{Assumptions, Graph, Role};
/// let mut g = Graph::new();
/// let (n, k) = (g.dim_name("n"), g.dim_name("k"));
/// let b = g.tensor_symbol("B", Role::Data, &[k, k], Assumptions::default());
/// let eye = g.identity(&[n]);
/// let whole = g.einsum(&[eye, b], &[&[0, 2], &[1, 3]], &[0, 1, 2, 3], &[n, k, n, k]);
/// let found = wrt_rewrite::identities(&mut g, whole, 2).unwrap();
/// assert_eq!((found.block, found.identities[0].second, found.identities[0].varies), (b, 2, false));
/// ```
pub fn identities(graph: &mut Graph, id: Id, first: usize) -> Option<Factored> {
    let terms: Vec<(Number, Id)> = match graph.node(id) {
        Node::Sum(terms) => terms.iter().map(|t| (t.coefficient.clone(), t.node)).collect(),
        _ => vec![(Number::ONE, id)],
    };
    let mut flats: Vec<(Number, Flat)> = Vec::with_capacity(terms.len());
    for (coefficient, node) in terms {
        let flat = Flat::of(graph, node)?;
        if !flat.is_zero() && !coefficient.is_zero() {
            flats.push((coefficient, flat));
        }
    }
    let rank = graph.rank(id);
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for r in 0..first.min(rank) {
        let agrees = |s: &usize| {
            !pairs.iter().any(|(_, own)| own == s) && flats.iter().all(|(_, f)| f.output[r] == f.output[*s])
        };
        if let Some(s) = (first..rank).find(agrees) {
            pairs.push((r, s));
        }
    }
    if pairs.is_empty() || flats.is_empty() {
        return None;
    }
    let varies = |(r, s): &(usize, usize)| {
        flats.iter().any(|(_, flat)| {
            let label = flat.output[*r];
            let elsewhere = (0..rank).any(|k| k != *r && k != *s && flat.output[k] == label);
            elsewhere || flat.factors.iter().any(|(_, own)| own.contains(&label))
        })
    };
    let found: Vec<Identity> = pairs.iter().map(|p| Identity { first: p.0, second: p.1, varies: varies(p) }).collect();
    let in_block = |k: &usize| pairs.iter().all(|(r, s)| r != k && s != k);
    let axes: Vec<usize> =
        found.iter().filter(|i| i.varies).map(|i| i.first).chain((0..rank).filter(in_block)).collect();
    let mut terms = Vec::with_capacity(flats.len());
    for (coefficient, flat) in flats {
        let output: Vec<u8> = axes.iter().map(|k| flat.output[*k]).collect();
        let product = Flat::build(graph, &flat.factors, &output, &flat.dims);
        let own = graph.sum(&[Term::new(flat.coefficient, product)]);
        terms.push(Term::new(coefficient, own));
    }
    Some(Factored { identities: found, block: graph.sum(&terms) })
}
