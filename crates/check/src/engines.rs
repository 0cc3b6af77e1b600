//! What the engines say of a derivative: its formula as it is printed, reverse and forward mode, plain doubles.

use wrt_balls::Ball;
use wrt_core::{Array, Assumptions, Graph, Id, Number, Real, Role};
use wrt_differentiate::jvp;
use wrt_run::{Certified, EvaluationError, Point, Precise, certified, evaluate};

use crate::judge::{By, Claim, Formulas};
use crate::moved::{Entry, Moved, shape_of};
use crate::report::{MAX_AGREEMENT, NOTHING};

/// Digits of the certified values.
const DIGITS: usize = 36;
/// Bits of values that are computed in plain balls.
pub(crate) const BITS: u32 = 320;
/// Where these say too little, as errors add up over many layers or steps, there are twice as many, up to so many.
const MAX_BITS: u32 = 8 * BITS;
/// So much smaller than the largest entry of an array an error is to be.
const SURE: i64 = 110;

/// What the engines say of one derivative as a whole.
#[derive(Default)]
pub(crate) struct Values {
    /// The formula, and reverse mode or whatever the derivative was made by.
    pub whole: Vec<Known>,
    /// The same in plain doubles.
    pub doubles: Option<Array<f64>>,
}

/// An engine's value, entry by entry.
pub(crate) struct Known {
    pub name: &'static str,
    pub value: Array<Held>,
}

/// A number that an engine gave.
#[derive(Clone)]
pub(crate) struct Held {
    pub ball: Ball,
    pub certified: Option<Certified>,
}

impl Held {
    /// As [`Held::text`], but 0 for what is not told from it and as small as nothing.
    pub fn number(&self) -> String {
        match self.certified {
            Some(Certified::Zero { radius }) if radius <= NOTHING => "0".to_string(),
            _ => self.text(),
        }
    }

    pub fn text(&self) -> String {
        let digits = MAX_AGREEMENT as usize;
        match &self.certified {
            Some(c @ Certified::Digits { .. }) => self.ball.to_decimal(digits).unwrap_or_else(|| c.text(digits)),
            Some(c) => c.text(digits),
            None => crate::report::text(&self.ball),
        }
    }
}

/// What the engines say of each claim's derivative as a whole.
pub(crate) fn known(
    graph: &Graph,
    claims: &[Claim],
    formulas: Option<Formulas<'_>>,
    at: &Point<Number>,
    certify: bool,
) -> Result<Vec<Values>, EvaluationError> {
    let made: Vec<Id> = claims.iter().map(|c| c.made).collect();
    let doubles = evaluate(graph, &made, &at.map(Number::to_f64), &0.0)?;
    let read = match formulas {
        Some(all) => values(all.graph.unwrap_or(graph), all.ids, all.at, certify)?,
        None => Vec::new(),
    };
    let mut read = read.into_iter();
    let mut known = Vec::with_capacity(claims.len());
    for ((claim, value), doubles) in claims.iter().zip(values(graph, &made, at, certify)?).zip(doubles) {
        let name = if matches!(claim.by, By::Entries(_)) { "reverse" } else { "forward" };
        let formula = read.next().map(|value| Known { name: "formula", value });
        let doubles = Some(doubles);
        known.push(Values { whole: formula.into_iter().chain([Known { name, value }]).collect(), doubles });
    }
    Ok(known)
}

/// The change of a formula along directions of some nodes, new names, by forward mode; none where that is not known.
pub(crate) fn forward_mode(graph: &mut Graph, of: Id, nodes: &[Id]) -> Option<(Id, Vec<Id>)> {
    let mut directions = Vec::with_capacity(nodes.len());
    for x in nodes {
        let dims = graph.dims(*x).to_vec();
        let name = format!("direction {}", x.index());
        directions.push(graph.tensor_symbol(&name, Role::Variable, &dims, Assumptions::default()));
    }
    let slope = jvp(graph, &[of], nodes, &directions).ok()?.pop()?;
    Some((slope, directions))
}

/// How a node moves, as an array.
pub(crate) fn direction_of(
    moved: &Moved,
    at: &Point<Number>,
    node: Id,
    graph: &Graph,
) -> Result<Array<Number>, EvaluationError> {
    let shape = shape_of(graph, node, at)?;
    let mut data = vec![Number::ZERO; shape.iter().product()];
    for (entry, speed) in moved.0.iter().filter(|(entry, _)| entry.node == node) {
        if let Some(slot) = data.get_mut(entry.place) {
            *slot = speed.clone();
        }
    }
    Ok(Array { shape, data })
}

/// The values of nodes: certified digits, or many bits where there is much to do.
pub(crate) fn values(
    graph: &Graph,
    ids: &[Id],
    at: &Point<Number>,
    certify: bool,
) -> Result<Vec<Array<Held>>, EvaluationError> {
    if certify {
        // All at once: they share most of what they are computed from.
        let held = |c: Certified| Held { ball: to_ball(&c), certified: Some(c) };
        let found = certified(graph, ids, at, DIGITS)?.into_iter();
        return Ok(found.map(|a| Array { shape: a.shape, data: a.data.into_iter().map(held).collect() }).collect());
    }
    let mut bits = BITS;
    loop {
        let like = Precise::settling(Number::ONE, bits).rounding();
        let found = evaluate(graph, ids, &at.map(|n| like.exact(n)), &like)?;
        let ball = |a: Array<Precise>| Array { shape: a.shape, data: a.data.iter().map(Precise::ball).collect() };
        let balls: Vec<Array<Ball>> = found.into_iter().map(ball).collect();
        if bits >= MAX_BITS || balls.iter().all(is_sure) {
            let held = |ball: Ball| Held { ball, certified: None };
            let all = |a: Array<Ball>| Array { shape: a.shape, data: a.data.into_iter().map(held).collect() };
            return Ok(balls.into_iter().map(all).collect());
        }
        bits *= 2;
    }
}

/// Are all entries known well beside the largest one?
fn is_sure(values: &Array<Ball>) -> bool {
    let finite = || values.data.iter().filter(|ball| ball.is_finite());
    let largest = finite().map(|ball| ball.midpoint().abs()).fold(Ball::zero(), |a, b| a.max(&b, 64));
    let small = |ball: &Ball| {
        let error = ball.sub(&ball.midpoint(), 64).abs().mul_2exp(SURE);
        ball.is_exact() || !error.sub(&largest, 64).is_positive()
    };
    finite().all(small) && !values.data.iter().any(|ball| matches!(ball, Ball::Unknown))
}

/// A derivative's value along a direction: one of its columns, or the sum of several.
pub(crate) fn combined(value: &Array<Held>, moved: &Moved, column: Option<usize>, columns: usize) -> Array<Held> {
    let rows = value.data.len().checked_div(columns).unwrap_or(0);
    let row = |row: usize| {
        let entries = &value.data[row * columns..][..columns];
        match column {
            Some(column) => entries[column].clone(),
            None if columns == 1 => entries[0].clone(),
            None => {
                let term = |(e, speed): &(Entry, Number)| {
                    let speed = Ball::from_rational(&speed.to_rbig(), BITS);
                    entries.get(e.place).map_or(Ball::Unknown, |h| h.ball.mul(&speed, BITS))
                };
                let ball = moved.0.iter().map(term).fold(Ball::zero(), |a, b| a.add(&b, BITS));
                Held { ball, certified: None }
            }
        }
    };
    Array { shape: vec![rows], data: (0..rows).map(row).collect() }
}

pub(crate) fn to_ball(c: &Certified) -> Ball {
    let rational = |n: &Number| Ball::from_rational(&n.to_rbig(), 256);
    match c {
        Certified::Exact(n) => rational(n),
        Certified::Digits { text, .. } => match text.split_once('e') {
            // Exponents may be beyond those of literals.
            Some((mantissa, exponent)) => {
                let (mantissa, exponent) = (Number::parse(mantissa), exponent.parse::<i64>());
                let power = exponent.map_or(Ball::Unknown, |e| Ball::from_i64(10).pow_i64(e, 256));
                mantissa.map_or(Ball::Unknown, |m| rational(&m).mul(&power, 256))
            }
            None => Number::parse(text).map_or(Ball::Unknown, |n| rational(&n)),
        },
        Certified::Infinite { negative: false } => Ball::PosInf,
        Certified::Infinite { negative: true } => Ball::NegInf,
        Certified::Undefined => Ball::Undefined,
        Certified::Zero { radius } => Ball::from_mid_rad(0.0, *radius),
        Certified::Unknown => Ball::Unknown,
    }
}
