//! What the judge found, with names and sentences.

use std::fmt;

use wrt_check::{Extent, Place, Reading, Slope, Verdict, Why};
use wrt_core::Graph;
use wrt_view::Form;

use crate::written::Unread;

/// In which engines are told.
const ORDER: [&str; 7] = ["formula", "forward", "reverse", "nudge", "series", "doubles", "yours"];

/// With fewer digits in common nothing is decided.
const DECIDED: u32 = 9;

/// So many entries at which there is something to say are told one by one.
const TOLD: usize = 3;

/// Every way to the derivatives of a formula, at one point, held against nudging.
///
/// ```
/// let report = wrt::check(&wrt::parse("w^2")?, &[("w", 3.0)])?;
/// assert!(report.agrees());
/// assert_eq!(report.digits(), Some(30));
/// # Ok::<(), wrt::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    /// What was found for each derivative.
    pub findings: Vec<Finding>,
    /// Why the formulas were not read back from what is printed.
    pub unread: Option<Unread>,
    pub(crate) found: wrt_check::Report,
}

/// What was found for one derivative.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// What it is with respect to: `w`, or `w,x` for a second derivative.
    pub name: String,
    /// `dJ/dw`
    pub heading: String,
    /// The sizes of its axes.
    pub shape: Vec<usize>,
    /// How much of it was looked at.
    pub extent: Extent,
    /// The derivative's digits, where it is one number and exists.
    pub value: Option<String>,
    /// Each engine's name, its value where the derivative is one number, and the digits to which it agrees, at the worst
    /// of the entries.
    pub engines: Vec<(&'static str, Option<String>, u32)>,
    /// Engines that had no number at some entry, and don't count.
    pub silent: Vec<&'static str>,
    /// One word, of the worst entry: agreement, kink, none or disagreement.
    pub verdict: &'static str,
    /// The digits to which all agree, where they do.
    pub digits: Option<u32>,
    /// The entries at which there is no plain agreement.
    pub special: Vec<Special>,
}

/// An entry of a derivative at which there is no plain agreement.
#[derive(Clone, PartialEq, Debug)]
pub struct Special {
    /// Its position; none for the change along a random direction.
    pub place: Option<Vec<usize>>,
    /// One word: kink, none or disagreement.
    pub verdict: &'static str,
    /// The verdict in a sentence.
    pub sentence: String,
    /// The subexpression that is to blame, where there is no derivative.
    pub cause: Option<String>,
    /// The slopes from the left and from the right.
    pub sides: Option<(String, String)>,
    /// The value of an infinite slope: is it downwards?
    pub endless: Option<bool>,
    /// Is only the formula's value beyond the range of numbers?
    pub beyond: bool,
}

impl Finding {
    fn new(graph: &Graph, found: &wrt_check::Finding, name: &str, heading: &str) -> Finding {
        let single = found.shape.is_empty();
        let special: Vec<Special> =
            found.readings.iter().filter_map(|r| Special::new(graph, r, &found.shape)).collect();
        let worst = ["disagreement", "none", "kink"].into_iter().find(|v| special.iter().any(|s| s.verdict == *v));
        let mut engines: Vec<(&'static str, Option<String>, u32)> = Vec::new();
        for engine in found.readings.iter().flat_map(|r| &r.engines) {
            match engines.iter_mut().find(|(name, ..)| *name == engine.name) {
                Some((_, _, digits)) => *digits = engine.digits.min(*digits),
                None => engines.push((engine.name, single.then(|| engine.value.clone()), engine.digits)),
            }
        }
        engines.sort_by_key(|(name, ..)| ORDER.iter().position(|own| own == name));
        Finding {
            name: name.to_string(),
            heading: heading.to_string(),
            shape: found.shape.clone(),
            extent: found.extent,
            value: found.readings.first().filter(|_| single).and_then(|r| r.value.clone()),
            engines,
            silent: {
                let silent = found.readings.iter().flat_map(|r| &r.engines).filter(|e| !e.counts).map(|e| e.name);
                silent.collect()
            },
            verdict: worst.unwrap_or("agreement"),
            digits: found.digits(),
            special,
        }
    }

    /// Takes what was found at another point as well.
    fn add(&mut self, other: &Finding) {
        for (name, _, digits) in &other.engines {
            match self.engines.iter_mut().find(|(own, ..)| own == name) {
                Some((_, value, least)) => (*value, *least) = (None, *digits.min(least)),
                None => self.engines.push((name, None, *digits)),
            }
        }
        self.digits = self.digits.min(other.digits);
        self.special.extend(other.special.iter().cloned());
        self.silent.extend(&other.silent);
        let rank = |verdict: &str| ["agreement", "kink", "none", "disagreement"].iter().position(|v| *v == verdict);
        if rank(other.verdict) > rank(self.verdict) {
            self.verdict = other.verdict;
        }
    }

    /// The verdict in words: a sentence, or one for each of a few entries.
    pub fn sentences(&self) -> Vec<String> {
        let mut all = Vec::new();
        for special in self.special.iter().take(TOLD) {
            let place = match &special.place {
                Some(place) if place.is_empty() => String::new(),
                Some(place) => format!("at {place:?}: "),
                None => "along a random direction: ".to_string(),
            };
            all.push(place + &special.sentence);
        }
        if self.special.len() > TOLD {
            all.push(format!("and at {} more entries", self.special.len() - TOLD));
        }
        if let (Some(digits), true) = (self.digits, self.special.is_empty()) {
            all.push(told(&self.names(), digits, &self.sampled()));
        }
        all
    }

    /// `formula, forward, reverse and nudge`
    fn names(&self) -> String {
        let names = self.engines.iter().map(|(name, ..)| *name).filter(|n| !self.silent.contains(n));
        let names: Vec<&str> = names.collect();
        list(&names)
    }

    /// How much of it was looked at, where that is not all.
    fn sampled(&self) -> String {
        let Extent { entries, moved, directions, together, .. } = self.extent;
        match (moved == entries || directions == 0, together) {
            (true, _) => String::new(),
            (false, true) => ", along a random direction of everything together".to_string(),
            (false, false) => format!(", along {moved} of {entries} entries and {directions} random directions"),
        }
    }
}

impl Special {
    pub(crate) fn new(graph: &Graph, reading: &Reading, shape: &[usize]) -> Option<Special> {
        let verdict = match &reading.verdict {
            Verdict::Agreement { .. } => return None,
            Verdict::Kink { .. } => "kink",
            Verdict::Disagreement => "disagreement",
            Verdict::NoDerivative { .. } => "none",
        };
        let cause = match &reading.verdict {
            Verdict::NoDerivative { cause, .. } => cause.map(|id| wrt_view::print(graph, id, Form::Text).line()),
            _ => None,
        };
        let (sides, endless) = match &reading.verdict {
            Verdict::Kink { left, right } => (Some((slope(left), slope(right))), None),
            Verdict::NoDerivative { left, right, .. } => (Some((slope(left), slope(right))), endless(left, right)),
            _ => (None, None),
        };
        let place = match reading.place {
            Place::Entry(k) => Some(position(k, shape)),
            Place::Direction => None,
        };
        let beyond = matches!(reading.verdict, Verdict::NoDerivative { why: Why::Beyond, .. });
        Some(Special { place, verdict, sentence: sentence(reading, cause.as_deref()), cause, sides, endless, beyond })
    }
}

/// The slope's sign where it is infinite on each side that exists.
fn endless(left: &Slope, right: &Slope) -> Option<bool> {
    match (left, right) {
        (Slope::Infinite { negative: a }, Slope::Infinite { negative: b }) => (a == b).then_some(*a),
        (Slope::Infinite { negative }, Slope::Nothing) | (Slope::Nothing, Slope::Infinite { negative }) => {
            Some(*negative)
        }
        _ => None,
    }
}

/// The indices of an entry.
pub(crate) fn position(place: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = place;
    let mut indices: Vec<usize> = Vec::with_capacity(shape.len());
    for size in shape.iter().rev() {
        indices.push(rest.checked_rem(*size).unwrap_or(0));
        rest = rest.checked_div(*size).unwrap_or(0);
    }
    indices.reverse();
    indices
}

impl Report {
    /// What was found at several points, as one: the worst counts.
    pub fn merged(all: &[&Report]) -> Option<Report> {
        let (first, rest) = all.split_first()?;
        let mut merged = (*first).clone();
        for other in rest {
            for (finding, more) in merged.findings.iter_mut().zip(&other.findings) {
                finding.add(more);
            }
            merged.found.findings.extend(other.found.findings.iter().cloned());
        }
        merged.findings.iter_mut().for_each(|f| f.value = None);
        Some(merged)
    }

    /// `headings` are the names and the heading of each derivative that was judged; what was judged beside is told only
    /// where it is not as it should be.
    pub(crate) fn new(
        graph: &Graph,
        headings: &[(String, String)],
        found: wrt_check::Report,
        unread: Option<Unread>,
    ) -> Report {
        let findings =
            found.findings.iter().zip(headings).map(|(f, (name, head))| Finding::new(graph, f, name, head)).collect();
        Report { findings, unread, found }
    }

    /// Do all engines agree for each input, kinks included?
    pub fn agrees(&self) -> bool {
        !self.is_unreadable() && self.found.agrees()
    }

    /// Do engines differ, or can what is printed not be read?
    pub fn disagrees(&self) -> bool {
        self.is_unreadable() || self.found.disagrees()
    }

    /// The digits to which all agree; none at a kink or where there is no derivative.
    pub fn digits(&self) -> Option<u32> {
        self.found.digits().filter(|_| self.agrees())
    }

    /// Is what is printed not the language?
    pub fn is_unreadable(&self) -> bool {
        self.unread.as_ref().is_some_and(Unread::is_failure)
    }

    /// The verdict in a line or in a few.
    pub fn summary(&self) -> Vec<String> {
        let partly = self.findings.iter().map(Finding::sampled).find(|e| !e.is_empty());
        let mut all = Vec::new();
        match (self.digits(), self.findings.first()) {
            (Some(digits), Some(first)) => {
                let names = self.findings.iter().max_by_key(|f| f.engines.len()).unwrap_or(first).names();
                all.push(match names.is_empty() {
                    true => "there is nothing to nudge".to_string(),
                    false => told(&names, digits, &partly.unwrap_or_default()),
                });
            }
            _ => {
                for finding in &self.findings {
                    all.extend(finding.sentences().into_iter().map(|s| format!("{}: {s}", finding.heading)));
                }
                // Those of lower order have no heading of their own.
                if self.found.findings.iter().skip(self.findings.len()).any(wrt_check::Finding::disagrees) {
                    all.push("the engines disagree on a derivative of lower order: ask for that one".to_string());
                }
            }
        }
        all
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let sentences = finding.sentences();
            let Some(value) = &finding.value else {
                let shape = if finding.shape.is_empty() { String::new() } else { format!(" {:?}", finding.shape) };
                match &sentences[..] {
                    [one] => writeln!(f, "{}{shape}: {one}", finding.heading)?,
                    several => {
                        writeln!(f, "{}{shape}:", finding.heading)?;
                        several.iter().try_for_each(|sentence| writeln!(f, "  {sentence}"))?;
                    }
                }
                continue;
            };
            writeln!(f, "{} = {value}", finding.heading)?;
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let width = finding.engines.iter().map(|(_, value, _)| text(value).chars().count()).max().unwrap_or(0);
            for (name, value, digits) in &finding.engines {
                writeln!(f, "  {name:<8} {:<width$}  {digits:>2} digits", text(value))?;
            }
            sentences.iter().try_for_each(|sentence| writeln!(f, "  {sentence}"))?;
        }
        match &self.unread {
            Some(unread) => writeln!(f, "{}", unread.sentence()),
            None => Ok(()),
        }
    }
}

fn sentence(reading: &Reading, cause: Option<&str>) -> String {
    let subject = cause.map_or("the formula".to_string(), |c| format!("`{c}`"));
    match &reading.verdict {
        Verdict::Agreement { digits } => format!("all agree to {digits} digits"),
        Verdict::Kink { left, right } => format!(
            "a kink: the slope is {} from the left and {} from the right; {} is chosen",
            slope(left),
            slope(right),
            reading.value.as_deref().unwrap_or("no value")
        ),
        Verdict::Disagreement => "the engines disagree: please report this as a bug of wrt, unless the derivative is \
                                  your own (`--trust` takes it as right) or kinks meet here"
            .to_string(),
        Verdict::NoDerivative { why, left, right, .. } => {
            let what = match why {
                Why::Pole => format!("{subject} is infinite there"),
                Why::Beyond => format!("{subject} is beyond the range of numbers"),
                Why::Undefined => format!("{subject} is not defined there"),
                Why::Steep => format!("{subject} has an infinite slope there"),
                Why::Jump => format!("{subject} jumps there"),
                Why::Cone => format!("{subject} has a cone there"),
                Why::Open => format!("the rules give no value there, because of {subject}"),
            };
            let sides = match (left, right) {
                (Slope::Nothing, Slope::Nothing) => String::new(),
                _ => format!(" (slope from the left {}, from the right {})", slope(left), slope(right)),
            };
            format!("no derivative: {what}{sides}")
        }
    }
}

/// That engines agree, or that nothing is decided.
fn told(names: &str, digits: u32, extent: &str) -> String {
    if digits < DECIDED {
        return "not decided: beyond the range or the precision of what is computed".to_string();
    }
    if names.is_empty() {
        return "it holds labels, which no nudge makes sense of".to_string();
    }
    format!("{names} agree to {digits} digits{extent}")
}

/// `a, b and c`
fn list(names: &[&str]) -> String {
    match names {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => names.concat(),
    }
}

fn slope(s: &Slope) -> String {
    match s {
        Slope::Number(text) => text.clone(),
        Slope::Infinite { negative: false } => "Infinity".to_string(),
        Slope::Infinite { negative: true } => "-Infinity".to_string(),
        Slope::Nothing => "undefined".to_string(),
        Slope::Jump => "a jump".to_string(),
        Slope::Open => "undecided".to_string(),
    }
}
