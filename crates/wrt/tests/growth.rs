//! Long formulas: twice the length is twice the work and twice the text, in whatever way a formula is long.

use wrt::session::{DerivativeKind, Form, Layout, Scope, Session};
use wrt_core::{Array, work};
use wrt_run::{Point, evaluate};

/// What doubling a formula may multiply work and text by, beside what any formula may cost.
const GROWTH: f64 = 2.5;
const ANY: f64 = 20_000.0;

/// From this length on nothing is tried on a formula as a whole, which takes work up to a limit.
const LONG: usize = 1500;

/// More steps than this would not end.
const ENDLESS: u64 = 300_000_000;

/// What a derivative costs: steps, and the characters of what is printed.
struct Cost {
    steps: f64,
    text: f64,
}

/// The derivative of a text with respect to its default variables, simplified and printed.
fn cost(text: &str, shapes: &[(&str, Vec<&str>)], kind: DerivativeKind) -> Cost {
    let scope = Scope { shapes, ..Scope::default() };
    let (printed, steps) = work::counted(ENDLESS, || {
        let mut session = Session::parse(text, &scope).unwrap();
        let names = session.document().default_variables();
        let wrt: Vec<_> = names.iter().map(|n| session.variable(n).unwrap()).collect();
        let derivation = session.derive(kind, &wrt, &[]).unwrap();
        let shown = session.simplify_derivation(&derivation, Layout::LetBlock).unwrap();
        session.let_block(&shown.formulas(), Form::Text, &shown.intermediates()).line(Form::Text)
    });
    Cost { steps: steps as f64, text: printed.len() as f64 }
}

fn doubles(what: &str, short: Cost, long: Cost) {
    let fits = |a: f64, b: f64| b <= GROWTH * a + ANY;
    let told = format!("{what}: {} to {} steps, {} to {} characters", short.steps, long.steps, short.text, long.text);
    if std::env::var_os("WALKS").is_some() {
        eprintln!("{told}");
    }
    assert!(fits(short.steps, long.steps) && fits(short.text, long.text), "{told}");
}

/// The gradients of texts of some length and of twice that.
fn gradient(what: &str, length: usize, text: impl Fn(usize) -> String) {
    let [short, long] = [length, 2 * length].map(|n| cost(&text(n), &[], DerivativeKind::Gradient));
    doubles(what, short, long);
}

fn nested(n: usize, around: impl Fn(usize, &str) -> String) -> String {
    (0..n).fold("x".to_string(), |inner, k| around(k, &inner))
}

fn listed(n: usize, between: &str, part: impl Fn(usize) -> String) -> String {
    (0..n).map(part).collect::<Vec<_>>().join(between)
}

#[test]
fn branches_within_branches() {
    gradient("else", LONG, |n| nested(n, |k, inner| format!("where(x > {k}, {}*x^2, {inner})", k + 2)));
    gradient("then", LONG, |n| nested(n, |k, inner| format!("where(x < {k}, {inner}, sin(x)*{})", k + 2)));
    gradient("both", 400, |n| {
        nested(n, |k, inner| format!("where(x < {k}, where(y > {k}, exp({k}*y), {inner}), sin(x*y)*{})", k + 2))
    });
    gradient("inside", 400, |n| nested(n, |k, inner| format!("where(y < {k}, sin({inner})*x, y)")));
}

/// What it is where branches meet: one choice, as in a textbook, each branch with its own derivative.
#[test]
fn a_choice_of_derivatives() {
    let cases = [
        ("where(x > 1, x^3, where(x > 0, x^2, x))", "where(x > 1, 3*x^2, where(x > 0, 2*x, 1))"),
        ("where(x > 0, x^2, x) + where(x > 0, sin(x), 0)", "where(x > 0, cos(x) + 2*x, 1)"),
        ("exp(where(x > 0, x^2, -x))", "where(x > 0, 2*x, -1)*exp(where(x > 0, x^2, -x))"),
    ];
    for (text, wanted) in cases {
        let mut session = Session::parse(text, &Scope::default()).unwrap();
        let x = session.variable("x").unwrap();
        let derivation = session.derive(DerivativeKind::Gradient, &[x], &[]).unwrap();
        let shown = session.simplify(derivation.ids()[0]);
        assert_eq!(session.print(shown.id, Form::Text).line(), wanted, "{text}");
    }
}

#[test]
fn a_cost_of_many_parameters() {
    gradient("sum", LONG, |n| format!("s = {}; cost = log(1 + exp(-s))", listed(n, " + ", |k| format!("{k}*w{k}"))));
    gradient("square", LONG, |n| format!("({} - y)^2", listed(n, " + ", |k| format!("w{k}"))));
    gradient("half a square", LONG, |n| format!("({} - y)^2/2", listed(n, " + ", |k| format!("w{k}"))));
    gradient("exponential", LONG, |n| format!("exp({} - y)", listed(n, " + ", |k| format!("w{k}"))));
    gradient("squares", LONG, |n| format!("sqrt(1 + {})", listed(n, " + ", |k| format!("w{k}^2"))));
    gradient("nested", 200, |n| nested(n, |k, inner| format!("tanh(w{k}*{inner} + b{k})")));
}

#[test]
fn products() {
    gradient("names", 250, |n| listed(n, "*", |k| format!("x{k}")));
    gradient("functions", 250, |n| listed(n, "*", |k| format!("sin(x{k})")));
    gradient("of one name", 250, |n| listed(n, "*", |k| format!("sin({}*x)", k + 1)));
}

#[test]
fn matrices() {
    let [short, long] = [150, 300].map(|n| {
        let names: Vec<String> = (0..n).map(|k| format!("A{k}")).collect();
        let shapes: Vec<(&str, Vec<&str>)> = names.iter().map(|name| (name.as_str(), vec!["n", "n"])).collect();
        cost(&format!("tr({})", names.join(" @ ")), &shapes, DerivativeKind::Gradient)
    });
    doubles("chain", short, long);
}

fn layers(n: usize, activation: &str) -> String {
    let hidden = (1..n).map(|k| format!("h{k} = dense(h{}, 8, {activation})\n", k - 1)).collect::<String>();
    format!("data X[m, 8], y[m, 2]\nh0 = X\n{hidden}h{n} = dense(h{}, 2)\ncost = mse(y, h{n})\n", n - 1)
}

#[test]
fn dense_layers() {
    for activation in ["tanh", "relu"] {
        gradient(activation, 50, |n| layers(n, activation));
    }
}

/// There are n² blocks; each costs what it is long.
#[test]
fn blocks_of_a_hessian() {
    let [short, long] = [12, 24].map(|n| cost(&layers(n, "tanh"), &[], DerivativeKind::Hessian));
    let told = format!("{} to {} steps, {} to {} characters", short.steps, long.steps, short.text, long.text);
    assert!(long.steps <= 4.0 * GROWTH / 2.0 * short.steps && long.text <= 4.0 * GROWTH / 2.0 * short.text, "{told}");
}

/// The multiplications that the derivatives of a formula take.
fn multiplications(text: &str, kind: DerivativeKind, by: &str, n: usize) -> f64 {
    let shapes = [("A", vec!["n", "n"]), ("x", vec!["n"])];
    let mut session = Session::parse(text, &Scope { shapes: &shapes, ..Scope::default() }).unwrap();
    let x = session.variable(by).unwrap();
    let derivation = session.derive(kind, &[x], &[]).unwrap();
    let mut roots: Vec<_> = derivation.ids().into_iter().collect();
    if roots.is_empty() {
        roots.push(session.document().root());
    }
    wrt_run::array_work(session.graph(), &roots, &[("n".into(), n)]) as f64
}

#[test]
fn derivatives_of_arrays_cost_their_entries() {
    let cases = [
        // Of n⁴ entries.
        ("tr(inv(A))", DerivativeKind::Hessian, "A", 4),
        ("x' @ inv(A) @ x", DerivativeKind::Hessian, "A", 4),
        ("logdet(A)", DerivativeKind::Hessian, "A", 4),
        ("inv(A)", DerivativeKind::Jacobian, "A", 4),
        ("A @ A", DerivativeKind::Jacobian, "A", 4),
        // Of n³ and n².
        ("A @ x", DerivativeKind::Jacobian, "A", 3),
        ("A @ x", DerivativeKind::Jacobian, "x", 2),
        ("x*(A @ x)", DerivativeKind::Jacobian, "x", 2),
        // Over three and four labels, in pairs.
        ("sum[i,j,k](A[i,j]*A[j,k]*x[k])", DerivativeKind::Gradient, "A", 2),
        ("sum[i,j,k,l](A[i,j]*A[j,k]*A[k,l]*A[l,i]*x[i])", DerivativeKind::Gradient, "A", 3),
        ("-3*sum[i,j,k,l](2*A[i,j]*A[j,k]*A[k,l]*A[l,i]*x[i])", DerivativeKind::Gradient, "x", 3),
        ("sum[i,j,k,l](exp(A[i,j])*A[j,k]*sin(A[k,l])*A[l,i])", DerivativeKind::Gradient, "A", 3),
        // The values.
        ("sum[i,j,k,l](A[i,j]*A[j,k]*A[k,l]*A[l,i]*x[i])", DerivativeKind::Derivative(0), "A", 3),
    ];
    for (text, kind, by, power) in cases {
        let [short, long] = [100, 200].map(|n| multiplications(text, kind, by, n));
        let grown = (long / short).log2();
        assert!((grown - f64::from(power)).abs() < 0.1, "{text} by {by}: n^{grown}");
    }
}

/// The numbers of a model's value and gradient over a time, with the multiplications that they take.
fn over_time(model: &str, steps: usize) -> (Vec<Vec<f64>>, u64) {
    let series = |rate: f64| Array { shape: vec![steps], data: (0..steps).map(|t| (rate * t as f64).sin()).collect() };
    let mut session = Session::parse(model, &Scope::default()).unwrap();
    let cost = session.document().root();
    let names = session.document().default_variables();
    let wrt: Vec<_> = names.iter().map(|n| session.variable(n).unwrap()).collect();
    let derivation = session.derive(DerivativeKind::Gradient, &wrt, &[]).unwrap();
    let roots: Vec<_> = std::iter::once(cost).chain(derivation.ids()).collect();
    let graph = session.graph();
    let mut at = Point { values: Vec::new(), sizes: vec![("T".into(), steps)] };
    for (name, rate) in [("u", 0.3), ("y", 0.2)] {
        at.values.push((graph.find_symbol(name).unwrap(), series(rate)));
    }
    for (k, x) in wrt.iter().enumerate() {
        let shape: Vec<usize> =
            graph.dims(*x).iter().map(|d| graph.dimension(*d).as_size().unwrap() as usize).collect();
        let entries = shape.iter().product();
        at.values.push((*x, Array { shape, data: (0..entries).map(|j| 0.3 / (j + k + 1) as f64).collect() }));
    }
    let found = evaluate(graph, &roots, &at, &0.0).unwrap();
    (found.into_iter().map(|a| a.data).collect(), wrt_run::array_work(graph, &roots, &at.sizes))
}

/// A backward pass walks the steps once: ten times the steps are ten times the work, and within the room there is.
#[test]
fn a_state_space_model_over_ten_thousand_steps() {
    let model = include_str!("../../../examples/state_space.wrt");
    let ((_, short), (values, long)) = (over_time(model, 1000), over_time(model, 10_000));
    assert!(long > 10_000 && long <= 10 * short + 1000, "{short} to {long}");
    assert_eq!(values.iter().map(Vec::len).collect::<Vec<_>>(), [1, 4, 2, 2, 1]);
    assert!(values.iter().flatten().all(|x| x.is_finite()) && values[1].iter().any(|x| *x != 0.0), "{values:?}");
}
