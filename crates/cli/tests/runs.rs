//! What is around a training: the list of examples, missing values from file to prediction, trainings side by side.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::common::{run, wrt};

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("runs").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_string()
}

#[test]
fn without_a_file_the_examples_are_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let listed = |program: &Path, place: &Path, more: &[&str]| {
        let mut command = Command::new(program);
        command.arg("train").args(more).current_dir(place);
        run(command, b"")
    };
    let program = Path::new(env!("CARGO_BIN_EXE_wrt"));
    let found = listed(program, &root, &[]);
    assert_eq!(found.code, Some(0), "{}", found.stderr);
    assert!(found.stdout.contains("wrt train examples/digits.wrt\n  Handwritten digits"), "{}", found.stdout);
    assert!(!found.stdout.contains("linear.wrt"), "it has no data: {}", found.stdout);
    // From below, with the same paths as from anywhere else; each is a file.
    let below = listed(program, &root.join("crates/cli"), &["--json"]);
    let below: Value = serde_json::from_str(&below.stdout).unwrap();
    let all = below["examples"].as_array().unwrap();
    assert!(all.len() >= 3);
    for example in all {
        assert!(Path::new(example["model"].as_str().unwrap()).is_file(), "{example}");
        assert!(!example["about"].as_str().unwrap().is_empty() && !example["train"].as_str().unwrap().is_empty());
    }
    // A program away from the repository, in a folder without examples.
    let away = std::env::temp_dir().join(format!("wrt-away-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&away);
    std::fs::create_dir_all(&away).unwrap();
    // By another process: what this one writes is open in what other tests start meanwhile, and then no program.
    let copied = Command::new("cp").arg(program).arg(away.join("wrt")).status().unwrap();
    assert!(copied.success());
    let alone = listed(&away.join("wrt"), &away, &[]);
    std::fs::remove_dir_all(&away).unwrap();
    assert_eq!(alone.code, Some(2));
    assert!(
        alone.stderr.contains("the examples are not here") && alone.stderr.contains("wrt init"),
        "{}",
        alone.stderr
    );
    let data = wrt(&["train", "--data", "some.csv"], b"");
    assert!(data.code == Some(2) && data.stderr.contains("wrt init some.csv"), "{}", data.stderr);
}

const MODEL: &str = "data X[m, 2], y[m] in 0..2 from \"all.csv\"
z = dense(X, 2)
cost = mean(crossentropy(y, softmax(z)))
metric accuracy
train sgd(rate = 0.1), epochs = 3, batch = 4, seed = 1, validation = 0.25";

fn rows() -> Vec<String> {
    (0..20).map(|k| format!("{},{},{}", k % 7, (k * 5) % 11, if k % 3 == 0 { "yes" } else { "no" })).collect()
}

/// Trains in a folder on these rows; what was said, and the folder of the run.
fn trained(folder: &Path, rows: &[String], end: &str) -> (crate::common::Run, PathBuf) {
    std::fs::write(folder.join("all.csv"), format!("first,second,is it\n{}\n", rows.join("\n"))).unwrap();
    std::fs::write(folder.join("m.wrt"), format!("{MODEL}{end}\n")).unwrap();
    let out = folder.join("run");
    let _ = std::fs::remove_dir_all(&out);
    (wrt(&["train", &text(&folder.join("m.wrt")), "--out", &text(&out)], b""), out)
}

#[test]
fn missing_values_are_refused_dropped_or_filled() {
    let folder = folder("missing");
    for (gap, word) in [("", "is empty"), ("NaN", "has `NaN`"), ("?", "has `?`"), (" ", "is empty")] {
        let mut all = rows();
        all[4] = format!("4,{gap},no");
        let (refused, _) = trained(&folder, &all, "");
        assert_eq!(refused.code, Some(2));
        assert!(refused.stderr.contains(&format!("all.csv, line 6: column 2 (second) {word}")), "{}", refused.stderr);
        assert!(refused.stderr.contains("missing = drop leaves such rows out"), "{}", refused.stderr);
        let (dropped, _) = trained(&folder, &all, ", missing = drop");
        assert!(dropped.stdout.contains("rows       20: 14 to train on, 5 for validation, 1 left out"), "{dropped:?}");
    }
    let mut all = rows();
    (all[4], all[9]) = ("4,,no".to_string(), "NA,3,yes".to_string());
    let (filled, run) = trained(&folder, &all, ", missing = mean");
    assert!(filled.stdout.contains("constants  X.mean: from the rows to train on"), "{filled:?}");
    let bytes = std::fs::read(run.join("weights.safetensors")).unwrap();
    let kept = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let means: Vec<f32> =
        kept.tensor("X.mean").unwrap().data().chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    // The same means stand for what is missing in new rows.
    let predicted = |rows: String| {
        std::fs::write(folder.join("new.csv"), rows).unwrap();
        wrt(&["predict", &text(&run), "--data", &text(&folder.join("new.csv"))], b"").stdout
    };
    assert_eq!(predicted(format!("{},5\n1,2\n", means[0])), predicted(",5\n1,2\n".to_string()));
    assert_ne!(predicted("3,5\n1,2\n".to_string()), predicted(",5\n1,2\n".to_string()));
    all[3] = "1,1,".to_string();
    let (target, _) = trained(&folder, &all, ", missing = mean");
    let said = "line 5: column 3 (is it) is empty";
    assert!(target.stderr.contains(said) && target.stderr.contains("the target has no mean"), "{}", target.stderr);
    let (target, run) = trained(&folder, &all, ", missing = drop");
    assert!(target.stdout.contains("3 left out, as values are missing"), "{target:?}");
    let data = text(&folder.join("all.csv"));
    let evaluated = wrt(&["evaluate", &text(&run), "--data", &data], b"");
    assert!(evaluated.stdout.starts_with("17 rows, 3 left out, as values are missing  loss"), "{evaluated:?}");
    // Each row has its answer, or there is none at all.
    std::fs::write(folder.join("new.csv"), "1,2\n,5\n").unwrap();
    let refused = wrt(&["predict", &text(&run), "--data", &text(&folder.join("new.csv"))], b"");
    assert!(refused.code == Some(2) && refused.stderr.contains("line 2: column 1 is empty"), "{}", refused.stderr);
}

#[test]
fn a_first_model_knows_what_to_do_with_gaps() {
    let folder = folder("gaps");
    let mut all = rows();
    all[2] = "4,,no".to_string();
    std::fs::write(folder.join("own.csv"), format!("a,b,c\n{}\n", all.join("\n"))).unwrap();
    let made = wrt(&["init", &text(&folder.join("own.csv"))], b"");
    assert!(made.stdout.contains("missing = mean"), "{made:?}");
    let out = text(&folder.join("run"));
    let done = wrt(&["train", &text(&folder.join("own.wrt")), "--epochs", "2", "--out", &out], b"");
    assert_eq!(done.code, Some(0), "{}", done.stderr);
}

#[test]
fn classes_that_are_never_trained_on_are_named() {
    let folder = folder("unseen");
    let mut all = rows();
    all.iter_mut().take(15).for_each(|row| *row = row.replace("yes", "no"));
    let (refused, run) = trained(&folder, &all, ", split = last");
    assert_eq!(refused.code, Some(2));
    let said = "rows are kept apart whose class is `yes`, which no row to train on has";
    assert!(refused.stderr.contains(said) && refused.stderr.contains("split = random"), "{}", refused.stderr);
    assert!(!run.exists());
    assert_eq!(trained(&folder, &all, "").0.code, Some(0));
}

#[test]
fn metrics_of_batches_stand_beside_the_loss() {
    let folder = folder("met");
    let (done, run) = trained(&folder, &rows(), "");
    let line = done.stdout.lines().find(|l| l.starts_with("epoch 1/3")).unwrap();
    let names: Vec<&str> =
        line.split_whitespace().filter(|w| w.chars().all(|c| c.is_alphabetic() || c == '_')).collect();
    assert_eq!(names, ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]);
    let history = std::fs::read_to_string(run.join("history.csv")).unwrap();
    assert!(history.starts_with("epoch,loss,accuracy,val_loss,val_accuracy\n1,"), "{history}");
    assert!(history.lines().all(|l| l.split(',').count() == 5), "{history}");
}

#[test]
fn trainings_are_compared() {
    let folder = folder("compare");
    let (_, first) = trained(&folder, &rows(), "");
    let second = folder.join("second");
    let model = text(&folder.join("m.wrt"));
    let more = ["--rate", "0.5", "--epochs", "5", "--optimizer", "adam"];
    let done = wrt(&[&["train", &model, "--out", &text(&second)], &more[..]].concat(), b"");
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let picture = folder.join("both.svg");
    let (a, b) = (text(&first), text(&second));
    let table = wrt(&["compare", &a, &b, "-o", &text(&picture)], b"");
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    let line = |name: &str| -> Vec<String> {
        let found = table.stdout.lines().find(|l| l.trim_start().starts_with(name));
        let found = found.unwrap_or_else(|| panic!("no {name} in {}", table.stdout));
        found.split_whitespace().map(String::from).collect()
    };
    assert_eq!(line("optimiser"), ["optimiser", "sgd", "adam"]);
    assert_eq!(line("rate"), ["rate", "0.1", "0.5"]);
    assert_eq!(line("epochs"), ["epochs", "3", "5"]);
    assert_eq!(line("last epoch"), ["last", "epoch", "3", "5"]);
    assert!(!table.stdout.contains("batch") && !table.stdout.contains("cost"), "they are the same: {}", table.stdout);
    let history = std::fs::read_to_string(second.join("history.csv")).unwrap();
    let losses: Vec<f64> = history.lines().skip(1).map(|l| l.split(',').nth(3).unwrap().parse().unwrap()).collect();
    let best = (0..losses.len()).min_by(|a, b| losses[*a].total_cmp(&losses[*b])).unwrap();
    assert_eq!(line("best epoch")[3], (best + 1).to_string());
    let svg = std::fs::read_to_string(&picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("second, validation") && svg.contains("epoch"), "{svg}");
    let drawn = wrt(&["compare", &a, &b], b"");
    assert!(drawn.stdout.lines().count() > table.stdout.lines().count() + 5, "{}", drawn.stdout);
    let json = wrt(&["compare", &a, &b, "--json"], b"");
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["runs"][1]["settings"]["rate"], "0.5");
    assert_eq!(json["runs"][0]["history"]["loss"].as_array().unwrap().len(), 3);
    // What is no run, or has no history.
    let nothing = wrt(&["compare", &a, &text(&folder)], b"");
    assert!(nothing.code == Some(2) && nothing.stderr.contains("could not be read"), "{}", nothing.stderr);
    std::fs::write(first.join("history.csv"), "epoch,loss\n1,x\n").unwrap();
    let broken = wrt(&["compare", &a, &b], b"");
    assert!(broken.stderr.contains("history.csv, line 2: there are not 2 numbers"), "{}", broken.stderr);
    assert_eq!(wrt(&["compare", &a], b"").code, Some(2));
}
