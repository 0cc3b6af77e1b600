//! `wrt evaluate`: what a trained model comes to on other data.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use wrt::{Model, Part, Step, Trainer, TrainingOptions};

use crate::answer::versioned;
use crate::args::Evaluate;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::point::{Text, utf8};
use crate::rows;
use crate::weights::{self, Kept};

/// A finished run, as its folder keeps it.
pub struct Finished {
    pub text: Text,
    pub is_double: bool,
    /// The classes that were words, by their labels.
    pub classes: Vec<String>,
    pub sizes: Vec<(String, usize)>,
}

impl Finished {
    pub fn open(run: &Path) -> Result<Finished, Failure> {
        let file = |name: &str| {
            let path = run.join(name).display().to_string();
            let found = std::fs::read(&path).map_err(|e| Failure::plain(format!("{path} could not be read: {e}")));
            Ok::<Text, Failure>(Text { text: utf8(&path, found?)?, name: path })
        };
        let (text, kept) = (file("model.wrt")?, file("run.json")?);
        let broken = |e: serde_json::Error| Failure::plain(format!("{}: {e}", kept.name));
        let kept: Value = serde_json::from_str(&kept.text).map_err(broken)?;
        if kept["finished"] == json!(false) {
            let message = format!("the run in {} is not finished", run.display());
            return Err(Failure::plain(message).with_help(format!("wrt resume {}", run.display())));
        }
        let classes = kept["classes"].as_array().into_iter().flatten();
        let sizes = kept["sizes"].as_object().into_iter().flatten();
        Ok(Finished {
            text,
            is_double: kept["precision"] == json!("f64"),
            classes: classes.filter_map(|c| c.as_str().map(String::from)).collect(),
            sizes: sizes.filter_map(|(n, k)| Some((n.clone(), usize::try_from(k.as_u64()?).ok()?))).collect(),
        })
    }
}

/// What a trained model comes to on other data.
pub fn run(a: &Evaluate) -> Result<ExitCode, Failure> {
    let run = Finished::open(&a.run)?;
    if run.is_double { evaluated::<f64>(a, &run) } else { evaluated::<f32>(a, &run) }
}

fn evaluated<T: Kept>(a: &Evaluate, run: &Finished) -> Result<ExitCode, Failure> {
    let fail = |e: wrt::Error| Failure::in_text(&e, &run.text);
    let model = Model::parse(&run.text.text).map_err(fail)?;
    let step = Step::<T>::new(&model).map_err(fail)?;
    let rows = rows::read(&a.data, &step, &run.classes, &run.sizes)?;
    let sizes: Vec<(&str, usize)> = rows.sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
    let mut trainer = Trainer::new(&model, rows.data, &TrainingOptions::default(), &sizes).map_err(fail)?;
    weights::read(&a.run.join("weights.safetensors"), &weights::shapes(&step, &sizes), &mut trainer)?;
    let values = trainer.measure(Part::Train).map_err(fail)?;
    let pairs = || trainer.measures().iter().zip(&values);
    if a.json {
        let object: Map<String, Value> = pairs().map(|(name, x)| (name.clone(), json!(x))).collect();
        return print_json(versioned(Value::Object(object)));
    }
    let line: Vec<String> = pairs().map(|(name, x)| format!("{name} {x:.4}")).collect();
    print(&format!("{} rows  {}\n", rows.rows, line.join("  ")))?;
    Ok(ExitCode::SUCCESS)
}
