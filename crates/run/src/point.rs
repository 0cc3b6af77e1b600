//! Where nodes are evaluated.

use wrt_core::{Array, Id};

/// Sizes of named dimensions.
pub type Sizes = Vec<(String, usize)>;

/// Values of names, or of any other nodes, and sizes of named dimensions.
///
/// ```
/// use wrt_core::Graph;
/// use wrt_run::Point;
/// let mut g = Graph::new();
/// let w = g.symbol("w");
/// let point = Point::numbers(&[(w, 3.0)]);
/// assert_eq!(point.get(w).unwrap().data, [3.0]);
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Point<N> {
    /// What is given has that value, whatever stands below it.
    pub values: Vec<(Id, Array<N>)>,
    /// The size of each named dimension.
    pub sizes: Sizes,
}

impl<N> Default for Point<N> {
    fn default() -> Point<N> {
        Point { values: Vec::new(), sizes: Vec::new() }
    }
}

impl<N: Clone> Point<N> {
    /// A point of numbers only.
    pub fn numbers(at: &[(Id, N)]) -> Point<N> {
        let values = at.iter().map(|(id, n)| (*id, Array::scalar(n.clone()))).collect();
        Point { values, sizes: Vec::new() }
    }

    /// The value of a node, if it is given.
    pub fn get(&self, id: Id) -> Option<&Array<N>> {
        self.values.iter().find(|(x, _)| *x == id).map(|(_, value)| value)
    }

    /// The same point in another kind of number.
    pub fn map<M>(&self, each: impl Fn(&N) -> M) -> Point<M> {
        let array = |a: &Array<N>| Array { shape: a.shape.clone(), data: a.data.iter().map(&each).collect() };
        let values = self.values.iter().map(|(id, a)| (*id, array(a))).collect();
        Point { values, sizes: self.sizes.clone() }
    }

    /// The point with another value of one node.
    pub fn with(&self, id: Id, value: Array<N>) -> Point<N> {
        let mut moved = self.clone();
        match moved.values.iter_mut().find(|(x, _)| *x == id) {
            Some((_, old)) => *old = value,
            None => moved.values.push((id, value)),
        }
        moved
    }
}
