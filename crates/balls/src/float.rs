//! Exact binary floating numbers `man · 2^exp` of any length, the midpoints of balls.

use crate::mag::Mag;
use dashu_int::{IBig, Sign, UBig, Word, ops::BitTest};
use std::cmp::Ordering;

/// `man · 2^exp`, not normalised: `2·2^0` and `1·2^1` are the same number.
#[derive(Clone, Debug)]
pub(crate) struct Float {
    pub man: IBig,
    pub exp: i64,
}

/// Stands for the binary exponent of zero: below every other.
pub(crate) const TOP_OF_ZERO: i64 = -(1 << 62);

impl Float {
    /// Zero has no exponent, so that products of zeros never overflow it.
    pub fn new(man: IBig, exp: i64) -> Float {
        let exp = if man.is_zero() { 0 } else { exp };
        Float { man, exp }
    }

    pub fn zero() -> Float {
        Float::new(IBig::ZERO, 0)
    }

    pub fn one() -> Float {
        Float::new(IBig::ONE, 0)
    }

    pub fn from_i64(k: i64) -> Float {
        Float::new(IBig::from(k), 0)
    }

    /// The double `x`, exactly; `None` for infinities and NaN.
    pub fn from_f64(x: f64) -> Option<Float> {
        if !x.is_finite() {
            return None;
        }
        let bits = x.to_bits();
        let biased = ((bits >> 52) & 0x7ff) as i64;
        let fraction = bits & ((1 << 52) - 1);
        if biased == 0 && fraction == 0 {
            return Some(Float::zero());
        }
        let (man, exp) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
        let shift = man.trailing_zeros();
        let man = (man >> shift) as i64;
        Some(Float::new(IBig::from(if x < 0.0 { -man } else { man }), exp + i64::from(shift)))
    }

    pub fn from_mag(mag: Mag) -> Float {
        let (man, exp) = mag.parts();
        Float::new(IBig::from(man), exp)
    }

    pub fn is_zero(&self) -> bool {
        self.man.is_zero()
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> i32 {
        match self.man.sign() {
            _ if self.man.is_zero() => 0,
            Sign::Positive => 1,
            Sign::Negative => -1,
        }
    }

    /// Length of the mantissa in bits.
    pub fn bits(&self) -> i64 {
        bit_len(&self.man) as i64
    }

    /// The `t` with `2^(t-1) <= |self| < 2^t`.
    pub fn top(&self) -> i64 {
        if self.is_zero() { TOP_OF_ZERO } else { self.exp + self.bits() }
    }

    pub fn neg(&self) -> Float {
        Float::new(-&self.man, self.exp)
    }

    pub fn abs(&self) -> Float {
        if self.sign() < 0 { self.neg() } else { self.clone() }
    }

    pub fn mul_2exp(&self, k: i64) -> Float {
        Float::new(self.man.clone(), self.exp + k)
    }

    pub fn mul(&self, other: &Float) -> Float {
        Float::new(&self.man * &other.man, self.exp + other.exp)
    }

    /// Rounded to the nearest of at most `prec` bits, and a bound of the error.
    pub fn round(self, prec: u32) -> (Float, Mag) {
        let shift = self.bits() - i64::from(prec);
        if shift <= 0 {
            return (self, Mag::ZERO);
        }
        let s = shift as usize;
        let exact = self.man.trailing_zeros().is_some_and(|z| z >= s);
        let exp = self.exp + shift;
        if exact {
            return (Float::new(self.man >> s, exp), Mag::ZERO);
        }
        let (sign, man) = self.man.into_parts();
        let up = man.bit(s - 1);
        let mut man = man >> s;
        if up {
            man += 1u8;
        }
        (Float::new(IBig::from_parts(sign, man), exp), Mag::pow2(exp - 1))
    }

    /// The sum rounded to `prec` bits, and a bound of the error; bounded work for any exponents.
    pub fn add(&self, other: &Float, prec: u32) -> (Float, Mag) {
        let (a, b) = if self.top() >= other.top() { (self, other) } else { (other, self) };
        if b.is_zero() {
            return a.clone().round(prec);
        }
        if a.top() - b.top() > i64::from(prec) + 3 {
            let (sum, err) = a.clone().round(prec);
            return (sum, err.add(b.mag_upper()));
        }
        a.add_exact(b).round(prec)
    }

    /// The exact sum; only for numbers of similar size.
    pub fn add_exact(&self, other: &Float) -> Float {
        let (hi, lo) = if self.exp >= other.exp { (self, other) } else { (other, self) };
        let gap = (hi.exp - lo.exp) as usize;
        if gap == 0 {
            return Float::new(&hi.man + &lo.man, lo.exp);
        }
        Float::new((&hi.man << gap) + &lo.man, lo.exp)
    }

    /// A bound `>= self + other` (`up`) or `<= self + other`, near the sum to `prec` bits.
    pub fn add_directed(&self, other: &Float, prec: u32, up: bool) -> Float {
        let (sum, err) = self.add(other, prec);
        if err.is_zero() {
            return sum;
        }
        // A far smaller error is blown up to the last bit, so that adding it stays cheap.
        let step = Float::from_mag(err.max(Mag::pow2(sum.top() - i64::from(prec) - 3)));
        sum.add_exact(&if up { step } else { step.neg() })
    }

    /// An upper bound of `|self|`.
    pub fn mag_upper(&self) -> Mag {
        let (lead, exp, exact) = self.lead();
        Mag::new(lead + u64::from(!exact), exp)
    }

    /// A lower bound of `|self|`.
    pub fn mag_lower(&self) -> Mag {
        let (lead, exp, _) = self.lead();
        // `lead` has at most 30 bits, which Mag stores without rounding.
        Mag::new(lead, exp)
    }

    /// The leading 30 bits of `|man|`, their exponent, and whether nothing was cut off.
    fn lead(&self) -> (u64, i64, bool) {
        let words = self.man.as_sign_words().1;
        let mut acc: u128 = 0;
        let mut used = 0;
        let mut taken = 0;
        for &word in words.iter().rev() {
            acc = acc << Word::BITS | u128::from(word);
            taken += 1;
            used = 128 - acc.leading_zeros();
            if used >= 30 || taken * Word::BITS >= 96 {
                break;
            }
        }
        let rest = words.len() - taken as usize;
        let exp = self.exp + rest as i64 * i64::from(Word::BITS);
        if used <= 30 {
            return (acc as u64, exp, rest == 0);
        }
        let cut = used - 30;
        let exact = rest == 0 && acc & ((1 << cut) - 1) == 0;
        ((acc >> cut) as u64, exp + i64::from(cut), exact)
    }

    pub fn cmp(&self, other: &Float) -> Ordering {
        let by_sign = self.sign().cmp(&other.sign());
        if by_sign != Ordering::Equal || self.is_zero() {
            return by_sign;
        }
        let by_top = self.top().cmp(&other.top());
        if by_top != Ordering::Equal {
            return if self.sign() > 0 { by_top } else { by_top.reverse() };
        }
        let gap = self.exp - other.exp;
        match gap.cmp(&0) {
            Ordering::Equal => self.man.cmp(&other.man),
            Ordering::Greater => (&self.man << gap as usize).cmp(&other.man),
            Ordering::Less => self.man.cmp(&(&other.man << (-gap) as usize)),
        }
    }

    /// `floor(self · 2^w)`; the caller keeps `top() + w` small.
    pub fn to_fixed(&self, w: i64) -> IBig {
        let shift = self.exp + w;
        if shift >= 0 { &self.man << shift as usize } else { floor_shift(&self.man, shift.unsigned_abs()) }
    }

    /// A double near `self`, for starting values and reports only.
    pub fn approx_f64(&self) -> f64 {
        let (lead, exp, _) = if self.bits() <= 62 {
            (i64::try_from(&self.man).unwrap_or(0).unsigned_abs(), self.exp, true)
        } else {
            let shift = self.bits() - 62;
            let man = UBig::try_from(self.abs().man >> shift as usize).unwrap_or(UBig::ZERO);
            (u64::try_from(&man).unwrap_or(0), self.exp + shift, false)
        };
        f64::from(self.sign()) * ldexp(lead as f64, exp)
    }

    pub fn is_integer(&self) -> bool {
        self.exp >= 0 || self.is_zero() || self.man.trailing_zeros().is_some_and(|z| z as i64 >= -self.exp)
    }

    /// The integer itself, if it is one of at most 62 bits.
    pub fn to_i64(&self) -> Option<i64> {
        (self.is_integer() && self.top() <= 62).then(|| i64::try_from(self.to_fixed(0)).ok()).flatten()
    }

    /// Whether an integer is odd.
    pub fn is_odd(&self) -> bool {
        self.is_integer() && self.man.trailing_zeros().is_some_and(|z| z as i64 == -self.exp)
    }
}

/// Bits of `|n|`.
pub(crate) fn bit_len(n: &IBig) -> usize {
    let words = n.as_sign_words().1;
    match words.last() {
        None => 0,
        Some(last) => words.len() * Word::BITS as usize - last.leading_zeros() as usize,
    }
}

/// `floor(n / 2^shift)` for any shift.
pub(crate) fn floor_shift(n: &IBig, shift: u64) -> IBig {
    if shift >= bit_len(n) as u64 {
        return if n.sign() == Sign::Negative && !n.is_zero() { -IBig::ONE } else { IBig::ZERO };
    }
    n >> shift as usize
}

/// `x · 2^exp` without intermediate overflow.
pub(crate) fn ldexp(x: f64, exp: i64) -> f64 {
    let exp = exp.clamp(-2400, 2400) as i32;
    let third = exp / 3;
    x * 2f64.powi(third) * 2f64.powi(third) * 2f64.powi(exp - 2 * third)
}
