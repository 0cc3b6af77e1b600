//! `scan`: a step applied along an axis, carrying a state. The step is a closed graph with explicit captures.
//!
//! `differentiate` makes the derivative, which is again a scan, and `run` runs it: both need more than a row can know.

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{OperationRow, OperationSpelling, Pullback};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::{Graph, Id, Node};
use crate::real::Real;
use crate::shape::Dim;
use crate::tensor::Refused;

/// One step of a [`Scan`]: states, slices and captures to new states and outputs, in a graph of its own.
#[derive(Clone, Debug)]
pub struct Step {
    name: String,
    graph: Graph,
    inputs: Vec<Id>,
    results: Vec<Id>,
    states: usize,
    slices: usize,
    /// The whole content, so that equal steps are known to be equal.
    key: String,
}

impl Step {
    /// A step named `name`: `inputs` are symbols of `graph`, first `states` states, then `slices` slices of what is
    /// scanned over, then captures; `results` are the new states, then outputs.
    pub fn new(
        name: &str,
        graph: Graph,
        inputs: Vec<Id>,
        results: Vec<Id>,
        states: usize,
        slices: usize,
    ) -> Result<Step, Refused> {
        let mut step = Step { name: name.into(), graph, inputs, results, states, slices, key: String::new() };
        for k in 0..states {
            let (old, new) = (step.graph.dims(step.inputs[k]), step.graph.dims(step.results[k]));
            if old != new {
                let (old, new) = (step.graph.shape_text(old), step.graph.shape_text(new));
                return Err(Refused(format!("the step `{name}` turns a state of shape {old} into one of shape {new}")));
            }
        }
        step.key = step.content();
        Ok(step)
    }

    fn content(&self) -> String {
        let mut out = format!("{:?} {:?} {} {}\n", self.inputs, self.results, self.states, self.slices);
        let roots: Vec<Id> = self.inputs.iter().chain(&self.results).copied().collect();
        for id in self.graph.reachable(&roots) {
            let shape = self.graph.shape_text(self.graph.dims(id));
            // Writing to a string cannot fail.
            let _ = write!(out, "{} {shape} {:?}", id.index(), self.graph.node(id));
            if let Node::Contraction(_, labels) = self.graph.node(id) {
                let labels = self.graph.labels(labels);
                let _ = write!(out, " {} {labels:?}", self.graph.shape_text(&labels.dims));
            }
            out.push('\n');
        }
        out
    }

    /// The name of the person's function.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The closed graph: its free names are the inputs, and dimensions.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The states, the slices, the captures.
    pub fn inputs(&self) -> (&[Id], &[Id], &[Id]) {
        let (states, rest) = self.inputs.split_at(self.states);
        let (slices, captures) = rest.split_at(self.slices);
        (states, slices, captures)
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

impl PartialEq for Scan {
    fn eq(&self, other: &Scan) -> bool {
        (self.result, self.backward) == (other.result, other.backward)
            && (Arc::ptr_eq(&self.step, &other.step) || self.step.key == other.step.key)
    }
}

impl Eq for Scan {}

impl Hash for Scan {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.result, self.backward).hash(state);
        self.step.key.hash(state);
    }
}

/// The same dimensions in another graph.
pub fn adopt_dims(into: &mut Graph, from: &Graph, dims: &[Dim]) -> Vec<Dim> {
    dims.iter().map(|d| into.dim(from.dimension(*d).clone())).collect()
}

impl Scan {
    fn fits(&self, graph: &mut Graph, what: &str, found: &[Dim], input: Id) -> Result<(), Refused> {
        let wanted = adopt_dims(graph, self.step.graph(), self.step.graph().dims(input));
        if found == wanted {
            return Ok(());
        }
        let (found, wanted) = (graph.shape_text(found), graph.shape_text(&wanted));
        Err(Refused(format!("{what} of scan has the shape {found}, `{}` takes {wanted}", self.step.name)))
    }
}

impl OperationRow for Scan {
    const NAME: &'static str = "scan";

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
        let (states, slices, captures) = self.step.inputs();
        let Some(&length) = args.get(states.len()).and_then(|x| x.first()) else {
            return Err(Refused("scan needs something with an axis to go along".into()));
        };
        for (arg, input) in args.iter().zip(states) {
            self.fits(graph, "a first state", arg, *input)?;
        }
        for (arg, input) in args[states.len()..].iter().zip(slices) {
            match arg.split_first() {
                Some((first, rest)) if *first == length => self.fits(graph, "a slice", rest, *input)?,
                _ => {
                    let (a, b) = (graph.shape_text(&[length]), graph.shape_text(arg));
                    return Err(Refused(format!("scan goes along {a}, but another argument has the shape {b}")));
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

    fn evaluate<N: Real>(&self, _: &[&Array<N>], _: &[usize]) -> Result<Array<N>, String> {
        Err("a scan is evaluated by `run`".into())
    }

    fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let (states, slices, _) = self.step.inputs();
        let list = |from: usize, count: usize| {
            let items: Vec<String> = (from..from + count).map(|k| format!("{{{k}}}")).collect();
            if count == 1 { items.concat() } else { format!("[{}]", items.join(", ")) }
        };
        let (first, over) = (list(0, states.len()), list(states.len(), slices.len().min(args.len())));
        let last = if self.result < states.len() { "[-1]" } else { "" };
        let text = format!("scan({}, {first}, {over}){last}", self.step.name);
        let name = self.step.name.replace('_', "\\_");
        let latex = format!("\\operatorname{{scan}}\\left(\\text{{{name}}}, {first}, {over}\\right)");
        OperationSpelling { numpy: text.clone(), jax: text.clone(), text, latex }
    }
}
