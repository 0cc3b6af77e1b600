//! Nudging and checking formulas: what `wrt-check` finds, with names in it.

use std::fmt;

pub use wrt_check::{Direction, Nudge, Start, Sweep, SweepKind, Trial, Work, check_function, parse_eps};
use wrt_check::{Formulas, Part, Slope, Verdict, Why};
use wrt_core::{Graph, Id, Number};
use wrt_run::Certified;
use wrt_view::{Form, heading};

use crate::error::{Error, ErrorKind};
use crate::evaluate::{Point, check_digits};
use crate::expr::Expr;
use crate::session::Session;
use crate::written::{Equation, Judged, Unread, lines_of, read_back};

/// Digits to which a person's own gradient, in doubles, must agree.
const OWN_DIGITS: u32 = 9;

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
    /// What was found for each input, its name first.
    pub findings: Vec<Finding>,
    /// Why the formulas were not read back from what is printed.
    pub unread: Option<Unread>,
    found: wrt_check::Report,
}

/// What was found for one input.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// The input's name.
    pub name: String,
    /// `dJ/dw`
    pub heading: String,
    /// The derivative's digits, where it exists.
    pub value: Option<String>,
    /// Each engine's name, value and agreeing digits.
    pub engines: Vec<(&'static str, String, u32)>,
    /// One word: agreement, kink, disagreement or none.
    pub verdict: &'static str,
    /// The verdict in a sentence.
    pub sentence: String,
    /// The subexpression that is to blame, where there is no derivative.
    pub cause: Option<String>,
    /// The slopes from the left and from the right, where they are not the derivative.
    pub sides: Option<(String, String)>,
}

fn describe(graph: &Graph, names: &[String], function: &str, found: &wrt_check::Report) -> Vec<Finding> {
    let several = names.len() > 1;
    found.parts.iter().zip(names).map(|(part, name)| finding(graph, part, name, function, several)).collect()
}

impl Report {
    fn new(graph: &Graph, names: &[String], function: &str, found: wrt_check::Report, judged: &Judged) -> Report {
        let unread = judged.read.as_ref().err().cloned();
        Report { findings: describe(graph, names, function, &found), unread, found }
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
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            match &finding.value {
                Some(value) => writeln!(f, "{} = {value}", finding.heading)?,
                None => writeln!(f, "{}:", finding.heading)?,
            }
            let width = finding.engines.iter().map(|(_, value, _)| value.chars().count()).max().unwrap_or(0);
            for (name, value, digits) in &finding.engines {
                writeln!(f, "  {name:<8} {value:<width$}  {digits:>2} digits")?;
            }
            writeln!(f, "  {}", finding.sentence)?;
        }
        match &self.unread {
            Some(unread) => writeln!(f, "{}", unread.sentence()),
            None => Ok(()),
        }
    }
}

fn finding(graph: &Graph, part: &Part, name: &str, function: &str, several: bool) -> Finding {
    let cause = match &part.verdict {
        Verdict::NoDerivative { cause, .. } => cause.map(|id| wrt_view::print(graph, id, Form::Text).line()),
        _ => None,
    };
    let sides = match &part.verdict {
        Verdict::Kink { left, right } | Verdict::NoDerivative { left, right, .. } => Some((slope(left), slope(right))),
        _ => None,
    };
    let verdict = match &part.verdict {
        Verdict::Agreement { .. } => "agreement",
        Verdict::Kink { .. } => "kink",
        Verdict::Disagreement => "disagreement",
        Verdict::NoDerivative { .. } => "none",
    };
    Finding {
        name: name.to_string(),
        heading: heading(Form::Text, function, &[name], several),
        value: part.value.clone(),
        engines: part.engines.iter().map(|e| (e.name, e.value.clone(), e.digits)).collect(),
        verdict,
        sentence: sentence(part, cause.as_deref()),
        cause,
        sides,
    }
}

fn sentence(part: &Part, cause: Option<&str>) -> String {
    let subject = cause.map_or("the formula".to_string(), |c| format!("`{c}`"));
    match &part.verdict {
        Verdict::Agreement { digits } => {
            let names: Vec<&str> = part.engines.iter().filter(|e| e.counts).map(|e| e.name).collect();
            format!("{} agree to {digits} digits", list(&names))
        }
        Verdict::Kink { left, right } => format!(
            "a kink: the slope is {} from the left and {} from the right; {} is chosen",
            slope(left),
            slope(right),
            part.value.as_deref().unwrap_or("no value")
        ),
        Verdict::Disagreement => "the engines disagree: please report this as a bug of wrt, unless the gradient is \
                                  your own or kinks meet here"
            .to_string(),
        Verdict::NoDerivative { why, left, right, .. } => {
            let what = match why {
                Why::Pole => format!("{subject} is infinite there"),
                Why::Beyond => format!("{subject} is beyond the range of numbers"),
                Why::Undefined => format!("{subject} is not defined there"),
                Why::Steep => format!("{subject} has an infinite slope there"),
                Why::Jump => format!("{subject} jumps there"),
                Why::Open => format!("the rules give no value there, because of {subject}"),
                Why::NoRule => format!("{subject} has none by its nature"),
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

impl Session {
    /// Moves a name or a definition by each ε, all numbers to so many certified digits.
    ///
    /// # Errors
    /// For a name without a value, or for more digits than are computed.
    pub fn nudge(
        &self,
        wrt: Id,
        at: Point<'_>,
        eps: &[Number],
        direction: Direction,
        digits: usize,
    ) -> Result<(Start, Vec<Nudge>), Error> {
        check_digits(digits)?;
        Ok(wrt_check::nudge(self.graph(), self.root(), &wrt_run::Point::numbers(at), wrt, eps, direction, digits)?)
    }

    /// The same nudge with ε from 1 down to 1e-16, in single and double precision and exactly.
    ///
    /// # Errors
    /// For a name without a value.
    pub fn sweep(&self, wrt: Id, at: Point<'_>) -> Result<Sweep, Error> {
        Ok(wrt_check::sweep(self.graph(), self.root(), &wrt_run::Point::numbers(at), wrt)?)
    }

    /// Holds formula, forward mode, reverse mode and nudging against each other; the formulas are what was read back,
    /// the last of it.
    ///
    /// # Errors
    /// For a name without a value.
    pub fn check(&mut self, wrt: &[Id], names: &[String], judged: &Judged, at: Point<'_>) -> Result<Report, Error> {
        let root = self.root();
        let function = self.result_name().unwrap_or("J").to_string();
        let found = check_printed(self.graph_mut(), root, wrt, judged, at)?;
        Ok(Report::new(self.graph(), names, &function, found, judged))
    }

    /// Points of the domain of some nodes, found by trying; fewer than asked for where few are found.
    pub fn points(&self, ids: &[Id], count: usize) -> Vec<Vec<(Id, Number)>> {
        wrt_check::random_points(self.graph(), ids, count)
    }

    /// The work of nudging and of backprop, counted.
    ///
    /// # Errors
    /// Where there is no derivative.
    pub fn work(&mut self, wrt: &[Id]) -> Result<Work, Error> {
        let root = self.root();
        Ok(wrt_check::work(self.graph_mut(), root, wrt)?)
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
        let mut point = Vec::with_capacity(at.len());
        for (name, value) in at {
            let exact = Number::from_f64(*value)
                .ok_or_else(|| Error::new(ErrorKind::Number, format!("the value of `{name}` is not finite")))?;
            point.push((graph.symbol(name), exact));
        }
        let wrt: Vec<Id> = names.iter().map(|n| graph.symbol(n)).collect();
        let partials = wrt_differentiate::gradient(graph, id, &wrt)?;
        let mut equations = vec![Equation::new(id, "J")];
        for (partial, name) in partials.iter().zip(&names) {
            let shown = wrt_rewrite::simplify(graph, *partial, written).id;
            equations.push(Equation::new(shown, heading(Form::Text, "J", &[name], names.len() > 1)));
        }
        let ids: Vec<Id> = equations.iter().map(|e| e.id).collect();
        let sheet = wrt_view::print_all(graph, &ids, Form::Text, &wrt_view::Options::default());
        let lines = lines_of(&sheet, &equations, Form::Text).map(|lines| vec![lines]);
        let judged = read_back(graph, &equations, lines);
        let found = check_printed(graph, id, &wrt, &judged, &point)?;
        Ok(Report::new(graph, &names, "J", found, &judged))
    })
}

/// Every way to the derivatives at a point, what was printed among them.
fn check_printed(
    graph: &mut Graph,
    root: Id,
    wrt: &[Id],
    judged: &Judged,
    at: Point<'_>,
) -> Result<wrt_check::Report, Error> {
    let read = judged.read.as_ref().ok();
    let point = read.map(|read| read.point(graph, at)).unwrap_or_default();
    let point = wrt_run::Point::numbers(&point);
    let formulas = read.map(|read| {
        let ids = &read.ids()[read.ids().len().saturating_sub(wrt.len())..];
        Formulas { graph: read.graph(), ids, at: &point }
    });
    Ok(wrt_check::check(graph, root, wrt, formulas, &wrt_run::Point::numbers(at))?)
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
    let report = check(f, at)?;
    let names = f.free_names();
    let Report { mut found, unread, .. } = report;
    found.against(gradient, OWN_DIGITS);
    f.with_graph(|graph, _, _| {
        let findings = describe(graph, &names, "J", &found);
        Ok(Report { findings, unread, found })
    })
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
