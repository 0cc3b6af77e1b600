//! Definitions: `a = …`, `c[i, k] = …`, `f(x) = …`, `derivative f(x) = …`.

use wrt_core::Node;

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::lexer::{Lexer, Token};
use crate::model::{Definition, Trained};
use crate::parser::{Function, Parser, Span, error};
use crate::value::{self, Value};

impl<'s> Parser<'s, '_> {
    pub(crate) fn definition(&mut self, name: (&'s str, Span)) -> Result<Value, Diagnostic> {
        self.refuse_second(&name)?;
        (self.current, self.layers) = (name.0, 0);
        let before = self.graph.len();
        self.advance()?;
        let value = self.expression()?;
        self.current = "";
        self.define(name, value, before)
    }

    /// Names a value, of which the graph may have had the node `before`.
    pub(crate) fn define(&mut self, name: (&'s str, Span), value: Value, before: usize) -> Result<Value, Diagnostic> {
        if self.graph.find_symbol(name.0).is_some_and(|own| own.index() >= self.start) {
            return Err(error(Kind::Name, &name.1, format!("`{}` is used before it is defined here", name.0))
                .help("define it first, and not by itself"));
        }
        let value = value.with_unit_axes(self.graph);
        let value = self.own_node(value, before);
        let definition = Definition {
            name: format!("{}{}", self.prefix, name.0),
            id: value.id,
            line: self.line(name.1.start),
            by_layer: false,
        };
        self.graph.set_name(value.id, &definition.name);
        self.names.defined.insert(name.0.to_string(), self.definitions.len());
        self.names.nodes.insert(value.id);
        self.definitions.push((name.0, definition, value.clone()));
        Ok(value)
    }

    /// The value at a node that nothing else means, so that a derivative by the name counts the ways by the name only: after
    /// `a = w^2; b = a + w^2`, the derivative of `b` by `a` is 1 and not 2.
    fn own_node(&mut self, mut value: Value, before: usize) -> Value {
        if matches!(self.graph.node(value.id), Node::Number(_) | Node::Constant(_)) {
            return value;
        }
        let named = matches!(self.graph.node(value.id), Node::Symbol(_)) || self.names.nodes.contains(&value.id);
        if named || value.id.index() < before {
            let first = value.id;
            value.id = self.graph.twin(first, named);
            if let Some(layer) = self.after_training.iter().find(|l| l.training == first).copied().filter(|_| !named) {
                self.after_training.push(Trained { training: value.id, ..layer });
            }
        } else {
            self.graph.set_apart(value.id);
        }
        value
    }

    /// `[i, k] =`, if that is what follows.
    pub(crate) fn index_list(&self, ahead: &mut Lexer<'s>) -> Option<Vec<&'s str>> {
        let mut names = Vec::new();
        loop {
            match ahead.next().ok()? {
                (Token::Name, span) => names.push(self.slice(&span)),
                _ => return None,
            }
            match ahead.next().ok()?.0 {
                Token::Comma => {}
                Token::CloseBracket => break,
                _ => return None,
            }
        }
        (ahead.next().ok()?.0 == Token::Assign).then_some(names)
    }

    pub(crate) fn index_definition(&mut self, name: (&'s str, Span), names: &[&'s str]) -> Result<Value, Diagnostic> {
        self.refuse_second(&name)?;
        (self.current, self.layers) = (name.0, 0);
        let indices: Vec<u32> = names.iter().map(|n| self.new_index(n)).collect();
        self.indices.extend(&indices);
        let before = self.graph.len();
        self.advance()?;
        let read = self.expression();
        self.indices.clear();
        let mut value = read?;
        for (index, text) in indices.iter().zip(names).rev() {
            value = value::bind(self.graph, &value, *index).ok_or_else(|| {
                error(Kind::Name, &name.1, format!("the index `{text}` does not occur on the right side"))
                    .help("an index gets its size from where it is used, as in x[i]")
            })?;
        }
        self.current = "";
        self.define(name, value, before)
    }

    /// `(x, y) =`, if that is what follows.
    pub(crate) fn parameter_list(&self, ahead: &mut Lexer<'s>) -> Option<Vec<(&'s str, Span)>> {
        let mut parameters = Vec::new();
        loop {
            match ahead.next().ok()? {
                (Token::Name, span) => parameters.push((self.slice(&span), span)),
                _ => return None,
            }
            match ahead.next().ok()?.0 {
                Token::Comma => {}
                Token::Close => break,
                _ => return None,
            }
        }
        (ahead.next().ok()?.0 == Token::Assign).then_some(parameters)
    }

    /// `f(x) = …`. The body is read once with numbers for its parameters, which finds its errors where they stand and makes
    /// calls with numbers cheap. Whether it means something for vectors is known at each call, where it is read anew.
    pub(crate) fn function(&mut self, name: (&'s str, Span), parameters: &[(&'s str, Span)]) -> Result<(), Diagnostic> {
        self.refuse_second(&name)?;
        let body = self.lexer.position();
        let mut symbols = Vec::new();
        for (k, (parameter, span)) in parameters.iter().enumerate() {
            if parameters[..k].iter().any(|(p, _)| p == parameter) {
                return Err(error(
                    Kind::Name,
                    span,
                    format!("`{parameter}` is named twice among the arguments of `{}`", name.0),
                ));
            }
            // A name with blanks in it: no text can mean it.
            let symbol = self.graph.symbol(&format!("{parameter} of {} at {}", name.0, name.1.start));
            symbols.push(symbol);
            self.parameters.push((parameter, Value::scalar(symbol)));
        }
        self.defining = name.0;
        self.advance()?;
        let read = self.expression();
        self.parameters.clear();
        self.defining = "";
        let mut needs_axes = false;
        let scalar = match read {
            Ok(value) if value.free.is_empty() => Some((symbols, value.id)),
            Ok(_) => None,
            // A function of tensors: what its shapes are is known at each call.
            Err(e) if e.kind == Kind::Shape => {
                self.skip_statement(body)?;
                needs_axes = true;
                None
            }
            Err(e) => return Err(e),
        };
        let names = parameters.iter().map(|(n, _)| *n).collect();
        let origin = self.origin(name.0, false);
        let (end, sees) = (self.span.start, self.functions.len());
        self.names.functions.insert(name.0.to_string(), self.functions.len());
        self.functions.push(Function {
            name: name.0,
            names,
            scalar,
            needs_axes,
            body,
            end,
            derivative: None,
            sees,
            origin,
        });
        Ok(())
    }

    /// Goes to the end of the statement whose formula begins at `start`.
    fn skip_statement(&mut self, start: usize) -> Result<(), Diagnostic> {
        self.lexer.jump(start);
        let mut depth = 0i64;
        loop {
            self.advance()?;
            match self.token {
                Token::Open | Token::OpenBracket => depth += 1,
                Token::Close | Token::CloseBracket => depth -= 1,
                Token::End => return Ok(()),
                Token::Separator if depth <= 0 => return Ok(()),
                _ => {}
            }
        }
    }

    /// `derivative f(x) = …`
    pub(crate) fn own_derivative(&mut self) -> Result<(), Diagnostic> {
        self.advance()?;
        let (name, place) = self.wanted_name("the name of a function")?;
        let Some(k) = self.functions.iter().position(|f| f.name == name) else {
            return Err(error(Kind::Name, &place, format!("there is no function `{name}` yet"))
                .help(format!("define it before: {name}(x) = …")));
        };
        let mut ahead = self.lexer.clone();
        let parameters = if self.token == Token::Open { self.parameter_list(&mut ahead) } else { None };
        let Some(parameters) = parameters else {
            return Err(self.expected("its argument and a formula, as in (x) = 2*x"));
        };
        let own: Vec<&str> = parameters.iter().map(|(n, _)| *n).collect();
        if own.len() != 1 || self.functions[k].names != own {
            let wanted = self.functions[k].names.join(", ");
            return Err(error(Kind::Arguments, &place, format!("`{name}` is a function of ({wanted})"))
                .help("a derivative of its own is for functions of one argument, under the same name"));
        }
        self.lexer = ahead;
        let body = self.lexer.position();
        self.skip_statement(body)?;
        self.functions[k].derivative = Some(body);
        Ok(())
    }
}
