//! Runs that are ended at any moment go on to the same bits; runs that are stopped say how.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::common::wrt;
use serde_json::Value;

const MODEL: &str = "data X[m, n], y[m] in 0..3\nh = dropout(batch_norm(dense(standardize(X), 8, relu)), 0.2)
z = dense(h, 3)\ncost = mean(crossentropy(y, softmax(z)))\nmetric accuracy, f1
train adam(rate = 0.01, rate_z = 0.02), epochs = 12, batch = 8, seed = 3, validation = 0.2, test = 0.1, best = 1,\
 patience = 11, gradients = 1, accumulate = 2, schedule = plateau(patience = 1, min_delta = 0.05)\n";

/// A folder with a model and its data.
fn place(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("resume").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let row =
        |k: u32| format!("{:.4},{:.4},{}\n", f64::from(k * k).sin(), f64::from(k).cos() + f64::from(k % 3), k % 3);
    std::fs::write(folder.join("d.csv"), (0..150).map(row).collect::<String>()).unwrap();
    std::fs::write(folder.join("m.wrt"), MODEL).unwrap();
    folder
}

/// The arguments of a training there, in a run of that name.
fn training(folder: &Path, run: &str, more: &[&str]) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    let own = ["train".into(), file("m.wrt"), "--data".into(), file("d.csv"), "--out".into(), file(run)];
    own.into_iter().chain(more.iter().map(|s| (*s).to_string())).collect()
}

/// Starts a command, and waits until it has written so many lines; the rest can be read.
fn started(arguments: &[String], lines: usize) -> (Child, BufReader<ChildStdout>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wrt"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..lines {
        out.read_line(&mut String::new()).unwrap();
    }
    (child, out)
}

/// Starts a command, and kills it when it has written so many lines.
fn killed(arguments: &[String], lines: usize) {
    let (mut child, _) = started(arguments, lines);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn done(arguments: &[String]) -> crate::common::Run {
    wrt(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), b"")
}

fn kept(folder: &Path, run: &str) -> [Vec<u8>; 3] {
    ["weights.safetensors", "state.safetensors", "history.csv"].map(|name| {
        let path = folder.join(run).join(name);
        std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    })
}

/// The state's tensors: its metadata have no order.
fn tensors(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let all = safetensors::SafeTensors::deserialize(bytes).unwrap();
    let mut all: Vec<_> = all.iter().map(|(n, v)| (n.to_string(), v.data().to_vec())).collect();
    all.sort();
    all
}

#[test]
fn a_run_that_is_killed_ends_as_one_that_is_not() {
    let folder = place("killed");
    assert_eq!(done(&training(&folder, "whole", &[])).code, Some(0));
    let resume = ["resume".to_string(), folder.join("run").display().to_string(), "--json".into()];
    let begin = training(&folder, "run", &["--json", "--checkpoint", "1", "--threads", "1"]);
    // How many lines it gets to write each time: none is before the first checkpoint, and perhaps before there is a run.
    for lines in [0, 1, 2, 0, 3, 1, 2, 4, 1, 0] {
        let arguments: &[String] = if folder.join("run").exists() { &resume } else { &begin };
        killed(arguments, lines);
    }
    if !folder.join("run").exists() {
        killed(&begin, 2);
    }
    // A run that was quick enough to end is finished, and says so.
    let end = done(&resume);
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    let ([weights, state, history], [own_weights, own_state, own_history]) =
        (kept(&folder, "whole"), kept(&folder, "run"));
    assert_eq!((weights, history), (own_weights, own_history));
    assert_eq!(tensors(&state), tensors(&own_state));
    let again = done(&[resume[0].clone(), resume[1].clone()]);
    assert_eq!(again.code, Some(0));
    assert!(again.stdout.contains("is finished, after 12 epochs: nothing is left to do"), "{}", again.stdout);
}

/// Rates that are listed are counted by the steps that were done, and what no model says is kept with the run.
#[test]
fn a_run_of_listed_rates_ends_as_one_that_is_not_killed() {
    let folder = place("piecewise");
    let more = ["--schedule", "piecewise(boundaries = [9, 31], values = [0.05, 0.02, 0.001])", "--json"];
    let more = [&more[..], &["--optimizer", "adagrad", "--set", "initial_accumulator_value=0.5"]].concat();
    let whole = done(&training(&folder, "whole", &more));
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    killed(&training(&folder, "run", &[&more[..], &["--checkpoint", "1"]].concat()), 4);
    let resumed = done(&["resume".into(), folder.join("run").display().to_string()]);
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    let ([weights, state, history], [own_weights, own_state, own_history]) =
        (kept(&folder, "whole"), kept(&folder, "run"));
    assert_eq!((weights, history), (own_weights, own_history));
    assert_eq!(tensors(&state), tensors(&own_state));
}

/// Several seeds are several runs: those that are finished stay, the one that was ended goes on, the rest begins.
#[test]
fn seeds_that_are_killed_end_as_those_that_are_not() {
    let folder = place("seeds");
    let seeds = ["--seeds", "3", "--json", "--checkpoint", "1"];
    let whole = done(&training(&folder, "whole", &seeds));
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    killed(&training(&folder, "run", &seeds), 1);
    let resume = ["resume".to_string(), folder.join("run").display().to_string(), "--json".into()];
    killed(&resume, 2);
    assert_eq!(done(&resume).code, Some(0));
    for seed in ["seed-3", "seed-4", "seed-5"] {
        assert_eq!(kept(&folder, &format!("whole/{seed}"))[0], kept(&folder, &format!("run/{seed}"))[0], "{seed}");
    }
    let summary = |run: &str| {
        let text = std::fs::read_to_string(folder.join(run).join("run.json")).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["results"].clone()
    };
    assert_eq!(summary("whole"), summary("run"));
    let values = &summary("run")["validation"]["loss"];
    let all: Vec<f64> = values["values"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    let mean = all.iter().sum::<f64>() / 3.0;
    let deviation = (all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
    assert!((values["mean"].as_f64().unwrap() - mean).abs() < 1e-12, "{values}");
    assert!((values["deviation"].as_f64().unwrap() - deviation).abs() < 1e-12 && deviation > 0.0, "{values}");
    let file = folder.join("d.csv").display().to_string();
    let none = done(&["evaluate".into(), folder.join("run").display().to_string(), "--data".into(), file]);
    assert!(none.stderr.contains("holds the runs of several seeds"), "{}", none.stderr);
}

/// The first checkpoint never comes, and the values that it started from are no longer where they were.
#[test]
fn a_run_keeps_what_it_starts_from() {
    let folder = place("initial");
    assert_eq!(done(&training(&folder, "first", &["--epochs", "2"])).code, Some(0));
    let weights = folder.join("w.safetensors");
    std::fs::copy(folder.join("first/weights.safetensors"), &weights).unwrap();
    let initial = ["--initial", weights.to_str().unwrap()];
    assert_eq!(done(&training(&folder, "whole", &initial)).code, Some(0));
    let never = [initial[0], initial[1], "--checkpoint", "1000"];
    killed(&training(&folder, "run", &never), 14);
    std::fs::remove_file(&weights).unwrap();
    assert_eq!(done(&["resume".into(), folder.join("run").display().to_string()]).code, Some(0));
    assert_eq!(kept(&folder, "whole")[0], kept(&folder, "run")[0]);
}

#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_says_how_to_go_on() {
    let folder = place("stopped");
    let (mut child, rest) = started(&training(&folder, "run", &["--json", "--epochs", "1000000"]), 5);
    let busy = done(&["resume".into(), folder.join("run").display().to_string()]);
    assert_eq!(busy.code, Some(2));
    assert!(busy.stderr.contains("another process is training in"), "{}", busy.stderr);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let last = rest.lines().map(Result::unwrap).last().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let last: Value = serde_json::from_str(&last).unwrap();
    assert_eq!(last["stopped"], true, "{last}");
    let epochs = last["epochs"].as_u64().unwrap();
    assert!(epochs >= 3, "{last}");
    // It goes on with the next epoch.
    let resume = ["resume".into(), folder.join("run").display().to_string(), "--json".into()];
    let (mut child, mut rest) = started(&resume, 1);
    let mut line = String::new();
    rest.read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert!(line["epoch"] == epochs + 1, "{line} after {last}");
    // What is not finished has no results.
    let file = folder.join("d.csv").display().to_string();
    let none = done(&["evaluate".into(), folder.join("run").display().to_string(), "--data".into(), file]);
    assert!(none.stderr.contains("is not finished") && none.stderr.contains("wrt resume"), "{}", none.stderr);
}

#[test]
fn a_run_that_can_not_go_on_says_why() {
    let folder = place("broken");
    let path = folder.join("run").display().to_string();
    let refused = |said: &str| {
        let resumed = done(&["resume".into(), path.clone()]);
        assert_eq!(resumed.code, Some(2), "{said}: {}", resumed.stdout);
        assert!(resumed.stderr.contains(said), "{said}: {}", resumed.stderr);
    };
    refused("is no run: it has no run.json");
    killed(&training(&folder, "run", &["--json", "--epochs", "1000000", "--checkpoint", "1"]), 4);
    let data = std::fs::read_to_string(folder.join("d.csv")).unwrap();
    std::fs::write(folder.join("d.csv"), data.replacen("1.", "2.", 1)).unwrap();
    refused("the data is not that with which the run began");
    std::fs::remove_file(folder.join("d.csv")).unwrap();
    refused("d.csv");
    std::fs::write(folder.join("d.csv"), &data).unwrap();
    let state = folder.join("run/state.safetensors");
    let bytes = std::fs::read(&state).unwrap();
    std::fs::write(&state, &bytes[..bytes.len() / 2]).unwrap();
    refused("is no state of a run");
    std::fs::copy(folder.join("d.csv"), &state).unwrap();
    refused("is no state of a run");
    std::fs::write(&state, &bytes).unwrap();
    let run = folder.join("run/run.json");
    let text = std::fs::read_to_string(&run).unwrap();
    std::fs::write(&run, text.replace("\"run_version\": 2", "\"run_version\": 3")).unwrap();
    refused("another version of wrt");
    std::fs::write(&run, &text[1..]).unwrap();
    refused("run.json");
}
