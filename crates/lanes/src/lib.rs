//! Slices in, slices out: what compiled programs run. No graph is known here, and nothing else in wrt is `unsafe`.
//!
//! Five kernels do all the work, each described by a value that is checked against the memory it is given before it
//! runs: [`Loop`] (entry by entry: a tape of instructions over registers), [`Product`] (of matrices), [`Fold`] (sums
//! and extrema along axes), [`Pick`] (entries at positions) and [`Assemble`] (pieces put to their places). A [`Stage`] runs
//! several of them over the same rows, and [`Fused`] is several that are short. Each runs at a [`Level`] of instructions and
//! gives the same bits each time at that level, whatever number of threads ([`Team`]) shares the work of a [`Kernel`].

mod assemble;
mod element;
mod exercise;
mod fold;
mod functions;
mod fused;
mod kernel;
mod level;
mod loops;
mod memory;
mod pick;
mod product;
mod stage;
mod team;
mod vector;

pub use assemble::{Assemble, Put, PutWay};
pub use element::Element;
pub use exercise::Exercise;
pub use fold::{Fold, FoldKind};
pub use fused::{Fused, Part};
pub use kernel::{Kernel, PickWay, Work};
pub use level::{Level, Levelled};
pub use loops::{Call, CheckedLoop, Instruction, Loop, MAX_ARGUMENTS, MAX_REGISTERS, Op, Pair, STRETCH, Source};
pub use memory::{MAX_LOCALS, Memory, Place, Runs, Spans};
pub use pick::{NoPosition, Pick};
pub use product::Product;
pub use stage::{Duty, Local, Member, Stage};
pub use team::{MAX_UNITS, Team};
