//! What a graph would be as a tree: how large, and which nodes would be written again and again.

use crate::graph::{Graph, Id, Node};
use crate::nodes::NodeMap;
use crate::table::Primitive;

/// How many nodes the formula of each node has as a tree, saturating; `order` has children first.
///
/// ```
/// use wrt_core::{Graph, tree_sizes};
/// let mut g = Graph::new();
/// let mut t = g.symbol("x");
/// for _ in 0..10 {
///     t = g.mul(t, t);
/// }
/// let order = g.reachable(&[t]);
/// assert_eq!((order.len(), tree_sizes(&g, &order).of(t)), (11, 2047));
/// ```
pub fn tree_sizes(graph: &Graph, order: &[Id]) -> NodeMap<u64> {
    let mut sizes = NodeMap::default();
    for &id in order {
        let mut total = 1u64;
        graph.for_each_child(id, |c| total = total.saturating_add(sizes.of(c)));
        sizes.insert(id, total);
    }
    sizes
}

/// The nodes that would be written more than once and are worth a name, children first: with them named, the text of the
/// roots is linear in the nodes. `order` is everything below the roots, children first; what `stays` is written once
/// anyway, a root as often as it is among the roots, and trees of up to `small` nodes as often as they occur.
///
/// ```
/// use wrt_core::{Graph, Primitive, repeated};
/// let mut g = Graph::new();
/// let x = g.symbol("x");
/// let waves = |g: &mut Graph, u| {
///     let (s, c) = (g.map(Primitive::Sin, &[u]), g.map(Primitive::Cos, &[u]));
///     g.add(s, c)
/// };
/// let (inner, two) = (waves(&mut g, x), g.integer(2));
/// let t = g.div(inner, two);
/// let f = waves(&mut g, t);
/// let order = g.reachable(&[f]);
/// // sin(x) + cos(x), and not t itself, of which 1/2 is written on the spot.
/// assert_eq!(repeated(&g, &order, &[f], 3, |_| false).len(), 1);
/// ```
pub fn repeated(graph: &Graph, order: &[Id], roots: &[Id], small: u64, stays: impl Fn(Id) -> bool) -> Vec<Id> {
    let sizes = tree_sizes(graph, order);
    let mut times: NodeMap<u32> = NodeMap::default();
    roots.iter().for_each(|root| times.insert(*root, times.of(*root).saturating_add(1)));
    let mut found = Vec::new();
    for &id in order.iter().rev() {
        let mut own = times.of(id);
        if stays(id) {
            own = 1;
        } else if own > 1 && sizes.of(id) > small && !is_signed(graph, id) {
            found.push(id);
            own = 1;
        }
        graph.for_each_child(id, |c| times.insert(c, times.of(c).saturating_add(own)));
    }
    found.reverse();
    found
}

/// How often each node is written, where what is `named` is written out once.
///
/// ```
/// use wrt_core::{Graph, Primitive, times_written};
/// let mut g = Graph::new();
/// let x = g.symbol("x");
/// let s = g.map(Primitive::Sin, &[x]);
/// let t = g.mul(s, s);
/// let f = g.add(s, t);
/// let order = g.reachable(&[f]);
/// assert_eq!(times_written(&g, &order, &[f], |_| false).of(x), 3);
/// assert_eq!(times_written(&g, &order, &[f], |id| id == s).of(x), 1);
/// ```
pub fn times_written(graph: &Graph, order: &[Id], roots: &[Id], named: impl Fn(Id) -> bool) -> NodeMap<u64> {
    let mut times: NodeMap<u64> = NodeMap::default();
    roots.iter().for_each(|root| times.insert(*root, times.of(*root) + 1));
    for &id in order.iter().rev() {
        let own = if named(id) { 1 } else { times.of(id) };
        graph.for_each_child(id, |c| times.insert(c, times.of(c).saturating_add(own)));
    }
    times
}

/// Has the tree of a node, down to what `stays`, at most this many nodes? Stops as soon as that is known.
pub fn is_small_tree(graph: &Graph, root: Id, limit: u64, stays: impl Fn(Id) -> bool) -> bool {
    let (mut count, mut stack) = (0, vec![root]);
    while let Some(id) = stack.pop() {
        count += 1;
        if count + stack.len() as u64 > limit {
            return false;
        }
        if id == root || !stays(id) {
            graph.for_each_child(id, |c| stack.push(c));
        }
    }
    true
}

/// `-u`, `2*u` and `1/u` are written on the spot; what has a name is `u`.
pub fn is_signed(graph: &Graph, id: Id) -> bool {
    match graph.node(id) {
        Node::Sum([_]) => true,
        Node::Map(Primitive::Pow, &[_, e]) => graph.as_number(e).is_some(),
        _ => false,
    }
}
