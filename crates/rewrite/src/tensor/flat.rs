//! Contractions without contractions inside: labels are united, deltas disappear, inverses cancel.

use wrt_core::operations::{Inv, Reshape, Softmax};
use wrt_core::{Dim, Dimension, Graph, Id, Labels, Node, Number, Operation, Primitive, Term};

use super::operation::is_identity;
use super::rules;

/// The most factors that are flattened into one contraction.
const MAX_FACTORS: usize = 12;

/// The most terms of a sum that a product is distributed over.
const MAX_TERMS: usize = 8;

/// The most labels of a contraction.
const MAX_LABELS: usize = 200;

/// A product of nodes at labels, summed over all labels that the output lacks; every label stands in the output or in a
/// factor.
#[derive(Clone, Debug)]
pub(super) struct Flat {
    pub(super) coefficient: Number,
    pub(super) factors: Vec<(Id, Vec<u8>)>,
    pub(super) output: Vec<u8>,
    pub(super) dims: Vec<Dim>,
}

impl Flat {
    /// A contraction node with the contractions below it taken in; none if it has too many labels.
    pub(super) fn of(g: &mut Graph, id: Id) -> Option<Flat> {
        let dims = g.dims(id).to_vec();
        let output: Vec<u8> = (0..dims.len() as u8).collect();
        let mut flat = Flat { coefficient: Number::ONE, factors: vec![(id, output.clone())], output, dims };
        flat.normalise(g)?;
        Some(flat)
    }

    /// Flattens and reduces until nothing changes.
    pub(super) fn normalise(&mut self, g: &mut Graph) -> Option<()> {
        rules::products(self, g)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.coefficient.is_zero()
    }

    fn fresh(&mut self, dim: Dim) -> Option<u8> {
        let label = self.dims.len();
        self.dims.push(dim);
        (label < MAX_LABELS).then_some(label as u8)
    }

    /// Two labels become one.
    fn unite(&mut self, a: u8, b: u8) {
        let (keep, gone) = (a.min(b), a.max(b));
        let rename = |l: &mut u8| {
            if *l == gone {
                *l = keep;
            }
        };
        self.output.iter_mut().for_each(rename);
        self.factors.iter_mut().for_each(|(_, own)| own.iter_mut().for_each(rename));
    }

    fn take_in(&mut self, g: &mut Graph) -> Option<bool> {
        let (mut k, mut changed) = (0, false);
        while k < self.factors.len() {
            let (id, own) = self.factors[k].clone();
            match g.node(id) {
                Node::Number(n) if self.absorbs(n) => {
                    self.factors.remove(k);
                }
                Node::Sum([single]) if g.rank(single.node) == own.len() && self.absorbs(&single.coefficient) => {
                    self.factors[k].0 = single.node;
                }
                Node::Contraction(factors, labels)
                    if self.factors.len() == 1 || self.factors.len() + factors.len() <= MAX_FACTORS =>
                {
                    let (spec, factors) = (g.labels(labels).clone(), factors.to_vec());
                    self.factors.remove(k);
                    self.take(g, &spec, &factors, own, k)?;
                }
                _ => {
                    k += 1;
                    continue;
                }
            }
            changed = true;
        }
        Some(changed)
    }

    /// Multiplies the coefficient by a number, unless it would become too large.
    fn absorbs(&mut self, n: &Number) -> bool {
        let product = self.coefficient.checked_mul(n);
        product.map(|product| self.coefficient = product).is_some()
    }

    /// Multiplies by a number, which stays a factor where the coefficient would become too large.
    fn scale(&mut self, g: &mut Graph, n: &Number) {
        if !self.absorbs(n) {
            self.factors.push((g.number(n.clone()), Vec::new()));
        }
    }

    /// Puts a contraction's factors at `place`, its output at the labels `own`.
    fn take(&mut self, g: &mut Graph, spec: &Labels, factors: &[Id], own: Vec<u8>, place: usize) -> Option<()> {
        if spec.is_scalar() {
            self.factors.splice(place..place, factors.iter().map(|f| (*f, Vec::new())));
            return Some(());
        }
        let mut map: Vec<Option<u8>> = vec![None; spec.dims.len()];
        let mut equal: Vec<(u8, u8)> = Vec::new();
        for (inner, outer) in spec.output.iter().zip(own) {
            match map[*inner as usize] {
                None => map[*inner as usize] = Some(outer),
                Some(first) => equal.push((first, outer)),
            }
        }
        let mut all = Vec::with_capacity(map.len());
        for (label, (slot, dim)) in map.into_iter().zip(&spec.dims).enumerate() {
            let covered = spec.factors.iter().any(|f| f.contains(&(label as u8)));
            if slot.is_none() && !covered {
                // Summed over nothing: as often as its dimension says.
                let size = g.dim_node(*dim);
                self.factors.push((size, Vec::new()));
            }
            all.push(match slot {
                Some(label) => label,
                None => self.fresh(*dim)?,
            });
        }
        let inner: Vec<(Id, Vec<u8>)> = factors
            .iter()
            .zip(&spec.factors)
            .map(|(f, labels)| (*f, labels.iter().map(|l| all[*l as usize]).collect()))
            .collect();
        self.factors.splice(place..place, inner);
        let mut outer: Vec<u8> = all.clone();
        while let Some((a, b)) = equal.pop() {
            let (keep, gone) = (a.min(b), a.max(b));
            self.unite(a, b);
            let rename = |l: &mut u8| {
                if *l == gone {
                    *l = keep;
                }
            };
            equal.iter_mut().for_each(|(a, b)| {
                rename(a);
                rename(b);
            });
            outer.iter_mut().for_each(rename);
        }
        let seen: Vec<u8> = spec.output.iter().map(|l| outer[*l as usize]).collect();
        self.count_lost(g, &seen);
        Some(())
    }

    /// A summed label that no factor holds any more multiplies by its dimension.
    fn count_lost(&mut self, g: &mut Graph, labels: &[u8]) {
        for (k, label) in labels.iter().enumerate() {
            if !labels[..k].contains(label) && self.is_lost(*label) {
                let size = g.dim_node(self.dims[*label as usize]);
                self.factors.push((size, Vec::new()));
            }
        }
    }

    fn is_lost(&self, label: u8) -> bool {
        !self.output.contains(&label) && !self.factors.iter().any(|(_, own)| own.contains(&label))
    }

    /// Does the label stand only in these factors, and is it summed?
    fn only_in(&self, label: u8, places: &[usize]) -> bool {
        !self.output.contains(&label)
            && self.factors.iter().enumerate().all(|(k, (_, own))| places.contains(&k) || !own.contains(&label))
    }

    fn cancel(&mut self, g: &mut Graph) -> bool {
        for k in 0..self.factors.len() {
            let Node::Operation(Operation::Inv(Inv), args) = g.node(self.factors[k].0) else { continue };
            let (of, inverse) = (args[0], self.factors[k].1.clone());
            for m in 0..self.factors.len() {
                let own = self.factors[m].1.clone();
                if m == k || self.factors[m].0 != of || own.len() != 2 || inverse.len() != 2 {
                    continue;
                }
                for (joined, open) in [((1, 0), (0, 1)), ((0, 1), (1, 0))] {
                    let label = inverse[joined.0];
                    let twice = inverse[0] == inverse[1] || own[0] == own[1];
                    if !twice && label == own[joined.1] && self.only_in(label, &[k, m]) {
                        let (a, b) = (inverse[open.0], own[open.1]);
                        self.factors.remove(k.max(m));
                        self.factors.remove(k.min(m));
                        self.unite(a, b);
                        self.count_lost(g, &[a.min(b)]);
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Leaves out a factor that is summed over its last axis alone and adds up to 1 there.
    fn sum_normalised(&mut self, g: &mut Graph, is_normalised: fn(&Operation) -> bool) -> bool {
        for k in 0..self.factors.len() {
            let (id, own) = &self.factors[k];
            let normalised = matches!(g.node(*id), Node::Operation(o, _) if is_normalised(o));
            let Some(last) = own.last().copied().filter(|_| normalised) else { continue };
            let once = own.iter().filter(|l| **l == last).count() == 1;
            let others: Vec<u8> = own[..own.len() - 1].to_vec();
            if once && self.only_in(last, &[k]) {
                self.factors.remove(k);
                self.count_lost(g, &others);
                return true;
            }
        }
        false
    }

    /// A reshaped factor whose new axes are summed alone: what was reshaped, summed. An axis that stands for several of
    /// the old ones becomes these, also where it is summed along with another that stands for the same ones.
    fn unmerge(&mut self, g: &Graph) -> Option<bool> {
        for k in 0..self.factors.len() {
            let (id, own) = self.factors[k].clone();
            let Node::Operation(Operation::Reshape(Reshape { axes, to }), args) = g.node(id) else { continue };
            let (rest, new) = own.split_at(own.len() - to.len());
            if new.is_empty() || !new.iter().all(|l| self.only_in(*l, &[k]) && !rest.contains(l)) {
                continue;
            }
            let arg = args[0];
            let dims = g.dims(arg).to_vec();
            let old = dims[dims.len() - axes..].to_vec();
            let once = (1..new.len()).all(|j| !new[..j].contains(&new[j]));
            let mut labels = rest.to_vec();
            if once {
                for dim in old {
                    labels.push(self.fresh(dim)?);
                }
            } else {
                let Some(groups) = groups(g, &old, to) else { continue };
                let mut known: Vec<(u8, Vec<Dim>, Vec<u8>)> = Vec::new();
                for (label, group) in new.iter().zip(groups) {
                    if let Some((_, same, inner)) = known.iter().find(|(l, ..)| l == label) {
                        if *same != group {
                            return Some(false);
                        }
                        labels.extend(inner);
                        continue;
                    }
                    let inner = group.iter().map(|d| self.fresh(*d)).collect::<Option<Vec<u8>>>()?;
                    labels.extend(&inner);
                    known.push((*label, group, inner));
                }
            }
            self.factors[k] = (arg, labels);
            return Some(true);
        }
        Some(false)
    }

    /// A product with δ of which two axes are merged: the axes of the product merged.
    fn merge(&mut self, g: &mut Graph) -> Option<bool> {
        for k in 0..self.factors.len() {
            let (id, own) = self.factors[k].clone();
            if self.factors.len() == 1 {
                continue;
            }
            // The axis that is split stands in front, the one that was merged at the end.
            let ends = own.first().into_iter().chain(own.last()).copied();
            let alone: Vec<u8> = ends.filter(|l| self.output.contains(l) && self.only_at(*l, k)).collect();
            let found = alone.iter().find_map(|l| self.merged(g, (id, &own), *l).map(|found| (*l, found)));
            let Some((whole, (inner, labels))) = found else { continue };
            let [.., a, b] = labels[..] else { continue };
            self.factors.remove(k);
            let (outside, mut inside): (Vec<_>, Vec<_>) = self.factors.drain(..).partition(|(_, own)| own.is_empty());
            inside.extend(inner.map(|inner| (inner, labels.clone())));
            let mut output: Vec<u8> = Vec::new();
            for l in self.output.iter().filter(|l| **l != whole) {
                if !output.contains(l) {
                    output.push(*l);
                }
            }
            self.factors = outside;
            let (dims, to) = (self.dims.clone(), vec![g.dimension(self.dims[whole as usize]).clone()]);
            let mut product =
                Flat { coefficient: Number::ONE, factors: inside, output: [&output[..], &[a, b]].concat(), dims };
            product.normalise(g)?;
            let node = Flat::build(g, &product.factors, &product.output, &product.dims);
            self.scale(g, &product.coefficient);
            output.push(whole);
            self.factors.push((g.operation(Reshape { axes: 2, to }, &[node]).ok()?, output));
            return Some(true);
        }
        Some(false)
    }

    /// The two axes of δ that one of its axes, or of a product with it, was merged of: the product and its labels, these
    /// axes behind the others; no product where it is δ itself.
    fn merged(&mut self, g: &Graph, (id, own): (Id, &[u8]), whole: u8) -> Option<(Option<Id>, Vec<u8>)> {
        let Node::Operation(Operation::Reshape(Reshape { axes, to }), args) = g.node(id) else { return None };
        let (&[arg], (front, back)) = (args, own.split_at_checked(own.len().checked_sub(to.len())?)?) else {
            return None;
        };
        match (axes, back) {
            // One axis of δ, split.
            (1, &[a, b]) if front == [whole] && a != b && whole != a && whole != b && is_identity(g, arg) => {
                let summed = [a, b].iter().any(|l| !self.output.contains(l));
                summed.then(|| (None, vec![a, b]))
            }
            // Two axes, merged, one of which is that of a δ.
            (2, &[last]) if last == whole && is_diagonal(g, arg) => {
                let dims = g.dims(arg);
                let (a, b) = (*dims.get(front.len())?, *dims.get(front.len() + 1)?);
                let (a, b) = (self.fresh(a)?, self.fresh(b)?);
                Some((Some(arg), [front, &[a, b]].concat()))
            }
            _ => None,
        }
    }

    /// Does the label stand in no factor but this, and there once?
    fn only_at(&self, label: u8, place: usize) -> bool {
        self.factors.iter().enumerate().all(|(k, (_, own))| {
            let times = own.iter().filter(|l| **l == label).count();
            times == usize::from(k == place)
        })
    }

    /// Which factor is a sum with a term that is a delta, so that the product is to be distributed over it.
    fn delta_sum(&self, g: &Graph) -> Option<usize> {
        self.factors.iter().position(|(id, own)| match g.node(*id) {
            Node::Sum(terms) => {
                let summed = own.iter().any(|l| !self.output.contains(l));
                summed && (2..=MAX_TERMS).contains(&terms.len()) && terms.iter().any(|t: &Term| holds_delta(g, t.node))
            }
            _ => false,
        })
    }

    /// The products with each term of the sum at a place.
    fn distributed(&self, g: &mut Graph, place: usize) -> Vec<Flat> {
        let Node::Sum(terms) = g.node(self.factors[place].0) else { return Vec::new() };
        let terms = terms.to_vec();
        let mut all = Vec::with_capacity(terms.len());
        for term in terms {
            let mut flat = self.clone();
            flat.scale(g, &term.coefficient);
            if g.rank(term.node) == flat.factors[place].1.len() {
                flat.factors[place].0 = term.node;
            } else {
                // A scalar that stands for all entries.
                let labels = flat.factors[place].1.clone();
                flat.factors[place] = (term.node, Vec::new());
                flat.count_lost(g, &labels);
            }
            all.push(flat);
        }
        all
    }

    /// The node of a product of factors at labels.
    pub(super) fn build(g: &mut Graph, factors: &[(Id, Vec<u8>)], output: &[u8], dims: &[Dim]) -> Id {
        let mut used: Vec<u8> = output.iter().chain(factors.iter().flat_map(|(_, l)| l)).copied().collect();
        used.sort_unstable();
        used.dedup();
        let new = |l: &u8| used.binary_search(l).unwrap_or(0) as u8;
        let lists: Vec<Vec<u8>> = factors.iter().map(|(_, own)| own.iter().map(new).collect()).collect();
        let lists: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
        let ids: Vec<Id> = factors.iter().map(|(f, _)| *f).collect();
        let output: Vec<u8> = output.iter().map(new).collect();
        let dims: Vec<Dim> = used.iter().map(|l| dims[*l as usize]).collect();
        g.einsum(&ids, &lists, &output, &dims)
    }
}

/// Has a product two axes that are the same?
fn is_diagonal(g: &Graph, id: Id) -> bool {
    match g.node(id) {
        Node::Contraction(_, labels) => {
            let output = &g.labels(labels).output;
            (1..output.len()).any(|k| output[..k].contains(&output[k]))
        }
        _ => false,
    }
}

/// Is a node a delta, or a product with one as a factor?
fn holds_delta(g: &Graph, id: Id) -> bool {
    match g.node(id) {
        Node::Sum([single]) => holds_delta(g, single.node),
        Node::Contraction(factors, labels) => {
            let labels = g.labels(labels);
            let mut output = labels.output.clone();
            output.sort_unstable();
            let identity = |(f, own): (&Id, &Vec<u8>)| {
                matches!(own[..], [a, b] if a != b)
                    && matches!(g.node(*f), Node::Contraction([], l) if g.labels(l).output == [0, 0])
            };
            output.windows(2).any(|w| w[0] == w[1]) || factors.iter().zip(&labels.factors).any(identity)
        }
        _ => false,
    }
}

/// Takes in the products and numbers among the factors, unites labels that a delta makes equal, and counts those that no
/// factor has any more.
pub(super) fn flatten(flat: &mut Flat, g: &mut Graph) -> Option<bool> {
    flat.take_in(g)
}

/// The labels of a symmetric factor have no order: the smaller one first.
pub(super) fn sort_symmetric(flat: &mut Flat, g: &mut Graph) -> Option<bool> {
    let mut changed = false;
    for (id, own) in &mut flat.factors {
        if let [a, b] = own[..]
            && a > b
            && g.is_symmetric(*id)
        {
            own.swap(0, 1);
            changed = true;
        }
    }
    Some(changed)
}

/// `inv(A)_ij A_jk` is δ_ik where j stands nowhere else.
pub(super) fn cancel_inverse(flat: &mut Flat, g: &mut Graph) -> Option<bool> {
    Some(flat.cancel(g))
}

/// The exponentials, and what they are of, if a node is their sum over the last axis.
pub(super) fn summed_exponentials(g: &Graph, sum: Id) -> Option<(Id, Id)> {
    let Node::Contraction(&[single], labels) = g.node(sum) else { return None };
    let Node::Map(Primitive::Exp, &[argument]) = g.node(single) else { return None };
    let labels = g.labels(labels);
    let (axes, kept) = (&labels.factors[0], &labels.output);
    let last = axes.split_last().is_some_and(|(last, rest)| rest == &kept[..] && !rest.contains(last));
    let distinct = (1..axes.len()).all(|k| !axes[..k].contains(&axes[k]));
    (last && distinct).then_some((single, argument))
}

pub(super) fn softmax(g: &mut Graph, argument: Id) -> Id {
    let dims = g.dims(argument).to_vec();
    g.operation_as(Operation::Softmax(Softmax), &[argument], &dims)
}

/// `exp(x_i)/Σ_j exp(x_j)` is `softmax(x)_i`.
pub(super) fn made_softmax(flat: &mut Flat, g: &mut Graph) -> Option<bool> {
    // What is summed over the last axis below the bar, at the labels of the others.
    let total = |(id, own): &(Id, Vec<u8>)| match g.node(*id) {
        Node::Map(Primitive::Pow, &[sum, e]) if g.as_number(e) == Some(&Number::MINUS_ONE) => {
            summed_exponentials(g, sum).map(|(exponential, argument)| (exponential, argument, own.clone()))
        }
        _ => None,
    };
    let found = flat.factors.iter().enumerate().find_map(|(k, f)| {
        let (exponential, argument, labels) = total(f)?;
        let own = |(id, own): &(Id, Vec<u8>)| *id == exponential && own[..own.len() - 1] == labels[..];
        Some((k, flat.factors.iter().position(own)?, argument))
    });
    let Some((below, above, argument)) = found else { return Some(false) };
    flat.factors[above].0 = softmax(g, argument);
    flat.factors.remove(below);
    Some(true)
}

/// Σ over the classes of `softmax(x)` is 1.
pub(super) fn sum_softmax(flat: &mut Flat, g: &mut Graph) -> Option<bool> {
    Some(flat.sum_normalised(g, |o| matches!(o, Operation::Softmax(_))))
}

/// Σ over the classes of `one_hot(y)` is 1.
pub(super) fn sum_one_hot(flat: &mut Flat, g: &mut Graph) -> Option<bool> {
    Some(flat.sum_normalised(g, |o| matches!(o, Operation::OneHot(_))))
}

/// A sum over merged axes is one over what was merged.
pub(super) fn sum_reshaped(flat: &mut Flat, g: &mut Graph) -> Option<bool> {
    flat.unmerge(g)
}

/// A product with δ whose axis is split is one whose axes are merged.
pub(super) fn merge_split(flat: &mut Flat, g: &mut Graph) -> Option<bool> {
    flat.merge(g)
}

/// The products with each term of a sum that holds a delta.
pub(super) fn with_identity(flat: &Flat, g: &mut Graph) -> Option<Vec<Flat>> {
    let place = flat.delta_sum(g)?;
    Some(flat.distributed(g, place))
}

/// Which of the old axes each new axis stands for, where all are merged in order.
fn groups(g: &Graph, old: &[Dim], to: &[Dimension]) -> Option<Vec<Vec<Dim>>> {
    let mut left = old;
    let mut groups = Vec::with_capacity(to.len());
    for size in to {
        let (mut product, mut count) = (Dimension::size(1), 0);
        while product != *size || count == 0 {
            product = product.mul(g.dimension(*left.get(count)?));
            count += 1;
        }
        groups.push(left[..count].to_vec());
        left = &left[count..];
    }
    left.is_empty().then_some(groups)
}
