//! Entries at positions that are values themselves, and the transpose of that.

use crate::element::Element;
use crate::memory::{Memory, Place, apart};

/// A label that is none of the positions of its axis.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct NoPosition {
    /// What stands there.
    pub label: f64,
    /// How many positions there are.
    pub positions: usize,
}

/// Blocks of entries along an axis at positions: block `b` of what is picked is block `b / each * positions + label`
/// of the array, the labels going round.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pick {
    /// The labels, and how many there are.
    pub labels: (Place, usize),
    /// The size of the axis.
    pub positions: usize,
    /// Labels for one stretch of the axis.
    pub each: usize,
    /// Blocks that are picked.
    pub blocks: usize,
    /// Entries of a block.
    pub inner: usize,
    /// The array, of `blocks / each` stretches.
    pub array: Place,
    /// What is picked, block behind block.
    pub picked: Place,
}

impl Pick {
    fn array_entries(&self) -> usize {
        self.blocks.div_ceil(self.each.max(1)) * self.positions * self.inner
    }

    /// Picks.
    ///
    /// # Errors
    /// Where a label is no position.
    ///
    /// # Panics
    /// If it doesn't fit the memory: the plan is wrong.
    pub fn run<T: Element>(&self, memory: &mut Memory<'_, T>) -> Result<(), NoPosition> {
        self.check(memory)?;
        let (picked, array) = (self.blocks * self.inner, self.array_entries());
        assert!(apart(self.array, array, self.picked, picked), "what is picked lies in the array");
        let (from, to) = (memory.read(self.array, array), memory.write(self.picked, picked));
        self.each_block(memory, |at, block| {
            // SAFETY: a label is a position, so that the block lies in the array; both lie apart.
            unsafe {
                match self.inner {
                    1 => *to.add(block) = *from.add(at),
                    inner => std::ptr::copy_nonoverlapping(from.add(at), to.add(block), inner),
                }
            }
        });
        Ok(())
    }

    /// Adds what was picked up where it came from, in an array of zeros.
    ///
    /// # Errors
    /// As [`Pick::run`].
    ///
    /// # Panics
    /// As [`Pick::run`].
    pub fn add_back<T: Element>(&self, memory: &mut Memory<'_, T>) -> Result<(), NoPosition> {
        self.check(memory)?;
        let (picked, array) = (self.blocks * self.inner, self.array_entries());
        assert!(apart(self.array, array, self.picked, picked), "what is picked lies in the array");
        let (from, to) = (memory.read(self.picked, picked), memory.write(self.array, array));
        // SAFETY: so many entries have just been looked up.
        unsafe { std::slice::from_raw_parts_mut(to, array) }.fill(T::ZERO);
        self.each_block(memory, |at, block| {
            for k in 0..self.inner {
                // SAFETY: as above.
                unsafe { *to.add(at + k) = *to.add(at + k) + *from.add(block + k) }
            }
        });
        Ok(())
    }

    /// Are all labels positions?
    ///
    /// # Errors
    /// Where one isn't.
    ///
    /// # Panics
    /// As [`Pick::run`].
    pub fn check<T: Element>(&self, memory: &Memory<'_, T>) -> Result<(), NoPosition> {
        let labels = memory.read(self.labels.0, self.labels.1);
        for k in 0..self.labels.1 {
            // SAFETY: within the labels.
            let label = unsafe { *labels.add(k) }.to_f64();
            // What is cut off to a whole number is the nearest one there is, 0 if it is not a number.
            let position = label as usize;
            if position as f64 != label || position >= self.positions {
                return Err(NoPosition { label, positions: self.positions });
            }
        }
        Ok(())
    }

    fn each_block<T: Element>(&self, memory: &Memory<'_, T>, mut f: impl FnMut(usize, usize)) {
        if self.labels.1 == 0 {
            return;
        }
        let labels = memory.read(self.labels.0, self.labels.1);
        // Which label comes next, and in which stretch of the axis.
        let (mut next, mut stretch, mut left) = (0, 0, self.each.max(1));
        for block in 0..self.blocks {
            // SAFETY: within the labels, all of which have been checked.
            let label = unsafe { *labels.add(next) }.to_f64() as usize;
            f((stretch * self.positions + label) * self.inner, block * self.inner);
            next = if next + 1 == self.labels.1 { 0 } else { next + 1 };
            left -= 1;
            if left == 0 {
                (stretch, left) = (stretch + 1, self.each.max(1));
            }
        }
    }
}
