//! Any line of `wrt batch` has one line of JSON as its answer, and never an internal error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    let mut out = Vec::new();
    wrt_cli::line::answer(line, &mut out);
    assert_eq!(out.iter().filter(|b| **b == b'\n').count(), 1);
    let answer: serde_json::Value = serde_json::from_slice(&out).expect("the answer is JSON");
    assert!(answer.is_object());
    assert_ne!(answer["error"]["kind"], "internal", "{answer}");
});
