//! The normal form: products of powers of bases.

mod atoms;
mod collect;
mod emit;
mod notes;
mod pieces;
mod powers;
mod product;
mod sums;
mod trig;
mod turn;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use wrt_core::{Constant, Graph, Id, Node, NodeMap, Number, Primitive, work};
use wrt_poly::{Budget, Poly, VARIABLES};

use crate::Simplified;
use crate::cost::Costs;
use crate::doubles::{Doubles, is_risky};
use product::Product;
use turn::{Signs, Turn};

type Map<K, V> = HashMap<K, V, BuildHasherDefault<FxHasher>>;

fn hash_of(product: &Product) -> u64 {
    let mut hasher = FxHasher::default();
    product.hash(&mut hasher);
    hasher.finish()
}

/// A base's position in [`Normal::bases`].
pub(crate) type BaseId = u32;
/// An interned product.
pub(crate) type ProductId = u32;

/// What a base is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Key {
    Symbol(Id),
    Constant(Constant),
    /// A function of canonical arguments.
    Call(Primitive, [ProductId; 3]),
    /// A base to a symbolic exponent.
    Power(ProductId, ProductId),
    /// A prime, under a root.
    Prime(i64),
    /// A primitive polynomial of two terms or more; of either sign.
    Sum(Poly),
    /// A product under a root that cannot be split without changing its domain.
    Radicand(ProductId),
    /// A sum that is too large for algebra; its terms.
    Opaque(Vec<ProductId>),
}

pub(crate) struct Base {
    key: Key,
    /// The variables of a polynomial.
    variables: u16,
    /// The author's own node, and by which factor it is larger than the base.
    author: Option<(Id, Number)>,
    /// Is it positive, or at least not negative, wherever it is defined?
    positive: bool,
    nonnegative: bool,
}

/// A polynomial variable: a base to the power 1/root.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Variable {
    base: BaseId,
    root: u32,
}

/// `variable^power` is `replacement`.
struct Relation {
    variable: usize,
    power: u32,
    replacement: Poly,
}

pub(crate) struct Normal<'g> {
    graph: &'g mut Graph,
    written: usize,
    bases: Vec<Base>,
    base_ids: Map<Key, BaseId>,
    products: Vec<Product>,
    product_ids: HashTable<ProductId>,
    variables: Vec<Variable>,
    relations: Vec<Relation>,
    /// Bases that stand for the negative of another: integer powers are written with them.
    flipped: Map<BaseId, BaseId>,
    memo: NodeMap<ProductId>,
    /// Powers of exponentials, and the exponent that they come from.
    exponentials: Vec<(product::Factors, Product)>,
    /// The parts of exponents.
    exponents: Map<ProductId, Signs>,
    turn: Turn,
    emitted: Map<ProductId, Id>,
    /// Products that were spelled before, and whether their polynomials were factored.
    spelled: Map<(ProductId, bool), Id>,
    emitted_bases: Vec<Option<Id>>,
    costs: Costs,
    /// How many sums are being collected, one within another.
    nesting: u32,
    trigonometry: trig::Families,
    /// Bases that stand under a symbolic exponent.
    below_powers: Vec<BaseId>,
    /// What the domain depends on.
    limits: Vec<notes::Limit>,
    notes: Vec<String>,
    budget: &'g Budget,
}

const NONE: ProductId = u32::MAX;

impl<'g> Normal<'g> {
    pub(crate) fn new(graph: &'g mut Graph, written: usize, order: &[Id], budget: &'g Budget) -> Normal<'g> {
        let trigonometry = trig::Families::of(graph, order);
        Normal {
            memo: NodeMap::default(),
            graph,
            written,
            bases: Vec::with_capacity(16),
            base_ids: Map::with_capacity_and_hasher(28, Default::default()),
            products: Vec::with_capacity(32),
            product_ids: HashTable::with_capacity(56),
            variables: Vec::with_capacity(VARIABLES),
            relations: Vec::new(),
            flipped: Map::default(),
            exponentials: Vec::new(),
            exponents: Map::default(),
            turn: Turn::Never,
            emitted: Map::with_capacity_and_hasher(14, Default::default()),
            spelled: Map::default(),
            emitted_bases: Vec::new(),
            costs: Costs::default(),
            nesting: 0,
            trigonometry,
            below_powers: Vec::new(),
            limits: Vec::new(),
            notes: Vec::new(),
            budget,
        }
    }

    /// Brings every node into normal form, children first; beyond the budget they stay as they are.
    pub(crate) fn run(&mut self, order: &[Id]) {
        for &id in order {
            let as_is = self.budget.spend(1).is_none() && !crate::parts::is_leaf(self.graph, id);
            let product = if as_is { Product::base(self.base(Key::Symbol(id))) } else { self.node(id) };
            let product = self.intern(product);
            self.memo.insert(id, product);
        }
    }

    fn of(&self, id: Id) -> &Product {
        &self.products[self.memo.of(id) as usize]
    }

    fn node(&mut self, id: Id) -> Product {
        let authored = id.index() < self.written;
        match self.graph.node(id) {
            Node::Number(n) => Product::number(n.clone()),
            Node::Constant(c) => Product::base(self.base(Key::Constant(c))),
            // What algebra knows nothing of stands for itself.
            Node::Symbol(_) | Node::Operation(..) => Product::base(self.base(Key::Symbol(id))),
            Node::Sum(terms) => {
                let list: Vec<Product> = terms.iter().map(|t| self.of(t.node).scaled(&t.coefficient)).collect();
                let sum = self.sum(list);
                if authored {
                    self.remember_author(id, &sum);
                }
                sum
            }
            Node::Contraction(factors, _) => {
                let list: Vec<ProductId> = factors.iter().map(|f| self.memo.of(*f)).collect();
                self.multiply(&list)
            }
            Node::Map(Primitive::Pow, &[base, exponent]) => {
                let (b, e) = (self.memo.of(base), self.memo.of(exponent));
                self.power(b, e)
            }
            Node::Map(Primitive::Sqrt, &[x]) => {
                let x = self.of(x).clone();
                self.root(&x, &Number::HALF)
            }
            Node::Map(primitive, args) => {
                let first = args[0];
                let args: [ProductId; 3] = std::array::from_fn(|k| args.get(k).map_or(NONE, |a| self.memo.of(*a)));
                self.note_family(primitive, first, args[0]);
                self.call(primitive, args, authored.then_some(id))
            }
        }
    }

    /// Keeps the person's own spelling of a sum.
    fn remember_author(&mut self, id: Id, sum: &Product) {
        if let [(base, exponent)] = &sum.factors[..] {
            let slot = &mut self.bases[*base as usize];
            if exponent.is_one() && slot.author.is_none() && matches!(slot.key, Key::Sum(_)) {
                slot.author = Some((id, sum.coefficient.clone()));
            }
        }
    }

    pub(crate) fn intern(&mut self, product: Product) -> ProductId {
        work::step(1 + product.factors.len());
        let hash = hash_of(&product);
        if let Some(id) = self.product_ids.find(hash, |id| self.products[*id as usize] == product) {
            return *id;
        }
        let id = self.products.len() as ProductId;
        self.products.push(product);
        let products = &self.products;
        self.product_ids.insert_unique(hash, id, |id| hash_of(&products[*id as usize]));
        id
    }

    /// The id of a product that was interned before.
    fn find_product(&self, product: &Product) -> Option<ProductId> {
        self.product_ids.find(hash_of(product), |id| self.products[*id as usize] == *product).copied()
    }

    fn base(&mut self, key: Key) -> BaseId {
        if let Some(id) = self.base_ids.get(&key) {
            return *id;
        }
        let (positive, nonnegative) = self.sign_of(&key);
        let id = self.bases.len() as BaseId;
        self.base_ids.insert(key.clone(), id);
        let variables = if let Key::Sum(p) = &key { p.variables() } else { 0 };
        self.bases.push(Base { key, variables, author: None, positive, nonnegative });
        id
    }

    /// Certainly positive, certainly not negative (where defined).
    fn sign_of(&self, key: &Key) -> (bool, bool) {
        match key {
            Key::Constant(_) | Key::Prime(_) => (true, true),
            Key::Symbol(id) => match self.graph.node(*id) {
                Node::Number(_) => (false, false),
                _ => {
                    let a = crate::known_of(self.graph, *id);
                    (a.nonnegative && a.nonzero, a.nonnegative)
                }
            },
            Key::Call(p, _) => (p.row().range.is_positive(), p.row().range.is_nonnegative()),
            Key::Power(base, _) => {
                let base = &self.products[*base as usize];
                let all = |known: fn(&Base) -> bool| {
                    !base.coefficient.is_negative() && base.factors.iter().all(|(b, _)| known(&self.bases[*b as usize]))
                };
                (all(|b| b.positive), all(|b| b.nonnegative))
            }
            Key::Sum(p) => self.sum_sign(p),
            Key::Radicand(_) | Key::Opaque(_) => (false, false),
        }
    }

    /// `x^2 + 1` is positive: positive coefficients on even powers, one of them a constant.
    fn sum_sign(&self, p: &Poly) -> (bool, bool) {
        let known = |var: usize, power: u32| {
            let b = &self.bases[self.variables[var].base as usize];
            (power.is_multiple_of(2) && self.variables[var].root == 1) || b.nonnegative
        };
        let fine = p.terms().iter().all(|(m, c)| *c > 0 && m.powers().all(|(v, e)| known(v, e)));
        let strict = p
            .terms()
            .iter()
            .any(|(m, _)| m.powers().all(|(v, _)| self.bases[self.variables[v].base as usize].positive));
        (fine && strict, fine)
    }

    /// The polynomial variable of a base's root; `None` when all are taken.
    fn variable(&mut self, base: BaseId, root: u32) -> Option<usize> {
        let wanted = Variable { base, root };
        if let Some(at) = self.variables.iter().position(|v| *v == wanted) {
            return Some(at);
        }
        if self.variables.len() == VARIABLES {
            return None;
        }
        self.variables.push(wanted);
        let at = self.variables.len() - 1;
        if root > 1 {
            self.relate_root(at, base, root);
        } else {
            self.relate_trigonometry(at, base);
            self.relate_magnitude(at, base);
        }
        Some(at)
    }

    /// A variable for `base^(1/q)`: all roots of one base are powers of the finest.
    fn root_variable(&mut self, base: BaseId, q: u32) -> Option<(usize, u32)> {
        let finest =
            self.variables.iter().enumerate().filter(|(_, v)| v.base == base && v.root > 1).max_by_key(|(_, v)| v.root);
        let Some((at, old)) = finest.map(|(at, v)| (at, v.root)) else { return Some((self.variable(base, q)?, q)) };
        if old % q == 0 {
            return Some((at, old));
        }
        let (mut a, mut b) = (old, q);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let root = (old / a).checked_mul(q)?;
        let variable = self.variable(base, root)?;
        let replacement = Poly::term(wrt_poly::Monomial::power(variable, root / old)?, 1);
        self.relations.push(Relation { variable: at, power: 1, replacement });
        Some((variable, root))
    }

    /// `|u|² = u²`
    fn relate_magnitude(&mut self, variable: usize, base: BaseId) {
        if let Key::Call(Primitive::Abs, [inner, ..]) = self.bases[base as usize].key {
            let inner = self.products[inner as usize].clone();
            let mut square = Product::one();
            if square.times(&inner, &Number::integer(2)).is_some()
                && let Some(replacement) = self.expand(&square)
            {
                self.relations.push(Relation { variable, power: 2, replacement });
            }
        }
    }

    /// `(u^(1/q))^q = u`
    fn relate_root(&mut self, variable: usize, base: BaseId, root: u32) {
        let replacement = match self.bases[base as usize].key.clone() {
            Key::Prime(p) => Some(Poly::constant(p as i128)),
            Key::Sum(p) => Some(p),
            Key::Radicand(product) => {
                let product = self.products[product as usize].clone();
                self.expand(&product)
            }
            Key::Opaque(_) => None,
            _ => self.variable(base, 1).map(Poly::variable),
        };
        if let Some(replacement) = replacement {
            self.relations.push(Relation { variable, power: root, replacement });
        }
    }

    /// The shortest of: combined, term by term, as it stands; of those that are as good in doubles as the last.
    pub(crate) fn display(&mut self, root: Id) -> Simplified {
        let combined = self.of(root).clone();
        let (mut best, price) = self.shortest(root, &combined);
        // A small number says more than `sigmoid(0)`.
        let number = self.graph.as_number(best).is_some_and(|n| n.as_small().is_some());
        if !number && self.cost(root) < price {
            best = root;
        } else if best != root && is_risky(self.graph, root, best) {
            best = self.as_good(root, &combined, best);
        }
        if best == root {
            self.notes.clear();
        } else {
            self.note_lost_limits(&combined);
        }
        Simplified { id: best, notes: std::mem::take(&mut self.notes) }
    }

    /// The shorter of a formula's combined form and its terms one by one, with its length.
    fn shortest(&mut self, root: Id, combined: &Product) -> (Id, u32) {
        let best = self.emit_best(combined);
        let price = if self.excludes_more(root, best) { u32::MAX } else { self.cost(best) };
        // Terms cost two at least, a name and a sign.
        if price > 5
            && let Some((separate, dearer)) = self.separate(root)
            && dearer < price
        {
            return (separate, dearer);
        }
        (best, price)
    }

    /// A sum's terms one by one, with their length.
    fn separate(&mut self, root: Id) -> Option<(Id, u32)> {
        let Node::Sum(terms) = self.graph.node(root) else { return None };
        if terms.len() < 2 {
            return None;
        }
        let list: Vec<Product> = terms.iter().map(|t| self.of(t.node).scaled(&t.coefficient)).collect();
        let separate = self.emit_terms(&list);
        let price = self.cost(separate);
        (!self.excludes_more(root, separate)).then_some((separate, price))
    }

    /// The shortest form that is as good in doubles as the formula as it stands, which is the last resort.
    fn as_good(&mut self, root: Id, combined: &Product, best: Id) -> Id {
        let doubles = Doubles::of(self.graph, root, best);
        if doubles.allow(self.graph, best) {
            return best;
        }
        let mut others: Vec<(u32, Id)> = Vec::new();
        for turn in [Turn::Never, Turn::AsGiven, Turn::Always, Turn::Mixed] {
            self.set_turn(turn);
            let whole = self.emit_best(combined);
            if !self.excludes_more(root, whole) {
                others.push((self.cost(whole), whole));
            }
            others.extend(self.separate(root).map(|(id, price)| (price, id)));
        }
        others.sort_unstable();
        others.dedup();
        let longest = self.cost(root);
        others.retain(|(price, id)| *price < longest && *id != best);
        let fine = others.iter().find(|(_, id)| doubles.allow(self.graph, *id)).map(|(_, id)| *id);
        fine.unwrap_or_else(|| {
            let pieces = self.in_pieces(root);
            if doubles.allow(self.graph, pieces) { pieces } else { root }
        })
    }

    /// The length of a node's text.
    fn cost(&mut self, id: Id) -> u32 {
        self.costs.of(self.graph, id)
    }
}
