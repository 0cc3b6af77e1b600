//! What is not known is no number, and literals get the bits that they need.

use wrt_core::Graph;
use wrt_language::{Scope, parse};
use wrt_run::{Point, values_at};

fn value(text: &str) -> f64 {
    let mut g = Graph::new();
    let f = parse(&mut g, text, &Scope::default()).unwrap().result;
    values_at(&g, &[f], &Point::default()).unwrap()[0].data[0]
}

#[test]
fn what_is_not_known_to_be_small_is_no_zero() {
    for text in ["x = 7000; (1 - sigmoid(x))*exp(x)", "x = 7000; log(1 - sigmoid(x))", "1/sin(pi)", "tan(pi/2)"] {
        assert!(value(text).is_nan(), "{text}: {}", value(text));
    }
    assert_eq!(value("exp(1000) - 1"), f64::INFINITY);
    assert_eq!(value("-1/0"), f64::NEG_INFINITY);
}

#[test]
fn extreme_literals_get_the_bits_they_need() {
    assert_eq!(value("sin(1e1000)"), 0.6533597982103698);
    assert_eq!(value("(exp(1e-4000) - 1)*1e4000"), 1.0);
    assert_eq!(value("(1 - cos(1e-350))/(1e-350)^2"), 0.5);
}

#[test]
fn what_is_not_known_is_no_zero() {
    assert!(value("sin(exp(10000))").is_nan());
    assert_eq!(value("sin(pi)"), 0.0);
}
