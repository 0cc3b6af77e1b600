//! `wrt train`: real digits are learned, runs repeat bit by bit, and what is wrong with data is said where it is.

use std::path::{Path, PathBuf};

use crate::common::wrt;
use serde_json::Value;

/// An empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("train").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

const MODEL: &str = "data X[m, n], y[m] in 0..c\nz = dense(X, c)\ncost = mean(crossentropy(y, softmax(z)))
metric accuracy = mean(argmax(z, axis=1) == y)\ntrain adam(rate = 0.05), epochs = 20, batch = 8, seed = 3, test = 0.25\n";

/// Points of three kinds in the plane, with their names.
fn points() -> String {
    let mut text = "first,second,kind\n".to_string();
    for k in 0..90 {
        let (kind, t) = (k % 3, f64::from(k) * 0.7);
        let (x, y) = (f64::from(kind) * 4.0 + t.sin(), f64::from(kind % 2) * 4.0 + t.cos());
        text.push_str(&format!("{x:.4},{y:.4},{}\n", ["oak", "fir", "elm"][kind as usize]));
    }
    text
}

/// A model file and a data file in a folder, trained with further arguments.
fn train(name: &str, model: &str, data: &str, more: &[&str]) -> (crate::common::Run, PathBuf) {
    let folder = folder(name);
    let (model_file, data_file, out) = (folder.join("m.wrt"), folder.join("d.csv"), folder.join("run"));
    std::fs::write(&model_file, model).unwrap();
    std::fs::write(&data_file, data).unwrap();
    let [model_file, data_file, out_text] = [&model_file, &data_file, &out].map(|p| p.to_str().unwrap().to_string());
    let mut arguments = vec!["train", &model_file, "--data", &data_file, "--out", &out_text];
    arguments.extend(more);
    (wrt(&arguments, b""), out)
}

#[test]
fn words_are_classes_and_sizes_follow_from_columns() {
    let (done, out) = train("words", MODEL, &points(), &[]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.contains("z_W        [n, c]        6"), "{}", done.stdout);
    assert!(done.stdout.contains("gradients  right"), "{}", done.stdout);
    assert!(done.stdout.contains("rows       90: 67 to train on, 23 for the test"), "{}", done.stdout);
    let run: Value = serde_json::from_slice(&std::fs::read(out.join("run.json")).unwrap()).unwrap();
    assert_eq!(run["classes"], serde_json::json!(["elm", "fir", "oak"]));
    assert!(run["results"]["test"]["accuracy"].as_f64().unwrap() > 0.95, "{run}");
    let history = std::fs::read_to_string(out.join("history.csv")).unwrap();
    assert_eq!(history.lines().count(), 21);
    assert_eq!(std::fs::read_to_string(out.join("model.wrt")).unwrap(), MODEL);
    let bytes = std::fs::read(out.join("weights.safetensors")).unwrap();
    let weights = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(weights.tensor("z_W").unwrap().shape(), [2, 3]);
    assert!(weights.tensor("z_b").unwrap().data().iter().any(|b| *b != 0));
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let weights = |name: &str, more: &[&str]| {
        let (done, out) = train(name, MODEL, &points(), more);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        std::fs::read(out.join("weights.safetensors")).unwrap()
    };
    let first = weights("bits1", &["--threads", "1"]);
    assert_eq!(first, weights("bits2", &["--threads", "2"]));
    assert_ne!(first, weights("bits3", &["--seed", "4"]));
}

/// Where there is no room for all arrays of a step, some are computed again: it trains to the same weights.
#[test]
fn training_in_less_memory_comes_to_the_same_weights() {
    let mut model = String::from("data X[m, 2], y[m]\nh0 = X\n");
    (1..=8).for_each(|k| model.push_str(&format!("h{k} = dense(h{}, 64, relu)\n", k - 1)));
    model.push_str("cost = mean((dense(h8, 1)[:, 0] - y)^2)\ntrain adam(rate = 0.001), epochs = 2, batch = 20000\n");
    let mut data = String::from("a,b,y\n");
    for k in 0..20_000 {
        let (a, b) = (f64::from(k * 37 % 101) / 50.0 - 1.0, f64::from(k * 53 % 97) / 50.0 - 1.0);
        data.push_str(&format!("{a},{b},{:.4}\n", a * b));
    }
    let trained = |name: &str, more: &[&str]| {
        let (done, out) = train(name, &model, &data, &[&["--threads", "1"], more].concat());
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        (std::fs::read(out.join("weights.safetensors")).unwrap(), done.stderr)
    };
    let (wanted, said) = trained("memory1", &["--memory", "1GiB"]);
    assert!(said.starts_with("Memory: the program needs ") && !said.contains("computed again"), "{said}");
    let (found, said) = trained("memory2", &["--memory", "110MiB"]);
    assert!(said.contains("arrays are computed again and not held"), "{said}");
    assert!(found == wanted, "other weights");
}

#[test]
fn epochs_are_lines_with_validation() {
    let (done, _) = train("json", MODEL, &points(), &["--json", "--epochs", "2", "--validation", "0.2"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let lines: Vec<Value> = done.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!((&lines[0]["train"], &lines[0]["validation"], &lines[0]["test"]), (&49.into(), &18.into(), &23.into()));
    assert!(lines[1]["loss"].as_f64() > lines[2]["loss"].as_f64());
    assert!(lines[2]["val_accuracy"].is_number());
    assert!(lines[3]["results"]["test"]["loss"].is_number());
}

/// The network of the examples on its own data.
#[test]
fn digits_are_learned() {
    let out = folder("digits").join("run");
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/digits.wrt");
    let done = wrt(&["train", model.to_str().unwrap(), "--out", out.to_str().unwrap()], b"");
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let run: Value = serde_json::from_slice(&std::fs::read(out.join("run.json")).unwrap()).unwrap();
    assert!(run["results"]["test"]["accuracy"].as_f64().unwrap() >= 0.98, "{run}");
    // The page in front shows what it prints, but for numbers that are others with other instructions.
    let page = include_str!("../../../README.md");
    let (_, shown) = page.split_once("train examples/digits.wrt\n").unwrap();
    let (shown, _) = shown.split_once("epoch").unwrap();
    assert!(shown.lines().count() > 5 && shown.lines().all(|l| l == "…" || done.stdout.contains(l)), "{}", done.stdout);
    let model = include_str!("../../../examples/digits.wrt");
    assert!(model.lines().skip(1).all(|line| page.contains(line)));
}

/// Statistics, metrics, the lines and the pictures of a run, as a person meets them.
#[test]
fn a_run_tells_and_draws_what_happens() {
    let model = MODEL
        .replace("dense(X, c)", "dense(standardize(X), c)")
        .replace("metric accuracy = mean(argmax(z, axis=1) == y)", "metric accuracy, top_k(2), f1");
    let more = [
        "--validation",
        "0.2",
        "--patience",
        "2",
        "--best",
        "--gradients",
        "--rate",
        "0.5",
        "--epochs",
        "40",
        "--set",
        "min_delta=0.01",
    ];
    let (done, out) = train("told", &model, &points(), &more);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.contains("constants  X_mean, X_std: from the rows to train on\n"), "{}", done.stdout);
    assert!(
        done.stdout.contains("  val_top_2 ") && done.stdout.contains("\nstopped    after epoch "),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("\nweights    of epoch "), "{}", done.stdout);
    let file = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let history = file("history.csv");
    let names = "epoch,loss,accuracy,top_2,f1,val_loss,val_accuracy,val_top_2,val_f1,gradient_z_W,gradient_z_b\n";
    assert!(history.starts_with(names), "{history}");
    let run: Value = serde_json::from_str(&file("run.json")).unwrap();
    assert_eq!(run["epochs"].as_u64().unwrap() as usize, history.lines().count() - 1);
    // The weights that are kept have the loss of the best epoch.
    let best = run["best_epoch"].as_u64().unwrap() as usize;
    let field: f64 = history.lines().nth(best).unwrap().split(',').nth(5).unwrap().parse().unwrap();
    assert_eq!(run["results"]["validation"]["loss"].as_f64().unwrap(), field);
    let (losses, confusion) = (file("loss.svg"), file("confusion.svg"));
    for text in ["training", "validation", "accuracy", "norm of the gradient", "z_W"] {
        assert!(losses.contains(&format!(">{text}<")), "{text}");
    }
    assert!(losses.contains(&format!(">best: epoch {best}<")));
    for text in ["elm", "fir", "oak", "Test rows: true and predicted classes"] {
        assert!(confusion.contains(&format!(">{text}<")), "{text}");
    }
    assert!(confusion.contains("of 23 right"));
    // Other rows are measured by the statistics of those that were trained on.
    let some = out.with_file_name("some.csv");
    std::fs::write(&some, "0.1,0.9,oak\n0.2,1.0,oak\n").unwrap();
    let found = wrt(&["evaluate", out.to_str().unwrap(), "--data", some.to_str().unwrap()], b"");
    assert!(found.stdout.contains("accuracy 1.0000  top_2 1.0000  f1 1.0000"), "{found:?}");
    // Weights from elsewhere need not know the statistics.
    let plain = MODEL.replace("metric accuracy = mean(argmax(z, axis=1) == y)\n", "");
    let (done, other) = train("plain", &plain, &points(), &["--epochs", "1"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(std::fs::read_to_string(other.join("loss.svg")).unwrap().contains(">loss<"));
    let weights = other.join("weights.safetensors");
    let (done, _) = train("from_plain", &model, &points(), &["--initial", weights.to_str().unwrap(), "--epochs", "1"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
}

#[test]
fn a_rate_that_is_too_large_is_told() {
    let model = "data x[m], y[m]\nparam a = 1\ncost = mean((a*x - y)^2)\ntrain sgd(rate = 0.3), batch = 4, epochs = 2";
    let (done, _) = train("too_large", model, "2,2\n2,4\n2,6\n2,8\n", &[]);
    assert!(done.stderr.contains("the rate 0.3 is beyond 0.25, up to which steps are stable"), "{}", done.stderr);
    let (done, _) = train("not_too_large", model, "2,2\n2,4\n2,6\n2,8\n", &["--rate", "0.2"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    let refused = |name: &str, model: &str, data: &str, more: &[&str], said: &str| {
        let (done, out) = train(name, model, data, more);
        assert_eq!(done.code, Some(2), "{name}: {}", done.stdout);
        assert!(done.stderr.contains(said), "{name}: {}", done.stderr);
        assert!(!out.exists(), "{name} has begun a run");
    };
    let data = points();
    refused(
        "cell",
        MODEL,
        &data.replacen("oak\n", "oak\n1.5,two,fir\n", 1),
        &[],
        "line 3: column 2 (second) has `two`, which is no number",
    );
    refused(
        "empty_cell",
        MODEL,
        &data.replacen("oak\n", "oak\n1.5,,fir\n", 1),
        &[],
        "line 3: column 2 (second) is empty",
    );
    refused("ragged", MODEL, &data.replacen("oak\n", "oak\n1.5,fir\n", 1), &[], "line 3: 2 columns");
    refused("empty", MODEL, "", &[], "has no rows");
    refused("header", MODEL, "a,b,c\n", &[], "has no rows");
    let fixed = MODEL.replace("[m, n]", "[m, 4]");
    refused("columns", &fixed, &data, &[], "has 3 columns, and X[m, 4], y[m] take 5");
    let five = MODEL.replace("0..c", "0..2").replace("(X, c)", "(X, 2)");
    let numbers = "1,2,0\n3,4,1\n5,6,2\n";
    refused("label", &five, numbers, &[], "line 3: column 3 is 2, and `y` is one of 0, 1");
    refused("setting", &MODEL.replace("epochs", "epoch"), &data, &[], "did you mean `epochs`?");
    refused("share", MODEL, &data, &["--test", "1.5"], "`test` is a share from 0 to 1, not 1.5");
    refused("batch", MODEL, &data, &["--batch", "0"], "`batch` is 1 or more");
    let numbers = "data x, y\nparam a\ncost = (a*x - y)^2";
    refused("rows", numbers, "1,2\n", &[], "`x` has no rows");
    refused("sizes", "data x[3], y[3]\nparam a\ncost = sum((a*x - y)^2)", "1,2\n", &[], "`x` has no rows");
    refused("nothing", "param a\ncost = a^2", "1,2\n", &[], "has 2 columns");
    refused("optimiser", &MODEL.replace("adam", "adma"), &data, &[], "did you mean `adam`?");

    let folder = folder("none");
    let model = folder.join("m.wrt");
    std::fs::write(&model, MODEL).unwrap();
    let done = wrt(&["train", model.to_str().unwrap()], b"");
    assert!(done.stderr.contains("does not say where its data comes from"), "{}", done.stderr);
    // What is no label has no constraint to stand behind.
    let linear = "data x[m], y[m] from \"gone.csv\"\nparam a\ncost = mean((a*x - y)^2)";
    std::fs::write(&model, linear).unwrap();
    assert!(wrt(&["train", model.to_str().unwrap()], b"").stderr.contains("gone.csv"));
    std::fs::write(&model, MODEL.replace("0..c", "0..c from \"gone.csv\"")).unwrap();
    let done = wrt(&["train", model.to_str().unwrap()], b"");
    assert_eq!((done.code, done.stderr.contains("gone.csv")), (Some(2), true), "{}", done.stderr);
}

#[test]
fn a_folder_with_files_is_left_alone() {
    let (done, out) = train("twice", MODEL, &points(), &["--epochs", "1"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let before = std::fs::read(out.join("weights.safetensors")).unwrap();
    let model = out.with_file_name("m.wrt");
    let data = out.with_file_name("d.csv");
    let again =
        wrt(&["train", model.to_str().unwrap(), "--data", data.to_str().unwrap(), "--out", out.to_str().unwrap()], b"");
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("has files in it already"), "{}", again.stderr);
    assert_eq!(std::fs::read(out.join("weights.safetensors")).unwrap(), before);
}

/// A rate that is far too large is told, and which batch it was.
#[test]
fn a_loss_that_is_no_number_ends_the_run() {
    let model = "data x[m], y[m]\nparam a = 1\ncost = mean((a*x - y)^2)\ntrain sgd(rate = 1e30), epochs = 9, batch = 2";
    let (done, _) = train("nan", model, "1,2\n2,4\n3,6\n4,8\n", &[]);
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("of epoch 1") && done.stderr.contains("a smaller rate"), "{}", done.stderr);
}

/// The loss is followed to the first node that is no number, in the step that made it so, with the row of the file.
#[test]
fn a_loss_that_is_no_number_is_traced() {
    let said = |name: &str, model: &str, data: &str| {
        let (done, _) = train(name, model, data, &[]);
        assert_eq!(done.code, Some(2), "{}", done.stdout);
        // The error is broken into lines for people.
        done.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let model =
        "data x[m], y[m]\nparam a = 1\ncost = mean((a*x - log(y))^2)\ntrain sgd(rate = 0.001), batch = 2, shuffle = 0";
    let found = said("trace", model, "1,2\n2,4\n3,6\n4,-8\n");
    assert!(found.contains("`log(y)` is NaN in row 1, where y = -8") && found.contains("row 3 of the data"), "{found}");
    // A slope without a value loses a parameter; it is found in its own step, and not in the next one's loss.
    let model = "data x[m], y[m]\nparam a = 1\ncost = mean((a*x - y)^2 + sqrt(a*x))\ntrain sgd(rate = 0.001), batch = 1, shuffle = 0";
    let found = said("slope", model, "5,1\n4,1\n0,1\n4,1\n");
    assert!(found.contains("in the derivative"), "{found}");
}

#[test]
fn a_trained_model_is_evaluated_and_trained_on() {
    let (done, out) = train("evaluate", MODEL, &points(), &["--test", "0"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let run: Value = serde_json::from_slice(&std::fs::read(out.join("run.json")).unwrap()).unwrap();
    let data = out.with_file_name("d.csv");
    let evaluate =
        |data: &Path| wrt(&["evaluate", out.to_str().unwrap(), "--data", data.to_str().unwrap(), "--json"], b"");
    let found: Value = serde_json::from_str(&evaluate(&data).stdout).unwrap();
    assert_eq!(
        (&found["loss"], &found["accuracy"]),
        (&run["results"]["train"]["loss"], &run["results"]["train"]["accuracy"])
    );
    // Words keep their labels, though one class is missing here.
    let some = out.with_file_name("some.csv");
    let rows: Vec<String> = points().lines().filter(|l| !l.ends_with("elm")).map(String::from).collect();
    std::fs::write(&some, rows.join("\n")).unwrap();
    let found: Value = serde_json::from_str(&evaluate(&some).stdout).unwrap();
    assert!(found["accuracy"].as_f64().unwrap() > 0.95, "{found}");
    std::fs::write(&some, "1,2,yew\n").unwrap();
    assert!(evaluate(&some).stderr.contains("line 1: column 3 has `yew`, which is none of the classes elm, fir, oak"));

    // Of numbers as classes, there are as many as there were.
    let numbers = points().replace("elm", "0").replace("fir", "1").replace("oak", "2");
    let (done, other) = train("numbers", MODEL, &numbers, &[]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    std::fs::write(&some, "0.9,0.1,0\n1.2,0.4,0\n").unwrap();
    let found = wrt(&["evaluate", other.to_str().unwrap(), "--data", some.to_str().unwrap()], b"");
    assert!(found.stdout.starts_with("2 rows  loss"), "{found:?}");

    // Training goes on from given weights, and refuses those of another model.
    let weights = out.join("weights.safetensors");
    let initial = ["--initial", weights.to_str().unwrap(), "--epochs", "1", "--json"];
    let (again, _) = train("again", MODEL, &points(), &initial);
    let first: Value = serde_json::from_str(again.stdout.lines().nth(1).unwrap()).unwrap();
    let (fresh, _) = train("fresh", MODEL, &points(), &initial[2..]);
    let other: Value = serde_json::from_str(fresh.stdout.lines().nth(1).unwrap()).unwrap();
    assert!(first["loss"].as_f64().unwrap() < 0.5 * other["loss"].as_f64().unwrap(), "{first} {other}");
    let wider = MODEL.replace("dense(X, c)", "dense(dense(X, 4), c)");
    let (refused, _) = train("other", &wider, &points(), &initial);
    assert_eq!(refused.code, Some(2));
    let said = format!("{} has z_W[2, 3], z_b[3]; the model has", weights.display());
    assert!(refused.stderr.contains(&said), "{}", refused.stderr);
    // A file that was cut short.
    let bytes = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &bytes[..bytes.len() - 5]).unwrap();
    assert!(evaluate(&data).stderr.contains("is no whole safetensors file"));
    std::fs::write(&weights, b"").unwrap();
    assert_eq!(evaluate(&data).code, Some(2));
}

/// Layers with chance and with state: their state goes with the weights, and rows are judged one by one.
#[test]
fn layers_are_trained_and_kept() {
    let model = MODEL.replace("z = dense(X, c)", "h = dropout(batch_norm(dense(X, 8, relu)), 0.2)\nz = dense(h, c)");
    let (done, out) = train("layers", &model, &points(), &["--epochs", "60"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let bytes = std::fs::read(out.join("weights.safetensors")).unwrap();
    let weights = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(weights.tensor("h2_moving_mean").unwrap().shape(), [8]);
    let evaluated = |rows: &str| {
        let file = out.with_file_name("few.csv");
        std::fs::write(&file, rows).unwrap();
        let done = wrt(&["evaluate", out.to_str().unwrap(), "--data", file.to_str().unwrap(), "--json"], b"");
        serde_json::from_str::<Value>(&done.stdout).unwrap()["loss"].as_f64().unwrap()
    };
    let (one, other) = (evaluated("0.1,0.9,oak\n"), evaluated("4.1,4.9,fir\n"));
    let both = evaluated("0.1,0.9,oak\n4.1,4.9,fir\n");
    assert!((both - (one + other) / 2.0).abs() < 1e-6, "{one} {other} {both}");
    let file = out.with_file_name("m.wrt");
    for command in ["bench", "plan"] {
        let sizes = ["--dims", "n=2", "--dims", "c=3", "--dims", "m=8", "--what", "step"];
        let done = wrt(&[&[command, file.to_str().unwrap()], &sizes[..]].concat(), b"");
        assert_eq!(done.code, Some(0), "{command}: {}", done.stderr);
    }
}

/// Classes by their names with a number for each, with the target or without it; values where there are no classes.
#[test]
fn new_rows_are_predicted() {
    let (done, out) = train("predict", MODEL, &points(), &["--test", "0"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let file = out.with_file_name("new.csv");
    let predicted = |run: &Path, rows: &str, more: &[&str]| {
        std::fs::write(&file, rows).unwrap();
        wrt(&[&["predict", run.to_str().unwrap(), "--data", file.to_str().unwrap()], more].concat(), b"")
    };
    let found = predicted(&out, "0.1,0.9\n4.1,4.9\n8.1,0.9\n", &[]);
    let lines: Vec<Vec<String>> = found.stdout.lines().map(|l| l.split(',').map(String::from).collect()).collect();
    assert_eq!(lines[0], ["class", "elm", "fir", "oak"], "{found:?}");
    assert_eq!(lines[1..].iter().map(|l| l[0].as_str()).collect::<Vec<_>>(), ["oak", "fir", "elm"]);
    for line in &lines[1..] {
        let sum: f64 = line[1..].iter().map(|x| x.parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{line:?}");
    }
    let header = "first,second,kind\n";
    assert_eq!(predicted(&out, &format!("{header}0.1,0.9,?\n4.1,4.9,\n8.1,0.9,yew\n"), &[]).stdout, found.stdout);
    let written = out.with_file_name("out.csv");
    let told = predicted(&out, "0.1,0.9\n4.1,4.9\n8.1,0.9\n", &["-o", written.to_str().unwrap()]);
    assert_eq!((told.code, std::fs::read_to_string(&written).unwrap()), (Some(0), found.stdout));
    let scores = predicted(&out, "0.1,0.9\n", &["--output", "z"]);
    assert!(scores.stdout.starts_with("class,elm,fir,oak\noak,"), "{scores:?}");
    for (rows, more, said) in [
        ("1\n", &[][..], "has 1 columns, and X[m, n] take 2"),
        ("1,2\n1,x\n", &[], "column 2 has `x`"),
        ("1,2\n", &["--output", "zz"], "the model defines no `zz`"),
        ("1,2\n", &["--output", "cost"], "has no value for each row"),
        ("1,2\n", &["-o", "/no/such/folder/out.csv"], "could not be written"),
    ] {
        let refused = predicted(&out, rows, more);
        assert_eq!(refused.code, Some(2), "{said}");
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
    }

    let two = "data X[m, 2], y[m] in 0..2\nparam w[2] = 1, b = 0\n";
    let rows = "0,0,0\n1,1,1\n2,2,1\n-1,0,0\n";
    let third = |name: &str, model: &str| {
        let (done, out) = train(name, &format!("{model}\ntrain sgd(rate = 0.1)"), rows, &[]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        predicted(&out, "3,3\n-3,-3\n", &[]).stdout
    };
    // However the probability is written, and where no function compares it.
    for (name, cost) in [
        ("chance", "p = sigmoid(X @ w + b)\ncost = mean(binary_crossentropy(y, p))"),
        ("logits", "z = X @ w + b\ncost = mean(binary_crossentropy(y, logits=z))"),
        ("formula", "p = sigmoid(X @ w + b)\ncost = -mean(y*log(p) + (1 - y)*log(1 - p)) + 0.01*sum(w^2)"),
    ] {
        let found = third(name, &format!("{two}{cost}"));
        let lines: Vec<&str> = found.lines().collect();
        assert_eq!((lines[0], &lines[1][..2], &lines[2][..2]), ("class,0,1", "1,", "0,"), "{found}");
    }
    let line = "data X[m, 2], y[m]\nparam w[2] = 2, b = 1\n";
    for (name, cost, head) in [
        ("line", "cost = mean((X @ w + b - y)^2)", "prediction"),
        ("named", "p = X @ w + b\ncost = sum((p - y)^2)/(2*m) + l2(w)", "p"),
        ("mse", "p = X @ w + b\ncost = mse(y, p)", "p"),
    ] {
        let model = format!("{line}{cost}\ntrain sgd(rate = 0)");
        let (done, out) = train(name, &model, rows, &[]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        assert_eq!(predicted(&out, "3,3\n-3,-3\n", &[]).stdout, format!("{head}\n13\n-11\n"));
    }
}

/// What stands in the command is what stands in the model, and is refused alike; a resume would ask for the same.
#[test]
fn arguments_are_settings() {
    let weights = |name: &str, model: &str, more: &[&str]| {
        let (done, out) = train(name, model, &points(), more);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        std::fs::read(out.join("weights.safetensors")).unwrap()
    };
    let other = MODEL
        .replace("adam(rate = 0.05)", "sgd(rate = 0.1, momentum = 0.9, clip_norm = 1), schedule = cosine")
        .replace("seed = 3", "seed = 3, shuffle = false");
    let more =
        ["--optimizer", "sgd", "--rate", "0.1", "--set", "momentum=0.9", "--set", "clipnorm=1", "--schedule", "cosine"];
    let said = weights("said", &other, &[]);
    assert_eq!(said, weights("given", MODEL, &[&more[..], &["--shuffle", "false"]].concat()));
    assert_ne!(said, weights("shuffled", MODEL, &more));
    for (name, more, said) in [
        ("negative", &["--rate", "-0.1"][..], "`rate` is at least 0, not -0.1"),
        ("unknown", &["--optimizer", "adamm"], "did you mean `adam`?"),
        ("setting", &["--set", "beta3=1"], "`adam` has no setting `beta3`"),
        ("nothing", &["--set", "beta1"], "sets nothing"),
        ("text", &["--rate", "fast, please"], "rate"),
        ("schedule", &["--schedule", "cosinus"], "did you mean `cosine`?"),
    ] {
        let (done, out) = train(name, MODEL, &points(), more);
        assert_eq!(done.code, Some(2), "{name}: {}", done.stdout);
        assert!(done.stderr.contains(said), "{name}: {}", done.stderr);
        assert!(!out.exists(), "{name} has begun a run");
    }
}

/// What is to blame for a loss that is no number is told: not always the rate.
#[test]
fn a_loss_that_is_no_number_is_explained() {
    let refused = |name: &str, model: &str, said: &str| {
        let (done, _) = train(name, model, &points(), &[]);
        assert_eq!(done.code, Some(2), "{name}: {}", done.stdout);
        assert!(done.stderr.contains(said), "{name}: {}", done.stderr);
        assert!(!done.stderr.contains("a smaller rate"), "{name}: {}", done.stderr);
    };
    refused("logits", &MODEL.replace("softmax(z)", "z"), "`z` is taken for probabilities: write softmax(z)");
    refused("start", &MODEL.replace("cost = mean(", "cost = log(0*sum(z)) + mean("), "the parameters start as");
    refused("costless", &MODEL.replace("cost =", "loss ="), "the model has no `cost` to train for");
}

/// From a file of one's own to predictions, with classes and with numbers.
#[test]
fn a_first_model_trains_and_predicts() {
    let folder = folder("init");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_string();
    let flowers = points();
    let heights: String = (0..80).map(|k| format!("{k},{},{}\n", k % 7, 1000 + 30 * k - 100 * (k % 7))).collect();
    for (name, data, measure, good) in [("trees", &flowers, "accuracy", 0.9), ("heights", &heights, "mae", 100.0)] {
        std::fs::write(folder.join(format!("{name}.csv")), data).unwrap();
        let made = wrt(&["init", &path(&format!("{name}.csv"))], b"");
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let model = path(&format!("{name}.wrt"));
        assert!(made.stdout.contains(&format!("wrt train {model}")), "{}", made.stdout);
        let text = std::fs::read_to_string(&model).unwrap();
        assert_eq!(wrt(&["fmt", "--check", &model], b"").code, Some(0), "{text}");
        let trained = wrt(&["train", &model, "--out", &path(name)], b"");
        assert_eq!(trained.code, Some(0), "{}", trained.stderr);
        assert!(trained.stdout.contains("gradients  right"), "{}", trained.stdout);
        let run: Value = serde_json::from_slice(&std::fs::read(folder.join(name).join("run.json")).unwrap()).unwrap();
        let found = run["results"]["test"][measure].as_f64().unwrap();
        assert!(if measure == "accuracy" { found > good } else { found < good }, "{name}: {run}");
        let rows: String = data.lines().rev().take(5).map(|l| format!("{}\n", l.rsplit_once(',').unwrap().0)).collect();
        std::fs::write(folder.join("new.csv"), rows).unwrap();
        let said = wrt(&["predict", &path(name), "--data", &path("new.csv")], b"");
        assert_eq!((said.code, said.stdout.lines().count()), (Some(0), 6), "{}", said.stderr);
        let again = wrt(&["init", &path(&format!("{name}.csv"))], b"");
        assert!(again.code == Some(2) && again.stderr.contains("is there already"), "{}", again.stderr);
    }
    for (data, said) in [
        ("", "has no rows"),
        ("a,b\n", "has no rows"),
        ("1\n2\n", "has one column"),
        ("1,red,2\n1,green,3\n", "column 2 (red) has `green`, which is no number"),
        ("a,b\n1,x\n2,3\n", "has numbers and words"),
        ("a,b\n1,x\n2,\n", "has missing values"),
        ("a,b\n1,7.5\n2,7.5\n", "is always the same"),
        ("a,b\n1,x\nred,y\n", "line 3: column 1 (a) has `red`"),
        ("a,b\n1,x\n1,2,y\n", "line: 3"),
    ] {
        std::fs::write(folder.join("bad.csv"), data).unwrap();
        let refused = wrt(&["init", &path("bad.csv")], b"");
        let is_refused = refused.code == Some(2) && !folder.join("bad.wrt").exists();
        assert!(is_refused && refused.stderr.contains(said), "{data:?}: {}", refused.stderr);
    }
    assert!(wrt(&["init", &path("gone.csv")], b"").stderr.contains("gone.csv"));
}
