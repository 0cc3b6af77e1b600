//! A formula whose parts are simplified one by one, where no form of the whole is as good in doubles.

use wrt_core::{Id, Node, Number, Primitive, Term, rebuild};

use super::{Map, Normal, Turn};
use crate::doubles::{Doubles, is_risky};

/// At most so many parts are tried in doubles.
const MAX_TRIED: u32 = 60;

/// Products of products of more factors stay as they are.
const MAX_FACTORS: usize = 64;

/// What became of the parts.
struct Pieces {
    done: Map<Id, Id>,
    /// How many may still be tried.
    left: u32,
}

impl Normal<'_> {
    /// The formula as it stands, of those parts that are simplified as good in doubles.
    pub(super) fn in_pieces(&mut self, root: Id) -> Id {
        self.set_turn(Turn::AsGiven);
        let mut pieces = Pieces { done: Map::default(), left: MAX_TRIED };
        self.of_pieces(root, &mut pieces)
    }

    /// The node on its simplified parts.
    fn of_pieces(&mut self, id: Id, pieces: &mut Pieces) -> Id {
        let mut children = Vec::new();
        self.graph.for_each_child(id, |c| children.push(c));
        for child in children {
            let new = self.piece(child, pieces);
            pieces.done.insert(child, new);
        }
        let node = rebuild(self.graph, id, |c| pieces.done.get(&c).copied().unwrap_or(c));
        self.gathered(node)
    }

    fn piece(&mut self, id: Id, pieces: &mut Pieces) -> Id {
        if let Some(known) = pieces.done.get(&id) {
            return *known;
        }
        let product = self.of(id).clone();
        let plain = self.emit_best(&product);
        if plain == id || self.graph.as_number(plain).is_some() {
            return plain;
        }
        let fine = !self.excludes_more(id, plain) && self.is_as_good(id, plain, pieces);
        match fine {
            true if self.cost(plain) <= self.cost(id) => plain,
            true => id,
            false => self.of_pieces(id, pieces),
        }
    }

    fn is_as_good(&self, id: Id, plain: Id, pieces: &mut Pieces) -> bool {
        if !is_risky(self.graph, id, plain) {
            return true;
        }
        pieces.left = pieces.left.saturating_sub(1);
        pieces.left > 0 && Doubles::of(self.graph, id, plain).allow(self.graph, plain)
    }

    /// The numbers of a product's factors together, and those of a sum's terms.
    fn gathered(&mut self, id: Id) -> Id {
        match self.graph.node(id) {
            Node::Contraction(factors, _) => {
                let (mut coefficient, mut rest) = (Number::ONE, Vec::with_capacity(factors.len()));
                let mut open: Vec<Id> = factors.iter().rev().copied().collect();
                while let Some(factor) = open.pop() {
                    // A shared product would be written again and again.
                    if rest.len() + open.len() > MAX_FACTORS {
                        return id;
                    }
                    match self.graph.node(factor) {
                        Node::Number(n) => match coefficient.checked_mul(n) {
                            Some(product) => coefficient = product,
                            None => rest.push(factor),
                        },
                        Node::Sum([single]) => match coefficient.checked_mul(&single.coefficient) {
                            Some(product) => {
                                coefficient = product;
                                open.push(single.node);
                            }
                            None => rest.push(factor),
                        },
                        Node::Contraction(inner, _) => open.extend(inner.iter().rev()),
                        _ => rest.push(factor),
                    }
                }
                self.cancel(&mut rest);
                if coefficient.is_zero() || rest.is_empty() {
                    return self.graph.number(coefficient);
                }
                let body = self.graph.product(&rest);
                self.graph.sum(&[Term::new(coefficient, body)])
            }
            Node::Sum(terms) => {
                let flat = |t: &Term| match self.graph.node(t.node) {
                    Node::Sum([single]) => match t.coefficient.checked_mul(&single.coefficient) {
                        Some(product) => Term::new(product, single.node),
                        None => t.clone(),
                    },
                    _ => t.clone(),
                };
                let mut all: Vec<Term> = Vec::with_capacity(terms.len());
                for t in terms.iter().map(flat) {
                    match all.iter_mut().find(|other| other.node == t.node) {
                        Some(same) => same.coefficient = &same.coefficient + &t.coefficient,
                        None => all.push(t),
                    }
                }
                all.retain(|t| !t.coefficient.is_zero() && !self.graph.is_zero(t.node));
                match all.len() {
                    0 => self.graph.integer(0),
                    _ => self.graph.sum(&all),
                }
            }
            _ => id,
        }
    }

    /// Takes out what stands above the bar and below it; whole powers of one base on one side of it are one.
    fn cancel(&mut self, factors: &mut Vec<Id>) {
        let mut k = 0;
        while k < factors.len() {
            let (base, exponent) = self.split(factors[k]);
            let beside = |other: &Number| {
                other.is_integer() && exponent.is_integer() && other.is_negative() == exponent.is_negative()
            };
            let meets = |other: &Id| {
                let (own, e) = self.split(*other);
                own == base && (e == -&exponent || beside(&e))
            };
            let Some(other) = factors[..k].iter().position(meets) else {
                k += 1;
                continue;
            };
            let together = &self.split(factors[other]).1 + &exponent;
            factors.remove(k);
            if together.is_zero() {
                factors.remove(other);
                k -= 1;
            } else {
                let e = self.graph.number(together);
                factors[other] = self.graph.pow(base, e);
            }
        }
    }

    /// A factor as a power.
    fn split(&self, id: Id) -> (Id, Number) {
        match self.graph.node(id) {
            Node::Map(Primitive::Pow, &[base, exponent]) => match self.graph.as_number(exponent) {
                Some(e) => (base, e.clone()),
                None => (id, Number::ONE),
            },
            _ => (id, Number::ONE),
        }
    }
}
