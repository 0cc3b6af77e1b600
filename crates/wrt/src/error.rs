//! The one error of the facade: a kind for programs, a sentence for people, the place in the text.

use std::fmt;
use std::ops::Range;

use wrt_differentiate::NotDifferentiable;
use wrt_language::{Diagnostic, DiagnosticKind};
use wrt_run::EvaluationError;

/// What went wrong, where, and what to do about it.
///
/// ```
/// let error = wrt::parse("sgmoid(z)").unwrap_err();
/// assert_eq!(error.kind(), wrt::ErrorKind::UnknownFunction);
/// assert_eq!(error.span(), Some(0..6));
/// assert_eq!(error.to_string(), "there is no function `sgmoid`; did you mean `sigmoid`?");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error(Box<Details>);

macro_rules! kinds {
    ($($(#[doc = $about:literal])* $kind:ident $word:literal;)*) => {
        /// What went wrong, for programs.
        ///
        /// ```
        /// use wrt::ErrorKind;
        /// let error = wrt::parse("1 + ").unwrap_err();
        /// assert_eq!(error.kind(), ErrorKind::Syntax);
        /// assert_eq!(error.kind().to_string(), "syntax");
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[doc = $about])* $kind),*
        }

        impl ErrorKind {
            /// Every kind there is.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$kind),*];

            /// A stable word for machine-readable output.
            pub fn word(self) -> &'static str {
                match self {
                    $(ErrorKind::$kind => $word),*
                }
            }
        }
    };
}

kinds! {
    /// The text is no formula.
    Syntax "syntax";
    /// A function that doesn't exist.
    UnknownFunction "unknown_function";
    /// A function with too few or too many arguments.
    Arguments "arguments";
    /// A name that is none, is taken, or cannot be used this way.
    Name "name";
    /// A number that is malformed, or not finite where that is needed.
    Number "number";
    /// Shapes that don't fit.
    Shape "shape";
    /// Larger than what is computed.
    Limit "limit";
    /// A name without a value.
    Unbound "unbound";
    /// There is no value at the point.
    Value "value";
    /// There is no derivative.
    NotDifferentiable "not_differentiable";
    /// An assumption that is none, or contradicts a value.
    Assumption "assumption";
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl From<DiagnosticKind> for ErrorKind {
    fn from(kind: DiagnosticKind) -> ErrorKind {
        match kind {
            DiagnosticKind::Syntax => ErrorKind::Syntax,
            DiagnosticKind::UnknownFunction => ErrorKind::UnknownFunction,
            DiagnosticKind::Arguments => ErrorKind::Arguments,
            DiagnosticKind::Name => ErrorKind::Name,
            DiagnosticKind::Number => ErrorKind::Number,
            DiagnosticKind::Shape => ErrorKind::Shape,
            DiagnosticKind::NoDerivative => ErrorKind::NotDifferentiable,
            DiagnosticKind::Limit => ErrorKind::Limit,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Details {
    kind: ErrorKind,
    message: String,
    span: Option<Range<usize>>,
    help: Option<String>,
}

impl Error {
    /// An error of one's own, as a source of rows has them.
    ///
    /// ```
    /// use wrt::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Value, "rows.csv has changed");
    /// assert_eq!(error.to_string(), "rows.csv has changed");
    /// ```
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Details { kind, message: message.into(), span: None, help: None }))
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Error {
        self.0.help = Some(help.into());
        self
    }

    /// The same with a place in the text.
    pub(crate) fn at(mut self, span: Range<usize>) -> Error {
        self.0.span = Some(span);
        self
    }

    /// What went wrong, for programs.
    pub fn kind(&self) -> ErrorKind {
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
        self.0.kind == ErrorKind::Unbound
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
        Error(Box::new(Details { kind: d.kind.into(), message: d.message, span: Some(d.span), help: d.help }))
    }
}

impl Error {
    /// What is wrong with values that stand in no text.
    pub(crate) fn of_values(d: Diagnostic) -> Error {
        Error(Box::new(Details { kind: d.kind.into(), message: d.message, span: None, help: d.help }))
    }
}

impl From<NotDifferentiable> for Error {
    fn from(e: NotDifferentiable) -> Error {
        Error::new(ErrorKind::NotDifferentiable, e.to_string())
    }
}

impl From<EvaluationError> for Error {
    fn from(e: EvaluationError) -> Error {
        let kind = match e {
            EvaluationError::Unbound(_) => ErrorKind::Unbound,
            EvaluationError::Shape(_) => ErrorKind::Shape,
            EvaluationError::TooLarge(_) => ErrorKind::Limit,
            _ => ErrorKind::Value,
        };
        Error::new(kind, e.to_string())
    }
}
