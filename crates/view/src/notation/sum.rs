//! Sums: of arrays, a positive term first and what all terms share in front; of numbers, as the graph has them.

use std::collections::HashSet;

use smallvec::SmallVec;
use wrt_core::Number;

use super::tree::{Expression, Expressions, Function, Notation, Operator, Product};

/// Terms of longer sums are not compared with each other.
const MAX_COMPARED: usize = 16;

impl Expressions {
    /// A sum of terms as they stand, but a positive one first.
    pub(crate) fn sum_as_is(&mut self, mut terms: Vec<Expression>) -> Expression {
        // A negative term needs no sign of its own behind a positive one.
        if terms.first().is_some_and(|t| self.is_negative(*t))
            && let Some(positive) = terms.iter().position(|t| !self.is_negative(*t))
        {
            let first = terms.remove(positive);
            terms.insert(0, first);
        }
        self.in_order(terms)
    }

    /// A sum of terms as they stand.
    fn in_order(&mut self, terms: Vec<Expression>) -> Expression {
        if let [single] = terms.as_slice() {
            return *single;
        }
        let rank = terms.iter().map(|t| self.rank(*t)).max().unwrap_or(0);
        self.intern(Notation::Sum(terms), rank)
    }

    /// The shortest way to write a sum.
    pub(crate) fn sum_of(&mut self, terms: &[Expression]) -> Expression {
        let numeric = !terms.is_empty() && terms.iter().all(|t| self.is_numeric(*t));
        let mut flat = Vec::with_capacity(terms.len());
        for term in terms.iter().filter(|t| numeric || !self.is_zero(**t) || terms.len() == 1) {
            match self.notation(*term) {
                Notation::Sum(inner) => flat.extend_from_slice(inner),
                _ => flat.push(*term),
            }
        }
        if flat.is_empty() {
            return self.number(Number::ZERO);
        }
        if numeric {
            return self.in_order(flat);
        }
        if self.as_written {
            return self.sum_as_is(flat);
        }
        self.join_twins(&mut flat);
        if !self.code {
            self.open_outer(&mut flat);
        }
        let plain = self.in_order(flat.clone());
        match self.factored(&flat) {
            Some(factored) if self.cost(factored) < self.cost(plain) => factored,
            _ => plain,
        }
    }

    /// `A @ M @ A' - outer(A @ x, A @ x)` is `A @ (M - outer(x, x)) @ A'`.
    fn open_outer(&mut self, terms: &mut [Expression]) {
        let [a, b] = *terms else { return };
        for (pair, other) in [(a, b), (b, a)] {
            let Some((p, first, last, inner)) = self.outer_of_products(pair) else { continue };
            let Some(q) = self.within_ends(other, first, last) else { continue };
            for (term, (p, inner)) in [(pair, (p, inner)), (other, q)] {
                let opened = self.between(first, inner, last);
                let bare = Product { tensor: self.as_product(opened).tensor, ..p };
                let opened = self.product(bare, 2);
                terms.iter_mut().filter(|t| **t == term).for_each(|t| *t = opened);
            }
            return;
        }
    }

    /// Of `k*outer(A @ x, B @ y)` what stands before it, `A`, `B`, and `outer(x, y)`.
    fn outer_of_products(&mut self, e: Expression) -> Option<(Product, Expression, Expression, Expression)> {
        let p = self.as_product(e);
        let [(_, call)] = p.tensor[..] else { return None };
        let Notation::Call(Function::Outer, args) = self.notation(call) else { return None };
        let (x, y) = (args[0], args[1]);
        let ((first, x), (last, y)) = self.first_matrix(x).zip(self.first_matrix(y))?;
        Some((p, first, last, self.pair(x, y)))
    }

    /// Of `k*A @ M @ B'` what stands before it and `M`; columns that are scaled are those of a diagonal matrix.
    fn within_ends(&mut self, e: Expression, first: Expression, last: Expression) -> Option<(Product, Expression)> {
        let p = self.as_product(e);
        let turned = self.transposed(last);
        let ((_, end), rest) = p.tensor.split_last().filter(|(_, rest)| !rest.is_empty())?;
        let matrices = p.tensor[1..].iter().all(|(o, _)| *o == Operator::Matmul);
        if !matrices || *end != turned {
            return None;
        }
        let mut between = rest[1..].to_vec();
        if rest[0].1 != first {
            let scaled = self.as_product(rest[0].1);
            let vector = match scaled.tensor[..] {
                [(_, matrix), (Operator::Times, v)] if matrix == first && self.rank(v) == 1 => v,
                [(_, v), (Operator::Times, matrix)] if matrix == first && self.rank(v) == 1 => v,
                _ => return None,
            };
            if (Product { tensor: Vec::new(), ..scaled }) != Product::one() {
                return None;
            }
            between.insert(0, (Operator::Times, self.linear(Function::Diagonal, vector, 2)));
        }
        between.first_mut()?.0 = Operator::Times;
        let inner = self.chain(between, 2);
        Some((p, inner))
    }

    /// `x + x - y` is `2*x - y`: what differs in the graph may be written alike.
    fn join_equals(&mut self, terms: &mut Vec<Expression>) {
        let mut k = 0;
        while k < terms.len() && terms.len() <= MAX_COMPARED {
            let bare = |list: &mut Self, e: Expression| {
                let p = list.as_product(e);
                (p.coefficient.clone(), Product { coefficient: Number::ONE, ..p })
            };
            let (own, product) = bare(self, terms[k]);
            let equal = (k + 1..terms.len()).find_map(|j| {
                let (other, same) = bare(self, terms[j]);
                // Zeros have a shape, which a sum of nothing has not.
                (same == product && !(&own + &other).is_zero()).then_some((j, other))
            });
            let Some((j, other)) = equal else {
                k += 1;
                continue;
            };
            let rank = self.rank(terms[k]).max(self.rank(terms[j]));
            terms.remove(j);
            terms[k] = self.product(Product { coefficient: &own + &other, ..product }, rank);
        }
    }

    /// `A' @ x + b + A @ x` is `(A + A') @ x + b`.
    fn join_twins(&mut self, terms: &mut Vec<Expression>) {
        let mut k = 0;
        while k < terms.len() && terms.len() <= MAX_COMPARED {
            let twin = (k + 1..terms.len()).find(|j| self.are_twins(terms[k], terms[*j]));
            if let Some(j) = twin {
                if self.turns(terms[k]) > self.turns(terms[j]) {
                    terms.swap(k, j);
                }
                let pair = [terms[k], terms[j]];
                if let Some(joined) = self.factored(&pair).filter(|_| terms.len() > 2) {
                    terms[k] = joined;
                    terms.remove(j);
                }
            }
            k += 1;
        }
    }

    /// Are they the same, but that the first matrix of one is turned?
    fn are_twins(&mut self, a: Expression, b: Expression) -> bool {
        let (mut p, mut q) = (self.as_product(a), self.as_product(b));
        let (Some(first), Some(second)) = (p.tensor.first().copied(), q.tensor.first().copied()) else { return false };
        let turned = |list: &Self, e: Expression, of: Expression| *list.notation(e) == Notation::Transposed(of);
        if !turned(self, first.1, second.1) && !turned(self, second.1, first.1) {
            return false;
        }
        p.tensor.remove(0);
        q.tensor.remove(0);
        p == q
    }

    /// How many matrices of a product are turned.
    fn turns(&mut self, e: Expression) -> usize {
        let p = self.as_product(e);
        p.tensor.iter().filter(|(_, e)| matches!(self.notation(*e), Notation::Transposed(_))).count()
    }

    /// Has each term names that no other has, and is one of them a product of matrices? Such terms mean something each,
    /// as a cost and its penalty.
    fn mean_something_each(&self, terms: &[Expression]) -> bool {
        let matrices = |e: &Expression| match self.notation(*e) {
            Notation::Product(p) => p.tensor.iter().any(|(o, _)| *o == Operator::Matmul),
            _ => false,
        };
        let names: Vec<HashSet<&str>> = terms.iter().map(|t| self.names(*t)).collect();
        let own =
            |k: usize| names[k].iter().any(|n| names.iter().enumerate().all(|(j, other)| j == k || !other.contains(n)));
        terms.iter().any(matrices) && (0..terms.len()).all(own)
    }

    /// The names in an expression.
    fn names(&self, e: Expression) -> HashSet<&str> {
        let (mut found, mut seen, mut open) = (HashSet::new(), HashSet::new(), vec![e]);
        while let Some(e) = open.pop() {
            if !seen.insert(e) {
                continue;
            }
            match self.notation(e) {
                Notation::Number(_) | Notation::Constant(_) => {}
                Notation::Name(name) => {
                    found.insert(name.as_str());
                }
                Notation::Sum(list) | Notation::Map(_, list) | Notation::Call(_, list) => open.extend(list),
                Notation::Operation(_, _, list) => open.extend(list),
                Notation::Product(p) => {
                    open.extend(p.scalars.iter().chain(&p.below));
                    open.extend(p.tensor.iter().map(|(_, e)| *e));
                }
                Notation::Transposed(e) | Notation::Column(e) => open.push(*e),
                Notation::Power(a, b) => open.extend([*a, *b]),
                Notation::Indexed(e, list) | Notation::SumOver(list, e) => {
                    open.push(*e);
                    open.extend(list);
                }
            }
        }
        found
    }

    /// What all terms share, in front.
    fn factored(&mut self, terms: &[Expression]) -> Option<Expression> {
        // Long sums rarely share anything, and comparing is quadratic.
        if terms.len() < 2 || terms.len() > MAX_COMPARED {
            return None;
        }
        let mut products: SmallVec<[(Product, usize); 4]> = SmallVec::new();
        for t in terms {
            let rank = self.rank(*t);
            products.push((self.as_product(*t), rank));
        }
        let mut common = Product { coefficient: self.content(&products), ..Product::one() };
        let (first, others) = products.split_first_mut()?;
        take_common(&mut first.0.scalars, others, |p| &mut p.scalars, &mut common.scalars);
        // y/norm2(x) - (x' @ y)*x/norm2(x)^3 stays over its bars, a - b over one.
        let over_one = others.iter().all(|(p, _)| p.below == first.0.below);
        if first.1 == 0 || over_one {
            take_common(&mut first.0.below, others, |p| &mut p.below, &mut common.below);
        }
        let inverse = common.coefficient.recip()?;
        for (p, _) in &mut products {
            p.coefficient = &p.coefficient * &inverse;
        }
        let inner = self.common_ends(&mut products);
        let number_only = inner.is_none() && common.scalars.is_empty() && common.below.is_empty();
        if number_only && self.mean_something_each(terms) {
            return None;
        }
        let worth = !common.coefficient.is_one() || !common.scalars.is_empty() || !common.below.is_empty();
        match inner {
            Some(inner) => Some(self.attach(common, inner)),
            None if worth => {
                let terms: Vec<Expression> = products.into_iter().map(|(p, rank)| self.product(p, rank)).collect();
                let sum = self.sum_as_is(terms);
                let rank = self.rank(sum);
                if rank == 0 {
                    common.scalars.push(sum);
                } else {
                    common.tensor.push((Operator::Times, sum));
                }
                Some(self.product(common, rank))
            }
            None => None,
        }
    }

    /// The largest number that leaves integers (or the first coefficient where that leaves ones).
    fn content(&self, products: &[(Product, usize)]) -> Number {
        let first = &products[0].0.coefficient;
        let negative = products.iter().all(|(p, _)| p.coefficient.is_negative());
        let mut content = first.abs();
        for (p, _) in &products[1..] {
            content = common_measure(&content, &p.coefficient.abs());
        }
        if negative { -&content } else { content }
    }

    /// `A @ x + B @ x` is `(A + B) @ x`, `a*x + b*x` is `(a + b)*x`.
    fn common_ends(&mut self, products: &mut [(Product, usize)]) -> Option<Expression> {
        let first = products.first()?.clone();
        let (last, head) = (*first.0.tensor.last()?, *first.0.tensor.first()?);
        let rank = first.1;
        if products.iter().any(|(p, r)| p.tensor.is_empty() || *r != rank) {
            return None;
        }
        let matrices = |p: &Product| p.tensor.len() > 1 && p.tensor[1..].iter().all(|(o, _)| *o == Operator::Matmul);
        if products.iter().all(|(p, _)| matrices(p)) {
            if products.iter().all(|(p, _)| p.tensor.last() == Some(&last)) {
                let inner_rank = if self.rank(last.1) == 1 { rank + 1 } else { rank };
                let rest = self.rest(products, Vec::pop, inner_rank);
                return Some(self.matmul(rest, last.1));
            }
            if self.rank(head.1) == 2 && products.iter().all(|(p, _)| p.tensor.first() == Some(&head)) {
                let rest = self.rest(products, |tensor| Some(tensor.remove(0)), rank);
                return Some(self.matmul(head.1, rest));
            }
        }
        let plain = |p: &Product| p.tensor.iter().all(|(o, _)| *o == Operator::Times);
        if !products.iter().all(|(p, _)| plain(p)) {
            return None;
        }
        let full = |list: &Expressions, e: Expression| list.rank(e) == rank;
        let shared = first
            .0
            .tensor
            .iter()
            .find(|item| full(self, item.1) && products.iter().all(|(p, _)| p.tensor.contains(item)));
        let shared = *shared?;
        let rest = self.rest(
            products,
            |tensor| tensor.iter().position(|item| *item == shared).map(|at| tensor.remove(at)),
            rank,
        );
        Some(self.elementwise(rest, shared.1))
    }

    /// The sum of the products without an item of their tensors.
    fn rest(
        &mut self,
        products: &mut [(Product, usize)],
        remove: impl Fn(&mut Vec<(Operator, Expression)>) -> Option<(Operator, Expression)>,
        rank: usize,
    ) -> Expression {
        let mut terms = Vec::with_capacity(products.len());
        for (p, _) in products.iter() {
            let mut p = p.clone();
            remove(&mut p.tensor);
            if let Some(first) = p.tensor.first_mut() {
                first.0 = Operator::Times;
            }
            // A quotient alone is none within a product.
            if let ([(_, single)], true, true) = (&p.tensor[..], p.scalars.is_empty(), p.below.is_empty()) {
                let inner = self.as_product(*single);
                if let Some(coefficient) = inner.coefficient.checked_mul(&p.coefficient) {
                    p = Product { coefficient, ..inner };
                }
            }
            let rank = if p.tensor.is_empty() { 0 } else { rank };
            terms.push(self.product(p, rank));
        }
        let parts = |list: &Self, e: &Expression| match list.notation(*e) {
            Notation::Sum(inner) => inner.clone(),
            _ => vec![*e],
        };
        let mut terms: Vec<Expression> = terms.iter().flat_map(|e| parts(self, e)).collect();
        self.join_equals(&mut terms);
        self.sum_of(&terms)
    }
}

/// Moves what all lists hold into `common`.
fn take_common(
    first: &mut Vec<Expression>,
    others: &mut [(Product, usize)],
    list: impl Fn(&mut Product) -> &mut Vec<Expression>,
    common: &mut Vec<Expression>,
) {
    let mut k = 0;
    while k < first.len() {
        let e = first[k];
        if others.iter_mut().all(|(p, _)| list(p).contains(&e)) {
            for (p, _) in others.iter_mut() {
                let own = list(p);
                if let Some(at) = own.iter().position(|x| *x == e) {
                    own.remove(at);
                }
            }
            first.remove(k);
            common.push(e);
        } else {
            k += 1;
        }
    }
}

/// The largest number of which both are integer multiples; 1 where they are large.
fn common_measure(a: &Number, b: &Number) -> Number {
    let gcd = |mut a: i128, mut b: i128| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let (Some((p, q)), Some((r, s))) = (a.as_small(), b.as_small()) else { return Number::ONE };
    let (q, s) = (q as i128, s as i128);
    let above = gcd((p as i128 * s).abs(), (r as i128 * q).abs());
    match (i64::try_from(above), i64::try_from(q * s)) {
        (Ok(above), Ok(below)) => Number::ratio(above, below).filter(|n| !n.is_zero()).unwrap_or(Number::ONE),
        _ => Number::ONE,
    }
}
