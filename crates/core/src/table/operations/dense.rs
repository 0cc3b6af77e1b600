//! Small dense matrices, row by row, in any kind of number: Gaussian elimination and what follows from it.
//!
//! Golub & Van Loan, "Matrix Computations" (2013), sections 3.4 (pivoting) and 4.2 (Cholesky).

use std::cmp::Ordering;

use crate::real::Real;

/// A factorisation with row exchanges: P A = L U.
pub struct Lu<N> {
    n: usize,
    /// L below the diagonal (its own is 1), U above.
    factors: Vec<N>,
    /// Where each row came from.
    rows: Vec<usize>,
    odd: bool,
    singular: bool,
}

/// The factorisation of an n by n matrix.
pub fn lu<N: Real>(a: &[N], n: usize) -> Lu<N> {
    let mut f = a.to_vec();
    let mut rows: Vec<usize> = (0..n).collect();
    let (mut odd, mut singular) = (false, false);
    for k in 0..n {
        let size = |i: usize| f[i * n + k].approximate().abs();
        let best = (k..n).max_by(|a, b| size(*a).total_cmp(&size(*b))).unwrap_or(k);
        if size(best) == 0.0 {
            singular = true;
            continue;
        }
        if best != k {
            (0..n).for_each(|j| f.swap(k * n + j, best * n + j));
            rows.swap(k, best);
            odd = !odd;
        }
        for i in k + 1..n {
            let factor = f[i * n + k].clone() / f[k * n + k].clone();
            for j in k + 1..n {
                f[i * n + j] = f[i * n + j].clone() - factor.clone() * f[k * n + j].clone();
            }
            f[i * n + k] = factor;
        }
    }
    Lu { n, factors: f, rows, odd, singular }
}

impl<N: Real> Lu<N> {
    /// Is a pivot zero?
    pub fn is_singular(&self) -> bool {
        self.singular
    }

    fn diagonal(&self) -> impl Iterator<Item = N> + '_ {
        (0..self.n).map(|k| self.factors[k * self.n + k].clone())
    }

    /// The solutions for `columns` right sides, row by row.
    pub fn solve(&self, b: &[N], columns: usize) -> Vec<N> {
        let n = self.n;
        let mut x: Vec<N> = self.rows.iter().flat_map(|r| b[r * columns..(r + 1) * columns].to_vec()).collect();
        for i in 0..n {
            for k in 0..i {
                let factor = self.factors[i * n + k].clone();
                for j in 0..columns {
                    x[i * columns + j] = x[i * columns + j].clone() - factor.clone() * x[k * columns + j].clone();
                }
            }
        }
        for i in (0..n).rev() {
            for k in i + 1..n {
                let factor = self.factors[i * n + k].clone();
                for j in 0..columns {
                    x[i * columns + j] = x[i * columns + j].clone() - factor.clone() * x[k * columns + j].clone();
                }
            }
            for j in 0..columns {
                x[i * columns + j] = x[i * columns + j].clone() / self.factors[i * n + i].clone();
            }
        }
        x
    }
}

/// The identity.
pub(super) fn identity<N: Real>(like: &N, n: usize) -> Vec<N> {
    (0..n * n).map(|k| like.ratio(i64::from(k / n == k % n), 1)).collect()
}

/// The determinant; that of nothing is 1.
pub fn det<N: Real>(like: &N, a: &[N], n: usize) -> N {
    let lu = lu(a, n);
    if lu.singular {
        return like.ratio(0, 1);
    }
    let product = lu.diagonal().reduce(|x, y| x * y).unwrap_or_else(|| like.one());
    if lu.odd { -product } else { product }
}

/// The logarithm of a positive determinant; not a number for a negative one.
pub fn log_det<N: Real>(like: &N, a: &[N], n: usize) -> N {
    let lu = lu(a, n);
    let zero = like.ratio(0, 1);
    if lu.singular {
        return zero.log();
    }
    let negative = lu.diagonal().filter(|d| d.approximate() < 0.0).count() % 2 == 1;
    if negative != lu.odd {
        return (-like.one()).log();
    }
    lu.diagonal().map(|d| d.abs().log()).reduce(|x, y| x + y).unwrap_or(zero)
}

/// The inverse; nothing of it is a number where there is none.
pub fn inverse<N: Real>(like: &N, a: &[N], n: usize) -> Vec<N> {
    let lu = lu(a, n);
    if lu.singular {
        let zero = like.ratio(0, 1);
        return vec![zero.clone() / zero; n * n];
    }
    lu.solve(&identity(like, n), n)
}

/// The determinant without row `i` and column `j`, with its sign.
pub(super) fn cofactor<N: Real>(like: &N, a: &[N], n: usize, i: usize, j: usize) -> N {
    let kept = (0..n * n).filter(|k| k / n != i && k % n != j).map(|k| a[k].clone());
    let d = det(like, &kept.collect::<Vec<N>>(), n - 1);
    if (i + j) % 2 == 1 { -d } else { d }
}

/// The lower factor of a symmetric positive definite matrix.
pub fn cholesky<N: Real>(like: &N, a: &[N], n: usize) -> Vec<N> {
    let mut l = vec![like.ratio(0, 1); n * n];
    for i in 0..n {
        for j in 0..=i {
            let mut rest = a[i * n + j].clone();
            for k in 0..j {
                rest = rest - l[i * n + k].clone() * l[j * n + k].clone();
            }
            l[i * n + j] = if i == j { rest.sqrt() } else { rest / l[j * n + j].clone() };
        }
    }
    l
}

/// `a` (m by k) times `b` (k by n).
pub fn product<N: Real>(like: &N, a: &[N], b: &[N], m: usize, k: usize, n: usize) -> Vec<N> {
    let mut c = vec![like.ratio(0, 1); m * n];
    for i in 0..m {
        for l in 0..k {
            for j in 0..n {
                c[i * n + j] = c[i * n + j].clone() + a[i * k + l].clone() * b[l * n + j].clone();
            }
        }
    }
    c
}

fn transposed<N: Clone>(a: &[N], m: usize, n: usize) -> Vec<N> {
    (0..m * n).map(|k| a[(k % m) * n + k / m].clone()).collect()
}

/// An m by n matrix, rows and columns exchanged: the product of a unit lower and an upper trapezoid, as far as its pivots
/// are told from round-off.
pub(super) struct Trapezoids<N> {
    columns_in_all: usize,
    /// L below the diagonal, U on it and above.
    factors: Vec<N>,
    /// Where each row came from.
    pub(super) rows: Vec<usize>,
    /// Where each column came from.
    pub(super) columns: Vec<usize>,
    /// Was the number of exchanges odd?
    pub(super) odd: bool,
    /// How many pivots there are.
    pub(super) rank: usize,
}

/// Gaussian elimination with full pivoting.
pub(super) fn trapezoids<N: Real>(like: &N, a: &[N], m: usize, n: usize) -> Trapezoids<N> {
    let mut t = Trapezoids {
        columns_in_all: n,
        factors: a.to_vec(),
        rows: (0..m).collect(),
        columns: (0..n).collect(),
        odd: false,
        rank: 0,
    };
    let mut least = 0.0;
    for k in 0..m.min(n) {
        let size = |at: &usize| t.factors[*at].approximate().abs();
        let below = (k..m).flat_map(|i| (k..n).map(move |j| i * n + j));
        let Some(best) = below.max_by(|a, b| size(a).total_cmp(&size(b)).then(b.cmp(a))) else { break };
        if k == 0 {
            least = size(&best) * like.epsilon() * m.max(n) as f64;
        }
        if size(&best) <= least {
            break;
        }
        t.exchange(k, best / n, best % n);
        t.eliminate(k);
        t.rank += 1;
    }
    t
}

impl<N: Real> Trapezoids<N> {
    fn exchange(&mut self, k: usize, row: usize, column: usize) {
        let (m, n) = (self.rows.len(), self.columns_in_all);
        self.odd ^= (row != k) ^ (column != k);
        self.rows.swap(k, row);
        self.columns.swap(k, column);
        if row != k {
            (0..n).for_each(|j| self.factors.swap(k * n + j, row * n + j));
        }
        if column != k {
            (0..m).for_each(|i| self.factors.swap(i * n + k, i * n + column));
        }
    }

    fn eliminate(&mut self, k: usize) {
        let (m, n) = (self.rows.len(), self.columns_in_all);
        let f = &mut self.factors;
        for i in k + 1..m {
            let factor = f[i * n + k].clone() / f[k * n + k].clone();
            for j in k + 1..n {
                f[i * n + j] = f[i * n + j].clone() - factor.clone() * f[k * n + j].clone();
            }
            f[i * n + k] = factor;
        }
    }

    /// L, m by rank.
    fn lower(&self, like: &N) -> Vec<N> {
        let (n, r) = (self.columns_in_all, self.rank);
        let entry = |i: usize, j: usize| match i.cmp(&j) {
            Ordering::Less => like.ratio(0, 1),
            Ordering::Equal => like.one(),
            Ordering::Greater => self.factors[i * n + j].clone(),
        };
        (0..self.rows.len() * r).map(|k| entry(k / r, k % r)).collect()
    }

    /// U with its diagonal taken out, rank by n.
    fn upper(&self, like: &N) -> Vec<N> {
        let n = self.columns_in_all;
        let entry = |i: usize, j: usize| match i.cmp(&j) {
            Ordering::Less => self.factors[i * n + j].clone() / self.factors[i * n + i].clone(),
            Ordering::Equal => like.one(),
            Ordering::Greater => like.ratio(0, 1),
        };
        (0..self.rank * n).map(|k| entry(k / n, k % n)).collect()
    }

    /// 1 if what was left behind the pivots is zero as far as the kind of number tells; where it knows its own error,
    /// it must be sure.
    fn certainty(&self, like: &N) -> N {
        let (m, n, r) = (self.rows.len(), self.columns_in_all, self.rank);
        let zero = like.ratio(0, 1);
        let left = (r..m).flat_map(|i| (r..n).map(move |j| i * n + j)).filter(|_| like.epsilon() == 0.0);
        left.fold(like.one(), |sure, k| {
            let nothing = self.factors[k].clone().equal(zero.clone());
            N::select(nothing, sure, zero.clone() / zero.clone())
        })
    }
}

/// The pseudo-inverse of an m by n matrix whose columns are independent and well conditioned: inv(A'A) A'.
fn left_inverse<N: Real>(like: &N, a: &[N], m: usize, n: usize) -> Vec<N> {
    if m == n {
        return inverse(like, a, n);
    }
    let t = transposed(a, m, n);
    lu(&product(like, &t, a, n, m, n), n).solve(&t, m)
}

/// The Moore-Penrose inverse of an m by n matrix, from its trapezoids: what is ill-conditioned about the matrix is in
/// the diagonal between them (Peters & Wilkinson, "The least squares problem and pseudo-inverses", 1970).
pub fn pseudo_inverse<N: Real>(like: &N, a: &[N], m: usize, n: usize) -> Vec<N> {
    let t = trapezoids(like, a, m, n);
    let r = t.rank;
    let mut left = left_inverse(like, &t.lower(like), m, r);
    let right = transposed(&left_inverse(like, &transposed(&t.upper(like), r, n), n, r), r, n);
    for (k, x) in left.iter_mut().enumerate() {
        let i = k / m;
        *x = x.clone() / t.factors[i * n + i].clone();
    }
    let sure = t.certainty(like);
    let moved = product(like, &right, &left, n, r, m);
    let mut out = vec![like.ratio(0, 1); n * m];
    for (k, x) in moved.into_iter().enumerate() {
        out[t.columns[k / m] * m + t.rows[k % m]] = x * sure.clone();
    }
    out
}
