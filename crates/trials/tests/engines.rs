//! Every engine, held to one corpus.

use wrt_trials::{Corpus, EngineTally, Weight, corpora, engines, numbered_tensors, tensor_corpus};

/// Holds every engine to all of them, and says how much that was.
fn hold(all: impl Iterator<Item = Corpus>) -> EngineTally {
    let mut tally = EngineTally::default();
    let mut wrong = Vec::new();
    for corpus in all {
        match engines(&corpus) {
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
    let tally = hold((0..400).filter_map(|k| tensor_corpus(&numbered_tensors(5, k, Weight::Small))));
    assert!(tally.formulas > 350 && tally.refused.is_empty(), "{tally}\n{:?}", tally.refused);
}

#[test]
fn lines_of_files_are_formulas_at_points() {
    let scalar = r#"{"expr": "log(1 + exp(x))", "vars": ["x"], "points": [{"at": {"x": 1.5}}, {"at": {"x": -30}}]}"#;
    let matrix = r#"{"kind": "gradient", "f": "norm2(A@x)^2", "wrt": "x", "shapes": {"A": ["m", "n"], "x": ["n"]},
        "dims": {"m": 2, "n": 3}, "at": {"A": [[1, 2, 0.5], [0.25, 1, 3]], "x": [1, -1, 2]}}"#;
    let all = [scalar, matrix].into_iter().flat_map(|l| corpora::line(l).unwrap());
    assert_eq!(hold(all).formulas, 3);
    for wrong in ["{}", "x^2", r#"{"f": "x^2", "at": {"x": [1, [2]]}}"#, r#"{"f": "x^", "at": {"x": 1}}"#] {
        assert!(corpora::line(wrong).is_err(), "{wrong}");
    }
}
