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
        for key in ["operations", "bytes_moved", "peak_operations_per_s", "peak_bytes_per_s", "memory_peak_bytes"] {
            assert!(object[key].as_u64().unwrap() > 0, "{key}: {object}");
        }
        for key in ["operations_fraction", "bytes_fraction", "floor_s"] {
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

/// What is counted follows from the plan: two operations for each product that is summed, and each array once.
#[test]
fn work_and_memory_are_counted() {
    let of = |precision: &str, what: &str| -> serde_json::Value {
        let f = ["data X[m, n]; param w[n] = 0; cost = sum((X @ w)^2)", "--dims", "m=1000,n=100"];
        let run = wrt(
            &[&["bench"], &f[..], &["--what", what, "--precision", precision, "--repeat", "1", "--json"]].concat(),
            b"",
        );
        serde_json::from_str(&run.stdout).unwrap()
    };
    let [double, single] = ["f64", "f32"].map(|precision| of(precision, "value"));
    let operations = double["operations"].as_u64().unwrap();
    assert!((200_000..203_000).contains(&operations), "{double}");
    let bytes = double["bytes_moved"].as_u64().unwrap();
    assert!((800_000..840_000).contains(&bytes), "{double}");
    assert_eq!((single["bytes_moved"].as_u64(), single["operations"].as_u64()), (Some(bytes / 2), Some(operations)));
    let held = double["memory_peak_bytes"].as_u64().unwrap();
    assert!((810_000..900_000).contains(&held), "{double}");
    assert!(of("f64", "gradient")["operations"].as_u64().unwrap() >= 400_000);
}

/// Where `--memory` has no room for all arrays, some are computed again, and the plan says which; what is enough at the least
/// is said where that does not help.
#[test]
fn arrays_without_room_are_computed_again() {
    let layers = "data X[m, 8]; param A[8, 8], B[8, 8], C[8, 8], D[8, 8], E[8, 8]; a = tanh(X @ A); b = tanh(a @ B); \
                  c = tanh(b @ C); d = tanh(c @ D); cost = sum(tanh(d @ E)^2)";
    let ran = |command: &[&str], memory: &str| {
        wrt(&[&command[..1], &[layers, "--dims", "m=300000", "--memory", memory], &command[1..]].concat(), b"")
    };
    let held = ran(&["plan"], "1GiB");
    assert!(held.code == Some(0) && held.stdout.starts_with("plan 3\n") && !held.stdout.contains("again"), "{held:?}");
    let run = ran(&["plan"], "100MiB");
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:?}");
    assert!(run.stderr.contains("computed again and not held; --memory allows 100.0 MiB, of which"), "{run:?}");
    let enough = run.stderr.split("it takes --memory ").last().unwrap().split_once(' ').unwrap().0;
    let run = ran(&["plan"], enough);
    assert!(run.code == Some(0) && run.stdout.starts_with("plan 4\n"), "{enough}: {run:?}");
    let again = run.stdout.lines().find(|l| l.starts_with("again   ")).unwrap();
    assert!(again.contains("a_2 is a") && again.contains("; to hold them takes room for "), "{again}");
    let single = ran(&["plan", "--precision", "f32"], enough);
    assert!(single.code == Some(0) && single.stdout == held.stdout, "{single:?}");
    // And the program runs in it.
    let run = ran(&["bench", "--what", "gradient", "--repeat", "1", "--threads", "1"], enough);
    assert!(run.code == Some(0) && run.stderr.contains("computed again"), "{run:?}");
}

/// A program that needs more memory than it may take is refused before it takes any: what it needs, for what, and what
/// would be enough.
#[test]
fn memory_is_looked_at_before_it_is_taken() {
    let f = ["data X[m, n]; param w[n] = 0; cost = sum((X @ w)^2)", "--dims", "m=100000,n=1000"];
    let bench = |memory: &str| wrt(&[&["bench"], &f[..], &["--repeat", "1", "--memory", memory]].concat(), b"");
    let run = bench("500MiB");
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:?}");
    let error = run.stderr.split_once("Error: ").unwrap().1;
    for part in
        ["needs 764.5 MiB", "for what it reads", "the largest arrays are X 762.9 MiB", "--memory allows 500.0 MiB"]
    {
        assert!(error.contains(part), "{part}: {error}");
    }
    // What the error says is enough, and no more than that is said to be.
    let enough: u64 = error.split("--memory ").last().unwrap().split("MiB").next().unwrap().parse().unwrap();
    assert_eq!(bench(&format!("{}MiB", enough - 1)).code, Some(2));
    let small = ["data X[m, n]; param w[n] = 0; cost = sum((X @ w)^2)", "--dims", "m=10,n=10", "--repeat", "1"];
    let run = wrt(&[&["bench"], &small[..], &["--what", "value", "--memory", "1GiB"]].concat(), b"");
    assert!(run.code == Some(0) && run.stderr.starts_with("Memory: the program needs "), "{run:?}");
    for (wrong, said) in [("4GOB", "is no unit"), ("-1GiB", "above 0"), ("GiB", "above 0")] {
        let run = wrt(&[&["bench"], &small[..], &[&format!("--memory={wrong}")]].concat(), b"");
        assert!(run.code == Some(2) && run.stderr.contains(said), "{wrong}: {run:?}");
    }
    // Without a limit the machine's memory is one; what no machine has is refused by name.
    let run = wrt(&["bench", "data x[n]; cost = sum(outer(x, x)^2)", "--dims", "n=1000000", "--repeat", "1"], b"");
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:?}");
    let run = wrt(&["bench", "data X[n, n, n]; cost = sum(X)", "--dims", "n=1000000", "--repeat", "1"], b"");
    assert!(run.code == Some(2) && run.stderr.contains("`X` can't be compiled: it would have the shape"), "{run:?}");
    let run = wrt(&["run", "data x; cost = sum(zeros(100000, 100000) + x)", "--at", "x=1"], b"");
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:?}");
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
    assert!(step.contains("k_W[i,j] = {k_W[i,j] - adam.a*k_W.m[i,j]/(sqrt(k_W.v[i,j]) + adam.epsilon)}"), "{step}");
    let rates = "schedule = piecewise(boundaries = [5, 9], values = [0.1, 0.01, 0.001])";
    let listed = format!("data x[m], y[m]; param a; cost = mean((a*x - y)^2); train sgd(), {rates}");
    let step = wrt(&["plan", &listed, "--what", "step", "--dims", "m=4"], b"").stdout;
    assert!(step.contains("sgd.schedule_values[3]"), "{step}");
    assert!(plan(&["--what", "value"]).lines().count() < text.lines().count());
    let lstm = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/lstm.wrt");
    let done = wrt(&["plan", lstm, "--dims", "T=20,n=3"], b"");
    assert!(
        done.stdout.contains("20 steps along X by ") && done.stdout.contains("from the first to the last"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("  product "), "{}", done.stdout);
    let done = wrt(&["plan", "data A[n, n]; cost = logdet(A)", "--dims", "n=3"], b"");
    assert!(done.stdout.contains("call    cost = logdet(A[3, 3])"), "{}", done.stdout);
}

/// A plan that was written is run: the same bits as the model's, whatever its sizes; and what was changed in it is said.
#[test]
fn a_written_plan_runs() {
    let folder = std::env::temp_dir().join(format!("wrt-plans-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("model.plan").display().to_string();
    let model = ["data X[m, 2], y[m]; param w[2] = 0.5; cost = mean(softplus(X @ w) - y*(X @ w))"];
    let at = ["--at", "X=[[1,2],[3,4],[5,6]]", "--at", "y=[0,1,1]", "--at", "w=[0.3,-0.2]"];
    let plan = wrt(&[&["plan"], &model[..], &["--dims", "m=3"]].concat(), b"").stdout;
    std::fs::write(&path, &plan).unwrap();
    let found = wrt(&[&["run", &path], &at[..]].concat(), b"");
    let wanted = wrt(&[&["run"], &model[..], &at, &["--wrt", "w"]].concat(), b"");
    assert_eq!(found.code, Some(0), "{found:?}");
    let numbers =
        |text: &str| -> Vec<String> { text.lines().map(|l| l.split_once(" = ").unwrap().1.to_string()).collect() };
    assert_eq!(numbers(&found.stdout), numbers(&wanted.stdout), "{plan}");
    let missing = wrt(&["run", &path], b"");
    assert!(missing.code == Some(2) && missing.stderr.contains("has no value; its shape is"), "{missing:?}");
    let asked = wrt(&["run", &path, "--wrt", "w"], b"");
    assert!(asked.stderr.contains("a plan computes what it was made for"), "{asked:?}");
    std::fs::write(&path, plan.replace("< 3", "< 4")).unwrap();
    let changed = wrt(&[&["run", &path], &at[..]].concat(), b"");
    assert!(changed.code == Some(2) && changed.stderr.contains("entries"), "{changed:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}
