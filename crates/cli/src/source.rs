//! Where the rows of a run come from: they are held, or read again and again.

use std::path::Path;

use wrt::{Input, Model, Step, Trainer, TrainingOptions};

use crate::failure::Failure;
use crate::rows::{self, Known, Rows, Streamed};
use crate::weights::Kept;

/// Files of more bytes are streamed, unless it is said that they are not: 1 GiB, wherever they are trained on.
const STREAMED: u64 = 1 << 30;

/// Is a file streamed where nobody says whether it is?
pub fn is_large(path: &Path) -> bool {
    rows::bytes(path).is_some_and(|bytes| bytes > STREAMED)
}

/// The rows of a run: held, or read again and again.
pub enum Source<T> {
    Held(Rows<T>),
    Streamed(Box<Streamed>),
}

impl<T: Kept> Source<T> {
    /// Opens the file. Rows that all have room in the buffer are held: nothing is left to be streamed.
    pub fn open(
        path: &Path,
        step: &Step<T>,
        options: &TrainingOptions,
        known: &Known<'_>,
    ) -> Result<Source<T>, Failure> {
        if options.stream.unwrap_or_else(|| options.shuffle_buffer.is_some() || is_large(path)) {
            let rows = Streamed::new(path, step, known)?;
            if rows.rows > options.rows_held(row_bytes(step, &rows.sizes)) {
                return Ok(Source::Streamed(Box::new(rows)));
            }
        }
        Ok(Source::Held(rows::read(path, step, known)?))
    }

    /// How many rows there are, the sizes of named dimensions, the classes that are words.
    pub fn about(&self) -> (usize, Vec<(String, usize)>, Vec<String>) {
        match self {
            Source::Held(own) => (own.rows, own.sizes.clone(), own.classes.clone()),
            Source::Streamed(own) => (own.rows, own.sizes.clone(), own.classes.clone()),
        }
    }

    /// A number that hangs on each bit of them.
    pub fn fingerprint(&self) -> u64 {
        match self {
            Source::Held(own) => rows::fingerprint(&own.data),
            Source::Streamed(own) => own.hash,
        }
    }

    /// Trains on them.
    pub fn trainer(
        self,
        model: &Model,
        options: &TrainingOptions,
        sizes: &[(&str, usize)],
    ) -> Result<Trainer<T>, wrt::Error> {
        match self {
            Source::Held(Rows { data, .. }) => Trainer::new(model, data, options, sizes),
            Source::Streamed(rows) => wrt::stream(model, rows, options, sizes),
        }
    }

    /// The bytes of rows that are held.
    pub fn held(&self, step: &Step<T>, options: &TrainingOptions) -> u64 {
        match self {
            Source::Held(own) => own.data.iter().map(|all| (all.len() * T::BYTES) as u64).sum(),
            Source::Streamed(own) => {
                let bytes = row_bytes(step, &own.sizes);
                (bytes as u64).saturating_mul(options.rows_held(bytes) as u64)
            }
        }
    }
}

/// The bytes of a row of all data.
fn row_bytes<T: Kept>(step: &Step<T>, sizes: &[(String, usize)]) -> usize {
    let size = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
    let entries = |input: &Input| input.dims.get(1..).unwrap_or_default().iter().map(|d| d.evaluate(size)).product();
    let entries: u64 = step.data().iter().filter_map(entries).fold(0, u64::saturating_add);
    usize::try_from(entries).unwrap_or(usize::MAX).saturating_mul(T::BYTES)
}
