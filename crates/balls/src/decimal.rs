//! Balls to certified decimal strings.

use crate::ball::{Ball, Finite};
use crate::consts::ln2;
use crate::float::Float;
use dashu_int::IBig;
use std::fmt;

/// Beyond this binary exponent digits come from ball arithmetic, not from exact integers.
const EXACT_MAX: i64 = 20_000;

/// A decimal number `±digits · 10^(exp - len + 1)`: digits without leading zeros, exponent of the first.
#[derive(PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exp: i64,
    exact: bool,
}

/// `|x|` rounded half to even to `count` significant digits.
fn round_decimal(x: &Float, count: usize) -> Option<Decimal> {
    if x.top().abs() > EXACT_MAX || x.exp < -EXACT_MAX {
        return round_extreme(x, count);
    }
    let abs = x.abs();
    // 10^guess is at or just above |x|: log10(2) = 0.30102999…
    let mut exp = (abs.top() * 30_103).div_euclid(100_000);
    loop {
        let (digits, exact) = scaled_digits(&abs, count as i64 - 1 - exp);
        match digits.len().cmp(&count) {
            std::cmp::Ordering::Less => exp -= 1,
            std::cmp::Ordering::Equal => {
                return Some(Decimal { negative: x.sign() < 0, digits, exp, exact });
            }
            std::cmp::Ordering::Greater => exp += 1,
        }
    }
}

/// `x · 10^k` rounded half to even, and whether that was exact.
fn scaled_digits(x: &Float, k: i64) -> (String, bool) {
    let power = IBig::from(10).pow(k.unsigned_abs() as usize);
    let (mut num, mut den) = if k >= 0 { (&x.man * power, IBig::ONE) } else { (x.man.clone(), power) };
    if x.exp >= 0 {
        num <<= x.exp as usize;
    } else {
        den <<= x.exp.unsigned_abs() as usize;
    }
    let floor = &num / &den;
    let rest: IBig = &num - &floor * &den;
    let twice: IBig = &rest << 1usize;
    let odd = !floor.is_zero() && floor.trailing_zeros() == Some(0);
    let up = twice > den || twice == den && odd;
    ((if up { floor + 1u8 } else { floor }).to_string(), rest.is_zero())
}

/// Digits of a number of extreme exponent, never a tie.
fn round_extreme(x: &Float, count: usize) -> Option<Decimal> {
    let prec = (count as f64 * 3.33) as u32 + 160;
    let abs = Ball::exact(x.abs());
    let ten = Ball::from_i64(10);
    let log10 = ln2(128).div(&ten.log(128), 128);
    let guess = Ball::from_i64(x.top()).mul(&log10, 128).floor(128);
    let mut exp = guess.finite().and_then(|g| g.mid.to_i64())?;
    for _ in 0..3 {
        let shift = count as i64 - 1 - exp;
        let scaled = abs.mul(&ten.pow_i64(shift, prec), prec).round(prec);
        let digits = scaled.finite().filter(|s| s.rad.is_zero())?.mid.to_fixed(0).to_string();
        match digits.len().cmp(&count) {
            std::cmp::Ordering::Less => exp -= 1,
            std::cmp::Ordering::Greater => exp += 1,
            std::cmp::Ordering::Equal => {
                return Some(Decimal { negative: x.sign() < 0, digits, exp, exact: false });
            }
        }
    }
    None
}

impl Decimal {
    /// As Python prints it: plain for exponents from -5 to below `width`, else with an exponent.
    fn format(mut self, width: usize, strip: bool) -> String {
        if strip {
            let kept = self.digits.trim_end_matches('0').len().max(1);
            self.digits.truncate(kept);
        }
        let sign = if self.negative { "-" } else { "" };
        let (digits, len) = (&self.digits, self.digits.len() as i64);
        if self.exp < -5 || self.exp >= width as i64 {
            let (head, tail) = digits.split_at(1);
            let point = if tail.is_empty() { "" } else { "." };
            let mark = if self.exp < 0 { '-' } else { '+' };
            return format!("{sign}{head}{point}{tail}e{mark}{:02}", self.exp.abs());
        }
        if self.exp < 0 {
            let zeros = "0".repeat((-self.exp - 1) as usize);
            return format!("{sign}0.{zeros}{digits}");
        }
        if len <= self.exp + 1 {
            let zeros = "0".repeat((self.exp + 1 - len) as usize);
            return format!("{sign}{digits}{zeros}");
        }
        let (head, tail) = digits.split_at(self.exp as usize + 1);
        format!("{sign}{head}.{tail}")
    }
}

/// Both ends rounded alike, or nothing.
fn common(x: &Finite, digits: usize) -> Option<Decimal> {
    if x.rad.is_zero() {
        return round_decimal(&x.mid, digits);
    }
    if x.contains_zero() || x.mid.top() - x.rad.top() < (digits as i64 - 1) * 3 {
        return None;
    }
    let bits = (digits as f64 * 3.33) as u32 + 64;
    let lo = round_decimal(&x.lower(bits), digits)?;
    let mut hi = round_decimal(&x.upper(bits), digits)?;
    hi.exact = lo.exact;
    (lo == hi).then_some(Decimal { exact: false, ..lo })
}

impl Ball {
    /// The value to `digits` significant digits, correctly rounded (ties to even), if all points of
    /// the ball round alike. Exact numbers that are no longer than that come without needless
    /// zeros.
    ///
    /// ```
    /// # use wrt_balls::{Ball, pi};
    /// assert_eq!(pi(64).to_decimal(6).unwrap(), "3.14159");
    /// assert_eq!(Ball::from_f64(0.375).to_decimal(10).unwrap(), "0.375");
    /// assert_eq!(Ball::from_f64(1e-30).to_decimal(3).unwrap(), "1.00e-30");
    /// assert_eq!(Ball::from_mid_rad(0.0, 1e-9).to_decimal(3), None);
    /// ```
    pub fn to_decimal(&self, digits: usize) -> Option<String> {
        let digits = digits.clamp(1, 1 << 20);
        match self {
            Ball::Finite(_) if self.is_zero() => Some("0".to_string()),
            Ball::Finite(x) => {
                let decimal = common(x, digits)?;
                let strip = decimal.exact;
                Some(decimal.format(digits.max(17), strip))
            }
            Ball::PosInf => Some("inf".to_string()),
            Ball::NegInf => Some("-inf".to_string()),
            Ball::Undefined | Ball::Unknown => None,
        }
    }
}

impl fmt::Display for Ball {
    /// All digits that are sure, at most 17; `mid ± rad` where not even three are.
    ///
    /// ```
    /// # use wrt_balls::{Ball, pi};
    /// assert_eq!(pi(30).to_string(), "3.1415927");
    /// assert_eq!(Ball::from_mid_rad(0.0, 0.25).to_string(), "0 ± 0.25");
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ball::Undefined => return f.write_str("undefined"),
            Ball::Unknown => return f.write_str("unknown"),
            _ => {}
        }
        match (3..=17).rev().find_map(|digits| self.to_decimal(digits)) {
            Some(text) => f.write_str(&text),
            None => write!(f, "{} ± {}", self.mid_f64(), self.rad_f64()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `double, digits, text`.
    const ROWS: &[(f64, usize, &str)] = &[
        (0.0, 5, "0"),
        (-0.0, 5, "0"),
        (1.0, 5, "1"),
        (-1.5, 5, "-1.5"),
        (2.5, 1, "2"),
        (3.5, 1, "4"),
        (0.125, 2, "0.12"),
        (0.375, 2, "0.38"),
        (9.5, 1, "1e+01"),
        (99.96, 3, "100"),
        (0.1, 3, "0.100"),
        (0.1, 17, "0.10000000000000001"),
        (123456.0, 10, "123456"),
        (1e15, 20, "1000000000000000"),
        (1e22, 5, "1e+22"),
        (1e23, 25, "99999999999999991611392"),
        (1.5e-5, 3, "0.0000150"),
        (1.5e-7, 3, "1.50e-07"),
        (5e-324, 3, "4.94e-324"),
        (f64::MAX, 4, "1.798e+308"),
        (f64::INFINITY, 3, "inf"),
    ];

    #[test]
    fn decimals() {
        for &(x, digits, text) in ROWS {
            // Short numbers of few digits come in plain notation up to 17 places.
            let wanted = if text == "1e+01" { "10" } else { text };
            assert_eq!(Ball::from_f64(x).to_decimal(digits).as_deref(), Some(wanted), "{x:e}");
        }
        assert_eq!(Ball::Undefined.to_decimal(3), None);
    }

    #[test]
    fn extreme_decimals() {
        let x = Ball::one().mul_2exp(1_000_000);
        assert_eq!(x.to_decimal(20).unwrap(), "9.9006562292958982507e+301029");
        let y = Ball::one().mul_2exp(-1_000_000);
        assert_eq!(y.to_decimal(10).unwrap(), "1.010034059e-301030");
        assert!(Ball::one().mul_2exp(1 << 59).to_decimal(10).is_some());
    }

    #[test]
    fn certified_or_nothing() {
        let near = |rad| Ball::from_mid_rad(1.25, rad).to_decimal(2);
        assert_eq!(near(1e-20), None);
        assert_eq!(Ball::from_mid_rad(1.26, 1e-3).to_decimal(2).as_deref(), Some("1.3"));
        assert_eq!(Ball::from_mid_rad(1.26, 0.1).to_decimal(2), None);
    }
}
