//! Random exact points.

use wrt_core::Number;

use crate::recipe::{SYMBOLS, assumptions};
use crate::source::Source;

/// A value for each of [`SYMBOLS`].
pub type Point = Vec<Number>;

/// A point that keeps to the symbols' assumptions; zeros, ones and ties are frequent.
pub fn point(source: &mut impl Source) -> Point {
    let mut values: Point = Vec::with_capacity(SYMBOLS.len());
    for k in 0..SYMBOLS.len() {
        let drawn = if k > 0 && source.chance(1, 16) { values[0].clone() } else { coordinate(source) };
        values.push(assumptions(k).nearest(drawn));
    }
    values
}

fn coordinate(source: &mut impl Source) -> Number {
    let kind = source.below(16);
    let mut signed = |span: u32| source.below(2 * span + 1) as i64 - span as i64;
    // Binary fractions are exact in balls, so that ties can be decided.
    let (numerator, denominator) = match kind {
        0 => (signed(2), 1),
        1 => (signed(8), 4),
        2..=5 => (signed(1024), 1024),
        6..=12 => (signed(4096), 1024),
        13 => (signed(20_000), 1024),
        14 => (signed(100), 1 << 27),
        _ => (signed(1000) * 997, 7),
    };
    Number::ratio(numerator, denominator).unwrap_or(Number::ONE)
}
