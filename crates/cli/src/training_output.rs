//! What a training tells: before it, after each epoch, and at its end.

use serde_json::{Map, Value, json};
use wrt::{Epoch, Input, Part, Progress, Trainer};

use crate::answer::versioned;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::weights::Kept;

/// A gradient this much smaller than the largest one vanishes, by the size of its entries.
const VANISHING: f64 = 1e-5;
/// One of entries so much larger than one explodes.
const EXPLODING: f64 = 1e3;

/// What comes before the first step.
pub struct Beginning<'a> {
    /// The parameters, with their numbers of entries.
    pub parameters: Vec<(Input, usize)>,
    /// Constants that are fitted to the rows to train on.
    pub fitted: Vec<Input>,
    /// Are their gradients right?
    pub gradients: &'a str,
    /// Rows that were read, those with missing values among them.
    pub rows: usize,
}

/// The shapes of the parameters, whether their gradients are right, and which rows are for what.
pub fn begin<T: Kept>(json: bool, trainer: &Trainer<T>, b: &Beginning<'_>) -> Result<(), Failure> {
    let [train, validation, test] = [Part::Train, Part::Validation, Part::Test].map(|p| trainer.rows(p));
    let fitted: Vec<&str> = b.fitted.iter().map(|p| p.name.as_str()).collect();
    if json {
        let shapes: Map<String, Value> = b.parameters.iter().map(|(p, n)| (p.name.clone(), json!(n))).collect();
        let object = json!({ "parameters": shapes, "fitted": fitted, "rows": b.rows, "train": train,
            "validation": validation, "test": test, "shuffle_buffer": wrt::shuffle_buffer(trainer), "gradients": b.gradients });
        return print_json(versioned(object)).map(|_| ());
    }
    let mut out = summary(&b.parameters);
    if !fitted.is_empty() {
        out.push_str(&format!("constants  {}: from the rows to train on\n", fitted.join(", ")));
    }
    out.push_str(&format!("gradients  {}\n", b.gradients));
    let dropped = b.rows - train - validation - test;
    let part = |n: usize, what: &str| if n == 0 { String::new() } else { format!(", {n} {what}") };
    let (validation, test) = (part(validation, "for validation"), part(test, "for the test"));
    let dropped = part(dropped, "left out, as values are missing");
    out.push_str(&format!("rows       {}: {train} to train on{validation}{test}{dropped}\n", b.rows));
    if let Some(held) = wrt::shuffle_buffer(trainer) {
        out.push_str(&format!(
            "stream     {held} rows at a time are held and shuffled; the file is read in each epoch\n"
        ));
    }
    print(&out)
}

/// A line for each parameter.
fn summary(parameters: &[(Input, usize)]) -> String {
    let shape = |p: &Input| {
        let dims: Vec<String> = p.dims.iter().map(ToString::to_string).collect();
        format!("[{}]", dims.join(", "))
    };
    let mut table = vec![["parameter".to_string(), "shape".to_string(), "entries".to_string()]];
    table.extend(parameters.iter().map(|(p, n)| [p.name.clone(), shape(p), n.to_string()]));
    let all: usize = parameters.iter().map(|(_, n)| n).sum();
    table.push(["all".to_string(), String::new(), all.to_string()]);
    let width = |k: usize| table.iter().map(|row| row[k].chars().count()).max().unwrap_or(0);
    let [a, b, c] = [width(0), width(1), width(2)];
    table.iter().map(|[name, shape, entries]| format!("{name:a$}  {shape:b$}  {entries:>c$}\n")).collect()
}

/// A table whose columns are as wide as they need to be, two spaces between them.
pub fn columns(table: &[Vec<String>]) -> String {
    let width = |k: usize| table.iter().filter_map(|row| row.get(k)).map(|s| s.chars().count()).max().unwrap_or(0);
    let line = |row: &Vec<String>| {
        let fields: Vec<String> = row.iter().enumerate().map(|(k, s)| format!("{s:w$}", w = width(k))).collect();
        format!("{}\n", fields.join("  ").trim_end())
    };
    table.iter().map(line).collect()
}

/// Names with values, as they stand in a line.
pub fn measured<'a>(pairs: impl Iterator<Item = (String, &'a f64)>) -> String {
    pairs.map(|(name, x)| format!("  {name} {x:.4}")).collect()
}

/// One line for an epoch.
pub fn epoch<T: Kept>(json: bool, all: usize, trainer: &Trainer<T>, epoch: &Epoch) -> Result<(), Failure> {
    let number = trainer.progress().epochs;
    let names = trainer.epoch_names();
    let met = || names.metrics.iter().cloned().zip(&epoch.metrics);
    let judged = || names.validation.iter().map(|name| format!("val_{name}")).zip(&epoch.validation);
    if json {
        let mut object = Map::new();
        object.insert("epoch".into(), json!(number));
        object.insert("loss".into(), json!(epoch.loss));
        object.extend(met().chain(judged()).map(|(name, x)| (name, json!(x))));
        let slopes = names.gradients.iter().zip(&epoch.gradients);
        object.extend(slopes.map(|(name, x)| (format!("gradient_{name}"), json!(x))));
        object.extend(epoch.fallen.map(|rate| ("rate".to_string(), json!(rate))));
        return print_json(Value::Object(object)).map(|_| ());
    }
    let width = all.to_string().len();
    let measures = measured(met().chain(judged()));
    let rate = epoch.fallen.map_or(String::new(), |rate| format!("  rate {} from here on", wrt_draw::number(rate, 3)));
    print(&format!("epoch {number:width$}/{all}  loss {:.4}{measures}{rate}\n", epoch.loss))
}

/// What norms of gradients tell: those that vanish or explode, by the size of an entry.
pub fn odd_gradients<T: Kept>(trainer: &Trainer<T>, epoch: &Epoch) -> Vec<String> {
    let size = |name: &str| trainer.values().get(name).map_or(1, <[T]>::len).max(1) as f64;
    let norms: Vec<(&String, f64)> =
        trainer.epoch_names().gradients.iter().zip(epoch.gradients.iter().copied()).collect();
    let entry = |(name, norm): &(&String, f64)| norm / size(name).sqrt();
    let (largest, whose) = norms.iter().fold((0.0, ""), |best, own| match entry(own) {
        x if x > best.0 => (x, own.0.as_str()),
        _ => best,
    });
    let one = |own: &(&String, f64)| match entry(own) {
        x if x < VANISHING * largest => {
            Some(format!("the gradient of `{}` vanishes: {x:.1e} an entry, and {largest:.1e} for `{whose}`", own.0))
        }
        x if x > EXPLODING => Some(format!("the gradient of `{}` explodes: {x:.1e} an entry", own.0)),
        _ => None,
    };
    norms.iter().filter_map(one).collect()
}

/// What the model comes to on each part of the rows: as lines, and as an object.
pub fn results<T: Kept>(trainer: &mut Trainer<T>) -> Result<(String, Map<String, Value>), wrt::Error> {
    let (mut lines, mut object) = (String::new(), Map::new());
    for (part, name) in [(Part::Train, "train"), (Part::Validation, "validation"), (Part::Test, "test")] {
        if trainer.rows(part) == 0 {
            continue;
        }
        let values = trainer.measure(part)?;
        let pairs = || trainer.measures().iter().cloned().zip(&values);
        lines.push_str(&format!("{name:10}{}\n", measured(pairs())));
        object.insert(name.into(), pairs().map(|(n, x)| (n, json!(x))).collect());
    }
    Ok((lines, object))
}

/// Why a training has ended before its last epoch, and which weights it keeps.
pub fn ending<T: Kept>(trainer: &Trainer<T>) -> String {
    let Progress { epochs, watch, .. } = trainer.progress();
    let options = trainer.options();
    let mut text = String::new();
    if *epochs < options.epochs {
        text = format!("stopped    after epoch {epochs}: no lower val_loss for {} epochs\n", watch.waited);
    }
    if options.best && watch.best_epoch > 0 {
        text.push_str(&format!("weights    of epoch {}, whose val_loss was {:.4}\n", watch.best_epoch, watch.best));
    }
    text
}

/// `history.csv` as it grows.
pub struct History {
    pub text: String,
}

impl History {
    /// That of a run that has come so far: what it has kept of it, but for epochs that are done again.
    pub fn new<T: Kept>(trainer: &Trainer<T>, kept: Option<&str>) -> History {
        let mut text = "epoch,loss".to_string();
        let names = trainer.epoch_names();
        names.metrics.iter().for_each(|name| text.push_str(&format!(",{name}")));
        names.validation.iter().for_each(|name| text.push_str(&format!(",val_{name}")));
        names.gradients.iter().for_each(|name| text.push_str(&format!(",gradient_{name}")));
        text.push('\n');
        for line in kept.unwrap_or_default().lines().skip(1).take(trainer.progress().epochs) {
            text.push_str(line);
            text.push('\n');
        }
        History { text }
    }

    pub fn push(&mut self, number: usize, epoch: &Epoch) {
        let rest: String =
            epoch.metrics.iter().chain(&epoch.validation).chain(&epoch.gradients).map(|x| format!(",{x}")).collect();
        self.text.push_str(&format!("{number},{}{rest}\n", epoch.loss));
    }
}
