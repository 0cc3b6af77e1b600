//! What a check found.

use wrt_balls::Ball;
use wrt_core::{Id, Number};

/// Agreement is counted up to this many digits.
pub const MAX_AGREEMENT: u32 = 30;

/// What a check found, for each input.
#[derive(Clone, Debug)]
pub struct Report {
    /// One for each input.
    pub parts: Vec<Part>,
}

/// What a check found for one input.
#[derive(Clone, Debug)]
pub struct Part {
    /// The input.
    pub wrt: Id,
    /// The derivative to some digits, where it exists; at a kink the value that is chosen.
    pub value: Option<String>,
    /// Each engine with its value and how far it agrees.
    pub engines: Vec<Engine>,
    /// What follows.
    pub verdict: Verdict,
}

/// One way to the derivative.
#[derive(Clone, PartialEq, Debug)]
pub struct Engine {
    /// Its name: formula, forward, reverse, nudge, doubles.
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

/// The result for one input.
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
    /// The slope does not settle, or no rule gives a value.
    Open,
    /// The table says that there is none.
    NoRule,
}

impl Report {
    /// Do all engines agree everywhere, kinks included?
    pub fn agrees(&self) -> bool {
        self.parts.iter().all(|p| matches!(p.verdict, Verdict::Agreement { .. } | Verdict::Kink { .. }))
    }

    /// Is there an input for which the engines differ?
    pub fn disagrees(&self) -> bool {
        self.parts.iter().any(|p| p.verdict == Verdict::Disagreement)
    }

    /// The digits to which all engines agree; none at kinks and where there is no derivative.
    pub fn digits(&self) -> Option<u32> {
        let digits = |p: &Part| match p.verdict {
            Verdict::Agreement { digits } => Some(digits),
            _ => None,
        };
        self.parts.iter().map(digits).min().flatten()
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
    if gap.is_zero() || (a.is_zero() && b.contains_zero()) || (b.is_zero() && a.contains_zero()) {
        return MAX_AGREEMENT;
    }
    let worst = gap.div(&size.midpoint(), 64).to_f64_bounds().1.max(1e-300);
    (-worst.log10()).floor().clamp(0.0, f64::from(MAX_AGREEMENT)) as u32
}

fn larger(a: &Ball, b: &Ball) -> Ball {
    a.max(b, 128)
}

impl Report {
    /// Holds the report against a gradient computed elsewhere, in doubles and in the order of the parts.
    ///
    /// Each part gets one engine more, named `yours`, which must agree to `digits` digits; a part where the gradient
    /// has no entry, or another value, becomes a disagreement. Where there is no derivative nothing is compared.
    pub fn against(&mut self, gradient: &[f64], digits: u32) {
        for (k, part) in self.parts.iter_mut().enumerate() {
            let own = gradient.get(k).copied().unwrap_or(f64::NAN);
            let known = part.value.as_deref().and_then(|text| Number::parse(text).ok());
            let Some(known) = known else { continue };
            let (a, b) = (Ball::from_f64(own), Ball::from_rational(&known.to_rbig(), 200));
            let agreed = agreement(&a, &b, &Ball::zero());
            part.engines.push(Engine { name: "yours", value: format!("{own:?}"), digits: agreed, counts: true });
            let between = match &part.verdict {
                Verdict::Kink { left: Slope::Number(l), right: Slope::Number(r) } => within(own, l, r),
                _ => false,
            };
            if agreed < digits && !between {
                part.verdict = Verdict::Disagreement;
            }
        }
    }
}

/// Is a double between two slopes?
fn within(x: f64, left: &str, right: &str) -> bool {
    let (Ok(l), Ok(r)) = (left.parse::<f64>(), right.parse::<f64>()) else { return false };
    l.min(r) <= x && x <= l.max(r)
}
