//! How to train: what a model's `train` line says, and what may be said instead.

use wrt_language::Setting;

use crate::error::{Error, ErrorKind};
use crate::model::Model;
use crate::optimisers::{canonical, listed};

/// Settings that are numbers.
const KNOWN: [&str; 13] = [
    "epochs",
    "batch",
    "seed",
    "validation",
    "test",
    "shuffle",
    "patience",
    "min_delta",
    "best",
    "accumulate",
    "gradients",
    "stream",
    "shuffle_buffer",
];

/// Bytes of rows that a stream holds, unless it is said how many rows.
const HELD: usize = 1 << 25;

/// The optimiser whose batches are all rows, unless something else is said.
const ALL_ROWS: &str = "gradient_descent";

/// What becomes of rows in which a value is missing: it is NaN.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Missing {
    /// They are none of ours: who reads a file refuses them.
    #[default]
    Refuse,
    /// They are left out.
    Drop,
    /// A column's missing values become the mean of the others in the rows to train on, which is kept with the weights.
    Mean,
}

impl Missing {
    /// The words that say so.
    const WORDS: [(&str, Missing); 3] = [("refuse", Missing::Refuse), ("drop", Missing::Drop), ("mean", Missing::Mean)];

    fn word(self) -> &'static str {
        Missing::WORDS.iter().find(|(_, own)| *own == self).map_or("", |(word, _)| word)
    }
}

/// How to train. What a model's `train` line says is read by [`TrainingOptions::of`].
#[derive(Clone, PartialEq, Debug)]
pub struct TrainingOptions {
    /// How often all rows are gone through.
    pub epochs: usize,
    /// Rows of a batch.
    pub batch: usize,
    /// What random numbers hang on: starting values, the split, the order of rows.
    pub seed: u64,
    /// The share of rows that the metrics of each epoch are computed on, and never trained on.
    pub validation: f64,
    /// The share of rows that are kept for the end.
    pub test: f64,
    /// Are rows gone through in another order in each epoch?
    pub shuffle: bool,
    /// Are the last rows kept apart, as Keras does, and not random ones?
    pub split_last: bool,
    /// What becomes of rows with missing values?
    pub missing: Missing,
    /// Training stops after so many epochs in which the loss of the validation rows was not the lowest so far.
    pub patience: Option<usize>,
    /// A loss is lower if it is so by more than this.
    pub min_delta: f64,
    /// Are the weights of the epoch kept whose validation loss was the lowest, and not those of the last one?
    pub best: bool,
    /// A step is done for the mean slopes of so many batches.
    pub accumulate: usize,
    /// Are the norms of the gradients computed after each epoch?
    pub gradients: bool,
    /// Are rows read from their file again and again, and not held? Unless it is said, that follows from the file's size.
    pub stream: Option<bool>,
    /// How many rows to train on are held at once, and shuffled among themselves, where rows are streamed.
    pub shuffle_buffer: Option<usize>,
    /// The bytes that a step may take, with one batch, the parameters and the optimiser's state: arrays for which there is no
    /// room are computed again. No bit hangs on it, so it is none of the settings of a run.
    pub memory: Option<u64>,
    /// The optimiser, if not that of the model.
    pub optimiser: Option<String>,
    /// Settings of the optimiser, and a schedule of its rate, that stand above those of the model; read from text by
    /// [`TrainingOptions::set_text`].
    pub settings: Vec<(String, Setting)>,
}

impl Default for TrainingOptions {
    /// As in Keras: one epoch, batches of 32, shuffled; nothing is kept apart.
    fn default() -> TrainingOptions {
        let (optimiser, settings) = (None, Vec::new());
        TrainingOptions {
            epochs: 1,
            batch: 32,
            seed: 0,
            validation: 0.0,
            test: 0.0,
            shuffle: true,
            split_last: false,
            missing: Missing::Refuse,
            patience: None,
            min_delta: 0.0,
            best: false,
            accumulate: 1,
            gradients: false,
            stream: None,
            shuffle_buffer: None,
            memory: None,
            optimiser,
            settings,
        }
    }
}

impl TrainingOptions {
    /// What the model's `train` line says.
    ///
    /// # Errors
    /// For a setting that is none, or a value that it can't have.
    ///
    /// ```
    /// use wrt::{Model, TrainingOptions};
    /// let model = Model::parse("data x[m], y[m]; param a; cost = mean((a*x - y)^2); train adam(), epochs = 5, test = 0.2")?;
    /// let options = TrainingOptions::of(&model)?;
    /// assert_eq!((options.epochs, options.batch, options.test), (5, 32, 0.2));
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn of(model: &Model) -> Result<TrainingOptions, Error> {
        let mut options = TrainingOptions::default();
        let session = model.cost().lock();
        let train = session.document().parsed().train.as_ref();
        if train.is_some_and(|t| t.optimiser == ALL_ROWS) {
            options.all_rows();
        }
        for (name, value) in train.iter().flat_map(|t| &t.settings) {
            match value {
                // The step reads it with the optimiser.
                _ if name == "schedule" => {}
                Setting::Number(value) => options.set(name, value.to_f64())?,
                Setting::Word(word, own) if name == "split" && own.is_empty() => options.set_split(word)?,
                Setting::Word(word, own) if name == "missing" && own.is_empty() => options.set_missing(word)?,
                Setting::Word(..) | Setting::Numbers(_) => {
                    let message = format!("`{name}` is a number, not {value}");
                    return Err(Error::new(ErrorKind::Value, message));
                }
            }
        }
        Ok(options)
    }

    fn set_split(&mut self, word: &str) -> Result<(), Error> {
        self.split_last = match word {
            "last" => true,
            "random" => false,
            _ => {
                let message = format!("`split` is random or last, not {word}");
                return Err(Error::new(ErrorKind::Value, message));
            }
        };
        Ok(())
    }

    fn set_missing(&mut self, word: &str) -> Result<(), Error> {
        let Some((_, missing)) = Missing::WORDS.iter().find(|(own, _)| *own == word) else {
            let message = format!("`missing` is refuse, drop or mean, not {word}");
            return Err(Error::new(ErrorKind::Value, message));
        };
        self.missing = *missing;
        Ok(())
    }

    /// How many rows of so many bytes are held at once where they are streamed: as many as is said, else 32 MiB of them.
    ///
    /// ```
    /// let mut options = wrt::TrainingOptions::default();
    /// assert_eq!(options.rows_held(32), 1 << 20);
    /// options.set("shuffle_buffer", 1000.0)?;
    /// assert_eq!(options.rows_held(32), 1000);
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn rows_held(&self, bytes: usize) -> usize {
        self.shuffle_buffer.unwrap_or((HELD / bytes.max(1)).max(1))
    }

    /// All rows at once: their order is of no use.
    fn all_rows(&mut self) {
        (self.batch, self.shuffle) = (usize::MAX, false);
    }

    /// Changes a setting by its name in a `train` line, or one of the optimiser, or the optimiser itself, to what a text
    /// says.
    ///
    /// # Errors
    /// As [`TrainingOptions::of`]; settings of the optimiser are looked at when a step is made.
    ///
    /// ```
    /// let mut options = wrt::TrainingOptions::default();
    /// options.set_text("optimiser", "sgd")?;
    /// options.set_text("rate", "0.1")?;
    /// options.set_text("schedule", "cosine(steps = 1000)")?;
    /// options.set_text("epochs", "7")?;
    /// assert_eq!((options.epochs, options.settings.len()), (7, 2));
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn set_text(&mut self, name: &str, text: &str) -> Result<(), Error> {
        match name {
            "split" => self.set_split(text)?,
            "missing" => self.set_missing(text)?,
            "optimiser" => {
                self.optimiser = Some(text.to_string());
                if text == ALL_ROWS {
                    self.all_rows();
                }
            }
            _ => {
                let name = canonical(name);
                let value = wrt_language::setting(text);
                let value = value.map_err(|e| Error::new(ErrorKind::Value, format!("`{name}`: {}", e.message)))?;
                match value {
                    Setting::Number(value) if KNOWN.contains(&name) => self.set(name, value.to_f64())?,
                    value => self.settings.push((name.to_string(), value)),
                }
            }
        }
        Ok(())
    }

    /// All settings by their names, as texts: those of the optimiser of a model and its schedule first.
    ///
    /// # Errors
    /// As [`TrainingOptions::of`].
    ///
    /// ```
    /// use wrt::{Model, TrainingOptions};
    /// let model = Model::parse("data x[m], y[m]; param a; cost = mean((a*x - y)^2); train sgd(rate = 0.1), epochs = 5")?;
    /// let listed = TrainingOptions::of(&model)?.listed(&model)?;
    /// let texts: Vec<String> = listed.iter().take(3).map(|(name, value)| format!("{name} = {value}")).collect();
    /// assert_eq!(texts, ["optimiser = sgd", "rate = 0.1", "epochs = 5"]);
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn listed(&self, model: &Model) -> Result<Vec<(String, String)>, Error> {
        let truth = |is: bool| if is { "true" } else { "false" }.to_string();
        let batch = if self.batch == usize::MAX { "all rows".to_string() } else { self.batch.to_string() };
        let patience = self.patience.map_or_else(|| "none".to_string(), |n| n.to_string());
        let own = [
            ("epochs", self.epochs.to_string()),
            ("batch", batch),
            ("seed", self.seed.to_string()),
            ("validation", self.validation.to_string()),
            ("test", self.test.to_string()),
            ("split", if self.split_last { "last" } else { "random" }.to_string()),
            ("shuffle", truth(self.shuffle)),
            ("missing", self.missing.word().to_string()),
            ("patience", patience),
            ("min_delta", self.min_delta.to_string()),
            ("best", truth(self.best)),
            ("accumulate", self.accumulate.to_string()),
            ("gradients", truth(self.gradients)),
            ("stream", self.stream.map_or_else(|| "by the file's size".to_string(), truth)),
            (
                "shuffle_buffer",
                self.shuffle_buffer.map_or_else(|| "by the size of a row".to_string(), |n| n.to_string()),
            ),
        ];
        let mut all = listed(&model.cost().lock(), self)?;
        all.extend(own.map(|(name, value)| (name.to_string(), value)));
        Ok(all)
    }

    /// Changes a setting by its name in a `train` line.
    ///
    /// # Errors
    /// As [`TrainingOptions::of`].
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), Error> {
        let name = canonical(name);
        let bad = |what: &str| Err(Error::new(ErrorKind::Value, format!("`{name}` is {what}, not {value}")));
        let whole = value.fract() == 0.0 && (0.0..=9e15).contains(&value);
        match name {
            "epochs" | "batch" | "seed" | "patience" | "accumulate" | "shuffle_buffer" if !whole => {
                return bad("a whole number");
            }
            "batch" | "accumulate" | "shuffle_buffer" if value == 0.0 => return bad("1 or more"),
            "min_delta" if !(value >= 0.0 && value.is_finite()) => return bad("at least 0"),
            "validation" | "test" if !(0.0..1.0).contains(&value) => return bad("a share from 0 to 1"),
            "shuffle" | "best" | "gradients" | "stream" if value != 0.0 && value != 1.0 => return bad("true or false"),
            "split" => return bad("random or last"),
            "missing" => return bad("refuse, drop or mean"),
            "epochs" => self.epochs = value as usize,
            "batch" => self.batch = value as usize,
            "seed" => self.seed = value as u64,
            "validation" => self.validation = value,
            "test" => self.test = value,
            "shuffle" => self.shuffle = value == 1.0,
            "patience" => self.patience = Some(value as usize),
            "min_delta" => self.min_delta = value,
            "best" => self.best = value == 1.0,
            "accumulate" => self.accumulate = value as usize,
            "gradients" => self.gradients = value == 1.0,
            "stream" => self.stream = Some(value == 1.0),
            "shuffle_buffer" => self.shuffle_buffer = Some(value as usize),
            _ => {
                let known = || KNOWN.into_iter().chain(["schedule", "split", "missing"]);
                let help = match wrt_language::closest(name, known()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are {}", known().collect::<Vec<_>>().join(", ")),
                };
                return Err(Error::new(ErrorKind::Name, format!("training has no setting `{name}`")).with_help(help));
            }
        }
        Ok(())
    }
}
