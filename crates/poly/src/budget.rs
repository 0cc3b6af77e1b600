//! A bound on the work of the expensive operations, counted and never timed.

use std::cell::Cell;

/// How many terms a polynomial may have, and how many term operations are left.
///
/// The count is shared by all operations that are given the same budget, so one budget bounds a
/// whole computation. It depends on the inputs alone: the same call always gets equally far.
#[derive(Clone, Debug)]
pub struct Budget {
    max_terms: usize,
    operations: Cell<u64>,
}

impl Budget {
    /// A budget of polynomials with `max_terms` terms and of `operations` term operations in all.
    pub const fn new(max_terms: usize, operations: u64) -> Self {
        Self { max_terms, operations: Cell::new(operations) }
    }

    /// The most terms a polynomial may have.
    pub const fn max_terms(&self) -> usize {
        self.max_terms
    }

    /// The term operations that are left.
    pub fn remaining(&self) -> u64 {
        self.operations.get()
    }

    /// Takes `operations` from what is left, `None` (and nothing left) where there are not so many.
    pub fn spend(&self, operations: usize) -> Option<()> {
        let left = self.operations.get().checked_sub(operations as u64);
        self.operations.set(left.unwrap_or(0));
        left.map(|_| ())
    }

    /// `None` for a polynomial of too many terms.
    pub(crate) fn admit(&self, terms: usize) -> Option<()> {
        (terms <= self.max_terms).then_some(())
    }
}

impl Default for Budget {
    /// Enough for what one meets in practice, and some tens of milliseconds at most.
    fn default() -> Self {
        Self::new(4096, 2_000_000)
    }
}
