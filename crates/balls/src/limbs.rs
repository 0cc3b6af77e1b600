//! The Taylor series of `fixed` on arrays of words, without allocation, for up to 640 bits.

use dashu_int::{IBig, Sign, Word};

/// The most 64-bit words that have a kernel here.
const WORDS_MAX: usize = 10;

/// What the series is: see `fixed::series`.
pub(crate) struct Plan {
    /// Number of terms.
    pub count: u64,
    /// Powers kept; even if the series alternates.
    pub block: usize,
    pub alternate: bool,
}

/// The series on arrays, if `w` is a small multiple of 64.
pub(crate) fn series(z: &IBig, w: usize, plan: &Plan, ratio: impl Fn(u64) -> u64) -> Option<IBig> {
    if Word::BITS != 64 || !w.is_multiple_of(64) {
        return None;
    }
    match w / 64 {
        1 => run::<1>(z, plan, ratio),
        2 => run::<2>(z, plan, ratio),
        3 => run::<3>(z, plan, ratio),
        4 => run::<4>(z, plan, ratio),
        5 => run::<5>(z, plan, ratio),
        6 => run::<6>(z, plan, ratio),
        7 => run::<7>(z, plan, ratio),
        8 => run::<8>(z, plan, ratio),
        9 => run::<9>(z, plan, ratio),
        10 => run::<10>(z, plan, ratio),
        _ => None,
    }
}

/// A signed number over `2^(64 N)`: fraction words, least first, and an integer part.
struct Acc<const N: usize> {
    low: [u64; N],
    high: i128,
}

fn run<const N: usize>(z: &IBig, plan: &Plan, ratio: impl Fn(u64) -> u64) -> Option<IBig> {
    let (sign, words) = z.as_sign_words();
    if sign == Sign::Negative || words.len() > N {
        return None;
    }
    let mut powers = vec![[0u64; N]; plan.block + 1];
    for (to, &from) in powers[1].iter_mut().zip(words) {
        *to = u128::from(from) as u64;
    }
    for i in 2..=plan.block {
        powers[i] = mul_high(&powers[i / 2], &powers[i - i / 2]);
    }
    let mut acc = Acc { low: [0; N], high: 0 };
    let mut scale = 1u64;
    let mut i = (plan.count - 1) as usize % plan.block;
    for k in (0..plan.count).rev() {
        let negative = plan.alternate && k % 2 == 1;
        match (i, negative) {
            (0, false) => acc.high += i128::from(scale),
            (0, true) => acc.high -= i128::from(scale),
            (_, false) => acc.add_mul(&powers[i], scale),
            (_, true) => acc.sub_mul(&powers[i], scale),
        }
        if k == 0 {
            break;
        }
        if i == 0 {
            acc.mul(&powers[plan.block]);
            i = plan.block;
        }
        i -= 1;
        let r = ratio(k);
        scale = match scale.checked_mul(r) {
            Some(s) => s,
            None => {
                acc.div(scale);
                r
            }
        };
    }
    acc.div(scale);
    acc.to_integer()
}

/// `a + b c + carry` as low and high word.
fn mul_add(a: u64, b: u64, c: u64, carry: u64) -> (u64, u64) {
    let t = u128::from(a) + u128::from(b) * u128::from(c) + u128::from(carry);
    (t as u64, (t >> 64) as u64)
}

/// The upper half of a product, rounded down.
fn mul_high<const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
    let mut t = [0u64; 2 * WORDS_MAX];
    for i in 0..N {
        let mut carry = 0;
        for j in 0..N {
            (t[i + j], carry) = mul_add(t[i + j], a[j], b[i], carry);
        }
        t[i + N] = carry;
    }
    let mut high = [0; N];
    high.copy_from_slice(&t[N..2 * N]);
    high
}

impl<const N: usize> Acc<N> {
    fn add_mul(&mut self, power: &[u64; N], scale: u64) {
        let mut carry = 0;
        for (to, &from) in self.low.iter_mut().zip(power) {
            (*to, carry) = mul_add(*to, from, scale, carry);
        }
        self.high += i128::from(carry);
    }

    fn sub_mul(&mut self, power: &[u64; N], scale: u64) {
        let mut borrow = 0u64;
        for (to, &from) in self.low.iter_mut().zip(power) {
            let (low, high) = mul_add(borrow, from, scale, 0);
            let (rest, under) = to.overflowing_sub(low);
            *to = rest;
            borrow = high + u64::from(under);
        }
        self.high -= i128::from(borrow);
    }

    fn negate(&mut self) {
        let mut carry = true;
        for word in &mut self.low {
            (*word, carry) = (!*word).overflowing_add(u64::from(carry));
        }
        self.high = !self.high + i128::from(carry);
    }

    /// Times a power, rounded towards zero.
    fn mul(&mut self, power: &[u64; N]) {
        let negative = self.high < 0;
        if negative {
            self.negate();
        }
        let top = [self.high as u64, (self.high >> 64) as u64];
        let mut t = [0u64; 2 * WORDS_MAX + 2];
        for (i, &p) in power.iter().enumerate() {
            let mut carry = 0;
            for j in 0..N {
                (t[i + j], carry) = mul_add(t[i + j], self.low[j], p, carry);
            }
            (t[i + N], carry) = mul_add(t[i + N], top[0], p, carry);
            (t[i + N + 1], _) = mul_add(0, top[1], p, carry);
        }
        self.low.copy_from_slice(&t[N..2 * N]);
        self.high = i128::from(t[2 * N]) | i128::from(t[2 * N + 1]) << 64;
        if negative {
            self.negate();
        }
    }

    /// Divided by a word, rounded towards zero.
    fn div(&mut self, d: u64) {
        if d == 1 {
            return;
        }
        let negative = self.high < 0;
        if negative {
            self.negate();
        }
        let high = self.high as u128;
        self.high = (high / u128::from(d)) as i128;
        let mut rest = (high % u128::from(d)) as u64;
        let divisor = Divisor::new(d);
        for word in self.low.iter_mut().rev() {
            (*word, rest) = divisor.divide(rest, *word);
        }
        if negative {
            self.negate();
        }
    }

    /// The whole as an integer over `2^(64 N)`; `None` for a negative one, which no series gives.
    fn to_integer(&self) -> Option<IBig> {
        let mut words = [0; WORDS_MAX + 1];
        for (to, &from) in words.iter_mut().zip(&self.low) {
            *to = from as Word;
        }
        words[N] = u64::try_from(self.high).ok()? as Word;
        Some(IBig::from_sign_words(Sign::Positive, &words[..=N]))
    }
}

/// Division of two words by one with a reciprocal (N. Möller and T. Granlund, "Improved division by
/// invariant integers", IEEE Transactions on Computers 2011, algorithm 4).
struct Divisor {
    shift: u32,
    normal: u64,
    inverse: u64,
}

impl Divisor {
    /// For `d >= 1`.
    fn new(d: u64) -> Divisor {
        let shift = d.leading_zeros();
        let normal = d << shift;
        let inverse = (u128::MAX / u128::from(normal) - (1 << 64)) as u64;
        Divisor { shift, normal, inverse }
    }

    /// Quotient and rest of `high 2^64 + low` by `d`, for `high < d`.
    fn divide(&self, high: u64, low: u64) -> (u64, u64) {
        let both = (u128::from(high) << 64 | u128::from(low)) << self.shift;
        let (u1, u0) = ((both >> 64) as u64, both as u64);
        let guess = u128::from(self.inverse) * u128::from(u1) + both;
        let (q1, q0) = ((guess >> 64) as u64, guess as u64);
        let mut q = q1.wrapping_add(1);
        let mut r = u0.wrapping_sub(q.wrapping_mul(self.normal));
        if r > q0 {
            q = q.wrapping_sub(1);
            r = r.wrapping_add(self.normal);
        }
        if r >= self.normal {
            q = q.wrapping_add(1);
            r -= self.normal;
        }
        (q, r >> self.shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_by_a_word() {
        let words = [0, 1, 2, 3, 7, 1 << 31, 1 << 63, u64::MAX - 1, u64::MAX, 0x1234_5678_9abc_def1];
        for d in words.into_iter().filter(|&d| d > 0) {
            for high in words.into_iter().filter(|&h| h < d) {
                for low in words {
                    let n = u128::from(high) << 64 | u128::from(low);
                    let wanted = ((n / u128::from(d)) as u64, (n % u128::from(d)) as u64);
                    assert_eq!(Divisor::new(d).divide(high, low), wanted);
                }
            }
        }
    }
}
