//! The picture of a formula of two variables: contours, and gradients as arrows.

use serde_json::{Value, json};
use wrt::{Form, Number};
use wrt_draw::{Axis, Dot, Ink, Layer, Panel, Scene, Shape, Side, number};

use crate::failure::Failure;
use crate::output::json_double;
use crate::page::Cell;
use crate::plot::curve::Tables;
use crate::plot::function::{At, Function};

/// A rectangle of the plane.
pub type Ranges = [(f64, f64); 2];

/// Lines of the grid in each direction.
const GRID: usize = 121;
/// About so many contours.
const LEVELS: usize = 11;
/// Arrows in each direction where no points are given.
const FIELD: usize = 10;
/// The longest arrow, as a share of the range.
const LONGEST: f64 = 0.16;
const DIGITS: usize = 5;

/// The picture, the numbers behind it, and these as a table of a page.
pub fn picture(
    function: &mut Function,
    points: &[[Number; 2]],
    range: Option<Ranges>,
) -> Result<(Scene, Value, Tables), Failure> {
    let places: Vec<[f64; 2]> = points.iter().map(|p| [p[0].to_f64(), p[1].to_f64()]).collect();
    let ranges = range.unwrap_or_else(|| around(&places));
    let (mut panel, levels) = contours(function, ranges)?;
    let all = points.iter().map(|p| function.at(p)).collect::<Result<Vec<_>, _>>()?;
    if all.is_empty() {
        field(&mut panel, function, ranges);
    } else {
        arrows(&mut panel, function, &all, ranges);
    }
    let point = |p: &At| {
        let place: Vec<f64> = p.place.iter().map(Number::to_f64).collect();
        let status = p.status.as_ref().map(|(kind, reason)| json!({ "kind": kind.word(), "reason": reason }));
        json!({ "at": place, "value": json_double(p.value), "gradient": p.slopes.iter().map(|s| json_double(*s)).collect::<Vec<_>>(), "status": status })
    };
    let object = json!({
        "wrt": function.names, "range": ranges.map(|r| [r.0, r.1]), "levels": levels,
        "formulas": [{ "f": function.text(), "points": all.iter().map(point).collect::<Vec<_>>() }],
    });
    let table = table(function, &all);
    Ok((Scene::new(function.title()).with(panel), object, vec![table]))
}

/// The points with their gradients.
fn table(function: &Function, points: &[At]) -> Vec<Vec<Cell>> {
    let names = function.names.iter().map(|n| wrt::session::written_name(Form::Latex, n));
    let slopes = function.names.iter().map(|n| function.heading_in(Form::Latex, n));
    let mut rows = vec![
        names
            .chain([wrt::session::written_name(Form::Latex, &function.name())])
            .chain(slopes)
            .map(Cell::Math)
            .collect::<Vec<_>>(),
    ];
    for point in points {
        let place = point.place.iter().map(Number::to_f64);
        let numbers = place.chain([point.value]).chain(point.slopes.iter().copied());
        rows.push(numbers.map(|x| Cell::number(x, DIGITS)).collect());
    }
    rows
}

/// A square around points, as large as they are far apart; around a single one, as far as it is from the origin.
pub fn around(points: &[[f64; 2]]) -> Ranges {
    if points.is_empty() {
        return [(-3.0, 3.0); 2];
    }
    let bounds = |d: usize| {
        let all = points.iter().map(|p| p[d]).filter(|v| v.is_finite());
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    };
    let all = [bounds(0), bounds(1)];
    let extent = all.iter().map(|(low, high)| high - low).fold(0.0, f64::max);
    let distance = all.iter().map(|(low, high)| high.abs().max(low.abs())).fold(0.0, f64::max);
    // One point has no extent, and points that are close together are one as far as doubles tell.
    let half = if extent > 1e-9 * distance { 0.8 * extent } else { 0.7 * distance };
    let half = if half > 0.0 && half.is_finite() { half } else { 2.0 };
    all.map(|(low, high)| (low / 2.0 + high / 2.0 - half, low / 2.0 + high / 2.0 + half))
}

/// A panel with the contours of a formula, and their heights. Both axes have the same unit, unless that would be too flat.
pub fn contours(function: &Function, ranges: Ranges) -> Result<(Panel, Vec<f64>), Failure> {
    let axis = |(from, to): (f64, f64)| -> Vec<f64> {
        (0..GRID).map(|k| k as f64 / (GRID - 1) as f64).map(|t| from * (1.0 - t) + to * t).collect()
    };
    let (xs, ys) = (axis(ranges[0]), axis(ranges[1]));
    let values: Vec<Vec<f64>> = ys.iter().map(|y| xs.iter().map(|x| function.value(&[*x, *y])).collect()).collect();
    if !values.iter().flatten().any(|v| v.is_finite()) {
        let message = format!("`{}` has no value in this part of the plane", function.text());
        return Err(Failure::plain(message).with_help("give another --range x=FROM:TO,y=FROM:TO"));
    }
    let [(x0, x1), (y0, y1)] = ranges;
    let mut panel = Panel::new(Axis::linear(&function.names[0], x0, x1), Axis::linear(&function.names[1], y0, y1));
    panel.width = Some(520.0);
    panel.height = (520.0 * ((y1 - y0) / (x1 - x0))).clamp(200.0, 640.0);
    let levels = wrt_draw::levels(&values, LEVELS);
    for (k, level) in levels.iter().enumerate() {
        let lines = wrt_draw::lines(&xs, &ys, &values, *level);
        let ink = Ink::Shade(0.45 + 0.55 * k as f64 / levels.len().max(2) as f64);
        let longest = lines.iter().max_by_key(|l| l.len()).filter(|l| l.len() > 8).cloned();
        // Where the line has gone a part of its way, another part each time, so that heights don't stand in a row.
        let part = (1 + k % 3) as f64 / 4.0;
        panel.layers.push(Layer::curve(lines).inked(ink).wide(1.5));
        let height = longest.map(|line| Layer::new(Shape::OnLine(number(*level, DIGITS), line, part)));
        panel.layers.extend(height.map(|layer| layer.inked(Ink::Secondary)));
    }
    if levels.is_empty() {
        let value = values.iter().flatten().copied().find(|v| v.is_finite()).unwrap_or(0.0);
        let middle = [x0 / 2.0 + x1 / 2.0, y0 / 2.0 + y1 / 2.0];
        let all = values.iter().flatten().all(|v| v.is_finite());
        let text = format!("{} {}", number(value, DIGITS), if all { "everywhere" } else { "wherever it has a value" });
        panel.layers.push(Layer::new(Shape::Label(text, middle, Side::Above)).inked(Ink::Secondary));
    }
    Ok((panel, levels))
}

/// Arrows along gradients at points, the longest of which is a fifth of the range.
fn arrows(panel: &mut Panel, function: &Function, points: &[At], ranges: Ranges) {
    let extent = |d: usize| ranges[d].1 - ranges[d].0;
    let length = |p: &At| p.slopes.iter().enumerate().map(|(d, s)| (s / extent(d)).abs()).fold(0.0, f64::max);
    let longest = points.iter().map(length).filter(|l| l.is_finite()).fold(0.0, f64::max);
    for (k, point) in points.iter().enumerate() {
        let at: [f64; 2] = [point.place[0].to_f64(), point.place[1].to_f64()];
        let place: Vec<String> =
            function.names.iter().zip(at).map(|(n, v)| format!("{n} = {}", number(v, DIGITS))).collect();
        let slopes: Vec<String> = point.slopes.iter().map(|s| number(*s, DIGITS)).collect();
        let told = match &point.status {
            None => format!("{} = {}, gradient ({})", function.name(), number(point.value, DIGITS), slopes.join(", ")),
            Some((_, why)) => why.clone(),
        };
        let ink = Ink::Series(k + 1);
        if point.status.is_none() && longest > 0.0 && length(point).is_finite() {
            let factor = LONGEST / longest;
            let to = [at[0] + point.slopes[0] * factor, at[1] + point.slopes[1] * factor];
            panel.layers.push(Layer::new(Shape::Arrows(vec![[at, to]])).inked(ink));
        }
        let dot = Layer::new(Shape::Dots(vec![at], Dot::Full)).inked(ink);
        panel.layers.push(dot.named(format!("{}: {told}", place.join(", "))));
    }
}

/// Gradients all over the picture; long ones are shortened, so that short ones are seen.
fn field(panel: &mut Panel, function: &Function, ranges: Ranges) {
    let step = ranges.map(|(from, to)| (to - from) / FIELD as f64);
    let middle = |d: usize, k: usize| ranges[d].0 + (k as f64 + 0.5) * step[d];
    let mut all: Vec<([f64; 2], [f64; 2])> = Vec::new();
    for k in 0..FIELD * FIELD {
        let at = [middle(0, k % FIELD), middle(1, k / FIELD)];
        if let [dx, dy] = function.gradient(&at)[..] {
            all.push((at, [dx, dy]));
        }
    }
    let length = |g: &[f64; 2]| (g[0] / step[0]).hypot(g[1] / step[1]);
    let longest = all.iter().map(|(_, g)| length(g)).filter(|l| l.is_finite()).fold(0.0, f64::max);
    let arrow = |(at, g): &([f64; 2], [f64; 2])| {
        let own = length(g);
        let factor = 0.8 * (own / longest).sqrt() / own;
        (own.is_finite() && own > 1e-9 * longest).then(|| [*at, [at[0] + g[0] * factor, at[1] + g[1] * factor]])
    };
    let arrows: Vec<[[f64; 2]; 2]> = all.iter().filter_map(arrow).collect();
    if !arrows.is_empty() {
        panel.layers.push(Layer::new(Shape::Arrows(arrows)).inked(Ink::Series(1)).named("gradient"));
    }
}
