//! Rows that are not held: they are read again and again, and those to train on are shuffled some at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use wrt_engine::EngineReal;
use wrt_kernels::Stream;

use super::{Part, Rows, Trainer, inputs};
use crate::error::{Error, ErrorKind};
use crate::missing;
use crate::model::Model;
use crate::passes::Passes;
use crate::prediction::Prediction;
use crate::program::Program;
use crate::trained;
use crate::training::{Each, Step};
use crate::training_options::{Missing, TrainingOptions};

/// Rows that are read, and measured, at once.
const PIECE: usize = 1 << 12;

/// Takes some rows, and what a program says of them.
type Answered<'a, T> = dyn FnMut(&[Vec<T>], &[T]) -> Result<(), Error> + 'a;

/// Takes what is said of so many rows; is more wanted?
type Predictions<'a, T> = dyn FnMut(&[T], usize) -> bool + 'a;

/// Rows that are read again and again, always the same in the same order: a file's, or made by a formula.
///
/// ```
/// use wrt::{Error, RowSource};
/// /// The rows `x, 3x + 1`.
/// #[derive(Debug)]
/// struct Line(u32);
///
/// impl RowSource<f64> for Line {
///     fn rewind(&mut self) -> Result<(), Error> {
///         self.0 = 0;
///         Ok(())
///     }
///     fn read(&mut self, most: usize, data: &mut [Vec<f64>]) -> Result<usize, Error> {
///         let rows = most.min(1000 - self.0 as usize);
///         for _ in 0..rows {
///             let x = f64::from(self.0 * 37 % 1000) / 1000.0;
///             data[0].push(x);
///             data[1].push(3.0 * x + 1.0);
///             self.0 += 1;
///         }
///         Ok(rows)
///     }
/// }
/// use wrt::{Model, Part, TrainingOptions, stream};
/// let model = Model::parse("data x[m], y[m]; param a = 0, b = 0; cost = mean((a*x + b - y)^2); train adam(rate = 0.1)")?;
/// let options = TrainingOptions { epochs: 20, test: 0.2, shuffle_buffer: Some(128), ..TrainingOptions::default() };
/// let mut trainer = stream(&model, Box::new(Line(0)), &options, &[])?;
/// while !trainer.is_finished() {
///     trainer.epoch()?;
/// }
/// assert!(trainer.measure(Part::Test)?[0] < 1e-4);
/// # Ok::<(), wrt::Error>(())
/// ```
pub trait RowSource<T>: std::fmt::Debug + Send {
    /// Begins anew, with the first row.
    ///
    /// # Errors
    /// Where there is nothing to read any more.
    fn rewind(&mut self) -> Result<(), Error>;

    /// Adds the next rows, at most so many, to arrays, which come in the order of [`Step::data`]; how many there were: none
    /// only behind the last one.
    ///
    /// # Errors
    /// Where a row can't be read, or is another one than before.
    fn read(&mut self, most: usize, data: &mut [Vec<T>]) -> Result<usize, Error>;
}

/// Where rows come from that are not held.
#[derive(Debug)]
pub(super) struct Feed<T> {
    source: Box<dyn RowSource<T>>,
    widths: Vec<Option<usize>>,
    options: TrainingOptions,
    /// Rows to train on that are held at once, which are whole batches.
    held: usize,
    /// Rows of each part.
    counts: [usize; 3],
    /// Classes of rows kept apart that no row to train on has.
    unseen: Vec<usize>,
    /// Rows that were read since the beginning, without those left out, and those of them to train on.
    read: usize,
    trained: usize,
    /// Which of the windows is held, and the numbers of its rows.
    window: Option<usize>,
    numbers: Vec<usize>,
    /// What is measured.
    passes: Arc<Passes>,
}

/// Some rows behind each other: the number of the first one, the arrays, and how many they are.
struct Stretch<T> {
    first: usize,
    data: Vec<Vec<T>>,
    count: usize,
}

impl<T: EngineReal> Feed<T> {
    /// How many rows there are to train on.
    fn to_train(&self) -> usize {
        self.counts[Part::Train as usize]
    }

    pub(super) fn rows(&self, part: Part) -> usize {
        self.counts[part as usize]
    }

    pub(super) fn held(&self) -> usize {
        self.held
    }

    pub(super) fn unseen(&self) -> &[usize] {
        &self.unseen
    }

    /// The number of a row of the window among all.
    pub(super) fn number(&self, row: usize) -> usize {
        self.numbers.get(row).copied().unwrap_or(row)
    }

    /// A turn of shuffling, another one for each window of each epoch.
    pub(super) fn turn(&self, epoch: usize) -> usize {
        epoch * self.to_train().div_ceil(self.held) + self.window.unwrap_or(0)
    }

    /// Which part a row belongs to: the last ones as many as there are to be, else each by itself, by the seed and its number.
    fn part(&self, row: usize) -> Part {
        let TrainingOptions { validation, test, seed, split_last, .. } = self.options;
        if split_last {
            return match row {
                _ if row < self.counts[0] => Part::Train,
                _ if row < self.counts[0] + self.counts[1] => Part::Validation,
                _ => Part::Test,
            };
        }
        let x = Stream::new(seed, "split", 0).uniform(row as u64);
        match x {
            _ if x < test => Part::Test,
            _ if x < test + validation => Part::Validation,
            _ => Part::Train,
        }
    }

    fn rewind(&mut self) -> Result<(), Error> {
        (self.read, self.trained) = (0, 0);
        self.source.rewind()
    }

    /// The next rows, at most so many, without those that are left out.
    fn next(&mut self, most: usize) -> Result<Option<Stretch<T>>, Error> {
        let mut data: Vec<Vec<T>> = self.widths.iter().map(|_| Vec::new()).collect();
        let mut count = self.source.read(most, &mut data)?;
        let is_whole = |(all, width): (&Vec<T>, &Option<usize>)| width.is_none_or(|w| all.len() == w * count);
        if count > most || !data.iter().zip(&self.widths).all(is_whole) {
            let lengths: Vec<String> = data.iter().map(|all| all.len().to_string()).collect();
            let message = format!("{count} rows were read, and the arrays have {} entries", lengths.join(", "));
            return Err(Error::new(ErrorKind::Shape, message));
        }
        if count == 0 {
            return Ok(None);
        }
        if self.options.missing == Missing::Drop {
            count = missing::drop_rows(&mut data, &self.widths, count);
        }
        let first = self.read;
        self.read += count;
        Ok(Some(Stretch { first, data, count }))
    }

    /// The rows of a stretch that belong to a part, and their numbers.
    fn chosen(&self, stretch: &Stretch<T>, part: Part) -> (Vec<Vec<T>>, Vec<usize>) {
        let own: Vec<usize> = (0..stretch.count).filter(|k| self.part(stretch.first + k) == part).collect();
        let one = |(all, width): (&Vec<T>, &Option<usize>)| {
            let width = width.unwrap_or(0);
            let mut rows = Vec::with_capacity(own.len() * width);
            own.iter().for_each(|k| rows.extend_from_slice(&all[k * width..(k + 1) * width]));
            rows
        };
        let rows = stretch.data.iter().zip(&self.widths).map(one).collect();
        (rows, own.into_iter().map(|k| stretch.first + k).collect())
    }

    /// Hands over all rows of a part, some at a time.
    fn pass(&mut self, part: Part, each: &mut Each<'_, T>) -> Result<(), Error> {
        self.rewind()?;
        let mut count = 0;
        while let Some(stretch) = self.next(PIECE)? {
            let (rows, numbers) = self.chosen(&stretch, part);
            count += numbers.len();
            if !numbers.is_empty() {
                each(rows, numbers.len())?;
            }
        }
        // No window goes on from here.
        self.trained = usize::MAX;
        self.same(count, self.counts[part as usize])
    }

    fn same(&self, count: usize, known: usize) -> Result<(), Error> {
        if count == known {
            return Ok(());
        }
        let message = format!("{count} rows were read, and there were {known} of them before: the rows have changed");
        Err(Error::new(ErrorKind::Value, message))
    }

    /// Counts the rows of each part, and looks at their classes.
    fn count(&mut self, labels: Option<usize>) -> Result<(), Error> {
        let TrainingOptions { validation, test, split_last, .. } = self.options;
        if split_last {
            self.rewind()?;
            while self.next(PIECE)?.is_some() {}
            let share = |part: f64| ((self.read as f64 * part).round() as usize).min(self.read);
            let test = share(test);
            let validation = share(validation).min(self.read - test);
            self.counts = [self.read - test - validation, validation, test];
        }
        let mut counts = [0; 3];
        let mut seen: [BTreeSet<usize>; 3] = Default::default();
        self.rewind()?;
        while let Some(stretch) = self.next(PIECE)? {
            for k in 0..stretch.count {
                let part = self.part(stretch.first + k) as usize;
                counts[part] += 1;
                if let Some(labels) = labels {
                    seen[part].insert(stretch.data[labels][k].to_f64() as usize);
                }
            }
        }
        if split_last {
            self.same(counts.iter().sum(), self.counts.iter().sum())?;
        }
        (self.counts, self.trained) = (counts, usize::MAX);
        self.unseen = seen[1].union(&seen[2]).filter(|class| !seen[0].contains(class)).copied().collect();
        Ok(())
    }

    /// Reads the rows of a window, unless they are held; `None` then.
    fn window(&mut self, window: usize) -> Result<Option<Vec<Vec<T>>>, Error> {
        if self.window == Some(window) {
            return Ok(None);
        }
        let from = window * self.held;
        if from == 0 || self.trained > from {
            self.rewind()?;
        }
        self.window = None;
        let to = (from + self.held).min(self.to_train());
        let entries = |width: &Option<usize>| Vec::with_capacity(width.unwrap_or(0) * (to - from));
        let mut data: Vec<Vec<T>> = self.widths.iter().map(entries).collect();
        self.numbers.clear();
        while self.trained < to {
            // No more than are needed, so that the next window begins behind them.
            let aim = if self.trained < from { from } else { to };
            let Some(stretch) = self.next(PIECE.min(aim - self.trained))? else { break };
            let (rows, numbers) = self.chosen(&stretch, Part::Train);
            if self.trained >= from {
                data.iter_mut().zip(rows).for_each(|(own, rows)| own.extend(rows));
                self.numbers.extend(&numbers);
            }
            self.trained += numbers.len();
        }
        self.same(self.trained, to)?;
        if to == self.to_train() {
            // What comes behind is looked at, too: the source may have become another one.
            while self.next(PIECE)?.is_some() {}
            self.same(self.read, self.counts.iter().sum())?;
        }
        self.window = Some(window);
        Ok(Some(data))
    }
}

/// A trainer whose rows are not held: they are read again and again, those to train on some at a time, so many as
/// [`TrainingOptions::rows_held`] tells of the bytes of a row, in their order; each such window is shuffled by the seed.
/// Which rows are kept apart is decided for each row by itself, unless they are the last ones.
///
/// # Errors
/// As [`Trainer::new`]; those of the source; and where something hangs on all rows at once: a cost or a metric that is
/// not made of sums over rows, the norms of gradients, a batch of all rows.
pub fn stream<T: EngineReal>(
    model: &Model,
    source: Box<dyn RowSource<T>>,
    options: &TrainingOptions,
    sizes: &[(&str, usize)],
) -> Result<Trainer<T>, Error> {
    let step = Step::<T>::measuring(model, options)?;
    let refuse = |what: String, help: &str| {
        let message = format!("{what}, and rows that are streamed come piece by piece");
        Err(Error::new(ErrorKind::Value, message).with_help(help))
    };
    let widths: Vec<Option<usize>> = step.data().iter().map(|i| i.row_entries(step.batch(), sizes)).collect();
    let Some(batch) = step.batch().map(String::from) else {
        return refuse("the model has no rows".into(), "write data x[m]");
    };
    if let Some((input, _)) = step.data().iter().zip(&widths).find(|(_, width)| width.is_none()) {
        return refuse(format!("`{}` has no rows", input.name), "hold all data: stream = false");
    }
    if options.gradients {
        let what = "the norms of gradients are of all rows at once".to_string();
        return refuse(what, "leave gradients out, or hold all rows: stream = false");
    }
    let entries: usize = widths.iter().flatten().sum();
    let held = options.rows_held(entries.saturating_mul(T::BYTES));
    if options.batch > held {
        let size = if options.batch == usize::MAX { "all".to_string() } else { options.batch.to_string() };
        let what = format!("a batch is {size} rows, {held} are held at once");
        return refuse(what, "make batches smaller (batch = 32), or hold more rows (shuffle_buffer = …)");
    }
    let passes = trained::measures_in_passes(model, &batch)?;
    let mut feed = Feed {
        source,
        widths: widths.clone(),
        options: options.clone(),
        held: held / options.batch.max(1) * options.batch.max(1),
        counts: [0; 3],
        unseen: Vec::new(),
        read: 0,
        trained: 0,
        window: None,
        numbers: Vec::new(),
        passes: Arc::new(passes),
    };
    let labels = step.classes().iter().position(Option::is_some).filter(|k| widths[*k] == Some(1));
    feed.count(labels)?;
    let data = widths.iter().map(|_| Vec::new()).collect();
    let rows = Rows { data, widths, parts: [const { Vec::new() }; 3], feed: Some(feed) };
    Trainer::with_rows(model, step, rows, options, sizes)
}

/// How many rows to train on are held at once, where a trainer's rows are streamed.
pub fn shuffle_buffer<T: EngineReal>(trainer: &Trainer<T>) -> Option<usize> {
    trainer.feed.as_ref().map(Feed::held)
}

/// Hands over what a model says of the rows of a part, in their order: all of it at once, or piece by piece where rows are
/// streamed, until no more is wanted; of no rows nothing.
///
/// # Errors
/// As [`Program::run`]; those of the source; and where rows are streamed and what is said of one hangs on others.
///
/// ```
/// use wrt::{Model, Part, Prediction, Trainer, TrainingOptions, each_prediction};
/// let model = Model::parse("data x[m], y[m]; param a = 2; p = a*x; cost = mean((p - y)^2)")?;
/// let mut trainer = Trainer::new(&model, vec![vec![1.0, 3.0], vec![0.0, 0.0]], &TrainingOptions::default(), &[])?;
/// let mut all = Vec::new();
/// each_prediction(&mut trainer, &Prediction::new(&model, None)?, Part::Train, &mut |found, _| {
///     all.extend_from_slice(found);
///     true
/// })?;
/// assert_eq!(all, [2.0, 6.0]);
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn each_prediction<T: EngineReal>(
    trainer: &mut Trainer<T>,
    prediction: &Prediction<T>,
    part: Part,
    each: &mut Predictions<'_, T>,
) -> Result<(), Error> {
    let Some(mut feed) = trainer.feed.take() else {
        // Of no rows nothing is handed over, as by a stream.
        if trainer.rows(part) > 0 {
            each(&trainer.predict(prediction, part)?, trainer.rows(part));
        }
        return Ok(());
    };
    if prediction.joins_rows {
        trainer.feed = Some(feed);
        return Err(joined(prediction));
    }
    let (mut is_open, mut is_wanted) = (true, true);
    let done = trainer.each_piece(&mut feed, &prediction.program, part, &mut |piece, found| {
        let count = piece.iter().zip(&trainer.widths).find_map(|(all, width)| all.len().checked_div((*width)?));
        let count = count.unwrap_or(0);
        // One row tells nothing of others.
        if is_open && count > 1 {
            is_open = false;
            trainer.refuse_joined(prediction, piece, count, found)?;
        }
        is_wanted = each(found, count);
        // Nothing else stops the source.
        if is_wanted { Ok(()) } else { Err(Error::new(ErrorKind::Value, "no more is wanted")) }
    });
    trainer.feed = Some(feed);
    if is_wanted { done } else { Ok(()) }
}

fn joined<T: EngineReal>(prediction: &Prediction<T>) -> Error {
    let message = format!(
        "what `{}` is for a row hangs on other rows, and rows that are streamed come piece by piece",
        prediction.name()
    );
    Error::new(ErrorKind::Value, message).with_help("hold all rows: stream = false")
}

impl<T: EngineReal> Trainer<T> {
    /// Refuses a prediction of a row that hangs on other rows in a way that its formula doesn't tell, as by a scan: of one half
    /// of the rows it is another one.
    fn refuse_joined(
        &self,
        prediction: &Prediction<T>,
        piece: &[Vec<T>],
        count: usize,
        found: &[T],
    ) -> Result<(), Error> {
        let half = count / 2;
        let apart = |(a, b): (&T, &T)| {
            let (a, b) = (a.to_f64(), b.to_f64());
            (a - b).abs() > 1e-3 * a.abs().max(b.abs())
        };
        let mut is_joined = false;
        for first in [0, count - half].into_iter().filter(|_| half > 0) {
            let cut = |(all, width): (&Vec<T>, &Option<usize>)| {
                let width = width.unwrap_or(0);
                all[first * width..(first + half) * width].to_vec()
            };
            let rows: Vec<Vec<T>> = piece.iter().zip(&self.widths).map(cut).collect();
            let own = self.answered(&prediction.program, &rows, half)?;
            is_joined |= own.iter().zip(&found[first * (found.len() / count)..]).any(apart);
        }
        if is_joined { Err(joined(prediction)) } else { Ok(()) }
    }

    /// The first result of a program for these rows, so many.
    fn answered(&self, program: &Program<T>, rows: &[Vec<T>], count: usize) -> Result<Vec<T>, Error> {
        let program = program.clone().with_sizes(&self.sizes(count));
        let given = inputs(&self.step, &self.carried, program.inputs(), rows, &[])?;
        let mut found = program.room(&given);
        let mut lent: Vec<&mut [T]> = found.iter_mut().map(Vec::as_mut_slice).collect();
        program.run(&mut program.workspace().with_threads(self.measured.threads()), &given, &mut lent)?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// Gives constants that hang on data their values.
    pub(super) fn fit_in_passes(&mut self) -> Result<(), Error> {
        let Trainer { step, carried, feed, .. } = self;
        let Some(feed) = feed else { return Ok(()) };
        step.fit_in_passes(carried, feed.to_train(), &mut |each| feed.pass(Part::Train, each))
    }

    /// Holds the rows to which a batch of the epoch belongs; how many rows of the epoch come before them.
    pub(super) fn hold(&mut self, batch: usize) -> Result<usize, Error> {
        let Some(feed) = &mut self.feed else { return Ok(0) };
        let window = batch.saturating_mul(self.options.batch) / feed.held;
        if let Some(data) = feed.window(window)? {
            self.data = data;
            self.parts[0] = (0..feed.numbers.len()).collect();
            self.order = None;
        }
        Ok(window * feed.held)
    }

    /// The cost and the metrics of the rows of a part, by passes over them.
    pub(super) fn measure_in_passes(&mut self, feed: &mut Feed<T>, part: Part) -> Result<Vec<f64>, Error> {
        let Trainer { step, carried, .. } = self;
        let rows = feed.rows(part);
        let sizes = step.sizes(carried, rows);
        let value = |_: &Program<f64>, input: &crate::program::Input| {
            let of_settings = || step.settings().find(|(n, _)| *n == input.name).map(|(_, v)| v);
            let own = carried.get(&input.name).or_else(of_settings);
            let own = own.map(|all| all.iter().map(|x| x.to_f64()).collect());
            own.ok_or_else(|| Error::new(ErrorKind::Value, format!("`{}` has no value", input.name)))
        };
        let passes = Arc::clone(&feed.passes);
        let found = passes.run(rows, &sizes, step.data(), &value, &mut |each| {
            feed.pass(part, &mut |mut piece, count| {
                step.fill(carried, &mut piece);
                let piece: Vec<Vec<f64>> = piece.iter().map(|all| all.iter().map(|x| x.to_f64()).collect()).collect();
                each(&piece, count)
            })
        });
        Ok(found?.iter().map(|x| x.first().copied().unwrap_or(f64::NAN)).collect())
    }

    /// Runs a program on the rows of a part, some at a time, and hands its first result over with these rows.
    pub(super) fn each_piece(
        &self,
        feed: &mut Feed<T>,
        program: &Program<T>,
        part: Part,
        each: &mut Answered<'_, T>,
    ) -> Result<(), Error> {
        feed.pass(part, &mut |mut piece, count| {
            self.step.fill(&self.carried, &mut piece);
            let found = self.answered(program, &piece, count)?;
            each(&piece, &found)
        })
    }
}
