//! The tests of this crate, one program.

mod agreement;
mod cases;
mod tampered;
mod threads;
