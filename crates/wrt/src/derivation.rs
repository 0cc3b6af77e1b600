//! From a question to its answer: the derivatives as the rules give them, and as they are written.

use wrt_check::Claim;
use wrt_core::Id;
use wrt_rewrite::Simplified;
use wrt_view::{Form, heading, mathml};

use crate::answer::{Answer, Derivative, DerivativeKind, Direct, Layout, Request};
use crate::backprop::Backprop;
use crate::declared::Along;
use crate::derivatives::refuse_rank;
use crate::error::{Error, ErrorKind};
use crate::evaluate::Point;
use crate::session::Session;
use crate::written::{Equation, WrittenLine};

/// A derivative as it was made.
pub(crate) struct Made {
    /// The positions of its names.
    pub wrt: Vec<usize>,
    pub claim: Claim,
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
        let written = self.lines(request, &shown, &mut answer)?;
        if let Some(point) = &point {
            let derived = Derived { made: &made, lower: &lower, shown: &shown, written: &written };
            self.judge_answer(request, &derived, point, &mut answer)?;
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

    pub(crate) fn answer_equations(
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
}

/// The lines of an answer in the text form, if they were written, and which derivative each answer is.
pub(crate) struct Written {
    pub made: Vec<Vec<usize>>,
    pub lines: Option<Result<Vec<WrittenLine>, String>>,
}

/// What an answer is made of.
pub(crate) struct Derived<'a> {
    /// The derivatives as the rules give them.
    pub made: &'a [Made],
    /// Those of lower order on the way there.
    pub lower: &'a [Claim],
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
