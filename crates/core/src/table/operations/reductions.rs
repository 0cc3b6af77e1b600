//! Reductions over the last axis, and functions along it.

use super::{OperationRow, OperationSpelling, Pullback, split_trailing};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::Dim;
use crate::table::operations::worded;
use crate::tensor::Refused;

type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

/// `reduced` along a last axis like that of `like`.
fn along<'b>(reduced: Ex<'b>, like: Ex<'b>) -> Ex<'b> {
    reduced.einsum(",i->i", &[reduced, like.last_ones()])
}

fn last_axis<'d>(name: &str, graph: &Graph, dims: &'d [Dim]) -> Result<&'d [Dim], Refused> {
    Ok(split_trailing(name, graph, dims, 1)?.0)
}

fn rows<N: Real>(x: &Array<N>, shape: &[usize], each: impl Fn(&[N]) -> Option<N>) -> Result<Array<N>, String> {
    let n = x.shape.last().copied().unwrap_or(1);
    if n == 0 {
        return Err("an axis without entries has no such value".into());
    }
    let data: Option<Vec<N>> = x.data.chunks(n).map(each).collect();
    Ok(Array { shape: shape.to_vec(), data: data.ok_or("an axis without entries has no such value")? })
}

fn map_rows<N: Real>(x: &Array<N>, each: impl Fn(&mut [N])) -> Array<N> {
    let mut out = x.clone();
    let n = x.shape.last().copied().unwrap_or(1).max(1);
    out.data.chunks_mut(n).for_each(each);
    out
}

/// A reduction's name in each notation, over the last axis.
fn reduction(name: &str, numpy: &str, args: &[&[Dim]]) -> OperationSpelling {
    let axis = if args[0].len() > 1 { ", axis=-1" } else { "" };
    OperationSpelling {
        // The language's softmax and sort go along the last axis by themselves.
        text: if matches!(name, "softmax" | "sort") {
            format!("{name}({{0}})")
        } else {
            format!("{name}({{0}}{axis})")
        },
        latex: if axis.is_empty() || matches!(name, "softmax" | "sort") {
            format!("\\mathrm{{{}}}\\left({{0}}\\right)", name.replace('_', "\\_"))
        } else {
            format!("\\mathrm{{{}}}_{{\\mathrm{{axis}}=-1}}\\left({{0}}\\right)", name.replace('_', "\\_"))
        },
        // What is no function there has no name with a module.
        numpy: if numpy.contains('.') { format!("{numpy}({{0}}{axis})") } else { String::new() },
        jax: match numpy.replace("np.", "jnp.").replace("scipy.special.", "jax.nn.") {
            jax if jax.contains('.') => format!("{jax}({{0}}{axis})"),
            _ => String::new(),
        },
    }
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $row:ident $name:literal $numpy:literal: $shape:expr, $pullback:expr, $evaluate:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Debug)]
        pub struct $row;

        impl OperationRow for $row {
            const NAME: &'static str = $name;

            fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
                let rest = last_axis($name, graph, &args[0])?.to_vec();
                let shape: fn(Vec<Dim>, Dim) -> Vec<Dim> = $shape;
                Ok(shape(rest, args[0][args[0].len() - 1]))
            }

            fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
                let pull: for<'x> fn(&Pullback<'_, 'x>) -> Pulled<'x> = $pullback;
                pull(at)
            }

            fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize]) -> Result<Array<N>, String> {
                let evaluate: fn(&Array<N>, &[usize]) -> Result<Array<N>, String> = $evaluate;
                evaluate(args[0], shape)
            }

            fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
                reduction($name, $numpy, args)
            }
        }
    )*};
}

reductions! {
    /// The product of the entries.
    Prod "prod" "np.prod": |rest, _| rest,
        |at| {
            let others = Ex::operation(ProdOthers, &[at.args[0]]).map_err(|_| "its shape is broken")?;
            Ok(Some(at.adjoint.einsum(",i->i", &[at.adjoint, others])))
        },
        |x, shape| rows(x, shape, |row| row.iter().cloned().reduce(|a, b| a * b));
    /// For each entry the product of all others, also where entries are 0.
    ProdOthers "prod_others" "prod_others": |mut rest, n| { rest.push(n); rest },
        |at| {
            let pairs = Ex::operation(ProdPairs, &[at.args[0]]).map_err(|_| "its shape is broken")?;
            Ok(Some(at.adjoint.einsum("i,ij->j", &[at.adjoint, pairs])))
        },
        |x, _| Ok(map_rows(x, |row| {
            let all = row.to_vec();
            row.iter_mut().enumerate().for_each(|(k, slot)| *slot = product_without(&all, &[k]));
        }));
    /// For each pair of different entries the product of all others; 0 on the diagonal.
    ProdPairs "prod_pairs" "prod_pairs": |mut rest, n| { rest.extend([n, n]); rest },
        |_| Err("the third derivative of a product over an axis is not built"),
        |x, shape| {
            let n = x.shape.last().copied().unwrap_or(1);
            let mut data = Vec::with_capacity(x.data.len() * n);
            for row in x.data.chunks(n.max(1)) {
                for i in 0..n {
                    for j in 0..n {
                        data.push(if i == j { row[0].ratio(0, 1) } else { product_without(row, &[i, j]) });
                    }
                }
            }
            Ok(Array { shape: shape.to_vec(), data })
        };
    /// The largest entry.
    Max "max" "np.max": |rest, _| rest,
        |at| share(at, Shared { largest: true }),
        |x, shape| rows(x, shape, |row| row.iter().cloned().reduce(N::max));
    /// The smallest entry.
    Min "min" "np.min": |rest, _| rest,
        |at| share(at, Shared { largest: false }),
        |x, shape| rows(x, shape, |row| row.iter().cloned().reduce(N::min));
    /// The position of the largest entry, the first of several.
    ArgMax "argmax" "np.argmax": |rest, _| rest, |_| Ok(None),
        |x, shape| rows(x, shape, |row| first_best(row, |a, b| b.less(a)));
    /// The position of the smallest entry, the first of several.
    ArgMin "argmin" "np.argmin": |rest, _| rest, |_| Ok(None),
        |x, shape| rows(x, shape, |row| first_best(row, |a, b| a.less(b)));
    /// `log(sum(exp(x)))`, without overflow.
    LogSumExp "logsumexp" "scipy.special.logsumexp": |rest, _| rest,
        |at| {
            let softmax = Ex::operation(Softmax, &[at.args[0]]).map_err(|_| "its shape is broken")?;
            Ok(Some(at.adjoint.einsum(",i->i", &[at.adjoint, softmax])))
        },
        |x, shape| rows(x, shape, |row| {
            let largest = row.iter().cloned().reduce(N::max)?;
            let total = row.iter().map(|v| (v.clone() - largest.clone()).exp()).reduce(|a, b| a + b)?;
            // Where all are -∞, the differences are no numbers.
            let infinite = largest.clone().equal(largest.clone() + largest.one());
            Some(N::select(infinite, largest.clone(), largest + total.log()))
        });
    /// `exp(x)/sum(exp(x))`
    Softmax "softmax" "scipy.special.softmax": |mut rest, n| { rest.push(n); rest },
        |at| {
            let inner = at.adjoint.einsum("i,i->", &[at.adjoint, at.value]);
            let rest = at.adjoint - along(inner, at.value);
            Ok(Some(at.adjoint.einsum("i,i->i", &[at.value, rest])))
        },
        |x, _| Ok(map_rows(x, |row| {
            let Some(largest) = row.iter().cloned().reduce(N::max) else { return };
            row.iter_mut().for_each(|v| *v = (v.clone() - largest.clone()).exp());
            let Some(total) = row.iter().cloned().reduce(|a, b| a + b) else { return };
            row.iter_mut().for_each(|v| *v = v.clone() / total.clone());
        }));
    /// The entries in rising order.
    Sort "sort" "np.sort": |mut rest, n| { rest.push(n); rest },
        |at| {
            let order = Ex::operation(SortOrder, &[at.args[0]]).map_err(|_| "its shape is broken")?;
            Ok(Some(at.adjoint.einsum("i,ij->j", &[at.adjoint, order])))
        },
        |x, _| Ok(map_rows(x, |row| {
            let order = sorted(row);
            let all = row.to_vec();
            order.iter().enumerate().for_each(|(k, from)| row[k] = all[*from].clone());
        }));
    /// The matrix that sorts: a 1 where the entry of rank i stands at j.
    SortOrder "sort_order" "sort_order": |mut rest, n| { rest.extend([n, n]); rest }, |_| Ok(None),
        |x, shape| {
            let n = x.shape.last().copied().unwrap_or(1);
            let mut data = Vec::with_capacity(x.data.len() * n);
            for row in x.data.chunks(n.max(1)) {
                for from in sorted(row) {
                    data.extend((0..n).map(|j| row[0].ratio(i64::from(j == from), 1)));
                }
            }
            Ok(Array { shape: shape.to_vec(), data })
        };
}

fn product_without<N: Real>(row: &[N], without: &[usize]) -> N {
    let kept = row.iter().enumerate().filter(|(k, _)| !without.contains(k)).map(|(_, v)| v.clone());
    kept.reduce(|a, b| a * b).unwrap_or_else(|| row[0].one())
}

/// The positions in rising order of the values, equal ones as they stand.
fn sorted<N: Real>(row: &[N]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|a, b| row[*a].approximate().total_cmp(&row[*b].approximate()));
    order
}

/// The position of the first entry than which none is better.
fn first_best<N: Real>(row: &[N], better: impl Fn(N, N) -> N) -> Option<N> {
    let mut best = 0;
    for k in 1..row.len() {
        if better(row[k].clone(), row[best].clone()).approximate() == 1.0 {
            best = k;
        }
    }
    row.first().map(|v| v.ratio(best as i64, 1))
}

fn share<'b>(at: &Pullback<'_, 'b>, row: Shared) -> Pulled<'b> {
    let shares = Ex::operation(row, &[at.args[0]]).map_err(|_| "its shape is broken")?;
    Ok(Some(at.adjoint.einsum(",i->i", &[at.adjoint, shares])))
}

/// The derivative of the largest (or smallest) entry: 1 for it; several that are equal share it equally.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Shared {
    /// Of the largest?
    pub largest: bool,
}

impl OperationRow for Shared {
    const NAME: &'static str = "share";

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
        last_axis(Self::NAME, graph, &args[0])?;
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, _: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ok(None)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], _: &[usize]) -> Result<Array<N>, String> {
        Ok(map_rows(args[0], |row| {
            let pick = if self.largest { N::max } else { N::min };
            let Some(best) = row.iter().cloned().reduce(pick) else { return };
            row.iter_mut().for_each(|v| *v = v.clone().equal(best.clone()));
            let Some(count) = row.iter().cloned().reduce(|a, b| a + b) else { return };
            row.iter_mut().for_each(|v| *v = v.clone() / count.clone());
        }))
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let name = if self.largest { "share_of_max" } else { "share_of_min" };
        worded(&format!("{name}({{0}})"))
    }
}

/// The sums of the entries up to each one, or from each one on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cumsum {
    /// From each one on?
    pub reverse: bool,
}

impl OperationRow for Cumsum {
    const NAME: &'static str = "cumsum";

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
        last_axis(Self::NAME, graph, &args[0])?;
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ex::operation(Cumsum { reverse: !self.reverse }, &[at.adjoint]).map(Some).map_err(|_| "its shape is broken")
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], _: &[usize]) -> Result<Array<N>, String> {
        Ok(map_rows(args[0], |row| {
            let n = row.len();
            for k in 1..n {
                let (to, from) = if self.reverse { (n - 1 - k, n - k) } else { (k, k - 1) };
                row[to] = row[from].clone() + row[to].clone();
            }
        }))
    }

    fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let axis = if args[0].len() > 1 { ", axis=-1" } else { "" };
        if self.reverse {
            let turned = |np: &str| format!("{np}.flip({np}.cumsum({np}.flip({{0}}, axis=-1), axis=-1), axis=-1)");
            return OperationSpelling {
                numpy: turned("np"),
                jax: turned("jnp"),
                ..worded(&format!("cumsum({{0}}{axis}, reverse=1)"))
            };
        }
        reduction("cumsum", "np.cumsum", args)
    }
}
