//! What a command is asked: the text, its session, the names to differentiate by, and the point.

use std::io::Write;

use wrt::session::{Answer, Array, Document, Id, Point, Scope, Session, Sizes, closest};
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
    // A list says the shape of its name, unless the text or an option does.
    let shape = |c: &Coordinate| (c.name.clone(), c.value.shape.iter().map(usize::to_string).collect());
    let shaped = at.iter().filter(|c| c.number().is_none()).map(shape).collect();
    let mut session = session(formula, &text, &variables, shaped)?;
    let sizes = point::sizes(&formula.dims)?;
    session.document().parsed().warnings.iter().for_each(|w| warn(w));
    point::check(&at, &formula.assume)?;
    let names: Vec<String> = if asked.is_empty() {
        session.document().default_variables()
    } else {
        asked.iter().map(|n| n.to_string()).collect()
    };
    let ids = names.iter().map(|n| session.variable(n)).collect::<Result<Vec<_>, Error>>()?;
    let question = Question { text, session, names, ids, at, sizes };
    warn_sizes(question.session.document(), &question.sizes);
    for name in &asked {
        question.warn_absent("--wrt", name, "; its derivative is 0");
    }
    Ok(question)
}

/// Reads the text with what the options say of its names: these are variables, and these have shapes unless the text or an
/// option says so.
pub fn session(
    formula: &Formula,
    text: &Text,
    variables: &[&str],
    shaped: Vec<(String, Vec<String>)>,
) -> Result<Session, Failure> {
    let assumptions = point::assumptions(&formula.assume)?;
    let mut shapes = point::shapes(&formula.shapes)?;
    for own in shaped {
        if !shapes.iter().any(|(name, _)| *name == own.0) {
            shapes.push(own);
        }
    }
    let shapes: Vec<(&str, Vec<&str>)> =
        shapes.iter().map(|(n, d)| (n.as_str(), d.iter().map(String::as_str).collect())).collect();
    let sizes = point::sizes(&formula.dims)?;
    let dimensions: Vec<&str> = sizes.iter().map(|(name, _)| name.as_str()).collect();
    let scope = Scope {
        variables,
        assumptions: &assumptions,
        shapes: &shapes,
        dimensions: &dimensions,
        unroll: formula.unroll,
    };
    Session::parse(&text.text, &scope).map_err(|e| Failure::in_text(&e, text))
}

/// Says so where sizes are given that nothing has.
pub fn warn_sizes(document: &Document, sizes: &Sizes) {
    for (name, _) in sizes.iter().filter(|(name, _)| !document.has_dimension(name)) {
        warn(&format!("--dims: no axis has the size `{name}`"));
    }
}

/// Says so where an option names something that the formula lacks.
pub fn warn_absent(document: &Document, option: &str, name: &str, effect: &str) {
    if document.occurs(name) {
        return;
    }
    let free = document.free_names();
    let meant = match closest(name, free.iter().map(String::as_str)) {
        Some(better) => format!(" (did you mean `{better}`?)"),
        None => String::new(),
    };
    warn(&format!("{option}: `{name}` does not occur in the formula{meant}{effect}"));
}

impl Question {
    /// Says so where an option names something that the formula lacks.
    pub fn warn_absent(&self, option: &str, name: &str, effect: &str) {
        warn_absent(self.session.document(), option, name, effect);
    }

    /// Leaves only names that occur.
    pub fn keep_occurring(&mut self) {
        let document = self.session.document();
        let all = self.names.drain(..).zip(self.ids.drain(..));
        (self.names, self.ids) = all.filter(|(name, _)| document.occurs(name)).unzip();
    }

    /// What `--at` gives.
    pub fn values(&self) -> Vec<(String, Array<Number>)> {
        self.at.iter().map(|c| (c.name.clone(), c.value.clone())).collect()
    }

    /// Has everything a value? If some are given and others not, that is an error that names these.
    pub fn is_closed(&self) -> Result<bool, Failure> {
        let given: Vec<&str> = self.at.iter().map(|c| c.name.as_str()).collect();
        let missing = self.session.document().without_value(&given);
        if self.at.is_empty() {
            return Ok(missing.is_empty());
        }
        refuse(&missing)?;
        Ok(true)
    }

    /// What `--at` gives, if with it everything has a value.
    pub fn all_values(&self) -> Result<Vec<(String, Array<Number>)>, Failure> {
        self.warn_not_taken();
        let given: Vec<&str> = self.at.iter().map(|c| c.name.as_str()).collect();
        refuse(&self.session.document().without_value(&given))?;
        Ok(self.values())
    }

    /// The point that `--at` gives, completed by what parameters start as.
    pub fn point(&mut self) -> Result<Point, Failure> {
        let values = self.all_values()?;
        let mut point = self.session.point(&values, &self.sizes)?;
        self.session.document().fill_starts(&mut point)?;
        Ok(point)
    }

    /// Says so where `--at` names something that neither the formula nor a direction is called.
    pub fn warn_unused(&self, answer: &Answer) {
        let is_along = |name: &str| answer.along.iter().any(|a| a.name == name);
        self.warn_where(|name| !is_along(name));
    }

    /// Says so where `--at` names something that the formula takes no value of.
    pub fn warn_not_taken(&self) {
        self.warn_where(|_| true);
    }

    fn warn_where(&self, is_meant: impl Fn(&str) -> bool) {
        let taken = self.session.document().taken_names(&[]);
        for c in self.at.iter().filter(|c| is_meant(&c.name) && !taken.contains(&c.name)) {
            self.warn_absent("--at", &c.name, "");
        }
    }
}

/// An error where free names have no value.
pub fn refuse(missing: &[String]) -> Result<(), Failure> {
    if missing.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = missing.iter().map(|n| format!("`{n}`")).collect();
    let wanted: Vec<String> = missing.iter().map(|n| format!("{n}=VALUE")).collect();
    let verb = if missing.len() == 1 { "has" } else { "have" };
    Err(Failure::plain(format!("{} {verb} no value", list.join(", ")))
        .with_help(format!("write --at {}", wanted.join(","))))
}
