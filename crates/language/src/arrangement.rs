//! Entries in another order: transposes, rows at positions, slices, joined values, other shapes.

use wrt_core::{Dim, Dimension, Graph, Id, Node, ShapeError, operations as op};

use crate::library::{Argument, Call, dimension_of};
use crate::value::{self, MAX_RANK, Value};

type Result<T> = std::result::Result<T, ShapeError>;

/// `X'`
pub(crate) fn transpose(g: &mut Graph, x: &Value) -> Result<Value> {
    match x.rank() {
        0 | 1 => Ok(x.clone()),
        2 => {
            // Twice is not at all.
            if let Node::Contraction(&[inner], labels) = g.node(x.id)
                && g.rank(inner) == 2
                && g.labels(labels).factors[0].iter().rev().eq(&g.labels(labels).output)
                && let [a, b] = x.axes[..]
            {
                return Ok(Value { id: inner, axes: vec![b, a], ..x.clone() });
            }
            Ok(value::permute(g, x, &[1, 0]))
        }
        _ => Err(format!("`'` transposes a matrix, and this has the shape {}", x.shape_text(g)).into()),
    }
}

/// `x` along one axis from `start`, every `step`-th entry; `length` of them.
pub(crate) fn slice(g: &mut Graph, x: &Value, axis: usize, part: impl Into<op::Operation>) -> Result<Value> {
    let last = x.rank() - 1;
    if axis == last {
        return value::operation(g, part, &[x]);
    }
    let mut order: Vec<usize> = (0..=last).filter(|k| *k != axis).collect();
    order.push(axis);
    let moved = value::permute(g, x, &order);
    let cut = value::operation(g, part, &[&moved])?;
    let mut back: Vec<usize> = (0..last).collect();
    back.insert(axis, last);
    Ok(value::permute(g, &cut, &back))
}

/// Several values of one shape along a new first axis.
pub(crate) fn stacked(g: &mut Graph, parts: &[Value]) -> Result<Value> {
    let mut wide = Vec::with_capacity(parts.len());
    let all: Vec<&Value> = parts.iter().collect();
    let widest = all.iter().copied().max_by_key(|v| v.rank()).cloned();
    let Some(widest) = widest else { return Err("there is nothing to stack".into()) };
    if widest.rank() >= MAX_RANK {
        return Err(format!("lists are nested at most {MAX_RANK} deep").into());
    }
    let one = Dimension::size(1);
    for (k, part) in parts.iter().enumerate() {
        if part.axes != widest.axes {
            let shapes = (part.shape_text(g), widest.shape_text(g));
            return Err(format!(
                "the entries of a list have one shape, found {} (entry {k}) beside {}",
                shapes.0, shapes.1
            )
            .into());
        }
        // An axis of size 1 at the end, along which the parts are joined.
        wide.push(value::operation(g, op::Reshape { axes: 0, to: vec![one.clone()] }, &[part])?);
    }
    let list: Vec<&Value> = wide.iter().collect();
    let joined = value::operation(g, op::Concat, &list)?;
    let last = joined.rank() - 1;
    let order: Vec<usize> = std::iter::once(last).chain(0..last).collect();
    Ok(value::permute(g, &joined, &order))
}

impl Call<'_, '_> {
    pub(crate) fn transpose(&mut self) -> Result<Value> {
        let x = self.value(0)?;
        transpose(self.graph, &x)
    }

    pub(crate) fn concat(&mut self) -> Result<Value> {
        let parts: Vec<Value> = self.values()?.iter().map(|v| v.with_unit_axes(self.graph)).collect();
        let given = self.named("axis").cloned();
        let at = given.map_or(Ok(0), |a| self.integer(&a))?;
        let axis = self.axis_at(&parts[0], at)?;
        let last = parts[0].rank() - 1;
        let mut order: Vec<usize> = (0..=last).collect();
        order.swap(axis, last);
        let mut moved = Vec::with_capacity(parts.len());
        for part in &parts {
            if part.rank() != last + 1 {
                return Err("concat joins values with equally many axes".into());
            }
            moved.push(value::permute(self.graph, part, &order));
        }
        let list: Vec<&Value> = moved.iter().collect();
        let joined = value::operation(self.graph, op::Concat, &list)?;
        Ok(value::permute(self.graph, &joined, &order))
    }

    pub(crate) fn stack(&mut self) -> Result<Value> {
        let parts = self.values()?;
        let whole = stacked(self.graph, &parts)?;
        let Some(axis) = self.named("axis").cloned() else { return Ok(whole) };
        let at = self.integer(&axis)?;
        let axis = self.axis_at(&whole, at)?;
        let mut order: Vec<usize> = (1..whole.rank()).collect();
        order.insert(axis, 0);
        Ok(value::permute(self.graph, &whole, &order))
    }

    pub(crate) fn reshape(&mut self) -> Result<Value> {
        let x = self.value(0)?.with_unit_axes(self.graph);
        let dims = match &self.args[1] {
            // A list of sizes was read as a vector of numbers.
            Argument::Value(list) if list.rank() == 1 => self.sizes_of_list(list.id)?,
            _ => self.dims_from(1)?,
        };
        let to = dims.iter().map(|d| self.graph.dimension(*d).clone()).collect();
        value::operation(self.graph, op::Reshape { axes: x.rank(), to }, &[&x])
    }

    fn sizes_of_list(&mut self, list: Id) -> Result<Vec<Dim>> {
        let entries = list_entries(self.graph, list).ok_or("the new shape is a list of sizes")?;
        entries
            .into_iter()
            .map(|id| {
                let dimension = dimension_of(self.graph, id).ok_or("the new shape is a list of sizes")?;
                Ok(self.graph.dim(dimension))
            })
            .collect()
    }

    /// The columns of a matrix below each other, as in Magnus and Neudecker; NumPy's `ravel` would take the rows.
    pub(crate) fn vec(&mut self) -> Result<Value> {
        let x = self.value(0)?.with_unit_axes(self.graph);
        let (m, n) = match x.dims()[..] {
            [_] => return Ok(x),
            [m, n] => (m, n),
            _ => return Err(format!("vec is of a matrix, found the shape {}", x.shape_text(self.graph)).into()),
        };
        let columns = value::permute(self.graph, &x, &[1, 0]);
        let size = self.graph.dim_mul(n, m);
        let to = vec![self.graph.dimension(size).clone()];
        value::operation(self.graph, op::Reshape { axes: 2, to }, &[&columns])
    }

    /// All axes but the first one merged.
    pub(crate) fn flatten(&mut self) -> Result<Value> {
        let x = self.value(0)?.with_unit_axes(self.graph);
        let dims = x.dims();
        if dims.len() < 2 {
            return Ok(x);
        }
        let total = dims[1..].iter().copied().reduce(|a, b| self.graph.dim_mul(a, b));
        let to = total.map(|d| self.graph.dimension(d).clone()).into_iter().collect();
        value::operation(self.graph, op::Reshape { axes: dims.len() - 1, to }, &[&x])
    }

    /// Entries put at their places along an axis of `size`, zeros elsewhere: the transpose of a slice.
    pub(crate) fn pad(&mut self) -> Result<Value> {
        let start = self.integer(&self.args[1])?;
        let step = self.named("step").cloned().map_or(Ok(1), |a| self.integer(&a))?;
        let size = self.args[2].clone();
        let size = self.dim(&size)?;
        let size = self.graph.dimension(size).clone();
        let pad = op::Pad { start, step: step.unsigned_abs().max(1), size };
        self.args.truncate(1);
        self.along(pad)
    }

    /// The last entries along an axis.
    pub(crate) fn tail(&mut self) -> Result<Value> {
        let size = self.args[1].clone();
        let size = self.dim(&size)?;
        let length = self.graph.dimension(size).clone();
        self.args.truncate(1);
        self.along(op::Tail { length })
    }
}

/// The entries of what [`stacked`] made of scalars.
pub(crate) fn list_entries(g: &Graph, list: Id) -> Option<Vec<Id>> {
    let Node::Operation(op::Operation::Concat(_), parts) = g.node(list) else { return None };
    parts
        .iter()
        .map(|p| match g.node(*p) {
            Node::Operation(op::Operation::Reshape(_), args) if g.is_scalar(args[0]) => Some(args[0]),
            // A literal that was spread along the new axis.
            _ => None,
        })
        .collect()
}
