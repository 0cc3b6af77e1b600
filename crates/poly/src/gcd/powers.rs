//! Values of monomials at a point, from tables of powers.

use crate::modular;
use crate::monomial::{Monomial, VARIABLES};

/// A point whose coordinates look random; each seed has its own.
pub(super) fn point(seed: u64) -> [u64; VARIABLES] {
    std::array::from_fn(|var| modular::scramble(seed * 64 + var as u64 + 1))
}

/// The powers of the coordinates of a point, up to the degrees that occur.
pub(super) struct Powers {
    /// Where the powers of each variable start.
    starts: [u16; VARIABLES],
    powers: Vec<u64>,
    degrees: Monomial,
}

impl Powers {
    /// The powers of the coordinates of `point(seed)`.
    pub(super) fn new(seed: u64, degrees: Monomial) -> Self {
        let point = point(seed);
        let length = degrees.powers().map(|(_, n)| n as usize + 1).sum();
        let mut powers = Vec::with_capacity(length);
        let mut starts = [0; VARIABLES];
        for (var, degree) in degrees.powers() {
            starts[var] = powers.len() as u16;
            let mut power = 1;
            for _ in 0..=degree {
                powers.push(power);
                power = modular::mul(power, point[var]);
            }
        }
        Self { starts, powers, degrees }
    }

    /// The coordinate of a variable that occurs.
    pub(super) fn coordinate(&self, var: usize) -> u64 {
        self.powers[usize::from(self.starts[var]) + 1]
    }

    /// Moves the point in the direction of a variable that occurs.
    pub(super) fn set(&mut self, var: usize, x: u64) {
        let start = usize::from(self.starts[var]);
        for i in start + 1..=start + self.degrees.exponent(var) as usize {
            self.powers[i] = modular::mul(self.powers[i - 1], x);
        }
    }

    /// The value of the part of a monomial that is in the variables `vars`, which all occur.
    #[inline]
    pub(super) fn value(&self, monomial: Monomial, mut vars: u16) -> u64 {
        let exponents = monomial.exponents();
        let mut value = 1;
        while vars != 0 {
            let var = vars.trailing_zeros() as usize;
            let power = usize::from(self.starts[var]) + usize::from(exponents[var]);
            value = modular::mul(value, self.powers[power]);
            vars &= vars - 1;
        }
        value
    }
}
