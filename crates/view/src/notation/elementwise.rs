//! Sums and functions of entries in matrix notation, in both orientations.
//!
//! Broadcasting aligns trailing axes. Of a matrix, a row is aligned as it is and a column must be written `[:, None]`; of
//! its transpose it is the other way round. So each node is written both ways, and the cheaper one is chosen above it.

use wrt_core::{Id, Node, Number, Primitive, Term};

use super::convert::{Converted, Converter};
use super::tree::{Expression, Notation};

impl<'g> Converter<'g> {
    /// The axes that the arguments have together, and the arguments so that they broadcast, in both orientations.
    fn aligned(&mut self, args: &[Id], rank: usize) -> Option<(Vec<bool>, Vec<Expression>, Vec<Expression>)> {
        let mut converted = Vec::with_capacity(args.len());
        let mut covered = vec![false; rank];
        for arg in args {
            let own = self.convert(*arg)?;
            own.axes().into_iter().for_each(|k| covered[k] = true);
            converted.push(own);
        }
        let axes: Vec<usize> = (0..rank).filter(|k| covered[*k]).collect();
        let mut natural = Vec::with_capacity(args.len());
        let mut transposed = Vec::with_capacity(args.len());
        for own in converted {
            let list = own.axes();
            let (mut straight, mut turned) = (own.natural, own.transposed);
            match (axes.as_slice(), list.as_slice()) {
                ([r, _], [k]) if k == r => straight = self.list.column(straight),
                ([_, c], [k]) if k == c => turned = self.list.column(turned),
                _ if axes.ends_with(&list) => {}
                _ => return None,
            }
            natural.push(straight);
            transposed.push(turned);
        }
        Some((covered, natural, transposed))
    }

    /// What both orientations cost, the cheaper one transposed if that is less.
    pub(super) fn relaxed(&mut self, covered: Vec<bool>, natural: Expression, transposed: Expression) -> Converted {
        let count = covered.iter().filter(|c| **c).count();
        if count != 2 {
            return Converted { covered, natural, transposed: natural };
        }
        let (there, back) = (self.list.transposed(natural), self.list.transposed(transposed));
        let natural = self.shorter(natural, back);
        let transposed = self.shorter(transposed, there);
        Converted { covered, natural, transposed }
    }

    /// The first of two ways to write a matrix, unless the second is shorter, with brackets that are turned as a whole
    /// counted: `inv(X)' @ M @ inv(X)'` is no longer than `(inv(X) @ M' @ inv(X))'`.
    fn shorter(&mut self, e: Expression, other: Expression) -> Expression {
        let bare = self.list.as_product(other).tensor;
        let turned = match bare[..] {
            [(_, e)] => match self.list.notation(e) {
                Notation::Transposed(inner) => Some(*inner),
                _ => None,
            },
            _ => None,
        };
        let bracket = turned.is_some_and(|inner| matches!(self.list.notation(inner), Notation::Product(_)));
        if self.list.cost(other) + u32::from(bracket) < self.list.cost(e) { other } else { e }
    }

    /// The terms with those of sums within the sum in their places.
    pub(super) fn flat_terms<'t>(&self, terms: &'t [Term], rank: usize) -> Vec<&'t Term>
    where
        'g: 't,
    {
        let graph = self.graph;
        let mut flat = Vec::with_capacity(terms.len());
        let mut stack: Vec<&Term> = terms.iter().rev().collect();
        while let Some(term) = stack.pop() {
            match graph.node(term.node) {
                Node::Sum(inner)
                    if inner.len() > 1
                        && term.coefficient.is_one()
                        && graph.rank(term.node) == rank
                        && !self.bindings.contains_key(&term.node) =>
                {
                    stack.extend(inner.iter().rev());
                }
                _ => flat.push(term),
            }
        }
        flat
    }

    pub(super) fn sum(&mut self, terms: &[Term], rank: usize) -> Option<Converted> {
        // `0*log(w)` is no zero left of 0.
        let counts = |t: &&Term| {
            !t.coefficient.is_zero()
                || self.graph.rank(t.node) == rank && (rank == 0 || !self.is_defined_everywhere(t.node))
        };
        let mut terms = self.flat_terms(terms, rank);
        terms.retain(counts);
        if let Some(list) = self.scattered(&terms, rank) {
            return Some(list);
        }
        let nodes: Vec<Id> = terms.iter().map(|t| t.node).collect();
        let (covered, natural, transposed) = self.aligned(&nodes, rank)?;
        let mut total = |list: &[Expression], turned: bool| {
            let scaled: Vec<Expression> = list
                .iter()
                .zip(&terms)
                .map(|(e, t)| match t.coefficient.is_zero() && covered.contains(&true) {
                    // `0*log(w)` is no zero left of 0.
                    true => {
                        let zeros = self.zeros(t.node, &covered);
                        let zeros = if turned { zeros.transposed } else { zeros.natural };
                        self.list.elementwise(zeros, *e)
                    }
                    false => self.list.scaled(&t.coefficient, *e),
                })
                .collect();
            self.list.sum_of(&scaled)
        };
        let natural = total(&natural, false);
        if covered.iter().filter(|c| **c).count() != 2 {
            return Some(Converted { covered, natural, transposed: natural });
        }
        let transposed = total(&transposed, true);
        Some(self.relaxed(covered, natural, transposed))
    }

    pub(super) fn map(&mut self, primitive: Primitive, args: &[Id], rank: usize) -> Option<Converted> {
        let (covered, natural, transposed) = self.aligned(args, rank)?;
        let natural = self.applied(primitive, &natural);
        if covered.iter().filter(|c| **c).count() != 2 {
            return Some(Converted { covered, natural, transposed: natural });
        }
        let transposed = self.applied(primitive, &transposed);
        Some(self.relaxed(covered, natural, transposed))
    }

    pub(super) fn applied(&mut self, primitive: Primitive, args: &[Expression]) -> Expression {
        let rank = args.iter().map(|a| self.list.rank(*a)).max().unwrap_or(0);
        match (primitive, args) {
            (Primitive::Pow, [base, exponent]) => match self.list.notation(*exponent).clone() {
                Notation::Number(n) => self.list.power(*base, &n),
                _ => self.list.intern(Notation::Power(*base, *exponent), rank),
            },
            (Primitive::Sqrt, [base]) => self.list.power(*base, &Number::HALF),
            _ => self.list.intern(Notation::Map(primitive, args.to_vec()), rank),
        }
    }
}
