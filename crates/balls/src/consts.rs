//! The constants π, log 2, e and Euler's γ.

use crate::ball::{Ball, user_prec};
use crate::fixed::{exp_fixed, whole_words};
use crate::float::Float;
use crate::mag::Mag;
use dashu_int::IBig;
use std::cell::RefCell;

/// A constant to `w` fraction bits, within 2 units, kept for all lower precisions.
struct Cached {
    w: usize,
    value: IBig,
}

thread_local! {
    static PI: RefCell<Cached> = const { RefCell::new(Cached { w: 0, value: IBig::ZERO }) };
    static LN2: RefCell<Cached> = const { RefCell::new(Cached { w: 0, value: IBig::ZERO }) };
}

/// The terms `factor · atan(1/q)` (or `atanh`) whose sum is a constant.
type Machin = &'static [(i64, u64)];

/// `π = 16 atan(1/5) - 4 atan(1/239)` (Machin 1706).
const PI_TERMS: Machin = &[(16, 5), (-4, 239)];
/// `log 2 = 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749)` (Brent & Zimmermann, section 4.8).
const LN2_TERMS: Machin = &[(18, 26), (-2, 4801), (8, 8749)];

/// The sum of a Machin formula in 64 spare bits: each series loses less than a unit a term.
fn machin(terms: Machin, w: usize, alternate: bool) -> IBig {
    let spare = 64;
    let one = IBig::ONE << (w + spare);
    let mut sum = IBig::ZERO;
    for &(factor, q) in terms {
        let mut power = &one / q;
        let mut series = power.clone();
        let mut k = 1u64;
        while !power.is_zero() {
            power /= q * q;
            let term = &power / (2 * k + 1);
            if alternate && k % 2 == 1 {
                series -= term;
            } else {
                series += term;
            }
            k += 1;
        }
        sum += series * factor;
    }
    sum >> spare
}

fn cached(cell: &'static std::thread::LocalKey<RefCell<Cached>>, terms: Machin, w: usize, alternate: bool) -> IBig {
    cell.with_borrow_mut(|c| {
        if c.w < w {
            let more = (w + w / 4).next_multiple_of(64).max(512);
            *c = Cached { w: more, value: machin(terms, more, alternate) };
        }
        &c.value >> (c.w - w)
    })
}

/// `π 2^w` within 2 units.
pub(crate) fn pi_fixed(w: usize) -> IBig {
    cached(&PI, PI_TERMS, w, true)
}

/// `log(2) 2^w` within 2 units.
pub(crate) fn ln2_fixed(w: usize) -> IBig {
    cached(&LN2, LN2_TERMS, w, false)
}

fn ball(value: IBig, w: usize, ulps: u64, prec: u32) -> Ball {
    Ball::rounded(Float::new(value, -(w as i64)), Mag::new(ulps, -(w as i64)), prec)
}

/// π.
///
/// ```
/// assert_eq!(wrt_balls::pi(100).to_decimal(20).unwrap(), "3.1415926535897932385");
/// ```
pub fn pi(prec: u32) -> Ball {
    let w = crate::ball::clamp_prec(prec) as usize + 8;
    ball(pi_fixed(w), w, 2, prec)
}

/// `log(2)`.
pub fn ln2(prec: u32) -> Ball {
    let w = crate::ball::clamp_prec(prec) as usize + 8;
    ball(ln2_fixed(w), w, 2, prec)
}

/// Euler's number `e = exp(1)`.
pub fn e(prec: u32) -> Ball {
    let prec = user_prec(prec);
    let w = whole_words(prec + 16);
    let root = exp_fixed(&(IBig::ONE << (w - 1)), w);
    // (e^(1/2) + d)^2 - e = 2 sqrt(e) d + d^2
    ball((&root * &root) >> w, w, 4 * crate::fixed::ULPS, prec)
}

/// Euler's constant `γ = -ψ(1)` (DLMF 5.4.12).
pub fn euler_gamma(prec: u32) -> Ball {
    Ball::one().digamma(prec).neg()
}
