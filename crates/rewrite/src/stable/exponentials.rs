//! Rules on powers of e, their sums, and what is made of these.

use wrt_core::{Constant, Graph, Id, Node, Number, Primitive, Term};

use super::algebra::{difference, is_rational, shorter_difference};
use super::parts::{
    Fraction, are_opposite, argument, beside_constant, call, choice, constant, half, multiple, negated, pair, power,
    scaled, square, terms,
};
use Primitive::{Exp, Expm1, Log, Log1p, Sigmoid, Sinh, Softplus, Tanh};

/// A sum of powers of e with positive coefficients: each as an exponent and the factor before it.
struct Exponentials(Vec<(Id, Number)>);

impl Exponentials {
    fn of(graph: &mut Graph, id: Id) -> Option<Exponentials> {
        let all = terms(graph, id)?;
        let mut found = Vec::with_capacity(all.len());
        for t in &all {
            let (exponent, factor) = match (argument(graph, t.node, Exp), constant(graph, t)) {
                (Some(u), _) => (u, t.coefficient.clone()),
                (None, Some(k)) => (graph.integer(0), k),
                (None, None) => return None,
            };
            found.push((exponent, factor));
        }
        let positive = found.iter().all(|(_, k)| !k.is_negative() && !k.is_zero());
        let exponential = all.iter().any(|t| argument(graph, t.node, Exp).is_some());
        (positive && exponential).then_some(Exponentials(found))
    }

    /// Exponents with their factors taken in, each less `than`.
    fn exponents(&self, graph: &mut Graph, than: Id) -> Vec<Id> {
        let mut found = Vec::with_capacity(self.0.len());
        for (u, k) in &self.0 {
            let difference = difference(graph, *u, than);
            found.push(if k.is_one() {
                difference
            } else {
                let k = graph.number(k.clone());
                let k = call(graph, Log, k);
                graph.add(difference, k)
            });
        }
        found
    }

    /// The position of a term `1*exp(u)`.
    fn position(&self, u: Id) -> Option<usize> {
        self.0.iter().position(|(v, k)| *v == u && k.is_one())
    }
}

/// The logarithm of the sum of powers of e with these exponents.
fn log_sum(graph: &mut Graph, exponents: &[Id]) -> Option<Id> {
    let (first, rest) = exponents.split_first()?;
    let mut total = *first;
    for u in rest {
        total = if graph.is_zero(total) {
            call(graph, Softplus, *u)
        } else if graph.is_zero(*u) {
            call(graph, Softplus, total)
        } else {
            let above = graph.map(Primitive::Gt, &[total, *u]);
            let (down, up) = (graph.sub(*u, total), graph.sub(total, *u));
            let (larger, less) = (choice(graph, above, total, *u), choice(graph, above, down, up));
            let rest = call(graph, Softplus, less);
            graph.add(larger, rest)
        };
    }
    Some(total)
}

pub(super) fn power_of_e(graph: &mut Graph, id: Id) -> Option<Id> {
    let (base, exponent) = power(graph, id)?;
    let is_e = matches!(graph.node(base), Node::Constant(Constant::E)) && graph.as_number(exponent).is_none();
    is_e.then(|| call(graph, Exp, exponent))
}

pub(super) fn log_of_exp(graph: &mut Graph, id: Id) -> Option<Id> {
    argument(graph, argument(graph, id, Log)?, Exp)
}

/// Of a product or quotient with powers of e, and of such over the sum of these and others.
pub(super) fn log_of_exp_product(graph: &mut Graph, id: Id) -> Option<Id> {
    let mut fraction = Fraction::of(graph, argument(graph, id, Log)?);
    let place = fraction.above.iter().position(|f| argument(graph, *f, Exp).is_some());
    let below = fraction.below.iter().position(|f| argument(graph, *f, Exp).is_some());
    let (u, negative) = match (place, below) {
        (Some(k), _) => (fraction.above.remove(k), false),
        (None, Some(k)) => (fraction.below.remove(k), true),
        _ => return None,
    };
    let u = argument(graph, u, Exp)?;
    let is_all = fraction.above.is_empty() && fraction.coefficient.is_one();
    if let (true, false, [sum]) = (is_all, negative, &fraction.below[..])
        && let Some(sum) = Exponentials::of(graph, *sum)
        && let Some(own) = sum.position(u)
    {
        let mut others = sum.exponents(graph, u);
        others.remove(own);
        let total = log_sum(graph, &others)?;
        let total = call(graph, Softplus, total);
        return Some(negated(graph, total));
    }
    let u = if negative { negated(graph, u) } else { u };
    let rest = match (&fraction.above[..], &fraction.below[..]) {
        ([], []) if fraction.coefficient.is_one() => return Some(u),
        ([], [below]) if fraction.coefficient.is_one() => {
            let log = call(graph, Log, *below);
            negated(graph, log)
        }
        _ => {
            let rest = fraction.make(graph);
            call(graph, Log, rest)
        }
    };
    Some(graph.add(u, rest))
}

pub(super) fn log_sum_exp(graph: &mut Graph, id: Id) -> Option<Id> {
    let sum = argument(graph, id, Log)?;
    let sum = Exponentials::of(graph, sum)?;
    let zero = graph.integer(0);
    let exponents = sum.exponents(graph, zero);
    log_sum(graph, &exponents)
}

pub(super) fn log1p_of_exp(graph: &mut Graph, id: Id) -> Option<Id> {
    let u = argument(graph, argument(graph, id, Log1p)?, Exp)?;
    Some(call(graph, Softplus, u))
}

pub(super) fn log_of_sigmoid(graph: &mut Graph, id: Id) -> Option<Id> {
    let u = argument(graph, argument(graph, id, Log)?, Sigmoid)?;
    let u = negated(graph, u);
    let soft = call(graph, Softplus, u);
    Some(negated(graph, soft))
}

pub(super) fn log_of_one_minus_sigmoid(graph: &mut Graph, id: Id) -> Option<Id> {
    let all = terms(graph, argument(graph, id, Log)?)?;
    let [a, b] = &all[..] else { return None };
    let (sigmoid, number) = if argument(graph, a.node, Sigmoid).is_some() { (a, b) } else { (b, a) };
    let u = argument(graph, sigmoid.node, Sigmoid)?;
    let is_one = constant(graph, number) == Some(Number::ONE) && sigmoid.coefficient == Number::MINUS_ONE;
    let soft = is_one.then(|| call(graph, Softplus, u))?;
    Some(negated(graph, soft))
}

pub(super) fn log_of_minus_expm1(graph: &mut Graph, id: Id) -> Option<Id> {
    let (coefficient, inner) = multiple(graph, argument(graph, id, Log)?);
    let u = argument(graph, inner, Expm1).filter(|_| coefficient == Number::MINUS_ONE)?;
    let edge = graph.number(Number::ratio(-7, 10)?);
    let far = graph.map(Primitive::Lt, &[u, edge]);
    let exp = call(graph, Exp, u);
    let exp = negated(graph, exp);
    let log1p = call(graph, Log1p, exp);
    Some(choice(graph, far, log1p, id))
}

/// Of what has a shorter form, in which the 1 is no longer seen.
pub(super) fn log1p_of_rational(graph: &mut Graph, id: Id) -> Option<Id> {
    let sum = argument(graph, id, Log)?;
    is_rational(graph, sum).then(|| log1p(graph, id))?
}

pub(super) fn log1p(graph: &mut Graph, id: Id) -> Option<Id> {
    let sum = argument(graph, id, Log)?;
    let all = terms(graph, sum)?;
    let one = all.iter().position(|t| constant(graph, t) == Some(Number::ONE))?;
    let rest: Vec<Term> = all.iter().enumerate().filter(|(k, _)| *k != one).map(|(_, t)| t.clone()).collect();
    let rest = graph.sum(&rest);
    (graph.dims(rest) == graph.dims(sum)).then(|| call(graph, Log1p, rest))
}

/// A power of e over a sum with that term in it.
pub(super) fn share(graph: &mut Graph, id: Id) -> Option<Id> {
    let fraction = Fraction::of(graph, id);
    let exponents: Vec<(usize, Id)> =
        fraction.above.iter().enumerate().filter_map(|(k, f)| Some((k, argument(graph, *f, Exp)?))).collect();
    exponents.into_iter().find_map(|(place, u)| {
        let (share, below) = share_of(graph, &fraction, u)?;
        let mut new = fraction.clone();
        new.below.remove(below);
        new.above[place] = share;
        Some(new.make(graph))
    })
}

/// A number over a sum of powers of e with a number in it.
pub(super) fn share_of_one(graph: &mut Graph, id: Id) -> Option<Id> {
    let mut fraction = Fraction::of(graph, id);
    let zero = graph.integer(0);
    let (share, below) = share_of(graph, &fraction, zero)?;
    fraction.below.remove(below);
    fraction.above.push(share);
    Some(fraction.make(graph))
}

/// `exp(u)` over a sum below the bar that has this term, and where that stands.
fn share_of(graph: &mut Graph, fraction: &Fraction, u: Id) -> Option<(Id, usize)> {
    fraction.below.iter().enumerate().find_map(|(k, below)| {
        let sum = Exponentials::of(graph, *below)?;
        let own = sum.position(u)?;
        let mut others = sum.exponents(graph, u);
        others.remove(own);
        let total = log_sum(graph, &others)?;
        let less = negated(graph, total);
        Some((call(graph, Sigmoid, less), k))
    })
}

/// Exponents of two terms with the same factor before them: `(u, v)` of `exp(u) + exp(v)`.
fn exponents_of_two(graph: &mut Graph, id: Id) -> Option<(Id, Id)> {
    match &Exponentials::of(graph, id)?.0[..] {
        [(u, a), (v, b)] if a.is_one() && b.is_one() => Some((*u, *v)),
        _ => None,
    }
}

pub(super) fn tanh(graph: &mut Graph, id: Id) -> Option<Id> {
    let mut fraction = Fraction::of(graph, id);
    for k in 0..fraction.below.len() {
        let Some((u, v)) = exponents_of_two(graph, fraction.below[k]) else { continue };
        let found = fraction.above.iter().enumerate().find_map(|(place, f)| match graph.node(*f) {
            Node::Map(Expm1, &[x]) if graph.is_zero(v) && x == u || graph.is_zero(u) && x == v => {
                Some((place, x, true))
            }
            Node::Map(Sinh, &[x]) if (x == u || x == v) && are_opposite(graph, u, v) => Some((place, x, false)),
            _ => None,
        });
        let Some((place, x, halved)) = found else { continue };
        let angle = if halved { half(graph, x) } else { x };
        fraction.above[place] = call(graph, Tanh, angle);
        fraction.below.remove(k);
        if !halved {
            fraction.coefficient = &fraction.coefficient * &Number::ratio(1, 2)?;
        }
        return Some(fraction.make(graph));
    }
    None
}

pub(super) fn exp_over_expm1(graph: &mut Graph, id: Id) -> Option<Id> {
    let mut fraction = Fraction::of(graph, id);
    for k in 0..fraction.below.len() {
        let Some(u) = argument(graph, fraction.below[k], Expm1) else { continue };
        let Some(place) = fraction.above.iter().position(|f| argument(graph, *f, Exp) == Some(u)) else { continue };
        let opposite = negated(graph, u);
        fraction.below[k] = call(graph, Expm1, opposite);
        fraction.above.remove(place);
        fraction.coefficient = -&fraction.coefficient;
        return Some(fraction.make(graph));
    }
    None
}

/// Several powers of e as one.
pub(super) fn one_power(graph: &mut Graph, id: Id) -> Option<Id> {
    let mut fraction = Fraction::of(graph, id);
    let zero = graph.integer(0);
    let (mut total, mut many) = (zero, 0);
    for (above, factors) in [(true, fraction.above.clone()), (false, fraction.below.clone())] {
        for f in factors {
            let Some(u) = argument(graph, f, Exp) else { continue };
            let u = if above { negated(graph, u) } else { u };
            total = difference(graph, total, u);
            many += 1;
        }
    }
    if many < 2 || graph.dims(total) != graph.dims(id) {
        return None;
    }
    fraction.above.retain(|f| argument(graph, *f, Exp).is_none());
    fraction.below.retain(|f| argument(graph, *f, Exp).is_none());
    let power = call(graph, Exp, total);
    fraction.above.push(power);
    Some(fraction.make(graph))
}

/// `log(expm1(u))`, large for a large u.
pub(super) fn log_of_expm1(graph: &mut Graph, id: Id) -> Option<Id> {
    let u = argument(graph, argument(graph, id, Log)?, Expm1)?;
    let one = graph.integer(1);
    let large = graph.map(Primitive::Gt, &[u, one]);
    let less = negated(graph, u);
    let exp = call(graph, Exp, less);
    let exp = negated(graph, exp);
    let rest = call(graph, Log1p, exp);
    let sum = graph.add(u, rest);
    Some(choice(graph, large, sum, id))
}

pub(super) fn log_of_cosh(graph: &mut Graph, id: Id) -> Option<Id> {
    let u = argument(graph, argument(graph, id, Log)?, Primitive::Cosh)?;
    let (one, size, angle) = (graph.integer(1), call(graph, Primitive::Abs, u), half(graph, u));
    let large = graph.map(Primitive::Gt, &[size, one]);
    let less = scaled(graph, &Number::integer(-2), size);
    let (soft, two) = (call(graph, Softplus, less), graph.integer(2));
    let half = call(graph, Log, two);
    let far = graph.sum(&[Term::one(size), Term::one(soft), Term::new(Number::MINUS_ONE, half)]);
    let sinh = call(graph, Sinh, angle);
    let near = square(graph, sinh);
    let near = scaled(graph, &Number::integer(2), near);
    let near = call(graph, Log1p, near);
    Some(choice(graph, large, far, near))
}

pub(super) fn complementary(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, erf, number| {
        let u = argument(graph, erf.node, Primitive::Erf)?;
        let c = beside_constant(graph, erf, number, &Number::MINUS_ONE)?;
        let new = call(graph, Primitive::Erfc, u);
        Some(scaled(graph, &-&c, new))
    })
}

/// `log2(1 + x)` and `log10(1 + x)`
pub(super) fn other_log1p(graph: &mut Graph, id: Id) -> Option<Id> {
    let (sum, base) = match graph.node(id) {
        Node::Map(Primitive::Log2, &[sum]) => (sum, 2),
        Node::Map(Primitive::Log10, &[sum]) => (sum, 10),
        _ => return None,
    };
    let log = call(graph, Log, sum);
    let log = log1p(graph, log)?;
    let base = graph.integer(base);
    let base = call(graph, Log, base);
    Some(graph.div(log, base))
}

/// `log(x^p)` for a number p.
pub(super) fn log_of_power(graph: &mut Graph, id: Id) -> Option<Id> {
    let (base, p) = power(graph, argument(graph, id, Log)?)?;
    let p = graph.as_number(p)?.clone();
    let even = p.is_integer() && (&p * &Number::ratio(1, 2)?).is_integer();
    let base = if even { call(graph, Primitive::Abs, base) } else { base };
    let log = call(graph, Log, base);
    Some(scaled(graph, &p, log))
}

pub(super) fn expm1(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, exp, number| {
        let u = argument(graph, exp.node, Exp)?;
        let c = beside_constant(graph, exp, number, &Number::MINUS_ONE)?;
        let new = call(graph, Expm1, u);
        Some(scaled(graph, &c, new))
    })
}

pub(super) fn sinh(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, a, b| {
        let (u, v) = (argument(graph, a.node, Exp)?, argument(graph, b.node, Exp)?);
        let wanted = are_opposite(graph, u, v) && a.coefficient == -&b.coefficient && !a.coefficient.is_negative();
        let new = wanted.then(|| call(graph, Sinh, u))?;
        Some(scaled(graph, &(&a.coefficient + &a.coefficient), new))
    })
}

/// Both powers of e and the number.
pub(super) fn cosh_minus_one(graph: &mut Graph, id: Id) -> Option<Id> {
    let all = terms(graph, id)?;
    // The rule on `exp(x) - 1` has been here: `exp(x) + exp(-x) - 2` has no such pair.
    let [a, b, c] = &all[..] else { return None };
    for (a, b, c) in [(a, b, c), (a, c, b), (b, c, a)] {
        let (Some(u), Some(v)) = (argument(graph, a.node, Exp), argument(graph, b.node, Exp)) else { continue };
        let Some(k) = constant(graph, c) else { continue };
        let twice = &a.coefficient + &a.coefficient;
        if are_opposite(graph, u, v) && a.coefficient == b.coefficient && k == -&twice {
            let angle = half(graph, u);
            let sinh = call(graph, Sinh, angle);
            let square = square(graph, sinh);
            return Some(scaled(graph, &(&twice + &twice), square));
        }
    }
    None
}

pub(super) fn exp_difference(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, a, b| {
        let (u, v) = (argument(graph, a.node, Exp)?, argument(graph, b.node, Exp)?);
        if a.coefficient != -&b.coefficient || a.coefficient.is_negative() {
            return None;
        }
        let d = shorter_difference(graph, u, v).unwrap_or_else(|| difference(graph, u, v));
        let zero = graph.integer(0);
        let above = graph.map(Primitive::Gt, &[d, zero]);
        let less = negated(graph, d);
        let (down, up) = (call(graph, Expm1, less), call(graph, Expm1, d));
        let first = graph.mul(a.node, down);
        let first = negated(graph, first);
        let second = graph.mul(b.node, up);
        let new = choice(graph, above, first, second);
        Some(scaled(graph, &a.coefficient, new))
    })
}

pub(super) fn one_minus_sigmoid(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, sigmoid, number| {
        let u = argument(graph, sigmoid.node, Sigmoid)?;
        let c = beside_constant(graph, sigmoid, number, &Number::MINUS_ONE)?;
        let u = negated(graph, u);
        let new = call(graph, Sigmoid, u);
        Some(scaled(graph, &-&c, new))
    })
}

pub(super) fn sigmoid_difference(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, a, b| {
        let (u, v) = (argument(graph, a.node, Sigmoid)?, argument(graph, b.node, Sigmoid)?);
        let angle = (are_opposite(graph, u, v) && a.coefficient == -&b.coefficient).then(|| half(graph, u))?;
        let new = call(graph, Tanh, angle);
        Some(scaled(graph, &a.coefficient, new))
    })
}

pub(super) fn one_and_tanh(graph: &mut Graph, id: Id) -> Option<Id> {
    pair(graph, id, |graph, tanh, number| {
        let u = argument(graph, tanh.node, Tanh)?;
        let plus = beside_constant(graph, tanh, number, &Number::ONE);
        let minus = beside_constant(graph, tanh, number, &Number::MINUS_ONE);
        // c*tanh(u) - c is -c*(1 - tanh(u)).
        let (c, sign) = match (plus, minus) {
            (Some(c), _) => (c, Number::ONE),
            (None, Some(c)) => (-&c, Number::MINUS_ONE),
            _ => return None,
        };
        let two = &Number::ONE + &Number::ONE;
        let angle = scaled(graph, &(&two * &sign), u);
        let new = call(graph, Sigmoid, angle);
        Some(scaled(graph, &(&two * &c), new))
    })
}
