//! Values for the names of a random formula, which hang on the name and the seed only.

use wrt_core::{Array, Number};

use super::recipe::{Taste, Values};
use crate::source::{Seeded, Source};

/// The values of a name.
pub fn values(name: &str, shape: &[usize], values: &Values, taste: Taste, seed: u64, classes: usize) -> Array<Number> {
    let mut source =
        Seeded::new(seed, name.bytes().fold(7, |h: u64, b| h.wrapping_mul(131).wrapping_add(u64::from(b))));
    let count: usize = shape.iter().product();
    let shape = shape.to_vec();
    let mut data: Vec<Number> = (0..count).map(|_| entry(&mut source, values, taste, classes)).collect();
    let n = shape.last().copied().unwrap_or(1).max(1);
    match values {
        Values::Simplex => data.chunks_mut(n).for_each(normalise),
        Values::Symmetric | Values::Definite => {
            for (i, j) in (0..n).flat_map(|i| (0..i).map(move |j| (i, j))) {
                data[i * n + j] = data[j * n + i].clone();
            }
            if *values == Values::Definite {
                (0..n).for_each(|i| data[i * n + i] = &data[i * n + i] + &Number::integer(2 * n as i64));
            }
        }
        _ => {}
    }
    Array { shape, data }
}

fn entry(source: &mut Seeded, values: &Values, taste: Taste, classes: usize) -> Number {
    let ratio = |n: i64, d: u32| Number::ratio(n, i64::from(d)).unwrap_or(Number::ONE);
    match values {
        Values::Labels(_) => Number::integer(i64::from(source.below(classes.max(1) as u32))),
        Values::Fixed(n) => n.clone(),
        Values::Positive => ratio(1 + i64::from(source.below(128)), 64),
        Values::Simplex => Number::integer(1 + i64::from(source.below(16))),
        _ if taste == Taste::Tied => Number::integer(i64::from(source.below(4)) - 1),
        // No zeros, no whole numbers.
        _ => ratio(2 * i64::from(source.below(96)) - 95, 64),
    }
}

/// Divides by the sum.
fn normalise(row: &mut [Number]) {
    let total = row.iter().fold(Number::ZERO, |a, b| &a + b);
    if let Some(over) = total.recip() {
        row.iter_mut().for_each(|n| *n = &*n * &over);
    }
}
