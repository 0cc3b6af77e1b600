//! Constructors for tensors: dimensions, contractions, operations.

use std::fmt;

use crate::graph::{Assumptions, Graph, Id, Node, Role, Term};
use crate::number::Number;
use crate::shape::{Dim, Dimension, Labels, LabelsId, ShapeId};
use crate::table::Operation;

/// Why values don't go together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ShapeError {
    /// Two dimensions that must be equal: which argument has which.
    Dims {
        /// The arguments, by position.
        arguments: [usize; 2],
        /// Their dimensions.
        dims: [Dim; 2],
    },
    /// Anything else, in words.
    Words(String),
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // What the dimensions are called, the graph knows.
            ShapeError::Dims { arguments: [a, b], .. } => {
                write!(f, "dimensions of arguments {} and {} differ", a + 1, b + 1)
            }
            ShapeError::Words(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for ShapeError {}

impl From<String> for ShapeError {
    fn from(words: String) -> ShapeError {
        ShapeError::Words(words)
    }
}

impl From<&str> for ShapeError {
    fn from(words: &str) -> ShapeError {
        ShapeError::Words(words.into())
    }
}

/// Dimensions.
impl Graph {
    /// The handle of a dimension.
    pub fn dim(&mut self, dimension: Dimension) -> Dim {
        Dim(self.dimensions.intern(dimension))
    }

    /// A fixed size.
    pub fn dim_size(&mut self, size: u64) -> Dim {
        self.dim(Dimension::size(size))
    }

    /// A named size.
    pub fn dim_name(&mut self, name: &str) -> Dim {
        self.dim(Dimension::name(name))
    }

    /// Has an axis of the graph had this size?
    pub fn has_dimension(&self, dimension: &Dimension) -> bool {
        self.dimensions.contains(dimension)
    }

    /// `a + b`
    pub fn dim_add(&mut self, a: Dim, b: Dim) -> Dim {
        let sum = self.dimension(a).add(self.dimension(b));
        self.dim(sum)
    }

    /// `a - b`
    pub fn dim_sub(&mut self, a: Dim, b: Dim) -> Dim {
        let difference = self.dimension(a).sub(self.dimension(b));
        self.dim(difference)
    }

    /// `a * b`
    pub fn dim_mul(&mut self, a: Dim, b: Dim) -> Dim {
        let product = self.dimension(a).mul(self.dimension(b));
        self.dim(product)
    }

    /// A dimension as a number: a literal, or a formula of positive integer symbols named like it.
    pub fn dim_node(&mut self, dim: Dim) -> Id {
        let dimension = self.dimension(dim).clone();
        let positive = Assumptions { integer: true, ..Assumptions::positive() };
        let mut terms = Vec::new();
        for (names, coefficient) in dimension.terms() {
            let factors: Vec<Id> =
                names.iter().map(|n| self.tensor_symbol(n, Role::Dimension, &[], positive.clone())).collect();
            let product = self.product(&factors);
            terms.push(Term::new(Number::integer(coefficient), product));
        }
        // Names before the constant: `n - 1`.
        terms.reverse();
        self.sum(&terms)
    }

    pub(crate) fn shape_of(&mut self, dims: &[Dim]) -> ShapeId {
        if dims.is_empty() { ShapeId::SCALAR } else { ShapeId(self.shapes.intern(dims.into()) + 1) }
    }
}

/// Products are looked into so deep for literals that did not fold.
const MAX_NESTED: usize = 4;

/// Contractions.
impl Graph {
    /// The product of factors at axis labels, summed over the labels that the output lacks.
    ///
    /// `dims[l]` is the dimension of label `l`. Literals become the coefficient of a sum, unless that were too large;
    /// nothing else is rewritten.
    ///
    /// ```
    /// use wrt_core::{Assumptions, Graph, Role};
    /// let mut g = Graph::new();
    /// let (m, n) = (g.dim_name("m"), g.dim_name("n"));
    /// let a = g.tensor_symbol("A", Role::Data, &[m, n], Assumptions::default());
    /// let transposed = g.einsum(&[a], &[&[0, 1]], &[1, 0], &[m, n]);
    /// assert_eq!(g.dims(transposed), [n, m]);
    /// ```
    pub fn einsum(&mut self, factors: &[Id], labels: &[&[u8]], output: &[u8], dims: &[Dim]) -> Id {
        let literal = self.literal(factors);
        let (folds, coefficient) = (literal.is_some(), literal.unwrap_or(Number::ONE));
        let (mut kept, mut own) = (Vec::with_capacity(factors.len()), Vec::with_capacity(factors.len()));
        for (&f, l) in factors.iter().zip(labels) {
            debug_assert!(l.len() == self.rank(f) && l.iter().zip(self.dims(f)).all(|(l, d)| dims[*l as usize] == *d));
            if !folds || self.as_number(f).is_none() {
                kept.push(f);
                own.push(l.to_vec());
            }
        }
        let labels = canonical(Labels { dims: dims.to_vec(), output: output.to_vec(), factors: own });
        let node = self.labelled(&kept, labels);
        match (coefficient.is_one(), node) {
            (true, Some(node)) => node,
            (false, Some(node)) => self.sum(&[Term::new(coefficient, node)]),
            (_, None) => self.number(coefficient),
        }
    }

    /// The product of the literals among factors, unless it were too large. All or none, here and in products within: which
    /// of them fit together would depend on their order, and that on how they are printed.
    pub(crate) fn literal(&self, factors: &[Id]) -> Option<Number> {
        let mut literals = factors.iter().filter_map(|f| self.as_number(*f));
        let product = literals.try_fold(Number::ONE, |product, n| product.checked_mul(n))?;
        let unit = product.abs().is_one();
        (unit || !factors.iter().any(|f| self.has_literals(*f, MAX_NESTED))).then_some(product)
    }

    /// Is it a product with literals among its factors, which did not fold?
    fn has_literals(&self, id: Id, depth: usize) -> bool {
        let below = |id: Id| self.as_number(id).is_some() || self.has_literals(id, depth - 1);
        match self.node(id) {
            Node::Contraction(factors, _) if depth > 0 => factors.iter().any(|f| below(*f)),
            _ => false,
        }
    }

    /// None for the empty product of scalars.
    fn labelled(&mut self, factors: &[Id], labels: Labels) -> Option<Id> {
        if let [single] = *factors
            && labels.output == labels.factors[0]
            && labels.dims.len() == labels.output.len()
        {
            return Some(single);
        }
        if labels.is_scalar() {
            return (!factors.is_empty()).then(|| self.product(factors));
        }
        let shape: Vec<Dim> = labels.output.iter().map(|l| labels.dims[*l as usize]).collect();
        let shape = self.shape_of(&shape);
        let labels = LabelsId(self.labels.intern(labels) + 1);
        Some(self.contraction(factors, labels, shape))
    }

    /// The elementwise product, trailing axes aligned; the axes that meet must be equal.
    pub fn elementwise(&mut self, factors: &[Id]) -> Id {
        if factors.iter().all(|f| self.is_scalar(*f)) {
            return self.product(factors);
        }
        let widest = factors.iter().copied().max_by_key(|f| self.rank(*f)).unwrap_or(factors[0]);
        let dims = self.dims(widest).to_vec();
        let all: Vec<u8> = (0..dims.len() as u8).collect();
        let labels: Vec<&[u8]> = factors.iter().map(|f| &all[dims.len() - self.rank(*f)..]).collect();
        self.einsum(factors, &labels, &all, &dims)
    }

    /// The same value along new leading axes, trailing axes aligned.
    pub fn broadcast(&mut self, id: Id, dims: &[Dim]) -> Id {
        let all: Vec<u8> = (0..dims.len() as u8).collect();
        let own = &all[dims.len() - self.rank(id)..];
        self.einsum(&[id], &[own], &all, dims)
    }

    /// A tensor of ones.
    pub fn ones(&mut self, dims: &[Dim]) -> Id {
        let all: Vec<u8> = (0..dims.len() as u8).collect();
        self.einsum(&[], &[], &all, dims)
    }

    /// A tensor of zeros.
    pub fn zeros(&mut self, dims: &[Dim]) -> Id {
        let ones = self.ones(dims);
        self.sum(&[Term::new(Number::ZERO, ones)])
    }

    /// δ: ones where the first axes agree with the last ones, `dims` twice.
    pub fn identity(&mut self, dims: &[Dim]) -> Id {
        let all: Vec<u8> = (0..dims.len() as u8).collect();
        let twice = [&all[..], &all[..]].concat();
        self.einsum(&[], &[], &twice, dims)
    }

    /// The axes in another order: axis `k` of the result is axis `order[k]` of `id`.
    pub fn permute(&mut self, id: Id, order: &[usize]) -> Id {
        let dims = self.dims(id).to_vec();
        let own: Vec<u8> = (0..dims.len() as u8).collect();
        let output: Vec<u8> = order.iter().map(|k| *k as u8).collect();
        self.einsum(&[id], &[&own], &output, &dims)
    }

    /// What a node is the transpose of, in its last two axes.
    pub fn transposed_from(&self, id: Id) -> Option<Id> {
        let Node::Contraction(&[single], labels) = self.node(id) else { return None };
        let labels = self.labels(labels);
        let (own, output) = (labels.factors.first()?, &labels.output);
        let ([lead @ .., a, b], [same @ .., c, d]) = (&own[..], &output[..]) else { return None };
        let distinct = (1..own.len()).all(|k| !own[..k].contains(&own[k]));
        (distinct && lead == same && (a, b) == (d, c)).then_some(single)
    }

    /// The transpose in the last two axes; of a transpose what that is of.
    pub fn transposed(&mut self, id: Id) -> Id {
        let rank = self.rank(id);
        let mut order: Vec<usize> = (0..rank).collect();
        if rank >= 2 {
            order.swap(rank - 2, rank - 1);
        }
        self.transposed_from(id).unwrap_or_else(|| self.permute(id, &order))
    }

    /// Is it a matrix that equals its transpose, by what is known of its children?
    pub(crate) fn is_symmetric_by_parts(&self, id: Id) -> bool {
        if self.rank(id) != 2 || self.dims(id)[0] != self.dims(id)[1] {
            return false;
        }
        match self.node(id) {
            Node::Symbol(s) => s.assumptions.symmetric,
            Node::Sum(terms) => terms.iter().all(|t| self.is_scalar(t.node) || self.is_symmetric(t.node)),
            Node::Map(_, args) => args.iter().all(|a| self.is_scalar(*a) || self.is_symmetric(*a)),
            Node::Operation(operation, args) => {
                operation.keeps_symmetry() && args.iter().all(|a| self.is_symmetric(*a))
            }
            Node::Contraction(factors, labels) => self.is_turned_into_itself(factors, self.labels(labels)),
            Node::Number(_) | Node::Constant(_) => false,
        }
    }

    /// A factor at labels without the permutations of its axes.
    fn without_permutation(&self, mut id: Id, labels: &[u8]) -> (Id, Vec<u8>) {
        let mut own = labels.to_vec();
        while let Node::Contraction(&[single], spec) = self.node(id) {
            let spec = self.labels(spec);
            let distinct = (1..spec.output.len()).all(|k| !spec.output[..k].contains(&spec.output[k]));
            if spec.dims.len() != spec.output.len() || !distinct {
                break;
            }
            let place = |l: &u8| spec.output.iter().position(|o| o == l).map(|k| own[k]);
            let Some(inner) = spec.factors[0].iter().map(place).collect::<Option<Vec<u8>>>() else { break };
            if inner.len() != own.len() {
                break;
            }
            (id, own) = (single, inner);
        }
        (id, own)
    }

    /// Is the product of factors the same with its two output labels exchanged, as that of X' and X is?
    fn is_turned_into_itself(&self, factors: &[Id], labels: &Labels) -> bool {
        /// Products of more factors are not looked at: each pairing is tried.
        const MAX_SUMMED: usize = 4;
        let [a, b] = labels.output[..] else { return false };
        if a == b {
            return true;
        }
        let summed: Vec<u8> = (0..labels.dims.len() as u8).filter(|l| labels.is_summed(*l)).collect();
        if summed.len() > MAX_SUMMED {
            return false;
        }
        // What each label becomes, in every order of the summed ones.
        let orders = Labels::orders(&summed);
        let own: Vec<(Id, Vec<u8>)> =
            factors.iter().zip(&labels.factors).map(|(f, list)| self.without_permutation(*f, list)).collect();
        let sorted = |rename: &dyn Fn(u8) -> u8| {
            let renamed = |(id, list): &(Id, Vec<u8>)| {
                let mut list: Vec<u8> = list.iter().map(|l| rename(*l)).collect();
                // The axes of a symmetric factor have no order.
                if list.len() == 2 && self.is_symmetric(*id) {
                    list.sort_unstable();
                }
                (*id, list)
            };
            let mut all: Vec<(Id, Vec<u8>)> = own.iter().map(renamed).collect();
            all.sort();
            all
        };
        let plain = sorted(&|l| l);
        orders.iter().any(|order| {
            let rename = |l: u8| match summed.iter().position(|s| *s == l) {
                Some(k) => order[k],
                None if l == a => b,
                None if l == b => a,
                None => l,
            };
            summed.iter().zip(order).all(|(s, o)| labels.dims[*s as usize] == labels.dims[*o as usize])
                && sorted(&rename) == plain
        })
    }

    /// The sum over some axes.
    pub fn sum_over(&mut self, id: Id, axes: &[usize]) -> Id {
        let dims = self.dims(id).to_vec();
        let own: Vec<u8> = (0..dims.len() as u8).collect();
        let output: Vec<u8> = own.iter().copied().filter(|l| !axes.contains(&(*l as usize))).collect();
        self.einsum(&[id], &[&own], &output, &dims)
    }

    /// The same contraction of other factors with the same shapes.
    pub(crate) fn relabelled(&mut self, factors: &[Id], labels: LabelsId) -> Id {
        let labels = self.labels(labels).clone();
        let own: Vec<&[u8]> = labels.factors.iter().map(Vec::as_slice).collect();
        self.einsum(factors, &own, &labels.output, &labels.dims)
    }
}

/// Labels numbered by first occurrence: the output's, each factor's, then those that occur nowhere.
fn canonical(labels: Labels) -> Labels {
    let Labels { dims, output, factors } = labels;
    let mut new = vec![u8::MAX; dims.len()];
    let mut renumbered = Vec::with_capacity(dims.len());
    let occurring = output.iter().chain(factors.iter().flatten()).copied();
    for label in occurring.chain(0..dims.len() as u8) {
        let slot = &mut new[label as usize];
        if *slot == u8::MAX {
            *slot = renumbered.len() as u8;
            renumbered.push(dims[label as usize]);
        }
    }
    let map = |list: &[u8]| list.iter().map(|l| new[*l as usize]).collect::<Vec<u8>>();
    Labels { output: map(&output), factors: factors.iter().map(|f| map(f)).collect(), dims: renumbered }
}

/// Operations.
impl Graph {
    /// An operation on the trailing axes of its arguments.
    ///
    /// # Errors
    /// If the shapes don't fit it.
    pub fn operation(&mut self, operation: impl Into<Operation>, args: &[Id]) -> Result<Id, ShapeError> {
        let operation = operation.into();
        let shapes: Vec<Vec<Dim>> = args.iter().map(|a| self.dims(*a).to_vec()).collect();
        let dims = operation.shape(self, &shapes)?;
        let shape = self.shape_of(&dims);
        Ok(self.push_operation(operation, args, shape))
    }

    /// An operation whose shape is known.
    pub fn operation_as(&mut self, operation: Operation, args: &[Id], dims: &[Dim]) -> Id {
        let shape = self.shape_of(dims);
        self.push_operation(operation, args, shape)
    }

    /// The node as it stands, with other arguments of the same shapes.
    pub(crate) fn same_operation(&mut self, id: Id, args: &[Id]) -> Id {
        let shape = self.shape(id);
        match self.node(id) {
            Node::Operation(operation, _) => {
                let operation = operation.clone();
                self.push_operation(operation, args, shape)
            }
            _ => id,
        }
    }
}
