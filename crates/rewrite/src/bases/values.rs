//! Is what came out of other generators the same number as the given formula? Points tell.

use std::cell::OnceCell;
use std::collections::HashSet;

use wrt_core::{Assumptions, Graph, Id, Node, NodeMap, Number, Primitive, Substitution, Term};
use wrt_run::{Point, Repeated, values_at};

use super::{MAX_NODES, fresh, roots, trig};
use crate::order::divisor;

/// At so many points two formulas are held against each other, and at so many of them at least both must be numbers.
const POINTS: usize = 48;
const MIN_POINTS: usize = 3;

/// Where the given formula is a number at few points with a negative name, more are looked for, up to so many in all.
const MAX_POINTS: usize = 384;
const MIN_SIGNED: usize = 16;

/// At fewer points where it is not 0 a formula tells too little.
const MIN_TOLD: usize = 16;

/// So many points at which a divisor is 0 are looked at where a form is chosen, and so many in all where it is noted.
const ZERO_POINTS: usize = 16;
pub(crate) const NOTE_POINTS: usize = 128;

/// Doubles this near to each other, relatively, are the same but for rounding.
const TOLERANCE: f64 = 1e-9;

/// At so many points where doubles differ certified digits tell whether that is rounding.
const MAX_EXACT: usize = 6;

/// At so many points roots that the given formula does not have are looked at, half of them with names that are so much
/// larger: `cos(x/1000)` is negative at few of them.
const ROOT_POINTS: usize = 240;
const WIDER: [i64; 4] = [10, 100, 1000, 100_000];

/// What some names are divided by, and a number beyond all names, which keeps two mixtures apart.
const TINY: i64 = 1_000_000_000_000;
const MANY_NAMES: usize = 1000;

/// Of higher powers no point tells anything.
const HIGH_POWER: i64 = 200;

/// Has a formula a value, and another one none, at some point where a base is 0? Looked for where a name is 0, and where a
/// sum of names and numbers is.
pub(crate) fn has_value_where_zero(graph: &Graph, given: Id, other: Option<Id>, zero: Id, points: usize) -> bool {
    let names = graph.free_symbols(&[given]);
    let both = |free: &[Id]| (Repeated::of(graph, given, free), other.map(|other| Repeated::of(graph, other, free)));
    let has = |formula: &Repeated, at: &[(Id, f64)]| formula.value(graph, at).is_some_and(f64::is_finite);
    let loses = |(given, other): &(Repeated, Option<Repeated>), at: &[(Id, f64)]| {
        has(given, at) && !other.as_ref().is_some_and(|other| has(other, at))
    };
    let formulas = both(&names);
    let is_lost = |at: &[(Id, f64)]| loses(&formulas, at);
    if let Some(terms) = linear(graph, zero) {
        return (0..points).any(|k| {
            let mut at = place(graph, &names, k);
            vanishing(&mut at, &terms).is_some_and(|()| is_lost(&in_doubles(&at)))
        });
    }
    let below = Repeated::of(graph, zero, &names);
    let vanishes = |at: &[(Id, f64)]| below.value(graph, at) == Some(0.0);
    let lost_at_zero_of = |name: Id| {
        (0..points).step_by(4).any(|k| {
            let mut at = quick_place(graph, &names, k);
            at.iter_mut().filter(|(x, _)| *x == name).for_each(|(_, value)| *value = 0.0);
            vanishes(&at) && is_lost(&at)
        })
    };
    // relu(x) is 0 left of 0.
    let lost_anywhere = || {
        (0..points).any(|k| {
            let at = quick_place(graph, &names, k);
            vanishes(&at) && is_lost(&at)
        })
    };
    // Where lgamma(q) is 0 no point tells, but what becomes of the formula there.
    let lost_as_value = || {
        let formulas = both(&[&names[..], &[zero]].concat());
        (0..points).any(|k| loses(&formulas, &[&quick_place(graph, &names, k)[..], &[(zero, 0.0)]].concat()))
    };
    // sinh(x) is 0 where tanh(x) is, by which the given one divides.
    let function =
        matches!(graph.node(zero), Node::Map(p, _) if p != Primitive::Pow) && !trig::divides(graph, given, zero);
    names.iter().take(ZERO_POINTS).any(|name| lost_at_zero_of(*name))
        || lost_anywhere()
        || function && !crate::known_of(graph, zero).is_nonzero() && lost_as_value()
}

/// `x` of `x^(1 - pi)`, whose exponent is a negative number that is written as a formula.
pub(crate) fn divided_by(graph: &Graph, id: Id) -> Option<Id> {
    let Node::Map(Primitive::Pow, &[base, e]) = graph.node(id) else { return None };
    let constant = graph.free_symbols(&[e]).is_empty();
    (constant && Repeated::of(graph, e, &[]).value(graph, &[])? < 0.0).then_some(base)
}

/// The terms of a sum of names and numbers, each name once.
fn linear(graph: &Graph, id: Id) -> Option<Vec<(Option<Id>, Number)>> {
    let mut found: Vec<(Option<Id>, Number)> = Vec::new();
    let mut left = vec![Term::one(id)];
    while let Some(t) = left.pop() {
        let (name, c) = match (graph.node(t.node), graph.as_number(t.node)) {
            (_, Some(n)) => (None, &t.coefficient * n),
            (Node::Symbol(_), _) => (Some(t.node), t.coefficient),
            // Sums within sums, as `5*x - a + x` is read.
            (Node::Sum(inner), _) if left.len() + inner.len() <= MAX_NODES => {
                left.extend(inner.iter().map(|u| Term::new(&t.coefficient * &u.coefficient, u.node)));
                continue;
            }
            _ => return None,
        };
        match found.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = &*own + &c,
            None => found.push((name, c)),
        }
    }
    found.retain(|(_, c)| !c.is_zero());
    Some(found)
}

/// Moves a point to where such a sum is 0, by its first name.
fn vanishing(at: &mut Place, terms: &[(Option<Id>, Number)]) -> Option<()> {
    let (lead, coefficient) = terms.iter().find_map(|(name, c)| Some(((*name)?, c)))?;
    let mut rest = Number::ZERO;
    for (name, c) in terms.iter().filter(|(name, _)| *name != Some(lead)) {
        let value = match name {
            Some(name) => &at.iter().find(|(x, _)| x == name)?.1 * c,
            None => c.clone(),
        };
        rest = &rest + &value;
    }
    set(at, lead, &-&(&rest * &coefficient.recip()?));
    Some(())
}

fn set(at: &mut Place, name: Id, value: &Number) {
    at.iter_mut().filter(|(x, _)| *x == name).for_each(|(_, n)| *n = value.clone());
}

/// The values of names.
type Place = Vec<(Id, Number)>;

/// A formula's values, at points where others are held against it; each is computed where somebody asks.
pub(crate) struct Values {
    given: Id,
    double: Repeated,
    names: Vec<Id>,
    arguments: OnceCell<Vec<Argument>>,
    points: Vec<OnceCell<At>>,
}

/// What a trigonometric function is of.
struct Argument {
    id: Id,
    double: Repeated,
    /// Is it known to be no negative number?
    has_one_sign: bool,
}

/// What an angle is of another one, at the points.
enum Multiple {
    Constant(f64),
    Varies,
    Unknown,
}

/// A point, and the value there.
#[derive(Clone)]
struct At {
    place: Place,
    value: Option<f64>,
}

impl Values {
    pub(crate) fn of(graph: &Graph, given: Id) -> Values {
        let names = graph.free_symbols(&[given]);
        let double = Repeated::of(graph, given, &names);
        Values { given, double, names, arguments: OnceCell::new(), points: vec![OnceCell::new(); MAX_POINTS] }
    }

    /// The arguments of trigonometric functions.
    fn arguments(&self, graph: &Graph) -> &[Argument] {
        self.arguments.get_or_init(|| {
            let all = graph.reachable(&[self.given]);
            let mut found: Vec<Id> = all.into_iter().filter_map(|id| trig::argument(graph, id)).collect();
            found.sort_unstable();
            found.dedup();
            found.retain(|id| !graph.free_symbols(&[*id]).is_empty());
            let argument = |id: Id| Argument {
                id,
                double: Repeated::of(graph, id, &self.names),
                has_one_sign: roots::is_root(graph, id) || crate::known_of(graph, id).is_nonnegative(),
            };
            found.into_iter().map(argument).collect()
        })
    }

    /// Is another formula the same number, at points where this one is?
    pub(crate) fn are_of(&self, graph: &mut Graph, other: Id) -> bool {
        if graph.free_symbols(&[other]).iter().any(|x| !self.names.contains(x)) {
            return false;
        }
        let (mut met, mut signed, mut told) = (0, 0, 0);
        let double = Repeated::of(graph, other, &self.names);
        let one_sign = self.names.iter().all(|x| crate::known_of(graph, *x).is_nonnegative());
        let same = |a: f64, at: &Place| {
            value_of(&double, graph, at).is_some_and(|b| close(a, b)) || {
                let exact = exactly(graph, self.given, at).zip(exactly(graph, other, at));
                exact.is_some_and(|(a, b)| close(a, b))
            }
        };
        for (k, point) in self.points.iter().enumerate() {
            if k >= POINTS && told >= MIN_TOLD && (one_sign || signed >= MIN_SIGNED) {
                break;
            }
            let At { place: at, value } = point.get_or_init(|| self.point(graph, k));
            let Some(a) = *value else { continue };
            if !same(a, at) {
                return false;
            }
            met += 1;
            told += usize::from(a != 0.0);
            signed += usize::from(at.iter().any(|(_, n)| n.is_negative()));
        }
        met >= MIN_POINTS
            && (told >= MIN_TOLD || self.agree_with_free_functions(graph, other))
            && self.agree_at_any_angle(graph, other)
            && self.has_powers_of(graph, other)
            && self.has_values_of(graph, other, &double)
    }

    /// Is another formula the same number with any value of an angle and its multiples? At the points cos(x/1000) is positive,
    /// x^(300*n) next to 0 or beyond doubles, and no exponential as large as the number in `exp(x) - 73300`.
    fn agree_at_any_angle(&self, graph: &mut Graph, other: Id) -> bool {
        let all = self.arguments(graph);
        let new: Vec<Id> = graph.reachable(&[other]).into_iter().filter_map(|id| trig::argument(graph, id)).collect();
        let new = new.into_iter().filter(|id| !all.iter().any(|a| a.id == *id));
        let new: Vec<(Id, Repeated)> = new.map(|id| (id, Repeated::of(graph, id, &self.names))).collect();
        let mut known: HashSet<Id> = HashSet::new();
        for first in all {
            if known.contains(&first.id) {
                continue;
            }
            let multiple = |a: &Argument| match self.multiple(graph, &a.double, first) {
                Multiple::Constant(multiple) => Some((a.id, multiple)),
                // No point tells even that it is once itself.
                Multiple::Unknown if a.id == first.id => Some((a.id, 1.0)),
                Multiple::Varies | Multiple::Unknown => None,
            };
            let mut angles: Vec<(Id, f64)> = all.iter().filter_map(multiple).collect();
            known.extend(angles.iter().map(|(id, _)| *id));
            let mut independent = false;
            for (id, double) in &new {
                match self.multiple(graph, double, first) {
                    Multiple::Constant(multiple) => angles.push((*id, multiple)),
                    Multiple::Varies => independent = true,
                    // Whether it is the same angle in other words no point tells.
                    Multiple::Unknown => return false,
                }
            }
            let values = |k: usize| {
                let size = f64::from(mixed(k, 3 * MANY_NAMES) % 2000) / 100.0;
                let angle = if first.has_one_sign { size / 2.0 } else { size - 10.0 };
                angles.iter().map(|(id, multiple)| (*id, angle * multiple)).collect()
            };
            // sin(x + y) written by sines and cosines of x and of y is no formula of one angle.
            if !independent && !self.agree_with(graph, other, &values) {
                return false;
            }
        }
        true
    }

    /// Is another formula the same number with any values of its functions but trigonometric ones and roots? No name is as
    /// large as the number in `relu(x - 1000000)*cos(x)`, which is 0 at all points.
    fn agree_with_free_functions(&self, graph: &mut Graph, other: Id) -> bool {
        let functions = outer_functions(graph, self.given).into_iter();
        let functions: Vec<(Id, bool)> =
            functions.map(|id| (id, crate::known_of(graph, id).is_nonnegative())).collect();
        let values = |k: usize| {
            let value = |(j, (id, one_sign)): (usize, &(Id, bool))| {
                let size = f64::from(mixed(k, j + 3 * MANY_NAMES) % 2000 + 1) / 100.0;
                (*id, if *one_sign || mixed(k, j + 4 * MANY_NAMES).is_multiple_of(2) { size } else { -size })
            };
            functions.iter().enumerate().map(value).collect()
        };
        functions.is_empty() || self.agree_with(graph, other, &values)
    }

    /// Is another formula the same number where nodes have other values than their own? Where doubles differ, certified
    /// digits decide, at so many points.
    fn agree_with(&self, graph: &mut Graph, other: Id, values: &dyn Fn(usize) -> Vec<(Id, f64)>) -> bool {
        let nodes: Vec<Id> = values(0).into_iter().map(|(id, _)| id).collect();
        let free = [&self.names[..], &nodes].concat();
        let doubles = (Repeated::of(graph, self.given, &free), Repeated::of(graph, other, &free));
        let mut exact: Option<(Vec<Id>, [Id; 2])> = None;
        let mut left = MAX_EXACT;
        for k in 0..POINTS {
            let at = [quick_place(graph, &self.names, k), values(k)].concat();
            let found = doubles.0.value(graph, &at).zip(doubles.1.value(graph, &at));
            let finite = found.filter(|(a, b)| a.is_finite() && b.is_finite());
            if left == 0 || finite.is_none_or(|(a, b)| close(a, b)) {
                continue;
            }
            left -= 1;
            let (symbols, formulas) = exact.get_or_insert_with(|| {
                let mut named = Substitution::default();
                let symbols: Vec<Id> = nodes.iter().map(|_| fresh(graph, Assumptions::default())).collect();
                nodes.iter().zip(&symbols).for_each(|(node, symbol)| named.set(*node, *symbol));
                (symbols, [self.given, other].map(|id| named.apply(graph, id)))
            });
            let own = values(k).into_iter().zip(symbols).filter_map(|((_, v), x)| Some((*x, Number::from_f64(v)?)));
            let at: Place = place(graph, &self.names, k).into_iter().chain(own).collect();
            let [a, b] = formulas.map(|id| exactly(graph, id, &at));
            if a.zip(b).is_some_and(|(a, b)| a.is_finite() && b.is_finite() && !close(a, b)) {
                return false;
            }
        }
        true
    }

    /// Which multiple one angle is of another.
    fn multiple(&self, graph: &Graph, angle: &Repeated, of: &Argument) -> Multiple {
        let ratio = |k: usize| {
            let at = quick_place(graph, &self.names, k);
            Some(angle.value(graph, &at)? / of.double.value(graph, &at)?).filter(|r| r.is_finite())
        };
        let mut all = (0..POINTS).filter_map(ratio);
        match all.next() {
            Some(first) if all.all(|r| close(r, first)) => Multiple::Constant(first),
            Some(_) => Multiple::Varies,
            None => Multiple::Unknown,
        }
    }

    /// Has this formula no value where a name is 0 that only the other one divides by?
    pub(crate) fn divides_by_names_of(&self, graph: &Graph, other: Id) -> bool {
        let names = |root: Id| {
            let all = graph.reachable(&[root]);
            let mut names: Vec<Id> = all.into_iter().filter_map(|id| divisor(graph, id)).collect();
            names.retain(|id| matches!(graph.node(*id), Node::Symbol(_)));
            names
        };
        let known = names(self.given);
        names(other)
            .into_iter()
            .all(|name| known.contains(&name) || !has_value_where_zero(graph, self.given, None, name, ZERO_POINTS))
    }

    /// Has the other one a value wherever this one has one? Few points meet the signs under new roots, so many are looked
    /// at where there are such.
    fn has_values_of(&self, graph: &Graph, other: Id, double: &Repeated) -> bool {
        let radicands = |root: Id| graph.reachable(&[root]).into_iter().filter_map(|id| roots::radicand(graph, id));
        let known: Vec<Id> = radicands(self.given).collect();
        let at_all_signs = || {
            self.wide().all(|k| {
                let at = quick_place(graph, &self.names, k);
                let has_value = |formula: &Repeated| formula.value(graph, &at).is_some_and(f64::is_finite);
                // In doubles x + sqrt(1 + x^2) may be negative.
                let exact = || exactly(graph, other, &place(graph, &self.names, k)).is_some_and(f64::is_finite);
                !has_value(&self.double) || has_value(double) || exact()
            })
        };
        // 0·y has a root where y has none.
        let at_zeros = || {
            let product = |under: &Id| match graph.node(*under) {
                Node::Contraction(factors, _) => factors.to_vec(),
                _ => Vec::new(),
            };
            let of_one_name = |factor: Id| match graph.free_symbols(&[factor])[..] {
                [name] => Some(name),
                _ => None,
            };
            let mut names: Vec<Id> = known.iter().flat_map(product).filter_map(of_one_name).collect();
            names.sort_unstable();
            names.dedup();
            let is_lost = |name: &Id| has_value_where_zero(graph, self.given, Some(other), *name, ZERO_POINTS);
            !names.iter().take(ZERO_POINTS).any(is_lost)
        };
        radicands(other).all(|under| known.contains(&under)) || at_all_signs() && at_zeros()
    }

    /// Is a base of a symbolic power negative only where one of this formula is? What they are raised to is often an
    /// integer, or too large for doubles, at the points.
    fn has_powers_of(&self, graph: &Graph, other: Id) -> bool {
        let bases = |root: Id| graph.reachable(&[root]).into_iter().filter_map(|id| roots::symbolic_base(graph, id));
        let known: Vec<Id> = bases(self.given).collect();
        let negative = |base: &Repeated, at: &[(Id, f64)]| base.value(graph, at).is_none_or(|b| b.is_nan() || b < 0.0);
        let evaluated: Vec<Repeated> = known.iter().map(|id| Repeated::of(graph, *id, &self.names)).collect();
        bases(other).filter(|base| !known.contains(base)).all(|base| {
            let new = Repeated::of(graph, base, &self.names);
            self.wide().all(|k| {
                let at = quick_place(graph, &self.names, k);
                !new.value(graph, &at).is_some_and(|b| b < 0.0)
                    || evaluated.iter().any(|known| negative(known, &at))
                    || exactly(graph, base, &place(graph, &self.names, k)).is_none_or(|b| b >= 0.0)
            })
        })
    }

    fn wide(&self) -> std::ops::Range<usize> {
        MAX_POINTS..MAX_POINTS + ROOT_POINTS
    }

    fn point(&self, graph: &Graph, k: usize) -> At {
        let place = place(graph, &self.names, k);
        let value = value_of(&self.double, graph, &place).filter(|a| a.is_finite());
        At { place, value }
    }
}

/// The outermost functions that are neither trigonometric nor roots, and powers so high that they are 0 or beyond doubles
/// at most points.
fn outer_functions(graph: &Graph, root: Id) -> Vec<Id> {
    let is_function = |id: Id| match graph.node(id) {
        Node::Map(Primitive::Pow, &[_, e]) => graph.as_number(e).is_some_and(|e| e.abs() > Number::integer(HIGH_POWER)),
        Node::Map(Primitive::Sqrt, _) => false,
        Node::Map(..) => !trig::is_trigonometric(graph, id),
        _ => false,
    };
    let (mut reached, mut found): (NodeMap<bool>, _) = (NodeMap::default(), Vec::new());
    reached.insert(root, true);
    for id in graph.reachable(&[root]).into_iter().rev() {
        match reached.of(id) && is_function(id) {
            true => found.push(id),
            false if reached.of(id) => graph.for_each_child(id, |c| reached.insert(c, true)),
            false => {}
        }
    }
    found
}

/// The values of names at a point; from `MAX_POINTS` on half of the points are wide ones.
fn place(graph: &Graph, names: &[Id], k: usize) -> Place {
    names.iter().enumerate().map(|(j, id)| (*id, coordinate(graph, *id, k, j))).collect()
}

/// The same in doubles.
fn quick_place(graph: &Graph, names: &[Id], k: usize) -> Vec<(Id, f64)> {
    in_doubles(&place(graph, names, k))
}

fn in_doubles(at: &Place) -> Vec<(Id, f64)> {
    at.iter().map(|(x, n)| (*x, n.to_f64())).collect()
}

/// The value by as many digits as it takes.
fn exactly(graph: &Graph, id: Id, at: &[(Id, Number)]) -> Option<f64> {
    values_at(graph, &[id], &Point::numbers(at)).ok()?.pop()?.data.pop()
}

fn value_of(formula: &Repeated, graph: &Graph, at: &Place) -> Option<f64> {
    formula.value(graph, &in_doubles(at))
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE * a.abs() || a == b
}

/// A fraction that meets no other, of either sign where nothing is known; small, medium and large ones.
fn coordinate(graph: &Graph, id: Id, k: usize, j: usize) -> Number {
    let known = graph.assumptions(id);
    let step = ((7 * k + 11 * j + 3 * k * j) % 97) as i64;
    // One that is as good as 0 shows what the others are alone.
    let size = if mixed(k, j + MANY_NAMES).is_multiple_of(8) { TINY } else { [900, 300, 90, 40][k % 4] };
    let wider = match k >= MAX_POINTS && k % 2 == 1 {
        true => WIDER[mixed(k, j + 2 * MANY_NAMES) as usize % WIDER.len()],
        false => 1,
    };
    let (magnitude, size) = if known.integer { (1 + step % 7, 1) } else { (2 * step + 13, size) };
    // Half of the points have positive numbers only; in the others no two names go with each other in sign.
    let sign = if (k / 4) % 2 == 1 && mixed(k, j) % 2 == 1 { -1 } else { 1 };
    known.nearest(Number::ratio(sign * magnitude * wider, size).unwrap_or(Number::ONE))
}

/// A number that tells nothing of the two it is made of (the last steps of MurmurHash3).
fn mixed(k: usize, j: usize) -> u32 {
    let mut h = (k as u32).wrapping_mul(0x9e37_79b9) ^ (j as u32 + 1).wrapping_mul(0x85eb_ca6b);
    h = (h ^ h >> 16).wrapping_mul(0x85eb_ca6b);
    h = (h ^ h >> 13).wrapping_mul(0xc2b2_ae35);
    h ^ h >> 16
}
