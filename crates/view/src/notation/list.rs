//! Lists: joined scalars or vectors, and short vectors with entries at their places.

use wrt_core::{Id, Node, Number, Operation, Term};

use super::convert::{Converted, Converter};
use super::tree::{Expression, Notation};
use crate::form::Form;

/// The longest vector that is written as a list where entries are put at their places.
const MAX_LIST: u64 = 12;

impl Converter<'_> {
    /// Scalars or vectors that are joined along a new axis, as a list; the outer option is none for anything else.
    pub(super) fn entries(&mut self, operation: &Operation, args: &[Id], rank: usize) -> Option<Option<Converted>> {
        if self.list.code || rank == 0 || rank > 2 {
            return None;
        }
        let entries: Vec<Option<Id>> = match operation {
            Operation::Concat(_) => args.iter().map(|a| self.single(*a).map(Some)).collect::<Option<_>>()?,
            Operation::Pad(pad) if rank == 1 => {
                let size = pad.size.as_size().filter(|n| *n <= MAX_LIST)?;
                let start = usize::try_from(pad.start).ok().filter(|k| (*k as u64) < size)?;
                let entry = self.single(args[0])?;
                (0..size as usize).map(|k| (k == start).then_some(entry)).collect()
            }
            _ => return None,
        };
        Some(self.listed(&entries, rank))
    }

    /// What a value is that was given one more axis of size 1.
    fn single(&self, id: Id) -> Option<Id> {
        match self.graph.node(id) {
            Node::Operation(Operation::Reshape(r), args)
                if !self.bindings.contains_key(&id) && r.axes == 0 && r.to.len() == 1 =>
            {
                Some(args[0])
            }
            _ => None,
        }
    }

    fn listed(&mut self, entries: &[Option<Id>], rank: usize) -> Option<Converted> {
        let zero = self.list.number(Number::ZERO);
        let mut list = Vec::with_capacity(entries.len());
        for entry in entries {
            list.push(match entry {
                Some(id) => self.full(*id).or_else(|| {
                    self.wanted.push(*id);
                    None
                })?,
                None => zero,
            });
        }
        Some(self.list_of(list, rank))
    }

    fn list_of(&mut self, list: Vec<Expression>, rank: usize) -> Converted {
        let slots: Vec<String> = (0..list.len()).map(|k| format!("{{{k}}}")).collect();
        let latex = matches!(self.form, Form::Latex | Form::MathMl);
        let template =
            if latex { format!("\\left[{}\\right]", slots.join(", ")) } else { format!("[{}]", slots.join(", ")) };
        let list = self.list.intern(Notation::Operation("list", template, list), rank);
        // A list of vectors is a matrix with these rows; they were joined as columns.
        let natural = self.list.transposed(list);
        Converted { covered: vec![true; rank], natural, transposed: list }
    }

    /// A sum of single entries at different places of a short vector, as a list.
    pub(super) fn scattered(&mut self, terms: &[&Term], rank: usize) -> Option<Converted> {
        if rank != 1 || self.list.code || terms.is_empty() {
            return None;
        }
        let mut places: Vec<Option<(Number, Id)>> = Vec::new();
        for t in terms {
            let Node::Operation(Operation::Pad(pad), args) = self.graph.node(t.node) else { return None };
            let size = pad.size.as_size().filter(|n| *n <= MAX_LIST)? as usize;
            let start = usize::try_from(pad.start).ok().filter(|k| *k < size)?;
            let entry = self.single(args[0]).filter(|_| !self.bindings.contains_key(&t.node))?;
            places.resize(size, None);
            if places[start].replace((t.coefficient.clone(), entry)).is_some() {
                return None;
            }
        }
        let zero = self.list.number(Number::ZERO);
        let mut list = Vec::with_capacity(places.len());
        for place in places {
            list.push(match place {
                Some((c, id)) => {
                    let e = self.full(id)?;
                    self.list.scaled(&c, e)
                }
                None => zero,
            });
        }
        Some(self.list_of(list, 1))
    }
}
