//! All tests of the crate in one program: linked once, and run beside each other.

mod doubles;
mod engines;
mod found;
mod made;
mod random;
mod reference;
mod rules;
mod stable;
mod tensors;
mod ulp;
