//! From a graph to a program: which loops, products and sums compute some nodes, and in what memory. Nothing is
//! evaluated here.
//!
//! - `lower.rs` turns nodes into *values*: entrywise results, products of two matrices, folds, picks. What only moves
//!   entries about (a transpose, a broadcast, a diagonal, a slice) is an *access*: the strides by which a value is read.
//! - `contraction.rs` chooses the order of products; `forms.rs` leaves them as products of parts until an array is needed.
//! - `windows.rs` has convolution and pooling: windows are accesses, too.
//! - `scan.rs` plans the step of a scan as a program of its own. What has no lowering is computed by its row.
//! - `layout.rs` puts the axes of arrays into the order in which most of those who read them walk.
//! - `schedule.rs` puts values into an order and entrywise ones that go over the same positions into one loop.
//! - `stages.rs` lets steps that read the same large arrays go over them together, block by block.
//! - `recompute.rs` gives arrays up where there is less room than all of them need, and has them computed once more.
//! - `text.rs` writes a plan, `read.rs` reads it back, and `verify.rs` lets nothing pass that could not run.
//! - `cost.rs` counts what a program does and moves.
//! - `arena.rs` gives temporary arrays places, those of arrays that nothing reads any more again.

mod access;
mod arena;
mod contraction;
mod cost;
mod forms;
mod gates;
mod layout;
mod lower;
mod operations;
mod program;
mod read;
mod recompute;
mod scan;
mod schedule;
mod stages;
mod tape;
mod text;
mod values;
mod verify;
mod windows;

pub use lower::{Refusal, plan};
pub use program::{
    AssembleStep, Buffer, BufferId, CallStep, Constant, FoldKind, FoldStep, Instruction, Lanes, Op, Output, PickStep,
    PickWay, Piece, ProductStep, Program, Reach, Recomputed, Role, ScanStep, Source, Stage, Step, View,
};
pub use read::{ReadError, ReadPlan, read};
pub use recompute::within;
pub use stages::MAX_LOCALS;
pub use text::{LEGEND, names, text};
pub use verify::MAX_REGISTERS;
