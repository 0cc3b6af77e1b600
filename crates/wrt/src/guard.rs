//! Digits looked after: what a compiled program lost of them is told by a running error bound, and computed once more.
//!
//! A program in doubles is fast and says nothing of what a result is worth: `1 - cos(x)` is 0 for a small x, `exp(x)` is
//! infinite for a large one. The plan is followed beside it in numbers that carry a bound of their error ([`Bounded`]).
//! Where the bound is too wide, the same plan is interpreted in balls of rising precision, until the double is sure.

use wrt_core::{Id, Number, Real};
use wrt_engine::{Program, interpret};
use wrt_run::{Bounded, MAX_RAISED_WORK, Precise, nearest_doubles};

use crate::error::Error;

/// The relative error up to which a result stands: twelve of sixteen digits.
const KEPT: f64 = 1e-12;

/// What became of the results of a program whose digits are looked after.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Guarded {
    /// Entries that had lost digits and were computed once more.
    pub recomputed: usize,
    /// Entries that may have lost digits and stand as they are: there is too much to compute, or no number to be had.
    pub unsure: usize,
}

/// Mends what a plan's program has written for these inputs.
pub(crate) fn guard(
    plan: &Program,
    symbols: &[Id],
    inputs: &[&[f64]],
    outputs: &mut [&mut [f64]],
) -> Result<Guarded, Error> {
    let open = lost(plan, symbols, inputs, outputs)?;
    let (work, finite) = (plan.operations(), inputs.iter().all(|a| a.iter().all(|x| x.is_finite())));
    if open.is_empty() || work > MAX_RAISED_WORK || !finite {
        return Ok(Guarded { recomputed: 0, unsure: open.len() });
    }
    let found = nearest_doubles(open.len(), work, |like: &Precise, wanted: &[usize]| {
        let exact = |x: &f64| like.exact(&Number::from_f64(*x).unwrap_or(Number::ZERO));
        let all = interpret(plan, &given(symbols, inputs, exact), like)?;
        Ok::<_, Error>(wanted.iter().map(|k| all[open[*k].0][open[*k].1].clone()).collect())
    })?;
    let mut guarded = Guarded::default();
    for ((result, entry), value) in open.into_iter().zip(found) {
        match value {
            Some(value) => (outputs[result][entry], guarded.recomputed) = (value, guarded.recomputed + 1),
            None => guarded.unsure += 1,
        }
    }
    Ok(guarded)
}

/// The entries of results whose digits nobody vouches for: which result, and which of its entries.
fn lost(
    plan: &Program,
    symbols: &[Id],
    inputs: &[&[f64]],
    outputs: &[&mut [f64]],
) -> Result<Vec<(usize, usize)>, Error> {
    let followed = interpret(plan, &given(symbols, inputs, |x| Bounded::exactly(*x)), &Bounded::exactly(1.0))?;
    let mut open = Vec::new();
    for (result, (all, found)) in followed.iter().zip(outputs).enumerate() {
        let is_open = |(bounded, value): (&Bounded, &f64)| {
            let (kept, off) = (KEPT * bounded.value().abs(), (value - bounded.value()).abs());
            bounded.bound() > kept || off > kept || off.is_nan()
        };
        open.extend((0..all.len()).filter(|k| is_open((&all[*k], &found[*k]))).map(|k| (result, k)));
    }
    Ok(open)
}

fn given<N>(symbols: &[Id], inputs: &[&[f64]], number: impl Fn(&f64) -> N) -> Vec<(Id, Vec<N>)> {
    symbols.iter().zip(inputs).map(|(id, data)| (*id, data.iter().map(&number).collect())).collect()
}
