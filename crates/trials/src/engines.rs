//! One corpus, run by every engine: exact numbers, many digits, doubles, the interpreter of the plan, and compiled programs at
//! each level of instructions, in both precisions, on one thread and on two.
//!
//! The truth is what many digits say at a point of single precision. An engine is held to the error that its own operations may
//! have, which the same plan tells in numbers that carry a bound of it ([`Bounded`], [`BoundedSingle`]).

use std::collections::BTreeMap;
use std::fmt;

use wrt_core::{Array, Graph, Id, Node, Number, Role};
use wrt_engine::{Compiled, EngineReal, Level, Program, interpret};
use wrt_rewrite::{Pace, stable};
use wrt_run::{Bounded, BoundedSingle, Point, Sizes, evaluate, exact, values_at};

/// A bound is wide, and says little, beyond this part of the largest entry.
const WIDE: f64 = 1e-3;

/// Lane functions are within so many times what the bound trusts library functions with.
const TRUST: f64 = 4.0;

/// Nodes of a graph at a point.
pub struct Computation {
    /// Where they come from, for a person.
    pub about: String,
    /// The graph.
    pub graph: Graph,
    /// What is computed.
    pub roots: Vec<Id>,
    /// A value for each free name.
    pub at: Vec<(Id, Array<Number>)>,
    /// Sizes of named dimensions.
    pub sizes: Sizes,
}

/// What engines were held to.
#[derive(Clone, Debug, Default)]
pub struct EngineTally {
    /// Formulas with a value.
    pub formulas: u64,
    /// Entries that have a value.
    pub entries: u64,
    /// Entries without one: what engines make of them is not looked at.
    pub undefined: u64,
    /// Of each engine, entries within its bound, those among them whose bound is wide, and entries of which none is known.
    pub engines: BTreeMap<String, [u64; 3]>,
    /// What has no value, or no compiled form, with the reason.
    pub refused: BTreeMap<String, u64>,
}

impl EngineTally {
    /// Adds another one.
    pub fn add(&mut self, other: &EngineTally) {
        self.formulas += other.formulas;
        self.entries += other.entries;
        self.undefined += other.undefined;
        for (name, counts) in &other.engines {
            let own = self.engines.entry(name.clone()).or_default();
            own.iter_mut().zip(counts).for_each(|(own, n)| *own += n);
        }
        for (why, n) in &other.refused {
            *self.refused.entry(why.clone()).or_default() += n;
        }
    }

    fn refuse(mut self, why: String) -> EngineTally {
        *self.refused.entry(why).or_default() += 1;
        self
    }
}

impl fmt::Display for EngineTally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused: u64 = self.refused.values().sum();
        write!(
            f,
            "{} formulas, {} entries, {} undefined, {refused} refused",
            self.formulas, self.entries, self.undefined
        )?;
        self.engines.iter().try_for_each(|(name, [held, wide, open])| {
            write!(f, "\n    {name:16} {held:9} within its bound ({wide} of them wide), {open:7} without one")
        })
    }
}

/// A value as single precision has it.
fn single(n: &Number) -> Option<Number> {
    Number::from_f64(f64::from(n.to_f64() as f32))
}

/// Holds every engine to a formula.
///
/// # Errors
/// The first disagreement.
pub fn engines(computation: &Computation) -> Result<EngineTally, String> {
    let tally = EngineTally::default();
    let rounded = |(id, a): &(Id, Array<Number>)| {
        Some((*id, Array { shape: a.shape.clone(), data: a.data.iter().map(single).collect::<Option<Vec<_>>>()? }))
    };
    let Some(values) = computation.at.iter().map(rounded).collect::<Option<Vec<_>>>() else {
        return Ok(tally.refuse("a value is beyond single precision".into()));
    };
    let at = Point { values, sizes: computation.sizes.clone() };
    let truth = match values_at(&computation.graph, &computation.roots, &at) {
        Ok(truth) => truth,
        Err(why) => return Ok(tally.refuse(format!("no value: {}", kind(&why.to_string())))),
    };
    let mut held = Held { computation, at, truth, tally };
    held.tally.formulas = 1;
    for x in held.truth.iter().flat_map(|a| &a.data) {
        let count = if x.is_finite() { &mut held.tally.entries } else { &mut held.tally.undefined };
        *count += 1;
    }
    held.exactly()?;
    held.reference()?;
    held.compiled()?;
    Ok(held.tally)
}

/// A message without the names and numbers in it.
fn kind(message: &str) -> String {
    message.split('`').step_by(2).collect::<Vec<_>>().join("…").chars().filter(|c| !c.is_ascii_digit()).collect()
}

struct Held<'c> {
    computation: &'c Computation,
    at: Point<Number>,
    truth: Vec<Array<f64>>,
    tally: EngineTally,
}

impl Held<'_> {
    /// Holds what an engine found to what it may be off by.
    fn hold(&mut self, engine: &str, found: &[Vec<f64>], bounds: &[Vec<f64>], largest: f64) -> Result<(), String> {
        let counts = self.tally.engines.entry(engine.to_string()).or_default();
        for (root, ((truth, found), bounds)) in self.truth.iter().zip(found).zip(bounds).enumerate() {
            if truth.data.len() != found.len() || found.len() != bounds.len() {
                let detail = format!("{} entries, not {}", found.len(), truth.data.len());
                return Err(format!("{engine}: {detail}\n    {}, root {root}", self.computation.about));
            }
            let largest_entry = truth.data.iter().filter(|x| x.is_finite()).fold(0.0_f64, |m, x| m.max(x.abs()));
            for (k, ((truth, found), bound)) in truth.data.iter().zip(found).zip(bounds).enumerate() {
                if !truth.is_finite() || truth.abs() > largest {
                    continue;
                }
                if !bound.is_finite() {
                    counts[2] += 1;
                } else if (truth - found).abs() <= TRUST * bound + 2.0 * f64::EPSILON * truth.abs() {
                    counts[0] += 1;
                    counts[1] += u64::from(*bound > WIDE * largest_entry);
                } else {
                    let about = &self.computation.about;
                    return Err(format!(
                        "{engine}: {found:e}, not {truth:e} within {bound:e}\n    {about}, root {root}, entry {k}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Exact numbers, where the value is one.
    fn exactly(&mut self) -> Result<(), String> {
        let graph = &self.computation.graph;
        let mut found: Vec<Vec<f64>> = Vec::new();
        for root in &self.computation.roots {
            let number = if graph.is_scalar(*root) { exact(graph, *root, &self.at).ok().flatten() } else { None };
            found.push(number.iter().map(Number::to_f64).collect());
        }
        for (truth, found) in self.truth.iter().zip(&found).filter(|(_, f)| !f.is_empty()) {
            if (truth.data[0] - found[0]).abs() > f64::EPSILON * found[0].abs() {
                return Err(format!("exact: {:e}, not {:e}\n    {}", found[0], truth.data[0], self.computation.about));
            }
            self.tally.engines.entry("exact".into()).or_default()[0] += 1;
        }
        Ok(())
    }

    /// The graph as it is, in doubles.
    fn reference(&mut self) -> Result<(), String> {
        let (graph, roots) = (&self.computation.graph, &self.computation.roots);
        let doubles = evaluate(graph, roots, &self.at.map(Number::to_f64), &0.0).map_err(|e| e.to_string())?;
        let one = Bounded::new(&Number::ONE);
        let bounded = evaluate(graph, roots, &self.at.map(Bounded::new), &one).map_err(|e| e.to_string())?;
        let found: Vec<Vec<f64>> = doubles.into_iter().map(|a| a.data).collect();
        let bounds: Vec<Vec<f64>> = bounded.iter().map(|a| a.data.iter().map(|b| b.bound()).collect()).collect();
        self.hold("doubles", &found, &bounds, f64::MAX)
    }

    /// The plan in all kinds of numbers, and the programs of it.
    fn compiled(&mut self) -> Result<(), String> {
        let mut graph = self.computation.graph.clone();
        let roots: Vec<(Id, Option<Id>)> =
            stable(&mut graph, &self.computation.roots, Pace::Always).into_iter().map(|id| (id, None)).collect();
        let is_size = |id: &Id| matches!(graph.node(*id), Node::Symbol(s) if s.role == Role::Dimension);
        let mut symbols = graph.free_symbols(&self.computation.roots);
        symbols.retain(|id| !is_size(id));
        let (doubles, singles) =
            (Compiled::<f64>::new(&graph, &roots, &symbols), Compiled::<f32>::new(&graph, &roots, &symbols));
        let (doubles, singles) = match (doubles, singles) {
            (Ok(doubles), Ok(singles)) => (doubles, singles),
            (Err(why), _) | (_, Err(why)) => {
                self.tally = std::mem::take(&mut self.tally).refuse(format!("no program: {why}"));
                return Ok(());
            }
        };
        let sizes: Vec<(&str, usize)> = self.computation.sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        let plan = match doubles.plan(&sizes) {
            Ok(plan) => plan,
            Err(why) => {
                self.tally = std::mem::take(&mut self.tally).refuse(format!("no plan: {why}"));
                return Ok(());
            }
        };
        let one = Bounded::exactly(1.0);
        let double = self.interpreted(&plan, &symbols, Bounded::exactly, &one, |b| b.bound())?;
        let one = BoundedSingle::exactly(1.0);
        let single = self.interpreted(&plan, &symbols, BoundedSingle::exactly, &one, |b| b.bound())?;
        let found = self.interpreted(&plan, &symbols, |x| x, &0.0, |x| *x)?;
        self.hold("plan, f64", &found, &double, f64::MAX)?;
        let found = self.interpreted(&plan, &symbols, |x| x as f32, &0.0_f32, |x| f64::from(*x))?;
        self.hold("plan, f32", &found, &single, f64::from(f32::MAX))?;
        self.lanes(&doubles, &symbols, &double, f64::MAX)?;
        self.lanes(&singles, &symbols, &single, f64::from(f32::MAX))
    }

    fn given(&self, id: Id) -> Result<&Array<Number>, String> {
        self.at.get(id).ok_or_else(|| format!("`{}` has no value", self.computation.graph.symbol_name(id)))
    }

    fn interpreted<N: wrt_core::Computed>(
        &self,
        plan: &Program,
        symbols: &[Id],
        number: impl Fn(f64) -> N,
        like: &N,
        told: impl Fn(&N) -> f64,
    ) -> Result<Vec<Vec<f64>>, String> {
        let value = |id: &Id| Ok((*id, self.given(*id)?.data.iter().map(|n| number(n.to_f64())).collect()));
        let given = symbols.iter().map(value).collect::<Result<Vec<(Id, Vec<N>)>, String>>()?;
        let found = interpret(plan, &given, like).map_err(|e| format!("{e}\n    {}", self.computation.about))?;
        Ok(found.iter().map(|a| a.iter().map(&told).collect()).collect())
    }

    /// Programs at each level, on one thread and on two, whose bits are the same.
    fn lanes<T: EngineReal>(
        &mut self,
        program: &Compiled<T>,
        symbols: &[Id],
        bounds: &[Vec<f64>],
        largest: f64,
    ) -> Result<(), String> {
        let value = |id: &Id| Ok(self.given(*id)?.data.iter().map(|n| T::from_f64(n.to_f64())).collect());
        let given = symbols.iter().map(value).collect::<Result<Vec<Vec<T>>, String>>()?;
        let given: Vec<&[T]> = given.iter().map(Vec::as_slice).collect();
        let sizes: Vec<(&str, usize)> = self.computation.sizes.iter().map(|(n, k)| (n.as_str(), *k)).collect();
        for level in Level::available() {
            let own = program.clone().at_level(level);
            let engine = format!("{}, {}", level.name(), T::NAME);
            let run = |threads: usize| {
                let mut found: Vec<Vec<T>> = self.truth.iter().map(|a| vec![T::ZERO; a.data.len()]).collect();
                let mut room: Vec<&mut [T]> = found.iter_mut().map(Vec::as_mut_slice).collect();
                let mut workspace = own.workspace().with_threads(threads);
                own.run(&mut workspace, &sizes, &given, &mut [], &mut room)
                    .map_err(|e| format!("{engine}: {e}\n    {}", self.computation.about))?;
                Ok::<_, String>(found.iter().map(|a| a.iter().map(|x| x.to_f64()).collect()).collect::<Vec<Vec<f64>>>())
            };
            let (one, two) = (run(1)?, run(2)?);
            let bits = |a: &[Vec<f64>]| a.iter().flatten().map(|x| x.to_bits()).collect::<Vec<u64>>();
            if bits(&one) != bits(&two) {
                return Err(format!("{engine}: other bits on two threads\n    {}", self.computation.about));
            }
            self.hold(&engine, &one, bounds, largest)?;
        }
        Ok(())
    }
}
