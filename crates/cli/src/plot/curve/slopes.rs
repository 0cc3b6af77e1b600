//! The derivative below a curve, on the same axis.

use wrt_draw::{Axis, Dash, Dot, Ink, Layer, Panel, Shape};

use super::Followed;
use super::frame::heights;
use super::marks::{curve, poles};
use crate::plot::function::Function;
use crate::plot::trace::End;

/// The derivative, on the same axis.
pub(super) fn below(functions: &[Function], all: &[Followed], range: (f64, f64)) -> Panel {
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
