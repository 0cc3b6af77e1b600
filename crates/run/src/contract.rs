//! Contractions of arrays, two factors at a time, in an order chosen by cost.

use std::rc::Rc;

use wrt_core::{Array, Real};

use crate::arrays::{EvaluationError, entries};

type Operand<N> = (Rc<Array<N>>, Vec<u8>);
type Result<T> = std::result::Result<T, EvaluationError>;

/// The contraction of operands at their labels to the output's labels.
pub(crate) fn contract<N: Real>(
    operands: Vec<Operand<N>>,
    output: &[u8],
    sizes: &[usize],
    like: &N,
) -> Result<Array<N>> {
    let mut uncovered = like.one();
    for (label, size) in sizes.iter().enumerate() {
        let label = label as u8;
        if !output.contains(&label) && !operands.iter().any(|(_, l)| l.contains(&label)) {
            uncovered = uncovered * like.ratio(*size as i64, 1);
        }
    }
    let mut parts: Vec<Operand<N>> = Vec::with_capacity(operands.len());
    for k in 0..operands.len() {
        let elsewhere =
            |l: u8| output.contains(&l) || operands.iter().enumerate().any(|(j, (_, o))| j != k && o.contains(&l));
        parts.push(alone(&operands[k], elsewhere, sizes));
    }
    while parts.len() > 1 {
        let (a, b) = cheapest(&parts, output, sizes);
        let (y, x) = (parts.swap_remove(b), parts.swap_remove(a));
        let keep: Vec<u8> = union(&x.1, &y.1)
            .into_iter()
            .filter(|l| output.contains(l) || parts.iter().any(|(_, o)| o.contains(l)))
            .collect();
        let joined = join(&x, &y, &keep, sizes)?;
        parts.push((Rc::new(joined), keep));
    }
    let whole = match parts.pop() {
        Some(part) => part,
        None => (Rc::new(Array::scalar(like.one())), Vec::new()),
    };
    spread(&whole, output, sizes, &uncovered)
}

fn union(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut all = a.to_vec();
    all.extend(b.iter().filter(|l| !a.contains(l)));
    all
}

fn count(labels: &[u8], sizes: &[usize]) -> f64 {
    labels.iter().map(|l| sizes[*l as usize] as f64).product()
}

/// The pair that makes the least work, then the smallest result; a before b.
fn cheapest<N>(parts: &[Operand<N>], output: &[u8], sizes: &[usize]) -> (usize, usize) {
    let mut best = (f64::INFINITY, f64::INFINITY, 0, 1);
    for b in 1..parts.len() {
        for a in 0..b {
            let all = union(&parts[a].1, &parts[b].1);
            let kept: Vec<u8> = all
                .iter()
                .copied()
                .filter(|l| {
                    output.contains(l) || parts.iter().enumerate().any(|(k, (_, o))| k != a && k != b && o.contains(l))
                })
                .collect();
            let work = (count(&all, sizes), count(&kept, sizes));
            if work < (best.0, best.1) {
                best = (work.0, work.1, a, b);
            }
        }
    }
    (best.2, best.3)
}

/// The strides of an array's axes, added up for each label: a label that repeats walks the diagonal.
fn strides<N>(operand: &Operand<N>, labels: &[u8]) -> Vec<usize> {
    let (array, own) = operand;
    let mut step = 1;
    let mut found = vec![0; labels.len()];
    for (axis, label) in own.iter().enumerate().rev() {
        if let Some(at) = labels.iter().position(|l| l == label) {
            found[at] += step;
        }
        step *= array.shape[axis];
    }
    found
}

/// A single operand with its diagonals taken and the labels summed that occur nowhere else.
fn alone<N: Real>(operand: &Operand<N>, elsewhere: impl Fn(u8) -> bool, sizes: &[usize]) -> Operand<N> {
    let distinct = union(
        &[],
        &operand.1.iter().copied().fold(Vec::new(), |mut v, l| {
            if !v.contains(&l) {
                v.push(l);
            }
            v
        }),
    );
    let keep: Vec<u8> = distinct.iter().copied().filter(|l| elsewhere(*l)).collect();
    if keep == operand.1 {
        return operand.clone();
    }
    let summed: Vec<u8> = distinct.iter().copied().filter(|l| !keep.contains(l)).collect();
    let (outer, inner) = (strides(operand, &keep), strides(operand, &summed));
    let (outer_sizes, inner_sizes) = (of(&keep, sizes), of(&summed, sizes));
    let mut data = Vec::with_capacity(outer_sizes.iter().product());
    walk(&outer_sizes, &[&outer], |at| {
        let mut total: Option<N> = None;
        walk(&inner_sizes, &[&inner], |more| {
            let x = operand.0.data[at[0] + more[0]].clone();
            total = Some(match total.take() {
                Some(t) => t + x,
                None => x,
            });
        });
        data.extend(total);
    });
    (Rc::new(Array { shape: outer_sizes, data }), keep)
}

fn of(labels: &[u8], sizes: &[usize]) -> Vec<usize> {
    labels.iter().map(|l| sizes[*l as usize]).collect()
}

/// The product of two operands, summed over what is not kept.
fn join<N: Real>(x: &Operand<N>, y: &Operand<N>, keep: &[u8], sizes: &[usize]) -> Result<Array<N>> {
    let summed: Vec<u8> = union(&x.1, &y.1).into_iter().filter(|l| !keep.contains(l)).collect();
    let shape = of(keep, sizes);
    let total = entries(&shape)?;
    let inner_sizes = of(&summed, sizes);
    let (xo, yo) = (strides(x, keep), strides(y, keep));
    let (xi, yi) = (strides(x, &summed), strides(y, &summed));
    let mut data = Vec::with_capacity(total);
    // One summed label is the common case: a plain loop.
    if let ([n], [a], [b]) = (&inner_sizes[..], &xi[..], &yi[..]) {
        walk(&shape, &[&xo, &yo], |at| {
            let mut sum: Option<N> = None;
            for k in 0..*n {
                let product = x.0.data[at[0] + k * a].clone() * y.0.data[at[1] + k * b].clone();
                sum = Some(match sum.take() {
                    Some(s) => s + product,
                    None => product,
                });
            }
            data.extend(sum);
        });
    } else {
        walk(&shape, &[&xo, &yo], |at| {
            let mut sum: Option<N> = None;
            walk(&inner_sizes, &[&xi, &yi], |more| {
                let product = x.0.data[at[0] + more[0]].clone() * y.0.data[at[1] + more[1]].clone();
                sum = Some(match sum.take() {
                    Some(s) => s + product,
                    None => product,
                });
            });
            data.extend(sum);
        });
    }
    Ok(Array { shape, data })
}

/// What is left at the output's labels: in their order, repeated, broadcast.
fn spread<N: Real>(operand: &Operand<N>, output: &[u8], sizes: &[usize], scale: &N) -> Result<Array<N>> {
    let shape = of(output, sizes);
    let total = entries(&shape)?;
    let distinct: Vec<u8> = output.iter().copied().fold(Vec::new(), |mut v, l| {
        if !v.contains(&l) {
            v.push(l);
        }
        v
    });
    let from = strides(operand, &distinct);
    let mut step = 1;
    let mut to = vec![0; distinct.len()];
    for (axis, label) in output.iter().enumerate().rev() {
        if let Some(at) = distinct.iter().position(|l| l == label) {
            to[at] += step;
        }
        step *= shape[axis];
    }
    let mut data = vec![scale.ratio(0, 1); total];
    let plain = scale.approximate() == 1.0;
    walk(&of(&distinct, sizes), &[&from, &to], |at| {
        if let (Some(slot), Some(x)) = (data.get_mut(at[1]), operand.0.data.get(at[0])) {
            *slot = if plain { x.clone() } else { x.clone() * scale.clone() };
        }
    });
    Ok(Array { shape, data })
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
