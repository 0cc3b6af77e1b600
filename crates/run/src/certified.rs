//! Values whose every digit is sure: the precision doubles until they are, or a limit says why not.

use wrt_balls::Ball;
use wrt_core::{Graph, Id, Number, Real};

use crate::bounded::Bounded;
use crate::decimal::decimal;
use crate::precise::Precise;
use crate::{EvaluationError, evaluate};

/// The most digits that are computed.
pub const MAX_DIGITS: usize = 10_000;

/// Where doubles stop asking for more precision: beyond the 1074 binary places of the smallest double.
const DOUBLE_LIMIT: u32 = 2048;
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
/// let at = [(w, Number::parse("3.001").unwrap())];
/// assert_eq!(wrt_run::exact(&g, f, &at).unwrap().unwrap().to_string(), "9.006001");
/// ```
pub fn exact(graph: &Graph, root: Id, at: &[(Id, Number)]) -> Result<Option<Number>, EvaluationError> {
    let values = roots_at(graph, &[root], at)(&Precise::new(Number::ONE, DOUBLE_START), &[0])?;
    Ok(values[0].as_exact().cloned())
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
/// let at = [(x, Number::parse("1e-30").unwrap())];
/// let value = &wrt_run::certified(&g, &[f], &at, 20).unwrap()[0];
/// assert_eq!(value.text(20), "1.0000000000000000000e-30");
/// ```
pub fn certified(
    graph: &Graph,
    roots: &[Id],
    at: &[(Id, Number)],
    digits: usize,
) -> Result<Vec<Certified>, EvaluationError> {
    search_digits(roots.len(), digits, extra_bits(graph, roots, at), roots_at(graph, roots, at))
}

/// Bits that inputs of extreme size ask for beyond the usual limits: the sine of 1e1000 needs 3322 bits to begin with,
/// `(1 - cos(x))/x^2` at 1e-350 several times 1163.
fn extra_bits(graph: &Graph, roots: &[Id], at: &[(Id, Number)]) -> u32 {
    let size = |n: &Number| if n.as_small().is_some() { 0 } else { n.bits() };
    let literals = graph.reachable(roots).into_iter().filter_map(|id| graph.as_number(id)).map(size).max();
    let inputs = at.iter().map(|(_, n)| size(n)).max();
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
        Some(Certified::Exact(n)) if n.is_zero() => Certified::Zero { radius: radius(&honest.ball()) },
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
/// many bits as it needs. A value that no precision tells from zero is 0.
///
/// # Errors
/// For a name without a value.
///
/// ```
/// use wrt_core::{Graph, Number};
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "log(1 + exp(x))", &Scope::default()).unwrap().result;
/// let x = g.find_symbol("x").unwrap();
/// assert_eq!(wrt_run::values_at(&g, &[f], &[(x, Number::integer(-700))]).unwrap(), [9.859676543759770e-305]);
/// ```
pub fn values_at(graph: &Graph, roots: &[Id], at: &[(Id, Number)]) -> Result<Vec<f64>, EvaluationError> {
    let like = Bounded::new(&Number::ONE);
    let point: Vec<(Id, Bounded)> = at.iter().map(|(x, n)| (*x, Bounded::new(n))).collect();
    let plain = evaluate(graph, roots, &point, &like)?;
    // Zeros have no sign here: -0 is 0.
    let mut values: Vec<f64> = plain.iter().map(|b| b.value() + 0.0).collect();
    let open: Vec<usize> = (0..roots.len()).filter(|&k| !plain[k].is_sure()).collect();
    if open.is_empty() {
        return Ok(values);
    }
    let hard: Vec<Id> = open.iter().map(|&k| roots[k]).collect();
    let compute = roots_at(graph, &hard, at);
    let limit = DOUBLE_LIMIT + extra_bits(graph, &hard, at);
    let search = Search { compute, count: hard.len(), start: DOUBLE_START, limit };
    let found = search.run(double, |_, guess| double(guess).unwrap_or_else(|| nearly(guess)))?;
    for (&k, value) in open.iter().zip(found) {
        // A result beyond all exponents is nothing that balls know; the plain double says which way it went.
        if !value.is_nan() || !values[k].is_infinite() {
            values[k] = value + 0.0;
        }
    }
    Ok(values)
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

/// The roots at some positions.
fn roots_at<'a>(
    graph: &'a Graph,
    roots: &'a [Id],
    at: &'a [(Id, Number)],
) -> impl FnMut(&Precise, &[usize]) -> Result<Vec<Precise>, EvaluationError> + 'a {
    move |like, open| {
        let point: Vec<(Id, Precise)> = at.iter().map(|(x, n)| (*x, like.exact(n))).collect();
        let wanted: Vec<Id> = open.iter().map(|&k| roots[k]).collect();
        evaluate(graph, &wanted, &point, like)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wrt_language::{Scope, parse};

    fn value(text: &str) -> f64 {
        let mut g = Graph::new();
        let f = parse(&mut g, text, &Scope::default()).unwrap().result;
        values_at(&g, &[f], &[]).unwrap()[0]
    }

    #[test]
    fn extreme_literals_get_the_bits_they_need() {
        assert_eq!(value("sin(1e1000)"), 0.6533597982103698);
        assert_eq!(value("(exp(1e-4000) - 1)*1e4000"), 1.0);
        assert_eq!(value("(1 - cos(1e-350))/(1e-350)^2"), 0.5);
    }

    #[test]
    fn what_is_not_known_is_no_zero() {
        assert!(value("sin(exp(10000))").is_nan());
        assert_eq!(value("sin(pi)"), 0.0);
    }
}
