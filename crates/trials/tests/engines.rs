//! Every engine, held to one corpus.

use wrt_trials::{Computation, EngineTally, Weight, corpora, engines, numbered_tensors, tensor_computation};

/// Holds every engine to all of them, and says how much that was.
fn hold(all: impl Iterator<Item = Computation>) -> EngineTally {
    let mut tally = EngineTally::default();
    let mut wrong = Vec::new();
    for computation in all {
        match engines(&computation) {
            Ok(one) => tally.add(&one),
            Err(why) => wrong.push(why),
        }
    }
    assert!(wrong.is_empty(), "{} disagreements:\n{}", wrong.len(), wrong.join("\n"));
    // Each engine was looked at, and few bounds say nothing.
    let most = tally.entries;
    for engine in ["doubles", "plan, f64", "plan, f32", "portable, f64", "portable, f32"] {
        let [held, wide, open] = tally.engines[engine];
        assert!(
            held + open == most && 10 * (held - wide) > 8 * most,
            "{engine}: {held}, {wide} wide, {open} open of {most}"
        );
    }
    tally
}

#[test]
fn samples_of_the_tables_pass_every_engine() {
    let tally = hold(corpora::samples().into_iter());
    assert!(tally.formulas > 500, "{tally}");
    let outside: u64 = tally.refused.values().sum();
    // Samples of what has no value: labels outside, axes without entries.
    assert!(tally.refused.keys().all(|why| why.starts_with("no value")) && outside < 30, "{:?}", tally.refused);
}

#[test]
fn random_tensors_pass_every_engine() {
    let tally = hold((0..400).filter_map(|k| tensor_computation(&numbered_tensors(5, k, Weight::Small))));
    assert!(tally.formulas > 350 && tally.refused.is_empty(), "{tally}\n{:?}", tally.refused);
}

#[test]
fn lines_of_files_are_formulas_with_values() {
    let lines = [
        "param x = 1.5; log(1 + exp(x))",
        "param A[2, 3] = [[1, 2, 0.5], [0.25, 1, 3]], x[3] = [1, -1, 2]; norm2(A @ x)^2",
        "param x[3] = [0, 2, -1]; x*where(x > 0, sqrt(x), x)",
    ];
    let tally = hold(lines.into_iter().map(|l| corpora::line(l).unwrap()));
    assert_eq!((tally.formulas, tally.refused.len()), (3, 0), "{tally}");
    for wrong in ["x^", "param x = 1; x*y", "param x[2] = [1, 2, 3]; sum(x)"] {
        assert!(corpora::line(wrong).is_err(), "{wrong}");
    }
}
