//! Names in expressions: what each means, and what is said where it means nothing.

use wrt_core::{Constant, Dim, Dimension, Primitive};

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::parser::{Operand, Parser, Span, error};
use crate::table;
use crate::value::Value;

impl<'s> Parser<'s, '_> {
    /// A name: a call's beginning or a bare word (false), or an operand (true).
    pub(crate) fn name(&mut self, span: Span) -> Result<bool, Diagnostic> {
        let name = self.slice(&span);
        if self.argument_name()? {
            return Ok(false);
        }
        if self.recursion_entry(name, &span)? {
            return Ok(true);
        }
        let variable = self.variable(name);
        let reduces = table::row(name).is_some_and(|r| r.reduction().is_some());
        let binds = variable.is_none() && reduces && self.lexer.at_open_bracket();
        if variable.is_none() && (self.lexer.at_open() || binds) {
            let callee = self.callee(name, &span)?;
            self.advance()?;
            self.open_call(callee, span, binds)?;
            return Ok(false);
        }
        let value = match variable {
            Some(value) => value,
            None => match self.word(name)? {
                true => return Ok(true),
                false => self.free_name(name, &span)?,
            },
        };
        self.operands.push(Operand { value, span, literal: false });
        self.advance()?;
        Ok(true)
    }

    /// A name that has a meaning as a value already.
    ///
    /// The order is that of scopes, innermost first: a parameter hides a definition. `e` and `gamma` are only looked up as
    /// constants and functions when none of these knows them, so that a person may use any name.
    pub(crate) fn variable(&mut self, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.outer.iter().chain(&self.parameters).rev().find(|(n, _)| *n == name) {
            return Some(self.renewed(value.clone()));
        }
        if let Some(k) = self.names.defined.get(name) {
            return Some(self.definitions[*k].2.clone());
        }
        if let Some(k) = self.names.declared.get(name) {
            return Some(self.renewed(Value::of(self.graph, self.declared[*k].id)));
        }
        let shaped = self.scope.shapes.iter().any(|(n, _)| *n == name);
        if shaped {
            return Some(self.symbol(name));
        }
        if let Some((dim, _)) = self.dim_sources.iter().find(|(d, _)| self.graph.dimension(*d).as_name() == Some(name))
        {
            let dim = *dim;
            return Some(Value::scalar(self.graph.dim_node(dim)));
        }
        self.scope.variables.contains(&name).then(|| self.symbol(name))
    }

    fn symbol(&mut self, name: &str) -> Value {
        let known = self.scope.assumptions.iter().find(|(n, _)| *n == name);
        let assumptions = known.map(|(_, a)| a.clone()).unwrap_or_default();
        let Some((_, shape)) = self.scope.shapes.iter().find(|(n, _)| *n == name) else {
            return Value::scalar(self.graph.symbol_with(name, assumptions));
        };
        let dims: Vec<Dim> = shape.iter().map(|d| self.dim_of_text(d)).collect();
        for dim in &dims {
            self.remember_dim_source(*dim, || name.to_string());
        }
        let id = self.graph.tensor_symbol(name, wrt_core::Role::Variable, &dims, assumptions);
        Value::of(self.graph, id)
    }

    /// The dimensions of the shapes given are names from the beginning.
    pub(crate) fn remember_shapes(&mut self) {
        for name in self.scope.dimensions {
            let dim = self.graph.dim_name(name);
            self.remember_dim_source(dim, || "the sizes given".to_string());
        }
        for (name, shape) in self.scope.shapes {
            for text in shape {
                let dim = self.dim_of_text(text);
                self.remember_dim_source(dim, || (*name).to_string());
            }
        }
    }

    /// A size given as text: a sum of products of numbers and names.
    fn dim_of_text(&mut self, text: &str) -> Dim {
        self.graph.dim(Dimension::read(text))
    }

    pub(crate) fn remember_dim_source(&mut self, dim: Dim, from: impl FnOnce() -> String) {
        if self.graph.dimension(dim).as_name().is_some() && !self.dim_sources.iter().any(|(d, _)| *d == dim) {
            self.dim_sources.push((dim, from()));
        }
    }

    fn free_name(&mut self, name: &'s str, span: &Span) -> Result<Value, Diagnostic> {
        if let Some((constant, _)) = Constant::ALL.iter().find(|(_, n)| *n == name) {
            return Ok(Value::scalar(self.graph.constant(*constant)));
        }
        if name == "π" {
            return Ok(Value::scalar(self.graph.constant(Constant::Pi)));
        }
        if Primitive::from_name(name).is_some() || self.functions.iter().any(|f| f.name == name) {
            let help = match self.source[span.end..].trim_start().bytes().next() {
                Some(b'(') => format!("write {name}(…) without a blank"),
                Some(b'{') => format!("write {name}(…) with round parentheses"),
                _ => format!("write {name}(…); to use the name as a variable, give it a value"),
            };
            return Err(error(Kind::Name, span, format!("`{name}` is a function and needs its arguments")).help(help));
        }
        if self.indices.iter().any(|i| self.index_names[*i as usize] == name) {
            return Err(error(Kind::Name, span, format!("`{name}` is an index here, and stands in brackets only"))
                .help(format!("as in x[{name}]; for a number that counts along, give the numbers as data")));
        }
        self.names.free.entry(name.to_string()).or_insert(span.start);
        Ok(self.symbol(name))
    }
}
