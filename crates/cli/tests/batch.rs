//! `wrt batch`: the form of requests and answers, order, threads, and readers that go away.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::common::wrt;
use serde_json::{Value, json};

fn one(request: Value) -> Value {
    let done = wrt(&["batch", "-"], format!("{request}\n").as_bytes());
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    serde_json::from_str(&done.stdout).unwrap()
}

#[test]
fn values_and_derivatives() {
    let answer = one(json!({ "id": 7, "f": "w^2", "at": { "w": 3 } }));
    assert_eq!(answer, json!({ "id": 7, "value": 9.0, "derivative": { "w": { "formula": "2*w", "value": 6.0 } } }));
    let answer = one(json!({ "id": "a", "f": "x*y", "wrt": "y", "at": { "x": "1/3", "y": 2 } }));
    assert_eq!(answer["derivative"]["y"]["value"], 1.0 / 3.0);
    assert!(answer["derivative"].get("x").is_none());
    let answer = one(json!({ "f": "x*y^2", "order": 2, "wrt": ["x", "y"], "at": { "x": 1, "y": 2 } }));
    assert_eq!(answer["id"], Value::Null);
    assert_eq!(answer["derivative"]["x,y"]["value"], 4.0);
    assert_eq!(answer["derivative"]["y,y"]["value"], 2.0);
}

/// Compiled programs keep their digits, or give plain doubles; a status comes from the certified evaluator all the same.
#[test]
fn compiled_programs_answer() {
    let by = |engine: &str, request: Value| -> Value {
        let done = wrt(&["batch", "--engine", engine, "-"], format!("{request}\n").as_bytes());
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        serde_json::from_str(&done.stdout).unwrap()
    };
    let one = |request: Value| by("compiled", request);
    let answer = one(json!({ "f": "w^2", "at": { "w": 3 } }));
    assert_eq!(answer["derivative"]["w"], json!({ "formula": "2*w", "value": 6.0 }));
    // What cancels in doubles is told from what many digits give.
    let lost = json!({ "f": "tan(sin(x*y)) - sin(tan(x*y))", "at": { "x": 1e-4, "y": 1.5 } });
    let value = |answer: Value| answer["value"].as_f64().unwrap();
    let wanted = value(super::batch::one(lost.clone()));
    assert_eq!(value(by("guarded", lost.clone())), wanted);
    assert!((value(by("compiled", lost)) / wanted - 1.0).abs() > 1e-3);
    let request = json!({ "f": "logdet(A) + sum(cumsum(x)^2)", "shapes": { "A": ["n", "n"], "x": ["n"] },
        "at": { "A": [[2, 1], [0.5, 3]], "x": [1, 2] } });
    let (compiled, reference) = (one(request.clone()), super::batch::one(request));
    let number = |answer: &Value, entry: usize| answer["derivative"]["x"]["value"][entry].as_f64().unwrap();
    assert_eq!((number(&compiled, 0), number(&compiled, 1)), (number(&reference, 0), number(&reference, 1)));
    assert_eq!(one(json!({ "f": "abs(x)", "at": { "x": 0 } }))["derivative"]["x"]["status"], "kink");
}

#[test]
fn digits_come_as_strings() {
    let answer = one(json!({ "f": "x*exp(x)", "at": { "x": 1 }, "digits": 30 }));
    assert_eq!(answer["value"], "2.71828182845904523536028747135");
    assert_eq!(answer["derivative"]["x"]["value"], "5.43656365691809047072057494271");
    assert_eq!(one(json!({ "f": "w^2", "at": { "w": "3.001" }, "digits": 50 }))["value"], "9.006001");
    let zero = one(json!({ "f": "sin(pi)", "digits": 10 }));
    assert_eq!(zero["value"], "0");
    assert!(zero["radius"].is_string());
    assert_eq!(one(json!({ "f": "1/x", "at": { "x": 0 }, "digits": 10 }))["value"], "Infinity");
}

#[test]
fn numbers_are_doubles_and_strings_are_exact() {
    let f = "10*x - 1";
    assert_eq!(one(json!({ "f": f, "at": { "x": "0.1" } }))["value"], 0.0);
    assert_eq!(one(json!({ "f": f, "at": { "x": 0.1 } }))["value"], 10.0 * 2f64.powi(-54) / 10.0);
}

#[test]
fn bound_names_are_variables() {
    let answer = one(json!({ "f": "e*pi*gamma", "wrt": ["e", "gamma"], "at": { "e": 2, "pi": 3, "gamma": 5 } }));
    assert_eq!((&answer["value"], &answer["derivative"]["gamma"]["value"]), (&json!(30.0), &json!(6.0)));
}

#[test]
fn without_a_point_there_are_formulas() {
    let answer = one(json!({ "f": "w^2" }));
    assert_eq!(answer, json!({ "id": null, "derivative": { "w": { "formula": "2*w" } } }));
}

#[test]
fn what_is_not_finite_is_a_word() {
    assert_eq!(one(json!({ "f": "log(x)", "at": { "x": -1 } }))["value"], "NaN");
    assert_eq!(one(json!({ "f": "1/x", "at": { "x": 0 } }))["value"], "Infinity");
    assert_eq!(one(json!({ "f": "log(x)", "at": { "x": 0 } }))["value"], "-Infinity");
}

#[test]
fn errors_tell_kind_message_and_place() {
    let answer = one(json!({ "id": 1, "f": "1 + sgmoid(z)", "at": { "z": 1 } }));
    assert_eq!(answer["id"], 1);
    assert_eq!(answer["error"]["kind"], "unknown_function");
    assert_eq!(answer["error"]["span"], json!([4, 10]));
    assert!(answer["error"]["message"].as_str().unwrap().contains("did you mean `sigmoid`?"));
    assert_eq!(one(json!({ "f": "x*y", "at": { "x": 1 } }))["error"]["kind"], "unbound");
    assert_eq!(one(json!({ "f": "x", "kind": "slope" }))["error"]["kind"], "request");
    let answer = one(json!({ "f": "X @ w", "shapes": { "X": ["m", "n"], "w": ["k"] } }));
    assert_eq!(answer["error"]["kind"], "shape");
    assert!(answer["error"]["message"].as_str().unwrap().contains("X is [m, n], w is [k]"));
    assert_eq!(one(json!({ "f": "2", "digits": 1_000_000_000 }))["error"]["kind"], "limit");
    assert_eq!(one(json!({ "f": "x", "digits": "many" }))["error"]["kind"], "request");
}

#[test]
fn any_number_of_threads_gives_the_same_lines() {
    let request = |k: usize| match k % 7 {
        3 => format!("{{\"id\": {k}, \"f\": \"(((\"}}\n"),
        _ => format!("{{\"id\": {k}, \"f\": \"sin({k}*x)^{}\", \"at\": {{\"x\": 0.25}}}}\n", k % 5),
    };
    let input: String = (0..3000).map(request).collect();
    let runs: Vec<String> =
        ["1", "2", "5"].iter().map(|n| wrt(&["batch", "--threads", n], input.as_bytes()).stdout).collect();
    assert_eq!(runs[0].lines().count(), 3000);
    assert!(runs[0] == runs[1] && runs[1] == runs[2]);
    for (k, line) in runs[0].lines().enumerate() {
        assert!(line.starts_with(&format!("{{\"id\":{k},")), "{line}");
    }
}

#[test]
fn a_line_is_answered_before_the_next_one_comes() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wrt"))
        .arg("batch")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for k in 0..5 {
        writeln!(stdin, "{{\"id\": {k}, \"f\": \"w^2\"}}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.starts_with(&format!("{{\"id\":{k},")), "{line}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wrt"))
        .arg("batch")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    for _ in 0..200_000 {
        if stdin.write_all(b"{\"f\": \"w^2\"}\n").is_err() {
            break;
        }
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(output.stderr.is_empty());
}

/// Are two nested lists equal, entry by entry, on the scale of the largest one?
fn close(got: &Value, want: &Value) -> bool {
    fn entries(v: &Value, shape: &mut Vec<usize>, out: &mut Vec<f64>) {
        match v {
            Value::Array(list) => {
                shape.push(list.len());
                list.iter().for_each(|e| entries(e, shape, out));
            }
            other => out.push(other.as_f64().unwrap_or(f64::NAN)),
        }
    }
    let (mut a, mut b, mut x, mut y) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    entries(got, &mut a, &mut x);
    entries(want, &mut b, &mut y);
    let scale = y.iter().fold(1e-300, |m: f64, v| m.max(v.abs()));
    a == b && x.iter().zip(&y).all(|(p, q)| (p - q).abs() <= 1e-12 * scale)
}

#[test]
fn textbook_identities_of_matrix_calculus() {
    let text = include_str!("matcalc.jsonl");
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let mut request = serde_json::Map::new();
        for key in ["id", "f", "shapes", "dims", "at", "kind", "wrt"] {
            request.insert(key.into(), case[key].clone());
        }
        let answer = one(request.into());
        let name = case["wrt"].as_str().unwrap();
        let derivative = &answer["derivative"][name];
        assert!(close(&answer["value"], &case["value"]), "{} gives {answer}", case["f"]);
        assert!(close(&derivative["value"], &case["expected"]), "{} gives {answer}", case["f"]);
        // What is printed is a formula of the language again, with the same value.
        let mut again = request_of(&case);
        again["f"] = derivative["formula"].clone();
        again["wrt"] = json!([]);
        let answer = one(again);
        assert!(close(&answer["value"], &case["expected"]), "{} gives {derivative}, read back: {answer}", case["f"]);
    }
}

fn request_of(case: &Value) -> Value {
    json!({ "shapes": case["shapes"], "dims": case["dims"], "at": case["at"], "kind": "jacobian" })
}
