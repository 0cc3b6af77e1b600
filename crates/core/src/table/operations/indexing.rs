//! Indexing on the last axes, each with its transpose.

use super::{
    OperationRow, OperationSpelling, Pullback, Reference, Samples, concatenated, parts, passing, samples, spelled,
    split_trailing, without_code,
};
use crate::array::Array;
use crate::builder::Ex;
use crate::graph::Graph;
use crate::real::Real;
use crate::shape::{Dim, Dimension};
use crate::tensor::ShapeError;

rows!($ indexing: Entry Slice Pad Concat Tail Reshape OneHot; factored:);

type Pulled<'b> = Result<Option<Ex<'b>>, &'static str>;

const BROKEN: &str = "its shape is broken";

fn position(at: i64, n: usize) -> Result<usize, String> {
    let place = if at < 0 { at + n as i64 } else { at };
    usize::try_from(place)
        .ok()
        .filter(|k| *k < n)
        .ok_or_else(|| format!("position {at} is outside an axis of {n} entries"))
}

/// The first of some positions, and their distance, where all of them are those of an axis.
fn steps(start: i64, step: u64, length: usize, n: usize) -> Result<(usize, usize), String> {
    let first = position(start, n)?;
    let way = step.checked_mul(length.saturating_sub(1) as u64);
    let last = way.and_then(|way| i64::try_from(way).ok()).and_then(|way| way.checked_add(first as i64));
    position(last.unwrap_or(i64::MAX), n)?;
    Ok((first, step as usize))
}

/// One entry of the last axis; a negative position counts from the end.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Entry {
    /// The position.
    pub at: i64,
}

impl OperationRow for Entry {
    const NAME: &'static str = "entry";
    const DOMAIN: &'static str = "an axis that has the position";
    const NAN: &'static str = "is left where it is";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", Entry { at: 1 }, ["4 | 2 -0.5 3 0.75"];
            Smooth, "the first entry", Entry { at: 0 }, ["4 | 2 -0.5 3 0.75"];
            Smooth, "from the end", Entry { at: -1 }, ["4 | 2 -0.5 3 0.75"];
            Smooth, "the first entry from the end", Entry { at: -4 }, ["4 | 2 -0.5 3 0.75"];
            Smooth, "size 1", Entry { at: 0 }, ["1 | -2.5"];
            Smooth, "a batch axis in front", Entry { at: -2 }, ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Smooth, "no rows", Entry { at: 1 }, ["0x2 |"];
            Limit("1 at the entry"), "infinite and undefined entries", Entry { at: 0 }, ["3 | inf nan -inf"];
            Fails("outside an axis of 3 entries"), "a position behind the end", Entry { at: 3 }, ["3 | 1 2 3"];
            Fails("outside an axis of 0 entries"), "an empty axis", Entry { at: 0 }, ["0 |"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        Ok(split_trailing(Self::NAME, graph, &args[0], 1)?.0.to_vec())
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let size = at.args[0].last_dimension();
        let wide =
            Ex::operation(Reshape { axes: 0, to: vec![Dimension::size(1)] }, &[at.adjoint]).map_err(|_| BROKEN)?;
        Ex::operation(Pad { start: self.at, step: 1, size }, &[wide]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], _: &N) -> Result<Array<N>, String> {
        let k = position(self.at, args[0].shape.last().copied().unwrap_or(0))?;
        Ok(Array { shape: shape.to_vec(), data: parts(args[0], 1).map(|row| row[k].clone()).collect() })
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
        let before = ":, ".repeat(args[0].len().saturating_sub(1));
        let latex = format!("{{[0]}}_{{{{{before}{}}}}}", self.at);
        OperationSpelling { latex, ..spelled(&format!("[0][{before}{}]", self.at)) }
    }
}

/// Entries of the last axis: `length` of them from `start` (counted from the end if negative), every `step`-th.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Slice {
    /// The first position.
    pub start: i64,
    /// The distance.
    pub step: u64,
    /// How many.
    pub length: Dimension,
}

impl OperationRow for Slice {
    const NAME: &'static str = "slice";
    const DOMAIN: &'static str = "an axis that has the positions";
    const NAN: &'static str = "is left where it is";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let part = |start, step, length| Slice { start, step, length: Dimension::size(length) };
        samples! {
            Smooth, "a generic point", part(1, 1, 2), ["5 | 2 -0.5 3 0.75 -4"];
            Smooth, "a step", part(1, 2, 2), ["5 | 2 -0.5 3 0.75 -4"];
            Smooth, "a step that passes the end", part(0, 3, 2), ["5 | 2 -0.5 3 0.75 -4"];
            Smooth, "from the end", part(-3, 1, 2), ["5 | 2 -0.5 3 0.75 -4"];
            Smooth, "a step from the end", part(-4, 2, 2), ["5 | 2 -0.5 3 0.75 -4"];
            Smooth, "all", part(0, 1, 3), ["3 | 2 -0.5 3"];
            Smooth, "nothing of it", part(1, 1, 0), ["3 | 2 -0.5 3"];
            Smooth, "size 1", part(0, 1, 1), ["1 | -2.5"];
            Smooth, "a batch axis in front", part(1, 2, 2), ["2x4 | 2 -0.5 3 0.5 -0.25 -1 -7 4"];
            Limit("1 at the entries"), "infinite and undefined entries", part(1, 1, 2), ["3 | inf nan -inf"];
            Fails("outside an axis of 3 entries"), "positions behind the end", part(2, 1, 2), ["3 | 1 2 3"];
            Fails("outside an axis of 5 entries"), "a step behind the end", part(0, 3, 3), ["5 | 1 2 3 4 5"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let mut dims = split_trailing(Self::NAME, graph, &args[0], 1)?.0.to_vec();
        dims.push(graph.dim(self.length.clone()));
        Ok(dims)
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let size = at.args[0].last_dimension();
        Ex::operation(Pad { start: self.start, step: self.step, size }, &[at.adjoint]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], _: &N) -> Result<Array<N>, String> {
        let (n, length) = (args[0].shape.last().copied().unwrap_or(0), shape.last().copied().unwrap_or(0));
        let mut data = Vec::with_capacity(shape.iter().product());
        if length > 0 {
            let (first, step) = steps(self.start, self.step, length, n)?;
            for row in parts(args[0], 1) {
                data.extend((0..length).map(|k| row[first + k * step].clone()));
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

    fn spelling(&self, graph: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let before = ":, ".repeat(args[0].len().saturating_sub(1));
        let last = args[0].last().map(|d| graph.dimension(*d).clone()).unwrap_or_default();
        let start = if self.start == 0 { String::new() } else { self.start.to_string() };
        let step = if self.step == 1 { String::new() } else { format!(":{}", self.step) };
        let from = if self.start < 0 {
            last.sub(&Dimension::size(self.start.unsigned_abs()))
        } else {
            Dimension::size(self.start as u64)
        };
        let end = from.add(&self.length);
        let rest = last.sub(&end);
        let stop = match (rest.as_size(), self.step) {
            (Some(0), 1) => String::new(),
            (Some(k), 1) if end.as_size().is_none() => format!("-{k}"),
            (_, 1) => end.to_string(),
            _ => String::new(),
        };
        let latex = format!("{{[0]}}_{{{{{before}{start}:{stop}{step}}}}}");
        OperationSpelling { latex, ..spelled(&format!("[0][{before}{start}:{stop}{step}]")) }
    }
}

/// The transpose of [`Slice`]: entries put at their places along a last axis of `size`, zeros elsewhere.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pad {
    /// The first position.
    pub start: i64,
    /// The distance.
    pub step: u64,
    /// The size of the axis.
    pub size: Dimension,
}

impl OperationRow for Pad {
    const NAME: &'static str = "pad";
    const DOMAIN: &'static str = "an axis that has the positions";
    const NAN: &'static str = "is left where it is";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let put = |start, step, size| Pad { start, step, size: Dimension::size(size) };
        samples! {
            Smooth, "a generic point", put(1, 1, 5), ["3 | 2 -0.5 3"];
            Smooth, "a step", put(1, 2, 6), ["3 | 2 -0.5 3"];
            Smooth, "from the end", put(-4, 1, 5), ["3 | 2 -0.5 3"];
            Smooth, "a step from the end", put(-4, 2, 5), ["2 | 2 -0.5"];
            Smooth, "all", put(0, 1, 3), ["3 | 2 -0.5 3"];
            Smooth, "an empty axis", put(1, 1, 3), ["0 |"];
            Smooth, "size 1", put(0, 1, 1), ["1 | -2.5"];
            Smooth, "a batch axis in front", put(1, 2, 5), ["2x2 | 2 -0.5 3 0.5"];
            Smooth, "a batch axis in front, without a step", put(1, 1, 4), ["2x2 | 2 -0.5 3 0.5"];
            Limit("1 at the entries"), "infinite and undefined entries", put(1, 1, 5), ["3 | inf nan -inf"];
            Fails("outside an axis of 3 entries"), "positions behind the end", put(2, 1, 3), ["2 | 1 2"];
            Fails("outside an axis of 4 entries"), "a step behind the end", put(0, 2, 4), ["3 | 1 2 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let mut dims = split_trailing(Self::NAME, graph, &args[0], 1)?.0.to_vec();
        dims.push(graph.dim(self.size.clone()));
        Ok(dims)
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let length = at.args[0].last_dimension();
        Ex::operation(Slice { start: self.start, step: self.step, length }, &[at.adjoint]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        let (n, length) = (shape.last().copied().unwrap_or(0), args[0].shape.last().copied().unwrap_or(0));
        let mut data = vec![like.ratio(0, 1); shape.iter().product()];
        if length > 0 {
            let (first, step) = steps(self.start, self.step, length, n)?;
            for (row, own) in data.chunks_mut(n).zip(parts(args[0], 1)) {
                own.iter().enumerate().for_each(|(k, v)| row[first + k * step] = v.clone());
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

    fn spelling(&self, graph: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        let axis = if args[0].len() > 1 { ", axis=-1" } else { "" };
        let step = if self.step == 1 { String::new() } else { format!(", step={}", self.step) };
        let written = without_code(&format!("pad({{0}}, {}, {}{step}{axis})", self.start, self.size));
        let ([leading @ .., length], 1) = (args[0], self.step) else { return written };
        let (size, length) = (&self.size, graph.dimension(*length));
        let start = Dimension::size(self.start.unsigned_abs());
        let before = if self.start < 0 { size.sub(&start) } else { start };
        let after = size.sub(&before).sub(length);
        let pairs = match leading.len() {
            0 => format!("({before}, {after})"),
            n => format!("({}({before}, {after}))", "(0, 0), ".repeat(n)),
        };
        let pad = |np: &str| format!("{np}.pad({{0}}, {pairs})");
        OperationSpelling { numpy: pad("np"), jax: pad("jnp"), ..written }
    }
}

/// Several arguments joined along the last axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Concat;

impl OperationRow for Concat {
    const NAME: &'static str = "concat";
    const DOMAIN: &'static str = "arrays that agree in all axes but the last";
    const NAN: &'static str = "is left where it is";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        samples! {
            Smooth, "a generic point", Concat, ["3 | 2 -0.5 3", "2 | 0.75 -4"];
            Smooth, "three arrays", Concat, ["2 | 2 -0.5", "1 | 3", "3 | 0.75 -4 1.5"];
            Smooth, "one array", Concat, ["3 | 2 -0.5 3"];
            Smooth, "an empty axis", Concat, ["0 |", "2 | 0.75 -4"];
            Smooth, "a batch axis in front", Concat, ["2x1 | 2 -0.5", "2x3 | 3 0.75 -4 1.5 -2 7"];
            Limit("1 at the entries"), "infinite and undefined entries", Concat, ["2 | inf nan", "1 | -inf"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let mut dims = split_trailing(Self::NAME, graph, &args[0], 1)?.0.to_vec();
        let mut total = args[0][dims.len()];
        for other in &args[1..] {
            let (rest, last) = split_trailing(Self::NAME, graph, other, 1)?;
            if rest != dims {
                let (a, b) = (graph.shape_text(&args[0]), graph.shape_text(other));
                return Err(ShapeError::Words(format!(
                    "concat joins along one axis, the others are equal; found {a} and {b}"
                )));
            }
            total = graph.dim_add(total, last[0]);
        }
        dims.push(total);
        Ok(dims)
    }

    fn pullback<'b>(&self, argument: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        // Split off from the end that is nearer to it: the sizes before or behind may be names.
        if let Some(fixed) = at.args.iter().map(|a| a.last_size()).collect::<Option<Vec<u64>>>() {
            let start = fixed[..argument].iter().sum::<u64>() as i64;
            let part = Slice { start, step: 1, length: Dimension::size(fixed[argument]) };
            return Ex::operation(part, &[at.adjoint]).map(Some).map_err(|_| BROKEN);
        }
        let sizes: Vec<Dimension> = at.args.iter().map(|a| a.last_dimension()).collect();
        let total = |list: &[Dimension]| list.iter().fold(Dimension::default(), |a, b| a.add(b));
        let (before, from) = (total(&sizes[..argument]), total(&sizes[argument..]));
        let start = match (before.as_size(), from.as_size()) {
            (Some(k), _) => k as i64,
            (None, Some(k)) => -(k as i64),
            (None, None) => return split_between(at, argument, &sizes),
        };
        let part = Slice { start, step: 1, length: sizes[argument].clone() };
        Ex::operation(part, &[at.adjoint]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], _: &N) -> Result<Array<N>, String> {
        let rows: usize = shape[..shape.len().saturating_sub(1)].iter().product();
        let mut data = Vec::with_capacity(shape.iter().product());
        for row in 0..rows {
            for a in args {
                let n = a.shape.last().copied().unwrap_or(0);
                data.extend_from_slice(&a.data[row * n..(row + 1) * n]);
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
        let list: Vec<String> = (0..args.len()).map(|k| format!("{{{k}}}")).collect();
        let (list, axis) = (list.join(", "), if args[0].len() > 1 { ", axis=-1" } else { "" });
        OperationSpelling {
            numpy: format!("np.concatenate([{list}], axis=-1)"),
            jax: format!("jnp.concatenate([{list}], axis=-1)"),
            ..spelled(&format!("concat({list}{axis})"))
        }
    }
}

/// A part with names for sizes on both sides: cut off behind it first, then before it.
fn split_between<'b>(at: &Pullback<'_, 'b>, argument: usize, sizes: &[Dimension]) -> Pulled<'b> {
    let upto = sizes[..=argument].iter().fold(Dimension::default(), |a, b| a.add(b));
    let head = Ex::operation(Slice { start: 0, step: 1, length: upto }, &[at.adjoint]).map_err(|_| BROKEN)?;
    let length = sizes[argument].clone();
    Ex::operation(Tail { length }, &[head]).map(Some).map_err(|_| BROKEN)
}

/// The last `length` entries of the last axis.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Tail {
    /// How many.
    pub length: Dimension,
}

impl OperationRow for Tail {
    const NAME: &'static str = "tail";
    const DOMAIN: &'static str = "an axis with as many entries";
    const NAN: &'static str = "is left where it is";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let last = |length| Tail { length: Dimension::size(length) };
        samples! {
            Smooth, "a generic point", last(2), ["5 | 2 -0.5 3 0.75 -4"];
            Smooth, "all", last(3), ["3 | 2 -0.5 3"];
            Smooth, "nothing of it", last(0), ["3 | 2 -0.5 3"];
            Smooth, "size 1", last(1), ["1 | -2.5"];
            Smooth, "a batch axis in front", last(2), ["2x3 | 2 -0.5 3 -0.25 -1 -7"];
            Limit("1 at the entries"), "infinite and undefined entries", last(2), ["3 | inf nan -inf"];
            Fails("has 3 entries, not 4"), "more than there are", last(4), ["3 | 1 2 3"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let mut dims = split_trailing(Self::NAME, graph, &args[0], 1)?.0.to_vec();
        dims.push(graph.dim(self.length.clone()));
        Ok(dims)
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let before = at.args[0].last_dimension().sub(&self.length);
        let zeros = at.adjoint.zeros_last(before);
        Ex::operation(Concat, &[zeros, at.adjoint]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], _: &N) -> Result<Array<N>, String> {
        let (n, length) = (args[0].shape.last().copied().unwrap_or(0), shape.last().copied().unwrap_or(0));
        let from = n.checked_sub(length).ok_or_else(|| format!("the axis has {n} entries, not {length}"))?;
        let data = concatenated(&mut parts(args[0], 1).map(|row| row[from..].to_vec()));
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
        let written = without_code(&format!("tail({{0}}, {}{axis})", self.length));
        if args[0].len() > 1 {
            return written;
        }
        // `-0` would be the beginning.
        let none = self.length.as_size() == Some(0);
        let python = if none { "[0][:0]".into() } else { format!("[0][-({}):]", self.length) };
        OperationSpelling { numpy: python.clone(), jax: python, ..written }
    }
}

/// The last `axes` axes as other axes with as many entries.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reshape {
    /// How many axes.
    pub axes: usize,
    /// Their new sizes.
    pub to: Vec<Dimension>,
}

impl OperationRow for Reshape {
    const NAME: &'static str = "reshape";
    const DOMAIN: &'static str = "axes with as many entries";
    const NAN: &'static str = "is left where it is";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let into = |axes, to: &[u64]| Reshape { axes, to: to.iter().map(|n| Dimension::size(*n)).collect() };
        samples! {
            Smooth, "a generic point", into(2, &[6]), ["2x3 | 2 -0.5 3 0.75 -4 1.5"];
            Smooth, "a vector as a matrix", into(1, &[3, 2]), ["6 | 2 -0.5 3 0.75 -4 1.5"];
            Smooth, "other axes", into(2, &[3, 2]), ["2x3 | 2 -0.5 3 0.75 -4 1.5"];
            Smooth, "a new axis", into(0, &[1]), ["3 | 2 -0.5 3"];
            Smooth, "one axis less", into(1, &[]), ["3x1 | 2 -0.5 3"];
            Smooth, "a scalar", into(0, &[1]), ["| 2.5"];
            Smooth, "an empty axis", into(2, &[0]), ["2x0 |"];
            Smooth, "a batch axis in front", into(1, &[2, 2]), ["2x4 | 2 -0.5 3 0.5 -0.25 -1 -7 4"];
            Limit("1 at the entries"), "infinite and undefined entries", into(1, &[3, 1]), ["3 | inf nan -inf"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let (rest, last) = split_trailing(Self::NAME, graph, &args[0], self.axes)?;
        let product = |list: &mut dyn Iterator<Item = Dimension>| list.fold(Dimension::size(1), |a, b| a.mul(&b));
        let before = product(&mut last.iter().map(|d| graph.dimension(*d).clone()));
        let after = product(&mut self.to.iter().cloned());
        if before != after {
            let (shape, to) =
                (graph.shape_text(last), self.to.iter().map(|d| d.to_string()).collect::<Vec<_>>().join(", "));
            return Err(ShapeError::Words(format!("{shape} has {before} entries, [{to}] has {after}")));
        }
        let mut dims = rest.to_vec();
        for d in &self.to {
            dims.push(graph.dim(d.clone()));
        }
        Ok(dims)
    }

    fn pullback<'b>(&self, _: usize, at: &Pullback<'_, 'b>) -> Pulled<'b> {
        let to = at.args[0].dimensions().split_off(at.args[0].rank() - self.axes);
        Ex::operation(Reshape { axes: self.to.len(), to }, &[at.adjoint]).map(Some).map_err(|_| BROKEN)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], _: &N) -> Result<Array<N>, String> {
        Ok(Array { shape: shape.to_vec(), data: args[0].data.clone() })
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, _: usize) -> usize {
        self.axes
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        passing(args, shape)
    }

    fn spelling(&self, graph: &Graph, args: &[&[Dim]]) -> OperationSpelling {
        if self.axes == 0 && args[0].len() == 1 && self.to == [Dimension::size(1)] {
            // A column and a vector are written alike.
            return OperationSpelling { latex: "{0}".into(), ..spelled("[0][:, None]") };
        }
        let kept = &args[0][..args[0].len() - self.axes];
        let all: Vec<String> =
            kept.iter().map(|d| graph.dimension(*d).to_string()).chain(self.to.iter().map(|d| d.to_string())).collect();
        if all.is_empty() {
            // A list without sizes is no language; of one entry, the sum is that entry.
            return OperationSpelling {
                numpy: "np.sum({0})".into(),
                jax: "jnp.sum({0})".into(),
                ..spelled("sum({0})")
            };
        }
        let list = all.join(", ");
        // `[0]` would be the place of the argument.
        let listed = if list == "0" { list.clone() } else { format!("[{list}]") };
        OperationSpelling {
            numpy: format!("np.reshape({{0}}, ({list},))"),
            jax: format!("jnp.reshape({{0}}, ({list},))"),
            ..spelled(&format!("reshape({{0}}, {listed})"))
        }
    }
}

/// A new last axis with a 1 at the place that the entry says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OneHot {
    /// The size of the new axis.
    pub classes: Dimension,
}

impl OperationRow for OneHot {
    const NAME: &'static str = "one_hot";
    const DOMAIN: &'static str = "whole numbers from 0 to below the number of classes";
    const NAN: &'static str = "is refused";
    const TIES: &'static str = "";
    const REFERENCE: Reference = Reference::Oracle;

    fn samples() -> Samples {
        let hot = |classes| OneHot { classes: Dimension::size(classes) };
        samples! {
            Jump("labels are whole numbers"), "a generic point", hot(4), ["3 | 2 0 3"];
            Jump("labels are whole numbers"), "a scalar", hot(3), ["| 1"];
            Jump("labels are whole numbers"), "one class", hot(1), ["2 | 0 0"];
            Jump("labels are whole numbers"), "an empty axis", hot(3), ["0 |"];
            Jump("labels are whole numbers"), "a batch axis in front", hot(4), ["2x3 | 2 0 3 1 1 2"];
            Fails("the label 0.5 is none of"), "no whole number", hot(4), ["2 | 1 0.5"];
            Fails("the label 4 is none of"), "a label too large", hot(4), ["2 | 1 4"];
            Fails("the label -1 is none of"), "a negative label", hot(4), ["2 | 1 -1"];
            Fails("the label NaN is none of"), "not a number", hot(4), ["2 | 1 nan"];
        }
    }

    fn shape(&self, graph: &mut Graph, args: &[Vec<Dim>]) -> Result<Vec<Dim>, ShapeError> {
        let mut dims = args[0].clone();
        dims.push(graph.dim(self.classes.clone()));
        Ok(dims)
    }

    fn pullback<'b>(&self, _: usize, _: &Pullback<'_, 'b>) -> Pulled<'b> {
        Ok(None)
    }

    fn evaluate<N: Real>(&self, args: &[&Array<N>], shape: &[usize], like: &N) -> Result<Array<N>, String> {
        let n = shape.last().copied().unwrap_or(0);
        let mut data = Vec::with_capacity(shape.iter().product());
        for label in &args[0].data {
            let place = super::gather::label(label, n)?;
            data.extend((0..n).map(|k| like.ratio(i64::from(k == place), 1)));
        }
        Ok(Array { shape: shape.to_vec(), data })
    }

    fn named(&self) -> Vec<usize> {
        Vec::new()
    }

    fn core_axes(&self, _: usize) -> usize {
        0
    }

    fn keeps_symmetry(&self) -> bool {
        false
    }

    fn work(&self, args: &[Vec<u64>], shape: &[u64]) -> u64 {
        passing(args, shape)
    }

    fn spelling(&self, _: &Graph, _: &[&[Dim]]) -> OperationSpelling {
        let n = &self.classes;
        OperationSpelling {
            numpy: format!("np.eye({n})[{{0}}]"),
            jax: format!("jax.nn.one_hot({{0}}, {n})"),
            ..spelled(&format!("one_hot({{0}}, {n})"))
        }
    }
}
