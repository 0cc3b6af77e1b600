//! Contractions: their factors in groups that share labels, each group as a product of matrices, and products of numbers.

use wrt_core::{Id, Labels, LabelsId, Node, Number, Primitive};

use super::contraction::{Contraction, Item, Signature};
use super::convert::{Converted, Converter, is_suffix};
use super::tree::{Expression, Function, Notation};
use crate::split::{Fraction, Power, Split, split};

/// Diagonal matrices are looked for in products of products that are so deep.
const MAX_NESTED: u32 = 4;

/// A contraction's factors.
struct Items {
    /// Those without labels, and whether they are denominators.
    scalars: Vec<(Expression, bool)>,
    items: Vec<Item>,
    /// The labels that occur in some factor.
    covered: u64,
}

impl Converter<'_> {
    /// The first way of writing it that there is: matrix products, broadcasting, a sum over an axis, `einsum` in source code,
    /// and for numbers index notation.
    pub(super) fn contraction(&mut self, id: Id, factors: &[Id], labels: LabelsId) -> Option<Converted> {
        let graph = self.graph;
        let rank = graph.rank(id);
        let (factors, labels) = self.on_diagonals(factors.to_vec(), graph.labels(labels).clone());
        let (factors, labels) = (&factors[..], &labels);
        self.cheaper_product(factors, labels, rank)
            .or_else(|| self.elementwise(factors, labels))
            .or_else(|| self.one_axis(factors, labels))
            .or_else(|| self.einsum(factors, labels, rank))
            .or_else(|| self.closed(id, rank))
    }

    /// A product of numbers; `each` writes what it is a product of.
    pub(super) fn scalars(
        &mut self,
        id: Id,
        each: &mut dyn FnMut(&mut Self, Id) -> Option<Expression>,
    ) -> Option<Expression> {
        let bindings = self.bindings;
        let split = split(self.graph, id, &|factor| bindings.contains_key(&factor));
        // In source code a division is dear.
        let Split { coefficient, fractions } = if self.list.code { split.joined() } else { split };
        let mut row = Vec::with_capacity(fractions.len());
        for Fraction { above, below } in fractions {
            let above = self.powers(&above, each)?;
            row.push((above, self.powers(&below, each)?));
        }
        let numeric = row.iter().all(|(above, below)| above.iter().chain(below).all(|e| self.list.is_numeric(*e)));
        if numeric {
            return Some(self.list.fractions(coefficient.0, row));
        }
        // norm2(x)^2/s^3*exp(-norm2(x)^2/s): an exponential behind a bar stays there, as among numbers.
        let tower = match row.as_slice() {
            [_, .., (above, below)] if below.is_empty() => match above[..] {
                [only] if self.list.is_exponential(only) => row.pop().map(|_| only),
                _ => None,
            },
            _ => None,
        };
        let mut product = self.list.number(coefficient.0);
        for (above, below) in row {
            product = above.into_iter().fold(product, |product, e| self.list.elementwise(product, e));
            product = below.into_iter().fold(product, |product, e| self.list.quotient(product, e));
        }
        Some(tower.map_or(product, |tower| self.list.before(product, tower)))
    }

    fn powers(
        &mut self,
        factors: &[(Id, Power)],
        each: &mut dyn FnMut(&mut Self, Id) -> Option<Expression>,
    ) -> Option<Vec<Expression>> {
        let mut list = Vec::with_capacity(factors.len());
        for (base, power) in factors {
            let e = each(self, *base)?;
            list.push(match *power {
                Power::One => e,
                Power::Node(exponent) | Power::Negated(exponent) => match self.graph.as_number(exponent) {
                    Some(n) => self.list.power(e, &n.abs()),
                    None => {
                        let exponent = each(self, exponent)?;
                        self.list.intern(Notation::Power(e, exponent), 0)
                    }
                },
            });
        }
        Some(list)
    }

    /// Without diagonal matrices among factors that may have no value beside the diagonal: `diag(v*diag(B))` for
    /// `diag(v)*B`, where 0 is multiplied with what `B` has there.
    fn on_diagonals(&self, mut factors: Vec<Id>, mut labels: Labels) -> (Vec<Id>, Labels) {
        while let Some(k) = (0..factors.len()).find(|k| self.hides_undefined(*k, &factors, &labels)) {
            let (factor, own) = (factors.remove(k), labels.factors.remove(k));
            let is_named = self.bindings.contains_key(&factor);
            let (inner, spec) = match self.graph.node(factor) {
                Node::Contraction(inner, spec) if !is_named => (inner.to_vec(), self.graph.labels(spec).clone()),
                _ => (vec![factor], Labels { dims: Vec::new(), output: Vec::new(), factors: vec![own.clone()] }),
            };
            let outer = |l: &u8| spec.output.iter().position(|o| o == l).map_or(*l, |at| own[at]);
            factors.extend(inner);
            labels.factors.extend(spec.factors.iter().map(|inner| inner.iter().map(outer).collect::<Vec<u8>>()));
            if let (true, &[kept, gone]) = (is_named || spec.dims.len() == 1, own.as_slice()) {
                labels.dims.remove(gone as usize);
                let renamed = |label: &u8| if *label == gone { kept } else { *label };
                for label in labels.factors.iter_mut().chain([&mut labels.output]).flatten() {
                    *label = renamed(label) - u8::from(renamed(label) > gone);
                }
            }
        }
        (factors, labels)
    }

    /// Is a factor diagonal, where another one may have no value beside the diagonal?
    fn hides_undefined(&self, k: usize, factors: &[Id], labels: &Labels) -> bool {
        let &[a, b] = labels.factors[k].as_slice() else { return false };
        let meets = |(j, own): (usize, &Vec<u8>)| {
            j != k && own.contains(&a) && own.contains(&b) && !self.is_defined_everywhere(factors[j])
        };
        a != b && self.is_diagonal(factors[k], MAX_NESTED) && labels.factors.iter().enumerate().any(meets)
    }

    /// Is it a vector's diagonal matrix, or one times other matrices entry by entry?
    fn is_diagonal(&self, id: Id, depth: u32) -> bool {
        let Node::Contraction(factors, spec) = self.graph.node(id) else { return false };
        if depth == 0 {
            return false;
        }
        let spec = self.graph.labels(spec);
        match spec.dims.len() {
            1 => spec.output.len() == 2,
            2 => {
                let both = |own: &[u8]| own.len() == 2 && own[0] != own[1];
                let mut pairs = factors.iter().zip(&spec.factors);
                both(&spec.output) && pairs.any(|(factor, own)| both(own) && self.is_diagonal(*factor, depth - 1))
            }
            _ => false,
        }
    }

    /// The product as it stands or with the products inside taken in, whichever is shorter: `(x' @ A) @ x` is
    /// `x' @ A @ x`, not a product with `A' @ x`.
    fn cheaper_product(&mut self, factors: &[Id], labels: &Labels, rank: usize) -> Option<Converted> {
        let plain = self.matrices(factors, labels, rank);
        let Some((all, own)) = self.flattened(factors, labels) else { return plain };
        let flat = self.matrices(&all, &own, rank);
        match (plain, flat) {
            (Some(plain), Some(flat)) => {
                let better =
                    plain.covered == flat.covered && self.list.cost(flat.natural) < self.list.cost(plain.natural);
                Some(if better { flat } else { plain })
            }
            (plain, flat) => plain.or(flat),
        }
    }

    /// The factors with those of unnamed vectors among them in their places; none if there is no such vector.
    fn flattened(&self, factors: &[Id], labels: &Labels) -> Option<(Vec<Id>, Labels)> {
        /// Longer products are read in pieces anyway.
        const MAX_FACTORS: usize = 8;
        let (mut ids, mut own) = (Vec::new(), Labels { factors: Vec::new(), ..labels.clone() });
        let mut found = false;
        for (factor, list) in factors.iter().zip(&labels.factors) {
            let inner = match self.graph.node(*factor) {
                Node::Contraction(inner, spec) if list.len() == 1 && !self.bindings.contains_key(factor) => {
                    Some((inner, self.graph.labels(spec)))
                }
                _ => None,
            };
            let simple = |spec: &Labels| {
                let distinct = (1..spec.output.len()).all(|k| !spec.output[..k].contains(&spec.output[k]));
                let covered = (0..spec.dims.len() as u8).all(|l| spec.factors.iter().any(|f| f.contains(&l)));
                // A scalar that a person wrote within stays within.
                let apart = self.list.as_written && spec.factors.iter().any(Vec::is_empty);
                distinct && covered && !apart && !spec.is_scalar()
            };
            let Some((inner, spec)) = inner.filter(|(_, spec)| simple(spec)) else {
                ids.push(*factor);
                own.factors.push(list.clone());
                continue;
            };
            found = true;
            let mut map: Vec<u8> = Vec::with_capacity(spec.dims.len());
            for (l, dim) in spec.dims.iter().enumerate() {
                map.push(match spec.output.iter().position(|o| *o == l as u8) {
                    Some(k) => list[k],
                    None => {
                        own.dims.push(*dim);
                        (own.dims.len() - 1) as u8
                    }
                });
            }
            ids.extend(inner);
            own.factors.extend(spec.factors.iter().map(|f| f.iter().map(|l| map[*l as usize]).collect::<Vec<u8>>()));
        }
        (found && ids.len() <= MAX_FACTORS && own.dims.len() <= 60).then_some((ids, own))
    }

    /// The factors with their labels, taken apart into scalars and tensors; labels that a factor is constant along are
    /// left out.
    fn items(&mut self, factors: &[Id], labels: &Labels) -> Option<Items> {
        let (mut scalars, mut items, mut covered) = (Vec::new(), Vec::new(), 0);
        for (k, factor) in factors.iter().enumerate() {
            let (mut base, power) = self.denominator(*factor);
            // -x' @ S @ x for (-x)' @ S @ x: the first sign stands before all.
            if let (0, Node::Sum([single]), true) = (k, self.graph.node(base), self.list.as_written)
                && single.coefficient == Number::MINUS_ONE
                && self.graph.rank(base) > 0
                && !self.bindings.contains_key(&base)
                && factors.len() > 1
                && !factors[1..].contains(factor)
            {
                scalars.push((self.list.number(Number::MINUS_ONE), false));
                base = single.node;
            }
            let mut converted = self.convert(base)?;
            let others = || factors.iter().enumerate().filter(|(other, _)| *other != k);
            let zeros = self.graph.rank(base) > 0 && self.list.is_zero(converted.natural);
            if zeros && others().any(|(_, f)| !self.is_defined_everywhere(*f)) {
                // What it is multiplied with may have no value.
                converted = self.zeros(base, &vec![true; self.graph.rank(base)]);
            }
            let summed = labels.factors.get(k).is_some_and(|own| own.iter().any(|label| labels.is_summed(*label)));
            if summed && self.graph.is_number_without_value(base) {
                // Infinities of both signs in a sum are no infinity times a sum.
                let (natural, transposed) = self.filled(&converted, base)?;
                converted = Converted { covered: vec![true; self.graph.rank(base)], natural, transposed };
            }
            let own = labels.factors.get(k).map_or(&[][..], Vec::as_slice);
            let own: Signature = own.iter().zip(&converted.covered).filter(|(_, c)| **c).map(|(l, _)| *l).collect();
            covered |= own.iter().fold(0, |m, l| m | 1u64 << l);
            let (mut natural, mut transposed) = (converted.natural, converted.transposed);
            if let Some(n) = &power {
                natural = self.list.power(natural, n);
                transposed = self.list.power(transposed, n);
            }
            let below = power.is_some();
            match own.as_slice() {
                [] => scalars.push((natural, below)),
                [i, j] if i == j => {
                    if below {
                        natural = self.list.inverse(natural);
                    }
                    let summed = labels.is_summed(*i)
                        && labels.factors.iter().enumerate().all(|(other, list)| other == k || !list.contains(i));
                    if summed {
                        scalars.push((self.list.linear(Function::Trace, natural, 0), false));
                    } else {
                        let diagonal = self.list.linear(Function::Diagonal, natural, 1);
                        let labels = [*i].into_iter().collect();
                        items.push(Item { labels, natural: diagonal, transposed: diagonal, below: false });
                    }
                }
                [_] | [_, _] => items.push(Item { labels: own, natural, transposed, below }),
                _ => return None,
            }
        }
        Some(Items { scalars, items, covered })
    }

    /// `u^-2` is a denominator `u^2`.
    pub(super) fn denominator(&self, id: Id) -> (Id, Option<Number>) {
        match self.graph.node(id) {
            Node::Map(Primitive::Pow, &[base, exponent]) if id == self.root || !self.bindings.contains_key(&id) => {
                let negative = self.graph.as_number(exponent).filter(|n| n.is_negative());
                negative.map_or((id, None), |n| (base, Some(n.abs())))
            }
            _ => (id, None),
        }
    }

    fn matrices(&mut self, factors: &[Id], labels: &Labels, rank: usize) -> Option<Converted> {
        if labels.dims.len() > 64 {
            return None;
        }
        let Items { scalars, items, covered } = self.items(factors, labels)?;
        let scale = self.scale(&scalars, covered, labels);
        if self.list.is_zero(scale) {
            return Some(Converted::scalar(scale, rank));
        }
        let sizes: Vec<Expression> = labels.dims.iter().map(|d| self.size(*d)).collect();
        let output = labels.output.iter().fold(0, |m, l| m | 1u64 << l);
        let (mut scale, mut open) = (scale, Vec::new());
        for group in connected(items) {
            let mut contraction = Contraction { list: &mut self.list, output, sizes: &sizes };
            let (signature, natural, transposed) = contraction.write(&group)?;
            match signature.len() {
                0 => scale = self.list.elementwise(scale, natural),
                _ => open.push((signature, natural, transposed)),
            }
        }
        self.assembled(scale, &open, labels, rank)
    }

    /// The product of the scalars and of the sizes of labels that are summed but occur in no factor.
    fn scale(&mut self, scalars: &[(Expression, bool)], covered: u64, labels: &Labels) -> Expression {
        let mut product = self.list.number(Number::ONE);
        for (e, below) in scalars {
            product = if *below { self.list.quotient(product, *e) } else { self.list.elementwise(product, *e) };
        }
        for l in 0..labels.dims.len() as u8 {
            if labels.is_summed(l) && covered >> l & 1 == 0 {
                let size = self.size(labels.dims[l as usize]);
                product = self.list.elementwise(product, size);
            }
        }
        product
    }

    /// The result from its connected parts.
    fn assembled(
        &mut self,
        scale: Expression,
        open: &[(Signature, Expression, Expression)],
        labels: &Labels,
        rank: usize,
    ) -> Option<Converted> {
        let covered: Vec<bool> =
            labels.output.iter().map(|l| open.iter().any(|(signature, ..)| signature.contains(l))).collect();
        let repeated = labels.output.len() == 2 && labels.output[0] == labels.output[1];
        let distinct = (1..rank).all(|k| !labels.output[..k].contains(&labels.output[k]));
        if !repeated && !distinct {
            return None;
        }
        let (natural, transposed, covered) = match open {
            [] if repeated => {
                let size = self.size(labels.dims[labels.output[0] as usize]);
                let eye = self.list.intern(Notation::Call(Function::Eye, vec![size]), 2);
                (eye, eye, vec![true; 2])
            }
            [] => return Some(Converted::scalar(scale, rank)),
            [(_, e, _)] if repeated => {
                let diagonal = self.list.linear(Function::Diagonal, *e, 2);
                (diagonal, diagonal, vec![true; 2])
            }
            [(signature, natural, transposed)] => {
                let first = labels.output.iter().find(|l| signature.contains(l));
                let straight = first == signature.first();
                if straight { (*natural, *transposed, covered) } else { (*transposed, *natural, covered) }
            }
            [a, b] if a.0.len() == 1 && b.0.len() == 1 => {
                let place = |s: &Signature| labels.output.iter().position(|l| s.first() == Some(l));
                let (first, second) = if place(&a.0) < place(&b.0) { (a, b) } else { (b, a) };
                (self.list.outer(first.1, second.1), self.list.outer(second.1, first.1), covered)
            }
            _ => return None,
        };
        let natural = self.list.elementwise(scale, natural);
        let transposed = self.list.elementwise(scale, transposed);
        Some(Converted { covered, natural, transposed })
    }

    /// A product of tensors that broadcast by themselves, of any rank.
    fn elementwise(&mut self, factors: &[Id], labels: &Labels) -> Option<Converted> {
        let distinct = (1..labels.output.len()).all(|k| !labels.output[..k].contains(&labels.output[k]));
        if !distinct || labels.dims.len() > labels.output.len() {
            return None;
        }
        if !labels.factors.iter().all(|own| labels.output.ends_with(own)) {
            return None;
        }
        let mut product = self.list.number(Number::ONE);
        let mut widest = 0;
        for factor in factors {
            let (base, power) = self.denominator(*factor);
            let own = self.convert(base)?;
            if !is_suffix(&own.covered) {
                return None;
            }
            widest = widest.max(own.axes().len());
            let e = power.as_ref().map_or(own.natural, |n| self.list.power(own.natural, n));
            product = if power.is_some() { self.list.quotient(product, e) } else { self.list.elementwise(product, e) };
        }
        let rank = labels.output.len();
        let covered = (0..rank).map(|k| k >= rank - widest).collect();
        Some(Converted { covered, ..self.all(product, widest) })
    }

    /// The sum of one tensor of any rank over one axis or all.
    fn one_axis(&mut self, factors: &[Id], labels: &Labels) -> Option<Converted> {
        let (&[factor], [own]) = (factors, labels.factors.as_slice()) else { return None };
        let distinct = (1..own.len()).all(|k| !own[..k].contains(&own[k]));
        let closed: Vec<usize> = (0..own.len()).filter(|k| labels.is_summed(own[*k])).collect();
        let kept: Vec<u8> = own.iter().copied().filter(|l| !labels.is_summed(*l)).collect();
        if !distinct || kept != labels.output || labels.dims.len() > own.len() {
            return None;
        }
        let axis = match closed.as_slice() {
            _ if kept.is_empty() => None,
            [axis] => Some(*axis),
            _ => return None,
        };
        let e = self.full(factor)?;
        let sizes: Vec<Expression> = closed.iter().map(|k| self.size(labels.dims[own[*k] as usize])).collect();
        let sum = self.list.sum(e, axis, &sizes);
        Some(self.all(sum, kept.len()))
    }

    /// In source code every product has a notation.
    fn einsum(&mut self, factors: &[Id], labels: &Labels, rank: usize) -> Option<Converted> {
        let plain = (1..rank).all(|k| !labels.output[..k].contains(&labels.output[k]));
        if !self.list.code || labels.dims.len() > 26 || !plain {
            return None;
        }
        let letters = |own: &[u8]| own.iter().map(|l| (b'a' + (l + 8) % 26) as char).collect::<String>();
        let (mut inputs, mut args, mut scalars) = (Vec::new(), Vec::new(), self.list.number(Number::ONE));
        for (k, factor) in factors.iter().enumerate() {
            let e = self.full(*factor)?;
            if self.graph.is_scalar(*factor) {
                scalars = self.list.elementwise(scalars, e);
                continue;
            }
            inputs.push(letters(&labels.factors[k]));
            args.push(e);
        }
        let named = |l: &u8| labels.factors.iter().any(|own| own.contains(l));
        for l in (0..labels.dims.len() as u8).filter(|l| !named(l)) {
            // Ones at a label that no factor has.
            let size = self.size(labels.dims[l as usize]);
            inputs.push(letters(&[l]));
            args.push(self.list.intern(Notation::Call(Function::Ones, vec![size]), 1));
        }
        let text = format!("{}->{}", inputs.join(","), letters(&labels.output));
        let call = self.list.intern(Notation::Call(Function::Einsum(text), args), rank);
        let e = self.list.elementwise(scalars, call);
        Some(self.all(e, rank))
    }

    /// A number in index notation, which stands in matrix notation as well.
    fn closed(&mut self, id: Id, rank: usize) -> Option<Converted> {
        if rank > 0 {
            return None;
        }
        let e = self.at(id, &[], &mut Vec::new())?;
        Some(Converted::scalar(e, 0))
    }
}

/// The items in groups that share labels, in the order of their first ones: products of tensors that share none are outer
/// products of these groups, each of which is written by itself.
fn connected(items: Vec<Item>) -> Vec<Vec<Item>> {
    let mut groups: Vec<(u64, Vec<Item>)> = Vec::new();
    for item in items {
        let mut mask = item.labels.iter().fold(0, |m, l| m | 1u64 << l);
        let mut merged: Vec<Item> = Vec::new();
        let mut kept = Vec::with_capacity(groups.len());
        let mut place = None;
        for (own, group) in groups {
            if own & mask != 0 {
                mask |= own;
                merged.extend(group);
                place = place.or(Some(kept.len()));
            } else {
                kept.push((own, group));
            }
        }
        merged.push(item);
        kept.insert(place.unwrap_or(kept.len()), (mask, merged));
        groups = kept;
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
