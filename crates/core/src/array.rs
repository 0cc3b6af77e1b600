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

impl<N: Clone> Array<N> {
    /// The entry of an array that has one only, such as a number.
    ///
    /// ```
    /// use wrt_core::Array;
    /// assert_eq!(Array::scalar(3.0).item(), Some(3.0));
    /// assert_eq!(Array::from([1.0, 2.0]).item(), None);
    /// ```
    pub fn item(&self) -> Option<N> {
        match self.data.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }
    }
}

/// A number is an array of rank 0.
impl From<f64> for Array<f64> {
    fn from(value: f64) -> Array<f64> {
        Array::scalar(value)
    }
}

/// A vector.
impl From<Vec<f64>> for Array<f64> {
    fn from(data: Vec<f64>) -> Array<f64> {
        Array { shape: vec![data.len()], data }
    }
}

/// A vector.
impl<const N: usize> From<[f64; N]> for Array<f64> {
    fn from(data: [f64; N]) -> Array<f64> {
        Array { shape: vec![N], data: data.to_vec() }
    }
}

/// A matrix, row by row.
impl<const M: usize, const N: usize> From<[[f64; N]; M]> for Array<f64> {
    fn from(rows: [[f64; N]; M]) -> Array<f64> {
        Array { shape: vec![M, N], data: rows.concat() }
    }
}

/// An array of rank 0 is its number; no other array is one.
impl PartialEq<f64> for Array<f64> {
    fn eq(&self, number: &f64) -> bool {
        self.shape.is_empty() && self.data == [*number]
    }
}
