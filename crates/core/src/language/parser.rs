//! Tokens to graph by operator precedence, with explicit stacks.

use std::ops::Range;

use super::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use super::lexer::{Lexer, SUPERSCRIPTS, Token};
use super::suggest::closest;
use crate::graph::{Assumptions, Constant, Graph, Id, Node, Term};
use crate::number::Number;
use crate::substitute::substitute;
use crate::table::{Form, Primitive};

/// The longest text that is read, in bytes.
pub const MAX_SOURCE: usize = 1 << 19;

/// The most nodes that a text may expand to.
pub const MAX_NODES: usize = 1 << 18;

/// The most bits of a number that literals are folded to; longer texts of digits are refused anyway.
const MAX_BITS: usize = 1 << 18;

/// The most bits of all large numbers together, so that no product of them is huge.
const MAX_TOTAL_BITS: usize = 1 << 20;

/// The most frames and operands that may be open at once.
const MAX_DEPTH: usize = 1 << 20;

type Span = Range<usize>;

/// What is known before the text is read.
#[derive(Clone, Default, Debug)]
pub struct Scope<'a> {
    /// Names that are variables even where they name a constant or a function (`e`, `gamma`).
    pub variables: &'a [&'a str],
    /// What is known of names.
    pub assumptions: &'a [(&'a str, Assumptions)],
}

/// What a text means.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The value of the last statement.
    pub result: Id,
    /// The definitions, in order.
    pub definitions: Vec<(String, Id)>,
}

/// A function that the text defines; the parameters are symbols that no text can write.
struct Function<'s> {
    name: &'s str,
    parameters: Vec<Id>,
    body: Id,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Compare(Primitive),
    Negate,
}

impl Operator {
    fn precedence(self) -> u8 {
        match self {
            Operator::Compare(_) => 1,
            Operator::Add | Operator::Subtract => 2,
            Operator::Multiply | Operator::Divide => 3,
            Operator::Negate => 4,
            Operator::Power => 5,
        }
    }
}

#[derive(Clone, Copy)]
enum Callee {
    Primitive(Primitive),
    Function(usize),
}

enum Frame {
    Operator(Operator, Span),
    Group(Span),
    Call { callee: Callee, span: Span, operands: usize },
}

#[derive(Clone)]
struct Operand {
    id: Id,
    span: Span,
    /// A bare number in the text, which may stand before a name as its factor.
    literal: bool,
}

struct Parser<'s, 'g> {
    graph: &'g mut Graph,
    source: &'s str,
    lexer: Lexer<'s>,
    scope: &'g Scope<'g>,
    definitions: Vec<(&'s str, Id)>,
    functions: Vec<Function<'s>>,
    /// The parameters of the function whose body is being read.
    parameters: Vec<(&'s str, Id)>,
    frames: Vec<Frame>,
    operands: Vec<Operand>,
    token: Token,
    span: Span,
    /// The nodes that were there before.
    start: usize,
    /// The size of the large numbers read so far.
    bits: usize,
}

/// Reads statements separated by lines or `;`; the value of the last one is the result.
///
/// # Errors
/// A [`Diagnostic`] with the place, for any text that is no formula or is beyond the limits.
///
/// ```
/// use wrt_core::{Graph, language::{Scope, parse}};
/// let mut graph = Graph::new();
/// let parsed = parse(&mut graph, "a = 2 + 3*w; a^2", &Scope::default()).unwrap();
/// assert_eq!(graph.free_symbols(&[parsed.result]).len(), 1);
/// assert_eq!(parse(&mut graph, "sgmoid(z)", &Scope::default()).unwrap_err().help.unwrap(), "did you mean `sigmoid`?");
/// ```
pub fn parse(graph: &mut Graph, source: &str, scope: &Scope<'_>) -> Result<Parsed, Diagnostic> {
    if source.len() > MAX_SOURCE {
        let message = format!("the text has {} bytes; at most {MAX_SOURCE} are read", source.len());
        return Err(Diagnostic::new(Kind::Limit, 0..0, message));
    }
    let start = graph.len();
    let mut parser = Parser {
        graph,
        source,
        lexer: Lexer::new(source),
        scope,
        definitions: Vec::new(),
        functions: Vec::new(),
        parameters: Vec::new(),
        frames: Vec::with_capacity(8),
        operands: Vec::with_capacity(8),
        token: Token::End,
        span: 0..0,
        start,
        bits: 0,
    };
    parser.text()
}

fn error(kind: Kind, span: &Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(kind, span.clone(), message)
}

/// Statements and definitions.
impl<'s> Parser<'s, '_> {
    fn text(&mut self) -> Result<Parsed, Diagnostic> {
        let mut result = None;
        self.advance()?;
        loop {
            while self.token == Token::Separator {
                self.advance()?;
            }
            if self.token == Token::End {
                break;
            }
            result = self.statement()?.or(result);
        }
        let Some(result) = result else {
            let message = if self.functions.is_empty() {
                "there is no formula"
            } else {
                "functions are defined, but there is no formula"
            };
            return Err(
                error(Kind::Syntax, &(self.source.len()..self.source.len()), message).help("write one, such as w^2")
            );
        };
        let definitions = self.definitions.iter().map(|(name, id)| (name.to_string(), *id)).collect();
        Ok(Parsed { result, definitions })
    }

    fn advance(&mut self) -> Result<(), Diagnostic> {
        (self.token, self.span) = self.lexer.next()?;
        Ok(())
    }

    fn slice(&self, span: &Span) -> &'s str {
        &self.source[span.clone()]
    }

    /// The value of a statement; none for the definition of a function.
    fn statement(&mut self) -> Result<Option<Id>, Diagnostic> {
        if self.token == Token::Name {
            let mut ahead = self.lexer.clone();
            let name = (self.slice(&self.span.clone()), self.span.clone());
            match ahead.next() {
                Ok((Token::Assign, _)) => {
                    self.lexer = ahead;
                    return self.definition(name).map(Some);
                }
                Ok((Token::Open, _)) if self.lexer.at_open() => {
                    if let Some(parameters) = self.parameter_list(&mut ahead) {
                        self.lexer = ahead;
                        return self.function(name, &parameters).map(|()| None);
                    }
                }
                _ => {}
            }
        }
        self.expression().map(Some)
    }

    fn refuse_second(&self, (name, span): &(&'s str, Span)) -> Result<(), Diagnostic> {
        let twice = self.definitions.iter().any(|(n, _)| n == name) || self.functions.iter().any(|f| f.name == *name);
        if twice {
            return Err(
                error(Kind::Name, span, format!("`{name}` is defined twice")).help("give the second one another name")
            );
        }
        Ok(())
    }

    fn definition(&mut self, name: (&'s str, Span)) -> Result<Id, Diagnostic> {
        self.refuse_second(&name)?;
        self.advance()?;
        let id = self.expression()?;
        if self.graph.find_symbol(name.0).is_some_and(|own| own.index() >= self.start) {
            return Err(error(Kind::Name, &name.1, format!("`{}` is used before it is defined here", name.0))
                .help("define it first, and not by itself"));
        }
        self.definitions.push((name.0, id));
        self.graph.set_name(id, name.0);
        Ok(id)
    }

    /// `(x, y) =`, if that is what follows.
    fn parameter_list(&self, ahead: &mut Lexer<'s>) -> Option<Vec<(&'s str, Span)>> {
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

    fn function(&mut self, name: (&'s str, Span), parameters: &[(&'s str, Span)]) -> Result<(), Diagnostic> {
        self.refuse_second(&name)?;
        for (k, (parameter, span)) in parameters.iter().enumerate() {
            if parameters[..k].iter().any(|(p, _)| p == parameter) {
                return Err(error(
                    Kind::Name,
                    span,
                    format!("`{parameter}` is named twice among the arguments of `{}`", name.0),
                ));
            }
            let symbol = self.graph.symbol(&format!("{parameter} of {} at {}", name.0, name.1.start));
            self.parameters.push((parameter, symbol));
        }
        self.advance()?;
        let body = self.expression()?;
        let parameters = self.parameters.drain(..).map(|(_, id)| id).collect();
        self.functions.push(Function { name: name.0, parameters, body });
        Ok(())
    }
}

/// Expressions.
impl<'s> Parser<'s, '_> {
    /// One expression up to the end of the statement.
    fn expression(&mut self) -> Result<Id, Diagnostic> {
        self.frames.clear();
        self.operands.clear();
        loop {
            self.operand()?;
            if self.after_operand()? {
                break;
            }
        }
        match self.operands.pop() {
            Some(operand) => Ok(operand.id),
            None => Err(error(Kind::Syntax, &self.span, "there is no formula")),
        }
    }

    fn inside_parentheses(&self) -> bool {
        self.frames.iter().rev().any(|f| !matches!(f, Frame::Operator(..)))
    }

    fn skip_lines_inside(&mut self) -> Result<(), Diagnostic> {
        while self.token == Token::Separator && self.slice(&self.span.clone()) == "\n" && self.inside_parentheses() {
            self.advance()?;
        }
        Ok(())
    }

    /// Reads prefixes and opening parentheses up to and including one number or name.
    fn operand(&mut self) -> Result<(), Diagnostic> {
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
                    let id = self.graph.number(value);
                    self.operands.push(Operand { id, span, literal: true });
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
                Token::Minus => {
                    self.frames.push(Frame::Operator(Operator::Negate, span));
                    self.advance()?;
                }
                Token::Plus => self.advance()?,
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
            (Some(Frame::Call { callee, span, .. }), Token::Close) => self.wrong_count(*callee, span, 0),
            (Some(Frame::Operator(_, op)), _) => {
                let message = format!("{wanted} after `{}`, found {found}", self.slice(op));
                error(Kind::Syntax, &self.span, message)
            }
            (Some(Frame::Group(open)), Token::End | Token::Separator) => {
                error(Kind::Syntax, open, "this parenthesis is never closed").help("write the missing `)`")
            }
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

    /// A name: a call's beginning (false) or an operand (true).
    fn name(&mut self, span: Span) -> Result<bool, Diagnostic> {
        let name = self.slice(&span);
        let variable = self.variable(name);
        if self.lexer.at_open() && variable.is_none() {
            let callee = self.callee(name, &span)?;
            self.advance()?;
            self.frames.push(Frame::Call { callee, span, operands: self.operands.len() });
            self.advance()?;
            return Ok(false);
        }
        let id = match variable {
            Some(id) => id,
            None => self.free_name(name, &span)?,
        };
        self.operands.push(Operand { id, span, literal: false });
        self.advance()?;
        Ok(true)
    }

    /// A name that has a meaning as a value already.
    fn variable(&mut self, name: &str) -> Option<Id> {
        let bound = |list: &[(&str, Id)]| list.iter().rev().find(|(n, _)| *n == name).map(|(_, id)| *id);
        if let Some(id) = bound(&self.parameters).or_else(|| bound(&self.definitions)) {
            return Some(id);
        }
        self.scope.variables.contains(&name).then(|| self.symbol(name))
    }

    fn symbol(&mut self, name: &str) -> Id {
        let known = self.scope.assumptions.iter().find(|(n, _)| *n == name);
        self.graph.symbol_with(name, known.map(|(_, a)| *a).unwrap_or_default())
    }

    fn free_name(&mut self, name: &'s str, span: &Span) -> Result<Id, Diagnostic> {
        if let Some((constant, _)) = Constant::ALL.iter().find(|(_, n)| *n == name) {
            return Ok(self.graph.constant(*constant));
        }
        if name == "π" {
            return Ok(self.graph.constant(Constant::Pi));
        }
        if Primitive::from_name(name).is_some() || self.functions.iter().any(|f| f.name == name) {
            let help = match self.source[span.end..].trim_start().bytes().next() {
                Some(b'(') => format!("write {name}(…) without a blank"),
                Some(b'{' | b'[') => format!("write {name}(…) with round parentheses"),
                _ => format!("write {name}(…); to use the name as a variable, give it a value"),
            };
            return Err(error(Kind::Name, span, format!("`{name}` is a function and needs its arguments")).help(help));
        }
        Ok(self.symbol(name))
    }

    fn callee(&self, name: &'s str, span: &Span) -> Result<Callee, Diagnostic> {
        if let Some(k) = self.functions.iter().rposition(|f| f.name == name) {
            return Ok(Callee::Function(k));
        }
        if let Some(primitive) = Primitive::from_name(name) {
            return Ok(Callee::Primitive(primitive));
        }
        let unknown = error(Kind::UnknownFunction, span, format!("there is no function `{name}`"));
        let own = self.functions.iter().map(|f| f.name);
        let names =
            Primitive::ALL.iter().flat_map(|p| std::iter::once(p.row().name).chain(p.row().synonyms.iter().copied()));
        let product = format!("write {name}*(…) for a product");
        if Constant::ALL.iter().any(|(_, n)| *n == name) || self.graph.find_symbol(name).is_some() {
            return Err(unknown.help(product));
        }
        if matches!(name, "d" | "diff" | "D") {
            return Err(unknown.help("write the formula alone: it is what gets differentiated"));
        }
        Err(match closest(name, names.chain(own)) {
            Some(better) => unknown.help(format!("did you mean `{better}`?")),
            None => unknown.help(format!("define it before, {name}(x) = …, or {product}")),
        })
    }

    /// Reads what may follow an operand. True at the end of the expression, false where an operand must follow.
    fn after_operand(&mut self) -> Result<bool, Diagnostic> {
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
                Token::Superscript => {
                    self.superscript(&span)?;
                    continue;
                }
                Token::Close => {
                    self.close()?;
                    continue;
                }
                Token::Comma => return self.comma().map(|()| false),
                Token::End | Token::Separator => return self.finish().map(|()| true),
                Token::Assign => {
                    return Err(error(Kind::Syntax, &span, "`=` gives a name to a formula, as in J = w^2")
                        .help("write `==` to compare"));
                }
                Token::Number | Token::Name | Token::Open => return self.implicit_product().map(|()| false),
            };
            self.push_operator(operator, span)?;
            self.advance()?;
            return Ok(false);
        }
    }

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

    /// `2w`, `2 sin(x)`, `2(x + 1)`: only after a bare number, and only where nothing else could be meant.
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
            base.id = self.graph.pow(base.id, exponent);
            base.span.end = span.end;
            base.literal = false;
        }
        self.advance()
    }

    fn comma(&mut self) -> Result<(), Diagnostic> {
        self.reduce_group()?;
        match self.frames.last() {
            Some(Frame::Call { .. }) => self.advance(),
            _ => {
                Err(error(Kind::Syntax, &self.span, "a `,` separates the arguments of a function; there is none here")
                    .help("decimals are written with a point, as in 0.5"))
            }
        }
    }

    fn close(&mut self) -> Result<(), Diagnostic> {
        self.reduce_group()?;
        let end = self.span.end;
        match self.frames.pop() {
            Some(Frame::Group(open)) => {
                if let Some(operand) = self.operands.last_mut() {
                    operand.span = open.start..end;
                    operand.literal = false;
                }
            }
            Some(Frame::Call { callee, span, operands }) => {
                let count = self.operands.len() - operands;
                let args: Vec<Id> = self.operands.drain(operands..).map(|o| o.id).collect();
                let id = self.call(callee, &span, &args).ok_or_else(|| self.wrong_count(callee, &span, count))??;
                self.operands.push(Operand { id, span: span.start..end, literal: false });
            }
            _ => {
                return Err(error(Kind::Syntax, &self.span, "this `)` closes nothing")
                    .help("remove it, or open a parenthesis before"));
            }
        }
        self.advance()
    }

    /// Applies operators down to the innermost open parenthesis.
    fn reduce_group(&mut self) -> Result<(), Diagnostic> {
        while let Some(Frame::Operator(..)) = self.frames.last() {
            self.reduce()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Diagnostic> {
        self.reduce_group()?;
        match self.frames.last() {
            None => Ok(()),
            Some(Frame::Group(open)) => {
                Err(error(Kind::Syntax, open, "this parenthesis is never closed").help("write the missing `)`"))
            }
            Some(Frame::Call { span, .. }) => {
                let open = span.end..span.end + 1;
                Err(error(Kind::Syntax, &open, format!("the arguments of `{}` never end", self.slice(span)))
                    .help("write the missing `)`"))
            }
            Some(Frame::Operator(..)) => Ok(()),
        }
    }

    /// Applies the topmost operator.
    fn reduce(&mut self) -> Result<(), Diagnostic> {
        let Some(Frame::Operator(operator, _)) = self.frames.pop() else { return Ok(()) };
        if self.graph.len() > MAX_NODES {
            return Err(error(Kind::Limit, &self.span, format!("the formula has more than {MAX_NODES} nodes")));
        }
        let Some(right) = self.operands.pop() else { return Ok(()) };
        if operator == Operator::Negate {
            let id = self.graph.neg(right.id);
            self.operands.push(Operand { id, span: right.span, literal: false });
            return Ok(());
        }
        let Some(left) = self.operands.pop() else { return Ok(()) };
        let (a, b) = (left.id, right.id);
        let id = match operator {
            Operator::Add => self.add(a, b, Number::ONE),
            Operator::Subtract => self.add(a, b, Number::MINUS_ONE),
            Operator::Multiply => self.graph.mul(a, b),
            Operator::Divide => self.graph.div(a, b),
            Operator::Power => self.graph.pow(a, b),
            Operator::Compare(primitive) => self.graph.map(primitive, &[a, b]),
            Operator::Negate => a,
        };
        if self.graph.as_number(id).is_some_and(|n| n.bits() > MAX_BITS) {
            let place = left.span.start..right.span.end;
            return Err(error(Kind::Limit, &place, "this number has too many digits to be exact"));
        }
        self.operands.push(Operand { id, span: left.span.start..right.span.end, literal: false });
        Ok(())
    }

    /// `a ± b` as two terms; `3*x` enters as the coefficient 3 and the node `x`.
    fn add(&mut self, a: Id, b: Id, sign: Number) -> Id {
        // A definition stays a node of its own (`a = 2*w; a + 1`), so that it can be shown and differentiated by.
        let named = |id: Id| self.definitions.iter().any(|(_, d)| *d == id);
        let term = |graph: &Graph, id: Id, sign: &Number| match graph.node(id) {
            Node::Sum([single]) if !named(id) => Term::new(&single.coefficient * sign, single.node),
            _ => Term::new(sign.clone(), id),
        };
        let terms = [term(self.graph, a, &Number::ONE), term(self.graph, b, &sign)];
        self.graph.sum(&terms)
    }

    /// None where the number of arguments is wrong.
    fn call(&mut self, callee: Callee, span: &Span, args: &[Id]) -> Option<Result<Id, Diagnostic>> {
        match callee {
            Callee::Primitive(primitive) => {
                let (arity, defaults) = (primitive.arity(), primitive.row().defaults);
                if args.len() > arity
                    && arity == 2
                    && matches!(primitive, Primitive::Max | Primitive::Min | Primitive::Hypot)
                {
                    let folded = args[1..].iter().fold(args[0], |a, b| self.graph.map(primitive, &[a, *b]));
                    return Some(Ok(folded));
                }
                if args.len() > arity || args.len() + defaults.len() < arity {
                    return None;
                }
                let mut all = args.to_vec();
                for (n, d) in &defaults[defaults.len() - (arity - args.len())..] {
                    all.push(self.graph.number(Number::ratio(*n, *d).unwrap_or(Number::ZERO)));
                }
                Some(Ok(self.graph.map(primitive, &all)))
            }
            Callee::Function(k) => {
                let function = &self.functions[k];
                if function.parameters.len() != args.len() {
                    return None;
                }
                let pairs: Vec<(Id, Id)> = function.parameters.iter().copied().zip(args.iter().copied()).collect();
                let expanded = substitute(self.graph, function.body, &pairs, MAX_NODES);
                Some(
                    expanded.ok_or_else(|| {
                        error(Kind::Limit, span, format!("the formula has more than {MAX_NODES} nodes"))
                    }),
                )
            }
        }
    }

    fn wrong_count(&self, callee: Callee, span: &Span, found: usize) -> Diagnostic {
        let (name, wanted, example) = match callee {
            Callee::Primitive(p) => (p.name(), p.arity(), p.row().arguments.join(", ")),
            Callee::Function(k) => {
                let f = &self.functions[k];
                let names: Vec<&str> =
                    f.parameters.iter().map(|p| self.graph.symbol_name(*p).split(' ').next().unwrap_or("")).collect();
                (f.name, f.parameters.len(), names.join(", "))
            }
        };
        let plural = if wanted == 1 { "" } else { "s" };
        let message = format!("`{name}` takes {wanted} argument{plural}, found {found}");
        let infix = matches!(callee, Callee::Primitive(p) if matches!(p.row().form, Form::Infix(_)));
        let help =
            if infix { "write it between its arguments".to_string() } else { format!("write {name}({example})") };
        error(Kind::Arguments, span, message).help(help)
    }
}
