//! Numbers at a point, which `run` vouches for.

use wrt_core::{Graph, Id, Number};

use crate::error::Error;

/// Exact values of symbols.
pub type Point<'a> = &'a [(Id, Number)];

/// The doubles nearest to the values of nodes at an exact point, or within one unit in the last place.
///
/// # Errors
/// For a name without a value.
pub fn values(graph: &Graph, ids: &[Id], at: Point<'_>) -> Result<Vec<f64>, Error> {
    Ok(wrt_run::values_at(graph, ids, at)?)
}
