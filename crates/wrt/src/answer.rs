//! The answer to a question about a formula, as data: formulas, values, what there is to say of them, and whether the
//! judge agrees. It is made here once, for numbers and arrays alike; every door only writes it.

use wrt_check::{Claim, Direction, Scrutiny, parse_eps, special_places};
use wrt_core::{Array, Id, Number};
use wrt_rewrite::Simplified;
use wrt_run::Sizes;
use wrt_view::{Form, heading, mathml};

use crate::backprop::Backprop;
use crate::declared::Along;
use crate::derivatives::refuse_rank;
use crate::error::{Error, ErrorKind};
use crate::evaluate::{Numbers, Point, Value};
use crate::judge::{Judgement, Moves, Report, judge_printed};
use crate::session::Session;
use crate::written::{Comparison, Equation, Judged, Unread, WrittenLine};

/// Beyond this many nodes times derivatives, an answer is not judged by the way.
const QUICK: usize = 20_000;
/// An answer shows at most so many nudges.
const NUDGED: usize = 8;

/// Which derivative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DerivativeKind {
    /// All partial derivatives of an order, each set of names once: of one number the gradient, of several the Jacobian.
    Derivative(u32),
    /// Of one number: the shape of the name.
    Gradient,
    /// Of anything: the shape of the formula, then that of the name.
    Jacobian,
    /// Of one number: the shapes of two names, one after the other.
    Hessian,
    /// The change along a direction: the shape of the formula.
    Jvp,
    /// Weights times the Jacobian: the shape of the name.
    Vjp,
    /// The Hessian times a direction: the shape of the name.
    Hvp,
}

impl DerivativeKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            DerivativeKind::Derivative(_) => "derivative",
            DerivativeKind::Gradient => "gradient",
            DerivativeKind::Jacobian => "jacobian",
            DerivativeKind::Hessian => "hessian",
            DerivativeKind::Jvp => "jvp",
            DerivativeKind::Vjp => "vjp",
            DerivativeKind::Hvp => "hvp",
        }
    }

    /// The one of that word.
    pub fn named(word: &str) -> Option<DerivativeKind> {
        let all = [
            DerivativeKind::Gradient,
            DerivativeKind::Jacobian,
            DerivativeKind::Hessian,
            DerivativeKind::Jvp,
            DerivativeKind::Vjp,
            DerivativeKind::Hvp,
        ];
        all.into_iter().find(|kind| kind.word() == word)
    }

    fn order(self) -> u32 {
        match self {
            DerivativeKind::Derivative(order) => order,
            DerivativeKind::Hessian => 2,
            _ => 1,
        }
    }
}

/// How formulas are laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// Lines that belong together: definitions and common parts by their names, gradients by way of definitions where
    /// that is shorter.
    LetBlock,
    /// Each formula by itself.
    Alone,
}

/// How much of the judge's work is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judging {
    /// Kinks, missing derivatives and values are found.
    Status,
    /// Beside that, everything is held against nudges, and what is printed is read back.
    Whole,
}

/// A question.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Which derivative.
    pub kind: DerivativeKind,
    /// The names, or definitions, to differentiate by.
    pub wrt: &'a [String],
    /// The point; none where no values are asked for.
    pub at: Option<&'a [(String, Array<Number>)]>,
    /// Sizes of named dimensions that the point doesn't tell.
    pub sizes: Sizes,
    /// What kind of numbers.
    pub numbers: Numbers,
    /// The notation.
    pub form: Form,
    /// How formulas are laid out.
    pub layout: Layout,
    /// Is it ∂, not d? By the number of names, if not said.
    pub partial: Option<bool>,
    /// How closely the judge looks.
    pub judging: Judging,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What the formula is called.
    pub function: String,
    /// The lines of formulas in the notation asked for.
    pub lines: Vec<String>,
    /// Why derivatives have no lines.
    pub refused: Option<String>,
    /// What the reader should know beside: points of the domain that were filled in, and the like.
    pub notes: Vec<String>,
    /// The value of the formula at the point.
    pub value: Option<Valued>,
    /// The derivatives.
    pub derivatives: Vec<Derivative>,
    /// Names of directions or weights that the formulas speak of.
    pub along: Vec<Direct>,
    /// What the judge says; none without a point.
    pub judgement: Option<Judgement>,
    /// The parameters that have the values that they start as.
    pub starts: Vec<String>,
}

/// A direction or weights in an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Direct {
    /// Its name.
    pub name: String,
    /// What it is shaped like.
    pub of: String,
    /// Its dimensions.
    pub shape: Vec<String>,
}

/// A derivative in an answer.
#[derive(Clone, Debug)]
pub struct Derivative {
    /// What it is with respect to.
    pub names: Vec<String>,
    /// What stands left of the `=`.
    pub heading: String,
    /// As the rules give it.
    pub made: Id,
    /// The form for people.
    pub shown: Simplified,
    /// Its dimensions.
    pub shape: Vec<String>,
    /// Its value at the point.
    pub value: Option<Valued>,
}

/// A value, and what there is to say of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Valued {
    /// The value: an array of one entry for a number.
    pub value: Array<Value>,
    /// What there is to say; mostly nothing.
    pub status: Option<Status>,
}

/// What there is to say of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// The worst of its entries.
    pub kind: StatusKind,
    /// Why, in a sentence.
    pub reason: String,
    /// The positions of the entries that are so.
    pub places: Vec<Vec<usize>>,
}

/// What there is to say, from bad to worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum StatusKind {
    /// The slopes of both sides differ.
    Kink,
    /// There is no derivative.
    None,
    /// There is no value.
    Undefined,
}

impl StatusKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            StatusKind::Kink => "kink",
            StatusKind::None => "none",
            StatusKind::Undefined => "undefined",
        }
    }
}

impl Answer {
    /// Is a value or a derivative missing at the point?
    pub fn is_missing(&self) -> bool {
        let all = self.derivatives.iter().filter_map(|d| d.value.as_ref()).chain(&self.value);
        all.filter_map(|v| v.status.as_ref()).any(|s| s.kind > StatusKind::Kink)
    }

    /// Is nothing known against the answer?
    pub fn agrees(&self) -> bool {
        self.judgement.as_ref().is_none_or(Judgement::agrees)
    }

    /// One word: agreement, kink, none, disagreement or unreadable; none where nothing was judged.
    pub fn verdict(&self) -> Option<&'static str> {
        let judgement = self.judgement.as_ref()?;
        let report = judgement.report.as_ref();
        Some(if report.is_some_and(Report::is_unreadable) {
            "unreadable"
        } else if !judgement.agrees() {
            "disagreement"
        } else if self.is_missing() {
            "none"
        } else {
            report.map(|r| if r.digits().is_some() { "agreement" } else { "kink" })?
        })
    }
}

/// A derivative as it was made.
struct Made {
    /// The positions of its names.
    wrt: Vec<usize>,
    claim: Claim,
}

impl Session {
    /// Answers a question.
    ///
    /// # Errors
    /// Where there is no such derivative, for a name without a value, or values that don't fit.
    ///
    /// ```
    /// use wrt::Form;
    /// use wrt::session::{Array, Judging, DerivativeKind, Layout, Number, Numbers, Request, Scope, Session};
    /// let mut s = Session::parse("sum(relu(x))", &Scope { shapes: &[("x", vec!["n"])], ..Scope::default() })?;
    /// let at = [("x".to_string(), Array { shape: vec![2], data: vec![Number::ZERO, Number::ONE] })];
    /// let request = Request {
    ///     kind: DerivativeKind::Gradient,
    ///     wrt: &["x".to_string()],
    ///     at: Some(&at),
    ///     sizes: Vec::new(),
    ///     numbers: Numbers::Doubles,
    ///     form: Form::Text,
    ///     layout: Layout::LetBlock,
    ///     partial: None,
    ///     judging: Judging::Whole,
    /// };
    /// let answer = s.answer(&request)?;
    /// assert_eq!(answer.lines, ["J = sum(relu(x))", "dJ/dx = where(x > 0, 1, 0)"]);
    /// let value = answer.derivatives[0].value.as_ref().unwrap();
    /// assert_eq!(value.status.as_ref().unwrap().places, [[0]]);
    /// assert!(answer.agrees());
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn answer(&mut self, request: &Request<'_>) -> Result<Answer, Error> {
        let ids = request.wrt.iter().map(|n| self.variable(n)).collect::<Result<Vec<Id>, Error>>()?;
        let along = self.along(request, &ids);
        let (made, lower) = self.made(request.kind, &ids, &along)?;
        let nodes: Vec<Id> = made.iter().map(|m| m.claim.made).collect();
        self.refuse_flood(&nodes)?;
        let shown = self.shown(request, &ids, &nodes)?;
        let function = self.function(request.wrt);
        let mut answer = Answer {
            function,
            lines: Vec::new(),
            refused: None,
            notes: notes(&shown),
            value: None,
            derivatives: self.derived(request, &made, &shown),
            along: self.told_along(request, &along),
            judgement: None,
            starts: Vec::new(),
        };
        let mut point = match request.at {
            Some(at) => Some(self.point(at, &request.sizes)?),
            None => None,
        };
        if let Some(point) = &mut point {
            answer.starts = self.fill_starts(point)?;
            self.refuse_missing(point, &along)?;
            self.evaluate_answer(request, &made, point, &mut answer)?;
        }
        let equations = self.lines(request, &shown, &mut answer)?;
        if let Some(point) = &point {
            self.judge_answer(request, &made, lower, &shown, equations, point, &mut answer)?;
        }
        Ok(answer)
    }

    /// An error that names what has no value.
    fn refuse_missing(&self, point: &Point, along: &[Along]) -> Result<(), Error> {
        let mut missing = self.missing(point);
        missing.extend(along.iter().filter(|a| point.get(a.id).is_none()).map(|a| a.name.clone()));
        if missing.is_empty() {
            return Ok(());
        }
        let list: Vec<String> = missing.iter().map(|n| format!("`{n}`")).collect();
        let verb = if missing.len() == 1 { "has" } else { "have" };
        Err(Error::new(ErrorKind::Unbound, format!("{} {verb} no value", list.join(", "))))
    }

    /// The formula's own name, or a letter that neither it nor these names use.
    pub fn function(&self, names: &[String]) -> String {
        let free = |name: &&str| !self.occurs(name) && !names.iter().any(|n| n == name);
        self.result_name().or_else(|| ["J", "f", "F", "y"].into_iter().find(free)).unwrap_or("J").to_string()
    }

    /// Is a derivative written with ∂, for want of a single variable?
    pub(crate) fn is_partial(&self, names: &[String]) -> bool {
        names.len() > 1 || self.free_names().len() > 1
    }

    /// New names for directions and weights.
    fn along(&mut self, request: &Request<'_>, ids: &[Id]) -> Vec<Along> {
        match request.kind {
            DerivativeKind::Hvp | DerivativeKind::Jvp => {
                let variables: Vec<(String, Id)> = request.wrt.iter().cloned().zip(ids.iter().copied()).collect();
                self.directions("v", &variables)
            }
            DerivativeKind::Vjp => {
                let (name, root) = (self.function(request.wrt), self.root());
                self.directions("u", &[(name, root)])
            }
            _ => Vec::new(),
        }
    }

    fn told_along(&self, request: &Request<'_>, along: &[Along]) -> Vec<Direct> {
        let of = |k: usize| match request.kind {
            DerivativeKind::Vjp => self.function(request.wrt),
            _ => request.wrt[k].clone(),
        };
        along
            .iter()
            .enumerate()
            .map(|(k, a)| Direct { name: a.name.clone(), of: of(k), shape: self.shape_names(a.id) })
            .collect()
    }

    /// The derivatives as the rules give them, and those of lower order on the way there.
    fn made(&mut self, kind: DerivativeKind, wrt: &[Id], along: &[Along]) -> Result<(Vec<Made>, Vec<Claim>), Error> {
        let root = self.root();
        let all: Vec<usize> = (0..wrt.len()).collect();
        let pairs = || wrt.iter().copied().zip(along.iter().map(|a| a.id)).collect::<Vec<_>>();
        Ok(match kind {
            DerivativeKind::Jvp => {
                let made = self.jvp(wrt, along)?;
                let claim = Claim::along(root, pairs(), made);
                (vec![Made { wrt: all, claim }], Vec::new())
            }
            DerivativeKind::Hvp => {
                let (gradient, made) = (self.gradient(wrt)?, self.hvp(wrt, along)?);
                let claim = |(of, made): (Id, Id)| Claim::along(of, pairs(), made);
                let made = gradient.into_iter().zip(made).enumerate();
                (made.map(|(k, both)| Made { wrt: vec![k], claim: claim(both) }).collect(), Vec::new())
            }
            DerivativeKind::Vjp => {
                let made = self.vjp(wrt, &along[0])?;
                let of = self.weighted(along[0].id);
                let claim = |(x, made): (Id, Id)| self.claim(of, x, made);
                let made = wrt.iter().copied().zip(made).enumerate();
                (made.map(|(k, both)| Made { wrt: vec![k], claim: claim(both) }).collect(), Vec::new())
            }
            DerivativeKind::Derivative(_)
            | DerivativeKind::Gradient
            | DerivativeKind::Jacobian
            | DerivativeKind::Hessian => {
                match kind {
                    DerivativeKind::Gradient => refuse_rank(self.graph(), root, "gradient")?,
                    DerivativeKind::Hessian => refuse_rank(self.graph(), root, "Hessian")?,
                    _ => {}
                }
                let mut levels = self.derivatives_to(wrt, kind.order())?;
                let last = levels.pop().unwrap_or_default();
                let claim = |p: &crate::session::Partial| {
                    let by = p.wrt.last().and_then(|k| wrt.get(*k)).copied().unwrap_or(root);
                    self.claim(p.of, by, p.id)
                };
                let lower = levels.iter().flatten().map(claim).collect();
                (last.iter().map(|p| Made { wrt: p.wrt.clone(), claim: claim(p) }).collect(), lower)
            }
        })
    }

    /// A derivative by entries; labels stay where they are.
    pub(crate) fn claim(&self, of: Id, x: Id, made: Id) -> Claim {
        Claim { fixed: self.is_label(x), ..Claim::by_entries(of, x, made) }
    }

    /// The forms for people.
    fn shown(&mut self, request: &Request<'_>, wrt: &[Id], made: &[Id]) -> Result<Backprop, Error> {
        let gradient = match request.kind {
            DerivativeKind::Gradient => true,
            DerivativeKind::Derivative(1) => self.is_scalar(),
            _ => false,
        };
        match request.layout {
            Layout::LetBlock if gradient => self.backprop(wrt),
            Layout::LetBlock => Ok(Backprop { adjoints: Vec::new(), gradient: self.simplify_all(made) }),
            Layout::Alone => Ok(Backprop { adjoints: Vec::new(), gradient: self.simplify_each(made) }),
        }
    }

    fn derived(&self, request: &Request<'_>, made: &[Made], shown: &Backprop) -> Vec<Derivative> {
        let derivative = |(made, shown): (&Made, &Simplified)| Derivative {
            names: made.wrt.iter().map(|k| request.wrt[*k].clone()).collect(),
            heading: self.heading(request, &made.wrt, Form::Text),
            made: made.claim.made,
            shown: shown.clone(),
            shape: self.shape_names(made.claim.made),
            value: None,
        };
        made.iter().zip(&shown.gradient).map(derivative).collect()
    }

    /// What stands left of a derivative's `=`.
    fn heading(&self, request: &Request<'_>, wrt: &[usize], form: Form) -> String {
        let names: Vec<&str> = wrt.iter().map(|k| request.wrt[*k].as_str()).collect();
        match (request.kind, &names[..]) {
            (DerivativeKind::Jvp, _) => "jvp".to_string(),
            (DerivativeKind::Vjp | DerivativeKind::Hvp, [name, ..]) if request.wrt.len() > 1 => {
                format!("{}_{name}", request.kind.word())
            }
            (DerivativeKind::Vjp | DerivativeKind::Hvp, _) => request.kind.word().to_string(),
            _ => {
                let partial = request.partial.unwrap_or_else(|| self.is_partial(request.wrt));
                heading(form, &self.function(request.wrt), &names, partial)
            }
        }
    }

    fn answer_equations(
        &self,
        request: &Request<'_>,
        shown: &Backprop,
        made: &[Vec<usize>],
        form: Form,
    ) -> Vec<Equation> {
        let answers = made.iter().zip(&shown.gradient);
        let answers = answers.map(|(wrt, s)| Equation::new(s.id, self.heading(request, wrt, form))).collect();
        let partial = request.partial.unwrap_or_else(|| self.is_partial(request.wrt));
        self.equations(&self.function(request.wrt), shown, answers, partial, form)
    }

    /// Writes the formulas; the equations are those of the text form, with the lines if these were written.
    fn lines(&self, request: &Request<'_>, shown: &Backprop, answer: &mut Answer) -> Result<Written, Error> {
        let names = |d: &Derivative| -> Vec<usize> {
            d.names.iter().filter_map(|n| request.wrt.iter().position(|m| m == n)).collect()
        };
        let made: Vec<Vec<usize>> = answer.derivatives.iter().map(names).collect();
        if request.layout == Layout::Alone {
            return Ok(Written { made, lines: None });
        }
        // An equation is one piece of MathML.
        let form = if request.form == Form::MathMl { Form::Latex } else { request.form };
        let all = self.answer_equations(request, shown, &made, form);
        let written = self.write(&all, form, &shown.intermediates());
        let lines = match &written {
            Ok(lines) => lines.clone(),
            Err(why) if answer.value.is_some() => {
                answer.refused = Some(why.clone());
                self.write(&all[..1], form, &[]).unwrap_or_default()
            }
            Err(why) => {
                return Err(Error::new(ErrorKind::Value, why.clone())
                    .with_help("its values are given at a point: --at NAME=VALUE"));
            }
        };
        let text = |l: WrittenLine| if request.form == Form::MathMl { mathml(&l.text) } else { l.text };
        answer.lines = lines.into_iter().map(text).collect();
        Ok(Written { made, lines: (form == Form::Text).then_some(written) })
    }

    /// Values and what there is to say of them.
    fn evaluate_answer(
        &mut self,
        request: &Request<'_>,
        made: &[Made],
        point: &Point,
        answer: &mut Answer,
    ) -> Result<(), Error> {
        let ids: Vec<Id> = std::iter::once(self.root()).chain(made.iter().map(|m| m.claim.made)).collect();
        let mut values = self.values(&ids, point, request.numbers)?.into_iter();
        let value = values.next().map(|value| Valued { value, status: None });
        answer.value = value.map(|v| self.with_status(v, point));
        for (derivative, value) in answer.derivatives.iter_mut().zip(values) {
            derivative.value = Some(Valued { value, status: None });
        }
        Ok(())
    }

    /// What there is to say of the formula's own value.
    pub fn with_status(&self, valued: Valued, point: &Point) -> Valued {
        if valued.value.data.iter().all(Value::is_finite) {
            return valued;
        }
        let Ok(undefined) = wrt_check::undefined(self.graph(), self.root(), point) else { return valued };
        let places: Vec<Vec<usize>> = undefined
            .entries
            .iter()
            .enumerate()
            .filter(|(k, finite)| !**finite && !valued.value.data.get(*k).is_some_and(Value::is_finite))
            .map(|(k, _)| crate::judge::position(k, &valued.value.shape))
            .collect();
        if places.is_empty() || undefined.is_open() {
            return valued;
        }
        let subject = match undefined.cause {
            Some((id, _)) => format!("`{}`", self.print(id, Form::Text).line()),
            None => "the formula".to_string(),
        };
        let what = if undefined.is_pole() { "is infinite there" } else { "is not defined there" };
        let status = Status { kind: StatusKind::Undefined, reason: format!("{subject} {what}"), places };
        Valued { status: Some(status), ..valued }
    }

    /// Looks for kinks and missing derivatives, holds everything against nudges if that is asked for, and corrects values
    /// that the rules don't have.
    #[allow(clippy::too_many_arguments)]
    fn judge_answer(
        &mut self,
        request: &Request<'_>,
        made: &[Made],
        lower: Vec<Claim>,
        shown: &Backprop,
        written: Written,
        point: &Point,
        answer: &mut Answer,
    ) -> Result<(), Error> {
        let mut claims: Vec<Claim> = made.iter().map(|m| m.claim.clone()).collect();
        self.find_special(&mut claims, answer, point)?;
        let headings: Vec<(String, String)> =
            answer.derivatives.iter().map(|d| (d.names.join(","), d.heading.clone())).collect();
        let whole = request.judging == Judging::Whole;
        let large = self.graph().len() * claims.len().max(1) > QUICK;
        let mut judgement = Judgement { report: None, fault: None, note: None, nudges: Vec::new() };
        if whole && !large {
            let judged = self.read_answer(request, shown, &written)?;
            if answer.value.as_ref().is_some_and(|v| v.status.is_none()) {
                judgement.nudges = self.some_nudges(request, point)?;
            }
            let nodes = self.printed_nodes(shown, &claims)?;
            match self.fault(&judged, &nodes, point) {
                Ok(fault) => judgement.fault = fault,
                Err(e) => judgement.note = Some(format!("not read back: {}", e.message())),
            }
            let unread = judged.read.as_ref().err().cloned();
            match self.judge_all(&claims, &lower, &judged, point) {
                Ok(found) => judgement.report = Some(Report::new(self.graph(), &headings, found, unread)),
                Err(e) => judgement.note = Some(format!("not checked: {}", e.message())),
            }
        } else {
            if whole {
                judgement.note = Some("(large: `wrt check` holds it against nudging)".to_string());
            }
            judgement.report = self.look_at_special(&claims, shown, &headings, point);
        }
        let shown_ids: Vec<Id> = shown.gradient.iter().map(|s| s.id).collect();
        if let Some(report) = &judgement.report {
            self.tell(request, report, &shown_ids, point, answer)?;
        }
        if !whole || large {
            judgement.report = None;
        }
        if whole {
            answer.judgement = Some(judgement);
        }
        Ok(())
    }

    /// The derivatives as they are printed, then those of lower order.
    fn judge_all(
        &mut self,
        claims: &[Claim],
        lower: &[Claim],
        judged: &Judged,
        point: &Point,
    ) -> Result<wrt_check::Report, Error> {
        let all = Scrutiny::default();
        let quiet = &mut |_, _| {};
        let mut found = judge_printed(self.graph_mut(), claims, judged, point, all, quiet)?;
        let below = wrt_check::judge(self.graph_mut(), lower, None, point, all, quiet)?;
        found.findings.extend(below.findings);
        Ok(found)
    }

    /// Notes the entries of each claim at which there may be something to say.
    fn find_special(&self, claims: &mut [Claim], answer: &Answer, point: &Point) -> Result<(), Error> {
        let finite =
            |v: &Option<Valued>| -> Vec<bool> { v.iter().flat_map(|v| &v.value.data).map(Value::is_finite).collect() };
        let formula = finite(&answer.value).iter().all(|finite| *finite);
        let values: Vec<(bool, Vec<bool>)> = answer.derivatives.iter().map(|d| (formula, finite(&d.value))).collect();
        let places = special_places(self.graph(), claims, &values, point)?;
        for (claim, places) in claims.iter_mut().zip(places) {
            claim.places = places;
        }
        Ok(())
    }

    /// The judge on those entries alone; none where there are none, or it would take long.
    fn look_at_special(
        &mut self,
        claims: &[Claim],
        shown: &Backprop,
        headings: &[(String, String)],
        point: &Point,
    ) -> Option<Report> {
        if claims.iter().all(|c| c.places.is_empty()) {
            return None;
        }
        let ids: Vec<Id> = shown.gradient.iter().map(|s| s.id).collect();
        let formulas = wrt_check::Formulas { graph: None, ids: &ids, at: point };
        // Formulas by way of steps speak of names that have no value.
        let formulas = shown.adjoints.is_empty().then_some(formulas);
        let only = Scrutiny { entries: Some(0), trust: false };
        let found = wrt_check::judge(self.graph_mut(), claims, formulas, point, only, &mut |_, _| {}).ok()?;
        Some(Report::new(self.graph(), headings, found, None))
    }

    /// Enters what the judge found at single entries: the status, no number where there is no derivative, and the value
    /// of the form for people where the rules have none and nudges confirm it.
    fn tell(
        &self,
        request: &Request<'_>,
        report: &Report,
        shown: &[Id],
        point: &Point,
        answer: &mut Answer,
    ) -> Result<(), Error> {
        let found = report.findings.iter().zip(&report.found.findings);
        for (((finding, found), derivative), shown) in found.zip(&mut answer.derivatives).zip(shown) {
            let Some(valued) = &mut derivative.value else { continue };
            let mut status: Option<Status> = None;
            let mut formula: Option<Array<Value>> = None;
            for (place, position) in finding.places(found) {
                let Some(entry) = valued.value.data.get_mut(place) else { continue };
                let special = finding.special.iter().find(|s| s.place.as_ref() == Some(&position));
                if let Some(special) = special
                    && special.verdict != "disagreement"
                    && !special.beyond
                {
                    let kind = if special.verdict == "kink" { StatusKind::Kink } else { StatusKind::None };
                    if kind == StatusKind::None && request.numbers != Numbers::AsWritten {
                        *entry = special.endless.map_or_else(|| entry.undefined(), |negative| entry.endless(negative));
                    }
                    note(&mut status, kind, &special.sentence, position);
                } else if !entry.is_finite() && request.numbers != Numbers::AsWritten {
                    if formula.is_none() {
                        formula = self.values(&[*shown], point, request.numbers).ok().map(|mut v| v.swap_remove(0));
                    }
                    let better = formula.as_ref().and_then(|f| f.data.get(place)).filter(|v| v.is_finite());
                    if let Some(better) = better {
                        *entry = better.clone();
                    }
                }
            }
            valued.status = status;
        }
        Ok(())
    }

    /// What is printed in the text form, read back.
    fn read_answer(&self, request: &Request<'_>, shown: &Backprop, written: &Written) -> Result<Judged, Error> {
        let equations = self.answer_equations(request, shown, &written.made, Form::Text);
        let lines = match &written.lines {
            Some(lines) => lines.clone(),
            None => self.write(&equations, Form::Text, &shown.intermediates()),
        };
        Ok(self.read_back(&equations, lines.map(|lines| vec![lines])))
    }

    /// The nodes that an answer's equations are printed for.
    fn printed_nodes(&mut self, shown: &Backprop, claims: &[Claim]) -> Result<Vec<Id>, Error> {
        let mut nodes = if shown.adjoints.is_empty() { vec![self.root()] } else { self.nodes_of(shown, &[])? };
        nodes.extend(claims.iter().map(|c| c.made));
        Ok(nodes)
    }

    /// What is wrong with what is printed for some nodes.
    pub(crate) fn fault(&self, judged: &Judged, nodes: &[Id], point: &Point) -> Result<Option<String>, Error> {
        let read = match &judged.read {
            Err(Unread::Refused(_)) => return Ok(None),
            Err(unread) => return Ok(Some(unread.sentence())),
            Ok(read) => read,
        };
        Ok(match self.compare(read, nodes, point)? {
            Comparison::Other(k) => {
                let line = judged.lines.get(k).map_or("", String::as_str);
                Some(format!(
                    "a printed formula, read back, has another value: `{line}`: please report this as a bug of wrt"
                ))
            }
            _ => None,
        })
    }

    /// A few nudges of a number by what has few entries.
    fn some_nudges(&mut self, request: &Request<'_>, point: &Point) -> Result<Vec<Moves>, Error> {
        let first =
            matches!(request.kind, DerivativeKind::Gradient | DerivativeKind::Jacobian | DerivativeKind::Derivative(1));
        if !first || !self.is_scalar() {
            return Ok(Vec::new());
        }
        let occurring: Vec<&String> = request.wrt.iter().filter(|n| self.occurs(n)).collect();
        let texts: &[&str] = if let [_] = occurring[..] { &["0.1", "0.01", "0.001"] } else { &["0.001"] };
        let eps = texts.iter().map(|t| parse_eps(t)).collect::<Result<Vec<Number>, String>>();
        let eps = eps.map_err(|why| Error::new(ErrorKind::Number, why))?;
        let mut found: Vec<Moves> = Vec::new();
        for name in occurring {
            let id = self.variable(name)?;
            if self.is_label(id) {
                continue;
            }
            let moves = self.nudge((name, id), point, &eps, Direction::Forward, 12, false, NUDGED + 1);
            match moves {
                // What has many entries is not shown in part.
                Ok(moves) if found.len() + moves.len() <= NUDGED => found.extend(moves),
                _ => {}
            }
        }
        Ok(found)
    }
}

/// The lines of an answer in the text form, if they were written, and which derivative each answer is.
struct Written {
    made: Vec<Vec<usize>>,
    lines: Option<Result<Vec<WrittenLine>, String>>,
}

/// Each note once.
fn notes(shown: &Backprop) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    let steps = shown.adjoints.iter().flat_map(|s| &s.shown.notes);
    for note in steps.chain(shown.gradient.iter().flat_map(|s| &s.notes)) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    notes
}

/// Enters what was found at an entry: the worst kind counts.
fn note(status: &mut Option<Status>, kind: StatusKind, sentence: &str, place: Vec<usize>) {
    match status {
        Some(known) if known.kind > kind => {}
        Some(known) if known.kind == kind => known.places.push(place),
        _ => *status = Some(Status { kind, reason: sentence.to_string(), places: vec![place] }),
    }
}
