//! Linear algebra on the last two axes.
//!
//! Derivatives after Petersen & Pedersen, "The Matrix Cookbook" (2012), section 2, unless another source is named.

use super::jets::Jet;
use super::{Inv, dense, factoring, passing, repeated, spelled};
use super::{
    OperationRow, OperationSpelling, Pullback, Reference, Samples, concatenated, leading, parts, samples,
    split_trailing,
};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::Dim;
use crate::tensor::ShapeError;

rows!($ linear_algebra: Cofactor Cholesky Expm Frechet Pinv Tril; factored:);

pub(super) type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

pub(super) const BROKEN: &str = "its shape is broken";

/// The most multiplications for derivatives along directions; each further direction takes three times as many.
const MAX_WORK: u64 = 1 << 32;

pub(super) fn square<'d>(name: &str, graph: &Graph, dims: &'d [Dim]) -> Result<&'d [Dim], ShapeError> {
    let (rest, last) = split_trailing(name, graph, dims, 2)?;
    if last[0] != last[1] {
        return Err(ShapeError::Words(format!(
            "{name} needs a square matrix, found the shape {}",
            graph.shape_text(dims)
        )));
    }
    Ok(rest)
}

/// Each matrix of a stack.
fn each<N: Real>(x: &Array<N>, shape: &[usize], f: impl Fn(&[N], usize, usize) -> Vec<N>) -> Result<Array<N>, String> {
    let [.., m, n] = x.shape[..] else { return Err("this is no matrix".into()) };
    Ok(Array { shape: shape.to_vec(), data: concatenated(&mut parts(x, 2).map(|a| f(a, m, n))) })
}

/// A function of a first matrix along the directions that the others are, each stack as often as needed.
fn moved<N: Real>(
    args: &[&Array<N>],
    shape: &[usize],
    like: &N,
    f: impl Fn(Jet<N>) -> Jet<N>,
) -> Result<Array<N>, String> {
    let [.., n, _] = shape[..] else { return Err("this is no matrix".into()) };
    let count: usize = shape[..shape.len() - 2].iter().product();
    let side = (n as u64).saturating_pow(3).saturating_mul(count as u64);
    let work = 3u64.saturating_pow(args.len() as u32 - 1).saturating_mul(side);
    if work.saturating_mul(32) > MAX_WORK {
        let directions = args.len() - 1;
        return Err(format!("a derivative along {directions} directions of {n} by {n} matrices takes too long"));
    }
    let matrix = |x: &'_ Array<N>, k: usize| -> Vec<N> {
        let own = (x.data.len() / (n * n).max(1)).max(1);
        x.data[(k % own) * n * n..][..n * n].to_vec()
    };
    let mut data = (0..count).map(|k| {
        let all: Vec<Vec<N>> = args.iter().map(|a| matrix(a, k)).collect();
        let along: Vec<&[N]> = all[1..].iter().map(Vec::as_slice).collect();
        f(Jet::new(like, n, &all[0], &along)).last()
    });
    Ok(Array { shape: shape.to_vec(), data: concatenated(&mut data) })
}

/// The shape of what maps square matrices of one size, given one by one, to such a matrix.
fn alike(name: &str, graph: &Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
    let mut leads = Vec::with_capacity(args.len());
    for arg in args {
        let lead = square(name, graph, arg)?;
        if arg[lead.len()] != args[0][args[0].len() - 1] {
            let (a, b) = (graph.shape_text(&args[0]), graph.shape_text(arg));
            return Err(ShapeError::Words(format!("{name} takes matrices of one size, found {a} and {b}")));
        }
        leads.push(lead);
    }
    Ok([&leading(name, graph, &leads)?[..], &args[0][args[0].len() - 2..]].concat())
}

pub(super) fn spelling(name: &str, latex: &str, numpy: &str) -> OperationSpelling {
    OperationSpelling {
        text: format!("{name}({{0}})"),
        latex: latex.into(),
        numpy: numpy.into(),
        // The upper triangle is not read.
        jax: numpy
            .replace("np.", "jnp.")
            .replace("scipy.", "jax.scipy.")
            .replace("cholesky({0})", "cholesky({0}, symmetrize_input=False)"),
    }
}

macro_rules! of_matrices {
    ($($(#[$doc:meta])* $row:ident $name:literal ($latex:literal, $numpy:literal) {
        domain: $domain:literal, nan: $nan:literal, ties: $ties:literal, symmetric: $symmetric:literal, rounds: $rounds:literal,
        shape: $shape:expr, pullback: $pullback:expr, value: $evaluate:expr,
        samples: { $($samples:tt)* }
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Debug)]
        pub struct $row;

        impl OperationRow for $row {
            const NAME: &'static str = $name;
            const DOMAIN: &'static str = $domain;
            const NAN: &'static str = $nan;
            const TIES: &'static str = $ties;
            const REFERENCE: Reference = Reference::Oracle;

            fn samples() -> Samples {
                samples! { $($samples)* }
            }

            fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
                let shape: fn(&Graph, &[Dim]) -> Result<Vec<Dim>, ShapeError> = $shape;
                shape(graph, &args[0])
            }

            fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
                let pull: for<'x> fn(&Pullback<'_, 'x>) -> Pulled<'x> = $pullback;
                pull(at)
            }

            fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
                let f: fn(&N, &[N], usize, usize) -> Vec<N> = $evaluate;
                each(args[0], shape, |a, m, n| f(like, a, m, n))
            }

            fn named(&self) -> Vec<usize> {
                Vec::new()
            }

            fn core_axes(&self, _: usize) -> usize {
                2
            }

            fn keeps_symmetry(&self) -> bool {
                $symmetric
            }

            fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
                repeated($rounds, args, shape)
            }

            fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
                spelling($name, $latex, $numpy)
            }
        }
    )*};
}

of_matrices! {
    /// The lower triangular factor of a symmetric positive definite matrix, of which the lower triangle is read.
    ///
    /// Derivative after Murray, "Differentiation of the Cholesky decomposition" (2016), with the entries independent.
    Cholesky "cholesky" ("\\mathrm{chol}\\left({0}\\right)", "np.linalg.cholesky({0})") {
        domain: "positive definite matrices, of which the lower triangle is read, and the limit at singular ones; elsewhere not a number, where NumPy raises an error",
        nan: "passes it on to what is computed from it", ties: "", symmetric: false, rounds: 1,
        shape: |g, d| square("cholesky", g, d).map(|_| d.to_vec()),
        pullback: |at| {
            let halved = |x: Ex<'_>| Ex::operation(Tril { halved: true }, &[x]).map(|e| e.id()).map_err(|_| BROKEN);
            let (l, g) = (at.value, at.adjoint);
            let inverse = Ex::operation(Inv, &[l]).map_err(|_| BROKEN)?;
            let p = g.node(halved(g.einsum("ki,kj->ij", &[l, g]))?);
            let s = g.einsum("ki,kl,lj->ij", &[inverse, p, inverse]);
            Ok(Some(g.node(halved(s + s.einsum("ij->ji", &[s]))?)))
        },
        value: |like, a, n, _| dense::cholesky(like, a, n),
        samples: {
            Smooth, "a generic point", Cholesky, ["3x3 | 4 1 -0.5 1 3 0.75 -0.5 0.75 2"];
            Smooth, "an upper triangle that is not read", Cholesky, ["2x2 | 4 100 1 3"];
            Smooth, "size 1", Cholesky, ["1x1 | 2.5"];
            Smooth, "no entries", Cholesky, ["0x0 |"];
            Smooth, "a batch axis in front", Cholesky, ["2x2x2 | 2 0.5 0.5 3 5 -2 -2 4"];
            Undefined("the matrix is singular"), "a matrix of rank 1", Cholesky, ["2x2 | 1 2 2 4"];
        }
    }
    /// The exponential of a matrix.
    Expm "expm" ("e^{{{0}}}", "scipy.linalg.expm({0})") {
        domain: "square matrices", nan: "is not a number altogether, as where an entry is infinite", ties: "", symmetric: true, rounds: 20,
        shape: |g, d| square("expm", g, d).map(|_| d.to_vec()),
        pullback: |at| {
            let transposed = at.args[0].einsum("ij->ji", &[at.args[0]]);
            Ex::operation(Frechet, &[transposed, at.adjoint]).map(Some).map_err(|_| BROKEN)
        },
        value: |like, a, n, _| Jet::new(like, n, a, &[]).exponential().last(),
        samples: {
            Smooth, "a generic point", Expm, ["2x2 | 0.5 -1 0.25 1"];
            Smooth, "three rows", Expm, ["3x3 | 0.5 -1 0.25 0.25 1 0.5 -1.5 0.75 -0.5"];
            Smooth, "a large norm", Expm, ["2x2 | 3 -2 1.5 -4"];
            Smooth, "a nilpotent matrix", Expm, ["2x2 | 0 1 0 0"];
            Smooth, "zeros", Expm, ["2x2 | 0 0 0 0"];
            Smooth, "size 1", Expm, ["1x1 | -2.5"];
            Smooth, "no entries", Expm, ["0x0 |"];
            Smooth, "a batch axis in front", Expm, ["2x2x2 | 0.5 -1 0.25 1 -0.5 0.25 1 0"];
            Limit("not a number"), "not a number", Expm, ["2x2 | 0.5 nan 1 0.25"];
        }
    }
    /// The Moore-Penrose inverse.
    ///
    /// Derivative after Golub & Pereyra, "The differentiation of pseudo-inverses" (1973).
    Pinv "pinv" ("{[0]}^{+}", "np.linalg.pinv({0})") {
        domain: "all matrices; the derivative exists where the rank is full", nan: "passes it on",
        ties: "jumps where the rank falls", symmetric: true, rounds: 20,
        shape: |g, d| {
            let (rest, last) = split_trailing("pinv", g, d, 2)?;
            Ok([rest, &[last[1], last[0]]].concat())
        },
        pullback: |at| {
            let (a, p, g) = (at.args[0], at.value, at.adjoint);
            let main = g.einsum("ji,jk,lk->il", &[p, g, p]);
            let left = g.einsum("ji,jk,lk->il", &[g, p, p]);
            let left = left - g.einsum("ij,jk,lk,lm,nm->in", &[a, p, g, p, p]);
            let right = g.einsum("ji,jk,lk->il", &[p, p, g]);
            let right = right - g.einsum("ji,jk,lk,lm,mn->in", &[p, p, g, p, a]);
            Ok(Some(left + right - main))
        },
        value: dense::pseudo_inverse,
        samples: {
            Smooth, "more rows than columns", Pinv, ["3x2 | 2 -1 0.5 0.25 3 1"];
            Smooth, "more columns than rows", Pinv, ["2x3 | 2 -1 0.5 0.25 3 1"];
            Smooth, "a square matrix", Pinv, ["2x2 | 2 -1 0.5 3"];
            Smooth, "an ill-conditioned matrix", Pinv, ["3x2 | 1 1 1 1.0009765625 1 0.9990234375"];
            Smooth, "a column", Pinv, ["3x1 | 2 -1 0.5"];
            Smooth, "size 1", Pinv, ["1x1 | -2.5"];
            Smooth, "no entries", Pinv, ["0x2 |"];
            Smooth, "a batch axis in front", Pinv, ["2x3x2 | 2 -1 0.5 0.25 3 1 1 2 -0.5 3 1 1"];
            Limit("the inverse jumps where the rank drops"), "a matrix of rank 1", Pinv, ["3x2 | 1 2 2 4 3 6"];
            Limit("the inverse jumps where the rank drops"), "zeros", Pinv, ["2x3 | 0 0 0 0 0 0"];
        }
    }
}

/// The matrix of cofactors, `det(A)*inv(A)'` where there is an inverse; with further matrices, its mixed derivative along
/// these directions.
///
/// ⟨G, C(A; E, …, F)⟩ is the derivative of the determinant along all of G, E, …, F, whatever their order: so the
/// pullback to F is C(A; E, …, G), and to move A is one direction more.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cofactor;

impl OperationRow for Cofactor {
    const NAME: &'static str = "cofactor";
    const DOMAIN: &'static str = "square matrices, also singular ones; of any number of directions";
    const NAN: &'static str = "passes it on";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", Cofactor, ["3x3 | 2 -1 0.5 0.25 3 1 -1.5 0.75 4"];
            Smooth, "four rows", Cofactor, ["4x4 | 2 -1 0.5 1 0.25 3 1 -2 -1.5 0.75 4 0.5 1 1 -1 5"];
            Smooth, "a singular matrix", Cofactor, ["3x3 | 1 2 3 4 5 6 7 8 9"];
            Smooth, "a matrix of rank 1", Cofactor, ["3x3 | 1 2 3 2 4 6 -1 -2 -3"];
            Smooth, "rank 3 of 4", Cofactor, ["4x4 | 1 2 3 4 2 1 0 1 3 3 3 5 1 -1 -3 2"];
            Smooth, "rank 2 of 4", Cofactor, ["4x4 | 1 2 3 4 2 1 0 1 3 3 3 5 1 -1 -3 -3"];
            Smooth, "zeros", Cofactor, ["3x3 | 0 0 0 0 0 0 0 0 0"];
            Smooth, "size 1", Cofactor, ["1x1 | -2.5"];
            Smooth, "no entries", Cofactor, ["0x0 |"];
            Smooth, "a batch axis in front", Cofactor, ["2x2x2 | 2 -1 0.5 3 1 2 2 5"];
            Smooth, "along a direction", Cofactor,
                ["3x3 | 2 -1 0.5 0.25 3 1 -1.5 0.75 4", "3x3 | 1 0.5 -2 3 0.25 1 0 -1 2"];
            Smooth, "along a direction of a singular matrix", Cofactor,
                ["3x3 | 1 2 3 2 4 6 -1 -2 -3", "3x3 | 1 0.5 -2 3 0.25 1 0 -1 2"];
            Smooth, "along two directions", Cofactor,
                ["3x3 | 1 2 3 4 5 6 7 8 9", "3x3 | 1 0.5 -2 3 0.25 1 0 -1 2", "3x3 | 2 1 1 -1 0.5 3 1 -0.25 1"];
            Smooth, "along a stack of directions", Cofactor, ["2x2 | 2 -1 0.5 3", "2x2x2 | 1 0.5 -2 3 0.25 1 0 -1"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        alike(Self::NAME, graph, args)
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let others = at.args.iter().enumerate().filter(|(k, _)| argument == 0 || *k != argument);
        let args: Vec<Ex<'b>> = others.map(|(_, a)| *a).chain([at.adjoint]).collect();
        Ex::operation(Cofactor, &args).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        let n = shape.last().copied().unwrap_or(0);
        if args.len() == 1 && n <= 3 {
            let minors = |a: &[N], n: usize, _| (0..n * n).map(|k| dense::cofactor(like, a, n, k / n, k % n)).collect();
            return each(args[0], shape, minors);
        }
        moved(args, shape, like, |a| a.cofactors())
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, _: usize) -> usize {
        2
    }

    fn keeps_symmetry(&self) -> bool {
        true
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        factoring(args, shape)
    }

    fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let list: Vec<String> = (0..args.len()).map(|k| format!("{{{k}}}")).collect();
        let written = spelled(&format!("cofactor({})", list.join(", ")));
        if args.len() > 1 {
            return OperationSpelling { numpy: String::new(), jax: String::new(), ..written };
        }
        // U diag(the products of the other singular values) V' det(U V'), which needs no inverse.
        let python = "(lambda u, s, v: np.linalg.det(u @ v)[..., None, None]*\
                      ((u*np.prod(np.where(np.eye(s.shape[-1]) > 0, 1, s[..., None, :]), axis=-1)[..., None, :]) @ v))\
                      (*np.linalg.svd({0}))";
        let latex = "\\det\\left({0}\\right) {[0]}^{-\\top}";
        OperationSpelling { text: written.text, ..spelling("cofactor", latex, python) }
    }
}

/// The lower triangle; with the diagonal halved, the inverse of adding the transpose to a symmetric matrix.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Tril {
    /// Is the diagonal halved?
    pub halved: bool,
}

impl Tril {
    /// The lower triangle with its diagonal.
    pub fn lower() -> Tril {
        Tril { halved: false }
    }
}

impl OperationRow for Tril {
    const NAME: &'static str = "tril";
    const DOMAIN: &'static str = "all matrices";
    const NAN: &'static str = "passes it on, below the diagonal and on it";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let (lower, halved) = (Tril::lower(), Tril { halved: true });
        samples! {
            Smooth, "a generic point", lower.clone(), ["3x3 | 2 -1 0.5 0.25 3 1 -1.5 0.75 4"];
            Smooth, "more rows than columns", lower.clone(), ["3x2 | 2 -1 0.5 0.25 3 1"];
            Smooth, "more columns than rows", lower.clone(), ["2x3 | 2 -1 0.5 0.25 3 1"];
            Smooth, "half of the diagonal", halved.clone(), ["3x3 | 2 -1 0.5 0.25 3 1 -1.5 0.75 4"];
            Smooth, "half of the diagonal, more columns than rows", halved.clone(), ["2x3 | 2 -1 0.5 0.25 3 1"];
            Smooth, "size 1", halved, ["1x1 | -2.5"];
            Smooth, "no entries", lower.clone(), ["0x2 |"];
            Smooth, "a batch axis in front", lower.clone(), ["2x2x2 | 2 -1 0.5 3 1 2 2 4"];
            Limit("0 above the diagonal, whatever stands there"), "infinities", lower, ["2x2 | 2 inf -inf nan"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        split_trailing(Self::NAME, graph, &args[0], 2)?;
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ex::operation(self.clone(), &[at.adjoint]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        each(args[0], shape, |a, m, n| {
            let entry = |i: usize, j: usize| match i.cmp(&j) {
                std::cmp::Ordering::Less => like.ratio(0, 1),
                std::cmp::Ordering::Equal if self.halved => a[i * n + j].clone() * like.ratio(1, 2),
                _ => a[i * n + j].clone(),
            };
            (0..m * n).map(|k| entry(k / n, k % n)).collect()
        })
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
        passing(args, shape)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let name = if self.halved { "tril_halved" } else { "tril" };
        let python = if self.halved { String::new() } else { "np.tril({0})".to_string() };
        spelling(name, &format!("\\mathrm{{{}}}\\left({{0}}\\right)", name.replace('_', "\\_")), &python)
    }
}

/// The mixed derivative of the exponential at the first matrix along the directions of the others (Higham & Relton,
/// "Higher order Fréchet derivatives of matrix functions", 2014).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Frechet;

impl OperationRow for Frechet {
    const NAME: &'static str = "expm_frechet";
    const DOMAIN: &'static str = "square matrices of one size";
    const NAN: &'static str = "is not a number altogether, as where an entry of the first matrix is infinite";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", Frechet, ["2x2 | 0.5 -1 0.25 1", "2x2 | 1 0.5 -2 3"];
            Smooth, "three rows", Frechet,
                ["3x3 | 0.5 -1 0.25 0.25 1 0.5 -1.5 0.75 -0.5", "3x3 | 1 0.5 -2 3 0.25 1 0 -1 2"];
            Smooth, "a large norm", Frechet, ["2x2 | 3 -2 1.5 -4", "2x2 | 1 0.5 -2 3"];
            Smooth, "along two directions", Frechet,
                ["2x2 | 0.5 -1 0.25 1", "2x2 | 1 0.5 -2 3", "2x2 | 2 1 1 -0.25"];
            Smooth, "along four directions", Frechet,
                ["2x2 | 0.5 -1 0.25 1", "2x2 | 1 0.5 -2 3", "2x2 | 2 1 1 -0.25", "2x2 | 0 1 1 0", "2x2 | 1 1 0 1"];
            Smooth, "zeros", Frechet, ["2x2 | 0 0 0 0", "2x2 | 1 0.5 -2 3"];
            Smooth, "size 1", Frechet, ["1x1 | -2.5", "1x1 | 3"];
            Smooth, "no entries", Frechet, ["0x0 |", "0x0 |"];
            Smooth, "a batch axis in front", Frechet, ["2x2x2 | 0.5 -1 0.25 1 -0.5 0.25 1 0", "2x2x2 | 1 0.5 -2 3 0.25 1 0 -1"];
            Smooth, "a stack of directions", Frechet, ["2x2 | 0.5 -1 0.25 1", "2x2x2 | 1 0.5 -2 3 0.25 1 0 -1"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        alike(Self::NAME, graph, args)
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        // ⟨G, L(A; E, …, F)⟩ is ⟨L(A'; E', …, G), F⟩, and to move A is one direction more.
        let others = at.args.iter().enumerate().filter(|(k, _)| argument == 0 || *k != argument);
        let turned = others.map(|(_, a)| a.einsum("ij->ji", &[*a]));
        let args: Vec<Ex<'b>> = turned.chain([at.adjoint]).collect();
        Ex::operation(Frechet, &args).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        moved(args, shape, like, |a| a.exponential())
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, _: usize) -> usize {
        2
    }

    fn keeps_symmetry(&self) -> bool {
        true
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        repeated(40, args, shape)
    }

    fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let list: Vec<String> = (0..args.len()).map(|k| format!("{{{k}}}")).collect();
        let text = format!("expm_frechet({})", list.join(", "));
        if args.len() > 2 || args[0].len() != args[1].len() {
            return OperationSpelling { numpy: String::new(), jax: String::new(), ..spelled(&text) };
        }
        OperationSpelling {
            numpy: "scipy.linalg.expm_frechet({0}, {1}, compute_expm=False)".into(),
            jax: "jax.scipy.linalg.expm_frechet({0}, {1}, compute_expm=False)".into(),
            ..spelled(&text)
        }
    }
}
