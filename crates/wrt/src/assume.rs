//! Assumptions in text: `x > 0`, `n integer`, `S symmetric`.

use wrt_core::{Array, Assumptions, Number};
use wrt_language::is_name;

use crate::error::{Error, ErrorKind};

/// Reads one assumption: a name compared with 0, or a name and what it is: `integer`, `symmetric`, `positive definite`
/// (a symmetric matrix).
///
/// # Errors
/// If the text is none.
///
/// ```
/// let (name, known) = wrt::session::assumption("x > 0")?;
/// assert_eq!(name, "x");
/// assert!(known.nonnegative && known.nonzero);
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn assumption(text: &str) -> Result<(&str, Assumptions), Error> {
    let none = Assumptions::default();
    let positive = Assumptions { nonnegative: true, nonzero: true, ..none };
    let negative = Assumptions { nonpositive: true, nonzero: true, ..none };
    let (nonnegative, nonpositive) =
        (Assumptions { nonnegative: true, ..none }, Assumptions { nonpositive: true, ..none });
    let nonzero = Assumptions { nonzero: true, ..none };
    // Two-character signs first, so that `>=` is not read as `>`.
    let signs = [
        (">=", nonnegative, nonpositive),
        ("≥", nonnegative, nonpositive),
        ("<=", nonpositive, nonnegative),
        ("≤", nonpositive, nonnegative),
        ("!=", nonzero, nonzero),
        ("≠", nonzero, nonzero),
        (">", positive, negative),
        ("<", negative, positive),
    ];
    let text = text.trim();
    for (sign, if_left, if_right) in signs {
        if let Some((left, right)) = text.split_once(sign) {
            let zero = |t: &str| Number::parse(t).is_ok_and(|n| n.is_zero());
            let (left, right) = (left.trim(), right.trim());
            if is_name(left) && zero(right) {
                return Ok((left, if_left));
            }
            if is_name(right) && zero(left) {
                return Ok((right, if_right));
            }
            break;
        }
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
    let help =
        "write one such as \"x > 0\", \"x >= 0\", \"x < 0\", \"x <= 0\", \"x != 0\", \"n integer\" or \"S symmetric\"";
    Err(Error::new(ErrorKind::Assumption, format!("`{}` is not an assumption", text.escape_debug())).with_help(help))
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
}
