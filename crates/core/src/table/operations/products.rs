//! The product over the last axis, and its derivatives of any order.

use super::reductions::{last_axis, reduction};
use super::{
    Cumprod, OperationRow, OperationSpelling, Pullback, Reference, Samples, parts, passing, samples, without_code,
};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::Dim;
use crate::tensor::ShapeError;

rows!($ products: Prod ProdOthers; factored:);

type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

const BROKEN: &str = "its shape is broken";

/// The product of the entries; that of nothing is 1.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Prod;

impl OperationRow for Prod {
    const NAME: &'static str = "prod";
    const DOMAIN: &'static str = "all x; the product of nothing is 1";
    const NAN: &'static str = "passes it on";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", Prod, ["4 | 2 -0.5 3 0.75"];
            Smooth, "one zero", Prod, ["4 | 2 0 3 -0.75"];
            Smooth, "two zeros", Prod, ["3 | 0 5 0"];
            Smooth, "equal entries", Prod, ["3 | 1.5 1.5 1.5"];
            Smooth, "size 1", Prod, ["1 | -2.5"];
            Smooth, "an empty axis", Prod, ["0 |"];
            Smooth, "an empty axis of rows", Prod, ["2x0 |"];
            Smooth, "no rows", Prod, ["0x2 |"];
            Smooth, "a batch axis in front", Prod, ["2x3 | 2 -0.5 3 0.25 0 7"];
            Limit("infinite, and the derivative is the product of the others"), "an infinity", Prod, ["3 | 2 -inf 3"];
            Limit("not a number"), "not a number", Prod, ["3 | 2 nan 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        Ok(last_axis(Self::NAME, graph, &args[0])?.to_vec())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let others = Ex::operation(ProdOthers { order: 1 }, &[at.args[0]]).map_err(|_| BROKEN)?;
        Ok(Some(at.adjoint.einsum(",i->i", &[at.adjoint, others])))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        let product = |row: &[N]| row.iter().cloned().reduce(|a, b| a * b).unwrap_or_else(|| like.one());
        Ok(Array { shape: shape.to_vec(), data: parts(args[0], 1).map(product).collect() })
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
        reduction("prod", "np.prod", args)
    }
}

/// More than derivatives are built of.
const MOST_LEFT_OUT: usize = 32;

/// For each list of `order` positions the product of all other entries, also where entries are 0; 0 where a position
/// occurs twice.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ProdOthers {
    /// How many entries are left out: as many new axes.
    pub order: usize,
}

impl OperationRow for ProdOthers {
    const NAME: &'static str = "prod_others";
    const DOMAIN: &'static str = "all x";
    const NAN: &'static str = "passes it on to the products that it stands in";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let others = |order| ProdOthers { order };
        samples! {
            Smooth, "a generic point", others(1), ["4 | 2 -0.5 3 0.75"];
            Smooth, "pairs", others(2), ["4 | 2 -0.5 3 0.75"];
            Smooth, "triples", others(3), ["4 | 2 -0.5 3 0.75"];
            Smooth, "more positions than entries", others(3), ["2 | 2 -0.5"];
            Smooth, "one zero", others(1), ["4 | 2 0 3 -0.75"];
            Smooth, "two zeros", others(2), ["4 | 0 5 0 3"];
            Smooth, "size 1", others(1), ["1 | -2.5"];
            Smooth, "an empty axis", others(1), ["0 |"];
            Smooth, "a batch axis in front", others(1), ["2x3 | 2 -0.5 3 0.25 0 7"];
            Smooth, "pairs with a batch axis in front", others(2), ["2x3 | 2 -0.5 3 0.25 0 7"];
            Limit("not a number but without that entry"), "not a number", others(1), ["3 | 2 nan 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        if !(1..=MOST_LEFT_OUT).contains(&self.order) {
            let message =
                format!("{}: expected 1 to {MOST_LEFT_OUT} entries to be left out, found {}", Self::NAME, self.order);
            return Err(ShapeError::Words(message));
        }
        let mut dims = last_axis(Self::NAME, graph, &args[0])?.to_vec();
        dims.extend(vec![args[0][dims.len()]; self.order]);
        Ok(dims)
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let letters = LETTERS.get(..self.order).ok_or("derivatives of a product beyond the sixteenth are not built")?;
        let others = Ex::operation(ProdOthers { order: self.order + 1 }, &[at.args[0]]).map_err(|_| BROKEN)?;
        Ok(Some(at.adjoint.einsum(&format!("{letters},{letters}z->z"), &[at.adjoint, others])))
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        let mut data = Vec::with_capacity(shape.iter().product());
        for row in parts(args[0], 1) {
            products_of_others(row, self.order, like, &mut vec![false; row.len()], &mut data);
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

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let order = if self.order == 1 { String::new() } else { format!(", order={}", self.order) };
        let written = without_code(&format!("prod_others({{0}}{order})"));
        if self.order > 1 {
            return written;
        }
        // What stands before an entry times what stands behind it.
        let code = |np: &str| format!("({}*{})", Cumprod::without(false).code(np), Cumprod::without(true).code(np));
        OperationSpelling { numpy: code("np"), jax: code("jnp"), ..written }
    }
}

const LETTERS: &str = "abcdefghijklmnop";

/// Appends the products over what `left_out` leaves, for each list of `order` further positions. As deep as the order,
/// which is that of a derivative.
fn products_of_others<N: Real>(row: &[N], order: usize, like: &N, left_out: &mut Vec<bool>, out: &mut Vec<N>) {
    if order > 1 {
        for k in 0..row.len() {
            if left_out[k] {
                out.extend(vec![like.ratio(0, 1); row.len().pow(order as u32 - 1)]);
                continue;
            }
            left_out[k] = true;
            products_of_others(row, order - 1, like, left_out, out);
            left_out[k] = false;
        }
        return;
    }
    // What stands before each entry, times what stands behind it.
    let first = out.len();
    let mut before: Option<N> = None;
    let times = |a: &Option<N>, b: &N| Some(a.clone().map_or_else(|| b.clone(), |a| a * b.clone()));
    for (k, x) in row.iter().enumerate() {
        out.push(before.clone().unwrap_or_else(|| like.one()));
        if !left_out[k] {
            before = times(&before, x);
        }
    }
    let mut behind: Option<N> = None;
    for (k, x) in row.iter().enumerate().rev() {
        let slot = &mut out[first + k];
        if left_out[k] {
            *slot = like.ratio(0, 1);
            continue;
        }
        if let Some(behind) = &behind {
            *slot = slot.clone() * behind.clone();
        }
        behind = times(&behind, x);
    }
}
