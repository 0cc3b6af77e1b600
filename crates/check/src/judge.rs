//! The judge: every way to a derivative at a point (its formula as it is printed, forward mode, reverse mode, plain
//! doubles), held against nudging, entry by entry. A number is an array of one entry.

use wrt_balls::Ball;
use wrt_core::{Array, Graph, Id, Node, Number, Operation, Real};
use wrt_run::{EvaluationError, Point, Precise, array_work, evaluate};

use crate::engines::{BITS, Held, Known, Values, combined, direction_of, forward_mode, known, values};
use crate::joint::{jointly, quickly};
use crate::moved::{Entry, Moved, shape_of};
use crate::probe::{Probe, Side, Slopes};
use crate::random::Random;
use crate::report::{Engine, Extent, Finding, Place, Reading, Report, Verdict, agreement, differ};
use crate::sides::{OneSided, Seen, crooked};
use crate::subject::{NEEDED, Subject, no_value};
use crate::undefined::{Undefined, undefined};

/// Up to so many multiplications, values are certified; beyond, they are computed once.
const CERTIFIED: u64 = 20_000;
/// Of a node with more entries than these, only so many are moved one at a time, unless more are asked for.
const FEW: usize = 6;
const SOME: usize = 3;
/// Beyond so many multiplications for all derivatives, all is moved together along one direction first.
const JOINT: u64 = 1 << 18;
/// Beside them, it is moved along random directions.
const DIRECTIONS: usize = 2;
/// The most multiplications of one evaluation that is judged in many digits: it is done many times.
const MAX_WORK: u64 = 1 << 22;
/// The same in numbers of 31 digits, which many derivatives at once are looked at in.
const MOST_WORK: u64 = 1 << 29;
/// So many special entries of one derivative are nudged.
const CONFIRMED: usize = 16;
/// So many points beside one that is special are tried.
const ASIDE: usize = 4;
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
    /// Where `of` is a derivative itself: of which formula, and by which nodes, the first one first. Its axes are those of
    /// the formula, then those of the nodes.
    pub lineage: Option<(Id, Vec<Id>)>,
}

impl Claim {
    /// The derivative of a formula with respect to a node, entry by entry.
    pub fn by_entries(of: Id, x: Id, made: Id) -> Claim {
        Claim { of, by: By::Entries(x), made, places: Vec::new(), fixed: false, lineage: None }
    }

    /// The derivative of a formula along directions: nodes and the names of their directions.
    pub fn along(of: Id, pairs: Vec<(Id, Id)>, made: Id) -> Claim {
        Claim { of, by: By::Along(pairs), made, places: Vec::new(), fixed: false, lineage: None }
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
    if work > MOST_WORK {
        return Err(too_large(work, MOST_WORK, ""));
    }
    let is_joint = work.saturating_mul(claims.len() as u64) > JOINT;
    if is_joint && let Some(report) = quickly(graph, claims, formulas, at, scrutiny)? {
        return Ok(report);
    }
    if work > MAX_WORK {
        return Err(too_large(work, MAX_WORK, " of all digits, and 31 digits don't settle it"));
    }
    let mut known = known(graph, claims, formulas, at, work <= CERTIFIED)?;
    let mut random = Random::new();
    if is_joint && let Some(report) = jointly(graph, claims, &known, at, scrutiny, &mut random)? {
        return Ok(report);
    }
    let mut undefined_of: Vec<(Id, Undefined)> = Vec::new();
    let mut findings = Vec::with_capacity(claims.len());
    // What one-sided series said, and of which claim.
    let (mut seen, mut owners): (Vec<Seen>, Vec<usize>) = (Vec::new(), Vec::new());
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
        let first = seen.len();
        findings.push(judge.finding(&mut random, &mut seen)?);
        owners.extend((first..seen.len()).map(|_| k));
    }
    let crooked = crooked(graph, at, &seen)?;
    for (k, seen) in owners.iter().zip(&seen).filter(|(_, seen)| crooked.contains(&(seen.of, seen.row))) {
        findings[*k].without_choice(seen.row);
    }
    // Where the sides of an entry differ, that is said already.
    let smooth = |row: &(Id, usize)| seen.iter().filter(|s| (s.of, s.row) == *row).all(|s| s.slopes.central.is_some());
    Ok(Report { findings, is_total: !crooked.iter().any(smooth) })
}

fn too_large(work: u64, most: u64, kind: &str) -> EvaluationError {
    let message = format!("a value takes about {work} multiplications; a check{kind} is for at most {most}");
    EvaluationError::TooLarge(format!("{message}: give smaller sizes"))
}

/// A point beside another: all entries of some nodes moved a little, no two by as much.
fn aside(
    graph: &Graph,
    at: &Point<Number>,
    nodes: &[Id],
    random: &mut Random,
) -> Result<Point<Number>, EvaluationError> {
    let mut point = at.clone();
    for x in nodes {
        let mut value = match at.get(*x) {
            Some(value) => value.clone(),
            None => {
                let like = Precise::settling(Number::ONE, BITS);
                let value = evaluate(graph, &[*x], &at.map(|n| like.exact(n)), &like)?.swap_remove(0);
                let exact = |p: Precise| p.as_exact().cloned().or_else(|| Number::from_f64(p.approximate()));
                let data: Option<Vec<Number>> = value.data.into_iter().map(exact).collect();
                let Some(data) = data else { continue };
                Array { shape: value.shape, data }
            }
        };
        for entry in &mut value.data {
            let size = if entry.is_zero() { Number::ONE } else { entry.abs() };
            let part = Number::ratio(random.below(1 << 12) as i64 - (1 << 11), 1 << 23).unwrap_or(Number::ZERO);
            *entry = &*entry + &(&size * &part);
        }
        point = point.with(*x, value);
    }
    Ok(point)
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

impl Judge<'_> {
    fn finding(&self, random: &mut Random, seen: &mut Vec<Seen>) -> Result<Finding, EvaluationError> {
        let mut finding = Finding {
            shape: self.doubles.as_ref().map(|d| d.shape.clone()).unwrap_or_default(),
            extent: Extent { entries: 1, trusted: self.trusted, ..Extent::default() },
            readings: Vec::new(),
        };
        match &self.claim.by {
            _ if self.claim.fixed => {}
            By::Along(pairs) => {
                let moved = self.along(pairs)?;
                self.read(&moved, None, &mut finding, seen)?;
                finding.extent.moved = 1;
            }
            By::Entries(x) => {
                let shape = shape_of(self.graph, *x, self.at)?;
                finding.extent.entries = shape.iter().product();
                let places = self.places(finding.extent.entries, random);
                for place in &places {
                    let moved = Moved::entry(Entry { node: *x, place: *place });
                    self.read(&moved, Some(*place), &mut finding, seen)?;
                }
                finding.extent.moved = places.len();
                if places.len() < finding.extent.entries && !self.trusted && self.scrutiny.entries.is_none() {
                    for _ in 0..DIRECTIONS {
                        let sign = |_| Number::integer(random.below(2) as i64 * 2 - 1);
                        let speed =
                            Array { shape: shape.clone(), data: (0..finding.extent.entries).map(sign).collect() };
                        self.read(&Moved::array(*x, &speed), None, &mut finding, seen)?;
                    }
                    finding.extent.directions = DIRECTIONS;
                }
            }
        }
        Ok(finding)
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

    /// An entry about which the rules and nudges do not agree, by one-sided series; none where these know nothing either.
    fn by_series(
        &self,
        subject: &Subject<'_>,
        place: Place,
        nudged: Option<&Slopes>,
        seen: &mut Vec<Seen>,
    ) -> Result<Option<Reading>, EvaluationError> {
        let moved = subject.probe.moved;
        let known = seen.len();
        let Some(exact) = self.exact(moved, subject.row, seen)? else { return Ok(None) };
        if nudged.is_some_and(|nudged| exact.contradict(nudged)) {
            seen.truncate(known);
            return Ok(None);
        }
        let right = subject.is_as_ruled(&exact) || self.is_right_aside(moved, place, subject.row)?;
        if !right {
            return Ok(None);
        }
        let mut reading = subject.decided(place, &exact, nudged);
        // A direction goes one way.
        if let (By::Along(_), Verdict::Kink { .. }, Side::Slope(slope)) =
            (&self.claim.by, &reading.verdict, &exact.right)
        {
            (reading.value, reading.decided) = (Some(crate::report::text(slope)), true);
        }
        Ok(Some(reading))
    }

    /// The slopes of a row by one-sided series, where they are known.
    fn exact(&self, moved: &Moved, row: usize, seen: &mut Vec<Seen>) -> Result<Option<Slopes>, EvaluationError> {
        let Some(series) = OneSided::new(self.graph, self.claim, self.at, moved, row)? else { return Ok(None) };
        let Some(slopes) = series.slopes()? else { return Ok(None) };
        if self.claim.lineage.is_none() && matches!(self.claim.by, By::Entries(_)) && moved.0.len() == 1 {
            seen.push(Seen { of: self.claim.of, row, moved: moved.clone(), slopes: slopes.clone() });
        }
        Ok(Some(slopes))
    }

    /// Do the rules agree with nudges beside the point, so that only the point is special? What cannot be told there does
    /// not count against them.
    fn is_right_aside(&self, moved: &Moved, place: Place, row: usize) -> Result<bool, EvaluationError> {
        let mut nodes = moved.nodes();
        nodes.extend(self.claim.lineage.iter().flat_map(|(_, before)| before.iter().copied()));
        nodes.dedup();
        let mut random = Random::new();
        for _ in 0..ASIDE {
            let at = aside(self.graph, self.at, &nodes, &mut random)?;
            let probe = Probe { graph: self.graph, at: &at, of: self.claim.of, moved, rounding: false };
            let made = values(self.graph, &[self.claim.made], &at, false)?.swap_remove(0);
            let columns = match &self.claim.by {
                By::Entries(x) => shape_of(self.graph, *x, &at)?.iter().product(),
                By::Along(_) => 1,
            };
            let column = match (place, &self.claim.by) {
                (Place::Entry(k), By::Entries(_)) => k.checked_rem(columns),
                _ => None,
            };
            let made = combined(&made, moved, column, columns);
            let slopes = probe.slopes()?;
            let (Some(held), Some(slopes)) = (made.data.get(row), slopes.get(row)) else { continue };
            if let (Some(central), true) = (&slopes.central, held.ball.is_finite()) {
                return Ok(agreement(&held.ball, central, &slopes.scale) >= NEEDED || !differ(&held.ball, central));
            }
        }
        Ok(true)
    }

    /// Judges the derivative along one direction: a column of it, if that is one entry.
    fn read(
        &self,
        moved: &Moved,
        column: Option<usize>,
        finding: &mut Finding,
        seen: &mut Vec<Seen>,
    ) -> Result<(), EvaluationError> {
        let rounding = self.work > CERTIFIED;
        let probe = Probe { graph: self.graph, at: self.at, of: self.claim.of, moved, rounding };
        let columns = if matches!(self.claim.by, By::Along(_)) { 1 } else { finding.extent.entries };
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
        let rows = engines.first().map_or(0, |e| e.value.data.len());
        // Where many entries are special, nudging a few confirms the series.
        let told = finding.readings.iter().filter(|r| !matches!(r.verdict, Verdict::Agreement { .. })).count();
        let defined = self.undefined.is_none_or(|u| u.cause.is_none());
        let known = seen.len();
        if told >= CONFIRMED
            && rows == 1
            && !self.trusted
            && defined
            && let (Some(column), Some(exact)) = (column, self.exact(moved, 0, seen)?)
        {
            let held: Vec<(&'static str, &Held)> = engines.iter().map(|e| (e.name, &e.value.data[0])).collect();
            let subject = Subject { probe: &probe, row: 0, blame: false, held: &held };
            // Engines that have another value are to be held against nudges all the same.
            if subject.is_as_ruled(&exact) {
                finding.readings.push(subject.decided(Place::Entry(column), &exact, None));
                return Ok(());
            }
            seen.truncate(known);
        }
        let slopes = if self.trusted { Vec::new() } else { probe.slopes()? };
        let mut far: Option<Vec<Slopes>> = None;
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
            let undefined = self.undefined.filter(|u| u.entries.get(row) == Some(&false));
            let mut reading = if self.trusted {
                subject.trusted(place)
            } else if let Some(undefined) = undefined {
                // A derivative of lower order may have no value by the rules where it exists.
                let decided = match self.claim.lineage {
                    Some(_) => self.by_series(&subject, place, None, seen)?,
                    None => None,
                };
                let verdict = || no_value(undefined);
                decided.unwrap_or_else(|| Reading {
                    place,
                    engines: Vec::new(),
                    verdict: verdict(),
                    value: None,
                    decided: false,
                })
            } else {
                let Some(here) = slopes.get(row) else { continue };
                let mut slopes = here;
                let mut verdict = subject.verdict(here);
                if verdict == Verdict::Disagreement {
                    if far.is_none() {
                        far = Some(probe.far_slopes()?);
                    }
                    slopes = far.as_ref().and_then(|all| all.get(row)).unwrap_or(here);
                    verdict = subject.verdict(slopes);
                }
                let decided = match verdict {
                    Verdict::Agreement { .. } => {
                        // Whether slopes add up is asked where something is special.
                        if column.is_some_and(|c| self.claim.places.contains(&c)) {
                            self.exact(moved, row, seen)?;
                        }
                        None
                    }
                    _ => self.by_series(&subject, place, Some(slopes), seen)?,
                };
                decided.unwrap_or_else(|| subject.reading(place, slopes, verdict))
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
