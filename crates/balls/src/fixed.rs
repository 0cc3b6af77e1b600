//! Fixed-point kernels: numbers are integers over `2^w`, and every result is within [`ULPS`] units.
//!
//! Reduction to a table of 64 steps, then Taylor series with rectangular splitting, as in
//! F. Johansson, "Efficient implementation of elementary functions in the medium-precision range"
//! (ARITH 2015); for many bits, halvings in place of the table, as in Brent & Zimmermann, "Modern
//! Computer Arithmetic", section 4.3.

use crate::limbs::{self, Plan};
use dashu_int::IBig;
use std::cell::RefCell;
use std::rc::Rc;

/// Every kernel's error, in units of `2^-w`.
pub(crate) const ULPS: u64 = 64;
/// Steps of the tables: arguments are reduced below `2^-STEP_BITS`.
const STEP_BITS: usize = 6;
/// Up to this many fraction bits tables are kept.
const TABLE_MAX: usize = 4096;

/// Rounds a number of fraction bits up, so that few precisions need a table of their own.
pub(crate) fn whole_words(w: u32) -> usize {
    (w as usize).next_multiple_of(64)
}

/// `a b / 2^w`, rounded down.
pub(crate) fn mul_shift(a: &IBig, b: &IBig, w: usize) -> IBig {
    (a * b) >> w
}

/// The sum over `k` of `(±z)^k / (r(1) r(2) … r(k))` for `0 <= z < 2^(w - z_bits)` units.
///
/// Error: the powers are off by at most 2 units and enter with coefficients that sum to less than
/// 3; each Horner step and each division loses at most one unit, scaled down by what follows; the
/// tail is less than 2 units, terms falling by half at least. Together less than 16 units.
fn series(z: &IBig, w: usize, z_bits: usize, ratio: impl Fn(u64) -> u64, alternate: bool) -> IBig {
    let mut count = 1u64;
    let mut bits = 0usize;
    while bits <= w {
        bits += z_bits + ratio(count).ilog2() as usize;
        count += 1;
    }
    // The last term counted is the first one below a unit.
    let count = count - 1;
    // An even block makes alternating sums positive wherever a block ends.
    let block = (count.isqrt().max(2) as usize).next_multiple_of(2);
    let plan = Plan { count, block, alternate };
    if let Some(sum) = limbs::series(z, w, &plan, &ratio) {
        return sum;
    }
    let mut powers: Vec<IBig> = Vec::with_capacity(block + 1);
    powers.push(IBig::ONE << w);
    powers.push(z.clone());
    for i in 2..=block {
        let next = mul_shift(&powers[i / 2], &powers[i - i / 2], w);
        powers.push(next);
    }
    let mut acc = IBig::ZERO;
    let mut scale = 1u64;
    for k in (0..count).rev() {
        let i = k as usize % block;
        if alternate && k % 2 == 1 {
            acc -= &powers[i] * scale;
        } else {
            acc += &powers[i] * scale;
        }
        if k == 0 {
            break;
        }
        if i == 0 {
            acc = mul_shift(&acc, &powers[block], w);
        }
        let r = ratio(k);
        scale = match scale.checked_mul(r) {
            Some(s) => s,
            None => {
                acc /= scale;
                r
            }
        };
    }
    acc / scale
}

/// `exp(t)` for `t < 2^-z_bits`.
fn exp_series(t: &IBig, w: usize, z_bits: usize) -> IBig {
    series(t, w, z_bits, |k| k, false)
}

/// `(sin t, cos t)` for `0 <= t < 2^-z_bits`.
fn sin_cos_series(t: &IBig, w: usize, z_bits: usize) -> (IBig, IBig) {
    let square = mul_shift(t, t, w);
    let sinc = series(&square, w, 2 * z_bits, |k| 2 * k * (2 * k + 1), true);
    let cos = series(&square, w, 2 * z_bits, |k| 2 * k * (2 * k - 1), true);
    (mul_shift(t, &sinc, w), cos)
}

/// Values at the multiples of `2^-STEP_BITS`.
struct Tables {
    exp: Vec<IBig>,
    sin_cos: Vec<(IBig, IBig)>,
}

thread_local! {
    /// Tables by number of 64-bit words.
    static TABLES: RefCell<Vec<Option<Rc<Tables>>>> = const { RefCell::new(Vec::new()) };
}

fn tables(w: usize) -> Rc<Tables> {
    let slot = w / 64;
    let found = TABLES.with_borrow(|all| all.get(slot).cloned().flatten());
    found.unwrap_or_else(|| {
        let made = Rc::new(make_tables(w));
        TABLES.with_borrow_mut(|all| {
            if all.len() <= slot {
                all.resize(slot + 1, None);
            }
            all[slot] = Some(made.clone());
        });
        made
    })
}

/// Built with 32 spare bits, so that the entries are within 2 units.
fn make_tables(w: usize) -> Tables {
    let spare = 32;
    let (work, steps) = (w + spare, 1usize << STEP_BITS);
    let unit = IBig::ONE << (work - STEP_BITS);
    // One step is exactly 2^-STEP_BITS, below 2^-(STEP_BITS - 1).
    let ratio = exp_series(&unit, work, STEP_BITS - 1);
    let (s1, c1) = sin_cos_series(&unit, work, STEP_BITS - 1);
    let mut exp = vec![IBig::ONE << work];
    let mut sin_cos = vec![(IBig::ZERO, IBig::ONE << work)];
    for i in 1..steps {
        exp.push(mul_shift(&exp[i - 1], &ratio, work));
        let (s, c) = &sin_cos[i - 1];
        let next = ((s * &c1 + c * &s1) >> work, (c * &c1 - s * &s1) >> work);
        sin_cos.push(next);
    }
    Tables {
        exp: exp.into_iter().map(|x| x >> spare).collect(),
        sin_cos: sin_cos.into_iter().map(|(s, c)| (s >> spare, c >> spare)).collect(),
    }
}

/// Splits `0 <= t < 1` into a table index and a rest.
fn split(t: &IBig, w: usize) -> (usize, IBig) {
    let index = usize::try_from(t >> (w - STEP_BITS)).unwrap_or(0).min((1 << STEP_BITS) - 1);
    (index, t - (IBig::from(index) << (w - STEP_BITS)))
}

/// Halvings that balance multiplications against terms.
fn halvings(w: usize) -> usize {
    (w.isqrt() / 2).max(4)
}

/// `exp(t)` for `0 <= t < 1`.
pub(crate) fn exp_fixed(t: &IBig, w: usize) -> IBig {
    if w <= TABLE_MAX && w.is_multiple_of(64) {
        let (index, rest) = split(t, w);
        let series = exp_series(&rest, w, STEP_BITS);
        return mul_shift(&tables(w).exp[index], &series, w);
    }
    // Each squaring doubles the relative error and adds less than a unit: 2^(r+5) units at most.
    let r = halvings(w);
    let work = w + r + 12;
    let mut power = exp_series(&(t << (work - w - r)), work, r);
    for _ in 0..r {
        power = mul_shift(&power, &power, work);
    }
    power >> (work - w)
}

/// `(sin t, cos t)` for `0 <= t < 1`.
pub(crate) fn sin_cos_fixed(t: &IBig, w: usize) -> (IBig, IBig) {
    if w <= TABLE_MAX && w.is_multiple_of(64) {
        let (index, rest) = split(t, w);
        let (s, c) = sin_cos_series(&rest, w, STEP_BITS);
        let all = tables(w);
        let (s0, c0) = &all.sin_cos[index];
        return ((s0 * &c + c0 * &s) >> w, (c0 * &c - s0 * &s) >> w);
    }
    // Each doubling at most quadruples the error: 4^r 2^6 units at most.
    let r = halvings(w);
    let work = w + 2 * r + 16;
    let (mut s, mut c) = sin_cos_series(&(t << (work - w - r)), work, r);
    for _ in 0..r {
        (s, c) = ((&s * &c) >> (work - 1), (&c * &c - &s * &s) >> work);
    }
    (s >> (work - w), c >> (work - w))
}

/// `sum z^(2k+1)/(2k+1)` with alternating signs (`atan`) or without (`atanh`), for a small `|z|`
/// of at most `2^-z_bits`, `z_bits >= 1`. Within `terms + 4` units, so within 64 for the few terms
/// that are ever needed; the caller passes arguments far below 1.
fn odd_series(z: &IBig, w: usize, z_bits: usize, alternate: bool) -> IBig {
    let square = mul_shift(z, z, w);
    let count = (w / (2 * z_bits) + 1) as u64;
    // Horner from the last term: each product is below 1/4 of the one before.
    let mut acc = IBig::ZERO;
    let one = IBig::ONE << w;
    for k in (0..count).rev() {
        acc = mul_shift(&acc, &square, w);
        let term = &one / (2 * k + 1);
        if alternate && k % 2 == 1 {
            acc -= term;
        } else {
            acc += term;
        }
    }
    mul_shift(z, &acc, w)
}

/// `atan(z)` for a small `z`; within 8 units.
pub(crate) fn atan_small(z: &IBig, w: usize) -> IBig {
    odd_series(z, w, small_bits(z, w), true)
}

/// `log(1 + z) = 2 atanh(z / (2 + z))` for a small `z`; within 16 units.
pub(crate) fn log1p_small(z: &IBig, w: usize) -> IBig {
    let u = (z << w) / ((IBig::ONE << (w + 1)) + z);
    odd_series(&u, w, small_bits(&u, w), false) << 1usize
}

/// The `b >= 1` with `|z| <= 2^-b`.
fn small_bits(z: &IBig, w: usize) -> usize {
    w.saturating_sub(crate::float::bit_len(z)).max(1)
}

/// `log(m)` for `1/2 <= m < 2`; from a double, or from half the bits, to all in one step:
/// `log m = y + log(m exp(-y))`.
pub(crate) fn log_fixed(m: &IBig, w: usize) -> IBig {
    let half = whole_words(w as u32 / 2 + 32);
    let y =
        if w <= 512 { from_double(to_double(m, w).ln(), w) } else { log_fixed(&(m >> (w - half)), half) << (w - half) };
    // log(m / E) = 2 atanh((m - E) / (m + E)), here with E = exp(y) or with m exp(-y) over 1.
    let (num, den) = if y > IBig::ZERO {
        let power = exp_fixed(&y, w);
        (m - &power, m + power)
    } else {
        let (product, one) = (mul_shift(m, &exp_fixed(&-&y, w), w), IBig::ONE << w);
        (&product - &one, product + one)
    };
    let u = (num << w) / den;
    y + (odd_series(&u, w, small_bits(&u, w), false) << 1usize)
}

/// `atan(t)` for `0 <= t <= 1`: `atan t = a + atan((t cos a - sin a) / (cos a + t sin a))`.
pub(crate) fn atan_fixed(t: &IBig, w: usize) -> IBig {
    let half = whole_words(w as u32 / 2 + 32);
    let a = if w <= 512 {
        from_double(to_double(t, w).atan(), w)
    } else {
        atan_fixed(&(t >> (w - half)), half) << (w - half)
    };
    let a = a.clamp(IBig::ZERO, (IBig::ONE << w) - 1u8);
    let (s, c) = sin_cos_fixed(&a, w);
    let num = t * &c - (&s << w);
    let den = c + mul_shift(t, &s, w);
    a + atan_small(&(num / den), w)
}

/// A double near `x / 2^w`.
fn to_double(x: &IBig, w: usize) -> f64 {
    let lead = i64::try_from(x >> (w - 60)).unwrap_or(0);
    lead as f64 / (1u64 << 60) as f64
}

/// The double `x`, `|x| < 4`, cut to 60 fraction bits.
fn from_double(x: f64, w: usize) -> IBig {
    IBig::from((x * (1u64 << 60) as f64) as i64) << (w - 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in `0..1` over `2^w`: evenly spread, near the ends, near the table's steps.
    fn arguments(w: usize) -> Vec<IBig> {
        let one = IBig::ONE << w;
        let spread = (0..97).map(|k| (&one * k) / 97);
        let near_steps = (0..64).flat_map(|k| {
            let step = IBig::from(k) << (w - STEP_BITS);
            [step.clone(), step + 1u8]
        });
        spread.chain(near_steps).chain([&one - 1u8]).collect()
    }

    /// The greatest distance, in units, from the same kernel with 200 more bits, rounded.
    fn worst(w: usize, f: impl Fn(&IBig, usize) -> IBig) -> IBig {
        let more = 200;
        let distance = |t: &IBig| {
            let exact: IBig = f(&(t << more), w + more) >> more;
            let d = f(t, w) - exact;
            if d < IBig::ZERO { -d } else { d }
        };
        arguments(w).iter().map(distance).max().unwrap_or(IBig::ZERO)
    }

    /// The bounds that the functions use, with room to spare.
    #[test]
    fn kernels_keep_their_bounds() {
        for w in [64, 128, 192, 256, 320, 640, 704, 1024, 4096, 4160] {
            let bound = IBig::from(ULPS / 2);
            assert!(worst(w, exp_fixed) <= bound, "exp {w}");
            assert!(worst(w, |t, w| sin_cos_fixed(t, w).0) <= bound, "sin {w}");
            assert!(worst(w, |t, w| sin_cos_fixed(t, w).1) <= bound, "cos {w}");
            assert!(worst(w, atan_fixed) <= bound, "atan {w}");
            let half = |t: &IBig, w: usize| log_fixed(&((IBig::ONE << (w - 1)) + t), w);
            assert!(worst(w, half) <= &bound * 2, "log {w}");
        }
    }
}
