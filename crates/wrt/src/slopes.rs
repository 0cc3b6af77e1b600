//! What slopes tell of a training: their norms for each parameter, and the longest step that is stable.

use wrt_core::{Assumptions, Graph, Id, Primitive, Role};
use wrt_engine::EngineReal;
use wrt_kernels::Stream;

use crate::derivatives;
use crate::error::Error;
use crate::model::Model;
use crate::optimisers::descent_of;
use crate::program::Program;
use crate::session::Session;
use crate::training_options::TrainingOptions;

/// Nodes of a cost up to which its curvature is looked at before the first step.
const MANY_NODES: usize = 400;
/// The same for entries of parameters.
const MANY_ENTRIES: usize = 1 << 20;
/// Products with the Hessian that are made.
const ROUNDS: usize = 12;

/// The parameters that the cost hangs on.
pub(crate) fn parameters(session: &Session, root: Id) -> Vec<Id> {
    let below = session.graph().free_symbols(&[root]);
    let declared = session.document().parsed().declarations.iter();
    declared.filter(|d| d.role == Role::Parameter && below.contains(&d.id)).map(|d| d.id).collect()
}

/// Computes the norm of the gradient by each parameter, with the names of these.
pub(crate) fn norms<T: EngineReal>(model: &Model) -> Result<(Program<T>, Vec<String>), Error> {
    model.cost().with_session(|session, root, _| {
        let root = session.after_training(&[root])[0];
        let wrt = parameters(session, root);
        let names = wrt.iter().map(|id| session.graph().symbol_name(*id).to_string()).collect();
        let mut graph = session.graph().clone();
        let slopes = derivatives::gradient(&mut graph, root, &wrt)?;
        let norms: Vec<Id> = slopes
            .into_iter()
            .map(|slope| {
                let square = product(&mut graph, slope, slope);
                graph.map(Primitive::Sqrt, &[square])
            })
            .collect();
        Ok((Program::of_nodes(&graph, &norms)?, names))
    })
}

/// The sum of the products of the entries of two arrays.
fn product(graph: &mut Graph, a: Id, b: Id) -> Id {
    let dims = graph.dims(a).to_vec();
    let labels: Vec<u8> = (0..dims.len() as u8).collect();
    graph.einsum(&[a, b], &[&labels, &labels], &[], &dims)
}

/// Runs a program with values for names that it reads beside data and parameters.
pub(crate) type Multiply<'a, T> = dyn FnMut(&Program<T>, &[(&str, &[T])]) -> Result<Vec<Vec<T>>, Error> + 'a;

/// A program that multiplies with the Hessian of the cost, and how long a step along a slope may be, in units of one over
/// the largest curvature.
pub(crate) struct Curvature<T> {
    pub(crate) program: Program<T>,
    /// Parameters, with the names of directions along them.
    along: Vec<(String, String)>,
    limit: f64,
}

impl<T: EngineReal> Curvature<T> {
    /// Of a model that is trained by steps along its slopes; none for other optimisers, and where it would take long.
    pub(crate) fn of(model: &Model, options: &TrainingOptions) -> Result<Option<Curvature<T>>, Error> {
        model.cost().with_session(|session, root, _| {
            let Some(limit) = descent_of(session, options) else { return Ok(None) };
            let root = session.after_training(&[root])[0];
            let wrt = parameters(session, root);
            if session.graph().reachable(&[root]).len() > MANY_NODES || wrt.is_empty() {
                return Ok(None);
            }
            let mut graph = session.graph().clone();
            let (mut along, mut directions) = (Vec::new(), Vec::new());
            for id in &wrt {
                let name = graph.symbol_name(*id).to_string();
                let dims = graph.dims(*id).to_vec();
                // No text can write that.
                let own = format!("{name}.direction");
                directions.push(graph.tensor_symbol(&own, Role::Variable, &dims, Assumptions::default()));
                along.push((name, own));
            }
            let bends = derivatives::hvp(&mut graph, root, &wrt, &directions)?;
            Ok(Some(Curvature { program: Program::of_nodes(&graph, &bends)?, along, limit }))
        })
    }

    /// The longest rate that is stable, by as many rounds of the power method; none where nothing is convex.
    pub(crate) fn stable_rate(
        &self,
        entries: &dyn Fn(&str) -> usize,
        multiply: &mut Multiply<'_, T>,
    ) -> Result<Option<f64>, Error> {
        let sizes: Vec<usize> = self.along.iter().map(|(name, _)| entries(name)).collect();
        if sizes.iter().sum::<usize>() > MANY_ENTRIES {
            return Ok(None);
        }
        let start = |(k, n): (usize, &usize)| {
            let stream = Stream::new(0, "curvature", k as u32);
            (0..*n as u64).map(|k| stream.normal(k)).collect::<Vec<f64>>()
        };
        let mut v: Vec<Vec<f64>> = sizes.iter().enumerate().map(start).collect();
        let mut largest = 0.0;
        for _ in 0..ROUNDS {
            let norm = v.iter().flatten().map(|x| x * x).sum::<f64>().sqrt();
            if !(norm > 0.0 && norm.is_finite()) {
                return Ok(None);
            }
            v.iter_mut().flatten().for_each(|x| *x /= norm);
            let own: Vec<Vec<T>> = v.iter().map(|v| v.iter().map(|x| T::from_f64(*x)).collect()).collect();
            let given: Vec<(&str, &[T])> =
                self.along.iter().zip(&own).map(|((_, name), v)| (name.as_str(), v.as_slice())).collect();
            let found = multiply(&self.program, &given)?;
            let found: Vec<Vec<f64>> = found.iter().map(|h| h.iter().map(|x| x.to_f64()).collect()).collect();
            largest = v.iter().flatten().zip(found.iter().flatten()).map(|(a, b)| a * b).sum();
            v = found;
        }
        // Rayleigh's quotient is never above the largest curvature, so that a rate beyond this is too large for sure.
        Ok((largest > 0.0).then(|| self.limit / largest))
    }
}
