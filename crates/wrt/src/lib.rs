//! The facade of wrt: few names, and the README as its first test.
//!
#![doc = include_str!("../../../README.md")]

mod answer;
mod answering;
mod assume;
mod backprop;
mod blame;
mod calculus;
mod calls;
pub mod compiled;
mod constraints;
mod derivation;
mod derivatives;
mod document;
mod error;
mod evaluate;
mod expr;
mod fitted;
mod functions;
mod guard;
mod import;
mod inspect;
mod judge;
mod labels;
mod literals;
mod metrics;
mod missing;
mod model;
mod operators;
mod optimisers;
mod passes;
mod plan_text;
mod points;
mod prediction;
mod program;
mod rates;
mod report;
mod same;
pub mod session;
mod slopes;
mod status;
mod steps;
mod subscript;
mod sums;
mod term_by_term;
mod trace;
mod trained;
mod trainer;
mod training;
mod training_options;
mod watch;
mod written;

pub use blame::{NotFinite, Operand};
pub use calls::Setting;
pub use compiled::value_and_gradient;
pub use error::{Error, ErrorKind};
pub use expr::{Expr, parse, size, symbol, tensor};
pub use guard::Guarded;
pub use judge::{check, check_against, check_function};
pub use model::Model;
pub use plan_text::PlanText;
pub use prediction::{Predicted, Prediction};
pub use program::{Input, Program, compile};
pub use report::Report;
pub use subscript::{Subscript, Subscripts};
pub use trainer::{
    Epoch, EpochNames, Part, Progress, RowSource, Trainer, check_gradient, each_prediction, shuffle_buffer, stream,
};
pub use training::{CarriedValues, Step};
pub use training_options::{Missing, TrainingOptions};
pub use watch::Watch;
pub use wrt_core::{Array, Dimension, Functions, Number};
pub use wrt_engine::{EngineReal, Exercise, Level, Needs, Workspace, size as memory_size};
pub use wrt_language::TensorFunctions;
pub use wrt_view::Form;

/// Special functions of one double.
pub mod special {
    pub use wrt_kernels::{digamma, erf, erfc, gamma, lgamma, polygamma};
}

/// What a program that builds expressions uses: `use wrt::prelude::*`.
///
/// ```
/// use wrt::prelude::*;
/// assert_eq!(tensor("x", ["n"]).sin().sum().to_string(), "sum(sin(x))");
/// ```
pub mod prelude {
    pub use crate::{Expr, Functions, Subscript, TensorFunctions, parse, size, symbol, tensor};
}

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The page about Rust, whose blocks are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/rust.md")]
struct Page;

/// The page about training.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/training.md")]
struct TrainingPage;
