//! Nudging: make w a little larger by ε and see by how much J moves. Knows no derivative.

use wrt_core::{Array, Graph, Id, Node, Number, Operation, Real};
use wrt_run::{Certified, EvaluationError, Point, Precise, certify, evaluate};

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
/// let at = wrt_run::Point::numbers(&[(w, Number::integer(3))]);
/// let (_, rows) = nudge(&g, f, &at, w, &eps, Direction::Forward, 30).unwrap();
/// assert_eq!(rows[0].value.text(30), "9.006001");
/// assert_eq!(rows[0].quotient.text(30), "6.001");
/// ```
pub fn nudge(
    graph: &Graph,
    f: Id,
    at: &Point<Number>,
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
    at: &Point<Number>,
    wrt: Id,
    eps: &[Number],
    direction: Direction,
    like: &Precise,
) -> Result<Vec<Precise>, EvaluationError> {
    let nudged = Nudged::numbers(f, wrt);
    let (point, w) = nudged.start(graph, at, like)?;
    let at = |w: Precise| nudged.value(graph, &point, w, like);
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

/// What is nudged and what is looked at: an entry of one node, and an entry of another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Nudged {
    /// A name or any node, and the place of its entry; numbers have one.
    pub wrt: (Id, usize),
    /// The formula, and the place of its entry.
    pub f: (Id, usize),
}

impl Nudged {
    /// Of numbers.
    pub fn numbers(f: Id, wrt: Id) -> Nudged {
        Nudged { wrt: (wrt, 0), f: (f, 0) }
    }

    /// The value of the node that is nudged, before.
    fn input<N: Real>(&self, graph: &Graph, at: &Point<N>, like: &N) -> Result<Array<N>, EvaluationError> {
        match at.get(self.wrt.0) {
            Some(value) => Ok(value.clone()),
            None => Ok(evaluate(graph, &[self.wrt.0], at, like)?.swap_remove(0)),
        }
    }

    /// A point in another kind of number, and the entry that is nudged. What is taken for a constant keeps its value
    /// while others are nudged.
    pub fn start<N: Real>(
        &self,
        graph: &Graph,
        at: &Point<Number>,
        like: &N,
    ) -> Result<(Point<N>, N), EvaluationError> {
        let mut point = at.map(|n| like.exact(n));
        let is_stopped = |id: &Id| matches!(graph.node(*id), Node::Operation(Operation::StopGradient(_), _));
        let stopped: Vec<Id> = graph.reachable(&[self.f.0]).into_iter().filter(is_stopped).collect();
        if !stopped.is_empty() {
            let values = evaluate(graph, &stopped, &point, like)?;
            point.values.extend(stopped.into_iter().zip(values));
        }
        let input = self.input(graph, &point, like)?;
        let entry = input.data.get(self.wrt.1).cloned();
        let entry = entry.ok_or_else(|| EvaluationError::NoPoint("there is no such entry to nudge".into()))?;
        Ok((point.with(self.wrt.0, input), entry))
    }

    /// The formula's entry where the nudged one is `w`.
    pub fn value<N: Real>(&self, graph: &Graph, start: &Point<N>, w: N, like: &N) -> Result<N, EvaluationError> {
        let mut moved = start.clone();
        let nudged = moved.values.iter_mut().find(|(x, _)| *x == self.wrt.0);
        if let Some(slot) = nudged.and_then(|(_, array)| array.data.get_mut(self.wrt.1)) {
            *slot = w;
        }
        let value = evaluate(graph, &[self.f.0], &moved, like)?.swap_remove(0);
        let entry = value.data.get(self.f.1).cloned();
        entry.ok_or_else(|| EvaluationError::NoPoint("there is no such entry of the formula".into()))
    }
}
