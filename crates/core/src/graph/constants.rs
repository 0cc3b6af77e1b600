//! What formulas of numbers are worth.

use super::{Constant, Graph, Id, Node};
use crate::nodes::NodeMap;

/// Larger formulas of numbers are taken to have a value.
const FEW: usize = 64;

impl Graph {
    /// Is it a formula of numbers, each entry the same one, that has no finite value?
    ///
    /// ```
    /// use wrt_core::{Graph, Primitive};
    /// let mut g = Graph::new();
    /// let zero = g.integer(0);
    /// let (x, log) = (g.symbol("x"), g.map(Primitive::Log, &[zero]));
    /// let of_name = g.map(Primitive::Log, &[x]);
    /// assert!(g.is_number_without_value(log));
    /// assert!(!g.is_number_without_value(zero) && !g.is_number_without_value(of_name));
    /// ```
    pub fn is_number_without_value(&self, id: Id) -> bool {
        let Some(order) = self.reachable_within(&[id], FEW) else { return false };
        let mut values: NodeMap<f64> = NodeMap::default();
        for id in order {
            let value = match self.node(id) {
                Node::Number(n) => n.to_f64(),
                Node::Constant(Constant::Pi) => std::f64::consts::PI,
                Node::Constant(Constant::E) => std::f64::consts::E,
                Node::Sum(terms) => terms.iter().map(|t| t.coefficient.to_f64() * values.of(t.node)).sum(),
                Node::Contraction(factors, labels) => {
                    let labels = self.labels(labels);
                    if (0..labels.dims.len() as u8).any(|label| labels.is_summed(label)) {
                        return false;
                    }
                    factors.iter().map(|factor| values.of(*factor)).product()
                }
                Node::Map(primitive, args) => {
                    primitive.evaluate(&args.iter().map(|arg| values.of(*arg)).collect::<Vec<f64>>())
                }
                Node::Symbol(_) | Node::Operation(..) => return false,
            };
            if !value.is_finite() {
                return true;
            }
            values.insert(id, value);
        }
        false
    }
}
