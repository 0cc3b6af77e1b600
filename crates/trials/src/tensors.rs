//! Random formulas and models of tensors, as texts of the language.

mod case;
mod code;
mod dim;
mod draw;
mod point;
mod reading;
mod recipe;
mod rows;
mod shrink;
mod slope;
mod tally;
mod trial;

pub use case::Case;
pub use code::code_case;
pub use draw::Weight;
pub use recipe::Recipe;
pub use tally::TensorTally;
pub use trial::{case_trial, tensor_computation, tensor_trial};
