//! Messages for calls and shapes that don't fit, and what the person may have meant.

use std::ops::RangeInclusive;

use wrt_core::{Dim, Form, Graph, Primitive, ShapeError};

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::parser::{Callee, Operand, Parser, Span, error};
use crate::table::{self, Row};
use crate::value::Value;

/// An operand as it is written.
pub(crate) struct Written<'a> {
    pub(crate) text: &'a str,
    pub(crate) value: &'a Value,
}

/// A message and what to do.
pub(crate) type Words = (String, Option<String>);

/// A shape error: the operation as it is written, the shapes by name, where the dimensions come from; what may have been
/// meant.
pub(crate) fn sentence(
    g: &Graph,
    e: &ShapeError,
    text: &str,
    sign: &str,
    operands: &[Written<'_>],
    source: &dyn Fn(Dim) -> String,
) -> Words {
    match (e, operands) {
        (ShapeError::Words(words), _) => (format!("`{text}`: {words}"), None),
        (ShapeError::Dims { dims: [a, b], .. }, [left, right]) => {
            let shapes = (left.value.shape_text(g), right.value.shape_text(g));
            let (x, y, from_a, from_b) = (left.text, right.text, source(*a), source(*b));
            let message = format!("`{text}`: {x} is {}, {y} is {}: {from_a} and {from_b} differ", shapes.0, shapes.1);
            (message, repair(g, sign, left, right))
        }
        (ShapeError::Dims { dims: [a, b], .. }, _) => {
            (format!("`{text}`: {} and {} differ", source(*a), source(*b)), None)
        }
    }
}

/// An operand before or behind an operator, in parentheses unless it is a name or a number, or the transpose of one.
pub(crate) fn held(text: &str) -> String {
    let atom = text.trim_end_matches('\'').chars().all(|c| c.is_alphanumeric() || c == '_');
    if atom { text.to_string() } else { format!("({text})") }
}

fn transposed(text: &str) -> String {
    text.strip_suffix('\'').filter(|rest| held(rest) == *rest).map_or_else(|| format!("{}'", held(text)), String::from)
}

/// What the person may have meant.
fn repair(g: &Graph, sign: &str, left: &Written<'_>, right: &Written<'_>) -> Option<String> {
    let (a, b) = (left.value.dims(), right.value.dims());
    let (x, y) = (left.text, right.text);
    let (p, q) = (held(x), held(y));
    if sign == "@" {
        return match (&a[..], &b[..]) {
            ([r, _], [n, ..]) if r == n => Some(format!("did you mean {} @ {y}?", transposed(x))),
            ([.., n], [_, c]) if c == n => Some(format!("did you mean {x} @ {}?", transposed(y))),
            _ => None,
        };
    }
    let one = |d: &Dim| g.dimension(*d).as_size() == Some(1);
    match (&a[..], &b[..]) {
        ([_, n], [_]) if one(n) => Some(format!("{x} has an axis of size 1: write {p}[:, 0]")),
        ([_], [_, n]) if one(n) => Some(format!("{y} has an axis of size 1: write {q}[:, 0]")),
        ([n], [m, _]) if n == m => Some(format!("write {p}[:, None] to stretch it over the columns of {y}")),
        ([m, _], [n]) if n == m => Some(format!("write {q}[:, None] to stretch it over the columns of {x}")),
        ([m, n], [j, k]) if (m, n) == (k, j) => Some(format!("did you mean {}?", transposed(y))),
        _ => None,
    }
}

fn count(name: &str, wanted: RangeInclusive<usize>, found: usize) -> String {
    let (least, most) = (*wanted.start(), *wanted.end());
    let plural = if most == 1 { "" } else { "s" };
    let count = if least == most { least.to_string() } else { format!("{least} to {most}") };
    format!("`{name}` takes {count} argument{plural}, found {found}")
}

/// Too few or too many arguments of a primitive, or else of a row of the table.
pub(crate) fn count_of(primitive: Option<Primitive>, row: Option<&Row>, found: usize) -> Words {
    match (primitive, row) {
        (Some(p), _) => {
            let help = match p.row().form {
                Form::Infix(_) => "write it between its arguments".to_string(),
                _ => format!("write {}({})", p.name(), p.row().arguments.join(", ")),
            };
            (count(p.name(), p.arity()..=p.arity(), found), Some(help))
        }
        (None, Some(row)) => (count(row.name, row.counts.clone(), found), Some(format!("write {}", row.usage))),
        (None, None) => (format!("{found} arguments are not what it takes"), None),
    }
}

/// An argument given by a name that the function has not.
pub(crate) fn no_setting(row: Option<&Row>, name: &str) -> Words {
    let of = row.map_or("it", |r| r.name);
    (format!("`{of}` has no argument `{name}`"), row.map(|r| format!("write {}", r.usage)))
}

/// A diagnostic with what to do, if that is known.
pub(crate) fn with_help(diagnostic: Diagnostic, help: Option<String>) -> Diagnostic {
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

impl<'s> Parser<'s, '_> {
    pub(crate) fn wrong_count(&self, callee: Callee, span: &Span, found: usize) -> Diagnostic {
        let (message, help) = match callee {
            Callee::Primitive(p) => count_of(Some(p), None, found),
            Callee::Row(row) => count_of(None, Some(row), found),
            Callee::Function(k) => {
                let f = &self.functions[k];
                let arity = f.names.len();
                (count(f.name, arity..=arity, found), Some(format!("write {}({})", f.name, f.names.join(", "))))
            }
        };
        // While a function is defined, numbers stand for what may be vectors: `max(x)`.
        let of_axes = matches!(callee, Callee::Primitive(p) if found == 1 && table::row(p.name()).is_some());
        let kind = if of_axes && !self.defining.is_empty() { Kind::Shape } else { Kind::Arguments };
        with_help(error(kind, span, message), help)
    }

    /// What a part of the text is, short.
    pub(crate) fn quoted(&self, span: &Span) -> String {
        let text = self.slice(span).trim();
        if text.chars().count() <= 48 {
            text.to_string()
        } else {
            format!("{}…", text.chars().take(47).collect::<String>())
        }
    }

    /// A dimension with where it comes from.
    fn source(&self, dim: Dim) -> String {
        let name = self.graph.dimension(dim).to_string();
        match self.dim_sources.iter().find(|(d, _)| *d == dim) {
            Some((_, from)) => format!("{name} (from {from})"),
            None => name,
        }
    }

    /// Shapes that don't fit: the operator, the shapes by name, where the dimensions come from.
    pub(crate) fn shape_error(&self, e: ShapeError, whole: &Span, place: &Span, operands: &[&Operand]) -> Diagnostic {
        let text = self.quoted(whole);
        let names: Vec<String> = operands.iter().map(|o| self.quoted(&o.span)).collect();
        let written: Vec<Written<'_>> =
            operands.iter().zip(&names).map(|(o, text)| Written { text, value: &o.value }).collect();
        let source = |dim: Dim| self.source(dim);
        let (message, help) = sentence(self.graph, &e, &text, self.slice(place), &written, &source);
        with_help(error(Kind::Shape, place, message), help)
    }

    /// A number where `@` needs a vector or a matrix.
    pub(crate) fn no_vector(&self, operand: &Operand, whole: &Span, place: &Span) -> Diagnostic {
        let (text, name) = (self.quoted(whole), self.quoted(&operand.span));
        let diagnostic =
            error(Kind::Shape, place, format!("`{text}`: `@` multiplies vectors and matrices, and {name} is a number"));
        let undeclared = self.graph.symbol_name(operand.value.id) == name
            && self.declared.iter().all(|d| d.name != name)
            && self.scope.shapes.iter().all(|(n, _)| *n != name);
        match (undeclared, self.declared_later(&name, whole.end)) {
            (true, Some(line)) => diagnostic.help(format!("{name} is declared in line {line}: declare it before")),
            (true, None) if self.declared.is_empty() => diagnostic
                .help(format!("say its shape, as in --shapes \"{name}[n]\", or write * to multiply by a number")),
            (true, None) => diagnostic.help(format!("declare it before, as in data {name}[n] or param {name}[n]")),
            _ => diagnostic.help("write * to multiply by a number"),
        }
    }

    /// The line of a later declaration of a name, if there is one.
    fn declared_later(&self, name: &str, from: usize) -> Option<usize> {
        let words = ["data ", "param ", "const "];
        let first = self.line(from);
        let mut lines = self.source.lines().enumerate().skip(first);
        let declares = |line: &str| {
            let line = line.trim_start();
            let names = |rest: &str| {
                let code = rest.split('#').next().unwrap_or_default();
                code.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
            };
            words.iter().find_map(|w| line.strip_prefix(w)).is_some_and(names)
        };
        lines.find(|(_, line)| declares(line)).map(|(k, _)| k + 1)
    }
}
