//! The commands that answer one question.

use std::io::Write;
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use wrt::session::{Printed, Scope, Session, Solved, Verdict, closest, heading, mathml};
use wrt::{Error, Form, Number};

use crate::args::{Diff, Eval, Notation, Same, Simplify};
use crate::failure::Failure;
use crate::judge;
use crate::output::{double, enter, explained, json_double, print, print_json, words};
use crate::point::{self, Coordinate};

/// A person reads these on standard error beside the result.
fn warn(message: &str) {
    // Nothing is left to do if standard error is closed.
    let _ = writeln!(std::io::stderr(), "Warning: {message}");
}

/// Reads the formula; names that options bind are variables in it.
pub fn open(text: &str, variables: &[&str], assume: &[String]) -> Result<Session, Failure> {
    let assumptions = point::assumptions(assume)?;
    let scope = Scope { variables, assumptions: &assumptions, ..Scope::default() };
    Session::parse(text, &scope).map_err(|e| Failure::in_text(&e, text))
}

/// Says so where an option names something that the formula lacks.
pub fn warn_absent(session: &Session, option: &str, name: &str, effect: &str) {
    if session.occurs(name) {
        return;
    }
    let free = session.free_names();
    let meant = match closest(name, free.iter().map(String::as_str)) {
        Some(better) => format!(" (did you mean `{better}`?)"),
        None => String::new(),
    };
    warn(&format!("{option}: `{name}` does not occur in the formula{meant}{effect}"));
}

/// The point as the session knows it; a free name without a value is an error that names it.
pub fn bind(session: &mut Session, at: &[Coordinate]) -> Result<Vec<(wrt::session::Id, Number)>, Failure> {
    for c in at {
        warn_absent(session, "--at", &c.name, "");
    }
    let missing: Vec<String> = session.free_names().into_iter().filter(|n| at.iter().all(|c| c.name != *n)).collect();
    if !missing.is_empty() {
        let list: Vec<String> = missing.iter().map(|n| format!("`{n}`")).collect();
        let wanted: Vec<String> = missing.iter().map(|n| format!("{n}=NUMBER")).collect();
        let verb = if missing.len() == 1 { "has" } else { "have" };
        return Err(Failure::plain(format!("{} {verb} no value", list.join(", ")))
            .with_help(format!("write --at {}", wanted.join(","))));
    }
    Ok(at.iter().map(|c| Ok((session.free(&c.name)?, c.value.clone()))).collect::<Result<_, Error>>()?)
}

/// The coordinates as JSON: a number where a double is exact, else an exact string.
pub fn json_point(at: &[Coordinate]) -> Value {
    let entry = |c: &Coordinate| {
        let x = c.value.to_f64();
        let exact = Number::from_f64(x).as_ref() == Some(&c.value);
        let integer = c.value.as_i64().filter(|_| exact).map(Value::from);
        (c.name.clone(), if exact { integer.unwrap_or(json_double(x)) } else { c.value.to_string().into() })
    };
    Value::Object(at.iter().map(entry).collect())
}

/// `wrt diff`
pub fn diff(a: &Diff) -> Result<ExitCode, Failure> {
    let text = point::text(&a.formula)?;
    let at = point::point(&a.at)?;
    let asked: Vec<&str> = a.wrt.iter().map(|n| n.trim()).filter(|n| !n.is_empty()).collect();
    if a.order == 0 {
        return Err(Failure::plain("--order: 0 is no derivative").with_help("write `wrt eval` for the value"));
    }
    let variables: Vec<&str> = at.iter().map(|c| c.name.as_str()).chain(asked.iter().copied()).collect();
    let mut session = open(&text, &variables, &a.formula.assume)?;
    point::check(&at, &a.formula.assume)?;
    let names: Vec<String> =
        if asked.is_empty() { session.free_names() } else { asked.iter().map(|n| n.to_string()).collect() };
    let ids = names.iter().map(|n| session.variable(n)).collect::<Result<Vec<_>, Error>>()?;
    for name in &asked {
        warn_absent(&session, "--wrt", name, "; its derivative is 0");
    }
    let bindings = bind_if_any(&mut session, &at)?;
    let numbers = point::numbers(&a.precision, a.as_written)?;
    let solution = session.solve(&ids, a.order, bindings.as_deref(), numbers)?;
    let round = a.notation.map_or(names.len() > 1 || session.free_names().len() > 1, |n| n == Notation::Partial);
    let function = function_name(&session, &names);
    let mut judged = String::new();
    if let Some(at) = bindings.filter(|_| !a.quick && !a.style.json && a.order == 1) {
        let occurring = solution.partials.iter().enumerate().filter(|(k, _)| session.occurs(&names[*k]));
        let inputs: Vec<judge::Input> =
            occurring.map(|(k, p)| judge::Input { name: names[k].clone(), id: ids[k], formula: p.shown.id }).collect();
        judged = judge::summary(&mut session, &function, &inputs, &at)?;
    }
    let view = DiffView { a, text: &text, names: &names, at: &at, session: &session, function, round };
    if a.style.json {
        return print_json(view.json(solution.value.as_ref(), &solution.partials));
    }
    print(&(view.lines(solution.value.as_ref(), &solution.partials) + &judged))?;
    Ok(ExitCode::SUCCESS)
}

/// A point is given, or none is needed.
fn bind_if_any(session: &mut Session, at: &[Coordinate]) -> Result<Option<Vec<(wrt::session::Id, Number)>>, Failure> {
    if at.is_empty() && !session.free_names().is_empty() { Ok(None) } else { bind(session, at).map(Some) }
}

/// All that the answer to `wrt diff` is written from.
struct DiffView<'a> {
    a: &'a Diff,
    text: &'a str,
    names: &'a [String],
    at: &'a [Coordinate],
    session: &'a Session,
    /// What the formula is called.
    function: String,
    /// Is it ∂, not d?
    round: bool,
}

/// The formula's own name, or a letter that it doesn't use.
pub fn function_name(session: &Session, names: &[String]) -> String {
    let free = |name: &&str| !session.occurs(name) && !names.iter().any(|n| n == name);
    session.result_name().or_else(|| ["J", "f", "F", "y"].into_iter().find(free)).unwrap_or("J").to_string()
}

impl DiffView<'_> {
    fn names_of(&self, partial: &Solved) -> Vec<&str> {
        partial.wrt.iter().map(|k| self.names[*k].as_str()).collect()
    }

    fn heading(&self, form: Form, partial: &Solved) -> String {
        heading(form, &self.function, &self.names_of(partial), self.round)
    }

    /// `name = formula`, with the named parts before it.
    fn equation(&self, name: &str, id: wrt::session::Id, out: &mut String) {
        let form = self.a.style.form;
        // An equation is one piece of MathML.
        let written = if form == Form::MathMl { Form::Latex } else { form };
        let printed = self.session.print(id, written);
        let name = &printed.heading(written, name);
        let Printed { parts, result, refused, .. } = printed;
        if let Some(refused) = refused {
            return out.push_str(&format!("note: {refused}\n"));
        }
        for (left, right) in parts.iter().map(|(n, t)| (n.as_str(), t)).chain([(name.as_str(), &result)]) {
            let equation = format!("{left} = {right}");
            out.push_str(&if form == Form::MathMl { mathml(&equation) } else { equation });
            out.push('\n');
        }
    }

    fn lines(&self, value: Option<&wrt::session::Value>, partials: &[Solved]) -> String {
        let mut out = String::new();
        let form = self.a.style.form;
        self.equation(&self.function, self.session.root(), &mut out);
        if partials.is_empty() {
            out.push_str("There is no free name: every derivative is 0.\n");
        }
        let mut notes: Vec<&str> = Vec::new();
        for partial in partials {
            self.equation(&self.heading(form, partial), partial.shown.id, &mut out);
            for note in &partial.shown.notes {
                if !notes.contains(&note.as_str()) {
                    notes.push(note);
                }
            }
        }
        for note in notes {
            out.push_str(&format!("note: {note}\n"));
        }
        if let Some(value) = value {
            self.values(value, partials, &mut out);
        }
        out
    }

    /// `at w = 3:  J = 9,  dJ/dw = 6`, on several lines where one would be long.
    fn values(&self, value: &wrt::session::Value, partials: &[Solved], out: &mut String) {
        let plain = |p: &Solved| self.heading(Form::Text, p);
        let mut items = vec![explained(&self.function, value)];
        items.extend(partials.iter().filter_map(|p| Some(explained(&plain(p), p.value.as_ref()?))));
        if !self.at.is_empty() {
            let point: Vec<String> = self.at.iter().map(|c| format!("{} = {}", c.name, c.written)).collect();
            out.push_str(&format!("at {}:", point.join(", ")));
        }
        let one_line = items.iter().map(|t| t.chars().count() + 3).sum::<usize>() < 100;
        let lead = if self.at.is_empty() {
            ""
        } else if one_line {
            "  "
        } else {
            "\n  "
        };
        out.push_str(lead);
        out.push_str(&items.join(if one_line { ",  " } else { "\n  " }));
        out.push('\n');
    }

    fn json(&self, value: Option<&wrt::session::Value>, partials: &[Solved]) -> Value {
        let mut derivative = Map::new();
        for partial in partials {
            let print = |form| self.session.print(partial.shown.id, form).line();
            let mut entry = json!({
                "formula": print(self.a.style.form),
                "latex": print(Form::Latex),
                "value": Value::Null,
            });
            if let (Some(object), Some(value)) = (entry.as_object_mut(), &partial.value) {
                enter(object, value);
            }
            if !partial.shown.notes.is_empty() {
                entry["notes"] = partial.shown.notes.clone().into();
            }
            derivative.insert(self.names_of(partial).join(","), entry);
        }
        let mut object = Map::new();
        object.insert("wrt_version".into(), wrt::VERSION.into());
        object.insert("f".into(), self.text.into());
        object.insert("wrt".into(), self.names.into());
        object.insert("at".into(), json_point(self.at));
        object.insert("value".into(), Value::Null);
        if let Some(value) = value {
            enter(&mut object, value);
        }
        object.insert("derivative".into(), derivative.into());
        Value::Object(object)
    }
}

/// `wrt eval`
pub fn eval(a: &Eval) -> Result<ExitCode, Failure> {
    let text = point::text(&a.formula)?;
    let at = point::point(&a.at)?;
    let variables: Vec<&str> = at.iter().map(|c| c.name.as_str()).collect();
    let mut session = open(&text, &variables, &a.formula.assume)?;
    point::check(&at, &a.formula.assume)?;
    let bindings = bind(&mut session, &at)?;
    let root = session.root();
    let value = session.values(&[root], &bindings, point::numbers(&a.precision, a.as_written)?)?.swap_remove(0);
    if a.json {
        let mut object = Map::new();
        object.insert("wrt_version".into(), wrt::VERSION.into());
        object.insert("f".into(), text.into());
        object.insert("at".into(), json_point(&at));
        enter(&mut object, &value);
        return print_json(Value::Object(object));
    }
    print(&format!("{}\n", words(&value)))?;
    Ok(ExitCode::SUCCESS)
}

/// `wrt simplify`
pub fn simplify(a: &Simplify) -> Result<ExitCode, Failure> {
    let text = point::text(&a.formula)?;
    let mut session = open(&text, &[], &a.formula.assume)?;
    let root = session.root();
    let simplified = session.simplify(root);
    let formula = session.print(simplified.id, a.style.form).line();
    if a.style.json {
        let latex = session.print(simplified.id, Form::Latex).line();
        return print_json(json!({
            "wrt_version": wrt::VERSION, "f": text, "formula": formula, "latex": latex, "notes": simplified.notes,
        }));
    }
    let mut out = formula + "\n";
    for note in &simplified.notes {
        out.push_str(&format!("note: {note}\n"));
    }
    print(&out)?;
    Ok(ExitCode::SUCCESS)
}

/// `wrt same`: exit status 0 for yes, 1 for no, 3 for not decided.
pub fn same(a: &Same) -> Result<ExitCode, Failure> {
    let assumptions = point::assumptions(&a.assume)?;
    let scope = Scope { variables: &[], assumptions: &assumptions, ..Scope::default() };
    let verdict = wrt::session::same(&a.a, &a.b, &scope)
        .map_err(|(which, e)| Failure::in_text(&e, if which == 0 { &a.a } else { &a.b }))?;
    let (code, line, mut object) = match verdict {
        Verdict::Yes(notes) => {
            let lines: String = notes.iter().map(|n| format!("note: {n}\n")).collect();
            (0, format!("yes: equal wherever both are defined\n{lines}"), json!({ "same": true, "notes": notes }))
        }
        Verdict::No { at, values: (x, y) } => {
            let point: Vec<String> = at.iter().map(|(n, v)| format!("{n} = {v}")).collect();
            let place = if at.is_empty() { String::new() } else { format!(" at {}", point.join(", ")) };
            let line = format!("no:{place} the first is {}, the second {}\n", double(x), double(y));
            let at: Map<String, Value> = at.iter().map(|(n, v)| (n.clone(), v.to_string().into())).collect();
            (1, line, json!({ "same": false, "at": at, "values": [json_double(x), json_double(y)] }))
        }
        Verdict::Undecided(points) => {
            let line = format!("not decided: no proof found, and no difference at {points} points\n");
            (3, line, json!({ "same": null, "points": points }))
        }
    };
    if a.json {
        object["wrt_version"] = wrt::VERSION.into();
        print(&format!("{object}\n"))?;
    } else {
        print(&line)?;
    }
    Ok(ExitCode::from(code))
}
