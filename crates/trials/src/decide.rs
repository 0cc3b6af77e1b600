//! Are two formulas equal at a point? Doubles first, certified balls where these disagree.

use wrt_balls::Ball;
use wrt_core::{Array, Constant, Graph, Id, Node, Number, Primitive, Real};
use wrt_run::Point;

use crate::wide::Wide;

/// The answer for one point, about a left and a right formula.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Equal, as doubles or certainly.
    Same,
    /// Certainly different numbers.
    Differ,
    /// The left one is no number here.
    LeftUndefined,
    /// The left one is a number here, the right one is none.
    RightUndefined,
    /// No precision tried could tell.
    Undecided,
}

/// Precisions in bits, each tried where the one before cannot tell.
const PRECISIONS: [u32; 3] = [128, 512, 2048];

/// Enclosures of nodes at an exact point.
pub(crate) fn enclose(graph: &Graph, ids: &[Id], at: &[(Id, Number)], precision: u32) -> Vec<Ball> {
    let point = Point::numbers(at).map(|n| Wide::new(n, precision));
    let like = Wide::new(&Number::ONE, precision);
    let values = wrt_run::evaluate(graph, ids, &point, &like);
    let balls = |all: Vec<Array<Wide>>| all.into_iter().flat_map(|a| a.data).map(|w| w.ball).collect();
    values.map_or_else(|_| vec![Ball::Unknown; ids.len()], balls)
}

/// The same without the engine's care for `where(c, x, 0)*y`: whatever is undefined makes all above it undefined, but for
/// the branch not taken. So where a formula has a value by this evaluation, it has one by any reading.
pub(crate) fn enclose_strictly(graph: &Graph, root: Id, at: &[(Id, Number)], precision: u32) -> Ball {
    let like = Wide::new(&Number::ONE, precision);
    let mut values: Vec<Option<Wide>> = vec![None; root.index() + 1];
    for id in graph.reachable(&[root]) {
        let get = |c: Id| values[c.index()].clone().unwrap_or_else(|| like.unknown());
        let value = match graph.node(id) {
            Node::Number(n) => like.exact(n),
            Node::Constant(Constant::Pi) => like.pi(),
            Node::Constant(Constant::E) => like.one().exp(),
            Node::Symbol(_) => at.iter().find(|(x, _)| *x == id).map_or_else(|| like.unknown(), |(_, n)| like.exact(n)),
            Node::Sum(terms) => {
                let each = terms.iter().map(|t| like.exact(&t.coefficient) * get(t.node));
                each.reduce(|a, b| a + b).unwrap_or_else(|| like.unknown())
            }
            Node::Contraction(factors, _) => {
                factors.iter().map(|f| get(*f)).reduce(|a, b| a * b).unwrap_or_else(|| like.unknown())
            }
            Node::Map(Primitive::Pow, &[base, exponent]) => match graph.as_number(exponent) {
                Some(n) => get(base).power(n),
                None => get(base).pow(get(exponent)),
            },
            Node::Map(primitive, args) => primitive.evaluate(&args.iter().map(|a| get(*a)).collect::<Vec<_>>()),
            // Trials are scalar.
            Node::Operation(..) => like.unknown(),
        };
        values[id.index()] = Some(value);
    }
    values.pop().flatten().map_or(Ball::Unknown, |w| w.ball)
}

/// Doubles that agree as far as round-off lets one expect.
pub(crate) fn close(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-10 * a.abs().max(b.abs())
}

/// Are two nodes equal at a point?
pub fn decide(graph: &Graph, left: Id, right: Id, at: &[(Id, Number)]) -> Verdict {
    let point = Point::numbers(at).map(Number::to_f64);
    if let Ok(values) = wrt_run::evaluate(graph, &[left, right], &point, &0.0)
        && let [left, right] = [values[0].data[0], values[1].data[0]]
        && left.is_finite()
        && close(left, right)
    {
        return Verdict::Same;
    }
    for precision in PRECISIONS {
        let strictly = |id| enclose_strictly(graph, id, at, precision);
        let (before, mut after) = (strictly(left), strictly(right));
        if matches!(after, Ball::Undefined) && !matches!(before, Ball::Undefined) {
            after = enclose(graph, &[right], at, precision).swap_remove(0);
        }
        if let Some(verdict) = certain(&before, &after, precision) {
            return verdict;
        }
    }
    Verdict::Undecided
}

fn certain(left: &Ball, right: &Ball, precision: u32) -> Option<Verdict> {
    match (left, right) {
        (Ball::Undefined | Ball::PosInf | Ball::NegInf, _) => Some(Verdict::LeftUndefined),
        (Ball::Unknown, _) | (_, Ball::Unknown) => None,
        (_, Ball::Undefined | Ball::PosInf | Ball::NegInf) => Some(Verdict::RightUndefined),
        (Ball::Finite(_), Ball::Finite(_)) => {
            let gap = left.sub(right, precision);
            if !gap.contains_zero() {
                return Some(Verdict::Differ);
            }
            let sharp = |b: &Ball| b.relative_accuracy_bits() > 60 || b.abs_below(precision);
            (sharp(left) && sharp(right)).then_some(Verdict::Same)
        }
    }
}

/// Is everything in the ball as good as zero at its precision?
trait Small {
    fn abs_below(&self, precision: u32) -> bool;
}

impl Small for Ball {
    fn abs_below(&self, precision: u32) -> bool {
        let limit = Ball::one().mul_2exp(-(precision as i64) / 4);
        limit.sub(&self.abs(), 64).is_positive()
    }
}
