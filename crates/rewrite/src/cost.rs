//! The length of a formula as a person sees it: names, numbers and operators.

use wrt_core::{Graph, Id, Node, Number, Primitive};

/// Beyond this a formula is simply long.
const LONG: u32 = 1_000_000;

/// The number of names, numbers and operators in the printed formula (as a tree), saturating.
///
/// ```
/// use wrt_core::{Graph, language::{Scope, parse}};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "-2*sin(w)/x^2", &Scope::default()).unwrap().result;
/// assert_eq!(wrt_rewrite::cost(&g, f), 9);
/// ```
pub fn cost(graph: &Graph, root: Id) -> u32 {
    let (mut total, mut stack) = (0u32, vec![root]);
    while let Some(id) = stack.pop() {
        total += match graph.node(id) {
            Node::Sum(terms) if terms.len() > 1 => {
                let signs = terms.iter().enumerate().map(|(k, t)| {
                    let product = Split::of(graph, t.node, &t.coefficient, &mut stack);
                    product.cost(k == 0)
                });
                signs.sum::<u32>() + terms.len() as u32 - 1
            }
            Node::Map(p, args) if p != Primitive::Pow => {
                stack.extend_from_slice(args);
                1
            }
            _ => Split::of(graph, id, &Number::ONE, &mut stack).cost(true),
        };
        if stack.len() > 100_000 || total > LONG {
            return u32::MAX;
        }
    }
    total
}

/// What a product's own signs cost; its bases are left on the stack.
struct Split {
    coefficient: Number,
    above: u32,
    below: u32,
    powers: u32,
}

impl Split {
    fn of(graph: &Graph, id: Id, coefficient: &Number, stack: &mut Vec<Id>) -> Split {
        let mut split = Split { coefficient: coefficient.clone(), above: 0, below: 0, powers: 0 };
        let first = stack.len();
        stack.push(id);
        // What lies above `at` is still to be taken apart, what lies below are bases.
        let mut bases = Vec::new();
        while stack.len() > first {
            let Some(factor) = stack.pop() else { break };
            match graph.node(factor) {
                Node::Number(n) => split.coefficient = &split.coefficient * n,
                Node::Sum([single]) => {
                    split.coefficient = &split.coefficient * &single.coefficient;
                    stack.push(single.node);
                }
                Node::Contraction(factors, _) => stack.extend_from_slice(factors),
                Node::Map(Primitive::Pow, &[base, exponent]) => {
                    bases.push(base);
                    match graph.as_number(exponent) {
                        Some(e) => split.power(e),
                        None => {
                            split.above += 1;
                            split.powers += 1;
                            bases.push(exponent);
                        }
                    }
                }
                Node::Constant(_) | Node::Symbol(_) => {
                    split.above += 1;
                    split.powers += 1;
                }
                _ => {
                    split.above += 1;
                    bases.push(factor);
                }
            }
        }
        stack.append(&mut bases);
        split
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
        let decimal = !magnitude.to_string().contains('/');
        let (top, bottom) = match magnitude.as_small() {
            _ if decimal => (magnitude, Number::ONE),
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
    if n.to_string().contains('/') { 3 } else { 1 }
}
