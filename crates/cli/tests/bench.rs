//! `wrt bench`: one object for each item, and clear words for what can't be timed. No time is judged here.

use crate::common::wrt;

const MODEL: &str = "data X[m, 3], y[m] in 0..4; z = dense(X, 4); cost = mean(crossentropy(y, softmax(z)))";

#[test]
fn each_item_is_an_object() {
    let run = wrt(
        &["bench", MODEL, "--dims", "m=12", "--batch", "4", "--what", "value,gradient,step", "--repeat", "3", "--json"],
        b"",
    );
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    let objects: Vec<serde_json::Value> = run.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let said = |key: &str| objects.iter().map(|o| o[key].as_str().unwrap().to_string()).collect::<Vec<_>>();
    assert_eq!(said("what"), ["value", "gradient", "step"]);
    assert_eq!(said("precision"), ["f64", "f64", "f32"]);
    for object in &objects {
        for key in ["compile_s", "median_s", "min_s"] {
            assert!(object[key].as_f64().unwrap() > 0.0, "{key}: {object}");
        }
        assert_eq!(object["windows"], 3);
        assert!(object["threads"].as_u64().unwrap() > 0);
    }
    let chosen = wrt(&["bench", MODEL, "--dims", "m=5", "--what", "value", "--precision", "f32", "--repeat", "1"], b"");
    assert!(chosen.stdout.starts_with("value in f32: "), "{chosen:?}");
    let alone =
        wrt(&["bench", MODEL, "--dims", "m=5", "--what", "value", "--threads", "2", "--repeat", "1", "--json"], b"");
    assert!(alone.stdout.contains("\"threads\":2"), "{alone:?}");
}

/// What a formula without declarations is told by the options, and derivatives of the second order.
#[test]
fn shapes_and_sizes_are_honoured() {
    let what = ["--what", "value,gradient,hessian,hvp,jacobian", "--wrt", "x", "--repeat", "1", "--json"];
    let f = ["sum(exp(A @ x))", "--shapes", "A[m, n], x[n]", "--dims", "m=5,n=3,q=2"];
    let run = wrt(&[&["bench"], &f[..], &what].concat(), b"");
    assert_eq!(run.code, Some(0), "{run:?}");
    let objects: Vec<serde_json::Value> = run.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let said: Vec<&str> = objects.iter().map(|o| o["what"].as_str().unwrap()).collect();
    assert_eq!(said, ["value", "gradient", "hessian", "hvp", "jacobian"]);
    assert_eq!(run.stderr, "Warning: --dims: no axis has the size `q`\n");
    let run = wrt(&[&["plan"], &f[..], &["--what", "hessian", "--wrt", "x"]].concat(), b"");
    assert!(run.stdout.contains("reads   A[5, 3], x[3]") && run.stdout.contains("result0[3, 3]"), "{run:?}");
}

/// Second derivatives keep the factors that they are made of: the operations of all products, and how rows are gone over.
#[test]
fn hessians_are_small_programs() {
    let plan = |model: &str, more: &[&str]| {
        let path = format!("{}/../../examples/bench/{model}.wrt", env!("CARGO_MANIFEST_DIR"));
        let run = wrt(&[&["plan", &path, "--what", "hessian"], more].concat(), b"");
        assert_eq!(run.code, Some(0), "{run:?}");
        run.stdout
    };
    let work = |text: &str| -> f64 {
        let product = |line: &str| {
            let count = line.trim().strip_prefix("product ")?.strip_suffix(" operations")?.rsplit(", ").next()?;
            let (number, unit) = count.split_once(' ').unwrap_or((count, ""));
            Some(number.parse::<f64>().unwrap() * if unit == "million" { 1e6 } else { 1.0 })
        };
        text.lines().filter_map(product).sum()
    };
    let factorisation = plan("e", &["--dims", "n=100,k=5", "--wrt", "U"]);
    assert!(work(&factorisation) < 1e4 && factorisation.contains("where(eq(i, k), "), "{factorisation}");
    let network = plan("e-network", &["--dims", "m=100", "--wrt", "W"]);
    assert!(work(&network) < 1e8, "{network}");
    let regression = plan("d", &["--dims", "m=100000,n=200"]);
    assert!(regression.contains("stage   100000 rows") && work(&regression) < 8.1e9, "{regression}");
}

#[test]
fn what_is_wrong_is_said() {
    let said = |args: &[&str]| {
        let run = wrt(&[&["bench"], args, &["--repeat", "1"]].concat(), b"");
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:?}");
        run.stderr
    };
    let missing = said(&[MODEL]);
    assert!(missing.contains("the size `m` is missing") && missing.contains("--dims m=100"), "{missing}");
    assert!(said(&["data A[p, q], x[q]; cost = sum(A @ x)"]).contains("the sizes `p`, `q` are missing"));
    assert!(said(&[MODEL, "--dims", "m=100000000000"]).contains("at most"));
    assert!(said(&[MODEL, "--dims", "m=4", "--what", "speed"]).contains("speed"));
    assert!(said(&["data x[m]; cost = sum(x)", "--dims", "m=4", "--what", "step"]).contains("no parameters to train"));
    assert!(
        said(&["data x[m]; param a; cost = sum(a*x); train adma()", "--dims", "m=4", "--what", "step"])
            .contains("adam")
    );
    assert!(said(&["no_such_file.wrt"]).contains("could not be opened"));
}

/// What a person reads of a plan: every product with its sizes, what loops compute, and where it goes.
#[test]
fn plans_are_written() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/dense.wrt");
    let plan = |more: &[&str]| {
        let done = wrt(&[&["plan", model, "--dims", "m=32"], more].concat(), b"");
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        done.stdout
    };
    let text = plan(&[]);
    for line in [
        "reads   y[32], X[32, 64], h_W[64, 128]",
        "pick    y: is each one of 0, …, 9?",
        "product t15 = h @ k_W: 32 × 128 by 128 × 64, 524288 operations",
        "h[i,j] = relu(",
        "loop    i < 32, j < 10: z[i,j] = ",
        "= max over j < 10 of z[i,j]",
        "loop    once: cost = ",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let step = plan(&["--what", "step"]);
    assert!(step.contains("k_W[i,j] = k_W[i,j] - adam.a*k_W.m[i,j]/(sqrt(k_W.v[i,j]) + adam.epsilon)"), "{step}");
    assert!(plan(&["--what", "value"]).lines().count() < text.lines().count());
    let lstm = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/lstm.wrt");
    let done = wrt(&["plan", lstm, "--dims", "T=20,n=3"], b"");
    assert!(done.stdout.contains("20 steps along X, from the first to the last"), "{}", done.stdout);
    assert!(done.stdout.contains("  product "), "{}", done.stdout);
    let done = wrt(&["plan", "data A[n, n]; cost = logdet(A)", "--dims", "n=3"], b"");
    assert!(done.stdout.contains("call    cost = logdet(A[3, 3])"), "{}", done.stdout);
}
