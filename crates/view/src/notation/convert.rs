//! From nodes to notation: what kind of node is written where, each once.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use wrt_core::{Dim, Graph, Id, Node, Number, Primitive};

use super::TENSORS;
use super::scan::Functions;
use super::tree::{Expression, Expressions, Function, Notation};
use crate::bindings::Own;
use crate::form::Form;

/// A node in matrix notation.
#[derive(Clone, Debug)]
pub(super) struct Converted {
    /// Which of the node's axes the expression has; along the others it is constant.
    pub(super) covered: Vec<bool>,
    pub(super) natural: Expression,
    /// With its two axes exchanged, where it has two. Both are kept, as `(A @ B)'` is shorter as `B' @ A'` in one place and
    /// as it stands in another, which only the node above knows.
    pub(super) transposed: Expression,
}

impl Converted {
    pub(super) fn scalar(e: Expression, rank: usize) -> Converted {
        Converted { covered: vec![false; rank], natural: e, transposed: e }
    }

    pub(super) fn axes(&self) -> Vec<usize> {
        (0..self.covered.len()).filter(|k| self.covered[*k]).collect()
    }
}

/// Writes the nodes of a graph in one form.
pub(super) struct Converter<'g> {
    pub(super) graph: &'g Graph,
    pub(super) form: Form,
    pub(super) list: Expressions,
    /// The nodes that are written by name.
    pub(super) bindings: &'g HashMap<Id, String>,
    /// The node whose definition is being written.
    pub(super) root: Id,
    /// The bound nodes that were used.
    pub(super) used: RefCell<Vec<Id>>,
    /// Nodes without notation that would have to be bound.
    pub(super) wanted: Vec<Id>,
    /// The names of functions.
    pub(super) functions: &'g Functions,
    /// The person's functions that scans go through, and other names of nodes.
    pub(super) lines: Vec<super::Function>,
    /// What has no notation in this form.
    pub(super) missing: Option<&'static str>,
    memo: HashMap<Id, Option<Converted>>,
    /// The names of indices, none of which occurs in the formula.
    pub(super) indices: Vec<String>,
    own: Own,
    /// Of what the person wrote roots, once that was asked.
    roots: Option<HashSet<Id>>,
}

impl<'g> Converter<'g> {
    pub(super) fn new(
        graph: &'g Graph,
        form: Form,
        bindings: &'g HashMap<Id, String>,
        functions: &'g Functions,
        root: Id,
        indices: Vec<String>,
        own: Own,
    ) -> Converter<'g> {
        let list = Expressions::new(form.is_code(), root.index() < own.written);
        let (used, wanted, memo) = (RefCell::default(), Vec::new(), HashMap::new());
        let (lines, missing) = (Vec::new(), None);
        let roots = None;
        Converter {
            graph,
            form,
            list,
            bindings,
            root,
            used,
            wanted,
            functions,
            lines,
            missing,
            memo,
            indices,
            own,
            roots,
        }
    }

    /// The name of a bound node.
    pub(super) fn bound(&self, id: Id) -> Option<&'g str> {
        let name = self.bindings.get(&id).filter(|_| id != self.root)?;
        self.used.borrow_mut().push(id);
        Some(name)
    }

    /// A node in matrix notation; none where there is none. Bindings limit the depth of the recursion.
    pub(super) fn convert(&mut self, id: Id) -> Option<Converted> {
        if let Some(known) = self.memo.get(&id) {
            return known.clone();
        }
        let mut converted = self.fresh(id);
        if let Some(c) = converted.as_mut().filter(|c| c.covered == [true, true] && self.graph.is_symmetric(id)) {
            let cheaper = self.list.cost(c.transposed) < self.list.cost(c.natural);
            let e = if cheaper { c.transposed } else { c.natural };
            (c.natural, c.transposed) = (e, e);
            self.list.symmetric.insert(e);
        }
        self.memo.insert(id, converted.clone());
        converted
    }

    /// A node with all its axes.
    pub(super) fn full(&mut self, id: Id) -> Option<Expression> {
        let converted = self.convert(id)?;
        self.filled(&converted, id).map(|both| both.0)
    }

    /// Notes that a node has axes, or is made of what has, where the form has no arrays.
    pub(super) fn has_no_form(&mut self, id: Id) -> bool {
        let refused = !self.form.has_tensors() && self.graph.is_tensor(id);
        if refused {
            self.missing = Some(TENSORS);
        }
        refused
    }

    fn fresh(&mut self, id: Id) -> Option<Converted> {
        if self.has_no_form(id) {
            return None;
        }
        let rank = self.graph.rank(id);
        if let Some(recursion) = self.recursion_of(id) {
            return self.recursion_result(id, &recursion);
        }
        if let Some(name) = self.bound(id) {
            let e = self.list.name(name, rank);
            return Some(self.all(e, rank));
        }
        match self.graph.node(id) {
            Node::Number(n) => Some(Converted::scalar(self.list.number(n.clone()), 0)),
            Node::Constant(c) => Some(Converted::scalar(self.list.intern(Notation::Constant(c), 0), 0)),
            Node::Symbol(s) => {
                let e = self.list.name(&s.name, rank);
                Some(self.all(e, rank))
            }
            Node::Sum([_]) | Node::Contraction(..) if rank == 0 && !self.graph.is_tensor(id) => {
                let e = self.scalars(id, &mut |converter, factor| converter.convert(factor).map(|c| c.natural))?;
                Some(Converted::scalar(e, 0))
            }
            Node::Sum(terms) => {
                let sum = self.sum(terms, rank);
                if let Some(own) = sum.as_ref().filter(|_| id.index() < self.own.written) {
                    self.list.own.extend([own.natural, own.transposed]);
                }
                sum
            }
            Node::Contraction(factors, labels) => {
                self.note_square(id, factors);
                self.contraction(id, factors, labels)
            }
            Node::Map(primitive, args) => self.map(primitive, args, rank),
            Node::Operation(operation, args) => self.operation(operation, args, rank),
        }
    }

    /// Notes that a square is written `x' @ x`, as the person has it and not its root, `norm2(x)`.
    fn note_square(&mut self, id: Id, factors: &[Id]) {
        let graph = self.graph;
        let &[x, y] = factors else { return };
        if x != y || graph.rank(x) != 1 || !graph.is_scalar(id) || id.index() >= self.own.written || !self.own.one_text
        {
            return;
        }
        let root = |id| match graph.node(id) {
            Node::Map(Primitive::Sqrt, &[base]) => Some(base),
            Node::Map(Primitive::Pow, &[base, e]) => graph.as_number(e).filter(|e| !e.is_integer()).map(|_| base),
            _ => None,
        };
        let all = (0..self.own.written).map(Id::from_index);
        if !self.roots.get_or_insert_with(|| all.filter_map(root).collect()).contains(&id)
            && let Some(vector) = self.convert(x)
        {
            self.list.squares.insert(vector.natural);
        }
    }

    /// An expression that has all axes.
    pub(super) fn all(&mut self, e: Expression, rank: usize) -> Converted {
        let transposed = if rank == 2 { self.list.transposed(e) } else { e };
        Converted { covered: vec![true; rank], natural: e, transposed }
    }

    /// Has it a value wherever its names have one?
    pub(super) fn is_defined_everywhere(&self, id: Id) -> bool {
        self.graph.reachable(&[id]).into_iter().all(|id| match self.graph.node(id) {
            Node::Map(Primitive::Pow, &[_, exponent]) => {
                self.graph.as_number(exponent).is_some_and(|e| e.is_integer() && !e.is_negative())
            }
            Node::Map(primitive, _) => primitive.is_defined_everywhere(),
            Node::Operation(operation, _) => operation.is_defined_everywhere(),
            _ => true,
        })
    }

    /// Zeros in the shape of an array along the axes that are covered, and in that of their transpose.
    pub(super) fn zeros(&mut self, id: Id, covered: &[bool]) -> Converted {
        let dims = self.graph.dims(id).iter().zip(covered).filter(|(_, c)| **c).map(|(d, _)| *d);
        let mut sizes: Vec<Expression> = dims.collect::<Vec<Dim>>().into_iter().map(|d| self.size(d)).collect();
        let rank = sizes.len();
        let natural = self.list.intern(Notation::Call(Function::Zeros, sizes.clone()), rank);
        if rank == 2 {
            sizes.reverse();
        }
        let transposed = self.list.intern(Notation::Call(Function::Zeros, sizes), rank);
        Converted { covered: covered.to_vec(), natural, transposed }
    }

    /// A dimension as an expression.
    pub(super) fn size(&mut self, dim: Dim) -> Expression {
        let dimension = self.graph.dimension(dim);
        let number = dimension.as_size().and_then(|n| i64::try_from(n).ok());
        match (number, dimension.as_name()) {
            (Some(n), _) => self.list.number(Number::integer(n)),
            (None, Some(name)) => self.list.name(name, 0),
            _ => {
                let text = dimension.to_string();
                self.polynomial(&text)
            }
        }
    }

    /// A dimension such as `m*n + 1`.
    pub(super) fn polynomial(&mut self, text: &str) -> Expression {
        let mut terms = Vec::new();
        for part in text.replace(" - ", " + -").split(" + ") {
            let (negative, part) = part.strip_prefix('-').map_or((false, part), |rest| (true, rest));
            let one = self.list.number(Number::ONE);
            let mut product = part.split('*').fold(one, |product, factor| {
                let factor = match Number::parse(factor) {
                    Ok(n) => self.list.number(n),
                    Err(_) => self.list.name(factor, 0),
                };
                self.list.elementwise(product, factor)
            });
            if negative {
                product = self.list.scaled(&Number::MINUS_ONE, product);
            }
            terms.push(product);
        }
        self.list.sum_as_is(terms)
    }

    /// An expression with all of its node's axes, in both orientations.
    pub(super) fn filled(&mut self, converted: &Converted, id: Id) -> Option<(Expression, Expression)> {
        let dims = self.graph.dims(id).to_vec();
        let (natural, transposed) = (converted.natural, converted.transposed);
        if converted.covered.iter().all(|c| *c) {
            return Some((natural, transposed));
        }
        let sizes: Vec<Expression> = dims.iter().map(|d| self.size(*d)).collect();
        let fill = |list: &mut Expressions, function, sizes: &[Expression]| {
            list.intern(Notation::Call(function, sizes.to_vec()), sizes.len())
        };
        let full = match converted.covered.as_slice() {
            _ if self.list.is_zero(natural) => fill(&mut self.list, Function::Zeros, &sizes),
            [false, true] => {
                let ones = fill(&mut self.list, Function::Ones, &sizes[..1]);
                self.list.outer(ones, natural)
            }
            [true, false] => {
                let ones = fill(&mut self.list, Function::Ones, &sizes[1..]);
                self.list.outer(natural, ones)
            }
            covered if is_suffix(covered) => {
                let ones = fill(&mut self.list, Function::Ones, &sizes);
                self.list.elementwise(natural, ones)
            }
            _ => return None,
        };
        let turned = if dims.len() == 2 { self.list.transposed(full) } else { full };
        Some((full, turned))
    }
}

pub(super) fn is_suffix(covered: &[bool]) -> bool {
    covered.iter().skip_while(|c| !**c).all(|c| *c)
}
