//! Kinks, poles, domain edges, jumps and smooth points beside them: what the judge says of each.

use wrt_check::{Claim, Scrutiny, Verdict, Why, judge};
use wrt_core::{Graph, Id, Number};
use wrt_language::{Scope, parse};

/// `formula, point, verdict`; the verdict is the first one that is not agreement among the formula's names.
///
/// - `agree`: smooth, and all engines agree;
/// - `kink L R`: the slopes from the left and from the right (`-`: no value on that side), and the derivative's value;
/// - `pole`, `undefined`: the formula has no value, because of the subexpression named;
/// - `steep`, `jump`, `open`: it has a value and no derivative.
const EDGES: &[(&str, &str, &str)] = &[
    // Kinks of single functions.
    ("abs(x)", "x=0", "kink -1 1"),
    ("abs(x)", "x=1e-300", "agree"),
    ("abs(x)", "x=-1e-300", "agree"),
    ("abs(x - 1/3)", "x=1/3", "kink -1 1"),
    ("abs(x - 1/3)", "x=0.333333333333", "agree"),
    ("abs(3*x - 1)", "x=1/3", "kink -3 3"),
    ("relu(x)", "x=0", "kink 0 1"),
    ("relu(x)", "x=-1e-20", "agree"),
    ("relu(x)", "x=1e-20", "agree"),
    ("relu(-x)", "x=0", "kink -1 0"),
    ("relu(x - 2)", "x=2", "kink 0 1"),
    ("relu(2*x)", "x=0", "kink 0 2"),
    ("relu(x)^2", "x=0", "agree"),
    ("relu(x)^3", "x=0", "agree"),
    ("leaky_relu(x)", "x=0", "kink 0.2 1"),
    ("leaky_relu(x, 0.01)", "x=0", "kink 0.01 1"),
    ("leaky_relu(x, 1)", "x=0", "agree"),
    ("elu(x)", "x=0", "agree"),
    ("elu(x, 2)", "x=0", "kink 2 1"),
    ("elu(x, 0.5)", "x=0", "kink 0.5 1"),
    ("selu(x)", "x=0", "kink 1.7580993408473766 1.0507009873554805"),
    ("selu(x)", "x=1", "agree"),
    ("max(x, 0)", "x=0", "kink 0 1"),
    ("max(x, 1)", "x=1", "kink 0 1"),
    ("max(x, -x)", "x=0", "kink -1 1"),
    ("max(x, x^2)", "x=0", "kink 0 1"),
    ("max(x, x^2)", "x=1", "kink 1 2"),
    ("max(x, x^2)", "x=1/2", "agree"),
    ("max(x, x)", "x=5", "agree"),
    ("max(2*x, x + 1)", "x=1", "kink 1 2"),
    ("min(x, 0)", "x=0", "kink 1 0"),
    ("min(x, 2 - x)", "x=1", "kink 1 -1"),
    ("min(x, x^2)", "x=1", "kink 2 1"),
    ("min(x^2, x^3)", "x=0", "agree"),
    ("max(x, y)", "x=1,y=1", "kink 0 1"),
    ("max(x, y)", "x=1,y=2", "agree"),
    ("min(x, y)", "x=1/3,y=1/3", "kink 1 0"),
    ("max(x, max(y, z))", "x=1,y=1,z=1", "kink 0 1"),
    ("max(x, y)", "x=1/7,y=1/7", "kink 0 1"),
    ("where(x < 0, -x, x)", "x=0", "kink -1 1"),
    ("where(x <= 0, 0, x)", "x=0", "kink 0 1"),
    ("where(x < 0, 0, x^2)", "x=0", "agree"),
    ("where(x > 1, x^2, 2*x - 1)", "x=1", "agree"),
    ("where(x > 1, x^2, 3*x - 2)", "x=1", "kink 3 2"),
    ("where(x > 0, log(1 + x), x)", "x=0", "agree"),
    ("where(x == 0, 1, x)", "x=0", "jump"),
    ("where(x < 0, sqrt(-x), log(x + 1))", "x=1", "agree"),
    ("where(x > 0, log(x), 0)", "x=-1", "agree"),
    ("where(x > 0, sqrt(x), x)", "x=-1", "agree"),
    ("where(x > 0, 1/x, 0)", "x=-2", "agree"),
    // Kinks made of smooth things.
    ("sqrt(x^2)", "x=0", "kink -1 1"),
    ("sqrt(x^2)", "x=-3", "agree"),
    ("sqrt(x^4)", "x=1", "agree"),
    ("(x^2)^(1/2)", "x=0", "kink -1 1"),
    ("abs(x)*x", "x=0", "agree"),
    ("abs(x)^3", "x=0", "agree"),
    ("abs(sin(x))", "x=0", "kink -1 1"),
    ("abs(cos(x))", "x=0", "agree"),
    ("abs(exp(x) - 1)", "x=0", "kink -1 1"),
    ("abs(x^2 - 4)", "x=2", "kink -4 4"),
    ("abs(x^2 - 4)", "x=-2", "kink -4 4"),
    ("abs(x^2 - 4)", "x=0", "agree"),
    ("abs(abs(x) - 1)", "x=1", "kink -1 1"),
    ("abs(abs(x) - 1)", "x=0", "kink 1 -1"),
    ("exp(-abs(x))", "x=0", "kink 1 -1"),
    ("exp(abs(x))", "x=0", "kink -1 1"),
    ("log(1 + abs(x))", "x=0", "kink -1 1"),
    ("x + abs(x)", "x=0", "kink 0 2"),
    ("x*sign(x)", "x=0", "kink -1 1"),
    ("x*floor(x)", "x=0", "kink -1 0"),
    ("x*heaviside(x, 0)", "x=0", "kink 0 1"),
    ("asin(sin(x))", "x=0", "agree"),
    ("acos(cos(x))", "x=0", "kink -1 1"),
    ("hypot(x, 0)", "x=0", "kink -1 1"),
    ("hypot(x, y)", "x=0,y=0", "cone"),
    ("hypot(x, y)", "x=3,y=4", "agree"),
    ("hypot(x, y)", "x=0,y=1", "agree"),
    ("softplus(x)", "x=0", "agree"),
    ("gelu(x)", "x=0", "agree"),
    ("silu(x)", "x=0", "agree"),
    ("mish(x)", "x=0", "agree"),
    ("sigmoid(x)", "x=0", "agree"),
    ("relu(relu(x))", "x=0", "kink 0 1"),
    // This is x, but the values chosen at the two kinks add up to 0.
    ("relu(x) - relu(-x)", "x=0", "agree"),
    ("relu(1 - relu(x))", "x=1", "kink -1 0"),
    ("abs(x) + abs(y)", "x=0,y=0", "kink -1 1"),
    ("abs(x*y)", "x=0,y=2", "kink -2 2"),
    ("max(0, 1 - x*y)", "x=1,y=1", "kink -1 0"),
    // Poles.
    ("1/w", "w=0", "pole 1/w"),
    ("1/w", "w=1e-300", "agree"),
    ("1/(x - 1)", "x=1", "pole 1/(x - 1)"),
    ("1/(x - 1/3)", "x=1/3", "pole 1/(x - 1/3)"),
    ("1/x^2", "x=0", "pole 1/x^2"),
    ("x^(-1)", "x=0", "pole 1/x"),
    ("x^(-1/2)", "x=0", "pole 1/sqrt(x)"),
    ("x^(-3)", "x=0", "pole 1/x^3"),
    ("1/(x*y)", "x=0,y=1", "pole 1/(x*y)"),
    ("y/x", "x=0,y=1", "pole 1/x"),
    ("exp(1/x)", "x=0", "pole 1/x"),
    ("exp(-1/x^2)", "x=0", "agree"),
    ("log(x)", "x=0", "pole log(x)"),
    ("log(abs(x))", "x=0", "pole log(abs(x))"),
    ("log(x - 2)", "x=2", "pole log(x - 2)"),
    ("log2(x)", "x=0", "pole log2(x)"),
    ("log10(x)", "x=0", "pole log10(x)"),
    ("log1p(x)", "x=-1", "pole log1p(x)"),
    ("sin(log(x))", "x=0", "pole log(x)"),
    ("atanh(x)", "x=1", "pole atanh(x)"),
    ("atanh(x)", "x=-1", "pole atanh(x)"),
    ("acoth(x)", "x=1", "pole acoth(x)"),
    ("coth(x)", "x=0", "pole coth(x)"),
    ("csch(x)", "x=0", "pole csch(x)"),
    ("cot(x)", "x=0", "pole cot(x)"),
    ("csc(x)", "x=0", "pole csc(x)"),
    ("asech(x)", "x=0", "pole asech(x)"),
    ("tan(x)", "x=1.5707963267948966", "agree"),
    ("sec(x)", "x=1.5707963267948966", "agree"),
    ("lgamma(x)", "x=0", "pole lgamma(x)"),
    ("lgamma(x)", "x=-2", "pole lgamma(x)"),
    ("1/(exp(x) - 1)", "x=0", "pole 1/(exp(x) - 1)"),
    ("1/sin(x)", "x=0", "pole 1/sin(x)"),
    ("1/(x^2 + y^2)", "x=0,y=0", "pole 1/(x^2 + y^2)"),
    ("1/(1 - x)^2", "x=1", "pole 1/(1 - x)^2"),
    ("x/(x^2 - 1)", "x=1", "pole 1/(x^2 - 1)"),
    ("trigamma(x)", "x=0", "pole trigamma(x)"),
    // Outside the domain.
    ("log(-1)*w", "w=2", "undefined log(-1)"),
    ("log(x)", "x=-1", "undefined log(x)"),
    ("log(x - 2)", "x=1", "undefined log(x - 2)"),
    ("sqrt(x)", "x=-1", "undefined sqrt(x)"),
    ("sqrt(1 - x^2)", "x=2", "undefined sqrt(1 - x^2)"),
    ("x^(1/3)", "x=-8", "undefined x^(1/3)"),
    ("x^0.5", "x=-1", "undefined sqrt(x)"),
    ("x^x", "x=-1/2", "undefined x^x"),
    ("asin(x)", "x=2", "undefined asin(x)"),
    ("acos(x)", "x=-1.5", "undefined acos(x)"),
    ("acosh(x)", "x=0", "undefined acosh(x)"),
    ("acosh(x)", "x=0.999999", "undefined acosh(x)"),
    ("atanh(x)", "x=1.5", "undefined atanh(x)"),
    ("acoth(x)", "x=0.5", "undefined acoth(x)"),
    ("asech(x)", "x=2", "undefined asech(x)"),
    ("asec(x)", "x=0.5", "undefined asec(x)"),
    ("acsc(x)", "x=0.5", "undefined acsc(x)"),
    ("log1p(x)", "x=-2", "undefined log1p(x)"),
    ("log2(x)", "x=-8", "undefined log2(x)"),
    ("x/x", "x=0", "pole 1/x"),
    ("sin(x)/x", "x=0", "pole 1/x"),
    ("(x^2 - 1)/(x - 1)", "x=1", "pole 1/(x - 1)"),
    ("x*log(x)", "x=0", "pole log(x)"),
    ("1/x - 1/x", "x=0", "pole 1/x"),
    ("log(log(x))", "x=1/2", "undefined log(log(x))"),
    ("sqrt(log(x))", "x=0.9", "undefined sqrt(log(x))"),
    ("sqrt(x) + log(x)", "x=-1", "undefined sqrt(x)"),
    ("log(x)*0", "x=-1", "undefined log(x)"),
    ("sqrt(-x^2)", "x=1", "undefined sqrt(-x^2)"),
    ("gamma(x)", "x=-1", "undefined gamma(x)"),
    // Edges of the domain where a value exists.
    ("sqrt(x)", "x=0", "steep sqrt(x)"),
    ("sqrt(x)", "x=1e-300", "agree"),
    ("sqrt(x - 1)", "x=1", "steep sqrt(x - 1)"),
    ("2 + 3*sqrt(x)", "x=0", "steep sqrt(x)"),
    ("cbrt(x)", "x=0", "steep cbrt(x)"),
    ("cbrt(x)", "x=-8", "agree"),
    ("x^(1/3)", "x=0", "steep x^(1/3)"),
    ("x^0.5", "x=0", "steep sqrt(x)"),
    ("x^(2/3)", "x=0", "steep x^(2/3)"),
    ("asin(x)", "x=1", "steep asin(x)"),
    ("asin(x)", "x=-1", "steep asin(x)"),
    ("acos(x)", "x=1", "steep acos(x)"),
    ("acosh(x)", "x=1", "steep acosh(x)"),
    ("asech(x)", "x=1", "steep asech(x)"),
    ("asec(x)", "x=1", "steep asec(x)"),
    ("acsc(x)", "x=-1", "steep acsc(x)"),
    ("sqrt(abs(x))", "x=0", "steep sqrt(abs(x))"),
    ("sqrt(sin(x))", "x=0", "steep sqrt(sin(x))"),
    ("x^1.5", "x=0", "agree"),
    ("x^2.5", "x=0", "agree"),
    ("sqrt(x)^3", "x=0", "agree"),
    ("x*sqrt(x)", "x=0", "agree"),
    ("cbrt(x)^3", "x=0", "agree"),
    ("x^x", "x=0", "steep x^x"),
    ("sqrt(1 - x^2)", "x=1", "steep sqrt(1 - x^2)"),
    ("sqrt(x)", "x=1/3", "agree"),
    ("0*sqrt(x)", "x=0", "agree"),
    // Jumps.
    ("sign(x)", "x=0", "jump sign(x)"),
    ("sign(x)", "x=0.001", "agree"),
    ("floor(x)", "x=2", "jump floor(x)"),
    ("floor(x)", "x=2.5", "agree"),
    ("ceil(x)", "x=-1", "jump ceil(x)"),
    ("round(x)", "x=0.5", "jump round(x)"),
    ("round(x)", "x=1", "agree"),
    ("heaviside(x, 1/2)", "x=0", "jump heaviside(x, 1/2)"),
    ("x < 0", "x=0", "jump x < 0"),
    ("where(x < 0, 1, 2)", "x=0", "jump where(x < 0, 1, 2)"),
    ("where(x < 0, -1, x)", "x=0", "jump where(x < 0, -1, x)"),
    ("floor(x)^2", "x=3", "jump floor(x)"),
    ("x - floor(x)", "x=1", "jump floor(x)"),
    ("exp(sign(x))", "x=0", "jump sign(x)"),
    ("atan2(y, x)", "y=0,x=-1", "jump atan2(y, x)"),
    ("atan2(y, x)", "y=0,x=1", "agree"),
    ("acot(x)", "x=1e-30", "agree"),
    // Smooth, though it looks hard.
    // The rule makes 0·log(0) of it.
    ("0^x", "x=2", "agree"),
    ("x^0", "x=0", "agree"),
    ("x^2", "x=0", "agree"),
    ("x^3", "x=0", "agree"),
    ("x^4", "x=0", "agree"),
    ("(x - 1)^2*exp(x)", "x=1", "agree"),
    ("x^3 - 3*x^2 + 3*x - 1", "x=1.0000001", "agree"),
    ("(1 - cos(x))/x^2", "x=1e-9", "agree"),
    ("log(1 + exp(x))", "x=-800", "agree"),
    ("exp(x)", "x=-700", "agree"),
    ("sin(x)", "x=1e22", "agree"),
    ("sin(1e20*x)", "x=1", "agree"),
    ("1e-300*x^2", "x=3", "agree"),
    ("1e300*x", "x=1e300", "agree"),
    ("tanh(x)", "x=50", "agree"),
    ("erf(x)", "x=10", "agree"),
    ("gamma(x)", "x=0.5", "agree"),
    ("lgamma(x)", "x=-0.5", "agree"),
    ("digamma(x)", "x=10", "agree"),
    ("polygamma(2, x)", "x=0.7", "agree"),
    ("x*0", "x=7", "agree"),
    ("exp(x)", "x=1e5", "agree"),
    ("log(x)", "x=1e-4000", "agree"),
    ("1 + x", "x=1e-4000", "agree"),
    ("exp(exp(x))", "x=100", "beyond exp(exp(x))"),
];

fn point(g: &mut Graph, text: &str) -> Vec<(Id, Number)> {
    let coordinate = |item: &str| {
        let (name, value) = item.split_once('=').unwrap();
        (g.symbol(name), Number::parse(value).unwrap())
    };
    text.split(',').map(coordinate).collect()
}

fn slope(s: &wrt_check::Slope) -> String {
    match s {
        wrt_check::Slope::Number(text) => text.clone(),
        wrt_check::Slope::Nothing => "-".to_string(),
        other => format!("{other:?}"),
    }
}

fn describe(formula: &str, at: &str) -> String {
    let mut g = Graph::new();
    let f = parse(&mut g, formula, &Scope::default()).unwrap().result;
    let at = point(&mut g, at);
    let wrt: Vec<Id> = at.iter().map(|(x, _)| *x).collect();
    let made = wrt_differentiate::gradient(&mut g, f, &wrt).unwrap();
    let claim = |(x, made): (&Id, &Id)| Claim::by_entries(f, *x, *made);
    let claims: Vec<Claim> = wrt.iter().zip(&made).map(claim).collect();
    let report =
        judge(&mut g, &claims, None, &wrt_run::Point::numbers(&at), Scrutiny::default(), &mut |_, _| {}).unwrap();
    let words = |v: &Verdict| match v {
        Verdict::Agreement { .. } => "agree".to_string(),
        Verdict::Kink { left, right } => format!("kink {} {}", slope(left), slope(right)),
        Verdict::Disagreement => "disagreement".to_string(),
        Verdict::NoDerivative { why, cause, .. } => {
            let why = match why {
                Why::Pole => "pole",
                Why::Beyond => "beyond",
                Why::Undefined => "undefined",
                Why::Steep => "steep",
                Why::Jump => "jump",
                Why::Cone => "cone",
                Why::Open => "open",
            };
            let cause = cause.map(|id| wrt_view::print(&g, id, wrt_view::Form::Text).line());
            format!("{why} {}", cause.unwrap_or_default())
        }
    };
    let found: Vec<String> = report.findings.iter().map(|f| words(&f.readings[0].verdict)).collect();
    found.iter().find(|w| *w != "agree").unwrap_or(&found[0]).clone()
}

#[test]
fn edges_are_reported_rightly() {
    let mut wrong = Vec::new();
    for (formula, at, expected) in EDGES {
        let found = describe(formula, at);
        // A row that names no cause takes any.
        let same = found == *expected || (!expected.contains(' ') && found.split(' ').next() == Some(expected));
        if !same {
            wrong.push(format!("{formula} at {at}: expected {expected}, found {found}"));
        }
    }
    assert!(EDGES.len() >= 200, "{} rows", EDGES.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), EDGES.len(), wrong.join("\n"));
}
