//! Printing: graph in, text out, in the notations that people and compilers read.

mod bindings;
mod code;
mod form;
mod names;
mod notation;
mod split;
mod template;

pub use bindings::{LetBlock, Line, Options, Printed, print, print_all, print_with};
pub use form::Form;

/// How a derivative is announced: `dJ/dw` for one variable, `∂J/∂w` for several; `dJ_dw` in source code.
///
/// ```
/// use wrt_view::{Form, heading};
/// assert_eq!(heading(Form::Text, "J", &["w"], false), "dJ/dw");
/// assert_eq!(heading(Form::Text, "J", &["x", "x", "y"], true), "∂³J/∂x²∂y");
/// assert_eq!(heading(Form::Latex, "J", &["w"], true), r"\frac{\partial J}{\partial w}");
/// assert_eq!(heading(Form::Rust, "J", &["x", "x"], true), "d2J_dx_dx");
/// ```
pub fn heading(form: Form, of: &str, names: &[&str], partial: bool) -> String {
    if form.is_code() {
        let order = if names.len() > 1 { names.len().to_string() } else { String::new() };
        let below: String = names.iter().map(|name| format!("_d{}", names::identifier(form, name))).collect();
        return format!("d{order}{}{below}", names::identifier(form, of));
    }
    let mut runs: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match runs.last_mut() {
            Some((last, count)) if last == name => *count += 1,
            _ => runs.push((name, 1)),
        }
    }
    let latex = form.is_latex();
    let sign = match (latex, partial) {
        (true, true) => "\\partial",
        (true, false) => "\\mathrm{d}",
        (false, true) => "∂",
        (false, false) => "d",
    };
    let power = |n: usize| match (n, latex) {
        (1, _) => String::new(),
        (n, true) => format!("^{{{n}}}"),
        (n, false) => form::superscript(&n.to_string()),
    };
    let gap = if latex && partial { " " } else { "" };
    let written = |name: &str| if latex { names::latex(name) } else { name.to_string() };
    let below: Vec<String> =
        runs.iter().map(|(name, n)| format!("{sign}{gap}{}{}", written(name), power(*n))).collect();
    let order = power(names.len());
    let above = format!("{sign}{order}{}{}", if order.is_empty() { gap } else { "" }, written(of));
    let below = below.join(if latex { "\\," } else { "" });
    if latex { format!("\\frac{{{above}}}{{{below}}}") } else { format!("{above}/{below}") }
}

/// A name in a notation.
pub fn written_name(form: Form, name: &str) -> String {
    names::written(form, name, &|_| false)
}

/// LaTeX as presentation MathML, by `pulldown-latex`.
///
/// ```
/// assert!(wrt_view::mathml("x < y").contains("<mo>&lt;</mo>"));
/// ```
pub fn mathml(latex: &str) -> String {
    let storage = pulldown_latex::Storage::new();
    let parser = pulldown_latex::Parser::new(latex, &storage);
    let mut out = String::new();
    let config = pulldown_latex::RenderConfig::default();
    match pulldown_latex::push_mathml(&mut out, parser, config) {
        Ok(()) => well_formed(&spaced_outside(out)),
        Err(_) => format!("<math><mtext>{}</mtext></math>", latex.replace('&', "&amp;").replace('<', "&lt;")),
    }
}

/// The space before a function stands before its power: `pulldown-latex` puts it inside, where it is taken for the base.
fn spaced_outside(mut mathml: String) -> String {
    const SPACE: &str = "<mspace width=\"0.1667em\" />";
    for tag in ["msup", "msub", "msubsup", "munder", "mover", "munderover"] {
        mathml = mathml.replace(&format!("<{tag}>{SPACE}"), &format!("{SPACE}<{tag}>"));
    }
    mathml
}

/// MathML in which signs that are no markup are entities, and those that XML has not are numbers: `pulldown-latex` writes
/// for HTML.
fn well_formed(mathml: &str) -> String {
    let mut out = String::with_capacity(mathml.len());
    let (mut tag, mut rest) = (false, mathml);
    while let Some(c) = rest.chars().next() {
        let behind = &rest[c.len_utf8()..];
        let opens = c == '<' && behind.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        let entity = ["lt;", "gt;", "amp;", "quot;", "apos;", "#"].iter().any(|known| behind.starts_with(known));
        match c {
            '<' if !opens => out.push_str("&lt;"),
            '>' if !tag => out.push_str("&gt;"),
            '&' if behind.starts_with("nbsp;") => out.push_str("&#160;"),
            '&' if !entity => out.push_str("&amp;"),
            c => out.push(c),
        }
        tag = (tag || opens) && c != '>';
        rest = behind.strip_prefix("nbsp;").filter(|_| c == '&').unwrap_or(behind);
    }
    out
}
