//! More rows than are held: `wrt train --stream`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::{Run, wrt};
use serde_json::Value;

const MODEL: &str = "data X[m, n], y[m] in 0..k\nh = dropout(dense(X, 6, tanh), 0.1)\nz = dense(h, k)
cost = mean(crossentropy(y, softmax(z)))\nmetric accuracy
train adam(rate = 0.02), epochs = 6, batch = 8, validation = 0.2, test = 0.1, split = last\n";

/// A folder with a model and 600 rows whose classes are words.
fn place(name: &str, model: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stream").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let class = |k: u32| ["oak", "fir", "elm"][(k * k % 7 % 3) as usize];
    let row = |k: u32| format!("{:.4},{:.4},{}\n", f64::from(k * k % 7).cos(), f64::from(k).sin(), class(k));
    let rows: String = (0..600).map(row).collect();
    std::fs::write(folder.join("d.csv"), format!("a,b,tree\n{rows}")).unwrap();
    std::fs::write(folder.join("m.wrt"), model).unwrap();
    folder
}

fn arguments(folder: &Path, run: &str, more: &[&str]) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    let own = ["train".into(), file("m.wrt"), "--data".into(), file("d.csv"), "--out".into(), file(run)];
    own.into_iter().chain(more.iter().map(|s| (*s).to_string())).collect()
}

fn done(arguments: &[String]) -> Run {
    wrt(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), b"")
}

fn trained(folder: &Path, run: &str, more: &[&str]) -> Run {
    let done = done(&arguments(folder, run, more));
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    done
}

fn kept(folder: &Path, run: &str) -> Vec<u8> {
    std::fs::read(folder.join(run).join("weights.safetensors")).unwrap()
}

fn results(folder: &Path, run: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(run).join("run.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_stream_trains_as_rows_that_are_held() {
    let folder = place("same", MODEL);
    trained(&folder, "held", &[]);
    // All rows have room in the buffer.
    let whole = trained(&folder, "whole", &["--stream"]);
    assert!(!whole.stdout.contains("\nstream "), "{}", whole.stdout);
    assert_eq!(kept(&folder, "held"), kept(&folder, "whole"));
    trained(&folder, "order", &["--shuffle", "false"]);
    let small = trained(&folder, "small", &["--shuffle", "false", "--shuffle-buffer", "50"]);
    assert!(small.stdout.contains("stream     48 rows at a time are held and shuffled"), "{}", small.stdout);
    assert!(
        small.stdout.contains("rows       600: 420 to train on, 120 for validation, 60 for the test"),
        "{}",
        small.stdout
    );
    assert_eq!(kept(&folder, "order"), kept(&folder, "small"));
    let (a, b) = (results(&folder, "order"), results(&folder, "small"));
    assert_eq!((&a["classes"], &a["sizes"]), (&b["classes"], &b["sizes"]));
    assert_eq!(a["classes"], serde_json::json!(["elm", "fir", "oak"]));
    for part in ["train", "validation", "test"] {
        for name in ["loss", "accuracy"] {
            let [a, b] = [&a, &b].map(|r| r["results"][part][name].as_f64().unwrap());
            assert!((a - b).abs() < 1e-5, "{part} {name}: {a} {b}");
        }
    }
    // Shuffled some at a time it learns, too, and what it keeps serves as any other.
    trained(&folder, "shuffled", &["--shuffle-buffer", "50", "--epochs", "40"]);
    let shuffled = results(&folder, "shuffled")["results"]["test"]["accuracy"].as_f64().unwrap();
    assert!(shuffled > 0.9, "{shuffled}");
    let file = folder.join("d.csv").display().to_string();
    let run = folder.join("shuffled").display().to_string();
    let all = done(&["evaluate".into(), run, "--data".into(), file]);
    assert!(all.code == Some(0) && all.stdout.starts_with("600 rows  loss"), "{} {}", all.stdout, all.stderr);
}

/// Starts a training, waits until it has written so many lines, does something, and tells how it ends.
fn disturbed(
    arguments: &[String],
    lines: usize,
    disturb: impl FnOnce(&mut std::process::Child),
) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wrt"));
    command.args(arguments).env("NO_COLOR", "1").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..lines {
        out.read_line(&mut String::new()).unwrap();
    }
    disturb(&mut child);
    // What it writes until its end is read, so that it is not held up.
    std::io::copy(&mut out, &mut std::io::sink()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_stream_that_is_killed_ends_as_one_that_is_not() {
    let model = MODEL.replace("dense(X, 6", "dense(standardize(X), 6").replace("split = last", "best = 1, seed = 4");
    let folder = place("killed", &model);
    let more = ["--shuffle-buffer", "64", "--json", "--checkpoint", "1"];
    trained(&folder, "whole", &more);
    disturbed(&arguments(&folder, "run", &more), 3, |child| child.kill().unwrap());
    let resume = ["resume".to_string(), folder.join("run").display().to_string(), "--json".into()];
    disturbed(&resume, 2, |child| child.kill().unwrap());
    let end = done(&resume);
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    assert_eq!(kept(&folder, "whole"), kept(&folder, "run"));
}

#[test]
fn a_file_that_changes_is_named() {
    for change in ["shrinks", "grows"] {
        let folder = place(change, MODEL);
        let file = folder.join("d.csv");
        let begin = arguments(
            &folder,
            "run",
            &["--shuffle-buffer", "64", "--json", "--checkpoint", "1", "--epochs", "1000000"],
        );
        let (code, error) = disturbed(&begin, 3, |_| {
            let text = std::fs::read_to_string(&file).unwrap();
            let text = if change == "grows" {
                text + "1,2,oak\n"
            } else {
                text.lines().take(300).map(|l| format!("{l}\n")).collect()
            };
            std::fs::write(&file, text).unwrap();
        });
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains("d.csv has changed since it was first read"), "{error}");
        let resumed = done(&["resume".into(), folder.join("run").display().to_string()]);
        assert_eq!(resumed.code, Some(2));
        assert!(resumed.stderr.contains("the data is not that with which the run began"), "{}", resumed.stderr);
    }
}

#[test]
fn what_can_not_be_streamed_is_refused() {
    let folder = place("refused", MODEL);
    let error = |more: &[&str]| {
        let mut own = arguments(&folder, "none", &["--shuffle-buffer", "50"]);
        if let ["--data", file] = more {
            own[3] = (*file).to_string();
        } else {
            own.extend(more.iter().map(|s| (*s).to_string()));
        }
        let refused = done(&own);
        assert_eq!(refused.code, Some(2), "{}", refused.stdout);
        assert!(!folder.join("none").exists());
        refused.stderr
    };
    let all = error(&["--optimizer", "gradient_descent"]);
    assert!(all.contains("a batch is all rows, 50 are held at once"), "{all}");
    let norms = error(&["--gradients"]);
    assert!(norms.contains("the norms of gradients are of all rows at once"), "{norms}");
    let beside = error(&["--data", "d.csv + d.csv"]);
    assert!(beside.contains("files side by side"), "{beside}");
    std::fs::write(folder.join("d.gz"), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    let zipped = folder.join("d.gz").display().to_string();
    let zipped = error(&["--data", &zipped]);
    assert!(zipped.contains("d.gz is no file of text") && zipped.contains("--stream false"), "{zipped}");
    let none = error(&["--set", "shuffle_buffer=0"]);
    assert!(none.contains("`shuffle_buffer` is 1 or more, not 0"), "{none}");
}

#[test]
fn a_stream_is_evaluated_and_predicted_as_rows_that_are_held() {
    let model =
        MODEL.replace("dense(X, 6", "dense(standardize(X), 6").replace("metric accuracy", "metric accuracy, f1");
    let folder = place("answers", &model);
    trained(&folder, "run", &["--epochs", "2"]);
    let file = |name: &str| folder.join(name).display().to_string();
    // More rows than are read at once, with a target and without.
    let text = std::fs::read_to_string(folder.join("d.csv")).unwrap();
    let rows: Vec<&str> = text.lines().skip(1).collect();
    let row = |k: usize, with: bool| if with { rows[k % 600] } else { rows[k % 600].rsplit_once(',').unwrap().0 };
    let many = |with: bool| (0..9000).map(|k| format!("{}\n", row(k * k + k / 7, with))).collect::<String>();
    std::fs::write(folder.join("many.csv"), many(true)).unwrap();
    std::fs::write(folder.join("new.csv"), many(false)).unwrap();
    let answer = |more: &[&str]| {
        let own = done(&more.iter().map(|s| (*s).to_string()).collect::<Vec<_>>());
        assert_eq!(own.code, Some(0), "{}", own.stderr);
        own.stdout
    };
    let measured = |more: &[&str]| -> Vec<f64> {
        let (run, data) = (file("run"), file("many.csv"));
        let own = answer(&[&["evaluate", &run, "--data", &data, "--json"], more].concat());
        let own: Value = serde_json::from_str(&own).unwrap();
        ["loss", "accuracy", "f1"].map(|name| own[name].as_f64().unwrap()).to_vec()
    };
    for (a, b) in measured(&[]).iter().zip(measured(&["--stream"])) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
    for data in ["many.csv", "new.csv"] {
        let (run, data) = (file("run"), file(data));
        let own = ["predict", &run, "--data", &data];
        let held = answer(&own);
        assert_eq!(held.lines().count(), 9001);
        assert_eq!(held, answer(&[&own[..], &["--stream"]].concat()));
        let out = file("out.csv");
        answer(&[&own[..], &["--stream", "-o", &out]].concat());
        assert_eq!(held, std::fs::read_to_string(&out).unwrap());
    }
    // A row that is wrong is found before anything is written.
    std::fs::write(folder.join("new.csv"), many(false) + "1,two\n").unwrap();
    std::fs::write(folder.join("out.csv"), "old").unwrap();
    let wrong = ["predict", &file("run"), "--data", &file("new.csv"), "--stream", "-o", &file("out.csv")];
    let wrong = done(&wrong.map(String::from));
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""));
    assert!(wrong.stderr.contains("new.csv, line 9001: column 2 has `two`, which is no number"), "{}", wrong.stderr);
    assert_eq!(std::fs::read_to_string(folder.join("out.csv")).unwrap(), "old");
}

#[test]
fn a_prediction_that_hangs_on_other_rows_is_not_streamed() {
    let model = "data x[m], y[m]; param a = 1; q = cumsum(x); p = a*(x - mean(x)); cost = mean((p - y)^2); train sgd, epochs = 1";
    let folder = place("joined", model);
    std::fs::write(folder.join("d.csv"), (0..600).map(|k| format!("{k},1\n")).collect::<String>()).unwrap();
    trained(&folder, "run", &["--rate", "0"]);
    let own = |more: &[&str]| {
        let file = |name: &str| folder.join(name).display().to_string();
        let own = ["predict".into(), file("run"), "--data".into(), file("d.csv")];
        done(&own.into_iter().chain(more.iter().map(|s| (*s).to_string())).collect::<Vec<_>>())
    };
    assert_eq!(own(&[]).code, Some(0));
    for name in ["p", "q"] {
        let refused = own(&["--stream", "--output", name]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{}", refused.stderr);
        let said = format!("what `{name}` is for a row hangs on other rows");
        assert!(refused.stderr.contains(&said), "{}", refused.stderr);
    }
}

/// A state says which data it belongs to. Whoever changes how data is hashed, or what a state holds, gives states another
/// version: otherwise a run of before would be told that its data has changed.
#[test]
fn the_hash_of_data_belongs_to_the_version_of_states() {
    let model = "data x[m], y[m]; param a = 1; cost = mean((a*x - y)^2); train sgd(rate = 0.01), epochs = 1, batch = 2";
    let folder = place("hash", model);
    std::fs::write(folder.join("d.csv"), "x,y\n1,2\n3,4.5\n-0.25,1e3\n0,7\n").unwrap();
    let said = |run: &str, more: &[&str]| {
        trained(&folder, run, more);
        let state = std::fs::read(folder.join(run).join("state.safetensors")).unwrap();
        let (_, about) = safetensors::SafeTensors::read_metadata(&state).unwrap();
        let about = about.metadata().clone().unwrap();
        ["state_version", "data"].map(|name| about[name].clone())
    };
    assert_eq!(said("held", &[]), ["4", "ef68980476c5154f"]);
    assert_eq!(said("streamed", &["--stream", "--shuffle-buffer", "2"]), ["4", "78b12a86b1b6c8b4"]);
}
