//! The models in `examples/`: every printed gradient is read back as text and has the value of the derivative.

use std::path::Path;

use wrt::session::{Adjoint, Array, DerivativeKind, Form, Id, Layout, LetBlock, Line, Number, Point, Scope, Session};

fn models() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut all: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.extension().is_some_and(|e| e == "wrt"));
    all.sort();
    let read = |path: &std::path::PathBuf| {
        (path.file_stem().unwrap().to_str().unwrap().to_string(), std::fs::read_to_string(path).unwrap())
    };
    all.iter().map(read).collect()
}

/// A model with its gradient at a random point.
struct Model {
    session: Session,
    names: Vec<String>,
    ids: Vec<Id>,
    point: Point,
}

fn opened(text: &str) -> Model {
    let mut session = Session::parse(text, &Scope::default()).unwrap();
    let names = session.document().default_variables();
    let ids = names.iter().map(|n| session.variable(n).unwrap()).collect();
    let point = session.document().random_point(&Point::default()).unwrap();
    Model { session, names, ids, point }
}

/// The texts that `wrt grad` prints, without the signs of differentiation, each up to one parameter's derivative.
fn printed(model: &mut Model) -> Vec<String> {
    let derivation = model.session.derive(DerivativeKind::Gradient, &model.ids, &[]).unwrap();
    let found = model.session.simplify_derivation(&derivation, Layout::LetBlock).unwrap();
    let block = model.session.let_block(&found.formulas(), Form::Text, &found.intermediates());
    let steps = found.adjoints.len();
    (0..model.ids.len()).map(|k| up_to(&block, &found.adjoints, steps + k)).collect()
}

/// The lines of a printed gradient up to one result, which is the last of them.
fn up_to(block: &LetBlock, adjoints: &[Adjoint], last: usize) -> String {
    let mut lines = Vec::new();
    let mut end = String::new();
    for line in block.lines() {
        match line {
            Line::Binding(name, text) => lines.push(format!("{name} = {text}")),
            Line::Result(j) if j < adjoints.len() => {
                let result = &block.results[j];
                lines.push(format!("{} = {}", result.heading(Form::Text, &adjoints[j].name), result.result));
            }
            Line::Result(j) if j == last => {
                let result = &block.results[j];
                end = format!("{} = {}", result.heading(Form::Text, "result"), result.result);
            }
            Line::Result(_) => {}
        }
    }
    assert!(!end.is_empty());
    lines.push(end);
    lines.join("\n")
}

fn read_back(text: &str, model: &Model) -> Result<Array<f64>, String> {
    let graph = model.session.graph();
    let declared: Vec<(String, Vec<String>)> = model
        .point
        .values
        .iter()
        .map(|(id, _)| (graph.symbol_name(*id).to_string(), graph.dimension_texts(*id)))
        .collect();
    let shapes: Vec<(&str, Vec<&str>)> =
        declared.iter().map(|(n, d)| (n.as_str(), d.iter().map(String::as_str).collect())).collect();
    let variables: Vec<&str> = declared.iter().map(|(n, _)| n.as_str()).collect();
    let scope = Scope { shapes: &shapes, variables: &variables, ..Scope::default() };
    let mut session = Session::parse(text, &scope).map_err(|e| format!("{e}\n{text}"))?;
    let mut point = Point { values: Vec::new(), sizes: model.point.sizes.clone() };
    for (id, array) in &model.point.values {
        let name = graph.symbol_name(*id);
        point.values.push((session.variable(name).map_err(|e| format!("{e}\n{text}"))?, array.clone()));
    }
    let root = session.document().root();
    Ok(session.doubles(&[root], &point).map_err(|e| format!("{e}\n{text}"))?.swap_remove(0))
}

#[test]
fn printed_gradients_are_read_back() {
    let mut wrong = Vec::new();
    for (name, text) in models() {
        let mut model = opened(&text);
        let made = model.session.derive(DerivativeKind::Gradient, &model.ids, &[]).unwrap().ids();
        let wanted = model.session.doubles(&made, &model.point).unwrap();
        let texts = printed(&mut model);
        for (k, (wanted, text)) in wanted.iter().zip(texts).enumerate() {
            match read_back(&text, &model) {
                Ok(found) => {
                    let scale = wanted.data.iter().fold(1e-9f64, |m, v| m.max(v.abs()));
                    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * scale;
                    if found.shape != wanted.shape || !found.data.iter().zip(&wanted.data).all(close) {
                        wrong.push(format!("{name}, {}: another value\n{text}", model.names[k]));
                    }
                }
                Err(e) => wrong.push(format!("{name}, {}: {e}", model.names[k])),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn graphs_of_gradients_stay_small() {
    for (name, text) in models() {
        let mut model = opened(&text);
        let root = model.session.document().root();
        let cost = model.session.graph().reachable(&[root]).len();
        let made = model.session.derive(DerivativeKind::Gradient, &model.ids, &[]).unwrap().ids();
        let gradient = model.session.graph().reachable(&made).len();
        println!("{name}: cost {cost} nodes, gradient {gradient}");
        assert!(gradient <= 4 * cost + 20, "{name}: cost {cost} nodes, gradient {gradient}");
    }
}

#[test]
fn the_numbers_of_a_point_are_exact() {
    let model = opened("data x[3]; param w[3]; cost = x @ w");
    assert!(
        model.point.values.iter().flat_map(|(_, a)| &a.data).all(|n| Number::from_f64(n.to_f64()).as_ref() == Some(n))
    );
}

/// Up to so many multiplications doubles are right to the last place.
const EXACT: u64 = 100_000;

#[test]
fn expressions_of_a_model_are_those_of_the_session() {
    for (name, text) in models() {
        let mut opened = opened(&text);
        let model = wrt::Model::parse(&text).unwrap();
        assert_eq!(model.parameters(), opened.names, "{name}");
        let double =
            |a: &Array<Number>| Array { shape: a.shape.clone(), data: a.data.iter().map(Number::to_f64).collect() };
        let graph = opened.session.graph();
        let mut at: Vec<(String, Array<f64>)> =
            opened.point.values.iter().map(|(id, a)| (graph.symbol_name(*id).to_string(), double(a))).collect();
        at.extend(opened.point.sizes.iter().map(|(name, size)| (name.clone(), Array::scalar(*size as f64))));
        let at: Vec<(&str, Array<f64>)> = at.iter().map(|(name, a)| (name.as_str(), a.clone())).collect();
        let derivation = opened.session.derive(DerivativeKind::Jacobian, &opened.ids, &[]).unwrap();
        let wanted = opened.session.doubles(&derivation.ids(), &opened.point).unwrap();
        let names: Vec<&str> = opened.names.iter().map(String::as_str).collect();
        for (k, gradient) in model.cost().gradient(&names).unwrap().iter().enumerate() {
            let mut one = derivation.clone();
            one.partials = vec![derivation.partials[k].clone()];
            let shown = opened.session.simplify_derivation(&one, Layout::LetBlock).unwrap();
            let block = opened.session.let_block(&shown.formulas(), Form::Text, &[]);
            assert_eq!(gradient.to_string(), block.line(Form::Text), "{name}, {}", names[k]);
            // Each double is within one unit in the last place, whatever is evaluated beside it; of what takes much work,
            // within some of the largest.
            let value = gradient.eval(&at).unwrap();
            let largest = wanted[k].data.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            let work = wrt_run::array_work(opened.session.graph(), &derivation.ids(), &opened.point.sizes);
            let near = if work > EXACT { 1e-13 * largest } else { 0.0 };
            let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 2.0 * f64::EPSILON * b.abs() + near;
            assert_eq!(value.shape, wanted[k].shape, "{name}, {}", names[k]);
            assert!(value.data.iter().zip(&wanted[k].data).all(close), "{name}, {}", names[k]);
        }
    }
}
