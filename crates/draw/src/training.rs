//! Pictures of training: the history of a run, and which classes a classifier mixes up.

use crate::axis::Axis;
use crate::colour::Ink;
use crate::scene::{Dash, Dot, Layer, Panel, Scene, Shape};

/// Curves over epochs: a panel for each measure, with the one of the validation rows (`val_loss` of `loss`) beside it, and
/// the best epoch of these marked. Columns have a value for each epoch.
///
/// ```
/// let columns = [("loss", vec![2.0, 1.0, 0.5]), ("val_loss", vec![2.1, 1.2, 0.9])];
/// let scene = wrt_draw::history("digits", &[1.0, 2.0, 3.0], &columns);
/// assert_eq!(scene.panels.len(), 1);
/// ```
pub fn history(title: &str, epochs: &[f64], columns: &[(&str, Vec<f64>)]) -> Scene {
    let mut scene = Scene::new(title);
    let find = |name: &str| columns.iter().find(|(n, _)| *n == name).map(|(_, values)| values);
    let measures: Vec<&(&str, Vec<f64>)> = columns.iter().filter(|(n, _)| !n.starts_with("val_")).collect();
    let height = if measures.len() > 1 { 220.0 } else { 340.0 };
    for (k, (name, values)) in measures.iter().map(|m| (m.0, &m.1)).enumerate() {
        let judged = find(&format!("val_{name}"));
        let mut panel = Panel::new(epoch_axis(epochs, k + 1 == measures.len()), value_axis(name, values, judged));
        panel.height = height;
        panel = panel.with(series(epochs, values, 0).named("training"));
        if let Some(judged) = judged {
            panel = panel.with(series(epochs, judged, 1).named("validation").dashed(Dash::Dashed));
        }
        scene = scene.with(panel);
    }
    scene
}

fn epoch_axis(epochs: &[f64], named: bool) -> Axis {
    let (first, last) = (epochs.first().copied().unwrap_or(0.0), epochs.last().copied().unwrap_or(1.0));
    Axis::linear(if named { "epoch" } else { "" }, first, last)
}

/// Logarithmic where values fall by a factor of more than a hundred.
fn value_axis(name: &str, values: &[f64], judged: Option<&Vec<f64>>) -> Axis {
    let finite = || values.iter().chain(judged.into_iter().flatten()).copied().filter(|v| v.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    if low > 0.0 && high / low > 100.0 {
        return Axis::log(name, low / 1.2, high * 1.2);
    }
    let room = 0.05 * (high - low);
    // A measure that is never negative begins at 0, unless that would leave little of it.
    let from = if low >= 0.0 && low < 0.5 * high { 0.0 } else { low - room };
    Axis::linear(name, from, high + room)
}

fn series(epochs: &[f64], values: &[f64], colour: usize) -> Layer {
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
    let mut panel = Panel::new(Axis::names("predicted", classes.to_vec()), Axis::names("true class", classes.to_vec()))
        .with(Layer::new(Shape::Cells { shades, texts }));
    (panel.height, panel.width) = (side, Some(side));
    let right: u64 = counts.iter().enumerate().filter_map(|(k, row)| row.get(k)).sum();
    let all: u64 = counts.iter().flatten().sum();
    let share = crate::number(100.0 * right as f64 / all.max(1) as f64, 4);
    Scene::new(title).with(panel).note(format!("{right} of {all} right ({share} %)"))
}
