//! Values: what is computed, each once, whatever node wanted it.

use std::collections::HashMap;

use wrt_core::{Id, Number, Operation};

use crate::access::{Access, row_major};
use crate::program::{Constant, FoldKind, Op, PickWay};
use crate::scan::PlannedScan;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct ValueId(pub usize);

/// How a value is made.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Value {
    /// The value of a symbol.
    Input(Id),
    Constant(Constant),
    /// 0, 1, … along one axis.
    Positions(usize),
    /// Entry by entry; each argument is read along the value's axes.
    Entrywise(Op, Vec<Access>),
    /// `a` with axes batch, m, k and `b` with axes batch, k, n: batch, m, n.
    Product {
        a: Access,
        b: Access,
        batch: Vec<usize>,
        m: Vec<usize>,
        n: Vec<usize>,
        k: Vec<usize>,
    },
    /// The axes that stay, then those that are folded.
    Fold {
        kind: FoldKind,
        from: Access,
        folded: Vec<usize>,
    },
    /// At labels (see `PickStep`).
    Pick {
        way: PickWay,
        of: ValueId,
        labels: ValueId,
        positions: usize,
        each: usize,
        blocks: usize,
        inner: usize,
    },
    /// Zeros with pieces along an axis: each with how many entries it has there, the first place and their distance.
    Assembled(Vec<(Access, [usize; 3])>, usize),
    /// By its row, of arguments that lie in these shapes.
    Call(Operation, Vec<(ValueId, Vec<usize>)>),
    /// All results of a scan, one behind the other: which, and of what.
    Scan(usize, Vec<ValueId>),
}

#[derive(Default)]
pub(crate) struct Values {
    pub all: Vec<(Value, Vec<usize>)>,
    pub scans: Vec<PlannedScan>,
    /// The first node whose value each is.
    pub nodes: HashMap<ValueId, Id>,
    known: HashMap<(Value, Vec<usize>), ValueId>,
}

impl Values {
    pub(crate) fn make(&mut self, value: Value, shape: &[usize]) -> ValueId {
        let key = (value, shape.to_vec());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let id = ValueId(self.all.len());
        self.all.push(key.clone());
        self.known.insert(key, id);
        id
    }

    pub(crate) fn value(&self, id: ValueId) -> &Value {
        &self.all[id.0].0
    }

    pub(crate) fn shape(&self, id: ValueId) -> &[usize] {
        &self.all[id.0].1
    }

    /// The value as it lies.
    pub(crate) fn whole(&self, base: ValueId) -> Access {
        Access { base, offset: 0, strides: row_major(self.shape(base)) }
    }

    pub(crate) fn constant(&mut self, constant: Constant) -> Access {
        let base = self.make(Value::Constant(constant), &[]);
        Access { base, offset: 0, strides: Vec::new() }
    }

    /// Has it memory of its own, from which any step can read it? Loops alone read numbers and positions without.
    pub(crate) fn has_memory(&self, id: ValueId) -> bool {
        !matches!(self.value(id), Value::Constant(_) | Value::Positions(_))
    }

    /// What is read along these axes by another step than a loop: a copy of what has no memory.
    pub(crate) fn in_memory(&mut self, access: Access, shape: &[usize]) -> Access {
        if self.has_memory(access.base) { access } else { self.entrywise(Op::Copy, vec![access], shape) }
    }

    /// A fold over the last axes of what is read along those that stay, and then along these.
    pub(crate) fn fold(&mut self, kind: FoldKind, from: Access, kept: &[usize], folded: &[usize]) -> Access {
        let from = self.in_memory(from, &[kept, folded].concat());
        let base = self.make(Value::Fold { kind, from, folded: folded.to_vec() }, kept);
        self.whole(base)
    }

    pub(crate) fn entrywise(&mut self, op: Op, args: Vec<Access>, shape: &[usize]) -> Access {
        if let Some(folded) = self.folded(op, &args) {
            let base = self.make(Value::Constant(Constant::Exact(folded)), &[]);
            return Access { base, offset: 0, strides: vec![0; shape.len()] };
        }
        if let Some(same) = self.unchanged(op, &args) {
            return same;
        }
        if let Some(args) = self.turned(op, &args, shape) {
            return self.entrywise(op, args, shape);
        }
        let base = self.make(Value::Entrywise(op, args), shape);
        self.whole(base)
    }

    /// A known number times what has a minus, without it: the minus goes to the number, and no digit changes. A rational 0
    /// has no sign to take it.
    fn turned(&mut self, op: Op, args: &[Access], shape: &[usize]) -> Option<Vec<Access>> {
        let known = |a: &Access| match self.value(a.base) {
            Value::Constant(Constant::Exact(n)) if !n.is_zero() => Some(-n),
            _ => None,
        };
        let bare = |a: &Access| match self.value(a.base) {
            Value::Entrywise(Op::Neg, of) if *a == self.whole(a.base) && self.shape(a.base) == shape => {
                Some(of[0].clone())
            }
            _ => None,
        };
        let (n, x, first) = match (op, args) {
            (Op::Mul, [n, x]) => {
                known(n).zip(bare(x)).map(|(n, x)| (n, x, true)).or_else(|| Some((known(x)?, bare(n)?, false)))?
            }
            (Op::Div, [x, n]) => (known(n)?, bare(x)?, false),
            _ => return None,
        };
        let n = Access { strides: vec![0; shape.len()], ..self.constant(Constant::Exact(n)) };
        Some(if first { vec![n, x] } else { vec![x, n] })
    }

    /// What is multiplied with 1, or divided by it.
    fn unchanged(&self, op: Op, args: &[Access]) -> Option<Access> {
        let is_one = |a: &Access| matches!(self.value(a.base), Value::Constant(Constant::Exact(n)) if n.is_one());
        match (op, args) {
            (Op::Mul, [one, x]) if is_one(one) => Some(x.clone()),
            (Op::Mul | Op::Div, [x, one]) if is_one(one) => Some(x.clone()),
            _ => None,
        }
    }

    /// Arithmetic of known numbers, exactly.
    fn folded(&self, op: Op, args: &[Access]) -> Option<Number> {
        let exact = |a: &Access| match self.value(a.base) {
            Value::Constant(Constant::Exact(n)) if n.as_small().is_some() => Some(n),
            _ => None,
        };
        let known: Vec<&Number> = args.iter().map(exact).collect::<Option<_>>()?;
        match (op, &known[..]) {
            (Op::Neg, [x]) => Some(-*x),
            (Op::Add, [x, y]) => Some(*x + *y),
            (Op::Sub, [x, y]) => Some(*x - *y),
            (Op::Mul, [x, y]) => Some(*x * *y),
            (Op::Div, [x, y]) => y.recip().map(|y| *x * &y),
            _ => None,
        }
    }

    /// All that a value is computed from directly.
    pub(crate) fn operands(&self, id: ValueId) -> Vec<ValueId> {
        match self.value(id) {
            Value::Input(_) | Value::Constant(_) | Value::Positions(_) => Vec::new(),
            Value::Entrywise(_, args) => args.iter().map(|a| a.base).collect(),
            Value::Product { a, b, .. } => vec![a.base, b.base],
            Value::Fold { from, .. } => vec![from.base],
            Value::Pick { of, labels, .. } => vec![*of, *labels],
            Value::Assembled(pieces, _) => pieces.iter().map(|(a, _)| a.base).collect(),
            Value::Call(_, args) => args.iter().map(|(a, _)| *a).collect(),
            Value::Scan(_, args) => args.clone(),
        }
    }
}
