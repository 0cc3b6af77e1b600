//! Cases for programs in other languages: a command that prints one, its inputs, and what it must compute.

use wrt_core::{Array, Id, Number};

use super::case::Case;
use super::recipe::{DerivativeKind, Recipe};
use super::slope::{doubles, each};
use super::tally::TensorTally;
use super::trial::Bench;

/// A line of JSON: the arguments of `wrt` that print the value and the derivative of a random formula, the name of the
/// value, sizes and values of names, and the numbers that come out. None where there are none, or no finite ones.
pub fn code_case(recipe: &Recipe) -> Option<String> {
    let mut case = Case::of(recipe);
    case.kind = if case.kind.of_number() { DerivativeKind::Gradient } else { DerivativeKind::Jacobian };
    let session = case.session().ok()?;
    let mut bench = Bench::new(&case, session, &mut TensorTally::default())?;
    let made = bench.made(case.kind).ok()?;
    let at = wrt::session::Point { values: bench.at.clone(), sizes: bench.sizes.clone() };
    let found = bench.session.doubles(&[bench.root, made], &at).ok()?;
    if !is_tame(&bench, &[bench.root, made], &found) {
        return None;
    }
    let mut command = vec![case.kind.word().to_string(), case.text.clone(), "--wrt".to_string(), bench.name.clone()];
    if !case.shapes.is_empty() {
        command.extend(["--shapes".to_string(), case.shape_list()]);
    }
    let command: Vec<String> = command.iter().map(|word| quoted(word)).collect();
    let free = bench.session.document().free_names();
    let inputs: Vec<String> =
        free.iter().filter_map(|name| Some(format!("{}: {}", quoted(name), input(&bench, name)?))).collect();
    let sizes: Vec<String> = bench.sizes.iter().map(|(name, size)| format!("{}: {size}", quoted(name))).collect();
    Some(format!(
        "{{\"command\": [{}], \"of\": {}, \"sizes\": {{{}}}, \"inputs\": {{{}}}, \"value\": {}, \"derivative\": {}}}",
        command.join(", "),
        quoted(&bench.session.document().function(&[])),
        sizes.join(", "),
        inputs.join(", "),
        array(&found[0]),
        array(&found[1]),
    ))
}

/// Is everything below finite, and are plain doubles right to more digits than are asked for?
fn is_tame(bench: &Bench<'_>, ids: &[Id], found: &[Array<f64>]) -> bool {
    let graph = bench.session.graph();
    let Some(below) = doubles(graph, &graph.reachable(ids), &bench.at, &bench.sizes) else { return false };
    let finite = |all: &[Array<f64>]| all.iter().flat_map(|a| &a.data).all(|v| v.is_finite());
    let Some(plain) = doubles(graph, ids, &bench.at, &bench.sizes) else { return false };
    let close = |(a, b): (&Array<f64>, &Array<f64>)| {
        let scale = b.data.iter().fold(1e-300_f64, |m, v| m.max(v.abs()));
        a.data.iter().zip(&b.data).all(|(x, y)| (x - y).abs() <= 1e-12 * scale)
    };
    finite(&below) && finite(found) && plain.iter().zip(found).all(close)
}

fn input(bench: &Bench<'_>, name: &str) -> Option<String> {
    let id: Id = bench.session.graph().find_symbol(name)?;
    let (_, value) = bench.at.iter().find(|(known, _)| *known == id)?;
    Some(array(&each(value, Number::to_f64)))
}

/// A string of JSON; texts of the language have no control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Nested lists.
fn array(a: &Array<f64>) -> String {
    let mut parts: Vec<String> = a.data.iter().map(|v| format!("{v:?}")).collect();
    for &size in a.shape.iter().rev() {
        parts = parts.chunks(size.max(1)).map(|row| format!("[{}]", row.join(", "))).collect();
    }
    parts.concat()
}
