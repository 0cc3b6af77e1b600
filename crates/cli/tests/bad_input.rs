//! Hostile and huge input: an answer or an error, soon, in little memory; never a panic.

use std::process::Command;

use crate::common::{limited, run};

fn answers(args: &[&str], input: &[u8]) {
    let done = limited(args, input);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(!done.stdout.is_empty());
}

fn refuses(args: &[&str], input: &[u8], because: &str) {
    let done = limited(args, input);
    assert_eq!(done.code, Some(2), "{}", done.stderr);
    assert_eq!(done.stdout, "");
    assert!(done.stderr.contains(because), "{}", done.stderr);
    assert!(done.stderr.len() < 2000, "{} bytes of error", done.stderr.len());
}

fn nested(open: &str, close: &str) -> String {
    format!("{}x{}", open.repeat(100_000), close.repeat(100_000))
}

#[test]
fn deep_nesting() {
    for (open, close) in [("(", ")"), ("-", ""), ("+", ""), ("sin(", ")")] {
        answers(&["diff", "-"], nested(open, close).as_bytes());
        answers(&["eval", "-", "--at", "x=0.5"], nested(open, close).as_bytes());
        answers(&["simplify", "-"], nested(open, close).as_bytes());
    }
    // An argument of the command line may be so long, too.
    answers(&["diff", &nested("-", "")], b"");
}

#[test]
fn deep_nesting_that_never_ends() {
    refuses(&["diff", "-"], "(".repeat(100_000).as_bytes(), "never closed");
    refuses(&["diff", "-"], "-".repeat(100_000).as_bytes(), "expected");
    refuses(&["diff", "-"], "sin(".repeat(100_000).as_bytes(), "expected");
    refuses(&["diff", "-"], format!("x{}", ")".repeat(100_000)).as_bytes(), "closes nothing");
    refuses(&["diff", "-"], "2^".repeat(100_000).as_bytes(), "expected");
}

#[test]
fn long_chains() {
    for text in [vec!["x"; 100_000].join("+"), vec!["x"; 100_000].join("*"), vec!["x"; 20_000].join("^")] {
        answers(&["diff", "-"], text.as_bytes());
    }
}

#[test]
fn many_names() {
    let names: Vec<String> = (0..30_000).map(|k| format!("x{k}")).collect();
    answers(&["diff", "-"], names.join("+").as_bytes());
    answers(&["diff", "-"], names.join("*").as_bytes());
    let factors: Vec<String> =
        names[..360].iter().map(|x| format!("sin({x})*exp({x})*tan({x})*cos({x})*tanh({x})*erf({x})")).collect();
    refuses(&["hessian", "-"], factors.join("*").as_bytes(), "too much to write out");
}

#[test]
fn huge_numbers() {
    answers(&["diff", "9^9^9^9*w"], b"");
    answers(&["eval", "9^9^9^9"], b"");
    answers(&["eval", "x^9^9^9^9", "--at", "x=1/3"], b"");
    refuses(&["diff", "1e400000000"], b"", "limits");
    refuses(&["eval", "x", "--at", "x=1e400000000"], b"", "limits");
    refuses(&["diff", "-"], "9".repeat(900_000).as_bytes(), "at most");
    refuses(&["diff", "-"], "9".repeat(500_000).as_bytes(), "limits");
    refuses(&["diff", "-"], vec!["1e4999*x"; 50_000].join("+").as_bytes(), "bits together");
    answers(&["eval", "-"], vec!["1e4999"; 60].join("*").as_bytes());
    refuses(&["eval", "-"], vec!["1e4999"; 20_000].join("*").as_bytes(), "bits together");
}

#[test]
fn huge_texts() {
    refuses(&["diff", "-"], &vec![b'x'; 10_000_000], "at most");
    refuses(&["diff", "-"], &vec![b'\n'; 20_000_000], "more than");
    answers(&["diff", "-"], &vec![b'x'; 200_000]);
}

#[test]
fn bytes_that_are_no_text() {
    refuses(&["diff", "-"], b"x\0y", "\\u{0}");
    refuses(&["diff", "-"], b"x + \xff", "UTF-8");
    refuses(&["diff", "\u{1b}[31mx"], b"", "no meaning");
    refuses(&["diff", ""], b"", "no formula");
    refuses(&["diff", "   "], b"", "no formula");
    refuses(&["diff", "# nothing"], b"", "no formula");
    refuses(&["diff", "-"], b"", "no formula");
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let mut command = Command::new(env!("CARGO_BIN_EXE_wrt"));
    command.arg("diff").arg(OsStr::from_bytes(b"x\xff"));
    let done = run(command, b"");
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
    assert!(done.stderr.contains("UTF-8"), "{}", done.stderr);
}

#[test]
fn batch_survives_all_of_it() {
    let mut input = Vec::new();
    let mut lines = 0;
    let mut line = |bytes: &[u8]| {
        input.extend_from_slice(bytes);
        input.push(b'\n');
        lines += 1;
    };
    let request = |f: &str| serde_json::json!({ "f": f, "at": { "x": 0.5 } }).to_string();
    line(b"");
    line(b"\0\0\0");
    line(b"{\"f\": \"x\xff\"}");
    line(request("x\0").as_bytes());
    line(&vec![b'x'; 11_000_000]);
    line(request(&"x".repeat(9_000_000)).as_bytes());
    line("[".repeat(100_000).as_bytes());
    line(b"[1, 2]");
    line(b"{\"f\": 3}");
    line(b"{\"f\": \"x\", \"at\": {\"x\": 1e999}}");
    line(b"{\"f\": \"x\", \"at\": {\"x\": \"1e400000000\"}}");
    line(b"{\"f\": \"x\", \"at\": {\"not a name\": 1}}");
    line(b"{\"f\": \"x\", \"order\": 99}");
    line(b"{\"f\": \"x\", \"order\": -1}");
    line(b"{\"f\": \"x\", \"colour\": 1}");
    line(b"{\"f\": \"x\", \"digits\": -30}");
    line(b"{\"f\": \"y\", \"at\": {\"x\": 1}}");
    for (open, close) in [("(", ")"), ("-", ""), ("sin(", ")")] {
        line(request(&nested(open, close)).as_bytes());
    }
    line(request("9^9^9^9*x").as_bytes());
    line(request("x^2").as_bytes());
    let done = limited(&["batch"], &input);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let answers: Vec<serde_json::Value> = done.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(answers.len(), lines);
    assert!(answers[..17].iter().all(|a| a["error"]["kind"].is_string() && a["error"]["message"].is_string()));
    assert!(answers[17..].iter().all(|a| a["error"].is_null()), "{:.300}", done.stdout);
    assert_eq!(answers[lines - 1]["derivative"]["x"]["value"], 1.0);
}

#[test]
fn models_of_any_size() {
    refuses(&["grad", "-"], "# nothing\n".repeat(1_000_000).as_bytes(), "");
    let many = format!("{}cost = a0\n", (0..20_000).map(|k| format!("param a{k}\n")).collect::<String>());
    answers(&["shapes", "-"], many.as_bytes());
    let definitions: String = (1..2000).map(|k| format!("a{k} = sin(a{})\n", k - 1)).collect();
    answers(&["grad", "-"], format!("param w\na0 = w\n{definitions}cost = a1999\n").as_bytes());
    let layers: String = (1..200).map(|k| format!("h{k} = dense(h{}, 8, tanh)\n", k - 1)).collect();
    answers(&["grad", "-"], format!("data X[m, 8]\nh0 = X\n{layers}cost = mean(h199^2)\n").as_bytes());
    let calls: String = (1..30).map(|k| format!("f{k}(x) = f{}(f{}(x))\n", k - 1, k - 1)).collect();
    refuses(&["grad", "-"], format!("f0(x) = x@x*x\n{calls}param w[n]\ncost = sum(f29(w))\n").as_bytes(), "too large");
    refuses(
        &["grad", "-"],
        format!("param w\ncost = sum({}w{})\n", "[".repeat(300), "]".repeat(300)).as_bytes(),
        "deep",
    );
    answers(&["grad", "-"], format!("param W[n,n]\ncost = tr({})\n", vec!["W"; 40].join(" @ ")).as_bytes());
}

#[test]
fn dimensions_of_any_size() {
    refuses(&["grad", "-"], b"data x[0]\nparam w\ncost = sum(x)*w\n", "size 0");
    for size in ["1", "1000000000000", "9007199254740991"] {
        let model = format!("data x[{size}]\nparam w[{size}]\ncost = dot(x, w)\n");
        answers(&["grad", "-"], model.as_bytes());
        answers(&["hessian", "-"], model.as_bytes());
    }
    refuses(&["grad", "-"], b"data x[99999999999999999999]\nparam w\ncost = sum(x)*w\n", "");
    for dims in ["m=1000000000000", "m=9223372036854775807", "m=100000000"] {
        refuses(&["check", "sum(x)", "--shapes", "x[m]", "--dims", dims], b"", "too large");
        refuses(&["eval", "sum(sin(ones(m)))", "--dims", dims], b"", "");
    }
}

#[test]
fn models_that_are_no_models() {
    for text in ["param w[", "param w[n", "data x[n] in", "derivative f(x) =", "cost =", "= 3"] {
        refuses(&["grad", "-"], text.as_bytes(), "");
        refuses(&["shapes", "-"], text.as_bytes(), "");
    }
    for text in
        ["param w = w\ncost = w", "f(x) = g(x)\ng(x) = f(x)\nparam w\ncost = f(w)", "param w\nparam w\ncost = w"]
    {
        refuses(&["grad", "-"], text.as_bytes(), "");
    }
}
