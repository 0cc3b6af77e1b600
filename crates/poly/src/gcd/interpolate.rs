//! Interpolation modulo 2^61 - 1: along a geometric sequence and along consecutive points.

use crate::modular;

/// The solution of `sum over j of c[j] nodes[j]^i = values[i - 1]`, `i = 1, 2, ..`, for `c`.
pub(super) struct Vandermonde {
    /// The rows of the inverse matrix.
    inverse: Vec<Vec<u64>>,
}

impl Vandermonde {
    /// `None` where two nodes are equal.
    ///
    /// With the master polynomial `M(z)`, the product of all `z - nodes[j]`, row `j` of the inverse
    /// is, up to a factor, `M / (z - nodes[j])`.
    pub(super) fn new(nodes: &[u64]) -> Option<Self> {
        if nodes == [1] {
            return Some(Self { inverse: vec![vec![1]] });
        }
        let mut master = Vec::with_capacity(nodes.len() + 1);
        master.push(1);
        for &node in nodes {
            master.insert(0, 0);
            for i in 0..master.len() - 1 {
                master[i] = modular::sub(master[i], modular::mul(node, master[i + 1]));
            }
        }
        let row = |&node| row(&master, node);
        let inverse: Option<Vec<_>> = nodes.iter().map(row).collect();
        Some(Self { inverse: inverse? })
    }

    /// How many values the solution needs.
    pub(super) fn size(&self) -> usize {
        self.inverse.len()
    }

    /// The coefficients that give rise to the values.
    pub(super) fn solve(&self, values: impl Iterator<Item = u64> + Clone) -> impl Iterator<Item = u64> {
        self.inverse.iter().map(move |row| {
            let products = row.iter().zip(values.clone());
            products.fold(0, |sum, (&r, v)| modular::add(sum, modular::mul(r, v)))
        })
    }
}

/// One row of the inverse matrix, by synthetic division of the master polynomial.
fn row(master: &[u64], node: u64) -> Option<Vec<u64>> {
    let n = master.len() - 1;
    let mut row = vec![0; n];
    let (mut coefficient, mut at_node) = (0, 0);
    for i in (0..n).rev() {
        coefficient = modular::add(master[i + 1], modular::mul(node, coefficient));
        at_node = modular::add(modular::mul(at_node, node), coefficient);
        row[i] = coefficient;
    }
    let divisor = modular::mul(at_node, node);
    if divisor == 0 {
        return None;
    }
    let factor = modular::inverse(divisor);
    for entry in &mut row {
        *entry = modular::mul(*entry, factor);
    }
    Some(row)
}

/// Newton's interpolation at the points `start`, `start + 1`, and so on.
pub(super) struct Consecutive {
    start: u64,
    /// Of 1, 2, and so on.
    inverses: Vec<u64>,
}

impl Consecutive {
    /// For polynomials of at most this degree.
    pub(super) fn new(start: u64, degree: u32) -> Self {
        let inverses = (1..=u64::from(degree)).map(modular::inverse).collect();
        Self { start, inverses }
    }

    /// The points.
    pub(super) fn point(&self, i: usize) -> u64 {
        modular::add(self.start, i as u64)
    }

    /// Replaces the values at the points by the coefficients, the constant first.
    pub(super) fn solve(&self, values: &mut [u64]) {
        let n = values.len();
        for level in 1..n {
            for i in (level..n).rev() {
                let rise = modular::sub(values[i], values[i - 1]);
                values[i] = modular::mul(rise, self.inverses[level - 1]);
            }
        }
        for i in (0..n - 1).rev() {
            for j in i..n - 1 {
                let product = modular::mul(self.point(i), values[j + 1]);
                values[j] = modular::sub(values[j], product);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cubic_is_found() {
        let interpolation = Consecutive::new(12_345, 3);
        let cubic = [5, 0, modular::sub(0, 7), 2];
        let value = |x| {
            let step = |sum, &c| modular::add(modular::mul(sum, x), c);
            cubic.iter().rev().fold(0, step)
        };
        let mut values: Vec<u64> = (0..4).map(|i| value(interpolation.point(i))).collect();
        interpolation.solve(&mut values);
        assert_eq!(values, cubic);
    }

    #[test]
    fn coefficients_of_powers_are_found() {
        let (nodes, coefficients) = ([3, 5, 11], [7, 1, 4]);
        let value = |i| {
            let terms = nodes.iter().zip(coefficients);
            terms.fold(0, |sum, (&x, c)| modular::add(sum, modular::mul(c, modular::pow(x, i))))
        };
        let solver = Vandermonde::new(&nodes).unwrap();
        let solution: Vec<u64> = solver.solve((1..4).map(value)).collect();
        assert_eq!(solution, coefficients);
        assert!(Vandermonde::new(&[2, 3, 2]).is_none());
    }
}
