//! `wrt evaluate` and `wrt predict`: what a trained model comes to on other data, and what it says of it.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use wrt::{Missing, Model, Part, Predicted, Prediction, Step, Trainer, TrainingOptions, each_prediction};

use crate::answer::versioned;
use crate::args::{Evaluate, Predict};
use crate::failure::Failure;
use crate::output::{print, print_by, print_json};
use crate::point::{Text, utf8};
use crate::rows::Known;
use crate::source::{self, Source};
use crate::weights::{self, Kept};
use crate::whole::write_whole_by;

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
        stream: Option<bool>,
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
        let stream = stream.unwrap_or_else(|| source::is_large(data));
        // Nothing is trained on: a row is all that has to be held.
        let (shuffle_buffer, batch) = (stream.then_some(1), 1);
        let options = TrainingOptions {
            epochs: 0,
            missing,
            stream: Some(stream),
            shuffle_buffer,
            batch,
            ..TrainingOptions::default()
        };
        let step = Step::<T>::with_options(&model, &options).map_err(fail)?;
        let spared: Vec<&str> = match &prediction {
            Some(p) => step.data().iter().map(|d| d.name.as_str()).filter(|n| !p.needs(n)).collect(),
            None => Vec::new(),
        };
        let known = Known { classes: &run.classes, sizes: &run.sizes, missing, spared: &spared };
        let source = Source::open(data, &step, &options, &known)?;
        let (rows, sizes, _) = source.about();
        let sizes: Vec<(&str, usize)> = sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        let mut trainer = source.trainer(&model, &options, &sizes).map_err(fail)?;
        weights::read(&folder.join("weights.safetensors"), &weights::shapes(&step, &sizes), &[], &mut trainer)?;
        let dropped = rows - trainer.rows(Part::Train);
        Ok(Opened { trainer, dropped, prediction })
    }
}

/// What a trained model comes to on other data.
pub fn run(a: &Evaluate) -> Result<ExitCode, Failure> {
    let run = Finished::open(&a.run)?;
    if run.is_double { evaluated::<f64>(a, &run) } else { evaluated::<f32>(a, &run) }
}

fn evaluated<T: Kept>(a: &Evaluate, run: &Finished) -> Result<ExitCode, Failure> {
    let Opened { mut trainer, dropped, .. } = Opened::<T>::new(run, &a.run, &a.data, a.stream, |_| Ok(None))?;
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
    let opened = Opened::<T>::new(run, &a.run, &a.data, a.stream, |model| Prediction::new(model, output).map(Some))?;
    let Opened { mut trainer, prediction: Some(prediction), .. } = opened else {
        return Err(Failure::plain("the model predicts nothing"));
    };
    let mut write = |out: &mut dyn Write| {
        let mut table = Table::new(&prediction, &run.classes, out);
        let mut failure = None;
        let mut each = |found: &[T], rows: usize| {
            failure = table.add(found, rows).err();
            failure.is_none()
        };
        let done = each_prediction(&mut trainer, &prediction, Part::Train, &mut each);
        failure.map_or(Ok(()), Err)?;
        done.map_err(|e| Failure::in_text(&e, &run.text))?;
        table.end()
    };
    match &a.out {
        Some(path) => write_whole_by(path, &mut write)?,
        None => print_by(&mut write)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for each row: for classes the likeliest, then the number of each; else the values.
struct Table<'a, T: Kept> {
    prediction: &'a Prediction<T>,
    words: &'a [String],
    out: csv::Writer<&'a mut dyn Write>,
    /// Numbers of a row, once there was one.
    width: Option<usize>,
}

impl<'a, T: Kept> Table<'a, T> {
    fn new(prediction: &'a Prediction<T>, words: &'a [String], out: &'a mut dyn Write) -> Table<'a, T> {
        Table { prediction, words, out: csv::Writer::from_writer(out), width: None }
    }

    fn class(&self, k: usize) -> String {
        self.words.get(k).cloned().unwrap_or_else(|| k.to_string())
    }

    /// The line of names.
    fn begin(&mut self, width: usize) -> Result<(), Failure> {
        let (class, name) = (|k| self.class(k), self.prediction.name());
        let header: Vec<String> = match self.prediction.predicted() {
            Predicted::Classes => std::iter::once("class".to_string()).chain((0..width).map(class)).collect(),
            Predicted::Chance => vec!["class".into(), class(0), class(1)],
            Predicted::Values if width == 1 => vec![name.to_string()],
            Predicted::Values => (0..width).map(|k| format!("{name}_{k}")).collect(),
        };
        self.width = Some(width);
        self.out.write_record(&header).map_err(failed)
    }

    /// What is predicted of the next rows.
    fn add(&mut self, found: &[T], rows: usize) -> Result<(), Failure> {
        let width = found.len() / rows.max(1);
        if width == 0 || width * rows != found.len() {
            let message = format!("`{}` has no value for each row", self.prediction.name());
            return Err(Failure::plain(message).with_help("name another one, as in --output p"));
        }
        if self.width.is_none() {
            self.begin(width)?;
        }
        for row in found.chunks(width) {
            let numbers = row.iter().map(ToString::to_string);
            let class = || self.class(self.prediction.class(row));
            let line: Vec<String> = match (self.prediction.predicted(), row) {
                (Predicted::Classes, _) => std::iter::once(class()).chain(numbers).collect(),
                (Predicted::Chance, [chance]) => {
                    vec![class(), T::from_f64(1.0 - chance.to_f64()).to_string(), chance.to_string()]
                }
                _ => numbers.collect(),
            };
            self.out.write_record(&line).map_err(failed)?;
        }
        Ok(())
    }

    /// Of no rows there is no table: not even how many numbers a row has is known.
    fn end(mut self) -> Result<(), Failure> {
        if self.width.is_none() {
            let message = "there are no rows, and nothing is predicted";
            return Err(Failure::plain(message).with_help("give --data a file with rows"));
        }
        self.out.flush().map_err(|e| failed(e.into()))
    }
}

fn failed(e: csv::Error) -> Failure {
    Failure::plain(format!("the predictions could not be written: {e}"))
}
