//! Derivatives of vectors, matrices and models: `wrt grad`, `jacobian`, `hessian`, `hvp`, `jvp`, `vjp`, `shapes`, and
//! what `diff`, `eval` and `check` do for them.

use std::process::ExitCode;

use serde_json::{Map, Value, json};
use wrt::session::{
    Along, Array, ArrayPoint, Backprop, Certified, Comparison, Equation, Form, Id, Simplified, Unread, WrittenLine,
    heading, mathml,
};

use crate::args::{self, Derive, Diff, Eval, Style};
use crate::commands::json_point;
use crate::failure::Failure;
use crate::output::{beside, json_double, listed, nested, print, print_json};
use crate::point;
use crate::question::{self, Question, warn};
use crate::table::table;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum What {
    Gradient,
    Jacobian,
    Hessian,
    Hvp,
    Jvp,
    Vjp,
}

impl What {
    fn word(self) -> &'static str {
        match self {
            What::Gradient => "gradient",
            What::Jacobian => "jacobian",
            What::Hessian => "hessian",
            What::Hvp => "hvp",
            What::Jvp => "jvp",
            What::Vjp => "vjp",
        }
    }
}

/// One result: what it is of, and its nodes.
struct Answer {
    /// The names it is with respect to.
    names: Vec<String>,
    /// As the rules give it.
    made: Id,
    /// The form for people.
    shown: Simplified,
}

/// How the answers are asked for.
struct Asked<'a> {
    what: What,
    style: &'a Style,
    /// Certified digits.
    digits: Option<usize>,
    /// d or ∂; by the number of names if not said.
    partial: Option<bool>,
    /// Hold the answer against nudges.
    judged: bool,
}

/// `wrt grad` and its like.
pub fn derive(a: &Derive, what: What) -> Result<ExitCode, Failure> {
    let mut q = question::open(&a.formula, &a.wrt, &a.at)?;
    if let Some(name) = &a.of {
        q.session.choose(name)?;
    }
    let digits = point::digits(&a.precision)?;
    answer(q, &Asked { what, style: &a.style, digits, partial: None, judged: false })
}

/// `wrt diff` of tensors: the gradient of one number, the Jacobian of several, the Hessian.
pub fn diff(q: Question, a: &Diff) -> Result<ExitCode, Failure> {
    let scalar = q.session.is_scalar();
    let what = match (a.order, scalar) {
        (1, true) => What::Gradient,
        (1, false) => What::Jacobian,
        (2, true) => What::Hessian,
        _ => {
            return Err(Failure::plain(
                "of vectors and matrices, first derivatives are given, and the Hessian of a number",
            )
            .with_help("higher ones are written within the formula: jacobian(hessian(f, x), x)"));
        }
    };
    let partial = a.notation.map(|n| n == args::Notation::Partial);
    let digits = point::digits(&a.precision)?;
    answer(q, &Asked { what, style: &a.style, digits, partial, judged: !a.quick && what == What::Gradient })
}

fn answer(mut q: Question, asked: &Asked<'_>) -> Result<ExitCode, Failure> {
    let what = asked.what;
    let variables: Vec<(String, Id)> = q.names.iter().cloned().zip(q.ids.iter().copied()).collect();
    let along = match what {
        What::Hvp | What::Jvp => q.session.directions("v", &variables),
        What::Vjp => {
            let name = q.function();
            let root = q.session.root();
            q.session.directions("u", &[(name, root)])
        }
        _ => Vec::new(),
    };
    let made = derivatives(&mut q, what, &along)?;
    let mut shown = Backprop::default();
    if what == What::Gradient && !asked.style.json {
        shown = q.session.backprop(&q.ids)?;
    } else {
        shown.gradient = made.iter().map(|(_, id)| q.session.simplify_named(*id)).collect();
    }
    let answers: Vec<Answer> = made
        .into_iter()
        .zip(&shown.gradient)
        .map(|((names, made), shown)| Answer { names, made, shown: shown.clone() })
        .collect();
    let values = if q.at.is_empty() && !q.session.free_names().is_empty() {
        None
    } else {
        Some(values(&mut q, &answers, &along, asked)?)
    };
    if asked.style.json {
        return print_json(in_json(&q, asked, &answers, &along, values.as_ref()));
    }
    let mut out = written(&q, asked, &answers, &shown, &along, values.is_some())?;
    let mut agree = true;
    if let Some(values) = &values {
        out.push_str(&beside(asked.style.form, &at_the_point(&q, asked, &answers, values)));
        if !answers.is_empty() {
            let (told, agrees) = judged(&mut q, asked, &answers, &shown, &values.point)?;
            out.push_str(&beside(asked.style.form, &told));
            agree = agrees;
        }
    }
    print(&out)?;
    Ok(if agree { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What is printed, line by line.
fn equations(q: &Question, asked: &Asked<'_>, answers: &[Answer], shown: &Backprop, form: Form) -> Vec<Equation> {
    let results = answers.iter().map(|a| Equation::new(a.shown.id, head(q, asked, a, form))).collect();
    q.session.equations(&q.function(), shown, results, asked.partial.unwrap_or(q.is_partial()), form)
}

/// Each derivative with the names it is with respect to.
fn derivatives(q: &mut Question, what: What, along: &[Along]) -> Result<Vec<(Vec<String>, Id)>, Failure> {
    let one = |ids: Vec<Id>| q.names.iter().map(|n| vec![n.clone()]).zip(ids).collect::<Vec<_>>();
    Ok(match what {
        What::Gradient => one(q.session.gradient(&q.ids)?),
        What::Jacobian => one(q.session.jacobian(&q.ids)?),
        What::Hvp => one(q.session.hvp(&q.ids, along)?),
        What::Vjp => one(q.session.vjp(&q.ids, &along[0])?),
        What::Jvp => vec![(q.names.clone(), q.session.jvp(&q.ids, along)?)],
        What::Hessian => {
            let rows = q.session.hessian(&q.ids)?;
            let mut found = Vec::new();
            for (k, row) in rows.into_iter().enumerate() {
                for (j, id) in row.into_iter().enumerate().skip(k) {
                    found.push((vec![q.names[k].clone(), q.names[j].clone()], id));
                }
            }
            found
        }
    })
}

/// What stands left of the `=`.
fn head(q: &Question, asked: &Asked<'_>, answer: &Answer, form: Form) -> String {
    let names: Vec<&str> = answer.names.iter().map(String::as_str).collect();
    match asked.what {
        What::Gradient | What::Jacobian | What::Hessian => {
            heading(form, &q.function(), &names, asked.partial.unwrap_or(q.is_partial()))
        }
        What::Jvp => "jvp".to_string(),
        what if q.names.len() == 1 => what.word().to_string(),
        what => format!("{}_{}", what.word(), names[0]),
    }
}

/// The formulas, named parts before them; what has no notation is an error, unless there are `values` beside.
fn written(
    q: &Question,
    asked: &Asked<'_>,
    answers: &[Answer],
    shown: &Backprop,
    along: &[Along],
    values: bool,
) -> Result<String, Failure> {
    let mut out = String::new();
    // An equation is one piece of MathML.
    let form = asked.style.form;
    let plain = if form == Form::MathMl { Form::Latex } else { form };
    let function = q.function();
    let all = equations(q, asked, answers, shown, plain);
    let (lines, refused) = match q.session.write(&all, plain, &shown.stations()) {
        Ok(lines) => (lines, None),
        Err(why) if values => (q.session.write(&all[..1], plain, &[]).unwrap_or_default(), Some(why)),
        Err(why) => return Err(Failure::plain(why).with_help("its values are given at a point: --at NAME=VALUE")),
    };
    for WrittenLine { text, .. } in lines {
        out.push_str(&if form == Form::MathMl { mathml(&text) } else { text });
        out.push('\n');
    }
    if let Some(why) = refused {
        out.push_str(&beside(form, &format!("note: no formula is printed: {why}")));
    }
    for (k, direction) in along.iter().enumerate() {
        let of = if asked.what == What::Vjp { &function } else { &q.names[k] };
        let shape = q.session.shape_of(direction.id);
        out.push_str(&beside(form, &format!("{} is shaped like {of}: {shape}", direction.name)));
    }
    if answers.is_empty() {
        out.push_str(&beside(form, "There is no free name: every derivative is 0."));
    }
    let mut notes: Vec<&String> = Vec::new();
    let steps = shown.steps.iter().flat_map(|s| &s.shown.notes);
    for note in steps.chain(answers.iter().flat_map(|a| &a.shown.notes)) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes.iter().for_each(|note| out.push_str(&beside(form, &format!("note: {note}"))));
    Ok(out)
}

/// Numbers at a point: doubles, or certified digits.
enum Numbers {
    Doubles(Vec<Array<f64>>),
    Digits(Vec<Array<Certified>>, usize),
}

impl Numbers {
    fn text(&self, k: usize) -> String {
        match self {
            Numbers::Doubles(all) => listed(&all[k], |x| crate::output::double(*x)),
            Numbers::Digits(all, digits) => listed(&all[k], |c| c.text(*digits)),
        }
    }

    fn json(&self, k: usize) -> Value {
        match self {
            Numbers::Doubles(all) => nested(&all[k], |x| json_double(*x)),
            Numbers::Digits(all, digits) => nested(&all[k], |c| c.text(*digits).into()),
        }
    }
}

/// The formula's value, then those of the answers.
struct Values {
    point: ArrayPoint,
    numbers: Numbers,
}

fn values(q: &mut Question, answers: &[Answer], along: &[Along], asked: &Asked<'_>) -> Result<Values, Failure> {
    let extra: Vec<&str> = along.iter().map(|a| a.name.as_str()).collect();
    let mut point = q.bind_arrays(&extra)?;
    q.session.fill_constants(&mut point, &q.sizes)?;
    let mut missing = q.missing(&point);
    missing.extend(along.iter().filter(|a| point.iter().all(|(id, _)| *id != a.id)).map(|a| a.name.clone()));
    question::refuse(&missing, "VALUE")?;
    let ids: Vec<Id> = std::iter::once(q.session.root()).chain(answers.iter().map(|a| a.made)).collect();
    let numbers = match asked.digits {
        None => Numbers::Doubles(q.session.arrays(&ids, &point, &q.sizes)?),
        Some(digits) => Numbers::Digits(q.session.certified_arrays(&ids, &point, &q.sizes, digits)?, digits),
    };
    Ok(Values { point, numbers })
}

/// The values, a line each.
fn at_the_point(q: &Question, asked: &Asked<'_>, answers: &[Answer], values: &Values) -> String {
    let place: Vec<String> = q.at.iter().map(|c| format!("{} = {}", c.name, c.written)).collect();
    let mut out = if place.is_empty() { String::new() } else { format!("at {}:\n", place.join(", ")) };
    let mut line = |name: &str, k: usize| out.push_str(&format!("  {name} = {}\n", values.numbers.text(k)));
    line(&q.function(), 0);
    for (k, answer) in answers.iter().enumerate() {
        line(&head(q, asked, answer, Form::Text), k + 1);
    }
    out
}

/// Whether what is printed, read back, has the values of the derivatives, and all ways to a gradient agree, in a line.
fn judged(
    q: &mut Question,
    asked: &Asked<'_>,
    answers: &[Answer],
    shown: &Backprop,
    point: &ArrayPoint,
) -> Result<(String, bool), Failure> {
    let equations = equations(q, asked, answers, shown, Form::Text);
    let lines = q.session.write(&equations, Form::Text, &shown.stations());
    let judged = q.session.read_back(&equations, lines.map(|lines| vec![lines]));
    let mut nodes = vec![q.session.root()];
    if !shown.steps.is_empty() {
        nodes = q.session.nodes_of(shown, &[])?;
    }
    nodes.extend(answers.iter().map(|a| a.made));
    let told = match &judged.read {
        Err(Unread::Refused(_)) => String::new(),
        Err(unread) => return Ok((format!("{}\n", unread.sentence()), false)),
        Ok(read) => match q.session.compare(read, &nodes, point, &q.sizes)? {
            Comparison::Other(k) => return Ok((format!("{}\n", other_value(&equations[k])), false)),
            Comparison::Large => "(large: `wrt check` reads the formula back where sizes are smaller)\n".to_string(),
            Comparison::NoValue(_) => "the printed formula has no value here\n".to_string(),
            Comparison::Same => String::new(),
        },
    };
    if !asked.judged {
        return Ok((told, true));
    }
    let parts = match q.session.check_arrays(&q.ids, &judged, point, &q.sizes, false) {
        Ok(parts) => parts,
        Err(e) => return Ok((format!("not checked: {}\n", e.message()), true)),
    };
    if parts.iter().all(|p| p.agrees) {
        let formula = if judged.read.is_ok() { "formula, " } else { "" };
        return Ok((format!("{told}{formula}forward, reverse and nudges agree\n"), true));
    }
    Ok((format!("{told}the ways to the gradient disagree: `wrt check` tells more\n"), true))
}

/// What is said where a printed line, read back, has another value than what it is printed for.
pub fn other_value(equation: &Equation) -> String {
    let head = equation.heads.last().map_or("", String::as_str);
    format!("the printed formula of {head}, read back, has another value: please report this as a bug of wrt")
}

fn in_json(q: &Question, asked: &Asked<'_>, answers: &[Answer], along: &[Along], values: Option<&Values>) -> Value {
    let mut derivative = Map::new();
    for (k, answer) in answers.iter().enumerate() {
        let print = |form| q.session.print(answer.shown.id, form).line();
        let mut entry = json!({
            "formula": print(asked.style.form),
            "latex": print(Form::Latex),
            "shape": q.session.shape_names(answer.made),
            "value": values.map_or(Value::Null, |v| v.numbers.json(k + 1)),
        });
        if !answer.shown.notes.is_empty() {
            entry["notes"] = answer.shown.notes.clone().into();
        }
        derivative.insert(answer.names.join(","), entry);
    }
    let along: Map<String, Value> =
        along.iter().map(|a| (a.name.clone(), q.session.shape_names(a.id).into())).collect();
    let mut object = json!({
        "wrt_version": wrt::VERSION,
        "f": q.text.text,
        "kind": asked.what.word(),
        "wrt": q.names,
        "at": json_point(&q.at),
        "value": values.map_or(Value::Null, |v| v.numbers.json(0)),
        "derivative": derivative,
    });
    if !along.is_empty() {
        object["along"] = along.into();
    }
    object
}

/// `wrt eval` of tensors.
pub fn eval(mut q: Question, a: &Eval) -> Result<ExitCode, Failure> {
    let mut point = q.bind_arrays(&[])?;
    q.session.fill_constants(&mut point, &q.sizes)?;
    question::refuse(&q.missing(&point), "VALUE")?;
    let root = q.session.root();
    let numbers = match point::digits(&a.precision)? {
        None => Numbers::Doubles(q.session.arrays(&[root], &point, &q.sizes)?),
        Some(digits) => Numbers::Digits(q.session.certified_arrays(&[root], &point, &q.sizes, digits)?, digits),
    };
    if let Numbers::Doubles(found) = &numbers
        && found[0].data.iter().any(|x| x.is_nan())
    {
        warn("where it says NaN, the value is not defined there");
    }
    if a.json {
        return print_json(json!({
            "wrt_version": wrt::VERSION, "f": q.text.text, "at": json_point(&q.at), "value": numbers.json(0),
        }));
    }
    print(&format!("{}\n", numbers.text(0)))?;
    Ok(ExitCode::SUCCESS)
}

/// `wrt check` of tensors and models: exit status 0 for agreement, 1 for disagreement.
pub fn check(mut q: Question, a: &args::Check) -> Result<ExitCode, Failure> {
    q.keep_occurring();
    q.session.weigh();
    let (judged, nodes) = q.session.judged_gradient(&q.function(), &q.names, &q.ids)?;
    let given = q.bind_arrays(&[])?;
    let mut sizes = std::mem::take(&mut q.sizes);
    q.session.complete_sizes(&mut sizes);
    let point = q.session.random_point(&given, &sizes)?;
    let parts = q.session.check_arrays(&q.ids, &judged, &point, &sizes, a.trust)?;
    let fault = match &judged.read {
        Ok(read) => q.session.compare(read, &nodes, &point, &sizes)?,
        Err(_) => Comparison::Same,
    };
    let unread = judged.read.as_ref().err();
    let agree = parts.iter().all(|p| p.agrees) && fault.agrees();
    let exists = parts.iter().all(|p| p.undefined == 0);
    let (status, verdict) = match (agree, exists) {
        _ if unread.is_some_and(Unread::is_failure) => (1, "unreadable"),
        (false, _) => (1, "disagreement"),
        (true, false) => (3, "none"),
        (true, true) => (0, "agreement"),
    };
    let trouble = match (unread, fault) {
        (Some(unread), _) => Some(unread.sentence() + "\n"),
        (None, Comparison::Other(k)) => {
            let line = judged.lines.get(k).map_or("", String::as_str);
            Some(format!("a printed formula, read back, has another value: `{line}`\n"))
        }
        _ => None,
    };
    if a.json {
        let engines = |engines: &[(&str, f64)]| {
            engines.iter().map(|(n, d)| ((*n).to_string(), json_double(*d))).collect::<Map<String, Value>>()
        };
        let part = |(name, p): (&String, &wrt::session::ArrayPart)| {
            json!({ "wrt": name, "shape": q.session.shape_names(p.wrt), "directions": p.directions,
                    "kinks": p.kinks, "undefined": p.undefined, "trusted": p.trusted, "agrees": p.agrees, "differences": engines(&p.engines) })
        };
        let sizes: Map<String, Value> = sizes.iter().map(|(n, k)| (n.clone(), (*k).into())).collect();
        print_json(json!({
            "wrt_version": wrt::VERSION, "f": q.text.text, "verdict": verdict, "judged": judged.text,
            "message": trouble.as_deref().map(str::trim_end), "dims": sizes, "parts": q.names.iter().zip(&parts).map(part).collect::<Vec<_>>(),
        }))?;
        return Ok(ExitCode::from(status));
    }
    let mut out = judged.text.clone();
    if !sizes.is_empty() {
        let list: Vec<String> = sizes.iter().map(|(n, k)| format!("{n} = {k}")).collect();
        out.push_str(&format!("{}; ", list.join(", ")));
    }
    out.push_str(if given.is_empty() {
        "random values, the same every time\n"
    } else {
        "random values where none are given\n"
    });
    let names: Vec<&str> = parts.first().map_or(Vec::new(), |p| p.engines.iter().map(|(n, _)| *n).collect());
    let mut rows = vec![
        ["with respect to", "shape", "nudges"]
            .into_iter()
            .chain(names)
            .chain([""])
            .map(String::from)
            .collect::<Vec<_>>(),
    ];
    for (name, part) in q.names.iter().zip(&parts) {
        let unreadable = part.engines.iter().any(|(n, d)| *n == "formula" && d.is_infinite());
        let verdict = match (part.agrees, part.kinks) {
            (false, _) => "DISAGREE".to_string(),
            _ if part.undefined > 0 => format!("no derivative along {} of {}", part.undefined, part.directions),
            _ if unreadable => "agree; the formula has no value here".to_string(),
            (true, 0) => "agree".to_string(),
            (true, k) => format!("agree; kinks along {k}"),
        };
        let engines = part.engines.iter().map(|(_, d)| format!("{d:.1e}"));
        let lead = [name.clone(), q.session.shape_of(part.wrt), part.directions.to_string()];
        rows.push(lead.into_iter().chain(engines).chain([verdict]).collect());
    }
    out.push_str(&table(&rows));
    out.push_str(if parts.iter().any(|p| p.trusted) {
        "The text's own derivatives are trusted: nothing was nudged, the engines are held against each other.\n"
    } else if agree && !exists {
        "Where there is no derivative, slopes to both sides differ or have no value; elsewhere all agree.\n"
    } else if let Some(trouble) = &trouble {
        trouble
    } else if agree {
        "The formula is what is printed above, read back.\n\
         Each engine's largest difference from the nudges, relative to the largest slope: all agree.\n"
    } else {
        "Each engine's largest difference from the nudges, relative to the largest slope: they disagree. Please report \
         this as a bug of wrt, unless the derivative of a function is your own: --trust takes it as right.\n"
    });
    print(&out)?;
    Ok(ExitCode::from(status))
}

/// `wrt shapes`
pub fn shapes(a: &args::Shapes) -> Result<ExitCode, Failure> {
    let q = question::open(&a.formula, &[], &[])?;
    let all = q.session.shapes();
    if a.json {
        let entry =
            |s: &wrt::session::Shaped| json!({ "line": s.line, "role": s.role, "name": s.name, "shape": s.dims });
        return print_json(json!({
            "wrt_version": wrt::VERSION, "f": q.text.text, "shapes": all.iter().map(entry).collect::<Vec<_>>(),
        }));
    }
    let mut rows = vec![["line", "", "name", "shape"].map(String::from).to_vec()];
    for s in &all {
        let shape = if s.dims.is_empty() { "number".to_string() } else { format!("[{}]", s.dims.join(", ")) };
        let line = if s.line == 0 { String::new() } else { s.line.to_string() };
        rows.push(vec![line, s.role.to_string(), s.name.clone(), shape]);
    }
    print(&table(&rows))?;
    Ok(ExitCode::SUCCESS)
}
