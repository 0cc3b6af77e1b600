//! What a nudge moves: one entry of a node, or several along a direction.

use wrt_core::{Array, Graph, Id, Node, Number, Operation};
use wrt_run::{Evaluable, EvaluationError, Point, evaluate};

/// One entry of a node's value; a number has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The node.
    pub node: Id,
    /// Its place, row by row.
    pub place: usize,
}

impl Entry {
    /// The first entry, which is the only one of a number.
    pub fn of(node: Id) -> Entry {
        Entry { node, place: 0 }
    }
}

/// A direction: entries of nodes, and how fast each moves.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Moved(pub Vec<(Entry, Number)>);

impl Moved {
    /// One entry.
    pub fn entry(entry: Entry) -> Moved {
        Moved(vec![(entry, Number::ONE)])
    }

    /// All entries of one node.
    pub fn array(node: Id, speed: &Array<Number>) -> Moved {
        let entries = speed.data.iter().enumerate().filter(|(_, s)| !s.is_zero());
        Moved(entries.map(|(place, s)| (Entry { node, place }, s.clone())).collect())
    }

    /// The nodes that move, each once.
    pub fn nodes(&self) -> Vec<Id> {
        let mut nodes: Vec<Id> = self.0.iter().map(|(e, _)| e.node).collect();
        nodes.dedup();
        nodes
    }

    /// The point in another kind of number, from where entries move. What is taken for a constant below `of` keeps its
    /// value while others are nudged.
    pub fn start<'a, N: Evaluable>(
        &'a self,
        graph: &'a Graph,
        of: Id,
        at: &Point<Number>,
        like: &N,
    ) -> Result<Start<'a, N>, EvaluationError> {
        let mut point = at.map(|n| like.exact(n));
        let is_stopped = |id: &Id| matches!(graph.node(*id), Node::Operation(Operation::StopGradient(_), _));
        let stopped: Vec<Id> = graph.reachable(&[of]).into_iter().filter(is_stopped).collect();
        if !stopped.is_empty() {
            let values = evaluate(graph, &stopped, &point, like)?;
            point.values.extend(stopped.into_iter().zip(values));
        }
        for node in self.nodes() {
            if point.get(node).is_none() {
                let value = evaluate(graph, &[node], &point, like)?.swap_remove(0);
                point.values.push((node, value));
            }
        }
        Ok(Start { graph, moved: self, point, like: like.clone() })
    }
}

/// The shape of a node's value at a point.
pub(crate) fn shape_of(graph: &Graph, x: Id, at: &Point<Number>) -> Result<Vec<usize>, EvaluationError> {
    match at.get(x) {
        Some(value) => Ok(value.shape.clone()),
        None => Ok(evaluate(graph, &[x], &at.map(Number::to_f64), &0.0)?[0].shape.clone()),
    }
}

/// A point from which entries move.
pub(crate) struct Start<'a, N> {
    graph: &'a Graph,
    moved: &'a Moved,
    pub point: Point<N>,
    like: N,
}

impl<N: Evaluable> Start<'_, N> {
    /// The value of the first entry that moves.
    pub fn entry(&self) -> Result<N, EvaluationError> {
        self.entries().next().ok_or_else(|| EvaluationError::NoPoint("there is no such entry to nudge".into()))
    }

    /// The values of all entries that move.
    pub fn entries(&self) -> impl Iterator<Item = N> {
        let value = |e: &Entry| self.point.get(e.node)?.data.get(e.place).cloned();
        self.moved.0.iter().filter_map(move |(e, _)| value(e))
    }

    /// The value of a node where all entries have moved by `h` times their speed.
    pub fn value(&self, of: Id, h: N) -> Result<Array<N>, EvaluationError> {
        let step = |speed: &Number| match *speed == Number::ONE {
            true => h.clone(),
            false => h.clone() * self.like.exact(speed),
        };
        let steps: Vec<(Entry, N)> = self.moved.0.iter().map(|(entry, speed)| (*entry, step(speed))).collect();
        self.stepped(of, &steps)
    }

    /// The value of a node where some entries have moved, each by so much.
    pub fn stepped(&self, of: Id, steps: &[(Entry, N)]) -> Result<Array<N>, EvaluationError> {
        let mut at = self.point.clone();
        for (entry, step) in steps {
            let array = at.values.iter_mut().find(|(x, _)| *x == entry.node);
            if let Some(slot) = array.and_then(|(_, array)| array.data.get_mut(entry.place)) {
                *slot = slot.clone() + step.clone();
            }
        }
        Ok(evaluate(self.graph, &[of], &at, &self.like)?.swap_remove(0))
    }

    /// One entry of it.
    pub fn entry_at(&self, of: Entry, h: N) -> Result<N, EvaluationError> {
        let found = self.value(of.node, h)?.data.get(of.place).cloned();
        found.ok_or_else(|| EvaluationError::NoPoint("there is no such entry of the formula".into()))
    }
}
