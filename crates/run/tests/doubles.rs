//! Doubles are right whatever cancels, the bound is never too small, and it costs little.

use wrt_core::{Array, Graph, Id, Number, Primitive, Real};
use wrt_language::{Scope, parse};
use wrt_run::{Bounded, Point, Precise, certified, evaluate, values_at};

fn point(g: &mut Graph, text: &str) -> Point<Number> {
    let coordinate = |item: &str| {
        let (name, value) = item.split_once('=').unwrap();
        (g.symbol(name), Number::parse(value).unwrap())
    };
    Point::numbers(&text.split(',').filter(|t| !t.is_empty()).map(coordinate).collect::<Vec<_>>())
}

/// `formula, point, double`, from exact integers or known limits.
const HARD: &[(&str, &str, f64)] = &[
    ("log(1 + exp(x))", "x=-800", 0.0),
    ("log(1 + exp(x))", "x=-700", 9.859_676_543_759_77e-305),
    ("(1 - cos(x))/x^2", "x=1e-9", 0.5),
    ("x^3 - 3*x^2 + 3*x - 1", "x=1.0000001", 1e-21),
    ("hypot(x, x)", "x=1e200", 1.414_213_562_373_095e200),
    ("sqrt(x^2 + x^2)", "x=1e200", 1.414_213_562_373_095e200),
    ("x - x", "x=1/3", 0.0),
    ("exp(x) - exp(x)", "x=1/3", 0.0),
    ("sin(pi)", "", 0.0),
    ("relu(sin(pi))", "", 0.0),
    ("where(sin(pi) > 0, 1, 2)", "", 2.0),
    ("floor(sqrt(2)^2)", "", 2.0),
    ("where(x > 0, log(x), -1)", "x=-3", -1.0),
    ("where(x > 0, 1, 0)*(1/x)", "x=0", 0.0),
    ("heaviside(x, 0)*log(x)", "x=0", 0.0),
    ("1/x", "x=0", f64::INFINITY),
    ("exp(x)", "x=1000", f64::INFINITY),
    ("exp(-x)", "x=1000", 0.0),
    ("exp(1000)/exp(999)", "", std::f64::consts::E),
    ("max(x, 1/3) - 1/3", "x=1/3", 0.0),
    ("e - exp(1)", "", 0.0),
    ("1e16 + 1 - 1e16", "", 1.0),
    ("cbrt(x)", "x=-27", -3.0),
    ("(x + 1)^20 - x^20", "x=1e3", 2.0191144860542838e58),
];

#[test]
fn hard_points() {
    for (formula, at, expected) in HARD {
        let mut g = Graph::new();
        let f = parse(&mut g, formula, &Scope::default()).unwrap().result;
        let at = point(&mut g, at);
        let value = values_at(&g, &[f], &at).unwrap()[0].data[0];
        assert_eq!(value, *expected, "{formula}");
    }
    let mut g = Graph::new();
    let f = parse(&mut g, "log(x)", &Scope::default()).unwrap().result;
    let at = point(&mut g, "x=-1");
    assert!(values_at(&g, &[f], &at).unwrap()[0].data[0].is_nan());
}

#[test]
fn digits() {
    let text = |formula: &str, digits| {
        let mut g = Graph::new();
        let f = parse(&mut g, formula, &Scope::default()).unwrap().result;
        certified(&g, &[f], &Point::default(), digits).unwrap()[0].data[0].text(digits)
    };
    assert_eq!(text("pi", 30), "3.14159265358979323846264338328");
    assert_eq!(text("3.001^2", 50), "9.006001");
    assert_eq!(text("sqrt(2)/sqrt(8)", 10), "0.5000000000");
    assert_eq!(text("1/3", 7), "0.3333333");
    assert_eq!(text("exp(-1000)", 5), "5.0760e-435");
    assert_eq!(text("1/0", 5), "Infinity");
    assert_eq!(text("log(-1)", 5), "NaN");
    assert!(text("sin(pi)", 20).starts_with("0 ± "), "{}", text("sin(pi)", 20));
}

/// The running bound against balls of 200 bits, for every row of the table at points of all sizes.
#[test]
fn bounds_hold() {
    let sizes = ["0.3", "-0.7", "1.9", "5.25", "-12.1", "1e-9", "30.5", "0.9999", "1e5", "-1e-300"];
    let mut sure = 0;
    for primitive in Primitive::ALL {
        for (k, a) in sizes.iter().enumerate() {
            // Inexact arguments: an error must pass through the function too.
            let names = ["a", "b", "c"];
            let args: Vec<String> =
                (0..primitive.arity()).map(|j| format!("{}*1.1 - 0.1*{}", names[j], names[j])).collect();
            let text = match primitive.row().form {
                wrt_core::Form::Call => format!("{}({})", primitive.name(), args.join(", ")),
                wrt_core::Form::Infix(sign) => format!("({}) {sign} ({})", args[0], args[1]),
                wrt_core::Form::Power => format!("({})^({})", args[0], args[1]),
            };
            let mut g = Graph::new();
            let f = parse(&mut g, &text, &Scope::default()).unwrap().result;
            let at: Vec<(Id, Number)> = (0..primitive.arity())
                .map(|j| {
                    (
                        g.symbol(names[j]),
                        Number::parse(if j == 0 { a } else { sizes[(k + 3 * j) % sizes.len()] }).unwrap(),
                    )
                })
                .collect();
            let plain: Vec<(Id, Bounded)> = at.iter().map(|(x, n)| (*x, Bounded::new(n))).collect();
            let exact: Vec<(Id, Precise)> = at.iter().map(|(x, n)| (*x, Precise::new(n.clone(), 200))).collect();
            let bounded = evaluate(&g, &[f], &Point::numbers(&plain), &Bounded::new(&Number::ONE)).unwrap()[0].data[0];
            let ball =
                evaluate(&g, &[f], &Point::numbers(&exact), &Precise::new(Number::ONE, 200)).unwrap()[0].data[0].ball();
            if bounded.bound().is_finite() {
                let gap = wrt_balls::Ball::from_f64(bounded.value()).sub(&ball, 300).abs().to_f64_bounds().0;
                assert!(gap <= bounded.bound(), "{text} at {a}: {bounded:?} is {gap:e} off");
                sure += 1;
            }
        }
    }
    assert!(sure > 300, "only {sure} known bounds");
}

/// A formula of vectors in the language, at a point, in doubles and in balls.
fn entries(text: &str, shapes: &[(&str, Vec<&str>)], at: &[(&str, &[usize], &[f64])]) -> Vec<f64> {
    let mut g = Graph::new();
    let f = parse(&mut g, text, &Scope { shapes, ..Scope::default() }).unwrap().result;
    let known: Vec<(Id, Array<f64>)> = at
        .iter()
        .map(|(name, shape, data)| (g.find_symbol(name).unwrap(), Array { shape: shape.to_vec(), data: data.to_vec() }))
        .collect();
    let sizes = [("n".to_string(), 3), ("m".to_string(), 2)];
    let known = Point { values: known, sizes: sizes.to_vec() };
    let plain = evaluate(&g, &[f], &known, &0.0).unwrap().swap_remove(0).data;
    let like = Precise::new(Number::ONE, 128);
    let known = known.map(|x| like.exact(&Number::from_f64(*x).unwrap()));
    let balls = evaluate(&g, &[f], &known, &like).unwrap().swap_remove(0).data;
    for (x, ball) in plain.iter().zip(&balls) {
        assert!((x - ball.approximate()).abs() <= 1e-12 * x.abs(), "{text}: {x} in doubles, {ball:?}");
    }
    plain
}

#[test]
fn branches_not_taken_switch_entries_off() {
    let shapes = [("x", vec!["n"]), ("A", vec!["m", "n"])];
    let x: (&str, &[usize], &[f64]) = ("x", &[3], &[-1.0, 0.0, 2.0]);
    let a: (&str, &[usize], &[f64]) = ("A", &[2, 3], &[1.0, 0.0, 2.0, -1.0, 4.0, 0.0]);
    assert_eq!(entries("where(x > 0, 1, 0)*(1/x)", &shapes, &[x]), [0.0, 0.0, 0.5]);
    assert_eq!(entries("where(x > 0, 0, 2)*log(-x)*3", &shapes, &[("x", &[3], &[-1.0, 4.0, 2.0])]), [0.0, 0.0, 0.0]);
    // Summed away, transposed, broadcast.
    assert_eq!(entries("sum(where(x > 0, x, 0)*(1/x))", &shapes, &[x]), [1.0]);
    assert_eq!(
        entries("(1/A) @ where(x > 0, x, 0)", &shapes, &[x, ("A", &[2, 3], &[1.0, 0.0, 2.0, 3.0, 0.0, 4.0])]),
        [1.0, 0.5]
    );
    assert_eq!(entries("sum(where(A > 0, 1, 0)'*(1/A)')", &shapes, &[a]), [1.75]);
    assert_eq!(entries("heaviside(x, 0)*log(x)*A", &shapes, &[x, ("A", &[2, 3], &[1.0; 6])])[..2], [0.0, 0.0]);
    assert_eq!(entries("-(where(x > 0, 1, 0)*3)*(1/x)", &shapes, &[x]), [0.0, 0.0, -1.5]);
    // A condition that is a number switches all entries.
    assert_eq!(entries("where(sum(x) > 5, 1, 0)*(1/x)", &shapes, &[x]), [0.0; 3]);
}

#[test]
fn arrays_are_divided_as_numbers_are() {
    let shapes = [("x", vec!["n"]), ("y", vec!["n"])];
    let (x, y) = ([1.0, 5.0, 7.0], [49.0, 49.0, 3.0]);
    let found = entries("x/y", &shapes, &[("x", &[3], &x), ("y", &[3], &y)]);
    assert_eq!(found, [1.0 / 49.0, 5.0 / 49.0, 7.0 / 3.0]);
}

#[test]
fn sums_over_nothing_are_zero() {
    let mut g = Graph::new();
    let shapes = [("A", vec!["k", "n"])];
    let f = parse(&mut g, "sum(A, axis=0)", &Scope { shapes: &shapes, ..Scope::default() }).unwrap().result;
    let at = [(g.find_symbol("A").unwrap(), Array { shape: vec![0, 3], data: Vec::new() })];
    let found = evaluate(&g, &[f], &Point { values: at.to_vec(), sizes: vec![("k".into(), 0), ("n".into(), 3)] }, &0.0)
        .unwrap();
    assert_eq!(found[0].data, [0.0; 3]);
}
