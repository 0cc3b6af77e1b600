//! What there is to say of an answer at a point: its values, kinks, what is missing, and whether the judge agrees.

use wrt_check::{By, Claim, Place, Scrutiny, parse_eps, special_places};
use wrt_core::{Array, Id, Node, Number, Primitive};
use wrt_run::array_work;
use wrt_view::Form;

use crate::answer::{Answer, DerivativeKind, Judging, Request, Status, StatusKind, Valued};
use crate::answering::{Derived, Written};
use crate::backprop::Backprop;
use crate::derivation::Partial;
use crate::error::{Error, ErrorKind};
use crate::evaluate::{Numbers, Point, Value};
use crate::judge::{Judgement, Moves, Nudging, judge_printed};
use crate::report::{Report, Special, position};
use crate::session::Session;
use crate::written::{Comparison, Judged, Unread};

/// Beyond this many nodes times derivatives, an answer is not judged by the way.
const QUICK: usize = 20_000;
/// The judge looks at nothing but entries that were noted.
const ONLY_SPECIAL: Scrutiny = Scrutiny { entries: Some(0), trust: false };
/// Entries at which there may be something to say are looked at up to so many multiplications of values for each formula,
/// but a few in any case.
const MOST_SPECIAL: u64 = 1 << 19;
const FEW_SPECIAL: usize = 24;
/// An answer shows at most so many nudges.
const NUDGED: usize = 8;

impl Session {
    /// Values and what there is to say of them.
    pub(crate) fn evaluate_answer(
        &mut self,
        request: &Request<'_>,
        made: &[Partial],
        point: &Point,
        answer: &mut Answer,
    ) -> Result<(), Error> {
        let given: Vec<Id> = std::iter::once(self.root()).chain(made.iter().map(|m| m.claim.made)).collect();
        let ids = match request.numbers {
            Numbers::Compiled | Numbers::Guarded => {
                let wrt = request.wrt.iter().map(|n| self.variable(n)).collect::<Result<Vec<Id>, Error>>()?;
                self.for_computing(request.kind, &wrt)?.filter(|ids| ids.len() == given.len()).unwrap_or(given)
            }
            _ => given,
        };
        let mut values = self.values(&ids, point, request.numbers)?.into_iter();
        let value = values.next().map(|value| Valued { value, status: None });
        answer.value = value.map(|v| self.with_status(v, point, &mut answer.notes));
        for (derivative, value) in answer.derivatives.iter_mut().zip(values) {
            derivative.value = Some(Valued { value, status: None });
        }
        Ok(())
    }

    /// What there is to say of the formula's own value.
    fn with_status(&self, valued: Valued, point: &Point, notes: &mut Vec<String>) -> Valued {
        if valued.value.data.iter().all(Value::is_finite) {
            return valued;
        }
        let Ok(undefined) = wrt_check::undefined(self.graph(), self.root(), point) else { return valued };
        let places: Vec<Vec<usize>> = undefined
            .entries
            .iter()
            .enumerate()
            .filter(|(k, finite)| !**finite && !valued.value.data.get(*k).is_some_and(Value::is_finite))
            .map(|(k, _)| position(k, &valued.value.shape))
            .collect();
        if places.is_empty() || undefined.is_open() {
            return valued;
        }
        let subject = match undefined.cause {
            Some((id, _)) => format!("`{}`", self.print(id, Form::Text).line()),
            None => "the formula".to_string(),
        };
        let what = if undefined.is_pole() { "is infinite there" } else { "is not defined there" };
        notes.extend(undefined.cause.and_then(|(id, _)| self.remedy(id)));
        let status = Status { kind: StatusKind::Undefined, reason: format!("{subject} {what}"), places, open: false };
        Valued { status: Some(status), ..valued }
    }

    /// What to write for `y*log(p)` where 0·log 0 is meant to be 0.
    fn remedy(&self, cause: Id) -> Option<String> {
        let graph = self.graph();
        let Node::Map(Primitive::Log, &[p]) = graph.node(cause) else { return None };
        let factors = graph.reachable(&[self.root()]).into_iter().find_map(|id| match graph.node(id) {
            Node::Contraction(factors, _) if factors.len() > 1 && factors.contains(&cause) => Some(factors),
            _ => None,
        })?;
        let text = |id: Id| self.print(id, Form::Text).line();
        let others: Vec<String> = factors.iter().filter(|f| **f != cause).map(|f| text(*f)).collect();
        let y = others.join("*");
        Some(format!("`xlogy({y}, {})` is 0 where `{y}` is 0", text(p)))
    }

    /// Looks for kinks and missing derivatives, holds everything against nudges if that is asked for, and corrects values
    /// that the rules don't have.
    pub(crate) fn judge_answer(
        &mut self,
        request: &Request<'_>,
        derived: &Derived<'_>,
        point: &Point,
        answer: &mut Answer,
    ) -> Result<(), Error> {
        let Derived { derivation, shown, written } = *derived;
        let mut claims: Vec<Claim> = derivation.partials.iter().map(|m| m.claim.clone()).collect();
        self.find_special(&mut claims, answer, point)?;
        let headings: Vec<(String, String)> =
            answer.derivatives.iter().map(|d| (d.names.join(","), d.heading.clone())).collect();
        let whole = request.judging == Judging::Whole;
        let large = self.graph().len() * claims.len().max(1) > QUICK;
        let mut judgement = Judgement { report: None, fault: None, note: None, nudges: Vec::new() };
        if whole && !large {
            let judged = self.read_answer(request, shown, written)?;
            if answer.value.as_ref().is_some_and(|v| v.status.is_none()) {
                judgement.nudges = self.some_nudges(request, point)?;
            }
            let nodes = self.printed_nodes(shown, &claims)?;
            match self.fault(&judged, &nodes, point) {
                Ok(fault) => judgement.fault = fault,
                Err(e) => judgement.note = Some(format!("not read back: {}", e.message())),
            }
            let unread = judged.read.as_ref().err().cloned();
            match self.judge_all(&claims, &derivation.lower, &judged, point) {
                Ok(found) => judgement.report = Some(Report::new(self.graph(), &headings, found, unread)),
                Err(e) => judgement.note = Some(format!("not checked: {}", e.message())),
            }
        } else {
            if whole {
                judgement.note = Some("(large: `wrt check` holds it against nudging)".to_string());
            }
            judgement.report = self.look_at_special(&claims, shown, &headings, point);
        }
        if let Some(report) = &judgement.report {
            Session::tell(request, report, answer);
        }
        Session::tell_undecided(request, answer);
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
    fn find_special(&self, claims: &mut [Claim], answer: &mut Answer, point: &Point) -> Result<(), Error> {
        let finite =
            |v: &Option<Valued>| -> Vec<bool> { v.iter().flat_map(|v| &v.value.data).map(Value::is_finite).collect() };
        let formula = finite(&answer.value).iter().all(|finite| *finite);
        let values: Vec<(bool, Vec<bool>)> = answer.derivatives.iter().map(|d| (formula, finite(&d.value))).collect();
        let places = special_places(self.graph(), claims, &values, point)?;
        let mut left = 0;
        for (claim, mut places) in claims.iter_mut().zip(places) {
            let work = array_work(self.graph(), &[claim.of], &point.sizes).max(1);
            let most = FEW_SPECIAL.max((MOST_SPECIAL / work) as usize);
            left += places.len().saturating_sub(most);
            places.truncate(most);
            claim.places = places;
        }
        if left > 0 {
            answer.notes.push(format!(
                "there may be kinks at {left} entries more, which were not looked at: it would take long"
            ));
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
        let found = wrt_check::judge(self.graph_mut(), claims, formulas, point, ONLY_SPECIAL, &mut |_, _| {}).ok()?;
        Some(Report::new(self.graph(), headings, found, None))
    }

    /// The derivatives of a number, which is finite, by nodes, as an answer has them: corrected at entries where the judge
    /// finds another value, or none. Where it would take long, names are looked at, and no nodes between.
    pub(crate) fn correct(
        &mut self,
        claims: &mut [Claim],
        derivatives: &mut [&mut Array<f64>],
        point: &Point,
    ) -> Result<(), Error> {
        let finite = |d: &&mut Array<f64>| (true, d.data.iter().map(|x| x.is_finite()).collect());
        let values: Vec<(bool, Vec<bool>)> = derivatives.iter().map(finite).collect();
        let places = special_places(self.graph(), claims, &values, point)?;
        let many = places.iter().map(Vec::len).sum::<usize>().saturating_mul(self.graph().len()) > QUICK;
        for (claim, places) in claims.iter_mut().zip(places) {
            let between = matches!(claim.by, By::Entries(x) if !matches!(self.graph().node(x), Node::Symbol(_)));
            claim.places = if many && between { Vec::new() } else { places };
        }
        if claims.iter().all(|c| c.places.is_empty()) {
            return Ok(());
        }
        // What can't be judged stays as it is, as in an answer.
        let Ok(found) = wrt_check::judge(self.graph_mut(), claims, None, point, ONLY_SPECIAL, &mut |_, _| {}) else {
            return Ok(());
        };
        for (found, derivative) in found.findings.iter().zip(derivatives) {
            for reading in &found.readings {
                let Place::Entry(place) = reading.place else { continue };
                let Some(x) = derivative.data.get_mut(place) else { continue };
                let mut entry = Value::Double(*x);
                decide(&mut entry, reading);
                if let Some(special) = Special::new(self.graph(), reading, &found.shape) {
                    withdraw(&mut entry, &special);
                }
                *x = entry.as_f64().unwrap_or(*x);
            }
        }
        Ok(())
    }

    /// Enters what the judge found at single entries: the status, no number where there is no derivative, and the one-sided
    /// slope where the rules have no value, or another one.
    fn tell(request: &Request<'_>, report: &Report, answer: &mut Answer) {
        let found = report.findings.iter().zip(&report.found.findings);
        for ((finding, found), derivative) in found.zip(&mut answer.derivatives) {
            let Some(valued) = &mut derivative.value else { continue };
            let mut status: Option<Status> = None;
            // These are shown as they came out.
            let as_written = matches!(request.numbers, Numbers::AsWritten | Numbers::Compiled | Numbers::Guarded);
            let mut differing: Vec<(&wrt_check::Reading, Vec<usize>, String)> = Vec::new();
            for reading in &found.readings {
                let Place::Entry(place) = reading.place else { continue };
                let Some(entry) = valued.value.data.get_mut(place) else { continue };
                if !as_written {
                    decide(entry, reading);
                }
                let position = position(place, &finding.shape);
                let silent = reading.engines.iter().any(|e| e.name == "formula" && !e.counts);
                if (reading.decided || silent && reading.value.is_some()) && !as_written {
                    differing.push((reading, position.clone(), short(entry)));
                }
                let special = finding.special.iter().find(|s| s.place.as_ref() == Some(&position));
                let Some(special) = special.filter(|s| s.verdict != "disagreement" && !s.beyond) else { continue };
                let kind = if special.verdict == "kink" { StatusKind::Kink } else { StatusKind::None };
                if !as_written {
                    withdraw(entry, special);
                }
                note(&mut status, kind, &special.sentence, position);
            }
            valued.status = status;
            answer.notes.extend(another_value(&finding.heading, &differing));
        }
        if !report.found.is_total {
            answer.notes.push(NOT_TOTAL.to_string());
        }
    }

    /// Says of what has no number, and of which nothing was found, that it is not known.
    fn tell_undecided(request: &Request<'_>, answer: &mut Answer) {
        // These are shown as they came out.
        if matches!(request.numbers, Numbers::AsWritten | Numbers::Compiled | Numbers::Guarded) {
            return;
        }
        let values = answer.value.iter_mut().map(|v| (v, StatusKind::Undefined));
        let derivatives = answer.derivatives.iter_mut().filter_map(|d| Some((d.value.as_mut()?, StatusKind::None)));
        for (valued, kind) in values.chain(derivatives) {
            if valued.status.is_some() {
                continue;
            }
            let shape = &valued.value.shape;
            let open = valued.value.data.iter().enumerate().filter(|(_, x)| x.is_unknown());
            let places: Vec<Vec<usize>> = open.map(|(k, _)| position(k, shape)).collect();
            if !places.is_empty() {
                valued.status = Some(Status { kind, reason: Status::UNDECIDED.to_string(), places, open: true });
            }
        }
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
        if !first || !self.document.is_scalar() {
            return Ok(Vec::new());
        }
        let occurring: Vec<&String> = request.wrt.iter().filter(|n| self.document.occurs(n)).collect();
        let texts: &[&str] = if let [_] = occurring[..] { &["0.1", "0.01", "0.001"] } else { &["0.001"] };
        let eps = texts.iter().map(|t| parse_eps(t)).collect::<Result<Vec<Number>, String>>();
        let eps = eps.map_err(|why| Error::new(ErrorKind::Number, why))?;
        let nudging = Nudging::default();
        let mut found: Vec<Moves> = Vec::new();
        for name in occurring {
            let id = self.variable(name)?;
            // What has many entries is not shown in part.
            let many = point.get(id).is_some_and(|value| found.len() + value.data.len() > NUDGED);
            if self.document.is_label(id) || many {
                continue;
            }
            let moves = self.nudge((name, id), point, &Nudging { eps: &eps, digits: 12, most: NUDGED + 1, ..nudging });
            match moves {
                Ok(moves) if found.len() + moves.len() <= NUDGED => found.extend(moves),
                _ => {}
            }
        }
        Ok(found)
    }
}

/// Enters what the slopes from both sides decided.
fn decide(entry: &mut Value, reading: &wrt_check::Reading) {
    if (reading.decided || !entry.is_finite())
        && let Some(better) = reading.value.as_deref().and_then(|text| entry.read(text))
    {
        *entry = better;
    }
}

/// Leaves no number where there is no derivative.
fn withdraw(entry: &mut Value, special: &Special) {
    if special.verdict == "none" && !special.beyond {
        *entry = special.endless.map_or_else(|| entry.undefined(), |negative| entry.endless(negative));
    }
}

/// What is said where slopes don't add up.
const NOT_TOTAL: &str = "there is no total derivative at this point: the slope along other directions is not the sum of \
                         the partial derivatives";

/// That the formula has another value at the point than the derivative, which the slopes from both sides decided.
fn another_value(heading: &str, differing: &[(&wrt_check::Reading, Vec<usize>, String)]) -> Option<String> {
    let formula = |r: &wrt_check::Reading| {
        let engine = r.engines.iter().find(|e| e.name == "formula").or(r.engines.first())?;
        (r.value.as_ref() != Some(&engine.value)).then(|| engine.value.clone())
    };
    let (own, place, value) = differing.iter().find_map(|(r, place, value)| Some((formula(r)?, place, value)))?;
    let place = if place.is_empty() { String::new() } else { format!(" {place:?}") };
    let gives =
        if matches!(own.as_str(), "NaN" | "unknown") { "has no value".to_string() } else { format!("gives {own}") };
    Some(format!("at this point the formula of {heading}{place} {gives}; the derivative is {value}"))
}

/// A value within a sentence.
fn short(value: &Value) -> String {
    match value {
        Value::Double(x) if *x == 0.0 || (1e-5..1e16).contains(&x.abs()) => x.to_string(),
        Value::Double(x) => format!("{x:e}"),
        Value::Certified(..) => value.to_string(),
    }
}

/// Enters what was found at an entry: the worst kind counts.
fn note(status: &mut Option<Status>, kind: StatusKind, sentence: &str, place: Vec<usize>) {
    match status {
        Some(known) if known.kind > kind => {}
        Some(known) if known.kind == kind => known.places.push(place),
        _ => *status = Some(Status { kind, reason: sentence.to_string(), places: vec![place], open: false }),
    }
}
