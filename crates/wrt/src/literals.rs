//! Numbers and lists of numbers as expressions.

use wrt_core::{Graph, Id, Number};

use crate::expr::{Expr, made};

/// What an operator takes beside an expression: the number in the graph.
pub(crate) trait Literal: Copy {
    fn node(self, graph: &mut Graph) -> Id;
}

macro_rules! integer_literal {
    ($($type:ty)*) => {$(
        impl Literal for $type {
            fn node(self, graph: &mut Graph) -> Id {
                graph.integer(self.into())
            }
        }
        impl From<$type> for Expr {
            fn from(n: $type) -> Expr {
                Expr::build(|g| n.node(g))
            }
        }
    )*};
}
integer_literal!(i32 i64);

impl Literal for f64 {
    /// The double exactly. What is not finite is no node, but it is the value of one: 0^-1 and its like.
    fn node(self, graph: &mut Graph) -> Id {
        if let Some(n) = Number::from_f64(self) {
            return graph.number(n);
        }
        let numerator = graph.integer(if self.is_nan() { 0 } else { 1 });
        let (zero, sign) = (graph.integer(0), graph.integer(if self < 0.0 { -1 } else { 1 }));
        let inverse = graph.div(numerator, zero);
        let endless = graph.product(&[sign, inverse]);
        if self.is_nan() { graph.product(&[zero, endless]) } else { endless }
    }
}

impl From<f64> for Expr {
    /// The double exactly.
    fn from(x: f64) -> Expr {
        Expr::build(|g| x.node(g))
    }
}

/// `[1, 2, 3]` in the language: a vector of constants.
///
/// # Panics
/// For a list without entries.
///
/// ```
/// use wrt::{Expr, TensorFunctions, tensor};
/// let x = tensor("x", [3]);
/// assert_eq!((&x - Expr::from([1.0, 2.0, 0.5])).norm2().pow(2).gradient(&["x"])?[0].to_string(), "2*(x - [1, 2, 1/2])");
/// # Ok::<(), wrt::Error>(())
/// ```
impl<const N: usize> From<[f64; N]> for Expr {
    #[track_caller]
    fn from(entries: [f64; N]) -> Expr {
        list(&entries.map(Expr::from))
    }
}

/// A matrix of constants, row by row.
///
/// # Panics
/// For a list without entries.
///
/// ```
/// use wrt::{Expr, tensor};
/// let rotation = Expr::from([[0.0, -1.0], [1.0, 0.0]]);
/// assert_eq!(rotation.matmul(&tensor("x", [2])).to_string(), "[[0, -1], [1, 0]] @ x");
/// ```
impl<const M: usize, const N: usize> From<[[f64; N]; M]> for Expr {
    #[track_caller]
    fn from(rows: [[f64; N]; M]) -> Expr {
        list(&rows.map(Expr::from))
    }
}

#[track_caller]
fn list(entries: &[Expr]) -> Expr {
    made(Expr::list(&entries.iter().collect::<Vec<_>>()))
}
