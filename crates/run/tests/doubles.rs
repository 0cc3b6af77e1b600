//! Doubles are right whatever cancels, the bound is never too small, and it costs little.

use wrt_core::language::{Scope, parse};
use wrt_core::{Graph, Id, Number, Primitive};
use wrt_run::{Bounded, Precise, certified, evaluate, values_at};

fn point(g: &mut Graph, text: &str) -> Vec<(Id, Number)> {
    let coordinate = |item: &str| {
        let (name, value) = item.split_once('=').unwrap();
        (g.symbol(name), Number::parse(value).unwrap())
    };
    text.split(',').filter(|t| !t.is_empty()).map(coordinate).collect()
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
        let value = values_at(&g, &[f], &at).unwrap()[0];
        assert_eq!(value, *expected, "{formula}");
    }
    let mut g = Graph::new();
    let f = parse(&mut g, "log(x)", &Scope::default()).unwrap().result;
    let at = point(&mut g, "x=-1");
    assert!(values_at(&g, &[f], &at).unwrap()[0].is_nan());
}

#[test]
fn digits() {
    let text = |formula: &str, digits| {
        let mut g = Graph::new();
        let f = parse(&mut g, formula, &Scope::default()).unwrap().result;
        certified(&g, &[f], &[], digits).unwrap()[0].text(digits)
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
            let bounded = evaluate(&g, &[f], &plain, &Bounded::new(&Number::ONE)).unwrap()[0];
            let ball = evaluate(&g, &[f], &exact, &Precise::new(Number::ONE, 200)).unwrap()[0].ball();
            if bounded.bound().is_finite() {
                let gap = wrt_balls::Ball::from_f64(bounded.value()).sub(&ball, 300).abs().to_f64_bounds().0;
                assert!(gap <= bounded.bound(), "{text} at {a}: {bounded:?} is {gap:e} off");
                sure += 1;
            }
        }
    }
    assert!(sure > 300, "only {sure} known bounds");
}
