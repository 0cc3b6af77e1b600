//! Back to nodes: the shortest spelling of a product that a person would write.

use smallvec::SmallVec;
use wrt_core::{Id, Node, Number, Primitive, Term, work};
use wrt_poly::Poly;

use super::product::{Factors, Product};
use super::sums::{like_terms, number};
use super::turn::Turn;
use super::{GeneratorId, Key, NONE, Normal, ProductId, Variable};
use crate::order::{divisor, is_flat_sum, positive_first, several_huge};

/// A name and a sign more than the shortest spelling.
const ONE_MORE: u32 = 2;

/// A person's sum without brackets, `a*x^2 + b*x + c`, may be so much longer than what stands for it, `x*(a*x + b) + c`.
const OWN_SUM: u32 = 2;

/// Longer sums under even powers are not turned.
const MAX_TURNED: usize = 6;

/// The base of powers with symbolic exponents, and what is added in the exponent.
type PowerParts = (ProductId, Vec<Product>);

/// Factors, each with its place among the others.
type Ranked = SmallVec<[(u8, Id); 8]>;

impl Normal<'_> {
    /// A product with its polynomials factored where that is shorter, or in other groups of terms.
    pub(super) fn emit_best(&mut self, product: &Product) -> Id {
        if !product.factors.iter().any(|(b, _)| matches!(self.generators[*b as usize].key, Key::Sum(_))) {
            return self.emit(product);
        }
        let id = self.intern(product.clone());
        if let Some(done) = self.spelled.get(&(id, true)) {
            return *done;
        }
        let splits = |(b, e): &(GeneratorId, Number)| match &self.generators[*b as usize].key {
            Key::Sum(p) => e.is_integer() && !is_irreducible(p),
            _ => false,
        };
        let conjugates = product.factors.iter().filter(|(b, _)| self.has_root(*b)).count() > 1;
        let node = match conjugates || product.factors.iter().any(splits) {
            true => self.emit_shortest(product),
            false => self.emit(product),
        };
        // Groups may hold exponentials of the very product.
        self.spelled.insert((id, true), node);
        let node = if self.groups { self.regrouped(product, node) } else { node };
        self.spelled.insert((id, true), node);
        node
    }

    fn emit_shortest(&mut self, product: &Product) -> Id {
        let mut product = product.clone();
        self.join_conjugates(&mut product);
        let plain = self.emit(&product);
        let Some(factored) = self.factored(&product) else { return plain };
        let other = self.emit(&factored);
        if self.cost(other) < self.cost(plain) { other } else { plain }
    }

    /// The sum of products as terms, each by itself.
    pub(super) fn emit_terms(&mut self, terms: &[Product]) -> Id {
        let merged = like_terms(terms.to_vec());
        let emitted: Vec<Id> = merged.iter().map(|t| self.emit_best(t)).collect();
        self.sum_of(&emitted)
    }

    /// A sum of nodes, a positive one first.
    pub(super) fn sum_of(&mut self, nodes: &[Id]) -> Id {
        let mut terms: Vec<Term> = nodes
            .iter()
            .map(|id| match self.graph.node(*id) {
                Node::Sum([single]) => single.clone(),
                _ => Term::one(*id),
            })
            .collect();
        positive_first(self.graph, &mut terms);
        match terms.len() {
            0 => self.graph.integer(0),
            _ => self.graph.sum(&terms),
        }
    }

    fn emit_id(&mut self, id: ProductId) -> Id {
        if let Some(done) = self.emitted.get(&id) {
            return *done;
        }
        let node = self.emit_with_own(id, OWN_SUM);
        self.emitted.insert(id, node);
        node
    }

    /// The node of a product, or the person's sum for it, which may be so much longer if it has no brackets.
    fn emit_with_own(&mut self, id: ProductId, more: u32) -> Id {
        let product = self.products[id as usize].clone();
        let node = self.emit(&product);
        let Some(own) = self.authors.get(&id).copied() else { return node };
        // With parameters, as a*c + b*c*x, it may stand as c*(a + b*x) in other places.
        let of_one_name = self.graph.free_symbols(&[own]).len() == 1;
        let more = if of_one_name && is_flat_sum(self.graph, own, 2) { more } else { 0 };
        if self.cost(own) <= self.cost(node) + more { own } else { node }
    }

    /// The node of a product.
    pub(super) fn emit(&mut self, product: &Product) -> Id {
        work::step(1 + product.factors.len());
        if let Some(n) = product.as_number() {
            return self.graph.number(n.clone());
        }
        let mut product = product.clone();
        self.move_into_choice(&mut product);
        if self.turn != Turn::Never {
            self.turned(&mut product);
        }
        if !product.factors.iter().any(|(b, _)| self.is_special(*b)) {
            return match self.root_of_complements(&product).or_else(|| self.roots_of_the_text(&product)) {
                Some(joined) => self.emit(&joined),
                None => self.emit_factors(product, SmallVec::new()),
            };
        }
        // An exponent is tried in several forms, and so is what stands in it: each is written once.
        let id = self.intern(product.clone());
        if let Some(done) = self.spelled.get(&(id, false)) {
            return *done;
        }
        let joined = self.under_one_root(&product).or_else(|| self.root_of_complements(&product));
        let together = self.roots_of_the_text(&product);
        let rooted = self.number_under_root(&product);
        let met = self.met_by_branches(&product);
        let whole = self.branches_whole(&product);
        let mut spellings = vec![self.emit_special(product.clone(), false)];
        if !self.below_bar.is_empty() {
            spellings.insert(0, self.emit_special(product, true));
        }
        if let Some(joined) = joined {
            spellings.push(self.emit(&joined));
        }
        spellings.extend(rooted.map(|rooted| self.emit(&rooted)));
        spellings.extend(together.map(|together| self.emit(&together)));
        spellings.extend(met.map(|met| self.emit(&met)));
        let mut node = spellings[0];
        for other in &spellings[1..] {
            node = if self.cost(*other) < self.cost(node) { *other } else { node };
        }
        if let Some(whole) = whole.map(|whole| self.emit(&whole))
            && self.cost(whole) <= self.cost(node) + ONE_MORE
        {
            node = whole;
        }
        self.spelled.insert((id, false), node);
        node
    }

    /// The node of a product of which some factors have a spelling together; powers of what the given formula divides
    /// by may stand below the bar.
    fn emit_special(&mut self, mut product: Product, below: bool) -> Id {
        // Before the tangents, so that sin(x)^n*cos(x)/sin(x) doesn't exclude 0 with a cotangent.
        let powers = self.take_symbolic_powers(&mut product, below);
        product = self.with_tangents(&product);
        self.settle_numbers(&mut product);
        self.absorb_into_radicands(&mut product);
        let mut factors: Ranked = self.take_exponentials(&mut product).into_iter().collect();
        factors.extend(powers);
        factors.extend(self.take_roots_of_numbers(&mut product));
        factors.extend(self.take_magnitudes(&mut product));
        self.emit_factors(product, factors)
    }

    /// The node of a product, with more factors beside those that it has.
    fn emit_factors(&mut self, mut product: Product, mut factors: Ranked) -> Id {
        factors.extend(self.take_own_divisors(&mut product));
        let mut coefficient = product.coefficient.clone();
        let ranks: SmallVec<[u8; 8]> = product.factors.iter().map(|(b, e)| self.rank(*b, e, &product)).collect();
        for ((base, exponent), rank) in product.factors.into_iter().zip(ranks) {
            let (mut node, sign) = self.oriented(base, &exponent, coefficient.is_negative());
            let turned = if sign { -&coefficient } else { coefficient.clone() };
            coefficient = match self.with_own_fractions(base, &exponent, &coefficient) {
                Some((own, number)) if self.is_no_longer((own, &number), (node, &turned)) => {
                    node = own;
                    number
                }
                _ => turned,
            };
            let factor = self.raise(node, &exponent);
            factors.push((rank, factor));
        }
        let nodes: SmallVec<[Id; 8]> = factors.iter().map(|(_, id)| *id).collect();
        let several_huge = several_huge(self.graph, &nodes);
        let below = |id: Id| !several_huge && divisor(self.graph, id).is_some();
        factors.sort_by(|(a, x), (b, y)| below(*x).cmp(&below(*y)).then(a.cmp(b)).then_with(|| self.by_name(*x, *y)));
        let nodes: SmallVec<[Id; 8]> = factors.into_iter().map(|(_, id)| id).collect();
        let body = match nodes[..] {
            [] => return self.graph.number(coefficient),
            [one] => one,
            _ => self.graph.product(&nodes),
        };
        self.graph.sum(&[Term::new(coefficient, body)])
    }

    /// `1/(x^2 + 5*x)^2` for `1/(x^2*(x + 5)^2)`, where the text has the sum.
    fn take_own_divisors(&mut self, product: &mut Product) -> Ranked {
        let mut found = Ranked::new();
        if self.authors.is_empty() || product.factors.iter().filter(|(_, e)| e.is_negative()).count() < 2 {
            return found;
        }
        let mut own: Vec<(Id, ProductId)> = self.authors.iter().map(|(sum, id)| (*id, *sum)).collect();
        own.retain(|(_, sum)| self.products[*sum as usize].coefficient.is_one());
        own.sort_unstable();
        for (id, sum) in own {
            let sum = self.products[sum as usize].clone();
            let mut powers = sum.factors.iter().map(|(b, e)| Some(&product.exponent(*b) * &e.recip()?));
            let Some(power) = powers.next().flatten().filter(Number::is_negative) else { continue };
            let same = powers.all(|p| p.as_ref() == Some(&power));
            // Two that are negative have no roots, but their product has; nor has x one where x^2 has.
            let open = |(b, _): &&(GeneratorId, Number)| !self.generators[*b as usize].positive;
            let rooted = sum.factors.iter().filter(open).count() < 2 && sum.factors.iter().all(|(_, e)| e.is_one());
            let mut below = Product::one();
            let fits = same && (power.is_integer() || rooted) && is_flat_sum(self.graph, id, 2);
            if !fits || below.times(&sum, &power).is_none() {
                continue;
            }
            let mut apart: SmallVec<[Id; 8]> = SmallVec::new();
            for (b, e) in &below.factors {
                let node = self.emit_base(*b);
                apart.push(self.raise(node, e));
            }
            let (apart, whole) = (self.graph.product(&apart), self.raise(id, &power));
            if self.cost(whole) <= self.cost(apart) + OWN_SUM {
                below.factors.iter().for_each(|(b, e)| product.times_power(*b, &-e));
                found.push((9, whole));
            }
        }
        found
    }

    /// Has it another spelling together with others?
    fn is_special(&self, base: GeneratorId) -> bool {
        match self.generators[base as usize].key {
            Key::Symbol(_) | Key::Sum(_) | Key::Opaque(_) => false,
            Key::Call(p, _) => {
                matches!(p, Primitive::Exp | Primitive::Sin | Primitive::Sinh | Primitive::Abs | Primitive::Select)
            }
            Key::Constant(_) | Key::Prime(_) | Key::Radicand(_) | Key::Power(..) => true,
        }
    }

    /// Names in the order of the alphabet, large letters among the small ones, `n - 1` behind `n`; all else as it came.
    fn by_name(&self, a: Id, b: Id) -> std::cmp::Ordering {
        let name = |id: Id| match self.graph.node(id) {
            Node::Map(Primitive::Pow, &[base, _]) => (self.graph.symbol_name(base), false),
            Node::Sum(terms) => {
                let mut names = terms.iter().map(|t| self.graph.symbol_name(t.node));
                (names.rfind(|n| !n.is_empty()).unwrap_or_default(), true)
            }
            _ => (self.graph.symbol_name(id), false),
        };
        let in_small = |n: &str| n.to_lowercase();
        let ((a, sum), (b, other)) = (name(a), name(b));
        in_small(a).cmp(&in_small(b)).then(a.cmp(b)).then(sum.cmp(&other))
    }

    /// Is it a name and a number, as `n - 1`, beside the name itself?
    fn is_step(&self, p: &Poly, product: &Product) -> bool {
        let mut degrees = p.degrees().powers();
        let (Some((v, 1)), None) = (degrees.next(), degrees.next()) else { return false };
        let Variable { base, root: 1 } = self.variables[v] else { return false };
        let power = product.exponent(base);
        matches!(self.generators[base as usize].key, Key::Symbol(_)) && !power.is_zero() && !power.is_negative()
    }

    /// Numbers, names, their short sums, functions, exponentials, roots, and other sums: `2*x*(x - m)*exp(-x)`.
    fn rank(&self, base: GeneratorId, exponent: &Number, product: &Product) -> u8 {
        match &self.generators[base as usize].key {
            Key::Constant(_) => 0,
            Key::Prime(_) => 1,
            // A group that the person wrote, or a name.
            Key::Symbol(id) => match self.graph.node(*id) {
                Node::Sum(_) => 9,
                Node::Contraction(..) => 5,
                _ => 2,
            },
            Key::Power(base, _) if self.is_name(*base) => 3,
            Key::Sum(p) if exponent.is_one() && self.is_step(p, product) => 2,
            Key::Sum(p) if exponent.is_integer() && p.len() == 2 && self.is_of_names(p) => 4,
            Key::Power(..) => 5,
            Key::Call(Primitive::Exp, _) => 7,
            Key::Call(..) => 6,
            Key::Radicand(_) => 8,
            Key::Sum(_) | Key::Opaque(_) => 9,
        }
    }

    fn is_name(&self, product: ProductId) -> bool {
        let base = self.products[product as usize].as_generator();
        base.is_some_and(|b| matches!(self.generators[b as usize].key, Key::Symbol(_)))
    }

    /// Is it a polynomial of names, without functions?
    fn is_of_names(&self, p: &Poly) -> bool {
        p.degrees().powers().all(|(v, _)| {
            let variable = self.variables[v];
            variable.root == 1
                && matches!(self.generators[variable.base as usize].key, Key::Symbol(_) | Key::Constant(_))
        })
    }

    fn raise(&mut self, node: Id, exponent: &Number) -> Id {
        if exponent.is_one() {
            return node;
        }
        let e = self.graph.number(exponent.clone());
        self.graph.map(Primitive::Pow, &[node, e])
    }

    /// Roots of primes below or above the bar, whichever leaves smaller numbers; equal roots together.
    pub(super) fn settle_numbers(&mut self, product: &mut Product) {
        let primes: Vec<(GeneratorId, i64, Number)> = product
            .factors
            .iter()
            .filter_map(|(b, e)| match self.generators[*b as usize].key {
                Key::Prime(p) => Some((*b, p, e.clone())),
                _ => None,
            })
            .collect();
        for (base, p, e) in primes {
            let Some((n, d)) = product.coefficient.as_small() else { return };
            if !e.is_negative() && d as i64 % p == 0 {
                product.coefficient = &product.coefficient * &Number::integer(p);
                product.times_power(base, &Number::MINUS_ONE);
            } else if e.is_negative()
                && n % p == 0
                && let Some(inverse) = Number::integer(p).recip()
            {
                product.coefficient = &product.coefficient * &inverse;
                product.times_power(base, &Number::ONE);
            }
        }
    }

    /// `sqrt(2)*sqrt(pi)` is `sqrt(2*pi)`, and `sqrt(2)/sqrt(pi)` is `sqrt(2/pi)`.
    fn take_roots_of_numbers(&mut self, product: &mut Product) -> Ranked {
        let is_root = |(b, e): &&(GeneratorId, Number)| {
            let number = matches!(self.generators[*b as usize].key, Key::Prime(_) | Key::Constant(_));
            number && !e.is_integer()
        };
        let mut roots: Factors = product.factors.iter().filter(is_root).cloned().collect();
        let mut found = Ranked::new();
        while let Some((_, power)) = roots.first().cloned() {
            let power = power.abs();
            let (same, rest): (Factors, Factors) = roots.into_iter().partition(|(_, e)| e.abs() == power);
            roots = rest;
            if same.len() < 2 {
                continue;
            }
            // All below the bar: 1/sqrt(2*pi).
            let power = if same.iter().all(|(_, e)| e.is_negative()) { -&power } else { power };
            let mut under = Product::one();
            for (b, e) in same {
                let above = e.is_negative() == power.is_negative();
                product.times_power(b, &-&e);
                match self.generators[b as usize].key {
                    Key::Prime(p) => {
                        let p = Number::integer(p);
                        let factor = if above { Some(p) } else { p.recip() };
                        under = under.scaled(&factor.unwrap_or(Number::ONE));
                    }
                    _ => under.times_power(b, &if above { Number::ONE } else { Number::MINUS_ONE }),
                }
            }
            let under = self.emit(&under);
            found.push((1, self.raise(under, &power)));
        }
        found
    }

    /// `(a*x + b)^-2 * x^2 * sqrt((a*x + b)/x)` is `((a*x + b)/x)^(-3/2)`.
    fn absorb_into_radicands(&mut self, product: &mut Product) {
        let roots: Vec<(GeneratorId, ProductId)> = product
            .factors
            .iter()
            .filter_map(|(b, _)| match self.generators[*b as usize].key {
                Key::Radicand(inner) => Some((*b, inner)),
                _ => None,
            })
            .collect();
        for (base, inner) in roots {
            let inner = self.products[inner as usize].clone();
            if !inner.coefficient.abs().is_one() {
                continue;
            }
            for step in [Number::ONE, Number::MINUS_ONE] {
                // As long as every factor of the radicand gets nearer to disappearing.
                for _ in 0..64 {
                    let nearer = inner.factors.iter().all(|(b, e)| {
                        let now = product.exponent(*b);
                        let then = &now - &(e * &step);
                        // Past zero it would divide by what wasn't divided by.
                        let beyond = !then.is_zero() && then.is_negative() != now.is_negative();
                        then.abs() < now.abs() && now.is_negative() == (e * &step).is_negative() && !beyond
                    });
                    if !nearer || inner.factors.is_empty() {
                        break;
                    }
                    if product.times(&inner, &-&step).is_none() {
                        break;
                    }
                    product.times_power(base, &step);
                }
            }
        }
    }

    /// `abs(x)*abs(y)` is `abs(x*y)`.
    fn take_magnitudes(&mut self, product: &mut Product) -> Vec<(u8, Id)> {
        let mut groups: Vec<(Number, Vec<(GeneratorId, ProductId)>)> = Vec::new();
        for (b, e) in &product.factors {
            if let Key::Call(Primitive::Abs, [inner, ..]) = self.generators[*b as usize].key {
                match groups.iter_mut().find(|(f, _)| f == e) {
                    Some((_, list)) => list.push((*b, inner)),
                    None => groups.push((e.clone(), vec![(*b, inner)])),
                }
            }
        }
        let mut found = Vec::new();
        for (e, list) in groups.into_iter().filter(|(_, list)| list.len() > 1) {
            let inner: Vec<Product> = list.iter().map(|(_, p)| self.products[*p as usize].clone()).collect();
            let inner = self.product_of(&inner);
            let inner = self.emit(&inner);
            let node = self.graph.map(Primitive::Abs, &[inner]);
            found.push((6, self.raise(node, &e)));
            list.iter().for_each(|(b, _)| product.times_power(*b, &-&e));
        }
        found
    }

    /// `exp(a)^2*exp(b)^-1` is `exp(2*a - b)`.
    fn take_exponentials(&mut self, product: &mut Product) -> Vec<(u8, Id)> {
        let mut exponent = Vec::new();
        let mut powers = Factors::new();
        let keys = &self.generators;
        let products = &self.products;
        product.factors.retain(|(b, e)| match keys[*b as usize].key {
            Key::Call(Primitive::Exp, [inner, ..]) => {
                exponent.push(products[inner as usize].scaled(e));
                powers.push((*b, e.clone()));
                false
            }
            _ => true,
        });
        if exponent.is_empty() {
            return Vec::new();
        }
        // e^2*exp(x) is exp(2 + x).
        let keys = &self.generators;
        product.factors.retain(|(b, e)| {
            let is_e = matches!(keys[*b as usize].key, Key::Constant(wrt_core::Constant::E));
            if is_e {
                exponent.push(Product::number(e.clone()));
            }
            !is_e
        });
        let argument = match self.whole_exponent(&powers) {
            Some(whole) if exponent.len() == powers.len() => {
                let id = self.intern(whole);
                self.emit_id(id)
            }
            _ => self.emit_sum(exponent),
        };
        vec![(7, self.graph.map(Primitive::Exp, &[argument]))]
    }

    /// The shorter of a sum's combined form and its terms.
    fn emit_sum(&mut self, terms: Vec<Product>) -> Id {
        if let [single] = &terms[..] {
            return self.emit_best(&single.clone());
        }
        let combined = self.sum(terms.clone());
        if let Some(done) = self.find_product(&combined).and_then(|id| self.emitted.get(&id)) {
            return *done;
        }
        let separate = self.emit_terms(&terms);
        let combined = self.emit_best(&combined);
        if self.cost(combined) <= self.cost(separate) { combined } else { separate }
    }

    /// `x^n*x` is `x^(n + 1)`, and `(x*y)^n/(x*y)` is `(x*y)^(n - 1)`.
    fn take_symbolic_powers(&mut self, product: &mut Product, below: bool) -> Vec<(u8, Id)> {
        let mut groups = self.whole_multiples(product);
        let keys = &self.generators;
        let products = &self.products;
        product.factors.retain(|(b, e)| match keys[*b as usize].key {
            // The root of x^n is no power of x where x may be negative: sqrt(x^2) is not x.
            Key::Power(..) if !e.is_integer() && !keys[*b as usize].nonnegative => true,
            Key::Power(base, exponent) => {
                let part = products[exponent as usize].scaled(e);
                match groups.iter_mut().find(|(g, _)| *g == base) {
                    Some((_, parts)) => parts.push(part),
                    None => groups.push((base, vec![part])),
                }
                false
            }
            _ => true,
        });
        let mut found = Vec::new();
        let groups = self.quotients_of_powers(product, groups);
        for (base, mut parts) in groups {
            let inner = self.products[base as usize].clone();
            if let Some(single) = inner.as_generator() {
                let extra = product.exponent(single);
                if !extra.is_zero() {
                    product.times_power(single, &-&extra);
                    parts.push(Product::number(extra));
                }
            }
            let node = self.emit_id(base);
            let exponent = self.emit_sum(parts);
            let turned = match self.graph.node(exponent) {
                Node::Sum([single]) if below && self.below_bar.contains(&base) && single.coefficient.is_negative() => {
                    Some(Term::new(-&single.coefficient, single.node))
                }
                _ => None,
            };
            let power = match turned {
                // As it was given: x^(a + 1) below the bar.
                Some(term) => {
                    let positive = self.graph.sum(&[term]);
                    let power = self.graph.pow(node, positive);
                    self.raise(power, &Number::MINUS_ONE)
                }
                None => match self.graph.as_number(exponent).cloned() {
                    Some(n) if n.is_zero() => continue,
                    Some(n) => self.raise(node, &n),
                    None => self.graph.pow(node, exponent),
                },
            };
            found.push((if self.is_name(base) { 3 } else { 5 }, power));
        }
        found
    }

    /// `K^a*L^(-a)` is `(K/L)^a` and `K^(a - 1)*L^(1 - a)` is `(K/L)^(a - 1)`, where what stands below the bar is positive.
    fn quotients_of_powers(&mut self, product: &mut Product, groups: Vec<PowerParts>) -> Vec<PowerParts> {
        let mut left = groups;
        let mut joined = Vec::with_capacity(left.len());
        while let Some((base, parts)) = left.pop() {
            let opposite = |(other, of): &PowerParts| {
                let single = |id: &ProductId| self.products[*id as usize].as_generator();
                let whole = |id: &ProductId| single(id).map(|b| product.exponent(b));
                match (&parts[..], &of[..], whole(&base), whole(other)) {
                    ([p], [q], Some(m), Some(n)) => p.scaled(&Number::MINUS_ONE) == *q && m == -&n,
                    _ => false,
                }
            };
            let Some(at) = left.iter().position(opposite) else {
                joined.push((base, parts));
                continue;
            };
            let (other, of) = left.remove(at);
            let turned = parts[0].coefficient.is_negative();
            let (above, below) = if turned { ((other, of), (base, parts)) } else { ((base, parts), (other, of)) };
            match self.quotient_of(product, above.0, below.0) {
                Some((quotient, extra)) => {
                    let extra = (!extra.is_zero()).then(|| Product::number(extra));
                    joined.push((quotient, above.1.into_iter().chain(extra).collect()));
                }
                None => joined.extend([above, below]),
            }
        }
        joined.reverse();
        joined
    }

    /// The quotient of two bases, and which power of it a product has, out of which that is taken.
    fn quotient_of(
        &mut self,
        product: &mut Product,
        above: ProductId,
        below: ProductId,
    ) -> Option<(ProductId, Number)> {
        let [a, b] = [above, below].map(|id| self.products[id as usize].as_generator());
        let (a, b) = (a?, b.filter(|b| self.generators[*b as usize].positive)?);
        let extra = product.exponent(a);
        product.times_power(a, &-&extra);
        product.times_power(b, &extra);
        let mut quotient = Product::generator(a);
        quotient.times_power(b, &Number::MINUS_ONE);
        Some((self.intern(quotient), extra))
    }

    /// Takes `x*y` as often as it stands in a product with `(x*y)^n`, and says how often. Where only a part is divided by
    /// that needn't be, the rest comes out: `x^-2*(x*y)^n` is `y^2*(x*y)^(n - 2)`.
    fn whole_multiples(&self, product: &mut Product) -> Vec<(ProductId, Vec<Product>)> {
        let mut found: Vec<(ProductId, Vec<Product>)> = Vec::new();
        for (b, e) in product.factors.clone() {
            let Key::Power(base, _) = self.generators[b as usize].key else { continue };
            let inner = &self.products[base as usize];
            let known = found.iter().any(|(other, _)| *other == base);
            // A name comes in where its powers are put together; a power of its own would be put elsewhere there.
            let name = |b: GeneratorId| !matches!(self.generators[b as usize].key, Key::Power(..));
            if known || inner.as_generator().is_some_and(name) || !e.is_integer() {
                continue;
            }
            let times = multiplicity(product, inner).unwrap_or(0);
            let times = if self.absorb { times.min(self.undivided(product, inner)) } else { times };
            if times != 0 && product.times(inner, &Number::integer(-times)).is_some() {
                found.push((base, vec![Product::number(Number::integer(times))]));
            }
        }
        found
    }

    /// How often a product is to be divided by another one, so that nothing is left below the bar that must not stand
    /// there; negative.
    fn undivided(&self, product: &Product, inner: &Product) -> i64 {
        let needed = |(b, e): &(GeneratorId, Number)| {
            let ratio = &product.exponent(*b) * &e.recip()?;
            let divided = ratio.is_negative() && !e.is_negative() && self.is_guarded(*b);
            ratio.floor().as_i64().filter(|_| divided)
        };
        inner.factors.iter().filter_map(needed).min().unwrap_or(0)
    }

    /// The node of a base, in the person's own sign where the power allows; true if that changes the sign.
    fn oriented(&mut self, base: GeneratorId, exponent: &Number, negative: bool) -> (Id, bool) {
        let node = self.emit_base(base);
        let odd = exponent.as_i64().map(|n| n % 2 != 0);
        let Some(odd) = odd else { return (node, false) };
        let slot = &self.generators[base as usize];
        let author = slot.author.clone().filter(|_| matches!(slot.key, Key::Sum(_)));
        if let Some((author, factor)) = author {
            let own = factor == Number::MINUS_ONE;
            if own && self.cost(author) <= self.cost(node) {
                return (author, odd);
            }
            if node == author || !negative {
                return (node, false);
            }
        }
        // `(a + k*(1 - x))^2` with the person's `1 - x` for `(k*x - a - k)^2`.
        if let (Key::Sum(p), false) = (&self.generators[base as usize].key, odd)
            && (3..=MAX_TURNED).contains(&p.len())
        {
            let flipped = p.neg();
            let flipped = self.emit_poly(&flipped);
            return (self.better(node, flipped), false);
        }
        let slot = &self.generators[base as usize];
        // -(x - y) is y - x.
        if let (Key::Sum(p), true, true) = (&slot.key, odd, negative)
            && p.terms().iter().any(|(_, c)| *c < 0)
        {
            let flipped = p.neg();
            return (self.emit_poly(&flipped), true);
        }
        if let (Key::Opaque(parts), true, true) = (&slot.key, odd, negative)
            && parts.len() > 1
        {
            let parts: Vec<Product> = parts.iter().map(|p| self.products[*p as usize].clone()).collect();
            if parts.iter().any(|p| p.coefficient.is_negative()) {
                let flipped: Vec<Product> = parts.iter().map(|p| p.scaled(&Number::MINUS_ONE)).collect();
                return (self.emit_terms(&flipped), true);
            }
        }
        (node, false)
    }

    /// `(r + s^2/2)^2/2` for `(2*r + s^2)^2/8`: the person's own sum with fractions, and the coefficient then.
    fn with_own_fractions(&self, base: GeneratorId, exponent: &Number, coefficient: &Number) -> Option<(Id, Number)> {
        let (own, factor) = self.generators[base as usize].author.as_ref().filter(|(_, f)| !f.abs().is_one())?;
        Some((*own, coefficient.checked_mul(&factor.pow(exponent.as_i64()?.checked_neg()?)?)?))
    }

    /// Is a factor with a coefficient no longer than another, and its sign no worse?
    fn is_no_longer(&mut self, (a, number): (Id, &Number), (b, other): (Id, &Number)) -> bool {
        let length = |n: &Number| n.as_small().map(|(p, q)| 2 * (u32::from(p.abs() != 1) + u32::from(q != 1)));
        let (Some(one), Some(two)) = (length(number), length(other)) else { return false };
        number.is_negative() <= other.is_negative() && self.cost(a) + one <= self.cost(b) + two
    }

    pub(super) fn emit_base(&mut self, base: GeneratorId) -> Id {
        self.emitted_generators.resize(self.generators.len(), None);
        if let Some(done) = self.emitted_generators[base as usize] {
            return done;
        }
        let node = self.emit_new_base(base);
        self.emitted_generators.resize(self.generators.len(), None);
        self.emitted_generators[base as usize] = Some(node);
        node
    }

    fn emit_new_base(&mut self, base: GeneratorId) -> Id {
        let author = self.generators[base as usize].author.clone().filter(|(_, f)| f.is_one()).map(|(id, _)| id);
        let node = match self.generators[base as usize].key.clone() {
            Key::Symbol(id) => return id,
            // Where the person has a variable `e`, the number is written exp(1).
            Key::Constant(wrt_core::Constant::E) if self.graph.find_symbol("e").is_some() => {
                let one = self.graph.integer(1);
                return self.graph.map(Primitive::Exp, &[one]);
            }
            Key::Constant(c) => return self.graph.constant(c),
            Key::Prime(p) => return self.graph.integer(p),
            Key::Call(primitive, args) => {
                let args: Vec<Id> = args.iter().filter(|a| **a != NONE).map(|a| self.emit_id(*a)).collect();
                self.graph.map(primitive, &args)
            }
            Key::Power(b, e) => {
                let (b, e) = (self.emit_id(b), self.emit_id(e));
                self.graph.pow(b, e)
            }
            Key::Radicand(inner) => self.emit_with_own(inner, 0),
            Key::Sum(p) => self.emit_poly(&p),
            Key::Opaque(terms) => {
                let nodes: Vec<Id> = terms.iter().map(|t| self.emit_id(*t)).collect();
                self.sum_of(&nodes)
            }
        };
        let Some(own) = author else { return node };
        let more = if is_flat_sum(self.graph, own, 3) { OWN_SUM } else { 0 };
        if self.cost(own) <= self.cost(node) + more { own } else { node }
    }

    /// The terms of a polynomial, a positive one first.
    pub(super) fn emit_poly(&mut self, p: &Poly) -> Id {
        let mut nodes = Vec::with_capacity(p.len());
        for (monomial, c) in p.terms() {
            let term = self.monomial(*monomial).scaled(&number(*c));
            nodes.push(self.emit(&term));
        }
        let plain = self.sum_of(&nodes);
        let plain = self.with_squares(p, &nodes, plain);
        self.collected(p, plain)
    }
}

/// How often all of another product stands in this one: −2 in `z/(x*y)^2` for `x*y`.
fn multiplicity(product: &Product, inner: &Product) -> Option<i64> {
    let toward_zero = |r: Number| if r.is_negative() { -&(-&r).floor() } else { r.floor() };
    let times = inner.factors.iter().map(|(b, e)| toward_zero(&product.exponent(*b) * &e.recip()?).as_i64());
    let times: Vec<i64> = times.collect::<Option<_>>()?;
    let (low, high) = (*times.iter().min()?, *times.iter().max()?);
    match (low > 0, high < 0) {
        (true, _) => Some(low),
        (_, true) => Some(high),
        _ => None,
    }
}

/// Certainly irreducible: of degree one in a variable whose coefficient is a monomial, without a common factor.
pub(super) fn is_irreducible(p: &Poly) -> bool {
    let degrees = p.degrees();
    degrees.powers().any(|(v, n)| n == 1 && p.terms().iter().filter(|(m, _)| m.exponent(v) == 1).count() == 1)
}
