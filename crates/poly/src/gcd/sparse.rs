//! Zippel's sparse modular algorithm (Zippel, "Probabilistic algorithms for sparse polynomials",
//! 1979), modulo one large prime.

use super::image;
use crate::budget::Budget;
use crate::dense::{self, Dense};
use crate::modular;
use crate::monomial::{Monomial, VARIABLES};
use crate::poly::{Poly, Term};

/// The terms known so far of the divisor in the main variable and those already interpolated, the
/// others being at the base point; one list for each power of the main variable.
type Skeleton = Vec<Vec<(Monomial, u64)>>;

/// The greatest common divisor of `pair`, but for content in `main`, scaled so that its leading
/// coefficient in `main` is `scale`.
///
/// The result is a guess: that it divides is still to be checked. The outer `None` is an exceeded
/// budget, the inner one an unlucky choice of points.
#[expect(
    clippy::option_option,
    reason = "the caller goes on after the inner None"
)]
pub(super) fn scaled_gcd(
    pair: [&Poly; 2],
    main: usize,
    scale: &Poly,
    bounds: Monomial,
    seed: u64,
    budget: &Budget,
) -> Option<Option<Poly>> {
    let mut job = Job {
        pair,
        main,
        scale,
        degree: bounds.exponent(main) as usize,
        base: image::point(2 * seed),
        ratio: image::point(2 * seed + 1),
        budget,
    };
    let reach = pair[0].degrees().gcd(pair[1].degrees());
    let reach = scale
        .degrees()
        .checked_mul(bounds)
        .map_or(reach, |m| m.gcd(reach));
    let mut images = Vec::new();
    job.images(0, 1, &mut images)?;
    let Some(first) = images.pop() else {
        return Some(None);
    };
    let constant = |&c: &u64| (c != 0).then_some((Monomial::ONE, c));
    let mut skeleton: Skeleton = first
        .iter()
        .map(|c| constant(c).into_iter().collect())
        .collect();
    for (var, degree) in reach.without(main).powers() {
        match job.interpolate(skeleton, var, degree)? {
            Some(next) => skeleton = next,
            None => return Some(None),
        }
    }
    Some(lift(skeleton, main))
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

/// The distance of the points of an interpolation.
const STRIDE: u64 = 0x1234_5678_9abc;

/// What all images have in common.
struct Job<'a> {
    pair: [&'a Poly; 2],
    main: usize,
    scale: &'a Poly,
    degree: usize,
    base: [u64; VARIABLES],
    ratio: [u64; VARIABLES],
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
        let mut point = job.base;
        point[job.main] = 1;
        let mut step = [1; VARIABLES];
        for var in (0..VARIABLES).filter(|var| moving >> var & 1 == 1) {
            point[var] = job.ratio[var];
            step[var] = job.ratio[var];
        }
        let value = |&(m, c): &Term| modular::mul(modular::residue(c), image::value(m, &point));
        let ratios = match moving {
            0 => Vec::new(),
            _ => p.terms().iter().map(|t| image::value(t.0, &step)).collect(),
        };
        let values = p.terms().iter().map(value).collect();
        Self { values, ratios }
    }

    fn advance(&mut self) {
        for (value, ratio) in self.values.iter_mut().zip(&self.ratios) {
            *value = modular::mul(*value, *ratio);
        }
    }
}

impl Job<'_> {
    /// Appends the images at the first `count` points of the sequence in which the variables
    /// `moving` move; none where one of the points is unlucky.
    fn images(&self, moving: u16, count: usize, images: &mut Vec<Dense>) -> Option<()> {
        let terms = self.pair[0].len() + self.pair[1].len() + self.scale.len();
        self.budget.spend(terms * (count + 2))?;
        images.clear();
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
                images.clear();
                return Some(());
            }
            let factor = modular::mul(lead, modular::inverse(image[self.degree]));
            for c in &mut image {
                *c = modular::mul(*c, factor);
            }
            images.push(image);
        }
        Some(())
    }

    /// Brings the variable `var`, of this degree in the result, into the skeleton.
    #[expect(clippy::option_option, reason = "as above")]
    fn interpolate(
        &mut self,
        skeleton: Skeleton,
        var: usize,
        degree: u32,
    ) -> Option<Option<Skeleton>> {
        let known = skeleton
            .iter()
            .flatten()
            .fold(Monomial::ONE, |m, t| m.lcm(t.0));
        let moving = known.variables();
        let count = skeleton.iter().map(Vec::len).max().unwrap_or(0);
        let nodes: Vec<Vec<u64>> = skeleton.iter().map(|part| self.nodes(part)).collect();
        let start = self.base[var];
        let mut points = vec![start];
        let mut columns: Vec<Vec<u64>> = Vec::new();
        for t in skeleton.iter().flatten() {
            columns.push(vec![t.1]);
        }
        let mut images = Vec::new();
        for step in 1..=u64::from(degree) {
            self.base[var] = modular::add(start, modular::mul(step, STRIDE));
            points.push(self.base[var]);
            self.images(moving, count, &mut images)?;
            if images.is_empty() {
                return Some(None);
            }
            let mut column = columns.iter_mut();
            for (power, nodes) in nodes.iter().enumerate() {
                let values = images.iter().map(|image| image[power]);
                let Some(solution) = solve(nodes, values.take(nodes.len()).collect()) else {
                    return Some(None);
                };
                for (c, column) in solution.into_iter().zip(column.by_ref()) {
                    column.push(c);
                }
            }
        }
        self.base[var] = start;
        Some(expand(skeleton, &columns, &points, var))
    }

    /// The values of the monomials at the first point of the sequence.
    fn nodes(&self, part: &[(Monomial, u64)]) -> Vec<u64> {
        part.iter()
            .map(|t| image::value(t.0, &self.ratio))
            .collect()
    }
}

/// Replaces every coefficient of the skeleton by the polynomial in `var` through its values.
fn expand(
    skeleton: Skeleton,
    columns: &[Vec<u64>],
    points: &[u64],
    var: usize,
) -> Option<Skeleton> {
    let mut columns = columns.iter();
    let mut next = Skeleton::with_capacity(skeleton.len());
    for part in skeleton {
        let mut expanded = Vec::with_capacity(part.len());
        for ((monomial, _), column) in part.into_iter().zip(columns.by_ref()) {
            for (power, c) in newton(points, column.clone()).into_iter().enumerate() {
                if c != 0 {
                    let power = Monomial::power(var, power as u32)?;
                    expanded.push((monomial.checked_mul(power)?, c));
                }
            }
        }
        next.push(expanded);
    }
    Some(next)
}

/// Solves `sum over j of c[j] nodes[j]^i = values[i - 1]`, `i = 1, 2, ..`, for `c`.
///
/// With the master polynomial `M(z)`, the product of all `z - nodes[j]`, the coefficients of
/// `M / (z - nodes[j])` are, up to a factor, row `j` of the inverse matrix. `None` where two nodes
/// are equal.
fn solve(nodes: &[u64], values: Vec<u64>) -> Option<Vec<u64>> {
    let mut master = vec![1];
    for &node in nodes {
        master.insert(0, 0);
        for i in 0..master.len() - 1 {
            master[i] = modular::sub(master[i], modular::mul(node, master[i + 1]));
        }
    }
    let mut solution = Vec::with_capacity(nodes.len());
    for &node in nodes {
        // Synthetic division from the top; `at_node` is the quotient's own value there.
        let (mut coefficient, mut at_node, mut sum) = (0, 0, 0);
        for i in (0..nodes.len()).rev() {
            coefficient = modular::add(master[i + 1], modular::mul(node, coefficient));
            at_node = modular::add(modular::mul(at_node, node), coefficient);
            sum = modular::add(sum, modular::mul(coefficient, values[i]));
        }
        let divisor = modular::mul(at_node, node);
        if divisor == 0 {
            return None;
        }
        solution.push(modular::mul(sum, modular::inverse(divisor)));
    }
    Some(solution)
}

/// The coefficients, the constant first, of the polynomial with these values at these points.
fn newton(points: &[u64], mut values: Vec<u64>) -> Vec<u64> {
    let n = points.len();
    for level in 1..n {
        for i in (level..n).rev() {
            let rise = modular::sub(values[i], values[i - 1]);
            let run = modular::sub(points[i], points[i - level]);
            values[i] = modular::mul(rise, modular::inverse(run));
        }
    }
    for i in (0..n - 1).rev() {
        for j in i..n - 1 {
            let product = modular::mul(points[i], values[j + 1]);
            values[j] = modular::sub(values[j], product);
        }
    }
    values
}
