//! Sums: put over common factors, expanded, reduced by the relations, and divided by the factors that occur.

use wrt_core::{Number, Primitive};
use wrt_poly::{Monomial, Poly};

use super::product::{Factors, Product};
use super::{GeneratorId, Key, Map, NONE, Normal, ProductId};

/// An exact number from a polynomial's coefficient.
pub(super) fn number(c: i128) -> Number {
    match i64::try_from(c) {
        Ok(c) => Number::integer(c),
        Err(_) => Number::parse(&c.to_string()).unwrap_or(Number::ZERO),
    }
}

fn integer(n: &Number) -> Option<i128> {
    match n.as_small() {
        Some((p, 1)) => Some(p as i128),
        Some(_) => None,
        None => n.is_integer().then(|| n.to_string().parse().ok()).flatten(),
    }
}

/// So many names at most are written in both branches of a choice.
const MAX_NAMES: usize = 2;

impl Normal<'_> {
    pub(super) fn sum(&mut self, terms: Vec<Product>) -> Product {
        let terms = self.join_branches(like_terms(terms));
        let terms = self.join_shares(terms);
        match terms.len() {
            0 => Product::number(Number::ZERO),
            1 => terms.into_iter().next().unwrap_or_else(Product::one),
            _ => match self.combine(&terms) {
                Some(sum) => sum,
                None => self.opaque_sum(terms),
            },
        }
    }

    /// `where(c, a, 0) + where(c, 0, b)` is `where(c, a, b)`.
    fn join_branches(&mut self, terms: Vec<Product>) -> Vec<Product> {
        let Some(k) = terms.iter().position(|t| self.branch(t).is_some()) else { return terms };
        let Some((condition, ..)) = self.branch(&terms[k]) else { return terms };
        let (mut yes, mut no, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for t in &terms {
            match self.branch(t) {
                Some((c, a, b)) if c == condition => {
                    yes.push(a);
                    no.push(b);
                }
                _ => rest.push(t.clone()),
            }
        }
        if yes.len() < 2 {
            return terms;
        }
        let (yes, no) = (self.sum(yes), self.sum(no));
        let (yes, no) = (self.intern(yes), self.intern(no));
        rest.insert(k.min(rest.len()), self.call(Primitive::Select, [condition, yes, no], None));
        like_terms(rest)
    }

    /// `y - y*sigmoid(-x)` is `y*sigmoid(x)`.
    fn join_shares(&mut self, mut terms: Vec<Product>) -> Vec<Product> {
        let share = |normal: &Self, (b, e): &(GeneratorId, Number)| match normal.generators[*b as usize].key {
            Key::Call(Primitive::Sigmoid, [of, ..]) if e.is_one() => Some((*b, normal.products[of as usize].clone())),
            _ => None,
        };
        for k in 0..terms.len() {
            let found = terms.get(k).and_then(|t| t.factors.iter().find_map(|f| share(self, f)));
            let Some((base, of)) = found.filter(|(_, of)| of.coefficient.is_negative()) else { continue };
            let mut whole = terms[k].scaled(&Number::MINUS_ONE);
            whole.times_power(base, &Number::MINUS_ONE);
            let Some(j) = terms.iter().position(|t| *t == whole) else { continue };
            let opposite = self.intern(of.scaled(&Number::MINUS_ONE));
            let value = self.call(Primitive::Sigmoid, [opposite, NONE, NONE], None);
            if whole.times(&value, &Number::ONE).is_some() {
                terms[k.min(j)] = whole;
                terms.remove(k.max(j));
            }
        }
        terms
    }

    /// The condition of a term that is a choice, and the term in both cases. Other factors go into the branches where one
    /// of these is 0, as that switches the product off, and a few names, which may have come from there.
    fn branch(&self, term: &Product) -> Option<(ProductId, Product, Product)> {
        let choice = |(b, e): &(GeneratorId, Number)| match self.generators[*b as usize].key {
            Key::Call(Primitive::Select, args) if e.is_one() => Some(args),
            _ => None,
        };
        let k = term.factors.iter().position(|f| choice(f).is_some())?;
        let [condition, a, b] = choice(&term.factors[k])?;
        let (a, b) = (&self.products[a as usize], &self.products[b as usize]);
        let is_name = |(b, e): &(GeneratorId, Number)| {
            matches!(self.generators[*b as usize].key, Key::Symbol(_)) && e.is_integer()
        };
        let others = term.factors.iter().enumerate().filter(|(other, _)| *other != k).map(|(_, f)| f);
        let short = term.factors.len() <= MAX_NAMES + 1 && others.into_iter().all(is_name);
        if !(short || a.coefficient.is_zero() || b.coefficient.is_zero()) {
            return None;
        }
        let mut others = term.clone();
        others.factors.remove(k);
        let times = |x: &Product| {
            let mut product = x.clone();
            if !x.coefficient.is_zero() {
                product.times(&others, &Number::ONE)?;
            }
            Some(product)
        };
        Some((condition, times(a)?, times(b)?))
    }

    /// A sum that is too large for algebra is a base of its own.
    fn opaque_sum(&mut self, terms: Vec<Product>) -> Product {
        let ids: Vec<ProductId> = terms.into_iter().map(|t| self.intern(t)).collect();
        Product::generator(self.generator(Key::Opaque(ids)))
    }

    fn combine(&mut self, terms: &[Product]) -> Option<Product> {
        let aligned;
        let terms = match self.align_radicands(terms)? {
            Some(list) => {
                aligned = list;
                &aligned
            }
            None => terms,
        };
        let (common, scale) = common_factor(terms)?;
        let mut expanded = Vec::with_capacity(terms.len());
        let mut sum = Vec::with_capacity(terms.len());
        for term in terms {
            let coefficient = integer(&(&term.coefficient * &scale.recip()?))?;
            match self.residual(term, &common, coefficient)? {
                Residual::Term(monomial, c) => sum.push((monomial, c)),
                Residual::Poly(p) => expanded.push(p),
            }
        }
        for p in expanded {
            sum.extend_from_slice(p.terms());
        }
        if sum.len() > self.budget.max_terms() {
            return None;
        }
        let sum = self.reduce(Poly::from_terms(sum)?)?;
        if sum.is_zero() {
            return Some(Product::number(Number::ZERO));
        }
        let mut result = Product { coefficient: scale, factors: common };
        self.multiply_poly(&mut result, sum);
        Some(self.tidy(result))
    }

    /// Brings the roots of one radicand to exponents that differ by less than one.
    fn align_radicands(&mut self, terms: &[Product]) -> Option<Option<Vec<Product>>> {
        let mut radicands: Vec<(GeneratorId, ProductId)> = Vec::new();
        for (b, _) in terms.iter().flat_map(|t| &t.factors) {
            if let Key::Radicand(inner) = self.generators[*b as usize].key
                && !radicands.iter().any(|(r, _)| r == b)
            {
                radicands.push((*b, inner));
            }
        }
        if radicands.is_empty() {
            return Some(None);
        }
        let mut terms = terms.to_vec();
        for (base, inner) in radicands {
            let least = terms.iter().map(|t| t.exponent(base)).min()?;
            let inner = self.products[inner as usize].clone();
            for t in &mut terms {
                let whole = (&t.exponent(base) - &least).floor();
                if !whole.is_zero() {
                    t.times_power(base, &-&whole);
                    t.times(&inner, &whole)?;
                }
            }
        }
        Some(Some(terms))
    }

    /// `term/common` as a polynomial.
    fn residual(&mut self, term: &Product, common: &[(GeneratorId, Number)], coefficient: i128) -> Option<Residual> {
        let mut monomial = Monomial::ONE;
        let mut poly: Option<Poly> = None;
        let mut own = term.factors.iter().peekable();
        let mut shared = common.iter().peekable();
        loop {
            // Both lists are sorted by base.
            let (base, exponent) = match (own.peek(), shared.peek()) {
                (None, None) => break,
                (Some((a, e)), Some((b, m))) if a == b => {
                    let pair = (*a, e - m);
                    own.next();
                    shared.next();
                    pair
                }
                (Some((a, e)), other) if other.is_none_or(|(b, _)| a < b) => {
                    let pair = (*a, e.clone());
                    own.next();
                    pair
                }
                (_, Some((b, m))) => {
                    let pair = (*b, -m);
                    shared.next();
                    pair
                }
                (Some(_), None) => break,
            };
            if !exponent.is_zero() {
                self.expand_power(base, &exponent, &mut monomial, &mut poly)?;
            }
        }
        Some(match poly {
            None => Residual::Term(monomial, coefficient),
            Some(p) => Residual::Poly(p.mul_term((monomial, coefficient))?),
        })
    }

    /// Multiplies a base's nonnegative power into a monomial and a polynomial.
    fn expand_power(
        &mut self,
        base: GeneratorId,
        exponent: &Number,
        monomial: &mut Monomial,
        poly: &mut Option<Poly>,
    ) -> Option<()> {
        let whole = exponent.floor();
        let fraction = exponent - &whole;
        if !fraction.is_zero() {
            let (p, q) = fraction.as_small()?;
            let (variable, root) = self.root_variable(base, q)?;
            *monomial = monomial.checked_mul(Monomial::power(variable, p as u32 * (root / q))?)?;
        }
        let n = u32::try_from(whole.as_i64()?).ok()?;
        if n == 0 {
            return Some(());
        }
        let sum = match &self.generators[base as usize].key {
            Key::Sum(p) => Some(p.pow(n, self.budget)?),
            Key::Prime(p) => Some(Poly::constant((*p as i128).checked_pow(n)?)),
            _ => None,
        };
        if let Some(power) = sum {
            *poly = Some(match poly.take() {
                None => power,
                Some(q) => q.mul_within(&power, self.budget)?,
            });
        } else {
            let variable = self.variable(base, 1)?;
            *monomial = monomial.checked_mul(Monomial::power(variable, n)?)?;
        }
        Some(())
    }

    /// A product without negative exponents as a polynomial.
    pub(super) fn expand(&mut self, product: &Product) -> Option<Poly> {
        if product.factors.iter().any(|(_, e)| e.is_negative()) {
            return None;
        }
        let coefficient = integer(&product.coefficient)?;
        match self.residual(product, &[], coefficient)? {
            Residual::Term(monomial, c) => Some(Poly::term(monomial, c)),
            Residual::Poly(p) => Some(p),
        }
    }

    /// Applies the relations until none applies.
    pub(super) fn reduce(&mut self, mut p: Poly) -> Option<Poly> {
        for _ in 0..4 {
            let mut changed = false;
            for r in &self.relations {
                if p.degree(r.variable) >= r.power {
                    p = p.reduce_power(r.variable, r.power, &r.replacement, self.budget)?;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        Some(p)
    }

    /// A monomial as a product.
    pub(super) fn monomial(&mut self, m: Monomial) -> Product {
        let mut product = Product::one();
        for (variable, power) in m.powers() {
            let v = self.variables[variable];
            let exponent = Number::ratio(power as i64, v.root as i64).unwrap_or(Number::ONE);
            product.times_power(v.base, &exponent);
        }
        self.tidy(product)
    }

    /// Multiplies a polynomial in, as its content, the factors that occur in the formula, and the rest.
    pub(super) fn multiply_poly(&mut self, result: &mut Product, p: Poly) {
        let content = p.signed_content();
        let monomial = p.monomial_content();
        let Some(mut rest) = p.div_term((monomial, content)) else { return };
        result.coefficient = &result.coefficient * &number(content);
        let outside = self.monomial(monomial);
        result.coefficient = &result.coefficient * &outside.coefficient;
        for (b, e) in &outside.factors {
            result.times_power(*b, e);
        }
        if rest.len() == 1 {
            return;
        }
        for (square, base, sign) in self.hidden_squares() {
            let (quotient, times) = rest.remove_factor(&square);
            if times > 0 {
                rest = quotient;
                result.times_power(base, &Number::integer(2 * times as i64));
                if sign < 0 && times % 2 == 1 {
                    result.coefficient = -&result.coefficient;
                }
            }
        }
        // Beyond the budget, what could be divided stays together.
        let affordable = self.budget.spend(self.generators.len() / 16).is_some();
        let mut variables = rest.variables();
        for base in 0..if affordable { self.generators.len() } else { 0 } {
            if rest.len() == 1 {
                break;
            }
            let slot = &self.generators[base];
            let Key::Sum(q) = &slot.key else { continue };
            if slot.variables & !variables != 0 || q.leading_coefficient() < 0 {
                continue;
            }
            if self.budget.spend(rest.len() + q.len()).is_none() {
                break;
            }
            let (quotient, times) = rest.remove_factor(q);
            if times > 0 {
                rest = quotient;
                variables = rest.variables();
                result.times_power(base as GeneratorId, &Number::integer(times as i64));
            }
        }
        // A quotient may have powers again that the relations take away.
        if self.relations.iter().any(|r| rest.degree(r.variable) >= r.power) {
            match self.reduce(rest.clone()) {
                Some(reduced) if reduced.is_zero() => *result = Product::number(Number::ZERO),
                Some(reduced) => self.multiply_poly(result, reduced),
                None => result.times_power(self.generator(Key::Sum(rest)), &Number::ONE),
            }
            return;
        }
        self.multiply_rest(result, rest);
    }

    /// What no known factor divides.
    fn multiply_rest(&mut self, result: &mut Product, rest: Poly) {
        let content = rest.signed_content();
        let monomial = rest.monomial_content();
        result.coefficient = &result.coefficient * &number(content);
        let outside = self.monomial(monomial);
        result.coefficient = &result.coefficient * &outside.coefficient;
        for (b, e) in &outside.factors {
            result.times_power(*b, e);
        }
        match rest.div_term((monomial, content)) {
            Some(rest) if rest.len() > 1 => result.times_power(self.generator(Key::Sum(rest)), &Number::ONE),
            _ => {}
        }
    }
}

enum Residual {
    Term(Monomial, i128),
    Poly(Poly),
}

/// Adds terms that differ in their coefficients only, in the order of the first; zeros disappear.
pub(super) fn like_terms(terms: Vec<Product>) -> Vec<Product> {
    /// Among so few, comparing is faster than a table.
    const FEW: usize = 16;
    let mut merged: Vec<Product> = Vec::with_capacity(terms.len());
    let mut places: Map<Factors, usize> = Map::default();
    let many = terms.len() > FEW;
    for t in terms {
        if t.is_zero() {
            continue;
        }
        let known = match many {
            true => places.get(&t.factors).copied(),
            false => merged.iter().position(|m| m.factors == t.factors),
        };
        match known {
            Some(at) => merged[at].coefficient = &merged[at].coefficient + &t.coefficient,
            None => {
                if many {
                    places.insert(t.factors.clone(), merged.len());
                }
                merged.push(t);
            }
        }
    }
    merged.retain(|m| !m.is_zero());
    merged
}

/// The smallest exponents of all generators, and the common coefficient that leaves integers.
fn common_factor(terms: &[Product]) -> Option<(Factors, Number)> {
    let mut common = terms[0].factors.clone();
    for t in &terms[1..] {
        for (b, e) in &mut common {
            let other = t.exponent(*b);
            if other < *e {
                *e = other;
            }
        }
        for (b, e) in &t.factors {
            if e.is_negative()
                && let Err(at) = common.binary_search_by_key(b, |(c, _)| *c)
            {
                common.insert(at, (*b, e.clone()));
            }
        }
        common.retain(|(_, e)| !e.is_zero());
    }
    let (mut numerator, mut denominator) = (0i128, 1i128);
    for t in terms {
        let (p, q) = t.coefficient.as_small()?;
        numerator = gcd(numerator, p as i128);
        denominator = (denominator / gcd(denominator, q as i128)).checked_mul(q as i128)?;
    }
    let scale = &number(numerator) * &number(denominator).recip()?;
    Some((common, scale))
}

fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.abs()
}
