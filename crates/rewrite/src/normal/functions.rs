//! Functions of canonical arguments.

use wrt_core::{Constant, Graph, Id, Node, Number, Parity, Primitive};

use super::notes::Limit;
use super::product::Product;
use super::{GeneratorId, Key, NONE, Normal, ProductId};
use crate::rules::{Condition, Effect, RuleSet};

impl Normal<'_> {
    /// A function's value; `author` is the person's own node.
    pub(super) fn call(&mut self, primitive: Primitive, mut args: [ProductId; 3], author: Option<Id>) -> Product {
        let arity = primitive.arity();
        if let Some(value) = self.fold(primitive, &args[..arity]) {
            return Product::number(value);
        }
        let mut negate = false;
        let parity = primitive.row().parity;
        if parity != Parity::Neither && arity == 1 {
            let argument = &self.products[args[0] as usize];
            if argument.coefficient.is_negative() {
                let flipped = argument.scaled(&Number::MINUS_ONE);
                args[0] = self.intern(flipped);
                negate = parity == Parity::Odd;
            }
        }
        let value = self.value(primitive, args);
        if let (Some(id), Some(base), false) = (author, value.as_generator(), negate) {
            let slot = &mut self.generators[base as usize];
            if slot.author.is_none() && matches!(slot.key, Key::Call(..)) {
                slot.author = Some((id, Number::ONE));
            }
        }
        if negate { value.scaled(&Number::MINUS_ONE) } else { value }
    }

    fn value(&mut self, primitive: Primitive, args: [ProductId; 3]) -> Product {
        match primitive {
            Primitive::Exp => {
                let exponent = self.products[args[0] as usize].clone();
                return self.exponential(&exponent);
            }
            Primitive::Log => {
                if let Some(sum) = self.logarithm(args[0]) {
                    return sum;
                }
            }
            Primitive::Floor | Primitive::Ceil if self.is_integer(args[0]) => {
                return self.products[args[0] as usize].clone();
            }
            Primitive::Sin | Primitive::Tan | Primitive::Cos => {
                if let Some(number) = self.at_multiple_of_pi(primitive, args[0]) {
                    return number;
                }
            }
            Primitive::Abs => {
                if let Some(product) = self.magnitude(args[0]) {
                    return product;
                }
            }
            _ => {}
        }
        if let Some(value) = self.rule(primitive, args) {
            return value;
        }
        if let Some(value) = self.with_sine_and_cosine(primitive, args[0]) {
            return value;
        }
        if primitive == Primitive::Select
            && let Some(value) = self.out_of_choice(args)
        {
            return value;
        }
        let base = self.generator(Key::Call(primitive, args));
        if !primitive.is_defined_everywhere() {
            self.limits.push(Limit::Function(base));
        }
        Product::generator(base)
    }

    /// Is it a polynomial with whole coefficients in names of integers?
    pub(super) fn is_integer(&self, id: ProductId) -> bool {
        self.is_integer_product(&self.products[id as usize])
    }

    fn is_integer_product(&self, product: &Product) -> bool {
        let whole = |(b, e): &(GeneratorId, Number)| {
            let power = e.is_integer() && !e.is_negative();
            power
                && match &self.generators[*b as usize].key {
                    Key::Symbol(id) => crate::known_of(self.graph, *id).integer,
                    Key::Call(Primitive::Floor | Primitive::Ceil, _) => true,
                    Key::Sum(p) => p.degrees().powers().all(|(v, _)| {
                        let variable = self.variables[v];
                        let known = match self.generators[variable.base as usize].key {
                            Key::Symbol(id) => crate::known_of(self.graph, id).integer,
                            _ => false,
                        };
                        variable.root == 1 && known
                    }),
                    _ => false,
                }
        };
        product.coefficient.is_integer() && product.factors.iter().all(whole)
    }

    /// `sin(pi*n)` is 0 for an integer `n`, and `cos(2*pi*n)` is 1.
    fn at_multiple_of_pi(&mut self, primitive: Primitive, argument: ProductId) -> Option<Product> {
        let pi = *self.generator_ids.get(&Key::Constant(Constant::Pi))?;
        let mut multiple = self.products[argument as usize].clone();
        if !multiple.exponent(pi).is_one() {
            return None;
        }
        multiple.times_power(pi, &Number::MINUS_ONE);
        let half = multiple.scaled(&Number::HALF);
        match primitive {
            Primitive::Cos if self.is_integer_product(&half) => Some(Product::one()),
            Primitive::Sin | Primitive::Tan if self.is_integer_product(&multiple) => {
                Some(Product::number(Number::ZERO))
            }
            _ => None,
        }
    }

    /// The magnitude of a product is a product of magnitudes.
    fn magnitude(&mut self, argument: ProductId) -> Option<Product> {
        let argument = self.products[argument as usize].clone();
        if argument.factors.is_empty() || argument.as_generator().is_some() {
            return None;
        }
        let mut result = Product::number(argument.coefficient.abs());
        for (b, e) in &argument.factors {
            if !e.is_integer() || e.as_i64().is_some_and(|n| n % 2 == 0) {
                result.times_power(*b, e);
                continue;
            }
            let inner = self.intern(Product::generator(*b));
            let one = self.call(Primitive::Abs, [inner, NONE, NONE], None);
            result.times(&one, e)?;
        }
        Some(self.tidy(result))
    }

    /// The logarithm of a product of exponentials is a sum.
    fn logarithm(&mut self, argument: ProductId) -> Option<Product> {
        let argument = self.products[argument as usize].clone();
        if !argument.coefficient.is_one() || argument.factors.is_empty() {
            return None;
        }
        let mut terms = Vec::new();
        for (b, e) in &argument.factors {
            match self.generators[*b as usize].key {
                Key::Call(Primitive::Exp, [inner, ..]) => terms.push(self.products[inner as usize].scaled(e)),
                Key::Constant(Constant::E) => terms.push(Product::number(e.clone())),
                _ => return None,
            }
        }
        Some(self.sum(terms))
    }

    /// Functions of numbers that are exactly rational.
    fn fold(&self, primitive: Primitive, args: &[ProductId]) -> Option<Number> {
        let number = |k: usize| self.products[args[k] as usize].as_number();
        let truth = |b: bool| Number::integer(b as i64);
        let x = number(0)?;
        Some(match primitive {
            Primitive::Abs => x.abs(),
            Primitive::Floor => x.floor(),
            Primitive::Ceil => -&(-x).floor(),
            Primitive::Sign => Number::integer(if x.is_negative() { -1 } else { !x.is_zero() as i64 }),
            Primitive::Lt => truth(x < number(1)?),
            Primitive::Le => truth(x <= number(1)?),
            Primitive::Gt => truth(x > number(1)?),
            Primitive::Ge => truth(x >= number(1)?),
            Primitive::Eq => truth(x == number(1)?),
            Primitive::Ne => truth(x != number(1)?),
            Primitive::Max => x.max(number(1)?).clone(),
            Primitive::Min => x.min(number(1)?).clone(),
            Primitive::Relu => x.max(&Number::ZERO).clone(),
            Primitive::Cbrt => x.exact_root(3)?,
            _ => return None,
        })
    }

    /// The right side of the first rule that fires.
    pub(super) fn rule(&mut self, primitive: Primitive, args: [ProductId; 3]) -> Option<Product> {
        let set = RuleSet::get();
        for compiled in set.of(primitive) {
            let Node::Map(_, patterns) = set.graph.node(compiled.from) else { continue };
            let mut bound: Vec<(Id, ProductId)> = Vec::new();
            let fits = patterns.iter().zip(&args).all(|(p, a)| self.fits(&set.graph, *p, *a, &mut bound));
            if !fits || !self.holds(compiled.rule.condition, &bound) {
                continue;
            }
            if compiled.rule.effect == Effect::Extends {
                let note = format!(
                    "by the rule \"{}\" ({} is {}), which holds where the left side is defined",
                    compiled.rule.name, compiled.rule.from, compiled.rule.to
                );
                self.notes.push(note);
            }
            return Some(self.instantiate(&set.graph, compiled.to, &bound));
        }
        None
    }

    fn fits(&self, rules: &Graph, pattern: Id, argument: ProductId, bound: &mut Vec<(Id, ProductId)>) -> bool {
        let product = &self.products[argument as usize];
        match rules.node(pattern) {
            Node::Number(n) => product.as_number() == Some(n),
            Node::Constant(c) => {
                product.as_generator().is_some_and(|b| self.generators[b as usize].key == Key::Constant(c))
            }
            Node::Symbol(_) => match bound.iter().find(|(p, _)| *p == pattern) {
                Some((_, a)) => *a == argument,
                None => {
                    bound.push((pattern, argument));
                    true
                }
            },
            Node::Map(primitive, patterns) => match product.as_generator().map(|b| &self.generators[b as usize].key) {
                Some(Key::Call(p, args)) if *p == primitive => {
                    patterns.iter().zip(args).all(|(p, a)| self.fits(rules, *p, *a, bound))
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn holds(&self, condition: Condition, bound: &[(Id, ProductId)]) -> bool {
        let Some((_, x)) = bound.first() else { return condition == Condition::Always };
        let x = &self.products[*x as usize];
        let nonnegative = x.factors.iter().all(|(b, e)| {
            self.generators[*b as usize].nonnegative || !e.is_integer() || e.as_i64().is_some_and(|n| n % 2 == 0)
        });
        match condition {
            Condition::Always => true,
            Condition::Nonnegative => nonnegative && !x.coefficient.is_negative(),
            Condition::Nonpositive => {
                let single = matches!(&x.factors[..], [(b, e)] if e.is_one() && self.nonpositive(*b));
                single && !x.coefficient.is_negative() || nonnegative && x.coefficient.is_negative()
            }
        }
    }

    fn instantiate(&mut self, rules: &Graph, id: Id, bound: &[(Id, ProductId)]) -> Product {
        match rules.node(id) {
            Node::Number(n) => Product::number(n.clone()),
            Node::Sum([t]) => {
                let (coefficient, node) = (t.coefficient.clone(), t.node);
                self.instantiate(rules, node, bound).scaled(&coefficient)
            }
            Node::Map(primitive, args) => {
                let mut ids = [NONE; 3];
                for (slot, a) in ids.iter_mut().zip(args) {
                    let product = self.instantiate(rules, *a, bound);
                    *slot = self.intern(product);
                }
                Product::generator(self.generator(Key::Call(primitive, ids)))
            }
            _ => match bound.iter().find(|(p, _)| *p == id) {
                Some((_, product)) => self.products[*product as usize].clone(),
                None => Product::one(),
            },
        }
    }
}
