//! Where is there something to say of a derivative? A quick look in doubles, before anything is nudged in many digits.

use wrt_core::{Array, Graph, Id, Node, Number, Operation};
use wrt_run::{EvaluationError, Point, evaluate};

use crate::judge::{By, Claim};
use crate::random::Random;

/// By how much entries are moved, relative to their size (or to 1, at zero): far above round-off, far below what people
/// tell apart; and by far more, for what is flat at the point (`floor(cos(x))` at 0).
const STEPS: [f64; 2] = [1e-11, 1.0 / 1024.0];

/// What changes by less than this, relative to its size, does not jump.
const CHANGED: f64 = 1e-9;

/// The directions along which everything is moved at once; each also the other way.
const LOOKS: usize = 2;

/// For each claim the places of entries of what moves (one place for a direction) at which its value or the formula's
/// may be none, or may jump: those without a finite value, and those that change when everything moves a very little, and
/// no less when it moves by far less. A formula of functions that have no kinks is looked at for the former only.
///
/// `values` say for each claim whether the formula is finite throughout, and for each entry of the derivative whether it
/// is.
///
/// # Errors
/// As [`evaluate`].
pub fn special_places(
    graph: &Graph,
    claims: &[Claim],
    values: &[(bool, Vec<bool>)],
    at: &Point<Number>,
) -> Result<Vec<Vec<usize>>, EvaluationError> {
    let mut flagged = Vec::with_capacity(claims.len());
    for (claim, (formula, derivative)) in claims.iter().zip(values) {
        let mut flags = Flags { columns: vec![false; columns(graph, claim, at)?], whole: !formula };
        flags.note(derivative.len(), |k| !derivative[k]);
        flagged.push(flags);
    }
    let roots: Vec<Id> = claims.iter().flat_map(|c| [c.of, c.made]).collect();
    if has_kinks(graph, &roots) {
        let plain = at.map(Number::to_f64);
        let here = evaluate(graph, &roots, &plain, &0.0)?;
        for look in 0..2 * LOOKS {
            let sign = if look % 2 == 0 { 1.0 } else { -1.0 };
            let mut there = Vec::new();
            for step in STEPS.iter().flat_map(|step| [*step, step / 16.0]) {
                // Both ways along one direction, so that every entry is seen on both sides.
                let moved = moved(graph, claims, &plain, &mut Random::number(look as u64 / 2), sign * step)?;
                there.push(evaluate(graph, &roots, &moved, &0.0)?);
            }
            let jumps = |root: usize, k: usize| {
                let value = |there: &[Array<f64>]| there[root].data.get(k).copied();
                there.chunks(2).any(|pair| jump(here[root].data[k], value(&pair[0]), value(&pair[1])))
            };
            for (k, flags) in flagged.iter_mut().enumerate() {
                flags.whole |= (0..here[2 * k].data.len()).any(|j| jumps(2 * k, j));
                flags.note(here[2 * k + 1].data.len(), |j| jumps(2 * k + 1, j));
            }
        }
    }
    Ok(flagged.into_iter().map(Flags::places).collect())
}

/// How many entries what moves has; a direction counts as one.
fn columns(graph: &Graph, claim: &Claim, at: &Point<Number>) -> Result<usize, EvaluationError> {
    match claim.by {
        By::Along(_) => Ok(1),
        By::Entries(x) => match at.get(x) {
            Some(value) => Ok(value.data.len()),
            None => Ok(evaluate(graph, &[x], &at.map(Number::to_f64), &0.0)?[0].data.len()),
        },
    }
}

/// Does anything below have a kink, a jump, or a choice at a tie, the steps of scans too?
fn has_kinks(graph: &Graph, roots: &[Id]) -> bool {
    graph.reachable(roots).into_iter().any(|id| match graph.node(id) {
        Node::Map(primitive, _) => !primitive.row().kink.is_empty(),
        Node::Operation(Operation::Scan(scan), _) => has_kinks(scan.step.graph(), &scan.step.roots()),
        Node::Operation(operation, _) => !operation.ties().is_empty(),
        _ => false,
    })
}

/// The point with all that moves moved by about a step of its size, no two entries by as much.
fn moved(
    graph: &Graph,
    claims: &[Claim],
    at: &Point<f64>,
    random: &mut Random,
    step: f64,
) -> Result<Point<f64>, EvaluationError> {
    let mut nodes: Vec<Id> = Vec::new();
    for claim in claims {
        match &claim.by {
            By::Entries(x) => nodes.push(*x),
            By::Along(pairs) => nodes.extend(pairs.iter().map(|(x, _)| *x)),
        }
    }
    nodes.sort_unstable();
    nodes.dedup();
    let mut point = at.clone();
    for x in nodes {
        let mut value = match at.get(x) {
            Some(value) => value.clone(),
            None => evaluate(graph, &[x], at, &0.0)?.swap_remove(0),
        };
        for v in &mut value.data {
            let size = if *v == 0.0 { 1.0 } else { v.abs() };
            let speed = 0.5 + random.below(1000) as f64 / 1000.0;
            let own = if random.below(2) == 0 { step } else { -step };
            *v += own * speed * size;
        }
        point = point.with(x, value);
    }
    Ok(point)
}

/// Does a value change by as much when all moves by a step as when it moves by a small part of that?
fn jump(here: f64, far: Option<f64>, near: Option<f64>) -> bool {
    let gap = |there: Option<f64>| (there.unwrap_or(f64::NAN) - here).abs();
    let (wide, narrow) = (gap(far), gap(near));
    wide.is_nan() || narrow.is_nan() || wide > CHANGED * here.abs() && narrow > 0.5 * wide
}

/// Entries of what moves that were noticed.
struct Flags {
    columns: Vec<bool>,
    /// All of them: the formula itself is not as it should be.
    whole: bool,
}

impl Flags {
    /// Notices the columns in which entries of the derivative, of which there are `count`, are something.
    fn note(&mut self, count: usize, is: impl Fn(usize) -> bool) {
        let columns = self.columns.len();
        for k in (0..count).filter(|k| is(*k)) {
            if let Some(flag) = self.columns.get_mut(k.checked_rem(columns).unwrap_or(0)) {
                *flag = true;
            }
        }
    }

    fn places(self) -> Vec<usize> {
        let whole = self.whole;
        self.columns.into_iter().enumerate().filter(|(_, flag)| *flag || whole).map(|(k, _)| k).collect()
    }
}
