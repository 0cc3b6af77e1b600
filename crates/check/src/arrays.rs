//! The judge for tensors: each parameter's derivative by every engine, against nudges along random directions.

use wrt_core::{Array, Graph, Id, Node, Number, Operation, Real, Role};
use wrt_differentiate::{NotDifferentiable, gradient, jvp};
use wrt_run::{EvaluationError, Point, Precise, array_work, evaluate};

use crate::random::Random;

/// How far engines may differ, relative to the largest entry: doubles lose some digits in long sums.
const TOLERANCE: f64 = 1e-9;

/// By how much nudges move the point: the quotient of both sides is then right to 2⁻⁸⁰.
const NUDGE: u32 = 40;

/// Precision of nudged values.
const BITS: u32 = 192;

/// Parameters with at most so many entries are nudged at each of them.
const FEW: usize = 6;

/// The most multiplications of one evaluation that is checked: it is done many times, in many digits.
const MAX_WORK: u64 = 1 << 22;

/// The most entries of a random array.
const MAX_RANDOM: u64 = 1 << 24;

/// What the judge found for one parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct ArrayPart {
    /// The parameter.
    pub wrt: Id,
    /// Along how many directions it was nudged.
    pub directions: usize,
    /// Was it not nudged, for derivatives that the text gives are trusted?
    pub trusted: bool,
    /// Each engine and its largest difference from the nudges, relative to the largest slope.
    pub engines: Vec<(&'static str, f64)>,
    /// Directions along which the slopes of the two sides differ; the derivative lies between.
    pub kinks: usize,
    /// Directions along which there is no derivative: no slope, or two and no engine with a value.
    pub undefined: usize,
    /// Do all engines agree where there is one? The formula may be undefined where the others are not.
    pub agrees: bool,
}

/// Why there is no report.
#[derive(Clone, PartialEq, Debug)]
pub enum Unchecked {
    /// The cost has no derivative.
    NotDifferentiable(NotDifferentiable),
    /// The cost cannot be evaluated.
    NoValue(EvaluationError),
}

impl From<NotDifferentiable> for Unchecked {
    fn from(e: NotDifferentiable) -> Self {
        Unchecked::NotDifferentiable(e)
    }
}

impl From<EvaluationError> for Unchecked {
    fn from(e: EvaluationError) -> Self {
        Unchecked::NoValue(e)
    }
}

/// The derivatives as formulas in a graph of their own, such as read back from what was printed.
#[derive(Clone, Copy)]
pub struct ArrayFormulas<'a> {
    /// Where they are.
    pub graph: &'a Graph,
    /// One for each variable.
    pub ids: &'a [Id],
    /// The point, by the names of their graph.
    pub at: &'a Point<Number>,
}

impl ArrayFormulas<'_> {
    fn value(&self, k: usize) -> Result<Option<Array<f64>>, EvaluationError> {
        let Some(&id) = self.ids.get(k) else { return Ok(None) };
        Ok(evaluate(self.graph, &[id], &self.at.map(Number::to_f64), &0.0)?.pop())
    }
}

/// Holds the derivative of a scalar `cost` with respect to each of `wrt`, as reverse mode, forward mode and formulas for
/// people have it, in doubles and in many digits, against nudges; or, where derivatives that
/// the text gives are to be trusted (`trust`), against reverse mode in many digits.
///
/// # Errors
/// [`Unchecked`] where there is nothing to compare.
pub fn check_arrays(
    graph: &mut Graph,
    cost: Id,
    wrt: &[Id],
    formulas: Option<ArrayFormulas<'_>>,
    at: &Point<Number>,
    trust: bool,
) -> Result<Vec<ArrayPart>, Unchecked> {
    let work = array_work(graph, &[cost], &at.sizes);
    if work > MAX_WORK {
        let message = format!("a value takes about {work} multiplications; a check is for at most {MAX_WORK}");
        return Err(EvaluationError::TooLarge(format!("{message}: give smaller sizes")).into());
    }
    let is_own = |id: &Id| matches!(graph.node(*id), Node::Operation(Operation::Override(_), _));
    let trusted = trust && graph.reachable(&[cost]).iter().any(is_own);
    let reverse = gradient(graph, cost, wrt)?;
    let mut random = Random::new();
    let mut parts = Vec::with_capacity(wrt.len());
    for (k, &x) in wrt.iter().enumerate() {
        let message = || EvaluationError::Unbound(graph.symbol_name(x).to_string());
        let shape = at.get(x).map(|a| a.shape.clone()).ok_or_else(message)?;
        let directions = directions(&shape, &mut random);
        let mut judge = Judge { graph, cost, x, at, stopped: Vec::new() };
        judge.stop()?;
        let many_digits = judge.precise(reverse[k])?;
        let slopes = if trusted {
            directions.iter().map(|d| (dot(&many_digits, d), dot(&many_digits, d))).collect()
        } else {
            directions.iter().map(|d| judge.slope(d)).collect::<Result<Vec<_>, _>>()?
        };
        let mut engines = vec![("reverse", judge.doubles(reverse[k])?), ("reverse, many digits", many_digits)];
        if let Some(formula) = formulas.map(|all| all.value(k)).transpose()?.flatten() {
            engines.push(("formula", formula));
        }
        let along = |a: &Array<f64>| directions.iter().map(|d| dot(a, d)).collect::<Vec<f64>>();
        let mut found: Vec<(&'static str, Vec<f64>)> = engines.iter().map(|(name, a)| (*name, along(a))).collect();
        found.push(("forward", judge.forward(&directions)?));
        let part = part(x, &slopes, found);
        parts.push(ArrayPart { trusted, directions: if trusted { 0 } else { part.directions }, ..part });
    }
    Ok(parts)
}

/// The slopes from both sides.
type Sides = (f64, f64);

fn part(wrt: Id, slopes: &[Sides], found: Vec<(&'static str, Vec<f64>)>) -> ArrayPart {
    let scale = slopes.iter().flat_map(|(a, b)| [a.abs(), b.abs()]).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    // A slope of exactly zero everywhere is compared with what round-off makes of it.
    let scale = if scale < 1e-12 { 1.0 } else { scale };
    let kink = |(a, b): &Sides| (a - b).abs() > 1e-6 * scale;
    let off = |&(left, right): &Sides, v: f64| {
        let (low, high) = (left.min(right), left.max(right));
        let outside = (low - v).max(v - high).max(0.0) / scale;
        if v.is_finite() && low.is_finite() && high.is_finite() { outside } else { f64::INFINITY }
    };
    let exists = |(k, slope): (usize, &Sides)| {
        let value = found.iter().any(|(_, values)| values[k].is_finite());
        slope.0.is_finite() && slope.1.is_finite() && (value || !kink(slope))
    };
    let defined: Vec<bool> = slopes.iter().enumerate().map(exists).collect();
    let engines: Vec<(&'static str, f64)> = found
        .into_iter()
        .map(|(name, values)| {
            let differences = slopes.iter().zip(&values).zip(&defined).filter(|(_, defined)| **defined);
            (name, differences.map(|((s, v), _)| off(s, *v)).fold(0.0, f64::max))
        })
        .collect();
    // A tangent of 0 along what has no derivative is no number.
    let partly = defined.contains(&false);
    let undefined =
        |name: &str, difference: f64| difference.is_infinite() && (name == "formula" || name == "forward" && partly);
    let agrees = engines.iter().all(|(name, difference)| *difference <= TOLERANCE || undefined(name, *difference));
    ArrayPart {
        wrt,
        directions: slopes.len(),
        trusted: false,
        undefined: defined.iter().filter(|d| !**d).count(),
        agrees,
        kinks: slopes.iter().filter(|s| kink(s)).count(),
        engines,
    }
}

/// Single entries and random signs.
fn directions(shape: &[usize], random: &mut Random) -> Vec<Array<Number>> {
    let entries: usize = shape.iter().product();
    let array = |data| Array { shape: shape.to_vec(), data };
    let unit = |k: usize| array((0..entries).map(|j| Number::integer(i64::from(j == k))).collect());
    if entries <= FEW {
        return (0..entries).map(unit).collect();
    }
    let mut all: Vec<Array<Number>> = (0..3).map(|_| unit(random.below(entries as u64) as usize)).collect();
    for _ in 0..2 {
        all.push(array((0..entries).map(|_| Number::integer(random.below(2) as i64 * 2 - 1)).collect()));
    }
    all
}

fn dot(a: &Array<f64>, direction: &Array<Number>) -> f64 {
    a.data.iter().zip(&direction.data).filter(|(_, d)| !d.is_zero()).map(|(x, d)| x * d.to_f64()).sum()
}

/// One parameter of a cost at a point.
struct Judge<'a> {
    graph: &'a mut Graph,
    cost: Id,
    x: Id,
    at: &'a Point<Number>,
    /// What is taken for a constant keeps its value while others are nudged.
    stopped: Vec<(Id, Array<Precise>)>,
}

impl Judge<'_> {
    fn doubles(&self, root: Id) -> Result<Array<f64>, EvaluationError> {
        Ok(evaluate(self.graph, &[root], &self.at.map(Number::to_f64), &0.0)?.swap_remove(0))
    }

    fn precise(&self, root: Id) -> Result<Array<f64>, EvaluationError> {
        Ok(each(&self.exactly(root, self.at)?, Precise::approximate))
    }

    fn exactly(&self, root: Id, at: &Point<Number>) -> Result<Array<Precise>, EvaluationError> {
        let like = Precise::settling(Number::ONE, BITS);
        let mut at = at.map(|n| like.exact(n));
        at.values.extend(self.stopped.iter().cloned());
        Ok(evaluate(self.graph, &[root], &at, &like)?.swap_remove(0))
    }

    /// Notes the values of what is taken for a constant.
    fn stop(&mut self) -> Result<(), EvaluationError> {
        let is_stopped = |id: &Id| matches!(self.graph.node(*id), Node::Operation(Operation::StopGradient(_), _));
        let stopped: Vec<Id> = self.graph.reachable(&[self.cost]).into_iter().filter(is_stopped).collect();
        self.stopped = stopped.into_iter().map(|id| Ok((id, self.exactly(id, self.at)?))).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// The slopes of the cost to both sides along a direction.
    fn slope(&mut self, direction: &Array<Number>) -> Result<Sides, EvaluationError> {
        let step = Number::ratio(1, 1 << NUDGE).unwrap_or(Number::ONE);
        let value = |judge: &Self, scale: &Number| {
            let mut at = judge.at.clone();
            for (id, array) in &mut at.values {
                if *id == judge.x {
                    array.data.iter_mut().zip(&direction.data).for_each(|(a, d)| *a = &*a + &(d * scale));
                }
            }
            Ok::<_, EvaluationError>(judge.exactly(judge.cost, &at)?.data.swap_remove(0))
        };
        let (up, here, down) = (value(self, &step)?, value(self, &Number::ZERO)?, value(self, &-&step)?);
        let over = |a: Precise, b: Precise, h: &Number| ((a - b) / Precise::new(h.clone(), BITS)).approximate();
        let both = over(up.clone(), down.clone(), &(&step + &step));
        let (right, left) = (over(up, here.clone(), &step), over(here, down, &step));
        // Without a kink the quotient of both sides is far nearer to the slope than either.
        let smooth = (left - right).abs() <= 1e-6 * left.abs().max(right.abs()).max(1e-6);
        Ok(if smooth { (both, both) } else { (left, right) })
    }

    /// Forward mode along each direction.
    fn forward(&mut self, directions: &[Array<Number>]) -> Result<Vec<f64>, Unchecked> {
        let dims = self.graph.dims(self.x).to_vec();
        let name = format!("direction of {}", self.graph.symbol_name(self.x));
        let v = self.graph.tensor_symbol(&name, Role::Variable, &dims, Default::default());
        let slope = jvp(self.graph, &[self.cost], &[self.x], &[v])?[0];
        let mut found = Vec::with_capacity(directions.len());
        for direction in directions {
            let at = self.at.map(Number::to_f64).with(v, each(direction, Number::to_f64));
            let value = evaluate(self.graph, &[slope], &at, &0.0)?;
            found.push(value[0].data[0]);
        }
        Ok(found)
    }
}

fn each<A, B>(array: &Array<A>, f: impl Fn(&A) -> B) -> Array<B> {
    Array { shape: array.shape.clone(), data: array.data.iter().map(f).collect() }
}

/// Kinds of points that are tried in turn.
#[derive(Clone, Copy)]
enum Taste {
    /// Multiples of 1/64 in (−1, 1).
    Around,
    /// Multiples of 1/64 in [1/4, 3/2].
    Positive,
    /// As above, square matrices symmetric positive definite.
    Definite,
}

/// A random point, the same every time for each number `which`, at which all `roots` are finite: values for all free
/// names that `given` lacks.
///
/// # Errors
/// Why none was found.
pub fn random_arrays(
    graph: &Graph,
    roots: &[Id],
    given: &Point<Number>,
    classes: &dyn Fn(Id) -> Option<usize>,
    which: u64,
) -> Result<Point<Number>, EvaluationError> {
    let mut random = Random::number(which);
    let mut failure = None;
    for taste in [Taste::Around, Taste::Positive, Taste::Definite, Taste::Around, Taste::Positive, Taste::Definite] {
        let mut point = given.clone();
        for id in graph.free_symbols(roots) {
            let role = |g: &Graph| match g.node(id) {
                Node::Symbol(s) => s.role,
                _ => Role::Variable,
            };
            if role(graph) != Role::Dimension && point.get(id).is_none() {
                let value = random_array(graph, id, taste, &given.sizes, classes(id), &mut random)?;
                point.values.push((id, value));
            }
        }
        match evaluate(graph, roots, &point.map(Number::to_f64), &0.0) {
            Ok(values) if values.iter().flat_map(|a| &a.data).all(|v| v.is_finite()) => return Ok(point),
            Ok(_) => {}
            Err(e) => failure = Some(e),
        }
    }
    let is_given =
        |id: &Id| given.get(*id).is_some() || matches!(graph.node(*id), Node::Symbol(s) if s.role == Role::Dimension);
    let message = if graph.free_symbols(roots).iter().all(is_given) {
        "it is not defined at the point given"
    } else {
        "no random point was found at which everything is defined"
    };
    Err(failure.unwrap_or_else(|| EvaluationError::NoPoint(message.into())))
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
    let (uniform, known) = match graph.node(id) {
        Node::Symbol(s) => (s.role == Role::Random, s.assumptions),
        _ => (false, Default::default()),
    };
    let ratio = |k: i64| Number::ratio(k, 64).unwrap_or(Number::ONE);
    let entry = |random: &mut Random| {
        if let Some(classes) = classes {
            return Number::integer(random.below(classes as u64) as i64);
        }
        let k = match taste {
            _ if uniform => random.below(64) as i64,
            Taste::Around => random.below(127) as i64 - 63,
            Taste::Positive | Taste::Definite => random.below(81) as i64 + 16,
        };
        let k = if known.nonnegative { k.abs() + i64::from(known.nonzero && k == 0) } else { k };
        ratio(if known.nonpositive { -k.abs() } else { k })
    };
    let entries: usize = shape.iter().product();
    let mut array = Array { data: (0..entries).map(|_| entry(random)).collect(), shape };
    if let (Taste::Definite, [n, m]) = (taste, &array.shape[..])
        && n == m
    {
        let n = *n;
        make_definite(&mut array.data, n);
    } else if let (true, [.., m, n]) = (known.symmetric, &array.shape[..])
        && m == n
    {
        let n = *n;
        for matrix in array.data.chunks_mut(n * n) {
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
