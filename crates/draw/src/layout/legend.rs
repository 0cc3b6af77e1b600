//! The legend: what each colour and line stands for, in columns above the panels.

use crate::font;
use crate::layout::{Pen, TEXT};
use crate::scene::{Dash, Dot, Layer, Scene, Shape};

/// A line of the legend, and how wide its sample is.
const ROW: f64 = 21.0;
const SAMPLE: f64 = 24.0;
const BETWEEN: f64 = 28.0;
/// The most lines; further ones are counted only.
const MOST: usize = 24;

/// Draws it from a corner on; gives where it ends.
pub fn draw(pen: &mut Pen, scene: &Scene, [left, top]: [f64; 2], width: f64) -> f64 {
    let all = scene.panels.iter().flat_map(|p| &p.layers).filter(|l| !l.legend.is_empty());
    let mut entries: Vec<&Layer> = Vec::new();
    for layer in all {
        if !entries.iter().any(|e| e.legend == layer.legend && e.ink == layer.ink) {
            entries.push(layer);
        }
    }
    if entries.is_empty() {
        return top;
    }
    let more = entries.len().saturating_sub(MOST);
    entries.truncate(MOST);
    let widest = entries.iter().map(|e| font::width(&e.legend, TEXT)).fold(0.0, f64::max);
    let column = (widest + SAMPLE + 8.0).min(width);
    let columns = (((width + BETWEEN) / (column + BETWEEN)) as usize).clamp(1, entries.len());
    let rows = entries.len().div_ceil(columns);
    for (k, entry) in entries.iter().enumerate() {
        let (x, y) = (left + (k / rows) as f64 * (column + BETWEEN), top + (k % rows) as f64 * ROW + ROW / 2.0);
        sample(pen, entry, [x, y]);
        let text = font::fitted(&entry.legend, TEXT, column - SAMPLE - 8.0);
        pen.text("legend", [x + SAMPLE + 8.0, y + TEXT * 0.36], TEXT, crate::Ink::Text, text);
    }
    let mut end = top + rows as f64 * ROW;
    if more > 0 {
        pen.text("legend", [left, end + TEXT], TEXT, crate::Ink::Secondary, format!("and {more} more"));
        end += ROW;
    }
    end + 6.0
}

fn sample(pen: &mut Pen, layer: &Layer, [x, y]: [f64; 2]) {
    let middle = [x + SAMPLE / 2.0, y];
    match &layer.shape {
        Shape::Curve { width, dash, .. } => {
            pen.line("sample", vec![[x, y], [x + SAMPLE, y]], layer.ink, *width, *dash);
        }
        Shape::Dots(_, dot) => pen.dot(middle, *dot, layer.ink),
        Shape::Label(..) | Shape::OnLine(..) | Shape::Cells { .. } => pen.dot(middle, Dot::Full, layer.ink),
        Shape::Arrows(_) => pen.arrow([x, y], [x + SAMPLE, y], layer.ink),
        Shape::Area(_) => {
            pen.line("sample", vec![[x, y], [x + SAMPLE, y]], layer.ink, 6.0, Dash::Solid);
        }
    }
}
