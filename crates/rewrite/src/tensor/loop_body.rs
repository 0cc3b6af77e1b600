//! A region at labels as a scalar formula of accesses: the body of loops over these labels.

use std::collections::HashMap;

use wrt_core::{Dim, Graph, Id, Node, Operation, Role, Substitution, Term};

use super::Tensors;
use super::canonical::CanonicalForm;
use super::facts::known_of;
use super::flat::{Flat, softmax, summed_exponentials};
use super::{limits, rules};

/// The most nodes of a region's scalar formula.
const MAX_SCRATCH: usize = 400;

/// A node that is not elementwise, at labels: `A[i,j]`.
pub(super) type Access = (Id, Vec<u8>);

/// The labels of a region and its scalar formula.
pub(super) struct LoopBody {
    pub(super) dims: Vec<Dim>,
    pub(super) scratch: Graph,
    pub(super) accesses: HashMap<Id, Access>,
    symbols: HashMap<Access, Id>,
    /// Products with sums by their canonical form, whatever the order of their factors.
    canonical_forms: HashMap<CanonicalForm, Id>,
    /// Nodes at labels that were translated already.
    known: HashMap<(Id, Vec<u8>, bool), Id>,
    /// Is what is translated now an argument of a function?
    within_function: bool,
    /// Scalars that were brought back to nodes already.
    pub(super) lifted: HashMap<Id, Access>,
}

impl LoopBody {
    pub(super) fn new(dims: &[Dim]) -> LoopBody {
        LoopBody {
            dims: dims.to_vec(),
            scratch: Graph::new(),
            accesses: HashMap::new(),
            symbols: HashMap::new(),
            canonical_forms: HashMap::new(),
            known: HashMap::new(),
            within_function: false,
            lifted: HashMap::new(),
        }
    }

    /// The scalar that a node is at labels, one for each of its axes; none where it would be too large.
    pub(super) fn scalar(&mut self, t: &mut Tensors<'_>, id: Id, labels: &[u8]) -> Option<Id> {
        let key = (id, labels.to_vec(), self.within_function);
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        if self.scratch.len() > MAX_SCRATCH {
            return None;
        }
        let made = self.translated(t, id, labels)?;
        self.known.insert(key, made);
        Some(made)
    }

    fn translated(&mut self, t: &mut Tensors<'_>, id: Id, labels: &[u8]) -> Option<Id> {
        let at = |g: &Graph, child: Id| if g.is_scalar(child) { Vec::new() } else { labels.to_vec() };
        match t.graph.node(id) {
            Node::Number(n) => {
                let n = n.clone();
                Some(self.scratch.number(n))
            }
            Node::Constant(c) => Some(self.scratch.constant(c)),
            Node::Symbol(_) => Some(self.access(t.graph, id, labels)),
            Node::Sum(terms) => {
                let terms = terms.to_vec();
                let mut all = Vec::with_capacity(terms.len());
                for term in terms {
                    let own = at(t.graph, term.node);
                    all.push(Term::new(term.coefficient, self.scalar(t, term.node, &own)?));
                }
                Some(self.scratch.sum(&all))
            }
            Node::Map(primitive, args) => {
                let args = args.to_vec();
                let outside = std::mem::replace(&mut self.within_function, true);
                let mut all = Vec::with_capacity(args.len());
                for arg in args {
                    let own = at(t.graph, arg);
                    all.push(self.scalar(t, arg, &own)?);
                }
                self.within_function = outside;
                Some(self.scratch.map(primitive, &all))
            }
            Node::Contraction(factors, spec) if t.graph.labels(spec).is_scalar() => {
                let factors = factors.to_vec();
                let all = factors.iter().map(|f| self.scalar(t, *f, &[])).collect::<Option<Vec<_>>>()?;
                Some(self.scratch.product(&all))
            }
            Node::Contraction(..) => self.contraction(t, id, labels),
            Node::Operation(..) => Some(self.access(t.graph, id, labels)),
        }
    }

    /// A flat contraction: the factors without summed labels, times what is summed, which is an access. One with a diagonal
    /// is δ times what stands there: `diag(v)[i,j]` is `v[i]*δ[i,j]`.
    fn contraction(&mut self, t: &mut Tensors<'_>, id: Id, labels: &[u8]) -> Option<Id> {
        let Node::Contraction(factors, spec) = t.graph.node(id) else { return None };
        let (factors, spec) = (factors.to_vec(), t.graph.labels(spec).clone());
        let mut outer: Vec<Option<u8>> = vec![None; spec.dims.len()];
        let mut product = Vec::new();
        for (inner, label) in spec.output.iter().zip(labels) {
            match outer[*inner as usize] {
                None => outer[*inner as usize] = Some(*label),
                Some(first) if first != *label && self.within_function => return self.diagonal(t, id, labels),
                Some(first) if first != *label => {
                    let dims = [spec.dims[*inner as usize]];
                    let identity = Flat::build(t.graph, &[], &[0, 0], &dims);
                    product.push(self.access(t.graph, identity, &[first.min(*label), first.max(*label)]));
                }
                _ => {}
            }
        }
        for group in groups(&spec) {
            let summed = group.iter().any(|k| spec.factors[*k].iter().any(|l| spec.is_summed(*l)));
            if !summed {
                for k in group {
                    let own: Vec<u8> = spec.factors[k].iter().filter_map(|l| outer[*l as usize]).collect();
                    product.push(self.scalar(t, factors[k], &own)?);
                }
                continue;
            }
            let parts: Vec<(Id, Vec<u8>)> = group.iter().map(|k| (factors[*k], spec.factors[*k].clone())).collect();
            let mut open: Vec<u8> =
                parts.iter().flat_map(|(_, l)| l).copied().filter(|l| !spec.is_summed(*l)).collect();
            open.sort_unstable();
            open.dedup();
            let node = Flat::build(t.graph, &parts, &open, &spec.dims);
            let own: Vec<u8> = open.iter().filter_map(|l| outer[*l as usize]).collect();
            product.push(self.access(t.graph, node, &own));
        }
        Some(if product.is_empty() { self.scratch.integer(1) } else { self.scratch.product(&product) })
    }

    /// Within a function a diagonal between two labels of the body is an access: `1/diag(v)` has no δ below the bar. Numbers
    /// that multiply it are none of it.
    fn diagonal(&mut self, t: &mut Tensors<'_>, id: Id, labels: &[u8]) -> Option<Id> {
        let Node::Contraction(factors, spec) = t.graph.node(id) else { return None };
        let (factors, spec) = (factors.to_vec(), t.graph.labels(spec).clone());
        let (mut product, mut kept) = (Vec::new(), Vec::new());
        for group in groups(&spec) {
            let own: Vec<(Id, Vec<u8>)> = group.iter().map(|k| (factors[*k], spec.factors[*k].clone())).collect();
            if own.iter().any(|(_, l)| l.iter().any(|l| !spec.is_summed(*l))) {
                kept.extend(own);
            } else if let [(single, _)] = &own[..]
                && t.graph.is_scalar(*single)
            {
                product.push(self.scalar(t, *single, &[])?);
            } else {
                let node = Flat::build(t.graph, &own, &[], &spec.dims);
                product.push(self.access(t.graph, node, &[]));
            }
        }
        if product.is_empty() {
            return Some(self.access(t.graph, id, labels));
        }
        let rest = Flat::build(t.graph, &kept, &spec.output, &spec.dims);
        product.push(self.access(t.graph, rest, labels));
        Some(self.scratch.product(&product))
    }

    /// A scalar with `softmax(u)[i]` times its divisor for the exponentials whose sum is an access: what that is divided by
    /// cancels. None where there are no such.
    pub(super) fn by_softmax(&mut self, g: &mut Graph, scalar: Id) -> Option<Id> {
        let sums = self.accesses.iter().filter_map(|(symbol, (id, labels))| {
            let (exponential, argument) = summed_exponentials(g, *id)?;
            Some((*symbol, labels.clone(), exponential, argument))
        });
        let mut sums: Vec<(Id, Vec<u8>, Id, Id)> = sums.collect();
        sums.sort_unstable();
        let mut images = Substitution::default();
        let mut found = false;
        for (sum, labels, exponential, argument) in sums {
            let known =
                self.known.iter().filter(|((id, own, _), _)| *id == exponential && own[..own.len() - 1] == labels);
            let mut places: Vec<(Id, Vec<u8>)> = known.map(|((_, own, _), scalar)| (*scalar, own.clone())).collect();
            places.sort_unstable();
            for (place, own) in places {
                let softmax = softmax(g, argument);
                let share = self.access(g, softmax, &own);
                let image = self.scratch.product(&[share, sum]);
                images.set(place, image);
                found = true;
            }
        }
        found.then(|| images.apply(&mut self.scratch, scalar))
    }

    /// The symbol of an access.
    fn access(&mut self, g: &Graph, id: Id, labels: &[u8]) -> Id {
        let access = (id, labels.to_vec());
        if let Some(known) = self.symbols.get(&access) {
            return *known;
        }
        let canonical = rules::canonical_form(g, id, labels);
        if let Some(known) = canonical.as_ref().and_then(|c| self.canonical_forms.get(c)) {
            return *known;
        }
        let name = match g.node(id) {
            Node::Symbol(s) if s.role == Role::Dimension => s.name.clone(),
            _ => format!("access {:04} of {labels:?}", self.accesses.len()),
        };
        let symbol = self.scratch.symbol_with(&name, known_of(g, id));
        self.accesses.insert(symbol, access.clone());
        self.symbols.insert(access, symbol);
        if let Some(canonical) = canonical {
            self.canonical_forms.insert(canonical, symbol);
        }
        symbol
    }

    /// Notes of the scratch graph in words for people: accesses by what they are.
    pub(super) fn spoken(&self, g: &Graph, notes: Vec<String>) -> Vec<String> {
        // Where a determinant may be 0, the notes on matrices tell.
        let told = |note: &String| {
            let about = note.strip_suffix(" may also be 0");
            let det = |id: Id| matches!(g.node(id), Node::Operation(Operation::Det(_), _));
            self.accesses.iter().any(|(symbol, (id, _))| det(*id) && about == Some(self.scratch.symbol_name(*symbol)))
        };
        let named = |note: String| {
            self.accesses.iter().fold(note, |text, (symbol, (id, _))| {
                let name = limits::noun(g, *id).unwrap_or_else(|| "a factor that was cancelled".into());
                text.replace(self.scratch.symbol_name(*symbol), &name)
            })
        };
        notes.into_iter().filter(|note| !told(note)).map(named).collect()
    }
}

/// The factors in groups that share summed labels.
fn groups(spec: &wrt_core::Labels) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for k in 0..spec.factors.len() {
        let linked = |group: &Vec<usize>| {
            group.iter().any(|m| spec.factors[*m].iter().any(|l| spec.is_summed(*l) && spec.factors[k].contains(l)))
        };
        let (mut own, rest): (Vec<Vec<usize>>, Vec<Vec<usize>>) = groups.into_iter().partition(linked);
        groups = rest;
        own.push(vec![k]);
        groups.push(own.concat());
    }
    groups.sort();
    groups
}
