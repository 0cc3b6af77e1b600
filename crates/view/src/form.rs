//! The notations.

use std::str::FromStr;

/// A notation that formulas are printed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Form {
    /// The language itself; what is printed can be read back.
    #[default]
    Text,
    /// Plain text with mathematical signs.
    Unicode,
    /// LaTeX, math mode.
    Latex,
    /// Presentation MathML.
    MathMl,
    /// Rust on `f64`.
    Rust,
    /// C with `math.h`.
    C,
    /// Python with `numpy as np`.
    NumPy,
    /// Python with `jax.numpy as jnp`.
    Jax,
    /// The language, in index notation: `sum[j](A[i,j]*x[j])`.
    Index,
}

impl Form {
    /// Every notation with the word that names it.
    pub const ALL: [(&'static str, Form); 9] = [
        ("text", Form::Text),
        ("unicode", Form::Unicode),
        ("latex", Form::Latex),
        ("mathml", Form::MathMl),
        ("rust", Form::Rust),
        ("c", Form::C),
        ("numpy", Form::NumPy),
        ("jax", Form::Jax),
        ("index", Form::Index),
    ];

    /// Is it LaTeX, as itself or on the way to MathML?
    pub(crate) fn is_latex(self) -> bool {
        matches!(self, Form::Latex | Form::MathMl)
    }

    /// Has it tensors?
    pub fn has_tensors(self) -> bool {
        !matches!(self, Form::Rust | Form::C)
    }

    /// Is it source code, where a number is a floating-point literal?
    pub fn is_code(self) -> bool {
        matches!(self, Form::Rust | Form::C | Form::NumPy | Form::Jax)
    }

    /// What starts a comment in source code; empty for what is no code.
    ///
    /// ```
    /// assert_eq!(wrt_view::Form::NumPy.comment(), "# ");
    /// assert_eq!(wrt_view::Form::C.comment(), "// ");
    /// ```
    pub fn comment(self) -> &'static str {
        match self {
            Form::Rust | Form::C => "// ",
            Form::NumPy | Form::Jax => "# ",
            Form::Latex => "% ",
            _ => "",
        }
    }
}

impl FromStr for Form {
    type Err = String;
    fn from_str(text: &str) -> Result<Form, String> {
        let found = Form::ALL.iter().find(|(word, _)| *word == text);
        found.map(|(_, form)| *form).ok_or_else(|| {
            let words: Vec<&str> = Form::ALL.iter().map(|(word, _)| *word).collect();
            format!("there is no form `{text}`; there are {}", words.join(", "))
        })
    }
}

/// Digits and minus signs raised: `12` → `¹²`.
pub(crate) fn superscript(digits: &str) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raise = |c: char| c.to_digit(10).map_or('⁻', |d| RAISED[d as usize]);
    digits.chars().map(raise).collect()
}
