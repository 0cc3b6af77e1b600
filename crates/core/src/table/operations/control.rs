//! Operations that steer differentiation.

use super::{OperationRow, OperationSpelling, Pullback, spelled};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::Dim;
use crate::tensor::Refused;

type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

/// Its argument, taken for a constant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StopGradient;

impl OperationRow for StopGradient {
    const NAME: &'static str = "stop_gradient";

    fn shape(&self, _: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, _: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ok(None)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], _: &[usize]) -> Result<Array<N>, String> {
        Ok(args[0].clone())
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        OperationSpelling {
            numpy: "{0}".into(),
            jax: "jax.lax.stop_gradient({0})".into(),
            ..spelled("stop_gradient({0})")
        }
    }
}

/// Its argument, as a node of its own by which can be differentiated.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Alias {
    /// Keeps it apart from other nodes of the same argument.
    pub name: usize,
}

impl OperationRow for Alias {
    const NAME: &'static str = "alias";

    fn shape(&self, _: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ok(Some(at.adjoint))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], _: &[usize]) -> Result<Array<N>, String> {
        Ok(args[0].clone())
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        spelled("{0}")
    }
}

/// A value with a derivative of its own: the arguments are the value, what it is a function of, and the derivative, all
/// elementwise.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Override;

impl OperationRow for Override {
    const NAME: &'static str = "override";

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
        match args {
            [value, x, slope] if value == x && (slope == x || slope.is_empty()) => Ok(value.clone()),
            _ => {
                let shapes: Vec<String> = args.iter().map(|a| graph.shape_text(a)).collect();
                Err(Refused(format!(
                    "a function with a derivative of its own is elementwise; found {}",
                    shapes.join(", ")
                )))
            }
        }
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ok((argument == 1).then(|| at.adjoint * at.args[2]))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], _: &[usize]) -> Result<Array<N>, String> {
        Ok(args[0].clone())
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        spelled("{0}")
    }
}
