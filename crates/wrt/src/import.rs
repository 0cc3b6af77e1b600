//! Copying an expression from one graph into another.

use wrt_core::{Copier, Graph, Id};

/// The node of `into` that means what `root` means in `from`; the cost is linear in the nodes below `root`.
pub(crate) fn import(into: &mut Graph, from: &Graph, root: Id) -> Id {
    Copier::default().copy(into, from, root)
}
