//! One request of `wrt batch` and its answer, both JSON on a line.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Map, Value, json};
use wrt::session::{Array, Kind, Numbers, Scope, Session};
use wrt::{Error, Form, Number};

use crate::array_line::{self, Shapes, Tensors};
use crate::output::enter;

/// The longest line that is read.
pub const MAX_LINE: usize = 10_000_000;

/// A request that was understood.
struct Request {
    f: String,
    wrt: Option<Vec<String>>,
    at: Option<Vec<(String, Array<Number>)>>,
    order: u32,
    numbers: Numbers,
    shapes: Option<Shapes>,
}

/// Why a request has no answer.
pub(crate) struct Refusal {
    kind: &'static str,
    message: String,
    span: Option<std::ops::Range<usize>>,
}

impl Refusal {
    pub(crate) fn new(kind: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { kind, message: message.into(), span: None }
    }

    fn into_json(self) -> Value {
        let span = self.span.map_or(Value::Null, |s| json!([s.start, s.end]));
        json!({ "kind": self.kind, "message": self.message, "span": span })
    }
}

impl From<Error> for Refusal {
    fn from(e: Error) -> Refusal {
        Refusal { kind: e.kind().word(), message: e.to_string(), span: e.span() }
    }
}

/// Appends the answer to a line, and a line's end, to `out`; a line that was cut off is longer than [`MAX_LINE`].
pub fn answer(line: &[u8], out: &mut Vec<u8>) {
    let mut object = Map::new();
    match request(line) {
        Err(refused) => {
            let (id, refusal) = *refused;
            object.insert("id".into(), id);
            object.insert("error".into(), refusal.into_json());
        }
        Ok((id, request)) => {
            object.insert("id".into(), id);
            // One broken line must not stop the others.
            let solved = catch_unwind(AssertUnwindSafe(|| solve(&request)));
            let solved = solved.unwrap_or_else(|_| {
                Err(Refusal::new("internal", "wrt failed on this line; please report it as a bug"))
            });
            match solved {
                Ok(entries) => object.extend(entries),
                Err(refusal) => {
                    object.insert("error".into(), refusal.into_json());
                }
            }
        }
    }
    // Writing a `Value` to memory cannot fail.
    let _ = serde_json::to_writer(&mut *out, &object);
    out.push(b'\n');
}

/// Reads a request; the id comes back with a refusal as far as it is known.
fn request(line: &[u8]) -> Result<(Value, Request), Box<(Value, Refusal)>> {
    let unknown = |refusal| Box::new((Value::Null, refusal));
    if line.len() > MAX_LINE {
        return Err(unknown(Refusal::new("limit", format!("the line has more than {MAX_LINE} bytes"))));
    }
    if line.iter().all(u8::is_ascii_whitespace) {
        return Err(unknown(Refusal::new("json", "the line is empty; write an object such as {\"f\": \"w^2\"}")));
    }
    let value: Value = serde_json::from_slice(line)
        .map_err(|e| unknown(Refusal::new("json", format!("the line is not JSON: {e}"))))?;
    let Value::Object(mut object) = value else {
        return Err(unknown(Refusal::new("json", "the line is not a JSON object")));
    };
    let id = object.shift_remove("id").unwrap_or(Value::Null);
    match fields(object) {
        Ok(request) => Ok((id, request)),
        Err(refusal) => Err(Box::new((id, refusal))),
    }
}

fn fields(object: Map<String, Value>) -> Result<Request, Refusal> {
    let bad = |message: String| Refusal::new("request", message);
    let (mut f, mut wrt, mut at, mut order, mut numbers) = (None, None, None, 1, Numbers::Doubles);
    let mut shapes: Option<Shapes> = None;
    for (key, value) in object {
        match (key.as_str(), value) {
            ("f", Value::String(text)) => f = Some(text),
            ("f", _) => return Err(bad("\"f\" must be a string".into())),
            ("wrt", Value::String(name)) => wrt = Some(vec![name]),
            ("wrt", Value::Array(names)) => wrt = Some(strings(names)?),
            ("wrt", _) => return Err(bad("\"wrt\" must be a name or a list of names".into())),
            ("at", Value::Object(values)) => at = Some(point(values)?),
            ("at", _) => return Err(bad("\"at\" must be an object of names and numbers".into())),
            ("order", Value::Number(n)) => {
                order = n
                    .as_u64()
                    .and_then(|n| u32::try_from(n).ok())
                    .ok_or_else(|| bad("\"order\" must be 1, 2, …".into()))?;
            }
            ("order", _) => return Err(bad("\"order\" must be 1, 2, …".into())),
            ("digits", Value::Null) => {}
            ("digits", Value::Number(n)) => {
                let digits = n.as_u64().ok_or_else(|| bad("\"digits\" must be 1, 2, …".into()))?;
                numbers = Numbers::Digits(usize::try_from(digits).unwrap_or(usize::MAX));
            }
            ("digits", _) => return Err(bad("\"digits\" must be 1, 2, …".into())),
            ("shapes", value) => shapes.get_or_insert_default().shapes = array_line::shapes(value)?,
            ("dims", value) => shapes.get_or_insert_default().sizes = array_line::sizes(value)?,
            ("kind", value) => {
                let kind = value.as_str().and_then(Kind::named);
                let kind = kind.ok_or_else(|| bad("\"kind\" is \"gradient\", \"jacobian\" or \"hessian\"".into()))?;
                shapes.get_or_insert_default().kind = Some(kind);
            }
            (other, _) => {
                let known = "there are \"id\", \"f\", \"wrt\", \"at\", \"order\", \"digits\", \"shapes\", \"dims\" and \"kind\"";
                return Err(bad(format!("there is no key \"{}\"; {known}", other.escape_debug())));
            }
        }
    }
    let f = f.ok_or_else(|| bad("there is no \"f\", the formula".into()))?;
    Ok(Request { f, wrt, at, order, numbers, shapes })
}

fn strings(names: Vec<Value>) -> Result<Vec<String>, Refusal> {
    let name = |v| match v {
        Value::String(name) => Ok(name),
        _ => Err(Refusal::new("request", "\"wrt\" must be a name or a list of names")),
    };
    names.into_iter().map(name).collect()
}

fn point(values: Map<String, Value>) -> Result<Vec<(String, Array<Number>)>, Refusal> {
    let coordinate = |(name, value): (String, Value)| {
        let refuse =
            |why| Refusal::new("request", format!("the value of \"{}\" in \"at\": {why}", name.escape_debug()));
        let array = array_line::array(&value).map_err(refuse)?;
        Ok((name, array))
    };
    values.into_iter().map(coordinate).collect()
}

/// A JSON number is exactly that double, a string is exact.
pub(crate) fn exact(value: &Value) -> Result<Number, String> {
    match value {
        Value::Number(n) => n.as_f64().and_then(Number::from_f64).ok_or("it is not a finite double".to_string()),
        Value::String(text) => Number::parse(text),
        _ => Err("it must be a number or an exact number in a string".to_string()),
    }
}

/// The entries of the answer after the id.
fn solve(request: &Request) -> Result<Map<String, Value>, Refusal> {
    let Request { f, wrt, at, order, numbers, shapes } = request;
    let none = Shapes::default();
    let asked = shapes.as_ref().unwrap_or(&none);
    let known = array_line::known_shapes(asked, at.as_deref());
    let listed: Vec<(&str, Vec<&str>)> =
        known.iter().map(|(n, d)| (n.as_str(), d.iter().map(String::as_str).collect())).collect();
    let bound: Vec<&str> =
        at.iter().flatten().map(|(n, _)| n.as_str()).chain(wrt.iter().flatten().map(String::as_str)).collect();
    let dimensions: Vec<&str> = asked.sizes.iter().map(|(name, _)| name.as_str()).collect();
    let scope = Scope { variables: &bound, shapes: &listed, dimensions: &dimensions, ..Scope::default() };
    let mut session = Session::parse(f, &scope)?;
    if shapes.is_some() || session.has_tensors() || session.is_model() {
        let (wrt, at) = (wrt.as_deref(), at.as_deref());
        return array_line::solve(session, &Tensors { wrt, at, order: *order, numbers: *numbers, asked });
    }
    let at = &at.as_deref().map(array_line::scalars).transpose()?;
    let names = match (wrt, at) {
        (Some(names), _) => names.clone(),
        (None, Some(at)) if !at.is_empty() => at.iter().map(|(n, _)| n.clone()).collect(),
        _ => session.free_names(),
    };
    let variables = names.iter().map(|n| session.variable(n)).collect::<Result<Vec<_>, Error>>()?;
    let bind = |(n, v): &(String, Number)| Ok((session.free(n)?, v.clone()));
    let bindings = at.iter().flatten().map(bind).collect::<Result<Vec<_>, Error>>()?;
    let closed = at.is_some() || session.free_names().is_empty();
    let solution = session.solve(&variables, *order, closed.then_some(&bindings), *numbers)?;
    let mut derivative = Map::new();
    for partial in &solution.partials {
        let key: Vec<&str> = partial.wrt.iter().map(|k| names[*k].as_str()).collect();
        let mut entry = Map::new();
        entry.insert("formula".into(), session.print(partial.shown.id, Form::Text).line().into());
        if let Some(value) = &partial.value {
            enter(&mut entry, value);
        }
        if !partial.shown.notes.is_empty() {
            entry.insert("notes".into(), partial.shown.notes.clone().into());
        }
        derivative.insert(key.join(","), entry.into());
    }
    let mut entries = Map::new();
    if let Some(value) = &solution.value {
        enter(&mut entries, value);
    }
    entries.insert("derivative".into(), derivative.into());
    Ok(entries)
}
