//! Convolution and pooling: windows of a picture are an access, whose strides walk over entries more than once, and nothing is
//! copied. A convolution is a product of matrices, summed over the rows of a window besides.

use wrt_core::operations::{Convolution, Placing, Pool, Pooled, Target};
use wrt_core::{Number, Primitive};

use crate::access::{Access, entries, row_major};
use crate::lower::Lowering;
use crate::operations::Args;
use crate::program::{FoldKind, Op};
use crate::values::Value;

/// Windows along the two axes of a picture: how far they are apart, their sizes, and how many there are.
#[derive(Clone, Copy)]
struct Windows {
    strides: [usize; 2],
    sizes: [usize; 2],
    count: [usize; 2],
}

/// An array with two axes of a picture before the last one.
struct Picture {
    access: Access,
    shape: Vec<usize>,
}

impl Picture {
    /// Strides along the axes before the picture's where there are so many; what has fewer is the same for all of the others.
    fn lead_strides(&self, count: usize) -> Vec<usize> {
        let own = &self.access.strides[..self.shape.len() - 3];
        [&vec![0; count - own.len()][..], own].concat()
    }

    /// Strides along rows, columns and channels.
    fn own_strides(&self) -> [usize; 3] {
        let from = self.shape.len() - 3;
        [self.access.strides[from], self.access.strides[from + 1], self.access.strides[from + 2]]
    }

    /// Its entries by other strides.
    fn at(&self, strides: Vec<usize>) -> Access {
        Access { strides, ..self.access.clone() }
    }
}

/// Two axes always: one axis is that of the columns.
fn two<T: Copy>(all: &[T], one: T) -> [T; 2] {
    match all {
        [column] => [one, *column],
        _ => [all[0], all[1]],
    }
}

fn placed(own: &Convolution) -> [Placing; 2] {
    two(&own.places, Placing::valid(1, 1))
}

/// Is a convolution computed as a product of matrices? All are but those with zeros that a window has nothing but.
pub(crate) fn is_lowered(own: &Convolution, args: Args<'_>) -> bool {
    let is_within = |p: &Placing| own.part != Target::Input || (p.before < p.size && p.after < p.size);
    own.places.iter().all(is_within) && args.iter().all(|(_, shape)| entries(shape) > 0)
}

impl Lowering<'_> {
    /// An argument that lies entry behind entry, as a picture.
    fn picture(&mut self, (access, shape): &(Access, Vec<usize>), axes: usize) -> Picture {
        let base = self.lying(access.clone(), shape);
        let mut shape = shape.clone();
        if axes == 1 {
            shape.insert(shape.len() - 2, 1);
        }
        Picture { access: Access { base, offset: 0, strides: row_major(&shape) }, shape }
    }

    /// The picture with zeros around it: along each axis the first entry's place, how far the next ones are, and how many there
    /// are in all.
    fn padded(&mut self, mut picture: Picture, [starts, steps, counts]: [[usize; 2]; 3]) -> Picture {
        for k in 0..2 {
            let axis = picture.shape.len() - 3 + k;
            let length = picture.shape[axis];
            if (starts[k], steps[k]) == (0, 1) && counts[k] <= length {
                continue;
            }
            picture.shape[axis] = counts[k];
            // What lies behind the last place is seen by no window.
            let length = length.min((counts[k] - starts[k]).div_ceil(steps[k]));
            let pieces = vec![(picture.access, [length, starts[k], steps[k]])];
            picture.access = self.put_together(pieces, axis, &picture.shape);
        }
        picture
    }

    pub(crate) fn convolution(&mut self, own: &Convolution, args: Args<'_>, shape: &[usize]) -> Access {
        let (axes, places) = (own.places.len(), placed(own));
        let size = places.map(|p| p.size as usize);
        let stride = places.map(|p| p.stride as usize);
        let before = places.map(|p| p.before as usize);
        // The picture's sizes as `axes` of them stand at the end of a shape, before the channels.
        let of = |shape: &[usize]| two(&shape[shape.len() - axes - 1..shape.len() - 1], 1);
        match own.part {
            Target::Output => {
                let count = of(shape);
                let picture = self.picture(&args[0], axes);
                let picture = self.padded(picture, [before, [1, 1], seen(count, stride, size)]);
                let kernel = self.lying(args[1].0.clone(), &args[1].1);
                let kernel = Access { base: kernel, offset: 0, strides: row_major(&args[1].1) };
                let windows = Windows { strides: stride, sizes: size, count };
                self.convolved(picture, (kernel, &args[1].1), windows, axes, shape)
            }
            Target::Input => {
                // Each entry of the output, as far apart as its windows are, through the kernel that is turned around.
                let (kernel, filters, channels) = self.turned_kernel(&args[0], size);
                let picture = self.picture(&args[1], axes);
                let count = of(shape);
                let starts = [0, 1].map(|k| size[k] - 1 - before[k]);
                let picture = self.padded(picture, [starts, stride, seen(count, [1, 1], size)]);
                let lead = &args[0].1[..args[0].1.len() - axes - 2];
                let kernel_shape = [lead, &places_of(size, axes)[..], &[filters, channels]].concat();
                let windows = Windows { strides: [1, 1], sizes: size, count };
                self.convolved(picture, (kernel, &kernel_shape), windows, axes, shape)
            }
            Target::Kernel => {
                let second = self.picture(&args[1], axes);
                let count = [second.shape[second.shape.len() - 3], second.shape[second.shape.len() - 2]];
                let picture = self.picture(&args[0], axes);
                let picture = self.padded(picture, [before, [1, 1], seen(count, stride, size)]);
                let lead = &shape[..shape.len() - axes - 2];
                let [y, x, c] = picture.own_strides();
                let [out_y, out_x, f] = second.own_strides();
                let (channels, filters) = (shape[shape.len() - 2], shape[shape.len() - 1]);
                // A row of the kernel for each, of what stands in that row of all windows.
                let (of_lead, of_second) = (picture.lead_strides(lead.len()), second.lead_strides(lead.len()));
                let a = [&of_lead[..], &[y, x, c, y * stride[0], x * stride[1]]].concat();
                let b = [&of_second[..], &[0, out_y, out_x, f]].concat();
                let value = Value::Product {
                    a: picture.at(a),
                    b: second.at(b),
                    batch: [lead, &[size[0]]].concat(),
                    m: vec![size[1], channels],
                    n: vec![filters],
                    k: count.to_vec(),
                };
                let base = self.values.make(value, &[lead, &[size[0], size[1], channels, filters]].concat());
                Access { base, offset: 0, strides: row_major(shape) }
            }
        }
    }

    /// The product of a picture's windows with a kernel that lies entry behind entry.
    fn convolved(
        &mut self,
        picture: Picture,
        (kernel, kernel_shape): (Access, &[usize]),
        windows: Windows,
        axes: usize,
        shape: &[usize],
    ) -> Access {
        let Windows { strides, sizes, count } = windows;
        let [y, x, c] = picture.own_strides();
        let filters = shape[shape.len() - 1];
        let channels = kernel_shape[kernel_shape.len() - 2];
        let lead = &shape[..shape.len() - axes - 1];
        let of_kernel = &kernel.strides[..kernel_shape.len() - axes - 2];
        let of_kernel = [&vec![0; lead.len() - of_kernel.len()][..], of_kernel].concat();
        let a = [&picture.lead_strides(lead.len())[..], &[y * strides[0], x * strides[1], y, x, c]].concat();
        let row = channels * filters;
        let b = [&of_kernel[..], &[0, sizes[1] * row, row, filters, 1]].concat();
        let value = Value::Product {
            a: picture.at(a),
            b: Access { strides: b, ..kernel },
            batch: [lead, &[count[0]]].concat(),
            m: vec![count[1]],
            n: vec![filters],
            k: vec![sizes[0], sizes[1], channels],
        };
        let base = self.values.make(value, &[lead, &count[..], &[filters]].concat());
        Access { base, offset: 0, strides: row_major(shape) }
    }

    /// A kernel whose windows are turned around, with filters and channels exchanged; how many there are of both.
    fn turned_kernel(&mut self, (access, shape): &(Access, Vec<usize>), size: [usize; 2]) -> (Access, usize, usize) {
        let base = self.lying(access.clone(), shape);
        let (channels, filters) = (shape[shape.len() - 2], shape[shape.len() - 1]);
        let places = size[0] * size[1];
        let many = entries(shape) / (places * channels * filters);
        let each = channels * filters;
        // The places last, as entries are turned along the last axis.
        let own = [many, filters, channels, places];
        let from = Access { base, offset: 0, strides: vec![places * each, 1, filters, each] };
        let turned = if places == 1 { from } else { self.flip(&(from, own.to_vec()), &own) };
        let strides = vec![turned.strides[0], turned.strides[3], turned.strides[1], turned.strides[2]];
        let order = [many, places, filters, channels];
        let base = self.lying(Access { strides, ..turned }, &order);
        let axes = shape.len() - 2;
        let whole = [&shape[..axes], &[filters, channels]].concat();
        (Access { base, offset: 0, strides: row_major(&whole) }, filters, channels)
    }

    /// Pooling: a fold of windows; backwards what belongs to a window at the entries that are the largest.
    pub(crate) fn pool(&mut self, own: &Pool, args: Args<'_>, shape: &[usize]) -> Access {
        let size = [own.size as usize, own.size as usize];
        let one = entries(&size) as i64;
        let last = &args[args.len() - 1];
        let output = if own.part == Pooled::Input { &last.1[..] } else { shape };
        let (rank, rows) = (output.len(), output.len() - 3);
        let lead = &output[..rows];
        let [height, width, channels] = [output[rows], output[rows + 1], output[rows + 2]];
        // Rows of windows, their rows, columns of windows, their columns: a part of the picture as it lies.
        let apart = [lead, &[height, size[0], width, size[1], channels]].concat();
        let windows = |picture: &Picture| {
            let [y, x, c] = picture.own_strides();
            let own = [y * size[0], y, x * size[1], x, c];
            picture.at([&picture.lead_strides(rows)[..], &own].concat())
        };
        let over = |access: &Access| {
            // The windows' own axes last.
            let s = &access.strides;
            let own = [s[rows], s[rows + 2], s[rows + 4], s[rows + 1], s[rows + 3]];
            Access { strides: [&s[..rows], &own].concat(), ..access.clone() }
        };
        let spread = |access: &Access| {
            let s = &access.strides;
            let own = [s[rows], 0, s[rows + 1], 0, s[rows + 2]];
            Access { strides: [&s[..rows], &own].concat(), ..access.clone() }
        };
        let count = Number::integer(one);
        // Which entries of the first argument are the largest of their window, and how many there are in each.
        let largest = |this: &mut Self, output: &[usize]| {
            let picture = this.picture(&args[0], 2);
            let entries = windows(&picture);
            let best = this.folded(FoldKind::Max, over(&entries), &size, output);
            let many = if entry_by_entry(&size) {
                // What is equal is looked at twice, which is less than to keep it.
                let own = each_entry(&over(&entries), &size);
                let own = own.into_iter().map(|x| this.apply(Primitive::Eq, vec![x, best.clone()], output)).collect();
                this.in_turn(FoldKind::Sum, own, output)
            } else {
                let is_best = this.apply(Primitive::Eq, vec![entries.clone(), spread(&best)], &apart);
                this.folded(FoldKind::Sum, over(&is_best), &size, output)
            };
            let is_best = this.apply(Primitive::Eq, vec![entries, spread(&best)], &apart);
            (is_best, many)
        };
        match (own.part, own.largest) {
            (Pooled::Output, true) => {
                let picture = self.picture(last, 2);
                self.folded(FoldKind::Max, over(&windows(&picture)), &size, shape)
            }
            (Pooled::Output | Pooled::Along, false) => {
                let picture = self.picture(last, 2);
                let total = self.folded(FoldKind::Sum, over(&windows(&picture)), &size, shape);
                let count = self.number(count, shape);
                self.values.entrywise(Op::Div, vec![total, count], shape)
            }
            (Pooled::Along, true) => {
                let (is_best, many) = largest(self, output);
                let picture = self.picture(last, 2);
                let chosen = self.values.entrywise(Op::Mul, vec![is_best, windows(&picture)], &apart);
                let total = self.folded(FoldKind::Sum, over(&chosen), &size, shape);
                self.values.entrywise(Op::Div, vec![total, many], shape)
            }
            (Pooled::Input, largest_one) => {
                let given = self.picture(last, 2);
                let given = given.at([&given.lead_strides(rows)[..], &given.own_strides()].concat());
                let handed = if largest_one {
                    let (is_best, many) = largest(self, output);
                    let each = self.values.entrywise(Op::Div, vec![given, many], output);
                    self.values.entrywise(Op::Mul, vec![is_best, spread(&each)], &apart)
                } else {
                    let count = self.number(count, output);
                    let each = self.values.entrywise(Op::Div, vec![given, count], output);
                    self.values.entrywise(Op::Copy, vec![spread(&each)], &apart)
                };
                let inner = [lead, &[height * size[0], width * size[1], channels]].concat();
                let base = self.lying(handed, &apart);
                let picture = Picture { access: Access { base, offset: 0, strides: row_major(&inner) }, shape: inner };
                let whole = [shape[rank - 3], shape[rank - 2]];
                self.padded(picture, [[0, 0], [1, 1], whole]).access
            }
        }
    }

    /// Arrays that become one entry by entry.
    fn in_turn(&mut self, kind: FoldKind, all: Vec<Access>, shape: &[usize]) -> Access {
        let join = |this: &mut Self, a: Access, b: Access| match kind {
            FoldKind::Max => this.apply(Primitive::Max, vec![a, b], shape),
            _ => this.values.entrywise(Op::Add, vec![a, b], shape),
        };
        let found = all.into_iter().reduce(|a, b| join(self, a, b));
        found.unwrap_or_else(|| self.number(Number::ZERO, shape))
    }

    /// A fold over the windows' own axes, which stand last.
    fn folded(&mut self, kind: FoldKind, from: Access, size: &[usize], shape: &[usize]) -> Access {
        if entry_by_entry(size) {
            return self.in_turn(kind, each_entry(&from, size), shape);
        }
        self.values.fold(kind, from, shape, size)
    }
}

/// Windows of more entries are folded by a loop over them, others by a loop over the windows that reads each of them.
const FEW: usize = 16;

fn entry_by_entry(size: &[usize]) -> bool {
    entries(size) <= FEW
}

/// The entries of windows one by one, whose axes stand last.
fn each_entry(from: &Access, size: &[usize]) -> Vec<Access> {
    let (rest, own) = from.strides.split_at(from.strides.len() - size.len());
    let at = |k: usize| (k / size[1]) * own[0] + (k % size[1]) * own[1];
    (0..entries(size))
        .map(|k| Access { base: from.base, offset: from.offset + at(k), strides: rest.to_vec() })
        .collect()
}

/// How many entries of each axis the windows see.
fn seen(count: [usize; 2], stride: [usize; 2], size: [usize; 2]) -> [usize; 2] {
    [0, 1].map(|k| (count[k] - 1) * stride[k] + size[k])
}

/// The sizes of a kernel's windows where it has so many axes.
fn places_of(size: [usize; 2], axes: usize) -> Vec<usize> {
    size[2 - axes..].to_vec()
}
