//! Monomials of at most sixteen variables, packed into one `u128`.

use std::fmt;

/// The number of variables a monomial can hold.
pub const VARIABLES: usize = 16;

/// The largest exponent a variable can have.
pub const MAX_EXPONENT: u32 = 127;

/// The top bit of every field: set by a sum that is too large, or by a difference that is not negative.
const GUARD: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;

/// A product of powers of variables: eight bits a variable, variable 0 in the most significant byte.
///
/// Comparing two monomials as integers is the lexicographic order with variable 0 the largest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Monomial(u128);

/// How far variable `var` sits from the least significant bit.
#[inline]
const fn shift(var: usize) -> usize {
    assert!(var < VARIABLES);
    8 * (VARIABLES - 1 - var)
}

impl Monomial {
    /// The empty product.
    pub const ONE: Self = Self(0);

    /// `var^power`; `None` where the power is above [`MAX_EXPONENT`]. Panics for a variable above 15.
    pub const fn power(var: usize, power: u32) -> Option<Self> {
        if power > MAX_EXPONENT {
            return None;
        }
        Some(Self((power as u128) << shift(var)))
    }

    /// The monomial with these exponents, variable 0 first; `None` where one is above [`MAX_EXPONENT`].
    pub fn from_exponents(exponents: &[u32]) -> Option<Self> {
        let fold = |Self(packed), (var, &e)| Some(Self(packed | Self::power(var, e)?.0));
        exponents.iter().enumerate().try_fold(Self::ONE, fold)
    }

    /// The exponent of variable `var`.
    #[inline]
    pub const fn exponent(self, var: usize) -> u32 {
        (self.0 >> shift(var)) as u32 & 0x7f
    }

    /// The exponents of all variables.
    #[inline]
    pub const fn exponents(self) -> [u8; VARIABLES] {
        self.0.to_be_bytes()
    }

    /// This monomial with the power of `var` taken out.
    #[inline]
    pub const fn without(self, var: usize) -> Self {
        Self(self.0 & !(0xff << shift(var)))
    }

    /// Only the powers of the variables in the bit set `vars`.
    pub fn restrict(self, vars: u16) -> Self {
        let mut keep = 0u128;
        for var in 0..VARIABLES {
            if vars >> var & 1 == 1 {
                keep |= 0xff << shift(var);
            }
        }
        Self(self.0 & keep)
    }

    /// Whether this is the empty product.
    #[inline]
    pub const fn is_one(self) -> bool {
        self.0 == 0
    }

    /// The product, `None` where an exponent gets too large.
    #[inline]
    pub const fn checked_mul(self, other: Self) -> Option<Self> {
        let sum = self.0.wrapping_add(other.0);
        if sum & GUARD == 0 { Some(Self(sum)) } else { None }
    }

    /// The product, and whether it is in range; the product means nothing where it is not.
    #[inline]
    pub(crate) const fn overflowing_mul(self, other: Self) -> (Self, bool) {
        let sum = self.0.wrapping_add(other.0);
        (Self(sum), sum & GUARD != 0)
    }

    /// The quotient, `None` where `other` does not divide this monomial.
    #[inline]
    pub const fn checked_div(self, other: Self) -> Option<Self> {
        let difference = (self.0 | GUARD).wrapping_sub(other.0);
        if difference & GUARD == GUARD { Some(Self(difference & !GUARD)) } else { None }
    }

    /// Whether this monomial divides `other`.
    #[inline]
    pub const fn divides(self, other: Self) -> bool {
        (other.0 | GUARD).wrapping_sub(self.0) & GUARD == GUARD
    }

    /// The `n`-th power, `None` where an exponent gets too large.
    pub fn checked_pow(self, n: u32) -> Option<Self> {
        if self.is_one() || n == 1 {
            return Some(self);
        }
        let largest = self.0.to_be_bytes().into_iter().max().unwrap_or(0);
        let in_range = u32::from(largest).checked_mul(n)? <= MAX_EXPONENT;
        in_range.then(|| Self(self.0 * u128::from(n)))
    }

    /// All exponents divided by `n`, `None` where one is not a multiple.
    pub fn root(self, n: u32) -> Option<Self> {
        let mut bytes = self.0.to_be_bytes();
        for byte in &mut bytes {
            if !u32::from(*byte).is_multiple_of(n) {
                return None;
            }
            *byte = (u32::from(*byte) / n) as u8;
        }
        Some(Self(u128::from_be_bytes(bytes)))
    }

    /// The fields where this exponent is at least the other's, as a mask of seven bits each.
    #[inline]
    const fn at_least(self, other: Self) -> u128 {
        let guards = (self.0 | GUARD).wrapping_sub(other.0) & GUARD;
        guards - (guards >> 7)
    }

    /// The greatest common divisor: the smaller exponent of each variable.
    #[inline]
    pub const fn gcd(self, other: Self) -> Self {
        let mask = self.at_least(other);
        Self((other.0 & mask) | (self.0 & !mask))
    }

    /// The least common multiple: the larger exponent of each variable.
    #[inline]
    pub const fn lcm(self, other: Self) -> Self {
        let mask = self.at_least(other);
        Self((self.0 & mask) | (other.0 & !mask))
    }

    /// The variables that occur, bit `i` for variable `i`.
    pub fn variables(self) -> u16 {
        let mut rest = self.0;
        let mut set = 0;
        while rest != 0 {
            let var = rest.leading_zeros() / 8;
            set |= 1 << var;
            rest &= !(0xff << shift(var as usize));
        }
        set
    }

    /// The sum of all exponents.
    pub fn total_degree(self) -> u32 {
        self.0.to_be_bytes().into_iter().map(u32::from).sum()
    }

    /// The variables that occur with their exponents, variable 0 first.
    pub fn powers(self) -> impl Iterator<Item = (usize, u32)> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let var = rest.leading_zeros() as usize / 8;
            let exponent = Self(rest).exponent(var);
            rest = Self(rest).without(var).0;
            Some((var, exponent))
        })
    }

    /// Whether the power of every variable in `set` is odd in an odd number of them: the sign of
    /// the monomial where those variables are -1 and the others 1.
    #[inline]
    pub(crate) const fn is_odd_on(self, set: u128) -> bool {
        (self.0 & set).count_ones() & 1 == 1
    }
}

impl fmt::Debug for Monomial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_one() {
            return write!(f, "1");
        }
        for (i, (var, exponent)) in self.powers().enumerate() {
            let times = if i == 0 { "" } else { "*" };
            match exponent {
                1 => write!(f, "{times}x{var}")?,
                _ => write!(f, "{times}x{var}^{exponent}")?,
            }
        }
        Ok(())
    }
}
