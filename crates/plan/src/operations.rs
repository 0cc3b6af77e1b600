//! Operations of the table as values; those without a lowering, and why.

use wrt_core::{Dimension, Number, Operation, Primitive, operations::Picked};

use crate::access::{Access, entries, row_major};
use crate::lower::{Lowering, Refusal};
use crate::program::{FoldKind, Op, PickWay};
use crate::values::{Value, ValueId};
use crate::windows::is_lowered;

pub(crate) type Args<'a> = &'a [(Access, Vec<usize>)];

impl Lowering<'_> {
    /// The operation with numbers for the named sizes among its parameters: a plan has no names of sizes.
    fn settled(&self, operation: &Operation) -> Operation {
        let known = |name: &str| self.sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
        let words = operation.parameters();
        let word = |w: &str| Dimension::read(w).evaluate(known).map_or_else(|| w.to_string(), |n| n.to_string());
        let words: Vec<String> = words.split(' ').map(word).collect();
        Operation::read(operation.name(), &words.join(" ")).unwrap_or_else(|| operation.clone())
    }

    pub(crate) fn lowered(
        &mut self,
        operation: &Operation,
        args: Args<'_>,
        shape: &[usize],
    ) -> Result<Access, Refusal> {
        use Operation as O;
        let (first, own) = &args[0];
        Ok(match operation {
            O::StopGradient(_) | O::Alias(_) | O::Override(_) => first.clone(),
            O::Max(_) => self.extremum(FoldKind::Max, operation, &args[0])?,
            O::Min(_) => self.extremum(FoldKind::Min, operation, &args[0])?,
            O::ArgMax(_) => self.extremum(FoldKind::ArgMax, operation, &args[0])?,
            O::ArgMin(_) => self.extremum(FoldKind::ArgMin, operation, &args[0])?,
            O::LogSumExp(_) => self.log_sum_exp(&args[0], shape),
            O::Softmax(_) => {
                let (powers, _) = self.powers(&args[0]);
                let total = self.along_last(FoldKind::Sum, &powers, own);
                let total = spread_last(total);
                self.values.entrywise(Op::Div, vec![powers, total], shape)
            }
            O::Shared(shared) => {
                let kind = if shared.largest { FoldKind::Max } else { FoldKind::Min };
                let best = spread_last(self.along_last(kind, first, own));
                let is_best = self.apply(Primitive::Eq, vec![first.clone(), best], shape);
                let count = spread_last(self.along_last(FoldKind::Sum, &is_best, own));
                self.values.entrywise(Op::Div, vec![is_best, count], shape)
            }
            O::Entry(entry) => self.part(first, own, entry.at, 1, None)?,
            O::Slice(slice) => self.part(first, own, slice.start, slice.step as usize, shape.last().copied())?,
            O::Tail(_) => {
                let (n, length) = (own.last().copied().unwrap_or(0), shape.last().copied().unwrap_or(0));
                let start =
                    n.checked_sub(length).ok_or_else(|| Refusal::new("tail", "the axis has too few entries"))?;
                self.part(first, own, start as i64, 1, Some(length))?
            }
            O::Pad(pad) => self.pad(&args[0], (pad.start, pad.step as usize), shape)?,
            O::Concat(_) => {
                let (mut pieces, mut start) = (Vec::with_capacity(args.len()), 0);
                for (access, own) in args {
                    let length = own.last().copied().unwrap_or(0);
                    pieces.push((access.clone(), [length, start, 1]));
                    start += length;
                }
                self.assembled(pieces, shape)
            }
            O::Flip(_) => self.flip(&args[0], shape),
            O::Reshape(_) => {
                let base = self.lying(first.clone(), own);
                Access { base, offset: 0, strides: row_major(shape) }
            }
            O::OneHot(_) => self.one_hot(&args[0], shape),
            O::Gather(gather) => self.gather(gather.0, args, shape),
            O::ScatterAdd(scatter) => self.scatter(scatter.at, &scatter.size, args, shape)?,
            O::Convolution(own) if is_lowered(own, args) => self.convolution(own, args, shape),
            O::Pool(own) if args.iter().all(|(_, own)| entries(own) > 0) => self.pool(own, args, shape),
            // The others are computed by their rows.
            other => {
                let args = args.iter().map(|(access, own)| (self.lying(access.clone(), own), own.clone())).collect();
                let base = self.values.make(Value::Call(self.settled(other), args), shape);
                self.values.whole(base)
            }
        })
    }

    pub(crate) fn along_last(&mut self, kind: FoldKind, from: &Access, shape: &[usize]) -> Access {
        let (kept, folded) = shape.split_at(shape.len().saturating_sub(1));
        self.values.fold(kind, from.clone(), kept, folded)
    }

    fn extremum(
        &mut self,
        kind: FoldKind,
        operation: &Operation,
        (x, shape): &(Access, Vec<usize>),
    ) -> Result<Access, Refusal> {
        if shape.last() == Some(&0) && entries(&shape[..shape.len() - 1]) > 0 {
            return Err(Refusal::new(operation.name(), "an axis without entries has no value"));
        }
        Ok(self.along_last(kind, x, shape))
    }

    /// `exp(x − max x)` along the last axis, and the maximum.
    fn powers(&mut self, (x, shape): &(Access, Vec<usize>)) -> (Access, Access) {
        let largest = self.along_last(FoldKind::Max, x, shape);
        let off = self.values.entrywise(Op::Sub, vec![x.clone(), spread_last(largest.clone())], shape);
        (self.apply(Primitive::Exp, vec![off], shape), largest)
    }

    fn log_sum_exp(&mut self, x: &(Access, Vec<usize>), shape: &[usize]) -> Access {
        let (powers, largest) = self.powers(x);
        let total = self.along_last(FoldKind::Sum, &powers, &x.1);
        let log = self.apply(Primitive::Log, vec![total], shape);
        let value = self.values.entrywise(Op::Add, vec![largest.clone(), log], shape);
        // Where all are −∞, the differences are no numbers.
        let one = self.number(Number::ONE, shape);
        let more = self.values.entrywise(Op::Add, vec![largest.clone(), one], shape);
        let infinite = self.apply(Primitive::Eq, vec![largest.clone(), more], shape);
        self.apply(Primitive::Select, vec![infinite, largest, value], shape)
    }

    /// Entries of the last axis: one, or so many of them.
    fn part(
        &mut self,
        x: &Access,
        shape: &[usize],
        start: i64,
        step: usize,
        length: Option<usize>,
    ) -> Result<Access, Refusal> {
        let n = shape.last().copied().unwrap_or(0);
        let from = usize::try_from(if start < 0 { start.saturating_add(n as i64) } else { start }).ok();
        let last = length.unwrap_or(1).saturating_sub(1).saturating_mul(step);
        let outside =
            || Refusal::new("an entry", format!("{start} and {last} more are no positions of an axis of {n}"));
        let from = match (from, length) {
            (_, Some(0)) => 0,
            (Some(from), _) if from.saturating_add(last) < n => from,
            _ => return Err(outside()),
        };
        let mut strides = x.strides.clone();
        let own = strides.pop().unwrap_or(0);
        if length.is_some() {
            strides.push(own * step);
        }
        Ok(Access { base: x.base, offset: x.offset + from * own, strides })
    }

    /// Entries at places along a last axis, zeros elsewhere.
    fn pad(
        &mut self,
        (x, own): &(Access, Vec<usize>),
        (start, step): (i64, usize),
        shape: &[usize],
    ) -> Result<Access, Refusal> {
        let (n, length) = (shape.last().copied().unwrap_or(0), own.last().copied().unwrap_or(0));
        if length == 0 {
            return Ok(self.number(Number::ZERO, shape));
        }
        // Where entries could be read from, they can be put.
        let whole = Access { base: x.base, offset: 0, strides: row_major(shape) };
        let first = self.part(&whole, shape, start, step, Some(length))?.offset;
        if length == n && step == 1 {
            return Ok(x.clone());
        }
        Ok(self.assembled(vec![(x.clone(), [length, first, step])], shape))
    }

    /// Zeros with pieces along the last axis.
    fn assembled(&mut self, pieces: Vec<(Access, [usize; 3])>, shape: &[usize]) -> Access {
        let mut own = Vec::with_capacity(pieces.len());
        for (access, at) in pieces.into_iter().filter(|(_, [length, ..])| *length > 0) {
            let sizes = [&shape[..shape.len().saturating_sub(1)], &[at[0]]].concat();
            own.push((self.values.in_memory(access, &sizes), at));
        }
        self.put_together(own, shape.len().saturating_sub(1), shape)
    }

    pub(crate) fn put_together(&mut self, pieces: Vec<(Access, [usize; 3])>, axis: usize, shape: &[usize]) -> Access {
        let base = self.values.make(Value::Assembled(pieces, axis), shape);
        self.values.whole(base)
    }

    /// The sum of arrays of pieces, read alike, as one of all pieces; none where they are no such arrays.
    pub(crate) fn assembled_sum(&mut self, a: &Access, b: &Access) -> Option<Access> {
        let shape = self.values.shape(a.base).to_vec();
        let whole = entries(&shape) > 0 && a.offset == 0 && b.offset == 0 && a.strides == b.strides;
        match (self.values.value(a.base), self.values.value(b.base)) {
            (Value::Assembled(x, axis), Value::Assembled(y, other))
                if whole && axis == other && self.values.shape(b.base) == shape =>
            {
                let (pieces, axis) = ([&x[..], &y[..]].concat(), *axis);
                let base = self.values.make(Value::Assembled(pieces, axis), &shape);
                Some(Access { base, ..a.clone() })
            }
            _ => None,
        }
    }

    /// The positions `first + step*k`, in memory.
    pub(crate) fn labels(&mut self, length: usize, (first, step): (Number, Number)) -> ValueId {
        let shape = [length];
        let base = self.values.make(Value::Positions(length), &shape);
        let positions = self.values.whole(base);
        let step = self.number(step, &shape);
        let first = self.number(first, &shape);
        let moved = self.values.entrywise(Op::Mul, vec![positions, step], &shape);
        self.values.entrywise(Op::Add, vec![moved, first], &shape).base
    }

    /// The entries of the last axis from the end on.
    pub(crate) fn flip(&mut self, (x, own): &(Access, Vec<usize>), shape: &[usize]) -> Access {
        let n = shape.last().copied().unwrap_or(0);
        let labels = self.labels(n, (Number::integer(n as i64 - 1), Number::MINUS_ONE));
        let of = self.lying(x.clone(), own);
        let value =
            Value::Pick { way: PickWay::Pick, of, labels, positions: n, each: n, blocks: entries(shape), inner: 1 };
        let base = self.values.make(value, shape);
        self.values.whole(base)
    }

    fn one_hot(&mut self, (labels, own): &(Access, Vec<usize>), shape: &[usize]) -> Access {
        let n = shape.last().copied().unwrap_or(0);
        let lying = self.lying(labels.clone(), own);
        self.checks.push((lying, n));
        let base = self.values.make(Value::Positions(n), &[n]);
        let strides = [vec![0; own.len()], vec![1]].concat();
        let positions = Access { base, offset: 0, strides };
        self.apply(Primitive::Eq, vec![positions, spread_last(labels.clone())], shape)
    }

    fn gather(&mut self, at: Picked, args: Args<'_>, shape: &[usize]) -> Access {
        let (of, labels) = (self.lying(args[0].0.clone(), &args[0].1), self.lying(args[1].0.clone(), &args[1].1));
        let inner = entries(&shape[shape.len() - at.inner..]);
        let positions = args[0].1[args[0].1.len() - 1 - at.inner];
        self.checks.push((labels, positions));
        let value = Value::Pick {
            way: PickWay::Pick,
            of,
            labels,
            positions,
            each: entries(&args[1].1[args[1].1.len() - at.picks..]),
            blocks: entries(shape) / inner.max(1),
            inner,
        };
        let base = self.values.make(value, shape);
        self.values.whole(base)
    }

    fn scatter(&mut self, at: Picked, size: &Dimension, args: Args<'_>, shape: &[usize]) -> Result<Access, Refusal> {
        let (of, labels) = (self.lying(args[0].0.clone(), &args[0].1), self.lying(args[1].0.clone(), &args[1].1));
        let picked = &args[0].1;
        let inner = entries(&picked[picked.len() - at.inner..]);
        let known = |name: &str| self.sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
        let positions = size.evaluate(known).and_then(|n| usize::try_from(n).ok());
        let positions = positions.ok_or_else(|| Refusal::new(&size.to_string(), "the dimension has no size"))?;
        let value = Value::Pick {
            way: PickWay::AddBack,
            of,
            labels,
            positions,
            each: entries(&args[1].1[args[1].1.len() - at.picks..]),
            blocks: entries(picked) / inner.max(1),
            inner,
        };
        let base = self.values.make(value, shape);
        Ok(self.values.whole(base))
    }
}

/// The same all along one more last axis.
fn spread_last(access: Access) -> Access {
    let strides = [&access.strides[..], &[0]].concat();
    Access { strides, ..access }
}
