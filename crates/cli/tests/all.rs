//! All tests of the crate in one program: linked once, and run beside each other.

mod answers;
mod bad_input;
mod batch;
mod bench;
mod common;
mod data;
mod documents;
mod format;
mod gallery;
mod graph;
mod hard_pictures;
mod judge;
mod lecture;
mod linear_algebra;
mod pages;
mod plot;
mod points;
mod positions;
mod printed;
mod repl;
mod resume;
mod run;
mod runs;
mod structure;
mod train;
mod walks;
