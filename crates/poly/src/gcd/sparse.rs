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
    let [a, b] = pair.map(Poly::degrees);
    let reach = a.gcd(b);
    let reach = scale
        .degrees()
        .checked_mul(bounds)
        .map_or(reach, |m| m.gcd(reach));
    let degrees = a.lcm(b);
    let mut job = Job {
        pair,
        main,
        scale,
        degree: bounds.exponent(main) as usize,
        vars: degrees.without(main).variables(),
        base: Powers::new(2 * seed, degrees),
        ratio: Powers::new(2 * seed + 1, degrees),
        budget,
    };
    let first = job.images(0, 1)?;
    let constant = |&c: &u64| (c != 0).then_some((Monomial::ONE, c));
    let mut skeleton: Skeleton = first[0]
        .iter()
        .map(|c| constant(c).into_iter().collect())
        .collect();
    // The higher degrees first, while few images are needed at each point.
    let mut stages: Vec<(usize, u32)> = reach.without(main).powers().collect();
    stages.sort_by_key(|stage| Reverse(stage.1));
    for (var, degree) in stages {
        skeleton = job.interpolate(skeleton, var, degree)?;
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
    pair: [&'a Poly; 2],
    main: usize,
    scale: &'a Poly,
    /// The degree of the divisor in the main variable.
    degree: usize,
    /// The variables but the main one.
    vars: u16,
    base: Powers,
    ratio: Powers,
    budget: &'a Budget,
}

/// The values of the terms at the points of a geometric sequence, one point after the other.
struct Progression {
    values: Vec<u64>,
    ratios: Vec<u64>,
}

impl Progression {
    /// The variables in `moving` are at `ratio^i`, `i = 1, 2, ..`, the others but `main` at `base`.
    fn new(p: &Poly, job: &Job<'_>, moving: u16) -> Self {
        let fixed = job.vars & !moving;
        let ratios: Vec<u64> = match moving {
            0 => vec![1; p.len()],
            _ => p
                .terms()
                .iter()
                .map(|t| job.ratio.value(t.0, moving))
                .collect(),
        };
        let value = |(&(m, c), &ratio): (&Term, &u64)| {
            let fixed = modular::mul(modular::residue(c), job.base.value(m, fixed));
            modular::mul(ratio, fixed)
        };
        let values = p.terms().iter().zip(&ratios).map(value).collect();
        Self { values, ratios }
    }

    fn advance(&mut self) {
        for (value, ratio) in self.values.iter_mut().zip(&self.ratios) {
            *value = modular::mul(*value, *ratio);
        }
    }
}

impl Job<'_> {
    /// The images at the first `count` points of the sequence in which the variables `moving` move.
    fn images(&self, moving: u16, count: usize) -> Result<Vec<Dense>, Failure> {
        let terms = self.pair[0].len() + self.pair[1].len() + self.scale.len();
        self.budget
            .spend(terms * (count + 2))
            .ok_or(Failure::Budget)?;
        let mut images = Vec::with_capacity(count);
        let mut pair = self.pair.map(|p| Progression::new(p, self, moving));
        let mut scale = Progression::new(self.scale, self, moving);
        let mut other = Dense::new();
        for i in 0..count {
            if i > 0 {
                pair[0].advance();
                pair[1].advance();
                scale.advance();
            }
            let mut image = Dense::new();
            image::collect(self.pair[0], &pair[0].values, self.main, &mut image);
            image::collect(self.pair[1], &pair[1].values, self.main, &mut other);
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
    fn interpolate(
        &mut self,
        skeleton: Skeleton,
        var: usize,
        degree: u32,
    ) -> Result<Skeleton, Failure> {
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
            let images = self.images(moving, count)?;
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
fn expand(
    skeleton: Skeleton,
    columns: Vec<Vec<u64>>,
    points: &Consecutive,
    var: usize,
) -> Option<Skeleton> {
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
