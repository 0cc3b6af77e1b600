//! Exact numbers as decimals of so many digits.

use wrt_core::Number;

use crate::precise::to_ball;

/// An exact number to `digits` significant digits, ties to even; all of it where it ends sooner.
///
/// ```
/// use wrt_core::Number;
/// use wrt_run::decimal;
/// assert_eq!(decimal(&Number::parse("9.006001").unwrap(), 50), "9.006001");
/// assert_eq!(decimal(&Number::parse("1/3").unwrap(), 5), "0.33333");
/// ```
pub fn decimal(n: &Number, digits: usize) -> String {
    // Plain notation for what is neither long nor far from 1.
    if n.bits() < 4 * digits + 400
        && let Some(text) = n.to_decimal()
    {
        let significant = text.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
        if significant <= digits && text.len() <= digits.max(17) + 8 {
            return text;
        }
    }
    let bits = (digits as u32).saturating_mul(4).saturating_add(64);
    let rounded = [bits, bits.saturating_mul(2)].into_iter().find_map(|bits| to_ball(n, bits).to_decimal(digits));
    rounded.or_else(|| tie(n, digits, bits)).unwrap_or_else(|| n.to_string())
}

/// Half-way between two decimals: the one that is even, from a little above and a little below.
fn tie(n: &Number, digits: usize, bits: u32) -> Option<String> {
    let little = Number::ratio(1, 10)?.pow(i64::try_from(digits).ok()?.min(300) + 3)?;
    let near = |step: &Number| to_ball(&(n + &(n * step)), bits.saturating_mul(2)).to_decimal(digits);
    let even = |text: &String| {
        let mantissa = text.split('e').next().unwrap_or("");
        mantissa.bytes().next_back().is_some_and(|b| (b - b'0').is_multiple_of(2))
    };
    let candidates = [near(&little), near(&-&little)];
    candidates.into_iter().flatten().find(even)
}
