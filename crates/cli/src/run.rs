//! `wrt run`: a model's cost and gradient by the compiled program, for arrays from files.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value};
use wrt::session::Array;
use wrt::{Error, Model, NotFinite, PlanText, compile, compiled};

use crate::answer::versioned;
use crate::args::{Format, Run, threads};
use crate::arrays::{self, place};
use crate::budget::check_memory;
use crate::failure::Failure;
use crate::npz::{self, Named};
use crate::output::{double, json_double, listed, nested, print, print_json};
use crate::point::{self, Text};
use crate::programs::within;
use crate::question;
use crate::weights::Kept;
use crate::whole::write_whole;

/// Results with more entries than this are written to a file, not to the terminal.
const SHOWN: usize = 1000;

pub fn run(a: &Run) -> Result<ExitCode, Failure> {
    let is_npz = |path: &Path| path.extension().is_some_and(|e| e == "npz");
    if let Some(path) = a.out.as_deref().filter(|path| !is_npz(path)) {
        let message = format!("-o: {} does not end in .npz", path.display());
        return Err(Failure::plain(message).with_help("results are written by their names: -o out.npz"));
    }
    match a.precision {
        Format::F32 => in_numbers::<f32>(a),
        Format::F64 => in_numbers::<f64>(a),
    }
}

/// A plan that was written (`wrt plan`), run as it is.
fn planned<T: Kept>(a: &Run, text: &Text) -> Result<ExitCode, Failure> {
    let fail = |e: Error| Failure::plain(format!("{}: {}", text.name, e.message()));
    if !a.wrt.is_empty() || a.of.is_some() {
        let message = format!("{}: a plan computes what it was made for", text.name);
        return Err(
            Failure::plain(message).with_help("leave --wrt and --of out, or make another plan: wrt plan model.wrt")
        );
    }
    let plan = PlanText::read(&text.text).map_err(fail)?;
    check_memory(&plan.needs::<T>().map_err(fail)?, 0)?;
    let mut given = arrays::given::<T>(&a.at, text)?;
    let mut values: Vec<(String, Vec<T>)> = Vec::new();
    for (name, shape) in plan.inputs() {
        let missing = || {
            let message = format!("{}: `{name}` has no value; its shape is {shape:?}", text.name);
            Failure::plain(message)
                .with_help(format!("write --at data.npz with an array of this name, or --at {name}=…"))
        };
        let value = given.taken(&name).ok_or_else(missing)?;
        values.push((name, value));
    }
    let values: Vec<(&str, Vec<T>)> = values.iter_mut().map(|(n, v)| (n.as_str(), std::mem::take(v))).collect();
    let results = plan.run::<T>(&values).map_err(fail)?;
    let named = plan.results().into_iter().zip(results);
    let results: Vec<Named<T>> = named.map(|((name, shape), data)| Named { name, shape, data }).collect();
    write(a, text, &results, None)
}

fn in_numbers<T: Kept>(a: &Run) -> Result<ExitCode, Failure> {
    let text = point::text(&a.formula)?;
    if text.text.starts_with("plan ") && text.name != "formula" {
        return planned::<T>(a, &text);
    }
    let fail = |e: Error| Failure::in_text(&e, &text);
    let mut asked: Vec<&str> = Vec::new();
    for name in a.wrt.iter().map(|n| n.trim()).filter(|n| !n.is_empty()) {
        if !asked.contains(&name) {
            asked.push(name);
        }
    }
    let mut given = arrays::given::<T>(&a.at, &text)?;
    let mut session = given.session(&a.formula, &text, &asked)?;
    if let Some(name) = &a.of {
        session.choose(name).map_err(fail)?;
    }
    let document = session.document();
    if let Some(name) = asked.iter().find(|n| !document.occurs(n)) {
        return Err(arrays::unknown(document, "--wrt", name));
    }
    given.warn(&a.formula, document)?;
    let sizes = given.sizes(&a.formula, document)?;
    given.check_complete(document)?;
    let name = document.function(&[]);
    let mut names: Vec<String> = vec![name];
    for name in &asked {
        let mut own = format!("d_{name}");
        while names.contains(&own) {
            own.push('_');
        }
        names.push(own);
    }

    let sizes: Vec<(&str, usize)> = sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
    let model = Model::from(session);
    let program = match &asked[..] {
        [] => compile::<T>(&[model.cost()]),
        names => compiled::value_and_gradient_by::<T>(&model, names),
    };
    let program = within(program.map_err(fail)?.with_sizes(&sizes));
    check_memory(&program.needs(&sizes, threads(a.threads)).map_err(fail)?, 0)?;
    let inputs = given.inputs(&program, &model, &sizes, false)?;
    let inputs: Vec<&[T]> = inputs.iter().map(Vec::as_slice).collect();
    let mut workspace = program.workspace().with_threads(threads(a.threads));
    let mut results = program.room(&inputs);
    let mut room: Vec<&mut [T]> = results.iter_mut().map(Vec::as_mut_slice).collect();
    program.run(&mut workspace, &inputs, &mut room).map_err(fail)?;

    let size = |name: &str| sizes.iter().find(|(n, _)| *n == name).map(|(_, k)| *k as u64);
    let shape = |dims: &Vec<wrt::Dimension>| dims.iter().map(|d| d.evaluate(size).unwrap_or(0) as usize).collect();
    let shapes = program.outputs().iter().map(shape);
    let results = names.into_iter().zip(shapes).zip(results);
    let results: Vec<Named<T>> = results.map(|((name, shape), data)| Named { name, shape, data }).collect();
    let is_open = |r: &Named<T>| r.data.iter().any(|x| !x.to_f64().is_finite());
    let blamed = if results.iter().any(is_open) { program.blame(&inputs).map_err(fail)? } else { None };
    write(a, &text, &results, blamed.as_ref())
}

fn write<T: Kept>(a: &Run, text: &Text, results: &[Named<T>], blamed: Option<&NotFinite>) -> Result<ExitCode, Failure> {
    if let Some(path) = &a.out {
        write_whole(path, &npz::written(results)?)?;
    }
    if a.json {
        let value = |r: &Named<T>| {
            let array = Array { shape: r.shape.clone(), data: r.data.clone() };
            (r.name.clone(), nested(&array, |x| json_double(x.to_f64())))
        };
        let shown = results.iter().filter(|r| a.out.is_none() || r.shape.is_empty());
        let mut object = Map::new();
        object.insert("f".into(), text.name.clone().into());
        object.insert("values".into(), Value::Object(shown.map(value).collect()));
        if let Some(from) = blamed {
            object.insert("not_finite".into(), told(from, text).into());
        }
        return print_json(versioned(Value::Object(object)));
    }
    let lines: String = results.iter().map(|r| line(r, a.out.as_deref())).collect();
    print(&lines)?;
    results.iter().for_each(warn_not_finite);
    if let Some(from) = blamed {
        question::warn(&format!("it begins where {}", told(from, text)));
    }
    Ok(ExitCode::SUCCESS)
}

/// A result for people.
fn line<T: Kept>(r: &Named<T>, out: Option<&Path>) -> String {
    let Named { name, shape, data } = r;
    match out {
        Some(out) if !shape.is_empty() => format!("{name}: {shape:?} in {}\n", out.display()),
        None if data.len() > SHOWN => format!("{name}: {shape:?}, more than is shown; write it with -o out.npz\n"),
        _ => {
            // The digits that the number has, which may be a single one.
            let array = Array { shape: shape.clone(), data: data.clone() };
            let text = |x: &T| x.to_string().parse().map_or_else(|_| x.to_string(), double);
            format!("{name} = {}\n", listed(&array, text))
        }
    }
}

/// Where a result that is no number comes from, with the line of the text.
fn told(from: &NotFinite, text: &Text) -> String {
    let statement = from.span.clone().and_then(|span| Some((span.start, text.text.get(span)?)));
    let of_name = |s: &str| from.name.as_deref().is_some_and(|name| s.trim_start().starts_with(name));
    match statement.filter(|(_, s)| of_name(s) && text.text.trim().contains('\n')) {
        Some((at, _)) => format!("{from}, line {}", text.text[..at].matches('\n').count() + 1),
        None => from.to_string(),
    }
}

/// Says where a result is no number.
fn warn_not_finite<T: Kept>(r: &Named<T>) {
    let Some(first) = r.data.iter().position(|x| !x.to_f64().is_finite()) else { return };
    let count = r.data.iter().filter(|x| !x.to_f64().is_finite()).count();
    let what = double(r.data[first].to_f64());
    let at = if r.shape.is_empty() { String::new() } else { format!(" at {:?}", place(&r.shape, first)) };
    let more = if count > 1 { format!(", and {} more entries are not finite", count - 1) } else { String::new() };
    question::warn(&format!("{} is {what}{at}{more}", r.name));
}
