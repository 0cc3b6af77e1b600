//! Sums: a positive term first, what all terms share in front.

use smallvec::SmallVec;
use wrt_core::Number;

use super::notation::{Expression, Expressions, Notation, Operator, Product};

impl Expressions {
    /// A sum of terms as they stand.
    pub(crate) fn sum_as_is(&mut self, mut terms: Vec<Expression>) -> Expression {
        if let [single] = terms.as_slice() {
            return *single;
        }
        let rank = terms.iter().map(|t| self.rank(*t)).max().unwrap_or(0);
        // A negative term needs no sign of its own behind a positive one.
        if terms.first().is_some_and(|t| self.is_negative(*t))
            && let Some(positive) = terms.iter().position(|t| !self.is_negative(*t))
        {
            let first = terms.remove(positive);
            terms.insert(0, first);
        }
        self.intern(Notation::Sum(terms), rank)
    }

    /// The shortest way to write a sum.
    pub(crate) fn sum_of(&mut self, terms: &[Expression]) -> Expression {
        let mut flat = Vec::with_capacity(terms.len());
        for term in terms.iter().filter(|t| !self.is_zero(**t) || terms.len() == 1) {
            match self.notation(*term) {
                Notation::Sum(inner) => flat.extend_from_slice(inner),
                _ => flat.push(*term),
            }
        }
        if flat.is_empty() {
            return self.number(Number::ZERO);
        }
        let plain = self.sum_as_is(flat.clone());
        if self.as_written {
            return plain;
        }
        match self.factored(&flat) {
            Some(factored) if self.cost(factored) < self.cost(plain) => factored,
            _ => plain,
        }
    }

    /// What all terms share, in front.
    fn factored(&mut self, terms: &[Expression]) -> Option<Expression> {
        // Long sums rarely share anything, and comparing is quadratic.
        if terms.len() < 2 || terms.len() > 16 {
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
        take_common(&mut first.0.below, others, |p| &mut p.below, &mut common.below);
        let inverse = common.coefficient.recip()?;
        for (p, _) in &mut products {
            p.coefficient = &p.coefficient * &inverse;
        }
        let inner = self.common_ends(&mut products);
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
            let rank = if p.tensor.is_empty() { 0 } else { rank };
            terms.push(self.product(p, rank));
        }
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
