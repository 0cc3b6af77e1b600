//! Dense arrays of any kind of number, row by row: what operations are evaluated on.

/// A dense array, last axis fastest. The number of entries is the product of the sizes.
#[derive(Clone, PartialEq, Debug)]
pub struct Array<N> {
    /// The size of each axis.
    pub shape: Vec<usize>,
    /// The entries.
    pub data: Vec<N>,
}

impl<N> Array<N> {
    /// A scalar.
    pub fn scalar(value: N) -> Array<N> {
        Array { shape: Vec::new(), data: vec![value] }
    }

    /// The sizes of the axes before the last `trailing` ones, multiplied, and the size of the rest.
    pub fn split(&self, trailing: usize) -> (usize, usize) {
        let at = self.shape.len().saturating_sub(trailing);
        (self.shape[..at].iter().product(), self.shape[at..].iter().product())
    }
}
