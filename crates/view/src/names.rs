//! Names in the notations: Greek letters and subscripts in LaTeX, reserved words in code.

use crate::form::Form;

/// A name in a notation.
pub(crate) fn written(form: Form, name: &str) -> String {
    match form {
        f if f.is_latex() => latex(name),
        f if f.is_code() => code(name),
        _ => name.to_string(),
    }
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

/// A name in source code: words of the language get an underscore.
pub(crate) fn code(name: &str) -> String {
    if RESERVED.contains(&name) { format!("{name}_") } else { name.to_string() }
}

const RESERVED: [&str; 40] = [
    "as", "break", "const", "continue", "else", "enum", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod",
    "move", "mut", "pub", "ref", "return", "self", "static", "struct", "trait", "type", "use", "where", "while",
    "double", "float", "int", "long", "short", "def", "lambda", "is", "not", "or", "and", "np",
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
}
