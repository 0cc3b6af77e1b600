//! The bottom of wrt that knows formulas: the graph, the table, exact numbers.

mod array;
mod builder;
mod calls;
mod computed;
mod copy;
mod dimensions;
mod graph;
mod interval;
mod nodes;
mod number;
mod real;
mod shape;
mod sharing;
mod structure;
mod substitute;
mod table;
mod tensor;
pub mod work;

pub use array::Array;
pub use builder::{Builder, Ex};
pub use calls::Calls;
pub use computed::Computed;
pub use copy::Copier;
pub use dimensions::dimensions;
pub use graph::{Assumptions, Constant, Graph, Id, Location, LocationId, Node, Origin, Role, Symbol, Term};
pub use interval::{End, Interval};
pub use nodes::NodeMap;
pub use number::Number;
pub use real::Real;
pub use shape::{Dim, Dimension, Labels, LabelsId, ShapeId};
pub use sharing::{is_signed, is_small_tree, repeated, times_written, tree_sizes};
pub use structure::{same_structure, structure_hash};
pub use substitute::{Substitution, rebuild, substitute};
pub use table::{
    Derivative, Form, Functions, Operation, OperationRow, OperationSpelling, Parity, Primitive, Pullback, Range, Row,
    Spelling, Ulp, ValueKind, operations,
};
pub use tensor::ShapeError;
