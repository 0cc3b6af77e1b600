//! Recursions along an axis, as people write them: `h[-1] = s0`, then `h[t] = tanh(X[t] @ W + h[t-1] @ U)`.
//!
//! A recursion begins with what stands before the first entry (`h[-1] = …`, one line for each state) and ends with the line
//! of the last state. One that runs from the last entry to the first begins with what stands behind it (`d[T] = …`) and
//! reads `d[t+1]`. Its lines between are stacked, too: each name is an array along the axis.

use std::sync::Arc;

use wrt_core::{
    Assumptions, Dim, Dimension, Id, Role,
    operations::{Scan, Step},
};

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::lexer::{Lexer, Token};
use crate::parser::{Operand, Parser, Span, error};
use crate::scans::{Inner, Steps};
use crate::value::{Axis, Value};

/// A recursion that is being read.
#[derive(Default)]
pub(crate) struct Recursion<'s> {
    states: Vec<State<'s>>,
    /// What stands behind the last entry, where it runs from there.
    end: Option<Dimension>,
    /// The index: `t`; empty before the first line.
    index: &'s str,
    lines: Vec<(&'s str, Span, Value)>,
    slices: Vec<Slice>,
    /// The first node of the graph that belongs to it.
    at: usize,
}

struct State<'s> {
    name: &'s str,
    span: Span,
    first: Value,
    /// What stands for it in the lines.
    inner: Value,
}

struct Slice {
    of: Id,
    inner: Value,
    length: Dim,
}

/// The states before each step of a recursion that was read.
pub(crate) struct Before {
    of: Id,
    states: Id,
    backward: bool,
}

impl<'s> Recursion<'s> {
    fn line(&self, name: &str) -> Option<&(&'s str, Span, Value)> {
        self.lines.iter().find(|(n, ..)| *n == name)
    }

    fn is_whole(&self) -> bool {
        self.states.iter().all(|s| self.line(s.name).is_some())
    }
}

impl<'s> Parser<'s, '_> {
    /// `[-1] =`, or `[T] =` with a size, if that is what follows: what stands behind the last entry in the second case.
    pub(crate) fn edge_of_recursion(&self, ahead: &mut Lexer<'s>) -> Option<Option<Dimension>> {
        let (mut tokens, mut text) = (Vec::new(), None::<Span>);
        loop {
            let (token, span) = ahead.next().ok()?;
            match token {
                Token::CloseBracket => break,
                Token::Name | Token::Number | Token::Plus | Token::Minus | Token::Times => {
                    tokens.push((token, span.clone()));
                    text = Some(text.map_or(span.clone(), |t| t.start..span.end));
                }
                _ => return None,
            }
        }
        let text = self.slice(&text?);
        let is_assigned = ahead.next().ok()?.0 == Token::Assign;
        let known = |name: &str| self.dim_sources.iter().any(|(d, _)| self.graph.dimension(*d).as_name() == Some(name));
        let is_size = tokens.iter().all(|(token, span)| *token != Token::Name || known(self.slice(span)));
        match text {
            _ if !is_assigned => None,
            "-1" | "- 1" => Some(None),
            _ if is_size && tokens[0].0 != Token::Minus => Some(Some(Dimension::read(text))),
            _ => None,
        }
    }

    /// `h[-1] = …`: a recursion begins, or has one more state.
    pub(crate) fn recursion_start(
        &mut self,
        (name, span): (&'s str, Span),
        end: Option<Dimension>,
    ) -> Result<(), Diagnostic> {
        self.refuse_second(&(name, span.clone()))?;
        let at = self.graph.len();
        let open = self.recursion.get_or_insert_with(|| Recursion { end: end.clone(), at, ..Recursion::default() });
        let (lines, other, known) = (open.lines.len(), open.end != end, open.states.iter().any(|s| s.name == name));
        if lines > 0 || other {
            return Err(error(
                Kind::Syntax,
                &span,
                "all states of a recursion begin at the same end, before its lines",
            )
            .help("write one recursion after the other"));
        }
        if known {
            return Err(error(Kind::Name, &span, format!("`{name}` begins twice")));
        }
        // The value before the first step knows nothing of the recursion.
        let open = self.recursion.take();
        self.advance()?;
        let first = self.expression();
        self.recursion = open;
        let first = first?.with_unit_axes(self.graph);
        if !first.free.is_empty() {
            return Err(error(Kind::Shape, &span, "what a recursion begins with has no free index"));
        }
        let dims = first.dims();
        let inner = self.inner(name, &dims);
        if let Some(open) = self.recursion.as_mut() {
            open.states.push(State { name, span, first, inner });
        }
        Ok(())
    }

    /// What stands for a state or a slice in the lines; a name that no text can mean.
    fn inner(&mut self, what: &str, dims: &[Dim]) -> Value {
        let name = format!("{what} within at {}", self.graph.len());
        let id = self.graph.tensor_symbol(&name, Role::Variable, dims, Assumptions::default());
        Value::of(self.graph, id)
    }

    /// `h[t] = …`: a line of the recursion that is open.
    pub(crate) fn recursion_line(
        &mut self,
        name: (&'s str, Span),
        index: &'s str,
    ) -> Result<Option<Value>, Diagnostic> {
        self.refuse_second(&name)?;
        let Some(open) = self.recursion.as_mut() else { return Ok(None) };
        if open.index.is_empty() {
            open.index = index;
        }
        if open.index != index {
            let message = format!("this recursion goes along `{}`, not along `{index}`", open.index);
            return Err(error(Kind::Name, &name.1, message));
        }
        if open.line(name.0).is_some() {
            return Err(error(Kind::Name, &name.1, format!("`{}` is defined twice", name.0)));
        }
        (self.current, self.layers) = (name.0, 0);
        self.advance()?;
        let value = self.expression()?.with_unit_axes(self.graph);
        self.current = "";
        let Some(open) = self.recursion.as_mut() else { return Ok(None) };
        if let Some(state) = open.states.iter().find(|s| s.name == name.0)
            && (state.first.dims() != value.dims() || !value.free.is_empty())
        {
            let (first, found) = (state.first.shape_text(self.graph), value.shape_text(self.graph));
            let message = format!("`{}` begins with the shape {first} and goes on with {found}", name.0);
            return Err(error(Kind::Shape, &name.1, message).help("a state keeps its shape"));
        }
        open.lines.push((name.0, name.1, value));
        if open.is_whole() { self.close_recursion().map(Some) } else { Ok(None) }
    }

    /// Is a recursion open that lacks lines? What it lacks.
    pub(crate) fn unfinished_recursion(&self) -> Option<Diagnostic> {
        let open = self.recursion.as_ref()?;
        let state = open.states.iter().find(|s| open.line(s.name).is_none())?;
        let index = if open.index.is_empty() { "t" } else { open.index };
        let name = state.name;
        Some(
            error(Kind::Syntax, &state.span, format!("the recursion of `{name}` begins here and never goes on"))
                .help(format!("its next line is {name}[{index}] = …")),
        )
    }

    /// `h[t]`, `h[t-1]` of the recursion that is open: is this name one of its own, with an index of it?
    pub(crate) fn recursion_entry(&mut self, name: &str, span: &Span) -> Result<bool, Diagnostic> {
        let Some(open) = self.recursion.as_ref().filter(|r| !r.index.is_empty()) else { return Ok(false) };
        let state = open.states.iter().find(|s| s.name == name).map(|s| s.inner.clone());
        let line = open.line(name).map(|(.., value)| value.clone());
        if state.is_none() && line.is_none() || !self.lexer.at_open_bracket() {
            return Ok(false);
        }
        self.advance()?;
        let open = self.span.clone();
        let Some(shift) = self.shifted_index()? else {
            let message = format!("within its recursion, `{name}` is known at single entries");
            return Err(error(Kind::Name, &open, message).help("write h[t] or h[t-1]"));
        };
        let step = self.direction();
        let whole = span.start..self.span.end;
        let value = match shift {
            0 => line.ok_or_else(|| {
                error(Kind::Name, &whole, format!("this entry of `{name}` is defined further below"))
                    .help("lines of a recursion use those above them, and states of the step before")
            })?,
            s if s == -step => state.ok_or_else(|| {
                error(Kind::Name, &whole, format!("nothing says what `{name}` begins with"))
                    .help(format!("write {name}[{}] = … before the recursion", self.edge_before()))
            })?,
            _ => return Err(self.wrong_shift(&whole)),
        };
        self.taken_entry(value, whole)
    }

    /// Where the recursion goes: 1 or −1.
    fn direction(&self) -> i64 {
        if self.recursion.as_ref().is_some_and(|r| r.end.is_some()) { -1 } else { 1 }
    }

    /// The position before the first step.
    fn edge_before(&self) -> String {
        let end = self.recursion.as_ref().and_then(|r| r.end.as_ref());
        end.map_or("-1".to_string(), Dimension::to_string)
    }

    fn wrong_shift(&self, span: &Span) -> Diagnostic {
        let words = if self.direction() > 0 { "one step back, as h[t-1]" } else { "one step ahead, as d[t+1]" };
        error(Kind::Syntax, span, format!("this recursion looks {words}"))
            .help("keep what lies further away in a state of its own")
    }

    /// `t`, `t-1` or `t+1` behind an opening bracket, if that is what follows it; the token behind it is next.
    fn shifted_index(&mut self) -> Result<Option<i64>, Diagnostic> {
        let Some(index) = self.recursion.as_ref().map(|r| r.index).filter(|i| !i.is_empty()) else { return Ok(None) };
        let mut ahead = self.lexer.clone();
        let next = |ahead: &mut Lexer<'s>| ahead.next().unwrap_or((Token::End, 0..0));
        let (token, span) = next(&mut ahead);
        if token != Token::Name || self.slice(&span) != index {
            return Ok(None);
        }
        let mut behind = next(&mut ahead);
        let mut shift = 0;
        if let Token::Plus | Token::Minus = behind.0 {
            let sign = if behind.0 == Token::Plus { 1 } else { -1 };
            let (token, span) = next(&mut ahead);
            match (token, self.slice(&span).parse::<i64>()) {
                (Token::Number, Ok(n)) => shift = sign * n,
                _ => return Ok(None),
            }
            behind = next(&mut ahead);
        }
        if !matches!(behind.0, Token::Comma | Token::CloseBracket) {
            return Ok(None);
        }
        self.lexer = ahead;
        (self.token, self.span) = behind;
        Ok(Some(shift))
    }

    /// An entry along the recursion's axis is the operand; further positions may follow in the same brackets.
    fn taken_entry(&mut self, value: Value, whole: Span) -> Result<bool, Diagnostic> {
        self.operands.push(Operand { value, span: whole.clone(), literal: false });
        match self.token {
            Token::Comma => self.subscript(&whole)?,
            _ => self.advance()?,
        }
        Ok(true)
    }

    /// `X[t]` within a recursion: the slice of the operand before the bracket, if that is what stands here.
    pub(crate) fn recursion_slice(&mut self) -> Result<bool, Diagnostic> {
        let Some(shift) = self.shifted_index()? else { return Ok(false) };
        let Some(base) = self.operands.pop() else { return Ok(false) };
        let whole = base.span.start..self.span.end;
        let value = base.value.with_unit_axes(self.graph);
        let Some(Axis::Dim(length)) = value.axes.first().cloned().filter(|_| value.free.is_empty()) else {
            return Err(error(Kind::Shape, &whole, "a recursion takes entries along the first axis of a value"));
        };
        let of = match shift {
            0 => value.id,
            s if s == 1 || s == -1 => match self.befores.iter().find(|b| b.of == value.id) {
                Some(before) if before.backward == (s == 1) => before.states,
                Some(_) => return Err(self.wrong_shift(&whole)),
                None => {
                    return Err(error(Kind::Name, &whole, "nothing says what stands beyond the ends of this")
                        .help("only states of a recursion have an entry before the first one"));
                }
            },
            _ => return Err(self.wrong_shift(&whole)),
        };
        let slices = self.recursion.as_ref().map_or(&[][..], |r| &r.slices[..]);
        if let Some(first) = slices.first().filter(|s| s.length != length) {
            let (a, b) = (self.graph.shape_text(&[first.length]), self.graph.shape_text(&[length]));
            return Err(error(Kind::Shape, &whole, format!("this recursion goes along {a}, and this along {b}")));
        }
        if let Some(known) = slices.iter().find(|s| s.of == of) {
            let inner = known.inner.clone();
            return self.taken_entry(inner, whole);
        }
        let dims = value.dims()[1..].to_vec();
        let inner = self.inner("slice", &dims);
        if let Some(open) = self.recursion.as_mut() {
            open.slices.push(Slice { of, inner: inner.clone(), length });
        }
        self.taken_entry(inner, whole)
    }

    /// The recursion is whole: one scan, of which each line is a result.
    fn close_recursion(&mut self) -> Result<Value, Diagnostic> {
        let Some(open) = self.recursion.take() else { return Err(self.no_recursion()) };
        let span = open.states[0].span.clone();
        let end = open.end.clone().map(|end| self.graph.dim(end));
        let Some(length) = open.slices.first().map(|s| s.length).or(end) else {
            return Err(error(Kind::Shape, &span, "nothing says how long this recursion is")
                .help("it goes along the first axis of what stands in it with the index, as X[t]"));
        };
        let found = self.graph.dimension(length).clone();
        if let Some(end) = open.end.as_ref().filter(|end| **end != found) {
            let message = format!("this recursion begins behind entry {end}, and goes along {found}");
            return Err(error(Kind::Shape, &span, message));
        }
        let backward = open.end.is_some();
        let ids = |values: &mut dyn Iterator<Item = &Value>| values.map(|v| v.id).collect::<Vec<Id>>();
        let states = ids(&mut open.states.iter().map(|s| &s.inner));
        let firsts = ids(&mut open.states.iter().map(|s| &s.first));
        let mut slices = ids(&mut open.slices.iter().map(|s| &s.inner));
        let mut over: Vec<Id> = open.slices.iter().map(|s| s.of).collect();
        if over.is_empty() {
            over.push(self.graph.zeros(&[length]));
            slices.push(self.inner("slice", &[]).id);
        }
        let outputs = ids(&mut open.lines.iter().map(|(.., value)| value));
        let news: Vec<Id> = open.states.iter().filter_map(|s| Some(open.line(s.name)?.2.id)).collect();
        let fail = |p: &Self, m| p.shape_error(m, &span, &span, &[]);
        let found = if self.scope.unroll {
            let over: Vec<Value> = over.iter().map(|id| Value::of(self.graph, *id)).collect();
            let steps = Steps { states: &states, slices: &slices, news: &news, outputs: &outputs, firsts: &firsts };
            self.unrolled(&steps, &over, backward).map_err(|m| fail(self, m))?
        } else {
            let names = open.states.iter().map(|s| s.name.to_string()).collect();
            let named = open.lines.iter().map(|(name, _, value)| (value.id, name.to_string())).collect();
            let inner = Inner {
                name: open.states[0].name,
                states: &states,
                slices: &slices,
                news: &news,
                outputs: &outputs,
                names,
                named,
            };
            let (step, captures) = inner.closed(self.graph).map_err(|m| fail(self, m))?;
            self.results_of(step, &[firsts, over, captures].concat(), backward).map_err(|m| fail(self, m))?
        };
        let from = found.len() - open.lines.len();
        let mut last = None;
        for ((name, span, _), value) in open.lines.iter().zip(&found[from..]) {
            let defined = self.define((name, span.clone()), value.clone(), open.at)?;
            let state = open.states.iter().position(|s| s.name == *name);
            if let Some(states) = state.and_then(|k| found[..from].get(k)) {
                self.befores.push(Before { of: defined.id, states: states.id, backward });
            }
            last = Some(defined);
        }
        last.ok_or_else(|| self.no_recursion())
    }

    /// The stacked states before each step, then the outputs: results of one call.
    fn results_of(&mut self, step: Step, args: &[Id], backward: bool) -> Result<Vec<Value>, wrt_core::ShapeError> {
        let before = Arc::new(step.with_outputs(step.inputs().0));
        let step = Arc::new(step);
        let counts = [(before, step.inputs().0.len()), (Arc::clone(&step), step.results().1.len())];
        let mut found = Vec::new();
        for (step, count) in counts {
            for k in 0..count {
                let scan = Scan { step: Arc::clone(&step), result: step.inputs().0.len() + k, backward };
                let id = self.graph.operation(scan, args)?;
                found.push(Value::of(self.graph, id));
            }
        }
        Ok(found)
    }

    fn no_recursion(&self) -> Diagnostic {
        error(Kind::Syntax, &self.span, "no recursion begins before this line").help("write h[-1] = … first")
    }
}
