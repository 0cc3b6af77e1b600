//! Compiled programs of a model file, on data that is made up: what `wrt bench` times and `wrt plan` writes.

use std::process::ExitCode;

use wrt::{EngineReal, Error, Model, Program, Step, compile, value_and_gradient};

use crate::args::{Formula, PlanText, What};
use crate::failure::Failure;
use crate::output::print;
use crate::point::{self, Text};

/// Data is made up from this seed.
pub const SEED: u64 = 1;

pub fn read(text: &Text) -> Result<Model, Failure> {
    Model::parse(&text.text).map_err(|e| Failure::in_text(&e, text))
}

/// The sizes of dimensions: those given, and the batch's.
pub fn sizes(
    formula: &Formula,
    batch_rows: Option<usize>,
    text: &Text,
    what: What,
) -> Result<Vec<(String, usize)>, Failure> {
    let mut sizes = point::sizes(&formula.dims)?;
    let model = read(text)?;
    let Some(batch) = Step::<f64>::batch_of(&model) else { return Ok(sizes) };
    match (sizes.iter_mut().find(|(n, _)| *n == batch), batch_rows) {
        (Some(size), Some(rows)) if what != What::Step => size.1 = rows,
        (Some(_), _) => {}
        (None, Some(rows)) => sizes.push((batch, rows)),
        (None, None) => {}
    }
    Ok(sizes)
}

/// The cost alone, or with its gradient.
pub fn program<T: EngineReal>(model: &Model, what: What) -> Result<Program<T>, Error> {
    match what {
        What::Value => compile::<T>(&[model.cost()]),
        _ => value_and_gradient::<T>(model),
    }
}

/// How many rows the data has, by the size of the batch's axis.
pub fn rows<T: EngineReal>(step: &Step<T>, sizes: &[(&str, usize)]) -> usize {
    step.batch().and_then(|name| sizes.iter().find(|(n, _)| *n == name)).map_or(1, |(_, k)| *k)
}

/// `wrt plan`: what the program does in memory.
pub fn plan(a: &PlanText) -> Result<ExitCode, Failure> {
    let text = point::text(&a.formula)?;
    let fail = |e: Error| Failure::in_text(&e, &text);
    let sizes = sizes(&a.formula, a.batch, &text, a.what)?;
    let sizes: Vec<(&str, usize)> = sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
    let model = read(&text)?;
    let found = if a.what == What::Step {
        let step = Step::<f32>::new(&model).map_err(fail)?;
        let carried = step.start(SEED, &sizes).map_err(fail)?;
        step.plan_text(&carried, a.batch.unwrap_or(rows(&step, &sizes))).map_err(fail)?
    } else {
        let program = program::<f32>(&model, a.what).map_err(fail)?.with_sizes(&sizes);
        let inputs = program.made_up(&model, SEED, &sizes).map_err(fail)?;
        let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        program.plan_text(&inputs).map_err(fail)?
    };
    print(&found)?;
    Ok(ExitCode::SUCCESS)
}
