//! `+ - * /` and negation on expressions, with doubles and integers on either side.
//!
//! One integer type only: with two, the compiler could not tell which one the 2 of `2 * &w` is.

use std::ops::{Add, Div, Mul, Neg, Sub};

use wrt_core::{Graph, Id, Node, Number, Term};

use crate::expr::{Expr, Literal};

/// `a ± b` as the language reads it: `3*x` enters as the coefficient 3 and the node `x`, and a sum that is continued
/// on the right stays one sum of two terms.
fn plus(g: &mut Graph, a: Id, b: Id, sign: Number) -> Id {
    let term = |g: &Graph, id: Id, sign: &Number| match g.node(id) {
        Node::Sum([single]) => Term::new(&single.coefficient * sign, single.node),
        _ => Term::new(sign.clone(), id),
    };
    let terms = [term(g, a, &Number::ONE), term(g, b, &sign)];
    g.sum(&terms)
}

macro_rules! operator {
    ($trait:ident, $method:ident, |$g:ident, $a:ident, $b:ident| $body:expr) => {
        impl $trait<&Expr> for &Expr {
            type Output = Expr;
            fn $method(self, other: &Expr) -> Expr {
                Expr::combine(&[self, other], |$g, ids| {
                    let ($a, $b) = (ids[0], ids[1]);
                    $body
                })
            }
        }
        impl $trait<Expr> for &Expr {
            type Output = Expr;
            fn $method(self, other: Expr) -> Expr {
                $trait::$method(self, &other)
            }
        }
        impl $trait<&Expr> for Expr {
            type Output = Expr;
            fn $method(self, other: &Expr) -> Expr {
                $trait::$method(&self, other)
            }
        }
        impl $trait<Expr> for Expr {
            type Output = Expr;
            fn $method(self, other: Expr) -> Expr {
                $trait::$method(&self, &other)
            }
        }
        operator!(@number $trait, $method, |$g, $a, $b| $body, f64 i64);
    };
    (@number $trait:ident, $method:ident, |$g:ident, $a:ident, $b:ident| $body:expr, $($type:ty)*) => {$(
        impl $trait<$type> for &Expr {
            type Output = Expr;
            fn $method(self, other: $type) -> Expr {
                self.derive(|$g, $a| {
                    let $b = Literal::node(other, $g);
                    $body
                })
            }
        }
        impl $trait<$type> for Expr {
            type Output = Expr;
            fn $method(self, other: $type) -> Expr {
                $trait::$method(&self, other)
            }
        }
        impl $trait<&Expr> for $type {
            type Output = Expr;
            fn $method(self, other: &Expr) -> Expr {
                other.derive(|$g, $b| {
                    let $a = Literal::node(self, $g);
                    $body
                })
            }
        }
        impl $trait<Expr> for $type {
            type Output = Expr;
            fn $method(self, other: Expr) -> Expr {
                $trait::$method(self, &other)
            }
        }
    )*};
}
operator!(Add, add, |g, a, b| plus(g, a, b, Number::ONE));
operator!(Sub, sub, |g, a, b| plus(g, a, b, Number::MINUS_ONE));
operator!(Mul, mul, |g, a, b| g.mul(a, b));
operator!(Div, div, |g, a, b| g.div(a, b));

impl Neg for &Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        self.derive(|g, a| g.neg(a))
    }
}

impl Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        -&self
    }
}
