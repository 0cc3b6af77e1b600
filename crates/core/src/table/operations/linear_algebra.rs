//! Linear algebra on the last two axes.
//!
//! Derivatives after Petersen & Pedersen, "The Matrix Cookbook" (2012), section 2.

use super::{OperationRow, OperationSpelling, Pullback, split_trailing};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::Dim;
use crate::tensor::Refused;

fn square(name: &str, graph: &Graph, dims: &[Dim]) -> Result<(), Refused> {
    let (_, last) = split_trailing(name, graph, dims, 2)?;
    if last[0] != last[1] {
        return Err(Refused(format!("{name} needs a square matrix, found the shape {}", graph.shape_text(dims))));
    }
    Ok(())
}

/// The inverse of a matrix.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Inv;

impl OperationRow for Inv {
    const NAME: &'static str = "inv";

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
        square(Self::NAME, graph, &args[0])?;
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Result<Option<Ex<'b>>, &'static str> {
        Ok(Some(-at.adjoint.einsum("ki,kl,jl->ij", &[at.value, at.adjoint, at.value])))
    }

    fn evaluate<N: Real>(&self, _: &[&Array<N>], _: &[usize]) -> Result<Array<N>, String> {
        Err("not built yet".into())
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        OperationSpelling {
            text: "inv({0})".into(),
            latex: "{[0]}^{-1}".into(),
            numpy: "np.linalg.inv({0})".into(),
            jax: "jnp.linalg.inv({0})".into(),
        }
    }
}
