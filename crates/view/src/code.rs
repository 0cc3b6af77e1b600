//! Numbers and powers in source code.

use crate::form::Form;
use wrt_core::Number;

/// A number as a literal of the notation; fractions are quotients.
pub(crate) fn number(form: Form, n: &Number) -> String {
    let float = |n: &Number| match n.as_i64() {
        Some(i) if i.unsigned_abs() < 1 << 53 => match form {
            Form::Rust | Form::C => format!("{i}.0"),
            _ => i.to_string(),
        },
        _ => format!("{:?}", n.to_f64()),
    };
    let text = n.to_string();
    match (text.contains('/'), n.as_small()) {
        (true, Some((p, q))) => format!("{}/{}", float(&Number::integer(p)), float(&Number::integer(q as i64))),
        _ => float(n),
    }
}

/// How a power is written: what stands before the base, between, and after the exponent.
pub(crate) enum PowerStyle {
    /// `x.powi(2)`, `pow(x, 2)`: before, between, after; whether the base must be atomic.
    Call(&'static str, &'static str, &'static str, bool),
    /// `x**2`
    Infix(&'static str),
}

/// The style of a power with this exponent (`None`: not a literal).
pub(crate) fn power(form: Form, exponent: Option<&Number>) -> PowerStyle {
    let integer = exponent.and_then(Number::as_i64).is_some_and(|n| i32::try_from(n).is_ok());
    match form {
        Form::Rust if integer => PowerStyle::Call("", ".powi(", ")", true),
        Form::Rust => PowerStyle::Call("", ".powf(", ")", true),
        Form::C => PowerStyle::Call("pow(", ", ", ")", false),
        Form::NumPy | Form::Jax => PowerStyle::Infix("**"),
        _ => PowerStyle::Infix("^"),
    }
}
