//! Pooling in windows that lie side by side, channels last, with its derivatives.

use super::convolution::{Placing, two_axes};
use super::reductions::shares;
use super::{
    OperationRow, OperationSpelling, Pullback, Reference, Samples, leading, passing, samples, spelled, split_trailing,
};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::{Dim, Dimension};
use crate::tensor::ShapeError;

rows!($ pooling: Pool; factored:);

type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

const BROKEN: &str = "its shape is broken";

/// What of a pooling is computed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pooled {
    /// The largest entry or the mean of each window.
    Output,
    /// Its derivative: what belongs to each window is handed to the entries that it comes from.
    Input,
    /// Its tangent: of other entries those at the largest ones; equal ones share.
    Along,
}

/// Pooling of `[.., height, width, channels]` in windows that lie side by side; what doesn't fill a window is left out.
///
/// The derivative of a maximum that several entries attain is shared among them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pool {
    /// The largest entry, or the mean?
    pub largest: bool,
    /// What is computed: the output of one array, all else of the input and another array.
    pub part: Pooled,
    /// The side of a window.
    pub size: u64,
    /// Height and width of the input, where they cannot be read off.
    pub sizes: Vec<Dimension>,
}

impl Pool {
    fn with(&self, part: Pooled, sizes: Vec<Dimension>) -> Pool {
        Pool { part, sizes, ..self.clone() }
    }

    /// Does the last argument have the axes that belong to the input's, which are given or are those of the first one?
    fn fits(&self, graph: &mut Graph, own: &[Dim], entries: &[Dim], two: bool) -> Result<(), ShapeError> {
        let mut wanted = if two { entries.to_vec() } else { own.to_vec() };
        if self.part == Pooled::Input {
            for (k, size) in self.sizes.iter().enumerate() {
                let dim = graph.dim(size.clone());
                if two && wanted[k] != dim {
                    let (a, b) = (graph.shape_text(entries), graph.shape_text(&[dim]));
                    return Err(ShapeError::Words(format!("the input {a} does not have the size {b}")));
                }
                let count = Placing::valid(self.size, self.size).count(size)?;
                wanted[k] = graph.dim(count);
            }
        }
        if wanted == own {
            return Ok(());
        }
        let (wanted, found) = (graph.shape_text(&wanted), graph.shape_text(own));
        Err(ShapeError::Words(format!("what belongs to these windows has the shape {wanted}, found {found}")))
    }

    /// The places of a window's entries in the input, which is `width` wide.
    fn window(&self, oy: usize, ox: usize, width: usize, channels: usize, c: usize) -> impl Iterator<Item = usize> {
        let size = self.size as usize;
        (0..size * size).map(move |k| {
            let (y, x) = (oy * size + k / size, ox * size + k % size);
            (y * width + x) * channels + c
        })
    }

    /// The share of each entry in a window's value.
    fn shares_of<N: Real>(&self, entries: &[N]) -> Vec<N> {
        let count = |of: &N, n: usize| of.ratio(1, n as u32);
        if !self.largest {
            return entries.iter().map(|e| count(e, entries.len())).collect();
        }
        shares(entries, true)
    }
}

impl OperationRow for Pool {
    const NAME: &'static str = "pool";
    const DOMAIN: &'static str = "pictures with a window at least; of fixed size where windows are wider than 1";
    const NAN: &'static str = "passes it on to the windows that it stands in";
    const TIES: &'static str = "share the derivative of a maximum equally";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        use Pooled::{Along, Input, Output};
        const PICTURE: &str = "2x3x2 | 2 -0.5 3 9 0.75 -4 1.5 1 8 -1 6 7";
        let of = |largest, part, size, sizes: &[u64]| {
            let sizes = sizes.iter().map(|n| Dimension::size(*n)).collect();
            Pool { largest, part, size, sizes }
        };
        samples! {
            Smooth, "a generic point", of(true, Output, 2, &[]), [PICTURE];
            Smooth, "the mean", of(false, Output, 2, &[]), [PICTURE];
            Smooth, "windows of three", of(false, Output, 3, &[]), ["3x4x1 | 2 -0.5 3 9 0.75 -4 1.5 9 1 8 -1 9"];
            Smooth, "windows of one", of(true, Output, 1, &[]), ["1x2x2 | 2 -0.5 3 9"];
            Smooth, "a batch axis in front", of(true, Output, 2, &[]), ["2x2x2x1 | 2 -0.5 3 9 0.75 -4 1.5 0.5"];
            Smooth, "the mean with a batch axis in front", of(false, Output, 2, &[]), ["2x2x2x1 | 2 -0.5 3 9 0.75 -4 1.5 0.5"];
            Smooth, "to the input", of(true, Input, 2, &[2, 3]), ["2x3x2 | 2 -0.5 3 9 0.75 -4 1.5 1 8 -1 6 0.5", "1x1x2 | 4 -2"];
            Smooth, "the mean, to the input", of(false, Input, 2, &[3, 4]), ["1x2x2 | 4 -2 1 3"];
            Smooth, "along the entries", of(true, Along, 2, &[]), ["2x3x2 | 2 -0.5 3 9 0.75 -4 1.5 1 8 -1 6 0.5", PICTURE];
            Smooth, "along a stack of entries", of(true, Along, 2, &[]),
                ["2x2x1 | 2 -0.5 3 9", "2x2x2x1 | 0.75 -4 1.5 1 8 -1 6 0.5"];
            Smooth, "no pictures", of(true, Output, 2, &[]), ["0x2x2x1 |"];
            Smooth, "no channels", of(false, Output, 2, &[]), ["2x2x0 |"];
            Kink("the largest entry changes"), "two ties", of(true, Output, 2, &[]), ["2x2x1 | 3 -0.5 3 1"];
            Kink("the largest entry changes"), "zeros", of(true, Output, 2, &[]), ["2x2x1 | 0 0 0 0"];
            Limit("not a number"), "not a number", of(true, Output, 2, &[]), ["2x2x1 | 2 nan 3 1"];
            Limit("the mean's share"), "an infinity in a mean", of(false, Output, 2, &[]), ["2x2x1 | 2 inf 3 1"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let (lead, own) = split_trailing(Self::NAME, graph, &args[args.len() - 1], 3)?;
        let (first, entries) = split_trailing(Self::NAME, graph, &args[0], 3)?;
        let mut dims = leading(Self::NAME, graph, &[lead, first])?;
        self.fits(graph, own, entries, args.len() > 1)?;
        match self.part {
            Pooled::Input => {
                for size in &self.sizes {
                    dims.push(graph.dim(size.clone()));
                }
            }
            Pooled::Output | Pooled::Along => {
                for dim in &own[..2] {
                    let count = Placing::valid(self.size, self.size).count(graph.dimension(*dim))?;
                    dims.push(graph.dim(count));
                }
            }
        }
        dims.push(own[2]);
        Ok(dims)
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let last = at.args[at.args.len() - 1].dimensions();
        let sizes = last[last.len() - 3..last.len() - 1].to_vec();
        let of = |part, sizes, own| {
            let args = if self.largest { vec![at.args[0], own] } else { vec![own] };
            Ex::operation(self.with(part, sizes), &args).map(Some).map_err(|_| BROKEN)
        };
        match (self.part, self.largest, argument) {
            (Pooled::Output, ..) => of(Pooled::Input, sizes, at.adjoint),
            // The place of the largest entry does not move.
            (_, true, 0) => Ok(None),
            (Pooled::Input, true, _) => of(Pooled::Along, Vec::new(), at.adjoint),
            (Pooled::Input, false, _) => of(Pooled::Output, Vec::new(), at.adjoint),
            (Pooled::Along, ..) => of(Pooled::Input, sizes, at.adjoint),
        }
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        let last = args[args.len() - 1];
        let input_shape = if self.part == Pooled::Input { shape } else { &last.shape[..] };
        let output_shape = if self.part == Pooled::Input { &last.shape[..] } else { shape };
        let ([_, width], channels) = two_axes(input_shape, 2);
        let ([rows, columns], _) = two_axes(output_shape, 2);
        let size: usize = shape[shape.len() - 3..].iter().product();
        let mut data = vec![like.ratio(0, 1); shape.iter().product()];
        let (leads, sizes): (Vec<usize>, Vec<usize>) = args.iter().map(|a| a.split(3)).unzip();
        for (k, out) in data.chunks_mut(size.max(1)).enumerate() {
            let own = |j: usize| &args[j].data[k % leads[j].max(1) * sizes[j]..][..sizes[j]];
            let (first, other) = (own(0), own(args.len() - 1));
            for (oy, ox, c) in places(rows, columns, channels) {
                let to = (oy * columns + ox) * channels + c;
                let window: Vec<usize> = self.window(oy, ox, width, channels, c).collect();
                // Where the mean is pooled backwards there are no entries to look at.
                let entries: Vec<N> = window.iter().map(|i| first.get(*i).unwrap_or(like).clone()).collect();
                if (self.part, self.largest) == (Pooled::Output, true) {
                    if let Some(best) = entries.into_iter().reduce(N::max) {
                        out[to] = best;
                    }
                    continue;
                }
                for (share, i) in self.shares_of(&entries).into_iter().zip(window) {
                    if self.part == Pooled::Input {
                        out[i] = out[i].clone() + share * other[to].clone();
                    } else {
                        out[to] = out[to].clone() + share * other[i].clone();
                    }
                }
            }
        }
        Ok(Array { shape: shape.to_vec(), data })
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, _: usize) -> usize {
        3
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        passing(args, shape)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let name = if self.largest { "max_pool" } else { "avg_pool" };
        let sizes: String = self.sizes.iter().map(|s| format!(", {s}")).collect();
        let args = if self.part != Pooled::Output && self.largest { "{0}, {1}" } else { "{0}" };
        let text = match self.part {
            Pooled::Output => format!("{name}({args}, {})", self.size),
            Pooled::Input => format!("{name}_input({args}, {}{sizes})", self.size),
            Pooled::Along => format!("{name}_along({args}, {})", self.size),
        };
        OperationSpelling { numpy: String::new(), jax: String::new(), ..spelled(&text) }
    }
}

/// Every row, column and channel.
fn places(rows: usize, columns: usize, channels: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..rows * columns * channels).map(move |k| (k / channels / columns, k / channels % columns, k % channels))
}
