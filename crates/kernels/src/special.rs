//! Special functions in double precision.
//!
//! The error and gamma functions come from `libm`; the polygamma functions are asymptotic series after an upward
//! recurrence (Abramowitz & Stegun 6.3.18, 6.4.11; DLMF 5.11.2, 5.15.8).

/// The error function, 2/√π ∫₀ˣ exp(−t²) dt.
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// The complementary error function 1 − erf(x), without cancellation for large `x`.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
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

/// The digamma function ψ(x) = Γ′(x)/Γ(x); NaN at the poles 0, −1, −2, …
///
/// ```
/// assert!((wrt_kernels::digamma(1.0) + 0.5772156649015329).abs() < 1e-15);
/// ```
pub fn digamma(x: f64) -> f64 {
    if x <= 0.0 {
        if x.fract() == 0.0 {
            return f64::NAN;
        }
        // Reflection, DLMF 5.5.4; the distance to the nearest pole is exact.
        return digamma(1.0 - x) - std::f64::consts::PI / (std::f64::consts::PI * (x - x.round())).tan();
    }
    let (mut x, mut shift) = (x, 0.0);
    while x < 10.0 {
        shift += 1.0 / x;
        x += 1.0;
    }
    let inverse_square = 1.0 / (x * x);
    let (mut tail, mut power) = (0.0, 1.0);
    for (k, b) in BERNOULLI.iter().enumerate() {
        power *= inverse_square;
        tail += b / (2.0 * (k as f64 + 1.0)) * power;
    }
    x.ln() - 0.5 / x - tail - shift
}

/// The polygamma function ψ⁽ⁿ⁾(x), the `n`-th derivative of [`digamma`]; NaN at the poles.
pub fn polygamma(n: u32, x: f64) -> f64 {
    if n == 0 {
        return digamma(x);
    }
    if x <= 0.0 {
        return if x.fract() == 0.0 { f64::NAN } else { polygamma_left(n, x) };
    }
    // ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! Σ 1/(x+k)ⁿ⁺¹
    let sign = if n % 2 == 1 { 1.0 } else { -1.0 };
    let (mut x, mut shift) = (x, 0.0);
    while x < 12.0 + n as f64 {
        shift += x.powi(-(n as i32) - 1);
        x += 1.0;
    }
    let factorial = gamma(n as f64 + 1.0);
    let mut tail = x.powi(-(n as i32)) * (1.0 / n as f64 + 0.5 / x);
    // (2k+n−1)!/((2k)! n!) grows by a ratio from term to term.
    let mut ratio = (n as f64 + 1.0) / 2.0;
    let mut power = x.powi(-(n as i32) - 2);
    for (k, b) in BERNOULLI.iter().enumerate() {
        tail += b * ratio * power;
        let m = 2.0 * (k as f64 + 1.0);
        ratio *= (m + n as f64) * (m + n as f64 + 1.0) / ((m + 1.0) * (m + 2.0));
        power /= x * x;
    }
    sign * factorial * (tail + shift)
}

/// Left of zero: enough steps of the recurrence ψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁾(x+1) − (−1)ⁿ n!/xⁿ⁺¹, at most a million.
fn polygamma_left(n: u32, x: f64) -> f64 {
    if x < -1e6 {
        return f64::NAN;
    }
    let factor = if n.is_multiple_of(2) { 1.0 } else { -1.0 } * gamma(n as f64 + 1.0);
    let (mut x, mut sum) = (x, 0.0);
    while x <= 0.0 {
        sum -= factor * x.powi(-(n as i32) - 1);
        x += 1.0;
    }
    sum + polygamma(n, x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values by python-flint (Arb), 17 digits.
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
