//! Whole numbers: what is declared as labels or integers is held against that when values arrive.

use std::collections::HashMap;

use wrt_core::{Array, Dim, Graph, Id, Node, Number, Operation, operations as op};
use wrt_language::Constraint;

use crate::document::Document;
use crate::error::{Error, ErrorKind};
use crate::evaluate::Point;

/// Beyond this, not every whole number is a double.
const EXACT: i64 = 1 << 53;

impl Document {
    /// Refuses values that are no labels, or no whole numbers, where the text says that they are.
    pub(crate) fn check_whole_numbers(&self, point: &Point) -> Result<(), Error> {
        for d in &self.parsed.declarations {
            let Some(array) = point.get(d.id) else { continue };
            let size = |name: &str| point.sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
            let (classes, said) = match &d.constraint {
                Some(Constraint::Labels(classes)) => (classes.evaluate(size), format!("in 0..{classes}")),
                Some(Constraint::Integer) => (None, "integer".to_string()),
                _ => continue,
            };
            let labels = matches!(d.constraint, Some(Constraint::Labels(_)));
            let wrong = array.data.iter().position(|x| !fits(x, labels, classes));
            if let Some(k) = wrong {
                return Err(refusal(&d.name, array, k, &said, classes));
            }
        }
        Ok(())
    }

    /// Is a name one of labels, which no nudge makes sense of?
    pub(crate) fn is_label(&self, id: Id) -> bool {
        let constraint = self.parsed.declarations.iter().find(|d| d.id == id).and_then(|d| d.constraint.as_ref());
        matches!(constraint, Some(Constraint::Labels(_) | Constraint::Integer)) || self.positions.contains_key(&id)
    }
}

/// What stands for positions of an axis, whatever is declared, with that axis.
pub(crate) fn positions(graph: &Graph) -> HashMap<Id, Dim> {
    let found = (0..graph.len()).map(Id::from_index).filter_map(|node| match graph.node(node) {
        Node::Operation(Operation::Gather(op::Gather(picked)), args) => {
            graph.dims(args[0]).iter().rev().nth(picked.inner).map(|axis| (args[1], *axis))
        }
        Node::Operation(Operation::OneHot(_), args) => graph.dims(node).last().map(|axis| (args[0], *axis)),
        _ => None,
    });
    found.collect()
}

/// Is it one of the labels, or a whole number that a double holds?
fn fits(x: &Number, labels: bool, classes: Option<u64>) -> bool {
    let Some(whole) = x.as_i64().filter(|n| (-EXACT..=EXACT).contains(n)) else { return false };
    !labels || u64::try_from(whole).is_ok_and(|n| classes.is_none_or(|k| n < k))
}

fn refusal(name: &str, array: &Array<Number>, k: usize, said: &str, classes: Option<u64>) -> Error {
    let mut rest = k;
    let mut place: Vec<String> = Vec::new();
    for size in array.shape.iter().rev() {
        place.insert(0, (rest % size.max(&1)).to_string());
        rest /= size.max(&1);
    }
    let place = if place.is_empty() { name.to_string() } else { format!("{name}[{}]", place.join(",")) };
    let value = array.data.get(k).map(|x| x.to_f64().to_string()).unwrap_or_default();
    let message = format!("`{place}` is {value}, and `{name}` is declared {said}");
    let help = match classes {
        Some(0) => "there are no labels".to_string(),
        Some(classes) => format!("labels are the whole numbers from 0 to {}", classes - 1),
        None => "whole numbers are exact up to 2^53".to_string(),
    };
    Error::new(ErrorKind::Value, message).with_help(help)
}
