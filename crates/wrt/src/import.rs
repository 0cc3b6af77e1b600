//! Copying an expression from one graph into another, where a name means the same.

use wrt_core::{Copier, Dimension, Graph, Id, Node, Role};

use crate::error::{Error, ErrorKind};

/// The node of `into` that means what `root` means in `from`; the cost is linear in the nodes below `root`.
///
/// # Errors
/// If a name has another shape there, or is a number here and a dimension there.
pub(crate) fn import(into: &mut Graph, from: &Graph, root: Id) -> Result<Id, Error> {
    for id in from.free_symbols(&[root]) {
        meets(into, from, id)?;
    }
    Ok(Copier::default().copy(into, from, root))
}

/// Does a name of `from` mean the same in `into`, if it occurs?
fn meets(into: &Graph, from: &Graph, id: Id) -> Result<(), Error> {
    let Node::Symbol(symbol) = from.node(id) else { return Ok(()) };
    let dims = from.dims(id);
    let in_both = |name: &str| {
        let message = format!("`{name}` is a number in one expression and the size of a dimension in the other");
        Error::new(ErrorKind::Name, message).with_help(format!("write size(\"{name}\") for the size as a number"))
    };
    let is_size = |role: Role| role == Role::Dimension;
    let found = into.find_symbol(&symbol.name);
    if let Some((there, Node::Symbol(other))) = found.map(|there| (there, into.node(there))) {
        if is_size(symbol.role) != is_size(other.role) {
            return Err(in_both(&symbol.name));
        }
        let own = dims.iter().map(|d| from.dimension(*d));
        if !own.eq(into.dims(there).iter().map(|d| into.dimension(*d))) {
            let shapes = (into.shape_text(into.dims(there)), from.shape_text(dims));
            let message =
                format!("`{}` has the shape {} in one expression and {} in the other", symbol.name, shapes.0, shapes.1);
            return Err(Error::new(ErrorKind::Shape, message).with_help("give them different names"));
        }
    }
    if !is_size(symbol.role) && into.has_dimension(&Dimension::name(&symbol.name)) {
        return Err(in_both(&symbol.name));
    }
    let names = dims.iter().flat_map(|d| from.dimension(*d).terms()).flat_map(|(names, _)| names);
    for name in names {
        let there = into.find_symbol(name).map(|id| into.node(id));
        if matches!(there, Some(Node::Symbol(s)) if !is_size(s.role)) {
            return Err(in_both(name));
        }
    }
    Ok(())
}
