//! Slopes from tiny nudges in many digits, from both sides; knows no derivative.
//!
//! With h = 2⁻⁶⁴ of the scale, the quotient of the right side is `R(h) = f'(x+) + h f''/2 + …`, so `2R(h/2) - R(h)` is
//! wrong by h² only, and the central one after Richardson's step `(4C(h/2) - C(h))/3` by h⁴: some 70 digits where f is
//! smooth. A second h, far smaller, tells slow convergence (`x^1.5` at 0) from none (`sqrt` at 0, a jump).

use wrt_balls::Ball;
use wrt_core::{Array, Graph, Id, Node, Number, Real, ValueKind};
use wrt_run::{EvaluationError, Point, Precise};

use crate::moved::Moved;
use crate::report::{agreement, differ};

/// Nudges are this many binary places below the scale of the point.
const NEAR: i64 = 64;
/// For the second look.
const FAR: i64 = 512;
/// The most bits that a slope is computed with.
const MAX_BITS: u32 = 6000;
/// The bits of a quotient that must be sure.
const SURE: i64 = 110;
/// The digits to which nudges confirm a slope that is known otherwise: they settle slowly where it is special.
const CONFIRMED: u32 = 6;

/// The slope from one side.
#[derive(Clone, Debug)]
pub(crate) enum Side {
    /// The function has no value there.
    Nothing,
    /// The quotients settle at a number, this close to it (as a binary exponent of the error).
    Slope(Ball),
    /// They grow without bound; the sign.
    Infinite(bool),
    /// The function jumps: its value differs from the limit.
    Jump,
    /// Neither.
    Open,
}

/// What nudging found for one input.
#[derive(Clone, Debug)]
pub(crate) struct Slopes {
    pub left: Side,
    pub right: Side,
    /// The extrapolated central quotient, where both sides agree.
    pub central: Option<Ball>,
    /// How steep the function is by nature: what lies far below that is zero to a nudge.
    pub scale: Ball,
}

impl Slopes {
    /// Is a side's slope certainly another one than nudges found?
    pub fn contradict(&self, nudged: &Slopes) -> bool {
        let apart = |exact: &Side, found: &Side| match (exact, found) {
            (Side::Slope(a), Side::Slope(b)) => differ(a, b) && agreement(a, b, &nudged.scale) < CONFIRMED,
            _ => false,
        };
        apart(&self.left, &nudged.left) || apart(&self.right, &nudged.right)
    }
}

/// A formula with a point and what is nudged. It sees all entries of the formula at once.
#[derive(Clone, Copy)]
pub(crate) struct Probe<'a> {
    pub graph: &'a Graph,
    pub at: &'a Point<Number>,
    pub of: Id,
    pub moved: &'a Moved,
    /// Is so much to be computed that only short rationals stay exact?
    pub rounding: bool,
}

/// Values of one entry around the point: at x, then at x ± h and x ± h/2.
struct Around {
    centre: Precise,
    right: [Precise; 2],
    left: [Precise; 2],
    h: Precise,
}

impl Around {
    fn right(&self, k: usize) -> Precise {
        (self.right[k].clone() - self.centre.clone()) / self.step(k)
    }

    fn left(&self, k: usize) -> Precise {
        (self.centre.clone() - self.left[k].clone()) / self.step(k)
    }

    fn step(&self, k: usize) -> Precise {
        self.h.clone() * self.h.ratio(1, 1 << k)
    }

    /// `(4C(h/2) - C(h))/3` with `C(h) = (R(h) + L(h))/2`.
    fn central(&self) -> Precise {
        let c = |k: usize| (self.right[k].clone() - self.left[k].clone()) / self.step(k);
        (c(1) * self.h.ratio(4, 1) - c(0)) * self.h.ratio(1, 6)
    }

    /// Do the quotients of both sides come to rest in proportion to h?
    fn settles(&self) -> bool {
        let rests = |coarse: Ball, fine: Ball| {
            let moved = fine.sub(&coarse, 256).abs();
            let still = moved.sub(&fine.abs().mul_2exp(-45), 64);
            let fading = fine.abs().mul(&Ball::from_f64(1.7), 64).sub(&coarse.abs(), 64);
            !still.is_positive() || fading.is_negative() || moved.contains_zero()
        };
        rests(self.right(0).ball(), self.right(1).ball()) && rests(self.left(0).ball(), self.left(1).ball())
    }

    /// The slope where both sides agree: by central quotients, and by the mean of the sides too where that may be better,
    /// since the second derivative jumps.
    fn smooth(&self, left: &Ball, right: &Ball) -> Ball {
        let (central, middle) = (self.central().ball(), left.add(right, 512).mul_2exp(-1));
        let gap = central.sub(&middle, 512).abs();
        if gap.sub(&self.scale().mul_2exp(-100), 64).is_positive() { central.union(&middle, 512) } else { central }
    }

    /// |J|/|x| or |J''|·|x|, whichever is larger.
    fn scale(&self) -> Ball {
        let whole = self.h.ball().mul_2exp(NEAR);
        let bend = self.right(0).ball().abs().mul_2exp(NEAR);
        let height = self.centre.ball().abs().div(&whole, 64);
        if bend.is_finite() { height.max(&bend, 64) } else { height }
    }

    /// Are the quotients sure, or too small to matter beside the values?
    fn is_sure(&self, last: bool) -> bool {
        let quotients = [self.right(1), self.left(1)];
        quotients.iter().filter(|q| q.is_finite()).all(|q| {
            let ball = q.ball();
            ball.relative_accuracy_bits() >= SURE
                || last
                || self.centre.ball().abs().mul(&Ball::one().mul_2exp(-SURE), 64).sub(&radius(&ball), 64).is_positive()
        }) && !quotients.iter().any(|q| matches!(q.ball(), Ball::Unknown) && !last)
    }
}

fn radius(ball: &Ball) -> Ball {
    ball.sub(&ball.midpoint(), 64).abs()
}

impl Probe<'_> {
    /// The values around the point, h being `2^-exponent` of the point's scale; for each entry of the formula.
    fn around(&self, exponent: i64) -> Result<Vec<Around>, EvaluationError> {
        let mut bits = 256 + exponent as u32 * 2;
        loop {
            let (around, scale) = self.around_at(exponent, bits)?;
            // Beside 1, a point of 1e-4000 needs its own exponent in bits.
            let most = MAX_BITS + scale.unsigned_abs().min(1 << 15) as u32 * 2;
            if bits >= most || around.iter().all(|a| a.is_sure(bits >= most)) {
                return Ok(around);
            }
            bits = (bits * 2).min(most);
        }
    }

    fn around_at(&self, exponent: i64, bits: u32) -> Result<(Vec<Around>, i64), EvaluationError> {
        let like = Precise::new(Number::ONE, bits);
        let like = if self.rounding { like.rounding() } else { like };
        let start = self.moved.start(self.graph, self.of, self.at, &like)?;
        let scale = scale_of(start.entries());
        let h = like.ratio(2, 1).pow(like.ratio(scale - exponent, 1));
        let half = h.clone() * like.ratio(1, 2);
        let at = |h: Precise| start.value(self.of, h);
        let zero = like.ratio(0, 1);
        let all = [at(zero)?, at(h.clone())?, at(half.clone())?, at(-h.clone())?, at(-half)?];
        let entry = |k: usize| {
            let [centre, r0, r1, l0, l1] = all.each_ref().map(|a: &Array<Precise>| a.data[k].clone());
            Around { centre, right: [r0, r1], left: [l0, l1], h: h.clone() }
        };
        Ok(((0..all[0].data.len()).map(entry).collect(), scale))
    }

    /// The slopes from both sides, for each entry of the formula.
    pub fn slopes(&self) -> Result<Vec<Slopes>, EvaluationError> {
        let near = self.around(NEAR)?;
        let mut found: Vec<Option<Slopes>> = near.iter().map(Around::smooth_slopes).collect();
        if found.iter().any(Option::is_none) {
            let far = self.around(FAR)?;
            for (k, slot) in found.iter_mut().enumerate() {
                slot.get_or_insert_with(|| by_both(&near[k], &far[k]));
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// The same with a far smaller nudge in any case: where one of the usual size is still larger than what it measures
    /// (`x^5` at 0).
    pub fn far_slopes(&self) -> Result<Vec<Slopes>, EvaluationError> {
        let (near, far) = (self.around(NEAR)?, self.around(FAR)?);
        Ok(near.iter().zip(&far).map(|(near, far)| by_both(near, far)).collect())
    }

    /// The lowest node that already behaves badly when the input is nudged though its arguments don't: of the formula
    /// itself the entry at this place.
    pub fn culprit(&self, place: usize, bad: impl Fn(&Slopes) -> bool) -> Option<Id> {
        let below = self.graph.reachable(&[self.of]);
        // Truth values jump by nature; what is made of them is to blame.
        let truth = |id: Id| matches!(self.graph.node(id), Node::Map(p, _) if p.row().kind == ValueKind::Truth);
        let moved = self.moved.nodes();
        let misbehaves = |of: Id| {
            let slopes = Probe { of, ..*self }.slopes();
            slopes.is_ok_and(|all| if of == self.of { all.get(place).is_some_and(&bad) } else { all.iter().any(&bad) })
        };
        below.into_iter().find(|id| !moved.contains(id) && (*id == self.of || !truth(*id)) && misbehaves(*id))
    }
}

impl Around {
    /// The slopes where the quotients of both sides come to rest at one number.
    fn smooth_slopes(&self) -> Option<Slopes> {
        let two = self.h.ratio(2, 1);
        let extrapolate = |coarse: Precise, fine: Precise| (fine * two.clone() - coarse).ball();
        let right = extrapolate(self.right(0), self.right(1));
        let left = extrapolate(self.left(0), self.left(1));
        if !(close(&left, &right, 90) && self.settles()) {
            return None;
        }
        let central = Some(self.smooth(&left, &right));
        Some(Slopes { left: Side::Slope(left), right: Side::Slope(right), central, scale: self.scale() })
    }
}

/// The slopes by nudges of both sizes.
fn by_both(near: &Around, far: &Around) -> Slopes {
    let side = |near_1: Precise, far_0: Precise, far_1: Precise, value: &Precise| {
        judge(&near_1.ball(), &far_0.ball(), &far_1.ball(), value.is_finite(), far)
    };
    let right = side(near.right(1), far.right(0), far.right(1), &far.right[1]);
    let left = side(near.left(1), far.left(0), far.left(1), &far.left[1]);
    let central = match (&left, &right) {
        (Side::Slope(l), Side::Slope(r)) if close(l, r, 60) => Some(l.union(r, 256)),
        _ => None,
    };
    Slopes { left, right, central, scale: near.scale() }
}

/// What the quotients of one side do as h falls from 2⁻⁶⁴ to 2⁻⁵¹² and then to half of that.
fn judge(near: &Ball, far: &Ball, half: &Ball, has_value: bool, around: &Around) -> Side {
    if !has_value || !half.is_finite() {
        return Side::Nothing;
    }
    let extrapolated = half.mul_2exp(1).sub(far, 1024);
    let moved = half.sub(far, 1024).abs();
    let size = half.abs();
    // Settled: halving h changes the quotient by less than 2^-100 of itself, or it goes to zero with h.
    if moved.sub(&size.mul_2exp(-100), 64).is_negative() || extrapolated.is_zero() {
        return Side::Slope(extrapolated);
    }
    let shrunk = size.sub(&near.abs().mul_2exp(-20), 64).is_negative();
    let natural = around.centre.ball().abs().add(&Ball::one(), 64);
    if shrunk && size.sub(&natural.mul_2exp(-100), 64).is_negative() {
        return Side::Slope(Ball::zero().union(&half.mul_2exp(1), 128));
    }
    // A jump: the quotient doubles when h halves.
    let doubled = half.sub(&far.mul_2exp(1), 1024).abs();
    if doubled.sub(&size.mul_2exp(-30), 64).is_negative() {
        return Side::Jump;
    }
    let grows = size.sub(&near.abs().mul_2exp(1), 64).is_positive() && size.sub(&far.abs(), 64).is_positive();
    if grows {
        return Side::Infinite(half.is_positive());
    }
    // Falls slowly to a slope: |x|^1.01 and its like stay open.
    Side::Open
}

/// Do two balls agree to so many bits?
pub(crate) fn close(a: &Ball, b: &Ball, bits: i64) -> bool {
    if !a.is_finite() || !b.is_finite() {
        return false;
    }
    let gap = a.sub(b, 1024);
    gap.contains_zero() || gap.abs().sub(&a.abs().mul_2exp(-bits), 64).is_negative()
}

/// The binary exponent of the point's scale: of the smallest |x| that moves, if that is below 1, else 0; a zero has no
/// scale, and of many entries those count that are near enough for a nudge of the others to be seen beside them.
fn scale_of(entries: impl Iterator<Item = Precise>) -> i64 {
    let all: Vec<i64> = entries.map(|x| scale(&x)).collect();
    match &all[..] {
        [one] => *one,
        _ => all.into_iter().min().unwrap_or(0).max(-NEAR),
    }
}

fn scale(x: &Precise) -> i64 {
    let magnitude = x.ball().abs();
    let below_one = Ball::one().sub(&magnitude, 64).is_positive() && !magnitude.contains_zero();
    if below_one { magnitude.log2(64).mid_f64().floor() as i64 } else { 0 }
}
