//! Formulas in which every primitive stands in every place, for what is printed of them: the tests read it, and
//! `oracle/judge_code.py` compiles and runs it.

use wrt::Number;
use wrt::session::{Id, Scope, Session};
use wrt_core::{Derivative, Form, Primitive};

/// A formula at a point.
pub struct Case {
    pub text: String,
    pub at: Vec<(String, f64)>,
}

/// The names of arguments, none of which means anything in any notation.
const NAMES: [&str; 3] = ["u", "v", "w"];

/// Places that a formula may stand in; `@` is the formula.
const PLACES: [&str; 30] = [
    "@",
    "-(@)",
    "1/(@)",
    "u/(@)",
    "(@)/u",
    "(@)/3",
    "2*(@)",
    "-2*(@)",
    "(@) - 1",
    "1 - (@)",
    "u - (@)",
    "(@)*(@ + u)",
    "(@)^2",
    "(@)^3",
    "(@)^(1/2)",
    "(@)^(-1)",
    "(@)^(-2)",
    "(@)^u",
    "2^(@)",
    "u^(@)",
    "(1/3)^(@)",
    "-(@)^2",
    "((@)^2)^u",
    "((@) > 0) + ((@) > u)",
    "((@) > 1)/(((@) > 0) + 3)",
    "where(@, 1, 2)^2",
    "where(u < (@), @, 2)",
    "max(-1, @)",
    "sin(-(@))",
    "abs((@) + 1)",
];

/// Literals of all sizes and signs.
const LITERALS: [&str; 26] = [
    "0",
    "1",
    "-1",
    "2",
    "1/3",
    "-2/3",
    "1/2",
    "0.1",
    "3.25",
    "2^31",
    "2147483649",
    "4294967297",
    "9007199254740993",
    "10^15",
    "10^16",
    "12345678901234567890123",
    "12345678901234567890123/7",
    "1/12345678901234567890123",
    "1e300",
    "1e-300",
    "2e-310",
    "1e22",
    "123456789/1000",
    "007",
    "1e308",
    "4e9",
];

/// Places of a literal.
const OF_LITERALS: [&str; 13] = [
    "u + @",
    "@",
    "u*(@)",
    "u/(1 + (@)^2)",
    "max(@, u)",
    "atan(@)",
    "(@)*u^2 + @",
    "(@)^u",
    "atan2(@, @)",
    "where(u > (@), @, 1)",
    "atan(where(u > 0, @, @))",
    "heaviside(@, @)",
    "abs(@) + sign(@)",
];

/// Names that mean something in a language or in what is written in it.
pub const KEYWORDS: [&str; 62] = [
    "class", "from", "lambda", "is", "def", "None", "type", "fn", "match", "self", "Self", "move", "int", "register",
    "double", "long", "void", "np", "jnp", "jax", "scipy", "exp", "sin", "pow", "fabs", "tgamma", "f64", "std", "wrt",
    "M_PI", "y0", "j1", "jn", "gamma_", "I", "in", "as", "if", "for", "while", "return", "try", "async", "await",
    "yield", "crate", "super", "dyn", "gen", "inline", "auto", "signed", "union", "main", "NULL", "_", "w₁", "θ",
    "x_1", "abs_", "class_", "from__",
];

fn case(text: String, at: &[f64]) -> Case {
    Case { text, at: NAMES.iter().map(|n| n.to_string()).zip(at.iter().copied()).collect() }
}

/// A primitive of these arguments, as the language writes it.
pub fn applied(p: Primitive, args: &[String]) -> String {
    match p.row().form {
        Form::Infix(sign) => format!("(({}) {sign} ({}))", args[0], args[1]),
        Form::Power => format!("({})^({})", args[0], args[1]),
        Form::Call => format!("{}({})", p.row().name, args.join(", ")),
    }
}

fn variables(p: Primitive) -> Vec<String> {
    NAMES[..p.arity()].iter().map(|n| n.to_string()).collect()
}

/// Each primitive at its samples, in all places, and its derivatives.
pub fn in_places() -> Vec<Case> {
    let mut cases = Vec::new();
    for &p in Primitive::ALL {
        let call = applied(p, &variables(p));
        for sample in p.row().samples {
            cases.extend(PLACES.iter().map(|place| case(place.replace('@', &call), sample)));
            let literals: Vec<String> = sample.iter().map(|x| format!("{x:?}")).collect();
            cases.push(case(applied(p, &literals), &[]));
            let part = |k: usize, x: &String| if k == 0 { x.clone() } else { NAMES[k].to_string() };
            let first: Vec<String> = literals.iter().enumerate().map(|(k, x)| part(k, x)).collect();
            cases.push(case(format!("({})^2", applied(p, &first)), sample));
        }
    }
    cases
}

/// Each place in each place, with a primitive within.
pub fn nested() -> Vec<Case> {
    let mut cases = Vec::new();
    for (j, outer) in PLACES.iter().enumerate() {
        for (k, inner) in PLACES.iter().enumerate() {
            let p = Primitive::ALL[(31 * j + k) % Primitive::ALL.len()];
            let call = applied(p, &variables(p));
            cases.push(case(outer.replace('@', &inner.replace('@', &call)), p.row().samples[0]));
        }
    }
    cases
}

/// The derivatives of each primitive by each of its arguments, first and second.
pub fn derivatives() -> Vec<Case> {
    let mut cases = Vec::new();
    for &p in Primitive::ALL {
        for (k, d) in p.row().derivative.iter().enumerate() {
            if matches!(d, Derivative::Undefined(_)) {
                continue;
            }
            let call = applied(p, &variables(p));
            let name = NAMES[k];
            for sample in p.row().samples {
                cases.push(case(format!("d({call}, {name})"), sample));
                cases.push(case(format!("d(d({call}, {name}), {name})"), sample));
            }
        }
    }
    cases
}

/// Each primitive of each one.
pub fn pairs() -> Vec<Case> {
    let mut cases = Vec::new();
    for &outer in Primitive::ALL {
        for &inner in Primitive::ALL {
            let sample = inner.row().samples[0];
            let call = applied(inner, &variables(inner));
            let mut args = vec![call];
            args.extend((1..outer.arity()).map(|k| ["u", "0.5"][k - 1].to_string()));
            cases.push(case(applied(outer, &args), sample));
        }
    }
    cases
}

/// Each primitive of what is undefined: a value that is no number must not become one.
pub fn undefined() -> Vec<Case> {
    let mut cases = Vec::new();
    for &p in Primitive::ALL {
        for k in 0..p.arity() {
            let mut args = variables(p);
            args[k] = "log(-u)".to_string();
            cases.push(case(applied(p, &args), &[0.75, 0.5, 0.25]));
        }
    }
    cases
}

/// Literals and names.
pub fn literals_and_names() -> Vec<Case> {
    let mut cases = Vec::new();
    for literal in LITERALS {
        cases.extend(OF_LITERALS.iter().map(|place| case(place.replace('@', &format!("({literal})")), &[0.75])));
    }
    for name in KEYWORDS.iter().filter(|name| wrt::session::Session::parse(name, &Scope::default()).is_ok()) {
        for text in [format!("2*{name} + sin({name})^2"), format!("{name}_ = exp({name})*{name}; {name}_*{name}_")] {
            cases.push(Case { text, at: vec![(name.to_string(), 0.75)] });
        }
    }
    cases
}

/// The formula, read, with the value of its point; none where the language refuses it.
pub fn read(case: &Case) -> Option<(Session, Vec<(Id, Number)>)> {
    let mut session = Session::parse(&case.text, &Scope::default()).ok()?;
    let free = session.document().free_names();
    let mut at = Vec::new();
    for (name, x) in case.at.iter().filter(|(name, _)| free.contains(name)) {
        at.push((session.variable(name).ok()?, Number::from_f64(*x)?));
    }
    Some((session, at))
}
