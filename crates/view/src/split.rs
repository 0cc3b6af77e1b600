//! A product as people write it: a coefficient, what stands above the fraction bar, what stands below; where factors follow
//! a divisor, more than one fraction.

use smallvec::{SmallVec, smallvec};
use wrt_core::{Graph, Id, Node, Number, Primitive};

/// A base and its power.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Power {
    /// The base itself.
    One,
    /// A positive number in the graph, or any other node.
    Node(Id),
    /// The magnitude of a negative number, below the bar.
    Negated(Id),
}

/// Bases with their powers.
pub(crate) type Factors = SmallVec<[(Id, Power); 6]>;

/// What stands above a bar and below it.
#[derive(Default)]
pub(crate) struct Fraction {
    pub(crate) above: Factors,
    pub(crate) below: Factors,
}

/// A product: its fractions in their order, at least one.
pub(crate) struct Split {
    pub(crate) coefficient: Number1,
    pub(crate) fractions: SmallVec<[Fraction; 1]>,
}

impl Default for Split {
    fn default() -> Split {
        Split { coefficient: Number1::default(), fractions: smallvec![Fraction::default()] }
    }
}

impl Split {
    /// With a single bar.
    pub(crate) fn joined(self) -> Split {
        let mut all = Fraction::default();
        for fraction in self.fractions {
            all.above.extend(fraction.above);
            all.below.extend(fraction.below);
        }
        Split { fractions: smallvec![all], ..self }
    }

    /// A factor above the bar; behind a fraction that is complete, the next one.
    fn above(&mut self, base: Id, power: Power) {
        let complete = |f: &Fraction| !f.above.is_empty() && !f.below.is_empty();
        if self.fractions.last().is_none_or(complete) {
            self.fractions.push(Fraction::default());
        }
        if let Some(last) = self.fractions.last_mut() {
            last.above.push((base, power));
        }
    }

    fn below(&mut self, base: Id, power: Power) {
        if let Some(last) = self.fractions.last_mut() {
            last.below.push((base, power));
        }
    }
}

/// A number that starts as one.
pub(crate) struct Number1(pub(crate) Number);

impl Default for Number1 {
    fn default() -> Number1 {
        Number1(Number::ONE)
    }
}

/// Takes a number apart into factors; nodes with a part's name stay whole. Numbers become the coefficient, unless together
/// they were too large: then they all stay factors, so that what is read prints the same again.
pub(crate) fn split(graph: &Graph, id: Id, named: &dyn Fn(Id) -> bool) -> Split {
    factors(graph, id, named, true).unwrap_or_else(|| factors(graph, id, named, false).unwrap_or_default())
}

/// The factors with their numbers as the coefficient, none where those don't fold; or with all numbers among the factors.
fn factors(graph: &Graph, id: Id, named: &dyn Fn(Id) -> bool, fold: bool) -> Option<Split> {
    let mut out = Split::default();
    let mut stack: SmallVec<[Id; 8]> = smallvec![id];
    while let Some(factor) = stack.pop() {
        if factor != id && named(factor) {
            out.above(factor, Power::One);
            continue;
        }
        match graph.node(factor) {
            Node::Number(n) if fold => out.coefficient.0 = out.coefficient.0.checked_mul(n)?,
            Node::Sum([single]) => match out.coefficient.0.checked_mul(&single.coefficient) {
                Some(product) => {
                    out.coefficient.0 = product;
                    stack.push(single.node);
                }
                None if fold => return None,
                None => out.above(factor, Power::One),
            },
            Node::Contraction(factors, _) if !graph.is_tensor(factor) => stack.extend(factors.iter().rev().copied()),
            Node::Map(Primitive::Pow, &[base, exponent]) => match graph.as_number(exponent) {
                // What the power 1 holds together is up to its base.
                Some(n) if n.is_one() => stack.push(base),
                Some(n) if *n == Number::MINUS_ONE => out.below(base, Power::One),
                Some(n) if n.is_negative() => out.below(base, Power::Negated(exponent)),
                _ => out.above(base, Power::Node(exponent)),
            },
            _ => out.above(factor, Power::One),
        }
    }
    Some(out)
}
