//! Points of a formula's domain, found by trying; the same ones every time.

use wrt_core::{Graph, Id, Node, Number, Real};
use wrt_run::{Point, Precise, evaluate};

/// Ranges that are tried in turn.
const RANGES: [(i64, i64); 8] = [(0, 1), (-2, 2), (1, 4), (0, 10), (-10, 10), (-1, 0), (0, 100), (-100, 100)];

/// How often a point is tried before giving up.
const TRIES: usize = 400;

/// At most `count` points at which all roots are finite; fewer where few are found.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "log(x - 50)", &Scope::default()).unwrap().result;
/// assert_eq!(wrt_check::random_points(&g, &[f], 3).len(), 3);
/// ```
pub fn random_points(graph: &Graph, roots: &[Id], count: usize) -> Vec<Vec<(Id, Number)>> {
    let symbols = graph.free_symbols(roots);
    let mut random = Random::new();
    let mut found = Vec::new();
    for attempt in 0..TRIES {
        if found.len() == count {
            break;
        }
        let range = RANGES[attempt % RANGES.len()];
        let point: Vec<(Id, Number)> =
            symbols.iter().map(|x| (*x, coordinate(graph, *x, range, &mut random))).collect();
        if is_finite(graph, roots, &point) {
            found.push(point);
        }
    }
    found
}

/// A multiple of 1/64 in the range that fits what is known of the name.
fn coordinate(graph: &Graph, symbol: Id, (low, high): (i64, i64), random: &mut Random) -> Number {
    let steps = (high - low) * 64;
    let mut k = low * 64 + 1 + random.below(steps as u64 - 1) as i64;
    if let Node::Symbol(s) = graph.node(symbol) {
        let known = s.assumptions;
        if known.integer {
            k = k / 64 * 64;
        }
        if known.nonzero && k == 0 {
            k = 64;
        }
        if known.nonnegative {
            k = k.abs();
        }
        if known.nonpositive {
            k = -k.abs();
        }
    }
    Number::ratio(k, 64).unwrap_or(Number::ONE)
}

fn is_finite(graph: &Graph, roots: &[Id], point: &[(Id, Number)]) -> bool {
    let like = Precise::new(Number::ONE, 128);
    let at = Point::numbers(point).map(|n| like.exact(n));
    evaluate(graph, roots, &at, &like).is_ok_and(|all| all.iter().flat_map(|a| &a.data).all(Precise::is_finite))
}

/// The generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new() -> Random {
        Random::number(0)
    }

    /// One of many sequences.
    pub(crate) fn number(which: u64) -> Random {
        Random(0x9e37_79b9_7f4a_7c15 ^ which.wrapping_mul(0xd6e8_feb8_6659_fd93))
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n.max(1)
    }
}
