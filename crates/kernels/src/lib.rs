//! The lowest layer: functions of numbers that know nothing of graphs.

mod special;
pub use special::{digamma, erf, erfc, gamma, lgamma, polygamma};
