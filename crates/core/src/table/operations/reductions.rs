//! Reductions over the last axis, and functions along it.

use super::{
    OperationRow, OperationSpelling, Picked, Pullback, Reference, Samples, ScatterAdd, parts, passing, samples,
    split_trailing,
};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::Dim;
use crate::table::operations::without_code;
use crate::tensor::ShapeError;

rows!($ reductions: Max Min ArgMax ArgMin LogSumExp Softmax Sort ArgSort Shared Cumsum; factored:);

type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

/// `reduced` along a last axis like that of `like`.
fn along<'b>(reduced: Ex<'b>, like: Ex<'b>) -> Ex<'b> {
    reduced.einsum(",i->i", &[reduced, like.last_ones()])
}

pub(super) fn last_axis<'d>(name: &str, graph: &Graph, dims: &'d [Dim]) -> Result<&'d [Dim], ShapeError> {
    Ok(split_trailing(name, graph, dims, 1)?.0)
}

/// One value for each row; `nothing` is that of a row without entries.
fn rows<N: Real>(
    x: &Array<N>,
    shape: &[usize],
    name: &str,
    nothing: Option<N>,
    each: impl Fn(&[N]) -> Option<N>,
) -> Result<Array<N>, String> {
    let value = |row: &[N]| if row.is_empty() { nothing.clone() } else { each(row) };
    let data: Option<Vec<N>> = parts(x, 1).map(value).collect();
    let data = data.ok_or_else(|| format!("{name} of an axis without entries has no value"))?;
    Ok(Array { shape: shape.to_vec(), data })
}

fn map_rows<N: Real>(x: &Array<N>, each: impl Fn(&mut [N])) -> Array<N> {
    let mut out = x.clone();
    let n = x.shape.last().copied().unwrap_or(1).max(1);
    out.data.chunks_mut(n).for_each(each);
    out
}

/// A reduction's name in each notation, over the last axis.
pub(super) fn reduction(name: &str, numpy: &str, args: &[&[Dim]]) -> OperationSpelling {
    let axis = if args[0].len() > 1 { ", axis=-1" } else { "" };
    let along_last = matches!(name, "softmax" | "sort" | "argsort");
    // Equal entries keep their order in JAX anyway.
    let stable = if name == "argsort" { ", kind=\"stable\"" } else { "" };
    OperationSpelling {
        // The language's softmax and sort go along the last axis by themselves.
        text: if along_last { format!("{name}({{0}})") } else { format!("{name}({{0}}{axis})") },
        latex: if axis.is_empty() || along_last {
            format!("\\mathrm{{{}}}\\left({{0}}\\right)", name.replace('_', "\\_"))
        } else {
            format!("\\mathrm{{{}}}_{{\\mathrm{{axis}}=-1}}\\left({{0}}\\right)", name.replace('_', "\\_"))
        },
        // What is no function there has no name with a module.
        numpy: if numpy.contains('.') { format!("{numpy}({{0}}{axis}{stable})") } else { String::new() },
        jax: match numpy.replace("np.", "jnp.").replace("scipy.special.", "jax.nn.") {
            jax if jax.contains('.') => format!("{jax}({{0}}{axis})"),
            _ => String::new(),
        },
    }
}

macro_rules! along_an_axis {
    ($($(#[$doc:meta])* $row:ident $name:literal $numpy:literal {
        domain: $domain:literal, nan: $nan:literal, ties: $ties:literal,
        shape: $shape:expr, pullback: $pullback:expr, value: $evaluate:expr,
        samples: { $($samples:tt)* }
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Debug)]
        pub struct $row;

        impl OperationRow for $row {
            const NAME: &'static str = $name;
            const DOMAIN: &'static str = $domain;
            const NAN: &'static str = $nan;
            const TIES: &'static str = $ties;
            const REFERENCE: Reference = Reference::Oracle;

            fn samples() -> Samples {
                samples! { $($samples)* }
            }

            fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
                let rest = last_axis($name, graph, &args[0])?.to_vec();
                let shape: fn(Vec<Dim>, Dim) -> Vec<Dim> = $shape;
                Ok(shape(rest, args[0][args[0].len() - 1]))
            }

            fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
                let pull: for<'x> fn(&Pullback<'_, 'x>) -> Pulled<'x> = $pullback;
                pull(at)
            }

            fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
                let evaluate: fn(&Array<N>, &[usize], &N) -> Result<Array<N>, String> = $evaluate;
                evaluate(args[0], shape, like)
            }

            fn named(&self) -> Vec<usize> {
                Vec::new()
            }

            fn core_axes(&self, _: usize) -> usize {
                1
            }

            fn keeps_symmetry(&self) -> bool {
                false
            }

            fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
                passing(args, shape)
            }

            fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
                reduction($name, $numpy, args)
            }
        }
    )*};
}

along_an_axis! {
    /// The largest entry.
    Max "max" "np.max" {
        domain: "an axis with an entry", nan: "passes it on", ties: "the derivative is shared equally",
        shape: |rest, _| rest,
        pullback: |at| share(at, Shared { largest: true }),
        value: |x, shape, _| rows(x, shape, "max", None, |row| row.iter().cloned().reduce(N::max)),
        samples: {
            Smooth, "a generic point", Max, ["4 | 2 -0.5 3 0.75"];
            Smooth, "size 1", Max, ["1 | -2.5"];
            Smooth, "a batch axis in front", Max, ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Smooth, "no rows", Max, ["0x2 |"];
            Kink("the largest entry changes"), "two ties", Max, ["4 | 3 -0.5 3 0.75"];
            Kink("the largest entry changes"), "zeros", Max, ["3 | 0 0 0"];
            Limit("1 for the infinite entry"), "an infinity", Max, ["3 | 2 inf 3"];
            Limit("shared equally"), "all at minus infinity", Max, ["2 | -inf -inf"];
            Limit("not a number"), "not a number", Max, ["3 | 2 nan 3"];
            Limit("not a number"), "not a number in front", Max, ["3 | nan 2 3"];
            Fails("max of an axis without entries"), "an empty axis", Max, ["0 |"];
            Fails("max of an axis without entries"), "an empty axis of rows", Max, ["2x0 |"];
        }
    }
    /// The smallest entry.
    Min "min" "np.min" {
        domain: "an axis with an entry", nan: "passes it on", ties: "the derivative is shared equally",
        shape: |rest, _| rest,
        pullback: |at| share(at, Shared { largest: false }),
        value: |x, shape, _| rows(x, shape, "min", None, |row| row.iter().cloned().reduce(N::min)),
        samples: {
            Smooth, "a generic point", Min, ["4 | 2 -0.5 3 0.75"];
            Smooth, "size 1", Min, ["1 | -2.5"];
            Smooth, "a batch axis in front", Min, ["2x3 | 2 -0.5 3 0.25 1 7"];
            Kink("the smallest entry changes"), "three ties", Min, ["4 | -1 -1 3 -1"];
            Limit("1 for the infinite entry"), "an infinity", Min, ["3 | 2 -inf 3"];
            Limit("not a number"), "not a number", Min, ["3 | 2 nan 3"];
            Fails("min of an axis without entries"), "an empty axis", Min, ["0 |"];
        }
    }
    /// The position of the largest entry, the first of several.
    ArgMax "argmax" "np.argmax" {
        domain: "an axis with an entry", nan: "is the position of the first one", ties: "the first of them",
        shape: |rest, _| rest, pullback: |_| Ok(None),
        value: |x, shape, _| rows(x, shape, "argmax", None, |row| first_best(row, |a, b| b.less(a))),
        samples: {
            Smooth, "a generic point", ArgMax, ["4 | 2 -0.5 3 0.75"];
            Smooth, "size 1", ArgMax, ["1 | -2.5"];
            Smooth, "a batch axis in front", ArgMax, ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Jump("the position changes"), "two ties", ArgMax, ["4 | 0.5 3 -1 3"];
            Limit("0"), "an infinity", ArgMax, ["3 | 2 inf inf"];
            Limit("0"), "not a number", ArgMax, ["4 | 2 nan 3 nan"];
            Limit("0"), "all at minus infinity", ArgMax, ["2 | -inf -inf"];
            Fails("argmax of an axis without entries"), "an empty axis", ArgMax, ["0 |"];
        }
    }
    /// The position of the smallest entry, the first of several.
    ArgMin "argmin" "np.argmin" {
        domain: "an axis with an entry", nan: "is the position of the first one", ties: "the first of them",
        shape: |rest, _| rest, pullback: |_| Ok(None),
        value: |x, shape, _| rows(x, shape, "argmin", None, |row| first_best(row, |a, b| a.less(b))),
        samples: {
            Smooth, "a generic point", ArgMin, ["4 | 2 -0.5 3 0.75"];
            Smooth, "size 1", ArgMin, ["1 | -2.5"];
            Smooth, "a batch axis in front", ArgMin, ["2x3 | 2 -0.5 -3 -0.25 -1 7"];
            Jump("the position changes"), "two ties", ArgMin, ["4 | 0.5 -3 1 -3"];
            Limit("0"), "an infinity", ArgMin, ["3 | 2 -inf -inf"];
            Limit("0"), "not a number", ArgMin, ["4 | 2 nan -3 nan"];
            Fails("argmin of an axis without entries"), "an empty axis", ArgMin, ["0 |"];
        }
    }
    /// `log(sum(exp(x)))`, without overflow.
    LogSumExp "logsumexp" "scipy.special.logsumexp" {
        domain: "all x; -inf for no entries or where all are -inf, where the derivative is not a number, as it is beside an entry of +inf",
        nan: "passes it on", ties: "",
        shape: |rest, _| rest,
        pullback: |at| {
            let softmax = Ex::operation(Softmax, &[at.args[0]]).map_err(|_| "its shape is broken")?;
            Ok(Some(at.adjoint.einsum(",i->i", &[at.adjoint, softmax])))
        },
        value: |x, shape, like| rows(x, shape, "logsumexp", Some(like.ratio(0, 1).log()), |row| {
            let largest = row.iter().cloned().reduce(N::max)?;
            let total = row.iter().map(|v| (v.clone() - largest.clone()).exp()).reduce(|a, b| a + b)?;
            // Where all are -∞, the differences are no numbers.
            let infinite = largest.clone().equal(largest.clone() + largest.one());
            Some(N::select(infinite, largest.clone(), largest + total.log()))
        }),
        samples: {
            Smooth, "a generic point", LogSumExp, ["4 | 2 -0.5 3 0.75"];
            Smooth, "equal entries", LogSumExp, ["3 | 1.5 1.5 1.5"];
            Smooth, "zeros", LogSumExp, ["2 | 0 0"];
            Smooth, "large entries", LogSumExp, ["3 | 1000 1001 999.5"];
            Smooth, "entries far below 0", LogSumExp, ["3 | -1000 -1001 -999.5"];
            Smooth, "size 1", LogSumExp, ["1 | -2.5"];
            Smooth, "a batch axis in front", LogSumExp, ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Limit("has no entries"), "an empty axis", LogSumExp, ["0 |"];
            Limit("the others' softmax"), "one entry at minus infinity", LogSumExp, ["3 | 2 -inf 3"];
            Limit("not a number"), "all at minus infinity", LogSumExp, ["2 | -inf -inf"];
            Limit("not a number, as softmax is"), "an infinity", LogSumExp, ["3 | 2 inf 3"];
            Limit("not a number"), "not a number", LogSumExp, ["3 | 2 nan 3"];
        }
    }
    /// `exp(x)/sum(exp(x))`
    Softmax "softmax" "scipy.special.softmax" {
        domain: "all x; not a number where an entry is +inf or all are -inf", nan: "passes it on to all", ties: "",
        shape: |mut rest, n| { rest.push(n); rest },
        pullback: |at| {
            let inner = at.adjoint.einsum("i,i->", &[at.adjoint, at.value]);
            let rest = at.adjoint - along(inner, at.value);
            Ok(Some(at.adjoint.einsum("i,i->i", &[at.value, rest])))
        },
        value: |x, _, _| Ok(map_rows(x, |row| {
            let Some(largest) = row.iter().cloned().reduce(N::max) else { return };
            row.iter_mut().for_each(|v| *v = (v.clone() - largest.clone()).exp());
            let Some(total) = row.iter().cloned().reduce(|a, b| a + b) else { return };
            row.iter_mut().for_each(|v| *v = v.clone() / total.clone());
        })),
        samples: {
            Smooth, "a generic point", Softmax, ["4 | 2 -0.5 3 0.75"];
            Smooth, "equal entries", Softmax, ["3 | 1.5 1.5 1.5"];
            Smooth, "large entries", Softmax, ["3 | 1000 1001 999.5"];
            Smooth, "size 1", Softmax, ["1 | -2.5"];
            Smooth, "a batch axis in front", Softmax, ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Smooth, "an empty axis", Softmax, ["2x0 |"];
            Limit("that of the others"), "one entry at minus infinity", Softmax, ["3 | 2 -inf 3"];
            Limit("not a number"), "an infinity", Softmax, ["3 | 2 inf 3"];
            Limit("not a number"), "not a number", Softmax, ["3 | 2 nan 3"];
        }
    }
    /// The entries in rising order.
    Sort "sort" "np.sort" {
        domain: "all x", nan: "stands last", ties: "stay in their order, and each has its own derivative",
        shape: |mut rest, n| { rest.push(n); rest },
        pullback: |at| {
            let order = Ex::operation(ArgSort, &[at.args[0]]).map_err(|_| "its shape is broken")?;
            let at_last = Picked { picks: 1, inner: 0 };
            let back = ScatterAdd { at: at_last, size: at.args[0].last_dimension() };
            Ex::operation(back, &[at.adjoint, order]).map(Some).map_err(|_| "its shape is broken")
        },
        value: |x, _, _| Ok(map_rows(x, |row| {
            let order = sorted(row);
            let all = row.to_vec();
            order.iter().enumerate().for_each(|(k, from)| row[k] = all[*from].clone());
        })),
        samples: {
            Smooth, "a generic point", Sort, ["5 | 2 -0.5 3 0.75 -4"];
            Smooth, "no order that is its own inverse", Sort, ["3 | 3 1 2"];
            Smooth, "size 1", Sort, ["1 | -2.5"];
            Smooth, "an empty axis", Sort, ["2x0 |"];
            Smooth, "a batch axis in front", Sort, ["2x3 | 3 1 2 -0.25 7 -1"];
            Kink("the order changes"), "ties", Sort, ["4 | 2 -1 2 -1"];
            Limit("that of the order"), "infinities", Sort, ["4 | inf 2 -inf 1"];
            Limit("that of the order"), "not a number", Sort, ["4 | 3 nan 1 2"];
        }
    }
    /// The positions in rising order of the values.
    ArgSort "argsort" "np.argsort" {
        domain: "all x", nan: "stands last", ties: "stay in their order",
        shape: |mut rest, n| { rest.push(n); rest }, pullback: |_| Ok(None),
        value: |x, _, like| Ok(map_rows(x, |row| {
            let order = sorted(row);
            order.iter().zip(row).for_each(|(from, slot)| *slot = like.ratio(*from as i64, 1));
        })),
        samples: {
            Smooth, "a generic point", ArgSort, ["4 | 2 -0.5 3 0.75"];
            Smooth, "no order that is its own inverse", ArgSort, ["3 | 3 1 2"];
            Smooth, "size 1", ArgSort, ["1 | -2.5"];
            Smooth, "an empty axis", ArgSort, ["0 |"];
            Smooth, "a batch axis in front", ArgSort, ["2x3 | 3 1 2 -0.25 7 -1"];
            Jump("the order changes"), "ties", ArgSort, ["4 | 2 -1 2 -1"];
            Limit("0"), "infinities", ArgSort, ["4 | inf 2 -inf 1"];
            Limit("0"), "not a number", ArgSort, ["4 | 3 nan 1 2"];
        }
    }
}

/// The positions in rising order of the values, equal ones as they stand, what is no number last. Merged by hand: balls
/// that overlap are in no order that a library could rely on.
fn sorted<N: Real>(row: &[N]) -> Vec<usize> {
    let no_number = |k: usize| row[k].approximate().is_nan();
    let comes_first = |a: usize, b: usize| match (no_number(a), no_number(b)) {
        (false, false) => row[a].clone().less(row[b].clone()).approximate() == 1.0,
        (first, second) => !first && second,
    };
    let mut order: Vec<usize> = (0..row.len()).collect();
    let mut width = 1;
    while width < order.len() {
        let mut merged = Vec::with_capacity(order.len());
        for both in order.chunks(2 * width) {
            let (mut left, mut right) = both.split_at(width.min(both.len()));
            while let (Some(&a), Some(&b)) = (left.first(), right.first()) {
                let from = if comes_first(b, a) { &mut right } else { &mut left };
                merged.push(from[0]);
                *from = &from[1..];
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        order = merged;
        width *= 2;
    }
    order
}

/// The position of the first entry than which none is better, or of the first that is not a number.
fn first_best<N: Real>(row: &[N], better: impl Fn(N, N) -> N) -> Option<N> {
    let no_number = row.iter().position(|x| x.approximate().is_nan());
    let best = no_number.unwrap_or_else(|| {
        let wins = |k: usize, best: usize| better(row[k].clone(), row[best].clone()).approximate() == 1.0;
        (1..row.len()).fold(0, |best, k| if wins(k, best) { k } else { best })
    });
    row.first().map(|v| v.ratio(best as i64, 1))
}

fn share<'b>(at: &Pullback<'_, 'b>, row: Shared) -> Pulled<'b> {
    let shares = Ex::operation(row, &[at.args[0]]).map_err(|_| "its shape is broken")?;
    Ok(Some(at.adjoint.einsum(",i->i", &[at.adjoint, shares])))
}

/// The share of each entry in the largest, or smallest, of all: equal ones have equal shares.
pub(super) fn shares<N: Real>(row: &[N], largest: bool) -> Vec<N> {
    if row.is_empty() {
        return Vec::new();
    }
    let pick = if largest { N::max } else { N::min };
    let worse = |a: N, b: N| if largest { a.less_equal(b) } else { b.less_equal(a) };
    // Each is compared with the best of the others: a number with a bound of its error is not told to equal itself.
    let mut behind: Vec<Option<N>> = vec![None];
    for x in row[1..].iter().rev() {
        behind.push(Some(best(pick, x.clone(), behind.last().cloned().flatten())));
    }
    let mut before: Option<N> = None;
    let mut hits = Vec::with_capacity(row.len());
    for (x, behind) in row.iter().zip(behind.into_iter().rev()) {
        let others = match (before.clone(), behind) {
            (Some(a), b) => Some(best(pick, a, b)),
            (None, b) => b,
        };
        let alone = || if x.approximate().is_nan() { x.clone() } else { x.one() };
        hits.push(others.map_or_else(alone, |others| worse(others, x.clone())));
        before = Some(best(pick, x.clone(), before));
    }
    let count = hits.iter().skip(1).cloned().fold(hits[0].clone(), |a, b| a + b);
    hits.into_iter().map(|hit| hit / count.clone()).collect()
}

fn best<N>(pick: fn(N, N) -> N, x: N, other: Option<N>) -> N {
    match other {
        Some(other) => pick(other, x),
        None => x,
    }
}

/// The derivative of the largest (or smallest) entry: 1 for it; several that are equal share it equally.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Shared {
    /// Of the largest?
    pub largest: bool,
}

impl OperationRow for Shared {
    const NAME: &'static str = "share";
    const DOMAIN: &'static str = "all x";
    const NAN: &'static str = "makes all of the row not a number";
    const TIES: &'static str = "have equal shares";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let (most, least) = (Shared { largest: true }, Shared { largest: false });
        samples! {
            Smooth, "a generic point", most.clone(), ["4 | 2 -0.5 3 0.75"];
            Smooth, "of the smallest", least.clone(), ["4 | 2 -0.5 3 0.75"];
            Smooth, "size 1", most.clone(), ["1 | -2.5"];
            Smooth, "an empty axis", most.clone(), ["2x0 |"];
            Smooth, "a batch axis in front", least.clone(), ["2x3 | 2 -0.5 3 0.25 1 7"];
            Jump("the largest entry changes"), "two ties", most.clone(), ["4 | 3 -0.5 3 0.75"];
            Jump("the smallest entry changes"), "three ties", least, ["4 | -1 -1 3 -1"];
            Limit("0"), "an infinity", most.clone(), ["3 | 2 inf 3"];
            Limit("0"), "not a number", most.clone(), ["3 | 2 nan 3"];
            Limit("0"), "not a number alone", most, ["1 | nan"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        last_axis(Self::NAME, graph, &args[0])?;
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, _: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ok(None)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], _: &[usize], _: &N) -> Result<Array<N>, String> {
        Ok(map_rows(args[0], |row| row.clone_from_slice(&shares(row, self.largest))))
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, _: usize) -> usize {
        1
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        passing(args, shape)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let name = if self.largest { "share_of_max" } else { "share_of_min" };
        without_code(&format!("{name}({{0}})"))
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
    const DOMAIN: &'static str = "all x";
    const NAN: &'static str = "passes it on to all sums that it stands in";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let (on, back) = (Cumsum { reverse: false }, Cumsum { reverse: true });
        samples! {
            Smooth, "a generic point", on.clone(), ["4 | 2 -0.5 3 0.75"];
            Smooth, "from the end", back.clone(), ["4 | 2 -0.5 3 0.75"];
            Smooth, "size 1", on.clone(), ["1 | -2.5"];
            Smooth, "an empty axis", on.clone(), ["2x0 |"];
            Smooth, "a batch axis in front", on.clone(), ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Smooth, "from the end with a batch axis in front", back.clone(), ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Limit("the sums that the entry stands in"), "infinities", on.clone(), ["4 | 2 inf 3 -inf"];
            Limit("the sums that the entry stands in"), "not a number", on, ["3 | 2 nan 3"];
            Limit("the sums that the entry stands in"), "not a number, from the end", back, ["3 | 2 nan 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        last_axis(Self::NAME, graph, &args[0])?;
        Ok(args[0].clone())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ex::operation(Cumsum { reverse: !self.reverse }, &[at.adjoint]).map(Some).map_err(|_| "its shape is broken")
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], _: &[usize], _: &N) -> Result<Array<N>, String> {
        Ok(map_rows(args[0], |row| {
            let n = row.len();
            for k in 1..n {
                let (to, from) = if self.reverse { (n - 1 - k, n - k) } else { (k, k - 1) };
                row[to] = row[from].clone() + row[to].clone();
            }
        }))
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, _: usize) -> usize {
        1
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        passing(args, shape)
    }

    fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let axis = if args[0].len() > 1 { ", axis=-1" } else { "" };
        if self.reverse {
            let turned = |np: &str| format!("{np}.flip({np}.cumsum({np}.flip({{0}}, axis=-1), axis=-1), axis=-1)");
            return OperationSpelling {
                numpy: turned("np"),
                jax: turned("jnp"),
                ..without_code(&format!("cumsum({{0}}{axis}, reverse=1)"))
            };
        }
        reduction("cumsum", "np.cumsum", args)
    }
}
