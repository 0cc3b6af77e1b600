//! Assumptions in text: `x > 0`, `0 < p < 1`, `n integer`, `S symmetric`.

use wrt_core::{Array, Assumptions, Number};
use wrt_language::is_name;

use crate::error::{Error, ErrorKind};

/// Reads one assumption: a name compared with 0, below 1 or above -1, the two in one as `0 < p < 1`, or a name and what it
/// is: `integer`, `symmetric`, `positive definite` (a symmetric matrix).
///
/// # Errors
/// If the text is none.
///
/// ```
/// let (name, known) = wrt::session::assumption("x > 0")?;
/// assert_eq!(name, "x");
/// assert!(known.nonnegative && known.nonzero);
/// assert!(wrt::session::assumption("0 < p < 1")?.1.below_one);
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn assumption(text: &str) -> Result<(&str, Assumptions), Error> {
    let none = Assumptions::default();
    let text = text.trim();
    if let Some(found) = chain(text).or_else(|| comparison(text)) {
        return Ok(found);
    }
    let symmetric = Assumptions { symmetric: true, ..none };
    let words = [
        ("integer", Assumptions { integer: true, ..none }),
        ("symmetric", symmetric),
        ("positive definite", symmetric),
    ];
    for (word, known) in words {
        if let Some(name) = text.strip_suffix(word)
            && name.ends_with(char::is_whitespace)
            && is_name(name.trim())
        {
            return Ok((name.trim(), known));
        }
    }
    let help = "write one such as \"x > 0\", \"x >= 0\", \"x < 0\", \"x <= 0\", \"x != 0\", \"0 < p < 1\", \"x > -1\", \
                \"n integer\" or \"S symmetric\"";
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
    let both = Assumptions {
        nonnegative: left.nonnegative || right.nonnegative,
        nonpositive: left.nonpositive || right.nonpositive,
        nonzero: left.nonzero || right.nonzero,
        below_one: left.below_one || right.below_one,
        above_minus_one: left.above_minus_one || right.above_minus_one,
        ..left
    };
    (name == other).then_some((name, both))
}

/// A name compared with a number that an assumption can have, in either order.
fn comparison(text: &str) -> Option<(&str, Assumptions)> {
    let none = Assumptions::default();
    let positive = Assumptions { nonnegative: true, nonzero: true, ..none };
    let negative = Assumptions { nonpositive: true, nonzero: true, ..none };
    let nonnegative = Assumptions { nonnegative: true, ..none };
    let nonpositive = Assumptions { nonpositive: true, ..none };
    let nonzero = Assumptions { nonzero: true, ..none };
    let (below_one, above_minus_one) =
        (Assumptions { below_one: true, ..none }, Assumptions { above_minus_one: true, ..none });
    // Two-character signs first, so that `>=` is not read as `>`.
    let signs = [
        (">=", 0, nonnegative, nonpositive),
        ("≥", 0, nonnegative, nonpositive),
        ("<=", 0, nonpositive, nonnegative),
        ("≤", 0, nonpositive, nonnegative),
        ("!=", 0, nonzero, nonzero),
        ("≠", 0, nonzero, nonzero),
        (">", 0, positive, negative),
        ("<", 0, negative, positive),
        ("<", 1, below_one, none),
        (">", 1, none, below_one),
        (">", -1, above_minus_one, none),
        ("<", -1, none, above_minus_one),
    ];
    // The sign that stands there, and no part of a longer one.
    let (own, ..) = *signs.iter().find(|(sign, ..)| text.contains(sign))?;
    let (left, right) = text.split_once(own).map(|(left, right)| (left.trim(), right.trim()))?;
    signs.iter().filter(|(sign, ..)| *sign == own).find_map(|(_, number, if_left, if_right)| {
        let is = |t: &str| Number::parse(t).is_ok_and(|n| n == Number::integer(*number));
        let found = match () {
            () if is_name(left) && is(right) => (left, *if_left),
            () if is_name(right) && is(left) => (right, *if_right),
            () => return None,
        };
        (found.1 != none).then_some(found)
    })
}

/// Does the value break what was assumed?
pub fn contradicts(known: Assumptions, value: &Array<Number>) -> bool {
    let mirrored = |matrix: &[Number], n: usize| {
        (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).all(|(i, j)| matrix[i * n + j] == matrix[j * n + i])
    };
    let symmetric = match value.shape[..] {
        [.., m, n] if m == n && n > 0 => value.data.chunks(n * n).all(|matrix| mirrored(matrix, n)),
        _ => true,
    };
    known.symmetric && !symmetric || value.data.iter().any(|entry| entry_contradicts(known, entry))
}

fn entry_contradicts(known: Assumptions, value: &Number) -> bool {
    let (negative, zero) = (value.is_negative(), value.is_zero());
    (known.nonnegative && negative)
        || (known.nonpositive && !negative && !zero)
        || (known.nonzero && zero)
        || (known.integer && !value.is_integer())
        || (known.below_one && *value >= Number::ONE)
        || (known.above_minus_one && *value <= Number::MINUS_ONE)
}
