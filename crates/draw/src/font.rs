//! The one font of pictures, part of the program: how wide a text is, and the outlines of its characters.

use std::sync::LazyLock;

use ttf_parser::{Face, GlyphId, OutlineBuilder};
use zeno::{Command, Point};

/// Arimo Regular, with the characters of Latin, Greek and mathematics (`font/README.md`).
static FONT: LazyLock<Option<Face<'static>>> =
    LazyLock::new(|| Face::parse(include_bytes!("../font/Arimo-subset.ttf"), 0).ok());

/// What stands for a character that the font lacks.
const MISSING: char = '?';

fn glyph(face: &Face<'_>, c: char) -> Option<GlyphId> {
    face.glyph_index(c).or_else(|| face.glyph_index(MISSING))
}

/// How far the common characters move the pen: they are looked up in the font once, as layouts measure each text often.
static COMMON: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let common = (0..u32::from(COMMON_END)).map(|c| char::from_u32(c).unwrap_or(MISSING));
    FONT.as_ref().map(|face| common.map(|c| looked_up(face, c)).collect()).unwrap_or_default()
});

/// Behind the Latin letters.
const COMMON_END: u8 = 0x80;

/// How far a character moves the pen, in ems.
fn advance(face: &Face<'_>, c: char) -> f64 {
    COMMON.get(c as usize).copied().unwrap_or_else(|| looked_up(face, c))
}

fn looked_up(face: &Face<'_>, c: char) -> f64 {
    let units = glyph(face, c).and_then(|g| face.glyph_hor_advance(g)).unwrap_or(0);
    f64::from(units) / f64::from(face.units_per_em())
}

/// How wide a text is in pixels at a size.
pub fn width(text: &str, size: f64) -> f64 {
    let Some(face) = FONT.as_ref() else { return 0.0 };
    text.chars().map(|c| advance(face, c)).sum::<f64>() * size
}

/// The text, or its beginning with an ellipsis, so that it is no wider than this.
pub fn fitted(text: &str, size: f64, most: f64) -> String {
    let ellipsis = width("…", size);
    let (mut wide, mut room) = (0.0, 0);
    for (at, c) in text.char_indices() {
        if wide + ellipsis <= most {
            room = at;
        }
        wide += width(c.encode_utf8(&mut [0; 4]), size);
        if wide > most {
            return format!("{}…", &text[..room]);
        }
    }
    text.to_string()
}

/// A sentence as lines that are no wider than this.
pub fn wrapped(text: &str, size: f64, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let (space, mut used) = (width(" ", size), 0.0);
    let mut rest = text.split_whitespace();
    while let Some(word) = rest.next() {
        // What something is equal to begins with its sign.
        let word = match rest.clone().next().filter(|_| word == "=") {
            Some(next) => {
                rest.next();
                &format!("= {next}")
            }
            None => word,
        };
        let own = width(word, size);
        match lines.last_mut().filter(|_| used + space + own <= most) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
                used += space + own;
            }
            None => {
                lines.push(fitted(word, size, most));
                used = own.min(most);
            }
        }
    }
    lines
}

/// The outlines of a text whose baseline begins at a place.
pub fn outline(text: &str, size: f64, at: [f64; 2]) -> Vec<Command> {
    let mut pen = Pen { commands: Vec::new(), scale: 0.0, at };
    let Some(face) = FONT.as_ref() else { return pen.commands };
    pen.scale = size / f64::from(face.units_per_em());
    for c in text.chars() {
        let Some(id) = glyph(face, c) else { continue };
        face.outline_glyph(id, &mut pen);
        pen.at[0] += f64::from(face.glyph_hor_advance(id).unwrap_or(0)) * pen.scale;
    }
    pen.commands
}

struct Pen {
    commands: Vec<Command>,
    scale: f64,
    at: [f64; 2],
}

impl Pen {
    fn point(&self, x: f32, y: f32) -> Point {
        let [left, base] = self.at;
        Point::new((left + f64::from(x) * self.scale) as f32, (base - f64::from(y) * self.scale) as f32)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.commands.push(Command::MoveTo(self.point(x, y)));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.commands.push(Command::LineTo(self.point(x, y)));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.commands.push(Command::QuadTo(self.point(x1, y1), self.point(x, y)));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.commands.push(Command::CurveTo(self.point(x1, y1), self.point(x2, y2), self.point(x, y)));
    }

    fn close(&mut self) {
        self.commands.push(Command::Close);
    }
}
