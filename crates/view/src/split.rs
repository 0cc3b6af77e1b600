//! A product as people write it: a coefficient, what stands above the fraction bar, what stands below.

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

#[derive(Default)]
pub(crate) struct Split {
    pub(crate) coefficient: Number1,
    pub(crate) above: Factors,
    pub(crate) below: Factors,
}

/// A number that starts as one.
pub(crate) struct Number1(pub(crate) Number);

impl Default for Number1 {
    fn default() -> Number1 {
        Number1(Number::ONE)
    }
}

/// Takes a node apart into factors; nodes with a part's name stay whole.
pub(crate) fn split(graph: &Graph, id: Id, named: &dyn Fn(Id) -> bool) -> Split {
    let mut out = Split::default();
    let mut stack: SmallVec<[Id; 8]> = smallvec![id];
    while let Some(factor) = stack.pop() {
        if factor != id && named(factor) {
            out.above.push((factor, Power::One));
            continue;
        }
        match graph.node(factor) {
            Node::Number(n) => match out.coefficient.0.checked_mul(n) {
                Some(product) => out.coefficient.0 = product,
                None => out.above.push((factor, Power::One)),
            },
            Node::Sum([single]) => match out.coefficient.0.checked_mul(&single.coefficient) {
                Some(product) => {
                    out.coefficient.0 = product;
                    stack.push(single.node);
                }
                None => out.above.push((factor, Power::One)),
            },
            Node::Contraction(factors, _) => stack.extend(factors.iter().rev().copied()),
            Node::Map(Primitive::Pow, &[base, exponent]) => match graph.as_number(exponent) {
                // What the power 1 holds together is up to its base.
                Some(n) if n.is_one() => stack.push(base),
                Some(n) if *n == Number::MINUS_ONE => out.below.push((base, Power::One)),
                Some(n) if n.is_negative() => out.below.push((base, Power::Negated(exponent))),
                _ => out.above.push((base, Power::Node(exponent))),
            },
            _ => out.above.push((factor, Power::One)),
        }
    }
    out
}
