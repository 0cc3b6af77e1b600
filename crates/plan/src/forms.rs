//! Products that are not multiplied out before they must be: `outer(x, y) @ A` is `outer(x, y @ A)`, and the identity
//! only renames an axis.
//!
//! A contraction leaves its *form* beside its value: parts whose labels are no longer summed. What multiplies by it or sums
//! over it takes the parts, and the value may never be computed.

use wrt_core::{Id, Number, Term};

use crate::access::Access;
use crate::contraction::{Frame, Part, distinct};
use crate::lower::{Lowering, Refusal};
use crate::program::{Constant, Op};

/// A product of parts at labels of which some may repeat, as those of the identity do.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub parts: Vec<Part>,
    /// The label of each axis.
    pub output: Vec<u8>,
    /// The size of each label.
    pub sizes: Vec<usize>,
}

/// Pairs of labels that are the same.
pub(crate) type SameLabels = Vec<(u8, u8)>;

/// The most parts of a form.
const MAX_PARTS: usize = 12;

impl Form {
    /// Is there anything to gain from its parts? Not where one of them has all labels, in the order of the axes: then it is
    /// an array like any other.
    pub(crate) fn is_worthwhile(&self) -> bool {
        let labels = distinct(&self.output);
        let fewer = self.parts.iter().all(|p| p.labels.len() < labels.len());
        let turned =
            self.parts.len() > 1 && self.parts.iter().any(|p| p.labels.len() == labels.len() && is_turned(p, &labels));
        self.parts.len() <= MAX_PARTS && (labels.len() < self.output.len() || fewer || turned)
    }

    /// The parts for somebody whose labels along the axes are these, and which of these are the same then.
    pub(crate) fn at(&self, own: &[u8]) -> Option<(Vec<Part>, SameLabels)> {
        let mut map: Vec<Option<u8>> = vec![None; self.sizes.len()];
        let mut same = Vec::new();
        for (inner, outer) in self.output.iter().zip(own) {
            match map.get(*inner as usize).copied()? {
                None => map[*inner as usize] = Some(*outer),
                Some(first) if first != *outer => same.push((first, *outer)),
                Some(_) => {}
            }
        }
        let parts = self.parts.iter().map(|part| {
            let labels = part.labels.iter().map(|l| map[*l as usize]).collect::<Option<Vec<u8>>>()?;
            Some(Part { labels, ..part.clone() })
        });
        Some((parts.collect::<Option<Vec<Part>>>()?, same))
    }
}

/// The labels of a contraction, of which some become one.
pub(crate) struct Union(Vec<u8>);

impl Union {
    pub(crate) fn new(labels: usize) -> Union {
        Union((0..labels as u8).collect())
    }

    pub(crate) fn unite(&mut self, (a, b): (u8, u8)) {
        let (a, b) = (self.of(a), self.of(b));
        let (keep, gone) = (a.min(b), a.max(b));
        self.0.iter_mut().filter(|l| **l == gone).for_each(|l| *l = keep);
    }

    pub(crate) fn of(&self, label: u8) -> u8 {
        self.0[label as usize]
    }
}

/// A part along labels of which some have become one walks their diagonal.
pub(crate) fn united(part: Part, union: &Union) -> Part {
    let own: Vec<u8> = part.labels.iter().map(|l| union.of(*l)).collect();
    let labels = distinct(&own);
    let along = |access: &Access| {
        let sum = |l: &u8| own.iter().zip(&access.strides).filter(|(o, _)| *o == l).map(|(_, s)| s).sum();
        Access { strides: labels.iter().map(sum).collect(), ..access.clone() }
    };
    Part { access: along(&part.access), gate: part.gate.as_ref().map(along), labels, divides: part.divides }
}

impl Lowering<'_> {
    /// Notes a product's form, if it helps: parts with the same labels are one, and what switches off is in what it
    /// switches.
    pub(crate) fn note_form(&mut self, id: Id, frame: &Frame, parts: &[Part], output: &[u8]) {
        let mut grouped: Vec<Part> = Vec::new();
        for part in parts {
            let is_same =
                |p: &Part| p.labels.len() == part.labels.len() && part.labels.iter().all(|l| p.labels.contains(l));
            let holds = |p: &Part| part.gate.is_some() && part.labels.iter().all(|l| p.labels.contains(l));
            match grouped.iter().position(|p| is_same(p) || holds(p)) {
                Some(k) => grouped[k] = self.together(frame, &grouped[k].clone(), part),
                None => grouped.push(part.clone()),
            }
        }
        let form = Form { parts: grouped, output: output.to_vec(), sizes: frame.sizes.clone() };
        if form.is_worthwhile() {
            self.forms.insert(id, form);
        }
    }

    /// Two parts multiplied, at the labels of the first.
    fn together(&mut self, frame: &Frame, a: &Part, b: &Part) -> Part {
        let labels = a.labels.clone();
        let shape = frame.of(&labels);
        let gate = self.both(a.gate_at(&labels), b.gate_at(&labels), &shape);
        let access = self.multiplied(frame, &[a.clone(), b.clone()], &labels);
        Part { access, labels, divides: false, gate }
    }

    /// Notes the form of a sum: of one product, or of several with a part in common that has axes of its own.
    pub(crate) fn note_sum(&mut self, id: Id, terms: &[Term], shape: &[usize]) -> Result<(), Refusal> {
        let axes: Vec<u8> = (0..shape.len() as u8).collect();
        let frame = Frame { sizes: shape.to_vec(), output: axes.clone() };
        if let [single] = terms {
            let Some(form) = self.forms.get(&single.node).cloned() else { return Ok(()) };
            let mut form = form;
            if !single.coefficient.is_one() {
                form.parts.push(self.scalar(single.coefficient.clone()));
            }
            self.forms.insert(id, form);
            return Ok(());
        }
        let mut forms: Vec<(Vec<Part>, &Number)> = Vec::with_capacity(terms.len());
        for term in terms {
            let form = self.forms.get(&term.node).cloned();
            let parts = form.filter(|f| distinct(&f.output).len() == f.output.len()).and_then(|form| form.at(&axes));
            let Some((parts, _)) = parts else { return Ok(()) };
            forms.push((parts, &term.coefficient));
        }
        let Some(((first, _), others)) = forms.split_first() else { return Ok(()) };
        let is_common = |part: &&Part| others.iter().all(|(parts, _)| parts.iter().any(|p| same(p, part)));
        let common: Vec<Part> = first.iter().filter(is_common).filter(|p| !p.labels.is_empty()).cloned().collect();
        let rests: Vec<(Vec<Part>, Number)> = forms
            .iter()
            .map(|(parts, c)| {
                let rest = parts.iter().filter(|p| !common.iter().any(|own| same(own, p))).cloned().collect();
                (rest, (*c).clone())
            })
            .collect();
        let needed: Vec<u8> = rests.iter().flat_map(|(parts, _)| parts).flat_map(|p| p.labels.clone()).collect();
        let labels: Vec<u8> = axes.iter().copied().filter(|l| needed.contains(l)).collect();
        if common.is_empty() || labels.len() == axes.len() {
            return Ok(());
        }
        let rest = self.added(&frame, rests, &labels);
        let part = Part { access: rest, labels, divides: false, gate: None };
        let parts: Vec<Part> = common.into_iter().chain([part]).collect();
        self.note_form(id, &frame, &parts, &axes);
        Ok(())
    }

    /// The sum of products along labels.
    fn added(&mut self, frame: &Frame, products: Vec<(Vec<Part>, Number)>, labels: &[u8]) -> Access {
        let shape = frame.of(labels);
        let mut total: Option<Access> = None;
        for (parts, coefficient) in products {
            let x = self.multiplied(frame, &parts, labels);
            let (op, x) = match coefficient.as_small() {
                Some((1, 1)) => (Op::Add, x),
                Some((-1, 1)) if total.is_some() => (Op::Sub, x),
                _ => {
                    let by = self.number(coefficient, &shape);
                    (Op::Add, self.values.entrywise(Op::Mul, vec![x, by], &shape))
                }
            };
            total = Some(match total {
                None => x,
                Some(total) => self.values.entrywise(op, vec![total, x], &shape),
            });
        }
        total.unwrap_or_else(|| self.number(Number::ZERO, &shape))
    }

    /// A number as a part.
    pub(crate) fn scalar(&mut self, n: Number) -> Part {
        let access = self.values.constant(Constant::Exact(n));
        Part { access, labels: Vec::new(), divides: false, gate: None }
    }
}

/// Do entries that follow each other along the last of the labels lie far apart?
fn is_turned(part: &Part, labels: &[u8]) -> bool {
    let strides = part.at(labels).strides;
    strides.last().is_some_and(|last| *last > 1 && strides.contains(&1))
}

/// Is it the same array along the same labels?
fn same(a: &Part, b: &Part) -> bool {
    let labels = &a.labels;
    a.divides == b.divides
        && a.gate.is_none()
        && b.gate.is_none()
        && labels.len() == b.labels.len()
        && labels.iter().all(|l| b.labels.contains(l))
        && a.at(labels) == b.at(labels)
}
