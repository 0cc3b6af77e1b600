//! Copying an expression from one graph into another, where a name means the same.

use wrt_core::{Copier, Dimension, Graph, Id, Node, Role};
use wrt_language::{Axis, Value};

use crate::error::{Error, ErrorKind};
use crate::session::Session;

/// What `value` is in another session, and what the node `shown` is; the cost is linear in the nodes below them.
///
/// # Errors
/// If a name has another shape there, or is a number here and a dimension or a definition there.
pub(crate) fn import(into: &mut Session, from: &Session, value: &Value, shown: Id) -> Result<(Value, Id), Error> {
    let graph = from.graph();
    for id in graph.free_symbols(&[value.id, shown]) {
        meets(into, graph, id)?;
    }
    let (mut copier, before) = (Copier::default(), into.graph().len());
    let (id, shown) = (copier.copy(into.graph_mut(), graph, value.id), copier.copy(into.graph_mut(), graph, shown));
    // A node that was there before stays as it was; others keep their names, where these are free.
    let mut defined: Vec<(Id, &str)> = from.document.defined().map(|(name, id)| (id, name)).collect();
    defined.sort_unstable();
    for (old, name) in defined {
        if copier.image(old).is_some()
            && into.document.definition(name).is_none()
            && into.graph().find_symbol(name).is_some()
        {
            return Err(two_meanings(name));
        }
        let image = copier.image(old).filter(|id| id.index() >= before);
        if let Some(id) = image.filter(|_| into.document.unused(name) == name) {
            let written = from.document.parsed.definitions.iter().find(|d| d.id == old && d.name == name);
            into.document.define(name, id, written.cloned());
        }
    }
    let mut axis = |axis: &Axis| match axis {
        Axis::Dim(d) => Axis::Dim(into.graph_mut().dim(graph.dimension(*d).clone())),
        Axis::Stretch => Axis::Stretch,
    };
    let axes = value.axes.iter().map(&mut axis).collect();
    Ok((Value { id, free: Vec::new(), axes }, shown))
}

fn two_meanings(name: &str) -> Error {
    let message = format!("`{name}` is a definition in one expression and a free name in the other");
    Error::new(ErrorKind::Name, message).with_help("give them different names")
}

/// Does a name of `from` mean the same in `into`, if it occurs?
fn meets(session: &Session, from: &Graph, id: Id) -> Result<(), Error> {
    let Node::Symbol(symbol) = from.node(id) else { return Ok(()) };
    let (into, dims) = (session.graph(), from.dims(id));
    if session.document.definition(&symbol.name).is_some() {
        return Err(two_meanings(&symbol.name));
    }
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
