//! Reverse mode: adjoints from a root to the leaves.

use std::collections::HashMap;

use wrt_core::{Builder, Calls, Dim, Graph, Id, Node, Operation, Origin, Primitive};

use crate::NotDifferentiable;
use crate::branches::{Branch, Branches, EVERYWHERE};
use crate::local::{Local, partials, pulled, replaced, unbroadcast};

/// The working memory of reverse sweeps over one graph, so that many sparse sweeps cost no more than they visit.
pub(crate) struct ReverseSweep {
    /// Which sweep saw the node last.
    seen: Vec<u32>,
    /// Is the node in the current sweep's way from `wrt` to the root?
    active: Vec<bool>,
    /// The first contribution to the node's derivative in `contributions`.
    head: Vec<u32>,
    contributions: Vec<Contribution>,
    branches: Branches,
    round: u32,
    order: Vec<Id>,
    stack: Vec<Id>,
    /// Nodes whose derivative is collected, the symbol that then stands for it, and what was collected.
    stops: HashMap<Id, (Id, Option<Id>)>,
    /// The derivative of the roots by each inner node that was passed, where that is asked for.
    pub(crate) totals: Option<Vec<(Id, Id)>>,
}

const NONE: u32 = u32::MAX;

/// A part of a node's derivative, the branch that it counts in, and the part that came before it.
struct Contribution {
    part: Id,
    branch: Branch,
    before: u32,
}

impl ReverseSweep {
    pub(crate) fn new(nodes: usize) -> ReverseSweep {
        ReverseSweep {
            seen: vec![0; nodes],
            active: vec![false; nodes],
            head: vec![NONE; nodes],
            contributions: Vec::with_capacity(nodes.min(64)),
            branches: Branches::default(),
            round: 0,
            order: Vec::with_capacity(nodes.min(64)),
            stack: Vec::with_capacity(nodes.min(64)),
            stops: HashMap::new(),
            totals: None,
        }
    }

    /// Collects the nodes below some roots, children first, and marks those that depend on `wrt`.
    fn visit(&mut self, graph: &Graph, roots: &[(Id, Id)], wrt: &[Id]) {
        self.round += 1;
        let nodes = graph.len();
        self.seen.resize(nodes, 0);
        self.active.resize(nodes, false);
        self.head.resize(nodes, NONE);
        self.contributions.clear();
        self.branches.clear();
        self.order.clear();
        self.stack.clear();
        for (root, _) in roots {
            if std::mem::replace(&mut self.seen[root.index()], self.round) != self.round {
                self.stack.push(*root);
            }
        }
        while let Some(id) = self.stack.pop() {
            self.order.push(id);
            graph.for_each_child(id, |c| {
                if self.seen[c.index()] != self.round {
                    self.seen[c.index()] = self.round;
                    self.stack.push(c);
                }
            });
        }
        self.order.sort_unstable();
        for id in &self.order {
            self.active[id.index()] = false;
            self.head[id.index()] = NONE;
        }
        for x in wrt {
            if self.seen.get(x.index()) == Some(&self.round) {
                self.active[x.index()] = true;
            }
        }
        for &id in &self.order {
            let mut any = self.active[id.index()];
            graph.for_each_child(id, |c| any |= self.active[c.index()]);
            self.active[id.index()] = any;
        }
    }

    /// The derivatives of `root` with respect to each of `wrt`, with the axes of `root` in front.
    pub(crate) fn gradient(&mut self, graph: &mut Graph, root: Id, wrt: &[Id]) -> Result<Vec<Id>, NotDifferentiable> {
        let dims = graph.dims(root).to_vec();
        let from = graph.len();
        let seed = if dims.is_empty() { graph.integer(1) } else { graph.identity(&dims) };
        graph.attribute_all(from, Origin::Adjoint(root));
        self.pull(graph, root, wrt, seed, dims.len())
    }

    /// As [`ReverseSweep::gradient`] of a scalar; the derivative with respect to each of `via` is collected, and from there on a
    /// symbol stands for it.
    pub(crate) fn gradient_via(
        &mut self,
        graph: &mut Graph,
        root: Id,
        wrt: &[Id],
        via: &[(Id, Id)],
    ) -> Result<(Vec<Id>, Vec<Id>), NotDifferentiable> {
        let one = graph.integer(1);
        self.stops = via.iter().map(|(node, symbol)| (*node, (*symbol, None))).collect();
        let found = self.pull(graph, root, wrt, one, 0);
        let zero = |graph: &mut Graph, node: Id| {
            let dims = graph.dims(node).to_vec();
            if dims.is_empty() { graph.integer(0) } else { graph.zeros(&dims) }
        };
        let stops = std::mem::take(&mut self.stops);
        let total = |node: &Id| stops.get(node).and_then(|(_, total)| *total);
        let at = via.iter().map(|(node, _)| total(node).unwrap_or_else(|| zero(graph, *node))).collect();
        Ok((at, found?))
    }

    /// What `adjoint`, the derivative of something with respect to `root`, becomes at each of `wrt`; its first `seed`
    /// axes stay in front.
    pub(crate) fn pull(
        &mut self,
        graph: &mut Graph,
        root: Id,
        wrt: &[Id],
        adjoint: Id,
        seed: usize,
    ) -> Result<Vec<Id>, NotDifferentiable> {
        self.pull_all(graph, &[(root, adjoint)], wrt, seed)
    }

    /// As [`ReverseSweep::pull`] from several roots, each with its adjoint: the sum of what comes from each.
    pub(crate) fn pull_all(
        &mut self,
        graph: &mut Graph,
        roots: &[(Id, Id)],
        wrt: &[Id],
        seed: usize,
    ) -> Result<Vec<Id>, NotDifferentiable> {
        self.visit(graph, roots, wrt);
        let seeds = roots.first().map_or(Vec::new(), |(_, adjoint)| graph.dims(*adjoint)[..seed].to_vec());
        let order = std::mem::take(&mut self.order);
        let result = Builder::scope(graph, |b| {
            roots.iter().for_each(|(root, adjoint)| self.contribute(*root, *adjoint, EVERYWHERE));
            let calls = b.with(|g| Calls::among(g, order.iter().copied().filter(|id| self.active[id.index()])));
            for &id in order.iter().rev() {
                let leaf = b.with(|g| matches!(g.node(id), Node::Symbol(_)));
                if let Some(results) = calls.results(id) {
                    if results[0] == id {
                        self.call(b, results, seed)?;
                    }
                    continue;
                }
                if leaf || !self.active[id.index()] || self.head[id.index()] == NONE {
                    continue;
                }
                self.stop(b, id);
                self.node(b, id, seed)?;
            }
            Ok(wrt.iter().map(|&x| self.found(b, x, &seeds)).collect())
        });
        self.order = order;
        result
    }

    /// Where a symbol is to stand for the node's derivative from here on.
    fn stop(&mut self, b: &Builder, id: Id) {
        if !self.stops.contains_key(&id) {
            return;
        }
        let total = self.everywhere(b, id);
        let Some((symbol, found)) = self.stops.get_mut(&id) else { return };
        *found = Some(total);
        let symbol = *symbol;
        self.head[id.index()] = NONE;
        self.contribute(id, symbol, EVERYWHERE);
    }

    /// Hands the adjoints of all results of a call on to its arguments, when the first result is reached: by then all of
    /// them are known.
    fn call(&mut self, b: &Builder, results: &[Id], seed: usize) -> Result<(), NotDifferentiable> {
        let mut weighted = Vec::new();
        let mut args = Vec::new();
        for &id in results.iter().filter(|id| self.head[id.index()] != NONE).collect::<Vec<_>>() {
            self.stop(b, id);
            let adjoint = self.everywhere(b, id);
            b.with(|g| {
                if let Node::Operation(Operation::Scan(scan), own) = g.node(id) {
                    weighted.push((scan.clone(), b.at(adjoint)));
                    args = own.to_vec();
                }
            });
        }
        let mut from = b.with(|g| g.len());
        let asked: Vec<bool> = args.iter().map(|a| self.active[a.index()]).collect();
        for (arg, part) in args.iter().zip(crate::scan::pulled(b, &weighted, &args, &asked, seed)?) {
            if let Some(part) = part {
                made(b, &mut from, *arg);
                self.contribute(*arg, part.id(), EVERYWHERE);
            }
        }
        Ok(())
    }

    /// Hands a node's adjoint on to its children.
    fn node(&mut self, b: &Builder, id: Id, seed: usize) -> Result<(), NotDifferentiable> {
        let (adjoint, branch) = self.total(b, id);
        if let Some(totals) = self.totals.as_mut() {
            totals.push((id, adjoint));
        }
        let adjoint = b.at(adjoint);
        let mut from = b.with(|g| g.len());
        let local = b.with(|g| Local::of(g, id, &|c| self.active[c.index()]));
        match &local {
            Local::Contraction(factors, labels) => {
                for (k, &factor) in factors.iter().enumerate() {
                    if self.active[factor.index()] {
                        let part = replaced(b, factors, *labels, k, adjoint, seed, true);
                        made(b, &mut from, factor);
                        self.contribute(factor, part.id(), branch);
                    }
                }
            }
            Local::Operation(operation, args) => {
                for (k, &arg) in args.iter().enumerate() {
                    if self.active[arg.index()]
                        && let Some(part) = pulled(b, operation, args, k, id, adjoint)?
                    {
                        let part = unbroadcast(b, part, seed, arg);
                        made(b, &mut from, arg);
                        self.contribute(arg, part.id(), branch);
                    }
                }
            }
            // One condition for all entries: what comes through a branch counts there.
            Local::Map(Primitive::Select, [condition, yes, no]) if b.with(|g| g.is_scalar(*condition)) => {
                for (child, holds) in [(*yes, true), (*no, false)] {
                    if self.active[child.index()] {
                        let part = unbroadcast(b, adjoint, seed, child);
                        made(b, &mut from, child);
                        let side = self.branches.within(branch, *condition, holds);
                        self.contribute(child, part.id(), side);
                    }
                }
            }
            _ => {
                let active = |c: Id| self.active[c.index()];
                let all = partials(b, id, &local, &active, &Origin::Adjoint)?;
                from = b.with(|g| g.len());
                for (child, partial) in all {
                    let part = unbroadcast(b, adjoint * partial, seed, child);
                    made(b, &mut from, child);
                    self.contribute(child, part.id(), branch);
                }
            }
        }
        Ok(())
    }

    /// The derivative collected at one of the variables.
    fn found(&mut self, b: &Builder, x: Id, seeds: &[Dim]) -> Id {
        if self.seen.get(x.index()) == Some(&self.round) && self.head[x.index()] != NONE {
            return self.everywhere(b, x);
        }
        b.with(|g| {
            let dims = [seeds, g.dims(x)].concat();
            g.within(Origin::Adjoint(x), |g| if dims.is_empty() { g.integer(0) } else { g.zeros(&dims) })
        })
    }

    fn contribute(&mut self, node: Id, part: Id, branch: Branch) {
        let before = self.head[node.index()];
        self.head[node.index()] = self.contributions.len() as u32;
        self.contributions.push(Contribution { part, branch, before });
    }

    /// The sum of the contributions to a node, in the order in which they came, and the branch that it counts in.
    fn total(&self, b: &Builder, node: Id) -> (Id, Branch) {
        let mut parts = Vec::new();
        let mut at = self.head[node.index()];
        while at != NONE {
            let Contribution { part, branch, before } = self.contributions[at as usize];
            parts.push((part, branch));
            at = before;
        }
        parts.reverse();
        let mut from = b.with(|g| g.len());
        let found = self.branches.sum(b, &parts);
        made(b, &mut from, node);
        found
    }

    /// The sum of the contributions to a node, as it counts everywhere.
    fn everywhere(&self, b: &Builder, node: Id) -> Id {
        let (total, branch) = self.total(b, node);
        let mut from = b.with(|g| g.len());
        let whole = self.branches.everywhere(b, total, branch);
        made(b, &mut from, node);
        whole
    }
}

/// Says of the nodes since `from` that they are made for the adjoint of `node`.
fn made(b: &Builder, from: &mut usize, node: Id) {
    b.with(|g| {
        g.attribute_all(*from, Origin::Adjoint(node));
        *from = g.len();
    });
}
