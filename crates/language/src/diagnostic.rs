//! Errors for the person: what was expected, what was found, where, and what to do.

use std::fmt;
use std::ops::Range;

/// What went wrong, for programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DiagnosticKind {
    /// The text is no formula.
    Syntax,
    /// A function that doesn't exist.
    UnknownFunction,
    /// A function with too few or too many arguments.
    Arguments,
    /// A name that cannot be used or defined this way.
    Name,
    /// A number that is malformed.
    Number,
    /// Shapes that don't fit.
    Shape,
    /// A derivative that doesn't exist.
    NoDerivative,
    /// Larger than what is accepted.
    Limit,
}

/// An error in a formula, with the place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// For programs.
    pub kind: DiagnosticKind,
    /// What was expected and what was found.
    pub message: String,
    /// The place, in bytes of the source.
    pub span: Range<usize>,
    /// What to do, where that is known.
    pub help: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(kind: DiagnosticKind, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { kind, message: message.into(), span, help: None }
    }

    pub(crate) fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}
