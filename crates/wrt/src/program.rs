//! Compiled programs: expressions that are computed again and again, on slices, in single or double precision.

use wrt_core::{Array, Dimension, Graph, Id, Node, Role};
use wrt_engine::{Compiled, EngineError, EngineReal, Level, Needs, Program as Plan, Refusal, Workspace};
use wrt_kernels::Stream;
use wrt_rewrite::Pace;

use crate::blame::{NotFinite, not_finite};
use crate::error::{Error, ErrorKind};
use crate::evaluate::Point;
use crate::expr::Expr;
use crate::fitted;
use crate::guard::{Guarded, guard};
use crate::model::Model;
use crate::training::{draw, made_up, random_among};

/// What a program reads: a name with its shape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// The name.
    pub name: String,
    /// Its dimensions; none for a number.
    pub dims: Vec<Dimension>,
}

/// Expressions, compiled together, so that what they share is computed once.
///
/// A program is only read while it runs: many threads may run it, each in a workspace of its own, which keeps the memory
/// and the plans for the sizes that came last. Once it has seen its sizes, a run allocates nothing. A workspace may have
/// threads of its own for large steps (`program.workspace().with_threads(4)`): results have the same bits for any number.
///
/// ```
/// use wrt::{Model, compile};
/// let model = Model::parse("data X[m, n], y[m]; param w[n]; cost = mean((X @ w - y)^2)")?;
/// let gradient = model.gradient("w")?;
/// let program = compile::<f64>(&[model.cost(), &gradient])?;
/// let names: Vec<&str> = program.inputs().iter().map(|i| i.name.as_str()).collect();
/// assert_eq!(names, ["X", "y", "w"]);
/// let (mut cost, mut slope) = ([0.0], [0.0]);
/// let mut workspace = program.workspace();
/// program.run(&mut workspace, &[&[1.0, 2.0], &[2.0, 4.0], &[3.0]], &mut [&mut cost, &mut slope])?;
/// assert_eq!((cost, slope), ([2.5], [5.0]));
/// # Ok::<(), wrt::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Program<T> {
    compiled: Compiled<T>,
    inputs: Vec<Input>,
    sizes: Vec<Size>,
    outputs: Vec<Vec<Dimension>>,
}

/// A named size, and how it is known.
#[derive(Clone, Debug)]
struct Size {
    name: String,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Rule {
    /// The length of an input, divided by a number and by sizes before this one.
    Length { input: usize, divisor: usize, others: Vec<usize> },
    /// It is said, since no length tells it.
    Given(Option<usize>),
}

/// Compiles expressions, of one model or of several.
///
/// # Errors
/// Where two expressions use a name differently.
///
/// ```
/// let model = wrt::Model::parse("data A[n, n]; cost = det(A)")?;
/// let program = wrt::compile::<f64>(&[model.cost()])?.with_sizes(&[("n", 2)]);
/// let mut det = [0.0];
/// program.run(&mut program.workspace(), &[&[2.0, 1.0, 1.0, 3.0]], &mut [&mut det])?;
/// assert_eq!(det, [5.0]);
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn compile<T: EngineReal>(expressions: &[&Expr]) -> Result<Program<T>, Error> {
    let Some(home) = Expr::home(expressions) else {
        return Err(Error::new(ErrorKind::Arguments, "a program computes expressions, and there are none"));
    };
    let roots = expressions.iter().map(|e| home.adopt_with_unit_axes(e)).collect::<Result<Vec<_>, Error>>()?;
    Program::of_nodes(home.lock().graph(), &roots)
}

impl<T: EngineReal> Program<T> {
    /// Nodes of a graph, compiled.
    ///
    /// # Errors
    /// As [`compile`].
    pub(crate) fn of_nodes(graph: &Graph, roots: &[Id]) -> Result<Program<T>, Error> {
        let (compiled, symbols) = compiled(graph, roots, Pace::Always)?;
        let inputs: Vec<Input> = symbols.iter().map(|id| Input::of(graph, *id)).collect();
        let wanted = wrt_core::dimensions(graph, &[roots, &symbols].concat());
        let names: Vec<String> =
            wanted.iter().flat_map(|d| d.terms()).flat_map(|(names, _)| names.iter().cloned()).collect();
        let sizes = sizes(&inputs, &names);
        let outputs = roots.iter().map(|id| Input::of(graph, *id).dims).collect();
        Ok(Program { compiled, inputs, sizes, outputs })
    }

    /// What it reads, in the order in which values are given.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// The dimensions of what it computes.
    pub fn outputs(&self) -> &[Vec<Dimension>] {
        &self.outputs
    }

    /// Memory to run in, which a caller keeps.
    pub fn workspace(&self) -> Workspace<T> {
        self.compiled.workspace()
    }

    /// The same program, with the instructions of a level that this machine has.
    #[must_use]
    pub fn at_level(mut self, level: Level) -> Program<T> {
        self.compiled = self.compiled.at_level(level);
        self
    }

    /// The same program in no more memory than so many bytes, with what it reads and computes: arrays for which there is no
    /// room are computed again where they are read again. No bit of a result changes. A run says what the least would be
    /// where that is not enough.
    ///
    /// ```
    /// use wrt::{Model, compiled};
    /// let layers = (1..20).map(|k| format!("h{} = tanh(h{k} @ W);", k + 1)).collect::<String>();
    /// let model = Model::parse(&format!("data h1[m, n]; param W[n, n]; {layers} cost = sum(h20^2)"))?;
    /// let program = compiled::value_and_gradient_by::<f64>(&model, &["W"])?;
    /// let sizes = [("m", 1000), ("n", 10)];
    /// let all = program.needs(&sizes, 1)?;
    /// let limit = all.total()*2/3;
    /// let less = program.within(limit).needs(&sizes, 1)?;
    /// assert!(less.total() <= limit && less.recomputed > 0);
    /// # Ok::<(), wrt::Error>(())
    /// ```
    #[must_use]
    pub fn within(mut self, bytes: u64) -> Program<T> {
        self.compiled = self.compiled.within(bytes);
        self
    }

    /// The same program where named sizes are these: needed for those that follow from no length, as both of `M[m, n]`
    /// if nothing else has one of them.
    #[must_use]
    pub fn with_sizes(mut self, known: &[(&str, usize)]) -> Program<T> {
        self.set_sizes(known);
        self
    }

    /// From here on named sizes are these, where no length tells them.
    pub(crate) fn set_sizes(&mut self, known: &[(&str, usize)]) {
        for Size { name, rule } in &mut self.sizes {
            if let (Rule::Given(own), Some((_, size))) = (rule, known.iter().find(|(n, _)| n == name)) {
                *own = Some(*size);
            }
        }
    }

    /// Plans for the lengths of these values, so that the first run is as fast as any other.
    ///
    /// # Errors
    /// As [`Program::run`].
    pub fn prepare(&self, workspace: &mut Workspace<T>, inputs: &[&[T]]) -> Result<(), Error> {
        Ok(self.at_sizes(inputs, |sizes| self.compiled.prepare(workspace, sizes))??)
    }

    /// The memory that it needs where named sizes are these, on so many threads, with what it reads and computes; none is
    /// taken.
    ///
    /// # Errors
    /// Where a size is missing, or an array has more entries than there can be.
    ///
    /// ```
    /// let model = wrt::Model::parse("data X[m, n]; param w[n]; cost = sum((X @ w)^2)")?;
    /// let needs = wrt::compile::<f64>(&[model.cost()])?.needs(&[("m", 1_000_000), ("n", 1000)], 1)?;
    /// assert_eq!(needs.inputs, 8_000_008_000);
    /// assert_eq!(needs.largest[0].0, "X");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn needs(&self, sizes: &[(&str, usize)], threads: usize) -> Result<Needs, Error> {
        Ok(self.compiled.needs(sizes, threads)?)
    }

    /// The plan for the lengths of these values, as a person reads it: loops, products and sums with what they read and
    /// write.
    ///
    /// # Errors
    /// As [`Program::run`].
    pub fn plan_text(&self, inputs: &[&[T]]) -> Result<String, Error> {
        Ok(self.at_sizes(inputs, |sizes| self.compiled.plan_text(sizes))??)
    }

    /// Zeros for what it computes of these values.
    pub fn room(&self, inputs: &[&[T]]) -> Vec<Vec<T>> {
        let one = |shape: Vec<usize>| {
            let mut room = Vec::new();
            let entries = shape.iter().try_fold(1usize, |n, k| n.checked_mul(*k)).unwrap_or(usize::MAX);
            // What no memory holds gets no room, and a run says that its length is wrong.
            if room.try_reserve_exact(entries).is_ok() {
                room.resize(entries, T::ZERO);
            }
            room
        };
        self.shapes(inputs).into_iter().map(one).collect()
    }

    /// The shapes of what it computes of these values.
    pub(crate) fn shapes(&self, inputs: &[&[T]]) -> Vec<Vec<usize>> {
        let shape = |dims: &Vec<Dimension>, sizes: &[(&str, usize)]| {
            let size = |name: &str| sizes.iter().find(|(n, _)| *n == name).map(|(_, k)| *k as u64);
            dims.iter().map(|d| d.evaluate(size).unwrap_or(0) as usize).collect()
        };
        let all = self.at_sizes(inputs, |sizes| self.outputs.iter().map(|dims| shape(dims, sizes)).collect());
        all.unwrap_or_default()
    }

    /// Computes everything once, for values that lie entry behind entry, the last axis fastest. Named sizes follow from
    /// the lengths.
    ///
    /// # Errors
    /// Where lengths don't fit the shapes or each other, and where a label is none of its classes.
    pub fn run(&self, workspace: &mut Workspace<T>, inputs: &[&[T]], outputs: &mut [&mut [T]]) -> Result<(), Error> {
        Ok(self.at_sizes(inputs, |sizes| self.compiled.run(workspace, sizes, inputs, &mut [], outputs))??)
    }

    /// The first node on the way to a result that is not finite, for these values: a result that is NaN or infinite is
    /// computed once more by the rows of the table, node by node. None where all results are finite, and where there is so
    /// much to compute that it would take long.
    ///
    /// # Errors
    /// Where a named size doesn't follow from the lengths.
    ///
    /// ```
    /// let model = wrt::Model::parse("data x[m]; r = sqrt(x - 1); cost = sum(2*r)")?;
    /// let program = wrt::compile::<f64>(&[model.cost()])?;
    /// let found = program.blame(&[&[5.0, 0.5, 2.0]])?.unwrap();
    /// assert_eq!((found.formula.as_str(), &found.place[..]), ("sqrt(x - 1)", &[1][..]));
    /// assert_eq!(found.to_string(), "`sqrt(x - 1)` is NaN in row 1, where x - 1 = -0.5 (in `r`)");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn blame(&self, inputs: &[&[T]]) -> Result<Option<NotFinite>, Error> {
        let values = |all: &[T]| all.iter().map(|x| x.to_f64()).collect();
        let given = self.compiled.inputs().iter().zip(inputs).map(|(id, all)| (*id, values(all))).collect();
        let roots: Vec<Id> = self.compiled.roots().iter().map(|(id, _)| *id).collect();
        self.at_sizes(inputs, |sizes| not_finite::<T>(self.compiled.graph(), &roots, given, sizes))
    }

    /// Named sizes, as they follow from the lengths of values; on the stack, unless there are many.
    fn at_sizes<R>(&self, inputs: &[&[T]], f: impl FnOnce(&[(&str, usize)]) -> R) -> Result<R, Error> {
        const MANY: usize = 16;
        let mut few = [("", 0); MANY];
        let mut many = Vec::new();
        let sizes: &mut [(&str, usize)] = if self.sizes.len() <= MANY {
            &mut few[..self.sizes.len()]
        } else {
            many.resize(self.sizes.len(), ("", 0));
            &mut many
        };
        for (k, Size { name, rule }) in self.sizes.iter().enumerate() {
            let size = match rule {
                Rule::Length { input, divisor, others } => {
                    let length = inputs.get(*input).map_or(0, |s| s.len());
                    let divisor = others.iter().fold(*divisor, |d, k| d.saturating_mul(sizes[*k].1));
                    length.checked_div(divisor).unwrap_or(0)
                }
                Rule::Given(Some(size)) => *size,
                Rule::Given(None) => {
                    let message = format!("the size `{name}` doesn't follow from the lengths of the inputs");
                    return Err(Error::new(ErrorKind::Shape, message).with_help("say it: program.with_sizes(…)"));
                }
            };
            sizes[k] = (name, size);
        }
        Ok(f(sizes))
    }
}

impl Program<f64> {
    /// As [`Program::run`], and every entry of a result that lost digits on the way is computed once more with as many
    /// bits as it takes, by the same plan. It is for values that count more than time: beside the run, each operation is
    /// followed with a bound of its error, one entry after the other.
    ///
    /// # Errors
    /// As [`Program::run`].
    ///
    /// ```
    /// use wrt::{Model, compile};
    /// let model = Model::parse("data x; cost = (1 - cos(x))/x^2")?;
    /// let program = compile::<f64>(&[model.cost()])?;
    /// let (mut workspace, mut cost) = (program.workspace(), [0.0]);
    /// let guarded = program.run_guarded(&mut workspace, &[&[1e-9]], &mut [&mut cost])?;
    /// assert_eq!((cost, guarded.recomputed, guarded.unsure), ([0.5], 1, 0));
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn run_guarded(
        &self,
        workspace: &mut Workspace<f64>,
        inputs: &[&[f64]],
        outputs: &mut [&mut [f64]],
    ) -> Result<Guarded, Error> {
        self.run(workspace, inputs, outputs)?;
        match workspace.plan() {
            Some(plan) => guard(plan, self.compiled.inputs(), inputs, outputs),
            None => Ok(Guarded::default()),
        }
    }
}

impl Input {
    pub(crate) fn of(graph: &Graph, id: Id) -> Input {
        let dims = graph.dims(id).iter().map(|d| graph.dimension(*d).clone()).collect();
        Input { name: graph.symbol_name(id).to_string(), dims }
    }

    /// The entries of one row along the batch's axis; none where the first axis is another.
    pub(crate) fn row_entries(&self, batch: Option<&str>, sizes: &[(&str, usize)]) -> Option<usize> {
        let (first, rest) = self.dims.split_first()?;
        if first.as_name() != batch {
            return None;
        }
        Input { name: String::new(), dims: rest.to_vec() }.entries(sizes)
    }

    /// Is its first axis that of the batch?
    pub(crate) fn rows_along(&self, batch: Option<&str>) -> bool {
        batch.is_some() && self.dims.first().and_then(|d| d.as_name()) == batch
    }

    /// Its entries, where sizes are known.
    pub fn entries(&self, sizes: &[(&str, usize)]) -> Option<usize> {
        let size = |name: &str| sizes.iter().find(|(n, _)| *n == name).map(|(_, k)| *k as u64);
        let entries = self.dims.iter().try_fold(1u64, |n, d| n.checked_mul(d.evaluate(size)?));
        entries.and_then(|n| usize::try_from(n).ok())
    }
}

impl Input {
    /// The error of an input whose dimensions have no size yet; none where they have.
    pub(crate) fn missing_size(&self, sizes: &[(&str, usize)]) -> Option<Error> {
        if self.entries(sizes).is_some() {
            return None;
        }
        let is_unknown = |name: &&String| sizes.iter().all(|(n, _)| n != *name);
        let names = self.dims.iter().flat_map(|d| d.terms()).flat_map(|(names, _)| names);
        let mut missing: Vec<&String> = names.filter(is_unknown).collect();
        missing.dedup();
        let list: Vec<String> = missing.iter().map(|n| format!("`{n}`")).collect();
        let message = match &list[..] {
            [] => format!("`{}` has more entries than there can be, or a negative size", self.name),
            [one] => format!("the size {one} of `{}` is missing", self.name),
            all => format!("the sizes {} of `{}` are missing", all.join(", "), self.name),
        };
        Some(Error::new(ErrorKind::Shape, message))
    }
}

/// The symbols that nodes read, beside sizes.
fn read_by(graph: &Graph, roots: &[Id]) -> Vec<Id> {
    let is_size = |id: &Id| matches!(graph.node(*id), Node::Symbol(s) if s.role == Role::Dimension);
    graph.free_symbols(roots).into_iter().filter(|id| !is_size(id)).collect()
}

/// Nodes compiled, with the symbols that they read, in the order in which their values are given.
fn compiled<T: EngineReal>(graph: &Graph, roots: &[Id], pace: Pace) -> Result<(Compiled<T>, Vec<Id>), Error> {
    let symbols = read_by(graph, roots);
    let mut graph = graph.clone();
    let pairs: Vec<(Id, Option<Id>)> = stable(&mut graph, roots, pace).into_iter().map(|id| (id, None)).collect();
    Ok((Compiled::new(&graph, &pairs, &symbols)?, symbols))
}

/// The values of nodes at a point by a program in double precision, made for this once; by itself, or with its digits
/// looked after.
pub(crate) fn computed(graph: &Graph, roots: &[Id], at: &Point, guarded: bool) -> Result<Vec<Array<f64>>, Error> {
    let (program, symbols) = compiled::<f64>(graph, roots, Pace::Asked)?;
    once(&program, graph, &symbols, at, |plan, inputs, outputs| match guarded {
        true => guard(plan, &symbols, inputs, outputs).map(drop),
        false => Ok(()),
    })
}

/// The values of nodes at a point as they are written, by a program in single precision, made for this once.
pub(crate) fn computed_single(graph: &Graph, roots: &[Id], at: &Point) -> Result<Vec<Array<f32>>, Error> {
    let symbols = read_by(graph, roots);
    let pairs: Vec<(Id, Option<Id>)> = roots.iter().map(|id| (*id, None)).collect();
    // The same bits on every machine: pictures show them.
    let program = Compiled::<f32>::new(graph, &pairs, &symbols)?.at_level(Level::portable());
    once(&program, graph, &symbols, at, |_, _, _| Ok(()))
}

/// What a program computes at a point, looked after.
fn once<T: EngineReal>(
    program: &Compiled<T>,
    graph: &Graph,
    symbols: &[Id],
    at: &Point,
    look_after: impl FnOnce(&Plan, &[&[T]], &mut [&mut [T]]) -> Result<(), Error>,
) -> Result<Vec<Array<T>>, Error> {
    let value = |id: &Id| {
        let unbound = || Error::new(ErrorKind::Value, format!("`{}` has no value", graph.symbol_name(*id)));
        Ok(at.get(*id).ok_or_else(unbound)?.data.iter().map(|n| T::from_f64(n.to_f64())).collect())
    };
    let given = symbols.iter().map(value).collect::<Result<Vec<Vec<T>>, Error>>()?;
    let given: Vec<&[T]> = given.iter().map(Vec::as_slice).collect();
    let sizes: Vec<(&str, usize)> = at.sizes.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    let mut workspace = program.workspace();
    program.prepare(&mut workspace, &sizes)?;
    let results = workspace.plan().map(|plan| plan.results.as_slice()).unwrap_or_default();
    let shapes: Vec<Vec<usize>> = results.iter().map(|r| r.shape.clone()).collect();
    let mut found: Vec<Vec<T>> = shapes.iter().map(|shape| vec![T::ZERO; shape.iter().product()]).collect();
    let mut room: Vec<&mut [T]> = found.iter_mut().map(Vec::as_mut_slice).collect();
    program.run(&mut workspace, &sizes, &given, &mut [], &mut room)?;
    if let Some(plan) = workspace.plan() {
        look_after(plan, &given, &mut room)?;
    }
    Ok(shapes.into_iter().zip(found).map(|(shape, data)| Array { shape, data }).collect())
}

/// Nodes in the form for computing, by the names that they had.
pub(crate) fn stable(graph: &mut Graph, roots: &[Id], pace: Pace) -> Vec<Id> {
    let new = wrt_rewrite::stable(graph, roots, pace);
    for (old, new) in roots.iter().zip(&new).filter(|(old, new)| old != new) {
        let name = graph.names().iter().rev().find(|(id, _)| id == old).map(|(_, name)| name.clone());
        if let Some(name) = name {
            graph.set_name(*new, &name);
        }
    }
    new
}

/// How named sizes follow from lengths: always the input with one unknown name next; where there is none, a name is to
/// be said.
fn sizes(inputs: &[Input], names: &[String]) -> Vec<Size> {
    let mut found: Vec<Size> = Vec::new();
    loop {
        let next = inputs.iter().enumerate().find_map(|(k, input)| by_length(k, input, &found));
        let is_known = |name: &&String| found.iter().any(|s| s.name == **name);
        let next = next.or_else(|| {
            let name = names.iter().find(|n| !is_known(n))?.clone();
            Some(Size { name, rule: Rule::Given(None) })
        });
        match next {
            Some(size) => found.push(size),
            None => return found,
        }
    }
}

/// The one size of an input that isn't known yet, if it is a name by itself.
fn by_length(input: usize, Input { dims, .. }: &Input, known: &[Size]) -> Option<Size> {
    let position = |d: &Dimension| known.iter().position(|s| d.as_name() == Some(s.name.as_str()));
    let is_unknown = |d: &&Dimension| d.as_size().is_none() && position(d).is_none();
    let mut unknown = dims.iter().filter(is_unknown);
    let (Some(single), None) = (unknown.next(), unknown.next()) else { return None };
    let name = single.as_name()?.to_string();
    let divisor = dims.iter().filter_map(Dimension::as_size).fold(1usize, |n, k| n.saturating_mul(k as usize));
    let others = dims.iter().filter_map(position).collect();
    Some(Size { name, rule: Rule::Length { input, divisor, others } })
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::new(ErrorKind::Limit, format!("`{}` can't be compiled: {}", refusal.name, refusal.reason))
    }
}

impl From<EngineError> for Error {
    fn from(e: EngineError) -> Error {
        match e {
            EngineError::Refused(refusal) => refusal.into(),
            EngineError::Label(..) => Error::new(ErrorKind::Value, e.to_string()),
            EngineError::Memory(_) | EngineError::Limit(..) => Error::new(ErrorKind::Limit, e.to_string()),
            _ => Error::new(ErrorKind::Shape, e.to_string()),
        }
    }
}

impl<T: EngineReal> Program<T> {
    /// Values for what it reads, the same for a seed: what parameters of a model start as, the values of its constants,
    /// and data that is made up.
    ///
    /// # Errors
    /// If a size is missing, or a value of the model can't be computed.
    pub fn made_up(&self, model: &Model, seed: u64, sizes: &[(&str, usize)]) -> Result<Vec<Vec<T>>, Error> {
        let mut fitted = self.fitted(model, sizes, &mut |input| model.made_up(input, seed, sizes))?;
        let value = |input: &Input| {
            if let Some((_, own)) = fitted.iter_mut().find(|(name, _)| *name == input.name) {
                return Ok(std::mem::take(own));
            }
            if let Some(own) = self.own_value(model, input, seed, sizes)? {
                return Ok(own);
            }
            let session = model.cost().lock();
            let declared = session.document().parsed().declarations.iter().find(|d| d.name == input.name);
            made_up(input, declared.and_then(|d| d.constraint.as_ref()), seed, sizes)
        };
        self.inputs.iter().map(value).collect()
    }

    /// Those of its inputs that are constants which hang on data, computed in double precision from what is given: data,
    /// or such a constant itself.
    ///
    /// # Errors
    /// Where data is missing, and where one has no finite value or is not what is said of it.
    ///
    /// ```
    /// let model = wrt::Model::parse("data x[m]; const middle = mean(x); param w; cost = sum((x - middle)^2)*w")?;
    /// let program = wrt::compile::<f32>(&[model.cost()])?;
    /// let fitted = program.fitted(&model, &[], &mut |input| Ok((input.name == "x").then(|| vec![1.0, 3.0])))?;
    /// assert_eq!(fitted, [("middle".to_string(), vec![2.0])]);
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn fitted(
        &self,
        model: &Model,
        sizes: &[(&str, usize)],
        given: &mut fitted::Given<'_>,
    ) -> Result<Vec<(String, Vec<T>)>, Error> {
        let wanted: Vec<String> = self.inputs.iter().map(|i| i.name.clone()).collect();
        let mut found = fitted::values(model, &wanted, sizes, "for the data that is given", given)?;
        found.retain(|(name, _)| wanted.contains(name));
        let numbers = |(name, values): (String, Vec<f64>)| (name, values.into_iter().map(T::from_f64).collect());
        Ok(found.into_iter().map(numbers).collect())
    }

    /// What one of its inputs is where nobody says: a parameter as it starts by the seed, a constant as the text has it,
    /// random numbers (of dropout) by the seed. None for data and for constants that hang on it, which
    /// [`Program::fitted`] computes, and for what the text says nothing of.
    ///
    /// # Errors
    /// As [`Program::made_up`].
    ///
    /// ```
    /// let model = wrt::Model::parse("data x[m]; const c = 1/4; param w = 3; cost = sum(c*x)*w")?;
    /// let program = wrt::compile::<f64>(&[model.cost()])?;
    /// let own = program.inputs().iter().map(|input| program.own_value(&model, input, 1, &[]));
    /// assert_eq!(own.collect::<Result<Vec<_>, _>>()?, [None, Some(vec![0.25]), Some(vec![3.0])]);
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn own_value(
        &self,
        model: &Model,
        input: &Input,
        seed: u64,
        sizes: &[(&str, usize)],
    ) -> Result<Option<Vec<T>>, Error> {
        let known: wrt_run::Sizes = sizes.iter().map(|(n, k)| ((*n).to_string(), *k)).collect();
        let session = model.cost().lock();
        let document = session.document();
        let declared = document.parsed().declarations.iter().find(|d| d.name == input.name);
        let symbol = session.graph().find_symbol(&input.name);
        match declared {
            None if symbol.is_some_and(|id| !random_among(session.graph(), &[id]).is_empty()) => {
                let mut values = Vec::new();
                draw(input, Stream::new(seed, &input.name, 0), sizes, &mut values)?;
                Ok(Some(values))
            }
            Some(d) if d.role != Role::Data && d.initial.is_some() && !document.is_fitted(d.id) => {
                if let Some(missing) = input.missing_size(sizes) {
                    return Err(missing);
                }
                let value = document.initial_value(d, seed, &known)?;
                Ok(Some(value.data.into_iter().map(T::from_f64).collect()))
            }
            _ => Ok(None),
        }
    }
}
