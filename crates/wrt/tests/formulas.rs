//! Formulas as people would write them: text in, derivative or simplified text out.

use wrt::parse;

/// (formula, variable, its derivative as printed)
const DERIVATIVES: &[(&str, &str, &str)] = &[
    ("w^2", "w", "2*w"),
    ("w^3", "w", "3*w^2"),
    ("w", "w", "1"),
    ("1/w", "w", "-1/w^2"),
    ("(2 + 3*w)^2", "w", "6*(2 + 3*w)"),
    ("a = 2 + 3*w; a^2", "w", "6*(2 + 3*w)"),
    ("sqrt(w)", "w", "1/(2*sqrt(w))"),
    ("sigmoid(z)", "z", "sigmoid(z)*(1 - sigmoid(z))"),
    ("tanh(z)", "z", "1 - tanh(z)^2"),
    ("softplus(z)", "z", "sigmoid(z)"),
    ("log(1+exp(-y*(w*x+b)))", "w", "-x*y/(exp(y*(w*x + b)) + 1)"),
    ("-(y*log(p) + (1-y)*log(1-p))", "p", "(p - y)/(p*(1 - p))"),
    ("exp(-(x-m)^2/(2*s^2))", "x", "-exp(-(x - m)^2/(2*s^2))*(x - m)/s^2"),
    ("x*log(x) - x", "x", "log(x)"),
    ("sin(x)/cos(x)", "x", "1/cos(x)^2"),
    ("sin(x)/(1+cos(x))", "x", "1/(1 + cos(x))"),
    ("(w+1)^5*(w-2)^3", "w", "(w + 1)^4*(w - 2)^2*(8*w - 7)"),
    ("asin(x)", "x", "1/sqrt(1 - x^2)"),
    ("(x + sqrt(b + x^2))^a/a", "x", "(x + sqrt(b + x^2))^a/sqrt(b + x^2)"),
    ("abs(x)^3", "x", "3*x*abs(x)"),
    ("abs(x)*x", "x", "2*abs(x)"),
    ("x/(1 + abs(x))", "x", "1/(1 + abs(x))^2"),
    ("where(x > 0, x^2, -x^3)", "x", "where(x > 0, 2*x, -3*x^2)"),
    ("x^n", "x", "n*x^(n - 1)"),
    ("relu(x)^2", "x", "where(x > 0, 2*relu(x), 0)"),
    ("atan((1+x)/(1-x))", "x", "1/(x^2 + 1)"),
];

/// (formula, its simplified form as printed)
const SIMPLIFIED: &[(&str, &str)] = &[
    ("x + x", "2*x"),
    ("(x^2 - 1)/(x - 1)", "x + 1"),
    ("sin(x)^2 + cos(x)^2", "1"),
    ("tan(x)*cos(x)", "sin(x)"),
    ("sec(x)*cos(x)*sin(x)", "sin(x)"),
    ("csc(x)*sin(x) + cos(x)", "cos(x) + 1"),
    ("cot(x)*sin(x)", "cos(x)"),
    ("sech(x)*cosh(x)*sinh(x)", "sinh(x)"),
    ("csch(x)*sinh(x) + cosh(x)", "cosh(x) + 1"),
    ("coth(x)*sinh(x)", "cosh(x)"),
    ("sec(x)^2 - tan(x)^2", "1"),
    ("csc(x)^2 - cot(x)^2", "1"),
    ("sech(x)^2 + tanh(x)^2", "1"),
    ("coth(x)^2 - csch(x)^2", "1"),
    ("cosh(x)^2 - sinh(x)^2", "1"),
    ("sqrt(x)^2", "x"),
    ("sqrt(x^2)", "abs(x)"),
    ("sqrt(12)/sqrt(3)", "2"),
    ("log(exp(x))", "x"),
    ("exp(x)*exp(-x)", "1"),
    ("exp(a)*exp(b)", "exp(a + b)"),
    ("max(x, 0)", "max(x, 0)"),
    ("relu(x)", "relu(x)"),
    ("log(x) - log(x)", "0"),
    ("x/x", "1"),
    ("1/(1 + exp(-x)) - 1/(1 + exp(-x))", "0"),
    ("a/b + c/b", "(a + c)/b"),
    ("x^(1/3)*x^(2/3)", "x"),
    ("0*x", "0"),
    ("abs(-x)", "abs(x)"),
    ("sin(-x)", "-sin(x)"),
];

#[test]
fn derivatives_are_as_in_a_textbook() {
    for (formula, name, want) in DERIVATIVES {
        let got = parse(formula).and_then(|f| f.diff(name)).map(|d| d.to_string());
        assert_eq!(got.as_deref().ok(), Some(*want), "d/d{name} of {formula}");
    }
}

#[test]
fn simplified_forms_are_short() {
    for (formula, want) in SIMPLIFIED {
        let got = parse(formula).map(|f| f.simplify().to_string());
        assert_eq!(got.as_deref().ok(), Some(*want), "{formula}");
    }
}

#[test]
fn the_order_of_the_text_decides_nothing_but_the_order() {
    let pairs = [("x*y + z", "z + y*x"), ("(a + b)*(c + d)", "(d + c)*(b + a)"), ("exp(x + y)", "exp(y)*exp(x)")];
    for (a, b) in pairs {
        let difference = parse(&format!("{a} - ({b})")).map(|f| f.simplify().to_string());
        assert_eq!(difference.as_deref().ok(), Some("0"), "{a} against {b}");
    }
}

#[test]
fn notes_speak_of_what_is_lost_only() {
    let noted = |text: &str, name: &str| parse(text).and_then(|f| f.diff(name)).map(|d| d.simplify_noted().1);
    for formula in ["x*log(x) - x", "sqrt(1 - x^2)", "asin(x/2)", "x*sqrt(1 - x)"] {
        assert_eq!(noted(formula, "x").ok(), Some(Vec::new()), "{formula}");
    }
    let lost = parse("(x^2 - x)/x").map(|f| f.simplify_noted().1);
    assert_eq!(lost.ok(), Some(vec!["x may also be 0".to_string()]));
    for cancelled in ["(x^2 - 1)/(x - 1)", "(a^2 - b^2)/(a - b)"] {
        let notes = parse(cancelled).map(|f| f.simplify_noted().1);
        assert_eq!(notes.ok(), Some(vec!["a factor that was cancelled may also be 0".to_string()]), "{cancelled}");
    }
}
