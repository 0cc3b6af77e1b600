//! Nodes that no text has, but a derivative may make, keep their value in the person's order.

use wrt_core::{Array, Graph, Id, Term};
use wrt_language::{Scope, parse};
use wrt_rewrite::{Simplified, as_written, simplify};
use wrt_run::{Point, evaluate};

/// A text's graph, and how many nodes it has.
fn written(text: &str, shapes: &[(&str, Vec<&str>)]) -> (Graph, usize) {
    let mut g = Graph::new();
    parse(&mut g, text, &Scope { shapes, ..Scope::default() }).unwrap();
    let count = g.len();
    (g, count)
}

fn ordered(g: &mut Graph, made: Id, count: usize) -> Id {
    let mut formulas = [Simplified { id: made, notes: Vec::new() }];
    as_written(g, &mut formulas, &[], count, &[]);
    formulas[0].id
}

fn values(g: &Graph, ids: &[Id], point: &Point<f64>) -> Vec<Vec<f64>> {
    evaluate(g, ids, point, &0.0).unwrap().into_iter().map(|a| a.data).collect()
}

#[test]
fn a_factor_that_stands_twice_stays_twice() {
    let (mut g, count) = written("(w*R*C)^2", &[]);
    let [w, r, c] = ["w", "R", "C"].map(|name| g.find_symbol(name).unwrap());
    let two = g.integer(2);
    let (r2, c2) = (g.pow(r, two), g.pow(c, two));
    for factors in [vec![r2, r2, c2], vec![r2, c2, r2, c2], vec![w, r2, c2]] {
        let made = g.product(&factors);
        let found = ordered(&mut g, made, count);
        let [before, after] = &values(&g, &[made, found], &Point::numbers(&[(w, 3.0), (r, 5.0), (c, 7.0)]))[..] else {
            panic!("two values");
        };
        assert_eq!(before, after);
    }
}

/// A label that no factor has counts how often a product is added up.
#[test]
fn a_sum_over_an_axis_that_nothing_has_stays() {
    let (mut g, count) = written("x' @ x + sum(y) + s", &[("x", vec!["n"]), ("y", vec!["m"])]);
    let [x, y, s] = ["x", "y", "s"].map(|name| g.find_symbol(name).unwrap());
    let (n, m) = (g.dims(x)[0], g.dims(y)[0]);
    let vector = |data: &[f64]| Array { shape: vec![data.len()], data: data.to_vec() };
    let point = Point {
        values: vec![(x, vector(&[2.0, 3.0])), (y, vector(&[1.0; 5])), (s, Array::scalar(4.0))],
        sizes: vec![("n".into(), 2), ("m".into(), 5)],
    };
    let squares = g.einsum(&[x, x], &[&[0], &[0]], &[], &[n, m]);
    let found = ordered(&mut g, squares, count);
    assert_eq!(values(&g, &[squares, found], &point), [[65.0], [65.0]]);
    // (s*x + s^2*x)/s, five times
    let minus = g.integer(-1);
    let (below, three) = (g.pow(s, minus), g.integer(3));
    let cube = g.pow(s, three);
    let (a, b) = (g.elementwise(&[s, x]), g.elementwise(&[cube, x]));
    let b = g.map(wrt_core::Primitive::Sin, &[b]);
    let sum = g.sum(&[Term::one(a), Term::one(b)]);
    let made = g.einsum(&[below, sum], &[&[], &[0]], &[0], &[n, m]);
    let count = g.len();
    let found = simplify(&mut g, made, count).id;
    let both = values(&g, &[made, found], &point);
    assert!(both[0].iter().zip(&both[1]).all(|(a, b)| (a - b).abs() < 1e-12), "{both:?}");
}
