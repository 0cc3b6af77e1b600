//! Derivatives of tensors: what is asked for, and the arrays at a point.

use wrt_core::{Array, Graph, Id, Node, Number};
use wrt_run::{Certified, Point, array_work, certified, evaluate, values_at};

use crate::derivatives;
use crate::error::{Error, ErrorKind};
use crate::evaluate::check_digits;
use crate::session::Session;

/// Which derivative.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Kind {
    /// Of one number: the shape of the variable.
    #[default]
    Gradient,
    /// Of anything: the shape of the formula, then that of the variable.
    Jacobian,
    /// Of one number: the shape of the variable, twice.
    Hessian,
}

impl Kind {
    /// The one of that name.
    pub fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "gradient" => Kind::Gradient,
            "jacobian" => Kind::Jacobian,
            "hessian" => Kind::Hessian,
            _ => return None,
        })
    }
}

/// Values of names, exactly.
pub type ArrayPoint = Vec<(Id, Array<Number>)>;

/// Sizes of named dimensions.
pub type Sizes = Vec<(String, usize)>;

/// What is evaluated in many digits where doubles are not sure: graphs whose nodes have at most so many entries
/// together.
const SMALL: u64 = 100_000;

/// The most multiplications of an evaluation: a minute or two of them.
const MAX_WORK: u64 = 1 << 33;

/// Up to so many multiplications, digits on demand are computed.
const MANY: u64 = 1 << 24;

impl Session {
    /// Has anything in the formula axes?
    pub fn has_tensors(&self) -> bool {
        let graph = self.graph();
        let tensor = |id: &Id| !graph.is_scalar(*id) || matches!(graph.node(*id), Node::Operation(..));
        graph.reachable(&[self.root()]).iter().any(tensor)
    }

    /// One derivative of the formula.
    ///
    /// # Errors
    /// Where the table says that there is none, or for the gradient of what is no number.
    pub fn derivative(&mut self, x: Id, kind: Kind) -> Result<Id, Error> {
        let root = self.root();
        Ok(match kind {
            Kind::Gradient => derivatives::gradient(self.graph_mut(), root, &[x])?[0],
            Kind::Jacobian => derivatives::jacobian(self.graph_mut(), root, &[x])?[0],
            Kind::Hessian => derivatives::hessian(self.graph_mut(), root, &[x])?[0][0],
        })
    }

    /// Reads off the sizes of named dimensions from the values at a point.
    ///
    /// # Errors
    /// For a value that doesn't fit its name, or another value.
    pub fn sizes_at(&self, at: &ArrayPoint, sizes: &mut Sizes) -> Result<(), Error> {
        let graph = self.graph();
        for (id, array) in at {
            let (name, dims) = (graph.symbol_name(*id), graph.dims(*id));
            if dims.len() != array.shape.len() {
                let message = match (dims, &array.shape[..]) {
                    ([], _) => format!("`{name}` is a number, and the value given is a list"),
                    (_, []) => {
                        format!("`{name}` has the shape {}, and the value given is a number", graph.shape_text(dims))
                    }
                    _ => format!(
                        "`{name}` has the shape {}, and the value given is nested {} deep",
                        graph.shape_text(dims),
                        array.shape.len()
                    ),
                };
                return Err(Error::new(ErrorKind::Shape, message));
            }
            for (dim, size) in dims.iter().zip(&array.shape) {
                let dimension = graph.dimension(*dim);
                let known = |n: &str| sizes.iter().find(|(m, _)| m == n).map(|(_, k)| *k as u64);
                match (dimension.evaluate(known), dimension.as_name()) {
                    (Some(wanted), _) if wanted != *size as u64 => {
                        let message =
                            format!("`{name}` has {size} entries along {dimension}, where {wanted} are expected");
                        return Err(Error::new(ErrorKind::Shape, message)
                            .with_help("a dimension has the same size wherever its name stands"));
                    }
                    (None, Some(new)) => sizes.push((new.to_string(), *size)),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The values of nodes at a point to so many certified digits.
    ///
    /// # Errors
    /// As [`Session::arrays`], or for more digits than are computed.
    pub fn certified_arrays(
        &self,
        ids: &[Id],
        at: &ArrayPoint,
        sizes: &Sizes,
        digits: usize,
    ) -> Result<Vec<Array<Certified>>, Error> {
        check_digits(digits)?;
        if array_work(self.graph(), ids, sizes) > MANY {
            let message = "the sizes are too large for digits on demand";
            return Err(Error::new(ErrorKind::Value, message).with_help("give smaller sizes, or leave the digits out"));
        }
        certified(self.graph(), ids, &place(at, sizes), digits).map_err(|e| Error::new(ErrorKind::Value, e.to_string()))
    }

    /// The values of nodes at a point: doubles with a running error bound, and many digits where that is too wide and
    /// the work is small.
    ///
    /// # Errors
    /// For a name without a value, a dimension without a size, or values of another shape.
    pub fn arrays(&self, ids: &[Id], at: &ArrayPoint, sizes: &Sizes) -> Result<Vec<Array<f64>>, Error> {
        arrays_of(self.graph(), ids, at, sizes)
    }

    /// The values of nodes in plain doubles, operation by operation as the graph stands.
    ///
    /// # Errors
    /// As [`Session::arrays`].
    pub fn plain_arrays(&self, ids: &[Id], at: &[(Id, Array<f64>)], sizes: &Sizes) -> Result<Vec<Array<f64>>, Error> {
        let point = Point { values: at.to_vec(), sizes: sizes.clone() };
        evaluate(self.graph(), ids, &point, &0.0).map_err(|e| Error::new(ErrorKind::Value, e.to_string()))
    }
}

/// As [`Session::arrays`], of the nodes of any graph.
pub(crate) fn arrays_of(graph: &Graph, ids: &[Id], at: &ArrayPoint, sizes: &Sizes) -> Result<Vec<Array<f64>>, Error> {
    let work = array_work(graph, ids, sizes);
    if work > MAX_WORK {
        let message = format!("these sizes need about {work} multiplications, and at most {MAX_WORK} are done here");
        return Err(Error::new(ErrorKind::Value, message).with_help("give smaller sizes"));
    }
    Ok(values_at(graph, ids, &place(at, sizes))?)
}

/// A point as the evaluator knows it.
pub(crate) fn place(at: &ArrayPoint, sizes: &Sizes) -> Point<Number> {
    Point { values: at.clone(), sizes: sizes.clone() }
}

/// Can these nodes be evaluated once more without anybody noticing?
pub(crate) fn is_cheap(graph: &Graph, ids: &[Id], sizes: &Sizes) -> bool {
    array_work(graph, ids, sizes) <= MANY
}

/// Is every value right to the last place, so that only what is wrong differs?
pub(crate) fn is_exact(graph: &Graph, ids: &[Id], sizes: &Sizes) -> bool {
    array_work(graph, ids, sizes) <= SMALL
}

/// The largest difference of the entries, relative to the largest one, which counts as `floor` at least; NaN where only
/// the second has no value, infinite where the shapes differ.
pub(crate) fn difference(wanted: &Array<f64>, found: &Array<f64>, floor: f64) -> f64 {
    if wanted.shape != found.shape {
        return f64::INFINITY;
    }
    let pairs = || wanted.data.iter().zip(&found.data).filter(|(a, _)| a.is_finite());
    let scale = pairs().fold(floor, |m, (a, _)| m.max(a.abs()));
    let known = pairs().filter(|(_, b)| b.is_finite()).map(|(a, b)| (a - b).abs() / scale).fold(0.0, f64::max);
    if known == 0.0 && pairs().any(|(_, b)| !b.is_finite()) { f64::NAN } else { known }
}

pub(crate) fn each<A, B>(array: &Array<A>, f: impl Fn(&A) -> B) -> Array<B> {
    Array { shape: array.shape.clone(), data: array.data.iter().map(f).collect() }
}
