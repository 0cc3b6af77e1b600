//! What a node is made of, as the rules for computing look at it, and how they put nodes together.

use wrt_core::{Graph, Id, LabelsId, Node, NodeMap, Number, Primitive, Term};

/// The most terms of a sum in which pairs are looked for.
const MAX_TERMS: usize = 12;

/// A product: a coefficient, what is above the bar, and what is below it.
#[derive(Clone)]
pub(super) struct Fraction {
    pub coefficient: Number,
    pub above: Vec<Id>,
    pub below: Vec<Id>,
}

impl Fraction {
    /// A product, quotient or multiple of one; any other node is the only factor.
    pub fn of(graph: &Graph, id: Id) -> Fraction {
        let (coefficient, node) = multiple(graph, id);
        let mut factors = vec![node];
        let mut at = 0;
        while let Some(&factor) = factors.get(at) {
            match graph.node(factor) {
                Node::Contraction(inner, labels)
                    if is_entrywise(graph, factor, labels) && factors.len() + inner.len() <= MAX_TERMS =>
                {
                    factors.splice(at..=at, inner.iter().copied());
                }
                _ => at += 1,
            }
        }
        let mut fraction = Fraction { coefficient, above: Vec::new(), below: Vec::new() };
        for f in factors {
            match inverse_of(graph, f) {
                Some((base, n)) => (0..n).for_each(|_| fraction.divide(graph, base)),
                None => {
                    let (factor, node) = multiple(graph, f);
                    fraction.coefficient = &fraction.coefficient * &factor;
                    fraction.above.push(node);
                }
            }
        }
        fraction
    }

    fn divide(&mut self, graph: &Graph, base: Id) {
        let (factor, node) = multiple(graph, base);
        match factor.recip() {
            Some(inverse) if graph.dims(node) == graph.dims(base) => {
                self.coefficient = &self.coefficient * &inverse;
                self.below.push(node);
            }
            _ => self.below.push(base),
        }
    }

    /// The node that it is.
    pub fn make(&self, graph: &mut Graph) -> Id {
        let mut factors = self.above.clone();
        let minus_one = graph.integer(-1);
        factors.extend(self.below.iter().map(|b| graph.pow(*b, minus_one)));
        let product = if factors.is_empty() { graph.integer(1) } else { graph.elementwise(&factors) };
        scaled(graph, &self.coefficient, product)
    }
}

/// Is a contraction a product entry by entry of what has its own shape, or none?
pub(super) fn is_entrywise(graph: &Graph, id: Id, labels: LabelsId) -> bool {
    if labels == LabelsId::SCALAR {
        return true;
    }
    let labels = graph.labels(labels);
    let plain =
        labels.dims.len() == labels.output.len() && labels.factors.iter().all(|f| f.is_empty() || *f == labels.output);
    plain && graph.rank(id) > 0 && labels.factors.iter().any(|f| !f.is_empty())
}

/// One entry of formulas that are of one name entry by entry, as formulas of a number.
pub(super) fn entries(graph: &mut Graph, roots: &[Id], x: Id, number: Id) -> Option<Vec<Id>> {
    let mut made: NodeMap<Id> = NodeMap::default();
    for id in graph.reachable(roots) {
        let own = |id: &Id| made.get(*id).copied().unwrap_or(*id);
        let new = match graph.node(id) {
            Node::Number(_) | Node::Constant(_) => id,
            Node::Symbol(_) if id == x => number,
            Node::Sum(terms) => {
                let terms: Vec<Term> = terms.iter().map(|t| Term::new(t.coefficient.clone(), own(&t.node))).collect();
                graph.sum(&terms)
            }
            Node::Map(primitive, args) => {
                let args: Vec<Id> = args.iter().map(own).collect();
                graph.map(primitive, &args)
            }
            Node::Contraction(factors, labels) if is_entrywise(graph, id, labels) => {
                let factors: Vec<Id> = factors.iter().map(own).collect();
                graph.product(&factors)
            }
            _ => return None,
        };
        made.insert(id, new);
    }
    Some(roots.iter().map(|id| made.get(*id).copied().unwrap_or(*id)).collect())
}

/// The base and `n` of a power of `-n`, for a few.
fn inverse_of(graph: &Graph, id: Id) -> Option<(Id, usize)> {
    let Node::Map(Primitive::Pow, &[base, exponent]) = graph.node(id) else { return None };
    let n = graph.as_number(exponent)?.as_i64()?;
    match graph.node(base) {
        Node::Map(Primitive::Pow, &[inner, k]) if n == -1 => match graph.as_number(k)?.as_i64()? {
            k @ 2..=4 => Some((inner, k as usize)),
            _ => Some((base, 1)),
        },
        _ => (-4..0).contains(&n).then_some((base, n.unsigned_abs() as usize)),
    }
}

/// A node as a multiple of another.
pub(super) fn multiple(graph: &Graph, id: Id) -> (Number, Id) {
    match graph.node(id) {
        Node::Sum([Term { coefficient, node }]) if !coefficient.is_zero() => (coefficient.clone(), *node),
        _ => (Number::ONE, id),
    }
}

/// The argument of a function of one argument, if a node is that.
pub(super) fn argument(graph: &Graph, id: Id, primitive: Primitive) -> Option<Id> {
    match graph.node(id) {
        Node::Map(p, &[x]) if p == primitive => Some(x),
        _ => None,
    }
}

/// The base and exponent of a power.
pub(super) fn power(graph: &Graph, id: Id) -> Option<(Id, Id)> {
    match graph.node(id) {
        Node::Map(Primitive::Pow, &[base, exponent]) => Some((base, exponent)),
        _ => None,
    }
}

/// The base of a square.
pub(super) fn squared(graph: &Graph, id: Id) -> Option<Id> {
    power(graph, id).filter(|(_, n)| graph.as_number(*n).and_then(Number::as_i64) == Some(2)).map(|(base, _)| base)
}

/// The terms of a sum of several, those of sums in it among them.
pub(super) fn terms(graph: &Graph, id: Id) -> Option<Vec<Term>> {
    match graph.node(id) {
        Node::Sum(terms) if terms.len() > 1 => Some(flat(graph, id)).filter(|all| all.len() <= MAX_TERMS),
        _ => None,
    }
}

/// A node as a sum; nested sums of its own shape are opened, as far as there are few terms.
pub(super) fn flat(graph: &Graph, id: Id) -> Vec<Term> {
    let mut all = vec![Term::one(id)];
    let mut at = 0;
    while let Some(term) = all.get(at).cloned() {
        match graph.node(term.node) {
            Node::Sum(inner) if all.len() + inner.len() <= MAX_TERMS && graph.dims(term.node) == graph.dims(id) => {
                let opened = inner.iter().map(|t| Term::new(&term.coefficient * &t.coefficient, t.node));
                all.splice(at..=at, opened.collect::<Vec<_>>());
            }
            _ => at += 1,
        }
    }
    all
}

/// The number that a term is.
pub(super) fn constant(graph: &Graph, t: &Term) -> Option<Number> {
    graph.as_number(t.node).map(|n| &t.coefficient * n)
}

/// Is one the opposite of the other?
pub(super) fn are_opposite(graph: &Graph, u: Id, v: Id) -> bool {
    let ((a, u), (b, v)) = (multiple(graph, u), multiple(graph, v));
    u == v && a == -&b
}

/// A sum whose terms `i` and `j` are replaced by one, where the function knows what becomes of a pair of two terms.
pub(super) fn pair(
    graph: &mut Graph,
    id: Id,
    mut joined: impl FnMut(&mut Graph, &Term, &Term) -> Option<Id>,
) -> Option<Id> {
    let all = terms(graph, id)?;
    for i in 0..all.len() {
        for j in (0..all.len()).filter(|j| *j != i) {
            let Some(new) = joined(graph, &all[i], &all[j]) else { continue };
            // A number in the place of an array would lose its shape.
            if graph.dims(new) != graph.dims(id) && all.len() == 2 {
                continue;
            }
            let rest = all.iter().enumerate().filter(|(k, _)| *k != i && *k != j).map(|(_, t)| t.clone());
            let whole: Vec<Term> = std::iter::once(Term::one(new)).chain(rest).collect();
            return Some(graph.sum(&whole));
        }
    }
    None
}

/// `c*u + k`, where the pair is that and `k = sign*c`: the coefficient.
pub(super) fn beside_constant(graph: &Graph, function: &Term, number: &Term, sign: &Number) -> Option<Number> {
    let k = constant(graph, number)?;
    (k == &function.coefficient * sign).then(|| function.coefficient.clone())
}

pub(super) fn scaled(graph: &mut Graph, factor: &Number, id: Id) -> Id {
    if factor.is_one() {
        return id;
    }
    let (own, node) = multiple(graph, id);
    graph.sum(&[Term::new(factor * &own, node)])
}

pub(super) fn half(graph: &mut Graph, id: Id) -> Id {
    let half = Number::ratio(1, 2).unwrap_or(Number::ONE);
    scaled(graph, &half, id)
}

pub(super) fn negated(graph: &mut Graph, id: Id) -> Id {
    scaled(graph, &Number::MINUS_ONE, id)
}

pub(super) fn call(graph: &mut Graph, primitive: Primitive, x: Id) -> Id {
    graph.map(primitive, &[x])
}

pub(super) fn square(graph: &mut Graph, x: Id) -> Id {
    let two = graph.integer(2);
    graph.pow(x, two)
}

pub(super) fn choice(graph: &mut Graph, condition: Id, a: Id, b: Id) -> Id {
    graph.map(Primitive::Select, &[condition, a, b])
}

/// `abs(small) < abs(large)/2`
pub(super) fn is_small_beside(graph: &mut Graph, small: Id, large: Id) -> Id {
    let (small, large) = (call(graph, Primitive::Abs, small), call(graph, Primitive::Abs, large));
    let large = half(graph, large);
    graph.map(Primitive::Lt, &[small, large])
}
