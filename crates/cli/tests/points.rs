//! Formulas at special points: branches that are not taken, 0/0 that the function does not have, ties, kinks, edges of the
//! domain. References are by hand.

use crate::common::wrt;
use serde_json::{Value, json};

/// A formula, its point, its value, and its derivatives: numbers, or statuses of which one is to be told.
fn cases() -> Vec<(&'static str, Value, Value, Value)> {
    let kink = || json!({ "status": "kink" });
    let none = || json!({ "status": "none" });
    vec![
        // Branches that are not taken.
        ("where(x > 0, sqrt(x), x)", json!({"x": -4}), json!(-4), json!({"x": 1})),
        ("where(x != 0, sin(x)/x, 1)", json!({"x": 0}), json!(1), json!({"x": 0})),
        ("where(x == 2, 4, x^2)", json!({"x": 2}), json!(4), json!({"x": 4})),
        ("where(x == 2, 5, x^2)", json!({"x": 2}), json!(5), json!({"x": none()})),
        ("where(x <= 0, 0, exp(-1/x))", json!({"x": 0}), json!(0), json!({"x": 0})),
        ("where(x > 0, x^2*log(x), 0)", json!({"x": 0}), json!(0), json!({"x": 0})),
        ("where(x > 0, x*log(x), 0)", json!({"x": 0}), json!(0), json!({"x": none()})),
        ("where(x != 0, x^2*sin(1/x), 0)", json!({"x": 0}), json!(0), json!({"x": 0})),
        ("where(x != 0, (exp(x) - 1)/x, 1)", json!({"x": 0}), json!(1), json!({"x": 0.5})),
        ("where(x > 1, x^2, 2*x - 1)", json!({"x": 1}), json!(1), json!({"x": 2})),
        ("where(x > 1, x^2, 3*x - 2)", json!({"x": 1}), json!(1), json!({"x": kink()})),
        ("n = norm2(v); where(n > 0, (1 - cos(n))/n^2, 1/2)", json!({"v": [0, 0]}), json!(0.5), json!({"v": [0, 0]})),
        ("r = norm2(x); where(r > 0, x[0]*x[1]/r, 0)", json!({"x": [0, 0]}), json!(0), json!({"x": [0, 0]})),
        ("sum(where(x > 0, log(x), 0))", json!({"x": [1, -1]}), json!(0), json!({"x": [1, 0]})),
        // 0/0 that only the formula has.
        ("sqrt(x^2)^2", json!({"x": 0}), json!(0), json!({"x": 0})),
        ("sqrt(x^2 + y^2)^3", json!({"x": 0, "y": 0}), json!(0), json!({"x": 0, "y": 0})),
        ("exp(-norm2(x - y)^2)", json!({"x": [1, 2], "y": [1, 2]}), json!(1), json!({"x": [0, 0], "y": [0, 0]})),
        ("exp(-sqrt(sum((x - y)^2))^2/2)", json!({"x": [1, 2], "y": [1, 2]}), json!(1), json!({"x": [0, 0]})),
        ("cbrt(x)^3", json!({"x": 0}), json!(0), json!({"x": 1})),
        ("abs(x)^2.5", json!({"x": 0}), json!(0), json!({"x": 0})),
        ("acos(1 - x^2)^2", json!({"x": 0}), json!(0), json!({"x": 0})),
        ("cosh(sqrt(x^2))", json!({"x": 0}), json!(1), json!({"x": 0})),
        ("abs(x)*abs(y)", json!({"x": 0, "y": 0}), json!(0), json!({"x": 0, "y": 0})),
        ("sum(abs(x)*norm2(x))", json!({"x": [0, 0]}), json!(0), json!({"x": [0, 0]})),
        ("hypot(x, y)^2", json!({"x": 0, "y": 0}), json!(0), json!({"x": 0, "y": 0})),
        ("max(x, 0)^2/norm2(v)", json!({"x": 0, "v": [3, 4]}), json!(0), json!({"x": 0, "v": [0, 0]})),
        // Ties that only roots, identities or the domain's end decide.
        (
            "abs(norm2(x)*norm2(y) - x @ y)",
            json!({"x": [1, 2], "y": [2, 4]}),
            json!(0),
            json!({"x": [0, 0], "y": [0, 0]}),
        ),
        ("relu(norm2(x + y) - norm2(x) - norm2(y))", json!({"x": [1, 2], "y": [2, 4]}), json!(0), json!({"x": [0, 0]})),
        ("relu(cosine(a, b) - 1)", json!({"a": [1, 2], "b": [2, 4]}), json!(0), json!({"a": [0, 0]})),
        ("acos(cosine(a, b))", json!({"a": [1, 2], "b": [2, 4]}), json!(0), json!({"a": none()})),
        ("acos(cosine(a, b))^2", json!({"a": [1, 2], "b": [2, 4]}), json!(0), json!({"a": [0, 0]})),
        ("acos(cosine(a, b))^2", json!({"a": [1, 0], "b": [1, 0]}), json!(0), json!({"a": [0, 0], "b": [0, 0]})),
        (
            "log(1 - cosine(a, b))",
            json!({"a": [1, 2], "b": [2, 4]}),
            json!({ "status": "undefined" }),
            json!({"a": none()}),
        ),
        ("max(sqrt(5)*sqrt(20), x)", json!({"x": 10}), json!(10), json!({"x": kink()})),
        ("floor(x*sqrt(2)*sqrt(8)) + x", json!({"x": 1}), json!(5), json!({"x": none()})),
        ("abs(sin(x)^2 + cos(x)^2 - 1)", json!({"x": 1}), json!(0), json!({"x": 0})),
        ("max(cosh(x)^2 - sinh(x)^2, 1)", json!({"x": 1}), json!(1), json!({"x": 0})),
        ("sum(pinv(A))", json!({"A": [[1, 0], [0, 0]]}), json!(1), json!({"A": none()})),
        ("sum(pinv(A))", json!({"A": [[1, 1], [1, 1]]}), json!(1), json!({"A": [[0, 0], [0, 0]]})),
        ("step(s, x) = max(s + x, 0); sum(scan(step, 0, X))", json!({"X": [0, 1]}), json!(1), json!({"X": kink()})),
        (
            "step(s, x) = s + relu(x) - relu(-x); sum(scan(step, 0, X))",
            json!({"X": [0, 1]}),
            json!(1),
            json!({"X": [2, 1]}),
        ),
        ("det(outer(x, x))", json!({"x": [0, 1]}), json!(0), json!({"x": [0, 0]})),
        // Powers.
        ("x^y", json!({"x": 0, "y": 3}), json!(0), json!({"x": 0, "y": 0})),
        ("x^y", json!({"x": 0, "y": 1}), json!(0), json!({"x": 1, "y": 0})),
        ("sum(x^y)", json!({"x": [0, 2], "y": [2, 2]}), json!(4), json!({"x": [0, 4]})),
        ("x^1.5 + x", json!({"x": 0}), json!(0), json!({"x": 1})),
        ("x^0.5", json!({"x": 0}), json!(0), json!({"x": none()})),
        ("x*sqrt(x)", json!({"x": 0}), json!(0), json!({"x": 0})),
        // Ties and kinks that cancel.
        ("relu(x) - relu(-x)", json!({"x": 0}), json!(0), json!({"x": 1})),
        ("sum(relu(x) - relu(-x))", json!({"x": [0, 0]}), json!(0), json!({"x": [1, 1]})),
        ("max(x, y) + min(x, y)", json!({"x": 2, "y": 2}), json!(4), json!({"x": 1, "y": 1})),
        ("min(x, max(x, y))", json!({"x": 1, "y": 1}), json!(1), json!({"x": 1, "y": 0})),
        ("abs(x)*x", json!({"x": 0}), json!(0), json!({"x": 0})),
        ("max(min(x, 1), 0) + max(min(x - 1, 1), 0)", json!({"x": 1}), json!(1), json!({"x": 1})),
        ("abs(x) - x", json!({"x": 0}), json!(0), json!({"x": kink()})),
        ("sqrt(x^2)", json!({"x": 0}), json!(0), json!({"x": kink()})),
        ("max(x)", json!({"x": [1, 1, 0]}), json!(1), json!({"x": kink()})),
        ("sum(sort(x))", json!({"x": [1, 1]}), json!(2), json!({"x": [1, 1]})),
        ("sum(cumsum(abs(x)))", json!({"x": [0, 1]}), json!(1), json!({"x": kink()})),
        ("norm2(x)", json!({"x": [0, 0]}), json!(0), json!({"x": none()})),
        ("sum(sqrt(x))", json!({"x": [0, 4]}), json!(2), json!({"x": none()})),
        // Costs: 0·log 0 is 0.
        ("sum(kl(y, p))", json!({"y": [0, 1], "p": [0.5, 0.5]}), json!(2f64.ln()), json!({"p": [0, -2]})),
        ("sum(crossentropy(y, p))", json!({"y": [[0, 1]], "p": [[0, 1]]}), json!(0), json!({"p": [[0, -1]]})),
        ("binary_crossentropy(y, p)", json!({"y": 1, "p": 1}), json!(0), json!({"p": -1})),
        ("xlogy(y, p)", json!({"y": 0, "p": 0}), json!(0), json!({"p": 0})),
        ("xlogy(x, x)", json!({"x": 0}), json!(0), json!({"x": none()})),
        // No value.
        ("y*log(p)", json!({"y": 0, "p": 0}), json!({"status": "undefined"}), json!({})),
        ("log(x)", json!({"x": 0}), json!({"status": "undefined"}), json!({"x": none()})),
        ("1/x", json!({"x": 0}), json!({"status": "undefined"}), json!({"x": none()})),
    ]
}

/// Is an answer what is wanted: numbers without a status, or a status?
fn fits(answer: &Value, status: &Value, wanted: &Value) -> bool {
    if let Some(word) = wanted.get("status") {
        return status == word;
    }
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1.0);
    let all = |v: &Value| -> Vec<f64> {
        fn walk(v: &Value, all: &mut Vec<f64>) {
            match v {
                Value::Array(list) => list.iter().for_each(|v| walk(v, all)),
                v => all.push(v.as_f64().unwrap_or(f64::NAN)),
            }
        }
        let mut found = Vec::new();
        walk(v, &mut found);
        found
    };
    let (a, b) = (all(answer), all(wanted));
    status.is_null() && a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| close(*a, *b))
}

#[test]
fn every_point_has_its_derivative_or_a_status() {
    let mut lines = String::new();
    for (f, at, _, grad) in cases() {
        let names: Vec<&String> = grad.as_object().unwrap().keys().collect();
        lines += &format!("{}\n", json!({ "f": f, "at": at, "wrt": names }));
    }
    let done = wrt(&["batch", "-"], lines.as_bytes());
    let mut wrong = Vec::new();
    for ((f, at, value, grad), line) in cases().iter().zip(done.stdout.lines()) {
        let answer: Value = serde_json::from_str(line).unwrap();
        let mut fine = fits(&answer["value"], &answer["status"], value);
        for (name, wanted) in grad.as_object().unwrap() {
            let derivative = &answer["derivative"][name];
            fine &= fits(&derivative["value"], &derivative["status"], wanted);
        }
        if !fine {
            wrong.push(format!("{f} at {at}: {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_entry_of_an_array_is_seen_on_both_sides() {
    for (f, status) in [("sum(relu(x))", "kink"), ("sum(relu(-x))", "kink"), ("sum(where(x > 0, sqrt(x), x))", "none")]
    {
        for place in 0..24 {
            let mut x = vec![1.0; 24];
            (0..24).filter(|k| k % 5 == 0).for_each(|k| x[k] = -1.0);
            x[place] = 0.0;
            let request = json!({ "f": f, "at": { "x": x }, "wrt": ["x"] });
            let done = wrt(&["batch", "-"], format!("{request}\n").as_bytes());
            let answer: Value = serde_json::from_str(&done.stdout).unwrap();
            let derivative = &answer["derivative"]["x"];
            let mut places: Vec<u64> =
                derivative["where"].as_array().unwrap().iter().map(|w| w[0].as_u64().unwrap()).collect();
            places.sort_unstable();
            assert_eq!((derivative["status"].as_str(), places), (Some(status), vec![place as u64]), "{f}: {answer}");
        }
    }
}

#[test]
fn higher_orders_at_special_points() {
    for (f, at, order, wanted) in [
        ("where(x != 0, sin(x)/x, 1)", json!({"x": 0}), 2, json!(-1.0 / 3.0)),
        ("where(x != 0, sin(x)/x, 1)", json!({"x": 0}), 4, json!(0.2)),
        ("x*(1 - x^1.1)", json!({"x": 0}), 2, json!(0)),
        ("where(x == 1, 1, x^3)", json!({"x": 1}), 2, json!(6)),
        ("where(x == 1, 1, x^3)", json!({"x": 1}), 3, json!(6)),
        ("abs(x)^3", json!({"x": 0}), 2, json!(0)),
        ("sqrt(x^2)^4", json!({"x": 0}), 2, json!(0)),
        ("norm2(x)^3", json!({"x": [0, 0]}), 2, json!([[0, 0], [0, 0]])),
        ("norm2(x)^2", json!({"x": [0, 0]}), 2, json!([[2, 0], [0, 2]])),
        ("exp(-norm2(x)^2)", json!({"x": [0, 0]}), 2, json!([[-2, 0], [0, -2]])),
        ("x*abs(x)", json!({"x": 0}), 2, json!({"status": "kink"})),
    ] {
        let request = json!({ "f": f, "at": at, "wrt": ["x"], "order": order });
        let done = wrt(&["batch", "-"], format!("{request}\n").as_bytes());
        let answer: Value = serde_json::from_str(&done.stdout).unwrap();
        let name = vec!["x"; order].join(",");
        let derivative = &answer["derivative"][&name];
        assert!(fits(&derivative["value"], &derivative["status"], &wanted), "{f}: {answer}");
    }
}

/// Runs a command, which must end well, and gives back what it says.
fn said(args: &[&str]) -> String {
    let done = wrt(args, b"");
    assert!(matches!(done.code, Some(0 | 3)), "{args:?}: {}{}", done.stdout, done.stderr);
    done.stdout
}

#[test]
fn where_the_formula_has_another_value_that_is_said() {
    let text = said(&["diff", "where(x == 2, 4, x^2)", "--at", "x=2"]);
    assert!(text.contains("note: at this point the formula of dJ/dx gives 0; the derivative is 4"), "{text}");
    let text = said(&["diff", "where(x == 2, 4, x^2)", "--at", "x=2", "--form", "numpy"]);
    assert!(text.contains("# note: at this point"), "{text}");
    // Also where the rules have a value and only what is printed has none.
    let text = said(&["grad", "sum(abs(A)^p)", "--at", "A=[[0,1],[2,0]],p=2", "--wrt", "A"]);
    assert!(text.contains("the formula of ∂J/∂A [0, 0] has no value; the derivative is 0"), "{text}");
    let text = said(&["diff", "x^2", "--at", "x=2"]);
    assert!(!text.contains("note"), "{text}");
}

#[test]
fn nothing_times_the_logarithm_of_nothing_has_a_remedy() {
    for (args, wanted) in [
        (["eval", "y*log(p)", "--at", "y=0,p=0"], "`xlogy(y, p)` is 0 where `y` is 0"),
        (["grad", "sum(y*log(p))", "--at", "y=[0,1],p=[0,1]"], "`xlogy(y, p)` is 0 where `y` is 0"),
    ] {
        let done = wrt(&args, b"");
        let text = done.stdout + &done.stderr;
        assert!(done.code == Some(3) && text.contains(wanted), "{args:?}: {text}");
    }
}

#[test]
fn slopes_that_do_not_add_up_are_said() {
    for f in ["where(x^2 + y^2 > 0, x*y/sqrt(x^2 + y^2), 0)", "sqrt(abs(x*y))", "cbrt(x*y^2)"] {
        let text = said(&["grad", f, "--at", "x=0,y=0"]);
        assert!(text.contains("no total derivative at this point") && text.contains("∂J/∂x = 0"), "{text}");
    }
    for f in ["sqrt(x^2 + y^2)^2", "abs(x)*abs(y)", "abs(x*y)"] {
        let text = said(&["grad", f, "--at", "x=0,y=0"]);
        assert!(!text.contains("no total derivative"), "{text}");
    }
}

#[test]
fn a_jvp_goes_one_way() {
    for (v, wanted) in [("[1,1]", "jvp = 2"), ("[-1,1]", "jvp = 2"), ("[1,-1]", "jvp = 0")] {
        let text = said(&["jvp", "sum(abs(x))", "--at", "x=[0,1]", "--at", &format!("v={v}")]);
        assert!(text.contains(wanted), "{text}");
    }
}

#[test]
fn a_rule_that_is_wrong_everywhere_is_no_special_point() {
    for f in
        ["f(x) = x*abs(x)\nderivative f(x) = 3*abs(x)\nf(x)", "f(x) = relu(x) - relu(-x)\nderivative f(x) = 0*x\nf(x)"]
    {
        for at in ["x=0", "x=1"] {
            let done = wrt(&["check", f, "--at", at], b"");
            assert!(at == "x=0" || done.code == Some(1), "{f} at {at}: {}", done.stdout);
        }
    }
    let done = wrt(&["check", "f(x) = relu(x) - relu(-x)\nderivative f(x) = 0*x\nf(x)", "--at", "x=0"], b"");
    assert_eq!(done.code, Some(1), "{}", done.stdout);
}

#[test]
fn many_kinks_hide_no_wrong_derivative() {
    let f = "f(x) = abs(x)\nderivative f(x) = 1.5*sign(x)\nsum(f(x))";
    let zeros = "0,".repeat(20);
    let done = wrt(&["check", f, "--at", &format!("x=[{zeros}0]"), "--entries", "all"], b"");
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    let done = wrt(&["check", f, "--at", &format!("x=[{zeros}1]"), "--entries", "all"], b"");
    assert_eq!(done.code, Some(1), "{}", done.stdout);
}

#[test]
fn what_is_not_decided_says_so() {
    let out =
        wrt(&["batch", "-"], r#"{"f": "sqrt(1 - sin(x)^2 - cos(x)^2)", "wrt": ["x"], "at": {"x": 1}}"#.as_bytes())
            .stdout;
    let answer: Value = serde_json::from_str(&out).unwrap();
    let derivative = &answer["derivative"]["x"];
    assert_eq!((&derivative["value"], &derivative["status"]), (&json!("NaN"), &json!("none")));
    assert!(derivative["reason"].as_str().is_some_and(|why| why.starts_with("not decided")), "{derivative}");
}

#[test]
fn of_very_many_special_entries_some_are_looked_at_and_that_is_said() {
    let zeros = vec![0; 3000];
    let request = json!({ "f": "norm2(x)", "wrt": ["x"], "at": { "x": zeros } }).to_string();
    let out = wrt(&["batch", "-"], request.as_bytes()).stdout;
    let answer: Value = serde_json::from_str(&out).unwrap();
    let notes = answer["notes"].as_array().cloned().unwrap_or_default();
    assert!(notes.iter().any(|n| n.as_str().is_some_and(|n| n.contains("were not looked at"))), "{notes:?}");
}

#[test]
fn an_answer_as_json_has_its_notes() {
    let out =
        wrt(&["batch", "-"], r#"{"f": "sqrt(abs(x*y))", "wrt": ["x", "y"], "at": {"x": 0, "y": 0}}"#.as_bytes()).stdout;
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert!(answer["notes"].to_string().contains("no total derivative"), "{answer}");
}
