//! Trigonometric and hyperbolic functions of one angle and its multiples, by one of them.

use wrt_core::{Assumptions, Graph, Id, Node, Number, Primitive, Substitution, Term};

use super::fresh;
use crate::normal::Normal;
use crate::order::divisor;

/// Larger multiples of an angle are not written out.
const MAX_MULTIPLE: i64 = 8;

/// At most so many angles that have nothing to do with each other.
const MAX_GROUPS: usize = 2;

/// The function that all others are written by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Base {
    /// The tangent of half the angle; all others are quotients of polynomials in it.
    Half,
    /// The tangent of an angle of which there are functions of the double, too; written back in that.
    Double,
    Tangent,
    Cotangent,
    Sine,
    Cosine,
    Secant,
    Cosecant,
}

impl Base {
    pub(super) const ALL: [Base; 8] = [
        Base::Half,
        Base::Double,
        Base::Tangent,
        Base::Cotangent,
        Base::Sine,
        Base::Cosine,
        Base::Secant,
        Base::Cosecant,
    ];

    /// Is the result written in sine and cosine of the double angle?
    fn is_tangent_of_half(self) -> bool {
        matches!(self, Base::Half | Base::Double)
    }

    /// What it is in powers of sine and cosine.
    fn powers(self) -> (i64, i64) {
        match self {
            Base::Half | Base::Double | Base::Tangent => (1, -1),
            Base::Cotangent => (-1, 1),
            Base::Sine => (1, 0),
            Base::Cosine => (0, 1),
            Base::Secant => (0, -1),
            Base::Cosecant => (-1, 0),
        }
    }

    /// The square of its partner, as a constant and the coefficient of its own square: `cos^2 = 1 - sin^2`.
    fn partner(self, hyperbolic: bool) -> (i64, i64) {
        match (self, hyperbolic) {
            (Base::Half | Base::Double | Base::Tangent | Base::Cotangent, false) => (1, 1),
            (Base::Half | Base::Double | Base::Tangent, true) => (1, -1),
            (Base::Cotangent, true) => (-1, 1),
            (Base::Sine | Base::Cosecant, true) => (1, 1),
            (Base::Cosine, true) => (-1, 1),
            (Base::Sine | Base::Cosine, false) => (1, -1),
            (Base::Secant, true) => (1, -1),
            (Base::Secant | Base::Cosecant, false) => (-1, 1),
        }
    }

    /// The partner in powers of sine and cosine.
    fn partner_powers(self) -> (i64, i64) {
        match self {
            Base::Half | Base::Double | Base::Tangent => (0, -1),
            Base::Cotangent => (-1, 0),
            Base::Sine => (0, 1),
            Base::Cosine => (1, 0),
            Base::Secant => (1, -1),
            Base::Cosecant => (-1, 1),
        }
    }
}

/// A function as powers of sine and cosine, and whether it is hyperbolic.
pub(super) fn member(primitive: Primitive) -> Option<((i64, i64), bool)> {
    Some(match primitive {
        Primitive::Sin => ((1, 0), false),
        Primitive::Cos => ((0, 1), false),
        Primitive::Tan => ((1, -1), false),
        Primitive::Cot => ((-1, 1), false),
        Primitive::Sec => ((0, -1), false),
        Primitive::Csc => ((-1, 0), false),
        Primitive::Sinh => ((1, 0), true),
        Primitive::Cosh => ((0, 1), true),
        Primitive::Tanh => ((1, -1), true),
        Primitive::Coth => ((-1, 1), true),
        Primitive::Sech => ((0, -1), true),
        Primitive::Csch => ((-1, 0), true),
        _ => return None,
    })
}

pub(super) fn is_trigonometric(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Map(p, _) if member(p).is_some())
}

/// The argument of a trigonometric or hyperbolic function.
pub(super) fn argument(graph: &Graph, id: Id) -> Option<Id> {
    match graph.node(id) {
        Node::Map(_, &[argument]) if is_trigonometric(graph, id) => Some(argument),
        _ => None,
    }
}

/// The function that is zero where this one has its poles, with its argument: the cosine for a tangent.
pub(super) fn poles(graph: &Graph, id: Id) -> Option<(bool, bool, Id)> {
    zeros(graph, id, -1)
}

/// As above, for what a formula divides by: the sine for `1/tanh(x)`.
pub(super) fn divisors(graph: &Graph, id: Id) -> Option<(bool, bool, Id)> {
    let Node::Map(Primitive::Pow, &[base, e]) = graph.node(id) else { return None };
    graph.as_number(e).filter(|e| e.is_negative()).and_then(|_| zeros(graph, base, 1))
}

/// Does a formula divide by a function that is zero where this one is?
pub(super) fn divides(graph: &Graph, formula: Id, by: Id) -> bool {
    let zero = zeros(graph, by, 1);
    let has = |id: Id| poles(graph, id) == zero || divisors(graph, id) == zero;
    zero.is_some() && graph.reachable(&[formula]).into_iter().any(has)
}

/// Which function is zero where this one is, or, for `-1`, where this one has its poles.
fn zeros(graph: &Graph, id: Id, sign: i64) -> Option<(bool, bool, Id)> {
    let Node::Map(primitive, &[argument]) = graph.node(id) else { return None };
    let ((s, c), hyperbolic) = member(primitive)?;
    // The hyperbolic cosine has no zero.
    (sign * s > 0 || sign * c > 0 && !hyperbolic).then_some((sign * s > 0, hyperbolic, argument))
}

pub(super) fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs().max(1) } else { gcd(b, a % b) }
}

/// Functions of multiples of one angle.
pub(super) struct Group {
    hyperbolic: bool,
    /// The angle of which all are whole multiples.
    angle: Id,
    /// Is that angle a fraction of something, as `x/2` is?
    halves: bool,
    /// Each function's node and the multiple.
    calls: Vec<(Id, i64)>,
}

/// A function's node, its argument, and which multiple of the family's angle that is.
type Call = (Id, Id, Number);

/// Is it hyperbolic, what are the angles multiples of, and its functions.
type Family = (bool, u32, Vec<Call>);

/// The functions in a formula by their angles.
pub(super) fn groups(graph: &mut Graph, order: &[Id]) -> Vec<Group> {
    let mut calls: Vec<(Id, bool, Id)> = Vec::new();
    for &id in order {
        if let Node::Map(p, args) = graph.node(id)
            && let Some((_, hyperbolic)) = member(p)
        {
            calls.push((id, hyperbolic, args[0]));
        }
    }
    if calls.is_empty() {
        return Vec::new();
    }
    let budget = crate::algebra(usize::MAX);
    // All that is asked is which multiples of one angle the arguments are.
    let arguments: Vec<Id> = calls.iter().map(|(.., argument)| *argument).collect();
    let below = graph.reachable(&arguments);
    let mut normal = Normal::new(graph, 0, &below, &budget);
    normal.run(&below);
    let mut found: Vec<Family> = Vec::new();
    for (id, hyperbolic, argument) in calls {
        let (unit, multiple) = normal.unit(argument);
        match found.iter_mut().find(|(h, u, _)| *h == hyperbolic && *u == unit) {
            Some((.., list)) => list.push((id, argument, multiple)),
            None => found.push((hyperbolic, unit, vec![(id, argument, multiple)])),
        }
    }
    // Of one hyperbolic tangent alone nothing is hidden, and people know its derivative as `1 - tanh(x)^2`, in a network
    // above all; but that of `1/tanh(x)` as `-1/sinh(x)^2`, and of what has a formula to itself as `sech(sqrt(g/l)*t)^2`.
    let divided: Vec<Id> = order.iter().filter_map(|id| divisor(graph, *id)).collect();
    let below_bars = graph.reachable(&divided);
    found.retain(|(.., list)| {
        let same = |(id, argument, _): &Call| {
            let tangent = matches!(graph.node(*id), Node::Map(Primitive::Tanh, _));
            *argument == list[0].1 && tangent && below_bars.binary_search(id).is_err()
        };
        let inner = graph.reachable(&[list[0].1]);
        !list.iter().all(same) || inner.iter().any(|id| matches!(graph.node(*id), Node::Map(..)))
    });
    if found.len() > MAX_GROUPS {
        return Vec::new();
    }
    let groups = found.into_iter().map(|(hyperbolic, _, list)| group(graph, hyperbolic, &list));
    groups.collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn group(graph: &mut Graph, hyperbolic: bool, list: &[Call]) -> Option<Group> {
    let mut step = (0i64, 1i64);
    for (.., c) in list {
        let (p, q) = c.as_small()?;
        let (p, q) = (p, q as i64);
        step = (gcd(p.checked_mul(step.1)?, step.0.checked_mul(q)?), q.checked_mul(step.1)?);
    }
    let step = Number::ratio(step.0, step.1)?;
    let per = step.recip()?;
    let mut calls = Vec::with_capacity(list.len());
    for (id, _, c) in list {
        let multiple = (c * &per).as_i64().filter(|k| *k != 0 && k.abs() <= MAX_MULTIPLE)?;
        calls.push((*id, multiple));
    }
    let angle = match list.iter().find(|(.., c)| *c == step) {
        Some((_, argument, _)) => *argument,
        None => {
            let (_, argument, c) = list.first()?;
            graph.sum(&[Term::new(&step * &c.recip()?, *argument)])
        }
    };
    Some(Group { hyperbolic, angle, halves: !step.is_integer(), calls })
}

/// How the functions of a formula are written by one, and back.
pub(super) struct Way {
    base: Base,
    pub(super) there: Vec<(Id, Id)>,
    /// The symbols that stand for the one function of each group.
    pub(super) symbols: Vec<Id>,
    turns: Vec<Turn>,
}

/// The way back of one group.
struct Turn {
    hyperbolic: bool,
    symbol: Id,
    /// The function that the symbol stands for.
    own: Id,
    /// Sine and cosine of twice its angle, for tangents of halves.
    double: Pair,
    /// Its partner, or one over that.
    partner: (Id, i64),
}

/// A node of sine and one of cosine.
type Pair = (Id, Id);

pub(super) fn way(graph: &mut Graph, groups: &[Group], base: Base) -> Option<Way> {
    let mut way = Way { base, there: Vec::new(), symbols: Vec::new(), turns: Vec::new() };
    for group in groups {
        let odd = |(id, k): &(Id, i64)| k % 2 != 0 && !is_tangent(graph, *id);
        let doubled = group.calls.iter().any(|(_, k)| k % 2 == 0);
        let rational = !group.calls.iter().any(odd) && doubled;
        let (s, c) = base.powers();
        let has = |s: i64, c: i64| {
            group.calls.iter().any(|(id, _)| powers(graph, *id).is_some_and(|(p, q)| s < 0 && p < 0 || c < 0 && q < 0))
        };
        let secant = base.partner_powers();
        let known = has(secant.0, secant.1);
        // No new poles, and nothing twice.
        let fit = match base {
            Base::Half => true,
            Base::Double => (doubled || group.halves) && !rational,
            _ => (s >= 0 || has(-1, 0)) && (c >= 0 || group.hyperbolic || has(0, -1)),
        };
        if !fit || base.is_tangent_of_half() && groups.len() > 1 {
            return None;
        }
        let symbol = fresh(graph, Assumptions::default());
        way.symbols.push(symbol);
        // Multiples of the angle of the symbol.
        let factor = if base == Base::Half && !rational { 2 } else { 1 };
        for (id, k) in &group.calls {
            let image = image(graph, base, group.hyperbolic, symbol, *id, k * factor)?;
            way.there.push((*id, image));
        }
        let shown = match factor {
            1 if base.is_tangent_of_half() => graph.sum(&[Term::new(Number::integer(2), group.angle)]),
            _ => group.angle,
        };
        let own = function(graph, group.hyperbolic, base.powers(), group.angle);
        let double =
            (function(graph, group.hyperbolic, (1, 0), shown), function(graph, group.hyperbolic, (0, 1), shown));
        // A sine below the bar rather than a cosecant that the formula doesn't have.
        let sign = if known || secant.0 + secant.1 >= 0 { 1 } else { -1 };
        let partner = function(graph, group.hyperbolic, (secant.0 * sign, secant.1 * sign), group.angle);
        let turn = Turn { hyperbolic: group.hyperbolic, symbol, own, double, partner: (partner, sign) };
        way.turns.push(turn);
    }
    Some(way)
}

/// The function with these powers of sine and cosine.
fn function(graph: &mut Graph, hyperbolic: bool, powers: (i64, i64), angle: Id) -> Id {
    use Primitive::{Cos, Cosh, Cot, Coth, Csc, Csch, Sec, Sech, Sin, Sinh, Tan, Tanh};
    let (circular, other) = match powers {
        (1, 0) => (Sin, Sinh),
        (0, 1) => (Cos, Cosh),
        (1, _) => (Tan, Tanh),
        (_, 1) => (Cot, Coth),
        (0, _) => (Sec, Sech),
        _ => (Csc, Csch),
    };
    graph.map(if hyperbolic { other } else { circular }, &[angle])
}

fn powers(graph: &Graph, id: Id) -> Option<(i64, i64)> {
    match graph.node(id) {
        Node::Map(p, _) => Some(member(p)?.0),
        _ => None,
    }
}

fn is_tangent(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Map(p, _) if member(p).is_some_and(|((s, c), _)| s + c == 0))
}

/// A function of a multiple of the angle, in the symbol.
fn image(graph: &mut Graph, base: Base, hyperbolic: bool, t: Id, call: Id, k: i64) -> Option<Id> {
    let Node::Map(primitive, _) = graph.node(call) else { return None };
    let ((s, c), _) = member(primitive)?;
    let sign = if k < 0 && s % 2 != 0 { -1 } else { 1 };
    let k = k.abs();
    let value = if base.is_tangent_of_half() && k % 2 != 0 && s + c == 0 {
        let tangent = tangent_of(graph, hyperbolic, t, k);
        power(graph, tangent, s)
    } else {
        let one = single(graph, base, hyperbolic, t);
        let (sine, cosine) = if base.is_tangent_of_half() && k % 2 == 0 {
            let double = halves(graph, hyperbolic, t);
            multiple(graph, hyperbolic, double, k / 2)
        } else {
            multiple(graph, hyperbolic, one, k)
        };
        let (a, b) = (power(graph, sine, s), power(graph, cosine, c));
        graph.mul(a, b)
    };
    Some(graph.sum(&[Term::new(Number::integer(sign), value)]))
}

fn power(graph: &mut Graph, base: Id, k: i64) -> Id {
    let e = graph.integer(k);
    match k {
        0 => graph.integer(1),
        1 => base,
        _ => graph.pow(base, e),
    }
}

/// Sine and cosine of twice the angle by the tangent.
fn halves(graph: &mut Graph, hyperbolic: bool, t: Id) -> Pair {
    let (square, one) = (power(graph, t, 2), graph.integer(1));
    let (plus, minus) = (graph.add(one, square), graph.sub(one, square));
    let double = graph.sum(&[Term::new(Number::integer(2), t)]);
    let (below, above) = if hyperbolic { (minus, plus) } else { (plus, minus) };
    (graph.div(double, below), graph.div(above, below))
}

/// Sine and cosine by the one function and its partner, a root.
fn single(graph: &mut Graph, base: Base, hyperbolic: bool, t: Id) -> Pair {
    let (square, one) = (power(graph, t, 2), graph.integer(1));
    let (constant, own) = base.partner(hyperbolic);
    let under = graph.sum(&[Term::new(Number::integer(constant), one), Term::new(Number::integer(own), square)]);
    let half = graph.number(Number::HALF);
    let root = graph.pow(under, half);
    match base {
        Base::Half | Base::Double | Base::Tangent => (graph.div(t, root), power(graph, root, -1)),
        Base::Cotangent => (power(graph, root, -1), graph.div(t, root)),
        Base::Sine => (t, root),
        Base::Cosine => (root, t),
        Base::Secant => (graph.div(root, t), power(graph, t, -1)),
        Base::Cosecant => (power(graph, t, -1), graph.div(root, t)),
    }
}

/// Sine and cosine of a multiple.
fn multiple(graph: &mut Graph, hyperbolic: bool, one: Pair, k: i64) -> Pair {
    let (mut s, mut c) = one;
    for _ in 1..k {
        let (sc, cs, cc, ss) = (graph.mul(s, one.1), graph.mul(c, one.0), graph.mul(c, one.1), graph.mul(s, one.0));
        s = graph.add(sc, cs);
        c = if hyperbolic { graph.add(cc, ss) } else { graph.sub(cc, ss) };
    }
    (s, c)
}

/// The tangent of a multiple.
fn tangent_of(graph: &mut Graph, hyperbolic: bool, t: Id, k: i64) -> Id {
    let mut all = t;
    let one = graph.integer(1);
    for _ in 1..k {
        let (above, product) = (graph.add(all, t), graph.mul(all, t));
        let below = if hyperbolic { graph.add(one, product) } else { graph.sub(one, product) };
        all = graph.div(above, below);
    }
    all
}

impl Way {
    /// The simplified formula in the symbols; for halves in sine and cosine already.
    pub(super) fn simplified(&self, graph: &mut Graph, root: Id) -> Option<Id> {
        let turn = self.turns.first().filter(|_| self.base.is_tangent_of_half());
        let Some(turn) = turn else { return Some(super::simplified(graph, root)) };
        let (order, budget) = (graph.reachable(&[root]), crate::algebra(usize::MAX));
        let mut normal = Normal::new(graph, 0, &order, &budget);
        normal.run(&order);
        normal.homogeneous(root, turn.symbol, turn.hyperbolic, turn.double.0, turn.double.1)
    }

    /// Functions for the symbols, and partners for their roots.
    pub(super) fn back(&self, graph: &mut Graph, root: Id) -> Id {
        let mut back = Substitution::default();
        for turn in &self.turns {
            for id in graph.reachable(&[root]) {
                let (base, exponent) = match graph.node(id) {
                    Node::Map(Primitive::Pow, &[base, exponent]) => (base, graph.as_number(exponent).cloned()),
                    _ => (id, Some(Number::ONE)),
                };
                let Some(e) = exponent else { continue };
                let Some(front) = self.before_partner(graph, turn, base).filter(|f| f.is_none() || e.is_one()) else {
                    continue;
                };
                let (partner, sign) = turn.partner;
                let e = graph.number(&e * &Number::integer(2 * sign));
                let mut image = graph.pow(partner, e);
                if let Some((coefficient, exponent)) = front {
                    let before = power(graph, turn.own, exponent);
                    let product = graph.mul(before, image);
                    image = graph.sum(&[Term::new(coefficient, product)]);
                }
                back.set(id, image);
            }
            back.set(turn.symbol, turn.own);
        }
        back.apply(graph, root)
    }

    /// Is it the square of the partner, as that is written in the symbol, perhaps with a number and a power of the symbol
    /// before it, as in `3*t^4 + 3*t^2`? The number and the exponent, or none before the bare square.
    fn before_partner(&self, graph: &Graph, turn: &Turn, id: Id) -> Option<Option<(Number, i64)>> {
        let Node::Sum([a, b]) = graph.node(id) else { return None };
        let degree = |t: &Term| match graph.node(t.node) {
            Node::Number(n) => Some((0, &t.coefficient * n)),
            Node::Map(Primitive::Pow, &[base, e]) if base == turn.symbol => {
                Some((graph.as_number(e)?.as_i64()?, t.coefficient.clone()))
            }
            _ => (t.node == turn.symbol).then(|| (1, t.coefficient.clone())),
        };
        let (mut low, mut high) = (degree(a)?, degree(b)?);
        if low.0 > high.0 {
            std::mem::swap(&mut low, &mut high);
        }
        let (one, own) = self.base.partner(turn.hyperbolic);
        let before = low.1.checked_mul(&Number::integer(one))?;
        let fits = high.0.checked_sub(low.0) == Some(2) && low.0 >= 0 && high.1 == &before * &Number::integer(own);
        if self.base.is_tangent_of_half() || !fits {
            return None;
        }
        match low.0 {
            0 => before.is_one().then_some(None),
            exponent => Some(Some((before, exponent))),
        }
    }
}
