//! Shapes: the dimensions of a tensor's axes, numbers or names, and the axis labels of contractions.

/// One dimension: a number, or a name that is bound when data arrives. Different names never match.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Dimension {
    /// A fixed size.
    Size(u64),
    /// A named size, `m`.
    Name(String),
}

/// The dimensions of a tensor, outermost first; a scalar has none.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Shape(pub Vec<Dimension>);

impl Shape {
    /// The shape of a scalar.
    pub fn scalar() -> Shape {
        Shape::default()
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }
}

/// The axis labels of a contraction, Einstein style: a label that is not in the output is summed over.
///
/// Labels are numbered by first occurrence. A product of scalars has no labels at all.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Labels {
    /// The dimension of each label.
    pub dimensions: Vec<Dimension>,
    /// The labels of the result's axes; a label may repeat (a diagonal) or occur in no factor (ones).
    pub output: Vec<u8>,
    /// The labels of each factor's axes.
    pub factors: Vec<Vec<u8>>,
}

/// A position in the graph's list of shapes; the scalar's is zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ShapeId(pub(crate) u16);

impl ShapeId {
    /// The shape of a scalar, in every graph.
    pub const SCALAR: ShapeId = ShapeId(0);
}

/// A position in the graph's list of labels; zero is the product of scalars.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct LabelsId(pub(crate) u32);

impl LabelsId {
    /// The labels of a product of scalars (none), in every graph.
    pub const SCALAR: LabelsId = LabelsId(0);
}
