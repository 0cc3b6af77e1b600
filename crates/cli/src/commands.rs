//! The commands that answer one question.

use std::process::ExitCode;

use serde_json::{Map, Value, json};
use wrt::session::{Array, DerivativeKind, Judging, Layout, Request, Scope, Verdict};
use wrt::{Form, Number};

use crate::answer::{shape_text, version, versioned};
use crate::args::{Eval, Same, Shapes, Simplify};
use crate::failure::Failure;
use crate::output::{beside, double, enter, is_told, json_double, listed, nested, print, print_json, words};
use crate::point::{self, Coordinate, Text};
use crate::question;
use crate::table::table;

/// The coordinates as JSON: a number where a double is exact, else an exact string.
pub fn json_point(at: &[Coordinate]) -> Value {
    Value::Object(at.iter().map(|c| (c.name.clone(), nested(&c.value, json_number))).collect())
}

fn json_number(n: &Number) -> Value {
    let x = n.to_f64();
    let exact = Number::from_f64(x).as_ref() == Some(n);
    let integer = n.as_i64().filter(|_| exact).map(Value::from);
    if exact { integer.unwrap_or(json_double(x)) } else { n.to_string().into() }
}

/// `wrt eval`: exit status 3 where there is no value.
pub fn eval(a: &Eval) -> Result<ExitCode, Failure> {
    let mut q = question::open(&a.formula, &[], &a.at)?;
    let at = q.all_values()?;
    let request = Request {
        kind: DerivativeKind::Derivative(0),
        at: Some(&at),
        sizes: q.sizes.clone(),
        numbers: point::numbers(&a.precision, a.as_written)?,
        layout: Layout::Alone,
        judging: Judging::Status,
        ..Request::default()
    };
    let answer = q.session.answer(&request)?;
    let Some(value) = answer.value else { return Err(Failure::plain("there is no value")) };
    if a.json {
        let mut object = version();
        object.insert("f".into(), q.text.text.into());
        object.insert("at".into(), json_point(&q.at));
        enter(&mut object, &value);
        print_json(Value::Object(object))?;
    } else {
        print(&format!("{}\n", words(&value)))?;
        if let Some(status) = value.status.as_ref().filter(|s| !s.open && !value.value.shape.is_empty()) {
            question::warn(&format!("{} at {}", status.reason, places(&status.places)));
        }
        answer.notes.iter().for_each(|note| question::warn(note));
    }
    Ok(if is_told(&value) { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

/// `[0], [3] and 5 more`
fn places(all: &[Vec<usize>]) -> String {
    const TOLD: usize = 3;
    let told: Vec<String> = all.iter().take(TOLD).map(|p| format!("{p:?}")).collect();
    let more = all.len().saturating_sub(TOLD);
    if more == 0 { told.join(", ") } else { format!("{} and {more} more", told.join(", ")) }
}

/// `wrt shapes`
pub fn shapes(a: &Shapes) -> Result<ExitCode, Failure> {
    let q = question::open(&a.formula, &[], &[])?;
    let all = q.session.document().shapes();
    if a.json {
        let entry =
            |s: &wrt::session::Shaped| json!({ "line": s.line, "role": s.role, "name": s.name, "shape": s.dims });
        return print_json(versioned(json!({
            "f": q.text.text, "shapes": all.iter().map(entry).collect::<Vec<_>>(),
        })));
    }
    let mut rows = vec![["line", "", "name", "shape"].map(String::from).to_vec()];
    for s in &all {
        let line = if s.line == 0 { String::new() } else { s.line.to_string() };
        rows.push(vec![line, s.role.to_string(), s.name.clone(), shape_text(&s.dims)]);
    }
    print(&table(&rows))?;
    Ok(ExitCode::SUCCESS)
}

/// `wrt simplify`
pub fn simplify(a: &Simplify) -> Result<ExitCode, Failure> {
    let mut q = question::open(&a.formula, &[], &[])?;
    let root = q.session.document().root();
    let simplified = q.session.simplify(root);
    let printed = q.session.print(simplified.id, a.style.form);
    if let Some(why) = printed.refused {
        return Err(Failure::plain(why));
    }
    let formula = printed.line();
    if a.style.json {
        let latex = q.session.print(simplified.id, Form::Latex).line();
        return print_json(versioned(json!({
            "f": q.text.text, "formula": formula, "latex": latex, "notes": simplified.notes,
        })));
    }
    let mut out = formula + "\n";
    for note in &simplified.notes {
        out.push_str(&beside(a.style.form, &format!("note: {note}")));
    }
    print(&out)?;
    Ok(ExitCode::SUCCESS)
}

/// `wrt same`: exit status 0 for yes, 1 for no, 3 for not decided.
pub fn same(a: &Same) -> Result<ExitCode, Failure> {
    let assumptions = point::assumptions(&a.assume)?;
    let shapes = point::shapes(&a.shapes)?;
    let shapes: Vec<(&str, Vec<&str>)> =
        shapes.iter().map(|(n, d)| (n.as_str(), d.iter().map(String::as_str).collect())).collect();
    let scope = Scope { variables: &[], assumptions: &assumptions, shapes: &shapes, ..Scope::default() };
    let verdict = wrt::session::same(&a.a, &a.b, &scope)
        .map_err(|(which, e)| Failure::in_text(&e, &Text::formula(if which == 0 { &a.a } else { &a.b })))?;
    let (code, line, object) = match verdict {
        Verdict::Yes(notes) => {
            let lines: String = notes.iter().map(|n| format!("note: {n}\n")).collect();
            (0, format!("yes: equal wherever both are defined\n{lines}"), json!({ "same": true, "notes": notes }))
        }
        Verdict::No { at, values: (x, y) } => {
            let point: Vec<String> =
                at.iter().map(|(n, v)| format!("{n} = {}", listed(v, Number::to_string))).collect();
            let place = if at.is_empty() { String::new() } else { format!(" at {}", point.join(", ")) };
            let line = format!(
                "no:{place} the first is {}, the second {}\n",
                listed(&x, |v| double(*v)),
                listed(&y, |v| double(*v))
            );
            let exact = |a: &Array<Number>| nested(a, |n| n.to_string().into());
            let at: Map<String, Value> = at.iter().map(|(n, v)| (n.clone(), exact(v))).collect();
            let value = |a: &Array<f64>| nested(a, |v| json_double(*v));
            (1, line, json!({ "same": false, "at": at, "values": [value(&x), value(&y)] }))
        }
        Verdict::Undecided(points) => {
            let line = format!("not decided: no proof found, and no difference at {points} points\n");
            (3, line, json!({ "same": null, "points": points }))
        }
    };
    if a.json {
        print_json(versioned(object))?;
    } else {
        print(&line)?;
    }
    Ok(ExitCode::from(code))
}
