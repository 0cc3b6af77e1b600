//! Nodes to values: one walk over the nodes below some roots, children first.

use std::collections::HashMap;
use std::fmt;

use wrt_core::{Calls, Constant as Named, Dim, Graph, Id, Node, Number, Operation, Primitive, Role, Term};

use crate::access::{Access, entries};
use crate::forms::Form;
use crate::program::{Constant, Op, Program};
use crate::text::names;
use crate::values::{Value, ValueId, Values};
use crate::verify::{MAX_ENTRIES, missing};

/// Why there is no program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// What is refused: the name of a function, a symbol or a size.
    pub name: String,
    /// Why.
    pub reason: String,
}

impl Refusal {
    pub(crate) fn new(name: &str, reason: impl Into<String>) -> Refusal {
        Refusal { name: name.to_string(), reason: reason.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}

impl std::error::Error for Refusal {}

/// The most entries of one that may be thought of on the way, and is computed as what it is made of.
const MAX_THOUGHT: usize = 1 << 60;

/// Whole powers up to this are products.
const MOST_FACTORS: i64 = 8;

fn too_large(name: &str, shape: &[usize]) -> Refusal {
    Refusal::new(name, format!("it would have the shape {shape:?}, and an array has at most {MAX_ENTRIES} entries"))
}

/// The program that computes nodes where named dimensions have these sizes. Beside each node stands the symbol that its
/// value replaces, if it replaces one.
///
/// # Errors
/// Sizes that are missing or too large.
///
/// ```
/// use wrt_core::{Assumptions, Graph, Role};
/// let mut g = Graph::new();
/// let n = g.dim_name("n");
/// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
/// let total = g.sum_over(x, &[0]);
/// let program = wrt_plan::plan(&g, &[(total, None)], &[("n".into(), 3)]).unwrap();
/// assert_eq!((program.steps.len(), program.inputs[0].1.clone()), (1, vec![3]));
/// ```
pub fn plan(graph: &Graph, roots: &[(Id, Option<Id>)], sizes: &[(String, usize)]) -> Result<Program, Refusal> {
    let ids: Vec<Id> = roots.iter().map(|(id, _)| *id).collect();
    let mut lowering = Lowering {
        graph,
        sizes,
        values: Values::default(),
        nodes: HashMap::new(),
        gates: HashMap::new(),
        forms: HashMap::new(),
        checks: Vec::new(),
        calls: Calls::among(graph, graph.reachable(&ids)),
    };
    let is_state = |symbol: Id| matches!(graph.node(symbol), Node::Symbol(s) if s.role == Role::State);
    let fading: Vec<Id> = roots.iter().filter(|(_, into)| into.is_some_and(is_state)).map(|(id, _)| *id).collect();
    for id in graph.reachable(&ids) {
        // Results of a call are made together.
        if lowering.nodes.contains_key(&id) && !fading.contains(&id) {
            continue;
        }
        let mut access = lowering.node(id)?;
        // A moving average of nothing fades into numbers with which arithmetic is slow.
        if fading.contains(&id) {
            let shape = lowering.shape(id)?;
            access = lowering.values.entrywise(Op::Flush, vec![access], &shape);
        }
        if access.offset == 0 && entries(lowering.values.shape(access.base)) == entries(&lowering.shape(id)?) {
            lowering.values.nodes.entry(access.base).or_insert(id);
        }
        lowering.nodes.insert(id, access);
    }
    let mut results = Vec::with_capacity(roots.len());
    for (id, into) in roots {
        let shape = lowering.shape(*id)?;
        let into = match into {
            Some(symbol) if lowering.shape(*symbol)? != shape => {
                let name = graph.symbol_name(*symbol);
                return Err(Refusal::new(name, "its new value has another shape"));
            }
            Some(symbol) => Some(lowering.values.make(Value::Input(*symbol), &shape)),
            None => None,
        };
        results.push((lowering.argument(*id, &shape)?, shape, into));
    }
    let program = crate::schedule::program(lowering.values, results, lowering.checks);
    if let Some(k) = program.entries.iter().position(|n| *n > MAX_ENTRIES) {
        return Err(too_large(&names(&program, graph)[k], &program.entries[k..=k]));
    }
    // A program that would read what nothing computes is refused: it must never come to another value.
    match missing(&program) {
        Some((b, _)) => {
            let name = &names(&program, graph)[b];
            Err(Refusal::new(name, "nothing computes it before it is read: please report this as a bug of wrt"))
        }
        None => Ok(program),
    }
}

pub(crate) struct Lowering<'g> {
    pub graph: &'g Graph,
    pub sizes: &'g [(String, usize)],
    pub values: Values,
    pub nodes: HashMap<Id, Access>,
    /// Where a node is on (1) or off (0), for those that switch products off.
    pub gates: HashMap<Id, Access>,
    /// Products that are not multiplied out yet.
    pub forms: HashMap<Id, Form>,
    /// Values that must be positions along axes of so many.
    pub checks: Vec<(ValueId, usize)>,
    /// Results that are made at once.
    calls: Calls,
}

impl Lowering<'_> {
    pub(crate) fn size(&self, dim: Dim) -> Result<usize, Refusal> {
        let dimension = self.graph.dimension(dim);
        let known = |name: &str| self.sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
        let size = dimension.evaluate(known).and_then(|n| usize::try_from(n).ok());
        size.ok_or_else(|| match dimension.terms().flat_map(|(names, _)| names).find(|n| known(n).is_none()) {
            Some(name) => Refusal::new(name, "the dimension has no size"),
            None => Refusal::new(&dimension.to_string(), "the size is negative or too large"),
        })
    }

    pub(crate) fn sizes_of(&self, dims: &[Dim]) -> Result<Vec<usize>, Refusal> {
        let shape: Vec<usize> = dims.iter().map(|d| self.size(*d)).collect::<Result<_, _>>()?;
        match shape.iter().try_fold(1usize, |n, size| n.checked_mul((*size).max(1))) {
            Some(n) if n <= MAX_THOUGHT => Ok(shape),
            _ => Err(too_large("an array on the way", &shape)),
        }
    }

    pub(crate) fn shape(&self, id: Id) -> Result<Vec<usize>, Refusal> {
        let named = |refusal: Refusal| match self.graph.node(id) {
            Node::Symbol(s) => Refusal { name: s.name.clone(), ..refusal },
            _ => match self.graph.names().iter().find(|(own, _)| *own == id) {
                Some((_, name)) => Refusal { name: name.clone(), ..refusal },
                None => refusal,
            },
        };
        let dims = self.graph.dims(id);
        self.sizes_of(dims).map_err(|refusal| if self.sizes_are_known(dims) { named(refusal) } else { refusal })
    }

    /// Has each a size?
    fn sizes_are_known(&self, dims: &[Dim]) -> bool {
        dims.iter().all(|d| self.size(*d).is_ok())
    }

    pub(crate) fn access(&self, id: Id) -> Result<Access, Refusal> {
        self.nodes.get(&id).cloned().ok_or_else(|| Refusal::new("the graph", "a node stands before its children"))
    }

    fn node(&mut self, id: Id) -> Result<Access, Refusal> {
        let shape = self.shape(id)?;
        match self.graph.node(id) {
            Node::Number(n) => Ok(self.values.constant(Constant::Exact(n.clone()))),
            Node::Constant(Named::Pi) => Ok(self.values.constant(Constant::Pi)),
            Node::Constant(Named::E) => Ok(self.values.constant(Constant::E)),
            Node::Symbol(s) if s.role == Role::Dimension => {
                let known = self.sizes.iter().find(|(n, _)| *n == s.name).map(|(_, k)| *k);
                let size = known.ok_or_else(|| Refusal::new(&s.name, "the dimension has no size"))?;
                let size = i64::try_from(size).unwrap_or(i64::MAX);
                Ok(self.values.constant(Constant::Exact(Number::integer(size))))
            }
            Node::Symbol(_) => {
                let base = self.values.make(Value::Input(id), &shape);
                Ok(self.values.whole(base))
            }
            Node::Sum(terms) => self.sum(id, terms, &shape),
            Node::Contraction(factors, labels) => self.contraction(id, factors, labels),
            Node::Map(primitive, args) => self.map(id, primitive, args, &shape),
            Node::Operation(operation, args) => self.operation(id, operation, args, &shape),
        }
    }

    /// One term: `x`, `-x`, `x*p`, `x/q` or `x*p/q`, as the reference evaluates it.
    fn term(&mut self, term: &Term, shape: &[usize]) -> Result<Access, Refusal> {
        let x = self.argument(term.node, shape)?;
        let scaled = |own: &mut Self, op: Op, by: Number, x: Access| {
            let by = own.number(by, shape);
            own.values.entrywise(op, vec![x, by], shape)
        };
        Ok(match term.coefficient.as_small() {
            Some((1, 1)) => x,
            Some((-1, 1)) => self.values.entrywise(Op::Neg, vec![x], shape),
            Some((1, q)) => scaled(self, Op::Div, Number::integer(q as i64), x),
            Some((-1, q)) => scaled(self, Op::Div, Number::integer(-(q as i64)), x),
            _ => scaled(self, Op::Mul, term.coefficient.clone(), x),
        })
    }

    /// A number at every position.
    pub(crate) fn number(&mut self, n: Number, shape: &[usize]) -> Access {
        let scalar = self.values.constant(Constant::Exact(n));
        Access { strides: vec![0; shape.len()], ..scalar }
    }

    fn sum(&mut self, id: Id, terms: &[Term], shape: &[usize]) -> Result<Access, Refusal> {
        if let [single] = terms
            && let Some(gate) = self.gates.get(&single.node).cloned()
        {
            self.gates.insert(id, gate);
        }
        // Zeros, whatever they are multiplied with, are what the text means by them.
        if let [single] = terms
            && single.coefficient.is_zero()
            && matches!(self.graph.node(single.node), Node::Contraction([], _))
        {
            return Ok(self.number(Number::ZERO, shape));
        }
        self.note_sum(id, terms, shape)?;
        let Some((first, rest)) = terms.split_first() else { return Ok(self.number(Number::ZERO, shape)) };
        let mut total = self.term(first, shape)?;
        for term in rest {
            total = if term.coefficient == Number::MINUS_ONE {
                let x = self.argument(term.node, shape)?;
                self.values.entrywise(Op::Sub, vec![total, x], shape)
            } else {
                let x = self.term(term, shape)?;
                match self.assembled_sum(&total, &x) {
                    Some(together) => together,
                    None => self.values.entrywise(Op::Add, vec![total, x], shape),
                }
            };
        }
        Ok(total)
    }

    /// An argument of a map: a number stands beside arrays.
    fn argument(&self, id: Id, shape: &[usize]) -> Result<Access, Refusal> {
        let access = self.access(id)?;
        Ok(if access.strides.is_empty() { Access { strides: vec![0; shape.len()], ..access } } else { access })
    }

    fn map(&mut self, id: Id, primitive: Primitive, args: &[Id], shape: &[usize]) -> Result<Access, Refusal> {
        let own: Vec<Access> = args.iter().map(|a| self.argument(*a, shape)).collect::<Result<_, _>>()?;
        self.note_gate(id, primitive, args, &own, shape)?;
        let halves = |n: &Number| n.as_small().filter(|(p, q)| p.abs() < 2 * MOST_FACTORS && *q == 2).map(|(p, _)| p);
        let halves = args.get(1).and_then(|a| self.graph.as_number(*a)).and_then(halves);
        if let (Primitive::Pow, [x, _], Some(halves)) = (primitive, &own[..], halves) {
            return Ok(self.root_power(x, halves, shape));
        }
        Ok(match (primitive, &own[..]) {
            (Primitive::Pow, [x, _]) => match self.graph.as_number(args[1]).and_then(Number::as_i64) {
                Some(1) => x.clone(),
                Some(n) if (1..=MOST_FACTORS).contains(&n) => self.power(x.clone(), n, shape),
                Some(n) if (-MOST_FACTORS..0).contains(&n) => self.divided(x.clone(), -n, shape),
                _ => self.values.entrywise(Op::Primitive(primitive), own, shape),
            },
            (Primitive::Gt, [x, y]) => self.apply(Primitive::Lt, vec![y.clone(), x.clone()], shape),
            (Primitive::Ge, [x, y]) => self.apply(Primitive::Le, vec![y.clone(), x.clone()], shape),
            _ => self.apply(primitive, own, shape),
        })
    }

    /// x to a power of so many halves, an odd number of them: whole powers times the root, or 1 divided by these.
    fn root_power(&mut self, x: &Access, halves: i64, shape: &[usize]) -> Access {
        // A power of -0 has no sign, and its root has. (Of -∞ it is not a number, as of all below 0.)
        let (zero, one) = (self.number(Number::ZERO, shape), self.number(Number::ONE, shape));
        let unsigned = self.values.entrywise(Op::Add, vec![x.clone(), zero], shape);
        let root = self.apply(Primitive::Sqrt, vec![unsigned.clone()], shape);
        let (whole, op) = (halves.abs() / 2, if halves < 0 { Op::Div } else { Op::Mul });
        let first = match (whole, halves < 0) {
            (0, false) => return root,
            (0, true) => one,
            (_, false) => self.power(unsigned, whole, shape),
            (_, true) => self.divided(unsigned, whole, shape),
        };
        self.values.entrywise(op, vec![first, root], shape)
    }

    /// 1/x^n as 1/x^k/x^(n - k), with about half of the factors each: where one of these is too large or too small for a
    /// number, so is the result, and elsewhere nothing is lost on the way.
    fn divided(&mut self, x: Access, n: i64, shape: &[usize]) -> Access {
        let mut total = self.number(Number::ONE, shape);
        for factors in [n / 2, n - n / 2].into_iter().filter(|k| *k > 0) {
            let divisor = self.power(x.clone(), factors, shape);
            total = self.values.entrywise(Op::Div, vec![total, divisor], shape);
        }
        total
    }

    /// A whole power above 0 as products.
    fn power(&mut self, x: Access, n: i64, shape: &[usize]) -> Access {
        let (mut square, mut left, mut total) = (x, n, None);
        while left > 0 {
            if left % 2 == 1 {
                total = Some(match total {
                    None => square.clone(),
                    Some(t) => self.values.entrywise(Op::Mul, vec![t, square.clone()], shape),
                });
            }
            left /= 2;
            if left > 0 {
                square = self.values.entrywise(Op::Mul, vec![square.clone(), square], shape);
            }
        }
        total.unwrap_or_else(|| self.number(Number::ONE, shape))
    }

    pub(crate) fn apply(&mut self, primitive: Primitive, args: Vec<Access>, shape: &[usize]) -> Access {
        self.values.entrywise(Op::Primitive(primitive), args, shape)
    }

    /// A value that lies entry behind entry in a shape: what is there, or a copy.
    pub(crate) fn lying(&mut self, access: Access, shape: &[usize]) -> ValueId {
        let lies = self.values.has_memory(access.base)
            && access.offset == 0
            && crate::access::is_whole(&access.strides, shape)
            && entries(self.values.shape(access.base)) == entries(shape);
        if lies { access.base } else { self.values.entrywise(Op::Copy, vec![access], shape).base }
    }

    fn operation(&mut self, id: Id, operation: &Operation, args: &[Id], shape: &[usize]) -> Result<Access, Refusal> {
        if let Some(known) = self.nodes.get(&id) {
            return Ok(known.clone());
        }
        let args: Vec<(Access, Vec<usize>)> =
            args.iter().map(|a| Ok((self.access(*a)?, self.shape(*a)?))).collect::<Result<_, _>>()?;
        if let Operation::Scan(_) = operation {
            let results = self.calls.results(id).map_or_else(|| vec![id], <[Id]>::to_vec);
            let made = self.scan(&results, &args)?;
            self.nodes.extend(made);
            return self.access(id);
        }
        self.lowered(operation, &args, shape)
    }
}
