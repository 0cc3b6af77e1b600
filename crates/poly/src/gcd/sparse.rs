//! Zippel's sparse modular algorithm (Zippel, "Probabilistic algorithms for sparse polynomials",
//! 1979), modulo one large prime.

use std::cmp::Reverse;

use super::image;
use super::interpolate::{Consecutive, Vandermonde};
use super::powers::Powers;
use crate::budget::Budget;
use crate::dense::{self, Dense};
use crate::modular;
use crate::monomial::Monomial;
use crate::poly::{Poly, Term};

/// Why there is no candidate.
pub(super) enum Failure {
    /// The budget is exceeded.
    Budget,
    /// Other points may do better.
    Unlucky,
}

/// The terms known so far of the divisor in the main variable and those already interpolated, the
/// others being at the base point; one list for each power of the main variable.
type Skeleton = Vec<Vec<(Monomial, u64)>>;

/// The greatest common divisor of `pair`, but for content in `main`, scaled so that its leading
/// coefficient in `main` is `scale`.
///
/// The result is a guess: that it divides is still to be checked.
pub(super) fn scaled_gcd(
    pair: [&Poly; 2],
    main: usize,
    scale: &Poly,
    bounds: Monomial,
    seed: u64,
    budget: &Budget,
) -> Result<Poly, Failure> {
    let [a, b] = pair;
    let (a_degrees, b_degrees) = (a.degrees(), b.degrees());
    let reach = a_degrees.gcd(b_degrees);
    let reach = scale.degrees().checked_mul(bounds).map_or(reach, |m| m.gcd(reach));
    let degrees = a_degrees.lcm(b_degrees);
    let vars = degrees.without(main).variables();
    let base = Powers::new(2 * seed, degrees);
    let mut job = Job {
        terms: [a, b, scale].map(|p| Values::new(p, &base, vars)),
        main,
        degree: bounds.exponent(main) as usize,
        base,
        ratio: Powers::new(2 * seed + 1, degrees),
        budget,
    };
    let first = job.images(1)?;
    let constant = |&c: &u64| (c != 0).then_some((Monomial::ONE, c));
    let constants = first[0].iter().map(|c| constant(c).into_iter().collect());
    let mut skeleton: Skeleton = constants.collect();
    // The higher degrees first, while few images are needed at each point.
    let mut stages: Vec<(usize, u32)> = reach.without(main).powers().collect();
    stages.sort_by_key(|stage| Reverse(stage.1));
    let mut later = vars;
    for (var, degree) in stages {
        later &= !(1 << var);
        job.enter(later);
        skeleton = job.interpolate(skeleton, var, degree)?;
        job.leave(var);
    }
    lift(skeleton, main).ok_or(Failure::Unlucky)
}

/// The polynomial whose coefficients are the smallest with these residues.
fn lift(skeleton: Skeleton, main: usize) -> Option<Poly> {
    let mut terms: Vec<Term> = Vec::new();
    for (power, part) in skeleton.into_iter().enumerate() {
        let power = Monomial::power(main, power as u32)?;
        for (monomial, c) in part {
            terms.push((monomial.checked_mul(power)?, modular::symmetric(c)));
        }
    }
    Poly::from_terms(terms)
}

/// What all images have in common.
struct Job<'a> {
    /// The two polynomials and the leading coefficient.
    terms: [Values<'a>; 3],
    main: usize,
    /// The degree of the divisor in the main variable.
    degree: usize,
    base: Powers,
    ratio: Powers,
    budget: &'a Budget,
}

/// The values of the terms of a polynomial at the points of a geometric sequence.
///
/// The variables already interpolated are at `ratio^i`, `i = 1, 2, ..`, the others at `base`. Each
/// vector has an entry for each term.
struct Values<'a> {
    poly: &'a Poly,
    /// The factor from one point to the next.
    ratios: Vec<u64>,
    /// The coefficients times the values of the variables that stay at the base point.
    fixed: Vec<u64>,
    /// The values at the current point.
    values: Vec<u64>,
}

impl<'a> Values<'a> {
    fn new(poly: &'a Poly, base: &Powers, vars: u16) -> Self {
        let ratios = vec![1; poly.len()];
        let mut values = Self { poly, ratios, fixed: Vec::new(), values: Vec::new() };
        values.fix(base, vars);
        values.values.clone_from(&values.fixed);
        values
    }

    /// Evaluates the variables that stay at the base point for now.
    fn fix(&mut self, base: &Powers, vars: u16) {
        let value = |&(m, c): &Term| modular::mul(modular::residue(c), base.value(m, vars));
        self.fixed.clear();
        self.fixed.extend(self.poly.terms().iter().map(value));
    }

    /// Goes to the first point of the sequence, where `var` has been moved in `base`.
    fn start(&mut self, base: &Powers, var: usize) {
        self.values.clear();
        let factors = self.fixed.iter().zip(&self.ratios);
        let terms = self.poly.terms().iter().zip(factors);
        self.values.extend(
            terms.map(|(t, (&fixed, &ratio))| modular::mul(modular::mul(fixed, ratio), base.value(t.0, 1 << var))),
        );
    }

    /// Goes to the next point of the sequence.
    fn advance(&mut self) {
        for (value, ratio) in self.values.iter_mut().zip(&self.ratios) {
            *value = modular::mul(*value, *ratio);
        }
    }

    /// Lets `var` move along the sequence from now on.
    fn leave(&mut self, ratio: &Powers, var: usize) {
        for (value, t) in self.ratios.iter_mut().zip(self.poly.terms()) {
            *value = modular::mul(*value, ratio.value(t.0, 1 << var));
        }
    }
}

impl Job<'_> {
    /// Begins to interpolate a variable, while `later` stay at the base point.
    fn enter(&mut self, later: u16) {
        for terms in &mut self.terms {
            terms.fix(&self.base, later);
        }
    }

    /// Ends the interpolation of `var`.
    fn leave(&mut self, var: usize) {
        for terms in &mut self.terms {
            terms.leave(&self.ratio, var);
        }
    }

    /// The images at the current and the following points of the sequence, `count` in all.
    fn images(&mut self, count: usize) -> Result<Vec<Dense>, Failure> {
        let terms: usize = self.terms.iter().map(|terms| terms.values.len()).sum();
        self.budget.spend(terms * (count + 2)).ok_or(Failure::Budget)?;
        let mut images = Vec::with_capacity(count);
        let mut other = Dense::new();
        for i in 0..count {
            if i > 0 {
                self.terms.iter_mut().for_each(Values::advance);
            }
            let [a, b, scale] = &self.terms;
            let mut image = Dense::new();
            image::collect(a.poly, &a.values, self.main, &mut image);
            image::collect(b.poly, &b.values, self.main, &mut other);
            let vanishes = image.last() == Some(&0) || other.last() == Some(&0);
            dense::euclid(&mut image, &mut other);
            let lead = scale.values.iter().fold(0, |sum, &v| modular::add(sum, v));
            if vanishes || lead == 0 || image.len() != self.degree + 1 {
                return Err(Failure::Unlucky);
            }
            let factor = modular::mul(lead, modular::inverse(image[self.degree]));
            for c in &mut image {
                *c = modular::mul(*c, factor);
            }
            images.push(image);
        }
        Ok(images)
    }

    /// Brings the variable `var`, of this degree in the result, into the skeleton.
    fn interpolate(&mut self, skeleton: Skeleton, var: usize, degree: u32) -> Result<Skeleton, Failure> {
        let known = skeleton.iter().flatten();
        let moving = known.fold(Monomial::ONE, |m, t| m.lcm(t.0)).variables();
        let count = skeleton.iter().map(Vec::len).max().unwrap_or(0);
        let solver = |part: &Vec<(Monomial, u64)>| {
            let nodes = part.iter().map(|t| self.ratio.value(t.0, moving));
            Vandermonde::new(&nodes.collect::<Vec<u64>>())
        };
        let solvers: Option<Vec<Vandermonde>> = skeleton.iter().map(solver).collect();
        let solvers = solvers.ok_or(Failure::Unlucky)?;
        let start = self.base.coordinate(var);
        let points = Consecutive::new(start, degree);
        // The values of each coefficient of the skeleton at the points.
        let mut columns: Vec<Vec<u64>> = skeleton.iter().flatten().map(|t| vec![t.1]).collect();
        for i in 1..=degree as usize {
            self.base.set(var, points.point(i));
            for terms in &mut self.terms {
                terms.start(&self.base, var);
            }
            let images = self.images(count)?;
            let mut column = columns.iter_mut();
            for (power, solver) in solvers.iter().enumerate() {
                let values = images[..solver.size()].iter().map(|image| image[power]);
                for (c, column) in solver.solve(values).zip(column.by_ref()) {
                    column.push(c);
                }
            }
        }
        self.base.set(var, start);
        expand(skeleton, columns, &points, var).ok_or(Failure::Unlucky)
    }
}

/// Replaces every coefficient of the skeleton by the polynomial in `var` through its values.
fn expand(skeleton: Skeleton, columns: Vec<Vec<u64>>, points: &Consecutive, var: usize) -> Option<Skeleton> {
    let mut columns = columns.into_iter();
    let mut next = Skeleton::with_capacity(skeleton.len());
    for part in skeleton {
        let mut expanded = Vec::with_capacity(part.len());
        for ((monomial, _), mut column) in part.into_iter().zip(columns.by_ref()) {
            points.solve(&mut column);
            for (power, c) in column.into_iter().enumerate().filter(|c| c.1 != 0) {
                let power = Monomial::power(var, power as u32)?;
                expanded.push((monomial.checked_mul(power)?, c));
            }
        }
        next.push(expanded);
    }
    Some(next)
}
