//! Sums, products and powers.

use std::cmp::Ordering;
use std::ops::Range;

use crate::budget::Budget;
use crate::coefficient;
use crate::monomial::Monomial;
use crate::poly::{Poly, Term};

/// The most term products of one multiplication that is not given a budget.
const MAX_PRODUCTS: usize = 1 << 20;

impl Poly {
    /// The sum, `None` on overflow.
    pub fn add(&self, other: &Self) -> Option<Self> {
        let mut terms = Vec::with_capacity(self.len() + other.len());
        merge(&self.terms, &other.terms, |c| c, &mut terms)?;
        Some(Self::from_sorted(terms))
    }

    /// The difference, `None` on overflow.
    pub fn sub(&self, other: &Self) -> Option<Self> {
        let mut terms = Vec::with_capacity(self.len() + other.len());
        merge(&self.terms, &other.terms, |c| -c, &mut terms)?;
        Some(Self::from_sorted(terms))
    }

    /// The negative.
    pub fn neg(&self) -> Self {
        let negative = self.terms.iter().map(|&(m, c)| (m, -c));
        Self::from_sorted(negative.collect())
    }

    /// The product with a constant, `None` on overflow.
    pub fn scale(&self, factor: i128) -> Option<Self> {
        self.mul_term((Monomial::ONE, factor))
    }

    /// The product with one term, `None` on overflow.
    pub fn mul_term(&self, (monomial, factor): Term) -> Option<Self> {
        if factor == 0 {
            return Some(Self::zero());
        }
        let mut terms = Vec::with_capacity(self.len());
        for &(m, c) in &self.terms {
            let product = (m.checked_mul(monomial)?, coefficient::mul(c, factor)?);
            terms.push(product);
        }
        Some(Self::from_sorted(terms))
    }

    /// The product, `None` on overflow or beyond a million term products.
    pub fn mul(&self, other: &Self) -> Option<Self> {
        if self.len().checked_mul(other.len())? > MAX_PRODUCTS {
            return None;
        }
        self.mul_unbounded(other)
    }

    /// The product, `None` on overflow or beyond the budget.
    pub fn mul_within(&self, other: &Self, budget: &Budget) -> Option<Self> {
        budget.spend(self.len().checked_mul(other.len())?)?;
        let product = self.mul_unbounded(other)?;
        budget.admit(product.len())?;
        Some(product)
    }

    fn mul_unbounded(&self, other: &Self) -> Option<Self> {
        match (&self.terms[..], &other.terms[..]) {
            ([], _) | (_, []) => Some(Self::zero()),
            ([one], _) => other.mul_term(*one),
            (_, [one]) => self.mul_term(*one),
            (a, b) if a.len() <= b.len() => multiply(a, b).map(Self::from_sorted),
            (a, b) => multiply(b, a).map(Self::from_sorted),
        }
    }

    /// The `n`-th power, `None` on overflow or beyond the budget.
    pub fn pow(&self, n: u32, budget: &Budget) -> Option<Self> {
        match (n, &self.terms[..]) {
            (0, _) => Some(Self::one()),
            (1, _) => Some(self.clone()),
            (_, []) => Some(Self::zero()),
            (_, &[(m, c)]) => Some(Self::term(m.checked_pow(n)?, coefficient::pow(c, n)?)),
            _ => {
                // Multiplying by the short base, again and again, is faster than squaring for
                // sparse polynomials.
                let mut power = self.mul_within(self, budget)?;
                for _ in 2..n {
                    power = power.mul_within(self, budget)?;
                }
                Some(power)
            }
        }
    }
}

/// Appends the sum of two sorted runs of terms, the second through `sign`.
#[inline]
fn merge(a: &[Term], b: &[Term], sign: impl Fn(i128) -> i128, out: &mut Vec<Term>) -> Option<()> {
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            Ordering::Greater => {
                out.push(a[i]);
                i += 1;
            }
            Ordering::Less => {
                out.push((b[j].0, sign(b[j].1)));
                j += 1;
            }
            Ordering::Equal => {
                let sum = coefficient::add(a[i].1, sign(b[j].1))?;
                if sum != 0 {
                    out.push((a[i].0, sum));
                }
                (i, j) = (i + 1, j + 1);
            }
        }
    }
    out.extend_from_slice(&a[i..]);
    out.extend(b[j..].iter().map(|&(m, c)| (m, sign(c))));
    Some(())
}

/// The product of two operands of at least two terms: every row `a[i] * b` is already sorted, so
/// rows are merged in pairs until one is left.
fn multiply(a: &[Term], b: &[Term]) -> Option<Vec<Term>> {
    let products = a.len() * b.len();
    let mut terms = Vec::with_capacity(products);
    let mut overflow = false;
    for &(m, c) in a {
        for &(n, d) in b {
            let (monomial, beyond) = m.overflowing_mul(n);
            overflow |= beyond;
            terms.push((monomial, coefficient::mul(c, d)?));
        }
    }
    if overflow {
        return None;
    }
    let mut rows: Vec<Range<usize>> = (0..a.len()).map(|i| i * b.len()..(i + 1) * b.len()).collect();
    let mut spare = Vec::with_capacity(products);
    while rows.len() > 1 {
        merge_pairs(&terms, &mut rows, &mut spare)?;
        (terms, spare) = (spare, terms);
    }
    terms.shrink_to(2 * terms.len());
    Some(terms)
}

/// Merges the first row with the second, the third with the fourth and so on, into `out`.
fn merge_pairs(terms: &[Term], rows: &mut Vec<Range<usize>>, out: &mut Vec<Term>) -> Option<()> {
    out.clear();
    for pair in 0..rows.len().div_ceil(2) {
        let start = out.len();
        let first = &terms[rows[2 * pair].clone()];
        match rows.get(2 * pair + 1) {
            Some(second) => merge(first, &terms[second.clone()], |c| c, out)?,
            None => out.extend_from_slice(first),
        }
        rows[pair] = start..out.len();
    }
    rows.truncate(rows.len().div_ceil(2));
    Some(())
}
