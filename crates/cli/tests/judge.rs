//! `wrt nudge`, `wrt check`, `wrt cost` and `--digits` as a person runs them.

use crate::common::wrt;
use serde_json::Value;

fn json(args: &[&str]) -> (Option<i32>, Value) {
    let done = wrt(args, b"");
    (done.code, serde_json::from_str(&done.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", done.stdout, done.stderr)))
}

#[test]
fn nudges_are_exact() {
    let (code, answer) = json(&["nudge", "w^2", "--at", "w=3", "--eps", "0.001,0.002", "--json"]);
    assert_eq!(code, Some(0));
    let rows = &answer["nudges"][0]["rows"];
    assert_eq!((&rows[0]["value"], &rows[0]["quotient"]), (&"9.006001".into(), &"6.001".into()));
    assert_eq!(rows[1]["quotient"], "6.002");
    let (_, answer) = json(&["nudge", "1/w", "--at", "w=2", "--eps", "0.001", "--digits", "20", "--json"]);
    assert_eq!(answer["nudges"][0]["rows"][0]["value"], "0.49975012493753123438");
    let (_, answer) = json(&["nudge", "a = 2 + 3*w; a^2", "--wrt", "a,w", "--at", "w=3", "--eps", "0.001", "--json"]);
    assert_eq!(answer["nudges"][0]["rows"][0]["quotient"], "22.001");
    assert_eq!(answer["nudges"][1]["rows"][0]["quotient"], "66.009");
    let (_, answer) = json(&["nudge", "w^2", "--at", "w=3", "--eps", "0.1", "--direction", "central", "--json"]);
    assert_eq!(answer["nudges"][0]["rows"][0]["quotient"], "6");
    let (_, answer) = json(&["nudge", "w^2", "--at", "w=3", "--sweep", "--json"]);
    assert_eq!(answer["nudges"][0]["sweep"]["trials"].as_array().unwrap().len(), 17);
}

#[test]
fn exit_statuses_of_check() {
    let code = |f: &str, at: &str| {
        let mut args = vec!["check", f];
        if !at.is_empty() {
            args.extend(["--at", at]);
        }
        wrt(&args, b"").code
    };
    for (f, at) in [("w^2", "w=3"), ("abs(x)", "x=0"), ("max(x, y)", "x=1,y=1"), ("sin(x)/y", ""), ("3", "")] {
        assert_eq!(code(f, at), Some(0), "{f} at {at}");
    }
    for (f, at) in [("1/w", "w=0"), ("log(-1)*w", "w=1"), ("sqrt(x)", "x=0"), ("floor(x)", "x=1")] {
        assert_eq!(code(f, at), Some(3), "{f} at {at}");
    }
    for (f, at) in [("w^", "w=3"), ("w^2", "w=x"), ("log(-1 - x^2)", "")] {
        assert_eq!(code(f, at), Some(2), "{f} at {at}");
    }
    // This is x, though the values chosen at its two kinks add up to 0.
    assert_eq!(code("relu(x) - relu(-x)", "x=0"), Some(0));
}

#[test]
fn what_is_to_blame_is_named() {
    let (_, answer) = json(&["check", "2 + 3*sqrt(x - 1)", "--at", "x=1", "--json"]);
    assert_eq!(answer["verdict"], "none");
    assert_eq!(answer["points"][0]["parts"][0]["cause"], "sqrt(x - 1)");
    let (_, answer) = json(&["check", "abs(x)", "--at", "x=0", "--json"]);
    let part = &answer["points"][0]["parts"][0];
    assert_eq!((&part["left"], &part["right"], &part["value"]), (&"-1".into(), &"1".into(), &"0".into()));
}

#[test]
fn digits_have_limits() {
    for (digits, word) in
        [("1000000000", "at most 10000"), ("0", "at most"), ("-5", "not a number"), ("x", "not a number")]
    {
        let done = wrt(&["eval", "pi", "--digits", digits], b"");
        assert_eq!(done.code, Some(2));
        assert!(done.stderr.contains(word), "{digits}: {}", done.stderr);
    }
    let done = wrt(&["eval", "pi", "--digits", "50"], b"");
    assert_eq!(done.stdout, "3.1415926535897932384626433832795028841971693993751\n");
    let done = wrt(&["eval", "sin(pi)", "--digits", "30"], b"");
    assert!(done.stdout.starts_with("0 ± "), "{}", done.stdout);
    for eps in ["0", "-0.1", "1e400", "1e-400", "many"] {
        assert_eq!(wrt(&["nudge", "w^2", "--at", "w=3", "--eps", eps], b"").code, Some(2), "{eps}");
    }
}

#[test]
fn plain_doubles_on_request() {
    let f = "(1 - cos(x))/x^2";
    assert_eq!(wrt(&["eval", f, "--at", "x=1e-9"], b"").stdout, "0.5\n");
    assert_eq!(wrt(&["eval", f, "--at", "x=1e-9", "--as-written"], b"").stdout, "0\n");
}

#[test]
fn work_is_counted() {
    let (code, answer) = json(&["cost", "a*b*c*d*sin(a)", "--json"]);
    assert_eq!((code, &answer["inputs"]), (Some(0), &4.into()));
    assert!(answer["backprop"].as_u64() < answer["nudging"].as_u64());
}

#[test]
fn a_derivative_comes_with_its_nudges() {
    let done = wrt(&["diff", "w^2", "--at", "w=3"], b"");
    assert!(done.stdout.contains("6.001\n"), "{}", done.stdout);
    assert!(done.stdout.ends_with("formula, forward, reverse and nudge agree to 30 digits\n"), "{}", done.stdout);
    let done = wrt(&["diff", "w^2", "--at", "w=3", "--quick"], b"");
    assert_eq!(done.stdout, "J = w^2\ndJ/dw = 2*w\nat w = 3:  J = 9,  dJ/dw = 6\n");
}

#[test]
fn budgets_end_a_run() {
    let long = ["check", "gamma(exp(sin(x*y + z)))^x + lgamma(x*y)*digamma(z + 3)", "--digits", "9000"];
    let at = ["--at", "x=1.1,y=2.3,z=0.7", "--time", "0.05"];
    let done = wrt(&[&long[..], &at[..]].concat(), b"");
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("time of 0.05 s"), "{}", done.stderr);
    assert_eq!(wrt(&["eval", "2", "--time", "20", "--memory", "1000"], b"").stdout, "2\n");
}

/// The exit status of a check of tensors.
fn status(args: &[&str]) -> Option<i32> {
    wrt(&[&["check"], args].concat(), b"").code
}

#[test]
fn points_of_tensors_without_a_derivative() {
    // A norm at zero has none, its square has.
    assert_eq!(status(&["norm2(x)", "--shapes", "x[n]", "--at", "x=[0,0]"]), Some(3));
    assert_eq!(status(&["norm2(x)^2", "--shapes", "x[n]", "--at", "x=[0,0]"]), Some(0));
    assert_eq!(status(&["norm2(x)^3", "--shapes", "x[n]", "--at", "x=[0,0]"]), Some(0));
    assert_eq!(status(&["sum(sqrt(x))", "--shapes", "x[n]", "--at", "x=[0,1]"]), Some(3));
    // The formula det(A)*inv(A)' has no value at a singular matrix, the derivative has.
    assert_eq!(status(&["det(A)", "--at", "A=[[1,2],[2,4]]"]), Some(0));
}

#[test]
fn derivatives_by_hand() {
    let wrong = "f(x) = x^2\nderivative f(x) = 3*x\nJ = f(w)";
    assert_eq!(status(&[wrong]), Some(1));
    assert_eq!(status(&[wrong, "--trust"]), Some(0));
    assert_eq!(status(&["x*stop_gradient(x)"]), Some(0));
}

#[test]
fn scans_written_out() {
    let model = "data x[3]\nparam a\nstep(s, x) = tanh(a*s + x)\ncost = scan(step, 1, x)[-1]";
    for more in [&[][..], &["--unroll"]] {
        assert_eq!(status(&[&[model][..], more].concat()), Some(0));
    }
    let done = wrt(&["grad", model, "--unroll"], b"");
    assert!(!done.stdout.contains("scan"), "{}", done.stdout);
}

#[test]
fn largest_of_what_is_computed() {
    // Numbers that know their error are not told to equal themselves.
    assert_eq!(status(&["max(sin(x)*y)", "--shapes", "x[n], y[n]"]), Some(0));
    assert_eq!(status(&["min(exp(x))", "--shapes", "x[n]"]), Some(0));
    assert_eq!(status(&["max(eigvalsh(A))", "--shapes", "A[n,n]"]), Some(0));
    // Off the diagonal the gradient is 0 ± an error.
    let done = wrt(&["check", "sum(eigvalsh(A))", "--shapes", "A[n,n]"], b"");
    assert!(done.code == Some(0) && done.stdout.contains("agree to 30 digits"), "{}", done.stdout);
}

#[test]
fn positions_that_nobody_declared() {
    for (formula, shapes) in [("sum(E[ids]^2)", "E[v,d], ids[m]"), ("sum(one_hot(y, 3)*P)", "y[m], P[m,3]")] {
        let done = wrt(&["check", formula, "--shapes", shapes], b"");
        assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
        assert!(!done.stdout.contains("ids [") && !done.stdout.contains("y ["), "{}", done.stdout);
    }
    let done = wrt(&["check", "sum(E[ids]^2)", "--shapes", "E[v,d], ids[m]", "--wrt", "ids"], b"");
    assert!(done.stdout.contains("labels, which no nudge"), "{}", done.stdout);
}
