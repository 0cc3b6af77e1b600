//! What the original excluded and the result doesn't: removable points, filled with a note.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;
use wrt_core::{Assumptions, Graph, Id, LabelsId, Node, Number, Primitive, Substitution, Term};

use wrt_poly::{Monomial, Poly};

use super::conditions::{Conditions, Taken};
use super::product::Product;
use super::{GeneratorId, Key, Map, NONE, Normal, ProductId};
use crate::bases::{self, NOTE_POINTS, divided_by, fresh, has_value_where_zero};
use crate::order::divisor;

/// Formulas of more nodes are not looked through for what they divide by.
const MAX_DIVIDED: usize = 300;

/// So many of them are looked at where they are 0.
const MAX_ZEROS: usize = 16;

/// Something that restricts where a formula is defined.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Limit {
    /// The base is divided by: not 0.
    Divisor(GeneratorId),
    /// The base stands under a root: not negative.
    Root(GeneratorId),
    /// The function isn't defined everywhere.
    Function(GeneratorId),
}

/// `x^y`, or `x^-y`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Direction {
    base: ProductId,
    part: ProductId,
    negative: bool,
}

impl Normal<'_> {
    /// Says which limits of the original have disappeared, of what is printed and of its normal form.
    pub(super) fn note_lost_limits(&mut self, given: Id, printed: Id, result: &Product) {
        let mut limits = std::mem::take(&mut self.limits);
        limits.sort_unstable();
        limits.dedup();
        if limits.is_empty() {
            return;
        }
        let result = self.occurrences(result);
        // A polynomial under a root may stand there with the other sign.
        let flipped = self.flipped.clone();
        let other = |base: GeneratorId| flipped.get(&base).copied().unwrap_or(base);
        let is_root = |base: GeneratorId| result.roots.contains(&base) || result.roots.contains(&other(base));
        let mut notes = Vec::new();
        let notable = limits.clone();
        for limit in limits {
            let note = match limit {
                Limit::Divisor(base) if result.never_zero.contains(&base) => continue,
                // Where x is not 0, neither is x^y.
                Limit::Divisor(base) if self.is_power_of_divisor(base, &notable) => continue,
                Limit::Divisor(base) if self.is_magnitude_of(base, &result.below) => continue,
                Limit::Divisor(base) if self.is_root_of(base, &result.below) => continue,
                Limit::Divisor(base) if self.has_norm_of(base, &result.below) => continue,
                Limit::Root(base) if result.never_negative.contains(&base) => continue,
                Limit::Divisor(base) if self.is_never_zero(base) || result.below.contains(&base) => continue,
                Limit::Root(base) if self.generators[base as usize].nonnegative || is_root(base) => continue,
                Limit::Function(base) if result.all.contains(&base) => continue,
                Limit::Divisor(base) => format!("{} may also be 0", self.noun(base, "a factor that was cancelled")),
                Limit::Root(base) => format!("{} may also be negative", self.noun(base, "what stood under a root")),
                Limit::Function(base) => match self.generators[base as usize].key {
                    Key::Call(p, _) => {
                        format!("a {} was cancelled, which is defined for {} only", p.name(), p.row().domain)
                    }
                    _ => continue,
                },
            };
            if !self.notes.contains(&note) && !notes.contains(&note) && !self.is_refuted(limit, given, printed) {
                notes.push(note);
            }
        }
        self.notes.extend(notes);
    }

    /// Says where what is printed divides by what the original doesn't divide by, as `abs(x)^q/x` for
    /// `abs(x)^(q - 1)*sign(x)`.
    pub(super) fn note_new_limits(&mut self, given: Id, printed: Id) {
        if self.graph.reachable_within(&[given, printed], 2 * MAX_DIVIDED).is_none() {
            return;
        }
        // Divisors, and whether they are such in some branches only.
        let divisors = |graph: &Graph, root: Id| {
            let Some(nodes) = graph.reachable_within(&[root], MAX_DIVIDED) else { return Vec::new() };
            let conditions = Conditions::of(graph, &nodes);
            let mut found: Vec<(Id, bool)> = Vec::new();
            for id in nodes {
                let Some(divisor) = divisor(graph, id).or_else(|| divided_by(graph, id)) else { continue };
                match graph.node(divisor) {
                    Node::Contraction(factors, LabelsId::SCALAR) => {
                        found.extend(factors.iter().map(|factor| (*factor, conditions.any(id))));
                    }
                    _ => found.push((divisor, conditions.any(id))),
                }
            }
            found.sort_unstable();
            found.dedup_by_key(|(divisor, _)| *divisor);
            found
        };
        let known = divisors(self.graph, given);
        let mut new: Vec<Id> = divisors(self.graph, printed).into_iter().map(|(divisor, _)| divisor).collect();
        new.retain(|id| !known.contains(&(*id, false)) && !crate::known_of(self.graph, *id).is_nonzero());
        new.truncate(MAX_ZEROS);
        let exponents = if new.is_empty() { Vec::new() } else { self.large_exponents(given) };
        let points = NOTE_POINTS / 2 / new.len().max(1);
        for divisor in new {
            // What some branches divide by may be what others divide by now.
            let other = known.contains(&(divisor, true)).then_some(printed);
            let exponents = if other.is_some() { &[] } else { &exponents[..] };
            let given = self.with_names_for(given, exponents, divisor);
            if has_value_where_zero(self.graph, given, other, divisor, points) {
                self.note_value_lost(divisor);
            }
        }
        // x^(n - 1)*x^(1/2) has no value at 0 where x^(n - 1/2) has one.
        let mut after: Vec<(Id, Id)> = self.powers(printed).filter(|p| self.is_symbolic(p.1)).collect();
        if after.is_empty() {
            return;
        }
        let before: HashSet<(Id, Id)> = self.powers(given).collect();
        after.retain(|power| !before.contains(power));
        let mut after: Vec<Id> = after.into_iter().map(|(base, _)| base).collect();
        after.sort_unstable();
        after.dedup();
        after.truncate(MAX_ZEROS);
        let points = NOTE_POINTS / after.len().max(1);
        for base in after {
            if self.is_symbolic(base) && has_value_where_zero(self.graph, given, Some(printed), base, points) {
                self.note_value_lost(base);
            }
        }
    }

    fn is_symbolic(&self, id: Id) -> bool {
        !matches!(self.graph.node(id), Node::Number(_) | Node::Constant(_))
    }

    fn note_value_lost(&mut self, zero: Id) {
        let name = self.graph.symbol_name(zero);
        let noun = if name.is_empty() { "a divisor" } else { name };
        let note = format!("written this way it has no value where {noun} is 0, although there is one");
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Symbolic exponents that may be as large as a power needs to have a value at 0.
    fn large_exponents(&self, given: Id) -> Vec<Id> {
        let bounded = |e: Id| matches!(self.graph.node(e), Node::Map(p, _) if p.row().range.high <= 1.0);
        let is_leaf = |e: Id| matches!(self.graph.node(e), Node::Symbol(_) | Node::Number(_) | Node::Constant(_));
        self.powers(given).map(|(_, e)| e).filter(|e| !bounded(*e) && !is_leaf(*e)).collect()
    }

    /// The formula with names for exponents that have nothing to do with a divisor: few points may meet one that is large.
    fn with_names_for(&mut self, given: Id, exponents: &[Id], divisor: Id) -> Id {
        if exponents.is_empty() {
            return given;
        }
        let own = self.graph.free_symbols(&[divisor]);
        let mut named = Substitution::default();
        for e in exponents {
            let names = self.graph.free_symbols(&[*e]);
            if !names.is_empty() && names.iter().all(|x| !own.contains(x)) {
                let name = fresh(self.graph, Assumptions::default());
                named.set(*e, name);
            }
        }
        named.apply(self.graph, given)
    }

    fn is_power_of_divisor(&self, base: GeneratorId, limits: &[Limit]) -> bool {
        let Key::Power(of, _) = self.generators[base as usize].key else { return false };
        self.products[of as usize].factors.iter().any(|(b, _)| limits.contains(&Limit::Divisor(*b)))
    }

    /// Is it the magnitude of what is divided by?
    fn is_magnitude_of(&self, base: GeneratorId, below: &Set<GeneratorId>) -> bool {
        let Key::Call(Primitive::Abs, [inner, ..]) = self.generators[base as usize].key else { return false };
        self.products[inner as usize].factors.iter().all(|(b, _)| below.contains(b))
    }

    /// Does a result divide by what only stands under symbolic exponents? `(y*x^y + x)/x` is `y*x^(y - 1) + 1`, but for
    /// `x = 0`; and so is `(x^n + 1)/x^n` what `1 + x^-n` was.
    pub(super) fn excludes_more(&self, original: Id, result: Id) -> bool {
        if self.below_powers.is_empty() {
            return false;
        }
        let guarded: Vec<GeneratorId> = self.below_powers.iter().copied().filter(|b| self.is_guarded(*b)).collect();
        // coth(x)*(sinh(x)/a)^n divides by sinh(x).
        let of_angle =
            |b: &GeneratorId| matches!(self.generators[*b as usize].key, Key::Call(p, _) if bases::is_of_angle(p));
        if guarded.iter().any(of_angle) && !bases::divides_by_no_more(self.graph, original, result) {
            return true;
        }
        let nodes: Vec<Id> = guarded.iter().flat_map(|b| self.nodes_of(*b)).collect();
        let written = self.products_written();
        let before = self.directions_within(original, &written);
        let is_guarded = |base: Id| nodes.iter().any(|node| *node == base || self.are_opposite(*node, base));
        let (given, printed) = (self.reached(original), self.reached(result));
        let divides = |(id, (base, exponent)): &(Id, (Id, Id))| {
            let turned =
                |d: Direction| !before.contains(&d) && before.contains(&Direction { negative: !d.negative, ..d });
            self.graph.as_number(*exponent).is_some_and(Number::is_negative)
                && !self.is_divided_at(*base, &given, printed.1.at(*id))
                || self.directions(*base, *exponent, &written).into_iter().any(turned)
        };
        let powers = printed.0.iter().filter_map(|id| Some((*id, self.as_power(*id)?)));
        powers.filter(|(_, (base, _))| is_guarded(*base)).any(|power| divides(&power))
    }

    /// The nodes of a formula, and under which conditions they are needed.
    fn reached(&self, root: Id) -> (Vec<Id>, Conditions) {
        let order = self.graph.reachable(&[root]);
        let conditions = Conditions::of(self.graph, &order);
        (order, conditions)
    }

    /// Does a formula divide by a base wherever these conditions hold?
    fn is_divided_at(&self, base: Id, (order, own): &(Vec<Id>, Conditions), conditions: &[Taken]) -> bool {
        let is_base = |b: &GeneratorId| self.nodes_of(*b).any(|node| node == base || self.are_opposite(node, base));
        let divides = |id: &&Id| self.conditional_divisors.get(id).is_some_and(|all| all.iter().any(is_base));
        order.iter().filter(divides).any(|id| own.at(*id).iter().all(|taken| conditions.contains(taken)))
    }

    /// `x^2 - 1` and `1 - x^2`
    fn are_opposite(&self, a: Id, b: Id) -> bool {
        let (Node::Sum(one), Node::Sum(other)) = (self.graph.node(a), self.graph.node(b)) else { return false };
        let parts = |t: &Term| match self.graph.as_number(t.node) {
            Some(n) => (None, &t.coefficient * n),
            None => (Some(t.node), t.coefficient.clone()),
        };
        let turned = |(node, c): (Option<Id>, Number)| other.iter().any(|u| parts(u) == (node, -&c));
        one.len() == other.len() && one.iter().map(parts).all(turned)
    }

    /// The powers that a formula has, as bases and exponents.
    fn powers(&self, root: Id) -> impl Iterator<Item = (Id, Id)> {
        self.graph.reachable(&[root]).into_iter().filter_map(|id| self.as_power(id))
    }

    fn as_power(&self, id: Id) -> Option<(Id, Id)> {
        match self.graph.node(id) {
            Node::Map(Primitive::Pow, &[base, exponent]) => Some((base, exponent)),
            _ => None,
        }
    }

    /// The parts of all symbolic exponents in a formula.
    fn directions_within(&self, root: Id, written: &Map<Id, ProductId>) -> Vec<Direction> {
        let mut found: Vec<Direction> = self.powers(root).flat_map(|(b, e)| self.directions(b, e, written)).collect();
        // 1/x^n excludes what x^-n does, and more.
        let turned = self.directions_below(root, written);
        found.extend(turned.into_iter().map(|d| Direction { negative: !d.negative, ..d }));
        found
    }

    /// The parts of symbolic exponents of what is divided by.
    fn directions_below(&self, root: Id, written: &Map<Id, ProductId>) -> Vec<Direction> {
        let below = |(base, e): (Id, Id)| {
            let negative = self.graph.as_number(e).is_some_and(Number::is_negative);
            let factors = match self.graph.node(base) {
                Node::Contraction(factors, _) if negative => factors.to_vec(),
                _ if negative => vec![base],
                _ => Vec::new(),
            };
            factors.into_iter().filter_map(|factor| match self.graph.node(factor) {
                Node::Map(Primitive::Pow, &[base, exponent]) => Some((base, exponent)),
                _ => None,
            })
        };
        let powers = self.powers(root).flat_map(below);
        powers.flat_map(|(b, e)| self.directions(b, e, written)).collect()
    }

    /// Where both `x^n` and `x^-n` occur, `x` is not 0: one of them divides by it. Not so in branches, of which one is
    /// taken.
    pub(super) fn note_both_directions(&mut self, root: Id) {
        if self.below_powers.is_empty() {
            return;
        }
        let order = self.graph.reachable(&[root]);
        if order.iter().any(|id| matches!(self.graph.node(*id), Node::Map(Primitive::Select, _))) {
            return;
        }
        let below = self.directions_below(root, &Map::default());
        self.below_bar = below.iter().filter(|d| !d.negative).map(|d| d.base).collect();
        let found = self.directions_within(root, &Map::default());
        for d in &found {
            if d.negative && found.contains(&Direction { negative: false, ..*d }) {
                let factors = &self.products[d.base as usize].factors;
                let divisors = factors.iter().filter(|(_, e)| !e.is_negative()).map(|(b, _)| *b);
                self.divisors.extend(divisors.clone());
                self.limits.extend(divisors.map(Limit::Divisor));
            }
        }
    }

    /// Must it not be divided by, as it stands under symbolic exponents and may be 0?
    pub(super) fn is_guarded(&self, base: GeneratorId) -> bool {
        !self.generators[base as usize].positive && self.below_powers.contains(&base) && !self.divisors.contains(&base)
    }

    /// Each part of a symbolic exponent, and whether it is subtracted.
    fn directions(&self, base: Id, exponent: Id, written: &Map<Id, ProductId>) -> Vec<Direction> {
        let one = |part: Id, negative: bool| {
            let mut unit = self.products[self.product_behind(part, written)? as usize].clone();
            let negative = negative != unit.coefficient.is_negative();
            unit.coefficient = Number::ONE;
            Some(Direction { base: self.product_behind(base, written)?, part: self.find_product(&unit)?, negative })
        };
        match self.graph.node(exponent) {
            Node::Number(_) => Vec::new(),
            Node::Sum(terms) => terms.iter().filter_map(|t| one(t.node, t.coefficient.is_negative())).collect(),
            _ => one(exponent, false).into_iter().collect(),
        }
    }

    /// The products that nodes were written for.
    fn products_written(&self) -> Map<Id, ProductId> {
        let mut found = Map::default();
        for (base, node) in self.emitted_generators.iter().enumerate() {
            if let (Some(node), Some(product)) = (node, self.find_product(&Product::generator(base as GeneratorId))) {
                found.entry(*node).or_insert(product);
            }
        }
        let mut emitted: Vec<(ProductId, Id)> = self.emitted.iter().map(|(product, node)| (*product, *node)).collect();
        emitted.sort_unstable_by_key(|(product, _)| std::cmp::Reverse(*product));
        found.extend(emitted.into_iter().map(|(product, node)| (node, product)));
        found
    }

    /// What a node, the original's or a written one, is in normal form.
    fn product_behind(&self, id: Id, written: &Map<Id, ProductId>) -> Option<ProductId> {
        self.memo.get(id).or_else(|| written.get(&id)).copied()
    }

    /// The nodes that a base was written as.
    fn nodes_of(&self, base: GeneratorId) -> impl Iterator<Item = Id> {
        let author = self.generators[base as usize].author.as_ref().map(|(id, _)| *id);
        let symbol = match self.generators[base as usize].key {
            Key::Symbol(id) => Some(id),
            _ => None,
        };
        let emitted = self.emitted_generators.get(base as usize).copied().flatten();
        [author, symbol, emitted].into_iter().flatten()
    }

    /// Is it certainly not 0, as `1 - sigmoid(x)` is?
    fn is_never_zero(&self, base: GeneratorId) -> bool {
        let slot = &self.generators[base as usize];
        slot.positive
            || matches!(slot.key, Key::Symbol(id) if crate::known_of(self.graph, id).is_nonzero())
            || !self.interval(base).contains(&Number::ZERO)
    }

    /// Is it a sum with a root, as `sqrt(u) - v` is, whose product with `sqrt(u) + v` is 0 only where one of these is?
    fn has_norm_of(&mut self, base: GeneratorId, others: &Set<GeneratorId>) -> bool {
        let Key::Sum(p) = self.generators[base as usize].key.clone() else { return false };
        let occurring = p.variables();
        let is_root = |v: &usize| occurring >> v & 1 == 1 && self.variables[*v].root == 2;
        let roots: Vec<usize> = (0..self.variables.len()).filter(is_root).collect();
        roots.into_iter().any(|root| {
            let sign = |m: &Monomial| if m.exponent(root) % 2 == 1 { -1 } else { 1 };
            let turned = p.terms().iter().map(|(m, c)| Some((*m, c.checked_mul(sign(m))?))).collect::<Option<_>>();
            let norm = turned.and_then(Poly::from_terms).and_then(|q| p.mul_within(&q, self.budget));
            let Some(norm) = norm.and_then(|norm| self.reduce(norm)).filter(|n| !n.is_zero()) else { return false };
            let mut product = Product::one();
            self.multiply_poly(&mut product, norm);
            product.factors.iter().all(|(b, _)| others.contains(b) || self.is_never_zero(*b))
        })
    }

    /// Is it a root of a product that is 0 only where one of these is?
    fn is_root_of(&self, base: GeneratorId, others: &Set<GeneratorId>) -> bool {
        let Key::Radicand(inner) = self.generators[base as usize].key else { return false };
        let mut above = self.products[inner as usize].factors.iter().filter(|(_, e)| !e.is_negative());
        above.all(|(b, _)| others.contains(b) || self.is_never_zero(*b))
    }

    /// The name of a base that is a name.
    fn noun(&self, base: GeneratorId, otherwise: &str) -> String {
        match self.generators[base as usize].key {
            Key::Symbol(id) => match self.graph.node(id) {
                Node::Symbol(s) if !s.name.starts_with(crate::shared::PREFIX) => s.name.clone(),
                _ => otherwise.into(),
            },
            _ => otherwise.into(),
        }
    }

    /// Everything that occurs in the result, each product and base looked at once.
    fn occurrences(&self, result: &Product) -> Occurrences {
        let mut found = Occurrences::default();
        let mut products: Vec<Product> = vec![result.clone()];
        let mut known: Set<ProductId> = Set::default();
        while let Some(product) = products.pop() {
            for (base, exponent) in &product.factors {
                found.note(*base, exponent);
                if !found.all.insert(*base) {
                    continue;
                }
                let mut inside = |id: &ProductId| {
                    if *id != NONE && known.insert(*id) {
                        products.push(self.products[*id as usize].clone());
                    }
                };
                match &self.generators[*base as usize].key {
                    Key::Call(p, args) => {
                        args.iter().for_each(&mut inside);
                        if p.arity() == 1 {
                            found.guard(*p, &self.products[args[0] as usize]);
                        }
                    }
                    Key::Power(x, y) => [x, y].into_iter().for_each(inside),
                    Key::Radicand(x) => {
                        // A root of a product restricts its factors, too.
                        let inner = &self.products[*x as usize].factors;
                        found.roots.extend(inner.iter().map(|(b, _)| *b));
                        if exponent.is_negative() {
                            found.below.extend(inner.iter().filter(|(_, e)| !e.is_negative()).map(|(b, _)| *b));
                        }
                        inside(x);
                    }
                    Key::Opaque(terms) => terms.iter().for_each(inside),
                    Key::Sum(p) => {
                        let occurring = p.variables();
                        let variables = self.variables.iter().enumerate().filter(|(v, _)| occurring >> v & 1 == 1);
                        products.extend(variables.map(|(_, v)| {
                            Product::power(v.base, Number::ratio(1, v.root as i64).unwrap_or(Number::ONE))
                        }));
                    }
                    Key::Symbol(_) | Key::Constant(_) | Key::Prime(_) => {}
                }
            }
        }
        found
    }
}

type Set<T> = HashSet<T, BuildHasherDefault<FxHasher>>;

/// The generators that occur in a result, and how.
#[derive(Default)]
struct Occurrences {
    all: Set<GeneratorId>,
    /// Below a fraction bar.
    below: Set<GeneratorId>,
    /// Under a root.
    roots: Set<GeneratorId>,
    /// In the argument of a function that is not defined where they are 0, as `x` in `log(x)` and in `gamma(x)`.
    never_zero: Set<GeneratorId>,
    /// In the argument of a function that is not defined where they are negative, as `x` in `log(x)`.
    never_negative: Set<GeneratorId>,
}

/// Numbers of one sign; a function that is undefined at all of them is undefined there.
const SIDE: [f64; 6] = [1e-9, 0.3, 1.0, 2.5, 30.0, 1e6];

impl Occurrences {
    fn note(&mut self, base: GeneratorId, exponent: &Number) {
        if exponent.is_negative() {
            self.below.insert(base);
        }
        if !exponent.is_integer() {
            self.roots.insert(base);
        }
    }

    /// What a function of one argument excludes.
    fn guard(&mut self, p: Primitive, argument: &Product) {
        if !p.evaluate(&[0.0_f64]).is_finite() {
            self.never_zero.extend(argument.factors.iter().map(|(base, _)| *base));
        }
        // Of several factors two may be negative.
        let [(base, exponent)] = &argument.factors[..] else { return };
        let odd = exponent.as_i64().is_some_and(|n| n % 2 != 0);
        let sign = if argument.coefficient.is_negative() { 1.0 } else { -1.0 };
        if odd && SIDE.iter().all(|x| p.evaluate(&[sign * x]).is_nan()) {
            self.never_negative.insert(*base);
        }
    }
}
