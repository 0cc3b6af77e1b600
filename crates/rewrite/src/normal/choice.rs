//! Factors of choices: outside of both branches, or within.

use wrt_core::{Number, Primitive};

use super::product::{Factors, Product};
use super::{GeneratorId, Key, Normal, ProductId};

impl Normal<'_> {
    /// The first factor that is a choice, and its arguments.
    fn choice_in(&self, product: &Product) -> Option<(GeneratorId, [ProductId; 3])> {
        product.factors.iter().find_map(|(b, e)| match self.generators[*b as usize].key {
            Key::Call(Primitive::Select, args) if e.is_one() => Some((*b, args)),
            _ => None,
        })
    }

    fn is_off(&self, id: ProductId) -> bool {
        self.products[id as usize].is_zero()
    }

    /// `where(c, x*a, x*b)` is `x*where(c, a, b)`, where x may meet what stands outside.
    pub(super) fn out_of_choice(&mut self, [condition, x, y]: [ProductId; 3]) -> Option<Product> {
        let (mut a, mut b) = (self.products[x as usize].clone(), self.products[y as usize].clone());
        let mut common = Product { coefficient: Number::ONE, factors: self.common_to(&a, &b) };
        if a.is_zero() || b.is_zero() || common.factors.is_empty() {
            return None;
        }
        if a.coefficient.abs() == b.coefficient.abs() {
            common.coefficient =
                if a.coefficient == b.coefficient { a.coefficient.clone() } else { a.coefficient.abs() };
        }
        a.times(&common, &Number::MINUS_ONE)?;
        b.times(&common, &Number::MINUS_ONE)?;
        let (a, b) = (self.intern(a), self.intern(b));
        let rest = self.call(Primitive::Select, [condition, a, b], None);
        common.times(&rest, &Number::ONE)?;
        Some(common)
    }

    /// The powers that two products have in common, above the bar or below it; not those that may be infinite where a
    /// choice within is 0.
    fn common_to(&self, a: &Product, b: &Product) -> Factors {
        let switches = |p: &Product| self.choice_in(p).is_some_and(|(_, [_, x, y])| self.is_off(x) || self.is_off(y));
        let switched = switches(a) || switches(b);
        let shared = |(base, e): &(GeneratorId, Number)| {
            let other = b.exponent(*base);
            let same = !other.is_zero() && other.is_negative() == e.is_negative();
            // A root must not come to stand beside a branch that has none: x of where(c, x, sqrt(x)).
            let alike = e.is_integer() == other.is_integer() || self.generators[*base as usize].nonnegative;
            let least = if other.abs() < e.abs() { other } else { e.clone() };
            (same && alike && !(switched && self.may_be_endless(*base, &least))).then_some((*base, least))
        };
        a.factors.iter().filter_map(shared).collect()
    }

    /// `x*where(c, x, -1)` is `where(c, x^2, -x)`: each branch by itself, as in a textbook. Only names stand in both, and
    /// what they are multiplied with where that is a sign.
    pub(super) fn branches_whole(&mut self, product: &Product) -> Option<Product> {
        let (base, [condition, x, y]) = self.choice_in(product)?;
        let is_sign = |id: ProductId| self.products[id as usize].as_number().is_some_and(|n| n.abs().is_one());
        let mut others = product.clone();
        others.times_power(base, &Number::MINUS_ONE);
        let is_name = |(b, e): &(GeneratorId, Number)| {
            matches!(self.generators[*b as usize].key, Key::Symbol(_)) && e.is_integer()
        };
        let names = !others.factors.is_empty() && others.factors.iter().all(is_name);
        let signs = is_sign(x) && is_sign(y) && !(others.factors.is_empty() && others.coefficient.abs().is_one());
        if self.is_off(x) || self.is_off(y) || !(names || signs) {
            return None;
        }
        let mut branch = |id: ProductId| {
            let mut branch = self.products[id as usize].clone();
            branch.times(&others, &Number::ONE)?;
            let branch = self.tidy(branch);
            Some(self.intern(branch))
        };
        let (x, y) = (branch(x)?, branch(y)?);
        Some(Product::generator(self.generator(Key::Call(Primitive::Select, [condition, x, y]))))
    }

    /// `x^2*where(c, 1/x, y)` is `where(c, x, x^2*y)`: what cancels in a branch goes there.
    pub(super) fn met_by_branches(&mut self, product: &Product) -> Option<Product> {
        let (base, [condition, x, y]) = self.choice_in(product)?;
        let meets = |(b, e): &(GeneratorId, Number)| {
            [x, y].iter().any(|id| {
                let within = self.products[*id as usize].exponent(*b);
                !within.is_zero() && within.is_negative() != e.is_negative()
            })
        };
        let (inside, outside): (Factors, Factors) =
            product.factors.iter().filter(|(b, _)| *b != base).cloned().partition(meets);
        if inside.is_empty() {
            return None;
        }
        let mut moved = self.with_factors([condition, x, y], inside)?;
        moved.times(&Product { coefficient: product.coefficient.clone(), factors: outside }, &Number::ONE)?;
        Some(moved)
    }

    /// A choice, each branch with these factors, but where it is 0.
    fn with_factors(&mut self, [condition, x, y]: [ProductId; 3], factors: Factors) -> Option<Product> {
        let factors = Product { coefficient: Number::ONE, factors };
        let mut branch = |id: ProductId| {
            let mut branch = self.products[id as usize].clone();
            if !branch.is_zero() {
                branch.times(&factors, &Number::ONE)?;
                branch = self.tidy(branch);
            }
            Some(self.intern(branch))
        };
        let (x, y) = (branch(x)?, branch(y)?);
        Some(self.call(Primitive::Select, [condition, x, y], None))
    }

    /// `where(c, a, 0)/x` is `where(c, a/x, 0)`: where the choice is 0, nothing may be made of what x is there.
    pub(super) fn move_into_choice(&mut self, product: &mut Product) {
        let Some((base, [condition, x, y])) = self.choice_in(product) else { return };
        if self.is_off(x) == self.is_off(y) {
            return;
        }
        let (inside, outside): (Factors, Factors) =
            product.factors.iter().filter(|(b, _)| *b != base).cloned().partition(|(b, e)| self.may_be_endless(*b, e));
        if inside.is_empty() {
            return;
        }
        let Some(moved) = self.with_factors([condition, x, y], inside) else { return };
        product.factors = outside;
        product.coefficient = &product.coefficient * &moved.coefficient;
        for (b, e) in &moved.factors {
            product.times_power(*b, e);
        }
    }

    /// Is a factor infinite or undefined anywhere, as far as is known?
    fn may_be_endless(&self, base: GeneratorId, exponent: &Number) -> bool {
        let generator = &self.generators[base as usize];
        match generator.key {
            Key::Constant(_) | Key::Prime(_) => false,
            Key::Radicand(_) | Key::Power(..) => !generator.positive,
            Key::Call(p, _) if !p.is_defined_everywhere() => true,
            _ => exponent.is_negative() && !generator.positive || !exponent.is_integer() && !generator.nonnegative,
        }
    }
}
