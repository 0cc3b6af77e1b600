//! What products and sums are made of: factors with their bases and powers, terms with their coefficients.

use wrt_core::{Graph, Id, LabelsId, Node, Number, Primitive, Term};

use super::{MAX_NODES, MAX_PAIRED, MAX_PARTS};

/// Products within products are taken in where they are no more than so many factors together.
const MAX_FLAT: usize = 8;

/// A base and its integer power; any other factor as it is, to the power 1.
pub(crate) type Factor = (Id, i64);

/// Products with their coefficients, whatever their order: a sum's terms, or a product alone.
pub(super) type Parts = Vec<(Vec<Factor>, Number)>;

/// What a factor is a power of, and of which kind: `x^3` stands where `x` does, `sqrt(x)` is another factor.
pub(super) type Base = (Id, Kind);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Whole,
    Root,
    Symbolic,
}

/// Are two sums the opposite of each other, as `1 - s` and `s - 1` are?
pub(crate) fn are_opposite(graph: &Graph, a: Id, b: Id) -> bool {
    let is_sum = |id: Id| matches!(graph.node(id), Node::Sum([_, _, ..]));
    let negated = |parts: Parts| sorted(parts.into_iter().map(|(factors, c)| (factors, -&c)).collect());
    let all = (is_sum(a) && is_sum(b)).then(|| Some((parts(graph, a)?, parts(graph, b)?))).flatten();
    all.is_some_and(|(a, b)| sorted(a) == negated(b))
}

/// A node without the numbers that it is multiplied with.
pub(crate) fn without_coefficients(graph: &Graph, mut id: Id) -> Id {
    while let Node::Sum([single]) = graph.node(id) {
        id = single.node;
    }
    id
}

/// Factors with those of products among them.
pub(crate) fn factors_within(graph: &Graph, factors: &[Id]) -> Vec<Id> {
    let (mut found, mut open) = (Vec::with_capacity(factors.len()), factors.to_vec());
    open.reverse();
    while let Some(f) = open.pop() {
        match graph.node(f) {
            Node::Contraction(inner, LabelsId::SCALAR) if found.len() + open.len() + inner.len() <= MAX_FLAT => {
                open.extend(inner.iter().rev());
            }
            _ => found.push(f),
        }
    }
    found
}

/// The vector of which this is the sum of squares.
pub(super) fn squared(graph: &Graph, id: Id) -> Option<Id> {
    let Node::Contraction(factors, labels) = graph.node(id) else { return None };
    let x = match *factors {
        [x, y] if x == y => x,
        [square] => match graph.node(square) {
            Node::Map(Primitive::Pow, &[x, two]) if graph.as_number(two)?.as_i64() == Some(2) => x,
            _ => return None,
        },
        _ => return None,
    };
    let labels = graph.labels(labels);
    let same = labels.factors.windows(2).all(|pair| pair[0] == pair[1]) && labels.dims.len() == 1;
    (graph.dims(x).len() == 1 && graph.is_scalar(id) && same).then_some(x)
}

/// The exponent of a power, if it is no number and short.
pub(super) fn symbolic_exponent(graph: &Graph, id: Id) -> Option<Id> {
    match graph.node(id) {
        Node::Map(Primitive::Pow, &[_, e]) if graph.as_number(e).is_none() && graph.is_scalar(e) => Some(e),
        _ => None,
    }
}

/// The factors of a product under a power.
pub(super) fn power_of_product(graph: &Graph, id: Id) -> Option<Vec<Id>> {
    let Node::Map(Primitive::Pow, &[base, exponent]) = graph.node(id) else { return None };
    // 1/(y*z) is a quotient.
    let power = graph.as_number(exponent).is_some_and(|e| !e.abs().is_one());
    let whole = power && matches!(graph.node(base), Node::Contraction(_, LabelsId::SCALAR));
    let (factors, _) = product(graph, base, &mut { MAX_PAIRED }).filter(|_| whole)?;
    Some(factors.into_iter().filter(|(_, power)| *power == 1).map(|(f, _)| f).collect())
}

/// Are they all squares of names, or all their fourth powers? A person writes those in the order of the alphabet.
pub(super) fn are_like_powers(graph: &Graph, terms: &[Term]) -> bool {
    let exponents = terms.iter().map(|t| Some((power_of_name(graph, t.node)?.1, t.coefficient.is_one())));
    let exponents: Option<Vec<(i64, bool)>> = exponents.collect();
    exponents.is_some_and(|all| all.iter().all(|(e, one)| *one && e % 2 == 0 && *e == all[0].0))
}

/// Are they powers of one name by falling exponents, with numbers before them?
pub(super) fn is_polynomial(graph: &Graph, terms: &[Term]) -> bool {
    let power = |t: &Term| match graph.node(t.node) {
        Node::Symbol(_) => Some((Some(graph.symbol_name(t.node)), 1)),
        Node::Number(_) => Some((None, 0)),
        _ => power_of_name(graph, t.node).map(|(name, e)| (Some(name), e)),
    };
    let Some(powers) = terms.iter().map(power).collect::<Option<Vec<_>>>() else { return false };
    let falling = powers.windows(2).all(|pair| pair[0].1 > pair[1].1 && pair[1].1 >= 0);
    falling && powers.iter().all(|(name, e)| *e == 0 || *name == powers[0].0)
}

/// The power of a name that is a factor of a term, which doesn't depend on it otherwise.
pub(super) fn degree_in(graph: &Graph, term: Id, name: Id) -> Option<i64> {
    let (factors, _) = product(graph, term, &mut { MAX_PARTS })?;
    let mut degree = 0i64;
    for (f, power) in factors {
        match f == name {
            true => degree = degree.checked_add(power)?,
            false => {
                let nodes = graph.reachable_within(&[f], MAX_NODES)?;
                if nodes.contains(&name) {
                    return None;
                }
            }
        }
    }
    Some(degree)
}

pub(super) fn power_of_name(graph: &Graph, id: Id) -> Option<(&str, i64)> {
    match graph.node(id) {
        Node::Map(Primitive::Pow, &[base, e]) if matches!(graph.node(base), Node::Symbol(_)) => {
            Some((graph.symbol_name(base), graph.as_number(e)?.as_i64()?))
        }
        _ => None,
    }
}

pub(super) fn is_number(graph: &Graph, term: &Term) -> bool {
    graph.as_number(term.node).is_some()
}

/// `x` of `x^2` and of `1/x`, and whether it stands below the bar.
pub(super) fn base(graph: &Graph, factor: Id) -> (Base, bool) {
    let base = match graph.node(factor) {
        Node::Map(Primitive::Sqrt, &[base]) => (base, Kind::Root),
        Node::Map(Primitive::Pow, &[base, exponent]) => match graph.as_number(exponent) {
            Some(e) if e.is_integer() => (base, Kind::Whole),
            Some(_) => (base, Kind::Root),
            None => (base, Kind::Symbolic),
        },
        _ => (factor, Kind::Whole),
    };
    (base, divisor(graph, factor).is_some())
}

/// `x` of `x^-2`, what a factor divides by.
pub(crate) fn divisor(graph: &Graph, factor: Id) -> Option<Id> {
    match graph.node(factor) {
        Node::Map(Primitive::Pow, &[base, e]) if graph.as_number(e)?.is_negative() => Some(base),
        _ => None,
    }
}

/// The same for every order.
pub(super) fn sorted(mut parts: Parts) -> Parts {
    parts.iter_mut().for_each(|(factors, _)| factors.sort_unstable());
    parts.sort_unstable();
    parts
}

/// A sum's terms, or a product alone, in their order, without the brackets in them; none for what is large.
pub(super) fn parts(graph: &Graph, id: Id) -> Option<Parts> {
    let mut found = Parts::new();
    let mut open = vec![(id, Number::ONE)];
    let mut left = MAX_PARTS;
    while let Some((id, coefficient)) = open.pop() {
        match graph.node(id) {
            Node::Sum(terms) => {
                left = left.checked_sub(terms.len())?;
                for t in terms.iter().rev() {
                    open.push((t.node, t.coefficient.checked_mul(&coefficient)?));
                }
            }
            _ => {
                let (factors, own) = product(graph, id, &mut left)?;
                found.push((factors, coefficient.checked_mul(&own)?));
            }
        }
    }
    Some(found)
}

/// The factors of a product and its coefficient; `1/(x*y)` is `x^-1*y^-1`.
pub(crate) fn product(graph: &Graph, id: Id, left: &mut usize) -> Option<(Vec<Factor>, Number)> {
    let (mut factors, mut coefficient) = (Vec::new(), Number::ONE);
    let mut open = vec![(id, 1i64)];
    while let Some((id, power)) = open.pop() {
        match graph.node(id) {
            Node::Number(n) => coefficient = coefficient.checked_mul(&small_power(n, power)?)?,
            Node::Sum([single]) => {
                *left = left.checked_sub(1)?;
                coefficient = coefficient.checked_mul(&small_power(&single.coefficient, power)?)?;
                open.push((single.node, power));
            }
            Node::Contraction(list, labels) if labels == LabelsId::SCALAR => {
                *left = left.checked_sub(list.len())?;
                open.extend(list.iter().rev().map(|f| (*f, power)));
            }
            Node::Map(Primitive::Pow, &[base, exponent]) => {
                match graph.as_number(exponent).and_then(Number::as_i64).and_then(|e| e.checked_mul(power)) {
                    Some(whole) => {
                        *left = left.checked_sub(1)?;
                        open.push((base, whole));
                    }
                    None => factors.push((id, power)),
                }
            }
            _ => factors.push((id, power)),
        }
    }
    Some((factors, coefficient))
}

/// A number to a power that is small enough to write out.
fn small_power(n: &Number, power: i64) -> Option<Number> {
    const MAX: i64 = 64;
    if n.is_one() { Some(Number::ONE) } else { n.pow(Some(power).filter(|p| p.abs() <= MAX)?) }
}
