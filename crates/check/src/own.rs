//! A person's own function and gradient in Rust, held against nudging in doubles.

/// What was found for one coordinate.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Own {
    /// The gradient's entry.
    pub given: f64,
    /// The slope by nudging, extrapolated.
    pub nudged: f64,
    /// How far nudging in doubles can be trusted here.
    pub error: f64,
    /// The slopes from the left and from the right.
    pub sides: (f64, f64),
    /// Is the entry right as far as nudging can tell (at a kink: between both slopes)?
    pub agrees: bool,
}

/// Halvings of the step.
const LEVELS: usize = 10;

/// Holds a gradient against its function at a point.
///
/// Nudging in doubles sees some ten digits: a difference below `1e-7` of the slope, or within a hundred times of what
/// the extrapolation says of its own error, counts as none.
///
/// ```
/// let own = wrt_check::check_function(|x| x[0] * x[0], |x| vec![2.0 * x[0]], &[3.0]);
/// assert!(own[0].agrees);
/// let wrong = wrt_check::check_function(|x| x[0] * x[0], |x| vec![3.0 * x[0]], &[3.0]);
/// assert!(!wrong[0].agrees);
/// ```
pub fn check_function(f: impl Fn(&[f64]) -> f64, gradient: impl Fn(&[f64]) -> Vec<f64>, point: &[f64]) -> Vec<Own> {
    let given = gradient(point);
    (0..point.len()).map(|k| coordinate(&f, given.get(k).copied().unwrap_or(f64::NAN), point, k)).collect()
}

fn coordinate(f: &impl Fn(&[f64]) -> f64, given: f64, point: &[f64], k: usize) -> Own {
    let at = |step: f64| {
        let mut moved = point.to_vec();
        moved[k] += step;
        f(&moved)
    };
    let centre = at(0.0);
    let whole = if point[k] == 0.0 { 0.1 } else { 0.1 * point[k].abs().clamp(1e-3, 1.0) };
    // A step that is a sum of powers of two near x is exact in x + h.
    let exact = |h: f64| (point[k] + h) - point[k];
    let central = |h: f64| (at(h) - at(-h)) / (2.0 * h);
    let (nudged, error) = extrapolate(central, exact(whole), 4.0);
    let (right, _) = extrapolate(|h| (at(h) - centre) / h, exact(whole), 2.0);
    let (left, _) = extrapolate(|h| (centre - at(-h)) / h, exact(whole), 2.0);
    let slack = (1e-7 * nudged.abs()).max(100.0 * error).max(1e-12 * centre.abs());
    let between = left.min(right) - slack <= given && given <= left.max(right) + slack;
    let agrees = (given - nudged).abs() <= slack || between;
    Own { given, nudged, error, sides: (left, right), agrees }
}

/// Neville's scheme on falling steps, as in Ridders, "Accurate computation of F'(x)" (1982): the entry whose
/// neighbours differ least, and that difference.
fn extrapolate(quotient: impl Fn(f64) -> f64, start: f64, ratio: f64) -> (f64, f64) {
    let mut row = Vec::with_capacity(LEVELS);
    let (mut best, mut error) = (f64::NAN, f64::INFINITY);
    let mut h = start;
    for _ in 0..LEVELS {
        let mut next = vec![quotient(h)];
        let mut power = ratio;
        for (j, old) in row.iter().enumerate() {
            let better = (power * next[j] - old) / (power - 1.0);
            let doubt = f64::max((better - next[j]).abs(), (better - old).abs());
            if doubt < error {
                (best, error) = (better, doubt);
            }
            next.push(better);
            power *= ratio;
        }
        row = next;
        h /= 2.0;
    }
    (best, error)
}
