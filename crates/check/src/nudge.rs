//! Nudging: make w a little larger by ε and see by how much J moves. Knows no derivative.

use wrt_core::{Graph, Number, Real};
use wrt_run::{Certified, EvaluationError, Point, Precise, certify};

use crate::moved::{Entry, Moved};

/// The smallest ε.
pub const MIN_EPS: &str = "1e-300";
/// The largest ε.
pub const MAX_EPS: &str = "1e300";

/// Which way w is moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// `J(w + ε) - J(w)`
    #[default]
    Forward,
    /// `J(w) - J(w - ε)`
    Backward,
    /// `J(w + ε) - J(w - ε)`, over 2ε
    Central,
}

impl Direction {
    /// The difference that it takes, as a formula.
    pub fn difference(self) -> &'static str {
        match self {
            Direction::Forward => "J(w + ε) - J(w)",
            Direction::Backward => "J(w) - J(w - ε)",
            Direction::Central => "J(w + ε) - J(w - ε)",
        }
    }
}

/// Where the nudge starts.
#[derive(Clone, PartialEq, Debug)]
pub struct Start {
    /// w
    pub input: Certified,
    /// J(w)
    pub value: Certified,
}

/// What one nudge does.
#[derive(Clone, PartialEq, Debug)]
pub struct Nudge {
    /// ε
    pub eps: Number,
    /// w + ε; w - ε if backward.
    pub input: Certified,
    /// J there.
    pub value: Certified,
    /// J(w - ε), if central.
    pub other: Option<Certified>,
    /// ΔJ
    pub delta: Certified,
    /// ΔJ/ε, over 2ε if central.
    pub quotient: Certified,
}

/// Reads an ε.
///
/// # Errors
/// A sentence, if it is no number above zero or beyond the limits.
pub fn parse_eps(text: &str) -> Result<Number, String> {
    let eps = Number::parse(text)?;
    let limit = |text: &str| Number::parse(text).unwrap_or(Number::ONE);
    if eps.is_zero() || eps.is_negative() {
        return Err(format!("ε is {}; a nudge needs an ε above 0", text.trim()));
    }
    if eps < limit(MIN_EPS) || eps > limit(MAX_EPS) {
        return Err(format!("ε is {}; it must lie between {MIN_EPS} and {MAX_EPS}", text.trim()));
    }
    Ok(eps)
}

/// Moves an entry of a name, or of any node below the formula, by each ε and looks at an entry of the formula `f`,
/// everything to `digits` certified digits.
///
/// # Errors
/// [`EvaluationError`] for a name without a value, or where there is no such entry.
///
/// ```
/// use wrt_check::{Direction, Entry, nudge};
/// use wrt_core::{Graph, Number};
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "w^2", &Scope::default()).unwrap().result;
/// let w = g.find_symbol("w").unwrap();
/// let eps = [Number::parse("0.001").unwrap()];
/// let at = wrt_run::Point::numbers(&[(w, Number::integer(3))]);
/// let (_, rows) = nudge(&g, Entry::of(f), &at, Entry::of(w), &eps, Direction::Forward, 30).unwrap();
/// assert_eq!(rows[0].value.text(30), "9.006001");
/// assert_eq!(rows[0].quotient.text(30), "6.001");
/// ```
pub fn nudge(
    graph: &Graph,
    f: Entry,
    at: &Point<Number>,
    wrt: Entry,
    eps: &[Number],
    direction: Direction,
    digits: usize,
) -> Result<(Start, Vec<Nudge>), EvaluationError> {
    let numbers = certify(digits, |like| numbers(graph, f, at, wrt, eps, direction, like))?;
    let mut numbers = numbers.into_iter();
    let mut next = || numbers.next().unwrap_or(Certified::Unknown);
    let start = Start { input: next(), value: next() };
    let rows = eps.iter().map(|eps| Nudge {
        eps: eps.clone(),
        input: next(),
        value: next(),
        other: (direction == Direction::Central).then(&mut next),
        delta: next(),
        quotient: next(),
    });
    let rows = rows.collect();
    Ok((start, rows))
}

/// All numbers of the table in the order in which it is read.
fn numbers(
    graph: &Graph,
    f: Entry,
    at: &Point<Number>,
    wrt: Entry,
    eps: &[Number],
    direction: Direction,
    like: &Precise,
) -> Result<Vec<Precise>, EvaluationError> {
    let moved = Moved::entry(wrt);
    let start = moved.start(graph, f.node, at, like)?;
    let w = start.entry()?;
    let at = |h: Precise| start.entry_at(f, h);
    let value = at(like.exact(&Number::ZERO))?;
    let mut all = vec![w.clone(), value.clone()];
    for eps in eps {
        let eps = like.exact(eps);
        let (low, high) = (w.clone() - eps.clone(), w.clone() + eps.clone());
        let (delta, run) = match direction {
            Direction::Forward => {
                let there = at(eps.clone())?;
                all.extend([high, there.clone()]);
                (there - value.clone(), eps)
            }
            Direction::Backward => {
                let there = at(-eps.clone())?;
                all.extend([low, there.clone()]);
                (value.clone() - there, eps)
            }
            Direction::Central => {
                let (there, other) = (at(eps.clone())?, at(-eps.clone())?);
                all.extend([high, there.clone(), other.clone()]);
                (there - other, eps.clone() + eps)
            }
        };
        all.extend([delta.clone(), delta / run]);
    }
    Ok(all)
}
