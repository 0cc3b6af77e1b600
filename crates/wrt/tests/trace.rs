//! Traces: what comes through the edges adds up to the derivative of each node, whatever is shown.

use wrt::session::{Array, Judging, Number, Point, Request, Scope, Session, Trace, Tracing};

fn trace(text: &str, shapes: &[(&str, Vec<&str>)], every: bool, most: Option<usize>) -> Trace {
    let mut s = Session::parse(text, &Scope { shapes, ..Scope::default() }).unwrap();
    let at = s.document().random_point(&Point::default()).unwrap();
    let wrt = s.document().default_variables();
    Trace::of(&mut s, &Tracing { wrt: &wrt, at: Some(&at), every, most, ..Tracing::default() }).unwrap()
}

/// The derivative that one sweep finds is the sum of what comes through the edges.
fn assert_adds_up(trace: &Trace, text: &str) {
    for (k, node) in trace.nodes.iter().enumerate() {
        let Some(derivative) = node.derivative.as_ref().filter(|_| k + 1 < trace.nodes.len()) else { continue };
        let mut sum = vec![0.0; derivative.data.len()];
        for edge in trace.uses(k) {
            let part = edge.local.as_ref().unwrap().part.as_ref().unwrap();
            assert_eq!(part.shape, derivative.shape, "{text}: {}", node.name);
            sum.iter_mut().zip(&part.data).for_each(|(s, p)| *s += p);
        }
        let scale = derivative.data.iter().fold(1e-300f64, |m, x| m.max(x.abs()));
        for (a, b) in sum.iter().zip(&derivative.data) {
            assert!((a - b).abs() <= 1e-11 * scale, "{text}: {} is {a} by its edges and {b} at once", node.name);
        }
    }
}

#[test]
fn what_comes_through_the_edges_adds_up() {
    let none: &[(&str, Vec<&str>)] = &[];
    for text in [
        "(2 + 3*w)^2",
        "a = 2 + 3*w; J = a^2",
        "c = w*x; a = c + b; d = a - y; J = d^2/2",
        "x^2*y + sin(x*y)/x",
        "exp(-(x - m)^2/(2*s^2))/(s*sqrt(2*pi))",
        "where(x > 0, x*y, y^2) + max(x, y)*abs(x)",
        "p = sigmoid(w*x + b); -(y*log(p) + (1 - y)*log(1 - p))",
        "w",
        "x^x^x",
    ] {
        for every in [false, true] {
            assert_adds_up(&trace(text, none, every, None), text);
            assert_adds_up(&trace(text, none, every, Some(2)), text);
        }
    }
    let shapes: &[(&str, Vec<&str>)] = &[
        ("A", vec!["n", "n"]),
        ("x", vec!["n"]),
        ("X", vec!["m", "n"]),
        ("w", vec!["n"]),
        ("y", vec!["m"]),
        ("b", vec![]),
    ];
    for text in [
        "x' @ A @ x/2 + b*sum(x)",
        "r = X @ w + b - y; J = sum(r^2)/2",
        "sum(log(1 + exp(-y*(X @ w))))",
        "z = X @ w; mean(logsumexp(outer(z, y), axis=1))",
        "data Q[m, 4], t[m]; h = dense(Q, 3, tanh); z = dense(h, 1)[:, 0]; cost = mean((z - t)^2)",
    ] {
        for every in [false, true] {
            assert_adds_up(&trace(text, shapes, every, None), text);
        }
    }
}

/// Definitions and names that are asked for stay, however few may be shown; what is folded is counted.
#[test]
fn what_has_a_name_is_never_folded_away_unasked() {
    let names = |t: &Trace| t.nodes.iter().map(|n| n.name.clone()).collect::<Vec<_>>();
    let whole = trace("c = w*x; a = c + b; d = a - y; J = d^2/2", &[], false, None);
    assert_eq!(names(&whole), ["w", "x", "c", "b", "a", "y", "d", "J"]);
    assert_eq!((whole.folded, whole.nodes[7].operations), (0, 2));
    let mut deep = "x".to_string();
    (0..1000).for_each(|_| deep = format!("sin({deep})"));
    let few = trace(&deep, &[], false, Some(40));
    assert_eq!((few.nodes.len(), few.folded), (41, 960));
    assert_eq!(few.nodes.iter().map(|n| n.operations).sum::<usize>(), 1000);
    let layers = "data X[m, 4], y[m, 2]; h = dense(X, 3, tanh); z = dense(h, 2); cost = mse(y, z)";
    assert_eq!(names(&trace(layers, &[], false, None)), ["X", "h_W", "h_b", "h", "z_W", "z_b", "z", "y", "cost"]);
    assert!(names(&trace(layers, &[], true, None)).contains(&"h_z".to_string()));
}

/// A node that is nudged moves the formula by about its derivative: the numbers of the lecture's exercises.
#[test]
fn nodes_are_nudged_by_themselves() {
    let told = |text: &str, at: &[(&str, i64)]| -> Vec<(String, f64, f64, String)> {
        let mut s = Session::parse(text, &Scope::default()).unwrap();
        let number = |v: &i64| Array { shape: vec![], data: vec![Number::integer(*v)] };
        let values: Vec<_> = at.iter().map(|(n, v)| ((*n).to_string(), number(v))).collect();
        let at = s.point(&values, &vec![]).unwrap();
        let wrt = s.document().default_variables();
        let eps = Number::parse("0.001").unwrap();
        let asked = Tracing { wrt: &wrt, at: Some(&at), nudge: Some(&eps), ..Tracing::default() };
        let trace = Trace::of(&mut s, &asked).unwrap();
        let one = |a: &Option<Array<f64>>| a.as_ref().unwrap().data[0];
        let tell = |n: &wrt::session::TraceNode| {
            (n.name.clone(), one(&n.value), one(&n.derivative), n.nudged.clone().unwrap_or_default())
        };
        trace.nodes.iter().map(tell).collect()
    };
    let row = |name: &str, value: f64, derivative: f64, nudged: &str| {
        (name.to_string(), value, derivative, nudged.to_string())
    };
    assert_eq!(
        told("a = 2 + 3*w; J = a^2", &[("w", 3)]),
        [row("w", 3.0, 66.0, "66.009"), row("a", 11.0, 22.0, "22.001"), row("J", 121.0, 1.0, "")]
    );
    let network = told("c = w*x; a = c + b; d = a - y; J = d^2/2", &[("x", 2), ("w", -2), ("b", 8), ("y", 1)]);
    let expected = [
        row("w", -2.0, 6.0, "6.002"),
        row("x", 2.0, -6.0, "-5.998"),
        row("c", -4.0, 3.0, "3.0005"),
        row("b", 8.0, 3.0, "3.0005"),
        row("a", 4.0, 3.0, "3.0005"),
        row("y", 1.0, -3.0, "-2.9995"),
        row("d", 3.0, 3.0, "3.0005"),
        row("J", 4.5, 1.0, ""),
    ];
    assert_eq!(network, expected);
}

/// What has no value behind a branch that is not taken changes nothing: derivatives are those that an answer has, entry by
/// entry, and what comes through the edges adds up to them.
#[test]
fn where_an_entry_has_no_value_the_derivative_is_that_of_an_answer() {
    let vector = |x: &[i64]| Array { shape: vec![x.len()], data: x.iter().map(|k| Number::integer(*k)).collect() };
    let scalar = |x: i64| Array { shape: vec![], data: vec![Number::integer(x)] };
    for (text, at, expected) in [
        ("a = log(x); J = sum(where(x > 0, a, 0))", vector(&[-1, 2]), &[0.0, 0.5][..]),
        ("a = log(x); J = sum(where(x > 0, a, x))", vector(&[-1, 2]), &[1.0, 0.5]),
        ("a = log(x); b = 2*a; J = sum(where(x > 0, b, 0) + x^2)", vector(&[-1, 2]), &[-2.0, 5.0]),
        ("a = sqrt(x); b = 1/x; J = sum(where(x > 0, a*b, 3*x))", vector(&[0, 4, -1]), &[f64::NAN, -0.0625, 3.0]),
        ("a = log(x); J = where(x > 0, a, 0)", scalar(-1), &[0.0]),
        ("a = log(x); J = where(x > 0, a, x^2)", scalar(-1), &[-2.0]),
        ("a = x > 0; J = sum(where(a, 1, x))", vector(&[0, 2]), &[f64::NAN, 0.0]),
    ] {
        for every in [false, true] {
            let axes: Vec<&str> = at.shape.iter().map(|_| "n").collect();
            let mut s = Session::parse(text, &Scope { shapes: &[("x", axes)], ..Scope::default() }).unwrap();
            let (wrt, values) = (["x".to_string()], [("x".to_string(), at.clone())]);
            let request = Request { wrt: &wrt, at: Some(&values), judging: Judging::Status, ..Request::default() };
            let answer = s.answer(&request).unwrap();
            let point = s.point(&values, &vec![]).unwrap();
            let trace =
                Trace::of(&mut s, &Tracing { wrt: &wrt, at: Some(&point), every, ..Tracing::default() }).unwrap();
            let node = trace.nodes.iter().position(|n| n.name == "x").unwrap();
            let found = &trace.nodes[node].derivative.as_ref().unwrap().data;
            let told = &answer.derivatives[0].value.as_ref().unwrap().value.data;
            let told: Vec<f64> = told.iter().map(|x| x.as_f64().unwrap()).collect();
            let same = |a: &[f64], b: &[f64]| {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_nan() && b.is_nan() || (a - b).abs() < 1e-12)
            };
            assert!(same(found, &told) && same(found, expected), "{text}: {found:?}, an answer has {told:?}");
            let mut sum = vec![0.0; found.len()];
            for edge in trace.uses(node) {
                let Some(part) = edge.local.as_ref().and_then(|l| l.part.as_ref()) else { continue };
                sum.iter_mut().zip(&part.data).for_each(|(s, p)| *s += p);
            }
            assert!(same(&sum, found), "{text}: {sum:?} by its edges, {found:?} at once");
        }
    }
}
