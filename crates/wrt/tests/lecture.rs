//! The lecture that wrt started from: rows 1, 6, 7, 8 and 10 to 15, and the exercises that follow it.

use wrt::session::{Array, DerivativeKind, Scope, Session, heading};
use wrt::{Form, Number};

/// The value and the derivatives by `names`, at exact points such as `w=3.001`.
fn solve(formula: &str, names: &[&str], at: &str) -> (f64, Vec<f64>) {
    let mut s = Session::parse(formula, &Scope::default()).unwrap();
    let wrt: Vec<_> = names.iter().map(|n| s.variable(n).unwrap()).collect();
    let bind = |item: &str| item.split_once('=').map(|(n, v)| (n.to_string(), Number::parse(v).unwrap())).unwrap();
    let at: Vec<_> = at.split(',').map(bind).map(|(n, v)| (n, Array::scalar(v))).collect();
    let point = s.point(&at, &Vec::new()).unwrap();
    let made = s.derive(DerivativeKind::Gradient, &wrt, &[]).unwrap().ids();
    let values = s.doubles(&[&[s.document().root()], &made[..]].concat(), &point).unwrap();
    let mut numbers = values.into_iter().map(|a| a.data[0]);
    (numbers.next().unwrap(), numbers.collect())
}

/// The derivative as a formula.
fn formula(f: &str, name: &str) -> String {
    wrt::parse(f).unwrap().diff(name).unwrap().to_string()
}

#[test]
fn row_1_a_square() {
    assert_eq!(solve("w^2", &["w"], "w=3"), (9.0, vec![6.0]));
    // Rows 2 to 4 nudge it; the values are the lecture's decimals, not rounded sums.
    for (at, value) in [("w=3.001", 9.006001), ("w=3.002", 9.012004), ("w=3.01", 9.0601)] {
        assert_eq!(solve("w^2", &["w"], at).0, value);
    }
}

#[test]
fn rows_6_to_8_the_derivative_depends_on_the_point() {
    assert_eq!(solve("w^2", &["w"], "w=2").1, [4.0]);
    assert_eq!(solve("w^2", &["w"], "w=2.001").0, 4.004001);
    assert_eq!(solve("w^2", &["w"], "w=-3").1, [-6.0]);
    assert_eq!(solve("w^2", &["w"], "w=-2.999").0, 8.994001);
}

#[test]
fn rows_10_and_11_the_formula() {
    assert_eq!(formula("w^2", "w"), "2*w");
    assert_eq!(wrt::parse("w^2").unwrap().diff("w").unwrap().substitute("w", 2).unwrap().to_string(), "4");
}

#[test]
fn row_12_a_cube() {
    assert_eq!(formula("w^3", "w"), "3*w^2");
    assert_eq!(solve("w^3", &["w"], "w=2").1, [12.0]);
    assert_eq!(solve("w^3", &["w"], "w=2.001").0, 8.012006001);
}

#[test]
fn row_13_the_name_itself() {
    assert_eq!(formula("w", "w"), "1");
    assert_eq!(solve("w", &["w"], "w=2.001"), (2.001, vec![1.0]));
}

#[test]
fn row_14_a_reciprocal() {
    assert_eq!(formula("1/w", "w"), "-1/w^2");
    assert_eq!(solve("1/w", &["w"], "w=2").1, [-0.25]);
    assert_eq!(solve("1/w", &["w"], "w=2.001").0, 1.0 / 2.001);
}

#[test]
fn row_15_both_notations() {
    assert_eq!(heading(Form::Text, "J", &["w"], false), "dJ/dw");
    assert_eq!(heading(Form::Text, "J", &["w_1"], true), "∂J/∂w_1");
    assert_eq!(heading(Form::Latex, "J", &["w_1"], true), r"\frac{\partial J}{\partial w_{1}}");
}

#[test]
fn exercise_a_square_of_a_sum() {
    let (value, partials) = solve("a = 2 + 3*w; J = a^2", &["a", "w"], "w=3");
    assert_eq!((value, partials), (121.0, vec![22.0, 66.0]));
    assert_eq!(solve("(2 + 3w)^2", &["w"], "w=3"), (121.0, vec![66.0]));
}

#[test]
fn exercise_a_small_network() {
    let network = "c = w*x; a = c + b; d = a - y; J = d^2/2";
    let (value, partials) = solve(network, &["d", "a", "b", "c", "w"], "x=2,w=-2,b=8,y=1");
    assert_eq!((value, partials), (4.5, vec![3.0, 3.0, 3.0, 3.0, 6.0]));
}

#[test]
fn a_definition_that_is_one_term_is_a_node_too() {
    assert_eq!(solve("a = 2*w; J = a + 1", &["a", "w"], "w=3"), (7.0, vec![1.0, 2.0]));
    assert_eq!(solve("a = -w; J = a - w", &["a", "w"], "w=3"), (-6.0, vec![1.0, -2.0]));
}
