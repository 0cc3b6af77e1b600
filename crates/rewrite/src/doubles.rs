//! Is a formula as good in doubles as the given one?
//!
//! Algebra may make a formula that is equal and useless: `exp(-x^2)*(exp(x^2)*erf(x) - x)` is 0·∞ where
//! `erf(x) - x*exp(-x^2)` is a number. What growth, cancelling and rounding do together no rule on the form of a formula
//! tells, so a short form is tried where such things happen: at points whose magnitudes span the doubles that occur.
//! Where sums of products were multiplied out (an iterated map is a polynomial whose terms cancel), points near 0 are tried,
//! too.

use std::cell::{Cell, OnceCell};
use std::collections::HashSet;

use wrt_core::{Graph, Id, Node, Number, Primitive, Term};
use wrt_run::{Point as Place, Repeated, values_at};

/// The magnitudes that each name runs through, with both signs; between 100 and 700 powers of its exponential overflow.
const MAGNITUDES: [f64; 21] = [
    1e-8, 1e-5, 0.03, 0.34, 0.9, 2.7, 6.5, 13.0, 30.0, 47.0, 90.0, 125.0, 160.0, 220.0, 300.0, 380.0, 500.0, 650.0,
    900.0, 1e5, 1e8,
];

/// So many points in the unit interval, and between -1 and 1, are tried for polynomials.
const UNIT_POINTS: usize = 24;

/// Polynomials of lower degree are as good as what they were multiplied out of.
const MIN_DEGREE: u32 = 8;

/// Terms that are larger than the smallest by less cancel to something with digits enough.
const MAX_CANCELLED: f64 = 1e4;

/// Doubles this near to each other, relatively, are the same but for rounding.
const TOLERANCE: f64 = 1e-9;

/// The point itself, and its neighbours.
const BESIDE: [f64; 3] = [1.0, 1.0137, 0.9871];

/// At so many points at most certified digits are asked for.
const MAX_CERTIFIED: u32 = 12;

/// Below this doubles have fewer digits.
const SMALLEST: f64 = 1e-290;

/// A point where the given formula is a number.
struct Point {
    at: Vec<(Id, f64)>,
    value: f64,
    /// Is that accurate? Certified digits are dear: they are computed where somebody asks.
    accurate: OnceCell<bool>,
}

/// What another formula is held against.
pub(crate) struct Doubles {
    given: Id,
    names: Vec<Id>,
    /// The given formula in doubles.
    double: Repeated,
    points: Vec<Point>,
    /// How many points may still be decided with certified digits.
    left: Cell<u32>,
}

impl Doubles {
    /// The given formula, beside which others like this one are tried.
    pub(crate) fn of(graph: &Graph, given: Id, other: Id) -> Doubles {
        let names = graph.free_symbols(&[given]);
        let expanded = is_multiplied_out(graph, given, other);
        let near = (0..if expanded { UNIT_POINTS } else { 0 }).map(|k| unit_point(graph, &names, k));
        let signed = (0..2 * MAGNITUDES.len()).map(|k| point(graph, &names, k));
        let double = Repeated::of(graph, given, &names);
        let points = near.chain(signed).filter_map(|at| {
            let value = double.value(graph, &at)?;
            value.is_finite().then_some(Point { at, value, accurate: OnceCell::new() })
        });
        // The certified digits of powers to symbolic exponents are dear.
        let certified = expanded || graph.reachable(&[given, other]).into_iter().any(|id| is_exponential(graph, id));
        let points = points.collect();
        let left = Cell::new(if certified { MAX_CERTIFIED } else { 0 });
        Doubles { given, names, double, points, left }
    }

    /// The given formula, beside which any other is tried by certified digits.
    pub(crate) fn certified(graph: &Graph, given: Id) -> Doubles {
        Doubles { left: Cell::new(MAX_CERTIFIED), ..Doubles::of(graph, given, given) }
    }

    /// Is this formula a number wherever the given one is, and accurate where that is? Where they agree it is; certified
    /// digits decide between two that differ.
    pub(crate) fn allow(&self, graph: &Graph, id: Id) -> bool {
        let other = Repeated::of(graph, id, &self.names);
        self.points.iter().all(|p| self.agrees(graph, &other, p))
    }

    fn agrees(&self, graph: &Graph, other: &Repeated, p: &Point) -> bool {
        let got = other.value(graph, &p.at);
        let finite = got.is_some_and(f64::is_finite);
        let same = got.is_some_and(|v| close(v, p.value));
        same || finite && !*p.accurate.get_or_init(|| self.is_accurate(graph, &p.at))
    }

    /// Is the given formula accurate at a point and beside it? At one point what cancels may be right by luck.
    fn is_accurate(&self, graph: &Graph, point: &[(Id, f64)]) -> bool {
        if self.left.get() == 0 {
            return false;
        }
        self.left.set(self.left.get() - 1);
        BESIDE.iter().all(|factor| {
            let beside: Vec<(Id, f64)> = point.iter().map(|(x, v)| (*x, v * factor)).collect();
            let exact = beside.iter().map(|(x, v)| Number::from_f64(*v).map(|n| (*x, n))).collect::<Option<Vec<_>>>();
            let value = self.double.value(graph, &beside);
            let truth =
                exact.and_then(|at| values_at(graph, &[self.given], &Place::numbers(&at)).ok()?.pop()?.data.pop());
            value.zip(truth).is_some_and(|(value, truth)| close(value, truth))
        })
    }
}

fn close(value: f64, truth: f64) -> bool {
    (value - truth).abs() <= TOLERANCE * truth.abs() + SMALLEST
}

/// The names' values at the point of this number; each name runs through the magnitudes from another start.
fn point(graph: &Graph, names: &[Id], k: usize) -> Vec<(Id, f64)> {
    let magnitude = |j: usize| MAGNITUDES[(k / 2 + 4 * j) % MAGNITUDES.len()];
    let value = |(j, id)| signed(graph, id, magnitude(j), (k + j / 2) % 2 == 1);
    names.iter().copied().enumerate().map(value).collect()
}

/// A point in the unit cube, or, every other one, with negative coordinates, too.
fn unit_point(graph: &Graph, names: &[Id], k: usize) -> Vec<(Id, f64)> {
    let magnitude = |j: usize| (31 + 37 * k + 53 * j + 11 * k * j) % 97;
    let value = |(j, id)| signed(graph, id, (magnitude(j) as f64 + 0.7) / 98.0, k % 2 == 1 && (k / 2 + j) % 2 == 1);
    names.iter().copied().enumerate().map(value).collect()
}

/// A name and a value of this magnitude that it may have.
pub(crate) fn signed(graph: &Graph, id: Id, magnitude: f64, negative: bool) -> (Id, f64) {
    let known = graph.assumptions(id);
    let magnitude = if known.integer { magnitude.ceil() } else { magnitude };
    let value = if negative { -magnitude } else { magnitude };
    let fitting = Number::from_f64(value).filter(|x| !known.allows(x)).map(|x| known.nearest(x).to_f64());
    (id, fitting.unwrap_or(value))
}

/// Larger formulas are not tried: they are read part by part, and evaluating them again and again is dear.
const MAX_NODES: usize = 120;

/// May the formula be worse in doubles than the given one?
pub(crate) fn is_risky(graph: &Graph, given: Id, id: Id) -> bool {
    grows(graph, given, id) || is_multiplied_out(graph, given, id)
}

/// Does the formula have a polynomial of high degree and coefficients that the given one doesn't have?
pub(crate) fn is_multiplied_out(graph: &Graph, given: Id, id: Id) -> bool {
    let found: Vec<Id> = graph.reachable(&[id]).into_iter().filter(|id| may_cancel(graph, *id)).collect();
    if found.is_empty() {
        return false;
    }
    let original: HashSet<Id> = graph.reachable(&[given]).into_iter().collect();
    original.len() <= MAX_NODES && found.iter().any(|id| !original.contains(id))
}

/// May the terms of a sum be far larger than itself, where the names are about 1?
fn may_cancel(graph: &Graph, id: Id) -> bool {
    let Node::Sum(terms) = graph.node(id) else { return false };
    if terms.len() < 3 || !terms.iter().any(|t| degree(graph, t.node) >= MIN_DEGREE) {
        return false;
    }
    let sizes = || terms.iter().map(|t| t.coefficient.to_f64().abs());
    sizes().sum::<f64>() > MAX_CANCELLED * sizes().fold(f64::INFINITY, f64::min)
}

/// The degree of a product of powers in one of its bases.
fn degree(graph: &Graph, id: Id) -> u32 {
    let one = |id: Id| match graph.node(id) {
        Node::Map(Primitive::Pow, &[_, exponent]) => {
            let power = graph.as_number(exponent).and_then(Number::as_i64);
            power.map_or(1, |e| u32::try_from(e).unwrap_or(0))
        }
        _ => 1,
    };
    match graph.node(id) {
        Node::Contraction(factors, _) => factors.iter().map(|f| one(*f)).max().unwrap_or(0),
        _ => one(id),
    }
}

/// Does the formula refer more than once to what grows or saturates like an exponential? One reference alone meets
/// nothing that it could be infinite times zero with, or cancel against.
fn grows(graph: &Graph, given: Id, id: Id) -> bool {
    let (order, original) = (graph.reachable(&[id]), graph.reachable(&[given]));
    if order.len() > MAX_NODES || original.len() > MAX_NODES {
        return false;
    }
    // Powers to symbolic exponents are only turned where they have been below the bar.
    let turned = original.into_iter().any(|id| is_turned_power(graph, id));
    let risk = |id: Id| is_exponential(graph, id) || turned && is_symbolic_power(graph, id);
    let mut references = 0;
    order.into_iter().for_each(|node| graph.for_each_child(node, |child| references += usize::from(risk(child))));
    references > 1
}

/// `x^(-n)`
fn is_turned_power(graph: &Graph, id: Id) -> bool {
    let Node::Map(Primitive::Pow, &[_, exponent]) = graph.node(id) else { return false };
    let turned = |t: &Term| t.coefficient.is_negative() && graph.as_number(t.node).is_none();
    matches!(graph.node(exponent), Node::Sum(terms) if terms.iter().any(turned))
}

fn is_symbolic_power(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Map(Primitive::Pow, &[_, exponent]) if graph.as_number(exponent).is_none())
}

fn is_exponential(graph: &Graph, id: Id) -> bool {
    match graph.node(id) {
        Node::Map(Primitive::Pow, &[base, _]) => {
            is_symbolic_power(graph, id) && matches!(graph.node(base), Node::Number(_) | Node::Constant(_))
        }
        Node::Map(p, _) => matches!(
            p,
            Primitive::Exp
                | Primitive::Expm1
                | Primitive::Sinh
                | Primitive::Cosh
                | Primitive::Tanh
                | Primitive::Coth
                | Primitive::Sech
                | Primitive::Csch
                | Primitive::Hypot
                | Primitive::Sigmoid
                | Primitive::Softplus
                | Primitive::Gelu
                | Primitive::Silu
                | Primitive::Mish
                | Primitive::Erf
                | Primitive::Erfc
                | Primitive::Gamma
        ),
        _ => false,
    }
}
