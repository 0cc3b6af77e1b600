//! Layers, which make parameters; scans; derivatives within a text.

use std::sync::Arc;

use super::diagnostic::{Diagnostic, DiagnosticKind as Kind};
use super::library::{self, Argument, Reduction};
use super::model::{Definition, Initial};
use super::parser::{Callee, Parser, Span, error};
use super::suggest::closest;
use super::value::{self, Axis, Misfit, Value};
use crate::copy::Copier;
use crate::graph::{Assumptions, Graph, Id, Node, Role};
use crate::number::Number;
use crate::shape::Dim;
use crate::table::Primitive;
use crate::table::operations::{self as op, Scan, Step, Written, adopt_dims};

/// A function that does more than compute with its arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Special {
    Dense,
    Conv2d,
    BatchNorm,
    LayerNorm,
    Dropout,
    Embedding,
    Attention,
    Rnn,
    Lstm,
    Scan,
    Derivative,
    Gradient,
    Jacobian,
    Hessian,
    Vjp,
    Jvp,
}

impl Special {
    pub(super) const ALL: &[Special] = &[
        Special::Dense,
        Special::Conv2d,
        Special::BatchNorm,
        Special::LayerNorm,
        Special::Dropout,
        Special::Embedding,
        Special::Attention,
        Special::Rnn,
        Special::Lstm,
        Special::Scan,
        Special::Derivative,
        Special::Gradient,
        Special::Jacobian,
        Special::Hessian,
        Special::Vjp,
        Special::Jvp,
    ];

    pub(super) fn usage(self) -> &'static str {
        match self {
            Special::Dense => "dense(x, units, [activation])",
            Special::Conv2d => "conv2d(X, filters, size, [activation], [stride], [padding]) or conv2d(X, kernel)",
            Special::BatchNorm => "batch_norm(x)",
            Special::LayerNorm => "layer_norm(x)",
            Special::Dropout => "dropout(x, rate)",
            Special::Embedding => "embedding(ids, vocabulary, units)",
            Special::Attention => "attention(q, k, v) or attention(x, units)",
            Special::Rnn => "rnn(x, units) or rnn(x, W, U, b)",
            Special::Lstm => "lstm(x, units) or lstm(x, Wi, Ui, bi, Wf, Uf, bf, Wc, Uc, bc, Wo, Uo, bo)",
            Special::Scan => "scan(step, first_state, X, [reverse])",
            Special::Derivative => "d(u, x)",
            Special::Gradient => "grad(cost, w)",
            Special::Jacobian => "jacobian(u, x)",
            Special::Hessian => "hessian(cost, w)",
            Special::Vjp => "vjp(u, x, weights)",
            Special::Jvp => "jvp(u, x, direction)",
        }
    }

    /// The names of arguments, which stand in this order or with their names; the most of them; names of settings that
    /// are given by name only.
    fn arguments(self) -> (&'static [&'static str], usize, &'static [&'static str]) {
        match self {
            Special::Dense => (&["x", "units", "activation"], 3, &["use_bias"]),
            Special::Conv2d => (&["x", "filters", "size", "activation"], 4, &["stride", "padding"]),
            Special::BatchNorm | Special::LayerNorm => (&["x"], 1, &[]),
            Special::Dropout => (&["x", "rate"], 2, &[]),
            Special::Embedding => (&["ids", "vocabulary", "units"], 3, &[]),
            Special::Attention => (&["x", "units"], 3, &[]),
            Special::Rnn => (&["x", "units"], 4, &["time_major"]),
            Special::Lstm => (&["x", "units"], 13, &["time_major"]),
            Special::Scan => (&["step", "first", "X"], 3, &["reverse"]),
            Special::Derivative | Special::Gradient | Special::Jacobian => (&["u"], 8, &[]),
            Special::Hessian => (&["u", "x"], 2, &[]),
            Special::Vjp => (&["u", "x", "weights"], 3, &[]),
            Special::Jvp => (&["u", "x", "direction"], 3, &[]),
        }
    }

    /// How many arguments there may be.
    pub(super) fn counts(self) -> std::ops::RangeInclusive<usize> {
        let least = match self {
            Special::BatchNorm | Special::LayerNorm | Special::Dropout => 1,
            Special::Scan | Special::Vjp | Special::Jvp => 3,
            _ => 2,
        };
        least..=self.arguments().1
    }

    pub(super) fn name(self) -> &'static str {
        self.usage().split('(').next().unwrap_or("")
    }

    pub(super) fn named(name: &str) -> Option<Special> {
        Special::ALL.iter().copied().find(|s| s.name() == name)
    }
}

type Result<T> = std::result::Result<T, Misfit>;

/// The arguments of a layer.
struct Given<'s> {
    args: Vec<Argument<'s>>,
    named: Vec<(&'s str, Argument<'s>)>,
}

impl<'s> Given<'s> {
    fn value(&self, k: usize) -> Result<Value> {
        match self.args.get(k) {
            Some(Argument::Value(v)) => Ok(v.clone()),
            Some(Argument::Word(word)) => Err(format!("`{word}` is a function, a value is needed").into()),
            None => Err(format!("argument {} is missing", k + 1).into()),
        }
    }

    fn word(&self, g: &Graph, k: usize, name: &str) -> Result<Option<&'s str>> {
        let named = self.named.iter().find(|(n, _)| *n == name).map(|(_, a)| a);
        match named.or(self.args.get(k)) {
            Some(Argument::Word(word)) => Ok(Some(word)),
            Some(Argument::Value(_)) if name == "padding" => Err("`padding` is same or valid".into()),
            Some(Argument::Value(v)) => {
                let found = g.symbol_name(v.id);
                let meant = closest(found, Primitive::ALL.iter().map(|p| p.name()).chain(["softmax", "linear"]));
                Err(match meant {
                    Some(meant) => format!("there is no function `{found}`; did you mean {meant}?").into(),
                    None => format!("`{name}` is the name of a function, such as relu").into(),
                })
            }
            None => Ok(None),
        }
    }

    fn size(&self, g: &mut Graph, k: usize, what: &str) -> Result<Dim> {
        let value = self.value(k)?;
        let dimension = library::dimension_of(g, value.id);
        let dimension = dimension.filter(|d| d.terms().any(|(_, c)| c > 0));
        let dimension = dimension.ok_or_else(|| format!("{what} is a whole number above 0, or a dimension"))?;
        Ok(g.dim(dimension))
    }

    fn number(&self, g: &Graph, k: usize, name: &str) -> Result<Option<Number>> {
        let named = self.named.iter().find(|(n, _)| *n == name).map(|(_, a)| a);
        match named.or(self.args.get(k)) {
            Some(Argument::Value(v)) => {
                g.as_number(v.id).cloned().map(Some).ok_or_else(|| format!("`{name}` is a number").into())
            }
            Some(Argument::Word(_)) => Err(format!("`{name}` is a number").into()),
            None => Ok(None),
        }
    }
}

impl<'s> Parser<'s, '_> {
    pub(super) fn special(
        &mut self,
        special: Special,
        args: Vec<(Option<&'s str>, Argument<'s>)>,
        span: &Span,
        whole: &Span,
    ) -> std::result::Result<Value, Diagnostic> {
        if args.is_empty() {
            return Err(self.wrong_count(Callee::Special(special), span, 0));
        }
        let (named, args): (Vec<_>, Vec<_>) = args.into_iter().partition(|(name, _)| name.is_some());
        let mut named: Vec<(&'s str, Argument<'s>)> = named.into_iter().filter_map(|(n, a)| Some((n?, a))).collect();
        let mut args: Vec<Argument<'s>> = args.into_iter().map(|(_, a)| a).collect();
        let (names, _, settings) = special.arguments();
        while let Some(at) = names.get(args.len()).and_then(|next| named.iter().position(|(n, _)| n == next)) {
            args.push(named.remove(at).1);
        }
        // An activation may be named where it has a place of its own that nothing stands before.
        let last = names.last().copied().filter(|last| *last == "activation" && args.len() < names.len());
        if let Some((name, _)) = named.iter().find(|(n, _)| !settings.contains(n) && last != Some(*n)) {
            let message = format!("`{}` has no argument `{name}`", special.name());
            let message = if names.contains(name) { format!("`{name}` is given twice") } else { message };
            return Err(error(Kind::Arguments, span, message).help(format!("write {}", special.usage())));
        }
        if !special.counts().contains(&args.len()) {
            return Err(self.wrong_count(Callee::Special(special), span, args.len()));
        }
        let given = Given { args, named };
        let made = match special {
            Special::Dense => self.dense(&given, span),
            Special::Conv2d => self.conv2d(&given, span),
            Special::BatchNorm => self.batch_norm(&given),
            Special::LayerNorm => self.layer_norm(&given),
            Special::Dropout => self.dropout(&given),
            Special::Embedding => self.embedding(&given),
            Special::Attention => self.attention(&given),
            Special::Rnn => self.recurrent(&given, false),
            Special::Lstm => self.recurrent(&given, true),
            Special::Scan => return self.scan(&given, span, whole),
            Special::Vjp | Special::Jvp => self.product(special, &given),
            Special::Derivative | Special::Gradient | Special::Jacobian | Special::Hessian => {
                return self.derivative_of(special, &given, span, whole);
            }
        };
        made.map_err(|m| self.misfit(m, whole, span, &[]))
    }

    /// A name within the layer that is being made.
    fn layer_name(&self, suffix: &str) -> String {
        let base = if self.current.is_empty() { "layer" } else { self.current };
        let mut name = match self.layers {
            0 | 1 => format!("{base}_{suffix}"),
            k => format!("{base}{k}_{suffix}"),
        };
        let taken = |name: &str| {
            self.graph.find_symbol(name).is_some()
                || self.names.defined.contains_key(name)
                || self.names.of_layers.contains(name)
        };
        while taken(&name) {
            name.push('_');
        }
        name
    }

    /// Names a value within the layer, so that formulas can speak of it.
    fn layer_part(&mut self, suffix: &str, value: &Value) {
        let known = self.names.nodes.contains(&value.id)
            || matches!(self.graph.node(value.id), Node::Symbol(_) | Node::Number(_) | Node::Constant(_));
        if !known && value.free.is_empty() {
            let (name, line) = (self.layer_name(suffix), self.line(self.span.start));
            self.names.of_layers.insert(name.clone());
            self.names.nodes.insert(value.id);
            self.layer_parts.push(Definition { name, id: value.id, line, by_layer: true });
        }
    }

    /// A new parameter of the layer that is being made.
    fn parameter(&mut self, suffix: &str, dims: &[Dim], initial: Initial) -> Result<Value> {
        let name = self.layer_name(suffix);
        let line = self.line(self.span.start);
        Ok(self.symbol_of(&name, Role::Parameter, dims.to_vec(), None, Some(initial), line))
    }

    fn zero(&mut self) -> Initial {
        Initial::Formula(self.graph.integer(0))
    }

    fn one(&mut self) -> Initial {
        Initial::Formula(self.graph.integer(1))
    }

    fn input(&mut self, given: &Given<'s>, rank: usize, what: &str) -> Result<Value> {
        let x = given.value(0)?.settled(self.graph);
        if x.rank() < rank {
            return Err(format!("the input has the shape {what}, found {}", x.shape_text(self.graph)).into());
        }
        Ok(x)
    }

    /// The activation of that name.
    fn activated(&mut self, word: Option<&'s str>, x: Value, span: &Span) -> Result<Value> {
        let Some(word) = word else { return Ok(x) };
        if word == "linear" {
            return Ok(x);
        }
        if word == "softmax" {
            return value::operation(self.graph, op::Softmax, &[&x]);
        }
        if let Some(k) = self.functions.iter().position(|f| f.name == word) {
            return self.function_call(k, vec![x], span, span).map_err(|e| Misfit::Words(e.message));
        }
        match Primitive::from_name(word) {
            Some(p) if p.arity() == 1 => value::map(self.graph, p, &[&x]),
            Some(p) => {
                // leaky_relu, elu: further arguments have defaults.
                let row = p.row();
                let missing = p.arity() - 1;
                if row.defaults.len() < missing {
                    return Err(format!("`{word}` is no function of one argument").into());
                }
                let mut all = vec![x];
                for (n, d) in &row.defaults[row.defaults.len() - missing..] {
                    all.push(Value::scalar(self.graph.number(Number::ratio(*n, *d).unwrap_or(Number::ZERO))));
                }
                value::map(self.graph, p, &all.iter().collect::<Vec<_>>())
            }
            None => Err(format!("there is no activation `{word}`").into()),
        }
    }

    /// `x @ W + b` with a new matrix and, unless told otherwise, a new bias.
    fn dense(&mut self, given: &Given<'s>, span: &Span) -> Result<Value> {
        let x = self.input(given, 1, "[.., features]")?;
        let units = given.size(self.graph, 1, "the number of units")?;
        self.layers += 1;
        let features = x.dims()[x.rank() - 1];
        let w = self.parameter("W", &[features, units], Initial::GlorotUniform)?;
        let mut z = value::matmul(self.graph, &x, &w)?;
        let bias = given.number(self.graph, usize::MAX, "use_bias")?;
        if bias.is_none_or(|b| !b.is_zero()) {
            let zero = self.zero();
            let b = self.parameter("b", &[units], zero)?;
            z = value::sum(self.graph, &[(Number::ONE, &z), (Number::ONE, &b)])?;
        }
        let activation = given.word(self.graph, 2, "activation")?;
        if activation.is_some() {
            self.layer_part("z", &z);
        }
        self.activated(activation, z, span)
    }

    fn conv2d(&mut self, given: &Given<'s>, span: &Span) -> Result<Value> {
        let x = self.input(given, 3, "[.., height, width, channels]")?;
        let second = given.value(1)?;
        let stride = given.number(self.graph, usize::MAX, "stride")?.map_or(Some(1), |n| n.as_i64());
        let stride = stride.ok_or("a stride is a whole number")?;
        let same = match given.word(self.graph, usize::MAX, "padding")? {
            None | Some("valid") => false,
            Some("same") => true,
            Some(other) => return Err(format!("there is no padding `{other}`; there are same and valid").into()),
        };
        if second.rank() > 0 {
            let kernel = second.settled(self.graph);
            return library::convolved(self.graph, &x, &kernel, stride, same);
        }
        let filters = given.size(self.graph, 1, "the number of filters")?;
        let size = given.size(self.graph, 2, "the size of the kernel")?;
        self.layers += 1;
        let channels = x.dims()[x.rank() - 1];
        let kernel = self.parameter("K", &[size, size, channels, filters], Initial::GlorotUniform)?;
        let zero = self.zero();
        let bias = self.parameter("b", &[filters], zero)?;
        let z = library::convolved(self.graph, &x, &kernel, stride, same)?;
        let z = value::sum(self.graph, &[(Number::ONE, &z), (Number::ONE, &bias)])?;
        let activation = given.word(self.graph, 3, "activation")?;
        if activation.is_some() {
            self.layer_part("z", &z);
        }
        self.activated(activation, z, span)
    }

    /// (x − mean)/sqrt(var + ε), scaled and shifted by new parameters along the last axis.
    fn normalised(&mut self, x: &Value, axes: &[usize]) -> Result<Value> {
        self.layers += 1;
        let dim = x.dims()[x.rank() - 1];
        self.layer_part("input", x);
        let (one, zero) = (self.one(), self.zero());
        let gamma = self.parameter("gamma", &[dim], one)?;
        let beta = self.parameter("beta", &[dim], zero)?;
        let g = &mut *self.graph;
        let wide = |v: &Value| {
            let mut kept = v.axes.iter().copied();
            let put = |k| if axes.contains(&k) { Axis::Stretch } else { kept.next().unwrap_or(Axis::Stretch) };
            Value { axes: (0..x.rank()).map(put).collect(), ..v.clone() }
        };
        let mean = library::reduce(g, x, axes, Reduction::Mean)?;
        let var = library::reduce(g, x, axes, Reduction::Var)?;
        let off = value::sum(g, &[(Number::ONE, x), (Number::MINUS_ONE, &wide(&mean))])?;
        // Keras' ε.
        let epsilon = Value::scalar(g.number(Number::ratio(1, 1000).unwrap_or(Number::ONE)));
        let var = value::sum(g, &[(Number::ONE, &wide(&var)), (Number::ONE, &epsilon)])?;
        let deviation = value::map(g, Primitive::Sqrt, &[&var])?;
        let hat = value::quotient(g, &off, &deviation)?;
        self.layer_part("mean", &mean);
        self.layer_part("std", &deviation);
        self.layer_part("hat", &hat);
        let g = &mut *self.graph;
        let scaled = value::product(g, &[&gamma, &hat])?;
        value::sum(g, &[(Number::ONE, &scaled), (Number::ONE, &beta)])
    }

    /// Ioffe & Szegedy, "Batch normalization" (2015), with the averages of the batch.
    fn batch_norm(&mut self, given: &Given<'s>) -> Result<Value> {
        let x = self.input(given, 2, "[m, .., features]")?;
        let axes: Vec<usize> = (0..x.rank() - 1).collect();
        self.normalised(&x, &axes)
    }

    /// Ba, Kiros & Hinton, "Layer normalization" (2016).
    fn layer_norm(&mut self, given: &Given<'s>) -> Result<Value> {
        let x = self.input(given, 1, "[.., features]")?;
        self.normalised(&x, &[x.rank() - 1])
    }

    /// Srivastava et al., "Dropout" (2014), inverted: what is kept is scaled up.
    fn dropout(&mut self, given: &Given<'s>) -> Result<Value> {
        let x = self.input(given, 0, "[..]")?;
        let rate = given.number(self.graph, 1, "rate")?.unwrap_or(Number::HALF);
        let keep = &Number::ONE - &rate;
        let Some(scale) = keep.recip().filter(|_| !rate.is_negative() && !keep.is_negative()) else {
            return Err("the rate of dropout is at least 0 and below 1".into());
        };
        self.layers += 1;
        let name = format!("{}_dropout{}", self.current, self.layers);
        let dims = x.dims();
        let random = self.graph.tensor_symbol(&name, Role::Random, &dims, Assumptions::default());
        let random = Value::of(self.graph, random);
        let g = &mut *self.graph;
        let (keep, zero) = (Value::scalar(g.number(keep)), Value::scalar(g.integer(0)));
        let kept = value::map(g, Primitive::Lt, &[&random, &keep])?;
        let scaled = value::sum(g, &[(scale, &x)])?;
        value::map(g, Primitive::Select, &[&kept, &scaled, &zero])
    }

    fn embedding(&mut self, given: &Given<'s>) -> Result<Value> {
        let ids = given.value(0)?;
        if given.args.len() == 2 {
            let table = given.value(1)?;
            return library::gather(self.graph, &table, &ids);
        }
        let vocabulary = given.size(self.graph, 1, "the size of the vocabulary")?;
        let units = given.size(self.graph, 2, "the number of units")?;
        self.layers += 1;
        let bound = Number::ratio(1, 20).unwrap_or(Number::ONE);
        let table = self.parameter("E", &[vocabulary, units], Initial::Uniform(-&bound, bound))?;
        library::gather(self.graph, &table, &ids)
    }

    /// softmax(q @ k'/sqrt(units)) @ v of Vaswani et al., "Attention is all you need" (2017).
    fn attention(&mut self, given: &Given<'s>) -> Result<Value> {
        let (q, k, v) = if given.args.len() == 3 {
            (given.value(0)?, given.value(1)?, given.value(2)?)
        } else {
            let x = self.input(given, 2, "[.., words, features]")?;
            let units = given.size(self.graph, 1, "the number of units")?;
            self.layers += 1;
            let features = x.dims()[x.rank() - 1];
            let mut project = |suffix: &str| {
                let w = self.parameter(suffix, &[features, units], Initial::GlorotUniform)?;
                value::matmul(self.graph, &x, &w)
            };
            (project("Wq")?, project("Wk")?, project("Wv")?)
        };
        let n = k.rank();
        if n < 2 {
            return Err("attention is over the rows of matrices".into());
        }
        let units = k.dims()[n - 1];
        let order: Vec<usize> = (0..n - 2).chain([n - 1, n - 2]).collect();
        let transposed = value::permute(self.graph, &k, &order);
        let scores = value::matmul(self.graph, &q, &transposed)?;
        let g = &mut *self.graph;
        let size = g.dim_node(units);
        let root = value::map(g, Primitive::Sqrt, &[&Value::scalar(size)])?;
        let scores = value::quotient(g, &scores, &root)?;
        let weights = value::operation(g, op::Softmax, &[&scores])?;
        value::matmul(g, &weights, &v)
    }
}

/// Scans.
impl<'s> Parser<'s, '_> {
    /// `scan(step, first, X)`: the states after each entry along the first axis of X.
    fn scan(&mut self, given: &Given<'s>, span: &Span, whole: &Span) -> std::result::Result<Value, Diagnostic> {
        let fail = |p: &Self, m: Misfit| p.misfit(m, whole, span, &[]);
        let step = given.word(self.graph, 0, "step").map_err(|m| fail(self, m))?;
        let Some(k) = step.and_then(|name| self.functions.iter().position(|f| f.name == name)) else {
            return Err(fail(self, "the step is a function of the text: step(state, x) = …".into()));
        };
        let first = given.value(1).map_err(|m| fail(self, m))?.settled(self.graph);
        let over = given.value(2).map_err(|m| fail(self, m))?.settled(self.graph);
        if !first.free.is_empty() || !over.free.is_empty() || over.rank() == 0 {
            return Err(fail(self, "scan goes along the first axis of a value without free indices".into()));
        }
        let name = self.functions[k].name;
        let mut placeholder = |what: &str, dims: &[Dim]| {
            let name = format!("{what} of {name} at {}", span.start);
            let id = self.graph.tensor_symbol(&name, Role::Variable, dims, Assumptions::default());
            (id, Value::of(self.graph, id))
        };
        let (state, state_value) = placeholder("state", &first.dims());
        let (slice, slice_value) = placeholder("slice", &over.dims()[1..]);
        let new = self.function_call(k, vec![state_value, slice_value], span, whole)?.settled(self.graph);
        let names = self.functions[k].names.iter().map(|n| (*n).to_string()).collect();
        let reverse = given.number(self.graph, usize::MAX, "reverse").map_err(|m| fail(self, m))?;
        if self.scope.unroll {
            let reverse = reverse.as_ref().is_some_and(|n| !n.is_zero());
            let steps = Steps { states: &[state], slice, news: &[new.id], firsts: &[first.id], reverse };
            return self.unrolled(&steps, &over).map_err(|m| fail(self, m));
        }
        let inner = Inner { name, states: &[state], slices: &[slice], news: &[new.id], names };
        let (step, captures) = inner.closed(self.graph).map_err(|m| fail(self, m))?;
        let step = step.with_written(Written::Function);
        let args: Vec<Id> = [first.id, over.id].into_iter().chain(captures).collect();
        let backward = reverse.is_some_and(|n| !n.is_zero());
        let scan = Scan { step: Arc::new(step), result: 1, backward };
        let id = self.graph.operation(scan, &args).map_err(|r| fail(self, r.into()))?;
        Ok(Value::of(self.graph, id))
    }

    /// A recurrent layer: the outputs after each step, `[T, units]` for `[T, features]`, or with a batch in front.
    ///
    /// The LSTM is that of Hochreiter & Schmidhuber (1997) with forget gates (Gers 2000), its gates in the order input,
    /// forget, cell, output, the forget gate's bias starting at 1, as in Keras.
    fn recurrent(&mut self, given: &Given<'s>, lstm: bool) -> Result<Value> {
        let x = self.input(given, 2, "[T, features] or [m, T, features]")?;
        if x.rank() > 3 || !x.free.is_empty() {
            return Err("the input is [T, features] or [m, T, features]".into());
        }
        let features = x.dims()[x.rank() - 1];
        let gates: &[&str] = if lstm { &["i", "f", "c", "o"] } else { &["h"] };
        let (units, parameters) = if given.args.len() == 1 + 3 * gates.len() {
            gate_parameters(self.graph, given, features)?
        } else {
            let units = given.size(self.graph, 1, "the number of units")?;
            self.layers += 1;
            let mut parameters = Vec::new();
            for gate in gates {
                let w = self.parameter(&format!("W{gate}"), &[features, units], Initial::GlorotUniform)?;
                let u = self.parameter(&format!("U{gate}"), &[units, units], Initial::GlorotUniform)?;
                let start = if *gate == "f" { self.one() } else { self.zero() };
                let b = self.parameter(&format!("b{gate}"), &[units], start)?;
                parameters.push([w, u, b]);
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
        let h = fresh(g, "output", &state_dims);
        let cell = fresh(g, "cell", &state_dims);
        let slice = fresh(g, "slice", &slice_dims);
        let gate = |g: &mut Graph, [w, u, b]: &[Value; 3], f: Primitive| {
            let (a, c) = (value::matmul(g, &slice, w)?, value::matmul(g, &h, u)?);
            let z = value::sum(g, &[(Number::ONE, &a), (Number::ONE, &c), (Number::ONE, b)])?;
            value::map(g, f, &[&z])
        };
        let (states, news) = if lstm {
            let i = gate(g, &parameters[0], Primitive::Sigmoid)?;
            let f = gate(g, &parameters[1], Primitive::Sigmoid)?;
            let c = gate(g, &parameters[2], Primitive::Tanh)?;
            let o = gate(g, &parameters[3], Primitive::Sigmoid)?;
            let (kept, added) = (value::product(g, &[&f, &cell])?, value::product(g, &[&i, &c])?);
            let new_cell = value::sum(g, &[(Number::ONE, &kept), (Number::ONE, &added)])?;
            let bent = value::map(g, Primitive::Tanh, &[&new_cell])?;
            let new_h = value::product(g, &[&o, &bent])?;
            (vec![h.id, cell.id], vec![new_h.id, new_cell.id])
        } else {
            (vec![h.id], vec![gate(g, &parameters[0], Primitive::Tanh)?.id])
        };
        if self.scope.unroll {
            let zeros = vec![self.graph.zeros(&state_dims); states.len()];
            let steps = Steps { states: &states, slice: slice.id, news: &news, firsts: &zeros, reverse: false };
            let outputs = self.unrolled(&steps, &over)?;
            return Ok(if turn { value::permute(self.graph, &outputs, &[1, 0, 2]) } else { outputs });
        }
        let g = &mut *self.graph;
        let name = if lstm { "lstm" } else { "rnn" };
        let names = ["h", "c"][..states.len()].iter().chain(&["x"]).map(|n| (*n).to_string()).collect();
        let inner = Inner { name, states: &states, slices: &[slice.id], news: &news, names };
        let (step, captures) = inner.closed(g)?;
        let place =
            |v: &Value| captures.iter().position(|c| *c == v.id).map(|k| format!("{{{}}}", states.len() + 1 + k));
        let places: Option<Vec<String>> = parameters.iter().flatten().map(place).collect();
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
    /// The first state after each step along the first axis of `over`, written out.
    fn unrolled(&mut self, steps: &Steps<'_>, over: &Value) -> Result<Value> {
        const MAX_STEPS: u64 = 64;
        const MAX_NODES: usize = 1 << 19;
        let length = self.graph.dimension(over.dims()[0]).as_size();
        let length = length.filter(|n| *n <= MAX_STEPS).ok_or_else(|| {
            let axis = self.graph.dimension(over.dims()[0]).to_string();
            format!("to be written out, a scan goes along at most {MAX_STEPS} entries, and here along {axis}")
        })?;
        let mut current = steps.firsts.to_vec();
        let mut outputs: Vec<Value> = Vec::new();
        let order: Vec<usize> = (0..over.rank()).skip(1).chain([0]).collect();
        let turned = value::permute(self.graph, over, &order);
        for k in 0..length as i64 {
            let at = if steps.reverse { length as i64 - 1 - k } else { k };
            let slice = value::operation(self.graph, op::Entry { at }, &[&turned])?;
            let given = steps.states.iter().copied().zip(current.iter().copied());
            let pairs: Vec<(Id, Id)> = given.chain([(steps.slice, slice.id)]).collect();
            let graph = &mut *self.graph;
            let new: Option<Vec<Id>> =
                steps.news.iter().map(|id| crate::substitute::substitute(graph, *id, &pairs, MAX_NODES)).collect();
            current = new.ok_or("the scan is too large to be written out")?;
            outputs.push(Value::of(self.graph, current[0]));
        }
        if steps.reverse {
            outputs.reverse();
        }
        library::stacked(self.graph, &outputs)
    }
}

/// A step between placeholders, to be repeated.
struct Steps<'a> {
    states: &'a [Id],
    slice: Id,
    news: &'a [Id],
    firsts: &'a [Id],
    reverse: bool,
}

/// The parameters of gates that stand in the text, three for each, and the number of units.
fn gate_parameters(g: &mut Graph, given: &Given<'_>, features: Dim) -> Result<(Dim, Vec<[Value; 3]>)> {
    let units = given.value(3)?.dims().first().copied().ok_or("a bias is a vector of as many entries as units")?;
    let mut found = Vec::new();
    for k in (1..given.args.len()).step_by(3) {
        let gate = [given.value(k)?.settled(g), given.value(k + 1)?.settled(g), given.value(k + 2)?.settled(g)];
        for (value, wanted) in gate.iter().zip([&[features, units][..], &[units, units], &[units]]) {
            if value.dims() != wanted || !value.free.is_empty() {
                let (found, wanted) = (value.shape_text(g), g.shape_text(wanted));
                return Err(format!("a parameter has the shape {found}, expected {wanted}").into());
            }
        }
        found.push(gate);
    }
    Ok((units, found))
}

/// A step in the graph that it is written in.
struct Inner<'a> {
    name: &'a str,
    states: &'a [Id],
    slices: &'a [Id],
    news: &'a [Id],
    /// The names of states and slices.
    names: Vec<String>,
}

impl Inner<'_> {
    /// The step from states and slices to new states as a closed graph, whose outputs are the new states; and its captures:
    /// the largest parts that depend on neither states nor slices.
    fn closed(self, g: &mut Graph) -> Result<(Step, Vec<Id>)> {
        let Inner { name, states, slices, news, names } = self;
        let order = g.reachable(news);
        let mut depends = vec![false; order.last().map_or(0, |top| top.index() + 1)];
        let mut captures: Vec<Id> = Vec::new();
        for &id in &order {
            let mut any = states.contains(&id) || slices.contains(&id);
            g.for_each_child(id, |c| any |= depends[c.index()]);
            depends[id.index()] = any;
        }
        let free = |g: &Graph, id: Id| match g.node(id) {
            Node::Number(_) | Node::Constant(_) => false,
            Node::Symbol(s) => s.role != Role::Dimension,
            // Ones and deltas are made of dimensions only.
            Node::Contraction(factors, _) => !factors.is_empty(),
            _ => true,
        };
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
                if !depends[c.index()] && free(g, c) && !captures.contains(&c) {
                    captures.push(c);
                }
            });
        }
        captures.extend(news.iter().filter(|n| !depends[n.index()] && free(g, **n)));
        captures.dedup();
        let mut inner = Graph::new();
        let mut copier = Copier::default();
        let mut inputs = Vec::new();
        for (k, &id) in states.iter().chain(slices).chain(&captures).enumerate() {
            let dims = adopt_dims(&mut inner, g, g.dims(id));
            let captured = |name: &str| captures.iter().any(|c| g.symbol_name(*c) == name);
            let known = match (g.node(id), names.get(k)) {
                (_, Some(name)) if captured(name) => format!("{name}_{k}"),
                (_, Some(name)) => name.clone(),
                (Node::Symbol(s), None) => s.name.clone(),
                _ => format!("input {k}"),
            };
            let symbol = inner.tensor_symbol(&known, Role::Variable, &dims, Assumptions::default());
            copier.set(id, symbol);
            inputs.push(symbol);
        }
        let copied: Vec<Id> = news.iter().map(|n| copier.copy(&mut inner, g, *n)).collect();
        let results = [&copied[..], &copied[..]].concat();
        let step = Step::new(name, inner, inputs, results, states.len(), slices.len())?;
        Ok((step, captures))
    }
}

/// Derivatives within a text.
impl<'s> Parser<'s, '_> {
    fn derivative_of(
        &mut self,
        special: Special,
        given: &Given<'s>,
        span: &Span,
        whole: &Span,
    ) -> std::result::Result<Value, Diagnostic> {
        let fail = |p: &Self, m: Misfit| p.misfit(m, whole, span, &[]);
        let mut u = given.value(0).map_err(|m| fail(self, m))?.settled(self.graph);
        let mut by = Vec::new();
        for k in 1..given.args.len() {
            by.push(given.value(k).map_err(|m| fail(self, m))?);
        }
        if by.is_empty() {
            return Err(self.wrong_count(Callee::Special(special), span, 1));
        }
        if matches!(special, Special::Gradient | Special::Hessian) && u.rank() > 0 {
            let shape = u.shape_text(self.graph);
            let message = format!("`{}` is of one number, and this has the shape {shape}", special.name());
            return Err(error(Kind::Shape, span, message).help("jacobian(u, x) is for vectors and matrices"));
        }
        if special == Special::Hessian {
            by.push(by[0].clone());
        }
        for x in by {
            u = self.partial(&u, &x, span).map_err(|m| fail(self, m))?;
        }
        Ok(u)
    }

    /// `vjp(u, x, weights)`: the weights times the Jacobian of u; `jvp(u, x, v)`: the Jacobian times a direction of x.
    fn product(&mut self, special: Special, given: &Given<'s>) -> Result<Value> {
        let (u, x) = (given.value(0)?.settled(self.graph), given.value(1)?.settled(self.graph));
        let along = given.value(2)?.settled(self.graph);
        let Some(differentiate) = self.scope.differentiate else {
            return Err("derivatives within a text are not available here".into());
        };
        if !(u.free.is_empty() && x.free.is_empty() && along.free.is_empty()) {
            return Err("products with a Jacobian are of values without free indices".into());
        }
        let (like, what) = if special == Special::Vjp { (&u, "weights") } else { (&x, "direction") };
        if along.dims() != like.dims() {
            let (found, wanted) = (along.shape_text(self.graph), like.shape_text(self.graph));
            return Err(format!("the {what} have the shape {found}, expected {wanted}").into());
        }
        let made = match special {
            Special::Vjp => differentiate.vjp(self.graph, u.id, x.id, along.id),
            _ => differentiate.jvp(self.graph, u.id, x.id, along.id),
        };
        Ok(Value::of(self.graph, made.map_err(Misfit::Words)?))
    }

    /// The derivative with respect to one value, for each value of its free indices.
    fn partial(&mut self, u: &Value, x: &Value, span: &Span) -> Result<Value> {
        let Some(differentiate) = self.scope.differentiate else {
            return Err("derivatives within a text are not available here".into());
        };
        let x = x.settled(self.graph);
        if matches!(self.graph.node(x.id), Node::Number(_) | Node::Constant(_)) {
            return Err("a derivative is with respect to a name, not to a number".into());
        }
        if let Some(index) = u.free.iter().find(|i| !x.free.iter().any(|j| j.name == i.name)) {
            let name = self.index_names[index.name as usize];
            return Err(format!("the variable has no index `{name}`, but what is differentiated has").into());
        }
        let shared: Vec<usize> = (0..u.free.len()).collect();
        // Each index of the variable reaches only the same index of what is differentiated.
        let root = self.graph.sum_over(u.id, &shared);
        let made = differentiate.jacobian(self.graph, root, x.id).map_err(Misfit::Words)?;
        let (own, free) = (u.rank(), x.free.len());
        let order: Vec<usize> = (own..own + free).chain(0..own).chain(own + free..self.graph.rank(made)).collect();
        let id = self.graph.permute(made, &order);
        let _ = span;
        Ok(Value { id, free: x.free, axes: u.axes.iter().chain(&x.axes).copied().collect() })
    }
}
