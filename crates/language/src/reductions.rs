//! Reductions over axes, and norms.

use wrt_core::{Dimension, Graph, Number, Primitive, ShapeError, operations as op};

use crate::library::Call;
use crate::value::{self, Axis, Value};

type Result<T> = std::result::Result<T, ShapeError>;

/// What becomes of an axis that vanishes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reduction {
    Sum,
    Mean,
    Prod,
    Max,
    Min,
    ArgMax,
    ArgMin,
    LogSumExp,
    Var,
    Std,
}

/// Reduces some axes of a value.
pub(crate) fn reduce(g: &mut Graph, x: &Value, axes: &[usize], reduction: Reduction) -> Result<Value> {
    let x = &x.with_unit_axes(g);
    let dims = x.dims();
    let rest: Vec<usize> = (0..x.rank()).filter(|k| !axes.contains(k)).collect();
    match reduction {
        Reduction::Sum => return Ok(value::sum_over(g, x, axes)),
        Reduction::Mean => {
            let total = value::sum_over(g, x, axes);
            let count = axes.iter().map(|k| dims[*k]).reduce(|a, b| g.dim_mul(a, b));
            let count = match count {
                Some(dim) => g.dim_node(dim),
                None => g.integer(1),
            };
            return value::quotient(g, &total, &Value::scalar(count));
        }
        Reduction::Var | Reduction::Std => {
            let mean = reduce(g, x, axes, Reduction::Mean)?;
            let wide = stretched(&mean, axes, x.rank());
            // Not mean(x^2) - mean(x)^2, which cancels.
            let off = value::sum(g, &[(Number::ONE, x), (Number::MINUS_ONE, &wide)])?;
            let two = Value::scalar(g.integer(2));
            let squares = value::map(g, Primitive::Pow, &[&off, &two])?;
            let var = reduce(g, &squares, axes, Reduction::Mean)?;
            return if reduction == Reduction::Std { value::map(g, Primitive::Sqrt, &[&var]) } else { Ok(var) };
        }
        _ => {}
    }
    // The operation takes the last axis: several are merged into one.
    let order: Vec<usize> = rest.iter().chain(axes).copied().collect();
    let mut last = value::permute(g, x, &order);
    if axes.len() != 1 {
        let total = axes.iter().map(|k| dims[*k]).reduce(|a, b| g.dim_mul(a, b));
        let total = total.map_or_else(|| Dimension::size(1), |d| g.dimension(d).clone());
        last = value::operation(g, op::Reshape { axes: axes.len(), to: vec![total] }, &[&last])?;
    }
    match reduction {
        Reduction::Prod => value::operation(g, op::Prod, &[&last]),
        Reduction::Max => value::operation(g, op::Max, &[&last]),
        Reduction::Min => value::operation(g, op::Min, &[&last]),
        Reduction::ArgMax => value::operation(g, op::ArgMax, &[&last]),
        Reduction::ArgMin => value::operation(g, op::ArgMin, &[&last]),
        _ => value::operation(g, op::LogSumExp, &[&last]),
    }
}

/// A reduced value with the axes that vanished put back, to be stretched.
fn stretched(value: &Value, axes: &[usize], rank: usize) -> Value {
    let mut kept = value.axes.iter();
    let axes = (0..rank)
        .map(|k| if axes.contains(&k) { Axis::Stretch } else { kept.next().copied().unwrap_or(Axis::Stretch) })
        .collect();
    Value { axes, ..value.clone() }
}

/// x − logsumexp(x) along an axis.
pub(crate) fn log_softmax(g: &mut Graph, x: &Value, axis: usize) -> Result<Value> {
    let total = reduce(g, x, &[axis], Reduction::LogSumExp)?;
    let wide = stretched(&total, &[axis], x.rank());
    value::sum(g, &[(Number::ONE, x), (Number::MINUS_ONE, &wide)])
}

pub(crate) fn squared_norm(g: &mut Graph, x: &Value) -> Value {
    let x = x.with_unit_axes(g);
    let all: Vec<usize> = (0..x.rank()).collect();
    value::contract(g, &[(&x, &all), (&x, &all)], &[], &x.dims())
}

impl Call<'_, '_> {
    pub(crate) fn reduce(&mut self, reduction: Reduction) -> Result<Value> {
        let x = self.value(0)?.with_unit_axes(self.graph);
        let axes = match self.listed_axes(&x)? {
            Some(axes) => axes,
            None => self.axis(&x)?.map_or_else(|| (0..x.rank()).collect(), |axis| vec![axis]),
        };
        reduce(self.graph, &x, &axes, reduction)
    }

    pub(crate) fn log_softmax(&mut self) -> Result<Value> {
        let x = self.value(0)?.with_unit_axes(self.graph);
        if x.rank() == 0 {
            return Err("a scalar has no axis".into());
        }
        let axis = self.axis(&x)?.unwrap_or(x.rank() - 1);
        log_softmax(self.graph, &x, axis)
    }

    fn of_rank(&mut self, name: &str, rank: usize) -> Result<Value> {
        let x = self.value(0)?;
        if x.rank() == rank {
            return Ok(x);
        }
        let (kind, other) =
            if rank == 1 { ("vector", "normF is for matrices") } else { ("matrix", "norm2 is for vectors") };
        Err(format!("{name} is the norm of a {kind}, found the shape {}; {other}", x.shape_text(self.graph)).into())
    }

    pub(crate) fn norm(&mut self) -> Result<Value> {
        let x = self.value(0)?;
        let square = squared_norm(self.graph, &x);
        value::map(self.graph, Primitive::Sqrt, &[&square])
    }

    pub(crate) fn norm_of_rank(&mut self, name: &str, rank: usize) -> Result<Value> {
        self.of_rank(name, rank)?;
        self.norm()
    }

    pub(crate) fn norm1(&mut self) -> Result<Value> {
        let x = self.value(0)?;
        let size = value::map(self.graph, Primitive::Abs, &[&x])?;
        reduce(self.graph, &size, &(0..size.rank()).collect::<Vec<_>>(), Reduction::Sum)
    }
}
