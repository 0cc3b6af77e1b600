//! Scans and recurrent layers.

use std::sync::Arc;

use wrt_core::{
    Assumptions, Copier, Dim, Dimension, Graph, Id, Node, Number, Role, ShapeError,
    operations::{self as op, Scan, Step, Written, adopt_dims},
};

use crate::arrangement;
use crate::cells::{Cell, Part};
use crate::diagnostic::Diagnostic;
use crate::model::Initial;
use crate::parser::{Parser, Span};
use crate::special::Given;
use crate::value::{self, Value};

type Result<T> = std::result::Result<T, ShapeError>;

impl<'s> Parser<'s, '_> {
    /// `scan(step, first, X)`: the states after each entry along the first axis of X.
    pub(crate) fn scan(
        &mut self,
        given: &Given<'s>,
        span: &Span,
        whole: &Span,
    ) -> std::result::Result<Value, Diagnostic> {
        let fail = |p: &Self, m: ShapeError| p.shape_error(m, whole, span, &[]);
        let step = given.word(self.graph, 0, "step").map_err(|m| fail(self, m))?;
        let Some(k) = step.and_then(|name| self.functions.iter().position(|f| f.name == name)) else {
            return Err(fail(self, "the step is a function of the text: step(state, x) = …".into()));
        };
        let first = given.value(1).map_err(|m| fail(self, m))?.with_unit_axes(self.graph);
        let over = given.value(2).map_err(|m| fail(self, m))?.with_unit_axes(self.graph);
        if !first.free.is_empty() || !over.free.is_empty() || over.rank() == 0 {
            return Err(fail(self, "scan goes along the first axis of a value without free indices".into()));
        }
        let name = self.functions[k].name;
        // A function's body is read anew with arguments of other shapes.
        let at = self.graph.len();
        let mut placeholder = |what: &str, dims: &[Dim]| {
            let name = format!("{what} of {name} at {at}");
            let id = self.graph.tensor_symbol(&name, Role::Variable, dims, Assumptions::default());
            (id, Value::of(self.graph, id))
        };
        let (state, state_value) = placeholder("state", &first.dims());
        let (slice, slice_value) = placeholder("slice", &over.dims()[1..]);
        let new = self.function_call(k, vec![state_value, slice_value], span, whole)?.with_unit_axes(self.graph);
        let names: Vec<String> = self.functions[k].names.iter().map(|n| (*n).to_string()).collect();
        let reverse = given.number(self.graph, usize::MAX, "reverse").map_err(|m| fail(self, m))?;
        if self.scope.unroll {
            let reverse = reverse.as_ref().is_some_and(|n| !n.is_zero());
            let (states, slices, news) = (&[state][..], &[slice][..], &[new.id][..]);
            let steps = Steps { states, slices, news, outputs: news, firsts: &[first.id] };
            let outputs = self.unrolled(&steps, &[over], reverse);
            return outputs.map(|mut found| found.swap_remove(0)).map_err(|m| fail(self, m));
        }
        let (states, slices, news) = (&[state][..], &[slice][..], &[new.id][..]);
        let named = names.first().map(|own| (new.id, own.clone())).into_iter().collect();
        let inner = Inner { name, states, slices, news, outputs: news, names, named };
        let (step, captures) = inner.closed(self.graph).map_err(|m| fail(self, m))?;
        let step = step.with_written(Written::Function);
        let backward = reverse.is_some_and(|n| !n.is_zero());
        let checkpoint = given.number(self.graph, usize::MAX, "checkpoint").map_err(|m| fail(self, m))?;
        let found = match checkpoint {
            None => {
                let args: Vec<Id> = [first.id, over.id].into_iter().chain(captures).collect();
                let scan = Scan { step: Arc::new(step), result: 1, backward };
                self.graph.operation(scan, &args).map(|id| Value::of(self.graph, id))
            }
            Some(every) => self.checkpointed(step, &first, &over, &captures, (&every, backward)),
        };
        found.map_err(|m| fail(self, m))
    }

    /// A scan over blocks of `every` entries, whose step is the scan over a block: backwards, the states at the blocks are
    /// kept, and those within a block are computed once more when it is its turn.
    ///
    /// Griewank & Walther, "Evaluating Derivatives" (2008), chapter 12, with one level of checkpoints.
    fn checkpointed(
        &mut self,
        step: Step,
        first: &Value,
        over: &Value,
        captures: &[Id],
        (every, backward): (&Number, bool),
    ) -> Result<Value> {
        let g = &mut *self.graph;
        let entries = |g: &Graph, dims: &[Dim]| dims.iter().map(|d| g.dimension(*d).clone()).collect::<Vec<_>>();
        let length = g.dimension(over.dims()[0]).clone();
        let Some(size) = every.as_i64().and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0) else {
            return Err("checkpoint is how many steps stand between two states that are kept: a whole number".into());
        };
        let Some(blocks) = length.divided(size) else {
            let words =
                format!("checkpoint={size} needs an axis of a multiple of {size} entries, and this has {length}");
            return Err(words.into());
        };
        let rest = entries(g, &over.dims()[1..]);
        let to = [&[blocks, Dimension::size(size)], &rest[..]].concat();
        let cut = value::operation(g, op::Reshape { axes: over.rank(), to }, &[over])?;
        let name = format!("state of {} at {}", step.name(), g.len());
        let state = g.tensor_symbol(&name, Role::Variable, &first.dims(), Assumptions::default());
        let block =
            g.tensor_symbol(&format!("block of {name}"), Role::Variable, &cut.dims()[1..], Assumptions::default());
        let args: Vec<Id> = [state, block].into_iter().chain(captures.iter().copied()).collect();
        let (step, named) = (Arc::new(step), Vec::new());
        let last = g.operation(Scan { step: Arc::clone(&step), result: 0, backward }, &args)?;
        let all = g.operation(Scan { step: Arc::clone(&step), result: 1, backward }, &args)?;
        let (states, slices, news, outputs) = (&[state][..], &[block][..], &[last][..], &[all][..]);
        let names = vec![format!("state of {}", step.name()), format!("block of {}", step.name())];
        let inner = Inner { name: step.name(), states, slices, news, outputs, names, named };
        let (outer, captures) = inner.closed(g)?;
        let args: Vec<Id> = [first.id, cut.id].into_iter().chain(captures).collect();
        let stacked = g.operation(Scan { step: Arc::new(outer), result: 1, backward }, &args)?;
        let stacked = Value::of(g, stacked);
        let to = [vec![length], entries(g, &first.dims())].concat();
        value::operation(g, op::Reshape { axes: stacked.rank(), to }, &[&stacked])
    }

    /// A recurrent layer: the outputs after each step, `[T, units]` for `[T, features]`, or with a batch in front.
    pub(crate) fn recurrent(&mut self, given: &Given<'s>, cell: Cell) -> Result<Value> {
        let x = self.input(given, 2, "[T, features] or [m, T, features]")?;
        if x.rank() > 3 || !x.free.is_empty() {
            return Err("the input is [T, features] or [m, T, features]".into());
        }
        let features = x.dims()[x.rank() - 1];
        let (units, parameters) = if given.args.len() == 1 + cell.parameters().len() {
            cell.given(self.graph, given, features)?
        } else {
            let units = given.size(self.graph, 1, "the number of units")?;
            self.begin_layer();
            let mut parameters = Vec::new();
            for (name, part) in cell.parameters() {
                let start = match part {
                    Part::Input | Part::State => Initial::GlorotUniform,
                    Part::Bias => self.zero(),
                    Part::BiasOfOne => self.one(),
                };
                parameters.push(self.parameter(name, &part.dims(features, units), start)?);
            }
            (units, parameters)
        };
        // A batch stands before the time, unless the text says that the time comes first.
        let time_major = given.number(self.graph, usize::MAX, "time_major")?.is_some_and(|n| !n.is_zero());
        let turn = x.rank() == 3 && !time_major;
        let batch: Vec<Dim> = match (x.rank(), time_major) {
            (3, true) => vec![x.dims()[1]],
            (3, false) => vec![x.dims()[0]],
            _ => Vec::new(),
        };
        let over = if turn { value::permute(self.graph, &x, &[1, 0, 2]) } else { x.clone() };
        let g = &mut *self.graph;
        let state_dims = [&batch[..], &[units]].concat();
        let slice_dims = [&batch[..], &[features]].concat();
        let at = g.len();
        let fresh = |g: &mut Graph, what: &str, dims: &[Dim]| {
            let id = g.tensor_symbol(&format!("{what} at {at}"), Role::Variable, dims, Assumptions::default());
            Value::of(g, id)
        };
        let before: Vec<Value> =
            cell.states().iter().zip(["output", "cell"]).map(|(_, what)| fresh(g, what, &state_dims)).collect();
        let slice = fresh(g, "slice", &slice_dims);
        let (after, gates) = cell.step(g, &parameters, &before, &slice)?;
        let named = gates.into_iter().map(|(name, gate)| (gate.id, name.to_string())).collect();
        let [states, news] = [&before, &after].map(|list| list.iter().map(|v| v.id).collect::<Vec<Id>>());
        if self.scope.unroll {
            let zeros = vec![self.graph.zeros(&state_dims); states.len()];
            let slices = &[slice.id];
            let steps = Steps { states: &states, slices, news: &news, outputs: &news[..1], firsts: &zeros };
            let outputs = self.unrolled(&steps, &[over], false)?.swap_remove(0);
            return Ok(if turn { value::permute(self.graph, &outputs, &[1, 0, 2]) } else { outputs });
        }
        let g = &mut *self.graph;
        let name = cell.name();
        let names = cell.states().iter().chain(&["x"]).map(|n| (*n).to_string()).collect();
        let slices = &[slice.id];
        let inner = Inner { name, states: &states, slices, news: &news, outputs: &news, names, named };
        let (step, captures) = inner.closed(g)?;
        let place =
            |v: &Value| captures.iter().position(|c| *c == v.id).map(|k| format!("{{{}}}", states.len() + 1 + k));
        let places: Option<Vec<String>> = parameters.iter().map(place).collect();
        let step = match places {
            Some(places) => {
                let option = if x.rank() == 3 { ", time_major=1" } else { "" };
                let text = format!("{name}({{{}}}, {}{option})", states.len(), places.join(", "));
                step.with_written(Written::Layer(text))
            }
            None => step,
        };
        let zeros = g.zeros(&state_dims);
        let args: Vec<Id> = vec![zeros; states.len()].into_iter().chain([over.id]).chain(captures).collect();
        let scan = Scan { step: Arc::new(step), result: states.len(), backward: false };
        let id = g.operation(scan, &args)?;
        let outputs = Value::of(g, id);
        Ok(if turn { value::permute(g, &outputs, &[1, 0, 2]) } else { outputs })
    }
}

impl Parser<'_, '_> {
    /// The outputs of each step along the first axes of `over`, written out.
    pub(crate) fn unrolled(&mut self, steps: &Steps<'_>, over: &[Value], backward: bool) -> Result<Vec<Value>> {
        const MAX_STEPS: u64 = 64;
        const MAX_NODES: usize = 1 << 19;
        let length = self.graph.dimension(over[0].dims()[0]).as_size();
        let length = length.filter(|n| *n <= MAX_STEPS).ok_or_else(|| {
            let axis = self.graph.dimension(over[0].dims()[0]).to_string();
            format!("to be written out, a scan goes along at most {MAX_STEPS} entries, and here along {axis}")
        })?;
        let mut current = steps.firsts.to_vec();
        let mut outputs: Vec<Vec<Value>> = vec![Vec::new(); steps.outputs.len()];
        let turned: Vec<Value> = over
            .iter()
            .map(|v| {
                let order: Vec<usize> = (0..v.rank()).skip(1).chain([0]).collect();
                value::permute(self.graph, v, &order)
            })
            .collect();
        for k in 0..length as i64 {
            let at = if backward { length as i64 - 1 - k } else { k };
            let mut pairs: Vec<(Id, Id)> = steps.states.iter().copied().zip(current.iter().copied()).collect();
            for (slice, of) in steps.slices.iter().zip(&turned) {
                pairs.push((*slice, value::operation(self.graph, op::Entry { at }, &[of])?.id));
            }
            let graph = &mut *self.graph;
            let mut written = |id: &Id| {
                wrt_core::substitute(graph, *id, &pairs, MAX_NODES).ok_or("the scan is too large to be written out")
            };
            let found = steps.outputs.iter().map(&mut written).collect::<std::result::Result<Vec<Id>, _>>()?;
            current = steps.news.iter().map(written).collect::<std::result::Result<_, _>>()?;
            for (list, id) in outputs.iter_mut().zip(found) {
                list.push(Value::of(self.graph, id));
            }
        }
        let stacked = |mut list: Vec<Value>| {
            if backward {
                list.reverse();
            }
            arrangement::stacked(self.graph, &list)
        };
        outputs.into_iter().map(stacked).collect()
    }
}

/// A step between placeholders, to be repeated.
pub(crate) struct Steps<'a> {
    pub(crate) states: &'a [Id],
    pub(crate) slices: &'a [Id],
    pub(crate) news: &'a [Id],
    pub(crate) outputs: &'a [Id],
    pub(crate) firsts: &'a [Id],
}

/// A step in the graph that it is written in.
pub(crate) struct Inner<'a> {
    pub(crate) name: &'a str,
    pub(crate) states: &'a [Id],
    pub(crate) slices: &'a [Id],
    pub(crate) news: &'a [Id],
    pub(crate) outputs: &'a [Id],
    /// The names of states and slices.
    pub(crate) names: Vec<String>,
    /// What else has a name.
    pub(crate) named: Vec<(Id, String)>,
}

impl Inner<'_> {
    /// The step from states and slices to new states and outputs as a closed graph; and its captures: the largest parts
    /// that depend on neither states nor slices.
    pub(crate) fn closed(self, g: &mut Graph) -> Result<(Step, Vec<Id>)> {
        let Inner { name, states, slices, news, outputs, names, named } = self;
        let results = [news, outputs].concat();
        let order = g.reachable(&results);
        let mut depends = vec![false; order.last().map_or(0, |top| top.index() + 1)];
        let mut captures: Vec<Id> = Vec::new();
        for &id in &order {
            let mut any = states.contains(&id) || slices.contains(&id);
            g.for_each_child(id, |c| any |= depends[c.index()]);
            depends[id.index()] = any;
        }
        // Numbers, and what is made of dimensions only, are no captures.
        let mut free = vec![false; depends.len()];
        for &id in &order {
            let mut any = matches!(g.node(id), Node::Symbol(s) if s.role != Role::Dimension);
            g.for_each_child(id, |c| any |= free[c.index()]);
            free[id.index()] = any;
        }
        // What is only spread along further axes is captured without them.
        let narrow = |g: &Graph, mut id: Id| {
            while let Node::Contraction(&[single], labels) = g.node(id) {
                let labels = g.labels(labels);
                if (0..labels.dims.len() as u8).any(|l| labels.is_summed(l)) {
                    break;
                }
                id = single;
            }
            id
        };
        for &id in order.iter().filter(|id| depends[id.index()]) {
            g.for_each_child(id, |c| {
                let c = if depends[c.index()] { c } else { narrow(g, c) };
                if !depends[c.index()] && free[c.index()] && !captures.contains(&c) {
                    captures.push(c);
                }
            });
        }
        captures.extend(results.iter().filter(|n| !depends[n.index()] && free[n.index()]));
        captures.dedup();
        let mut inner = Graph::new();
        let mut copier = Copier::default();
        let mut inputs = Vec::new();
        let captured = |name: &str| captures.iter().any(|c| g.symbol_name(*c) == name);
        for (k, &id) in states.iter().chain(slices).chain(&captures).enumerate() {
            let dims = adopt_dims(&mut inner, g, g.dims(id));
            let known = match (g.node(id), names.get(k)) {
                (_, Some(name)) if captured(name) => {
                    let numbered = (2..).map(|n| format!("{name}_{n}"));
                    numbered.into_iter().find(|n| !captured(n) && !names.contains(n)).unwrap_or_default()
                }
                (_, Some(name)) => name.clone(),
                (Node::Symbol(s), None) => s.name.clone(),
                _ => format!("input {k}"),
            };
            let symbol = inner.tensor_symbol(&known, Role::Variable, &dims, Assumptions::default());
            copier.set(id, symbol);
            inputs.push(symbol);
        }
        let results: Vec<Id> = results.iter().map(|n| copier.copy(&mut inner, g, *n)).collect();
        for (id, name) in named {
            if let Some(image) = copier.image(id) {
                inner.set_name(image, &name);
            }
        }
        let step = Step::new(name, inner, inputs, results, states.len(), slices.len())?;
        Ok((step, captures))
    }
}
