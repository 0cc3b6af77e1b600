//! Operators, calls and brackets on values: what they mean, whether a text or a program in Rust writes them.
//!
//! The parser and `Expr` both come here, so that a formula built by operators is the one that its text would be.

use wrt_core::{Dim, Graph, Id, Node, Number, Primitive, ShapeError, Term};

use crate::arrangement;
use crate::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use crate::elsewhere::instead;
use crate::entries::{self, Item};
use crate::library::{Argument, Call};
use crate::messages::{self, Written};
use crate::suggest::closest;
use crate::table::{self, Make, ROWS, Row};
use crate::value::{self, Value};

/// An operator between two values, or before one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `a + b`
    Add,
    /// `a - b`
    Subtract,
    /// `a * b`, entry by entry.
    Multiply,
    /// `a @ b`
    MatrixProduct,
    /// `a / b`, entry by entry.
    Divide,
    /// `a ^ b`, entry by entry.
    Power,
    /// `a < b` and the like, entry by entry.
    Compare(Primitive),
    /// `-a`
    Negate,
}

impl Operator {
    /// How it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract | Operator::Negate => "-",
            Operator::Multiply => "*",
            Operator::MatrixProduct => "@",
            Operator::Divide => "/",
            Operator::Power => "^",
            Operator::Compare(primitive) => match primitive.row().form {
                wrt_core::Form::Infix(sign) => sign,
                _ => primitive.name(),
            },
        }
    }
}

/// The value of `a ∘ b`; what `is_named` stays a node of its own (`a = 2*w; a + 1`), so that it can be shown and
/// differentiated by.
pub(crate) fn binary(
    g: &mut Graph,
    operator: Operator,
    [a, b]: [&Value; 2],
    is_named: &dyn Fn(Id) -> bool,
) -> Result<Value, ShapeError> {
    let plain = a.axes.is_empty() && b.axes.is_empty() && a.free.is_empty() && b.free.is_empty();
    if plain && operator != Operator::MatrixProduct {
        return Ok(Value::scalar(binary_scalar(g, operator, a.id, b.id, is_named)));
    }
    match operator {
        Operator::Add => add_values(g, a, b, Number::ONE, is_named),
        Operator::Subtract => add_values(g, a, b, Number::MINUS_ONE, is_named),
        Operator::Multiply => value::product(g, &[a, b]),
        Operator::MatrixProduct => value::matmul(g, a, b),
        Operator::Divide => value::quotient(g, a, b),
        Operator::Power => value::map(g, Primitive::Pow, &[a, b]),
        Operator::Compare(primitive) => value::map(g, primitive, &[a, b]),
        Operator::Negate => Ok(a.clone()),
    }
}

fn binary_scalar(g: &mut Graph, operator: Operator, a: Id, b: Id, is_named: &dyn Fn(Id) -> bool) -> Id {
    match operator {
        Operator::Add => add(g, a, b, Number::ONE, is_named),
        Operator::Subtract => add(g, a, b, Number::MINUS_ONE, is_named),
        Operator::Multiply => g.product(&[a, b]),
        Operator::Divide => g.div(a, b),
        Operator::Power => power(g, a, b, is_named),
        Operator::Compare(primitive) => g.map(primitive, &[a, b]),
        Operator::Negate | Operator::MatrixProduct => a,
    }
}

/// `a^b`; of a norm, `norm2(x)^2`, without its root, which has no derivative at zero where the power has one.
fn power(g: &mut Graph, a: Id, b: Id, is_named: &dyn Fn(Id) -> bool) -> Id {
    let squares = match g.node(a) {
        Node::Map(Primitive::Sqrt, &[squares]) if !is_named(a) => squares,
        _ => return g.pow(a, b),
    };
    let is_sum = matches!(g.node(squares), Node::Contraction([x, y], labels)
        if x == y && !g.labels(labels).is_scalar());
    let whole = g.as_number(b).and_then(Number::as_i64).filter(|n| is_sum && *n > 1);
    match whole.and_then(|n| Number::ratio(n, 2)) {
        Some(half) if half.is_one() => squares,
        Some(half) => {
            let half = g.number(half);
            g.pow(squares, half)
        }
        None => g.pow(a, b),
    }
}

/// `a ± b` as two terms; `3*x` enters as the coefficient 3 and the node `x`.
fn term(g: &Graph, id: Id, sign: &Number, is_named: &dyn Fn(Id) -> bool) -> Term {
    match g.node(id) {
        Node::Sum([single]) if !is_named(id) => Term::new(&single.coefficient * sign, single.node),
        _ => Term::new(sign.clone(), id),
    }
}

fn add(g: &mut Graph, a: Id, b: Id, sign: Number, is_named: &dyn Fn(Id) -> bool) -> Id {
    let terms = [term(g, a, &Number::ONE, is_named), term(g, b, &sign, is_named)];
    g.sum(&terms)
}

fn add_values(
    g: &mut Graph,
    a: &Value,
    b: &Value,
    sign: Number,
    is_named: &dyn Fn(Id) -> bool,
) -> Result<Value, ShapeError> {
    let (p, q) = (term(g, a.id, &Number::ONE, is_named), term(g, b.id, &sign, is_named));
    // The node under a coefficient has the axes of the whole.
    let same = |g: &Graph, x: Id, y: Id| g.dims(x) == g.dims(y);
    let left = if same(g, p.node, a.id) { (p.coefficient, p.node) } else { (Number::ONE, a.id) };
    let right = if same(g, q.node, b.id) { (q.coefficient, q.node) } else { (sign, b.id) };
    let (x, y) = (Value { id: left.1, ..a.clone() }, Value { id: right.1, ..b.clone() });
    value::sum(g, &[(left.0, &x), (right.0, &y)])
}

/// Why a call has no value.
pub(crate) enum Wrong {
    /// So many arguments, where others are wanted.
    Count(usize),
    /// It has no argument of this name.
    Setting(String),
    Shape(ShapeError),
}

impl From<ShapeError> for Wrong {
    fn from(e: ShapeError) -> Wrong {
        Wrong::Shape(e)
    }
}

/// Arguments, each with the name it was given by.
pub(crate) type Given<'s> = Vec<(Option<&'s str>, Argument<'s>)>;

/// The row that a primitive's name means where it reduces: a scalar has no axis to reduce, there the elementwise
/// function lacks an argument.
pub(crate) fn reducing(primitive: Primitive, args: &[(Option<&str>, Argument<'_>)]) -> Option<&'static Row> {
    let one_with_axes = matches!(args, [(None, Argument::Value(v))] if v.rank() > 0);
    let reduces = one_with_axes || args.iter().any(|(name, _)| name.is_some());
    table::row(primitive.name()).filter(|_| reduces)
}

/// A primitive of values, with the defaults of arguments that are left out; of more than two, one by one.
pub(crate) fn primitive(g: &mut Graph, primitive: Primitive, args: Given<'_>) -> Result<Value, Wrong> {
    let count = args.len();
    let mut all: Vec<Value> = args
        .into_iter()
        .filter_map(|(name, a)| match (name, a) {
            (None, Argument::Value(v)) => Some(v),
            _ => None,
        })
        .collect();
    let (arity, defaults) = (primitive.arity(), primitive.row().defaults);
    let folds = arity == 2 && matches!(primitive, Primitive::Max | Primitive::Min | Primitive::Hypot);
    if all.len() > arity && folds && all.len() == count {
        let mut total = all[0].clone();
        for next in &all[1..] {
            total = value::map(g, primitive, &[&total, next])?;
        }
        return Ok(total);
    }
    if all.len() != count || count > arity || count + defaults.len() < arity {
        return Err(Wrong::Count(all.len()));
    }
    for (n, d) in &defaults[defaults.len() - (arity - count)..] {
        all.push(Value::scalar(g.number(Number::ratio(*n, *d).unwrap_or(Number::ZERO))));
    }
    let list: Vec<&Value> = all.iter().collect();
    Ok(value::map(g, primitive, &list)?)
}

/// What a function that computes with its arguments and nothing else makes of them; none for layers and the like.
pub(crate) fn compute(g: &mut Graph, row: &'static Row, args: &Given<'_>) -> Option<Result<Value, Wrong>> {
    let make: &dyn Fn(&mut Call<'_, '_>) -> Result<Value, ShapeError> = match &row.make {
        Make::Reduce(reduction) => &|call| call.reduce(*reduction),
        Make::Compute(make) => &|call| make(call),
        Make::Layer(_) | Make::Program(_) => return None,
    };
    let named: Vec<(&str, Argument<'_>)> = args.iter().filter_map(|(n, a)| Some(((*n)?, a.clone()))).collect();
    if let Some((name, _)) = named.iter().find(|(n, _)| !row.named.contains(n)) {
        return Some(Err(Wrong::Setting((*name).to_string())));
    }
    let args: Vec<Argument<'_>> = args.iter().filter(|(n, _)| n.is_none()).map(|(_, a)| a.clone()).collect();
    if !row.counts.contains(&args.len()) {
        return Some(Err(Wrong::Count(args.len())));
    }
    Some(make(&mut Call { graph: g, args, named }).map_err(Wrong::Shape))
}

/// The function whose name is nearest to one that is none.
fn nearest<'a>(name: &str, own: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let primitives = Primitive::ALL.iter().map(|p| p.row());
    let names = primitives.flat_map(|r| std::iter::once(r.name).chain(r.synonyms.iter().copied()));
    closest(name, names.chain(ROWS.iter().map(|r| r.name)).chain(own))
}

/// What values are called in messages.
pub type Names<'n> = &'n dyn Fn(&Graph, &Value) -> String;

fn error(kind: Kind, (message, help): (String, Option<String>)) -> Diagnostic {
    messages::with_help(Diagnostic::new(kind, 0..0, message), help)
}

fn shape_error(g: &Graph, e: &ShapeError, text: &str, sign: &str, operands: &[(&str, &Value)]) -> Diagnostic {
    let operands: Vec<Written<'_>> = operands.iter().map(|(text, value)| Written { text, value }).collect();
    let origin = |dim: Dim| g.dimension(dim).to_string();
    error(Kind::Shape, messages::sentence(g, e, text, sign, &operands, &origin))
}

/// `a ∘ b` without a text.
///
/// # Errors
/// For shapes that don't fit; there is no place, the values have the names of `names`.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Operator, Value, operate};
/// let mut g = Graph::new();
/// let (x, y) = (g.symbol("x"), g.symbol("y"));
/// let sum = operate(&mut g, Operator::Add, [&Value::scalar(x), &Value::scalar(y)], &|_, _| String::new()).unwrap();
/// assert_eq!(sum.id, g.add(x, y));
/// ```
pub fn operate(g: &mut Graph, operator: Operator, [a, b]: [&Value; 2], names: Names<'_>) -> Result<Value, Diagnostic> {
    binary(g, operator, [a, b], &|_| false).map_err(|e| {
        let (x, y) = (names(g, a), names(g, b));
        let text = format!("{} {} {}", messages::held(&x), operator.sign(), messages::held(&y));
        shape_error(g, &e, &text, operator.sign(), &[(&x, a), (&y, b)])
    })
}

/// A function of the table, or a primitive, without a text.
///
/// # Errors
/// For a function that doesn't exist or that needs a text, other arguments than it has, shapes that don't fit.
///
/// ```
/// use wrt_core::{Graph, Primitive};
/// use wrt_language::{Argument, Value, call};
/// let mut g = Graph::new();
/// let x = g.symbol("x");
/// let made = call(&mut g, "ln", vec![(None, Argument::Value(Value::scalar(x)))], &|_, _| String::new()).unwrap();
/// assert_eq!(made.id, g.map(Primitive::Log, &[x]));
/// ```
pub fn call(g: &mut Graph, name: &str, args: Given<'_>, names: Names<'_>) -> Result<Value, Diagnostic> {
    let primitive = Primitive::from_name(name);
    let row = match primitive {
        Some(p) => reducing(p, &args),
        None => Some(table::row(name).ok_or_else(|| unknown(name))?),
    };
    let made = match (row, primitive) {
        (Some(row), _) => compute(g, row, &args).ok_or_else(|| needs_text(name))?,
        (None, Some(p)) => self::primitive(g, p, args.clone()),
        (None, None) => return Err(unknown(name)),
    };
    made.map_err(|wrong| match wrong {
        Wrong::Shape(e) => {
            let list: Vec<String> = args.iter().map(|(name, a)| written(g, *name, a, names)).collect();
            shape_error(g, &e, &format!("{name}({})", list.join(", ")), "", &[])
        }
        Wrong::Count(found) => {
            error(Kind::Arguments, messages::count_of(primitive.filter(|_| row.is_none()), row, found))
        }
        Wrong::Setting(setting) => error(Kind::Arguments, messages::no_setting(row, &setting)),
    })
}

/// What was meant by the name of no function.
pub(crate) fn meant<'a>(name: &str, own: impl Iterator<Item = &'a str>) -> Option<String> {
    match instead(name) {
        Some(help) => Some(help.to_string()),
        None => nearest(name, own).map(|better| format!("did you mean `{better}`?")),
    }
}

fn unknown(name: &str) -> Diagnostic {
    let help = meant(name, std::iter::empty());
    error(Kind::UnknownFunction, (format!("there is no function `{}`", name.escape_debug()), help))
}

fn needs_text(name: &str) -> Diagnostic {
    let help = "read it from a text: parse, or a model".to_string();
    error(Kind::Arguments, (format!("`{name}` knows more than its arguments"), Some(help)))
}

fn written(g: &Graph, name: Option<&str>, argument: &Argument<'_>, names: Names<'_>) -> String {
    let text = match argument {
        Argument::Value(value) => names(g, value),
        Argument::Word(word) => (*word).to_string(),
    };
    name.map_or(text.clone(), |name| format!("{name}={text}"))
}

/// `X[…]` without a text.
///
/// # Errors
/// For more positions than there are axes, positions outside, empty ranges.
pub fn index(g: &mut Graph, value: &Value, items: Vec<Item>, names: Names<'_>) -> Result<Value, Diagnostic> {
    let text = |g: &Graph| {
        let items: Vec<String> = items.iter().map(|i| i.text(&|v| names(g, v))).collect();
        format!("{}[{}]", messages::held(&names(g, value)), items.join(", "))
    };
    entries::taken(g, value, items.clone()).map_err(|e| shape_error(g, &e, &text(g), "", &[]))
}

/// `[a, b, …]` without a text.
///
/// # Errors
/// For values of different shapes, or none.
pub fn list(g: &mut Graph, parts: &[Value], names: Names<'_>) -> Result<Value, Diagnostic> {
    arrangement::stacked(g, parts).map_err(|e| {
        let parts: Vec<String> = parts.iter().map(|v| names(g, v)).collect();
        shape_error(g, &e, &format!("[{}]", parts.join(", ")), "", &[])
    })
}

/// `X'` without a text.
///
/// # Errors
/// For more than two axes.
pub fn transpose(g: &mut Graph, value: &Value, names: Names<'_>) -> Result<Value, Diagnostic> {
    arrangement::transpose(g, value)
        .map_err(|e| shape_error(g, &e, &format!("{}'", messages::held(&names(g, value))), "", &[]))
}
