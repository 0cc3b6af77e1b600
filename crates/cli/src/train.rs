//! `wrt train`: from a model file and data to trained parameters, in a folder of their own.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};
use wrt::{Epoch, Model, Part, Step, Trainer, TrainingOptions};

use crate::answer::versioned;
use crate::args::{Evaluate, Format, Train, threads};
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::point::{Text, read, utf8};
use crate::rows;
use crate::run_folder::RunFolder;
use crate::weights::{self, Kept};

/// Trains, and tells what came of it.
pub fn run(a: &Train) -> Result<ExitCode, Failure> {
    let name = a.model.display().to_string();
    let file = std::fs::File::open(&a.model);
    let file = file.map_err(|e| Failure::plain(format!("{name} could not be opened: {e}")))?;
    let text = Text { text: utf8(&name, read(file, &name)?)?, name };
    match a.precision {
        Format::F32 => trained::<f32>(a, &text),
        Format::F64 => trained::<f64>(a, &text),
    }
}

/// What the `train` line says, and what the arguments say instead.
fn options(a: &Train, model: &Model, text: &Text) -> Result<TrainingOptions, Failure> {
    let fail = |e: wrt::Error| Failure::in_text(&e, text);
    let mut options = TrainingOptions::of(model).map_err(fail)?;
    let given = [
        ("epochs", a.epochs.map(|n| n as f64)),
        ("batch", a.batch.map(|n| n as f64)),
        ("seed", a.seed.map(|n| n as f64)),
        ("validation", a.validation),
        ("test", a.test),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            options.set(name, value).map_err(fail)?;
        }
    }
    Ok(options)
}

/// The file of the data: that of the arguments, or the model's, beside which it lies.
fn source(a: &Train, model: &Model) -> Result<PathBuf, Failure> {
    if let Some(path) = &a.data {
        return Ok(path.clone());
    }
    let Some(own) = model.data_file() else {
        let help = "write data X[m, n], y[m] from \"file.csv\" in the model, or --data file.csv";
        return Err(Failure::plain("the model does not say where its data comes from").with_help(help));
    };
    Ok(a.model.parent().unwrap_or_else(|| Path::new("")).join(own))
}

fn trained<T: Kept>(a: &Train, text: &Text) -> Result<ExitCode, Failure> {
    let fail = |e: wrt::Error| Failure::in_text(&e, text);
    let model = Model::parse(&text.text).map_err(fail)?;
    let options = options(a, &model, text)?;
    let step = Step::<T>::new(&model).map_err(fail)?;
    let rows = rows::read(&source(a, &model)?, &step, &[], &[])?;
    let sizes: Vec<(&str, usize)> = rows.sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
    let mut trainer = Trainer::new(&model, rows.data, &options, &sizes).map_err(fail)?.with_threads(threads(a.threads));
    if let Some(path) = &a.initial {
        weights::read(path, &step, &mut trainer, &sizes)?;
    }
    let stem = a.model.file_stem().map_or("run".into(), |s| s.to_string_lossy().into_owned());
    let folder = RunFolder::new(a.out.as_deref(), &stem)?;

    begin(a, &step, &trainer, &model, rows.rows, &sizes)?;
    let start = Instant::now();
    let mut history = History::new(&trainer);
    for number in 1..=options.epochs {
        let epoch = trainer.epoch().map_err(fail)?;
        history.push(number, &epoch);
        tell(a, number, &options, &trainer, &epoch)?;
    }
    let seconds = start.elapsed().as_secs_f64();

    folder.write("model.wrt", text.text.as_bytes())?;
    folder.write("weights.safetensors", &weights::written(&step, &trainer, &sizes)?)?;
    folder.write("history.csv", history.text.as_bytes())?;
    end(a, &mut trainer, &options, (&rows.classes, &sizes), &folder, seconds, text)
}

/// What a trained model comes to on other data.
pub fn evaluate(a: &Evaluate) -> Result<ExitCode, Failure> {
    let file = |name: &str| {
        let path = a.run.join(name);
        let found =
            std::fs::read(&path).map_err(|e| Failure::plain(format!("{} could not be read: {e}", path.display())));
        utf8(&path.display().to_string(), found?).map(|text| Text { name: path.display().to_string(), text })
    };
    let (text, kept) = (file("model.wrt")?, file("run.json")?);
    let kept: Value = serde_json::from_str(&kept.text).map_err(|e| Failure::plain(format!("{}: {e}", kept.name)))?;
    match kept["precision"].as_str() {
        Some("f64") => evaluated::<f64>(a, &text, &kept),
        _ => evaluated::<f32>(a, &text, &kept),
    }
}

fn evaluated<T: Kept>(a: &Evaluate, text: &Text, kept: &Value) -> Result<ExitCode, Failure> {
    let fail = |e: wrt::Error| Failure::in_text(&e, text);
    let model = Model::parse(&text.text).map_err(fail)?;
    let step = Step::<T>::new(&model).map_err(fail)?;
    let classes: Vec<String> =
        kept["classes"].as_array().into_iter().flatten().filter_map(|c| c.as_str().map(String::from)).collect();
    let known = kept["sizes"].as_object().into_iter().flatten();
    let known: Vec<(String, usize)> =
        known.filter_map(|(n, k)| Some((n.clone(), usize::try_from(k.as_u64()?).ok()?))).collect();
    let rows = rows::read(&a.data, &step, &classes, &known)?;
    let sizes: Vec<(&str, usize)> = rows.sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
    let mut trainer = Trainer::new(&model, rows.data, &TrainingOptions::default(), &sizes).map_err(fail)?;
    weights::read(&a.run.join("weights.safetensors"), &step, &mut trainer, &sizes)?;
    let values = trainer.measure(Part::Train).map_err(fail)?;
    let pairs = || trainer.measures().iter().zip(&values);
    if a.json {
        let object: serde_json::Map<String, Value> = pairs().map(|(name, x)| (name.clone(), json!(x))).collect();
        return print_json(versioned(Value::Object(object)));
    }
    let line: Vec<String> = pairs().map(|(name, x)| format!("{name} {x:.4}")).collect();
    print(&format!("{} rows  {}\n", rows.rows, line.join("  ")))?;
    Ok(ExitCode::SUCCESS)
}

/// The shapes of the parameters, and whether their gradients are right.
fn begin<T: Kept>(
    a: &Train,
    step: &Step<T>,
    trainer: &Trainer<T>,
    model: &Model,
    rows: usize,
    sizes: &[(&str, usize)],
) -> Result<(), Failure> {
    let parameters = step.parameters();
    let entries: Vec<usize> = parameters.iter().map(|p| p.entries(sizes).unwrap_or(0)).collect();
    let checked = match model.check() {
        Ok(true) => "right: nudges agree with them".to_string(),
        Ok(false) => "WRONG: nudges disagree (wrt check tells where)".to_string(),
        Err(e) => format!("not checked: {}", e.message()),
    };
    if a.json {
        let shapes = parameters.iter().zip(&entries).map(|(p, n)| (p.name.clone(), json!(n)));
        let parts = [Part::Train, Part::Validation, Part::Test].map(|p| trainer.rows(p));
        let shapes: serde_json::Map<String, Value> = shapes.collect();
        let object = json!({ "parameters": shapes, "rows": rows, "train": parts[0], "validation": parts[1],
            "test": parts[2], "gradients": checked });
        return print_json(versioned(object)).map(|_| ());
    }
    let shape = |p: &wrt::Input| {
        let dims: Vec<String> = p.dims.iter().map(ToString::to_string).collect();
        format!("[{}]", dims.join(", "))
    };
    let mut table = vec![["parameter".to_string(), "shape".to_string(), "entries".to_string()]];
    table.extend(parameters.iter().zip(&entries).map(|(p, n)| [p.name.clone(), shape(p), n.to_string()]));
    table.push(["all".to_string(), String::new(), entries.iter().sum::<usize>().to_string()]);
    let width = |k: usize| table.iter().map(|row| row[k].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut out = String::new();
    for [name, shape, entries] in &table {
        let [a, b, c] = widths;
        out.push_str(&format!("{name:a$}  {shape:b$}  {entries:>c$}\n"));
    }
    out.push_str(&format!("gradients  {checked}\n"));
    let part = |p: Part, what: &str| match trainer.rows(p) {
        0 => String::new(),
        n => format!(", {n} {what}"),
    };
    let (validation, test) = (part(Part::Validation, "for validation"), part(Part::Test, "for the test"));
    out.push_str(&format!("rows       {rows}: {} to train on{validation}{test}\n", trainer.rows(Part::Train)));
    print(&out)
}

/// One line for an epoch.
fn tell<T: Kept>(
    a: &Train,
    number: usize,
    options: &TrainingOptions,
    trainer: &Trainer<T>,
    epoch: &Epoch,
) -> Result<(), Failure> {
    let names = trainer.measures().iter().map(|name| format!("val_{name}"));
    if a.json {
        let mut object = serde_json::Map::new();
        object.insert("epoch".into(), json!(number));
        object.insert("loss".into(), json!(epoch.loss));
        object.extend(names.zip(&epoch.validation).map(|(name, x)| (name, json!(x))));
        return print_json(Value::Object(object)).map(|_| ());
    }
    let width = options.epochs.to_string().len();
    let measures: String = names.zip(&epoch.validation).map(|(name, x)| format!("  {name} {x:.4}")).collect();
    print(&format!("epoch {number:width$}/{}  loss {:.4}{measures}\n", options.epochs, epoch.loss))
}

/// What the model came to on each part of the rows, and where it is kept.
fn end<T: Kept>(
    a: &Train,
    trainer: &mut Trainer<T>,
    options: &TrainingOptions,
    (classes, sizes): (&[String], &[(&str, usize)]),
    folder: &RunFolder,
    seconds: f64,
    text: &Text,
) -> Result<ExitCode, Failure> {
    let mut results = serde_json::Map::new();
    let mut out = String::new();
    for (part, name) in [(Part::Train, "train"), (Part::Validation, "validation"), (Part::Test, "test")] {
        if trainer.rows(part) == 0 {
            continue;
        }
        let values = trainer.measure(part).map_err(|e| Failure::in_text(&e, text))?;
        let pairs: Vec<(&String, &f64)> = trainer.measures().iter().zip(&values).collect();
        let line: String = pairs.iter().map(|(name, x)| format!("  {name} {x:.4}")).collect();
        out.push_str(&format!("{name:10}{line}\n"));
        results.insert(name.into(), pairs.into_iter().map(|(n, x)| (n.clone(), json!(x))).collect());
    }
    let object = json!({
        "run_version": 1, "model": text.name, "epochs": options.epochs, "batch": options.batch,
        "seed": options.seed, "precision": T::NAME, "classes": classes,
        "sizes": sizes.iter().map(|(n, k)| ((*n).to_string(), json!(k))).collect::<serde_json::Map<String, Value>>(), "results": results, "seconds": seconds,
    });
    folder.write("run.json", format!("{object:#}\n").as_bytes())?;
    if a.json {
        let mut object = versioned(object);
        object["folder"] = json!(folder.path().display().to_string());
        return print_json(object);
    }
    out.push_str(&format!("trained in {seconds:.2} s, kept in {}\n", folder.path().display()));
    print(&out)?;
    Ok(ExitCode::SUCCESS)
}

/// `history.csv` as it grows.
struct History {
    text: String,
}

impl History {
    fn new<T: Kept>(trainer: &Trainer<T>) -> History {
        let mut text = "epoch,loss".to_string();
        if trainer.rows(Part::Validation) > 0 {
            trainer.measures().iter().for_each(|name| text.push_str(&format!(",val_{name}")));
        }
        text.push('\n');
        History { text }
    }

    fn push(&mut self, number: usize, epoch: &Epoch) {
        let validation: String = epoch.validation.iter().map(|x| format!(",{x}")).collect();
        self.text.push_str(&format!("{number},{}{validation}\n", epoch.loss));
    }
}
