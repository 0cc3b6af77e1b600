//! Expressions in Rust: operators, graphs that meet, threads, depth.

use wrt::{ErrorKind, Expr, Form, Functions, parse, symbol};

#[test]
fn operators_read_like_the_language() {
    let (x, y) = (symbol("x"), symbol("y"));
    let cases = [
        (&x + &y, "x + y"),
        (2 * &x - 1, "2*x - 1"),
        (1 / &x, "1/x"),
        (-&x / 3, "-x/3"),
        (x.pow(2) * y.sin(), "x^2*sin(y)"),
        (0.5 * x.hypot(&y), "hypot(x, y)/2"),
        (x.sigmoid() * (1 - x.sigmoid()), "sigmoid(x)*(1 - sigmoid(x))"),
    ];
    for (e, text) in cases {
        assert_eq!(e.to_string(), text);
        let point = [("x", 0.3), ("y", 1.7)];
        assert_eq!(e.eval(&point).unwrap(), parse(text).unwrap().eval(&point).unwrap());
    }
}

#[test]
fn assignments_are_operators() {
    let (x, y) = (symbol("x"), symbol("y"));
    let mut e = &x + 1;
    e *= &y;
    e -= 2;
    e /= x;
    e += 0.5;
    assert_eq!(e.to_string(), "((x + 1)*y - 2)/x + 1/2");
    assert_eq!(std::iter::empty::<Expr>().sum::<Expr>().to_string(), "0");
}

#[test]
fn a_double_is_exactly_that_double() {
    let e = symbol("x") * 0.1;
    assert_eq!(e.eval(&[("x", 1.0)]).unwrap(), 0.1);
    assert_ne!(e.to_string(), "x/10");
    for special in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let value = Expr::from(special).eval::<f64>(&[]).unwrap().item().unwrap();
        assert!(value == special || value.is_nan() && special.is_nan(), "{value}");
    }
}

#[test]
fn graphs_are_imported_into_each_other() {
    let (a, b) = (parse("sin(x)*y").unwrap(), parse("exp(-x) + z").unwrap());
    let both = &a * &b;
    assert_eq!(both.to_string(), "sin(x)*y*(exp(-x) + z)");
    assert_eq!(both.free_names(), ["x", "y", "z"]);
    assert_eq!((&both - &both).simplify().to_string(), "0");
}

#[test]
fn a_hundred_thousand_levels() {
    let mut e = symbol("x");
    for _ in 0..100_000 {
        e = (e * 0.5).sin();
    }
    let copy = e.clone();
    drop(e);
    assert!(copy.eval(&[("x", 1.0)]).unwrap().item().unwrap().abs() < 1e-9);
    assert!(!copy.to_string_in(Form::Text).is_empty());
}

#[test]
fn threads_may_share_and_mix() {
    fn sent<T: Send + Sync + Clone>(_: &T) {}
    let (x, y) = (symbol("x"), symbol("y"));
    sent(&x);
    std::thread::scope(|scope| {
        for k in 0..4i64 {
            let (x, y) = (&x, &y);
            scope.spawn(move || {
                for _ in 0..50 {
                    let e = if k % 2 == 0 { x * y + k } else { y * x + k };
                    assert_eq!(e.eval(&[("x", 2.0), ("y", 3.0)]).unwrap(), 6.0 + k as f64);
                }
            });
        }
    });
}

#[test]
fn errors_have_kind_and_place() {
    let e = parse("1 + foo(x)").unwrap_err();
    assert_eq!((e.kind(), e.span()), (ErrorKind::UnknownFunction, Some(4..7)));
    assert_eq!(symbol("x").diff("2x").unwrap_err().kind(), ErrorKind::Name);
    assert_eq!(parse("polygamma(n, x)").unwrap().diff("n").unwrap_err().kind(), ErrorKind::NotDifferentiable);
}
