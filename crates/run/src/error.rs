//! Why there is no value.

use std::fmt;

/// Why nodes have no value at a point. The sentences are for people.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EvaluationError {
    /// This name has no value.
    Unbound(String),
    /// A dimension has no size, or one that can't be.
    Size(String),
    /// A value has another shape than its name.
    Shape(String),
    /// The values of an operation's arguments can't be used.
    Operation(String),
    /// More entries or bytes than are computed with.
    TooLarge(String),
    /// No point was found at which there is a value.
    NoPoint(String),
}

impl EvaluationError {
    /// A node that was let go is asked for: cannot happen.
    pub(crate) fn missing() -> EvaluationError {
        EvaluationError::Operation("a value was needed that is not there".into())
    }
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvaluationError::Unbound(name) => write!(f, "`{name}` has no value"),
            EvaluationError::Size(text)
            | EvaluationError::Shape(text)
            | EvaluationError::Operation(text)
            | EvaluationError::TooLarge(text)
            | EvaluationError::NoPoint(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for EvaluationError {}
