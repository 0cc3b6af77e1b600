//! The derivatives of a scan: backwards a scan in the other direction, over the states of the first one; forwards a
//! scan that carries the tangents of its states along.
//!
//! Griewank & Walther, "Evaluating Derivatives" (2008), section 3.2, with the step as the elementary function.

use std::sync::Arc;

use wrt_core::operations::{Origin, Scan, Step, Written, adopt_dims};
use wrt_core::{Assumptions, Builder, Dim, Ex, Graph, Id, Operation, Role, ShapeError};

use crate::NotDifferentiable;
use crate::forward::push;
use crate::reverse::ReverseSweep;

const FAILED: &str = "its step cannot be differentiated backwards";

/// The pullback of one result of a scan to one of its arguments.
pub(crate) fn pulled<'b>(
    b: &'b Builder,
    scan: &Scan,
    args: &[Id],
    argument: usize,
    adjoint: Ex<'b>,
    seed: usize,
) -> Result<Option<Ex<'b>>, NotDifferentiable> {
    let wrong = |_: ShapeError| NotDifferentiable { name: "scan", argument, reason: FAILED };
    let id = b.with(|g| {
        let seeds = g.dims(adjoint.id())[..seed].to_vec();
        if !scan.step.uses(argument) {
            return Ok(None);
        }
        let back = Backward::new(scan, g, &seeds)?;
        back.apply(g, scan, args, argument, adjoint.id(), &seeds).map(Some).map_err(wrong)
    })?;
    Ok(id.map(|id| b.at(id)))
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
        let name = format!("{} forward", step.name());
        let made = Step::new(&name, graph, inputs, results, 2 * states.len(), slices.len() + slices_moved);
        let made =
            made.map_err(|_| NotDifferentiable { name: "scan", argument: 0, reason: "its step does not fit" })?;
        Ok(Forward(Arc::new(if seeds.is_empty() { made.with_written(Forward::written(scan, given)) } else { made })))
    }

    /// `jvp(scan(…), x, v)` of each argument that moves.
    fn written(scan: &Scan, given: &[Option<Id>]) -> Written {
        let (states, slices, captures) = scan.step.inputs();
        let (states, slices, captures) = (states.len(), slices.len(), captures.len());
        let moved = |from: usize, to: usize| given[from..to].iter().flatten().count();
        let of_slices = moved(states, states + slices);
        let place = |k: usize| match k {
            k if k < states => k,
            k if k < states + slices => k + states,
            k => k + states + of_slices,
        };
        let (mut variables, mut along) = (Vec::new(), Vec::new());
        for k in (0..given.len()).filter(|k| given[*k].is_some()) {
            variables.push(place(k));
            along.push(match k {
                k if k < states => states + k,
                k if k < states + slices => 2 * states + slices + moved(states, k),
                k => 2 * states + slices + of_slices + captures + moved(states + slices, k),
            });
        }
        let places = (0..given.len()).map(place).collect();
        Written::Tangent(Box::new(Origin { of: scan.clone(), places, variables, along }))
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
/// the forward slices, the forward states and, if the result is an output, that output's adjoint; its outputs the
/// adjoints of the slices.
struct Backward {
    step: Arc<Step>,
    takes_output: bool,
}

impl Backward {
    fn new(scan: &Scan, outer: &Graph, seeds: &[Dim]) -> Result<Backward, NotDifferentiable> {
        let forward = &scan.step;
        let mut graph = forward.graph().clone();
        let seeds = adopt_dims(&mut graph, outer, seeds);
        let (states, slices, captures) = forward.inputs();
        let (new_states, outputs) = forward.results();
        let fresh = |graph: &mut Graph, name: String, like: Id| {
            let dims = [&seeds[..], graph.dims(like)].concat();
            graph.tensor_symbol(&name, Role::Variable, &dims, Assumptions::default())
        };
        // Nested derivatives must not meet the names of the inner ones.
        let level = graph.len();
        let mut adjoints = Vec::new();
        for (k, s) in new_states.iter().enumerate() {
            adjoints.push(fresh(&mut graph, format!("adjoint of state {k} at {level}"), *s));
        }
        let mut sums = Vec::new();
        for (k, c) in captures.iter().enumerate() {
            sums.push(fresh(&mut graph, format!("adjoint of capture {k} at {level}"), *c));
        }
        let takes_output = scan.result >= states.len();
        let mut roots: Vec<(Id, Id)> = new_states.iter().copied().zip(adjoints.iter().copied()).collect();
        let mut output_adjoint = None;
        if takes_output {
            let output = outputs[scan.result - states.len()];
            let symbol = fresh(&mut graph, format!("adjoint of output at {level}"), output);
            roots.push((output, symbol));
            output_adjoint = Some(symbol);
        }
        let wrt: Vec<Id> = [states, slices, captures].concat();
        let mut totals: Vec<Option<Id>> = vec![None; wrt.len()];
        let mut sweep = ReverseSweep::new(graph.len());
        for (root, adjoint) in roots {
            let parts = sweep.pull(&mut graph, root, &wrt, adjoint, seeds.len())?;
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
        // The first states are there for its spelling only.
        let mut firsts = Vec::with_capacity(states.len());
        for (k, s) in states.iter().enumerate() {
            let dims = graph.dims(*s).to_vec();
            let name = format!("first state {k} at {level}");
            firsts.push(graph.tensor_symbol(&name, Role::Variable, &dims, Assumptions::default()));
        }
        let inputs = [&adjoints[..], &sums, slices, states, output_adjoint.as_slice(), captures, &firsts].concat();
        let results = [to_states, &to_captures, to_slices].concat();
        let carried = states.len() + captures.len();
        let scanned = slices.len() + states.len() + usize::from(takes_output);
        let name = format!("{} backward", forward.name());
        let step = Step::new(&name, graph, inputs, results, carried, scanned).map_err(|_| NotDifferentiable {
            name: "scan",
            argument: 0,
            reason: FAILED,
        })?;
        let step = if seeds.is_empty() { step.with_written(Backward::written(scan, takes_output)) } else { step };
        Ok(Backward { step: Arc::new(step), takes_output })
    }

    /// `vjp(scan(…), x, weights)`
    fn written(scan: &Scan, takes_output: bool) -> Written {
        let (states, slices, captures) = scan.step.inputs();
        let (states, slices, captures) = (states.len(), slices.len(), captures.len());
        let first_slice = states + captures;
        let output = first_slice + slices + states;
        let first_capture = output + usize::from(takes_output);
        let place = |k: usize| match k {
            k if k < states => first_capture + captures + k,
            k if k < states + slices => first_slice + (k - states),
            k => first_capture + (k - states - slices),
        };
        let variables = (0..states).chain(states + slices..states + slices + captures).chain(states..states + slices);
        let along = vec![if takes_output { output } else { scan.result }];
        let places = (0..states + slices + captures).map(place).collect();
        let variables = variables.map(place).collect();
        Written::Pullback(Box::new(Origin { of: scan.clone(), places, variables, along }))
    }

    fn apply(
        &self,
        g: &mut Graph,
        scan: &Scan,
        args: &[Id],
        argument: usize,
        adjoint: Id,
        seeds: &[Dim],
    ) -> Result<Id, ShapeError> {
        let (states, slices, captures) = scan.step.inputs();
        let (states, slices) = (states.len(), slices.len());
        let zeros = |g: &mut Graph, like: Id| {
            let dims = [seeds, g.dims(like)].concat();
            if dims.is_empty() { g.integer(0) } else { g.zeros(&dims) }
        };
        let mut all = Vec::new();
        for (k, first) in args[..states].iter().enumerate() {
            all.push(if k == scan.result { adjoint } else { zeros(g, *first) });
        }
        for capture in &args[args.len() - captures.len()..] {
            all.push(zeros(g, *capture));
        }
        all.extend(&args[states..states + slices]);
        all.extend(self.states_before(g, scan, args)?);
        if self.takes_output {
            all.push(time_first(g, adjoint, seeds.len()));
        }
        all.extend(&args[states + slices..]);
        all.extend(&args[..states]);
        let is_slice = (states..states + slices).contains(&argument);
        let result = match argument {
            k if k < states => k,
            k if is_slice => states + captures.len() + (k - states),
            k => k - slices,
        };
        let scan = Scan { step: Arc::clone(&self.step), result, backward: !scan.backward };
        let id = g.operation(Operation::Scan(scan), &all)?;
        Ok(if is_slice { time_behind(g, id, seeds.len()) } else { id })
    }

    /// The stacked states before each step: a forward scan whose outputs they are.
    fn states_before(&self, g: &mut Graph, scan: &Scan, args: &[Id]) -> Result<Vec<Id>, ShapeError> {
        let forward = &scan.step;
        let (states, slices, captures) = forward.inputs();
        let inputs = [states, slices, captures].concat();
        let results = [forward.results().0, states].concat();
        let step = Step::new(forward.name(), forward.graph().clone(), inputs, results, states.len(), slices.len())?;
        let step = Arc::new(step);
        (0..states.len())
            .map(|k| {
                let result = states.len() + k;
                let scan = Scan { step: Arc::clone(&step), result, backward: scan.backward };
                g.operation(Operation::Scan(scan), args)
            })
            .collect()
    }
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
