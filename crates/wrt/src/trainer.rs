//! Training over epochs: rows that are shuffled and split by a seed, a loss for each epoch, metrics on rows kept apart.

mod check;
mod order;
mod stream;

use std::collections::BTreeSet;
use std::ops::Range;

use wrt_engine::{EngineReal, Workspace};

use crate::error::{Error, ErrorKind};
use crate::missing;
use crate::model::Model;
use crate::optimisers::{follows_training, plateau};
use crate::prediction::{Predicted, Prediction};
use crate::program::{Input, Program};
use crate::slopes::{self, Curvature};
use crate::trained;
use crate::training::{CarriedValues, Step};
use crate::training_options::{Missing, TrainingOptions};
use crate::watch::{Plateau, Watch};
pub use check::check_gradient;
use order::{Near, shuffled, split, taken};
use stream::Feed;
pub use stream::{RowSource, each_prediction, shuffle_buffer, stream};

/// Rows whose order is tried.
const LOOKED_AT: usize = 64;
/// Entries of rows that are trained on at least before values are copied again.
const NEAR: usize = 1 << 20;
/// Entries of rows that are brought together at a time: they stay in the nearest caches until their steps are done.
const TOGETHER: usize = 1 << 14;
/// Rows by which the curvature of the cost is told.
const CURVED: usize = 1024;

/// Rows that belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// What is trained on.
    Train,
    /// What an epoch is judged by.
    Validation,
    /// What is kept for the end.
    Test,
}

/// How far a training has come.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Progress {
    /// Epochs that are over.
    pub epochs: usize,
    /// Batches of the epoch that has begun.
    pub batches: usize,
    /// The sum of the costs of their rows.
    pub total: f64,
    /// The sums over their rows of which metrics are made.
    pub sums: Vec<f64>,
    /// What was seen of the losses of validation rows.
    pub watch: Watch,
}

/// What an epoch came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Epoch {
    /// The mean cost of its batches as they were met.
    pub loss: f64,
    /// The metrics of the same batches, those that [`EpochNames::metrics`] names.
    pub metrics: Vec<f64>,
    /// The cost and the metrics on the rows for validation; none where there are none.
    pub validation: Vec<f64>,
    /// The norm of the gradient by each parameter on the rows to train on, where that is asked for.
    pub gradients: Vec<f64>,
    /// The rate from here on, if it has fallen.
    pub fallen: Option<f64>,
}

/// What the values of an [`Epoch`] are called.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EpochNames {
    /// The metrics that are known of batches as they are met, as layers drop and normalise: those that hang on their rows by
    /// sums alone, as accuracy and F1 do. The area under a curve does not.
    pub metrics: Vec<String>,
    /// The cost and the metrics of the rows for validation.
    pub validation: Vec<String>,
    /// The parameters whose gradients' norms are computed.
    pub gradients: Vec<String>,
}

/// A model that is trained on rows of data.
///
/// ```
/// use wrt::{Model, Part, TrainingOptions, Trainer};
/// let model = Model::parse("data x[m], y[m]; param a = 0, b = 0; cost = mean((a*x + b - y)^2); train adam(rate = 0.1)")?;
/// let x: Vec<f64> = (0..40).map(|k| f64::from(k) / 20.0).collect();
/// let y: Vec<f64> = x.iter().map(|x| 3.0*x + 1.0).collect();
/// let options = TrainingOptions { epochs: 200, batch: 8, test: 0.25, ..TrainingOptions::default() };
/// let mut trainer = Trainer::new(&model, vec![x, y], &options, &[])?;
/// for _ in 0..options.epochs {
///     trainer.epoch()?;
/// }
/// assert!(trainer.measure(Part::Test)?[0] < 1e-6);
/// assert!((trainer.values().get("a").unwrap()[0] - 3.0).abs() < 1e-3);
/// # Ok::<(), wrt::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer<T: EngineReal> {
    step: Step<T>,
    workspace: Workspace<T>,
    carried: CarriedValues<T>,
    measures: Program<T>,
    measured: Workspace<T>,
    names: Vec<String>,
    epoch_names: EpochNames,
    gradients: Option<Program<T>>,
    plateau: Option<Plateau>,
    /// The rate that the settings say.
    rate: Option<f64>,
    /// The rows that are held.
    data: Vec<Vec<T>>,
    /// Entries of one row of each array; none of what has no rows.
    widths: Vec<Option<usize>>,
    /// Which of them are for what.
    parts: [Vec<usize>; 3],
    /// Where rows come from, if not all are held.
    feed: Option<Feed<T>>,
    options: TrainingOptions,
    progress: Progress,
    /// The order of the rows in this epoch; none before its first batch.
    order: Option<Vec<usize>>,
}

impl<T: EngineReal> Trainer<T> {
    /// A trainer of a model; `data` are the entries of its data in the order of [`Step::data`], `sizes` those of named
    /// dimensions beside the rows.
    ///
    /// # Errors
    /// Where the data doesn't fit the shapes, or there is nothing to train on.
    pub fn new(
        model: &Model,
        mut data: Vec<Vec<T>>,
        options: &TrainingOptions,
        sizes: &[(&str, usize)],
    ) -> Result<Trainer<T>, Error> {
        let step = Step::<T>::measuring(model, options)?;
        let others: Vec<(&str, usize)> = sizes.iter().copied().filter(|(n, _)| Some(*n) != step.batch()).collect();
        let (widths, mut rows) = rows_of(&step, &data, &others)?;
        if options.missing == Missing::Drop {
            rows = missing::drop_rows(&mut data, &widths, rows);
        }
        let labels = step.classes().iter().position(Option::is_some).filter(|k| widths[*k] == Some(1));
        let parts = split(rows, options, labels.map(|k| data[k].as_slice()));
        Trainer::with_rows(model, step, Rows { data, widths, parts, feed: None }, options, sizes)
    }

    fn with_rows(
        model: &Model,
        mut step: Step<T>,
        rows: Rows<T>,
        options: &TrainingOptions,
        sizes: &[(&str, usize)],
    ) -> Result<Trainer<T>, Error> {
        let others: Vec<(&str, usize)> = sizes.iter().copied().filter(|(n, _)| Some(*n) != step.batch()).collect();
        let [train, validation, test] = [Part::Train, Part::Validation, Part::Test].map(|part| rows.count(part));
        if train == 0 {
            let help = if validation + test == 0 { "each has a missing value" } else { "keep fewer apart" };
            return Err(Error::new(ErrorKind::Shape, "no rows are left to train on").with_help(help));
        }
        let options = TrainingOptions { batch: options.batch.clamp(1, train), ..options.clone() };
        if let Some(warmup) = follows_training(&model.cost().lock(), &options) {
            let steps = options.epochs.saturating_mul(train.div_ceil(options.batch)) / options.accumulate.max(1);
            step.set_ending("schedule_steps", T::from_f64((steps as f64 - warmup).max(1.0)));
        }
        let plateau = plateau(&model.cost().lock(), &options)?;
        let chosen = [(options.patience.is_some(), "patience"), (options.best, "best"), (plateau.is_some(), "plateau")];
        if let Some((_, what)) = chosen.iter().find(|(is_set, _)| *is_set && validation == 0 && options.epochs > 0) {
            let message = format!("`{what}` is by the loss of rows for validation, and there are none");
            return Err(Error::new(ErrorKind::Value, message).with_help("keep some: validation = 0.2"));
        }
        let rate = step.settings().find(|(n, _)| n.ends_with(".rate")).and_then(|(_, v)| Some(v.first()?.to_f64()));
        let batch = step.batch().map(|name| (name, options.batch));
        let started: Vec<(&str, usize)> = others.iter().copied().chain(batch).collect();
        let mut carried = step.start(options.seed, &started)?;
        if options.best {
            carried.keep_best(&kept_names(&step));
        }
        let gradients = if options.gradients && options.epochs > 0 { Some(slopes::norms(model)?) } else { None };
        let (gradients, gradient_names) = gradients.unzip();
        let (measures, names) = trained::measures::<T>(model)?;
        let epoch_names = EpochNames {
            metrics: step.met_names().to_vec(),
            validation: if validation == 0 { Vec::new() } else { names.clone() },
            gradients: gradient_names.unwrap_or_default(),
        };
        let (workspace, measured) = (step.workspace(), measures.workspace());
        let Rows { data, widths, parts, feed } = rows;
        let mut trainer = Trainer {
            step,
            workspace,
            carried,
            measures,
            measured,
            names,
            epoch_names,
            gradients,
            plateau,
            rate,
            data,
            widths,
            parts,
            feed,
            options,
            progress: Progress::default(),
            order: None,
        };
        if trainer.options.epochs > 0 {
            trainer.fit()?;
        }
        trainer.hold(0)?;
        trainer.refuse_disorder()?;
        Ok(trainer)
    }

    /// Gives constants that hang on data their values, which are those of the rows to train on.
    fn fit(&mut self) -> Result<(), Error> {
        if self.step.fitted().is_empty() {
            return Ok(());
        }
        if self.feed.is_some() {
            return self.fit_in_passes();
        }
        let rows = self.as_read(&self.parts[0]);
        self.step.fit(&mut self.carried, &rows.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    /// Refuses to bring rows out of the order that the cost hangs on, as that of a recurrence over them does: it is then
    /// another one of the same rows from the last to the first.
    fn refuse_disorder(&mut self) -> Result<(), Error> {
        let TrainingOptions { shuffle, split_last, validation, test, .. } = self.options;
        let is_split = !split_last && (validation > 0.0 || test > 0.0);
        if !(is_split || (shuffle && self.options.epochs > 0)) {
            return Ok(());
        }
        let mut rows: Vec<usize> = self.parts.iter().flatten().copied().collect();
        rows.sort_unstable();
        rows.truncate(LOOKED_AT);
        let forwards = self.measure_rows(&rows)?;
        rows.reverse();
        let backwards = self.measure_rows(&rows)?;
        let (Some(a), Some(b)) = (forwards.first(), backwards.first()) else { return Ok(()) };
        if (a - b).abs() > 1e-3 * a.abs().max(b.abs()) {
            let message = format!("the cost depends on the order of the rows ({a} forwards, {b} backwards)");
            let help = "keep it: shuffle = false, split = last; a batch begins anew, so that batch is all rows of one sequence";
            return Err(Error::new(ErrorKind::Value, message).with_help(help));
        }
        Ok(())
    }

    /// The same with so many threads; the results have the same bits for any number.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Trainer<T> {
        self.workspace = self.workspace.with_threads(threads);
        self.measured = self.measured.with_threads(threads);
        self
    }

    /// The values of parameters and of what the optimiser carries.
    pub fn values(&self) -> &CarriedValues<T> {
        &self.carried
    }

    /// Gives a parameter other values.
    ///
    /// # Errors
    /// Where there is none of that name, or it has another number of entries.
    pub fn set(&mut self, name: &str, values: &[T]) -> Result<(), Error> {
        let Some(own) = self.carried.get_mut(name) else {
            return Err(Error::new(ErrorKind::Name, format!("there is no parameter `{name}`")));
        };
        if own.len() != values.len() {
            let message = format!("`{name}` has {} entries, and {} are given", own.len(), values.len());
            return Err(Error::new(ErrorKind::Shape, message));
        }
        own.copy_from_slice(values);
        Ok(())
    }

    /// What [`Trainer::measure`] tells: the loss, then the metrics of the model.
    pub fn measures(&self) -> &[String] {
        &self.names
    }

    /// How many rows a part has.
    pub fn rows(&self, part: Part) -> usize {
        match &self.feed {
            Some(feed) => feed.rows(part),
            None => self.parts[part as usize].len(),
        }
    }

    /// How it trains: batches have no more rows than there are.
    pub fn options(&self) -> &TrainingOptions {
        &self.options
    }

    /// How far training has come.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// How many batches an epoch has.
    pub fn batches(&self) -> usize {
        self.rows(Part::Train).div_ceil(self.options.batch)
    }

    /// Goes on from here, where another trainer of the same model, data and options was: the values that it carried are
    /// given by [`Trainer::set`].
    pub fn resume(&mut self, progress: Progress) {
        let steps = progress.epochs * self.batches() + progress.batches;
        self.progress = progress;
        self.set_rate();
        self.order = None;
        self.carried.set_steps(steps as u64);
    }

    /// Goes once through all rows to train on, or through what is left of them.
    ///
    /// # Errors
    /// As [`Trainer::run_batches`].
    pub fn epoch(&mut self) -> Result<Epoch, Error> {
        loop {
            if let Some(epoch) = self.run_batches(usize::MAX)? {
                return Ok(epoch);
            }
        }
    }

    /// Trains on the next batches of the epoch, at most so many; what the epoch came to, if that was the last one. The
    /// values have the same bits however the epoch is cut.
    ///
    /// # Errors
    /// As [`Step::run`]; and where the loss is no number any more.
    pub fn run_batches(&mut self, most: usize) -> Result<Option<Epoch>, Error> {
        let (batch, first) = (self.options.batch, self.progress.batches);
        let before_held = self.hold(first)?;
        let order = self.order.take().unwrap_or_else(|| self.shuffled());
        let from = (first * batch - before_held).min(order.len());
        let places = self.stretch(&order, from, most);
        let (chosen, count) = (&order[places.clone()], places.len().div_ceil(batch).max(1));
        let mut costs = vec![T::ZERO; count];
        let before = self.carried.clone();
        let together = self.together();
        let Trainer { step, workspace, carried, progress, data, widths, .. } = self;
        let mut near = Near::of(data, widths);
        for (costs, rows) in costs.chunks_mut(together).zip(chosen.chunks(together * batch)) {
            near.bring(data, widths, rows, workspace.team());
            step.fill(carried, &mut near.rows);
            let given: Vec<&[T]> = near.rows.iter().map(Vec::as_slice).collect();
            step.run_measuring(workspace, carried, &given, batch, costs, &mut progress.sums)?;
        }
        let lost = costs.iter().position(|c| !c.to_f64().is_finite());
        if let Some(k) = lost.or_else(|| self.lost_parameter().map(|_| count - 1)) {
            let what = match (lost, self.lost_parameter()) {
                (None, Some(name)) => format!("the parameter `{name}` is no finite number any more"),
                _ => format!("the loss is {}", costs[k].to_f64()),
            };
            let (at, epoch) = (first + k + 1, self.progress.epochs + 1);
            let message = format!("{what} in batch {at} of epoch {epoch}");
            let help = self.step.hint(before.steps() == 0 && k == 0);
            let rows = self.taken(chosen);
            let given: Vec<&[T]> = rows.iter().map(Vec::as_slice).collect();
            let from = self.blame(&before, &given, k, chosen).map_or(String::new(), |from| format!("{from}; "));
            return Err(Error::new(ErrorKind::Value, message).with_help(from + &help));
        }
        for (rows, cost) in chosen.chunks(batch).zip(&costs) {
            self.progress.total += cost.to_f64() * rows.len() as f64;
        }
        self.progress.batches += count;
        if self.progress.batches < self.batches() {
            self.order = Some(order);
            return Ok(None);
        }
        let rows = self.rows(Part::Train);
        let loss = self.progress.total / rows as f64;
        let Progress { epochs, sums, watch, .. } = std::mem::take(&mut self.progress);
        self.progress = Progress { epochs: epochs + 1, watch, ..Progress::default() };
        let metrics = self.step.met(&self.carried, &sums, rows)?;
        let validation = if self.rows(Part::Validation) == 0 { Vec::new() } else { self.measure(Part::Validation)? };
        let fallen = validation.first().and_then(|loss| self.judge(*loss));
        let gradients = self.gradient_norms()?;
        Ok(Some(Epoch { loss, metrics, validation, gradients, fallen }))
    }

    /// The batches that are trained on at once, from a place of the order on, at most so many. Values are copied before each
    /// stretch, which is to be the lesser part of the work.
    fn stretch(&self, order: &[usize], from: usize, most: usize) -> Range<usize> {
        let batch = self.options.batch;
        let entries: usize = self.widths.iter().flatten().sum();
        let carried: usize = self.carried.names().filter_map(|name| self.carried.get(name)).map(<[T]>::len).sum();
        let near = NEAR.max(carried.saturating_mul(4)) / entries.saturating_mul(batch).max(1);
        let count = most.min(near).clamp(1, (order.len() - from).div_ceil(batch).max(1));
        from..from.saturating_add(count.saturating_mul(batch)).min(order.len())
    }

    /// How many batches are brought together at once: short ones several, as a call for each takes longer than the copy.
    fn together(&self) -> usize {
        let entries: usize = self.widths.iter().flatten().sum();
        (TOGETHER / entries.saturating_mul(self.options.batch).max(1)).max(1)
    }

    /// A parameter that has an entry without a finite value.
    fn lost_parameter(&self) -> Option<String> {
        let is_lost =
            |name: &String| self.carried.get(name).is_some_and(|all| all.iter().any(|x| !x.to_f64().is_finite()));
        self.step.parameters().into_iter().map(|p| p.name).find(is_lost)
    }

    /// Where a loss that is no number in batch `k` comes from, or a parameter that is none behind it: the steps are done
    /// again from the values before them.
    fn blame(&mut self, before: &CarriedValues<T>, given: &[&[T]], k: usize, chosen: &[usize]) -> Option<String> {
        let batch = self.options.batch;
        let mut found = None;
        // A parameter that is lost already became so in the step before.
        for k in [Some(k), k.checked_sub(1)].into_iter().flatten() {
            self.carried = before.clone();
            if k > 0 {
                let mut costs = vec![T::ZERO; k];
                self.step.run(&mut self.workspace, &mut self.carried, given, batch, &mut costs).ok()?;
            }
            let own = self.step.blame(&self.carried, given, batch, k)?;
            let row = own.place.first().filter(|_| own.of_rows).and_then(|row| chosen.get(k * batch + row));
            let row = row.map(|row| self.feed.as_ref().map_or(*row, |feed| feed.number(*row)));
            let row = row.map_or(String::new(), |row| format!("; it is row {row} of the data"));
            let is_carried = own.is_input && self.carried.get(&own.formula).is_some();
            found = Some(format!("{own}{row}"));
            if !is_carried {
                break;
            }
        }
        found
    }

    /// What follows from an epoch's loss on the validation rows; the new rate, if it falls.
    fn judge(&mut self, loss: f64) -> Option<f64> {
        let (epoch, watch) = (self.progress.epochs, &mut self.progress.watch);
        if watch.note(epoch, loss, self.options.min_delta) && self.options.best {
            self.carried.keep_best(&kept_names(&self.step));
        }
        let (plateau, rate) = (self.plateau?, self.rate?);
        if !watch.fall(loss, &plateau, rate) {
            return None;
        }
        self.set_rate();
        Some(rate * self.progress.watch.rate_share)
    }

    /// Sets the rate to what it has fallen to.
    fn set_rate(&mut self) {
        if let (Some(_), Some(rate)) = (self.plateau, self.rate) {
            self.step.set_ending("rate", T::from_f64(rate * self.progress.watch.rate_share));
        }
    }

    /// Is training over: were there as many epochs as there are to be, or enough of them without a lower loss?
    pub fn is_finished(&self) -> bool {
        let Progress { epochs, watch, .. } = &self.progress;
        *epochs >= self.options.epochs || self.options.patience.is_some_and(|p| *epochs > 1 && watch.waited >= p.max(1))
    }

    /// Goes back to the weights of the best epoch, where these are kept.
    pub fn take_best(&mut self) {
        if self.progress.watch.best_epoch > 0 {
            self.carried.take_best();
        }
    }

    /// What the values of each epoch are called.
    pub fn epoch_names(&self) -> &EpochNames {
        &self.epoch_names
    }

    /// The classes that rows kept apart have, and no row to train on.
    pub fn unseen_classes(&self) -> Vec<usize> {
        let Some(labels) = self.labels() else { return Vec::new() };
        if let Some(feed) = &self.feed {
            return feed.unseen().to_vec();
        }
        let class = |row: &usize| self.data[labels][*row].to_f64() as usize;
        let seen: BTreeSet<usize> = self.parts[0].iter().map(class).collect();
        let others: BTreeSet<usize> = self.parts[1..].iter().flatten().map(class).collect();
        others.difference(&seen).copied().collect()
    }

    /// The place of the data that are labels, one for each row.
    fn labels(&self) -> Option<usize> {
        self.step.classes().iter().position(Option::is_some).filter(|k| self.widths[*k] == Some(1))
    }

    fn gradient_norms(&mut self) -> Result<Vec<f64>, Error> {
        let Some(program) = &self.gradients else { return Ok(Vec::new()) };
        let found = self.computed(program, &self.parts[0], &[])?;
        Ok(found.iter().map(|x| x.first().map_or(f64::NAN, |x| x.to_f64())).collect())
    }

    /// The longest rate with which steps along the slopes stay stable, as the curvature of the cost on some rows tells
    /// before the first step; none where another optimiser trains, or it is not known.
    ///
    /// # Errors
    /// As [`Program::run`].
    pub fn stable_rate(&self, model: &Model) -> Result<Option<(f64, f64)>, Error> {
        let Some(rate) = self.rate else { return Ok(None) };
        let Some(curvature) = Curvature::<T>::of(model, &self.options)? else { return Ok(None) };
        let rows = &self.parts[0];
        let rows = &rows[..rows.len().min(CURVED)];
        let entries = |name: &str| self.carried.get(name).map_or(0, <[T]>::len);
        let mut multiply = |program: &Program<T>, along: &[(&str, &[T])]| self.computed(program, rows, along);
        Ok(curvature.stable_rate(&entries, &mut multiply)?.map(|stable| (rate, stable)))
    }

    /// Named sizes for so many rows.
    fn sizes(&self, rows: usize) -> Vec<(&str, usize)> {
        let batch = self.step.batch();
        self.carried.sizes().map(|(name, n)| (name, if Some(name) == batch { rows } else { n })).collect()
    }

    /// What a program computes of some rows, and of what has these names.
    fn computed(&self, program: &Program<T>, rows: &[usize], more: &[(&str, &[T])]) -> Result<Vec<Vec<T>>, Error> {
        let program = program.clone().with_sizes(&self.sizes(rows.len()));
        let rows = self.taken(rows);
        let given = inputs(&self.step, &self.carried, program.inputs(), &rows, more)?;
        let mut found = program.room(&given);
        let mut lent: Vec<&mut [T]> = found.iter_mut().map(Vec::as_mut_slice).collect();
        program.run(&mut program.workspace().with_threads(self.measured.threads()), &given, &mut lent)?;
        Ok(found)
    }

    /// How often rows of each class were taken for each, where classes are predicted: a line for each class.
    ///
    /// # Errors
    /// As [`Program::run`].
    pub fn confusion(&mut self, prediction: &Prediction<T>, part: Part) -> Result<Option<Vec<Vec<u64>>>, Error> {
        let Some(labels) = self.labels() else { return Ok(None) };
        if prediction.predicted() == Predicted::Values {
            return Ok(None);
        }
        let mut counts: Vec<Vec<u64>> = Vec::new();
        let mut count = |right: &[T], found: &[T]| {
            let width = found.len() / right.len().max(1);
            let classes = if prediction.predicted() == Predicted::Chance { 2 } else { width };
            counts.resize(classes, vec![0; classes]);
            for (right, own) in right.iter().zip(found.chunks(width.max(1))) {
                let (right, taken) = (right.to_f64() as usize, prediction.class(own));
                if let Some(count) = counts.get_mut(right).and_then(|line| line.get_mut(taken)) {
                    *count += 1;
                }
            }
        };
        match self.feed.take() {
            Some(mut feed) => {
                let each = &mut |rows: &[Vec<T>], found: &[T]| {
                    count(&rows[labels], found);
                    Ok(())
                };
                let done = self.each_piece(&mut feed, &prediction.program, part, each);
                self.feed = Some(feed);
                done?;
            }
            None => {
                let right: Vec<T> = self.parts[part as usize].iter().map(|row| self.data[labels][*row]).collect();
                count(&right, &self.predict(prediction, part)?);
            }
        }
        Ok(Some(counts))
    }

    /// The rows to train on in the order of this epoch.
    fn shuffled(&self) -> Vec<usize> {
        let epochs = self.progress.epochs;
        shuffled(&self.parts[0], &self.options, self.feed.as_ref().map_or(epochs, |feed| feed.turn(epochs)))
    }

    /// The cost and the metrics of the model on a part of the rows.
    ///
    /// # Errors
    /// As [`Program::run`].
    pub fn measure(&mut self, part: Part) -> Result<Vec<f64>, Error> {
        if let Some(mut feed) = self.feed.take() {
            let found = self.measure_in_passes(&mut feed, part);
            self.feed = Some(feed);
            return found;
        }
        let rows = self.parts[part as usize].clone();
        self.measure_rows(&rows)
    }

    fn measure_rows(&mut self, rows: &[usize]) -> Result<Vec<f64>, Error> {
        let sizes: Vec<(String, usize)> = self.sizes(rows.len()).into_iter().map(|(n, k)| (n.to_string(), k)).collect();
        self.measures.set_sizes(&sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect::<Vec<_>>());
        let rows = self.taken(rows);
        let given = inputs(&self.step, &self.carried, self.measures.inputs(), &rows, &[])?;
        let mut found = self.measures.room(&given);
        let mut lent: Vec<&mut [T]> = found.iter_mut().map(Vec::as_mut_slice).collect();
        self.measures.run(&mut self.measured, &given, &mut lent)?;
        Ok(found.iter().map(|x| x.first().map_or(f64::NAN, |x| x.to_f64())).collect())
    }

    /// What the model says of a part of the rows: its numbers, row behind row.
    ///
    /// # Errors
    /// As [`Program::run`], and where rows are streamed, whose answers are not held either.
    pub fn predict(&self, prediction: &Prediction<T>, part: Part) -> Result<Vec<T>, Error> {
        if self.feed.is_some() {
            let message = "rows that are streamed are not held, and neither are predictions of them";
            return Err(Error::new(ErrorKind::Value, message).with_help("hold all rows: stream = false"));
        }
        Ok(self.computed(&prediction.program, &self.parts[part as usize], &[])?.swap_remove(0))
    }

    /// Some rows of all data, in this order.
    fn taken(&self, order: &[usize]) -> Vec<Vec<T>> {
        let mut rows = self.as_read(order);
        self.step.fill(&self.carried, &mut rows);
        rows
    }

    /// The same, with missing values.
    fn as_read(&self, order: &[usize]) -> Vec<Vec<T>> {
        taken(&self.data, &self.widths, order)
    }
}

/// Rows as a trainer has them.
struct Rows<T> {
    data: Vec<Vec<T>>,
    widths: Vec<Option<usize>>,
    parts: [Vec<usize>; 3],
    feed: Option<Feed<T>>,
}

impl<T: EngineReal> Rows<T> {
    fn count(&self, part: Part) -> usize {
        self.feed.as_ref().map_or(self.parts[part as usize].len(), |feed| feed.rows(part))
    }
}

/// The names of what a trained model consists of.
fn kept_names<T: EngineReal>(step: &Step<T>) -> Vec<String> {
    step.kept().into_iter().map(|k| k.name).collect()
}

/// What a program reads: these rows, and the values that are carried.
fn inputs<'a, T: EngineReal>(
    step: &'a Step<T>,
    carried: &'a CarriedValues<T>,
    inputs: &[Input],
    rows: &'a [Vec<T>],
    more: &[(&str, &'a [T])],
) -> Result<Vec<&'a [T]>, Error> {
    let value = |name: &str| {
        let of_data = step.data().iter().position(|d| d.name == name);
        let of_settings = || step.settings().find(|(n, _)| *n == name).map(|(_, v)| v);
        let value = match of_data {
            Some(k) => Some(rows[k].as_slice()),
            None => carried.get(name).or_else(of_settings),
        };
        let value = value.or_else(|| more.iter().find(|(n, _)| *n == name).map(|(_, v)| *v));
        value.ok_or_else(|| Error::new(ErrorKind::Value, format!("`{name}` has no value")))
    };
    inputs.iter().map(|input| value(&input.name)).collect()
}

/// The entries of one row of each array, and how many rows there are.
fn rows_of<T: EngineReal>(
    step: &Step<T>,
    data: &[Vec<T>],
    sizes: &[(&str, usize)],
) -> Result<(Vec<Option<usize>>, usize), Error> {
    if data.len() != step.data().len() {
        let message = format!("{} data arrays are given, and {} are needed", data.len(), step.data().len());
        return Err(Error::new(ErrorKind::Arguments, message));
    }
    let widths: Vec<Option<usize>> = step.data().iter().map(|i| i.row_entries(step.batch(), sizes)).collect();
    let mut rows: Option<usize> = None;
    for ((input, all), width) in step.data().iter().zip(data).zip(&widths) {
        let Some(width) = width else { continue };
        let own = all.len().checked_div(*width).unwrap_or(0);
        if own * width != all.len() || rows.is_some_and(|rows| rows != own) {
            let message = format!(
                "`{}` has {} entries, which is no {} rows of {width}",
                input.name,
                all.len(),
                rows.unwrap_or(own)
            );
            return Err(Error::new(ErrorKind::Shape, message));
        }
        rows = Some(own);
    }
    Ok((widths, rows.unwrap_or(1)))
}
