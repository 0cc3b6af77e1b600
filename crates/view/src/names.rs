//! Names in the notations: Greek letters and subscripts in LaTeX, reserved words in code.

use std::collections::HashSet;

use wrt_core::{Graph, Id};

use crate::form::Form;

/// A name in a notation; `taken` are the other names of the formula.
///
/// `h[t-1]`, an entry along a recursion, is the name with an index.
pub(crate) fn written(form: Form, name: &str, taken: &dyn Fn(&str) -> bool) -> String {
    match form {
        _ if name.ends_with(']') => {
            let (base, index) = name.trim_end_matches(']').split_once('[').unwrap_or((name, ""));
            let base = written(form, base, taken);
            match form.is_latex() {
                true if base.contains(['_', '\\']) => format!("{{\\left({base}\\right)}}_{{{index}}}"),
                true => format!("{{{base}}}_{{{index}}}"),
                false => format!("{base}[{index}]"),
            }
        }
        f if f.is_latex() && keeps_its_look(name, taken) => latex(name),
        f if f.is_latex() => format!("\\mathrm{{{}}}", name.replace('_', "\\_")),
        f if f.is_code() => code(form, name, taken),
        _ => name.to_string(),
    }
}

/// The names in the dimensions below these nodes.
pub(crate) fn of_dimensions(graph: &Graph, roots: &[Id]) -> HashSet<String> {
    let all = wrt_core::dimensions(graph, roots);
    all.iter().flat_map(|d| d.terms()).flat_map(|(names, _)| names.iter().cloned()).collect()
}

/// Is there no other name that looks like this one in LaTeX and has a better right to it? `θ` stands before `theta`, and
/// `w₁` before `w_1` before `w1`.
fn keeps_its_look(name: &str, taken: &dyn Fn(&str) -> bool) -> bool {
    let other = GREEK.iter().find_map(|(word, sign)| name.strip_prefix(word).map(|rest| format!("{sign}{rest}")));
    let at = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
    let (stem, digits) = name.split_at(at);
    let stem = stem.strip_suffix('_').unwrap_or(stem);
    let lowered = |c: char| c.to_digit(10).and_then(|d| char::from_u32('₀' as u32 + d));
    let small: Option<String> = digits.chars().map(lowered).collect();
    let numbered = small.filter(|small| !small.is_empty()).map(|small| format!("{stem}{small}"));
    let spaced = format!("{stem}_{digits}");
    let beside = [other, numbered, (!digits.is_empty()).then_some(spaced)];
    !beside.iter().flatten().any(|twin| twin != name && latex(twin) == latex(name) && taken(twin))
}

/// LaTeX for a name: `theta` and `θ` are `\theta`, `w_1` is `w_{1}`, longer names are upright.
pub(crate) fn latex(name: &str) -> String {
    let (stem, subscript) = match name.split_once('_') {
        Some((stem, rest)) if !stem.is_empty() && !rest.is_empty() => (stem, Some(rest.to_string())),
        _ => match name.find(|c| ('₀'..='₉').contains(&c)) {
            Some(at) if at > 0 => {
                let plain = |c: char| char::from_digit(c as u32 - '₀' as u32, 10).unwrap_or(c);
                (&name[..at], Some(name[at..].chars().map(plain).collect()))
            }
            _ => (name, None),
        },
    };
    // A letter with a number: `h1` is `h_{1}`, `h1_W` is `h_{1,W}`.
    let (stem, number) = match stem.char_indices().nth(1) {
        Some((at, _)) if stem[at..].bytes().all(|b| b.is_ascii_digit()) => stem.split_at(at),
        _ => (stem, ""),
    };
    let mut parts: Vec<String> = if number.is_empty() { Vec::new() } else { vec![number.to_string()] };
    if let Some(s) = &subscript {
        parts.extend(s.split('_').filter(|part| !part.is_empty()).map(numbered));
    }
    let stem = letter(stem);
    if parts.is_empty() { stem } else { format!("{stem}_{{{}}}", parts.join(",")) }
}

/// A part of a subscript, where numbers stand on the line.
fn numbered(text: &str) -> String {
    match text.char_indices().nth(1) {
        Some((at, _)) if text[at..].bytes().all(|b| b.is_ascii_digit()) => {
            format!("{}{}", letter(&text[..at]), &text[at..])
        }
        _ => letter(text),
    }
}

fn letter(text: &str) -> String {
    if let Some((name, _)) = GREEK.iter().find(|(name, sign)| *name == text || *sign == text) {
        return format!("\\{name}");
    }
    let escaped = text.replace('_', "\\_");
    if text.chars().count() == 1 || text.bytes().all(|b| b.is_ascii_digit()) {
        escaped
    } else {
        format!("\\mathrm{{{escaped}}}")
    }
}

/// LaTeX commands of Greek letters that differ from Latin ones.
const GREEK: [(&str, &str); 34] = [
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("epsilon", "ε"),
    ("zeta", "ζ"),
    ("eta", "η"),
    ("theta", "θ"),
    ("iota", "ι"),
    ("kappa", "κ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("xi", "ξ"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("upsilon", "υ"),
    ("phi", "φ"),
    ("chi", "χ"),
    ("psi", "ψ"),
    ("omega", "ω"),
    ("Gamma", "Γ"),
    ("Delta", "Δ"),
    ("Theta", "Θ"),
    ("Lambda", "Λ"),
    ("Xi", "Ξ"),
    ("Pi", "Π"),
    ("Sigma", "Σ"),
    ("Upsilon", "Υ"),
    ("Phi", "Φ"),
    ("Psi", "Ψ"),
    ("Omega", "Ω"),
];

/// A name in source code. What the language takes for something else gets an underscore at its end, and so does such a
/// name that ends in underscores already: no two names become one.
fn code(form: Form, name: &str, taken: &dyn Fn(&str) -> bool) -> String {
    let mut written = identifier(form, name);
    while written != name && taken(&written) {
        written.push('_');
    }
    if is_reserved(form, written.trim_end_matches('_')) {
        written.push('_');
    }
    written
}

/// A name in the letters that identifiers of the language may have.
pub(crate) fn identifier(form: Form, name: &str) -> String {
    let plain = |c: char| c == '_' || c.is_ascii_alphanumeric() || form != Form::C && is_letter(c);
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match GREEK.iter().find(|(_, sign)| sign.starts_with(c)) {
            _ if plain(c) => out.push(c),
            Some((letter, _)) => out.push_str(letter),
            None if ('₀'..='₉').contains(&c) => out.extend(char::from_digit(c as u32 - '₀' as u32, 10)),
            None => out.push_str(&format!("u{:04X}", c as u32)),
        }
    }
    out
}

/// A letter that Rust and Python keep as it is in a name; they don't take digits of all kinds, and Python takes variants
/// such as `ϕ` for the letters themselves.
fn is_letter(c: char) -> bool {
    let variant = matches!(c, 'ª' | 'µ' | 'º' | 'ſ' | 'ϐ'..='ϖ' | 'ϰ'..='ϵ' | 'Ϲ');
    c.is_alphabetic() && !variant && matches!(c, '\u{c0}'..='\u{148}' | '\u{14a}'..='\u{17f}' | '\u{370}'..='\u{52f}')
}

/// Does the word mean something else in this language, or in the code that is written in it?
fn is_reserved(form: Form, word: &str) -> bool {
    match form {
        Form::Rust => word.is_empty() || RUST.contains(&word),
        Form::C => C.contains(&word) || is_of_math_h(word),
        Form::NumPy => PYTHON.contains(&word) || ["np", "scipy"].contains(&word),
        Form::Jax => PYTHON.contains(&word) || ["jnp", "jax"].contains(&word),
        _ => false,
    }
}

/// A function of `math.h`, in any of its three types, or of those that compilers know as if it was there.
fn is_of_math_h(word: &str) -> bool {
    let of_type = word.strip_suffix(['f', 'l']).unwrap_or(word);
    MATH_H.contains(&word) || MATH_H.contains(&of_type)
}

const RUST: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn",
    "for", "gen", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self",
    "Self", "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while", "yield",
    "abstract", "become", "box", "do", "final", "macro", "override", "priv", "try", "typeof", "unsized", "virtual",
    "None", "Some", "Ok", "Err",
];

const PYTHON: &[&str] = &[
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
    "__debug__",
];

/// Keywords of C and C++, and macros of `math.h` and `stddef.h`.
const C: &[&str] = &[
    "auto",
    "break",
    "case",
    "char",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "typedef",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
    "_Bool",
    "_Complex",
    "_Imaginary",
    "alignas",
    "alignof",
    "bool",
    "constexpr",
    "false",
    "nullptr",
    "static_assert",
    "thread_local",
    "true",
    "typeof",
    "typeof_unqual",
    "asm",
    "and",
    "bitand",
    "bitor",
    "catch",
    "class",
    "compl",
    "concept",
    "const_cast",
    "decltype",
    "delete",
    "dynamic_cast",
    "explicit",
    "export",
    "friend",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "operator",
    "or",
    "private",
    "protected",
    "public",
    "requires",
    "template",
    "this",
    "throw",
    "try",
    "typeid",
    "typename",
    "using",
    "virtual",
    "xor",
    "main",
    "errno",
    "signgam",
    "math_errhandling",
    "NULL",
    "EOF",
    "INFINITY",
    "NAN",
    "HUGE_VAL",
    "linux",
    "unix",
    "I",
    "M_PI",
    "M_E",
];

const MATH_H: &[&str] = &[
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "copysign",
    "cos",
    "cosh",
    "drem",
    "erf",
    "erfc",
    "exp",
    "exp10",
    "exp2",
    "expm1",
    "fabs",
    "fdim",
    "finite",
    "floor",
    "fma",
    "fmax",
    "fmin",
    "fmod",
    "fpclassify",
    "frexp",
    "gamma",
    "hypot",
    "ilogb",
    "isfinite",
    "isgreater",
    "isgreaterequal",
    "isinf",
    "isless",
    "islessequal",
    "islessgreater",
    "isnan",
    "isnormal",
    "isunordered",
    "j0",
    "j1",
    "jn",
    "labs",
    "ldexp",
    "lgamma",
    "llabs",
    "llrint",
    "llround",
    "log",
    "log10",
    "log1p",
    "log2",
    "logb",
    "lrint",
    "lround",
    "modf",
    "nan",
    "nearbyint",
    "nextafter",
    "nexttoward",
    "pow",
    "pow10",
    "remainder",
    "remquo",
    "rint",
    "round",
    "roundeven",
    "scalb",
    "scalbln",
    "scalbn",
    "signbit",
    "significand",
    "sin",
    "sincos",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "tgamma",
    "trunc",
    "y0",
    "y1",
    "yn",
    "float_t",
    "double_t",
];

#[cfg(test)]
mod tests {
    #[test]
    fn greek_and_subscripts() {
        let cases = [
            ("theta", "\\theta"),
            ("θ", "\\theta"),
            ("w_1", "w_{1}"),
            ("w₁₂", "w_{12}"),
            ("rate", "\\mathrm{rate}"),
            ("x_ij_k", "x_{\\mathrm{ij},k}"),
            ("_", "\\_"),
            ("x__1", "x_{1}"),
        ];
        for (name, want) in cases {
            assert_eq!(super::latex(name), want);
        }
    }

    #[test]
    fn names_that_look_alike_in_latex() {
        let formula = ["θ", "theta", "w₁", "w_1", "w1", "x1", "y1", "y_1"];
        let written = |name: &str| super::written(crate::form::Form::Latex, name, &|other| formula.contains(&other));
        let mut all: Vec<String> = formula.iter().map(|name| written(name)).collect();
        assert_eq!(&all[..3], ["\\theta", "\\mathrm{theta}", "w_{1}"]);
        assert_eq!(&all[5..], ["x_{1}", "\\mathrm{y1}", "y_{1}"]);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), formula.len());
    }

    #[test]
    fn names_that_mean_something_else_in_code() {
        use crate::form::Form::{C, Jax, NumPy, Rust};
        let cases = [
            (Rust, "type", "type_"),
            (Rust, "type_", "type__"),
            (Rust, "class", "class"),
            (Rust, "_", "__"),
            (Rust, "w₁", "w1"),
            (Rust, "θ", "θ"),
            (NumPy, "lambda", "lambda_"),
            (NumPy, "np", "np_"),
            (NumPy, "jnp", "jnp"),
            (Jax, "jax", "jax_"),
            (Jax, "ϕ", "u03D5"),
            (C, "y0", "y0_"),
            (C, "expf", "expf_"),
            (C, "f", "f"),
            (C, "θ", "theta_"),
            (C, "ä", "u00E4"),
        ];
        for (form, name, want) in cases {
            // The formula has `theta` too.
            assert_eq!(super::written(form, name, &|other| other == "theta"), want);
        }
    }
}
