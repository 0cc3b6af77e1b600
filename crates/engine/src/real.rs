//! The two kinds of number that programs run in.

use wrt_core::{Computed, Number, Primitive};
use wrt_lanes::Element;

/// `f32` or `f64`.
pub trait EngineReal: Element + Computed {
    /// What a primitive without lane code is, by its position in the table.
    fn call(which: u32, args: [Self; 3]) -> Self;

    /// The nearest number of this precision.
    fn nearest(n: &Number) -> Self;
}

macro_rules! engine_real {
    ($($type:ident)*) => {$(
        impl EngineReal for $type {
            fn call(which: u32, args: [$type; 3]) -> $type {
                match Primitive::ALL.get(which as usize) {
                    Some(p) => p.evaluate(&args[..p.arity()]),
                    None => $type::NAN,
                }
            }

            fn nearest(n: &Number) -> $type {
                n.to_f64() as $type
            }
        }
    )*};
}
engine_real!(f32 f64);
