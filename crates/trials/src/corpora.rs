//! Where the formulas of the corpus come from: the samples of the tables, and files of texts; random ones are drawn (`tensors`).

use wrt::session::{DerivativeKind, Scope, Session};
use wrt_core::operations::Expected;
use wrt_core::{Array, Dim, Graph, Id, Node, Number, Operation, Primitive, Role};
use wrt_differentiate::{gradient, vjp};

use crate::engines::Computation;

const NAMES: [&str; 8] = ["a", "b", "c", "p", "q", "r", "s", "t"];

/// Every sample of every row of both tables, with its derivatives where it has some.
pub fn samples() -> Vec<Computation> {
    let primitives = Primitive::ALL.iter().flat_map(|p| p.row().samples.iter().map(|at| primitive(*p, at)));
    let operations = Operation::rows();
    let operations = operations.iter().flat_map(|row| row.samples.iter().filter_map(|s| operation(row.name, s)));
    primitives.chain(operations).collect()
}

fn exact(x: &f64) -> Option<Number> {
    Number::from_f64(*x)
}

fn primitive(p: Primitive, at: &[f64]) -> Computation {
    let mut graph = Graph::new();
    let args: Vec<Id> = NAMES.iter().take(p.arity()).map(|name| graph.symbol(name)).collect();
    let value = graph.map(p, &args);
    let mut roots = vec![value];
    // Its order is a whole number, not something to differentiate by.
    let by = if p == Primitive::Polygamma { &args[1..] } else { &args[..] };
    roots.extend(gradient(&mut graph, value, by).into_iter().flatten());
    let value = |(id, x): (&Id, &f64)| Some((*id, Array::scalar(exact(x)?)));
    let at = args.iter().zip(at).filter_map(value).collect();
    Computation { about: format!("{}, a sample", p.name()), graph, roots, at, sizes: Vec::new() }
}

fn operation(name: &str, sample: &wrt_core::operations::Sample) -> Option<Computation> {
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
    Some(Computation { about: format!("{name}, {}", sample.what), graph, roots, at, sizes: Vec::new() })
}

/// A line of a file of cases: a text of the language whose names have values (`param x[2] = [1, 2]; sum(x^2)`), with its derivatives
/// by its parameters.
///
/// # Errors
/// Why it is none, or has no derivative.
pub fn line(text: &str) -> Result<Computation, String> {
    let mut session = Session::parse(text, &Scope::default()).map_err(|e| e.to_string())?;
    let mut at = session.point(&[], &Vec::new()).map_err(|e| e.to_string())?;
    session.document().fill_starts(&mut at).map_err(|e| e.to_string())?;
    let names = session.document().default_variables();
    let wrt = names.iter().map(|n| session.variable(n).map_err(|e| e.to_string())).collect::<Result<Vec<Id>, _>>()?;
    let root = session.document().root();
    let scalar = session.graph().is_scalar(root);
    let kind = if scalar { DerivativeKind::Gradient } else { DerivativeKind::Jacobian };
    let made = session.derive(kind, &wrt, &[]).map_err(|e| e.to_string())?.ids();
    let roots = [&[root], &made[..]].concat();
    let about = text.chars().take(300).collect();
    let values = free(session.graph(), at.values);
    let unknown =
        session.graph().free_symbols(&roots).into_iter().find(|id| values.iter().all(|(known, _)| known != id));
    if let Some(unknown) = unknown {
        return Err(format!("`{}` has no value", session.graph().symbol_name(unknown)));
    }
    Ok(Computation { about, graph: session.graph().clone(), roots, at: values, sizes: at.sizes })
}

/// The names that a compiled program reads are those that nothing defines.
pub(crate) fn free(graph: &Graph, at: Vec<(Id, Array<Number>)>) -> Vec<(Id, Array<Number>)> {
    at.into_iter().filter(|(id, _)| matches!(graph.node(*id), Node::Symbol(_))).collect()
}
