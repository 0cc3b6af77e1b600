//! What other generators need to know of a quotient of polynomials.

use wrt_core::{Id, Node, Number, Primitive, Term};
use wrt_poly::{Poly, factor};

use super::product::{Factors, Product};
use super::sums::number;
use super::{GeneratorId, Key, Normal, ProductId, Variable};

impl Normal<'_> {
    /// The combined form of a node.
    pub(crate) fn combined(&mut self, id: Id) -> Id {
        let product = self.of(id).clone();
        self.emit_best(&product)
    }

    /// What a node is a rational multiple of, and which.
    pub(crate) fn unit(&mut self, id: Id) -> (ProductId, Number) {
        let mut product = self.of(id).clone();
        let multiple = std::mem::replace(&mut product.coefficient, Number::ONE);
        (self.intern(product), multiple)
    }

    /// A product with its polynomials factored, where one has factors.
    pub(super) fn factored(&mut self, product: &Product) -> Option<Product> {
        let mut factored = Product { coefficient: product.coefficient.clone(), factors: Factors::new() };
        let mut any = false;
        for (b, e) in &product.factors {
            let split = match &self.generators[*b as usize].key {
                Key::Sum(p) if e.is_integer() && p.len() < 120 && !super::emit::is_irreducible(p) => {
                    Some(factor(p, self.budget))
                }
                _ => None,
            };
            let parts =
                split.map(|f| (f.unit, f.factors)).filter(|(_, f)| f.len() > 1 || f.iter().any(|(_, n)| *n > 1));
            match parts {
                None => factored.times_power(*b, e),
                Some((unit, parts)) => {
                    any = true;
                    if let Some(n) = e.as_i64().and_then(|n| number(unit).pow(n)) {
                        factored.coefficient = &factored.coefficient * &n;
                    }
                    for (p, n) in parts {
                        let base = self.generator(Key::Sum(p));
                        factored.times_power(base, &(e * &Number::integer(n as i64)));
                    }
                }
            }
        }
        any.then_some(factored)
    }

    /// A name below a node, and what it is where the node has this value: the name that makes it shortest.
    pub(crate) fn solved(&mut self, id: Id, value: Id, taken: &[Id]) -> Option<(Id, Id)> {
        let product = self.of(id).clone();
        let (p, q) = product.coefficient.as_small()?;
        let (mut above, mut below) = (Product::number(Number::integer(p)), Product::number(Number::integer(q as i64)));
        for (b, e) in &product.factors {
            let side = if e.is_negative() { &mut below } else { &mut above };
            side.times_power(*b, &e.abs());
        }
        let (above, below) = (self.expand(&above)?, self.expand(&below)?);
        let mut best: Option<(usize, usize, Id)> = None;
        for v in 0..self.variables.len() {
            let Variable { base, root: 1 } = self.variables[v] else { continue };
            let Key::Symbol(symbol) = self.generators[base as usize].key else { continue };
            let (n, d) = (above.degree(v), below.degree(v));
            let name = matches!(self.graph.node(symbol), Node::Symbol(_)) && !taken.contains(&symbol);
            if !name || n + d == 0 || n > 1 || d > 1 {
                continue;
            }
            // Few terms to divide by, and few at all.
            let price = 3 * above.coefficient_in(v, 1).len()
                + 3 * below.coefficient_in(v, 1).len()
                + above.coefficient_in(v, 1).total_degree() as usize
                + above.len()
                + below.len();
            if best.as_ref().is_none_or(|(other, ..)| price < *other) {
                best = Some((price, v, symbol));
            }
        }
        let (_, v, symbol) = best?;
        let parts = [&above, &below].map(|p| (p.coefficient_in(v, 1), p.coefficient_in(v, 0)));
        let [(a, b), (c, d)] = parts.map(|(one, zero)| (self.polynomial(&one), self.polynomial(&zero)));
        // (a*v + b)/(c*v + d) = value
        let (dv, cv) = (self.graph.mul(d, value), self.graph.mul(c, value));
        let (numerator, denominator) = (self.graph.sub(dv, b), self.graph.sub(a, cv));
        Some((symbol, self.graph.div(numerator, denominator)))
    }

    fn polynomial(&mut self, p: &Poly) -> Id {
        if p.is_zero() { self.graph.integer(0) } else { self.emit_poly(p) }
    }

    /// A quotient of polynomials in the tangent `t` of half an angle by sine and cosine of the angle; none where `t` stands
    /// anywhere else.
    pub(crate) fn homogeneous(&mut self, id: Id, t: Id, hyperbolic: bool, sine: Id, cosine: Id) -> Option<Id> {
        let product = self.of(id).clone();
        let product = self.factored(&product).unwrap_or(product);
        let t = *self.generator_ids.get(&Key::Symbol(t))?;
        let v = self.variables.iter().position(|w| *w == Variable { base: t, root: 1 });
        let half = |normal: &mut Self, sign: i64, one: i64| {
            let n = normal.graph.integer(one);
            normal.graph.sum(&[Term::new(Number::HALF, n), Term::new(&Number::HALF * &Number::integer(sign), cosine)])
        };
        // cos² and sin² of the half, and their product.
        let squared = half(self, 1, 1);
        let other = if hyperbolic { half(self, 1, -1) } else { half(self, -1, 1) };
        let both = self.graph.sum(&[Term::new(Number::HALF, sine)]);
        let (mut rest, mut polys): (Product, Vec<(Poly, Number)>) = (product.clone(), Vec::new());
        let v = match v {
            Some(v) => v,
            None => self.variable(t, 1)?,
        };
        for (b, e) in &product.factors {
            let p = match &self.generators[*b as usize].key {
                Key::Sum(p) if p.degree(v) > 0 => p.clone(),
                _ if *b == t => Poly::variable(v),
                _ => continue,
            };
            rest.times_power(*b, &-e);
            // Two of odd degree are one of even degree.
            let odd = |p: &Poly| p.degree(v) % 2 == 1;
            let partner = polys.iter().position(|(q, f)| odd(&p) && odd(q) && f == e);
            match partner.and_then(|k| Some((k, polys[k].0.mul_within(&p, self.budget)?))) {
                Some((k, both)) => polys[k].0 = both,
                None => polys.push((p, e.clone())),
            }
        }
        if self.depends(&rest, t) {
            return None;
        }
        let (mut nodes, mut left) = (vec![self.emit(&rest)], Number::ZERO);
        for (p, e) in polys {
            let even = p.degree(v).next_multiple_of(2);
            let mut terms = Vec::new();
            for (j, coefficient) in p.coefficients_in(v) {
                let mut factors = vec![self.polynomial(&coefficient)];
                factors.extend((j % 2 == 1).then_some(both));
                factors.push(self.raised(other, i64::from(j / 2)));
                factors.push(self.raised(squared, i64::from((even - j) / 2)));
                let node = self.graph.product(&factors);
                terms.push(Term::one(node));
            }
            let node = self.graph.sum(&terms);
            let exponent = self.graph.number(e.clone());
            nodes.push(self.graph.pow(node, exponent));
            left = &left - &(&e * &Number::integer(i64::from(even / 2)));
        }
        nodes.push(self.raised(squared, left.as_i64()?));
        Some(self.graph.product(&nodes))
    }

    fn raised(&mut self, base: Id, k: i64) -> Id {
        let e = self.graph.integer(k);
        if k == 0 { self.graph.integer(1) } else { self.graph.map(Primitive::Pow, &[base, e]) }
    }

    /// Does a product depend on a generator, or a coefficient of one of its sums?
    fn depends(&mut self, product: &Product, on: GeneratorId) -> bool {
        let (node, on) = (self.emit(product), self.emit_base(on));
        self.graph.reachable(&[node]).contains(&on)
    }
}
