//! Messages for calls and shapes that don't fit, and what the person may have meant.

use wrt_core::{Dim, Form};

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::parser::{Callee, Operand, Parser, Span, error};
use crate::value::Misfit;

impl<'s> Parser<'s, '_> {
    pub(crate) fn wrong_count(&self, callee: Callee, span: &Span, found: usize) -> Diagnostic {
        let (name, wanted, example) = match callee {
            Callee::Primitive(p) => {
                let arity = p.arity();
                (p.name(), arity..=arity, format!("{}({})", p.name(), p.row().arguments.join(", ")))
            }
            Callee::Function(k) => {
                let f = &self.functions[k];
                let arity = f.names.len();
                (f.name, arity..=arity, format!("{}({})", f.name, f.names.join(", ")))
            }
            Callee::Row(row) => (row.name, row.counts.clone(), row.usage.to_string()),
        };
        let (least, most) = (*wanted.start(), *wanted.end());
        let plural = if most == 1 { "" } else { "s" };
        let count = if least == most { least.to_string() } else { format!("{least} to {most}") };
        let message = format!("`{name}` takes {count} argument{plural}, found {found}");
        let infix = matches!(callee, Callee::Primitive(p) if matches!(p.row().form, Form::Infix(_)));
        let help = if infix { "write it between its arguments".to_string() } else { format!("write {example}") };
        error(Kind::Arguments, span, message).help(help)
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
    fn origin(&self, dim: Dim) -> String {
        let name = self.graph.dimension(dim).to_string();
        match self.origins.iter().find(|(d, _)| *d == dim) {
            Some((_, from)) => format!("{name} (from {from})"),
            None => name,
        }
    }

    /// Shapes that don't fit: the operator, the shapes by name, where the dimensions come from.
    pub(crate) fn misfit(&self, misfit: Misfit, whole: &Span, place: &Span, operands: &[&Operand]) -> Diagnostic {
        let text = self.quoted(whole);
        match (misfit, operands) {
            (Misfit::Words(words), _) => error(Kind::Shape, place, format!("`{text}`: {words}")),
            (Misfit::Dims { dims: [a, b], .. }, [left, right]) => {
                let (x, y) = (self.quoted(&left.span), self.quoted(&right.span));
                let shapes = (left.value.shape_text(self.graph), right.value.shape_text(self.graph));
                let (from_a, from_b) = (self.origin(a), self.origin(b));
                let message =
                    format!("`{text}`: {x} is {}, {y} is {}: {from_a} and {from_b} differ", shapes.0, shapes.1);
                let diagnostic = error(Kind::Shape, place, message);
                match self.repair(place, left, right) {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                }
            }
            (Misfit::Dims { dims: [a, b], .. }, _) => {
                error(Kind::Shape, place, format!("`{text}`: {} and {} differ", self.origin(a), self.origin(b)))
            }
        }
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

    /// What the person may have meant.
    fn repair(&self, place: &Span, left: &Operand, right: &Operand) -> Option<String> {
        let (a, b) = (left.value.dims(), right.value.dims());
        let (x, y) = (self.quoted(&left.span), self.quoted(&right.span));
        if self.slice(place) == "@" {
            let matrix = |o: &Operand, text: &str| {
                let atom = self.slice(&o.span).chars().all(|c| c.is_alphanumeric() || c == '_');
                if atom { format!("{text}'") } else { format!("({text})'") }
            };
            return match (&a[..], &b[..]) {
                ([r, _], [n, ..]) if r == n => Some(format!("did you mean {} @ {y}?", matrix(left, &x))),
                ([.., n], [_, c]) if c == n => Some(format!("did you mean {x} @ {}?", matrix(right, &y))),
                _ => None,
            };
        }
        let one = |d: &Dim| self.graph.dimension(*d).as_size() == Some(1);
        let held = |o: &Operand, text: &str| {
            let atom = self.slice(&o.span).chars().all(|c| c.is_alphanumeric() || c == '_');
            if atom { text.to_string() } else { format!("({text})") }
        };
        let (p, q) = (held(left, &x), held(right, &y));
        match (&a[..], &b[..]) {
            ([_, n], [_]) if one(n) => Some(format!("{x} has an axis of size 1: write {p}[:, 0]")),
            ([_], [_, n]) if one(n) => Some(format!("{y} has an axis of size 1: write {q}[:, 0]")),
            ([n], [m, _]) if n == m => Some(format!("write {p}[:, None] to stretch it over the columns of {y}")),
            ([m, _], [n]) if n == m => Some(format!("write {q}[:, None] to stretch it over the columns of {x}")),
            ([m, n], [j, k]) if (m, n) == (k, j) => Some(format!("did you mean {q}'?")),
            _ => None,
        }
    }
}
