//! `scan`: a step applied along an axis, carrying a state. The step is a closed graph with explicit captures.
//!
//! `differentiate` makes the derivative, which is again a scan, and `run` runs it: both need more than a row can know.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

rows!($ scan: Scan; factored:);

use super::{OperationRow, OperationSpelling, Pullback, Reference, Samples, latex_of, passing, samples};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::{Assumptions, Graph, Id, Role, Term};
use crate::real::Real;
use crate::shape::Dim;
use crate::structure::{same_structure, structure_hash};
use crate::tensor::ShapeError;

/// How scans of a step are written.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Written {
    /// There is no notation that could be read back.
    #[default]
    Plain,
    /// The step is a function of the person's: `scan(step, first, x)`.
    Function,
    /// A layer: its spelling, `{0}` for the scan's first argument.
    Layer(String),
}

/// One step of a [`Scan`]: states, slices and captures to new states and outputs, in a graph of its own.
#[derive(Clone, Debug, Default)]
pub struct Step {
    name: String,
    /// Shared by the steps that differ in their outputs only.
    graph: Arc<Graph>,
    inputs: Vec<Id>,
    results: Vec<Id>,
    states: usize,
    slices: usize,
    written: Written,
    /// The same for equal steps.
    hash: u64,
}

impl Step {
    /// A step named `name`: `inputs` are symbols of `graph`, first `states` states, then `slices` slices of what is
    /// scanned over, then captures; `results` are the new states, then outputs.
    pub fn new(
        name: &str,
        graph: impl Into<Arc<Graph>>,
        inputs: Vec<Id>,
        results: Vec<Id>,
        states: usize,
        slices: usize,
    ) -> Result<Step, ShapeError> {
        let written = Written::default();
        let graph = graph.into();
        let mut step = Step { name: name.into(), graph, inputs, results, states, slices, written, hash: 0 };
        for k in 0..states {
            let (old, new) = (step.graph.dims(step.inputs[k]), step.graph.dims(step.results[k]));
            if old != new {
                let (old, new) = (step.graph.shape_text(old), step.graph.shape_text(new));
                return Err(ShapeError::Words(format!(
                    "the step `{name}` turns a state of shape {old} into one of shape {new}"
                )));
            }
        }
        step.hash = structure_hash(&step.graph, &step.roots());
        Ok(step)
    }

    /// The same recursion with other outputs, which are nodes of its graph. Scans of both over the same arguments are one
    /// call with several results.
    pub fn with_outputs(&self, outputs: &[Id]) -> Step {
        let results = [&self.results[..self.states], outputs].concat();
        let mut step = Step { results, written: Written::default(), ..self.clone() };
        step.hash = structure_hash(&step.graph, &step.roots());
        step
    }

    /// Is it the same recursion, whatever the outputs?
    fn is_same_recursion(&self, other: &Step) -> bool {
        Arc::ptr_eq(&self.graph, &other.graph)
            && (self.states, self.slices) == (other.states, other.slices)
            && self.inputs == other.inputs
            && self.results[..self.states] == other.results[..other.states]
    }

    /// The step of the samples: the state s becomes c*s*s + x, the output is s*x.
    fn sample() -> Step {
        let mut g = Graph::new();
        let n = g.dim_size(2);
        let [s, x, c] = ["s", "x", "c"].map(|name| g.tensor_symbol(name, Role::Variable, &[n], Assumptions::default()));
        let square = g.elementwise(&[c, s, s]);
        let state = g.sum(&[Term::one(square), Term::one(x)]);
        let output = g.elementwise(&[s, x]);
        let (inputs, results) = (vec![s, x, c], vec![state, output]);
        let graph = Arc::new(g);
        let hash = structure_hash(&graph, &[&inputs[..], &results].concat());
        Step { name: "step".into(), graph, inputs, results, states: 1, slices: 1, hash, ..Step::default() }
    }

    /// Says how scans of it are written.
    pub fn with_written(mut self, written: Written) -> Step {
        self.written = written;
        self
    }

    /// The name of the person's function.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The closed graph: its free names are the inputs, and dimensions.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// What a node of it is called, if it has a name.
    pub fn name_of(&self, id: Id) -> Option<&str> {
        self.graph.names().iter().find(|(named, _)| *named == id).map(|(_, name)| name.as_str())
    }

    /// All inputs and results.
    pub fn roots(&self) -> Vec<Id> {
        self.inputs.iter().chain(&self.results).copied().collect()
    }

    /// The states, the slices, the captures.
    pub fn inputs(&self) -> (&[Id], &[Id], &[Id]) {
        let (states, rest) = self.inputs.split_at(self.states);
        let (slices, captures) = rest.split_at(self.slices);
        (states, slices, captures)
    }

    /// Does a result depend on this input, or may the states change along the way?
    pub fn uses(&self, input: usize) -> bool {
        input < self.states || self.graph.reachable(&self.results).binary_search(&self.inputs[input]).is_ok()
    }

    /// The new states and the outputs.
    pub fn results(&self) -> (&[Id], &[Id]) {
        self.results.split_at(self.states)
    }
}

/// One result of a step that is applied along the first axis of its slices.
///
/// The arguments are the first states, the tensors to scan over (the axis first), the captures. No axis before these is
/// mapped over.
#[derive(Clone, Debug)]
pub struct Scan {
    /// What is applied.
    pub step: Arc<Step>,
    /// Which result: the last value of a state, or, counted on, the stacked values of an output.
    pub result: usize,
    /// From the last entry to the first?
    pub backward: bool,
}

impl Scan {
    /// Are both results of one call: the same recursion in the same direction? That they have the same arguments is for
    /// the caller to see.
    pub fn is_same_call(&self, other: &Scan) -> bool {
        self.backward == other.backward && self.step.is_same_recursion(&other.step)
    }

    /// The node of the step that the result is: a new state, or what is stacked.
    pub fn inner_result(&self) -> Id {
        self.step.results[self.result]
    }

    /// Is the result stacked, and not the last state?
    pub fn is_stacked(&self) -> bool {
        self.result >= self.step.states
    }
}

impl Scan {
    /// The spelling with the person's function by this name, `{0}` for the first argument; none where it is written as the
    /// recursion that it is.
    pub fn text_by(&self, function: &str) -> Option<String> {
        if self.result != self.step.states {
            return None;
        }
        match &self.step.written {
            Written::Function if self.step.states == 1 && self.step.slices == 1 => {
                let reverse = if self.backward { ", reverse=1" } else { "" };
                Some(format!("scan({function}, {{0}}, {{1}}{reverse})"))
            }
            Written::Layer(text) => Some(text.clone()),
            Written::Function | Written::Plain => None,
        }
    }

    /// The person's function that it goes through, and where the function's captures stand among the arguments.
    pub fn function(&self) -> Option<(Arc<Step>, Vec<usize>)> {
        let first = self.step.states + self.step.slices;
        let is_function = self.step.written == Written::Function;
        is_function.then(|| (Arc::clone(&self.step), (first..self.step.inputs.len()).collect()))
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Step) -> bool {
        let counts = |s: &Step| (s.hash, s.states, s.slices, s.inputs.len(), s.results.len());
        counts(self) == counts(other)
            && self.written == other.written
            && same_structure((&self.graph, &self.roots()), (&other.graph, &other.roots()))
    }
}

impl PartialEq for Scan {
    fn eq(&self, other: &Scan) -> bool {
        (self.result, self.backward) == (other.result, other.backward)
            && (Arc::ptr_eq(&self.step, &other.step) || self.step == other.step)
    }
}

impl Eq for Scan {}

impl Hash for Scan {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.result, self.backward).hash(state);
        self.step.hash.hash(state);
    }
}

/// The same dimensions in another graph.
pub fn adopt_dims(into: &mut Graph, from: &Graph, dims: &[Dim]) -> Vec<Dim> {
    dims.iter().map(|d| into.dim(from.dimension(*d).clone())).collect()
}

impl Scan {
    fn fits(&self, graph: &mut Graph, what: &str, found: &[Dim], input: Id) -> Result<(), ShapeError> {
        let wanted = adopt_dims(graph, self.step.graph(), self.step.graph().dims(input));
        if found == wanted {
            return Ok(());
        }
        let (found, wanted) = (graph.shape_text(found), graph.shape_text(&wanted));
        Err(ShapeError::Words(format!("{what} of scan has the shape {found}, `{}` takes {wanted}", self.step.name)))
    }
}

impl OperationRow for Scan {
    const NAME: &'static str = "scan";
    const DOMAIN: &'static str =
        "states, slices and captures as the step takes them; the last state of no slices is the first one";
    const NAN: &'static str = "as the step does";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let step = Arc::new(Step::sample());
        let of = |result, backward| Scan { step: Arc::clone(&step), result, backward };
        samples! {
            Smooth, "the last state", of(0, false), ["2 | 0.5 -1", "3x2 | 1 2 -0.5 0.25 1 -1", "2 | 0.75 -2"];
            Smooth, "the outputs", of(1, false), ["2 | 0.5 -1", "3x2 | 1 2 -0.5 0.25 1 -1", "2 | 0.75 -2"];
            Smooth, "the last state backward", of(0, true), ["2 | 0.5 -1", "3x2 | 1 2 -0.5 0.25 1 -1", "2 | 0.75 -2"];
            Smooth, "the outputs backward", of(1, true), ["2 | 0.5 -1", "3x2 | 1 2 -0.5 0.25 1 -1", "2 | 0.75 -2"];
            Smooth, "one slice", of(1, false), ["2 | 0.5 -1", "1x2 | 1 2", "2 | 0.75 -2"];
            Smooth, "zeros", of(1, false), ["2 | 0 0", "2x2 | 0 0 0 0", "2 | 0 0"];
            Smooth, "the last state of no slices", of(0, false), ["2 | 0.5 -1", "0x2 |", "2 | 0.75 -2"];
            Smooth, "the outputs of no slices", of(1, false), ["2 | 0.5 -1", "0x2 |", "2 | 0.75 -2"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let (states, slices, captures) = self.step.inputs();
        let Some(&length) = args.get(states.len()).and_then(|x| x.first()) else {
            return Err(ShapeError::Words("scan needs something with an axis to go along".into()));
        };
        for (arg, input) in args.iter().zip(states) {
            self.fits(graph, "a first state", arg, *input)?;
        }
        for (arg, input) in args[states.len()..].iter().zip(slices) {
            match arg.split_first() {
                Some((first, rest)) if *first == length => self.fits(graph, "a slice", rest, *input)?,
                _ => {
                    let (a, b) = (graph.shape_text(&[length]), graph.shape_text(arg));
                    return Err(ShapeError::Words(format!(
                        "scan goes along {a}, but another argument has the shape {b}"
                    )));
                }
            }
        }
        for (arg, input) in args[states.len() + slices.len()..].iter().zip(captures) {
            self.fits(graph, "a capture", arg, *input)?;
        }
        let own = self.step.graph().dims(self.step.results[self.result]);
        let own = adopt_dims(graph, self.step.graph(), own);
        Ok(if self.result < states.len() { own } else { [&[length], &own[..]].concat() })
    }

    fn pullback<'b>(&self, _: usize, _: &Pullback<'_, 'b>) -> Result<Option<Ex<'b>>, &'static str> {
        Err("the derivative of a scan is made by `differentiate`")
    }

    fn evaluate<N: Real>(&self, _: &[&Array<N>], _: &[usize], _: &N) -> Result<Array<N>, String> {
        Err("a scan is evaluated by `run`".into())
    }

    fn named(&self) -> Vec<usize> {
        self.function().map_or(Vec::new(), |(_, captures)| captures)
    }

    fn core_axes(&self, _: usize) -> usize {
        usize::MAX
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        passing(args, shape)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        // What is no call of a function or a layer is written as a recursion, which is no spelling.
        let name = self.function().map_or(String::new(), |(step, _)| step.name.clone());
        let text = self.text_by(&name).unwrap_or_default();
        OperationSpelling { latex: latex_of(&text), numpy: String::new(), jax: String::new(), text }
    }
}
