//! Merged axes in the notation of Magnus and Neudecker: Kronecker products, and columns below each other.

use wrt_core::{Id, Node, Operation};

use super::convert::{Converted, Converter};
use super::tree::{Expression, Function, Notation};
use crate::form::Form;

impl Converter<'_> {
    /// `A[i,k]*B[j,l]` with the axes `i, j` and `k, l` merged is `kron(A, B)`; the outer option is none for anything else.
    pub(super) fn kronecker(&mut self, operation: &Operation, args: &[Id]) -> Option<Option<Converted>> {
        let (Operation::Reshape(reshape), &[arg]) = (operation, args) else { return None };
        let Node::Contraction(factors, labels) = self.graph.node(arg) else { return None };
        let labels = self.graph.labels(labels);
        let (&[i, j, k, l], [rows, _]) = (&labels.output[..], &reshape.to[..]) else { return None };
        let size = |label: u8| labels.dims.get(usize::from(label)).map(|d| self.graph.dimension(*d));
        if reshape.axes != 4 || self.bindings.contains_key(&arg) || *rows != size(i)?.mul(size(j)?) {
            return None;
        }
        // Each factor belongs to one of the pairs; a pair without a factor is an identity.
        let pairs = [(i, k), (j, l)];
        let mut found: [Option<(Id, bool)>; 2] = [None, None];
        for (factor, own) in factors.iter().zip(&labels.factors) {
            let place = pairs.iter().position(|(a, b)| a != b && (own[..] == [*a, *b] || own[..] == [*b, *a]))?;
            if found[place].replace((*factor, own[0] == pairs[place].1)).is_some() {
                return None;
            }
        }
        if i == j || i == l || k == j || k == l {
            return None;
        }
        let dims = labels.dims.clone();
        let mut both = Vec::with_capacity(2);
        for ((a, b), found) in pairs.into_iter().zip(found) {
            both.push(match found {
                Some((factor, turned)) => {
                    let own = self.convert(factor);
                    let Some((straight, other)) = own.and_then(|own| self.filled(&own, factor)) else {
                        self.wanted.push(factor);
                        return Some(None);
                    };
                    if turned { (other, straight) } else { (straight, other) }
                }
                None if a == b => {
                    let size = self.size(*dims.get(usize::from(a))?);
                    let eye = self.list.intern(Notation::Call(Function::Eye, vec![size]), 2);
                    (eye, eye)
                }
                None => return None,
            });
        }
        let (natural, transposed) = (self.kron(both[0].0, both[1].0), self.kron(both[0].1, both[1].1));
        Some(Some(Converted { covered: vec![true; 2], natural, transposed }))
    }

    fn kron(&mut self, a: Expression, b: Expression) -> Expression {
        let template = match self.form {
            Form::Latex | Form::MathMl => "\\left([0] \\otimes [1]\\right)",
            Form::NumPy => "np.kron({0}, {1})",
            Form::Jax => "jnp.kron({0}, {1})",
            _ => "kron({0}, {1})",
        };
        self.list.intern(Notation::Operation("kron", template.to_string(), vec![a, b]), 2)
    }

    /// The rows of a transpose, one behind the other, are the columns of the matrix; where that is shorter.
    pub(super) fn stacked(&mut self, operation: &Operation, args: &[Id]) -> Option<Option<Converted>> {
        let (Operation::Reshape(reshape), &[arg]) = (operation, args) else { return None };
        if self.list.code || reshape.axes != 2 || reshape.to.len() != 1 || self.graph.rank(arg) != 2 {
            return None;
        }
        let own = self.convert(arg);
        let (straight, turned) = own.and_then(|own| self.filled(&own, arg))?;
        if self.list.cost(turned) >= self.list.cost(straight) {
            return None;
        }
        let template = match self.form {
            Form::Latex | Form::MathMl => "\\mathrm{{vec}}\\left({0}\\right)",
            _ => "vec({0})",
        };
        let vector = self.list.intern(Notation::Operation("vec", template.to_string(), vec![turned]), 1);
        Some(Some(self.all(vector, 1)))
    }
}
