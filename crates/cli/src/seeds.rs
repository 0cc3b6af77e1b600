//! `wrt train --seeds N`: the same training from several seeds, each a run of its own, with the mean and the spread.

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use crate::answer::versioned;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::run_folder::RunFolder;

/// What a run came to: for each part of the rows its measures, as in `run.json`.
type Results = Map<String, Value>;

/// How one of the runs ended.
pub enum Ended {
    /// With these results.
    Finished(Results),
    /// Somebody has stopped it.
    Stopped,
}

/// The runs of several seeds in one folder.
pub struct Seeds {
    pub first: u64,
    pub count: u64,
    pub json: bool,
}

impl Seeds {
    fn all(&self) -> impl Iterator<Item = u64> + use<> {
        self.first..self.first.saturating_add(self.count)
    }

    /// The folder of one of them.
    pub fn folder(seed: u64) -> String {
        format!("seed-{seed}")
    }

    /// Does each run that is not finished yet, and tells what all came to.
    pub fn run(
        &self,
        folder: &RunFolder,
        mut object: Map<String, Value>,
        one: &mut dyn FnMut(u64) -> Result<Ended, Failure>,
    ) -> Result<ExitCode, Failure> {
        let path = folder.path().display().to_string();
        let mut all: Vec<Results> = Vec::new();
        for seed in self.all() {
            match one(seed)? {
                Ended::Finished(results) => {
                    self.say(seed, &results)?;
                    all.push(results);
                }
                Ended::Stopped if self.json => {
                    print_json(versioned(json!({ "stopped": true, "folder": path })))?;
                    return Ok(ExitCode::from(130));
                }
                Ended::Stopped => {
                    print(&format!("stopped at seed {seed}; go on with: wrt resume {path}\n"))?;
                    return Ok(ExitCode::from(130));
                }
            }
        }
        let (table, summary) = summary(&all);
        object.insert("finished".into(), json!(true));
        object.insert("results".into(), Value::Object(summary));
        folder.write("run.json", format!("{:#}\n", Value::Object(object.clone())).as_bytes())?;
        if self.json {
            object.insert("folder".into(), json!(path));
            return print_json(versioned(Value::Object(object)));
        }
        print(&format!("mean ± standard deviation of {} seeds\n{table}kept in {path}\n", all.len()))?;
        Ok(ExitCode::SUCCESS)
    }

    /// A line for one of the runs: what it came to on rows that it was not trained on, if there are any.
    fn say(&self, seed: u64, results: &Results) -> Result<(), Failure> {
        if self.json {
            return print_json(json!({ "seed": seed, "results": results })).map(|_| ());
        }
        let part = ["test", "validation", "train"].into_iter().find(|part| results.contains_key(*part));
        let measures = part.and_then(|part| results[part].as_object()).into_iter().flatten();
        let line: String = measures.map(|(name, x)| format!("  {name} {:.4}", number(x))).collect();
        print(&format!("seed {seed}  {}{line}\n", part.unwrap_or_default()))
    }
}

fn number(x: &Value) -> f64 {
    x.as_f64().unwrap_or(f64::NAN)
}

/// The mean, and the standard deviation of a sample.
fn spread(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0).max(1.0)).sqrt())
}

/// A table with a line for each part of the rows, and the same as an object.
fn summary(all: &[Results]) -> (String, Map<String, Value>) {
    let (mut table, mut object) = (vec![vec![String::new()]], Map::new());
    let Some(first) = all.first() else { return (String::new(), object) };
    for (part, measures) in first {
        let mut line = vec![part.clone()];
        let mut own = Map::new();
        for name in measures.as_object().into_iter().flat_map(Map::keys) {
            let values: Vec<f64> = all.iter().map(|results| number(&results[part][name])).collect();
            let (mean, deviation) = spread(&values);
            if table.len() == 1 && table[0].len() == line.len() {
                table[0].push(name.clone());
            }
            line.push(format!("{mean:.4} ± {deviation:.4}"));
            own.insert(name.clone(), json!({ "mean": mean, "deviation": deviation, "values": values }));
        }
        table.push(line);
        object.insert(part.clone(), Value::Object(own));
    }
    (crate::training_output::columns(&table), object)
}
