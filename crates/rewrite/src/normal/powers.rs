//! Products, powers and roots, each only as far as the domain allows.

use wrt_core::{Constant, Number, Primitive};
use wrt_poly::Monomial;

use super::notes::Limit;
use super::product::{Factors, Product};
use super::sums::number;
use super::{GeneratorId, Key, NONE, Normal, ProductId};

/// Exponents that are sums of more terms than this stay whole.
const MAX_EXPONENT_TERMS: usize = 8;

/// The largest integer that is taken out of a symbolic exponent.
const MAX_APART: i64 = 64;

impl Normal<'_> {
    pub(super) fn multiply(&mut self, factors: &[ProductId]) -> Product {
        let mut result = self.products[factors[0] as usize].clone();
        for f in &factors[1..] {
            let other = &self.products[*f as usize];
            if other.is_zero() || result.is_zero() {
                return Product::number(Number::ZERO);
            }
            let Some(coefficient) = result.coefficient.checked_mul(&other.coefficient) else {
                let whole = self.generator(Key::Opaque(vec![*f]));
                result.times_power(whole, &Number::ONE);
                continue;
            };
            result.coefficient = coefficient;
            for (b, e) in &other.factors {
                result.times_power(*b, e);
            }
        }
        self.tidy(result)
    }

    /// A product times a number; what would need too large a number stays together.
    pub(super) fn scaled(&mut self, id: ProductId, by: &Number) -> Product {
        let product = &self.products[id as usize];
        match product.coefficient.checked_mul(by) {
            Some(coefficient) if coefficient.is_zero() => Product::number(coefficient),
            Some(coefficient) => Product { coefficient, factors: product.factors.clone() },
            None => Product::generator(self.generator(Key::Opaque(vec![id]))).scaled(by),
        }
    }

    /// Integer parts of roots go to what is under the root; numbers under roots to the coefficient.
    pub(super) fn tidy(&mut self, mut product: Product) -> Product {
        if product.is_zero() {
            product.factors.clear();
            return product;
        }
        let mut at = 0;
        while at < product.factors.len() {
            let (base, exponent) = product.factors[at].clone();
            if self.settle(&mut product, base, &exponent).is_some() {
                at = 0;
            } else {
                at += 1;
            }
        }
        product
    }

    /// Moves what doesn't belong into this base's power; `None` where all is well.
    fn settle(&mut self, product: &mut Product, base: GeneratorId, exponent: &Number) -> Option<()> {
        if let Key::Call(Primitive::Sign, [inner, ..]) = self.generators[base as usize].key {
            let inner_base = self.products[inner as usize].as_generator()?;
            let magnitude = self.call(Primitive::Abs, [inner, NONE, NONE], None);
            let (n, power) = (exponent.as_i64()?, product.exponent(inner_base));
            let below = magnitude.as_generator().is_some_and(|m| product.exponent(m).is_negative());
            if (power.is_negative() || below) && n.abs() > 1 {
                // Where u is divided by, sign(u)² is 1.
                product.times_power(base, &Number::integer(-(n - n % 2)));
                return Some(());
            }
            if n == 1 && below {
                // sign(u)/|u| is 1/u.
                product.times_power(base, &Number::MINUS_ONE);
                product.times_power(inner_base, &Number::MINUS_ONE);
                return product.times(&magnitude, &Number::ONE);
            }
            if n == 1 && power.as_i64().is_some_and(|n| n != 0) {
                // u·sign(u) is |u|, also at 0, and sign(u)/u is 1/|u|.
                let side = if power.is_negative() { Number::ONE } else { Number::MINUS_ONE };
                product.times_power(base, &Number::MINUS_ONE);
                product.times_power(inner_base, &side);
                return product.times(&magnitude, &-&side);
            }
            return None;
        }
        if let Key::Call(Primitive::Abs, [inner, ..]) = self.generators[base as usize].key {
            // u²/|u| is |u|.
            let inner_base = self.products[inner as usize].as_generator();
            if let Some(of) = inner_base.filter(|of| product.exponent(*of) >= Number::integer(2))
                && *exponent == Number::MINUS_ONE
            {
                product.times_power(base, &Number::integer(2));
                product.times_power(of, &Number::integer(-2));
                return Some(());
            }
            // |u|² is u².
            let n = exponent.as_i64()? / 2 * 2;
            if n == 0 {
                return None;
            }
            let even = Number::integer(n);
            let inner = self.products[inner as usize].clone();
            product.times(&inner, &even)?;
            product.times_power(base, &-&even);
            return Some(());
        }
        if let Key::Prime(p) = self.generators[base as usize].key {
            let whole = exponent.floor();
            let n = whole.as_i64().filter(|n| *n != 0)?;
            product.coefficient = &product.coefficient * &Number::integer(p).pow(n)?;
            product.times_power(base, &-&whole);
            return Some(());
        }
        if exponent.is_integer() {
            let flipped = *self.flipped.get(&base)?;
            let n = exponent.as_i64()?;
            product.times_power(base, &-exponent);
            product.times_power(flipped, exponent);
            if n % 2 != 0 {
                product.coefficient = -&product.coefficient;
            }
            return Some(());
        }
        match self.generators[base as usize].key {
            Key::Radicand(inner) => {
                // Towards zero, so that the root keeps its side of the fraction bar.
                let whole = if exponent.is_negative() { -&(-exponent).floor() } else { exponent.floor() };
                if whole.is_zero() {
                    return None;
                }
                let inner = self.products[inner as usize].clone();
                product.times(&inner, &whole)?;
                product.times_power(base, &-&whole);
                Some(())
            }
            _ => None,
        }
    }

    pub(super) fn power(&mut self, base: ProductId, exponent: ProductId) -> Product {
        let e = self.products[exponent as usize].clone();
        let b = self.products[base as usize].clone();
        if let Some(r) = e.as_number() {
            return if r.is_integer() { self.integer_power(base, &b, r) } else { self.root(&b, r) };
        }
        if let Some(base_of_e) = b.as_generator()
            && self.generators[base_of_e as usize].key == Key::Constant(Constant::E)
        {
            return self.exponential(&e);
        }
        if let [(only, k)] = &b.factors[..] {
            let key = self.generators[*only as usize].key.clone();
            if let (Key::Call(Primitive::Exp, [inner, ..]), true) = (key, b.coefficient.is_one()) {
                let (k, inner) = (k.clone(), self.products[inner as usize].clone());
                let scaled = self.product_of(&[e, inner.scaled(&k)]);
                return self.exponential(&scaled);
            }
        }
        if let Some(power) = self.power_of_power(&b, exponent) {
            return power;
        }
        if let Some(flipped) = self.flipped_sum(&b) {
            let (b, base) = (Product::generator(flipped), self.intern(Product::generator(flipped)));
            return self.symbolic_power(base, &b, &e);
        }
        if b.is_zero() || b.coefficient.is_negative() {
            return self.opaque_power(base, exponent);
        }
        if b.as_number().is_some_and(Number::is_one) {
            return Product::one();
        }
        self.symbolic_power(base, &b, &e)
    }

    /// `(x^k)^n` is `x^(k*n)` for an integer `n`, and `(-1)^(2*n)` is 1.
    fn power_of_power(&mut self, base: &Product, exponent: ProductId) -> Option<Product> {
        let half = self.products[exponent as usize].scaled(&Number::HALF);
        let half = self.intern(half);
        if base.as_number() == Some(&Number::MINUS_ONE) && self.is_integer(half) {
            return Some(Product::one());
        }
        let [(b, k)] = &base.factors[..] else { return None };
        if !base.coefficient.is_one() || k.is_one() || !k.is_integer() || !self.is_integer(exponent) {
            return None;
        }
        let multiple = self.products[exponent as usize].scaled(k);
        let (base, multiple) = (self.intern(Product::generator(*b)), self.intern(multiple));
        Some(self.power(base, multiple))
    }

    /// `base^e`, with the integer part of `e` and its integer multiples of products apart; all of them where the base is
    /// not negative. Left of 0, `x^(n/2)` is no power of `x^n`.
    fn symbolic_power(&mut self, base: ProductId, b: &Product, e: &Product) -> Product {
        let (constant, parts) = self.fractions(e).unwrap_or_else(|| self.linear(e));
        let anywhere = b.factors.iter().all(|(f, _)| self.generators[*f as usize].nonnegative);
        let whole = if anywhere { constant.clone() } else { constant.floor() };
        // A large power may be impossible to write out; then it stays in the exponent.
        let whole = if whole.abs() <= Number::integer(MAX_APART) { whole } else { Number::ZERO };
        let rest = &constant - &whole;
        self.below_powers.extend(b.factors.iter().map(|(f, _)| *f));
        // `x^(n - 1)` does not exclude 0 as `x^-1` does.
        let limits = self.limits.len();
        let mut result = if whole.is_integer() { self.integer_power(base, b, &whole) } else { self.root(b, &whole) };
        self.limits.truncate(limits);
        let mut together = Vec::new();
        for (part, k) in parts {
            if rest.is_zero() && (anywhere || k.is_integer()) {
                let atom = self.generator(Key::Power(base, part));
                result.times_power(atom, &k);
            } else {
                together.push(self.products[part as usize].scaled(&k));
            }
        }
        if !together.is_empty() {
            together.push(Product::number(rest));
            let exponent = self.sum(together);
            let exponent = self.intern(exponent);
            let atom = self.generator(Key::Power(base, exponent));
            result.times_power(atom, &Number::ONE);
        }
        self.tidy(result)
    }

    fn is_power_of_any_sign(&self, b: GeneratorId) -> bool {
        let slot = &self.generators[b as usize];
        matches!(slot.key, Key::Power(..)) && !slot.nonnegative
    }

    fn opaque_power(&mut self, base: ProductId, exponent: ProductId) -> Product {
        Product::generator(self.generator(Key::Call(Primitive::Pow, [base, exponent, NONE])))
    }

    pub(super) fn product_of(&mut self, factors: &[Product]) -> Product {
        let ids: Vec<ProductId> = factors.iter().map(|f| self.intern(f.clone())).collect();
        self.multiply(&ids)
    }

    fn integer_power(&mut self, id: ProductId, base: &Product, exponent: &Number) -> Product {
        if exponent.is_zero() {
            return Product::one();
        }
        if exponent.is_one() {
            return base.clone();
        }
        let mut result = Product::one();
        if base.is_zero() && exponent.is_negative() || result.times(base, exponent).is_none() {
            let exponent = self.intern(Product::number(exponent.clone()));
            return self.opaque_power(id, exponent);
        }
        if exponent.is_negative() {
            let divisors = base.factors.iter().filter(|(_, e)| !e.is_negative());
            self.limits.extend(divisors.map(|(b, _)| Limit::Divisor(*b)));
        }
        self.tidy(result)
    }

    /// `base^r` for a fraction `r`: positive factors come out, the rest stays together under the root.
    pub(super) fn root(&mut self, base: &Product, r: &Number) -> Product {
        if base.is_zero() {
            if r.is_negative() {
                let (zero, r) = (self.intern(base.clone()), self.intern(Product::number(r.clone())));
                return self.opaque_power(zero, r);
            }
            return base.clone();
        }
        let mut result = Product::one();
        let mut rest = Product::one();
        let pulled = self.root_of_number(&base.coefficient.abs(), r, &mut result);
        if pulled.is_none() {
            rest.coefficient = base.coefficient.abs();
            result = Product::one();
        }
        // A factor that may be 0 comes out only where the others have a root by themselves: 0·y has one for y < 0 too.
        // z^(4*x) stands as (z^x)^4 and may have a value where z^x has none: it is no square.
        let even = |n: &Self, (b, e): &(GeneratorId, Number)| is_even(e) && !n.is_power_of_any_sign(*b);
        let alone = !base.coefficient.is_negative()
            && base.factors.iter().all(|f| self.generators[f.0 as usize].nonnegative || even(self, f));
        let squares =
            !base.coefficient.is_negative() && base.factors.len() > 1 && base.factors.iter().all(|f| even(self, f));
        for factor @ (b, e) in &base.factors {
            let slot = &self.generators[*b as usize];
            if slot.positive || (alone && slot.nonnegative && !e.is_negative()) {
                result.times_power(*b, &(e * r));
            } else if (squares || e.is_negative()) && even(self, factor) {
                // sqrt(y/x^2) is sqrt(y)/|x|: neither is defined at 0.
                let inner = self.intern(Product::generator(*b));
                let magnitude = self.call(Primitive::Abs, [inner, NONE, NONE], None);
                match result.clone().times(&magnitude, &(e * r)) {
                    Some(()) => {
                        result.times(&magnitude, &(e * r));
                        self.limits.extend(e.is_negative().then_some(Limit::Divisor(*b)));
                    }
                    None => rest.times_power(*b, e),
                }
            } else {
                rest.times_power(*b, e);
            }
        }
        if base.coefficient.is_negative() {
            rest.coefficient = -&rest.coefficient;
        }
        self.root_of_rest(rest, r, &mut result);
        self.tidy(result)
    }

    /// Square-free parts of numbers stay under the root as primes; `None` for numbers too large to factor.
    fn root_of_number(&mut self, n: &Number, r: &Number, result: &mut Product) -> Option<()> {
        let (p, q) = n.as_small()?;
        for (part, sign) in [(p as u64, r.clone()), (q as u64, -r)] {
            for (prime, k) in factor_number(part)? {
                let exponent = &sign * &Number::integer(k as i64);
                if exponent.is_integer() {
                    result.coefficient =
                        &result.coefficient * &Number::integer(prime as i64).pow(exponent.as_i64()?)?;
                } else {
                    let base = self.generator(Key::Prime(prime as i64));
                    result.times_power(base, &exponent);
                }
            }
        }
        Some(())
    }

    fn root_of_rest(&mut self, rest: Product, r: &Number, result: &mut Product) {
        let sign = rest.coefficient.clone();
        let odd = rest.factors.iter().filter(|(_, e)| !is_even(e));
        self.limits.extend(odd.map(|(b, _)| Limit::Root(*b)));
        match &rest.factors[..] {
            [] if sign.is_one() => {}
            // sqrt(z^(2*x)) is |z| where x is 1, and no power of z^x where that has no value.
            [(b, e)] if !e.is_one() && self.is_power_of_any_sign(*b) => self.radicand(rest, r, result),
            [(b, e)] if sign.is_one() && !is_even(e) => result.times_power(*b, &(e * r)),
            [(b, e)] if sign.is_one() => {
                let inner = self.intern(Product::generator(*b));
                let magnitude = self.call(Primitive::Abs, [inner, NONE, NONE], None);
                // The magnitude may be a product itself (of a base of known sign).
                if result.times(&magnitude, &(e * r)).is_none() {
                    self.radicand(rest, r, result);
                }
            }
            [(b, e)] if sign == Number::MINUS_ONE && is_odd_integer(e) => match self.flip(*b) {
                Some(flipped) => result.times_power(flipped, &(e * r)),
                None => self.radicand(rest, r, result),
            },
            _ => self.radicand(rest, r, result),
        }
    }

    /// `1 - x`, if the base is `x - 1`: integer powers are written with it from now on.
    fn flip(&mut self, base: GeneratorId) -> Option<GeneratorId> {
        let Key::Sum(p) = &self.generators[base as usize].key else { return None };
        let flipped = p.neg();
        let flipped = self.generator(Key::Sum(flipped));
        if !self.flipped.contains_key(&flipped) {
            self.flipped.insert(base, flipped);
        }
        Some(flipped)
    }

    /// The sum that a product is, where it is the negative of a generator.
    fn flipped_sum(&mut self, product: &Product) -> Option<GeneratorId> {
        match product.factors[..] {
            [(base, ref e)] if e.is_one() && product.coefficient == Number::MINUS_ONE => self.flip(base),
            _ => None,
        }
    }

    fn radicand(&mut self, rest: Product, r: &Number, result: &mut Product) {
        let inner = self.intern(rest);
        let base = self.generator(Key::Radicand(inner));
        result.times_power(base, r);
    }

    /// `exp` of a sum is a product, so that equal factors meet.
    pub(super) fn exponential(&mut self, exponent: &Product) -> Product {
        let (constant, parts) = self.linear(exponent);
        let whole = parts.len() > 1 && constant.is_zero();
        let mut result = Product::one();
        if !constant.is_zero() {
            result.times_power(self.generator(Key::Constant(Constant::E)), &constant);
        }
        for (part, k) in parts {
            self.exponents.entry(part).or_default().note(&k);
            match self.rule(Primitive::Exp, [part, NONE, NONE]) {
                Some(value) if k.is_integer() || value.coefficient.is_one() => {
                    let id = self.intern(value.clone());
                    let power = if k.is_integer() { self.integer_power(id, &value, &k) } else { self.root(&value, &k) };
                    result = self.product_of(&[result, power]);
                }
                _ => {
                    let atom = self.generator(Key::Call(Primitive::Exp, [part, NONE, NONE]));
                    result.times_power(atom, &k);
                }
            }
        }
        // A number that came out of it (`exp(log(2) - x)`) is no power that could go back into the exponent.
        if whole && result.coefficient.is_one() {
            self.exponentials.push((result.factors.clone(), exponent.clone()));
        }
        result
    }

    /// The exponent that was split into these powers of exponentials, or a multiple of it.
    pub(super) fn whole_exponent(&self, powers: &[(GeneratorId, Number)]) -> Option<Product> {
        self.exponentials.iter().find_map(|(known, exponent)| {
            let ratio = &powers.first()?.1 * &known.first()?.1.recip()?;
            let same = known.len() == powers.len()
                && known.iter().zip(powers).all(|((a, e), (b, f))| a == b && &(e * &ratio) == f);
            same.then(|| exponent.scaled(&ratio))
        })
    }

    /// A sum as a number and rational multiples of products.
    pub(super) fn linear(&mut self, p: &Product) -> (Number, Vec<(ProductId, Number)>) {
        if let Some(n) = p.as_number() {
            return (n.clone(), Vec::new());
        }
        if let [(b, e)] = &p.factors[..] {
            let key = &self.generators[*b as usize].key;
            if let (Key::Sum(sum), true) = (key, e.is_one())
                && sum.len() <= MAX_EXPONENT_TERMS
            {
                let sum = sum.clone();
                return self.linear_sum(&sum, &p.coefficient);
            }
        }
        let mut unit = p.clone();
        let coefficient = std::mem::replace(&mut unit.coefficient, Number::ONE);
        (Number::ZERO, vec![(self.intern(unit), coefficient)])
    }

    /// A fraction as a number and a fraction that is no sum of a number and another one: `(2*c + d)/(c + d)` is
    /// `2 - d/(c + d)`, and `c/(c + d)` is `1 - d/(c + d)`. What is left stays whole: the powers of a negative number may
    /// have no value by themselves.
    fn fractions(&mut self, p: &Product) -> Option<(Number, Vec<(ProductId, Number)>)> {
        let (below, above): (Factors, Factors) = p.factors.iter().cloned().partition(|(_, e)| e.is_negative());
        let divisor = match &below[..] {
            [(b, e)] if *e == Number::MINUS_ONE => match &self.generators[*b as usize].key {
                Key::Sum(q) if q.len() <= MAX_EXPONENT_TERMS => Some(q.clone()),
                Key::Sum(_) => return None,
                _ => None,
            },
            [] => return None,
            more if more.iter().any(|(b, _)| matches!(self.generators[*b as usize].key, Key::Sum(_))) => return None,
            _ => None,
        };
        let above = self.expand(&Product { coefficient: Number::ONE, factors: above })?;
        if above.len() > MAX_EXPONENT_TERMS || divisor.is_none() && above.len() < 2 {
            return None;
        }
        let mut terms: Vec<(Monomial, Number)> = above.terms().iter().map(|(m, c)| (*m, number(*c))).collect();
        let mut constant = Number::ZERO;
        if let Some((q, (lead, c))) = divisor.as_ref().and_then(|q| Some((q, q.leading()?)))
            && let Some((_, n)) = terms.iter().find(|(m, _)| *m == lead)
        {
            constant = n * &number(c).recip()?;
            for (m, c) in q.terms() {
                let less = -&(&constant * &number(*c));
                match terms.iter_mut().find(|(own, _)| own == m) {
                    Some((_, own)) => *own = &*own + &less,
                    None => terms.push((*m, less)),
                }
            }
            terms.retain(|(_, c)| !c.is_zero());
        }
        let mut rest = Vec::with_capacity(terms.len());
        for (m, c) in terms {
            let mut part = self.monomial(m);
            part.coefficient = &part.coefficient * &c;
            below.iter().for_each(|(b, e)| part.times_power(*b, e));
            match part.as_number() {
                Some(n) => constant = &constant + n,
                None => rest.push(part),
            }
        }
        if constant.is_zero() {
            return None;
        }
        constant = &constant * &p.coefficient;
        let mut rest = self.sum(rest).scaled(&p.coefficient);
        let mut parts = Vec::new();
        if !rest.is_zero() {
            let coefficient = std::mem::replace(&mut rest.coefficient, Number::ONE);
            parts.push((self.intern(rest), coefficient));
        }
        Some((constant, parts))
    }

    fn linear_sum(&mut self, sum: &wrt_poly::Poly, scale: &Number) -> (Number, Vec<(ProductId, Number)>) {
        let mut constant = Number::ZERO;
        let mut parts = Vec::new();
        for (monomial, c) in sum.terms() {
            let k = &number(*c) * scale;
            if monomial.is_one() {
                constant = k;
            } else {
                let mut product = self.monomial(*monomial);
                let factor = std::mem::replace(&mut product.coefficient, Number::ONE);
                parts.push((self.intern(product), &k * &factor));
            }
        }
        (constant, parts)
    }
}

fn is_even(e: &Number) -> bool {
    e.as_i64().is_some_and(|n| n % 2 == 0)
}

fn is_odd_integer(e: &Number) -> bool {
    e.as_i64().is_some_and(|n| n % 2 != 0)
}

/// Prime powers by trial division; `None` where a large part remains that might not be prime.
fn factor_number(mut n: u64) -> Option<Vec<(u64, u32)>> {
    let mut found = Vec::new();
    let mut p = 2;
    while p * p <= n && p < 1000 {
        let mut k = 0;
        while n.is_multiple_of(p) {
            n /= p;
            k += 1;
        }
        if k > 0 {
            found.push((p, k));
        }
        p += 1;
    }
    if n > 1 {
        if n > 1_000_000 {
            return None;
        }
        found.push((n, 1));
    }
    Some(found)
}
