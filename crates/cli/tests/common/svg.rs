//! Reading the pictures: texts, lines and points with their places, in pixels and in the coordinates of the axes.

use std::path::PathBuf;

use super::{Run, wrt};

/// A picture that was read.
pub struct Picture {
    pub text: String,
}

/// A plot: left, top, width, height, and the ranges of its axes.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub area: [f64; 4],
    pub ranges: [[f64; 2]; 2],
}

/// A file of its own for a test.
pub fn place(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Runs a command that draws, and reads the SVG.
pub fn draw(name: &str, args: &[&str]) -> Picture {
    let path = place(&format!("{name}.svg"));
    let done = draw_to(&path, args);
    assert_eq!(done.code, Some(0), "{args:?}: {}", done.stderr);
    Picture { text: std::fs::read_to_string(&path).unwrap() }
}

pub fn draw_to(path: &std::path::Path, args: &[&str]) -> Run {
    wrt(&[args, &["-o", path.to_str().unwrap()]].concat(), b"")
}

fn attribute<'t>(element: &'t str, name: &str) -> Option<&'t str> {
    let start = element.find(&format!(" {name}=\""))? + name.len() + 3;
    element[start..].split('"').next()
}

fn number(element: &str, name: &str) -> f64 {
    attribute(element, name).unwrap().parse().unwrap()
}

impl Picture {
    fn elements<'t>(&'t self, class: &str) -> impl Iterator<Item = &'t str> {
        let class = format!(" class=\"{class}\"");
        self.text.lines().filter(move |l| l.contains(&class))
    }

    /// The texts of a class.
    pub fn texts(&self, class: &str) -> Vec<String> {
        let inside = |l: &str| l.split_once('>').unwrap().1.split("</text>").next().unwrap().to_string();
        let plain = |t: String| t.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        self.elements(class).filter(|l| l.starts_with("<text")).map(inside).map(plain).collect()
    }

    pub fn frames(&self) -> Vec<Frame> {
        let pair = |l: &str, name: &str| {
            let all: Vec<f64> = attribute(l, name).unwrap().split(' ').map(|n| n.parse().unwrap()).collect();
            [all[0], all[1]]
        };
        let frame = |l: &str| Frame {
            area: ["x", "y", "width", "height"].map(|n| number(l, n)),
            ranges: [pair(l, "data-x"), pair(l, "data-y")],
        };
        self.elements("frame").map(frame).collect()
    }

    /// The lines of a class with their colours, in the coordinates of a frame's axes.
    pub fn lines(&self, class: &str, frame: Frame) -> Vec<(String, Vec<[f64; 2]>)> {
        let point = |p: &str| {
            let (x, y) = p.split_once(',').unwrap();
            frame.value([x.parse().unwrap(), y.parse().unwrap()])
        };
        let line = |l: &str| {
            let points = attribute(l, "points").unwrap().split(' ').map(point).collect();
            (attribute(l, "stroke").unwrap_or("none").to_string(), points)
        };
        self.elements(class).map(line).collect()
    }

    /// The points of a class, in the coordinates of a frame's axes.
    pub fn dots(&self, class: &str, frame: Frame) -> Vec<[f64; 2]> {
        self.elements(class).map(|l| frame.value([number(l, "cx"), number(l, "cy")])).collect()
    }

    /// No two texts meet, as far as the lengths of their words tell: half an em for a character.
    pub fn assert_texts_apart(&self) {
        let texts = self.text.lines().filter(|l| l.starts_with("<text"));
        let spot = |l: &str| {
            let (size, x, y) = (number(l, "font-size"), number(l, "x"), number(l, "y"));
            let long = l.split_once('>').unwrap().1.split("</text>").next().unwrap().chars().count() as f64;
            ([x, y - 0.7 * size, x + long * size * 0.42, y + 0.1 * size], l.to_string())
        };
        let all: Vec<([f64; 4], String)> = texts.map(spot).collect();
        for (k, (a, one)) in all.iter().enumerate() {
            for (b, other) in &all[k + 1..] {
                let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                assert!(apart, "{one}\nmeets\n{other}");
            }
        }
    }
}

/// The height of a line at a place, between its points; none where it is not.
pub fn height(line: &[[f64; 2]], x: f64) -> Option<f64> {
    let pair = line.windows(2).find(|w| w[0][0] <= x && x <= w[1][0])?;
    let [[x0, y0], [x1, y1]] = [pair[0], pair[1]];
    Some(if x1 == x0 { y0 } else { y0 + (x - x0) / (x1 - x0) * (y1 - y0) })
}

impl Frame {
    pub fn value(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [left, top, width, height] = self.area;
        let [[x0, x1], [y0, y1]] = self.ranges;
        [x0 + (x - left) / width * (x1 - x0), y1 - (y - top) / height * (y1 - y0)]
    }

    /// How much a value may be off, of what half a hundredth of a pixel is in each direction.
    pub fn slack(&self) -> f64 {
        0.012 * (self.ranges[1][1] - self.ranges[1][0]) / self.area[3]
    }
}
