//! What is shown of curves: a range with the points and the values, and heights that no pole stretches.

use wrt::Number;

use super::Wanted;
use crate::failure::Failure;
use crate::plot::function::Function;
use crate::plot::trace::{End, Trace, quantiles};

/// The largest share of the heights that is left out above and below, where a curve goes to infinity.
const CUT: f64 = 0.08;

/// A range that shows the points and where there are values.
pub(super) fn range(functions: &[Function], wanted: &Wanted) -> Result<(f64, f64), Failure> {
    if let Some(range) = wanted.range {
        return Ok(range);
    }
    let points: Vec<f64> = wanted.points.iter().map(Number::to_f64).collect();
    let (low, high) = (
        points.iter().copied().fold(f64::INFINITY, f64::min),
        points.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    );
    if let Some(eps) = wanted.eps.as_ref().map(Number::to_f64).filter(|_| low == high) {
        return Ok((low - 2.0 * eps, low + 3.0 * eps));
    }
    if low == high {
        // Not beyond the doubles.
        let half = (1.2 * low.abs()).max(2.0).min((f64::MAX - low.abs()) / 2.0);
        return Ok(closer(functions, &points, half));
    }
    if low < high {
        let more = (0.35 * (high - low)).min((f64::MAX - low.abs().max(high.abs())) / 2.0);
        return Ok(closer(functions, &points, more));
    }
    let tried = [5.0, 50.0, 1e3, 1e6, 1e-2, 1e12, 1e-6].map(|half| (-half, half));
    tried.into_iter().find_map(|r| with_values(functions, r)).ok_or_else(|| {
        let message = format!("`{}` has no value between -1e12 and 1e12, as far as was looked", functions[0].text());
        Failure::plain(message).with_help("give the range to look at: --range FROM:TO")
    })
}

/// A range so much wider than the points, or less where a curve rises so far above them that they would all lie on its floor.
fn closer(functions: &[Function], points: &[f64], mut more: f64) -> (f64, f64) {
    /// How often the curve may rise by what its tangents and points do.
    const STEEP: f64 = 15.0;
    const TIMES: u32 = 40;
    const LOOKS: u32 = 64;
    let low = points.iter().copied().fold(f64::INFINITY, f64::min);
    let high = points.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let slope = |f: &Function, x: f64| f.gradient(&[x]).first().copied().unwrap_or(f64::NAN).abs();
    for _ in 0..TIMES {
        let range = (low - more, high + more);
        let at = |k: u32| range.0 + (range.1 - range.0) * (f64::from(k) / f64::from(LOOKS));
        let seen: Vec<(f64, f64)> = functions
            .iter()
            .map(|f| {
                let heights: Vec<f64> = (0..=LOOKS).map(|k| f.value(&[at(k)])).filter(|y| y.is_finite()).collect();
                let [bottom, top] = quantiles(&heights, CUT);
                let steepest = points.iter().map(|x| slope(f, *x)).filter(|s| s.is_finite()).fold(0.0, f64::max);
                let values: Vec<f64> = points.iter().map(|x| f.value(&[*x])).filter(|y| y.is_finite()).collect();
                let [least, most] = quantiles(&values, 0.0);
                (top - bottom, steepest * (range.1 - range.0) + (most - least))
            })
            .collect();
        if seen.iter().any(|(own, told)| !(*told > 0.0 && *own > STEEP * told)) {
            break;
        }
        more /= 2.0;
    }
    let range = (low - more, high + more);
    with_values(functions, range).unwrap_or(range)
}

/// The part of a range where some formula has values, with a little room; none where there are none.
fn with_values(functions: &[Function], (from, to): (f64, f64)) -> Option<(f64, f64)> {
    const LOOKS: u32 = 400;
    let at = |k: u32| from + (to - from) * (f64::from(k) / f64::from(LOOKS));
    let defined = |k: &u32| functions.iter().any(|f| f.value(&[at(*k)]).is_finite());
    let first = (0..=LOOKS).find(defined)?;
    let last = (0..=LOOKS).rev().find(defined)?;
    let room = 0.05 * (at(last) - at(first)).max((to - from) / 100.0);
    let low = if first == 0 { from } else { at(first) - room };
    Some((low, if last == LOOKS { to } else { at(last) + room }))
}

/// What is shown of the heights: all of them, or the most where a curve goes to infinity.
pub fn heights<'t>(traces: impl Iterator<Item = &'t Trace>, extra: &[f64]) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for trace in traces {
        let whole = quantiles(&trace.heights, 0.0);
        let most = quantiles(&trace.heights, CUT);
        let pole = trace.pieces.iter().any(|p| p.ends.contains(&End::Pole));
        let shown = if pole || whole[1] / 2.0 - whole[0] / 2.0 > 20.0 * (most[1] - most[0]) && most[1] > most[0] {
            most
        } else {
            whole
        };
        (low, high) = (low.min(shown[0]), high.max(shown[1]));
    }
    for y in extra.iter().filter(|y| y.is_finite()) {
        (low, high) = (low.min(*y), high.max(*y));
    }
    let room = 0.06 * (high - low);
    if room.is_finite() { (low - room, high + room) } else { (low, high) }
}
