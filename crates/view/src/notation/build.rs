//! Constructors of notation: of arrays, scalars stand in front, denominators behind, and equal factors become powers;
//! products of numbers stay as they are.

use wrt_core::{Number, Primitive};

use super::tree::{Expression, Expressions, Function, Notation, Operator, Product, TOKEN, fraction};

impl Product {
    /// The number 1.
    pub(crate) fn one() -> Product {
        Product { coefficient: Number::ONE, scalars: Vec::new(), tensor: Vec::new(), below: Vec::new() }
    }

    /// All but the tensor.
    pub(crate) fn shell(&self) -> Product {
        Product { tensor: Vec::new(), ..self.clone() }
    }
}

/// Scalar factors around a tensor.
impl Expressions {
    /// An expression as a product.
    pub(crate) fn as_product(&mut self, e: Expression) -> Product {
        let rank = self.rank(e);
        match self.notation(e).clone() {
            Notation::Number(coefficient) => Product { coefficient, ..Product::one() },
            Notation::Product(mut p) if rank == 0 && !p.tensor.is_empty() => {
                let tensor = std::mem::take(&mut p.tensor);
                let bare = self.chain(tensor, 0);
                p.scalars.push(bare);
                p
            }
            Notation::Product(p) => self.opened(p),
            _ if rank == 0 => Product { scalars: vec![e], ..Product::one() },
            _ => Product { tensor: vec![(Operator::Times, e)], ..Product::one() },
        }
    }

    /// A chain of tensors without scalars around it.
    pub(super) fn chain(&mut self, tensor: Vec<(Operator, Expression)>, rank: usize) -> Expression {
        match tensor.as_slice() {
            [(Operator::Times, single)] => *single,
            _ => self.intern(Notation::Product(Product { tensor, ..Product::one() }), rank),
        }
    }

    /// The scalars around a tensor, and the tensor; as a person wrote it, all of it is the tensor.
    pub(crate) fn lift(&mut self, e: Expression) -> (Product, Expression) {
        if self.as_written {
            return (Product::one(), e);
        }
        let rank = self.rank(e);
        let product = self.as_product(e);
        if product.tensor.is_empty() {
            let one = self.number(Number::ONE);
            return (product, one);
        }
        let shell = product.shell();
        (shell, self.chain(product.tensor, rank))
    }

    /// Takes in another product's scalars.
    fn absorb(&mut self, product: &mut Product, other: &Product) {
        self.scale(product, &other.coefficient);
        product.scalars.extend_from_slice(&other.scalars);
        product.below.extend_from_slice(&other.below);
    }

    /// Multiplies by a number, which stands by itself where the coefficient would be too large.
    fn scale(&mut self, product: &mut Product, by: &Number) {
        match product.coefficient.checked_mul(by) {
            Some(coefficient) => product.coefficient = coefficient,
            None => {
                let magnitude = self.number(by.abs());
                product.scalars.push(magnitude);
                if by.is_negative() {
                    product.coefficient = -&product.coefficient;
                }
            }
        }
    }

    /// The product of these scalars and this expression.
    pub(crate) fn attach(&mut self, mut shell: Product, e: Expression) -> Expression {
        let rank = self.rank(e);
        let inner = self.as_product(e);
        self.absorb(&mut shell, &inner);
        shell.tensor = inner.tensor;
        self.product(shell, rank)
    }

    /// `c * e`
    pub(crate) fn scaled(&mut self, c: &Number, e: Expression) -> Expression {
        if c.is_one() {
            return e;
        }
        if self.is_numeric(e) {
            return self.scaled_number(c, e);
        }
        self.attach(Product { coefficient: c.clone(), ..Product::one() }, e)
    }

    /// A product in its best form.
    pub(crate) fn product(&mut self, p: Product, rank: usize) -> Expression {
        let stays = self.as_written || self.is_numeric_product(&p);
        let divided = if stays { None } else { self.divided_sum(&p, rank) };
        let plain = self.plain_product(p, rank);
        match divided {
            Some(other) if self.cost(other) < self.cost(plain) => other,
            _ => plain,
        }
    }

    /// `(n*x - sum(x))/n` is `x - mean(x)`: one denominator taken into a sum that has a term it divides.
    fn divided_sum(&mut self, p: &Product, rank: usize) -> Option<Expression> {
        let sum = |list: &Self, e: Expression| match list.notation(e) {
            Notation::Sum(terms) => Some(terms.clone()),
            _ => None,
        };
        let in_scalars = p.scalars.iter().position(|e| sum(self, *e).is_some());
        let in_tensor = p.tensor.iter().position(|(o, e)| *o == Operator::Times && sum(self, *e).is_some());
        let (e, place) = match (in_scalars, in_tensor) {
            (Some(k), None) => (p.scalars[k], (true, k)),
            (None, Some(k)) if p.tensor.iter().all(|(o, _)| *o != Operator::Matmul) => (p.tensor[k].1, (false, k)),
            _ => return None,
        };
        let terms = sum(self, e)?;
        for (at, below) in p.below.iter().enumerate() {
            let (base, exponent) = self.power_of(*below)?;
            // A name, as n is; what is longer stays below one bar.
            let name = self.cost(base) == TOKEN;
            let has = |list: &mut Self, t: Expression| name && list.as_product(t).scalars.contains(&base);
            if !terms.iter().any(|t| has(self, *t)) {
                continue;
            }
            let parts: Vec<Expression> = terms.iter().map(|t| self.cancelled(*t, base)).collect();
            let inner = self.sum_of(&parts);
            let mut rest = p.clone();
            let left = &exponent - &Number::ONE;
            if left.is_zero() {
                rest.below.remove(at);
            } else {
                rest.below[at] = self.power(base, &left);
            }
            match place {
                (true, k) => rest.scalars[k] = inner,
                (false, k) => rest.tensor[k].1 = inner,
            }
            return Some(self.plain_product(rest, rank));
        }
        None
    }

    /// A term divided by a scalar, which may be among its factors.
    fn cancelled(&mut self, term: Expression, by: Expression) -> Expression {
        let rank = self.rank(term);
        let mut p = self.as_product(term);
        match p.scalars.iter().position(|s| *s == by) {
            Some(k) => drop(p.scalars.remove(k)),
            None => p.below.push(by),
        }
        self.plain_product(p, rank)
    }

    fn plain_product(&mut self, mut p: Product, rank: usize) -> Expression {
        self.take_means(&mut p);
        if p.coefficient.is_negative() && !self.as_written && !self.is_numeric_product(&p) {
            self.turn_sign(&mut p);
        }
        let bare = p.coefficient.is_one() && p.below.is_empty();
        match (p.scalars.as_slice(), p.tensor.as_slice()) {
            ([], []) if p.below.is_empty() => self.number(p.coefficient),
            ([single], []) if bare => *single,
            ([], [(Operator::Times, single)]) if bare => *single,
            ([single], []) if self.is_chain(*single) => {
                // A chain that is alone needs no parentheses.
                if let Notation::Product(inner) = self.notation(*single) {
                    p.tensor = inner.tensor.clone();
                    p.scalars.clear();
                }
                self.intern(Notation::Product(p), rank)
            }
            _ => self.intern(Notation::Product(p), rank),
        }
    }

    fn is_chain(&self, e: Expression) -> bool {
        matches!(self.notation(e), Notation::Product(p) if p.coefficient.is_one() && p.scalars.is_empty() && p.below.is_empty())
    }

    /// `-c*(a - b)` is `c*(b - a)`.
    fn turn_sign(&mut self, p: &mut Product) {
        let places = p.scalars.len() + p.tensor.len();
        for k in 0..places {
            let from_scalars = k < p.scalars.len();
            let e = if from_scalars { p.scalars[k] } else { p.tensor[k - p.scalars.len()].1 };
            let Some(turned) = self.turned(e) else { continue };
            if from_scalars {
                p.scalars[k] = turned;
            } else {
                let at = k - p.scalars.len();
                p.tensor[at].1 = turned;
            }
            p.coefficient = -&p.coefficient;
            return;
        }
    }

    /// The opposite of a difference.
    fn turned(&mut self, e: Expression) -> Option<Expression> {
        if self.own.contains(&e) {
            return None;
        }
        let Notation::Sum(terms) = self.notation(e).clone() else {
            if let Notation::Transposed(inner) = *self.notation(e) {
                let turned = self.turned(inner)?;
                return Some(self.transposed(turned));
            }
            return None;
        };
        if !terms.iter().any(|t| self.is_negative(*t)) {
            return None;
        }
        let opposite: Vec<Expression> = terms.iter().map(|t| self.scaled(&Number::MINUS_ONE, *t)).collect();
        let turned = self.sum_as_is(opposite);
        (self.cost(turned) <= self.cost(e)).then_some(turned)
    }

    /// `sum(x)/m` is `mean(x)` where x has m entries.
    fn take_means(&mut self, p: &mut Product) {
        if p.below.is_empty() && p.coefficient.is_integer() {
            return;
        }
        for k in 0..p.scalars.len() + p.tensor.len() {
            let at = k.checked_sub(p.scalars.len());
            let e = at.map_or_else(|| p.scalars[k], |at| p.tensor[at].1);
            let Notation::Call(Function::Sum(axis), args) = self.notation(e).clone() else { continue };
            if at.is_some_and(|at| p.tensor[at].0 == Operator::Divide) || !self.take_sizes(p, &args[1..]) {
                continue;
            }
            let rank = self.rank(e);
            let mean = self.intern(Notation::Call(Function::Mean(axis), args), rank);
            match at {
                Some(at) => p.tensor[at].1 = mean,
                None => p.scalars[k] = mean,
            }
            return;
        }
    }

    /// Takes sizes out of the denominators, if all are there.
    fn take_sizes(&self, p: &mut Product, sizes: &[Expression]) -> bool {
        if sizes.is_empty() {
            return false;
        }
        let (mut below, mut coefficient) = (p.below.clone(), p.coefficient.clone());
        for size in sizes {
            match self.notation(*size) {
                Notation::Number(n) => {
                    let (_, q) = p.coefficient.as_small().unwrap_or((0, 1));
                    if Number::integer(q as i64) != *n {
                        return false;
                    }
                    coefficient = &coefficient * n;
                }
                _ => match below.iter().position(|b| b == size) {
                    Some(at) => drop(below.remove(at)),
                    None => return false,
                },
            }
        }
        (p.below, p.coefficient) = (below, coefficient);
        true
    }
}

/// Products of tensors.
impl Expressions {
    /// `a * b`
    pub(crate) fn elementwise(&mut self, a: Expression, b: Expression) -> Expression {
        let rank = self.rank(a).max(self.rank(b));
        let (mut p, q) = (self.as_product(a), self.as_product(b));
        self.absorb(&mut p, &q);
        if p.tensor.is_empty() || q.tensor.is_empty() {
            p.tensor.extend(q.tensor);
            return self.product(p, rank);
        }
        let mut tensor = self.elementwise_items(std::mem::take(&mut p.tensor), self.rank(a));
        let right = self.elementwise_items(q.tensor, self.rank(b));
        for (operator, e) in right {
            match tensor.last().copied() {
                Some((before, last)) if before == operator && self.merges(last, e).is_some() => {
                    let merged = self.merged(last, e);
                    tensor.pop();
                    tensor.push((before, merged));
                }
                _ => tensor.push((operator, e)),
            }
        }
        // A factor above comes first, so that no 1 is needed.
        if let Some(first) = tensor.iter().position(|(o, _)| *o == Operator::Times) {
            let first = tensor.remove(first);
            tensor.insert(0, first);
        }
        p.tensor = tensor;
        self.product(p, rank)
    }

    /// The exponents of equal bases.
    fn merges(&self, a: Expression, b: Expression) -> Option<(Expression, Number)> {
        let (x, p) = self.power_of(a)?;
        let (y, q) = self.power_of(b)?;
        (x == y).then(|| (x, &p + &q))
    }

    fn merged(&mut self, a: Expression, b: Expression) -> Expression {
        match self.merges(a, b) {
            Some((base, exponent)) => self.power(base, &exponent),
            None => a,
        }
    }

    fn power_of(&self, e: Expression) -> Option<(Expression, Number)> {
        match self.notation(e) {
            Notation::Power(base, exponent) => match self.notation(*exponent) {
                Notation::Number(n) if n.is_integer() && !n.is_negative() => Some((*base, n.clone())),
                _ => None,
            },
            _ => Some((e, Number::ONE)),
        }
    }

    /// `a / b`, elementwise or by a scalar.
    pub(crate) fn quotient(&mut self, a: Expression, b: Expression) -> Expression {
        let rank = self.rank(a).max(self.rank(b));
        let mut p = self.as_product(a);
        let q = self.as_product(b);
        let Some(inverse) = q.coefficient.recip() else {
            // What is divided by zero has the axes of both.
            if self.rank(b) > 0 {
                p.tensor = self.elementwise_items(std::mem::take(&mut p.tensor), self.rank(a));
                p.tensor.push((Operator::Divide, b));
            } else {
                p.below.push(b);
            }
            return self.product(p, rank);
        };
        self.scale(&mut p, &inverse);
        p.below.extend_from_slice(&q.scalars);
        p.scalars.extend_from_slice(&q.below);
        if !q.tensor.is_empty() {
            p.tensor = self.elementwise_items(std::mem::take(&mut p.tensor), self.rank(a));
            let below = self.chain(q.tensor, self.rank(b));
            p.tensor.push((Operator::Divide, below));
        }
        self.product(p, rank)
    }

    /// `1 / e`
    pub(crate) fn inverse(&mut self, e: Expression) -> Expression {
        if self.is_numeric(e) {
            return self.fractions(Number::ONE, vec![(Vec::new(), vec![e])]);
        }
        let one = self.number(Number::ONE);
        self.quotient(one, e)
    }

    fn elementwise_items(&mut self, list: Vec<(Operator, Expression)>, rank: usize) -> Vec<(Operator, Expression)> {
        let plain = list.iter().all(|(o, _)| *o != Operator::Matmul);
        if plain { list } else { vec![(Operator::Times, self.chain(list, rank))] }
    }

    fn matrix_items(&mut self, list: Vec<(Operator, Expression)>, rank: usize) -> Vec<(Operator, Expression)> {
        let first = list.first().is_some_and(|(o, _)| *o == Operator::Times);
        let pure = first && list[1..].iter().all(|(o, _)| *o == Operator::Matmul);
        if pure { list } else { vec![(Operator::Times, self.chain(list, rank))] }
    }

    /// The items of a chain of matrix products, or the expression as one item.
    fn pure_items(&mut self, e: Expression) -> Vec<(Operator, Expression)> {
        match self.notation(e) {
            Notation::Product(p) if self.is_chain(e) => {
                let tensor = p.tensor.clone();
                self.matrix_items(tensor, self.rank(e))
            }
            _ => vec![(Operator::Times, e)],
        }
    }

    /// `a @ b`
    pub(crate) fn matmul(&mut self, a: Expression, b: Expression) -> Expression {
        let rank = (self.rank(a) + self.rank(b)).saturating_sub(2);
        if self.as_written {
            let (left, right) = (self.pure_items(a), self.pure_items(b));
            let chain = if self.code { self.solved(left, right, self.rank(b)) } else { joined(left, right) };
            return self.chain(chain, rank);
        }
        let (mut p, q) = (self.as_product(a), self.as_product(b));
        self.absorb(&mut p, &q);
        let left = self.matrix_items(std::mem::take(&mut p.tensor), self.rank(a));
        let right = self.matrix_items(q.tensor, self.rank(b));
        p.tensor = if self.code { self.solved(left, right, self.rank(b)) } else { joined(left, right) };
        self.product(p, rank)
    }

    /// In code a system is solved, no matrix is inverted.
    fn solved(
        &mut self,
        mut left: Vec<(Operator, Expression)>,
        right: Vec<(Operator, Expression)>,
        rank: usize,
    ) -> Vec<(Operator, Expression)> {
        if let Some((_, matrix)) = left.last().and_then(|(o, e)| Some((o, self.inverted(*e)?))) {
            left.pop();
            let system = self.chain(right, rank);
            let solution = self.intern(Notation::Call(Function::Solve, vec![matrix, system]), rank);
            left.push((if left.is_empty() { Operator::Times } else { Operator::Matmul }, solution));
            return left;
        }
        if let Some(matrix) = right.first().and_then(|(_, e)| self.inverted(*e)) {
            let transposed = self.transposed(matrix);
            let before = self.chain(left, 2);
            let before = self.transposed(before);
            let solution = self.intern(Notation::Call(Function::Solve, vec![transposed, before]), 2);
            let first = vec![(Operator::Times, self.transposed(solution))];
            return joined(first, right[1..].to_vec());
        }
        joined(left, right)
    }

    /// The matrix whose inverse it is.
    fn inverted(&mut self, e: Expression) -> Option<Expression> {
        match self.notation(e).clone() {
            Notation::Operation("inv", _, args) if self.rank(e) == 2 => args.first().copied(),
            Notation::Transposed(inner) => {
                let matrix = self.inverted(inner)?;
                Some(self.transposed(matrix))
            }
            _ => None,
        }
    }

    /// `a' @ b` of vectors, `norm2(a)^2` where they are equal.
    pub(crate) fn dot(&mut self, a: Expression, b: Expression) -> Expression {
        let (shell, left) = self.lift(a);
        let (other, right) = self.lift(b);
        let mut p = shell;
        self.absorb(&mut p, &other);
        if left == right && !self.squares.contains(&left) {
            let norm = self.intern(Notation::Call(Function::Norm, vec![left]), 0);
            let square = self.power(norm, &Number::integer(2));
            return self.attach(p, square);
        }
        // The simpler one stands first, so that the other needs no parentheses.
        let (left, right) = if self.is_chain(left) && !self.is_chain(right) { (right, left) } else { (left, right) };
        let turned = self.intern(Notation::Transposed(left), 1);
        let right = self.pure_items(right);
        let chain = joined(vec![(Operator::Times, turned)], right);
        let bare = self.chain(chain, 0);
        self.attach(p, bare)
    }

    /// `outer(a, b)`, and `inv(S) @ outer(a, b) @ inv(S)` for `outer(inv(S) @ a, inv(S) @ b)`.
    pub(crate) fn outer(&mut self, a: Expression, b: Expression) -> Expression {
        let (mut shell, left) = self.lift(a);
        let (other, right) = self.lift(b);
        self.absorb(&mut shell, &other);
        // In code vectors are multiplied, which is cheaper.
        let people = !self.code && !self.as_written;
        let parts = people.then(|| self.first_matrix(left).zip(self.first_matrix(right))).flatten();
        if let Some(((first, a), (last, b))) = parts
            && self.inverted(first).is_some()
            && self.inverted(last).is_some()
        {
            let pair = self.pair(a, b);
            let between = self.between(first, pair, last);
            return self.attach(shell, between);
        }
        let outer = self.pair(left, right);
        self.attach(shell, outer)
    }

    /// The first matrix of `A @ x`, and `x`.
    pub(super) fn first_matrix(&mut self, e: Expression) -> Option<(Expression, Expression)> {
        let items = self.pure_items(e);
        let ((_, first), rest) = items.split_first().filter(|(_, rest)| !rest.is_empty())?;
        if self.rank(*first) != 2 || self.rank(e) != 1 {
            return None;
        }
        let mut rest = rest.to_vec();
        rest[0].0 = Operator::Times;
        Some((*first, self.chain(rest, 1)))
    }

    /// `A @ m @ B'`
    pub(super) fn between(&mut self, a: Expression, m: Expression, b: Expression) -> Expression {
        let left = self.matmul(a, m);
        let right = self.transposed(b);
        self.matmul(left, right)
    }

    /// `outer(a, b)` of bare vectors.
    pub(super) fn pair(&mut self, a: Expression, b: Expression) -> Expression {
        self.intern(Notation::Call(Function::Outer, vec![a, b]), 2)
    }
}

fn joined(mut left: Vec<(Operator, Expression)>, right: Vec<(Operator, Expression)>) -> Vec<(Operator, Expression)> {
    left.extend(right.into_iter().enumerate().map(|(k, (o, e))| (if k == 0 { Operator::Matmul } else { o }, e)));
    left
}

/// Functions of tensors.
impl Expressions {
    /// `e'`
    pub(crate) fn transposed(&mut self, e: Expression) -> Expression {
        if self.rank(e) < 2 {
            return e;
        }
        let (shell, bare) = self.lift(e);
        let turned = match self.notation(bare).clone() {
            _ if self.symmetric.contains(&bare) => bare,
            Notation::Transposed(inner) => inner,
            Notation::Call(Function::Eye | Function::Diagonal, _) => bare,
            Notation::Call(f @ (Function::Ones | Function::Zeros), mut args) => {
                args.reverse();
                self.intern(Notation::Call(f, args), 2)
            }
            Notation::Call(Function::Outer, args) => {
                self.intern(Notation::Call(Function::Outer, vec![args[1], args[0]]), 2)
            }
            // The inverse of what is turned is the inverse, turned.
            Notation::Operation("inv", template, args) => match args.first().map(|a| self.notation(*a)) {
                Some(Notation::Transposed(inner)) => {
                    let inner = *inner;
                    self.intern(Notation::Operation("inv", template, vec![inner]), 2)
                }
                _ => self.intern(Notation::Transposed(bare), 2),
            },
            _ => self.intern(Notation::Transposed(bare), 2),
        };
        self.attach(shell, turned)
    }

    /// The transpose of a matrix, if it is shorter.
    pub(crate) fn shorter_transposed(&mut self, e: Expression) -> Option<Expression> {
        let turned = self.transposed(e);
        (self.rank(e) == 2 && self.cost(turned) < self.cost(e)).then_some(turned)
    }

    /// `v[:, None]`
    pub(crate) fn column(&mut self, v: Expression) -> Expression {
        let (shell, bare) = self.lift(v);
        let column = self.intern(Notation::Column(bare), 2);
        self.attach(shell, column)
    }

    /// A call of a function that is linear in its only argument.
    pub(crate) fn linear(&mut self, function: Function, e: Expression, rank: usize) -> Expression {
        let (shell, bare) = self.lift(e);
        let turned = match function {
            Function::Trace | Function::Diagonal => self.shorter_transposed(bare),
            _ => None,
        };
        let bare = turned.unwrap_or(bare);
        let call = self.intern(Notation::Call(function, vec![bare]), rank);
        self.attach(shell, call)
    }

    /// The sum over an axis or all of them, of which these are the sizes.
    pub(crate) fn sum(&mut self, e: Expression, axis: Option<usize>, sizes: &[Expression]) -> Expression {
        let rank = axis.map_or(0, |_| self.rank(e) - 1);
        let (shell, bare) = self.lift(e);
        let (bare, axis) = match self.shorter_transposed(bare) {
            Some(turned) => (turned, axis.map(|axis| 1 - axis.min(1))),
            None => (bare, axis),
        };
        let mut args = vec![bare];
        args.extend_from_slice(sizes);
        let call = self.intern(Notation::Call(Function::Sum(axis), args), rank);
        self.attach(shell, call)
    }

    /// `base ^ n`
    pub(crate) fn power(&mut self, base: Expression, n: &Number) -> Expression {
        if n.is_one() {
            return base;
        }
        if n.is_negative() {
            let positive = self.power(base, &n.abs());
            return self.inverse(positive);
        }
        if let Some(root) = self.root_of_square(base, n) {
            return root;
        }
        if *n == Number::HALF {
            let rank = self.rank(base);
            return self.intern(Notation::Map(Primitive::Sqrt, vec![base]), rank);
        }
        let exponent = self.number(n.clone());
        let rank = self.rank(base);
        self.intern(Notation::Power(base, exponent), rank)
    }

    /// `sqrt(sum(x^2))` is `norm2(x)`, `norm2(x)^2` to the 3/2 is `norm2(x)^3`.
    fn root_of_square(&mut self, base: Expression, n: &Number) -> Option<Expression> {
        let (square, two) = (self.notation(base).clone(), Number::integer(2));
        let is_two = |list: &Expressions, e: Expression| matches!(list.notation(e), Notation::Number(k) if *k == two);
        let norm = match square {
            Notation::Power(norm, exponent) if is_two(self, exponent) && self.is_norm(norm) => norm,
            Notation::Call(Function::Sum(None), args) => match self.notation(args[0]).clone() {
                Notation::Power(inner, exponent) if is_two(self, exponent) => self.norm(inner)?,
                _ => return None,
            },
            _ => return None,
        };
        let doubled = n * &two;
        doubled.is_integer().then(|| self.power(norm, &doubled))
    }

    fn is_norm(&self, e: Expression) -> bool {
        matches!(self.notation(e), Notation::Call(Function::Norm | Function::Frobenius, _))
    }

    /// `norm2(v)` or `normF(A)`
    pub(crate) fn norm(&mut self, e: Expression) -> Option<Expression> {
        let function = match self.rank(e) {
            1 => Function::Norm,
            2 => Function::Frobenius,
            _ => return None,
        };
        let e = match self.notation(e) {
            Notation::Transposed(inner) => *inner,
            _ => e,
        };
        Some(self.intern(Notation::Call(function, vec![e]), 0))
    }
}

/// Is the coefficient shown at all?
pub(crate) fn shows(p: &Product) -> bool {
    let (top, _) = fraction(&p.coefficient.abs());
    let below_one = p.scalars.is_empty() && p.tensor.first().is_none_or(|(o, _)| *o == Operator::Divide);
    !top.is_one() || below_one
}
