//! The judge: nudging, which knows no derivative, and every engine checked against it and against the others.

mod engines;
mod joint;
mod judge;
mod moved;
mod nudge;
mod own;
mod probe;
mod random;
mod report;
mod sides;
mod special;
mod subject;
mod sweep;
mod undefined;
mod work;

pub use judge::{By, Claim, Formulas, Scrutiny, judge};
pub use moved::Entry;
pub use nudge::{Direction, MAX_EPS, MIN_EPS, Nudge, Start, nudge, parse_eps};
pub use own::{Own, check_function};
pub use random::random_point;
pub use report::{Engine, Extent, Finding, MAX_AGREEMENT, Place, Reading, Report, Slope, Verdict, Why};
pub use special::special_places;
pub use sweep::{Arithmetic, Sweep, Trial, sweep};
pub use undefined::{Undefined, undefined};
pub use work::{Work, work};
