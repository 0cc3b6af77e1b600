//! Nudging: make w a little larger by ε and see by how much J moves. Knows no derivative.

use wrt_core::{Graph, Id, Number, Real};
use wrt_run::{Certified, EvaluationError, Precise, certify, evaluate};

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

/// Moves `wrt`, a name or any node below `f`, by each ε, everything to `digits` certified digits.
///
/// # Errors
/// [`EvaluationError`] for a name without a value.
///
/// ```
/// use wrt_check::{Direction, nudge};
/// use wrt_core::{Graph, Number};
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "w^2", &Scope::default()).unwrap().result;
/// let w = g.find_symbol("w").unwrap();
/// let eps = [Number::parse("0.001").unwrap()];
/// let (_, rows) = nudge(&g, f, &[(w, Number::integer(3))], w, &eps, Direction::Forward, 30).unwrap();
/// assert_eq!(rows[0].value.text(30), "9.006001");
/// assert_eq!(rows[0].quotient.text(30), "6.001");
/// ```
pub fn nudge(
    graph: &Graph,
    f: Id,
    at: &[(Id, Number)],
    wrt: Id,
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
    f: Id,
    at: &[(Id, Number)],
    wrt: Id,
    eps: &[Number],
    direction: Direction,
    like: &Precise,
) -> Result<Vec<Precise>, EvaluationError> {
    let point: Vec<(Id, Precise)> = at.iter().map(|(x, n)| (*x, like.exact(n))).collect();
    let w = input(graph, &point, wrt, like)?;
    let at = |w: Precise| value(graph, f, &point, wrt, w, like);
    let start = at(w.clone())?;
    let mut all = vec![w.clone(), start.clone()];
    for eps in eps {
        let eps = like.exact(eps);
        let (low, high) = (w.clone() - eps.clone(), w.clone() + eps.clone());
        let (delta, run) = match direction {
            Direction::Forward => {
                let value = at(high.clone())?;
                all.extend([high, value.clone()]);
                (value - start.clone(), eps)
            }
            Direction::Backward => {
                let value = at(low.clone())?;
                all.extend([low, value.clone()]);
                (start.clone() - value, eps)
            }
            Direction::Central => {
                let (value, other) = (at(high.clone())?, at(low)?);
                all.extend([high, value.clone(), other.clone()]);
                (value - other, eps.clone() + eps)
            }
        };
        all.extend([delta.clone(), delta / run]);
    }
    Ok(all)
}

/// The value of the node that is nudged, before.
pub(crate) fn input<N: Real>(graph: &Graph, point: &[(Id, N)], wrt: Id, like: &N) -> Result<N, EvaluationError> {
    match point.iter().find(|(x, _)| *x == wrt) {
        Some((_, w)) => Ok(w.clone()),
        None => Ok(evaluate(graph, &[wrt], point, like)?.swap_remove(0)),
    }
}

/// The value of `f` with another value of `wrt`.
pub(crate) fn value<N: Real>(
    graph: &Graph,
    f: Id,
    point: &[(Id, N)],
    wrt: Id,
    w: N,
    like: &N,
) -> Result<N, EvaluationError> {
    let others = point.iter().filter(|(x, _)| *x != wrt).cloned();
    let moved: Vec<(Id, N)> = std::iter::once((wrt, w)).chain(others).collect();
    Ok(evaluate(graph, &[f], &moved, like)?.swap_remove(0))
}
