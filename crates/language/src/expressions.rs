//! Expressions: tokens to graph by operator precedence, with explicit stacks.
//!
//! Dijkstra's shunting yard (1961): operands wait on one stack, operators and open brackets on another; an operator is
//! applied when one that binds less tightly follows. Brackets are on a stack of the parser's, so that `((((…` cannot
//! overflow the machine's.

use wrt_core::{Node, Number, Primitive, ShapeError};

use crate::apply::{self, Operator};
use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::lexer::{SUPERSCRIPTS, Token, quoted, unclosed};
use crate::parser::{Frame, MAX_NODES, Operand, Parser, Span, error};
use crate::value::{self, Value};

/// The most bits of a number that literals are folded to; longer texts of digits are refused anyway.
const MAX_BITS: usize = 1 << 18;

/// The most bits of all large numbers together, so that no product of them is huge.
const MAX_TOTAL_BITS: usize = 1 << 20;

/// The most frames and operands that may be open at once.
const MAX_DEPTH: usize = 1 << 20;

impl Operator {
    /// Python's order. That minus stands between products and powers is what makes `-x^2` mean `-(x^2)`.
    fn precedence(self) -> u8 {
        match self {
            Operator::Compare(_) => 1,
            Operator::Add | Operator::Subtract => 2,
            Operator::Multiply | Operator::MatrixProduct | Operator::Divide => 3,
            Operator::Negate => 4,
            Operator::Power => 5,
        }
    }
}

impl<'s> Parser<'s, '_> {
    /// One expression up to the end of the statement.
    ///
    /// A layer or a scan reads expressions while one is being read, hence stacks of its own.
    pub(crate) fn expression(&mut self) -> Result<Value, Diagnostic> {
        let (frames, operands) = (std::mem::take(&mut self.frames), std::mem::take(&mut self.operands));
        let read = self.read_until(self.calls.len(), false);
        (self.frames, self.operands) = (frames, operands);
        read
    }

    /// Is the formula over at a comma?
    fn ends_here(&self) -> bool {
        (self.listing || self.indexing) && !self.inside_parentheses()
    }

    fn inside_parentheses(&self) -> bool {
        self.frames.iter().rev().any(|f| !matches!(f, Frame::Operator(..)))
    }

    /// Within parentheses a line may end anywhere.
    fn skip_lines_inside(&mut self) -> Result<(), Diagnostic> {
        while self.token == Token::Separator && self.slice(&self.span.clone()) == "\n" && self.inside_parentheses() {
            self.advance()?;
        }
        Ok(())
    }

    /// Reads prefixes and opening parentheses up to and including one number or name.
    pub(crate) fn operand(&mut self) -> Result<(), Diagnostic> {
        loop {
            self.skip_lines_inside()?;
            if self.frames.len() + self.operands.len() > MAX_DEPTH {
                return Err(error(Kind::Limit, &self.span, "the formula is nested too deeply"));
            }
            let span = self.span.clone();
            match self.token {
                Token::Number => {
                    let value = Number::parse(self.slice(&span)).map_err(|m| error(Kind::Number, &span, m))?;
                    self.count_bits(&value, &span)?;
                    let value = Value::scalar(self.graph.number(value));
                    self.operands.push(Operand { value, span, literal: true });
                    return self.advance();
                }
                Token::Name => {
                    if self.name(span)? {
                        return Ok(());
                    }
                }
                Token::Open => {
                    self.frames.push(Frame::Group(span));
                    self.advance()?;
                }
                Token::OpenBracket => {
                    self.frames.push(Frame::List(span, self.operands.len()));
                    self.advance()?;
                }
                Token::Minus => {
                    self.frames.push(Frame::Operator(Operator::Negate, span));
                    self.advance()?;
                }
                Token::Plus => self.advance()?,
                Token::Text => return self.notation(&span),
                _ => return Err(self.no_operand()),
            }
        }
    }

    /// Many huge literals would be one by one within the limits and beyond them as a product.
    fn count_bits(&mut self, value: &Number, span: &Span) -> Result<(), Diagnostic> {
        self.bits += if value.as_small().is_some() { 0 } else { value.bits() };
        if self.bits <= MAX_TOTAL_BITS {
            return Ok(());
        }
        let message = format!("the numbers in the formula need more than {MAX_TOTAL_BITS} bits together");
        Err(error(Kind::Limit, span, message).help("write numbers of ordinary size"))
    }

    /// What to say where a number, a name or a parenthesis should be.
    fn no_operand(&self) -> Diagnostic {
        let found = self.describe();
        let wanted = "expected a number, a name or `(`";
        match (self.frames.last(), self.token) {
            (_, Token::Transpose) => error(Kind::Syntax, &self.span, format!("{wanted}, found {found}"))
                .help("formulas are written without quotation marks"),
            (Some(Frame::Call(call)), Token::Close) => self.wrong_count(call.callee, &call.span, call.args.len()),
            (Some(Frame::Operator(_, op)), _) => {
                let message = format!("{wanted} after `{}`, found {found}", self.slice(op));
                error(Kind::Syntax, &self.span, message)
            }
            (Some(Frame::Group(open)), Token::End | Token::Separator) => unclosed(self.source, open),
            _ => error(Kind::Syntax, &self.span, format!("{wanted}, found {found}")),
        }
    }

    fn describe(&self) -> String {
        match self.token {
            Token::End => "the end".into(),
            Token::Separator => "the end of the statement".into(),
            _ => format!("`{}`", self.slice(&self.span.clone())),
        }
    }

    /// Reads what may follow an operand. True at the end of the expression, false where an operand must follow.
    pub(crate) fn after_operand(&mut self) -> Result<bool, Diagnostic> {
        loop {
            self.skip_lines_inside()?;
            let span = self.span.clone();
            let operator = match self.token {
                Token::Plus => Operator::Add,
                Token::Minus => Operator::Subtract,
                Token::Times => Operator::Multiply,
                Token::Divide => Operator::Divide,
                Token::Power => Operator::Power,
                Token::Less => Operator::Compare(Primitive::Lt),
                Token::LessEqual => Operator::Compare(Primitive::Le),
                Token::Greater => Operator::Compare(Primitive::Gt),
                Token::GreaterEqual => Operator::Compare(Primitive::Ge),
                Token::EqualEqual => Operator::Compare(Primitive::Eq),
                Token::NotEqual => Operator::Compare(Primitive::Ne),
                Token::MatrixProduct => Operator::MatrixProduct,
                Token::Superscript => {
                    self.superscript(&span)?;
                    continue;
                }
                Token::Transpose => {
                    self.transpose(&span)?;
                    continue;
                }
                Token::OpenBracket => {
                    self.subscript(&span)?;
                    continue;
                }
                Token::CloseBracket if self.indexing && !self.inside_parentheses() => {
                    return self.finish().map(|()| true);
                }
                Token::CloseBracket => {
                    self.close_bracket()?;
                    continue;
                }
                Token::Colon | Token::Range => {
                    let message = format!("`{}` belongs between brackets, as in x[1:3]", self.slice(&span));
                    return Err(error(Kind::Syntax, &span, message));
                }
                Token::Close => {
                    if self.close()? {
                        return Ok(false);
                    }
                    continue;
                }
                Token::Comma => {
                    if self.ends_here() {
                        return self.finish().map(|()| true);
                    }
                    return self.comma().map(|()| false);
                }
                Token::End | Token::Separator => return self.finish().map(|()| true),
                Token::Assign => {
                    return Err(error(Kind::Syntax, &span, "`=` gives a name to a formula, as in J = w^2")
                        .help("write `==` to compare"));
                }
                Token::Update => {
                    return Err(error(Kind::Syntax, &span, "`:=` stands behind the name of a parameter or of state")
                        .help("as in w := w - 0.1*d(cost, w)"));
                }
                Token::Text => return Err(quoted(&span)),
                Token::Number | Token::Name | Token::Open => return self.implicit_product().map(|()| false),
            };
            self.push_operator(operator, span)?;
            self.advance()?;
            return Ok(false);
        }
    }

    /// Puts an operator on the stack when all before it that bind as tightly are applied: they associate to the left, but
    /// `a^b^c` is `a^(b^c)`.
    fn push_operator(&mut self, operator: Operator, span: Span) -> Result<(), Diagnostic> {
        let level = operator.precedence();
        while let Some(Frame::Operator(top, place)) = self.frames.last() {
            if top.precedence() < level || (*top == Operator::Power && operator == Operator::Power) {
                break;
            }
            if let (Operator::Compare(_), Operator::Compare(_)) = (top, operator) {
                return Err(error(
                    Kind::Syntax,
                    &span,
                    format!("comparisons are not chained: `{}` stands before", self.slice(place)),
                )
                .help("write (a < b)*(b < c)"));
            }
            self.reduce()?;
        }
        self.frames.push(Frame::Operator(operator, span));
        Ok(())
    }

    /// `2w`, `2 sin(x)`, `2(x + 1)`: only after a bare number, and only where nothing else could be meant. `1/2x` is `x/2` to
    /// some and `1/(2*x)` to others, so it is refused.
    fn implicit_product(&mut self) -> Result<(), Diagnostic> {
        let span = self.span.clone();
        let left = self.operands.last().cloned();
        let left = left.filter(|o| o.literal && self.token != Token::Number);
        let glued =
            self.operands.last().filter(|o| o.literal && o.span.end == span.start && self.token == Token::Number);
        if let Some(number) = glued {
            let place = number.span.start..span.end;
            let message = format!("`{}` is not a number", self.slice(&place));
            return Err(error(Kind::Number, &place, message).help("a number has one decimal point"));
        }
        let Some(left) = left else {
            let message = format!("expected an operator before {}", self.describe());
            let help = match (self.token, self.operands.last()) {
                (Token::Open, Some(o)) => format!("write {}*(…) for a product", self.slice(&o.span)),
                _ => "write `*` for a product".to_string(),
            };
            return Err(error(Kind::Syntax, &span, message).help(help));
        };
        if let Some(Frame::Operator(before @ (Operator::Divide | Operator::Power), place)) = self.frames.last() {
            let (sign, number, next) = (self.slice(place), self.slice(&left.span), self.slice(&span));
            let message = format!("`{sign}{number}{next}` has two readings");
            let other = if *before == Operator::Divide { "division" } else { "power" };
            return Err(error(Kind::Syntax, &(place.start..span.end), message)
                .help(format!("write `*`, and parentheses to say whether the {other} comes first")));
        }
        self.push_operator(Operator::Multiply, span.start..span.start)
    }

    /// `w²`: binds at once, as the exponent is complete and nothing binds more tightly.
    fn superscript(&mut self, span: &Span) -> Result<(), Diagnostic> {
        let digits: String = self
            .slice(span)
            .chars()
            .filter_map(|c| SUPERSCRIPTS.iter().position(|s| *s == c))
            .map(|d| d.to_string())
            .collect();
        let value = Number::parse(&digits).map_err(|m| error(Kind::Number, span, m))?;
        let exponent = self.graph.number(value);
        if let Some(base) = self.operands.last_mut() {
            let power = value::map(self.graph, Primitive::Pow, &[&base.value, &Value::scalar(exponent)]);
            base.value = power.unwrap_or_else(|_| base.value.clone());
            base.span.end = span.end;
            base.literal = false;
        }
        self.advance()
    }

    /// Applies operators down to the innermost open parenthesis.
    pub(crate) fn reduce_group(&mut self) -> Result<(), Diagnostic> {
        while let Some(Frame::Operator(..)) = self.frames.last() {
            self.reduce()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Diagnostic> {
        self.reduce_group()?;
        match self.frames.last() {
            None => Ok(()),
            Some(Frame::Group(open)) => Err(unclosed(self.source, open)),
            Some(Frame::List(open, _)) => Err(unclosed(self.source, open)),
            Some(Frame::Call(call)) => {
                let open = call.span.end..call.span.end + 1;
                Err(error(Kind::Syntax, &open, format!("the arguments of `{}` never end", self.slice(&call.span)))
                    .help("write the missing `)`"))
            }
            Some(Frame::Operator(..)) => Ok(()),
        }
    }

    /// Applies the topmost operator.
    fn reduce(&mut self) -> Result<(), Diagnostic> {
        let Some(Frame::Operator(operator, place)) = self.frames.pop() else { return Ok(()) };
        if self.graph.len() > MAX_NODES {
            return Err(error(Kind::Limit, &self.span, format!("the formula has more than {MAX_NODES} nodes")));
        }
        let Some(right) = self.operands.pop() else { return Ok(()) };
        if operator == Operator::Negate {
            let id = self.graph.neg(right.value.id);
            self.operands.push(Operand { value: Value { id, ..right.value }, span: right.span, literal: false });
            return Ok(());
        }
        let Some(left) = self.operands.pop() else { return Ok(()) };
        let whole = left.span.start..right.span.end;
        if operator == Operator::MatrixProduct
            && let Some(scalar) = [&left, &right].into_iter().find(|o| o.value.rank() == 0)
        {
            return Err(self.no_vector(scalar, &whole, &place));
        }
        // Who writes `X^T` means the transpose; as a power it would silently make `T` a variable.
        if operator == Operator::Power && left.value.rank() > 0 && self.slice(&right.span) == "T" {
            let undeclared = !self.names.declared.contains_key("T") && !self.names.defined.contains_key("T");
            if undeclared && matches!(self.graph.node(right.value.id), Node::Symbol(_)) {
                let message = format!("`{}` is a power, entry by entry", self.slice(&whole));
                return Err(error(Kind::Name, &place, message).help("the transpose is written ' or .T"));
            }
        }
        let value = match self.binary(operator, &left.value, &right.value) {
            Ok(value) => value,
            Err(e) => return Err(self.shape_error(e, &whole, &place, &[&left, &right])),
        };
        if self.graph.as_number(value.id).is_some_and(|n| n.bits() > MAX_BITS) {
            return Err(error(Kind::Limit, &whole, "this number has too many digits to be exact"));
        }
        self.operands.push(Operand { value, span: whole, literal: false });
        Ok(())
    }

    fn binary(&mut self, operator: Operator, a: &Value, b: &Value) -> Result<Value, ShapeError> {
        let names = &self.names.nodes;
        apply::binary(self.graph, operator, [a, b], &|id| names.contains(&id))
    }
}
