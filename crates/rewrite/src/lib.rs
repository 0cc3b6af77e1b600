//! Rewrites: graph in, graph out, to the shortest formula that a person would write.
//!
//! The heart is a normal form ([`normal`]): every subexpression is a product of powers of *generators*, where a generator is a
//! name, a function's value, or a polynomial in such. Sums are put over their common factors, expanded, reduced by the
//! relations between generators (`sin² = 1 − cos²`, `sqrt(u)² = u`) and divided by the factors that occur in the formula,
//! which is where the terms of a derivative cancel. Rules on functions are rows in [`rules`].

mod bases;
mod cost;
mod doubles;
mod normal;
mod order;
mod rules;
mod shared;
mod stable;
mod tensor;

use std::collections::HashMap;

use wrt_core::{Graph, Id, Node, NodeMap, Primitive, is_small_tree, tree_sizes};
use wrt_poly::Budget;

use cost::SOON_READ;
pub use cost::{cost, written_cost};
use doubles::Doubles;
pub use rules::{BUILT_IN, Condition, Effect, RULES, Rule};
pub use stable::{Pace, STABLE_RULES, StableRule, stable};
pub use tensor::{FACTS, Fact, Factored, Identity, TENSOR_RULES, TensorRule, identities, known_of};

/// A formula for people, and what was assumed on the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Simplified {
    /// The formula, equal to the original wherever that is defined.
    pub id: Id,
    /// Points that were filled in (`x/x` is 1 except at 0), one sentence each; empty where the domain is the same.
    pub notes: Vec<String>,
}

/// Formulas with more nodes than this are simplified part by part only.
const MAX_NODES: usize = 3000;

/// Formulas nested deeper than this likewise; it also bounds the recursion of the passes.
const MAX_DEPTH: u32 = 120;

/// As above, for trees of more nodes: each product of a chain would be read with all that stands below it.
const MAX_TREE: u64 = 1 << 20;

/// Formulas of so many nodes together are simplified each by itself, and more where they have less than this share of
/// their nodes in common.
const MANY: usize = 4000;
const IN_COMMON: usize = 4;

/// The most terms of a polynomial, and term operations of algebra on one formula and for each node of a part.
const MAX_TERMS: usize = 1500;
const ALGEBRA: u64 = 400_000;
const ALGEBRA_PER_NODE: u64 = 1000;

/// What is simplified as one to no more nodes than these is not tried part by part.
const FINE: u64 = 250;

/// One fraction may be longer by less than this than its terms.
const FRACTION: u64 = 3;

/// Terms may be longer by this than a bracket in which an exponential multiplies another bracket.
const NESTED: u64 = 4;

/// Or than three terms with fractions within a fraction.
const WITHIN: u64 = 2;

/// What divides by something twice, as `(3 - x/(1 + x^2))/(1 + x^2)`, is to be shorter by this than what doesn't.
const TWICE: u64 = 3;

/// A sum of powers of one name may be longer by this than a short product.
const POLYNOMIAL: u64 = 3;
const SHORT_POLYNOMIAL: u32 = 16;

/// Terms without a number, as `cos(x)^2 - sin(x)^2`, may be longer by this than no longer ones with one, `2*cos(x)^2 - 1`.
const IDENTITY: u64 = 1;
const SHORT_IDENTITY: u32 = 16;

/// A number times at most one name to a power: nothing can be shorter.
fn is_plain_monomial(graph: &Graph, root: Id) -> bool {
    let inner = match graph.node(root) {
        Node::Sum([single]) if !single.coefficient.is_zero() => single.node,
        _ => root,
    };
    match graph.node(inner) {
        Node::Number(_) => inner == root,
        Node::Symbol(_) => true,
        Node::Map(Primitive::Pow, &[base, exponent]) => {
            let number = graph.as_number(exponent).is_some_and(|e| !e.is_zero() && !e.is_one());
            number && matches!(graph.node(base), Node::Symbol(_))
        }
        _ => false,
    }
}

/// The longest way from the last node of `order` down to a leaf.
fn depth(graph: &Graph, order: &[Id]) -> u32 {
    let (mut depths, mut most) = (NodeMap::default(), 0);
    for &id in order {
        let mut deepest = 0;
        graph.for_each_child(id, |c| deepest = deepest.max(depths.of(c) + 1));
        depths.insert(id, deepest);
        most = most.max(deepest);
    }
    most
}

/// The shortest form found for people; never longer than `root` as it stands.
///
/// `written` is how many of the graph's first nodes are a person's own: their order and signs are kept where there is
/// a choice.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "sin(x)^2 + cos(x)^2 + x/x", &Scope::default()).unwrap().result;
/// let written = g.len();
/// let s = wrt_rewrite::simplify(&mut g, f, written);
/// assert_eq!(g.as_number(s.id).unwrap().as_i64(), Some(2));
/// assert_eq!(s.notes, ["x may also be 0"]);
/// ```
pub fn simplify(graph: &mut Graph, root: Id, written: usize) -> Simplified {
    let mut found = simple(graph, root, written);
    let as_found = found.id;
    as_written(graph, std::slice::from_mut(&mut found), &[], written, &[]);
    // The person's order may have a sign more, and is worth it only where much else went.
    if found.id != as_found && written_cost(graph, found.id) > written_cost(graph, root) {
        found.id = as_found;
    }
    found
}

/// As [`simplify`], in the order that it comes.
fn simple(graph: &mut Graph, root: Id, written: usize) -> Simplified {
    graph.within(graph.origin(root), |graph| simplify_within(graph, root, written, &algebra(usize::MAX)))
}

/// The formulas with what a person wrote in the order that it has there, as [`simplify`] and [`simplify_all`] do: for
/// formulas that names were put into since, whose nodes are to `keep`. What they are derivatives `by` is told for each or
/// for none; factors that don't depend on it come first.
pub fn as_written(graph: &mut Graph, formulas: &mut [Simplified], by: &[Id], written: usize, keep: &[Id]) {
    let ids: Vec<Id> = formulas.iter().map(|s| s.id).collect();
    let new = order::as_written(graph, &ids, by, written, keep);
    formulas.iter_mut().zip(new).for_each(|(formula, id)| formula.id = id);
}

/// Is the second of two forms of one formula no longer, and does it have as many digits in doubles? One fraction of names,
/// `(k - n*p)/(p*(1 - p))`, shows where it is 0, and may be a little longer than its terms.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let scope = Scope::default();
/// let [a, b, c] = ["(x*sin(x) - y)/x", "sin(x) - y/x", "x^5/(x^4 + 1)"].map(|t| parse(&mut g, t, &scope).unwrap().result);
/// let d = parse(&mut g, "x - x/(x^4 + 1)", &scope).unwrap().result;
/// assert!(wrt_rewrite::is_as_good(&g, a, b));
/// // That is 0 where x^4 is small beside 1.
/// assert!(!wrt_rewrite::is_as_good(&g, c, d));
/// ```
pub fn is_as_good(graph: &Graph, first: Id, second: Id) -> bool {
    let more = match () {
        () if order::is_fraction_of_names(graph, first) => FRACTION,
        // Of two that are as long a product without a bar is easier to read, and anything without a bracket.
        () => u64::from(order::is_plain_product(graph, first) || !order::has_bracket(graph, first)),
    };
    // Of two quotients one that divides by nothing twice is read more easily.
    let twice = |id: Id| order::divides_twice(graph, id);
    let is_identity = |id: Id| cost(graph, id) <= SHORT_IDENTITY && order::has_number_in_sum(graph, id);
    let more = more + if is_identity(second) && !order::has_number_in_sum(graph, first) { IDENTITY } else { 0 };
    let more = more + if twice(second) && !twice(first) { TWICE } else { 0 };
    // Terms are read more easily than a bracket with exponentials and brackets in it.
    let less = match () {
        () if order::has_nested_bracket(graph, first) => NESTED,
        () if order::divides_fractions(graph, first, 3) => WITHIN,
        () if cost(graph, first) <= SHORT_IDENTITY
            && order::has_number_in_sum(graph, first)
            && !order::has_number_in_sum(graph, second) =>
        {
            IDENTITY
        }
        () if cost(graph, first) <= SHORT_POLYNOMIAL && order::is_polynomial_of_one_name(graph, second) => POLYNOMIAL,
        () => 0,
    };
    let plain = u64::from(cost(graph, first));
    // What is soon read has to be short without names, too.
    written_cost(graph, second) + more <= written_cost(graph, first) + less
        && (plain > SOON_READ || u64::from(cost(graph, second)) + more <= plain + less)
        && Doubles::certified(graph, first).allow(graph, second)
}

/// As [`simplify`], with so much algebra on the formula as a whole.
fn simplify_within(graph: &mut Graph, root: Id, written: usize, budget: &Budget) -> Simplified {
    if is_plain_monomial(graph, root) {
        return as_is(root);
    }
    let order = graph.reachable(&[root]);
    let whole = fits(graph, root, &order).then(|| tensor::by_regions(graph, root, &order, written, budget));
    let found = in_parts_if_long(graph, root, &order, whole, |graph, part| simple_part(graph, part, written));
    Simplified { id: tensor::with_own_terms(graph, found.id, written), ..found }
}

/// The form for people of several formulas. Where they are large and have most of their nodes in common, these are
/// simplified once, as parts.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "x + x", &Scope::default()).unwrap().result;
/// let found = wrt_rewrite::simplify_all(&mut g, &[f, f], 0);
/// assert_eq!(found[0], found[1]);
/// ```
pub fn simplify_all(graph: &mut Graph, roots: &[Id], written: usize) -> Vec<Simplified> {
    let mut places: HashMap<Id, usize> = HashMap::new();
    let mut distinct = Vec::with_capacity(roots.len());
    for root in roots {
        places.entry(*root).or_insert_with(|| {
            distinct.push(*root);
            distinct.len() - 1
        });
    }
    let mut found = simplify_distinct(graph, &distinct, written);
    as_written(graph, &mut found, &[], written, &[]);
    roots.iter().map(|root| found[places[root]].clone()).collect()
}

fn simplify_distinct(graph: &mut Graph, roots: &[Id], written: usize) -> Vec<Simplified> {
    let order = graph.reachable(roots);
    let most = order.len().saturating_mul(IN_COMMON).saturating_add(MANY);
    let mut total = 0usize;
    let apart = roots.iter().all(|root| {
        total = total.saturating_add(graph.reachable(&[*root]).len());
        total <= most
    });
    if apart {
        return roots.iter().map(|root| simple(graph, *root, written)).collect();
    }
    shared::by_parts(graph, roots, &order, |graph, part| simple_part(graph, part, written))
}

/// A part of a formula, of which nothing more is cut.
fn simple_part(graph: &mut Graph, part: Id, written: usize) -> Simplified {
    if is_plain_monomial(graph, part) {
        return as_is(part);
    }
    let order = graph.reachable(&[part]);
    graph.within(graph.origin(part), |graph| tensor::by_regions(graph, part, &order, written, &algebra(order.len())))
}

/// The algebra that may be done on a formula of so many nodes.
fn algebra(nodes: usize) -> Budget {
    Budget::new(MAX_TERMS, (nodes as u64).saturating_mul(ALGEBRA_PER_NODE).min(ALGEBRA))
}

fn as_is(id: Id) -> Simplified {
    Simplified { id, notes: Vec::new() }
}

/// Is a formula small enough to be simplified as one?
fn fits(graph: &Graph, root: Id, order: &[Id]) -> bool {
    order.len() <= MAX_NODES && depth(graph, order) <= MAX_DEPTH && tree_sizes(graph, order).of(root) <= MAX_TREE
}

/// The result for the whole formula, or, where it is long or there is none, the shortest as it is written: that, that
/// part by part, or the formula as it stands.
fn in_parts_if_long(
    graph: &mut Graph,
    root: Id,
    order: &[Id],
    whole: Option<Simplified>,
    part: impl FnMut(&mut Graph, Id) -> Simplified,
) -> Simplified {
    let small = |id: Id| is_small_tree(graph, id, FINE, |_| false);
    let whole = match whole {
        // A large tree may be written shorter, by names.
        Some(found)
            if small(found.id) && (small(root) || written_cost(graph, found.id) <= written_cost(graph, root)) =>
        {
            return found;
        }
        other => other,
    };
    let parts = shared::by_parts(graph, &[root], order, part).pop();
    let candidates = whole.into_iter().chain(parts).chain([as_is(root)]);
    candidates.min_by_key(|s| written_cost(graph, s.id)).unwrap_or_else(|| as_is(root))
}
