//! Where a formula has no value, and because of which subexpression.

use wrt_balls::Ball;
use wrt_core::{Graph, Id, Number, Real};
use wrt_run::{EvaluationError, Point, Precise, Values, evaluate_all};

/// Where a formula has no value.
#[derive(Clone, Debug)]
pub struct Undefined {
    /// Has each entry a finite value? Empty where that was not found out.
    pub entries: Vec<bool>,
    /// The lowest node without a finite value though its arguments have theirs, and what it has instead.
    pub cause: Option<(Id, Ball)>,
}

impl Undefined {
    /// Is it only not known: beyond the range or the precision of what is computed?
    pub fn is_open(&self) -> bool {
        !matches!(self.cause, Some((_, Ball::PosInf | Ball::NegInf | Ball::Undefined)))
    }

    /// Is the reason an infinite value?
    pub fn is_pole(&self) -> bool {
        matches!(self.cause, Some((_, Ball::PosInf | Ball::NegInf)))
    }
}

/// For each entry of a node whether it has a finite value, and the subexpression to blame where not.
///
/// # Errors
/// As [`wrt_run::evaluate`].
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "exp(log(2 - 3))", &Scope::default()).unwrap().result;
/// let found = wrt_check::undefined(&g, f, &Default::default()).unwrap();
/// assert_eq!(found.entries, [false]);
/// assert!(!found.is_pole());
/// ```
pub fn undefined(graph: &Graph, of: Id, at: &Point<Number>) -> Result<Undefined, EvaluationError> {
    // Few bits settle most points, many settle all.
    for bits in [128, 1024] {
        let like = Precise::new(Number::ONE, bits);
        let values = evaluate_all(graph, &[of], &at.map(|n| like.exact(n)), &like)?;
        let all = |id: Id| values.get(id).unwrap_or_default();
        let finite = |id: Id| all(id).iter().all(Precise::is_finite);
        let entries: Vec<bool> = all(of).iter().map(Precise::is_finite).collect();
        if entries.iter().all(|finite| *finite) {
            return Ok(Undefined { entries, cause: None });
        }
        if all(of).iter().any(|x| matches!(x.ball(), Ball::Unknown)) && bits == 128 {
            continue;
        }
        let cause = values.iter().find(|(id, v)| {
            let mut fine = true;
            graph.for_each_child(*id, |c| fine &= finite(c));
            fine && !v.iter().all(Precise::is_finite) && matters(graph, of, *id, &values)
        });
        let broken = |v: &[Precise]| v.iter().find(|x| !x.is_finite()).map_or(Ball::Unknown, Precise::ball);
        return Ok(Undefined { entries, cause: cause.map(|(id, v)| (id, broken(v))) });
    }
    Ok(Undefined { entries: Vec::new(), cause: None })
}

/// Does a node's lack of a value reach the root?
fn matters(graph: &Graph, of: Id, id: Id, values: &Values<Precise>) -> bool {
    let mut reached = vec![false; of.index() + 1];
    if let Some(slot) = reached.get_mut(id.index()) {
        *slot = true;
    }
    for (node, value) in values.iter() {
        let mut touched = reached[node.index()];
        graph.for_each_child(node, |c| touched |= reached[c.index()]);
        reached[node.index()] = touched && !value.iter().all(Precise::is_finite);
    }
    reached[of.index()]
}
