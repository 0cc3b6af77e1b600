//! All tests of the crate in one program: linked once, and run beside each other.

mod numbers;
mod shapes;
mod table;
