//! The rows of the table of primitives; `table.rs` explains the columns.

use super::Parity::{Even, Neither, Odd};
use super::{Derivative, Form, Range, Row, Spelling, Ulp, ValueKind, values};
use crate::number::Number;
use crate::real::Real;
use call::*;

/// λ of Klambauer et al., "Self-Normalizing Neural Networks" (2017), the double that frameworks use.
fn selu_scale() -> Number {
    Number::parse("1.0507009873554805").unwrap_or(Number::ONE)
}

/// λα of the same paper.
fn selu_left() -> Number {
    Number::parse("1.7580993408473766").unwrap_or(Number::ONE)
}

primitives! {
    Pow: f = pow(x, y) {
        synonyms: ["power"], defaults: [],
        derivative: [d(y * x.pow(y - 1)), d(log(x) * f)],
        value: x.pow(y),
        form: Form::Power, kind: ValueKind::Real,
        spelling: ["", "", "[0].powf({1})", "pow({0}, {1})", "np.power({0}, {1})", "jnp.power({0}, {1})"],
        domain: "x > 0, or x = 0 and y >= 0, or y an integer", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[0.7, 2.5], &[2.0, -1.5]], ulp: Ulp::of_value(0.75, 0.75), note: "the real principal power; 0^0 = 1",
    }
    Exp: f = exp(x) {
        synonyms: [], defaults: [],
        derivative: [d(f)],
        value: x.exp(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\exp\\left({0}\\right)", "exp({0})", "[0].exp()", "exp({0})", "np.exp({0})", "jnp.exp({0})"],
        domain: "all x", range: Range::open(0.0, f64::INFINITY), parity: Neither, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(1.25, 1.0), note: "",
    }
    Expm1: f = expm1(x) {
        synonyms: [], defaults: [],
        derivative: [d(f + 1)],
        value: x.expm1(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["e^{{{0}}} - 1", "expm1({0})", "[0].exp_m1()", "expm1({0})", "np.expm1({0})", "jnp.expm1({0})"],
        domain: "all x", range: Range::open(-1.0, f64::INFINITY), parity: Neither, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.0, 2.0), note: "exact near 0, where exp(x) - 1 cancels",
    }
    Log: f = log(x) {
        synonyms: ["ln"], defaults: [],
        derivative: [d(1 / x)],
        value: x.log(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\log\\left({0}\\right)", "log({0})", "[0].ln()", "log({0})", "np.log({0})", "jnp.log({0})"],
        domain: "x > 0", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[0.7], &[3.5]], ulp: Ulp::of_value(1.0, 1.0), note: "",
    }
    Log1p: f = log1p(x) {
        synonyms: [], defaults: [],
        derivative: [d(1 / (x + 1))],
        value: x.log1p(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\log\\left(1 + {0}\\right)", "log1p({0})", "[0].ln_1p()", "log1p({0})", "np.log1p({0})", "jnp.log1p({0})"],
        domain: "x > -1", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[0.7], &[-0.3]], ulp: Ulp::of_value(2.0, 1.25), note: "exact near 0, where log(1 + x) rounds",
    }
    Log2: f = log2(x) {
        synonyms: [], defaults: [],
        derivative: [d(1 / (x * log(x.ratio(2, 1))))],
        value: x.log2(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\log_2\\left({0}\\right)", "log2({0})", "[0].log2()", "log2({0})", "np.log2({0})", "jnp.log2({0})"],
        domain: "x > 0", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[0.7], &[3.5]], ulp: Ulp::of_value(1.0, 0.75), note: "",
    }
    Log10: f = log10(x) {
        synonyms: [], defaults: [],
        derivative: [d(1 / (x * log(x.ratio(10, 1))))],
        value: x.log10(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\log_{10}\\left({0}\\right)", "log10({0})", "[0].log10()", "log10({0})", "np.log10({0})", "jnp.log10({0})"],
        domain: "x > 0", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[0.7], &[3.5]], ulp: Ulp::of_value(2.25, 2.0), note: "",
    }
    Xlogy: f = xlogy(x, y) {
        synonyms: [], defaults: [],
        derivative: [d(log(y)), d(x / y)],
        value: { let zero = x.ratio(0, 1); let off = x.clone().equal(zero.clone()); N::select(off, zero, x * y.log()) },
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{xlogy}\\left({0}, {1}\\right)", "xlogy({0}, {1})", "if {0} == 0.0 {{ 0.0 }} else {{ {0} * ({1}).ln() }}", "{0} == 0.0 ? 0.0 : {0} * log({1})", "scipy.special.xlogy({0}, {1})", "jax.scipy.special.xlogy({0}, {1})"],
        domain: "y > 0, or x = 0", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[0.7, 0.2], &[-1.0, 3.5]], ulp: Ulp::of_value(2.0, 1.5), note: "x*log(y), and 0 where x = 0",
    }
    Sqrt: f = sqrt(x) {
        synonyms: [], defaults: [],
        derivative: [d(1 / (2 * f))],
        value: x.sqrt(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\sqrt{{{0}}}", "√[0]", "[0].sqrt()", "sqrt({0})", "np.sqrt({0})", "jnp.sqrt({0})"],
        domain: "x >= 0", range: Range::closed(0.0, f64::INFINITY), parity: Neither, kink: "",
        samples: [&[0.7], &[3.5]], ulp: Ulp::of_value(0.5, 0.5), note: "",
    }
    Cbrt: f = cbrt(x) {
        synonyms: [], defaults: [],
        derivative: [d(1 / (3 * f.pow(2)))],
        value: x.cbrt(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\sqrt[3]{{{0}}}", "cbrt({0})", "[0].cbrt()", "cbrt({0})", "np.cbrt({0})", "jnp.cbrt({0})"],
        domain: "all x", range: Range::REALS, parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(0.6, 0.6), note: "the real root, also left of 0, where x^(1/3) is undefined",
    }
    Hypot: f = hypot(x, y) {
        synonyms: [], defaults: [],
        derivative: [d(x / f), d(y / f)],
        value: x.hypot(y),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{hypot}\\left({0}, {1}\\right)", "hypot({0}, {1})", "[0].hypot({1})", "hypot({0}, {1})", "np.hypot({0}, {1})", "jnp.hypot({0}, {1})"],
        domain: "all x, y", range: Range::closed(0.0, f64::INFINITY), parity: Neither, kink: "",
        samples: [&[3.0, -4.0], &[0.5, 0.1]], ulp: Ulp::of_value(0.6, 1.0), note: "",
    }
    Abs: f = abs(x) {
        synonyms: [], defaults: [],
        derivative: [d(sign(x))],
        value: x.abs(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\left|{0}\\right|", "|{0}|", "[0].abs()", "fabs({0})", "np.abs({0})", "jnp.abs({0})"],
        domain: "all x", range: Range::closed(0.0, f64::INFINITY), parity: Even, kink: "abs'(0) = 0",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::EXACT, note: "",
    }
    Sign: f = sign(x) {
        synonyms: ["sgn"], defaults: [],
        derivative: [zero("piecewise constant: 0 between the jumps")],
        value: x.sign(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{sign}\\left({0}\\right)", "sign({0})", "if [0] == 0.0 {{ 0.0 }} else {{ [0].signum() }}", "{0} > 0.0 ? 1.0 : {0} < 0.0 ? -1.0 : {0}", "np.sign({0})", "jnp.sign({0})"],
        domain: "all x", range: Range::closed(-1.0, 1.0), parity: Odd, kink: "sign'(0) = 0",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::EXACT, note: "",
    }
    Floor: f = floor(x) {
        synonyms: [], defaults: [],
        derivative: [zero("piecewise constant: 0 between the jumps")],
        value: x.floor(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\left\\lfloor {0}\\right\\rfloor", "⌊{0}⌋", "[0].floor()", "floor({0})", "np.floor({0})", "jnp.floor({0})"],
        domain: "all x", range: Range::REALS, parity: Neither, kink: "floor' = 0 at integers",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::EXACT, note: "",
    }
    Ceil: f = ceil(x) {
        synonyms: [], defaults: [],
        derivative: [zero("piecewise constant: 0 between the jumps")],
        value: x.ceil(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\left\\lceil {0}\\right\\rceil", "⌈{0}⌉", "[0].ceil()", "ceil({0})", "np.ceil({0})", "jnp.ceil({0})"],
        domain: "all x", range: Range::REALS, parity: Neither, kink: "ceil' = 0 at integers",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::EXACT, note: "",
    }
    Round: f = round(x) {
        synonyms: [], defaults: [],
        derivative: [zero("piecewise constant: 0 between the jumps")],
        value: x.round(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{round}\\left({0}\\right)", "round({0})", "[0].round_ties_even()", "rint({0})", "np.round({0})", "jnp.round({0})"],
        domain: "all x", range: Range::REALS, parity: Odd, kink: "round' = 0 at halves",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::EXACT, note: "halves to even, as in NumPy",
    }
    Max: f = max(x, y) {
        synonyms: ["maximum"], defaults: [],
        derivative: [d(heaviside(x - y, x.ratio(1, 2))), d(heaviside(y - x, x.ratio(1, 2)))],
        value: x.max(y),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\max\\left({0}, {1}\\right)", "max({0}, {1})", "[0].max({1})", "fmax({0}, {1})", "np.maximum({0}, {1})", "jnp.maximum({0}, {1})"],
        domain: "all x, y", range: Range::REALS, parity: Neither, kink: "at a tie each argument gets one half",
        samples: [&[0.7, 0.2], &[-1.0, 2.0]], ulp: Ulp::EXACT, note: "not a number if an argument is none, except in printed Rust and C, whose own function leaves such an argument out",
    }
    Min: f = min(x, y) {
        synonyms: ["minimum"], defaults: [],
        derivative: [d(heaviside(y - x, x.ratio(1, 2))), d(heaviside(x - y, x.ratio(1, 2)))],
        value: x.min(y),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\min\\left({0}, {1}\\right)", "min({0}, {1})", "[0].min({1})", "fmin({0}, {1})", "np.minimum({0}, {1})", "jnp.minimum({0}, {1})"],
        domain: "all x, y", range: Range::REALS, parity: Neither, kink: "at a tie each argument gets one half",
        samples: [&[0.7, 0.2], &[-1.0, 2.0]], ulp: Ulp::EXACT, note: "not a number if an argument is none, except in printed Rust and C, whose own function leaves such an argument out",
    }
    Heaviside: f = heaviside(x, y) {
        synonyms: [], defaults: [],
        derivative: [zero("piecewise constant: 0 between the jumps"), d(where_(eq(x, x.ratio(0, 1)), x.ratio(1, 1), x.ratio(0, 1)))],
        value: { let zero = x.ratio(0, 1); let one = x.one(); let at_zero = N::select(x.clone().equal(zero.clone()), y, one); N::select(x.less(zero.clone()), zero, at_zero) },
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["H_{{{1}}}\\left({0}\\right)", "heaviside({0}, {1})", "if {0} < 0.0 {{ 0.0 }} else if {0} > 0.0 {{ 1.0 }} else {{ {1} }}", "{0} < 0.0 ? 0.0 : {0} > 0.0 ? 1.0 : {1}", "np.heaviside({0}, {1})", "jnp.heaviside({0}, {1})"],
        domain: "all x, y", range: Range::REALS, parity: Neither, kink: "0 for x < 0, y at 0, 1 for x > 0; its derivative by x is 0, also at 0",
        samples: [&[0.7, 0.5], &[-1.0, 0.5]], ulp: Ulp::EXACT, note: "",
    }
    Lt: f = lt(x, y) {
        synonyms: [], defaults: [],
        derivative: [zero("a truth value"), zero("a truth value")],
        value: x.less(y),
        form: Form::Infix("<"), kind: ValueKind::Truth,
        spelling: ["{0} < {1}", "{0} < {1}", "{0} < {1}", "{0} < {1}", "{0} < {1}", "{0} < {1}"],
        domain: "all x, y", range: Range::closed(0.0, 1.0), parity: Neither, kink: "0 also where it jumps",
        samples: [&[0.7, 0.2], &[-1.0, 2.0]], ulp: Ulp::EXACT, note: "",
    }
    Le: f = le(x, y) {
        synonyms: [], defaults: [],
        derivative: [zero("a truth value"), zero("a truth value")],
        value: x.less_equal(y),
        form: Form::Infix("<="), kind: ValueKind::Truth,
        spelling: ["{0} \\le {1}", "{0} ≤ {1}", "{0} <= {1}", "{0} <= {1}", "{0} <= {1}", "{0} <= {1}"],
        domain: "all x, y", range: Range::closed(0.0, 1.0), parity: Neither, kink: "0 also where it jumps",
        samples: [&[0.7, 0.2], &[-1.0, 2.0]], ulp: Ulp::EXACT, note: "",
    }
    Gt: f = gt(x, y) {
        synonyms: [], defaults: [],
        derivative: [zero("a truth value"), zero("a truth value")],
        value: y.less(x),
        form: Form::Infix(">"), kind: ValueKind::Truth,
        spelling: ["{0} > {1}", "{0} > {1}", "{0} > {1}", "{0} > {1}", "{0} > {1}", "{0} > {1}"],
        domain: "all x, y", range: Range::closed(0.0, 1.0), parity: Neither, kink: "0 also where it jumps",
        samples: [&[0.7, 0.2], &[-1.0, 2.0]], ulp: Ulp::EXACT, note: "",
    }
    Ge: f = ge(x, y) {
        synonyms: [], defaults: [],
        derivative: [zero("a truth value"), zero("a truth value")],
        value: y.less_equal(x),
        form: Form::Infix(">="), kind: ValueKind::Truth,
        spelling: ["{0} \\ge {1}", "{0} ≥ {1}", "{0} >= {1}", "{0} >= {1}", "{0} >= {1}", "{0} >= {1}"],
        domain: "all x, y", range: Range::closed(0.0, 1.0), parity: Neither, kink: "0 also where it jumps",
        samples: [&[0.7, 0.2], &[-1.0, 2.0]], ulp: Ulp::EXACT, note: "",
    }
    Eq: f = eq(x, y) {
        synonyms: [], defaults: [],
        derivative: [zero("a truth value"), zero("a truth value")],
        value: x.equal(y),
        form: Form::Infix("=="), kind: ValueKind::Truth,
        spelling: ["{0} = {1}", "{0} = {1}", "{0} == {1}", "{0} == {1}", "{0} == {1}", "{0} == {1}"],
        domain: "all x, y", range: Range::closed(0.0, 1.0), parity: Neither, kink: "0 also where it jumps",
        samples: [&[0.7, 0.2], &[-1.0, 2.0]], ulp: Ulp::EXACT, note: "",
    }
    Ne: f = ne(x, y) {
        synonyms: [], defaults: [],
        derivative: [zero("a truth value"), zero("a truth value")],
        value: { let one = x.one(); one - x.equal(y) },
        form: Form::Infix("!="), kind: ValueKind::Truth,
        spelling: ["{0} \\ne {1}", "{0} ≠ {1}", "{0} != {1}", "{0} != {1}", "{0} != {1}", "{0} != {1}"],
        domain: "all x, y", range: Range::closed(0.0, 1.0), parity: Neither, kink: "0 also where it jumps",
        samples: [&[0.7, 0.2], &[-1.0, 2.0]], ulp: Ulp::EXACT, note: "",
    }
    Select: f = where_(c, x, y) {
        synonyms: ["select"], defaults: [],
        derivative: [zero("a truth value"), d(where_(c, x.ratio(1, 1), x.ratio(0, 1))), d(where_(c, x.ratio(0, 1), x.ratio(1, 1)))],
        value: N::select(c, x, y),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\begin{cases} {1} & \\text{if } {0} \\\\ {2} & \\text{otherwise} \\end{cases}", "where({0}, {1}, {2})", "if {0} {{ {1} }} else {{ {2} }}", "{0} ? {1} : {2}", "np.where({0}, {1}, {2})", "jnp.where({0}, {1}, {2})"],
        domain: "all c, x, y", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[1.0, 0.2, 0.3], &[0.0, 2.0, 5.0]], ulp: Ulp::EXACT, note: "only the branch taken counts: the other may be undefined",
    }
    Sin: f = sin(x) {
        synonyms: [], defaults: [],
        derivative: [d(cos(x))],
        value: x.sin(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\sin\\left({0}\\right)", "sin({0})", "[0].sin()", "sin({0})", "np.sin({0})", "jnp.sin({0})"],
        domain: "all x", range: Range::closed(-1.0, 1.0), parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(0.6, 0.75), note: "",
    }
    Cos: f = cos(x) {
        synonyms: [], defaults: [],
        derivative: [d(-sin(x))],
        value: x.cos(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\cos\\left({0}\\right)", "cos({0})", "[0].cos()", "cos({0})", "np.cos({0})", "jnp.cos({0})"],
        domain: "all x", range: Range::closed(-1.0, 1.0), parity: Even, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(0.6, 0.75), note: "",
    }
    Tan: f = tan(x) {
        synonyms: [], defaults: [],
        derivative: [d(1 + f.pow(2))],
        value: x.tan(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\tan\\left({0}\\right)", "tan({0})", "[0].tan()", "tan({0})", "np.tan({0})", "jnp.tan({0})"],
        domain: "cos(x) != 0", range: Range::REALS, parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(1.5, 1.0), note: "",
    }
    Cot: f = cot(x) {
        synonyms: [], defaults: [],
        derivative: [d(-(1 + f.pow(2)))],
        value: x.clone().cos() / x.sin(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\cot\\left({0}\\right)", "cot({0})", "[0].tan().recip()", "1.0/tan({0})", "1/np.tan({0})", "1/jnp.tan({0})"],
        domain: "sin(x) != 0", range: Range::REALS, parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.5, 2.0), note: "",
    }
    Sec: f = sec(x) {
        synonyms: [], defaults: [],
        derivative: [d(f * tan(x))],
        value: x.one() / x.cos(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\sec\\left({0}\\right)", "sec({0})", "[0].cos().recip()", "1.0/cos({0})", "1/np.cos({0})", "1/jnp.cos({0})"],
        domain: "cos(x) != 0", range: Range::REALS, parity: Even, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.0, 2.0), note: "",
    }
    Csc: f = csc(x) {
        synonyms: [], defaults: [],
        derivative: [d(-f * cot(x))],
        value: x.one() / x.sin(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\csc\\left({0}\\right)", "csc({0})", "[0].sin().recip()", "1.0/sin({0})", "1/np.sin({0})", "1/jnp.sin({0})"],
        domain: "sin(x) != 0", range: Range::REALS, parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.0, 1.5), note: "",
    }
    Asin: f = asin(x) {
        synonyms: ["arcsin"], defaults: [],
        derivative: [d(1 / sqrt(1 - x.pow(2)))],
        value: x.asin(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\arcsin\\left({0}\\right)", "asin({0})", "[0].asin()", "asin({0})", "np.arcsin({0})", "jnp.arcsin({0})"],
        domain: "-1 <= x <= 1", range: Range::closed(-std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2), parity: Odd, kink: "",
        samples: [&[0.6], &[-0.3]], ulp: Ulp::of_value(1.0, 0.75), note: "",
    }
    Acos: f = acos(x) {
        synonyms: ["arccos"], defaults: [],
        derivative: [d(-1 / sqrt(1 - x.pow(2)))],
        value: x.acos(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\arccos\\left({0}\\right)", "acos({0})", "[0].acos()", "acos({0})", "np.arccos({0})", "jnp.arccos({0})"],
        domain: "-1 <= x <= 1", range: Range::closed(0.0, std::f64::consts::PI), parity: Neither, kink: "",
        samples: [&[0.6], &[-0.3]], ulp: Ulp::of_value(1.0, 0.75), note: "",
    }
    Atan: f = atan(x) {
        synonyms: ["arctan"], defaults: [],
        derivative: [d(1 / (x.pow(2) + 1))],
        value: x.atan(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\arctan\\left({0}\\right)", "atan({0})", "[0].atan()", "atan({0})", "np.arctan({0})", "jnp.arctan({0})"],
        domain: "all x", range: Range::open(-std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2), parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(1.0, 0.75), note: "",
    }
    Acot: f = acot(x) {
        synonyms: ["arccot"], defaults: [],
        derivative: [d(-1 / (x.pow(2) + 1))],
        value: (x.one() / x).atan(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{arccot}\\left({0}\\right)", "acot({0})", "[0].recip().atan()", "atan(1.0/{0})", "np.arctan(1/{0})", "jnp.arctan(1/{0})"],
        domain: "x != 0", range: Range::open(-std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2), parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.0, 1.25), note: "atan(1/x), with a jump at 0",
    }
    Asec: f = asec(x) {
        synonyms: ["arcsec"], defaults: [],
        derivative: [d(1 / (x.pow(2) * sqrt(1 - 1 / x.pow(2))))],
        value: values::inverse_secant(x),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{arcsec}\\left({0}\\right)", "asec({0})", "[0].recip().acos()", "acos(1.0/{0})", "np.arccos(1/{0})", "jnp.arccos(1/{0})"],
        domain: "|x| >= 1", range: Range::closed(0.0, std::f64::consts::PI), parity: Neither, kink: "",
        samples: [&[1.7], &[-2.5]], ulp: Ulp::of_value(3.0, 2.5), note: "",
    }
    Acsc: f = acsc(x) {
        synonyms: ["arccsc"], defaults: [],
        derivative: [d(-1 / (x.pow(2) * sqrt(1 - 1 / x.pow(2))))],
        value: values::inverse_cosecant(x),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{arccsc}\\left({0}\\right)", "acsc({0})", "[0].recip().asin()", "asin(1.0/{0})", "np.arcsin(1/{0})", "jnp.arcsin(1/{0})"],
        domain: "|x| >= 1", range: Range::closed(-std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2), parity: Odd, kink: "",
        samples: [&[1.7], &[-2.5]], ulp: Ulp::of_value(2.5, 2.0), note: "",
    }
    Atan2: f = atan2(y, x) {
        synonyms: ["arctan2"], defaults: [],
        derivative: [d(x / (x.pow(2) + y.pow(2))), d(-y / (x.pow(2) + y.pow(2)))],
        value: y.atan2(x),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{atan2}\\left({0}, {1}\\right)", "atan2({0}, {1})", "[0].atan2({1})", "atan2({0}, {1})", "np.arctan2({0}, {1})", "jnp.arctan2({0}, {1})"],
        domain: "all y, x but the origin", range: Range::closed(-std::f64::consts::PI, std::f64::consts::PI), parity: Neither, kink: "jumps by 2π across the negative x axis",
        samples: [&[0.7, 0.2], &[-1.0, -2.0]], ulp: Ulp::of_value(2.0, 0.75), note: "",
    }
    Sinh: f = sinh(x) {
        synonyms: [], defaults: [],
        derivative: [d(cosh(x))],
        value: x.sinh(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\sinh\\left({0}\\right)", "sinh({0})", "[0].sinh()", "sinh({0})", "np.sinh({0})", "jnp.sinh({0})"],
        domain: "all x", range: Range::REALS, parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.0, 1.75), note: "",
    }
    Cosh: f = cosh(x) {
        synonyms: [], defaults: [],
        derivative: [d(sinh(x))],
        value: x.cosh(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\cosh\\left({0}\\right)", "cosh({0})", "[0].cosh()", "cosh({0})", "np.cosh({0})", "jnp.cosh({0})"],
        domain: "all x", range: Range::closed(1.0, f64::INFINITY), parity: Even, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.0, 1.25), note: "",
    }
    Tanh: f = tanh(x) {
        synonyms: [], defaults: [],
        derivative: [d(1 - f.pow(2))],
        value: x.tanh(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\tanh\\left({0}\\right)", "tanh({0})", "[0].tanh()", "tanh({0})", "np.tanh({0})", "jnp.tanh({0})"],
        domain: "all x", range: Range::open(-1.0, 1.0), parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.5, 2.5), note: "",
    }
    Coth: f = coth(x) {
        synonyms: [], defaults: [],
        derivative: [d(1 - f.pow(2))],
        value: x.one() / x.tanh(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\coth\\left({0}\\right)", "coth({0})", "[0].tanh().recip()", "1.0/tanh({0})", "1/np.tanh({0})", "1/jnp.tanh({0})"],
        domain: "x != 0", range: Range::REALS, parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(4.0, 3.0), note: "",
    }
    Sech: f = sech(x) {
        synonyms: [], defaults: [],
        derivative: [d(-f * tanh(x))],
        value: values::hyperbolic_secant(x),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{sech}\\left({0}\\right)", "sech({0})", "[0].cosh().recip()", "1.0/cosh({0})", "1/np.cosh({0})", "1/jnp.cosh({0})"],
        domain: "all x", range: Range::open(0.0, 1.5), parity: Even, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.5, 2.0), note: "",
    }
    Csch: f = csch(x) {
        synonyms: [], defaults: [],
        derivative: [d(-f * coth(x))],
        value: values::hyperbolic_cosecant(x),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{csch}\\left({0}\\right)", "csch({0})", "[0].sinh().recip()", "1.0/sinh({0})", "1/np.sinh({0})", "1/jnp.sinh({0})"],
        domain: "x != 0", range: Range::REALS, parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(3.0, 2.75), note: "",
    }
    Asinh: f = asinh(x) {
        synonyms: ["arcsinh", "arsinh"], defaults: [],
        derivative: [d(1 / sqrt(x.pow(2) + 1))],
        value: x.asinh(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{arsinh}\\left({0}\\right)", "asinh({0})", "[0].asinh()", "asinh({0})", "np.arcsinh({0})", "jnp.arcsinh({0})"],
        domain: "all x", range: Range::REALS, parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.0, 1.5), note: "",
    }
    Acosh: f = acosh(x) {
        synonyms: ["arccosh", "arcosh"], defaults: [],
        derivative: [d(1 / (sqrt(x - 1) * sqrt(x + 1)))],
        value: x.acosh(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{arcosh}\\left({0}\\right)", "acosh({0})", "[0].acosh()", "acosh({0})", "np.arccosh({0})", "jnp.arccosh({0})"],
        domain: "x >= 1", range: Range::closed(0.0, f64::INFINITY), parity: Neither, kink: "",
        samples: [&[1.7], &[3.5]], ulp: Ulp::of_value(3.0, 2.5), note: "",
    }
    Atanh: f = atanh(x) {
        synonyms: ["arctanh", "artanh"], defaults: [],
        derivative: [d(1 / (1 - x.pow(2)))],
        value: x.atanh(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{artanh}\\left({0}\\right)", "atanh({0})", "[0].atanh()", "atanh({0})", "np.arctanh({0})", "jnp.arctanh({0})"],
        domain: "-1 < x < 1", range: Range::REALS, parity: Odd, kink: "",
        samples: [&[0.6], &[-0.3]], ulp: Ulp::of_value(2.5, 1.75), note: "",
    }
    Acoth: f = acoth(x) {
        synonyms: ["arccoth", "arcoth"], defaults: [],
        derivative: [d(1 / (1 - x.pow(2)))],
        value: values::inverse_hyperbolic_cotangent(x),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{arcoth}\\left({0}\\right)", "acoth({0})", "[0].recip().atanh()", "atanh(1.0/{0})", "np.arctanh(1/{0})", "jnp.arctanh(1/{0})"],
        domain: "|x| > 1", range: Range::REALS, parity: Odd, kink: "",
        samples: [&[1.7], &[-2.5]], ulp: Ulp::of_value(2.0, 2.0), note: "",
    }
    Asech: f = asech(x) {
        synonyms: ["arcsech", "arsech"], defaults: [],
        derivative: [d(-1 / (x * sqrt(1 - x.pow(2))))],
        value: values::inverse_hyperbolic_secant(x),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{arsech}\\left({0}\\right)", "asech({0})", "[0].recip().acosh()", "acosh(1.0/{0})", "np.arccosh(1/{0})", "jnp.arccosh(1/{0})"],
        domain: "0 < x <= 1", range: Range::closed(0.0, f64::INFINITY), parity: Neither, kink: "",
        samples: [&[0.6], &[0.2]], ulp: Ulp::of_value(2.75, 2.5), note: "",
    }
    Acsch: f = acsch(x) {
        synonyms: ["arccsch", "arcsch"], defaults: [],
        derivative: [d(-1 / (x.pow(2) * sqrt(1 + 1 / x.pow(2))))],
        value: values::inverse_hyperbolic_cosecant(x),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{arcsch}\\left({0}\\right)", "acsch({0})", "[0].recip().asinh()", "asinh(1.0/{0})", "np.arcsinh(1/{0})", "jnp.arcsinh(1/{0})"],
        domain: "x != 0", range: Range::REALS, parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.75, 2.25), note: "",
    }
    Sigmoid: f = sigmoid(x) {
        synonyms: ["logistic", "expit"], defaults: [],
        derivative: [d(f * (1 - f))],
        value: { let one = x.one(); one.clone() / (one + (-x).exp()) },
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\sigma\\left({0}\\right)", "sigmoid({0})", "1.0/(1.0 + (-{0}).exp())", "1.0/(1.0 + exp(-{0}))", "scipy.special.expit({0})", "jax.nn.sigmoid({0})"],
        domain: "all x", range: Range::open(0.0, 1.0), parity: Neither, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.5, 2.0), note: "1/(1 + exp(-x))",
    }
    Softplus: f = softplus(x) {
        synonyms: [], defaults: [],
        derivative: [d(sigmoid(x))],
        value: x.clone().max(x.ratio(0, 1)) + (-x.abs()).exp().log1p(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{softplus}\\left({0}\\right)", "softplus({0})", "[0].max(0.0) + (-[0].abs()).exp().ln_1p()", "fmax({0}, 0.0) + log1p(exp(-fabs({0})))", "np.logaddexp(0, {0})", "jax.nn.softplus({0})"],
        domain: "all x", range: Range::open(0.0, f64::INFINITY), parity: Neither, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.5, 2.0), note: "log(1 + exp(x)) without overflow",
    }
    Relu: f = relu(x) {
        synonyms: [], defaults: [],
        derivative: [d(where_(gt(x, x.ratio(0, 1)), x.ratio(1, 1), x.ratio(0, 1)))],
        value: { let zero = x.ratio(0, 1); x.max(zero) },
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{relu}\\left({0}\\right)", "relu({0})", "[0].max(0.0)", "fmax({0}, 0.0)", "np.maximum({0}, 0)", "jax.nn.relu({0})"],
        domain: "all x", range: Range::closed(0.0, f64::INFINITY), parity: Neither, kink: "relu'(0) = 0",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::EXACT, note: "",
    }
    LeakyRelu: f = leaky_relu(x, slope) {
        synonyms: [], defaults: [(1, 5)],
        derivative: [d(where_(gt(x, x.ratio(0, 1)), x.ratio(1, 1), slope)), d(where_(gt(x, x.ratio(0, 1)), x.ratio(0, 1), x))],
        value: { let zero = x.ratio(0, 1); x.clone().max(zero.clone()) + slope * x.min(zero) },
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{leaky\\_relu}\\left({0}, {1}\\right)", "leaky_relu({0}, {1})", "if {0} > 0.0 {{ {0} }} else {{ {1}*{0} }}", "{0} > 0.0 ? {0} : {1}*{0}", "np.where({0} > 0, {0}, {1}*{0})", "jax.nn.leaky_relu({0}, {1})"],
        domain: "all x, slope", range: Range::REALS, parity: Neither, kink: "leaky_relu'(0) = slope",
        samples: [&[0.7, 0.2], &[-1.3, 0.1]], ulp: Ulp::of_value(0.5, 0.5), note: "slope 0.2 unless given, as in Keras",
    }
    Elu: f = elu(x, alpha) {
        synonyms: [], defaults: [(1, 1)],
        derivative: [d(where_(gt(x, x.ratio(0, 1)), x.ratio(1, 1), alpha * exp(x))), d(where_(gt(x, x.ratio(0, 1)), x.ratio(0, 1), expm1(x)))],
        value: { let zero = x.ratio(0, 1); x.clone().max(zero.clone()) + alpha * x.min(zero).expm1() },
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{elu}\\left({0}, {1}\\right)", "elu({0}, {1})", "if {0} > 0.0 {{ {0} }} else {{ {1}*[0].exp_m1() }}", "{0} > 0.0 ? {0} : {1}*expm1({0})", "np.where({0} > 0, {0}, {1}*np.expm1({0}))", "jax.nn.elu({0}, {1})"],
        domain: "all x, alpha", range: Range::REALS, parity: Neither, kink: "elu'(0) = alpha",
        samples: [&[0.7, 1.0], &[-1.3, 0.5]], ulp: Ulp::of_value(2.0, 1.5), note: "Clevert, Unterthiner, Hochreiter 2015",
    }
    Selu: f = selu(x) {
        synonyms: [], defaults: [],
        derivative: [d(where_(gt(x, x.ratio(0, 1)), x.number(selu_scale()), x.number(selu_left()) * exp(x)))],
        value: { let zero = x.ratio(0, 1); x.exact(&selu_scale()) * x.clone().max(zero.clone()) + x.exact(&selu_left()) * x.min(zero).expm1() },
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{selu}\\left({0}\\right)", "selu({0})", "if {0} > 0.0 {{ 1.0507009873554805*{0} }} else {{ 1.7580993408473766*[0].exp_m1() }}", "{0} > 0.0 ? 1.0507009873554805*{0} : 1.7580993408473766*expm1({0})", "np.where({0} > 0, 1.0507009873554805*{0}, 1.7580993408473766*np.expm1({0}))", "jax.nn.selu({0})"],
        domain: "all x", range: Range::REALS, parity: Neither, kink: "selu'(0) is the left slope",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(2.0, 1.5), note: "Klambauer et al. 2017, with the 17-digit constants that frameworks use",
    }
    Gelu: f = gelu(x) {
        synonyms: [], defaults: [],
        derivative: [d(erfc(-x / sqrt(x.ratio(2, 1))) / 2 + x * exp(-(x.pow(2) / 2)) / sqrt(2 * x.pi()))],
        value: x.gelu(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{gelu}\\left({0}\\right)", "gelu({0})", "0.5*{0}*wrt::special::erfc(-{0}*std::f64::consts::FRAC_1_SQRT_2)", "0.5*{0}*erfc(-{0}/sqrt(2.0))", "0.5*{0}*scipy.special.erfc(-{0}/np.sqrt(2))", "jax.nn.gelu({0}, approximate=False)"],
        domain: "all x", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(0.6, 5.0), note: "x Φ(x), exact (Hendrycks, Gimpel 2016), not the tanh approximation",
    }
    Silu: f = silu(x) {
        synonyms: ["swish"], defaults: [],
        derivative: [d(sigmoid(x) * (1 + x * (1 - sigmoid(x))))],
        value: values::sigmoid_linear(x),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{silu}\\left({0}\\right)", "silu({0})", "{0}/(1.0 + (-{0}).exp())", "{0}/(1.0 + exp(-{0}))", "{0}*scipy.special.expit({0})", "jax.nn.silu({0})"],
        domain: "all x", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(4.0, 4.0), note: "x sigmoid(x)",
    }
    Mish: f = mish(x) {
        synonyms: [], defaults: [],
        derivative: [d(tanh(softplus(x)) + x * (1 - tanh(softplus(x)).pow(2)) * sigmoid(x))],
        value: values::softplus_gated(x),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{mish}\\left({0}\\right)", "mish({0})", "{0}*([0].max(0.0) + (-[0].abs()).exp().ln_1p()).tanh()", "{0}*tanh(fmax({0}, 0.0) + log1p(exp(-fabs({0}))))", "{0}*np.tanh(np.logaddexp(0, {0}))", "jax.nn.mish({0})"],
        domain: "all x", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(4.0, 4.0), note: "x tanh(softplus(x)), Misra 2019",
    }
    Erf: f = erf(x) {
        synonyms: [], defaults: [],
        derivative: [d(2 / sqrt(x.pi()) * exp(-x.pow(2)))],
        value: x.erf(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{erf}\\left({0}\\right)", "erf({0})", "wrt::special::erf({0})", "erf({0})", "scipy.special.erf({0})", "jax.scipy.special.erf({0})"],
        domain: "all x", range: Range::open(-1.0, 1.0), parity: Odd, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(0.6, 1.5), note: "",
    }
    Erfc: f = erfc(x) {
        synonyms: [], defaults: [],
        derivative: [d(-2 / sqrt(x.pi()) * exp(-x.pow(2)))],
        value: x.erfc(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\mathrm{erfc}\\left({0}\\right)", "erfc({0})", "wrt::special::erfc({0})", "erfc({0})", "scipy.special.erfc({0})", "jax.scipy.special.erfc({0})"],
        domain: "all x", range: Range::open(0.0, 2.0), parity: Neither, kink: "",
        samples: [&[0.7], &[-1.3]], ulp: Ulp::of_value(0.6, 4.0), note: "",
    }
    Gamma: f = gamma(x) {
        synonyms: [], defaults: [],
        derivative: [d(f * digamma(x))],
        value: x.gamma(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\Gamma\\left({0}\\right)", "gamma({0})", "wrt::special::gamma({0})", "tgamma({0})", "scipy.special.gamma({0})", "jax.scipy.special.gamma({0})"],
        domain: "x not 0, -1, -2, ...", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[0.7], &[3.5], &[-1.5]], ulp: Ulp::of_value(0.6, 8.0), note: "",
    }
    Lgamma: f = lgamma(x) {
        synonyms: ["gammaln", "loggamma"], defaults: [],
        derivative: [d(digamma(x))],
        value: x.lgamma(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\log\\left|\\Gamma\\left({0}\\right)\\right|", "lgamma({0})", "wrt::special::lgamma({0})", "lgamma({0})", "scipy.special.gammaln({0})", "jax.scipy.special.gammaln({0})"],
        domain: "x not 0, -1, -2, ...", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[0.7], &[3.5], &[-1.5]], ulp: Ulp::beside_zeros(0.6, 8.0), note: "",
    }
    Digamma: f = digamma(x) {
        synonyms: ["psi"], defaults: [],
        derivative: [d(trigamma(x))],
        value: x.digamma(),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\psi\\left({0}\\right)", "digamma({0})", "wrt::special::digamma({0})", "", "scipy.special.digamma({0})", "jax.scipy.special.digamma({0})"],
        domain: "x not 0, -1, -2, ...", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[0.7], &[3.5], &[-1.5]], ulp: Ulp::beside_zeros(0.6, 4.0), note: "",
    }
    Trigamma: f = trigamma(x) {
        synonyms: [], defaults: [],
        derivative: [d(polygamma(x.ratio(2, 1), x))],
        value: { let one = x.one(); N::polygamma(one, x) },
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\psi^{(1)}\\left({0}\\right)", "trigamma({0})", "wrt::special::polygamma(1, {0})", "", "scipy.special.polygamma(1, {0})", "jax.scipy.special.polygamma(1, {0})"],
        domain: "x not 0, -1, -2, ...", range: Range::open(0.0, f64::INFINITY), parity: Neither, kink: "",
        samples: [&[0.7], &[3.5], &[-1.5]], ulp: Ulp::of_value(0.6, 8.0), note: "",
    }
    Polygamma: f = polygamma(n, x) {
        synonyms: [], defaults: [],
        derivative: [undefined("the order of a polygamma function is an integer"), d(polygamma(n + 1, x))],
        value: N::polygamma(n, x),
        form: Form::Call, kind: ValueKind::Real,
        spelling: ["\\psi^{({0})}\\left({1}\\right)", "polygamma({0}, {1})", "wrt::special::polygamma({#0}, {1})", "", "scipy.special.polygamma({0}, {1})", "jax.scipy.special.polygamma({#0}, {1})"],
        domain: "n = 0, 1, 2, ..., x not 0, -1, -2, ...", range: Range::REALS, parity: Neither, kink: "",
        samples: [&[2.0, 0.7], &[3.0, 2.5]], ulp: Ulp::beside_zeros(0.6, 8.0), note: "the n-th derivative of digamma",
    }
}
