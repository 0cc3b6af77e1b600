//! Large formulas part by part: what would be written again and again is simplified once and is a name to the rest.

use wrt_core::{Graph, Id, Node, NodeMap, Primitive, Role, Substitution, is_signed, repeated, substitute};

use crate::cost::SMALL;
use crate::{Simplified, known_of};

/// How the symbols that stand for parts are called: as nothing that a person can write.
pub(crate) const PREFIX: &str = "part ";

/// A part is nested no deeper than this, so that recursion within it is bounded.
const MAX_DEPTH: u32 = 60;

/// A formula of which each part is simplified by itself, by `simplify`.
pub(crate) fn by_parts(
    graph: &mut Graph,
    root: Id,
    order: &[Id],
    mut simplify: impl FnMut(&mut Graph, Id) -> Simplified,
) -> Simplified {
    // From the original to formulas of symbols, and back to nodes.
    let (mut outline, mut whole) = (Substitution::default(), Substitution::default());
    let mut notes = Vec::new();
    for part in cuts(graph, root, order) {
        let own = outline.apply(graph, part);
        let simple = simplify(graph, own);
        notes.extend(simple.notes.into_iter().filter(|n| !notes.contains(n)).collect::<Vec<_>>());
        if part == root {
            return Simplified { id: whole.apply(graph, simple.id), notes };
        }
        let bare = unsigned(graph, simple.id);
        let mut shown = simple.id;
        if !is_leaf(graph, bare) {
            let (dims, known) = (graph.dims(bare).to_vec(), known_of(graph, bare));
            let name = format!("{PREFIX}{}", graph.len());
            let symbol = graph.tensor_symbol(&name, Role::Variable, &dims, known);
            let node = whole.apply(graph, bare);
            whole.set(symbol, node);
            shown = substitute(graph, simple.id, &[(bare, symbol)], usize::MAX).unwrap_or(simple.id);
        }
        outline.set(part, shown);
    }
    Simplified { id: root, notes }
}

/// Where the formula is cut, the root last: what is written more than once, and what is nested too deeply.
fn cuts(graph: &Graph, root: Id, order: &[Id]) -> Vec<Id> {
    let shared = repeated(graph, order, &[root], SMALL, |_| false);
    let mut depths: NodeMap<u32> = NodeMap::default();
    let mut cuts = Vec::with_capacity(shared.len() + 1);
    for &id in order {
        let mut depth = 0;
        graph.for_each_child(id, |c| depth = depth.max(depths.of(c) + 1));
        let cut = id == root || shared.binary_search(&id).is_ok() || depth >= MAX_DEPTH;
        if cut {
            cuts.push(id);
        }
        depths.insert(id, if cut { 0 } else { depth });
    }
    cuts
}

/// `u` of `-u`, `2*u` and `1/u`, which are written on the spot.
fn unsigned(graph: &Graph, mut id: Id) -> Id {
    while is_signed(graph, id) {
        match graph.node(id) {
            Node::Sum([single]) => id = single.node,
            Node::Map(Primitive::Pow, &[base, _]) => id = base,
            _ => break,
        }
    }
    id
}

pub(crate) fn is_leaf(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Number(_) | Node::Constant(_) | Node::Symbol(_))
}
