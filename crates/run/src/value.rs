//! Values while they are computed: a number stands for itself, an array is shared.

use std::rc::Rc;

use wrt_core::{Array, Real};

use crate::error::EvaluationError;

/// The most entries of an array.
pub const MAX_ENTRIES: usize = 1 << 26;

/// A tensor's value. Rank 0 is inline: most formulas have numbers only, and these need no memory of their own.
#[derive(Clone, Debug)]
pub(crate) enum Value<N> {
    Number(N),
    /// Of rank 1 or more.
    Array(Rc<Array<N>>),
}

impl<N: Real> Value<N> {
    pub fn shape(&self) -> &[usize] {
        match self {
            Value::Number(_) => &[],
            Value::Array(a) => &a.shape,
        }
    }

    pub fn entries(&self) -> &[N] {
        match self {
            Value::Number(n) => std::slice::from_ref(n),
            Value::Array(a) => &a.data,
        }
    }

    /// The entry at a place; a number stands for all entries.
    pub fn entry(&self, k: usize) -> &N {
        match self {
            Value::Number(n) => n,
            Value::Array(a) => &a.data[k],
        }
    }

    /// As an array, shared where it is one.
    pub fn array(&self) -> Rc<Array<N>> {
        match self {
            Value::Number(n) => Rc::new(Array::scalar(n.clone())),
            Value::Array(a) => Rc::clone(a),
        }
    }

    pub fn into_array(self) -> Array<N> {
        match self {
            Value::Number(n) => Array::scalar(n),
            Value::Array(a) => Rc::try_unwrap(a).unwrap_or_else(|a| (*a).clone()),
        }
    }
}

impl<N: Real> From<Array<N>> for Value<N> {
    fn from(array: Array<N>) -> Value<N> {
        Value::from(Rc::new(array))
    }
}

impl<N: Real> From<Rc<Array<N>>> for Value<N> {
    fn from(array: Rc<Array<N>>) -> Value<N> {
        match (&array.shape[..], &array.data[..]) {
            ([], [n]) => Value::Number(n.clone()),
            _ => Value::Array(array),
        }
    }
}

/// What one entry takes; numbers that own memory have it elsewhere too.
pub(crate) const fn entry_bytes<N>() -> usize {
    let own = size_of::<N>();
    if own <= 16 { own } else { own + 64 }
}

/// The number of entries, if it is not too large.
pub(crate) fn entries(shape: &[usize]) -> Result<usize, EvaluationError> {
    let count = shape.iter().try_fold(1usize, |a, b| a.checked_mul(*b)).filter(|n| *n <= MAX_ENTRIES);
    count.ok_or_else(|| {
        EvaluationError::TooLarge(format!("an array of shape {shape:?} is too large: at most {MAX_ENTRIES} entries"))
    })
}
