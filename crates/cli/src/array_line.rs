//! Requests of `wrt batch` whose names have shapes.

use serde_json::{Map, Value};
use wrt::session::{Array, ArrayPoint, Kind, Scope, Session, Sizes};
use wrt::{Form, Number};

use crate::line::{Refusal, exact};
use crate::output::{json_double, nested};

/// How deep lists may be nested.
const MAX_AXES: usize = 16;

/// What a request says of shapes.
#[derive(Default)]
pub(crate) struct Shapes {
    /// Each name with its dimensions.
    pub(crate) shapes: Vec<(String, Vec<String>)>,
    /// Sizes of named dimensions.
    pub(crate) sizes: Sizes,
    /// Which derivative.
    pub(crate) kind: Kind,
}

/// `{"A": ["m", "n"], "t": []}`
pub(crate) fn shapes(value: Value) -> Result<Vec<(String, Vec<String>)>, Refusal> {
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
pub(crate) fn sizes(value: Value) -> Result<Sizes, Refusal> {
    let bad = || Refusal::new("request", "\"dims\" must be an object of names and sizes");
    let Value::Object(object) = value else { return Err(bad()) };
    let size = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(bad);
    object.iter().map(|(name, v)| Ok((name.clone(), size(v)?))).collect()
}

/// Nested lists of numbers as an array.
pub(crate) fn array(value: &Value) -> Result<Array<Number>, String> {
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

/// Doubles as nested lists.
pub(crate) fn numbers(array: &Array<f64>) -> Value {
    nested(array, |x| json_double(*x))
}

/// The entries of the answer after the id.
pub(crate) fn solve(
    f: &str,
    wrt: Option<&[String]>,
    at: Option<&[(String, Array<Number>)]>,
    asked: &Shapes,
) -> Result<Map<String, Value>, Refusal> {
    let shapes: Vec<(&str, Vec<&str>)> =
        asked.shapes.iter().map(|(n, d)| (n.as_str(), d.iter().map(String::as_str).collect())).collect();
    let bound: Vec<&str> = at.iter().flat_map(|a| a.iter()).map(|(n, _)| n.as_str()).collect();
    let mut session = Session::parse(f, &Scope { variables: &bound, shapes: &shapes, ..Scope::default() })?;
    let names: Vec<String> = match wrt {
        Some(names) => names.to_vec(),
        None => session.free_names(),
    };
    let mut sizes = asked.sizes.clone();
    let mut point: ArrayPoint = Vec::new();
    for (name, value) in at.unwrap_or_default() {
        point.push((session.free(name)?, value.clone()));
    }
    session.sizes_at(&point, &mut sizes)?;
    let mut entries = Map::new();
    let mut derivative = Map::new();
    let root = session.root();
    let closed = at.is_some();
    if closed {
        entries.insert("value".into(), numbers(&session.arrays(&[root], &point, &sizes)?[0]));
    }
    for name in &names {
        let x = session.variable(name)?;
        let made = session.derivative(x, asked.kind)?;
        let shown = session.simplify(made);
        let mut entry = Map::new();
        entry.insert("formula".into(), session.print(shown.id, Form::Text).line().into());
        if closed {
            entry.insert("value".into(), numbers(&session.arrays(&[made], &point, &sizes)?[0]));
        }
        if !shown.notes.is_empty() {
            entry.insert("notes".into(), shown.notes.clone().into());
        }
        derivative.insert(name.clone(), entry.into());
    }
    entries.insert("derivative".into(), derivative.into());
    Ok(entries)
}

/// Scalars of a point, where no value is a list.
pub(crate) fn scalars(at: &[(String, Array<Number>)]) -> Result<Vec<(String, Number)>, Refusal> {
    at.iter()
        .map(|(name, a)| match a.data.first() {
            Some(n) if a.shape.is_empty() => Ok((name.clone(), n.clone())),
            _ => Err(Refusal::new("request", format!("`{name}` is a list; say its shape in \"shapes\""))),
        })
        .collect()
}
