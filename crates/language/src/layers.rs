//! Layers, which make parameters.

use wrt_core::{Assumptions, Dim, Dimension, Node, Number, Primitive, Role, ShapeError, operations as op};

use crate::model::{Constraint, Definition, Initial, Trained, Update};
use crate::parser::{Parser, Span};
use crate::positions;
use crate::reductions::{self, Reduction};
use crate::special::Given;
use crate::value::{self, Axis, Value};
use crate::windows::{convolved, strides};

type Result<T> = std::result::Result<T, ShapeError>;

impl<'s> Parser<'s, '_> {
    /// A name within the layer that is being made.
    pub(crate) fn layer_name(&self, suffix: &str) -> String {
        let base = if self.current.is_empty() { "layer" } else { self.current };
        self.unused_name(match self.layers {
            0 | 1 => format!("{base}_{suffix}"),
            k => format!("{base}{k}_{suffix}"),
        })
    }

    /// The name, with underscores behind it if it means something already.
    fn unused_name(&self, mut name: String) -> String {
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

    /// From here on nodes are the next layer's.
    pub(crate) fn begin_layer(&mut self) {
        self.layers += 1;
        self.layer_nodes = self.graph.len();
    }

    /// Names a value within the layer, so that formulas can speak of it; what was made for it comes from this part.
    pub(crate) fn layer_part(&mut self, suffix: &str, value: &Value) {
        let known = self.names.nodes.contains(&value.id)
            || matches!(self.graph.node(value.id), Node::Symbol(_) | Node::Number(_) | Node::Constant(_));
        if !known && value.free.is_empty() {
            let (name, line) = (self.layer_name(suffix), self.line(self.span.start));
            let origin = self.origin(&name, true);
            self.graph.attribute(self.layer_nodes, origin);
            self.layer_nodes = self.graph.len();
            self.names.of_layers.insert(name.clone());
            self.names.nodes.insert(value.id);
            self.layer_parts.push(Definition { name, id: value.id, line, by_layer: true });
        }
    }

    /// A new parameter of the layer that is being made.
    pub(crate) fn parameter(&mut self, suffix: &str, dims: &[Dim], initial: Initial) -> Result<Value> {
        self.layer_symbol(suffix, Role::Parameter, dims, initial)
    }

    /// A new parameter, or state, of the layer that is being made.
    fn layer_symbol(&mut self, suffix: &str, role: Role, dims: &[Dim], initial: Initial) -> Result<Value> {
        let name = self.layer_name(suffix);
        let line = self.line(self.span.start);
        let (origin, before) = (self.origin(&name, true), self.graph.len());
        let value = self.symbol_of(&name, role, dims.to_vec(), None, Some(initial), line);
        self.graph.attribute(before, origin);
        Ok(value)
    }

    pub(crate) fn zero(&mut self) -> Initial {
        Initial::Formula(self.graph.integer(0))
    }

    pub(crate) fn one(&mut self) -> Initial {
        Initial::Formula(self.graph.integer(1))
    }

    pub(crate) fn input(&mut self, given: &Given<'s>, rank: usize, what: &str) -> Result<Value> {
        let x = given.value(0)?.with_unit_axes(self.graph);
        if x.rank() < rank {
            return Err(format!("the input has the shape {what}, found {}", x.shape_text(self.graph)).into());
        }
        Ok(x)
    }

    /// The activation of that name.
    pub(crate) fn activated(&mut self, word: Option<&'s str>, x: Value, span: &Span) -> Result<Value> {
        let Some(word) = word else { return Ok(x) };
        if word == "linear" {
            return Ok(x);
        }
        if word == "softmax" {
            return value::operation(self.graph, op::Softmax, &[&x]);
        }
        if let Some(k) = self.functions.iter().position(|f| f.name == word) {
            return self.function_call(k, vec![x], span, span).map_err(|e| ShapeError::Words(e.message));
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
    pub(crate) fn dense(&mut self, given: &Given<'s>, span: &Span) -> Result<Value> {
        let x = self.input(given, 1, "[.., features]")?;
        let units = given.size(self.graph, 1, "the number of units")?;
        self.begin_layer();
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

    /// A convolution along one axis or two, with a kernel that is given, or with a kernel and a bias of its own.
    pub(crate) fn convolution(&mut self, axes: usize, given: &Given<'s>, span: &Span) -> Result<Value> {
        let what = if axes == 1 { "[.., length, channels]" } else { "[.., height, width, channels]" };
        let x = self.input(given, axes + 1, what)?;
        let second = given.value(1)?;
        let has_kernel = second.rank() > 0;
        let place = if has_kernel { 2 } else { usize::MAX };
        let strides = strides(self.graph, given.setting(place, "stride")?, axes)?;
        let same = match given.word(self.graph, usize::MAX, "padding")? {
            None | Some("valid") => false,
            Some("same") => true,
            Some(other) => return Err(format!("there is no padding `{other}`; there are same and valid").into()),
        };
        if has_kernel {
            let without = (given.unnamed == 2 && given.args.len() > 2).then_some("size");
            let without = without.or(given.named.iter().any(|(name, _)| *name == "use_bias").then_some("use_bias"));
            if let Some(name) = without {
                return Err(format!("`{name}` has no meaning where the kernel is given").into());
            }
            let activation = given.word(self.graph, 3, "activation")?;
            let kernel = second.with_unit_axes(self.graph);
            let z = convolved(self.graph, &x, &kernel, axes, (&strides, same))?;
            return self.activated(activation, z, span);
        }
        let filters = given.size(self.graph, 1, "the number of filters")?;
        let sizes = given.sizes(self.graph, 2, axes, "the size of the kernel")?;
        self.begin_layer();
        let channels = x.dims()[x.rank() - 1];
        let dims: Vec<Dim> = sizes.into_iter().chain([channels, filters]).collect();
        let kernel = self.parameter("K", &dims, Initial::GlorotUniform)?;
        let mut z = convolved(self.graph, &x, &kernel, axes, (&strides, same))?;
        if given.number(self.graph, usize::MAX, "use_bias")?.is_none_or(|b| !b.is_zero()) {
            let zero = self.zero();
            let bias = self.parameter("b", &[filters], zero)?;
            z = value::sum(self.graph, &[(Number::ONE, &z), (Number::ONE, &bias)])?;
        }
        let activation = given.word(self.graph, 3, "activation")?;
        if activation.is_some() {
            self.layer_part("z", &z);
        }
        self.activated(activation, z, span)
    }

    /// (x − mean)/sqrt(var + ε), scaled and shifted by new parameters along the last axis.
    pub(crate) fn normalised(&mut self, x: &Value, axes: &[usize], epsilon: Number) -> Result<Value> {
        let (gamma, beta) = self.scale_and_shift(x)?;
        let hat = self.standardised(x, axes, epsilon)?;
        self.scaled(&gamma, &hat, &beta)
    }

    /// The parameters of a layer that normalises, which begins here.
    fn scale_and_shift(&mut self, x: &Value) -> Result<(Value, Value)> {
        self.begin_layer();
        let dim = x.dims()[x.rank() - 1];
        self.layer_part("input", x);
        let (one, zero) = (self.one(), self.zero());
        Ok((self.parameter("gamma", &[dim], one)?, self.parameter("beta", &[dim], zero)?))
    }

    fn scaled(&mut self, gamma: &Value, hat: &Value, beta: &Value) -> Result<Value> {
        let scaled = value::product(self.graph, &[gamma, hat])?;
        value::sum(self.graph, &[(Number::ONE, &scaled), (Number::ONE, beta)])
    }

    /// What is added under the root: what is said, or Keras' own, one over so much.
    fn epsilon(&self, given: &Given<'s>, layer: &str, parts: i64) -> Result<Number> {
        let epsilon = given.number(self.graph, usize::MAX, "epsilon")?;
        let epsilon = epsilon.or_else(|| Number::ratio(1, parts)).unwrap_or(Number::ONE);
        if epsilon.is_negative() || epsilon.is_zero() {
            return Err(format!("the epsilon of {layer} is above 0").into());
        }
        Ok(epsilon)
    }

    /// To mean 0 and deviation 1 along axes, with ε under the root.
    fn standardised(&mut self, x: &Value, axes: &[usize], epsilon: Number) -> Result<Value> {
        let mean = reductions::reduce(self.graph, x, axes, Reduction::Mean)?;
        self.layer_part("mean", &mean);
        let var = reductions::reduce(self.graph, x, axes, Reduction::Var)?;
        let deviation = self.deviation(x, axes, &var, epsilon)?;
        self.layer_part("std", &deviation);
        let hat = self.centred(x, axes, &mean, &deviation)?;
        self.layer_part("hat", &hat);
        Ok(hat)
    }

    /// sqrt(var + ε), as wide as the value.
    fn deviation(&mut self, x: &Value, axes: &[usize], var: &Value, epsilon: Number) -> Result<Value> {
        let epsilon = Value::scalar(self.graph.number(epsilon));
        let var = value::sum(self.graph, &[(Number::ONE, &stretched(x, axes, var)), (Number::ONE, &epsilon)])?;
        value::map(self.graph, Primitive::Sqrt, &[&var])
    }

    /// (x − mean) over the deviation.
    fn centred(&mut self, x: &Value, axes: &[usize], mean: &Value, deviation: &Value) -> Result<Value> {
        let off = value::sum(self.graph, &[(Number::ONE, x), (Number::MINUS_ONE, &stretched(x, axes, mean))])?;
        value::quotient(self.graph, &off, deviation)
    }

    /// Wu & He, "Group normalization" (2018): over all axes but the first one, and the channels of a group.
    pub(crate) fn group_norm(&mut self, given: &Given<'s>) -> Result<Value> {
        let x = self.input(given, 2, "[m, .., channels]")?;
        let groups = given.size(self.graph, 1, "the number of groups")?;
        let last = x.rank() - 1;
        let channels = x.dims()[last];
        let sizes = [groups, channels].map(|d| self.graph.dimension(d).as_size());
        let [Some(count), Some(size)] = sizes else {
            return Err("the numbers of groups and of channels are numbers, not names".into());
        };
        if count == 0 || size % count != 0 {
            return Err(format!("{size} channels are no {count} groups of one size").into());
        }
        let epsilon = self.epsilon(given, "group_norm", 1000)?;
        self.begin_layer();
        self.layer_part("input", &x);
        let (one, zero) = (self.one(), self.zero());
        let (gamma, beta) = (self.parameter("gamma", &[channels], one)?, self.parameter("beta", &[channels], zero)?);
        let apart = op::Reshape { axes: 1, to: vec![Dimension::size(count), Dimension::size(size / count)] };
        let grouped = value::operation(self.graph, apart, &[&x])?;
        let axes: Vec<usize> = (1..last).chain([last + 1]).collect();
        let hat = self.standardised(&grouped, &axes, epsilon)?;
        let together = op::Reshape { axes: 2, to: vec![Dimension::size(size)] };
        let hat = value::operation(self.graph, together, &[&hat])?;
        self.scaled(&gamma, &hat, &beta)
    }

    /// Zhang & Sennrich, "Root mean square layer normalization" (2019), with Keras' ε of 1e-6.
    pub(crate) fn rms_norm(&mut self, given: &Given<'s>) -> Result<Value> {
        let x = self.input(given, 1, "[.., features]")?;
        let epsilon = self.epsilon(given, "rms_norm", 1_000_000)?;
        self.begin_layer();
        self.layer_part("input", &x);
        let last = x.rank() - 1;
        let one = self.one();
        let gamma = self.parameter("gamma", &[x.dims()[last]], one)?;
        let g = &mut *self.graph;
        let two = Value::scalar(g.integer(2));
        let squares = value::map(g, Primitive::Pow, &[&x, &two])?;
        let mean = reductions::reduce(g, &squares, &[last], Reduction::Mean)?;
        let epsilon = Value::scalar(g.number(epsilon));
        let sum = value::sum(g, &[(Number::ONE, &mean), (Number::ONE, &epsilon)])?;
        let mut root = value::map(g, Primitive::Sqrt, &[&sum])?;
        self.layer_part("rms", &root);
        root.axes.push(Axis::Stretch);
        let hat = value::quotient(self.graph, &x, &root)?;
        value::product(self.graph, &[&gamma, &hat])
    }

    /// Ioffe & Szegedy, "Batch normalization" (2015): with the averages of the batch while it is trained, afterwards with
    /// those that have been kept, each step a little more of the last batch.
    pub(crate) fn batch_norm(&mut self, given: &Given<'s>) -> Result<Value> {
        let x = self.input(given, 2, "[m, .., features]")?;
        let momentum = given.number(self.graph, usize::MAX, "momentum")?;
        let momentum = momentum.or_else(|| Number::ratio(99, 100)).unwrap_or(Number::ONE);
        if momentum.is_negative() || (&Number::ONE - &momentum).is_negative() {
            return Err("the momentum of batch_norm is at least 0 and at most 1".into());
        }
        let epsilon = self.epsilon(given, "batch_norm", 1000)?;
        let axes: Vec<usize> = (0..x.rank() - 1).collect();
        let (gamma, beta) = self.scale_and_shift(&x)?;
        let mean = reductions::reduce(self.graph, &x, &axes, Reduction::Mean)?;
        self.layer_part("mean", &mean);
        let var = reductions::reduce(self.graph, &x, &axes, Reduction::Var)?;
        let deviation = self.deviation(&x, &axes, &var, epsilon.clone())?;
        self.layer_part("std", &deviation);
        let hat = self.centred(&x, &axes, &mean, &deviation)?;
        self.layer_part("hat", &hat);
        let training = self.scaled(&gamma, &hat, &beta)?;
        let (zero, one) = (self.zero(), self.one());
        let kept_mean = self.moving("moving_mean", &mean, zero, &momentum)?;
        let kept_var = self.moving("moving_variance", &var, one, &momentum)?;
        let deviation = self.deviation(&x, &axes, &kept_var, epsilon)?;
        let hat = self.centred(&x, &axes, &kept_mean, &deviation)?;
        let afterwards = self.scaled(&gamma, &hat, &beta)?;
        self.after_training.push(Trained { training: training.id, afterwards: afterwards.id });
        Ok(training)
    }

    /// A moving average of a value, which is state of the layer.
    fn moving(&mut self, suffix: &str, value: &Value, initial: Initial, momentum: &Number) -> Result<Value> {
        let own = self.layer_symbol(suffix, Role::State, &value.dims(), initial)?;
        let rest = &Number::ONE - momentum;
        let next = value::sum(self.graph, &[(momentum.clone(), &own), (rest, value)])?;
        self.layer_updates.push(Update { symbol: own.id, value: next.id });
        Ok(own)
    }

    /// To mean 0 and deviation 1, by what both are in the rows to train on; a column that is always the same becomes 0.
    pub(crate) fn standardize(&mut self, given: &Given<'s>) -> Result<Value> {
        let x = self.input(given, 1, "[m, .., features]")?;
        if !x.free.is_empty() {
            return Err("standardize takes a whole array, without indices".into());
        }
        match self.hangs_on_data(x.id) {
            Ok(true) => {}
            Ok(false) => return Err("standardize takes data: write data X[m, n] in a line before".into()),
            Err(what) => {
                return Err(
                    format!("standardize takes data, and this hangs on {what}; batch_norm(x) takes any value").into()
                );
            }
        }
        let axes: Vec<usize> = (0..(x.rank() - 1).max(1)).collect();
        let mean = reductions::reduce(self.graph, &x, &axes, Reduction::Mean)?;
        let deviation = reductions::reduce(self.graph, &x, &axes, Reduction::Std)?;
        let ends = [Reduction::Max, Reduction::Min].map(|end| reductions::reduce(self.graph, &x, &axes, end));
        let [most, least] = ends;
        let constant = value::map(self.graph, Primitive::Eq, &[&most?, &least?])?;
        let one = Value::scalar(self.graph.integer(1));
        let deviation = value::map(self.graph, Primitive::Select, &[&constant, &one, &deviation])?;
        let mean = self.fitted_part("mean", &x, &mean, None);
        let deviation = self.fitted_part("std", &x, &deviation, Some(Constraint::Positive));
        self.centred(&x, &axes, &mean, &stretched(&x, &axes, &deviation))
    }

    /// A fitted constant of a layer, called after what it is of; one that is there already serves again.
    fn fitted_part(&mut self, suffix: &str, of: &Value, value: &Value, constraint: Option<Constraint>) -> Value {
        if let Some(known) = self.fitted.iter().find(|f| f.value == value.id) {
            return Value::of(self.graph, known.symbol);
        }
        let base = match self.graph.node(of.id) {
            Node::Symbol(_) => self.graph.symbol_name(of.id).to_string(),
            _ => {
                let defined = self.definitions.iter().find(|(.., v)| v.id == of.id).map(|(name, ..)| *name);
                defined.unwrap_or(if self.current.is_empty() { "layer" } else { self.current }).to_string()
            }
        };
        let name = self.unused_name(format!("{base}_{suffix}"));
        let (line, before) = (self.line(self.span.start), self.graph.len());
        let dims = self.graph.dims(value.id).to_vec();
        let symbol = self.fitted_symbol(&name, dims, constraint, value.id, line);
        let origin = self.origin(&name, true);
        self.graph.attribute(before, origin);
        symbol
    }

    /// Ba, Kiros & Hinton, "Layer normalization" (2016).
    pub(crate) fn layer_norm(&mut self, given: &Given<'s>) -> Result<Value> {
        let x = self.input(given, 1, "[.., features]")?;
        let epsilon = self.epsilon(given, "layer_norm", 1000)?;
        self.normalised(&x, &[x.rank() - 1], epsilon)
    }

    /// Srivastava et al., "Dropout" (2014), inverted: what is kept is scaled up.
    pub(crate) fn dropout(&mut self, given: &Given<'s>) -> Result<Value> {
        let x = self.input(given, 0, "[..]")?;
        let rate = given.number(self.graph, 1, "rate")?.unwrap_or(Number::HALF);
        let keep = &Number::ONE - &rate;
        let Some(scale) = keep.recip().filter(|_| !rate.is_negative() && !keep.is_negative()) else {
            return Err("the rate of dropout is at least 0 and below 1".into());
        };
        self.begin_layer();
        let name = format!("{}_dropout{}", self.current, self.layers);
        let dims = x.dims();
        let random = self.graph.tensor_symbol(&name, Role::Random, &dims, Assumptions::default());
        let random = Value::of(self.graph, random);
        let g = &mut *self.graph;
        let (keep, zero) = (Value::scalar(g.number(keep)), Value::scalar(g.integer(0)));
        let kept = value::map(g, Primitive::Lt, &[&random, &keep])?;
        let scaled = value::sum(g, &[(scale, &x)])?;
        let training = value::map(g, Primitive::Select, &[&kept, &scaled, &zero])?;
        self.after_training.push(Trained { training: training.id, afterwards: x.id });
        Ok(training)
    }

    pub(crate) fn embedding(&mut self, given: &Given<'s>) -> Result<Value> {
        let ids = given.value(0)?;
        if given.args.len() == 2 {
            let table = given.value(1)?;
            return positions::gather(self.graph, &table, &ids, 0, 0);
        }
        let vocabulary = given.size(self.graph, 1, "the size of the vocabulary")?;
        let units = given.size(self.graph, 2, "the number of units")?;
        self.begin_layer();
        let bound = Number::ratio(1, 20).unwrap_or(Number::ONE);
        let table = self.parameter("E", &[vocabulary, units], Initial::Uniform(-&bound, bound))?;
        positions::gather(self.graph, &table, &ids, 0, 0)
    }

    /// softmax(q @ k'/sqrt(units)) @ v of Vaswani et al., "Attention is all you need" (2017).
    pub(crate) fn attention(&mut self, given: &Given<'s>) -> Result<Value> {
        let (q, k, v) = if given.args.len() == 3 {
            (given.value(0)?, given.value(1)?, given.value(2)?)
        } else {
            let x = self.input(given, 2, "[.., words, features]")?;
            let units = given.size(self.graph, 1, "the number of units")?;
            self.begin_layer();
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
        let transposed = value::turned(self.graph, &k);
        let scores = value::matmul(self.graph, &q, &transposed)?;
        let g = &mut *self.graph;
        let size = g.dim_node(units);
        let root = value::map(g, Primitive::Sqrt, &[&Value::scalar(size)])?;
        let scores = value::quotient(g, &scores, &root)?;
        let weights = value::operation(g, op::Softmax, &[&scores])?;
        value::matmul(g, &weights, &v)
    }
}

/// A value without these axes, repeated along them.
fn stretched(x: &Value, axes: &[usize], value: &Value) -> Value {
    let mut kept = value.axes.iter().copied();
    let put = |k| if axes.contains(&k) { Axis::Stretch } else { kept.next().unwrap_or(Axis::Stretch) };
    Value { axes: (0..x.rank()).map(put).collect(), ..value.clone() }
}
