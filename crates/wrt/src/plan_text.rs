//! Plans as texts: what a compiled program does, written, read back, verified and run.

use wrt_core::Id;
use wrt_engine::{EngineReal, Level, Needs, PLAN_LEGEND, ReadPlan, plan_needs, read_plan, run_plan};

use crate::error::{Error, ErrorKind};

/// A plan that was read: the steps of a compiled program, for the sizes that it was made for.
///
/// ```
/// use wrt::{Model, PlanText, compile};
/// let model = Model::parse("data x[n]; cost = sum(x^2)")?;
/// let text = compile::<f64>(&[model.cost()])?.plan_text(&[&[3.0, 4.0]])?;
/// let plan = PlanText::read(&text)?;
/// assert_eq!(plan.inputs(), [("x".to_string(), vec![2])]);
/// assert_eq!(plan.run::<f64>(&[("x", vec![3.0, 4.0])])?, [[25.0]]);
/// let error = PlanText::read(&text.replace("x[2]", "x[1]")).unwrap_err();
/// assert!(error.message().contains("`x` has not so many entries"), "{error}");
/// # Ok::<(), wrt::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PlanText(ReadPlan);

impl PlanText {
    /// What a person has to know to read a plan, in lines for behind the first one, which a reader passes over.
    pub const LEGEND: &'static str = PLAN_LEGEND;

    /// Reads a plan and verifies it: every size, place and position that it tells. What is wrong with it is an error, and
    /// never memory that is none of its own.
    ///
    /// # Errors
    /// Where the text is none of a plan of this version, or the plan could not run.
    pub fn read(text: &str) -> Result<PlanText, Error> {
        read_plan(text).map(PlanText).map_err(|e| Error::new(ErrorKind::Syntax, e.to_string()))
    }

    /// What it reads: names and shapes.
    pub fn inputs(&self) -> Vec<(String, Vec<usize>)> {
        let ReadPlan { program, graph, .. } = &self.0;
        program.inputs.iter().map(|(id, shape)| (graph.symbol_name(*id).to_string(), shape.clone())).collect()
    }

    /// What it gives: names and shapes.
    pub fn results(&self) -> Vec<(String, Vec<usize>)> {
        let shapes = self.0.program.results.iter().map(|r| r.shape.clone());
        self.0.results().into_iter().map(String::from).zip(shapes).collect()
    }

    /// The text, as it is written.
    pub fn text(&self) -> String {
        self.0.text()
    }

    /// The memory that it needs.
    ///
    /// # Errors
    /// Where a step has no compiled form.
    pub fn needs<T: EngineReal>(&self) -> Result<Needs, Error> {
        Ok(plan_needs::<T>(&self.0)?)
    }

    /// Floating-point operations of a run.
    pub fn operations(&self) -> u64 {
        self.0.program.operations()
    }

    /// Runs it once, for values by their names: the bits are those of the program that it was written of, in the same kind
    /// of number on a machine with the same instructions. A result that replaces what it is computed from is its new value.
    ///
    /// # Errors
    /// Where a value is missing or has another number of entries, and where a label is no position.
    pub fn run<T: EngineReal>(&self, values: &[(&str, Vec<T>)]) -> Result<Vec<Vec<T>>, Error> {
        let ReadPlan { program, graph, .. } = &self.0;
        let mut given: Vec<(Id, Vec<T>)> = Vec::with_capacity(values.len());
        for (id, shape) in &program.inputs {
            let name = graph.symbol_name(*id);
            let found = values.iter().find(|(n, _)| *n == name);
            let Some((_, value)) = found else {
                return Err(Error::new(ErrorKind::Unbound, format!("`{name}` has no value")));
            };
            if value.len() != shape.iter().product::<usize>() {
                let message =
                    format!("`{name}` has the shape {shape:?} in the plan, and {} entries are given", value.len());
                return Err(Error::new(ErrorKind::Shape, message));
            }
            given.push((*id, value.clone()));
        }
        Ok(run_plan(program, Level::best(), &given)?)
    }
}
