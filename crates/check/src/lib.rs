//! The judge: nudging, which knows no derivative, and every engine checked against it and against the others.

mod arrays;
mod engines;
mod nudge;
mod own;
mod probe;
mod random;
mod report;
mod sweep;
mod work;

pub use arrays::{ArrayFormulas, ArrayPart, Unchecked, check_arrays, random_arrays};
pub use engines::{Formulas, check};
pub use nudge::{Direction, MAX_EPS, MIN_EPS, Nudge, Start, nudge, parse_eps};
pub use own::{Own, check_function};
pub use random::random_points;
pub use report::{Engine, MAX_AGREEMENT, Part, Report, Slope, Verdict, Why};
pub use sweep::{Kind as SweepKind, Sweep, Trial, sweep};
pub use work::{Work, work};
