//! Derivatives of a node, of any shape and kind: what sessions, expressions and models ask for alike.

use wrt_core::{Assumptions, Graph, Id, Node, NodeMap, Role, substitute};

use crate::error::{Error, ErrorKind};

/// Refuses what is no number, where only a number has such a derivative.
pub(crate) fn refuse_rank(graph: &Graph, root: Id, what: &str) -> Result<(), Error> {
    if graph.is_scalar(root) {
        return Ok(());
    }
    let shape = graph.shape_text(graph.dims(root));
    Err(Error::new(ErrorKind::Shape, format!("the formula has the shape {shape}; a {what} is of one number"))
        .with_help("ask for the jacobian, or reduce the formula: sum(…), mean(…)"))
}

/// Which nodes of a formula depend on some of them.
pub(crate) fn depending(graph: &Graph, of: Id, on: &[Id]) -> NodeMap<bool> {
    let mut depends: NodeMap<bool> = NodeMap::default();
    on.iter().for_each(|id| depends.insert(*id, true));
    for id in graph.reachable(&[of]) {
        let mut any = depends.of(id);
        graph.for_each_child(id, |c| any |= depends.of(c));
        depends.insert(id, any);
    }
    depends
}

/// Of one number: each has the shape of its variable.
pub(crate) fn gradient(graph: &mut Graph, root: Id, wrt: &[Id]) -> Result<Vec<Id>, Error> {
    refuse_rank(graph, root, "gradient")?;
    Ok(wrt_differentiate::gradient(graph, root, wrt)?)
}

/// The most axes of a derivative.
const MAX_AXES: usize = 64;

/// Of anything: the axes of the formula, then those of the variable.
pub(crate) fn jacobian(graph: &mut Graph, root: Id, wrt: &[Id]) -> Result<Vec<Id>, Error> {
    let axes = graph.rank(root) + wrt.iter().map(|x| graph.rank(*x)).max().unwrap_or(0);
    if axes > MAX_AXES {
        let message = format!("this derivative has {axes} axes, and at most {MAX_AXES} are computed");
        return Err(Error::new(ErrorKind::Limit, message));
    }
    Ok(wrt_differentiate::jacobian(graph, &[root], wrt)?.swap_remove(0))
}

/// Of one number: row i, column j holds the axes of `wrt[i]`, then those of `wrt[j]`.
pub(crate) fn hessian(graph: &mut Graph, root: Id, wrt: &[Id]) -> Result<Vec<Vec<Id>>, Error> {
    refuse_rank(graph, root, "Hessian")?;
    let apart = Apart::of(graph, root, wrt)?;
    let mut rows = wrt_differentiate::hessian(graph, apart.root, &apart.wrt)?;
    rows.iter_mut().flatten().for_each(|id| *id = apart.put_back(graph, *id));
    Ok(rows)
}

/// The change of each gradient along directions.
pub(crate) fn hvp(graph: &mut Graph, root: Id, wrt: &[Id], along: &[Id]) -> Result<Vec<Id>, Error> {
    refuse_rank(graph, root, "gradient")?;
    let apart = Apart::of(graph, root, wrt)?;
    let gradient = wrt_differentiate::gradient(graph, apart.root, &apart.wrt)?;
    let products = wrt_differentiate::jvp(graph, &gradient, &apart.wrt, along)?;
    Ok(products.into_iter().map(|id| apart.put_back(graph, id)).collect())
}

/// The change of the formula along directions.
pub(crate) fn jvp(graph: &mut Graph, root: Id, wrt: &[Id], along: &[Id]) -> Result<Id, Error> {
    Ok(wrt_differentiate::jvp(graph, &[root], wrt, along)?.swap_remove(0))
}

/// The product of weights, shaped like the formula, with its Jacobian for each variable.
pub(crate) fn vjp(graph: &mut Graph, root: Id, wrt: &[Id], weights: Id) -> Result<Vec<Id>, Error> {
    Ok(wrt_differentiate::vjp(graph, root, wrt, weights)?)
}

/// One Jacobian after the other: the axes of the formula, then those of each variable in turn.
pub(crate) fn repeated(graph: &mut Graph, root: Id, wrt: &[Id]) -> Result<Id, Error> {
    let mut distinct = wrt.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let apart = if wrt.len() > 1 { Apart::of(graph, root, &distinct)? } else { Apart::nothing(root, distinct.clone()) };
    let mut made = apart.root;
    for x in wrt {
        let x = distinct.binary_search(x).map_or(*x, |k| apart.wrt[k]);
        made = jacobian(graph, made, &[x])?[0];
    }
    Ok(apart.put_back(graph, made))
}

/// A formula in which names stand for definitions, for derivatives of higher order: the first derivative may be written
/// without the definition (of `a = x/3`, 2*a becomes 2/3*x), and then it has no other.
pub(crate) struct Apart {
    pub(crate) root: Id,
    /// What to differentiate with respect to.
    pub(crate) wrt: Vec<Id>,
    /// Each name and its definition.
    back: Vec<(Id, Id)>,
}

impl Apart {
    /// Nothing is set apart.
    pub(crate) fn nothing(root: Id, wrt: Vec<Id>) -> Apart {
        Apart { root, wrt, back: Vec::new() }
    }

    /// Names for the definitions among `wrt`.
    ///
    /// # Errors
    /// If a definition is made of others of them: what reaches the formula through it would be cut off.
    pub(crate) fn of(graph: &mut Graph, root: Id, wrt: &[Id]) -> Result<Apart, Error> {
        let is_defined = |id: &Id| !matches!(graph.node(*id), Node::Symbol(_));
        let defined: Vec<Id> = wrt.iter().copied().filter(is_defined).collect();
        for &id in &defined {
            let below = graph.reachable(&[id]);
            if wrt.iter().any(|x| *x != id && below.binary_search(x).is_ok()) {
                let message = "second derivatives by a definition and by what it is made of are not taken together";
                return Err(Error::new(ErrorKind::Name, message).with_help("ask for one at a time"));
            }
        }
        let mut pairs = Vec::with_capacity(defined.len());
        for id in defined {
            let dims = graph.dims(id).to_vec();
            let mut name = "definition".to_string();
            while graph.find_symbol(&name).is_some() {
                name.push('_');
            }
            pairs.push((id, graph.tensor_symbol(&name, Role::Variable, &dims, Assumptions::default())));
        }
        let root = substitute(graph, root, &pairs, usize::MAX).unwrap_or(root);
        let name = |id: &Id| pairs.iter().find(|(from, _)| from == id).map_or(*id, |(_, to)| *to);
        let wrt = wrt.iter().map(name).collect();
        Ok(Apart { root, wrt, back: pairs.into_iter().map(|(from, to)| (to, from)).collect() })
    }

    /// What was made of it, with the definitions in their places.
    pub(crate) fn put_back(&self, graph: &mut Graph, id: Id) -> Id {
        if self.back.is_empty() {
            return id;
        }
        substitute(graph, id, &self.back, usize::MAX).unwrap_or(id)
    }
}
