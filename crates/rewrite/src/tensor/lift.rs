//! From the scalar formula of a body back to nodes with axes.

use wrt_core::{Dim, Graph, Id, Node, Number, Term};

use super::Tensors;
use super::flat::Flat;
use super::loop_body::LoopBody;
use super::rules;
use crate::order;

/// In texts of so many nodes the opposites of sums are looked for.
const MAX_TEXT: usize = 200;

impl LoopBody {
    /// The node of a scalar at labels of the body; what it lacks of them is broadcast.
    pub(super) fn lifted(&mut self, t: &mut Tensors<'_>, scalar: Id, labels: &[u8]) -> Id {
        let factors = self.factors(t, scalar);
        Flat::build(t.graph, &factors, labels, &self.dims)
    }

    /// A scalar as a product of nodes at labels.
    pub(super) fn factors(&mut self, t: &mut Tensors<'_>, scalar: Id) -> Vec<(Id, Vec<u8>)> {
        let mut found = Vec::new();
        let mut stack = vec![scalar];
        while let Some(id) = stack.pop() {
            match self.scratch.node(id) {
                Node::Contraction(factors, _) => stack.extend(factors.iter().rev().copied()),
                Node::Sum([single]) => {
                    let (coefficient, node) = (single.coefficient.clone(), single.node);
                    if !coefficient.is_one() {
                        found.push((t.graph.number(coefficient), Vec::new()));
                    }
                    stack.push(node);
                }
                _ => found.push(self.product(t, id)),
            }
        }
        diagonals(t, &mut found, &self.dims);
        found
    }

    /// A scalar as one node and its labels.
    fn whole(&mut self, t: &mut Tensors<'_>, scalar: Id) -> (Id, Vec<u8>) {
        match self.scratch.node(scalar) {
            Node::Number(n) => {
                let n = n.clone();
                (t.graph.number(n), Vec::new())
            }
            Node::Constant(c) => (t.graph.constant(c), Vec::new()),
            Node::Symbol(_) => match self.accesses.get(&scalar) {
                Some((id, labels)) => (*id, labels.clone()),
                None => (t.graph.integer(0), Vec::new()),
            },
            Node::Sum(terms) => {
                let terms = terms.to_vec();
                let parts: Vec<(Id, Vec<u8>)> = terms.iter().map(|term| self.product(t, term.node)).collect();
                let labels = union(parts.iter().map(|(_, l)| l));
                let new: Vec<Term> = terms
                    .iter()
                    .zip(&parts)
                    .map(|(term, part)| Term::new(term.coefficient.clone(), self.spread(t, part, &labels)))
                    .collect();
                (t.graph.sum(&new), labels)
            }
            Node::Map(primitive, args) => {
                let args = args.to_vec();
                let parts: Vec<(Id, Vec<u8>)> = args.iter().map(|a| self.product(t, *a)).collect();
                let labels = union(parts.iter().map(|(_, l)| l));
                let new: Vec<Id> = parts.iter().map(|part| self.spread(t, part, &labels)).collect();
                (t.graph.map(primitive, &new), labels)
            }
            Node::Contraction(..) | Node::Operation(..) => self.product(t, scalar),
        }
    }

    /// A scalar that may be a product, as one node.
    fn product(&mut self, t: &mut Tensors<'_>, scalar: Id) -> (Id, Vec<u8>) {
        if let Some(known) = self.lifted.get(&scalar) {
            return known.clone();
        }
        let made = self.new_product(t, scalar);
        self.lifted.insert(scalar, made.clone());
        made
    }

    fn new_product(&mut self, t: &mut Tensors<'_>, scalar: Id) -> (Id, Vec<u8>) {
        if !matches!(self.scratch.node(scalar), Node::Contraction(..) | Node::Sum([_])) {
            return self.whole(t, scalar);
        }
        let factors = self.factors(t, scalar);
        let labels = union(factors.iter().map(|(_, l)| l));
        (Flat::build(t.graph, &factors, &labels, &self.dims), labels)
    }

    /// The node with exactly these labels; scalars stay scalars.
    fn spread(&self, t: &mut Tensors<'_>, (id, own): &(Id, Vec<u8>), labels: &[u8]) -> Id {
        if own.is_empty() {
            return *id;
        }
        Flat::build(t.graph, &[(*id, own.clone())], labels, &self.dims)
    }
}

/// `x[i]*δ[i,j]` is `diag(x)[i,j]`.
fn diagonals(t: &mut Tensors<'_>, factors: &mut Vec<(Id, Vec<u8>)>, dims: &[Dim]) {
    let identity = |(id, l): &(Id, Vec<u8>)| matches!(l[..], [a, b] if a != b) && is_identity(t.graph, *id);
    let Some(k) = factors.iter().position(identity) else { return };
    let [a, b] = factors[k].1[..] else { return };
    let vector = |(_, l): &(Id, Vec<u8>)| l[..] == [a] || l[..] == [b];
    if !factors.iter().any(vector) {
        return;
    }
    let on: Vec<(Id, Vec<u8>)> = factors.iter().filter(|f| vector(f)).map(|(id, _)| (*id, vec![a])).collect();
    let node = Flat::build(t.graph, &on, &[a, a], dims);
    factors[k] = (node, vec![a, b]);
    factors.retain(|f| !vector(f));
}

/// Products with the identity.
impl LoopBody {
    /// `s[i]*(δ[i,j] - s[j])` as `s[i]*δ[i,j] - s[i]*s[j]`: a diagonal matrix, and what there is beside it.
    pub(super) fn diagonals_apart(&mut self, g: &Graph, scalar: Id) -> Id {
        let terms = match self.scratch.node(scalar) {
            Node::Sum(terms) => terms.to_vec(),
            _ => vec![Term::one(scalar)],
        };
        let mut all = Vec::with_capacity(terms.len());
        for t in &terms {
            match self.beside_diagonal(g, t) {
                Some(apart) => all.extend(apart),
                None => all.push(t.clone()),
            }
        }
        if all.len() > terms.len() { self.scratch.sum(&all) } else { scalar }
    }

    /// The terms of a product of something at labels with a sum that has the identity at one of these.
    fn beside_diagonal(&mut self, g: &Graph, term: &Term) -> Option<Vec<Term>> {
        let Node::Contraction(factors, _) = self.scratch.node(term.node) else { return None };
        let factors = factors.to_vec();
        let delta = |id: Id| self.accesses.get(&id).filter(|(node, l)| l.len() == 2 && is_identity(g, *node));
        let (k, labels) = (0..factors.len()).find_map(|k| match self.scratch.node(factors[k]) {
            Node::Sum(terms) if terms.len() > 1 => {
                terms.iter().find_map(|t| delta(t.node)).map(|(_, l)| (k, l.clone()))
            }
            _ => None,
        })?;
        let beside = (0..factors.len()).filter(|m| *m != k).any(|m| {
            let own = self.labels_of(factors[m]);
            own.len() == 1 && labels.contains(&own[0])
        });
        let Node::Sum(terms) = self.scratch.node(factors[k]) else { return None };
        let terms = terms.to_vec();
        if !beside {
            return None;
        }
        let mut apart = Vec::with_capacity(terms.len());
        for t in terms {
            let mut own = factors.clone();
            own[k] = t.node;
            apart.push(Term::new(t.coefficient.checked_mul(&term.coefficient)?, self.scratch.product(&own)));
        }
        Some(apart)
    }
}

fn is_identity(g: &Graph, id: Id) -> bool {
    matches!(g.node(id), Node::Contraction([], labels) if g.labels(labels).output == [0, 0])
}

/// All labels: first those of the widest list in its order, so that it is not permuted, then the others.
fn union<'l>(all: impl Iterator<Item = &'l Vec<u8>>) -> Vec<u8> {
    let all: Vec<&Vec<u8>> = all.collect();
    let distinct = |l: &[u8]| (1..l.len()).all(|k| !l[..k].contains(&l[k]));
    let widest = all.iter().rev().filter(|l| distinct(l)).max_by_key(|l| l.len());
    let mut labels: Vec<u8> = widest.map_or(Vec::new(), |l| l.to_vec());
    let mut rest: Vec<u8> = all.into_iter().flatten().copied().filter(|l| !labels.contains(l)).collect();
    rest.sort_unstable();
    rest.dedup();
    labels.extend(rest);
    labels
}

/// The terms of a sum, and the rule that finds them.
pub(super) type Terms = Vec<(Number, Id)>;
pub(super) type Spread = fn(&mut LoopBody, &Graph, Id, &[u8]) -> Option<Terms>;

/// Sums over labels.
impl LoopBody {
    /// A scalar as the terms that are summed over these labels one by one: those of a sum, and those of a product's only
    /// factor that depends on them, where a term of it does not, so that its sum is short.
    pub(super) fn spread_over(&mut self, g: &Graph, scalar: Id, summed: &[u8]) -> Option<Terms> {
        if summed.is_empty() {
            return None;
        }
        let (coefficient, factors) = match self.scratch.node(scalar) {
            Node::Sum(terms) if terms.len() > 1 => {
                return Some(terms.iter().map(|t| (t.coefficient.clone(), t.node)).collect());
            }
            Node::Sum([single]) => match self.scratch.node(single.node) {
                Node::Contraction(factors, _) => (single.coefficient.clone(), factors.to_vec()),
                _ => (single.coefficient.clone(), vec![single.node]),
            },
            Node::Contraction(factors, _) => (Number::ONE, factors.to_vec()),
            _ => return None,
        };
        let depends = |f: &LoopBody, id: Id| f.labels_of(id).iter().any(|l| summed.contains(l));
        let moving: Vec<usize> = (0..factors.len()).filter(|k| depends(self, factors[*k])).collect();
        // s[i]*A[i,k]*(A[i,l] - v[l]), too, where v is the sum that the others are: an outer product of v with itself.
        let node_of = |f: &LoopBody, id: Id| f.accesses.get(&id).map(|(node, _)| *node);
        let others = |f: &LoopBody, k: usize| {
            let ids = moving.iter().filter(|m| **m != k).map(|m| node_of(f, factors[*m]));
            ids.collect::<Option<Vec<Id>>>().map(|mut ids| {
                ids.sort_unstable();
                ids
            })
        };
        let apart = |f: &LoopBody, k: usize, t: &Term| match (node_of(f, t.node), others(f, k)) {
            _ if moving.len() == 1 => !depends(f, t.node),
            (Some(node), Some(others)) if !depends(f, t.node) => match g.node(node) {
                Node::Contraction(own, _) => {
                    let mut own = own.to_vec();
                    own.sort_unstable();
                    own == others
                }
                _ => false,
            },
            _ => false,
        };
        let mut beside_others = moving.iter().filter_map(|k| match self.scratch.node(factors[*k]) {
            Node::Sum(terms @ [_, _, ..]) if terms.iter().any(|t| apart(self, *k, t)) => Some((*k, terms.to_vec())),
            _ => None,
        });
        let ((k, terms), None) = (beside_others.next()?, beside_others.next()) else { return None };
        let mut spread = Vec::with_capacity(terms.len());
        for t in terms {
            let mut own = factors.clone();
            own[k] = t.node;
            spread.push((t.coefficient.checked_mul(&coefficient)?, self.scratch.product(&own)));
        }
        Some(spread)
    }

    /// The labels that a scalar depends on.
    fn labels_of(&self, scalar: Id) -> Vec<u8> {
        let symbols = self.scratch.free_symbols(&[scalar]);
        symbols.iter().filter_map(|s| self.accesses.get(s)).flat_map(|(_, labels)| labels.clone()).collect()
    }
}

impl Tensors<'_> {
    /// A contraction in its short form: flat, distributed over sums with deltas, its product simplified at its labels.
    pub(super) fn contraction(&mut self, id: Id) -> Id {
        let Some(flat) = Flat::of(self.graph, id) else { return id };
        self.short(flat, 3)
    }

    fn short(&mut self, mut flat: Flat, depth: u32) -> Id {
        let dims: Vec<_> = flat.output.iter().map(|l| flat.dims[*l as usize]).collect();
        if flat.normalise(self.graph).is_none() || flat.is_zero() {
            return if dims.is_empty() { self.graph.integer(0) } else { self.graph.zeros(&dims) };
        }
        if depth > 0
            && let Some(parts) = rules::terms(&flat, self.graph)
        {
            let terms: Vec<Term> = parts.into_iter().map(|f| Term::one(self.short(f, depth - 1))).collect();
            return self.graph.sum(&terms);
        }
        let plain = |t: &mut Self, flat: &Flat| {
            let node = Flat::build(t.graph, &flat.factors, &flat.output, &flat.dims);
            if flat.coefficient.is_one() { node } else { t.graph.sum(&[Term::new(flat.coefficient.clone(), node)]) }
        };
        let sum =
            matches!(flat.factors[..], [(id, _)] if matches!(self.graph.node(id), Node::Sum(terms) if terms.len() > 1));
        if self.left == 0 || flat.factors.len() < 2 && !sum {
            return plain(self, &flat);
        }
        let mut body = LoopBody::new(&flat.dims);
        let mut product = Vec::with_capacity(flat.factors.len());
        for (factor, labels) in &flat.factors {
            match body.scalar(self, *factor, labels) {
                Some(scalar) => product.push(scalar),
                None => return plain(self, &flat),
            }
        }
        let scalar = body.scratch.product(&product);
        let scalar = body.scratch.sum(&[Term::new(flat.coefficient.clone(), scalar)]);
        let simple = self.simple_scalar(&mut body, scalar);
        let summed: Vec<u8> = used(&flat).into_iter().filter(|l| !flat.output.contains(l)).collect();
        let terms = rules::summed(&mut body, self.graph, simple, &summed);
        let terms = terms.unwrap_or_else(|| vec![(Number::ONE, simple)]);
        let mut all = Vec::with_capacity(terms.len());
        for (coefficient, term) in terms {
            let mut factors = body.factors(self, term);
            let mut coefficient = coefficient;
            for (factor, _) in &mut factors {
                if let Some(own) = self.opposite_of_the_text(*factor) {
                    (*factor, coefficient) = (own, -&coefficient);
                }
            }
            for label in &summed {
                if !factors.iter().any(|(_, l)| l.contains(label)) {
                    let size = self.graph.dim_node(flat.dims[*label as usize]);
                    factors.push((size, Vec::new()));
                }
            }
            all.push(Term::new(coefficient, Flat::build(self.graph, &factors, &flat.output, &flat.dims)));
        }
        self.graph.sum(&all)
    }

    /// The person's sum `x - u` for `u - x`, so that products with both meet.
    fn opposite_of_the_text(&self, id: Id) -> Option<Id> {
        let is_made = id.index() >= self.written && matches!(self.graph.node(id), Node::Sum([_, _, ..]));
        let few = if is_made { self.written.min(MAX_TEXT) } else { 0 };
        (0..few).map(Id::from_index).find(|own| order::are_opposite(self.graph, id, *own))
    }
}

fn used(flat: &Flat) -> Vec<u8> {
    union(flat.factors.iter().map(|(_, l)| l))
}
