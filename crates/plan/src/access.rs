//! How a value is read: by a stride for each axis of who reads it.

use crate::values::ValueId;

/// Entries of a value that lies entry behind entry, by strides.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Access {
    pub base: ValueId,
    pub offset: usize,
    pub strides: Vec<usize>,
}

/// The strides of an array that lies entry behind entry.
pub(crate) fn row_major(shape: &[usize]) -> Vec<usize> {
    let mut step = 1;
    let mut strides: Vec<usize> = shape
        .iter()
        .rev()
        .map(|size| {
            let own = step;
            step *= size;
            own
        })
        .collect();
    strides.reverse();
    strides
}

/// Are entries read as they lie, where axes have these sizes?
pub(crate) fn is_whole(strides: &[usize], shape: &[usize]) -> bool {
    row_major(shape).iter().zip(strides).zip(shape).all(|((own, stride), size)| *size <= 1 || own == stride)
}

pub(crate) fn entries(shape: &[usize]) -> usize {
    shape.iter().product()
}
