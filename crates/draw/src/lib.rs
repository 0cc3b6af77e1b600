//! Pictures made of data: a [`Scene`] says what is there, and backends draw it as SVG, as PNG or with characters.
//!
//! ```
//! use wrt_draw::{Axis, Layer, Panel, Scene, Theme};
//! let curve: Vec<[f64; 2]> = (-20..=20).map(|k| f64::from(k) / 10.0).map(|x| [x, x * x]).collect();
//! let panel = Panel::new(Axis::linear("w", -2.0, 2.0), Axis::linear("J", 0.0, 4.0))
//!     .with(Layer::curve(vec![curve]).named("w^2"));
//! let svg = wrt_draw::svg(&Scene::new("A parabola").with(panel), Theme::Light);
//! assert!(svg.starts_with("<svg") && svg.contains("A parabola"));
//! ```
//!
//! It knows nothing of formulas. Every backend draws the same items at the same places (`layout.rs`), but the terminal, whose
//! points are large. The font is part of the program, so that a PNG has the same bytes on every machine.

mod axis;
mod boxes;
mod colour;
mod contour;
mod diagram;
mod font;
mod layered;
mod layout;
mod png;
mod raster;
mod scene;
mod svg;
mod terminal;
mod training;

pub use axis::{Axis, Scale, nice_step, number};
pub use boxes::diagram_terminal;
pub use colour::{Ink, Theme};
pub use contour::{levels, lines};
pub use diagram::{Arrow, Card, CardLine, Diagram, diagram_page};
pub use layout::{Item, Page, page};
pub use png::{page_png, png};
pub use scene::{Dash, Dot, Layer, Panel, Scene, Shape, Side};
pub use svg::{animated_svg, page_svg, svg};
pub use terminal::terminal;
pub use training::{Losses, confusion, history, losses};
