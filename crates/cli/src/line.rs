//! One request of `wrt batch` and its answer, both JSON on a line.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Map, Value, json};
use wrt::session::{Array, Derivative, DerivativeKind, Judging, Layout, Numbers, Scope, Session, Sizes};
use wrt::{Error, Form, Number};

use crate::answer::{derivative_json, enter_notes};
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
    shapes: Vec<Shape>,
    /// Sizes of named dimensions.
    sizes: Sizes,
    /// Which derivative; by the order if it isn't said.
    kind: Option<DerivativeKind>,
}

/// Why a request has no answer.
struct Refusal {
    kind: &'static str,
    message: String,
    span: Option<std::ops::Range<usize>>,
}

impl Refusal {
    fn new(kind: &'static str, message: impl Into<String>) -> Refusal {
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

/// Appends the answer to a line, and a line's end, to `out`, in these numbers unless the line asks for digits; a line that was cut off is longer than [`MAX_LINE`].
pub fn answer(line: &[u8], numbers: Numbers, out: &mut Vec<u8>) {
    let mut object = Map::new();
    match request(line, numbers) {
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
fn request(line: &[u8], numbers: Numbers) -> Result<(Value, Request), Box<(Value, Refusal)>> {
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
    match fields(object, numbers) {
        Ok(request) => Ok((id, request)),
        Err(refusal) => Err(Box::new((id, refusal))),
    }
}

fn fields(object: Map<String, Value>, numbers: Numbers) -> Result<Request, Refusal> {
    let bad = |message: String| Refusal::new("request", message);
    let (mut f, mut wrt, mut at, mut order, mut numbers) = (None, None, None, 1, numbers);
    let (mut shapes, mut sizes, mut kind) = (Vec::new(), Sizes::new(), None);
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
                    .and_then(|n| u32::try_from(n).ok().filter(|n| *n > 0))
                    .ok_or_else(|| bad("\"order\" must be 1, 2, …".into()))?;
            }
            ("order", _) => return Err(bad("\"order\" must be 1, 2, …".into())),
            ("digits", Value::Null) => {}
            ("digits", Value::Number(n)) => {
                let digits = n.as_u64().ok_or_else(|| bad("\"digits\" must be 1, 2, …".into()))?;
                numbers = Numbers::Digits(usize::try_from(digits).unwrap_or(usize::MAX));
            }
            ("digits", _) => return Err(bad("\"digits\" must be 1, 2, …".into())),
            ("shapes", value) => shapes = shapes_of(value)?,
            ("dims", value) => sizes = sizes_of(value)?,
            ("kind", value) => {
                let named = value.as_str().and_then(DerivativeKind::named);
                let known = "\"kind\" is \"gradient\", \"jacobian\", \"hessian\", \"jvp\", \"vjp\" or \"hvp\"";
                kind = Some(named.ok_or_else(|| bad(known.into()))?);
            }
            (other, _) => {
                let known = "there are \"id\", \"f\", \"wrt\", \"at\", \"order\", \"digits\", \"shapes\", \"dims\" and \"kind\"";
                return Err(bad(format!("there is no key \"{}\"; {known}", other.escape_debug())));
            }
        }
    }
    let f = f.ok_or_else(|| bad("there is no \"f\", the formula".into()))?;
    Ok(Request { f, wrt, at, order, numbers, shapes, sizes, kind })
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
        let array = array(&value).map_err(refuse)?;
        Ok((name, array))
    };
    values.into_iter().map(coordinate).collect()
}

/// A JSON number is exactly that double, a string is exact.
fn exact(value: &Value) -> Result<Number, String> {
    match value {
        Value::Number(n) => n.as_f64().and_then(Number::from_f64).ok_or("it is not a finite double".to_string()),
        Value::String(text) => Number::parse(text),
        _ => Err("it must be a number or an exact number in a string".to_string()),
    }
}

/// The entries of the answer after the id.
fn solve(request: &Request) -> Result<Map<String, Value>, Refusal> {
    let Request { f, wrt, at, order, numbers, shapes, sizes, kind } = request;
    let known = known_shapes(shapes, at.as_deref());
    let listed: Vec<(&str, Vec<&str>)> =
        known.iter().map(|(n, d)| (n.as_str(), d.iter().map(String::as_str).collect())).collect();
    let bound: Vec<&str> =
        at.iter().flatten().map(|(n, _)| n.as_str()).chain(wrt.iter().flatten().map(String::as_str)).collect();
    let dimensions: Vec<&str> = sizes.iter().map(|(name, _)| name.as_str()).collect();
    let scope = Scope { variables: &bound, shapes: &listed, dimensions: &dimensions, ..Scope::default() };
    let mut session = Session::parse(f, &scope)?;
    let names = wrt.clone().unwrap_or_else(|| session.document().default_variables());
    let given: Vec<(String, Array<Number>)> = at.clone().unwrap_or_default();
    let closed = at.is_some() || session.document().without_value(&[]).is_empty();
    let answer = session.answer(&wrt::session::Request {
        kind: asked_kind(*kind, *order)?,
        wrt: &names,
        at: closed.then_some(&given),
        sizes: sizes.clone(),
        numbers: *numbers,
        layout: Layout::Alone,
        judging: Judging::Status,
        ..Default::default()
    })?;
    let mut entries = Map::new();
    if let Some(value) = &answer.value {
        enter(&mut entries, value);
    }
    let derivative = |d: &Derivative| (d.names.join(","), Value::Object(derivative_json(&session, d, Form::Text)));
    entries.insert("derivative".into(), Value::Object(answer.derivatives.iter().map(derivative).collect()));
    enter_notes(&mut entries, &answer);
    Ok(entries)
}

/// What is asked for by kind and order.
fn asked_kind(kind: Option<DerivativeKind>, order: u32) -> Result<DerivativeKind, Refusal> {
    match (kind, order) {
        (None, _) => Ok(DerivativeKind::Derivative(order)),
        (Some(DerivativeKind::Hessian), 1 | 2) => Ok(DerivativeKind::Hessian),
        (Some(kind), 1) => Ok(kind),
        (Some(kind), _) => Err(Refusal::new(
            "request",
            format!("a {} is of order 1; leave \"kind\" out for higher orders", kind.word()),
        )),
    }
}

/// The shapes of names: those given, and those of lists at the point.
fn known_shapes(asked: &[Shape], at: Option<&[(String, Array<Number>)]>) -> Vec<Shape> {
    let mut shapes = asked.to_vec();
    for (name, value) in at.unwrap_or_default() {
        if !value.shape.is_empty() && shapes.iter().all(|(n, _)| n != name) {
            shapes.push((name.clone(), value.shape.iter().map(usize::to_string).collect()));
        }
    }
    shapes
}

/// How deep lists may be nested.
const MAX_AXES: usize = 16;

/// A name with its dimensions.
type Shape = (String, Vec<String>);

/// `{"A": ["m", "n"], "t": []}`
fn shapes_of(value: Value) -> Result<Vec<Shape>, Refusal> {
    let bad = || Refusal::new("request", "\"shapes\" must be an object of names and lists of dimensions");
    let Value::Object(object) = value else { return Err(bad()) };
    let dim = |v: Value| match v {
        Value::String(name) => Ok(name),
        Value::Number(n) if n.as_u64().is_some_and(|n| n > 0) => Ok(n.to_string()),
        _ => Err(bad()),
    };
    object
        .into_iter()
        .map(|(name, dims)| match dims {
            Value::Array(list) => Ok((name, list.into_iter().map(dim).collect::<Result<_, _>>()?)),
            _ => Err(bad()),
        })
        .collect()
}

/// `{"m": 4}`
fn sizes_of(value: Value) -> Result<Sizes, Refusal> {
    let bad = || Refusal::new("request", "\"dims\" must be an object of names and sizes");
    let Value::Object(object) = value else { return Err(bad()) };
    let size = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(bad);
    object.iter().map(|(name, v)| Ok((name.clone(), size(v)?))).collect()
}

/// Nested lists of numbers as an array.
fn array(value: &Value) -> Result<Array<Number>, String> {
    let (mut shape, mut level) = (Vec::new(), value);
    while let Value::Array(list) = level {
        shape.push(list.len());
        if shape.len() > MAX_AXES {
            return Err(format!("lists are nested more than {MAX_AXES} deep"));
        }
        match list.first() {
            Some(first) => level = first,
            None => break,
        }
    }
    let mut data = Vec::new();
    fill(value, &shape, &mut data)?;
    Ok(Array { shape, data })
}

fn fill(value: &Value, shape: &[usize], data: &mut Vec<Number>) -> Result<(), String> {
    match (value, shape.split_first()) {
        (Value::Array(list), Some((n, rest))) if list.len() == *n => {
            list.iter().try_for_each(|entry| fill(entry, rest, data))
        }
        (Value::Array(_), _) => Err("its lists have different lengths".into()),
        (number, None) => {
            data.push(exact(number)?);
            Ok(())
        }
        _ => Err("it mixes lists and numbers".into()),
    }
}
