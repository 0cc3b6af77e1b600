//! What a node is: numbers, names, sums, products, functions.

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

/// What is known of a symbol's sign; rewrites rely on it, so it must hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Assumptions {
    /// `x >= 0`
    pub nonnegative: bool,
    /// `x <= 0`
    pub nonpositive: bool,
    /// `x != 0`
    pub nonzero: bool,
    /// `x` is an integer.
    pub integer: bool,
    /// `x < 1`
    pub below_one: bool,
    /// `x > -1`
    pub above_minus_one: bool,
    /// A matrix that equals its transpose.
    pub symmetric: bool,
}

impl Assumptions {
    /// What both say; none where nothing can be both.
    ///
    /// ```
    /// use wrt_core::Assumptions;
    /// let (low, high) = (
    ///     Assumptions { nonnegative: true, ..Assumptions::default() },
    ///     Assumptions { nonpositive: true, nonzero: true, ..Assumptions::default() },
    /// );
    /// assert_eq!(low.and(high), None);
    /// ```
    pub fn and(self, other: Assumptions) -> Option<Assumptions> {
        let both = Assumptions {
            nonnegative: self.nonnegative | other.nonnegative,
            nonpositive: self.nonpositive | other.nonpositive,
            nonzero: self.nonzero | other.nonzero,
            integer: self.integer | other.integer,
            below_one: self.below_one | other.below_one,
            above_minus_one: self.above_minus_one | other.above_minus_one,
            symmetric: self.symmetric | other.symmetric,
        };
        (!(both.nonnegative && both.nonpositive && both.nonzero)).then_some(both)
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
