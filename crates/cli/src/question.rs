//! What a command is asked: the text, its session, the names to differentiate by, and the point.

use std::io::Write;

use wrt::session::{ArrayPoint, Id, Scope, Session, Sizes, closest};
use wrt::{Error, Number};

use crate::args::Formula;
use crate::failure::Failure;
use crate::point::{self, Coordinate, Text};

/// A formula or model that was read, with what the options say of it.
pub struct Question {
    pub text: Text,
    pub session: Session,
    /// The names to differentiate with respect to, and what they stand for.
    pub names: Vec<String>,
    pub ids: Vec<Id>,
    pub at: Vec<Coordinate>,
    /// The sizes of named dimensions, as given.
    pub sizes: Sizes,
}

/// A person reads these on standard error beside the result.
pub fn warn(message: &str) {
    // Nothing is left to do if standard error is closed.
    let _ = writeln!(std::io::stderr(), "Warning: {message}");
}

/// Reads the formula; names that options bind are variables in it.
pub fn open(formula: &Formula, asked: &[String], at: &[String]) -> Result<Question, Failure> {
    let text = point::text(formula)?;
    let at = point::point(at)?;
    let asked: Vec<&str> = asked.iter().map(|n| n.trim()).filter(|n| !n.is_empty()).collect();
    let variables: Vec<&str> = at.iter().map(|c| c.name.as_str()).chain(asked.iter().copied()).collect();
    let assumptions = point::assumptions(&formula.assume)?;
    let mut shapes = point::shapes(&formula.shapes)?;
    // A list says the shape of its name, unless the text or an option does.
    for c in at.iter().filter(|c| c.number().is_none()) {
        if !shapes.iter().any(|(name, _)| *name == c.name) {
            shapes.push((c.name.clone(), c.value.shape.iter().map(usize::to_string).collect()));
        }
    }
    let shapes: Vec<(&str, Vec<&str>)> =
        shapes.iter().map(|(n, d)| (n.as_str(), d.iter().map(String::as_str).collect())).collect();
    let sizes = point::sizes(&formula.dims)?;
    let dimensions: Vec<&str> = sizes.iter().map(|(name, _)| name.as_str()).collect();
    let scope = Scope {
        variables: &variables,
        assumptions: &assumptions,
        shapes: &shapes,
        dimensions: &dimensions,
        unroll: formula.unroll,
    };
    let mut session = Session::parse(&text.text, &scope).map_err(|e| Failure::in_text(&e, &text))?;
    session.warnings().iter().for_each(|w| warn(w));
    point::check(&at, &formula.assume)?;
    let names: Vec<String> =
        if asked.is_empty() { session.default_variables() } else { asked.iter().map(|n| n.to_string()).collect() };
    let ids = names.iter().map(|n| session.variable(n)).collect::<Result<Vec<_>, Error>>()?;
    let question = Question { text, session, names, ids, at, sizes };
    for (name, _) in &question.sizes {
        if !question.session.has_dimension(name) {
            warn(&format!("--dims: no axis has the size `{name}`"));
        }
    }
    for name in &asked {
        question.warn_absent("--wrt", name, "; its derivative is 0");
    }
    Ok(question)
}

impl Question {
    /// Says so where an option names something that the formula lacks.
    pub fn warn_absent(&self, option: &str, name: &str, effect: &str) {
        if self.session.occurs(name) {
            return;
        }
        let free = self.session.free_names();
        let meant = match closest(name, free.iter().map(String::as_str)) {
            Some(better) => format!(" (did you mean `{better}`?)"),
            None => String::new(),
        };
        warn(&format!("{option}: `{name}` does not occur in the formula{meant}{effect}"));
    }

    /// Is it about vectors and matrices, or a model, rather than a formula of numbers?
    pub fn has_tensors(&self) -> bool {
        self.session.has_tensors() || self.session.is_model() || self.at.iter().any(|c| c.number().is_none())
    }

    /// Leaves only names that occur.
    pub fn keep_occurring(&mut self) {
        let session = &self.session;
        let all = self.names.drain(..).zip(self.ids.drain(..));
        (self.names, self.ids) = all.filter(|(name, _)| session.occurs(name)).unzip();
    }

    /// The formula's own name, or a letter that it doesn't use.
    pub fn function(&self) -> String {
        let free = |name: &&str| !self.session.occurs(name) && !self.names.iter().any(|n| n == name);
        let own = self.session.result_name();
        own.or_else(|| ["J", "f", "F", "y"].into_iter().find(free)).unwrap_or("J").to_string()
    }

    /// Is a derivative of it written with ∂, for want of a single variable?
    pub fn is_partial(&self) -> bool {
        self.names.len() > 1 || self.session.free_names().len() > 1
    }

    /// The point as the session knows it; a free name without a value is an error that names it.
    pub fn bind(&mut self) -> Result<Vec<(Id, Number)>, Failure> {
        for c in &self.at {
            self.warn_absent("--at", &c.name, "");
        }
        let free = self.session.free_names();
        let missing: Vec<String> = free.into_iter().filter(|n| self.at.iter().all(|c| c.name != *n)).collect();
        refuse(&missing, "NUMBER")?;
        let mut point = Vec::with_capacity(self.at.len());
        for c in &self.at {
            let value = c.number().ok_or_else(|| Failure::plain(format!("--at: `{}` is a list", c.name)))?;
            point.push((self.session.free(&c.name)?, value.clone()));
        }
        Ok(point)
    }

    /// The point as arrays, and the sizes of dimensions that follow from it; `extra` are names beside the formula's.
    pub fn bind_arrays(&mut self, extra: &[&str]) -> Result<ArrayPoint, Failure> {
        let mut point = ArrayPoint::new();
        for c in &self.at {
            if !extra.contains(&c.name.as_str()) {
                self.warn_absent("--at", &c.name, "");
            }
            point.push((self.session.free(&c.name)?, c.value.clone()));
        }
        let mut sizes = std::mem::take(&mut self.sizes);
        let fits = self.session.sizes_at(&point, &mut sizes);
        self.sizes = sizes;
        fits?;
        Ok(point)
    }

    /// The free names without a value.
    pub fn missing(&self, point: &ArrayPoint) -> Vec<String> {
        let given = |n: &String| point.iter().any(|(id, _)| self.session.graph().symbol_name(*id) == n);
        self.session.unknown_names().into_iter().filter(|n| !given(n)).collect()
    }
}

/// An error where free names have no value.
pub fn refuse(missing: &[String], what: &str) -> Result<(), Failure> {
    if missing.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = missing.iter().map(|n| format!("`{n}`")).collect();
    let wanted: Vec<String> = missing.iter().map(|n| format!("{n}={what}")).collect();
    let verb = if missing.len() == 1 { "has" } else { "have" };
    Err(Failure::plain(format!("{} {verb} no value", list.join(", ")))
        .with_help(format!("write --at {}", wanted.join(","))))
}
