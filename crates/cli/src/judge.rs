//! `wrt nudge`, `wrt check`, `wrt cost`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use wrt::session::{
    Array, Certified, Direction, Finding, Inspected, Inspection, Nudging, Number, Point, Scrutiny, Session,
    computed_digits, parse_eps, shown,
};
use wrt::{Form, Report};

use crate::answer::versioned;
use crate::args::{self, Way};
use crate::commands::json_point;
use crate::failure::Failure;
use crate::moves;
use crate::output::{listed, nested, print, print_json};
use crate::point::{self, Coordinate};
use crate::question::{self, Question};

/// `wrt nudge` shows at most so many tables.
const TABLES: usize = 64;
/// So many parameters are named that start as the text says.
const NAMED: usize = 8;
/// Points with at most so many entries are shown whole, and given as JSON.
const SHOWN: usize = 8;
const GIVEN: usize = 256;

fn open(formula: &args::Formula, asked: &[String], at: &[String]) -> Result<Question, Failure> {
    let mut q = question::open(formula, asked, at)?;
    q.keep_occurring();
    Ok(q)
}

/// `J = w^2`
fn equation(session: &Session, function: &str) -> String {
    format!("{function} = {}\n", session.print(session.document().root(), Form::Text).line())
}

/// `at w = 3`
fn place(at: &[Coordinate]) -> String {
    let point: Vec<String> = at.iter().map(|c| format!("{} = {}", c.name, c.written)).collect();
    if point.is_empty() { String::new() } else { format!("at {}:  ", point.join(", ")) }
}

/// `wrt nudge`
pub fn nudge(a: &args::Nudge) -> Result<ExitCode, Failure> {
    let eps = a.eps.iter().map(|text| parse_eps(text)).collect::<Result<Vec<Number>, String>>();
    let eps = eps.map_err(|why| Failure::plain(format!("--eps: {why}")).with_help("write --eps 0.001,0.002"))?;
    let digits = point::digits(&a.precision)?;
    let mut q = open(&a.formula, &a.wrt, &a.at)?;
    let point = q.point()?;
    let direction = match a.direction {
        Way::Forward => Direction::Forward,
        Way::Backward => Direction::Backward,
        Way::Central => Direction::Central,
    };
    let mut out = equation(&q.session, &q.session.document().function(&[]));
    let mut all = Vec::new();
    for (name, id) in q.names.iter().zip(&q.ids) {
        let most = TABLES + 1 - all.len().min(TABLES);
        let nudging = Nudging { eps: &eps, direction, digits: computed_digits(digits), sweep: a.sweep, most };
        all.extend(q.session.nudge((name, *id), &point, &nudging)?);
    }
    let code = if all.iter().all(|m| m.start.value.is_finite()) { ExitCode::SUCCESS } else { ExitCode::from(3) };
    if a.json {
        let all: Vec<Value> = all.iter().take(TABLES).map(|m| moves::object(m, digits)).collect();
        print_json(versioned(
            json!({ "f": q.text.text, "at": json_point(&q.at), "direction": lower(direction), "nudges": all }),
        ))?;
        return Ok(code);
    }
    for (k, moves) in all.iter().take(TABLES).enumerate() {
        if k == 0 {
            out.push_str(&format!("{}{} = {}\n", place(&q.at), moves.function, shown(&moves.start.value, digits)));
        }
        out.push('\n');
        out.push_str(&moves::rows(moves, digits));
        if let Some(sweep) = &moves.sweep {
            out.push('\n');
            out.push_str(&moves::sweep_table(sweep));
        }
    }
    if all.len() > TABLES {
        out.push_str(&format!("\nThese are the first {TABLES} entries; name fewer with --wrt.\n"));
    }
    print(&out)?;
    Ok(code)
}

fn lower(direction: Direction) -> &'static str {
    match direction {
        Direction::Forward => "forward",
        Direction::Backward => "backward",
        Direction::Central => "central",
    }
}

/// `wrt check`: exit status 0 for agreement, 1 for disagreement, 3 where there is no derivative.
pub fn check(a: &args::Check) -> Result<ExitCode, Failure> {
    let digits = point::digits(&a.precision)?;
    let entries = match a.entries.as_deref() {
        None => None,
        Some("all") => Some(usize::MAX),
        Some(text) => Some(text.parse().map_err(|_| {
            Failure::plain(format!("--entries: expected a number or `all`, found `{}`", text.escape_debug()))
        })?),
    };
    let mut q = open(&a.formula, &a.wrt, &a.at)?;
    q.warn_not_taken();
    let at = q.values();
    let scrutiny = Scrutiny { entries, trust: a.trust };
    let what = Inspected { wrt: &q.names, at: &at, sizes: q.sizes.clone(), scrutiny, digits };
    let mut progress = Progress::new();
    let found = q.session.inspect(&what, &mut |done, all| progress.show(done, all));
    progress.clear();
    let found = found?;
    let code = match found.verdict() {
        "unreadable" | "disagreement" => 1,
        "none" => 3,
        _ => 0,
    };
    if a.json {
        print_json(in_json(&q, &found))?;
    } else {
        print(&lines(&q, &found))?;
    }
    Ok(ExitCode::from(code))
}

/// How far a long check is, on a terminal.
struct Progress {
    start: Instant,
    shown: Option<Instant>,
    terminal: bool,
}

impl Progress {
    fn new() -> Progress {
        Progress { start: Instant::now(), shown: None, terminal: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, done: usize, all: usize) {
        let often = self.shown.is_some_and(|last| last.elapsed() < Duration::from_millis(200));
        if self.terminal && !often && self.start.elapsed() > Duration::from_secs(1) {
            // Nothing is left to do if standard error is closed.
            let _ = write!(std::io::stderr(), "\rchecking {} of {all} …", done + 1);
            self.shown = Some(Instant::now());
        }
    }

    fn clear(&self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r                              \r");
        }
    }
}

fn lines(q: &Question, found: &Inspection) -> String {
    let mut out = match found.text.is_empty() {
        true => equation(&q.session, &q.session.document().function(&q.names)),
        false => found.text.clone(),
    };
    if q.names.is_empty() {
        out.push_str("There is no free name: every derivative is 0.\n");
    }
    if !found.sizes.is_empty() {
        let sizes: Vec<String> = found.sizes.iter().map(|(n, k)| format!("{n} = {k}")).collect();
        out.push_str(&format!("for {}\n", sizes.join(", ")));
    }
    let large = |(point, _): &(Point, _)| point.values.iter().map(|(_, a)| a.data.len()).sum::<usize>() > SHOWN;
    if found.judgements.iter().any(large) {
        out.push_str(&extent(found));
        let reports: Vec<&Report> = found.judgements.iter().filter_map(|(_, j)| j.report.as_ref()).collect();
        Report::merged(&reports).iter().for_each(|report| out.push_str(&report.to_string()));
    } else {
        for (point, judgement) in &found.judgements {
            out.push_str(&describe(q, point));
            judgement.report.iter().for_each(|report| out.push_str(&report.to_string()));
        }
    }
    if found
        .judgements
        .iter()
        .filter_map(|(_, j)| j.report.as_ref())
        .any(|r| r.findings.iter().any(|f| f.extent.trusted))
    {
        out.push_str(
            "The text's own derivatives are trusted: nothing was nudged, the engines are held against each other.\n",
        );
    }
    if let Some(fault) = found.fault() {
        out.push_str(&format!("{fault}\n"));
    }
    out
}

/// Which points these are, where they are too large to be shown.
fn extent(found: &Inspection) -> String {
    let count = found.judgements.len();
    let rest = if found.random { "random values, the same every time" } else { "the values given" };
    let named: Vec<&str> = found.starts.iter().take(NAMED).map(String::as_str).collect();
    let more = found.starts.len() - named.len();
    let named = if more == 0 { named.join(", ") } else { format!("{} and {more} more", named.join(", ")) };
    match (found.starts.is_empty(), count) {
        (true, 1) => format!("at {rest}:\n"),
        (true, _) => format!("at {count} points of {rest}:\n"),
        (false, 1) => format!("where parameters start ({named}), else at {rest}:\n"),
        (false, _) => format!(
            "where parameters start ({named}), and at {} more points of random values, the same every time:\n",
            count - 1
        ),
    }
}

/// `at w = 3, x = 1/3:`
fn describe(q: &Question, point: &Point) -> String {
    if point.values.is_empty() {
        return String::new();
    }
    let number = |n: &Number| {
        let text = n.to_string();
        if text.len() > 40 { shown(&Certified::Exact(n.clone()), None) } else { text }
    };
    let name = |id| q.session.graph().symbol_name(id);
    let items: Vec<String> =
        point.values.iter().map(|(id, a)| format!("{} = {}", name(*id), listed(a, number))).collect();
    format!("at {}:\n", items.join(", "))
}

fn in_json(q: &Question, found: &Inspection) -> Value {
    let sizes: Map<String, Value> = found.sizes.iter().map(|(n, k)| (n.clone(), (*k).into())).collect();
    let unread = found.judgements.iter().find_map(|(_, j)| j.report.as_ref()?.unread.as_ref());
    let points: Vec<Value> = found
        .judgements
        .iter()
        .filter_map(|(point, j)| Some(report_json(&q.session, point, j.report.as_ref()?)))
        .collect();
    versioned(json!({
        "f": q.text.text, "verdict": found.verdict(), "judged": found.text,
        "message": found.fault().or(unread.map(|u| u.sentence())),
        "dims": sizes, "starts": found.starts, "points": points,
    }))
}

fn report_json(session: &Session, point: &Point, report: &Report) -> Value {
    let exact = |a: &Array<Number>| nested(a, |n| n.to_string().into());
    let small = point.values.iter().filter(|(_, a)| a.data.len() <= GIVEN);
    let at: Map<String, Value> =
        small.map(|(id, a)| (session.graph().symbol_name(*id).to_string(), exact(a))).collect();
    let part = |f: &Finding| {
        let engine = |(name, value, digits): &(&str, Option<String>, u32)| json!({ "name": name, "value": value, "digits": digits });
        let first = f.special.first();
        let places: Vec<Value> = f.special.iter().filter_map(|s| s.place.clone()).map(Value::from).collect();
        json!({
            "wrt": f.name,
            "shape": f.shape,
            "entries": f.extent.entries,
            "moved": f.extent.moved,
            "directions": f.extent.directions,
            "trusted": f.extent.trusted,
            "verdict": f.verdict,
            "digits": f.digits,
            "value": f.value,
            "left": first.and_then(|s| s.sides.as_ref()).map(|s| s.0.clone()),
            "right": first.and_then(|s| s.sides.as_ref()).map(|s| s.1.clone()),
            "cause": first.and_then(|s| s.cause.clone()),
            "where": places,
            "message": f.sentences().join("; "),
            "engines": f.engines.iter().map(engine).collect::<Vec<_>>(),
        })
    };
    json!({ "at": at, "digits": report.digits(), "parts": report.findings.iter().map(part).collect::<Vec<_>>() })
}

/// `wrt cost`
pub fn cost(a: &args::Cost) -> Result<ExitCode, Failure> {
    let mut q = open(&a.formula, &a.wrt, &[])?;
    let mut sizes = q.sizes.clone();
    let work = q.session.work(&q.ids, &mut sizes)?;
    if a.json {
        let sizes: Map<String, Value> = sizes.iter().map(|(n, k)| (n.clone(), (*k).into())).collect();
        return print_json(versioned(json!({
            "f": q.text.text,
            "dims": sizes,
            "inputs": work.inputs,
            "operations": work.operations,
            "nudging": work.nudging,
            "backprop": work.backprop,
        })));
    }
    let (n, p) = (work.inputs, work.operations);
    let mut out = equation(&q.session, &q.session.document().function(&q.names));
    if !sizes.is_empty() {
        let sizes: Vec<String> = sizes.iter().map(|(n, k)| format!("{n} = {k}")).collect();
        out.push_str(&format!("for {} (--dims says other sizes)\n", sizes.join(", ")));
    }
    out.push_str(&format!("N = {n} inputs, P = {p} operations\n"));
    out.push_str(&format!(
        "nudging:   {} operations, since each of the N nudges walks the whole graph: P + N*P\n",
        work.nudging
    ));
    out.push_str(&format!(
        "backprop:  {} operations for the value and all N derivatives, since it walks the graph once more\n",
        work.backprop
    ));
    print(&out)?;
    Ok(ExitCode::SUCCESS)
}
