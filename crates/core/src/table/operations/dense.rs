//! Small dense matrices, row by row, in any kind of number: Gaussian elimination and what follows from it.
//!
//! Golub & Van Loan, "Matrix Computations" (2013), sections 3.4 (pivoting) and 4.2 (Cholesky).

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

fn identity<N: Real>(like: &N, n: usize) -> Vec<N> {
    (0..n * n).map(|k| like.ratio(i64::from(k / n == k % n), 1)).collect()
}

/// The determinant.
pub fn det<N: Real>(a: &[N], n: usize) -> N {
    let lu = lu(a, n);
    if lu.singular {
        return a[0].ratio(0, 1);
    }
    let product = lu.diagonal().reduce(|x, y| x * y).unwrap_or_else(|| a[0].one());
    if lu.odd { -product } else { product }
}

/// The logarithm of a positive determinant; not a number for a negative one.
pub fn log_det<N: Real>(a: &[N], n: usize) -> N {
    let lu = lu(a, n);
    let zero = a[0].ratio(0, 1);
    if lu.singular {
        return zero.log();
    }
    let negative = lu.diagonal().filter(|d| d.approximate() < 0.0).count() % 2 == 1;
    if negative != lu.odd {
        return (-a[0].one()).log();
    }
    lu.diagonal().map(|d| d.abs().log()).reduce(|x, y| x + y).unwrap_or(zero)
}

/// The inverse; nothing of it is a number where there is none.
pub fn inverse<N: Real>(a: &[N], n: usize) -> Vec<N> {
    let lu = lu(a, n);
    if lu.singular {
        let zero = a[0].ratio(0, 1);
        return vec![zero.clone() / zero; n * n];
    }
    lu.solve(&identity(&a[0], n), n)
}

/// The cofactors: the determinant times the transposed inverse, or minors where the matrix is singular or small.
pub fn cofactors<N: Real>(a: &[N], n: usize) -> Vec<N> {
    if n == 1 {
        return vec![a[0].one()];
    }
    let lu = lu(a, n);
    if n > 3 && !lu.singular {
        let (d, inverse) = (det(a, n), lu.solve(&identity(&a[0], n), n));
        return (0..n * n).map(|k| d.clone() * inverse[(k % n) * n + k / n].clone()).collect();
    }
    let minor = |i: usize, j: usize| {
        let kept = (0..n * n).filter(|k| k / n != i && k % n != j).map(|k| a[k].clone());
        let d = det(&kept.collect::<Vec<N>>(), n - 1);
        if (i + j) % 2 == 1 { -d } else { d }
    };
    (0..n * n).map(|k| minor(k / n, k % n)).collect()
}

/// The lower factor of a symmetric positive definite matrix.
pub fn cholesky<N: Real>(a: &[N], n: usize) -> Vec<N> {
    let mut l = vec![a[0].ratio(0, 1); n * n];
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
pub fn product<N: Real>(a: &[N], b: &[N], m: usize, k: usize, n: usize) -> Vec<N> {
    let mut c = vec![a[0].ratio(0, 1); m * n];
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

/// The Moore-Penrose inverse of an m by n matrix of full rank, from the normal equations.
pub fn pseudo_inverse<N: Real>(a: &[N], m: usize, n: usize) -> Vec<N> {
    let t = transposed(a, m, n);
    if m >= n {
        lu(&product(&t, a, n, m, n), n).solve(&t, m)
    } else {
        // A' inv(A A'), transposed.
        let x = lu(&product(a, &t, m, n, m), m).solve(a, n);
        transposed(&x, m, n)
    }
}

/// The exponential by scaling, the Taylor series, and squaring (Higham 2008, section 10.3).
pub fn expm<N: Real>(a: &[N], n: usize) -> Vec<N> {
    let size = (0..n).map(|i| (0..n).map(|j| a[i * n + j].approximate().abs()).sum::<f64>()).fold(0.0, f64::max);
    if !size.is_finite() {
        let zero = a[0].ratio(0, 1);
        return vec![zero.clone() / zero; n * n];
    }
    let squarings = if size > 0.5 { (size.log2() + 2.0).ceil().min(1000.0) as u32 } else { 0 };
    let half = a[0].ratio(1, 2);
    let mut scaled = a.to_vec();
    for _ in 0..squarings {
        scaled.iter_mut().for_each(|x| *x = x.clone() * half.clone());
    }
    let (mut term, mut total) = (identity(&a[0], n), identity(&a[0], n));
    // The scaled norm is at most 1/2: the k-th term is at most 2^-k/k!, and squaring may double an error each time.
    let wanted = f64::from(a[0].bits() + squarings + 16);
    let (mut k, mut gained) = (1, 0.0);
    while gained < wanted {
        let by = a[0].ratio(k, 1);
        term = product(&term, &scaled, n, n, n).into_iter().map(|x| x / by.clone()).collect();
        total = total.iter().zip(&term).map(|(x, y)| x.clone() + y.clone()).collect();
        gained += 1.0 + (k as f64).log2();
        k += 1;
    }
    for _ in 0..squarings {
        total = product(&total, &total, n, n, n);
    }
    total
}

/// The mixed derivative of the exponential of `a` along the directions.
pub fn frechet<N: Real>(a: &[N], along: &[Vec<N>], n: usize) -> Vec<N> {
    let (mut block, mut size) = (a.to_vec(), n);
    let zero = a[0].ratio(0, 1);
    for e in along {
        let (own, side) = (size, size * 2);
        let entry = |i: usize, j: usize| match (i < own, j < own) {
            (true, true) => block[i * own + j].clone(),
            (false, false) => block[(i - own) * own + j - own].clone(),
            // The direction, once for each block of the diagonal.
            (true, false) if i / n == (j - own) / n => e[i % n * n + (j - own) % n].clone(),
            _ => zero.clone(),
        };
        block = (0..side * side).map(|k| entry(k / side, k % side)).collect();
        size = side;
    }
    let all = expm(&block, size);
    (0..n * n).map(|k| all[(k / n) * size + size - n + k % n].clone()).collect()
}
