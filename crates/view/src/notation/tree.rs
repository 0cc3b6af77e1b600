//! Notation as a tree: interned, with the length of each expression, so that the shortest one can be chosen.

use std::collections::{HashMap, HashSet};

use wrt_core::{Constant, Form as Spelled, Number, Primitive, work};

use crate::template::Level;

/// An expression of an [`Expressions`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Expression(u32);

/// What stands between two factors of a product.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Operator {
    /// Elementwise, or by a scalar.
    Times,
    /// The matrix product.
    Matmul,
    /// Elementwise.
    Divide,
}

/// A function that only tensors have.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Function {
    /// Over all axes or one; the sizes summed over are further arguments that aren't shown.
    Sum(Option<usize>),
    /// As [`Function::Sum`].
    Mean(Option<usize>),
    Trace,
    /// The diagonal of a matrix, or the matrix with this diagonal.
    Diagonal,
    Outer,
    Norm,
    Frobenius,
    Ones,
    Zeros,
    Eye,
    /// `solve(A, b)`, in source code.
    Solve,
    /// With its labels, in source code.
    Einsum(String),
}

/// A product: `coefficient * scalars * tensor / below`, where the tensor is a chain that associates to the left.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Product {
    pub(crate) coefficient: Number,
    pub(crate) scalars: Vec<Expression>,
    /// The first one's operator is `Times`, or `Divide` where it stands below a one.
    pub(crate) tensor: Vec<(Operator, Expression)>,
    /// Scalars that it is divided by.
    pub(crate) below: Vec<Expression>,
}

/// How an expression is written.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Notation {
    Number(Number),
    Constant(Constant),
    Name(String),
    Sum(Vec<Expression>),
    Product(Product),
    Transposed(Expression),
    Power(Expression, Expression),
    Map(Primitive, Vec<Expression>),
    /// The name and the spelling in the form that is printed.
    Operation(&'static str, String, Vec<Expression>),
    Call(Function, Vec<Expression>),
    /// `x[:, None]`
    Column(Expression),
    /// `A[i,j]`
    Indexed(Expression, Vec<Expression>),
    /// `sum[i,j](…)`
    SumOver(Vec<Expression>, Expression),
}

struct Record {
    notation: Notation,
    rank: usize,
    cost: u32,
    /// Is it made of numbers alone, without axes anywhere in it?
    numeric: bool,
}

/// The cost of a name, a number or an operator; a pair of parentheses costs less.
pub(crate) const TOKEN: u32 = 2;

/// Expressions, each kept once.
#[derive(Default)]
pub(crate) struct Expressions {
    entries: Vec<Record>,
    interned: HashMap<Notation, Expression>,
    parts: usize,
    /// Is it for source code, where systems are solved?
    pub(crate) code: bool,
    /// Is it what a person wrote? Then nothing is factored, taken out of a sum or cancelled.
    pub(crate) as_written: bool,
    /// Matrices that are their own transposes.
    pub(crate) symmetric: HashSet<Expression>,
    /// The person's own sums, whose signs stay.
    pub(crate) own: HashSet<Expression>,
    /// Vectors whose square the person writes `x' @ x`.
    pub(crate) squares: HashSet<Expression>,
}

impl Expressions {
    pub(crate) fn new(code: bool, as_written: bool) -> Expressions {
        Expressions { code, as_written, ..Expressions::default() }
    }

    pub(crate) fn notation(&self, e: Expression) -> &Notation {
        work::step(1);
        &self.entries[e.0 as usize].notation
    }

    /// How many parts all expressions have together.
    pub(crate) fn parts(&self) -> usize {
        self.parts
    }

    /// The number of axes as written: a vector that broadcasts has one.
    pub(crate) fn rank(&self, e: Expression) -> usize {
        self.entries[e.0 as usize].rank
    }

    /// Twice the number of names, numbers and operators, and one for each pair of parentheses.
    pub(crate) fn cost(&self, e: Expression) -> u32 {
        self.entries[e.0 as usize].cost
    }

    pub(crate) fn intern(&mut self, notation: Notation, rank: usize) -> Expression {
        if let Some(found) = self.interned.get(&notation) {
            return *found;
        }
        let cost = self.cost_of(&notation);
        let numeric = rank == 0 && self.is_of_numbers(&notation);
        let e = Expression(self.entries.len() as u32);
        self.parts += parts(&notation);
        self.interned.insert(notation.clone(), e);
        self.entries.push(Record { notation, rank, cost, numeric });
        e
    }

    /// Is it made of numbers alone, without axes anywhere in it? Such a formula is the simplifier's or a person's: it is
    /// written as the graph has it, and a shorter way is looked for only where there is notation of arrays.
    pub(crate) fn is_numeric(&self, e: Expression) -> bool {
        self.entries[e.0 as usize].numeric
    }

    fn is_of_numbers(&self, notation: &Notation) -> bool {
        let all = |list: &[Expression]| list.iter().all(|e| self.is_numeric(*e));
        match notation {
            Notation::Number(_) | Notation::Constant(_) | Notation::Name(_) => true,
            Notation::Sum(list) | Notation::Map(_, list) => all(list),
            Notation::Product(p) => self.is_numeric_product(p),
            Notation::Power(base, exponent) => all(&[*base, *exponent]),
            Notation::Transposed(_)
            | Notation::Operation(..)
            | Notation::Call(..)
            | Notation::Column(_)
            | Notation::Indexed(..)
            | Notation::SumOver(..) => false,
        }
    }

    /// As [`Expressions::is_numeric`].
    pub(crate) fn is_numeric_product(&self, p: &Product) -> bool {
        p.tensor.is_empty() && p.scalars.iter().chain(&p.below).all(|e| self.is_numeric(*e))
    }

    fn costs(&self, list: &[Expression]) -> u32 {
        list.iter().fold(0, |total, e| total.saturating_add(self.cost(*e)))
    }

    /// The cost of an expression where it must hold together.
    fn held(&self, e: Expression, level: Level) -> u32 {
        self.cost(e) + (self.level(e) < level) as u32
    }

    fn cost_of(&self, notation: &Notation) -> u32 {
        match notation {
            Notation::Number(n) => TOKEN * (1 + n.is_negative() as u32 + 2 * n.prints_as_fraction() as u32),
            Notation::Constant(_) | Notation::Name(_) => TOKEN,
            Notation::Sum(terms) => {
                let signs = terms.iter().skip(1).filter(|t| self.is_negative(**t)).count() as u32;
                (self.costs(terms) + TOKEN * (terms.len() as u32 - 1)).saturating_sub(TOKEN * signs)
            }
            Notation::Product(p) => self.product_cost(p),
            Notation::Transposed(e) | Notation::Column(e) => self.held(*e, Level::Atom) + TOKEN,
            Notation::Power(base, exponent) => self.held(*base, Level::Atom) + self.cost(*exponent) + TOKEN,
            Notation::Map(_, args) | Notation::Operation(_, _, args) => self.costs(args) + TOKEN,
            Notation::Call(Function::Sum(axis) | Function::Mean(axis), args) => {
                self.costs(&args[..1]) + TOKEN * (1 + 2 * axis.is_some() as u32)
            }
            Notation::Call(_, args) => self.costs(args) + TOKEN,
            Notation::Indexed(e, indices) => self.held(*e, Level::Atom) + self.costs(indices),
            Notation::SumOver(indices, e) => self.costs(indices) + self.cost(*e) + TOKEN,
        }
    }

    fn product_cost(&self, p: &Product) -> u32 {
        let (top, bottom) = fraction(&p.coefficient.abs());
        let mut cost = TOKEN * p.coefficient.is_negative() as u32;
        let mut parts = 0;
        let starts_below = p.scalars.is_empty() && p.tensor.first().is_none_or(|(o, _)| *o == Operator::Divide);
        if !top.is_one() || starts_below {
            parts += 1;
            cost += TOKEN;
        }
        if !bottom.is_one() {
            parts += 1;
            cost += TOKEN;
        }
        for e in p.scalars.iter().chain(p.tensor.iter().map(|(_, e)| e)).chain(&p.below) {
            parts += 1;
            cost = cost.saturating_add(self.held(*e, Level::Minus));
        }
        cost + TOKEN * (parts - 1u32.min(parts))
    }

    /// How tightly it holds together.
    pub(crate) fn level(&self, e: Expression) -> Level {
        match self.notation(e) {
            Notation::Number(n) => number_level(n),
            Notation::Sum(_) => Level::Sum,
            Notation::Product(p) if p.coefficient.is_negative() => Level::Sum,
            Notation::Product(_) => Level::Product,
            Notation::Power(..) => Level::Power,
            Notation::Map(p, _) if matches!(p.row().form, Spelled::Infix(_)) => Level::Compare,
            _ => Level::Atom,
        }
    }

    /// Does it start with a minus sign?
    pub(crate) fn is_negative(&self, e: Expression) -> bool {
        match self.notation(e) {
            Notation::Number(n) => n.is_negative(),
            Notation::Product(p) => p.coefficient.is_negative(),
            _ => false,
        }
    }

    /// Is it the number 0?
    pub(crate) fn is_zero(&self, e: Expression) -> bool {
        matches!(self.notation(e), Notation::Number(n) if n.is_zero())
    }

    /// Is it the number 1?
    pub(crate) fn is_one(&self, e: Expression) -> bool {
        matches!(self.notation(e), Notation::Number(n) if n.is_one())
    }

    pub(crate) fn number(&mut self, n: Number) -> Expression {
        self.intern(Notation::Number(n), 0)
    }

    pub(crate) fn name(&mut self, name: &str, rank: usize) -> Expression {
        self.intern(Notation::Name(name.to_string()), rank)
    }
}

/// What a positive coefficient shows above and below: a decimal stays one number.
pub(crate) fn fraction(c: &Number) -> (Number, Number) {
    match c.as_small() {
        Some((p, q)) if c.prints_as_fraction() => (Number::integer(p), Number::integer(q as i64)),
        _ => (c.clone(), Number::ONE),
    }
}

/// How many parts an expression is made of.
fn parts(notation: &Notation) -> usize {
    match notation {
        Notation::Number(_) | Notation::Constant(_) | Notation::Name(_) => 1,
        Notation::Transposed(_) | Notation::Column(_) => 1,
        Notation::Power(..) => 2,
        Notation::Sum(list) | Notation::Map(_, list) | Notation::Call(_, list) => list.len(),
        Notation::Operation(_, _, list) => list.len(),
        Notation::Indexed(_, list) | Notation::SumOver(list, _) => list.len() + 1,
        Notation::Product(p) => p.scalars.len() + p.tensor.len() + p.below.len(),
    }
}

/// How tightly a number holds together.
pub(crate) fn number_level(n: &Number) -> Level {
    match (n.is_negative(), n.prints_as_fraction()) {
        (true, _) => Level::Sum,
        (false, true) => Level::Product,
        (false, false) => Level::Atom,
    }
}
