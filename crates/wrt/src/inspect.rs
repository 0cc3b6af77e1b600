//! `check`: the gradient of a formula or model as it is printed, held against nudges at one point or at several.

use wrt_check::{Claim, Scrutiny};
use wrt_core::{Array, Id, Number};
use wrt_run::{Sizes, array_work};
use wrt_view::{Form, heading};

use crate::error::Error;
use crate::evaluate::{Numbers, Point};
use crate::judge::{Judgement, judge_printed};
use crate::report::Report;
use crate::session::Session;

/// Points that are tried where none is given, and of what takes more than so many multiplications.
const POINTS: usize = 3;
const SMALL: u64 = 20_000;

/// What is to be inspected.
#[derive(Clone, Debug)]
pub struct Inspected<'a> {
    /// The names, or definitions, to differentiate by.
    pub wrt: &'a [String],
    /// Values of names; the others start as the text says, or are random.
    pub at: &'a [(String, Array<Number>)],
    /// Sizes of named dimensions that the values don't tell; the others are small, no two alike.
    pub sizes: Sizes,
    /// How closely the judge looks.
    pub scrutiny: Scrutiny,
    /// To how many digits the derivatives are given.
    pub digits: Option<usize>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The formula and the gradient as they are printed, and were read back.
    pub text: String,
    /// The points, and what the judge says there.
    pub judgements: Vec<(Point, Judgement)>,
    /// Sizes of named dimensions.
    pub sizes: Sizes,
    /// Were there random values?
    pub random: bool,
    /// The parameters that have the values that they start as.
    pub starts: Vec<String>,
}

impl Inspection {
    fn reports(&self) -> impl Iterator<Item = &Report> {
        self.judgements.iter().filter_map(|(_, j)| j.report.as_ref())
    }

    /// One word: agreement, kink, none, disagreement or unreadable.
    pub fn verdict(&self) -> &'static str {
        if self.reports().any(Report::is_unreadable) {
            "unreadable"
        } else if self.fault().is_some() || self.reports().any(Report::disagrees) {
            "disagreement"
        } else if !self.reports().all(Report::agrees) {
            "none"
        } else if self.reports().any(|r| r.digits().is_none()) {
            "kink"
        } else {
            "agreement"
        }
    }

    /// What is wrong with what is printed: a sentence.
    pub fn fault(&self) -> Option<String> {
        let own = self.judgements.iter().find_map(|(_, j)| j.fault.clone());
        own.or_else(|| self.never_finite())
    }

    /// A formula that has no value at any of several random points where the derivative has one.
    fn never_finite(&self) -> Option<String> {
        if !self.random {
            return None;
        }
        let reports: Vec<&Report> = self.reports().collect();
        let first = reports.first()?;
        let is = |name: &str, value: &Option<String>| {
            name == "formula" && matches!(value.as_deref(), Some("NaN" | "Infinity" | "-Infinity"))
        };
        let never = |k: usize| {
            let missing = |r: &&Report| {
                let finding = &r.findings[k];
                finding.value.is_some() && finding.engines.iter().any(|(name, value, _)| is(name, value))
            };
            reports.iter().all(missing)
        };
        let k = (0..first.findings.len()).find(|k| never(*k))?;
        let heading = &first.findings[k].heading;
        Some(format!("the printed formula of {heading} has no value where the derivative has one"))
    }
}

impl Session {
    /// Holds the gradient by each name, as it is printed among others, against nudges; a formula of several numbers is
    /// first summed with weights. `progress` is told how many of how many derivatives are done.
    ///
    /// # Errors
    /// Where there is no derivative, no point is found, or values don't fit.
    ///
    /// ```
    /// use wrt::session::{Inspected, Scope, Scrutiny, Session};
    /// let mut s = Session::parse("norm2(x)^2", &Scope { shapes: &[("x", vec!["n"])], ..Scope::default() })?;
    /// let names = s.document().default_variables();
    /// let what = Inspected { wrt: &names, at: &[], sizes: Vec::new(), scrutiny: Scrutiny::default(), digits: None };
    /// let found = s.inspect(&what, &mut |_, _| {})?;
    /// assert_eq!(found.verdict(), "agreement");
    /// assert_eq!(found.text, "J = norm2(x)^2\ndJ/dx = 2*x\n");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn inspect(
        &mut self,
        what: &Inspected<'_>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Inspection, Error> {
        self.weigh();
        let ids = what.wrt.iter().map(|n| self.variable(n)).collect::<Result<Vec<Id>, Error>>()?;
        let function = self.document.function(what.wrt);
        let (judged, nodes) = self.judged_gradient(&function, what.wrt, &ids)?;
        let root = self.root();
        let made = nodes[nodes.len().saturating_sub(ids.len())..].to_vec();
        let claims: Vec<Claim> = ids.iter().zip(&made).map(|(x, made)| self.claim(root, *x, *made)).collect();
        let partial = self.document.is_partial(what.wrt);
        let head = |name: &String| (name.clone(), heading(Form::Text, &function, &[name], partial));
        let headings: Vec<(String, String)> = what.wrt.iter().map(head).collect();

        let mut given = self.point(what.at, &what.sizes)?;
        self.document.complete_sizes(&mut given.sizes);
        let mut started = given.clone();
        let starts = self.document.fill_starts(&mut started)?;
        let random = !self.document.missing(&started).is_empty();
        let small = array_work(self.graph(), &[self.root()], &given.sizes) <= SMALL;
        let roots: Vec<Id> = std::iter::once(root).chain(made).collect();
        // Where parameters start, some are zero and hide what is wrong; so others are tried as well.
        let mut points = if random { self.document.random_points(&roots, &started, 1)? } else { vec![started] };
        if small && (random || !starts.is_empty()) {
            let more = self.document.random_points(&roots, &given, POINTS).unwrap_or_default();
            points.extend(more.into_iter().filter(|p| *p != points[0]).take(POINTS - 1).collect::<Vec<_>>());
        }
        let mut judgements = Vec::with_capacity(points.len());
        let all = points.len() * claims.len();
        for (k, point) in points.into_iter().enumerate() {
            let fault = self.fault(&judged, &nodes, &point).ok().flatten();
            let mut step = |j: usize, n: usize| progress(k * n + j, all);
            let found = judge_printed(self.graph_mut(), &claims, &judged, &point, what.scrutiny, &mut step)?;
            let unread = judged.read.as_ref().err().cloned();
            let mut report = Report::new(self.graph(), &headings, found, unread);
            if let Some(digits) = what.digits {
                self.extend(&mut report, &claims, &point, digits)?;
            }
            judgements.push((point, Judgement { report: Some(report), fault, note: None, nudges: Vec::new() }));
        }
        Ok(Inspection { text: judged.text, judgements, sizes: given.sizes, random, starts })
    }

    /// The values to as many digits as were asked for.
    fn extend(&self, report: &mut Report, claims: &[Claim], point: &Point, digits: usize) -> Result<(), Error> {
        let ids: Vec<Id> = claims.iter().map(|c| c.made).collect();
        let values = self.values(&ids, point, Numbers::Digits(digits))?;
        for (finding, value) in report.findings.iter_mut().zip(values) {
            if let (Some(known), [value]) = (&mut finding.value, &value.data[..]) {
                *known = value.to_string();
            }
        }
        Ok(())
    }
}
