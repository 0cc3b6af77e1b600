//! One-sided derivatives by series: what the rows' own functions do as an entry leaves the point, through the branch that
//! is taken on that side. They decide at points where the rules have no value, or another one.

use wrt_balls::Ball;
use wrt_core::{Array, Graph, Id, Number, Real};
use wrt_run::{EvaluationError, Leading, Point, Series, array_work};

use crate::judge::Claim;
use crate::moved::{Entry, Moved, Start};
use crate::probe::{Side, Slopes, close};
use crate::random::Random;
use crate::report::differ;

/// The bits of coefficients; what is smaller than a quarter of them, and may be zero, is.
const BITS: u32 = 320;
/// The most multiplications of values for one entry.
const MAX_WORK: u64 = 1 << 18;

/// A derivative's entry as a slope of slopes: what moves last comes first.
pub(crate) struct OneSided<'a> {
    graph: &'a Graph,
    root: Id,
    /// Which entry of the root.
    row: usize,
    at: &'a Point<Number>,
    moves: Vec<Moved>,
}

/// A slope where it is known; it may depend on larger infinitesimals.
enum Found {
    Slope(Series),
    Not(Side),
}

impl<'a> OneSided<'a> {
    /// The slope along `moved` of an entry of what a claim is the derivative of; none where that is too much work.
    pub fn new(
        graph: &'a Graph,
        claim: &Claim,
        at: &'a Point<Number>,
        moved: &Moved,
        row: usize,
    ) -> Result<Option<OneSided<'a>>, EvaluationError> {
        let (root, before) = match &claim.lineage {
            Some((root, before)) => (*root, &before[..]),
            None => (claim.of, &[][..]),
        };
        let all = 3u64.saturating_pow(before.len() as u32 + 1);
        if array_work(graph, &[root], &at.sizes).saturating_mul(all) > MAX_WORK {
            return Ok(None);
        }
        let (mut moves, mut rest) = (vec![moved.clone()], row);
        for x in before.iter().rev() {
            let shape = crate::moved::shape_of(graph, *x, at)?;
            let entries: usize = shape.iter().product();
            moves.push(Moved::entry(Entry { node: *x, place: rest.checked_rem(entries).unwrap_or(0) }));
            rest = rest.checked_div(entries).unwrap_or(0);
        }
        Ok(Some(OneSided { graph, root, row: rest, at, moves }))
    }

    /// From the left and from the right; none where nothing is known of a side.
    pub fn slopes(&self) -> Result<Option<Slopes>, EvaluationError> {
        let like = Series::new(Number::ZERO, BITS);
        let all = Moved(self.moves.iter().flat_map(|m| m.0.iter().cloned()).collect());
        let start = all.start(self.graph, self.root, self.at, &like)?;
        let mut signs = vec![0; self.moves.len()];
        let Found::Slope(centre) = self.slope(&start, &like, 1, &mut signs)? else { return Ok(None) };
        let mut side = |sign: i64| -> Result<Side, EvaluationError> {
            signs[0] = sign;
            Ok(match self.slope(&start, &like, 1, &mut signs)? {
                Found::Not(side) => side,
                Found::Slope(value) => match lead(&value, &centre, 1, sign) {
                    Found::Slope(slope) => slope.number().map_or(Side::Open, |n| Side::Slope(n.ball())),
                    Found::Not(side) => side,
                },
            })
        };
        let (left, right) = (side(-1)?, side(1)?);
        if matches!(left, Side::Open) || matches!(right, Side::Open) {
            return Ok(None);
        }
        let central = agreed(&left, &right);
        Ok(Some(Slopes { left, right, central, scale: Ball::zero() }))
    }

    /// The derivative by all moves from `depth` on, where those before are at the point (0) or left of it or right.
    fn slope(
        &self,
        start: &Start<'_, Series>,
        like: &Series,
        depth: usize,
        signs: &mut Vec<i64>,
    ) -> Result<Found, EvaluationError> {
        if depth == self.moves.len() {
            let value = self.value(start, like, signs)?;
            return Ok(Found::Slope(value));
        }
        let centre = match self.slope(start, like, depth + 1, signs)? {
            Found::Slope(centre) => centre,
            not => return Ok(not),
        };
        let mut sides = Vec::with_capacity(2);
        for sign in [-1, 1] {
            signs[depth] = sign;
            let beside = self.slope(start, like, depth + 1, signs)?;
            sides.push(match beside {
                Found::Slope(value) => lead(&value, &centre, depth as u8 + 1, sign),
                not => not,
            });
        }
        signs[depth] = 0;
        let (right, left) = (sides.pop(), sides.pop());
        Ok(match (left, right) {
            (Some(Found::Slope(a)), Some(Found::Slope(b))) if a.agrees(&b) => Found::Slope(a),
            // A kink below: its choice is the rules'.
            (Some(Found::Slope(_)), Some(Found::Slope(_))) => Found::Not(Side::Open),
            (Some(Found::Slope(only)), Some(Found::Not(Side::Nothing)))
            | (Some(Found::Not(Side::Nothing)), Some(Found::Slope(only))) => Found::Slope(only),
            (Some(Found::Not(side)), _) | (_, Some(Found::Not(side))) => Found::Not(side),
            _ => Found::Not(Side::Open),
        })
    }

    /// The root's entry where each move has gone by an infinitesimal of its own, the first by the largest.
    fn value(&self, start: &Start<'_, Series>, like: &Series, signs: &[i64]) -> Result<Series, EvaluationError> {
        let mut steps = Vec::new();
        for (k, (moved, sign)) in self.moves.iter().zip(signs).enumerate().filter(|(_, (_, sign))| **sign != 0) {
            let h = like.infinitesimal(k as u8 + 1);
            for (entry, speed) in &moved.0 {
                steps.push((*entry, h.clone() * like.exact(&(speed * &Number::integer(*sign)))));
            }
        }
        let found: Array<Series> = start.stepped(self.root, &steps)?;
        Ok(found.data.get(self.row).cloned().unwrap_or_else(|| like.clone()))
    }
}

/// The slope on one side from a value there and the value at the point.
fn lead(beside: &Series, centre: &Series, level: u8, sign: i64) -> Found {
    match beside.leading(level, centre) {
        Leading::Linear(slope) if sign < 0 => Found::Slope(-slope),
        Leading::Linear(slope) => Found::Slope(slope),
        Leading::Steep { negative } => Found::Not(Side::Infinite(negative == (sign < 0))),
        Leading::Jump => Found::Not(Side::Jump),
        Leading::Nothing => Found::Not(Side::Nothing),
        Leading::Open => Found::Not(Side::Open),
    }
}

/// The derivative: where both sides agree, or at an edge of the domain that of the side that exists.
fn agreed(left: &Side, right: &Side) -> Option<Ball> {
    match (left, right) {
        (Side::Slope(a), Side::Slope(b)) => close(a, b, 90).then(|| a.clone()),
        (Side::Slope(only), Side::Nothing) | (Side::Nothing, Side::Slope(only)) => Some(only.clone()),
        _ => None,
    }
}

/// What the two sides of an entry were found to be.
pub(crate) struct Seen {
    /// Which entry of which formula.
    pub of: Id,
    pub row: usize,
    pub moved: Moved,
    pub slopes: Slopes,
}

/// Along so many directions it is seen whether slopes add up.
const DIRECTIONS: usize = 3;

/// The rows of formulas whose slope along a direction is not the sum of those of its entries, each from the side that
/// the direction goes to.
pub(crate) fn crooked(graph: &Graph, at: &Point<Number>, seen: &[Seen]) -> Result<Vec<(Id, usize)>, EvaluationError> {
    let mut rows: Vec<(Id, usize)> = seen.iter().map(|s| (s.of, s.row)).collect();
    rows.sort_unstable();
    rows.dedup();
    let mut random = Random::new();
    let mut found = Vec::new();
    for (of, row) in rows {
        let own: Vec<&Seen> = seen.iter().filter(|s| (s.of, s.row) == (of, row)).collect();
        if own.len() < 2 {
            continue;
        }
        for _ in 0..DIRECTIONS {
            let speeds: Vec<i64> =
                own.iter().map(|_| (1 + random.below(3) as i64) * (random.below(2) as i64 * 2 - 1)).collect();
            if !adds_up(graph, at, &own, &speeds)? {
                found.push((of, row));
                break;
            }
        }
    }
    Ok(found)
}

/// Is the slope along a direction the sum of the entries'? What is not known counts as yes.
fn adds_up(graph: &Graph, at: &Point<Number>, own: &[&Seen], speeds: &[i64]) -> Result<bool, EvaluationError> {
    let mut moved = Moved(Vec::new());
    let mut sum = Ball::zero();
    for (seen, speed) in own.iter().zip(speeds) {
        moved.0.extend(seen.moved.0.iter().map(|(e, s)| (*e, s * &Number::integer(*speed))));
        match if *speed > 0 { &seen.slopes.right } else { &seen.slopes.left } {
            Side::Slope(slope) => sum = sum.add(&slope.mul(&Ball::from_i64(*speed), BITS), BITS),
            _ => return Ok(true),
        }
    }
    let (of, row) = (own[0].of, own[0].row);
    let claim = Claim::by_entries(of, of, of);
    let Some(along) = OneSided::new(graph, &claim, at, &moved, row)? else { return Ok(true) };
    Ok(match along.slopes()? {
        Some(Slopes { right: Side::Slope(slope), .. }) => close(&slope, &sum, 60) || !differ(&slope, &sum),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wrt_language::{Scope, parse};

    #[test]
    fn slopes_of_slopes() {
        for (text, at, left, right) in [
            ("where(x != 0, sin(x)/x, 1)", 0, -1.0 / 3.0, -1.0 / 3.0),
            ("where(x == 2, 4, x^2)", 2, 2.0, 2.0),
            ("where(x == 2, 8, x^3)", 2, 12.0, 12.0),
            ("x*abs(x)", 0, -2.0, 2.0),
            ("abs(x)^3 + x^3.5*where(x > 0, 1, 0)", 0, 0.0, 0.0),
            ("sqrt(x^4)", 0, 2.0, 2.0),
            ("where(x > 0, exp(-1/x), 0)", 0, 0.0, 0.0),
            ("where(x != 0, (1 - cos(x))/x^2, 1/2)", 0, -1.0 / 12.0, -1.0 / 12.0),
        ] {
            let mut g = Graph::new();
            let f = parse(&mut g, text, &Scope::default()).unwrap().result;
            let x = g.find_symbol("x").unwrap();
            let first = wrt_differentiate::gradient(&mut g, f, &[x]).unwrap()[0];
            let at = Point::numbers(&[(x, Number::integer(at))]);
            let claim = Claim { lineage: Some((f, vec![x])), ..Claim::by_entries(first, x, first) };
            let moved = Moved::entry(Entry::of(x));
            let one = OneSided::new(&g, &claim, &at, &moved, 0).unwrap().unwrap();
            let found = one.slopes().unwrap().unwrap();
            let number = |s: &Side| match s {
                Side::Slope(ball) => ball.mid_f64(),
                _ => f64::NAN,
            };
            assert_eq!([number(&found.left), number(&found.right)], [left, right], "{text}: {found:?}");
        }
    }
}
