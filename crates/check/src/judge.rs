//! The judge: every way to a derivative at a point (its formula as it is printed, forward mode, reverse mode, plain
//! doubles), held against nudging, entry by entry. A number is an array of one entry.

use wrt_balls::Ball;
use wrt_core::{Array, Assumptions, Graph, Id, Node, Number, Operation, Real, Role};
use wrt_differentiate::jvp;
use wrt_run::{Certified, EvaluationError, Point, Precise, array_work, certified, evaluate};

use crate::moved::{Entry, Moved};
use crate::probe::{Probe, Side, Slopes};
use crate::random::Random;
use crate::report::{Engine, Finding, MAX_AGREEMENT, Place, Reading, Report, Slope, Verdict, Why, agreement, differ};
use crate::undefined::{Undefined, undefined};

/// Digits of the certified values.
const DIGITS: usize = 36;
/// Engines that agree to fewer digits disagree.
const NEEDED: u32 = 15;
/// Up to so many multiplications, values are certified; beyond, they are computed once, with this many bits.
const CERTIFIED: u64 = 20_000;
const BITS: u32 = 320;
/// Of a node with more entries than these, only so many are moved one at a time, unless more are asked for.
const FEW: usize = 6;
const SOME: usize = 3;
/// Beyond so many multiplications for all derivatives, all is moved together along one direction first.
const JOINT: u64 = 1 << 18;
/// Beside them, it is moved along random directions.
const DIRECTIONS: usize = 2;
/// The most multiplications of one evaluation that is judged: it is done many times, in many digits.
const MAX_WORK: u64 = 1 << 22;
/// For so many entries of one derivative at most, the subexpression to blame is looked for.
const BLAMED: usize = 4;

/// A derivative that is to be judged.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim {
    /// What is differentiated: a formula, or its gradient where the derivative is of second order.
    pub of: Id,
    /// What moves.
    pub by: By,
    /// The derivative as the rules give it.
    pub made: Id,
    /// The places of entries of what moves that are looked at in any case.
    pub places: Vec<usize>,
    /// Is what moves a label, of which no nudge makes sense? Then nothing is looked at.
    pub fixed: bool,
}

impl Claim {
    /// The derivative of a formula with respect to a node, entry by entry.
    pub fn by_entries(of: Id, x: Id, made: Id) -> Claim {
        Claim { of, by: By::Entries(x), made, places: Vec::new(), fixed: false }
    }

    /// The derivative of a formula along directions: nodes and the names of their directions.
    pub fn along(of: Id, pairs: Vec<(Id, Id)>, made: Id) -> Claim {
        Claim { of, by: By::Along(pairs), made, places: Vec::new(), fixed: false }
    }
}

/// What moves.
#[derive(Clone, PartialEq, Debug)]
pub enum By {
    /// One entry of this node after the other: the derivative has the axes of the formula, then those of the node.
    Entries(Id),
    /// Nodes, each along its direction, a name with a value: the derivative has the axes of the formula.
    Along(Vec<(Id, Id)>),
}

/// The derivatives as formulas in a graph of their own, such as read back from what was printed.
#[derive(Clone, Copy)]
pub struct Formulas<'a> {
    /// Where they are; none for the graph of the derivatives.
    pub graph: Option<&'a Graph>,
    /// One for each claim, or for the first ones.
    pub ids: &'a [Id],
    /// The point, by the names of their graph.
    pub at: &'a Point<Number>,
}

/// How closely the judge looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Scrutiny {
    /// How many entries of each node are moved one at a time; a few where it isn't said.
    pub entries: Option<usize>,
    /// Are derivatives that the text gives by hand taken as right? Then nothing is nudged where there are some.
    pub trust: bool,
}

/// Holds every way to the derivatives against nudging; `progress` is told how many of how many are done.
///
/// # Errors
/// [`EvaluationError`] for a name without a value, or where it would take too long.
///
/// ```
/// use wrt_check::{Claim, Scrutiny, Verdict, judge};
/// use wrt_core::{Graph, Number};
/// use wrt_language::{Scope, parse};
/// let mut g = Graph::new();
/// let f = parse(&mut g, "abs(x) + x*exp(y)", &Scope::default()).unwrap().result;
/// let wrt = g.free_symbols(&[f]);
/// let gradient = wrt_differentiate::gradient(&mut g, f, &wrt).unwrap();
/// let claims: Vec<Claim> = wrt.iter().zip(&gradient).map(|(x, d)| Claim::by_entries(f, *x, *d)).collect();
/// let at: Vec<_> = wrt.iter().map(|id| (*id, Number::ZERO)).collect();
/// let at = wrt_run::Point::numbers(&at);
/// let report = judge(&mut g, &claims, None, &at, Scrutiny::default(), &mut |_, _| {}).unwrap();
/// assert!(report.agrees());
/// assert!(matches!(report.findings[0].readings[0].verdict, Verdict::Kink { .. }));
/// assert!(matches!(report.findings[1].readings[0].verdict, Verdict::Agreement { digits: 30 }));
/// ```
pub fn judge(
    graph: &mut Graph,
    claims: &[Claim],
    formulas: Option<Formulas<'_>>,
    at: &Point<Number>,
    scrutiny: Scrutiny,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Report, EvaluationError> {
    let mut work = 0;
    for claim in claims {
        work = array_work(graph, &[claim.of, claim.made], &at.sizes).max(work);
    }
    if work > MAX_WORK {
        let message = format!("a value takes about {work} multiplications; a check is for at most {MAX_WORK}");
        return Err(EvaluationError::TooLarge(format!("{message}: give smaller sizes")));
    }
    let mut known = known(graph, claims, formulas, at, work <= CERTIFIED)?;
    let mut random = Random::new();
    if work.saturating_mul(claims.len() as u64) > JOINT
        && let Some(report) = jointly(graph, claims, &known, at, scrutiny, &mut random)?
    {
        return Ok(report);
    }
    let mut undefined_of: Vec<(Id, Undefined)> = Vec::new();
    let mut findings = Vec::with_capacity(claims.len());
    for (k, claim) in claims.iter().enumerate() {
        progress(k, claims.len());
        let is_own = |id: &Id| matches!(graph.node(*id), Node::Operation(Operation::Override(_), _));
        let trusted = scrutiny.trust && graph.reachable(&[claim.of]).iter().any(is_own);
        if !trusted && undefined_of.iter().all(|(id, _)| *id != claim.of) {
            undefined_of.push((claim.of, undefined(graph, claim.of, at)?));
        }
        let forward = match claim.by {
            By::Entries(x) => forward_mode(graph, claim.of, &[x]),
            By::Along(_) => None,
        };
        let undefined = undefined_of.iter().find(|(id, _)| *id == claim.of).map(|(_, u)| u);
        let Values { whole, doubles } = std::mem::take(&mut known[k]);
        let judge = Judge { graph, claim, at, scrutiny, whole, doubles, forward, trusted, undefined, work };
        findings.push(judge.finding(&mut random)?);
    }
    Ok(Report { findings })
}

/// What the engines say of each claim's derivative as a whole.
fn known(
    graph: &Graph,
    claims: &[Claim],
    formulas: Option<Formulas<'_>>,
    at: &Point<Number>,
    certify: bool,
) -> Result<Vec<Values>, EvaluationError> {
    let made: Vec<Id> = claims.iter().map(|c| c.made).collect();
    let doubles = evaluate(graph, &made, &at.map(Number::to_f64), &0.0)?;
    let read = match formulas {
        Some(all) => values(all.graph.unwrap_or(graph), all.ids, all.at, certify)?,
        None => Vec::new(),
    };
    let mut read = read.into_iter();
    let mut known = Vec::with_capacity(claims.len());
    for ((claim, value), doubles) in claims.iter().zip(values(graph, &made, at, certify)?).zip(doubles) {
        let name = if matches!(claim.by, By::Entries(_)) { "reverse" } else { "forward" };
        let formula = read.next().map(|value| Known { name: "formula", value });
        let doubles = Some(doubles);
        known.push(Values { whole: formula.into_iter().chain([Known { name, value }]).collect(), doubles });
    }
    Ok(known)
}

/// The derivatives of one number by many nodes, all moved at once along a random direction; none where that is not
/// asked for, or does not end in plain agreement.
fn jointly(
    graph: &mut Graph,
    claims: &[Claim],
    known: &[Values],
    at: &Point<Number>,
    scrutiny: Scrutiny,
    random: &mut Random,
) -> Result<Option<Report>, EvaluationError> {
    let Some(first) = claims.first() else { return Ok(None) };
    let plain = |c: &Claim| c.of == first.of && c.places.is_empty() && matches!(c.by, By::Entries(_));
    if scrutiny != Scrutiny::default() || !graph.is_scalar(first.of) || !claims.iter().all(plain) {
        return Ok(None);
    }
    let free: Vec<usize> = (0..claims.len()).filter(|k| !claims[*k].fixed).collect();
    let node = |k: usize| match claims[k].by {
        By::Entries(x) => x,
        By::Along(_) => claims[k].of,
    };
    let nodes: Vec<Id> = free.iter().map(|k| node(*k)).collect();
    let mut moved = Moved(Vec::new());
    let mut sums: Vec<(&'static str, Ball)> = Vec::new();
    for (k, x) in free.iter().zip(&nodes) {
        let Some(doubles) = &known[*k].doubles else { return Ok(None) };
        let sign = |_| Number::integer(random.below(2) as i64 * 2 - 1);
        let speed = Array { shape: doubles.shape.clone(), data: (0..doubles.data.len()).map(sign).collect() };
        let own = Moved::array(*x, &speed);
        for engine in &known[*k].whole {
            let entries = engine.value.data.len();
            let part = combined(&engine.value, &own, None, entries).data.pop().map_or(Ball::Unknown, |h| h.ball);
            match sums.iter_mut().find(|(name, _)| *name == engine.name) {
                Some((_, sum)) => *sum = sum.add(&part, BITS),
                None => sums.push((engine.name, part)),
            }
        }
        moved.0.extend(own.0);
    }
    if let Some((slope, directions)) = forward_mode(graph, first.of, &nodes) {
        let mut along = at.clone();
        for (x, direction) in nodes.iter().zip(directions) {
            along = along.with(direction, direction_of(&moved, at, *x, graph)?);
        }
        let value = values(graph, &[slope], &along, false)?.swap_remove(0);
        sums.extend(value.data.first().map(|h| ("forward", h.ball.clone())));
    }
    let held: Vec<(&'static str, Held)> =
        sums.into_iter().map(|(name, ball)| (name, Held { ball, certified: None })).collect();
    let held: Vec<(&'static str, &Held)> = held.iter().map(|(name, h)| (*name, h)).collect();
    let probe = Probe { graph, at, of: first.of, moved: &moved };
    let subject = Subject { probe: &probe, row: 0, blame: false, held: &held };
    let Some(slopes) = probe.slopes()?.pop() else { return Ok(None) };
    let mut reading = subject.reading(Place::Direction, &slopes);
    // Of much that moves at once, curvature is soon larger than what a nudge of the usual size tells.
    if !matches!(reading.verdict, Verdict::Agreement { digits: MAX_AGREEMENT })
        && let Some(slopes) = probe.far_slopes()?.pop()
    {
        reading = subject.reading(Place::Direction, &slopes);
    }
    if !matches!(reading.verdict, Verdict::Agreement { .. }) {
        return Ok(None);
    }
    let finding = |(claim, known): (&Claim, &Values)| {
        let doubles = known.doubles.as_ref();
        Finding {
            shape: doubles.map(|d| d.shape.clone()).unwrap_or_default(),
            moved: 0,
            entries: doubles.map_or(0, |d| d.data.len()),
            directions: 1,
            together: true,
            trusted: false,
            readings: if claim.fixed { Vec::new() } else { vec![reading.clone()] },
        }
    };
    Ok(Some(Report { findings: claims.iter().zip(known).map(finding).collect() }))
}

/// What the engines say of one derivative as a whole.
#[derive(Default)]
struct Values {
    /// The formula, and reverse mode or whatever the derivative was made by.
    whole: Vec<Known>,
    /// The same in plain doubles.
    doubles: Option<Array<f64>>,
}

/// One claim, and what is known of it.
struct Judge<'a> {
    graph: &'a Graph,
    claim: &'a Claim,
    at: &'a Point<Number>,
    scrutiny: Scrutiny,
    /// The formula, and reverse mode or whatever the derivative was made by; of the shape of the derivative.
    whole: Vec<Known>,
    /// The same in plain doubles.
    doubles: Option<Array<f64>>,
    /// The formula's change along a direction by forward mode, and the name of the direction.
    forward: Option<(Id, Vec<Id>)>,
    trusted: bool,
    /// Where the formula has no value.
    undefined: Option<&'a Undefined>,
    work: u64,
}

/// An engine's value, entry by entry.
struct Known {
    name: &'static str,
    value: Array<Held>,
}

/// A number that an engine gave.
#[derive(Clone)]
struct Held {
    ball: Ball,
    certified: Option<Certified>,
}

impl Held {
    fn text(&self) -> String {
        let digits = MAX_AGREEMENT as usize;
        match &self.certified {
            Some(c @ Certified::Digits { .. }) => self.ball.to_decimal(digits).unwrap_or_else(|| c.text(digits)),
            Some(c) => c.text(digits),
            None => crate::report::text(&self.ball),
        }
    }
}

impl Judge<'_> {
    fn finding(&self, random: &mut Random) -> Result<Finding, EvaluationError> {
        let mut finding = Finding {
            shape: self.doubles.as_ref().map(|d| d.shape.clone()).unwrap_or_default(),
            moved: 0,
            entries: 1,
            directions: 0,
            together: false,
            trusted: self.trusted,
            readings: Vec::new(),
        };
        match &self.claim.by {
            _ if self.claim.fixed => {}
            By::Along(pairs) => {
                let moved = self.along(pairs)?;
                self.read(&moved, None, &mut finding)?;
                finding.moved = 1;
            }
            By::Entries(x) => {
                let shape = self.shape_of(*x)?;
                finding.entries = shape.iter().product();
                let places = self.places(finding.entries, random);
                for place in &places {
                    let moved = Moved::entry(Entry { node: *x, place: *place });
                    self.read(&moved, Some(*place), &mut finding)?;
                }
                finding.moved = places.len();
                if places.len() < finding.entries && !self.trusted && self.scrutiny.entries.is_none() {
                    for _ in 0..DIRECTIONS {
                        let sign = |_| Number::integer(random.below(2) as i64 * 2 - 1);
                        let speed = Array { shape: shape.clone(), data: (0..finding.entries).map(sign).collect() };
                        self.read(&Moved::array(*x, &speed), None, &mut finding)?;
                    }
                    finding.directions = DIRECTIONS;
                }
            }
        }
        Ok(finding)
    }

    fn shape_of(&self, x: Id) -> Result<Vec<usize>, EvaluationError> {
        match self.at.get(x) {
            Some(value) => Ok(value.shape.clone()),
            None => Ok(evaluate(self.graph, &[x], &self.at.map(Number::to_f64), &0.0)?[0].shape.clone()),
        }
    }

    /// The directions' values at the point, as one.
    fn along(&self, pairs: &[(Id, Id)]) -> Result<Moved, EvaluationError> {
        let mut moved = Moved(Vec::new());
        for (x, direction) in pairs {
            let unbound = || EvaluationError::Unbound(self.graph.symbol_name(*direction).to_string());
            moved.0.extend(Moved::array(*x, self.at.get(*direction).ok_or_else(unbound)?).0);
        }
        Ok(moved)
    }

    /// The entries that are moved one at a time, rising.
    fn places(&self, entries: usize, random: &mut Random) -> Vec<usize> {
        let few = if self.work > CERTIFIED { SOME } else { FEW };
        let most = self.scrutiny.entries.unwrap_or(few);
        if entries <= most {
            return (0..entries).collect();
        }
        let own = if self.scrutiny.entries.is_none() { SOME } else { most };
        let mut places = self.claim.places.clone();
        let wanted = (places.len() + own).min(entries);
        while places.len() < wanted {
            let place = random.below(entries as u64) as usize;
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Judges the derivative along one direction: a column of it, if that is one entry.
    fn read(&self, moved: &Moved, column: Option<usize>, finding: &mut Finding) -> Result<(), EvaluationError> {
        let probe = Probe { graph: self.graph, at: self.at, of: self.claim.of, moved };
        let columns = if matches!(self.claim.by, By::Along(_)) { 1 } else { finding.entries };
        let mut engines: Vec<Known> = self
            .whole
            .iter()
            .map(|known| Known { name: known.name, value: combined(&known.value, moved, column, columns) })
            .collect();
        if let (Some((slope, directions)), By::Entries(x)) = (&self.forward, &self.claim.by)
            && let [direction] = directions[..]
        {
            let at = self.at.clone().with(direction, direction_of(moved, self.at, *x, self.graph)?);
            let value = values(self.graph, &[*slope], &at, self.work <= CERTIFIED)?.swap_remove(0);
            let place = engines.iter().position(|e| e.name == "reverse").unwrap_or(0);
            engines.insert(place, Known { name: "forward", value });
        }
        let slopes = if self.trusted { Vec::new() } else { probe.slopes()? };
        let mut far: Option<Vec<Slopes>> = None;
        let rows = engines.first().map_or(0, |e| e.value.data.len());
        for row in 0..rows {
            let held: Vec<(&'static str, &Held)> = engines.iter().map(|e| (e.name, &e.value.data[row])).collect();
            let place = match (column, &self.claim.by) {
                (Some(column), _) => Place::Entry(row * columns + column),
                (None, By::Along(_)) => Place::Entry(row),
                (None, By::Entries(_)) => Place::Direction,
            };
            let blame =
                finding.readings.iter().filter(|r| matches!(r.verdict, Verdict::NoDerivative { .. })).count() < BLAMED;
            let subject = Subject { probe: &probe, row, blame, held: &held };
            let mut reading = if self.trusted {
                subject.trusted(place)
            } else if let Some(undefined) = self.undefined.filter(|u| u.entries.get(row) == Some(&false)) {
                Reading { place, engines: Vec::new(), verdict: no_value(undefined), value: None }
            } else {
                let Some(here) = slopes.get(row) else { continue };
                let mut slopes = here;
                if subject.verdict(here) == Verdict::Disagreement {
                    if far.is_none() {
                        far = Some(probe.far_slopes()?);
                    }
                    slopes = far.as_ref().and_then(|all| all.get(row)).unwrap_or(here);
                }
                subject.reading(place, slopes)
            };
            if let (Place::Entry(place), false) = (place, reading.engines.is_empty()) {
                let plain = self.doubles.as_ref().and_then(|d| d.data.get(place)).copied().unwrap_or(f64::NAN);
                let reference = held.iter().find(|(name, _)| *name != "formula").map(|(_, h)| h.ball.clone());
                let digits = reference.map_or(0, |r| agreement(&Ball::from_f64(plain), &r, &Ball::zero()));
                let engine =
                    Engine { name: "doubles", value: format!("{plain:?}"), digits: digits.min(17), counts: false };
                reading.engines.push(engine);
            }
            finding.readings.push(reading);
        }
        Ok(())
    }
}

/// The change of a formula along directions of some nodes, new names, by forward mode; none where that is not known.
fn forward_mode(graph: &mut Graph, of: Id, nodes: &[Id]) -> Option<(Id, Vec<Id>)> {
    let mut directions = Vec::with_capacity(nodes.len());
    for x in nodes {
        let dims = graph.dims(*x).to_vec();
        let name = format!("direction {}", x.index());
        directions.push(graph.tensor_symbol(&name, Role::Variable, &dims, Assumptions::default()));
    }
    let slope = jvp(graph, &[of], nodes, &directions).ok()?.pop()?;
    Some((slope, directions))
}

/// How a node moves, as an array.
fn direction_of(moved: &Moved, at: &Point<Number>, node: Id, graph: &Graph) -> Result<Array<Number>, EvaluationError> {
    let shape = match at.get(node) {
        Some(value) => value.shape.clone(),
        None => evaluate(graph, &[node], &at.map(Number::to_f64), &0.0)?[0].shape.clone(),
    };
    let mut data = vec![Number::ZERO; shape.iter().product()];
    for (entry, speed) in moved.0.iter().filter(|(entry, _)| entry.node == node) {
        if let Some(slot) = data.get_mut(entry.place) {
            *slot = speed.clone();
        }
    }
    Ok(Array { shape, data })
}

/// The values of nodes: certified digits, or many bits where there is much to do.
fn values(graph: &Graph, ids: &[Id], at: &Point<Number>, certify: bool) -> Result<Vec<Array<Held>>, EvaluationError> {
    if certify {
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            let found = certified(graph, &[*id], at, DIGITS)?.swap_remove(0);
            let held = |c: Certified| Held { ball: to_ball(&c), certified: Some(c) };
            all.push(Array { shape: found.shape, data: found.data.into_iter().map(held).collect() });
        }
        return Ok(all);
    }
    let like = Precise::settling(Number::ONE, BITS);
    let found = evaluate(graph, ids, &at.map(|n| like.exact(n)), &like)?;
    let held = |x: Precise| Held { ball: x.ball(), certified: None };
    Ok(found.into_iter().map(|a| Array { shape: a.shape, data: a.data.into_iter().map(held).collect() }).collect())
}

/// A derivative's value along a direction: one of its columns, or the sum of several.
fn combined(value: &Array<Held>, moved: &Moved, column: Option<usize>, columns: usize) -> Array<Held> {
    let rows = value.data.len().checked_div(columns).unwrap_or(0);
    let row = |row: usize| {
        let entries = &value.data[row * columns..][..columns];
        match column {
            Some(column) => entries[column].clone(),
            None if columns == 1 => entries[0].clone(),
            None => {
                let term = |(e, speed): &(Entry, Number)| {
                    let speed = Ball::from_rational(&speed.to_rbig(), BITS);
                    entries.get(e.place).map_or(Ball::Unknown, |h| h.ball.mul(&speed, BITS))
                };
                let ball = moved.0.iter().map(term).fold(Ball::zero(), |a, b| a.add(&b, BITS));
                Held { ball, certified: None }
            }
        }
    };
    Array { shape: vec![rows], data: (0..rows).map(row).collect() }
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

/// The formula itself has no finite value there.
fn no_value(undefined: &Undefined) -> Verdict {
    let cause = undefined.cause.as_ref();
    let why = match cause.map(|(_, ball)| ball) {
        Some(Ball::PosInf | Ball::NegInf) => Why::Pole,
        Some(Ball::Undefined) => Why::Undefined,
        _ => Why::Beyond,
    };
    Verdict::NoDerivative { why, cause: cause.map(|(id, _)| *id), left: Slope::Nothing, right: Slope::Nothing }
}

/// One entry of a derivative with the values that the engines give it.
struct Subject<'a> {
    probe: &'a Probe<'a>,
    /// Which entry of the formula.
    row: usize,
    /// Is the subexpression to blame looked for?
    blame: bool,
    held: &'a [(&'static str, &'a Held)],
}

impl Subject<'_> {
    /// The values that are numbers.
    fn finite(&self) -> impl Iterator<Item = &(&'static str, &Held)> {
        self.held.iter().filter(|(_, h)| h.ball.is_finite())
    }

    fn reading(&self, place: Place, slopes: &Slopes) -> Reading {
        let verdict = self.verdict(slopes);
        let reference = slopes.central.clone().or_else(|| self.finite().next().map(|(_, h)| h.ball.clone()));
        let digits = |ball: &Ball| reference.as_ref().map_or(0, |r| agreement(ball, r, &slopes.scale));
        let mut engines = self.engines(digits);
        if let Some(central) = &slopes.central {
            let digits = self.finite().map(|(_, h)| digits(&h.ball)).min().unwrap_or(0);
            engines.push(Engine { name: "nudge", value: crate::report::text(central), digits, counts: true });
        }
        Reading { place, engines, value: self.value(&verdict), verdict }
    }

    /// The engines against reverse mode, nothing nudged.
    fn trusted(&self, place: Place) -> Reading {
        let reference =
            self.held.iter().find(|(name, _)| *name == "reverse").map_or(Ball::Unknown, |(_, h)| h.ball.clone());
        let digits = |ball: &Ball| agreement(ball, &reference, &Ball::zero());
        let least = self.finite().map(|(_, h)| digits(&h.ball)).min().unwrap_or(0);
        let apart = self.finite().any(|(_, h)| differ(&h.ball, &reference));
        let verdict =
            if least < NEEDED && apart { Verdict::Disagreement } else { Verdict::Agreement { digits: least } };
        Reading { place, engines: self.engines(digits), value: self.value(&verdict), verdict }
    }

    fn engines(&self, digits: impl Fn(&Ball) -> u32) -> Vec<Engine> {
        let engine = |(name, h): &(&'static str, &Held)| Engine {
            name,
            value: h.text(),
            digits: digits(&h.ball),
            counts: h.ball.is_finite(),
        };
        self.held.iter().map(engine).collect()
    }

    /// The derivative's own value, where it exists; a formula for people may have none where that has one.
    fn value(&self, verdict: &Verdict) -> Option<String> {
        let exists = matches!(verdict, Verdict::Agreement { .. } | Verdict::Kink { .. });
        let own = self.finite().find(|(name, _)| *name != "formula").or_else(|| self.finite().next());
        own.filter(|_| exists).map(|(_, h)| h.text())
    }

    fn verdict(&self, slopes: &Slopes) -> Verdict {
        let blamed = |bad: &dyn Fn(&Slopes) -> bool| self.blame.then(|| self.probe.culprit(self.row, bad)).flatten();
        let none =
            |why, cause| Verdict::NoDerivative { why, cause, left: slope(&slopes.left), right: slope(&slopes.right) };
        let any = |s: &Slopes, is: fn(&Side) -> bool| [&s.left, &s.right].into_iter().any(is);
        let steep = |s: &Slopes| any(s, |s| matches!(s, Side::Infinite(_)));
        let jumps = |s: &Slopes| any(s, |s| matches!(s, Side::Jump));
        let rough = |s: &Slopes| s.central.is_none();
        if let Some(central) = &slopes.central {
            if self.finite().next().is_none() {
                return none(Why::Open, blamed(&|s| steep(s) || s.central.is_none()));
            }
            let digits = self.finite().map(|(_, h)| agreement(&h.ball, central, &slopes.scale)).min().unwrap_or(0);
            let apart = self.finite().any(|(_, h)| differ(&h.ball, central));
            return if digits < NEEDED && apart { Verdict::Disagreement } else { Verdict::Agreement { digits } };
        }
        if steep(slopes) {
            return none(Why::Steep, blamed(&steep));
        }
        if jumps(slopes) {
            return none(Why::Jump, blamed(&jumps));
        }
        let sides: Vec<&Ball> = [&slopes.left, &slopes.right].into_iter().filter_map(number).collect();
        if sides.is_empty() || any(slopes, |s| matches!(s, Side::Open)) {
            let ends = any(slopes, |s| matches!(s, Side::Nothing));
            return none(if ends { Why::Undefined } else { Why::Open }, blamed(&rough));
        }
        if self.finite().next().is_none() {
            return none(Why::Open, blamed(&rough));
        }
        let between = |(_, h): &(&'static str, &Held)| {
            sides.iter().any(|s| agreement(&h.ball, s, &slopes.scale) >= NEEDED) || inside(&h.ball, &sides)
        };
        if self.finite().all(between) {
            Verdict::Kink { left: slope(&slopes.left), right: slope(&slopes.right) }
        } else {
            Verdict::Disagreement
        }
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
        Side::Slope(ball) => Slope::Number(crate::report::text(ball)),
        Side::Infinite(positive) => Slope::Infinite { negative: !positive },
        Side::Nothing => Slope::Nothing,
        Side::Jump => Slope::Jump,
        Side::Open => Slope::Open,
    }
}
