//! Convolution, pooling and windows.

use wrt_core::{Dim, Dimension, Graph, Id, Number, ShapeError, operations as op};

use crate::arrangement::list_entries;
use crate::entries::{Item, taken};
use crate::library::{Argument, Call};
use crate::reductions::{Reduction, reduce};
use crate::value::{self, Value};

type Result<T> = std::result::Result<T, ShapeError>;

impl Call<'_, '_> {
    pub(crate) fn window(&mut self) -> Result<Value> {
        let x = self.value(0)?;
        let size = self.size(1)?;
        let stride = if self.args.len() > 2 { self.size(2)? } else { 1 };
        let dilation = self.dilation()?;
        value::operation(self.graph, op::Window { size, stride, dilation }, &[&x])
    }

    fn dilation(&self) -> Result<u64> {
        let Some(given) = self.named("dilation").cloned() else { return Ok(1) };
        let n = self.integer(&given)?;
        u64::try_from(n).ok().filter(|n| *n > 0).ok_or_else(|| "a dilation is 1 or more".into())
    }

    pub(crate) fn size(&self, k: usize) -> Result<u64> {
        let n = self.integer(&self.args[k])?;
        u64::try_from(n).ok().filter(|n| *n > 0).ok_or_else(|| "a size is positive".into())
    }

    /// The transpose of [`Call::window`].
    pub(crate) fn fold(&mut self) -> Result<Value> {
        let x = self.value(0)?;
        let (size, n) = (self.size(1)?, self.args[2].clone());
        let n = self.dim(&n)?;
        let stride = if self.args.len() > 3 { self.size(3)? } else { 1 };
        let size_of = self.graph.dimension(n).clone();
        let window = op::Window { size, stride, dilation: self.dilation()? };
        value::operation(self.graph, op::Fold { window, size: size_of }, &[&x])
    }

    /// Pictures `[.., height, width, channels]` in squares of `size` by `size`, or in windows of a height and a width, and the
    /// derivatives of the former.
    pub(crate) fn pool(&mut self, largest: bool, part: op::Pooled) -> Result<Value> {
        let arrays = if largest && part != op::Pooled::Output { 2 } else { 1 };
        let args: Vec<Value> =
            (0..arrays).map(|k| Ok(self.value(k)?.with_unit_axes(self.graph))).collect::<Result<_>>()?;
        for x in &args {
            if x.rank() < 3 {
                let shape = x.shape_text(self.graph);
                return Err(format!("pooling takes [.., height, width, channels], found {shape}").into());
            }
        }
        let is_output = part == op::Pooled::Output;
        let sides = if is_output { of_axes(self.graph, Some(&self.args[arrays]), 2, "size")? } else { Vec::new() };
        let sides = if is_output { [sides[0], sides[1]] } else { [self.size(arrays)?; 2] };
        let size = sides[0];
        // The derivatives take the input's sizes there.
        let place = if part == op::Pooled::Output { arrays + 1 } else { usize::MAX };
        let strides = match self.setting(place, "stride")? {
            None => sides.to_vec(),
            given => strides(self.graph, given, 2)?,
        };
        let places = placed(&sides, &strides, self.pads()?, &own_sizes(self.graph, &args[0], 2)?)?;
        if places != [op::Placing::valid(size, size); 2] {
            return pooled_apart(self.graph, &args[0], largest, &places);
        }
        let sizes = if part == op::Pooled::Output { Vec::new() } else { self.dims_from(arrays + 1)? };
        let sizes = sizes.iter().map(|d| self.graph.dimension(*d).clone()).collect();
        let list: Vec<&Value> = args.iter().collect();
        value::operation(self.graph, op::Pool { largest, part, size, sizes }, &list)
    }

    /// Are windows to lie beyond the ends, too, as `padding=same` has it?
    fn pads(&self) -> Result<bool> {
        match self.named("padding") {
            None | Some(Argument::Word("valid")) => Ok(false),
            Some(Argument::Word("same")) => Ok(true),
            Some(_) => Err("`padding` is same or valid".into()),
        }
    }

    /// A derivative of a convolution over one axis or two.
    pub(crate) fn convolution(&mut self, axes: usize, part: op::Target) -> Result<Value> {
        let (a, b) = (self.value(0)?, self.value(1)?);
        let strides = strides(self.graph, self.named("stride"), axes)?;
        let same = self.pads()?;
        let mut sizes = Vec::new();
        let kernel: Vec<u64> = match part {
            op::Target::Output => fixed_sizes(self.graph, &b, axes)?,
            op::Target::Input => {
                let dims = self.dims_from(2)?;
                sizes = dims.iter().map(|d| self.graph.dimension(*d).clone()).collect();
                fixed_sizes(self.graph, &a, axes)?
            }
            op::Target::Kernel => (2..self.args.len()).map(|k| self.size(k)).collect::<Result<_>>()?,
        };
        let kernel = if kernel.len() < axes { vec![kernel[0]; axes] } else { kernel };
        let own = if part == op::Target::Input { sizes.clone() } else { own_sizes(self.graph, &a, axes)? };
        let places = placed(&kernel, &strides, same, &own)?;
        value::operation(self.graph, op::Convolution { part, places, sizes }, &[&a, &b])
    }
}

impl Call<'_, '_> {
    /// A convolution turned round: what each entry of X, times the kernel, adds to where it may come from.
    pub(crate) fn conv_transpose(&mut self) -> Result<Value> {
        let (x, kernel) = (self.value(0)?.with_unit_axes(self.graph), self.value(1)?.with_unit_axes(self.graph));
        let axes = match kernel.rank() {
            3 => 1,
            4 => 2,
            _ => {
                let shape = kernel.shape_text(self.graph);
                let wanted = "[size, channels out, channels in] or [height, width, channels out, channels in]";
                return Err(format!("a kernel has the shape {wanted}, found {shape}").into());
            }
        };
        if x.rank() < axes + 1 {
            let shape = x.shape_text(self.graph);
            return Err(format!("conv_transpose takes [.., sizes, channels], found the shape {shape}").into());
        }
        let strides = strides(self.graph, self.setting(2, "stride")?, axes)?;
        let fixed = fixed_sizes(self.graph, &kernel, axes)?;
        let places = placed(&fixed, &strides, false, &[])?;
        let own = x.dims();
        let own = &own[own.len() - 1 - axes..own.len() - 1];
        let one = Dimension::size(1);
        let size = |(d, place): (&Dim, &op::Placing)| {
            let steps = self.graph.dimension(*d).sub(&one).mul(&Dimension::size(place.stride));
            steps.add(&Dimension::size(place.size))
        };
        let sizes = own.iter().zip(&places).map(size).collect();
        value::operation(self.graph, op::Convolution { part: op::Target::Input, places, sizes }, &[&kernel, &x])
    }
}

/// The largest entries or the means of windows that overlap, have gaps between them or lie in part beyond the ends.
fn pooled_apart(g: &mut Graph, x: &Value, largest: bool, places: &[op::Placing]) -> Result<Value> {
    let kind = if largest { Reduction::Max } else { Reduction::Mean };
    let found = windows_reduced(g, x, kind, places)?;
    if largest || places.iter().all(|p| p.before + p.after == 0) {
        return Ok(found);
    }
    // What lies beyond is no part of a mean: it is divided by the share of the window that lies within.
    let lead = x.rank() - 3;
    let dims = [x.dims()[lead], x.dims()[lead + 1], g.dim_size(1)];
    let ones = g.ones(&dims);
    let ones = Value::of(g, ones);
    let shares = windows_reduced(g, &ones, kind, places)?;
    let shares = taken(g, &shares, vec![Item::All, Item::All, Item::At(0)])?;
    let shares = taken(g, &shares, vec![Item::All, Item::All, Item::Stretch])?;
    value::quotient(g, &found, &shares)
}

/// The reduction of each window of pictures. Beyond the ends of an axis lie zeros, for a maximum the entry at the end once
/// more: windows that lie there in part have it within, so that none is larger for that.
fn windows_reduced(g: &mut Graph, x: &Value, kind: Reduction, places: &[op::Placing]) -> Result<Value> {
    let window = |place: &op::Placing| op::Window { size: place.size, stride: place.stride, dilation: 1 };
    let lead = x.rank() - 3;
    let order = |last: &[usize]| (0..lead).chain(last.iter().map(|k| lead + k)).collect::<Vec<usize>>();
    // [.., channels, width, height], then windows of the height, then of the width.
    let x = value::permute(g, x, &order(&[2, 1, 0]));
    let x = extended(g, &x, kind, &places[0])?;
    let rows = value::operation(g, window(&places[0]), &[&x])?;
    let rows = value::permute(g, &rows, &order(&[0, 2, 3, 1]));
    let rows = extended(g, &rows, kind, &places[1])?;
    let both = value::operation(g, window(&places[1]), &[&rows])?;
    let found = reduce(g, &both, &[lead + 2, lead + 4], kind)?;
    Ok(value::permute(g, &found, &order(&[1, 2, 0])))
}

/// The last axis with what lies beyond its ends.
fn extended(g: &mut Graph, x: &Value, kind: Reduction, place: &op::Placing) -> Result<Value> {
    if place.before + place.after == 0 {
        return Ok(x.clone());
    }
    let last = x.rank() - 1;
    if kind != Reduction::Max {
        let size = g.dimension(x.dims()[last]).add(&Dimension::size(place.before + place.after));
        let start = i64::try_from(place.before).map_err(|_| "a window is too large")?;
        return value::operation(g, op::Pad { start, step: 1, size }, &[x]);
    }
    let mut beyond = |at: i64, count: u64| -> Result<Option<Value>> {
        if count == 0 {
            return Ok(None);
        }
        let mut items = vec![Item::All; last];
        items.push(Item::At(at));
        let end = taken(g, x, items)?;
        let dims: Vec<Dim> = std::iter::once(g.dim_size(count)).chain(end.dims()).collect();
        let wide = g.broadcast(end.id, &dims);
        let wide = Value::of(g, wide);
        let order: Vec<usize> = (1..=last).chain([0]).collect();
        Ok(Some(value::permute(g, &wide, &order)))
    };
    let (before, after) = (beyond(0, place.before)?, beyond(-1, place.after)?);
    let parts: Vec<&Value> = before.iter().chain([x]).chain(&after).collect();
    value::operation(g, op::Concat, &parts)
}

/// The sizes of a kernel's first axes, which are numbers above 0.
fn fixed_sizes(g: &Graph, kernel: &Value, axes: usize) -> Result<Vec<u64>> {
    let dims = kernel.dims();
    // Kernels may be many, along axes in front.
    let own = &dims[dims.len().saturating_sub(axes + 2)..];
    let sizes: Option<Vec<u64>> = own.iter().take(axes).map(|d| g.dimension(*d).as_size()).collect();
    let wanted = if axes == 1 { "[size, channels, filters]" } else { "[height, width, channels, filters]" };
    let is_kernel = |s: &Vec<u64>| s.len() == axes && own.len() == axes + 2 && !s.contains(&0);
    sizes.filter(is_kernel).ok_or_else(|| {
        format!("a kernel has the shape {wanted} with a fixed size above 0, found {}", kernel.shape_text(g)).into()
    })
}

/// The sizes of the axes that windows go along, which stand before the channels.
fn own_sizes(g: &Graph, x: &Value, axes: usize) -> Result<Vec<Dimension>> {
    let dims = x.dims();
    let Some(first) = dims.len().checked_sub(axes + 1) else {
        let wanted = if axes == 1 { "[.., length, channels]" } else { "[.., height, width, channels]" };
        return Err(format!("a convolution is of {wanted}, found {}", x.shape_text(g)).into());
    };
    Ok(dims[first..first + axes].iter().map(|d| g.dimension(*d).clone()).collect())
}

/// A stride for each of so many axes: a list, or one that all have.
pub(crate) fn strides(g: &Graph, given: Option<&Argument<'_>>, axes: usize) -> Result<Vec<u64>> {
    of_axes(g, given, axes, "stride")
}

/// A number for all axes, or one for each; 1 where none is given.
fn of_axes(g: &Graph, given: Option<&Argument<'_>>, axes: usize, what: &str) -> Result<Vec<u64>> {
    let one = |id: Id| g.as_number(id).and_then(Number::as_i64).and_then(|n| u64::try_from(n).ok().filter(|n| *n > 0));
    let found = match given {
        None => Some(vec![1; axes]),
        Some(Argument::Value(v)) if v.rank() == 0 => one(v.id).map(|n| vec![n; axes]),
        Some(Argument::Value(v)) => {
            list_entries(g, v.id).filter(|all| all.len() == axes).and_then(|all| all.into_iter().map(one).collect())
        }
        Some(Argument::Word(_)) => None,
    };
    let list = if axes == 1 { String::new() } else { format!(", or a list of {axes}") };
    found.ok_or_else(|| format!("a {what} is a whole number above 0{list}").into())
}

/// Where the windows of a convolution lie; `same` pads so that there are as many of them as entries, or one for each
/// stride, with the odd zero behind the last entry.
fn placed(kernel: &[u64], strides: &[u64], same: bool, sizes: &[Dimension]) -> Result<Vec<op::Placing>> {
    let total = |size: u64, stride: u64, own: Option<&Dimension>| match own.map(|d| (d, d.as_size())) {
        _ if !same => Ok(0),
        _ if stride == 1 => Ok(size.saturating_sub(1)),
        Some((_, Some(n))) => {
            let last = n.div_ceil(stride).saturating_sub(1) * stride;
            Ok(last.saturating_add(size).saturating_sub(n))
        }
        Some((d, None)) => Err(ShapeError::Words(format!(
            "padding=same with a stride of {stride} needs an axis of fixed size, found {d}"
        ))),
        None => Ok(0),
    };
    let place = |(k, (size, stride)): (usize, (&u64, &u64))| {
        let total = total(*size, *stride, sizes.get(k))?;
        Ok(op::Placing { size: *size, stride: *stride, before: total / 2, after: total - total / 2 })
    };
    kernel.iter().zip(strides).enumerate().map(place).collect()
}

/// The convolution of series or pictures with a kernel, along one axis or two.
pub(crate) fn convolved(
    g: &mut Graph,
    x: &Value,
    kernel: &Value,
    axes: usize,
    (strides, same): (&[u64], bool),
) -> Result<Value> {
    let places = placed(&fixed_sizes(g, kernel, axes)?, strides, same, &own_sizes(g, x, axes)?)?;
    value::operation(g, op::Convolution { part: op::Target::Output, places, sizes: Vec::new() }, &[x, kernel])
}
