//! Kinds of numbers that the rows of the table are compiled for, once for each, in the crate where it is at home: each row is
//! a page of loops over a kind of number, and every crate that evaluates would compile all of them again.

use crate::array::Array;
use crate::real::Real;
use crate::table::operations::{Factorisation, Factors};
use crate::table::{Operation, Primitive};

/// A kind of number that rows are compiled for; [`computed!`](crate::computed) makes it one.
pub trait Computed: Real {
    /// See [`Primitive::evaluate`].
    #[doc(hidden)]
    fn primitive(row: Primitive, args: &[Self]) -> Self;

    /// See [`Operation::evaluate`].
    #[doc(hidden)]
    fn operation(row: &Operation, args: &[&Array<Self>], shape: &[usize], like: &Self) -> Result<Array<Self>, String>;

    /// See [`Operation::evaluate_factored`].
    #[doc(hidden)]
    fn factored(
        row: &Operation,
        factors: &Factors<Self>,
        others: &[&Array<Self>],
        shape: &[usize],
        like: &Self,
    ) -> Result<Array<Self>, String>;

    /// See [`Factors::of`].
    #[doc(hidden)]
    fn factors(kind: Factorisation, matrix: &Array<Self>, like: &Self) -> Result<Factors<Self>, String>;
}

/// Compiles the rows of the table for kinds of numbers, which become [`Computed`].
#[macro_export]
macro_rules! computed {
    ($($number:ty),* $(,)?) => {$(
        impl $crate::Computed for $number {
            fn primitive(row: $crate::Primitive, args: &[Self]) -> Self {
                row.compute(args)
            }

            fn operation(
                row: &$crate::Operation,
                args: &[&$crate::Array<Self>],
                shape: &[usize],
                like: &Self,
            ) -> Result<$crate::Array<Self>, String> {
                row.compute(args, shape, like)
            }

            fn factored(
                row: &$crate::Operation,
                factors: &$crate::operations::Factors<Self>,
                others: &[&$crate::Array<Self>],
                shape: &[usize],
                like: &Self,
            ) -> Result<$crate::Array<Self>, String> {
                row.compute_factored(factors, others, shape, like)
            }

            fn factors(
                kind: $crate::operations::Factorisation,
                matrix: &$crate::Array<Self>,
                like: &Self,
            ) -> Result<$crate::operations::Factors<Self>, String> {
                $crate::operations::Factors::compute(kind, matrix, like)
            }
        }
    )*};
}

computed!(f32, f64);
