//! Numbers, powers and truth values in source code.

use crate::form::Form;
use crate::template::{Slot, slots, spelling};
use wrt_core::{Number, Primitive, ValueKind};

/// Where a literal stands, which decides whether its type matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Beside another number, by an operator or as an exponent: what it is combined with has the type.
    Operand,
    /// By itself: an argument, a base, a whole formula.
    Alone,
    /// As what a method is called on; Rust has no type for `2.0` there.
    Receiver,
}

/// Integers from here on don't fit into the smallest integers that libraries of Python choose.
const LARGE: u64 = 1 << 31;

/// A number as a literal of the notation; fractions are quotients. None beyond the range of doubles.
pub(crate) fn number(form: Form, n: &Number, place: Place) -> Option<String> {
    let typed = if form == Form::Rust && place == Place::Receiver { "_f64" } else { "" };
    match n.as_small().filter(|_| n.prints_as_fraction()) {
        // One of the two is a float, and then so is the quotient.
        Some((p, q)) => {
            let (p, q) = (Number::integer(p), Number::integer(q.into()));
            Some(format!("{}{typed}/{}", literal(form, &p, Place::Operand)?, literal(form, &q, Place::Operand)?))
        }
        None => Some(format!("{}{typed}", literal(form, n, place)?)),
    }
}

/// The literal of a natural number, where a function takes nothing else.
pub(crate) fn natural(n: &Number) -> Option<String> {
    n.as_i64().and_then(|i| u32::try_from(i).ok()).map(|i| i.to_string())
}

/// Why there is no text where [`natural`] has none.
pub(crate) const NO_LITERAL: &str = "an order that is no literal";

fn literal(form: Form, n: &Number, place: Place) -> Option<String> {
    let small = matches!(form, Form::NumPy | Form::Jax) && place == Place::Operand;
    match n.as_i64() {
        Some(i) if small && i.unsigned_abs() < LARGE => return Some(i.to_string()),
        _ => {}
    }
    let x = n.to_f64();
    let lost = !x.is_finite() || x == 0.0 && !n.is_zero();
    (!lost).then(|| format!("{x:?}"))
}

/// How a power is written: what stands before the base, between, and after the exponent.
pub(crate) enum PowerStyle {
    /// `x.powi(2)`, `pow(x, 2)`: before, between, after; whether the base must be atomic.
    Call(&'static str, &'static str, &'static str, bool),
    /// `x**2`
    Infix(&'static str),
}

/// What takes an exponent that is an integer literal.
pub(crate) const POWI: &str = ".powi(";

/// Rust multiplies out powers up to this one; beyond it, rounding adds up.
const MULTIPLIED: u64 = 64;

/// The style of a power with this exponent (`None`: not a literal) of a literal or something else.
pub(crate) fn power(form: Form, exponent: Option<&Number>, literal: bool) -> PowerStyle {
    let integer = exponent.and_then(Number::as_i64).is_some_and(|n| n.unsigned_abs() <= MULTIPLIED);
    match form {
        Form::Rust if integer => PowerStyle::Call("", POWI, ")", true),
        // Python's own power of literals leaves the reals and stops at zero.
        Form::NumPy | Form::Jax if !literal => PowerStyle::Infix("**"),
        _ => called(spelling(Primitive::Pow, form)),
    }
}

/// A power as its row in the table says; a sign where that says nothing.
fn called(template: &'static str) -> PowerStyle {
    match slots(template, 2)[..] {
        [Slot::Text(before), base, Slot::Text(between), _, Slot::Text(after)] => {
            PowerStyle::Call(before, between, after, matches!(base, Slot::Atomic(_)))
        }
        _ => PowerStyle::Infix("^"),
    }
}

/// Is its value true or false, in languages that have such values?
pub(crate) fn is_truth(primitive: Primitive) -> bool {
    primitive.row().kind == ValueKind::Truth
}

/// What stands around a truth value that is a number; none in notations where it is one by itself.
pub(crate) fn truth_as_number(form: Form) -> Option<(&'static str, &'static str)> {
    match form {
        Form::Rust => Some(("f64::from(", ")")),
        Form::C => Some(("(double)(", ")")),
        Form::NumPy => Some(("np.where(", ", 1.0, 0.0)")),
        Form::Jax => Some(("jnp.where(", ", 1.0, 0.0)")),
        _ => None,
    }
}

/// What follows a number that is a condition; none in notations where it is one by itself.
pub(crate) fn number_as_truth(form: Form) -> Option<&'static str> {
    match form {
        Form::Rust | Form::C => Some(" != 0.0"),
        Form::NumPy | Form::Jax => Some(" != 0"),
        Form::Latex | Form::MathMl => Some(" \\ne 0"),
        _ => None,
    }
}
