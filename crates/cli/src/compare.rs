//! `wrt compare`: what sets trainings apart, what they came to, and their losses in one picture.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use wrt::{Model, TrainingOptions};
use wrt_draw::Losses;

use crate::answer::versioned;
use crate::failure::Failure;
use crate::output::{json_double, print, print_json};
use crate::plot::Picture;
use crate::point::{Text, utf8};
use crate::table::table;

/// `wrt compare`
#[derive(clap::Args)]
pub struct Compare {
    /// The folders of two runs or more
    #[arg(required = true, num_args = 2..)]
    runs: Vec<PathBuf>,
    #[command(flatten)]
    picture: Picture,
    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

/// A run, as its folder tells of it.
struct Told {
    name: String,
    /// Settings by their names.
    settings: Vec<(String, String)>,
    /// The columns of its history.
    history: Vec<(String, Vec<f64>)>,
    /// What it came to on each part of the rows, if it is finished.
    results: Vec<(String, f64)>,
    seconds: Option<f64>,
}

impl Told {
    fn open(path: &Path) -> Result<Told, Failure> {
        let file = |name: &str| {
            let path = path.join(name).display().to_string();
            let found = std::fs::read(&path).map_err(|e| Failure::plain(format!("{path} could not be read: {e}")));
            Ok::<Text, Failure>(Text { text: utf8(&path, found?)?, name: path })
        };
        let (text, kept) = (file("model.wrt")?, file("run.json")?);
        let kept: Value =
            serde_json::from_str(&kept.text).map_err(|e| Failure::plain(format!("{}: {e}", kept.name)))?;
        if kept["seeds"].is_number() {
            let message = format!("{} holds the runs of several seeds", path.display());
            return Err(Failure::plain(message).with_help(format!("name some of them: {}/seed-…", path.display())));
        }
        let history = columns(&file("history.csv")?)?;
        if history.first().is_none_or(|(_, epochs)| epochs.is_empty()) {
            return Err(Failure::plain(format!("{} has no epoch behind it yet", path.display())));
        }
        let results = kept["results"].as_object().into_iter().flatten();
        let results = results.flat_map(|(part, all)| {
            let all = all.as_object().into_iter().flatten();
            all.filter_map(move |(name, x)| Some((format!("{part} {name}"), x.as_f64()?)))
        });
        Ok(Told {
            name: path.display().to_string(),
            settings: settings(&text, &kept)?,
            history,
            results: results.collect(),
            seconds: kept["seconds"].as_f64(),
        })
    }

    fn column(&self, name: &str) -> Option<&[f64]> {
        self.history.iter().find(|(n, _)| n == name).map(|(_, values)| values.as_slice())
    }

    /// The place of the epoch whose loss was the lowest, on rows for validation if there are any.
    fn best(&self) -> Option<usize> {
        let losses = self.column("val_loss").or_else(|| self.column("loss"))?;
        let lower = |best: Option<usize>, k: usize| match best {
            Some(b) if losses[b] <= losses[k] => best,
            _ if losses[k].is_finite() => Some(k),
            _ => best,
        };
        (0..losses.len()).fold(None, lower)
    }

    fn measures(&self) -> impl Iterator<Item = &(String, Vec<f64>)> {
        self.history.iter().skip(1).filter(|(name, _)| !name.starts_with("gradient_"))
    }
}

/// The columns of `history.csv`, the epochs first.
fn columns(text: &Text) -> Result<Vec<(String, Vec<f64>)>, Failure> {
    let mut lines = text.text.lines().enumerate();
    let names = lines.next().map(|(_, line)| line).unwrap_or_default();
    let mut columns: Vec<(String, Vec<f64>)> = names.split(',').map(|name| (name.to_string(), Vec::new())).collect();
    for (k, line) in lines {
        let numbers: Result<Vec<f64>, _> = line.split(',').map(str::parse::<f64>).collect();
        let Some(numbers) = numbers.ok().filter(|numbers| numbers.len() == columns.len()) else {
            let message = format!("{}, line {}: there are not {} numbers", text.name, k + 1, columns.len());
            return Err(Failure::plain(message));
        };
        columns.iter_mut().zip(numbers).for_each(|((_, all), x)| all.push(x));
    }
    Ok(columns)
}

/// All settings of a run: the model, the data, how it was trained.
fn settings(text: &Text, kept: &Value) -> Result<Vec<(String, String)>, Failure> {
    let fail = |e: wrt::Error| Failure::in_text(&e, text);
    let model = Model::parse(&text.text).map_err(fail)?;
    let mut options = TrainingOptions::of(&model).map_err(fail)?;
    for (name, value) in kept["settings"].as_object().into_iter().flatten() {
        match value.as_str() {
            Some(word) => options.set_text(name, word).map_err(fail)?,
            None => options.set(name, value.as_f64().unwrap_or(f64::NAN)).map_err(fail)?,
        }
    }
    let said = |name: &str| (name.to_string(), kept[name].as_str().unwrap_or_default().to_string());
    let mut all = vec![said("model"), said("data"), said("precision")];
    all.extend(options.listed(&model).map_err(fail)?);
    // The lines in which models differ, whatever their files are called.
    let is_model = |line: &&str| !line.is_empty() && !line.starts_with('#') && !line.starts_with("train ");
    for line in text.text.lines().map(str::trim).filter(is_model) {
        let name = format!("{LINE}{}", line.split(['=', ' ']).next().unwrap_or_default());
        match all.iter_mut().find(|(n, _)| *n == name) {
            Some((_, own)) => own.push_str(&format!("; {line}")),
            None => all.push((name, line.to_string())),
        }
    }
    Ok(all)
}

/// What stands before the names of a model's lines among settings.
const LINE: &str = "line ";

/// A table, or an object, and a picture.
pub fn run(a: &Compare) -> Result<ExitCode, Failure> {
    a.picture.check()?;
    let runs = a.runs.iter().map(|path| Told::open(path)).collect::<Result<Vec<Told>, _>>()?;
    let losses: Vec<Losses<'_>> = runs
        .iter()
        .map(|run| Losses {
            name: &run.name,
            epochs: run.column("epoch").unwrap_or_default(),
            training: run.column("loss").unwrap_or_default(),
            validation: run.column("val_loss"),
        })
        .collect();
    let scene = wrt_draw::losses("Losses", &losses);
    if a.picture.json {
        a.picture.show(&scene)?;
        return print_json(versioned(json!({ "runs": runs.iter().map(object).collect::<Vec<Value>>() })));
    }
    print(&table(&lines(&runs)))?;
    if a.picture.output.is_none() {
        print("\n")?;
    }
    a.picture.show(&scene)?;
    Ok(ExitCode::SUCCESS)
}

/// Names in the order in which they come first.
fn names<'a>(all: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for name in all {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn find<'a, T>(all: &'a [(String, T)], name: &str) -> Option<&'a T> {
    all.iter().find(|(n, _)| n == name).map(|(_, value)| value)
}

/// The table: a column for each run; first the settings that are not those of all.
fn lines(runs: &[Told]) -> Vec<Vec<String>> {
    let mut out = vec![line("", runs, |run| run.name.clone())];
    for name in names(runs.iter().flat_map(|run| run.settings.iter().map(|(n, _)| n))) {
        let value = |run: &Told| find(&run.settings, name).cloned().unwrap_or_else(|| "–".to_string());
        if runs.iter().any(|run| value(run) != value(&runs[0])) {
            out.push(line(name.strip_prefix(LINE).unwrap_or(name), runs, value));
        }
    }
    let number = |x: Option<&f64>| x.map_or_else(|| "–".to_string(), |x| format!("{x:.4}"));
    let measures = names(runs.iter().flat_map(Told::measures).map(|(name, _)| name));
    for (what, place) in [("last", last as fn(&Told) -> Option<usize>), ("best", Told::best)] {
        let epoch = |run: &Told| place(run).and_then(|k| run.history[0].1.get(k)).map_or("–".into(), f64::to_string);
        out.push(line(&format!("{what} epoch"), runs, epoch));
        for name in &measures {
            let value = |run: &Told| number(run.column(name).zip(place(run)).and_then(|(values, k)| values.get(k)));
            out.push(line(&format!("  {name}"), runs, value));
        }
    }
    for name in names(runs.iter().flat_map(|run| run.results.iter().map(|(n, _)| n))) {
        out.push(line(name, runs, |run| number(find(&run.results, name))));
    }
    let seconds = |run: &Told| run.seconds.map_or_else(|| "not finished".to_string(), |s| format!("{s:.2}"));
    out.push(line("seconds", runs, seconds));
    out
}

fn line(name: &str, runs: &[Told], value: impl Fn(&Told) -> String) -> Vec<String> {
    std::iter::once(name.to_string()).chain(runs.iter().map(value)).collect()
}

fn last(run: &Told) -> Option<usize> {
    run.history[0].1.len().checked_sub(1)
}

fn object(run: &Told) -> Value {
    let settings: Map<String, Value> = run.settings.iter().map(|(n, v)| (n.clone(), json!(v))).collect();
    let at = |place: Option<usize>| -> Map<String, Value> {
        let value = |(name, values): &(String, Vec<f64>)| Some((name.clone(), json_double(*values.get(place?)?)));
        run.history.iter().filter_map(value).collect()
    };
    let results: Map<String, Value> = run.results.iter().map(|(n, x)| (n.clone(), json_double(*x))).collect();
    let history: Map<String, Value> = run
        .history
        .iter()
        .map(|(name, values)| (name.clone(), values.iter().map(|x| json_double(*x)).collect()))
        .collect();
    json!({ "run": run.name, "settings": settings, "last": at(last(run)), "best": at(run.best()),
        "results": results, "seconds": run.seconds, "history": history })
}
