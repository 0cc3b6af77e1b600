//! What calls of the functions of tensors make of their arguments.

use wrt_core::{Dim, Dimension, Graph, Id, Node, Number, Primitive, operations as op};

use crate::value::{self, Axis, MAX_RANK, Misfit, Value};

type Result<T> = std::result::Result<T, Misfit>;

/// An argument of a call.
#[derive(Clone, Debug)]
pub enum Argument<'s> {
    /// A value.
    Value(Value),
    /// A bare word: a function, a dimension, a way of padding.
    Word(&'s str),
}

/// A call of a function of tensors.
pub(crate) struct Call<'s, 'g> {
    pub(crate) graph: &'g mut Graph,
    pub(crate) args: Vec<Argument<'s>>,
    pub(crate) named: Vec<(&'s str, Argument<'s>)>,
}

/// The most entries that a product leaves out.
const MAX_ORDER: i64 = 8;

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
    let x = &x.settled(g);
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

/// The rows of `x` (entries of its first axis) at integer positions.
pub(crate) fn gather(g: &mut Graph, x: &Value, at: &Value) -> Result<Value> {
    let x = x.settled(g);
    let Some(Axis::Dim(rows)) = x.axes.first().copied() else {
        return Err("there is no axis to take entries from".into());
    };
    let hot = one_hot(g, at, rows)?;
    let n = hot.rank();
    let mut dims = hot.dims();
    dims.extend(&x.dims()[1..]);
    let of_hot: Vec<usize> = (0..n).collect();
    let of_x: Vec<usize> = (n - 1..dims.len()).collect();
    let output: Vec<usize> = (0..dims.len()).filter(|k| *k != n - 1).collect();
    value::union(&[&hot, &x])?;
    Ok(value::contract(g, &[(&hot, &of_hot), (&x, &of_x)], &output, &dims))
}

/// The labels `y` as rows with a 1 at their place.
pub(crate) fn one_hot(g: &mut Graph, y: &Value, classes: Dim) -> Result<Value> {
    let classes = g.dimension(classes).clone();
    value::operation(g, op::OneHot { classes }, &[y])
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
    pub(crate) fn value(&self, k: usize) -> Result<Value> {
        match self.args.get(k) {
            Some(Argument::Value(v)) => Ok(v.clone()),
            Some(Argument::Word(word)) => Err(format!("`{word}` is a function, a value is needed").into()),
            None => Err(format!("argument {} is missing", k + 1).into()),
        }
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Argument<'_>> {
        self.named.iter().find(|(n, _)| *n == name).map(|(_, a)| a)
    }

    /// A setting that is 1 or 0; 0 where it is not given.
    fn flag(&self, name: &str) -> Result<bool> {
        match self.named(name).map(|a| self.integer(a)) {
            None => Ok(false),
            Some(Ok(n @ (0 | 1))) => Ok(n == 1),
            Some(_) => Err(format!("`{name}` is 1 or 0").into()),
        }
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

    pub(crate) fn operation(&mut self, operation: impl Into<op::Operation>) -> Result<Value> {
        let x = self.value(0)?;
        value::operation(self.graph, operation, &[&x])
    }

    pub(crate) fn operation_of_all(&mut self, operation: impl Into<op::Operation>) -> Result<Value> {
        let all = self.values()?;
        value::operation(self.graph, operation, &all.iter().collect::<Vec<_>>())
    }

    pub(crate) fn prod_others(&mut self) -> Result<Value> {
        let order = self.named("order").cloned().map_or(Ok(1), |a| self.integer(&a))?;
        match order {
            1 => self.along(op::ProdOthers { order: 1 }),
            2..=MAX_ORDER => self.along_new(op::ProdOthers { order: order as usize }),
            _ => Err(format!("`order` is a number from 1 to {MAX_ORDER}").into()),
        }
    }

    /// A whole number that stands in the text.
    pub(crate) fn integer(&self, argument: &Argument<'_>) -> Result<i64> {
        let found = match argument {
            Argument::Value(v) => self.graph.as_number(v.id).and_then(Number::as_i64),
            Argument::Word(_) => None,
        };
        found.ok_or_else(|| "a whole number is needed here".into())
    }

    fn axis_at(&self, x: &Value, at: i64) -> Result<usize> {
        let rank = x.rank() as i64;
        let axis = if at < 0 { at + rank } else { at };
        if (0..rank).contains(&axis) {
            return Ok(axis as usize);
        }
        Err(format!("there is no axis {at} in the shape {}", x.shape_text(self.graph)).into())
    }

    /// The axis that `axis=` or `over=` or the second argument names.
    fn axis(&self, x: &Value) -> Result<Option<usize>> {
        if let Some(given) = self.named("axis").or(self.args.get(1)) {
            let at = self.integer(given)?;
            return self.axis_at(x, at).map(Some);
        }
        match self.named("over") {
            None => Ok(None),
            Some(argument) => {
                let dimension = match argument {
                    Argument::Word(name) => Some(Dimension::name(name)),
                    Argument::Value(v) => dimension_of(self.graph, v.id).filter(|d| d.as_size().is_none()),
                };
                let Some(name) = dimension else { return Err("`over` takes the name of a dimension".into()) };
                let named = |a: &Axis| matches!(a, Axis::Dim(d) if *self.graph.dimension(*d) == name);
                let mut found = (0..x.rank()).filter(|k| named(&x.axes[*k]));
                match (found.next(), found.next()) {
                    (Some(axis), None) => Ok(Some(axis)),
                    (None, _) => {
                        Err(format!("there is no dimension `{name}` in the shape {}", x.shape_text(self.graph)).into())
                    }
                    _ => Err(format!(
                        "`{name}` occurs twice in the shape {}; name the axis by its number",
                        x.shape_text(self.graph)
                    )
                    .into()),
                }
            }
        }
    }

    pub(crate) fn reduce(&mut self, reduction: Reduction) -> Result<Value> {
        let x = self.value(0)?.settled(self.graph);
        let axes = match self.axis(&x)? {
            Some(axis) => vec![axis],
            None => (0..x.rank()).collect(),
        };
        reduce(self.graph, &x, &axes, reduction)
    }

    /// The first argument, the axis that is named, and the last one, which it is unless one is named.
    fn axis_or_last(&mut self) -> Result<(Value, usize, usize)> {
        let x = self.value(0)?.settled(self.graph);
        let last = x.rank().checked_sub(1).ok_or("a scalar has no axis")?;
        let axis = self.axis(&x)?.unwrap_or(last);
        Ok((x, axis, last))
    }

    /// An operation along one axis that keeps the shape.
    pub(crate) fn along(&mut self, operation: impl Into<op::Operation>) -> Result<Value> {
        let (x, axis, last) = self.axis_or_last()?;
        if axis == last {
            return value::operation(self.graph, operation, &[&x]);
        }
        let mut order: Vec<usize> = (0..=last).collect();
        order.swap(axis, last);
        let moved = value::permute(self.graph, &x, &order);
        let done = value::operation(self.graph, operation, &[&moved])?;
        Ok(value::permute(self.graph, &done, &order))
    }

    /// An operation along one axis that puts another one of the same size behind it.
    pub(crate) fn along_new(&mut self, operation: impl Into<op::Operation>) -> Result<Value> {
        let (x, axis, last) = self.axis_or_last()?;
        if axis == last {
            return value::operation(self.graph, operation, &[&x]);
        }
        Err("this function goes along the last axis".into())
    }

    pub(crate) fn log_softmax(&mut self) -> Result<Value> {
        let x = self.value(0)?.settled(self.graph);
        if x.rank() == 0 {
            return Err("a scalar has no axis".into());
        }
        let axis = self.axis(&x)?.unwrap_or(x.rank() - 1);
        log_softmax(self.graph, &x, axis)
    }

    pub(crate) fn cumsum(&mut self) -> Result<Value> {
        let reverse = self.flag("reverse")?;
        self.along(op::Cumsum { reverse })
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

    pub(crate) fn dot(&mut self) -> Result<Value> {
        let (a, b) = (self.value(0)?, self.value(1)?);
        if a.rank() != 1 || b.rank() != 1 {
            let shapes = (a.shape_text(self.graph), b.shape_text(self.graph));
            return Err(
                format!("dot takes two vectors, found {} and {}; `@` multiplies matrices", shapes.0, shapes.1).into()
            );
        }
        value::matmul(self.graph, &a, &b)
    }

    pub(crate) fn outer(&mut self) -> Result<Value> {
        let (a, b) = (self.value(0)?.settled(self.graph), self.value(1)?.settled(self.graph));
        if a.rank() != 1 || b.rank() != 1 {
            let shapes = (a.shape_text(self.graph), b.shape_text(self.graph));
            return Err(format!("outer takes two vectors, found {} and {}", shapes.0, shapes.1).into());
        }
        value::union(&[&a, &b])?;
        let dims = [a.dims()[0], b.dims()[0]];
        Ok(value::contract(self.graph, &[(&a, &[0]), (&b, &[1])], &[0, 1], &dims))
    }

    fn square(&mut self, what: &str) -> Result<Value> {
        let x = self.value(0)?.settled(self.graph);
        match x.dims()[..] {
            [a, b] if a == b => Ok(x),
            _ => Err(format!("{what} needs a square matrix, found the shape {}", x.shape_text(self.graph)).into()),
        }
    }

    pub(crate) fn trace(&mut self) -> Result<Value> {
        let x = self.square("tr")?;
        let dim = x.dims()[0];
        Ok(value::contract(self.graph, &[(&x, &[0, 0])], &[], &[dim]))
    }

    pub(crate) fn diag(&mut self) -> Result<Value> {
        let x = self.value(0)?.settled(self.graph);
        let dims = x.dims();
        match dims[..] {
            [n] => Ok(value::contract(self.graph, &[(&x, &[0])], &[0, 0], &[n])),
            [a, b] if a == b => Ok(value::contract(self.graph, &[(&x, &[0, 0])], &[0], &[a])),
            _ => {
                Err(format!("diag takes a vector or a square matrix, found the shape {}", x.shape_text(self.graph))
                    .into())
            }
        }
    }

    /// Dimensions from arguments: numbers, or names of dimensions.
    pub(crate) fn dims_from(&mut self, first: usize) -> Result<Vec<Dim>> {
        let args: Vec<Argument<'_>> = self.args[first.min(self.args.len())..].to_vec();
        args.iter().map(|a| self.dim(a)).collect()
    }

    pub(crate) fn dim(&mut self, argument: &Argument<'_>) -> Result<Dim> {
        match argument {
            Argument::Word(name) => Ok(self.graph.dim_name(name)),
            Argument::Value(v) => {
                let dimension =
                    dimension_of(self.graph, v.id).ok_or("a size is needed here: a number or a dimension")?;
                Ok(self.graph.dim(dimension))
            }
        }
    }

    pub(crate) fn eye(&mut self) -> Result<Value> {
        let dims = self.dims_from(0)?;
        let id = self.graph.identity(&dims);
        Ok(Value::of(self.graph, id))
    }

    pub(crate) fn ones(&mut self) -> Result<Value> {
        let dims = self.dims_from(0)?;
        let id = self.graph.ones(&dims);
        Ok(Value::of(self.graph, id))
    }

    pub(crate) fn zeros(&mut self) -> Result<Value> {
        let dims = self.dims_from(0)?;
        let id = self.graph.zeros(&dims);
        Ok(Value::of(self.graph, id))
    }

    pub(crate) fn full(&mut self) -> Result<Value> {
        let x = self.value(0)?;
        let dims = self.dims_from(1)?;
        let ones = self.graph.ones(&dims);
        let ones = Value::of(self.graph, ones);
        value::product(self.graph, &[&x, &ones])
    }

    pub(crate) fn solve(&mut self) -> Result<Value> {
        let (a, b) = (self.square("solve")?, self.value(1)?);
        let inverse = value::operation(self.graph, op::Inv, &[&a])?;
        value::matmul(self.graph, &inverse, &b)
    }

    pub(crate) fn kron(&mut self) -> Result<Value> {
        let (a, b) = (self.value(0)?.settled(self.graph), self.value(1)?.settled(self.graph));
        let (&[m, n], &[p, q]) = (&a.dims()[..], &b.dims()[..]) else {
            return Err("kron takes two matrices".into());
        };
        value::union(&[&a, &b])?;
        let all = value::contract(self.graph, &[(&a, &[0, 2]), (&b, &[1, 3])], &[0, 1, 2, 3], &[m, p, n, q]);
        let (rows, columns) = (self.graph.dim_mul(m, p), self.graph.dim_mul(n, q));
        let to = vec![self.graph.dimension(rows).clone(), self.graph.dimension(columns).clone()];
        value::operation(self.graph, op::Reshape { axes: 4, to }, &[&all])
    }

    pub(crate) fn reshape(&mut self) -> Result<Value> {
        let x = self.value(0)?.settled(self.graph);
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

    /// All axes but the first one merged.
    pub(crate) fn flatten(&mut self) -> Result<Value> {
        let x = self.value(0)?.settled(self.graph);
        let dims = x.dims();
        if dims.len() < 2 {
            return Ok(x);
        }
        let total = dims[1..].iter().copied().reduce(|a, b| self.graph.dim_mul(a, b));
        let to = total.map(|d| self.graph.dimension(d).clone()).into_iter().collect();
        value::operation(self.graph, op::Reshape { axes: dims.len() - 1, to }, &[&x])
    }

    fn values(&self) -> Result<Vec<Value>> {
        (0..self.args.len()).map(|k| self.value(k)).collect()
    }

    pub(crate) fn concat(&mut self) -> Result<Value> {
        let parts: Vec<Value> = self.values()?.iter().map(|v| v.settled(self.graph)).collect();
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

    pub(crate) fn transpose(&mut self) -> Result<Value> {
        let x = self.value(0)?;
        transpose(self.graph, &x)
    }

    pub(crate) fn gather(&mut self) -> Result<Value> {
        let (x, at) = (self.value(0)?, self.value(1)?);
        gather(self.graph, &x, &at)
    }

    pub(crate) fn one_hot(&mut self) -> Result<Value> {
        let y = self.value(0)?;
        let classes = self.dims_from(1)?[0];
        one_hot(self.graph, &y, classes)
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

/// x − logsumexp(x) along an axis.
pub(crate) fn log_softmax(g: &mut Graph, x: &Value, axis: usize) -> Result<Value> {
    let total = reduce(g, x, &[axis], Reduction::LogSumExp)?;
    let wide = stretched(&total, &[axis], x.rank());
    value::sum(g, &[(Number::ONE, x), (Number::MINUS_ONE, &wide)])
}

pub(crate) fn squared_norm(g: &mut Graph, x: &Value) -> Value {
    let x = x.settled(g);
    let all: Vec<usize> = (0..x.rank()).collect();
    value::contract(g, &[(&x, &all), (&x, &all)], &[], &x.dims())
}

/// A node that is a whole number or made of dimensions, as a dimension.
pub(crate) fn dimension_of(g: &Graph, id: Id) -> Option<Dimension> {
    match g.node(id) {
        Node::Number(n) => u64::try_from(n.as_i64()?).ok().map(Dimension::size),
        Node::Symbol(s) if s.role == wrt_core::Role::Dimension => Some(Dimension::name(&s.name)),
        Node::Sum(terms) => terms.iter().try_fold(Dimension::default(), |total, t| {
            let size = t.coefficient.as_i64()?;
            let part = dimension_of(g, t.node)?.mul(&Dimension::size(size.unsigned_abs()));
            Some(if size < 0 { total.sub(&part) } else { total.add(&part) })
        }),
        Node::Contraction(factors, labels) if g.labels(labels).is_scalar() => {
            factors.iter().try_fold(Dimension::size(1), |total, f| Some(total.mul(&dimension_of(g, *f)?)))
        }
        _ => None,
    }
}

/// The entries of what [`stacked`] made of scalars.
fn list_entries(g: &Graph, list: Id) -> Option<Vec<Id>> {
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
