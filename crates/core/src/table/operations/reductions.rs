//! Reductions over the last axis, and functions along it.

use super::{OperationRow, OperationSpelling, Pullback, split_trailing};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::Dim;
use crate::tensor::Refused;

/// `exp(x)/sum(exp(x))` along the last axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Softmax;

impl OperationRow for Softmax {
    const NAME: &'static str = "softmax";

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
        split_trailing(Self::NAME, graph, &args[0], 1)?;
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Result<Option<Ex<'b>>, &'static str> {
        let along = at.adjoint.einsum("i,i->", &[at.adjoint, at.value]);
        let rest = at.adjoint - at.adjoint.einsum(",i->i", &[along, at.value.ones_like()]);
        Ok(Some(at.adjoint.einsum("i,i->i", &[at.value, rest])))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], _: &[usize]) -> Result<Array<N>, String> {
        let mut out = args[0].clone();
        let (_, n) = out.split(1);
        for row in out.data.chunks_mut(n.max(1)) {
            let largest = row.iter().cloned().reduce(N::max);
            let Some(largest) = largest else { continue };
            row.iter_mut().for_each(|x| *x = (x.clone() - largest.clone()).exp());
            let Some(total) = row.iter().cloned().reduce(|a, b| a + b) else { continue };
            row.iter_mut().for_each(|x| *x = x.clone() / total.clone());
        }
        Ok(out)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        OperationSpelling {
            text: "softmax({0})".into(),
            latex: "\\operatorname{softmax}\\left({0}\\right)".into(),
            numpy: "scipy.special.softmax({0}, axis=-1)".into(),
            jax: "jax.nn.softmax({0})".into(),
        }
    }
}
