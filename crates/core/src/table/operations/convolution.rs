//! Convolution and pooling, over one axis or two, channels last; each with its derivatives.
//!
//! A convolution is linear in three arrays: the derivative of Σ G·conv(X, K) with respect to one of X, K and G is a
//! product of the other two. So one row holds all three, and the row's derivatives are the row again.

use super::{OperationRow, OperationSpelling, Pullback, spelled, split_trailing};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::{Dim, Dimension};
use crate::tensor::Refused;

type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

const BROKEN: &str = "its shape is broken";

/// Where windows lie along one axis.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Placing {
    /// The entries of a window.
    pub size: u64,
    /// From one window's beginning to the next one's.
    pub stride: u64,
    /// Zeros before the first entry.
    pub before: u64,
    /// Zeros behind the last entry.
    pub after: u64,
}

impl Placing {
    /// Windows that lie within the axis, side by side at a distance.
    pub fn valid(size: u64, stride: u64) -> Placing {
        Placing { size, stride, before: 0, after: 0 }
    }

    /// How many windows an axis has.
    fn count(&self, n: &Dimension) -> Result<Dimension, Refused> {
        let padded = n.add(&Dimension::size(self.before + self.after));
        let places = padded.sub(&Dimension::size(self.size));
        match (places.as_size(), self.stride) {
            (Some(k), stride) => Ok(Dimension::size(k / stride + 1)),
            (None, _) if padded.as_size().is_some() => {
                Err(Refused(format!("a window of {} does not fit into {n} entries", self.size)))
            }
            (None, 1) => Ok(places.add(&Dimension::size(1))),
            _ => Err(Refused(format!("a stride of {} needs an axis of fixed size, found {n}", self.stride))),
        }
    }

    /// The entry that a place in a window is, if it is none of the zeros.
    fn entry(&self, window: usize, place: usize, n: usize) -> Option<usize> {
        let at = window * self.stride as usize + place;
        at.checked_sub(self.before as usize).filter(|k| *k < n)
    }
}

/// Which of the three arrays is computed from the other two.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    /// From input and kernel.
    Output,
    /// From kernel and output.
    Input,
    /// From input and output.
    Kernel,
}

/// A convolution of `[.., n, channels]` or `[.., height, width, channels]` with a kernel `[size, .., channels, filters]`,
/// or one of its derivatives. No entry of the kernel is turned around, as in all of machine learning.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Convolution {
    /// What is computed.
    pub part: Part,
    /// The windows along each axis.
    pub places: Vec<Placing>,
    /// The sizes of the input's axes, where they cannot be read off.
    pub sizes: Vec<Dimension>,
}

/// Sizes of one convolution, two axes always.
struct Extent {
    places: [Placing; 2],
    input: [usize; 2],
    output: [usize; 2],
    channels: usize,
    filters: usize,
}

impl Extent {
    /// Calls `visit` with the places of each product in input, kernel and output.
    fn products(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let [rows, columns] = self.places;
        let kernel_width = columns.size as usize;
        for oy in 0..self.output[0] {
            for ox in 0..self.output[1] {
                let out = (oy * self.output[1] + ox) * self.filters;
                for ky in 0..rows.size as usize {
                    let Some(iy) = rows.entry(oy, ky, self.input[0]) else { continue };
                    for kx in 0..kernel_width {
                        let Some(ix) = columns.entry(ox, kx, self.input[1]) else { continue };
                        let from = (iy * self.input[1] + ix) * self.channels;
                        let weights = (ky * kernel_width + kx) * self.channels * self.filters;
                        for c in 0..self.channels {
                            for f in 0..self.filters {
                                visit(from + c, weights + c * self.filters + f, out + f);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The last sizes of a shape as two axes and channels.
fn two_axes(shape: &[usize], axes: usize) -> ([usize; 2], usize) {
    let n = shape.len();
    let channels = shape[n - 1];
    if axes == 1 { ([1, shape[n - 2]], channels) } else { ([shape[n - 3], shape[n - 2]], channels) }
}

fn two_places(places: &[Placing]) -> [Placing; 2] {
    match places {
        [columns] => [Placing::valid(1, 1), *columns],
        _ => [places[0], places[1]],
    }
}

impl Convolution {
    fn axes(&self) -> usize {
        self.places.len()
    }

    fn with(&self, part: Part, sizes: Vec<Dimension>) -> Convolution {
        Convolution { part, sizes, places: self.places.clone() }
    }

    /// The trailing axes of input, kernel and output.
    fn ranks(&self) -> [usize; 2] {
        let (picture, kernel) = (self.axes() + 1, self.axes() + 2);
        match self.part {
            Part::Output => [picture, kernel],
            Part::Input => [kernel, picture],
            Part::Kernel => [picture, picture],
        }
    }

    fn extent(&self, args: &[&Array<impl Clone>], shape: &[usize]) -> Extent {
        let axes = self.axes();
        let (input, kernel, output) = match self.part {
            Part::Output => (&args[0].shape[..], &args[1].shape[..], shape),
            Part::Input => (shape, &args[0].shape[..], &args[1].shape[..]),
            Part::Kernel => (&args[0].shape[..], shape, &args[1].shape[..]),
        };
        let (input, channels) = two_axes(input, axes);
        let (output, _) = two_axes(output, axes);
        let filters = kernel[kernel.len() - 1];
        Extent { places: two_places(&self.places), input, output, channels, filters }
    }

    /// `, stride=2, padding=same`, as the language reads it.
    fn options(&self) -> String {
        let mut text = String::new();
        let first = self.places[0];
        if first.stride > 1 {
            text.push_str(&format!(", stride={}", first.stride));
        }
        if self.places.iter().any(|p| p.before + p.after > 0) {
            text.push_str(", padding=same");
        }
        text
    }
}

impl OperationRow for Convolution {
    const NAME: &'static str = "convolution";

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
        let (axes, [a, b]) = (self.axes(), self.ranks());
        let (lead_a, own_a) = split_trailing(Self::NAME, graph, &args[0], a)?;
        let (lead_b, own_b) = split_trailing(Self::NAME, graph, &args[1], b)?;
        let mut dims = if lead_a.len() >= lead_b.len() { lead_a.to_vec() } else { lead_b.to_vec() };
        match self.part {
            Part::Output => {
                if own_a[axes] != own_b[axes] {
                    let (x, k) = (graph.shape_text(own_a), graph.shape_text(own_b));
                    return Err(Refused(format!("an input {x} does not have the channels of the kernel {k}")));
                }
                for (place, dim) in self.places.iter().zip(own_a) {
                    let count = place.count(graph.dimension(*dim))?;
                    dims.push(graph.dim(count));
                }
                dims.push(own_b[axes + 1]);
            }
            Part::Input => {
                for size in &self.sizes {
                    dims.push(graph.dim(size.clone()));
                }
                dims.push(own_a[axes]);
            }
            Part::Kernel => {
                for place in &self.places {
                    dims.push(graph.dim_size(place.size));
                }
                dims.extend([own_a[axes], own_b[axes]]);
            }
        }
        Ok(dims)
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let axes = self.axes();
        let sizes = |x: &Ex<'b>| {
            let dims = x.dimensions();
            dims[dims.len() - axes - 1..dims.len() - 1].to_vec()
        };
        let (first, second, g) = (at.args[0], at.args[1], at.adjoint);
        let (operation, args) = match (self.part, argument) {
            (Part::Output, 0) => (self.with(Part::Input, sizes(&first)), [second, g]),
            (Part::Output, _) => (self.with(Part::Kernel, Vec::new()), [first, g]),
            (Part::Input, 0) => (self.with(Part::Kernel, Vec::new()), [g, second]),
            (Part::Input, _) => (self.with(Part::Output, Vec::new()), [g, first]),
            (Part::Kernel, 0) => (self.with(Part::Input, sizes(&first)), [g, second]),
            (Part::Kernel, _) => (self.with(Part::Output, Vec::new()), [first, g]),
        };
        Ex::operation(operation, &args).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize]) -> Result<Array<N>, String> {
        let extent = self.extent(args, shape);
        let [a, b] = self.ranks();
        let ((lead_a, size_a), (lead_b, size_b)) = (args[0].split(a), args[1].split(b));
        let own = if self.part == Part::Kernel { self.axes() + 2 } else { self.axes() + 1 };
        let size: usize = shape[shape.len() - own..].iter().product();
        let count: usize = shape[..shape.len() - own].iter().product();
        let Some(any) = args[0].data.first().or(args[1].data.first()) else {
            return Err("there is nothing to convolve".into());
        };
        let mut data = vec![any.ratio(0, 1); size * count];
        for (k, out) in data.chunks_mut(size.max(1)).enumerate() {
            let x = &args[0].data[k % lead_a.max(1) * size_a..][..size_a];
            let y = &args[1].data[k % lead_b.max(1) * size_b..][..size_b];
            let add = |slot: &mut N, a: &N, b: &N| *slot = slot.clone() + a.clone() * b.clone();
            match self.part {
                Part::Output => extent.products(|i, w, o| add(&mut out[o], &x[i], &y[w])),
                Part::Input => extent.products(|i, w, o| add(&mut out[i], &x[w], &y[o])),
                Part::Kernel => extent.products(|i, w, o| add(&mut out[w], &x[i], &y[o])),
            }
        }
        Ok(Array { shape: shape.to_vec(), data })
    }

    fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let (name, options) = (format!("conv{}d", self.axes()), self.options());
        let list = |sizes: Vec<String>| sizes.iter().map(|s| format!(", {s}")).collect::<String>();
        let none = OperationSpelling { numpy: String::new(), jax: String::new(), ..spelled("") };
        match self.part {
            Part::Output => {
                let batch = args[0].len() == self.axes() + 2 && args[1].len() == self.axes() + 2;
                let numbers = if self.axes() == 2 { "('NHWC', 'HWIO', 'NHWC')" } else { "('NWC', 'WIO', 'NWC')" };
                let strides = self.places.iter().map(|p| format!("{},", p.stride)).collect::<String>();
                let padding = self.places.iter().map(|p| format!("({}, {}),", p.before, p.after)).collect::<String>();
                let jax = format!(
                    "jax.lax.conv_general_dilated({{0}}, {{1}}, ({strides}), ({padding}), dimension_numbers={numbers})"
                );
                let written = spelled(&format!("{name}({{0}}, {{1}}{options})"));
                OperationSpelling { numpy: String::new(), jax: if batch { jax } else { String::new() }, ..written }
            }
            Part::Input => {
                let sizes = list(self.sizes.iter().map(ToString::to_string).collect());
                let written = spelled(&format!("{name}_input({{0}}, {{1}}{sizes}{options})"));
                OperationSpelling { text: written.text, latex: written.latex, ..none }
            }
            Part::Kernel => {
                let sizes = list(self.places.iter().map(|p| p.size.to_string()).collect());
                let written = spelled(&format!("{name}_kernel({{0}}, {{1}}{sizes}{options})"));
                OperationSpelling { text: written.text, latex: written.latex, ..none }
            }
        }
    }
}

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

    /// The places of a window's entries in the input, which is `width` wide.
    fn window(&self, oy: usize, ox: usize, width: usize, channels: usize, c: usize) -> impl Iterator<Item = usize> {
        let size = self.size as usize;
        (0..size * size).map(move |k| {
            let (y, x) = (oy * size + k / size, ox * size + k % size);
            (y * width + x) * channels + c
        })
    }

    /// The share of each entry in a window's value.
    fn shares<N: Real>(&self, entries: &[N]) -> Vec<N> {
        let count = |of: &N, n: usize| of.ratio(1, n as u32);
        if !self.largest {
            return entries.iter().map(|e| count(e, entries.len())).collect();
        }
        let Some(best) = entries.iter().cloned().reduce(N::max) else { return Vec::new() };
        let hits: Vec<N> = entries.iter().map(|e| e.clone().equal(best.clone())).collect();
        let Some(total) = hits.iter().cloned().reduce(|a, b| a + b) else { return Vec::new() };
        hits.into_iter().map(|h| h / total.clone()).collect()
    }
}

impl OperationRow for Pool {
    const NAME: &'static str = "pool";

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, Refused> {
        let (lead, own) = split_trailing(Self::NAME, graph, &args[args.len() - 1], 3)?;
        let mut dims = lead.to_vec();
        if args.len() > 1 && args[0].len() > args[1].len() {
            dims = args[0][..args[0].len() - 3].to_vec();
        }
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

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize]) -> Result<Array<N>, String> {
        let last = args[args.len() - 1];
        let input_shape = if self.part == Pooled::Input { shape } else { &last.shape[..] };
        let output_shape = if self.part == Pooled::Input { &last.shape[..] } else { shape };
        let ([_, width], channels) = two_axes(input_shape, 2);
        let ([rows, columns], _) = two_axes(output_shape, 2);
        let size: usize = shape[shape.len() - 3..].iter().product();
        let Some(any) = last.data.first() else { return Err("there is nothing to pool".into()) };
        let mut data = vec![any.ratio(0, 1); shape.iter().product()];
        let (leads, sizes): (Vec<usize>, Vec<usize>) = args.iter().map(|a| a.split(3)).unzip();
        for (k, out) in data.chunks_mut(size.max(1)).enumerate() {
            let own = |j: usize| &args[j].data[k % leads[j].max(1) * sizes[j]..][..sizes[j]];
            let (first, other) = (own(0), own(args.len() - 1));
            for (oy, ox, c) in places(rows, columns, channels) {
                let to = (oy * columns + ox) * channels + c;
                let window: Vec<usize> = self.window(oy, ox, width, channels, c).collect();
                // Where the mean is pooled backwards there are no entries to look at.
                let entries: Vec<N> = window.iter().map(|i| first.get(*i).unwrap_or(any).clone()).collect();
                if (self.part, self.largest) == (Pooled::Output, true) {
                    if let Some(best) = entries.into_iter().reduce(N::max) {
                        out[to] = best;
                    }
                    continue;
                }
                for (share, i) in self.shares(&entries).into_iter().zip(window) {
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
