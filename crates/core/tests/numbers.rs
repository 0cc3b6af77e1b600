//! Exact numbers: arithmetic, doubles, limits, spelling.

use wrt_core::Number;

fn n(text: &str) -> Number {
    Number::parse(text).unwrap()
}

#[test]
fn arithmetic_is_exact() {
    assert_eq!(n("3.001").pow(2).unwrap(), n("9.006001"));
    assert_eq!(&n("1/3") + &n("1/6"), Number::HALF);
    assert_eq!(&n("1/3") - &n("1/3"), Number::ZERO);
    assert_eq!(n("-2").recip().unwrap(), n("-1/2"));
    assert_eq!(&n("1e30") * &n("1e-30"), Number::ONE);
    assert_eq!(n("9223372036854775807").pow(2).unwrap().exact_root(2), Some(n("9223372036854775807")));
    assert_eq!(n("-8").exact_root(3), Some(n("-2")));
    assert_eq!(n("-7/2").floor(), n("-4"));
}

#[test]
fn doubles_are_nearest() {
    for text in [
        "0.1",
        "1e23",
        "5e-324",
        "2.4703282292062327e-324",
        "1.7976931348623157e308",
        "9007199254740993",
        "1/3",
        "-2/3",
        "2.2250738585072011e-308",
    ] {
        let want: f64 = if text.contains('/') {
            let (a, b) = text.split_once('/').unwrap();
            a.parse::<f64>().unwrap() / b.parse::<f64>().unwrap()
        } else {
            text.parse().unwrap()
        };
        assert_eq!(n(text).to_f64().to_bits(), want.to_bits(), "{text}");
    }
    assert_eq!(n("1e400").to_f64(), f64::INFINITY);
    assert_eq!(n("1e-400").to_f64(), 0.0);
}

#[test]
fn limits_are_errors() {
    assert!(Number::parse("1e400000000").is_err());
    assert!(Number::parse("1e99999999999999999999").is_err());
    assert!(Number::parse("").is_err());
    assert!(Number::parse("1/0").is_err());
    assert!(n("9").pow(387420489).is_none());
}

#[test]
fn the_shorter_spelling_is_printed() {
    for (from, to) in [("0.001", "0.001"), ("0.5", "1/2"), ("0.125", "1/8"), ("1/3", "1/3"), ("0.044715", "0.044715")] {
        assert_eq!(n(from).to_string(), to);
    }
}
