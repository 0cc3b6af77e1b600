//! Evaluation: graph in, numbers out. Nothing is differentiated here.

mod arrays;
mod bounded;
mod certified;
mod contract;
mod decimal;
mod gates;
mod precise;

use wrt_core::{Constant, Graph, Id, Node, Number, Primitive, Real, Term};

pub use arrays::{EvaluationError, MAX_ENTRIES, array_work, evaluate_arrays};
pub use bounded::Bounded;
pub use certified::{Certified, MAX_DIGITS, certified, certify, exact, values_at};
pub use decimal::decimal;
pub use precise::Precise;

use gates::Gates;

/// Values of symbols.
pub type Bindings<'a, N> = &'a [(Id, N)];

/// A name without a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unbound(pub String);

impl std::fmt::Display for Unbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` has no value", self.0)
    }
}

impl std::error::Error for Unbound {}

/// The values of `roots` at a point, each operation as it stands in the graph.
///
/// A node that the point gives a value has that value, whatever stands below it; so an inner node can be nudged too.
///
/// A factor that is a `where` with a zero branch switches its product off, whatever the other factors are.
///
/// `like` is any number of the kind (and precision) wanted.
///
/// # Errors
/// [`Unbound`] for a name that the roots need and the bindings lack.
///
/// ```
/// use wrt_core::{Graph, language::{Scope, parse}};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "w^2", &Scope::default()).unwrap().result;
/// let w = g.find_symbol("w").unwrap();
/// assert_eq!(wrt_run::evaluate(&g, &[f], &[(w, 3.0)], &0.0).unwrap(), [9.0]);
/// ```
pub fn evaluate<N: Real>(graph: &Graph, roots: &[Id], at: Bindings<'_, N>, like: &N) -> Result<Vec<N>, Unbound> {
    let all = evaluate_all(graph, roots, at, like)?;
    Ok(roots.iter().map(|r| all.values[all.slot[r.index()] as usize].clone()).collect())
}

/// The values of all nodes below some roots.
#[derive(Clone, Debug)]
pub struct Values<N> {
    /// Dense in the reachable nodes: a graph may hold far more than the roots need.
    slot: Vec<u32>,
    order: Vec<Id>,
    values: Vec<N>,
}

impl<N> Values<N> {
    /// The value of a node, if it lies below the roots.
    pub fn get(&self, id: Id) -> Option<&N> {
        self.values.get(*self.slot.get(id.index())? as usize)
    }

    /// Each node with its value, children first.
    pub fn iter(&self) -> impl Iterator<Item = (Id, &N)> {
        self.order.iter().copied().zip(&self.values)
    }
}

/// The values of all nodes below `roots` at a point.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_all<N: Real>(graph: &Graph, roots: &[Id], at: Bindings<'_, N>, like: &N) -> Result<Values<N>, Unbound> {
    let order = graph.reachable(roots);
    let mut gates = Gates::new(graph, &order);
    let mut slot = vec![u32::MAX; roots.iter().max().map_or(0, |top| top.index() + 1)];
    let mut values: Vec<N> = Vec::with_capacity(order.len());
    let inner = at.iter().any(|(id, _)| !matches!(graph.node(*id), Node::Symbol(_)));
    for &id in &order {
        let given = if inner { at.iter().find(|(x, _)| *x == id) } else { None };
        if let Some((_, value)) = given {
            slot[id.index()] = values.len() as u32;
            values.push(value.clone());
            continue;
        }
        let get = |c: Id| -> &N { &values[slot[c.index()] as usize] };
        let mut value = match graph.node(id) {
            Node::Number(n) => like.exact(n),
            Node::Constant(Constant::Pi) => like.pi(),
            Node::Constant(Constant::E) => like.one().exp(),
            Node::Symbol(s) => match at.iter().find(|(x, _)| *x == id) {
                Some((_, v)) => v.clone(),
                None => return Err(Unbound(s.name.clone())),
            },
            Node::Sum(terms) => sum(terms, get),
            Node::Contraction(factors, _) => product(graph, factors, get),
            Node::Map(Primitive::Pow, &[base, exponent]) => power_of(graph, get(base), exponent, get(exponent)),
            Node::Map(primitive, args) => apply(primitive, args, get, like),
            Node::Operation(..) => like.ratio(0, 1) / like.ratio(0, 1),
        };
        if let Some(gates) = &mut gates {
            value = gates.pass(graph, id, value, get);
        }
        slot[id.index()] = values.len() as u32;
        values.push(value);
    }
    Ok(Values { slot, order, values })
}

fn apply<'v, N: Real + 'v>(primitive: Primitive, args: &[Id], get: impl Fn(Id) -> &'v N, like: &N) -> N {
    let mut buffer = args.iter().map(|a| get(*a).clone());
    match (buffer.next(), buffer.next(), buffer.next()) {
        (Some(x), None, _) => primitive.evaluate(&[x]),
        (Some(x), Some(y), None) => primitive.evaluate(&[x, y]),
        (Some(x), Some(y), Some(z)) => primitive.evaluate(&[x, y, z]),
        (None, ..) => like.ratio(0, 1),
    }
}

/// One term: `x`, `-x`, `x*p`, `x/q` or `x*p/q`, so that `x/3` is a division.
pub(crate) fn term<N: Real>(t: &Term, x: &N) -> N {
    let x = x.clone();
    match t.coefficient.as_small() {
        Some((1, 1)) => x,
        Some((-1, 1)) => -x,
        Some((p, 1)) => x.ratio(p, 1) * x,
        Some((1, q)) => x.clone() / x.ratio(q as i64, 1),
        Some((-1, q)) => -(x.clone() / x.ratio(q as i64, 1)),
        _ => x.exact(&t.coefficient) * x,
    }
}

fn sum<'v, N: Real + 'v>(terms: &[Term], get: impl Fn(Id) -> &'v N) -> N {
    let mut total = term(&terms[0], get(terms[0].node));
    for t in &terms[1..] {
        let minus_one = t.coefficient == Number::MINUS_ONE;
        total = if minus_one { total - get(t.node).clone() } else { total + term(t, get(t.node)) };
    }
    total
}

/// Factors with a power of −1 divide.
fn product<'v, N: Real + 'v>(graph: &Graph, factors: &[Id], get: impl Fn(Id) -> &'v N) -> N {
    let divisor = |f: Id| match graph.node(f) {
        Node::Map(Primitive::Pow, &[base, exponent]) => {
            (graph.as_number(exponent) == Some(&Number::MINUS_ONE)).then_some(base)
        }
        _ => None,
    };
    let mut total: Option<N> = None;
    for &f in factors {
        total = Some(match (total, divisor(f)) {
            (None, _) => get(f).clone(),
            (Some(t), Some(base)) => t / get(base).clone(),
            (Some(t), None) => t * get(f).clone(),
        });
    }
    total.unwrap_or_else(|| get(factors[0]).clone())
}

/// Small integer powers by multiplication, where the function's rounding is not better.
pub(crate) fn power_of<N: Real>(graph: &Graph, base: &N, exponent: Id, value: &N) -> N {
    match graph.as_number(exponent).and_then(Number::as_i64) {
        Some(1) => base.clone(),
        Some(2) => base.clone() * base.clone(),
        Some(-1) => base.one() / base.clone(),
        _ => base.clone().pow(value.clone()),
    }
}
