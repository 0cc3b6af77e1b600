//! What a check found.

use wrt_balls::Ball;
use wrt_core::{Id, Number};

/// What is not told from zero and is no larger than this is zero.
pub(crate) const NOTHING: f64 = 1e-30;

/// Agreement is counted up to this many digits.
pub const MAX_AGREEMENT: u32 = 30;

/// The engines that follow the rules.
const RULES: [&str; 3] = ["formula", "forward", "reverse"];

/// What the judge found, for each derivative.
#[derive(Clone, Debug)]
pub struct Report {
    /// One for each claim.
    pub findings: Vec<Finding>,
    /// Is the slope along a direction the sum of the partial derivatives, as far as that was looked at?
    pub is_total: bool,
}

/// How much of a derivative was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Extent {
    /// How many entries what moves has, …
    pub entries: usize,
    /// … and how many of them were moved one at a time.
    pub moved: usize,
    /// Along how many random directions it was moved beside.
    pub directions: usize,
    /// Was it moved together with what the other derivatives are by?
    pub together: bool,
    /// Was nothing nudged, for derivatives that the text gives are trusted?
    pub trusted: bool,
}

/// What the judge found for one derivative.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The derivative's shape.
    pub shape: Vec<usize>,
    /// How much of it was looked at.
    pub extent: Extent,
    /// What was found for each entry of the derivative that was looked at.
    pub readings: Vec<Reading>,
}

/// Which entry of a derivative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Its place, row by row.
    Entry(usize),
    /// None: the change along a random direction.
    Direction,
}

/// What the judge found for one entry of a derivative.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Which.
    pub place: Place,
    /// Each engine with its value and how far it agrees.
    pub engines: Vec<Engine>,
    /// What follows.
    pub verdict: Verdict,
    /// The derivative to some digits, where it exists; at a kink the value that is chosen.
    pub value: Option<String>,
    /// Was that decided by one-sided series, as the rules have no value there, or another one?
    pub decided: bool,
}

/// One way to the derivative.
#[derive(Clone, PartialEq, Debug)]
pub struct Engine {
    /// Its name: formula, forward, reverse, nudge, series, doubles.
    pub name: &'static str,
    /// Its value in digits, `NaN`, `Infinity` or `-Infinity`.
    pub value: String,
    /// The digits that agree with nudging (for nudging itself: with the certified derivative).
    pub digits: u32,
    /// Does it count for the verdict? Plain doubles don't: they show round-off.
    pub counts: bool,
}

/// A slope from one side.
#[derive(Clone, PartialEq, Debug)]
pub enum Slope {
    /// Some digits.
    Number(String),
    /// Steeper than every line.
    Infinite {
        /// Downwards?
        negative: bool,
    },
    /// The formula has no value on that side.
    Nothing,
    /// The value jumps there.
    Jump,
    /// The quotients don't settle.
    Open,
}

/// The result for one entry.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// All agree.
    Agreement {
        /// To so many digits at least.
        digits: u32,
    },
    /// The slopes of the two sides differ and the derivative is one of the values between.
    Kink {
        /// From the left.
        left: Slope,
        /// From the right.
        right: Slope,
    },
    /// The engines differ.
    Disagreement,
    /// There is no derivative.
    NoDerivative {
        /// What happens.
        why: Why,
        /// The subexpression that caused it.
        cause: Option<Id>,
        /// The slope from the left.
        left: Slope,
        /// The slope from the right.
        right: Slope,
    },
}

/// Why there is no derivative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// A subexpression is infinite.
    Pole,
    /// A subexpression is not defined.
    Undefined,
    /// A subexpression is beyond the numbers that can be represented.
    Beyond,
    /// The slope is infinite.
    Steep,
    /// The value jumps.
    Jump,
    /// The slopes of the sides differ, and those along other directions are no sums of them.
    Cone,
    /// The slope does not settle, or no rule gives a value.
    Open,
}

impl Finding {
    /// The digits to which all engines agree at all entries; none at kinks and where there is no derivative.
    pub fn digits(&self) -> Option<u32> {
        let digits = |r: &Reading| match r.verdict {
            Verdict::Agreement { digits } => Some(digits),
            _ => None,
        };
        // Of nothing all agree.
        self.readings.iter().map(digits).min().unwrap_or(Some(MAX_AGREEMENT))
    }

    /// Takes kinks back for which no row states a choice, in a row of the derivative: a cone has no slope to choose.
    pub(crate) fn without_choice(&mut self, row: usize) {
        let columns = self.extent.entries.max(1);
        for reading in &mut self.readings {
            let Place::Entry(place) = reading.place else { continue };
            let ruled = |e: &Engine| RULES.contains(&e.name) && !matches!(&*e.value, "NaN" | "Infinity" | "-Infinity");
            if let (Verdict::Kink { left, right }, true) = (&reading.verdict, reading.decided)
                && place / columns == row
                && !reading.engines.iter().any(ruled)
            {
                let (left, right) = (left.clone(), right.clone());
                reading.verdict = Verdict::NoDerivative { why: Why::Cone, cause: None, left, right };
                (reading.value, reading.decided) = (None, false);
            }
        }
    }

    /// Do engines differ at an entry?
    pub fn disagrees(&self) -> bool {
        self.readings.iter().any(|r| r.verdict == Verdict::Disagreement)
    }

    /// Do all engines agree everywhere, kinks included?
    pub fn agrees(&self) -> bool {
        self.readings.iter().all(|r| matches!(r.verdict, Verdict::Agreement { .. } | Verdict::Kink { .. }))
    }
}

impl Report {
    /// Do all engines agree everywhere, kinks included?
    pub fn agrees(&self) -> bool {
        self.findings.iter().all(Finding::agrees)
    }

    /// Is there a derivative for which the engines differ?
    pub fn disagrees(&self) -> bool {
        self.findings.iter().any(Finding::disagrees)
    }

    /// The digits to which all engines agree; none at kinks and where there is no derivative.
    pub fn digits(&self) -> Option<u32> {
        // Of nothing all agree.
        self.findings.iter().map(Finding::digits).min().unwrap_or(Some(MAX_AGREEMENT))
    }
}

/// The decimal digits to which two enclosures agree, at most [`MAX_AGREEMENT`].
///
/// Differences that are nothing beside `scale` are none.
pub(crate) fn agreement(a: &Ball, b: &Ball, scale: &Ball) -> u32 {
    if !a.is_finite() || !b.is_finite() {
        return 0;
    }
    let gap = a.sub(b, 512).abs();
    let size = larger(&larger(&a.abs(), &b.abs()), &scale.abs().mul_2exp(-100));
    let none = |x: &Ball| x.contains_zero() && x.to_f64_bounds().1 <= NOTHING;
    let exact = a.is_zero() && b.contains_zero() || b.is_zero() && a.contains_zero();
    if gap.is_zero() || exact || none(a) && none(b) {
        return MAX_AGREEMENT;
    }
    let worst = gap.div(&size.midpoint(), 64).to_f64_bounds().1.max(1e-300);
    (-worst.log10()).floor().clamp(0.0, f64::from(MAX_AGREEMENT)) as u32
}

fn larger(a: &Ball, b: &Ball) -> Ball {
    a.max(b, 128)
}

/// Are two enclosures certainly not of one number?
pub(crate) fn differ(a: &Ball, b: &Ball) -> bool {
    !a.sub(b, 512).contains_zero()
}

/// The digits of a ball: those that are sure, at most thirty, without needless zeros.
pub(crate) fn text(ball: &Ball) -> String {
    if ball.contains_zero() {
        return "0".to_string();
    }
    let found = (3..=MAX_AGREEMENT as usize).rev().find_map(|digits| ball.to_decimal(digits));
    let text = found.unwrap_or_else(|| ball.to_string());
    match text.split_once('.') {
        Some(_) if !text.contains('e') => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        _ => text,
    }
}

impl Finding {
    /// Holds the finding against a derivative computed elsewhere, in doubles.
    ///
    /// Each entry that was looked at gets one engine more, named `yours`, which must agree to `digits` digits; where it
    /// has no value, or another one, the entry becomes a disagreement. Where there is no derivative nothing is compared.
    pub fn against(&mut self, yours: &[f64], digits: u32) {
        for reading in &mut self.readings {
            let Place::Entry(place) = reading.place else { continue };
            let own = yours.get(place).copied().unwrap_or(f64::NAN);
            let known = reading.value.as_deref().and_then(|text| Number::parse(text).ok());
            let Some(known) = known else { continue };
            let (a, b) = (Ball::from_f64(own), Ball::from_rational(&known.to_rbig(), 200));
            let agreed = agreement(&a, &b, &Ball::zero());
            reading.engines.push(Engine { name: "yours", value: format!("{own:?}"), digits: agreed, counts: true });
            let between = match &reading.verdict {
                Verdict::Kink { left: Slope::Number(l), right: Slope::Number(r) } => within(own, l, r),
                _ => false,
            };
            if agreed < digits && !between {
                reading.verdict = Verdict::Disagreement;
            }
        }
    }
}

/// Is a double between two slopes?
fn within(x: f64, left: &str, right: &str) -> bool {
    let (Ok(l), Ok(r)) = (left.parse::<f64>(), right.parse::<f64>()) else { return false };
    l.min(r) <= x && x <= l.max(r)
}
