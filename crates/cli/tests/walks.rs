//! Deep shared formulas through the commands: answers whose length is that of the chain, in JSON as well.

use std::process::Command;

use crate::common::run;
use serde_json::{Value, json};

/// What doubling a chain may multiply an answer's length by, beside what any answer has.
const GROWTH: usize = 3;
const ANY_TEXT: usize = 2000;

/// An answer that takes more seconds than this is none: the command ends itself.
const ENDLESS: &str = "100";

fn chain(step: &str, last: &str, length: usize) -> String {
    let mut text = "t0 = x".to_string();
    for k in 1..=length {
        text.push_str(&format!("; t{k} = {}", step.replace('#', &format!("t{}", k - 1))));
    }
    format!("{text}; {}", last.replace('#', &format!("t{length}")))
}

fn answer(args: &[&str], input: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wrt"));
    command.args(args).args(["--time", ENDLESS]);
    let done = run(command, input.as_bytes());
    assert_eq!(done.code, Some(0), "{args:?} {}", done.stderr);
    done.stdout
}

/// The lengths of an answer for a chain and one of twice its length.
fn grows(what: &str, step: &str, answer: impl Fn(usize) -> String) {
    let [short, long] = [32, 64].map(|n| answer(n).len());
    assert!(long <= GROWTH * short + ANY_TEXT, "{what} of {step}: {short} to {long} characters");
}

const NUMBERS: [&str; 7] =
    ["(sin(#) + cos(#))/2", "#*#", "# + #", "where(# > 0, #*#, -#)", "max(#, 1 - #)", "#*sigmoid(#)", "exp(#)*#"];
const VECTORS: [&str; 6] =
    ["#*sin(#)", "#*sigmoid(#)", "max(#, 1 - #)", "softmax(#)*#", "#*sum(#)", "where(# > 0, #*#, -#)"];
const MATRICES: [&str; 4] = ["# @ #", "# + #'", "sin(#) @ #", "inv(# + #') @ #"];

#[test]
fn numbers() {
    for step in NUMBERS {
        let text = |n| chain(step, "#", n);
        grows("diff", step, |n| answer(&["diff", "-", "--quick"], &text(n)));
        grows("diff --json", step, |n| answer(&["diff", "-", "--json"], &text(n)));
        grows("diff --order 2", step, |n| answer(&["diff", "-", "--quick", "--order", "2"], &text(n)));
        grows("simplify", step, |n| answer(&["simplify", "-"], &text(n)));
        grows("batch", step, |n| answer(&["batch"], &format!("{}\n", json!({ "f": text(n) }))));
    }
}

#[test]
fn tensors() {
    let sized = VECTORS.iter().map(|s| (s, "x[n]", json!(["n"])));
    for (step, shape, dims) in sized.chain(MATRICES.iter().map(|s| (s, "x[n, n]", json!(["n", "n"])))) {
        let text = |n| chain(step, "sum(#)", n);
        for command in ["grad", "simplify", "hessian"] {
            grows(command, step, |n| answer(&[command, "-", "--shapes", shape], &text(n)));
        }
        grows("grad --json", step, |n| answer(&["grad", "-", "--json", "--shapes", shape], &text(n)));
        grows("batch", step, |n| {
            let line = answer(&["batch"], &format!("{}\n", json!({ "f": text(n), "shapes": { "x": dims } })));
            let value: Value = serde_json::from_str(&line).unwrap();
            assert!(value.get("error").is_none(), "{line}");
            line
        });
    }
}
