//! Derivatives of operations to any order, and values at the edges, as texts have them.

use wrt::session::{Point, Session};
use wrt_core::{Array, Id, Number};
use wrt_language::Scope;

fn session(text: &str, shapes: &[(&str, &[&str])]) -> Session {
    let shapes: Vec<(&str, Vec<&str>)> = shapes.iter().map(|(n, d)| (*n, d.to_vec())).collect();
    Session::parse(text, &Scope { shapes: &shapes, ..Scope::default() }).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

fn value(text: &str, shapes: &[(&str, &[&str])], at: &[(&str, &[f64])]) -> Result<Array<f64>, String> {
    let mut session = session(text, shapes);
    let mut point = Point::default();
    for ((name, data), (_, dims)) in at.iter().zip(shapes) {
        if !session.document().free_names().contains(&name.to_string()) {
            continue;
        }
        let shape: Vec<usize> = dims.iter().map(|d| d.parse().unwrap()).collect();
        let data = data.iter().map(|x| Number::from_f64(*x).unwrap()).collect();
        point.values.push((session.variable(name).unwrap(), Array { shape, data }));
    }
    let root: Id = session.document().root();
    session.doubles(&[root], &point).map(|mut v| v.remove(0)).map_err(|e| format!("{e:?}"))
}

#[track_caller]
fn is(text: &str, shapes: &[(&str, &[&str])], at: &[(&str, &[f64])], want: &[f64]) {
    let found = value(text, shapes, at).unwrap_or_else(|e| panic!("{text}: {e}"));
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
    assert!(found.data.len() == want.len() && found.data.iter().zip(want).all(near), "{text}: {found:?}, not {want:?}");
}

const X: &[(&str, &[&str])] = &[("x", &["3"])];
const A: &[(&str, &[&str])] = &[("A", &["3", "3"])];
const SINGULAR: &[(&str, &[f64])] = &[("A", &[1., 2., 3., 2., 4., 6., -1., -2., -3.])];

#[test]
fn products_have_derivatives_of_any_order() {
    // ∂³/∂x₀∂x₁∂x₂ of a product of three is 1, in 6 of 27 places.
    let third = "sum(jacobian(hessian(prod(x), x), x))";
    is(third, X, &[("x", &[2., 0., 5.])], &[6.]);
    is("sum(jacobian(jacobian(hessian(prod(x), x), x), x))", X, &[("x", &[2., 0., 5.])], &[0.]);
}

#[test]
fn determinants_have_derivatives_at_singular_matrices() {
    // det(A + tE) by t, twice, for E with ones in two places: the minor that is left.
    is("hessian(det(A), A)[0,0,1,1]", A, SINGULAR, &[-3.]);
    is("hessian(det(A), A)[0,1,1,0]", A, SINGULAR, &[3.]);
    is("grad(cofactor(A)[0,0], A)[1]", A, SINGULAR, &[0., -3., 2.]);
    is("jacobian(hessian(det(A), A), A)[0,0,1,1,2,2]", A, SINGULAR, &[1.]);
}

#[test]
fn exponentials_have_derivatives_beyond_the_fourth() {
    // Of one entry it is the exponential of numbers.
    let sixth = "d(expm(reshape(x*ones(1), [1, 1]))[0,0], x, x, x, x, x, x)";
    is(sixth, &[("x", &[])], &[("x", &[0.5])], &[0.5f64.exp()]);
}

#[test]
fn reductions_of_nothing() {
    let nothing: &[(&str, &[&str])] = &[("x", &["0"])];
    is("prod(x)", nothing, &[("x", &[])], &[1.]);
    is("sum(x)", nothing, &[("x", &[])], &[0.]);
    for name in ["max", "min", "argmax", "argmin"] {
        let refused = value(&format!("{name}(x)"), nothing, &[("x", &[])]).unwrap_err();
        assert!(refused.contains(&format!("{name} of an axis without entries has no value")), "{refused}");
    }
}

#[test]
fn ranges_beyond_the_start_begin_there() {
    let x: &[(&str, &[&str])] = &[("x", &["5"])];
    let at: &[(&str, &[f64])] = &[("x", &[1., 2., 3., 4., 5.])];
    is("x[-7:3]", x, at, &[1., 2., 3.]);
    is("x[-9:-2]", x, at, &[1., 2., 3.]);
    is("x[-7:4:2]", x, at, &[1., 3.]);
    is("grad(sum(x[-7:3]), x)", x, at, &[1., 1., 1., 0., 0.]);
    is("x[-7:9]", x, at, &[1., 2., 3., 4., 5.]);
}

#[test]
fn pseudo_inverses_are_accurate() {
    // A Vandermonde matrix, whose normal equations have no digit left: pinv(A) @ A is the identity all the same.
    let (m, n) = (12usize, 9usize);
    let entry = |k: usize| ((k / n) as f64 / 11.0).powi((k % n) as i32);
    let data: Vec<f64> = (0..m * n).map(entry).collect();
    let shapes: &[(&str, &[&str])] = &[("A", &["12", "9"])];
    let found = value("normF(pinv(A) @ A - eye(9))", shapes, &[("A", &data)]).unwrap();
    assert!(found.data[0] < 1e-9, "{found:?}");
    // As many entries as images have.
    let data: Vec<f64> = (0..80 * 82).map(|k| ((k * 7919 + k * k % 101) % 211) as f64 / 211.0 - 0.5).collect();
    let shapes: &[(&str, &[&str])] = &[("A", &["80", "82"])];
    let found = value("normF(A @ pinv(A) - eye(80))", shapes, &[("A", &data)]).unwrap();
    assert!(found.data[0] < 1e-9, "{found:?}");
}

#[test]
fn hinge_is_a_mean_along_the_last_axis() {
    let shapes: &[(&str, &[&str])] = &[("y", &["2", "3"]), ("p", &["2", "3"])];
    let at: &[(&str, &[f64])] = &[("y", &[1., -1., 1., 1., 1., -1.]), ("p", &[0.5, 0.5, 2., -1., 0., 0.5])];
    is("hinge(y, p)", shapes, at, &[2. / 3., 4.5 / 3.]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let x: &[(&str, &[&str])] = &[("x", &["2", "3"])];
    for text in [
        "fold(x, 3, 2)",
        "fold(x, 3, 9)",
        "tail(x, 4)",
        "expm_frechet(x[:, :2], x)",
        "cofactor(x[:, :2], eye(3))",
        "avg_pool_input(reshape(x, [2, 3, 1]), 2, 3, 3)",
        "max_pool_along(reshape(x, [2, 3, 1]), reshape(x, [3, 2, 1]), 2)",
        "conv1d_input(reshape(x, [2, 1, 3]), x, 9)",
        "conv1d_kernel(x, x, 2)",
        "prod_others(x, order=9)",
        "window(x, 2, dilation=0)",
    ] {
        let shapes: Vec<(&str, Vec<&str>)> = x.iter().map(|(n, d)| (*n, d.to_vec())).collect();
        let scope = Scope { shapes: &shapes, ..Scope::default() };
        let refused = Session::parse(text, &scope).is_err() || value(text, x, &[("x", &[1.; 6])]).is_err();
        assert!(refused, "{text}");
    }
}
