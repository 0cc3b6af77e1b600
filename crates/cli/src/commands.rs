//! The commands that answer one question.

use std::process::ExitCode;

use serde_json::{Map, Value, json};
use wrt::session::{Equation, Scope, Session, Solved, Verdict, WrittenLine, heading, mathml, written_name};
use wrt::{Form, Number};

use crate::args::{Diff, Eval, Notation, Same, Simplify};
use crate::failure::Failure;
use crate::output::{beside, double, enter, explained, json_double, nested, print, print_json, words};
use crate::point::{self, Coordinate, Text};
use crate::{judge, question, tensors};

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

/// `wrt diff`
pub fn diff(a: &Diff) -> Result<ExitCode, Failure> {
    if a.order == 0 {
        return Err(Failure::plain("--order: 0 is no derivative").with_help("write `wrt eval` for the value"));
    }
    let mut q = question::open(&a.formula, &a.wrt, &a.at)?;
    if q.has_tensors() {
        return tensors::diff(q, a);
    }
    let bindings = if q.at.is_empty() && !q.session.free_names().is_empty() { None } else { Some(q.bind()?) };
    let numbers = point::numbers(&a.precision, a.as_written)?;
    let solution = q.session.solve(&q.ids, a.order, bindings.as_deref(), numbers)?;
    let round = a.notation.map_or(q.is_partial(), |n| n == Notation::Partial);
    let function = q.function();
    let (mut judged, mut agrees) = (String::new(), true);
    match bindings.filter(|_| !a.quick && !a.style.json) {
        Some(at) if a.order == 1 => {
            let occurring = solution.partials.iter().enumerate().filter(|(k, _)| q.session.occurs(&q.names[*k]));
            let inputs: Vec<judge::Input> = occurring
                .map(|(k, p)| judge::Input { name: q.names[k].clone(), id: q.ids[k], made: p.made, shown: p.shown.id })
                .collect();
            (judged, agrees) = judge::summary(&mut q.session, &function, &inputs, &at, round)?;
        }
        Some(at) => {
            let head = |p: &Solved| {
                let names: Vec<&str> = p.wrt.iter().map(|k| q.names[*k].as_str()).collect();
                heading(Form::Text, &function, &names, round)
            };
            let all: Vec<_> = solution.partials.iter().map(|p| (head(p), p.made, p.shown.id)).collect();
            if let Some(fault) = judge::fault(&q.session, &function, &all, &at)? {
                (judged, agrees) = (fault + "\n", false);
            }
        }
        None => {}
    }
    let view = DiffView { a, text: &q.text.text, names: &q.names, at: &q.at, session: &q.session, function, round };
    if a.style.json {
        return print_json(view.json(solution.value.as_ref(), &solution.partials));
    }
    print(&(view.lines(solution.value.as_ref(), &solution.partials) + &beside(a.style.form, &judged)))?;
    Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::from(1) })
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
        match self.session.write_alone(&Equation::new(id, name), 0, written) {
            Err(why) => out.push_str(&beside(form, &format!("note: {why}"))),
            Ok(lines) => {
                for WrittenLine { text, .. } in lines {
                    out.push_str(&if form == Form::MathMl { mathml(&text) } else { text });
                    out.push('\n');
                }
            }
        }
    }

    fn lines(&self, value: Option<&wrt::session::Value>, partials: &[Solved]) -> String {
        let mut out = String::new();
        let form = self.a.style.form;
        let plain = if form == Form::MathMl { Form::Latex } else { form };
        self.equation(&written_name(plain, &self.function), self.session.root(), &mut out);
        if partials.is_empty() {
            out.push_str(&beside(form, "There is no free name: every derivative is 0."));
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
            out.push_str(&beside(form, &format!("note: {note}")));
        }
        if let Some(value) = value {
            let mut values = String::new();
            self.values(value, partials, &mut values);
            out.push_str(&beside(form, &values));
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
    let mut q = question::open(&a.formula, &[], &a.at)?;
    if q.has_tensors() {
        return tensors::eval(q, a);
    }
    let bindings = q.bind()?;
    let root = q.session.root();
    let value = q.session.values(&[root], &bindings, point::numbers(&a.precision, a.as_written)?)?.swap_remove(0);
    if a.json {
        let mut object = Map::new();
        object.insert("wrt_version".into(), wrt::VERSION.into());
        object.insert("f".into(), q.text.text.into());
        object.insert("at".into(), json_point(&q.at));
        enter(&mut object, &value);
        return print_json(Value::Object(object));
    }
    print(&format!("{}\n", words(&value)))?;
    Ok(ExitCode::SUCCESS)
}

/// `wrt simplify`
pub fn simplify(a: &Simplify) -> Result<ExitCode, Failure> {
    let mut q = question::open(&a.formula, &[], &[])?;
    let root = q.session.root();
    let simplified = q.session.simplify(root);
    let printed = q.session.print(simplified.id, a.style.form);
    if let Some(why) = printed.refused {
        return Err(Failure::plain(why));
    }
    let formula = printed.line();
    if a.style.json {
        let latex = q.session.print(simplified.id, Form::Latex).line();
        return print_json(json!({
            "wrt_version": wrt::VERSION, "f": q.text.text, "formula": formula, "latex": latex,
            "notes": simplified.notes,
        }));
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
    let scope = Scope { variables: &[], assumptions: &assumptions, ..Scope::default() };
    let verdict = wrt::session::same(&a.a, &a.b, &scope)
        .map_err(|(which, e)| Failure::in_text(&e, &Text::formula(if which == 0 { &a.a } else { &a.b })))?;
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
