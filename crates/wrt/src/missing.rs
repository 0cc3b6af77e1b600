//! Values that are missing among rows of data: they are NaN, and their rows are left out, or they become a column's mean.

use wrt_engine::EngineReal;

use crate::error::{Error, ErrorKind};

fn is_missing<T: EngineReal>(x: &T) -> bool {
    x.to_f64().is_nan()
}

/// Leaves out the rows in which something is missing; how many are left. Arrays without rows have no width.
pub(crate) fn drop_rows<T: EngineReal>(data: &mut [Vec<T>], widths: &[Option<usize>], rows: usize) -> usize {
    let mut whole = vec![true; rows];
    for (all, width) in data.iter().zip(widths) {
        let Some(width) = width.filter(|w| *w > 0) else { continue };
        for (is_whole, row) in whole.iter_mut().zip(all.chunks(width)) {
            *is_whole &= !row.iter().any(is_missing);
        }
    }
    let left = whole.iter().filter(|is_whole| **is_whole).count();
    if left < rows {
        for (all, width) in data.iter_mut().zip(widths) {
            let Some(width) = width.filter(|w| *w > 0) else { continue };
            let mut entry = 0;
            all.retain(|_| {
                entry += 1;
                whole[(entry - 1) / width]
            });
        }
    }
    left
}

/// The mean of each column of some rows, of the values that are there.
///
/// # Errors
/// Where a column has none.
pub(crate) fn means<T: EngineReal>(name: &str, rows: &[T], width: usize) -> Result<Vec<T>, Error> {
    let mut means = Means::new(width);
    means.add(rows);
    means.found(name)
}

/// The same, of rows that come piece by piece.
pub(crate) struct Means {
    sums: Vec<f64>,
    counts: Vec<usize>,
}

impl Means {
    pub(crate) fn new(width: usize) -> Means {
        Means { sums: vec![0.0; width], counts: vec![0; width] }
    }

    pub(crate) fn add<T: EngineReal>(&mut self, rows: &[T]) {
        for row in rows.chunks(self.sums.len().max(1)) {
            for (k, x) in row.iter().enumerate().filter(|(_, x)| !is_missing(*x)) {
                self.sums[k] += x.to_f64();
                self.counts[k] += 1;
            }
        }
    }

    pub(crate) fn found<T: EngineReal>(&self, name: &str) -> Result<Vec<T>, Error> {
        if let Some(k) = self.counts.iter().position(|n| *n == 0) {
            let message = format!("column {} of `{name}` has no value in the rows to train on, and so no mean", k + 1);
            return Err(Error::new(ErrorKind::Value, message).with_help("leave the column out of the data"));
        }
        Ok(self.sums.iter().zip(&self.counts).map(|(sum, n)| T::from_f64(sum / *n as f64)).collect())
    }
}

/// Puts the means of columns where something is missing.
pub(crate) fn fill<T: EngineReal>(rows: &mut [T], means: &[T]) {
    for row in rows.chunks_mut(means.len().max(1)) {
        row.iter_mut().zip(means).filter(|(x, _)| is_missing(*x)).for_each(|(x, mean)| *x = *mean);
    }
}
