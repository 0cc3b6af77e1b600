//! Slopes of formulas by their series.

use wrt_core::{Graph, Number, Real};
use wrt_language::{Scope, parse};

use wrt_run::{Leading, Point, Series, evaluate};

const BITS: u32 = 192;

/// The slopes of a formula of `x` (and `y`, which is 2) at a point, from the left and from the right.
fn slopes(text: &str, at: &str) -> [String; 2] {
    let mut g = Graph::new();
    let f = parse(&mut g, text, &Scope::default()).unwrap().result;
    let like = Series::new(Number::ZERO, BITS);
    let x = like.exact(&Number::parse(at).unwrap());
    let value = |x: Series| {
        let mut point = Point::default();
        for (name, value) in [("x", x), ("y", like.exact(&Number::integer(2)))] {
            if let Some(id) = g.find_symbol(name) {
                point = point.with(id, wrt_core::Array::scalar(value));
            }
        }
        evaluate(&g, &[f], &point, &like).unwrap()[0].data[0].clone()
    };
    let here = value(x.clone());
    [-1, 1].map(|sign| {
        let side = value(x.clone() + like.exact(&Number::integer(sign)) * like.infinitesimal(1));
        match side.leading(1, &here) {
            Leading::Linear(c) => {
                let slope = c.number().unwrap().approximate() * sign as f64;
                format!("{}", (slope * 1e9).round() / 1e9 + 0.0)
            }
            Leading::Steep { .. } => "steep".into(),
            Leading::Jump => "jump".into(),
            Leading::Nothing => "nothing".into(),
            Leading::Open => "open".into(),
        }
    })
}

#[test]
fn slopes_from_both_sides() {
    for (text, at, left, right) in [
        ("abs(x)", "0", "-1", "1"),
        ("relu(x) - relu(-x)", "0", "1", "1"),
        ("sqrt(x^2)^2", "0", "0", "0"),
        ("sqrt(x)^2", "0", "nothing", "1"),
        ("x^2.5", "0", "nothing", "0"),
        ("sqrt(x)", "0", "nothing", "steep"),
        ("x^y", "0", "0", "0"),
        ("where(x == 2, 4, x^2)", "2", "4", "4"),
        ("where(x == 2, 5, x^2)", "2", "jump", "jump"),
        ("where(x != 0, sin(x)/x, 1)", "0", "0", "0"),
        ("where(x != 0, (exp(x) - 1 - x)/x, 0)", "0", "0.5", "0.5"),
        ("x*(1 - x^1.1)", "0", "nothing", "1"),
        ("where(x > 0, x^2*log(x), 0)", "0", "0", "0"),
        ("where(x > 0, x*log(x), 0)", "0", "0", "steep"),
        ("where(x > 0, exp(-1/x), 0)", "0", "0", "0"),
        ("where(x != 0, x^2*sin(1/x), 0)", "0", "0", "0"),
        ("where(x != 0, x*sin(1/x), 0)", "0", "open", "open"),
        ("where(x != 0, 1/(1 + exp(1/x)), 0)", "0", "jump", "0"),
        ("x^x", "2", "6.772588722", "6.772588722"),
        ("asin(x)", "1", "steep", "nothing"),
        ("asin(x)^2 + acos(x)^2 - pi^2/4", "0", "-3.141592654", "-3.141592654"),
        ("acos(x)^2", "1", "-2", "nothing"),
        ("acosh(x)^2", "1", "nothing", "2"),
        ("atan(x)", "1/2", "0.8", "0.8"),
        ("where(x != 0, atan(1/x), pi/2)", "0", "jump", "-1"),
        ("where(x > 0, x*atan(1/x), 0)", "0", "0", "1.570796327"),
        ("tanh(x)", "1/2", "0.786447733", "0.786447733"),
        ("erf(x)", "1/2", "0.878782579", "0.878782579"),
        ("gamma(x)", "3/2", "0.032338397", "0.032338397"),
        ("x*gamma(x)", "1/2", "0.032338397", "0.032338397"),
        ("where(x != 0, x*gamma(x), 1)", "0", "-0.577215665", "-0.577215665"),
        ("lgamma(x)", "-1/2", "0.036489974", "0.036489974"),
        ("digamma(x)", "1", "1.644934067", "1.644934067"),
        ("floor(x)", "2", "jump", "0"),
        ("round(x)", "5/2", "0", "jump"),
        ("floor(x) + ceil(x)", "1/3", "0", "0"),
        ("cbrt(x)", "0", "steep", "steep"),
        ("cbrt(x)^3", "0", "1", "1"),
        ("min(x, max(x, y))", "2", "1", "1"),
        ("max(x, y)", "2", "0", "1"),
        ("hypot(x, 0*y)^2", "0", "0", "0"),
        ("atan2(x, y)", "0", "0.5", "0.5"),
        ("atan2(x, -y)", "0", "jump", "-0.5"),
        ("1/x", "0", "jump", "jump"),
        ("log1p(x)", "0", "1", "1"),
        ("log2(x)", "2", "0.72134752", "0.72134752"),
        ("where(x != 0, (cosh(x) - 1)/x^2, 1/2)", "0", "0", "0"),
        ("sinh(x) + asinh(x) + atanh(x)", "0", "3", "3"),
        ("sigmoid(x)", "0", "0.25", "0.25"),
        ("softplus(x)", "0", "0.5", "0.5"),
        ("gelu(x)", "0", "0.5", "0.5"),
    ] {
        assert_eq!(slopes(text, at), [left, right], "{text} at {at}");
    }
}

#[test]
fn a_smaller_infinitesimal_sees_the_larger_as_a_number() {
    // The derivative of relu(x) - relu(-x) by x is 1 along all of y, though the rule has 0 where x is 0.
    let like = Series::new(Number::ZERO, BITS);
    let (h, s) = (like.infinitesimal(1), like.infinitesimal(2));
    let f = |x: &Series| ((x.clone() + h.clone()) * (x.clone() + h.clone())).sqrt();
    let Leading::Linear(slope) = f(&s).leading(2, &f(&like)) else { panic!() };
    assert_eq!(slope.number().and_then(|n| n.as_exact().cloned()), Some(Number::ONE));
}

#[test]
fn eigenvalues_beside_a_point() {
    use wrt_core::{
        Array,
        operations::{Eigvalsh, OperationRow},
    };
    let like = Series::new(Number::ZERO, 128);
    let n = |k: i64| like.exact(&Number::integer(k));
    // The eigenvalues of [[2 + h, 1], [1, 2]] grow by h/2 each.
    for (a, slope) in [([2, 1, 1, 2], 0.5), ([1, 0, 0, 1], 0.0)] {
        let mut data: Vec<Series> = a.iter().map(|k| n(*k)).collect();
        data[0] = data[0].clone() + like.infinitesimal(1);
        let found = Eigvalsh.evaluate(&[&Array { shape: vec![2, 2], data }], &[2], &like).unwrap();
        let at = Array { shape: vec![2, 2], data: a.iter().map(|k| n(*k)).collect() };
        let from = Eigvalsh.evaluate(&[&at], &[2], &like).unwrap();
        let Leading::Linear(grown) = found.data[0].leading(1, &from.data[0]) else {
            panic!("{:?} from {:?}", found.data[0], from.data[0])
        };
        assert!((grown.approximate() - slope).abs() < 1e-20, "{grown:?}");
    }
}
