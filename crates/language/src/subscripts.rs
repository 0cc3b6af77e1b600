//! Brackets behind a value: `X[i, 1:3]`.

use wrt_core::{Dim, Dimension, operations as op};

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::lexer::Token;
use crate::library;
use crate::parser::{Operand, Parser, Span, error};
use crate::value::{self, Axis, Misfit, Value};

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

impl<'s> Parser<'s, '_> {
    pub(crate) fn subscript(&mut self, open: &Span) -> Result<(), Diagnostic> {
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
            // What is taken of an axis that None has made: it has one entry.
            let taken = !matches!(item, Item::All | Item::Stretch);
            if taken && value.axes.get(axis) == Some(&Axis::Stretch) {
                value = value.settled(self.graph);
            }
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
        mut start: Option<Edge>,
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
            if matches!(&start, Some(Edge::At(at)) if at.unsigned_abs() > n) {
                start = from.as_size().and_then(|k| i64::try_from(k).ok()).map(Edge::At);
            }
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
