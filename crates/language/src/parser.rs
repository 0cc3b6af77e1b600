//! Tokens to graph by operator precedence, with explicit stacks.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use wrt_core::{Assumptions, Constant, Dim, Dimension, Graph, Id, Node, Number, Primitive};

use crate::apply::{self, Operator};
use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::functions::Waiting;
use crate::lexer::{Lexer, SUPERSCRIPTS, Token, unclosed};
use crate::library::Argument;
use crate::model::{Declaration, Definition, Train};
use crate::table::{self, Row};
use crate::value::{self, MAX_RANK, Misfit, Value};

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

pub(crate) type Span = Range<usize>;

/// What is known before the text is read.
#[derive(Clone, Copy, Default)]
pub struct Scope<'a> {
    /// Names that are variables even where they name a constant or a function (`e`, `gamma`).
    pub variables: &'a [&'a str],
    /// What is known of names.
    pub assumptions: &'a [(&'a str, Assumptions)],
    /// The shapes of names: a dimension is a name or a number.
    pub shapes: &'a [(&'a str, Vec<&'a str>)],
    /// Names of dimensions beside those of the shapes.
    pub dimensions: &'a [&'a str],
    /// Write scans out, step by step, where they go along an axis whose size is a number.
    pub unroll: bool,
}

/// What a text means.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The value of the last statement, or the cost.
    pub result: Id,
    /// The definitions, in order.
    pub definitions: Vec<Definition>,
    /// Data, parameters, constants.
    pub declarations: Vec<Declaration>,
    /// Is the result the definition named `cost`?
    pub has_cost: bool,
    /// Names of definitions that are metrics.
    pub metrics: Vec<String>,
    /// How to train.
    pub train: Option<Train>,
    /// What the person should know.
    pub warnings: Vec<String>,
}

/// A function that the text defines.
pub(crate) struct Function<'s> {
    pub(crate) name: &'s str,
    pub(crate) names: Vec<&'s str>,
    /// The body with scalars for parameters, symbols that no text can write; none where it takes tensors.
    pub(crate) scalar: Option<(Vec<Id>, Id)>,
    /// Has its body no meaning for scalars?
    pub(crate) needs_axes: bool,
    /// Where the body stands in the text.
    pub(crate) body: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// Where the body of its own derivative stands, if it has one.
    pub(crate) derivative: Option<usize>,
    /// How many functions were defined before: those that it sees.
    pub(crate) sees: usize,
}

impl Operator {
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

#[derive(Clone, Copy)]
pub(crate) enum Callee {
    Primitive(Primitive),
    Function(usize),
    Row(&'static Row),
}

pub(crate) enum Frame<'s> {
    Operator(Operator, Span),
    Group(Span),
    Call(Box<OpenCall<'s>>),
    /// `[a, b, c]`, with the number of operands before it.
    List(Span, usize),
}

/// A call whose arguments are being read.
pub(crate) struct OpenCall<'s> {
    pub(crate) callee: Callee,
    pub(crate) span: Span,
    /// The arguments so far, each with the name it was given by.
    pub(crate) args: Vec<(Option<&'s str>, Argument<'s>)>,
    /// The name of the argument being read.
    pub(crate) naming: Option<&'s str>,
    /// The indices of `sum[i, j](…)`, how many were in scope before.
    pub(crate) indices: Vec<u32>,
    pub(crate) scope: usize,
    /// How many operands stand before its arguments.
    pub(crate) operands: usize,
    /// A bare word that was read as an argument.
    pub(crate) word: Option<&'s str>,
}

#[derive(Clone)]
pub(crate) struct Operand {
    pub(crate) value: Value,
    pub(crate) span: Span,
    /// A bare number in the text, which may stand before a name as its factor.
    pub(crate) literal: bool,
}

/// What names mean and where lines begin, to be found at once.
#[derive(Default)]
pub(crate) struct Names {
    /// Positions among the definitions, the declarations and the functions.
    pub(crate) defined: HashMap<String, usize>,
    pub(crate) declared: HashMap<String, usize>,
    pub(crate) functions: HashMap<String, usize>,
    /// What layers name of themselves.
    pub(crate) of_layers: HashSet<String>,
    /// The nodes that have a name in the text.
    pub(crate) nodes: HashSet<Id>,
    /// Names without a declaration, and where each stands first.
    pub(crate) free: HashMap<String, usize>,
    /// The beginning of each line but the first.
    pub(crate) lines: Vec<usize>,
}

pub(crate) struct Parser<'s, 'g> {
    pub(crate) graph: &'g mut Graph,
    pub(crate) source: &'s str,
    pub(crate) lexer: Lexer<'s>,
    pub(crate) scope: &'g Scope<'g>,
    pub(crate) definitions: Vec<(&'s str, Definition, Value)>,
    /// What layers name of themselves.
    pub(crate) layer_parts: Vec<Definition>,
    pub(crate) names: Names,
    pub(crate) functions: Vec<Function<'s>>,
    /// The parameters of the function whose body is being read.
    pub(crate) parameters: Vec<(&'s str, Value)>,
    pub(crate) frames: Vec<Frame<'s>>,
    pub(crate) operands: Vec<Operand>,
    pub(crate) token: Token,
    pub(crate) span: Span,
    /// The nodes that were there before.
    pub(crate) start: usize,
    /// The size of the large numbers read so far.
    pub(crate) bits: usize,
    pub(crate) declared: Vec<Declaration>,
    /// The function that is being defined.
    pub(crate) defining: &'s str,
    /// Does a comma end the formula?
    pub(crate) listing: bool,
    pub(crate) metrics: Vec<String>,
    pub(crate) train: Option<Train>,
    /// Names of indices, by position; those in scope.
    pub(crate) index_names: Vec<&'s str>,
    pub(crate) indices: Vec<u32>,
    /// Where each named dimension came from: the declaration.
    pub(crate) origins: Vec<(Dim, String)>,
    /// How deep functions are being read within functions, and how much was read again.
    pub(crate) nesting: usize,
    /// The calls whose functions' bodies are being read.
    pub(crate) calls: Vec<Waiting<'s>>,
    pub(crate) reread: usize,
    /// The definition that is being read, after which parameters of layers are called.
    pub(crate) current: &'s str,
    pub(crate) layers: usize,
    /// Results of functions on arguments.
    pub(crate) known: HashMap<(usize, Vec<Value>), Value>,
}

/// Reads statements separated by lines or `;`; the value of the last one is the result.
///
/// # Errors
/// A [`Diagnostic`] with the place, for any text that is no formula or is beyond the limits.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
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
    if let Some((name, shape)) = scope.shapes.iter().find(|(_, shape)| shape.len() > MAX_RANK) {
        let message = format!("`{name}` has {} axes, and at most {MAX_RANK} are taken", shape.len());
        return Err(Diagnostic::new(Kind::Limit, 0..0, message));
    }
    let start = graph.len();
    let mut parser = Parser {
        graph,
        source,
        lexer: Lexer::new(source),
        scope,
        definitions: Vec::new(),
        layer_parts: Vec::new(),
        names: Names { lines: source.match_indices('\n').map(|(k, _)| k + 1).collect(), ..Names::default() },
        functions: Vec::new(),
        parameters: Vec::new(),
        frames: Vec::with_capacity(8),
        operands: Vec::with_capacity(8),
        token: Token::End,
        span: 0..0,
        start,
        bits: 0,
        declared: Vec::new(),
        defining: "",
        listing: false,
        metrics: Vec::new(),
        train: None,
        index_names: Vec::new(),
        indices: Vec::new(),
        origins: Vec::new(),
        nesting: 0,
        calls: Vec::new(),
        reread: 0,
        current: "",
        layers: 0,
        known: HashMap::new(),
    };
    parser.remember_shapes();
    parser.text()
}

pub(crate) fn error(kind: Kind, span: &Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(kind, span.clone(), message)
}

/// Expressions.
impl<'s> Parser<'s, '_> {
    /// One expression up to the end of the statement.
    pub(crate) fn expression(&mut self) -> Result<Value, Diagnostic> {
        let (frames, operands) = (std::mem::take(&mut self.frames), std::mem::take(&mut self.operands));
        let read = self.read_until(self.calls.len(), false);
        (self.frames, self.operands) = (frames, operands);
        read
    }

    /// Is the formula over at a comma?
    fn ends_here(&self) -> bool {
        self.listing && !self.inside_parentheses()
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

    /// A name: a call's beginning or a bare word (false), or an operand (true).
    fn name(&mut self, span: Span) -> Result<bool, Diagnostic> {
        let name = self.slice(&span);
        if self.argument_name()? {
            return Ok(false);
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
    pub(crate) fn variable(&mut self, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.parameters.iter().rev().find(|(n, _)| *n == name) {
            return Some(value.clone());
        }
        if let Some(k) = self.names.defined.get(name) {
            return Some(self.definitions[*k].2.clone());
        }
        if let Some(k) = self.names.declared.get(name) {
            return Some(Value::of(self.graph, self.declared[*k].id));
        }
        let shaped = self.scope.shapes.iter().any(|(n, _)| *n == name);
        if shaped {
            return Some(self.symbol(name));
        }
        if let Some((dim, _)) = self.origins.iter().find(|(d, _)| self.graph.dimension(*d).as_name() == Some(name)) {
            let dim = *dim;
            return Some(Value::scalar(self.graph.dim_node(dim)));
        }
        self.scope.variables.contains(&name).then(|| self.symbol(name))
    }

    fn symbol(&mut self, name: &str) -> Value {
        let known = self.scope.assumptions.iter().find(|(n, _)| *n == name);
        let assumptions = known.map(|(_, a)| *a).unwrap_or_default();
        let Some((_, shape)) = self.scope.shapes.iter().find(|(n, _)| *n == name) else {
            return Value::scalar(self.graph.symbol_with(name, assumptions));
        };
        let dims: Vec<Dim> = shape.iter().map(|d| self.dim_of_text(d)).collect();
        for dim in &dims {
            self.remember_origin(*dim, || name.to_string());
        }
        let id = self.graph.tensor_symbol(name, wrt_core::Role::Variable, &dims, assumptions);
        Value::of(self.graph, id)
    }

    /// The dimensions of the shapes given are names from the beginning.
    fn remember_shapes(&mut self) {
        for name in self.scope.dimensions {
            let dim = self.graph.dim_name(name);
            self.remember_origin(dim, || "the sizes given".to_string());
        }
        for (name, shape) in self.scope.shapes {
            for text in shape {
                let dim = self.dim_of_text(text);
                self.remember_origin(dim, || (*name).to_string());
            }
        }
    }

    /// A size given as text: a sum of products of numbers and names.
    fn dim_of_text(&mut self, text: &str) -> Dim {
        self.graph.dim(Dimension::read(text))
    }

    pub(crate) fn remember_origin(&mut self, dim: Dim, from: impl FnOnce() -> String) {
        if self.graph.dimension(dim).as_name().is_some() && !self.origins.iter().any(|(d, _)| *d == dim) {
            self.origins.push((dim, from()));
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
        if operator == Operator::Power && left.value.rank() > 0 && self.slice(&right.span) == "T" {
            let undeclared = !self.names.declared.contains_key("T") && !self.names.defined.contains_key("T");
            if undeclared && matches!(self.graph.node(right.value.id), Node::Symbol(_)) {
                let message = format!("`{}` is a power, entry by entry", self.slice(&whole));
                return Err(error(Kind::Name, &place, message).help("the transpose is written ' or .T"));
            }
        }
        let value = match self.binary(operator, &left.value, &right.value) {
            Ok(value) => value,
            Err(misfit) => return Err(self.misfit(misfit, &whole, &place, &[&left, &right])),
        };
        if self.graph.as_number(value.id).is_some_and(|n| n.bits() > MAX_BITS) {
            return Err(error(Kind::Limit, &whole, "this number has too many digits to be exact"));
        }
        self.operands.push(Operand { value, span: whole, literal: false });
        Ok(())
    }

    fn binary(&mut self, operator: Operator, a: &Value, b: &Value) -> Result<Value, Misfit> {
        let names = &self.names.nodes;
        apply::binary(self.graph, operator, [a, b], &|id| names.contains(&id))
    }

    /// A definition stays a node of its own (`a = 2*w; a + 1`), so that it can be shown and differentiated by.
    pub(crate) fn is_named(&self, id: Id) -> bool {
        self.names.nodes.contains(&id)
    }
}
