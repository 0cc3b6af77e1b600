//! The picture of nudging errors: how far ΔJ/ε is from the derivative, for ε from 1 down, in each arithmetic.

use serde_json::{Value, json};
use wrt::Number;
use wrt::session::{Arithmetic, Direction, Sweep};
use wrt_draw::{Axis, Dash, Dot, Ink, Layer, Panel, Scene, Shape, number};

use crate::failure::Failure;
use crate::output::json_double;
use crate::page::Cell;
use crate::plot::curve::Tables;
use crate::plot::function::Function;

const KINDS: [(Arithmetic, &str); 3] =
    [(Arithmetic::Single, "single precision"), (Arithmetic::Double, "double precision"), (Arithmetic::Exact, "exact")];

/// Digits of the place in words.
const DIGITS: usize = 6;

/// The picture, the numbers behind it, and these as a table of a page.
pub fn picture(function: &Function, at: &Number) -> Result<(Scene, Value, Tables), Failure> {
    let mut curves: Vec<(usize, bool, Vec<[f64; 2]>)> = Vec::new();
    let (mut all, mut notes): (Vec<Value>, Vec<String>) = (Vec::new(), Vec::new());
    let mut derivative = None;
    for (direction, way) in [(Direction::Forward, "forward"), (Direction::Central, "central")] {
        let Some(sweep) = function.sweep(at, direction)?.filter(|s| s.derivative.is_some()) else {
            let message = format!("there is no derivative at {} = {at}, so no error of a nudge", function.names[0]);
            return Err(Failure::plain(message));
        };
        derivative = sweep.derivative;
        notes.push(format!("{way}: {}", best(&sweep)));
        for (k, (kind, name)) in KINDS.into_iter().enumerate() {
            let points: Vec<[f64; 2]> = sweep.trials.iter().map(|t| [t.eps.to_f64(), t.error[kind as usize]]).collect();
            let pairs: Vec<Value> = points.iter().map(|p| json!([json_double(p[0]), json_double(p[1])])).collect();
            all.push(json!({ "arithmetic": name, "direction": way, "errors": pairs }));
            curves.push((k, direction == Direction::Forward, points));
        }
    }
    notes.push("Larger ε suffer from truncation, as the curve bends; smaller ones from round-off, as the difference loses digits.".into());
    curves.sort_by_key(|(kind, forward, _)| (*kind, !forward));
    let table = table(&curves);
    let seen = || curves.iter().flat_map(|(_, _, p)| p).map(|p| p[1]).filter(|e| *e > 0.0 && e.is_finite());
    let (low, high) = (seen().fold(f64::INFINITY, f64::min), seen().fold(0.0, f64::max));
    if high == 0.0 {
        return Err(Failure::plain("every ε is exact here: there are no errors to draw"));
    }
    let mut panel = Panel::new(
        Axis::log("ε", 1e-16, 1.0),
        Axis::log(format!("error of Δ{0}/ε", function.name()), low / 2.0, high * 2.0),
    );
    panel.height = 420.0;
    for (k, forward, points) in curves {
        let (kept, ink) = (positive(&points), Ink::Series(k));
        if kept.is_empty() {
            notes.push(format!(
                "{}, {}: every ε is exact here",
                KINDS[k].1,
                if forward { "forward" } else { "central" }
            ));
            continue;
        }
        let (dash, way) = if forward { (Dash::Solid, "forward") } else { (Dash::Dashed, "central") };
        let dots: Vec<[f64; 2]> = kept.iter().flatten().copied().collect();
        panel.layers.push(Layer::new(Shape::Dots(dots, if forward { Dot::Full } else { Dot::Open })).inked(ink));
        panel.layers.push(Layer::curve(kept).inked(ink).dashed(dash).wide(1.6).named(format!("{}, {way}", KINDS[k].1)));
    }
    let place = number(at.to_f64(), DIGITS);
    let title = format!("{} at {} = {place}: the error of a nudge", function.equation(), function.names[0]);
    let mut scene = Scene::new(title).with(panel);
    scene.notes = notes;
    let object = json!({ "f": function.text(), "at": at.to_f64(), "derivative": derivative, "curves": all });
    Ok((scene, object, vec![table]))
}

/// The errors, a line for each ε.
fn table(curves: &[(usize, bool, Vec<[f64; 2]>)]) -> Vec<Vec<Cell>> {
    let name = |(kind, forward, _): &(usize, bool, Vec<[f64; 2]>)| {
        Cell::Text(format!("{}, {}", KINDS[*kind].1, if *forward { "forward" } else { "central" }))
    };
    let mut rows =
        vec![std::iter::once(Cell::Math("\\varepsilon".into())).chain(curves.iter().map(name)).collect::<Vec<Cell>>()];
    for k in 0..curves.first().map_or(0, |(_, _, points)| points.len()) {
        let errors = curves.iter().map(|(_, _, points)| points[k][1]);
        let error = |e: f64| if e.is_finite() { Cell::number(e, 2) } else { Cell::Text("no value".into()) };
        rows.push(std::iter::once(Cell::number(curves[0].2[k][0], 2)).chain(errors.map(error)).collect());
    }
    rows
}

/// Where the error is the smallest.
fn best(sweep: &Sweep) -> String {
    let of = |kind: Arithmetic, name: &str| {
        let trial = &sweep.trials[sweep.best[kind as usize]];
        let eps = number(trial.eps.to_f64(), 2);
        match trial.error[kind as usize] {
            0.0 => format!("ε = {} is exact in {name}", eps),
            error if !error.is_finite() => format!("{name} has no value there"),
            error => format!("ε = {eps} is best in {name} (error {error:.1e})"),
        }
    };
    format!("{}, {}", of(Arithmetic::Single, "single precision"), of(Arithmetic::Double, "double precision"))
}

/// The pieces between errors that are 0, which a logarithm does not show.
fn positive(points: &[[f64; 2]]) -> Vec<Vec<[f64; 2]>> {
    let pieces = points.split(|p| !(p[1] > 0.0 && p[1].is_finite()));
    pieces.filter(|p| !p.is_empty()).map(<[[f64; 2]]>::to_vec).collect()
}
