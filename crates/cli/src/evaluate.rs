//! `wrt evaluate` and `wrt predict`: what a trained model comes to on other data, and what it says of it.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use wrt::{Missing, Model, Part, Predicted, Prediction, Step, Trainer, TrainingOptions};

use crate::answer::versioned;
use crate::args::{Evaluate, Predict};
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::point::{Text, utf8};
use crate::rows::{self, Known};
use crate::weights::{self, Kept};
use crate::whole::write_whole;

/// A finished run, as its folder keeps it.
pub struct Finished {
    pub text: Text,
    pub is_double: bool,
    /// The classes that were words, by their labels.
    pub classes: Vec<String>,
    pub sizes: Vec<(String, usize)>,
    /// What was asked for rows with missing values, if not what the model says.
    missing: Option<String>,
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
        if kept["seeds"].is_number() {
            let message = format!("{} holds the runs of several seeds", run.display());
            return Err(Failure::plain(message).with_help(format!("name one of them: {}/seed-…", run.display())));
        }
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
            missing: kept["settings"]["missing"].as_str().map(String::from),
        })
    }
}

/// A trained model with rows of data.
struct Opened<T: Kept> {
    trainer: Trainer<T>,
    /// Rows that were left out.
    dropped: usize,
    prediction: Option<Prediction<T>>,
}

impl<T: Kept> Opened<T> {
    /// Reads the rows, without the target where there is something that predicts it.
    fn new(
        run: &Finished,
        folder: &Path,
        data: &Path,
        predict: impl FnOnce(&Model) -> Result<Option<Prediction<T>>, wrt::Error>,
    ) -> Result<Opened<T>, Failure> {
        let fail = |e: wrt::Error| Failure::in_text(&e, &run.text);
        let model = Model::parse(&run.text.text).map_err(fail)?;
        let mut options = TrainingOptions::of(&model).map_err(fail)?;
        run.missing.iter().try_for_each(|word| options.set_text("missing", word)).map_err(fail)?;
        let prediction = predict(&model).map_err(fail)?;
        let missing = match (options.missing, &prediction) {
            // Each row has an answer, or none of them has.
            (Missing::Drop, Some(_)) => Missing::Refuse,
            (missing, _) => missing,
        };
        let options = TrainingOptions { epochs: 0, missing, ..TrainingOptions::default() };
        let step = Step::<T>::with_options(&model, &options).map_err(fail)?;
        let spared: Vec<&str> = match &prediction {
            Some(p) => step.data().iter().map(|d| d.name.as_str()).filter(|n| !p.needs(n)).collect(),
            None => Vec::new(),
        };
        let known = Known { classes: &run.classes, sizes: &run.sizes, missing, spared: &spared };
        let rows = rows::read(data, &step, &known)?;
        let sizes: Vec<(&str, usize)> = rows.sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        let mut trainer = Trainer::new(&model, rows.data, &options, &sizes).map_err(fail)?;
        weights::read(&folder.join("weights.safetensors"), &weights::shapes(&step, &sizes), &[], &mut trainer)?;
        let dropped = rows.rows - trainer.rows(Part::Train);
        Ok(Opened { trainer, dropped, prediction })
    }
}

/// What a trained model comes to on other data.
pub fn run(a: &Evaluate) -> Result<ExitCode, Failure> {
    let run = Finished::open(&a.run)?;
    if run.is_double { evaluated::<f64>(a, &run) } else { evaluated::<f32>(a, &run) }
}

fn evaluated<T: Kept>(a: &Evaluate, run: &Finished) -> Result<ExitCode, Failure> {
    let Opened { mut trainer, dropped, .. } = Opened::<T>::new(run, &a.run, &a.data, |_| Ok(None))?;
    let values = trainer.measure(Part::Train).map_err(|e| Failure::in_text(&e, &run.text))?;
    let pairs = || trainer.measures().iter().zip(&values);
    if a.json {
        let object: Map<String, Value> = pairs().map(|(name, x)| (name.clone(), json!(x))).collect();
        return print_json(versioned(Value::Object(object)));
    }
    let line: Vec<String> = pairs().map(|(name, x)| format!("{name} {x:.4}")).collect();
    let rows = trainer.rows(Part::Train);
    let dropped = if dropped > 0 { format!(", {dropped} left out, as values are missing") } else { String::new() };
    print(&format!("{rows} rows{dropped}  {}\n", line.join("  ")))?;
    Ok(ExitCode::SUCCESS)
}

/// What a trained model says of rows whose target is not known.
pub fn predict(a: &Predict) -> Result<ExitCode, Failure> {
    let run = Finished::open(&a.run)?;
    if run.is_double { predicted::<f64>(a, &run) } else { predicted::<f32>(a, &run) }
}

fn predicted<T: Kept>(a: &Predict, run: &Finished) -> Result<ExitCode, Failure> {
    let output = a.output.as_deref();
    let opened = Opened::<T>::new(run, &a.run, &a.data, |model| Prediction::new(model, output).map(Some))?;
    let Some(prediction) = &opened.prediction else { return Err(Failure::plain("the model predicts nothing")) };
    let found = opened.trainer.predict(prediction, Part::Train).map_err(|e| Failure::in_text(&e, &run.text))?;
    let rows = opened.trainer.rows(Part::Train);
    let width = found.len() / rows.max(1);
    if width == 0 || width * rows != found.len() {
        let message = format!("`{}` has no value for each row", prediction.name());
        return Err(Failure::plain(message).with_help("name another one, as in --output p"));
    }
    let text = table(prediction, &found, width, &run.classes)?;
    let Some(path) = &a.out else { return print(&text).map(|()| ExitCode::SUCCESS) };
    write_whole(path, text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// A line for each row: for classes the likeliest, then the number of each; else the values.
fn table<T: Kept>(p: &Prediction<T>, found: &[T], width: usize, words: &[String]) -> Result<String, Failure> {
    let failed = |e: csv::Error| Failure::plain(format!("the predictions could not be written: {e}"));
    let class = |k: usize| words.get(k).cloned().unwrap_or_else(|| k.to_string());
    let mut out = csv::Writer::from_writer(Vec::new());
    let header: Vec<String> = match p.predicted() {
        Predicted::Classes => std::iter::once("class".to_string()).chain((0..width).map(class)).collect(),
        Predicted::Chance => vec!["class".into(), class(0), class(1)],
        Predicted::Values if width == 1 => vec![p.name().to_string()],
        Predicted::Values => (0..width).map(|k| format!("{}_{k}", p.name())).collect(),
    };
    out.write_record(&header).map_err(failed)?;
    for row in found.chunks(width) {
        let numbers = row.iter().map(ToString::to_string);
        let line: Vec<String> = match (p.predicted(), row) {
            (Predicted::Classes, _) => std::iter::once(class(p.class(row))).chain(numbers).collect(),
            (Predicted::Chance, [chance]) => {
                vec![class(p.class(row)), T::from_f64(1.0 - chance.to_f64()).to_string(), chance.to_string()]
            }
            _ => numbers.collect(),
        };
        out.write_record(&line).map_err(failed)?;
    }
    let bytes = out.into_inner().map_err(|e| Failure::plain(format!("the predictions could not be written: {e}")))?;
    utf8("the predictions", bytes)
}
