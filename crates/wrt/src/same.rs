//! Are two formulas equal? By simplifying their difference, and by looking for a point where they differ.

use wrt_core::{Assumptions, Graph, Id, Node, Number};
use wrt_language::{Scope, parse};

use crate::error::Error;
use crate::evaluate::doubles;

/// The answer to [`same`].
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// Equal wherever both are defined; the notes say which points were filled in.
    Yes(Vec<String>),
    /// They differ here.
    No {
        /// The point.
        at: Vec<(String, Number)>,
        /// The values of the two formulas there.
        values: (f64, f64),
    },
    /// Not shown equal, and equal at this many points.
    Undecided(usize),
}

/// How many points are tried.
const POINTS: u64 = 60;

/// Are two formulas equal wherever both are defined?
///
/// # Errors
/// The first formula's or the second's (then the number is 1).
///
/// ```
/// use wrt::session::{Scope, Verdict, same};
/// let verdict = same("x*x", "x^2 + 1", &Scope::default()).unwrap();
/// assert!(matches!(verdict, Verdict::No { .. }));
/// ```
pub fn same(a: &str, b: &str, scope: &Scope<'_>) -> Result<Verdict, (usize, Error)> {
    let mut graph = Graph::new();
    let a = parse(&mut graph, a, scope).map_err(|e| (0, e.into()))?.result;
    let b = parse(&mut graph, b, scope).map_err(|e| (1, e.into()))?.result;
    let difference = graph.sub(a, b);
    let written = graph.len();
    let simplified = wrt_rewrite::simplify(&mut graph, difference, written);
    if a == b || graph.is_zero(simplified.id) {
        return Ok(Verdict::Yes(simplified.notes));
    }
    let symbols = graph.free_symbols(&[a, b]);
    let mut agreed = 0;
    for k in 0..POINTS {
        let at: Vec<(Id, Number)> = symbols.iter().enumerate().map(|(j, x)| (*x, sample(&graph, *x, k, j))).collect();
        match compare(&graph, [a, b, difference], &at).map_err(|e| (0, e))? {
            Comparison::Differ(values) => {
                let at = at.into_iter().map(|(x, n)| (graph.symbol_name(x).to_string(), n)).collect();
                return Ok(Verdict::No { at, values });
            }
            Comparison::Agree => agreed += 1,
            Comparison::Unknown => {}
        }
        if symbols.is_empty() {
            break;
        }
    }
    Ok(Verdict::Undecided(agreed))
}

enum Comparison {
    Agree,
    Differ((f64, f64)),
    Unknown,
}

/// The difference is computed with as many digits as it takes to tell it from zero, so round-off never passes for one.
fn compare(graph: &Graph, roots: [Id; 3], at: &[(Id, Number)]) -> Result<Comparison, Error> {
    let found = doubles(graph, &roots, at)?;
    let (x, y, difference) = (found[0], found[1], found[2]);
    Ok(match difference {
        _ if !(x.is_finite() && y.is_finite() && difference.is_finite()) => Comparison::Unknown,
        0.0 => Comparison::Agree,
        _ => Comparison::Differ((x, y)),
    })
}

/// A rational number that depends on the round and the name's position only; simple ones come first.
fn sample(graph: &Graph, symbol: Id, round: u64, position: usize) -> Number {
    let random = mix(round.wrapping_mul(1 << 20).wrapping_add(position as u64));
    let (span, denominator) = match round {
        0..12 => (6, 1),
        _ => [(128, 64), (512, 64), (64, 64), (4096, 64), (64, 1024)][round as usize % 5],
    };
    let k = (random % (2 * span + 1)) as i64 - span as i64;
    let k = if round % 3 == 1 { k.abs() } else { k };
    let known = match graph.node(symbol) {
        Node::Symbol(s) => s.assumptions,
        _ => Assumptions::default(),
    };
    let k = match known {
        Assumptions { nonnegative: true, .. } => k.abs(),
        Assumptions { nonpositive: true, .. } => -k.abs(),
        _ => k,
    };
    let k = if k == 0 && known.nonzero { if known.nonpositive { -1 } else { 1 } } else { k };
    Number::ratio(k, if known.integer { 1 } else { denominator }).unwrap_or(Number::ONE)
}

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
