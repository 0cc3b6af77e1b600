//! Slopes by nudging: in doubles first, in many digits where these do not agree.

use wrt_core::{Array, Graph, Id, Number, Real};
use wrt_run::{Precise, array_work, evaluate};

/// Values of names.
pub(super) type Point = Vec<(Id, Array<Number>)>;

/// How finely is nudged: by 2^-step, in numbers of so many bits.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    step: i64,
    bits: u32,
}

/// The second one is for what turns within 10⁻¹² (`sin(cosh(40*x))`), and tells what is smooth.
pub(super) const SCALES: [Scale; 2] = [Scale { step: 40, bits: 256 }, Scale { step: 160, bits: 896 }];

/// The most multiplications of a value in many digits.
const MAX_WORK: u64 = 1 << 17;

/// A function of one name, as numbers: the sum of a formula's entries with weights.
pub(super) struct Nudged<'a> {
    pub(super) graph: &'a Graph,
    pub(super) root: Id,
    pub(super) weights: &'a Array<Number>,
    pub(super) x: Id,
    pub(super) at: &'a Point,
    pub(super) sizes: &'a [(String, usize)],
    /// What counts as constant while the name moves.
    pub(super) stopped: &'a [Id],
}

/// The slope along a direction, or along two.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Slope {
    Value(f64),
    /// The sides or the scales differ.
    Broken,
    /// No value nearby, or too much work.
    Undefined,
}

/// Arrays in doubles.
pub(super) fn doubles(graph: &Graph, ids: &[Id], at: &Point, sizes: &[(String, usize)]) -> Option<Vec<Array<f64>>> {
    let at: Vec<(Id, Array<f64>)> = at.iter().map(|(id, a)| (*id, each(a, Number::to_f64))).collect();
    evaluate(graph, ids, &wrt_run::Point { values: at, sizes: sizes.to_vec() }, &0.0).ok()
}

/// How many bits are tried until two in a row agree: what cancels after 10²⁰⁰ needs more than most.
const BITS: [u32; 4] = [256, 640, 1536, 4096];

/// A quotient, if anything is known of it: beside exp(4000) no digits are left.
fn known(quotient: &Precise) -> f64 {
    /// What may be anything between these is not known.
    const WIDE: f64 = 1e-6;
    let ball = quotient.ball();
    let (low, high) = ball.to_f64_bounds();
    if ball.contains_zero() && high - low > WIDE { f64::NAN } else { quotient.approximate() }
}

/// Arrays in as many digits as it takes, rounded; none where that is too much work.
pub(super) fn digits(graph: &Graph, id: Id, at: &Point, sizes: &[(String, usize)]) -> Option<Array<f64>> {
    let mut coarse: Option<Array<f64>> = None;
    for bits in BITS {
        let fine = each(&precisely(graph, id, at, &[], sizes, bits)?, Precise::approximate);
        if coarse.is_some_and(|coarse| settled(&coarse, &fine)) {
            return Some(fine);
        }
        coarse = Some(fine);
    }
    coarse
}

/// Are two arrays equal, as far as anything is made of them?
fn settled(coarse: &Array<f64>, fine: &Array<f64>) -> bool {
    let size = fine.data.iter().filter(|v| v.is_finite()).fold(1e-6_f64, |m, v| m.max(v.abs()));
    let equal = |(a, b): (&f64, &f64)| a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-13 * size;
    coarse.data.iter().zip(&fine.data).all(equal)
}

fn precisely(
    graph: &Graph,
    id: Id,
    at: &Point,
    fixed: &[(Id, Array<Precise>)],
    sizes: &[(String, usize)],
    bits: u32,
) -> Option<Array<Precise>> {
    if array_work(graph, &[id], sizes) > MAX_WORK {
        return None;
    }
    let like = Precise::settling(Number::ONE, bits);
    let exact = |n: &Number| Precise::settling(n.clone(), bits);
    let mut at: Vec<(Id, Array<Precise>)> = at.iter().map(|(id, a)| (*id, each(a, exact))).collect();
    at.extend(fixed.iter().cloned());
    Some(evaluate(graph, &[id], &wrt_run::Point { values: at, sizes: sizes.to_vec() }, &like).ok()?.swap_remove(0))
}

pub(super) fn each<A, B>(array: &Array<A>, f: impl Fn(&A) -> B) -> Array<B> {
    Array { shape: array.shape.clone(), data: array.data.iter().map(f).collect() }
}

impl Nudged<'_> {
    /// Along each direction by a half, in doubles: the quotient of four points (six digits and more where it is smooth),
    /// mixed for two directions.
    pub(super) fn in_doubles(&self, along: &[&Array<f64>]) -> Slope {
        let fixed: Option<Vec<(Id, Array<f64>)>> = self
            .stopped
            .iter()
            .map(|id| Some((*id, doubles(self.graph, &[*id], self.at, self.sizes)?.swap_remove(0))))
            .collect();
        let Some(fixed) = fixed else { return Slope::Undefined };
        let mut at: Vec<(Id, Array<f64>)> = self.at.iter().map(|(id, a)| (*id, each(a, Number::to_f64))).collect();
        at.extend(fixed);
        let Some(place) = at.iter().position(|(id, _)| *id == self.x) else { return Slope::Undefined };
        let mut at = wrt_run::Point { values: at, sizes: self.sizes.to_vec() };
        let base = at.values[place].1.data.clone();
        let weights: Vec<f64> = self.weights.data.iter().map(Number::to_f64).collect();
        let mut value = |steps: &[f64]| -> f64 {
            for (k, b) in base.iter().enumerate() {
                at.values[place].1.data[k] = b + steps.iter().zip(along).map(|(h, v)| h * v.data[k]).sum::<f64>();
            }
            match evaluate(self.graph, &[self.root], &at, &0.0) {
                Ok(found) => found[0].data.iter().zip(&weights).map(|(a, b)| a * b).sum(),
                Err(_) => f64::NAN,
            }
        };
        let slope = match along.len() {
            1 => {
                let h = 1.0 / 1024.0;
                let mut odd = |h: f64| value(&[h]) - value(&[-h]);
                (8.0 * odd(h) - odd(2.0 * h)) / (12.0 * h)
            }
            _ => {
                let mut mixed = |h: f64| {
                    let corner = |f: &mut dyn FnMut(&[f64]) -> f64, a: f64, b: f64| f(&[a * h, b * h]);
                    let same = corner(&mut value, 1.0, 1.0) + corner(&mut value, -1.0, -1.0);
                    let other = corner(&mut value, 1.0, -1.0) + corner(&mut value, -1.0, 1.0);
                    (same - other) / (4.0 * h * h)
                };
                let h = 1.0 / 256.0;
                (4.0 * mixed(h) - mixed(2.0 * h)) / 3.0
            }
        };
        if slope.is_finite() { Slope::Value(slope) } else { Slope::Undefined }
    }

    /// In many digits, from both sides and at two scales.
    pub(super) fn in_digits(&self, along: &[&Array<Number>], scale: Scale) -> Slope {
        let Scale { step: fine, bits } = scale;
        let fixed: Option<Vec<(Id, Array<Precise>)>> = self
            .stopped
            .iter()
            .map(|id| Some((*id, precisely(self.graph, *id, self.at, &[], self.sizes, bits)?)))
            .collect();
        let Some(fixed) = fixed else { return Slope::Undefined };
        let value = |steps: &[Number]| -> Option<Precise> {
            let mut at = self.at.clone();
            let (_, moved) = at.iter_mut().find(|(id, _)| *id == self.x)?;
            for (h, v) in steps.iter().zip(along) {
                moved.data.iter_mut().zip(&v.data).for_each(|(a, d)| *a = &*a + &(d * h));
            }
            let found = precisely(self.graph, self.root, &at, &fixed, self.sizes, bits)?;
            let weighted = found.data.into_iter().zip(&self.weights.data).map(|(a, w)| a.exact(w) * a);
            weighted.reduce(|a, b| a + b)
        };
        let over = |a: Precise, h: &Number| known(&(a / Precise::settling(h.clone(), bits)));
        let step = |n: i64| Number::HALF.pow(n).unwrap_or(Number::ONE);
        let (a, b) = match along.len() {
            1 => {
                let (h, zero) = (step(fine), Number::ZERO);
                let sides = [&h, &zero, &-&h].map(|h| value(std::slice::from_ref(h)));
                let [Some(up), Some(here), Some(down)] = sides else { return Slope::Undefined };
                let both = over(up.clone() - down.clone(), &(&h + &h));
                let (right, left) = (over(up - here.clone(), &h), over(here - down, &h));
                if (right - left).abs() <= 1e-6 * right.abs().max(left.abs()).max(1e-6) {
                    (both, both)
                } else {
                    (right, left)
                }
            }
            _ => {
                let mixed = |a: &Number, b: &Number| -> Option<f64> {
                    let (minus_a, minus_b) = (-a, -b);
                    let corner = |a: &Number, b: &Number| value(&[a.clone(), b.clone()]);
                    let same = corner(a, b)? + corner(&minus_a, &minus_b)?;
                    let other = corner(a, &minus_b)? + corner(&minus_a, b)?;
                    Some(over(same - other, &(&(a * b) * &Number::integer(4))))
                };
                let (h, finer) = (step(fine), step(fine + 8));
                match (mixed(&h, &h), mixed(&finer, &h)) {
                    (Some(a), Some(b)) => (a, b),
                    _ => return Slope::Undefined,
                }
            }
        };
        match (a.is_finite() && b.is_finite(), (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-6)) {
            (false, _) => Slope::Undefined,
            (true, true) => Slope::Value(a),
            (true, false) => Slope::Broken,
        }
    }
}
