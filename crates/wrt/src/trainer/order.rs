//! Which rows are for what, in which order, and rows brought together.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use wrt_engine::{EngineReal, Level, Levelled, Team};
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
    let (mut drawn, level) = ([0; DRAWN], Level::best());
    let mut end = all.len();
    while end > 1 {
        // Numbers hang on each other in nothing, swaps do.
        let first = end.saturating_sub(DRAWN).max(1);
        level.run(Draw { stream, first, drawn: &mut drawn[..end - first] });
        for k in (first..end).rev() {
            all.swap(k, drawn[k - first].min(k));
        }
        end = first;
    }
}

/// Draws, for each of some places from the first one on, one up to it.
struct Draw<'a> {
    stream: Stream,
    first: usize,
    drawn: &'a mut [usize],
}

impl Levelled for Draw<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (other, k) in self.drawn.iter_mut().zip(self.first..) {
            *other = (self.stream.uniform(k as u64) * (k + 1) as f64) as usize;
        }
    }
}

/// Some rows of arrays, in this order; what has no rows is taken as it is.
pub(super) fn taken<T: EngineReal>(data: &[Vec<T>], widths: &[Option<usize>], order: &[usize]) -> Vec<Vec<T>> {
    let mut near = Near::of(data, widths);
    for ((all, width), rows) in data.iter().zip(widths).zip(&mut near.rows) {
        if let Some(width) = *width {
            rows.resize(order.len() * width, T::ZERO);
            put(all, width, order, rows);
        }
    }
    near.rows
}

/// Room for some rows, brought together, and for others after them.
pub(super) struct Near<T> {
    pub rows: Vec<Vec<T>>,
}

/// Entries of rows that are brought together by several threads.
const MANY: usize = 1 << 15;
/// The parts into which they are cut.
const PARTS: usize = 8;

impl<T: EngineReal> Near<T> {
    /// No rows yet; what has no rows is there.
    pub(super) fn of(data: &[Vec<T>], widths: &[Option<usize>]) -> Near<T> {
        let own = |(all, width): (&Vec<T>, &Option<usize>)| if width.is_some() { Vec::new() } else { all.clone() };
        Near { rows: data.iter().zip(widths).map(own).collect() }
    }

    /// These rows in the place of those before.
    pub(super) fn bring(&mut self, data: &[Vec<T>], widths: &[Option<usize>], order: &[usize], team: &mut Team) {
        for ((all, width), rows) in data.iter().zip(widths).zip(&mut self.rows) {
            let Some(width) = *width else { continue };
            rows.resize(order.len() * width, T::ZERO);
            if rows.len() < MANY || team.threads() < 2 {
                put(all, width, order, rows);
                continue;
            }
            let each = order.len().div_ceil(PARTS);
            let parts: Vec<Mutex<&mut [T]>> = rows.chunks_mut(each * width).map(Mutex::new).collect();
            team.run(parts.len(), &|_, unit| {
                let order = &order[unit * each..((unit + 1) * each).min(order.len())];
                // Each part is taken once.
                put(all, width, order, &mut parts[unit].lock().unwrap_or_else(PoisonError::into_inner));
            });
        }
    }
}

/// Puts rows of so many entries behind each other.
fn put<T: EngineReal>(all: &[T], width: usize, order: &[usize], rows: &mut [T]) {
    match width {
        0 => {}
        // Short rows are copied entry by entry: a call for each would take longer than the copy.
        1 => narrow::<T, 1>(all, order, rows),
        2 => narrow::<T, 2>(all, order, rows),
        3 => narrow::<T, 3>(all, order, rows),
        4 => narrow::<T, 4>(all, order, rows),
        _ => {
            rows.chunks_exact_mut(width).zip(order).for_each(|(row, r)| row.copy_from_slice(&all[r * width..][..width]))
        }
    }
}

/// The same where the number is known.
fn narrow<T: EngineReal, const N: usize>(all: &[T], order: &[usize], rows: &mut [T]) {
    let ((all, _), (rows, _)) = (all.as_chunks::<N>(), rows.as_chunks_mut::<N>());
    rows.iter_mut().zip(order).for_each(|(row, r)| *row = all[*r]);
}
