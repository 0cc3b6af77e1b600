//! Convolution over one axis or two, channels last, with its derivatives.
//!
//! A convolution is linear in three arrays: the derivative of Σ G·conv(X, K) with respect to one of X, K and G is a
//! product of the other two. So one row holds all three, and the row's derivatives are the row again.

use super::{
    OperationRow, OperationSpelling, Pullback, Reference, Samples, entries, leading, samples, spelled, split_trailing,
};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::{Dim, Dimension};
use crate::tensor::ShapeError;

rows!($ convolution: Convolution; factored:);

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
    pub(super) fn count(&self, n: &Dimension) -> Result<Dimension, ShapeError> {
        let zeros = self.before.checked_add(self.after).filter(|_| self.size > 0 && self.stride > 0);
        let zeros = zeros.ok_or_else(|| ShapeError::Words(format!("{self:?} is no way to place windows")))?;
        let padded = n.add(&Dimension::size(zeros));
        let places = padded.sub(&Dimension::size(self.size));
        match (places.as_size(), self.stride) {
            (Some(k), stride) => Ok(Dimension::size(k / stride + 1)),
            (None, _) if padded.as_size().is_some() => {
                Err(ShapeError::Words(format!("a window of {} does not fit into {n} entries", self.size)))
            }
            (None, 1) => Ok(places.add(&Dimension::size(1))),
            _ => Err(ShapeError::Words(format!("a stride of {} needs an axis of fixed size, found {n}", self.stride))),
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
pub enum Target {
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
    pub part: Target,
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
pub(super) fn two_axes(shape: &[usize], axes: usize) -> ([usize; 2], usize) {
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

    fn with(&self, part: Target, sizes: Vec<Dimension>) -> Convolution {
        Convolution { part, sizes, places: self.places.clone() }
    }

    /// Does an output have the places that an input of these sizes makes?
    fn fits(&self, graph: &mut Graph, sizes: &[Dimension], output: &[Dim]) -> Result<(), ShapeError> {
        for ((place, size), found) in self.places.iter().zip(sizes).zip(output) {
            let count = graph.dim(place.count(size)?);
            if count != *found {
                let (count, found) = (graph.shape_text(&[count]), graph.shape_text(&[*found]));
                return Err(ShapeError::Words(format!("{size} entries make an output {count}, found {found}")));
            }
        }
        Ok(())
    }

    /// The trailing axes of input, kernel and output.
    fn ranks(&self) -> [usize; 2] {
        let (picture, kernel) = (self.axes() + 1, self.axes() + 2);
        match self.part {
            Target::Output => [picture, kernel],
            Target::Input => [kernel, picture],
            Target::Kernel => [picture, picture],
        }
    }

    fn extent(&self, args: &[&Array<impl Clone>], shape: &[usize]) -> Extent {
        let axes = self.axes();
        let (input, kernel, output) = match self.part {
            Target::Output => (&args[0].shape[..], &args[1].shape[..], shape),
            Target::Input => (shape, &args[0].shape[..], &args[1].shape[..]),
            Target::Kernel => (&args[0].shape[..], shape, &args[1].shape[..]),
        };
        let (input, channels) = two_axes(input, axes);
        let (output, _) = two_axes(output, axes);
        let filters = kernel[kernel.len() - 1];
        Extent { places: two_places(&self.places), input, output, channels, filters }
    }

    /// `, stride=2, padding=same`, as the language reads it.
    fn options(&self) -> String {
        let mut text = String::new();
        match self.places[..] {
            [rows, columns] if rows.stride != columns.stride => {
                text.push_str(&format!(", stride=[{}, {}]", rows.stride, columns.stride));
            }
            [first, ..] if first.stride > 1 => text.push_str(&format!(", stride={}", first.stride)),
            _ => {}
        }
        if self.places.iter().any(|p| p.before + p.after > 0) {
            text.push_str(", padding=same");
        }
        text
    }
}

impl OperationRow for Convolution {
    const NAME: &'static str = "convolution";
    const DOMAIN: &'static str = "windows within the padded axes; of any stride where their sizes are numbers";
    const NAN: &'static str = "passes it on to the sums that it stands in";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        use Target::{Input, Kernel, Output};
        const KERNEL: &str = "2x2x3 | 1 -1 0.5 2 3 -0.25 -2 1 4 0.75 -0.5 1.5";
        const PICTURE: &str = "2x3x1 | 2 -0.5 3 0.75 -4 1.5";
        const FILTER: &str = "1x2x1x2 | 1 -1 0.5 2";
        let over = |part, places: &[Placing], sizes: &[u64]| Convolution {
            part,
            places: places.to_vec(),
            sizes: sizes.iter().map(|n| Dimension::size(*n)).collect(),
        };
        let plain = |size| Placing::valid(size, 1);
        let padded = Placing { size: 2, stride: 1, before: 0, after: 1 };
        let same = [padded, Placing { size: 3, stride: 1, before: 1, after: 1 }];
        samples! {
            Smooth, "a generic point", over(Output, &[plain(2)], &[]), ["4x2 | 2 -0.5 3 0.75 -4 1.5 1 8", KERNEL];
            Smooth, "a stride", over(Output, &[Placing::valid(2, 2)], &[]), ["5x2 | 2 -0.5 3 0.75 -4 1.5 1 8 -1 6", KERNEL];
            Smooth, "a stride for each axis", over(Output, &[plain(1), Placing::valid(2, 2)], &[]),
                ["2x4x1 | 2 -0.5 3 0.75 -4 1.5 1 8", FILTER];
            Smooth, "padding", over(Output, &[padded], &[]), ["3x2 | 2 -0.5 3 0.75 -4 1.5", KERNEL];
            Smooth, "two axes", over(Output, &[plain(1), plain(2)], &[]), [PICTURE, FILTER];
            Smooth, "padding of two axes", over(Output, &same, &[]), [PICTURE, "2x3x1x1 | 1 2 -1 3 0.5 -2"];
            Smooth, "size 1", over(Output, &[plain(1)], &[]), ["1x1 | 3", "1x1x1 | -2.5"];
            Smooth, "no channels", over(Output, &[plain(1)], &[]), ["2x0 |", "1x0x2 |"];
            Smooth, "a batch axis in front", over(Output, &[plain(2)], &[]),
                ["2x3x1 | 2 -0.5 3 0.75 -4 1.5", "2x1x2 | 1 -1 0.5 2"];
            Smooth, "a stack of kernels", over(Output, &[plain(2)], &[]), ["3x1 | 2 -0.5 3", "2x2x1x1 | 1 -1 0.5 2"];
            Smooth, "two axes with a batch axis in front", over(Output, &[plain(1), plain(2)], &[]),
                ["2x2x3x1 | 2 -0.5 3 0.75 -4 1.5 1 8 -1 6 0.5 -2", "1x2x1x1 | 1 -3"];
            Smooth, "to the input", over(Input, &[plain(2)], &[4]), [KERNEL, "3x3 | 2 -0.5 3 0.75 -4 1.5 1 8 -1"];
            Smooth, "to the input, with a stride", over(Input, &[Placing::valid(2, 2)], &[5]),
                [KERNEL, "2x3 | 2 -0.5 3 0.75 -4 1.5"];
            Smooth, "to the input, padded", over(Input, &[padded], &[3]), [KERNEL, "3x3 | 2 -0.5 3 0.75 -4 1.5 1 8 -1"];
            Smooth, "to the input, two axes", over(Input, &[plain(1), plain(2)], &[2, 3]), [FILTER, "2x2x2 | 2 -0.5 3 0.75 -4 1.5 1 8"];
            Smooth, "to the kernel", over(Kernel, &[plain(2)], &[]), ["3x2 | 2 -0.5 3 0.75 -4 1.5", "2x3 | 1 8 -1 2 0.5 3"];
            Smooth, "to the kernel, with a stride", over(Kernel, &[Placing::valid(2, 2)], &[]),
                ["5x1 | 2 -0.5 3 0.75 -4", "2x2 | 1 8 -1 2"];
            Smooth, "to the kernel, padded", over(Kernel, &[padded], &[]), ["3x1 | 2 -0.5 3", "3x2 | 1 8 -1 2 0.5 3"];
            Smooth, "to the kernel, two axes", over(Kernel, &[plain(1), plain(2)], &[]), [PICTURE, "2x2x2 | 2 -0.5 3 0.75 -4 1.5 1 8"];
            Limit("linear in each"), "infinite and undefined entries", over(Output, &[plain(2)], &[]),
                ["4x1 | 1 inf 2 nan", "2x1x1 | 1 -1"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let (axes, [a, b]) = (self.axes(), self.ranks());
        let sizes = if self.part == Target::Input { axes } else { 0 };
        if !(1..=2).contains(&axes) || self.sizes.len() != sizes {
            return Err(ShapeError::Words(format!("{self:?} is of one axis or two")));
        }
        let (lead_a, own_a) = split_trailing(Self::NAME, graph, &args[0], a)?;
        let (lead_b, own_b) = split_trailing(Self::NAME, graph, &args[1], b)?;
        let kernel = match self.part {
            Target::Output => own_b,
            Target::Input => own_a,
            Target::Kernel => &[],
        };
        for (place, dim) in self.places.iter().zip(kernel) {
            if graph.dimension(*dim).as_size() != Some(place.size) {
                let kernel = graph.shape_text(kernel);
                return Err(ShapeError::Words(format!("a kernel {kernel} has no windows of {} entries", place.size)));
            }
        }
        let mut dims = leading(Self::NAME, graph, &[lead_a, lead_b])?;
        match self.part {
            Target::Output => {
                if own_a[axes] != own_b[axes] {
                    let (x, k) = (graph.shape_text(own_a), graph.shape_text(own_b));
                    return Err(ShapeError::Words(format!(
                        "an input {x} does not have the channels of the kernel {k}"
                    )));
                }
                for (place, dim) in self.places.iter().zip(own_a) {
                    let count = place.count(graph.dimension(*dim))?;
                    dims.push(graph.dim(count));
                }
                dims.push(own_b[axes + 1]);
            }
            Target::Input => {
                self.fits(graph, &self.sizes, own_b)?;
                if own_a[axes + 1] != own_b[axes] {
                    let (k, y) = (graph.shape_text(own_a), graph.shape_text(own_b));
                    return Err(ShapeError::Words(format!(
                        "an output {y} does not have the filters of the kernel {k}"
                    )));
                }
                for size in &self.sizes {
                    dims.push(graph.dim(size.clone()));
                }
                dims.push(own_a[axes]);
            }
            Target::Kernel => {
                let sizes: Vec<Dimension> = own_a[..axes].iter().map(|d| graph.dimension(*d).clone()).collect();
                self.fits(graph, &sizes, own_b)?;
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
            (Target::Output, 0) => (self.with(Target::Input, sizes(&first)), [second, g]),
            (Target::Output, _) => (self.with(Target::Kernel, Vec::new()), [first, g]),
            (Target::Input, 0) => (self.with(Target::Kernel, Vec::new()), [g, second]),
            (Target::Input, _) => (self.with(Target::Output, Vec::new()), [g, first]),
            (Target::Kernel, 0) => (self.with(Target::Input, sizes(&first)), [g, second]),
            (Target::Kernel, _) => (self.with(Target::Output, Vec::new()), [first, g]),
        };
        Ex::operation(operation, &args).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        let extent = self.extent(args, shape);
        let [a, b] = self.ranks();
        let ((lead_a, size_a), (lead_b, size_b)) = (args[0].split(a), args[1].split(b));
        let own = if self.part == Target::Kernel { self.axes() + 2 } else { self.axes() + 1 };
        let size: usize = shape[shape.len() - own..].iter().product();
        let count: usize = shape[..shape.len() - own].iter().product();
        let mut data = vec![like.ratio(0, 1); size * count];
        for (k, out) in data.chunks_mut(size.max(1)).enumerate() {
            let x = &args[0].data[k % lead_a.max(1) * size_a..][..size_a];
            let y = &args[1].data[k % lead_b.max(1) * size_b..][..size_b];
            let add = |slot: &mut N, a: &N, b: &N| *slot = slot.clone() + a.clone() * b.clone();
            match self.part {
                Target::Output => extent.products(|i, w, o| add(&mut out[o], &x[i], &y[w])),
                Target::Input => extent.products(|i, w, o| add(&mut out[i], &x[w], &y[o])),
                Target::Kernel => extent.products(|i, w, o| add(&mut out[w], &x[i], &y[o])),
            }
        }
        Ok(Array { shape: shape.to_vec(), data })
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, argument: usize) -> usize {
        self.ranks()[argument]
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        let (kernel, output) = match self.part {
            Target::Output => (&args[1][..], shape),
            Target::Input => (&args[0][..], &args[1][..]),
            Target::Kernel => (shape, &args[1][..]),
        };
        // Each place of the output meets one kernel.
        let kernel = &kernel[kernel.len().saturating_sub(self.axes() + 2)..];
        let places = &output[..output.len().saturating_sub(1)];
        entries(places).saturating_mul(entries(kernel))
    }

    fn spelling(&self, _: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let (name, options) = (format!("conv{}d", self.axes()), self.options());
        let list = |sizes: Vec<String>| sizes.iter().map(|s| format!(", {s}")).collect::<String>();
        let none = OperationSpelling { numpy: String::new(), jax: String::new(), ..spelled("") };
        match self.part {
            Target::Output => {
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
            Target::Input => {
                let sizes = list(self.sizes.iter().map(ToString::to_string).collect());
                let written = spelled(&format!("{name}_input({{0}}, {{1}}{sizes}{options})"));
                OperationSpelling { text: written.text, latex: written.latex, ..none }
            }
            Target::Kernel => {
                let sizes = list(self.places.iter().map(|p| p.size.to_string()).collect());
                let written = spelled(&format!("{name}_kernel({{0}}, {{1}}{sizes}{options})"));
                OperationSpelling { text: written.text, latex: written.latex, ..none }
            }
        }
    }
}
