//! Requests of `wrt batch` whose names have shapes.

use serde_json::{Map, Value};
use wrt::session::{Array, ArrayPoint, Id, Kind, Numbers, Session, Sizes};
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
    /// Which derivative; by the order if it isn't said.
    pub(crate) kind: Option<Kind>,
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

/// A request about tensors.
pub(crate) struct Tensors<'r> {
    pub(crate) wrt: Option<&'r [String]>,
    pub(crate) at: Option<&'r [(String, Array<Number>)]>,
    pub(crate) order: u32,
    pub(crate) numbers: Numbers,
    pub(crate) asked: &'r Shapes,
}

/// Says the shapes of names: those given, and those of lists at the point.
pub(crate) fn known_shapes(asked: &Shapes, at: Option<&[(String, Array<Number>)]>) -> Vec<(String, Vec<String>)> {
    let mut shapes = asked.shapes.clone();
    for (name, value) in at.unwrap_or_default() {
        if !value.shape.is_empty() && shapes.iter().all(|(n, _)| n != name) {
            shapes.push((name.clone(), value.shape.iter().map(usize::to_string).collect()));
        }
    }
    shapes
}

/// The entries of the answer after the id.
pub(crate) fn solve(mut session: Session, request: &Tensors<'_>) -> Result<Map<String, Value>, Refusal> {
    let kind = match (request.asked.kind, request.order, session.is_scalar()) {
        (Some(kind), 1, _) => kind,
        (None, 1, true) => Kind::Gradient,
        (None, 1, false) => Kind::Jacobian,
        (None | Some(Kind::Hessian), 2, _) => Kind::Hessian,
        _ => return Err(Refusal::new("request", "of vectors and matrices, \"order\" is 1, or 2 for the Hessian")),
    };
    let names: Vec<String> = match request.wrt {
        Some(names) => names.to_vec(),
        None => session.default_variables(),
    };
    let mut sizes = request.asked.sizes.clone();
    let mut point: ArrayPoint = Vec::new();
    for (name, value) in request.at.unwrap_or_default() {
        point.push((session.free(name)?, value.clone()));
    }
    session.sizes_at(&point, &mut sizes)?;
    let mut entries = Map::new();
    let mut derivative = Map::new();
    let root = session.root();
    let closed = request.at.is_some() || session.unknown_names().is_empty();
    if closed {
        session.fill_constants(&mut point, &sizes)?;
        entries.insert("value".into(), value(&session, root, &point, &sizes, request.numbers)?);
    }
    let variables = names.iter().map(|n| session.variable(n)).collect::<Result<Vec<_>, _>>()?;
    let made = match kind {
        Kind::Gradient => session.gradient(&variables)?,
        _ => variables.iter().map(|x| session.derivative(*x, kind)).collect::<Result<Vec<_>, _>>()?,
    };
    let all = session.simplify_each(&made);
    for ((name, made), shown) in names.iter().zip(made).zip(all) {
        let mut entry = Map::new();
        entry.insert("formula".into(), session.print(shown.id, Form::Text).line().into());
        if closed {
            entry.insert("value".into(), value(&session, made, &point, &sizes, request.numbers)?);
        }
        if !shown.notes.is_empty() {
            entry.insert("notes".into(), shown.notes.clone().into());
        }
        derivative.insert(name.clone(), entry.into());
    }
    entries.insert("derivative".into(), derivative.into());
    Ok(entries)
}

/// The value of a node as nested lists: doubles, or strings of certified digits.
fn value(session: &Session, id: Id, point: &ArrayPoint, sizes: &Sizes, numbers: Numbers) -> Result<Value, Refusal> {
    Ok(match numbers {
        Numbers::Digits(digits) => {
            let found = session.certified_arrays(&[id], point, sizes, digits)?;
            nested(&found[0], |c| c.text(digits).into())
        }
        _ => nested(&session.arrays(&[id], point, sizes)?[0], |x| json_double(*x)),
    })
}

/// Scalars of a point, where no value is a list.
pub(crate) fn scalars(at: &[(String, Array<Number>)]) -> Result<Vec<(String, Number)>, Refusal> {
    let scalar = |(name, a): &(String, Array<Number>)| match a.data.first() {
        Some(n) if a.shape.is_empty() => Ok((name.clone(), n.clone())),
        _ => Err(Refusal::new("request", format!("`{name}` is a list, where the formula has a number"))),
    };
    at.iter().map(scalar).collect()
}
