//! The picture of formulas of one variable: curves, tangents, nudges, kinks and poles.

use serde_json::{Value, json};
use wrt::session::StatusKind;
use wrt::{Form, Number};
use wrt_draw::{Axis, Ink, Panel, Scene, number};

mod frame;
mod marks;
mod slopes;
mod triangle;

use crate::failure::Failure;
use crate::output::json_double;
use crate::page::Cell;
use crate::plot::function::{At, Function};
use crate::plot::trace::{End, Piece, Trace, trace};
pub use frame::heights;
use frame::range;
pub use marks::curve;
use marks::{poles, round_place, special, tangent_text, tangents};
use slopes::below;
use triangle::{Triangle, triangles};

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

/// Tables, each with its heading.
pub type Tables = Vec<Vec<Vec<Cell>>>;

/// So many places are looked at for kinks.
const KINKS: usize = 40;
/// Slopes that differ by less, as a share of the steepest, are one.
const ROUNDING: f64 = 1e-6;
/// Digits in words beside a picture.
const DIGITS: usize = 6;

/// A formula's curves, as they were followed.
struct Followed {
    values: Trace,
    slopes: Option<Trace>,
    points: Vec<At>,
    kinks: Vec<At>,
}

/// The picture, the numbers behind it, and these as tables of a page.
pub fn picture(functions: &mut [Function], wanted: &Wanted) -> Result<(Scene, Value, Tables), Failure> {
    let range = range(functions, wanted)?;
    let all = functions.iter_mut().map(|f| follow(f, range, wanted)).collect::<Result<Vec<_>, _>>()?;
    let mut title = String::new();
    if let [only] = &functions[..] {
        title = only.title();
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
    for (function, _) in functions.iter().zip(&all).filter(|(_, f)| f.values.pieces.is_empty()) {
        // A picture with hardly anything in it should say why.
        scene
            .notes
            .push(format!("{} has a value, and one that a double holds, at single places only.", function.text()));
    }
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
    let tables = vec![table(functions, &all), nudged(functions, &triangles)];
    Ok((scene, object, tables))
}

fn follow(function: &mut Function, range: (f64, f64), wanted: &Wanted) -> Result<Followed, Failure> {
    function.look(range);
    let looks = function.looks();
    let values = trace(&mut |x| function.value(&[x]), range, looks);
    let slopes = function.has_slopes().then(|| trace(&mut |x| function.gradient(&[x])[0], range, looks));
    if values.pieces.is_empty() && values.single.is_empty() {
        let (from, to) = range;
        // A value there may be beyond the doubles.
        let middle = function.value(&[from / 2.0 + to / 2.0]);
        let what = if middle.is_infinite() { "is beyond every double" } else { "has no value" };
        let message = format!("`{}` {what} between {} and {}", function.text(), number(from, 6), number(to, 6));
        return Err(Failure::plain(message).with_help("give another --range FROM:TO"));
    }
    let points = wanted.points.iter().map(|w| function.at(std::slice::from_ref(w))).collect::<Result<Vec<_>, _>>()?;
    let mut kinks = Vec::new();
    let steepest = slopes.iter().flat_map(|t| &t.heights).map(|s| s.abs()).fold(0.0, f64::max);
    for (x, sides) in slopes.iter().flat_map(breaks).take(KINKS) {
        let defined = values.pieces.iter().any(|p| p.points[0][0] < x && p.points[p.points.len() - 1][0] > x);
        if let Some(place) =
            Number::from_f64(x).and_then(|n| Number::parse(&n.to_f64().to_string()).ok()).filter(|_| defined)
        {
            let mut found = function.at(&[place])?;
            let told = sides.filter(|[left, right]| (right - left).abs() > ROUNDING * steepest);
            if let (None, Some([left, right])) = (&found.status, told) {
                // The kink is between doubles, at the one of which there is a slope.
                let (left, right) = (number(left, DIGITS), number(right, DIGITS));
                let why = format!("a kink: the slope is {left} from the left and {right} from the right");
                found.status = Some((StatusKind::Kink, why));
            }
            kinks.push(found);
        }
    }
    kinks.retain(|k| k.value.is_finite() && k.status.is_some());
    Ok(Followed { values, slopes, points, kinks })
}

/// The places where pieces end inside the range, with the heights at both sides where they jump from one to another.
fn breaks(trace: &Trace) -> Vec<(f64, Option<[f64; 2]>)> {
    let last = |p: &Piece| p.points[p.points.len() - 1];
    let mut all: Vec<(f64, Option<[f64; 2]>)> = Vec::new();
    for (k, piece) in trace.pieces.iter().enumerate().filter(|(_, p)| p.ends[1] != End::Range) {
        let [x, left] = last(piece);
        let next = trace.pieces.get(k + 1).filter(|n| n.points[0][0] == x && n.ends[0] != End::Pole);
        let sides = next.map(|n| [left, n.points[0][1]]).filter(|_| piece.ends[1] != End::Pole);
        all.push((if piece.ends[1] == End::Pole { round_place(x) } else { x }, sides));
    }
    all.dedup_by(|a, b| a.0 == b.0);
    all
}

/// The points with their tangents, kinks among them.
fn table(functions: &[Function], all: &[Followed]) -> Vec<Vec<Cell>> {
    let several = functions.len() > 1;
    let word = |text: &str| Cell::Text(text.to_string());
    let x = &functions[0].names[0];
    let name = wrt::session::written_name(Form::Latex, x);
    let of = |math: String| if several { word("derivative") } else { Cell::Math(math) };
    let value =
        if several { word("value") } else { Cell::Math(wrt::session::written_name(Form::Latex, &functions[0].name())) };
    let mut rows = vec![vec![Cell::Math(name), value, of(functions[0].heading_in(Form::Latex, x)), word("tangent")]];
    if several {
        rows[0].insert(0, word("formula"));
    }
    for (function, followed) in functions.iter().zip(all) {
        for point in followed.points.iter().chain(&followed.kinks) {
            let (at, slope) = (point.place[0].to_f64(), point.slopes.first().copied().unwrap_or(f64::NAN));
            let told = match &point.status {
                None if slope.is_finite() => Cell::formula(&tangent_text(x, at, point.value, slope)),
                None => word("none"),
                Some((_, why)) => word(why),
            };
            // What the rules choose at a kink is no derivative.
            let slope = if point.status.is_none() { Cell::number(slope, DIGITS) } else { word("") };
            let mut row = vec![Cell::number(at, DIGITS), Cell::number(point.value, DIGITS), slope, told];
            if several {
                row.insert(0, Cell::formula(&function.text()));
            }
            rows.push(row);
        }
    }
    rows
}

/// The nudges.
fn nudged(functions: &[Function], triangles: &[Triangle]) -> Vec<Vec<Cell>> {
    let math = |text: String| Cell::Math(text);
    let own = |name: &str| wrt::session::written_name(Form::Latex, name);
    let delta = format!("\\Delta {}", own(&functions[0].name()));
    let mut head = vec![
        math(own(&functions[0].names[0])),
        math("\\varepsilon".into()),
        math(delta.clone()),
        math(format!("{delta}/\\varepsilon")),
        Cell::Text("what the tangent predicts".to_string()),
    ];
    let several = functions.len() > 1;
    if several {
        head.insert(0, Cell::Text("formula".to_string()));
    }
    let row = |t: &Triangle| {
        let formula = several.then(|| Cell::formula(&t.formula));
        formula.into_iter().chain(t.numbers().map(|x| Cell::number(x, DIGITS))).collect()
    };
    std::iter::once(head).chain(triangles.iter().map(row)).collect()
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
