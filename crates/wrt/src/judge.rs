//! Nudging and checking formulas: what `wrt-check` finds, with names in it.

use std::fmt;

pub use wrt_check::{Arithmetic, Direction, Nudge, Scrutiny, Start, Sweep, Trial, Work, check_function, parse_eps};
use wrt_check::{Claim, Entry, Formulas, Place, Reading, Slope, Verdict, Why};
use wrt_core::{Array, Graph, Id, Number};
use wrt_language::Constraint;
use wrt_run::Certified;
use wrt_view::{Form, heading};

use crate::error::{Error, ErrorKind};
use crate::evaluate::{Point, check_digits};
use crate::expr::Expr;
use crate::session::Session;
use crate::written::{Equation, Judged, Unread, lines_of, read_back};

/// Digits to which a person's own gradient, in doubles, must agree.
const OWN_DIGITS: u32 = 9;

/// In which engines are told.
const ORDER: [&str; 6] = ["formula", "forward", "reverse", "nudge", "doubles", "yours"];

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
    /// How many entries what moves has, …
    pub entries: usize,
    /// … how many of them were moved one at a time, …
    pub moved: usize,
    /// … and along how many random directions it was moved beside.
    pub directions: usize,
    /// Was it moved together with what the other derivatives are by?
    pub together: bool,
    /// Was nothing nudged, for derivatives that the text gives are trusted?
    pub trusted: bool,
    /// The derivative's digits, where it is one number and exists.
    pub value: Option<String>,
    /// Each engine's name, its value where the derivative is one number, and the digits to which it agrees, at the worst
    /// of the entries.
    pub engines: Vec<(&'static str, Option<String>, u32)>,
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
            entries: found.entries,
            moved: found.moved,
            directions: found.directions,
            together: found.together,
            trusted: found.trusted,
            value: found.readings.first().filter(|_| single).and_then(|r| r.value.clone()),
            engines,
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
            all.push(format!("{} agree to {digits} digits{}", self.names(), self.extent()));
        }
        all
    }

    /// `formula, forward, reverse and nudge`
    fn names(&self) -> String {
        let names: Vec<&str> = self.engines.iter().map(|(name, ..)| *name).filter(|n| *n != "doubles").collect();
        list(&names)
    }

    /// How much of it was looked at, where that is not all.
    fn extent(&self) -> String {
        if self.moved == self.entries || self.directions == 0 {
            return String::new();
        }
        if self.together {
            return ", along a random direction of everything together".to_string();
        }
        format!(", along {} of {} entries and {} random directions", self.moved, self.entries, self.directions)
    }
}

impl Finding {
    /// The entries that were looked at: each place and position.
    pub(crate) fn places(&self, found: &wrt_check::Finding) -> Vec<(usize, Vec<usize>)> {
        let place = |r: &Reading| match r.place {
            Place::Entry(k) => Some((k, position(k, &self.shape))),
            Place::Direction => None,
        };
        found.readings.iter().filter_map(place).collect()
    }
}

impl Special {
    fn new(graph: &Graph, reading: &Reading, shape: &[usize]) -> Option<Special> {
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
        let partly = self.findings.iter().map(Finding::extent).find(|e| !e.is_empty());
        let mut all = Vec::new();
        match (self.digits(), self.findings.first()) {
            (Some(digits), Some(first)) => {
                let names = self.findings.iter().max_by_key(|f| f.engines.len()).unwrap_or(first).names();
                all.push(match names.is_empty() {
                    true => "there is nothing to nudge".to_string(),
                    false => format!("{names} agree to {digits} digits{}", partly.unwrap_or_default()),
                });
            }
            _ => {
                for finding in &self.findings {
                    all.extend(finding.sentences().into_iter().map(|s| format!("{}: {s}", finding.heading)));
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

/// The judge on an answer.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// What was found; none where it would take long, or where the judge was not asked.
    pub report: Option<Report>,
    /// What is wrong with what is printed: a sentence.
    pub fault: Option<String>,
    /// Why there is no report, or what was left out: a sentence.
    pub note: Option<String>,
    /// A few nudges.
    pub nudges: Vec<Moves>,
}

impl Judgement {
    /// Is nothing known against the answer?
    pub fn agrees(&self) -> bool {
        self.fault.is_none() && !self.report.as_ref().is_some_and(Report::disagrees)
    }
}

/// What nudges of one entry do.
#[derive(Clone, PartialEq, Debug)]
pub struct Moves {
    /// What is moved: `w`, or `x[0]`.
    pub wrt: String,
    /// What is looked at: `J`, or `f[1]`.
    pub function: String,
    /// Which way.
    pub direction: Direction,
    /// Before.
    pub start: Start,
    /// A row for each ε.
    pub rows: Vec<Nudge>,
    /// The same with many ε, where asked for.
    pub sweep: Option<Sweep>,
}

/// The entry of a name, as people write it.
pub(crate) fn entry_name(name: &str, place: usize, shape: &[usize]) -> String {
    match shape {
        [] => name.to_string(),
        _ => {
            let indices: Vec<String> = position(place, shape).iter().map(usize::to_string).collect();
            format!("{name}[{}]", indices.join(","))
        }
    }
}

impl Session {
    /// Moves each entry of a name or a definition by each ε, and looks at each entry of the formula, as long as these are
    /// at most `most`; all numbers to so many certified digits.
    ///
    /// # Errors
    /// For a name without a value, or for more digits than are computed.
    #[allow(clippy::too_many_arguments)]
    pub fn nudge(
        &self,
        wrt: (&str, Id),
        at: &Point,
        eps: &[Number],
        direction: Direction,
        digits: usize,
        sweep: bool,
        most: usize,
    ) -> Result<Vec<Moves>, Error> {
        check_digits(digits)?;
        let shape_of = |id: Id| match at.get(id) {
            Some(value) => Ok(value.shape.clone()),
            None => self.doubles(&[id], at).map(|v| v[0].shape.clone()),
        };
        let (f, x) = (shape_of(self.root())?, shape_of(wrt.1)?);
        let function = self.function(&[]);
        let mut found = Vec::new();
        for place in 0..x.iter().product() {
            for row in 0..f.iter().product() {
                if found.len() == most {
                    return Ok(found);
                }
                let (of, by) = (Entry { node: self.root(), place: row }, Entry { node: wrt.1, place });
                let (start, rows) = wrt_check::nudge(self.graph(), of, at, by, eps, direction, digits)?;
                let sweep = if sweep { Some(wrt_check::sweep(self.graph(), of, at, by)?) } else { None };
                let names = (entry_name(wrt.0, place, &x), entry_name(&function, row, &f));
                found.push(Moves { wrt: names.0, function: names.1, direction, start, rows, sweep });
            }
        }
        Ok(found)
    }

    /// Random points at which nodes have values: the first is completed from what is given; fewer than asked for where
    /// few are found.
    ///
    /// # Errors
    /// Why none was found.
    pub(crate) fn random_points(&self, ids: &[Id], given: &Point, count: usize) -> Result<Vec<Point>, Error> {
        let mut found: Vec<Point> = Vec::new();
        for which in 0..count as u64 {
            match self.random_point_of(ids, given, which) {
                Ok(point) if found.contains(&point) => break,
                Ok(point) => found.push(point),
                Err(e) if found.is_empty() => return Err(e),
                Err(_) => break,
            }
        }
        Ok(found)
    }

    /// Is a name one of labels, which no nudge makes sense of?
    pub(crate) fn is_label(&self, id: Id) -> bool {
        let constraint = self.declarations().iter().find(|d| d.id == id).and_then(|d| d.constraint.as_ref());
        matches!(constraint, Some(Constraint::Labels(_) | Constraint::Integer))
    }

    /// The work of nudging and of backprop, counted for sizes of dimensions.
    ///
    /// # Errors
    /// Where there is no derivative.
    pub fn work(&mut self, wrt: &[Id], sizes: &wrt_run::Sizes) -> Result<Work, Error> {
        let root = self.root();
        Ok(wrt_check::work(self.graph_mut(), root, wrt, sizes)?)
    }
}

/// A number for a person: whole where it ends, else to the digits asked for, with `…` where nothing was asked.
pub fn shown(c: &Certified, asked: Option<usize>) -> String {
    /// What is shown of numbers without end, and the longest that is shown whole.
    const SHORT: usize = 12;
    const WHOLE: usize = 40;
    match (c, asked) {
        (_, Some(digits)) => c.text(digits),
        (Certified::Exact(n), None) => match n.to_decimal().filter(|t| t.len() <= WHOLE) {
            Some(text) => text,
            None => c.text(SHORT) + "…",
        },
        (Certified::Digits { .. }, None) => c.text(SHORT) + "…",
        _ => c.text(SHORT),
    }
}

/// The digits to compute for [`shown`].
pub fn computed_digits(asked: Option<usize>) -> usize {
    asked.unwrap_or(12)
}

/// Holds every way to the derivatives of an expression against nudging, at a point that gives each free name a value.
///
/// # Errors
/// For a name without a value, a value that is not finite, or where a function has no derivative.
pub fn check(f: &Expr, at: &[(&str, f64)]) -> Result<Report, Error> {
    let names = f.free_names();
    f.with_graph(|graph, id, written| {
        let mut point = Point::default();
        for (name, value) in at {
            let exact = Number::from_f64(*value)
                .ok_or_else(|| Error::new(ErrorKind::Number, format!("the value of `{name}` is not finite")))?;
            point.values.push((graph.symbol(name), Array::scalar(exact)));
        }
        let wrt: Vec<Id> = names.iter().map(|n| graph.symbol(n)).collect();
        let partials = wrt_differentiate::gradient(graph, id, &wrt)?;
        let mut equations = vec![Equation::new(id, "J")];
        let mut headings = Vec::new();
        for (partial, name) in partials.iter().zip(&names) {
            let shown = wrt_rewrite::simplify(graph, *partial, written).id;
            let head = heading(Form::Text, "J", &[name], names.len() > 1);
            equations.push(Equation::new(shown, head.clone()));
            headings.push((name.clone(), head));
        }
        let ids: Vec<Id> = equations.iter().map(|e| e.id).collect();
        let block = wrt_view::print_all(graph, &ids, Form::Text, &wrt_view::Options::default());
        let lines = lines_of(&block, &equations, Form::Text).map(|lines| vec![lines]);
        let judged = read_back(graph, &equations, lines);
        let claim = |(x, made): (&Id, &Id)| Claim::by_entries(id, *x, *made);
        let claims: Vec<Claim> = wrt.iter().zip(&partials).map(claim).collect();
        let found = judge_printed(graph, &claims, &judged, &point, Scrutiny::default(), &mut |_, _| {})?;
        Ok(Report::new(graph, &headings, found, judged.read.as_ref().err().cloned()))
    })
}

/// Every way to the derivatives at a point, what was printed among them: the last lines are those of the claims.
pub(crate) fn judge_printed(
    graph: &mut Graph,
    claims: &[Claim],
    judged: &Judged,
    at: &Point,
    scrutiny: Scrutiny,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<wrt_check::Report, Error> {
    let read = judged.read.as_ref().ok();
    let point = read.map(|read| read.point(graph, at)).unwrap_or_default();
    let formulas = read.map(|read| {
        let ids = &read.ids()[read.ids().len().saturating_sub(claims.len())..];
        Formulas { graph: Some(read.graph()), ids, at: &point }
    });
    Ok(wrt_check::judge(graph, claims, formulas, at, scrutiny, progress)?)
}

/// Holds a gradient of your own, one entry for each free name in alphabetical order, against an expression.
///
/// # Errors
/// As [`check`].
///
/// ```
/// let f = wrt::parse("x*y^2")?;
/// assert!(wrt::check_against(&f, &[("x", 1.0), ("y", 2.0)], &[4.0, 4.0])?.agrees());
/// assert!(wrt::check_against(&f, &[("x", 1.0), ("y", 2.0)], &[4.0, 5.0])?.disagrees());
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn check_against(f: &Expr, at: &[(&str, f64)], gradient: &[f64]) -> Result<Report, Error> {
    let Report { mut found, unread, findings } = check(f, at)?;
    for (k, finding) in found.findings.iter_mut().enumerate() {
        finding.against(gradient.get(k..=k).unwrap_or_default(), OWN_DIGITS);
    }
    let headings: Vec<(String, String)> = findings.into_iter().map(|f| (f.name, f.heading)).collect();
    f.with_graph(|graph, _, _| Ok(Report::new(graph, &headings, found, unread)))
}

/// Asserts that a gradient is right, in your own tests.
///
/// `assert_gradient!(f, at)` checks the derivatives that wrt finds for an expression;
/// `assert_gradient!(f, at, gradient)` holds a gradient of your own against it; and
/// `assert_gradient!(fn f, gradient, point)` holds a Rust function against a Rust gradient, by nudging in doubles.
///
/// # Panics
/// If they disagree, with the report.
///
/// ```
/// let f = wrt::parse("a^2*sin(b)")?;
/// wrt::assert_gradient!(f, [("a", 2.0), ("b", 0.5)]);
/// wrt::assert_gradient!(f, [("a", 2.0), ("b", 0.5)], [4.0 * 0.5f64.sin(), 4.0 * 0.5f64.cos()]);
/// wrt::assert_gradient!(fn |x: &[f64]| x[0].exp(), |x: &[f64]| vec![x[0].exp()], [1.0]);
/// # Ok::<(), wrt::Error>(())
/// ```
#[macro_export]
macro_rules! assert_gradient {
    (fn $f:expr, $gradient:expr, $point:expr $(,)?) => {
        for (k, own) in $crate::check_function($f, $gradient, &$point).into_iter().enumerate() {
            assert!(own.agrees, "the derivative by x[{k}] is {}, by nudging {}", own.given, own.nudged);
        }
    };
    ($f:expr, $at:expr $(,)?) => {
        match $crate::check(&$f, &$at) {
            Ok(report) => assert!(report.agrees(), "{report}"),
            Err(e) => panic!("{e}"),
        }
    };
    ($f:expr, $at:expr, $gradient:expr $(,)?) => {
        match $crate::check_against(&$f, &$at, &$gradient) {
            Ok(report) => assert!(report.agrees(), "{report}"),
            Err(e) => panic!("{e}"),
        }
    };
}
