//! Which nodes of a graph are shown: the free names, what the text defines or each operation, and not too many.

use std::collections::HashMap;

use wrt_core::{Graph, Id, LabelsId, Node, NodeMap, Operation, Primitive};

use super::Tracing;
use crate::document::Document;

/// A node that is shown.
pub(super) struct Chosen {
    pub id: Id,
    /// The person's name for it.
    pub name: Option<String>,
    /// Is it a free name?
    pub leaf: bool,
    pub is_root: bool,
    /// How many operations are in it.
    pub operations: usize,
}

/// What the graph below the formula is like.
struct Below {
    /// Children first.
    nodes: Vec<Id>,
    /// Those that depend on a free name.
    varies: NodeMap<()>,
    /// How many nodes use each one.
    uses: NodeMap<usize>,
    /// A node that uses it.
    above: NodeMap<Id>,
}

/// The nodes that are shown, children first, and how many were folded because there are too many.
pub(super) fn choose(document: &Document, wrt: &[Id], asked: &Tracing<'_>) -> (Vec<Chosen>, usize) {
    let (graph, root) = (document.graph(), document.root());
    let below = below(document);
    let names = names(document, asked, &below);
    let leaf = |id: &Id| matches!(graph.node(*id), Node::Symbol(_)) && below.varies.has(*id);
    let inner: Vec<Id> =
        below.nodes.iter().copied().filter(|id| *id == root || below.varies.has(*id) && !leaf(id)).collect();
    let kept = |id: &Id| *id == root || names.contains_key(id) || wrt.contains(id);
    let defined = !asked.every && inner.iter().any(|id| *id != root && names.contains_key(id));
    let mut shown: Vec<Id> =
        inner.iter().copied().filter(|id| kept(id) || !defined && !is_part(graph, &below, *id)).collect();
    let mut folded = 0;
    if let Some(most) = asked.most.filter(|most| shown.len() > *most) {
        let before = shown.len();
        shown = thinned(shown, &below, most, |id| (*id == root || wrt.contains(id), names.contains_key(id)));
        folded = before - shown.len();
    }
    let operations = operations(graph, &below, &shown);
    let mut all: Vec<Chosen> = Vec::new();
    for id in below.nodes.iter().copied().filter(leaf) {
        let name = Some(graph.symbol_name(id).to_string());
        all.push(Chosen { id, name, leaf: true, is_root: false, operations: 0 });
    }
    for id in shown {
        let name = names.get(&id).cloned();
        all.push(Chosen {
            id,
            name,
            leaf: false,
            is_root: id == root,
            operations: operations.get(id).copied().unwrap_or(0),
        });
    }
    // A free name stands where it is first used.
    let first = first_uses(graph, &all);
    let place = |c: &Chosen| if c.leaf { (first.get(&c.id).copied().unwrap_or(c.id), 0) } else { (c.id, 1) };
    all.sort_by_key(|c| (place(c), c.id));
    (all, folded)
}

/// Names that are made: letters that mean nothing else in formulas, then numbered ones.
pub(super) fn letters() -> impl Iterator<Item = String> {
    let letters = "abcfghkmnpqrstuvxyz".chars().map(String::from);
    letters.chain((1..).map(|k| format!("v{k}")))
}

fn below(document: &Document) -> Below {
    let graph = document.graph();
    let nodes = graph.reachable(&[document.root()]);
    let (mut varies, mut uses, mut above) = (NodeMap::default(), NodeMap::default(), NodeMap::default());
    for &id in &nodes {
        let mut any = matches!(graph.node(id), Node::Symbol(_)) && !document.is_size(id);
        graph.for_each_child(id, |c| {
            any |= varies.has(c);
            uses.insert(c, uses.get(c).copied().unwrap_or(0) + 1);
            above.insert(c, id);
        });
        if any {
            varies.insert(id, ());
        }
    }
    Below { nodes, varies, uses, above }
}

/// The names of definitions: those of layers only where everything is shown or they are asked for.
fn names(document: &Document, asked: &Tracing<'_>, below: &Below) -> HashMap<Id, String> {
    let graph = document.graph();
    let mut names = HashMap::new();
    for d in &document.parsed.definitions {
        let wanted = asked.every || !d.by_layer || d.id == document.root() || asked.wrt.contains(&d.name);
        if wanted && below.varies.has(d.id) && !matches!(graph.node(d.id), Node::Symbol(_)) {
            names.entry(d.id).or_insert_with(|| d.name.clone());
        }
    }
    names
}

/// Is an operation better read as a part of the one above it: a sum of a sum, a product of a product, the divisor of a
/// quotient, an array that is only turned or spread?
fn is_part(graph: &Graph, below: &Below, id: Id) -> bool {
    let once = below.uses.get(id) == Some(&1);
    let above = below.above.get(id).filter(|_| once).map(|a| graph.node(*a));
    match graph.node(id) {
        Node::Sum(_) => matches!(above, Some(Node::Sum(_))),
        Node::Contraction(_, LabelsId::SCALAR) => matches!(above, Some(Node::Contraction(_, LabelsId::SCALAR))),
        Node::Map(Primitive::Pow, [_, power]) => {
            let negative = graph.as_number(*power).is_some_and(|n| n.is_negative());
            negative && matches!(above, Some(Node::Contraction(..)))
        }
        // A list of entries is made of such.
        Node::Operation(Operation::Reshape(_), _) => once,
        Node::Contraction([factor], labels) => {
            let summed =
                graph.labels(labels).factors.iter().flatten().any(|l| !graph.labels(labels).output.contains(l));
            !summed && below.varies.has(*factor)
        }
        _ => false,
    }
}

/// As many as there may be: those that must be kept, then what has a name, then what is used most, and of equals those at even distances.
fn thinned(shown: Vec<Id>, below: &Below, most: usize, rank: impl Fn(&Id) -> (bool, bool)) -> Vec<Id> {
    let key = |id: &Id| (rank(id), below.uses.get(*id).copied().unwrap_or(0).min(2));
    let mut groups: Vec<((bool, bool), usize)> = shown.iter().map(key).collect();
    groups.sort_unstable();
    groups.dedup();
    let (mut kept, mut room): (Vec<Id>, usize) = (Vec::new(), most);
    for group in groups.into_iter().rev() {
        let members: Vec<Id> = shown.iter().copied().filter(|id| key(id) == group).collect();
        let taken = if group.0.0 { members.len() } else { room.min(members.len()) };
        kept.extend((0..taken).map(|k| members[(2 * k + 1) * members.len() / (2 * taken)]));
        room = room.saturating_sub(taken);
    }
    kept.sort_unstable();
    kept
}

/// How many operations each of the nodes stands for: itself, and those below it that are not shown, each counted where
/// it is used last.
fn operations(graph: &Graph, below: &Below, shown: &[Id]) -> NodeMap<usize> {
    let mut owner: NodeMap<Id> = NodeMap::default();
    let mut count: NodeMap<usize> = NodeMap::default();
    for &id in below.nodes.iter().rev() {
        let own = if shown.binary_search(&id).is_ok() { Some(id) } else { owner.get(id).copied() };
        let Some(own) = own else { continue };
        let leaf = matches!(graph.node(id), Node::Symbol(_) | Node::Number(_) | Node::Constant(_));
        count.insert(own, count.get(own).copied().unwrap_or(0) + usize::from(!leaf));
        graph.for_each_child(id, |c| {
            if !owner.has(c) {
                owner.insert(c, own);
            }
        });
    }
    count
}

/// The first of the nodes that uses each free name.
fn first_uses(graph: &Graph, all: &[Chosen]) -> HashMap<Id, Id> {
    let stops: HashMap<Id, usize> = all.iter().enumerate().map(|(k, c)| (c.id, k)).collect();
    let mut first = HashMap::new();
    for node in all.iter().filter(|c| !c.leaf) {
        for k in super::frontier(graph, node.id, |c| stops.get(&c).copied().filter(|_| c != node.id)) {
            if all[k].leaf {
                first.entry(all[k].id).or_insert(node.id);
            }
        }
    }
    first
}
