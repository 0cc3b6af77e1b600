//! Values while a text becomes a graph: a node whose leading axes are the free indices of index notation.
//!
//! `X[i]` under an index `i` is a row of X with one free index. All operations map over leading axes, so a function of
//! one row is a function of all rows.

use wrt_core::{Dim, Graph, Id, Number, Operation, Primitive, ShapeError, Term};

/// A free index.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Index {
    /// Which index, by its position among those of the text.
    pub name: u32,
    /// What it runs over.
    pub dim: Dim,
}

/// One axis of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Axis {
    /// An axis of the node.
    Dim(Dim),
    /// Made by `None`: no axis of the node, there to be stretched.
    Stretch,
}

/// A value: a node with its free indices, then its axes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Value {
    /// The node; its axes are the free indices' and those of `axes` that are dimensions.
    pub id: Id,
    /// The free indices.
    pub free: Vec<Index>,
    /// The axes that the person sees.
    pub axes: Vec<Axis>,
}

type Result<T> = std::result::Result<T, ShapeError>;

/// The most axes of a value.
pub const MAX_RANK: usize = 16;

/// Refuses values with more axes than are computed with.
pub(crate) fn refuse_axes(rank: usize) -> Result<()> {
    if rank <= MAX_RANK {
        Ok(())
    } else {
        Err(format!("this would have {rank} axes, and at most {MAX_RANK} are taken").into())
    }
}

impl Value {
    /// A node without free indices.
    pub fn of(graph: &Graph, id: Id) -> Value {
        Value { id, free: Vec::new(), axes: graph.dims(id).iter().map(|d| Axis::Dim(*d)).collect() }
    }

    /// A scalar.
    pub fn scalar(id: Id) -> Value {
        Value { id, free: Vec::new(), axes: Vec::new() }
    }

    /// The number of axes that the person sees.
    pub fn rank(&self) -> usize {
        self.axes.len()
    }

    /// The dimensions of the axes, without those to be stretched.
    pub fn dims(&self) -> Vec<Dim> {
        self.axes.iter().filter_map(|a| if let Axis::Dim(d) = a { Some(*d) } else { None }).collect()
    }

    /// The shape as people write it.
    pub fn shape_text(&self, graph: &Graph) -> String {
        let axis = |a: &Axis| match a {
            Axis::Dim(d) => graph.dimension(*d).to_string(),
            Axis::Stretch => "None".into(),
        };
        format!("[{}]", self.axes.iter().map(axis).collect::<Vec<_>>().join(", "))
    }

    /// The value with axes to be stretched made axes of size 1.
    pub fn with_unit_axes(&self, graph: &mut Graph) -> Value {
        if !self.axes.contains(&Axis::Stretch) {
            return self.clone();
        }
        let one = graph.dim_size(1);
        let axes: Vec<Dim> = self.axes.iter().map(|a| if let Axis::Dim(d) = a { *d } else { one }).collect();
        contract(graph, &[(self, &(0..self.rank()).collect::<Vec<_>>())], &(0..self.rank()).collect::<Vec<_>>(), &axes)
    }
}

/// The free indices of several values, each once, and whether two runs over different dimensions.
pub fn union(values: &[&Value]) -> Result<Vec<Index>> {
    let mut all: Vec<Index> = Vec::new();
    let mut owner: Vec<usize> = Vec::new();
    for (k, value) in values.iter().enumerate() {
        for index in &value.free {
            match all.iter().position(|i| i.name == index.name) {
                Some(at) if all[at].dim != index.dim => {
                    return Err(ShapeError::Dims { arguments: [owner[at], k], dims: [all[at].dim, index.dim] });
                }
                Some(_) => {}
                None => {
                    all.push(*index);
                    owner.push(k);
                }
            }
        }
    }
    Ok(all)
}

/// A contraction of values: each with the labels of the axes that the person sees, `dims` those of the labels. All free
/// indices stay free.
///
/// The free indices must agree (see [`union`]).
pub fn contract(graph: &mut Graph, factors: &[(&Value, &[usize])], output: &[usize], dims: &[Dim]) -> Value {
    let values: Vec<&Value> = factors.iter().map(|(v, _)| *v).collect();
    let free = union(&values).unwrap_or_default();
    let mut all: Vec<Dim> = free.iter().map(|i| i.dim).collect();
    all.extend_from_slice(dims);
    let shift = free.len();
    let mut labels: Vec<Vec<u8>> = Vec::with_capacity(factors.len());
    for (value, own) in factors {
        let mut list: Vec<u8> =
            value.free.iter().filter_map(|i| free.iter().position(|f| f.name == i.name)).map(|k| k as u8).collect();
        for (axis, label) in value.axes.iter().zip(*own) {
            if *axis != Axis::Stretch {
                list.push((shift + label) as u8);
            }
        }
        labels.push(list);
    }
    let out: Vec<u8> = (0..shift as u8).chain(output.iter().map(|l| (shift + l) as u8)).collect();
    let ids: Vec<Id> = values.iter().map(|v| v.id).collect();
    let lists: Vec<&[u8]> = labels.iter().map(Vec::as_slice).collect();
    let id = graph.einsum(&ids, &lists, &out, &all);
    Value { id, free, axes: output.iter().map(|l| Axis::Dim(dims[*l])).collect() }
}

/// What elementwise arguments have together.
struct Aligned {
    free: Vec<Index>,
    axes: Vec<Axis>,
}

fn aligned(values: &[&Value]) -> Result<Aligned> {
    let free = union(values)?;
    let rank = values.iter().map(|v| v.rank()).max().unwrap_or(0);
    let mut axes = vec![Axis::Stretch; rank];
    let mut owner = vec![0; rank];
    for (k, value) in values.iter().enumerate() {
        for (at, axis) in (rank - value.rank()..).zip(&value.axes) {
            match (axes[at], *axis) {
                (_, Axis::Stretch) => {}
                (Axis::Stretch, dim) => (axes[at], owner[at]) = (dim, k),
                (Axis::Dim(a), Axis::Dim(b)) if a != b => {
                    return Err(ShapeError::Dims { arguments: [owner[at], k], dims: [a, b] });
                }
                _ => {}
            }
        }
    }
    Ok(Aligned { free, axes })
}

impl Aligned {
    /// The dimensions of a node of this shape.
    fn dims(&self) -> Vec<Dim> {
        let axes = self.axes.iter().filter_map(|a| if let Axis::Dim(d) = a { Some(*d) } else { None });
        self.free.iter().map(|i| i.dim).chain(axes).collect()
    }

    /// The labels of a value's node among those of the result's.
    fn labels(&self, value: &Value) -> Vec<u8> {
        let mut list: Vec<u8> = value
            .free
            .iter()
            .filter_map(|i| self.free.iter().position(|f| f.name == i.name))
            .map(|k| k as u8)
            .collect();
        let first = self.axes.len() - value.rank();
        for (k, axis) in value.axes.iter().enumerate() {
            if *axis != Axis::Stretch {
                let before = self.axes[..first + k].iter().filter(|a| **a != Axis::Stretch).count();
                list.push((self.free.len() + before) as u8);
            }
        }
        list
    }

    /// The node of a value in this shape; scalars stay as they are.
    fn spread(&self, graph: &mut Graph, value: &Value) -> Id {
        if graph.is_scalar(value.id) {
            return value.id;
        }
        let dims = self.dims();
        let all: Vec<u8> = (0..dims.len() as u8).collect();
        graph.einsum(&[value.id], &[&self.labels(value)], &all, &dims)
    }

    fn value(self, id: Id) -> Value {
        Value { id, free: self.free, axes: self.axes }
    }
}

/// An elementwise primitive, trailing axes aligned.
pub fn map(graph: &mut Graph, primitive: Primitive, args: &[&Value]) -> Result<Value> {
    if args.iter().all(|a| a.free.is_empty() && a.axes.is_empty()) {
        let ids: Vec<Id> = args.iter().map(|a| a.id).collect();
        return Ok(Value::scalar(graph.map(primitive, &ids)));
    }
    let shape = aligned(args)?;
    let ids: Vec<Id> = args.iter().map(|a| shape.spread(graph, a)).collect();
    let id = graph.map(primitive, &ids);
    Ok(shape.value(id))
}

/// A sum of values with coefficients, trailing axes aligned.
pub fn sum(graph: &mut Graph, terms: &[(Number, &Value)]) -> Result<Value> {
    let values: Vec<&Value> = terms.iter().map(|(_, v)| *v).collect();
    let shape = aligned(&values)?;
    let list: Vec<Term> = terms.iter().map(|(c, v)| Term::new(c.clone(), shape.spread(graph, v))).collect();
    let id = graph.sum(&list);
    Ok(shape.value(id))
}

/// The elementwise product, trailing axes aligned.
pub fn product(graph: &mut Graph, factors: &[&Value]) -> Result<Value> {
    if factors.iter().all(|f| graph.is_scalar(f.id) && f.axes.is_empty()) {
        let ids: Vec<Id> = factors.iter().map(|f| f.id).collect();
        return Ok(Value::scalar(graph.product(&ids)));
    }
    let shape = aligned(factors)?;
    let labels: Vec<Vec<u8>> = factors.iter().map(|f| shape.labels(f)).collect();
    let lists: Vec<&[u8]> = labels.iter().map(Vec::as_slice).collect();
    let ids: Vec<Id> = factors.iter().map(|f| f.id).collect();
    let dims = shape.dims();
    let all: Vec<u8> = (0..dims.len() as u8).collect();
    let id = graph.einsum(&ids, &lists, &all, &dims);
    Ok(shape.value(id))
}

/// `a / b`
pub fn quotient(graph: &mut Graph, a: &Value, b: &Value) -> Result<Value> {
    if let Some(inverse) = graph.as_number(b.id).and_then(Number::recip)
        && !a.axes.is_empty()
    {
        return sum(graph, &[(inverse, a)]);
    }
    let minus_one = Value::scalar(graph.integer(-1));
    let inverse = map(graph, Primitive::Pow, &[b, &minus_one])?;
    if graph.is_one(a.id) {
        return Ok(inverse);
    }
    product(graph, &[a, &inverse])
}

/// `a @ b` as NumPy has it: products of vectors and matrices, mapped over axes before the last two.
pub fn matmul(graph: &mut Graph, a: &Value, b: &Value) -> Result<Value> {
    if a.rank() == 0 || b.rank() == 0 {
        return Err(ShapeError::Words("`@` multiplies vectors and matrices, and one side is a scalar".into()));
    }
    let (a, b) = (a.with_unit_axes(graph), b.with_unit_axes(graph));
    union(&[&a, &b])?;
    let (da, db) = (a.dims(), b.dims());
    let inner_b = db.len().saturating_sub(2);
    if da[da.len() - 1] != db[inner_b] {
        return Err(ShapeError::Dims { arguments: [0, 1], dims: [da[da.len() - 1], db[inner_b]] });
    }
    let (lead_a, lead_b) = (da.len().saturating_sub(2), db.len().saturating_sub(2));
    let lead = lead_a.max(lead_b);
    for k in 0..lead_a.min(lead_b) {
        let (x, y) = (da[lead_a - 1 - k], db[lead_b - 1 - k]);
        if x != y {
            return Err(ShapeError::Dims { arguments: [0, 1], dims: [x, y] });
        }
    }
    // Labels: leading axes, then rows of a, inner, columns of b.
    let mut dims: Vec<Dim> = if lead_a >= lead_b { da[..lead].to_vec() } else { db[..lead].to_vec() };
    let (row, inner, column) = (lead, lead + 1, lead + 2);
    dims.extend([da[lead_a], da[da.len() - 1], db[db.len() - 1]]);
    let mut of_a: Vec<usize> = (lead - lead_a..lead).collect();
    let mut of_b: Vec<usize> = (lead - lead_b..lead).collect();
    let mut output: Vec<usize> = (0..lead).collect();
    if da.len() > 1 {
        of_a.push(row);
        output.push(row);
    } else {
        dims[row] = dims[inner];
    }
    of_a.push(inner);
    of_b.push(inner);
    if db.len() > 1 {
        of_b.push(column);
        output.push(column);
    } else {
        dims[column] = dims[inner];
    }
    Ok(contract_used(graph, &[(&a, &of_a), (&b, &of_b)], &output, &dims))
}

/// As [`contract`], where labels that occur nowhere don't count.
pub fn contract_used(graph: &mut Graph, factors: &[(&Value, &[usize])], output: &[usize], dims: &[Dim]) -> Value {
    let used: Vec<usize> =
        (0..dims.len()).filter(|l| output.contains(l) || factors.iter().any(|(_, own)| own.contains(l))).collect();
    let new = |l: &usize| used.iter().position(|u| u == l).unwrap_or(0);
    let lists: Vec<Vec<usize>> = factors.iter().map(|(_, own)| own.iter().map(new).collect()).collect();
    let factors: Vec<(&Value, &[usize])> = factors.iter().zip(&lists).map(|((v, _), l)| (*v, l.as_slice())).collect();
    let output: Vec<usize> = output.iter().map(new).collect();
    let dims: Vec<Dim> = used.iter().map(|l| dims[*l]).collect();
    contract(graph, &factors, &output, &dims)
}

/// The axes in another order.
pub fn permute(graph: &mut Graph, value: &Value, order: &[usize]) -> Value {
    let value = value.with_unit_axes(graph);
    let own: Vec<usize> = (0..value.rank()).collect();
    contract(graph, &[(&value, &own)], order, &value.dims())
}

/// The last two axes exchanged, of two or more.
pub fn turned(graph: &mut Graph, value: &Value) -> Value {
    let n = value.rank();
    permute(graph, value, &(0..n - 2).chain([n - 1, n - 2]).collect::<Vec<usize>>())
}

/// The sum over some axes.
pub fn sum_over(graph: &mut Graph, value: &Value, axes: &[usize]) -> Value {
    let value = value.with_unit_axes(graph);
    let own: Vec<usize> = (0..value.rank()).collect();
    let output: Vec<usize> = own.iter().copied().filter(|k| !axes.contains(k)).collect();
    contract(graph, &[(&value, &own)], &output, &value.dims())
}

/// The value for each value of these free indices, among which its own are.
pub(crate) fn repeated(graph: &mut Graph, value: &Value, free: &[Index]) -> Value {
    if value.free == free {
        return value.clone();
    }
    let value = value.with_unit_axes(graph);
    let dims: Vec<Dim> = free.iter().map(|i| i.dim).chain(value.dims()).collect();
    let own = value.free.iter().filter_map(|i| free.iter().position(|f| f.name == i.name)).map(|k| k as u8);
    let labels: Vec<u8> = own.chain(free.len() as u8..dims.len() as u8).collect();
    let all: Vec<u8> = (0..dims.len() as u8).collect();
    let id = graph.einsum(&[value.id], &[&labels], &all, &dims);
    Value { id, free: free.to_vec(), axes: value.axes }
}

/// An operation on the trailing axes of values whose free indices are made the same first.
pub fn operation(graph: &mut Graph, operation: impl Into<Operation>, args: &[&Value]) -> Result<Value> {
    let free = union(args)?;
    let mut ids = Vec::with_capacity(args.len());
    for value in args {
        let value = value.with_unit_axes(graph);
        ids.push(if value.free.is_empty() { value.id } else { repeated(graph, &value, &free).id });
    }
    let id = graph.operation(operation, &ids)?;
    refuse_axes(graph.rank(id).saturating_sub(free.len()))?;
    let axes = graph.dims(id)[free.len()..].iter().map(|d| Axis::Dim(*d)).collect();
    Ok(Value { id, free, axes })
}

/// The value with a free index as its first axis.
pub fn bind(graph: &mut Graph, value: &Value, name: u32) -> Option<Value> {
    let at = value.free.iter().position(|i| i.name == name)?;
    let value = value.with_unit_axes(graph);
    let order: Vec<usize> = (0..value.free.len())
        .filter(|k| *k != at)
        .chain(std::iter::once(at))
        .chain(value.free.len()..graph.rank(value.id))
        .collect();
    let id = graph.permute(value.id, &order);
    let mut free = value.free.clone();
    let index = free.remove(at);
    let axes = std::iter::once(Axis::Dim(index.dim)).chain(value.axes.iter().copied()).collect();
    Some(Value { id, free, axes })
}

/// The value with an axis made a free index; the diagonal, where that index is free in it already.
pub fn release(graph: &mut Graph, value: &Value, axis: usize, name: u32) -> Result<Value> {
    let value = value.with_unit_axes(graph);
    let dims = value.dims();
    let index = Index { name, dim: dims[axis] };
    let mut free = value.free.clone();
    let at = match free.iter().position(|i| i.name == name) {
        Some(at) if free[at].dim != index.dim => {
            return Err(ShapeError::Dims { arguments: [0, 0], dims: [free[at].dim, index.dim] });
        }
        Some(at) => at,
        None => {
            free.push(index);
            free.len() - 1
        }
    };
    let shift = free.len();
    let mut all: Vec<Dim> = free.iter().map(|i| i.dim).collect();
    let mut labels: Vec<u8> = (0..value.free.len() as u8).collect();
    let mut output: Vec<u8> = (0..shift as u8).collect();
    let mut axes = Vec::new();
    for (k, dim) in dims.iter().enumerate() {
        if k == axis {
            labels.push(at as u8);
        } else {
            all.push(*dim);
            let label = (all.len() - 1) as u8;
            labels.push(label);
            output.push(label);
            axes.push(Axis::Dim(*dim));
        }
    }
    let id = graph.einsum(&[value.id], &[&labels], &output, &all);
    Ok(Value { id, free, axes })
}
