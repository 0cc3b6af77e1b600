//! Parts of a name, by which can be differentiated: entries, ranges, transposes and the like. The derivative with respect
//! to a part is that with respect to the name, of which the same part is taken.

use std::collections::HashSet;

use wrt_core::{Dim, Graph, Id, Labels, Node, Operation, ShapeError};

use crate::parser::Parser;
use crate::value::Value;

/// How a part is taken of a name or a definition.
pub(crate) struct View {
    /// The name's node.
    pub(crate) base: Id,
    /// What is applied to it, in this order.
    steps: Vec<Applied>,
}

enum Applied {
    Operation(Operation),
    Axes(Labels),
}

impl Parser<'_, '_> {
    /// Is it something that has a name: a free name, a definition, an argument of a function?
    pub(crate) fn is_variable(&self, id: Id) -> bool {
        self.is_named(id)
            || matches!(self.graph.node(id), Node::Symbol(_) | Node::Operation(Operation::Alias(_), _))
            || self.parameters.iter().any(|(_, value)| value.id == id)
    }

    /// The name that a node is a part of, every entry at most once; none where it is anything else.
    pub(crate) fn view(&self, mut id: Id) -> Option<View> {
        let mut steps = Vec::new();
        while !self.is_variable(id) {
            match self.graph.node(id) {
                Node::Operation(
                    o @ (Operation::Entry(_) | Operation::Slice(_) | Operation::Tail(_) | Operation::Reshape(_)),
                    &[arg],
                ) => {
                    steps.push(Applied::Operation(o.clone()));
                    id = arg;
                }
                Node::Contraction(&[factor], labels) => {
                    let labels = self.graph.labels(labels);
                    let all = 0..labels.dims.len() as u8;
                    let own = labels.factors.first()?;
                    if !all.clone().all(|l| labels.output.contains(&l) && own.contains(&l)) || !distinct(&labels.output)
                    {
                        return None;
                    }
                    steps.push(Applied::Axes(labels.clone()));
                    id = factor;
                }
                _ => return None,
            }
        }
        steps.reverse();
        Some(View { base: id, steps })
    }

    /// Does each value of the free indices of `u` hang only on the same entries of `base` as `x`, a part of it, has?
    pub(crate) fn keeps_apart(&self, u: &Value, x: &Value, base: Id) -> bool {
        let places = |v: &Value| -> Option<HashSet<Vec<usize>>> {
            let at = u.free.iter().map(|i| v.free.iter().position(|j| j.name == i.name)).collect::<Option<Vec<_>>>()?;
            self.ways(v.id, at, base)
        };
        if u.free.is_empty() || x.id != base {
            return false;
        }
        matches!((places(u), places(x)), (Some(of_u), Some(of_x)) if of_x.len() == 1 && of_u.is_subset(&of_x))
    }

    /// Where the axes `at` of a node come from in `base`, by every way between them; none where a way mixes one of them.
    fn ways(&self, from: Id, at: Vec<usize>, base: Id) -> Option<HashSet<Vec<usize>>> {
        let mut depends = vec![false; from.index() + 1];
        for id in self.graph.reachable(&[from]) {
            let mut any = id == base;
            self.graph.for_each_child(id, |c| any |= depends[c.index()]);
            depends[id.index()] = any;
        }
        let (mut found, mut seen, mut open) = (HashSet::new(), HashSet::new(), vec![(from, at)]);
        while let Some((id, at)) = open.pop() {
            if !depends[id.index()] || !seen.insert((id, at.clone())) {
                continue;
            }
            if id == base {
                found.insert(at);
                continue;
            }
            open.extend(self.below(id, &at, &depends)?);
        }
        Some(found)
    }

    /// The children that depend on what is asked for, each with the places of the axes in it.
    fn below(&self, id: Id, at: &[usize], depends: &[bool]) -> Option<Vec<(Id, Vec<usize>)>> {
        let rank = self.graph.rank(id);
        let mut all = Vec::new();
        match self.graph.node(id) {
            Node::Contraction(factors, labels) => {
                let labels = self.graph.labels(labels);
                for (k, factor) in factors.iter().enumerate().filter(|(_, f)| depends[f.index()]) {
                    let own = labels.factors.get(k)?;
                    let place = |axis: &usize| {
                        let label = labels.output.get(*axis)?;
                        let mut places = (0..own.len()).filter(|j| own[*j] == *label);
                        places.next().filter(|_| places.next().is_none())
                    };
                    all.push((*factor, at.iter().map(place).collect::<Option<Vec<_>>>()?));
                }
            }
            Node::Operation(Operation::Softmax(_) | Operation::Alias(_) | Operation::StopGradient(_), &[arg])
                if at.iter().all(|k| k + 1 < rank) =>
            {
                all.push((arg, at.to_vec()));
            }
            Node::Sum(_) | Node::Map(..) => {
                let mut fits = true;
                self.graph.for_each_child(id, |c| {
                    if depends[c.index()] {
                        fits &= self.graph.rank(c) == rank;
                        all.push((c, at.to_vec()));
                    }
                });
                return fits.then_some(all);
            }
            _ => return None,
        }
        Some(all)
    }
}

fn distinct(list: &[u8]) -> bool {
    (1..list.len()).all(|k| !list[..k].contains(&list[k]))
}

impl View {
    /// The same part of a derivative with respect to the name, whose axes are its last ones.
    pub(crate) fn of(&self, graph: &mut Graph, mut made: Id) -> Result<Id, ShapeError> {
        let mut rank = graph.rank(self.base);
        for step in &self.steps {
            let dims = graph.dims(made).to_vec();
            let lead = dims.len() - rank;
            match step {
                Applied::Operation(operation) => made = graph.operation(operation.clone(), &[made])?,
                Applied::Axes(labels) => {
                    let shift = |l: &u8| l + lead as u8;
                    let leading = 0..lead as u8;
                    let own: Vec<u8> = leading.clone().chain(labels.factors.iter().flatten().map(shift)).collect();
                    let output: Vec<u8> = leading.chain(labels.output.iter().map(shift)).collect();
                    let all: Vec<Dim> = dims[..lead].iter().chain(&labels.dims).copied().collect();
                    made = graph.einsum(&[made], &[&own], &output, &all);
                }
            }
            rank = graph.rank(made) - lead;
        }
        Ok(made)
    }
}

/// Of a derivative with the free indices and axes of `u`, then those of `x`: the entries at which indices of the same
/// name are equal, with the indices of `x` in front.
pub(crate) fn same_indices(graph: &mut Graph, made: Id, u: &Value, x: &Value) -> Id {
    let (free, rank) = (x.free.len() as u8, u.rank() as u8);
    let of_u = u.free.iter().map(|i| x.free.iter().position(|j| j.name == i.name).unwrap_or(0) as u8);
    let rest = graph.rank(made) - u.free.len() - u.rank() - x.free.len();
    let axes = free..free + rank + rest as u8;
    let own: Vec<u8> = of_u.chain(free..free + rank).chain(0..free).chain(free + rank..axes.end).collect();
    let dims = graph.dims(made).to_vec();
    let size = |label: u8| own.iter().position(|l| *l == label).map_or(dims[0], |k| dims[k]);
    let all: Vec<Dim> = (0..axes.end).map(size).collect();
    let output: Vec<u8> = (0..axes.end).collect();
    graph.einsum(&[made], &[&own], &output, &all)
}
