//! The person's own order: a product or a sum of the text stands in a formula as it was written there.

mod factors;
mod forms;
mod parts;
mod shares;
mod signs;
mod sums;
mod terms;

use std::collections::{HashMap, HashSet};

use wrt_core::{Graph, Id, LabelsId, Node, NodeMap, Number, Primitive, Term, rebuild, tree_sizes};

use crate::cost::{Costs, SHORT, written_cost};
use factors::angle;
pub(crate) use factors::several_huge;
use forms::{below_square, softplus};
pub(crate) use forms::{
    divides_fractions, divides_twice, has_bracket, has_nested_bracket, has_number_in_sum, is_flat_sum,
    is_fraction_of_names, is_plain_product, is_polynomial_of_one_name, multiplies_bracket,
};
use parts::{Base, Parts, base, is_number, parts, power_of_product, sorted, squared, symbolic_exponent};
pub(crate) use parts::{Factor, are_opposite, divisor, product, without_coefficients};
use signs::{is_even, turn_bracket};
use sums::{Sums, is_negative};
use terms::only_name;
pub(crate) use terms::positive_first;

/// Products and sums of more parts stay in the order that they have.
const MAX_PARTS: usize = 48;

/// The most factors of a person's product that say which of two comes first elsewhere, too.
const MAX_PAIRED: usize = 12;

/// The most nodes of long formulas that are looked at, all together.
const MAX_LONG: usize = 4000;

/// Sums that are no longer may begin with a sign where the text's do.
const SHORT_SUM: u32 = 24;

/// Products that are no longer may have a sign in front where the text's sum has its signs turned in them.
const SHORT_PRODUCT: u32 = 40;

/// The person's sums of arrays that are brought to normal form, in texts of so many nodes, and the most nodes of one.
const MAX_TEXT: usize = 60;
const MAX_SUMS: usize = 12;
const MAX_NODES: usize = 60;

/// So many of the person's quotients before another factor are known.
const MAX_QUOTIENTS: usize = 8;

/// So many of the person's symbolic exponents are known, and no longer ones.
const MAX_EXPONENTS: usize = 6;
const MAX_EXPONENT: u32 = 8;

/// In which order a person writes products and sums.
#[derive(Default)]
struct Orders {
    /// The person's node for what has the same parts in any order.
    own: HashMap<Parts, Id>,
    /// The person's `x' @ x` for each vector of which there is one.
    squares: HashMap<Id, Id>,
    /// Which of two factors stands before which.
    before: HashSet<(Base, Base)>,
    /// Which divisor stands before which factor above the bar.
    divided: HashSet<(Base, Base)>,
    /// How many sums begin with a number, and how many have it further behind; the same of a name beside terms that are none.
    numbers: (u32, u32),
    names: (u32, u32),
    sums: Sums,
    /// The factors of the person's products under a power: `[w, R, C]` of `(w*R*C)^2`.
    powers: Vec<Vec<Id>>,
    /// What is above and below the bar of the person's quotients that multiply something else.
    quotients: Vec<(Vec<Factor>, Vec<Factor>)>,
    /// The person's exponents that are no numbers.
    exponents: Vec<Id>,
    /// What the person has the softplus of, spelled out: `u` of `log(1 + exp(u))`.
    softplus: Vec<Id>,
    /// The person's first trigonometric or hyperbolic function of each angle.
    of_angle: HashMap<Id, Id>,
    /// How often a made exponent may still be held against one of them.
    exponents_left: usize,
    /// Sums that were made, each in the one sign that it and its opposite have in a long formula.
    turned: Option<HashMap<Parts, Id>>,
    /// What the formula is a derivative by.
    variable: Option<Id>,
    costs: Costs,
    /// How many of the graph's first nodes are the person's.
    written: usize,
}

/// Formulas with the products and sums of the graph's first `written` nodes in the order that they have there, where that
/// is as short. Nodes to `keep` stay as they are. Short derivatives `by` a variable have what doesn't depend on it first.
pub(crate) fn as_written(graph: &mut Graph, formulas: &[Id], by: &[Id], written: usize, keep: &[Id]) -> Vec<Id> {
    let as_is = || formulas.to_vec();
    let all = graph.reachable(formulas);
    let made = &all[all.partition_point(|id| id.index() < written)..];
    if !made.iter().any(|id| has_order(graph, *id)) {
        return as_is();
    }
    let Some(long) = long(graph, formulas, &all) else { return as_is() };
    let mut orders = Orders::of(graph, written);
    if long.is_empty() && by.len() == formulas.len() {
        let mut by_variable = |(formula, variable): (&Id, &Id)| {
            orders.variable = Some(*variable);
            orders.made(graph, &[*formula], written, keep, |_, new| image(new, *formula))
        };
        return formulas.iter().zip(by).map(&mut by_variable).collect();
    }
    let in_own_order = |_: &Graph, new: &NodeMap<Id>| formulas.iter().map(|id| image(new, *id)).collect::<Vec<Id>>();
    if long.is_empty() {
        return orders.made(graph, formulas, written, keep, in_own_order);
    }
    // What long formulas have in common is written once, by a name, if it is the same node.
    let mut found = as_is();
    let mut least = price(graph, &long, &NodeMap::default());
    for turned in [None, Some(HashMap::new())] {
        orders.turned = turned;
        let (price, new) = orders
            .made(graph, formulas, written, keep, |graph, new| (price(graph, &long, new), in_own_order(graph, new)));
        if price <= least {
            (found, least) = (new, price);
        }
    }
    found
}

/// What formulas cost together as they are written.
fn price(graph: &Graph, formulas: &[Id], new: &NodeMap<Id>) -> u64 {
    formulas.iter().map(|id| written_cost(graph, image(new, *id))).sum()
}

/// What formulas consist of down to what is written or known.
fn down_to(graph: &Graph, formulas: &[Id], written: usize, known: &NodeMap<Id>) -> Vec<Id> {
    let (mut found, mut seen, mut open) = (Vec::new(), HashSet::new(), formulas.to_vec());
    while let Some(id) = open.pop() {
        if id.index() >= written && !known.has(id) && seen.insert(id) {
            found.push(id);
            graph.for_each_child(id, |c| open.push(c));
        }
    }
    found.sort_unstable();
    found
}

/// The long ones of formulas; none if they are too long to look at each.
fn long(graph: &Graph, formulas: &[Id], all: &[Id]) -> Option<Vec<Id>> {
    let (sizes, mut left) = (tree_sizes(graph, all), MAX_LONG);
    let long: Vec<Id> = formulas.iter().copied().filter(|id| sizes.of(*id) > SHORT).collect();
    for id in &long {
        left -= graph.reachable_within(&[*id], left)?.len();
    }
    Some(long)
}

fn image(new: &NodeMap<Id>, id: Id) -> Id {
    new.get(id).copied().unwrap_or(id)
}

/// The node on what its children became.
fn on_children(graph: &mut Graph, id: Id, new: &NodeMap<Id>) -> Id {
    let mut changed = false;
    graph.for_each_child(id, |c| changed |= image(new, c) != c);
    if changed { rebuild(graph, id, |c| image(new, c)) } else { id }
}

/// Is it a product of numbers, a sum, a symbolic power, a vector times itself, or any product with `1/(1 + exp(u))^2`?
fn has_order(graph: &Graph, id: Id) -> bool {
    let shares = |factors: &[Id]| factors.iter().any(|f| below_square(graph, *f).is_some());
    is_ordered(graph, id)
        || symbolic_exponent(graph, id).is_some()
        || squared(graph, id).is_some()
        || matches!(graph.node(id), Node::Contraction(factors, _) if shares(factors))
}

/// Is it a product of numbers, or a sum?
fn is_ordered(graph: &Graph, id: Id) -> bool {
    match graph.node(id) {
        Node::Contraction(_, labels) => labels == LabelsId::SCALAR,
        Node::Sum(_) => true,
        _ => false,
    }
}

/// `(y - tanh(z))*(1 - tanh(z)^2)`: of an array product's functions and sums at the same axes the person's own sums come
/// first.
fn own_sums_first(graph: &mut Graph, id: Id, written: usize) -> Id {
    let Node::Contraction(factors, labels) = graph.node(id) else { return id };
    let labels = &graph.labels(labels).factors;
    let is_moved = |k: &usize| match graph.node(factors[*k]) {
        Node::Sum([_, _, ..]) => true,
        Node::Map(primitive, _) => primitive != Primitive::Pow,
        _ => false,
    };
    let places: Vec<usize> = (0..factors.len().min(MAX_PARTS)).filter(is_moved).collect();
    let mut moved: HashMap<Id, Id> = HashMap::new();
    for at in places.iter().map(|k| &labels[*k]).collect::<HashSet<_>>() {
        let now: Vec<Id> = places.iter().filter(|k| labels[**k] == *at).map(|k| factors[*k]).collect();
        let mut ordered = now.clone();
        ordered.sort_by_key(|f| f.index() >= written || !matches!(graph.node(*f), Node::Sum(_)));
        moved.extend(now.into_iter().zip(ordered));
    }
    // Of a factor that is there twice no place is known.
    let distinct: HashSet<Id> = factors.iter().copied().collect();
    if distinct.len() < factors.len() || moved.iter().all(|(a, b)| a == b) {
        return id;
    }
    rebuild(graph, id, |c| moved.get(&c).copied().unwrap_or(c))
}

/// A term whose node has no coefficient of its own.
fn with_sign(graph: &Graph, t: &Term) -> Term {
    match graph.node(t.node) {
        Node::Sum([single]) => match t.coefficient.checked_mul(&single.coefficient) {
            Some(coefficient) => Term::new(coefficient, single.node),
            None => t.clone(),
        },
        _ => t.clone(),
    }
}

/// The person's sums that simplification writes with other nodes, since it makes contractions flat, each with what it
/// becomes.
fn sums_made_anew(graph: &mut Graph, written: usize) -> Vec<(Id, Id)> {
    let sum = |id: &Id| matches!(graph.node(*id), Node::Sum([_, _, ..]));
    let small = |id: &Id| graph.reachable_within(&[*id], MAX_NODES).is_some();
    let few = if written <= MAX_TEXT { written } else { 0 };
    let own: Vec<Id> = (0..few).map(Id::from_index).filter(sum).take(MAX_SUMS).filter(small).collect();
    let mut all: Vec<(Id, Id)> = own.into_iter().map(|id| (id, crate::simple_part(graph, id, 0).id)).collect();
    // v + v is no sum there.
    let terms = |id: Id| parts(graph, id).map(|parts| parts.len());
    all.retain(|(own, made)| terms(*own) == terms(*made) && matches!(graph.node(*made), Node::Sum([_, _, ..])));
    all
}

impl Orders {
    fn of(graph: &mut Graph, written: usize) -> Orders {
        let made_anew = sums_made_anew(graph, written);
        let mut orders = Orders { sums: Sums::of(graph, written), written, ..Orders::default() };
        let all = (0..written).map(Id::from_index);
        orders.squares.extend(all.filter_map(|id| Some((squared(graph, id)?, id))));
        let own = (0..written).map(Id::from_index);
        orders.powers.extend(own.filter_map(|id| power_of_product(graph, id)).take(MAX_PARTS));
        for id in (0..written).map(Id::from_index) {
            if let Some(angle) = angle(graph, id) {
                orders.of_angle.entry(angle).or_insert(id);
            }
        }
        let own = (0..written).map(Id::from_index);
        orders.exponents.extend(own.filter_map(|id| symbolic_exponent(graph, id)).take(MAX_EXPONENTS));
        let own = (0..written).map(Id::from_index);
        let small = |id: &Id| graph.reachable_within(&[*id], MAX_NODES).is_some();
        let softplus = own.filter_map(|id| softplus(graph, id)).filter(small);
        let softplus: Vec<Id> = softplus.take(MAX_EXPONENTS).collect();
        for of in softplus {
            // Simplification may write that with other nodes.
            let made = crate::simple_part(graph, of, 0).id;
            // 1/(1 + exp(z)) is no longer than sigmoid(-z).
            if !matches!(graph.node(made), Node::Sum([single]) if single.coefficient.is_negative()) {
                orders.softplus.extend([of, made]);
            }
        }
        orders.exponents_left = MAX_EXPONENTS * MAX_EXPONENTS;
        for id in (0..written).map(Id::from_index).filter(|id| is_ordered(graph, *id)) {
            let Some(parts) = parts(graph, id) else { continue };
            if let [(factors, _)] = &parts[..] {
                orders.pair(graph, factors);
                if let Some((_, front)) = factors.split_last().filter(|((_, last), _)| *last > 0) {
                    orders.note_quotient(front);
                }
                // x/a stays before a function; what has functions itself is no such quotient.
                if factors.iter().all(|(f, _)| matches!(graph.node(*f), Node::Symbol(_))) {
                    orders.note_quotient(factors);
                }
            }
            orders.note_first(graph, id);
            orders.own.entry(sorted(parts)).or_insert(id);
        }
        for (own, made) in made_anew.into_iter().filter(|(own, made)| own != made) {
            if let Some(parts) = parts(graph, made) {
                orders.own.entry(sorted(parts)).or_insert(own);
            }
        }
        orders
    }

    /// Notes where a sum has its number, and its name.
    fn note_first(&mut self, graph: &Graph, id: Id) {
        let Node::Sum(terms @ [_, _, ..]) = graph.node(id) else { return };
        let note = |counts: &mut (u32, u32), at: Option<usize>| match at {
            Some(0) => counts.0 += 1,
            Some(_) => counts.1 += 1,
            None => {}
        };
        note(&mut self.numbers, terms.iter().position(|t| is_number(graph, t)));
        note(&mut self.names, only_name(graph, terms));
    }

    /// Notes which of the factors stands before which, unless it was the other way round before.
    fn pair(&mut self, graph: &Graph, factors: &[Factor]) {
        let below = |(id, power): &Factor| {
            let (base, below) = base(graph, *id);
            (base, below != (*power < 0))
        };
        let bases: Vec<(Base, bool)> = factors.iter().take(MAX_PAIRED).map(below).collect();
        for (k, (a, below)) in bases.iter().enumerate() {
            for (b, side) in bases[k + 1..].iter().filter(|(b, _)| b != a) {
                match (below, side) {
                    _ if below == side && !self.before.contains(&(*b, *a)) => self.before.insert((*a, *b)),
                    // Only in k/l*(x/l)^(k - 1) does it say anything that the divisor comes first, not in 1/l*x.
                    (true, false) if k > 0 => self.divided.insert((*a, *b)),
                    _ => false,
                };
            }
        }
    }

    /// Makes what formulas consist of, and what is wanted of that.
    fn made<T>(
        &mut self,
        graph: &mut Graph,
        formulas: &[Id],
        written: usize,
        keep: &[Id],
        wanted: impl FnOnce(&Graph, &NodeMap<Id>) -> T,
    ) -> T {
        let mut new = NodeMap::default();
        keep.iter().for_each(|id| new.insert(*id, *id));
        let all = down_to(graph, formulas, written, &new);
        let whole: HashSet<Id> = formulas.iter().flat_map(|id| [*id, without_coefficients(graph, *id)]).collect();
        for id in &all {
            self.make(graph, *id, whole.contains(id), written, &mut new);
        }
        wanted(graph, &new)
    }

    /// Makes a node whose children are made, a whole formula or a part.
    fn make(&mut self, graph: &mut Graph, id: Id, whole: bool, written: usize, new: &mut NodeMap<Id>) {
        if new.has(id) {
            return;
        }
        let from = graph.len();
        self.first_of_equals(graph, id, written, new);
        let node = on_children(graph, id, new);
        let node = self.arranged(graph, node, whole);
        graph.attribute(from, graph.origin(id));
        new.insert(id, node);
    }

    /// Of what the text itself has in two orders, as `w*t` and `t*w`, a made node takes the first.
    fn first_of_equals(&mut self, graph: &Graph, made: Id, written: usize, new: &mut NodeMap<Id>) {
        graph.for_each_child(made, |c| {
            if c.index() < written && !new.has(c) && is_ordered(graph, c) {
                new.insert(c, self.own(graph, c).unwrap_or(c));
            }
        });
    }

    /// The node that a person writes for a product or a sum, which is a whole formula or a part.
    fn arranged(&mut self, graph: &mut Graph, id: Id, whole: bool) -> Id {
        if let Some(own) = squared(graph, id).and_then(|x| self.squares.get(&x)) {
            return *own;
        }
        if let Node::Map(Primitive::Pow, &[base, exponent]) = graph.node(id) {
            if let Some(of) = self.share(graph, base, exponent) {
                return graph.map(Primitive::Sigmoid, &[of]);
            }
            if is_even(graph, exponent) == Some(true)
                && let Some(own) = self.opposite(graph, base)
            {
                return graph.pow(own, exponent);
            }
            let as_own = self.like_own_exponent(graph, exponent);
            return as_own.map_or(id, |exponent| graph.pow(base, exponent));
        }
        let id = self.with_product_of_shares(graph, id);
        if !is_ordered(graph, id) {
            return own_sums_first(graph, id, self.written);
        }
        if let Some(own) = self.own(graph, id) {
            return own;
        }
        match graph.node(id) {
            Node::Contraction(factors, _) => {
                let factors = self.with_share(graph, factors.to_vec());
                let factors = self.under_one_power(graph, factors);
                let mut factors = self.in_order(graph, &factors, whole);
                let turned = whole && self.has_sum_turned(graph, id, &mut factors);
                let product = graph.product(&factors);
                if turned { graph.sum(&[Term::new(Number::MINUS_ONE, product)]) } else { product }
            }
            Node::Sum(terms) => {
                let mut terms: Vec<Term> = terms.iter().map(|t| with_sign(graph, t)).collect();
                // Before they are put in order, which depends on their signs.
                for at in 0..terms.len() {
                    let Some(turned) = self.turn_to_own(graph, &terms[at]) else { continue };
                    let positive = |(k, t): (usize, &Term)| k != at && !is_negative(graph, t);
                    let leads = || self.turned.is_none() && terms.iter().enumerate().any(positive);
                    if !turned.coefficient.is_negative() || leads() {
                        terms[at] = turned;
                    }
                }
                if let [single] = &terms[..]
                    && let Some(turned) = self.with_constant_turned(graph, single, whole)
                {
                    return turned;
                }
                let mut terms = if terms.len() > 1 { self.terms_in_order(graph, &terms, whole) } else { terms };
                let first_too = self.turned.is_some();
                for (at, t) in terms.iter_mut().enumerate() {
                    if at > 0 {
                        turn_bracket(graph, t);
                    }
                    if let Some(turned) = self.turn_to_own(graph, t).filter(|_| at > 0 || first_too) {
                        *t = turned;
                    }
                }
                graph.sum(&terms)
            }
            _ => id,
        }
    }

    /// The person's node for what has the same parts, if it is no longer: `-a + b` has a sign more than `b - a`.
    fn own(&mut self, graph: &Graph, id: Id) -> Option<Id> {
        let own = self.own.get(&sorted(parts(graph, id)?)).copied()?;
        (self.costs.of(graph, own) <= self.costs.of(graph, id)).then_some(own)
    }

    /// `x^(-n - 1)` for `x^(-(n + 1))` where the person has `x^(-n)`, and `x^(1/r - 1)` for `x^((1 - r)/r)` where `x^(1/r)`
    /// is: an exponent of the person's and a number.
    fn like_own_exponent(&mut self, graph: &mut Graph, made: Id) -> Option<Id> {
        if graph.as_number(made).is_some() || self.costs.of(graph, made) > MAX_EXPONENT {
            return None;
        }
        for own in self.exponents.clone() {
            if own == made {
                return None;
            }
            self.exponents_left = self.exponents_left.checked_sub(1)?;
            let difference = graph.sum(&[Term::one(made), Term::new(Number::MINUS_ONE, own)]);
            let difference = crate::simple_part(graph, difference, 0).id;
            let Some(number) = graph.as_number(difference).filter(|n| n.is_integer()).cloned() else { continue };
            let mut terms = match graph.node(own) {
                Node::Sum(terms) => terms.to_vec(),
                _ => vec![Term::one(own)],
            };
            let at = terms.iter().position(|t| is_number(graph, t));
            let own = at.map(|at| graph.as_number(terms[at].node).map(|n| &terms[at].coefficient * n));
            let value = own.flatten().map_or(number.clone(), |own| &own + &number);
            let term = Term::one(graph.number(value.clone()));
            match at {
                Some(at) if value.is_zero() => drop(terms.remove(at)),
                // `-a - 1`, but `a - 2` and `2 - a` where the text's number stands.
                Some(at) if value.is_negative() => {
                    terms.remove(at);
                    terms.push(term);
                }
                Some(at) => terms[at] = term,
                None => terms.push(term),
            }
            let found = graph.sum(&terms);
            return (self.costs.of(graph, found) <= self.costs.of(graph, made)).then_some(found);
        }
        None
    }

    /// `(R*C)^2` for `R^2*C^2`, where the person has `(w*R*C)^2`.
    fn under_one_power(&self, graph: &mut Graph, mut factors: Vec<Id>) -> Vec<Id> {
        for own in &self.powers {
            let mut together: Vec<(Id, Id, usize)> = Vec::new();
            for (at, f) in factors.iter().enumerate() {
                if let Node::Map(Primitive::Pow, &[base, e]) = graph.node(*f)
                    && graph.as_number(e).is_some_and(|e| e.is_integer() && !e.abs().is_one())
                    && own.contains(&base)
                    && together.iter().all(|(known, other, _)| *other == e && *known != base)
                {
                    together.push((base, e, at));
                }
            }
            if let [(_, exponent, place), _, ..] = together[..] {
                let mut bases: Vec<Id> = Vec::new();
                // The person may have one of them twice, y*y*z.
                for base in own.iter().filter(|b| together.iter().any(|(c, ..)| c == *b)) {
                    if !bases.contains(base) {
                        bases.push(*base);
                    }
                }
                let product = graph.product(&bases);
                factors[place] = graph.pow(product, exponent);
                let gone: Vec<usize> = together[1..].iter().map(|(_, _, at)| *at).collect();
                factors = factors.into_iter().enumerate().filter(|(k, _)| !gone.contains(k)).map(|(_, f)| f).collect();
            }
        }
        factors
    }
}
