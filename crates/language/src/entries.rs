//! What brackets take: positions, ranges, new axes, positions that are values themselves.

use wrt_core::{Dim, Dimension, Graph, Node, ShapeError, ValueKind, operations as op};

use crate::arrangement;
use crate::positions;
use crate::value::{self, Axis, Value};

/// An end of a range.
#[derive(Clone, Debug)]
pub enum Edge {
    /// A position, from the end if negative.
    At(i64),
    /// A size by name.
    Size(Dimension),
}

/// One item between brackets.
#[derive(Clone, Debug)]
pub enum Item {
    /// `:`
    All,
    /// `None`: a new axis, there to be stretched.
    Stretch,
    /// `start:stop:step`
    Slice(Option<Edge>, Option<Edge>, i64),
    /// One position, from the end if negative.
    At(i64),
    /// A free index of index notation.
    Index(u32),
    /// The positions that a value has.
    Gather(Value),
}

impl Item {
    /// How it is written between brackets.
    pub(crate) fn text(&self, name: &dyn Fn(&Value) -> String) -> String {
        let edge = |e: &Option<Edge>| match e {
            Some(Edge::At(at)) => at.to_string(),
            Some(Edge::Size(size)) => size.to_string(),
            None => String::new(),
        };
        match self {
            Item::All => ":".into(),
            Item::Stretch => "None".into(),
            Item::Slice(start, stop, 1) => format!("{}:{}", edge(start), edge(stop)),
            Item::Slice(start, stop, step) => format!("{}:{}:{step}", edge(start), edge(stop)),
            Item::At(at) => at.to_string(),
            Item::Index(_) => "i".into(),
            Item::Gather(value) => name(value),
        }
    }
}

/// The value in brackets behind `base`.
pub(crate) fn taken(g: &mut Graph, base: &Value, items: Vec<Item>) -> Result<Value, ShapeError> {
    let wanted = items.iter().filter(|i| !matches!(i, Item::Stretch)).count();
    if wanted > base.rank() {
        let shape = base.shape_text(g);
        let words = if base.rank() == 0 {
            "brackets take entries of a vector or a matrix, and this is one number".to_string()
        } else {
            format!("{wanted} positions are given, and the shape is {shape}")
        };
        return Err(words.into());
    }
    let made = items.iter().filter(|i| matches!(i, Item::Stretch)).count();
    value::refuse_axes(base.rank() + made)?;
    let (mut value, mut axis) = (base.clone(), 0);
    for item in items {
        // What is taken of an axis that None has made: it has one entry.
        let taken = !matches!(item, Item::All | Item::Stretch);
        if taken && value.axes.get(axis) == Some(&Axis::Stretch) {
            value = value.with_unit_axes(g);
        }
        match item {
            Item::All => axis += 1,
            Item::Stretch => {
                value.axes.insert(axis, Axis::Stretch);
                axis += 1;
            }
            Item::Slice(_, _, 0) => return Err("the step of a range is not 0".into()),
            Item::Slice(start, stop, step) => {
                value = ranged(g, &value, axis, start, stop, step)?;
                axis += 1;
            }
            Item::At(at) => value = entry(g, &value, axis, at)?,
            Item::Index(index) => value = value::release(g, &value, axis, index)?,
            // NumPy picks where it is true; here 0 and 1 would be positions, which nobody means.
            Item::Gather(at) if is_truth(g, &at) => {
                let message = "a truth value is no position, and what it picks has no known size";
                return Err(format!("{message}: write where(condition, x, 0), or sum(where(condition, x, 0))").into());
            }
            Item::Gather(at) => {
                value = positions::gather(g, &value, &at, axis, 0)?;
                axis += at.rank();
            }
        }
    }
    Ok(value)
}

/// Is it the result of a comparison, entry by entry?
fn is_truth(g: &Graph, at: &Value) -> bool {
    matches!(g.node(at.id), Node::Map(p, _) if p.row().kind == ValueKind::Truth)
}

fn axis_dim(value: &Value, axis: usize) -> Result<Dim, ShapeError> {
    match value.axes[axis] {
        Axis::Dim(d) => Ok(d),
        Axis::Stretch => Err("an axis made by None has no positions".into()),
    }
}

/// Is a position within a dimension of known size?
fn within(g: &Graph, dim: Dim, at: i64) -> Result<(), ShapeError> {
    let Some(size) = g.dimension(dim).as_size() else { return Ok(()) };
    let place = if at < 0 { at.checked_add_unsigned(size).unwrap_or(-1) } else { at };
    if (0..size as i64).contains(&place) {
        return Ok(());
    }
    Err(format!("position {at} is outside: the axis has {size} entries, 0 to {}", size.saturating_sub(1)).into())
}

fn entry(g: &mut Graph, value: &Value, axis: usize, at: i64) -> Result<Value, ShapeError> {
    let dim = axis_dim(value, axis)?;
    within(g, dim, at)?;
    let mut order: Vec<usize> = (0..value.rank()).filter(|k| *k != axis).collect();
    order.push(axis);
    let moved = value::permute(g, value, &order);
    value::operation(g, op::Entry { at }, &[&moved])
}

/// A range with a step; of one below 0 the entries from the end on.
fn ranged(
    g: &mut Graph,
    value: &Value,
    axis: usize,
    start: Option<Edge>,
    stop: Option<Edge>,
    step: i64,
) -> Result<Value, ShapeError> {
    if step > 0 {
        return sliced(g, value, axis, start, stop, step);
    }
    let dim = axis_dim(value, axis)?;
    let (low, high, step) = positions::rising(g.dimension(dim), start, stop, step.unsigned_abs())?;
    let all = low.is_none() && high.is_none() && step == 1;
    let part = if all { value.clone() } else { sliced(g, value, axis, low, high, step)? };
    positions::flipped(g, &part, axis)
}

fn sliced(
    g: &mut Graph,
    value: &Value,
    axis: usize,
    mut start: Option<Edge>,
    stop: Option<Edge>,
    step: i64,
) -> Result<Value, ShapeError> {
    let dim = axis_dim(value, axis)?;
    let size = g.dimension(dim).clone();
    let absolute = |at: &Edge| match at {
        Edge::At(at) if *at < 0 => size.sub(&Dimension::size(at.unsigned_abs())),
        Edge::At(at) => Dimension::size(at.unsigned_abs()),
        Edge::Size(size) => size.clone(),
    };
    let mut from = start.as_ref().map_or(Dimension::size(0), absolute);
    let mut to = stop.as_ref().map_or(size.clone(), absolute);
    if let Some(n) = size.as_size() {
        // Beyond the ends means at the ends, as in Python; sizes by name are no numbers yet.
        let clamp = |d: &Dimension, edge: &Option<Edge>| match edge {
            Some(Edge::Size(_)) => d.clone(),
            _ => Dimension::size(d.as_size().unwrap_or(0).min(n)),
        };
        (from, to) = (clamp(&from, &start), clamp(&to, &stop));
        if matches!(&start, Some(Edge::At(at)) if at.unsigned_abs() > n) {
            start = from.as_size().and_then(|k| i64::try_from(k).ok()).map(Edge::At);
        }
    }
    let length = to.sub(&from);
    let length = match (length.as_size(), step) {
        (_, 1) => length,
        (Some(n), step) => Dimension::size(n.div_ceil(step.unsigned_abs())),
        (None, _) => return Err("a step needs an axis of known size".into()),
    };
    if length.as_size() == Some(0) || length.terms().all(|(_, c)| c < 0) {
        return Err("this range is empty".into());
    }
    let value = value.with_unit_axes(g);
    let step = step.unsigned_abs();
    let start = match start {
        None => 0,
        Some(Edge::At(at)) => at,
        Some(Edge::Size(_)) if step == 1 => {
            // All up to the end of the range, and of that the last ones.
            let head = op::Slice { start: 0, step: 1, length: to };
            let head = arrangement::slice(g, &value, axis, head)?;
            return arrangement::slice(g, &head, axis, op::Tail { length });
        }
        Some(Edge::Size(_)) => return Err("a step needs a range that begins at a number".into()),
    };
    arrangement::slice(g, &value, axis, op::Slice { start, step, length })
}
