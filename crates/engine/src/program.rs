//! A compiled program: a graph's nodes, planned for each set of sizes that they are asked for at, and run.

use std::fmt;

use wrt_core::{Graph, Id};
use wrt_lanes::{Level, NoPosition, Spans, Team};
use wrt_plan::{Program, Refusal};

use crate::aligned::Aligned;
use crate::needs::{Needs, size};
use crate::real::EngineReal;
use crate::tasks::Task;

/// Why a program could not run.
#[derive(Clone, PartialEq, Debug)]
pub enum EngineError {
    /// Something has no compiled form, or no size.
    Refused(Refusal),
    /// An array has another number of entries than its shape says: which, how many there are, the shape.
    Entries(String, usize, Vec<usize>),
    /// There are so many arrays, and so many are needed.
    Count(&'static str, usize, usize),
    /// A label is no position of its axis.
    Label(f64, usize),
    /// An operation has no value: which, and why.
    Value(&'static str, String),
    /// There is no such memory.
    Memory(Box<Needs>),
    /// It needs more bytes than it may have, whatever is computed again.
    Limit(Box<Needs>, u64),
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EngineError::Refused(refusal) => write!(f, "{refusal}"),
            EngineError::Entries(name, found, shape) => {
                write!(f, "`{name}` has the shape {shape:?} here, and {found} entries are given")
            }
            EngineError::Count(what, found, wanted) => write!(f, "{found} {what} are given, and {wanted} are needed"),
            EngineError::Value(name, why) => write!(f, "{name}: {why}"),
            EngineError::Memory(needs) => write!(f, "there is no memory for the program, which needs {needs}"),
            EngineError::Limit(needs, limit) => {
                let allowed = size(*limit);
                write!(
                    f,
                    "the program needs {needs}; it may have {allowed}, and nothing else that is computed again helps"
                )
            }
            EngineError::Label(label, 0) => write!(f, "the label {label} is none of an axis without entries"),
            EngineError::Label(label, n) => write!(f, "the label {label} is none of 0, 1, …, {}", n - 1),
        }
    }
}

impl std::error::Error for EngineError {}

impl From<Refusal> for EngineError {
    fn from(refusal: Refusal) -> EngineError {
        EngineError::Refused(refusal)
    }
}

impl From<NoPosition> for EngineError {
    fn from(found: NoPosition) -> EngineError {
        EngineError::Label(found.label, found.positions)
    }
}

/// Nodes of a graph, compiled: planned anew for sizes that were not there before, else run at once.
///
/// A program is only read while it runs, so that many threads may run it, each with a [`Workspace`] of its own.
///
/// ```
/// use wrt_core::{Assumptions, Graph, Role};
/// use wrt_engine::Compiled;
/// let mut g = Graph::new();
/// let n = g.dim_name("n");
/// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
/// let total = g.sum_over(x, &[0]);
/// let program = Compiled::<f32>::new(&g, &[(total, None)], &[x]).unwrap();
/// let mut workspace = program.workspace();
/// let mut out = [0.0];
/// program.run(&mut workspace, &[("n", 3)], &[&[1.0, 2.0, 3.0]], &mut [], &mut [&mut out]).unwrap();
/// assert_eq!(out, [6.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Compiled<T> {
    graph: Graph,
    roots: Vec<(Id, Option<Id>)>,
    /// The symbols that results replace, then all others.
    state: Vec<Id>,
    inputs: Vec<Id>,
    level: Level,
    /// The bytes that it may have.
    limit: Option<u64>,
    kind: std::marker::PhantomData<T>,
}

/// What a program runs in: plans for the sizes that were last asked for, and their memory. Of a caller's own.
#[derive(Clone, Debug)]
pub struct Workspace<T: EngineReal> {
    bound: Vec<Bound<T>>,
    arena: Aligned<T>,
    scratch: Aligned<T>,
    spans: Spans<T>,
    team: Team,
}

/// A program where sizes are known.
#[derive(Clone, Debug)]
struct Bound<T: EngineReal> {
    sizes: Vec<usize>,
    tasks: Vec<Task<T>>,
    arena: usize,
    /// Entries of scratch memory of one thread.
    scratch: usize,
    /// Entries of each input, state and result.
    inputs: Vec<usize>,
    state: Vec<usize>,
    results: Vec<usize>,
    plan: Program,
}

/// How often a plan is made for a limit, as what it needs beside its arrays is not known before.
const TRIES: usize = 4;

/// Plans that are kept: whole batches and the last, smaller one.
const KEPT: usize = 4;

impl<T: EngineReal> Compiled<T> {
    /// Compiles nodes, each with the symbol that its value replaces, if it replaces one. `inputs` are the symbols in the
    /// order in which their values will be given, without those that are replaced.
    ///
    /// # Errors
    /// If something has no compiled form: its name, and why.
    pub fn new(graph: &Graph, roots: &[(Id, Option<Id>)], inputs: &[Id]) -> Result<Compiled<T>, Refusal> {
        let ids: Vec<Id> = roots.iter().map(|(id, _)| *id).collect();
        let state: Vec<Id> = roots.iter().filter_map(|(_, into)| *into).collect();
        let twice = |k: &usize| state[..*k].contains(&state[*k]);
        if let Some(k) = (0..state.len()).find(twice) {
            let name = graph.symbol_name(state[k]).to_string();
            return Err(Refusal { name, reason: "it is replaced twice".into() });
        }
        let known = |id: &Id| state.contains(id) || inputs.contains(id) || is_size(graph, *id);
        if let Some(unknown) = graph.free_symbols(&ids).iter().find(|id| !known(id)) {
            let name = graph.symbol_name(*unknown).to_string();
            return Err(Refusal { name, reason: "it is neither an input nor replaced".into() });
        }
        let kind = std::marker::PhantomData;
        let (roots, inputs) = (roots.to_vec(), inputs.to_vec());
        Ok(Compiled { graph: graph.clone(), roots, state, inputs, level: Level::best(), limit: None, kind })
    }

    /// The same program with other instructions.
    pub fn at_level(self, level: Level) -> Compiled<T> {
        Compiled { level, ..self }
    }

    /// The same program in no more bytes than these, with what it reads and computes: what there is no room for is computed
    /// again where it is read again. No bit of a result changes.
    ///
    /// ```
    /// use wrt_core::{Assumptions, Graph, Role};
    /// use wrt_engine::Compiled;
    /// let mut g = Graph::new();
    /// let n = g.dim_name("n");
    /// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
    /// let square = g.elementwise(&[x, x]);
    /// let program = Compiled::<f64>::new(&g, &[(square, None)], &[x]).unwrap().within(1000);
    /// let mut workspace = program.workspace();
    /// assert!(program.prepare(&mut workspace, &[("n", 10)]).is_ok());
    /// let error = program.prepare(&mut workspace, &[("n", 1000)]).unwrap_err();
    /// assert!(error.to_string().contains("it may have 1000 B"), "{error}");
    /// ```
    #[must_use]
    pub fn within(self, bytes: u64) -> Compiled<T> {
        Compiled { limit: Some(bytes), ..self }
    }

    /// Memory to run in.
    pub fn workspace(&self) -> Workspace<T> {
        Workspace {
            bound: Vec::new(),
            arena: Aligned::zeros(0),
            scratch: Aligned::zeros(0),
            spans: Spans::default(),
            team: Team::new(1),
        }
    }

    /// The symbols that results replace, in the order in which their arrays are given to [`Compiled::run`].
    pub fn state(&self) -> &[Id] {
        &self.state
    }

    /// The symbols whose values are given to [`Compiled::run`], in their order.
    pub fn inputs(&self) -> &[Id] {
        &self.inputs
    }

    /// The graph that it is of, in the form in which it is computed.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The nodes that it computes, each with the symbol that it replaces, if it replaces one.
    pub fn roots(&self) -> &[(Id, Option<Id>)] {
        &self.roots
    }

    /// The plan for some sizes.
    ///
    /// # Errors
    /// Where a size is missing or too large.
    pub fn plan(&self, sizes: &[(&str, usize)]) -> Result<Program, EngineError> {
        match self.limit {
            Some(_) => Ok(self.bound(sizes, 1)?.plan),
            None => Ok(self.unlimited(sizes)?),
        }
    }

    fn unlimited(&self, sizes: &[(&str, usize)]) -> Result<Program, Refusal> {
        let sizes: Vec<(String, usize)> = sizes.iter().map(|(n, k)| ((*n).to_string(), *k)).collect();
        wrt_plan::plan(&self.graph, &self.roots, &sizes)
    }

    /// The plan for some sizes as a person reads it.
    ///
    /// # Errors
    /// As [`Compiled::plan`].
    pub fn plan_text(&self, sizes: &[(&str, usize)]) -> Result<String, EngineError> {
        Ok(wrt_plan::text(&self.plan(sizes)?, &self.graph))
    }

    /// The memory that it needs for some sizes on so many threads; none is taken.
    ///
    /// # Errors
    /// As [`Compiled::plan`].
    pub fn needs(&self, sizes: &[(&str, usize)], threads: usize) -> Result<Needs, EngineError> {
        Ok(self.bound(sizes, threads)?.needs(&self.graph, threads))
    }

    /// Plans for some sizes, so that the first run is as fast as any other.
    ///
    /// # Errors
    /// As [`Compiled::plan`].
    pub fn prepare(&self, workspace: &mut Workspace<T>, sizes: &[(&str, usize)]) -> Result<(), EngineError> {
        self.bind(workspace, sizes).map(|_| ())
    }

    /// Runs it once: `inputs` as they were named, `state` replaced, `results` written, those of roots that replace
    /// nothing.
    ///
    /// # Errors
    /// For arrays of another size than their names have, a size that is missing, and labels that are none.
    pub fn run(
        &self,
        workspace: &mut Workspace<T>,
        sizes: &[(&str, usize)],
        inputs: &[&[T]],
        state: &mut [&mut [T]],
        results: &mut [&mut [T]],
    ) -> Result<(), EngineError> {
        let k = self.bind(workspace, sizes)?;
        let bound = &workspace.bound[k];
        self.check("inputs", &self.inputs, &bound.inputs, inputs.iter().map(|s| (s.len(), 0)), 1)?;
        self.check("state arrays", &self.state, &bound.state, state.iter().map(|s| (s.len(), 0)), 1)?;
        self.check("results", &[], &bound.results, results.iter().map(|s| (s.len(), 0)), 1)?;
        let results = results.iter_mut().map(|s| (&mut **s, 0));
        self.run_bound(workspace, (k, 1), inputs.iter().map(|s| (*s, 0)), state, results)
    }

    /// Runs it so many times, one after the other, which takes less than so many calls. Beside inputs and results stands how
    /// many entries further on theirs begin each time, 0 where they are the same; the state is that of the time before.
    ///
    /// # Errors
    /// As [`Compiled::run`].
    ///
    /// ```
    /// use wrt_core::{Assumptions, Graph, Role};
    /// use wrt_engine::Compiled;
    /// let mut g = Graph::new();
    /// let n = g.dim_name("n");
    /// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
    /// let total = g.sum_over(x, &[0]);
    /// let program = Compiled::<f32>::new(&g, &[(total, None)], &[x]).unwrap();
    /// let mut workspace = program.workspace();
    /// let mut out = [0.0; 2];
    /// program.run_times(&mut workspace, &[("n", 3)], 2, &[(&[1.0, 2.0, 3.0, 4.0], 1)], &mut [], &mut [(&mut out, 1)]).unwrap();
    /// assert_eq!(out, [6.0, 9.0]);
    /// ```
    pub fn run_times(
        &self,
        workspace: &mut Workspace<T>,
        sizes: &[(&str, usize)],
        times: usize,
        inputs: &[(&[T], usize)],
        state: &mut [&mut [T]],
        results: &mut [(&mut [T], usize)],
    ) -> Result<(), EngineError> {
        let k = self.bind(workspace, sizes)?;
        let bound = &workspace.bound[k];
        self.check("inputs", &self.inputs, &bound.inputs, inputs.iter().map(|(s, by)| (s.len(), *by)), times)?;
        self.check("state arrays", &self.state, &bound.state, state.iter().map(|s| (s.len(), 0)), times)?;
        self.check("results", &[], &bound.results, results.iter().map(|(s, by)| (s.len(), *by)), times)?;
        let results = results.iter_mut().map(|(s, by)| (&mut **s, *by));
        self.run_bound(workspace, (k, times), inputs.iter().copied(), state, results)
    }

    fn run_bound<'m>(
        &self,
        workspace: &mut Workspace<T>,
        (k, times): (usize, usize),
        inputs: impl Iterator<Item = (&'m [T], usize)>,
        state: &'m mut [&mut [T]],
        results: impl Iterator<Item = (&'m mut [T], usize)>,
    ) -> Result<(), EngineError>
    where
        T: 'm,
    {
        let Workspace { bound, arena, scratch, spans, team } = workspace;
        let bound = &mut bound[k];
        let (arena, threads) = (&mut arena[..bound.arena], team.threads());
        let scratch = &mut scratch[..bound.scratch * threads];
        // State lies before the results.
        let written = state.iter_mut().map(|s| (&mut **s, 0)).chain(results);
        spans.with_runs(times, inputs, written, arena, (scratch, threads), |runs| {
            if let [task] = &bound.tasks[..]
                && let Some(fused) = task.fused()
            {
                fused.run_all(self.level, runs);
                return Ok(());
            }
            runs.each(|memory| T::run(&mut bound.tasks, self.level, memory, team))
        })
    }

    /// Has each array as many entries as so many runs need, for each of which it begins so much further on?
    fn check(
        &self,
        what: &'static str,
        symbols: &[Id],
        wanted: &[usize],
        found: impl ExactSizeIterator<Item = (usize, usize)>,
        times: usize,
    ) -> Result<(), EngineError> {
        if found.len() != wanted.len() {
            return Err(EngineError::Count(what, found.len(), wanted.len()));
        }
        for (k, ((found, stride), one)) in found.zip(wanted).enumerate() {
            let further = stride.saturating_mul(times.saturating_sub(1));
            let wanted = &one.saturating_add(further);
            if found != *wanted {
                let name =
                    symbols.get(k).map_or_else(|| format!("result {k}"), |id| self.graph.symbol_name(*id).into());
                return Err(EngineError::Entries(name, found, vec![*wanted]));
            }
        }
        Ok(())
    }

    /// The position of the plan for these sizes in the workspace.
    fn bind(&self, workspace: &mut Workspace<T>, sizes: &[(&str, usize)]) -> Result<usize, EngineError> {
        let same = |b: &Bound<T>| b.sizes.len() == sizes.len() && b.sizes.iter().zip(sizes).all(|(a, (_, n))| a == n);
        if let Some(k) = workspace.bound.iter().position(same) {
            return Ok(k);
        }
        let threads = workspace.threads();
        let mut bound = self.bound(sizes, threads)?;
        let needs = |bound: &Bound<T>| Box::new(bound.needs(&self.graph, threads));
        if let Some(limit) = self.limit.filter(|limit| bound.bytes(threads) > *limit) {
            return Err(EngineError::Limit(needs(&bound), limit));
        }
        let mut probe = Vec::<T>::new();
        // Asked for and given back: what comes as zeros is not written before it is needed.
        if probe.try_reserve_exact(bound.between(threads)).is_err() {
            return Err(EngineError::Memory(needs(&bound)));
        }
        drop(probe);
        workspace.reserve(bound.arena, bound.scratch);
        bound.tasks.iter_mut().for_each(Task::reserve);
        if workspace.bound.len() >= KEPT {
            workspace.bound.remove(0);
        }
        workspace.bound.push(bound);
        Ok(workspace.bound.len() - 1)
    }

    /// The program at some sizes, on so many threads: within its limit, or as near to it as there is a way.
    fn bound(&self, sizes: &[(&str, usize)], threads: usize) -> Result<Bound<T>, EngineError> {
        let mut bound = self.planned(sizes, self.unlimited(sizes)?)?;
        let Some(limit) = self.limit.filter(|limit| bound.bytes(threads) > *limit) else { return Ok(bound) };
        let plan = bound.plan.clone();
        // What a plan needs beside its arena is known when its tasks are there.
        for _ in 0..TRIES {
            let over = bound.bytes(threads).saturating_sub(limit).div_ceil(T::BYTES as u64);
            let room = (bound.plan.arena as u64).saturating_sub(over) as usize;
            let found = self.planned(sizes, wrt_plan::within(&plan, room))?;
            let is_enough = found.bytes(threads) <= limit;
            let is_least = found.plan.arena > room;
            if found.bytes(threads) < bound.bytes(threads) || is_enough {
                bound = found;
            }
            if is_enough || is_least {
                break;
            }
        }
        Ok(bound)
    }

    /// The tasks of a plan.
    fn planned(&self, sizes: &[(&str, usize)], plan: Program) -> Result<Bound<T>, EngineError> {
        let own: Vec<usize> = (0..self.roots.len()).filter(|k| self.roots[*k].1.is_none()).collect();
        let built = T::build(&plan, &self.inputs, &self.state, &own)?;
        let known: Vec<(String, usize)> = sizes.iter().map(|(n, k)| ((*n).to_string(), *k)).collect();
        let entries = |ids: &[Id]| ids.iter().map(|id| self.entries(*id, &known)).collect::<Result<Vec<_>, _>>();
        Ok(Bound {
            sizes: sizes.iter().map(|(_, k)| *k).collect(),
            tasks: built.tasks,
            arena: built.arena,
            scratch: built.scratch,
            inputs: entries(&self.inputs)?,
            state: entries(&self.state)?,
            results: own.iter().map(|k| plan.results[*k].shape.iter().product()).collect(),
            plan,
        })
    }

    fn entries(&self, id: Id, sizes: &[(String, usize)]) -> Result<usize, Refusal> {
        let size = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
        let mut dims = self.graph.dims(id).iter().map(|d| self.graph.dimension(*d).evaluate(size));
        let entries = dims.try_fold(1u64, |n, size| n.checked_mul(size?)).and_then(|n| usize::try_from(n).ok());
        let refusal = || Refusal { name: self.graph.symbol_name(id).into(), reason: "its size is not known".into() };
        entries.ok_or_else(refusal)
    }
}

impl<T: EngineReal> Bound<T> {
    /// Entries of all memory beside inputs, states and results.
    fn between(&self, threads: usize) -> usize {
        let own = self.scratch.saturating_mul(threads).saturating_add(self.arena);
        self.tasks.iter().map(Task::room).fold(own, usize::saturating_add)
    }

    /// All that it takes.
    fn needs(&self, graph: &Graph, threads: usize) -> Needs {
        Needs::of::<T>(&self.plan, graph, self.between(threads))
    }

    /// Bytes of all that.
    fn bytes(&self, threads: usize) -> u64 {
        Needs::of_plan::<T>(&self.plan, Vec::new(), self.between(threads)).total()
    }
}

impl<T: EngineReal> Workspace<T> {
    /// The same with so many threads, the caller's among them, that share the work of large steps. They live as long as
    /// the workspace, and sleep when it is not used. Results have the same bits for any number.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Workspace<T> {
        self.team = Team::new(threads.max(1));
        let scratch = self.bound.iter().map(|b| b.scratch).max().unwrap_or(0);
        self.reserve(0, scratch);
        self
    }

    /// How many threads share the work.
    pub fn threads(&self) -> usize {
        self.team.threads()
    }

    /// The threads, for other work between runs.
    pub fn team(&mut self) -> &mut Team {
        &mut self.team
    }

    fn reserve(&mut self, arena: usize, scratch: usize) {
        if self.arena.len() < arena {
            self.arena = Aligned::zeros(arena);
        }
        let scratch = scratch * self.team.threads();
        if self.scratch.len() < scratch {
            self.scratch = Aligned::zeros(scratch);
        }
    }

    /// The plan that ran last.
    pub fn plan(&self) -> Option<&Program> {
        self.bound.last().map(|b| &b.plan)
    }

    /// Floating-point operations of a run at the sizes that came last, by the plan.
    pub fn operations(&self) -> u64 {
        self.plan().map_or(0, Program::operations)
    }

    /// Bytes that such a run reads and writes: every step each of its arrays once.
    pub fn bytes_moved(&self) -> u64 {
        self.plan().map_or(0, Program::entries_moved).saturating_mul(T::BYTES as u64)
    }

    /// Bytes of memory that it holds.
    pub fn bytes(&self) -> usize {
        let scans = |b: &Bound<T>| b.tasks.iter().map(Task::room).sum::<usize>();
        (self.arena.len() + self.scratch.len() + self.bound.iter().map(scans).sum::<usize>()) * T::BYTES
    }
}

fn is_size(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), wrt_core::Node::Symbol(s) if s.role == wrt_core::Role::Dimension)
}
