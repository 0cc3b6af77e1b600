//! The derivatives of a scan: backwards a scan in the other direction, over the states of the first one; forwards a
//! scan that carries the tangents of its states along.
//!
//! Griewank & Walther, "Evaluating Derivatives" (2008), section 3.2, with the step as the elementary function.

use std::sync::Arc;

use wrt_core::operations::{Scan, Step, adopt_dims};
use wrt_core::{Assumptions, Builder, Dim, Ex, Graph, Id, Operation, Role, ShapeError};

use crate::NotDifferentiable;
use crate::forward::push;
use crate::reverse::ReverseSweep;

const FAILED: &str = "its step cannot be differentiated backwards";

/// A result of a call, and the derivative of the root by it.
pub(crate) type Weighted<'b> = (Scan, Ex<'b>);

/// The pullback of the results of one call of a scan to those of its arguments that are asked for: one scan backwards.
pub(crate) fn pulled<'b>(
    b: &'b Builder,
    results: &[Weighted<'b>],
    args: &[Id],
    asked: &[bool],
    seed: usize,
) -> Result<Vec<Option<Ex<'b>>>, NotDifferentiable> {
    let wrong = |_: ShapeError| NotDifferentiable { name: "scan", argument: 0, reason: FAILED };
    let Some((scan, adjoint)) = results.first() else { return Ok(vec![None; args.len()]) };
    b.with(|g| {
        let seeds = g.dims(adjoint.id())[..seed].to_vec();
        let weights: Vec<(&Scan, Id)> = results.iter().map(|(s, a)| (s, a.id())).collect();
        let back = Backward::new(&weights, g, &seeds)?;
        let given = back.arguments(g, &weights, args, &seeds).map_err(wrong)?;
        let mut one = |k: usize| match asked[k] && results.iter().any(|(s, _)| s.step.uses(k)) {
            true => back.apply(g, scan, &given, k, seeds.len()).map(Some).map_err(wrong),
            false => Ok(None),
        };
        (0..args.len()).map(|k| Ok(one(k)?.map(|id| b.at(id)))).collect()
    })
}

/// The tangent of one result of a scan, where `tangent` gives those of its arguments, `seed` axes in front of each.
pub(crate) fn pushed(
    b: &Builder,
    scan: &Scan,
    args: &[Id],
    tangent: &dyn Fn(Id) -> Option<Id>,
    seed: usize,
) -> Result<Option<Id>, NotDifferentiable> {
    let given: Vec<Option<Id>> = args.iter().map(|a| tangent(*a)).collect();
    let Some(any) = given.iter().flatten().next().copied() else { return Ok(None) };
    b.with(|g| {
        let seeds = g.dims(any)[..seed].to_vec();
        let forward = Forward::new(scan, g, &given, &seeds)?;
        let failed = |_: ShapeError| NotDifferentiable { name: "scan", argument: 0, reason: "its step does not fit" };
        forward.apply(g, scan, args, &given, &seeds).map(Some).map_err(failed)
    })
}

/// The step that carries tangents: its states are the states, then their tangents; its slices and captures the old ones,
/// then the tangents of those that move; its one output the tangent of the output, if the result is one.
struct Forward(Arc<Step>);

impl Forward {
    fn new(scan: &Scan, outer: &Graph, given: &[Option<Id>], seeds: &[Dim]) -> Result<Forward, NotDifferentiable> {
        let step = &scan.step;
        let mut graph = step.graph().clone();
        let inner_seeds = adopt_dims(&mut graph, outer, seeds);
        let (states, slices, captures) = step.inputs();
        let (new_states, outputs) = step.results();
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
        let output = scan.result.checked_sub(states.len()).map(|k| outputs[k]);
        let roots: Vec<Id> = new_states.iter().copied().chain(output).collect();
        let found = push(&mut graph, &roots, &wrt, &tangents, seeds.len())?;
        let (of_states, of_moved) = tangents.split_at(states.len());
        let slices_moved = moved.iter().filter(|(k, _)| *k < states.len() + slices.len()).count();
        let (of_slices, of_captures) = of_moved.split_at(slices_moved);
        let inputs = [states, of_states, slices, of_slices, captures, of_captures].concat();
        let results = [new_states, &found[..]].concat();
        for (id, of) in found.iter().zip(states) {
            graph.set_name(*id, &format!("{}_dot", name_of(step, *of)));
        }
        let name = format!("{} forward", step.name());
        let made = Step::new(&name, graph, inputs, results, 2 * states.len(), slices.len() + slices_moved);
        let made =
            made.map_err(|_| NotDifferentiable { name: "scan", argument: 0, reason: "its step does not fit" })?;
        Ok(Forward(Arc::new(made)))
    }

    fn apply(
        &self,
        g: &mut Graph,
        scan: &Scan,
        args: &[Id],
        given: &[Option<Id>],
        seeds: &[Dim],
    ) -> Result<Id, ShapeError> {
        let (states, slices, _) = scan.step.inputs();
        let (states, slices) = (states.len(), slices.len());
        let mut all = args[..states].to_vec();
        for (first, tangent) in args[..states].iter().zip(given) {
            let dims = [seeds, g.dims(*first)].concat();
            let zero = |g: &mut Graph| if dims.is_empty() { g.integer(0) } else { g.zeros(&dims) };
            all.push(tangent.unwrap_or_else(|| zero(g)));
        }
        all.extend(&args[states..states + slices]);
        let moved: Vec<Id> = given[states..states + slices].iter().flatten().copied().collect();
        all.extend(moved.into_iter().map(|t| time_first(g, t, seeds.len())));
        all.extend(&args[states + slices..]);
        all.extend(given[states + slices..].iter().flatten());
        let is_output = scan.result >= states;
        // The tangents of the states stand behind the states; behind all of these the tangent of the output.
        let result = if is_output { 2 * states } else { states + scan.result };
        let scan = Scan { step: Arc::clone(&self.0), result, backward: scan.backward };
        let id = g.operation(Operation::Scan(scan), &all)?;
        Ok(if is_output { time_behind(g, id, seeds.len()) } else { id })
    }
}

/// The step of the backward scan. Its states are the adjoints of the forward states, then of the captures; its slices
/// the forward slices, the forward states and the adjoints of those results that are stacked; its outputs the adjoints
/// of the slices.
struct Backward {
    step: Arc<Step>,
}

impl Backward {
    fn new(weights: &[(&Scan, Id)], outer: &Graph, seeds: &[Dim]) -> Result<Backward, NotDifferentiable> {
        let scan = weights[0].0;
        let forward = &scan.step;
        let mut graph = forward.graph().clone();
        let seeds = adopt_dims(&mut graph, outer, seeds);
        let (states, slices, captures) = forward.inputs();
        let new_states = forward.results().0;
        // Nested derivatives must not meet the names of the inner ones.
        let level = graph.len();
        let fresh = |graph: &mut Graph, what: &str, k: usize, like: Id| {
            let dims = [&seeds[..], graph.dims(like)].concat();
            graph.tensor_symbol(&format!("{what} {k} at {level}"), Role::Variable, &dims, Assumptions::default())
        };
        let each = |graph: &mut Graph, what: &str, of: &[Id]| -> Vec<Id> {
            of.iter().enumerate().map(|(k, like)| fresh(graph, what, k, *like)).collect()
        };
        let adjoints = each(&mut graph, "adjoint of state", new_states);
        let sums = each(&mut graph, "adjoint of capture", captures);
        let outputs: Vec<Id> = stacked(weights).map(|(s, _)| s.inner_result()).collect();
        let of_outputs = each(&mut graph, "adjoint of output", &outputs);
        let roots = new_states.iter().zip(&adjoints).chain(outputs.iter().zip(&of_outputs));
        let wrt: Vec<Id> = [states, slices, captures].concat();
        let mut totals: Vec<Option<Id>> = vec![None; wrt.len()];
        let mut sweep = ReverseSweep::new(graph.len());
        for (root, adjoint) in roots {
            let parts = sweep.pull(&mut graph, *root, &wrt, *adjoint, seeds.len())?;
            Builder::scope(&mut graph, |b| {
                for (total, part) in totals.iter_mut().zip(parts) {
                    *total = Some(total.map_or(part, |t| (b.at(t) + b.at(part)).id()));
                }
            });
        }
        let totals: Vec<Id> = totals.into_iter().flatten().collect();
        let (to_states, rest) = totals.split_at(states.len());
        let (to_slices, to_captures) = rest.split_at(slices.len());
        let to_captures: Vec<Id> = Builder::scope(&mut graph, |b| {
            sums.iter().zip(to_captures).map(|(s, c)| (b.at(*s) + b.at(*c)).id()).collect()
        });
        for (id, of) in
            to_states.iter().chain(&to_captures).chain(to_slices).zip(states.iter().chain(captures).chain(slices))
        {
            let name = name_of(forward, *of);
            graph.set_name(*id, &format!("d_{name}"));
        }
        let inputs = [&adjoints[..], &sums, slices, states, &of_outputs, captures].concat();
        let results = [to_states, &to_captures, to_slices].concat();
        let carried = states.len() + captures.len();
        let scanned = slices.len() + states.len() + outputs.len();
        let name = format!("{} backward", forward.name());
        let step = Step::new(&name, graph, inputs, results, carried, scanned).map_err(|_| NotDifferentiable {
            name: "scan",
            argument: 0,
            reason: FAILED,
        })?;
        Ok(Backward { step: Arc::new(step) })
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
        let (states, slices, captures) = scan.step.inputs();
        let (states, slices) = (states.len(), slices.len());
        let zeros = |g: &mut Graph, like: Id| {
            let dims = [seeds, g.dims(like)].concat();
            if dims.is_empty() { g.integer(0) } else { g.zeros(&dims) }
        };
        let mut all = Vec::new();
        for (k, first) in args[..states].iter().enumerate() {
            let last = weights.iter().find(|(s, _)| s.result == k);
            all.push(last.map_or_else(|| zeros(g, *first), |(_, adjoint)| *adjoint));
        }
        for capture in &args[args.len() - captures.len()..] {
            all.push(zeros(g, *capture));
        }
        all.extend(&args[states..states + slices]);
        all.extend(states_before(g, scan, args)?);
        all.extend(stacked(weights).map(|(_, adjoint)| time_first(g, adjoint, seeds.len())));
        all.extend(&args[states + slices..]);
        Ok(all)
    }

    /// The adjoint of an argument of the forward scan.
    fn apply(&self, g: &mut Graph, scan: &Scan, given: &[Id], argument: usize, seed: usize) -> Result<Id, ShapeError> {
        let (states, slices, captures) = scan.step.inputs();
        let (states, slices) = (states.len(), slices.len());
        let is_slice = (states..states + slices).contains(&argument);
        let result = match argument {
            k if k < states => k,
            k if is_slice => states + captures.len() + (k - states),
            k => k - slices,
        };
        let scan = Scan { step: Arc::clone(&self.step), result, backward: !scan.backward };
        let id = g.operation(Operation::Scan(scan), given)?;
        Ok(if is_slice { time_behind(g, id, seed) } else { id })
    }
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

/// The stacked states before each step: further results of the same call.
fn states_before(g: &mut Graph, scan: &Scan, args: &[Id]) -> Result<Vec<Id>, ShapeError> {
    let states = scan.step.inputs().0;
    let step = Arc::new(scan.step.with_outputs(states));
    let before = |k: usize| Scan { step: Arc::clone(&step), result: states.len() + k, backward: scan.backward };
    (0..states.len()).map(|k| g.operation(Operation::Scan(before(k)), args)).collect()
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
