//! The orthonormal factor of a matrix.

use super::linear_algebra::{BROKEN, Pulled};
use super::{OperationRow, OperationSpelling, Pullback, Reference, Samples, Solve, Tril, repeated, spelled};
use super::{concatenated, parts, samples, split_trailing};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::Dim;
use crate::tensor::ShapeError;

rows!($ orthogonal: QrQ; factored:);

/// Rounds of products for each column: two of taking away, so that nothing of the columns before is left by round-off.
const ROUNDS: u64 = 4;

/// The matrix Q of A = Q R, with as many orthonormal columns as A has columns, where R is upper triangular and its
/// diagonal positive: so it is unique, and smooth. R is Q' A.
///
/// Derivative after Walter & Lehmann, "Algorithmic differentiation of linear algebra functions with application in
/// optimum experimental design" (2012), section 4.2.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct QrQ;

/// The columns made orthonormal one after the other, each twice (Giraud, Langou & Rozložník, "The loss of orthogonality in
/// the Gram-Schmidt orthogonalization process", 2005).
fn orthonormal<N: Real>(like: &N, a: &[N], m: usize, n: usize) -> Vec<N> {
    let mut q = a.to_vec();
    for j in 0..n {
        for i in (0..2 * j).map(|round| round % j) {
            let inner = (0..m).fold(like.ratio(0, 1), |sum, k| sum + q[k * n + i].clone() * q[k * n + j].clone());
            for k in 0..m {
                q[k * n + j] = q[k * n + j].clone() - inner.clone() * q[k * n + i].clone();
            }
        }
        let length = (0..m).fold(like.ratio(0, 1), |length, k| length.hypot(q[k * n + j].clone()));
        for k in 0..m {
            q[k * n + j] = q[k * n + j].clone() / length.clone();
        }
    }
    q
}

impl OperationRow for QrQ {
    const NAME: &'static str = "qr_q";
    const DOMAIN: &'static str =
        "matrices of independent columns; not a number where a column depends on those before it";
    const NAN: &'static str = "passes it on to the column and those behind it";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", QrQ, ["3x3 | 2 -1 0.5 0.25 3 1 -1.5 0.75 4"];
            Smooth, "more rows than columns", QrQ, ["4x2 | 2 -1 0.5 0.25 3 1 -1.5 0.75"];
            Smooth, "a zero where the first column begins", QrQ, ["3x2 | 0 2 3 1 -1 0.5"];
            Smooth, "an upper triangle of both signs", QrQ, ["2x2 | -2 1 0 3"];
            Smooth, "columns nearly alike", QrQ, ["3x2 | 1 1 1 1.0009765625 1 0.9990234375"];
            Smooth, "a column", QrQ, ["3x1 | 2 -1 0.5"];
            Smooth, "size 1", QrQ, ["1x1 | -2.5"];
            Smooth, "no columns", QrQ, ["2x0 |"];
            Smooth, "a batch axis in front", QrQ, ["2x3x2 | 2 -1 0.5 0.25 3 1 1 2 -0.5 3 1 1"];
            Limit("the second column depends on the first"), "a matrix of rank 1", QrQ, ["2x2 | 1 2 0 0"];
            Limit("not a number"), "not a number", QrQ, ["2x2 | 2 1 nan 3"];
            Fails("at least as many rows as columns"), "more columns than rows", QrQ, ["1x2 | 1 2"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        split_trailing(Self::NAME, graph, &args[0], 2)?;
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let (q, g) = (at.value, at.adjoint);
        let r = q.einsum("ki,kj->ij", &[q, at.args[0]]);
        let halved = Ex::operation(Tril { halved: true }, &[g.einsum("ki,kj->ij", &[g, q])]).map_err(|_| BROKEN)?;
        // The lower triangle and its mirror image: the columns stay orthonormal.
        let kept = halved + halved.transposed();
        let moved = g - q.einsum("ik,kj->ij", &[q, kept]);
        Ok(Some(Ex::operation(Solve, &[r, moved.transposed()]).map_err(|_| BROKEN)?.transposed()))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        match *shape {
            [.., m, n] if m >= n => Ok(Array {
                shape: shape.to_vec(),
                data: concatenated(&mut parts(args[0], 2).map(|a| orthonormal(like, a, m, n))),
            }),
            [.., m, n] => Err(format!("qr_q needs at least as many rows as columns, found {m} by {n}")),
            _ => Err("this is no matrix".into()),
        }
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, _: usize) -> usize {
        2
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        repeated(ROUNDS, args, shape)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let numpy = "(lambda q, r: q*np.sign(np.diagonal(r, axis1=-2, axis2=-1))[..., None, :])(*np.linalg.qr({0}))";
        OperationSpelling { numpy: numpy.into(), jax: numpy.replace("np.", "jnp."), ..spelled("qr_q({0})") }
    }
}
