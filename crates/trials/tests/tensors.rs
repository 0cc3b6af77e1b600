//! Ten thousand random formulas of tensors and a hundred models with layers or scans; the million is
//! `cargo run --release -p wrt-trials -- --kind tensors --count 1000000`.

use wrt_trials::{TensorTally, Weight, numbered_tensors, tensor_trial};

fn trials(seed: u64, count: u64, weight: Weight) -> TensorTally {
    let mut tally = TensorTally::default();
    let kind = if weight == Weight::Small { "tensors" } else { "models" };
    for index in 0..count {
        match tensor_trial(&numbered_tensors(seed, index, weight)) {
            Ok(found) => tally.add(&found),
            Err(failure) => panic!("--kind {kind} --seed {seed} --first {index} --count 1: {failure}"),
        }
    }
    println!("{tally}");
    tally
}

#[test]
fn ten_thousand_formulas_of_tensors_agree_with_themselves() {
    let tally = trials(2026, 10_000, Weight::Small);
    // A generator whose formulas are refused or nowhere defined would agree with everything.
    assert!(tally.slopes > 8_000, "{tally}");
    assert!(tally.read > 35_000, "{tally}");
    assert!(tally.kinks * 20 < tally.slopes, "{tally}");
    assert!(tally.missing * 100 < tally.slopes, "{tally}");
    assert!(tally.narrower * 100 < tally.read, "{tally}");
}

#[test]
fn a_hundred_models_agree_with_themselves() {
    let tally = trials(2026, 100, Weight::Large);
    assert!(tally.slopes > 60, "{tally}");
    assert!(tally.read > 150, "{tally}");
}
