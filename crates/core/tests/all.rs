//! All tests of the crate in one program: linked once, and run beside each other.

mod numbers;
mod parameters;
mod shapes;
mod table;
