//! From a scene to items on a page: margins, ticks, legend and labels, all in pixels, so that no text meets another.

use crate::axis::{Axis, Scale};
use crate::colour::{Ink, Rgb, Theme};
use crate::font;
use crate::scene::{Dash, Dot, Layer, Panel, Scene, Shape};

mod clip;
mod labels;
mod legend;
mod thin;

use labels::Labels;

/// The page's width, and the empty space around everything.
const WIDTH: f64 = 800.0;
const MARGIN: f64 = 28.0;
/// Sizes of texts.
const TITLE: f64 = 18.0;
pub(crate) const TEXT: f64 = 13.0;
const SMALL: f64 = 12.0;
/// Between an axis and its numbers.
const GAP: f64 = 9.0;
/// Dots that are nearer are one.
const SAME: f64 = 0.1;
/// Sentences are no narrower.
const NARROW: f64 = 400.0;
/// The widest names at the left.
const NAMES: f64 = 160.0;

/// A plot's left, top, width and height, and the ranges of its axes.
pub type Plot = ([f64; 4], [(f64, f64); 2]);

/// Where everything is.
#[derive(Clone, PartialEq, Debug)]
pub struct Page {
    /// Its width in pixels.
    pub width: f64,
    /// Its height in pixels.
    pub height: f64,
    /// The colour behind everything.
    pub paper: Rgb,
    /// The plots, for who reads coordinates: left, top, width and height, and the ranges of their axes.
    pub frames: Vec<Plot>,
    /// What is drawn, the last on top.
    pub items: Vec<Item>,
}

/// A piece of a page.
#[derive(Clone, PartialEq, Debug)]
pub enum Item {
    /// A line or a polygon.
    Path {
        /// What it is for: `grid`, `axis`, `curve`, …
        class: &'static str,
        /// Its corners.
        points: Vec<[f64; 2]>,
        /// Does it end where it begins?
        closed: bool,
        /// The colour of its inside.
        fill: Option<Rgb>,
        /// Its line: colour, width, and the lengths of strokes and gaps.
        stroke: Option<(Rgb, f64, &'static [f64])>,
        /// How much covers what is behind.
        opacity: f64,
    },
    /// A point of a picture.
    Circle {
        /// What it is for.
        class: &'static str,
        /// Its centre.
        at: [f64; 2],
        /// Its radius.
        radius: f64,
        /// The colour of its inside.
        fill: Rgb,
        /// Its line.
        stroke: Option<(Rgb, f64)>,
    },
    /// A line of text.
    Text {
        /// What it is for: `title`, `tick`, `legend`, …
        class: &'static str,
        /// Where its baseline begins.
        at: [f64; 2],
        /// The size of its font.
        size: f64,
        /// Its colour.
        rgb: Rgb,
        /// What it says.
        text: String,
    },
}

impl Dash {
    pub(crate) fn lengths(self) -> &'static [f64] {
        match self {
            Dash::Solid => &[],
            Dash::Dashed => &[7.0, 5.0],
            Dash::Dotted => &[2.0, 4.0],
        }
    }
}

/// Lays a scene out.
pub fn page(scene: &Scene, theme: Theme) -> Page {
    let mut pen = Pen::new(theme);
    let left = MARGIN + scene.panels.iter().map(|p| pen.numbers_width(p)).fold(0.0, f64::max) + GAP;
    let mut y = MARGIN;
    if !scene.title.is_empty() {
        let title = font::fitted(&scene.title, TITLE, WIDTH - 2.0 * MARGIN);
        pen.text("title", [MARGIN, y + TITLE * 0.8], TITLE, Ink::Text, title);
        y += TITLE + 14.0;
    }
    y = legend::draw(&mut pen, scene, [MARGIN, y], WIDTH - 2.0 * MARGIN);
    let mut right = WIDTH - MARGIN;
    if !scene.panels.is_empty() && scene.panels.iter().all(|p| p.width.is_some()) {
        right = scene.panels.iter().filter_map(|p| p.width).fold(0.0, f64::max) + left;
    }
    for panel in &scene.panels {
        let wide = panel.width.unwrap_or(right - left - 10.0).max(40.0);
        y = pen.panel(panel, [left, y, wide, panel.height.max(60.0)]);
    }
    let notes: Vec<String> = pen.unplaced.drain(..).chain(scene.notes.iter().cloned()).collect();
    for note in notes {
        for line in font::wrapped(&note, TEXT, (right - MARGIN).max(NARROW)) {
            y += TEXT + 5.0;
            pen.text("note", [MARGIN, y], TEXT, Ink::Secondary, line);
        }
        y += 3.0;
    }
    let used = pen.items.iter().map(Item::right).fold(right, f64::max);
    let width = if right < WIDTH - MARGIN { (used + MARGIN).clamp(240.0, WIDTH) } else { WIDTH };
    Page { width, height: y + MARGIN, paper: theme.rgb(Ink::Paper), frames: pen.frames, items: pen.items }
}

impl Item {
    fn right(&self) -> f64 {
        match self {
            Item::Text { at, size, text, .. } => at[0] + font::width(text, *size),
            Item::Path { points, .. } => points.iter().map(|p| p[0]).fold(0.0, f64::max),
            Item::Circle { at, radius, .. } => at[0] + radius,
        }
    }

    /// Left, top, right and bottom of a text; nothing of other items.
    ///
    /// ```
    /// use wrt_draw::{Scene, Theme, page};
    /// let page = page(&Scene::new("A title"), Theme::Light);
    /// let [left, top, right, bottom] = page.items[0].text_box().unwrap();
    /// assert!(left < right && top < bottom);
    /// ```
    pub fn text_box(&self) -> Option<[f64; 4]> {
        let Item::Text { at: [x, y], size, text, .. } = self else { return None };
        Some([*x, y - 0.75 * size, x + font::width(text, *size), y + 0.22 * size])
    }
}

/// Draws on a page.
pub(crate) struct Pen {
    pub theme: Theme,
    pub items: Vec<Item>,
    frames: Vec<Plot>,
    /// Labels without room, which are told below.
    unplaced: Vec<String>,
}

/// A panel's axes, as pixels.
pub(crate) struct Frame<'a> {
    pub panel: &'a Panel,
    /// Left, top, width, height.
    pub area: [f64; 4],
}

impl Frame<'_> {
    pub fn pixel(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [left, top, width, height] = self.area;
        let far = |t: f64| t.clamp(-1e7, 1e7);
        let down = match self.panel.y.scale {
            // Rows are counted from the top.
            Scale::Names(_) => self.panel.y.place(y),
            _ => 1.0 - self.panel.y.place(y),
        };
        [left + far(self.panel.x.place(x)) * width, top + far(down) * height]
    }
}

impl Pen {
    pub fn new(theme: Theme) -> Pen {
        Pen { theme, items: Vec::new(), frames: Vec::new(), unplaced: Vec::new() }
    }

    pub fn text(&mut self, class: &'static str, at: [f64; 2], size: f64, ink: Ink, text: String) {
        let rgb = self.theme.rgb(ink);
        self.items.push(Item::Text { class, at, size, rgb, text });
    }

    pub fn line(&mut self, class: &'static str, points: Vec<[f64; 2]>, ink: Ink, width: f64, dash: Dash) {
        let stroke = Some((self.theme.rgb(ink), width, dash.lengths()));
        self.items.push(Item::Path { class, points, closed: false, fill: None, stroke, opacity: 1.0 });
    }

    pub fn fill(&mut self, class: &'static str, points: Vec<[f64; 2]>, ink: Ink, opacity: f64) {
        let fill = Some(self.theme.rgb(ink));
        self.items.push(Item::Path { class, points, closed: true, fill, stroke: None, opacity });
    }

    /// The widest number at the left.
    fn numbers_width(&self, panel: &Panel) -> f64 {
        let ticks = panel.y.ticks(rows(panel.height));
        ticks.iter().map(|(_, text)| font::width(text, SMALL).min(NAMES)).fold(0.0, f64::max)
    }

    /// Draws a panel whose name stands from `top`; gives where it ends.
    fn panel(&mut self, panel: &Panel, [left, top, width, height]: [f64; 4]) -> f64 {
        let mut top = top + 8.0;
        if !panel.y.name.is_empty() {
            let name = font::fitted(&panel.y.name, TEXT, width);
            let own = font::width(&name, TEXT);
            // Over the numbers, where it is no wider than they are.
            let start = (left - GAP - own).max(MARGIN).min(left);
            self.text("name", [start, top + TEXT * 0.8], TEXT, Ink::Text, name);
            top += TEXT + 12.0;
        }
        let area = [left.round() + 0.5, top.round() + 0.5, width.round(), height.round()];
        let frame = Frame { panel, area };
        self.frames.push((area, [panel.x.range, panel.y.range]));
        let cells = panel.layers.iter().any(|l| matches!(l.shape, Shape::Cells { .. }));
        self.y_axis(&frame, !cells);
        let below = self.x_axis(&frame, !cells);
        let mut labels = Labels::new(area);
        for layer in &panel.layers {
            self.layer(&frame, layer, &mut labels);
        }
        self.unplaced.extend(labels.place(&mut self.items, self.theme));
        below
    }

    fn y_axis(&mut self, frame: &Frame<'_>, lines: bool) {
        let [left, top, width, height] = frame.area;
        let y = &frame.panel.y;
        for (value, text) in y.ticks(rows(height)) {
            let at = frame.pixel([0.0, value])[1];
            let text = font::fitted(&text, SMALL, NAMES);
            if lines {
                self.tick_line([[left, snap(at)], [left + width, snap(at)]], y, value);
            }
            let start = left - GAP - font::width(&text, SMALL);
            self.text("tick", [start, at + SMALL * 0.36], SMALL, Ink::Secondary, text);
        }
        if lines {
            self.line("axis", vec![[left, top], [left, top + height]], Ink::Axis, 1.0, Dash::Solid);
        }
    }

    fn tick_line(&mut self, points: [[f64; 2]; 2], axis: &Axis, value: f64) {
        let zero = value == 0.0 && axis.scale == Scale::Linear;
        let (class, ink) = if zero { ("zero", Ink::Axis) } else { ("grid", Ink::Grid) };
        self.line(class, points.to_vec(), ink, if zero { 0.7 } else { 1.0 }, Dash::Solid);
    }

    /// Gives where its texts end.
    fn x_axis(&mut self, frame: &Frame<'_>, lines: bool) -> f64 {
        let [left, top, width, height] = frame.area;
        let (x, bottom) = (&frame.panel.x, top + height);
        let room = if let Scale::Names(names) = &x.scale { width / names.len().max(1) as f64 - 6.0 } else { width };
        for (value, text) in fitting_ticks(x, width) {
            let at = frame.pixel([value, 0.0])[0];
            if lines {
                self.tick_line([[snap(at), top], [snap(at), bottom]], x, value);
            }
            let text = font::fitted(&text, SMALL, room);
            let start = at - font::width(&text, SMALL) / 2.0;
            self.text("tick", [start, bottom + GAP + SMALL * 0.75], SMALL, Ink::Secondary, text);
        }
        if lines {
            self.line("axis", vec![[left, bottom], [left + width, bottom]], Ink::Axis, 1.0, Dash::Solid);
        }
        let mut below = bottom + GAP + SMALL + 4.0;
        if !x.name.is_empty() {
            let name = font::fitted(&x.name, TEXT, width);
            let start = left + (width - font::width(&name, TEXT)) / 2.0;
            self.text("name", [start, below + TEXT], TEXT, Ink::Text, name);
            below += TEXT + 8.0;
        }
        below + 4.0
    }

    fn layer(&mut self, frame: &Frame<'_>, layer: &Layer, labels: &mut Labels) {
        match &layer.shape {
            Shape::Curve { pieces, width, dash } => {
                for piece in pieces.iter().flat_map(|p| clip::line(p, |q| frame.pixel(q), frame.area)) {
                    let piece = thin::thinned(&piece);
                    labels.keep_off(&piece);
                    self.line("curve", piece, layer.ink, *width, *dash);
                }
            }
            Shape::Dots(points, dot) => {
                let mut last = [f64::NEG_INFINITY; 2];
                for at in points.iter().map(|p| frame.pixel(*p)).filter(|p| clip::inside(*p, frame.area)) {
                    // A dot on the one before it is not seen.
                    if (at[0] - last[0]).hypot(at[1] - last[1]) < SAME {
                        continue;
                    }
                    labels.keep_free(&[at]);
                    self.dot(at, *dot, layer.ink);
                    last = at;
                }
            }
            Shape::Arrows(arrows) => {
                for [from, to] in arrows {
                    let inside = clip::line(&[*from, *to], |q| frame.pixel(q), frame.area);
                    if let Some([from, to]) = inside.first().map(|p| [p[0], p[1]]) {
                        labels.keep_free(&[from, to]);
                        self.arrow(from, to, layer.ink);
                    }
                }
            }
            Shape::Area(corners) => {
                let corners: Vec<[f64; 2]> = corners.iter().map(|p| frame.pixel(*p)).collect();
                self.fill("area", clip::polygon(corners, frame.area), layer.ink, 0.16);
            }
            Shape::Label(text, at, side) => labels.beside(text.clone(), frame.pixel(*at), *side, layer.ink),
            Shape::OnLine(text, line, share) => {
                labels.on(text.clone(), line.iter().map(|p| frame.pixel(*p)).collect(), *share, layer.ink);
            }
            Shape::Cells { shades, texts } => self.cells(frame, shades, texts),
        }
    }

    pub fn dot(&mut self, at: [f64; 2], dot: Dot, ink: Ink) {
        let (paper, rgb) = (self.theme.rgb(Ink::Paper), self.theme.rgb(ink));
        let (class, radius, fill, line) = match dot {
            Dot::Full => ("dot", 4.5, rgb, paper),
            Dot::Open => ("open", 4.0, paper, rgb),
        };
        self.items.push(Item::Circle { class, at, radius, fill, stroke: Some((line, 1.5)) });
    }

    fn arrow(&mut self, from: [f64; 2], to: [f64; 2], ink: Ink) {
        let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        let length = dx.hypot(dy);
        if !(length.is_finite() && length > 0.5) {
            return;
        }
        let head = length.min(9.0);
        let [ux, uy] = [dx / length, dy / length];
        let neck = [to[0] - ux * head, to[1] - uy * head];
        let wing = |s: f64| [neck[0] - s * uy * head * 0.38, neck[1] + s * ux * head * 0.38];
        self.line("arrow", vec![from, neck], ink, 1.6, Dash::Solid);
        self.fill("arrow", vec![to, wing(1.0), wing(-1.0)], ink, 1.0);
    }

    fn cells(&mut self, frame: &Frame<'_>, shades: &[Vec<f64>], texts: &[Vec<String>]) {
        for (row, line) in shades.iter().enumerate() {
            for (column, shade) in line.iter().enumerate() {
                let corner = |dx: f64, dy: f64| frame.pixel([column as f64 + dx, row as f64 + dy]);
                let [[x0, y0], [x1, y1]] = [corner(0.0, 0.0), corner(1.0, 1.0)];
                let (x1, y1) = (x1 - 1.5, y1 - 1.5);
                self.fill("cell", vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]], Ink::Shade(*shade), 1.0);
                let Some(text) = texts.get(row).and_then(|l| l.get(column)).filter(|t| !t.is_empty()) else { continue };
                let size = TEXT.min((y1 - y0) * 0.6).min(TEXT * (x1 - x0) * 0.9 / font::width(text, TEXT).max(1.0));
                if size >= 6.0 {
                    let start = (x0 + x1 - font::width(text, size)) / 2.0;
                    let ink = Ink::OnShade(*shade);
                    self.text("cell", [start, (y0 + y1) / 2.0 + size * 0.36], size, ink, text.clone());
                }
            }
        }
    }
}

/// On the grid of points, so that thin lines are sharp.
fn snap(pixels: f64) -> f64 {
    pixels.floor() + 0.5
}

/// How many numbers stand at the left.
fn rows(height: f64) -> usize {
    ((height / 48.0) as usize).max(2)
}

/// Ticks whose texts have room beside each other.
fn fitting_ticks(x: &Axis, width: f64) -> Vec<(f64, String)> {
    if let Scale::Names(_) = x.scale {
        return x.ticks(usize::MAX);
    }
    let mut most = ((width / 70.0) as usize).max(2);
    loop {
        let ticks = x.ticks(most);
        let widest = ticks.iter().map(|(_, t)| font::width(t, SMALL)).fold(0.0, f64::max);
        if most <= 2 || ticks.len() as f64 * (widest + 16.0) <= width {
            return ticks;
        }
        most -= 1;
    }
}
