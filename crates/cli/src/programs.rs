//! Compiled programs of a model file, on data that is given or made up: what `wrt bench` times and `wrt plan` writes.

use std::process::ExitCode;
use std::time::Instant;

use wrt::session::{Document, Sizes};
use wrt::{Dimension, EngineReal, Error, Model, Program, Step, TrainingOptions, compile, compiled};

use crate::args::{Compiled, Format, PlanText, What};
use crate::arrays::{self, Given};
use crate::budget::{check_memory, limit};
use crate::failure::Failure;
use crate::output::print;
use crate::point::{self, Text};
use crate::weights::Kept;

/// Data is made up from this seed.
pub const SEED: u64 = 1;

/// A model with what the options say of it.
pub struct Opened<T> {
    pub model: Model,
    pub given: Given<T>,
    pub sizes: Sizes,
    /// When the files were read, and compiling began.
    pub start: Instant,
}

/// Reads the model and what `--at` gives; all that its formula reads must have a size. Warnings are written where nobody
/// has seen them.
pub fn open<T: Kept>(a: &Compiled, what: What, text: &Text, is_first: bool) -> Result<Opened<T>, Failure> {
    let mut given = arrays::given::<T>(&a.at, text)?;
    let start = Instant::now();
    let names: Vec<&str> = a.wrt.iter().map(String::as_str).collect();
    let session = given.session(&a.formula, text, &names)?;
    let document = session.document();
    if let Some(name) = names.iter().find(|n| !document.occurs(n)) {
        return Err(arrays::unknown(document, "--wrt", name));
    }
    if is_first {
        given.warn(&a.formula, document)?;
    }
    let mut sizes = given.sizes(&a.formula, document)?;
    let asked = missing(document, &sizes);
    let model = Model::from(session);
    if let (Some(batch), Some(rows)) = (Step::<f64>::batch_of(&model), a.batch) {
        match sizes.iter_mut().find(|(n, _)| *n == batch) {
            Some(size) if what != What::Step && given.is_empty() => size.1 = rows,
            Some(_) => {}
            None => sizes.push((batch, rows)),
        }
    }
    let known = |name: &String| sizes.iter().any(|(n, _)| n == name);
    refuse(&asked.into_iter().filter(|name| !known(name)).collect::<Vec<_>>())?;
    Ok(Opened { model, given, sizes, start })
}

/// An error that names the sizes that are missing.
fn refuse(missing: &[String]) -> Result<(), Failure> {
    if missing.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = missing.iter().map(|n| format!("`{n}`")).collect();
    let (noun, verb) = if list.len() == 1 { ("size", "is") } else { ("sizes", "are") };
    let example: Vec<String> = missing.iter().map(|n| format!("{n}=100")).collect();
    Err(Failure::plain(format!("the {noun} {} {verb} missing", list.join(", ")))
        .with_help(format!("write --dims {}", example.join(","))))
}

/// The names of dimensions that what the formula reads has, and that have no size.
fn missing(document: &Document, sizes: &Sizes) -> Vec<String> {
    let free = document.taken_names(&[]);
    let mut names: Vec<String> = Vec::new();
    for shaped in document.shapes().iter().filter(|s| free.contains(&s.name)) {
        let dims: Vec<Dimension> = shaped.dims.iter().map(|d| Dimension::read(d)).collect();
        for name in dims.iter().flat_map(|d| d.terms()).flat_map(|(names, _)| names) {
            if sizes.iter().all(|(n, _)| n != name) && !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}

/// The program that computes it.
pub fn program<T: EngineReal>(model: &Model, what: What, names: &[String]) -> Result<Program<T>, Error> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match what {
        What::Value => compile::<T>(&[model.cost()]),
        What::Gradient | What::Step => compiled::value_and_gradient_by::<T>(model, &names),
        What::Hessian => compiled::hessian::<T>(model, &names),
        What::Hvp => compiled::hvp::<T>(model, &names),
        What::Jacobian => compiled::jacobian::<T>(model, &names),
    }
}

/// How many rows the data has, by the size of the batch's axis.
pub fn rows<T: EngineReal>(step: &Step<T>, sizes: &[(&str, usize)]) -> usize {
    step.batch().and_then(|name| sizes.iter().find(|(n, _)| *n == name)).map_or(1, |(_, k)| *k)
}

/// `wrt plan`: what the program does in memory.
pub fn plan(a: &PlanText) -> Result<ExitCode, Failure> {
    match a.precision.unwrap_or_else(|| a.what.precision()) {
        Format::F32 => plan_in::<f32>(a),
        Format::F64 => plan_in::<f64>(a),
    }
}

fn plan_in<T: Kept>(a: &PlanText) -> Result<ExitCode, Failure> {
    let (what, a) = (a.what, &a.compiled);
    let text = point::text(&a.formula)?;
    let fail = |e: Error| Failure::in_text(&e, &text);
    let Opened { model, mut given, sizes, .. } = open::<T>(a, what, &text, true)?;
    let sizes: Vec<(&str, usize)> = sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
    let found = if what == What::Step {
        let step = within_step::<T>(&model).map_err(fail)?;
        let batch = a.batch.unwrap_or(rows(&step, &sizes));
        if limit().is_some() {
            check_memory(&step.needs(&sizes, batch, 1).map_err(fail)?, 0)?;
        }
        let carried = step.start(SEED, &sizes).map_err(fail)?;
        step.plan_text(&carried, batch).map_err(fail)?
    } else {
        let program = within(program::<T>(&model, what, &a.wrt).map_err(fail)?.with_sizes(&sizes));
        if limit().is_some() {
            check_memory(&program.needs(&sizes, 1).map_err(fail)?, 0)?;
        }
        let inputs = given.inputs(&program, &model, &sizes, true)?;
        let inputs: Vec<&[T]> = inputs.iter().map(Vec::as_slice).collect();
        program.plan_text(&inputs).map_err(fail)?
    };
    let (version, steps) = found.split_once('\n').unwrap_or((&found, ""));
    print(&format!("{version}\n{}{steps}", wrt::PlanText::LEGEND))?;
    Ok(ExitCode::SUCCESS)
}

/// The program in no more memory than `--memory` allows.
pub fn within<T: EngineReal>(program: Program<T>) -> Program<T> {
    match limit() {
        Some(bytes) => program.within(bytes),
        None => program,
    }
}

/// The step of a model in no more memory than `--memory` allows.
pub fn within_step<T: EngineReal>(model: &Model) -> Result<Step<T>, Error> {
    Step::with_options(model, &TrainingOptions { memory: limit(), ..TrainingOptions::default() })
}
