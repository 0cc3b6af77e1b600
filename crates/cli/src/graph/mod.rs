//! The computation graph of a formula: `wrt trace` as a table, `wrt graph` as a picture.

mod notation;
mod picture;
pub mod trace;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use wrt::Form;
use wrt::session::Trace;
use wrt_draw::{Diagram, Page, Theme, animated_svg, diagram_page, diagram_terminal, page_svg};

use crate::answer::versioned;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::page;
use crate::plot::Picture;
use crate::whole::write_whole;
use picture::Step;
use trace::{Told, Traced};

/// `wrt graph`
#[derive(Args)]
pub struct Graph {
    #[command(flatten)]
    pub traced: Traced,
    /// At most so many operations are shown, and the others folded into those above them
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub nodes: u32,
    /// For another tool: dot, mermaid or json
    #[arg(long)]
    pub form: Option<Notation>,
    /// A picture for each step forward and backward: graph-01.svg, graph-02.svg, … for -o graph.svg
    #[arg(long, conflicts_with = "form")]
    pub step: bool,
    /// One SVG that shows the steps one after the other
    #[arg(long, conflicts_with_all = ["form", "step"])]
    pub animate: bool,
    #[command(flatten)]
    pub picture: Picture,
}

/// The most arrows of a picture.
const ARROWS: usize = 2000;

/// How long a step is shown.
const SECONDS: f64 = 2.0;

/// A text that other tools draw.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Notation {
    /// The language of Graphviz.
    Dot,
    /// The language of Mermaid, as in Markdown.
    Mermaid,
    /// The nodes and edges as data.
    Json,
}

/// `wrt graph`
pub fn run(a: &Graph) -> Result<ExitCode, Failure> {
    if a.form.is_none() {
        a.picture.check()?;
    }
    if (a.step || a.animate) && a.picture.output.is_none() && a.picture.page.html.is_none() {
        let option = if a.step { "--step" } else { "--animate" };
        return Err(Failure::plain(format!("{option} needs a file")).with_help("name it: --output FILE or --html FILE"));
    }
    let mut most = Some(a.nodes as usize);
    let Told { mut trace, title, mut notes } = trace::traced(&a.traced, most, Form::Text)?;
    if a.form.is_none() && !a.picture.json {
        let told = if trace.edges.len() > ARROWS {
            (trace, most) = fewer(a, trace)?;
            format!("A picture of more operations would have more than {ARROWS} arrows.")
        } else {
            "--nodes N shows more of them.".to_string()
        };
        notes.extend((trace.folded > 0).then_some(told));
    }
    if let Some(path) = &a.picture.page.html {
        let diagrams = match a.step || a.animate {
            true => step_diagrams(&trace, &notes),
            false => vec![Diagram { title: String::new(), ..picture::diagram(&trace, &notes, None) }],
        };
        let mut page = page::Page::new(&title, a.picture.page_theme());
        page.heading(&page::Cell::statements(&title));
        match a.animate {
            true => page.picture(&|theme| moving(&diagrams, &trace, theme)),
            false => diagrams.iter().for_each(|d| {
                page.picture(&|theme| page_svg(&diagram_page(d, theme), &d.title));
            }),
        }
        if !(a.step || a.animate)
            && let Some((operations, diagram)) = opened(a, &trace)?
        {
            page.opened(&format!("All {operations} operations"), &|theme| {
                page_svg(&diagram_page(&diagram, theme), &diagram.title)
            });
        }
        // The table speaks LaTeX, the picture text.
        trace::in_page(&mut page, &trace::traced(&a.traced, most, Form::Latex)?);
        page.write(path)?;
        if a.picture.output.is_none() && a.form.is_none() && !a.picture.json {
            return Ok(ExitCode::SUCCESS);
        }
    }
    if a.picture.json || a.form == Some(Notation::Json) {
        let mut object = trace::object(&trace);
        object["notes"] = notes.clone().into();
        if a.picture.output.is_none() || a.form.is_none() {
            print_json(versioned(object))?;
        } else {
            return written(a, &format!("{}\n", versioned(object)));
        }
    }
    match a.form {
        Some(Notation::Dot) => written(a, &notation::dot(&trace)),
        Some(Notation::Mermaid) => written(a, &notation::mermaid(&trace)),
        Some(Notation::Json) => Ok(ExitCode::SUCCESS),
        None if a.step || a.animate => steps(a, &trace, &notes),
        None => {
            let diagram = Diagram { title, ..picture::diagram(&trace, &notes, None) };
            let characters = |width, _| {
                // Where there is no room for the arithmetic, there may be for the numbers; else a table says all.
                let few = picture::numbers_only(&trace, &diagram);
                let drawn = diagram_terminal(&diagram, width).or_else(|| diagram_terminal(&few, width));
                drawn.unwrap_or_else(|| trace::text(&trace, &notes))
            };
            a.picture.draw(&diagram.title, &|theme| diagram_page(&diagram, theme), &characters)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// How many operations there are, and the graph with each of them, where some are shown together and all have room.
fn opened(a: &Graph, trace: &Trace) -> Result<Option<(usize, Diagram)>, Failure> {
    /// More operations are no picture that anybody reads.
    const MOST: usize = 200;
    if a.traced.all && trace.folded == 0 {
        return Ok(None);
    }
    let all = trace::Traced { all: true, nudge: None, ..a.traced.clone() };
    let whole = trace::traced(&all, Some(MOST), Form::Text)?.trace;
    let count = |t: &Trace| t.nodes.iter().filter(|n| n.role.is_none()).count();
    let more = count(&whole) > count(trace) && whole.folded == 0 && whole.edges.len() <= ARROWS;
    Ok(more.then(|| (count(&whole), picture::diagram(&whole, &[], None))))
}

/// The same with so few operations that nobody has to look for them among arrows.
fn fewer(a: &Graph, mut trace: Trace) -> Result<(Trace, Option<usize>), Failure> {
    let mut most = trace.nodes.iter().filter(|n| n.role.is_none()).count();
    while trace.edges.len() > ARROWS && most > 1 {
        // Arrows grow with the square of the nodes at most.
        let share = (ARROWS as f64 / trace.edges.len() as f64).sqrt();
        most = ((most as f64 * share) as usize).clamp(1, most - 1);
        trace = trace::traced(&a.traced, Some(most), Form::Text)?.trace;
    }
    Ok((trace, Some(most)))
}

/// Writes a text to the file, or to the terminal.
fn written(a: &Graph, text: &str) -> Result<ExitCode, Failure> {
    match &a.picture.output {
        Some(path) => write_whole(path, text.as_bytes())?,
        None => print(text)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A picture for each step, or one of all.
fn steps(a: &Graph, trace: &Trace, notes: &[String]) -> Result<ExitCode, Failure> {
    let Some(path) = &a.picture.output else { return Ok(ExitCode::SUCCESS) };
    let all = step_diagrams(trace, notes);
    if a.animate {
        if path.extension().is_none_or(|e| !e.eq_ignore_ascii_case("svg")) {
            return Err(Failure::plain("only an .svg file moves").with_help("write --animate -o graph.svg"));
        }
        write_whole(path, moving(&all, trace, a.picture.theme()).as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    for (k, diagram) in all.iter().enumerate() {
        let file = numbered(path, k + 1, all.len());
        a.picture.write(&file, &diagram.title, &|theme| diagram_page(diagram, theme))?;
    }
    print(&format!("{} pictures: {} to {}\n", all.len(), name(path, 1, all.len()), name(path, all.len(), all.len())))?;
    Ok(ExitCode::SUCCESS)
}

/// A picture for each step.
fn step_diagrams(trace: &Trace, notes: &[String]) -> Vec<Diagram> {
    let all = Step::all(trace);
    let diagram = |(k, step): (usize, &Step)| Diagram {
        title: format!("{} of {}: {}", k + 1, all.len(), step.title(trace)),
        ..picture::diagram(trace, notes, Some(*step))
    };
    all.iter().enumerate().map(diagram).collect()
}

/// The steps one after the other in one SVG.
fn moving(steps: &[Diagram], trace: &Trace, theme: Theme) -> String {
    let pages: Vec<Page> = steps.iter().map(|d| diagram_page(d, theme)).collect();
    animated_svg(&pages, &trace.function, SECONDS)
}

fn numbered(path: &Path, k: usize, count: usize) -> PathBuf {
    path.with_file_name(name(path, k, count))
}

/// `graph-01.svg`
fn name(path: &Path, k: usize, count: usize) -> String {
    let part = |p: Option<&std::ffi::OsStr>| p.unwrap_or_default().to_string_lossy().into_owned();
    let wide = count.to_string().len().max(2);
    format!("{}-{k:0wide$}.{}", part(path.file_stem()), part(path.extension()))
}
