//! A coefficient times powers of generators.

use smallvec::{SmallVec, smallvec};
use wrt_core::Number;

use super::GeneratorId;

/// Few enough to stand in place, mostly.
pub(crate) type Factors = SmallVec<[(GeneratorId, Number); 4]>;

/// `coefficient * generator^exponent * …`, sorted by generator, no exponent zero; zero has no factors.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Product {
    pub(crate) coefficient: Number,
    pub(crate) factors: Factors,
}

impl Product {
    pub(crate) fn number(coefficient: Number) -> Product {
        Product { coefficient, factors: Factors::new() }
    }

    pub(crate) fn one() -> Product {
        Product::number(Number::ONE)
    }

    pub(crate) fn generator(it: GeneratorId) -> Product {
        Product::power(it, Number::ONE)
    }

    pub(crate) fn power(base: GeneratorId, exponent: Number) -> Product {
        let factors = if exponent.is_zero() { Factors::new() } else { smallvec![(base, exponent)] };
        Product { coefficient: Number::ONE, factors }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.coefficient.is_zero()
    }

    /// The number, if there is nothing else.
    pub(crate) fn as_number(&self) -> Option<&Number> {
        self.factors.is_empty().then_some(&self.coefficient)
    }

    /// The generator, if it stands alone.
    pub(crate) fn as_generator(&self) -> Option<GeneratorId> {
        match &self.factors[..] {
            [(b, e)] if e.is_one() && self.coefficient.is_one() => Some(*b),
            _ => None,
        }
    }

    pub(crate) fn scaled(&self, by: &Number) -> Product {
        if by.is_zero() {
            return Product::number(Number::ZERO);
        }
        Product { coefficient: &self.coefficient * by, factors: self.factors.clone() }
    }

    /// The exponent of a base, zero where it doesn't occur.
    pub(crate) fn exponent(&self, base: GeneratorId) -> Number {
        match self.factors.binary_search_by_key(&base, |(b, _)| *b) {
            Ok(at) => self.factors[at].1.clone(),
            Err(_) => Number::ZERO,
        }
    }

    /// `self * base^exponent`
    pub(crate) fn times_power(&mut self, base: GeneratorId, exponent: &Number) {
        if exponent.is_zero() {
            return;
        }
        match self.factors.binary_search_by_key(&base, |(b, _)| *b) {
            Ok(at) => {
                self.factors[at].1 = &self.factors[at].1 + exponent;
                if self.factors[at].1.is_zero() {
                    self.factors.remove(at);
                }
            }
            Err(at) => self.factors.insert(at, (base, exponent.clone())),
        }
    }

    /// `self * other^exponent`, for an integer exponent unless the coefficient of `other` is one.
    pub(crate) fn times(&mut self, other: &Product, exponent: &Number) -> Option<()> {
        if !other.coefficient.is_one() {
            self.coefficient = self.coefficient.checked_mul(&other.coefficient.pow(exponent.as_i64()?)?)?;
        }
        if self.coefficient.is_zero() {
            self.factors.clear();
            return Some(());
        }
        for (b, e) in &other.factors {
            self.times_power(*b, &(e * exponent));
        }
        Some(())
    }
}
