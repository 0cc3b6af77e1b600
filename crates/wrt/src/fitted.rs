//! Constants that hang on data, `const middle = mean(y)` or those of `standardize(X)`: known when there are rows.

use std::collections::{HashMap, HashSet};

use wrt_core::{Array, Id, Number, Substitution};
use wrt_run::Sizes;

use crate::constraints;
use crate::error::{Error, ErrorKind};
use crate::model::Model;
use crate::passes::{Passes, Piece};
use crate::program::{Input, Program};
use crate::sums::levels;

/// The value of data, or of a constant itself, where it is given.
pub type Given<'a> = dyn FnMut(&Input) -> Result<Option<Vec<f64>>, Error> + 'a;

/// A constant that hangs on data.
struct Fitted {
    input: Input,
    /// The formula that it is the value of.
    formula: Id,
    /// The names in that.
    reads: Vec<String>,
}

/// The constants of a model that hang on data, in the order of its text, so that each stands behind those it reads.
fn all(model: &Model) -> Vec<Fitted> {
    let session = model.cost().lock();
    let graph = session.graph();
    let one = |f: &wrt_language::Update| Fitted {
        input: Input::of(graph, f.symbol),
        formula: f.value,
        reads: graph.free_symbols(&[f.value]).iter().map(|id| graph.symbol_name(*id).to_string()).collect(),
    };
    session.document().parsed().fitted.iter().map(one).collect()
}

/// The names of all of them.
pub(crate) fn names(model: &Model) -> Vec<String> {
    all(model).into_iter().map(|f| f.input.name).collect()
}

/// Computes those of these names, and what they hang on, in double precision; what is given itself stays so. `rows` says
/// what the data is, in errors.
///
/// # Errors
/// Where one has no finite value or is not what is said of it, and where data is missing.
pub(crate) fn values(
    model: &Model,
    wanted: &[String],
    sizes: &[(&str, usize)],
    rows: &str,
    given: &mut Given<'_>,
) -> Result<Vec<(String, Vec<f64>)>, Error> {
    let all = all(model);
    let mut wanted: HashSet<&str> = wanted.iter().map(String::as_str).collect();
    let mut known: HashMap<&str, Vec<f64>> = HashMap::new();
    let mut needed = Vec::new();
    for constant in all.iter().rev() {
        if !wanted.contains(constant.input.name.as_str()) {
            continue;
        }
        match given(&constant.input)? {
            Some(own) => drop(known.insert(&constant.input.name, own)),
            None => {
                wanted.extend(constant.reads.iter().map(String::as_str));
                needed.push(constant);
            }
        }
    }
    for constant in needed.into_iter().rev() {
        let found = constant.computed(model, sizes, rows, &known, given)?;
        known.insert(&constant.input.name, found);
    }
    Ok(all.iter().filter_map(|f| Some((f.input.name.clone(), known.remove(f.input.name.as_str())?))).collect())
}

impl Fitted {
    fn computed(
        &self,
        model: &Model,
        sizes: &[(&str, usize)],
        rows: &str,
        known: &HashMap<&str, Vec<f64>>,
        given: &mut Given<'_>,
    ) -> Result<Vec<f64>, Error> {
        let name = &self.input.name;
        let program = Program::<f64>::of_nodes(model.cost().lock().graph(), &[self.formula])?.with_sizes(sizes);
        let mut value = |input: &Input| {
            if let Some(own) = known.get(input.name.as_str()) {
                return Ok(own.clone());
            }
            let own = match given(input)? {
                Some(own) => Some(own),
                None => program.own_value(model, input, 0, sizes)?,
            };
            let missing = || format!("`{}` has no value, and the constant `{name}` hangs on it", input.name);
            own.ok_or_else(|| Error::new(ErrorKind::Value, missing()))
        };
        let inputs = program.inputs().iter().map(&mut value).collect::<Result<Vec<_>, Error>>()?;
        let inputs: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
        let mut found = program.room(&inputs);
        let mut lent: Vec<&mut [f64]> = found.iter_mut().map(Vec::as_mut_slice).collect();
        program.run(&mut program.workspace(), &inputs, &mut lent)?;
        let shape = program.shapes(&inputs).swap_remove(0);
        held(model, name, found.swap_remove(0), shape, sizes, rows)
    }
}

/// Values of a constant that hangs on data, if they are finite and what is said of it.
fn held(
    model: &Model,
    name: &str,
    found: Vec<f64>,
    shape: Vec<usize>,
    sizes: &[(&str, usize)],
    rows: &str,
) -> Result<Vec<f64>, Error> {
    let finite: Option<Vec<Number>> = found.iter().map(|x| Number::from_f64(*x)).collect();
    let Some(data) = finite else {
        let x = found.iter().find(|x| !x.is_finite()).unwrap_or(&f64::NAN);
        return Err(Error::new(ErrorKind::Value, format!("`{name}` is {x} {rows}")));
    };
    let session = model.cost().lock();
    if let Some(d) = session.document().parsed().declarations.iter().find(|d| d.name == *name) {
        let sizes: Sizes = sizes.iter().map(|(n, k)| ((*n).to_string(), *k)).collect();
        constraints::hold(d, &Array { shape, data }, &sizes)?;
    }
    Ok(found)
}

/// All of them, of rows that come piece by piece.
pub(crate) struct Streamed {
    inputs: Vec<Input>,
    passes: Passes,
}

impl Streamed {
    /// Those of a model; none where it has none.
    ///
    /// # Errors
    /// Where one hangs on rows in another way than by sums, largest and smallest values.
    pub(crate) fn of(model: &Model, batch: &str) -> Result<Option<Streamed>, Error> {
        let session = model.cost().lock();
        let mut graph = session.graph().clone();
        let mut substitution = Substitution::default();
        let (mut inputs, mut formulas) = (Vec::new(), Vec::new());
        for fitted in &session.document().parsed().fitted {
            let formula = substitution.apply(&mut graph, fitted.value);
            substitution.set(fitted.symbol, formula);
            inputs.push(Input::of(&graph, fitted.symbol));
            formulas.push(formula);
        }
        if formulas.is_empty() {
            return Ok(None);
        }
        if let Some(passes) = Passes::of(&mut graph, &formulas, batch)? {
            return Ok(Some(Streamed { inputs, passes }));
        }
        let mut all = inputs.iter().zip(&formulas);
        let bad = all.find(|(_, id)| levels(&mut graph, &[**id], batch, "of").is_none());
        let name = bad.map_or("a constant", |(input, _)| &input.name);
        Err(Error::new(
            ErrorKind::Value,
            format!("`{name}` is of all rows at once, and rows that are streamed come piece by piece"),
        )
        .with_help("a stream knows sums, means, deviations, the largest and the smallest; or stream = false"))
    }

    /// What they are in the rows to train on, so many, which `pass` hands over.
    ///
    /// # Errors
    /// As [`values`].
    pub(crate) fn values(
        &self,
        model: &Model,
        rows: usize,
        sizes: &[(&str, usize)],
        data: &[Input],
        pass: &mut dyn FnMut(&mut Piece<'_>) -> Result<(), Error>,
    ) -> Result<Vec<(String, Vec<f64>)>, Error> {
        let value = |program: &Program<f64>, input: &Input| {
            let missing = || format!("`{}` has no value, and constants hang on it", input.name);
            let own = program.own_value(model, input, 0, sizes)?;
            own.ok_or_else(|| Error::new(ErrorKind::Value, missing()))
        };
        let found = self.passes.run(rows, sizes, data, &value, pass)?;
        let size = |name: &str| sizes.iter().find(|(n, _)| *n == name).map(|(_, k)| *k as u64);
        let one = |(input, found): (&Input, Vec<f64>)| {
            let shape = input.dims.iter().filter_map(|d| usize::try_from(d.evaluate(size)?).ok()).collect();
            Ok((input.name.clone(), held(model, &input.name, found, shape, sizes, "in the rows to train on")?))
        };
        self.inputs.iter().zip(found).map(one).collect()
    }
}
