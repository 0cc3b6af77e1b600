//! Tensors in matrix notation, or in index notation where there is none.

mod build;
mod contraction;
mod convert;
mod index;
mod latex;
mod notation;
mod sum;
mod write;

use std::collections::HashMap;

use wrt_core::{Graph, Id};

use crate::form::Form;
use convert::Converter;
use notation::{Function, Notation};
use write::Writer;

/// A formula with the indices that are free in it, and the parts that it uses.
pub(crate) struct Text {
    pub(crate) text: String,
    /// Empty in matrix notation.
    pub(crate) indices: Vec<String>,
    pub(crate) used: Vec<Id>,
    /// Nodes that must be parts first; if there are any, the text is of no use.
    pub(crate) wanted: Vec<Id>,
}

/// The text of a node; of the node itself, if it is a part.
pub(crate) fn text(graph: &Graph, root: Id, form: Form, parts: &HashMap<Id, String>, indices: &[String]) -> Text {
    let mut converter = Converter::new(graph, form, parts, root, indices.to_vec());
    let matrix = if form == Form::Index { None } else { converter.full(root) };
    let mut names = Vec::new();
    let e = matrix.or_else(|| entry(&mut converter, root, &mut names));
    let writer = Writer { list: &converter.list, form };
    let text = e.map(|e| writer.text(e)).unwrap_or_default();
    let indices = names.iter().map(|n| writer.text(*n)).collect();
    let wanted = if e.is_some() { Vec::new() } else { std::mem::take(&mut converter.wanted) };
    Text { text, indices, used: converter.used.take(), wanted }
}

/// The entry of a node at new indices, all of which occur in it.
fn entry(
    converter: &mut Converter<'_>,
    root: Id,
    names: &mut Vec<notation::Expression>,
) -> Option<notation::Expression> {
    let dims = converter.graph.dims(root).to_vec();
    for _ in &dims {
        let fresh = converter.fresh_index(names);
        names.push(fresh);
    }
    let mut e = converter.at(root, names, &mut names.clone())?;
    for (name, dim) in names.iter().zip(dims) {
        if !converter.mentions(e, *name) {
            let size = converter.size(dim);
            let ones = converter.list.intern(Notation::Call(Function::Ones, vec![size]), 1);
            let one = converter.list.intern(Notation::Indexed(ones, vec![*name]), 0);
            e = if converter.list.is_one(e) { one } else { converter.list.elementwise(e, one) };
        }
    }
    Some(e)
}
