//! What a picture shows, as data: panels with axes, and layers in them.

use crate::axis::Axis;
use crate::colour::Ink;

/// A picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Scene {
    /// The line on top; nothing if empty.
    pub title: String,
    /// Panels, one below the other.
    pub panels: Vec<Panel>,
    /// Sentences below.
    pub notes: Vec<String>,
}

/// A rectangle with two axes, and what is drawn in it.
#[derive(Clone, PartialEq, Debug)]
pub struct Panel {
    /// The axis below.
    pub x: Axis,
    /// The axis at the left.
    pub y: Axis,
    /// What is drawn, the last on top.
    pub layers: Vec<Layer>,
    /// Its height in pixels, without axes.
    pub height: f64,
    /// Its width in pixels, without axes; as wide as the page without it.
    pub width: Option<f64>,
}

/// Something drawn in one colour.
#[derive(Clone, PartialEq, Debug)]
pub struct Layer {
    /// What it is.
    pub shape: Shape,
    /// Its colour.
    pub ink: Ink,
    /// What the legend calls it; nothing if empty.
    pub legend: String,
}

/// What a layer draws, in the coordinates of the axes.
#[derive(Clone, PartialEq, Debug)]
pub enum Shape {
    /// Lines through points, piece by piece.
    Curve {
        /// The pieces.
        pieces: Vec<Vec<[f64; 2]>>,
        /// In pixels.
        width: f64,
        /// With gaps or without.
        dash: Dash,
    },
    /// Points.
    Dots(Vec<[f64; 2]>, Dot),
    /// Arrows from a point to another.
    Arrows(Vec<[[f64; 2]; 2]>),
    /// The inside of a polygon, lightly.
    Area(Vec<[f64; 2]>),
    /// A text at a point, on that side of it if there is room, and never over another text.
    Label(String, [f64; 2], Side),
    /// A text on a line, where it covers nothing else, near so much of the line's way if it may; left out where there is no
    /// such place. The heights of contours are written so.
    OnLine(String, Vec<[f64; 2]>, f64),
    /// A cell for each entry of a matrix, the first row on top; the axes count columns and rows.
    Cells {
        /// How full each cell is, between 0 and 1.
        shades: Vec<Vec<f64>>,
        /// What stands in it.
        texts: Vec<Vec<String>>,
    },
}

/// A line's gaps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dash {
    /// None.
    Solid,
    /// Long strokes.
    Dashed,
    /// Short ones.
    Dotted,
}

/// What a point looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dot {
    /// It belongs to the curve.
    Full,
    /// The curve goes there, but does not have it.
    Open,
}

/// Where a label stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Right of it.
    Right,
    /// Left of it.
    Left,
    /// Over it.
    Above,
    /// Under it.
    Below,
}

impl Scene {
    /// An empty picture with a title.
    pub fn new(title: impl Into<String>) -> Scene {
        Scene { title: title.into(), panels: Vec::new(), notes: Vec::new() }
    }

    /// With one more panel, below the others.
    #[must_use]
    pub fn with(mut self, panel: Panel) -> Scene {
        self.panels.push(panel);
        self
    }

    /// With a sentence below.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Scene {
        self.notes.push(text.into());
        self
    }
}

impl Panel {
    /// An empty panel.
    pub fn new(x: Axis, y: Axis) -> Panel {
        Panel { x, y, layers: Vec::new(), height: 380.0, width: None }
    }

    /// With one more layer, on top of the others.
    #[must_use]
    pub fn with(mut self, layer: Layer) -> Panel {
        self.layers.push(layer);
        self
    }
}

impl Layer {
    /// A shape in the colour of text.
    pub fn new(shape: Shape) -> Layer {
        Layer { shape, ink: Ink::Text, legend: String::new() }
    }

    /// A curve in the first colour.
    pub fn curve(pieces: Vec<Vec<[f64; 2]>>) -> Layer {
        Layer::new(Shape::Curve { pieces, width: 2.0, dash: Dash::Solid }).inked(Ink::Series(0))
    }

    /// A thin line between two points.
    pub fn line(from: [f64; 2], to: [f64; 2]) -> Layer {
        Layer::new(Shape::Curve { pieces: vec![vec![from, to]], width: 1.4, dash: Dash::Solid })
    }

    /// With gaps.
    #[must_use]
    pub fn dashed(mut self, gaps: Dash) -> Layer {
        if let Shape::Curve { dash, .. } = &mut self.shape {
            *dash = gaps;
        }
        self
    }

    /// So wide, if it is a line.
    #[must_use]
    pub fn wide(mut self, pixels: f64) -> Layer {
        if let Shape::Curve { width, .. } = &mut self.shape {
            *width = pixels;
        }
        self
    }

    /// In another colour.
    #[must_use]
    pub fn inked(mut self, ink: Ink) -> Layer {
        self.ink = ink;
        self
    }

    /// With a line in the legend.
    #[must_use]
    pub fn named(mut self, legend: impl Into<String>) -> Layer {
        self.legend = legend.into();
        self
    }
}
