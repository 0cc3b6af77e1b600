//! Random expressions, and the trials in which every engine is held against every other.
//!
//! A [`Recipe`] is an expression with shared parts, drawn from any [`Source`] of choices: a seed, the bytes of a fuzzer
//! or of proptest. [`trial`] builds it and holds printing, parsing, simplifying and differentiating to their word at
//! random exact points. A disagreement in doubles is put before certified balls, which tell round-off from a mistake;
//! nothing here compares doubles alone when it accuses.

pub mod corpora;
mod decide;
mod engines;
mod point;
mod recipe;
mod shrink;
mod source;
mod tensors;
mod trial;
pub mod ulp;
mod wide;

pub use decide::{Verdict, decide};
pub use engines::{Computation, EngineTally, engines};
pub use point::{Point, point};
pub use recipe::{Instruction, Recipe, SYMBOLS, assumptions};
pub use shrink::{Shrink, shrink};
pub use source::{Bytes, Seeded, Source};
pub use tensors::{Case, TensorTally, Weight, case_trial, code_case, tensor_computation, tensor_trial};
pub use trial::{Failure, Tally, printing, trial, trial_of};
pub use wide::Wide;

/// A recipe of a tensor formula.
pub type TensorRecipe = tensors::Recipe;

/// The recipe of one trial with tensors, which the pair of numbers determines.
pub fn numbered_tensors(seed: u64, index: u64, weight: Weight) -> TensorRecipe {
    TensorRecipe::draw(&mut Seeded::new(seed, index), weight)
}

/// The recipe and the points of one trial, which the pair of numbers determines.
pub fn numbered(seed: u64, index: u64) -> (Recipe, Vec<Point>) {
    let mut source = Seeded::new(seed, index);
    let recipe = Recipe::draw(&mut source);
    let points = (0..3).map(|_| point(&mut source)).collect();
    (recipe, points)
}
