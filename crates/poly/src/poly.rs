//! The polynomial type: how it is built and looked at.

use std::cmp::Reverse;
use std::fmt;

use crate::monomial::Monomial;

/// A monomial and its coefficient.
pub type Term = (Monomial, i128);

/// A polynomial with integer coefficients in at most sixteen variables.
///
/// The terms are sorted, the largest monomial first, and no coefficient is zero or `i128::MIN`, so
/// equal polynomials are structurally equal and negation never fails. The order compares the
/// sequences of terms: it is total and deterministic, but has no algebraic meaning.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Poly {
    pub(crate) terms: Vec<Term>,
}

impl Poly {
    /// The polynomial 0.
    pub const fn zero() -> Self {
        Self { terms: Vec::new() }
    }

    /// The polynomial 1.
    pub fn one() -> Self {
        Self::term(Monomial::ONE, 1)
    }

    /// A constant. Panics for `i128::MIN`, which no polynomial can hold.
    pub fn constant(value: i128) -> Self {
        Self::term(Monomial::ONE, value)
    }

    /// The variable `var`, 0 to 15. Panics outside of that.
    pub fn variable(var: usize) -> Self {
        Self::term(Monomial::power(var, 1).unwrap_or_default(), 1)
    }

    /// One term. Panics for the coefficient `i128::MIN`, which no polynomial can hold.
    pub fn term(monomial: Monomial, coefficient: i128) -> Self {
        assert!(coefficient != i128::MIN, "coefficient out of range");
        let terms = match coefficient {
            0 => Vec::new(),
            _ => vec![(monomial, coefficient)],
        };
        Self { terms }
    }

    /// The sum of these terms, in any order; `None` where a coefficient overflows.
    pub fn from_terms(mut terms: Vec<Term>) -> Option<Self> {
        if !terms.is_sorted_by(|a, b| a.0 > b.0) {
            terms.sort_unstable_by_key(|t| Reverse(t.0));
        }
        let mut kept = 0;
        for i in 0..terms.len() {
            let (monomial, coefficient) = terms[i];
            if kept > 0 && terms[kept - 1].0 == monomial {
                terms[kept - 1].1 = terms[kept - 1].1.checked_add(coefficient)?;
            } else {
                kept -= usize::from(kept > 0 && terms[kept - 1].1 == 0);
                terms[kept] = (monomial, coefficient);
                kept += 1;
            }
        }
        kept -= usize::from(kept > 0 && terms[kept - 1].1 == 0);
        terms.truncate(kept);
        let in_range = terms.iter().all(|t| t.1 != i128::MIN);
        in_range.then_some(Self { terms })
    }

    /// Wraps terms that are known to be sorted, nonzero and in range.
    #[inline]
    pub(crate) fn from_sorted(terms: Vec<Term>) -> Self {
        debug_assert!(terms.is_sorted_by(|a, b| a.0 > b.0));
        debug_assert!(terms.iter().all(|t| t.1 != 0 && t.1 != i128::MIN));
        Self { terms }
    }

    /// The terms, the largest monomial first.
    #[inline]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The terms, the largest monomial first, without copying them.
    pub fn into_terms(self) -> Vec<Term> {
        self.terms
    }

    /// The number of terms.
    #[inline]
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether there are no terms; the same as [`is_zero`](Self::is_zero).
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether this is 0.
    #[inline]
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether this is 1.
    #[inline]
    pub fn is_one(&self) -> bool {
        self.terms == [(Monomial::ONE, 1)]
    }

    /// The value of a constant polynomial, `None` for any other.
    pub fn as_constant(&self) -> Option<i128> {
        match self.terms[..] {
            [] => Some(0),
            [(m, c)] if m.is_one() => Some(c),
            _ => None,
        }
    }

    /// The term of the largest monomial, `None` for 0.
    pub fn leading(&self) -> Option<Term> {
        self.terms.first().copied()
    }

    /// The coefficient of the largest monomial, 0 for 0.
    pub fn leading_coefficient(&self) -> i128 {
        self.terms.first().map_or(0, |t| t.1)
    }

    /// The degree in one variable; 0 for 0.
    pub fn degree(&self, var: usize) -> u32 {
        let exponents = self.terms.iter().map(|t| t.0.exponent(var));
        exponents.max().unwrap_or(0)
    }

    /// The degree in each variable, as the least common multiple of all monomials.
    pub fn degrees(&self) -> Monomial {
        let monomials = self.terms.iter().map(|t| t.0);
        monomials.fold(Monomial::ONE, Monomial::lcm)
    }

    /// The largest total degree of a term; 0 for 0.
    pub fn total_degree(&self) -> u32 {
        let degrees = self.terms.iter().map(|t| t.0.total_degree());
        degrees.max().unwrap_or(0)
    }

    /// The variables that occur, bit `i` for variable `i`.
    pub fn variables(&self) -> u16 {
        self.degrees().variables()
    }

    /// The coefficients of the powers of one variable, the highest power first; none is zero.
    pub fn coefficients_in(&self, var: usize) -> Vec<(u32, Self)> {
        let mut groups: Vec<(u32, Self)> = Vec::new();
        for &(monomial, c) in &self.terms {
            let power = monomial.exponent(var);
            let rest = (monomial.without(var), c);
            match groups.binary_search_by(|g| power.cmp(&g.0)) {
                Ok(i) => groups[i].1.terms.push(rest),
                Err(i) => groups.insert(i, (power, Self::from_sorted(vec![rest]))),
            }
        }
        groups
    }

    /// The coefficient of `var^power`.
    pub fn coefficient_in(&self, var: usize, power: u32) -> Self {
        let matching = self.terms.iter().filter(|t| t.0.exponent(var) == power);
        Self::from_sorted(matching.map(|&(m, c)| (m.without(var), c)).collect())
    }
}

impl From<i64> for Poly {
    fn from(value: i64) -> Self {
        Self::constant(i128::from(value))
    }
}

impl fmt::Debug for Poly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return write!(f, "0");
        }
        for (i, &(monomial, c)) in self.terms.iter().enumerate() {
            let sign = match (i, c < 0) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            };
            match (c.unsigned_abs(), monomial.is_one()) {
                (1, false) => write!(f, "{sign}{monomial:?}")?,
                (size, true) => write!(f, "{sign}{size}")?,
                (size, false) => write!(f, "{sign}{size}*{monomial:?}")?,
            }
        }
        Ok(())
    }
}
