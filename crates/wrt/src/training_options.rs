//! How to train: what a model's `train` line says, and what may be said instead.

use crate::error::{Error, ErrorKind};
use crate::model::Model;

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
}

impl Default for TrainingOptions {
    /// As in Keras: one epoch, batches of 32, shuffled; nothing is kept apart.
    fn default() -> TrainingOptions {
        TrainingOptions { epochs: 1, batch: 32, seed: 0, validation: 0.0, test: 0.0, shuffle: true }
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
        for (name, value) in session.document().parsed().train.iter().flat_map(|t| &t.settings) {
            options.set(name, value.to_f64())?;
        }
        Ok(options)
    }

    /// Changes a setting by its name in a `train` line.
    ///
    /// # Errors
    /// As [`TrainingOptions::of`].
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), Error> {
        let bad = |what: &str| Err(Error::new(ErrorKind::Value, format!("`{name}` is {what}, not {value}")));
        let whole = value.fract() == 0.0 && (0.0..=9e15).contains(&value);
        match name {
            "epochs" | "batch" | "seed" if !whole => return bad("a whole number"),
            "batch" if value == 0.0 => return bad("1 or more"),
            "validation" | "test" if !(0.0..1.0).contains(&value) => return bad("a share from 0 to 1"),
            "shuffle" if value != 0.0 && value != 1.0 => return bad("0 or 1"),
            "epochs" => self.epochs = value as usize,
            "batch" => self.batch = value as usize,
            "seed" => self.seed = value as u64,
            "validation" => self.validation = value,
            "test" => self.test = value,
            "shuffle" => self.shuffle = value == 1.0,
            _ => {
                const KNOWN: [&str; 6] = ["epochs", "batch", "seed", "validation", "test", "shuffle"];
                let help = match wrt_language::closest(name, KNOWN) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are {}", KNOWN.join(", ")),
                };
                return Err(Error::new(ErrorKind::Name, format!("training has no setting `{name}`")).with_help(help));
            }
        }
        Ok(())
    }
}
