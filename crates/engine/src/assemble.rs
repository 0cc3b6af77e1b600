//! Arrays that are put together of pieces.

use wrt_lanes::{Memory, Place};
use wrt_plan::AssembleStep;

use crate::real::EngineReal;

/// An array of pieces along its last axis, where every place is settled.
#[derive(Clone, Debug)]
pub(crate) struct Assembled {
    /// The sizes of the axes before the last one.
    leading: Vec<usize>,
    /// The size of the last axis.
    n: usize,
    pieces: Vec<Put>,
    reads: Vec<(Place, usize)>,
    to: (Place, usize),
    is_covered: bool,
}

/// Entries that are put together at a time.
const NEAR: usize = 2048;

/// One piece.
#[derive(Clone, Debug)]
struct Put {
    /// How far entries lie apart, along the axes before the last one and along that.
    outer: Vec<usize>,
    stride: usize,
    start: usize,
    step: usize,
    length: usize,
    adds: bool,
}

impl Assembled {
    pub(crate) fn new(a: &AssembleStep, places: &[Place]) -> Assembled {
        let (leading, n) = a.sizes.split_at(a.sizes.len().saturating_sub(1));
        let (mut pieces, mut reads) = (Vec::with_capacity(a.pieces.len()), Vec::with_capacity(a.pieces.len()));
        for piece in &a.pieces {
            let (outer, last) = piece.from.strides.split_at(leading.len());
            let stride = last.first().copied().unwrap_or(0);
            let last = |size: usize, stride: &usize| size.saturating_sub(1) * stride;
            let reach = leading.iter().zip(outer).map(|(size, s)| last(*size, s)).sum::<usize>();
            reads.push((places[piece.from.buffer].plus(piece.from.offset), reach + last(piece.length, &stride) + 1));
            let (start, step, length, adds) = (piece.start, piece.step.max(1), piece.length, piece.adds);
            pieces.push(Put { outer: outer.to_vec(), stride, start, step, length, adds });
        }
        let to = (places[a.to], a.sizes.iter().product());
        let n = n.first().copied().unwrap_or(1);
        Assembled { leading: leading.to_vec(), n, pieces, reads, to, is_covered: a.is_covered }
    }

    pub(crate) fn run<T: EngineReal>(&self, memory: &mut Memory<'_, T>) {
        if self.to.1 == 0 {
            return;
        }
        memory.lend(&self.reads, self.to, |given, to| {
            for (row, to) in to.chunks_exact_mut(self.n).enumerate() {
                // What comes together is still near when the next piece does.
                for (block, to) in to.chunks_mut(NEAR).enumerate() {
                    if !self.is_covered {
                        to.fill(T::ZERO);
                    }
                    for (piece, from) in self.pieces.iter().zip(given) {
                        piece.put(&from[self.place(row, &piece.outer)..], to, block * NEAR);
                    }
                }
            }
        });
    }

    /// Where a row lies.
    fn place(&self, mut row: usize, strides: &[usize]) -> usize {
        let mut at = 0;
        for (size, stride) in self.leading.iter().zip(strides).rev() {
            at += row % size * stride;
            row /= size;
        }
        at
    }
}

impl Put {
    /// Puts the entries that go to a part of the array, which begins at `first`.
    fn put<T: EngineReal>(&self, from: &[T], to: &mut [T], first: usize) {
        let before = |place: usize| place.saturating_sub(self.start).div_ceil(self.step).min(self.length);
        let (begin, end) = (before(first), before(first + to.len()));
        if begin == end {
            return;
        }
        let to = &mut to[self.start + begin * self.step - first..];
        let (from, count) = (&from[begin * self.stride..], end - begin);
        match (self.step, self.stride, self.adds) {
            (1, 1, false) => to[..count].copy_from_slice(&from[..count]),
            (1, 1, true) => to.iter_mut().zip(&from[..count]).for_each(|(to, x)| *to = *to + *x),
            (step, stride, adds) => {
                for k in 0..count {
                    let (x, to) = (from[k * stride], &mut to[k * step]);
                    *to = if adds { *to + x } else { x };
                }
            }
        }
    }
}
