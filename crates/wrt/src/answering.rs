//! From a question to its answer: the derivatives as the rules give them, and as they are written.

use std::collections::HashMap;

use wrt_core::Id;
use wrt_rewrite::Simplified;
use wrt_view::{Form, heading, mathml};

use crate::answer::{Answer, Derivative, DerivativeKind, Direct, Layout, Request};
use crate::backprop::Backprop;
use crate::derivation::{Derivation, Partial};
use crate::error::{Error, ErrorKind};
use crate::evaluate::Point;
use crate::session::{Along, Session};
use crate::written::{Equation, WrittenLine};

/// Longer blocks are not told of.
const MOST_OF_BLOCK: usize = 200;

/// The most nodes of derivatives that are written out as formulas.
const MAX_WRITTEN: usize = 1 << 20;

impl Session {
    /// Answers a question.
    ///
    /// # Errors
    /// Where there is no such derivative, for a name without a value, or values that don't fit.
    ///
    /// ```
    /// use wrt::session::{Array, DerivativeKind, Number, Request, Scope, Session};
    /// let mut s = Session::parse("sum(relu(x))", &Scope { shapes: &[("x", vec!["n"])], ..Scope::default() })?;
    /// let at = [("x".to_string(), Array { shape: vec![2], data: vec![Number::ZERO, Number::ONE] })];
    /// let wrt = ["x".to_string()];
    /// let request = Request { kind: DerivativeKind::Gradient, wrt: &wrt, at: Some(&at), ..Request::default() };
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
        let derivation = self.derive(request.kind, &ids, &along)?;
        self.refuse_flood(&derivation.ids())?;
        let shown = self.simplify_derivation(&derivation, request.layout)?;
        let function = self.document.function(request.wrt);
        let mut notes = notes(&shown);
        notes.extend(self.blocks(request, &derivation.partials, &shown));
        let mut answer = Answer {
            function,
            lines: Vec::new(),
            refused: None,
            notes,
            value: None,
            derivatives: self.derived(request, &derivation.partials, &shown),
            along: self.told_along(request, &along),
            judgement: None,
            starts: Vec::new(),
        };
        let mut point = match request.at {
            Some(at) => Some(self.point(at, &request.sizes)?),
            None => None,
        };
        if let Some(point) = &mut point {
            answer.starts = self.document.fill_starts(point)?;
            self.refuse_missing(point, &along)?;
            self.evaluate_answer(request, &derivation.partials, point, &mut answer)?;
        }
        let written = self.lines(request, &shown, &mut answer)?;
        if let Some(point) = &point {
            let derived = Derived { derivation: &derivation, shown: &shown, written: &written };
            self.judge_answer(request, &derived, point, &mut answer)?;
        }
        Ok(answer)
    }

    /// Where a block of a Hessian that takes indices is zero but where two of these agree: which, and what it is there.
    fn blocks(&mut self, request: &Request<'_>, partials: &[Partial], shown: &Backprop) -> Vec<String> {
        let mut told = Vec::new();
        if request.kind != DerivativeKind::Hessian || !matches!(request.form, Form::Text | Form::Unicode) {
            return told;
        }
        for (partial, own) in partials.iter().zip(&shown.gradient) {
            let indices = self.print(own.id, request.form).indices;
            let names = partial.wrt.first().and_then(|k| request.wrt.get(*k)).cloned();
            let Some(first) = names.and_then(|n| self.variable(&n).ok()) else { continue };
            let first = self.graph().rank(first);
            if indices.len() != self.graph().rank(own.id) || indices.len() < 3 {
                continue;
            }
            let Some(found) = wrt_rewrite::identities(self.graph_mut(), own.id, first) else { continue };
            let pairs = found.identities.iter().map(|i| format!("{} = {}", indices[i.first], indices[i.second]));
            let pairs = pairs.collect::<Vec<_>>().join(" and ");
            let of_none = |k: &usize| found.identities.iter().all(|i| i.first != *k && i.second != *k);
            let varying = found.identities.iter().filter(|i| i.varies).map(|i| i.first);
            let axes: Vec<&str> =
                varying.chain((0..indices.len()).filter(of_none)).map(|k| indices[k].as_str()).collect();
            let at = if axes.is_empty() { String::new() } else { format!("[{}]", axes.join(",")) };
            let block = self.simplify(found.block).id;
            let printed = self.print(block, request.form);
            if !printed.bindings.is_empty() || printed.refused.is_some() || printed.result.len() > MOST_OF_BLOCK {
                continue;
            }
            let own_at =
                if printed.indices.is_empty() { String::new() } else { format!("[{}]", printed.indices.join(",")) };
            let heading = self.headings(request).of(&partial.wrt, request.form);
            told.push(format!("{heading} is 0 unless {pairs}, and B{at} there: B{own_at} = {}", printed.result));
        }
        told
    }

    /// What many derivatives have in common is written once, by a name; the rest has a limit.
    fn refuse_flood(&self, partials: &[Id]) -> Result<(), Error> {
        if partials.len() > 1
            && self.graph().len() > MAX_WRITTEN
            && self.graph().reachable(partials).len() > MAX_WRITTEN
        {
            let message =
                format!("{} derivatives of more than {MAX_WRITTEN} nodes are too much to write out", partials.len());
            return Err(Error::new(ErrorKind::Limit, message).with_help("ask for fewer at once, by name"));
        }
        Ok(())
    }

    /// An error that names what has no value.
    fn refuse_missing(&self, point: &Point, along: &[Along]) -> Result<(), Error> {
        let mut missing = self.document.missing(point);
        missing.extend(along.iter().filter(|a| point.get(a.id).is_none()).map(|a| a.name.clone()));
        if missing.is_empty() {
            return Ok(());
        }
        let list: Vec<String> = missing.iter().map(|n| format!("`{n}`")).collect();
        let verb = if missing.len() == 1 { "has" } else { "have" };
        Err(Error::new(ErrorKind::Unbound, format!("{} {verb} no value", list.join(", "))))
    }

    /// New names for directions and weights.
    fn along(&mut self, request: &Request<'_>, ids: &[Id]) -> Vec<Along> {
        match request.kind {
            DerivativeKind::Hvp | DerivativeKind::Jvp => {
                let variables: Vec<(String, Id)> = request.wrt.iter().cloned().zip(ids.iter().copied()).collect();
                self.directions("v", &variables)
            }
            DerivativeKind::Vjp => {
                let (name, root) = (self.document.function(request.wrt), self.root());
                self.directions("u", &[(name, root)])
            }
            _ => Vec::new(),
        }
    }

    fn told_along(&self, request: &Request<'_>, along: &[Along]) -> Vec<Direct> {
        let of = |k: usize| match request.kind {
            DerivativeKind::Vjp => self.document.function(request.wrt),
            _ => request.wrt[k].clone(),
        };
        along
            .iter()
            .enumerate()
            .map(|(k, a)| Direct { name: a.name.clone(), of: of(k), shape: self.graph().dimension_texts(a.id) })
            .collect()
    }

    fn derived(&self, request: &Request<'_>, made: &[Partial], shown: &Backprop) -> Vec<Derivative> {
        let headings = self.headings(request);
        let derivative = |(made, shown): (&Partial, &Simplified)| Derivative {
            names: made.wrt.iter().map(|k| request.wrt[*k].clone()).collect(),
            heading: headings.of(&made.wrt, Form::Text),
            made: made.id(),
            shown: shown.clone(),
            shape: self.graph().dimension_texts(made.id()),
            value: None,
        };
        made.iter().zip(&shown.gradient).map(derivative).collect()
    }

    fn headings<'r>(&self, request: &'r Request<'_>) -> Headings<'r> {
        Headings {
            kind: request.kind,
            names: request.wrt,
            function: self.document.function(request.wrt),
            partial: request.partial.unwrap_or_else(|| self.document.is_partial(request.wrt)),
        }
    }

    pub(crate) fn answer_equations(
        &self,
        request: &Request<'_>,
        shown: &Backprop,
        made: &[Vec<usize>],
        form: Form,
    ) -> Vec<Equation> {
        let answers = made.iter().zip(&shown.gradient);
        let headings = self.headings(request);
        let answers = answers.map(|(wrt, s)| Equation::new(s.id, headings.of(wrt, form))).collect();
        self.equations(&headings.function, shown, answers, headings.partial, form)
    }

    /// Writes the formulas; the equations are those of the text form, with the lines if these were written.
    fn lines(&self, request: &Request<'_>, shown: &Backprop, answer: &mut Answer) -> Result<Written, Error> {
        let place: HashMap<&str, usize> = request.wrt.iter().enumerate().rev().map(|(k, n)| (n.as_str(), k)).collect();
        let names =
            |d: &Derivative| -> Vec<usize> { d.names.iter().filter_map(|n| place.get(n.as_str()).copied()).collect() };
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
}

/// What stands left of the `=` of derivatives.
struct Headings<'r> {
    kind: DerivativeKind,
    /// All that is differentiated with respect to.
    names: &'r [String],
    function: String,
    partial: bool,
}

impl Headings<'_> {
    /// By these, counted in the list asked for.
    fn of(&self, wrt: &[usize], form: Form) -> String {
        let names: Vec<&str> = wrt.iter().map(|k| self.names[*k].as_str()).collect();
        match (self.kind, &names[..]) {
            (DerivativeKind::Jvp, _) => "jvp".to_string(),
            (DerivativeKind::Vjp | DerivativeKind::Hvp, [name, ..]) if self.names.len() > 1 => {
                format!("{}_{name}", self.kind.word())
            }
            (DerivativeKind::Vjp | DerivativeKind::Hvp, _) => self.kind.word().to_string(),
            _ => heading(form, &self.function, &names, self.partial),
        }
    }
}

/// The lines of an answer in the text form, if they were written, and which derivative each answer is.
pub(crate) struct Written {
    pub made: Vec<Vec<usize>>,
    pub lines: Option<Result<Vec<WrittenLine>, String>>,
}

/// What an answer is made of.
pub(crate) struct Derived<'a> {
    /// The derivatives as the rules give them.
    pub derivation: &'a Derivation,
    /// The forms for people.
    pub shown: &'a Backprop,
    pub written: &'a Written,
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
