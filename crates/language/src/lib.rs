//! The language: text to graph, with errors that point at the place.
//!
//! Meanings are NumPy's. The parser keeps its own stacks, so that no input overflows the machine's.

mod apply;
mod arrangement;
mod calls;
mod cells;
mod costs;
mod declarations;
mod definitions;
mod diagnostic;
mod einsum;
mod elsewhere;
mod entries;
mod expressions;
mod format;
mod functions;
mod identifiers;
mod layers;
mod lexer;
mod library;
mod linear;
mod messages;
mod model;
mod parser;
mod positions;
mod recursions;
mod reductions;
mod scans;
mod special;
mod statements;
mod subscripts;
mod suggest;
mod table;
mod training;
mod updates;
mod value;
mod views;
mod warnings;
mod windows;

pub use apply::{Names, Operator, call, index, list, operate, transpose};
pub use diagnostic::{Diagnostic, DiagnosticKind};
pub use entries::{Edge, Item};
pub use format::format;
pub use library::Argument;
pub use model::{
    Compared, Constraint, Declaration, Definition, Initial, Logits, Metric, Setting, Train, Trained, Update,
};
pub use parser::{MAX_NODES, MAX_SOURCE, Parsed, Scope, parse};
pub use suggest::closest;
pub use table::{TensorFunctions, functions};
pub use training::setting;
pub use updates::{Optimiser, formula, optimiser};
pub use value::{Axis, Index, MAX_RANK, Value};

/// Is this text a name of the language?
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(lexer::starts_name) && chars.all(lexer::continues_name)
}
