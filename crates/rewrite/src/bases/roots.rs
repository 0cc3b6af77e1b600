//! Roots as names: `r` for `sqrt(a + b*x)`, and one of the names below it (`a`) is solved for.

use wrt_core::{Assumptions, Graph, Id, Node, Number, Primitive, Substitution};

use super::fresh;
use crate::normal::Normal;

/// At most so many roots get names.
const MAX_ROOTS: usize = 8;

/// Roots to larger integers are left.
const MAX_DEGREE: i64 = 12;

/// The formula in the names of its roots, and what these stand for.
pub(super) struct Named {
    pub(super) root: Id,
    /// Inner ones first.
    pub(super) names: Vec<Root>,
}

impl Named {
    /// Roots for their names, and `x^(3/2)` for the third power of one.
    pub(super) fn back(&self, graph: &mut Graph, id: Id) -> Id {
        let mut back = Substitution::default();
        for node in graph.reachable(&[id]) {
            if let Node::Map(Primitive::Pow, &[name, power]) = graph.node(node)
                && let Some(power) = graph.as_number(power).cloned()
                && let Some(Root { base, degree, .. }) = self.names.iter().find(|r| r.name == name)
            {
                let exponent = Number::ratio(1, *degree).map(|one| &power * &one);
                let image = exponent.map_or(node, |e| raised(graph, *base, &e));
                back.set(node, image);
            }
        }
        for Root { name, base, degree } in &self.names {
            let root = Number::ratio(1, *degree).map_or(*base, |e| raised(graph, *base, &e));
            back.set(*name, root);
        }
        back.apply(graph, id)
    }
}

/// A name that stands for a root of the base.
pub(super) struct Root {
    name: Id,
    base: Id,
    degree: i64,
}

/// Is it a root of anything but a number?
pub(super) fn is_root(graph: &Graph, id: Id) -> bool {
    parts(graph, id).is_some()
}

/// Is it a root, of a number too?
pub(super) fn has_fraction(graph: &Graph, id: Id) -> bool {
    match graph.node(id) {
        Node::Map(Primitive::Pow, &[_, exponent]) => graph.as_number(exponent).is_none_or(|e| !e.is_integer()),
        Node::Map(Primitive::Sqrt, _) => true,
        _ => false,
    }
}

/// What stands under a root.
pub(super) fn radicand(graph: &Graph, id: Id) -> Option<Id> {
    parts(graph, id).map(|(base, _)| base)
}

/// The base of a symbolic power, which has no value where that is negative.
pub(super) fn symbolic_base(graph: &Graph, id: Id) -> Option<Id> {
    match graph.node(id) {
        Node::Map(Primitive::Pow, &[base, exponent]) if graph.as_number(exponent).is_none() => Some(base),
        _ => None,
    }
}

/// What stands under the root, and the exponent.
fn parts(graph: &Graph, id: Id) -> Option<(Id, Number)> {
    let (base, exponent) = match graph.node(id) {
        Node::Map(Primitive::Pow, &[base, exponent]) => {
            (base, graph.as_number(exponent).filter(|e| !e.is_integer())?.clone())
        }
        Node::Map(Primitive::Sqrt, &[base]) => (base, Number::HALF),
        _ => return None,
    };
    let (_, q) = exponent.as_small()?;
    let fine = q as i64 <= MAX_DEGREE && !matches!(graph.node(base), Node::Number(_) | Node::Constant(_));
    fine.then_some((base, exponent))
}

/// Names for as many roots as can be solved for a name below them; those of `kept` names only stay.
pub(super) fn named(graph: &mut Graph, root: Id, kept: &[Id]) -> Named {
    let mut found = Named { root, names: Vec::new() };
    // What stands under each root in the given names, and in the present ones.
    let mut bases: Vec<(Id, Id)> = Vec::new();
    for id in graph.reachable(&[root]) {
        if let Some((base, _)) = parts(graph, id)
            && !bases.iter().any(|(b, _)| *b == base)
        {
            bases.push((base, base));
        }
    }
    let mut taken: Vec<Id> = kept.to_vec();
    for k in 0..bases.len().min(MAX_ROOTS) {
        let (given, now) = bases[k];
        let own = graph.free_symbols(&[now]);
        if own.iter().all(|s| taken.contains(s)) || graph.reachable(&[now]).iter().any(|id| is_root(graph, *id)) {
            continue;
        }
        let degree = degree_of(graph, found.root, &bases, now);
        let name = fresh(graph, Assumptions::positive());
        let power = raised(graph, name, &Number::integer(degree));
        let Some((symbol, solution)) = solved(graph, now, power, &taken) else { continue };
        taken.push(name);
        let mut step = Substitution::default();
        let mut ids = vec![found.root];
        ids.extend(bases.iter().map(|(_, now)| *now));
        for id in graph.reachable(&ids) {
            if let Some((base, e)) = parts(graph, id)
                && base == now
            {
                let image = raised(graph, name, &(&e * &Number::integer(degree)));
                step.set(id, image);
            }
        }
        step.set(now, power);
        step.set(symbol, solution);
        found.root = step.apply(graph, found.root);
        bases.iter_mut().for_each(|(_, now)| *now = step.apply(graph, *now));
        found.names.push(Root { name, base: given, degree });
    }
    found
}

fn raised(graph: &mut Graph, base: Id, exponent: &Number) -> Id {
    if exponent.is_one() {
        return base;
    }
    let e = graph.number(exponent.clone());
    graph.pow(base, e)
}

/// The common denominator of the exponents of one base.
fn degree_of(graph: &Graph, root: Id, bases: &[(Id, Id)], base: Id) -> i64 {
    let mut ids = vec![root];
    ids.extend(bases.iter().map(|(_, now)| *now));
    let denominators = graph.reachable(&ids).into_iter().filter_map(|id| match parts(graph, id) {
        Some((b, e)) if b == base => e.as_small().map(|(_, q)| q as i64),
        _ => None,
    });
    denominators.fold(1, |all, q| all / super::trig::gcd(all, q) * q)
}

/// A name below a base, and what it is where the base has this value.
fn solved(graph: &mut Graph, base: Id, value: Id, taken: &[Id]) -> Option<(Id, Id)> {
    if let Node::Symbol(_) = graph.node(base) {
        return (!taken.contains(&base)).then_some((base, value));
    }
    let (order, budget) = (graph.reachable(&[base]), crate::algebra(usize::MAX));
    let mut normal = Normal::new(graph, 0, &order, &budget);
    normal.run(&order);
    normal.solved(base, value, taken)
}
