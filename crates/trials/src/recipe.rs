//! Random expressions with shared parts.

use wrt_core::{Assumptions, Constant, Graph, Id, Number, Primitive, Term};

use crate::source::Source;

/// The free names; see [`assumptions`].
pub const SYMBOLS: [&str; 6] = ["x", "y", "z", "p", "q", "n"];

/// What is known of a free name: `p` is positive, `q` at least 0, `n` at most 0.
pub fn assumptions(symbol: usize) -> Assumptions {
    match SYMBOLS.get(symbol) {
        Some(&"p") => Assumptions::positive(),
        Some(&"q") => Assumptions::nonnegative(),
        Some(&"n") => Assumptions::nonpositive(),
        _ => Assumptions::default(),
    }
}

/// One node; the numbers are the positions of earlier steps.
#[derive(Clone, PartialEq, Debug)]
pub enum Instruction {
    /// A literal.
    Number(Number),
    /// π or e.
    Constant(Constant),
    /// One of [`SYMBOLS`].
    Symbol(usize),
    /// Terms with coefficients.
    Sum(Vec<(Number, usize)>),
    /// Factors.
    Product(Vec<usize>),
    /// The first by the second.
    Quotient(usize, usize),
    /// A primitive of its arguments.
    Map(Primitive, Vec<usize>),
}

/// An expression: the last step's value.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Recipe {
    /// Children before parents.
    pub steps: Vec<Instruction>,
}

impl Recipe {
    /// A random expression of up to some thirty nodes.
    pub fn draw(source: &mut impl Source) -> Recipe {
        let mut recipe = Recipe::default();
        let size = [3, 6, 10, 16, 24][source.below(5) as usize];
        let root = recipe.expression(source, size);
        recipe.steps.truncate(root + 1);
        recipe
    }

    fn push(&mut self, step: Instruction) -> usize {
        self.steps.push(step);
        self.steps.len() - 1
    }

    /// An expression of about `size` nodes. The recursion is as deep as `size` allows.
    fn expression(&mut self, source: &mut impl Source, size: u32) -> usize {
        if size <= 1 || source.spent() {
            return self.leaf(source);
        }
        match source.below(22) {
            0 => self.leaf(source),
            1..=4 => {
                let count = 2 + source.below(3).saturating_sub(1);
                let terms = self.several(source, size - 1, count);
                let terms = terms.into_iter().map(|t| (coefficient(source), t)).collect();
                self.push(Instruction::Sum(terms))
            }
            5..=8 => {
                let count = 2 + source.below(3).saturating_sub(1);
                let factors = self.several(source, size - 1, count);
                self.push(Instruction::Product(factors))
            }
            9..=10 => {
                let parts = self.several(source, size - 1, 2);
                self.push(Instruction::Quotient(parts[0], parts[1]))
            }
            11..=13 => self.power(source, size - 1),
            14 => self.select(source, size - 1),
            // A part that stands there already: sharing, and terms that cancel.
            15..=16 if !self.steps.is_empty() => {
                let back = source.below(self.steps.len().min(64) as u32) as usize;
                self.steps.len() - 1 - back
            }
            17 => self.relatives(source, size - 1),
            _ => self.call(source, size - 1),
        }
    }

    /// A sum or product of powers of related functions of one argument, which identities hold among.
    fn relatives(&mut self, source: &mut impl Source, size: u32) -> usize {
        use Primitive::*;
        const FAMILIES: [&[Primitive]; 5] = [
            &[Sin, Cos, Tan, Cot, Sec, Csc],
            &[Sinh, Cosh, Tanh, Coth, Sech, Csch],
            &[Exp, Expm1, Sigmoid, Tanh, Softplus, Log, Log1p],
            &[Abs, Sign, Relu, Sqrt, Cbrt, Log],
            &[Sin, Cos, Asin, Acos, Atan, Tan],
        ];
        let family = FAMILIES[source.below(5) as usize];
        let argument = self.expression(source, size / 3);
        let count = 2 + source.below(3);
        let members: Vec<usize> = (0..count)
            .map(|_| {
                let primitive = family[source.below(family.len() as u32) as usize];
                let value = self.push(Instruction::Map(primitive, vec![argument]));
                let exponent = [1, 1, 2, -1, 1, -2, 3][source.below(7) as usize];
                if exponent == 1 {
                    return value;
                }
                let exponent = self.push(Instruction::Number(Number::integer(exponent)));
                self.push(Instruction::Map(Primitive::Pow, vec![value, exponent]))
            })
            .collect();
        if source.chance(1, 2) {
            return self.push(Instruction::Product(members));
        }
        let terms = members.into_iter().map(|m| (coefficient(source), m)).collect();
        self.push(Instruction::Sum(terms))
    }

    fn several(&mut self, source: &mut impl Source, size: u32, count: u32) -> Vec<usize> {
        (0..count).map(|_| self.expression(source, size / count)).collect()
    }

    fn power(&mut self, source: &mut impl Source, size: u32) -> usize {
        let base = self.expression(source, size);
        let exponent = match source.below(8) {
            0..=3 => {
                self.push(Instruction::Number(Number::integer([2, 3, -1, -2, 4, 1, 0, -3][source.below(8) as usize])))
            }
            4..=5 => self.push(Instruction::Number(ratio(
                [(1, 2), (-1, 2), (3, 2), (1, 3), (2, 3), (-5, 2)][source.below(6) as usize],
            ))),
            _ => self.expression(source, size / 3),
        };
        self.push(Instruction::Map(Primitive::Pow, vec![base, exponent]))
    }

    fn select(&mut self, source: &mut impl Source, size: u32) -> usize {
        const COMPARISONS: [Primitive; 6] =
            [Primitive::Lt, Primitive::Le, Primitive::Gt, Primitive::Ge, Primitive::Eq, Primitive::Ne];
        let sides = self.several(source, size / 2, 2);
        let condition = self.push(Instruction::Map(COMPARISONS[source.below(6) as usize], sides));
        let branches = self.several(source, size / 2, 2);
        self.push(Instruction::Map(Primitive::Select, vec![condition, branches[0], branches[1]]))
    }

    fn call(&mut self, source: &mut impl Source, size: u32) -> usize {
        let primitive = Primitive::ALL[source.below(Primitive::ALL.len() as u32) as usize];
        let arity = primitive.arity() as u32;
        let mut args = Vec::with_capacity(primitive.arity());
        if primitive == Primitive::Polygamma {
            let order = Instruction::Number(Number::integer(source.below(5) as i64));
            args.push(self.push(order));
        }
        while args.len() < primitive.arity() {
            args.push(self.expression(source, size / arity));
        }
        self.push(Instruction::Map(primitive, args))
    }

    fn leaf(&mut self, source: &mut impl Source) -> usize {
        let step = match source.below(16) {
            0..=9 => Instruction::Symbol([0, 0, 0, 1, 1, 2, 3, 4, 5][source.below(9) as usize]),
            10 => Instruction::Constant(if source.chance(1, 2) { Constant::E } else { Constant::Pi }),
            _ => Instruction::Number(literal(source)),
        };
        self.push(step)
    }

    /// The expression as text.
    pub fn text(&self) -> String {
        let mut graph = Graph::new();
        let root = self.build(&mut graph);
        wrt_view::print(&graph, root, wrt_view::Form::Text).line()
    }

    /// The expression in a graph, made by the constructors that the parser uses.
    pub fn build(&self, graph: &mut Graph) -> Id {
        let mut ids: Vec<Id> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let id = match step {
                Instruction::Number(n) => graph.number(n.clone()),
                Instruction::Constant(c) => graph.constant(*c),
                Instruction::Symbol(k) => graph.symbol_with(SYMBOLS[*k], assumptions(*k)),
                Instruction::Sum(terms) => {
                    let terms: Vec<Term> = terms.iter().map(|(c, t)| Term::new(c.clone(), ids[*t])).collect();
                    graph.sum(&terms)
                }
                Instruction::Product(factors) => {
                    let factors: Vec<Id> = factors.iter().map(|f| ids[*f]).collect();
                    graph.product(&factors)
                }
                Instruction::Quotient(a, b) => graph.div(ids[*a], ids[*b]),
                Instruction::Map(primitive, args) => {
                    let args: Vec<Id> = args.iter().map(|a| ids[*a]).collect();
                    graph.map(*primitive, &args)
                }
            };
            ids.push(id);
        }
        ids.last().copied().unwrap_or_else(|| graph.integer(0))
    }
}

fn ratio((n, d): (i64, i64)) -> Number {
    Number::ratio(n, d).unwrap_or(Number::ONE)
}

fn coefficient(source: &mut impl Source) -> Number {
    match source.below(8) {
        0..=3 => Number::ONE,
        4..=5 => Number::MINUS_ONE,
        6 => Number::integer([2, 3, -2, 5][source.below(4) as usize]),
        _ => literal(source),
    }
}

/// Small integers above all; fractions and decimals; now and then something large or tiny.
fn literal(source: &mut impl Source) -> Number {
    let number = match source.below(10) {
        0..=4 => (source.below(7) as i64 - 3, 1),
        5..=6 => (source.below(13) as i64 - 6, 1 + source.below(6) as i64),
        7 => (source.below(2001) as i64 - 1000, 1000),
        8 => (source.below(2001) as i64 - 1000, 1),
        _ => [(1_000_000_007, 1), (1, 1_000_000_007), (1 << 40, 3), (-7, 1 << 40)][source.below(4) as usize],
    };
    let n = ratio(number);
    if n.is_zero() && source.chance(3, 4) { Number::ONE } else { n }
}
