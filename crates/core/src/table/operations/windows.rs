//! All windows along the last axis, and the transpose of that.

use super::{
    OperationRow, OperationSpelling, Pullback, Reference, Samples, parts, passing, samples, split_trailing,
    without_code,
};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::{Dim, Dimension};
use crate::tensor::ShapeError;

rows!($ windows: Window Fold; factored:);

type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

const BROKEN: &str = "its shape is broken";

/// All windows of `size` entries along the last axis, `[.., n]` as `[.., windows, size]`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Window {
    /// The entries of a window.
    pub size: u64,
    /// From one window's beginning to the next one's.
    pub stride: u64,
    /// From one entry of a window to the next.
    pub dilation: u64,
}

impl Window {
    /// `, 2, dilation=3`, as the language reads it.
    fn options(&self) -> String {
        let stride = if self.stride == 1 { String::new() } else { format!(", {}", self.stride) };
        let dilation = if self.dilation == 1 { String::new() } else { format!(", dilation={}", self.dilation) };
        stride + &dilation
    }

    fn count(&self, n: &Dimension) -> Result<Dimension, ShapeError> {
        if self.size == 0 || self.stride == 0 {
            return Err(ShapeError::Words(format!("{self:?} is no way to place windows")));
        }
        let Some(reach) = (self.size - 1).checked_mul(self.dilation).and_then(|k| k.checked_add(1)) else {
            let (size, dilation) = (self.size, self.dilation);
            return Err(ShapeError::Words(format!(
                "a window of {size} entries at a distance of {dilation} is too long"
            )));
        };
        let reach = Dimension::size(reach);
        let places = n.sub(&reach);
        match (places.as_size(), self.stride) {
            (Some(k), stride) => Ok(Dimension::size(k / stride + 1)),
            (None, 1) if n.as_size().is_none() => Ok(places.add(&Dimension::size(1))),
            (None, _) if n.as_size().is_some() => {
                Err(ShapeError::Words(format!("a window of {reach} does not fit into {n} entries")))
            }
            _ => Err(ShapeError::Words(format!(
                "windows at a distance of {} need an axis of fixed size, found {n}",
                self.stride
            ))),
        }
    }
}

impl OperationRow for Window {
    const NAME: &'static str = "window";
    const DOMAIN: &'static str = "an axis with a window at least; of any stride where its size is a number";
    const NAN: &'static str = "is left where it is";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let wide = |size, stride, dilation| Window { size, stride, dilation };
        samples! {
            Smooth, "a generic point", wide(3, 1, 1), ["5 | 2 -0.5 3 0.75 -4"];
            Smooth, "a stride", wide(2, 2, 1), ["6 | 2 -0.5 3 0.75 -4 1.5"];
            Smooth, "a stride that leaves out the end", wide(2, 3, 1), ["6 | 2 -0.5 3 0.75 -4 1.5"];
            Smooth, "a dilation", wide(2, 1, 3), ["6 | 2 -0.5 3 0.75 -4 1.5"];
            Smooth, "stride and dilation", wide(2, 2, 2), ["7 | 2 -0.5 3 0.75 -4 1.5 8"];
            Smooth, "one window", wide(3, 1, 1), ["3 | 2 -0.5 3"];
            Smooth, "size 1", wide(1, 1, 1), ["1 | -2.5"];
            Smooth, "a batch axis in front", wide(2, 2, 1), ["2x4 | 2 -0.5 3 0.5 -0.25 -1 -7 4"];
            Limit("1 at the entries"), "infinite and undefined entries", wide(2, 1, 1), ["3 | inf nan -inf"];
            Fails("is too long"), "a reach beyond all numbers", wide(3, 1, u64::MAX), ["3 | 1 2 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let (rest, last) = split_trailing(Self::NAME, graph, &args[0], 1)?;
        let count = self.count(graph.dimension(last[0]))?;
        let mut dims = rest.to_vec();
        dims.push(graph.dim(count));
        dims.push(graph.dim_size(self.size));
        Ok(dims)
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let size = at.args[0].last_dimension();
        Ex::operation(Fold { window: self.clone(), size }, &[at.adjoint]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], _: &N) -> Result<Array<N>, String> {
        let count = shape[shape.len() - 2];
        let mut data = Vec::with_capacity(shape.iter().product());
        for row in parts(args[0], 1) {
            for w in 0..count {
                for k in 0..self.size as usize {
                    data.push(row[w * self.stride as usize + k * self.dilation as usize].clone());
                }
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

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        without_code(&format!("window({{0}}, {}{})", self.size, self.options()))
    }
}

/// The transpose of [`Window`]: each entry is added where it came from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Fold {
    /// How the windows lie.
    pub window: Window,
    /// The size of the axis.
    pub size: Dimension,
}

impl OperationRow for Fold {
    const NAME: &'static str = "fold";
    const DOMAIN: &'static str = "windows as an axis of that size has them";
    const NAN: &'static str = "is added where it came from";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let back = |size, stride, dilation, n| {
            let window = Window { size, stride, dilation };
            Fold { window, size: Dimension::size(n) }
        };
        samples! {
            Smooth, "a generic point", back(3, 1, 1, 4), ["2x3 | 2 -0.5 3 0.75 -4 1.5"];
            Smooth, "a stride", back(2, 2, 1, 5), ["2x2 | 2 -0.5 3 0.75"];
            Smooth, "a stride with an overlap", back(3, 2, 1, 5), ["2x3 | 2 -0.5 3 0.75 -4 1.5"];
            Smooth, "a dilation", back(2, 1, 2, 5), ["3x2 | 2 -0.5 3 0.75 -4 1.5"];
            Smooth, "stride and dilation", back(2, 2, 2, 6), ["2x2 | 2 -0.5 3 0.75"];
            Smooth, "one window", back(3, 1, 1, 3), ["1x3 | 2 -0.5 3"];
            Smooth, "size 1", back(1, 1, 1, 1), ["1x1 | -2.5"];
            Smooth, "a batch axis in front", back(2, 1, 1, 3), ["2x2x2 | 2 -0.5 3 0.5 -0.25 -1 -7 4"];
            Limit("1 at the entries"), "infinite and undefined entries", back(2, 1, 1, 3), ["2x2 | inf nan 1 -inf"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let (rest, own) = split_trailing(Self::NAME, graph, &args[0], 2)?;
        let (count, size) = (graph.dim(self.window.count(&self.size)?), graph.dim_size(self.window.size));
        if own != [count, size] {
            let (found, wanted) = (graph.shape_text(own), graph.shape_text(&[count, size]));
            return Err(ShapeError::Words(format!("{} entries have the windows {wanted}, found {found}", self.size)));
        }
        let mut dims = rest.to_vec();
        dims.push(graph.dim(self.size.clone()));
        Ok(dims)
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ex::operation(self.window.clone(), &[at.adjoint]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        let n = shape.last().copied().unwrap_or(0);
        let (count, size) = (args[0].shape[args[0].shape.len() - 2], self.window.size as usize);
        let mut data = vec![like.ratio(0, 1); shape.iter().product()];
        for (row, own) in data.chunks_mut(n.max(1)).zip(parts(args[0], 2)) {
            for w in 0..count {
                for k in 0..size {
                    let at = w * self.window.stride as usize + k * self.window.dilation as usize;
                    let slot = row.get_mut(at).ok_or_else(|| format!("the windows reach beyond {n} entries"))?;
                    *slot = slot.clone() + own[w * size + k].clone();
                }
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

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        without_code(&format!("fold({{0}}, {}, {}{})", self.window.size, self.size, self.window.options()))
    }
}
