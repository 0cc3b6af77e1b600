//! A diagram as characters: boxes of lines, and arrows that turn at right angles.

use crate::diagram::{Card, Diagram};
use crate::layered::{self, Nodes};

/// Between cards in a layer, and between layers.
const GAPS: [f64; 2] = [1.0, 4.0];
/// Sides that a line leaves a place by.
const LEFT: u8 = 1;
const RIGHT: u8 = 2;
const UP: u8 = 4;
const DOWN: u8 = 8;
/// The line with each set of sides.
const LINES: [char; 16] = [' ', '─', '─', '─', '│', '╯', '╰', '┴', '│', '╮', '╭', '┬', '│', '┤', '├', '┼'];

/// The diagram as lines of text; none where it is wider than this.
pub fn diagram_terminal(diagram: &Diagram, width: usize) -> Option<String> {
    let long = |text: &str| text.chars().count() as f64;
    let size = |card: &Card| {
        let wide = card.lines.iter().map(|l| long(&l.text)).fold(1.0, f64::max);
        [wide + 4.0, card.lines.len() as f64 + 2.0]
    };
    let sizes: Vec<[f64; 2]> = diagram.nodes.iter().map(size).collect();
    let label = |text: &str| (!text.is_empty()).then(|| [long(text) + 2.0, 1.0]);
    let edges: Vec<_> = diagram.arrows.iter().map(|a| (a.from, a.to, label(&a.label))).collect();
    let placed = layered::place(&Nodes { sizes: &sizes, edges: &edges, gaps: GAPS });
    if placed.size[0].ceil() as usize > width {
        return None;
    }
    let mut grid = Grid::new(placed.size[0].ceil() as usize + 1, placed.size[1].ceil() as usize + 1);
    placed.edges.iter().for_each(|way| grid.way(way));
    for (card, (centre, size)) in diagram.nodes.iter().zip(placed.nodes.iter().zip(&sizes)) {
        grid.card(card, corner(*centre, *size), *size);
    }
    for (arrow, centre) in diagram.arrows.iter().zip(&placed.labels) {
        let Some(centre) = centre else { continue };
        let [left, top] = corner(*centre, [long(&arrow.label), 1.0]);
        grid.text(left, top, &arrow.label);
    }
    let mut out = String::new();
    if !diagram.title.is_empty() {
        out.push_str(&format!("{}\n", diagram.title));
    }
    out.push_str(&grid.lines());
    diagram.notes.iter().for_each(|note| out.push_str(&format!("{note}\n")));
    Some(out)
}

fn corner([x, y]: [f64; 2], [width, height]: [f64; 2]) -> [usize; 2] {
    [(x - width / 2.0).round().max(0.0) as usize, (y - height / 2.0).round().max(0.0) as usize]
}

struct Grid {
    width: usize,
    sides: Vec<u8>,
    texts: Vec<Option<char>>,
}

impl Grid {
    fn new(width: usize, height: usize) -> Grid {
        Grid { width, sides: vec![0; width * height], texts: vec![None; width * height] }
    }

    fn join(&mut self, x: usize, y: usize, sides: u8) {
        if x < self.width
            && let Some(place) = self.sides.get_mut(y * self.width + x)
        {
            *place |= sides;
        }
    }

    fn put(&mut self, x: usize, y: usize, c: char) {
        if x < self.width
            && let Some(place) = self.texts.get_mut(y * self.width + x)
        {
            *place = Some(c);
        }
    }

    fn text(&mut self, left: usize, top: usize, text: &str) {
        text.chars().enumerate().for_each(|(k, c)| self.put(left + k, top, c));
    }

    fn card(&mut self, card: &Card, [left, top]: [usize; 2], [width, height]: [f64; 2]) {
        let (right, low) = (left + width as usize - 1, top + height as usize - 1);
        for y in top..=low {
            for x in left..=right {
                self.put(x, y, ' ');
            }
        }
        for x in left..=right {
            self.put(x, top, '─');
            self.put(x, low, '─');
        }
        for y in top..=low {
            self.put(left, y, '│');
            self.put(right, y, '│');
        }
        for (x, y, c) in [(left, top, '┌'), (right, top, '┐'), (left, low, '└'), (right, low, '┘')] {
            self.put(x, y, c);
        }
        for (k, line) in card.lines.iter().enumerate().filter(|(_, l)| !l.hidden) {
            self.text(left + 2, top + 1 + k, &line.text);
        }
    }

    /// A line through points, with a head at its end.
    fn way(&mut self, way: &[[f64; 2]]) {
        let place = |p: &[f64; 2]| [p[0].round().max(0.0) as usize, (p[1] - 0.5).round().max(0.0) as usize];
        let points: Vec<[usize; 2]> = way.iter().map(place).collect();
        for pair in points.windows(2) {
            let ([x0, y0], [x1, y1]) = (pair[0], pair[1]);
            let turn = if y0 == y1 { x1 } else { (x0 + 1).max(x1.saturating_sub(3)).min(x1) };
            self.level(x0, turn, y0);
            self.upright(turn, y0, y1);
            self.level(turn, x1, y1);
        }
        if let Some([x, y]) = points.last() {
            self.put(x.saturating_sub(1), *y, '▸');
        }
    }

    fn level(&mut self, from: usize, to: usize, y: usize) {
        for x in from..to {
            self.join(x, y, RIGHT);
            self.join(x + 1, y, LEFT);
        }
    }

    fn upright(&mut self, x: usize, from: usize, to: usize) {
        for y in from.min(to)..from.max(to) {
            self.join(x, y, DOWN);
            self.join(x, y + 1, UP);
        }
    }

    fn lines(&self) -> String {
        let mut out = String::new();
        for (sides, texts) in self.sides.chunks(self.width).zip(self.texts.chunks(self.width)) {
            let line: String = sides.iter().zip(texts).map(|(s, t)| t.unwrap_or(LINES[usize::from(*s & 15)])).collect();
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out.trim_end().to_string() + "\n"
    }
}
