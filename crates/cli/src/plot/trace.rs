//! A function of one number as pieces of a curve: where it is defined, where it jumps, and where it goes to infinity.

/// How a piece of a curve ends.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum End {
    /// At the end of the range: it goes on beyond.
    Range,
    /// With its last point.
    Closed,
    /// It goes to its last point, but does not have it.
    Open,
    /// At infinity.
    Pole,
    /// Nowhere: it goes up and down without end.
    Restless,
}

/// A piece without jumps.
#[derive(Clone, PartialEq, Debug)]
pub struct Piece {
    /// Its points, from left to right.
    pub points: Vec<[f64; 2]>,
    /// How it begins and ends.
    pub ends: [End; 2],
}

/// All pieces in a range.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Trace {
    /// From left to right.
    pub pieces: Vec<Piece>,
    /// Points that belong to no piece.
    pub single: Vec<[f64; 2]>,
    /// Heights at equal distances, for a choice of what is shown.
    pub heights: Vec<f64>,
}

/// Intervals at the beginning; a number that divides well, so that round numbers are among their ends.
const INTERVALS: usize = 320;
/// How often an interval is halved where the curve bends.
const DEPTH: u32 = 7;
/// An interval is halved so many times as often as it would be if all had equal shares: most are smooth and leave theirs.
const SHARE: usize = 6;
/// Where the curve turns so often between two of the first places, it goes up and down without end as far as anybody sees.
const TURNS: usize = 4;
/// How often an interval is halved to find the place of a jump.
const HALVES: usize = 90;
/// What is left of a step where it is none.
const SMALL: f64 = 0.01;

/// Follows a function over a range, with at most about so many looks beside those at equal distances. Where it gives no
/// finite number, it is not defined.
pub fn trace(f: &mut dyn FnMut(f64) -> f64, range: (f64, f64), looks: usize) -> Trace {
    let places = places(range);
    let samples: Vec<[f64; 2]> = places.iter().map(|x| [*x, f(*x)]).collect();
    let heights: Vec<f64> = samples.iter().map(|p| p[1]).filter(|y| y.is_finite()).collect();
    let scale = spread(&heights);
    let made = Trace::default();
    let mut tracer = Tracer {
        f,
        own: 0,
        rest: looks,
        restless: None,
        within: [0.0; 2],
        scale,
        made,
        piece: Vec::new(),
        start: End::Range,
    };
    for (k, pair) in samples.windows(2).enumerate() {
        tracer.own = SHARE * tracer.rest / (samples.len() - 1 - k);
        (tracer.restless, tracer.within) = (None, [pair[0][0], pair[1][0]]);
        tracer.interval(pair[0], pair[1]);
    }
    tracer.finish(End::Range);
    tracer.made.heights = heights;
    tracer.made
}

/// Round numbers at equal distances, and the ends of the range.
fn places((from, to): (f64, f64)) -> Vec<f64> {
    let step = wrt_draw::nice_step((to / 2.0 - from / 2.0) / (INTERVALS as f64 / 4.0));
    let (first, last) = ((from / step).ceil(), (to / step).floor());
    let mut all = vec![from];
    if first.abs() < 1e15 && last.abs() < 1e15 && last - first < 2.0 * INTERVALS as f64 {
        let inside = (first as i64..=last as i64).map(|k| nearest(k as f64 * step));
        all.extend(inside.filter(|x| *x > from && *x < to));
    }
    all.push(to);
    if all.len() < INTERVALS / 4 {
        all = (0..=INTERVALS).map(|k| k as f64 / INTERVALS as f64).map(|t| from * (1.0 - t) + to * t).collect();
    }
    // Halved twice, so that most places are round and all are close.
    for _ in 0..2 {
        all =
            all.windows(2).flat_map(|w| [w[0], nearest(w[0] / 2.0 + w[1] / 2.0)]).chain(all.last().copied()).collect();
    }
    all.dedup();
    all
}

/// The double nearest to the same number in twelve digits: `0.1 * 3` is 0.3.
fn nearest(x: f64) -> f64 {
    format!("{x:.12e}").parse().unwrap_or(x)
}

/// How far the middle of the values extends.
fn spread(values: &[f64]) -> f64 {
    let between = |share: f64| {
        let [low, high] = quantiles(values, share);
        if (high - low).is_finite() { high - low } else { 0.0 }
    };
    let [low, _] = quantiles(values, 0.1);
    // Where the middle is flat, rounding errors are no steps of it.
    let scale = between(0.1).max(1e-6 * between(0.02));
    let scale = if scale > 0.0 { scale } else { 1e-9 * between(0.0) };
    if scale.is_finite() && scale > 0.0 { scale } else { low.abs().max(1e-300) }
}

/// The values below and above which this share of all lies.
pub fn quantiles(values: &[f64], share: f64) -> [f64; 2] {
    let mut sorted: Vec<f64> = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(last), cut) = (sorted.len().checked_sub(1), share * sorted.len() as f64) else { return [0.0, 0.0] };
    let cut = (cut as usize).min(last / 2);
    [sorted[cut], sorted[last - cut]]
}

struct Tracer<'f> {
    f: &'f mut dyn FnMut(f64) -> f64,
    /// How often the interval at work, and the whole range, may still be looked at closely.
    own: usize,
    rest: usize,
    /// The interval at work, and whether it goes up and down in it, if that was asked.
    within: [f64; 2],
    restless: Option<bool>,
    scale: f64,
    made: Trace,
    /// The piece at work.
    piece: Vec<[f64; 2]>,
    start: End,
}

impl Tracer<'_> {
    fn finish(&mut self, end: End) {
        let points = std::mem::take(&mut self.piece);
        match points[..] {
            [] => {}
            [point] => self.made.single.push(point),
            _ => self.made.pieces.push(Piece { points, ends: [self.start, end] }),
        }
    }

    fn begin(&mut self, start: End) {
        self.start = start;
        self.piece.clear();
    }

    fn interval(&mut self, a: [f64; 2], b: [f64; 2]) {
        match (a[1].is_finite(), b[1].is_finite()) {
            (true, true) => self.between(a, b, DEPTH),
            (true, false) => {
                self.push(a);
                let (path, end) = self.edge(a, b[0]);
                path.into_iter().for_each(|p| self.push(p));
                self.finish(end);
            }
            (false, true) => {
                let (path, start) = self.edge(b, a[0]);
                self.begin(start);
                path.into_iter().rev().for_each(|p| self.push(p));
                self.push(b);
            }
            (false, false) => {}
        }
    }

    fn push(&mut self, p: [f64; 2]) {
        if self.piece.last().is_none_or(|last| p[0] > last[0]) {
            self.piece.push(p);
        }
    }

    /// Both ends have values: points in between, more where the curve bends.
    fn between(&mut self, a: [f64; 2], b: [f64; 2], depth: u32) {
        self.push(a);
        let x = a[0] / 2.0 + b[0] / 2.0;
        if !(x > a[0] && x < b[0]) || self.own == 0 {
            return self.push(b);
        }
        self.own -= 1;
        self.spend(1);
        let middle = [x, (self.f)(x)];
        if !middle[1].is_finite() {
            self.interval(a, middle);
            return self.interval(middle, b);
        }
        let bend = (middle[1] - (a[1] / 2.0 + b[1] / 2.0)).abs();
        if bend <= 2e-4 * self.scale && (b[1] - a[1]).abs() < self.scale {
            self.push(middle);
            return self.push(b);
        }
        if depth > 0 {
            self.between(a, middle, depth - 1);
            return self.between(middle, b, depth - 1);
        }
        if bend > 0.02 * self.scale || (b[1] - a[1]).abs() > 0.02 * self.scale {
            return self.steep(a, middle, b);
        }
        self.push(middle);
        self.push(b);
    }

    fn spend(&mut self, looks: usize) {
        self.rest = self.rest.saturating_sub(looks);
    }

    /// Does the interval at work have more turns than a jump or a pole gives it? Then to look for these finds too many.
    fn is_restless(&mut self) -> bool {
        const PLACES: u32 = 16;
        if let Some(known) = self.restless {
            return known;
        }
        self.spend(PLACES as usize);
        let [from, to] = self.within;
        let at = |k: u32| from + (to - from) * (f64::from(k) / f64::from(PLACES));
        let heights: Vec<f64> = (0..=PLACES).map(|k| (self.f)(at(k))).collect();
        let rises: Vec<bool> = heights.windows(2).map(|w| w[1] > w[0]).collect();
        let found = rises.windows(2).filter(|w| w[0] != w[1]).count() > TURNS;
        self.restless = Some(found);
        found
    }

    /// Much happens between neighbours: a jump, a pole, or only a steep curve.
    fn steep(&mut self, a: [f64; 2], middle: [f64; 2], b: [f64; 2]) {
        if self.rest == 0 || self.is_restless() {
            self.push(middle);
            return self.push(b);
        }
        // A peak in the middle is climbed, else the larger half of the step is looked at.
        let peak = (middle[1] - a[1]) * (b[1] - middle[1]) < 0.0;
        if peak && let Some(x) = self.climb(a, middle, b) {
            return self.broken(a, [x, f64::INFINITY], b);
        }
        let (mut left, mut right) = (a, b);
        let step = (b[1] - a[1]).abs();
        for _ in 0..HALVES {
            let x = left[0] / 2.0 + right[0] / 2.0;
            // What becomes small with its interval is steep and no more than that.
            if !(x > left[0] && x < right[0]) || (right[1] - left[1]).abs() < SMALL * step {
                break;
            }
            self.spend(1);
            let p = [x, (self.f)(x)];
            if !p[1].is_finite() {
                self.interval(a, p);
                return self.interval(p, b);
            }
            let top = p[1].abs() > left[1].abs().max(right[1].abs());
            if top && let Some(x) = self.climb(left, p, right) {
                return self.broken(a, [x, f64::INFINITY], b);
            }
            if (p[1] - left[1]).abs() > (right[1] - p[1]).abs() { right = p } else { left = p }
        }
        let rest = (right[1] - left[1]).abs();
        let rounding = 1e-9 * left[1].abs().max(right[1].abs());
        if rest < SMALL * step || rest < 0.5 * step && rest < (0.01 * self.scale).max(rounding) {
            self.push(middle);
            return self.push(b);
        }
        self.jump(a, left, right, b, step);
    }

    /// A jump between two neighbouring doubles, or a pole that no double meets.
    fn jump(&mut self, a: [f64; 2], left: [f64; 2], right: [f64; 2], b: [f64; 2], step: f64) {
        if (right[1] - left[1]).abs() > 1e3 * step.max(self.scale) {
            let x = round_between(left[0], right[0]);
            return self.broken(a, [x, f64::INFINITY], b);
        }
        let x = round_between(left[0], right[0]);
        let at = [x, (self.f)(x)];
        let near = |y: f64| (at[1] - y).abs() <= 1e-6 * (right[1] - left[1]).abs();
        let end = |y: f64| if near(y) { End::Closed } else { End::Open };
        self.push([x, left[1]]);
        self.finish(end(left[1]));
        if at[1].is_finite() && !near(left[1]) && !near(right[1]) {
            self.made.single.push(at);
        }
        self.begin(end(right[1]));
        self.push([x, right[1]]);
        self.push(b);
    }

    /// Does the function rise without end between these? Then where.
    fn climb(&mut self, mut a: [f64; 2], mut top: [f64; 2], mut b: [f64; 2]) -> Option<f64> {
        self.spend(2 * HALVES);
        let sign = (top[1] - a[1]).signum();
        for _ in 0..HALVES {
            for side in [a, b] {
                let x = side[0] / 2.0 + top[0] / 2.0;
                let p = [x, (self.f)(x)];
                if !p[1].is_finite() {
                    return Some(x);
                }
                if sign * p[1] > sign * top[1] {
                    if x < top[0] {
                        b = top
                    } else {
                        a = top
                    }
                    top = p;
                } else if x < top[0] {
                    a = p;
                } else if x > top[0] {
                    b = p;
                }
            }
        }
        (sign * top[1] > 1e6 * self.scale.max(1e-300)).then(|| round_between(a[0], b[0]))
    }

    /// A place without a value between two values.
    fn broken(&mut self, a: [f64; 2], at: [f64; 2], b: [f64; 2]) {
        let (mut path, _) = self.towards(a, at[0]);
        self.before_pole(&mut path);
        path.into_iter().for_each(|p| self.push(p));
        self.finish(End::Pole);
        let (mut path, _) = self.towards(b, at[0]);
        self.before_pole(&mut path);
        self.begin(End::Pole);
        path.into_iter().rev().for_each(|p| self.push(p));
        self.push(b);
    }

    /// A path to a pole, up to where it changes its sign: no double is where the pole is, so that the last steps may lead past
    /// it.
    fn before_pole(&self, path: &mut Vec<[f64; 2]>) {
        let far = 1e3 * self.scale;
        let past = |w: &[[f64; 2]]| w[0][1] * w[1][1] < 0.0 && w[0][1].abs().min(w[1][1].abs()) > far;
        if let Some(k) = path.windows(2).position(past) {
            path.truncate(k + 1);
        }
    }

    /// Points ever nearer to a place, and how the values behave.
    fn towards(&mut self, from: [f64; 2], place: f64) -> (Vec<[f64; 2]>, Vec<f64>) {
        let (mut path, mut heights) = (Vec::new(), vec![from[1]]);
        for k in 1..=24 {
            let x = place + (from[0] - place) * 0.25_f64.powi(k);
            let y = if x == place { f64::NAN } else { (self.f)(x) };
            if !y.is_finite() {
                break;
            }
            path.push([x, y]);
            heights.push(y);
        }
        (path, heights)
    }

    /// From a value to where there is none: the points on the way to the edge, and what is there.
    fn edge(&mut self, from: [f64; 2], without: f64) -> (Vec<[f64; 2]>, End) {
        let (mut inside, mut outside) = (from[0], without);
        for _ in 0..HALVES {
            let x = inside / 2.0 + outside / 2.0;
            if x == inside || x == outside {
                break;
            }
            if (self.f)(x).is_finite() { inside = x } else { outside = x }
        }
        let place = round_between(inside, outside);
        let (mut path, heights) = self.towards(from, place);
        let at = (self.f)(place);
        if at.is_finite() {
            path.push([place, at]);
            return (path, End::Closed);
        }
        match limit(&heights, self.scale) {
            Some(y) => {
                path.push([place, y]);
                (path, End::Open)
            }
            None if is_growing(&heights) => (path, End::Pole),
            None => (path, End::Restless),
        }
    }
}

/// Where values settle, if they do: their steps become smaller by a factor each time, or vanish.
fn limit(heights: &[f64], scale: f64) -> Option<f64> {
    let steps: Vec<f64> = heights.windows(2).map(|w| (w[1] - w[0]).abs()).collect();
    let last = *heights.last()?;
    let settled = |s: &[f64]| s.iter().all(|d| *d <= 1e-9 * scale.max(last.abs()));
    let tail = &steps[steps.len().saturating_sub(4)..];
    let shrinking = tail.windows(2).all(|w| w[1] <= 0.8 * w[0]);
    (settled(tail) || (tail.len() > 1 && shrinking)).then_some(last)
}

/// Do values go to infinity, one larger than the other?
fn is_growing(heights: &[f64]) -> bool {
    let tail = &heights[heights.len().saturating_sub(8)..];
    tail.windows(2).all(|w| w[1] > w[0]) || tail.windows(2).all(|w| w[1] < w[0])
}

/// The number with the fewest digits between two, as far as doubles tell them apart.
fn round_between(a: f64, b: f64) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    let slack = 4.0 * f64::EPSILON * low.abs().max(high.abs());
    if low - slack <= 1e-300 && high + slack >= -1e-300 {
        return 0.0;
    }
    let fits = |x: &f64| *x >= low - slack && *x <= high + slack;
    (0..17).filter_map(|digits| format!("{:.digits$e}", low / 2.0 + high / 2.0).parse().ok()).find(fits).unwrap_or(low)
}
