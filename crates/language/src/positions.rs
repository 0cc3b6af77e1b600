//! Entries at positions that are values: gather and its transpose; axes turned round.

use wrt_core::{Dim, Dimension, Graph, ShapeError, operations as op};

use crate::entries::Edge;
use crate::library::Call;
use crate::value::{self, Axis, Value};

type Result<T> = std::result::Result<T, ShapeError>;

/// The labels `y` as rows with a 1 at their place.
pub(crate) fn one_hot(g: &mut Graph, y: &Value, classes: Dim) -> Result<Value> {
    let classes = g.dimension(classes).clone();
    value::operation(g, op::OneHot { classes }, &[y])
}

/// The entries of `x` along an axis at the positions `at`, whose axes take the place of that axis. The `batch` axes right
/// before it are those that `at` begins with: there each row has positions of its own.
pub(crate) fn gather(g: &mut Graph, x: &Value, at: &Value, axis: usize, batch: usize) -> Result<Value> {
    let (x, at) = (x.with_unit_axes(g), at.with_unit_axes(g));
    if x.rank() == 0 {
        return Err("there is no axis to take entries from".into());
    }
    let Some(picks) = at.rank().checked_sub(batch) else {
        let shape = at.shape_text(g);
        return Err(
            format!("batch={batch} is more than the axes of the positions, which have the shape {shape}").into()
        );
    };
    value::refuse_axes(x.rank() - 1 + picks)?;
    // Positions for each value of an index are so many positions: the table is not repeated.
    let own = |v: &Value| at.free.iter().map(|i| i.name).find(|n| batch == 0 && v.free.iter().all(|i| i.name != *n));
    if let Some(index) = own(&x)
        && let Some(bound) = value::bind(g, &at, index)
    {
        let found = gather(g, &x, &bound, axis, batch)?;
        return value::release(g, &found, axis, index);
    }
    let inner = x.rank() - 1 - axis;
    if batch == 0 || picks <= 1 {
        return value::operation(g, op::Gather(op::Picked { picks, inner }), &[&x, &at]);
    }
    // One axis of positions is enough, and what NumPy and JAX have a function for.
    let dims = at.dims();
    let to: Vec<_> = dims[batch..].iter().map(|d| g.dimension(*d).clone()).collect();
    let total = to.iter().cloned().reduce(|a, b| a.mul(&b)).into_iter().collect();
    let merged = value::operation(g, op::Reshape { axes: picks, to: total }, &[&at])?;
    let found = value::operation(g, op::Gather(op::Picked { picks: 1, inner }), &[&x, &merged])?;
    let behind: Vec<_> = x.dims().iter().skip(axis + 1).map(|d| g.dimension(*d).clone()).collect();
    let to = [to, behind].concat();
    value::operation(g, op::Reshape { axes: 1 + inner, to }, &[&found])
}

/// An axis from its end on.
pub(crate) fn flipped(g: &mut Graph, x: &Value, axis: usize) -> Result<Value> {
    crate::arrangement::slice(g, x, axis, op::Flip)
}

/// `start:stop:-step` as a range that rises, whose entries are then turned round: its ends and its step.
pub(crate) fn rising(
    size: &Dimension,
    start: Option<Edge>,
    stop: Option<Edge>,
    step: u64,
) -> Result<(Option<Edge>, Option<Edge>, i64)> {
    let behind = |edge: Edge| match edge {
        Edge::At(-1) => None,
        Edge::At(at) => Some(Edge::At(at.saturating_add(1))),
        // Beyond the end means at the end.
        Edge::Size(at) if at.sub(size).as_size().is_some() => None,
        Edge::Size(at) => Some(Edge::Size(at.add(&Dimension::size(1)))),
    };
    let low = match stop {
        Some(Edge::At(-1)) => return Err("this range is empty".into()),
        stop => stop.and_then(behind),
    };
    let high = start.and_then(behind);
    if step == 1 {
        return Ok((low, high, 1));
    }
    let size = size.as_size().ok_or("a step needs an axis of known size")?;
    let place = |edge: &Option<Edge>, default: u64| match edge {
        None => Some(default),
        Some(Edge::At(at)) if *at < 0 => Some(size.saturating_sub(at.unsigned_abs())),
        Some(Edge::At(at)) => Some(at.unsigned_abs().min(size)),
        Some(Edge::Size(_)) => None,
    };
    let ends = place(&low, 0).zip(place(&high, size)).ok_or("a step needs a range that begins at a number")?;
    let Some(last) = ends.1.checked_sub(ends.0 + 1) else { return Err("this range is empty".into()) };
    let first = (ends.0 + last % step) as i64;
    Ok((Some(Edge::At(first)), Some(Edge::At(ends.1 as i64)), i64::try_from(step).unwrap_or(i64::MAX)))
}

impl Call<'_, '_> {
    /// `batch`, and `axis`, which is the first axis behind those of the batch unless it is named.
    fn picked_axis(&mut self, x: &Value) -> Result<(usize, usize)> {
        let batch = self.named("batch").cloned().map_or(Ok(0), |a| self.integer(&a))?;
        let batch = usize::try_from(batch).map_err(|_| "`batch` is a number of axes")?;
        let axis = match self.named("axis").cloned() {
            Some(given) => {
                let at = self.integer(&given)?;
                self.axis_at(x, at)?
            }
            None => batch,
        };
        if batch > axis || axis >= x.rank().max(1) {
            let shape = x.shape_text(self.graph);
            return Err(format!("batch={batch} and axis={axis} are no axes of the shape {shape}").into());
        }
        Ok((axis, batch))
    }

    pub(crate) fn gather(&mut self) -> Result<Value> {
        let (x, at) = (self.value(0)?.with_unit_axes(self.graph), self.value(1)?);
        let (axis, batch) = self.picked_axis(&x)?;
        gather(self.graph, &x, &at, axis, batch)
    }

    /// The transpose of [`Call::gather`]: entries added up where their positions say.
    pub(crate) fn scatter_add(&mut self) -> Result<Value> {
        let (x, at) = (self.value(0)?.with_unit_axes(self.graph), self.value(1)?.with_unit_axes(self.graph));
        let size = self.args[2].clone();
        let size = self.dim(&size)?;
        let size = self.graph.dimension(size).clone();
        let picks_of = |batch: usize| at.rank().checked_sub(batch);
        let batch = self.named("batch").cloned().map_or(Ok(0), |a| self.integer(&a))?;
        let batch = usize::try_from(batch).map_err(|_| "`batch` is a number of axes")?;
        let axis = self.named("axis").cloned().map_or(Ok(batch as i64), |a| self.integer(&a))?;
        let lead = usize::try_from(axis).ok().filter(|lead| batch <= *lead);
        let fits =
            lead.zip(picks_of(batch)).and_then(|(lead, picks)| Some((picks, x.rank().checked_sub(lead + picks)?)));
        let Some((picks, inner)) = fits else {
            let shapes = (x.shape_text(self.graph), at.shape_text(self.graph));
            return Err(format!("the entries have the shape {}, their positions {}", shapes.0, shapes.1).into());
        };
        value::operation(self.graph, op::ScatterAdd { at: op::Picked { picks, inner }, size }, &[&x, &at])
    }

    pub(crate) fn one_hot(&mut self) -> Result<Value> {
        let y = self.value(0)?;
        let classes = self.dims_from(1)?[0];
        one_hot(self.graph, &y, classes)
    }

    /// Along one axis, or along all of them, as NumPy's.
    pub(crate) fn flip(&mut self) -> Result<Value> {
        let x = self.value(0)?.with_unit_axes(self.graph);
        if let Some(axis) = self.axis(&x)? {
            return flipped(self.graph, &x, axis);
        }
        (0..x.rank()).try_fold(x, |x, axis| flipped(self.graph, &x, axis))
    }

    /// The vector product along the last axis, which has three entries.
    pub(crate) fn cross(&mut self) -> Result<Value> {
        let (a, b) = (self.value(0)?.with_unit_axes(self.graph), self.value(1)?.with_unit_axes(self.graph));
        for x in [&a, &b] {
            let three = matches!(x.axes.last(), Some(Axis::Dim(d)) if self.graph.dimension(*d).as_size() == Some(3));
            if !three {
                let shape = x.shape_text(self.graph);
                return Err(format!("cross takes vectors of three entries, found the shape {shape}").into());
            }
        }
        let (ahead, back) = (
            [turned(self.graph, &a, 1)?, turned(self.graph, &b, 2)?],
            [turned(self.graph, &a, 2)?, turned(self.graph, &b, 1)?],
        );
        let plus = value::product(self.graph, &[&ahead[0], &ahead[1]])?;
        let minus = value::product(self.graph, &[&back[0], &back[1]])?;
        let (one, other) = (wrt_core::Number::ONE, wrt_core::Number::MINUS_ONE);
        value::sum(self.graph, &[(one, &plus), (other, &minus)])
    }
}

/// Three entries, beginning at the one at `from`: those before it come last.
fn turned(g: &mut Graph, x: &Value, from: u64) -> Result<Value> {
    let part = |start: u64, length: u64| op::Slice { start: start as i64, step: 1, length: Dimension::size(length) };
    let tail = value::operation(g, part(from, 3 - from), &[x])?;
    let head = value::operation(g, part(0, from), &[x])?;
    value::operation(g, op::Concat, &[&tail, &head])
}
