//! Many derivatives of one number at once: everything moves together along a random direction, as is enough where all of
//! them are right. What takes much work is looked at in numbers of 31 digits first.

use wrt_balls::Ball;
use wrt_core::{Array, Graph, Id, Number, Real};
use wrt_run::{DoubleDouble, EvaluationError, Point, evaluate};

use crate::engines::{BITS, Held, Values, combined, direction_of, forward_mode, values};
use crate::judge::{By, Claim, Formulas, Scrutiny};
use crate::moved::{Moved, shape_of};
use crate::probe::{Probe, Side, Slopes};
use crate::random::Random;
use crate::report::{Extent, Finding, MAX_AGREEMENT, Place, Reading, Report, Verdict};
use crate::subject::{NEEDED, Subject};

/// Nudges in numbers of 31 digits are so many binary places below the point's scale: small enough that few corners lie
/// between, large enough that 18 digits of the slope are left. The second where the first is not small enough.
const NEAR: [i32; 2] = [36, 44];
/// So many bits of such a value are believed; what is worth fewer is decided in more digits.
const BELIEVED: i64 = 62;

/// Nodes that move at once, each entry by 1 or -1.
struct Together {
    nodes: Vec<Id>,
    /// Of each claim, unless it stays.
    own: Vec<Option<Moved>>,
    /// The shape of what each claim moves.
    shapes: Vec<Vec<usize>>,
    moved: Moved,
}

impl Together {
    /// None where entries are asked for, or one derivative is not like the others.
    fn new(
        graph: &Graph,
        claims: &[Claim],
        at: &Point<Number>,
        scrutiny: Scrutiny,
        random: &mut Random,
    ) -> Result<Option<Together>, EvaluationError> {
        let Some(first) = claims.first() else { return Ok(None) };
        let plain = |c: &Claim| c.of == first.of && c.places.is_empty() && matches!(c.by, By::Entries(_));
        if scrutiny != Scrutiny::default() || !graph.is_scalar(first.of) || !claims.iter().all(plain) {
            return Ok(None);
        }
        let mut all = Together { nodes: Vec::new(), own: Vec::new(), shapes: Vec::new(), moved: Moved(Vec::new()) };
        for claim in claims {
            let By::Entries(x) = claim.by else { return Ok(None) };
            let shape = shape_of(graph, x, at)?;
            let sign = |_| Number::integer(random.below(2) as i64 * 2 - 1);
            let data = (0..shape.iter().product()).map(sign).collect();
            let own = Moved::array(x, &Array { shape: shape.clone(), data });
            all.shapes.push(shape);
            all.own.push((!claim.fixed).then(|| own.clone()));
            if !claim.fixed {
                all.nodes.push(x);
                all.moved.0.extend(own.0);
            }
        }
        Ok(Some(all))
    }

    /// The change along the direction by forward mode, a formula, and the point with the direction.
    fn forward(
        &self,
        graph: &mut Graph,
        of: Id,
        at: &Point<Number>,
    ) -> Result<Option<(Id, Point<Number>)>, EvaluationError> {
        let Some((slope, directions)) = forward_mode(graph, of, &self.nodes) else { return Ok(None) };
        let mut along = at.clone();
        for (x, direction) in self.nodes.iter().zip(directions) {
            along.values.push((direction, direction_of(&self.moved, at, *x, graph)?));
        }
        Ok(Some((slope, along)))
    }

    fn report(self, claims: &[Claim], reading: &Reading) -> Report {
        let finding = |(claim, shape): (&Claim, Vec<usize>)| Finding {
            extent: Extent { entries: shape.iter().product(), directions: 1, together: true, ..Extent::default() },
            shape,
            readings: if claim.fixed { Vec::new() } else { vec![reading.clone()] },
        };
        Report { findings: claims.iter().zip(self.shapes).map(finding).collect(), is_total: true }
    }
}

/// A way to nudge.
type Nudged = dyn Fn(&Probe<'_>) -> Result<Option<Slopes>, EvaluationError>;

/// What the engines and the nudges say, if that is plain agreement.
fn agreed(
    graph: &Graph,
    at: &Point<Number>,
    of: Id,
    moved: &Moved,
    sums: Vec<(&'static str, Ball)>,
    slopes: &[&Nudged],
    enough: u32,
) -> Result<Option<Reading>, EvaluationError> {
    let held: Vec<(&'static str, Held)> =
        sums.into_iter().map(|(name, ball)| (name, Held { ball, certified: None })).collect();
    let held: Vec<(&'static str, &Held)> = held.iter().map(|(name, h)| (*name, h)).collect();
    let probe = Probe { graph, at, of, moved, rounding: true };
    let subject = Subject { probe: &probe, row: 0, blame: false, held: &held };
    let mut best = None;
    for nudged in slopes {
        let Some(slopes) = nudged(&probe)? else { continue };
        let reading = subject.reading(Place::Direction, &slopes, subject.verdict(&slopes));
        if let Verdict::Agreement { digits } = reading.verdict {
            best = Some(reading);
            if digits >= enough {
                break;
            }
        }
    }
    Ok(best)
}

/// The derivatives of one number by many nodes in numbers of 31 digits, all moved at once along a random direction; none
/// where that is not asked for, or does not end in plain agreement.
pub(crate) fn quickly(
    graph: &mut Graph,
    claims: &[Claim],
    formulas: Option<Formulas<'_>>,
    at: &Point<Number>,
    scrutiny: Scrutiny,
) -> Result<Option<Report>, EvaluationError> {
    let Some(together) = Together::new(graph, claims, at, scrutiny, &mut Random::new())? else { return Ok(None) };
    let of = claims[0].of;
    let made: Vec<Id> = claims.iter().map(|c| c.made).collect();
    let mut sums = Vec::new();
    if let Some(all) = formulas {
        sums.push(("formula", along(all.graph.unwrap_or(graph), all.ids, all.at, &together)?));
    }
    sums.push(("reverse", along(graph, &made, at, &together)?));
    if let Some((slope, point)) = together.forward(graph, of, at)? {
        let like = DoubleDouble::from(1.0);
        let value = evaluate(graph, &[slope], &point.map(DoubleDouble::new), &like)?.swap_remove(0);
        sums.extend(value.data.first().map(|x| ("forward", believed(*x))));
    }
    let [near, nearer] = NEAR.map(|places| move |probe: &Probe<'_>| nudged(probe, places));
    let reading = agreed(graph, at, of, &together.moved, sums, &[&near, &nearer], NEEDED)?;
    let settled = |r: &Reading| matches!(r.verdict, Verdict::Agreement { digits } if digits >= NEEDED);
    Ok(reading.filter(settled).map(|reading| together.report(claims, &reading)))
}

/// The derivatives along the direction.
fn along(graph: &Graph, derivatives: &[Id], at: &Point<Number>, together: &Together) -> Result<Ball, EvaluationError> {
    let like = DoubleDouble::from(1.0);
    let values = evaluate(graph, derivatives, &at.map(DoubleDouble::new), &like)?;
    let mut sum = DoubleDouble::from(0.0);
    for (value, own) in values.iter().zip(&together.own) {
        for (entry, speed) in own.iter().flat_map(|own| &own.0) {
            let part = value.data.get(entry.place).copied().unwrap_or(DoubleDouble::from(f64::NAN));
            sum = sum + if speed.is_negative() { -part } else { part };
        }
    }
    Ok(believed(sum))
}

/// A number of 31 digits with what is believed of it.
fn believed(x: DoubleDouble) -> Ball {
    let ball = x.ball();
    if !ball.is_finite() {
        return Ball::Unknown;
    }
    let error = ball.abs().mul_2exp(-BELIEVED);
    ball.add(&error, 2 * BITS).union(&ball.sub(&error, 2 * BITS), 2 * BITS)
}

/// The slope by nudges so many binary places below the point's scale; none where there is a corner or jump within reach.
fn nudged(probe: &Probe<'_>, places: i32) -> Result<Option<Slopes>, EvaluationError> {
    let like = DoubleDouble::from(1.0);
    let start = probe.moved.start(probe.graph, probe.of, probe.at, &like)?;
    let largest = start.entries().map(|x| x.approximate().abs()).fold(0.0, f64::max);
    let scale = if largest > 0.0 { largest.log2().floor().clamp(-64.0, 0.0) } else { 0.0 };
    let h = (scale - f64::from(places)).exp2();
    let at = |h: f64| -> Result<DoubleDouble, EvaluationError> {
        let value = start.value(probe.of, DoubleDouble::from(h))?;
        Ok(value.data.first().copied().unwrap_or(DoubleDouble::from(f64::NAN)))
    };
    let (centre, sides) = (at(0.0)?, [at(h)?, at(h / 2.0)?, at(-h)?, at(-h / 2.0)?]);
    let number = |x: f64| DoubleDouble::from(x);
    let right = [(sides[0] - centre) / number(h), (sides[1] - centre) / number(h / 2.0)];
    let left = [(centre - sides[2]) / number(h), (centre - sides[3]) / number(h / 2.0)];
    let central = |k: usize| (right[k] + left[k]) / number(2.0);
    let slope = (central(1) * number(4.0) - central(0)) / number(3.0);
    // How far the sides are apart is in proportion to h where the function is smooth.
    let [apart, closer] = [right[0] - left[0], right[1] - left[1]];
    let corner = (apart - closer * number(2.0)).approximate().abs();
    let noise = centre.approximate().abs() / h * (-98f64).exp2();
    let smooth = corner <= slope.approximate().abs() * (-50f64).exp2() + noise;
    if !smooth || !slope.approximate().is_finite() {
        return Ok(None);
    }
    let two = number(2.0);
    let side = |all: [DoubleDouble; 2]| Side::Slope(believed(all[1] * two - all[0]));
    Ok(Some(Slopes { left: side(left), right: side(right), central: Some(believed(slope)), scale: Ball::zero() }))
}

/// The derivatives of one number by many nodes, all moved at once along a random direction; none where that is not
/// asked for, or does not end in plain agreement.
pub(crate) fn jointly(
    graph: &mut Graph,
    claims: &[Claim],
    known: &[Values],
    at: &Point<Number>,
    scrutiny: Scrutiny,
    random: &mut Random,
) -> Result<Option<Report>, EvaluationError> {
    let Some(together) = Together::new(graph, claims, at, scrutiny, random)? else { return Ok(None) };
    let of = claims[0].of;
    let mut sums: Vec<(&'static str, Ball)> = Vec::new();
    for (known, own) in known.iter().zip(&together.own) {
        let Some(own) = own else { continue };
        for engine in &known.whole {
            let entries = engine.value.data.len();
            let part = combined(&engine.value, own, None, entries).data.pop().map_or(Ball::Unknown, |h| h.ball);
            match sums.iter_mut().find(|(name, _)| *name == engine.name) {
                Some((_, sum)) => *sum = sum.add(&part, BITS),
                None => sums.push((engine.name, part)),
            }
        }
    }
    if let Some((slope, point)) = together.forward(graph, of, at)? {
        let value = values(graph, &[slope], &point, false)?.swap_remove(0);
        sums.extend(value.data.first().map(|h| ("forward", h.ball.clone())));
    }
    // Of much that moves at once, curvature is soon larger than what a nudge of the usual size tells.
    let near = |probe: &Probe<'_>| Ok(probe.slopes()?.pop());
    let far = |probe: &Probe<'_>| Ok(probe.far_slopes()?.pop());
    let reading = agreed(graph, at, of, &together.moved, sums, &[&near, &far], MAX_AGREEMENT)?;
    Ok(reading.map(|reading| together.report(claims, &reading)))
}
