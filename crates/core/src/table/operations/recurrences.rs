//! Running products and sums along the last axis, and the linear recurrence that their derivatives are.

use super::reductions::{last_axis, reduction};
use super::{
    OperationRow, OperationSpelling, Pad, Pullback, Reference, Samples, Slice, leading, parts, passing, samples,
    split_trailing, without_code,
};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::{Dim, Dimension};
use crate::table::Primitive;
use crate::tensor::ShapeError;

rows!($ recurrences: Cumprod LogCumsumExp Recurrence; factored:);

type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

const BROKEN: &str = "its shape is broken";

/// The entries of the last axis one place later, or earlier: a zero comes in, one falls out.
fn shifted<'b>(x: Ex<'b>, later: bool) -> Result<Ex<'b>, &'static str> {
    let n = x.last_dimension();
    let size = n.add(&Dimension::size(1));
    let (to, from) = if later { (1, 0) } else { (0, 1) };
    let wide = Ex::operation(Pad { start: to, step: 1, size }, &[x]).map_err(|_| BROKEN)?;
    Ex::operation(Slice { start: from, step: 1, length: n }, &[wide]).map_err(|_| BROKEN)
}

/// The places of an axis in the order in which a recurrence goes through them.
fn order(n: usize, reverse: bool) -> impl Iterator<Item = usize> {
    (0..n).map(move |k| if reverse { n - 1 - k } else { k })
}

/// The products of the entries up to each one, or from each one on; with or without itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cumprod {
    /// From each one on?
    pub reverse: bool,
    /// Without the entry itself?
    pub exclusive: bool,
}

impl Cumprod {
    /// The products without each entry itself.
    pub(super) fn without(reverse: bool) -> Cumprod {
        Cumprod { reverse, exclusive: true }
    }

    /// In Python.
    pub(super) fn code(&self, np: &str) -> String {
        let turned = |x: String| if self.reverse { format!("{np}.flip({x}, axis=-1)") } else { x };
        let x = turned("{0}".into());
        let x = if self.exclusive { format!("{np}.insert({x}, 0, 1, axis=-1)") } else { x };
        let products = format!("{np}.cumprod({x}, axis=-1)");
        // With the axis by its number, so that it can be another one.
        turned(if self.exclusive { format!("{np}.delete({products}, -1, axis=-1)") } else { products })
    }
}

impl OperationRow for Cumprod {
    const NAME: &'static str = "cumprod";
    const DOMAIN: &'static str = "all x";
    const NAN: &'static str = "passes it on to all products that it stands in";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let on = Cumprod { reverse: false, exclusive: false };
        let back = Cumprod { reverse: true, exclusive: false };
        let before = Cumprod { reverse: false, exclusive: true };
        let behind = Cumprod { reverse: true, exclusive: true };
        samples! {
            Smooth, "a generic point", on.clone(), ["4 | 2 -0.5 3 0.75"];
            Smooth, "from the end", back.clone(), ["4 | 2 -0.5 3 0.75"];
            Smooth, "without the entry", before.clone(), ["4 | 2 -0.5 3 0.75"];
            Smooth, "from the end without the entry", behind.clone(), ["4 | 2 -0.5 3 0.75"];
            Smooth, "one zero", on.clone(), ["4 | 2 0 3 -0.75"];
            Smooth, "two zeros", back.clone(), ["4 | 0 5 0 3"];
            Smooth, "a zero, without the entry", behind, ["4 | 2 5 0 3"];
            Smooth, "size 1", on.clone(), ["1 | -2.5"];
            Smooth, "size 1 without the entry", before.clone(), ["1 | -2.5"];
            Smooth, "an empty axis", on.clone(), ["2x0 |"];
            Smooth, "a batch axis in front", on.clone(), ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Smooth, "a batch axis in front, without the entry", before, ["2x3 | 2 -0.5 3 -0.25 0 -7"];
            Limit("not a number for the infinite entry and beyond it"), "an infinity", on.clone(), ["3 | 2 inf 3"];
            Limit("not a number"), "not a number", on, ["3 | 2 nan 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        last_axis(Self::NAME, graph, &args[0])?;
        Ok(args[0].clone())
    }

    /// `∂/∂x[j] Σ u[k]·x[0]⋯x[k]` is `x[0]⋯x[j-1]` times `s[j] = u[j] + x[j+1]·s[j+1]`, also where entries are 0.
    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let x = at.args[0];
        let others = Ex::operation(Cumprod { exclusive: true, ..self.clone() }, &[x]).map_err(|_| BROKEN)?;
        // Without the entry itself, u[k] belongs to the product up to the one before.
        let u = if self.exclusive { shifted(at.adjoint, self.reverse)? } else { at.adjoint };
        let x = if self.reverse { shifted(x, true)? } else { x };
        let s = Ex::operation(Recurrence { reverse: !self.reverse }, &[x, u]).map_err(|_| BROKEN)?;
        Ok(Some(at.adjoint.einsum("i,i->i", &[s, others])))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        let n = shape.last().copied().unwrap_or(0);
        let mut data = args[0].data.clone();
        for row in data.chunks_mut(n.max(1)) {
            let mut product: Option<N> = None;
            for k in order(n, self.reverse) {
                let entry = row[k].clone();
                let next = product.clone().map_or(entry.clone(), |p| p * entry);
                row[k] = if self.exclusive { product.unwrap_or_else(|| like.one()) } else { next.clone() };
                product = Some(next);
            }
        }
        Ok(Array { shape: shape.to_vec(), data })
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
        let reverse = if self.reverse { ", reverse=1" } else { "" };
        let exclusive = if self.exclusive { ", exclusive=1" } else { "" };
        OperationSpelling {
            numpy: self.code("np"),
            jax: self.code("jnp"),
            ..without_code(&format!("cumprod({{0}}{axis}{reverse}{exclusive})"))
        }
    }
}

/// `log(cumsum(exp(x)))`, without overflow.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogCumsumExp;

impl OperationRow for LogCumsumExp {
    const NAME: &'static str = "logcumsumexp";
    const DOMAIN: &'static str =
        "all x; where all up to an entry are -inf, and beside +inf, the derivative is not a number";
    const NAN: &'static str = "passes it on to the entries from there on";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", LogCumsumExp, ["4 | 2 -0.5 3 0.75"];
            Smooth, "large entries", LogCumsumExp, ["3 | 1000 1001 999.5"];
            Smooth, "entries far below 0", LogCumsumExp, ["3 | -1000 -1001 -999.5"];
            Smooth, "size 1", LogCumsumExp, ["1 | -2.5"];
            Smooth, "an empty axis", LogCumsumExp, ["2x0 |"];
            Smooth, "a batch axis in front", LogCumsumExp, ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Limit("not a number from there on"), "not a number", LogCumsumExp, ["3 | 2 nan 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        last_axis(Self::NAME, graph, &args[0])?;
        Ok(args[0].clone())
    }

    /// The share of x[j] in y[k] is `exp(x[j] - y[j])` times the shares of y[j] in y[j+1], of that in y[j+2], …, which are
    /// `exp(y[k-1] - y[k]) = 1 - exp(x[k] - y[k])`: none is above 1, and the first is 0.
    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let off = at.args[0] - at.value;
        let own = Ex::apply(Primitive::Exp, &[off]);
        let kept = -Ex::apply(Primitive::Expm1, &[off]);
        let s = Ex::operation(Recurrence { reverse: true }, &[kept, at.adjoint]).map_err(|_| BROKEN)?;
        Ok(Some(at.adjoint.einsum("i,i->i", &[s, own])))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], _: &N) -> Result<Array<N>, String> {
        let n = shape.last().copied().unwrap_or(0);
        let mut data = args[0].data.clone();
        for row in data.chunks_mut(n.max(1)) {
            for k in 1..n {
                let (a, b) = (row[k - 1].clone(), row[k].clone());
                let largest = a.clone().max(b.clone());
                let total = (a - largest.clone()).exp() + (b - largest.clone()).exp();
                // Where both are -∞, the differences are no numbers.
                let infinite = largest.clone().equal(largest.clone() + largest.one());
                row[k] = N::select(infinite, largest.clone(), largest + total.log());
            }
        }
        Ok(Array { shape: shape.to_vec(), data })
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
        OperationSpelling {
            numpy: "np.logaddexp.accumulate({0}, axis=-1)".into(),
            jax: format!("jax.lax.cumlogsumexp({{0}}, axis={})", args[0].len().saturating_sub(1)),
            ..reduction(Self::NAME, "", args)
        }
    }
}

/// `h[k] = a[k]*h[k-1] + b[k]` along the last axis, beginning with `h[0] = b[0]`; backwards its transpose in b,
/// `h[k] = b[k] + a[k+1]*h[k+1]`. The first entry of `a` has no part in it either way.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Recurrence {
    /// From the end on?
    pub reverse: bool,
}

impl OperationRow for Recurrence {
    const NAME: &'static str = "recurrence";
    const DOMAIN: &'static str = "two arrays that agree in the last axis; the first entry of a is left out";
    const NAN: &'static str = "passes it on to all entries after it";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let (on, back) = (Recurrence { reverse: false }, Recurrence { reverse: true });
        samples! {
            Smooth, "a generic point", on.clone(), ["4 | 2 -0.5 3 0.75", "4 | 1 -1.5 0.5 2"];
            Smooth, "from the end", back.clone(), ["4 | 2 -0.5 3 0.75", "4 | 1 -1.5 0.5 2"];
            Smooth, "a zero", on.clone(), ["3 | 2 0 3", "3 | 1 -1.5 0.5"];
            Smooth, "size 1", on.clone(), ["1 | -2.5", "1 | 3"];
            Smooth, "size 1 from the end", back.clone(), ["1 | -2.5", "1 | 3"];
            Smooth, "an empty axis", on.clone(), ["0 |", "0 |"];
            Smooth, "a batch axis in front", back.clone(), ["2x2 | 2 -0.5 3 0.75", "2x2 | 1 -1.5 0.5 2"];
            Limit("not a number"), "not a number", on.clone(), ["3 | 2 nan 3", "3 | 1 -1.5 0.5"];
            Limit("the sums that the entry stands in"), "an infinity", back, ["2 | 2 3", "2 | 1 inf"];
            Fails("recurrence: the axes"), "other sizes", on, ["3 | 2 1 3", "2 | 1 -1.5"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let (a, of_a) = split_trailing(Self::NAME, graph, &args[0], 1)?;
        let (b, of_b) = split_trailing(Self::NAME, graph, &args[1], 1)?;
        if of_a != of_b {
            let (a, b) = (graph.shape_text(of_a), graph.shape_text(of_b));
            return Err(ShapeError::Words(format!("{}: the axes {a} and {b} differ", Self::NAME)));
        }
        Ok([&leading(Self::NAME, graph, &[a, b])?[..], of_a].concat())
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let turned = Recurrence { reverse: !self.reverse };
        let s = Ex::operation(turned, &[at.args[0], at.adjoint]).map_err(|_| BROKEN)?;
        if argument == 1 {
            return Ok(Some(s));
        }
        // The entry a[k] stands between the value before it and what hangs on the one behind.
        let (before, behind) = if self.reverse { (s, at.value) } else { (at.value, s) };
        Ok(Some(at.adjoint.einsum("i,i->i", &[shifted(before, true)?, behind])))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], _: &N) -> Result<Array<N>, String> {
        let n = shape.last().copied().unwrap_or(0);
        let rows = shape[..shape.len().saturating_sub(1)].iter().product::<usize>();
        let row = |a: &Array<N>, k: usize| parts(a, 1).nth(k % a.split(1).0.max(1)).map(<[N]>::to_vec);
        let mut data = Vec::with_capacity(rows * n);
        for r in 0..rows {
            let (Some(a), Some(mut h)) = (row(args[0], r), row(args[1], r)) else { continue };
            for k in order(n, self.reverse).skip(1) {
                let (from, edge) = if self.reverse { (k + 1, k + 1) } else { (k - 1, k) };
                h[k] = a[edge].clone() * h[from].clone() + h[k].clone();
            }
            data.append(&mut h);
        }
        Ok(Array { shape: shape.to_vec(), data })
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
        let reverse = if self.reverse { ", reverse=1" } else { "" };
        // `associative_scan` goes backwards along no axis that is counted from the end.
        let axis = args[0].len().max(args[1].len()).saturating_sub(1);
        // Two diagonals of a triangular matrix; row by row, as the solver takes one of them.
        let bands =
            if self.reverse { "(0, 1), np.stack([-a, a**0])" } else { "(1, 0), np.stack([a**0, -np.roll(a, -1)])" };
        let numpy = format!(
            "np.vectorize(lambda a, b: scipy.linalg.solve_banded({bands}, b, check_finite=False), signature=\"(n),(n)->(n)\")({{0}}, {{1}})"
        );
        let a = if self.reverse { "jnp.roll(jnp.asarray({0}), -1, axis=-1)" } else { "{0}" };
        let turn = if self.reverse { ", reverse=True" } else { "" };
        let jax = format!(
            "jax.lax.associative_scan(lambda p, q: (p[-2]*q[-2], p[-1]*q[-2] + q[-1]), tuple(jnp.broadcast_arrays({a}, {{1}})), axis={axis}{turn})[-1]"
        );
        OperationSpelling { numpy, jax, ..without_code(&format!("recurrence({{0}}, {{1}}{reverse})")) }
    }
}
