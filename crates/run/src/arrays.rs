//! Evaluation of tensors: graph in, arrays out. The reference: each operation as it stands in the graph.

use std::cell::Cell;
use std::rc::Rc;

use wrt_core::operations::Scan;
use wrt_core::{Array, Constant, Dim, Graph, Id, Node, Operation, Primitive, Real, Role, Term};

use crate::contract::contract;
use crate::power_of;

/// The most entries of an array.
pub const MAX_ENTRIES: usize = 1 << 26;

/// The most bytes of all arrays that are alive at one time.
const MAX_BYTES: usize = 2 << 30;

/// Why there is no value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EvaluationError(pub String);

impl EvaluationError {
    /// In words.
    pub fn new(message: impl Into<String>) -> EvaluationError {
        EvaluationError(message.into())
    }
}

impl std::fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EvaluationError {}

type Result<T> = std::result::Result<T, EvaluationError>;

/// The values of `roots` where names have these values and named dimensions these sizes.
///
/// A node that the point gives a value has that value, whatever stands below it.
///
/// # Errors
/// For a name without a value, a dimension without a size, a value of another shape than its name, or more than
/// [`MAX_ENTRIES`] entries, or more than 2 GiB in all at one time.
///
/// ```
/// use wrt_core::{Array, Assumptions, Graph, Role};
/// let mut g = Graph::new();
/// let n = g.dim_name("n");
/// let x = g.tensor_symbol("x", Role::Data, &[n], Assumptions::default());
/// let total = g.sum_over(x, &[0]);
/// let at = [(x, Array { shape: vec![3], data: vec![1.0, 2.0, 3.0] })];
/// let value = wrt_run::evaluate_arrays(&g, &[total], &at, &[("n".into(), 3)], &0.0).unwrap();
/// assert_eq!(value[0].data, [6.0]);
/// ```
pub fn evaluate_arrays<N: Real>(
    graph: &Graph,
    roots: &[Id],
    at: &[(Id, Array<N>)],
    sizes: &[(String, usize)],
    like: &N,
) -> Result<Vec<Array<N>>> {
    let evaluation = Evaluation { graph, sizes, like, bytes: Cell::new(0) };
    evaluation.roots(roots, at)
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
    let work = |id: Id| match graph.node(id) {
        Node::Contraction(_, labels) => product(&graph.labels(labels).dims),
        // To factor a square matrix costs the cube of its side.
        Node::Operation(_, args) => {
            let square = |a: &Id| match graph.dims(*a) {
                [.., m, n] if m == n => Some(size(n)),
                _ => None,
            };
            let side = args.iter().filter_map(square).max().unwrap_or(1);
            product(graph.dims(id)).max(side.saturating_mul(side)).saturating_mul(side)
        }
        _ => product(graph.dims(id)),
    };
    graph.reachable(roots).into_iter().map(work).fold(0, u64::saturating_add)
}

struct Evaluation<'a, N> {
    graph: &'a Graph,
    sizes: &'a [(String, usize)],
    like: &'a N,
    /// What all living arrays take.
    bytes: Cell<usize>,
}

/// The value of a node while others still need it.
struct Slot<N> {
    value: Option<Rc<Array<N>>>,
    uses: u32,
}

impl<N: Real> Evaluation<'_, N> {
    fn roots(&self, roots: &[Id], at: &[(Id, Array<N>)]) -> Result<Vec<Array<N>>> {
        let order = self.graph.reachable(roots);
        let top = order.last().map_or(0, |id| id.index() + 1);
        let mut slots: Vec<Slot<N>> = (0..top).map(|_| Slot { value: None, uses: 0 }).collect();
        for &id in &order {
            self.graph.for_each_child(id, |c| slots[c.index()].uses += 1);
        }
        roots.iter().for_each(|r| slots[r.index()].uses += 1);
        for &id in &order {
            let value = match at.iter().find(|(x, _)| *x == id) {
                Some((_, given)) => self.given(id, given)?,
                None => {
                    self.room(&self.shape(id)?)?;
                    self.node(id, &|c: Id| slots[c.index()].value.clone().ok_or_else(missing))?
                }
            };
            self.bytes.set(self.bytes.get() + value.data.len() * entry_bytes::<N>());
            slots[id.index()].value = Some(Rc::new(value));
            self.graph.for_each_child(id, |c| {
                let slot = &mut slots[c.index()];
                slot.uses -= 1;
                if slot.uses == 0
                    && let Some(last) = slot.value.take()
                {
                    self.bytes.set(self.bytes.get().saturating_sub(last.data.len() * entry_bytes::<N>()));
                }
            });
        }
        let found = |r: &Id| slots[r.index()].value.as_ref().map(|v| (**v).clone()).ok_or_else(missing);
        roots.iter().map(found).collect()
    }

    /// Is there room for one more array?
    fn room(&self, shape: &[usize]) -> Result<()> {
        let wanted = entries(shape)?.saturating_mul(entry_bytes::<N>()).saturating_add(self.bytes.get());
        if wanted <= MAX_BYTES {
            return Ok(());
        }
        Err(EvaluationError(format!("these sizes need more than {} GiB at one time", MAX_BYTES >> 30)))
    }

    fn size(&self, dim: Dim) -> Result<usize> {
        let dimension = self.graph.dimension(dim);
        let known = |name: &str| self.sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
        if let Some(size) = dimension.evaluate(known) {
            return usize::try_from(size).map_err(|_| EvaluationError::new("a dimension is too large"));
        }
        let unknown = dimension.terms().flat_map(|(names, _)| names).find(|n| known(n).is_none());
        Err(match unknown {
            Some(name) => EvaluationError(format!("the dimension `{name}` has no size")),
            None => EvaluationError(format!("the dimension {dimension} is negative for these sizes")),
        })
    }

    fn shape(&self, id: Id) -> Result<Vec<usize>> {
        let shape: Vec<usize> = self.graph.dims(id).iter().map(|d| self.size(*d)).collect::<Result<_>>()?;
        entries(&shape)?;
        Ok(shape)
    }

    fn given(&self, id: Id, value: &Array<N>) -> Result<Array<N>> {
        let wanted = self.shape(id)?;
        if value.shape == wanted && value.data.len() == entries(&wanted)? {
            return Ok(value.clone());
        }
        let name = self.graph.symbol_name(id);
        let dims = self.graph.shape_text(self.graph.dims(id));
        Err(EvaluationError(format!(
            "`{name}` has the shape {dims}, here {wanted:?}; the value has the shape {:?}",
            value.shape
        )))
    }

    fn node(&self, id: Id, get: &dyn Fn(Id) -> Result<Rc<Array<N>>>) -> Result<Array<N>> {
        match self.graph.node(id) {
            Node::Number(n) => Ok(Array::scalar(self.like.exact(n))),
            Node::Constant(Constant::Pi) => Ok(Array::scalar(self.like.pi())),
            Node::Constant(Constant::E) => Ok(Array::scalar(self.like.one().exp())),
            Node::Symbol(s) if s.role == Role::Dimension => {
                let known = self.sizes.iter().find(|(n, _)| *n == s.name);
                let size = known.ok_or_else(|| EvaluationError(format!("the dimension `{}` has no size", s.name)))?.1;
                Ok(Array::scalar(self.like.ratio(size as i64, 1)))
            }
            Node::Symbol(s) => Err(EvaluationError(format!("`{}` has no value", s.name))),
            Node::Sum(terms) => self.sum(id, terms, get),
            Node::Contraction(factors, labels) => self.contraction(id, factors, labels, get),
            Node::Map(Primitive::Pow, &[base, exponent]) => {
                let (b, e) = (get(base)?, get(exponent)?);
                self.elementwise(id, &[b, e], |v| power_of(self.graph, &v[0], exponent, &v[1]))
            }
            Node::Map(primitive, args) => {
                let values = args.iter().map(|a| get(*a)).collect::<Result<Vec<_>>>()?;
                self.elementwise(id, &values, |v| primitive.evaluate(v))
            }
            Node::Operation(Operation::Scan(scan), args) => {
                let values = args.iter().map(|a| get(*a)).collect::<Result<Vec<_>>>()?;
                self.scan(scan, &values)
            }
            Node::Operation(operation, args) => {
                let values = args.iter().map(|a| get(*a)).collect::<Result<Vec<_>>>()?;
                let values: Vec<&Array<N>> = values.iter().map(|v| &**v).collect();
                operation.evaluate(&values, &self.shape(id)?).map_err(EvaluationError)
            }
        }
    }

    /// A function of the entries; scalars stand for all entries.
    fn elementwise(&self, id: Id, args: &[Rc<Array<N>>], f: impl Fn(&[N]) -> N) -> Result<Array<N>> {
        let shape = self.shape(id)?;
        let count = entries(&shape)?;
        let mut buffer: Vec<N> = Vec::with_capacity(args.len());
        let mut data = Vec::with_capacity(count);
        for k in 0..count {
            buffer.clear();
            buffer.extend(args.iter().map(|a| a.data[if a.shape.is_empty() { 0 } else { k }].clone()));
            data.push(f(&buffer));
        }
        Ok(Array { shape, data })
    }

    fn sum(&self, id: Id, terms: &[Term], get: &dyn Fn(Id) -> Result<Rc<Array<N>>>) -> Result<Array<N>> {
        let values = terms.iter().map(|t| get(t.node)).collect::<Result<Vec<_>>>()?;
        let shape = self.shape(id)?;
        let count = entries(&shape)?;
        let mut total: Vec<N> = Vec::with_capacity(count);
        for (k, (t, value)) in terms.iter().zip(&values).enumerate() {
            // A coefficient of 0 makes zeros of any shape, whatever stands behind it.
            let scaled = |x: &N| if t.coefficient.is_zero() { x.ratio(0, 1) } else { crate::term(t, x) };
            let at = |j: usize| &value.data[if value.shape.is_empty() { 0 } else { j }];
            if k == 0 {
                total.extend((0..count).map(|j| scaled(at(j))));
            } else {
                total.iter_mut().enumerate().for_each(|(j, sum)| *sum = sum.clone() + scaled(at(j)));
            }
        }
        Ok(Array { shape, data: total })
    }

    fn contraction(
        &self,
        id: Id,
        factors: &[Id],
        labels: wrt_core::LabelsId,
        get: &dyn Fn(Id) -> Result<Rc<Array<N>>>,
    ) -> Result<Array<N>> {
        let labels = self.graph.labels(labels);
        let values = factors.iter().map(|f| get(*f)).collect::<Result<Vec<_>>>()?;
        if labels.is_scalar() {
            let numbers: Vec<N> = values.iter().map(|v| v.data[0].clone()).collect();
            let product = numbers.into_iter().reduce(|a, b| a * b).unwrap_or_else(|| self.like.one());
            return Ok(Array::scalar(product));
        }
        let sizes = labels.dims.iter().map(|d| self.size(*d)).collect::<Result<Vec<_>>>()?;
        entries(&self.shape(id)?)?;
        let operands: Vec<(Rc<Array<N>>, Vec<u8>)> =
            values.into_iter().zip(&labels.factors).map(|(v, l)| (v, l.clone())).collect();
        contract(operands, &labels.output, &sizes, self.like)
    }

    fn scan(&self, scan: &Scan, args: &[Rc<Array<N>>]) -> Result<Array<N>> {
        let step = &scan.step;
        let (states, slices, captures) = step.inputs();
        let (news, outputs) = step.results();
        let mut current: Vec<Array<N>> = args[..states.len()].iter().map(|a| (**a).clone()).collect();
        let over = &args[states.len()..states.len() + slices.len()];
        let fixed: Vec<(Id, Array<N>)> =
            captures.iter().zip(&args[states.len() + slices.len()..]).map(|(id, a)| (*id, (**a).clone())).collect();
        let length = over.first().and_then(|a| a.shape.first()).copied().unwrap_or(0);
        let wanted = scan.result.checked_sub(states.len()).map(|k| outputs[k]);
        let roots: Vec<Id> = news.iter().copied().chain(wanted).collect();
        let (sizes, like, bytes) = (self.sizes, self.like, Cell::new(self.bytes.get()));
        let inner = Evaluation { graph: step.graph(), sizes, like, bytes };
        let mut stacked: Vec<Option<Array<N>>> = vec![None; length];
        for k in 0..length {
            let t = if scan.backward { length - 1 - k } else { k };
            let mut at = fixed.clone();
            at.extend(states.iter().copied().zip(current.iter().cloned()));
            at.extend(slices.iter().copied().zip(over.iter().map(|a| row(a, t))));
            let mut values = inner.roots(&roots, &at)?;
            if wanted.is_some() {
                stacked[t] = values.pop();
            }
            current = values;
        }
        if wanted.is_none() {
            return Ok(current.swap_remove(scan.result));
        }
        let parts: Vec<Array<N>> = stacked.into_iter().flatten().collect();
        let Some(first) = parts.first() else { return Err(EvaluationError::new("scan goes along an empty axis")) };
        let shape = [&[length], &first.shape[..]].concat();
        Ok(Array { shape, data: parts.into_iter().flat_map(|a| a.data).collect() })
    }
}

fn row<N: Clone>(a: &Array<N>, t: usize) -> Array<N> {
    let shape = a.shape[1..].to_vec();
    let n: usize = shape.iter().product();
    Array { shape, data: a.data[t * n..(t + 1) * n].to_vec() }
}

/// What one entry takes; numbers that own memory have it elsewhere too.
const fn entry_bytes<N>() -> usize {
    let own = size_of::<N>();
    if own <= 16 { own } else { own + 64 }
}

fn missing() -> EvaluationError {
    EvaluationError::new("a value was needed that is not there")
}

/// The number of entries, if it is not too large.
pub(crate) fn entries(shape: &[usize]) -> Result<usize> {
    let count = shape.iter().try_fold(1usize, |a, b| a.checked_mul(*b)).filter(|n| *n <= MAX_ENTRIES);
    count.ok_or_else(|| {
        EvaluationError(format!("an array of shape {shape:?} is too large: at most {MAX_ENTRIES} entries"))
    })
}
