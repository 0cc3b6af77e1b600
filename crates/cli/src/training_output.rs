//! What a training tells: before it, after each epoch, and at its end.

use serde_json::{Map, Value, json};
use wrt::{Epoch, Input, Part, Trainer};

use crate::answer::versioned;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::weights::Kept;

/// What comes before the first step.
pub struct Beginning<'a> {
    /// The parameters, with their numbers of entries.
    pub parameters: Vec<(Input, usize)>,
    /// Are their gradients right?
    pub gradients: &'a str,
    pub rows: usize,
}

/// The shapes of the parameters, whether their gradients are right, and which rows are for what.
pub fn begin<T: Kept>(json: bool, trainer: &Trainer<T>, b: &Beginning<'_>) -> Result<(), Failure> {
    let [train, validation, test] = [Part::Train, Part::Validation, Part::Test].map(|p| trainer.rows(p));
    if json {
        let shapes: Map<String, Value> = b.parameters.iter().map(|(p, n)| (p.name.clone(), json!(n))).collect();
        let object = json!({ "parameters": shapes, "rows": b.rows, "train": train, "validation": validation,
            "test": test, "gradients": b.gradients });
        return print_json(versioned(object)).map(|_| ());
    }
    let mut out = summary(&b.parameters);
    out.push_str(&format!("gradients  {}\n", b.gradients));
    let part = |n: usize, what: &str| if n == 0 { String::new() } else { format!(", {n} {what}") };
    let (validation, test) = (part(validation, "for validation"), part(test, "for the test"));
    out.push_str(&format!("rows       {}: {train} to train on{validation}{test}\n", b.rows));
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

/// One line for an epoch.
pub fn epoch<T: Kept>(json: bool, all: usize, trainer: &Trainer<T>, epoch: &Epoch) -> Result<(), Failure> {
    let number = trainer.progress().epochs;
    let names = trainer.measures().iter().map(|name| format!("val_{name}"));
    if json {
        let mut object = Map::new();
        object.insert("epoch".into(), json!(number));
        object.insert("loss".into(), json!(epoch.loss));
        object.extend(names.zip(&epoch.validation).map(|(name, x)| (name, json!(x))));
        return print_json(Value::Object(object)).map(|_| ());
    }
    let width = all.to_string().len();
    let measures: String = names.zip(&epoch.validation).map(|(name, x)| format!("  {name} {x:.4}")).collect();
    print(&format!("epoch {number:width$}/{all}  loss {:.4}{measures}\n", epoch.loss))
}

/// What the model comes to on each part of the rows: as lines, and as an object.
pub fn results<T: Kept>(trainer: &mut Trainer<T>) -> Result<(String, Map<String, Value>), wrt::Error> {
    let (mut lines, mut object) = (String::new(), Map::new());
    for (part, name) in [(Part::Train, "train"), (Part::Validation, "validation"), (Part::Test, "test")] {
        if trainer.rows(part) == 0 {
            continue;
        }
        let values = trainer.measure(part)?;
        let pairs: Vec<(&String, &f64)> = trainer.measures().iter().zip(&values).collect();
        let line: String = pairs.iter().map(|(name, x)| format!("  {name} {x:.4}")).collect();
        lines.push_str(&format!("{name:10}{line}\n"));
        object.insert(name.into(), pairs.into_iter().map(|(n, x)| (n.clone(), json!(x))).collect());
    }
    Ok((lines, object))
}

/// `history.csv` as it grows.
pub struct History {
    pub text: String,
}

impl History {
    /// That of a run that has come so far: what it has kept of it, but for epochs that are done again.
    pub fn new<T: Kept>(trainer: &Trainer<T>, kept: Option<&str>) -> History {
        let mut text = "epoch,loss".to_string();
        if trainer.rows(Part::Validation) > 0 {
            trainer.measures().iter().for_each(|name| text.push_str(&format!(",val_{name}")));
        }
        text.push('\n');
        for line in kept.unwrap_or_default().lines().skip(1).take(trainer.progress().epochs) {
            text.push_str(line);
            text.push('\n');
        }
        History { text }
    }

    pub fn push(&mut self, number: usize, epoch: &Epoch) {
        let validation: String = epoch.validation.iter().map(|x| format!(",{x}")).collect();
        self.text.push_str(&format!("{number},{}{validation}\n", epoch.loss));
    }
}
