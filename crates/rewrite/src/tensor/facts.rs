//! What is certain about the values of a node, as rows.

use wrt_core::{Assumptions, Graph, Id, Node, Operation, Primitive};

/// Something that is always so.
#[derive(Clone, Copy)]
pub struct Fact {
    /// What people say of it.
    pub name: &'static str,
    /// Of what, in the language.
    pub of: &'static str,
    /// The shapes of its names.
    pub shapes: &'static str,
    /// Is each entry above 0, or at least 0?
    pub positive: bool,
    find: fn(&Graph, Id) -> Option<Assumptions>,
}

/// Every fact about signs, beside the ranges in the table of primitives and what a person assumed of names.
pub static FACTS: &[Fact] = &[
    Fact { name: "a softmax is positive", of: "softmax(x)", shapes: "x[n]", positive: true, find: softmax },
    Fact { name: "one-hot rows are 0 or 1", of: "one_hot(c, 3)", shapes: "c[n]", positive: false, find: one_hot },
    Fact { name: "a sum of squares", of: "x' @ x", shapes: "x[n]", positive: false, find: sum_of_squares },
    Fact { name: "a sum of what has a sign", of: "sum(exp(x))", shapes: "x[n]", positive: true, find: sum_of_signed },
    Fact { name: "a product of what is positive", of: "prod(exp(x))", shapes: "x[n]", positive: true, find: product },
    Fact { name: "an even power", of: "x^2", shapes: "x[n]", positive: false, find: even_power },
];

/// What is certain about the values of a node.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let p = parse(&mut g, "sigmoid(x)", &Scope::default()).unwrap().result;
/// assert!(!wrt_rewrite::known_of(&g, p).allows(&wrt_core::Number::ONE));
/// ```
pub fn known_of(g: &Graph, id: Id) -> Assumptions {
    Assumptions { symmetric: g.is_symmetric(id), ..sign_of(g, id) }
}

fn sign_of(g: &Graph, id: Id) -> Assumptions {
    if let Some(known) = FACTS.iter().find_map(|fact| (fact.find)(g, id)) {
        return known;
    }
    match g.node(id) {
        Node::Map(p, _) => Assumptions::within(p.row().range.into()),
        Node::Symbol(s) => s.assumptions.clone(),
        _ => Assumptions::default(),
    }
}

fn softmax(g: &Graph, id: Id) -> Option<Assumptions> {
    matches!(g.node(id), Node::Operation(Operation::Softmax(_), _)).then(Assumptions::positive)
}

fn one_hot(g: &Graph, id: Id) -> Option<Assumptions> {
    matches!(g.node(id), Node::Operation(Operation::OneHot(_), _)).then(Assumptions::nonnegative)
}

fn sum_of_squares(g: &Graph, id: Id) -> Option<Assumptions> {
    let Node::Contraction([a, b], labels) = g.node(id) else { return None };
    let labels = g.labels(labels);
    (a == b && labels.factors.first() == labels.factors.get(1)).then(Assumptions::nonnegative)
}

/// A sum of exponentials is positive, one of powers to the 2 is not negative.
fn sum_of_signed(g: &Graph, id: Id) -> Option<Assumptions> {
    let Node::Contraction([single], labels) = g.node(id) else { return None };
    // Beside a diagonal there are zeros.
    let output = &g.labels(labels).output;
    let diagonal = (1..output.len()).any(|k| output[..k].contains(&output[k]));
    match g.node(*single) {
        Node::Map(Primitive::Exp, _) if !diagonal => Some(Assumptions::positive()),
        Node::Map(p, _) if p.row().range.is_nonnegative() => Some(Assumptions::nonnegative()),
        _ => even_power(g, *single),
    }
}

fn product(g: &Graph, id: Id) -> Option<Assumptions> {
    let Node::Operation(Operation::Prod(_), &[of]) = g.node(id) else { return None };
    let known = sign_of(g, of);
    match (known.is_nonnegative(), known.is_nonzero()) {
        (true, true) => Some(Assumptions::positive()),
        (true, false) => Some(Assumptions::nonnegative()),
        (false, nonzero) => nonzero.then(|| Assumptions { nonzero, ..Assumptions::default() }),
    }
}

fn even_power(g: &Graph, id: Id) -> Option<Assumptions> {
    let Node::Map(Primitive::Pow, &[_, exponent]) = g.node(id) else { return None };
    let even = g.as_number(exponent)?.as_i64()? % 2 == 0;
    even.then(Assumptions::nonnegative)
}
