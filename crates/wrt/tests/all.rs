//! All tests of the crate in one program: linked once, and run beside each other.

mod code;
mod common;
mod compiled;
mod expr;
mod expr_random;
mod expr_tensors;
mod formulas;
mod growth;
mod how_it_works;
mod identities;
mod large;
mod lecture;
mod models;
mod notation;
mod operations;
mod orders;
mod printing;
mod read_back;
mod sizes;
mod slice;
mod sweep;
mod tensor_latex;
mod tensor_rules;
mod textbook;
mod trained;
mod walks;
