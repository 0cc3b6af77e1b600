//! Eigenvalues and eigenvectors of symmetric matrices, in any kind of number, with bounds of their errors.
//!
//! Jacobi's rotations (Golub & Van Loan, "Matrix Computations", 2013, section 8.5), in doubles first. What they find is no
//! more than a guess, of which the residual says how good it is: that is all that numbers need which know their own error.

use std::cmp::Ordering;
use std::rc::Rc;

use super::dense::{identity, product, transposed};
use super::{concatenated, parts};
use crate::array::Array;
use crate::number::Number;
use crate::real::Real;

/// The most sweeps over all pairs; they converge quadratically.
const MAX_SWEEPS: u32 = 30;

/// The parts of a matrix: S = Q diag(values) Q' up to `off` with an orthogonal Q, which the vectors are up to `skew`.
pub(super) struct Eigen<N> {
    n: usize,
    like: N,
    /// In rising order, without their errors.
    middles: Vec<N>,
    /// Row by row, a vector in each column, without their errors.
    vectors: Vec<N>,
    /// The largest error of an eigenvalue (Weyl): the norm of S − Q diag(values) Q'.
    off: N,
    /// The norm of the difference between the vectors and Q.
    skew: N,
    /// Below this distance doubles don't tell eigenvalues apart; 0 for numbers that know their own error.
    resolution: f64,
    finite: bool,
}

/// What the two halves of a square matrix are on average.
fn symmetric_part<N: Real>(like: &N, a: &[N], n: usize) -> Vec<N> {
    let half = like.ratio(1, 2);
    let mean = |i: usize, j: usize| match i.cmp(&j) {
        Ordering::Equal => a[i * n + i].clone(),
        // Both halves are computed alike, so that rounding keeps the symmetry.
        _ => (a[i.min(j) * n + i.max(j)].clone() + a[i.max(j) * n + i.min(j)].clone()) * half.clone(),
    };
    (0..n * n).map(|k| mean(k / n, k % n)).collect()
}

/// Rotates a symmetric matrix towards a diagonal one, and the columns of `v` along with it.
fn rotate<N: Real>(s: &mut [N], v: &mut [N], n: usize, least: f64) {
    let Some(one) = s.first().map(Real::one) else { return };
    let two = one.ratio(2, 1);
    for _ in 0..MAX_SWEEPS {
        let mut moved = false;
        for p in 0..n {
            for q in p + 1..n {
                let off = s[p * n + q].clone();
                let size = off.approximate().abs();
                if size <= least || size.is_nan() {
                    continue;
                }
                moved = true;
                let theta = ((s[q * n + q].clone() - s[p * n + p].clone()) / (two.clone() * off)).middle();
                let root = (theta.clone() * theta.clone() + one.clone()).sqrt();
                let negative = theta.approximate() < 0.0;
                let t = if negative { theta.clone() - root } else { theta.clone() + root };
                let t = (one.clone() / t).middle();
                let c = (one.clone() / (t.clone() * t.clone() + one.clone()).sqrt()).middle();
                let turn = (c.clone(), (t * c).middle());
                (0..n).for_each(|k| turned(s, (k * n + p, k * n + q), &turn));
                (0..n).for_each(|k| turned(s, (p * n + k, q * n + k), &turn));
                (0..n).for_each(|k| turned(v, (k * n + p, k * n + q), &turn));
            }
        }
        if !moved {
            return;
        }
    }
}

/// A rotation of two entries by an angle with this cosine and sine.
fn turned<N: Real>(x: &mut [N], (i, j): (usize, usize), (c, s): &(N, N)) {
    let (a, b) = (x[i].clone(), x[j].clone());
    x[i] = (c.clone() * a.clone() - s.clone() * b.clone()).middle();
    x[j] = (s.clone() * a + c.clone() * b).middle();
}

/// A guess of the vectors in doubles, as numbers of any kind.
fn guess<N: Real>(like: &N, s: &[N], n: usize, scale: f64) -> Vec<N> {
    let mut rough: Vec<f64> = s.iter().map(|x| x.approximate() / scale).collect();
    let mut v = identity(&1.0, n);
    rotate(&mut rough, &mut v, n, 1e-18);
    v.into_iter().map(|x| Number::from_f64(x).map_or_else(|| like.ratio(0, 1), |x| like.exact(&x))).collect()
}

fn rounded<N: Real>(a: Vec<N>) -> Vec<N> {
    a.into_iter().map(|x| x.middle()).collect()
}

/// The sum of magnitudes, which no other norm used here exceeds; a root of squares has no value near zero.
fn norm<N: Real>(like: &N, a: &[N]) -> N {
    a.iter().fold(like.ratio(0, 1), |total, x| total + x.clone().abs())
}

/// The nearest orthogonal matrix of one that is orthogonal to some digits (Higham, "Functions of Matrices", 2008, section 8.3).
fn orthogonal<N: Real>(like: &N, v: Vec<N>, n: usize) -> Vec<N> {
    let steps = (f64::from(like.bits()) / 50.0).log2().ceil().max(0.0) as u32 + 1;
    let half = like.ratio(1, 2);
    (0..steps).fold(v, |v, _| {
        let square = product(like, &transposed(&v, n, n), &v, n, n, n);
        let (one, three) = (like.one(), like.ratio(3, 1));
        let step = square.into_iter().enumerate().map(|(k, x)| {
            let diagonal = if k / n == k % n { three.clone() } else { one.clone() - one.clone() };
            (diagonal - x) * half.clone()
        });
        rounded(product(like, &v, &rounded(step.collect()), n, n, n))
    })
}

impl<N: Real> Eigen<N> {
    /// Of the symmetric part of a matrix.
    pub(super) fn of(like: &N, a: &[N], n: usize) -> Eigen<N> {
        let s = symmetric_part(like, a, n);
        let scale = s.iter().map(|x| x.approximate().abs()).fold(0.0, |a: f64, b| if a >= b { a } else { b });
        let finite = scale.is_finite() && s.iter().all(|x| x.approximate().is_finite());
        let mut vectors = if finite && scale > 0.0 { guess(like, &s, n, scale) } else { identity(like, n) };
        let rounds = like.epsilon() > 0.0;
        let mut diagonal = rounded(s.clone());
        if finite && !rounds {
            vectors = orthogonal(like, vectors, n);
        }
        if finite {
            let right = product(like, &rounded(s.clone()), &vectors, n, n, n);
            diagonal = rounded(product(like, &transposed(&vectors, n, n), &right, n, n, n));
            let least = if rounds { 1e-17 } else { (-f64::from(like.bits()).min(1000.0)).exp2() };
            rotate(&mut diagonal, &mut vectors, n, least * scale);
        }
        let mut order: Vec<usize> = (0..n).collect();
        let value = |k: usize| &diagonal[k * n + k];
        order.sort_by(|i, j| (value(*i).clone() - value(*j).clone()).approximate().total_cmp(&0.0));
        let middles: Vec<N> = order.iter().map(|k| value(*k).clone()).collect();
        let vectors = (0..n * n).map(|k| vectors[k / n * n + order[k % n]].clone()).collect();
        let resolution = 8.0 * n as f64 * like.epsilon() * scale;
        let none = like.ratio(0, 1);
        let mut eigen =
            Eigen { n, like: like.clone(), middles, vectors, off: none.clone(), skew: none, resolution, finite };
        if finite && !rounds {
            eigen.certify(&s);
        }
        eigen
    }

    /// With X = Q H, ‖X − Q‖ is at most ‖X'X − I‖, and ‖S Q − Q Λ‖ at most ‖S X − X Λ‖ + (‖S‖ + ‖Λ‖) ‖X − Q‖.
    fn certify(&mut self, s: &[N]) {
        let (n, like) = (self.n, &self.like);
        let square = product(like, &transposed(&self.vectors, n, n), &self.vectors, n, n, n);
        let off = |a: &[N], b: &[N]| -> Vec<N> { a.iter().zip(b).map(|(a, b)| a.clone() - b.clone()).collect() };
        let skew = norm(like, &off(&square, &identity(like, n)));
        let scaled: Vec<N> =
            self.vectors.iter().enumerate().map(|(k, x)| x.clone() * self.middles[k % n].clone()).collect();
        let residual = norm(like, &off(&product(like, s, &self.vectors, n, n, n), &scaled));
        self.off = residual + (norm(like, s) + norm(like, &self.middles)) * skew.clone();
        self.skew = skew;
    }

    fn undefined(&self) -> N {
        let zero = self.like.ratio(0, 1);
        zero.clone() / zero
    }

    /// The eigenvalues in rising order.
    pub(super) fn values(&self) -> Vec<N> {
        let value = |x: &N| if self.finite { x.clone().within(self.off.clone()) } else { self.undefined() };
        self.middles.iter().map(value).collect()
    }

    /// Are two eigenvalues equal? Not decided where their bounds overlap.
    fn tied(&self, i: usize, j: usize) -> N {
        let (a, b) = (self.middles[i].clone(), self.middles[j].clone());
        if self.resolution > 0.0 {
            let near = (a - b).approximate().abs() <= self.resolution;
            return self.like.ratio(i64::from(near), 1);
        }
        a.within(self.off.clone()).equal(b.within(self.off.clone()))
    }

    /// What the distance between two eigenvalues is at least; 1 where it may be nothing.
    fn gap(&self, i: usize, j: usize) -> N {
        let far = (self.middles[i].clone() - self.middles[j].clone()).abs() - self.off.clone() - self.off.clone();
        if far.approximate() > 0.0 { far } else { self.like.one() }
    }

    /// The eigenvectors in columns, the largest entry of each positive; nothing of one is a number whose eigenvalue is there
    /// twice. The sine of the angle between a vector and its guess is at most the residual over the gap (Davis & Kahan).
    pub(super) fn vectors(&self) -> Vec<N> {
        let n = self.n;
        let mut out = self.vectors.clone();
        for j in 0..n {
            let (mut factor, mut error) = (self.like.one(), self.like.ratio(0, 1));
            for i in (0..n).filter(|i| *i != j) {
                factor = N::select(self.tied(i, j), self.undefined(), factor);
                error = error.max(self.off.clone() / self.gap(i, j));
            }
            let error = self.skew.clone() + error.clone() + error;
            let size = |i: usize| self.vectors[i * n + j].approximate().abs();
            let largest = (0..n).map(size).fold(0.0, f64::max);
            // The first of those that are as large as rounding tells.
            let first = (0..n).find(|i| size(*i) >= 0.999999 * largest).unwrap_or(0);
            let negative = self.vectors.get(first * n + j).is_some_and(|x| x.approximate() < 0.0);
            for i in 0..n {
                let x = out[i * n + j].clone();
                let x = if negative { -x } else { x }.within(error.clone()) * factor.clone();
                out[i * n + j] = if self.finite { x } else { self.undefined() };
            }
        }
        out
    }

    /// V diag(weights) V', which hangs on no choice of V where equal eigenvalues have equal weights; elsewhere it is not a
    /// number.
    pub(super) fn combined(&self, weights: &[N]) -> Vec<N> {
        let (n, like) = (self.n, &self.like);
        let largest = weights.iter().map(|g| g.clone().abs()).reduce(|a, b| a.max(b)).unwrap_or_else(|| like.one());
        // What is computed from eigenvalues that rounding doesn't tell apart.
        let alike = 1e-8 * largest.approximate();
        let (mut factor, mut slope) = (like.one(), like.ratio(0, 1));
        for i in 0..n {
            for j in 0..i {
                let change = (weights[i].clone() - weights[j].clone()).abs();
                let same = if self.resolution > 0.0 {
                    like.ratio(i64::from(change.approximate() <= alike), 1)
                } else {
                    weights[i].clone().equal(weights[j].clone())
                };
                let fits = N::select(same, factor.clone(), self.undefined());
                factor = N::select(self.tied(i, j), fits, factor);
                slope = slope.max(change / self.gap(i, j));
            }
        }
        // Entry by entry of Q'V, the difference is (gᵢ − gⱼ)/(λᵢ − λⱼ) times that of the matrices.
        let error = self.off.clone() * slope + largest.clone() * self.skew.clone() * like.ratio(3, 1);
        let scaled: Vec<N> = self.vectors.iter().enumerate().map(|(k, x)| x.clone() * weights[k % n].clone()).collect();
        let all = product(like, &scaled, &transposed(&self.vectors, n, n), n, n, n);
        let entry = |x: N| if self.finite { x.within(error.clone()) * factor.clone() } else { self.undefined() };
        all.into_iter().map(entry).collect()
    }
}

/// The eigenvalues and eigenvectors of the symmetric parts of a stack of matrices. A copy shares them.
#[derive(Clone)]
pub struct Eigens<N> {
    each: Rc<Vec<Eigen<N>>>,
}

impl<N: Real> Eigens<N> {
    pub(super) fn of(a: &Array<N>, like: &N) -> Result<Eigens<N>, String> {
        match a.shape[..] {
            [.., m, n] if m == n => Ok(Eigens { each: Rc::new(parts(a, 2).map(|a| Eigen::of(like, a, n)).collect()) }),
            _ => Err("this is no square matrix".into()),
        }
    }

    pub(super) fn entries(&self) -> usize {
        self.each.iter().map(|eigen| eigen.vectors.len() + eigen.n).sum()
    }

    /// What a function makes of each.
    pub(super) fn each(&self, shape: &[usize], f: impl Fn(&Eigen<N>) -> Vec<N>) -> Array<N> {
        Array { shape: shape.to_vec(), data: concatenated(&mut self.each.iter().map(f)) }
    }

    /// The matrices with these eigenvectors and other eigenvalues; each stack is used as often as needed.
    pub(super) fn combined(&self, weights: &Array<N>, shape: &[usize]) -> Array<N> {
        let weights: Vec<&[N]> = parts(weights, 1).collect();
        let count = shape[..shape.len().saturating_sub(2)].iter().product();
        let one = |k: usize| self.each[k % self.each.len()].combined(weights[k % weights.len()]);
        Array { shape: shape.to_vec(), data: concatenated(&mut (0..count).map(one)) }
    }
}
