//! Lines of equal height of a function on a grid, by marching squares.

/// A place in the plane.
type Point = [f64; 2];

/// Round heights between the smallest and the largest value, at most about so many.
pub fn levels(values: &[Vec<f64>], most: usize) -> Vec<f64> {
    let finite = || values.iter().flatten().copied().filter(|v| v.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    if high.is_nan() || high <= low || low == f64::INFINITY {
        return Vec::new();
    }
    let mut sorted: Vec<f64> = finite().collect();
    sorted.sort_by(f64::total_cmp);
    let quantile = |tenth: usize| sorted[(sorted.len() - 1) * tenth / 20];
    // Where most of the plane is low, equal factors instead of equal steps.
    let steep = low >= 0.0 && high - low > 12.0 * (quantile(10) - low);
    let found =
        if steep { factors(low.max(quantile(1)), high) } else { steps(low, high, quantile(1), quantile(19), most) };
    let every = found.len().div_ceil(2 * most.max(1)).max(1);
    found.into_iter().step_by(every).filter(|l| *l > low && *l < high).collect()
}

/// 1, 2, 5, 10, …
fn factors(low: f64, high: f64) -> Vec<f64> {
    let first = if low > high * 1e-6 { low } else { high * 1e-6 }.log10().floor() as i32;
    let last = high.log10().ceil() as i32;
    let round = (first..=last).flat_map(|p| [1, 2, 5].map(|d| format!("{d}e{p}").parse().unwrap_or(f64::NAN)));
    round.filter(|l| *l >= low).collect()
}

/// Round numbers at equal distances, of which about so many are between two values.
fn steps(low: f64, high: f64, from: f64, to: f64, most: usize) -> Vec<f64> {
    let step = crate::axis::nice_step((to / 2.0 - from / 2.0).max(high / 2e3 - low / 2e3) / (most.max(1) as f64 / 2.0));
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    let count = last - first;
    if count.is_nan() || count >= 1e5 {
        return Vec::new();
    }
    (0..=(last - first) as u32)
        .map(|k| crate::number((first + f64::from(k)) * step, 12))
        .filter_map(|t| t.parse().ok())
        .collect()
}

/// The lines where a function is equal to a level; `values[j][i]` is at `(x[i], y[j])`, and where it is no number, there are
/// no lines.
pub fn lines(x: &[f64], y: &[f64], values: &[Vec<f64>], level: f64) -> Vec<Vec<Point>> {
    let mut pieces: Vec<[Point; 2]> = Vec::new();
    for (rows, heights) in values.windows(2).zip(y.windows(2)) {
        for (i, across) in x.windows(2).enumerate() {
            let corner = |dj: usize, di: usize| rows[dj].get(i + di).copied().unwrap_or(f64::NAN);
            let square = [corner(0, 0), corner(0, 1), corner(1, 1), corner(1, 0)];
            let places =
                [[across[0], heights[0]], [across[1], heights[0]], [across[1], heights[1]], [across[0], heights[1]]];
            cell(square, places, level, &mut pieces);
        }
    }
    joined(pieces)
}

/// The pieces in one cell, whose corners go around it.
fn cell(values: [f64; 4], places: [Point; 4], level: f64, pieces: &mut Vec<[Point; 2]>) {
    if !values.iter().all(|v| v.is_finite()) {
        return;
    }
    let mut crossings: Vec<Point> = Vec::new();
    for k in 0..4 {
        let (a, b) = (k, (k + 1) % 4);
        if (values[a] > level) != (values[b] > level) {
            // From the same end for both cells of an edge, so that they find the same bits.
            let (a, b) = if places[a] < places[b] { (a, b) } else { (b, a) };
            let t = (level / 2.0 - values[a] / 2.0) / (values[b] / 2.0 - values[a] / 2.0);
            // Never in a corner, where the ends of several edges would be one.
            let t = t.clamp(1e-6, 1.0 - 1e-6);
            crossings.push(std::array::from_fn(|d| places[a][d] + t * (places[b][d] - places[a][d])));
        }
    }
    match crossings[..] {
        [a, b] => pieces.push([a, b]),
        [a, b, c, d] => {
            // A saddle: its middle says which corners belong together.
            let middle = values.iter().map(|v| v / 4.0).sum::<f64>() > level;
            pieces.extend(if middle == (values[0] > level) { [[a, b], [c, d]] } else { [[d, a], [b, c]] });
        }
        _ => {}
    }
}

/// Pieces with common ends, one behind the other.
fn joined(pieces: Vec<[Point; 2]>) -> Vec<Vec<Point>> {
    use std::collections::HashMap;
    let key = |p: Point| p.map(f64::to_bits);
    let mut ends: HashMap<[u64; 2], Vec<usize>> = HashMap::new();
    for (k, piece) in pieces.iter().enumerate() {
        piece.iter().for_each(|p| ends.entry(key(*p)).or_default().push(k));
    }
    let mut used = vec![false; pieces.len()];
    let mut lines = Vec::new();
    for start in 0..pieces.len() {
        if std::mem::replace(&mut used[start], true) {
            continue;
        }
        let mut line = pieces[start].to_vec();
        for _ in 0..2 {
            while let Some(last) = line.last().copied() {
                let Some(next) = ends.get(&key(last)).and_then(|all| all.iter().copied().find(|k| !used[*k])) else {
                    break;
                };
                used[next] = true;
                let [a, b] = pieces[next];
                line.push(if key(a) == key(last) { b } else { a });
            }
            line.reverse();
        }
        lines.push(line);
    }
    lines
}
