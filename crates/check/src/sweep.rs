//! The same nudge with ever smaller ε, in single and double precision and exactly: the V picture in numbers.

use wrt_core::{Graph, Number, Real};
use wrt_run::{Evaluable, EvaluationError, Point, Precise};

use crate::moved::{Entry, Moved};
use crate::nudge::Direction;
use crate::probe::Probe;

/// The kind of numbers that a nudge is computed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arithmetic {
    /// 24 bits
    Single,
    /// 53 bits
    Double,
    /// As many as it needs.
    Exact,
}

/// One ε.
#[derive(Clone, PartialEq, Debug)]
pub struct Trial {
    /// ε
    pub eps: Number,
    /// ΔJ/ε in single precision, in double precision and exactly (rounded to a double at the end).
    pub quotient: [f64; 3],
    /// How far each is from the derivative.
    pub error: [f64; 3],
}

/// The whole sweep.
#[derive(Clone, PartialEq, Debug)]
pub struct Sweep {
    /// Which way the name is moved.
    pub direction: Direction,
    /// The derivative by extrapolated nudges in many digits; none where the slopes of both sides differ.
    pub derivative: Option<f64>,
    /// ε from 1 down to 1e-16.
    pub trials: Vec<Trial>,
    /// The position of the best ε in single and in double precision.
    pub best: [usize; 2],
}

impl Sweep {
    /// Why the best ε of a kind is the best, in a sentence; none where it has no best.
    pub fn why(&self, kind: Arithmetic) -> Option<String> {
        let (at, name) = match kind {
            Arithmetic::Single => (self.best[0], "single"),
            Arithmetic::Double => (self.best[1], "double"),
            Arithmetic::Exact => {
                return Some("exactly: a smaller ε is always better, for nothing is rounded".to_string());
            }
        };
        let trial = self.trials.get(at)?;
        let (eps, error) = (scientific(&trial.eps), trial.error[kind as usize]);
        if error == 0.0 {
            return Some(format!("{name}: ε = {eps} is exact here"));
        }
        Some(format!(
            "{name}: ε = {eps} is best (error {error:.1e}); larger ones suffer from truncation (the curve bends), smaller \
             ones from round-off ({} loses digits)",
            self.direction.difference()
        ))
    }
}

/// A power of ten.
fn scientific(eps: &Number) -> String {
    format!("{:e}", eps.to_f64())
}

/// Nudges an entry of a node by ε = 1, 0.1, … 1e-16 and looks at an entry of the formula `f`. What that is in single
/// precision at a point, all of whose numbers are of single precision, `single` says: it has none where there is none.
///
/// # Errors
/// [`EvaluationError`] for a name without a value.
///
/// ```
/// use wrt_core::{Graph, Number};
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "w^2", &Scope::default()).unwrap().result;
/// let w = g.find_symbol("w").unwrap();
/// let at = wrt_run::Point::numbers(&[(w, Number::integer(3))]);
/// let (f, w, forward) = (wrt_check::Entry::of(f), wrt_check::Entry::of(w), wrt_check::Direction::Forward);
/// let single = |at: &wrt_run::Point<Number>| Some((at.values[0].1.data[0].to_f64() as f32).powi(2));
/// let sweep = wrt_check::sweep(&g, f, &at, w, forward, single).unwrap();
/// assert_eq!(sweep.trials[1].quotient[0] as f32, 6.0999966);
/// assert_eq!(sweep.trials[1].quotient[2], 6.1);
/// assert!(sweep.trials[16].error[1] > sweep.trials[8].error[1]);
/// ```
pub fn sweep(
    graph: &Graph,
    f: Entry,
    at: &Point<Number>,
    wrt: Entry,
    direction: Direction,
    single: impl FnMut(&Point<Number>) -> Option<f32>,
) -> Result<Sweep, EvaluationError> {
    let moved = Moved::entry(wrt);
    let mut slopes = Probe { graph, at, of: f.node, moved: &moved, rounding: false }.slopes()?;
    if f.place >= slopes.len() {
        return Err(EvaluationError::NoPoint("there is no such entry of the formula".into()));
    }
    let slopes = slopes.swap_remove(f.place);
    let derivative = slopes.central.as_ref().map(|ball| ball.mid_f64());
    let tenth = Number::ratio(1, 10).unwrap_or(Number::ONE);
    let mut trials = Vec::new();
    let like = Precise::new(Number::ONE, 512);
    let q = Quotient { graph, at, f, moved: &moved, direction };
    let mut singles = q.singles(single)?;
    for k in 0..=16 {
        let eps = tenth.pow(k).unwrap_or(Number::ONE);
        let precise = q.of(like.exact(&eps), &like)?.ball();
        let quotient = [f64::from(singles(eps.to_f64() as f32)), q.of(eps.to_f64(), &0f64)?, precise.mid_f64()];
        let mut error = quotient.map(|q| derivative.map_or(f64::NAN, |d| (q - d).abs()));
        if let Some(slope) = &slopes.central {
            error[2] = precise.sub(slope, 256).abs().mid_f64();
        }
        trials.push(Trial { eps, quotient, error });
    }
    let best = [Arithmetic::Single, Arithmetic::Double].map(|kind| {
        let error = |k: &usize| trials[*k].error[kind as usize];
        (0..trials.len()).min_by(|a, b| error(a).total_cmp(&error(b))).unwrap_or(0)
    });
    Ok(Sweep { direction, derivative, trials, best })
}

/// The difference quotient, in any kind of number.
struct Quotient<'a> {
    graph: &'a Graph,
    at: &'a Point<Number>,
    f: Entry,
    moved: &'a Moved,
    direction: Direction,
}

impl Quotient<'_> {
    fn of<N: Evaluable>(&self, eps: N, like: &N) -> Result<N, EvaluationError> {
        let start = self.moved.start(self.graph, self.f.node, self.at, like)?;
        let [up, down, width] = steps(self.direction, eps, like);
        Ok((start.entry_at(self.f, up)? - start.entry_at(self.f, down)?) / width)
    }

    /// The quotient for an ε in single precision; not a number where a number doesn't fit in that.
    fn singles(
        &self,
        mut value: impl FnMut(&Point<Number>) -> Option<f32>,
    ) -> Result<impl FnMut(f32) -> f32, EvaluationError> {
        let start = self.moved.start(self.graph, self.f.node, self.at, &0f64)?;
        let entry = start.entry()? as f32;
        let exact = |x: f64| Number::from_f64(f64::from(x as f32));
        let fits = start.point.values.iter().flat_map(|(_, array)| &array.data).all(|x| exact(*x).is_some());
        let (mut point, at) = (start.point.map(|x| exact(*x).unwrap_or(Number::ZERO)), self.moved.0[0].0);
        let mut moved_by = move |step: f32| {
            let Some(moved) = exact(f64::from(entry + step)).filter(|_| fits) else { return f32::NAN };
            let slot = point.values.iter_mut().find(|(x, _)| *x == at.node);
            if let Some(slot) = slot.and_then(|(_, array)| array.data.get_mut(at.place)) {
                *slot = moved;
            }
            value(&point).unwrap_or(f32::NAN)
        };
        let direction = self.direction;
        Ok(move |eps: f32| {
            let [up, down, width] = steps(direction, f64::from(eps), &0f64).map(|x| x as f32);
            (moved_by(up) - moved_by(down)) / width
        })
    }
}

/// Where ε takes the entry up and down, and how far these are from each other.
fn steps<N: Real>(direction: Direction, eps: N, like: &N) -> [N; 3] {
    let zero = like.ratio(0, 1);
    match direction {
        Direction::Forward => [eps.clone(), zero, eps],
        Direction::Backward => [zero.clone(), zero - eps.clone(), eps],
        Direction::Central => [eps.clone(), zero - eps.clone(), eps.clone() + eps],
    }
}
