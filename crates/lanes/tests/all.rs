//! The tests of this crate, one program.

mod functions;
mod kernels;
mod teams;
