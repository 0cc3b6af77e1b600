//! Rules on differences of functions, on powers and on roots.

use wrt_core::{Graph, Id, Node, Number, Primitive, Term};

use super::algebra::{difference, shorter_difference};
use super::parts::{
    Fraction, are_opposite, argument, beside_constant, call, choice, constant, half, is_small_beside, multiple, pair,
    power, scaled, square, squared, terms,
};
use Primitive::{Atan, Cbrt, Cos, Cosh, Exp, Expm1, Hypot, Log, Log1p, Sin, Sinh, Sqrt, Tan, Tanh};

/// `c - c*cos(u)` and `c*cosh(u) - c`.
pub(super) fn half_angle(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, function, number| {
        let (u, primitive, sign) = match graph.node(function.node) {
            Node::Map(Cos, &[u]) => (u, Sin, Number::integer(-2)),
            Node::Map(Cosh, &[u]) => (u, Sinh, Number::integer(2)),
            _ => return None,
        };
        let c = beside_constant(graph, function, number, &Number::MINUS_ONE)?;
        let angle = half(graph, u);
        let inner = call(graph, primitive, angle);
        let new = square(graph, inner);
        Some(scaled(graph, &(&c * &sign), new))
    })
}

/// `c - c*f(u)^2` where that is a square, too.
fn square_of_other(graph: &mut Graph, id: Id, of: Primitive, other: Primitive) -> Option<Id> {
    pair(graph, id, |graph, function, number| {
        let u = argument(graph, squared(graph, function.node)?, of)?;
        let c = beside_constant(graph, function, number, &Number::MINUS_ONE)?;
        let inner = call(graph, other, u);
        let new = square(graph, inner);
        Some(scaled(graph, &-&c, new))
    })
}

pub(super) fn sine_from_cosine(graph: &mut Graph, id: Id) -> Option<Id> {
    square_of_other(graph, id, Cos, Sin)
}

pub(super) fn cosine_from_sine(graph: &mut Graph, id: Id) -> Option<Id> {
    square_of_other(graph, id, Sin, Cos)
}

pub(super) fn secant_from_tangent(graph: &mut Graph, id: Id) -> Option<Id> {
    square_of_other(graph, id, Tanh, Primitive::Sech)
}

/// `f(u) - f(v)` where `d = u - v` is shorter.
pub(super) fn of_function(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, a, b| {
        let (Node::Map(f, &[u]), Node::Map(g, &[v])) = (graph.node(a.node), graph.node(b.node)) else { return None };
        let known = matches!(f, Sin | Cos | Tan | Atan | Log | Cbrt);
        if f != g || !known || a.coefficient != -&b.coefficient || a.coefficient.is_negative() {
            return None;
        }
        let d = shorter_difference(graph, u, v)?;
        let new = match f {
            Sin | Cos => {
                let small = half(graph, d);
                let middle = graph.add(v, small);
                let middle = call(graph, if f == Sin { Cos } else { Sin }, middle);
                let small = call(graph, Sin, small);
                let product = graph.mul(middle, small);
                let new = scaled(graph, &Number::integer(if f == Sin { 2 } else { -2 }), product);
                if_small(graph, d, new, a.node, b.node)
            }
            Tan => {
                let (sine, c1, c2) = (call(graph, Sin, d), call(graph, Cos, u), call(graph, Cos, v));
                let below = graph.mul(c1, c2);
                let new = graph.div(sine, below);
                if_small(graph, d, new, a.node, b.node)
            }
            Atan => {
                let (one, product) = (graph.integer(1), graph.mul(u, v));
                let below = graph.add(one, product);
                graph.map(Primitive::Atan2, &[d, below])
            }
            Log => {
                let share = graph.div(d, v);
                let (near, log1p, far) = (is_near(graph, d, v), call(graph, Log1p, share), graph.sub(a.node, b.node));
                choice(graph, near, log1p, far)
            }
            _ => {
                graph.as_number(d).filter(|d| !d.is_zero())?;
                let (first, last) = (square(graph, a.node), square(graph, b.node));
                let middle = graph.mul(a.node, b.node);
                let below = graph.sum(&[first, middle, last].map(Term::one));
                graph.div(d, below)
            }
        };
        Some(scaled(graph, &a.coefficient, new))
    })
}

/// What angles have become that are near each other, else the difference as it was.
fn if_small(graph: &mut Graph, d: Id, new: Id, a: Id, b: Id) -> Id {
    let (one, size) = (graph.integer(1), call(graph, Primitive::Abs, d));
    let (small, old) = (graph.map(Primitive::Lt, &[size, one]), graph.sub(a, b));
    choice(graph, small, new, old)
}

/// Is `v` positive, and `d` small beside it?
fn is_near(graph: &mut Graph, d: Id, v: Id) -> Id {
    let (zero, near) = (graph.integer(0), is_small_beside(graph, d, v));
    let positive = graph.map(Primitive::Gt, &[v, zero]);
    graph.mul(positive, near)
}

/// `u^p - v^p`
pub(super) fn of_power(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, a, b| {
        let ((u, p), (v, q)) = (power(graph, a.node)?, power(graph, b.node)?);
        let whole = graph.as_number(p).is_some_and(|n| n.as_i64().is_some());
        if p != q || whole || a.coefficient != -&b.coefficient || a.coefficient.is_negative() {
            return None;
        }
        let d = shorter_difference(graph, u, v)?;
        let near = is_near(graph, d, v);
        let share = graph.div(d, v);
        let log = call(graph, Log1p, share);
        let exponent = graph.mul(p, log);
        let change = call(graph, Expm1, exponent);
        let (new, far) = (graph.mul(b.node, change), graph.sub(a.node, b.node));
        let new = choice(graph, near, new, far);
        Some(scaled(graph, &a.coefficient, new))
    })
}

/// What is added to 1.
fn beyond_one(graph: &mut Graph, id: Id) -> Option<Id> {
    let all = terms(graph, id)?;
    let one = all.iter().position(|t| constant(graph, t) == Some(Number::ONE))?;
    let rest: Vec<Term> = all.iter().enumerate().filter(|(k, _)| *k != one).map(|(_, t)| t.clone()).collect();
    let rest = graph.sum(&rest);
    (graph.dims(rest) == graph.dims(id)).then_some(rest)
}

pub(super) fn power_near_one(graph: &mut Graph, id: Id) -> Option<Id> {
    let (base, p) = power(graph, id).filter(|(_, p)| graph.as_number(*p).is_none())?;
    let w = beyond_one(graph, base)?;
    let (edge, size) = (graph.number(Number::ratio(1, 2)?), call(graph, Primitive::Abs, w));
    let near = graph.map(Primitive::Lt, &[size, edge]);
    let log = call(graph, Log1p, w);
    let exponent = graph.mul(p, log);
    let new = call(graph, Exp, exponent);
    Some(choice(graph, near, new, id))
}

/// `(1 + w)^p - 1` and `b^p - 1` for a number p or b.
pub(super) fn power_minus_one(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, raised, number| {
        let (base, p) = power(graph, raised.node)?;
        let c = beside_constant(graph, raised, number, &Number::MINUS_ONE)?;
        if graph.as_number(base).is_some_and(|b| !b.is_negative() && !b.is_zero()) {
            let log = call(graph, Log, base);
            let exponent = graph.mul(p, log);
            let new = call(graph, Expm1, exponent);
            return Some(scaled(graph, &c, new));
        }
        graph.as_number(p).filter(|p| !p.is_negative())?;
        let w = beyond_one(graph, base)?;
        let (edge, size) = (graph.number(Number::ratio(1, 2)?), call(graph, Primitive::Abs, w));
        let near = graph.map(Primitive::Lt, &[size, edge]);
        let log = call(graph, Log1p, w);
        let exponent = graph.mul(p, log);
        let (new, one) = (call(graph, Expm1, exponent), graph.integer(1));
        let far = graph.sub(raised.node, one);
        let new = choice(graph, near, new, far);
        Some(scaled(graph, &c, new))
    })
}

/// `u^2 - v^2`
pub(super) fn of_squares(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, a, b| {
        let u = squared(graph, a.node)?;
        let v = match constant(graph, b) {
            Some(n) => graph.number((&n * &a.coefficient.recip()?).abs().exact_root(2)?),
            None => squared(graph, b.node).filter(|_| a.coefficient == -&b.coefficient)?,
        };
        let opposite = constant(graph, b).is_none_or(|n| n.is_negative() != a.coefficient.is_negative());
        if a.coefficient.is_negative() || !opposite {
            return None;
        }
        let (sum, gap) = (graph.add(u, v), difference(graph, u, v));
        let new = graph.mul(sum, gap);
        Some(scaled(graph, &a.coefficient, new))
    })
}

/// `1/f(u) - 1/f(v)` for roots.
pub(super) fn of_reciprocals(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, a, b| {
        let ((p, n), (q, m)) = (power(graph, a.node)?, power(graph, b.node)?);
        let inverse = [n, m].iter().all(|n| graph.as_number(*n) == Some(&Number::MINUS_ONE));
        if !inverse || a.coefficient != -&b.coefficient || a.coefficient.is_negative() {
            return None;
        }
        let (Node::Map(f, &[u]), Node::Map(g, &[v])) = (graph.node(p), graph.node(q)) else { return None };
        shorter_difference(graph, v, u).filter(|_| f == g && matches!(f, Sqrt | Cbrt))?;
        let (gap, product) = (graph.sub(q, p), graph.mul(p, q));
        let new = graph.div(gap, product);
        Some(scaled(graph, &a.coefficient, new))
    })
}

/// Of a choice that has a power of e for one of its sides.
pub(super) fn choice_minus_one(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, chosen, number| {
        let Node::Map(Primitive::Select, &[condition, near, far]) = graph.node(chosen.node) else { return None };
        let u = argument(graph, near, Exp)?;
        let c = beside_constant(graph, chosen, number, &Number::MINUS_ONE)?;
        let one = graph.integer(1);
        let (near, far) = (call(graph, Expm1, u), graph.sub(far, one));
        let new = choice(graph, condition, near, far);
        Some(scaled(graph, &c, new))
    })
}

/// What a root is of: the sum of two squares for a length.
fn radicand(graph: &mut Graph, id: Id) -> Option<Id> {
    match graph.node(id) {
        Node::Map(Sqrt, &[s]) => Some(s),
        Node::Map(Hypot, &[x, y]) => {
            let (x, y) = (square(graph, x), square(graph, y));
            Some(graph.add(x, y))
        }
        _ => None,
    }
}

/// `sqrt(s) + t` for a negative t, where `s - t^2` is shorter than s.
pub(super) fn conjugate(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, root, other| {
        let s = radicand(graph, root.node)?;
        let ratio = &other.coefficient * &root.coefficient.recip()?;
        let t = scaled(graph, &ratio, other.node);
        let own = radicand(graph, other.node);
        let square = match own {
            Some(v) => scaled(graph, &(&ratio * &ratio), v),
            None => {
                let base = multiple(graph, t).1;
                let base = square(graph, base);
                let factor = multiple(graph, t).0;
                scaled(graph, &(&factor * &factor), base)
            }
        };
        let known = match (own, graph.as_number(t)) {
            (Some(_), _) => Some(ratio.is_negative()),
            (None, Some(t)) => Some(t.is_negative()),
            _ => None,
        };
        let is_size = argument(graph, other.node, Primitive::Abs).is_some() && !ratio.is_negative();
        if known == Some(false) || is_size {
            return None;
        }
        let rest = match graph.as_number(square).cloned() {
            Some(n) => {
                let n = graph.number(n);
                let rest = difference(graph, s, n);
                (!graph.is_zero(rest)
                    && terms(graph, s).is_some_and(|s| terms(graph, rest).is_none_or(|r| r.len() < s.len())))
                .then_some(rest)?
            }
            None => shorter_difference(graph, s, square)?,
        };
        // Where t is negative, this is -t; spelled so, it is no sum that cancels elsewhere.
        let size = match graph.as_number(t) {
            Some(n) => graph.number(n.abs()),
            None => call(graph, Primitive::Abs, t),
        };
        let below = graph.add(root.node, size);
        let new = over(graph, rest, below);
        // A root below zero, or the sum of two zeros, is left to the sum as it stands.
        let zero = graph.integer(0);
        let new = match graph.as_number(t) {
            Some(_) => new,
            None => {
                let below_zero = graph.map(Primitive::Lt, &[t, zero]);
                let sum = graph.add(root.node, t);
                choice(graph, below_zero, new, sum)
            }
        };
        Some(scaled(graph, &root.coefficient, new))
    })
}

/// A quotient that is no larger on the way than it must be: `x*(x/y)` for `x^2/y`.
fn over(graph: &mut Graph, above: Id, below: Id) -> Id {
    let mut fraction = Fraction::of(graph, above);
    let Some(first) = fraction.above.pop() else { return graph.div(above, below) };
    let first = match squared(graph, first) {
        Some(base) => {
            fraction.above.push(base);
            base
        }
        None => first,
    };
    let quotient = graph.div(first, below);
    let rest = fraction.make(graph);
    let (factor, rest) = multiple(graph, rest);
    let product = if graph.is_one(rest) { quotient } else { graph.mul(rest, quotient) };
    scaled(graph, &factor, product)
}

/// `sqrt(x^2 + y^2 + …)`, where a number is 1.
pub(super) fn hypot(graph: &mut Graph, id: Id) -> Option<Id> {
    let sum = argument(graph, id, Sqrt)?;
    let all = terms(graph, sum)?;
    let mut sides = Vec::with_capacity(all.len());
    for t in &all {
        let is_one = constant(graph, t) == Some(Number::ONE);
        let side =
            if is_one { Some(graph.integer(1)) } else { squared(graph, t.node).filter(|_| t.coefficient.is_one()) };
        sides.push(side?);
    }
    let (first, rest) = sides.split_first()?;
    let length = rest.iter().fold(*first, |length, side| graph.map(Hypot, &[length, *side]));
    (graph.dims(length) == graph.dims(id)).then_some(length)
}

/// `sqrt(x^2 + r)` where the square may leave the range of exponents.
pub(super) fn large_root(graph: &mut Graph, id: Id) -> Option<Id> {
    let sum = argument(graph, id, Sqrt)?;
    let all = terms(graph, sum)?;
    let is_square = |t: &&Term| t.coefficient.is_one() && squared(graph, t.node).is_some();
    let first = all.iter().find(is_square)?.clone();
    if all.iter().filter(is_square).count() > 1 || graph.dims(first.node) != graph.dims(sum) {
        return None;
    }
    let x = squared(graph, first.node)?;
    let rest: Vec<Term> = all.into_iter().filter(|t| *t != first).collect();
    let rest = graph.sum(&rest);
    let (size, edge, one) = (call(graph, Primitive::Abs, x), graph.number(Number::integer(LARGE)), graph.integer(1));
    let large = graph.map(Primitive::Gt, &[size, edge]);
    let share = graph.div(rest, x);
    let share = graph.div(share, x);
    let below = graph.add(one, share);
    let root = call(graph, Sqrt, below);
    let new = graph.mul(size, root);
    Some(choice(graph, large, new, id))
}

/// Above this squares are as good by way of quotients, and those of single precision are near their end.
const LARGE: i64 = 1 << 50;

/// A factor of one branch that is divided by outside: the branch is without it. Where it is 0, there is a value now.
pub(super) fn choice_over(graph: &mut Graph, id: Id) -> Option<Id> {
    let fraction = Fraction::of(graph, id);
    for (place, chosen) in fraction.above.iter().enumerate() {
        let Node::Map(Primitive::Select, &[condition, a, b]) = graph.node(*chosen) else { continue };
        let branches = [Fraction::of(graph, a), Fraction::of(graph, b)];
        if !branches.iter().any(|branch| fraction.below.iter().any(|d| branch.above.contains(d))) {
            continue;
        }
        let mut rest = fraction.clone();
        rest.above.remove(place);
        let [a, b] = branches.map(|branch| {
            let mut whole = rest.clone();
            whole.coefficient = &whole.coefficient * &branch.coefficient;
            whole.below.extend(&branch.below);
            for factor in branch.above {
                match whole.below.iter().position(|d| *d == factor) {
                    Some(k) => _ = whole.below.remove(k),
                    None => whole.above.push(factor),
                }
            }
            whole.make(graph)
        });
        return (graph.dims(a) == graph.dims(b)).then(|| choice(graph, condition, a, b));
    }
    None
}

/// `log(x + sqrt(x^2 + 1))` and `log(x + sqrt(x^2 - 1))`
pub(super) fn inverse_hyperbolic(graph: &mut Graph, id: Id) -> Option<Id> {
    let sum = argument(graph, id, Log)?;
    let all = terms(graph, sum)?;
    let [a, b] = &all[..] else { return None };
    for (root, x) in [(a, b), (b, a)] {
        let Some(s) = radicand(graph, root.node).filter(|_| root.coefficient.is_one()) else { continue };
        let base = square(graph, x.node);
        let square = scaled(graph, &(&x.coefficient * &x.coefficient), base);
        let rest = difference(graph, s, square);
        let x = scaled(graph, &x.coefficient, x.node);
        match graph.as_number(rest).and_then(Number::as_i64) {
            Some(1) => return Some(call(graph, Primitive::Asinh, x)),
            Some(-1) => return Some(call(graph, Primitive::Acosh, x)),
            _ => {}
        }
    }
    None
}

/// The parts of `log(u/v)`.
fn quotient(graph: &Graph, id: Id) -> Option<(Id, Id)> {
    let fraction = Fraction::of(graph, argument(graph, id, Log)?);
    match (&fraction.above[..], &fraction.below[..]) {
        ([u], [v]) if fraction.coefficient.is_one() => Some((*u, *v)),
        _ => None,
    }
}

/// `log((1 + x)/(1 - x))`
pub(super) fn atanh(graph: &mut Graph, id: Id) -> Option<Id> {
    let (u, v) = quotient(graph, id)?;
    let (x, y) = (beyond_one(graph, u)?, beyond_one(graph, v)?);
    let new = are_opposite(graph, x, y).then(|| call(graph, Primitive::Atanh, x))?;
    Some(scaled(graph, &Number::integer(2), new))
}

pub(super) fn log_of_quotient(graph: &mut Graph, id: Id) -> Option<Id> {
    let (u, v) = quotient(graph, id)?;
    let d = shorter_difference(graph, u, v)?;
    let share = graph.div(d, v);
    let (near, log1p) = (is_small_beside(graph, d, v), call(graph, Log1p, share));
    Some(choice(graph, near, log1p, id))
}
