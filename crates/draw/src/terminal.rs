//! A scene as characters: curves in braille, with the numbers of the axes and the legend in words.

use crate::axis::Scale;
use crate::colour::{Ink, Theme};
use crate::scene::{Dash, Dot, Panel, Scene, Shape};

/// A character has so many points across and down.
const ACROSS: usize = 2;
const DOWN: usize = 4;
/// The bits of its points, row by row (Unicode's block of braille patterns).
const BITS: [[u8; ACROSS]; DOWN] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Between two letters of a line.
const APART: usize = 14;

/// A scene as lines of text, so many characters wide; with colours for a terminal, if it has any.
pub fn terminal(scene: &Scene, width: usize, colours: bool) -> String {
    let width = width.clamp(24, 400);
    let mut out = String::new();
    if !scene.title.is_empty() {
        out.push_str(&format!("{}\n", scene.title));
    }
    for panel in &scene.panels {
        draw(&mut out, panel, width, colours);
    }
    legend(&mut out, scene, colours);
    scene.notes.iter().for_each(|note| out.push_str(&format!("{note}\n")));
    out
}

fn legend(out: &mut String, scene: &Scene, colours: bool) {
    let mut seen: Vec<&str> = Vec::new();
    for panel in &scene.panels {
        for (layer, letter) in panel.layers.iter().zip(letters(panel, colours)) {
            if layer.legend.is_empty() || seen.contains(&layer.legend.as_str()) {
                continue;
            }
            seen.push(&layer.legend);
            let sample = match (&layer.shape, letter) {
                (Shape::Dots(_, Dot::Open), _) => "○ ".to_string(),
                (Shape::Dots(..), _) => "● ".to_string(),
                (_, Some((letter, _))) => format!("⠒{letter}"),
                _ => "⠒⠒".to_string(),
            };
            out.push_str(&format!("  {} {}\n", coloured(&sample, layer.ink, colours), layer.legend));
        }
    }
}

/// Without colours, what tells the lines of a panel apart where several have a name: a letter for each, and where it begins.
fn letters(panel: &Panel, colours: bool) -> Vec<Option<(char, usize)>> {
    let mut names: Vec<&str> = Vec::new();
    for layer in panel.layers.iter().filter(|l| is_line(&l.shape) && !l.legend.is_empty()) {
        if !names.contains(&layer.legend.as_str()) {
            names.push(&layer.legend);
        }
    }
    let count = names.len();
    let letter = |name: &str| {
        let k = names.iter().position(|n| *n == name)?;
        Some((char::from(b"abcdefghijklmnopqrstuvwxyz"[k % 26]), 2 + k * APART / count))
    };
    let of = |layer: &crate::scene::Layer| {
        (!colours && count > 1 && is_line(&layer.shape)).then(|| letter(&layer.legend)).flatten()
    };
    panel.layers.iter().map(of).collect()
}

fn is_line(shape: &Shape) -> bool {
    matches!(shape, Shape::Curve { .. })
}

/// In a colour of 24 bits.
fn coloured(text: &str, ink: Ink, colours: bool) -> String {
    match (colours, ink) {
        (true, Ink::Series(_)) => {
            let [r, g, b] = Theme::Dark.rgb(ink);
            format!("\x1b[38;2;{r};{g};{b}m{text}\x1b[0m")
        }
        _ => text.to_string(),
    }
}

fn draw(out: &mut String, panel: &Panel, width: usize, colours: bool) {
    if let Some((texts, names)) = cells(panel) {
        return table(out, texts, names, &panel.x.name);
    }
    let height = ((panel.height / 20.0) as usize).clamp(6, 24).min(width / 3).max(6);
    let ticks: Vec<(f64, String)> = panel.y.ticks((height / 3).max(2));
    let margin = ticks.iter().map(|(_, t)| t.chars().count()).max().unwrap_or(0);
    let mut canvas = Canvas::new(panel, width.saturating_sub(margin + 3).max(10), height);
    let letters = letters(panel, colours);
    for (layer, letter) in panel.layers.iter().zip(&letters) {
        canvas.layer(&layer.shape, layer.ink, *letter);
    }
    canvas.zero_lines();
    let mut left = vec![String::new(); height];
    for (value, text) in ticks {
        if let Some(line) = canvas.cell([panel.x.range.0, value]).and_then(|(row, _)| left.get_mut(row)) {
            *line = text;
        }
    }
    if !panel.y.name.is_empty() {
        out.push_str(&format!("{}\n", panel.y.name));
    }
    for (row, text) in left.iter().enumerate() {
        let joint = if text.is_empty() { '│' } else { '┤' };
        out.push_str(&format!("{text:>margin$} {joint}{}\n", canvas.line(row, colours)));
    }
    below(out, panel, &canvas, margin);
}

/// The axis below with its numbers and its name.
fn below(out: &mut String, panel: &Panel, canvas: &Canvas<'_>, margin: usize) {
    let mut rule = vec!['─'; canvas.width];
    let mut numbers = vec![' '; margin + 2 + canvas.width + 12];
    let mut free = 0;
    for (value, text) in panel.x.ticks((canvas.width / 10).max(2)) {
        let Some((_, column)) = canvas.cell([value, panel.y.range.0]) else { continue };
        rule[column] = '┬';
        let start = (margin + 2 + column).saturating_sub(text.chars().count() / 2).max(free);
        if start + text.chars().count() <= numbers.len() {
            text.chars().enumerate().for_each(|(k, c)| numbers[start + k] = c);
            free = start + text.chars().count() + 1;
        }
    }
    let rule: String = rule.into_iter().collect();
    let numbers: String = numbers.into_iter().collect();
    out.push_str(&format!("{:margin$} └{rule}\n{}\n", "", numbers.trim_end()));
    if !panel.x.name.is_empty() {
        let start = (margin + 2 + canvas.width / 2).saturating_sub(panel.x.name.chars().count() / 2);
        out.push_str(&format!("{:start$}{}\n", "", panel.x.name));
    }
}

/// The entries of a matrix, and the names of its rows.
fn cells(panel: &Panel) -> Option<(&[Vec<String>], &[String])> {
    let texts = panel.layers.iter().find_map(|l| match &l.shape {
        Shape::Cells { texts, .. } => Some(texts),
        _ => None,
    })?;
    match &panel.y.scale {
        Scale::Names(names) => Some((texts, names)),
        _ => None,
    }
}

fn table(out: &mut String, texts: &[Vec<String>], names: &[String], across: &str) {
    let longest = |all: &mut dyn Iterator<Item = &String>| all.map(|t| t.chars().count()).max().unwrap_or(0);
    let (margin, wide) = (longest(&mut names.iter()), longest(&mut texts.iter().flatten().chain(names)).max(3));
    let line = |name: &str, entries: &[String]| {
        let entries: String = entries.iter().map(|t| format!("  {t:>wide$}")).collect();
        format!("{name:>margin$}{entries}").trim_end().to_string() + "\n"
    };
    out.push_str(&format!("{:margin$}  {across}\n", ""));
    out.push_str(&line("", names));
    for (name, row) in names.iter().zip(texts) {
        let filled: Vec<String> = row.iter().map(|t| if t.is_empty() { "·".to_string() } else { t.clone() }).collect();
        out.push_str(&line(name, &filled));
    }
}

/// Points of characters; each character has the colour that came last, or is a mark.
struct Canvas<'a> {
    panel: &'a Panel,
    width: usize,
    height: usize,
    bits: Vec<u8>,
    inks: Vec<Option<Ink>>,
    marks: Vec<Option<char>>,
}

impl<'a> Canvas<'a> {
    fn new(panel: &'a Panel, width: usize, height: usize) -> Canvas<'a> {
        let all = width * height;
        Canvas { panel, width, height, bits: vec![0; all], inks: vec![None; all], marks: vec![None; all] }
    }

    /// Where a value is, in characters from the top left corner.
    fn place(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (wide, high) = ((self.width * ACROSS) as f64 - 1.0, (self.height * DOWN) as f64 - 1.0);
        [self.panel.x.place(x) * wide, (1.0 - self.panel.y.place(y)) * high]
    }

    fn point(&self, [x, y]: [f64; 2]) -> Option<(usize, usize)> {
        let (x, y) = (x.round(), y.round());
        let inside = x >= 0.0 && y >= 0.0 && x < (self.width * ACROSS) as f64 && y < (self.height * DOWN) as f64;
        inside.then_some((y as usize, x as usize))
    }

    /// The row and column of the character at a value.
    fn cell(&self, value: [f64; 2]) -> Option<(usize, usize)> {
        self.point(self.place(value)).map(|(y, x)| (y / DOWN, x / ACROSS))
    }

    /// Lines through 0, where nothing else is.
    fn axis(&mut self, at: [f64; 2]) {
        let free = self.point(at).is_some_and(|(y, x)| {
            let cell = (y / DOWN) * self.width + x / ACROSS;
            self.marks[cell].is_none() && matches!(self.inks[cell], None | Some(Ink::Axis))
        });
        if free {
            self.set(at, Ink::Axis);
        }
    }

    fn set(&mut self, at: [f64; 2], ink: Ink) {
        let Some((y, x)) = self.point(at) else { return };
        let cell = (y / DOWN) * self.width + x / ACROSS;
        self.bits[cell] |= BITS[y % DOWN][x % ACROSS];
        self.inks[cell] = Some(ink);
    }

    fn zero_lines(&mut self) {
        let (x, y) = (&self.panel.x, &self.panel.y);
        let inside = |r: (f64, f64)| r.0 < 0.0 && r.1 > 0.0;
        if x.scale == Scale::Linear && inside(x.range) {
            (0..self.height * DOWN).step_by(2).for_each(|row| {
                let at = [self.place([0.0, 0.0])[0], row as f64];
                self.axis(at);
            });
        }
        if y.scale == Scale::Linear && inside(y.range) {
            (0..self.width * ACROSS).step_by(2).for_each(|column| {
                let at = [column as f64, self.place([0.0, 0.0])[1]];
                self.axis(at);
            });
        }
    }

    fn layer(&mut self, shape: &Shape, ink: Ink, letter: Option<(char, usize)>) {
        match shape {
            Shape::Curve { pieces, dash, .. } => {
                for piece in pieces {
                    let mut gone = 0.0;
                    for pair in piece.windows(2) {
                        self.segment(self.place(pair[0]), self.place(pair[1]), ink, *dash, &mut gone);
                    }
                    if let Some((letter, place)) = letter {
                        self.lettered(piece, letter, place, ink);
                    }
                }
            }
            Shape::Dots(points, dot) => {
                for (row, column) in points.iter().filter_map(|p| self.cell(*p)).collect::<Vec<_>>() {
                    self.marks[row * self.width + column] = Some(if *dot == Dot::Full { '●' } else { '○' });
                    self.inks[row * self.width + column] = Some(ink);
                }
            }
            Shape::Arrows(arrows) => {
                for [from, to] in arrows {
                    self.segment(self.place(*from), self.place(*to), ink, Dash::Solid, &mut 0.0);
                }
            }
            Shape::Area(_) | Shape::Label(..) | Shape::OnLine(..) | Shape::Cells { .. } => {}
        }
    }

    /// The points between two, `gone` points from where the line began.
    fn segment(&mut self, from: [f64; 2], to: [f64; 2], ink: Ink, dash: Dash, gone: &mut f64) {
        if !from.iter().chain(&to).all(|v| v.is_finite()) {
            return;
        }
        // What is far outside needs no points of its own.
        let far = 4.0 * (self.width * ACROSS + self.height * DOWN) as f64;
        let steps = (to[0] - from[0]).abs().max((to[1] - from[1]).abs()).clamp(0.0, 64.0 * far);
        let count = steps.ceil().max(1.0);
        let drawn = |gone: f64| match dash {
            Dash::Solid => true,
            Dash::Dashed => gone % 8.0 < 5.0,
            Dash::Dotted => gone % 4.0 < 1.0,
        };
        for k in 0..=(count as u64) {
            let t = k as f64 / count;
            if drawn(*gone + t * steps) {
                self.set([from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])], ink);
            }
        }
        *gone += steps;
    }

    /// Letters on a line, so many characters apart; those of several lines stand at different places.
    fn lettered(&mut self, piece: &[[f64; 2]], letter: char, place: usize, ink: Ink) {
        let mut next = None;
        for pair in piece.windows(2) {
            let (from, to) = (self.place(pair[0]), self.place(pair[1]));
            let steps = (to[0] - from[0]).abs().max((to[1] - from[1]).abs()).ceil().clamp(1.0, 4000.0);
            for k in 0..=(steps as u64) {
                let t = k as f64 / steps;
                let at = [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])];
                let Some((row, column)) = self.point(at).map(|(y, x)| (y / DOWN, x / ACROSS)) else { continue };
                let first = column + APART - 1 - (column + APART - 1 - place % APART) % APART;
                if column < *next.get_or_insert(first) {
                    continue;
                }
                let cell = row * self.width + column;
                if self.marks[cell].is_none() {
                    (self.marks[cell], self.inks[cell]) = (Some(letter), Some(ink));
                }
                next = Some(column + APART);
            }
        }
    }

    fn line(&self, row: usize, colours: bool) -> String {
        let mut out = String::new();
        for cell in row * self.width..(row + 1) * self.width {
            let braille = char::from_u32(0x2800 + u32::from(self.bits[cell])).unwrap_or(' ');
            let c = self.marks[cell].unwrap_or(if self.bits[cell] == 0 { ' ' } else { braille });
            match self.inks[cell] {
                Some(ink) => out.push_str(&coloured(&c.to_string(), ink, colours)),
                None => out.push(c),
            }
        }
        out.trim_end().to_string()
    }
}
