//! Matrices that move along several directions: the mixed derivative along all of them is the last part of a jet.
//!
//! A jet of m directions is a matrix over the numbers with m infinitesimals whose squares are zero: one part for each set
//! of directions, the coefficient of the product of their infinitesimals. A product takes 3ᵐ products of matrices.

use super::dense;
use crate::real::Real;

/// A matrix with a part for each set of directions, numbered by its bits; none where that is zero.
#[derive(Clone)]
pub(super) struct Jet<N> {
    like: N,
    rows: usize,
    columns: usize,
    parts: Vec<Option<Vec<N>>>,
}

/// The subsets of a set, the whole one first.
fn subsets(of: usize) -> impl Iterator<Item = usize> {
    let mut next = Some(of);
    std::iter::from_fn(move || {
        let now = next?;
        next = (now != 0).then(|| (now - 1) & of);
        Some(now)
    })
}

fn added<N: Real>(total: Option<Vec<N>>, part: Vec<N>) -> Option<Vec<N>> {
    Some(match total {
        None => part,
        Some(total) => total.into_iter().zip(part).map(|(a, b)| a + b).collect(),
    })
}

impl<N: Real> Jet<N> {
    /// A square matrix and what it moves along.
    pub(super) fn new(like: &N, n: usize, base: &[N], directions: &[&[N]]) -> Jet<N> {
        let mut parts = vec![None; 1 << directions.len()];
        parts[0] = Some(base.to_vec());
        for (k, direction) in directions.iter().enumerate() {
            parts[1 << k] = Some(direction.to_vec());
        }
        Jet::of(like, n, n, parts)
    }

    fn of(like: &N, rows: usize, columns: usize, parts: Vec<Option<Vec<N>>>) -> Jet<N> {
        debug_assert!(parts.iter().flatten().all(|part| part.len() == rows * columns), "a part of another size");
        Jet { like: like.clone(), rows, columns, parts }
    }

    fn still(&self, rows: usize, columns: usize, base: Vec<N>) -> Jet<N> {
        let mut parts = vec![None; self.parts.len()];
        parts[0] = Some(base);
        Jet::of(&self.like, rows, columns, parts)
    }

    fn identity(&self, n: usize) -> Jet<N> {
        self.still(n, n, dense::identity(&self.like, n))
    }

    fn base(&self) -> Vec<N> {
        self.part(0)
    }

    fn part(&self, set: usize) -> Vec<N> {
        self.parts[set].clone().unwrap_or_else(|| self.zeros())
    }

    fn zeros(&self) -> Vec<N> {
        vec![self.like.ratio(0, 1); self.rows * self.columns]
    }

    /// The mixed derivative along all directions.
    pub(super) fn last(&self) -> Vec<N> {
        self.part(self.parts.len() - 1)
    }

    /// What is linear in both.
    fn combined(&self, other: &Jet<N>, [rows, columns]: [usize; 2], f: impl Fn(&[N], &[N]) -> Vec<N>) -> Jet<N> {
        let part = |set: usize| {
            subsets(set).fold(None, |total, own| match (&self.parts[own], &other.parts[set ^ own]) {
                (Some(a), Some(b)) => added(total, f(a, b)),
                _ => total,
            })
        };
        Jet::of(&self.like, rows, columns, (0..self.parts.len()).map(part).collect())
    }

    fn times(&self, other: &Jet<N>) -> Jet<N> {
        let (m, k, n) = (self.rows, self.columns, other.columns);
        self.combined(other, [m, n], |a, b| dense::product(&self.like, a, b, m, k, n))
    }

    /// Times a jet of one entry.
    fn scaled(&self, by: &Jet<N>) -> Jet<N> {
        let size = [self.rows, self.columns];
        self.combined(by, size, |a, b| a.iter().map(|x| x.clone() * b[0].clone()).collect())
    }

    /// Each part by itself.
    fn each(&self, rows: usize, columns: usize, f: impl Fn(&[N]) -> Vec<N>) -> Jet<N> {
        let parts = self.parts.iter().map(|p| p.as_deref().map(&f)).collect();
        Jet::of(&self.like, rows, columns, parts)
    }

    fn multiple(&self, by: &N) -> Jet<N> {
        self.each(self.rows, self.columns, |a| a.iter().map(|x| x.clone() * by.clone()).collect())
    }

    fn plus(&self, other: &Jet<N>) -> Jet<N> {
        let pairs = self.parts.iter().cloned().zip(&other.parts);
        let parts = pairs.map(|(a, b)| b.clone().map_or(a.clone(), |b| added(a, b))).collect();
        Jet::of(&self.like, self.rows, self.columns, parts)
    }

    fn at(&self, rows: &[usize], columns: &[usize]) -> Jet<N> {
        let entry = |a: &[N], i: usize, j: usize| a[i * self.columns + j].clone();
        let wide = columns.len();
        let pick = |a: &[N]| (0..rows.len() * wide).map(|k| entry(a, rows[k / wide], columns[k % wide])).collect();
        self.each(rows.len(), columns.len(), pick)
    }

    fn trace(&self) -> Jet<N> {
        let n = self.rows;
        self.each(1, 1, |a| {
            vec![(0..n).map(|k| a[k * n + k].clone()).reduce(|x, y| x + y).unwrap_or_else(|| self.like.ratio(0, 1))]
        })
    }

    /// The inverse, where the matrix itself has one: X[S] = −X Σ A[T] X[S∖T] over the T that are not empty.
    fn inverse(&self) -> Jet<N> {
        let n = self.rows;
        let base = dense::inverse(&self.like, &self.base(), n);
        let mut inverse = self.still(n, n, base.clone());
        let product = |a: &[N], b: &[N]| dense::product(&self.like, a, b, n, n, n);
        for set in 1..self.parts.len() {
            let moved = subsets(set).filter(|own| *own != 0).fold(None, |total, own| {
                match (&self.parts[own], &inverse.parts[set ^ own]) {
                    (Some(a), Some(x)) => added(total, product(a, x)),
                    _ => total,
                }
            });
            inverse.parts[set] = moved.map(|m| product(&base, &m).into_iter().map(|x| -x).collect());
        }
        inverse
    }

    /// The determinant, where `inverse` is the inverse: along each direction it grows by itself times tr(inv(A) dA).
    fn det(&self, inverse: &Jet<N>) -> Jet<N> {
        let mut det = self.still(1, 1, vec![dense::det(&self.like, &self.base(), self.rows)]);
        for set in 1..self.parts.len() {
            let first = set & set.wrapping_neg();
            let mut along = self.clone();
            along.parts = (0..self.parts.len())
                .map(|s| if s & first == 0 { self.parts[s | first].clone() } else { None })
                .collect();
            let growth = inverse.times(&along).trace();
            det.parts[set] = subsets(set ^ first).fold(None, |total, own| {
                match (&det.parts[own], &growth.parts[set ^ first ^ own]) {
                    (Some(d), Some(g)) => added(total, vec![d[0].clone() * g[0].clone()]),
                    _ => total,
                }
            });
        }
        det
    }

    /// Determinant and adjugate without division by an entry (Faddeev & LeVerrier; Gantmacher, "The Theory of Matrices",
    /// 1959, section IV.5).
    fn det_and_adjugate(&self) -> (Jet<N>, Jet<N>) {
        let n = self.rows;
        let (mut det, mut m) = (self.identity(1), self.identity(n));
        for k in 1..=n {
            let product = self.times(&m);
            det = product.trace().multiple(&(-self.like.ratio(1, k as u32)));
            if k < n {
                m = product.plus(&self.identity(n).scaled(&det));
            }
        }
        let sign = |odd: bool| self.like.ratio(if odd { -1 } else { 1 }, 1);
        (det.multiple(&sign(n % 2 == 1)), m.multiple(&sign(n % 2 != 1)))
    }

    /// The cofactors, whatever the rank: as far as there are pivots, blocks are eliminated; the rest, which is small or
    /// zero, is expanded without division.
    ///
    /// With X = inv(A₁₁) and the Schur complement S = A₂₂ − A₂₁ X A₁₂, the adjugate is det(A₁₁) times
    /// [[X det(S) + X A₁₂ adj(S) A₂₁ X, −X A₁₂ adj(S)], [−adj(S) A₂₁ X, adj(S)]], a polynomial in S.
    pub(super) fn cofactors(&self) -> Jet<N> {
        let n = self.rows;
        let found = dense::trapezoids(&self.like, &self.base(), n, n);
        let (upper, lower) = found.rows.split_at(found.rank);
        let (left, right) = found.columns.split_at(found.rank);
        let minus = -self.like.one();
        let inverse = self.at(upper, left).inverse();
        let det = self.at(upper, left).det(&inverse);
        let across = inverse.times(&self.at(upper, right)).multiple(&minus);
        let down = self.at(lower, left).times(&inverse).multiple(&minus);
        let rest = self.at(lower, right).plus(&self.at(lower, left).times(&across));
        let (small, adjugate) = rest.det_and_adjugate();
        let corner = inverse.scaled(&small).plus(&across.times(&adjugate).times(&down));
        let blocks = [(left, upper, corner), (left, lower, across.times(&adjugate))];
        let blocks =
            blocks.into_iter().chain([(right, upper, adjugate.times(&down)), (right, lower, adjugate.clone())]);
        let mut total = Jet::of(&self.like, n, n, vec![Some(self.zeros()); self.parts.len()]);
        let sign = self.like.ratio(if found.odd { -1 } else { 1 }, 1);
        for (rows, columns, block) in blocks {
            let block = block.scaled(&det).multiple(&sign);
            for (part, own) in total.parts.iter_mut().zip(&block.parts) {
                let (Some(part), Some(own)) = (part, own) else { continue };
                for (k, x) in own.iter().enumerate() {
                    // The adjugate is the transpose of the cofactors.
                    part[columns[k % columns.len()] * n + rows[k / columns.len()]] = x.clone();
                }
            }
        }
        total
    }

    /// The exponential by scaling, the Taylor series, and squaring (Higham, "Functions of Matrices", 2008, section 10.3).
    pub(super) fn exponential(&self) -> Jet<N> {
        let (n, like) = (self.rows, &self.like);
        let base = self.base();
        let size = base.chunks(n.max(1)).map(|row| row.iter().map(|x| x.approximate().abs()).sum::<f64>());
        let size = size.fold(0.0, |a: f64, b| if a.is_nan() || a >= b { a } else { b });
        if !size.is_finite() {
            let zero = like.ratio(0, 1);
            return self.each(n, n, |a| vec![zero.clone() / zero.clone(); a.len()]);
        }
        let squarings = if size > 0.5 { (size.log2() + 2.0).ceil().min(1000.0) as u32 } else { 0 };
        // No entry of the result is rational: exact numbers would grow with every product, for nothing.
        let rounded = like.pi() / like.pi();
        let half = like.ratio(1, 2);
        let scaled = (0..squarings).fold(self.multiple(&rounded), |a, _| a.multiple(&half));
        // The scaled norm is at most 1/2: the k-th term is at most 2^-k/k!, that along m directions at most
        // 2^-(k-m)/(k-m)!, and squaring may double an error each time.
        let wanted = f64::from(like.bits() + squarings + 16);
        let directions = self.parts.len().ilog2();
        let (mut k, mut gained) = (1, 0.0);
        let mut factors = vec![like.one()];
        while gained < wanted {
            factors.push(factors[k as usize - 1].clone() * like.ratio(1, k));
            if k > directions {
                gained += 1.0 + f64::from(k - directions).log2();
            }
            k += 1;
        }
        let total = scaled.polynomial(&factors);
        (0..squarings).fold(total, |a, _| a.times(&a))
    }

    /// A polynomial with these coefficients, the constant first, in about 2√degree products (Paterson & Stockmeyer, "On the
    /// number of nonscalar multiplications necessary to evaluate polynomials", 1973).
    fn polynomial(&self, factors: &[N]) -> Jet<N> {
        let width = (factors.len() as f64).sqrt().ceil().max(1.0) as usize;
        let mut powers = vec![self.identity(self.rows), self.clone()];
        for k in 1..width {
            powers.push(powers[k].times(self));
        }
        let block = |own: &[N]| {
            let terms = own.iter().zip(&powers).map(|(factor, power)| power.multiple(factor));
            terms.reduce(|a, b| a.plus(&b)).unwrap_or_else(|| self.multiple(&self.like.ratio(0, 1)))
        };
        let blocks = factors.chunks(width).rev().map(block);
        let joined = blocks.reduce(|total, next| total.times(&powers[width]).plus(&next));
        joined.unwrap_or_else(|| self.identity(self.rows))
    }
}
