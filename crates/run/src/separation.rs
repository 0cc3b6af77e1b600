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

#[cfg(test)]
mod tests {
    use wrt_core::Real;

    use super::*;
    use crate::Precise;

    fn root(n: i64, bits: u32) -> Precise {
        Precise::new(Number::integer(n), bits).sqrt()
    }

    #[test]
    fn what_roots_make_of_integers_is_exact() {
        let (five, twenty) = (root(5, 128), root(20, 128));
        assert_eq!((five.clone() * twenty.clone()).as_exact(), Some(&Number::integer(10)));
        let (a, b) = (root(2, 256), root(3, 256));
        // (√2 + √3)² = 5 + √24
        let sum = a.clone() + b.clone();
        let difference = sum.clone() * sum - Precise::new(Number::integer(5), 256) - root(24, 256);
        assert_eq!(difference.as_exact(), Some(&Number::ZERO));
        let half = five / twenty;
        assert_eq!((half.clone() - half.exact(&Number::HALF)).as_exact(), Some(&Number::ZERO));
    }

    #[test]
    fn what_is_only_near_is_not() {
        // √(10^30 + 1) - 10^15 is 5e-16.
        let near = Number::parse("1000000000000000000000000000001").unwrap();
        let root = Precise::new(near, 128).sqrt();
        let gap = root.clone() - root.exact(&Number::parse("1e15").unwrap());
        assert!(gap.as_exact().is_none() && gap.ball().is_positive());
        // Sums of three roots that agree to 20 digits (from tables of the sum-of-square-roots problem).
        let all = |k: &[i64]| k.iter().map(|n| root_of(*n)).reduce(|a, b| a + b).unwrap();
        fn root_of(n: i64) -> Precise {
            Precise::new(Number::integer(n), 512).sqrt()
        }
        let gap = all(&[29, 1097, 2 * 2 * 3]) - all(&[29, 1097, 12]);
        assert_eq!(gap.as_exact(), Some(&Number::ZERO));
        assert!((all(&[10, 11]) - all(&[5, 18])).as_exact().is_none());
    }
}
