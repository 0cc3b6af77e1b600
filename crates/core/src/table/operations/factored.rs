//! Determinants, inverses and solutions of linear systems: what is computed from a factorisation of a square matrix,
//! which all of them share.
//!
//! Derivatives after Petersen & Pedersen, "The Matrix Cookbook" (2012), section 2.

use super::dense::Triangular;
use super::linear_algebra::{BROKEN, Pulled, spelling, square};
use super::symmetric::Eigens;
use super::{Cofactor, Factored, OperationRow, OperationSpelling, Pullback, Reference, Samples, factoring};
use super::{leading, samples, split_trailing};
use crate::array::Array;
use crate::builder::Ex;
use crate::computed::Computed;
use crate::graph::{Graph, Id};
use crate::real::Real;
use crate::shape::Dim;
use crate::tensor::ShapeError;

rows!($ factored: Det LogDet LogAbsDet SignDet Inv Solve; factored: Det LogDet LogAbsDet SignDet Inv Solve);

/// What several functions of a matrix are computed from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Factorisation {
    /// Triangular factors, by elimination.
    Triangular,
    /// The eigenvalues and eigenvectors of the symmetric part.
    Eigen,
}

/// A factorisation of each matrix of a stack. A copy shares them.
#[derive(Clone)]
pub enum Factors<N> {
    /// See [`Factorisation::Triangular`].
    Triangular(Triangular<N>),
    /// See [`Factorisation::Eigen`].
    Eigen(Eigens<N>),
}

impl<N: Real> Factors<N> {
    /// Of the matrices in the last two axes.
    ///
    /// # Errors
    /// If they are not square.
    pub fn of(kind: Factorisation, a: &Array<N>, like: &N) -> Result<Factors<N>, String>
    where
        N: Computed,
    {
        N::factors(kind, a, like)
    }

    /// What [`computed`](crate::computed) compiles.
    #[doc(hidden)]
    pub fn compute(kind: Factorisation, a: &Array<N>, like: &N) -> Result<Factors<N>, String> {
        match kind {
            Factorisation::Triangular => Triangular::of(a).map(Factors::Triangular),
            Factorisation::Eigen => Eigens::of(a, like).map(Factors::Eigen),
        }
    }

    /// Those of the transposes.
    pub fn transposed(&self) -> Factors<N> {
        match self {
            Factors::Triangular(factors) => Factors::Triangular(factors.transposed()),
            Factors::Eigen(_) => self.clone(),
        }
    }

    /// How many numbers they hold.
    pub fn entries(&self) -> usize {
        match self {
            Factors::Triangular(factors) => factors.entries(),
            Factors::Eigen(eigen) => eigen.entries(),
        }
    }

    fn triangular(&self) -> Result<&Triangular<N>, String> {
        match self {
            Factors::Triangular(factors) => Ok(factors),
            Factors::Eigen(_) => Err("this is another factorisation".into()),
        }
    }

    pub(super) fn eigen(&self) -> Result<&Eigens<N>, String> {
        match self {
            Factors::Eigen(eigen) => Ok(eigen),
            Factors::Triangular(_) => Err("this is another factorisation".into()),
        }
    }
}

macro_rules! of_one_matrix {
    ($($(#[$doc:meta])* $row:ident $name:literal ($latex:literal, $numpy:literal) {
        domain: $domain:literal, nan: $nan:literal, symmetric: $symmetric:literal,
        shape: $shape:expr, pullback: $pullback:expr, value: $value:expr,
        samples: { $($samples:tt)* }
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Debug)]
        pub struct $row;

        impl Factored for $row {
            const FACTORISATION: Factorisation = Factorisation::Triangular;

            fn evaluate_factored<N: Real>(
                &self,
                factors: &Factors<N>,
                _: &[&Array<N>],
                shape: &[usize],
                like: &N,
            ) -> Result<Array<N>, String> {
                let value: fn(&N, &Triangular<N>, &[usize]) -> Array<N> = $value;
                Ok(value(like, factors.triangular()?, shape))
            }
        }

        impl OperationRow for $row {
            const NAME: &'static str = $name;
            const DOMAIN: &'static str = $domain;
            const NAN: &'static str = $nan;
            const TIES: &'static str = "";
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
                self.evaluate_factored(&Factors::compute(Self::FACTORISATION, args[0], like)?, &[], shape, like)
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
                factoring(args, shape)
            }

            fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
                spelling($name, $latex, $numpy)
            }
        }
    )*};
}

/// What the logarithm of a determinant grows by.
fn by_inverse<'b>(at: &Pullback<'_, 'b>) -> Pulled<'b> {
    let inverse = Ex::operation(Inv, &[at.args[0]]).map_err(|_| BROKEN)?;
    Ok(Some(at.adjoint.einsum(",ij->ji", &[at.adjoint, inverse])))
}

of_one_matrix! {
    /// The determinant. Its derivative is the matrix of cofactors (46), also where the matrix is singular.
    Det "det" ("\\det\\left({0}\\right)", "np.linalg.det({0})") {
        domain: "square matrices; 1 for one without entries", nan: "passes it on", symmetric: false,
        shape: |g, d| Ok(square("det", g, d)?.to_vec()),
        pullback: |at| {
            let cofactors = Ex::operation(Cofactor, &[at.args[0]]).map_err(|_| BROKEN)?;
            Ok(Some(at.adjoint.einsum(",ij->ij", &[at.adjoint, cofactors])))
        },
        value: |like, factors, shape| factors.each(shape, |lu| vec![lu.det(like)]),
        samples: {
            Smooth, "a generic point", Det, ["3x3 | 2 -1 0.5 0.25 3 1 -1.5 0.75 4"];
            Smooth, "four rows", Det, ["4x4 | 2 -1 0.5 1 0.25 3 1 -2 -1.5 0.75 4 0.5 1 1 -1 5"];
            Smooth, "a singular matrix", Det, ["3x3 | 1 2 3 4 5 6 7 8 9"];
            Smooth, "a matrix of rank 1", Det, ["3x3 | 1 2 3 2 4 6 -1 -2 -3"];
            Smooth, "rank 2 of 4", Det, ["4x4 | 1 2 3 4 2 1 0 1 3 3 3 5 1 -1 -3 -3"];
            Smooth, "zeros", Det, ["2x2 | 0 0 0 0"];
            Smooth, "a zero pivot", Det, ["2x2 | 0 2 3 1"];
            Smooth, "size 1", Det, ["1x1 | -2.5"];
            Smooth, "no entries", Det, ["0x0 |"];
            Smooth, "a batch axis in front", Det, ["2x2x2 | 2 -1 0.5 3 1 2 2 4"];
            Limit("not a number"), "not a number", Det, ["2x2 | 2 nan 1 3"];
        }
    }
    /// The logarithm of the determinant, where that is positive (57).
    LogDet "logdet" ("\\log\\det\\left({0}\\right)", "(np.log(np.linalg.slogdet({0}).sign) + np.linalg.slogdet({0}).logabsdet)") {
        domain: "square matrices of positive determinant; -inf where it is 0, not a number where it is negative",
        nan: "passes it on", symmetric: false,
        shape: |g, d| Ok(square("logdet", g, d)?.to_vec()),
        pullback: by_inverse,
        value: |like, factors, shape| factors.each(shape, |lu| vec![lu.log_det(like)]),
        samples: {
            Smooth, "a generic point", LogDet, ["3x3 | 2 -1 0.5 0.25 3 1 -1.5 0.75 4"];
            Smooth, "two negative pivots", LogDet, ["2x2 | -2 1 0.5 -3"];
            Smooth, "an exchange of rows", LogDet, ["2x2 | 0 -2 3 1"];
            Smooth, "size 1", LogDet, ["1x1 | 2.5"];
            Smooth, "no entries", LogDet, ["0x0 |"];
            Smooth, "a batch axis in front", LogDet, ["2x2x2 | 2 -1 0.5 3 5 2 2 4"];
            Undefined("the determinant is 0"), "a singular matrix", LogDet, ["2x2 | 1 2 2 4"];
            Limit("not a number, as the determinant is negative"), "a negative determinant", LogDet, ["2x2 | 1 2 3 1"];
            Limit("not a number"), "not a number", LogDet, ["2x2 | 2 nan 1 3"];
        }
    }
    /// The logarithm of the determinant's magnitude, as a change of variables needs it.
    LogAbsDet "logabsdet" ("\\log\\left|\\det\\left({0}\\right)\\right|", "np.linalg.slogdet({0}).logabsdet") {
        domain: "square matrices; -inf where the determinant is 0", nan: "passes it on", symmetric: false,
        shape: |g, d| Ok(square("logabsdet", g, d)?.to_vec()),
        pullback: by_inverse,
        value: |like, factors, shape| factors.each(shape, |lu| vec![lu.log_abs_det(like)]),
        samples: {
            Smooth, "a generic point", LogAbsDet, ["3x3 | 2 -1 0.5 0.25 3 1 -1.5 0.75 4"];
            Smooth, "a negative determinant", LogAbsDet, ["2x2 | 1 2 3 1"];
            Smooth, "an exchange of rows", LogAbsDet, ["2x2 | 0 2 3 1"];
            Smooth, "size 1", LogAbsDet, ["1x1 | -2.5"];
            Smooth, "no entries", LogAbsDet, ["0x0 |"];
            Smooth, "a batch axis in front", LogAbsDet, ["2x2x2 | 2 -1 0.5 3 1 2 2 2"];
            Undefined("the determinant is 0"), "a singular matrix", LogAbsDet, ["2x2 | 1 2 2 4"];
            Limit("not a number"), "not a number", LogAbsDet, ["2x2 | 2 nan 1 3"];
        }
    }
    /// The sign of the determinant.
    SignDet "sign_det" ("\\mathrm{sign}\\left(\\det\\left({0}\\right)\\right)", "np.linalg.slogdet({0}).sign") {
        domain: "square matrices; 1 for one without entries", nan: "passes it on", symmetric: false,
        shape: |g, d| Ok(square("sign_det", g, d)?.to_vec()),
        pullback: |_| Ok(None),
        value: |like, factors, shape| factors.each(shape, |lu| vec![lu.sign(like)]),
        samples: {
            Smooth, "a generic point", SignDet, ["3x3 | 2 -1 0.5 0.25 3 1 -1.5 0.75 4"];
            Smooth, "a negative determinant", SignDet, ["2x2 | 1 2 3 1"];
            Smooth, "an exchange of rows", SignDet, ["2x2 | 0 2 3 1"];
            Smooth, "size 1", SignDet, ["1x1 | -2.5"];
            Smooth, "no entries", SignDet, ["0x0 |"];
            Smooth, "a batch axis in front", SignDet, ["2x2x2 | 2 -1 0.5 3 1 2 2 2"];
            Jump("from -1 to 1, where the determinant passes 0"), "a singular matrix", SignDet, ["2x2 | 1 2 2 4"];
            Limit("not a number"), "not a number", SignDet, ["2x2 | nan 2 1 3"];
        }
    }
    /// The inverse (60).
    Inv "inv" ("{[0]}^{-1}", "np.linalg.inv({0})") {
        domain: "square matrices of full rank; not a number where an elimination finds a pivot that is 0",
        nan: "passes it on", symmetric: true,
        shape: |g, d| square("inv", g, d).map(|_| d.to_vec()),
        pullback: |at| Ok(Some(-at.adjoint.einsum("ki,kl,jl->ij", &[at.value, at.adjoint, at.value]))),
        value: |like, factors, shape| factors.inverse(shape, like),
        samples: {
            Smooth, "a generic point", Inv, ["3x3 | 2 -1 0.5 0.25 3 1 -1.5 0.75 4"];
            Smooth, "a zero pivot", Inv, ["2x2 | 0 2 3 1"];
            Smooth, "an ill-conditioned matrix", Inv, ["2x2 | 1 1 1 1.0009765625"];
            Smooth, "size 1", Inv, ["1x1 | -2.5"];
            Smooth, "no entries", Inv, ["0x0 |"];
            Smooth, "a batch axis in front", Inv, ["2x2x2 | 2 -1 0.5 3 1 2 2 5"];
            Undefined("there is no inverse"), "a singular matrix", Inv, ["2x2 | 1 2 2 4"];
            Limit("not a number"), "not a number", Inv, ["2x2 | 2 nan 1 3"];
        }
    }
}

/// The solution x of A x = b, for a vector or the columns of a matrix; a vector has one axis less than A.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Solve;

/// Is the right side a vector?
fn is_vector(a: usize, b: usize) -> bool {
    b + 1 == a
}

impl Solve {
    /// The solutions for vectors in the last axis, whatever axes stand before it: what are rows is solved as columns.
    ///
    /// # Errors
    /// If the shapes don't fit.
    pub fn of_vectors(graph: &mut Graph, a: Id, b: Id) -> Result<Id, ShapeError> {
        let (rank, extra) = (graph.rank(b), (graph.rank(b) + 1).saturating_sub(graph.rank(a)));
        if extra == 0 {
            return graph.operation(Solve, &[a, b]);
        }
        // One more axis becomes the last one.
        let mut order: Vec<usize> = (0..rank).collect();
        let moved = order.remove(extra - 1);
        order.push(moved);
        let columns = graph.permute(b, &order);
        let solved = graph.operation(Solve, &[a, columns])?;
        let back: Vec<usize> = (0..rank).map(|k| order.iter().position(|o| *o == k).unwrap_or(k)).collect();
        Ok(graph.permute(solved, &back))
    }
}

fn of_vectors<'b>(a: Ex<'b>, b: Ex<'b>) -> Result<Ex<'b>, ShapeError> {
    Ok(a.node(a.made(|g| Solve::of_vectors(g, a.id(), b.id()))?))
}

impl Factored for Solve {
    const FACTORISATION: Factorisation = Factorisation::Triangular;

    fn evaluate_factored<N: Real>(
        &self,
        factors: &Factors<N>,
        others: &[&Array<N>],
        shape: &[usize],
        like: &N,
    ) -> Result<Array<N>, String> {
        let [b] = others else { return Err("solve needs a right side".into()) };
        let factors = factors.triangular()?;
        if !is_vector(factors.rank(), b.shape.len()) {
            return Ok(factors.solve(b, shape, like));
        }
        let column = Array { shape: [&b.shape[..], &[1]].concat(), data: b.data.clone() };
        let solved = factors.solve(&column, &column.shape, like);
        Ok(Array { shape: shape.to_vec(), data: solved.data })
    }
}

impl OperationRow for Solve {
    const NAME: &'static str = "solve";
    const DOMAIN: &'static str = "square matrices of full rank, with a vector or a matrix; not a number where an elimination finds a pivot that is 0";
    const NAN: &'static str = "passes it on";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", Solve, ["3x3 | 2 -1 0.5 0.25 3 1 -1.5 0.75 4", "3 | 1 -2 0.5"];
            Smooth, "a matrix on the right", Solve, ["2x2 | 2 -1 0.5 3", "2x3 | 1 2 -1 0.5 3 0.25"];
            Smooth, "a zero pivot", Solve, ["2x2 | 0 2 3 1", "2 | 1 3"];
            Smooth, "a cycle of rows", Solve, ["3x3 | 0 2 0.5 0.25 0 3 4 1 0", "3 | 1 -2 0.5"];
            Smooth, "an ill-conditioned matrix", Solve, ["2x2 | 1 1 1 1.0009765625", "2 | 1 3"];
            Smooth, "size 1", Solve, ["1x1 | -2.5", "1 | 3"];
            Smooth, "no entries", Solve, ["0x0 |", "0 |"];
            Smooth, "no columns", Solve, ["2x2 | 2 -1 0.5 3", "2x0 |"];
            Smooth, "a batch axis in front", Solve, ["2x2x2 | 2 -1 0.5 3 4 1 1 -2", "2x2 | 1 2 -1 0.5"];
            Smooth, "a batch of matrices on the right", Solve,
                ["2x2x2 | 2 -1 0.5 3 1 2 2 5", "2x2x3 | 1 2 -1 0.5 3 0.25 1 0 2 -1 1 3"];
            Smooth, "one matrix for all", Solve, ["2x2 | 2 -1 0.5 3", "2x2x1 | 1 2 -1 0.5"];
            Undefined("there is no inverse"), "a singular matrix", Solve, ["2x2 | 1 2 2 4", "2 | 1 3"];
            Limit("not a number"), "not a number", Solve, ["2x2 | 2 nan 1 3", "2 | 1 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let [a, b] = args else { return Err(ShapeError::Words("solve takes a matrix and a right side".into())) };
        let rest = square(Self::NAME, graph, a)?;
        let axes = if is_vector(a.len(), b.len()) { 1 } else { 2 };
        let (others, own) = split_trailing(Self::NAME, graph, b, axes)?;
        if own[0] != a[a.len() - 1] {
            let (a, b) = (graph.shape_text(a), graph.shape_text(b));
            return Err(ShapeError::Words(format!("solve takes as many rows on both sides, found {a} and {b}")));
        }
        Ok([&leading(Self::NAME, graph, &[rest, others])?[..], own].concat())
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let (a, b) = (at.args[0], at.args[1]);
        let vector = is_vector(a.rank(), b.rank());
        let turned = a.transposed();
        let moved = if vector { of_vectors(turned, at.adjoint) } else { Ex::operation(Solve, &[turned, at.adjoint]) };
        let moved = moved.map_err(|_| BROKEN)?;
        if argument == 1 {
            return Ok(Some(moved));
        }
        let notation = if vector { "i,j->ij" } else { "ik,jk->ij" };
        Ok(Some(-moved.einsum(notation, &[moved, at.value])))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        self.evaluate_factored(&Factors::compute(Self::FACTORISATION, args[0], like)?, &args[1..], shape, like)
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
        factoring(args, shape)
    }

    fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        // NumPy takes for a vector only what has one axis.
        let numpy = match args {
            [a, b] if is_vector(a.len(), b.len()) && b.len() > 1 => "np.linalg.solve({0}, [1][..., None])[..., 0]",
            _ => "np.linalg.solve({0}, {1})",
        };
        OperationSpelling {
            text: "solve({0}, {1})".into(),
            latex: "{[0]}^{-1} [1]".into(),
            numpy: numpy.into(),
            jax: numpy.replace("np.", "jnp."),
        }
    }
}
