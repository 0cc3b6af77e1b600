//! `wrt diff`, `grad`, `jacobian`, `hessian`, `jvp`, `vjp`, `hvp`: one question, and its answer written as lines or JSON.

use std::process::ExitCode;

use serde_json::{Map, Value, json};
use wrt::Form;
use wrt::session::{Answer, Derivative, DerivativeKind, Judging, Layout, Request};

use crate::args::{Derive, Diff, Notation};
use crate::commands::json_point;
use crate::failure::Failure;
use crate::moves;
use crate::output::{beside, enter, explained, print, print_json};
use crate::point;
use crate::question::{self, Question};

/// `wrt diff`
pub fn diff(a: &Diff) -> Result<ExitCode, Failure> {
    if a.order == 0 {
        return Err(Failure::plain("--order: 0 is no derivative").with_help("write `wrt eval` for the value"));
    }
    let q = question::open(&a.formula, &a.wrt, &a.at)?;
    let request = Request {
        kind: DerivativeKind::Derivative(a.order),
        numbers: point::numbers(&a.precision, a.as_written)?,
        partial: a.notation.map(|n| n == Notation::Partial),
        judging: if a.quick { Judging::Status } else { Judging::Whole },
        ..request(&a.style)
    };
    answer(q, request, a.style.json)
}

/// `wrt grad` and its like.
pub fn derive(a: &Derive, kind: DerivativeKind) -> Result<ExitCode, Failure> {
    let mut q = question::open(&a.formula, &a.wrt, &a.at)?;
    if let Some(name) = &a.of {
        q.session.choose(name)?;
    }
    let request = Request {
        kind,
        numbers: point::numbers(&a.precision, a.as_written)?,
        judging: if a.quick { Judging::Status } else { Judging::Whole },
        ..request(&a.style)
    };
    answer(q, request, a.style.json)
}

fn request(style: &crate::args::Style) -> Request<'static> {
    Request {
        form: style.form,
        layout: if style.json { Layout::Alone } else { Layout::LetBlock },
        ..Request::default()
    }
}

fn answer(mut q: Question, request: Request<'_>, in_json: bool) -> Result<ExitCode, Failure> {
    let at = q.values();
    let closed = q.is_closed()?;
    let sizes = q.sizes.clone();
    let request = Request { wrt: &q.names, at: closed.then_some(&at), sizes, ..request };
    let answer = q.session.answer(&request)?;
    q.warn_unused(&answer);
    let form = request.form;
    if in_json {
        print_json(json_of(&q, &answer, request.kind, form))?;
    } else {
        print(&lines(&q, &answer, form))?;
    }
    Ok(match (answer.agrees(), answer.is_missing()) {
        (false, _) => ExitCode::from(1),
        (true, true) => ExitCode::from(3),
        (true, false) => ExitCode::SUCCESS,
    })
}

/// The answer for people: formulas as they are in the notation, the rest beside them.
fn lines(q: &Question, answer: &Answer, form: Form) -> String {
    let mut out: String = answer.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    let mut beside_it = String::new();
    if let Some(why) = &answer.refused {
        beside_it.push_str(&format!("note: no formula is printed: {why}\n"));
    }
    for direction in &answer.along {
        let shape = shape_text(&direction.shape);
        beside_it.push_str(&format!("{} is shaped like {}: {shape}\n", direction.name, direction.of));
    }
    if answer.derivatives.is_empty() {
        beside_it.push_str("There is no free name: every derivative is 0.\n");
    }
    answer.notes.iter().for_each(|note| beside_it.push_str(&format!("note: {note}\n")));
    values(q, answer, &mut beside_it);
    if let Some(judgement) = &answer.judgement {
        beside_it.push_str(&moves::several(&judgement.nudges));
        let told = judgement.report.as_ref().map(|r| r.summary()).unwrap_or_default();
        let told = if judgement.fault.is_some() { Vec::new() } else { told };
        let unread = answer.refused.is_none().then(|| judgement.report.as_ref()?.unread.clone()).flatten();
        let unread = unread.filter(|u| !u.is_failure()).map(|u| u.sentence());
        for line in told.iter().chain(&judgement.fault).chain(&judgement.note).chain(&unread) {
            beside_it.push_str(&format!("{line}\n"));
        }
    }
    out.push_str(&beside(form, &beside_it));
    out
}

/// `[m, n]`, or `number`
pub fn shape_text(dims: &[String]) -> String {
    if dims.is_empty() { "number".to_string() } else { format!("[{}]", dims.join(", ")) }
}

/// `at w = 3:  J = 9,  dJ/dw = 6`, on several lines where one would be long.
fn values(q: &Question, answer: &Answer, out: &mut String) {
    let Some(value) = &answer.value else { return };
    let mut items = vec![explained(&answer.function, value)];
    items.extend(answer.derivatives.iter().filter_map(|d| Some(explained(&d.heading, d.value.as_ref()?))));
    let point: Vec<String> = q.at.iter().map(|c| format!("{} = {}", c.name, c.written)).collect();
    let place = match (&point[..], &answer.starts[..]) {
        ([], []) => String::new(),
        ([], _) => "where the parameters start:".to_string(),
        (_, []) => format!("at {}:", point.join(", ")),
        _ => format!("at {}, and where the other parameters start:", point.join(", ")),
    };
    let one_line = items.iter().map(|t| t.chars().count() + 3).sum::<usize>() < 100;
    let lead = match (place.is_empty(), one_line) {
        (true, _) => "",
        (false, true) => "  ",
        (false, false) => "\n  ",
    };
    out.push_str(&format!("{place}{lead}{}\n", items.join(if one_line { ",  " } else { "\n  " })));
}

/// A derivative as JSON.
pub fn derivative_json(q: &wrt::session::Session, derivative: &Derivative, form: Form) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("formula".into(), q.print(derivative.shown.id, form).line().into());
    if let Some(value) = &derivative.value {
        enter(&mut entry, value);
    }
    if !derivative.shown.notes.is_empty() {
        entry.insert("notes".into(), derivative.shown.notes.clone().into());
    }
    entry
}

/// Enters what there is to say of an answer at its point beside what derivatives say of their formulas.
pub fn enter_notes(object: &mut Map<String, Value>, answer: &Answer) {
    let of_formulas = |note: &&String| answer.derivatives.iter().any(|d| d.shown.notes.contains(note));
    let notes: Vec<&String> = answer.notes.iter().filter(|note| !of_formulas(note)).collect();
    if !notes.is_empty() {
        object.insert("notes".into(), json!(notes));
    }
}

fn json_of(q: &Question, answer: &Answer, kind: DerivativeKind, form: Form) -> Value {
    let mut derivatives = Map::new();
    for derivative in &answer.derivatives {
        let mut entry = derivative_json(&q.session, derivative, form);
        entry.insert("latex".into(), q.session.print(derivative.shown.id, Form::Latex).line().into());
        entry.insert("shape".into(), derivative.shape.clone().into());
        entry.entry("value").or_insert(Value::Null);
        derivatives.insert(derivative.names.join(","), entry.into());
    }
    let mut object = version();
    object.insert("f".into(), q.text.text.clone().into());
    object.insert("kind".into(), kind.word().into());
    object.insert("wrt".into(), q.names.clone().into());
    object.insert("at".into(), json_point(&q.at));
    object.insert("value".into(), Value::Null);
    if let Some(value) = &answer.value {
        enter(&mut object, value);
    }
    object.insert("derivative".into(), derivatives.into());
    enter_notes(&mut object, answer);
    if !answer.along.is_empty() {
        let along: Map<String, Value> = answer.along.iter().map(|a| (a.name.clone(), a.shape.clone().into())).collect();
        object.insert("along".into(), along.into());
    }
    if let Some(judgement) = &answer.judgement {
        object.insert("verdict".into(), answer.verdict().into());
        object.insert("digits".into(), judgement.report.as_ref().and_then(|r| r.digits()).into());
        let told = judgement.report.as_ref().map(|r| r.summary().join("; "));
        let message = judgement.fault.clone().or(judgement.note.clone()).or(told);
        object.insert("message".into(), message.into());
    }
    Value::Object(object)
}

/// What every object begins with: the program's version, and that of the form of its JSON.
pub fn version() -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("wrt_version".into(), wrt::VERSION.into());
    object.insert("json_version".into(), 1.into());
    object
}

/// An object behind its version.
pub fn versioned(object: Value) -> Value {
    let mut all = version();
    if let Value::Object(entries) = object {
        all.extend(entries);
    }
    Value::Object(all)
}
