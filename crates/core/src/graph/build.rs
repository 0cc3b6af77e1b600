//! Constructors: each interns its node and folds number literals, nothing else; what a person wrote stays.

use super::intern::hash_of;
use super::{Assumptions, Constant, Graph, Id, Node, NodeKind, Role, Symbol, Term};
use crate::number::Number;
use crate::shape::{Dim, LabelsId, ShapeId};
use crate::table::{Operation, Primitive};

impl Graph {
    /// An exact number.
    pub fn number(&mut self, value: Number) -> Id {
        let hash = hash_of((0u8, &value));
        let found = self.find(hash, |n| matches!(n, Node::Number(m) if *m == value));
        found.unwrap_or_else(|| {
            self.numbers.push(value);
            self.push(NodeKind::Number, ShapeId::SCALAR, self.numbers.len() - 1, 1, hash)
        })
    }

    /// An exact integer.
    pub fn integer(&mut self, value: i64) -> Id {
        self.number(Number::integer(value))
    }

    /// π or e.
    pub fn constant(&mut self, constant: Constant) -> Id {
        let hash = hash_of((1u8, constant));
        let found = self.find(hash, |n| matches!(n, Node::Constant(c) if c == constant));
        found.unwrap_or_else(|| self.push(NodeKind::Constant(constant), ShapeId::SCALAR, 0, 0, hash))
    }

    /// The free name, a variable unless it exists already with another role.
    pub fn symbol(&mut self, name: &str) -> Id {
        self.symbol_with(name, Assumptions::default())
    }

    /// The free name with what is known of it; assumptions count when the name is made, not later.
    pub fn symbol_with(&mut self, name: &str, assumptions: Assumptions) -> Id {
        self.tensor_symbol(name, Role::Variable, &[], assumptions)
    }

    /// The name of a tensor; role, shape and assumptions count when the name is made, not later.
    pub fn tensor_symbol(&mut self, name: &str, role: Role, dims: &[Dim], assumptions: Assumptions) -> Id {
        if let Some(id) = self.find_symbol(name) {
            return id;
        }
        let hash = hash_of((2u8, name));
        let shape = self.shape_of(dims);
        self.symbols.push(Symbol { name: name.to_string(), role, assumptions });
        self.push(NodeKind::Symbol, shape, self.symbols.len() - 1, 1, hash)
    }

    /// The node of a name that occurs already.
    pub fn find_symbol(&self, name: &str) -> Option<Id> {
        self.find(hash_of((2u8, name)), |n| matches!(n, Node::Symbol(s) if s.name == name))
    }

    /// A sum with rational coefficients, in the order written.
    pub fn sum(&mut self, terms: &[Term]) -> Id {
        if let Some(total) = self.folded_sum(terms) {
            return self.number(total);
        }
        if let [Term { coefficient, node }] = terms
            && coefficient.is_one()
        {
            return *node;
        }
        let hash = hash_of((3u8, terms));
        if let Some(id) = self.find(hash, |n| matches!(n, Node::Sum(t) if t == terms)) {
            return id;
        }
        let start = self.terms.len();
        let shape = terms.iter().map(|t| self.shape(t.node)).find(|s| *s != ShapeId::SCALAR).unwrap_or_default();
        self.terms.extend_from_slice(terms);
        self.push(NodeKind::Sum, shape, start, terms.len(), hash)
    }

    /// The value of a sum of literals, unless it became too large to fold: `9^9^9^9 + 1` stays a sum.
    fn folded_sum(&self, terms: &[Term]) -> Option<Number> {
        let mut total = Number::ZERO;
        for t in terms {
            total = &total + &(&t.coefficient * self.as_number(t.node)?);
            if total.bits() > crate::number::FOLD_BITS {
                return None;
            }
        }
        Some(total)
    }

    /// A product of scalars, in the order written; literals are folded, unless they become too large, and become the
    /// coefficient of a sum, since that is where coefficients are: `2*x` is the sum of one term.
    pub fn product(&mut self, factors: &[Id]) -> Id {
        // Most products have no literals.
        let literals = factors.iter().any(|f| self.as_number(*f).is_some());
        let coefficient = if literals { self.literal(factors) } else { None };
        let rest: Vec<Id>;
        let kept = match coefficient {
            None => factors,
            Some(_) => {
                rest = factors.iter().copied().filter(|f| self.as_number(*f).is_none()).collect();
                &rest
            }
        };
        if kept.is_empty() {
            return self.number(coefficient.unwrap_or(Number::ONE));
        }
        let node =
            if let [single] = kept { *single } else { self.contraction(kept, LabelsId::SCALAR, ShapeId::SCALAR) };
        match coefficient {
            None => node,
            Some(coefficient) => self.sum(&[Term::new(coefficient, node)]),
        }
    }

    pub(crate) fn push_operation(&mut self, operation: Operation, args: &[Id], shape: ShapeId) -> Id {
        let operation = self.operations.intern(operation);
        let hash = hash_of((6u8, operation, args));
        let wanted = self.operations.get(operation);
        if let Some(id) = self.find(hash, |n| matches!(n, Node::Operation(o, a) if o == wanted && a == args)) {
            return id;
        }
        let start = self.children.len();
        self.children.extend_from_slice(args);
        self.push(NodeKind::Operation(operation), shape, start, args.len(), hash)
    }

    /// A product with axis labels as they stand; `shape` must be what the labels' output says.
    pub(crate) fn contraction(&mut self, factors: &[Id], labels: LabelsId, shape: ShapeId) -> Id {
        let hash = hash_of((4u8, labels, factors));
        let same = |n: Node<'_>| matches!(n, Node::Contraction(f, l) if l == labels && f == factors);
        if let Some(id) = self.find(hash, same) {
            return id;
        }
        let start = self.children.len();
        self.children.extend_from_slice(factors);
        self.push(NodeKind::Contraction(labels), shape, start, factors.len(), hash)
    }

    /// An elementwise primitive; a power of literals with an integer exponent is folded.
    ///
    /// # Panics
    /// If the number of arguments is not the primitive's.
    pub fn map(&mut self, primitive: Primitive, args: &[Id]) -> Id {
        assert_eq!(args.len(), primitive.arity(), "arguments of {}", primitive.name());
        if let (Primitive::Pow, &[base, exponent]) = (primitive, args)
            && let Some(n) = self.folded_power(base, exponent)
        {
            return self.number(n);
        }
        let hash = hash_of((5u8, primitive, args));
        if let Some(id) = self.find(hash, |n| matches!(n, Node::Map(p, a) if p == primitive && a == args)) {
            return id;
        }
        let start = self.children.len();
        let shape = args.iter().map(|&a| self.shape(a)).find(|s| *s != ShapeId::SCALAR).unwrap_or_default();
        self.children.extend_from_slice(args);
        self.push(NodeKind::Map(primitive), shape, start, args.len(), hash)
    }

    fn folded_power(&self, base: Id, exponent: Id) -> Option<Number> {
        self.as_number(base)?.pow(self.as_number(exponent)?.as_i64()?)
    }

    /// `a + b`
    pub fn add(&mut self, a: Id, b: Id) -> Id {
        self.sum(&[Term::one(a), Term::one(b)])
    }

    /// `a - b`
    pub fn sub(&mut self, a: Id, b: Id) -> Id {
        self.sum(&[Term::one(a), Term::new(Number::MINUS_ONE, b)])
    }

    /// `-a`
    pub fn neg(&mut self, a: Id) -> Id {
        self.sum(&[Term::new(Number::MINUS_ONE, a)])
    }

    /// `a * b`, elementwise.
    pub fn mul(&mut self, a: Id, b: Id) -> Id {
        self.elementwise(&[a, b])
    }

    /// `a / b`, a product with a power of −1.
    pub fn div(&mut self, a: Id, b: Id) -> Id {
        let minus_one = self.integer(-1);
        let inverse = self.map(Primitive::Pow, &[b, minus_one]);
        if self.is_one(a) {
            return inverse;
        }
        self.elementwise(&[a, inverse])
    }

    /// `a ^ b`
    pub fn pow(&mut self, a: Id, b: Id) -> Id {
        self.map(Primitive::Pow, &[a, b])
    }
}
