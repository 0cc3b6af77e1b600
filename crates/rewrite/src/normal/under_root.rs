//! Roots joined under one: what the person has under a root, and magnitudes, which are roots of squares.

use wrt_core::{Number, Primitive};
use wrt_poly::{Monomial, Poly};

use super::product::{Factors, Product};
use super::{GeneratorId, Key, Normal, ProductId};

impl Normal<'_> {
    /// `sqrt(a)/abs(x)` is `sqrt(a/x^2)`, where `x` is not 0.
    pub(super) fn under_one_root(&mut self, product: &Product) -> Option<Product> {
        let magnitude = |(b, f): &(GeneratorId, Number)| match self.generators[*b as usize].key {
            Key::Call(Primitive::Abs, [inner, ..]) if f.is_integer() => Some((*b, f.clone(), inner)),
            _ => None,
        };
        let (base, power, inner) = product.factors.iter().find_map(magnitude)?;
        let inner_base = self.products[inner as usize].as_generator()?;
        let two = Number::integer(2);
        // |x|^-1*x^-2 is |x|^-3, as much as a root of the power 3/2 takes.
        let (root, exponent, squares, taken) = product.factors.iter().find_map(|(g, e)| {
            [-1, 1].into_iter().find_map(|squares: i64| {
                let taken = &(e * &two) * &Number::integer(squares);
                let fit = !e.is_integer() && (&taken - &power).as_i64().is_some_and(|rest| rest % 2 == 0);
                let divided = squares < 0 && (power.is_negative() || self.divisors.contains(&inner_base));
                (fit && (divided || squares > 0 && e.is_negative())).then(|| (*g, e.clone(), squares, taken))
            })
        })?;
        let mut under = match self.generators[root as usize].key {
            Key::Radicand(under) => self.products[under as usize].clone(),
            _ => Product::generator(root),
        };
        under.times_power(inner_base, &Number::integer(2 * squares));
        let under = self.intern(under);
        let mut joined = product.clone();
        joined.times_power(base, &-&power);
        joined.times_power(inner_base, &(&power - &taken));
        joined.times_power(root, &-&exponent);
        joined.times_power(self.generator(Key::Radicand(under)), &exponent);
        Some(joined)
    }

    /// `1/((1 + x)*sqrt((1 - x)/(1 + x)))` and `1/(sqrt(1 - x)*sqrt(1 + x))` are `1/sqrt(1 - x^2)`: two sums that have a
    /// positive number in common are both positive where their product or quotient has a root.
    pub(super) fn root_of_complements(&mut self, product: &Product) -> Option<Product> {
        let half = |e: &Number| e.abs() == Number::HALF;
        let quotient = |(b, e): &(GeneratorId, Number)| match self.generators[*b as usize].key {
            Key::Radicand(inner) if *e == -&Number::HALF => Some((*b, self.products[inner as usize].clone())),
            _ => None,
        };
        let mut joined = product.clone();
        // (1 + x)/(1 - x) stands as -(1 + x)/(x - 1).
        let mut turned = false;
        let (u, v, exponent, apart) = match product.factors.iter().find_map(quotient) {
            Some((root, inner)) => {
                let [(a, e), (b, f)] = &inner.factors[..] else { return None };
                let (u, v) = if f.is_negative() { (*a, *b) } else { (*b, *a) };
                let one_each = e.abs().is_one() && f.abs().is_one() && e.is_negative() != f.is_negative();
                let divided = product.exponent(v);
                if !one_each || !inner.coefficient.abs().is_one() || !divided.is_integer() || !divided.is_negative() {
                    return None;
                }
                turned = inner.coefficient.is_negative();
                joined.times_power(root, &Number::HALF);
                joined.times_power(v, &Number::ONE);
                (u, v, -&Number::HALF, false)
            }
            None => {
                let roots: Factors = product.factors.iter().filter(|(_, e)| half(e)).cloned().collect();
                let [(u, e), (v, f)] = &roots[..] else { return None };
                let own = |b: &GeneratorId| {
                    let own = |id: &ProductId| self.products[*id as usize].as_generator() == Some(*b);
                    self.own_roots.iter().any(own)
                };
                if e != f || own(u) || own(v) {
                    return None;
                }
                joined.times_power(*u, &-e);
                joined.times_power(*v, &-e);
                (*u, *v, e.clone(), true)
            }
        };
        let (Key::Sum(p), Key::Sum(q)) = (&self.generators[u as usize].key, &self.generators[v as usize].key) else {
            return None;
        };
        let (mut p, mut q) = (p.clone(), q.clone());
        if turned && have_positive_sum(&p, &q.neg()) {
            q = q.neg();
            joined.coefficient = -&joined.coefficient;
        } else if turned {
            p = p.neg();
        }
        let norm = p.mul_within(&q, self.budget)?;
        // Of two roots of which one is always there the other is where that of the product is.
        let positive = apart && [u, v].iter().any(|b| self.generators[*b as usize].positive);
        if !(positive || have_positive_sum(&p, &q)) || norm.len() > p.len() {
            return None;
        }
        joined.times_power(self.generator(Key::Sum(norm)), &exponent);
        Some(joined)
    }

    /// `sqrt(g)/(sqrt(k)*sqrt(tanh(k*h)))` is `sqrt(g/(k*tanh(k*h)))`, and `1/(h^(3/2)*sqrt(g))` is `1/(h*sqrt(g*h))`, where
    /// the person has a root of what all these are factors of; pi goes with them.
    pub(super) fn roots_of_the_text(&mut self, product: &Product) -> Option<Product> {
        let mut settled = product.clone();
        self.settle_numbers(&mut settled);
        let product = &settled;
        let halves = |e: &Number| e.as_small().is_some_and(|(_, d)| d == 2);
        let constant = |b: GeneratorId| matches!(self.generators[b as usize].key, Key::Constant(_) | Key::Prime(_));
        let positive = |b: GeneratorId| self.generators[b as usize].positive;
        // One factor of unknown sign may be there, as h*(2*R - h) has no root where that is negative.
        let is_sum = |b: GeneratorId| matches!(self.generators[b as usize].key, Key::Sum(_));
        let mut open = product.factors.iter().filter(|(b, e)| halves(e) && !positive(*b));
        let one_side = |e: &Number| {
            let mut roots = product.factors.iter().filter(|(_, e)| halves(e));
            roots.all(|(_, other)| other.is_negative() == e.is_negative())
        };
        let only = open.next().filter(|(b, e)| is_sum(*b) && one_side(e) && open.next().is_none());
        let sum = only.map(|(b, _)| *b);
        let is_root = |(b, e): &&(GeneratorId, Number)| halves(e) && (positive(*b) || sum == Some(*b));
        let roots: Factors = product.factors.iter().filter(is_root).cloned().collect();
        // Of different powers a root each, on the same side of the bar: h^(3/2) is h*h^(1/2).
        let root = |(b, e): &(GeneratorId, Number)| (*b, if e.is_negative() { -&Number::HALF } else { Number::HALF });
        let higher = |(_, e): &(GeneratorId, Number)| e.abs() > Number::ONE;
        let roots: Factors = if roots.iter().all(higher) { return None } else { roots.iter().map(root).collect() };
        // The product of exponentials overflows where their roots don't.
        if roots.len() < 2 || roots.iter().any(|(b, _)| self.is_exponential(*b)) {
            return None;
        }
        let of_one = |own: &ProductId| {
            let own = &self.products[*own as usize];
            let within = |(b, _): &(GeneratorId, Number)| constant(*b) || own.exponent(*b).abs().is_one();
            let same = sum.is_none() || own.factors.len() == roots.len() && own.factors.iter().all(|(_, e)| e.is_one());
            same && roots.iter().all(within) && roots.iter().any(|(b, _)| !constant(*b))
        };
        if !self.own_roots.iter().any(of_one) {
            return None;
        }
        let below = roots.iter().all(|(_, e)| e.is_negative());
        let exponent = if below { -&Number::HALF } else { Number::HALF };
        let inverse = exponent.recip()?;
        let mut under = Product::one();
        let mut joined = product.clone();
        for (b, e) in &roots {
            under.times_power(*b, &(e * &inverse));
            joined.times_power(*b, &-e);
        }
        let under = self.intern(under);
        joined.times_power(self.generator(Key::Radicand(under)), &exponent);
        Some(joined)
    }

    /// `sqrt(2)*sqrt(x)` is `sqrt(2*x)`, and `1/(sqrt(2)*sqrt(x))` is `1/sqrt(2*x)`, where the person has that root.
    pub(super) fn number_under_root(&mut self, product: &Product) -> Option<Product> {
        let rooted = |(_, e): &&(GeneratorId, Number)| !e.is_integer();
        let prime = |b: GeneratorId| match self.generators[b as usize].key {
            Key::Prime(p) => Some(p),
            _ => None,
        };
        let under = |b: GeneratorId| match self.generators[b as usize].key {
            Key::Radicand(inner) => self.products[inner as usize].coefficient.is_one().then_some(Some(inner)),
            Key::Symbol(_) => Some(None),
            _ => None,
        };
        if self.own_roots.is_empty() {
            return None;
        }
        let (root, exponent, inner) =
            product.factors.iter().filter(rooted).find_map(|(b, e)| Some((*b, e, under(*b)?)))?;
        // A prime to such a power, but for whole ones.
        let (number, p, whole) = product.factors.iter().filter(rooted).find_map(|(b, e)| {
            let rest = e - exponent;
            rest.as_i64().filter(|n| n.abs() <= 1).and_then(|n| Some((*b, prime(*b)?, n)))
        })?;
        let p = Number::integer(p);
        let inner = inner.map_or_else(|| Product::generator(root), |inner| self.products[inner as usize].clone());
        let inner = self.find_product(&inner.scaled(&p)).filter(|id| self.own_roots.contains(id))?;
        let mut joined = product.scaled(&p.pow(whole)?);
        joined.times_power(number, &-&product.exponent(number));
        joined.times_power(root, &-exponent);
        joined.times_power(self.generator(Key::Radicand(inner)), exponent);
        Some(joined)
    }
}

/// Is a sum of two polynomials, each times a positive number, a positive number?
fn have_positive_sum(p: &Poly, q: &Poly) -> bool {
    let ([(m, c), ..], [(n, d), ..]) = (p.terms(), q.terms()) else { return false };
    if m != n || *m == Monomial::ONE || (*c > 0) == (*d > 0) {
        return false;
    }
    let times = |p: &Poly, n: &i128| p.mul_term((Monomial::ONE, n.checked_abs()?));
    let sum = times(p, d).zip(times(q, c));
    let sum = sum.and_then(|(p, q)| p.add(&q)).and_then(|sum| sum.as_constant());
    sum.is_some_and(|n| n > 0)
}
