//! Large formulas part by part: shared subexpressions are simplified once, and are names to the rest.

use std::collections::{HashMap, HashSet};

use wrt_core::{Graph, Id, Node, NodeMap, Primitive, Role, Substitution, is_signed, repeated, substitute};

use crate::cost::SMALL;
use crate::{Simplified, known_of};

/// How the symbols that stand for parts are called: as nothing that a person can write.
pub(crate) const PREFIX: &str = "part ";

/// A part is nested no deeper than this, so that recursion within it is bounded.
const MAX_DEPTH: u32 = 60;

/// Formulas of which each part is simplified by itself, by `simplify`; what they have in common is simplified once.
pub(crate) fn by_parts(
    graph: &mut Graph,
    roots: &[Id],
    order: &[Id],
    mut simplify: impl FnMut(&mut Graph, Id) -> Simplified,
) -> Vec<Simplified> {
    let mut found: HashMap<Id, Simplified> = HashMap::new();
    // From the original to formulas of symbols, and back to nodes.
    let (mut outline, mut whole) = (Substitution::default(), Substitution::default());
    let mut notes: Vec<String> = Vec::new();
    let is_root: HashSet<Id> = roots.iter().copied().collect();
    for part in cuts(graph, roots, &is_root, order) {
        let own = outline.apply(graph, part);
        let simple = simplify(graph, own);
        notes.extend(simple.notes.into_iter().filter(|n| !notes.contains(n)).collect::<Vec<_>>());
        if is_root.contains(&part) {
            found.insert(part, Simplified { id: whole.apply(graph, simple.id), notes: notes.clone() });
        }
        if roots.last() == Some(&part) && roots.len() == 1 {
            break;
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
    roots.iter().map(|root| found.get(root).cloned().unwrap_or_else(|| crate::as_is(*root))).collect()
}

/// Where the formulas are cut, children first: what is written more than once, and what is nested too deeply.
fn cuts(graph: &Graph, roots: &[Id], is_root: &HashSet<Id>, order: &[Id]) -> Vec<Id> {
    let shared = repeated(graph, order, roots, SMALL, |_| false);
    let mut depths: NodeMap<u32> = NodeMap::default();
    let mut cuts = Vec::with_capacity(shared.len() + 1);
    for &id in order {
        let mut depth = 0;
        graph.for_each_child(id, |c| depth = depth.max(depths.of(c) + 1));
        let cut = is_root.contains(&id) || shared.binary_search(&id).is_ok() || depth >= MAX_DEPTH;
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
