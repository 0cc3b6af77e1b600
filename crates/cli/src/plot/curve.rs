//! The picture of formulas of one variable: curves, tangents, nudges, kinks and poles.

use serde_json::{Value, json};
use wrt::Number;
use wrt::session::StatusKind;
use wrt_draw::{Axis, Dash, Dot, Ink, Layer, Panel, Scene, Shape, Side, number};

use crate::failure::Failure;
use crate::output::json_double;
use crate::plot::function::{At, Function};
use crate::plot::trace::{End, Piece, Trace, quantiles, trace};

/// What is asked for beside the formulas.
pub struct Wanted {
    /// The points of tangents.
    pub points: Vec<Number>,
    /// The range, if it is said.
    pub range: Option<(f64, f64)>,
    /// By how much to nudge.
    pub eps: Option<Number>,
    /// Is the derivative drawn below?
    pub derivative: bool,
}

/// So many places are looked at for kinks.
const KINKS: usize = 40;
/// Digits in words beside a picture.
const DIGITS: usize = 6;
/// Kinks and poles beyond these are drawn but not named.
const NAMED: usize = 6;
/// The largest share of the heights that is left out above and below, where a curve goes to infinity.
const CUT: f64 = 0.08;

/// A formula's curves, as they were followed.
struct Followed {
    values: Trace,
    slopes: Option<Trace>,
    points: Vec<At>,
    kinks: Vec<At>,
}

/// The picture, and the numbers behind it.
pub fn picture(functions: &mut [Function], wanted: &Wanted) -> Result<(Scene, Value), Failure> {
    let range = range(functions, wanted)?;
    let all = functions.iter_mut().map(|f| follow(f, range, wanted)).collect::<Result<Vec<_>, _>>()?;
    let mut title = String::new();
    if let [only] = &functions[..] {
        title = only.equation();
    }
    let x = &functions[0].names[0];
    let y_name = if functions.len() == 1 { functions[0].name() } else { String::new() };
    let triangles = triangles(functions, &all, wanted)?;
    let extra: Vec<f64> = all
        .iter()
        .flat_map(|f| &f.points)
        .map(|p| p.value)
        .chain(triangles.iter().flat_map(Triangle::heights))
        .collect();
    let heights = heights(all.iter().map(|f| &f.values), &extra);
    let mut main = Panel::new(Axis::linear(x, range.0, range.1), Axis::linear(y_name, heights.0, heights.1));
    for (k, (function, followed)) in functions.iter().zip(&all).enumerate() {
        let alone = functions.len() == 1;
        curve(&mut main, &followed.values, Ink::Series(k), if alone { String::new() } else { function.text() });
        special(&mut main, followed, x, heights);
        tangents(&mut main, function, followed, range, if alone { None } else { Some(k) });
    }
    triangles.iter().for_each(|t| t.draw(&mut main));
    let mut scene = Scene::new(title);
    if wanted.derivative {
        main.height = 300.0;
        main.x.name = String::new();
    }
    scene = scene.with(main);
    if wanted.derivative {
        scene = scene.with(below(functions, &all, range));
    }
    let formulas: Vec<Value> = functions.iter().zip(&all).map(|(f, all)| in_json(f, all)).collect();
    let nudges: Vec<Value> = triangles.iter().map(Triangle::json).collect();
    let object = json!({ "wrt": x, "range": [json_double(range.0), json_double(range.1)], "formulas": formulas, "nudges": nudges });
    Ok((scene, object))
}

fn follow(function: &mut Function, range: (f64, f64), wanted: &Wanted) -> Result<Followed, Failure> {
    function.look(range);
    let values = trace(&mut |x| function.value(&[x]), range);
    let slopes = function.has_slopes().then(|| trace(&mut |x| function.gradient(&[x])[0], range));
    if values.pieces.is_empty() && values.single.is_empty() {
        let (from, to) = range;
        let message = format!("`{}` has no value between {} and {}", function.text(), number(from, 6), number(to, 6));
        return Err(Failure::plain(message).with_help("give another --range FROM:TO"));
    }
    let points = wanted.points.iter().map(|w| function.at(std::slice::from_ref(w))).collect::<Result<Vec<_>, _>>()?;
    let mut kinks = Vec::new();
    for x in slopes.iter().flat_map(breaks).take(KINKS) {
        let defined = values.pieces.iter().any(|p| p.points[0][0] < x && p.points[p.points.len() - 1][0] > x);
        if let Some(place) =
            Number::from_f64(x).and_then(|n| Number::parse(&n.to_f64().to_string()).ok()).filter(|_| defined)
        {
            kinks.push(function.at(&[place])?);
        }
    }
    kinks.retain(|k| k.value.is_finite() && k.status.is_some());
    Ok(Followed { values, slopes, points, kinks })
}

/// The places where pieces end inside the range.
fn breaks(trace: &Trace) -> Vec<f64> {
    let last = |p: &Piece| p.points[p.points.len() - 1][0];
    let place = |p: &Piece| if p.ends[1] == End::Pole { round_place(last(p)) } else { last(p) };
    let mut all: Vec<f64> = trace.pieces.iter().filter(|p| p.ends[1] != End::Range).map(place).collect();
    all.dedup();
    all
}

/// A range that shows the points and where there are values.
fn range(functions: &[Function], wanted: &Wanted) -> Result<(f64, f64), Failure> {
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
        let half = (1.2 * low.abs()).max(2.0);
        return Ok(with_values(functions, (low - half, low + half)).unwrap_or((low - half, low + half)));
    }
    if low < high {
        let more = (0.35 * (high - low)).min(f64::MAX / 4.0);
        return Ok(with_values(functions, (low - more, high + more)).unwrap_or((low - more, high + more)));
    }
    let tried = [5.0, 50.0, 1e3, 1e6, 1e-2, 1e12, 1e-6].map(|half| (-half, half));
    tried.into_iter().find_map(|r| with_values(functions, r)).ok_or_else(|| {
        let message = format!("`{}` has no value between -1e12 and 1e12, as far as was looked", functions[0].text());
        Failure::plain(message).with_help("give the range to look at: --range FROM:TO")
    })
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
fn special(panel: &mut Panel, followed: &Followed, x: &str, heights: (f64, f64)) {
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

fn poles(trace: &Trace) -> Vec<f64> {
    let ends =
        trace.pieces.iter().flat_map(|p| [(p.ends[0], p.points[0][0]), (p.ends[1], p.points[p.points.len() - 1][0])]);
    let mut all: Vec<f64> = ends.filter(|(end, _)| *end == End::Pole).map(|(_, x)| round_place(x)).collect();
    all.sort_by(f64::total_cmp);
    all.dedup_by(|a, b| (*a - *b).abs() <= 1e-9 * a.abs().max(1e-9));
    all
}

/// Points come close to a pole, and do not reach it.
fn round_place(x: f64) -> f64 {
    let rounded: f64 = format!("{x:.9e}").parse().unwrap_or(x);
    if rounded.abs() < 1e-9 { 0.0 } else { rounded }
}

/// `9 + 6*(w - 3)`
pub fn tangent_text(x: &str, at: f64, value: f64, slope: f64) -> String {
    let show = |v: f64| number(v.abs(), DIGITS);
    let moved = match at {
        0.0 => x.to_string(),
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
fn tangents(panel: &mut Panel, function: &Function, followed: &Followed, range: (f64, f64), of: Option<usize>) {
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
                panel.layers.push(Layer::line(line(range.0), line(range.1)).inked(ink).dashed(dashes(of)).named(text));
                panel.layers.push(dot);
            }
            status => {
                let why = status.as_ref().map_or("no derivative".to_string(), |(_, reason)| reason.clone());
                panel.layers.push(dot.named(format!("{lead}: {why}")));
            }
        }
    }
}

fn dashes(of: Option<usize>) -> Dash {
    if of.is_some() { Dash::Dashed } else { Dash::Solid }
}

/// The derivative, on the same axis.
fn below(functions: &[Function], all: &[Followed], range: (f64, f64)) -> Panel {
    let slopes = || all.iter().filter_map(|f| f.slopes.as_ref());
    let points: Vec<f64> = all.iter().flat_map(|f| &f.points).flat_map(|p| p.slopes.first().copied()).collect();
    let heights = heights(slopes(), &points);
    let name = if functions.len() == 1 { functions[0].heading() } else { "derivatives".to_string() };
    let mut panel =
        Panel::new(Axis::linear(&functions[0].names[0], range.0, range.1), Axis::linear(name, heights.0, heights.1));
    panel.height = 190.0;
    for (k, followed) in all.iter().enumerate() {
        let Some(trace) = &followed.slopes else { continue };
        let kinks: Vec<f64> = followed.kinks.iter().map(|k| k.place[0].to_f64()).collect();
        let mut open = trace.clone();
        // What the rules choose at a kink is no derivative.
        let kink = |x: f64| kinks.contains(&x);
        open.single.retain(|p| !kink(p[0]));
        for piece in &mut open.pieces {
            let places = [piece.points[0][0], piece.points[piece.points.len() - 1][0]];
            for (end, x) in piece.ends.iter_mut().zip(places).filter(|(end, x)| **end == End::Closed && kink(*x)) {
                (*end, _) = (End::Open, x);
            }
        }
        curve(&mut panel, &open, Ink::Series(k), String::new());
        for at in poles(&open) {
            let line = Layer::line([at, heights.0], [at, heights.1]);
            panel.layers.push(line.dashed(Dash::Dotted).inked(Ink::Secondary).wide(1.2));
        }
        for (j, point) in followed.points.iter().enumerate().filter(|(_, p)| p.status.is_none()) {
            let ink = Ink::Series(if functions.len() == 1 { j + 1 } else { k });
            let dots = point.slopes.iter().map(|s| [point.place[0].to_f64(), *s]).collect();
            panel.layers.push(Layer::new(Shape::Dots(dots, Dot::Full)).inked(ink));
        }
    }
    panel
}

/// A nudge: ε wide, ΔJ high, and what the tangent predicts.
struct Triangle {
    at: [f64; 2],
    eps: f64,
    delta: f64,
    quotient: f64,
    slope: f64,
    ink: Ink,
    name: String,
}

fn triangles(functions: &[Function], all: &[Followed], wanted: &Wanted) -> Result<Vec<Triangle>, Failure> {
    let mut found = Vec::new();
    let Some(eps) = &wanted.eps else { return Ok(found) };
    for (k, (function, followed)) in functions.iter().zip(all).enumerate() {
        for (j, point) in followed.points.iter().enumerate().filter(|(_, p)| p.value.is_finite()) {
            let [delta, quotient] = function.nudge(&point.place[0], eps)?;
            found.push(Triangle {
                at: [point.place[0].to_f64(), point.value],
                eps: eps.to_f64(),
                delta,
                quotient,
                slope: if point.status.is_none() {
                    point.slopes.first().copied().unwrap_or(f64::NAN)
                } else {
                    f64::NAN
                },
                ink: Ink::Series(if functions.len() == 1 { j + 1 } else { k }),
                name: function.name(),
            });
        }
    }
    Ok(found)
}

impl Triangle {
    fn heights(&self) -> [f64; 2] {
        [self.at[1] + self.delta, self.at[1] + self.slope * self.eps]
    }

    fn draw(&self, panel: &mut Panel) {
        let ([x, y], show) = (self.at, |v: f64| number(v, DIGITS));
        let Triangle { eps, delta, slope, ink, name, .. } = self;
        let predicted = slope * eps;
        if !delta.is_finite() {
            return;
        }
        let line = |from, to| Layer::line(from, to).inked(*ink).wide(1.6);
        panel.layers.push(Layer::new(Shape::Area(vec![[x, y], [x + eps, y], [x + eps, y + delta]])).inked(*ink));
        panel.layers.push(line([x, y], [x + eps, y]));
        let told = if predicted.is_finite() {
            format!("; the tangent predicts {}*{} = {}", show(*slope), show(*eps), show(predicted))
        } else {
            String::new()
        };
        let text = format!(
            "nudged by ε = {}: Δ{name} = {}, Δ{name}/ε = {}{told}",
            show(*eps),
            show(*delta),
            show(self.quotient)
        );
        panel.layers.push(line([x + eps, y], [x + eps, y + delta]).named(text));
        panel.layers.push(Layer::new(Shape::Dots(vec![[x + eps, y + delta]], Dot::Full)).inked(*ink));
        let label = |text: String, at, side| Layer::new(Shape::Label(text, at, side));
        let (under, over) = if *delta < 0.0 { (Side::Above, Side::Below) } else { (Side::Below, Side::Above) };
        panel.layers.push(label(format!("ε = {}", show(*eps)), [x + eps / 2.0, y], under));
        panel.layers.push(label(format!("Δ{name} = {}", show(*delta)), [x + eps, y + delta / 2.0], Side::Right));
        if predicted.is_finite() {
            panel.layers.push(Layer::new(Shape::Dots(vec![[x + eps, y + predicted]], Dot::Open)).inked(*ink));
            let text = format!("tangent: {}ε = {}", factor(*slope), show(predicted));
            panel.layers.push(label(text, [x + eps, y + predicted], over));
        }
    }

    fn json(&self) -> Value {
        json!({
            "at": json_double(self.at[0]), "eps": json_double(self.eps), "delta": json_double(self.delta),
            "quotient": json_double(self.quotient), "predicted": json_double(self.slope * self.eps),
        })
    }
}

/// `6·`, and nothing for 1.
fn factor(slope: f64) -> String {
    if slope == 1.0 { String::new() } else { format!("{}·", number(slope, DIGITS)) }
}

fn pairs(points: &[[f64; 2]]) -> Value {
    points.iter().map(|p| json!([json_double(p[0]), json_double(p[1])])).collect()
}

fn in_json(function: &Function, followed: &Followed) -> Value {
    let point = |p: &At| {
        let slope = p.slopes.first().copied().unwrap_or(f64::NAN);
        let at = p.place[0].to_f64();
        let status = p.status.as_ref().map(|(kind, reason)| json!({ "kind": kind.word(), "reason": reason }));
        let plain = p.status.is_none() || matches!(p.status, Some((StatusKind::Kink, _)));
        let tangent = (plain && p.status.is_none()).then(|| tangent_text(&function.names[0], at, p.value, slope));
        json!({ "at": json_double(at), "value": json_double(p.value), "slope": json_double(slope), "tangent": tangent, "status": status })
    };
    let curves = |t: &Trace| -> Value { t.pieces.iter().map(|p| pairs(&p.points)).collect() };
    json!({
        "f": function.text(),
        "points": followed.points.iter().map(point).collect::<Vec<_>>(),
        "kinks": followed.kinks.iter().map(point).collect::<Vec<_>>(),
        "poles": poles(&followed.values),
        "curve": curves(&followed.values),
        "single": pairs(&followed.values.single),
        "derivative": followed.slopes.as_ref().map(curves),
    })
}
