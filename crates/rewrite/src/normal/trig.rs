//! Which functions of one argument occur together, and the relations between them.

use wrt_core::{Graph, Id, Node, Number, Primitive};
use wrt_poly::Poly;

use super::notes::Limit;
use super::product::Product;
use super::sums::number;
use super::{GeneratorId, Key, Map, NONE, Normal, ProductId, Relation};
use crate::order::product;

const SIN: u8 = 1;
const COS: u8 = 2;
const TAN: u8 = 4;
const COT: u8 = 8;
const SEC: u8 = 16;
const CSC: u8 = 32;

/// Longer sums are not looked through for squares, nor are products in texts of more nodes.
const MAX_TERMS: usize = 8;
const MAX_WRITTEN: usize = 60;

/// Sets that have a relation among themselves; any other mixture is written with sine and cosine.
const KEPT: [u8; 7] = [SIN | COS, TAN, COT, SEC, CSC, TAN | SEC, COT | CSC];

/// Which functions of one argument occur in a formula, circular and hyperbolic ones apart.
#[derive(Default)]
pub(super) struct Families {
    by_node: Map<(Id, bool), u8>,
    by_product: Map<(ProductId, bool), u8>,
}

/// The function's bit, and whether it is hyperbolic.
fn member(primitive: Primitive) -> Option<(u8, bool)> {
    Some(match primitive {
        Primitive::Sin => (SIN, false),
        Primitive::Cos => (COS, false),
        Primitive::Tan => (TAN, false),
        Primitive::Cot => (COT, false),
        Primitive::Sec => (SEC, false),
        Primitive::Csc => (CSC, false),
        Primitive::Sinh => (SIN, true),
        Primitive::Cosh => (COS, true),
        Primitive::Tanh => (TAN, true),
        Primitive::Coth => (COT, true),
        Primitive::Sech => (SEC, true),
        Primitive::Csch => (CSC, true),
        _ => return None,
    })
}

impl Families {
    pub(super) fn of(graph: &Graph, order: &[Id]) -> Families {
        let mut families = Families::default();
        for &id in order {
            if let Node::Map(primitive, args) = graph.node(id)
                && let Some((bit, hyperbolic)) = member(primitive)
            {
                *families.by_node.entry((args[0], hyperbolic)).or_default() |= bit;
            }
        }
        families
    }

    /// Is it better written with sine and cosine?
    fn converts(&self, argument: ProductId, hyperbolic: bool) -> bool {
        let set = self.by_product.get(&(argument, hyperbolic)).copied().unwrap_or(0);
        !KEPT.iter().any(|kept| set & !kept == 0)
    }

    fn has(&self, argument: ProductId, hyperbolic: bool, bits: u8) -> bool {
        let set = self.by_product.get(&(argument, hyperbolic)).copied().unwrap_or(0);
        set & bits == bits || self.converts(argument, hyperbolic)
    }
}

impl Normal<'_> {
    /// Carries what is known of an argument's node over to its product.
    pub(super) fn note_family(&mut self, primitive: Primitive, argument: Id, product: ProductId) {
        if let Some((_, hyperbolic)) = member(primitive)
            && let Some(set) = self.trigonometry.by_node.get(&(argument, hyperbolic)).copied()
        {
            *self.trigonometry.by_product.entry((product, hyperbolic)).or_default() |= set;
        }
    }

    /// `tan` as `sin/cos` and so on, where the formula mixes them.
    pub(super) fn with_sine_and_cosine(&mut self, primitive: Primitive, argument: ProductId) -> Option<Product> {
        let (bit, hyperbolic) = member(primitive)?;
        if bit & (SIN | COS) != 0 || !self.trigonometry.converts(argument, hyperbolic) {
            return None;
        }
        let (sin, cos) = if hyperbolic { (Primitive::Sinh, Primitive::Cosh) } else { (Primitive::Sin, Primitive::Cos) };
        let sin = self.generator(Key::Call(sin, [argument, NONE, NONE]));
        let cos = self.generator(Key::Call(cos, [argument, NONE, NONE]));
        let (s, c) = match bit {
            TAN => (1, -1),
            COT => (-1, 1),
            SEC => (0, -1),
            _ => (-1, 0),
        };
        let mut product = Product::one();
        product.times_power(sin, &Number::integer(s));
        product.times_power(cos, &Number::integer(c));
        for (base, power) in [(sin, s), (cos, c)] {
            if power < 0 {
                self.limits.push(Limit::Divisor(base));
            }
        }
        Some(product)
    }

    /// `sin² = 1 − cos²`, `sec² = 1 + tan²`, … where both occur.
    pub(super) fn relate_trigonometry(&mut self, variable: usize, base: GeneratorId) {
        let Key::Call(primitive, [argument, ..]) = self.generators[base as usize].key else { return };
        let Some((bit, hyperbolic)) = member(primitive) else { return };
        // The other function, its sign and the sign of the one: f² = one + sign·other².
        let (other, both, one, sign) = match (primitive, bit) {
            (Primitive::Sin, _) => (Primitive::Cos, SIN | COS, 1, -1),
            (Primitive::Cosh, _) => (Primitive::Sinh, SIN | COS, 1, 1),
            (Primitive::Sec, _) => (Primitive::Tan, SEC | TAN, 1, 1),
            (Primitive::Csc, _) => (Primitive::Cot, CSC | COT, 1, 1),
            (Primitive::Sech, _) => (Primitive::Tanh, SEC | TAN, 1, -1),
            (Primitive::Csch, _) => (Primitive::Coth, CSC | COT, -1, 1),
            _ => return,
        };
        if !self.trigonometry.has(argument, hyperbolic, both) {
            return;
        }
        let other = self.generator(Key::Call(other, [argument, NONE, NONE]));
        let Some(other) = self.variable(other, 1) else { return };
        let square = Poly::variable(other).mul(&Poly::variable(other));
        let replacement = square.and_then(|s| s.scale(sign)).and_then(|s| s.add(&Poly::constant(one)));
        if let Some(replacement) = replacement {
            self.relations.push(Relation { variable, power: 2, replacement });
        }
    }

    /// Squares that the relations hide: `(cos² − 1, sin, −1)` for `cos² − 1 = −sin²`.
    pub(super) fn hidden_squares(&self) -> Vec<(Poly, GeneratorId, i64)> {
        let mut found = Vec::new();
        for r in &self.relations {
            let v = self.variables[r.variable];
            let trigonometric = matches!(self.generators[v.base as usize].key, Key::Call(p, _) if member(p).is_some());
            if trigonometric && v.root == 1 {
                let sign = if r.replacement.leading_coefficient() < 0 { -1 } else { 1 };
                found.push((r.replacement.clone().normalize_sign(), v.base, sign));
            }
        }
        found
    }

    /// A polynomial, given the nodes of its terms and of their sum, with a square that a relation hides: `tan(x)*sec(x)^2`
    /// for `tan(x)^3 + tan(x)`; and `cos(x)^2 - sin(x)^2` for `2*cos(x)^2 - 1` where the text has `sin(x)*cos(x)`.
    pub(super) fn with_squares(&mut self, p: &Poly, nodes: &[Id], plain: Id) -> Id {
        if p.len() < 2 || p.len() > MAX_TERMS {
            return plain;
        }
        let mut best = plain;
        for (square, base, sign) in self.hidden_squares() {
            let Some((lead, c)) = square.leading().filter(|_| square.variables() & !p.variables() == 0) else {
                continue;
            };
            let mut found = None;
            for (m, d) in p.terms() {
                let Some(factor) = m.checked_div(lead).filter(|_| d % c == 0) else { continue };
                for (amount, double) in [(d / c, false), (d / c / 2, true)] {
                    if amount == 0 || double && (d % (2 * c) != 0 || !self.has_product_of(base)) {
                        continue;
                    }
                    let rest = square.mul_term((factor, amount)).and_then(|group| p.sub(&group));
                    let fewer = if double { 1 } else { 2 };
                    if let Some(rest) = rest.filter(|rest| rest.len() + fewer <= p.len() && found.is_none()) {
                        found = Some((rest, factor, amount, double));
                    }
                }
            }
            let Some((rest, factor, amount, double)) = found else { continue };
            let mut term = self.monomial(factor).scaled(&number(amount)).scaled(&Number::integer(sign));
            term.times_power(base, &Number::integer(2));
            let term = self.emit(&term);
            // Where the first of the terms stood that are gone.
            let (mut parts, mut place) = (Vec::with_capacity(rest.len() + 1), None);
            for ((m, c), node) in p.terms().iter().zip(nodes) {
                match rest.terms().iter().find(|(other, _)| other == m) {
                    Some((_, same)) if same == c => parts.push(*node),
                    Some((m, c)) => {
                        let changed = self.monomial(*m).scaled(&number(*c));
                        parts.push(self.emit(&changed));
                    }
                    None => place = place.or(Some(parts.len())),
                }
            }
            parts.insert(place.unwrap_or(parts.len()).min(parts.len()), term);
            let with = self.sum_of(&parts);
            if self.cost(with) <= self.cost(best) + u32::from(double) {
                best = with;
            }
        }
        best
    }

    /// Has the text a product of this function and the one that its square is told by?
    fn has_product_of(&self, base: GeneratorId) -> bool {
        let Key::Call(primitive, [argument, ..]) = self.generators[base as usize].key else { return false };
        let is_one = |id: Id, wanted: Primitive| match self.graph.node(id) {
            Node::Map(p, &[angle]) => p == wanted && self.memo.get(angle).is_some_and(|known| *known == argument),
            _ => false,
        };
        let few = if self.written <= MAX_WRITTEN { self.written } else { 0 };
        primitive == Primitive::Sin
            && (0..few).map(Id::from_index).any(|id| {
                let Some((factors, _)) = product(self.graph, id, &mut { MAX_TERMS }) else { return false };
                let has = |wanted| factors.iter().any(|(f, power)| *power == 1 && is_one(*f, wanted));
                has(Primitive::Sin) && has(Primitive::Cos)
            })
    }

    /// `sin/cos` back to `tan` and so on, for display.
    pub(super) fn with_tangents(&mut self, product: &Product) -> Product {
        let mut result = product.clone();
        for (base, exponent) in &product.factors {
            let Key::Call(primitive, args) = self.generators[*base as usize].key else { continue };
            let (cos, tan, cot) = match primitive {
                Primitive::Sin => (Primitive::Cos, Primitive::Tan, Primitive::Cot),
                Primitive::Sinh => (Primitive::Cosh, Primitive::Tanh, Primitive::Coth),
                _ => continue,
            };
            let Some(&cos) = self.generator_ids.get(&Key::Call(cos, args)) else { continue };
            let other = product.exponent(cos);
            if exponent.is_negative() == other.is_negative() || other.is_zero() {
                continue;
            }
            let (f, amount) = if other.is_negative() { (tan, exponent.clone()) } else { (cot, other.clone()) };
            let limit = if other.is_negative() { other.abs() } else { exponent.abs() };
            let amount = amount.min(limit);
            if !amount.is_integer() {
                continue;
            }
            let f = self.generator(Key::Call(f, args));
            let sign = if other.is_negative() { Number::ONE } else { Number::MINUS_ONE };
            let mut with = result.clone();
            with.times_power(f, &amount);
            with.times_power(*base, &-&(&amount * &sign));
            with.times_power(cos, &(&amount * &sign));
            if with.factors.len() <= result.factors.len() {
                result = with;
            }
        }
        result
    }
}
