//! Every engine on one formula at one point: formula, forward mode, reverse mode, nudging, doubles.

use wrt_balls::Ball;
use wrt_core::{Graph, Id, Node, Number};
use wrt_differentiate::{NotDifferentiable, gradient, jvp};
use wrt_run::{Certified, EvaluationError, Point, certified, evaluate};

use crate::nudge::Nudged;

use crate::probe::{Probe, Side, Slopes};
use crate::report::{Engine, MAX_AGREEMENT, Part, Report, Slope, Verdict, Why, agreement};

/// Digits of the certified values.
const DIGITS: usize = 36;
/// Engines that agree to fewer digits disagree.
const NEEDED: u32 = 15;

/// The derivatives as formulas in a graph of their own, such as read back from what was printed.
#[derive(Clone, Copy)]
pub struct Formulas<'a> {
    /// Where they are.
    pub graph: &'a Graph,
    /// One for each variable.
    pub ids: &'a [Id],
    /// The point, by the names of their graph.
    pub at: &'a Point<Number>,
}

/// Holds every way to the derivatives of `f` against nudging.
///
/// `formulas` are the derivatives in another form, if there is one.
///
/// # Errors
/// [`EvaluationError`] for a name without a value.
///
/// ```
/// use wrt_check::{Verdict, check};
/// use wrt_core::{Graph, Number};
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "abs(x) + x*exp(y)", &Scope::default()).unwrap().result;
/// let wrt = g.free_symbols(&[f]);
/// let at: Vec<_> = wrt.iter().map(|id| (*id, Number::ZERO)).collect();
/// let at = wrt_run::Point::numbers(&at);
/// let report = check(&mut g, f, &wrt, None, &at).unwrap();
/// assert!(report.agrees());
/// assert!(matches!(report.parts[0].verdict, Verdict::Kink { .. }));
/// assert!(matches!(report.parts[1].verdict, Verdict::Agreement { digits: 30 }));
/// ```
pub fn check(
    graph: &mut Graph,
    f: Id,
    wrt: &[Id],
    formulas: Option<Formulas<'_>>,
    at: &Point<Number>,
) -> Result<Report, EvaluationError> {
    let derived = derive(graph, f, wrt);
    let probe = |wrt: Id, graph| Probe { graph, at, nudged: Nudged::numbers(f, wrt) };
    let broken = wrt.first().map(|w| probe(*w, &*graph).undefined()).transpose()?.flatten();
    let mut parts = Vec::with_capacity(wrt.len());
    for (k, &x) in wrt.iter().enumerate() {
        if let Some((cause, ball)) = &broken {
            parts.push(no_value(x, *cause, ball));
            continue;
        }
        let slopes = probe(x, &*graph).slopes()?;
        let part = match &derived {
            Ok(derived) => {
                let roots = [("forward", derived.forward[k]), ("reverse", derived.reverse[k])];
                let mut found = match formulas.and_then(|all| Some((all, *all.ids.get(k)?))) {
                    Some((all, id)) => values(all.graph, &[("formula", id)], all.at)?,
                    None => Vec::new(),
                };
                found.extend(values(graph, &roots, at)?);
                judge(graph, &probe(x, &*graph), derived.reverse[k], &found, &slopes)?
            }
            Err(e) => no_rule(graph, f, x, e, &slopes),
        };
        parts.push(part);
    }
    Ok(Report { parts })
}

struct Derived {
    forward: Vec<Id>,
    reverse: Vec<Id>,
}

fn derive(graph: &mut Graph, f: Id, wrt: &[Id]) -> Result<Derived, NotDifferentiable> {
    let reverse = gradient(graph, f, wrt)?;
    let one = graph.integer(1);
    let forward = wrt.iter().map(|x| Ok(jvp(graph, &[f], &[*x], &[one])?[0])).collect::<Result<_, _>>()?;
    Ok(Derived { forward, reverse })
}

/// The formula itself has no finite value there.
fn no_value(wrt: Id, cause: Id, ball: &Ball) -> Part {
    let why = match ball {
        Ball::PosInf | Ball::NegInf => Why::Pole,
        Ball::Undefined => Why::Undefined,
        _ => Why::Beyond,
    };
    let verdict = Verdict::NoDerivative { why, cause: Some(cause), left: Slope::Nothing, right: Slope::Nothing };
    Part { wrt, value: None, engines: Vec::new(), verdict }
}

/// The table has no derivative.
fn no_rule(graph: &Graph, f: Id, wrt: Id, e: &NotDifferentiable, slopes: &Slopes) -> Part {
    let is = |id: &Id| matches!(graph.node(*id), Node::Map(p, _) if p.name() == e.name);
    let cause = graph.reachable(&[f]).into_iter().find(is);
    let (left, right) = (slope(&slopes.left), slope(&slopes.right));
    Part {
        wrt,
        value: None,
        engines: Vec::new(),
        verdict: Verdict::NoDerivative { why: Why::NoRule, cause, left, right },
    }
}

/// An engine's value as text and as a ball.
struct Value {
    name: &'static str,
    text: String,
    ball: Ball,
}

fn values(graph: &Graph, roots: &[(&'static str, Id)], at: &Point<Number>) -> Result<Vec<Value>, EvaluationError> {
    let ids: Vec<Id> = roots.iter().map(|(_, id)| *id).collect();
    let found = certified(graph, &ids, at, DIGITS)?.into_iter().flat_map(|a| a.data);
    let value = |((name, _), c): (&(&'static str, Id), Certified)| {
        let ball = to_ball(&c);
        let digits = MAX_AGREEMENT as usize;
        let text = match &c {
            Certified::Digits { .. } => ball.to_decimal(digits).unwrap_or_else(|| c.text(digits)),
            _ => c.text(digits),
        };
        Value { name, text, ball }
    };
    Ok(roots.iter().zip(found).map(value).collect())
}

fn to_ball(c: &Certified) -> Ball {
    let rational = |n: &Number| Ball::from_rational(&n.to_rbig(), 256);
    match c {
        Certified::Exact(n) => rational(n),
        Certified::Digits { text, .. } => match text.split_once('e') {
            // Exponents may be beyond those of literals.
            Some((mantissa, exponent)) => {
                let (mantissa, exponent) = (Number::parse(mantissa), exponent.parse::<i64>());
                let power = exponent.map_or(Ball::Unknown, |e| Ball::from_i64(10).pow_i64(e, 256));
                mantissa.map_or(Ball::Unknown, |m| rational(&m).mul(&power, 256))
            }
            None => Number::parse(text).map_or(Ball::Unknown, |n| rational(&n)),
        },
        Certified::Infinite { negative: false } => Ball::PosInf,
        Certified::Infinite { negative: true } => Ball::NegInf,
        Certified::Undefined => Ball::Undefined,
        Certified::Zero { .. } => Ball::zero(),
        Certified::Unknown => Ball::Unknown,
    }
}

fn judge(
    graph: &Graph,
    probe: &Probe<'_>,
    reverse: Id,
    values: &[Value],
    slopes: &Slopes,
) -> Result<Part, EvaluationError> {
    let finite: Vec<&Value> = values.iter().filter(|v| v.ball.is_finite()).collect();
    let verdict = verdict(probe, &finite, slopes);
    let reference = slopes.central.clone().or_else(|| finite.first().map(|v| v.ball.clone()));
    let digits = |ball: &Ball| reference.as_ref().map_or(0, |r| agreement(ball, r, &slopes.scale));
    let mut engines: Vec<Engine> = values
        .iter()
        .map(|v| Engine { name: v.name, value: v.text.clone(), digits: digits(&v.ball), counts: v.ball.is_finite() })
        .collect();
    if let Some(central) = &slopes.central {
        let value = text(central);
        let digits = finite.iter().map(|v| digits(&v.ball)).min().unwrap_or(0);
        engines.push(Engine { name: "nudge", value, digits, counts: true });
    }
    let plain = double(graph, reverse, probe.at)?;
    engines.push(Engine {
        name: "doubles",
        value: format!("{plain:?}"),
        digits: digits(&Ball::from_f64(plain)).min(17),
        counts: false,
    });
    let exists = matches!(verdict, Verdict::Agreement { .. } | Verdict::Kink { .. });
    // The value is the derivative's; a formula for people may have none where that has one.
    let value = finite.iter().find(|v| v.name != "formula").or(finite.first());
    let value = value.filter(|_| exists).map(|v| v.text.clone());
    Ok(Part { wrt: probe.nudged.wrt.0, value, engines, verdict })
}

/// The derivative in plain doubles by reverse mode, as it stands.
fn double(graph: &Graph, reverse: Id, at: &Point<Number>) -> Result<f64, EvaluationError> {
    Ok(evaluate(graph, &[reverse], &at.map(Number::to_f64), &0.0)?[0].data[0])
}

fn verdict(probe: &Probe<'_>, finite: &[&Value], slopes: &Slopes) -> Verdict {
    let none =
        |why, cause| Verdict::NoDerivative { why, cause, left: slope(&slopes.left), right: slope(&slopes.right) };
    let steep = |s: &Slopes| [&s.left, &s.right].into_iter().any(|s| matches!(s, Side::Infinite(_)));
    let jumps = |s: &Slopes| [&s.left, &s.right].into_iter().any(|s| matches!(s, Side::Jump));
    let ends = |s: &Slopes| [&s.left, &s.right].into_iter().any(|s| matches!(s, Side::Nothing));
    if let Some(central) = &slopes.central {
        if finite.is_empty() {
            return none(Why::Open, probe.culprit(|s| steep(s) || s.central.is_none()));
        }
        let digits = finite.iter().map(|v| agreement(&v.ball, central, &slopes.scale)).min().unwrap_or(0);
        return if digits < NEEDED { Verdict::Disagreement } else { Verdict::Agreement { digits } };
    }
    if steep(slopes) {
        return none(Why::Steep, probe.culprit(steep));
    }
    if jumps(slopes) {
        return none(Why::Jump, probe.culprit(jumps));
    }
    let sides: Vec<&Ball> = [&slopes.left, &slopes.right].into_iter().filter_map(number).collect();
    if sides.is_empty() || [&slopes.left, &slopes.right].into_iter().any(|s| matches!(s, Side::Open)) {
        let why = if ends(slopes) { Why::Undefined } else { Why::Open };
        return none(why, probe.culprit(|s| s.central.is_none()));
    }
    if finite.is_empty() {
        return none(Why::Open, probe.culprit(|s| s.central.is_none()));
    }
    let between =
        |v: &&Value| sides.iter().any(|s| agreement(&v.ball, s, &slopes.scale) >= NEEDED) || inside(&v.ball, &sides);
    if finite.iter().all(between) {
        Verdict::Kink { left: slope(&slopes.left), right: slope(&slopes.right) }
    } else {
        Verdict::Disagreement
    }
}

fn number(side: &Side) -> Option<&Ball> {
    match side {
        Side::Slope(ball) => Some(ball),
        _ => None,
    }
}

/// Is a value above one side's slope and below the other's?
fn inside(value: &Ball, sides: &[&Ball]) -> bool {
    let above = |s: &&Ball| value.sub(s, 128).is_positive();
    let below = |s: &&Ball| s.sub(value, 128).is_positive();
    sides.iter().any(above) && sides.iter().any(below)
}

fn slope(side: &Side) -> Slope {
    match side {
        Side::Slope(ball) => Slope::Number(text(ball)),
        Side::Infinite(positive) => Slope::Infinite { negative: !positive },
        Side::Nothing => Slope::Nothing,
        Side::Jump => Slope::Jump,
        Side::Open => Slope::Open,
    }
}

/// The digits of a nudged slope: those that are sure, at most thirty, without needless zeros.
fn text(ball: &Ball) -> String {
    if ball.contains_zero() {
        return "0".to_string();
    }
    let found = (3..=MAX_AGREEMENT as usize).rev().find_map(|digits| ball.to_decimal(digits));
    let text = found.unwrap_or_else(|| ball.to_string());
    match text.split_once('.') {
        Some(_) if !text.contains('e') => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        _ => text,
    }
}
