//! What is computed takes no more memory than what is asked for: no node between is larger than the arguments and results.

use wrt::session::{DerivativeKind, Layout, Scope, Session};
use wrt_core::{Graph, Id};

/// The sizes of names: positions are many, what they select is wide.
fn entries(graph: &Graph, id: Id) -> u64 {
    let size = |name: &str| match name {
        "n" => Some(50_000),
        "b" => Some(1_000),
        "t" => Some(10),
        "k" => Some(8),
        _ => None,
    };
    graph.dims(id).iter().map(|d| graph.dimension(*d).evaluate(size).unwrap()).product()
}

/// The largest node of a formula with its gradient, as it is made and as it is printed.
fn largest(text: &str) -> u64 {
    let mut session = Session::parse(text, &Scope::default()).unwrap();
    let names = session.document().default_variables();
    let wrt: Vec<Id> = names.iter().map(|n| session.variable(n).unwrap()).collect();
    let derivation = session.derive(DerivativeKind::Gradient, &wrt, &[]).unwrap();
    let shown = session.simplify_derivation(&derivation, Layout::LetBlock).unwrap();
    let roots: Vec<Id> =
        derivation.ids().into_iter().chain(shown.formulas()).chain([session.document().root()]).collect();
    let graph = session.graph();
    graph.reachable(&roots).into_iter().map(|id| entries(graph, id)).max().unwrap_or(0)
}

#[test]
fn positions_and_running_products_take_linear_memory() {
    for (text, limit) in [
        ("param x[n]; data v[n]\nsum(sort(x)*v)", 50_000),
        ("data x[n], v[n]\nparam w[n]\nsum(w[argsort(x)]*v)", 50_000),
        ("data ids[b] in 0..n\nparam E[n, k]\nsum(E[ids]^2)", 400_000),
        ("data ids[b, t] in 0..n\nparam E[n, k]\nsum(E[ids]^2)", 400_000),
        ("data ids[b] in 0..n, y[b] in 0..k\nz = embedding(ids, n, k)\nmean(crossentropy(y, logits=z))", 400_000),
        ("data y[b] in 0..k\nparam X[b, k]\nmean(crossentropy(y, softmax(X)))", 8_000),
        ("param x[n]\nprod(x)", 50_000),
        ("param x[n]; data v[n]\nsum(cumprod(x)*v) + sum(logcumsumexp(x)*v)", 50_001),
        ("param a[n], b[n]\nsum(recurrence(a, b)^2)", 50_001),
        ("param x[n]; data v[n]\nsum(x[::-1]*v)", 50_000),
    ] {
        let found = largest(text);
        assert!(found <= limit, "{text}: a node of {found} entries");
    }
}
