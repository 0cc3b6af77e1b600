//! A sum of one name whose terms cancel at 0: near there it is computed by its series.

use wrt_core::{Array, Assumptions, Graph, Id, Node, Number, Primitive, Term};
use wrt_run::{Point, Series, evaluate};

use super::parts::{call, choice, entries, terms};
use crate::bases::fresh;

/// The most nodes of a sum that is expanded.
const MAX_NODES: usize = 80;
/// Bits of the coefficients.
const BITS: u32 = 192;
/// Terms of a series, at least, unless it is a polynomial.
const LEAST: usize = 3;
/// What a series may leave out, relative to its first term.
const LEFT_OUT: f64 = 1e-16;
/// Longer coefficients are rounded.
const SHORT: usize = 128;
/// Coefficients on both sides of 0 agree to this.
const SAME: f64 = 1e-15;

/// Whole powers of the name with their coefficients, lowest first.
type Powers = Vec<(i32, Number)>;

/// The series at 0 of nodes in one name, from the right, or from the left in powers of the distance.
fn expansions(graph: &Graph, ids: &[Id], x: Id, left: bool) -> Option<Vec<Powers>> {
    let like = Series::new(Number::ZERO, BITS);
    let h = like.infinitesimal(1);
    let value = if left { -h } else { h };
    let at = Point { values: vec![(x, Array::scalar(value))], sizes: Vec::new() };
    let found = evaluate(graph, ids, &at, &like).ok()?;
    found.iter().map(|a| powers(a.data.first()?)).collect()
}

fn powers(series: &Series) -> Option<Powers> {
    let term = |(power, c): (Number, &wrt_run::Precise)| {
        let exact = c.as_exact().cloned().or_else(|| Number::from_f64(wrt_core::Real::approximate(c)))?;
        Some((i32::try_from(power.as_i64()?).ok()?, exact))
    };
    let found: Option<Powers> = series.powers()?.into_iter().map(term).collect();
    found.map(|all| all.into_iter().filter(|(_, c)| !c.is_zero()).collect())
}

/// Is it one power series on both sides?
fn is_analytic(right: &Powers, left: &Powers) -> bool {
    let mirrored = |n: i32, c: &Number| if n % 2 == 0 { c.to_f64() } else { -c.to_f64() };
    right.len() == left.len()
        && right
            .iter()
            .zip(left)
            .all(|((n, a), (m, b))| n == m && (a.to_f64() - mirrored(*m, b)).abs() <= SAME * a.to_f64().abs())
}

/// How far from 0 the series is as good as the sum.
fn reach(series: &Powers) -> Option<f64> {
    let [(first, a), .., (before, y), (last, z)] = &series[..] else { return None };
    // The first term that is left out is as much smaller than the last as that is than the one before.
    let next = z.to_f64() * z.to_f64() / y.to_f64();
    let ratio = (a.to_f64() / next).abs();
    let reach = (LEFT_OUT * ratio).powf(1.0 / f64::from(2 * last - before - first)).min(1.0);
    // A short number, as people would write it.
    let scale = 10f64.powi(2 - reach.log10().ceil() as i32);
    let reach = (reach * scale).floor() / scale;
    (series.len() >= LEAST && reach > 1e-6).then_some(reach)
}

/// `Σ c*x^n` by Horner's rule.
fn polynomial(graph: &mut Graph, series: &Powers, x: Id) -> Id {
    let nearest = |c: &Number| match c.bits() <= SHORT {
        true => c.clone(),
        false => Number::from_f64(c.to_f64()).unwrap_or(Number::ZERO),
    };
    let raised = |graph: &mut Graph, n: i32| match n {
        1 => x,
        _ => {
            let n = graph.integer(i64::from(n));
            graph.pow(x, n)
        }
    };
    let mut higher: Option<(Id, i32)> = None;
    for (n, c) in series.iter().rev() {
        let c = graph.number(nearest(c));
        let total = match higher {
            Some((total, m)) => {
                let power = raised(graph, m - n);
                let product = graph.mul(power, total);
                graph.add(c, product)
            }
            None => c,
        };
        higher = Some((total, *n));
    }
    match higher {
        Some((total, 0)) => total,
        Some((total, n)) => {
            let power = raised(graph, n);
            graph.mul(power, total)
        }
        None => graph.integer(0),
    }
}

pub(super) fn near_zero(graph: &mut Graph, id: Id) -> Option<Id> {
    let all = terms(graph, id)?;
    let nodes = graph.reachable_within(&[id], MAX_NODES)?;
    let functions = nodes.iter().any(|id| matches!(graph.node(*id), Node::Map(p, _) if p != Primitive::Pow));
    let [x] = graph.free_symbols(&[id])[..] else { return None };
    if !functions || graph.dims(x) != graph.dims(id) {
        return None;
    }
    let mut ids: Vec<Id> = all.iter().map(|t: &Term| t.node).collect();
    ids.push(id);
    let number = if graph.is_scalar(x) { x } else { fresh(graph, Assumptions::default()) };
    let ids = entries(graph, &ids, x, number)?;
    let (mut right, mut left) = (expansions(graph, &ids, number, false)?, expansions(graph, &ids, number, true)?);
    let (right_sum, left_sum) = (right.pop()?, left.pop()?);
    let first = right_sum.first()?.0;
    let cancels = right.iter().filter_map(|s| s.first()).any(|(n, _)| *n < first);
    if !cancels || first < 0 || !is_analytic(&right_sum, &left_sum) {
        return None;
    }
    let reach = reach(&right_sum)?;
    let (size, edge) = (call(graph, Primitive::Abs, x), graph.number(Number::parse(&reach.to_string()).ok()?));
    let near = graph.map(Primitive::Lt, &[size, edge]);
    let series = polynomial(graph, &right_sum, x);
    Some(choice(graph, near, series, id))
}
