//! Small dense matrices, row by row, in any kind of number: Gaussian elimination and what follows from it.
//!
//! Golub & Van Loan, "Matrix Computations" (2013), sections 3.4 (pivoting) and 4.2 (Cholesky).

use std::cmp::Ordering;
use std::rc::Rc;

use super::{concatenated, parts};
use crate::array::Array;
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

    /// The determinant; that of nothing is 1.
    pub fn det(&self, like: &N) -> N {
        let product = self.diagonal().reduce(|x, y| x * y).unwrap_or_else(|| like.one());
        match (self.singular, self.odd) {
            // Zero, as far as the pivot is known to be.
            (true, _) => product.clone() - product.middle(),
            (false, true) => -product,
            (false, false) => product,
        }
    }

    /// The sign of the determinant.
    pub fn sign(&self, like: &N) -> N {
        let sign = self.diagonal().map(Real::sign).reduce(|x, y| x * y).unwrap_or_else(|| like.one());
        let sign = if self.odd { -sign } else { sign };
        if self.singular { like.ratio(0, 1) } else { sign }
    }

    /// The logarithm of the determinant's magnitude.
    pub fn log_abs_det(&self, like: &N) -> N {
        let zero = like.ratio(0, 1);
        if self.singular {
            return zero.log();
        }
        self.diagonal().map(|d| d.abs().log()).reduce(|x, y| x + y).unwrap_or(zero)
    }

    /// The logarithm of a positive determinant; not a number for a negative one.
    pub fn log_det(&self, like: &N) -> N {
        let negative = self.diagonal().filter(|d| d.approximate() < 0.0).count() % 2 == 1;
        if !self.singular && negative != self.odd {
            return (-like.one()).log();
        }
        self.log_abs_det(like)
    }

    /// The inverse; nothing of it is a number where there is none.
    pub fn inverse(&self, like: &N) -> Vec<N> {
        self.solve(like, &identity(like, self.n), self.n, false)
    }

    /// The solutions for `columns` right sides, row by row, of the matrix or its transpose; not a number where there is none.
    pub fn solve(&self, like: &N, b: &[N], columns: usize, transposed: bool) -> Vec<N> {
        let n = self.n;
        if self.singular {
            return vec![undefined(like); n * columns];
        }
        let row = |x: &[N], r: usize| x[r * columns..(r + 1) * columns].to_vec();
        if !transposed {
            let mut x: Vec<N> = concatenated(&mut self.rows.iter().map(|r| row(b, *r)));
            (0..n).for_each(|i| (0..i).for_each(|k| self.subtract(&mut x, columns, (i, k), i * n + k)));
            for i in (0..n).rev() {
                (i + 1..n).for_each(|k| self.subtract(&mut x, columns, (i, k), i * n + k));
                self.divide(&mut x, columns, i);
            }
            return x;
        }
        // A' = U' L' P
        let mut x = b.to_vec();
        for i in 0..n {
            (0..i).for_each(|k| self.subtract(&mut x, columns, (i, k), k * n + i));
            self.divide(&mut x, columns, i);
        }
        (0..n).rev().for_each(|i| (i + 1..n).for_each(|k| self.subtract(&mut x, columns, (i, k), k * n + i)));
        let mut from = vec![0; n];
        self.rows.iter().enumerate().for_each(|(at, r)| from[*r] = at);
        concatenated(&mut from.into_iter().map(|at| row(&x, at)))
    }

    /// Takes a multiple of row `k` from row `i`.
    fn subtract(&self, x: &mut [N], columns: usize, (i, k): (usize, usize), factor: usize) {
        let factor = self.factors[factor].clone();
        for j in 0..columns {
            x[i * columns + j] = x[i * columns + j].clone() - factor.clone() * x[k * columns + j].clone();
        }
    }

    fn divide(&self, x: &mut [N], columns: usize, i: usize) {
        for entry in &mut x[i * columns..(i + 1) * columns] {
            *entry = entry.clone() / self.factors[i * self.n + i].clone();
        }
    }
}

/// The triangular factors of a stack of square matrices, or of their transposes: what a determinant, an inverse and
/// solutions are computed from. A copy shares them.
#[derive(Clone)]
pub struct Triangular<N> {
    each: Rc<Vec<Lu<N>>>,
    /// The number of axes.
    rank: usize,
    transposed: bool,
}

impl<N: Real> Triangular<N> {
    /// Of the matrices in the last two axes.
    ///
    /// # Errors
    /// If they are not square.
    pub fn of(a: &Array<N>) -> Result<Triangular<N>, String> {
        match a.shape[..] {
            [.., m, n] if m == n => {
                let each = parts(a, 2).map(|a| lu(a, n)).collect();
                Ok(Triangular { each: Rc::new(each), rank: a.shape.len(), transposed: false })
            }
            _ => Err("this is no square matrix".into()),
        }
    }

    /// The same factorisations, read as those of the transposes.
    pub fn transposed(&self) -> Triangular<N> {
        Triangular { each: Rc::clone(&self.each), rank: self.rank, transposed: !self.transposed }
    }

    /// The number of axes of the stack of matrices.
    pub(super) fn rank(&self) -> usize {
        self.rank
    }

    /// How many numbers they hold.
    pub fn entries(&self) -> usize {
        self.each.iter().map(|lu| lu.factors.len()).sum()
    }

    /// What a function makes of each.
    pub(super) fn each(&self, shape: &[usize], f: impl Fn(&Lu<N>) -> Vec<N>) -> Array<N> {
        Array { shape: shape.to_vec(), data: concatenated(&mut self.each.iter().map(f)) }
    }

    /// The inverses.
    pub(super) fn inverse(&self, shape: &[usize], like: &N) -> Array<N> {
        self.each(shape, |lu| lu.solve(like, &identity(like, lu.n), lu.n, self.transposed))
    }

    /// The solutions for the columns of matrices; each stack is used as often as needed.
    pub(super) fn solve(&self, b: &Array<N>, shape: &[usize], like: &N) -> Array<N> {
        let sides: Vec<&[N]> = parts(b, 2).collect();
        let columns = b.shape.last().copied().unwrap_or(0);
        let count = shape[..shape.len().saturating_sub(2)].iter().product();
        let one =
            |k: usize| self.each[k % self.each.len()].solve(like, sides[k % sides.len()], columns, self.transposed);
        Array { shape: shape.to_vec(), data: concatenated(&mut (0..count).map(one)) }
    }
}

/// The identity.
pub(super) fn identity<N: Real>(like: &N, n: usize) -> Vec<N> {
    (0..n * n).map(|k| like.ratio(i64::from(k / n == k % n), 1)).collect()
}

/// What a singular matrix has none of.
fn undefined<N: Real>(like: &N) -> N {
    let zero = like.ratio(0, 1);
    zero.clone() / zero
}

/// The determinant; that of nothing is 1.
pub fn det<N: Real>(like: &N, a: &[N], n: usize) -> N {
    lu(a, n).det(like)
}

/// The inverse; nothing of it is a number where there is none.
pub fn inverse<N: Real>(like: &N, a: &[N], n: usize) -> Vec<N> {
    lu(a, n).inverse(like)
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

pub(super) fn transposed<N: Clone>(a: &[N], m: usize, n: usize) -> Vec<N> {
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

/// The entries of an m × n matrix from the k-th row and column on.
fn below(k: usize, (m, n): (usize, usize)) -> impl Iterator<Item = usize> {
    (k..m).flat_map(move |i| (k..n).map(move |j| i * n + j))
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
        let below = below(k, (m, n));
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
        let left = below(r, (m, n)).filter(|_| like.epsilon() == 0.0);
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
    lu(&product(like, &t, a, n, m, n), n).solve(like, &t, m, false)
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
