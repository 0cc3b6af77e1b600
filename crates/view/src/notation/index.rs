//! Index notation, which exists for everything: `sum[j](A[i,j]*B[j,k])`.

use wrt_core::{Id, Labels, LabelsId, Node, Number};

use super::convert::Converter;
use super::tree::{Expression, Function, Notation};

impl Converter<'_> {
    /// The entry of a node at these indices; `scope` holds the indices in use. Parts bound the depth of the recursion.
    ///
    /// None where an operation's argument must become a part first; it is among the `wanted`.
    pub(super) fn at(&mut self, id: Id, indices: &[Expression], scope: &mut Vec<Expression>) -> Option<Expression> {
        if self.has_no_form(id) {
            return None;
        }
        if let Some(name) = self.bound(id) {
            let e = self.list.name(name, indices.len());
            return Some(self.indexed(e, indices));
        }
        match self.graph.node(id) {
            Node::Number(n) => Some(self.list.number(n.clone())),
            Node::Constant(c) => Some(self.list.intern(Notation::Constant(c), 0)),
            Node::Symbol(s) => {
                let e = self.list.name(&s.name, indices.len());
                Some(self.indexed(e, indices))
            }
            Node::Sum([_]) | Node::Contraction(..) if !self.graph.is_tensor(id) => {
                self.scalars(id, &mut |converter, factor| converter.at(factor, &[], scope))
            }
            Node::Sum(terms) => {
                let terms = self.flat_terms(terms, indices.len());
                let mut list = Vec::with_capacity(terms.len());
                for t in terms {
                    let e = self.below(t.node, indices, scope)?;
                    list.push(self.list.scaled(&t.coefficient, e));
                }
                Some(self.list.sum_of(&list))
            }
            Node::Map(primitive, args) => {
                let mut list = Vec::with_capacity(args.len());
                for arg in args {
                    list.push(self.below(*arg, indices, scope)?);
                }
                Some(self.applied(primitive, &list))
            }
            Node::Contraction(factors, labels) => self.product_at(factors, labels, indices, scope),
            Node::Operation(..) => {
                let e = self.full(id)?;
                Some(self.indexed(e, indices))
            }
        }
    }

    /// A child of an elementwise node: it has the node's indices or none.
    fn below(&mut self, id: Id, indices: &[Expression], scope: &mut Vec<Expression>) -> Option<Expression> {
        let own = if self.graph.is_scalar(id) { &[] } else { indices };
        self.at(id, own, scope)
    }

    fn indexed(&mut self, e: Expression, indices: &[Expression]) -> Expression {
        if indices.is_empty() {
            return e;
        }
        let (indices, e) = match (self.list.notation(e), indices) {
            (Notation::Transposed(inner), &[i, j]) => (vec![j, i], *inner),
            _ => (indices.to_vec(), e),
        };
        self.list.intern(Notation::Indexed(e, indices), 0)
    }

    /// An index that is not in use.
    pub(super) fn fresh_index(&mut self, scope: &[Expression]) -> Expression {
        let mut k = 0;
        loop {
            let name = self.indices.get(k).cloned().unwrap_or_else(|| format!("i{k}"));
            let e = self.list.name(&name, 0);
            if !scope.contains(&e) {
                return e;
            }
            k += 1;
        }
    }

    fn product_at(
        &mut self,
        factors: &[Id],
        labels: LabelsId,
        indices: &[Expression],
        scope: &mut Vec<Expression>,
    ) -> Option<Expression> {
        let labels = self.graph.labels(labels);
        let outer = scope.len();
        let mut names: Vec<Option<Expression>> = vec![None; labels.dims.len()];
        let mut product = self.output_names(labels, indices, &mut names);
        for (l, name) in names.iter_mut().enumerate().filter(|(_, name)| name.is_none()) {
            if labels.factors.iter().any(|own| own.contains(&(l as u8))) {
                let fresh = self.fresh_index(scope);
                scope.push(fresh);
                *name = Some(fresh);
            } else {
                let size = self.size(labels.dims[l]);
                product = self.list.elementwise(product, size);
            }
        }
        for (factor, own) in factors.iter().zip(&labels.factors) {
            let own: Vec<Expression> = own.iter().filter_map(|l| names[*l as usize]).collect();
            product = self.times_entry(product, *factor, &own, scope)?;
        }
        // A product of scalars has no list of labels.
        for factor in factors.iter().skip(labels.factors.len()) {
            product = self.times_entry(product, *factor, &[], scope)?;
        }
        let mut summed = scope.split_off(outer);
        for (name, dim) in names.iter().zip(&labels.dims) {
            let Some(name) = name.filter(|name| summed.contains(name) && !self.mentions(product, *name)) else {
                continue;
            };
            // Nothing depends on the index: as many equal terms as the axis is long.
            summed.retain(|s| *s != name);
            let size = self.size(*dim);
            product = self.list.elementwise(product, size);
        }
        Some(self.summed_over(summed, product))
    }

    /// The product with one more factor, which may be a denominator.
    fn times_entry(
        &mut self,
        product: Expression,
        factor: Id,
        indices: &[Expression],
        scope: &mut Vec<Expression>,
    ) -> Option<Expression> {
        let (base, inverse) = self.denominator(factor);
        let e = self.below(base, indices, scope)?;
        Some(match inverse {
            Some(n) => {
                let power = self.list.power(e, &n);
                self.list.quotient(product, power)
            }
            None => self.list.elementwise(product, e),
        })
    }

    /// Names the output's labels; a repeated one is an entry of the identity.
    fn output_names(
        &mut self,
        labels: &Labels,
        indices: &[Expression],
        names: &mut [Option<Expression>],
    ) -> Expression {
        let mut product = self.list.number(Number::ONE);
        for (l, index) in labels.output.iter().zip(indices) {
            match names[*l as usize] {
                Some(first) if first != *index => {
                    let size = self.size(labels.dims[*l as usize]);
                    let eye = self.list.intern(Notation::Call(Function::Eye, vec![size]), 2);
                    let delta = self.list.intern(Notation::Indexed(eye, vec![first, *index]), 0);
                    product = self.list.elementwise(product, delta);
                }
                _ => names[*l as usize] = Some(*index),
            }
        }
        product
    }

    /// Is the index free in the expression?
    pub(super) fn mentions(&self, e: Expression, index: Expression) -> bool {
        let mut stack = vec![e];
        while let Some(e) = stack.pop() {
            if e == index {
                return true;
            }
            match self.list.notation(e) {
                Notation::Number(_) | Notation::Constant(_) | Notation::Name(_) => {}
                Notation::Sum(list)
                | Notation::Map(_, list)
                | Notation::Operation(_, _, list)
                | Notation::Call(_, list) => stack.extend(list),
                Notation::Product(p) => {
                    stack.extend(p.scalars.iter().chain(&p.below).chain(p.tensor.iter().map(|(_, e)| e)));
                }
                Notation::Transposed(e) | Notation::Column(e) => stack.push(*e),
                Notation::Power(a, b) => stack.extend([*a, *b]),
                Notation::Indexed(e, list) => {
                    stack.push(*e);
                    stack.extend(list);
                }
                // An index of the sum is another one, whatever it is called.
                Notation::SumOver(list, e) if !list.contains(&index) => stack.push(*e),
                Notation::SumOver(..) => {}
            }
        }
        false
    }

    fn summed_over(&mut self, mut summed: Vec<Expression>, product: Expression) -> Expression {
        if summed.is_empty() {
            return product;
        }
        let p = self.list.as_product(product);
        let mut inner = p.clone();
        inner.coefficient = Number::ONE;
        let mut inner = self.list.product(inner, 0);
        if let Notation::SumOver(more, deeper) = self.list.notation(inner).clone() {
            summed.extend(more);
            inner = deeper;
        }
        let sum = self.list.intern(Notation::SumOver(summed, inner), 0);
        self.list.scaled(&p.coefficient, sum)
    }
}
