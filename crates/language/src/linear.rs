//! Products and special matrices of linear algebra.

use wrt_core::{ShapeError, operations as op};

use crate::library::Call;
use crate::value::{self, Value};

/// The largest power of a matrix that is written as one product.
const SHORT_POWER: u64 = 8;

/// The largest power of a matrix.
const MAX_EXPONENT: u64 = 1 << 20;

type Result<T> = std::result::Result<T, ShapeError>;

impl Call<'_, '_> {
    pub(crate) fn triu(&mut self) -> Result<Value> {
        let x = self.value(0)?.with_unit_axes(self.graph);
        let n = x.rank();
        if n < 2 {
            return Err(format!("triu needs 2 axes, found the shape {}", x.shape_text(self.graph)).into());
        }
        self.upper(&x)
    }

    fn upper(&mut self, x: &Value) -> Result<Value> {
        let turned = value::turned(self.graph, x);
        let lower = value::operation(self.graph, op::Tril::lower(), &[&turned])?;
        Ok(value::turned(self.graph, &lower))
    }

    /// Q' @ A, of which nothing but round-off stands below the diagonal.
    pub(crate) fn qr_r(&mut self) -> Result<Value> {
        let a = self.value(0)?.with_unit_axes(self.graph);
        let q = value::operation(self.graph, op::QrQ, &[&a])?;
        let q = value::turned(self.graph, &q);
        let product = value::matmul(self.graph, &q, &a)?;
        self.upper(&product)
    }

    pub(crate) fn dot(&mut self) -> Result<Value> {
        let (a, b) = (self.value(0)?, self.value(1)?);
        if a.rank() != 1 || b.rank() != 1 {
            let shapes = (a.shape_text(self.graph), b.shape_text(self.graph));
            return Err(
                format!("dot takes two vectors, found {} and {}; `@` multiplies matrices", shapes.0, shapes.1).into()
            );
        }
        value::matmul(self.graph, &a, &b)
    }

    pub(crate) fn outer(&mut self) -> Result<Value> {
        let (a, b) = (self.value(0)?.with_unit_axes(self.graph), self.value(1)?.with_unit_axes(self.graph));
        if a.rank() != 1 || b.rank() != 1 {
            let shapes = (a.shape_text(self.graph), b.shape_text(self.graph));
            return Err(format!("outer takes two vectors, found {} and {}", shapes.0, shapes.1).into());
        }
        value::union(&[&a, &b])?;
        let dims = [a.dims()[0], b.dims()[0]];
        Ok(value::contract(self.graph, &[(&a, &[0]), (&b, &[1])], &[0, 1], &dims))
    }

    fn square(&mut self, what: &str) -> Result<Value> {
        let x = self.value(0)?.with_unit_axes(self.graph);
        match x.dims()[..] {
            [a, b] if a == b => Ok(x),
            _ => Err(format!("{what} needs a square matrix, found the shape {}", x.shape_text(self.graph)).into()),
        }
    }

    pub(crate) fn trace(&mut self) -> Result<Value> {
        let x = self.square("tr")?;
        let dim = x.dims()[0];
        Ok(value::contract(self.graph, &[(&x, &[0, 0])], &[], &[dim]))
    }

    pub(crate) fn diag(&mut self) -> Result<Value> {
        let x = self.value(0)?.with_unit_axes(self.graph);
        let dims = x.dims();
        match dims[..] {
            [n] => Ok(value::contract(self.graph, &[(&x, &[0])], &[0, 0], &[n])),
            [a, b] if a == b => Ok(value::contract(self.graph, &[(&x, &[0, 0])], &[0], &[a])),
            _ => {
                Err(format!("diag takes a vector or a square matrix, found the shape {}", x.shape_text(self.graph))
                    .into())
            }
        }
    }

    pub(crate) fn eye(&mut self) -> Result<Value> {
        let dims = self.dims_from(0)?;
        let id = self.graph.identity(&dims);
        Ok(Value::of(self.graph, id))
    }

    pub(crate) fn ones(&mut self) -> Result<Value> {
        let dims = self.dims_from(0)?;
        let id = self.graph.ones(&dims);
        Ok(Value::of(self.graph, id))
    }

    pub(crate) fn zeros(&mut self) -> Result<Value> {
        let dims = self.dims_from(0)?;
        let id = self.graph.zeros(&dims);
        Ok(Value::of(self.graph, id))
    }

    pub(crate) fn full(&mut self) -> Result<Value> {
        let x = self.value(0)?;
        let dims = self.dims_from(1)?;
        let ones = self.graph.ones(&dims);
        let ones = Value::of(self.graph, ones);
        value::product(self.graph, &[&x, &ones])
    }

    /// The solution of a linear system, for a vector or each column of a matrix. Behind free indices a vector stays one.
    pub(crate) fn solve(&mut self) -> Result<Value> {
        let (a, b) = (self.value(0)?.with_unit_axes(self.graph), self.value(1)?.with_unit_axes(self.graph));
        if b.rank() + 1 != a.rank() {
            return value::operation(self.graph, op::Solve, &[&a, &b]);
        }
        let Some(index) = b.free.iter().find(|index| !a.free.contains(index)).map(|index| index.name) else {
            let free = value::union(&[&a, &b])?;
            let b = value::repeated(self.graph, &b, &free);
            return value::operation(self.graph, op::Solve, &[&a, &b]);
        };
        // What the matrix lacks becomes its columns.
        let rows = value::bind(self.graph, &b, index).ok_or("an index is missing")?;
        let columns = value::permute(self.graph, &rows, &[1, 0]);
        let solved = value::operation(self.graph, op::Solve, &[&a, &columns])?;
        value::release(self.graph, &solved, 1, index)
    }

    /// A matrix with a number for each of its eigenvalues or singular values.
    pub(crate) fn spectral(&mut self, operation: impl Into<op::Operation>) -> Result<Value> {
        let (a, g) = (self.value(0)?.with_unit_axes(self.graph), self.value(1)?.with_unit_axes(self.graph));
        let free = value::union(&[&a, &g])?;
        let (a, g) = (value::repeated(self.graph, &a, &free), value::repeated(self.graph, &g, &free));
        value::operation(self.graph, operation, &[&a, &g])
    }

    /// A power of a matrix by repeated squaring.
    pub(crate) fn matrix_power(&mut self) -> Result<Value> {
        let mut square = self.square("matrix_power")?;
        let exponent = self.args.get(1).cloned().ok_or("argument 2 is missing")?;
        let exponent = self.integer(&exponent)?;
        let mut left = exponent.unsigned_abs();
        if left > MAX_EXPONENT {
            return Err(format!("the exponent of matrix_power is at most {MAX_EXPONENT}").into());
        }
        if exponent < 0 {
            square = value::operation(self.graph, op::Inv, &[&square])?;
        }
        // A short power is one product; of a long one squares are shared.
        let dim = square.dims()[0];
        if left <= SHORT_POWER {
            let labels: Vec<[usize; 2]> = (0..left as usize).map(|k| [k, k + 1]).collect();
            let factors: Vec<(&Value, &[usize])> = labels.iter().map(|own| (&square, &own[..])).collect();
            let (output, dims) = ([0, left as usize], vec![dim; left as usize + 1]);
            let identity = ([0, 0], vec![dim]);
            let (output, dims) = if left == 0 { identity } else { (output, dims) };
            return Ok(value::contract(self.graph, &factors, &output, &dims));
        }
        let mut power: Option<Value> = None;
        loop {
            if left % 2 == 1 {
                power = Some(match power {
                    Some(power) => value::matmul(self.graph, &power, &square)?,
                    None => square.clone(),
                });
            }
            left /= 2;
            match power {
                Some(power) if left == 0 => return Ok(power),
                _ => square = value::matmul(self.graph, &square, &square)?,
            }
        }
    }

    /// The outer product with its axes paired, (m, p) and (n, q), and each pair merged.
    pub(crate) fn kron(&mut self) -> Result<Value> {
        let (a, b) = (self.value(0)?.with_unit_axes(self.graph), self.value(1)?.with_unit_axes(self.graph));
        let (&[m, n], &[p, q]) = (&a.dims()[..], &b.dims()[..]) else {
            return Err("kron takes two matrices".into());
        };
        value::union(&[&a, &b])?;
        let all = value::contract(self.graph, &[(&a, &[0, 2]), (&b, &[1, 3])], &[0, 1, 2, 3], &[m, p, n, q]);
        let (rows, columns) = (self.graph.dim_mul(m, p), self.graph.dim_mul(n, q));
        let to = vec![self.graph.dimension(rows).clone(), self.graph.dimension(columns).clone()];
        value::operation(self.graph, op::Reshape { axes: 4, to }, &[&all])
    }
}
