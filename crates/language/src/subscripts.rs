//! Brackets behind a value: `X[i, 1:3]`.

use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::entries::{self, Edge, Item};
use crate::lexer::Token;
use crate::parser::{Operand, Parser, Span, error};

/// The most brackets within brackets.
const MAX_BRACKETS: usize = 50;

impl<'s> Parser<'s, '_> {
    pub(crate) fn subscript(&mut self, open: &Span) -> Result<(), Diagnostic> {
        if self.token == Token::OpenBracket && self.recursion_slice()? {
            return Ok(());
        }
        let Some(base) = self.operands.pop().filter(|o| !o.literal) else {
            return Err(error(Kind::Syntax, open, "a number has no entries").help("write `*` for a product"));
        };
        let mut items = Vec::new();
        loop {
            self.advance()?;
            items.push(self.item()?);
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
        let value =
            entries::taken(self.graph, &base.value, items).map_err(|m| self.shape_error(m, &whole, &whole, &[]))?;
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

    /// Does a formula stand here, whose values are positions: more than a name, a number or a range?
    fn is_formula(&self) -> bool {
        let mut ahead = self.lexer.clone();
        let mut next = || ahead.next().map_or(Token::End, |(token, _)| token);
        let ends = |token| matches!(token, Token::Comma | Token::CloseBracket | Token::End);
        let short = match self.token {
            Token::Name | Token::Number => ends(next()),
            Token::Minus => next() == Token::Number && ends(next()),
            Token::Open | Token::OpenBracket | Token::Plus => false,
            _ => true,
        };
        !short && !self.is_range()
    }

    /// Positions that are computed, as in `x[argsort(y)]`; of a number that of one entry.
    fn positions(&mut self) -> Result<Item, Diagnostic> {
        if self.brackets >= MAX_BRACKETS {
            return Err(error(Kind::Limit, &self.span, "brackets are nested too deeply"));
        }
        self.brackets += 1;
        let indexing = std::mem::replace(&mut self.indexing, true);
        let value = self.expression();
        self.indexing = indexing;
        self.brackets -= 1;
        let value = value?;
        let number = self.graph.as_number(value.id).filter(|_| value.rank() == 0);
        Ok(number.and_then(|n| n.as_i64()).map_or(Item::Gather(value), Item::At))
    }

    fn item(&mut self) -> Result<Item, Diagnostic> {
        if self.is_formula() {
            return self.positions();
        }
        if self.token == Token::Name && !self.is_range() {
            let span = self.span.clone();
            let name = self.slice(&span);
            let item = if name == "None" {
                Item::Stretch
            } else if let Some(index) = self.indices.iter().rev().find(|i| self.index_names[**i as usize] == name) {
                Item::Index(*index)
            } else if let Some(value) = self.variable(name) {
                Item::Gather(value)
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
        if step == 0 {
            return Err(error(Kind::Number, &self.span, "the step of a range is not 0"));
        }
        Ok(if start.is_none() && stop.is_none() && step == 1 { Item::All } else { Item::Slice(start, stop, step) })
    }
}
