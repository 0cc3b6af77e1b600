//! Models with their cost and gradients, and values for what they read.

use wrt_core::{Array, Graph, Id, Role};
use wrt_differentiate::gradient;
use wrt_engine::{Compiled, EngineReal, Level};
use wrt_language::{Constraint, Parsed, Scope, parse};
use wrt_run::Point;

/// A model with its cost and its gradient for everything that isn't labels.
pub struct Case {
    pub graph: Graph,
    pub roots: Vec<Id>,
    pub symbols: Vec<Id>,
    pub at: Point<f64>,
}

fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Single precision holds them, too.
        f64::from((((state >> 11) as f64 / (1u64 << 53) as f64) * 2.0 - 1.0) as f32)
    };
    (0..n).map(|_| next()).collect()
}

pub fn case(text: &str, sizes: &[(&str, usize)]) -> Case {
    let mut graph = Graph::new();
    let parsed = parse(&mut graph, text, &Scope::default()).unwrap();
    let sizes: Vec<(String, usize)> = sizes.iter().map(|(n, k)| ((*n).to_string(), *k)).collect();
    let is_size = |g: &Graph, id: Id| matches!(g.node(id), wrt_core::Node::Symbol(s) if s.role == Role::Dimension);
    let symbols: Vec<Id> =
        graph.free_symbols(&[parsed.result]).into_iter().filter(|id| !is_size(&graph, *id)).collect();
    let by: Vec<Id> = symbols.iter().copied().filter(|id| !is_label(&parsed, *id)).collect();
    let mut roots = vec![parsed.result];
    if graph.is_scalar(parsed.result) {
        roots.extend(gradient(&mut graph, parsed.result, &by).unwrap());
    }
    let value = |(k, id): (usize, &Id)| {
        let size = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
        let shape: Vec<usize> =
            graph.dims(*id).iter().map(|d| graph.dimension(*d).evaluate(size).unwrap() as usize).collect();
        let n = shape.iter().product();
        let mut data = numbers(n, k as u64 + 3);
        match constraint(&parsed, *id) {
            Some(Constraint::Labels(classes)) => {
                let classes = classes.evaluate(size).unwrap() as f64;
                data.iter_mut().for_each(|x| *x = ((*x + 1.0) / 2.0 * classes).floor().min(classes - 1.0));
            }
            Some(Constraint::Positive) => data.iter_mut().for_each(|x| *x = x.abs() + 0.125),
            _ => {}
        }
        (*id, Array { shape, data })
    };
    let values = symbols.iter().enumerate().map(value).collect();
    Case { at: Point { values, sizes: sizes.clone() }, roots, symbols, graph }
}

fn constraint(parsed: &Parsed, id: Id) -> Option<&Constraint> {
    parsed.declarations.iter().find(|d| d.id == id)?.constraint.as_ref()
}

fn is_label(parsed: &Parsed, id: Id) -> bool {
    matches!(constraint(parsed, id), Some(Constraint::Labels(_)))
}

/// What the compiled program makes of them at a level, with so many threads; run twice, as the second run finds the first
/// one's memory.
pub fn compiled<T: EngineReal>(case: &Case, level: Level, threads: usize) -> Vec<Vec<T>> {
    let roots: Vec<(Id, Option<Id>)> = case.roots.iter().map(|id| (*id, None)).collect();
    let program = Compiled::<T>::new(&case.graph, &roots, &case.symbols).unwrap().at_level(level);
    let sizes: Vec<(&str, usize)> = case.at.sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
    let inputs: Vec<Vec<T>> =
        case.at.values.iter().map(|(_, a)| a.data.iter().map(|x| T::from_f64(*x)).collect()).collect();
    let inputs: Vec<&[T]> = inputs.iter().map(Vec::as_slice).collect();
    let plan = program.plan(&sizes).unwrap();
    let mut results: Vec<Vec<T>> =
        plan.results.iter().map(|r| vec![T::from_f64(7.0); r.shape.iter().product()]).collect();
    let mut workspace = program.workspace().with_threads(threads);
    for _ in 0..2 {
        let mut lent: Vec<&mut [T]> = results.iter_mut().map(Vec::as_mut_slice).collect();
        program.run(&mut workspace, &sizes, &inputs, &mut [], &mut lent).unwrap();
    }
    results
}
