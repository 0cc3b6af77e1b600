//! The bottom of wrt that knows formulas: the graph, the table, the language, exact numbers.

mod builder;
mod graph;
pub mod language;
mod number;
mod real;
mod shape;
mod substitute;
mod table;

pub use builder::{Builder, Ex};
pub use graph::{Assumptions, Constant, Graph, Id, Node, Role, Symbol, Term};
pub use number::Number;
pub use real::Real;
pub use shape::{Dimension, Labels, LabelsId, Shape, ShapeId};
pub use substitute::{rebuild, substitute};
pub use table::{Derivative, Form, Functions, Kind, Parity, Primitive, Range, Row, Spelling};
