//! Calls, and functions of the text.

use wrt_core::{Constant, Primitive};

use crate::apply::{self, Wrong};
use crate::arrangement;
use crate::costs;
use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::lexer::{Token, quoted};
use crate::library::Argument;
use crate::messages::{self, with_help};
use crate::parser::{Callee, Frame, OpenCall, Operand, Parser, Span, error};
use crate::reductions;
use crate::table::{self, Make, Row, Words};
use crate::value::{self, Value};

/// The beginning of calls.
impl<'s> Parser<'s, '_> {
    pub(crate) fn callee(&self, name: &'s str, span: &Span) -> Result<Callee, Diagnostic> {
        if let Some(&k) = self.names.functions.get(name) {
            return Ok(Callee::Function(k));
        }
        if let Some(primitive) = Primitive::from_name(name) {
            return Ok(Callee::Primitive(primitive));
        }
        if let Some(row) = table::row(name) {
            return Ok(Callee::Row(row));
        }
        if name == self.defining {
            return Err(error(Kind::Name, span, format!("`{name}` calls itself"))
                .help("functions are not recursive; scan(step, first, X) repeats a step"));
        }
        let unknown = error(Kind::UnknownFunction, span, format!("there is no function `{name}`"));
        let own = self.functions.iter().map(|f| f.name);
        let product = format!("write {name}*(…) for a product");
        if Constant::ALL.iter().any(|(_, n)| *n == name) || self.graph.find_symbol(name).is_some() {
            return Err(unknown.help(product));
        }
        if matches!(name, "diff" | "D") {
            return Err(unknown.help("write the formula alone: it is what gets differentiated; within it, d(u, x)"));
        }
        Err(match apply::meant(name, own) {
            Some(meant) => unknown.help(meant),
            None => unknown.help(format!("define it before, {name}(x) = …, or {product}")),
        })
    }

    /// Opens a call at its parenthesis, or at the bracket of its indices.
    pub(crate) fn open_call(&mut self, callee: Callee, span: Span, binds: bool) -> Result<(), Diagnostic> {
        let scope = self.indices.len();
        let mut indices = Vec::new();
        if binds {
            loop {
                self.advance()?;
                let place = self.span.clone();
                if self.token != Token::Name {
                    return Err(error(Kind::Syntax, &place, "an index is a name, as in sum[i](x[i]^2)"));
                }
                indices.push(self.new_index(self.slice(&place)));
                self.advance()?;
                match self.token {
                    Token::Comma => {}
                    Token::CloseBracket => break,
                    _ => return Err(error(Kind::Syntax, &self.span, "expected `,` or `]` after an index")),
                }
            }
            self.advance()?;
            if self.token != Token::Open {
                let message = format!("expected `(` after the indices of `{}`", self.slice(&span));
                return Err(error(Kind::Syntax, &self.span, message));
            }
        }
        self.indices.extend(&indices);
        let call = OpenCall {
            callee,
            span,
            args: Vec::new(),
            naming: None,
            indices,
            scope,
            operands: self.operands.len(),
            word: None,
        };
        self.frames.push(Frame::Call(Box::new(call)));
        self.advance()
    }

    pub(crate) fn new_index(&mut self, name: &'s str) -> u32 {
        self.index_names.push(name);
        (self.index_names.len() - 1) as u32
    }

    /// `axis=` before an argument: reads it, if it is there.
    pub(crate) fn argument_name(&mut self) -> Result<bool, Diagnostic> {
        let span = self.span.clone();
        let Some(Frame::Call(call)) = self.frames.last() else { return Ok(false) };
        let takes = match call.callee {
            Callee::Row(_) => true,
            Callee::Primitive(p) => table::row(p.name()).is_some(),
            Callee::Function(_) => false,
        };
        let mut ahead = self.lexer.clone();
        if !takes || call.naming.is_some() || !matches!(ahead.next(), Ok((Token::Assign, _))) {
            return Ok(false);
        }
        let name = self.slice(&span);
        if let Some(Frame::Call(call)) = self.frames.last_mut() {
            call.naming = Some(name);
        }
        self.advance()?;
        self.advance()?;
        Ok(true)
    }

    /// A bare word as an argument: the name of a function or of a dimension.
    pub(crate) fn word(&mut self, name: &'s str) -> Result<bool, Diagnostic> {
        let mut ahead = self.lexer.clone();
        if !matches!(ahead.next(), Ok((Token::Comma | Token::Close, _))) {
            return Ok(false);
        }
        let Some(Frame::Call(call)) = self.frames.last() else { return Ok(false) };
        let wanted = match call.callee {
            Callee::Row(row) => match row.words {
                Words::Nothing | Words::Notation => false,
                Words::Sizes(first) => call.args.len() >= first,
                Words::Functions => self.is_function(name),
            },
            _ => false,
        };
        if !(wanted || call.naming == Some("over") || call.naming.is_some() && self.is_function(name)) {
            return Ok(false);
        }
        if let Some(Frame::Call(call)) = self.frames.last_mut() {
            call.word = Some(name);
        }
        self.advance()?;
        Ok(true)
    }

    /// A text, which is an argument of a function that begins with one.
    pub(crate) fn notation(&mut self, span: &Span) -> Result<(), Diagnostic> {
        let text = self.slice(&(span.start + 1..span.end - 1));
        match self.frames.last_mut() {
            Some(Frame::Call(call))
                if matches!(call.callee, Callee::Row(row) if row.words == Words::Notation)
                    && call.args.is_empty()
                    && call.naming.is_none()
                    && self.operands.len() == call.operands =>
            {
                call.word = Some(text);
                self.advance()
            }
            _ => Err(quoted(span)),
        }
    }

    fn is_function(&self, name: &str) -> bool {
        Primitive::from_name(name).is_some()
            || table::row(name).is_some_and(Row::is_plain)
            || self.functions.iter().any(|f| f.name == name)
            || matches!(name, "linear" | "same" | "valid")
    }
}

/// Their ends.
impl<'s> Parser<'s, '_> {
    /// Moves what was read since the last comma into the open call.
    fn take_argument(&mut self) {
        let Some(Frame::Call(call)) = self.frames.last_mut() else { return };
        let naming = call.naming.take();
        if let Some(word) = call.word.take() {
            call.args.push((naming, Argument::Word(word)));
        } else if self.operands.len() > call.operands
            && let Some(operand) = self.operands.pop()
        {
            call.args.push((naming, Argument::Value(operand.value)));
        }
    }

    pub(crate) fn comma(&mut self) -> Result<(), Diagnostic> {
        self.reduce_group()?;
        match self.frames.last() {
            Some(Frame::Call(_)) => self.take_argument(),
            Some(Frame::List(..)) => {}
            _ => {
                return Err(error(
                    Kind::Syntax,
                    &self.span,
                    "a `,` separates the arguments of a function; there is none here",
                )
                .help("decimals are written with a point, as in 0.5"));
            }
        }
        self.advance()
    }

    /// Reads a `)`; true where the body of a function is to be read next.
    pub(crate) fn close(&mut self) -> Result<bool, Diagnostic> {
        self.reduce_group()?;
        let end = self.span.end;
        self.take_argument();
        match self.frames.pop() {
            Some(Frame::Group(open)) => {
                if let Some(operand) = self.operands.last_mut() {
                    operand.span = open.start..end;
                    operand.literal = false;
                }
            }
            Some(Frame::Call(call)) => {
                let span = call.span.start..end;
                let Some(value) = self.call(*call, &span)? else { return Ok(true) };
                self.operands.push(Operand { value, span, literal: false });
            }
            Some(Frame::List(open, _)) => {
                return Err(error(Kind::Syntax, &self.span, "this `)` stands in a list that is still open")
                    .help(format!("close the `[` of column {} with `]` first", open.start + 1)));
            }
            _ => {
                return Err(error(Kind::Syntax, &self.span, "this `)` closes nothing")
                    .help("remove it, or open a parenthesis before"));
            }
        }
        self.advance().map(|()| false)
    }

    /// The end of a list.
    pub(crate) fn close_bracket(&mut self) -> Result<(), Diagnostic> {
        self.reduce_group()?;
        let end = self.span.end;
        match self.frames.pop() {
            Some(Frame::List(open, first)) => {
                let parts: Vec<Value> = self.operands.drain(first..).map(|o| o.value).collect();
                let span = open.start..end;
                let value = arrangement::stacked(self.graph, &parts);
                let value = value.map_err(|m| self.shape_error(m, &span, &span, &[]))?;
                self.operands.push(Operand { value, span, literal: false });
            }
            _ => {
                return Err(error(Kind::Syntax, &self.span, "this `]` closes nothing")
                    .help("remove it, or open a bracket before"));
            }
        }
        self.advance()
    }

    /// `A'`
    pub(crate) fn transpose(&mut self, span: &Span) -> Result<(), Diagnostic> {
        if let Some(operand) = self.operands.pop() {
            let value = arrangement::transpose(self.graph, &operand.value);
            let value = value.map_err(|m| self.shape_error(m, &(operand.span.start..span.end), span, &[]))?;
            self.operands.push(Operand { value, span: operand.span.start..span.end, literal: false });
        }
        self.advance()
    }

    /// The value of a call; none where the body of a function is to be read first.
    fn call(&mut self, call: OpenCall<'s>, whole: &Span) -> Result<Option<Value>, Diagnostic> {
        self.indices.truncate(call.scope);
        let OpenCall { callee, span, args, indices, .. } = call;
        if !indices.is_empty() {
            return self.index_reduction(&span, &args, &indices, whole).map(Some);
        }
        let row = match callee {
            Callee::Row(row) => row,
            Callee::Function(k) => {
                let values = self.plain(args, callee, &span)?;
                return self.start_call(k, values, &span, whole);
            }
            Callee::Primitive(primitive) => match apply::reducing(primitive, &args) {
                Some(row) => row,
                None => {
                    let made = apply::primitive(self.graph, primitive, args);
                    return made.map(Some).map_err(|wrong| self.wrong_call(wrong, callee, &span, whole));
                }
            },
        };
        match row.make {
            Make::Layer(make) => {
                let given = self.given(row, args, &span)?;
                make(self, &given, &span).map(Some).map_err(|m| self.shape_error(m, whole, &span, &[]))
            }
            Make::Program(make) => {
                let given = self.given(row, args, &span)?;
                make(self, &given, &span, whole).map(Some)
            }
            Make::Reduce(_) | Make::Compute(_) => {
                self.compared.extend(costs::compared(row, &args));
                let made = apply::compute(self.graph, row, &args).transpose();
                made.map_err(|wrong| self.wrong_call(wrong, callee, &span, whole))
            }
        }
    }

    fn wrong_call(&self, wrong: Wrong, callee: Callee, span: &Span, whole: &Span) -> Diagnostic {
        match wrong {
            Wrong::Shape(e) => self.shape_error(e, whole, span, &[]),
            Wrong::Count(found) => self.wrong_count(callee, span, found),
            Wrong::Setting(name) => {
                let row = if let Callee::Row(row) = callee { Some(row) } else { table::row(self.slice(span)) };
                let (message, help) = messages::no_setting(row, &name);
                with_help(error(Kind::Arguments, span, message), help)
            }
        }
    }

    /// Arguments that are values without names.
    fn plain(
        &self,
        args: Vec<(Option<&'s str>, Argument<'s>)>,
        callee: Callee,
        span: &Span,
    ) -> Result<Vec<Value>, Diagnostic> {
        let count = args.len();
        let values: Vec<Value> = args
            .into_iter()
            .filter_map(|(name, a)| match (name, a) {
                (None, Argument::Value(v)) => Some(v),
                _ => None,
            })
            .collect();
        if values.len() == count { Ok(values) } else { Err(self.wrong_count(callee, span, values.len())) }
    }

    /// `sum[i, j](…)`
    fn index_reduction(
        &mut self,
        span: &Span,
        args: &[(Option<&'s str>, Argument<'s>)],
        indices: &[u32],
        whole: &Span,
    ) -> Result<Value, Diagnostic> {
        let name = self.slice(span);
        let (Some(reduction), [(None, Argument::Value(body))]) = (table::row(name).and_then(Row::reduction), args)
        else {
            return Err(error(Kind::Arguments, span, format!("`{name}` over an index takes one formula")));
        };
        let mut bound = body.clone();
        for index in indices.iter().rev() {
            let Some(next) = value::bind(self.graph, &bound, *index) else {
                let index = self.index_names[*index as usize];
                return Err(error(Kind::Name, whole, format!("the index `{index}` does not occur in the formula"))
                    .help(format!("write it where it runs, as in x[{index}]")));
            };
            bound = next;
        }
        let axes: Vec<usize> = (0..indices.len()).collect();
        reductions::reduce(self.graph, &bound, &axes, reduction).map_err(|m| self.shape_error(m, whole, span, &[]))
    }
}
