//! What formulas of rows come to where rows come piece by piece: pieces are folded together, in as many passes as it takes.

use wrt_core::{Graph, Id};

use crate::error::Error;
use crate::program::{Input, Program};
use crate::sums::{Fold, levels};

/// Takes a piece: rows of all data, and how many they are.
pub(crate) type Piece<'a> = dyn FnMut(&[Vec<f64>], usize) -> Result<(), Error> + 'a;

/// What a formula reads beside rows.
pub(crate) type Value<'a> = dyn Fn(&Program<f64>, &Input) -> Result<Vec<f64>, Error> + 'a;

/// Formulas of rows that come in pieces, compiled.
#[derive(Debug)]
pub(crate) struct Passes {
    levels: Vec<Pass>,
    /// The name of the number of all rows.
    rows: String,
    rest: Program<f64>,
    batch: String,
}

#[derive(Debug)]
struct Pass {
    program: Program<f64>,
    folds: Vec<Fold>,
    names: Vec<String>,
}

impl Passes {
    /// Of formulas; none where they see rows in another way than by sums, largest and smallest values.
    ///
    /// # Errors
    /// If something has no compiled form.
    pub(crate) fn of(graph: &mut Graph, formulas: &[Id], batch: &str) -> Result<Option<Passes>, Error> {
        // Names have no dots, so that these are of nobody else.
        let Some(found) = levels(graph, formulas, batch, "pass") else { return Ok(None) };
        let pass = |level: &crate::sums::Level| {
            let (folds, nodes): (Vec<Fold>, Vec<Id>) = level.folds.iter().copied().unzip();
            let names = level.symbols.iter().map(|id| graph.symbol_name(*id).to_string()).collect();
            Ok(Pass { program: Program::of_nodes(graph, &nodes)?, folds, names })
        };
        let levels = found.levels.iter().map(pass).collect::<Result<_, Error>>()?;
        let rows = graph.symbol_name(found.rows).to_string();
        Ok(Some(Passes { levels, rows, rest: Program::of_nodes(graph, &found.rest)?, batch: batch.to_string() }))
    }

    /// What they come to for so many rows, which `pass` hands over piece by piece, as often as it is asked. `data` are the
    /// names of the arrays in a piece.
    ///
    /// # Errors
    /// As [`Program::run`], and those of `value` and `pass`.
    pub(crate) fn run(
        &self,
        rows: usize,
        sizes: &[(&str, usize)],
        data: &[Input],
        value: &Value<'_>,
        pass: &mut dyn FnMut(&mut Piece<'_>) -> Result<(), Error>,
    ) -> Result<Vec<Vec<f64>>, Error> {
        let mut known: Vec<(&str, Vec<f64>)> = vec![(self.rows.as_str(), vec![rows as f64])];
        for level in &self.levels {
            let mut program = level.program.clone();
            program.set_sizes(sizes);
            let others = others(&program, data, &known, value)?;
            let (mut workspace, mut totals) = (program.workspace(), Vec::new());
            pass(&mut |piece: &[Vec<f64>], count: usize| {
                program.set_sizes(&[(&self.batch, count)]);
                let found = computed(&program, &mut workspace, &others, piece)?;
                if totals.is_empty() {
                    totals = found;
                    return Ok(());
                }
                for ((total, own), fold) in totals.iter_mut().zip(found).zip(&level.folds) {
                    let pairs = total.iter_mut().zip(own);
                    match fold {
                        Fold::Sum => pairs.for_each(|(total, x)| *total += x),
                        Fold::Max => pairs.for_each(|(total, x)| *total = total.max(x)),
                        Fold::Min => pairs.for_each(|(total, x)| *total = total.min(x)),
                    }
                }
                Ok(())
            })?;
            known.extend(level.names.iter().map(String::as_str).zip(totals));
        }
        let mut rest = self.rest.clone();
        rest.set_sizes(sizes);
        let others = others(&rest, data, &known, value)?;
        computed(&rest, &mut rest.workspace(), &others, &[])
    }
}

/// What a program reads, in its order.
enum Read {
    /// The array of a piece at this place.
    Piece(usize),
    Known(Vec<f64>),
}

fn others(
    program: &Program<f64>,
    data: &[Input],
    known: &[(&str, Vec<f64>)],
    value: &Value<'_>,
) -> Result<Vec<Read>, Error> {
    let one = |input: &Input| match data.iter().position(|d| d.name == input.name) {
        Some(k) => Ok(Read::Piece(k)),
        None => match known.iter().find(|(name, _)| *name == input.name) {
            Some((_, own)) => Ok(Read::Known(own.clone())),
            None => value(program, input).map(Read::Known),
        },
    };
    program.inputs().iter().map(one).collect()
}

fn computed(
    program: &Program<f64>,
    workspace: &mut wrt_engine::Workspace<f64>,
    read: &[Read],
    piece: &[Vec<f64>],
) -> Result<Vec<Vec<f64>>, Error> {
    let mut inputs: Vec<&[f64]> = Vec::with_capacity(read.len());
    for own in read {
        inputs.push(match own {
            Read::Piece(k) => piece.get(*k).map_or(&[], Vec::as_slice),
            Read::Known(own) => own,
        });
    }
    let mut found = program.room(&inputs);
    let mut lent: Vec<&mut [f64]> = found.iter_mut().map(Vec::as_mut_slice).collect();
    program.run(workspace, &inputs, &mut lent)?;
    Ok(found)
}
