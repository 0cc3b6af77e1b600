//! The command line of wrt.
fn main() {}
