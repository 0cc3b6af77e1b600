//! What of a line or polygon lies in a rectangle of pixels (left, top, width, height).

/// Is a point inside?
pub fn inside([x, y]: [f64; 2], [left, top, width, height]: [f64; 4]) -> bool {
    let slack = 0.01;
    (left - slack..=left + width + slack).contains(&x) && (top - slack..=top + height + slack).contains(&y)
}

/// The pieces of a line that are inside; points that are no numbers interrupt it.
pub fn line(points: &[[f64; 2]], pixel: impl Fn([f64; 2]) -> [f64; 2], area: [f64; 4]) -> Vec<Vec<[f64; 2]>> {
    let pixels: Vec<[f64; 2]> = points.iter().map(|p| pixel(*p)).collect();
    let mut pieces: Vec<Vec<[f64; 2]>> = Vec::new();
    let mut open = false;
    for pair in pixels.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let Some([a, b]) = segment(from, to, area) else {
            open = false;
            continue;
        };
        match pieces.last_mut().filter(|_| open && a == from) {
            Some(piece) => piece.push(b),
            None => pieces.push(vec![a, b]),
        }
        open = b == to;
    }
    pieces
}

/// Liang and Barsky's: the part of a segment that is inside.
fn segment(from: [f64; 2], to: [f64; 2], [left, top, width, height]: [f64; 4]) -> Option<[[f64; 2]; 2]> {
    if !from.iter().chain(&to).all(|v| v.is_finite()) {
        return None;
    }
    let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    let sides =
        [(-dx, from[0] - left), (dx, left + width - from[0]), (-dy, from[1] - top), (dy, top + height - from[1])];
    for (towards, room) in sides {
        if towards == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if towards < 0.0 {
            start = start.max(room / towards);
        } else {
            end = end.min(room / towards);
        }
    }
    let at = |t: f64| {
        if t == 0.0 {
            from
        } else if t == 1.0 {
            to
        } else {
            [from[0] + t * dx, from[1] + t * dy]
        }
    };
    (start < end || (start == end && dx == 0.0 && dy == 0.0)).then(|| [at(start), at(end)])
}

/// The part of a polygon that is inside (Sutherland and Hodgman).
pub fn polygon(mut corners: Vec<[f64; 2]>, [left, top, width, height]: [f64; 4]) -> Vec<[f64; 2]> {
    corners.retain(|p| p.iter().all(|v| v.is_finite()));
    for (axis, limit, sign) in [(0, left, 1.0), (0, left + width, -1.0), (1, top, 1.0), (1, top + height, -1.0)] {
        let depth = |p: [f64; 2]| sign * (p[axis] - limit);
        let mut kept = Vec::with_capacity(corners.len() + 1);
        for (k, to) in corners.iter().enumerate() {
            let from = corners[(k + corners.len() - 1) % corners.len()];
            let (a, b) = (depth(from), depth(*to));
            if (a < 0.0) != (b < 0.0) {
                let t = a / (a - b);
                kept.push([from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])]);
            }
            if b >= 0.0 {
                kept.push(*to);
            }
        }
        corners = kept;
    }
    corners
}
