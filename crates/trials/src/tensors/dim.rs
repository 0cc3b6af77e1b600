//! Dimensions of random tensors: as the language writes them, and as sizes.

use std::fmt;

/// A dimension. Only those that the generator makes; equal ones are written alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Dim {
    /// A name and its size.
    Named(&'static str, usize),
    /// A size.
    Size(usize),
    /// One less.
    Less(Box<Dim>),
    /// The sum.
    Sum(Box<Dim>, Box<Dim>),
    /// The product.
    Product(Box<Dim>, Box<Dim>),
}

/// The dimensions of a tensor.
pub type Shape = Vec<Dim>;

impl Dim {
    /// How many entries there are along it.
    pub fn size(&self) -> usize {
        match self {
            Dim::Named(_, size) | Dim::Size(size) => *size,
            Dim::Less(dim) => dim.size().saturating_sub(1),
            Dim::Sum(a, b) => a.size() + b.size(),
            Dim::Product(a, b) => a.size() * b.size(),
        }
    }

    /// One less; none where nothing would be left.
    pub fn less(&self) -> Option<Dim> {
        match self {
            _ if self.size() < 2 => None,
            Dim::Size(size) => Some(Dim::Size(size - 1)),
            Dim::Named(..) => Some(Dim::Less(Box::new(self.clone()))),
            _ => None,
        }
    }

    /// The sum, of names and sizes.
    pub fn plus(&self, other: &Dim) -> Option<Dim> {
        match (self, other) {
            (Dim::Size(a), Dim::Size(b)) => Some(Dim::Size(a + b)),
            (Dim::Named(..), Dim::Named(..)) if self != other => {
                Some(Dim::Sum(Box::new(self.clone()), Box::new(other.clone())))
            }
            _ => None,
        }
    }

    /// The product, of names and sizes.
    pub fn times(&self, other: &Dim) -> Option<Dim> {
        match (self, other) {
            (Dim::Size(a), Dim::Size(b)) => Some(Dim::Size(a * b)),
            (Dim::Named(..), Dim::Named(..)) if self != other => {
                Some(Dim::Product(Box::new(self.clone()), Box::new(other.clone())))
            }
            _ => None,
        }
    }

    /// The names in it with their sizes.
    pub fn names(&self, found: &mut Vec<(String, usize)>) {
        match self {
            Dim::Named(name, size) if found.iter().all(|(n, _)| n != name) => found.push(((*name).to_string(), *size)),
            Dim::Named(..) | Dim::Size(_) => {}
            Dim::Less(dim) => dim.names(found),
            Dim::Sum(a, b) | Dim::Product(a, b) => [a, b].into_iter().for_each(|d| d.names(found)),
        }
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dim::Named(name, _) => f.write_str(name),
            Dim::Size(size) => write!(f, "{size}"),
            Dim::Less(dim) => write!(f, "{dim} - 1"),
            Dim::Sum(a, b) => write!(f, "{a} + {b}"),
            Dim::Product(a, b) => write!(f, "{a}*{b}"),
        }
    }
}

/// `m, n`
pub fn shape_text(shape: &[Dim]) -> String {
    shape.iter().map(Dim::to_string).collect::<Vec<_>>().join(", ")
}
