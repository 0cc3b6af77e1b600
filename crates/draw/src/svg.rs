//! SVG files: one element for each item, with classes that say what it is.

use std::fmt::Write;

use crate::colour::{Rgb, Theme};
use crate::layout::{Item, Page, page};
use crate::scene::Scene;

/// All as wide as the font that places were computed with.
const FONTS: &str = "Arimo, Arial, 'Liberation Sans', Helvetica, sans-serif";

/// A scene as an SVG file. Each plot is a `rect` of class `frame` that says its ranges, for programs that read coordinates.
pub fn svg(scene: &Scene, theme: Theme) -> String {
    page_svg(&page(scene, theme), &scene.title)
}

/// A page as an SVG file.
pub fn page_svg(page: &Page, title: &str) -> String {
    let mut out = head(page, title);
    page.items.iter().for_each(|item| element(&mut out, item));
    out.push_str("</svg>\n");
    out
}

/// Pages of one size as an SVG file that shows them one after the other, each for so many seconds, again and again.
///
/// ```
/// use wrt_draw::{Scene, Theme, animated_svg, page};
/// let pages = ["one", "two"].map(|title| page(&Scene::new(title), Theme::Light));
/// let svg = animated_svg(&pages, "Two pages", 1.5);
/// assert_eq!(svg.matches("<animate ").count(), 2);
/// ```
pub fn animated_svg(pages: &[Page], title: &str, seconds: f64) -> String {
    let Some(first) = pages.first() else { return String::new() };
    let mut out = head(first, title);
    let count = pages.len() as f64;
    for (k, page) in pages.iter().enumerate() {
        let from = k as f64 / count;
        let to = (k + 1) as f64 / count;
        // The first moment of all is 0, and the last page stays to the end.
        let (values, times) = match (k == 0, k + 1 == pages.len()) {
            (true, true) => ("visible".to_string(), "0".to_string()),
            (true, false) => ("visible;hidden".to_string(), format!("0;{to:.5}")),
            (false, true) => ("hidden;visible".to_string(), format!("0;{from:.5}")),
            (false, false) => ("hidden;visible;hidden".to_string(), format!("0;{from:.5};{to:.5}")),
        };
        // Where nothing moves, the last page is seen.
        let still = if k + 1 == pages.len() { "visible" } else { "hidden" };
        let _ = writeln!(
            out,
            "<g class=\"step\" visibility=\"{still}\">\n<animate attributeName=\"visibility\" calcMode=\"discrete\" \
             values=\"{values}\" keyTimes=\"{times}\" dur=\"{}s\" repeatCount=\"indefinite\"/>",
            short(seconds * count)
        );
        page.items.iter().for_each(|item| element(&mut out, item));
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

/// The beginning of a file: its size, title and paper, and the frames of plots.
fn head(page: &Page, title: &str) -> String {
    let (width, height) = (short(page.width), short(page.height));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"{FONTS}\">\n"
    );
    if !title.is_empty() {
        out.push_str(&format!("<title>{}</title>\n", escaped(title)));
    }
    out.push_str(&format!("<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n", hex(page.paper)));
    for ([left, top, width, height], [x, y]) in &page.frames {
        let [left, top, width, height] = [left, top, width, height].map(|v| short(*v));
        // Nothing is lost by writing to a string.
        let _ = writeln!(
            out,
            "<rect class=\"frame\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"none\" \
             data-x=\"{:?} {:?}\" data-y=\"{:?} {:?}\"/>",
            x.0, x.1, y.0, y.1
        );
    }
    out
}

fn element(out: &mut String, item: &Item) {
    match item {
        Item::Path { class, points, closed, fill, stroke, opacity } => {
            let corners: Vec<String> = points.iter().map(|[x, y]| format!("{},{}", short(*x), short(*y))).collect();
            let shape = if *closed { "polygon" } else { "polyline" };
            let _ = write!(out, "<{shape} class=\"{class}\" points=\"{}\"", corners.join(" "));
            let _ = write!(out, " fill=\"{}\"", fill.map_or("none".to_string(), hex));
            if let Some((rgb, width, gaps)) = stroke {
                let _ = write!(
                    out,
                    " stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"",
                    hex(*rgb),
                    short(*width)
                );
                match gaps {
                    [] => out.push_str(" stroke-linecap=\"round\""),
                    gaps => {
                        let gaps: Vec<String> = gaps.iter().map(|g| short(*g)).collect();
                        let _ = write!(out, " stroke-dasharray=\"{}\"", gaps.join(" "));
                    }
                }
            }
            if *opacity < 1.0 {
                let _ = write!(out, " opacity=\"{}\"", short(*opacity));
            }
            out.push_str("/>\n");
        }
        Item::Circle { class, at: [x, y], radius, fill, stroke } => {
            let _ = write!(
                out,
                "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"{}\"",
                short(*x),
                short(*y),
                short(*radius)
            );
            let _ = write!(out, " fill=\"{}\"", hex(*fill));
            if let Some((rgb, width)) = stroke {
                let _ = write!(out, " stroke=\"{}\" stroke-width=\"{}\"", hex(*rgb), short(*width));
            }
            out.push_str("/>\n");
        }
        Item::Text { class, at: [x, y], size, rgb, text } => {
            let (x, y, size, fill) = (short(*x), short(*y), short(*size), hex(*rgb));
            let text = escaped(text);
            let _ = writeln!(
                out,
                "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{fill}\" xml:space=\"preserve\">{text}</text>"
            );
        }
    }
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Hundredths of pixels are enough.
fn short(x: f64) -> String {
    let text = format!("{x:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_string() } else { text.to_string() }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Other control characters are not allowed in XML.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
