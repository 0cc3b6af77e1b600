//! Costs and penalties, on probabilities or logits.

use wrt_core::{Graph, Id, Node, Number, Primitive, ShapeError, operations as op};

use crate::library::{Argument, Call};
use crate::model::{Compared, Logits};
use crate::positions;
use crate::reductions::{Reduction, log_softmax, reduce, squared_norm};
use crate::table::Row;
use crate::value::{self, Axis, Value};

type Result<T> = std::result::Result<T, ShapeError>;

/// What a cost compares, if the function is one: its usage says `y` and `p`.
pub(crate) fn compared(row: &Row, args: &[(Option<&str>, Argument<'_>)]) -> Option<Compared> {
    if !row.usage.starts_with("(y, p") && !row.usage.starts_with(&format!("{}(y, p", row.name)) {
        return None;
    }
    let value = |wanted: &str, place: usize| {
        let named = args.iter().find(|(name, _)| *name == Some(wanted));
        match named.or(args.iter().filter(|(name, _)| name.is_none()).nth(place)) {
            Some((_, Argument::Value(v))) => Some(v.id),
            _ => None,
        }
    };
    let is_logits = args.iter().any(|(name, _)| *name == Some("logits"));
    let kind = if row.name == "binary_crossentropy" { Logits::Entries } else { Logits::Classes };
    let predicted = if is_logits { value("logits", usize::MAX)? } else { value("p", 1)? };
    let is_probability = row.name.ends_with("crossentropy");
    Some(Compared { data: value("y", 0)?, predicted, logits: is_logits.then_some(kind), is_probability })
}

impl Call<'_, '_> {
    pub(crate) fn mse(&mut self) -> Result<Value> {
        self.mean_of_difference(&|g, r| {
            let two = Value::scalar(g.integer(2));
            value::map(g, Primitive::Pow, &[r, &two])
        })
    }

    pub(crate) fn mae(&mut self) -> Result<Value> {
        self.mean_of_difference(&|g, r| value::map(g, Primitive::Abs, &[r]))
    }

    fn mean_of_difference(&mut self, f: &dyn Fn(&mut Graph, &Value) -> Result<Value>) -> Result<Value> {
        let (y, p) = (self.value(0)?, self.value(1)?);
        if y.axes != p.axes {
            let shapes = (y.shape_text(self.graph), p.shape_text(self.graph));
            return Err(format!("both sides have one shape, found {} and {}", shapes.0, shapes.1).into());
        }
        let off = value::sum(self.graph, &[(Number::ONE, &y), (Number::MINUS_ONE, &p)])?;
        let each = f(self.graph, &off)?;
        reduce(self.graph, &each, &(0..each.rank()).collect::<Vec<_>>(), Reduction::Mean)
    }

    pub(crate) fn huber(&mut self) -> Result<Value> {
        let given = self.named("delta").or(self.args.get(2)).cloned();
        let delta = match given {
            Some(Argument::Value(v)) => v,
            Some(Argument::Word(_)) => return Err("`delta` is a number".into()),
            None => Value::scalar(self.graph.integer(1)),
        };
        self.mean_of_difference(&|g, r| {
            let size = value::map(g, Primitive::Abs, &[r])?;
            let two = Value::scalar(g.integer(2));
            let square = value::map(g, Primitive::Pow, &[r, &two])?;
            let near = value::sum(g, &[(Number::HALF, &square)])?;
            let minus_half = -&Number::HALF;
            let off = value::sum(g, &[(Number::ONE, &size), (minus_half.clone(), &delta)])?;
            let far = value::product(g, &[&delta, &off])?;
            let close = value::map(g, Primitive::Le, &[&size, &delta])?;
            value::map(g, Primitive::Select, &[&close, &near, &far])
        })
    }

    pub(crate) fn factor(&mut self) -> Result<Value> {
        match self.named("factor").or(self.args.get(1)).cloned() {
            Some(Argument::Value(v)) => Ok(v),
            Some(Argument::Word(_)) => Err("`factor` is a number".into()),
            // Keras' default.
            None => Ok(Value::scalar(self.graph.number(Number::ratio(1, 100).unwrap_or(Number::ONE)))),
        }
    }

    pub(crate) fn l1(&mut self) -> Result<Value> {
        let (factor, sum) = (self.factor()?, self.norm1()?);
        value::product(self.graph, &[&factor, &sum])
    }

    pub(crate) fn l2(&mut self) -> Result<Value> {
        let (factor, w) = (self.factor()?, self.value(0)?);
        let sum = squared_norm(self.graph, &w);
        value::product(self.graph, &[&factor, &sum])
    }

    /// What `softmax(z)` or `sigmoid(z)` is of, if the argument is one; or the named logits. `entrywise`: each entry
    /// hangs on the same entry of the logits only.
    pub(crate) fn logits(&mut self, of: &dyn Fn(&Graph, Id) -> Option<Id>, entrywise: bool) -> Option<Value> {
        if let Some(Argument::Value(z)) = self.named("logits") {
            return Some(z.clone());
        }
        let p = self.value(1).ok()?;
        // Of one number too; but an axis that is made by None is none of the logits.
        if p.axes.last() == Some(&Axis::Stretch) {
            return None;
        }
        if let Some(id) = of(self.graph, p.id) {
            return Some(Value { id, ..p });
        }
        if !entrywise {
            return None;
        }
        // A column of what is one, as `p[:, 0]`.
        let Node::Operation(op::Operation::Entry(entry), args) = self.graph.node(p.id) else { return None };
        let entry = entry.clone();
        let logits = of(self.graph, args[0])?;
        let id = self.graph.operation(entry, &[logits]).ok()?;
        Some(Value { id, ..p })
    }

    /// Minus the logarithm of the probability of the label, one for each sample.
    pub(crate) fn crossentropy(&mut self) -> Result<Value> {
        let y = self.value(0)?;
        let inner = |g: &Graph, id: Id| match g.node(id) {
            Node::Operation(op::Operation::Softmax(_), args) => Some(args[0]),
            _ => None,
        };
        let logits = self.logits(&inner, false).filter(|z| z.rank() > 0);
        let p = match &logits {
            Some(z) => z.clone(),
            None => self.value(1)?,
        };
        if !matches!(p.axes.last(), Some(Axis::Dim(_))) {
            return Err("the probabilities have an axis of classes".into());
        }
        if y.rank() + 1 == p.rank() {
            return self.surprise(&y, &p, logits.is_some());
        }
        let log = match &logits {
            Some(z) => log_softmax(self.graph, z, z.rank() - 1)?,
            None => p,
        };
        if y.axes != log.axes {
            let shapes = (y.shape_text(self.graph), log.shape_text(self.graph));
            return Err(format!("the labels have the shape {}, the probabilities {}", shapes.0, shapes.1).into());
        }
        // 0·log 0 is 0, where the logarithm is not known to be finite.
        let product = match logits {
            Some(_) => value::product(self.graph, &[&y, &log])?,
            None => value::map(self.graph, Primitive::Xlogy, &[&y, &log])?,
        };
        let total = value::sum_over(self.graph, &product, &[product.rank().saturating_sub(1)]);
        value::sum(self.graph, &[(Number::MINUS_ONE, &total)])
    }

    /// `-log(p[y])` for each sample; of logits `logsumexp(z) - z[y]`.
    fn surprise(&mut self, y: &Value, p: &Value, logits: bool) -> Result<Value> {
        let last = y.rank();
        let own = positions::gather(self.graph, p, y, last, last)?;
        if !logits {
            let log = value::map(self.graph, Primitive::Log, &[&own])?;
            return value::sum(self.graph, &[(Number::MINUS_ONE, &log)]);
        }
        let total = reduce(self.graph, p, &[last], Reduction::LogSumExp)?;
        value::sum(self.graph, &[(Number::ONE, &total), (Number::MINUS_ONE, &own)])
    }

    /// −y·log(p) − (1 − y)·log(1 − p), stable for `sigmoid(z)`: softplus(z) − y·z.
    pub(crate) fn binary_crossentropy(&mut self) -> Result<Value> {
        let y = self.value(0)?;
        let inner = |g: &Graph, id: Id| match g.node(id) {
            Node::Map(Primitive::Sigmoid, args) => Some(args[0]),
            _ => None,
        };
        if let Some(z) = self.logits(&inner, true) {
            let g = &mut *self.graph;
            let soft = value::map(g, Primitive::Softplus, &[&z])?;
            let product = value::product(g, &[&y, &z])?;
            return value::sum(g, &[(Number::ONE, &soft), (Number::MINUS_ONE, &product)]);
        }
        let p = self.value(1)?;
        let g = &mut *self.graph;
        let one = Value::scalar(g.integer(1));
        let (not_y, not_p) = (
            value::sum(g, &[(Number::ONE, &one), (Number::MINUS_ONE, &y)])?,
            value::sum(g, &[(Number::ONE, &one), (Number::MINUS_ONE, &p)])?,
        );
        let (a, b) = (value::map(g, Primitive::Xlogy, &[&y, &p])?, value::map(g, Primitive::Xlogy, &[&not_y, &not_p])?);
        value::sum(g, &[(Number::MINUS_ONE, &a), (Number::MINUS_ONE, &b)])
    }

    /// Σ y·log(y) − y·log(p), where 0·log 0 is 0.
    pub(crate) fn kl(&mut self) -> Result<Value> {
        let (y, p) = (self.value(0)?, self.value(1)?);
        let g = &mut *self.graph;
        let (own, other) = (value::map(g, Primitive::Xlogy, &[&y, &y])?, value::map(g, Primitive::Xlogy, &[&y, &p])?);
        let each = value::sum(g, &[(Number::ONE, &own), (Number::MINUS_ONE, &other)])?;
        if each.rank() == 0 {
            return Ok(each);
        }
        Ok(value::sum_over(g, &each, &[each.rank() - 1]))
    }

    /// mean(max(1 − y·p, 0)) along the last axis
    pub(crate) fn hinge(&mut self) -> Result<Value> {
        let (y, p) = (self.value(0)?, self.value(1)?);
        let g = &mut *self.graph;
        let (one, zero) = (Value::scalar(g.integer(1)), Value::scalar(g.integer(0)));
        let product = value::product(g, &[&y, &p])?;
        let margin = value::sum(g, &[(Number::ONE, &one), (Number::MINUS_ONE, &product)])?;
        let each = value::map(g, Primitive::Max, &[&margin, &zero])?;
        let last: Vec<usize> = each.rank().checked_sub(1).into_iter().collect();
        reduce(g, &each, &last, Reduction::Mean)
    }

    /// The cosine of the angle between two vectors, along the last axis.
    pub(crate) fn cosine(&mut self) -> Result<Value> {
        let (a, b) = (self.value(0)?.with_unit_axes(self.graph), self.value(1)?.with_unit_axes(self.graph));
        if a.rank() == 0 || a.axes != b.axes {
            return Err("cosine takes two values of one shape".into());
        }
        let g = &mut *self.graph;
        let last = [a.rank() - 1];
        let mut along = |x: &Value, y: &Value| {
            let product = value::product(g, &[x, y])?;
            Ok::<_, ShapeError>(value::sum_over(g, &product, &last))
        };
        let (ab, aa, bb) = (along(&a, &b)?, along(&a, &a)?, along(&b, &b)?);
        let (na, nb) = (value::map(g, Primitive::Sqrt, &[&aa])?, value::map(g, Primitive::Sqrt, &[&bb])?);
        let size = value::product(g, &[&na, &nb])?;
        value::quotient(g, &ab, &size)
    }
}
