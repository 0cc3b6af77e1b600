//! Values whose every digit is sure: the precision doubles until they are, or a limit says why not.

use wrt_balls::Ball;
use wrt_core::{Array, Graph, Id, Number, Real};

use crate::bounded::Bounded;
use crate::decimal::decimal;
use crate::evaluate::{array_work, shape_of};
use crate::precise::Precise;
use crate::{EvaluationError, Point, evaluate};

/// The most digits that are computed.
pub const MAX_DIGITS: usize = 10_000;

/// Where doubles stop asking for more precision: beyond the 1074 binary places of the smallest double.
const DOUBLE_LIMIT: u32 = 2048;
/// Up to so many multiplications the precision is raised where a double is not sure.
pub const MAX_RAISED_WORK: u64 = 100_000;
/// The most multiplications times bits of the last try, beyond the least precision.
const MAX_RAISED: u64 = 10_000_000;
/// What is not told from zero is taken for zero if it is at most this: of large arrays the precision is not raised far.
const MAX_RADIUS: f64 = 1e-9;
/// The first precision that is tried for a double.
const DOUBLE_START: u32 = 128;

/// What is certain about a value.
#[derive(Clone, PartialEq, Debug)]
pub enum Certified {
    /// The value is rational and this is it.
    Exact(Number),
    /// Decimal digits, all correct, the last one correctly rounded.
    Digits {
        /// The decimal number.
        text: String,
        /// Does it hang on something being zero that no precision decides (`sign(sin(pi))`)?
        assumes_zero: bool,
    },
    /// An infinity, as `1/0` is.
    Infinite {
        /// Is it −∞?
        negative: bool,
    },
    /// Not a real number, as `log(-1)` is.
    Undefined,
    /// Not told from zero: 0 ± radius.
    Zero {
        /// An upper bound of the magnitude.
        radius: f64,
    },
    /// Beyond what can be represented or decided.
    Unknown,
}

impl Certified {
    /// The value to `digits` digits; `NaN`, `Infinity`, `-Infinity` and `0 ± r` as words.
    pub fn text(&self, digits: usize) -> String {
        match self {
            Certified::Exact(n) => decimal(n, digits),
            Certified::Digits { text, .. } => text.clone(),
            Certified::Infinite { negative: false } => "Infinity".to_string(),
            Certified::Infinite { negative: true } => "-Infinity".to_string(),
            Certified::Undefined => "NaN".to_string(),
            Certified::Zero { radius } => format!("0 ± {radius:.1e}"),
            Certified::Unknown => "unknown".to_string(),
        }
    }

    /// Is it a real number (a zero that cannot be decided is one)?
    pub fn is_finite(&self) -> bool {
        matches!(self, Certified::Exact(_) | Certified::Digits { .. } | Certified::Zero { .. })
    }
}

/// The exact value of a node, where rational arithmetic leads to one.
///
/// # Errors
/// For a name without a value.
///
/// ```
/// use wrt_core::{Graph, Number};
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "max(w, 1/3)^2", &Scope::default()).unwrap().result;
/// let w = g.find_symbol("w").unwrap();
/// let at = wrt_run::Point::numbers(&[(w, Number::parse("3.001").unwrap())]);
/// assert_eq!(wrt_run::exact(&g, f, &at).unwrap().unwrap().to_string(), "9.006001");
/// ```
pub fn exact(graph: &Graph, root: Id, at: &Point<Number>) -> Result<Option<Number>, EvaluationError> {
    let like = Precise::new(Number::ONE, DOUBLE_START);
    let value = evaluate(graph, &[root], &at.map(|n| like.exact(n)), &like)?.swap_remove(0);
    Ok(value.data.first().and_then(Precise::as_exact).cloned())
}

/// The values of `roots` at an exact point to `digits` significant digits.
///
/// # Errors
/// For a name without a value.
///
/// ```
/// use wrt_core::{Graph, Number};
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "exp(x) - 1", &Scope::default()).unwrap().result;
/// let x = g.find_symbol("x").unwrap();
/// let at = wrt_run::Point::numbers(&[(x, Number::parse("1e-30").unwrap())]);
/// let value = &wrt_run::certified(&g, &[f], &at, 20).unwrap()[0].data[0];
/// assert_eq!(value.text(20), "1.0000000000000000000e-30");
/// ```
pub fn certified(
    graph: &Graph,
    roots: &[Id],
    at: &Point<Number>,
    digits: usize,
) -> Result<Vec<Array<Certified>>, EvaluationError> {
    let entries = Entries::new(graph, roots, at)?;
    let extra = extra_bits(graph, roots, at);
    let found = search_digits(entries.owners.len(), digits, extra, |like, open| entries.values(like, open))?;
    Ok(entries.arrays(found))
}

/// Bits that inputs of extreme size ask for beyond the usual limits: the sine of 1e1000 needs 3322 bits to begin with,
/// `(1 - cos(x))/x^2` at 1e-350 several times 1163.
fn extra_bits(graph: &Graph, roots: &[Id], at: &Point<Number>) -> u32 {
    let size = |n: &Number| if n.as_small().is_some() { 0 } else { n.bits() };
    let literals = graph.reachable(roots).into_iter().filter_map(|id| graph.as_number(id)).map(size).max();
    let inputs = at.values.iter().flat_map(|(_, a)| &a.data).map(size).max();
    let largest = literals.max(inputs).unwrap_or(0);
    // A double has at most 1074 + 53 bits, as everyday inputs have far less.
    if largest <= 256 { 0 } else { 6 * largest.min(20_000) as u32 }
}

/// Certified digits of whatever is computed from exact numbers, in the precision of the argument, as often as needed.
///
/// # Errors
/// Those of `compute`.
///
/// ```
/// use wrt_core::{Number, Real};
/// let root = wrt_run::certify(10, |like| Ok::<_, ()>(vec![like.ratio(2, 1).sqrt()])).unwrap();
/// assert_eq!(root[0].text(10), "1.414213562");
/// ```
pub fn certify<E>(
    digits: usize,
    mut compute: impl FnMut(&Precise) -> Result<Vec<Precise>, E>,
) -> Result<Vec<Certified>, E> {
    let count = compute(&Precise::new(Number::ONE, DOUBLE_START))?.len();
    search_digits(count, digits, 0, |like, open| {
        let all = compute(like)?;
        Ok(open.iter().map(|&k| all[k].clone()).collect())
    })
}

fn search_digits<E>(
    count: usize,
    digits: usize,
    extra: u32,
    compute: impl FnMut(&Precise, &[usize]) -> Result<Vec<Precise>, E>,
) -> Result<Vec<Certified>, E> {
    let digits = digits.clamp(1, MAX_DIGITS);
    // A digit is 3.33 bits.
    let wanted = digits as u32 * 10 / 3 + 32;
    let search = Search { compute, count, start: wanted + 32, limit: 4 * wanted + DOUBLE_LIMIT + extra };
    search.run(|v| settled(v, digits), |honest, guess| guessed(honest, guess, digits))
}

/// The best that can be said at the limit.
fn guessed(honest: &Precise, guess: &Precise, digits: usize) -> Certified {
    match settled(guess, digits) {
        Some(Certified::Exact(n)) if !guess.assumes_zero() => Certified::Exact(n),
        Some(Certified::Exact(n)) if n.is_zero() => match radius(&honest.ball()) {
            radius if radius > MAX_RADIUS && honest.is_finite() => Certified::Unknown,
            radius => Certified::Zero { radius },
        },
        // What is infinite only because something else was taken for zero (`log(1 - sigmoid(7000))`) is not known.
        Some(Certified::Infinite { .. } | Certified::Undefined) if guess.assumes_zero() => Certified::Unknown,
        Some(Certified::Exact(n)) => Certified::Digits { text: decimal(&n, digits), assumes_zero: true },
        Some(Certified::Digits { text, .. }) => Certified::Digits { text, assumes_zero: guess.assumes_zero() },
        Some(other) => other,
        None => Certified::Unknown,
    }
}

fn radius(ball: &Ball) -> f64 {
    let (low, high) = ball.to_f64_bounds();
    high.max(-low)
}

/// What is certain already.
fn settled(value: &Precise, digits: usize) -> Option<Certified> {
    if let Some(n) = value.as_exact() {
        return Some(Certified::Exact(n.clone()));
    }
    match value.ball() {
        Ball::PosInf => Some(Certified::Infinite { negative: false }),
        Ball::NegInf => Some(Certified::Infinite { negative: true }),
        Ball::Undefined => Some(Certified::Undefined),
        Ball::Unknown => None,
        ball => Some(Certified::Digits { text: ball.to_decimal(digits)?, assumes_zero: false }),
    }
}

/// The doubles nearest to the values of `roots` at an exact point, or within one unit in the last place of them.
///
/// A plain evaluation with a running bound of its error comes first. What that cannot vouch for is computed with as
/// many bits as it needs, as far as the work allows: of large arrays with the running bound alone. A value that no
/// precision tells from zero is 0.
///
/// # Errors
/// As [`evaluate`].
///
/// ```
/// use wrt_core::{Graph, Number};
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "log(1 + exp(x))", &Scope::default()).unwrap().result;
/// let x = g.find_symbol("x").unwrap();
/// let at = wrt_run::Point::numbers(&[(x, Number::integer(-700))]);
/// assert_eq!(wrt_run::values_at(&g, &[f], &at).unwrap()[0].data, [9.859676543759770e-305]);
/// ```
pub fn values_at(graph: &Graph, roots: &[Id], at: &Point<Number>) -> Result<Vec<Array<f64>>, EvaluationError> {
    let plain = evaluate(graph, roots, &at.map(Bounded::new), &Bounded::new(&Number::ONE))?;
    // Zeros have no sign here: -0 is 0.
    let each = |a: &Array<Bounded>| a.data.iter().map(|b| b.value() + 0.0).collect();
    let mut values: Vec<Array<f64>> = plain.iter().map(|a| Array { shape: a.shape.clone(), data: each(a) }).collect();
    let open = plain
        .iter()
        .enumerate()
        .flat_map(|(r, a)| a.data.iter().enumerate().filter(|(_, x)| !x.is_sure()).map(move |(k, _)| (r, k)));
    let owners: Vec<(usize, usize)> = open.collect();
    let work = array_work(graph, roots, &at.sizes);
    if owners.is_empty() || work > MAX_RAISED_WORK {
        return Ok(values);
    }
    let shapes = plain.into_iter().map(|a| a.shape).collect();
    let entries = Entries { graph, roots, at, shapes, owners };
    let extra = extra_bits(graph, roots, at);
    let found = search_doubles(entries.owners.len(), work, extra, |like, open| entries.values(like, open))?;
    for (&(r, k), value) in entries.owners.iter().zip(found) {
        let slot = &mut values[r].data[k];
        match value {
            Some(value) => *slot = value + 0.0,
            // A result beyond all exponents is nothing that balls know; the plain double says which way it went.
            None if slot.is_infinite() => {}
            None => *slot = f64::NAN,
        }
    }
    Ok(values)
}

/// The doubles nearest to numbers of any origin, or within one unit in the last place of them, in as many bits as they
/// need and `work`, the multiplications that each try takes, allows; none where a number is beyond all bounds.
///
/// `compute` is given the precision, and the positions of the numbers that are still open.
///
/// # Errors
/// Those of `compute`.
///
/// ```
/// use wrt_core::Real;
/// let cancelled = |like: &wrt_run::Precise, _: &[usize]| {
///     let x = like.ratio(1, 1 << 31);
///     Ok::<_, ()>(vec![(x.clone() - x.clone().sin()) / (x.clone() * x.clone() * x)])
/// };
/// assert_eq!(wrt_run::nearest_doubles(1, 5, cancelled).unwrap(), [Some(1.0 / 6.0)]);
/// ```
pub fn nearest_doubles<E>(
    count: usize,
    work: u64,
    compute: impl FnMut(&Precise, &[usize]) -> Result<Vec<Precise>, E>,
) -> Result<Vec<Option<f64>>, E> {
    search_doubles(count, work, 0, compute)
}

fn search_doubles<E>(
    count: usize,
    work: u64,
    extra: u32,
    compute: impl FnMut(&Precise, &[usize]) -> Result<Vec<Precise>, E>,
) -> Result<Vec<Option<f64>>, E> {
    let bits = u32::try_from(MAX_RAISED / work.max(1)).unwrap_or(u32::MAX);
    let limit = bits.clamp(2 * DOUBLE_START, DOUBLE_LIMIT) + extra;
    let search = Search { compute, count, start: DOUBLE_START, limit };
    search.run(|v| double(v).map(Some), best_double)
}

/// The best that can be said of a double at the limit: NaN where it hangs on something being zero that is not known to be
/// small, nothing where it is beyond all bounds.
fn best_double(honest: &Precise, guess: &Precise) -> Option<f64> {
    let value = double(guess).unwrap_or_else(|| nearly(guess));
    // A root of what is not told from zero has no bound of its own.
    let wide = honest.is_finite() && radius(&honest.ball()) > MAX_RADIUS;
    let open = guess.assumes_zero() && (!value.is_finite() || value == 0.0 && wide);
    if open { Some(f64::NAN) } else { Some(value).filter(|v| !v.is_nan()) }
}

/// The middle of a value that is known well, if not to the last place; NaN for one that is not known.
fn nearly(value: &Precise) -> f64 {
    let ball = value.ball();
    let (low, high) = ball.to_f64_bounds();
    let middle = ball.mid_f64();
    let known = high - low <= 1e-9 * middle.abs() || high.abs().max(low.abs()) < f64::MIN_POSITIVE;
    if known { middle } else { f64::NAN }
}

/// The double that a value certainly rounds to (within one unit in the last place), NaN if undefined.
fn double(value: &Precise) -> Option<f64> {
    if let Some(n) = value.as_exact() {
        return Some(n.to_f64());
    }
    match value.ball() {
        Ball::Undefined => Some(f64::NAN),
        ball => ball.to_f64().or_else(|| {
            // Both ends round to neighbours: either is within one unit.
            let (low, high) = ball.to_f64_bounds();
            (low.is_finite() && low != 0.0 && low.next_up() == high).then(|| ball.mid_f64())
        }),
    }
}

/// Numbers to be found at rising precision.
struct Search<F> {
    /// The numbers at some positions, in the precision of the first argument.
    compute: F,
    count: usize,
    start: u32,
    limit: u32,
}

impl<E, F: FnMut(&Precise, &[usize]) -> Result<Vec<Precise>, E>> Search<F> {
    /// `sure` tells a result if there is one; `last` makes the best of the honest last value and of the one that took
    /// for zero what could not be told from it.
    fn run<T>(
        mut self,
        sure: impl Fn(&Precise) -> Option<T>,
        last: impl Fn(&Precise, &Precise) -> T,
    ) -> Result<Vec<T>, E> {
        let mut found: Vec<Option<T>> = (0..self.count).map(|_| None).collect();
        let mut open: Vec<usize> = (0..self.count).collect();
        let mut bits = self.start;
        loop {
            let values = (self.compute)(&Precise::new(Number::ONE, bits), &open)?;
            for (&k, value) in open.iter().zip(&values) {
                found[k] = sure(value);
            }
            if bits >= self.limit && open.iter().any(|&k| found[k].is_none()) {
                let guesses = (self.compute)(&Precise::settling(Number::ONE, bits), &open)?;
                for ((&k, honest), guess) in open.iter().zip(&values).zip(&guesses) {
                    found[k].get_or_insert_with(|| last(honest, guess));
                }
            }
            open.retain(|&k| found[k].is_none());
            if open.is_empty() {
                return Ok(found.into_iter().flatten().collect());
            }
            bits = (2 * bits).min(self.limit);
        }
    }
}

/// Entries of the values of some nodes, numbered: each with its node's place among the roots and its own place in it.
struct Entries<'a> {
    graph: &'a Graph,
    roots: &'a [Id],
    at: &'a Point<Number>,
    shapes: Vec<Vec<usize>>,
    owners: Vec<(usize, usize)>,
}

impl<'a> Entries<'a> {
    /// All entries of the roots.
    fn new(graph: &'a Graph, roots: &'a [Id], at: &'a Point<Number>) -> Result<Entries<'a>, EvaluationError> {
        let shapes = roots.iter().map(|r| shape_of(graph, *r, &at.sizes)).collect::<Result<Vec<_>, _>>()?;
        let all = |(r, shape): (usize, &Vec<usize>)| (0..shape.iter().product()).map(move |k| (r, k));
        let owners = shapes.iter().enumerate().flat_map(all).collect();
        Ok(Entries { graph, roots, at, shapes, owners })
    }

    /// The entries with these numbers, in the precision of `like`.
    fn values(&self, like: &Precise, numbers: &[usize]) -> Result<Vec<Precise>, EvaluationError> {
        let mut wanted: Vec<usize> = numbers.iter().map(|n| self.owners[*n].0).collect();
        wanted.dedup();
        let ids: Vec<Id> = wanted.iter().map(|r| self.roots[*r]).collect();
        let found = evaluate(self.graph, &ids, &self.at.map(|n| like.exact(n)), like)?;
        let entry = |n: &usize| {
            let (r, k) = self.owners[*n];
            // Numbers rise, and so do their roots.
            let place = wanted.binary_search(&r).unwrap_or(0);
            found[place].data[k].clone()
        };
        Ok(numbers.iter().map(entry).collect())
    }

    /// All entries as arrays again.
    fn arrays<T>(&self, found: Vec<T>) -> Vec<Array<T>> {
        let mut rest = found.into_iter();
        let take = |shape: &Vec<usize>| {
            let data = rest.by_ref().take(shape.iter().product()).collect();
            Array { shape: shape.clone(), data }
        };
        self.shapes.iter().map(take).collect()
    }
}
