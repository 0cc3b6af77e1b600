//! Labels in a plot: each is put where it covers no other text and as little of the curves as possible.

use crate::colour::{Ink, Theme};
use crate::font;
use crate::layout::{Item, TEXT};
use crate::scene::Side;

/// The labels of a panel, and what they should leave free.
pub struct Labels {
    /// Left, top, width, height.
    area: [f64; 4],
    wanted: Vec<(String, Place, Ink)>,
    /// Points of curves, a few pixels apart.
    busy: Vec<[f64; 2]>,
    /// Those of arrows and dots, which a label that may stand elsewhere never covers.
    marks: Vec<[f64; 2]>,
}

/// Where a label is wanted.
enum Place {
    /// At a point.
    Beside([f64; 2], Side),
    /// On one of these points, the first ones rather than the others.
    On(Vec<[f64; 2]>),
}

/// Between points of curves that are looked at.
const STEP: f64 = 4.0;
/// From a label to its point.
const DISTANCES: [f64; 4] = [9.0, 18.0, 32.0, 52.0];
/// So many places of a line are tried.
const PLACES: usize = 32;

impl Labels {
    pub fn new(area: [f64; 4]) -> Labels {
        Labels { area, wanted: Vec::new(), busy: Vec::new(), marks: Vec::new() }
    }

    /// A label at a point.
    pub fn beside(&mut self, text: String, at: [f64; 2], side: Side, ink: Ink) {
        self.wanted.push((text, Place::Beside(at, side), ink));
    }

    /// A label on a line, near so much of its way.
    pub fn on(&mut self, text: String, line: Vec<[f64; 2]>, share: f64, ink: Ink) {
        let last = line.len().saturating_sub(1) as f64;
        let mut places: Vec<(f64, [f64; 2])> = (0..=PLACES)
            .map(|k| k as f64 / PLACES as f64)
            .filter_map(|t| line.get((t * last).round() as usize).map(|at| ((t - share).abs(), *at)))
            .collect();
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.wanted.push((text, Place::On(places.into_iter().map(|(_, at)| at).collect()), ink));
    }

    /// A line that labels should not cover.
    pub fn keep_off(&mut self, line: &[[f64; 2]]) {
        self.busy.extend(along(line));
    }

    /// The same for an arrow or a dot.
    pub fn keep_free(&mut self, line: &[[f64; 2]]) {
        self.keep_off(line);
        self.marks.extend(along(line));
    }

    /// Writes them; gives those without room.
    pub fn place(self, items: &mut Vec<Item>, theme: Theme) -> Vec<String> {
        let (mut taken, mut left_out): (Vec<[f64; 4]>, Vec<String>) = (Vec::new(), Vec::new());
        for (text, place, ink) in &self.wanted {
            let Some(spot) = self.best(text, place, &taken) else {
                left_out.extend(matches!(place, Place::Beside(..)).then(|| text.clone()));
                continue;
            };
            taken.push(spot);
            let [x0, y0, x1, y1] = spot;
            items.push(Item::Path {
                class: "halo",
                points: vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]],
                closed: true,
                fill: Some(theme.rgb(Ink::Paper)),
                stroke: None,
                opacity: 0.8,
            });
            let baseline = [x0 + PAD, y1 - PAD - TEXT * 0.2];
            items.push(Item::Text {
                class: "label",
                at: baseline,
                size: TEXT,
                rgb: theme.rgb(*ink),
                text: text.clone(),
            });
        }
        left_out
    }

    /// The free rectangle that covers the least, the wanted side first.
    fn best(&self, text: &str, place: &Place, taken: &[[f64; 4]]) -> Option<[f64; 4]> {
        let size = [font::width(text, TEXT) + 2.0 * PAD, TEXT + 2.0 * PAD];
        let all: Vec<[f64; 4]> = match place {
            Place::Beside(at, side) => {
                DISTANCES.iter().flat_map(|d| sides(*side).map(move |s| spot(*at, size, s, *d))).collect()
            }
            Place::On(places) => {
                let all = places.iter().map(|at| spot(*at, size, (0.0, 0.0), 0.0));
                all.filter(|s| !self.marks.iter().any(|p| within(*p, s))).collect()
            }
        };
        let free = all.into_iter().filter(|s| self.holds(s) && !taken.iter().any(|t| overlap(s, t)));
        let covered = |s: &[f64; 4]| self.busy.iter().filter(|p| within(**p, s)).count();
        // Of those that cover equally much the first one, which is the nearest to what was wanted.
        free.enumerate().min_by_key(|(k, s)| covered(s) * 3 + k).map(|(_, s)| s)
    }

    fn holds(&self, [x0, y0, x1, y1]: &[f64; 4]) -> bool {
        let [left, top, width, height] = self.area;
        *x0 >= left && *y0 >= top && *x1 <= left + width && *y1 <= top + height
    }
}

/// Points of a line, a few pixels apart.
fn along(line: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut all: Vec<[f64; 2]> = line.first().copied().into_iter().collect();
    for pair in line.windows(2) {
        let [dx, dy] = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
        let steps = (dx.hypot(dy) / STEP).ceil().clamp(1.0, 1000.0);
        let at = |k: u32| [pair[0][0] + dx * f64::from(k) / steps, pair[0][1] + dy * f64::from(k) / steps];
        all.extend((1..=steps as u32).map(at));
    }
    all
}

/// Around a label's text.
const PAD: f64 = 3.0;

fn sides(first: Side) -> [(f64, f64); 8] {
    let mut all =
        [(1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (0.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
    let place = match first {
        Side::Right => 0,
        Side::Above => 1,
        Side::Left => 2,
        Side::Below => 3,
    };
    all.swap(0, place);
    all
}

/// The rectangle of that size at a side of a point.
fn spot([x, y]: [f64; 2], [width, height]: [f64; 2], (dx, dy): (f64, f64), distance: f64) -> [f64; 4] {
    let centre = [x + dx * (width / 2.0 + distance), y + dy * (height / 2.0 + distance)];
    [centre[0] - width / 2.0, centre[1] - height / 2.0, centre[0] + width / 2.0, centre[1] + height / 2.0]
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

fn within([x, y]: [f64; 2], [x0, y0, x1, y1]: &[f64; 4]) -> bool {
    (x0..=x1).contains(&&x) && (y0..=y1).contains(&&y)
}
