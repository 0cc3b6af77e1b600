//! Prints each operation's samples, with their spellings, for `oracle/make_operations_reference.py`.

use wrt_core::Operation;
use wrt_core::operations::{Expected, Reference};

fn main() {
    for row in Operation::rows().into_iter().filter(|row| row.reference == Reference::Oracle) {
        for sample in row.samples.iter().filter(|s| !matches!(s.expected, Expected::Fails(_))) {
            let Ok(written) = sample.spelling() else { continue };
            let arguments = sample.arguments.join(" ; ");
            println!(
                "{}\t{}\t{arguments}\t{}\t{}\t{}",
                row.name, sample.what, written.text, written.numpy, written.jax
            );
        }
    }
}
