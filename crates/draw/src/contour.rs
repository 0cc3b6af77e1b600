//! Lines of equal height of a function on a grid, by marching squares.

/// A place in the plane.
type Point = [f64; 2];

/// Round heights between the smallest and the largest value, at most about so many.
pub fn levels(values: &[Vec<f64>], most: usize) -> Vec<f64> {
    let finite = || values.iter().flatten().copied().filter(|v| v.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    if !(high > low) {
        return Vec::new();
    }
    let mut sorted: Vec<f64> = finite().collect();
    sorted.sort_by(f64::total_cmp);
    // Each level parts the plane into pieces of about the same size, so that flat and steep places both have some.
    let mut found: Vec<f64> = Vec::new();
    for k in 1..=most {
        let value = sorted[(sorted.len() - 1) * k / (most + 1)];
        let step = crate::axis::nice_step((value - low).abs().max((high - low) / 1e4) / 20.0);
        let level = (value / step).round() * step;
        if level > low && level < high && found.last().is_none_or(|last| level > *last) {
            found.push(level);
        }
    }
    found
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
