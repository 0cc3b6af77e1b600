//! Printing: graph in, text out, in the notations that people and compilers read.

mod code;
mod form;
mod names;
mod parts;
mod printer;
mod split;

pub use form::Form;
pub use parts::{Printed, print};

/// How a derivative is announced: `d/dw` for one variable, `∂/∂w` for several.
///
/// ```
/// use wrt_view::{Form, heading};
/// assert_eq!(heading(Form::Text, &["w"], false), "d/dw");
/// assert_eq!(heading(Form::Text, &["x", "x", "y"], true), "∂³/∂x²∂y");
/// assert_eq!(heading(Form::Latex, &["w"], true), r"\frac{\partial}{\partial w}");
/// ```
pub fn heading(form: Form, names: &[&str], partial: bool) -> String {
    let mut runs: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match runs.last_mut() {
            Some((last, count)) if last == name => *count += 1,
            _ => runs.push((name, 1)),
        }
    }
    let latex = matches!(form, Form::Latex | Form::MathMl);
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
    let below: Vec<String> = runs
        .iter()
        .map(|(name, n)| {
            let name = if latex { names::latex(name) } else { name.to_string() };
            let gap = if latex && partial { " " } else { "" };
            format!("{sign}{gap}{name}{}", power(*n))
        })
        .collect();
    let above = format!("{sign}{}", power(names.len()));
    let below = below.join(if latex { "\\," } else { "" });
    if latex { format!("\\frac{{{above}}}{{{below}}}") } else { format!("{above}/{below}") }
}

/// LaTeX as presentation MathML, by `pulldown-latex`.
pub fn mathml(latex: &str) -> String {
    let storage = pulldown_latex::Storage::new();
    let parser = pulldown_latex::Parser::new(latex, &storage);
    let mut out = String::new();
    let config = pulldown_latex::RenderConfig::default();
    match pulldown_latex::push_mathml(&mut out, parser, config) {
        Ok(()) => out,
        Err(_) => format!("<math><mtext>{}</mtext></math>", latex.replace('&', "&amp;").replace('<', "&lt;")),
    }
}
