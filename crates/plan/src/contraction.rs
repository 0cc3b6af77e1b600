//! Contractions: products of two factors at a time in an order chosen by cost; what only moves entries is an access.

use wrt_core::{Id, LabelsId, Node, Number, Primitive};

use crate::access::{Access, row_major};
use crate::forms::{Union, united};
use crate::lower::{Lowering, Refusal};
use crate::program::{FoldKind, Op};
use crate::values::Value;

/// A factor, read along its labels.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub access: Access,
    pub labels: Vec<u8>,
    /// Is the product divided by it?
    pub divides: bool,
    pub gate: Option<Access>,
}

impl Part {
    /// The strides along some labels; 0 along those that it lacks.
    fn strides(&self, access: &Access, labels: &[u8]) -> Vec<usize> {
        let stride = |l: &u8| self.labels.iter().position(|own| own == l).map_or(0, |k| access.strides[k]);
        labels.iter().map(stride).collect()
    }

    pub(crate) fn at(&self, labels: &[u8]) -> Access {
        Access { strides: self.strides(&self.access, labels), ..self.access.clone() }
    }

    pub(crate) fn gate_at(&self, labels: &[u8]) -> Option<Access> {
        self.gate.as_ref().map(|g| Access { strides: self.strides(g, labels), ..g.clone() })
    }
}

/// The labels, each once.
pub(crate) fn distinct(labels: &[u8]) -> Vec<u8> {
    let mut all = Vec::with_capacity(labels.len());
    labels.iter().for_each(|l| {
        if !all.contains(l) {
            all.push(*l);
        }
    });
    all
}

/// What a contraction is about: the size of each label, and the labels of the result.
pub(crate) struct Frame {
    pub sizes: Vec<usize>,
    pub output: Vec<u8>,
}

/// A contraction whose factors are the parts of the products below it.
struct Opened {
    frame: Frame,
    parts: Vec<Part>,
    output: Vec<u8>,
    /// Have labels become the same?
    is_united: bool,
}

impl Frame {
    pub(crate) fn of(&self, labels: &[u8]) -> Vec<usize> {
        labels.iter().map(|l| self.sizes[*l as usize]).collect()
    }

    /// The labels of parts.
    fn present(&self, parts: &[Part]) -> Vec<u8> {
        distinct(&parts.iter().flat_map(|p| p.labels.clone()).collect::<Vec<_>>())
    }

    fn count(&self, labels: &[u8]) -> f64 {
        labels.iter().map(|l| self.sizes[*l as usize] as f64).product()
    }
}

type Result<T> = std::result::Result<T, Refusal>;

impl Lowering<'_> {
    /// The base of a power of −1: to divide rounds once, to multiply with a reciprocal twice.
    fn divisor(&self, f: Id) -> Option<Id> {
        match self.graph.node(f) {
            Node::Map(Primitive::Pow, &[base, exponent]) => {
                (self.graph.as_number(exponent) == Some(&Number::MINUS_ONE)).then_some(base)
            }
            _ => None,
        }
    }

    fn factor_part(&self, f: Id, own: &[u8]) -> Result<Part> {
        let (source, divides) = self.divisor(f).map_or((f, false), |base| (base, true));
        let labels = distinct(own);
        // A label that repeats walks the diagonal.
        let along = |access: &Access| {
            let sum = |l: &u8| own.iter().zip(&access.strides).filter(|(o, _)| *o == l).map(|(_, s)| s).sum();
            Access { strides: labels.iter().map(sum).collect(), ..access.clone() }
        };
        let access = along(&self.access(source)?);
        let gate = if divides { None } else { self.gates.get(&f).map(along) };
        Ok(Part { access, labels, divides, gate })
    }

    pub(crate) fn contraction(&mut self, id: Id, factors: &[Id], labels: LabelsId) -> Result<Access> {
        let labels = self.graph.labels(labels);
        let output = distinct(&labels.output);
        let frame = Frame { sizes: self.sizes_of(&labels.dims)?, output };
        let own = |k: usize| labels.factors.get(k).map_or(&[][..], Vec::as_slice);
        let parts: Vec<Part> =
            factors.iter().enumerate().map(|(k, f)| self.factor_part(*f, own(k))).collect::<Result<_>>()?;
        if let Some(Opened { frame, parts, output, is_united }) = self.opened(factors, own, &frame, &labels.output)? {
            let summed = frame.present(&parts).into_iter().any(|l| !frame.output.contains(&l));
            let parts = self.counted(&frame, parts, &labels.dims);
            let parts = if summed { self.without_sums(&frame, parts) } else { parts };
            self.note_form(id, &frame, &parts, &output);
            if summed || is_united {
                let access = self.joined(&frame, parts);
                return Ok(self.repeated(access, &frame, &output));
            }
        }
        let summed = frame.present(&parts).into_iter().any(|l| !frame.output.contains(&l));
        let parts = self.counted(&frame, parts, &labels.dims);
        let access = if summed {
            let parts = self.without_sums(&frame, parts);
            self.note_form(id, &frame, &parts, &labels.output);
            self.joined(&frame, parts)
        } else {
            if !self.forms.contains_key(&id) {
                self.note_form(id, &frame, &parts, &labels.output);
            }
            self.unsummed(id, &frame, &parts)
        };
        Ok(self.repeated(access, &frame, &labels.output))
    }

    /// The parts of a product, those of products below it among them; none where nothing is gained by that.
    fn opened<'l>(
        &mut self,
        factors: &[Id],
        own: impl Fn(usize) -> &'l [u8],
        frame: &Frame,
        output: &[u8],
    ) -> Result<Option<Opened>> {
        let is_open = |f: &Id| self.forms.contains_key(f) && self.divisor(*f).is_none();
        if !factors.iter().any(is_open) {
            return Ok(None);
        }
        let mut union = Union::new(frame.sizes.len());
        let (mut parts, mut is_united) = (Vec::new(), false);
        for (k, f) in factors.iter().enumerate() {
            let form = self.forms.get(f).filter(|_| is_open(f));
            match form.and_then(|form| form.at(own(k))) {
                Some((inner, same)) => {
                    parts.extend(inner);
                    is_united |= !same.is_empty();
                    same.into_iter().for_each(|pair| union.unite(pair));
                }
                None => parts.push(self.factor_part(*f, own(k))?),
            }
        }
        let parts = parts.into_iter().map(|part| united(part, &union)).collect();
        let output: Vec<u8> = output.iter().map(|l| union.of(*l)).collect();
        // A label that has become another is none any more, and so is of size 1.
        let size = |(l, size): (usize, &usize)| if union.of(l as u8) == l as u8 { *size } else { 1 };
        let sizes = frame.sizes.iter().enumerate().map(size).collect();
        Ok(Some(Opened { frame: Frame { sizes, output: distinct(&output) }, parts, output, is_united }))
    }

    /// A label that is summed and stands nowhere multiplies by its size.
    fn counted(&mut self, frame: &Frame, mut parts: Vec<Part>, dims: &[wrt_core::Dim]) -> Vec<Part> {
        let present = frame.present(&parts);
        let lost = (0..dims.len() as u8).filter(|l| !present.contains(l) && !frame.output.contains(l));
        let scale = lost.fold(Number::ONE, |n, l| &n * &Number::integer(frame.sizes[l as usize] as i64));
        if !scale.is_one() {
            parts.push(self.scalar(scale));
        }
        parts
    }

    /// A product entry by entry.
    fn unsummed(&mut self, id: Id, frame: &Frame, parts: &[Part]) -> Access {
        let (labels, shape) = (&frame.output, frame.of(&frame.output));
        let mut gate = None;
        for part in parts {
            gate = self.both(gate, part.gate_at(labels), &shape);
        }
        if let Some(gate) = gate {
            self.gates.insert(id, gate);
        }
        match parts {
            [] => self.number(Number::ONE, &shape),
            _ => self.multiplied(frame, parts, labels),
        }
    }

    /// The product of parts along labels, switched off where one of them is.
    pub(crate) fn multiplied(&mut self, frame: &Frame, parts: &[Part], labels: &[u8]) -> Access {
        let shape = frame.of(labels);
        if let [single] = parts
            && !single.divides
        {
            return single.at(labels);
        }
        let (mut total, mut gate) = (None, None);
        for part in parts {
            let x = part.at(labels);
            gate = self.both(gate, part.gate_at(labels), &shape);
            total = Some(match (total, part.divides) {
                (None, false) => x,
                (None, true) => {
                    let one = self.number(Number::ONE, &shape);
                    self.values.entrywise(Op::Div, vec![one, x], &shape)
                }
                (Some(t), false) => self.values.entrywise(Op::Mul, vec![t, x], &shape),
                (Some(t), true) => self.values.entrywise(Op::Div, vec![t, x], &shape),
            });
        }
        let total = total.unwrap_or_else(|| self.number(Number::ONE, &shape));
        self.gated(total, &gate, &shape)
    }

    /// The result at labels of which some repeat: zeros beside the diagonal.
    fn repeated(&mut self, access: Access, frame: &Frame, output: &[u8]) -> Access {
        if output.len() == frame.output.len() {
            return access;
        }
        let shape = frame.of(output);
        let first = |l: &u8| frame.output.iter().position(|o| o == l).map_or(0, |k| access.strides[k]);
        let mut strides = Vec::with_capacity(output.len());
        let mut on: Option<Access> = None;
        for (axis, label) in output.iter().enumerate() {
            let before = output[..axis].iter().position(|l| l == label);
            strides.push(if before.is_some() { 0 } else { first(label) });
            if let Some(before) = before {
                let n = frame.sizes[*label as usize];
                let base = self.values.make(Value::Positions(n), &[n]);
                let position = |at: usize| {
                    let strides = (0..output.len()).map(|k| usize::from(k == at)).collect();
                    Access { base, offset: 0, strides }
                };
                let same = self.apply(Primitive::Eq, vec![position(before), position(axis)], &shape);
                on = self.both(on, Some(same), &shape);
            }
        }
        self.gated(Access { strides, ..access }, &on, &shape)
    }
}

/// Products that are summed.
impl Lowering<'_> {
    /// Parts whose product is the same, and that share no label which is summed.
    fn without_sums(&mut self, frame: &Frame, parts: Vec<Part>) -> Vec<Part> {
        let (mut scalars, mut parts): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|p| p.labels.is_empty());
        // Numbers are multiplied where there is least to multiply.
        let result = frame.count(&frame.output);
        let is_summed = |k: &usize| parts[*k].labels.iter().any(|l| !frame.output.contains(l));
        let smallest = (0..parts.len()).filter(is_summed).min_by(|a, b| {
            let size = |k: &usize| frame.count(&parts[*k].labels);
            size(a).total_cmp(&size(b))
        });
        if let Some(k) = smallest
            && !scalars.is_empty()
            && frame.count(&parts[k].labels) < result
        {
            let labels = parts[k].labels.clone();
            let with: Vec<Part> = std::iter::once(parts[k].clone()).chain(scalars.drain(..)).collect();
            let access = self.multiplied(frame, &with, &labels);
            parts[k] = Part { access, labels, divides: false, gate: parts[k].gate.clone() };
        }
        for k in 0..parts.len() {
            let others = parts.iter().enumerate().filter(|(j, _)| *j != k).flat_map(|(_, p)| p.labels.clone());
            let needed: Vec<u8> = others.chain(frame.output.iter().copied()).collect();
            parts[k] = self.alone(frame, parts[k].clone(), &needed);
        }
        while let Some(pair) = cheapest(frame, &parts, true) {
            self.join_pair(frame, &mut parts, pair);
        }
        parts.extend(scalars);
        parts
    }

    fn join_pair(&mut self, frame: &Frame, parts: &mut Vec<Part>, (a, b): (usize, usize)) {
        let (y, x) = (parts.swap_remove(b), parts.swap_remove(a));
        let needed: Vec<u8> = parts.iter().flat_map(|p| p.labels.clone()).chain(frame.output.iter().copied()).collect();
        let joined = self.join(frame, x, y, &needed);
        parts.push(joined);
    }

    /// The product of parts without sums, along the labels of the result.
    fn joined(&mut self, frame: &Frame, parts: Vec<Part>) -> Access {
        let (scalars, mut parts): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|p| p.labels.is_empty());
        while let Some(pair) = cheapest(frame, &parts, false) {
            self.join_pair(frame, &mut parts, pair);
        }
        let Some(whole) = parts.pop() else { return self.multiplied(frame, &scalars, &frame.output) };
        let labels = whole.labels.clone();
        let with: Vec<Part> = std::iter::once(whole).chain(scalars).collect();
        let access = self.multiplied(frame, &with, &labels);
        Part { access, labels, divides: false, gate: None }.at(&frame.output)
    }

    /// A part with the labels summed that nothing else needs.
    fn alone(&mut self, frame: &Frame, part: Part, needed: &[u8]) -> Part {
        let (kept, summed): (Vec<u8>, Vec<u8>) = part.labels.iter().copied().partition(|l| needed.contains(l));
        if summed.is_empty() {
            return part;
        }
        let summed = by_stride(&part, summed);
        let order = [&kept[..], &summed[..]].concat();
        let from = self.multiplied(frame, std::slice::from_ref(&part), &order);
        let access = self.values.fold(FoldKind::Sum, from, &frame.of(&kept), &frame.of(&summed));
        Part { access, labels: kept, divides: false, gate: None }
    }

    fn join(&mut self, frame: &Frame, x: Part, y: Part, needed: &[u8]) -> Part {
        let (x, y) = turned(frame, x, y);
        let kept = |l: &u8| needed.contains(l);
        let in_x = |l: &u8| x.labels.contains(l);
        let in_y = |l: &u8| y.labels.contains(l);
        let pick = |from: &Part, f: &dyn Fn(&u8) -> bool| -> Vec<u8> {
            by_stride(from, from.labels.iter().copied().filter(|l| f(l)).collect())
        };
        let batch = pick(&x, &|l| in_y(l) && kept(l));
        let (m, n) = (pick(&x, &|l| !in_y(l)), pick(&y, &|l| !in_x(l)));
        let k = pick(&x, &|l| in_y(l) && !kept(l));
        if k.is_empty() {
            let all = [&batch[..], &m[..], &n[..]].concat();
            // The last product lies as the result does.
            let same = frame.output.len() == all.len() && all.iter().all(|l| frame.output.contains(l));
            let all = if same { frame.output.clone() } else { all };
            let shape = frame.of(&all);
            let gate = self.both(x.gate_at(&all), y.gate_at(&all), &shape);
            let access = self.multiplied(frame, &[x, y], &all);
            return Part { access, labels: all, divides: false, gate };
        }
        if m.is_empty() && n.is_empty() {
            let order = [&batch[..], &k[..]].concat();
            let product = self.multiplied(frame, &[x, y], &order);
            let access = self.values.fold(FoldKind::Sum, product, &frame.of(&batch), &frame.of(&k));
            return Part { access, labels: batch, divides: false, gate: None };
        }
        let a = self.factor(frame, &x, [&batch, &m, &k], &k);
        let b = self.factor(frame, &y, [&batch, &k, &n], &k);
        let labels = [&batch[..], &m[..], &n[..]].concat();
        let (sizes, shape) = (|l: &[u8]| frame.of(l), frame.of(&labels));
        let value = Value::Product { a, b, batch: sizes(&batch), m: sizes(&m), n: sizes(&n), k: sizes(&k) };
        let base = self.values.make(value, &shape);
        Part { access: self.values.whole(base), labels, divides: false, gate: None }
    }

    /// A factor of a product of matrices, copied where its summed labels are no single axis.
    fn factor(&mut self, frame: &Frame, part: &Part, order: [&[u8]; 3], k: &[u8]) -> Access {
        let labels = order.concat();
        let shape = frame.of(&labels);
        let access = self.multiplied(frame, std::slice::from_ref(part), &labels);
        let access = self.values.in_memory(access, &shape);
        let along: Vec<usize> = k.iter().filter_map(|l| labels.iter().position(|o| o == l)).collect();
        let joined = along.windows(2).all(|w| access.strides[w[0]] == access.strides[w[1]] * shape[w[1]]);
        if joined {
            return access;
        }
        let copied = self.values.entrywise(Op::Copy, vec![access], &shape);
        debug_assert_eq!(copied.strides, row_major(&shape));
        copied
    }
}

/// Labels by falling stride, so that those that go together stand together.
fn by_stride(part: &Part, mut labels: Vec<u8>) -> Vec<u8> {
    let stride = |l: &u8| part.strides(&part.access, &[*l])[0];
    labels.sort_by_key(|l| std::cmp::Reverse(stride(l)));
    labels
}

/// The factors in an order in which columns of the product lie side by side in the result.
fn turned(frame: &Frame, x: Part, y: Part) -> (Part, Part) {
    let only = |a: &Part, b: &Part| a.labels.iter().any(|l| !b.labels.contains(l));
    let last = frame.output.last();
    let swap = match last {
        Some(l) if x.labels.contains(l) && !y.labels.contains(l) => only(&y, &x),
        _ => only(&y, &x) && !only(&x, &y),
    };
    if swap { (y, x) } else { (x, y) }
}

/// The pair that makes the least work, then the smallest result, then one that lies in the other; a before b. If only sums
/// count, they share a label that is summed.
fn cheapest(frame: &Frame, parts: &[Part], sums: bool) -> Option<(usize, usize)> {
    let mut best: Option<((f64, f64, bool), usize, usize)> = None;
    for b in 1..parts.len() {
        for a in 0..b {
            let in_both = |l: &u8| parts[a].labels.contains(l) && parts[b].labels.contains(l);
            if sums && !parts[a].labels.iter().any(|l| in_both(l) && !frame.output.contains(l)) {
                continue;
            }
            let all = distinct(&[&parts[a].labels[..], &parts[b].labels[..]].concat());
            let needed = |l: &&u8| {
                let others = parts.iter().enumerate().filter(|(k, _)| *k != a && *k != b);
                frame.output.contains(l) || others.into_iter().any(|(_, o)| o.labels.contains(l))
            };
            let kept: Vec<u8> = all.iter().filter(needed).copied().collect();
            let is_inside = all.len() == parts[a].labels.len().max(parts[b].labels.len());
            let work = (frame.count(&all), frame.count(&kept), !is_inside);
            if best.as_ref().is_none_or(|(least, ..)| work < *least) {
                best = Some((work, a, b));
            }
        }
    }
    best.map(|(_, a, b)| (a, b))
}
