//! Short vectors and matrices that are put together of single entries, as lists of these.

use std::collections::HashMap;

use wrt_core::operations::{Concat, Entry, Reshape};
use wrt_core::{Dim, Dimension, Graph, Id, Labels, Node, Operation, Term, rebuild};

use super::Tensors;

/// Larger ones stay as they are.
const MAX_ENTRIES: usize = 16;

/// At most so many entries of nodes are looked at.
const MAX_LOOKED_AT: usize = 4000;

impl Tensors<'_> {
    /// A sum of entries at their places as a list or a matrix; as it is where it has larger parts.
    pub(super) fn listed(&mut self, id: Id) -> Id {
        let Some(sizes) = sizes(self.graph, self.graph.dims(id)) else { return id };
        let few = count(&sizes).is_some_and(|n| n <= MAX_ENTRIES);
        if !(1..=2).contains(&sizes.len()) || !few || !self.is_of_entries(id) {
            return id;
        }
        self.list(id, &sizes).unwrap_or(id)
    }

    /// Are single entries put at their places, and nothing larger?
    fn is_of_entries(&self, id: Id) -> bool {
        let single = |id: Id| match self.graph.node(id) {
            Node::Operation(Operation::Pad(_), args) => {
                let last = self.graph.dims(args[0]).last().map(|d| self.graph.dimension(*d).as_size());
                Some(last == Some(Some(1)))
            }
            _ => None,
        };
        let pads: Vec<bool> = self.graph.reachable(&[id]).into_iter().filter_map(single).collect();
        !pads.is_empty() && pads.iter().all(|one| *one)
    }

    fn list(&mut self, id: Id, sizes: &[usize]) -> Option<Id> {
        let mut look = Look { known: HashMap::new(), left: MAX_LOOKED_AT, before: self.graph.len() };
        let mut entries = Vec::new();
        for place in places(sizes) {
            let entry = look.at(self.graph, id, &place)?;
            entries.push(self.region(entry));
        }
        let [rows, columns] = sizes else { return joined(self.graph, &entries) };
        let lines: Vec<Id> = (0..*rows)
            .map(|k| joined(self.graph, entries.get(k * columns..(k + 1) * columns)?))
            .collect::<Option<_>>()?;
        let columns = joined(self.graph, &lines)?;
        Some(self.graph.permute(columns, &[1, 0]))
    }
}

/// Values of one shape along a new last axis.
fn joined(g: &mut Graph, values: &[Id]) -> Option<Id> {
    let wide = |g: &mut Graph, v: &Id| g.operation(Reshape { axes: 0, to: vec![Dimension::size(1)] }, &[*v]).ok();
    let wide: Vec<Id> = values.iter().map(|v| wide(g, v)).collect::<Option<_>>()?;
    g.operation(Concat, &wide).ok()
}

/// The sizes of dimensions that are numbers, all of them.
fn sizes(g: &Graph, dims: &[Dim]) -> Option<Vec<usize>> {
    dims.iter().map(|d| usize::try_from(g.dimension(*d).as_size()?).ok()).collect()
}

/// How many entries these sizes have, if that is a number.
fn count(sizes: &[usize]) -> Option<usize> {
    sizes.iter().try_fold(1usize, |all, n| all.checked_mul(*n))
}

/// All positions, the last axis fastest.
fn places(sizes: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for size in sizes {
        all = all.iter().flat_map(|head| (0..*size).map(move |k| [&head[..], &[k]].concat())).collect();
    }
    all
}

/// What the entries of nodes are.
struct Look {
    known: HashMap<(Id, Vec<usize>), Id>,
    left: usize,
    /// How many nodes there were.
    before: usize,
}

impl Look {
    /// The entry of a node at a place; none where it is more than can be looked at.
    fn at(&mut self, g: &mut Graph, id: Id, place: &[usize]) -> Option<Id> {
        if g.is_scalar(id) {
            return Some(id);
        }
        let key = (id, place.to_vec());
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        self.left = self.left.checked_sub(1)?;
        let made = match g.node(id) {
            Node::Sum(_) | Node::Map(..) => self.entrywise(g, id, place)?,
            Node::Contraction(factors, labels) => {
                let (factors, labels) = (factors.to_vec(), g.labels(labels).clone());
                self.product(g, &factors, &labels, place)?
            }
            Node::Operation(operation, args) => {
                let (operation, args) = (operation.clone(), args.to_vec());
                self.operation(g, id, &operation, &args, place)?
            }
            _ => entry(g, id, place)?,
        };
        self.known.insert(key, made);
        Some(made)
    }

    fn entrywise(&mut self, g: &mut Graph, id: Id, place: &[usize]) -> Option<Id> {
        let mut children = Vec::new();
        g.for_each_child(id, |c| children.push(c));
        let mut image = HashMap::new();
        for child in children {
            let own = self.at(g, child, place)?;
            image.insert(child, own);
        }
        Some(rebuild(g, id, |c| image.get(&c).copied().unwrap_or(c)))
    }

    /// A contraction: the sum of products over the labels that the output lacks.
    fn product(&mut self, g: &mut Graph, factors: &[Id], labels: &Labels, place: &[usize]) -> Option<Id> {
        let mut at: Vec<Option<usize>> = vec![None; labels.dims.len()];
        for (label, k) in labels.output.iter().zip(place) {
            match at[*label as usize] {
                Some(other) if other != *k => return Some(g.integer(0)),
                _ => at[*label as usize] = Some(*k),
            }
        }
        let summed: Vec<usize> = (0..at.len()).filter(|l| at[*l].is_none()).collect();
        let dims: Vec<Dim> = summed.iter().map(|l| labels.dims[*l]).collect();
        let sizes = sizes(g, &dims)?;
        count(&sizes).filter(|n| *n <= self.left)?;
        let mut terms = Vec::new();
        for inner in places(&sizes) {
            for (label, k) in summed.iter().zip(inner) {
                at[*label] = Some(k);
            }
            let mut product = Vec::with_capacity(factors.len());
            for (factor, own) in factors.iter().zip(&labels.factors) {
                let place: Vec<usize> = own.iter().map(|l| at[*l as usize]).collect::<Option<_>>()?;
                product.push(self.at(g, *factor, &place)?);
            }
            self.left = self.left.checked_sub(1)?;
            let node = if product.is_empty() { g.integer(1) } else { g.product(&product) };
            terms.push(Term::one(node));
        }
        Some(if terms.is_empty() { g.integer(0) } else { g.sum(&terms) })
    }

    fn operation(&mut self, g: &mut Graph, id: Id, operation: &Operation, args: &[Id], place: &[usize]) -> Option<Id> {
        let (last, head) = place.split_last()?;
        let within = |start: i64, size: usize| if start < 0 { start.checked_add(size as i64) } else { Some(start) };
        let of = |g: &Graph, arg: Id| sizes(g, g.dims(arg));
        match operation {
            Operation::Pad(pad) => {
                let (size, length) = (usize::try_from(pad.size.as_size()?).ok()?, *of(g, args[0])?.last()?);
                let behind = (*last as i64).checked_sub(within(pad.start, size)?)?;
                let step = i64::try_from(pad.step).ok().filter(|s| *s > 0)?;
                let k =
                    usize::try_from(behind / step).ok().filter(|k| behind >= 0 && behind % step == 0 && *k < length);
                match k {
                    Some(k) => self.at(g, args[0], &[head, &[k]].concat()),
                    None => Some(g.integer(0)),
                }
            }
            Operation::Slice(slice) => {
                let size = *of(g, args[0])?.last()?;
                let start = usize::try_from(within(slice.start, size)?).ok()?;
                let k = usize::try_from(slice.step).ok()?.checked_mul(*last)?.checked_add(start)?;
                self.at(g, args[0], &[head, &[k]].concat())
            }
            Operation::Entry(Entry { at }) => {
                let size = *of(g, args[0])?.last()?;
                let k = usize::try_from(within(*at, size)?).ok()?;
                self.at(g, args[0], &[place, &[k]].concat())
            }
            Operation::Concat(_) => {
                let mut k = *last;
                for arg in args {
                    let size = *of(g, *arg)?.last()?;
                    if k < size {
                        return self.at(g, *arg, &[head, &[k]].concat());
                    }
                    k -= size;
                }
                None
            }
            Operation::Reshape(reshape) => {
                let new: Vec<usize> =
                    reshape.to.iter().map(|d| usize::try_from(d.as_size()?).ok()).collect::<Option<_>>()?;
                let old = of(g, args[0])?;
                let lead = place.len().checked_sub(new.len())?;
                count(&new)?;
                let mut flat = place[lead..].iter().zip(&new).fold(0, |sum, (k, size)| sum * size + k);
                let mut inner = vec![0; reshape.axes];
                for (slot, size) in inner.iter_mut().rev().zip(old.iter().rev()) {
                    *slot = flat % (*size).max(1);
                    flat /= (*size).max(1);
                }
                self.at(g, args[0], &[&place[..lead], &inner[..]].concat())
            }
            // Entries of a determinant's derivative are no shorter than it is; those that are written already are.
            _ => entry(g, id, place).filter(|made| made.index() < self.before),
        }
    }
}

/// An entry by brackets.
fn entry(g: &mut Graph, id: Id, place: &[usize]) -> Option<Id> {
    let mut node = id;
    for k in place {
        let rank = g.rank(node);
        let order: Vec<usize> = (1..rank).chain([0]).collect();
        let turned = if rank > 1 { g.permute(node, &order) } else { node };
        node = g.operation(Entry { at: i64::try_from(*k).ok()? }, &[turned]).ok()?;
    }
    Some(node)
}
