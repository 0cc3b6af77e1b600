//! Small non-negative upper bounds `man · 2^exp`, the radii of balls; every operation rounds up.

use std::cmp::Ordering;

/// Bits of a radius: enough for a useful error bound, few enough that products fit in a word.
const BITS: u32 = 30;
/// Exponents of bounds saturate here, so that sums of a few of them never overflow an `i64`.
const EXP_CAP: i64 = 1 << 61;

/// An upper bound; the mantissa is 0 or in `2^29..=2^30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mag {
    man: u64,
    exp: i64,
}

impl Mag {
    pub const ZERO: Mag = Mag { man: 0, exp: 0 };

    /// The bound `man · 2^exp`, rounded up.
    pub fn new(man: u64, exp: i64) -> Mag {
        if man == 0 {
            return Mag::ZERO;
        }
        let bits = 64 - man.leading_zeros();
        let (man, exp) = if bits > BITS {
            let shift = bits - BITS;
            let up = u64::from(man & ((1 << shift) - 1) != 0);
            ((man >> shift) + up, exp + i64::from(shift))
        } else {
            (man << (BITS - bits), exp - i64::from(BITS - bits))
        };
        if exp > EXP_CAP {
            Mag { man: 1 << BITS, exp: EXP_CAP }
        } else if exp < -EXP_CAP {
            Mag { man: 1 << (BITS - 1), exp: -EXP_CAP }
        } else {
            Mag { man, exp }
        }
    }

    /// `2^exp`.
    pub fn pow2(exp: i64) -> Mag {
        Mag::new(1, exp)
    }

    pub fn is_zero(self) -> bool {
        self.man == 0
    }

    /// The parts `(man, exp)` of `man · 2^exp`.
    pub fn parts(self) -> (u64, i64) {
        (self.man, self.exp)
    }

    /// The least `t` known with `self <= 2^t`; very small for zero.
    pub fn top(self) -> i64 {
        if self.man == 0 { -EXP_CAP } else { self.exp + i64::from(BITS) }
    }

    pub fn add(self, other: Mag) -> Mag {
        if self.man == 0 {
            return other;
        }
        if other.man == 0 {
            return self;
        }
        let (big, small) = if self.exp >= other.exp { (self, other) } else { (other, self) };
        let gap = big.exp - small.exp;
        let low = if gap > i64::from(BITS) { 1 } else { (small.man >> gap) + 1 };
        let low = if gap == 0 { small.man } else { low };
        Mag::new(big.man + low, big.exp)
    }

    pub fn mul(self, other: Mag) -> Mag {
        Mag::new(self.man * other.man, self.exp + other.exp)
    }

    pub fn mul_u64(self, k: u64) -> Mag {
        self.mul(Mag::new(k, 0))
    }

    pub fn mul_2exp(self, k: i64) -> Mag {
        Mag::new(self.man, self.exp.saturating_add(k))
    }

    /// An upper bound of `self / low`, where `low` is a *lower* bound of the divisor, not zero.
    pub fn div_lower(self, low: Mag) -> Mag {
        if low.man == 0 {
            return Mag::pow2(EXP_CAP);
        }
        let q = (self.man << 32).div_ceil(low.man);
        Mag::new(q, self.exp - low.exp - 32)
    }

    pub fn min(self, other: Mag) -> Mag {
        if self.cmp(other) == Ordering::Greater { other } else { self }
    }

    pub fn max(self, other: Mag) -> Mag {
        if self.cmp(other) == Ordering::Less { other } else { self }
    }

    pub fn cmp(self, other: Mag) -> Ordering {
        match (self.man, other.man) {
            (0, 0) => Ordering::Equal,
            (0, _) => Ordering::Less,
            (_, 0) => Ordering::Greater,
            _ => {
                let gap = self.exp - other.exp;
                if gap > 1 {
                    Ordering::Greater
                } else if gap < -1 {
                    Ordering::Less
                } else if gap >= 0 {
                    (self.man << gap).cmp(&other.man)
                } else {
                    self.man.cmp(&(other.man << -gap))
                }
            }
        }
    }
}
