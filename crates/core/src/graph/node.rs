//! What a node is: numbers, names, sums, products, functions.

use crate::interval::Interval;
use crate::number::Number;
use crate::shape::LabelsId;
use crate::table::{Operation, Primitive};

/// A node's position in its graph; children come before parents.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Id(pub(super) u32);

impl Id {
    /// The position as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The node at a position that [`Graph::len`] covers.
    pub fn from_index(index: usize) -> Id {
        Id(index as u32)
    }
}

/// A named real constant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Constant {
    /// 3.14159…
    Pi,
    /// 2.71828…
    E,
}

impl Constant {
    /// Every constant with its name in the language.
    pub const ALL: [(Constant, &'static str); 2] = [(Constant::Pi, "pi"), (Constant::E, "e")];

    /// The name in the language.
    pub fn name(self) -> &'static str {
        Constant::ALL[self as usize].1
    }
}

/// What a symbol is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Role {
    /// Any free name.
    #[default]
    Variable,
    /// Comes from files.
    Data,
    /// Is learned.
    Parameter,
    /// Is fixed.
    Constant,
    /// Is carried from step to step (a moving average).
    State,
    /// Steers the training (a learning rate).
    Hyperparameter,
    /// A dimension used as a number.
    Dimension,
    /// Uniform random numbers in [0, 1), drawn anew each step from the seed, the name and the step.
    Random,
}

/// What is known of a symbol's values; rewrites rely on it, so it must hold.
///
/// ```
/// use wrt_core::{Assumptions, Interval, Number};
/// let above_two = Assumptions::within(Interval::above(Number::integer(2)));
/// assert!(above_two.is_positive());
/// assert_eq!(above_two.and(&Assumptions::within(Interval::below(Number::ONE))), None);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Assumptions {
    /// Between which numbers it lies.
    pub range: Interval,
    /// `x != 0`, also where the range has 0.
    pub nonzero: bool,
    /// `x` is an integer.
    pub integer: bool,
    /// A matrix that equals its transpose.
    pub symmetric: bool,
}

impl Assumptions {
    /// It lies in an interval.
    pub fn within(range: Interval) -> Assumptions {
        Assumptions { range, ..Assumptions::default() }
    }

    /// `x > 0`
    pub fn positive() -> Assumptions {
        Assumptions::within(Interval::above(Number::ZERO))
    }

    /// `x >= 0`
    pub fn nonnegative() -> Assumptions {
        Assumptions::within(Interval::at_least(Number::ZERO))
    }

    /// `x <= 0`
    pub fn nonpositive() -> Assumptions {
        Assumptions::within(Interval::at_most(Number::ZERO))
    }

    /// Is it above 0?
    pub fn is_positive(&self) -> bool {
        self.is_nonnegative() && self.is_nonzero()
    }

    /// Is it not below 0?
    pub fn is_nonnegative(&self) -> bool {
        self.range.is_nonnegative()
    }

    /// Is it not above 0?
    pub fn is_nonpositive(&self) -> bool {
        self.range.is_nonpositive()
    }

    /// Is it certainly not 0?
    pub fn is_nonzero(&self) -> bool {
        self.nonzero || !self.range.contains(&Number::ZERO)
    }

    /// What both say; none where nothing can be both.
    pub fn and(&self, other: &Assumptions) -> Option<Assumptions> {
        let both = Assumptions {
            range: self.range.and(&other.range)?,
            nonzero: self.nonzero | other.nonzero,
            integer: self.integer | other.integer,
            symmetric: self.symmetric | other.symmetric,
        };
        both.allows(&both.nearest(Number::ZERO)).then_some(both)
    }

    /// May a number, or each entry of an array, have this value?
    pub fn allows(&self, value: &Number) -> bool {
        let whole = !self.integer || value.is_integer();
        whole && self.range.contains(value) && !(self.nonzero && value.is_zero())
    }

    /// A value that is allowed, for any number: itself if it may be.
    ///
    /// ```
    /// use wrt_core::{Assumptions, Number};
    /// assert_eq!(Assumptions::nonnegative().nearest(Number::integer(-3)), Number::integer(3));
    /// ```
    pub fn nearest(&self, x: Number) -> Number {
        let found = self.range.mirrored(x);
        let found = if self.integer { found.floor() } else { found };
        let ends = [&self.range.low, &self.range.high].into_iter().flatten();
        let steps = [0, 1, -1].map(Number::integer);
        let near = steps.iter().map(|step| &found + step).chain(ends.map(|end| &end.at * &Number::HALF));
        near.into_iter().find(|x| self.allows(x)).unwrap_or(found)
    }
}

/// A name with its role, shape and assumptions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// As the person wrote it.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// What is known of it.
    pub assumptions: Assumptions,
}

/// One term of a sum: a rational coefficient times a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Term {
    /// The exact factor.
    pub coefficient: Number,
    /// What it multiplies.
    pub node: Id,
}

impl Term {
    /// `coefficient * node`
    pub fn new(coefficient: Number, node: Id) -> Term {
        Term { coefficient, node }
    }

    /// `1 * node`
    pub fn one(node: Id) -> Term {
        Term::new(Number::ONE, node)
    }
}

/// A node as passes see it.
#[derive(Clone, Copy, Debug)]
pub enum Node<'g> {
    /// An exact rational.
    Number(&'g Number),
    /// π or e.
    Constant(Constant),
    /// A free name.
    Symbol(&'g Symbol),
    /// A sum of terms with rational coefficients.
    Sum(&'g [Term]),
    /// A product of factors with axis labels (none among scalars).
    Contraction(&'g [Id], LabelsId),
    /// An elementwise primitive.
    Map(Primitive, &'g [Id]),
    /// A reduction, a factorisation, an indexing, … on the trailing axes.
    Operation(&'g Operation, &'g [Id]),
}
