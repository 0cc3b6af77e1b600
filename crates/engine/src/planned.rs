//! A plan that is run as it is, without the graph that it was made of.

use wrt_core::Id;
use wrt_lanes::{Level, Spans, Team};
use wrt_plan::{Buffer, Program, ReadPlan};

use crate::aligned::Aligned;
use crate::kernels::Built;
use crate::needs::Needs;
use crate::program::EngineError;
use crate::real::EngineReal;
use crate::tasks::Task;

/// The results of a plan that was read, whose inputs have these values; of a result that replaces an input, the new values.
///
/// # Errors
/// For an input without a value, or of another length; where there is no such memory; and for a label that is no position.
///
/// ```
/// use wrt_core::{Assumptions, Graph, Role};
/// let mut g = Graph::new();
/// let n = g.dim_name("n");
/// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
/// let total = g.sum_over(x, &[0]);
/// let plan = wrt_plan::plan(&g, &[(total, None)], &[("n".into(), 3)]).unwrap();
/// let read = wrt_plan::read(&wrt_plan::text(&plan, &g)).unwrap();
/// let x = read.program.inputs[0].0;
/// let found = wrt_engine::run_plan(&read.program, wrt_engine::Level::best(), &[(x, vec![1.0, 2.0, 3.0])]).unwrap();
/// assert_eq!(found, [[6.0]]);
/// ```
pub fn run_plan<T: EngineReal>(
    plan: &Program,
    level: Level,
    values: &[(Id, Vec<T>)],
) -> Result<Vec<Vec<T>>, EngineError> {
    let Parts { inputs, state, own } = Parts::of(plan);
    let built = T::build(plan, &inputs, &state, &own)?;
    let between = between(&built);
    let Built { arena, scratch: own_scratch, mut tasks } = built;
    let results = own.iter().map(|k| plan.entries[plan.results[*k].buffer]).fold(0, usize::saturating_add);
    if Vec::<T>::new().try_reserve_exact(between.saturating_add(results)).is_err() {
        return Err(EngineError::Memory(Box::new(Needs::of_plan::<T>(plan, Vec::new(), between))));
    }
    let given = |id: &Id| values.iter().find(|(x, _)| x == id).map(|(_, v)| v);
    let mut lent: Vec<&[T]> = Vec::with_capacity(inputs.len());
    for (k, id) in inputs.iter().enumerate() {
        let wanted = plan.inputs.iter().find(|(x, _)| x == id).map_or(&[][..], |(_, shape)| shape);
        let found = given(id).map_or(&[][..], Vec::as_slice);
        if found.len() != wanted.iter().product::<usize>() {
            return Err(EngineError::Entries(format!("input {k}"), found.len(), wanted.to_vec()));
        }
        lent.push(found);
    }
    let mut states: Vec<Vec<T>> = Vec::with_capacity(state.len());
    for (k, id) in state.iter().enumerate() {
        let is_read = plan.inputs.iter().any(|(x, _)| x == id);
        let entries = plan.buffers.iter().position(|b| *b == Buffer::Input(*id)).map_or(0, |b| plan.entries[b]);
        let value = given(id).cloned().unwrap_or_else(|| if is_read { Vec::new() } else { vec![T::ZERO; entries] });
        if value.len() != entries {
            return Err(EngineError::Entries(format!("replaced input {k}"), value.len(), vec![entries]));
        }
        states.push(value);
    }
    let mut found: Vec<Vec<T>> = own.iter().map(|k| vec![T::ZERO; plan.entries[plan.results[*k].buffer]]).collect();
    tasks.iter_mut().for_each(Task::reserve);
    let (mut arena, mut scratch) = (Aligned::zeros(arena), Aligned::zeros(own_scratch));
    let written = states.iter_mut().chain(&mut found).map(Vec::as_mut_slice);
    let mut team = Team::new(1);
    Spans::default().with_scratch(&lent, written, &mut arena, (&mut scratch, 1), |memory| {
        T::run(&mut tasks, level, memory, &mut team)
    })?;
    let (mut states, mut found) = (states.into_iter(), found.into_iter());
    let next = |k: usize| if own.contains(&k) { found.next() } else { states.next() };
    Ok((0..plan.results.len()).filter_map(next).collect())
}

/// The memory that a plan needs that was read.
///
/// # Errors
/// Where a step has no compiled form.
pub fn plan_needs<T: EngineReal>(read: &ReadPlan) -> Result<Needs, EngineError> {
    let Parts { inputs, state, own } = Parts::of(&read.program);
    let built = T::build(&read.program, &inputs, &state, &own)?;
    Ok(Needs::of_plan::<T>(&read.program, read.names().to_vec(), between(&built)))
}

/// Entries beside inputs and results.
fn between<T: EngineReal>(built: &Built<T>) -> usize {
    let own = built.arena.saturating_add(built.scratch);
    built.tasks.iter().map(Task::room).fold(own, usize::saturating_add)
}

/// What is lent to a plan: inputs, those that are replaced, and which results are none of these.
struct Parts {
    inputs: Vec<Id>,
    state: Vec<Id>,
    own: Vec<usize>,
}

impl Parts {
    fn of(plan: &Program) -> Parts {
        let replaced = |k: usize| match plan.buffers[plan.results[k].buffer] {
            Buffer::Input(id) => Some(id),
            _ => None,
        };
        let state: Vec<Id> = (0..plan.results.len()).filter_map(replaced).collect();
        let own = (0..plan.results.len()).filter(|k| replaced(*k).is_none()).collect();
        let inputs = plan.inputs.iter().map(|(id, _)| *id).filter(|id| !state.contains(id)).collect();
        Parts { inputs, state, own }
    }
}
