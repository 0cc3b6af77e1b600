//! Lines with fewer points that nobody tells from the whole.

/// How far a line may leave its points, in pixels: less than any backend shows.
const SLACK: f64 = 0.02;

/// The line through some of the points, which passes all others closely: from a kept point, as far as one direction goes past
/// all those between (Zhao and Saalfeld, "Linear-time sleeve-fitting polyline simplification algorithms", 1997).
///
/// All points are finite.
pub fn thinned(line: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let Some((first, rest)) = line.split_first() else { return Vec::new() };
    let mut kept = vec![*first];
    let (mut from, mut last, mut sleeve) = (*first, *first, None::<[f64; 2]>);
    for point in rest {
        let way = |to: &[f64; 2]| [to[0] - from[0], to[1] - from[1]];
        let [dx, dy] = way(point);
        let (long, angle) = (dx.hypot(dy), dy.atan2(dx));
        let back = {
            let [ax, ay] = way(&last);
            ax * dx + ay * dy < ax * ax + ay * ay
        };
        match sleeve {
            // Inside of the sleeve, and further on.
            Some([middle, half]) if !back && turned(angle, middle).abs() <= half => {
                let own = (SLACK / long).min(1.0).asin();
                let off = turned(angle, middle);
                let (low, high) = ((off - own).max(-half), (off + own).min(half));
                sleeve = Some([middle + (low + high) / 2.0, (high - low) / 2.0]);
            }
            Some(_) => {
                kept.push(last);
                from = last;
                let [dx, dy] = [point[0] - from[0], point[1] - from[1]];
                sleeve = sleeve_to(dx, dy);
            }
            None => sleeve = sleeve_to(dx, dy),
        }
        last = *point;
    }
    kept.push(last);
    kept.dedup();
    if kept.len() == 1 && line.len() > 1 {
        kept.push(last);
    }
    kept
}

/// The directions that pass a point closely: their middle, and how far they go to both sides; all where it is too near to tell.
fn sleeve_to(dx: f64, dy: f64) -> Option<[f64; 2]> {
    let long = dx.hypot(dy);
    (long > SLACK).then(|| [dy.atan2(dx), (SLACK / long).asin()])
}

/// From one direction to another, at most half a turn.
fn turned(to: f64, from: f64) -> f64 {
    let turn = to - from;
    if turn > std::f64::consts::PI {
        turn - std::f64::consts::TAU
    } else if turn < -std::f64::consts::PI {
        turn + std::f64::consts::TAU
    } else {
        turn
    }
}
