//! What random trials and fuzzing found, each a formula and a point where it once went wrong.

use wrt_core::Number;
use wrt_trials::{printing, trial_of};

/// The formula, and the values of x, y, z, p > 0, q >= 0, n <= 0.
const FOUND: &[(&str, [&str; 6])] = &[
    // The whole part of an exponent too large for a power was lost.
    ("3^(1099511627776/3)", ["1", "1", "1", "1", "1", "-1"]),
    ("3^(1/3 + 1099511627776)*x", ["2", "1", "1", "1", "1", "-1"]),
    // The number that an exponential's logarithm is stood in front of it and within.
    ("2*exp(log(2) - x)", ["1", "1", "1", "1", "1", "-1"]),
    ("y*exp(2*log(3) + x - z)", ["1", "2", "1/2", "1", "1", "-1"]),
    // 0·x has a root where x has none.
    ("((x >= z)*x)^(3/2)", ["-8", "0", "10", "1", "1", "-1"]),
    ("sqrt(q*y)", ["1", "-1", "1", "1", "0", "-1"]),
    // A power to a symbolic exponent may be negative, and its root is no power of the base.
    ("1/(x^p)^(5/2)", ["-4", "1", "1", "2", "1", "-1"]),
    ("(x^q)^(1/3)", ["-1.3", "1", "1", "1", "2", "-1"]),
    ("abs(x^(x <= x))", ["-0.6", "1", "1", "1", "1", "-1"]),
    // What is cancelled around a symbolic power must not exclude its zeros.
    ("x + x^y", ["0", "2", "1", "1", "1", "-1"]),
    ("(-2*(-2*x + 1)*x)^p", ["1/2", "1", "1", "3", "1", "-1"]),
    ("(x*x)^e", ["0", "1", "1", "1", "1", "-1"]),
    ("(q/x)^(1 + x)", ["-0.9", "1", "1", "1", "0", "-1"]),
    ("sin((x == 1)*x)^q", ["0.9", "1", "1", "1", "3", "-1"]),
    ("(-x*x*x)^(3/2)", ["0", "1", "1", "1", "1", "-1"]),
    ("where(q != x, q, x)", ["1/4", "1", "1", "1", "1/4", "-1"]),
    ("sinh(x*z)^e", ["2", "1", "0", "1", "1", "-1"]),
    ("atan2(x, relu(x)^(-y))", ["-1", "-9542", "1", "1", "1", "-1"]),
    ("atan2(x, relu(x*x/x)^(-y))", ["-1", "-9542", "1", "1", "1", "-1"]),
    ("(x^(3/2))^(2 - z)", ["0", "1", "0.95", "1", "1", "-1"]),
    ("round(1 + x^(-n))", ["0", "1", "1", "1", "1", "-1"]),
    ("(x*2^x)^(2 - z)", ["0", "1", "0.95", "1", "1", "-1"]),
    // The common root of exponents overflowed.
    ("(x + exp(-0.109))^exp(1/1000000007)", ["1", "1", "1", "1", "1", "-1"]),
    ("(80*x/23)^(1352 - 4*p)", ["0", "1", "1", "1", "1", "-1"]),
    // A product of an exponent's parts is undefined where the exponent is an integer by chance.
    ("x^(p/4 - 1/4)", ["-1", "1", "1", "1", "1", "-1"]),
    // A number that came out of an exponent was put back into it, and counted twice.
    ("exp(log(abs(1)^2 + 1) - x)", ["1/2", "1", "1", "1", "1", "-1"]),
    ("y*exp(2*log(sign(3) + 1) - 3*x)", ["1/2", "2", "1", "1", "1", "-1"]),
    // The root of the square of a negative number.
    ("(n^2)^(1/4)", ["1", "1", "1", "1", "1", "-16"]),
    // One branch divided by what another one excludes.
    ("where(x, x/x, leaky_relu(x^pi, 3 + x))", ["0", "1", "1", "1", "1", "-1"]),
    ("where(x > 1, 1/x, (y + x)*x^z)", ["0", "1", "2", "1", "1", "-1"]),
    // 0·tan(x) has a root where tan(x) has none.
    ("(q^(3/2)*tan(x))^(2/3)", ["2287/1024", "1", "1", "1", "0", "-1"]),
];

#[test]
fn what_was_found_stays_mended() {
    for (text, at) in FOUND {
        let point: Vec<Number> = at.iter().map(|n| Number::parse(n).unwrap()).collect();
        if let Err(failure) = trial_of(text, &point) {
            panic!("{failure}");
        }
    }
}

#[test]
fn what_was_printed_wrongly_is_read_back() {
    for text in ["x/((x/x)^1)", "x + (-x + x)", "x^(y^1)", "(-x)^1*y", "1 + (1 + x)", "x*(1/x^3)/0"] {
        if let Err(failure) = printing(text) {
            panic!("{failure}");
        }
    }
}
