//! Pictures of training: the history of a run, and which classes a classifier mixes up.

use crate::axis::Axis;
use crate::colour::Ink;
use crate::font;
use crate::scene::{Dash, Dot, Layer, Panel, Scene, Shape};

/// What columns of norms of gradients begin with.
const GRADIENT: &str = "gradient_";
/// As many curves are told apart in one panel.
const MANY_CURVES: usize = 5;

/// Curves over epochs: a panel for each measure, with the one of the validation rows (`val_loss` of `loss`) beside it, and
/// one for the norms of gradients (`gradient_W`). Columns have a value for each epoch; the best one may be marked.
///
/// ```
/// let columns = [("loss", vec![2.0, 1.0, 0.5]), ("val_loss", vec![2.1, 1.2, 0.9])];
/// let scene = wrt_draw::history("digits", &[1.0, 2.0, 3.0], &columns, Some(3));
/// assert_eq!(scene.panels.len(), 1);
/// ```
pub fn history(title: &str, epochs: &[f64], columns: &[(&str, Vec<f64>)], best: Option<usize>) -> Scene {
    let mut scene = Scene::new(title);
    let find = |name: &str| columns.iter().find(|(n, _)| *n == name).map(|(_, values)| values.as_slice());
    let mut measures: Vec<&str> = Vec::new();
    for (name, _) in columns.iter().filter(|(n, _)| !n.starts_with(GRADIENT)) {
        let name = name.strip_prefix("val_").unwrap_or(name);
        if !measures.contains(&name) {
            measures.push(name);
        }
    }
    let norms: Vec<(&str, &[f64])> =
        columns.iter().filter_map(|(n, v)| Some((n.strip_prefix(GRADIENT)?, v.as_slice()))).take(MANY_CURVES).collect();
    let all = measures.len() + usize::from(!norms.is_empty());
    let height = if all > 1 { 200.0 } else { 340.0 };
    for (k, name) in measures.iter().enumerate() {
        let series = [("training", find(name)), ("validation", find(&format!("val_{name}")))];
        let series: Vec<(&str, &[f64])> = series.into_iter().filter_map(|(n, values)| Some((n, values?))).collect();
        let mut panel = curves(epochs, name, &series, k + 1 == all, &|n| usize::from(n == "validation"));
        if let (Some(best), 0, Some(values)) = (best, k, find(&format!("val_{name}"))) {
            panel = marked(panel, epochs, values, best);
        }
        panel.height = height;
        scene = scene.with(panel);
    }
    if !norms.is_empty() {
        // The first two colours are those of training and validation.
        let place = |name: &str| 2 + norms.iter().position(|(n, _)| *n == name).unwrap_or(0);
        let mut panel = curves(epochs, "norm of the gradient", &norms, true, &place);
        panel.height = height;
        scene = scene.with(panel);
    }
    scene
}

/// A panel with a curve for each series, of the colour that its name has.
fn curves(epochs: &[f64], name: &str, series: &[(&str, &[f64])], named: bool, colour: &dyn Fn(&str) -> usize) -> Panel {
    let values: Vec<f64> = series.iter().flat_map(|(_, values)| values.iter().copied()).collect();
    let mut panel = Panel::new(epoch_axis(epochs, named), value_axis(name, &values));
    for (name, values) in series {
        let dash = if *name == "validation" { Dash::Dashed } else { Dash::Solid };
        panel = panel.with(curve(epochs, values, colour(name)).named(*name).dashed(dash));
    }
    panel
}

/// The same with a dot at an epoch.
fn marked(panel: Panel, epochs: &[f64], values: &[f64], best: usize) -> Panel {
    let at = epochs.iter().zip(values).find(|(epoch, _)| **epoch == best as f64);
    let Some((epoch, value)) = at else { return panel };
    let dot = Layer::new(Shape::Dots(vec![[*epoch, *value]], Dot::Full)).inked(Ink::Series(1));
    panel.with(dot.named(format!("best: epoch {best}")))
}

fn epoch_axis(epochs: &[f64], named: bool) -> Axis {
    let (first, last) = (epochs.first().copied().unwrap_or(0.0), epochs.last().copied().unwrap_or(1.0));
    Axis::linear(if named { "epoch" } else { "" }, first, last)
}

/// Logarithmic where values fall by a factor of more than a hundred.
fn value_axis(name: &str, values: &[f64]) -> Axis {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    if low > 0.0 && high / low > 100.0 {
        return Axis::log(name, low / 1.2, high * 1.2);
    }
    let room = 0.05 * (high - low);
    // A measure that is never negative begins at 0, unless that would leave little of it.
    let from = if low >= 0.0 && low < 0.5 * high { 0.0 } else { low - room };
    Axis::linear(name, from, high + room)
}

fn curve(epochs: &[f64], values: &[f64], colour: usize) -> Layer {
    let points: Vec<[f64; 2]> = epochs.iter().zip(values).map(|(x, y)| [*x, *y]).collect();
    if points.len() == 1 {
        return Layer::new(Shape::Dots(points, Dot::Full)).inked(Ink::Series(colour));
    }
    Layer::curve(vec![points]).inked(Ink::Series(colour))
}

/// How often each class (a row) was taken for each (a column). Cells are shaded by their share of the row.
///
/// ```
/// let names = ["cat", "dog"].map(String::from);
/// let scene = wrt_draw::confusion("Test rows", &names, &[vec![8, 2], vec![0, 10]]);
/// assert!(wrt_draw::svg(&scene, wrt_draw::Theme::Light).contains(">cat<"));
/// ```
pub fn confusion(title: &str, classes: &[String], counts: &[Vec<u64>]) -> Scene {
    let share = |row: &Vec<u64>| {
        let all = row.iter().sum::<u64>().max(1) as f64;
        row.iter().map(|n| *n as f64 / all).collect::<Vec<f64>>()
    };
    let text = |n: &u64| if *n == 0 { String::new() } else { n.to_string() };
    let shades: Vec<Vec<f64>> = counts.iter().map(share).collect();
    let texts = counts.iter().map(|row| row.iter().map(text).collect()).collect();
    let side = (44.0 * classes.len() as f64).clamp(120.0, 560.0);
    // As wide as the names under it, as far as the page is.
    let widest = classes.iter().map(|name| font::width(name, 12.0)).fold(0.0, f64::max);
    let wide = side.max((widest + 12.0) * classes.len() as f64).min(600.0);
    let mut panel = Panel::new(Axis::names("predicted", classes.to_vec()), Axis::names("true class", classes.to_vec()))
        .with(Layer::new(Shape::Cells { shades, texts }));
    (panel.height, panel.width) = (side, Some(wide));
    let right: u64 = counts.iter().enumerate().filter_map(|(k, row)| row.get(k)).sum();
    let all: u64 = counts.iter().flatten().sum();
    let share = crate::number(100.0 * right as f64 / all.max(1) as f64, 4);
    Scene::new(title).with(panel).note(format!("{right} of {all} right ({share} %)"))
}

/// The losses of a run: one for each epoch, on the rows that are trained on and on those for validation, if there are any.
#[derive(Clone, Copy, Debug)]
pub struct Losses<'a> {
    /// The run.
    pub name: &'a str,
    /// The numbers of the epochs.
    pub epochs: &'a [f64],
    /// The losses of the rows that are trained on.
    pub training: &'a [f64],
    /// Those of the rows for validation.
    pub validation: Option<&'a [f64]>,
}

/// The losses of several runs in one panel: a colour for each, dashed on the rows for validation.
///
/// ```
/// use wrt_draw::{Losses, Theme, losses, svg};
/// let run = |name, training| Losses { name, epochs: &[1.0, 2.0], training, validation: None };
/// let scene = losses("Losses", &[run("slow", &[2.0, 1.5]), run("fast", &[2.0, 0.5])]);
/// assert!(svg(&scene, Theme::Light).contains("fast"));
/// ```
pub fn losses(title: &str, runs: &[Losses<'_>]) -> Scene {
    let all = || runs.iter().flat_map(|run| run.training.iter().chain(run.validation.unwrap_or_default())).copied();
    let epochs = || runs.iter().flat_map(|run| run.epochs).copied();
    let (first, last) = (epochs().fold(f64::INFINITY, f64::min), epochs().fold(f64::NEG_INFINITY, f64::max));
    let (first, last) = if first <= last { (first, last) } else { (0.0, 1.0) };
    let values: Vec<f64> = all().collect();
    let mut panel = Panel::new(Axis::linear("epoch", first, last), value_axis("loss", &values));
    for (k, run) in runs.iter().enumerate() {
        panel = panel.with(curve(run.epochs, run.training, k).named(run.name));
        if let Some(values) = run.validation {
            let name = format!("{}, validation", run.name);
            panel = panel.with(curve(run.epochs, values, k).named(name).dashed(Dash::Dashed));
        }
    }
    panel.height = 340.0;
    Scene::new(title).with(panel)
}
