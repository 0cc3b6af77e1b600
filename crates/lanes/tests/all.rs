//! The tests of this crate, one program.

mod functions;
mod fused;
mod kernels;
mod teams;
