//! Factors that switch a product off: `where(c, x, 0) * y` is `where(c, x*y, 0)`, also where `y` is infinite.
//!
//! The derivative of a branch is such a product, and the branch not taken must not make 0·∞ of it.

use wrt_core::{Graph, Id, Node, Primitive, Real};

/// For each node in order that is switched, whether it is on (1) or off (0).
pub(crate) struct Gates<N> {
    /// Sorted by node, since nodes come in order.
    known: Vec<(Id, N)>,
}

impl<N: Real> Gates<N> {
    /// None where there is nothing to switch.
    pub fn new(graph: &Graph, order: &[Id]) -> Option<Gates<N>> {
        let switches = |id: &Id| matches!(graph.node(*id), Node::Map(Primitive::Select | Primitive::Heaviside, _));
        order.iter().any(switches).then_some(Gates { known: Vec::new() })
    }

    fn find(&self, id: Id) -> Option<&N> {
        let at = self.known.binary_search_by_key(&id, |(k, _)| *k).ok()?;
        Some(&self.known[at].1)
    }

    /// The node's value as its switch has it; the switch is remembered for the products above.
    pub fn pass<'v>(&mut self, graph: &Graph, id: Id, value: N, get: impl Fn(Id) -> &'v N) -> N
    where
        N: 'v,
    {
        let zero = value.ratio(0, 1);
        match graph.node(id) {
            Node::Map(Primitive::Select, &[c, a, b]) => {
                if graph.is_zero(b) {
                    self.known.push((id, get(c).clone()));
                } else if graph.is_zero(a) {
                    self.known.push((id, N::select(get(c).clone(), zero, value.one())));
                }
                value
            }
            Node::Map(Primitive::Heaviside, &[x, at_zero]) => {
                let x = get(x).clone();
                let off = if graph.is_zero(at_zero) { x.less_equal(zero.clone()) } else { x.less(zero.clone()) };
                self.known.push((id, N::select(off, zero, value.one())));
                value
            }
            Node::Contraction(factors, _) => {
                let gates = factors.iter().filter_map(|f| self.find(*f).cloned());
                let Some(gate) = gates.reduce(|a, b| N::select(a, b, zero.clone())) else { return value };
                self.known.push((id, gate.clone()));
                N::select(gate, value, zero)
            }
            Node::Sum([term]) => {
                if let Some(gate) = self.find(term.node).cloned() {
                    self.known.push((id, gate.clone()));
                    return N::select(gate, value, zero);
                }
                value
            }
            _ => value,
        }
    }
}
