//! Model files: what they declare, their derivatives in the person's own names, and points to check them at.

use wrt_check::{ArrayPart, random_arrays};
use wrt_core::language::{Constraint, Declaration, Definition, Initial};
use wrt_core::{Array, Assumptions, Dim, Graph, Id, Node, Number, Role};
use wrt_kernels::Stream;
use wrt_run::evaluate_arrays;

use crate::error::Error;
use crate::session::Session;
use crate::tensors::{ArrayPoint, Sizes, each};

/// Sizes that named dimensions get where none are given: different ones, so that a mix-up shows.
const SIZES: [usize; 8] = [4, 3, 2, 5, 6, 7, 8, 9];

/// A direction for [`Session::hvp`] and [`Session::jvp`], or the weights for [`Session::vjp`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Along {
    /// Its name, which the formula doesn't use.
    pub name: String,
    /// Its symbol.
    pub id: Id,
}

/// A name of a text with its shape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shaped {
    /// Its line, counted from 1.
    pub line: usize,
    /// `data`, `param`, `const` or `metric`; empty for a definition.
    pub role: &'static str,
    /// The name.
    pub name: String,
    /// Its dimensions; none for a number.
    pub dims: Vec<String>,
}

impl Session {
    /// Data, parameters and constants that the text declares, those that layers make among them.
    pub fn declarations(&self) -> &[Declaration] {
        &self.parsed.declarations
    }

    /// The definitions, in the order of the text.
    pub fn definitions(&self) -> &[Definition] {
        &self.parsed.definitions
    }

    /// The names of the definitions that are metrics.
    pub fn metrics(&self) -> &[String] {
        &self.parsed.metrics
    }

    /// How the text says to train.
    pub fn train(&self) -> Option<&wrt_core::language::Train> {
        self.parsed.train.as_ref()
    }

    /// What the person should know of the text.
    pub fn warnings(&self) -> &[String] {
        &self.parsed.warnings
    }

    /// Is the text a model: does it declare data or parameters?
    pub fn is_model(&self) -> bool {
        !self.parsed.declarations.is_empty()
    }

    /// What to differentiate with respect to where nobody says: the parameters of a model, or else every free name.
    pub fn default_variables(&self) -> Vec<String> {
        let parameters = self.parsed.declarations.iter().filter(|d| d.role == Role::Parameter);
        let names: Vec<String> = parameters.map(|d| d.name.clone()).collect();
        if names.is_empty() { self.unknown_names() } else { names }
    }

    /// Differentiates another definition of the text from now on.
    ///
    /// # Errors
    /// If there is no such definition.
    pub fn choose(&mut self, name: &str) -> Result<(), Error> {
        let Some(found) = self.parsed.definitions.iter().find(|d| d.name == name) else {
            let names = self.parsed.definitions.iter().map(|d| d.name.as_str());
            let help = match wrt_core::language::closest(name, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name one of the definitions of the text".to_string(),
            };
            return Err(Error::new("name", format!("the text defines no `{name}`")).with_help(help));
        };
        self.parsed.result = found.id;
        Ok(())
    }

    /// The gradient of a scalar formula with respect to each of `wrt`, in one sweep backwards.
    ///
    /// # Errors
    /// If the formula is not one number, or where the table says that there is no derivative.
    pub fn gradient(&mut self, wrt: &[Id]) -> Result<Vec<Id>, Error> {
        self.refuse_rank("gradient")?;
        let root = self.root();
        Ok(wrt_differentiate::gradient(self.graph_mut(), root, wrt)?)
    }

    /// The Jacobian with respect to each of `wrt`: the axes of the formula, then those of the variable.
    ///
    /// # Errors
    /// Where the table says that there is no derivative.
    pub fn jacobian(&mut self, wrt: &[Id]) -> Result<Vec<Id>, Error> {
        let root = self.root();
        Ok(wrt_differentiate::jacobian(self.graph_mut(), &[root], wrt)?.swap_remove(0))
    }

    /// The blocks of the Hessian of a scalar formula: row i, column j holds the axes of `wrt[i]`, then those of
    /// `wrt[j]`.
    ///
    /// # Errors
    /// As [`Session::gradient`].
    pub fn hessian(&mut self, wrt: &[Id]) -> Result<Vec<Vec<Id>>, Error> {
        self.refuse_rank("Hessian")?;
        let root = self.root();
        Ok(wrt_differentiate::hessian(self.graph_mut(), root, wrt)?)
    }

    /// The product of the Hessian with a direction for each of `wrt`: the change of each gradient along them.
    ///
    /// # Errors
    /// As [`Session::gradient`].
    pub fn hvp(&mut self, wrt: &[Id], directions: &[Along]) -> Result<Vec<Id>, Error> {
        let gradient = self.gradient(wrt)?;
        let along: Vec<Id> = directions.iter().map(|d| d.id).collect();
        Ok(wrt_differentiate::jvp(self.graph_mut(), &gradient, wrt, &along)?)
    }

    /// The product of the Jacobian with a direction for each of `wrt`: the change of the formula along them.
    ///
    /// # Errors
    /// Where the table says that there is no derivative.
    pub fn jvp(&mut self, wrt: &[Id], directions: &[Along]) -> Result<Id, Error> {
        let (root, along) = (self.root(), directions.iter().map(|d| d.id).collect::<Vec<_>>());
        Ok(wrt_differentiate::jvp(self.graph_mut(), &[root], wrt, &along)?.swap_remove(0))
    }

    /// The product of weights, shaped like the formula, with its Jacobian for each of `wrt`.
    ///
    /// # Errors
    /// Where the table says that there is no derivative.
    pub fn vjp(&mut self, wrt: &[Id], weights: &Along) -> Result<Vec<Id>, Error> {
        let root = self.root();
        Ok(wrt_differentiate::vjp(self.graph_mut(), root, wrt, weights.id)?)
    }

    fn refuse_rank(&self, what: &str) -> Result<(), Error> {
        let (graph, root) = (self.graph(), self.root());
        if graph.is_scalar(root) {
            return Ok(());
        }
        let shape = graph.shape_text(graph.dims(root));
        Err(Error::new("shape", format!("the formula has the shape {shape}; a {what} is of one number"))
            .with_help("ask for the jacobian, or reduce the formula: sum(…), mean(…)"))
    }

    /// New names shaped like these nodes: `v` for one, `v_w` for several.
    pub fn directions(&mut self, letter: &str, like: &[(String, Id)]) -> Vec<Along> {
        let mut found = Vec::with_capacity(like.len());
        for (name, id) in like {
            let own = if like.len() == 1 { letter.to_string() } else { format!("{letter}_{name}") };
            let own = self.unused(&own);
            let dims = self.graph().dims(*id).to_vec();
            let id = self.graph_mut().tensor_symbol(&own, Role::Variable, &dims, Assumptions::default());
            found.push(Along { name: own, id });
        }
        found
    }

    /// Each declaration and definition, in the order of the text.
    pub fn shapes(&self) -> Vec<Shaped> {
        let word = |role: Role| match role {
            Role::Data => "data",
            Role::Parameter => "param",
            Role::Constant => "const",
            _ => "",
        };
        let shaped = |line, role, name: &str, id| Shaped { line, role, name: name.into(), dims: self.shape_names(id) };
        let metric = |name: &String| if self.metrics().contains(name) { "metric" } else { "" };
        let declared = self.declarations().iter().map(|d| shaped(d.line, word(d.role), &d.name, d.id));
        let defined = self.definitions().iter().map(|d| shaped(d.line, metric(&d.name), &d.name, d.id));
        let mut all: Vec<Shaped> = declared.chain(defined).collect();
        all.sort_by_key(|s| s.line);
        all
    }

    /// The dimensions of a node as people write them.
    pub fn shape_names(&self, id: Id) -> Vec<String> {
        let graph = self.graph();
        graph.dims(id).iter().map(|d| graph.dimension(*d).to_string()).collect()
    }

    /// The shape of a node as people write it.
    pub fn shape_of(&self, id: Id) -> String {
        let graph = self.graph();
        if graph.is_scalar(id) { "number".to_string() } else { graph.shape_text(graph.dims(id)) }
    }

    /// Is the formula one number?
    pub fn is_scalar(&self) -> bool {
        self.graph().is_scalar(self.root())
    }

    /// A formula of several numbers becomes their sum with weights, a new name, so that it has a gradient.
    pub fn weigh(&mut self) {
        if self.is_scalar() {
            return;
        }
        let (root, name) = (self.root(), self.result_name().unwrap_or("f").to_string());
        let weights = self.directions("u", &[(name, root)]).swap_remove(0).id;
        let graph = self.graph_mut();
        let dims = graph.dims(root).to_vec();
        let own: Vec<u8> = (0..dims.len() as u8).collect();
        self.parsed.result = graph.einsum(&[weights, root], &[&own, &own], &[], &dims);
    }

    /// The free names that have no value by themselves: all but those of dimensions.
    pub fn unknown_names(&self) -> Vec<String> {
        let graph = self.graph();
        let symbols = graph.free_symbols(&[self.root()]).into_iter();
        let unknown = symbols.filter(|id| !matches!(graph.node(*id), Node::Symbol(s) if s.role == Role::Dimension));
        unknown.map(|id| graph.symbol_name(id).to_string()).collect()
    }

    /// Adds the values of the constants of a model to a point.
    ///
    /// # Errors
    /// If one has no finite value.
    pub fn fill_constants(&self, point: &mut ArrayPoint, sizes: &Sizes) -> Result<(), Error> {
        for d in self.declarations() {
            if let (Role::Constant, Some(Initial::Formula(value))) = (d.role, &d.initial)
                && point.iter().all(|(id, _)| *id != d.id)
            {
                point.push((d.id, self.constant(*value, &d.dims, sizes)?));
            }
        }
        Ok(())
    }

    /// Sizes for all named dimensions: those given, and small different ones for the others.
    pub fn complete_sizes(&self, sizes: &mut Sizes) {
        let graph = self.graph();
        let mut names: Vec<String> = Vec::new();
        for id in graph.reachable(&[self.root()]) {
            for dim in graph.dims(id) {
                for (factors, _) in graph.dimension(*dim).terms() {
                    names.extend(factors.iter().cloned());
                }
            }
        }
        // In the order in which the text names them.
        let mut ordered: Vec<String> = Vec::new();
        let declared = self.declarations().iter().flat_map(|d| &d.dims);
        let mentioned = declared.filter_map(|d| graph.dimension(*d).as_name().map(String::from));
        let labels = self.declarations().iter().filter_map(|d| match &d.constraint {
            Some(Constraint::Labels(k)) => k.as_name().map(String::from),
            _ => None,
        });
        for name in mentioned.chain(labels).chain(names) {
            if !ordered.contains(&name) {
                ordered.push(name);
            }
        }
        for (k, name) in ordered.into_iter().enumerate() {
            if !sizes.iter().any(|(known, _)| *known == name) {
                sizes.push((name, SIZES[k % SIZES.len()]));
            }
        }
    }

    /// A point at which the formula has a value: what is given, the values of constants, and random numbers, the same
    /// every time, that keep to what is declared.
    ///
    /// # Errors
    /// If none was found, or values have another shape.
    pub fn random_point(&mut self, given: &ArrayPoint, sizes: &Sizes) -> Result<ArrayPoint, Error> {
        let wrong = |e: wrt_run::EvaluationError| Error::new("value", e.to_string());
        let mut point = given.clone();
        self.fill_constants(&mut point, sizes)?;
        for d in self.declarations() {
            if let Some(constraint) = &d.constraint
                && point.iter().all(|(id, _)| *id != d.id)
                && let Some(array) = constrained(self.graph(), d, constraint, sizes)
            {
                point.push((d.id, array));
            }
        }
        let graph = self.graph();
        let declarations = &self.parsed.declarations;
        let size = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
        let classes = |id: Id| match declarations.iter().find(|d| d.id == id)?.constraint.as_ref()? {
            Constraint::Labels(k) => k.evaluate(size).map(|k| k as usize),
            _ => None,
        };
        random_arrays(graph, &[self.root()], &point, sizes, &classes).map_err(wrong)
    }

    /// What the parameters start as: the values that the text says, random numbers that hang on the seed and on the
    /// parameter's name only, zeros where it says nothing.
    ///
    /// # Errors
    /// If a value that the text says cannot be computed.
    pub fn initial_values(&self, seed: u64, sizes: &Sizes) -> Result<Vec<(Id, Array<f64>)>, Error> {
        let parameters = self.declarations().iter().filter(|d| d.role == Role::Parameter);
        parameters.map(|d| Ok((d.id, self.initial_value(d, seed, sizes)?))).collect()
    }

    fn initial_value(&self, d: &Declaration, seed: u64, sizes: &Sizes) -> Result<Array<f64>, Error> {
        let shape = sizes_of(self.graph(), &d.dims, sizes);
        let entries: usize = shape.iter().product();
        // Keras' fans: the last axis goes out, the one before comes in, those before multiply both.
        let (field, fans) = shape.split_at(shape.len().saturating_sub(2));
        let field: usize = field.iter().product();
        let (fan_in, fan_out) = match fans {
            [a, b] => ((field * a) as f64, (field * b) as f64),
            [n] => (*n as f64, *n as f64),
            _ => (1.0, 1.0),
        };
        let stream = Stream::new(seed, &d.name, 0);
        let uniform =
            |low: f64, high: f64| (0..entries as u64).map(|k| low + (high - low) * stream.uniform(k)).collect();
        let normal =
            |mean: f64, deviation: f64| (0..entries as u64).map(|k| mean + deviation * stream.normal(k)).collect();
        let around = |limit: f64| uniform(-limit, limit);
        let data: Vec<f64> = match &d.initial {
            None => vec![0.0; entries],
            Some(Initial::Formula(value)) => return Ok(each(&self.constant(*value, &d.dims, sizes)?, Number::to_f64)),
            Some(Initial::GlorotUniform) => around((6.0 / (fan_in + fan_out)).sqrt()),
            Some(Initial::GlorotNormal) => normal(0.0, (2.0 / (fan_in + fan_out)).sqrt()),
            Some(Initial::HeUniform) => around((6.0 / fan_in).sqrt()),
            Some(Initial::HeNormal) => normal(0.0, (2.0 / fan_in).sqrt()),
            Some(Initial::Normal(mean, deviation)) => normal(mean.to_f64(), deviation.to_f64()),
            Some(Initial::Uniform(low, high)) => uniform(low.to_f64(), high.to_f64()),
        };
        Ok(Array { shape, data })
    }

    /// The value of a declaration's formula, spread over its shape.
    fn constant(&self, value: Id, dims: &[Dim], sizes: &Sizes) -> Result<Array<Number>, Error> {
        let wrong = |e: wrt_run::EvaluationError| Error::new("value", e.to_string());
        let graph = self.graph();
        let like = wrt_run::Precise::new(Number::ONE, 256);
        let found = evaluate_arrays(graph, &[value], &[], sizes, &like).map_err(wrong)?.swap_remove(0);
        let exact =
            |x: &wrt_run::Precise| x.as_exact().cloned().or_else(|| Number::from_f64(wrt_core::Real::approximate(x)));
        let data: Option<Vec<Number>> = found.data.iter().map(exact).collect();
        let data = data.ok_or_else(|| Error::new("value", "a constant of the model has no finite value"))?;
        if !found.shape.is_empty() || dims.is_empty() {
            return Ok(Array { shape: found.shape, data });
        }
        let shape = sizes_of(graph, dims, sizes);
        let entries = shape.iter().product();
        Ok(Array { data: vec![data[0].clone(); entries], shape })
    }

    /// Every way to the gradient of the formula with respect to each of `wrt`, held against nudges at a point.
    ///
    /// # Errors
    /// Where there is no derivative or no value.
    pub fn check_arrays(
        &mut self,
        wrt: &[Id],
        shown: &[Id],
        at: &ArrayPoint,
        sizes: &Sizes,
    ) -> Result<Vec<ArrayPart>, Error> {
        self.refuse_rank("check")?;
        let root = self.root();
        let checked = wrt_check::check_arrays(self.graph_mut(), root, wrt, shown, at, sizes);
        checked.map_err(|e| match e {
            wrt_check::Unchecked::NotDifferentiable(e) => e.into(),
            wrt_check::Unchecked::NoValue(e) => Error::new("value", e.to_string()),
        })
    }
}

fn sizes_of(graph: &Graph, dims: &[Dim], sizes: &Sizes) -> Vec<usize> {
    let size = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
    dims.iter().map(|d| graph.dimension(*d).evaluate(size).unwrap_or(1) as usize).collect()
}

/// Values, the same every time, that keep to a constraint; none where any numbers of the right sign do.
fn constrained(graph: &Graph, d: &Declaration, constraint: &Constraint, sizes: &Sizes) -> Option<Array<Number>> {
    let shape = sizes_of(graph, &d.dims, sizes);
    let entries: usize = shape.iter().product();
    // A sequence without visible order in 1 .. 16.
    let whole = |k: usize| (k * 7 + k * k * 3 + 5) % 16 + 1;
    let last = shape.last().copied().unwrap_or(1);
    let data: Vec<Number> = match constraint {
        Constraint::Interval(low, high) => {
            let width = high - low;
            let part = |k: usize| Number::ratio(whole(k) as i64, 17).map(|t| low + &(&t * &width));
            (0..entries).map(part).collect::<Option<_>>()?
        }
        Constraint::Simplex => {
            let row = |k: usize| (k / last * last..k / last * last + last).map(whole).sum::<usize>();
            (0..entries).map(|k| Number::ratio(whole(k) as i64, row(k) as u64 as _)).collect::<Option<_>>()?
        }
        Constraint::Symmetric | Constraint::PositiveDefinite => {
            let n = last;
            let entry = |k: usize| {
                let (i, j) = (k / n % n, k % n);
                let value = Number::ratio(whole(i.min(j) * n + i.max(j)) as i64, 16)?;
                let heavy = i == j && *constraint == Constraint::PositiveDefinite;
                Some(if heavy { &value + &Number::integer(n as i64) } else { value })
            };
            (0..entries).map(entry).collect::<Option<_>>()?
        }
        Constraint::Integer => (0..entries).map(|k| Number::integer(whole(k) as i64)).collect(),
        Constraint::Labels(_) | Constraint::Positive | Constraint::Nonnegative => return None,
    };
    Some(Array { shape, data })
}
