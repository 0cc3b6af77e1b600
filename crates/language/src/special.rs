//! Functions that know more than their arguments: what they take; derivatives within a text.

use wrt_core::{Dim, Graph, Id, Node, Number, Primitive, ShapeError};
use wrt_differentiate::{NotDifferentiable, jacobian, jvp, vjp};

use crate::arrangement::list_entries;
use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::library::{self, Argument, setting_of, value_at};
use crate::parser::{Callee, Parser, Span, error};
use crate::suggest::closest;
use crate::table::Row;
use crate::value::Value;
use crate::views::same_indices;

/// Which derivatives of a formula a function is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Partial {
    /// Of anything, with respect to each of the names in turn.
    Any,
    /// Of one number.
    OfNumber,
    /// Of one number, with respect to the name twice.
    Twice,
}

type Result<T> = std::result::Result<T, ShapeError>;

/// The arguments of a layer.
pub(crate) struct Given<'s> {
    pub(crate) row: &'static Row,
    pub(crate) args: Vec<Argument<'s>>,
    pub(crate) named: Vec<(&'s str, Argument<'s>)>,
    /// How many stand at their places, without a name.
    pub(crate) unnamed: usize,
}

impl<'s> Given<'s> {
    pub(crate) fn value(&self, k: usize) -> Result<Value> {
        value_at(&self.args, k)
    }

    /// What is given by its name or at its place.
    pub(crate) fn setting(&self, k: usize, name: &str) -> Result<Option<&Argument<'s>>> {
        setting_of((&self.args, &self.named), k, name)
    }

    pub(crate) fn word(&self, g: &Graph, k: usize, name: &str) -> Result<Option<&'s str>> {
        match self.setting(k, name)? {
            Some(Argument::Word(word)) => Ok(Some(word)),
            Some(Argument::Value(_)) if name == "padding" => Err("`padding` is same or valid".into()),
            Some(Argument::Value(v)) => {
                let found = g.symbol_name(v.id);
                let meant = closest(found, Primitive::ALL.iter().map(|p| p.name()).chain(["softmax", "linear"]));
                Err(match meant {
                    Some(meant) => format!("there is no function `{found}`; did you mean {meant}?").into(),
                    None => format!("`{name}` is the name of a function, such as relu").into(),
                })
            }
            None => Ok(None),
        }
    }

    pub(crate) fn size(&self, g: &mut Graph, k: usize, what: &str) -> Result<Dim> {
        let value = self.value(k)?;
        let dimension = library::dimension_of(g, value.id);
        let dimension = dimension.filter(|d| d.terms().any(|(_, c)| c > 0));
        let dimension = dimension.ok_or_else(|| format!("{what} is a whole number above 0, or a dimension"))?;
        Ok(g.dim(dimension))
    }

    /// A size for each of so many axes: a list, or one that all have.
    pub(crate) fn sizes(&self, g: &mut Graph, k: usize, axes: usize, what: &str) -> Result<Vec<Dim>> {
        let value = self.value(k)?;
        if value.rank() == 0 {
            return Ok(vec![self.size(g, k, what)?; axes]);
        }
        let entries = list_entries(g, value.id).filter(|e| e.len() == axes);
        let entries = entries.ok_or_else(|| format!("{what} is a whole number above 0, or a list of {axes}"))?;
        let size = |id: Id| {
            let fixed = library::dimension_of(g, id).filter(|d| d.as_size().is_some_and(|n| n > 0));
            Ok(g.dim(fixed.ok_or_else(|| format!("{what} is a whole number above 0, or a list of {axes}"))?))
        };
        entries.into_iter().map(size).collect()
    }

    pub(crate) fn number(&self, g: &Graph, k: usize, name: &str) -> Result<Option<Number>> {
        match self.setting(k, name)? {
            Some(Argument::Value(v)) => {
                g.as_number(v.id).cloned().map(Some).ok_or_else(|| format!("`{name}` is a number").into())
            }
            Some(Argument::Word(_)) => Err(format!("`{name}` is a number").into()),
            None => Ok(None),
        }
    }
}

impl<'s> Parser<'s, '_> {
    /// The arguments of a call, each in its place.
    pub(crate) fn given(
        &self,
        row: &'static Row,
        args: Vec<(Option<&'s str>, Argument<'s>)>,
        span: &Span,
    ) -> std::result::Result<Given<'s>, Diagnostic> {
        if args.is_empty() {
            return Err(self.wrong_count(Callee::Row(row), span, 0));
        }
        let (named, args): (Vec<_>, Vec<_>) = args.into_iter().partition(|(name, _)| name.is_some());
        let mut named: Vec<(&'s str, Argument<'s>)> = named.into_iter().filter_map(|(n, a)| Some((n?, a))).collect();
        let mut args: Vec<Argument<'s>> = args.into_iter().map(|(_, a)| a).collect();
        let (names, settings, unnamed) = (row.places, row.named, args.len());
        while let Some(at) = names.get(args.len()).and_then(|next| named.iter().position(|(n, _)| n == next)) {
            args.push(named.remove(at).1);
        }
        // An activation may be named where it has a place of its own that nothing stands before.
        let last = names.last().copied().filter(|last| *last == "activation" && args.len() < names.len());
        if let Some((name, _)) = named.iter().find(|(n, _)| !settings.contains(n) && last != Some(*n)) {
            let message = format!("`{}` has no argument `{name}`", row.name);
            let message = if names.contains(name) { format!("`{name}` is given twice") } else { message };
            return Err(error(Kind::Arguments, span, message).help(format!("write {}", row.usage)));
        }
        if !row.counts.contains(&args.len()) {
            return Err(self.wrong_count(Callee::Row(row), span, args.len()));
        }
        Ok(Given { row, args, named, unnamed })
    }
}

/// Derivatives within a text.
impl<'s> Parser<'s, '_> {
    pub(crate) fn derivative_of(
        &mut self,
        partial: Partial,
        given: &Given<'s>,
        span: &Span,
        whole: &Span,
    ) -> std::result::Result<Value, Diagnostic> {
        let fail = |p: &Self, m: ShapeError| p.shape_error(m, whole, span, &[]);
        let mut u = given.value(0).map_err(|m| fail(self, m))?.with_unit_axes(self.graph);
        let mut by = Vec::new();
        for k in 1..given.args.len() {
            by.push(given.value(k).map_err(|m| fail(self, m))?);
        }
        if by.is_empty() {
            return Err(self.wrong_count(Callee::Row(given.row), span, 1));
        }
        if partial != Partial::Any && u.rank() > 0 {
            let shape = u.shape_text(self.graph);
            let message = format!("`{}` is of one number, and this has the shape {shape}", given.row.name);
            return Err(error(Kind::Shape, span, message).help("jacobian(u, x) is for vectors and matrices"));
        }
        if partial == Partial::Twice {
            by.push(by[0].clone());
        }
        for x in by {
            u = self.partial(&u, &x).map_err(|m| fail(self, m))?;
        }
        Ok(u)
    }

    /// `vjp(u, x, weights)`: the weights times the Jacobian of u; `jvp(u, x, v)`: the Jacobian times a direction of x.
    pub(crate) fn product(&mut self, reverse: bool, given: &Given<'s>) -> Result<Value> {
        let (u, x) = (given.value(0)?.with_unit_axes(self.graph), given.value(1)?.with_unit_axes(self.graph));
        let along = given.value(2)?.with_unit_axes(self.graph);
        if !(u.free.is_empty() && x.free.is_empty() && along.free.is_empty()) {
            return Err("products with a Jacobian are of values without free indices".into());
        }
        let (like, what) = if reverse { (&u, "weights") } else { (&x, "direction") };
        if along.dims() != like.dims() {
            let (found, wanted) = (along.shape_text(self.graph), like.shape_text(self.graph));
            return Err(format!("the {what} have the shape {found}, expected {wanted}").into());
        }
        if !self.is_variable(x.id) {
            return Err("products with a Jacobian are with respect to a name; d(u, x) takes parts of one too".into());
        }
        let made = match reverse {
            true => vjp(self.graph, u.id, &[x.id], along.id).map_err(told)?,
            false => jvp(self.graph, &[u.id], &[x.id], &[along.id]).map_err(told)?,
        };
        Ok(Value::of(self.graph, made[0]))
    }

    /// The derivative with respect to one value, for each value of its free indices.
    fn partial(&mut self, u: &Value, x: &Value) -> Result<Value> {
        let x = x.with_unit_axes(self.graph);
        if matches!(self.graph.node(x.id), Node::Number(_) | Node::Constant(_)) {
            return Err("a derivative is with respect to a name, not to a number".into());
        }
        if let Some(index) = u.free.iter().find(|i| !x.free.iter().any(|j| j.name == i.name)) {
            let name = self.index_names[index.name as usize];
            return Err(format!("the variable has no index `{name}`, but what is differentiated has").into());
        }
        let view = self.view(x.id).ok_or(
            "a derivative is with respect to a name, or to entries, a range or the transpose of one; \
             give this a name of its own, and use that",
        )?;
        let id = if self.keeps_apart(u, &x, view.base) {
            // Each index of the variable reaches only the same index of what is differentiated.
            let shared: Vec<usize> = (0..u.free.len()).collect();
            let root = self.graph.sum_over(u.id, &shared);
            let made = jacobian(self.graph, &[root], &[x.id]).map_err(told)?[0][0];
            let (own, free) = (u.rank(), x.free.len());
            let order: Vec<usize> = (own..own + free).chain(0..own).chain(own + free..self.graph.rank(made)).collect();
            self.graph.permute(made, &order)
        } else {
            let made = jacobian(self.graph, &[u.id], &[view.base]).map_err(told)?[0][0];
            let made = view.of(self.graph, made)?;
            same_indices(self.graph, made, u, &x)
        };
        Ok(Value { id, free: x.free, axes: u.axes.iter().chain(&x.axes).copied().collect() })
    }
}

/// What has no derivative is told where shapes that don't fit are.
fn told(missing: NotDifferentiable) -> ShapeError {
    missing.to_string().into()
}
