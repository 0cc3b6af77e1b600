//! Where the formulas of the corpus come from: random tensors, the samples of the tables, and files of cases.

use serde_json::Value as Json;
use wrt::session::{DerivativeKind, Scope, Session};
use wrt_core::operations::Expected;
use wrt_core::{Array, Dim, Graph, Id, Node, Number, Operation, Primitive, Role};
use wrt_differentiate::{gradient, vjp};

use crate::engines::Corpus;

const NAMES: [&str; 8] = ["a", "b", "c", "p", "q", "r", "s", "t"];

/// Every sample of every row of both tables, with its derivatives where it has some.
pub fn samples() -> Vec<Corpus> {
    let primitives = Primitive::ALL.iter().flat_map(|p| p.row().samples.iter().map(|at| primitive(*p, at)));
    let operations = Operation::rows();
    let operations = operations.iter().flat_map(|row| row.samples.iter().filter_map(|s| operation(row.name, s)));
    primitives.chain(operations).collect()
}

fn exact(x: &f64) -> Option<Number> {
    Number::from_f64(*x)
}

fn primitive(p: Primitive, at: &[f64]) -> Corpus {
    let mut graph = Graph::new();
    let args: Vec<Id> = NAMES.iter().take(p.arity()).map(|name| graph.symbol(name)).collect();
    let value = graph.map(p, &args);
    let mut roots = vec![value];
    // Its order is a whole number, not something to differentiate by.
    let by = if p == Primitive::Polygamma { &args[1..] } else { &args[..] };
    roots.extend(gradient(&mut graph, value, by).into_iter().flatten());
    let value = |(id, x): (&Id, &f64)| Some((*id, Array::scalar(exact(x)?)));
    let at = args.iter().zip(at).filter_map(value).collect();
    Corpus { about: format!("{}, a sample", p.name()), graph, roots, at, sizes: Vec::new() }
}

fn operation(name: &str, sample: &wrt_core::operations::Sample) -> Option<Corpus> {
    let mut graph = Graph::new();
    let mut at = Vec::new();
    for (array, name) in sample.arrays().ok()?.into_iter().zip(NAMES) {
        let dims: Vec<Dim> = array.shape.iter().map(|n| graph.dim_size(*n as u64)).collect();
        let id = graph.tensor_symbol(name, Role::Variable, &dims, Default::default());
        let data = array.data.iter().map(exact).collect::<Option<Vec<Number>>>()?;
        at.push((id, Array { shape: array.shape, data }));
    }
    let args: Vec<Id> = at.iter().map(|(id, _)| *id).collect();
    let value = graph.operation(sample.operation.clone(), &args).ok()?;
    let mut roots = vec![value];
    let by = match sample.expected {
        Expected::Smooth | Expected::Kink(_) => &args[..],
        Expected::Labelled => &args[..1],
        _ => &[],
    };
    if !by.is_empty() {
        let dims = graph.dims(value).to_vec();
        let weights = graph.tensor_symbol("weights", Role::Variable, &dims, Default::default());
        let shape: Vec<usize> =
            dims.iter().map(|d| graph.dimension(*d).as_size().map(|n| n as usize)).collect::<Option<_>>()?;
        let count = shape.iter().product::<usize>() as i64;
        let data = (0..count).filter_map(|k| Number::ratio(3 + 7 * k % 11, 8)).collect();
        at.push((weights, Array { shape, data }));
        roots.extend(vjp(&mut graph, value, by, weights).into_iter().flatten());
    }
    Some(Corpus { about: format!("{name}, {}", sample.what), graph, roots, at, sizes: Vec::new() })
}

/// The formula of a line of a file of cases at its points: `f` (or `antiderivative`, `expr`), the names `wrt` (or those of `grad`, or
/// `vars`) that it is differentiated by, `at` (or `point`, or several `points` with an `at` each) with a value for each name, and
/// where sizes have names the `shapes` and `dims`.
///
/// # Errors
/// Why it is none, or has no derivative.
pub fn line(text: &str) -> Result<Vec<Corpus>, String> {
    let case: Json = serde_json::from_str(text).map_err(|e| e.to_string())?;
    match case["points"].as_array() {
        Some(points) => points.iter().map(|point| at_point(&case, point, text)).collect(),
        None => Ok(vec![at_point(&case, &case, text)?]),
    }
}

/// The first of some keys that a case has.
fn first<'j>(case: &'j Json, keys: &[&str]) -> Option<&'j Json> {
    keys.iter().filter_map(|key| case.get(key)).find(|v| !v.is_null())
}

fn at_point(case: &Json, point: &Json, text: &str) -> Result<Corpus, String> {
    let f = first(case, &["antiderivative", "f", "expr"]).and_then(Json::as_str).ok_or("there is no formula `f`")?;
    let values = first(point, &["at", "point"]).and_then(Json::as_object).ok_or("there is no `at`")?;
    let values = values.iter().map(|(name, v)| Ok((name.clone(), array(v)?))).collect::<Result<Vec<_>, String>>()?;
    let own = |(name, a): &(String, Array<Number>)| (name.clone(), a.shape.iter().map(ToString::to_string).collect());
    let shapes: Vec<(String, Vec<String>)> = match case["shapes"].as_object() {
        Some(shapes) => shapes.iter().map(shape).collect(),
        None => values.iter().filter(|(_, a)| !a.shape.is_empty()).map(own).collect(),
    };
    let shapes: Vec<(&str, Vec<&str>)> =
        shapes.iter().map(|(n, d)| (n.as_str(), d.iter().map(String::as_str).collect())).collect();
    let variables: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
    let scope = Scope { shapes: &shapes, variables: &variables, ..Scope::default() };
    let mut session = Session::parse(f, &scope).map_err(|e| e.to_string())?;
    let sizes = case["dims"].as_object().into_iter().flatten();
    let sizes: Vec<(String, usize)> =
        sizes.filter_map(|(n, k)| Some((n.clone(), usize::try_from(k.as_u64()?).ok()?))).collect();
    let free = session.document().free_names();
    let known: Vec<(String, Array<Number>)> = values.into_iter().filter(|(name, _)| free.contains(name)).collect();
    let at = session.point(&known, &sizes).map_err(|e| e.to_string())?;
    let names: Vec<&str> = match first(case, &["wrt", "grad", "vars"]) {
        Some(Json::String(one)) => vec![one],
        Some(Json::Object(all)) => all.keys().map(String::as_str).collect(),
        Some(all) => all.as_array().into_iter().flatten().filter_map(Json::as_str).collect(),
        None => Vec::new(),
    };
    let names = names.into_iter().filter(|n| free.iter().any(|f| f == n));
    let wrt = names.map(|n| session.variable(n).map_err(|e| e.to_string())).collect::<Result<Vec<Id>, _>>()?;
    let root = session.document().root();
    let kind = case["kind"].as_str().and_then(DerivativeKind::named);
    let scalar = session.graph().is_scalar(root);
    let kind = kind.unwrap_or(if scalar { DerivativeKind::Gradient } else { DerivativeKind::Jacobian });
    let made = session.derive(kind, &wrt, &[]).map_err(|e| e.to_string())?.ids();
    let roots = [&[root], &made[..]].concat();
    let about = text.chars().take(300).collect();
    let values = crate::corpora::free(session.graph(), at.values);
    Ok(Corpus { about, graph: session.graph().clone(), roots, at: values, sizes: at.sizes })
}

fn shape((name, dims): (&String, &Json)) -> (String, Vec<String>) {
    let text = |d: &Json| d.as_str().map_or_else(|| d.to_string(), String::from);
    (name.clone(), dims.as_array().into_iter().flatten().map(text).collect())
}

/// A number, or lists of them.
fn array(value: &Json) -> Result<Array<Number>, String> {
    match value {
        Json::Array(rows) => {
            let rows = rows.iter().map(array).collect::<Result<Vec<_>, _>>()?;
            let inner = rows.first().map(|r| r.shape.clone()).unwrap_or_default();
            if rows.iter().any(|r| r.shape != inner) {
                return Err("rows of an array differ in length".into());
            }
            let shape = std::iter::once(rows.len()).chain(inner).collect();
            Ok(Array { shape, data: rows.into_iter().flat_map(|r| r.data).collect() })
        }
        Json::String(text) => Ok(Array::scalar(Number::parse(text).map_err(|e| e.to_string())?)),
        other => {
            let number = other.as_f64().and_then(Number::from_f64);
            Ok(Array::scalar(number.ok_or_else(|| format!("{other} is no number"))?))
        }
    }
}

/// The names that a compiled program reads are those that nothing defines.
pub(crate) fn free(graph: &Graph, at: Vec<(Id, Array<Number>)>) -> Vec<(Id, Array<Number>)> {
    at.into_iter().filter(|(id, _)| matches!(graph.node(*id), Node::Symbol(_))).collect()
}
