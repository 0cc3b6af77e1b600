//! All tests of the crate in one program: linked once, and run beside each other.

mod matrix;
mod naive;
mod numbers;
mod random;
