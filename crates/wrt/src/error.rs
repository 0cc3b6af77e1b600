//! The one error of the facade: a kind for programs, a sentence for people, the place in the text.

use std::fmt;
use std::ops::Range;

use wrt_differentiate::NotDifferentiable;
use wrt_language::Diagnostic;
use wrt_run::EvaluationError;

/// What went wrong, where, and what to do about it.
///
/// ```
/// let error = wrt::parse("sgmoid(z)").unwrap_err();
/// assert_eq!(error.kind(), "unknown_function");
/// assert_eq!(error.span(), Some(0..6));
/// assert_eq!(error.to_string(), "there is no function `sgmoid`; did you mean `sigmoid`?");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error(Box<Details>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Details {
    kind: &'static str,
    message: String,
    span: Option<Range<usize>>,
    help: Option<String>,
}

impl Error {
    pub(crate) fn new(kind: &'static str, message: impl Into<String>) -> Error {
        Error(Box::new(Details { kind, message: message.into(), span: None, help: None }))
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Error {
        self.0.help = Some(help.into());
        self
    }

    /// A stable word: `syntax`, `unknown_function`, `arguments`, `name`, `number`, `limit`, `unbound`,
    /// `not_differentiable` or `assumption`.
    pub fn kind(&self) -> &'static str {
        self.0.kind
    }

    /// What was expected and what was found.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The place in the text, in bytes; none where the text is not to blame.
    pub fn span(&self) -> Option<Range<usize>> {
        self.0.span.clone()
    }

    /// What to do, where that is known.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Is a name without a value the reason?
    pub fn is_unbound(&self) -> bool {
        self.0.kind == "unbound"
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<Diagnostic> for Error {
    fn from(d: Diagnostic) -> Error {
        Error(Box::new(Details { kind: d.kind.word(), message: d.message, span: Some(d.span), help: d.help }))
    }
}

impl From<NotDifferentiable> for Error {
    fn from(e: NotDifferentiable) -> Error {
        Error::new("not_differentiable", e.to_string())
    }
}

impl From<EvaluationError> for Error {
    fn from(e: EvaluationError) -> Error {
        let kind = match e {
            EvaluationError::Unbound(_) => "unbound",
            EvaluationError::Shape(_) => "shape",
            EvaluationError::TooLarge(_) => "limit",
            _ => "value",
        };
        Error::new(kind, e.to_string())
    }
}
