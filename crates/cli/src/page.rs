//! Pages: a file with pictures, tables and formulas in MathML, which needs no other and no network.

use std::path::{Path, PathBuf};

use wrt::Form;
use wrt::session::{Scope, Session, mathml};
use wrt_draw::{Theme, number};

use crate::failure::Failure;
use crate::whole::write_whole;

/// Where a page goes.
#[derive(clap::Args)]
pub struct Html {
    /// Write a page with the picture, the numbers and the formulas to a file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// Something in a table.
pub enum Cell {
    /// A text.
    Text(String),
    /// A formula in LaTeX.
    Math(String),
}

/// A page.
pub struct Page {
    title: String,
    body: String,
    /// The only theme, if the reader's own is not to be followed.
    theme: Option<Theme>,
}

/// Colours and distances; the paper is that of the pictures (`wrt_draw::Theme`).
const STYLE: &str = ":root { color-scheme: light dark; --paper: #ffffff; --ink: #1a1a1a; --soft: #555555; --line: #dddddd; }
.dark { --paper: #15171c; --ink: #ececec; --soft: #b4b8bf; --line: #3a3f48; }
@media (prefers-color-scheme: dark) { :root { --paper: #15171c; --ink: #ececec; --soft: #b4b8bf; --line: #3a3f48; } }
body { font: 17px/1.5 Arimo, Arial, 'Liberation Sans', Helvetica, sans-serif; margin: 0; background: var(--paper); color: var(--ink); }
main { max-width: 72em; margin: 0 auto; padding: 1.5em; }
h1 { font-size: 1.4em; font-weight: normal; overflow-x: auto; }
p { max-width: 60em; }
p.formula { max-width: none; overflow-x: auto; }
/* Fonts that know how tall a bracket has to be; the browser's own choice is often none of them. */
math { font-family: 'STIX Two Math', 'Cambria Math', 'Latin Modern Math', 'TeX Gyre Termes Math', 'Libertinus Math', 'Noto Sans Math', 'DejaVu Math TeX Gyre', math; math-style: normal; }
mtable.menv-cells-left mtd { text-align: left; }
figure { margin: 1em 0; overflow-x: auto; }
svg { display: block; max-width: 100%; height: auto; }
summary { color: var(--soft); cursor: pointer; }
div.scroll { overflow-x: auto; margin: 1em 0; }
table { border-collapse: collapse; }
th, td { padding: 0.3em 0.7em; text-align: left; border-bottom: 1px solid var(--line); vertical-align: baseline; }
th { font-weight: normal; color: var(--soft); }
p.note, td.rule { color: var(--soft); }
td.rule { white-space: nowrap; }
table.lines td { border: none; padding: 0.35em 0.4em; }
figure.at-night { display: none; }
@media (prefers-color-scheme: dark) { figure.by-day { display: none; } figure.at-night { display: block; } }
";

/// The least size of a picture, as a share of its own.
const SMALLEST: f64 = 0.7;

impl Page {
    /// An empty page; in one theme, or in that of its reader.
    pub fn new(title: &str, theme: Option<Theme>) -> Page {
        Page { title: title.lines().next().unwrap_or_default().to_string(), body: String::new(), theme }
    }

    /// The page's heading.
    pub fn heading(&mut self, cell: &Cell) {
        self.body.push_str(&format!("<h1>{}</h1>\n", cell.html()));
    }

    /// A formula in LaTeX on a line of its own.
    pub fn formula(&mut self, latex: &str) {
        self.body.push_str(&format!("<p class=\"formula\">{}</p>\n", mathml(latex)));
    }

    /// A sentence.
    pub fn sentence(&mut self, text: &str) {
        self.body.push_str(&format!("<p class=\"note\">{}</p>\n", escaped(text)));
    }

    /// A picture, which is drawn in each theme that a reader may have.
    pub fn picture(&mut self, draw: &dyn Fn(Theme) -> String) {
        let figures = self.figures(draw);
        self.body.push_str(&figures);
    }

    /// A picture that a reader opens.
    pub fn opened(&mut self, summary: &str, draw: &dyn Fn(Theme) -> String) {
        let figures = self.figures(draw);
        self.body.push_str(&format!("<details>\n<summary>{}</summary>\n{figures}</details>\n", escaped(summary)));
    }

    fn figures(&self, draw: &dyn Fn(Theme) -> String) -> String {
        let all: &[(&str, Theme)] = match self.theme {
            Some(Theme::Light) => &[("", Theme::Light)],
            Some(Theme::Dark) => &[("", Theme::Dark)],
            None => &[("by-day", Theme::Light), ("at-night", Theme::Dark)],
        };
        let figure = |(class, theme): &(&str, Theme)| {
            let svg = draw(*theme);
            // A wide picture scrolls before its words become too small to be read.
            let wide = svg.split_once("width=\"").and_then(|(_, rest)| rest.split('"').next()?.parse::<f64>().ok());
            let least = wide.unwrap_or(0.0) * SMALLEST;
            format!("<figure class=\"{class}\">\n<div style=\"min-width: {least:.0}px\">\n{svg}</div></figure>\n")
        };
        all.iter().map(figure).collect()
    }

    /// Rows, the first of which is the heading.
    pub fn table(&mut self, rows: &[Vec<Cell>]) {
        let row = |(k, cells): (usize, &Vec<Cell>)| {
            let tag = if k == 0 { "th" } else { "td" };
            let cells: String = cells.iter().map(|c| format!("<{tag}>{}</{tag}>", c.html())).collect();
            format!("<tr>{cells}</tr>\n")
        };
        let rows: String = rows.iter().enumerate().map(row).collect();
        self.body.push_str(&format!("<div class=\"scroll\"><table>\n{rows}</table></div>\n"));
    }

    /// Equations below each other: left side, right side, and why.
    pub fn equations(&mut self, heading: &str, lines: &[(String, String)]) {
        let line = |(k, (formula, why)): (usize, &(String, String))| {
            let head = if k == 0 { mathml(heading) } else { String::new() };
            format!(
                "<tr><td>{head}</td><td>=</td><td>{}</td><td class=\"rule\">{}</td></tr>\n",
                mathml(formula),
                escaped(why)
            )
        };
        let lines: String = lines.iter().enumerate().map(line).collect();
        self.body.push_str(&format!("<div class=\"scroll\"><table class=\"lines\">\n{lines}</table></div>\n"));
    }

    /// The whole file.
    pub fn html(&self) -> String {
        let (class, scheme) = match self.theme {
            None => ("", ""),
            Some(Theme::Light) => (" class=\"light\"", " style=\"color-scheme: light\""),
            Some(Theme::Dark) => (" class=\"dark\"", " style=\"color-scheme: dark\""),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n\
             <body{class}{scheme}>\n<main>\n{}</main>\n</body>\n</html>\n",
            escaped(&self.title),
            self.body
        )
    }

    /// Writes the file, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        write_whole(path, self.html().as_bytes())
    }
}

impl Cell {
    /// A number with as many digits as it deserves.
    pub fn number(x: f64, digits: usize) -> Cell {
        Cell::Math(number_latex(&number(x, digits)))
    }

    /// A text as its formulas, as people write them; as it stands, where one of its statements is more than that.
    pub fn statements(text: &str) -> Cell {
        let statement = |part: &str| {
            let (head, formula) = part.split_once('=').filter(|(head, _)| is_name(head.trim())).unwrap_or(("", part));
            let head = match head.trim() {
                "" => String::new(),
                name => format!("{} = ", wrt::session::written_name(Form::Latex, name)),
            };
            Some(head + &latex(formula)?)
        };
        let all: Option<Vec<String>> =
            text.split(';').map(str::trim).filter(|t| !t.is_empty()).map(statement).collect();
        all.map_or_else(|| Cell::Text(text.to_string()), |all| Cell::Math(all.join(";\\quad ")))
    }

    /// A formula of numbers in the language, as people write it; as it stands, if it is none.
    pub fn formula(text: &str) -> Cell {
        latex(text).map_or_else(|| Cell::Text(text.to_string()), Cell::Math)
    }

    fn html(&self) -> String {
        match self {
            Cell::Text(text) => escaped(text),
            Cell::Math(latex) if latex.is_empty() => String::new(),
            Cell::Math(latex) => mathml(latex),
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic()) && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// A formula of numbers in LaTeX.
fn latex(text: &str) -> Option<String> {
    let session = Session::parse(text, &Scope::default()).ok()?;
    let printed = session.print(session.document().root(), Form::Latex);
    printed.refused.is_none().then(|| printed.line())
}

/// A number's text in LaTeX: `1e300` is 10 to the power of 300; what is no number is a word.
pub fn number_latex(text: &str) -> String {
    // Digits that go on.
    if let Some(digits) = text.strip_suffix('…').filter(|digits| digits.parse::<f64>().is_ok()) {
        return number_latex(digits) + "\\dots";
    }
    let Some(value) = text.parse::<f64>().ok().filter(|v| !v.is_nan()) else { return word_latex(text) };
    if value.is_infinite() {
        return if value > 0.0 { "\\infty" } else { "-\\infty" }.to_string();
    }
    match text.split_once('e') {
        Some(("1", power)) => format!("10^{{{power}}}"),
        Some((head, power)) => format!("{head} \\times 10^{{{power}}}"),
        None => text.to_string(),
    }
}

/// A text inside of a formula.
fn word_latex(text: &str) -> String {
    let mut out = String::from("\\text{");
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\backslash "),
            '{' | '}' | '_' | '#' | '%' | '&' | '$' => out.extend(['\\', c]),
            '^' | '~' => out.push(' '),
            c => out.push(c),
        }
    }
    out + "}"
}

/// A text inside of HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
