//! `+ - * /` and negation on expressions, with doubles and integers on either side; sums, powers, matrix products.
//!
//! One integer type only: with two, the compiler could not tell which one the 2 of `2 * &w` is.

use std::iter::{Product, Sum};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use wrt_language::{Operator, Value, operate};

use crate::error::Error;
use crate::expr::{Expr, made, quoted};
use crate::literals::Literal;

macro_rules! operator {
    ($trait:ident, $method:ident, $operator:expr) => {
        impl $trait<&Expr> for &Expr {
            type Output = Expr;
            #[track_caller]
            fn $method(self, other: &Expr) -> Expr {
                made(self.binary($operator, other))
            }
        }
        impl $trait<Expr> for &Expr {
            type Output = Expr;
            #[track_caller]
            fn $method(self, other: Expr) -> Expr {
                made(self.binary($operator, &other))
            }
        }
        impl $trait<&Expr> for Expr {
            type Output = Expr;
            #[track_caller]
            fn $method(self, other: &Expr) -> Expr {
                made(self.binary($operator, other))
            }
        }
        impl $trait<Expr> for Expr {
            type Output = Expr;
            #[track_caller]
            fn $method(self, other: Expr) -> Expr {
                made(self.binary($operator, &other))
            }
        }
        operator!(@number $trait, $method, $operator, f64 i64);
    };
    (@number $trait:ident, $method:ident, $operator:expr, $($type:ty)*) => {$(
        impl $trait<$type> for &Expr {
            type Output = Expr;
            fn $method(self, other: $type) -> Expr {
                made(self.beside($operator, other, false))
            }
        }
        impl $trait<$type> for Expr {
            type Output = Expr;
            fn $method(self, other: $type) -> Expr {
                made(self.beside($operator, other, false))
            }
        }
        impl $trait<&Expr> for $type {
            type Output = Expr;
            fn $method(self, other: &Expr) -> Expr {
                made(other.beside($operator, self, true))
            }
        }
        impl $trait<Expr> for $type {
            type Output = Expr;
            fn $method(self, other: Expr) -> Expr {
                made(other.beside($operator, self, true))
            }
        }
    )*};
}
operator!(Add, add, Operator::Add);
operator!(Sub, sub, Operator::Subtract);
operator!(Mul, mul, Operator::Multiply);
operator!(Div, div, Operator::Divide);

macro_rules! assignment {
    ($($trait:ident $method:ident $operator:ident $sign:tt)*) => {$(
        impl<T> $trait<T> for Expr
        where
            for<'e> &'e Expr: $operator<T, Output = Expr>,
        {
            #[track_caller]
            fn $method(&mut self, other: T) {
                *self = &*self $sign other;
            }
        }
    )*};
}
assignment! {
    AddAssign add_assign Add +
    SubAssign sub_assign Sub -
    MulAssign mul_assign Mul *
    DivAssign div_assign Div /
}

/// The sum of expressions; 0 of none.
///
/// ```
/// use wrt::{Expr, symbol};
/// let total: Expr = ["a", "b", "c"].into_iter().map(symbol).sum();
/// assert_eq!(total.to_string(), "a + b + c");
/// ```
impl Sum for Expr {
    fn sum<I: Iterator<Item = Expr>>(all: I) -> Expr {
        all.reduce(|a, b| a + b).unwrap_or_else(|| Expr::from(0))
    }
}

/// The product of expressions, entry by entry; 1 of none.
///
/// ```
/// use wrt::{Expr, symbol};
/// let product: Expr = ["a", "b", "c"].into_iter().map(symbol).product();
/// assert_eq!(product.to_string(), "a*b*c");
/// ```
impl Product for Expr {
    fn product<I: Iterator<Item = Expr>>(all: I) -> Expr {
        all.reduce(|a, b| a * b).unwrap_or_else(|| Expr::from(1))
    }
}

impl Neg for &Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        made(Expr::combine(&[self], |g, values| Ok(Value { id: g.neg(values[0].id), ..values[0].clone() })))
    }
}

impl Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        -&self
    }
}

macro_rules! fallible {
    ($($method:ident $operator:ident $sign:literal;)*) => {$(
        #[doc = concat!("`self ", $sign, " other`, as in the language.\n\n# Errors\n",
            "If the shapes don't fit, or a name means something else in the other expression.\n\n```\n",
            "use wrt::tensor;\nlet (v, w) = (tensor(\"v\", [3]), tensor(\"w\", [4]));\n",
            "assert_eq!(v.", stringify!($method), "(&w).unwrap_err().kind(), wrt::ErrorKind::Shape);\n```")]
        pub fn $method(&self, other: &Expr) -> Result<Expr, Error> {
            self.binary(Operator::$operator, other)
        }
    )*};
}

impl Expr {
    fallible! {
        try_add Add "+";
        try_sub Subtract "-";
        try_mul Multiply "*";
        try_div Divide "/";
        try_pow Power "^";
        try_matmul MatrixProduct "@";
    }

    pub(crate) fn binary(&self, operator: Operator, other: &Expr) -> Result<Expr, Error> {
        Expr::combine(&[self, other], |g, values| operate(g, operator, [&values[0], &values[1]], &quoted))
    }

    /// This expression and a number, which stands in front if `before`.
    fn beside(&self, operator: Operator, number: impl Literal, before: bool) -> Result<Expr, Error> {
        Expr::combine(&[self], |g, values| {
            let number = Value::scalar(number.node(g));
            let pair = if before { [&number, &values[0]] } else { [&values[0], &number] };
            operate(g, operator, pair, &quoted)
        })
    }

    /// This expression to a power, entry by entry.
    ///
    /// # Panics
    /// If the shapes don't fit.
    ///
    /// ```
    /// let x = wrt::tensor("x", ["n"]);
    /// assert_eq!(x.pow(2).to_string(), "x^2");
    /// ```
    #[track_caller]
    pub fn pow(&self, exponent: impl Into<Expr>) -> Expr {
        made(self.try_pow(&exponent.into()))
    }

    /// The product of vectors and matrices, `self @ other` in the language and in NumPy.
    ///
    /// # Panics
    /// If the shapes don't fit.
    ///
    /// ```
    /// use wrt::tensor;
    /// let (a, x) = (tensor("A", ["m", "n"]), tensor("x", ["n"]));
    /// assert_eq!(a.matmul(&x).to_string(), "A @ x");
    /// assert_eq!(x.try_matmul(&a).unwrap_err().to_string(),
    ///     "`x @ A`: x is [n], A is [m, n]: n and m differ; did you mean x @ A'?");
    /// ```
    #[track_caller]
    pub fn matmul(&self, other: &Expr) -> Expr {
        made(self.try_matmul(other))
    }

    /// The transpose, `self'` in the language; of a vector itself.
    ///
    /// # Panics
    /// For more than two axes.
    ///
    /// ```
    /// let a = wrt::tensor("A", ["m", "n"]);
    /// assert_eq!(a.t().to_string(), "A'");
    /// ```
    #[track_caller]
    pub fn t(&self) -> Expr {
        made(Expr::combine(&[self], |g, values| wrt_language::transpose(g, &values[0], &quoted)))
    }
}
