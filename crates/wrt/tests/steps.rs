//! Derivations: each line is equal to the derivative, as a node and as it is printed.

use wrt::session::{Array, Form, Number, Numbers, Point, Scope, Session, Steps};

/// Everything that `Steps` gives for a text.
fn steps(text: &str, shapes: &[(&str, Vec<&str>)], name: &str, every: bool) -> (Session, Steps) {
    let mut s = Session::parse(text, &Scope { shapes, ..Scope::default() }).unwrap();
    let steps = Steps::of(&mut s, name, every, Form::Text).unwrap();
    (s, steps)
}

fn values(s: &Session, ids: &[wrt::session::Id], at: &Point) -> Vec<f64> {
    let found = s.values(ids, at, Numbers::Doubles).unwrap();
    found.iter().map(|v| v.data[0].as_f64().unwrap()).collect()
}

const NUMBERS: [&str; 17] = [
    "(2 + 3*x)^2",
    "x^2",
    "x^3 - 4*x + 7",
    "1/x",
    "x^2*sin(3*x)",
    "sin(x)/x",
    "sin(x)/(1 + exp(x)) + 3",
    "exp(-x^2/2)*y",
    "a = 2 + 3*x; J = a^2",
    "p = sigmoid(x*y + 1); J = -log(p)",
    "x^x",
    "2^x + x^y",
    "sqrt(1 + x^2)",
    "where(x > y, x^2*y, 3*x)",
    "max(x, 2*y)*atan2(x, y)",
    "J = x",
    "log(1 + exp(-x))",
];

/// Every line, whatever is open in it, has the value of the derivative.
#[test]
fn each_line_is_right_by_itself() {
    for (text, every) in NUMBERS.iter().flat_map(|t| [(t, false), (t, true)]) {
        let (s, steps) = steps(text, &[], "x", every);
        let at = s.document().random_point(&Point::default()).unwrap();
        let ids: Vec<_> = steps.lines.iter().map(|l| l.id).collect();
        let found = values(&s, &ids, &at);
        let derivative = found[found.len() - 1];
        for (line, value) in steps.lines.iter().zip(&found) {
            assert!((value - derivative).abs() <= 1e-12 * derivative.abs(), "{text}: {} is {value}", line.text);
        }
        assert!(steps.lines[1..].iter().all(|l| !l.rules.is_empty()), "{text}: {steps:?}");
    }
}

/// The same of differentials, along a direction.
#[test]
fn each_differential_is_right_by_itself() {
    let shapes: &[(&str, Vec<&str>)] =
        &[("X", vec!["n", "n"]), ("B", vec!["n", "n"]), ("W", vec!["m", "n"]), ("v", vec!["n"]), ("y", vec!["m"])];
    for (text, name, conclusion) in [
        ("tr(X' @ X)", "X", "dJ/dX = 2*X"),
        ("sum((W @ v - y)^2)/2", "v", "∂J/∂v = W' @ (W @ v - y)"),
        ("v' @ X @ v", "v", "∂J/∂v = (X + X') @ v"),
        ("r = W @ v - y; J = r' @ r", "W", "∂J/∂W = 2*outer(r, v)"),
        ("tr(inv(X + 9*B) @ B)", "X", ""),
        ("sum(sigmoid(W @ v))", "W", "∂J/∂W = outer(sigmoid(W @ v)*(1 - sigmoid(W @ v)), v)"),
    ] {
        let (mut s, steps) = steps(text, shapes, name, false);
        let told = steps.conclusion.clone().unwrap();
        assert!(steps.lines.iter().all(|l| !l.text.contains('⟧')), "{text}: {steps:?}");
        assert!(conclusion.is_empty() || told == conclusion, "{text}: {told}");
        // A point of the formula and a direction.
        let ids: Vec<_> = steps.lines.iter().map(|l| l.id).collect();
        let mut at = s.document().random_point(&Point::default()).unwrap();
        let x = s.variable(name).unwrap();
        let along = steps.differential.unwrap();
        let like = at.get(x).unwrap().clone();
        let entry = |k: usize| Number::ratio(k as i64 * 7 % 5 + 1, 3).unwrap();
        at.values.push((along, Array { data: (0..like.data.len()).map(entry).collect(), shape: like.shape }));
        let found = values(&s, &ids, &at);
        for (line, value) in steps.lines.iter().zip(&found) {
            assert!((value - found[0]).abs() <= 1e-11 * found[0].abs(), "{text}: {} is {value}", line.text);
        }
    }
}

/// The derivative at a point of a text, which the nudges of other tests vouch for.
fn slope(text: &str, at: &[(&str, f64)]) -> f64 {
    let f = wrt::parse(text).unwrap();
    f.diff("x").unwrap().eval(at).unwrap().data[0]
}

/// A printed line at a point: `d/dx(…)` and `da/dx` are replaced by what they are there.
fn read(line: &str, definitions: &str, sign: &str, at: &[(&str, f64)]) -> f64 {
    let mut text = line.to_string();
    let open = format!("{sign}/{sign}x(");
    while let Some(start) = text.find(&open) {
        let inside = start + open.len();
        let mut depth = 1;
        let end = text[inside..].char_indices().find(|(_, c)| {
            depth += i32::from(*c == '(') - i32::from(*c == ')');
            depth == 0
        });
        let end = inside + end.unwrap().0;
        let value = slope(&format!("{definitions}{}", &text[inside..end]), at);
        text.replace_range(start..=end, &format!("({value:?})"));
    }
    for name in ["a", "p"] {
        let open = format!("{sign}{name}/{sign}x");
        if text.contains(&open) {
            let value = slope(&format!("{definitions}{name}"), at);
            text = text.replace(&open, &format!("({value:?})"));
        }
    }
    let all = wrt::parse(&format!("{definitions}{text}")).unwrap();
    let names = all.free_names();
    let at: Vec<(&str, f64)> = at.iter().copied().filter(|(n, _)| names.iter().any(|m| m == n)).collect();
    all.eval(&at).unwrap().data[0]
}

/// What people read is right, too: the lines are read back.
#[test]
fn each_line_reads_as_what_it_is() {
    for text in NUMBERS {
        let (s, steps) = steps(text, &[], "x", false);
        let names = s.document().free_names();
        let sign = if names.len() > 1 { "∂" } else { "d" };
        let all = [("x", 1.25), ("y", 0.75)];
        let at: Vec<(&str, f64)> = all.into_iter().filter(|(n, _)| names.iter().any(|m| m == n)).collect();
        let definitions: String = steps.definitions.iter().map(|d| format!("{d}; ")).collect();
        let wanted = slope(text, &at);
        for line in &steps.lines {
            let found = read(&line.text, &definitions, sign, &at);
            assert!((found - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{text}: {} is {found}", line.text);
        }
    }
}

/// One session works out one derivation after the other.
#[test]
fn derivations_of_a_session_do_not_meddle() {
    let shapes: &[(&str, Vec<&str>)] = &[("A", vec!["n", "n"]), ("x", vec!["n"]), ("b", vec!["n"])];
    for text in ["x' @ solve(A, b)", "sum((A @ x - b)^2)*x[0]", "logsumexp(A @ x)*norm2(b)"] {
        let alone = ["A", "x", "b"].map(|name| steps(text, shapes, name, false).1);
        let mut s = Session::parse(text, &Scope { shapes, ..Scope::default() }).unwrap();
        for (k, every) in [(2, true), (1, false), (0, true), (0, false), (2, false)] {
            let found = Steps::of(&mut s, ["A", "x", "b"][k], every, Form::Text).unwrap();
            let told = |s: &Steps| s.lines.iter().map(|l| (l.text.clone(), l.rules.clone())).collect::<Vec<_>>();
            assert!(every || told(&found) == told(&alone[k]), "{text}: {found:?}\n{:?}", alone[k]);
        }
    }
}

/// Where a line takes names for what it has several times, it says what these are.
#[test]
fn each_line_says_what_its_names_are() {
    let sizes = [
        ("X", ["m", "4"]),
        ("W", ["4", "3"]),
        ("dW", ["4", "3"]),
        ("U", ["3", "3"]),
        ("V", ["3", "2"]),
        ("Y", ["m", "2"]),
    ];
    let shapes: Vec<(&str, Vec<&str>)> = sizes.iter().map(|(name, shape)| (*name, shape.to_vec())).collect();
    let text = "h = relu(X @ W + 1); k = relu(h @ U + 1); z = k @ V + 1; mean(logsumexp(z, axis=1) - sum(z*Y, axis=1))";
    let (_, found) = steps(text, &shapes, "W", false);
    let definitions: String = found.definitions.iter().map(|d| format!("{d}; ")).collect();
    let last = found.conclusion.as_ref().map(|c| c.replace("∂J/∂W = ", "")).unwrap();
    let lines: Vec<&String> =
        found.lines.iter().map(|l| &l.text).filter(|l| !l.contains("d(")).chain([&last]).collect();
    assert!(lines.iter().filter(|l| l.starts_with("a = ")).count() > 1, "{lines:?}");
    for line in lines {
        let scope = Scope { shapes: &shapes, ..Scope::default() };
        let all = Session::parse(&format!("{definitions}{line}"), &scope).unwrap();
        let free = all.document().free_names();
        assert!(free.iter().all(|n| n == "m" || shapes.iter().any(|(name, _)| name == n)), "{line}: {free:?}");
    }
}

/// A definition that is differentiated by stands in the lines by its name, as the others do.
#[test]
fn a_definition_that_is_chosen_is_a_name() {
    let (_, found) = steps("a = x^2; b = a*3; J = b*a", &[], "a", false);
    assert_eq!(found.definitions, ["a = x^2", "b = 3*a"]);
    let lines: Vec<&str> = found.lines.iter().map(|l| l.text.as_str()).collect();
    assert_eq!(lines, ["d/da(b*a)", "a*db/da + b", "a*d/da(3*a) + b", "3*a + b", "6*a"]);
    for text in ["z = 2*x; a = z^2; J = a^3 + x", "a = x^2; J = exp(-a/2)*y", "a = x^2; J = where(a > 1, a^2, a)"] {
        let (s, found) = steps(text, &[], "a", false);
        let at: Vec<(wrt::session::Id, Number)> = [("x", Number::integer(3)), ("y", Number::integer(2))]
            .into_iter()
            .filter_map(|(n, v)| Some((s.graph().find_symbol(n)?, v)))
            .collect();
        let at = Point::numbers(&at);
        let ids: Vec<wrt::session::Id> = found.lines.iter().map(|l| l.id).collect();
        let all = values(&s, &ids, &at);
        assert!(all.iter().all(|v| (v - all[0]).abs() < 1e-9), "{text}: {all:?}");
    }
}

#[test]
fn rules_have_the_names_of_the_textbook() {
    let rules = |text: &str| -> Vec<String> {
        steps(text, &[], "x", false).1.lines.into_iter().flat_map(|l| l.rules).collect()
    };
    assert_eq!(rules("(2 + 3*x)^2"), ["power rule", "chain rule", "sum rule", "constant factor"]);
    assert_eq!(rules("sin(x)/x")[0], "quotient rule");
    assert_eq!(rules("x*exp(x)")[..2], ["product rule", "derivative of exp"]);
    assert_eq!(rules("2^x"), ["exponential rule"]);
    assert!(rules("a = 2*x; J = sin(a)").contains(&"definition of a".to_string()));
    // Trivial steps are lines where everything is asked for.
    let all: Vec<String> = steps("2 + 3*x", &[], "x", true).1.lines.into_iter().flat_map(|l| l.rules).collect();
    assert_eq!(all, ["sum rule", "constant factor", "constant", "dx/dx = 1"]);
    // What is the same of a differential is linear, whatever it is called.
    let arrays: &[(&str, Vec<&str>)] = &[("A", vec!["5", "5"]), ("x", vec!["5"])];
    for (text, rule) in [
        ("sum(x[0:2])", "linear"),
        ("sum(cumsum(x))", "linear"),
        ("sum(solve(A, x))", "linear"),
        ("sum(softmax(x)*A[0])", "derivative of softmax"),
    ] {
        let lines = steps(text, arrays, "x", false).1.lines;
        let of_operation: Vec<&String> = lines.iter().flat_map(|l| &l.rules).filter(|r| *r != "simplified").collect();
        assert!(of_operation.iter().any(|r| *r == rule), "{text}: {lines:?}");
        assert!(rule != "linear" || of_operation.iter().all(|r| *r == rule), "{text}: {lines:?}");
    }
    let shapes: &[(&str, Vec<&str>)] = &[("x", vec!["n"])];
    assert!(
        Steps::of(&mut Session::parse("2*x", &Scope { shapes, ..Scope::default() }).unwrap(), "x", false, Form::Text)
            .is_err()
    );
    let long: Vec<String> = (0..300).map(|k| format!("x^{k}")).collect();
    assert!(
        Steps::of(&mut Session::parse(&long.join(" + "), &Scope::default()).unwrap(), "x", false, Form::Text).is_err()
    );
}
