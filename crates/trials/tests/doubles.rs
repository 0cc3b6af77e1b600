//! Simplifying makes no formula that overflows or loses digits in doubles where the given one does not.

use wrt_core::{Graph, Id, Number, Primitive};
use wrt_language::{Scope, parse};
use wrt_rewrite::simplify;
use wrt_run::Point;
use wrt_view::{Form, print};

/// Magnitudes from tiny to huge, and where functions bend.
const MAGNITUDES: &[&str] = &[
    "1e-8", "2e-6", "1/5000", "1/70", "1/20", "1/7", "1/3", "0.9", "1.6", "2.7", "4", "8.5", "13", "24", "37.3", "45",
    "60", "80", "150", "300", "400", "500", "745", "2000", "12345", "1e5", "1e8",
];

/// What the functions are applied to.
const INNER: &[&str] = &["x^2", "-x^2/2", "exp(x)", "1 + x^2", "sqrt(1 + x^2)", "1/(1 + x)", "sin(x)"];

/// Compositions, `?` standing for each of [`WITHIN`].
const AROUND: &[&str] = &[
    "?*exp(-x^2)",
    "sqrt(?^2 + exp(-3*x))",
    "exp(?)/(exp(2*x) + exp(-x))",
    "gelu(?)*exp(x)",
    "log(exp(?) + exp(-3*x))",
    "1/(1 + x^-?)",
    "exp(-?)",
    "?/(1 + exp(-x))",
    "erf(?)*x",
    "gelu(x)*?",
    "log(1 + exp(?))",
    "?*sigmoid(x)",
    "tanh(?)^2",
    "sqrt(?^2 + exp(-2*x))",
    "softplus(?)/x",
    "cosh(x)^-1*?",
    "(1 + exp(-x^2/2))^2*?",
    "mish(x)/?",
    "erfc(?)/(1 + exp(x))",
    "exp(?)/(exp(x) + exp(-x))",
    "silu(?)^2",
    "exp(-abs(x))*?",
    "exp(x)*exp(-?) + exp(-x)",
    "exp(-x^3) + ?",
    "2^(-x)*?",
    "elu(?)*exp(-x)",
    "log(cosh(x))*?",
];

/// What stands for `?`.
const WITHIN: &[&str] = &["x", "(1 + x^2)", "sin(x)", "exp(-x)", "(x - 1)^3", "sqrt(1 + x^2)", "log(1 + x^2)"];

/// Compositions of several functions.
const COMPOSED: &[&str] = &[
    "erf(x)/(1 + x^2)",
    "x*exp(-x^2)",
    "exp(-x)/(1 + exp(-x))^2",
    "log(exp(x) + exp(-x))",
    "log(1 + exp(x))",
    "log(1 + exp(-x))",
    "exp(x)/(1 + exp(x))",
    "exp(x)/(exp(x) + exp(-x))",
    "exp(-x^2)*erf(x)",
    "exp(-x^2)*sin(x)",
    "gelu(x)*x",
    "gelu(x)^2",
    "silu(x)*x",
    "silu(x)/(1 + x^2)",
    "x*tanh(x)",
    "tanh(x)/x",
    "sigmoid(x)*exp(-x)",
    "sigmoid(x)*(1 - sigmoid(x))",
    "softplus(x)*sigmoid(x)",
    "exp(-x^2/2)*(1 + x)",
    "exp(-x^2/2)/(1 + x^2)",
    "exp(-1/x^2)",
    "exp(-exp(-x))",
    "exp(-exp(x))",
    "exp(x - x^2)",
    "exp(x)*exp(-x^2)*x",
    "sinh(x)/cosh(x)",
    "exp(x)*sinh(x)",
    "exp(-x)*cosh(x)",
    "exp(-abs(x))",
    "x*exp(-abs(x))",
    "1/(1 + exp(-x)) + erf(x)",
    "erf(x)*exp(x)",
    "erfc(x)*x",
    "erfc(x)*exp(x)",
    "erf(x/sqrt(2))*x",
    "erf(x)^2",
    "exp(-x^2)*exp(x)/(1 + exp(-x^2))",
    "log(1 + exp(-x^2))",
    "log(x^2 + exp(x))",
    "sqrt(1 + exp(-x^2))",
    "sqrt(x^2 + exp(-x^2))",
    "(1 + exp(-x^2))^-1",
    "x^2/(exp(x) - 1)",
    "x/(exp(x) - 1)",
    "exp(-x)*x^3",
    "exp(-x)*x^3 + erf(x)",
    "exp(-x^2) + exp(-2*x^2)",
    "exp(x) + exp(-x) + x^2",
    "exp(-x)*exp(-x^2) + exp(-x)",
    "2^x/(1 + 2^x)",
    "2^-x*x",
    "(1 + x^2)^(1/2)*exp(-x)",
    "atan(exp(x))",
    "tanh(x^2)*exp(-x)",
    "cosh(x)^-2*x",
    "log(cosh(x))",
    "log(sinh(x)/x)",
    "sech(x)*exp(x)",
    "mish(x)",
    "x*sigmoid(2*x)*exp(-x^2)",
    "lgamma(1 + x^2)*exp(-x)",
    "sin(x)/x",
    "(1 - cos(x))/x^2",
    "x - log(1 + x)",
    "sqrt(x + 1) - sqrt(x)",
    "1/x - 1/(x + 1)",
    "log(x)/x",
    "x*log(x)",
    "x^x",
    "(x + 1)^5/(x^2 + 1)^3",
    "x^5*(1 - x)^4",
    "(x - 1)^6",
    "1/(1 + 1/x)",
    "x/sqrt(1 + x^2)",
    "sqrt(1 - 1/(1 + x^2))",
    "hypot(x, 1)*x",
    "exp(-x)*log(1 + exp(x))",
];

fn points() -> Vec<Number> {
    MAGNITUDES.iter().map(|m| Number::parse(m).unwrap()).flat_map(|m| [-&m, m]).collect()
}

/// The value of a node in doubles, and the right one.
fn values(g: &Graph, x: Id, ids: &[Id], at: f64) -> Option<(Vec<f64>, f64)> {
    let got = wrt_run::evaluate(g, ids, &Point::numbers(&[(x, at)]), &0.0).ok()?;
    let want = wrt_run::values_at(g, &ids[..1], &Point::numbers(&[(x, Number::from_f64(at)?)])).ok()?;
    Some((got.into_iter().map(|a| a.data[0]).collect(), want[0].data[0]))
}

fn close(value: f64, want: f64) -> bool {
    value.is_finite() && (value - want).abs() <= 1e-9 * want.abs() + 1e-290
}

/// Where the simplified formula is worse than the given one, with both values and the right one. The given one counts
/// where it is right beside the point, too: what cancels may be right by luck.
fn worse(g: &Graph, x: Id, given: Id, simple: Id) -> Vec<String> {
    let mut found = Vec::new();
    for point in points() {
        let at = point.to_f64();
        let Some((got, want)) = values(g, x, &[given, simple], at) else { continue };
        if close(got[1], want) || !close(got[0], want) {
            continue;
        }
        let beside = [1.0171, 0.9833].map(|factor| values(g, x, &[given], at * factor));
        if beside.iter().flatten().all(|(got, want)| close(got[0], *want)) {
            found.push(format!("at {at}: {} instead of {want}", got[1]));
        }
    }
    found
}

fn sweep(text: &str, found: &mut Vec<String>) {
    let mut g = Graph::new();
    let x = g.symbol("x");
    let Ok(parsed) = parse(&mut g, text, &Scope::default()) else { panic!("{text}") };
    let written = g.len();
    let mut f = parsed.result;
    for order in 1..=2 {
        let Ok(d) = wrt_differentiate::gradient(&mut g, f, &[x]) else { return };
        f = d[0];
        let simple = simplify(&mut g, f, written).id;
        let bad = worse(&g, x, f, simple);
        if !bad.is_empty() {
            let printed = print(&g, simple, Form::Text).line();
            found.push(format!("{text}, order {order}: {printed}\n  {}", bad.join("\n  ")));
        }
    }
}

#[test]
fn simplified_derivatives_are_as_accurate_as_the_given_ones() {
    let mut found = Vec::new();
    let mut count = 0;
    for &p in Primitive::ALL {
        let others = ["2", "3"];
        for inner in std::iter::once(&"x").chain(INNER) {
            for place in 0..p.arity() {
                let args: Vec<&str> = (0..p.arity()).map(|k| if k == place { *inner } else { others[k % 2] }).collect();
                sweep(&format!("{}({})", p.name(), args.join(", ")), &mut found);
                count += 1;
            }
        }
    }
    for (around, within) in AROUND.iter().flat_map(|a| WITHIN.iter().map(move |w| (a, w))) {
        let text = around.replace('?', within);
        sweep(&text, &mut found);
        count += 1;
    }
    for text in COMPOSED {
        sweep(text, &mut found);
        count += 1;
    }
    assert!(found.is_empty(), "{} of {count}:\n{}", found.len(), found.join("\n"));
}
