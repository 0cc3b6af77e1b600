//! The model once it is trained: layers with nothing left to chance, and with the averages that they have kept.

use wrt_core::Substitution;
use wrt_engine::EngineReal;

use crate::error::Error;
use crate::metrics::metrics;
use crate::model::Model;
use crate::program::Program;
use crate::session::{Id, Session};

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
