//! `wrt steps`: a derivative worked out line by line, as text, LaTeX or a page.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;
use wrt::Form;
use wrt::session::{StepLine, Steps};

use crate::answer::versioned;
use crate::args::Formula;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::page::{Cell, Html, Page};
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
    #[command(flatten)]
    pub page: Html,
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
    // A page has MathML, which comes from LaTeX.
    let form = if a.page.html.is_some() { Form::Latex } else { a.form.form() };
    let all = names.iter().map(|n| Steps::of(&mut q.session, n, a.all, form)).collect::<Result<Vec<Steps>, _>>()?;
    if all.is_empty() {
        return Err(Failure::plain("there is no free name: every derivative is 0"));
    }
    if let Some(path) = &a.page.html {
        page(&q.text.text, &all).write(path)?;
        return Ok(ExitCode::SUCCESS);
    }
    if a.json {
        return print_json(versioned(
            json!({ "f": q.text.text, "derivations": all.iter().map(object).collect::<Vec<_>>() }),
        ));
    }
    let each = |write: &dyn Fn(&Steps) -> String| all.iter().map(write).collect::<Vec<String>>().join("\n");
    print(&match a.form {
        Notation::Html => page(&q.text.text, &all).html(),
        Notation::Latex => each(&latex),
        Notation::Text | Notation::Unicode => each(&text),
    })?;
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

/// A page with formulas in MathML.
fn page(text: &str, all: &[Steps]) -> Page {
    let mut page = Page::new(text, None);
    let (first, more) = text.trim().split_once('\n').unwrap_or((text, ""));
    page.heading(&if more.is_empty() { Cell::statements(first) } else { Cell::Text(first.to_string()) });
    for steps in all {
        steps.definitions.iter().for_each(|d| page.formula(d));
        let lines: Vec<(String, String)> = steps.lines.iter().map(|l| (l.text.clone(), l.rules.join(", "))).collect();
        page.equations(&steps.heading, &lines);
        steps.conclusion.iter().for_each(|c| page.formula(&format!("\\text{{so }} {c}")));
    }
    page
}
