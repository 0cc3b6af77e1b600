//! `wrt descend`: gradient descent as a table, and as points that walk down the curve or over the contours.

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::{Value, json};
use wrt::session::written_name;
use wrt::{Form, Number};
use wrt_draw::{Axis, Dot, Ink, Layer, Panel, Scene, Shape, number};

use super::{Picture, curve, fixed_only, plane, several};
use crate::answer::versioned;
use crate::args::Formula;
use crate::failure::Failure;
use crate::output::{json_double, print, print_json};
use crate::page::{Cell, Page, number_latex};
use crate::plot::function::Function;
use crate::plot::trace::{quantiles, trace};
use crate::table::table;

/// `wrt descend`
#[derive(clap::Args)]
pub struct Descend {
    #[command(flatten)]
    pub formula: Formula,
    /// Where it begins: w=5, or x=1,y=2
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', allow_hyphen_values = true, required = true)]
    pub from: Vec<String>,
    /// The values of other names
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', allow_hyphen_values = true)]
    pub at: Vec<String>,
    /// The learning rate
    #[arg(long, default_value_t = 0.1, allow_hyphen_values = true)]
    pub rate: f64,
    /// How many steps
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub steps: u32,
    /// How a step is made of derivatives
    #[arg(long, default_value = "gradient")]
    pub method: Method,
    #[command(flatten)]
    pub picture: Picture,
}

/// How a step is made of derivatives.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// w - rate*dJ/dw
    Gradient,
    /// v = 0.9*v - rate*dJ/dw, then w + v
    Momentum,
    /// Adam with Keras's constants
    Adam,
}

/// Digits in the table.
const DIGITS: usize = 6;
/// So many lines of the table are printed at its beginning and at its end.
const LINES: usize = 25;

/// What is known at a step.
struct Stop {
    at: Vec<f64>,
    value: f64,
    slopes: Vec<f64>,
}

/// `wrt descend`
pub fn run(a: &Descend) -> Result<ExitCode, Failure> {
    a.picture.check()?;
    if !(a.rate.is_finite() && a.rate > 0.0) {
        return Err(Failure::plain(format!("--rate: {} is no number above 0", a.rate)));
    }
    let start = fixed_only(&several(&a.from)?, "--from")?;
    let names: Vec<String> = start.iter().map(|(name, _)| name.clone()).collect();
    let mut function = Function::open(&a.formula, &names, &fixed_only(&several(&a.at)?, "--at")?)?;
    if !function.has_slopes() {
        return Err(Failure::plain("the formula has no derivative to go down by"));
    }
    let from: Vec<f64> =
        start.iter().filter_map(|(_, v)| v.data.first().filter(|_| v.shape.is_empty()).map(Number::to_f64)).collect();
    if from.len() != names.len() {
        return Err(Failure::plain("--from gives lists, and a step is made of numbers"));
    }
    let stops = walk(&function, from, a);
    if !stops[0].value.is_finite() || stops[0].slopes.iter().any(|s| !s.is_finite()) {
        let beyond = stops[0].value.is_infinite() || stops[0].slopes.iter().any(|s| s.is_infinite());
        let why = if beyond {
            "value or derivative are infinite, or beyond every double,"
        } else {
            "there is no value or no derivative"
        };
        return Err(Failure::plain(format!("{why} where it begins")).with_help("begin elsewhere: --from"));
    }
    let mut notes = vec![outcome(&function, &stops, a.steps)];
    notes.extend(stability(&mut function, &stops[0], a));
    let mut scene = scene(&mut function, &stops, notes.clone())?;
    // Files first: where one cannot be written, there is nothing but the error.
    if let Some(path) = &a.picture.page.html {
        page(&mut function, &stops, &notes, &scene, a).write(path)?;
    }
    if a.picture.output.is_some() {
        a.picture.show(&scene)?;
    }
    if a.picture.json {
        print_json(versioned(in_json(&function, &stops, &notes)))?;
    } else {
        print(&format!("{}\n{}{}\n", function.equation(), table(&rows(&function, &stops)), notes.join("\n")))?;
    }
    if a.picture.is_for_terminal() {
        // In the terminal all that stands above already.
        (scene.title, scene.notes) = (String::new(), Vec::new());
        a.picture.show(&scene)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// All steps, up to where there is no value.
fn walk(function: &Function, from: Vec<f64>, a: &Descend) -> Vec<Stop> {
    let mut at = from;
    let (mut first, mut second) = (vec![0.0; at.len()], vec![0.0; at.len()]);
    let mut stops = Vec::new();
    for step in 0..=a.steps {
        let stop = Stop { at: at.clone(), value: function.value(&at), slopes: function.gradient(&at) };
        let ended = !stop.value.is_finite() || stop.slopes.iter().any(|s| !s.is_finite());
        for (k, slope) in stop.slopes.iter().enumerate() {
            at[k] += moved(a, step + 1, *slope, &mut first[k], &mut second[k]);
        }
        stops.push(stop);
        if ended {
            break;
        }
    }
    stops
}

/// By how much one name moves; what the method carries along is updated.
fn moved(a: &Descend, step: u32, slope: f64, first: &mut f64, second: &mut f64) -> f64 {
    match a.method {
        Method::Gradient => -a.rate * slope,
        Method::Momentum => {
            *first = 0.9 * *first - a.rate * slope;
            *first
        }
        Method::Adam => {
            let (beta1, beta2, epsilon) = (0.9_f64, 0.999_f64, 1e-7);
            *first = beta1 * *first + (1.0 - beta1) * slope;
            *second = beta2 * *second + (1.0 - beta2) * slope * slope;
            let power = i32::try_from(step).unwrap_or(i32::MAX);
            let rate = a.rate * (1.0 - beta2.powi(power)).sqrt() / (1.0 - beta1.powi(power));
            -rate * *first / (second.sqrt() + epsilon)
        }
    }
}

/// The steps as a table, the first line of which is its heading.
fn rows(function: &Function, stops: &[Stop]) -> Vec<Vec<String>> {
    let headings = function.names.iter().map(|n| function.heading_of(n));
    let mut all: Vec<Vec<String>> = vec![
        std::iter::once("step".to_string())
            .chain(function.names.clone())
            .chain([function.name()])
            .chain(headings)
            .collect(),
    ];
    let show = |x: &f64| number(*x, DIGITS);
    for (k, stop) in stops.iter().enumerate() {
        if stops.len() > 2 * LINES && (LINES..stops.len() - LINES).contains(&k) {
            if k == LINES {
                all.push(vec!["…".to_string()]);
            }
            continue;
        }
        let numbers = stop.at.iter().chain([&stop.value]).chain(&stop.slopes).map(show);
        all.push(std::iter::once(k.to_string()).chain(numbers).collect());
    }
    all
}

/// The walk as a page.
fn page(function: &mut Function, stops: &[Stop], notes: &[String], scene: &Scene, a: &Descend) -> Page {
    let mut page = Page::new(&function.text(), a.picture.page_theme());
    let mut formulas = function.latex().into_iter();
    formulas.next().into_iter().for_each(|f| page.heading(&Cell::Math(f)));
    formulas.for_each(|f| page.formula(&f));
    for name in function.names.iter().filter(|_| a.method == Method::Gradient) {
        let (x, slope) = (written_name(Form::Latex, name), function.heading_in(Form::Latex, name));
        page.formula(&format!("{x} \\coloneqq {x} - \\alpha \\, {slope}, \\quad \\alpha = {}", number(a.rate, DIGITS)));
    }
    let bare = Scene { title: String::new(), notes: Vec::new(), ..scene.clone() };
    page.picture(&|theme| wrt_draw::svg(&bare, theme));
    let mut table = rows(function, stops).into_iter();
    let names = function.names.iter().map(|n| written_name(Form::Latex, n));
    let slopes = function.names.iter().map(|n| function.heading_in(Form::Latex, n));
    let head = names.chain([written_name(Form::Latex, &function.name())]).chain(slopes).map(Cell::Math);
    let mut all: Vec<Vec<Cell>> = vec![std::iter::once(Cell::Text("step".to_string())).chain(head).collect()];
    table.next();
    all.extend(table.map(|row| row.iter().map(|text| Cell::Math(number_latex(text))).collect()));
    page.table(&all);
    notes.iter().for_each(|note| page.sentence(note));
    page
}

/// Does it come down?
fn outcome(function: &Function, stops: &[Stop], steps: u32) -> String {
    let (first, last, name) = (&stops[0], &stops[stops.len() - 1], function.name());
    let tail = &stops[stops.len().saturating_sub(4)..];
    let rising = tail.len() > 1 && tail.windows(2).all(|w| w[1].value > w[0].value);
    let show = |x: f64| number(x, DIGITS);
    if !last.value.is_finite() || last.slopes.iter().any(|s| !s.is_finite()) {
        let end = stops.len() - 1;
        let beyond = last.value.is_infinite() || last.slopes.iter().any(|s| s.is_infinite());
        if beyond && end > 0 && last.value >= stops[end - 1].value && stops[end - 1].value >= first.value {
            return format!("It diverges: at step {end} {name} or its derivative is beyond every double.");
        }
        let what = if beyond {
            "or its derivative is infinite, or beyond every double"
        } else {
            "has no value or no derivative"
        };
        return format!("It ends at step {end}, where {name} {what}.");
    }
    if rising && last.value > first.value {
        return format!("It diverges: {name} grew from {} to {}.", show(first.value), show(last.value));
    }
    if last.value >= first.value && first.slopes.iter().any(|s| *s != 0.0) {
        let (value, begin) = (show(last.value), show(first.value));
        return format!("It does not come down: after {steps} steps {name} is {value}; it began at {begin}.");
    }
    format!("After {steps} steps {name} is {}; it began at {}.", show(last.value), show(first.value))
}

/// Which rates are stable, by the largest second derivative where it begins.
fn stability(function: &mut Function, start: &Stop, a: &Descend) -> Option<String> {
    let factor = match a.method {
        Method::Gradient => 2.0,
        Method::Momentum => 3.8,
        Method::Adam => return None,
    };
    let curvature = largest_eigenvalue(&function.hessian(&start.at).ok()?)?;
    if curvature <= 0.0 {
        let how = if curvature == 0.0 { "does not bend" } else { "bends down" };
        return Some(format!("Where it begins the curve {how}: no rate is told by the second derivative there."));
    }
    let (limit, what) =
        (factor / curvature, if start.at.len() == 1 { "second derivative" } else { "largest curvature" });
    let show = |x: f64| number(x, 4);
    let verdict = if a.rate < limit { "is below that" } else { "is not" };
    Some(format!(
        "The {what} where it begins is {}: rates below {}/{} = {} are stable there, and {} {verdict}.",
        show(curvature),
        show(factor),
        show(curvature),
        show(limit),
        show(a.rate)
    ))
}

/// By multiplying a vector again and again; the matrix is moved so that the largest eigenvalue is also that of the largest
/// magnitude.
fn largest_eigenvalue(matrix: &[Vec<f64>]) -> Option<f64> {
    const TIMES: usize = 500;
    let shift = matrix.iter().map(|row| row.iter().map(|v| v.abs()).sum::<f64>()).fold(0.0, f64::max);
    let mut v: Vec<f64> = (0..matrix.len()).map(|k| 1.0 + 0.1 * k as f64).collect();
    let mut value = f64::NAN;
    for _ in 0..TIMES {
        let product = |row: &Vec<f64>, own: f64| row.iter().zip(&v).map(|(m, x)| m * x).sum::<f64>() + shift * own;
        let next: Vec<f64> = matrix.iter().zip(&v).map(|(row, own)| product(row, *own)).collect();
        let length = next.iter().map(|x| x * x).sum::<f64>().sqrt();
        value = length / v.iter().map(|x| x * x).sum::<f64>().sqrt() - shift;
        if length == 0.0 {
            return Some(value);
        }
        v = next.into_iter().map(|x| x / length).collect();
    }
    value.is_finite().then_some(value)
}

/// The walk on the curve, or over the contours; for more names, how the value falls step by step.
fn scene(function: &mut Function, stops: &[Stop], notes: Vec<String>) -> Result<Scene, Failure> {
    let seen = || stops.iter().filter(|s| s.value.is_finite());
    let (mut panel, path): (Panel, Vec<[f64; 2]>) = match function.names.len() {
        1 => {
            let path: Vec<[f64; 2]> = seen().map(|s| [s.at[0], s.value]).collect();
            (slope_panel(function, &path), path)
        }
        2 => {
            let path: Vec<[f64; 2]> = seen().map(|s| [s.at[0], s.at[1]]).collect();
            (plane::contours(function, plane::around(&path))?.0, path)
        }
        _ => {
            let path: Vec<[f64; 2]> = seen().enumerate().map(|(k, s)| [k as f64, s.value]).collect();
            (value_panel(function, &path), path)
        }
    };
    let ends = [path[0], path[path.len() - 1]];
    panel.layers.push(Layer::curve(vec![path.clone()]).inked(Ink::Series(1)).wide(1.2));
    panel.layers.push(Layer::new(Shape::Dots(path, Dot::Full)).inked(Ink::Series(1)).named("each step"));
    panel.layers.push(Layer::new(Shape::Dots(vec![ends[0]], Dot::Full)).inked(Ink::Series(2)).named("start"));
    panel.layers.push(Layer::new(Shape::Dots(vec![ends[1]], Dot::Open)).inked(Ink::Series(2)).named("end"));
    let mut scene = Scene::new(function.title()).with(panel);
    scene.notes = notes;
    Ok(scene)
}

/// The value against the step: as a logarithm where it falls by a factor of more than a hundred.
fn value_panel(function: &Function, path: &[[f64; 2]]) -> Panel {
    const FAR: f64 = 100.0;
    let values: Vec<f64> = path.iter().map(|p| p[1]).collect();
    let [low, high] = quantiles(&values, 0.0);
    let room = 0.06 * (high - low);
    let y = match low > 0.0 && high / low > FAR {
        true => Axis::log(function.name(), low / 1.3, high * 1.3),
        false => Axis::linear(function.name(), low - room, high + room),
    };
    Panel::new(Axis::linear("step", 0.0, (path.len() - 1).max(1) as f64), y)
}

fn slope_panel(function: &mut Function, path: &[[f64; 2]]) -> Panel {
    let places: Vec<f64> = path.iter().map(|p| p[0]).collect();
    let [low, high] = quantiles(&places, 0.0);
    let more = if high > low { 0.25 * (high - low) } else { 1.0 };
    // A curve is understood by both its sides.
    let range = (low - more, high + more);
    function.look(range);
    let looks = function.looks();
    let followed = trace(&mut |x| function.value(&[x]), range, looks);
    let shown: Vec<f64> = path.iter().map(|p| p[1]).collect();
    let heights = curve::heights(std::iter::once(&followed), &shown);
    let x = Axis::linear(&function.names[0], range.0, range.1);
    let mut panel = Panel::new(x, Axis::linear(function.name(), heights.0, heights.1));
    curve::curve(&mut panel, &followed, Ink::Series(0), String::new());
    panel
}

fn in_json(function: &Function, stops: &[Stop], notes: &[String]) -> Value {
    let doubles = |v: &[f64]| v.iter().map(|x| json_double(*x)).collect::<Vec<_>>();
    let one = |s: &Stop| json!({ "at": doubles(&s.at), "value": json_double(s.value), "gradient": doubles(&s.slopes) });
    json!({ "f": function.text(), "wrt": function.names, "steps": stops.iter().map(one).collect::<Vec<_>>(), "notes": notes })
}
