//! `wrt trace`: each node of a computation graph in a line, with its value, its derivative and why.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use wrt::session::{Role, Trace, TraceEdge, TraceNode, Tracing, parse_eps};
use wrt::{Form, Number};

use super::words;
use crate::answer::versioned;
use crate::args::Formula;
use crate::failure::Failure;
use crate::output::{json_double, nested, print, print_json};
use crate::page::{Cell, Html, Page, number_latex};
use crate::question::{self, Question};
use crate::table::table;

/// What is traced.
#[derive(Args, Clone)]
pub struct Traced {
    #[command(flatten)]
    pub formula: Formula,
    /// The names to differentiate with respect to [default: the parameters, or every free name]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub wrt: Vec<String>,
    /// The point, as exact numbers and nested lists: w=3, x=0.1,y=1/3, A=[[1,2],[3,1/3]]
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', allow_hyphen_values = true)]
    pub at: Vec<String>,
    /// Each operation is a node [default: where the text defines names, these are]
    #[arg(long)]
    pub all: bool,
    /// Nudge each node by so much, and tell what the formula does
    #[arg(long, value_name = "EPS", num_args = 0..=1, default_missing_value = "0.001")]
    pub nudge: Option<String>,
}

/// `wrt trace`
#[derive(Args)]
pub struct Table {
    #[command(flatten)]
    pub traced: Traced,
    #[command(flatten)]
    pub page: Html,
    /// Answer with one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The longest formula in a table.
const WIDE: usize = 60;
/// The most local derivatives of a node in a page.
const LOCALS: usize = 12;

/// `wrt trace`
pub fn run(a: &Table) -> Result<ExitCode, Failure> {
    if let Some(path) = &a.page.html {
        let told = traced(&a.traced, None, Form::Latex)?;
        let mut page = Page::new(&told.title, None);
        page.heading(&Cell::statements(&told.title));
        in_page(&mut page, &told);
        page.write(path)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Told { trace, notes, .. } = traced(&a.traced, None, Form::Text)?;
    if a.json {
        let mut object = object(&trace);
        object["notes"] = notes.into();
        return print_json(versioned(object));
    }
    print(&text(&trace, &notes))?;
    Ok(ExitCode::SUCCESS)
}

/// A graph, and what there is to say of it.
pub struct Told {
    pub trace: Trace,
    /// The formula, in one line.
    pub title: String,
    pub notes: Vec<String>,
}

/// The graph that is asked for, with at most so many nodes, in a notation.
pub fn traced(a: &Traced, most: Option<usize>, form: Form) -> Result<Told, Failure> {
    let eps = a.nudge.as_deref().map(parse_eps).transpose();
    let eps: Option<Number> =
        eps.map_err(|why| Failure::plain(format!("--nudge: {why}")).with_help("write --nudge 0.001"))?;
    let mut q = question::open(&a.formula, &a.wrt, &a.at)?;
    let point = if q.is_closed()? { Some(q.point()?) } else { None };
    if eps.is_some() && point.is_none() {
        return Err(Failure::plain("--nudge needs a point").with_help("write --at NAME=VALUE"));
    }
    let names = q.names.clone();
    let asked = Tracing { wrt: &names, at: point.as_ref(), every: a.all, most, nudge: eps.as_ref(), form };
    let trace = Trace::of(&mut q.session, &asked)?;
    let notes = notes(&mut q, &trace, point.is_some())?;
    let title = title(&q, &trace, a.all);
    Ok(Told { trace, title, notes })
}

/// The text where it is short, else the formula.
fn title(q: &Question, trace: &Trace, every: bool) -> String {
    let text = q.text.text.trim();
    match text.lines().count() == 1 && text.chars().count() <= WIDE {
        true if text.contains('=') => text.to_string(),
        true => format!("{} = {text}", trace.function),
        false if trace.form == Form::Latex => q.text.name.clone(),
        // Where each operation is a node, the last one says little.
        false if every => {
            let document = q.session.document();
            clipped(&format!("{} = {}", trace.function, q.session.print(document.root(), Form::Text).line()), WIDE)
        }
        false => {
            let last = trace.nodes.last().map(|n| n.formula.as_str()).unwrap_or_default();
            clipped(&format!("{} = {last}", trace.function), WIDE)
        }
    }
}

/// Kinks, and what has no value or no derivative.
fn notes(q: &mut Question, trace: &Trace, valued: bool) -> Result<Vec<String>, Failure> {
    /// Larger graphs are not looked at so closely.
    const MOST: usize = 200;
    if !valued || trace.nodes.len() > MOST || q.names.is_empty() {
        return Ok(Vec::new());
    }
    let at = q.values();
    let request = wrt::session::Request {
        wrt: &q.names,
        at: Some(&at),
        sizes: q.sizes.clone(),
        layout: wrt::session::Layout::Alone,
        judging: wrt::session::Judging::Status,
        ..Default::default()
    };
    let answer = q.session.answer(&request)?;
    let mut notes: Vec<String> = Vec::new();
    if let Some(status) = answer.value.as_ref().and_then(|v| v.status.as_ref()) {
        notes.push(format!("{}: {}", answer.function, status.reason));
    }
    for d in &answer.derivatives {
        if let Some(status) = d.value.as_ref().and_then(|v| v.status.as_ref()) {
            notes.push(format!("{}: {}", d.heading, status.reason));
        }
    }
    Ok(notes)
}

/// The table, with a line for each node.
pub fn text(trace: &Trace, notes: &[String]) -> String {
    let shaped = trace.nodes.iter().any(|n| !n.shape.is_empty());
    let valued = trace.nodes.iter().any(|n| n.value.is_some());
    let nudged = trace.nodes.iter().any(|n| n.nudged.is_some());
    let mut head = vec!["node".to_string(), "formula".to_string()];
    head.extend(shaped.then(|| "shape".to_string()));
    head.extend(valued.then(|| "value".to_string()));
    head.extend(["local derivative".to_string(), format!("derivative of {}", trace.function)]);
    head.extend(nudged.then(|| "nudged".to_string()));
    let mut rows = vec![head];
    for (k, node) in trace.nodes.iter().enumerate() {
        let mut row = vec![node.name.clone(), clipped(&node.formula, WIDE)];
        row.extend(shaped.then(|| words::shape(node)));
        row.extend(valued.then(|| node.value.as_ref().map(words::value).unwrap_or_default()));
        let locals: Vec<String> =
            trace.uses(k).map(|e| words::local(trace.form, e)).filter(|t| !t.is_empty()).collect();
        row.push(clipped(&locals.join(", "), WIDE));
        row.push(words::derivation(trace, k).map(|t| clipped(&t, 2 * WIDE)).unwrap_or_default());
        row.extend(nudged.then(|| node.nudged.clone().unwrap_or_default()));
        rows.push(row);
    }
    let mut out = table(&rows);
    out.extend(words::symbols(trace).map(|line| line + "\n"));
    if valued && trace.edges.iter().any(|e| e.local.is_some()) {
        out.push_str("Values are computed downwards, derivatives upwards.\n");
    }
    notes.iter().for_each(|note| out.push_str(&format!("note: {note}\n")));
    out
}

/// The table of a trace in LaTeX, and what there is to say, in a page.
pub fn in_page(page: &mut Page, Told { trace, notes, .. }: &Told) {
    let shaped = trace.nodes.iter().any(|n| !n.shape.is_empty());
    let valued = trace.nodes.iter().any(|n| n.value.is_some());
    let nudged = trace.nodes.iter().any(|n| n.nudged.is_some());
    let word = |text: &str| Cell::Text(text.to_string());
    let mut head = vec![word("node"), word("formula")];
    head.extend(shaped.then(|| word("shape")));
    head.extend(valued.then(|| word("value")));
    head.extend([word("local derivatives"), Cell::Math(format!("\\text{{derivative of }} {}", trace.function))]);
    head.extend(nudged.then(|| word("nudged")));
    let mut rows = vec![head];
    for (k, node) in trace.nodes.iter().enumerate() {
        let mut row = vec![Cell::Math(node.name.clone()), Cell::Math(node.formula.clone())];
        // In one line.
        row.extend(shaped.then(|| Cell::Text(words::shape(node).replace(' ', "\u{a0}"))));
        let value = |v| Cell::Math(words::value_in(trace.form, v));
        row.extend(valued.then(|| node.value.as_ref().map_or(Cell::Text(String::new()), value)));
        let locals: Vec<String> =
            trace.uses(k).map(|e| words::local(trace.form, e)).filter(|t| !t.is_empty()).take(LOCALS).collect();
        row.push(Cell::Math(locals.join(",\\; ")));
        row.push(Cell::Math(words::derivation(trace, k).unwrap_or_default()));
        let digits = node.nudged.as_deref().map(number_latex);
        row.extend(nudged.then(|| digits.map_or(Cell::Text(String::new()), Cell::Math)));
        rows.push(row);
    }
    page.table(&rows);
    if valued && trace.edges.iter().any(|e| e.local.is_some()) {
        page.sentence("Values are computed downwards, derivatives upwards.");
    }
    notes.iter().for_each(|note| page.sentence(note));
}

fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// The graph as JSON.
pub fn object(trace: &Trace) -> Value {
    let array = |a: &wrt::session::Array<f64>| nested(a, |x| json_double(*x));
    let node = |(k, n): (usize, &TraceNode)| {
        let mut entry = json!({ "name": n.name, "named": n.named, "role": role(n), "shape": n.shape });
        if n.role.is_none() {
            entry["formula"] = n.formula.clone().into();
            entry["operations"] = n.operations.into();
        }
        if let Some(value) = &n.value {
            entry["value"] = array(value);
        }
        if let Some(heading) = &n.heading {
            entry["heading"] = heading.clone().into();
            entry["because"] = words::because(trace, k).map_or(Value::Null, |b| b.formula.into());
        }
        if let Some(derivative) = &n.derivative {
            entry["derivative"] = array(derivative);
        }
        if let Some(nudged) = &n.nudged {
            entry["nudged"] = nudged.trim_end_matches('…').into();
        }
        entry
    };
    let edge = |e: &TraceEdge| {
        let mut entry = json!({ "from": trace.nodes[e.from].name, "to": trace.nodes[e.to].name });
        if let Some(local) = &e.local {
            let key = if local.is_factor() { "local" } else { "product" };
            entry[key] = local.formula.clone().into();
            if let Some(value) = local.value.as_ref().filter(|_| local.is_factor()) {
                entry["value"] = array(value);
            }
            if let Some(part) = &local.part {
                entry["part"] = array(part);
            }
        }
        entry
    };
    json!({
        "function": trace.function,
        "nodes": trace.nodes.iter().enumerate().map(node).collect::<Vec<_>>(),
        "edges": trace.edges.iter().map(edge).collect::<Vec<_>>(),
        "folded": trace.folded,
    })
}

/// What a node is for.
pub fn role(node: &TraceNode) -> &'static str {
    match node.role {
        None => "operation",
        Some(Role::Data) => "data",
        Some(Role::Parameter) => "parameter",
        Some(Role::Constant | Role::Hyperparameter) => "constant",
        Some(Role::State) => "state",
        Some(Role::Random) => "random",
        Some(Role::Variable | Role::Dimension) => "variable",
    }
}
