//! From a labelled product to matrix notation: dynamic programming over the subsets of its factors.
//!
//! A subset's open labels are those that also occur in the output or outside of it; at most two may be open. A subset
//! has up to four entries: above or below a fraction bar, in both orientations; each is the cheapest found. Where there
//! are many factors, pairs are joined greedily instead.

use smallvec::SmallVec;

use super::tree::{Expression, Expressions, Function, TOKEN};

/// The labels of an expression's axes as written.
pub(super) type Signature = SmallVec<[u8; 2]>;

/// More factors than this are joined greedily: the table has 3ⁿ splits.
const TABLE_LIMIT: usize = 8;

/// More factors than this are not even joined greedily.
const FACTOR_LIMIT: usize = 64;

/// A factor, whose labels are different.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) labels: Signature,
    pub(super) natural: Expression,
    /// With its two axes exchanged.
    pub(super) transposed: Expression,
    /// Is it a denominator?
    pub(super) below: bool,
}

/// An expression with its cost, the work of evaluating it included.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    expression: Expression,
    cost: u32,
}

/// The best ways to write a subset of the factors.
#[derive(Clone, Default, Debug)]
struct Cell {
    open: Signature,
    /// At the open labels in order, and in the opposite order.
    above: [Option<Candidate>; 2],
    /// What stands below a one.
    below: [Option<Candidate>; 2],
}

/// Writes connected factors; the result is at the open labels in order and in the opposite order.
pub(super) struct Contraction<'a> {
    pub(super) list: &'a mut Expressions,
    pub(super) output: u64,
    /// The size of each label as an expression.
    pub(super) sizes: &'a [Expression],
}

fn mask(labels: &[u8]) -> u64 {
    labels.iter().fold(0, |m, l| m | 1u64 << l)
}

fn open_labels(mask: u64) -> Option<Signature> {
    (mask.count_ones() <= 2).then(|| (0..64u8).filter(|l| mask >> l & 1 == 1).collect())
}

impl Contraction<'_> {
    /// The expression at the open labels in ascending order, and in descending order.
    pub(super) fn write(&mut self, items: &[Item]) -> Option<(Signature, Expression, Expression)> {
        if items.len() > TABLE_LIMIT
            && let Some(product) = self.elementwise(items)
        {
            return Some(product);
        }
        let cell = match items.len() {
            0 => return None,
            n if n <= TABLE_LIMIT => self.table(items)?,
            n if n <= FACTOR_LIMIT => self.greedy(items)?,
            _ => return None,
        };
        let natural = cell.above[0]?.expression;
        let other = if cell.open.len() == 2 { cell.above[1]?.expression } else { natural };
        Some((cell.open, natural, other))
    }

    /// Factors that all have the labels of the result: their product in the order written.
    fn elementwise(&mut self, items: &[Item]) -> Option<(Signature, Expression, Expression)> {
        let open = open_labels(mask(&items[0].labels))?;
        let plain = |item: &Item| mask(&item.labels) == mask(&open) && item.labels.len() == open.len();
        if mask(&open) & !self.output != 0 || !items.iter().all(plain) {
            return None;
        }
        let both = [open.clone(), reversed(&open)].map(|labels| {
            let mut product = self.list.number(wrt_core::Number::ONE);
            for item in items {
                let e = if item.labels == labels { item.natural } else { item.transposed };
                product = if item.below { self.list.quotient(product, e) } else { self.list.elementwise(product, e) };
            }
            product
        });
        Some((open, both[0], both[1]))
    }

    fn table(&mut self, items: &[Item]) -> Option<Cell> {
        let count = items.len();
        let masks: Vec<u64> = items.iter().map(|i| mask(&i.labels)).collect();
        let all = (1usize << count) - 1;
        let mut cells: Vec<Option<Cell>> = vec![None; all + 1];
        for subset in 1..=all {
            let of = |set: usize| (0..count).filter(|k| set >> k & 1 == 1).fold(0, |m, k| m | masks[k]);
            let Some(open) = open_labels(of(subset) & (of(all & !subset) | self.output)) else { continue };
            let mut cell = Cell { open, ..Cell::default() };
            if subset.is_power_of_two() {
                self.leaf(&items[subset.trailing_zeros() as usize], &mut cell);
            } else {
                // The part with the first factor stands on the left: the author's order.
                let lowest = subset & subset.wrapping_neg();
                let mut rest = lowest;
                while rest != subset {
                    if rest & lowest != 0
                        && let (Some(a), Some(b)) = (&cells[rest], &cells[subset & !rest])
                    {
                        self.combine(a, b, &mut cell);
                    }
                    // The next larger part of the subset.
                    rest = rest.wrapping_sub(subset) & subset;
                }
            }
            self.relax(&mut cell);
            cells[subset] = cell.above[0].is_some().then_some(cell);
        }
        cells.pop().flatten()
    }

    /// Joins the pair that leaves the cheapest result, again and again.
    fn greedy(&mut self, items: &[Item]) -> Option<Cell> {
        let mut groups: Vec<(u64, Cell)> = Vec::with_capacity(items.len());
        let masks: Vec<u64> = items.iter().map(|i| mask(&i.labels)).collect();
        for (k, item) in items.iter().enumerate() {
            let outside = (0..items.len()).filter(|j| *j != k).fold(self.output, |m, j| m | masks[j]);
            let mut cell = Cell { open: open_labels(masks[k] & outside)?, ..Cell::default() };
            self.leaf(item, &mut cell);
            self.relax(&mut cell);
            groups.push((mask(&cell.open), cell));
        }
        while groups.len() > 1 {
            let (a, b, cell) = self.best_pair(&groups)?;
            groups.remove(b);
            groups[a] = (mask(&cell.open), cell);
        }
        groups.pop().map(|(_, cell)| cell)
    }

    fn best_pair(&mut self, groups: &[(u64, Cell)]) -> Option<(usize, usize, Cell)> {
        // The labels in one group at least, in two and in three, so that what is outside of a pair is told at once.
        let (mut once, mut twice, mut often) = (0u64, 0u64, 0u64);
        for (mask, _) in groups {
            often |= twice & mask;
            twice |= once & mask;
            once |= mask;
        }
        let mut best: Option<(usize, usize, (usize, usize), u64)> = None;
        for a in 0..groups.len() {
            for b in a + 1..groups.len() {
                let (both, shared) = (groups[a].0 | groups[b].0, groups[a].0 & groups[b].0);
                if shared == 0 {
                    continue;
                }
                let outside = self.output | often | twice & !shared | once & !both;
                let open = both & outside;
                let key = (open.count_ones() as usize, b - a);
                if open.count_ones() <= 2 && best.as_ref().is_none_or(|(_, _, other, _)| key < *other) {
                    best = Some((a, b, key, open));
                }
            }
        }
        let (a, b, _, open) = best?;
        let mut cell = Cell { open: open_labels(open)?, ..Cell::default() };
        self.combine(&groups[a].1, &groups[b].1, &mut cell);
        self.relax(&mut cell);
        cell.above[0].is_some().then_some((a, b, cell))
    }

    /// A factor alone: labels that occur nowhere else are summed over.
    fn leaf(&mut self, item: &Item, cell: &mut Cell) {
        let closed: Vec<usize> = (0..item.labels.len()).filter(|k| !cell.open.contains(&item.labels[*k])).collect();
        if closed.is_empty() {
            let orientations = [(item.natural, item.labels.clone()), (item.transposed, reversed(&item.labels))];
            for (expression, labels) in orientations {
                let cost = self.list.cost(expression);
                cell.offer(item.below, &labels, Candidate { expression, cost });
            }
            return;
        }
        let expression = if item.below { self.list.inverse(item.natural) } else { item.natural };
        let (expression, labels) = self.summed(expression, &item.labels, &cell.open.clone());
        let cost = self.list.cost(expression);
        cell.offer(false, &labels, Candidate { expression, cost });
    }

    /// The sum over the labels that are not open.
    fn summed(&mut self, e: Expression, labels: &[u8], open: &[u8]) -> (Expression, Signature) {
        let left: Signature = labels.iter().copied().filter(|l| open.contains(l)).collect();
        let sizes: Vec<Expression> =
            labels.iter().filter(|l| !open.contains(l)).map(|l| self.sizes[*l as usize]).collect();
        if sizes.is_empty() {
            return (e, left);
        }
        let axis = if left.is_empty() { None } else { labels.iter().position(|l| !open.contains(l)) };
        (self.list.sum(e, axis, &sizes), left)
    }

    fn relax(&mut self, cell: &mut Cell) {
        if cell.open.len() == 2 {
            for k in [0, 1] {
                for below in [false, true] {
                    let from = if below { cell.below[1 - k] } else { cell.above[1 - k] };
                    let Some(from) = from else { continue };
                    let expression = self.list.transposed(from.expression);
                    let extra = from.cost - self.list.cost(from.expression).min(from.cost);
                    let cost = self.list.cost(expression) + extra;
                    let slot = if below { &mut cell.below[k] } else { &mut cell.above[k] };
                    if slot.is_none_or(|old| cost < old.cost) {
                        *slot = Some(Candidate { expression, cost });
                    }
                }
            }
        }
        for k in 0..2 {
            let Some(below) = cell.below[k] else { continue };
            let expression = self.list.inverse(below.expression);
            let cost = below.cost + 2 * TOKEN;
            if cell.above[k].is_none_or(|old| cost < old.cost) {
                cell.above[k] = Some(Candidate { expression, cost });
            }
        }
    }

    fn combine(&mut self, a: &Cell, b: &Cell, cell: &mut Cell) {
        if a.open.iter().all(|l| !b.open.contains(l)) {
            return;
        }
        for i in 0..orientations(a) {
            for j in 0..orientations(b) {
                let (p, q) = (oriented(&a.open, i), oriented(&b.open, j));
                if let (Some(x), Some(y)) = (a.above[i], b.above[j]) {
                    self.join((x, &p), (y, &q), cell);
                }
                if let (Some(x), Some(y)) = (a.above[i], b.below[j]) {
                    self.divide((x, &p), (y, &q), cell);
                }
                if let (Some(x), Some(y)) = (a.below[i], b.above[j]) {
                    self.divide((y, &q), (x, &p), cell);
                }
                if let (Some(x), Some(y)) = (a.below[i], b.below[j])
                    && p == q
                    && cell.open == a.open
                {
                    let expression = self.list.elementwise(x.expression, y.expression);
                    self.offer(cell, true, &p, expression, (x, y), 0);
                }
            }
        }
    }

    /// Offers an expression made of two, which stay part of its work.
    fn offer(
        &mut self,
        cell: &mut Cell,
        below: bool,
        labels: &[u8],
        expression: Expression,
        (x, y): (Candidate, Candidate),
        work: u32,
    ) {
        let inner = |c: Candidate| c.cost.saturating_sub(self.list.cost(c.expression));
        let cost = self.list.cost(expression).saturating_add(inner(x) + inner(y) + work);
        cell.offer(below, labels, Candidate { expression, cost });
    }

    /// The product of two entries.
    fn join(&mut self, (x, p): (Candidate, &Signature), (y, q): (Candidate, &Signature), cell: &mut Cell) {
        let open = cell.open.clone();
        let is_open = |l: u8| open.contains(&l);
        let (a, b) = (x.expression, y.expression);
        match (p.as_slice(), q.as_slice()) {
            ([i], [_]) if is_open(*i) => {
                let e = self.list.elementwise(a, b);
                self.offer(cell, false, p, e, (x, y), 0);
            }
            ([_], [_]) => {
                let e = self.list.dot(a, b);
                self.offer(cell, false, &[], e, (x, y), 0);
                if self.list.as_written {
                    return;
                }
                let product = self.list.elementwise(a, b);
                let (e, _) = self.summed(product, p, &open);
                self.offer(cell, false, &[], e, (x, y), 0);
            }
            ([_], [..]) => self.scale((x, p), (y, q), true, cell),
            ([r, c], [l]) if l == c && !is_open(*l) => {
                let e = self.list.matmul(a, b);
                self.offer(cell, false, &[*r], e, (x, y), 0);
            }
            ([..], [_]) => self.scale((y, q), (x, p), false, cell),
            _ => self.matrices((x, p), (y, q), cell),
        }
    }

    /// A vector and a matrix: `A @ v`, `A*v`, `v[:, None]*A`.
    fn scale(
        &mut self,
        (v, p): (Candidate, &Signature),
        (m, q): (Candidate, &Signature),
        first: bool,
        cell: &mut Cell,
    ) {
        let (l, r, c) = (p[0], q[0], q[1]);
        let open = cell.open.contains(&l);
        if l == c && !open {
            let e = self.list.matmul(m.expression, v.expression);
            self.offer(cell, false, &[r], e, (v, m), 0);
        } else if open && l == c {
            let (a, b) = if first { (v, m) } else { (m, v) };
            let e = self.list.elementwise(a.expression, b.expression);
            self.offer(cell, false, q, e, (v, m), 1);
        } else if open && l == r {
            let column = self.list.column(v.expression);
            let e = self.list.elementwise(column, m.expression);
            self.offer(cell, false, q, e, (v, m), 1);
        }
    }

    fn matrices(&mut self, (x, p): (Candidate, &Signature), (y, q): (Candidate, &Signature), cell: &mut Cell) {
        let open = cell.open.clone();
        let (a, b) = (x.expression, y.expression);
        if p == q {
            let product = self.list.elementwise(a, b);
            if a == b && open.is_empty() {
                if let Some(norm) = self.list.norm(a) {
                    let square = self.list.power(norm, &wrt_core::Number::integer(2));
                    self.offer(cell, false, &[], square, (x, y), 0);
                }
                return;
            }
            let (e, left) = self.summed(product, p, &open);
            self.offer(cell, false, &left, e, (x, y), 1);
        } else if p[0] == q[1] && p[1] == q[0] {
            if open.len() == 2 {
                return;
            }
            let product = self.list.matmul(a, b);
            match open.as_slice() {
                [] => {
                    let e = self.list.linear(Function::Trace, product, 0);
                    self.offer(cell, false, &[], e, (x, y), 1);
                }
                [l] if *l == p[0] => {
                    let e = self.list.linear(Function::Diagonal, product, 1);
                    self.offer(cell, false, &[*l], e, (x, y), 3 * TOKEN);
                }
                [l] => {
                    let other = self.list.matmul(b, a);
                    let e = self.list.linear(Function::Diagonal, other, 1);
                    self.offer(cell, false, &[*l], e, (x, y), 3 * TOKEN);
                }
                _ => {}
            }
        } else if p[1] == q[0] && !open.contains(&p[1]) {
            let e = self.list.matmul(a, b);
            self.offer(cell, false, &[p[0], q[1]], e, (x, y), 2 * TOKEN);
        } else if q[1] == p[0] && !open.contains(&p[0]) {
            let e = self.list.matmul(b, a);
            self.offer(cell, false, &[q[0], p[1]], e, (x, y), 2 * TOKEN);
        }
    }

    /// A quotient of two entries.
    fn divide(&mut self, (x, p): (Candidate, &Signature), (y, q): (Candidate, &Signature), cell: &mut Cell) {
        let (above, below) = (x.expression, y.expression);
        let open = cell.open.clone();
        match (p.as_slice(), q.as_slice()) {
            (p, q) if p == q => {
                let quotient = self.list.quotient(above, below);
                let (e, left) = self.summed(quotient, p, &open);
                self.offer(cell, false, &left, e, (x, y), 0);
            }
            ([r, c], [l]) if open.contains(l) => {
                let below = if l == r { self.list.column(below) } else { below };
                let quotient = self.list.quotient(above, below);
                let labels: Signature = [*r, *c].into_iter().collect();
                let (e, left) = self.summed(quotient, &labels, &open);
                self.offer(cell, false, &left, e, (x, y), 1);
            }
            _ => {
                // The denominator as a factor.
                let expression = self.list.inverse(below);
                let cost = y.cost + 2 * TOKEN;
                self.join((x, p), (Candidate { expression, cost }, q), cell);
            }
        }
    }
}

fn orientations(cell: &Cell) -> usize {
    if cell.open.len() == 2 { 2 } else { 1 }
}

fn oriented(open: &Signature, k: usize) -> Signature {
    if k == 0 { open.clone() } else { reversed(open) }
}

fn reversed(labels: &Signature) -> Signature {
    labels.iter().rev().copied().collect()
}

impl Cell {
    /// Keeps a candidate at its labels if it is the cheapest; the first of equals stays.
    fn offer(&mut self, below: bool, labels: &[u8], candidate: Candidate) {
        let k = match (labels.len() == self.open.len(), labels.first() == self.open.first()) {
            (false, _) => return,
            (true, true) => 0,
            (true, false) => 1,
        };
        let slot = if below { &mut self.below[k] } else { &mut self.above[k] };
        if slot.is_none_or(|old| candidate.cost < old.cost) {
            *slot = Some(candidate);
        }
    }
}
