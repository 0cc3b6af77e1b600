//! Pictures of graphs: boxes with lines of text, and arrows between them with a label each.

use crate::colour::{Ink, Theme};
use crate::font;
use crate::layered::{self, Nodes, Placed};
use crate::layout::{Item, Page, Pen, TEXT};
use crate::scene::Dash;

/// A graph to be drawn, from left to right.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Diagram {
    /// The line on top; nothing if empty.
    pub title: String,
    /// Those below before those above.
    pub nodes: Vec<Card>,
    /// From an earlier node to a later one.
    pub arrows: Vec<Arrow>,
    /// What the colours stand for.
    pub legend: Vec<(Ink, String)>,
    /// Sentences below.
    pub notes: Vec<String>,
}

/// A node.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    /// Its lines.
    pub lines: Vec<CardLine>,
    /// The colour of its border.
    pub ink: Ink,
    /// Its border.
    pub border: Dash,
    /// Does it stand for several, and has a second border?
    pub stacked: bool,
    /// Is it drawn as what is looked at now?
    pub lit: bool,
}

/// A line in a node.
#[derive(Clone, PartialEq, Debug)]
pub struct CardLine {
    /// What it says.
    pub text: String,
    /// Its colour.
    pub ink: Ink,
    /// Has it its room, but is not written?
    pub hidden: bool,
}

/// An edge.
#[derive(Clone, PartialEq, Debug)]
pub struct Arrow {
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// What stands on it; nothing if empty.
    pub label: String,
    /// The colour of the label.
    pub ink: Ink,
    /// Has the label its room, but is not written?
    pub hidden: bool,
}

impl CardLine {
    /// A line that is written.
    pub fn new(text: impl Into<String>, ink: Ink) -> CardLine {
        CardLine { text: text.into(), ink, hidden: false }
    }
}

const MARGIN: f64 = 28.0;
const TITLE: f64 = 18.0;
/// Inside a card, and from line to line.
const PAD: f64 = 10.0;
const LINE: f64 = 19.0;
/// From line to line of a label, and around it.
const LABEL_LINE: f64 = 17.0;
const LABEL_PAD: f64 = 5.0;
/// Between cards in a layer, and between layers.
const GAPS: [f64; 2] = [20.0, 18.0];
/// Lines of cards are no wider.
const WIDEST: f64 = 270.0;
/// A label that is wider has its last equals sign in a line of its own, and its lines are no wider than that.
const LABEL: f64 = 150.0;
const WIDEST_LABEL: f64 = 200.0;
/// No more characters than this have room in a card's line with all its parts.
const LONGEST: usize = 400;
/// A line of a card has at most so many parts.
const FURTHER: usize = 3;
const ROUND: f64 = 7.0;
/// The narrowest page.
const NARROW: f64 = 420.0;

/// Lays a diagram out.
///
/// ```
/// use wrt_draw::{Arrow, Card, CardLine, Dash, Diagram, Ink, Theme, diagram_page};
/// let card = |text: &str| Card {
///     lines: vec![CardLine::new(text, Ink::Text)], ink: Ink::Axis, border: Dash::Solid, stacked: false, lit: false,
/// };
/// let arrow = Arrow { from: 0, to: 1, label: "2".into(), ink: Ink::Secondary, hidden: false };
/// let diagram = Diagram { nodes: vec![card("w"), card("w^2")], arrows: vec![arrow], ..Diagram::default() };
/// let page = diagram_page(&diagram, Theme::Light);
/// assert_eq!(page.items.iter().filter(|i| i.text_box().is_some()).count(), 3);
/// ```
pub fn diagram_page(diagram: &Diagram, theme: Theme) -> Page {
    let placed = placed(diagram);
    let mut pen = Pen::new(theme);
    let width = (placed.size[0] + 2.0 * MARGIN).max(NARROW);
    let mut y = MARGIN;
    if !diagram.title.is_empty() {
        let title = font::fitted(&diagram.title, TITLE, width - 2.0 * MARGIN);
        pen.text("title", [MARGIN, y + TITLE * 0.8], TITLE, Ink::Text, title);
        y += TITLE + 12.0;
    }
    y = legend(&mut pen, diagram, y, width);
    let corner = [(width - placed.size[0]) / 2.0, y + 6.0];
    let at = |[x, y]: [f64; 2]| [corner[0] + x, corner[1] + y];
    for way in &placed.edges {
        arrow(&mut pen, &way.iter().map(|p| at(*p)).collect::<Vec<_>>());
    }
    for (card, centre) in diagram.nodes.iter().zip(&placed.nodes) {
        draw_card(&mut pen, card, at(*centre));
    }
    for (edge, centre) in diagram.arrows.iter().zip(&placed.labels) {
        if let Some(centre) = centre.filter(|_| !edge.hidden) {
            label(&mut pen, edge, at(centre));
        }
    }
    y = corner[1] + placed.size[1] + 8.0;
    for note in &diagram.notes {
        for line in font::wrapped(note, TEXT, width - 2.0 * MARGIN) {
            y += TEXT + 5.0;
            pen.text("note", [MARGIN, y], TEXT, Ink::Secondary, line);
        }
        y += 3.0;
    }
    Page { width, height: y + MARGIN - 6.0, paper: theme.rgb(Ink::Paper), frames: Vec::new(), items: pen.items }
}

fn placed(diagram: &Diagram) -> Placed {
    let sizes: Vec<[f64; 2]> = diagram.nodes.iter().map(card_size).collect();
    let label = |a: &Arrow| {
        let lines = label_lines(&a.label);
        let wide = lines.iter().map(|l| font::width(l, TEXT)).fold(0.0, f64::max);
        let high = (lines.len() as f64 - 1.0) * LABEL_LINE + TEXT;
        (!lines.is_empty()).then_some([wide + 2.0 * LABEL_PAD, high + 2.0 * LABEL_PAD])
    };
    let edges: Vec<(usize, usize, Option<[f64; 2]>)> =
        diagram.arrows.iter().map(|a| (a.from, a.to, label(a))).collect();
    layered::place(&Nodes { sizes: &sizes, edges: &edges, gaps: GAPS })
}

/// The lines as they are written: a long one goes on in further ones.
fn broken(card: &Card) -> Vec<(&CardLine, String)> {
    let mut all = Vec::new();
    for line in &card.lines {
        let end = line.text.char_indices().nth(LONGEST).map_or(line.text.len(), |(at, _)| at);
        let mut parts = font::wrapped(&line.text[..end], TEXT, WIDEST);
        let more = parts.len() > FURTHER || end < line.text.len();
        parts.truncate(FURTHER);
        if let Some(last) = parts.last_mut().filter(|_| more) {
            *last = font::fitted(&format!("{last} …"), TEXT, WIDEST);
        }
        all.extend(parts.into_iter().map(|part| (line, part)));
    }
    all
}

fn card_size(card: &Card) -> [f64; 2] {
    let lines = broken(card);
    let wide = lines.iter().map(|(_, text)| font::width(text, TEXT)).fold(24.0, f64::max);
    [wide + 2.0 * PAD, lines.len() as f64 * LINE + 2.0 * PAD - 4.0]
}

fn draw_card(pen: &mut Pen, card: &Card, [x, y]: [f64; 2]) {
    let [width, height] = card_size(card);
    let (left, top) = (x - width / 2.0, y - height / 2.0);
    if card.stacked {
        pen.outlined("stack", rounded([left + 4.0, top - 4.0], [width, height]), card.ink, card.border, 1.2);
    }
    let wide = if card.lit { 3.0 } else { 1.5 };
    pen.outlined("card", rounded([left, top], [width, height]), card.ink, card.border, wide);
    for (k, (line, text)) in broken(card).into_iter().enumerate().filter(|(_, (line, _))| !line.hidden) {
        let base = top + PAD + k as f64 * LINE + TEXT * 0.85;
        pen.text("line", [left + PAD, base], TEXT, line.ink, text);
    }
}

/// A label's lines: what it comes to is never cut off.
fn label_lines(text: &str) -> Vec<String> {
    let lines = |text: &str, most: usize| {
        let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
        let mut lines = font::wrapped(&text[..end], TEXT, WIDEST_LABEL);
        let more = lines.len() > most || end < text.len();
        lines.truncate(most);
        if let Some(last) = lines.last_mut().filter(|_| more) {
            *last = font::fitted(&format!("{last} …"), TEXT, WIDEST_LABEL);
        }
        lines
    };
    let long = text.len() > LONGEST || font::width(text, TEXT) > LABEL;
    match text.rsplit_once(" = ").filter(|_| long) {
        Some((head, value)) => {
            let mut all = lines(head, FURTHER);
            all.extend(lines(&format!("= {value}"), 1));
            all
        }
        None => lines(text, FURTHER),
    }
}

fn label(pen: &mut Pen, edge: &Arrow, [x, y]: [f64; 2]) {
    let lines = label_lines(&edge.label);
    let wide = lines.iter().map(|l| font::width(l, TEXT)).fold(0.0, f64::max) + LABEL_PAD;
    let more = (lines.len() as f64 - 1.0) * LABEL_LINE;
    let high = more + TEXT + LABEL_PAD;
    let corners = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]];
    pen.fill("halo", corners.map(|[a, b]| [x + a * wide, y + b * high]).to_vec(), Ink::Paper, 1.0);
    for (k, line) in lines.into_iter().enumerate() {
        let start = x - font::width(&line, TEXT) / 2.0;
        pen.text("edge", [start, y - more / 2.0 + k as f64 * LABEL_LINE + TEXT * 0.36], TEXT, edge.ink, line);
    }
}

/// A line through the points, level in each of them, with a head at its end.
fn arrow(pen: &mut Pen, way: &[[f64; 2]]) {
    /// The head.
    const LONG: f64 = 9.0;
    const HALF: f64 = 4.0;
    let Some([x, y]) = way.last().copied() else { return };
    let mut points: Vec<[f64; 2]> = Vec::new();
    for (k, pair) in way.windows(2).enumerate() {
        let (from, mut to) = (pair[0], pair[1]);
        if k + 2 == way.len() {
            to[0] -= LONG - 1.0;
        }
        for point in bend(from, to) {
            // A level way is told by its ends, however many layers it passes.
            let level = |a: &[f64; 2]| (a[1] - point[1]).abs() < 0.01;
            if points.len() > 1 && points[points.len() - 2..].iter().all(level) {
                points.pop();
            }
            points.push(point);
        }
    }
    pen.line("arrow", points, Ink::Axis, 1.4, Dash::Solid);
    pen.fill("head", vec![[x, y], [x - LONG, y - HALF], [x - LONG, y + HALF]], Ink::Axis, 1.0);
}

/// From a point to another, level at both.
fn bend(from: [f64; 2], to: [f64; 2]) -> Vec<[f64; 2]> {
    const STEPS: u32 = 16;
    if (from[1] - to[1]).abs() < 0.5 {
        return vec![from, to];
    }
    let at = |t: f64| {
        let rise = t * t * (3.0 - 2.0 * t);
        [from[0] + t * (to[0] - from[0]), from[1] + rise * (to[1] - from[1])]
    };
    (0..=STEPS).map(|k| at(f64::from(k) / f64::from(STEPS))).collect()
}

/// A rectangle with round corners.
fn rounded([left, top]: [f64; 2], [width, height]: [f64; 2]) -> Vec<[f64; 2]> {
    const STEPS: u32 = 5;
    let centres = [
        [left + width - ROUND, top + ROUND],
        [left + width - ROUND, top + height - ROUND],
        [left + ROUND, top + height - ROUND],
        [left + ROUND, top + ROUND],
    ];
    let mut points = Vec::with_capacity(4 * (STEPS as usize + 1));
    for (quarter, [x, y]) in centres.into_iter().enumerate() {
        for k in 0..=STEPS {
            let turn = (quarter as f64 - 1.0 + f64::from(k) / f64::from(STEPS)) * std::f64::consts::FRAC_PI_2;
            points.push([x + ROUND * turn.cos(), y + ROUND * turn.sin()]);
        }
    }
    points
}

/// What the colours stand for, side by side and line by line.
fn legend(pen: &mut Pen, diagram: &Diagram, top: f64, width: f64) -> f64 {
    if diagram.legend.is_empty() {
        return top;
    }
    let (mut x, mut y) = (MARGIN, top);
    for (ink, text) in &diagram.legend {
        let wide = font::width(text, TEXT) + 16.0;
        if x > MARGIN && x + wide > width - MARGIN {
            (x, y) = (MARGIN, y + LINE);
        }
        pen.fill("sample", rounded_dot([x + 4.0, y + TEXT * 0.5]), *ink, 1.0);
        pen.text("legend", [x + 14.0, y + TEXT * 0.86], TEXT, Ink::Text, text.clone());
        x += wide + 20.0;
    }
    y + LINE + 4.0
}

fn rounded_dot([x, y]: [f64; 2]) -> Vec<[f64; 2]> {
    let turn = |k: u32| f64::from(k) / 16.0 * std::f64::consts::TAU;
    (0..16).map(|k| [x + 4.0 * turn(k).cos(), y + 4.0 * turn(k).sin()]).collect()
}

impl Pen {
    /// A shape on the page's colour with a border.
    fn outlined(&mut self, class: &'static str, points: Vec<[f64; 2]>, ink: Ink, dash: Dash, width: f64) {
        let fill = Some(self.theme.rgb(Ink::Paper));
        let stroke = Some((self.theme.rgb(ink), width, dash.lengths()));
        self.items.push(Item::Path { class, points, closed: true, fill, stroke, opacity: 1.0 });
    }
}
