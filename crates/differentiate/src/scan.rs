//! The derivatives of a scan: backwards a scan in the other direction, over the states of the first one; forwards a
//! scan that carries the tangents of its states along.
//!
//! Griewank & Walther, "Evaluating Derivatives" (2008), section 3.2, with the step as the elementary function.

use std::sync::Arc;

use wrt_core::operations::{Scan, Step, adopt_dims};
use wrt_core::{
    Assumptions, Builder, Copier, Dim, Ex, Graph, Id, Node, NodeMap, Operation, Role, ShapeError, Substitution, Term,
};

use crate::NotDifferentiable;
use crate::forward::push;
use crate::reverse::ReverseSweep;

const FAILED: &str = "its step cannot be differentiated backwards";

const UNFIT: &str = "its step does not fit";

/// A result of a call, and the derivative of the root by it.
pub(crate) type Weighted<'b> = (Scan, Ex<'b>);

/// The pullback of the results of one call of a scan to those of its arguments that are asked for: one scan backwards,
/// and for what the step captures a sum over its results.
pub(crate) fn pulled<'b>(
    b: &'b Builder,
    results: &[Weighted<'b>],
    args: &[Id],
    asked: &[bool],
    seed: usize,
) -> Result<Vec<Option<Ex<'b>>>, NotDifferentiable> {
    let wrong = |_: ShapeError| NotDifferentiable { name: "scan", argument: 0, reason: FAILED };
    let Some((_, adjoint)) = results.first() else { return Ok(vec![None; args.len()]) };
    b.with(|g| {
        let seeds = g.dims(adjoint.id())[..seed].to_vec();
        let weights: Vec<(&Scan, Id)> = results.iter().map(|(s, a)| (s, a.id())).collect();
        let back = Backward::new(&weights, g, &seeds)?;
        let given = back.arguments(g, &weights, args, &seeds).map_err(wrong)?;
        let found = (0..args.len()).map(|k| match asked[k] {
            true => back.adjoint(g, &given, k, seeds.len()).map_err(wrong),
            false => Ok(None),
        });
        Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().map(|id| id.map(|id| b.at(id))).collect())
    })
}

/// The tangents of all results of one call of a scan, where `tangent` gives those of its arguments, `seed` axes in front
/// of each: one scan.
pub(crate) fn pushed(
    b: &Builder,
    results: &[Id],
    tangent: &dyn Fn(Id) -> Option<Id>,
    seed: usize,
) -> Result<Vec<(Id, Id)>, NotDifferentiable> {
    let scans: Vec<(Id, Scan)> = b.with(|g| results.iter().filter_map(|id| Some((*id, scan_at(g, *id)?.0))).collect());
    let Some(args) = results.first().and_then(|id| b.with(|g| Some(scan_at(g, *id)?.1))) else { return Ok(Vec::new()) };
    let given: Vec<Option<Id>> = args.iter().map(|a| tangent(*a)).collect();
    let Some(any) = given.iter().flatten().next().copied() else { return Ok(Vec::new()) };
    b.with(|g| {
        let seeds = g.dims(any)[..seed].to_vec();
        let forward = Forward::new(&scans, g, &given, &seeds)?;
        let failed = |_: ShapeError| NotDifferentiable { name: "scan", argument: 0, reason: UNFIT };
        forward.apply(g, &scans, &args, &given, &seeds).map_err(failed)
    })
}

fn scan_at(g: &Graph, id: Id) -> Option<(Scan, Vec<Id>)> {
    match g.node(id) {
        Node::Operation(Operation::Scan(scan), args) => Some((scan.clone(), args.to_vec())),
        _ => None,
    }
}

/// The step of the tangents. Its states are the tangents of the forward states; its slices the forward slices and states,
/// what is kept of the forward step, and the tangents of the slices that move; its captures the forward ones, then the
/// tangents of those that move; its outputs the tangents of the results that are stacked.
struct Forward {
    step: Arc<Step>,
    kept: Vec<Id>,
    used: Used,
}

impl Forward {
    fn new(
        results: &[(Id, Scan)],
        outer: &Graph,
        given: &[Option<Id>],
        seeds: &[Dim],
    ) -> Result<Forward, NotDifferentiable> {
        let step = &results[0].1.step;
        let mut graph = step.graph().clone();
        let inner_seeds = adopt_dims(&mut graph, outer, seeds);
        let (states, slices, captures) = step.inputs();
        let new_states = step.results().0;
        // Nested derivatives must not meet the names of the inner ones.
        let level = graph.len();
        let mut moving = |k: usize, like: Id| {
            let dims = [&inner_seeds[..], graph.dims(like)].concat();
            let name = format!("tangent of input {k} at {level}");
            (like, graph.tensor_symbol(&name, Role::Variable, &dims, Assumptions::default()))
        };
        let mut pairs: Vec<(Id, Id)> = states.iter().enumerate().map(|(k, s)| moving(k, *s)).collect();
        let rest = slices.iter().chain(captures).enumerate().map(|(k, c)| (k + states.len(), *c));
        let moved: Vec<(usize, Id)> = rest.filter(|(k, _)| given[*k].is_some()).collect();
        pairs.extend(moved.iter().map(|(k, c)| moving(*k, *c)));
        let (wrt, tangents): (Vec<Id>, Vec<Id>) = pairs.into_iter().unzip();
        let outputs = results.iter().filter(|(_, s)| s.is_stacked()).map(|(_, s)| s.inner_result());
        let roots: Vec<Id> = new_states.iter().copied().chain(outputs).collect();
        let mut found = push(&mut graph, &roots, &wrt, &tangents, seeds.len())?;
        let inputs = [states, slices, captures].concat();
        let (kept, slots) = keep(&mut graph, &mut found, step, &inputs, level);
        let (of_states, of_moved) = tangents.split_at(states.len());
        let slices_moved = moved.iter().filter(|(k, _)| *k < states.len() + slices.len()).count();
        let (of_slices, of_captures) = of_moved.split_at(slices_moved);
        for (id, of) in found.iter().zip(states) {
            graph.set_name(*id, &format!("{}_dot", name_of(step, *of)));
        }
        let (scanned, captured) = ([slices, states, &slots, of_slices].concat(), [captures, of_captures].concat());
        let used = Used::among(&graph, &found, &scanned, &captured);
        let inputs = [of_states, &used.of(&scanned, 0), &used.of(&captured, scanned.len())].concat();
        let scanned = used.count(scanned.len());
        let name = format!("{} forward", step.name());
        let made = Step::new(&name, graph, inputs, found, states.len(), scanned);
        let made = made.map_err(|_| NotDifferentiable { name: "scan", argument: 0, reason: UNFIT })?;
        Ok(Forward { step: Arc::new(made), kept, used })
    }

    fn apply(
        &self,
        g: &mut Graph,
        results: &[(Id, Scan)],
        args: &[Id],
        given: &[Option<Id>],
        seeds: &[Dim],
    ) -> Result<Vec<(Id, Id)>, ShapeError> {
        let scan = &results[0].1;
        let (states, slices, _) = scan.step.inputs();
        let (states, slices) = (states.len(), slices.len());
        let mut all = Vec::new();
        for (first, tangent) in args[..states].iter().zip(given) {
            let dims = [seeds, g.dims(*first)].concat();
            let zero = |g: &mut Graph| if dims.is_empty() { g.integer(0) } else { g.zeros(&dims) };
            all.push(tangent.unwrap_or_else(|| zero(g)));
        }
        let mut rest = args[states..states + slices].to_vec();
        rest.extend(outputs_of(g, scan, args, scan.step.inputs().0)?);
        rest.extend(outputs_of(g, scan, args, &self.kept)?);
        let moved: Vec<Id> = given[states..states + slices].iter().flatten().copied().collect();
        rest.extend(moved.into_iter().map(|t| time_first(g, t, seeds.len())));
        rest.extend(&args[states + slices..]);
        rest.extend(given[states + slices..].iter().flatten());
        all.extend(self.used.of(&rest, 0));
        let mut outputs = states..;
        let mut found = Vec::new();
        for (id, of) in results {
            let result = if of.is_stacked() { outputs.next().unwrap_or_default() } else { of.result };
            let tangent = Scan { step: Arc::clone(&self.step), result, backward: scan.backward };
            let made = g.operation(Operation::Scan(tangent), &all)?;
            found.push((*id, if of.is_stacked() { time_behind(g, made, seeds.len()) } else { made }));
        }
        Ok(found)
    }
}

/// Has what has a name in a step and is needed for some nodes kept, and not computed again: symbols stand for it there.
fn keep(graph: &mut Graph, nodes: &mut [Id], step: &Step, inputs: &[Id], level: usize) -> (Vec<Id>, Vec<Id>) {
    let kept = first_named(graph, nodes, step, inputs);
    let mut substitution = Substitution::default();
    let mut slots = Vec::with_capacity(kept.len());
    for (k, id) in kept.iter().enumerate() {
        let dims = graph.dims(*id).to_vec();
        let name = format!("kept {k} at {level}");
        let slot = graph.tensor_symbol(&name, Role::Variable, &dims, Assumptions::default());
        substitution.set(*id, slot);
        slots.push(slot);
    }
    for node in nodes {
        *node = substitution.apply(graph, *node);
    }
    (kept, slots)
}

/// The step of the backward scan. Its states are the adjoints of the forward states; its slices the forward slices, the
/// forward states, the adjoints of those results that are stacked, and what has a name in the forward step and is needed,
/// which is kept and not computed again. What belongs to a capture is no state: its adjoint is a sum over the steps, most
/// often of products, which is one product over all steps.
struct Backward {
    step: Arc<Step>,
    backward: bool,
    /// Nodes of the forward step that are kept.
    kept: Vec<Id>,
    /// The adjoints of the forward slices and captures in one step, in its graph.
    to_slices: Vec<Id>,
    to_captures: Vec<Id>,
    /// The forward captures that are needed.
    captures: Vec<Id>,
    used: Used,
}

/// Which of the slices and captures that a derivative could need it does need.
struct Used(Vec<bool>);

impl Used {
    /// The first slice always is: it says how long the scan is.
    fn among(graph: &Graph, roots: &[Id], slices: &[Id], captures: &[Id]) -> Used {
        let below = graph.reachable(roots);
        let needed = |(k, id): (usize, &Id)| k == 0 || below.binary_search(id).is_ok();
        Used(slices.iter().chain(captures).enumerate().map(needed).collect())
    }

    /// Those of a list that are, which stands at this place among all.
    fn of(&self, list: &[Id], from: usize) -> Vec<Id> {
        list.iter().zip(&self.0[from..]).filter(|(_, used)| **used).map(|(id, _)| *id).collect()
    }

    /// How many of the first ones are.
    fn count(&self, slices: usize) -> usize {
        self.0[..slices].iter().filter(|used| **used).count()
    }
}

impl Backward {
    fn new(weights: &[(&Scan, Id)], outer: &Graph, seeds: &[Dim]) -> Result<Backward, NotDifferentiable> {
        let forward = &weights[0].0.step;
        let mut graph = forward.graph().clone();
        let seeds = adopt_dims(&mut graph, outer, seeds);
        let (states, slices, captures) = forward.inputs();
        let new_states = forward.results().0;
        // Nested derivatives must not meet the names of the inner ones.
        let level = graph.len();
        let each = |graph: &mut Graph, what: &str, of: &[Id]| -> Vec<Id> {
            let mut symbol = |(k, like): (usize, &Id)| {
                let dims = [&seeds[..], graph.dims(*like)].concat();
                graph.tensor_symbol(&format!("{what} {k} at {level}"), Role::Variable, &dims, Assumptions::default())
            };
            of.iter().enumerate().map(&mut symbol).collect()
        };
        let adjoints = each(&mut graph, "adjoint of state", new_states);
        let outputs: Vec<Id> = stacked(weights).map(|(s, _)| s.inner_result()).collect();
        let of_outputs = each(&mut graph, "adjoint of output", &outputs);
        let roots: Vec<(Id, Id)> =
            new_states.iter().chain(&outputs).copied().zip(adjoints.iter().chain(&of_outputs).copied()).collect();
        let wrt: Vec<Id> = [states, slices, captures].concat();
        let mut sweep = ReverseSweep::new(graph.len());
        sweep.totals = Some(Vec::new());
        let mut totals = sweep.pull_all(&mut graph, &roots, &wrt, seeds.len())?;
        let inner: Vec<(Id, Id)> = sweep.totals.take().unwrap_or_default();
        let mut all: Vec<Id> = totals.iter().copied().chain(inner.iter().map(|(_, total)| *total)).collect();
        let (kept, slots) = keep(&mut graph, &mut all, forward, &wrt, level);
        totals.copy_from_slice(&all[..wrt.len()]);
        let inner = inner.iter().map(|(of, _)| *of).zip(all[wrt.len()..].iter().copied());
        for (of, total) in inner {
            if matches!(graph.node(total), Node::Symbol(_)) {
                continue;
            }
            if let Some(name) = forward.name_of(of) {
                graph.set_name(total, &format!("d_{name}"));
            } else if let Some(gate) =
                kept.iter().find(|gate| matches!(graph.node(**gate), Node::Map(_, [x]) if *x == of))
                && let Some(name) = forward.name_of(*gate)
            {
                // What goes into the function that a gate is the value of.
                graph.set_name(total, &format!("dz_{name}"));
            }
        }
        let (to_states, rest) = totals.split_at(states.len());
        let (to_slices, to_captures) = rest.split_at(slices.len());
        for (id, of) in to_states.iter().zip(states) {
            graph.set_name(*id, &format!("d_{}_prev", name_of(forward, *of)));
        }
        for (id, of) in to_slices.iter().zip(slices) {
            graph.set_name(*id, &format!("d_{}", name_of(forward, *of)));
        }
        let (to_slices, to_captures) = (to_slices.to_vec(), to_captures.to_vec());
        let scanned = [slices, states, &of_outputs, &slots].concat();
        let roots = [to_states, &to_slices, &to_captures].concat();
        let used = Used::among(&graph, &roots, &scanned, captures);
        let inputs = [&adjoints[..], &used.of(&scanned, 0), &used.of(captures, scanned.len())].concat();
        let captures = used.of(captures, scanned.len());
        let scanned = used.count(scanned.len());
        let name = format!("{} backward", forward.name());
        let step = Step::new(&name, graph, inputs, to_states.to_vec(), states.len(), scanned)
            .map_err(|_| NotDifferentiable { name: "scan", argument: 0, reason: FAILED })?;
        let (step, backward) = (Arc::new(step), !weights[0].0.backward);
        Ok(Backward { step, backward, kept, to_slices, to_captures, captures, used })
    }

    /// What the backward scan is given, for whichever of its results.
    fn arguments(
        &self,
        g: &mut Graph,
        weights: &[(&Scan, Id)],
        args: &[Id],
        seeds: &[Dim],
    ) -> Result<Vec<Id>, ShapeError> {
        let scan = weights[0].0;
        let (states, slices, _) = scan.step.inputs();
        let (states, slices) = (states.len(), slices.len());
        let mut all = Vec::new();
        for (k, first) in args[..states].iter().enumerate() {
            let last = weights.iter().find(|(s, _)| s.result == k).map(|(_, adjoint)| *adjoint);
            let dims = [seeds, g.dims(*first)].concat();
            let zeros = |g: &mut Graph| if dims.is_empty() { g.integer(0) } else { g.zeros(&dims) };
            all.push(last.unwrap_or_else(|| zeros(g)));
        }
        let mut rest = args[states..states + slices].to_vec();
        rest.extend(outputs_of(g, scan, args, scan.step.inputs().0)?);
        rest.extend(stacked(weights).map(|(_, adjoint)| time_first(g, adjoint, seeds.len())));
        rest.extend(outputs_of(g, scan, args, &self.kept)?);
        rest.extend(&args[states + slices..]);
        all.extend(self.used.of(&rest, 0));
        Ok(all)
    }

    /// The adjoint of an argument of the forward scan; none where it is zero.
    fn adjoint(&self, g: &mut Graph, given: &[Id], argument: usize, seed: usize) -> Result<Option<Id>, ShapeError> {
        let states = self.step.inputs().0.len();
        let slices = self.to_slices.len();
        if argument < states {
            let scan = Scan { step: Arc::clone(&self.step), result: argument, backward: self.backward };
            return g.operation(Operation::Scan(scan), given).map(Some);
        }
        let inner = self.step.graph();
        if let Some(&each) = self.to_slices.get(argument - states) {
            if inner.is_zero(each) {
                return Ok(None);
            }
            let id = self.along(g, given, each)?;
            return Ok(Some(time_behind(g, id, seed)));
        }
        let each = self.to_captures[argument - states - slices];
        let mut terms = Vec::new();
        match inner.node(each) {
            _ if inner.is_zero(each) => {}
            Node::Sum(all) => {
                for t in all {
                    terms.push(Term::new(t.coefficient.clone(), self.summed(g, given, t.node)?));
                }
            }
            _ => terms.push(Term::one(self.summed(g, given, each)?)),
        }
        Ok((!terms.is_empty()).then(|| g.sum(&terms)))
    }

    /// A node of the step at all steps, the time in front: an argument of the scan, or one of its results.
    fn along(&self, g: &mut Graph, given: &[Id], node: Id) -> Result<Id, ShapeError> {
        let (states, slices, _) = self.step.inputs();
        if let Some(k) = slices.iter().position(|s| *s == node) {
            return Ok(given[states.len() + k]);
        }
        let step = Arc::new(self.step.with_outputs(&[node]));
        let scan = Scan { step, result: states.len(), backward: self.backward };
        g.operation(Operation::Scan(scan), given)
    }

    /// The sum of a node of the step over all steps. Of a product it is one over the time as well.
    fn summed(&self, g: &mut Graph, given: &[Id], node: Id) -> Result<Id, ShapeError> {
        let inner = self.step.graph();
        let (states, slices, _) = self.step.inputs();
        let changes = |id: Id| {
            let below = inner.reachable(&[id]);
            states.iter().chain(slices).any(|s| below.binary_search(s).is_ok())
        };
        let product = match inner.node(node) {
            // What is no larger than its factors may as well be kept as it is.
            Node::Contraction(factors, labels)
                if factors.iter().any(|f| changes(*f))
                    && factors.iter().all(|f| inner.shape(*f) != inner.shape(node)) =>
            {
                Some((factors, labels))
            }
            _ => None,
        };
        let Some((factors, labels)) = product else {
            let stacked = self.along(g, given, node)?;
            return Ok(g.sum_over(stacked, &[0]));
        };
        let labels = match inner.labels(labels) {
            scalar if scalar.factors.is_empty() => {
                wrt_core::Labels { factors: vec![Vec::new(); factors.len()], ..scalar.clone() }
            }
            own => own.clone(),
        };
        let mut dims = adopt_dims(g, inner, &labels.dims);
        let time = dims.len() as u8;
        dims.push(g.dims(given[states.len()])[0]);
        let mut copier = Copier::default();
        let captured = &given[states.len() + slices.len()..];
        for (own, outer) in self.captures.iter().zip(captured) {
            copier.set(*own, *outer);
        }
        let (mut ids, mut lists) = (Vec::new(), Vec::new());
        for (factor, own) in factors.iter().zip(&labels.factors) {
            if changes(*factor) {
                ids.push(self.along(g, given, *factor)?);
                lists.push([&[time], &own[..]].concat());
            } else {
                ids.push(copier.copy(g, inner, *factor));
                lists.push(own.clone());
            }
        }
        let lists: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
        Ok(g.einsum(&ids, &lists, &labels.output, &dims))
    }
}

/// The nodes with names in the forward step that are met first on the way down from some nodes, without its inputs.
fn first_named(graph: &Graph, from: &[Id], forward: &Step, inputs: &[Id]) -> Vec<Id> {
    let mut seen: NodeMap<bool> = NodeMap::default();
    let (mut stack, mut found) = (from.to_vec(), Vec::new());
    while let Some(id) = stack.pop() {
        if seen.of(id) || inputs.contains(&id) {
            continue;
        }
        seen.insert(id, true);
        match forward.name_of(id) {
            Some(_) => found.push(id),
            None => graph.for_each_child(id, |c| stack.push(c)),
        }
    }
    found.sort_unstable();
    found
}

/// What an input of a step is called: a state as the line that makes the next one, anything else by itself.
fn name_of(step: &Step, input: Id) -> String {
    let state = step.inputs().0.iter().position(|s| *s == input);
    let line = state.and_then(|k| step.name_of(step.results().0[k]));
    line.unwrap_or_else(|| step.graph().symbol_name(input)).to_string()
}

/// The results that are stacked, each with its adjoint.
fn stacked<'w>(weights: &'w [(&Scan, Id)]) -> impl Iterator<Item = (&'w Scan, Id)> {
    weights.iter().filter(|(s, _)| s.is_stacked()).map(|(s, adjoint)| (*s, *adjoint))
}

/// Nodes of the step at all steps: further results of the same call.
fn outputs_of(g: &mut Graph, scan: &Scan, args: &[Id], nodes: &[Id]) -> Result<Vec<Id>, ShapeError> {
    let states = scan.step.inputs().0.len();
    let step = Arc::new(scan.step.with_outputs(nodes));
    let output = |k: usize| Scan { step: Arc::clone(&step), result: states + k, backward: scan.backward };
    (0..nodes.len()).map(|k| g.operation(Operation::Scan(output(k)), args)).collect()
}

/// `[seed, time, …]` as `[time, seed, …]`.
fn time_first(g: &mut Graph, id: Id, seed: usize) -> Id {
    let order: Vec<usize> = std::iter::once(seed).chain(0..seed).chain(seed + 1..g.rank(id)).collect();
    g.permute(id, &order)
}

/// `[time, seed, …]` as `[seed, time, …]`.
fn time_behind(g: &mut Graph, id: Id, seed: usize) -> Id {
    let order: Vec<usize> = (1..=seed).chain(std::iter::once(0)).chain(seed + 1..g.rank(id)).collect();
    g.permute(id, &order)
}
