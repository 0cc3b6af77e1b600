//! Nudging and checking formulas: what `wrt-check` finds, with names in it.

pub use wrt_check::{Arithmetic, Direction, Nudge, Scrutiny, Start, Sweep, Trial, Work, check_function, parse_eps};
use wrt_check::{Claim, Entry, Formulas};
use wrt_core::{Array, Assumptions, Graph, Id, Node, Number, Role};
use wrt_run::Certified;
use wrt_view::{Form, heading};

use crate::error::{Error, ErrorKind};
use crate::evaluate::{Point, check_digits};
use crate::expr::Expr;
use crate::program::computed_single;
use crate::report::{Report, position};
use crate::session::Session;
use crate::written::{Equation, Judged, lines_of, read_back};

/// Digits to which a person's own gradient, in doubles, must agree.
const OWN_DIGITS: u32 = 9;

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

/// How entries are nudged.
#[derive(Clone, Copy, Debug)]
pub struct Nudging<'a> {
    /// By how much, one after the other.
    pub eps: &'a [Number],
    /// Which way.
    pub direction: Direction,
    /// To how many certified digits.
    pub digits: usize,
    /// Are many ε tried as well, in single and double precision and exactly?
    pub sweep: bool,
    /// At most so many entries of the name times entries of the formula.
    pub most: usize,
}

impl Default for Nudging<'_> {
    fn default() -> Self {
        Nudging { eps: &[], direction: Direction::Forward, digits: 30, sweep: false, most: usize::MAX }
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
    /// Moves each entry of a name or a definition by each ε, and looks at each entry of the formula.
    ///
    /// # Errors
    /// For a name without a value, or for more digits than are computed.
    ///
    /// ```
    /// use wrt::session::{Array, Number, Nudging, Scope, Session, parse_eps};
    /// let mut s = Session::parse("sum(x^2)", &Scope { shapes: &[("x", vec!["n"])], ..Scope::default() })?;
    /// let x = s.variable("x")?;
    /// let value = Array { shape: vec![2], data: vec![Number::integer(1), Number::integer(3)] };
    /// let point = s.point(&[("x".to_string(), value)], &Vec::new())?;
    /// let eps = [parse_eps("0.001").unwrap()];
    /// let moves = s.nudge(("x", x), &point, &Nudging { eps: &eps, ..Nudging::default() })?;
    /// assert_eq!(moves[1].wrt, "x[1]");
    /// assert_eq!(moves[1].rows[0].quotient.text(30), "6.001");
    /// # Ok::<(), wrt::Error>(())
    /// ```
    pub fn nudge(&self, wrt: (&str, Id), at: &Point, nudging: &Nudging<'_>) -> Result<Vec<Moves>, Error> {
        let Nudging { eps, direction, digits, sweep, most } = *nudging;
        check_digits(digits)?;
        let shape_of = |id: Id| match at.get(id) {
            Some(value) => Ok(value.shape.clone()),
            None => self.doubles(&[id], at).map(|v| v[0].shape.clone()),
        };
        let (f, x) = (shape_of(self.root())?, shape_of(wrt.1)?);
        let function = self.document.function(&[]);
        let mut found = Vec::new();
        for place in 0..x.iter().product() {
            for row in 0..f.iter().product() {
                if found.len() == most {
                    return Ok(found);
                }
                let (of, by) = (Entry { node: self.root(), place: row }, Entry { node: wrt.1, place });
                let (start, rows) = wrt_check::nudge(self.graph(), of, at, by, eps, direction, digits)?;
                let single = |at: &Point| single(self.graph(), of, at);
                let sweep =
                    if sweep { Some(wrt_check::sweep(self.graph(), of, at, by, direction, single)?) } else { None };
                let names = (entry_name(wrt.0, place, &x), entry_name(&function, row, &f));
                found.push(Moves { wrt: names.0, function: names.1, direction, start, rows, sweep });
            }
        }
        Ok(found)
    }

    /// The work of nudging and of backprop, counted for sizes of dimensions, which are completed by small ones; a formula
    /// of several numbers becomes their sum with weights first.
    ///
    /// # Errors
    /// Where there is no derivative.
    pub fn work(&mut self, wrt: &[Id], sizes: &mut wrt_run::Sizes) -> Result<Work, Error> {
        self.weigh();
        self.document.complete_sizes(sizes);
        let root = self.root();
        Ok(wrt_check::work(self.graph_mut(), root, wrt, sizes)?)
    }
}

/// An entry in single precision at a point, by a compiled program; none where it has no compiled form. What the point gives
/// beside names has its value whatever stands below it.
fn single(graph: &Graph, of: Entry, at: &Point) -> Option<f32> {
    let mut graph = graph.clone();
    let (mut at, mut pairs) = (at.clone(), Vec::new());
    for (node, _) in &mut at.values {
        if !matches!(graph.node(*node), Node::Symbol(_)) {
            let dims = graph.dims(*node).to_vec();
            let name = format!("_{}", node.index());
            let symbol = graph.tensor_symbol(&name, Role::Data, &dims, Assumptions::default());
            pairs.push((*node, symbol));
            *node = symbol;
        }
    }
    let root = wrt_core::substitute(&mut graph, of.node, &pairs, usize::MAX)?;
    computed_single(&graph, &[root], &at).ok()?.first()?.data.get(of.place).copied()
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

/// Holds every way to the derivatives of an expression that is one number against nudging, at a point that gives each
/// free name a value: a number or an array.
///
/// # Errors
/// For a name without a value, a value that is not finite, or where there is no such derivative.
///
/// ```
/// use wrt::{TensorFunctions, tensor};
/// let f = tensor("x", ["n"]).norm2();
/// assert!(wrt::check(&f, &[("x", [3.0, 4.0])])?.agrees());
/// assert!(!wrt::check(&f, &[("x", [0.0, 0.0])])?.agrees());
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn check<V: Clone + Into<Array<f64>>>(f: &Expr, at: &[(&str, V)]) -> Result<Report, Error> {
    let names = f.free_names();
    let mut values = Vec::with_capacity(at.len());
    for (name, value) in at {
        let array: Array<f64> = value.clone().into();
        let data: Option<Vec<Number>> = array.data.iter().map(|x| Number::from_f64(*x)).collect();
        let data = data.ok_or_else(|| Error::new(ErrorKind::Number, format!("the value of `{name}` is not finite")))?;
        values.push(((*name).to_string(), Array { shape: array.shape, data }));
    }
    f.with_session(|session, id, written| {
        let point = session.point(&values, &Vec::new())?;
        let wrt = names.iter().map(|n| session.free(n)).collect::<Result<Vec<Id>, Error>>()?;
        let graph = session.graph_mut();
        let partials = crate::derivatives::gradient(graph, id, &wrt)?;
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
    f.with_session(|session, _, _| Ok(Report::new(session.graph(), &headings, found, unread)))
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
