//! Calls, lists and brackets behind a value; messages for shapes that don't fit.

use super::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use super::lexer::Token;
use super::library::{self, Argument, Call, LIBRARY};
use super::parser::{Callee, Frame, MAX_NODES, OpenCall, Operand, Parser, Span, error};
use super::special::Special;
use super::suggest::closest;
use super::value::{self, Axis, Misfit, Value};
use crate::graph::{Constant, Id};
use crate::number::Number;
use crate::shape::{Dim, Dimension};
use crate::substitute::substitute;
use crate::table::operations as op;
use crate::table::{Form, Primitive};

/// How deep functions may call each other where their bodies are read anew.
const MAX_CALLS: usize = 64;

/// How much text of functions is read anew.
const MAX_REREAD: usize = 1 << 19;

/// Is it one value with axes?
fn reducible(args: &[(Option<&str>, Argument<'_>)]) -> bool {
    matches!(args, [(None, Argument::Value(v))] if v.rank() > 0)
}

/// An end of a range: a position, from the end if negative, or a size by name.
enum Edge {
    At(i64),
    Size(Dimension),
}

/// One item between brackets.
enum Item {
    All,
    Stretch,
    Slice(Option<Edge>, Option<Edge>, i64),
    At(i64),
    Index(u32),
    Gather(Value),
}

/// The beginning of calls.
impl<'s> Parser<'s, '_> {
    pub(super) fn callee(&self, name: &'s str, span: &Span) -> Result<Callee, Diagnostic> {
        if let Some(&k) = self.names.functions.get(name) {
            return Ok(Callee::Function(k));
        }
        if let Some(primitive) = Primitive::from_name(name) {
            return Ok(Callee::Primitive(primitive));
        }
        if let Some(entry) = library::entry(name) {
            return Ok(Callee::Library(entry));
        }
        if let Some(special) = Special::named(name) {
            return Ok(Callee::Special(special));
        }
        if name == self.defining {
            return Err(error(Kind::Name, span, format!("`{name}` calls itself"))
                .help("functions are not recursive; scan(step, first, X) repeats a step"));
        }
        let unknown = error(Kind::UnknownFunction, span, format!("there is no function `{name}`"));
        let own = self.functions.iter().map(|f| f.name);
        let names =
            Primitive::ALL.iter().flat_map(|p| std::iter::once(p.row().name).chain(p.row().synonyms.iter().copied()));
        let names = names.chain(LIBRARY.iter().map(|e| e.name)).chain(Special::ALL.iter().map(|s| s.name()));
        let product = format!("write {name}*(…) for a product");
        if Constant::ALL.iter().any(|(_, n)| *n == name) || self.graph.find_symbol(name).is_some() {
            return Err(unknown.help(product));
        }
        if matches!(name, "diff" | "D") {
            return Err(unknown.help("write the formula alone: it is what gets differentiated; within it, d(u, x)"));
        }
        Err(match closest(name, names.chain(own)) {
            Some(better) => unknown.help(format!("did you mean `{better}`?")),
            None => unknown.help(format!("define it before, {name}(x) = …, or {product}")),
        })
    }

    /// Opens a call at its parenthesis, or at the bracket of its indices.
    pub(super) fn open_call(&mut self, callee: Callee, span: Span, binds: bool) -> Result<(), Diagnostic> {
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

    pub(super) fn new_index(&mut self, name: &'s str) -> u32 {
        self.index_names.push(name);
        (self.index_names.len() - 1) as u32
    }

    /// `axis=` before an argument: reads it, if it is there.
    pub(super) fn argument_name(&mut self) -> Result<bool, Diagnostic> {
        let span = self.span.clone();
        let Some(Frame::Call(call)) = self.frames.last() else { return Ok(false) };
        let takes = match call.callee {
            Callee::Library(_) | Callee::Special(_) => true,
            Callee::Primitive(p) => library::entry(p.name()).is_some(),
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
    pub(super) fn word(&mut self, name: &'s str) -> Result<bool, Diagnostic> {
        let mut ahead = self.lexer.clone();
        if !matches!(ahead.next(), Ok((Token::Comma | Token::Close, _))) {
            return Ok(false);
        }
        let Some(Frame::Call(call)) = self.frames.last() else { return Ok(false) };
        let sizes = ["eye", "ones", "zeros", "full", "one_hot", "reshape", "pad"];
        let wanted = match call.callee {
            Callee::Library(entry) => {
                sizes.contains(&entry.name) && !call.args.is_empty() || matches!(entry.name, "eye" | "ones" | "zeros")
            }
            Callee::Special(_) => self.is_function(name),
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

    fn is_function(&self, name: &str) -> bool {
        Primitive::from_name(name).is_some()
            || library::entry(name).is_some()
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

    pub(super) fn comma(&mut self) -> Result<(), Diagnostic> {
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

    pub(super) fn close(&mut self) -> Result<(), Diagnostic> {
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
                let value = self.call(*call, &span)?;
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
        self.advance()
    }

    /// The end of a list.
    pub(super) fn close_bracket(&mut self) -> Result<(), Diagnostic> {
        self.reduce_group()?;
        let end = self.span.end;
        match self.frames.pop() {
            Some(Frame::List(open, first)) => {
                let parts: Vec<Value> = self.operands.drain(first..).map(|o| o.value).collect();
                let span = open.start..end;
                let value = library::stacked(self.graph, &parts);
                let value = value.map_err(|m| self.misfit(m, &span, &span, &[]))?;
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
    pub(super) fn transpose(&mut self, span: &Span) -> Result<(), Diagnostic> {
        if let Some(operand) = self.operands.pop() {
            let value = library::transpose(self.graph, &operand.value);
            let value = value.map_err(|m| self.misfit(m, &(operand.span.start..span.end), span, &[]))?;
            self.operands.push(Operand { value, span: operand.span.start..span.end, literal: false });
        }
        self.advance()
    }

    /// The value of a call.
    fn call(&mut self, call: OpenCall<'s>, whole: &Span) -> Result<Value, Diagnostic> {
        self.indices.truncate(call.scope);
        let OpenCall { callee, span, args, indices, .. } = call;
        if !indices.is_empty() {
            return self.index_reduction(&span, &args, &indices, whole);
        }
        let reduction = match callee {
            // A scalar has no axis to reduce: there the elementwise function lacks an argument.
            Callee::Primitive(p) if args.iter().any(|(n, _)| n.is_some()) || reducible(&args) => {
                library::entry(p.name())
            }
            Callee::Library(entry) => Some(entry),
            _ => None,
        };
        match (reduction, callee) {
            (Some(entry), _) => {
                let (named, args): (Vec<_>, Vec<_>) = args.into_iter().partition(|(name, _)| name.is_some());
                if let Some((Some(name), _)) = named.iter().find(|(n, _)| !n.is_some_and(|n| entry.named.contains(&n)))
                {
                    let message = format!("`{}` has no argument `{name}`", entry.name);
                    return Err(error(Kind::Arguments, &span, message).help(format!("write {}", entry.usage)));
                }
                if !entry.arguments.contains(&args.len()) {
                    return Err(self.wrong_count(callee, &span, args.len()));
                }
                let named = named.into_iter().filter_map(|(n, a)| Some((n?, a))).collect();
                let args = args.into_iter().map(|(_, a)| a).collect();
                let mut call = Call { graph: self.graph, args, named };
                (entry.apply)(&mut call).map_err(|m| self.misfit(m, whole, &span, &[]))
            }
            (None, Callee::Primitive(primitive)) => {
                let values = self.plain(args, callee, &span)?;
                self.primitive(primitive, &values, &span, whole)
            }
            (None, Callee::Function(k)) => {
                let values = self.plain(args, callee, &span)?;
                self.function_call(k, values, &span, whole)
            }
            (None, Callee::Special(special)) => self.special(special, args, &span, whole),
            (None, Callee::Library(_)) => Err(self.wrong_count(callee, &span, 0)),
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

    fn primitive(
        &mut self,
        primitive: Primitive,
        args: &[Value],
        span: &Span,
        whole: &Span,
    ) -> Result<Value, Diagnostic> {
        let (arity, defaults) = (primitive.arity(), primitive.row().defaults);
        let mut all = args.to_vec();
        let folds = matches!(primitive, Primitive::Max | Primitive::Min | Primitive::Hypot);
        if args.len() > arity && arity == 2 && folds {
            let mut total = args[0].clone();
            for next in &args[1..] {
                total =
                    value::map(self.graph, primitive, &[&total, next]).map_err(|m| self.misfit(m, whole, span, &[]))?;
            }
            return Ok(total);
        }
        if args.len() > arity || args.len() + defaults.len() < arity {
            return Err(self.wrong_count(Callee::Primitive(primitive), span, args.len()));
        }
        for (n, d) in &defaults[defaults.len() - (arity - args.len())..] {
            all.push(Value::scalar(self.graph.number(Number::ratio(*n, *d).unwrap_or(Number::ZERO))));
        }
        let list: Vec<&Value> = all.iter().collect();
        value::map(self.graph, primitive, &list).map_err(|m| self.misfit(m, whole, span, &[]))
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
        let (Some(reduction), [(None, Argument::Value(body))]) = (library::Reduction::named(name), args) else {
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
        library::reduce(self.graph, &bound, &axes, reduction).map_err(|m| self.misfit(m, whole, span, &[]))
    }
}

/// Functions of the text.
impl<'s> Parser<'s, '_> {
    pub(super) fn function_call(
        &mut self,
        k: usize,
        args: Vec<Value>,
        span: &Span,
        whole: &Span,
    ) -> Result<Value, Diagnostic> {
        if self.functions[k].names.len() != args.len() {
            return Err(self.wrong_count(Callee::Function(k), span, args.len()));
        }
        let plain = args.iter().all(|a| a.axes.is_empty() && a.free.is_empty());
        if let (true, Some((parameters, body)), None) = (plain, &self.functions[k].scalar, self.functions[k].derivative)
        {
            let pairs: Vec<(Id, Id)> = parameters.iter().copied().zip(args.iter().map(|a| a.id)).collect();
            let expanded = substitute(self.graph, *body, &pairs, MAX_NODES);
            let id = expanded
                .ok_or_else(|| error(Kind::Limit, span, format!("the formula has more than {MAX_NODES} nodes")))?;
            return Ok(Value::of(self.graph, id));
        }
        if let Some((_, _, known)) = self.known.iter().find(|(f, a, _)| *f == k && *a == args) {
            return Ok(known.clone());
        }
        // What is differentiated by within the body must be a node of its own.
        let mut own = Vec::with_capacity(args.len());
        for arg in &args {
            own.push(if self.derives(k) {
                value::operation(self.graph, op::Alias { name: self.graph.len() }, &[arg])
                    .map_err(|m| self.misfit(m, whole, span, &[]))?
            } else {
                arg.clone()
            });
        }
        let before = self.declared.len();
        let mut result = self.body(k, self.functions[k].body, &own, span)?;
        if let Some(at) = self.functions[k].derivative {
            let slope = self.body(k, at, &own, span)?;
            let parts: Vec<&Value> = std::iter::once(&result).chain(&own).chain([&slope]).collect();
            result =
                value::operation(self.graph, op::Override, &parts).map_err(|m| self.misfit(m, whole, span, &[]))?;
        }
        if self.declared.len() == before {
            self.known.push((k, args, result.clone()));
        }
        Ok(result)
    }

    /// Does the body of a function take derivatives?
    fn derives(&self, k: usize) -> bool {
        let text = &self.source[self.functions[k].body..self.functions[k].end];
        ["d(", "grad(", "hessian(", "jacobian(", "vjp(", "jvp("].iter().any(|w| text.contains(w))
    }

    /// Reads a function's body again with its arguments.
    fn body(&mut self, k: usize, at: usize, args: &[Value], span: &Span) -> Result<Value, Diagnostic> {
        let name = self.functions[k].name;
        if self.nesting >= MAX_CALLS {
            return Err(error(Kind::Limit, span, format!("functions call each other more than {MAX_CALLS} deep")));
        }
        let after = (self.lexer.clone(), self.token, self.span.clone());
        let parameters = std::mem::take(&mut self.parameters);
        self.parameters = self.functions[k].names.iter().copied().zip(args.iter().cloned()).collect();
        let later = self.functions.split_off(self.functions[k].sees.max(k).min(self.functions.len()));
        self.nesting += 1;
        self.lexer.jump(at);
        let read = self.advance().and_then(|()| self.expression());
        self.reread += self.span.start.saturating_sub(at);
        self.nesting -= 1;
        self.functions.extend(later);
        self.parameters = parameters;
        (self.lexer, self.token, self.span) = after;
        if self.reread > MAX_REREAD || self.graph.len() > MAX_NODES {
            return Err(error(Kind::Limit, span, format!("calls of `{name}` lead to too large a formula")));
        }
        read
    }
}

/// `X[i, 1:3]`
impl<'s> Parser<'s, '_> {
    pub(super) fn subscript(&mut self, open: &Span) -> Result<(), Diagnostic> {
        let Some(base) = self.operands.pop().filter(|o| !o.literal) else {
            return Err(error(Kind::Syntax, open, "a number has no entries").help("write `*` for a product"));
        };
        let mut items = Vec::new();
        loop {
            self.advance()?;
            items.push((self.item()?, self.span.clone()));
            match self.token {
                Token::Comma => {}
                Token::CloseBracket => break,
                _ => {
                    let found = self.slice(&self.span.clone());
                    return Err(error(Kind::Syntax, &self.span, format!("expected `,` or `]`, found `{found}`"))
                        .help("between brackets stand numbers, ranges such as 1:3, `:`, None, and indices"));
                }
            }
        }
        let whole = base.span.start..self.span.end;
        let value = self.taken(&base.value, items).map_err(|m| self.misfit(m, &whole, &whole, &[]))?;
        self.operands.push(Operand { value, span: whole, literal: false });
        self.advance()
    }

    fn whole_number(&mut self) -> Result<Option<i64>, Diagnostic> {
        let minus = self.token == Token::Minus;
        if minus {
            self.advance()?;
        }
        if self.token != Token::Number {
            return Ok(None);
        }
        let text = self.slice(&self.span.clone());
        let Ok(n) = text.parse::<i64>() else {
            return Err(error(
                Kind::Number,
                &self.span,
                format!("`{text}` is no position; positions are whole numbers"),
            ));
        };
        self.advance()?;
        Ok(Some(if minus { -n } else { n }))
    }

    /// Does a `:` stand in this item?
    fn is_range(&self) -> bool {
        let mut ahead = self.lexer.clone();
        let mut token = self.token;
        let mut depth = 0;
        loop {
            match token {
                Token::Colon if depth == 0 => return true,
                Token::Open | Token::OpenBracket => depth += 1,
                Token::Close | Token::CloseBracket if depth > 0 => depth -= 1,
                Token::Comma if depth == 0 => return false,
                Token::Close | Token::CloseBracket | Token::End => return false,
                _ => {}
            }
            match ahead.next() {
                Ok((next, _)) => token = next,
                Err(_) => return false,
            }
        }
    }

    /// An end of a range, if one stands here.
    fn edge(&mut self) -> Result<Option<Edge>, Diagnostic> {
        let next = self.lexer.clone().next().map(|(t, _)| t);
        let sum = self.token == Token::Number && matches!(next, Ok(Token::Plus | Token::Minus | Token::Times));
        if self.token == Token::Name || sum {
            return Ok(Some(Edge::Size(self.dimension()?)));
        }
        Ok(self.whole_number()?.map(Edge::At))
    }

    fn item(&mut self) -> Result<Item, Diagnostic> {
        if self.token == Token::Name && !self.is_range() {
            let span = self.span.clone();
            let name = self.slice(&span);
            let item = if name == "None" {
                Item::Stretch
            } else if let Some(index) = self.indices.iter().rev().find(|i| self.index_names[**i as usize] == name) {
                Item::Index(*index)
            } else if let Some(value) = self.variable(name) {
                self.advance()?;
                let mut value = value;
                if self.token == Token::OpenBracket {
                    // X[y[i]]
                    self.operands.push(Operand { value, span: span.clone(), literal: false });
                    let open = self.span.clone();
                    self.subscript(&open)?;
                    value = self
                        .operands
                        .pop()
                        .map(|o| o.value)
                        .ok_or_else(|| error(Kind::Syntax, &span, "nothing here"))?;
                }
                return Ok(Item::Gather(value));
            } else {
                return Err(error(Kind::Name, &span, format!("`{name}` is no index here"))
                    .help(format!("indices come from sum[{name}](…) or from the left side, y[{name}] = …")));
            };
            self.advance()?;
            return Ok(item);
        }
        let start = self.edge()?;
        if self.token != Token::Colon {
            return match start {
                Some(Edge::At(at)) => Ok(Item::At(at)),
                _ => Err(error(Kind::Syntax, &self.span, "expected a position, a range or an index")),
            };
        }
        self.advance()?;
        let stop = self.edge()?;
        let mut step = 1;
        if self.token == Token::Colon {
            self.advance()?;
            step = self.whole_number()?.unwrap_or(1);
        }
        if step < 1 {
            return Err(error(Kind::Number, &self.span, "the step of a range is 1, 2, …"));
        }
        Ok(if start.is_none() && stop.is_none() && step == 1 { Item::All } else { Item::Slice(start, stop, step) })
    }

    fn taken(&mut self, base: &Value, items: Vec<(Item, Span)>) -> Result<Value, Misfit> {
        let wanted = items.iter().filter(|(i, _)| !matches!(i, Item::Stretch)).count();
        if wanted > base.rank() {
            let shape = base.shape_text(self.graph);
            let words = if base.rank() == 0 {
                "brackets take entries of a vector or a matrix, and this is one number".to_string()
            } else {
                format!("{wanted} positions are given, and the shape is {shape}")
            };
            return Err(words.into());
        }
        let (mut value, mut axis) = (base.clone(), 0);
        for (item, _) in items {
            match item {
                Item::All => axis += 1,
                Item::Stretch => {
                    value.axes.insert(axis, Axis::Stretch);
                    axis += 1;
                }
                Item::Slice(start, stop, step) => {
                    value = self.sliced(&value, axis, start, stop, step)?;
                    axis += 1;
                }
                Item::At(at) => value = self.entry(&value, axis, at)?,
                Item::Index(index) => value = value::release(self.graph, &value, axis, index)?,
                Item::Gather(at) => {
                    value = self.gathered(&value, axis, &at)?;
                    axis += at.rank();
                }
            }
        }
        Ok(value)
    }

    fn axis_dim(&self, value: &Value, axis: usize) -> Result<Dim, Misfit> {
        match value.axes[axis] {
            Axis::Dim(d) => Ok(d),
            Axis::Stretch => Err("an axis made by None has no positions".into()),
        }
    }

    /// Is a position within a dimension of known size?
    fn within(&self, dim: Dim, at: i64) -> Result<(), Misfit> {
        let Some(size) = self.graph.dimension(dim).as_size() else { return Ok(()) };
        let place = if at < 0 { at.checked_add_unsigned(size).unwrap_or(-1) } else { at };
        if (0..size as i64).contains(&place) {
            return Ok(());
        }
        Err(format!("position {at} is outside: the axis has {size} entries, 0 to {}", size.saturating_sub(1)).into())
    }

    fn entry(&mut self, value: &Value, axis: usize, at: i64) -> Result<Value, Misfit> {
        let dim = self.axis_dim(value, axis)?;
        self.within(dim, at)?;
        let mut order: Vec<usize> = (0..value.rank()).filter(|k| *k != axis).collect();
        order.push(axis);
        let moved = value::permute(self.graph, value, &order);
        value::operation(self.graph, op::Entry { at }, &[&moved])
    }

    fn sliced(
        &mut self,
        value: &Value,
        axis: usize,
        start: Option<Edge>,
        stop: Option<Edge>,
        step: i64,
    ) -> Result<Value, Misfit> {
        let dim = self.axis_dim(value, axis)?;
        let size = self.graph.dimension(dim).clone();
        let absolute = |at: &Edge| match at {
            Edge::At(at) if *at < 0 => size.sub(&Dimension::size(at.unsigned_abs())),
            Edge::At(at) => Dimension::size(at.unsigned_abs()),
            Edge::Size(size) => size.clone(),
        };
        let mut from = start.as_ref().map_or(Dimension::size(0), absolute);
        let mut to = stop.as_ref().map_or(size.clone(), absolute);
        if let Some(n) = size.as_size() {
            // Beyond the ends means at the ends, as in Python; sizes by name are no numbers yet.
            let clamp = |d: &Dimension, edge: &Option<Edge>| match edge {
                Some(Edge::Size(_)) => d.clone(),
                _ => Dimension::size(d.as_size().unwrap_or(0).min(n)),
            };
            (from, to) = (clamp(&from, &start), clamp(&to, &stop));
        }
        let length = to.sub(&from);
        let length = match (length.as_size(), step) {
            (_, 1) => length,
            (Some(n), step) => Dimension::size(n.div_ceil(step.unsigned_abs())),
            (None, _) => return Err("a step needs an axis of known size".into()),
        };
        if length.as_size() == Some(0) || length.terms().all(|(_, c)| c < 0) {
            return Err("this range is empty".into());
        }
        let value = value.settled(self.graph);
        let step = step.unsigned_abs();
        let start = match start {
            None => 0,
            Some(Edge::At(at)) => at,
            Some(Edge::Size(_)) if step == 1 => {
                // All up to the end of the range, and of that the last ones.
                let head = op::Slice { start: 0, step: 1, length: to };
                let head = library::slice(self.graph, &value, axis, head)?;
                return library::slice(self.graph, &head, axis, op::Tail { length });
            }
            Some(Edge::Size(_)) => return Err("a step needs a range that begins at a number".into()),
        };
        library::slice(self.graph, &value, axis, op::Slice { start, step, length })
    }

    fn gathered(&mut self, value: &Value, axis: usize, at: &Value) -> Result<Value, Misfit> {
        let order: Vec<usize> = std::iter::once(axis).chain((0..value.rank()).filter(|k| *k != axis)).collect();
        let moved = value::permute(self.graph, value, &order);
        let found = library::gather(self.graph, &moved, at)?;
        let r = at.rank();
        let order: Vec<usize> = (r..r + axis).chain(0..r).chain(r + axis..found.rank()).collect();
        Ok(value::permute(self.graph, &found, &order))
    }
}

/// Messages.
impl<'s> Parser<'s, '_> {
    pub(super) fn wrong_count(&self, callee: Callee, span: &Span, found: usize) -> Diagnostic {
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
            Callee::Library(entry) => (entry.name, entry.arguments.clone(), entry.usage.to_string()),
            Callee::Special(special) => (special.name(), special.counts(), special.usage().to_string()),
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
    fn quoted(&self, span: &Span) -> String {
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
    pub(super) fn misfit(&self, misfit: Misfit, whole: &Span, place: &Span, operands: &[&Operand]) -> Diagnostic {
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
    pub(super) fn no_vector(&self, operand: &Operand, whole: &Span, place: &Span) -> Diagnostic {
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
