//! Evaluation: one walk over the nodes, children first, in any kind of number. The reference: each operation as it
//! stands in the graph.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use smallvec::SmallVec;
use wrt_core::operations::{Factorisation, Factors, Scan};
use wrt_core::{
    Array, Calls, Computed, Constant, Dim, Graph, Id, LabelsId, Node, Number, Operation, Primitive, Role, Term,
};

use crate::contract::{self, Operand, contract};
use crate::error::EvaluationError;
use crate::gates::Gate;
use crate::product::{Product, Products};
use crate::value::{Value, entries, entry_bytes};

/// The most bytes of all arrays that are alive at one time.
const MAX_BYTES: usize = 2 << 30;

pub(crate) type Result<T> = std::result::Result<T, EvaluationError>;

/// A graph at a point.
pub(crate) struct Evaluation<'a, N> {
    pub graph: &'a Graph,
    /// The values of names, and of any other nodes: what is given has that value, whatever stands below it.
    pub at: &'a [(Id, Value<N>)],
    pub sizes: &'a [(String, usize)],
    pub like: &'a N,
    /// What all living arrays take.
    bytes: Cell<usize>,
    /// The factorisations of matrices, by their nodes.
    factors: RefCell<HashMap<(Id, Factorisation), Factors<N>>>,
    /// Results of calls that were made for another result.
    waiting: RefCell<HashMap<Id, Value<N>>>,
}

/// What is evaluated in which order; the same for all points that give the same nodes a value.
#[derive(Debug)]
struct Schedule {
    /// Children first.
    order: Vec<Id>,
    /// Where each node stands in that order, by its number; empty where the graph holds far more than the roots need.
    place: Vec<u32>,
    /// What is to be computed together.
    calls: Calls,
    products: Products,
    /// Does the point give values to nodes that are no names?
    inner: bool,
    /// How often each node is needed; nothing where all values are kept.
    uses: Vec<u32>,
}

/// A list by nodes' numbers is made where it is no longer than so many times the nodes.
const SPARSE: usize = 64;

impl Schedule {
    /// Where a node stands in the order.
    #[inline]
    fn place(&self, id: Id) -> Option<usize> {
        match self.place.is_empty() {
            true => self.order.binary_search(&id).ok(),
            false => self.place.get(id.index()).filter(|place| **place != u32::MAX).map(|place| *place as usize),
        }
    }
}

/// A formula of numbers that is evaluated at many points: in which order is found once.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_run::Repeated;
/// let mut g = Graph::new();
/// let x = g.symbol("x");
/// let square = g.mul(x, x);
/// let f = Repeated::of(&g, square, &[x]);
/// assert_eq!(f.value(&g, &[(x, 3.0)]), Some(9.0));
/// assert_eq!(f.value(&g, &[(x, 4.0)]), Some(16.0));
/// ```
#[derive(Clone, Debug)]
pub struct Repeated {
    root: Id,
    schedule: Rc<Schedule>,
}

impl Repeated {
    /// The formula at points that give these names a value.
    pub fn of(graph: &Graph, root: Id, names: &[Id]) -> Repeated {
        let at: Vec<(Id, Value<f64>)> = names.iter().map(|x| (*x, Value::from(Array::scalar(0.0)))).collect();
        let schedule = Evaluation::new(graph, &at, &[], &0.0, 0).schedule(&[root], false);
        Repeated { root, schedule: Rc::new(schedule) }
    }

    /// The value at a point; none where that lacks a name, and for arrays.
    pub fn value(&self, graph: &Graph, at: &[(Id, f64)]) -> Option<f64> {
        if !graph.is_scalar(self.root) {
            return None;
        }
        let at: Vec<(Id, Value<f64>)> = at.iter().map(|(x, v)| (*x, Value::from(Array::scalar(*v)))).collect();
        let evaluation = Evaluation::new(graph, &at, &[], &0.0, 0);
        let all = evaluation.run(Rc::clone(&self.schedule)).ok()?;
        all.number(self.root).ok().copied()
    }
}

/// The values of all nodes below some roots.
#[derive(Clone, Debug)]
pub struct Values<N> {
    schedule: Rc<Schedule>,
    /// None for those that nothing needs any more.
    values: Vec<Option<Value<N>>>,
    /// Of few nodes, children first.
    gates: Vec<(Id, Value<N>)>,
    factorisations: usize,
}

impl<N: Computed> Values<N> {
    /// The entries of a node's value, the one number of a scalar; none for what does not lie below the roots.
    pub fn get(&self, id: Id) -> Option<&[N]> {
        let value = self.values.get(self.schedule.place(id)?)?;
        Some(value.as_ref()?.entries())
    }

    /// Each node with the entries of its value, children first.
    pub fn iter(&self) -> impl Iterator<Item = (Id, &[N])> {
        let known = self.schedule.order.iter().copied().zip(&self.values);
        known.filter_map(|(id, value)| Some((id, value.as_ref()?.entries())))
    }

    /// How many factorisations of matrices were made: all that is computed of one matrix shares them.
    pub fn factorisations(&self) -> usize {
        self.factorisations
    }

    #[inline]
    fn value(&self, id: Id) -> Result<&Value<N>> {
        let value = self.schedule.place(id).and_then(|place| self.values.get(place));
        value.and_then(Option::as_ref).ok_or_else(EvaluationError::missing)
    }

    #[inline]
    fn number(&self, id: Id) -> Result<&N> {
        Ok(self.value(id)?.entry(0))
    }

    fn gate(&self, id: Id) -> Option<&Value<N>> {
        if self.gates.is_empty() {
            return None;
        }
        let at = self.gates.binary_search_by_key(&id, |(k, _)| *k).ok()?;
        Some(&self.gates[at].1)
    }
}

impl<'a, N: Computed> Evaluation<'a, N> {
    /// Nothing evaluated yet, where others take so many bytes.
    pub fn new(
        graph: &'a Graph,
        at: &'a [(Id, Value<N>)],
        sizes: &'a [(String, usize)],
        like: &'a N,
        bytes: usize,
    ) -> Evaluation<'a, N> {
        Evaluation {
            graph,
            at,
            sizes,
            like,
            bytes: Cell::new(bytes),
            factors: RefCell::default(),
            waiting: RefCell::default(),
        }
    }

    /// The values of some nodes.
    pub fn roots(&self, roots: &[Id]) -> Result<Vec<Value<N>>> {
        self.scheduled(roots, &Rc::new(self.schedule(roots, false)))
    }

    /// The same in an order that was found before.
    fn scheduled(&self, roots: &[Id], schedule: &Rc<Schedule>) -> Result<Vec<Value<N>>> {
        let all = self.run(Rc::clone(schedule))?;
        roots.iter().map(|r| all.value(*r).cloned()).collect()
    }

    /// The values of all nodes below some roots; arrays that nothing needs any more are let go, unless they are kept.
    pub fn all(&self, roots: &[Id], keep: bool) -> Result<Values<N>> {
        self.run(Rc::new(self.schedule(roots, keep)))
    }

    fn schedule(&self, roots: &[Id], keep: bool) -> Schedule {
        let order = self.graph.reachable(roots);
        let top = order.last().map_or(0, |top| top.index() + 1);
        let mut place = Vec::new();
        if top <= order.len().saturating_mul(SPARSE) {
            place = vec![u32::MAX; top];
            order.iter().enumerate().for_each(|(k, id)| place[id.index()] = k as u32);
        }
        let calls = Calls::among(self.graph, order.iter().copied());
        let products = Products::among(self.graph, &order, |id| self.has_value(id));
        let inner = self.at.iter().any(|(id, _)| !matches!(self.graph.node(*id), Node::Symbol(_)));
        let mut schedule = Schedule { order, place, calls, products, inner, uses: Vec::new() };
        if !keep {
            schedule.uses = self.uses(roots, &schedule);
        }
        schedule
    }

    fn run(&self, schedule: Rc<Schedule>) -> Result<Values<N>> {
        let mut all = Values {
            values: Vec::with_capacity(schedule.order.len()),
            gates: Vec::new(),
            factorisations: 0,
            schedule: Rc::clone(&schedule),
        };
        let (inner, mut uses) = (schedule.inner, schedule.uses.clone());
        for (place, &id) in schedule.order.iter().enumerate() {
            if uses.get(place) == Some(&0) {
                all.values.push(None);
                continue;
            }
            let (value, gate) = self.valued(id, inner, &all)?;
            if let Value::Array(a) = &value {
                self.bytes.set(self.bytes.get() + a.data.len() * entry_bytes::<N>());
            }
            all.values.push(Some(value));
            all.gates.extend(gate.map(|g| (id, g)));
            let needs = !(inner && self.has_value(id));
            if needs && !uses.is_empty() {
                self.for_each_need(id, &schedule.products, |c| self.let_go(&mut all, &mut uses, c));
            }
        }
        all.factorisations = self.factors.borrow().len();
        Ok(all)
    }

    /// How often each node is needed; nothing where there are numbers only, which take no room.
    fn uses(&self, roots: &[Id], schedule: &Schedule) -> Vec<u32> {
        let Schedule { order, products, inner, .. } = schedule;
        if order.iter().all(|id| self.graph.is_scalar(*id)) {
            return Vec::new();
        }
        let mut uses = vec![0u32; order.len()];
        let needed = |uses: &mut [u32], id: Id| {
            if let Some(place) = schedule.place(id) {
                uses[place] += 1;
            }
        };
        roots.iter().for_each(|r| needed(&mut uses, *r));
        for (k, &id) in order.iter().enumerate().rev() {
            if uses[k] > 0 && !(*inner && self.has_value(id)) {
                self.for_each_need(id, products, |c| needed(&mut uses, c));
            }
        }
        uses
    }

    /// Does the point give the node a value of its own?
    fn has_value(&self, id: Id) -> bool {
        self.at.iter().any(|(x, _)| *x == id)
    }

    /// The nodes whose values a node is computed from: its children or what stands for them in a product, and below a power
    /// of −1 its base.
    fn for_each_need(&self, id: Id, products: &Products, mut visit: impl FnMut(Id)) {
        let mut factor = |f: Id| {
            visit(f);
            self.divisor(f).into_iter().for_each(&mut visit);
        };
        match (products.of(self.graph, id), self.graph.node(id)) {
            (Some(terms), _) => terms.iter().flat_map(|p| &p.factors).for_each(|(f, _)| factor(*f)),
            (None, Node::Contraction(factors, _)) => factors.iter().for_each(|f| factor(*f)),
            _ => self.graph.for_each_child(id, visit),
        }
    }

    /// One use less; without any the value goes.
    fn let_go(&self, all: &mut Values<N>, uses: &mut [u32], id: Id) {
        let Some(place) = all.schedule.place(id) else { return };
        uses[place] -= 1;
        if uses[place] == 0
            && let Some(Value::Array(last)) = all.values[place].take()
        {
            self.bytes.set(self.bytes.get().saturating_sub(last.data.len() * entry_bytes::<N>()));
        }
    }

    /// The value of a node and its gate.
    fn valued(&self, id: Id, inner: bool, all: &Values<N>) -> Result<(Value<N>, Gate<N>)> {
        let symbol = matches!(self.graph.node(id), Node::Symbol(_));
        if (inner || symbol)
            && let Some((_, given)) = self.at.iter().find(|(x, _)| *x == id)
        {
            return Ok((self.given(id, given)?, None));
        }
        if !self.graph.is_scalar(id) {
            self.room(&self.shape(id)?)?;
        }
        self.node(id, all)
    }

    /// Is there room for one more array?
    fn room(&self, shape: &[usize]) -> Result<()> {
        let wanted = entries(shape)?.saturating_mul(entry_bytes::<N>()).saturating_add(self.bytes.get());
        if wanted <= MAX_BYTES {
            return Ok(());
        }
        Err(EvaluationError::TooLarge(format!("these sizes need more than {} GiB at one time", MAX_BYTES >> 30)))
    }

    fn shape(&self, id: Id) -> Result<Vec<usize>> {
        shape_of(self.graph, id, self.sizes)
    }

    fn given(&self, id: Id, value: &Value<N>) -> Result<Value<N>> {
        if let (Value::Number(_), true) = (value, self.graph.is_scalar(id)) {
            return Ok(value.clone());
        }
        let wanted = self.shape(id)?;
        if value.shape() == wanted && value.entries().len() == entries(&wanted)? {
            return Ok(value.clone());
        }
        let (name, dims) = (self.graph.symbol_name(id), self.graph.shape_text(self.graph.dims(id)));
        let found = value.shape();
        Err(EvaluationError::Shape(format!(
            "`{name}` has the shape {dims}, here {wanted:?}; the value has the shape {found:?}"
        )))
    }

    fn node(&self, id: Id, all: &Values<N>) -> Result<(Value<N>, Gate<N>)> {
        let plain = |n: N| Ok((Value::Number(n), None));
        match self.graph.node(id) {
            Node::Number(n) => plain(self.like.exact(n)),
            Node::Constant(Constant::Pi) => plain(self.like.pi()),
            Node::Constant(Constant::E) => plain(self.like.one().exp()),
            Node::Symbol(s) if s.role == Role::Dimension => plain(self.dimension(&s.name)?),
            Node::Symbol(s) => Err(EvaluationError::Unbound(s.name.clone())),
            Node::Sum(terms) => self.sum(id, terms, all),
            Node::Contraction(factors, labels) => self.product(id, factors, labels, all),
            Node::Map(primitive, args) => self.map(id, primitive, args, all),
            Node::Operation(operation, args) => Ok((self.operation(id, operation, args, all)?, None)),
        }
    }

    fn dimension(&self, name: &str) -> Result<N> {
        match self.sizes.iter().find(|(n, _)| n == name) {
            Some((_, size)) => Ok(self.like.ratio(*size as i64, 1)),
            // A formula of numbers may use a size like any other name.
            None => Err(EvaluationError::Size(format!("the dimension `{name}` has no size"))),
        }
    }

    /// A value entry by entry, the entry's position given; scalars have one.
    #[inline]
    fn entrywise(&self, id: Id, mut each: impl FnMut(usize) -> N) -> Result<Value<N>> {
        if self.graph.is_scalar(id) {
            return Ok(Value::Number(each(0)));
        }
        let shape = self.shape(id)?;
        let data = (0..entries(&shape)?).map(each).collect();
        Ok(Value::from(Array { shape, data }))
    }

    fn sum(&self, id: Id, terms: &[Term], all: &Values<N>) -> Result<(Value<N>, Gate<N>)> {
        // What is switched off stays so under a coefficient.
        if let [single] = terms
            && let Some(gate) = all.gate(single.node)
        {
            let value = all.value(single.node)?;
            let zero = self.like.ratio(0, 1);
            let scaled = |k: usize| N::select(gate.entry(k).clone(), term(single, value.entry(k)), zero.clone());
            return Ok((self.entrywise(id, scaled)?, Some(gate.clone())));
        }
        if self.graph.is_scalar(id) {
            let mut total = term(&terms[0], all.number(terms[0].node)?);
            for t in &terms[1..] {
                total = plus(total, t, all.number(t.node)?);
            }
            return Ok((Value::Number(total), None));
        }
        let values = terms.iter().map(|t| all.value(t.node)).collect::<Result<Vec<_>>>()?;
        let value = self.entrywise(id, |k| {
            let first = term(&terms[0], values[0].entry(k));
            terms.iter().zip(&values).skip(1).fold(first, |total, (t, v)| plus(total, t, v.entry(k)))
        })?;
        Ok((value, None))
    }

    fn map(&self, id: Id, primitive: Primitive, args: &[Id], all: &Values<N>) -> Result<(Value<N>, Gate<N>)> {
        match *args {
            [x] => {
                let x = all.value(x)?;
                Ok((self.entrywise(id, |k| primitive.evaluate(std::slice::from_ref(x.entry(k))))?, None))
            }
            [base, exponent] if primitive == Primitive::Pow => {
                let (b, e) = (all.value(base)?, all.value(exponent)?);
                Ok((self.entrywise(id, |k| power_of(self.graph, b.entry(k), exponent, e.entry(k)))?, None))
            }
            [x, y] => {
                let (a, b) = (all.value(x)?, all.value(y)?);
                let value = self.entrywise(id, |k| primitive.evaluate(&[a.entry(k).clone(), b.entry(k).clone()]))?;
                let gate = crate::gates::switch(self.graph, primitive, args, a, |f| self.entrywise(id, f))?;
                Ok((value, gate))
            }
            _ => {
                let values = args.iter().map(|a| all.value(*a)).collect::<Result<Vec<_>>>()?;
                let entry = |k: usize| values.iter().map(|v| v.entry(k).clone()).collect::<SmallVec<[N; 3]>>();
                let value = self.entrywise(id, |k| primitive.evaluate(&entry(k)))?;
                let gate = match values.first() {
                    Some(first) => crate::gates::switch(self.graph, primitive, args, first, |f| self.entrywise(id, f))?,
                    None => None,
                };
                Ok((value, gate))
            }
        }
    }

    fn product(&self, id: Id, factors: &[Id], labels: LabelsId, all: &Values<N>) -> Result<(Value<N>, Gate<N>)> {
        if labels == LabelsId::SCALAR {
            return self.scalar_product(factors, all);
        }
        let labels = self.graph.labels(labels);
        if let Some(terms) = all.schedule.products.of(self.graph, id) {
            return self.products(terms, all);
        }
        let factors = factors.iter().copied().zip(&labels.factors);
        self.contraction(&Number::ONE, factors, &labels.output, &labels.dims, all)
    }

    /// The sum of products.
    fn products(&self, terms: &[Product], all: &Values<N>) -> Result<(Value<N>, Gate<N>)> {
        let mut total: Option<(Value<N>, Gate<N>)> = None;
        for Product { scale, factors, output, dims } in terms {
            let one = self.contraction(scale, factors.iter().map(|(f, own)| (*f, own)), output, dims, all)?;
            total = Some(match total {
                None => one,
                // What is off in one of them is 0 there.
                Some((before, _)) => {
                    let data = before.entries().iter().zip(one.0.entries()).map(|(a, b)| a.clone() + b.clone());
                    (Value::from(Array { shape: before.shape().to_vec(), data: data.collect() }), None)
                }
            });
        }
        total.ok_or_else(EvaluationError::missing)
    }

    fn contraction<'l>(
        &self,
        scale: &Number,
        factors: impl Iterator<Item = (Id, &'l Vec<u8>)>,
        output: &[u8],
        dims: &[Dim],
        all: &Values<N>,
    ) -> Result<(Value<N>, Gate<N>)> {
        let sizes = dims.iter().map(|d| size_of(self.graph, *d, self.sizes)).collect::<Result<Vec<_>>>()?;
        let operand = |(f, own): (Id, &Vec<u8>)| {
            let (value, divides) = match self.divisor(f) {
                Some(base) => (all.value(base)?, true),
                None => (all.value(f)?, false),
            };
            let gate = all.gate(f).map(Value::array);
            Ok(Operand { array: value.array(), labels: own.clone(), divides, gate })
        };
        let mut operands = factors.map(operand).collect::<Result<Vec<_>>>()?;
        if !scale.is_one() {
            let array = Rc::new(Array::scalar(self.like.exact(scale)));
            operands.push(Operand { array, labels: Vec::new(), divides: false, gate: None });
        }
        let (value, gate) = contract(operands, output, &sizes, self.like)?;
        Ok((Value::from(value), gate.map(Value::from)))
    }

    /// The product of numbers; factors with a power of −1 divide.
    fn scalar_product(&self, factors: &[Id], all: &Values<N>) -> Result<(Value<N>, Gate<N>)> {
        let mut total: Option<N> = None;
        let mut gate: Gate<N> = None;
        for &f in factors {
            let number = |id: Id| all.number(id).cloned();
            total = Some(match (total, self.divisor(f)) {
                (None, _) => number(f)?,
                (Some(t), Some(base)) => t / number(base)?,
                (Some(t), None) => t * number(f)?,
            });
            if let Some(own) = all.gate(f) {
                gate = Some(crate::gates::both(gate.as_ref(), own));
            }
        }
        let total = total.unwrap_or_else(|| self.like.one());
        let value = match &gate {
            Some(gate) => N::select(gate.entry(0).clone(), total, self.like.ratio(0, 1)),
            None => total,
        };
        Ok((Value::Number(value), gate))
    }

    /// The base of a power of −1; none where the point gives the power a value of its own.
    fn divisor(&self, f: Id) -> Option<Id> {
        match self.graph.node(f) {
            Node::Map(Primitive::Pow, &[base, exponent]) => {
                let is_divisor = self.graph.as_number(exponent) == Some(&Number::MINUS_ONE);
                (is_divisor && self.at.iter().all(|(x, _)| *x != f)).then_some(base)
            }
            _ => None,
        }
    }

    fn operation(&self, id: Id, operation: &Operation, args: &[Id], all: &Values<N>) -> Result<Value<N>> {
        let values = args.iter().map(|a| Ok(all.value(*a)?.array())).collect::<Result<Vec<_>>>()?;
        if let Operation::Scan(scan) = operation {
            if let Some(known) = self.waiting.borrow_mut().remove(&id) {
                return Ok(known);
            }
            let results = all.schedule.calls.results(id).unwrap_or(std::slice::from_ref(&id));
            self.waiting.borrow_mut().extend(self.scan(scan, &values, results)?);
            return self.waiting.borrow_mut().remove(&id).ok_or_else(EvaluationError::missing);
        }
        let values: Vec<&Array<N>> = values.iter().map(|v| &**v).collect();
        let shape = self.shape(id)?;
        let value = match (operation.factorisation(), &values[..]) {
            (Some(kind), [matrix, others @ ..]) => {
                let factors = self.factors(kind, args[0], matrix)?;
                operation.evaluate_factored(&factors, others, &shape, self.like)
            }
            _ => operation.evaluate(&values, &shape, self.like),
        };
        Ok(Value::from(value.map_err(EvaluationError::Operation)?))
    }

    /// The factorisation of a matrix, made once for all that is computed from it or from its transpose.
    fn factors(&self, kind: Factorisation, id: Id, matrix: &Array<N>) -> Result<Factors<N>> {
        let base = self.graph.transposed_from(id).filter(|_| self.at.iter().all(|(x, _)| *x != id));
        let straight = |f: &Factors<N>| if base.is_some() { f.transposed() } else { f.clone() };
        let key = (base.unwrap_or(id), kind);
        if let Some(known) = self.factors.borrow().get(&key) {
            return Ok(straight(known));
        }
        let own = Factors::of(kind, matrix, self.like).map_err(EvaluationError::Operation)?;
        self.bytes.set(self.bytes.get() + own.entries() * entry_bytes::<N>());
        let made = if base.is_some() { own.transposed() } else { own };
        let found = straight(&made);
        self.factors.borrow_mut().insert(key, made);
        Ok(found)
    }

    /// The results of a scan and of all others that are results of the same call, of which one walk over the slices is
    /// made.
    fn scan(&self, scan: &Scan, args: &[Rc<Array<N>>], results: &[Id]) -> Result<Vec<(Id, Value<N>)>> {
        let step = &scan.step;
        let (states, slices, captures) = step.inputs();
        let news = step.results().0;
        let mut current: Vec<Value<N>> = args[..states.len()].iter().cloned().map(Value::from).collect();
        let over = &args[states.len()..states.len() + slices.len()];
        let fixed: Vec<(Id, Value<N>)> = captures
            .iter()
            .copied()
            .zip(args[states.len() + slices.len()..].iter().cloned().map(Value::from))
            .collect();
        let length = over.first().and_then(|a| a.shape.first()).copied().unwrap_or(0);
        let of = |id: &Id| match self.graph.node(*id) {
            Node::Operation(Operation::Scan(scan), _) => Some((*id, scan)),
            _ => None,
        };
        let results: Vec<(Id, &Scan)> = results.iter().filter_map(of).collect();
        let outputs: Vec<&(Id, &Scan)> = results.iter().filter(|(_, s)| s.is_stacked()).collect();
        let roots: Vec<Id> = news.iter().copied().chain(outputs.iter().map(|(_, s)| s.inner_result())).collect();
        let mut stacked: Vec<Vec<Option<Value<N>>>> = vec![vec![None; length]; outputs.len()];
        let (mut at, mut schedule) = (fixed.clone(), None);
        for k in 0..length {
            let t = if scan.backward { length - 1 - k } else { k };
            at.truncate(fixed.len());
            at.extend(states.iter().copied().zip(current));
            at.extend(slices.iter().copied().zip(over.iter().map(|a| Value::from(row(a, t)))));
            let evaluation = Evaluation::new(step.graph(), &at, self.sizes, self.like, self.bytes.get());
            let schedule = schedule.get_or_insert_with(|| Rc::new(evaluation.schedule(&roots, false)));
            let mut values = evaluation.scheduled(&roots, schedule)?;
            for (own, value) in stacked.iter_mut().zip(values.drain(news.len()..)) {
                own[t] = Some(value);
            }
            current = values;
        }
        let mut outputs = outputs.into_iter().zip(stacked);
        let mut found = Vec::new();
        for (id, scan) in &results {
            let value = match scan.is_stacked() {
                false => current[scan.result].clone(),
                true => {
                    let rows = outputs.next().map(|(_, rows)| rows).unwrap_or_default();
                    let data = rows.iter().flatten().flat_map(|a| a.entries().to_vec()).collect();
                    Value::from(Array { shape: self.shape(*id)?, data })
                }
            };
            found.push((*id, value));
        }
        Ok(found)
    }
}

fn row<N: Clone>(a: &Array<N>, t: usize) -> Array<N> {
    let shape = a.shape[1..].to_vec();
    let n: usize = shape.iter().product();
    Array { shape, data: a.data[t * n..(t + 1) * n].to_vec() }
}

/// One term: `x`, `-x`, `x*p`, `x/q` or `x*p/q`, so that `x/3` is a division.
fn term<N: Computed>(t: &Term, x: &N) -> N {
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

/// One term more.
fn plus<N: Computed>(total: N, t: &Term, x: &N) -> N {
    if t.coefficient == Number::MINUS_ONE { total - x.clone() } else { total + term(t, x) }
}

/// Small integer powers by multiplication, where the function's rounding is not better.
fn power_of<N: Computed>(graph: &Graph, base: &N, exponent: Id, value: &N) -> N {
    match graph.as_number(exponent).and_then(Number::as_i64) {
        Some(1) => base.clone(),
        Some(2) => base.clone() * base.clone(),
        Some(-1) => base.one() / base.clone(),
        _ => base.clone().pow(value.clone()),
    }
}

/// The size of a dimension.
fn size_of(graph: &Graph, dim: Dim, sizes: &[(String, usize)]) -> Result<usize> {
    let dimension = graph.dimension(dim);
    let known = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
    if let Some(size) = dimension.evaluate(known) {
        return usize::try_from(size).map_err(|_| EvaluationError::TooLarge("a dimension is too large".into()));
    }
    let unknown = dimension.terms().flat_map(|(names, _)| names).find(|n| known(n).is_none());
    Err(EvaluationError::Size(match unknown {
        Some(name) => format!("the dimension `{name}` has no size"),
        None => format!("the dimension {dimension} is negative for these sizes"),
    }))
}

/// The shape of a node's value.
pub(crate) fn shape_of(graph: &Graph, id: Id, sizes: &[(String, usize)]) -> Result<Vec<usize>> {
    let shape: Vec<usize> = graph.dims(id).iter().map(|d| size_of(graph, *d, sizes)).collect::<Result<_>>()?;
    entries(&shape)?;
    Ok(shape)
}

/// About how many multiplications it takes to evaluate nodes; `u64::MAX` where that is beyond counting.
///
/// ```
/// use wrt_core::{Assumptions, Graph, Role};
/// let mut g = Graph::new();
/// let n = g.dim_name("n");
/// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
/// let total = g.sum_over(x, &[0]);
/// assert_eq!(wrt_run::array_work(&g, &[total], &[("n".into(), 300)]), 600);
/// ```
pub fn array_work(graph: &Graph, roots: &[Id], sizes: &[(String, usize)]) -> u64 {
    let known = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
    let size = |dim: &Dim| graph.dimension(*dim).evaluate(known).unwrap_or(1);
    let product = |dims: &[Dim]| dims.iter().map(size).fold(1, u64::saturating_mul);
    let contraction = |factors: &[Vec<u8>], output: &[u8], dims: &[Dim]| {
        let sizes: Vec<usize> = dims.iter().map(|d| usize::try_from(size(d)).unwrap_or(usize::MAX)).collect();
        contract::work(factors, output, &sizes) as u64
    };
    let order = graph.reachable(roots);
    let products = Products::among(graph, &order, |_| false);
    let mut needed: HashSet<Id> = roots.iter().copied().collect();
    let calls = Calls::among(graph, order.iter().copied());
    let mut counted = HashSet::new();
    let mut work = |id: Id| match graph.node(id) {
        Node::Contraction(_, labels) => match products.of(graph, id) {
            Some(terms) => {
                let one = |p: &Product| {
                    let factors: Vec<Vec<u8>> = p.factors.iter().map(|(_, own)| own.clone()).collect();
                    contraction(&factors, &p.output, &p.dims)
                };
                terms.iter().map(one).fold(0, u64::saturating_add)
            }
            None => {
                let labels = graph.labels(labels);
                contraction(&labels.factors, &labels.output, &labels.dims)
            }
        },
        // All results of a call take one walk.
        Node::Operation(Operation::Scan(scan), args) => {
            let results = calls.results(id).unwrap_or(std::slice::from_ref(&id));
            if !counted.insert(results[0]) {
                return 0;
            }
            let (states, _, _) = scan.step.inputs();
            let length = args.get(states.len()).and_then(|a| graph.dims(*a).first()).map_or(0, size);
            let outputs = results.iter().filter_map(|r| match graph.node(*r) {
                Node::Operation(Operation::Scan(one), _) if one.is_stacked() => Some(one.inner_result()),
                _ => None,
            });
            let roots: Vec<Id> = scan.step.results().0.iter().copied().chain(outputs).collect();
            array_work(scan.step.graph(), &roots, sizes).saturating_mul(length)
        }
        Node::Operation(operation, args) => {
            let sizes = |id: Id| graph.dims(id).iter().map(size).collect::<Vec<u64>>();
            let args: Vec<Vec<u64>> = args.iter().map(|a| sizes(*a)).collect();
            operation.work(&args, &sizes(id))
        }
        _ => product(graph.dims(id)),
    };
    let mut total = 0u64;
    for &id in order.iter().rev() {
        if !needed.contains(&id) {
            continue;
        }
        total = total.saturating_add(work(id));
        match products.of(graph, id) {
            Some(terms) => needed.extend(terms.iter().flat_map(|p| &p.factors).map(|(f, _)| *f)),
            None => graph.for_each_child(id, |c| {
                needed.insert(c);
            }),
        }
    }
    total
}
