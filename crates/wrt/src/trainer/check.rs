//! Nudges of the compiled cost against its compiled gradient, on some of the rows, before the first step.

use wrt_core::Id;
use wrt_engine::{EngineReal, Workspace};
use wrt_kernels::Stream;
use wrt_run::array_work;

use super::{Trainer, inputs};
use crate::derivatives;
use crate::error::Error;
use crate::model::Model;
use crate::program::Program;
use crate::slopes::parameters;
use crate::training::{draw, random_among};

/// Rows that the cost is nudged on.
const ROWS: usize = 8;
/// Entries of each parameter that are nudged by themselves: the steepest one, and random ones.
const ENTRIES: usize = 3;
/// Multiplications that all nudges may take: some tenths of a second.
const MOST_WORK: u64 = 1 << 28;
/// A nudge, in units of what is nudged: small beside the distance to kinks, and large beside rounding.
const NUDGE: f64 = 1.0 / (1 << 17) as f64;
/// How far nudges may be from the derivative, as a share of it, and of the cost in units of what is nudged.
const NEAR: f64 = 1e-4;
const NOISE: f64 = 1e-8;

/// Is the gradient with which a trainer trains right? Nudges of the compiled cost are held against its compiled gradient,
/// on some rows and at the values that parameters have, and beside them where some are zero throughout: of each parameter
/// the steepest entry, random ones, and all at once along a random direction; of a large model only the latter. What is not
/// plain agreement there, because of kinks or rounding, is decided by [`Model::check`].
///
/// # Errors
/// As [`Model::check`].
///
/// ```
/// use wrt::{Model, TrainingOptions, Trainer, check_gradient};
/// let right = "data x[m]; param a = 1; cost = sum((a*x)^2)";
/// let wrong = "square(u) = u^2; derivative square(u) = 3*u; data x[m]; param a = 1; cost = sum(square(a*x))";
/// let hidden = wrong.replace("a = 1", "a = 0");
/// for (text, is_right) in [(right, true), (wrong, false), (hidden.as_str(), false)] {
///     let model = Model::parse(text)?;
///     let trainer = Trainer::new(&model, vec![vec![1.0, 2.0]], &TrainingOptions::default(), &[])?;
///     assert_eq!(check_gradient(&trainer, &model)?, is_right);
/// }
/// # Ok::<(), wrt::Error>(())
/// ```
pub fn check_gradient<T: EngineReal>(trainer: &Trainer<T>, model: &Model) -> Result<bool, Error> {
    // What has no compiled form by itself is left to the judge, who says why.
    if let Ok(Some(slopes)) = Slopes::of(trainer, model)
        && slopes.agree().unwrap_or(false)
    {
        return Ok(true);
    }
    model.check()
}

/// A cost and its gradient, compiled, with the values that they are computed of.
struct Slopes {
    cost: Program<f64>,
    gradient: Program<f64>,
    /// What the cost and the gradient read, by name.
    values: Vec<(String, Vec<f64>)>,
    /// The parameters, in the order of the gradient.
    parameters: Vec<String>,
    /// Is the model so large that all parameters are nudged at once, and nothing else?
    is_large: bool,
}

impl Slopes {
    /// Those of a trainer; none of a cost that no parameter changes.
    fn of<T: EngineReal>(trainer: &Trainer<T>, model: &Model) -> Result<Option<Slopes>, Error> {
        let rows: Vec<usize> = trainer.parts[0].iter().copied().take(ROWS).collect();
        let sizes = trainer.sizes(rows.len());
        let (cost, gradient, names, random, work) = model.cost().with_session(|session, root, _| {
            let wrt = parameters(session, root);
            let mut graph = session.graph().clone();
            let slopes = derivatives::gradient(&mut graph, root, &wrt)?;
            let own: Vec<(String, usize)> = sizes.iter().map(|(n, k)| ((*n).to_string(), *k)).collect();
            let work = array_work(&graph, &[root], &own);
            let random = random_among(&graph, &graph.free_symbols(&[root]));
            let name = |id: &Id| graph.symbol_name(*id).to_string();
            let names: Vec<String> = wrt.iter().map(name).collect();
            let random: Vec<String> = random.iter().map(name).collect();
            Ok::<_, Error>((
                Program::of_nodes(&graph, &[root])?,
                Program::of_nodes(&graph, &slopes)?,
                names,
                random,
                work,
            ))
        })?;
        if names.is_empty() {
            return Ok(None);
        }
        let each = work.saturating_mul(2 * (ENTRIES as u64 + 1)).saturating_mul(names.len() as u64);
        let (cost, gradient): (Program<f64>, Program<f64>) = (cost.with_sizes(&sizes), gradient.with_sizes(&sizes));
        let taken = trainer.taken(&rows);
        let mut values: Vec<(String, Vec<f64>)> = Vec::new();
        for input in cost.inputs().iter().chain(gradient.inputs()) {
            if values.iter().any(|(name, _)| *name == input.name) {
                continue;
            }
            let value = if random.contains(&input.name) {
                let mut drawn = Vec::new();
                draw(input, Stream::new(trainer.options.seed, &input.name, 0), &sizes, &mut drawn)?;
                drawn
            } else {
                let own = inputs(&trainer.step, &trainer.carried, std::slice::from_ref(input), &taken, &[])?;
                own[0].iter().map(|x| x.to_f64()).collect()
            };
            values.push((input.name.clone(), value));
        }
        Ok(Some(Slopes { cost, gradient, values, parameters: names, is_large: each > MOST_WORK }))
    }
}

impl Slopes {
    /// Are the nudges in plain agreement with the gradient, also where no parameter is zero throughout?
    fn agree(&self) -> Result<bool, Error> {
        let moved = self.moved();
        Ok(self.agree_at(&self.values)? && (moved == self.values || self.agree_at(&moved)?))
    }

    /// Values at which parameters that are zero throughout are none, as zeros hide what is wrong.
    fn moved(&self) -> Vec<(String, Vec<f64>)> {
        let mut values = self.values.clone();
        let zeros =
            |(name, own): &&mut (String, Vec<f64>)| self.parameters.contains(name) && own.iter().all(|x| *x == 0.0);
        for (name, own) in values.iter_mut().filter(zeros) {
            let stream = Stream::new(0, name, 0);
            own.iter_mut().enumerate().for_each(|(k, x)| *x = 0.1 * stream.normal(k as u64));
        }
        values
    }

    fn agree_at(&self, values: &[(String, Vec<f64>)]) -> Result<bool, Error> {
        let given = lent(&self.gradient, values);
        let mut found = self.gradient.room(&given);
        let mut room: Vec<&mut [f64]> = found.iter_mut().map(Vec::as_mut_slice).collect();
        self.gradient.run(&mut self.gradient.workspace(), &given, &mut room)?;
        let mut nudged = Nudged { slopes: self, workspace: self.cost.workspace(), values: values.to_vec() };
        let signs = |k: usize, n: usize| {
            let stream = Stream::new(0, "signs", k as u32);
            let sign = move |j: usize| if stream.uniform(j as u64) < 0.5 { -1.0 } else { 1.0 };
            (0..n).map(sign).collect::<Vec<f64>>()
        };
        if self.is_large {
            let all: Vec<Vec<f64>> = found.iter().enumerate().map(|(k, own)| signs(k, own.len())).collect();
            let all: Vec<(usize, &[f64])> = all.iter().enumerate().map(|(k, own)| (k, own.as_slice())).collect();
            return nudged.agrees(&all, &found);
        }
        for (k, own) in found.iter().enumerate() {
            if !nudged.agrees(&[(k, &signs(k, own.len()))], &found)? {
                return Ok(false);
            }
            for place in places(k, own) {
                let mut along = vec![0.0; own.len()];
                along[place] = 1.0;
                if !nudged.agrees(&[(k, &along)], &found)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// The entries of a parameter that are nudged by themselves.
fn places(which: usize, slopes: &[f64]) -> Vec<usize> {
    let stream = Stream::new(0, "entries", which as u32);
    let steepest = (0..slopes.len()).max_by(|a, b| slopes[*a].abs().total_cmp(&slopes[*b].abs()));
    let random = (1..ENTRIES as u64).map(|k| (stream.uniform(k) * slopes.len() as f64) as usize);
    let mut places: Vec<usize> = steepest.into_iter().chain(random).filter(|k| *k < slopes.len()).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// What a program reads, from values by name.
fn lent<'a>(program: &Program<f64>, values: &'a [(String, Vec<f64>)]) -> Vec<&'a [f64]> {
    let value = |name: &str| values.iter().find(|(n, _)| n == name).map_or(&[][..], |(_, own)| own);
    program.inputs().iter().map(|input| value(&input.name)).collect()
}

/// The cost, nudged.
struct Nudged<'a> {
    slopes: &'a Slopes,
    workspace: Workspace<f64>,
    values: Vec<(String, Vec<f64>)>,
}

impl Nudged<'_> {
    fn cost(&mut self) -> Result<f64, Error> {
        let mut cost = [f64::NAN];
        self.slopes.cost.run(&mut self.workspace, &lent(&self.slopes.cost, &self.values), &mut [&mut cost])?;
        Ok(cost[0])
    }

    /// Does the cost change along directions of parameters as the gradient says?
    fn agrees(&mut self, along: &[(usize, &[f64])], gradient: &[Vec<f64>]) -> Result<bool, Error> {
        let (mut slope, mut unit) = (0.0, f64::INFINITY);
        let mut places = Vec::new();
        for (k, direction) in along {
            let name = &self.slopes.parameters[*k];
            let Some(place) = self.values.iter().position(|(n, _)| n == name) else { return Ok(false) };
            let own = &self.values[place].1;
            let size = (own.iter().map(|x| x * x).sum::<f64>() / own.len().max(1) as f64).sqrt();
            unit = unit.min(if size > 0.0 { size } else { 1.0 });
            slope += direction.iter().zip(&gradient[*k]).map(|(d, g)| d * g).sum::<f64>();
            places.push(place);
        }
        let before: Vec<Vec<f64>> = places.iter().map(|place| self.values[*place].1.clone()).collect();
        let step = unit * NUDGE;
        let mut costs = [0.0; 2];
        for (cost, sign) in costs.iter_mut().zip([1.0, -1.0]) {
            for ((place, before), (_, direction)) in places.iter().zip(&before).zip(along) {
                let own = self.values[*place].1.iter_mut().zip(before).zip(*direction);
                own.for_each(|((x, before), d)| *x = before + sign * step * d);
            }
            *cost = self.cost()?;
        }
        places.iter().zip(before).for_each(|(place, before)| self.values[*place].1 = before);
        let nudged = (costs[0] - costs[1]) / (2.0 * step);
        let noise = NOISE * costs[0].abs().max(costs[1].abs()) / unit;
        Ok((nudged - slope).abs() <= NEAR * slope.abs().max(nudged.abs()) + noise)
    }
}
