//! Factors that switch a product off: `where(c, x, 0) * y` is `where(c, x*y, 0)`, also where `y` is infinite.
//!
//! The derivative of a branch is such a product, and the branch not taken must not make 0·∞ of it. A node's gate has
//! the node's shape and says for each entry whether it is on (1) or off (0).

use wrt_core::{Graph, Id, Primitive, Real};

use crate::evaluate::Result;
use crate::value::Value;

/// None where nothing is switched.
pub(crate) type Gate<N> = Option<Value<N>>;

/// The gate that a primitive makes, entry by entry, from the value of its first argument.
pub(crate) fn switch<N: Real>(
    graph: &Graph,
    primitive: Primitive,
    args: &[Id],
    first: &Value<N>,
    entrywise: impl FnOnce(&mut dyn FnMut(usize) -> N) -> Result<Value<N>>,
) -> Result<Gate<N>> {
    let zero = |like: &N| like.ratio(0, 1);
    match (primitive, args) {
        (Primitive::Select, &[_, _, b]) if graph.is_zero(b) => entrywise(&mut |k| first.entry(k).clone()).map(Some),
        (Primitive::Select, &[_, a, _]) if graph.is_zero(a) => {
            let other = &mut |k| {
                let c = first.entry(k);
                N::select(c.clone(), zero(c), c.one())
            };
            entrywise(other).map(Some)
        }
        (Primitive::Heaviside, &[_, at_zero]) => {
            let closed = graph.is_zero(at_zero);
            let on = &mut |k| {
                let x = first.entry(k).clone();
                let (zero, one) = (zero(&x), x.one());
                let off = if closed { x.less_equal(zero.clone()) } else { x.less(zero.clone()) };
                N::select(off, zero, one)
            };
            entrywise(on).map(Some)
        }
        _ => Ok(None),
    }
}

/// On where both are; of numbers.
pub(crate) fn both<N: Real>(a: Option<&Value<N>>, b: &Value<N>) -> Value<N> {
    match a {
        Some(a) => {
            let (a, b) = (a.entry(0), b.entry(0));
            Value::Number(N::select(a.clone(), b.clone(), a.ratio(0, 1)))
        }
        None => b.clone(),
    }
}
