//! Assumptions in text: `x > 0`, `0 < p < 1`, `n integer`, `S symmetric`.

use wrt_core::{Array, Assumptions, Interval, Number};
use wrt_language::is_name;

use crate::error::{Error, ErrorKind};

/// Reads one assumption: a name compared with a number, two such in one as `0 < p < 1`, or a name and what it is: `integer`,
/// `symmetric`, `positive definite` (a symmetric matrix).
///
/// # Errors
/// If the text is none, or nothing can be as it says.
///
/// ```
/// let (name, known) = wrt::session::assumption("x > 2")?;
/// assert_eq!(name, "x");
/// assert!(known.is_positive());
/// assert!(!wrt::session::assumption("0 < p < 1")?.1.allows(&wrt::session::Number::ONE));
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn assumption(text: &str) -> Result<(&str, Assumptions), Error> {
    let text = text.trim();
    if let Some(found) = chain(text).or_else(|| comparison(text)) {
        return Ok(found);
    }
    for word in ["integer", "symmetric", "positive definite"] {
        if let Some(name) = text.strip_suffix(word)
            && name.ends_with(char::is_whitespace)
            && is_name(name.trim())
        {
            let integer = word == "integer";
            return Ok((name.trim(), Assumptions { integer, symmetric: !integer, ..Assumptions::default() }));
        }
    }
    let help = "write a name beside a number, as \"x > 0\", \"x <= 1/2\", \"x != 0\" or \"0 < p < 1\", or \"n integer\" or \
                \"S symmetric\"";
    Err(Error::new(ErrorKind::Assumption, format!("`{}` is not an assumption", text.escape_debug())).with_help(help))
}

/// `0 < p < 1`, two comparisons of the name between them.
fn chain(text: &str) -> Option<(&str, Assumptions)> {
    let signs = |c: char| matches!(c, '<' | '>' | '≤' | '≥');
    let (first, last) = (text.find(signs)?, text.rfind(signs)?);
    let after = |at: usize| {
        let sign = text[at..].chars().next().map_or(0, char::len_utf8);
        at + sign + usize::from(text[at + sign..].starts_with('='))
    };
    if first == last {
        return None;
    }
    let (name, left) = comparison(&text[..last])?;
    let (other, right) = comparison(&text[after(first)..])?;
    if name == other { Some((name, left.and(&right)?)) } else { None }
}

/// A name compared with a number, in either order.
fn comparison(text: &str) -> Option<(&str, Assumptions)> {
    // Two-character signs first, so that `>=` is not read as `>`.
    const SIGNS: [&str; 8] = [">=", "≥", "<=", "≤", "!=", "≠", ">", "<"];
    let sign = SIGNS.into_iter().find(|sign| text.contains(sign))?;
    let (left, right) = text.split_once(sign).map(|(left, right)| (left.trim(), right.trim()))?;
    let (name, number, is_left) = match (Number::parse(left), Number::parse(right)) {
        (Err(_), Ok(n)) if is_name(left) => (left, n, true),
        (Ok(n), Err(_)) if is_name(right) => (right, n, false),
        _ => return None,
    };
    let range = match (sign, is_left) {
        // That a name differs from another number would help nothing.
        ("!=" | "≠", _) if number.is_zero() => {
            return Some((name, Assumptions { nonzero: true, ..Assumptions::default() }));
        }
        ("!=" | "≠", _) => return None,
        (">=" | "≥", true) | ("<=" | "≤", false) => Interval::at_least(number),
        (">=" | "≥", false) | ("<=" | "≤", true) => Interval::at_most(number),
        (">", true) | ("<", false) => Interval::above(number),
        _ => Interval::below(number),
    };
    Some((name, Assumptions::within(range)))
}

/// Does the value break what was assumed?
pub fn contradicts(known: &Assumptions, value: &Array<Number>) -> bool {
    let mirrored = |matrix: &[Number], n: usize| {
        (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).all(|(i, j)| matrix[i * n + j] == matrix[j * n + i])
    };
    let symmetric = match value.shape[..] {
        [.., m, n] if m == n && n > 0 => value.data.chunks(n * n).all(|matrix| mirrored(matrix, n)),
        _ => true,
    };
    known.symmetric && !symmetric || !value.data.iter().all(|entry| known.allows(entry))
}
