//! The length of a formula as a person sees it: names, numbers and operators.

use smallvec::{SmallVec, smallvec};
use wrt_core::{Graph, Id, Node, Number, Primitive};

/// Beyond this a formula is simply long.
const LONG: u32 = 1_000_000;

type Bases = SmallVec<[Id; 16]>;

/// The number of names, numbers and operators in the printed formula (as a tree), saturating.
///
/// ```
/// use wrt_core::{Graph, language::{Scope, parse}};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "-2*sin(w)/x^2", &Scope::default()).unwrap().result;
/// assert_eq!(wrt_rewrite::cost(&g, f), 9);
/// ```
pub fn cost(graph: &Graph, root: Id) -> u32 {
    cost_with(graph, root, &mut Vec::new())
}

/// [`cost`] with a memory of the costs that are known: one entry a node, 0 for unknown.
pub(crate) fn cost_with(graph: &Graph, root: Id, known: &mut Vec<u32>) -> u32 {
    known.resize(graph.len(), 0);
    let mut stack: SmallVec<[Id; 16]> = smallvec![root];
    let mut bases = Bases::new();
    while let Some(&id) = stack.last() {
        if known[id.index()] != 0 {
            stack.pop();
            continue;
        }
        bases.clear();
        let mut total = own(graph, id, &mut bases);
        let waiting = stack.len();
        for base in &bases {
            match known[base.index()] {
                0 => stack.push(*base),
                c => total = total.saturating_add(c),
            }
        }
        if stack.len() == waiting {
            known[id.index()] = total.min(LONG);
            stack.pop();
        }
    }
    known[root.index()]
}

/// Is the formula shorter than `limit`? Stops as soon as that is known.
pub(crate) fn is_shorter(graph: &Graph, root: Id, limit: u32) -> bool {
    let mut stack: Bases = smallvec![root];
    let mut total = 0u32;
    while let Some(id) = stack.pop() {
        total = total.saturating_add(own(graph, id, &mut stack));
        // Every base that waits costs one at least.
        if total.saturating_add(stack.len() as u32) >= limit {
            return false;
        }
    }
    true
}

/// What a node's own signs cost, and the nodes that stand between them.
fn own(graph: &Graph, id: Id, bases: &mut Bases) -> u32 {
    match graph.node(id) {
        Node::Sum(terms) if terms.len() > 1 => {
            let signs =
                terms.iter().enumerate().map(|(k, t)| Split::of(graph, t.node, &t.coefficient, bases).cost(k == 0));
            signs.sum::<u32>() + terms.len() as u32 - 1
        }
        Node::Map(p, args) if p != Primitive::Pow => {
            bases.extend(args.iter().copied());
            1
        }
        _ => Split::of(graph, id, &Number::ONE, bases).cost(true),
    }
}

/// What a product's own signs cost; its bases are left on the stack.
struct Split {
    coefficient: Number,
    above: u32,
    below: u32,
    powers: u32,
}

impl Split {
    fn of(graph: &Graph, id: Id, coefficient: &Number, bases: &mut Bases) -> Split {
        let mut split = Split { coefficient: coefficient.clone(), above: 0, below: 0, powers: 0 };
        split.take(graph, id, bases);
        split
    }

    fn take(&mut self, graph: &Graph, id: Id, bases: &mut Bases) {
        match graph.node(id) {
            Node::Number(n) => self.coefficient = &self.coefficient * n,
            Node::Constant(_) | Node::Symbol(_) => {
                self.above += 1;
                self.powers += 1;
            }
            Node::Map(Primitive::Pow, &[base, exponent]) => {
                bases.push(base);
                match graph.as_number(exponent) {
                    Some(e) => self.power(e),
                    None => {
                        self.above += 1;
                        self.powers += 1;
                        bases.push(exponent);
                    }
                }
            }
            Node::Sum([_]) | Node::Contraction(..) => self.flatten(graph, id, bases),
            _ => {
                self.above += 1;
                bases.push(id);
            }
        }
    }

    /// Products of products, without recursion: a product written out may be nested thousands deep.
    fn flatten(&mut self, graph: &Graph, id: Id, bases: &mut Bases) {
        let mut stack: SmallVec<[Id; 8]> = smallvec![id];
        while let Some(factor) = stack.pop() {
            match graph.node(factor) {
                Node::Sum([single]) => {
                    self.coefficient = &self.coefficient * &single.coefficient;
                    stack.push(single.node);
                }
                Node::Contraction(factors, _) => stack.extend(factors.iter().copied()),
                _ => self.take(graph, factor, bases),
            }
        }
    }

    fn power(&mut self, exponent: &Number) {
        if exponent.is_negative() {
            self.below += 1;
        } else {
            self.above += 1;
        }
        let magnitude = exponent.abs();
        self.powers += match () {
            () if magnitude.is_one() => 0,
            () if magnitude == Number::HALF => 1,
            () => 1 + literal(&magnitude),
        };
    }

    /// `leading`: is the sign of the coefficient written by itself?
    fn cost(&self, leading: bool) -> u32 {
        let magnitude = self.coefficient.abs();
        let (top, bottom) = match magnitude.as_small() {
            _ if !magnitude.prints_as_fraction() => (magnitude, Number::ONE),
            Some((p, q)) => (Number::integer(p), Number::integer(q as i64)),
            None => (magnitude, Number::ONE),
        };
        let above = self.above + (!top.is_one() || self.above == 0) as u32;
        let below = self.below + !bottom.is_one() as u32;
        let numbers = (!top.is_one() || self.above == 0) as u32 + !bottom.is_one() as u32;
        let sign = (leading && self.coefficient.is_negative()) as u32;
        sign + numbers + self.powers + above - 1 + below
    }
}

fn literal(n: &Number) -> u32 {
    if n.prints_as_fraction() { 3 } else { 1 }
}
