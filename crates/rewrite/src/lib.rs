//! Rewrites: graph in, graph out, to the shortest formula that a person would write.
//!
//! The heart is a normal form ([`normal`]): every subexpression is a product of powers of *bases*, where a base is a
//! name, a function's value, or a polynomial in such. Sums are put over their common factors, expanded, reduced by the
//! relations between bases (`sin² = 1 − cos²`, `sqrt(u)² = u`) and divided by the factors that occur in the formula,
//! which is where the terms of a derivative cancel. Rules on functions are rows in [`rules`].

mod cost;
mod doubles;
mod normal;
mod rules;
mod tensor;

use wrt_core::{Graph, Id, Node, Primitive};

pub use cost::cost;
pub use rules::{Condition, Effect, RULES, Rule};
pub use tensor::known_of;

/// A formula for people, and what was assumed on the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Simplified {
    /// The formula, equal to the original wherever that is defined.
    pub id: Id,
    /// Points that were filled in (`x/x` is 1 except at 0), one sentence each; empty where the domain is the same.
    pub notes: Vec<String>,
}

/// Formulas with more nodes than this are left as they stand: their form is named parts, not algebra.
const MAX_NODES: usize = 3000;

/// Formulas nested deeper than this likewise; it also bounds the recursion of the passes.
const MAX_DEPTH: u32 = 120;

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

/// Has the node axes, or is it an operation on what has?
fn is_tensor(graph: &Graph, id: Id) -> bool {
    let labelled = matches!(graph.node(id), Node::Contraction(_, labels) if !graph.labels(labels).is_scalar());
    labelled || !graph.is_scalar(id) || matches!(graph.node(id), Node::Operation(..))
}

/// The longest way from the last node of `order` down to a leaf.
fn depth(graph: &Graph, order: &[Id]) -> u32 {
    let mut depths = vec![0u32; order.last().map_or(0, |top| top.index() + 1)];
    for &id in order {
        let mut deepest = 0;
        graph.for_each_child(id, |c| deepest = deepest.max(depths[c.index()] + 1));
        depths[id.index()] = deepest;
    }
    depths.iter().copied().max().unwrap_or(0)
}

/// The shortest form found for people; never longer than `root` as it stands.
///
/// `written` is how many of the graph's first nodes are a person's own: their order and signs are kept where there is
/// a choice.
///
/// ```
/// use wrt_core::{Graph, language::{Scope, parse}};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "sin(x)^2 + cos(x)^2 + x/x", &Scope::default()).unwrap().result;
/// let written = g.len();
/// let s = wrt_rewrite::simplify(&mut g, f, written);
/// assert_eq!(g.as_number(s.id).unwrap().as_i64(), Some(2));
/// assert_eq!(s.notes, ["x may also be 0"]);
/// ```
pub fn simplify(graph: &mut Graph, root: Id, written: usize) -> Simplified {
    if is_plain_monomial(graph, root) {
        return Simplified { id: root, notes: Vec::new() };
    }
    let order = graph.reachable(&[root]);
    if order.iter().any(|id| is_tensor(graph, *id)) {
        return tensor::simplify(graph, root);
    }
    if order.len() > MAX_NODES || depth(graph, &order) > MAX_DEPTH {
        return Simplified { id: root, notes: Vec::new() };
    }
    let mut normal = normal::Normal::new(graph, written, &order);
    normal.run(&order);
    normal.display(root)
}
