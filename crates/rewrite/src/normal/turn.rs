//! Exponentials and symbolic powers in sums written with their exponents turned: `1 + exp(-x)` for
//! `exp(-x)*(exp(x) + 1)`.
//!
//! A polynomial in `exp(u)` has powers of one sign only, so what stood as `a + b*exp(-u)` is `exp(-u)*(a*exp(u) + b)`
//! inside. Where that overflows and the given formula didn't, it is written the other way.

use wrt_core::{Number, Primitive};
use wrt_poly::{Monomial, Poly};

use super::product::Product;
use super::sums::number;
use super::{GeneratorId, Key, NONE, Normal, ProductId, Variable};

/// Which exponentials in sums are written with negative exponents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Turn {
    /// None: the shortest form.
    Never,
    /// Those that have no positive exponent in the given formula.
    AsGiven,
    /// All.
    Always,
    /// All, but for whole powers below the bar: `(a + b*exp(-u))/((c*exp(u) + d)*sqrt(c + d*exp(-u)))`.
    Mixed,
}

/// The signs with which a part of an exponent occurs in the given formula.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Signs {
    positive: bool,
    negative: bool,
}

impl Signs {
    pub(super) fn note(&mut self, k: &Number) {
        self.negative |= k.is_negative();
        self.positive |= !k.is_negative();
    }
}

impl Normal<'_> {
    /// Writes from now on in this way.
    pub(super) fn set_turn(&mut self, turn: Turn) {
        self.turn = turn;
        self.forget_spellings();
    }

    /// Everything is spelled anew.
    pub(super) fn forget_spellings(&mut self) {
        self.emitted.clear();
        self.spelled.clear();
        self.emitted_generators.clear();
    }

    /// The product with its sums turned.
    pub(super) fn turned(&mut self, product: &mut Product) {
        for (base, exponent) in product.factors.clone() {
            let Key::Sum(p) = self.generators[base as usize].key.clone() else { continue };
            let whole = if exponent.is_negative() { -&(-&exponent).floor() } else { Number::ZERO };
            let exponent = if self.turn == Turn::Mixed { &exponent - &whole } else { exponent };
            if exponent.is_zero() {
                continue;
            }
            if let Some((sum, powers)) = self.turned_sum(&p) {
                product.times_power(base, &-&exponent);
                product.times_power(self.generator(sum), &exponent);
                for (e, k) in powers {
                    product.times_power(e, &(&k * &exponent));
                }
            }
        }
    }

    /// The sum in the inverses of exponentials, and the powers of these that stand in front.
    fn turned_sum(&mut self, p: &Poly) -> Option<(Key, Vec<(GeneratorId, Number)>)> {
        let (mut inverses, mut powers) = (Vec::new(), Vec::new());
        for v in 0..self.variables.len() {
            let Variable { base, root } = self.variables[v];
            let degree = p.degree(v);
            let Some(inverse) = self.inverse(base).filter(|_| degree > 0) else { continue };
            inverses.push((v, Variable { base: inverse, root }, degree));
            powers.push((base, Number::ratio(i64::from(degree), i64::from(root))?));
        }
        if powers.is_empty() {
            return None;
        }
        let sum = self.reversed_sum(p, &inverses).map_or_else(|| self.over(p, &powers), Key::Sum);
        Some((sum, powers))
    }

    /// As a polynomial; none where there are no variables left.
    fn reversed_sum(&mut self, p: &Poly, inverses: &[(usize, Variable, u32)]) -> Option<Poly> {
        let mut sum = p.clone();
        for (v, inverse, degree) in inverses {
            let w = self.variable(inverse.base, inverse.root)?;
            sum = reversed(&sum, *v, w, *degree)?;
        }
        Some(sum)
    }

    /// The terms of a polynomial over these powers.
    fn over(&mut self, p: &Poly, powers: &[(GeneratorId, Number)]) -> Key {
        let mut terms = Vec::with_capacity(p.len());
        for (monomial, c) in p.terms() {
            let mut term = self.monomial(*monomial).scaled(&number(*c));
            powers.iter().for_each(|(base, k)| term.times_power(*base, &-k));
            terms.push(self.intern(term));
        }
        Key::Opaque(terms)
    }

    /// The function that is one over this one everywhere, if it is to be written with that.
    fn inverse(&mut self, base: GeneratorId) -> Option<GeneratorId> {
        let (primitive, inner) = match self.generators[base as usize].key {
            Key::Call(primitive, [inner, ..]) => (primitive, inner),
            Key::Power(of, exponent) if self.turn != Turn::AsGiven => {
                let opposite = self.opposite(exponent);
                return Some(self.generator(Key::Power(of, opposite)));
            }
            _ => return None,
        };
        match primitive {
            Primitive::Exp if self.is_turned(inner) => {
                let opposite = self.opposite(inner);
                Some(self.generator(Key::Call(Primitive::Exp, [opposite, NONE, NONE])))
            }
            Primitive::Cosh => Some(self.generator(Key::Call(Primitive::Sech, [inner, NONE, NONE]))),
            _ => None,
        }
    }

    fn opposite(&mut self, product: ProductId) -> ProductId {
        let opposite = self.products[product as usize].scaled(&Number::MINUS_ONE);
        self.intern(opposite)
    }

    fn is_turned(&self, part: ProductId) -> bool {
        match self.exponents.get(&part) {
            Some(signs) => self.turn != Turn::AsGiven || signs.negative && !signs.positive,
            None => false,
        }
    }
}

/// The polynomial over `v^degree`, with `w` for `1/v`.
fn reversed(p: &Poly, v: usize, w: usize, degree: u32) -> Option<Poly> {
    let mut terms = Vec::with_capacity(p.len());
    for (monomial, c) in p.terms() {
        let mut turned = Monomial::power(w, degree - monomial.exponent(v))?;
        for (other, e) in monomial.powers().filter(|(other, _)| *other != v) {
            turned = turned.checked_mul(Monomial::power(other, e)?)?;
        }
        terms.push((turned, *c));
    }
    Poly::from_terms(terms)
}
