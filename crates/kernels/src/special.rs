//! Special functions in double precision.
//!
//! The error and gamma functions come from `libm`; digamma is a polynomial through its zero, and like the polygamma functions
//! an asymptotic series farther off (Abramowitz & Stegun 6.3.18, 6.4.11; DLMF 5.11.2, 5.15.6, 5.15.8).

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// The error function, 2/√π ∫₀ˣ exp(−t²) dt.
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// The complementary error function 1 − erf(x), without cancellation for large `x`.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// 1/√2 = [`FRAC_1_SQRT_2`] + this.
const SQRT_HALF_LOW: f64 = -4.833_646_656_726_457e-17;

/// From here on xΦ(x) is the asymptotic series: the error function's last digits go where powers of e are subnormal.
const GELU_TAIL: f64 = -36.0;

/// Below this xΦ(x) is less than half of the smallest number.
const GELU_END: f64 = -40.0;

/// xΦ(x), where Φ is the distribution function of the standard normal distribution, to a few units in the last place also
/// where it is tiny: the rounding of x/√2 is made up for, which erfc would enlarge a thousandfold.
///
/// ```
/// assert!((wrt_kernels::gelu(-10.0) / -7.619853024160526e-23 - 1.0).abs() < 1e-15);
/// assert_eq!(wrt_kernels::gelu(f64::INFINITY), f64::INFINITY);
/// ```
pub fn gelu(x: f64) -> f64 {
    if x < GELU_TAIL {
        return if x < GELU_END { x * 0.0 } else { gelu_tail(x) };
    }
    let t = -x * FRAC_1_SQRT_2;
    if t <= 0.0 {
        return 0.5 * x * libm::erfc(t);
    }
    let rest = (-x).mul_add(FRAC_1_SQRT_2, -t) - x * SQRT_HALF_LOW;
    // erfc(t + rest) by its logarithmic derivative, which lies close above this bound of its (DLMF 7.8.2); left of 0 it
    // doesn't matter.
    let slope = t + (t * t + 4.0 / PI).sqrt();
    0.5 * x * libm::erfc(t) * (1.0 - rest * slope)
}

/// xΦ(x) = −φ(x)(1 − 1/x² + 3/x⁴ − …), DLMF 7.12.1.
fn gelu_tail(x: f64) -> f64 {
    let q = 1.0 / (x * x);
    let series = (1..8).rev().fold(1.0, |sum, k| 1.0 - f64::from(2 * k - 1) * q * sum);
    // x² in two parts, of which the first has no more than 53 bits; half of its power at a time, as all of it is subnormal
    // where the product need not be.
    let head = f64::from(x as f32);
    let half = (-0.25 * head * head).exp();
    let rest = (-0.5 * (x - head) * (x + head)).exp();
    -(half * (series * rest / (2.0 * PI).sqrt())) * half
}

/// The gamma function; NaN at the poles 0, −1, −2, …
pub fn gamma(x: f64) -> f64 {
    if x <= 0.0 && x.fract() == 0.0 { f64::NAN } else { libm::tgamma(x) }
}

/// log |Γ(x)|; infinite at the poles.
pub fn lgamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// Bernoulli numbers B₂, B₄, …, B₂₄.
const BERNOULLI: [f64; 12] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
    43867.0 / 798.0,
    -174611.0 / 330.0,
    854513.0 / 138.0,
    -236364091.0 / 2730.0,
];

/// The zero of digamma right of 0, in two parts.
const DIGAMMA_ZERO: [f64; 2] = [1.461_632_144_968_362_2, 9.549_995_429_965_697e-17];

/// ψ(x)/(x − zero) in powers of x − 3/2, by interpolation in the Chebyshev points of 1 ≤ x ≤ 2 with 60 digits: to half a unit
/// in the last place.
const DIGAMMA: [f64; 23] = [
    0.9510558760318328,
    -0.4236274212814606,
    0.24054248424078697,
    -0.14840492305388092,
    0.09498872445289039,
    -0.06192213327548831,
    0.040760833940846085,
    -0.026975796659787055,
    0.017907248317313294,
    -0.011908220105959716,
    0.007927021796868154,
    -0.005279937255532708,
    0.003518106563802472,
    -0.0023454947397380833,
    0.0015633696313653504,
    -0.0010364584817312839,
    0.0006909255761282986,
    -0.00048595039220036254,
    0.00032395945401345196,
    -0.00014480643368061614,
    9.653646261410062e-05,
    -0.0001782188548855923,
    0.00011881232908510335,
];

/// cot(πx), by the distance to where it is 0 or infinite, which is exact.
fn cot_pi(x: f64) -> f64 {
    let off = x - x.round();
    if off.abs() <= 0.25 { 1.0 / (PI * off).tan() } else { (PI * (0.5 - off.abs())).tan().copysign(off) }
}

/// The digamma function ψ(x) = Γ′(x)/Γ(x); NaN at the poles 0, −1, −2, …
///
/// ```
/// assert!((wrt_kernels::digamma(1.0) / -0.5772156649015329 - 1.0).abs() < 1e-15);
/// ```
pub fn digamma(x: f64) -> f64 {
    if x <= 0.0 {
        // Reflection, DLMF 5.5.4.
        return if x.fract() == 0.0 { f64::NAN } else { digamma(1.0 - x) - PI * cot_pi(x) };
    }
    if x < 1.0 {
        return digamma(1.0 + x) - 1.0 / x;
    }
    if x < 10.0 {
        let (mut x, mut shift) = (x, 0.0);
        while x > 2.0 {
            x -= 1.0;
            shift += 1.0 / x;
        }
        let slope = DIGAMMA.iter().rev().fold(0.0, |sum, c| sum * (x - 1.5) + c);
        return ((x - DIGAMMA_ZERO[0]) - DIGAMMA_ZERO[1]) * slope + shift;
    }
    let inverse_square = 1.0 / (x * x);
    let (mut tail, mut power) = (0.0, 1.0);
    for (k, b) in BERNOULLI.iter().enumerate() {
        power *= inverse_square;
        tail += b / (2.0 * (k as f64 + 1.0)) * power;
    }
    x.ln() - 0.5 / x - tail
}

/// The polygamma function ψ⁽ⁿ⁾(x), the `n`-th derivative of [`digamma`]; NaN at the poles.
pub fn polygamma(n: u32, x: f64) -> f64 {
    if n == 0 {
        return digamma(x);
    }
    let sign = if n % 2 == 1 { 1.0 } else { -1.0 };
    if x <= 0.0 {
        // Reflection, DLMF 5.15.6.
        return if x.fract() == 0.0 { f64::NAN } else { -cotangent(n, x) - sign * polygamma(n, 1.0 - x) };
    }
    // ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! Σ 1/(x+k)ⁿ⁺¹
    let (mut x, mut shift) = (x, 0.0);
    while x < 12.0 + n as f64 {
        shift += factorial_over_power(n, x) / x;
        x += 1.0;
    }
    let mut tail = 1.0 / n as f64 + 0.5 / x;
    // (2k+n−1)!/((2k)! n!) grows by a ratio from term to term.
    let mut ratio = (n as f64 + 1.0) / 2.0;
    let mut power = 1.0 / (x * x);
    for (k, b) in BERNOULLI.iter().enumerate() {
        tail += b * ratio * power;
        let m = 2.0 * (k as f64 + 1.0);
        ratio *= (m + n as f64) * (m + n as f64 + 1.0) / ((m + 1.0) * (m + 2.0));
        power /= x * x;
    }
    sign * (factorial_over_power(n, x) * tail + shift)
}

/// n!/xⁿ, of which neither part need be within range.
fn factorial_over_power(n: u32, x: f64) -> f64 {
    (1..=n).fold(1.0, |product, k| product * (f64::from(k) / x))
}

/// dⁿ/dxⁿ π cot(πx), a polynomial in the cotangent c: c′ = −(1 + c²), in units of n! πⁿ⁺¹, so that all coefficients stay small.
fn cotangent(n: u32, x: f64) -> f64 {
    let mut coefficients = vec![0.0, 1.0];
    for k in 1..=n {
        let mut next = vec![0.0; coefficients.len() + 1];
        for (power, c) in coefficients.iter().enumerate().skip(1) {
            let slope = -c * power as f64 / f64::from(k);
            next[power - 1] += slope;
            next[power + 1] += slope;
        }
        coefficients = next;
    }
    let c = cot_pi(x);
    // Every other one is 0.
    let even = coefficients.iter().rev().step_by(2).copied().reduce(|sum, a| sum * (c * c) + a).unwrap_or(0.0);
    let value = if n.is_multiple_of(2) { even * c } else { even };
    value * PI.powi(n as i32 + 1) * gamma(f64::from(n) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values by python-flint (Arb) and mpmath, 17 digits.
    #[test]
    fn polygamma_matches_the_oracle() {
        let cases = [
            (0, 0.5, -1.9635100260214235),
            (0, -1.5, 0.703_156_640_645_243_2),
            (0, 25.0, 3.198742512851974),
            (1, 1.0, 1.6449340668482264),
            (1, 0.5, 4.934802200544679),
            (1, -0.5, 8.934802200544679),
            (2, 1.0, -2.4041138063191886),
            (3, 2.5, 0.22390584881725205),
            (3, -2.75, 1558.4897512832936),
            (2, -2_000_000.3, 68.837_543_678_724_53),
            (150, 50.0, -1_717_510.452_084_658_3),
            (150, 1000.0, -4.101_778_391_925_375e-190),
        ];
        for (n, x, want) in cases {
            let got = polygamma(n, x);
            assert!((got - want).abs() <= 2e-14 * f64::abs(want), "polygamma({n}, {x}) = {got}, not {want}");
        }
    }

    #[test]
    fn poles_are_not_numbers() {
        for x in [0.0, -1.0, -7.0] {
            assert!(gamma(x).is_nan() && digamma(x).is_nan() && polygamma(1, x).is_nan());
        }
    }
}
