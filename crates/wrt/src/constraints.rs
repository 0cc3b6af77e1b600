//! Constants held to what their declarations say of them: `const c > 0 = …`.

use wrt_core::{Array, Number};
use wrt_language::{Constraint, Declaration};
use wrt_run::Sizes;

use crate::error::{Error, ErrorKind};

/// How far sums and mirrored entries of rounded numbers may differ, as a share of the largest.
const ROUNDED: f64 = 1e-9;

/// Refuses a value that is not what its declaration says.
pub(crate) fn hold(d: &Declaration, value: &Array<Number>, sizes: &Sizes) -> Result<(), Error> {
    let Some(constraint) = &d.constraint else { return Ok(()) };
    let fails = |what: String| {
        let message = format!("the constant `{}` is {what}, and its declaration says {}", d.name, said(constraint));
        Err(Error::new(ErrorKind::Value, message).with_help("change what is said of it, or its value"))
    };
    if let Some(x) = value.data.iter().find(|x| !entry_fits(constraint, x, sizes)) {
        return fails(x.to_f64().to_string());
    }
    match whole_fits(constraint, value) {
        true => Ok(()),
        false => fails("another one".to_string()),
    }
}

/// The constraint as a person writes it.
fn said(constraint: &Constraint) -> String {
    match constraint {
        Constraint::Labels(classes) => format!("in 0..{classes}"),
        Constraint::Interval(low, high) => format!("in [{}, {}]", low.to_f64(), high.to_f64()),
        Constraint::Positive => "> 0".into(),
        Constraint::Nonnegative => ">= 0".into(),
        Constraint::Simplex => "simplex".into(),
        Constraint::Symmetric => "symmetric".into(),
        Constraint::PositiveDefinite => "positive definite".into(),
        Constraint::Integer => "integer".into(),
    }
}

/// What is said of each entry by itself. Classes without a known number have no end.
fn entry_fits(constraint: &Constraint, x: &Number, sizes: &Sizes) -> bool {
    let size = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
    match constraint {
        Constraint::Labels(classes) => {
            let below = |end: u64| x.to_f64() < end as f64;
            x.is_integer() && !x.is_negative() && classes.evaluate(size).is_none_or(below)
        }
        Constraint::Interval(low, high) => low <= x && x <= high,
        Constraint::Positive => !x.is_negative() && !x.is_zero(),
        Constraint::Nonnegative | Constraint::Simplex => !x.is_negative(),
        Constraint::Integer => x.is_integer(),
        Constraint::Symmetric | Constraint::PositiveDefinite => true,
    }
}

/// What is said of rows and of matrices.
fn whole_fits(constraint: &Constraint, value: &Array<Number>) -> bool {
    let last = value.shape.last().copied().unwrap_or(1).max(1);
    let data = || value.data.iter().map(Number::to_f64).collect::<Vec<f64>>();
    match constraint {
        Constraint::Simplex => data().chunks(last).all(|row| (row.iter().sum::<f64>() - 1.0).abs() <= ROUNDED),
        Constraint::Symmetric => data().chunks(last * last).all(|matrix| is_symmetric(matrix, last)),
        Constraint::PositiveDefinite => {
            data().chunks(last * last).all(|matrix| is_symmetric(matrix, last) && has_root(matrix, last))
        }
        _ => true,
    }
}

fn is_symmetric(matrix: &[f64], n: usize) -> bool {
    let largest = matrix.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    let below = (0..n).flat_map(|i| (0..i).map(move |j| (i * n + j, j * n + i)));
    below.filter_map(|(a, b)| Some((matrix.get(a)?, matrix.get(b)?))).all(|(a, b)| (a - b).abs() <= ROUNDED * largest)
}

/// Cholesky's decomposition goes through exactly where a symmetric matrix is positive definite.
fn has_root(matrix: &[f64], n: usize) -> bool {
    if matrix.len() != n * n {
        return false;
    }
    let mut root = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| root[i * n + k] * root[j * n + k]).sum();
            let rest = matrix[i * n + j] - known;
            if i == j && (rest.is_nan() || rest <= 0.0) {
                return false;
            }
            root[i * n + j] = if i == j { rest.sqrt() } else { rest / root[j * n + j] };
        }
    }
    true
}
