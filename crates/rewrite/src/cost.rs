//! The length of a formula as a person sees it: names, numbers and operators.

use smallvec::{SmallVec, smallvec};
use wrt_core::{Graph, Id, Node, NodeMap, Number, Primitive, repeated, times_written, tree_sizes};

/// Beyond this a formula is simply long.
const LONG: u32 = 1_000_000;

/// The number of names, numbers and operators in the printed formula (as a tree), saturating.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "-2*sin(w)/x^2", &Scope::default()).unwrap().result;
/// assert_eq!(wrt_rewrite::cost(&g, f), 9);
/// ```
pub fn cost(graph: &Graph, root: Id) -> u32 {
    Costs::default().of(graph, root)
}

/// As [`cost`], where what would be written again and again in a long formula has a name and is written once, if that is
/// shorter.
pub fn written_cost(graph: &Graph, root: Id) -> u64 {
    let order = graph.reachable(&[root]);
    let plain = u64::from(cost(graph, root));
    if tree_sizes(graph, &order).of(root) > SHORT {
        return named_cost(graph, root, &order);
    }
    // Of two that are short by names the one that would be shorter without is easier to read.
    let least = LINE + plain.saturating_sub(LINE) / PLAIN_SHARE;
    if plain <= LINE { plain } else { named_cost(graph, root, &order).clamp(least, plain) }
}

/// As [`cost`], where what would be written again and again has a name and is written once.
fn named_cost(graph: &Graph, root: Id, order: &[Id]) -> u64 {
    let shared = repeated(graph, order, &[root], SMALL, |_| false);
    let times = times_written(graph, order, &[root], |id| shared.binary_search(&id).is_ok());
    let mut costs = Costs::default();
    let mut total = 0;
    for part in shared {
        let own = u64::from(costs.of(graph, part));
        // A definition has a name and a sign of its own.
        if times.of(part).saturating_mul(own.saturating_sub(1)) > own + 2 {
            total += own + 2;
            costs.name(part);
        }
    }
    total + u64::from(costs.of(graph, root))
}

/// In a line that is no longer nothing has a name.
pub(crate) const LINE: u64 = 60;

/// By names a formula becomes no shorter than a line and this share of what is longer without.
const PLAIN_SHARE: u64 = 16;

/// Formulas of so many names, numbers and operators are soon read, also without names.
pub(crate) const SOON_READ: u64 = 100;

/// Formulas of so many nodes as a tree are written without names, and taken as they are; longer ones are held against
/// those part by part.
pub(crate) const SHORT: u64 = 600;

/// Trees of up to so many nodes are written as often as they occur.
pub(crate) const SMALL: u64 = 3;

/// The costs that are known already.
#[derive(Default)]
pub(crate) struct Costs {
    known: NodeMap<Known>,
}

struct Known {
    /// The whole formula.
    total: u32,
    /// How often a name stands in it.
    names: u32,
    /// As a factor of a product.
    factor: Split,
}

impl Costs {
    /// The cost of a node; each node is looked at once.
    pub(crate) fn of(&mut self, graph: &Graph, root: Id) -> u32 {
        let mut stack: SmallVec<[Id; 16]> = smallvec![root];
        while let Some(&id) = stack.last() {
            if self.known.has(id) {
                stack.pop();
                continue;
            }
            let waiting = stack.len();
            graph.for_each_child(id, |c| {
                if !self.known.has(c) {
                    stack.push(c);
                }
            });
            if stack.len() == waiting {
                let known = self.known(graph, id);
                self.known.insert(id, known);
                stack.pop();
            }
        }
        self.total(root)
    }

    /// The cost of a node and, of two that are as long, what is better to read: fewer names, more numbers.
    pub(crate) fn price(&mut self, graph: &Graph, root: Id) -> (u32, u32) {
        let total = self.of(graph, root);
        (total, self.known.get(root).map_or(1, |k| k.names))
    }

    /// From now on the node is written by a name.
    pub(crate) fn name(&mut self, id: Id) {
        self.known.insert(id, Known { total: 1, names: 1, factor: Split::name() });
    }

    fn total(&self, id: Id) -> u32 {
        self.known.get(id).map_or(1, |k| k.total)
    }

    fn known(&self, graph: &Graph, id: Id) -> Known {
        let mut names = u32::from(matches!(graph.node(id), Node::Symbol(_) | Node::Constant(_)));
        graph.for_each_child(id, |c| names = names.saturating_add(self.known.get(c).map_or(1, |k| k.names)));
        let args = |list: &[Id]| list.iter().fold(1u32, |sum, a| sum.saturating_add(self.total(*a)));
        let total = match graph.node(id) {
            Node::Sum(terms) if terms.len() > 1 => {
                let first = terms.len() as u32 - 1;
                terms.iter().enumerate().fold(first, |sum, (k, t)| {
                    let mut split = Split::one(t.coefficient.clone());
                    self.multiply(&mut split, t.node);
                    sum.saturating_add(split.cost(k == 0))
                })
            }
            Node::Map(p, list) if p != Primitive::Pow => args(list),
            Node::Operation(_, list) => args(list),
            _ => {
                let factor = self.factor(graph, id);
                return Known { total: factor.cost(true).min(LONG), names, factor };
            }
        };
        let total = total.min(LONG);
        Known { total, names, factor: Split { above: 1, inner: total, ..Split::one(Number::ONE) } }
    }

    /// A number, a name, a power or a product as a factor.
    fn factor(&self, graph: &Graph, id: Id) -> Split {
        match graph.node(id) {
            Node::Number(n) => Split::one(n.clone()),
            Node::Map(_, &[base, exponent]) => {
                let mut split = Split { inner: self.total(base), ..Split::one(Number::ONE) };
                match graph.as_number(exponent) {
                    Some(e) => split.power(e),
                    None => {
                        split.above = 1;
                        split.powers = 1;
                        split.inner = split.inner.saturating_add(self.total(exponent));
                    }
                }
                split
            }
            Node::Sum([single]) => {
                let mut split = Split::one(single.coefficient.clone());
                self.multiply(&mut split, single.node);
                split
            }
            Node::Contraction(factors, _) => {
                let mut split = Split::one(Number::ONE);
                factors.iter().for_each(|f| self.multiply(&mut split, *f));
                split
            }
            _ => Split::name(),
        }
    }

    fn multiply(&self, split: &mut Split, factor: Id) {
        let Some(Known { factor, .. }) = self.known.get(factor) else { return };
        if !factor.coefficient.is_one()
            && let Some(product) = split.coefficient.checked_mul(&factor.coefficient)
        {
            split.coefficient = product;
        }
        let add = |a: &mut u32, b: u32| *a = a.saturating_add(b).min(LONG);
        add(&mut split.above, factor.above);
        add(&mut split.below, factor.below);
        add(&mut split.powers, factor.powers);
        add(&mut split.inner, factor.inner);
    }
}

/// What a product's own signs cost, and what stands between them.
struct Split {
    coefficient: Number,
    above: u32,
    below: u32,
    powers: u32,
    /// The generators.
    inner: u32,
}

impl Split {
    fn one(coefficient: Number) -> Split {
        Split { coefficient, above: 0, below: 0, powers: 0, inner: 0 }
    }

    fn name() -> Split {
        Split { above: 1, powers: 1, ..Split::one(Number::ONE) }
    }

    fn power(&mut self, exponent: &Number) {
        if exponent.is_negative() {
            self.below += 1;
        } else {
            self.above += 1;
        }
        let magnitude = exponent.abs();
        self.powers += match () {
            () if magnitude.is_one() => 0,
            () if magnitude == Number::HALF => 1,
            () => 1 + literal(&magnitude),
        };
    }

    /// `leading`: is the sign of the coefficient written by itself?
    fn cost(&self, leading: bool) -> u32 {
        let magnitude = self.coefficient.abs();
        let (top, bottom) = match magnitude.as_small() {
            _ if !magnitude.prints_as_fraction() => (magnitude, Number::ONE),
            Some((p, q)) => (Number::integer(p), Number::integer(q as i64)),
            None => (magnitude, Number::ONE),
        };
        let above = self.above + (!top.is_one() || self.above == 0) as u32;
        let below = self.below + !bottom.is_one() as u32;
        let numbers = (!top.is_one() || self.above == 0) as u32 + !bottom.is_one() as u32;
        let sign = (leading && self.coefficient.is_negative()) as u32;
        (sign + numbers + self.powers + above - 1 + below).saturating_add(self.inner)
    }
}

fn literal(n: &Number) -> u32 {
    if n.prints_as_fraction() { 3 } else { 1 }
}
