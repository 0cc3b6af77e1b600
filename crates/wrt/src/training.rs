//! Training: a model's cost and an optimiser's text, compiled into one step that goes over many batches in one call.

use std::borrow::Cow;

use wrt_core::{Dimension, Graph, Id, Node, Role};
use wrt_engine::{Aligned, Compiled, EngineReal, Level, Needs, Workspace};
use wrt_kernels::Stream;
use wrt_language::{Constraint, Declaration, Update};
use wrt_run::Sizes;

use crate::blame::{NotFinite, not_finite};
use crate::error::{Error, ErrorKind};
use crate::fitted;
use crate::missing;
use crate::model::Model;
use crate::optimisers::updates;
use crate::passes::Piece;
use crate::prediction::{no_probability, target};
use crate::program::Input;
use crate::session::Session;
use crate::trained::Met;
use crate::training_options::{Missing, TrainingOptions};

/// The most entries of an array that is made up.
const MAX_ENTRIES: usize = 1 << 28;
/// The most batches of one call.
const TOGETHER: usize = 1024;

/// Takes some rows, so many.
pub(crate) type Each<'a, T> = dyn FnMut(Vec<Vec<T>>, usize) -> Result<(), Error> + 'a;

/// A step of training, compiled: it takes a batch, and replaces the parameters and what the optimiser carries along.
///
/// The optimiser is what the model's text says: its own updates (`w := w - rate*d(cost, w)`), or that of its `train`
/// line, or Adam.
///
/// ```
/// use wrt::{Model, Step};
/// let text = "data x[m], y[m]; param a = 0; cost = mean((a*x - y)^2); a := a - 0.02*d(cost, a)";
/// let step = Step::<f64>::new(&Model::parse(text)?)?;
/// let mut carried = step.start(0, &[("m", 4)])?;
/// let mut workspace = step.workspace();
/// let mut costs = [0.0; 40];
/// let (x, y) = ([1.0, 2.0, 3.0, 4.0], [3.0, 6.0, 9.0, 12.0]);
/// step.run(&mut workspace, &mut carried, &[&x, &y], 2, &mut costs)?;
/// assert!(costs[39] < 1e-6 && (carried.get("a").unwrap()[0] - 3.0).abs() < 1e-3);
/// # Ok::<(), wrt::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Step<T> {
    compiled: Compiled<T>,
    data: Vec<Input>,
    constraints: Vec<Option<Constraint>>,
    /// Constants and settings with their values, in the order in which the program reads them behind the data.
    settings: Vec<(String, Vec<T>)>,
    /// Random numbers, which the program reads behind the settings.
    random: Vec<Input>,
    carried: Vec<Carried>,
    batch: Option<String>,
    /// Data whose missing values become means: their places, and the means as they are carried (`X.mean`).
    means: Vec<(usize, Input)>,
    /// What is known of batches as they are met; the program computes it behind the cost.
    met: Option<Met>,
    model: Model,
    declarations: Vec<Declaration>,
}

/// What is carried from step to step.
#[derive(Clone, Debug)]
struct Carried {
    name: String,
    id: Id,
}

/// The values of parameters and state between steps.
#[derive(Clone, PartialEq, Debug)]
pub struct CarriedValues<T: EngineReal> {
    /// Names with their entries.
    values: Vec<(String, Aligned<T>)>,
    /// What stands for missing values.
    means: Vec<(String, Aligned<T>)>,
    /// Copies of some, from the best epoch so far.
    best: Vec<(String, Aligned<T>)>,
    sizes: Vec<(String, usize)>,
    /// What random numbers of a step hang on, beside their names and places: the seed, and how many steps were done.
    seed: u64,
    steps: u64,
}

impl<T: EngineReal> CarriedValues<T> {
    /// The entries of a parameter (`h_W`), of what the optimiser carries (`h_W.m`), of what was best (`best.h_W`), or of what
    /// stands for missing values (`X.mean`).
    pub fn get(&self, name: &str) -> Option<&[T]> {
        self.values.iter().chain(&self.means).chain(&self.best).find(|(n, _)| n == name).map(|(_, v)| &**v)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut [T]> {
        self.values
            .iter_mut()
            .chain(&mut self.means)
            .chain(&mut self.best)
            .find(|(n, _)| n == name)
            .map(|(_, v)| &mut **v)
    }

    /// Keeps copies of these values, in the place of those that were kept before.
    pub(crate) fn keep_best(&mut self, names: &[String]) {
        let own = self.values.iter().filter(|(n, _)| names.contains(n));
        self.best = own.map(|(n, v)| (format!("best.{n}"), v.clone())).collect();
    }

    /// Puts the copies in the place of the values.
    pub(crate) fn take_best(&mut self) {
        for (name, best) in &self.best {
            let own = self.values.iter_mut().find(|(n, _)| Some(n.as_str()) == name.strip_prefix("best."));
            own.into_iter().for_each(|(_, v)| v.copy_from_slice(best));
        }
    }

    /// Named sizes.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = (&str, usize)> {
        self.sizes.iter().map(|(n, k)| (n.as_str(), *k))
    }

    /// How many steps have been done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Says how many steps have been done, for training that goes on.
    pub fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().chain(&self.means).chain(&self.best).map(|(n, _)| n.as_str())
    }
}

impl<T: EngineReal> Step<T> {
    /// The step of a model.
    ///
    /// # Errors
    /// If the model has no parameters, if there is no such optimiser or setting, and where something has no compiled form.
    pub fn new(model: &Model) -> Result<Step<T>, Error> {
        Step::with_options(model, &TrainingOptions::default())
    }

    /// The step of a model, with an optimiser and settings that stand above those of its text.
    ///
    /// # Errors
    /// As [`Step::new`].
    pub fn with_options(model: &Model, options: &TrainingOptions) -> Result<Step<T>, Error> {
        let own = model.clone();
        model.cost().with_session(|session, _, _| Step::of(session, own, options, false))
    }

    /// The same, which measures as it goes.
    pub(crate) fn measuring(model: &Model, options: &TrainingOptions) -> Result<Step<T>, Error> {
        let own = model.clone();
        model.cost().with_session(|session, _, _| Step::of(session, own, options, true))
    }

    fn of(session: &mut Session, model: Model, options: &TrainingOptions, measures: bool) -> Result<Step<T>, Error> {
        let optimiser = updates(session, options)?;
        let root = session.document().root();
        let met = match batch_name(session).filter(|_| measures) {
            Some(batch) => Met::of(session, root, &batch)?,
            None => None,
        };
        let target = if options.missing == Missing::Mean { Some(target(session)?.id) } else { None };
        let parsed = session.document().parsed();
        let said = parsed.declarations.iter().filter(|d| optimiser.declarations.iter().all(|o| o.id != d.id));
        let declarations: Vec<Declaration> = said.chain(&optimiser.declarations).cloned().collect();
        let cost = session.document().root();
        let mut roots: Vec<(Id, Option<Id>)> = vec![(cost, None)];
        roots.extend(met.iter().flat_map(|met| &met.nodes).map(|id| (*id, None)));
        let updates: Vec<Update> = optimiser.updates.iter().chain(&parsed.layer_updates).copied().collect();
        roots.extend(updates.iter().map(|u| (u.value, Some(u.symbol))));
        let graph = session.graph();
        // A parameter that nothing changes is carried as it is; so are constants that are fitted, if only a metric or a
        // prediction hangs on them, too.
        let below = graph.free_symbols(&roots.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        let fixed = declarations.iter().filter(|d| {
            matches!(d.role, Role::Parameter | Role::State)
                && (below.contains(&d.id) || session.document().is_fitted(d.id))
                && updates.iter().all(|u| u.symbol != d.id)
        });
        roots.extend(fixed.map(|d| (d.id, Some(d.id))));
        let of_role = |role: Role| declarations.iter().filter(move |d| d.role == role);
        let data: Vec<&Declaration> = of_role(Role::Data).collect();
        let settings: Vec<&Declaration> = of_role(Role::Constant).chain(of_role(Role::Hyperparameter)).collect();
        let random = random_among(graph, &below);
        let inputs: Vec<Id> = data.iter().chain(&settings).map(|d| d.id).chain(random.iter().copied()).collect();
        let mut compiled = Compiled::new(graph, &roots, &inputs)?;
        if let Some(bytes) = options.memory {
            compiled = compiled.within(bytes);
        }
        let carried =
            compiled.state().iter().map(|id| Carried { name: graph.symbol_name(*id).into(), id: *id }).collect();
        let values = settings.iter().map(|d| {
            let value = session.document().initial_value(d, 0, &Sizes::new())?;
            Ok((d.name.clone(), value.data.into_iter().map(T::from_f64).collect()))
        });
        let settings = values.collect::<Result<Vec<_>, Error>>()?;
        let inputs: Vec<Input> = data.iter().map(|d| Input::of(graph, d.id)).collect();
        let batch = batch_name(session);
        let is_filled = |d: &Declaration, input: &Input| {
            let is_number = !matches!(d.constraint, Some(Constraint::Labels(_)));
            target.is_some_and(|target| target != d.id) && is_number && input.rows_along(batch.as_deref())
        };
        let means = data.iter().zip(&inputs).enumerate().filter(|(_, (d, input))| is_filled(d, input));
        let means = means.map(|(k, (d, input))| {
            (k, Input { name: format!("{}.mean", d.name), dims: input.dims.get(1..).unwrap_or_default().to_vec() })
        });
        let means = means.collect();
        let constraints = data.iter().map(|d| d.constraint.clone()).collect();
        let random = random.into_iter().map(|id| Input::of(graph, id)).collect();
        Ok(Step {
            compiled,
            data: inputs,
            constraints,
            settings,
            random,
            carried,
            batch,
            means,
            met,
            model,
            declarations,
        })
    }

    /// The data that a run is given, in this order.
    pub fn data(&self) -> &[Input] {
        &self.data
    }

    /// How many classes there are, for data that are labels; in the order of [`Step::data`].
    pub fn classes(&self) -> Vec<Option<Dimension>> {
        let classes = |c: &Option<Constraint>| match c {
            Some(Constraint::Labels(classes)) => Some(classes.clone()),
            _ => None,
        };
        self.constraints.iter().map(classes).collect()
    }

    /// The parameters among what is carried, with their shapes.
    pub fn parameters(&self) -> Vec<Input> {
        let session = self.model.cost().lock();
        let own = self.declarations.iter().filter(|d| d.role == Role::Parameter);
        own.map(|d| Input::of(session.graph(), d.id)).collect()
    }

    /// What may be to blame for a cost that is no number, at the first step or later.
    pub(crate) fn hint(&self, first: bool) -> String {
        let session = self.model.cost().lock();
        if let Some(name) = no_probability(&session) {
            return format!(
                "`{name}` is taken for probabilities: write softmax({name}) or sigmoid({name}), or logits={name}"
            );
        }
        if first {
            return "the cost has no value at what the parameters start as: wrt eval and wrt check tell more".into();
        }
        "a smaller rate is a first thing to try".into()
    }

    /// What a trained model consists of, with the shapes: the parameters, then the state of layers, then constants that
    /// were fitted.
    pub fn kept(&self) -> Vec<Input> {
        let session = self.model.cost().lock();
        let layers = &session.document().parsed().layer_updates;
        let of_layers = layers.iter().map(|u| Input::of(session.graph(), u.symbol)).collect::<Vec<_>>();
        drop(session);
        self.parameters().into_iter().chain(of_layers).chain(self.fitted()).collect()
    }

    /// The constants that are fitted to the rows to train on, with their shapes; what stands for missing values is one.
    pub fn fitted(&self) -> Vec<Input> {
        let session = self.model.cost().lock();
        let fitted = session.document().parsed().fitted.iter();
        let fitted = fitted.map(|f| Input::of(session.graph(), f.symbol));
        fitted.chain(self.means.iter().map(|(_, mean)| mean.clone())).collect()
    }

    /// The name of the batch's axis in a model.
    pub fn batch_of(model: &Model) -> Option<String> {
        batch_name(&model.cost().lock())
    }

    /// The name of the batch's axis: the first one of the data.
    pub fn batch(&self) -> Option<&str> {
        self.batch.as_deref()
    }

    /// Settings and constants with their values.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &[T])> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// Another value of a setting (`adam.rate`).
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn set(&mut self, name: &str, value: T) -> Result<(), Error> {
        match self.settings.iter_mut().find(|(n, _)| n == name) {
            Some((_, own)) => own.iter_mut().for_each(|x| *x = value),
            None => return Err(Error::new(ErrorKind::Name, format!("there is no setting `{name}`"))),
        }
        Ok(())
    }

    /// Another value of a setting of the optimiser, whatever that is.
    pub(crate) fn set_ending(&mut self, name: &str, value: T) {
        let own = self.settings.iter_mut().filter(|(n, _)| n.rsplit_once('.').is_some_and(|(_, n)| n == name));
        own.for_each(|(_, own)| own.fill(value));
    }

    /// Memory to run in, which a caller keeps.
    pub fn workspace(&self) -> Workspace<T> {
        self.compiled.workspace()
    }

    /// The same step, with the instructions of a level that this machine has.
    #[must_use]
    pub fn at_level(mut self, level: Level) -> Step<T> {
        self.compiled = self.compiled.at_level(level);
        self
    }

    /// What parameters and state start as, for a seed, where named sizes are these.
    ///
    /// # Errors
    /// If a value that the text says can't be computed.
    pub fn start(&self, seed: u64, sizes: &[(&str, usize)]) -> Result<CarriedValues<T>, Error> {
        let sizes: Sizes = sizes.iter().map(|(n, k)| ((*n).to_string(), *k)).collect();
        let session = self.model.cost().lock();
        let mut values = Vec::with_capacity(self.carried.len());
        for carried in &self.carried {
            let declared = self.declarations.iter().find(|d| d.id == carried.id);
            let value = match declared {
                Some(d) => session.document().initial_value(d, seed, &sizes)?.data,
                None => Vec::new(),
            };
            values.push((carried.name.clone(), value.into_iter().map(T::from_f64).collect()));
        }
        drop(session);
        let known: Vec<(&str, usize)> = sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        let mean = |(_, input): &(usize, Input)| {
            let entries = known_entries(input, &known)?;
            Ok((input.name.clone(), (0..entries).map(|_| T::ZERO).collect()))
        };
        let means = self.means.iter().map(mean).collect::<Result<Vec<_>, Error>>()?;
        Ok(CarriedValues { values, means, best: Vec::new(), sizes, seed, steps: 0 })
    }

    /// Gives the constants that hang on data their values, which are those of these rows; [`Step::start`] does not know
    /// them. Missing values count for nothing in the means that stand for them, and are these means for all other constants.
    ///
    /// # Errors
    /// Where one has no finite value or is not what is said of it.
    pub fn fit(&self, carried: &mut CarriedValues<T>, data: &[&[T]]) -> Result<(), Error> {
        let own = self.batch.as_deref();
        let mut sizes: Vec<(String, usize)> = carried.sizes.clone();
        let others: Vec<(&str, usize)> = sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        let lengths =
            self.data.iter().zip(data).filter_map(|(i, all)| all.len().checked_div(i.row_entries(own, &others)?));
        let rows = lengths.min().unwrap_or(1);
        sizes.retain(|(n, _)| Some(n.as_str()) != own);
        sizes.extend(own.map(|name| (name.to_string(), rows)));
        let sizes: Vec<(&str, usize)> = sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        let mut data: Vec<Cow<'_, [T]>> = data.iter().map(|all| Cow::Borrowed(*all)).collect();
        for (k, mean) in &self.means {
            let own = carried.get_mut(&mean.name).unwrap_or_default();
            own.copy_from_slice(&missing::means(&self.data[*k].name, &data[*k], own.len())?);
            missing::fill(data[*k].to_mut(), own);
        }
        let mut given = |input: &Input| {
            let own = self.data.iter().zip(&data).find(|(d, _)| d.name == input.name);
            Ok(own.map(|(_, all)| all.iter().map(|x| x.to_f64()).collect()))
        };
        let all = fitted::names(&self.model);
        for (name, found) in fitted::values(&self.model, &all, &sizes, "in the rows to train on", &mut given)? {
            let own = carried.get_mut(&name).unwrap_or_default();
            own.iter_mut().zip(&found).for_each(|(own, x)| *own = T::from_f64(*x));
        }
        Ok(())
    }

    /// The same, of rows to train on that come piece by piece, so many: `pass` hands them over as often as it is asked.
    ///
    /// # Errors
    /// As [`Step::fit`], and where a constant hangs on all rows at once.
    pub(crate) fn fit_in_passes(
        &self,
        carried: &mut CarriedValues<T>,
        rows: usize,
        pass: &mut dyn FnMut(&mut Each<'_, T>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(batch) = self.batch.as_deref() else { return Ok(()) };
        let constants = fitted::Streamed::of(&self.model, batch)?;
        if !self.means.is_empty() {
            let width = |mean: &Input| carried.get(&mean.name).map_or(0, <[T]>::len);
            let mut all: Vec<missing::Means> = self.means.iter().map(|(_, m)| missing::Means::new(width(m))).collect();
            pass(&mut |piece: Vec<Vec<T>>, _| {
                all.iter_mut().zip(&self.means).for_each(|(own, (k, _))| own.add(&piece[*k]));
                Ok(())
            })?;
            for (found, (k, mean)) in all.iter().zip(&self.means) {
                carried.get_mut(&mean.name).unwrap_or_default().copy_from_slice(&found.found(&self.data[*k].name)?);
            }
        }
        let Some(constants) = constants else { return Ok(()) };
        let named = carried.clone();
        let sizes = self.sizes(&named, rows);
        let mut filled = |each: &mut Piece<'_>| {
            pass(&mut |mut piece: Vec<Vec<T>>, count| {
                self.fill(&named, &mut piece);
                each(&piece.iter().map(|all| doubles(all)).collect::<Vec<_>>(), count)
            })
        };
        for (name, found) in constants.values(&self.model, rows, &sizes, &self.data, &mut filled)? {
            let own = carried.get_mut(&name).unwrap_or_default();
            own.iter_mut().zip(&found).for_each(|(own, x)| *own = T::from_f64(*x));
        }
        Ok(())
    }

    /// Puts means where rows of data, in the order of [`Step::data`], have missing values.
    pub(crate) fn fill(&self, carried: &CarriedValues<T>, rows: &mut [Vec<T>]) {
        for (k, mean) in &self.means {
            missing::fill(&mut rows[*k], carried.get(&mean.name).unwrap_or_default());
        }
    }

    /// The metrics that are known of batches as they are met.
    pub(crate) fn met_names(&self) -> &[String] {
        self.met.as_ref().map_or(&[], |met| &met.names)
    }

    /// The metrics of rows, from the totals over their batches that [`Step::run_measuring`] has added up.
    pub(crate) fn met(&self, carried: &CarriedValues<T>, totals: &[f64], rows: usize) -> Result<Vec<f64>, Error> {
        let Some(met) = &self.met else { return Ok(Vec::new()) };
        let program = met.formulas.clone().with_sizes(&self.sizes(carried, rows));
        let mut left = totals;
        let mut known: Vec<(&str, Vec<f64>)> = Vec::new();
        for sum in &met.sums {
            let (own, rest) = left.split_at(known_entries(sum, &self.sizes(carried, rows))?.min(left.len()));
            known.push((&sum.name, own.to_vec()));
            left = rest;
        }
        let value = |input: &Input| {
            let own = known.iter().find(|(n, _)| *n == input.name).map(|(_, v)| v.clone());
            let setting = || self.settings().find(|(n, _)| *n == input.name).map(|(_, v)| v);
            let other = || carried.get(&input.name).or_else(setting);
            let other = || other().map(|v| v.iter().map(|x| x.to_f64()).collect());
            own.or_else(other).unwrap_or_default()
        };
        let inputs: Vec<Vec<f64>> = program.inputs().iter().map(value).collect();
        let inputs: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
        let mut found = program.room(&inputs);
        let mut lent: Vec<&mut [f64]> = found.iter_mut().map(Vec::as_mut_slice).collect();
        program.run(&mut program.workspace(), &inputs, &mut lent)?;
        Ok(found.iter().map(|x| x.first().copied().unwrap_or(f64::NAN)).collect())
    }

    /// Data that is made up, the same for a seed: labels among their classes, else normally distributed numbers.
    ///
    /// # Errors
    /// If a size is missing.
    pub fn made_up(&self, seed: u64, sizes: &[(&str, usize)]) -> Result<Vec<Vec<T>>, Error> {
        let pairs = self.data.iter().zip(&self.constraints);
        pairs.map(|(input, constraint)| made_up(input, constraint.as_ref(), seed, sizes)).collect()
    }

    /// Named sizes where a batch has so many rows, the batch's own last.
    pub(crate) fn sizes<'a>(&'a self, carried: &'a CarriedValues<T>, batch: usize) -> Vec<(&'a str, usize)> {
        let own = self.batch.as_deref();
        let others = carried.sizes.iter().map(|(n, k)| (n.as_str(), *k)).filter(|(n, _)| Some(*n) != own);
        others.chain(own.map(|name| (name, batch))).collect()
    }

    /// The plan for batches of so many rows, as a person reads it.
    ///
    /// # Errors
    /// As [`Step::prepare`].
    pub fn plan_text(&self, carried: &CarriedValues<T>, batch: usize) -> Result<String, Error> {
        Ok(self.compiled.plan_text(&self.sizes(carried, batch))?)
    }

    /// The memory that a step needs for batches of so many rows where other named sizes are these, on so many threads, with
    /// one batch, the parameters and the optimiser's state; none is taken.
    ///
    /// # Errors
    /// As [`Step::prepare`], and where a size is missing.
    pub fn needs(&self, sizes: &[(&str, usize)], batch: usize, threads: usize) -> Result<Needs, Error> {
        let own = self.batch.as_deref();
        let others = sizes.iter().copied().filter(|(n, _)| Some(*n) != own);
        let sizes: Vec<(&str, usize)> = others.chain(own.map(|name| (name, batch))).collect();
        Ok(self.compiled.needs(&sizes, threads)?)
    }

    /// Plans for batches of so many rows, so that the first step is as fast as any other.
    ///
    /// # Errors
    /// If something has no compiled form at these sizes.
    pub fn prepare(&self, workspace: &mut Workspace<T>, carried: &CarriedValues<T>, batch: usize) -> Result<(), Error> {
        Ok(self.compiled.prepare(workspace, &self.sizes(carried, batch))?)
    }

    /// One step for each of `costs`, which become the costs before it: batches of so many rows, one behind the other and
    /// again from the beginning. Data without the batch's axis is given to each step as it is.
    ///
    /// # Errors
    /// Where data doesn't fit its shape, and where a label is none of its classes.
    pub fn run(
        &self,
        workspace: &mut Workspace<T>,
        carried: &mut CarriedValues<T>,
        data: &[&[T]],
        batch: usize,
        costs: &mut [T],
    ) -> Result<(), Error> {
        self.run_measuring(workspace, carried, data, batch, costs, &mut Vec::new())
    }

    /// The same, which adds what is measured of the batches to totals; there are none before the first one.
    pub(crate) fn run_measuring(
        &self,
        workspace: &mut Workspace<T>,
        carried: &mut CarriedValues<T>,
        data: &[&[T]],
        batch: usize,
        costs: &mut [T],
        totals: &mut Vec<f64>,
    ) -> Result<(), Error> {
        if data.len() != self.data.len() {
            let message = format!("{} data arrays are given, and {} are needed", data.len(), self.data.len());
            return Err(Error::new(ErrorKind::Arguments, message));
        }
        let own = self.batch.as_deref();
        let named = carried.sizes.clone();
        let mut sizes: Vec<(&str, usize)> = named.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        sizes.retain(|(n, _)| Some(*n) != own);
        let batched: Vec<Option<usize>> = self.data.iter().map(|i| i.row_entries(own, &sizes)).collect();
        let lengths = batched.iter().zip(data).filter_map(|(row, all)| all.len().checked_div((*row)?));
        let rows = lengths.min().unwrap_or(1);
        if rows == 0 || batch == 0 {
            return Err(Error::new(ErrorKind::Shape, "a batch has at least one row"));
        }
        let place = sizes.len();
        sizes.extend(own.map(|name| (name, 0)));
        let mut inputs: Vec<(&[T], usize)> = data.iter().map(|all| (*all, 0)).collect();
        inputs.extend(self.settings.iter().map(|(_, v)| (v.as_slice(), 0)));
        let (seed, steps) = (carried.seed, &mut carried.steps);
        let mut random: Vec<Vec<T>> = self.random.iter().map(|_| Vec::new()).collect();
        let mut state: Vec<&mut [T]> = carried.values.iter_mut().map(|(_, v)| &mut **v).collect();
        let entries = |sum: &Input| known_entries(sum, &sizes);
        let lengths = self.met.iter().flat_map(|met| &met.sums).map(entries).collect::<Result<Vec<_>, _>>()?;
        let mut sums: Vec<Vec<T>> = lengths.iter().map(|_| Vec::new()).collect();
        totals.resize(lengths.iter().sum(), 0.0);
        let (mut first, mut done) = (0, 0);
        while done < costs.len() {
            let last = (first + batch).min(rows);
            // Whole batches that lie one behind the other are one call; random numbers are those of a single one.
            let most = if random.is_empty() { TOGETHER.min(costs.len() - done) } else { 1 };
            let times = ((rows - first) / batch).clamp(1, most);
            if let Some(size) = sizes.get_mut(place) {
                size.1 = last - first;
            }
            for (k, row) in batched.iter().enumerate() {
                if let Some(row) = row {
                    let end = first + (times - 1) * batch + (last - first);
                    inputs[k] = (&data[k][first * row..end * row], batch * row);
                }
            }
            for (input, values) in self.random.iter().zip(&mut random) {
                draw(input, Stream::new(seed, &input.name, *steps as u32), &sizes, values)?;
            }
            sums.iter_mut().zip(&lengths).for_each(|(sum, n)| sum.resize(n * times, T::ZERO));
            let cost = (&mut costs[done..done + times], 1);
            let met = sums.iter_mut().zip(&lengths).map(|(sum, n)| (sum.as_mut_slice(), *n));
            let mut results: Vec<(&mut [T], usize)> = std::iter::once(cost).chain(met).collect();
            let mut all = inputs.clone();
            all.extend(random.iter().map(|values| (values.as_slice(), 0)));
            self.compiled.run_times(workspace, &sizes, times, &all, &mut state, &mut results)?;
            for k in 0..times {
                let of_batch = sums.iter().zip(&lengths).flat_map(|(sum, n)| &sum[k * n..(k + 1) * n]);
                totals.iter_mut().zip(of_batch).for_each(|(total, x)| *total += x.to_f64());
            }
            *steps += times as u64;
            done += times;
            first = if last + (times - 1) * batch == rows { 0 } else { first + times * batch };
        }
        Ok(())
    }
}

/// The numbers of an array, in double precision.
fn doubles<T: EngineReal>(all: &[T]) -> Vec<f64> {
    all.iter().map(|x| x.to_f64()).collect()
}

impl<T: EngineReal> Step<T> {
    /// The node to blame where a step comes to something that is not finite: the cost, else what is carried on. `data` are
    /// batches as for [`Step::run`], and the step is that on batch `k` of them.
    pub(crate) fn blame(&self, carried: &CarriedValues<T>, data: &[&[T]], batch: usize, k: usize) -> Option<NotFinite> {
        let own = self.batch.as_deref();
        let mut sizes: Vec<(&str, usize)> = carried.sizes().filter(|(n, _)| Some(*n) != own).collect();
        let batched: Vec<Option<usize>> = self.data.iter().map(|i| i.row_entries(own, &sizes)).collect();
        let rows = batched.iter().zip(data).filter_map(|(row, all)| all.len().checked_div((*row)?)).min().unwrap_or(1);
        let (first, last) = (k * batch, ((k + 1) * batch).min(rows));
        sizes.extend(own.map(|name| (name, last.saturating_sub(first))));
        let part = |(all, row): (&&[T], &Option<usize>)| match row {
            Some(row) => all.get(first * row..last * row).map(doubles),
            None => Some(doubles(all)),
        };
        let mut inputs = data.iter().zip(&batched).map(part).collect::<Option<Vec<_>>>()?;
        inputs.extend(self.settings.iter().map(|(_, v)| doubles(v)));
        for input in &self.random {
            let mut values: Vec<T> = Vec::new();
            draw(input, Stream::new(carried.seed, &input.name, carried.steps as u32), &sizes, &mut values).ok()?;
            inputs.push(doubles(&values));
        }
        let state = self.compiled.state().iter().copied().zip(carried.values.iter().map(|(_, v)| doubles(v)));
        let given = self.compiled.inputs().iter().copied().zip(inputs).chain(state).collect();
        let roots: Vec<Id> = self.compiled.roots().iter().map(|(id, _)| *id).collect();
        not_finite::<T>(self.compiled.graph(), &roots, given, &sizes)
    }
}

/// The name of the axis of rows: the first one of the data.
fn batch_name(session: &Session) -> Option<String> {
    let mut data = session.document().parsed().declarations.iter().filter(|d| d.role == Role::Data);
    data.find_map(|d| Input::of(session.graph(), d.id).dims.first()?.as_name().map(String::from))
}

/// Symbols that stand for random numbers.
pub(crate) fn random_among(graph: &Graph, symbols: &[Id]) -> Vec<Id> {
    let is_random = |id: &Id| matches!(graph.node(*id), Node::Symbol(s) if s.role == Role::Random);
    symbols.iter().copied().filter(is_random).collect()
}

/// Uniform numbers from 0 to 1, each a function of its place in the stream.
pub(crate) fn draw<T: EngineReal>(
    input: &Input,
    stream: Stream,
    sizes: &[(&str, usize)],
    values: &mut Vec<T>,
) -> Result<(), Error> {
    let entries = known_entries(input, sizes)?;
    values.clear();
    values.extend((0..entries as u64).map(|k| T::from_f64(stream.uniform(k))));
    Ok(())
}

/// The entries of an input; an error that names the sizes that are missing.
fn known_entries(input: &Input, sizes: &[(&str, usize)]) -> Result<usize, Error> {
    match (input.entries(sizes), input.missing_size(sizes)) {
        (Some(entries), _) => Ok(entries),
        (None, missing) => Err(missing.unwrap_or_else(|| Error::new(ErrorKind::Shape, "a size is missing"))),
    }
}

/// Data that is made up: labels among their classes, else normally distributed numbers, of the sign that they must have.
pub(crate) fn made_up<T: EngineReal>(
    input: &Input,
    constraint: Option<&Constraint>,
    seed: u64,
    sizes: &[(&str, usize)],
) -> Result<Vec<T>, Error> {
    let entries = known_entries(input, sizes)?;
    if entries > MAX_ENTRIES {
        let message = format!("`{}` would have {entries} entries, and at most {MAX_ENTRIES} are made up", input.name);
        return Err(Error::new(ErrorKind::Limit, message).with_help("give smaller sizes"));
    }
    let stream = Stream::new(seed, &input.name, 0);
    let size = |name: &str| sizes.iter().find(|(n, _)| *n == name).map(|(_, k)| *k as u64);
    let classes = match constraint {
        Some(Constraint::Labels(k)) => {
            let missing = || Error::new(ErrorKind::Shape, format!("the size `{k}` of `{}` is missing", input.name));
            Some(k.evaluate(size).ok_or_else(missing)? as f64)
        }
        _ => None,
    };
    let entry = |k: u64| match (classes, constraint) {
        (Some(classes), _) => (stream.uniform(k) * classes).floor(),
        (_, Some(Constraint::Positive | Constraint::Nonnegative)) => stream.uniform(k) + 0.5,
        _ => stream.normal(k),
    };
    Ok((0..entries as u64).map(|k| T::from_f64(entry(k))).collect())
}
