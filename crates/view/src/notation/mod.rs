//! From nodes to text: numbers as the graph has them, arrays in matrix notation, or in index notation where there is none.

mod build;
mod contraction;
mod convert;
mod elementwise;
mod index;
mod labels;
mod latex;
mod list;
mod loops;
mod numbers;
mod operation;
mod product;
mod recursion;
mod scan;
mod stacked;
mod sum;
mod tree;
mod write;

use std::collections::HashMap;

use wrt_core::{Graph, Id};

use crate::bindings::Own;
use crate::form::Form;
use convert::Converter;
pub(crate) use recursion::{name_of_result, names_for_recursions};
pub(crate) use scan::{Functions, names_of_functions};
use tree::Notation;
use write::Writer;

/// A formula with the indices that are free in it, and the bound nodes that it uses.
pub(crate) struct Text {
    pub(crate) text: String,
    /// Empty in matrix notation.
    pub(crate) indices: Vec<String>,
    pub(crate) used: Vec<Id>,
    /// Nodes that must be bound first; if there are any, the text is of no use.
    pub(crate) wanted: Vec<Id>,
    /// The functions of the person's that it goes through, and other lines that must stand before it.
    pub(crate) functions: Vec<Function>,
    /// The head of the line that defines the node already, where that is not this text.
    pub(crate) defined_by: Option<String>,
    /// An operation that has no notation in this form, or a sentence that says why there is none.
    pub(crate) missing: Option<&'static str>,
}

impl Text {
    /// A bound node by its name.
    pub(crate) fn name(name: String, id: Id) -> Text {
        let (indices, wanted, functions, defined_by) = (Vec::new(), Vec::new(), Vec::new(), None);
        Text { text: name, indices, used: vec![id], wanted, functions, defined_by, missing: None }
    }
}

/// A line that binds no node: a function of the person's, `step(s, x)`, or another name of something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Function {
    pub(crate) head: String,
    pub(crate) body: String,
    /// What it names: bound nodes, and the heads of other functions.
    pub(crate) names: Vec<String>,
}

/// What is missing where a form has no arrays.
pub(crate) const TENSORS: &str = "tensors";

/// So many pieces (names, numbers and operators) are written for any formula, and [`PIECES_EACH`] for each part of it.
const ANY_PIECES: u32 = 1 << 15;
const PIECES_EACH: usize = 16;

/// The text of a node; of the node itself, if it is bound. The nodes that are a person's own stay as they are.
pub(crate) fn text(
    graph: &Graph,
    root: Id,
    form: Form,
    bindings: &HashMap<Id, String>,
    functions: &Functions,
    indices: &[String],
    own: Own,
) -> Text {
    let mut converter = Converter::new(graph, form, bindings, functions, root, indices.to_vec(), own);
    let matrix = if form == Form::Index { None } else { converter.full(root) };
    let mut names = Vec::new();
    let e = matrix.or_else(|| entry(&mut converter, root, &mut names));
    let written = |name: &str| functions.in_formula(form, name, graph, bindings);
    let writer = Writer::new(&converter.list, form, &written);
    let text = e.map(|e| writer.alone(e)).unwrap_or_default();
    // Shared subexpressions would be written again and again.
    let too_long = writer.left.get() == 0;
    let indices = names.iter().map(|n| writer.text(*n)).collect();
    let wanted = if e.is_some() { Vec::new() } else { std::mem::take(&mut converter.wanted) };
    let missing = converter.missing.filter(|_| e.is_none());
    let missing = if too_long { Some("a formula of this length") } else { writer.missing.get().or(missing) };
    let functions = std::mem::take(&mut converter.lines);
    let defined_by = converter.defining_recursion(root);
    Text { text, indices, functions, defined_by, used: converter.used.take(), wanted, missing }
}

/// The entry of a node at new indices, all of which occur in it.
fn entry(converter: &mut Converter<'_>, root: Id, names: &mut Vec<tree::Expression>) -> Option<tree::Expression> {
    let dims = converter.graph.dims(root).to_vec();
    for _ in &dims {
        let fresh = converter.fresh_index(names);
        names.push(fresh);
    }
    let mut e = converter.at(root, names, &mut names.clone())?;
    for (name, dim) in names.iter().zip(dims) {
        if !converter.mentions(e, *name) {
            let size = converter.size(dim);
            let ones = converter.list.intern(Notation::Call(tree::Function::Ones, vec![size]), 1);
            let one = converter.list.intern(Notation::Indexed(ones, vec![*name]), 0);
            e = if converter.list.is_one(e) { one } else { converter.list.elementwise(e, one) };
        }
    }
    Some(e)
}
