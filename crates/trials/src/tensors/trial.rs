//! The trials on one formula of tensors.

use wrt::session::{self, Along, Derivation, Form, Session};
use wrt_core::{Array, Id, Node, Number, Operation, Role};

use super::case::Case;
use super::point::values;
use super::recipe::{DerivativeKind, Recipe, Taste, Values};
use super::slope::{Nudged, Point, SCALES, Slope, digits, doubles, each};
use super::tally::TensorTally;
use crate::engines::Computation;
use crate::trial::{Failure, is_step};

/// The trials on a recipe.
///
/// # Errors
/// The first disagreement.
pub fn tensor_trial(recipe: &Recipe) -> Result<TensorTally, Box<Failure>> {
    case_trial(&Case::of(recipe))
}

/// The trials on a text.
///
/// # Errors
/// The first disagreement.
pub fn case_trial(case: &Case) -> Result<TensorTally, Box<Failure>> {
    let mut tally = TensorTally::default();
    let session = match case.session() {
        Ok(session) => session,
        Err(why) => {
            tally.refuse("parse", &why);
            return Ok(tally);
        }
    };
    let Some(bench) = Bench::new(case, session, &mut tally) else { return Ok(tally) };
    bench.all()
}

/// The value and the derivative of a recipe at its point; none where there is no formula, or no derivative.
pub fn tensor_computation(recipe: &Recipe) -> Option<Computation> {
    let case = Case::of(recipe);
    let mut bench = Bench::new(&case, case.session().ok()?, &mut TensorTally::default())?;
    let made = bench.made(bench.kind).ok()?;
    let graph = bench.session.graph().clone();
    let about = format!("{} --wrt {}", case.command(bench.kind), bench.name);
    let at = crate::corpora::free(&graph, bench.at);
    Some(Computation { about, graph, roots: vec![bench.root, made], at, sizes: bench.sizes })
}

/// The most entries of a Jacobian or a Hessian.
const MAX_ENTRIES: usize = 1 << 12;

pub(super) struct Bench<'c> {
    pub(super) case: &'c Case,
    /// The derivative: as asked, or a product with it where the whole one is too large.
    pub(super) kind: DerivativeKind,
    pub(super) session: Session,
    pub(super) name: String,
    pub(super) x: Id,
    pub(super) root: Id,
    pub(super) at: Point,
    pub(super) sizes: Vec<(String, usize)>,
    /// The symbol of a direction of x, and that of weights of the formula.
    pub(super) v: Along,
    pub(super) u: Along,
    /// Another direction of x, without a symbol.
    pub(super) w: Array<Number>,
    pub(super) stopped: Vec<Id>,
    /// The named dimensions that occur.
    pub(super) dimensions: Vec<String>,
    pub(super) tally: TensorTally,
}

fn shape_at(session: &Session, id: Id, sizes: &[(String, usize)]) -> Option<Vec<usize>> {
    let size = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
    let graph = session.graph();
    graph.dims(id).iter().map(|d| graph.dimension(*d).evaluate(size).map(|n| n as usize)).collect()
}

impl<'c> Bench<'c> {
    /// Chooses the name and the values; none where there is nothing to try.
    pub(super) fn new(case: &'c Case, mut session: Session, tally: &mut TensorTally) -> Option<Bench<'c>> {
        let labels = |name: &String| {
            case.values.iter().any(|(n, v)| n == name && matches!(v, Values::Labels(_) | Values::Fixed(_)))
        };
        let mut names: Vec<String> = session.document().default_variables();
        let unknown = session.document().free_names();
        names.retain(|n| !labels(n) && unknown.contains(n));
        // Definitions that the formula depends on, too; those of constants may be folded into it.
        let is_variable = |id: Id| {
            let free = session.graph().free_symbols(&[id]);
            !session.graph().is_zero(id)
                && free.iter().any(|s| unknown.iter().any(|n| n == session.graph().symbol_name(*s)))
        };
        let (document, root) = (session.document(), session.document().root());
        let definitions = document.parsed().definitions.iter();
        let defined = definitions.filter(|d| d.id != root && !d.by_layer && is_variable(d.id));
        let defined: Vec<String> = defined.map(|d| d.name.clone()).filter(|n| document.occurs(n)).collect();
        names.extend(defined);
        if names.is_empty() {
            tally.constant += 1;
            return None;
        }
        let name = names[case.by % names.len()].clone();
        let x = session.variable(&name).ok()?;
        let sizes = case.sizes.clone();
        // The constants.
        let mut at = session.point(&[], &sizes).ok()?.values;
        for unknown in unknown {
            let id = session.graph().find_symbol(&unknown)?;
            if at.iter().all(|(known, _)| *known != id) {
                let random = matches!(session.graph().node(id), Node::Symbol(s) if s.role == Role::Random);
                let value = case.value(&unknown, &shape_at(&session, id, &sizes)?, random);
                at.push((id, value));
            }
        }
        if at.iter().all(|(known, _)| *known != x) {
            // What the text defines has this value, to the last digit of a double.
            let value = doubles(session.graph(), &[x], &at, &sizes)?.swap_remove(0);
            let exact: Option<Vec<Number>> = value.data.iter().map(|v| Number::from_f64(*v)).collect();
            at.push((x, Array { shape: value.shape, data: exact? }));
        }
        let v = session.directions("v", &[(name.clone(), x)]).swap_remove(0);
        let u = session.directions("u", &[("f".to_string(), root)]).swap_remove(0);
        let generic = |name: &str, id: Id| {
            let shape = shape_at(&session, id, &sizes)?;
            Some(values(name, &shape, &Values::Real, Taste::Generic, case.seed, 1))
        };
        let (along_v, along_u, w) = (generic("v", v.id)?, generic("u", u.id)?, generic("w", x)?);
        at.extend([(v.id, along_v), (u.id, along_u)]);
        let is_stopped = |id: &Id| matches!(session.graph().node(*id), Node::Operation(Operation::StopGradient(_), _));
        let stopped = session.graph().reachable(&[root]).into_iter().filter(is_stopped).collect();
        let entries = |a: &Array<Number>| a.data.len();
        let root_entries = at.last().map_or(1, |(_, a)| entries(a));
        let kind = match case.kind {
            DerivativeKind::Hessian if entries(&w) * entries(&w) > MAX_ENTRIES => DerivativeKind::Hvp,
            DerivativeKind::Jacobian if entries(&w) * root_entries > MAX_ENTRIES => DerivativeKind::Vjp,
            kind => kind,
        };
        let dimensions = sizes.iter().map(|(n, _)| n.clone()).filter(|n| session.document().has_dimension(n)).collect();
        let tally = std::mem::take(tally);
        Some(Bench { case, kind, session, name, x, root, at, sizes, v, u, w, stopped, dimensions, tally })
    }

    pub(super) fn fail(&self, what: &'static str, detail: String) -> Box<Failure> {
        Box::new(Failure { what, text: format!("{} --wrt {}", self.case.command(self.kind), self.name), detail })
    }

    fn all(mut self) -> Result<TensorTally, Box<Failure>> {
        let Some(value) = self.doubles(&[self.root]) else {
            self.tally.refuse("value", "the formula has no value");
            return Ok(self.tally);
        };
        if value[0].data.iter().any(|v| !v.is_finite()) {
            self.tally.undefined += 1;
            return Ok(self.tally);
        }
        let made = match self.made(self.kind) {
            Ok(made) => made,
            Err(why) => {
                self.tally.refuse(self.kind.word(), &why);
                return Ok(self.tally);
            }
        };
        self.slope(made)?;
        // Where there is no derivative (the pseudo-inverse of a matrix without full rank), none is wrong.
        if self.tally.slopes > 0 {
            self.other_mode(made)?;
        }
        self.readings(made)?;
        Ok(self.tally)
    }

    pub(super) fn doubles(&self, ids: &[Id]) -> Option<Vec<Array<f64>>> {
        doubles(self.session.graph(), ids, &self.at, &self.sizes)
    }

    pub(super) fn made(&mut self, kind: DerivativeKind) -> Result<Id, String> {
        Ok(self.derivation(kind)?.ids()[0])
    }

    pub(super) fn derivation(&mut self, kind: DerivativeKind) -> Result<Derivation, String> {
        let (kind, along) = match kind {
            DerivativeKind::Gradient => (session::DerivativeKind::Gradient, None),
            DerivativeKind::Jacobian => (session::DerivativeKind::Jacobian, None),
            DerivativeKind::Hessian => (session::DerivativeKind::Hessian, None),
            DerivativeKind::Hvp => (session::DerivativeKind::Hvp, Some(&self.v)),
            DerivativeKind::Jvp => (session::DerivativeKind::Jvp, Some(&self.v)),
            DerivativeKind::Vjp => (session::DerivativeKind::Vjp, Some(&self.u)),
        };
        let along = along.map(std::slice::from_ref).unwrap_or_default();
        self.session.derive(kind, &[self.x], along).map_err(|e| e.to_string())
    }

    fn given(&self, id: Id) -> &Array<Number> {
        self.at.iter().find(|(known, _)| *known == id).map_or(&self.w, |(_, a)| a)
    }

    /// One number of a derivative: along directions that are left, with weights where the formula has axes.
    fn reduced(&self, kind: DerivativeKind, d: &Array<f64>) -> f64 {
        self.reduced_with(kind, d, |x| x)
    }

    /// What the rounding of a derivative to doubles may leave of that number, where its terms cancel.
    fn rounding(&self, d: &Array<f64>) -> f64 {
        1e-14 * self.reduced_with(self.kind, &each(d, |x| x.abs()), f64::abs)
    }

    fn reduced_with(&self, kind: DerivativeKind, d: &Array<f64>, of: fn(f64) -> f64) -> f64 {
        let weights = |a: &Array<Number>| each(a, |n| of(n.to_f64()));
        let (u, v, w) = (weights(self.given(self.u.id)), weights(self.given(self.v.id)), weights(&self.w));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).filter(|(_, b)| **b != 0.0).map(|(a, b)| a * b).sum::<f64>();
        let rows = |left: &[f64], right: &[f64]| {
            let n = right.len();
            d.data.chunks(n.max(1)).zip(left).map(|(row, l)| l * dot(row, right)).sum::<f64>()
        };
        match kind {
            DerivativeKind::Gradient | DerivativeKind::Vjp => dot(&d.data, &v.data),
            DerivativeKind::Jacobian => rows(&u.data, &v.data),
            DerivativeKind::Hessian => rows(&v.data, &w.data),
            DerivativeKind::Hvp => dot(&d.data, &w.data),
            DerivativeKind::Jvp => dot(&d.data, &u.data),
        }
    }

    /// The derivative is what nudges say.
    fn slope(&mut self, made: Id) -> Result<(), Box<Failure>> {
        let Some(found) = self.doubles(&[made]) else {
            return Err(self.fail("the derivative cannot be evaluated", self.shown(made)));
        };
        let number = self.reduced(self.kind, &found[0]);
        if number.is_finite() {
            self.tally.finite += 1;
        }
        let second = matches!(self.kind, DerivativeKind::Hessian | DerivativeKind::Hvp);
        let tolerance = if second { 1e-4 } else { 1e-6 };
        let by = self.in_doubles();
        if let Slope::Value(slope) = by
            && (number - slope).abs() <= tolerance * number.abs().max(slope.abs()).max(1e-3)
        {
            self.tally.slopes += 1;
            return Ok(());
        }
        match self.in_digits(made, &self.at) {
            (_, Slope::Undefined) => self.tally.undefined += 1,
            (_, Slope::Broken) => self.tally.kinks += 1,
            (None, _) => self.tally.undefined += 1,
            (Some(number), Slope::Value(_)) if !number.is_finite() => self.tally.missing += 1,
            (Some(number), Slope::Value(slope)) if close(number, slope) => {
                self.tally.slopes += 1;
                self.tally.digits += 1;
            }
            (Some(_), Slope::Value(_)) if self.steps_finely() => self.tally.kinks += 1,
            (Some(number), Slope::Value(slope)) => {
                // A kink's chosen value may disagree with a slope that exists, but only there.
                match self.in_digits(made, &self.aside_of_stopped()) {
                    (Some(n), Slope::Value(s)) if n.is_finite() && !close(n, s) => {}
                    _ => {
                        self.tally.kinks += 1;
                        return Ok(());
                    }
                }
                let detail = format!("{number:e}, but the slope is {slope:e}\n    {}", self.shown(made));
                return Err(self.fail("the derivative is not the slope", detail));
            }
        }
        Ok(())
    }

    /// Are there steps that no difference can resolve (`round(x)` at 10¹⁵⁰)?
    fn steps_finely(&self) -> bool {
        /// Of doubles beyond this the digits behind the point are few.
        const LARGE: f64 = 1e12;
        let graph = self.session.graph();
        let mut steps = graph.reachable(&[self.root]).into_iter().filter(|id| is_step(graph, *id));
        steps.any(|id| self.doubles(&[id]).is_none_or(|found| found[0].data.iter().any(|v| v.abs() > LARGE)))
    }

    fn nudged<'a>(&'a self, at: &'a Point, one: &'a Array<Number>) -> Nudged<'a> {
        let weights = if self.kind.of_number() { one } else { self.given(self.u.id) };
        Nudged {
            graph: self.session.graph(),
            root: self.root,
            weights,
            x: self.x,
            at,
            sizes: &self.sizes,
            stopped: &self.stopped,
        }
    }

    fn in_doubles(&self) -> Slope {
        let one = Array::scalar(Number::ONE);
        let (v, w) = (each(self.given(self.v.id), Number::to_f64), each(&self.w, Number::to_f64));
        let all = [&v, &w];
        let count = if matches!(self.kind, DerivativeKind::Hessian | DerivativeKind::Hvp) { 2 } else { 1 };
        self.nudged(&self.at, &one).in_doubles(&all[..count])
    }

    /// The derivative and the slope at a point, in many digits.
    fn in_digits(&self, made: Id, at: &Point) -> (Option<f64>, Slope) {
        let one = Array::scalar(Number::ONE);
        let all = [self.given(self.v.id), &self.w];
        let count = if matches!(self.kind, DerivativeKind::Hessian | DerivativeKind::Hvp) { 2 } else { 1 };
        let found = digits(self.session.graph(), made, at, &self.sizes);
        let number = found.as_ref().map(|d| self.reduced(self.kind, d));
        let rounding = found.map_or(0.0, |d| self.rounding(&d));
        let slopes = |scale| self.nudged(at, &one).in_digits(&all[..count], scale);
        let coarse = slopes(SCALES[0]);
        let (Some(n), Slope::Value(a)) = (number, coarse) else { return (number, coarse) };
        if close(n, a) || !n.is_finite() {
            return (number, coarse);
        }
        if (n - a).abs() <= rounding {
            return (Some(a), coarse);
        }
        match slopes(SCALES[1]) {
            // Not smooth: the finer, the steeper.
            Slope::Value(b) if !close(n, b) && (a - b).abs() > 1e-6 * a.abs().max(b.abs()) => (number, Slope::Broken),
            fine => (number, fine),
        }
    }

    /// A point nearby that no kink passes through, almost surely.
    pub(super) fn aside(&self) -> Point {
        let fixed = |id: Id| {
            let name = self.session.graph().symbol_name(id);
            let values = self.case.values.iter().find(|(n, _)| n == name).map(|(_, v)| v);
            matches!(values, Some(Values::Labels(_) | Values::Fixed(_))) || id == self.v.id || id == self.u.id
        };
        let mut at = self.at.clone();
        for (id, array) in at.iter_mut().filter(|(id, _)| !fixed(*id)) {
            let off =
                values("aside", &array.shape, &Values::Real, Taste::Generic, self.case.seed ^ id.index() as u64, 1);
            for (k, (a, d)) in array.data.iter_mut().zip(&off.data).enumerate() {
                // Each entry by another part, so that nothing meets or cancels again.
                let small = Number::ratio(1, (1 << 17) + 1009 * id.index() as i64 + 31 * k as i64);
                *a = &*a + &(d * &small.unwrap_or(Number::ONE));
            }
        }
        at
    }

    /// The same, where what is stopped stays behind: `stop_gradient(x) == x` holds at every point, and at none beside it.
    fn aside_of_stopped(&self) -> Point {
        let mut at = self.aside();
        for (id, value) in self.stopped.iter().zip(self.doubles(&self.stopped).into_iter().flatten()) {
            let exact: Option<Vec<Number>> = value.data.iter().map(|v| Number::from_f64(*v)).collect();
            at.extend(exact.map(|data| (*id, Array { shape: value.shape, data })));
        }
        at
    }

    /// Forward and reverse mode agree, and the Hessian with its product.
    fn other_mode(&mut self, made: Id) -> Result<(), Box<Failure>> {
        let other = match self.kind {
            DerivativeKind::Gradient | DerivativeKind::Jacobian | DerivativeKind::Vjp => DerivativeKind::Jvp,
            DerivativeKind::Jvp => DerivativeKind::Vjp,
            DerivativeKind::Hessian => DerivativeKind::Hvp,
            DerivativeKind::Hvp if self.w.data.len() <= 20 => DerivativeKind::Hessian,
            DerivativeKind::Hvp => return Ok(()),
        };
        let by = match self.made(other) {
            Ok(id) => id,
            Err(why) => {
                self.tally.refuse(&format!("{} after {}", other.word(), self.kind.word()), &why);
                return Ok(());
            }
        };
        let Some(found) = self.doubles(&[made, by]) else { return Ok(()) };
        let weight = if self.kind == DerivativeKind::Gradient { self.given(self.u.id).data[0].to_f64() } else { 1.0 };
        let (a, b) = (self.reduced(self.kind, &found[0]) * weight, self.reduced(other, &found[1]));
        let largest =
            |a: &Array<f64>, b: &Array<f64>| a.data.iter().chain(&b.data).fold(1e-6_f64, |m, v| m.max(v.abs()));
        let scale = largest(&found[0], &found[1]);
        if (a - b).abs() <= 1e-9 * scale || !a.is_finite() || !b.is_finite() {
            return Ok(());
        }
        let pair = [made, by].map(|id| digits(self.session.graph(), id, &self.at, &self.sizes));
        let [Some(first), Some(second)] = pair else { return Ok(()) };
        let (a, b) = (self.reduced(self.kind, &first) * weight, self.reduced(other, &second));
        // What is near to singular may be much larger with more digits.
        let scale = largest(&first, &second).max(scale);
        if (a - b).abs() <= 1e-10 * scale || !a.is_finite() || !b.is_finite() {
            return Ok(());
        }
        let detail = format!("{a:e} and {b:e}\n    {}\n    {}", self.shown(made), self.shown(by));
        Err(self.fail("forward and reverse mode differ", detail))
    }

    pub(super) fn shown(&self, id: Id) -> String {
        self.session.print(id, Form::Text).line()
    }
}

/// Equal as far as both are computed in many digits.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-8 * a.abs().max(b.abs()).max(1e-8)
}
