//! The lowest layer: functions of numbers that know nothing of graphs.

mod random;
mod special;
pub use random::Stream;
pub use special::{digamma, erf, erfc, gamma, gelu, lgamma, polygamma};
