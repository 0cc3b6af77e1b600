//! `wrt nudge`, `wrt check`, `wrt cost`, and the judge's lines under `wrt diff`.

use std::process::ExitCode;

use serde_json::{Map, Value, json};
use wrt::session::{
    Array, ArrayPoint, Certified, Comparison, Direction, Equation, Finding, Id, Judged, Nudge, Session, Start, Sweep,
    SweepKind, Unread, computed_digits, heading, parse_eps, shown,
};
use wrt::{Form, Number, Report};

use crate::args::{self, Way};
use crate::commands::json_point;
use crate::failure::Failure;
use crate::output::{json_double, print, print_json};
use crate::point::{self, Coordinate};
use crate::question::{self, Question};
use crate::table::table;
use crate::tensors;

/// Points that are tried where none is given.
const POINTS: usize = 3;
/// Beyond this many nodes times names, `wrt diff` leaves the check to `wrt check`.
const QUICK: usize = 4000;
/// `wrt diff` nudges at most so many names.
const NUDGED: usize = 8;

/// A question about numbers; what has axes is `wrt check`'s.
fn numbers_only(formula: &args::Formula, asked: &[String], at: &[String]) -> Result<Question, Failure> {
    let mut q = question::open(formula, asked, at)?;
    if q.has_tensors() {
        return Err(Failure::plain("this command moves single numbers, and the formula has vectors or matrices")
            .with_help("`wrt check` nudges the entries of vectors and matrices"));
    }
    q.keep_occurring();
    Ok(q)
}

/// `J = w^2`
fn equation(session: &Session, function: &str) -> String {
    format!("{function} = {}\n", session.print(session.root(), Form::Text).line())
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
    let mut q = numbers_only(&a.formula, &a.wrt, &a.at)?;
    let point = q.bind()?;
    let direction = match a.direction {
        Way::Forward => Direction::Forward,
        Way::Backward => Direction::Backward,
        Way::Central => Direction::Central,
    };
    let function = q.function();
    let mut out = equation(&q.session, &function);
    let mut nudges = Vec::new();
    for (name, id) in q.names.iter().zip(&q.ids) {
        let (start, rows) = q.session.nudge(*id, &point, &eps, direction, computed_digits(digits))?;
        let sweep = if a.sweep { Some(q.session.sweep(*id, &point)?) } else { None };
        let lines = Lines { function: &function, name, direction, digits };
        if nudges.is_empty() {
            out.push_str(&format!("{}{function} = {}\n", place(&q.at), shown(&start.value, digits)));
        }
        out.push('\n');
        out.push_str(&lines.table(&rows));
        if let Some(sweep) = &sweep {
            out.push('\n');
            out.push_str(&sweep_table(sweep));
        }
        nudges.push(lines.json(&start, &rows, sweep.as_ref()));
    }
    if a.json {
        let version = wrt::VERSION;
        return print_json(
            json!({ "wrt_version": version, "f": q.text.text, "at": json_point(&q.at), "direction": lower(direction), "nudges": nudges }),
        );
    }
    print(&out)?;
    Ok(ExitCode::SUCCESS)
}

fn lower(direction: Direction) -> &'static str {
    match direction {
        Direction::Forward => "forward",
        Direction::Backward => "backward",
        Direction::Central => "central",
    }
}

/// How nudges of one name are written.
struct Lines<'a> {
    function: &'a str,
    name: &'a str,
    direction: Direction,
    digits: Option<usize>,
}

impl Lines<'_> {
    fn table(&self, rows: &[Nudge]) -> String {
        let (f, w) = (self.function, self.name);
        let delta = format!("Δ{f}");
        let heads = match self.direction {
            Direction::Forward => [format!("{w} + ε"), format!("{f}({w} + ε)"), delta.clone(), format!("{delta}/ε")],
            Direction::Backward => [format!("{w} - ε"), format!("{f}({w} - ε)"), delta.clone(), format!("{delta}/ε")],
            Direction::Central => {
                [format!("{f}({w} + ε)"), format!("{f}({w} - ε)"), delta.clone(), format!("{delta}/(2ε)")]
            }
        };
        let mut all = vec![std::iter::once("ε".to_string()).chain(heads).collect::<Vec<String>>()];
        for row in rows {
            let show = |c: &Certified| shown(c, self.digits);
            let second = match &row.other {
                Some(other) => [show(&row.value), show(other)],
                None => [show(&row.input), show(&row.value)],
            };
            let cells = [decimal(&row.eps)].into_iter().chain(second);
            all.push(cells.chain([show(&row.delta), show(&row.quotient)]).collect());
        }
        table(&all)
    }

    fn json(&self, start: &Start, rows: &[Nudge], sweep: Option<&Sweep>) -> Value {
        let show = |c: &Certified| shown(c, self.digits).trim_end_matches('…').to_string();
        let row = |row: &Nudge| {
            let mut entry = json!({
                "eps": decimal(&row.eps),
                "input": show(&row.input),
                "value": show(&row.value),
                "delta": show(&row.delta),
                "quotient": show(&row.quotient),
            });
            if let Some(other) = &row.other {
                entry["other"] = show(other).into();
            }
            entry
        };
        let mut object = json!({
            "wrt": self.name,
            "input": show(&start.input),
            "value": show(&start.value),
            "rows": rows.iter().map(row).collect::<Vec<_>>(),
        });
        if let Some(sweep) = sweep {
            object["sweep"] = sweep_json(sweep);
        }
        object
    }
}

/// An ε as a person would write it.
fn decimal(eps: &Number) -> String {
    match eps.to_decimal() {
        Some(text) if text.len() <= 20 => text,
        _ => eps.to_string(),
    }
}

fn sweep_table(sweep: &Sweep) -> String {
    let heads = ["ε", "ΔJ/ε single", "error", "ΔJ/ε double", "error", "ΔJ/ε exactly", "error"];
    let mut rows = vec![heads.map(String::from).to_vec()];
    for trial in &sweep.trials {
        let mut row = vec![format!("{:e}", trial.eps.to_f64())];
        for k in 0..3 {
            let quotient =
                if k == 0 { format!("{}", trial.quotient[k] as f32) } else { format!("{}", trial.quotient[k]) };
            row.extend([quotient, format!("{:.1e}", trial.error[k])]);
        }
        rows.push(row);
    }
    let mut out = table(&rows);
    let reasons = [SweepKind::Single, SweepKind::Double, SweepKind::Exact].into_iter().filter_map(|k| sweep.why(k));
    reasons.for_each(|why| out.push_str(&format!("{why}\n")));
    out
}

fn sweep_json(sweep: &Sweep) -> Value {
    let kinds = ["single", "double", "exact"];
    let trial = |t: &wrt::session::Trial| {
        let mut entry = Map::new();
        entry.insert("eps".into(), format!("{:e}", t.eps.to_f64()).into());
        for (k, kind) in kinds.iter().enumerate() {
            let pair = json!({ "quotient": json_double(t.quotient[k]), "error": json_double(t.error[k]) });
            entry.insert((*kind).into(), pair);
        }
        Value::Object(entry)
    };
    let best = |k: usize| sweep.trials.get(sweep.best[k]).map(|t| format!("{:e}", t.eps.to_f64()));
    json!({
        "derivative": sweep.derivative.map_or(Value::Null, json_double),
        "trials": sweep.trials.iter().map(trial).collect::<Vec<_>>(),
        "best": { "single": best(0), "double": best(1) },
    })
}

/// `wrt check`: exit status 0 for agreement, 1 for disagreement, 3 where there is no derivative.
pub fn check(a: &args::Check) -> Result<ExitCode, Failure> {
    let digits = point::digits(&a.precision)?;
    let mut q = question::open(&a.formula, &a.wrt, &a.at)?;
    if q.has_tensors() {
        return tensors::check(q, a);
    }
    q.keep_occurring();
    let partials = q.session.derivatives(&q.ids, 1)?;
    let function = q.function();
    let formulas = partials.iter().map(|p| q.session.simplify(p.id).id).collect::<Vec<_>>();
    let inputs: Vec<Input> = (0..q.names.len())
        .map(|k| Input { name: q.names[k].clone(), id: q.ids[k], made: partials[k].id, shown: formulas[k] })
        .collect();
    let printed = Printed::new(&q.session, &function, &inputs, q.is_partial());
    let points = if q.at.is_empty() && !q.session.free_names().is_empty() {
        let mut roots: Vec<Id> = partials.iter().map(|p| p.id).collect();
        roots.push(q.session.root());
        let points = q.session.points(&roots, POINTS);
        if points.is_empty() {
            return Err(Failure::plain("no point was found at which the formula and its derivatives have values")
                .with_help("give one with --at"));
        }
        points
    } else {
        vec![q.bind()?]
    };
    let mut out = match printed.judged.text.is_empty() {
        true => equation(&q.session, &function),
        false => printed.judged.text.clone(),
    };
    if q.names.is_empty() {
        out.push_str("There is no free name: every derivative is 0.\n");
    }
    let (mut reports, mut answers, mut fault) = (Vec::new(), Vec::new(), None);
    for at in points {
        let mut report = q.session.check(&q.ids, &q.names, &printed.judged, &at)?;
        let place = describe(&q.session, &at);
        if let Some(digits) = digits {
            extend(&q.session, &mut report, &formulas, &at, digits)?;
        }
        out.push_str(&format!("{}{report}", if place.is_empty() { String::new() } else { format!("at {place}:\n") }));
        answers.push(report_json(&q.session, &at, &report));
        reports.push(report);
        fault = fault.or(printed.fault(&q.session, &at)?);
    }
    fault = fault.or_else(|| if q.at.is_empty() { never_finite(&reports) } else { None });
    if let Some(fault) = &fault {
        out.push_str(&format!("{fault}\n"));
    }
    let code = if fault.is_some() { 1 } else { verdict(&reports) };
    if a.json {
        let unreadable = reports.iter().any(Report::is_unreadable);
        let word = if unreadable { "unreadable" } else { ["agreement", "disagreement", "", "none"][usize::from(code)] };
        let message = fault.or(printed.judged.read.as_ref().err().map(Unread::sentence));
        print_json(json!({
            "wrt_version": wrt::VERSION, "f": q.text.text, "verdict": word, "judged": printed.judged.text,
            "message": message, "points": answers,
        }))?;
    } else {
        print(&out)?;
    }
    Ok(ExitCode::from(code))
}

/// What is printed of a formula of numbers and its derivatives, read back.
struct Printed {
    judged: Judged,
    equations: Vec<Equation>,
    nodes: Vec<Id>,
}

impl Printed {
    /// Derivatives of any order, each with its heading, the node that the rules give and the node that is shown.
    fn of(session: &Session, function: &str, derivatives: &[(String, Id, Id)]) -> Printed {
        let mut equations = vec![Equation::named(session.root(), vec![function.to_string()])];
        let mut nodes = vec![session.root()];
        for (head, made, shown) in derivatives {
            equations.push(Equation::new(*shown, head));
            nodes.push(*made);
        }
        // Each equation has lines of its own.
        let lines = equations.iter().enumerate().map(|(k, e)| session.write_alone(e, k, Form::Text)).collect();
        Printed { judged: session.read_back(&equations, lines), equations, nodes }
    }

    fn new(session: &Session, function: &str, inputs: &[Input], partial: bool) -> Printed {
        let head = |x: &Input| heading(Form::Text, function, &[&x.name], partial);
        let all: Vec<(String, Id, Id)> = inputs.iter().map(|x| (head(x), x.made, x.shown)).collect();
        Printed::of(session, function, &all)
    }

    /// What differs from the formula at a point.
    fn fault(&self, session: &Session, at: &[(Id, Number)]) -> Result<Option<String>, Failure> {
        let Ok(read) = &self.judged.read else { return Ok(None) };
        let at: ArrayPoint =
            at.iter().map(|(id, n)| (*id, Array { shape: Vec::new(), data: vec![n.clone()] })).collect();
        Ok(match session.compare(read, &self.nodes, &at, &Vec::new())? {
            Comparison::Other(k) => Some(tensors::other_value(&self.equations[k])),
            _ => None,
        })
    }
}

/// What is wrong with derivatives of any order as they are printed: nothing, if they are many.
pub fn fault(
    session: &Session,
    function: &str,
    derivatives: &[(String, Id, Id)],
    at: &[(Id, Number)],
) -> Result<Option<String>, Failure> {
    if session.graph().len() * derivatives.len() > QUICK {
        return Ok(None);
    }
    let printed = Printed::of(session, function, derivatives);
    match &printed.judged.read {
        Err(unread) if unread.is_failure() => Ok(Some(unread.sentence())),
        _ => printed.fault(session, at),
    }
}

/// A formula that has no value at any of several random points where the derivative has one.
fn never_finite(reports: &[Report]) -> Option<String> {
    let count = reports.first()?.findings.len();
    let is = |e: &(&str, String, u32)| e.0 == "formula" && matches!(e.1.as_str(), "NaN" | "Infinity" | "-Infinity");
    let never =
        |k: usize| reports.iter().all(|r| r.findings[k].value.is_some() && r.findings[k].engines.iter().any(is));
    let k = (0..count).find(|k| never(*k))?;
    Some(format!("the printed formula of {} has no value where the derivative has one", reports[0].findings[k].heading))
}

/// The values to as many digits as were asked for.
fn extend(
    session: &Session,
    report: &mut Report,
    formulas: &[Id],
    at: &[(Id, Number)],
    digits: usize,
) -> Result<(), Failure> {
    let values = session.values(formulas, at, wrt::session::Numbers::Digits(digits))?;
    for (finding, value) in report.findings.iter_mut().zip(values) {
        if finding.value.is_some() {
            finding.value = Some(value.to_string());
        }
    }
    Ok(())
}

fn verdict(reports: &[Report]) -> u8 {
    if reports.iter().any(Report::disagrees) {
        1
    } else if reports.iter().all(Report::agrees) {
        0
    } else {
        3
    }
}

/// `w = 3, x = 1/3`
fn describe(session: &Session, at: &[(Id, Number)]) -> String {
    let item = |(id, n): &(Id, Number)| {
        let text = n.to_string();
        let text = if text.len() > 40 { shown(&Certified::Exact(n.clone()), None) } else { text };
        format!("{} = {text}", session.graph().symbol_name(*id))
    };
    at.iter().map(item).collect::<Vec<_>>().join(", ")
}

fn report_json(session: &Session, at: &[(Id, Number)], report: &Report) -> Value {
    let point: Map<String, Value> =
        at.iter().map(|(id, n)| (session.graph().symbol_name(*id).to_string(), n.to_string().into())).collect();
    let part = |f: &Finding| {
        let engine =
            |(name, value, digits): &(&str, String, u32)| json!({ "name": name, "value": value, "digits": digits });
        json!({
            "wrt": f.name,
            "verdict": f.verdict,
            "value": f.value,
            "left": f.sides.as_ref().map(|s| s.0.clone()),
            "right": f.sides.as_ref().map(|s| s.1.clone()),
            "cause": f.cause,
            "message": f.sentence,
            "engines": f.engines.iter().map(engine).collect::<Vec<_>>(),
        })
    };
    json!({ "at": point, "digits": report.digits(), "parts": report.findings.iter().map(part).collect::<Vec<_>>() })
}

/// `wrt cost`
pub fn cost(a: &args::Cost) -> Result<ExitCode, Failure> {
    let mut q = numbers_only(&a.formula, &a.wrt, &[])?;
    let work = q.session.work(&q.ids)?;
    if a.json {
        return print_json(json!({
            "wrt_version": wrt::VERSION,
            "f": q.text.text,
            "inputs": work.inputs,
            "operations": work.operations,
            "nudging": work.nudging,
            "backprop": work.backprop,
        }));
    }
    let function = q.function();
    let (n, p) = (work.inputs, work.operations);
    let mut out = equation(&q.session, &function);
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

/// A name to differentiate with respect to, and its derivative as the rules give it and as it is shown.
pub struct Input {
    pub name: String,
    pub id: Id,
    pub made: Id,
    pub shown: Id,
}

/// The judge's lines under a derivative: a few nudges, and whether all ways to it agree; and whether they do.
pub fn summary(
    session: &mut Session,
    function: &str,
    inputs: &[Input],
    at: &[(Id, Number)],
    partial: bool,
) -> Result<(String, bool), Failure> {
    let names: Vec<String> = inputs.iter().map(|x| x.name.clone()).collect();
    let ids: Vec<Id> = inputs.iter().map(|x| x.id).collect();
    let mut out = String::new();
    if names.is_empty() {
        return Ok((out, true));
    }
    if session.graph().len() * names.len() > QUICK {
        return Ok(("(large: `wrt check` holds it against nudging)\n".to_string(), true));
    }
    let texts: &[&str] = if let [_] = inputs { &["0.1", "0.01", "0.001"] } else { &["0.001"] };
    let eps = texts.iter().map(|t| parse_eps(t)).collect::<Result<Vec<_>, _>>().map_err(Failure::plain)?;
    let printed = Printed::new(session, function, inputs, partial);
    let report = session.check(&ids, &names, &printed.judged, at)?;
    let has_value = report.findings.iter().any(|f| !f.engines.is_empty());
    let mut several =
        vec![["ε = 0.001", function, &format!("Δ{function}"), &format!("Δ{function}/ε")].map(String::from)];
    for (name, id) in names.iter().zip(&ids).take(if has_value { NUDGED } else { 0 }) {
        let (_, rows) = session.nudge(*id, at, &eps, Direction::Forward, computed_digits(None))?;
        match &rows[..] {
            [row] => {
                let [input, value, delta, quotient] =
                    [&row.input, &row.value, &row.delta, &row.quotient].map(|c| shown(c, None));
                several.push([format!("{name} = {input}"), value, delta, quotient]);
            }
            _ => out.push_str(&Lines { function, name, direction: Direction::Forward, digits: None }.table(&rows)),
        }
    }
    if several.len() > 1 {
        out.push_str(&table(&several.iter().map(|row| row.to_vec()).collect::<Vec<_>>()));
    }
    if let Some(unread) = report.unread.as_ref().filter(|u| u.is_failure()) {
        return Ok((format!("{out}{}\n", unread.sentence()), false));
    }
    if let Some(fault) = printed.fault(session, at)? {
        return Ok((format!("{out}{fault}\n"), false));
    }
    if let Some(digits) = report.digits() {
        let formula = if printed.judged.read.is_ok() { "formula, " } else { "" };
        out.push_str(&format!("{formula}forward, reverse and nudge agree to {digits} digits\n"));
        return Ok((out, true));
    }
    for finding in &report.findings {
        out.push_str(&format!("{}: {}\n", finding.heading, finding.sentence));
    }
    Ok((out, true))
}
