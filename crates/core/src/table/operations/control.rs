//! Operations that steer differentiation.

use super::{OperationRow, OperationSpelling, Pullback, Reference, Samples, passing, samples, spelled};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::Dim;
use crate::tensor::ShapeError;

rows!($ control: StopGradient Alias Override; factored:);

type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

/// Its argument, taken for a constant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StopGradient;

impl OperationRow for StopGradient {
    const NAME: &'static str = "stop_gradient";
    const DOMAIN: &'static str = "all x; its derivative is 0 by intent";
    const NAN: &'static str = "is left as it is";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Stopped, "a generic point", StopGradient, ["3 | 2 -0.5 3"];
            Stopped, "a scalar", StopGradient, ["| 2.5"];
            Stopped, "an empty axis", StopGradient, ["0 |"];
            Stopped, "a batch axis in front", StopGradient, ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Stopped, "a square matrix", StopGradient, ["2x2 | 2 -0.5 3 1"];
            Limit("0"), "infinite and undefined entries", StopGradient, ["3 | inf nan -inf"];
        }
    }

    fn shape(&self, _: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, _: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ok(None)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], _: &[usize], _: &N) -> Result<Array<N>, String> {
        Ok(args[0].clone())
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, _: usize) -> usize {
        0
    }

    fn keeps_symmetry(&self) -> bool {
        true
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        passing(args, shape)
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
    const DOMAIN: &'static str = "all x";
    const NAN: &'static str = "is left as it is";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", Alias { name: 0 }, ["3 | 2 -0.5 3"];
            Smooth, "a scalar", Alias { name: 1 }, ["| 2.5"];
            Smooth, "an empty axis", Alias { name: 2 }, ["0 |"];
            Smooth, "a batch axis in front", Alias { name: 3 }, ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Smooth, "a square matrix", Alias { name: 5 }, ["2x2 | 2 -0.5 3 1"];
            Limit("1"), "infinite and undefined entries", Alias { name: 4 }, ["3 | inf nan -inf"];
        }
    }

    fn shape(&self, _: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ok(Some(at.adjoint))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], _: &[usize], _: &N) -> Result<Array<N>, String> {
        Ok(args[0].clone())
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, _: usize) -> usize {
        0
    }

    fn keeps_symmetry(&self) -> bool {
        true
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        passing(args, shape)
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
    const DOMAIN: &'static str = "all values; its derivative is the one given";
    const NAN: &'static str = "is left as it is";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Given, "a generic point", Override, ["3 | 2 -0.5 3", "3 | 1 2 3", "3 | 0.25 -2 7"];
            Given, "one slope for all", Override, ["3 | 2 -0.5 3", "3 | 1 2 3", "| 0.25"];
            Given, "scalars", Override, ["| 2", "| 1", "| 0.25"];
            Given, "an empty axis", Override, ["0 |", "0 |", "0 |"];
            Given, "a batch axis in front", Override,
                ["2x2 | 2 -0.5 3 1", "2x2 | 1 2 3 4", "2x2 | 0.25 -2 7 -1"];
            Limit("the slope that is given"), "infinite and undefined entries", Override,
                ["3 | inf nan -inf", "3 | 1 2 3", "3 | 0.25 -2 7"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        match args {
            [value, x, slope] if value == x && (slope == x || slope.is_empty()) => Ok(value.clone()),
            _ => {
                let shapes: Vec<String> = args.iter().map(|a| graph.shape_text(a)).collect();
                Err(ShapeError::Words(format!(
                    "a function with a derivative of its own is elementwise; found {}",
                    shapes.join(", ")
                )))
            }
        }
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ok((argument == 1).then(|| at.adjoint * at.args[2]))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], _: &[usize], _: &N) -> Result<Array<N>, String> {
        Ok(args[0].clone())
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, _: usize) -> usize {
        0
    }

    fn keeps_symmetry(&self) -> bool {
        true
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        passing(args, shape)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        spelled("{0}")
    }
}
