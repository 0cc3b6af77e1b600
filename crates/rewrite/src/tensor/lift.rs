//! From the scalar formula of a frame back to nodes with axes.

use wrt_core::{Id, Node, Number, Term};

use super::Tensors;
use super::flat::Flat;
use super::frame::Frame;

impl Frame {
    /// The node of a scalar at labels of the frame; what it lacks of them is broadcast.
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
                _ => found.push(self.whole(t, id)),
            }
        }
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
            Node::Symbol(_) => match self.atoms.get(&scalar) {
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
        if let Some(place) = flat.delta_sum(self.graph)
            && depth > 0
        {
            let parts = flat.distributed(self.graph, place);
            let terms: Vec<Term> = parts.into_iter().map(|f| Term::one(self.short(f, depth - 1))).collect();
            return self.graph.sum(&terms);
        }
        let plain = |t: &mut Self, flat: &Flat| {
            let node = Flat::build(t.graph, &flat.factors, &flat.output, &flat.dims);
            if flat.coefficient.is_one() { node } else { t.graph.sum(&[Term::new(flat.coefficient.clone(), node)]) }
        };
        if self.left == 0 || flat.factors.len() < 2 {
            return plain(self, &flat);
        }
        self.left -= 1;
        let mut frame = Frame::new(&flat.dims);
        let mut product = Vec::with_capacity(flat.factors.len());
        for (factor, labels) in &flat.factors {
            match frame.scalar(self, *factor, labels) {
                Some(scalar) => product.push(scalar),
                None => return plain(self, &flat),
            }
        }
        let scalar = frame.scratch.product(&product);
        let scalar = frame.scratch.sum(&[Term::new(flat.coefficient.clone(), scalar)]);
        let written = frame.scratch.len();
        let simple = crate::simplify(&mut frame.scratch, scalar, written);
        let notes = frame.spoken(self.graph, simple.notes);
        self.notes.extend(notes);
        let summed: Vec<u8> = used(&flat).into_iter().filter(|l| !flat.output.contains(l)).collect();
        let terms: Vec<(Number, Id)> = match frame.scratch.node(simple.id) {
            Node::Sum(terms) if terms.len() > 1 && !summed.is_empty() => {
                terms.iter().map(|t| (t.coefficient.clone(), t.node)).collect()
            }
            _ => vec![(Number::ONE, simple.id)],
        };
        let mut all = Vec::with_capacity(terms.len());
        for (coefficient, term) in terms {
            let mut factors = frame.factors(self, term);
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
}

fn used(flat: &Flat) -> Vec<u8> {
    union(flat.factors.iter().map(|(_, l)| l))
}
