//! Arithmetic modulo the Mersenne prime 2^61 - 1, and values of polynomials modulo it.

use crate::monomial::VARIABLES;
use crate::poly::Poly;

/// The prime 2^61 - 1.
pub const PRIME: u64 = (1 << 61) - 1;

/// The sum of two residues.
#[inline]
pub(crate) const fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

/// The difference of two residues.
#[inline]
pub(crate) const fn sub(a: u64, b: u64) -> u64 {
    if a >= b { a - b } else { a + PRIME - b }
}

/// The product of two residues.
#[inline]
pub(crate) const fn mul(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    add(product as u64 & PRIME, (product >> 61) as u64)
}

/// The power of a residue.
pub(crate) const fn pow(base: u64, mut n: u64) -> u64 {
    let (mut square, mut power) = (base, 1);
    while n > 0 {
        if n & 1 == 1 {
            power = mul(power, square);
        }
        square = mul(square, square);
        n >>= 1;
    }
    power
}

/// The inverse of a residue that is not 0.
pub(crate) const fn inverse(a: u64) -> u64 {
    // Euclid's algorithm: some 35 steps where the power by PRIME - 2 takes 120 products.
    let (mut r, mut next) = (PRIME as i64, a as i64);
    let (mut s, mut s_next) = (0i64, 1i64);
    while next != 0 {
        let q = r / next;
        (r, next) = (next, r - q * next);
        (s, s_next) = (s_next, s - q * s_next);
    }
    if s < 0 { (s + PRIME as i64) as u64 } else { s as u64 }
}

/// The residue of an integer.
#[inline]
pub(crate) const fn residue(c: i128) -> u64 {
    let size = c.unsigned_abs();
    let folded = (size as u64 & PRIME) + ((size >> 61) as u64 & PRIME) + (size >> 122) as u64;
    let folded = (folded & PRIME) + (folded >> 61);
    let positive = if folded >= PRIME { folded - PRIME } else { folded };
    if c < 0 { sub(0, positive) } else { positive }
}

/// A residue that looks random: the mixing function of SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) const fn scramble(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % PRIME
}

/// The integer nearest to 0 with this residue.
#[inline]
pub(crate) const fn symmetric(a: u64) -> i128 {
    if a > PRIME / 2 { a as i128 - PRIME as i128 } else { a as i128 }
}

impl Poly {
    /// The value modulo 2^61 - 1 at a point, whose coordinates are taken modulo that prime.
    ///
    /// A polynomial with a value other than 0 is not 0; at a random point the converse holds but
    /// for a chance of about the degree over 2^61.
    pub fn evaluate(&self, point: &[u64; VARIABLES]) -> u64 {
        let mut sum = 0;
        for &(monomial, c) in &self.terms {
            let mut value = residue(c);
            for (var, exponent) in monomial.powers() {
                let base = point[var] % PRIME;
                let power = if exponent == 1 { base } else { pow(base, exponent.into()) };
                value = mul(value, power);
            }
            sum = add(sum, value);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_and_residues() {
        for a in [1, 2, 3, 12345, PRIME - 1, PRIME / 2] {
            assert_eq!(mul(a, inverse(a)), 1);
            assert_eq!(pow(a, PRIME - 1), 1);
        }
        for c in [0, 1, -1, i128::MAX, -i128::MAX, 1 << 61, PRIME.into()] {
            assert_eq!(i128::from(residue(c)), c.rem_euclid(PRIME.into()));
        }
    }
}
