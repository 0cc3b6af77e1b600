//! What arrays are made of: single and double precision.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Range, Sub};

use crate::assemble::Rows;
use crate::exercise;
use crate::fold::Fold;
use crate::functions::Lane;
use crate::fused::Fused;
use crate::level::Level;
use crate::loops::CheckedLoop;
use crate::memory::Memory;
use crate::product::Product;
use crate::vector::Vectors;

/// `f32` or `f64`; there is no other.
#[allow(private_bounds)]
pub trait Element:
    Lane
    + Vectors
    + Copy
    + Default
    + Debug
    + Send
    + Sync
    + PartialEq
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;
    /// −∞
    const LOWEST: Self;
    /// The smallest normal number above 0.
    const SMALLEST: Self;
    /// Bytes of an entry.
    const BYTES: usize;
    /// Its name in Rust.
    const NAME: &'static str;
    /// The nearest of this precision.
    fn from_f64(x: f64) -> Self;
    /// The same number.
    fn to_f64(self) -> f64;
    #[doc(hidden)]
    fn root(self) -> Self;
    #[doc(hidden)]
    fn magnitude(self) -> Self;
    /// Is it not a number?
    fn is_none(self) -> bool;
    // The kernels for this kind of number: compiled with this crate, as it asks for, and not where they are called.
    #[doc(hidden)]
    fn run_loop(body: &CheckedLoop<Self>, level: Level, memory: &mut Memory<'_, Self>, positions: Range<usize>);
    /// # Safety
    /// The result lies apart from what is read ([`Product::check`]).
    #[doc(hidden)]
    unsafe fn run_product(product: &Product, level: Level, memory: &mut Memory<'_, Self>, batch: Range<usize>);
    #[doc(hidden)]
    fn run_fold(fold: &Fold, level: Level, memory: &mut Memory<'_, Self>);
    #[doc(hidden)]
    fn run_fused(body: &Fused<Self>, level: Level, memory: &mut Memory<'_, Self>, runs: usize);
    #[doc(hidden)]
    fn put(level: Level, rows: &Rows<'_, Self>);
    #[doc(hidden)]
    fn chains(level: Level) -> Self;
    #[doc(hidden)]
    fn total(level: Level, array: &[Self]) -> Self;
}

macro_rules! element {
    ($type:ident) => {
        impl Element for $type {
            const ZERO: $type = 0.0;
            const ONE: $type = 1.0;
            const LOWEST: $type = $type::NEG_INFINITY;
            const SMALLEST: $type = $type::MIN_POSITIVE;
            const BYTES: usize = size_of::<$type>();
            const NAME: &'static str = stringify!($type);

            #[inline(always)]
            fn from_f64(x: f64) -> $type {
                x as $type
            }

            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            #[inline(always)]
            fn root(self) -> $type {
                self.sqrt()
            }

            #[inline(always)]
            fn magnitude(self) -> $type {
                self.abs()
            }

            #[inline(always)]
            fn is_none(self) -> bool {
                self.is_nan()
            }

            fn run_loop(
                body: &CheckedLoop<$type>,
                level: Level,
                memory: &mut Memory<'_, $type>,
                positions: Range<usize>,
            ) {
                body.run_here(level, memory, positions);
            }

            unsafe fn run_product(
                product: &Product,
                level: Level,
                memory: &mut Memory<'_, $type>,
                batch: Range<usize>,
            ) {
                // SAFETY: so says the caller.
                unsafe { product.run_here(level, memory, batch) }
            }

            fn run_fold(fold: &Fold, level: Level, memory: &mut Memory<'_, $type>) {
                fold.run_here(level, memory);
            }

            fn run_fused(body: &Fused<$type>, level: Level, memory: &mut Memory<'_, $type>, runs: usize) {
                body.run_here(level, memory, runs);
            }

            fn put(level: Level, rows: &Rows<'_, $type>) {
                rows.run_here(level);
            }

            fn chains(level: Level) -> $type {
                exercise::chains(level)
            }

            fn total(level: Level, array: &[$type]) -> $type {
                exercise::total(level, array)
            }
        }
    };
}
element!(f32);
element!(f64);
