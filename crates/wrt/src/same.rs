//! Are two formulas equal? By simplifying their difference, and by looking for a point where they differ.

use wrt_core::{Array, Graph, Id, Node, Number, Role};
use wrt_language::{Scope, parse};

use crate::error::{Error, ErrorKind};
use crate::evaluate::{Point, is_cheap};
use crate::session::Session;

/// The answer to [`same`].
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// Equal wherever both are defined; the notes say which points were filled in.
    Yes(Vec<String>),
    /// They differ here.
    No {
        /// The point.
        at: Vec<(String, Array<Number>)>,
        /// The values of the two formulas there.
        values: (Array<f64>, Array<f64>),
    },
    /// Not shown equal, and equal at this many points.
    Undecided(usize),
}

/// How many points are tried.
const POINTS: u64 = 60;

/// Are two formulas equal wherever both are defined?
///
/// # Errors
/// The first formula's or the second's (then the number is 1): that it is no formula, or has another shape than the first.
///
/// ```
/// use wrt::session::{Scope, Verdict, same};
/// let verdict = same("x*x", "x^2 + 1", &Scope::default()).unwrap();
/// assert!(matches!(verdict, Verdict::No { .. }));
/// let shapes = [("A", vec!["n", "n"]), ("B", vec!["n", "n"])];
/// let verdict = same("tr(A @ B)", "tr(B @ A)", &Scope { shapes: &shapes, ..Scope::default() }).unwrap();
/// assert_eq!(verdict, Verdict::Yes(Vec::new()));
/// ```
pub fn same(a: &str, b: &str, scope: &Scope<'_>) -> Result<Verdict, (usize, Error)> {
    let mut session = Session::parse(a, scope).map_err(|e| (0, e))?;
    let a = session.root();
    let b = parse(session.graph_mut(), b, scope).map_err(|e| (1, e.into()))?.result;
    if session.graph().dims(a) != session.graph().dims(b) {
        let graph = session.graph();
        let shape = |id| if graph.is_scalar(id) { "number".to_string() } else { graph.shape_text(graph.dims(id)) };
        let message = format!("the shapes differ: {} and {}", shape(a), shape(b));
        return Err((1, Error::new(ErrorKind::Shape, message)));
    }
    let graph = session.graph_mut();
    let difference = graph.sub(a, b);
    let written = graph.len();
    let simplified = wrt_rewrite::simplify(graph, difference, written);
    if a == b || graph.is_zero(simplified.id) {
        return Ok(Verdict::Yes(simplified.notes));
    }
    let is_size = |id: &Id| matches!(graph.node(*id), Node::Symbol(s) if s.role == Role::Dimension);
    let symbols: Vec<Id> = graph.free_symbols(&[a, b]).into_iter().filter(|id| !is_size(id)).collect();
    let mut place = Point::default();
    session.document.complete_sizes(&mut place.sizes);
    let mut agreed = 0;
    for k in 0..POINTS {
        let mut at = place.clone();
        for (j, x) in symbols.iter().enumerate() {
            at.values.push((*x, simple_values(session.graph(), *x, k, j, &at.sizes).map_err(|e| (0, e))?));
        }
        if !is_cheap(session.graph(), &[difference], &at) {
            break;
        }
        match compare(&session, [a, b, difference], &at).map_err(|e| (0, e))? {
            Comparison::Differ(values) => {
                let name = |x: Id| session.graph().symbol_name(x).to_string();
                return Ok(Verdict::No { at: at.values.into_iter().map(|(x, n)| (name(x), n)).collect(), values });
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
    Differ((Array<f64>, Array<f64>)),
    Unknown,
}

/// The difference is computed with as many digits as it takes to tell it from zero, so round-off never passes for one.
fn compare(session: &Session, roots: [Id; 3], at: &Point) -> Result<Comparison, Error> {
    let found = session.doubles(&roots, at)?;
    let [x, y, difference] = &found[..] else { return Ok(Comparison::Unknown) };
    let entries = x.data.iter().zip(&y.data).zip(&difference.data);
    let known = |((x, y), d): &((&f64, &f64), &f64)| x.is_finite() && y.is_finite() && d.is_finite();
    Ok(if entries.clone().any(|e| known(&e) && *e.1 != 0.0) {
        Comparison::Differ((x.clone(), y.clone()))
    } else if entries.clone().all(|e| known(&e)) {
        Comparison::Agree
    } else {
        Comparison::Unknown
    })
}

/// Simple values of a name.
fn simple_values(
    graph: &Graph,
    x: Id,
    round: u64,
    position: usize,
    sizes: &wrt_run::Sizes,
) -> Result<Array<Number>, Error> {
    let shape = crate::points::sizes_of(graph, graph.symbol_name(x), graph.dims(x), sizes)?;
    let entries = shape.iter().product::<usize>();
    let data = (0..entries).map(|k| sample(graph, x, round, position + (k << 10))).collect();
    Ok(Array { shape, data })
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
    let known = graph.assumptions(symbol);
    known.nearest(Number::ratio(k, if known.integer { 1 } else { denominator }).unwrap_or(Number::ONE))
}

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
