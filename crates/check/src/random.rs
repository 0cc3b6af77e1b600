//! Random points of a formula's domain, found by trying; the same every time.

use wrt_core::{Array, Graph, Id, Node, Number, Real, Role};
use wrt_run::{EvaluationError, Point, Precise, array_work, evaluate};

/// What is tried in turn: multiples of 1/64 in a range, square matrices symmetric positive definite or not.
const TASTES: [Taste; 11] = [
    Taste { low: -64, high: 64, definite: false },
    Taste { low: 16, high: 96, definite: false },
    Taste { low: 16, high: 96, definite: true },
    Taste { low: 0, high: 64, definite: false },
    Taste { low: -128, high: 128, definite: false },
    Taste { low: 64, high: 256, definite: false },
    Taste { low: 0, high: 640, definite: false },
    Taste { low: -640, high: 640, definite: false },
    Taste { low: -64, high: 0, definite: false },
    Taste { low: 0, high: 6400, definite: false },
    Taste { low: -6400, high: 6400, definite: false },
];

/// The most points that are tried before giving up, and the most multiplications of all tries beyond one of each taste.
const TRIES: u64 = 400;
const MAX_TRIED: u64 = 1 << 22;

/// Up to so many multiplications, a point counts where values exist beyond the range of doubles.
const EXACTLY: u64 = 20_000;

/// The most entries of a random array.
const MAX_RANDOM: u64 = 1 << 24;

#[derive(Clone, Copy)]
struct Taste {
    /// In 64ths, both ends left out.
    low: i64,
    high: i64,
    definite: bool,
}

/// A random point, the same every time for each number `which`, at which all `roots` are finite: values for all free
/// names that `given` lacks. `classes` tells how many classes a name's labels are of.
///
/// # Errors
/// Why none was found.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "log(x - 50)", &Scope::default()).unwrap().result;
/// let point = wrt_check::random_point(&g, &[f], &Default::default(), &|_| None, 0).unwrap();
/// assert!(point.values[0].1.data[0].to_f64() > 50.0);
/// ```
pub fn random_point(
    graph: &Graph,
    roots: &[Id],
    given: &Point<Number>,
    classes: &dyn Fn(Id) -> Option<usize>,
    which: u64,
) -> Result<Point<Number>, EvaluationError> {
    let mut random = Random::number(which);
    let symbols = graph.free_symbols(roots);
    let role = |id: Id| match graph.node(id) {
        Node::Symbol(s) => s.role,
        _ => Role::Variable,
    };
    let open: Vec<Id> =
        symbols.into_iter().filter(|id| role(*id) != Role::Dimension && given.get(*id).is_none()).collect();
    let work = array_work(graph, roots, &given.sizes);
    let tries = if open.is_empty() { 1 } else { (MAX_TRIED / work.max(1)).clamp(TASTES.len() as u64, TRIES) };
    let mut failure = None;
    for attempt in 0..tries as usize {
        let mut point = given.clone();
        for id in &open {
            let value =
                random_array(graph, *id, TASTES[attempt % TASTES.len()], &given.sizes, classes(*id), &mut random)?;
            point.values.push((*id, value));
        }
        match is_finite(graph, roots, &point, work) {
            Ok(true) => return Ok(point),
            Ok(false) => {}
            Err(e) => failure = Some(e),
        }
    }
    let message = if open.is_empty() {
        "it is not defined at the point given"
    } else {
        "no random point was found at which everything is defined"
    };
    Err(failure.unwrap_or_else(|| EvaluationError::NoPoint(message.into())))
}

fn is_finite(graph: &Graph, roots: &[Id], point: &Point<Number>, work: u64) -> Result<bool, EvaluationError> {
    if work > EXACTLY {
        let values = evaluate(graph, roots, &point.map(Number::to_f64), &0.0)?;
        return Ok(values.iter().flat_map(|a| &a.data).all(|v| v.is_finite()));
    }
    let like = Precise::new(Number::ONE, 128);
    let values = evaluate(graph, roots, &point.map(|n| like.exact(n)), &like)?;
    Ok(values.iter().flat_map(|a| &a.data).all(Precise::is_finite))
}

fn random_array(
    graph: &Graph,
    id: Id,
    taste: Taste,
    sizes: &[(String, usize)],
    classes: Option<usize>,
    random: &mut Random,
) -> Result<Array<Number>, EvaluationError> {
    let size = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
    let shape: Vec<u64> = graph.dims(id).iter().map(|d| graph.dimension(*d).evaluate(size).unwrap_or(1)).collect();
    if shape.iter().fold(1, |a: u64, b| a.saturating_mul(*b)) > MAX_RANDOM {
        let name = graph.symbol_name(id);
        let message = format!("`{name}`, of shape {shape:?}, is too large for random values: at most {MAX_RANDOM}");
        return Err(EvaluationError::TooLarge(message));
    }
    let shape: Vec<usize> = shape.into_iter().map(|n| n as usize).collect();
    let uniform = matches!(graph.node(id), Node::Symbol(s) if s.role == Role::Random);
    let known = graph.assumptions(id);
    let ratio = |k: i64| Number::ratio(k, 64).unwrap_or(Number::ONE);
    let entry = |random: &mut Random| {
        if let Some(classes) = classes {
            return Number::integer(random.below(classes as u64) as i64);
        }
        if uniform {
            return ratio(random.below(64) as i64);
        }
        let mut k = taste.low + 1 + random.below((taste.high - taste.low - 1) as u64) as i64;
        if known.integer {
            k = k / 64 * 64;
        }
        known.nearest(ratio(k))
    };
    let entries: usize = shape.iter().product();
    let mut array = Array { data: (0..entries).map(|_| entry(random)).collect(), shape };
    if let (true, [n, m]) = (taste.definite, &array.shape[..])
        && n == m
    {
        let n = *n;
        make_definite(&mut array.data, n);
    } else if let (true, [.., m, n]) = (known.symmetric, &array.shape[..])
        && m == n
    {
        let n = *n;
        for matrix in array.data.chunks_mut((n * n).max(1)) {
            for (i, j) in (0..n).flat_map(|i| (0..i).map(move |j| (i, j))) {
                matrix[i * n + j] = matrix[j * n + i].clone();
            }
        }
    }
    Ok(array)
}

/// The mean with the transpose, and a diagonal that dominates.
fn make_definite(data: &mut [Number], n: usize) {
    for i in 0..n {
        for j in 0..i {
            let mean = &(&data[i * n + j] + &data[j * n + i]) * &Number::HALF;
            (data[i * n + j], data[j * n + i]) = (mean.clone(), mean);
        }
        data[i * n + i] = &data[i * n + i] + &Number::integer(2 * n as i64);
    }
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
