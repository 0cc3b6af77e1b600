//! Functions of the text: their bodies are read anew with the arguments of each call.
//!
//! A call within a body waits in a list until the inner body is read: functions may stand in each other as deeply as the
//! text has them.

use wrt_core::{Id, operations as op, substitute};

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::lexer::{Lexer, Token};
use crate::parser::{Callee, Frame, Function, MAX_NODES, Operand, Parser, Span, error};
use crate::value::{self, Value};

/// How deep scans and layers may stand in the functions that they call.
const MAX_CALLS: usize = 64;

/// How much text of functions is read anew.
const MAX_REREAD: usize = 1 << 19;

/// A call whose function's body is being read.
pub(crate) struct Waiting<'s> {
    function: usize,
    args: Vec<Value>,
    /// What the parameters are in the body.
    own: Vec<Value>,
    span: Span,
    whole: Span,
    /// How many declarations there were before.
    declared: usize,
    /// Where the body begins.
    at: usize,
    /// How many nodes there were before.
    nodes: usize,
    /// The statement that it stands in.
    statement: usize,
    /// The value, while the derivative that the text gives is being read.
    value: Option<Value>,
    /// Where to go on.
    place: (Lexer<'s>, Token, Span),
    parameters: Vec<(&'s str, Value)>,
    /// The functions that the body does not see.
    later: Vec<Function<'s>>,
    frames: Vec<Frame<'s>>,
    operands: Vec<Operand>,
}

impl<'s> Parser<'s, '_> {
    /// The value of a function, whose body is read at once.
    pub(crate) fn function_call(
        &mut self,
        k: usize,
        args: Vec<Value>,
        span: &Span,
        whole: &Span,
    ) -> Result<Value, Diagnostic> {
        if self.nesting >= MAX_CALLS {
            return Err(error(Kind::Limit, span, format!("functions call each other more than {MAX_CALLS} deep")));
        }
        let base = self.calls.len();
        if let Some(value) = self.start_call(k, args, span, whole)? {
            return Ok(value);
        }
        self.nesting += 1;
        let read = self.read_until(base, true);
        self.nesting -= 1;
        read
    }

    /// Reads until as many calls wait as `base` says: up to the end of the expression, or of the body that a call began.
    pub(crate) fn read_until(&mut self, base: usize, called: bool) -> Result<Value, Diagnostic> {
        let read = self.read_on(base, called);
        while read.is_err() && self.calls.len() > base {
            self.leave();
        }
        read
    }

    fn read_on(&mut self, base: usize, called: bool) -> Result<Value, Diagnostic> {
        loop {
            self.operand()?;
            while self.after_operand()? {
                let Some(Operand { value, .. }) = self.operands.pop() else {
                    return Err(error(Kind::Syntax, &self.span, "there is no formula"));
                };
                if self.calls.len() == base {
                    return Ok(value);
                }
                let Some((value, span)) = self.end_body(value)? else { break };
                if called && self.calls.len() == base {
                    return Ok(value);
                }
                self.operands.push(Operand { value, span, literal: false });
                self.advance()?;
            }
        }
    }

    /// The value of a call; none where the body is to be read first, at whose beginning the reader then is.
    pub(crate) fn start_call(
        &mut self,
        k: usize,
        args: Vec<Value>,
        span: &Span,
        whole: &Span,
    ) -> Result<Option<Value>, Diagnostic> {
        let function = &self.functions[k];
        if function.names.len() != args.len() {
            return Err(self.wrong_count(Callee::Function(k), span, args.len()));
        }
        let plain = args.iter().all(|a| a.axes.is_empty() && a.free.is_empty());
        if let (true, Some((parameters, body)), None) = (plain, &function.scalar, function.derivative) {
            let pairs: Vec<(Id, Id)> = parameters.iter().copied().zip(args.iter().map(|a| a.id)).collect();
            let expanded = substitute(self.graph, *body, &pairs, MAX_NODES);
            let id = expanded
                .ok_or_else(|| error(Kind::Limit, span, format!("the formula has more than {MAX_NODES} nodes")))?;
            return Ok(Some(Value::of(self.graph, id)));
        }
        if plain && function.needs_axes && !self.defining.is_empty() {
            // While a function is defined, numbers stand for what is not known yet.
            return Err(error(Kind::Shape, span, format!("`{}` is a function of vectors or matrices", function.name)));
        }
        // A definition means its own node only: a call that equals it is read anew.
        if let Some(known) = self.known.get(&(k, args.clone())).filter(|known| !self.is_named(known.id)) {
            return Ok(Some(known.clone()));
        }
        // What is differentiated by within the body must be a node of its own.
        let mut own = Vec::with_capacity(args.len());
        for arg in &args {
            own.push(if self.derives(k) {
                value::operation(self.graph, op::Alias { name: self.graph.len() }, &[arg])
                    .map_err(|m| self.shape_error(m, whole, span, &[]))?
            } else {
                arg.clone()
            });
        }
        let (declared, at) = (self.declared.len(), self.functions[k].body);
        self.enter(Waiting {
            function: k,
            args,
            own,
            span: span.clone(),
            whole: whole.clone(),
            declared,
            at,
            nodes: self.graph.len(),
            statement: self.statement,
            value: None,
            place: (self.lexer.clone(), self.token, self.span.clone()),
            parameters: Vec::new(),
            later: Vec::new(),
            frames: Vec::new(),
            operands: Vec::new(),
        })?;
        Ok(None)
    }

    /// Goes to the beginning of a body.
    fn enter(&mut self, mut call: Waiting<'s>) -> Result<(), Diagnostic> {
        let function = &self.functions[call.function];
        let sees = function.sees.max(call.function).min(self.functions.len());
        let parameters = function.names.iter().copied().zip(call.own.iter().cloned()).collect();
        call.parameters = std::mem::replace(&mut self.parameters, parameters);
        call.later = self.functions.split_off(sees);
        call.frames = std::mem::take(&mut self.frames);
        call.operands = std::mem::take(&mut self.operands);
        (call.statement, self.statement) = (self.statement, call.at);
        self.lexer.jump(call.at);
        self.calls.push(call);
        self.advance()
    }

    /// Goes back to where the last call stands.
    fn leave(&mut self) -> Option<Waiting<'s>> {
        let mut call = self.calls.pop()?;
        self.reread += self.span.start.saturating_sub(call.at);
        self.functions.append(&mut call.later);
        self.parameters = std::mem::take(&mut call.parameters);
        self.frames = std::mem::take(&mut call.frames);
        self.operands = std::mem::take(&mut call.operands);
        (self.lexer, self.token, self.span) = call.place.clone();
        (self.statement, self.ended) = (call.statement, self.span.start);
        Some(call)
    }

    /// The value of the call whose body was read, and where the call stands; none where its derivative is read first.
    fn end_body(&mut self, read: Value) -> Result<Option<(Value, Span)>, Diagnostic> {
        let Some(call) = self.leave() else { return Ok(None) };
        let k = call.function;
        if self.reread > MAX_REREAD || self.graph.len() > MAX_NODES {
            let message = format!("calls of `{}` lead to too large a formula", self.functions[k].name);
            return Err(error(Kind::Limit, &call.span, message));
        }
        self.graph.attribute(call.nodes, self.functions[k].origin);
        let result = match (call.value.clone(), self.functions[k].derivative) {
            (None, Some(at)) => {
                self.enter(Waiting { at, value: Some(read), ..call })?;
                return Ok(None);
            }
            (Some(value), _) => {
                let parts: Vec<&Value> = std::iter::once(&value).chain(&call.own).chain([&read]).collect();
                value::operation(self.graph, op::Override, &parts)
                    .map_err(|m| self.shape_error(m, &call.whole, &call.span, &[]))?
            }
            (None, None) => read,
        };
        if self.declared.len() == call.declared {
            self.known.insert((k, call.args), result.clone());
        }
        Ok(Some((result, call.whole)))
    }

    /// Does the body of a function take derivatives?
    fn derives(&self, k: usize) -> bool {
        let text = &self.source[self.functions[k].body..self.functions[k].end];
        ["d(", "grad(", "hessian(", "jacobian(", "vjp(", "jvp("].iter().any(|w| text.contains(w))
    }
}
