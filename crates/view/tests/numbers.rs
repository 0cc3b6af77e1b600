//! Formulas of numbers are written as the graph has them; where they are long, what occurs twice is named.

use wrt_core::Graph;
use wrt_language::{Scope, parse};
use wrt_view::{Form, print};

fn printed(text: &str, form: Form) -> String {
    let mut g = Graph::new();
    let f = parse(&mut g, text, &Scope::default()).unwrap().result;
    let printed = print(&g, f, form);
    assert_eq!(printed.refused, None, "{text}");
    printed.line()
}

/// Signs, brackets, the order of factors and what is below a bar stay; in source code there is one division.
#[test]
fn as_the_graph_has_them() {
    for text in [
        "a/b*c/d*x",
        "-3*a/(2*b)*c",
        "4*y/(2*x)*w",
        "1/(3*(x + 1))",
        "-(5 + 2*x - 1/x)/((1 - x)*(2 + x))",
        "(2*a*x - 1)/(x^2*(a - x))",
        "a - (b - (c - x))",
        "-x + y - (z - x)",
        "x*a + x*b",
        "0*log(x) + x",
        "(a - b)*-1*x",
    ] {
        let expected = if text.starts_with("(a - b)*-1") { "-(a - b)*x" } else { text };
        assert_eq!(printed(text, Form::Text), expected);
        assert_eq!(printed(text, Form::Index), expected);
    }
    assert_eq!(printed("a/b*c/d*x", Form::Latex), r"\frac{a}{b} \, \frac{c}{d} \, x");
    assert_eq!(printed("-3*a/(2*b)*c", Form::Latex), r"-\frac{3 \, a}{2 \, b} \, c");
    assert_eq!(printed("a/b*c/d*x", Form::Rust), "a*c*x/(b*d)");
    assert_eq!(printed("where(x > 0, 2, 3)^2", Form::Rust), "(if x > 0.0_f64 { 2.0_f64 } else { 3.0_f64 }).powi(2)");
    assert_eq!(printed("pi*x^2.5", Form::C), "3.141592653589793*pow(x, 5.0/2.0)");
}

/// A name is worth its line, or is not made.
#[test]
fn long_lines_have_names() {
    let root = "sqrt(1 + x + sqrt(x)*sqrt(2))";
    let long = format!("({root}*(sqrt(2) + sqrt(x)) + sqrt(2)*(1 + x))/({root}*sqrt(sqrt(x) + sqrt(2)*(1 + {root})))");
    let short = "a = sqrt(1 + x + sqrt(x)*sqrt(2)); \
                 (a*(sqrt(2) + sqrt(x)) + sqrt(2)*(1 + x))/(a*sqrt(sqrt(x) + sqrt(2)*(1 + a)))";
    assert_eq!(printed(&long, Form::Text), short);
    // What is long in LaTeX, but not to see, has none.
    let seen = "sin(alpha + beta)/(1 + cos(alpha + beta)) + tanh(alpha + beta)";
    assert!(!printed(seen, Form::Latex).contains('='));
}

/// Each sign within a sum is looked at once, and products, sums and fractions of thousands of parts are one line.
#[test]
fn large_formulas() {
    let nested = |count: usize| (1..count).fold(String::from("y0 - x"), |text, k| format!("y{k} - ({text})"));
    assert_eq!(printed(&nested(60), Form::Text), nested(60));
    let product = (0..5000).map(|k| format!("x{k}/y{k}")).collect::<Vec<_>>().join("*");
    assert_eq!(printed(&product, Form::Text), product);
    let equal = vec!["x"; 50_000].join(" + ");
    assert_eq!(printed(&equal, Form::Text), equal);
    let sum = (2..20_000).map(|k| format!("{k}*sin(x{k})")).collect::<Vec<_>>().join(" + ");
    assert_eq!(printed(&sum, Form::Text), sum);
    let deep = format!("{}x{}", "sin(".repeat(3000), ")".repeat(3000));
    let lines = printed(&deep, Form::Text);
    assert_eq!(lines.matches("sin(").count(), 3000);
    assert!(lines.matches("; ").count() < 40);
}
