//! What the last line says at a point, for numbers and arrays alike: kinks, missing derivatives and values, exit statuses,
//! and no false alarms; in text, JSON and batch.

use crate::common::wrt;
use serde_json::Value;

/// Command, formula, options, exit status, and what the output contains.
const LINES: &[(&[&str], i32, &str)] = &[
    // Zero at a branch that is not taken is the same zero for a number and for a vector.
    (&["eval", "where(x>0, 1, 0)*(1/x)", "--at", "x=0"], 0, "0\n"),
    (&["eval", "where(x>0, 1, 0)*(1/x)", "--at", "x=[0,2]"], 0, "[0, 0.5]\n"),
    // No false alarms.
    (&["diff", "x^5", "--at", "x=0"], 0, "agree to 30 digits"),
    (&["diff", "sum(x^5)", "--at", "x=[0,1]"], 0, "agree to 30 digits"),
    (&["diff", "sum(log(x))", "--at", "x=[1e-13]"], 0, "agree to 30 digits"),
    (&["diff", "log(sum(exp(x)))", "--at", "x=[1000,999]"], 0, "agree to 30 digits"),
    (&["diff", "sum(tanh(x))", "--at", "x=[20,-20]"], 0, "agree to 30 digits"),
    (&["diff", "norm2(x)", "--at", "x=[1e200,1]"], 0, "agree to 30 digits"),
    (&["diff", "sum((1 - cos(x))/x^2)", "--at", "x=[1e-9,1]"], 0, "agree to 30 digits"),
    (&["diff", "sin(1e11*x)", "--at", "x=0.3"], 0, "agree to 30 digits"),
    (&["diff", "sqrt(x^4)", "--at", "x=0"], 0, "dJ/dx = 0\n"),
    (&["diff", "sum(sqrt(x^4))", "--at", "x=[0,1]"], 0, "dJ/dx = [0, 2]\n"),
    // Kinks are told, with status 0.
    (&["diff", "abs(x)", "--at", "x=0"], 0, "a kink: the slope is -1 from the left and 1 from the right"),
    (
        &["grad", "sum(abs(x))", "--at", "x=[3,0]"],
        0,
        "at [1]: a kink: the slope is -1 from the left and 1 from the right",
    ),
    (&["jacobian", "relu(x)", "--at", "x=[0,1]"], 0, "at [0, 0]: a kink: the slope is 0 from the left and 1"),
    // Jumps, cones and infinite slopes are 3, not 1.
    (&["diff", "floor(x)", "--at", "x=2"], 3, "`floor(x)` jumps there"),
    (&["diff", "sum(floor(x))", "--at", "x=[2.5,2]"], 3, "at [1]: no derivative: `floor(x)` jumps there"),
    (&["grad", "norm2(x)", "--at", "x=[0,0]"], 3, "at [1]: no derivative"),
    (&["grad", "sum(sqrt(x))", "--at", "x=[0,1]"], 3, "dJ/dx = [Infinity, 0.5]"),
    (&["hessian", "sum(relu(x))", "--at", "x=[0,1]"], 3, "[[NaN, 0], [0, 0]]"),
    (&["diff", "log(x)", "--at", "x=-1"], 3, "dJ/dx is not defined there"),
    (&["diff", "sum(log(x))", "--at", "x=[-1,1]"], 3, "`log(x)` is not defined there"),
    (&["eval", "log(x)", "--at", "x=[-1,1]"], 3, "[NaN, 0]"),
    // Plain doubles, orders, nudges and costs of any shape.
    (&["eval", "(x + 1) - x", "--at", "x=[1e20,1]", "--as-written"], 0, "[0, 1]"),
    (&["eval", "(x + 1) - x", "--at", "x=[1e20,1]"], 0, "[1, 1]"),
    (&["diff", "sum(x^3)", "--at", "x=[1,2]", "--order", "3"], 0, "[[[6, 0], [0, 0]], [[0, 0], [0, 6]]]"),
    (&["nudge", "sum(x^2)", "--at", "x=[1,3]", "--eps", "0.001"], 0, "10.006001"),
    (&["nudge", "A @ x", "--at", "A=[[1,2],[3,4]],x=[1,1]", "--wrt", "x", "--eps", "0.1"], 0, "J[1](x[1] + ε)"),
    (&["cost", "norm2(A @ x)^2", "--shapes", "A[m,n], x[n]", "--dims", "m=5,n=2", "--wrt", "A"], 0, "N = 10 inputs"),
    (&["same", "tr(A @ B)", "tr(B @ A)", "--shapes", "A[n,n], B[n,n]"], 0, "yes"),
    (&["same", "A @ B", "B @ A", "--shapes", "A[n,n], B[n,n]"], 1, "no"),
    (&["diff", "sum(x)*pi", "--at", "x=[1,2]", "--digits", "20"], 0, "3.1415926535897932385"),
    // A derivative by hand that is wrong is convicted at any scale.
    (&["check", "f(x) = x^2\nderivative f(x) = 2.5*x\nf(x)", "--at", "x=1e-12"], 1, "disagree"),
    (&["check", "f(x) = x^2\nderivative f(x) = 2.06*x\nf(x)", "--at", "x=1e12"], 1, "disagree"),
    (&["check", "f(x) = sin(1e11*x)\nderivative f(x) = 1.03e11*cos(1e11*x)\nf(x)", "--at", "x=0.3"], 1, "disagree"),
    (&["diff", "f(x) = x^2\nderivative f(x) = 2.5*x\nsum(f(v))", "--at", "v=[1e-12,1]"], 1, "disagree"),
    (&["check", "f(x) = x^2\nderivative f(x) = 2.5*x\nf(x)", "--at", "x=3", "--trust"], 0, "trusted"),
];

#[test]
fn the_last_line_tells_the_truth() {
    let mut wrong = Vec::new();
    for (args, code, wanted) in LINES {
        let done = wrt(args, b"");
        if done.code != Some(*code) || !done.stdout.contains(wanted) {
            wrong.push(format!("{args:?}: status {:?}\n{}{}", done.code, done.stdout, done.stderr));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), LINES.len(), wrong.join("\n"));
}

fn json(args: &[&str]) -> (Option<i32>, Value) {
    let done = wrt(args, b"");
    (done.code, serde_json::from_str(&done.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}\n{}", done.stderr)))
}

/// A formula, a point, and for its value and each derivative the value, the status and the positions, as JSON.
const STATUSES: &[(&str, &str, &str)] = &[
    ("w^2", r#"{"w": 3}"#, r#"{"": [9.0, null, null], "w": [6.0, null, null]}"#),
    ("abs(x)", r#"{"x": 0}"#, r#"{"": [0.0, null, null], "x": [0.0, "kink", null]}"#),
    ("sqrt(x)", r#"{"x": 0}"#, r#"{"": [0.0, null, null], "x": ["Infinity", "none", null]}"#),
    ("log(x)", r#"{"x": -1}"#, r#"{"": ["NaN", "undefined", null], "x": ["NaN", "none", null]}"#),
    ("floor(x)", r#"{"x": 1}"#, r#"{"": [1.0, null, null], "x": ["NaN", "none", null]}"#),
    (
        "sum(sqrt(abs(x)))",
        r#"{"x": [0, 1, 0, 4]}"#,
        r#"{"": [3.0, null, null], "x": [["NaN", 0.5, "NaN", 0.25], "none", [[0], [2]]]}"#,
    ),
    // The worst of the entries counts.
    (
        "sum(sqrt(x)) + sum(abs(x - 1))",
        r#"{"x": [0, 1, 4]}"#,
        r#"{"": [7.0, null, null], "x": [["Infinity", 0.5, 1.25], "none", [[0]]]}"#,
    ),
    (
        "sum(relu(A))",
        r#"{"A": [[0, 1], [-1, 0]]}"#,
        r#"{"": [1.0, null, null], "A": [[[0.0, 1.0], [0.0, 0.0]], "kink", [[0, 0], [1, 1]]]}"#,
    ),
    (
        "sum(max(x, y))",
        r#"{"x": [1, 2], "y": [1, 3]}"#,
        r#"{"": [4.0, null, null], "x": [[0.5, 0.0], "kink", [[0]]], "y": [[0.5, 1.0], "kink", [[0]]]}"#,
    ),
    (
        "log(x)",
        r#"{"x": [-1, 1]}"#,
        r#"{"": [["NaN", 0.0], "undefined", [[0]]], "x": [[["NaN", "NaN"], [0.0, 1.0]], "none", [[0, 0], [0, 1]]]}"#,
    ),
    // Beyond doubles is not without value.
    ("exp(x)", r#"{"x": 1000}"#, r#"{"": ["Infinity", null, null], "x": ["Infinity", null, null]}"#),
    (
        "where(x > 0, 1/x, 0)",
        r#"{"x": [2, -1]}"#,
        r#"{"": [[0.5, 0.0], null, null], "x": [[[-0.25, 0.0], [0.0, 0.0]], null, null]}"#,
    ),
];

#[test]
fn batch_and_json_say_the_same() {
    for (formula, at, wanted) in STATUSES {
        let wanted: Value = serde_json::from_str(wanted).unwrap();
        let request = format!(r#"{{"f": "{formula}", "at": {at}}}"#);
        let done = wrt(&["batch"], request.as_bytes());
        assert_eq!(done.code, Some(0), "{formula}: {}", done.stderr);
        let answer: Value = serde_json::from_str(&done.stdout).unwrap();
        let at: Value = serde_json::from_str(at).unwrap();
        let point: Vec<String> = at.as_object().unwrap().iter().map(|(n, v)| format!("{n}={v}")).collect();
        let (code, told) = json(&["diff", formula, "--at", &point.join(","), "--json"]);
        let mut missing = false;
        for (name, expected) in wanted.as_object().unwrap() {
            for answer in [&answer, &told] {
                let entry = if name.is_empty() { answer } else { &answer["derivative"][name] };
                let null = Value::Null;
                let get = |key: &str| entry.get(key).unwrap_or(&null);
                assert_eq!(get("value"), &expected[0], "{formula}, {name}: {answer}");
                assert_eq!(get("status"), &expected[1], "{formula}, {name}: {answer}");
                assert_eq!(get("where"), &expected[2], "{formula}, {name}: {answer}");
                assert_eq!(get("reason").is_string(), !expected[1].is_null(), "{formula}, {name}: {answer}");
            }
            missing |= expected[1] == "none" || expected[1] == "undefined";
        }
        assert_eq!(code, Some(if missing { 3 } else { 0 }), "{formula}: {told}");
        assert_eq!(told["json_version"], 1);
    }
}

#[test]
fn labels_are_not_nudged() {
    let text = "data X[m, 3], y[m] in 0..4; param W[3, 4]; cost = mean(crossentropy(y, softmax(X @ W)))";
    let (code, answer) = json(&["check", text, "--wrt", "W,y", "--json"]);
    assert_eq!((code, &answer["verdict"]), (Some(0), &"agreement".into()), "{answer}");
    assert_eq!(answer["points"][0]["parts"][1]["moved"], 0);
}

#[test]
fn deep_networks_agree() {
    let mut text = "data X[m, 4], y[m]\n".to_string();
    for k in 0..100 {
        let before = if k == 0 { "X".to_string() } else { format!("h{}", k - 1) };
        text.push_str(&format!("h{k} = dense({before}, 4, tanh)\n"));
    }
    text.push_str("cost = mean((h99[:, 0] - y)^2)\n");
    let (code, answer) = json(&["check", &text, "--json"]);
    assert_eq!((code, &answer["verdict"]), (Some(0), &"agreement".into()));
    let mut text = "data X[T, n], Y[T, n]\n".to_string();
    for k in 0..10 {
        let before = if k == 0 { "X".to_string() } else { format!("H{}", k - 1) };
        text.push_str(&format!(
            "param Q{k}[n, k] = glorot_uniform(), K{k}[n, k] = glorot_uniform(), V{k}[n, n] = glorot_uniform()\n"
        ));
        text.push_str(&format!("S{k} = ({before} @ Q{k}) @ ({before} @ K{k})'/sqrt(k)\n"));
        text.push_str(&format!("H{k} = layer_norm({before} + softmax(S{k}) @ ({before} @ V{k}))\n"));
    }
    text.push_str("cost = mse(Y, H9)\n");
    let (code, answer) = json(&["check", &text, "--json"]);
    assert_eq!((code, &answer["verdict"]), (Some(0), &"agreement".into()));
}

#[test]
fn models_start_where_their_text_says() {
    let text = "param w[2] = 3, s = 1/3; cost = s*sum(w^2)";
    let done = wrt(&["eval", text], b"");
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), "6\n"), "{}", done.stderr);
    let (code, answer) = json(&["grad", text, "--json"]);
    assert_eq!((code, &answer["derivative"]["w"]["value"]), (Some(0), &serde_json::json!([2.0, 2.0])));
    let (_, answer) = json(&["check", text, "--entries", "all", "--json"]);
    assert_eq!(answer["starts"], serde_json::json!(["w", "s"]));
    assert_eq!(answer["points"][0]["at"]["s"], "1/3");
    assert_eq!(answer["points"][0]["parts"][0]["moved"], 2);
    // What is given goes before.
    let done = wrt(&["eval", text, "--at", "s=1"], b"");
    assert_eq!(done.stdout, "18\n");
    let done = wrt(&["eval", "data x[2]; param w[2] = 3; cost = x @ w"], b"");
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("--at x=VALUE"), "{}", done.stderr);
}

#[test]
fn check_tells_how_much_it_tried() {
    let text = "data X[m, 30]; param w[30]; cost = mean((X @ w)^2)";
    let (_, few) = json(&["check", text, "--json"]);
    let part = &few["points"][0]["parts"][0];
    assert_eq!(
        (part["entries"].as_u64(), part["moved"].as_u64(), part["directions"].as_u64()),
        (Some(30), Some(3), Some(2))
    );
    let (_, all) = json(&["check", text, "--entries", "all", "--json"]);
    assert_eq!(all["points"][0]["parts"][0]["moved"], 30);
    let (_, some) = json(&["check", text, "--entries", "7", "--json"]);
    assert_eq!(some["points"][0]["parts"][0]["moved"], 7);
    assert_eq!(wrt(&["check", text, "--entries", "many"], b"").code, Some(2));
}

/// A Hessian that is zero but where two axes agree is told by its block.
#[test]
fn a_structured_hessian_is_told_by_its_block() {
    let note = |f: &[&str]| {
        let run = wrt(&[&["hessian"], f].concat(), b"");
        assert_eq!(run.code, Some(0), "{run:?}");
        let notes: Vec<String> = run
            .stdout
            .lines()
            .chain(run.stderr.lines())
            .filter(|l| l.starts_with("note: "))
            .map(String::from)
            .collect();
        notes.join("; ")
    };
    let f = ["sum((M - U @ V')^2)", "--shapes", "M[n, n], U[n, k], V[n, k]", "--wrt", "U"];
    assert_eq!(note(&f), "note: ∂²J/∂U² is 0 unless i = l, and B[j,p] there: B = 2*V' @ V");
    // Nothing is told where the matrix notation says it.
    assert_eq!(note(&["sum(x^3)", "--shapes", "x[n]", "--wrt", "x"]), "");
    assert_eq!(note(&["sum((A @ x)^4)", "--shapes", "A[m, n], x[n]", "--wrt", "x"]), "");
}
