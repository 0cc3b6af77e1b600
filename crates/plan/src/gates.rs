//! Factors that switch a product off: `where(c, x, 0) * y` is `where(c, x*y, 0)`, also where `y` is infinite.

use wrt_core::{Id, Number, Primitive};

use crate::access::Access;
use crate::lower::{Lowering, Refusal};

impl Lowering<'_> {
    /// The gate that a primitive makes, if it makes one.
    pub(crate) fn note_gate(
        &mut self,
        id: Id,
        primitive: Primitive,
        args: &[Id],
        own: &[Access],
        shape: &[usize],
    ) -> Result<(), Refusal> {
        let is_zero = |k: usize| args.get(k).is_some_and(|a| self.graph.is_zero(*a));
        let gate = match (primitive, own) {
            (Primitive::Select, [c, _, _]) if is_zero(2) => c.clone(),
            (Primitive::Select, [c, _, _]) if is_zero(1) => {
                let (zero, one) = (self.number(Number::ZERO, shape), self.number(Number::ONE, shape));
                self.apply(Primitive::Select, vec![c.clone(), zero, one], shape)
            }
            (Primitive::Heaviside, [x, _]) => {
                let zero = self.number(Number::ZERO, shape);
                let off = if is_zero(1) { Primitive::Le } else { Primitive::Lt };
                let off = self.apply(off, vec![x.clone(), zero.clone()], shape);
                let one = self.number(Number::ONE, shape);
                self.apply(Primitive::Select, vec![off, zero, one], shape)
            }
            _ => return Ok(()),
        };
        self.gates.insert(id, gate);
        Ok(())
    }

    /// On where both are.
    pub(crate) fn both(&mut self, a: Option<Access>, b: Option<Access>, shape: &[usize]) -> Option<Access> {
        match (a, b) {
            (Some(a), Some(b)) => {
                let zero = self.number(Number::ZERO, shape);
                Some(self.apply(Primitive::Select, vec![a, b, zero], shape))
            }
            (a, b) => a.or(b),
        }
    }

    /// The value where the gate is on, else 0.
    pub(crate) fn gated(&mut self, value: Access, gate: &Option<Access>, shape: &[usize]) -> Access {
        match gate {
            Some(gate) => {
                let zero = self.number(Number::ZERO, shape);
                self.apply(Primitive::Select, vec![gate.clone(), value, zero], shape)
            }
            None => value,
        }
    }
}
