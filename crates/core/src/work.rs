//! Counted work: how many steps the passes take, so that tests can say that work is linear without looking at a clock.
//!
//! Steps are counted on each thread by itself, in every profile but the release; there, counting is nothing.

use std::cell::Cell;

thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
    static LIMIT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Whether steps are counted in this build.
pub const COUNTED: bool = cfg!(counts_work);

/// Counts steps: a look at a node, or a term or factor that is handled.
///
/// # Panics
/// Beyond the limit of [`counted`], which only tests set.
#[inline]
pub fn step(count: usize) {
    if COUNTED {
        STEPS.with(|steps| {
            let now = steps.get().saturating_add(count as u64);
            steps.set(now);
            assert!(now <= LIMIT.with(Cell::get), "more steps than allowed");
        });
    }
}

/// What `run` returns and how many steps it took: zero in the release, which doesn't count.
///
/// # Panics
/// If it takes more than `limit` steps, so that a walk without end ends.
///
/// ```
/// use wrt_core::{Graph, work};
/// let mut g = Graph::new();
/// let x = g.symbol("x");
/// let (order, steps) = work::counted(1000, || g.reachable(&[x]));
/// assert_eq!(order, [x]);
/// assert!(steps > 0 || !work::COUNTED);
/// ```
pub fn counted<T>(limit: u64, run: impl FnOnce() -> T) -> (T, u64) {
    /// Puts the limit back, also where `run` panics.
    struct Restore(u64);
    impl Drop for Restore {
        fn drop(&mut self) {
            LIMIT.with(|l| l.set(self.0));
        }
    }
    let before = STEPS.with(Cell::get);
    let _restore = Restore(LIMIT.with(|l| l.replace(before.saturating_add(limit))));
    let value = run();
    (value, STEPS.with(Cell::get) - before)
}
