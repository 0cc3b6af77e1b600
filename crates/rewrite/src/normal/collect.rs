//! Shorter spellings of what is in normal form: conjugates multiplied out, polynomials collected by a variable.

use smallvec::SmallVec;
use wrt_core::{Id, Number};
use wrt_poly::{Monomial, Poly};

use super::product::Product;
use super::{GeneratorId, Key, Normal, ProductId};

/// Polynomials of fewer terms are not worth collecting, those of more too dear.
const COLLECTED: std::ops::RangeInclusive<usize> = 3..=80;

/// The terms of sums that are looked for in others, and their squares.
const GROUPED: std::ops::RangeInclusive<usize> = 2..=3;

/// In longer ones only squares are looked for.
const MAX_GROUPED: usize = 4;

/// Products of two sums are looked for in so many terms, and so many sums held against each other.
const PAIRED: std::ops::RangeInclusive<usize> = 4..=9;
const MAX_PAIRED: usize = 6;

/// How often collecting may be nested.
const MAX_NESTING: u32 = 3;

/// For each term the number of the first one that has the same power of a variable, or 0 where it alone has it.
type Groups = SmallVec<[u8; 16]>;

/// In how many terms a variable stands, and which of them it brings together.
fn groups(p: &Poly, v: usize) -> (usize, Groups) {
    let powers: SmallVec<[u32; 16]> = p.terms().iter().map(|(m, _)| m.exponent(v)).collect();
    let several = |e: u32| e > 0 && powers.iter().filter(|f| **f == e).count() > 1;
    let group = |e: &u32| if several(*e) { powers.iter().position(|f| f == e).map_or(0, |k| k as u8 + 1) } else { 0 };
    (powers.iter().filter(|e| **e > 0).count(), powers.iter().map(group).collect())
}

impl Normal<'_> {
    /// `1/((u + sqrt(v))*(u - sqrt(v)))` is `1/(u^2 - v)`.
    pub(super) fn join_conjugates(&mut self, product: &mut Product) {
        let sums: SmallVec<[(GeneratorId, Number); 4]> =
            product.factors.iter().filter(|(b, _)| self.has_root(*b)).cloned().collect();
        for (k, (a, e)) in sums.iter().enumerate() {
            for (b, f) in &sums[k + 1..] {
                let still = product.exponent(*a) == *e && product.exponent(*b) == *f;
                if e != f || !e.is_integer() || !still {
                    continue;
                }
                if let Some(norm) = self.norm(*a, *b) {
                    let mut other = product.clone();
                    other.times_power(*a, &-e);
                    other.times_power(*b, &-f);
                    let mut joined = Product::one();
                    self.multiply_poly(&mut joined, norm);
                    if other.times(&joined, e).is_some() {
                        *product = self.tidy(other);
                    }
                }
            }
        }
    }

    pub(super) fn has_root(&self, base: GeneratorId) -> bool {
        match &self.generators[base as usize].key {
            Key::Sum(p) => {
                let occurring = p.variables();
                self.variables.iter().enumerate().any(|(v, variable)| variable.root > 1 && occurring >> v & 1 == 1)
            }
            _ => false,
        }
    }

    /// The product of two sums, if it is shorter than they are.
    fn norm(&mut self, a: GeneratorId, b: GeneratorId) -> Option<Poly> {
        let (Key::Sum(p), Key::Sum(q)) = (&self.generators[a as usize].key, &self.generators[b as usize].key) else {
            return None;
        };
        if p.len() != q.len() || p.variables() != q.variables() {
            return None;
        }
        let (product, terms) = (p.mul_within(q, self.budget)?, p.len());
        let product = self.reduce(product)?;
        (product.len() <= terms).then_some(product)
    }

    /// A polynomial as a sum over the powers of one variable, if that is shorter than `plain`.
    pub(super) fn collected(&mut self, p: &Poly, plain: Id) -> Id {
        let worth = COLLECTED.contains(&p.len()) && (self.groups || p.len() > *COLLECTED.start());
        if !worth || self.nesting >= MAX_NESTING || self.budget.spend(p.len()).is_none() {
            return plain;
        }
        // Variables that stand in many terms save most; functions of others stand for a part of the formula.
        let mut candidates: SmallVec<[(usize, usize); 16]> = SmallVec::new();
        let mut known: SmallVec<[Groups; 8]> = SmallVec::new();
        let occurring = p.variables();
        for v in (0..self.variables.len()).filter(|v| occurring >> v & 1 == 1) {
            let (terms, groups) = groups(p, v);
            // What stands in the same terms comes out with it.
            let together = groups.iter().any(|g| *g > 0) && !known.contains(&groups);
            if together || !self.groups && terms > 1 {
                candidates.push((terms, v));
                known.push(groups);
            }
        }
        candidates.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        self.nesting += 1;
        let mut best = plain;
        for (_, v) in candidates.into_iter().take(3) {
            let id = self.by_powers(p, v);
            // Of two that are as short, brackets are harder to read.
            if self.cost(id) < self.cost(best) {
                best = id;
            }
        }
        let powers = if self.groups && p.len() <= MAX_GROUPED { 1..=2 } else { 2..=2 };
        let mut groups: SmallVec<[Option<(Id, bool)>; 3]> = powers.map(|power| self.by_sum(p, power)).collect();
        groups.push(if PAIRED.contains(&p.len()) { self.by_two_sums(p) } else { None });
        for group in groups {
            match group {
                Some((id, true)) => best = self.better(best, id),
                Some((id, false)) if self.cost(id) < self.cost(best) => best = id,
                _ => {}
            }
        }
        self.nesting -= 1;
        best
    }

    /// Is it a polynomial in one name, with numbers?
    pub(super) fn is_of_one_name(&self, p: &Poly) -> bool {
        let mut occurring = (0..self.variables.len()).filter(|v| p.variables() >> v & 1 == 1);
        let first = occurring.next().map(|v| self.variables[v].base as usize);
        let is_name = first.is_some_and(|b| matches!(self.generators[b].key, Key::Symbol(_)));
        is_name && occurring.next().is_none()
    }

    /// A polynomial with a sum that occurs in the formula, or its square: `a*(1 - x) - b*x`,
    /// `(x - m)^2 + s^2`; and whether that sum is the person's own.
    fn by_sum(&mut self, p: &Poly, power: u32) -> Option<(Id, bool)> {
        self.sums_within(p)
            .into_iter()
            .find_map(|base| self.by_group(p, &Product::power(base, i64::from(power).into())))
    }

    /// As [`Normal::by_sum`], with a product of two sums that have no variables in common.
    fn by_two_sums(&mut self, p: &Poly) -> Option<(Id, bool)> {
        let mut sums = self.sums_within(p);
        sums.truncate(MAX_PAIRED);
        let variables = |b: GeneratorId| self.generators[b as usize].variables;
        let pairs = sums.iter().enumerate().flat_map(|(k, a)| sums[k + 1..].iter().map(move |b| (*a, *b)));
        let pairs: Vec<_> = pairs.filter(|(a, b)| variables(*a) & variables(*b) == 0).collect();
        for (a, b) in pairs {
            let mut both = Product::generator(a);
            both.times_power(b, &Number::ONE);
            if let Some(found) = self.by_group(p, &both) {
                return Some(found);
            }
        }
        None
    }

    /// The short sums that occur in the formula and have no other variables than a polynomial, the person's first.
    fn sums_within(&self, p: &Poly) -> Vec<GeneratorId> {
        let within = |slot: &super::Generator| match &slot.key {
            Key::Sum(q) => GROUPED.contains(&q.len()) && p.len() > q.len() && slot.variables & !p.variables() == 0,
            _ => false,
        };
        // `39 - (x - 6)^2` for `3 + 12*x - x^2` only where the person has `x - 6`, or `x^2 - 6*x`.
        let any = !self.is_of_one_name(p);
        let in_products = |b: GeneratorId| {
            // Of `1 + 1/x + 1/x^2 + 1/x^3`, which is `(1 + x)*(1 + x^2)/x^3`, none is.
            let is_sum = |b: GeneratorId| matches!(self.generators[b as usize].key, Key::Sum(_));
            let has = |product: &ProductId| {
                let factors = &self.products[*product as usize].factors;
                factors.iter().all(|(f, e)| (*f == b || !is_sum(*f)) && !e.is_negative())
                    && factors.iter().any(|(f, _)| *f == b)
            };
            self.authors.iter().any(|(product, own)| !self.parts_of_sums.contains(own) && has(product))
        };
        let known = |b: GeneratorId| any || self.generators[b as usize].author.is_some() || in_products(b);
        let all = 0..self.generators.len() as GeneratorId;
        let mut found: Vec<GeneratorId> = all.filter(|b| within(&self.generators[*b as usize]) && known(*b)).collect();
        found.sort_by_key(|b| self.generators[*b as usize].author.is_none());
        found
    }

    /// A polynomial as a product of sums, times a term, and what is left, where that is little.
    fn by_group(&mut self, p: &Poly, sums: &Product) -> Option<(Id, bool)> {
        self.budget.spend(p.len())?;
        let group = self.expand(sums)?;
        let (lead, c) = group.leading()?;
        let factor =
            p.terms().iter().find_map(|(m, d)| Some((m.checked_div(lead)?, (d % c == 0).then_some(d / c)?)))?;
        let rest = p.sub(&group.mul_term(factor)?)?;
        // All but what the group itself needs must be gone.
        if rest.is_zero() || rest.len() + group.len() > p.len() + 1 {
            return None;
        }
        let mut product = self.monomial(factor.0).scaled(&super::sums::number(factor.1));
        product.times(sums, &Number::ONE)?;
        let product = self.tidy(product);
        let mut parts = vec![self.emit(&product)];
        for (m, d) in rest.terms() {
            let term = self.monomial(*m).scaled(&super::sums::number(*d));
            let term = self.emit(&term);
            // A number comes first: 1 + x*(1 - sigmoid(x)).
            parts.insert(if *m == Monomial::ONE && *d > 0 { 0 } else { parts.len() }, term);
        }
        let own = |normal: &Self, b: GeneratorId| match &normal.generators[b as usize] {
            super::Generator { author: None, key: Key::Sum(q), .. } => normal.is_complement(q),
            _ => true,
        };
        let own = sums.factors.iter().all(|(b, _)| own(self, *b));
        Some((self.sum_of(&parts), own))
    }

    /// Is it `1 - sigmoid(x)` or `1 - tanh(x)^2`, which a textbook writes together?
    fn is_complement(&self, q: &Poly) -> bool {
        let [(a, c), (b, d)] = q.terms() else { return false };
        let (rest, one) = if *a == Monomial::ONE { (b, c) } else { (a, d) };
        let is_call = |v: usize| matches!(self.generators[self.variables[v].base as usize].key, Key::Call(..));
        let opposite = c.checked_add(*d) == Some(0) && one.abs() == 1;
        opposite && (*a == Monomial::ONE || *b == Monomial::ONE) && rest.powers().all(|(v, _)| is_call(v))
    }

    fn by_powers(&mut self, p: &Poly, v: usize) -> Id {
        let mut parts = Vec::new();
        for (power, coefficient) in p.coefficients_in(v) {
            let mut product = Product::one();
            if let Some(m) = Monomial::power(v, power) {
                product = self.monomial(m);
            }
            self.multiply_poly(&mut product, coefficient);
            let product = self.tidy(product);
            // A number or a name comes first: a + b*(c - 2*p).
            if power == 0 && !product.coefficient.is_negative() && self.is_short(&product) {
                parts.insert(0, self.emit(&product));
                continue;
            }
            // A part without the variable is spelled as terms of the whole sum.
            match self.plain_sum(&product, power) {
                Some(terms) => parts.extend(terms),
                None => parts.push(self.emit(&product)),
            }
        }
        self.sum_of(&parts)
    }

    /// Is it a number or a name?
    fn is_short(&self, product: &Product) -> bool {
        let name = product.as_generator().is_some_and(|b| matches!(self.generators[b as usize].key, Key::Symbol(_)));
        name || product.as_number().is_some()
    }

    fn plain_sum(&mut self, product: &Product, power: u32) -> Option<Vec<Id>> {
        if power > 0 || !product.coefficient.is_one() {
            return None;
        }
        let base = match &product.factors[..] {
            [(b, e)] if e.is_one() => *b,
            _ => return None,
        };
        let Key::Sum(p) = self.generators[base as usize].key.clone() else { return None };
        let node = self.emit_poly(&p);
        match self.graph.node(node) {
            wrt_core::Node::Sum(terms) => {
                let terms = terms.to_vec();
                Some(terms.into_iter().map(|t| self.graph.sum(&[t])).collect())
            }
            _ => None,
        }
    }
}
