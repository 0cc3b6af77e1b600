//! The model once it is trained: layers with nothing left to chance, and with the averages that they have kept.

use wrt_core::Substitution;
use wrt_engine::EngineReal;

use crate::error::{Error, ErrorKind};
use crate::metrics::metrics;
use crate::model::Model;
use crate::passes::Passes;
use crate::program::{Input, Program};
use crate::session::{Id, Session};
use crate::sums::{are_of_sums, levels, split};

impl Session {
    /// What nodes are after training: dropout drops nothing, and normalisation over a batch takes its moving averages.
    pub(crate) fn after_training(&mut self, nodes: &[Id]) -> Vec<Id> {
        let layers = self.document().parsed().trained.clone();
        let graph = self.graph_mut();
        let mut substitution = Substitution::default();
        // A layer stands behind those in it.
        for layer in layers {
            let afterwards = substitution.apply(graph, layer.afterwards);
            substitution.set(layer.training, afterwards);
        }
        nodes.iter().map(|id| substitution.apply(graph, *id)).collect()
    }
}

/// The cost and the metrics of a model as they are after training, compiled together, with their names.
///
/// # Errors
/// If something has no compiled form, and where a metric has no meaning for what is predicted.
pub(crate) fn measures<T: EngineReal>(model: &Model) -> Result<(Program<T>, Vec<String>), Error> {
    model.cost().with_session(|session, root, _| {
        let (names, metrics) = metrics(session, root)?;
        let nodes: Vec<Id> = std::iter::once(root).chain(metrics).collect();
        let nodes = session.after_training(&nodes);
        let program = Program::of_nodes(session.graph(), &nodes)?;
        Ok((program, std::iter::once("loss".to_string()).chain(names).collect()))
    })
}

/// The same, of rows that come piece by piece.
///
/// # Errors
/// As [`measures`], and where one hangs on all rows at once, as what sorts them does.
pub(crate) fn measures_in_passes(model: &Model, batch: &str) -> Result<Passes, Error> {
    model.cost().with_session(|session, root, _| {
        let (names, metrics) = metrics(session, root)?;
        let nodes: Vec<Id> = std::iter::once(root).chain(metrics).collect();
        let nodes = session.after_training(&nodes);
        let mut graph = session.graph().clone();
        let names: Vec<String> = std::iter::once("loss".to_string()).chain(names).collect();
        if let Some(passes) = Passes::of(&mut graph, &nodes, batch)? {
            return Ok(passes);
        }
        let mut all = names.iter().zip(&nodes);
        let bad = all.find(|(_, id)| levels(&mut graph, &[**id], batch, "of").is_none());
        let what = match bad.map_or("loss", |(name, _)| name) {
            "loss" => "the cost".to_string(),
            name => format!("the metric `{name}`"),
        };
        let message = format!("{what} is of all rows at once, and rows that are streamed come piece by piece");
        let help = "a stream adds up over rows; leave it out, or hold all rows: stream = false";
        Err(Error::new(ErrorKind::Value, message).with_help(help))
    })
}

/// The metrics that are known of batches as they are met: those that hang on their rows by sums alone.
#[derive(Clone, Debug)]
pub(crate) struct Met {
    pub(crate) names: Vec<String>,
    /// The sums, as a step of training has them: its layers drop and normalise.
    pub(crate) nodes: Vec<Id>,
    /// What stands for them in the formulas of the metrics.
    pub(crate) sums: Vec<Input>,
    /// The metrics, of the totals over batches.
    pub(crate) formulas: Program<f64>,
}

impl Met {
    /// Those of a model whose rows are along the axis `batch`; none where there are none.
    ///
    /// # Errors
    /// As [`measures`].
    pub(crate) fn of(session: &mut Session, root: Id, batch: &str) -> Result<Option<Met>, Error> {
        let (names, nodes) = metrics(session, root)?;
        let afterwards = session.after_training(&nodes);
        let all = names.into_iter().zip(nodes).zip(afterwards);
        let own = all.filter(|(_, formula)| are_of_sums(session.graph(), &[*formula], batch));
        let (names, nodes): (Vec<String>, Vec<Id>) = own.map(|(own, _)| own).unzip();
        if names.is_empty() {
            return Ok(None);
        }
        // Names have no dots, so that these are of nobody else.
        let Some(split) = split(session.graph_mut(), &nodes, batch, "met.sum") else { return Ok(None) };
        let graph = session.graph();
        let sums = split.symbols.iter().map(|id| Input::of(graph, *id)).collect();
        let formulas = Program::of_nodes(graph, &split.rest)?;
        Ok(Some(Met { names, nodes: split.sums, sums, formulas }))
    }
}
