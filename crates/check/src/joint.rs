//! Many derivatives of one number at once: everything moves together along a random direction, as is enough where all of
//! them are right.

use wrt_balls::Ball;
use wrt_core::{Array, Graph, Id, Number};
use wrt_run::{EvaluationError, Point};

use crate::engines::{BITS, Held, Values, combined, direction_of, forward_mode, values};
use crate::judge::{By, Claim, Scrutiny};
use crate::moved::Moved;
use crate::probe::Probe;
use crate::random::Random;
use crate::report::{Extent, Finding, MAX_AGREEMENT, Place, Report, Verdict};
use crate::subject::Subject;

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
    let Some(first) = claims.first() else { return Ok(None) };
    let plain = |c: &Claim| c.of == first.of && c.places.is_empty() && matches!(c.by, By::Entries(_));
    if scrutiny != Scrutiny::default() || !graph.is_scalar(first.of) || !claims.iter().all(plain) {
        return Ok(None);
    }
    let free: Vec<usize> = (0..claims.len()).filter(|k| !claims[*k].fixed).collect();
    let node = |k: usize| match claims[k].by {
        By::Entries(x) => x,
        By::Along(_) => claims[k].of,
    };
    let nodes: Vec<Id> = free.iter().map(|k| node(*k)).collect();
    let mut moved = Moved(Vec::new());
    let mut sums: Vec<(&'static str, Ball)> = Vec::new();
    for (k, x) in free.iter().zip(&nodes) {
        let Some(doubles) = &known[*k].doubles else { return Ok(None) };
        let sign = |_| Number::integer(random.below(2) as i64 * 2 - 1);
        let speed = Array { shape: doubles.shape.clone(), data: (0..doubles.data.len()).map(sign).collect() };
        let own = Moved::array(*x, &speed);
        for engine in &known[*k].whole {
            let entries = engine.value.data.len();
            let part = combined(&engine.value, &own, None, entries).data.pop().map_or(Ball::Unknown, |h| h.ball);
            match sums.iter_mut().find(|(name, _)| *name == engine.name) {
                Some((_, sum)) => *sum = sum.add(&part, BITS),
                None => sums.push((engine.name, part)),
            }
        }
        moved.0.extend(own.0);
    }
    if let Some((slope, directions)) = forward_mode(graph, first.of, &nodes) {
        let mut along = at.clone();
        for (x, direction) in nodes.iter().zip(directions) {
            along = along.with(direction, direction_of(&moved, at, *x, graph)?);
        }
        let value = values(graph, &[slope], &along, false)?.swap_remove(0);
        sums.extend(value.data.first().map(|h| ("forward", h.ball.clone())));
    }
    let held: Vec<(&'static str, Held)> =
        sums.into_iter().map(|(name, ball)| (name, Held { ball, certified: None })).collect();
    let held: Vec<(&'static str, &Held)> = held.iter().map(|(name, h)| (*name, h)).collect();
    let probe = Probe { graph, at, of: first.of, moved: &moved, rounding: true };
    let subject = Subject { probe: &probe, row: 0, blame: false, held: &held };
    let Some(slopes) = probe.slopes()?.pop() else { return Ok(None) };
    let mut reading = subject.reading(Place::Direction, &slopes, subject.verdict(&slopes));
    // Of much that moves at once, curvature is soon larger than what a nudge of the usual size tells.
    if !matches!(reading.verdict, Verdict::Agreement { digits: MAX_AGREEMENT })
        && let Some(slopes) = probe.far_slopes()?.pop()
    {
        reading = subject.reading(Place::Direction, &slopes, subject.verdict(&slopes));
    }
    if !matches!(reading.verdict, Verdict::Agreement { .. }) {
        return Ok(None);
    }
    let finding = |(claim, known): (&Claim, &Values)| {
        let doubles = known.doubles.as_ref();
        Finding {
            shape: doubles.map(|d| d.shape.clone()).unwrap_or_default(),
            extent: Extent {
                entries: doubles.map_or(0, |d| d.data.len()),
                directions: 1,
                together: true,
                ..Extent::default()
            },
            readings: if claim.fixed { Vec::new() } else { vec![reading.clone()] },
        }
    };
    Ok(Some(Report { findings: claims.iter().zip(known).map(finding).collect(), is_total: true }))
}
