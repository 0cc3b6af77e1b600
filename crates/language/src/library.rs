//! Calls of the functions of tensors: their arguments, and what goes along an axis.

use wrt_core::{Dim, Dimension, Graph, Id, Node, Number, Primitive, ShapeError, operations as op};

use crate::arrangement::list_entries;
use crate::value::{self, Axis, Value};

type Result<T> = std::result::Result<T, ShapeError>;

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

/// The value at a place.
pub(crate) fn value_at(args: &[Argument<'_>], k: usize) -> Result<Value> {
    match args.get(k) {
        Some(Argument::Value(v)) => Ok(v.clone()),
        Some(Argument::Word(word)) => Err(format!("`{word}` is a function, a value is needed").into()),
        None => Err(format!("argument {} is missing", k + 1).into()),
    }
}

/// What is given by its name or at its place.
pub(crate) fn setting_of<'a, 's>(
    (args, named): (&'a [Argument<'s>], &'a [(&'s str, Argument<'s>)]),
    place: usize,
    name: &str,
) -> Result<Option<&'a Argument<'s>>> {
    match (named.iter().find(|(n, _)| *n == name).map(|(_, a)| a), args.get(place)) {
        (Some(_), Some(_)) => Err(format!("`{name}` is given twice").into()),
        (named, placed) => Ok(named.or(placed)),
    }
}

/// Arguments.
impl Call<'_, '_> {
    pub(crate) fn value(&self, k: usize) -> Result<Value> {
        value_at(&self.args, k)
    }

    pub(crate) fn values(&self) -> Result<Vec<Value>> {
        (0..self.args.len()).map(|k| self.value(k)).collect()
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Argument<'_>> {
        self.named.iter().find(|(n, _)| *n == name).map(|(_, a)| a)
    }

    /// What is given by its name or at its place.
    pub(crate) fn setting(&self, place: usize, name: &str) -> Result<Option<&Argument<'_>>> {
        setting_of((&self.args, &self.named), place, name)
    }

    /// A setting that is 1 or 0; 0 where it is not given.
    fn flag(&self, name: &str) -> Result<bool> {
        match self.named(name).map(|a| self.integer(a)) {
            None => Ok(false),
            Some(Ok(n @ (0 | 1))) => Ok(n == 1),
            Some(_) => Err(format!("`{name}` is 1 or 0").into()),
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

    pub(crate) fn axis_at(&self, x: &Value, at: i64) -> Result<usize> {
        let rank = x.rank() as i64;
        let axis = if at < 0 { at + rank } else { at };
        if (0..rank).contains(&axis) {
            return Ok(axis as usize);
        }
        Err(format!("there is no axis {at} in the shape {}", x.shape_text(self.graph)).into())
    }

    /// The axis that `axis=` or `over=` or the second argument names.
    pub(crate) fn axis(&self, x: &Value) -> Result<Option<usize>> {
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

    /// The axes of a list, as in `axis=[1, 2]`.
    pub(crate) fn listed_axes(&self, x: &Value) -> Result<Option<Vec<usize>>> {
        let Some(Argument::Value(list)) = self.named("axis").or(self.args.get(1)) else { return Ok(None) };
        if list.rank() != 1 {
            return Ok(None);
        }
        let entries = list_entries(self.graph, list.id).ok_or("the axes are a list of whole numbers")?;
        let mut axes = Vec::new();
        for entry in entries {
            let at = self.graph.as_number(entry).and_then(Number::as_i64).ok_or("an axis is a whole number")?;
            let axis = self.axis_at(x, at)?;
            if axes.contains(&axis) {
                return Err(format!("the axis {at} is named twice").into());
            }
            axes.push(axis);
        }
        Ok(Some(axes))
    }

    /// The first argument, the axis that is named, and the last one, which it is unless one is named.
    fn axis_or_last(&mut self) -> Result<(Value, usize, usize)> {
        let x = self.value(0)?.with_unit_axes(self.graph);
        let last = x.rank().checked_sub(1).ok_or("a scalar has no axis")?;
        let axis = self.axis(&x)?.unwrap_or(last);
        Ok((x, axis, last))
    }
}

/// Operations as they are, of all arguments or along an axis.
impl Call<'_, '_> {
    pub(crate) fn operation(&mut self, operation: impl Into<op::Operation>) -> Result<Value> {
        let x = self.value(0)?;
        value::operation(self.graph, operation, &[&x])
    }

    pub(crate) fn operation_of_all(&mut self, operation: impl Into<op::Operation>) -> Result<Value> {
        let all = self.values()?;
        value::operation(self.graph, operation, &all.iter().collect::<Vec<_>>())
    }

    /// An operation along one axis that keeps the shape. Rows know the last axis only: the one that is meant changes places
    /// with it, and back.
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

    pub(crate) fn cumsum(&mut self) -> Result<Value> {
        let reverse = self.flag("reverse")?;
        self.along(op::Cumsum { reverse })
    }

    pub(crate) fn cumprod(&mut self) -> Result<Value> {
        let (reverse, exclusive) = (self.flag("reverse")?, self.flag("exclusive")?);
        self.along(op::Cumprod { reverse, exclusive })
    }

    pub(crate) fn recurrence(&mut self) -> Result<Value> {
        let reverse = self.flag("reverse")?;
        self.operation_of_all(op::Recurrence { reverse })
    }

    /// NumPy's order: where the ends cross, the upper one wins.
    pub(crate) fn clip(&mut self) -> Result<Value> {
        let (x, low, high) = (self.value(0)?, self.value(1)?, self.value(2)?);
        let raised = value::map(self.graph, Primitive::Max, &[&x, &low])?;
        value::map(self.graph, Primitive::Min, &[&raised, &high])
    }

    pub(crate) fn prod_others(&mut self) -> Result<Value> {
        let order = self.named("order").cloned().map_or(Ok(1), |a| self.integer(&a))?;
        match order {
            1 => self.along(op::ProdOthers { order: 1 }),
            2..=MAX_ORDER => self.along_new(op::ProdOthers { order: order as usize }),
            _ => Err(format!("`order` is a number from 1 to {MAX_ORDER}").into()),
        }
    }
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
