//! Assumptions as people write them.

use wrt::session::assumption;

/// The name, and which of nonnegative, nonzero, below one and above minus one is known.
fn known(text: &str) -> (String, [bool; 4]) {
    let (name, known) = assumption(text).unwrap();
    (name.to_string(), [known.nonnegative, known.nonzero, known.below_one, known.above_minus_one])
}

#[test]
fn comparisons_with_one_and_chains() {
    for (text, name, expected) in [
        ("p < 1", "p", [false, false, true, false]),
        ("1 > p", "p", [false, false, true, false]),
        ("p > -1", "p", [false, false, false, true]),
        ("-1 < p", "p", [false, false, false, true]),
        ("0 < p < 1", "p", [true, true, true, false]),
        ("1 > p > 0", "p", [true, true, true, false]),
        ("0 <= p < 1", "p", [true, false, true, false]),
        ("0 ≤ p < 1", "p", [true, false, true, false]),
        ("-1 < r < 1", "r", [false, false, true, true]),
    ] {
        assert_eq!(known(text), (name.to_string(), expected), "{text}");
    }
    for text in ["p > 1", "p < 2", "p <= 1", "0 < p < q", "0 < 1", "p < p < p", "<<", "0 < p <", "≥≥", "p <é< 1", "<"]
    {
        assert!(assumption(text).is_err(), "{text}");
    }
}
