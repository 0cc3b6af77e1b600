//! Points of a model: sizes, constants, random values that keep to what is declared, what parameters start as.

use std::collections::HashSet;

use wrt_check::random_point;
use wrt_core::{Array, Dim, Dimension, Graph, Id, Number, Role};
use wrt_kernels::Stream;
use wrt_language::{Constraint, Declaration, Initial};
use wrt_run::{Precise, Sizes, evaluate};

use crate::constraints;
use crate::document::Document;
use crate::error::{Error, ErrorKind};
use crate::evaluate::{Point, each};

/// The first sizes that are tried for named dimensions where none are given, before 5, 6, and so on.
const SIZES: [usize; 3] = [4, 3, 2];

/// The most entries of an array of random numbers or initial values.
const MAX_VALUES: u64 = 1 << 24;

impl Document {
    /// Adds the values of the constants of a model to a point.
    ///
    /// # Errors
    /// If one has no finite value.
    pub(crate) fn fill_constants(&self, point: &mut Point) -> Result<(), Error> {
        for d in &self.parsed.declarations {
            if let (Role::Constant | Role::Hyperparameter, Some(Initial::Formula(value))) = (d.role, &d.initial)
                && point.get(d.id).is_none()
            {
                point.values.push((d.id, self.constant(*value, d, &point.sizes)?));
            }
        }
        self.fill_fitted(point)
    }

    /// Adds constants that hang on data, where the point has all of it.
    fn fill_fitted(&self, point: &mut Point) -> Result<(), Error> {
        for fitted in &self.parsed.fitted {
            let needed = self.graph().free_symbols(&[fitted.value]);
            let is_known = |id: &Id| self.is_size(*id) || point.get(*id).is_some();
            if point.get(fitted.symbol).is_some() || !needed.iter().all(is_known) {
                continue;
            }
            let like = Precise::new(Number::ONE, 256);
            let own = |(id, value): &(Id, Array<Number>)| (*id, each(value, |n| Precise::new(n.clone(), 256)));
            let at = wrt_run::Point { values: point.values.iter().map(own).collect(), sizes: point.sizes.clone() };
            let found = evaluate(self.graph(), &[fitted.value], &at, &like)?.swap_remove(0);
            let exact =
                |x: &Precise| x.as_exact().cloned().or_else(|| Number::from_f64(wrt_core::Real::approximate(x)));
            let data: Option<Vec<Number>> = found.data.iter().map(exact).collect();
            let name = self.graph().symbol_name(fitted.symbol);
            let data = data.ok_or_else(|| Error::new(ErrorKind::Value, format!("`{name}` has no finite value")))?;
            let value = Array { shape: found.shape, data };
            if let Some(d) = self.parsed.declarations.iter().find(|d| d.id == fitted.symbol) {
                constraints::hold(d, &value, &point.sizes)?;
            }
            point.values.push((fitted.symbol, value));
        }
        Ok(())
    }

    /// Adds what the parameters start as to a point, where the text says so and the point lacks them; tells their names.
    ///
    /// # Errors
    /// As [`Document::initial_values`].
    pub fn fill_starts(&self, point: &mut Point) -> Result<Vec<String>, Error> {
        let mut filled = Vec::new();
        for d in &self.parsed.declarations {
            if d.role == Role::Parameter && point.get(d.id).is_none() {
                let value = match &d.initial {
                    None => continue,
                    Some(Initial::Formula(value)) => self.constant(*value, d, &point.sizes)?,
                    Some(_) => self.drawn(d, &point.sizes)?,
                };
                point.values.push((d.id, value));
                filled.push(d.name.clone());
            }
        }
        Ok(filled)
    }

    /// Sizes for all named dimensions: those given, and small ones for the others, so that no two dimensions of the
    /// formula agree, as far as that can be: a mix-up of axes shows then.
    pub(crate) fn complete_sizes(&self, sizes: &mut Sizes) {
        let dimensions = self.dimensions();
        for name in self.dimension_names(&dimensions) {
            if sizes.iter().any(|(known, _)| *known == name) {
                continue;
            }
            // With so many to choose from, one of them meets no other name.
            let last = SIZES.len() + 2 + 2 * (sizes.len() + dimensions.len());
            let candidates = SIZES.into_iter().chain(5..=last);
            sizes.push((name, 0));
            let mut best = (usize::MAX, 1);
            for size in candidates {
                if let Some(own) = sizes.last_mut() {
                    own.1 = size;
                }
                best = best.min((conflicts(&dimensions, sizes), size_rank(size)));
                if best.0 == 0 {
                    break;
                }
            }
            if let Some(own) = sizes.last_mut() {
                own.1 = ranked_size(best.1);
            }
        }
    }

    /// Have two different dimensions of the formula the same size?
    pub(crate) fn sizes_meet(&self, sizes: &Sizes) -> bool {
        let dimensions = self.dimensions();
        let fixed: Vec<Dimension> = dimensions.iter().filter(|d| d.as_size().is_some()).cloned().collect();
        conflicts(&dimensions, sizes) > conflicts(&fixed, sizes)
    }

    /// The dimensions of everything in the formula and of what is declared, each once; labels count as one.
    fn dimensions(&self) -> Vec<Dimension> {
        let graph = self.graph();
        let mut found: Vec<Dimension> = Vec::new();
        let mut note = |d: &Dimension| {
            if !found.contains(d) {
                found.push(d.clone());
            }
        };
        // In the order in which the text names them.
        self.parsed.declarations.iter().flat_map(|d| &d.dims).for_each(|d| note(graph.dimension(*d)));
        for d in &self.parsed.declarations {
            if let Some(Constraint::Labels(k)) = &d.constraint {
                note(k);
            }
        }
        wrt_core::dimensions(graph, &[self.root()]).iter().for_each(note);
        found
    }

    /// The names in dimensions: those that are a dimension by themselves first.
    fn dimension_names(&self, dimensions: &[Dimension]) -> Vec<String> {
        let declared = dimensions.iter().filter_map(|d| d.as_name().map(String::from));
        let within = dimensions.iter().flat_map(|d| d.terms()).flat_map(|(names, _)| names.iter().cloned());
        let mut ordered: Vec<String> = Vec::new();
        let mut known = HashSet::new();
        for name in declared.chain(within) {
            if known.insert(name.clone()) {
                ordered.push(name);
            }
        }
        ordered
    }

    /// A point at which the formula has a value: what is given, the values of constants, and random numbers, the same
    /// every time, that keep to what is declared. Sizes that are not given are small, no two alike.
    ///
    /// # Errors
    /// If none was found, or values have another shape.
    pub fn random_point(&self, given: &Point) -> Result<Point, Error> {
        let mut given = given.clone();
        self.complete_sizes(&mut given.sizes);
        self.random_point_of(&[self.root()], &given, 0)
    }

    /// As [`Document::random_point`], at which all of these nodes have values: another one for each number `which`.
    pub(crate) fn random_point_of(&self, nodes: &[Id], given: &Point, which: u64) -> Result<Point, Error> {
        let mut point = given.clone();
        self.fill_constants(&mut point)?;
        for d in &self.parsed.declarations {
            if let Some(constraint) = &d.constraint
                && point.get(d.id).is_none()
                && let Some(array) = constrained(sizes_of(self.graph(), &d.name, &d.dims, &point.sizes)?, constraint)
            {
                point.values.push((d.id, array));
            }
        }
        let declarations = &self.parsed.declarations;
        let size = |name: &str| given.sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
        let constraint = |id: Id| declarations.iter().find(|d| d.id == id)?.constraint.as_ref();
        let classes = |id: Id| match constraint(id) {
            Some(Constraint::Labels(k)) => k.evaluate(size).map(|k| k as usize),
            Some(_) => None,
            None => sizes_of(self.graph(), "", &[*self.positions.get(&id)?], &point.sizes).ok()?.pop(),
        };
        Ok(random_point(self.graph(), nodes, &point, &classes, which)?)
    }

    /// Random points at which nodes have values: the first is completed from what is given; fewer than asked for where
    /// few are found.
    ///
    /// # Errors
    /// Why none was found.
    pub(crate) fn random_points(&self, ids: &[Id], given: &Point, count: usize) -> Result<Vec<Point>, Error> {
        let mut found: Vec<Point> = Vec::new();
        for which in 0..count as u64 {
            match self.random_point_of(ids, given, which) {
                Ok(point) if found.contains(&point) => break,
                Ok(point) => found.push(point),
                Err(e) if found.is_empty() => return Err(e),
                Err(_) => break,
            }
        }
        Ok(found)
    }

    /// What the parameters start as: the values that the text says, random numbers that hang on the seed and on the
    /// parameter's name only, zeros where it says nothing.
    ///
    /// # Errors
    /// If a value that the text says cannot be computed.
    pub fn initial_values(&self, seed: u64, sizes: &Sizes) -> Result<Vec<(Id, Array<f64>)>, Error> {
        let parameters = self.parsed.declarations.iter().filter(|d| d.role == Role::Parameter);
        parameters.map(|d| Ok((d.id, self.initial_value(d, seed, sizes)?))).collect()
    }

    /// The random numbers that a parameter starts as, exactly.
    fn drawn(&self, d: &Declaration, sizes: &Sizes) -> Result<Array<Number>, Error> {
        let value = self.initial_value(d, 0, sizes)?;
        let data: Option<Vec<Number>> = value.data.iter().map(|x| Number::from_f64(*x)).collect();
        let why = || Error::new(ErrorKind::Value, format!("`{}` starts as what is no finite number", d.name));
        Ok(Array { shape: value.shape, data: data.ok_or_else(why)? })
    }

    /// What a parameter, state or setting starts as.
    ///
    /// # Errors
    /// As [`Document::initial_values`].
    pub(crate) fn initial_value(&self, d: &Declaration, seed: u64, sizes: &Sizes) -> Result<Array<f64>, Error> {
        let shape = sizes_of(self.graph(), &d.name, &d.dims, sizes)?;
        let entries: usize = shape.iter().product();
        // Keras' fans: the last axis goes out, the one before comes in, those before multiply both.
        let (field, fans) = shape.split_at(shape.len().saturating_sub(2));
        let field: usize = field.iter().product();
        let (fan_in, fan_out) = match fans {
            [a, b] => ((field * a) as f64, (field * b) as f64),
            [n] => (*n as f64, *n as f64),
            _ => (1.0, 1.0),
        };
        let stream = Stream::new(seed, &d.name, 0);
        let uniform =
            |low: f64, high: f64| (0..entries as u64).map(|k| low + (high - low) * stream.uniform(k)).collect();
        let normal =
            |mean: f64, deviation: f64| (0..entries as u64).map(|k| mean + deviation * stream.normal(k)).collect();
        let around = |limit: f64| uniform(-limit, limit);
        let data: Vec<f64> = match &d.initial {
            None => vec![0.0; entries],
            Some(Initial::Formula(value)) => return Ok(each(&self.constant(*value, d, sizes)?, Number::to_f64)),
            Some(Initial::GlorotUniform) => around((6.0 / (fan_in + fan_out)).sqrt()),
            Some(Initial::GlorotNormal) => normal(0.0, (2.0 / (fan_in + fan_out)).sqrt()),
            Some(Initial::HeUniform) => around((6.0 / fan_in).sqrt()),
            Some(Initial::HeNormal) => normal(0.0, (2.0 / fan_in).sqrt()),
            Some(Initial::Normal(mean, deviation)) => normal(mean.to_f64(), deviation.to_f64()),
            Some(Initial::Uniform(low, high)) => uniform(low.to_f64(), high.to_f64()),
        };
        Ok(Array { shape, data })
    }

    /// Refuses constants that are not what their declarations say, as far as that is known without sizes and data.
    pub(crate) fn check_constants(&self) -> Result<(), Error> {
        for d in self.parsed.declarations.iter().filter(|d| is_constant(d) && d.constraint.is_some()) {
            if let Some(Initial::Formula(value)) = d.initial
                && let Ok(value) = self.unchecked_constant(value, d, &Sizes::new())
            {
                constraints::hold(d, &value, &Sizes::new())?;
            }
        }
        Ok(())
    }

    /// The value of a declaration's formula, spread over its shape; that of a constant is what is said of it.
    fn constant(&self, value: Id, d: &Declaration, sizes: &Sizes) -> Result<Array<Number>, Error> {
        let value = self.unchecked_constant(value, d, sizes)?;
        if is_constant(d) {
            constraints::hold(d, &value, sizes)?;
        }
        Ok(value)
    }

    fn unchecked_constant(&self, value: Id, d: &Declaration, sizes: &Sizes) -> Result<Array<Number>, Error> {
        let graph = self.graph();
        let like = Precise::new(Number::ONE, 256);
        // Constants of lines before.
        let mut at = Vec::new();
        for id in graph.free_symbols(&[value]) {
            let earlier = self.parsed.declarations.iter().find(|e| e.id == id && is_constant(e) && e.line <= d.line);
            if let Some(earlier) = earlier
                && let Some(Initial::Formula(formula)) = earlier.initial
                && earlier.id != d.id
            {
                at.push((id, each(&self.constant(formula, earlier, sizes)?, |n| Precise::new(n.clone(), 256))));
            }
        }
        let at = wrt_run::Point { values: at, sizes: sizes.clone() };
        let found = evaluate(graph, &[value], &at, &like)?.swap_remove(0);
        let exact = |x: &Precise| x.as_exact().cloned().or_else(|| Number::from_f64(wrt_core::Real::approximate(x)));
        let data: Option<Vec<Number>> = found.data.iter().map(exact).collect();
        let data = data.ok_or_else(|| Error::new(ErrorKind::Value, "a constant of the model has no finite value"))?;
        if !found.shape.is_empty() || d.dims.is_empty() {
            return Ok(Array { shape: found.shape, data });
        }
        let shape = sizes_of(graph, &d.name, &d.dims, sizes)?;
        let entries = shape.iter().product();
        Ok(Array { data: vec![data[0].clone(); entries], shape })
    }
}

fn is_constant(d: &Declaration) -> bool {
    matches!(d.role, Role::Constant | Role::Hyperparameter)
}

/// How often two different dimensions have the same size, and how many have none: each is as bad as many of the former.
fn conflicts(dimensions: &[Dimension], sizes: &Sizes) -> usize {
    const EMPTY: usize = 1000;
    let size = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
    let mut known = HashSet::new();
    let cost = |d: &Dimension| match d.evaluate(size) {
        Some(0) => EMPTY,
        Some(n) => usize::from(!known.insert(n)),
        // A name of it has no size yet, or it is below zero.
        None if d.terms().all(|(names, _)| names.iter().all(|n| size(n).is_some())) => EMPTY,
        None => 0,
    };
    dimensions.iter().map(cost).sum()
}

/// The place of a size among those that are tried.
fn size_rank(size: usize) -> usize {
    SIZES.iter().position(|s| *s == size).unwrap_or(size)
}

fn ranked_size(rank: usize) -> usize {
    SIZES.get(rank).copied().unwrap_or(rank)
}

/// The shape of a name for sizes of dimensions.
pub(crate) fn sizes_of(graph: &Graph, name: &str, dims: &[Dim], sizes: &Sizes) -> Result<Vec<usize>, Error> {
    let size = |name: &str| sizes.iter().find(|(n, _)| n == name).map(|(_, k)| *k as u64);
    let shape: Vec<u64> = dims.iter().map(|d| graph.dimension(*d).evaluate(size).unwrap_or(1)).collect();
    if shape.iter().fold(1, |a: u64, b| a.saturating_mul(*b)) <= MAX_VALUES {
        return Ok(shape.into_iter().map(|n| n as usize).collect());
    }
    let message = format!("`{name}` is too large for values that are made up: its shape is {shape:?}");
    Err(Error::new(ErrorKind::Value, message).with_help(format!("at most {MAX_VALUES} entries; give smaller sizes")))
}

/// Values, the same every time, that keep to a constraint; none where any numbers of the right sign do.
fn constrained(shape: Vec<usize>, constraint: &Constraint) -> Option<Array<Number>> {
    let entries: usize = shape.iter().product();
    // A sequence without visible order in 1 .. 16.
    let whole = |k: usize| (k * 7 + k * k * 3 + 5) % 16 + 1;
    let last = shape.last().copied().unwrap_or(1);
    let data: Vec<Number> = match constraint {
        Constraint::Interval(low, high) => {
            let width = high - low;
            let part = |k: usize| Number::ratio(whole(k) as i64, 17).map(|t| low + &(&t * &width));
            (0..entries).map(part).collect::<Option<_>>()?
        }
        Constraint::Simplex => {
            let row = |k: usize| (k / last * last..k / last * last + last).map(whole).sum::<usize>();
            (0..entries).map(|k| Number::ratio(whole(k) as i64, row(k) as u64 as _)).collect::<Option<_>>()?
        }
        Constraint::Symmetric | Constraint::PositiveDefinite => {
            let n = last;
            let entry = |k: usize| {
                let (i, j) = (k / n % n, k % n);
                let value = Number::ratio(whole(i.min(j) * n + i.max(j)) as i64, 16)?;
                let heavy = i == j && *constraint == Constraint::PositiveDefinite;
                Some(if heavy { &value + &Number::integer(n as i64) } else { value })
            };
            (0..entries).map(entry).collect::<Option<_>>()?
        }
        Constraint::Integer => (0..entries).map(|k| Number::integer(whole(k) as i64)).collect(),
        Constraint::Labels(_) | Constraint::Positive | Constraint::Nonnegative => return None,
    };
    Some(Array { shape, data })
}
