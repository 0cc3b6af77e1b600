//! Other groups of terms where they are shorter or keep what a person wrote: `1 - v^2/c^2`, fractions within a sum.

use wrt_core::{Id, Node, Number, Primitive, Term};
use wrt_poly::{Monomial, Poly};

use super::product::Product;
use super::sums::{like_terms, number};
use super::turn::Turn;
use super::{GeneratorId, Key, Normal, Variable};
use crate::order::{divides_fractions, divisor, without_coefficients};

/// Sums of more terms are not regrouped.
const MAX_TERMS: usize = 8;

/// Sums of fractions are looked for in texts of so many nodes, and have no more than so many.
const MAX_WRITTEN: usize = 60;
const MAX_FRACTIONS: usize = 30;

/// Longer sums are not taken apart.
const MAX_APART: usize = 3;

/// So many ways to group are tried at most.
const MAX_TRIED: usize = 4;

/// So many of a product's sums at most take what stands below the bar.
const MAX_SUMS: usize = 2;

/// A fraction within a fraction saves so much at least, and one of the text's so much.
const COMPOUND: u32 = 5;
const OWN_COMPOUND: u32 = 3;

/// A sum of fractions that the person wrote may make a formula so much longer, where that is no longer than this.
const OWN_GROUP: u32 = 2;
const SHORT: u32 = 24;

impl Normal<'_> {
    /// The better of a product's node and the same in other groups.
    pub(super) fn regrouped(&mut self, product: &Product, node: Id) -> Id {
        let (mut best, mut all) = (node, vec![product.clone()]);
        for own in self.groups_of_the_text(product) {
            let more: Vec<Product> = all.iter().filter_map(|p| self.with_group(p, &own)).collect();
            all.extend(more);
            all.truncate(MAX_TRIED);
        }
        let own: Vec<Product> = all[1..].to_vec();
        // Of two that divide fractions the shorter is better.
        let mut has_compound = false;
        for (k, candidate) in all.into_iter().enumerate() {
            let others = self.with_fractions(&candidate);
            for other in others.into_iter().chain((k > 0).then_some(candidate)) {
                let id = self.emit(&other);
                let compound = self.is_compound(&other);
                let saved = if self.has_own_fractions(&other) { OWN_COMPOUND } else { COMPOUND };
                let worth = has_compound || !compound || self.cost(id) + saved <= self.cost(best);
                if worth && self.better(best, id) != best {
                    (best, has_compound) = (id, compound);
                }
            }
        }
        let short = self.cost(best) <= SHORT;
        for own in own {
            if !short || !self.has_fractions_of_the_text(&own) {
                continue;
            }
            let id = self.emit(&own);
            best = if self.cost(id) <= self.cost(best) + OWN_GROUP { id } else { best };
        }
        if let Some(turned) = self.turned_whole(product) {
            let id = self.emit(&turned);
            best = self.better(best, id);
        }
        if let Some(powers) = self.with_powers(product) {
            let id = self.emit(&powers);
            // a*(a - 1) rather than a^2 - a.
            best = if self.cost(id) + 1 < self.cost(best) { id } else { best };
        }
        if let Some(apart) = self.apart(product) {
            let id = self.emit(&apart);
            best = if self.cost(id) < self.cost(best) { id } else { best };
        }
        if let Some(terms) = self.without_bracket(product) {
            let id = self.emit_terms(&terms);
            best = if self.cost(id) <= self.cost(best) { id } else { best };
        }
        if let Some(divided) = self.divided_out(product) {
            let id = self.emit(&divided);
            best = if self.cost(id) < self.cost(best) { id } else { best };
        }
        // Of two that are as short, the person's sums of fractions stay such, and they are read more easily than fractions
        // within a fraction.
        if let Some(terms) = self.as_fractions(product) {
            let id = self.emit(&terms);
            let more = if divides_fractions(self.graph, best, 2) { OWN_COMPOUND } else { 0 };
            best = if self.cost(id) <= self.cost(best) + more { id } else { best };
        }
        best
    }

    /// Is a factor above the bar a sum of the text in which something is divided, as `1 - V/W` is?
    fn has_fractions_of_the_text(&self, product: &Product) -> bool {
        let graph = &*self.graph;
        let divided = |t: &Term| {
            let nodes = graph.reachable_within(&[t.node], MAX_FRACTIONS);
            nodes.is_some_and(|all| all.iter().any(|id| divisor(graph, *id).is_some()))
        };
        product.factors.iter().any(|(b, e)| match self.generators[*b as usize].key {
            Key::Symbol(id) if !e.is_negative() => matches!(graph.node(id), Node::Sum(t) if t.iter().any(divided)),
            _ => false,
        })
    }

    /// Learns the person's sums of fractions, which a derivative need not have in it.
    pub(crate) fn learn_fractions(&mut self) {
        let graph = &*self.graph;
        let divides = |id: &Id| divisor(graph, *id).is_some();
        let numbers = |nodes: &Vec<Id>| nodes.iter().all(|id| graph.is_scalar(*id));
        let small = |id: Id| graph.reachable_within(&[id], MAX_FRACTIONS).filter(numbers);
        let divided = |id: Id| small(id).is_some_and(|nodes| nodes.iter().any(divides));
        let few = if self.written <= MAX_WRITTEN { self.written } else { 0 };
        let own = (0..few).map(Id::from_index);
        let sums: Vec<Id> = own
            .filter(|id| match graph.node(*id) {
                Node::Sum(terms) => terms.len() > 1 && terms.iter().all(|t| divided(t.node)) && small(*id).is_some(),
                _ => false,
            })
            .take(MAX_TERMS)
            .collect();
        for id in sums {
            self.product_again(id);
        }
    }

    /// `x^6*(1 - 2*x^6)` as `x^6 - 2*x^12`; `x*(1 - x^2)` shows where it is 0.
    fn with_powers(&mut self, product: &Product) -> Option<Product> {
        let (sum, p) = product.factors.iter().find_map(|(b, e)| match &self.generators[*b as usize].key {
            Key::Sum(p) if e.is_one() && p.len() == 2 => Some((*b, p.clone())),
            _ => None,
        })?;
        let is_power = |(b, e): &&(GeneratorId, Number)| {
            let variable = self.variables.iter().position(|v| *v == Variable { base: *b, root: 1 });
            let met = variable.is_some_and(|v| p.variables() >> v & 1 == 1);
            met && e.is_integer() && *e > Number::ONE && matches!(self.generators[*b as usize].key, Key::Symbol(_))
        };
        let (base, e) = product.factors.iter().find(is_power)?.clone();
        let one = p.terms().iter().any(|(m, c)| *m == Monomial::ONE && c.abs() == 1);
        one.then(|| self.divided(product, (sum, &p), &Product::power(base, e)))
    }

    /// `(sinh(x)^2 - x^2)/(x^2*sinh(x)^2)` as `1/x^2 - 1/sinh(x)^2`: all that stands around a sum in its terms.
    fn apart(&mut self, product: &Product) -> Option<Product> {
        let (sum, p) = product.factors.iter().find_map(|(b, e)| match &self.generators[*b as usize].key {
            Key::Sum(p) if e.is_one() && p.len() <= MAX_APART => Some((*b, p.clone())),
            _ => None,
        })?;
        let mut around = product.clone();
        around.times_power(sum, &Number::MINUS_ONE);
        let divided = around.factors.iter().filter(|(b, e)| e.is_negative() && !self.is_exponential(*b)).count();
        (divided > 1 && around.coefficient.is_one()).then(|| self.divided(product, (sum, &p), &around))
    }

    /// The terms of `3*x^2 - 3` for `3*(x^2 - 1)`, where the text has no such bracket.
    fn without_bracket(&mut self, product: &Product) -> Option<Vec<Product>> {
        let [(base, power)] = &product.factors[..] else { return None };
        let slot = &self.generators[*base as usize];
        let Key::Sum(p) = slot.key.clone() else { return None };
        let by = &product.coefficient;
        let fits = power.is_one() && by.is_integer() && !by.abs().is_one() && slot.author.is_none();
        let terms = if fits && self.is_of_one_name(&p) { p.terms() } else { return None };
        Some(terms.iter().map(|(m, c)| self.monomial(*m).scaled(&number(*c)).scaled(by)).collect())
    }

    /// `(5 + 12*x - 3*x^2)/(2 - x)^2` as `17/(2 - x)^2 - 3`: what is left of a sum that a high power goes into.
    fn divided_out(&mut self, product: &Product) -> Option<Product> {
        let factor = |wanted: fn(&Number) -> bool| {
            product.factors.iter().find_map(|(b, e)| match &self.generators[*b as usize].key {
                Key::Sum(p) if wanted(e) && p.len() <= MAX_TERMS => Some((*b, e.clone(), p.clone())),
                _ => None,
            })
        };
        let (sum, _, p) = factor(Number::is_one)?;
        let (divisor, power, q) = factor(|e| e.is_integer() && *e < Number::MINUS_ONE)?;
        if q.variables() & !p.variables() != 0 {
            return None;
        }
        let whole = self.expand(&Product::power(divisor, -&power))?;
        let (lead, c) = whole.leading()?;
        let quotient =
            p.terms().iter().find_map(|(m, d)| Some((m.checked_div(lead)?, (d % c == 0).then_some(d / c)?)))?;
        let rest = p.sub(&whole.mul_term(quotient)?)?;
        let [(m, d)] = rest.terms() else { return None };
        let mut left = self.monomial(*m).scaled(&number(*d));
        left.times_power(divisor, &power);
        let quotient = self.monomial(quotient.0).scaled(&number(quotient.1));
        let terms = vec![self.intern(left), self.intern(quotient)];
        let mut divided = product.clone();
        divided.times_power(sum, &Number::MINUS_ONE);
        divided.times_power(divisor, &-&power);
        divided.times_power(self.generator(Key::Opaque(terms)), &Number::ONE);
        Some(divided)
    }

    /// `s^6*(r^6 - 2*s^6)/r^13` as `s^6/r^7 - 2*s^12/r^13`, where the person has `(s/r)^12 - (s/r)^6`.
    fn as_fractions(&mut self, product: &Product) -> Option<Product> {
        let is_sum = |b: GeneratorId| matches!(self.generators[b as usize].key, Key::Sum(_));
        let (sum, p) = product.factors.iter().find_map(|(b, e)| match &self.generators[*b as usize].key {
            Key::Sum(p) if e.is_one() && p.len() == 2 => Some((*b, p.clone())),
            _ => None,
        })?;
        let inside = |b: GeneratorId| {
            let variable = self.variables.iter().position(|v| *v == Variable { base: b, root: 1 });
            variable.is_some_and(|v| p.variables() >> v & 1 == 1)
        };
        let divides_by_sums = product.factors.iter().any(|(b, e)| e.is_negative() && is_sum(*b));
        let divided = |own: &Product| {
            let mut below = own.factors.iter().filter(|(_, e)| e.is_negative()).peekable();
            let mut bases = below.clone().map(|(b, _)| *b);
            // Names alone may stay below a bracket of fractions.
            let fit = if divides_by_sums { bases.all(inside) } else { bases.any(inside) };
            below.peek().is_some()
                && fit
                && below.all(|(b, _)| product.exponent(*b).is_negative() && !is_sum(*b) && !self.is_exponential(*b))
        };
        let own = self.authors.iter().filter(|(own, _)| divided(&self.products[**own as usize]));
        let own = own.min_by_key(|(_, id)| **id).map(|(own, _)| self.products[*own as usize].clone())?;
        let mut factor = Product::one();
        for (b, _) in own.factors.iter().filter(|(b, _)| !is_sum(*b)) {
            let e = product.exponent(*b);
            // What no term has stays outside.
            if inside(*b) && e.is_integer() && !self.is_exponential(*b) {
                factor.times_power(*b, &e);
            }
        }
        Some(self.divided(product, (sum, &p), &factor))
    }

    /// The first of two nodes, unless the second is better to read.
    pub(super) fn better(&mut self, a: Id, b: Id) -> Id {
        if self.costs.price(self.graph, b) < self.costs.price(self.graph, a) { b } else { a }
    }

    /// The person's sums that are products in normal form, as `1 - v^2/c^2` is `(c^2 - v^2)/c^2`.
    fn groups_of_the_text(&self, within: &Product) -> Vec<(Product, Id)> {
        let is_sum = |b: GeneratorId| matches!(self.generators[b as usize].key, Key::Sum(_));
        let occurs = |own: &Product| own.factors.iter().any(|(b, _)| is_sum(*b) && !within.exponent(*b).is_zero());
        let all = self.authors.iter().map(|(product, id)| (&self.products[*product as usize], *id));
        let mut found: Vec<_> = all.filter(|(own, _)| occurs(own)).map(|(own, id)| (own.clone(), id)).collect();
        found.sort_unstable_by_key(|(_, id)| *id);
        found
    }

    /// A product with a power of such a sum in it, unless a factor of that were divided by anew.
    fn with_group(&mut self, product: &Product, (own, id): &(Product, Id)) -> Option<Product> {
        let sums = own.factors.iter().filter(|(b, _)| matches!(self.generators[*b as usize].key, Key::Sum(_)));
        let [(sum, one)] = &sums.collect::<Vec<_>>()[..] else { return None };
        let power = product.exponent(*sum);
        // A root goes through the bar where what is below it is positive.
        let positive = |(b, _): &(GeneratorId, Number)| b == sum || self.generators[*b as usize].positive;
        if !one.is_one() || power.is_zero() || !power.is_integer() && !own.factors.iter().all(positive) {
            return None;
        }
        let mut grouped = product.clone();
        grouped.times(own, &-&power)?;
        let divided_anew = |(b, e): &(GeneratorId, Number)| {
            let new = grouped.exponent(*b);
            !e.is_negative() && new.is_negative() && new < product.exponent(*b)
        };
        if own.factors.iter().any(divided_anew) {
            return None;
        }
        grouped.times_power(self.generator(Key::Symbol(*id)), &power);
        Some(grouped)
    }

    /// A product with what stands below the bar in a sum's terms, each time other factors: `(a + b*x)/x` is `a/x + b`.
    fn with_fractions(&mut self, product: &Product) -> Vec<Product> {
        let sums = product.factors.iter().filter_map(|(b, e)| match &self.generators[*b as usize].key {
            Key::Sum(p) if e.is_one() && p.len() <= MAX_TERMS => Some((*b, p.clone())),
            _ => None,
        });
        let sums: Vec<(GeneratorId, Poly)> = sums.take(MAX_SUMS).collect();
        let mut found = Vec::new();
        for (sum, p) in &sums {
            // What all but one of the terms have, by the term that lacks it.
            let mut lacked: Vec<(usize, Product)> = Vec::new();
            for (below, e) in product.factors.iter().filter(|(_, e)| e.is_negative() && e.is_integer()) {
                let variable = Variable { base: *below, root: 1 };
                let Some(v) = self.variables.iter().position(|w| *w == variable) else { continue };
                let mut lacking = p.terms().iter().enumerate().filter(|(_, (m, _))| m.exponent(v) == 0).map(|(k, _)| k);
                // More than one new bar is longer, and exponents take what is below the bar.
                let (Some(term), None) = (lacking.next(), lacking.next()) else { continue };
                if !self.is_exponential(*below) && !self.below_powers.contains(below) {
                    let factor = Product::power(*below, e.clone());
                    found.push(self.divided(product, (*sum, p), &factor));
                    lacked.push((term, factor));
                }
            }
            if let [(term, first), rest @ ..] = &lacked[..]
                && rest.iter().any(|(other, _)| other == term)
            {
                let mut all = first.clone();
                for (_, factor) in rest.iter().filter(|(other, _)| other == term) {
                    factor.factors.iter().for_each(|(b, e)| all.times_power(*b, e));
                }
                found.push(self.divided(product, (*sum, p), &all));
            }
        }
        found
    }

    /// Does it divide a sum of fractions by another sum, as `(n - k/p)/(1 - p)`? That is harder to read than
    /// `(n*p - k)/(p*(1 - p))`, which is longer by a name.
    fn is_compound(&self, product: &Product) -> bool {
        let is = |b: GeneratorId, wanted: fn(&Key) -> bool| wanted(&self.generators[b as usize].key);
        let fractions = |(b, e): &(GeneratorId, Number)| e.is_one() && is(*b, |k| matches!(k, Key::Opaque(_)));
        let divides = |(b, e): &(GeneratorId, Number)| e.is_negative() && is(*b, |k| matches!(k, Key::Sum(_)));
        product.factors.iter().any(fractions) && product.factors.iter().any(divides)
    }

    /// Are the fractions in its sums all the text's?
    fn has_own_fractions(&mut self, product: &Product) -> bool {
        let sums = product.factors.iter().filter_map(|(b, _)| match &self.generators[*b as usize].key {
            Key::Opaque(terms) => Some(terms.clone()),
            _ => None,
        });
        let terms: Vec<Product> = sums.flatten().map(|id| self.products[id as usize].clone()).collect();
        terms.into_iter().filter(|t| t.factors.iter().any(|(_, e)| e.is_negative())).all(|t| {
            let node = self.emit(&t);
            without_coefficients(self.graph, node).index() < self.written
        })
    }

    /// `C*(b*exp(-b*t) - a*exp(-a*t))`: the names and numbers that all terms have stand before a bracket, with the terms
    /// one by one in it. Below the bar they stand where there is no other.
    pub(super) fn common_outside(&mut self, terms: &[Product]) -> Option<Product> {
        let terms = like_terms(terms.to_vec());
        let (first, rest) = terms.split_first().filter(|(_, rest)| !rest.is_empty() && rest.len() < MAX_TERMS)?;
        let mut common = Product::one();
        for (base, e) in &first.factors {
            let is_name = match self.generators[*base as usize].key {
                Key::Symbol(_) => true,
                // log(10)
                Key::Call(_, [of, ..]) => self.products[of as usize].as_number().is_some(),
                _ => false,
            };
            if is_name && e.is_integer() && rest.iter().all(|t| t.exponent(*base) == *e) {
                common.times_power(*base, e);
            }
        }
        let size = first.coefficient.abs();
        if rest.iter().all(|t| t.coefficient.abs() == size) {
            let negative = terms.iter().all(|t| t.coefficient.is_negative());
            common = common.scaled(&if negative { -&size } else { size });
        }
        let divided = |product: &Product| product.factors.iter().any(|(_, e)| e.is_negative());
        let mut within = Vec::with_capacity(terms.len());
        for term in &terms {
            let mut rest = term.clone();
            rest.times(&common, &Number::MINUS_ONE)?;
            within.push(rest);
        }
        if common.as_number().is_some_and(|n| n.abs().is_one()) || divided(&common) && within.iter().any(divided) {
            return None;
        }
        let within = within.into_iter().map(|term| self.intern(term)).collect();
        common.times_power(self.generator(Key::Opaque(within)), &Number::ONE);
        Some(common)
    }

    pub(super) fn is_exponential(&self, base: GeneratorId) -> bool {
        matches!(self.generators[base as usize].key, Key::Call(Primitive::Exp, _) | Key::Power(..))
    }

    /// A product in which a sum has taken a factor into its terms.
    fn divided(&mut self, product: &Product, (sum, p): (GeneratorId, &Poly), factor: &Product) -> Product {
        let mut terms = Vec::with_capacity(p.len());
        for (monomial, c) in p.terms() {
            let mut term = self.monomial(*monomial).scaled(&number(*c));
            factor.factors.iter().for_each(|(b, e)| term.times_power(*b, e));
            terms.push(self.intern(term));
        }
        let mut divided = product.clone();
        divided.times_power(sum, &Number::MINUS_ONE);
        factor.factors.iter().for_each(|(b, e)| divided.times_power(*b, &-e));
        divided.times_power(self.generator(Key::Opaque(terms)), &Number::ONE);
        divided
    }

    /// `exp(x)/(a + b*exp(x))` with its sum turned: `1/(a*exp(-x) + b)`.
    fn turned_whole(&mut self, product: &Product) -> Option<Product> {
        if self.turn != Turn::Never {
            return None;
        }
        let exponential = |(b, e): &&(GeneratorId, Number)| {
            matches!(self.generators[*b as usize].key, Key::Call(Primitive::Exp, _)) && !e.is_negative()
        };
        let (base, power) = product.factors.iter().find(exponential)?;
        let v = self.variables.iter().position(|w| *w == Variable { base: *base, root: 1 })?;
        let met = product.factors.iter().any(|(b, e)| match &self.generators[*b as usize].key {
            // Under a root the exponential of the opposite overflows, or vanishes, where the root of a product did not.
            Key::Sum(p) => e.is_integer() && e * &Number::integer(p.degree(v).into()) == -power,
            _ => false,
        });
        if !met {
            return None;
        }
        let mut turned = product.clone();
        self.turn = Turn::Always;
        self.turned(&mut turned);
        self.turn = Turn::Never;
        Some(turned)
    }
}
