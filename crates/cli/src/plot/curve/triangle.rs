//! Nudges as triangles: ε wide, ΔJ high.

use serde_json::{Value, json};
use wrt_draw::{Dot, Ink, Layer, Panel, Shape, Side, number};

use super::{DIGITS, Followed, Wanted};
use crate::failure::Failure;
use crate::output::json_double;
use crate::plot::function::Function;

/// A nudge: ε wide, ΔJ high, and what the tangent predicts.
pub(super) struct Triangle {
    at: [f64; 2],
    eps: f64,
    delta: f64,
    quotient: f64,
    slope: f64,
    ink: Ink,
    name: String,
    pub(super) formula: String,
    /// What the legend says before it where there are several.
    lead: String,
}

pub(super) fn triangles(functions: &[Function], all: &[Followed], wanted: &Wanted) -> Result<Vec<Triangle>, Failure> {
    let mut found = Vec::new();
    let Some(eps) = &wanted.eps else { return Ok(found) };
    let several = functions.len() > 1;
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
                formula: function.text(),
                lead: match (several, followed.points.len() > 1) {
                    (false, false) => String::new(),
                    (of, _) => {
                        let whose = if of { format!("{} at ", function.text()) } else { String::new() };
                        format!("{whose}{} = {} ", function.names[0], number(point.place[0].to_f64(), DIGITS))
                    }
                },
            });
        }
    }
    Ok(found)
}

impl Triangle {
    pub(super) fn heights(&self) -> [f64; 2] {
        [self.at[1] + self.delta, self.at[1] + self.slope * self.eps]
    }

    pub(super) fn draw(&self, panel: &mut Panel) {
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
            "{}nudged by ε = {}: Δ{name} = {}, Δ{name}/ε = {}{told}",
            self.lead,
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

    /// The place, ε, ΔJ, ΔJ/ε, and what the tangent predicts.
    pub(super) fn numbers(&self) -> [f64; 5] {
        [self.at[0], self.eps, self.delta, self.quotient, self.slope * self.eps]
    }

    pub(super) fn json(&self) -> Value {
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
