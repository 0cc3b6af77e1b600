//! A formula as a function of one or two numbers, with its slopes, as the facade gives them.

use wrt::session::{
    Answer, Array, DerivativeKind, Direction, Id, Judging, Layout, Nudging, Number, Numbers, Point, Request,
    StatusKind, Sweep, computed_digits,
};
use wrt::{Error, Form};

use crate::args::Formula;
use crate::failure::Failure;
use crate::output::listed;
use crate::question::{self, Question};

/// A formula, the names that vary, and values of the others.
pub struct Function {
    q: Question,
    /// The names that vary.
    pub names: Vec<String>,
    ids: Vec<Id>,
    /// The values of the other names.
    base: Point,
    fixed: Vec<(String, Array<Number>)>,
    /// The derivative by each name, unless there is none anywhere.
    slopes: Option<Vec<Id>>,
    /// Are samples to have all their digits? Where the picture is not much wider than rounding errors; else plain doubles
    /// will do, which are there at once.
    close: bool,
}

/// What there is at a point.
#[derive(Clone, Debug)]
pub struct At {
    /// Where.
    pub place: Vec<Number>,
    /// The value.
    pub value: f64,
    /// The derivative by each name.
    pub slopes: Vec<f64>,
    /// What there is to say: that there is a kink, or no value, or no derivative.
    pub status: Option<(StatusKind, String)>,
}

/// Values of names, as `--at` gives them.
pub type Values = Vec<(String, Array<Number>)>;

impl Function {
    /// Reads a formula; `vary` are the names that vary, else they are its free names without those that are fixed.
    pub fn open(formula: &Formula, vary: &[String], fixed: &Values) -> Result<Function, Failure> {
        // Names that options bind are variables in it.
        let at: Vec<String> =
            fixed.iter().map(|(name, value)| format!("{name}={}", listed(value, Number::to_string))).collect();
        let q = question::open(formula, vary, &at)?;
        let given = |n: &String| fixed.iter().any(|(f, _)| f == n);
        let names = match vary {
            [] => q.session.document().default_variables().into_iter().filter(|n| !given(n)).collect(),
            _ => vary.to_vec(),
        };
        Function::of(q, names, fixed)
    }

    fn of(mut q: Question, names: Vec<String>, fixed: &Values) -> Result<Function, Failure> {
        let fixed: Values = fixed.iter().filter(|(n, _)| q.session.document().occurs(n)).cloned().collect();
        let ids = names.iter().map(|n| q.session.variable(n)).collect::<Result<Vec<_>, Error>>()?;
        let mut base = q.session.point(&fixed, &q.sizes.clone())?;
        q.session.document().fill_starts(&mut base)?;
        base.values.retain(|(id, _)| !ids.contains(id));
        let graph = q.session.graph();
        if !graph.dims(q.session.document().root()).is_empty() {
            return Err(Failure::plain("the formula is no single number").with_help("sum it up, or name an entry"));
        }
        if let Some(name) = names.iter().zip(&ids).find(|(_, id)| !graph.dims(**id).is_empty()).map(|(n, _)| n) {
            return Err(Failure::plain(format!("`{name}` is no single number"))
                .with_help("give it a value, and vary another name: --wrt NAME"));
        }
        let given: Vec<&str> = fixed.iter().map(|(n, _)| n.as_str()).chain(names.iter().map(String::as_str)).collect();
        let missing = q.session.document().without_value(&given);
        if let Some(name) = names.iter().find(|n| !missing.is_empty() && !q.session.document().occurs(n)) {
            return Err(Failure::plain(format!("`{name}` does not occur in the formula")));
        }
        question::refuse(&missing)?;
        let slopes = q.session.derive(DerivativeKind::Gradient, &ids, &[]).ok().map(|d| d.ids());
        Ok(Function { q, names, ids, base, fixed, slopes, close: false })
    }

    /// Is it a name of the formula?
    pub fn occurs(&self, name: &str) -> bool {
        self.q.session.document().occurs(name)
    }

    /// What the formula is called.
    pub fn name(&self) -> String {
        self.q.session.document().function(&self.names)
    }

    /// The formula, in one line.
    pub fn text(&self) -> String {
        let text = self.q.text.text.trim();
        let line = |t: &str| t.lines().count() == 1 && !t.contains(';');
        if line(text) {
            text.to_string()
        } else {
            self.q.session.print(self.q.session.document().root(), Form::Text).line()
        }
    }

    /// `J = w^2`
    pub fn equation(&self) -> String {
        let (name, text) = (self.name(), self.text());
        let own = text.split_once('=').is_some_and(|(head, _)| head.trim() == name);
        if own { text } else { format!("{name} = {text}") }
    }

    /// The equation with the values of names that do not vary, as far as these are numbers: `J = a*x at a = 2`.
    pub fn title(&self) -> String {
        /// More would be no title.
        const TOLD: usize = 4;
        let number = |(name, value): &(String, Array<Number>)| match &value.data[..] {
            [one] if value.shape.is_empty() => Some(format!("{name} = {}", wrt_draw::number(one.to_f64(), 6))),
            _ => None,
        };
        let fixed: Vec<String> = self.fixed.iter().filter_map(number).collect();
        match fixed.len() {
            1..=TOLD => format!("{} at {}", self.equation(), fixed.join(", ")),
            _ => self.equation(),
        }
    }

    /// The formula and its derivatives in LaTeX.
    pub fn latex(&mut self) -> Vec<String> {
        let name = wrt::session::written_name(Form::Latex, &self.name());
        let root = self.q.session.document().root();
        let mut all = vec![format!("{name} = {}", self.q.session.print(root, Form::Latex).line())];
        for (x, slope) in self.names.clone().iter().zip(self.slopes.clone().unwrap_or_default()) {
            let simple = self.q.session.simplify(slope).id;
            all.push(format!(
                "{} = {}",
                self.heading_in(Form::Latex, x),
                self.q.session.print(simple, Form::Latex).line()
            ));
        }
        all
    }

    /// `dJ/dw`
    pub fn heading(&self) -> String {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        wrt::session::heading(Form::Text, &self.name(), &names, false)
    }

    /// `dJ/dw`, or `∂J/∂x` where there are several names.
    pub fn heading_of(&self, name: &str) -> String {
        self.heading_in(Form::Text, name)
    }

    /// The same in a notation.
    pub fn heading_in(&self, form: Form, name: &str) -> String {
        wrt::session::heading(form, &self.name(), &[name], self.names.len() > 1)
    }

    /// How often it may be asked for a value: a long formula takes long each time.
    pub fn looks(&self) -> usize {
        /// Of nodes, together.
        const WORK: usize = 6_000_000;
        let mut roots = vec![self.q.session.document().root()];
        roots.extend(self.slopes.iter().flatten());
        (WORK / self.q.session.graph().reachable(&roots).len().max(1)).min(60_000)
    }

    /// What is shown of the first name: a closer look needs more digits.
    pub fn look(&mut self, (from, to): (f64, f64)) {
        const CLOSE: f64 = 1e-3;
        self.close = to - from < CLOSE * from.abs().max(to.abs()).clamp(1.0, 1e12);
    }

    /// Has it a derivative?
    pub fn has_slopes(&self) -> bool {
        self.slopes.is_some()
    }

    fn point(&self, at: &[f64]) -> Option<Point> {
        let mut point = self.base.clone();
        for (id, x) in self.ids.iter().zip(at) {
            point.values.push((*id, scalar(Number::from_f64(*x)?)));
        }
        Some(point)
    }

    fn doubles(&self, ids: &[Id], at: &[f64]) -> Option<Vec<f64>> {
        let numbers = if self.close { Numbers::Doubles } else { Numbers::AsWritten };
        let values = self.q.session.values(ids, &self.point(at)?, numbers).ok()?;
        values.iter().map(|v| v.data.first().and_then(wrt::session::Value::as_f64)).collect()
    }

    /// The value, not a number where there is none.
    pub fn value(&self, at: &[f64]) -> f64 {
        let root = self.q.session.document().root();
        self.doubles(&[root], at).map_or(f64::NAN, |v| v[0])
    }

    /// The derivatives.
    pub fn gradient(&self, at: &[f64]) -> Vec<f64> {
        let ids = self.slopes.as_deref().unwrap_or(&[]);
        self.doubles(ids, at).unwrap_or_else(|| vec![f64::NAN; self.names.len()])
    }

    /// Value, derivatives and what there is to say, as `wrt diff` answers.
    pub fn at(&mut self, place: &[Number]) -> Result<At, Failure> {
        let mut values = self.fixed.clone();
        values.extend(self.names.iter().cloned().zip(place.iter().cloned().map(scalar)));
        let request = Request {
            wrt: &self.names,
            at: Some(&values),
            sizes: self.q.sizes.clone(),
            layout: Layout::Alone,
            judging: Judging::Status,
            ..Request::default()
        };
        let answer = self.q.session.answer(&request)?;
        Ok(at(place, &answer))
    }

    /// What a nudge of the first name does: ΔJ, and ΔJ/ε.
    pub fn nudge(&self, place: &Number, eps: &Number) -> Result<[f64; 2], Failure> {
        let mut point = self.base.clone();
        point.values.push((self.ids[0], scalar(place.clone())));
        let eps = [eps.clone()];
        let nudging = Nudging { eps: &eps, digits: computed_digits(None), most: 1, ..Nudging::default() };
        let moves = self.q.session.nudge((&self.names[0], self.ids[0]), &point, &nudging)?;
        let row = moves.first().and_then(|m| m.rows.first());
        let double = |c: &wrt::session::Certified| c.text(17).parse().unwrap_or(f64::NAN);
        Ok(row.map_or([f64::NAN; 2], |r| [double(&r.delta), double(&r.quotient)]))
    }

    /// Nudges of the first name by ε from 1 down, in each arithmetic.
    pub fn sweep(&self, place: &Number, direction: Direction) -> Result<Option<Sweep>, Failure> {
        let mut point = self.base.clone();
        point.values.push((self.ids[0], scalar(place.clone())));
        let nudging = Nudging { direction, sweep: true, digits: computed_digits(None), most: 1, ..Nudging::default() };
        let moves = self.q.session.nudge((&self.names[0], self.ids[0]), &point, &nudging)?;
        Ok(moves.into_iter().next().and_then(|m| m.sweep))
    }

    /// The second derivatives, row by row.
    pub fn hessian(&mut self, at: &[f64]) -> Result<Vec<Vec<f64>>, Failure> {
        let derivation = self.q.session.derive(DerivativeKind::Hessian, &self.ids.clone(), &[])?;
        let values = self.doubles(&derivation.ids(), at).unwrap_or_default();
        let n = self.names.len();
        let mut rows = vec![vec![f64::NAN; n]; n];
        for (partial, value) in derivation.partials.iter().zip(values) {
            if let [i, j] = partial.wrt[..] {
                (rows[i][j], rows[j][i]) = (value, value);
            }
        }
        Ok(rows)
    }
}

/// A number as an array without axes.
pub fn scalar(n: Number) -> Array<Number> {
    Array { shape: Vec::new(), data: vec![n] }
}

fn at(place: &[Number], answer: &Answer) -> At {
    let double = |v: Option<&wrt::session::Valued>| {
        v.and_then(|v| v.value.data.first()).and_then(wrt::session::Value::as_f64).unwrap_or(f64::NAN)
    };
    let all = answer.value.iter().chain(answer.derivatives.iter().filter_map(|d| d.value.as_ref()));
    let worst = all.filter_map(|v| v.status.as_ref()).max_by_key(|s| s.kind);
    At {
        place: place.to_vec(),
        value: double(answer.value.as_ref()),
        slopes: answer.derivatives.iter().map(|d| double(d.value.as_ref())).collect(),
        status: worst.map(|s| (s.kind, s.reason.clone())),
    }
}
