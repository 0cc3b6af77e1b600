//! Linear algebra on the last two axes.
//!
//! Derivatives after Petersen & Pedersen, "The Matrix Cookbook" (2012), section 2, unless another source is named.

use super::dense;
use super::{OperationRow, OperationSpelling, Pullback, split_trailing};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::Dim;
use crate::tensor::Refused;

type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

const BROKEN: &str = "its shape is broken";

/// Along so many directions at most the exponential is differentiated: its blocks double with each.
const MAX_DIRECTIONS: usize = 4;

fn square<'d>(name: &str, graph: &Graph, dims: &'d [Dim]) -> Result<&'d [Dim], Refused> {
    let (rest, last) = split_trailing(name, graph, dims, 2)?;
    if last[0] != last[1] {
        return Err(Refused(format!("{name} needs a square matrix, found the shape {}", graph.shape_text(dims))));
    }
    Ok(rest)
}

/// Each matrix of a stack.
fn each<N: Real>(x: &Array<N>, shape: &[usize], f: impl Fn(&[N], usize, usize) -> Vec<N>) -> Result<Array<N>, String> {
    let [.., m, n] = x.shape[..] else { return Err("this is no matrix".into()) };
    if m * n == 0 {
        return Err("a matrix without entries".into());
    }
    Ok(Array { shape: shape.to_vec(), data: x.data.chunks(m * n).flat_map(|a| f(a, m, n)).collect() })
}

fn spelling(name: &str, latex: &str, numpy: &str) -> OperationSpelling {
    OperationSpelling {
        text: format!("{name}({{0}})"),
        latex: latex.into(),
        numpy: numpy.into(),
        jax: numpy.replace("np.", "jnp.").replace("scipy.", "jax.scipy."),
    }
}

macro_rules! of_matrices {
    ($($(#[$doc:meta])* $row:ident $name:literal ($latex:literal, $numpy:literal): $shape:expr, $pullback:expr, $evaluate:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Debug)]
        pub struct $row;

        impl OperationRow for $row {
            const NAME: &'static str = $name;

            fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
                let shape: fn(&Graph, &[Dim]) -> Result<Vec<Dim>, Refused> = $shape;
                shape(graph, &args[0])
            }

            fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
                let pull: for<'x> fn(&Pullback<'_, 'x>) -> Pulled<'x> = $pullback;
                pull(at)
            }

            fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize]) -> Result<Array<N>, String> {
                let f: fn(&[N], usize, usize) -> Vec<N> = $evaluate;
                each(args[0], shape, f)
            }

            fn keeps_symmetry(&self) -> bool {
                // All but the triangular factor commute with transposition.
                $name != "cholesky"
            }

            fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
                spelling($name, $latex, $numpy)
            }
        }
    )*};
}

of_matrices! {
    /// The determinant. Its derivative is the matrix of cofactors (46), also where the matrix is singular.
    Det "det" ("\\det\\left({0}\\right)", "np.linalg.det({0})"): |g, d| Ok(square("det", g, d)?.to_vec()),
        |at| {
            let cofactors = Ex::operation(Cofactor, &[at.args[0]]).map_err(|_| BROKEN)?;
            Ok(Some(at.adjoint.einsum(",ij->ij", &[at.adjoint, cofactors])))
        },
        |a, n, _| vec![dense::det(a, n)];
    /// The logarithm of the determinant, where that is positive (57).
    LogDet "logdet" ("\\log\\det\\left({0}\\right)", "np.linalg.slogdet({0})[1]"): |g, d| Ok(square("logdet", g, d)?.to_vec()),
        |at| {
            let inverse = Ex::operation(Inv, &[at.args[0]]).map_err(|_| BROKEN)?;
            Ok(Some(at.adjoint.einsum(",ij->ji", &[at.adjoint, inverse])))
        },
        |a, n, _| vec![dense::log_det(a, n)];
    /// The inverse (60).
    Inv "inv" ("{[0]}^{-1}", "np.linalg.inv({0})"): |g, d| square("inv", g, d).map(|_| d.to_vec()),
        |at| Ok(Some(-at.adjoint.einsum("ki,kl,jl->ij", &[at.value, at.adjoint, at.value]))),
        |a, n, _| dense::inverse(a, n);
    /// The matrix of cofactors, `det(A)*inv(A)'` where there is an inverse.
    Cofactor "cofactor" ("\\det\\left({0}\\right) {[0]}^{-\\top}", "np.linalg.det({0})*np.linalg.inv({0}).T"):
        |g, d| square("det", g, d).map(|_| d.to_vec()),
        |at| {
            let a = at.args[0];
            let inverse = Ex::operation(Inv, &[a]).map_err(|_| BROKEN)?;
            let (c, g) = (at.value, at.adjoint);
            // d cof = tr(inv dA) cof - (inv dA cof')'
            let along = g.einsum("kl,kl,ji->ij", &[g, c, inverse]);
            let across = g.einsum("kl,li,kj->ij", &[g, inverse, c]);
            Ok(Some(along - across))
        },
        |a, n, _| dense::cofactors(a, n);
    /// The lower triangular factor of a symmetric positive definite matrix, of which the lower triangle is read.
    ///
    /// Derivative after Murray, "Differentiation of the Cholesky decomposition" (2016), with the entries independent.
    Cholesky "cholesky" ("\\mathrm{chol}\\left({0}\\right)", "np.linalg.cholesky({0})"):
        |g, d| square("cholesky", g, d).map(|_| d.to_vec()),
        |at| {
            let halved = |x: Ex<'_>| Ex::operation(Tril { halved: true }, &[x]).map(|e| e.id()).map_err(|_| BROKEN);
            let (l, g) = (at.value, at.adjoint);
            let inverse = Ex::operation(Inv, &[l]).map_err(|_| BROKEN)?;
            let p = g.node(halved(g.einsum("ki,kj->ij", &[l, g]))?);
            let s = g.einsum("ki,kl,lj->ij", &[inverse, p, inverse]);
            Ok(Some(g.node(halved(s + s.einsum("ij->ji", &[s]))?)))
        },
        |a, n, _| dense::cholesky(a, n);
    /// The exponential of a matrix.
    Expm "expm" ("e^{{{0}}}", "scipy.linalg.expm({0})"): |g, d| square("expm", g, d).map(|_| d.to_vec()),
        |at| {
            let transposed = at.args[0].einsum("ij->ji", &[at.args[0]]);
            Ex::operation(Frechet, &[transposed, at.adjoint]).map(Some).map_err(|_| BROKEN)
        },
        |a, n, _| dense::expm(a, n);
    /// The Moore-Penrose inverse of a matrix of full rank.
    ///
    /// Derivative after Golub & Pereyra, "The differentiation of pseudo-inverses" (1973).
    Pinv "pinv" ("{[0]}^{+}", "np.linalg.pinv({0})"):
        |g, d| {
            let (rest, last) = split_trailing("pinv", g, d, 2)?;
            Ok([rest, &[last[1], last[0]]].concat())
        },
        |at| {
            let (a, p, g) = (at.args[0], at.value, at.adjoint);
            let main = g.einsum("ji,jk,lk->il", &[p, g, p]);
            let left = g.einsum("ji,jk,lk->il", &[g, p, p]);
            let left = left - g.einsum("ij,jk,lk,lm,nm->in", &[a, p, g, p, p]);
            let right = g.einsum("ji,jk,lk->il", &[p, p, g]);
            let right = right - g.einsum("ji,jk,lk,lm,mn->in", &[p, p, g, p, a]);
            Ok(Some(left + right - main))
        },
        |a, m, n| dense::pseudo_inverse(a, m, n);
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

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
        split_trailing(Self::NAME, graph, &args[0], 2)?;
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ex::operation(self.clone(), &[at.adjoint]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize]) -> Result<Array<N>, String> {
        each(args[0], shape, |a, m, n| {
            let entry = |i: usize, j: usize| match i.cmp(&j) {
                std::cmp::Ordering::Less => a[0].ratio(0, 1),
                std::cmp::Ordering::Equal if self.halved => a[i * n + j].clone() * a[0].ratio(1, 2),
                _ => a[i * n + j].clone(),
            };
            (0..m).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect()
        })
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let name = if self.halved { "tril_halved" } else { "tril" };
        let python = if self.halved { String::new() } else { "np.tril({0})".to_string() };
        spelling(name, &format!("\\mathrm{{{}}}\\left({{0}}\\right)", name.replace('_', "\\_")), &python)
    }
}

/// The mixed derivative of the exponential at the first matrix along the directions of the others: the upper right block
/// of the exponential of [[A, E], [0, A]] (Higham, "Functions of Matrices", 2008, section 10.6), of a block matrix twice
/// as large for each further direction (Higham & Relton, "Higher order Fréchet derivatives of matrix functions", 2014).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Frechet;

impl OperationRow for Frechet {
    const NAME: &'static str = "expm_frechet";

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
        for arg in args {
            square(Self::NAME, graph, arg)?;
        }
        Ok(args.iter().max_by_key(|a| a.len()).cloned().unwrap_or_default())
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        // ⟨G, L(A; E, …, F)⟩ is ⟨L(A'; E', …, G), F⟩, and to move A is one direction more.
        let others = at.args.iter().enumerate().filter(|(k, _)| argument == 0 || *k != argument);
        let mut args: Vec<Ex<'b>> = others.map(|(_, a)| a.einsum("ij->ji", &[*a])).collect();
        if args.len() > MAX_DIRECTIONS {
            return Err("derivatives of expm beyond the fourth are not built");
        }
        args.push(at.adjoint);
        Ex::operation(Frechet, &args).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize]) -> Result<Array<N>, String> {
        let n = shape.last().copied().unwrap_or(0);
        if n == 0 {
            return Err("a matrix without entries".into());
        }
        let count: usize = shape[..shape.len() - 2].iter().product();
        let matrix = |x: &Array<N>, k: usize| {
            let own = x.data.len() / (n * n);
            x.data[(k % own) * n * n..(k % own + 1) * n * n].to_vec()
        };
        let along = |k: usize| args[1..].iter().map(|e| matrix(e, k)).collect::<Vec<_>>();
        let data = (0..count).flat_map(|k| dense::frechet(&matrix(args[0], k), &along(k), n)).collect();
        Ok(Array { shape: shape.to_vec(), data })
    }

    fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let list: Vec<String> = (0..args.len()).map(|k| format!("{{{k}}}")).collect();
        let text = format!("expm_frechet({})", list.join(", "));
        if args.len() > 2 {
            return OperationSpelling { numpy: String::new(), jax: String::new(), ..super::spelled(&text) };
        }
        OperationSpelling {
            numpy: "scipy.linalg.expm_frechet({0}, {1}, compute_expm=False)".into(),
            jax: "jax.scipy.linalg.expm_frechet({0}, {1}, compute_expm=False)".into(),
            ..super::spelled(&text)
        }
    }
}
