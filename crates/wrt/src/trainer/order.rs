//! Which rows are for what, in which order, and rows brought together.

use std::collections::BTreeMap;

use wrt_engine::EngineReal;
use wrt_kernels::Stream;

use crate::training_options::TrainingOptions;

/// Random numbers that are drawn at once.
const DRAWN: usize = 64;

/// The rows of each part: a permutation, cut; of classes, each part has its share, as nearly as can be.
pub(super) fn split<T: EngineReal>(rows: usize, options: &TrainingOptions, labels: Option<&[T]>) -> [Vec<usize>; 3] {
    let mut all: Vec<usize> = (0..rows).collect();
    let is_random = !options.split_last && (options.validation > 0.0 || options.test > 0.0);
    if is_random {
        shuffle(&mut all, options.seed, "split", 0);
    }
    if let Some(labels) = labels.filter(|_| is_random) {
        spread(&mut all, labels);
    }
    let share = |part: f64| ((rows as f64 * part).round() as usize).min(rows);
    let test = all.split_off(rows - share(options.test));
    let validation = all.split_off(all.len() - share(options.validation).min(all.len()));
    if !options.shuffle {
        // Rows keep the order that they came in.
        all.sort_unstable();
    }
    [all, validation, test]
}

/// Brings rows into an order in which each class comes evenly, so that any stretch has its share of each.
fn spread<T: EngineReal>(all: &mut [usize], labels: &[T]) {
    let class = |row: usize| labels[row].to_f64() as usize;
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    all.iter().for_each(|row| *counts.entry(class(*row)).or_default() += 1);
    let mut met: BTreeMap<usize, usize> = BTreeMap::new();
    let mut keyed: Vec<(f64, usize)> = Vec::with_capacity(all.len());
    for &row in all.iter() {
        let met = met.entry(class(row)).or_default();
        let count = counts.get(&class(row)).copied().unwrap_or(1);
        keyed.push(((*met as f64 + 0.5) / count as f64, row));
        *met += 1;
    }
    // Rows with the same key stay in their random order.
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    all.iter_mut().zip(keyed).for_each(|(own, (_, row))| *own = row);
}

/// Rows in the order of a turn, if they are shuffled.
pub(super) fn shuffled(rows: &[usize], options: &TrainingOptions, turn: usize) -> Vec<usize> {
    let mut order = rows.to_vec();
    if options.shuffle {
        shuffle(&mut order, options.seed, "order", turn);
    }
    order
}

/// Fisher and Yates' permutation, the same for a seed, a purpose and a turn.
fn shuffle(all: &mut [usize], seed: u64, purpose: &str, turn: usize) {
    let stream = Stream::new(seed, purpose, turn as u32);
    let mut drawn = [0; DRAWN];
    let mut end = all.len();
    while end > 1 {
        // Numbers hang on each other in nothing, swaps do.
        let first = end.saturating_sub(DRAWN).max(1);
        for (other, k) in drawn.iter_mut().zip(first..end) {
            *other = (stream.uniform(k as u64) * (k + 1) as f64) as usize;
        }
        for k in (first..end).rev() {
            all.swap(k, drawn[k - first].min(k));
        }
        end = first;
    }
}

/// Some rows of arrays, in this order; what has no rows is taken as it is.
pub(super) fn taken<T: EngineReal>(data: &[Vec<T>], widths: &[Option<usize>], order: &[usize]) -> Vec<Vec<T>> {
    let one = |(all, width): (&Vec<T>, &Option<usize>)| match width {
        // Short rows are copied entry by entry: a call for each would take longer than the copy.
        Some(1) => narrow::<T, 1>(all, order),
        Some(2) => narrow::<T, 2>(all, order),
        Some(3) => narrow::<T, 3>(all, order),
        Some(4) => narrow::<T, 4>(all, order),
        Some(width) => {
            let mut rows = Vec::with_capacity(order.len() * width);
            order.iter().for_each(|r| rows.extend_from_slice(&all[r * width..(r + 1) * width]));
            rows
        }
        None => all.clone(),
    };
    data.iter().zip(widths).map(one).collect()
}

/// Some rows of so many entries.
fn narrow<T: EngineReal, const N: usize>(all: &[T], order: &[usize]) -> Vec<T> {
    let (all, _) = all.as_chunks::<N>();
    let mut rows = vec![[T::ZERO; N]; order.len()];
    rows.iter_mut().zip(order).for_each(|(row, r)| *row = all[*r]);
    rows.into_flattened()
}
