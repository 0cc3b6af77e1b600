//! Writing formulas in Rust on a graph, with the trivial identities (`0*x`, `1*x`, `x + 0`) left out.
//!
//! The table's derivative column is written with these; so are the passes that make new nodes.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::graph::{Constant, Graph, Id, Node, Term};
use crate::number::Number;
use crate::shape::{Dim, Dimension};
use crate::table::{Operation, Primitive};
use crate::tensor::ShapeError;

/// A graph that several handles may add nodes to.
pub struct Builder(RefCell<Graph>);

/// A node of a [`Builder`]'s graph, with operators.
#[derive(Clone, Copy)]
pub struct Ex<'b> {
    builder: &'b Builder,
    id: Id,
}

impl Builder {
    /// Lends a graph to `f`.
    pub fn scope<T>(graph: &mut Graph, f: impl FnOnce(&Builder) -> T) -> T {
        let builder = Builder(RefCell::new(std::mem::take(graph)));
        let result = f(&builder);
        *graph = builder.0.into_inner();
        result
    }

    /// The handle of a node.
    pub fn at(&self, id: Id) -> Ex<'_> {
        Ex { builder: self, id }
    }

    /// Runs `f` on the graph.
    pub fn with<T>(&self, f: impl FnOnce(&mut Graph) -> T) -> T {
        f(&mut self.0.borrow_mut())
    }

    /// An exact number.
    pub fn number(&self, n: Number) -> Ex<'_> {
        self.at(self.with(|g| g.number(n)))
    }

    /// The sum of many handles' nodes, one n-ary node.
    pub fn sum(&self, ids: &[Id]) -> Id {
        match ids {
            [] => self.with(|g| g.integer(0)),
            [one] => *one,
            [a, b] => (self.at(*a) + self.at(*b)).id,
            _ => self.with(|g| {
                let terms: Vec<Term> = ids.iter().filter(|id| !g.is_zero(**id)).map(|id| unit_term(g, *id)).collect();
                // Zeros have a shape, which a sum of nothing has not.
                if terms.is_empty() { ids[0] } else { g.sum(&terms) }
            }),
        }
    }
}

/// `2*x` as a term is the coefficient 2 and the node `x`.
fn unit_term(g: &Graph, id: Id) -> Term {
    match g.node(id) {
        Node::Sum([single]) => single.clone(),
        _ => Term::one(id),
    }
}

impl<'b> Ex<'b> {
    /// The node.
    pub fn id(self) -> Id {
        self.id
    }

    /// π
    pub fn pi(self) -> Ex<'b> {
        self.builder.at(self.builder.with(|g| g.constant(Constant::Pi)))
    }

    /// A number beside this node.
    pub fn number(self, n: Number) -> Ex<'b> {
        self.builder.number(n)
    }

    /// A fraction beside this node.
    pub fn ratio(self, numerator: i64, denominator: i64) -> Ex<'b> {
        self.number(Number::ratio(numerator, denominator).unwrap_or(Number::ZERO))
    }

    /// `self ^ exponent`
    pub fn pow<E: IntoEx<'b>>(self, exponent: E) -> Ex<'b> {
        let exponent = exponent.into_ex(self.builder);
        let id = self.builder.with(|g| {
            if g.is_one(exponent.id) {
                self.id
            } else if g.is_zero(exponent.id) {
                g.integer(1)
            } else {
                g.map(Primitive::Pow, &[self.id, exponent.id])
            }
        });
        self.builder.at(id)
    }

    /// A primitive of these arguments, trailing axes aligned.
    pub fn apply(primitive: Primitive, args: &[Ex<'b>]) -> Ex<'b> {
        let mut ids: [Id; 3] = std::array::from_fn(|k| args.get(k).map_or(args[0].id, |a| a.id));
        let builder = args[0].builder;
        builder.at(builder.with(|g| {
            align(g, &mut ids[..args.len()]);
            g.map(primitive, &ids[..args.len()])
        }))
    }
}

/// Tensors.
impl<'b> Ex<'b> {
    /// The number of axes.
    pub fn rank(self) -> usize {
        self.builder.with(|g| g.rank(self.id))
    }

    /// The dimensions of the axes.
    pub fn dims(self) -> Vec<Dim> {
        self.builder.with(|g| g.dims(self.id).to_vec())
    }

    /// The dimensions of the axes, as such.
    pub fn dimensions(self) -> Vec<Dimension> {
        self.builder.with(|g| g.dims(self.id).iter().map(|d| g.dimension(*d).clone()).collect())
    }

    /// The dimension of the last axis; 1 for a scalar.
    pub fn last_dimension(self) -> Dimension {
        self.dimensions().pop().unwrap_or_else(|| Dimension::size(1))
    }

    /// The size of the last axis, if that is a number.
    pub fn last_size(self) -> Option<u64> {
        self.builder.with(|g| g.dims(self.id).last().map_or(Some(1), |d| g.dimension(*d).as_size()))
    }

    /// Ones along the last axis.
    pub fn last_ones(self) -> Ex<'b> {
        self.builder.at(self.builder.with(|g| {
            let last: Vec<Dim> = g.dims(self.id).last().copied().into_iter().collect();
            g.ones(&last)
        }))
    }

    /// Zeros in the shape of this node but for the last axis, which is `size`.
    pub fn zeros_last(self, size: Dimension) -> Ex<'b> {
        self.builder.at(self.builder.with(|g| {
            let mut dims = g.dims(self.id).to_vec();
            let last = g.dim(size);
            if let Some(slot) = dims.last_mut() {
                *slot = last;
            }
            g.zeros(&dims)
        }))
    }

    /// Another node of the same graph.
    pub fn node(self, id: Id) -> Ex<'b> {
        self.builder.at(id)
    }

    /// Ones in the shape of this node.
    pub fn ones_like(self) -> Ex<'b> {
        self.builder.at(self.builder.with(|g| {
            let dims = g.dims(self.id).to_vec();
            g.ones(&dims)
        }))
    }

    /// A contraction of these factors in the usual notation (`"ij,jk->ik"`), each letter an axis.
    ///
    /// The letters are a factor's trailing axes; axes before them are aligned from the right and kept, in front of the
    /// output's.
    ///
    /// # Panics
    /// If a factor has fewer axes than letters; the notation stands in the code, not in any input.
    pub fn einsum(self, notation: &str, factors: &[Ex<'b>]) -> Ex<'b> {
        let (inputs, output) = notation.split_once("->").unwrap_or((notation, ""));
        let id = self.builder.with(|g| {
            let inputs: Vec<&str> = inputs.split(',').collect();
            let lead = |g: &Graph, k: usize| g.rank(factors[k].id) - inputs[k].len();
            let widest = (0..factors.len()).max_by_key(|&k| lead(g, k)).unwrap_or(0);
            let leading = lead(g, widest);
            let mut dims: Vec<Dim> = g.dims(factors[widest].id)[..leading].to_vec();
            let mut letters: Vec<char> = Vec::new();
            let mut labels: Vec<Vec<u8>> = Vec::with_capacity(factors.len());
            for (k, input) in inputs.iter().enumerate() {
                let own = g.dims(factors[k].id);
                let lead = own.len() - input.len();
                let mut list: Vec<u8> = (leading - lead..leading).map(|l| l as u8).collect();
                for (letter, dim) in input.chars().zip(&own[lead..]) {
                    let at = letters.iter().position(|l| *l == letter).unwrap_or_else(|| {
                        letters.push(letter);
                        dims.push(*dim);
                        letters.len() - 1
                    });
                    list.push((leading + at) as u8);
                }
                labels.push(list);
            }
            let wanted = |letter| letters.iter().position(|l| *l == letter).unwrap_or(0);
            let output: Vec<u8> =
                (0..leading as u8).chain(output.chars().map(|l| (leading + wanted(l)) as u8)).collect();
            let ids: Vec<Id> = factors.iter().map(|f| f.id).collect();
            let lists: Vec<&[u8]> = labels.iter().map(Vec::as_slice).collect();
            g.einsum(&ids, &lists, &output, &dims)
        });
        self.builder.at(id)
    }

    /// The transpose in the last two axes; of a transpose what that is of.
    pub fn transposed(self) -> Ex<'b> {
        self.builder.at(self.builder.with(|g| g.transposed(self.id)))
    }

    /// What a function makes on the graph.
    pub fn made<T>(self, f: impl FnOnce(&mut Graph) -> T) -> T {
        self.builder.with(f)
    }

    /// An operation of these arguments, whose shapes are known to fit.
    ///
    /// # Errors
    /// If they don't.
    pub fn operation(operation: impl Into<Operation>, args: &[Ex<'b>]) -> Result<Ex<'b>, ShapeError> {
        let ids: Vec<Id> = args.iter().map(|a| a.id).collect();
        let builder = args[0].builder;
        let id = builder.with(|g| g.operation(operation, &ids))?;
        Ok(builder.at(id))
    }
}

/// Broadcasts tensors of fewer axes to the widest one's; scalars stay as they are.
fn align(g: &mut Graph, ids: &mut [Id]) {
    let Some(widest) = ids.iter().copied().max_by_key(|id| g.rank(*id)) else { return };
    let rank = g.rank(widest);
    if rank == 0 || ids.iter().all(|id| g.rank(*id) == rank || g.is_scalar(*id)) {
        return;
    }
    let dims = g.dims(widest).to_vec();
    for id in ids {
        if !g.is_scalar(*id) {
            *id = g.broadcast(*id, &dims);
        }
    }
}

/// What an operator of [`Ex`] takes on its right: a handle or an integer.
pub trait IntoEx<'b> {
    /// The handle.
    fn into_ex(self, builder: &'b Builder) -> Ex<'b>;
}

impl<'b> IntoEx<'b> for Ex<'b> {
    fn into_ex(self, _: &'b Builder) -> Ex<'b> {
        self
    }
}

impl<'b> IntoEx<'b> for i64 {
    fn into_ex(self, builder: &'b Builder) -> Ex<'b> {
        builder.number(Number::integer(self))
    }
}

fn sum_of(g: &mut Graph, a: Id, b: Id, sign: i64) -> Id {
    let mut both = [a, b];
    align(g, &mut both);
    let [a, b] = both;
    if g.is_zero(b) && (g.is_scalar(b) || !g.is_scalar(a)) {
        return a;
    }
    let mut right = unit_term(g, b);
    right.coefficient = &right.coefficient * &Number::integer(sign);
    if g.is_zero(a) && (g.is_scalar(a) || !g.is_scalar(b)) {
        return g.sum(&[right]);
    }
    let left = unit_term(g, a);
    if left.node == right.node {
        let coefficient = &left.coefficient + &right.coefficient;
        let vanishes = coefficient.is_zero() && g.is_scalar(a);
        return if vanishes { g.integer(0) } else { g.sum(&[Term::new(coefficient, left.node)]) };
    }
    g.sum(&[left, right])
}

/// What a value is where a condition holds, or does not.
fn branch(g: &mut Graph, id: Id, condition: Id, holds: bool) -> Id {
    match g.node(id) {
        Node::Map(Primitive::Select, &[c, yes, no]) if c == condition => {
            let taken = if holds { yes } else { no };
            // A number in place of a tensor would have another shape.
            let fits = g.dims(taken) == g.dims(id) || g.is_scalar(taken) && g.dims(condition) == g.dims(id);
            if fits { taken } else { id }
        }
        Node::Sum([single]) => {
            let single = single.clone();
            let taken = branch(g, single.node, condition, holds);
            if taken == single.node { id } else { g.sum(&[Term::new(single.coefficient, taken)]) }
        }
        _ => id,
    }
}

/// `a * b` with coefficients in front, and a branch's factor inside the branch: `where(c, u, 0)*v` is
/// `where(c, u*v, 0)`, so that a branch not taken never makes 0·∞.
fn product_of(g: &mut Graph, a: Id, b: Id) -> Id {
    if g.is_one(b) {
        return a;
    }
    if g.is_one(a) {
        return b;
    }
    if g.is_zero(a) || g.is_zero(b) {
        return zero_product(g, a, b);
    }
    for (select, other) in [(a, b), (b, a)] {
        if let Node::Map(Primitive::Select, &[condition, yes, no]) = g.node(select)
            && (g.as_number(yes).is_some() || g.as_number(no).is_some())
            && (g.rank(other) <= g.rank(select))
        {
            let (of_yes, of_no) = (branch(g, other, condition, true), branch(g, other, condition, false));
            let (yes, no) = (product_of(g, yes, of_yes), product_of(g, no, of_no));
            return g.map(Primitive::Select, &[condition, yes, no]);
        }
    }
    let coefficient = |g: &Graph, id: Id| match g.node(id) {
        Node::Number(n) => (n.clone(), None),
        Node::Sum([single]) => (single.coefficient.clone(), Some(single.node)),
        _ => (Number::ONE, Some(id)),
    };
    let ((p, x), (q, y)) = (coefficient(g, a), coefficient(g, b));
    let scale = &p * &q;
    let node = match (x, y) {
        (Some(x), Some(y)) => g.elementwise(&[x, y]),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return g.number(scale),
    };
    if scale.is_one() { node } else { g.sum(&[Term::new(scale, node)]) }
}

fn zero_product(g: &mut Graph, a: Id, b: Id) -> Id {
    let widest = if g.rank(a) >= g.rank(b) { a } else { b };
    let dims = g.dims(widest).to_vec();
    if dims.is_empty() { g.integer(0) } else { g.zeros(&dims) }
}

fn quotient_of(g: &mut Graph, a: Id, b: Id) -> Id {
    if let Some(inverse) = g.as_number(b).and_then(Number::recip) {
        let inverse = g.number(inverse);
        return product_of(g, a, inverse);
    }
    let minus_one = g.integer(-1);
    let inverse = g.map(Primitive::Pow, &[b, minus_one]);
    product_of(g, a, inverse)
}

macro_rules! operator {
    ($trait:ident, $method:ident, |$g:ident, $a:ident, $b:ident| $body:expr) => {
        impl<'b, E: IntoEx<'b>> $trait<E> for Ex<'b> {
            type Output = Ex<'b>;
            fn $method(self, other: E) -> Ex<'b> {
                let other = other.into_ex(self.builder);
                let ($a, $b) = (self.id, other.id);
                self.builder.at(self.builder.with(|$g| $body))
            }
        }
        impl<'b> $trait<Ex<'b>> for i64 {
            type Output = Ex<'b>;
            fn $method(self, other: Ex<'b>) -> Ex<'b> {
                $trait::$method(self.into_ex(other.builder), other)
            }
        }
    };
}
operator!(Add, add, |g, a, b| sum_of(g, a, b, 1));
operator!(Sub, sub, |g, a, b| sum_of(g, a, b, -1));
operator!(Mul, mul, |g, a, b| product_of(g, a, b));
operator!(Div, div, |g, a, b| quotient_of(g, a, b));

impl<'b> Neg for Ex<'b> {
    type Output = Ex<'b>;
    fn neg(self) -> Ex<'b> {
        self * -1
    }
}
