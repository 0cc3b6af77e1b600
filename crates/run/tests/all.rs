//! All tests of the crate in one program: linked once, and run beside each other.

mod certified;
mod double_double;
mod doubles;
mod factors;
mod separation;
mod series;
