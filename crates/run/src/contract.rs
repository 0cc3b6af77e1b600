//! Contractions of arrays, two factors at a time, in an order chosen by cost.

use std::rc::Rc;

use wrt_core::{Array, Real};

use crate::evaluate::Result;
use crate::value::entries;

/// A factor at its labels.
#[derive(Clone)]
pub(crate) struct Operand<N> {
    pub array: Rc<Array<N>>,
    pub labels: Vec<u8>,
    /// Is the product divided by it? A quotient rounds once, a product with a reciprocal twice.
    pub divides: bool,
    /// Where the factor is on (1) or off (0); see `gates`.
    pub gate: Option<Rc<Array<N>>>,
}

impl<N: Real> Operand<N> {
    /// An entry as a factor.
    fn factor(&self, k: usize) -> N {
        let x = self.array.data[k].clone();
        if self.divides { x.one() / x } else { x }
    }

    /// The product of two entries; 0 where one of them is off.
    fn times(&self, i: usize, other: &Operand<N>, j: usize) -> N {
        let (x, y) = (self.array.data[i].clone(), other.array.data[j].clone());
        let zero = x.ratio(0, 1);
        let product = match (self.divides, other.divides) {
            (false, false) => x * y,
            (false, true) => x / y,
            (true, false) => y / x,
            (true, true) => x.one() / x / y,
        };
        match self.on(i, other, j) {
            Some(on) => N::select(on, product, zero),
            None => product,
        }
    }

    /// Are both entries on? None where nothing is switched.
    fn on(&self, i: usize, other: &Operand<N>, j: usize) -> Option<N> {
        let (a, b) = (self.gate.as_ref().map(|g| g.data[i].clone()), other.gate.as_ref().map(|g| g.data[j].clone()));
        match (a, b) {
            (Some(a), Some(b)) => {
                let zero = a.ratio(0, 1);
                Some(N::select(a, b, zero))
            }
            (a, b) => a.or(b),
        }
    }
}

/// The contraction of operands at their labels to the output's labels, and where it is on.
pub(crate) fn contract<N: Real>(
    operands: Vec<Operand<N>>,
    output: &[u8],
    sizes: &[usize],
    like: &N,
) -> Result<(Array<N>, Option<Array<N>>)> {
    let mut uncovered = like.one();
    for (label, size) in sizes.iter().enumerate() {
        let label = label as u8;
        if !output.contains(&label) && !operands.iter().any(|o| o.labels.contains(&label)) {
            uncovered = uncovered * like.ratio(*size as i64, 1);
        }
    }
    let operands = infinities_in_terms(operands, output, sizes, like)?;
    let mut parts: Vec<Operand<N>> = Vec::with_capacity(operands.len());
    for k in 0..operands.len() {
        let elsewhere =
            |l: u8| output.contains(&l) || operands.iter().enumerate().any(|(j, o)| j != k && o.labels.contains(&l));
        parts.push(alone(&operands[k], elsewhere, sizes, like));
    }
    let lists: Vec<Vec<u8>> = parts.iter().map(|part| part.labels.clone()).collect();
    let mut parts: Vec<Option<Operand<N>>> = parts.into_iter().map(Some).collect();
    for step in order(&lists, output, sizes) {
        let (Some(x), Some(y)) = (parts[step.a].take(), parts[step.b].take()) else { continue };
        parts[step.a] = Some(join(&x, &y, step.kept, sizes, like)?);
    }
    let mut parts: Vec<Operand<N>> = parts.into_iter().flatten().collect();
    let Some(whole) = parts.pop() else {
        let one = Operand { array: Rc::new(Array::scalar(like.one())), labels: Vec::new(), divides: false, gate: None };
        return Ok((spread(&one.array.data, &one, output, sizes, &uncovered)?, None));
    };
    let factors: Vec<N> = (0..whole.array.data.len()).map(|k| whole.factor(k)).collect();
    let gate = whole.gate.as_ref().map(|g| spread(&g.data, &whole, output, sizes, &like.one())).transpose()?;
    let mut value = spread(&factors, &whole, output, sizes, &uncovered)?;
    // A single factor that is off is 0, whatever it is.
    if let Some(gate) = &gate {
        let zero = like.ratio(0, 1);
        value.data.iter_mut().zip(&gate.data).for_each(|(v, on)| *v = N::select(on.clone(), v.clone(), zero.clone()));
    }
    Ok((value, gate))
}

/// The operands with infinite numbers multiplied into what is summed: infinities of both signs have no sum, while an
/// infinity times the sum may be one.
fn infinities_in_terms<N: Real>(
    mut operands: Vec<Operand<N>>,
    output: &[u8],
    sizes: &[usize],
    like: &N,
) -> Result<Vec<Operand<N>>> {
    let is_infinite = |o: &Operand<N>| o.labels.is_empty() && !o.factor(0).approximate().is_finite();
    while let Some(infinite) = operands.iter().position(is_infinite)
        && let Some(summed) = operands.iter().position(|o| o.labels.iter().any(|label| !output.contains(label)))
    {
        let kept = distinct(&operands[summed].labels);
        operands[summed] = join(&operands[infinite], &operands[summed], kept, sizes, like)?;
        operands.swap_remove(infinite);
    }
    Ok(operands)
}

fn union(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut all = a.to_vec();
    all.extend(b.iter().filter(|l| !a.contains(l)));
    all
}

/// The labels, each once.
fn distinct(labels: &[u8]) -> Vec<u8> {
    labels.iter().fold(Vec::with_capacity(labels.len()), |mut all, l| {
        if !all.contains(l) {
            all.push(*l);
        }
        all
    })
}

fn count(labels: &[u8], sizes: &[usize]) -> f64 {
    labels.iter().map(|l| sizes[*l as usize] as f64).product()
}

/// Two factors that are multiplied next, where the product stands in place of the first, and the labels that it keeps.
struct Pair {
    a: usize,
    b: usize,
    kept: Vec<u8>,
    work: f64,
}

/// So many factors are multiplied in the best order of all; of more, pairs that make the least work come first.
const BEST_OF: usize = 6;

/// The pairs in which factors at these labels are multiplied.
fn order(factors: &[Vec<u8>], output: &[u8], sizes: &[usize]) -> Vec<Pair> {
    let mut parts: Vec<(usize, Vec<u8>)> = factors.iter().cloned().enumerate().collect();
    let mut pairs = Vec::with_capacity(parts.len().saturating_sub(1));
    while parts.len() > BEST_OF {
        let lists: Vec<&[u8]> = parts.iter().map(|(_, own)| own.as_slice()).collect();
        let (i, j) = cheapest(&lists, output, sizes);
        let (all, kept) = joined(&lists, (i, j), output);
        pairs.push(Pair { a: parts[i].0, b: parts[j].0, kept: kept.clone(), work: count(&all, sizes) });
        parts[i].1 = kept;
        parts.swap_remove(j);
    }
    pairs.extend(best(&parts, output, sizes));
    pairs
}

/// The best order of few factors, by the best orders of all subsets: each is the product of two disjoint ones.
fn best(parts: &[(usize, Vec<u8>)], output: &[u8], sizes: &[usize]) -> Vec<Pair> {
    let whole = (1usize << parts.len()) - 1;
    if parts.len() < 2 {
        return Vec::new();
    }
    let within = |set: usize, l: &u8| (0..parts.len()).any(|k| set >> k & 1 == 1 && parts[k].1.contains(l));
    let kept: Vec<Vec<u8>> = (0..=whole)
        .map(|set| {
            let own = (0..parts.len()).filter(|k| set >> k & 1 == 1);
            let all = own.fold(Vec::new(), |all, k| union(&all, &parts[k].1));
            all.into_iter().filter(|l| output.contains(l) || within(whole ^ set, l)).collect()
        })
        .collect();
    // Of each set the work and the half that holds its first factor.
    let mut found = vec![(0.0, 0usize); whole + 1];
    for set in (1..=whole).filter(|set| set.count_ones() > 1) {
        let first = set & set.wrapping_neg();
        found[set] = (f64::INFINITY, 0);
        let rest = set ^ first;
        let mut more = rest;
        while more > 0 {
            more = (more - 1) & rest;
            let half = first | more;
            let own = count(&union(&kept[half], &kept[set ^ half]), sizes);
            let total = own + found[half].0 + found[set ^ half].0;
            if total < found[set].0 || found[set].1 == 0 {
                found[set] = (total, half);
            }
        }
    }
    let (mut open, mut pairs) = (vec![whole], Vec::new());
    while let Some(set) = open.pop().filter(|set| set.count_ones() > 1) {
        let half = found[set].1;
        let other = set ^ half;
        let at = |set: usize| parts[set.trailing_zeros() as usize].0;
        let work = count(&union(&kept[half], &kept[other]), sizes);
        pairs.push(Pair { a: at(half), b: at(other), kept: kept[set].clone(), work });
        open.extend([half, other].into_iter().filter(|set| set.count_ones() > 1));
    }
    pairs.reverse();
    pairs
}

/// The pair that makes the least work, then the smallest result; a before b.
fn cheapest(parts: &[&[u8]], output: &[u8], sizes: &[usize]) -> (usize, usize) {
    let mut best = (f64::INFINITY, f64::INFINITY, 0, 1);
    for b in 1..parts.len() {
        for a in 0..b {
            let (all, kept) = joined(parts, (a, b), output);
            let work = (count(&all, sizes), count(&kept, sizes));
            if work < (best.0, best.1) {
                best = (work.0, work.1, a, b);
            }
        }
    }
    (best.2, best.3)
}

/// The labels of two factors, and those of them that the output or another factor needs.
fn joined(parts: &[&[u8]], (a, b): (usize, usize), output: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let all = union(parts[a], parts[b]);
    let others = |l: &u8| parts.iter().enumerate().any(|(k, own)| k != a && k != b && own.contains(l));
    let kept = all.iter().copied().filter(|l| output.contains(l) || others(l)).collect();
    (all, kept)
}

/// How many products of numbers it takes to contract factors at these labels, two at a time.
pub(crate) fn work(factors: &[Vec<u8>], output: &[u8], sizes: &[usize]) -> f64 {
    let parts: Vec<Vec<u8>> = factors.iter().map(|own| distinct(own)).collect();
    let alone = if let [single] = &parts[..] { count(single, sizes) } else { 0.0 };
    let joins: f64 = order(&parts, output, sizes).iter().map(|pair| pair.work).sum();
    alone.max(joins).max(count(output, sizes))
}

/// The strides of an array's axes, added up for each label: a label that repeats walks the diagonal.
fn strides<N>(operand: &Operand<N>, labels: &[u8]) -> Vec<usize> {
    let mut step = 1;
    let mut found = vec![0; labels.len()];
    for (axis, label) in operand.labels.iter().enumerate().rev() {
        if let Some(at) = labels.iter().position(|l| l == label) {
            found[at] += step;
        }
        step *= operand.array.shape[axis];
    }
    found
}

fn of(labels: &[u8], sizes: &[usize]) -> Vec<usize> {
    labels.iter().map(|l| sizes[*l as usize]).collect()
}

/// A single operand with its diagonals taken and the labels summed that occur nowhere else.
fn alone<N: Real>(operand: &Operand<N>, elsewhere: impl Fn(u8) -> bool, sizes: &[usize], like: &N) -> Operand<N> {
    let all = distinct(&operand.labels);
    let keep: Vec<u8> = all.iter().copied().filter(|l| elsewhere(*l)).collect();
    if keep == operand.labels {
        return operand.clone();
    }
    let summed: Vec<u8> = all.into_iter().filter(|l| !keep.contains(l)).collect();
    // A sum of reciprocals is no divisor.
    let divides = operand.divides && summed.is_empty();
    let places = Places { outer: vec![strides(operand, &keep)], inner: vec![strides(operand, &summed)] };
    let (shape, inner) = (of(&keep, sizes), of(&summed, sizes));
    let zero = like.ratio(0, 1);
    let value = |at: &[usize]| match &operand.gate {
        _ if divides => operand.array.data[at[0]].clone(),
        Some(gate) => N::select(gate.data[at[0]].clone(), operand.factor(at[0]), zero.clone()),
        None => operand.factor(at[0]),
    };
    let array = places.reduce(&shape, &inner, value, |a, b| a + b, &zero);
    let on = |gate: &Rc<Array<N>>| places.reduce(&shape, &inner, |at| gate.data[at[0]].clone(), either, &zero);
    let gate = operand.gate.as_ref().map(on);
    let whole = |data| Rc::new(Array { shape: shape.clone(), data });
    Operand { array: whole(array), labels: keep, divides, gate: gate.map(whole) }
}

/// On where one of them is.
fn either<N: Real>(a: N, b: N) -> N {
    let one = a.one();
    N::select(a, one, b)
}

/// How operands are walked: a stride for each label that is kept and for each that is summed.
struct Places {
    outer: Vec<Vec<usize>>,
    inner: Vec<Vec<usize>>,
}

impl Places {
    /// For each value of the kept labels what `each` is at the summed ones, joined in order.
    fn reduce<N: Real>(
        &self,
        shape: &[usize],
        summed: &[usize],
        each: impl Fn(&[usize]) -> N,
        join: impl Fn(N, N) -> N,
        empty: &N,
    ) -> Vec<N> {
        let outer: Vec<&[usize]> = self.outer.iter().map(Vec::as_slice).collect();
        let inner: Vec<&[usize]> = self.inner.iter().map(Vec::as_slice).collect();
        let mut data = Vec::with_capacity(shape.iter().product());
        let mut place = vec![0; outer.len()];
        walk(shape, &outer, |at| {
            let mut total: Option<N> = None;
            walk(summed, &inner, |more| {
                place.iter_mut().zip(at.iter().zip(more)).for_each(|(p, (a, b))| *p = a + b);
                let x = each(&place);
                total = Some(match total.take() {
                    Some(t) => join(t, x),
                    None => x,
                });
            });
            data.push(total.unwrap_or_else(|| empty.clone()));
        });
        data
    }
}

impl Places {
    /// As [`Places::reduce`] of the products of two arrays along one axis: so many, with steps in each of them.
    fn products<N: Real>(&self, shape: &[usize], (a, b): (&[N], &[N]), (steps, count): ([usize; 2], usize)) -> Vec<N> {
        let outer: Vec<&[usize]> = self.outer.iter().map(Vec::as_slice).collect();
        let mut data = Vec::with_capacity(shape.iter().product());
        walk(shape, &outer, |at| {
            let mut total = a[at[0]].clone() * b[at[1]].clone();
            for k in 1..count {
                total = total + a[at[0] + k * steps[0]].clone() * b[at[1] + k * steps[1]].clone();
            }
            data.push(total);
        });
        data
    }
}

/// The product of two operands, summed over what is not kept.
fn join<N: Real>(x: &Operand<N>, y: &Operand<N>, keep: Vec<u8>, sizes: &[usize], like: &N) -> Result<Operand<N>> {
    let summed: Vec<u8> = union(&x.labels, &y.labels).into_iter().filter(|l| !keep.contains(l)).collect();
    let shape = of(&keep, sizes);
    entries(&shape)?;
    let inner = of(&summed, sizes);
    let both = |labels: &[u8]| vec![strides(x, labels), strides(y, labels)];
    let places = Places { outer: both(&keep), inner: both(&summed) };
    let zero = like.ratio(0, 1);
    let switched = x.gate.is_some() || y.gate.is_some();
    let data = if switched || x.divides || y.divides {
        places.reduce(&shape, &inner, |at| x.times(at[0], y, at[1]), |a, b| a + b, &zero)
    } else {
        let (a, b) = (&x.array.data, &y.array.data);
        match (&inner[..], &places.inner[..]) {
            // Most products are sums along one axis.
            ([count], [step_a, step_b]) if *count > 0 => {
                let along = ([step_a[0], step_b[0]], *count);
                places.products(&shape, (a, b), along)
            }
            _ => places.reduce(&shape, &inner, |at| a[at[0]].clone() * b[at[1]].clone(), |a, b| a + b, &zero),
        }
    };
    let on = |at: &[usize]| x.on(at[0], y, at[1]).unwrap_or_else(|| like.one());
    let gate = switched.then(|| places.reduce(&shape, &inner, on, either, &zero));
    let whole = |data| Rc::new(Array { shape: shape.clone(), data });
    Ok(Operand { array: whole(data), gate: gate.map(whole), labels: keep.clone(), divides: false })
}

/// The entries of an operand at the output's labels: in their order, repeated, broadcast, times a factor.
fn spread<N: Real>(data: &[N], at: &Operand<N>, output: &[u8], sizes: &[usize], scale: &N) -> Result<Array<N>> {
    let shape = of(output, sizes);
    let total = entries(&shape)?;
    let labels = distinct(output);
    let from = strides(at, &labels);
    let mut step = 1;
    let mut to = vec![0; labels.len()];
    for (axis, label) in output.iter().enumerate().rev() {
        if let Some(at) = labels.iter().position(|l| l == label) {
            to[at] += step;
        }
        step *= shape[axis];
    }
    let mut spread = vec![scale.ratio(0, 1); total];
    let plain = scale.approximate() == 1.0;
    walk(&of(&labels, sizes), &[&from, &to], |at| {
        if let (Some(slot), Some(x)) = (spread.get_mut(at[1]), data.get(at[0])) {
            *slot = if plain { x.clone() } else { x.clone() * scale.clone() };
        }
    });
    Ok(Array { shape, data: spread })
}

/// Calls `f` with the position in each array, for all values of the labels, the last one fastest.
fn walk(sizes: &[usize], strides: &[&[usize]], mut f: impl FnMut(&[usize])) {
    if sizes.contains(&0) {
        return;
    }
    let mut at = vec![0; strides.len()];
    let mut digits = vec![0; sizes.len()];
    loop {
        f(&at);
        let mut axis = sizes.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            digits[axis] += 1;
            if digits[axis] < sizes[axis] {
                at.iter_mut().zip(strides).for_each(|(p, s)| *p += s[axis]);
                break;
            }
            digits[axis] = 0;
            at.iter_mut().zip(strides).for_each(|(p, s)| *p -= s[axis] * (sizes[axis] - 1));
        }
    }
}
