//! Eigenvalues and singular values.
//!
//! Derivatives after Magnus, "On differentiating eigenvalues and eigenvectors" (1985). Entries are independent: a function
//! of a symmetric matrix is one of the symmetric part (A + A')/2 of any matrix.

use super::factored::{Factorisation, Factors};
use super::linear_algebra::{BROKEN, Pulled, square};
use super::symmetric::Eigen;
use super::{
    Concat, Factored, OperationRow, OperationSpelling, Pad, Pullback, Reference, Samples, Slice, Tail, concatenated,
    repeated,
};
use super::{latex_of, leading, parts, samples, split_trailing};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::{Dim, Dimension};
use crate::tensor::ShapeError;

rows!($ spectra: Eigvalsh EighVectors Spectral Svdvals SvdSpread; factored: Eigvalsh EighVectors Spectral);

/// What turning pairs of rows until nothing is left beside the diagonal takes, beside one product.
const SWEEPS: u64 = 20;

const ANY: &str = "any square matrix, of which the symmetric part is taken";

/// Python that takes the symmetric part of its argument.
const SYMMETRIC: &str = "(lambda a: (a + np.swapaxes(a, -1, -2))/2)({0})";

fn spelling(text: &str, latex: &str, numpy: &str) -> OperationSpelling {
    OperationSpelling {
        text: text.into(),
        latex: latex.into(),
        numpy: numpy.into(),
        jax: numpy.replace(SYMMETRIC, "{0}").replace("np.", "jnp."),
    }
}

/// The eigenvalues of the symmetric part of a matrix in rising order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Eigvalsh;

impl Factored for Eigvalsh {
    const FACTORISATION: Factorisation = Factorisation::Eigen;

    fn evaluate_factored<N: Real>(
        &self,
        factors: &Factors<N>,
        _: &[&Array<N>],
        shape: &[usize],
        _: &N,
    ) -> Result<Array<N>, String> {
        Ok(factors.eigen()?.each(shape, Eigen::values))
    }
}

impl OperationRow for Eigvalsh {
    const NAME: &'static str = "eigvalsh";
    const DOMAIN: &'static str = ANY;
    const NAN: &'static str = "is not a number altogether, as where an entry is infinite";
    const TIES: &'static str =
        "no derivative where eigenvalues are equal, unless what is computed from them treats them alike";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", Eigvalsh, ["3x3 | 2 -1 0.5 -1 3 1 0.5 1 -4"];
            Smooth, "a matrix that is not symmetric", Eigvalsh, ["3x3 | 2 -1 0.5 0.25 3 1 -1.5 0.75 4"];
            Smooth, "a diagonal matrix", Eigvalsh, ["3x3 | 2 0 0 0 -1 0 0 0 0.5"];
            Smooth, "a singular matrix", Eigvalsh, ["2x2 | 1 2 2 4"];
            Smooth, "size 1", Eigvalsh, ["1x1 | -2.5"];
            Smooth, "no entries", Eigvalsh, ["0x0 |"];
            Smooth, "a batch axis in front", Eigvalsh, ["2x2x2 | 2 -1 -1 3 1 2 2 4"];
            Undefined("the eigenvalues are equal"), "an eigenvalue there twice", Eigvalsh, ["2x2 | 2 0 0 2"];
            Limit("not a number"), "not a number", Eigvalsh, ["2x2 | 2 nan 1 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        square(Self::NAME, graph, &args[0])?;
        Ok(args[0][..args[0].len() - 1].to_vec())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ex::operation(Spectral, &[at.args[0], at.adjoint]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        self.evaluate_factored(&Factors::compute(Self::FACTORISATION, args[0], like)?, &[], shape, like)
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
        repeated(SWEEPS, args, shape)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let numpy = format!("np.linalg.eigvalsh({SYMMETRIC})");
        spelling("eigvalsh({0})", "\\lambda\\left({0}\\right)", &numpy)
    }
}

/// One over the distances of the eigenvalues, λⱼ − λᵢ in row i and column j, and 0 on the diagonal.
fn over_distances<'b>(a: Ex<'b>) -> Result<Ex<'b>, &'static str> {
    let values = Ex::operation(Eigvalsh, &[a]).map_err(|_| BROKEN)?;
    let ones = values.last_ones();
    let identity = ones.einsum(
        "i,ij->ij",
        &[
            ones,
            values.node(values.made(|g| {
                let last = g.dims(values.id())[g.rank(values.id()) - 1];
                g.identity(&[last])
            })),
        ],
    );
    let (rows, columns) = (values.einsum("i,j->ij", &[values, ones]), values.einsum("j,i->ij", &[values, ones]));
    Ok(((columns - rows) + identity).pow(-1) - identity)
}

/// The eigenvectors of the symmetric part of a matrix in columns, by rising eigenvalue, the largest entry of each positive.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EighVectors;

impl Factored for EighVectors {
    const FACTORISATION: Factorisation = Factorisation::Eigen;

    fn evaluate_factored<N: Real>(
        &self,
        factors: &Factors<N>,
        _: &[&Array<N>],
        shape: &[usize],
        _: &N,
    ) -> Result<Array<N>, String> {
        Ok(factors.eigen()?.each(shape, Eigen::vectors))
    }
}

impl OperationRow for EighVectors {
    const NAME: &'static str = "eigh_vectors";
    const DOMAIN: &'static str = "square matrices, of which the symmetric part is taken; the eigenvalues must differ";
    const NAN: &'static str = "is not a number altogether, as where an entry is infinite";
    const TIES: &'static str = "not a number where eigenvalues are equal; of largest entries the first one is positive";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", EighVectors, ["3x3 | 2 -1 0.5 -1 3 1 0.5 1 -4"];
            Smooth, "a matrix that is not symmetric", EighVectors, ["2x2 | 2 -1 0.5 0.25"];
            Smooth, "a diagonal matrix", EighVectors, ["3x3 | 2 0 0 0 -1 0 0 0 0.5"];
            Smooth, "size 1", EighVectors, ["1x1 | -2.5"];
            Smooth, "no entries", EighVectors, ["0x0 |"];
            Smooth, "a batch axis in front", EighVectors, ["2x2x2 | 2 -1 -1 3 1 2 2 5"];
            Limit("the eigenvalues are equal"), "an eigenvalue there twice", EighVectors, ["2x2 | 2 0 0 2"];
            Limit("not a number"), "not a number", EighVectors, ["2x2 | 2 nan 1 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        square(Self::NAME, graph, &args[0])?;
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let (v, g) = (at.value, at.adjoint);
        let over = over_distances(at.args[0])?;
        let inner = g.einsum("ij,ki,kj->ij", &[over, v, g]);
        let whole = g.einsum("ai,ij,bj->ab", &[v, inner, v]);
        let half = g.ratio(1, 2);
        Ok(Some((whole + whole.transposed()) * half))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        self.evaluate_factored(&Factors::compute(Self::FACTORISATION, args[0], like)?, &[], shape, like)
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
        repeated(SWEEPS, args, shape)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let numpy = format!(
            "(lambda v: v*np.sign(np.take_along_axis(v, np.argmax(abs(v) >= 0.999999*abs(v).max(axis=-2, keepdims=True), \
             axis=-2)[..., None, :], axis=-2)) if v.size else v)(np.linalg.eigh({SYMMETRIC}).eigenvectors)"
        );
        spelling("eigh_vectors({0})", &latex_of("eigh_vectors({0})"), &numpy)
    }
}

/// V diag(g) V', where V are the eigenvectors of the symmetric part of the first argument: the derivative of its eigenvalues
/// times weights. It is a number where equal eigenvalues have equal weights, though V isn't.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Spectral;

impl Factored for Spectral {
    const FACTORISATION: Factorisation = Factorisation::Eigen;

    fn evaluate_factored<N: Real>(
        &self,
        factors: &Factors<N>,
        others: &[&Array<N>],
        shape: &[usize],
        _: &N,
    ) -> Result<Array<N>, String> {
        let [weights] = others else { return Err("spectral needs eigenvalues".into()) };
        Ok(factors.eigen()?.combined(weights, shape))
    }
}

impl OperationRow for Spectral {
    const NAME: &'static str = "spectral";
    const DOMAIN: &'static str =
        "square matrices, of which the symmetric part is taken, with one number for each eigenvalue in rising order";
    const NAN: &'static str = "is not a number altogether, as where an entry of the matrix is infinite";
    const TIES: &'static str =
        "not a number where equal eigenvalues have different numbers; no derivative where eigenvalues are equal";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", Spectral, ["3x3 | 2 -1 0.5 -1 3 1 0.5 1 -4", "3 | 1 -2 0.5"];
            Smooth, "a matrix that is not symmetric", Spectral, ["2x2 | 2 -1 0.5 0.25", "2 | 3 1"];
            Smooth, "size 1", Spectral, ["1x1 | -2.5", "1 | 3"];
            Smooth, "no entries", Spectral, ["0x0 |", "0 |"];
            Smooth, "a batch axis in front", Spectral, ["2x2x2 | 2 -1 -1 3 1 2 2 5", "2x2 | 1 2 -1 0.5"];
            Smooth, "one matrix for all", Spectral, ["2x2 | 2 -1 -1 3", "2x2 | 1 2 -1 0.5"];
            Undefined("the eigenvalues are equal"), "equal numbers for equal eigenvalues", Spectral, ["2x2 | 2 0 0 2", "2 | 3 3"];
            Limit("the eigenvalues are equal"), "an eigenvalue there twice", Spectral, ["2x2 | 2 0 0 2", "2 | 3 1"];
            Limit("not a number"), "not a number", Spectral, ["2x2 | 2 nan 1 3", "2 | 3 1"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let [a, g] = args else { return Err(ShapeError::Words("spectral takes a matrix and eigenvalues".into())) };
        let rest = square(Self::NAME, graph, a)?;
        let (others, own) = split_trailing(Self::NAME, graph, g, 1)?;
        if own[0] != a[a.len() - 1] {
            let (a, g) = (graph.shape_text(a), graph.shape_text(g));
            return Err(ShapeError::Words(format!("spectral takes a number for each eigenvalue, found {a} and {g}")));
        }
        Ok([&leading(Self::NAME, graph, &[rest, others])?[..], &a[a.len() - 2..]].concat())
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let (a, weights, g) = (at.args[0], at.args[1], at.adjoint);
        let v = Ex::operation(EighVectors, &[a]).map_err(|_| BROKEN)?;
        if argument == 1 {
            return Ok(Some(g.einsum("ai,ab,bi->i", &[v, g, v])));
        }
        // dV = V (F ∘ V' dA V) with F = 1/(λⱼ − λᵢ)
        let ones = weights.last_ones();
        let change = weights.einsum("j,i->ij", &[weights, ones]) - weights.einsum("i,j->ij", &[weights, ones]);
        let inner = g.einsum("ij,ij,ai,ab,bj->ij", &[over_distances(a)?, change, v, g, v]);
        let whole = g.einsum("ai,ij,bj->ab", &[v, inner, v]);
        let half = g.ratio(1, 2);
        Ok(Some((whole + whole.transposed()) * half))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        self.evaluate_factored(&Factors::compute(Self::FACTORISATION, args[0], like)?, &args[1..], shape, like)
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, argument: usize) -> usize {
        2 - argument
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        repeated(SWEEPS, args, shape)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let numpy = format!(
            "(lambda v, g: (v*g[..., None, :]) @ np.swapaxes(v, -1, -2))(np.linalg.eigh({SYMMETRIC}).eigenvectors, {{1}})"
        );
        spelling("spectral({0}, {1})", &latex_of("spectral({0}, {1})"), &numpy)
    }
}

/// The shorter of the last two axes.
fn shorter<'d>(name: &str, graph: &Graph, dims: &'d [Dim]) -> Result<(&'d [Dim], Dim), ShapeError> {
    let (rest, own) = split_trailing(name, graph, dims, 2)?;
    let size = |d: Dim| graph.dimension(d).as_size();
    match (own[0], own[1]) {
        (m, n) if m == n => Ok((rest, m)),
        (m, n) => match (size(m), size(n)) {
            (Some(a), Some(b)) => Ok((rest, if a < b { m } else { n })),
            _ => Err(ShapeError::Words(format!(
                "how many singular values a matrix of the shape {} has hangs on which axis is shorter; \
                 sqrt(eigvalsh(A' @ A)) has one for each column",
                graph.shape_text(dims)
            ))),
        },
    }
}

/// [[0, A], [A', 0]], whose eigenvalues are the singular values, their negatives, and zeros (Jordan & Wielandt; Golub & Van
/// Loan, section 8.6).
fn mirrored<N: Real>(like: &N, a: &[N], m: usize, n: usize) -> Vec<N> {
    let size = m + n;
    let entry = |i: usize, j: usize| match (i < m, j < m) {
        (true, false) => a[i * n + j - m].clone(),
        (false, true) => a[j * n + i - m].clone(),
        _ => like.ratio(0, 1),
    };
    (0..size * size).map(|k| entry(k / size, k % size)).collect()
}

/// The singular values in falling order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Svdvals;

impl OperationRow for Svdvals {
    const NAME: &'static str = "svdvals";
    const DOMAIN: &'static str = "all matrices of which it is known which axis is shorter";
    const NAN: &'static str = "is not a number altogether, as where an entry is infinite";
    const TIES: &'static str = "no derivative where singular values are equal, unless what is computed from them treats \
         them alike, nor where one is 0";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", Svdvals, ["2x2 | 2 -1 0.5 3"];
            Smooth, "more rows than columns", Svdvals, ["3x2 | 2 -1 0.5 0.25 3 1"];
            Smooth, "more columns than rows", Svdvals, ["2x3 | 2 -1 0.5 0.25 3 1"];
            Smooth, "size 1", Svdvals, ["1x1 | -2.5"];
            Smooth, "no entries", Svdvals, ["0x2 |"];
            Smooth, "a batch axis in front", Svdvals, ["2x2x2 | 2 -1 0.5 3 1 2 2 5"];
            Undefined("the singular values are equal"), "a rotation", Svdvals, ["2x2 | 0 -1 1 0"];
            Undefined("a singular value is 0"), "a matrix of rank 1", Svdvals, ["2x2 | 1 2 2 4"];
            Limit("not a number"), "not a number", Svdvals, ["2x2 | 2 nan 1 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let (rest, least) = shorter(Self::NAME, graph, &args[0])?;
        Ok([rest, &[least]].concat())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ex::operation(SvdSpread, &[at.args[0], at.adjoint]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        let [.., m, n] = args[0].shape[..] else { return Err("this is no matrix".into()) };
        let each = |a: &[N]| {
            let mut values = Eigen::of(like, &mirrored(like, a, m, n), m + n).values();
            values.truncate(m.min(n));
            values.into_iter().map(|x| -x).collect()
        };
        Ok(Array { shape: shape.to_vec(), data: concatenated(&mut parts(args[0], 2).map(each)) })
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
        repeated(SWEEPS, args, shape)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let numpy = "np.linalg.svd({0}, compute_uv=False)";
        spelling("svdvals({0})", "\\sigma\\left({0}\\right)", numpy)
    }
}

/// U diag(g) V', where U and V are the singular vectors: the derivative of the singular values times weights.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SvdSpread;

/// A square block matrix with this one above the diagonal and zeros elsewhere.
fn above<'b>(a: Ex<'b>) -> Result<Ex<'b>, &'static str> {
    let dims = a.dimensions();
    let [.., m, n] = &dims[..] else { return Err(BROKEN) };
    let wide = Ex::operation(Concat, &[a.zeros_last(m.clone()), a]).map_err(|_| BROKEN)?;
    Ok(padded(wide.transposed(), 0, m.add(n))?.transposed())
}

/// That block of such a matrix, where the last axis has so many entries.
fn corner<'b>(all: Ex<'b>, m: &Dimension, n: &Dimension) -> Result<Ex<'b>, &'static str> {
    let right = Ex::operation(Tail { length: n.clone() }, &[all]).map_err(|_| BROKEN)?;
    Ok(sliced(right.transposed(), 0, m.clone())?.transposed())
}

fn padded<'b>(x: Ex<'b>, start: i64, size: Dimension) -> Result<Ex<'b>, &'static str> {
    Ex::operation(Pad { start, step: 1, size }, &[x]).map_err(|_| BROKEN)
}

fn sliced<'b>(x: Ex<'b>, start: i64, length: Dimension) -> Result<Ex<'b>, &'static str> {
    Ex::operation(Slice { start, step: 1, length }, &[x]).map_err(|_| BROKEN)
}

impl OperationRow for SvdSpread {
    const NAME: &'static str = "svd_spread";
    const DOMAIN: &'static str =
        "matrices of which it is known which axis is shorter, with one number for each singular value in falling order";
    const NAN: &'static str = "is not a number altogether, as where an entry of the matrix is infinite";
    const TIES: &'static str =
        "not a number where equal singular values have different numbers, or 0 has another than 0";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", SvdSpread, ["2x2 | 2 -1 0.5 3", "2 | 1 -2"];
            Smooth, "more rows than columns", SvdSpread, ["3x2 | 2 -1 0.5 0.25 3 1", "2 | 1 -2"];
            Smooth, "more columns than rows", SvdSpread, ["2x3 | 2 -1 0.5 0.25 3 1", "2 | 1 -2"];
            Smooth, "size 1", SvdSpread, ["1x1 | -2.5", "1 | 3"];
            Smooth, "no entries", SvdSpread, ["0x2 |", "0 |"];
            Smooth, "a batch axis in front", SvdSpread, ["2x2x2 | 2 -1 0.5 3 1 2 2 5", "2x2 | 1 2 -1 0.5"];
            Limit("not a number"), "not a number", SvdSpread, ["2x2 | 2 nan 1 3", "2 | 1 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let [a, g] = args else { return Err(ShapeError::Words("svd_spread takes a matrix and numbers".into())) };
        let (rest, least) = shorter(Self::NAME, graph, a)?;
        let (others, own) = split_trailing(Self::NAME, graph, g, 1)?;
        if own[0] != least {
            let (a, g) = (graph.shape_text(a), graph.shape_text(g));
            let words = format!("svd_spread takes a number for each singular value, found {a} and {g}");
            return Err(ShapeError::Words(words));
        }
        Ok([&leading(Self::NAME, graph, &[rest, others])?[..], &a[a.len() - 2..]].concat())
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        // It is the upper right block of what `Spectral` is of the mirrored matrix, where −σ comes first: −g/2 u v'.
        let (a, weights) = (at.args[0], at.args[1]);
        let dims = a.dimensions();
        let [.., m, n] = &dims[..] else { return Err(BROKEN) };
        let mirrored = above(a)? + above(a)?.transposed();
        let size = m.add(n);
        let all = padded(weights * -2, 0, size)?;
        let args = [mirrored, all];
        let value = Ex::operation(Spectral, &args).map_err(|_| BROKEN)?;
        let inner = Pullback { args: &args, value, adjoint: above(at.adjoint)? };
        let Some(pulled) = Spectral.pullback(argument, &inner)? else { return Ok(None) };
        if argument == 1 {
            return Ok(Some(sliced(pulled, 0, weights.last_dimension())? * -2));
        }
        Ok(Some(corner(pulled + pulled.transposed(), m, n)?))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        let [.., m, n] = shape[..] else { return Err("this is no matrix".into()) };
        let eigens: Vec<Eigen<N>> =
            parts(args[0], 2).map(|a| Eigen::of(like, &mirrored(like, a, m, n), m + n)).collect();
        let weights: Vec<&[N]> = parts(args[1], 1).collect();
        let count = shape[..shape.len() - 2].iter().product();
        let one = |k: usize| {
            let own = weights[k % weights.len()].iter().map(|g| g.clone() * like.ratio(-2, 1));
            let mut all: Vec<N> = own.collect();
            all.resize(m + n, like.ratio(0, 1));
            let whole = eigens[k % eigens.len()].combined(&all);
            (0..m * n).map(|k| whole[k / n * (m + n) + m + k % n].clone()).collect()
        };
        Ok(Array { shape: shape.to_vec(), data: concatenated(&mut (0..count).map(one)) })
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, argument: usize) -> usize {
        2 - argument
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        repeated(SWEEPS, args, shape)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let numpy = "(lambda u, s, v, g: (u*g[..., None, :]) @ v)(*np.linalg.svd({0}, full_matrices=False), {1})";
        spelling("svd_spread({0}, {1})", &latex_of("svd_spread({0}, {1})"), numpy)
    }
}
