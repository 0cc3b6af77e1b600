//! Every node says which definition, layer part or derivative it comes from.

use wrt_core::{Copier, Graph, Id, Node, Origin, Substitution};
use wrt_differentiate::{gradient, jvp};
use wrt_language::{Parsed, Scope, parse};

const MODEL: &str = "data X[m, 4], y[m, 2]
param s = 1, t = 2*s
square(u) = u*u + 1
h = dense(X, 3, tanh)
p = dense(h, 2)*s
q = square(t) + sin(t)
cost = mse(y, p) + q + exp(s)
";

fn read(g: &mut Graph, text: &str) -> Parsed {
    parse(g, text, &Scope::default()).unwrap_or_else(|e| panic!("{text}: {}", e.message))
}

/// The name of the place that a node comes from.
fn name(g: &Graph, id: Id) -> &str {
    match g.origin(id) {
        Origin::Text(at) => &g.location(at).name,
        other => panic!("{:?} comes from {other:?}", g.node(id)),
    }
}

fn find(g: &Graph, root: Id, wanted: impl Fn(&Graph, Id) -> bool) -> Vec<Id> {
    g.reachable(&[root]).into_iter().filter(|id| wanted(g, *id)).collect()
}

fn is_map(g: &Graph, id: Id, name: &str) -> bool {
    matches!(g.node(id), Node::Map(p, _) if p.name() == name)
}

#[test]
fn a_node_comes_from_the_statement_that_its_text_stands_in() {
    let mut g = Graph::new();
    let parsed = read(&mut g, MODEL);
    let below = g.reachable(&[parsed.result]);
    let known = ["X", "y", "s", "t", "square", "h", "h_W", "h_b", "h_z", "p", "p_W", "p_b", "p_z", "q", "cost"];
    for id in &below {
        let Origin::Text(at) = g.origin(*id) else { panic!("{:?} has no origin", g.node(*id)) };
        let place = g.location(at);
        assert!(known.contains(&place.name.as_str()), "{}", place.name);
        // The person's names stand in the statement; a layer's begin with that of its definition.
        let text = &MODEL[place.span.clone()];
        let own = if place.by_layer { place.name.split('_').next().unwrap() } else { &place.name };
        assert!(text.contains(own) && !text.contains('\n'), "{}: {text}", place.name);
    }
    for (function, place) in [("tanh", "h"), ("sin", "q"), ("exp", "cost")] {
        let found = find(&g, parsed.result, |g, id| is_map(g, id, function));
        assert_eq!(found.iter().map(|id| name(&g, *id)).collect::<Vec<_>>(), [place], "{function}");
    }
    for definition in &parsed.definitions {
        assert_eq!(name(&g, definition.id), definition.name);
    }
    for declared in &parsed.declarations {
        assert_eq!(name(&g, declared.id), declared.name);
    }
}

#[test]
fn a_call_comes_from_the_function_that_the_text_defines() {
    // Of numbers it is copied, of vectors read anew.
    for (text, place) in [("f(u) = u*u + 1\nf(3*t)", "f"), ("data x[n]\nf(u) = sum(u*sin(u))\nf(3*x)", "f")] {
        let mut g = Graph::new();
        let root = read(&mut g, text).result;
        assert_eq!(name(&g, root), place, "{text}");
        let threefold =
            find(&g, root, |g, id| matches!(g.node(id), Node::Sum([t]) if t.coefficient.as_i64() == Some(3)));
        let outside: Vec<&str> = threefold.iter().map(|id| name(&g, *id)).collect();
        assert!(!outside.is_empty() && outside.iter().all(|n| n.is_empty()), "{text}: {outside:?}");
    }
}

#[test]
fn parts_of_layers_are_told_apart() {
    let mut g = Graph::new();
    let parsed = read(&mut g, "data X[m, 4]\nh = layer_norm(X)\ncost = sum(h)");
    for part in ["h_mean", "h_std", "h_hat"] {
        let found = find(&g, parsed.result, |g, id| matches!(g.origin(id), Origin::Text(_)) && name(g, id) == part);
        assert!(!found.is_empty(), "{part}");
    }
    let roots = find(&g, parsed.result, |g, id| is_map(g, id, "sqrt"));
    assert_eq!(name(&g, roots[0]), "h_std");
}

#[test]
fn a_gradients_nodes_name_what_they_are_adjoints_of() {
    let mut g = Graph::new();
    let parsed = read(&mut g, MODEL);
    let before = g.len();
    let by: Vec<Id> =
        parsed.declarations.iter().map(|d| d.id).filter(|id| g.is_scalar(*id) || g.rank(*id) == 2).collect();
    let made = gradient(&mut g, parsed.result, &by).unwrap();
    let on_the_way = g.reachable(&[parsed.result]);
    let mut count = 0;
    for id in g.reachable(&made).into_iter().filter(|id| id.index() >= before) {
        let Origin::Adjoint(of) = g.origin(id) else { panic!("{:?} comes from {:?}", g.node(id), g.origin(id)) };
        assert!(on_the_way.binary_search(&of).is_ok());
        count += 1;
    }
    assert!(count > 10, "{count}");
    // Where an adjoint is handed on unchanged, it is that of the node above as well, which had it first.
    for (x, d) in by.iter().zip(&made).filter(|(x, _)| g.symbol_name(**x).ends_with("_W")) {
        assert_eq!(g.origin(*d), Origin::Adjoint(*x));
    }
    // cos(t) is made on the way from sin(t) to t.
    let t = by.iter().position(|x| g.symbol_name(*x) == "t").unwrap();
    let cosine = find(&g, made[t], |g, id| is_map(g, id, "cos"));
    let sine = find(&g, parsed.result, |g, id| is_map(g, id, "sin"));
    let Node::Map(_, &[argument]) = g.node(sine[0]) else { panic!() };
    assert!(!cosine.is_empty() && cosine.iter().all(|c| g.origin(*c) == Origin::Adjoint(argument)), "{cosine:?}");
}

#[test]
fn a_derivative_of_a_derivative_leads_back_to_the_text() {
    let mut g = Graph::new();
    let parsed = read(&mut g, "a = sin(x)\na^3");
    let x = g.find_symbol("x").unwrap();
    let first = gradient(&mut g, parsed.result, &[x]).unwrap()[0];
    let before = g.len();
    let second = gradient(&mut g, first, &[x]).unwrap()[0];
    for id in g.reachable(&[second]).into_iter().filter(|id| id.index() >= before) {
        let mut at = g.origin(id);
        while let Origin::Adjoint(of) = at {
            at = g.origin(of);
        }
        assert!(matches!(at, Origin::Text(_)), "{:?}", g.node(id));
    }
}

#[test]
fn forward_mode_names_what_moves() {
    let mut g = Graph::new();
    let parsed = read(&mut g, "data A[n, n], v[n]\na = solve(A, v)\nsum(a*sin(a))");
    let v = g.find_symbol("v").unwrap();
    let before = g.len();
    let along = jvp(&mut g, &[parsed.result], &[v], &[v]).unwrap()[0];
    let new: Vec<Id> = g.reachable(&[along]).into_iter().filter(|id| id.index() >= before).collect();
    assert!(!new.is_empty());
    for id in new {
        assert!(matches!(g.origin(id), Origin::Tangent(of) if of.index() < before), "{:?}", g.node(id));
    }
}

#[test]
fn copies_keep_origins() {
    let mut g = Graph::new();
    let parsed = read(&mut g, "a = sin(x)*y\nb = a + 1\nexp(b)");
    let (x, y) = (g.find_symbol("x").unwrap(), g.find_symbol("y").unwrap());
    let made = gradient(&mut g, parsed.result, &[x]).unwrap()[0];

    let mut other = Graph::new();
    let mut copier = Copier::default();
    let (root, derivative) = (copier.copy(&mut other, &g, parsed.result), copier.copy(&mut other, &g, made));
    assert_eq!(name(&other, root), name(&g, parsed.result));
    for id in g.reachable(&[parsed.result]) {
        assert_eq!(name(&other, copier.image(id).unwrap()), name(&g, id));
    }
    assert_eq!(other.origin(derivative), Origin::Adjoint(copier.image(x).unwrap()));

    let mut swapped = Substitution::default();
    let two = g.integer(2);
    swapped.set(y, two);
    let new = swapped.apply(&mut g, parsed.result);
    assert_ne!(new, parsed.result);
    assert_eq!(g.origin(new), g.origin(parsed.result));
    let sums = find(&g, new, |g, id| matches!(g.node(id), Node::Sum(t) if t.len() == 2));
    assert_eq!(name(&g, sums[0]), "b");
}
