//! How near to 0 a number made of rationals by `+ - * /` and roots can be without being 0.
//!
//! The bound of Burnikel, Funke, Mehlhorn, Schirra and Schmitt, "A separation bound for real algebraic expressions"
//! (Algorithmica 2009): with `u` and `l` by the rules below and `D` the product of the degrees of all roots, what is not 0
//! is at least `1/(l*u^(D - 1))`. So a value that is known to be smaller is 0, for certain.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};

use smallvec::SmallVec;
use wrt_balls::Ball;
use wrt_core::Number;

/// Of more roots the bound is beyond every precision.
const MAX_ROOTS: usize = 8;

/// Smaller bounds than 2 to the minus this are not looked at: radii are held against them in doubles.
const MAX_BITS: f64 = 1000.0;

/// Larger numbers are not held against a value.
const MAX_WHOLE: f64 = 1e9;

thread_local! {
    /// How many roots of numbers that are not rational there are.
    static NESTED: Cell<u64> = const { Cell::new(0) };
}

/// The bound of an expression, as logarithms to the base 2.
#[derive(Clone, Debug)]
pub(crate) struct Separation {
    u: f64,
    l: f64,
    /// Each different root once: which it is, and its degree.
    roots: SmallVec<[(u64, u32); 2]>,
}

impl Separation {
    /// Of a rational number.
    pub fn of(n: &Number) -> Separation {
        let (u, l) = match n.as_small() {
            Some((p, q)) => (f64::from(64 - p.unsigned_abs().leading_zeros()), f64::from(32 - q.leading_zeros())),
            None => (n.bits() as f64, n.bits() as f64),
        };
        Separation { u, l, roots: SmallVec::new() }
    }

    /// Of a sum or a difference.
    pub fn plus(&self, other: &Separation) -> Option<Separation> {
        self.with(other, (self.u + other.l).max(self.l + other.u) + 1.0, self.l + other.l)
    }

    pub fn times(&self, other: &Separation) -> Option<Separation> {
        self.with(other, self.u + other.u, self.l + other.l)
    }

    pub fn over(&self, other: &Separation) -> Option<Separation> {
        self.with(other, self.u + other.l, self.l + other.u)
    }

    pub fn power(&self, n: i64) -> Option<Separation> {
        let times = n.unsigned_abs() as f64;
        let (u, l) = if n < 0 { (self.l, self.u) } else { (self.u, self.l) };
        (n != 0).then(|| Separation { u: u * times, l: l * times, roots: self.roots.clone() })
    }

    /// Of a root, of a rational number if that is given.
    pub fn root(&self, degree: u32, of: Option<&Number>) -> Option<Separation> {
        let id = match of {
            Some(n) => {
                let mut hasher = DefaultHasher::new();
                (n, degree).hash(&mut hasher);
                hasher.finish() | 1
            }
            None => NESTED.with(|count| {
                count.set(count.get() + 2);
                count.get()
            }),
        };
        let k = f64::from(degree);
        let (u, l) = match self.u >= self.l {
            true => ((self.u + (k - 1.0) * self.l) / k, self.l),
            false => (self.u, ((k - 1.0) * self.u + self.l) / k),
        };
        let own = Separation { u, l, roots: SmallVec::from_slice(&[(id, degree)]) };
        self.with(&own, u, l)
    }

    fn with(&self, other: &Separation, u: f64, l: f64) -> Option<Separation> {
        let mut roots = self.roots.clone();
        roots.extend(other.roots.iter().copied());
        roots.sort_unstable();
        roots.dedup();
        (roots.len() <= MAX_ROOTS).then_some(Separation { u, l, roots })
    }

    /// A value nearer to 0 than 2 to the minus this is 0.
    fn bits(&self) -> f64 {
        let degree: f64 = self.roots.iter().map(|(_, degree)| f64::from(*degree)).product();
        // Sums of logarithms are rounded.
        1.0 + (self.l + (degree - 1.0) * self.u).max(0.0) * (1.0 + 1e-9)
    }

    /// The integer that a value in this ball certainly is.
    pub fn settles(&self, ball: &Ball) -> Option<Number> {
        let middle = ball.mid_f64();
        let nearest = middle.round();
        if nearest.abs() > MAX_WHOLE || (middle - nearest).abs() > 1e-9 {
            return None;
        }
        let whole = nearest as i64;
        let gap = ball.sub(&Ball::from_i64(whole), 64);
        if !gap.contains_zero() {
            return None;
        }
        let number = Number::integer(whole);
        let bits = if whole == 0 { self.bits() } else { self.plus(&Separation::of(&number))?.bits() };
        let (low, high) = gap.to_f64_bounds();
        (bits <= MAX_BITS && high.max(-low) < (-bits).exp2()).then_some(number)
    }
}
