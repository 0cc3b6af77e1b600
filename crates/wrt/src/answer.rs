//! The answer to a question about a formula, as data: formulas, values, what there is to say of them, and whether the
//! judge agrees. It is made here once, for numbers and arrays alike; every door only writes it.

use wrt_core::{Array, Id, Number};
use wrt_rewrite::Simplified;
use wrt_run::Sizes;
use wrt_view::Form;

use crate::evaluate::{Numbers, Value};
use crate::judge::Judgement;
use crate::report::Report;

/// Which derivative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DerivativeKind {
    /// All partial derivatives of an order, each set of names once: of one number the gradient, of several the Jacobian.
    /// Of order 0 there is none, and the answer is the value alone.
    Derivative(u32),
    /// Of one number: the shape of the name.
    Gradient,
    /// Of anything: the shape of the formula, then that of the name.
    Jacobian,
    /// Of one number: the shapes of two names, one after the other.
    Hessian,
    /// The change along a direction: the shape of the formula.
    Jvp,
    /// Weights times the Jacobian: the shape of the name.
    Vjp,
    /// The Hessian times a direction: the shape of the name.
    Hvp,
}

impl DerivativeKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            DerivativeKind::Derivative(_) => "derivative",
            DerivativeKind::Gradient => "gradient",
            DerivativeKind::Jacobian => "jacobian",
            DerivativeKind::Hessian => "hessian",
            DerivativeKind::Jvp => "jvp",
            DerivativeKind::Vjp => "vjp",
            DerivativeKind::Hvp => "hvp",
        }
    }

    /// The one of that word.
    pub fn named(word: &str) -> Option<DerivativeKind> {
        let all = [
            DerivativeKind::Gradient,
            DerivativeKind::Jacobian,
            DerivativeKind::Hessian,
            DerivativeKind::Jvp,
            DerivativeKind::Vjp,
            DerivativeKind::Hvp,
        ];
        all.into_iter().find(|kind| kind.word() == word)
    }

    pub(crate) fn order(self) -> u32 {
        match self {
            DerivativeKind::Derivative(order) => order,
            DerivativeKind::Hessian => 2,
            _ => 1,
        }
    }
}

/// How formulas are laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// Lines that belong together: definitions and common parts by their names, gradients by way of definitions where
    /// that is shorter.
    LetBlock,
    /// Each formula by itself.
    Alone,
}

/// How much of the judge's work is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judging {
    /// Kinks, missing derivatives and values are found.
    Status,
    /// Beside that, everything is held against nudges, and what is printed is read back.
    Whole,
}

/// A question.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Which derivative.
    pub kind: DerivativeKind,
    /// The names, or definitions, to differentiate by.
    pub wrt: &'a [String],
    /// The point; none where no values are asked for.
    pub at: Option<&'a [(String, Array<Number>)]>,
    /// Sizes of named dimensions that the point doesn't tell.
    pub sizes: Sizes,
    /// What kind of numbers.
    pub numbers: Numbers,
    /// The notation.
    pub form: Form,
    /// How formulas are laid out.
    pub layout: Layout,
    /// Is it ∂, not d? By the number of names, if not said.
    pub partial: Option<bool>,
    /// How closely the judge looks.
    pub judging: Judging,
}

impl Default for Request<'_> {
    /// The first derivatives as text, without a point, and the judge at work where there is one.
    fn default() -> Self {
        Request {
            kind: DerivativeKind::Derivative(1),
            wrt: &[],
            at: None,
            sizes: Sizes::new(),
            numbers: Numbers::default(),
            form: Form::Text,
            layout: Layout::LetBlock,
            partial: None,
            judging: Judging::Whole,
        }
    }
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What the formula is called.
    pub function: String,
    /// The lines of formulas in the notation asked for.
    pub lines: Vec<String>,
    /// Why derivatives have no lines.
    pub refused: Option<String>,
    /// What the reader should know beside: points of the domain that were filled in, and the like.
    pub notes: Vec<String>,
    /// The value of the formula at the point.
    pub value: Option<Valued>,
    /// The derivatives.
    pub derivatives: Vec<Derivative>,
    /// Names of directions or weights that the formulas speak of.
    pub along: Vec<Direct>,
    /// What the judge says; none without a point.
    pub judgement: Option<Judgement>,
    /// The parameters that have the values that they start as.
    pub starts: Vec<String>,
}

/// A direction or weights in an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Direct {
    /// Its name.
    pub name: String,
    /// What it is shaped like.
    pub of: String,
    /// Its dimensions.
    pub shape: Vec<String>,
}

/// A derivative in an answer.
#[derive(Clone, Debug)]
pub struct Derivative {
    /// What it is with respect to.
    pub names: Vec<String>,
    /// What stands left of the `=`.
    pub heading: String,
    /// As the rules give it.
    pub made: Id,
    /// The form for people.
    pub shown: Simplified,
    /// Its dimensions.
    pub shape: Vec<String>,
    /// Its value at the point.
    pub value: Option<Valued>,
}

/// A value, and what there is to say of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Valued {
    /// The value: an array of one entry for a number.
    pub value: Array<Value>,
    /// What there is to say; mostly nothing.
    pub status: Option<Status>,
}

/// What there is to say of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// The worst of its entries.
    pub kind: StatusKind,
    /// Why, in a sentence.
    pub reason: String,
    /// The positions of the entries that are so.
    pub places: Vec<Vec<usize>>,
    /// Is it only that nothing is known, neither a number nor that there is none?
    pub open: bool,
}

impl Status {
    /// What is said of a value that no precision within reach decides.
    pub const UNDECIDED: &str = "not decided: beyond the range or the precision of what is computed";
}

/// What there is to say, from bad to worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum StatusKind {
    /// The slopes of both sides differ.
    Kink,
    /// There is no derivative.
    None,
    /// There is no value.
    Undefined,
}

impl StatusKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            StatusKind::Kink => "kink",
            StatusKind::None => "none",
            StatusKind::Undefined => "undefined",
        }
    }
}

impl Answer {
    /// Is a value or a derivative missing at the point?
    pub fn is_missing(&self) -> bool {
        let all = self.derivatives.iter().filter_map(|d| d.value.as_ref()).chain(&self.value);
        all.filter_map(|v| v.status.as_ref()).any(|s| s.kind > StatusKind::Kink && !s.open)
    }

    /// Is nothing known against the answer?
    pub fn agrees(&self) -> bool {
        self.judgement.as_ref().is_none_or(Judgement::agrees)
    }

    /// One word: agreement, kink, none, disagreement or unreadable; none where nothing was judged.
    pub fn verdict(&self) -> Option<&'static str> {
        let judgement = self.judgement.as_ref()?;
        let report = judgement.report.as_ref();
        Some(if report.is_some_and(Report::is_unreadable) {
            "unreadable"
        } else if !judgement.agrees() {
            "disagreement"
        } else if self.is_missing() {
            "none"
        } else {
            report.map(|r| if r.digits().is_some() { "agreement" } else { "kink" })?
        })
    }
}
