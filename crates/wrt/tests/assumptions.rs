//! Assumptions as people write them.

use wrt::session::{Number, assumption};
use wrt_core::{Assumptions, Interval};

fn ratio(n: i64, d: i64) -> Number {
    Number::ratio(n, d).unwrap()
}

#[test]
fn a_name_beside_a_number_in_either_order_and_between_two() {
    let between = |low: Interval, high: Interval| low.and(&high).unwrap();
    let unit = || between(Interval::above(Number::ZERO), Interval::below(Number::ONE));
    for (text, name, range) in [
        ("p < 1", "p", Interval::below(Number::ONE)),
        ("1 > p", "p", Interval::below(Number::ONE)),
        ("p > -1", "p", Interval::above(Number::MINUS_ONE)),
        ("-1 < p", "p", Interval::above(Number::MINUS_ONE)),
        ("p > 1", "p", Interval::above(Number::ONE)),
        ("x >= 2.5", "x", Interval::at_least(ratio(5, 2))),
        ("1/3 ≥ x", "x", Interval::at_most(ratio(1, 3))),
        ("x <= -1e-3", "x", Interval::at_most(ratio(-1, 1000))),
        ("0 < p < 1", "p", unit()),
        ("1 > p > 0", "p", unit()),
        ("0 <= p < 1", "p", between(Interval::at_least(Number::ZERO), Interval::below(Number::ONE))),
        ("2 ≤ r ≤ 2", "r", Interval::point(ratio(2, 1))),
    ] {
        assert_eq!(assumption(text).unwrap(), (name, Assumptions::within(range)), "{text}");
    }
    let nonzero = Assumptions { nonzero: true, ..Assumptions::default() };
    assert_eq!(assumption("x != 0").unwrap(), ("x", nonzero));
    for text in ["0 < p < q", "0 < 1", "p < p < p", "<<", "0 < p <", "≥≥", "p <é< 1", "<", "x != 2", "x < a", "x > 1/0"]
    {
        assert!(assumption(text).is_err(), "{text}");
    }
    for nothing in ["1 < p < 0", "0 < p < 0", "0 <= p < 0"] {
        assert!(assumption(nothing).is_err(), "{nothing}");
    }
}

#[test]
fn what_contradicts_leaves_nothing() {
    for (one, other) in [
        ("x > 2", "x < 1"),
        ("x > 2", "x <= 2"),
        ("x >= 0", "x < 0"),
        ("n integer", "0 < n < 1"),
        ("n integer", "5/4 <= n <= 7/4"),
    ] {
        let [(_, one), (_, other)] = [one, other].map(|text| assumption(text).unwrap());
        assert_eq!(one.and(&other), None, "{one:?} and {other:?}");
    }
    let zero = assumption("0 <= x <= 0").unwrap().1;
    assert_eq!(zero.and(&assumption("x != 0").unwrap().1), None);
    for (one, other) in [("x >= 2", "x <= 2"), ("n integer", "5 < n < 7"), ("x != 0", "0 <= x < 1"), ("x > 2", "x < 3")]
    {
        let [(_, one), (_, other)] = [one, other].map(|text| assumption(text).unwrap());
        let both = one.and(&other).unwrap_or_else(|| panic!("{one:?} and {other:?}"));
        let drawn = [-7, -1, 0, 1, 6, 9].map(|n| both.nearest(ratio(n, 2)));
        assert!(drawn.iter().all(|x| both.allows(x)), "{both:?} has {drawn:?}");
    }
}
