//! A page as points: each item's coverage, blended in order.

use zeno::{Cap, Command, Fill, Join, Mask, Point, Stroke, Style, Transform};

use crate::colour::Rgb;
use crate::font;
use crate::layout::{Item, Page};

/// Red, green and blue of each point, row by row.
pub struct Image {
    pub width: usize,
    pub height: usize,
    pub data: Vec<u8>,
}

/// The most points across, down and in all: programs that show pictures take no more, and memory has an end.
const SIDE: f64 = 16_384.0;
const POINTS: f64 = 6e7;

/// Draws a page with so many points for each pixel, or as many as there may be.
pub fn raster(page: &Page, scale: u32) -> Image {
    let (wide, high) = (page.width.ceil().max(1.0), page.height.ceil().max(1.0));
    let scale = f64::from(scale).min(SIDE / wide).min(SIDE / high).min((POINTS / (wide * high)).sqrt());
    let points = |pixels: f64| ((pixels * scale) as usize).max(1);
    let (width, height) = (points(wide), points(high));
    let mut image = Image { width, height, data: page.paper.repeat(width * height) };
    let scale = scale as f32;
    for item in &page.items {
        draw(&mut image, item, scale);
    }
    image
}

fn draw(image: &mut Image, item: &Item, scale: f32) {
    match item {
        Item::Path { points, closed, fill, stroke, opacity, .. } => {
            let path = polygon(points, *closed);
            if let Some(rgb) = fill {
                image.blend(&path, Fill::NonZero.into(), scale, *rgb, *opacity);
            }
            if let Some((rgb, width, gaps)) = stroke {
                let gaps: Vec<f32> = gaps.iter().map(|g| *g as f32).collect();
                let mut style = Stroke::new(*width as f32);
                style.join(Join::Round).cap(if gaps.is_empty() { Cap::Round } else { Cap::Butt }).dash(&gaps, 0.0);
                image.blend(&path, style.into(), scale, *rgb, *opacity);
            }
        }
        Item::Circle { at, radius, fill, stroke, .. } => {
            let path = circle(*at, *radius);
            image.blend(&path, Fill::NonZero.into(), scale, *fill, 1.0);
            if let Some((rgb, width)) = stroke {
                image.blend(&path, Stroke::new(*width as f32).into(), scale, *rgb, 1.0);
            }
        }
        Item::Text { at, size, rgb, text, .. } => {
            image.blend(&font::outline(text, *size, *at), Fill::NonZero.into(), scale, *rgb, 1.0);
        }
    }
}

fn point([x, y]: [f64; 2]) -> Point {
    Point::new(x as f32, y as f32)
}

fn polygon(points: &[[f64; 2]], closed: bool) -> Vec<Command> {
    let mut path: Vec<Command> = points.iter().map(|p| Command::LineTo(point(*p))).collect();
    if let Some(Command::LineTo(first)) = path.first().copied() {
        path[0] = Command::MoveTo(first);
    }
    path.extend(closed.then_some(Command::Close));
    path
}

/// Four Bézier curves, which differ from a circle by less than a thousandth of its radius.
fn circle([x, y]: [f64; 2], r: f64) -> Vec<Command> {
    let k = 0.552_284_75 * r;
    let p = |dx: f64, dy: f64| point([x + dx, y + dy]);
    vec![
        Command::MoveTo(p(r, 0.0)),
        Command::CurveTo(p(r, k), p(k, r), p(0.0, r)),
        Command::CurveTo(p(-k, r), p(-r, k), p(-r, 0.0)),
        Command::CurveTo(p(-r, -k), p(-k, -r), p(0.0, -r)),
        Command::CurveTo(p(k, -r), p(r, -k), p(r, 0.0)),
        Command::Close,
    ]
}

impl Image {
    fn blend(&mut self, path: &[Command], style: Style<'_>, scale: f32, rgb: Rgb, opacity: f64) {
        if path.is_empty() {
            return;
        }
        let (mask, at) = Mask::new(path).style(style).transform(Some(Transform::scale(scale, scale))).render();
        let share = (opacity.clamp(0.0, 1.0) * 256.0).round() as u32;
        // Of a line that crosses the page most points are not covered: eight at once are passed over.
        const EMPTY: [u8; 8] = [0; 8];
        // Sixteen shades make an edge smooth, and leave a picture with few colours.
        const STEP: u32 = 17;
        for (row, line) in mask.chunks((at.width as usize).max(1)).enumerate() {
            let Some(y) = inside(at.top, row, self.height) else { continue };
            for (eight, covers) in line.chunks(EMPTY.len()).enumerate().filter(|(_, covers)| **covers != EMPTY) {
                for (one, cover) in covers.iter().enumerate().filter(|(_, cover)| **cover > 0) {
                    let Some(x) = inside(at.left, eight * EMPTY.len() + one, self.width) else { continue };
                    let place = (y * self.width + x) * 3;
                    let cover = STEP * ((u32::from(*cover) + STEP / 2) / STEP) * share / 256;
                    for (own, new) in self.data[place..place + 3].iter_mut().zip(rgb) {
                        let mixed = u32::from(*own) * (255 - cover) + u32::from(new) * cover;
                        *own = ((mixed + 127) / 255) as u8;
                    }
                }
            }
        }
    }
}

fn inside(start: i32, more: usize, size: usize) -> Option<usize> {
    usize::try_from(i64::from(start) + more as i64).ok().filter(|k| *k < size)
}
