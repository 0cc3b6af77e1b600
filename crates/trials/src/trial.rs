//! The trials on one expression.

use std::fmt;

use wrt_balls::Ball;
use wrt_core::{Assumptions, Graph, Id, Node, Number, Primitive};
use wrt_language::{Scope, parse};
use wrt_rewrite::{Simplified, cost, written_cost};
use wrt_view::{Form, print};

use crate::decide::{Verdict, close, decide, enclose, enclose_strictly};
use crate::point::{Point, point};
use crate::recipe::{Recipe, SYMBOLS, assumptions};
use crate::source::Seeded;

/// What was tried, and what had to be left open.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Tally {
    /// Points at which the expression is a number.
    pub finite: u64,
    /// Comparisons that came out equal.
    pub agreed: u64,
    /// Comparisons that no precision could decide.
    pub undecided: u64,
    /// Derivatives at kinks, jumps and edges of the domain, which a difference cannot judge.
    pub kinks: u64,
    /// Derivatives whose formula is undefined where the slope exists (`sqrt(x)^4` at 0).
    pub removable: u64,
    /// Expressions that have no derivative by the table.
    pub refused: u64,
}

impl Tally {
    /// Adds another one.
    pub fn add(&mut self, other: &Tally) {
        self.finite += other.finite;
        self.agreed += other.agreed;
        self.undecided += other.undecided;
        self.kinks += other.kinks;
        self.removable += other.removable;
        self.refused += other.refused;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// A disagreement.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// Which engines.
    pub what: &'static str,
    /// The expression as text.
    pub text: String,
    /// The formulas and the point.
    pub detail: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n    of {}\n    {}", self.what, self.text, self.detail)
    }
}

/// Second derivatives are taken of graphs up to this size.
const LARGE: usize = 150;

/// How often a text may be read and printed before it must stay the same.
const ROUNDS: usize = 6;

/// The derivative with respect to the symbol at this position is tried.
const BY: usize = 0;

struct Bench<'p> {
    graph: Graph,
    symbols: Vec<Id>,
    root: Id,
    text: String,
    points: &'p [Point],
    tally: Tally,
}

/// Holds every engine to its word on one expression.
///
/// # Errors
/// The first disagreement.
pub fn trial(recipe: &Recipe, points: &[Point]) -> Result<Tally, Box<Failure>> {
    let mut graph = Graph::new();
    let symbols: Vec<Id> = (0..SYMBOLS.len()).map(|k| graph.symbol_with(SYMBOLS[k], assumptions(k))).collect();
    let root = recipe.build(&mut graph);
    Bench::new(graph, symbols, root, points).all()
}

/// The same on a formula in text, in the names of [`SYMBOLS`]; `point` gives each name its value in order.
///
/// # Errors
/// The first disagreement.
///
/// # Panics
/// If the text is no formula.
pub fn trial_of(text: &str, point: &[Number]) -> Result<Tally, Box<Failure>> {
    let mut graph = Graph::new();
    let symbols: Vec<Id> = (0..SYMBOLS.len()).map(|k| graph.symbol_with(SYMBOLS[k], assumptions(k))).collect();
    let root = parse(&mut graph, text, &Scope::default()).unwrap_or_else(|e| panic!("{text}: {e}")).result;
    Bench::new(graph, symbols, root, &[point.to_vec()]).all()
}

/// Holds printing and parsing to their word on a formula in any names, at points that the text determines.
///
/// # Errors
/// The first disagreement; a text that is no formula is none.
pub fn printing(text: &str) -> Result<(), Box<Failure>> {
    let mut graph = Graph::new();
    let Ok(parsed) = parse(&mut graph, text, &Scope::default()) else { return Ok(()) };
    let symbols = graph.free_symbols(&[parsed.result]);
    let mut source = Seeded::new(text.len() as u64, 0);
    let points: Vec<Point> = (0..2).map(|_| point(&mut source)).collect();
    Bench::new(graph, symbols, parsed.result, &points).printing(&Scope::default())
}

impl<'p> Bench<'p> {
    fn new(graph: Graph, symbols: Vec<Id>, root: Id, points: &'p [Point]) -> Bench<'p> {
        let text = print(&graph, root, Form::Text).line();
        Bench { graph, symbols, root, text, points, tally: Tally::default() }
    }

    fn all(mut self) -> Result<Tally, Box<Failure>> {
        let known: Vec<(&str, Assumptions)> = (0..SYMBOLS.len()).map(|k| (SYMBOLS[k], assumptions(k))).collect();
        self.printing(&Scope { variables: &[], assumptions: &known, ..Scope::default() })?;
        let written = self.graph.len();
        self.simplifying(self.root, written, "the simplified formula is not the formula")?;
        self.differentiating(written)?;
        Ok(self.tally)
    }

    fn fail(&self, what: &'static str, detail: String) -> Box<Failure> {
        Box::new(Failure { what, text: self.text.clone(), detail })
    }

    fn at(&self, point: &Point) -> Vec<(Id, Number)> {
        self.symbols.iter().copied().zip(point.iter().cycle().cloned()).collect()
    }

    fn shown(&self, id: Id) -> String {
        print(&self.graph, id, Form::Text).line()
    }

    /// What is printed is read back, has the same value, and prints the same again.
    fn printing(&mut self, scope: &Scope<'_>) -> Result<(), Box<Failure>> {
        let read = self.read(&self.text.clone(), scope)?;
        self.equal(self.root, read, "what is read has another value")?;
        // Reading folds literals, drops the power 1 and joins fraction bars; then the text must stay as it is.
        let (mut settled, mut id) = (self.shown(read), read);
        for _ in 0..ROUNDS {
            let before = id;
            id = self.read(&settled, scope)?;
            self.equal(before, id, "what is read twice has another value")?;
            let again = self.shown(id);
            if again == settled {
                return Ok(());
            }
            settled = again;
        }
        Err(self.fail("what is read never prints the same", settled))
    }

    fn read(&mut self, text: &str, scope: &Scope<'_>) -> Result<Id, Box<Failure>> {
        let parsed = parse(&mut self.graph, text, scope);
        parsed.map(|p| p.result).map_err(|e| self.fail("what is printed cannot be read", format!("{text}: {e}")))
    }

    fn equal(&mut self, left: Id, right: Id, what: &'static str) -> Result<(), Box<Failure>> {
        self.equal_for(None, left, right, what)
    }

    /// Are two nodes equal at all points (where `only` is a number, if there is such a condition)?
    fn equal_for(&mut self, only: Option<Id>, left: Id, right: Id, what: &'static str) -> Result<(), Box<Failure>> {
        self.equal_at(self.points, only, left, right, what)
    }

    fn equal_at(
        &mut self,
        points: &[Point],
        only: Option<Id>,
        left: Id,
        right: Id,
        what: &'static str,
    ) -> Result<(), Box<Failure>> {
        if left == right {
            return Ok(());
        }
        for point in points {
            let at = self.at(point);
            if only.is_some_and(|f| !is_number(&self.graph, f, &at)) {
                continue;
            }
            match decide(&self.graph, left, right, &at) {
                Verdict::Same => self.tally.agreed += 1,
                Verdict::LeftUndefined => {}
                Verdict::Undecided => self.tally.undecided += 1,
                // The sum in forward mode may be 0·∞ where the products of reverse mode are switched off.
                Verdict::RightUndefined if only.is_some() => self.tally.removable += 1,
                verdict @ (Verdict::Differ | Verdict::RightUndefined) => {
                    return Err(self.fail(what, self.evidence(left, right, point, verdict)));
                }
            }
        }
        Ok(())
    }

    fn evidence(&self, left: Id, right: Id, point: &Point, verdict: Verdict) -> String {
        let at: Vec<String> =
            self.at(point).iter().map(|(x, n)| format!("{} = {n}", self.graph.symbol_name(*x))).collect();
        let balls = [left, right].map(|id| enclose(&self.graph, &[id], &self.at(point), 512).swap_remove(0));
        let shown = |b: &Ball| b.to_decimal(20).unwrap_or_else(|| format!("{b:?}"));
        format!(
            "{verdict:?} at {}\n    {} = {}\n    {} = {}",
            at.join(", "),
            self.shown(left),
            shown(&balls[0]),
            self.shown(right),
            shown(&balls[1])
        )
    }

    fn simplifying(&mut self, id: Id, written: usize, what: &'static str) -> Result<Id, Box<Failure>> {
        let Simplified { id: short, notes } = wrt_rewrite::simplify(&mut self.graph, id, written);
        let (before, after) = (cost(&self.graph, id), cost(&self.graph, short));
        let named = [id, short].map(|id| written_cost(&self.graph, id));
        // A number is what people want, even a fraction.
        if after > before && named[1] > named[0] && self.graph.as_number(short).is_none() {
            let detail = format!("{} ({before})\n    became {} ({after})", self.shown(id), self.shown(short));
            return Err(self.fail("the simplified formula is longer", detail));
        }
        // What divides by more, and says so, is held against the formula where it has a value.
        let narrower = notes.iter().any(|n| n.starts_with("written this way"));
        self.equal_for(narrower.then_some(short), id, short, what)?;
        Ok(short)
    }

    /// Reverse mode, forward mode, the simplified formula and differences of certified values.
    fn differentiating(&mut self, written: usize) -> Result<(), Box<Failure>> {
        let x = self.symbols[BY];
        let Ok(reverse) = wrt_differentiate::gradient(&mut self.graph, self.root, &[x]) else {
            self.tally.refused += 1;
            return Ok(());
        };
        let reverse = reverse[0];
        let one = self.graph.integer(1);
        let Ok(forward) = wrt_differentiate::jvp(&mut self.graph, &[self.root], &[x], &[one]) else {
            return Err(self.fail("reverse mode has a derivative, forward mode none", String::new()));
        };
        // A derivative's formula means something only where the function does: `where` may hide that it is undefined.
        self.equal_for(Some(self.root), reverse, forward[0], "forward and reverse mode differ")?;
        self.simplifying(reverse, written, "the simplified derivative is not the derivative")?;
        for k in 0..self.points.len() {
            self.differences(reverse, k)?;
        }
        self.mixed(reverse)
    }

    /// ∂²/∂x∂y is ∂²/∂y∂x.
    fn mixed(&mut self, by_x: Id) -> Result<(), Box<Failure>> {
        let (x, y) = (self.symbols[BY], self.symbols[BY + 1]);
        if self.graph.len() > LARGE {
            return Ok(());
        }
        let second = wrt_differentiate::gradient(&mut self.graph, by_x, &[y]);
        let by_y = wrt_differentiate::gradient(&mut self.graph, self.root, &[y]);
        let (Ok(xy), Ok(by_y)) = (second, by_y) else { return Ok(()) };
        let Ok(yx) = wrt_differentiate::gradient(&mut self.graph, by_y[0], &[x]) else { return Ok(()) };
        // Values chosen at kinks need not commute: max(x, y) at a tie. Points aside have none, almost surely.
        let aside: Vec<Point> = self.points.iter().map(moved).collect();
        self.equal_at(&aside, Some(self.root), xy[0], yx[0], "the order of differentiation matters")
    }

    fn differences(&mut self, derivative: Id, k: usize) -> Result<(), Box<Failure>> {
        let point = &self.points[k];
        match slope(&self.graph, self.root, derivative, &self.at(point), self.symbols[BY]) {
            Slope::Undefined => Ok(()),
            Slope::Unknown => {
                self.tally.finite += 1;
                self.tally.undecided += 1;
                Ok(())
            }
            Slope::Agrees => {
                self.tally.finite += 1;
                self.tally.agreed += 1;
                Ok(())
            }
            Slope::Broken => {
                self.tally.finite += 1;
                self.tally.kinks += 1;
                Ok(())
            }
            Slope::Missing => {
                self.tally.finite += 1;
                self.tally.removable += 1;
                Ok(())
            }
            Slope::Differs(detail) => {
                self.tally.finite += 1;
                // A kink's chosen value may disagree with a slope that exists (`relu(x) - relu(-x)` at 0), but only there.
                let aside = slope(&self.graph, self.root, derivative, &self.at(&moved(point)), self.symbols[BY]);
                if let Slope::Differs(_) = aside {
                    let at: Vec<String> = SYMBOLS.iter().zip(point).map(|(name, n)| format!("{name} = {n}")).collect();
                    let detail = format!("at {}\n    {}\n    {detail}", at.join(", "), self.shown(derivative));
                    return Err(self.fail("the derivative is not the slope", detail));
                }
                self.tally.removable += 1;
                Ok(())
            }
        }
    }
}

fn is_number(graph: &Graph, id: Id, at: &[(Id, Number)]) -> bool {
    enclose_strictly(graph, id, at, 128).is_finite()
}

/// A point nearby that no kink passes through, almost surely.
fn moved(point: &Point) -> Point {
    let step = |k: usize| Number::ratio([389, 577, 701, 863, 431, 647][k % 6], 1 << 20).unwrap_or(Number::ONE);
    point
        .iter()
        .enumerate()
        .map(|(k, n)| if assumptions(k).is_nonpositive() { n - &step(k) } else { n + &step(k) })
        .collect()
}

/// The judgement on a derivative at a point.
enum Slope {
    /// The formula is no number here.
    Undefined,
    Unknown,
    Agrees,
    /// The slopes on the two sides differ, or one side has none.
    Broken,
    /// The slope exists, but the derivative's formula is undefined.
    Missing,
    Differs(String),
}

/// How differences are taken: the step is 2^-step, in balls of so many bits, and slopes below `tiny` count as 0.
#[derive(Clone, Copy)]
struct Scale {
    step: i64,
    precision: u32,
    tiny: f64,
}

/// The second one is for formulas that turn within a thousandth of an atom (`sin(1e17*x)`, `floor(7^x)`).
const SCALES: [Scale; 2] =
    [Scale { step: 60, precision: 320, tiny: 1e-40 }, Scale { step: 1100, precision: 4500, tiny: 1e-150 }];

fn slope(graph: &Graph, root: Id, derivative: Id, at: &[(Id, Number)], by: Id) -> Slope {
    match slope_at(SCALES[0], graph, root, derivative, at, by) {
        Slope::Differs(_) if steps_finely(graph, root, at) => Slope::Unknown,
        Slope::Differs(_) => slope_at(SCALES[1], graph, root, derivative, at, by),
        other => other,
    }
}

/// Are there steps that no difference can resolve (`floor(7^x)` at 1000)?
fn steps_finely(graph: &Graph, root: Id, at: &[(Id, Number)]) -> bool {
    graph
        .reachable(&[root])
        .into_iter()
        .any(|id| is_step(graph, id) && enclose_strictly(graph, id, at, 128).to_f64_bounds().1.abs() > 1e60)
}

/// Does the node go up in steps?
pub(crate) fn is_step(graph: &Graph, id: Id) -> bool {
    matches!(graph.node(id), Node::Map(Primitive::Floor | Primitive::Ceil | Primitive::Round, _))
}

fn slope_at(scale: Scale, graph: &Graph, root: Id, derivative: Id, at: &[(Id, Number)], by: Id) -> Slope {
    let here = [
        enclose_strictly(graph, root, at, scale.precision),
        enclose(graph, &[derivative], at, scale.precision).swap_remove(0),
    ];
    match &here[0] {
        Ball::Finite(_) => {}
        Ball::Unknown => return Slope::Unknown,
        _ => return Slope::Undefined,
    }
    let (found, fuzz) = match &here[1] {
        Ball::Unknown => return Slope::Unknown,
        Ball::Finite(_) => (here[1].mid_f64(), here[1].rad_f64()),
        _ => (f64::NAN, 0.0),
    };
    let sides = |step: i64| Sides::of(graph, root, at, by, &here[0], Scale { step, ..scale });
    let Some(near) = sides(scale.step) else { return Slope::Broken };
    let Some((right, left)) = near.slopes(scale.tiny) else { return Slope::Unknown };
    let agrees = |slope: f64| close(found, slope) || (found - slope).abs() <= fuzz + scale.tiny;
    if agrees((right + left) / 2.0) {
        return Slope::Agrees;
    }
    // A smooth curve's one-sided slopes approach each other with the step.
    let Some(nearer) = sides(scale.step + 12) else { return Slope::Broken };
    let Some((r, l)) = nearer.slopes(scale.tiny) else { return Slope::Unknown };
    let smooth = r.is_finite() && l.is_finite() && (r - l).abs() <= (right - left).abs() / 64.0
        || close(r, l) && close(right, left) && r.is_finite();
    if agrees((r + l) / 2.0) {
        return Slope::Agrees;
    }
    match () {
        () if fuzz > 1e-6 * found.abs() => Slope::Unknown,
        () if found.is_nan() && smooth => Slope::Missing,
        () if smooth || scale.step == SCALES[0].step => {
            Slope::Differs(format!("{found:e}, but the slopes right and left are {r:e} and {l:e}"))
        }
        () => Slope::Broken,
    }
}

/// Values a step of 2^-bits to the right and to the left.
struct Sides {
    right: Ball,
    left: Ball,
}

impl Sides {
    /// None where the expression is no number on one side.
    fn of(graph: &Graph, root: Id, at: &[(Id, Number)], by: Id, here: &Ball, scale: Scale) -> Option<Sides> {
        let step = Number::ratio(1, 2).and_then(|h| h.pow(scale.step))?;
        let side = |step: &Number| {
            let moved: Vec<(Id, Number)> =
                at.iter().map(|(x, n)| (*x, if *x == by { n + step } else { n.clone() })).collect();
            enclose_strictly(graph, root, &moved, scale.precision)
        };
        let (right, left) = (side(&step), side(&-&step));
        let defined = |b: &Ball| matches!(b, Ball::Finite(_) | Ball::Unknown);
        (defined(&right) && defined(&left)).then(|| Sides {
            right: right.sub(here, scale.precision).mul_2exp(scale.step),
            left: here.sub(&left, scale.precision).mul_2exp(scale.step),
        })
    }

    /// Right and left; none where the enclosures are too wide to say.
    fn slopes(&self, tiny: f64) -> Option<(f64, f64)> {
        let sharp = |b: &Ball| b.is_finite() && b.rad_f64() <= 1e-12 * b.mid_f64().abs() + tiny / 4.0;
        (sharp(&self.right) && sharp(&self.left)).then(|| (self.right.mid_f64(), self.left.mid_f64()))
    }
}
