//! `wrt steps`: a derivative worked out line by line, as text, LaTeX or a page.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;
use wrt::Form;
use wrt::session::{StepLine, Steps, mathml};

use crate::answer::versioned;
use crate::args::Formula;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::question;

/// `wrt steps`
#[derive(Args)]
pub struct Command {
    #[command(flatten)]
    pub formula: Formula,
    /// The names to differentiate with respect to [default: the parameters, or every free name]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub wrt: Vec<String>,
    /// Trivial steps as well: constants, and the derivative of the name itself
    #[arg(long)]
    pub all: bool,
    /// How it is written
    #[arg(long, default_value = "text")]
    pub form: Notation,
    /// Answer with one JSON object
    #[arg(long)]
    pub json: bool,
}

/// How a derivation is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Notation {
    /// The language itself.
    Text,
    /// Plain text with mathematical signs.
    Unicode,
    /// A block of aligned equations.
    Latex,
    /// A page with formulas in MathML.
    Html,
}

impl Notation {
    fn form(self) -> Form {
        match self {
            Notation::Text => Form::Text,
            Notation::Unicode => Form::Unicode,
            Notation::Latex | Notation::Html => Form::Latex,
        }
    }
}

/// `wrt steps`
pub fn run(a: &Command) -> Result<ExitCode, Failure> {
    let mut q = question::open(&a.formula, &a.wrt, &[])?;
    let names = q.names.clone();
    let form = a.form.form();
    let all = names.iter().map(|n| Steps::of(&mut q.session, n, a.all, form)).collect::<Result<Vec<Steps>, _>>()?;
    if all.is_empty() {
        return Err(Failure::plain("there is no free name: every derivative is 0"));
    }
    if a.json {
        return print_json(versioned(
            json!({ "f": q.text.text, "derivations": all.iter().map(object).collect::<Vec<_>>() }),
        ));
    }
    let written: Vec<String> = all.iter().map(|steps| written(steps, a.form)).collect();
    let whole = match a.form {
        Notation::Html => page(&q.text.text, &written.concat()),
        _ => written.join("\n"),
    };
    print(&whole)?;
    Ok(ExitCode::SUCCESS)
}

fn object(steps: &Steps) -> serde_json::Value {
    let line = |l: &StepLine| json!({ "formula": l.text, "rules": l.rules });
    json!({
        "heading": steps.heading,
        "definitions": steps.definitions,
        "lines": steps.lines.iter().map(line).collect::<Vec<_>>(),
        "conclusion": steps.conclusion,
    })
}

fn written(steps: &Steps, notation: Notation) -> String {
    match notation {
        Notation::Text | Notation::Unicode => text(steps),
        Notation::Latex => latex(steps),
        Notation::Html => html(steps),
    }
}

/// The heading, and an equals sign below it for each line, with the rules behind.
fn text(steps: &Steps) -> String {
    /// Rules stand in a column where lines are no longer.
    const COLUMN: usize = 60;
    let mut out: String = steps.definitions.iter().map(|d| format!("{d}\n")).collect();
    let length = |text: &str| text.chars().count();
    let lines = steps.lines.iter().map(|l| length(&l.text));
    let (wide, indent) = (lines.filter(|n| *n <= COLUMN).max().unwrap_or(0), length(&steps.heading));
    for (k, line) in steps.lines.iter().enumerate() {
        let head = if k == 0 { steps.heading.as_str() } else { "" };
        let gap = " ".repeat(wide.saturating_sub(length(&line.text)));
        let rules = if line.rules.is_empty() { String::new() } else { format!("{gap}    {}", line.rules.join(", ")) };
        out.push_str(&format!("{head}{} = {}{rules}\n", " ".repeat(indent - length(head)), line.text));
    }
    out.extend(steps.conclusion.as_ref().map(|c| format!("so {c}\n")));
    out
}

fn latex(steps: &Steps) -> String {
    let mut out: String = steps.definitions.iter().map(|d| format!("\\[ {d} \\]\n")).collect();
    out.push_str("\\begin{align*}\n");
    let lines: Vec<String> = steps
        .lines
        .iter()
        .enumerate()
        .map(|(k, line)| {
            let head = if k == 0 { steps.heading.as_str() } else { "" };
            let rules = if line.rules.is_empty() {
                String::new()
            } else {
                format!(" && \\text{{{}}}", line.rules.join(", ").replace('_', "\\_"))
            };
            format!("  {head} &= {}{rules}", line.text)
        })
        .collect();
    out.push_str(&lines.join(" \\\\\n"));
    out.push_str("\n\\end{align*}\n");
    out.extend(steps.conclusion.as_ref().map(|c| format!("\\[ {c} \\]\n")));
    out
}

fn html(steps: &Steps) -> String {
    let mut out: String = steps.definitions.iter().map(|d| format!("<p>{}</p>\n", mathml(d))).collect();
    out.push_str("<table>\n");
    for (k, line) in steps.lines.iter().enumerate() {
        let head = if k == 0 { mathml(&steps.heading) } else { String::new() };
        let rules = escaped(&line.rules.join(", "));
        out.push_str(&format!("<tr><td>{head}</td><td>=</td><td>{}</td><td>{rules}</td></tr>\n", mathml(&line.text)));
    }
    out.push_str("</table>\n");
    out.extend(steps.conclusion.as_ref().map(|c| format!("<p>so {}</p>\n", mathml(c))));
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn page(title: &str, body: &str) -> String {
    let title = escaped(title.lines().next().unwrap_or_default());
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>\n\
         :root {{ color-scheme: light dark; }}\nbody {{ font: 18px sans-serif; margin: 2em; }}\n\
         td {{ padding: 0.35em 0.4em; }}\ntd:last-child {{ color: gray; padding-left: 2em; font-size: 85%; }}\n</style>\n\
         <h1>{title}</h1>\n{body}</html>\n"
    )
}
