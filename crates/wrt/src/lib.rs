//! wrt ("with respect to"): derivatives of formulas, as readable formulas and as numbers.

mod assume;
mod error;
mod evaluate;
mod same;
pub mod session;

pub use error::Error;
pub use wrt_core::Number;
pub use wrt_view::Form;

/// Special functions of one double.
pub mod special {
    pub use wrt_kernels::{digamma, erf, erfc, gamma, lgamma, polygamma};
}

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
