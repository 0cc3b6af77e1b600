//! What is drawn of a curve: itself with its ends, poles and kinks, and tangents.

use wrt::session::StatusKind;
use wrt_draw::{Dash, Dot, Ink, Layer, Panel, Shape, number};

use super::{DIGITS, Followed};
use crate::plot::function::{At, Function};
use crate::plot::trace::{End, Trace};

/// Kinks and poles beyond these are drawn but not named.
const NAMED: usize = 6;

/// The curve with its ends.
pub fn curve(panel: &mut Panel, trace: &Trace, ink: Ink, legend: String) {
    let pieces = trace.pieces.iter().map(|p| p.points.clone()).collect();
    panel.layers.push(Layer::curve(pieces).inked(ink).named(legend));
    let ends = |wanted: End| {
        let all =
            trace.pieces.iter().flat_map(|p| [(p.ends[0], p.points[0]), (p.ends[1], p.points[p.points.len() - 1])]);
        all.filter(move |(end, _)| *end == wanted).map(|(_, at)| at)
    };
    let (open, full): (Vec<_>, Vec<_>) =
        (ends(End::Open).collect(), ends(End::Closed).chain(trace.single.iter().copied()).collect());
    panel.layers.push(Layer::new(Shape::Dots(open, Dot::Open)).inked(ink));
    panel.layers.push(Layer::new(Shape::Dots(full, Dot::Full)).inked(ink));
}

/// Poles as thin lines, kinks as points.
pub(super) fn special(panel: &mut Panel, followed: &Followed, x: &str, heights: (f64, f64)) {
    let poles = poles(&followed.values);
    for (k, at) in poles.iter().enumerate() {
        let line = Layer::line([*at, heights.0], [*at, heights.1]).dashed(Dash::Dotted).inked(Ink::Secondary).wide(1.2);
        panel.layers.push(line.named(if k == 0 { listed("pole", x, &poles) } else { String::new() }));
    }
    let kink = |k: &&At| matches!(k.status, Some((StatusKind::Kink, _)));
    let (kinks, others): (Vec<&At>, Vec<&At>) = followed.kinks.iter().partition(kink);
    for (all, what) in [(kinks, "kink"), (others, "no derivative")] {
        let places: Vec<f64> = all.iter().map(|k| k.place[0].to_f64()).collect();
        let dots: Vec<[f64; 2]> = all.iter().map(|k| [k.place[0].to_f64(), k.value]).collect();
        if !dots.is_empty() {
            panel.layers.push(Layer::new(Shape::Dots(dots, Dot::Full)).named(listed(what, x, &places)));
        }
    }
}

/// `poles at x = -1, 1`
fn listed(what: &str, x: &str, places: &[f64]) -> String {
    let told: Vec<String> = places.iter().take(NAMED).map(|p| number(*p, DIGITS)).collect();
    let more = if places.len() > NAMED { ", …" } else { "" };
    let plural = if places.len() > 1 && what != "no derivative" { "s" } else { "" };
    format!("{what}{plural} at {x} = {}{more}", told.join(", "))
}

pub(super) fn poles(trace: &Trace) -> Vec<f64> {
    let ends =
        trace.pieces.iter().flat_map(|p| [(p.ends[0], p.points[0][0]), (p.ends[1], p.points[p.points.len() - 1][0])]);
    let mut all: Vec<f64> = ends.filter(|(end, _)| *end == End::Pole).map(|(_, x)| round_place(x)).collect();
    all.sort_by(f64::total_cmp);
    all.dedup_by(|a, b| (*a - *b).abs() <= 1e-9 * a.abs().max(1e-9));
    all
}

/// Points come close to a pole, and do not reach it.
pub(super) fn round_place(x: f64) -> f64 {
    let rounded: f64 = format!("{x:.9e}").parse().unwrap_or(x);
    if rounded.abs() < 1e-9 { 0.0 } else { rounded }
}

/// `9 + 6*(w - 3)`
pub fn tangent_text(x: &str, at: f64, value: f64, slope: f64) -> String {
    let show = |v: f64| number(v.abs(), DIGITS);
    let alone = show(value) == "0" && show(slope) == "1" && slope > 0.0;
    let moved = match at {
        0.0 => x.to_string(),
        // Nothing is multiplied: no brackets.
        a if alone => format!("{x} {} {}", if a < 0.0 { "+" } else { "-" }, show(a)),
        a => format!("({x} {} {})", if a < 0.0 { "+" } else { "-" }, show(a)),
    };
    let product = if show(slope) == "1" { moved } else { format!("{}*{moved}", show(slope)) };
    match (show(value) == "0", show(slope) == "0") {
        (_, true) => number(value, DIGITS),
        (true, _) => format!("{}{product}", if slope < 0.0 { "-" } else { "" }),
        _ => format!("{} {} {product}", number(value, DIGITS), if slope < 0.0 { "-" } else { "+" }),
    }
}

/// The tangents, in colours of their own or in that of their curve.
pub(super) fn tangents(
    panel: &mut Panel,
    function: &Function,
    followed: &Followed,
    range: (f64, f64),
    of: Option<usize>,
) {
    let x = &function.names[0];
    for (k, point) in followed.points.iter().enumerate() {
        let (at, ink) = (point.place[0].to_f64(), Ink::Series(of.unwrap_or(k + 1)));
        let whose = if of.is_some() { format!("{} at ", function.text()) } else { String::new() };
        let lead = format!("{whose}{x} = {}", number(at, DIGITS));
        let slope = point.slopes.first().copied().unwrap_or(f64::NAN);
        let dot = Layer::new(Shape::Dots(vec![[at, point.value]], Dot::Full)).inked(ink);
        match &point.status {
            None if slope.is_finite() && point.value.is_finite() => {
                let line = |to: f64| [to, point.value + slope * (to - at)];
                let text = format!(
                    "{lead}: slope {}, tangent {}",
                    number(slope, DIGITS),
                    tangent_text(x, at, point.value, slope)
                );
                panel
                    .layers
                    .push(Layer::line(line(range.0), line(range.1)).inked(ink).dashed(dashes(of, k)).named(text));
                panel.layers.push(dot);
            }
            status => {
                let why = match status {
                    Some((_, reason)) => reason.clone(),
                    None => beyond(function, point.value, slope),
                };
                panel.layers.push(dot.named(format!("{lead}: {why}")));
            }
        }
    }
}

/// With several formulas tangents have the colour of theirs, else each has its own as long as there are colours.
fn dashes(of: Option<usize>, k: usize) -> Dash {
    match (of, (k + 1) / Ink::SERIES) {
        (None, 0) => Dash::Solid,
        (None, 2..) => Dash::Dotted,
        _ => Dash::Dashed,
    }
}

/// What is said where there is no line, though nothing is known against value and derivative.
fn beyond(function: &Function, value: f64, slope: f64) -> String {
    let (name, heading) = (function.name(), function.heading());
    for (what, x) in [(name, value), (heading, slope)] {
        if x.is_infinite() {
            return format!("{what} is {} every double", if x > 0.0 { "above" } else { "below" });
        }
    }
    "no derivative".to_string()
}
