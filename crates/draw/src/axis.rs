//! Axes: ranges that can be drawn, round ticks, and numbers with as many digits as they deserve.

/// An axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis {
    /// What is measured.
    pub name: String,
    /// The smallest and the largest value shown.
    pub range: (f64, f64),
    /// How values become places.
    pub scale: Scale,
}

/// How values become places.
#[derive(Clone, PartialEq, Debug)]
pub enum Scale {
    /// Equal steps are equally long.
    Linear,
    /// Equal factors are equally long.
    Log,
    /// Names for 0, 1, 2, …, each in the middle of its unit.
    Names(Vec<String>),
}

/// How many more ticks are tried where there are too few.
const FINER: usize = 8;

/// The largest value that is drawn, so that differences exist.
const LARGEST: f64 = 1e307;

impl Axis {
    /// An axis with equal steps; a range without extent is widened.
    pub fn linear(name: impl Into<String>, from: f64, to: f64) -> Axis {
        Axis { name: name.into(), range: widened(from, to), scale: Scale::Linear }
    }

    /// An axis of positive values with equal factors.
    pub fn log(name: impl Into<String>, from: f64, to: f64) -> Axis {
        let from = if from.is_finite() && from > 0.0 { from } else { f64::MIN_POSITIVE };
        let to = if to.is_finite() && to > from { to } else { from * 10.0 };
        Axis { name: name.into(), range: (from, to), scale: Scale::Log }
    }

    /// An axis of names.
    pub fn names(name: impl Into<String>, names: Vec<String>) -> Axis {
        Axis { name: name.into(), range: (0.0, names.len().max(1) as f64), scale: Scale::Names(names) }
    }

    /// The place of a value: 0 at the beginning of the axis, 1 at its end.
    pub fn place(&self, value: f64) -> f64 {
        let (from, to) = self.range;
        match self.scale {
            Scale::Log if value > 0.0 => (value.ln() - from.ln()) / (to.ln() - from.ln()),
            Scale::Log => f64::NEG_INFINITY,
            // Halves, as the difference may be larger than any double.
            _ => (value / 2.0 - from / 2.0) / (to / 2.0 - from / 2.0),
        }
    }

    /// Round values with their texts, at most about so many.
    pub fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        match &self.scale {
            Scale::Linear => {
                // One number alone says little.
                let finer = (most..most + FINER).map(|most| linear_ticks(self.range, most)).find(|t| t.len() > 2);
                finer.unwrap_or_else(|| linear_ticks(self.range, most))
            }
            Scale::Log => log_ticks(self.range, most),
            Scale::Names(names) => names.iter().enumerate().map(|(k, n)| (k as f64 + 0.5, n.clone())).collect(),
        }
    }
}

fn widened(from: f64, to: f64) -> (f64, f64) {
    let clean = |x: f64| if x.is_nan() { 0.0 } else { x.clamp(-LARGEST, LARGEST) };
    let (from, to) = (clean(from.min(to)), clean(from.max(to)));
    let least = from.abs().max(to.abs()) * 1e-12;
    if to / 2.0 - from / 2.0 > least / 2.0 {
        return (from, to);
    }
    let more = if from == 0.0 { 1.0 } else { from.abs() / 2.0 };
    (from - more, to + more)
}

/// The smallest of 1, 2, 5, 10, … (times any power of ten) that is not below `least`.
pub fn nice_step(least: f64) -> f64 {
    if !(least.is_finite() && least > 0.0) {
        return 1.0;
    }
    let power = least.log10().floor() as i32;
    let steps = [(1, power), (2, power), (5, power), (1, power + 1)];
    let values = steps.map(|(digit, power)| decimal(digit, power));
    values.into_iter().find(|s| *s >= least * (1.0 - 1e-9)).unwrap_or(values[3])
}

/// The double nearest to a whole number times a power of ten.
fn decimal(digits: i64, power: i32) -> f64 {
    format!("{digits}e{power}").parse().unwrap_or(f64::NAN)
}

fn linear_ticks((from, to): (f64, f64), most: usize) -> Vec<(f64, String)> {
    let step = nice_step((to / 2.0 - from / 2.0) / (most.max(1) as f64 / 2.0));
    let power = step.log10().floor() as i32;
    let digit = (step / decimal(1, power)).round() as i64;
    let slack = 1e-9 * step;
    let (first, last) = (((from - slack) / step).ceil(), ((to + slack) / step).floor());
    if !(first.abs() < 1e15 && last.abs() < 1e15) {
        return Vec::new();
    }
    let (first, last) = (first as i64, last as i64);
    let largest = from.abs().max(to.abs());
    let plain = largest < 1e6 && (largest >= 1e-3 || power >= -4);
    let values = (first..=last).map(|k| (k * digit, decimal(k * digit, power)));
    let text = |n: i64, value: f64| match (n, plain) {
        (0, _) => "0".to_string(),
        (_, true) => typographic(&format!("{value:.*}", usize::try_from(-power).unwrap_or(0))),
        (_, false) => scientific(n, power),
    };
    values.map(|(n, value)| (value, text(n, value))).collect()
}

/// `2×10⁵` for 2, 5.
fn scientific(n: i64, power: i32) -> String {
    let digits = n.unsigned_abs().to_string();
    let trimmed = digits.trim_end_matches('0');
    let exponent = power + digits.len() as i32 - 1;
    let sign = if n < 0 { "−" } else { "" };
    let (head, tail) = trimmed.split_at(trimmed.len().min(1));
    let mantissa = if tail.is_empty() { head.to_string() } else { format!("{head}.{tail}") };
    match (mantissa.as_str(), exponent) {
        (m, 0) => format!("{sign}{m}"),
        ("1", e) => format!("{sign}10{}", superscript(e)),
        (m, e) => format!("{sign}{m}×10{}", superscript(e)),
    }
}

fn superscript(n: i32) -> String {
    let raised = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => c.to_digit(10).and_then(|d| char::from_u32(0x2070 + d)).unwrap_or(c),
    };
    n.to_string().chars().map(raised).collect()
}

fn log_ticks((from, to): (f64, f64), most: usize) -> Vec<(f64, String)> {
    let (first, last) = ((from.log10() - 1e-9).ceil() as i32, (to.log10() + 1e-9).floor() as i32);
    let decades = usize::try_from(last - first + 1).unwrap_or(0);
    if decades < 2 {
        return linear_ticks((from, to), most).into_iter().filter(|(v, _)| *v > 0.0).collect();
    }
    let every = [1, 2, 3, 5, 10, 20, 50, 100].into_iter().find(|e| decades / e <= most.max(1)).unwrap_or(200);
    let round = (first..=last).filter(|p| p.rem_euclid(every as i32) == 0);
    round
        .map(|p| (decimal(1, p), if (0..3).contains(&p) { decimal(1, p).to_string() } else { scientific(1, p) }))
        .collect()
}

/// With the minus sign of typography.
fn typographic(text: &str) -> String {
    let unsigned = text.trim_start_matches('-');
    if unsigned.len() < text.len() { format!("−{unsigned}") } else { text.to_string() }
}

/// A number for a label: so many digits at most, none that say nothing.
///
/// ```
/// let all = [6.0, -1.0 / 3.0, 1e300, 0.00025, 1234567.0, 66.0000000001].map(|x| wrt_draw::number(x, 6));
/// assert_eq!(all, ["6", "-0.333333", "1e300", "0.00025", "1234570", "66"]);
/// ```
pub fn number(x: f64, digits: usize) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 { "0".to_string() } else { x.to_string() };
    }
    let rounded: f64 = format!("{x:.*e}", digits.saturating_sub(1)).parse().unwrap_or(x);
    if (1e-4..1e9).contains(&rounded.abs()) { format!("{rounded}") } else { format!("{rounded:e}") }
}
