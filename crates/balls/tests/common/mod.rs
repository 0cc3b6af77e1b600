//! The functions of the crate by name, for tests that sweep over all of them.

use wrt_balls::Ball;

/// A function of one ball.
pub type Unary = fn(&Ball, u32) -> Ball;
/// A function of two balls.
pub type Binary = fn(&Ball, &Ball, u32) -> Ball;

/// Every function of one argument.
pub const UNARY: &[(&str, Unary)] = &[
    ("neg", |x, _| x.neg()),
    ("abs", |x, _| x.abs()),
    ("sign", |x, _| x.sign()),
    ("floor", Ball::floor),
    ("ceil", Ball::ceil),
    ("round", Ball::round),
    ("recip", Ball::recip),
    ("sqr", Ball::sqr),
    ("cube", |x, p| x.pow_i64(3, p)),
    ("pow-7", |x, p| x.pow_i64(-7, p)),
    ("sqrt", Ball::sqrt),
    ("cbrt", Ball::cbrt),
    ("exp", Ball::exp),
    ("expm1", Ball::expm1),
    ("log", Ball::log),
    ("log1p", Ball::log1p),
    ("log2", Ball::log2),
    ("log10", Ball::log10),
    ("sin", Ball::sin),
    ("cos", Ball::cos),
    ("tan", Ball::tan),
    ("cot", Ball::cot),
    ("sec", Ball::sec),
    ("csc", Ball::csc),
    ("asin", Ball::asin),
    ("acos", Ball::acos),
    ("atan", Ball::atan),
    ("acot", Ball::acot),
    ("asec", Ball::asec),
    ("acsc", Ball::acsc),
    ("sinh", Ball::sinh),
    ("cosh", Ball::cosh),
    ("tanh", Ball::tanh),
    ("coth", Ball::coth),
    ("sech", Ball::sech),
    ("csch", Ball::csch),
    ("asinh", Ball::asinh),
    ("acosh", Ball::acosh),
    ("atanh", Ball::atanh),
    ("acoth", Ball::acoth),
    ("asech", Ball::asech),
    ("acsch", Ball::acsch),
    ("erf", Ball::erf),
    ("erfc", Ball::erfc),
    ("gamma", Ball::gamma),
    ("lgamma", Ball::lgamma),
    ("digamma", Ball::digamma),
    ("polygamma1", |x, p| x.polygamma(1, p)),
    ("polygamma2", |x, p| x.polygamma(2, p)),
    ("polygamma3", |x, p| x.polygamma(3, p)),
    ("polygamma7", |x, p| x.polygamma(7, p)),
    ("polygamma20", |x, p| x.polygamma(20, p)),
];

/// Every function of two arguments.
pub const BINARY: &[(&str, Binary)] = &[
    ("add", Ball::add),
    ("sub", Ball::sub),
    ("mul", Ball::mul),
    ("div", Ball::div),
    ("pow", Ball::pow),
    ("hypot", Ball::hypot),
    ("atan2", Ball::atan2),
    ("min", Ball::min),
    ("max", Ball::max),
];
