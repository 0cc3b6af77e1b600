//! The derivative of one node with respect to its children: what both modes are made of.

use wrt_core::{
    Builder, Derivative, Ex, Graph, Id, LabelsId, Node, Number, Operation, Origin, Primitive, Pullback, Term,
};

use crate::NotDifferentiable;

/// A node, taken out of its graph so that the graph can grow.
pub(crate) enum Local {
    Leaf,
    Sum(Vec<Term>),
    Product(Vec<Id>),
    Contraction(Vec<Id>, LabelsId),
    Map(Primitive, [Id; 3]),
    Operation(Operation, Vec<Id>),
}

impl Local {
    pub(crate) fn of(g: &Graph, id: Id, active: &dyn Fn(Id) -> bool) -> Local {
        match g.node(id) {
            Node::Sum(terms) => Local::Sum(terms.iter().filter(|t| active(t.node)).cloned().collect()),
            Node::Contraction(factors, LabelsId::SCALAR) => Local::Product(factors.to_vec()),
            Node::Contraction(factors, labels) => Local::Contraction(factors.to_vec(), labels),
            Node::Map(p, args) => Local::Map(p, std::array::from_fn(|k| *args.get(k).unwrap_or(&id))),
            Node::Operation(operation, args) => Local::Operation(operation.clone(), args.to_vec()),
            Node::Number(_) | Node::Constant(_) | Node::Symbol(_) => Local::Leaf,
        }
    }
}

/// The elementwise partial derivatives of a sum, a product of scalars or a primitive: (child, ∂node/∂child), a child
/// once for each place where it stands. What is made for a child comes from `origin` of it.
pub(crate) fn partials<'b>(
    b: &'b Builder,
    id: Id,
    local: &Local,
    active: &dyn Fn(Id) -> bool,
    origin: &dyn Fn(Id) -> Origin,
) -> Result<Vec<(Id, Ex<'b>)>, NotDifferentiable> {
    let from = b.with(|g| g.len());
    let found = match local {
        Local::Sum(terms) => terms.iter().map(|t| (t.node, b.number(t.coefficient.clone()))).collect(),
        Local::Product(factors) => product_partials(b, factors, active),
        Local::Map(primitive, args) => map_partials(b, id, *primitive, args, active, origin)?,
        Local::Leaf | Local::Contraction(..) | Local::Operation(..) => Vec::new(),
    };
    // What children share is made for the first one.
    if let Some((first, _)) = found.first() {
        b.with(|g| g.attribute(from, origin(*first)));
    }
    Ok(found)
}

/// The partial derivatives of a primitive, as its row gives them.
fn map_partials<'b>(
    b: &'b Builder,
    id: Id,
    primitive: Primitive,
    args: &[Id; 3],
    active: &dyn Fn(Id) -> bool,
    origin: &dyn Fn(Id) -> Origin,
) -> Result<Vec<(Id, Ex<'b>)>, NotDifferentiable> {
    let arity = primitive.arity();
    let handles: [Ex<'b>; 3] = std::array::from_fn(|k| b.at(args[k]));
    let mut found = Vec::with_capacity(arity);
    for k in (0..arity).filter(|&k| active(args[k])) {
        match primitive.row().derivative[k] {
            Derivative::Partial(partial) => {
                let from = b.with(|g| g.len());
                found.push((args[k], partial(&handles[..arity], b.at(id))));
                b.with(|g| g.attribute(from, origin(args[k])));
            }
            Derivative::Zero(_) => {}
            Derivative::Undefined(reason) => {
                return Err(NotDifferentiable { name: primitive.name(), argument: k, reason });
            }
        }
    }
    Ok(found)
}

/// ∂(a·b·c·…)/∂a and so on, from shared prefixes and suffixes: three products a factor, not n.
fn product_partials<'b>(b: &'b Builder, factors: &[Id], active: &dyn Fn(Id) -> bool) -> Vec<(Id, Ex<'b>)> {
    if let [x, y] = *factors {
        let both = [(x, b.at(y)), (y, b.at(x))];
        return both.into_iter().filter(|(c, _)| active(*c)).collect();
    }
    let one = || b.number(Number::ONE);
    let mut suffixes = vec![one(); factors.len() + 1];
    for k in (0..factors.len()).rev() {
        suffixes[k] = b.at(factors[k]) * suffixes[k + 1];
    }
    let mut prefix = one();
    let mut found = Vec::with_capacity(factors.len());
    for (k, &factor) in factors.iter().enumerate() {
        if active(factor) {
            found.push((factor, prefix * suffixes[k + 1]));
        }
        prefix = prefix * b.at(factor);
    }
    found
}

/// A contraction with the factor at `place` replaced, where what replaces it has `seed` further leading axes.
///
/// With `transposed`, what replaces the factor has the axes of the result, and the result has those of the factor: the
/// derivative of a contraction with respect to a factor is the contraction of the others (Laue, Mitterreiter, Giesen,
/// "A Simple and Efficient Tensor Calculus", AAAI 2020).
pub(crate) fn replaced<'b>(
    b: &'b Builder,
    factors: &[Id],
    labels: LabelsId,
    place: usize,
    by: Ex<'b>,
    seed: usize,
    transposed: bool,
) -> Ex<'b> {
    let id = b.with(|g| {
        let spec = g.labels(labels).clone();
        let mut dims = spec.dims.clone();
        let first = dims.len() as u8;
        dims.extend_from_slice(&g.dims(by.id())[..seed]);
        let seeds: Vec<u8> = (0..seed as u8).map(|k| first + k).collect();
        let (inner, outer) =
            if transposed { (&spec.output, &spec.factors[place]) } else { (&spec.factors[place], &spec.output) };
        let mut own: Vec<Vec<u8>> = spec.factors.clone();
        own[place] = [&seeds[..], inner].concat();
        let mut ids = factors.to_vec();
        ids[place] = by.id();
        let output = [&seeds[..], outer].concat();
        let lists: Vec<&[u8]> = own.iter().map(Vec::as_slice).collect();
        g.einsum(&ids, &lists, &output, &dims)
    });
    b.at(id)
}

/// The part of an argument's derivative that comes through an operation that is no scan.
pub(crate) fn pulled<'b>(
    b: &'b Builder,
    operation: &Operation,
    args: &[Id],
    argument: usize,
    value: Id,
    adjoint: Ex<'b>,
) -> Result<Option<Ex<'b>>, NotDifferentiable> {
    let handles: Vec<Ex<'b>> = args.iter().map(|a| b.at(*a)).collect();
    let at = Pullback { args: &handles, value: b.at(value), adjoint };
    let name = operation.name();
    operation.pullback(argument, &at).map_err(|reason| NotDifferentiable { name, argument, reason })
}

/// Sums over the axes that `part` has between the seed's and those of `child`, over which the child was broadcast.
pub(crate) fn unbroadcast<'b>(b: &'b Builder, part: Ex<'b>, seed: usize, child: Id) -> Ex<'b> {
    let id = b.with(|g| {
        let wanted = seed + g.rank(child);
        let found = g.rank(part.id());
        if found <= wanted {
            return part.id();
        }
        let axes: Vec<usize> = (seed..seed + found - wanted).collect();
        g.sum_over(part.id(), &axes)
    });
    b.at(id)
}
