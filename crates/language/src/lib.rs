//! The language: text to graph, with errors that point at the place.
//!
//! Meanings are NumPy's. The parser keeps its own stacks, so that no input overflows the machine's.

mod calls;
mod costs;
mod diagnostic;
mod format;
mod functions;
mod layers;
mod lexer;
mod library;
mod misfits;
mod model;
mod parser;
mod scans;
mod special;
mod statements;
mod subscripts;
mod suggest;
mod table;
mod value;
mod views;
mod windows;

pub use diagnostic::{Diagnostic, DiagnosticKind};
pub use format::format;
pub use model::{Constraint, Declaration, Definition, Initial, Train};
pub use parser::{MAX_NODES, MAX_SOURCE, Parsed, Scope, parse};
pub use suggest::closest;
pub use table::functions;

/// Is this text a name of the language?
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(lexer::starts_name) && chars.all(lexer::continues_name)
}
