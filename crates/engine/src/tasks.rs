//! What a program does, one after the other: kernels, operations as their rows compute them, and scans, which are programs
//! that run once for each position.

use wrt_core::{Array, Operation};
use wrt_lanes::{Fused, Kernel, Level, Memory, Place, Spans, Team, Work};
use wrt_plan::{CallStep, ScanStep};

use crate::aligned::Aligned;
use crate::kernels::Built;
use crate::program::EngineError;
use crate::real::EngineReal;

/// A part of a program, where every size and place is settled.
#[derive(Clone, Debug)]
pub enum Task<T: EngineReal> {
    Kernel(Box<Kernel<T>>),
    Call(Called),
    Scan(Box<Scanned<T>>),
}

impl<T: EngineReal> Task<T> {
    pub(crate) fn kernel(work: Work<T>) -> Task<T> {
        Task::Kernel(Box::new(Kernel::new(work)))
    }

    pub(crate) fn call(call: &CallStep, places: &[Place]) -> Task<T> {
        let args = call.args.iter().map(|(b, shape)| (places[*b], shape.clone())).collect();
        let (operation, to, shape) = (call.operation.clone(), places[call.to], call.shape.clone());
        Task::Call(Called { operation, args, to, shape })
    }

    pub(crate) fn scan(scan: &ScanStep, places: &[Place]) -> Result<Task<T>, EngineError> {
        Ok(Task::Scan(Box::new(Scanned::new(scan, places)?)))
    }

    /// The short kernels that it is, if it is nothing else.
    pub(crate) fn fused(&self) -> Option<&Fused<T>> {
        match self {
            Task::Kernel(kernel) => kernel.fused(),
            Task::Call(_) | Task::Scan(_) => None,
        }
    }

    /// Entries of memory of its own.
    pub(crate) fn room(&self) -> usize {
        match self {
            Task::Scan(scan) => scan.room(),
            Task::Kernel(_) | Task::Call(_) => 0,
        }
    }

    /// Takes that memory.
    pub(crate) fn reserve(&mut self) {
        if let Task::Scan(scan) = self {
            scan.reserve();
        }
    }

    pub(crate) fn run(&mut self, level: Level, memory: &mut Memory<'_, T>, team: &mut Team) -> Result<(), EngineError> {
        match self {
            Task::Kernel(kernel) => Ok(kernel.run(level, memory, team)?),
            Task::Call(call) => call.run(memory),
            Task::Scan(scan) => scan.run(level, memory),
        }
    }
}

/// An operation as its row computes it.
#[derive(Clone, Debug)]
pub struct Called {
    operation: Operation,
    args: Vec<(Place, Vec<usize>)>,
    to: Place,
    shape: Vec<usize>,
}

impl Called {
    fn run<T: EngineReal>(&self, memory: &mut Memory<'_, T>) -> Result<(), EngineError> {
        let read = |(place, shape): &(Place, Vec<usize>)| (*place, shape.iter().product());
        let reads: Vec<(Place, usize)> = self.args.iter().map(read).collect();
        memory.lend(&reads, (self.to, self.shape.iter().product()), |given, to| {
            let array =
                |(data, (_, shape)): (&&[T], &(Place, Vec<usize>))| Array { shape: shape.clone(), data: data.to_vec() };
            let args: Vec<Array<T>> = given.iter().zip(&self.args).map(array).collect();
            let args: Vec<&Array<T>> = args.iter().collect();
            let value = self.operation.evaluate(&args, &self.shape, &T::from_f64(0.0));
            let value = value.map_err(|why| EngineError::Value(self.operation.name(), why))?;
            to.copy_from_slice(&value.data);
            Ok(())
        })
    }
}

/// A scan with the memory that its steps run in.
#[derive(Clone, Debug)]
pub struct Scanned<T: EngineReal> {
    step: ScanStep,
    tasks: Vec<Task<T>>,
    /// Where states, slices and captures lie, and how many entries each has in all.
    reads: Vec<(Place, usize)>,
    to: Place,
    /// Entries of the states, the arena and the scratch memory, which are taken before the first run.
    sizes: [usize; 3],
    /// The states before a step and after it.
    states: [Aligned<T>; 2],
    arena: Aligned<T>,
    scratch: Aligned<T>,
    spans: Spans<T>,
    team: Team,
}

impl<T: EngineReal> Scanned<T> {
    fn new(step: &ScanStep, places: &[Place]) -> Result<Scanned<T>, EngineError> {
        let all: Vec<usize> = (0..step.program.results.len()).collect();
        let built = Built::new(&step.program, &step.inputs, &[], &all)?;
        let whole = step.states.iter().chain(&step.captures).map(|(b, n)| (places[*b], *n));
        let mut reads: Vec<(Place, usize)> = whole.collect();
        let slices = step.slices.iter().map(|(b, n)| (places[*b], step.length * n));
        reads.splice(step.states.len()..step.states.len(), slices);
        let carried = step.states.iter().map(|(_, n)| n).sum();
        Ok(Scanned {
            tasks: built.tasks,
            reads,
            to: places[step.to],
            sizes: [carried, built.arena, built.scratch],
            states: [Aligned::zeros(0), Aligned::zeros(0)],
            arena: Aligned::zeros(0),
            scratch: Aligned::zeros(0),
            spans: Spans::default(),
            team: Team::new(1),
            step: step.clone(),
        })
    }

    fn room(&self) -> usize {
        let [carried, arena, scratch] = self.sizes;
        let own = [2 * carried, arena, scratch].into_iter().fold(0, usize::saturating_add);
        self.tasks.iter().map(Task::room).fold(own, usize::saturating_add)
    }

    fn reserve(&mut self) {
        let [carried, arena, scratch] = self.sizes;
        self.states = [Aligned::zeros(carried), Aligned::zeros(carried)];
        (self.arena, self.scratch) = (Aligned::zeros(arena), Aligned::zeros(scratch));
        self.tasks.iter_mut().for_each(Task::reserve);
    }

    fn run(&mut self, level: Level, memory: &mut Memory<'_, T>) -> Result<(), EngineError> {
        let Scanned { step, tasks, reads, to, states, arena, scratch, spans, team, .. } = self;
        memory.lend(reads, (*to, step.results()), |given, to| {
            let (first, rest) = given.split_at(step.states.len());
            let (slices, captures) = rest.split_at(step.slices.len());
            let [before, after] = states;
            let mut start = 0;
            for state in first {
                before[start..start + state.len()].copy_from_slice(state);
                start += state.len();
            }
            for k in 0..step.length {
                let t = step.position(k);
                let mut inputs: Vec<&[T]> = Vec::with_capacity(given.len());
                inputs.extend(parts(before, step.states.iter().map(|(_, n)| *n)));
                inputs.extend(slices.iter().zip(&step.slices).map(|(all, (_, n))| &all[t * n..][..*n]));
                inputs.extend(captures);
                let (_, stacked) = to.split_at_mut(to.len() - step.length * step.stacked.iter().sum::<usize>());
                let news = parts_mut(after, step.states.iter().map(|(_, n)| *n));
                let rows = rows_mut(stacked, step, t);
                spans.with_scratch(&inputs, news.chain(rows), arena, (scratch, 1), |memory| {
                    tasks.iter_mut().try_for_each(|task| task.run(level, memory, team))
                })?;
                std::mem::swap(before, after);
            }
            let mut at = 0;
            for last in &step.last {
                let start: usize = step.states[..*last].iter().map(|(_, n)| n).sum();
                let entries = step.states[*last].1;
                to[at..at + entries].copy_from_slice(&before[start..start + entries]);
                at += entries;
            }
            Ok(())
        })
    }
}

/// Slices of so many entries, one behind the other.
fn parts<T>(mut all: &[T], sizes: impl Iterator<Item = usize>) -> impl Iterator<Item = &[T]> {
    sizes.map(move |n| {
        let (part, rest) = all.split_at(n);
        all = rest;
        part
    })
}

/// The same, to be written.
fn parts_mut<T>(mut all: &mut [T], sizes: impl Iterator<Item = usize>) -> impl Iterator<Item = &mut [T]> {
    sizes.map(move |n| {
        let (part, rest) = std::mem::take(&mut all).split_at_mut(n);
        all = rest;
        part
    })
}

/// The rows of what is stacked that the step at a position writes.
fn rows_mut<'a, T>(stacked: &'a mut [T], step: &'a ScanStep, t: usize) -> impl Iterator<Item = &'a mut [T]> {
    let whole = step.stacked.iter().map(|n| n * step.length);
    parts_mut(stacked, whole).zip(&step.stacked).map(move |(all, n)| &mut all[t * n..][..*n])
}
