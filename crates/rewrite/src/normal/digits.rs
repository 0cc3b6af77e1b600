//! Sums of products of sums that are not multiplied out, as the polynomial would have fewer digits in doubles.
//!
//! `4*x*(1 - x)` six times is a polynomial of degree 64 with coefficients of 37 digits, whose terms cancel to something
//! below 1. Where that begins, the products that were multiplied out stay as they are, and are names to the rest.

use wrt_core::{Id, Node, Number};
use wrt_poly::Poly;

use super::product::Product;
use super::{GeneratorId, Key, Normal};

/// Polynomials of lower degree are multiplied out.
const MIN_DEGREE: u32 = 8;

/// How many times larger a polynomial's terms may be than its values.
const MAX_CANCELLED: f64 = 500.0;

impl Normal<'_> {
    /// The formula's form in which such products stay as they are.
    pub(super) fn with_digits(&mut self, root: Id) -> Id {
        if self.keeps_digits {
            return root;
        }
        let (order, budget) = (self.graph.reachable(&[root]), crate::algebra(usize::MAX));
        let mut normal = Normal::new(self.graph, self.written, &order, &budget);
        normal.keeps_digits = true;
        normal.run(&order);
        let combined = normal.of(root).clone();
        normal.best_of(root, &combined)
    }

    /// The terms of a sum that were multiplied out to a polynomial whose terms cancel where the names are about 1.
    fn multiplied_out(&mut self, id: Id, sum: &Product) -> Option<Vec<Id>> {
        let long = |normal: &Self, b: GeneratorId| match &normal.generators[b as usize].key {
            Key::Sum(p) => p.total_degree() >= MIN_DEGREE && cancelled(p) > MAX_CANCELLED,
            _ => false,
        };
        if !sum.factors.iter().any(|(b, _)| long(self, *b)) {
            return None;
        }
        let terms = self.terms(id);
        let is_new = |b: GeneratorId| terms.iter().all(|t| t.exponent(b).is_zero());
        if !sum.factors.iter().any(|(b, _)| is_new(*b) && long(self, *b)) {
            return None;
        }
        let Node::Sum(own) = self.graph.node(id) else { return None };
        let products = own.iter().zip(&terms).filter(|(_, product)| self.multiplies_sums(product));
        let products: Vec<Id> = products.map(|(t, _)| t.node).collect();
        (!products.is_empty()).then_some(products)
    }

    /// Is it a product of sums, or a power of one?
    fn multiplies_sums(&self, product: &Product) -> bool {
        let sums = product.factors.iter().filter(|(b, _)| matches!(self.generators[*b as usize].key, Key::Sum(_)));
        sums.filter_map(|(_, e)| e.as_i64()).filter(|e| *e > 0).fold(0, i64::saturating_add) > 1
    }

    /// Makes names of nodes, which then stay as they are, in their shortest spelling, but for the number in front.
    fn keep(&mut self, nodes: Vec<Id>) {
        for node in nodes {
            let product = self.of(node).clone();
            let shown = self.emit_best(&product);
            let shown = if self.cost(shown) < self.cost(node) { shown } else { node };
            let (inner, coefficient) = match self.graph.node(shown) {
                Node::Sum([single]) => (single.node, single.coefficient.clone()),
                _ => (shown, Number::ONE),
            };
            let name = Product::generator(self.generator(Key::Symbol(inner)));
            let whole = self.intern(name.scaled(&coefficient));
            self.memo.insert(node, whole);
        }
    }

    /// A sum in which such products are names, where it would be multiplied out.
    pub(super) fn with_names(&mut self, id: Id, sum: Product) -> Product {
        let Some(products) = self.multiplied_out(id, &sum) else { return sum };
        self.keep(products);
        let list = self.terms(id);
        self.sum(list)
    }
}

/// How many times larger the terms together are than what they add up to, at 0 or where all variables are 1 or -1.
fn cancelled(p: &Poly) -> f64 {
    let sign = |degree: u32| if degree.is_multiple_of(2) { 1.0 } else { -1.0 };
    let mut magnitude = 0.0;
    let (mut at_zero, mut above, mut below) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (monomial, c) in p.terms() {
        let (c, degree) = (*c as f64, monomial.total_degree());
        magnitude += c.abs();
        above += c;
        below += c * sign(degree);
        if degree == 0 {
            at_zero = c;
        }
    }
    let value = above.abs().min(below.abs()).max(at_zero.abs()).max(1.0);
    magnitude / value
}
