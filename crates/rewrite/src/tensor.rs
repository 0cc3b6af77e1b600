//! Simplification of tensors.

use wrt_core::{Graph, Id};

use crate::Simplified;

pub(crate) fn simplify(_: &mut Graph, root: Id, _: usize) -> Simplified {
    Simplified { id: root, notes: Vec::new() }
}
