//! The verdict on one entry of a derivative: what the engines say of it, against the slopes of nudges.

use wrt_balls::Ball;

use crate::engines::Held;
use crate::probe::{Probe, Side, Slopes};
use crate::report::{Engine, MAX_AGREEMENT, Place, Reading, Slope, Verdict, Why, agreement, differ, text};
use crate::undefined::Undefined;

/// Engines that agree to fewer digits disagree.
pub(crate) const NEEDED: u32 = 15;

/// The formula itself has no finite value there.
pub(crate) fn no_value(undefined: &Undefined) -> Verdict {
    let cause = undefined.cause.as_ref();
    let why = match cause.map(|(_, ball)| ball) {
        Some(Ball::PosInf | Ball::NegInf) => Why::Pole,
        Some(Ball::Undefined) => Why::Undefined,
        _ => Why::Beyond,
    };
    Verdict::NoDerivative { why, cause: cause.map(|(id, _)| *id), left: Slope::Nothing, right: Slope::Nothing }
}

/// One entry of a derivative with the values that the engines give it.
pub(crate) struct Subject<'a> {
    pub probe: &'a Probe<'a>,
    /// Which entry of the formula.
    pub row: usize,
    /// Is the subexpression to blame looked for?
    pub blame: bool,
    pub held: &'a [(&'static str, &'a Held)],
}

impl Subject<'_> {
    /// The values that are numbers.
    fn finite(&self) -> impl Iterator<Item = &(&'static str, &Held)> {
        self.held.iter().filter(|(_, h)| h.ball.is_finite())
    }

    pub fn reading(&self, place: Place, slopes: &Slopes, verdict: Verdict) -> Reading {
        let reference = slopes.central.clone().or_else(|| self.finite().next().map(|(_, h)| h.ball.clone()));
        let digits = |ball: &Ball| reference.as_ref().map_or(0, |r| agreement(ball, r, &slopes.scale));
        let mut engines = self.engines(digits);
        if let Some(central) = &slopes.central {
            let digits = self.finite().map(|(_, h)| digits(&h.ball)).min().unwrap_or(0);
            engines.push(Engine { name: "nudge", value: text(central), digits, counts: true });
        }
        Reading { place, engines, value: self.value(&verdict), verdict, decided: false }
    }

    /// Have all engines what the sides say: the slope, or one between those of the two sides?
    pub fn is_as_ruled(&self, exact: &Slopes) -> bool {
        let sides: Vec<&Ball> = [&exact.left, &exact.right].into_iter().filter_map(number).collect();
        let fits = |ball: &Ball| match &exact.central {
            Some(central) => agreement(ball, central, &exact.scale) >= NEEDED || !differ(ball, central),
            None => sides.iter().any(|s| agreement(ball, s, &exact.scale) >= NEEDED) || inside(ball, &sides),
        };
        !self.held.is_empty() && self.held.iter().all(|(_, h)| h.ball.is_finite() && fits(&h.ball))
    }

    /// What the one-sided slopes say. Where the rules have no value, or none that fits, the slope is the value, and at a
    /// kink the mean of the two.
    pub fn decided(&self, place: Place, exact: &Slopes, nudged: Option<&Slopes>) -> Reading {
        if self.is_as_ruled(exact) {
            return self.reading(place, exact, self.verdict(exact));
        }
        let (value, verdict) = match (&exact.central, &exact.left, &exact.right) {
            (Some(central), ..) => (Some(central.clone()), Verdict::Agreement { digits: MAX_AGREEMENT }),
            (None, Side::Slope(left), Side::Slope(right)) => {
                let sides = Verdict::Kink { left: slope(&exact.left), right: slope(&exact.right) };
                (Some(left.add(right, 512).mul_2exp(-1)), sides)
            }
            _ => (None, self.verdict(exact)),
        };
        let reference = value.clone().unwrap_or(Ball::Unknown);
        let mut engines = self.engines(|ball| agreement(ball, &reference, &exact.scale));
        engines.iter_mut().for_each(|e| e.counts = false);
        if let Some(value) = &value {
            let found = text(value);
            if let Some(central) = nudged.and_then(|n| n.central.as_ref()) {
                let digits = agreement(central, value, &exact.scale);
                engines.push(Engine { name: "nudge", value: text(central), digits, counts: true });
            }
            engines.push(Engine { name: "series", value: found, digits: MAX_AGREEMENT, counts: true });
        }
        Reading { place, engines, value: value.as_ref().map(crate::report::text), verdict, decided: value.is_some() }
    }

    /// The engines against reverse mode, nothing nudged.
    pub fn trusted(&self, place: Place) -> Reading {
        let reference =
            self.held.iter().find(|(name, _)| *name == "reverse").map_or(Ball::Unknown, |(_, h)| h.ball.clone());
        let digits = |ball: &Ball| agreement(ball, &reference, &Ball::zero());
        let least = self.finite().map(|(_, h)| digits(&h.ball)).min().unwrap_or(0);
        let apart = self.finite().any(|(_, h)| differ(&h.ball, &reference));
        let verdict =
            if least < NEEDED && apart { Verdict::Disagreement } else { Verdict::Agreement { digits: least } };
        Reading { place, engines: self.engines(digits), value: self.value(&verdict), verdict, decided: false }
    }

    fn engines(&self, digits: impl Fn(&Ball) -> u32) -> Vec<Engine> {
        let engine = |(name, h): &(&'static str, &Held)| Engine {
            name,
            value: h.text(),
            digits: digits(&h.ball),
            counts: h.ball.is_finite(),
        };
        self.held.iter().map(engine).collect()
    }

    /// The derivative's own value, where it exists; a formula for people may have none where that has one.
    fn value(&self, verdict: &Verdict) -> Option<String> {
        let exists = matches!(verdict, Verdict::Agreement { .. } | Verdict::Kink { .. });
        let own = self.finite().find(|(name, _)| *name != "formula").or_else(|| self.finite().next());
        own.filter(|_| exists).map(|(_, h)| h.number())
    }

    pub fn verdict(&self, slopes: &Slopes) -> Verdict {
        let blamed = |bad: &dyn Fn(&Slopes) -> bool| self.blame.then(|| self.probe.culprit(self.row, bad)).flatten();
        let none =
            |why, cause| Verdict::NoDerivative { why, cause, left: slope(&slopes.left), right: slope(&slopes.right) };
        let any = |s: &Slopes, is: fn(&Side) -> bool| [&s.left, &s.right].into_iter().any(is);
        let steep = |s: &Slopes| any(s, |s| matches!(s, Side::Infinite(_)));
        let jumps = |s: &Slopes| any(s, |s| matches!(s, Side::Jump));
        let rough = |s: &Slopes| s.central.is_none();
        if let Some(central) = &slopes.central {
            if self.finite().next().is_none() {
                return none(Why::Open, blamed(&|s| steep(s) || s.central.is_none()));
            }
            let digits = self.finite().map(|(_, h)| agreement(&h.ball, central, &slopes.scale)).min().unwrap_or(0);
            let apart = self.finite().any(|(_, h)| differ(&h.ball, central));
            return if digits < NEEDED && apart { Verdict::Disagreement } else { Verdict::Agreement { digits } };
        }
        if steep(slopes) {
            return none(Why::Steep, blamed(&steep));
        }
        if jumps(slopes) {
            return none(Why::Jump, blamed(&jumps));
        }
        let sides: Vec<&Ball> = [&slopes.left, &slopes.right].into_iter().filter_map(number).collect();
        if sides.is_empty() || any(slopes, |s| matches!(s, Side::Open)) {
            let ends = any(slopes, |s| matches!(s, Side::Nothing));
            return none(if ends { Why::Undefined } else { Why::Open }, blamed(&rough));
        }
        if self.finite().next().is_none() {
            return none(Why::Open, blamed(&rough));
        }
        let between = |(_, h): &(&'static str, &Held)| {
            sides.iter().any(|s| agreement(&h.ball, s, &slopes.scale) >= NEEDED) || inside(&h.ball, &sides)
        };
        if self.finite().all(between) {
            Verdict::Kink { left: slope(&slopes.left), right: slope(&slopes.right) }
        } else {
            Verdict::Disagreement
        }
    }
}

fn number(side: &Side) -> Option<&Ball> {
    match side {
        Side::Slope(ball) => Some(ball),
        _ => None,
    }
}

/// Is a value above one side's slope and below the other's?
fn inside(value: &Ball, sides: &[&Ball]) -> bool {
    let above = |s: &&Ball| value.sub(s, 128).is_positive();
    let below = |s: &&Ball| s.sub(value, 128).is_positive();
    sides.iter().any(above) && sides.iter().any(below)
}

fn slope(side: &Side) -> Slope {
    match side {
        Side::Slope(ball) => Slope::Number(text(ball)),
        Side::Infinite(positive) => Slope::Infinite { negative: !positive },
        Side::Nothing => Slope::Nothing,
        Side::Jump => Slope::Jump,
        Side::Open => Slope::Open,
    }
}
