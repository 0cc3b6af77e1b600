//! Exact rational numbers: small ones unboxed, large ones in `dashu`.

use std::cmp::Ordering;
use std::fmt;

use dashu_base::{BitTest, Sign, UnsignedAbs};
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

/// Results of folding that need more bits than this stay symbolic (`9^9^9^9`).
pub const FOLD_BITS: usize = 4096;

/// The largest decimal exponent that a literal may have: `1e5000` is a number, `1e400000000` is refused.
pub const MAX_DECIMAL_EXPONENT: i64 = 5000;

/// An exact rational number in lowest terms.
///
/// ```
/// use wrt_core::Number;
/// let third = Number::ratio(1, 3).unwrap();
/// assert_eq!(third.to_string(), "1/3");
/// assert_eq!(Number::parse("0.001").unwrap(), Number::ratio(1, 1000).unwrap());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Number(Repr);

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Repr {
    /// Numerator and positive denominator; every value that fits is stored this way.
    Small(i64, u32),
    Big(Box<RBig>),
}
use Repr::{Big, Small};

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Number {
    /// Zero.
    pub const ZERO: Number = Number(Small(0, 1));
    /// One.
    pub const ONE: Number = Number(Small(1, 1));
    /// Minus one.
    pub const MINUS_ONE: Number = Number(Small(-1, 1));
    /// One half.
    pub const HALF: Number = Number(Small(1, 2));

    /// The integer `n`.
    pub const fn integer(n: i64) -> Number {
        Number(Small(n, 1))
    }

    /// The fraction `numerator / denominator`; `None` if the denominator is zero.
    pub fn ratio(numerator: i64, denominator: i64) -> Option<Number> {
        (denominator != 0).then(|| Number::from_i128(numerator as i128, denominator as i128))
    }

    /// Exact fraction of 128-bit integers; the denominator must not be zero.
    fn from_i128(numerator: i128, denominator: i128) -> Number {
        if let (Ok(n), Ok(d)) = (i64::try_from(numerator), u32::try_from(denominator)) {
            if d == 1 {
                return Number(Small(n, 1));
            }
            let g = gcd(n.unsigned_abs(), d as u64);
            return Number(Small(n / g as i64, d / g as u32));
        }
        let negative = denominator < 0;
        let n = IBig::from(if negative { -numerator } else { numerator });
        Number::from_rbig(RBig::from_parts(n, UBig::from(denominator.unsigned_abs())))
    }

    /// From a `dashu` rational.
    pub fn from_rbig(r: RBig) -> Number {
        match (i64::try_from(r.numerator()), u32::try_from(r.denominator())) {
            (Ok(n), Ok(d)) => Number(Small(n, d)),
            _ => Number(Big(Box::new(r))),
        }
    }

    /// As a `dashu` rational.
    pub fn to_rbig(&self) -> RBig {
        match &self.0 {
            Small(n, d) => RBig::from_parts(IBig::from(*n), UBig::from(*d)),
            Big(r) => (**r).clone(),
        }
    }

    /// The double `x` exactly; `None` if it is not finite.
    pub fn from_f64(x: f64) -> Option<Number> {
        if x.fract() == 0.0 && x.abs() < 9.0e15 {
            return Some(Number::integer(x as i64));
        }
        RBig::try_from(x).ok().map(Number::from_rbig)
    }

    /// The nearest double (ties to even).
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            // Both parts are doubles exactly, so one division rounds correctly.
            Small(n, d) if n.unsigned_abs() <= 1 << 53 => *n as f64 / *d as f64,
            _ => self.to_rbig().to_f64().value(),
        }
    }

    /// Numerator and denominator where both fit into machine words.
    pub fn as_small(&self) -> Option<(i64, u32)> {
        match self.0 {
            Small(n, d) => Some((n, d)),
            Big(_) => None,
        }
    }

    /// The value as an `i64`, if it is such an integer.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Small(n, 1) => Some(n),
            _ => None,
        }
    }

    /// Is it zero?
    pub fn is_zero(&self) -> bool {
        self.0 == Small(0, 1)
    }

    /// Is it one?
    pub fn is_one(&self) -> bool {
        self.0 == Small(1, 1)
    }

    /// Is it below zero?
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Small(n, _) => *n < 0,
            Big(r) => r.sign() == Sign::Negative,
        }
    }

    /// Is it an integer?
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Small(_, d) => *d == 1,
            Big(r) => r.is_int(),
        }
    }

    /// The size of numerator and denominator together, in bits.
    pub fn bits(&self) -> usize {
        match &self.0 {
            Small(..) => 96,
            Big(r) => r.numerator().bit_len() + r.denominator().bit_len(),
        }
    }

    /// The magnitude.
    pub fn abs(&self) -> Number {
        if self.is_negative() { -self } else { self.clone() }
    }

    /// `1 / self`; `None` for zero.
    pub fn recip(&self) -> Option<Number> {
        match &self.0 {
            Small(0, _) => None,
            Small(n, d) if n.unsigned_abs() <= u32::MAX as u64 => {
                Some(Number(Small(n.signum() * *d as i64, n.unsigned_abs() as u32)))
            }
            Small(n, d) => Some(Number::from_i128(*d as i128, *n as i128)),
            Big(r) => Some(Number::from_rbig(RBig::ONE / (**r).clone())),
        }
    }

    /// The product; `None` where it needs more than [`FOLD_BITS`], but a number's own negative always exists. In `2*x*x` of
    /// itself, again and again, the number would square each time.
    ///
    /// ```
    /// use wrt_core::Number;
    /// let mut n = Number::integer(3);
    /// while let Some(square) = n.checked_mul(&n) {
    ///     n = square;
    /// }
    /// assert!(n.bits() <= 4096);
    /// ```
    pub fn checked_mul(&self, other: &Number) -> Option<Number> {
        let unit = |n: &Number| matches!(n.0, Small(-1..=1, 1));
        let small = unit(self) || unit(other) || self.bits() + other.bits() <= FOLD_BITS;
        small.then(|| self * other)
    }

    /// `self` to an integer power; `None` for `0` to a negative power or where the result needs more than [`FOLD_BITS`].
    pub fn pow(&self, exponent: i64) -> Option<Number> {
        if exponent == 0 {
            return Some(Number::ONE);
        }
        if self.is_one() {
            return Some(Number::ONE);
        }
        let base = if exponent < 0 { self.recip()? } else { self.clone() };
        let n = usize::try_from(exponent.unsigned_abs()).ok()?;
        if let Small(b, 1) = base.0
            && let Some(p) = u32::try_from(n).ok().and_then(|n| b.checked_pow(n))
        {
            return Some(Number::integer(p));
        }
        let r = base.to_rbig();
        let bits = r.numerator().bit_len().max(r.denominator().bit_len());
        if bits.saturating_sub(1).checked_mul(n)? > FOLD_BITS {
            return None;
        }
        Some(Number::from_rbig(r.pow(isize::try_from(n).ok()?)))
    }

    /// The exact root of order `n` if it is rational; the real one, so odd roots of negative numbers exist.
    pub fn exact_root(&self, n: u32) -> Option<Number> {
        if n == 0 || (self.is_negative() && n.is_multiple_of(2)) {
            return None;
        }
        let r = self.to_rbig();
        let root = |u: &UBig| {
            let k = u.nth_root(n as usize);
            (k.pow(n as usize) == *u).then_some(k)
        };
        let numerator = root(&r.numerator().clone().unsigned_abs())?;
        let denominator = root(r.denominator())?;
        let magnitude = RBig::from_parts(IBig::from(numerator), denominator);
        Some(Number::from_rbig(if self.is_negative() { -magnitude } else { magnitude }))
    }

    /// The largest integer not above.
    pub fn floor(&self) -> Number {
        match &self.0 {
            Small(n, d) => Number::integer(n.div_euclid(*d as i64)),
            Big(r) => Number::from_rbig(RBig::from(r.floor())),
        }
    }

    /// Reads `12`, `0.001`, `1e-3`, `2/3`, `-1.5`; exact.
    ///
    /// # Errors
    /// A sentence for the person, when the text is no number or its exponent is beyond [`MAX_DECIMAL_EXPONENT`].
    pub fn parse(text: &str) -> Result<Number, String> {
        let trimmed = text.trim();
        let (sign, body) = match trimmed.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, trimmed.strip_prefix('+').unwrap_or(trimmed)),
        };
        let value = match body.split_once('/') {
            Some((n, d)) => {
                let denominator = parse_decimal(d.trim())?;
                let inverse = denominator.recip().ok_or_else(|| format!("`{text}` divides by zero"))?;
                &parse_decimal(n.trim())? * &inverse
            }
            None => parse_decimal(body)?,
        };
        Ok(if sign < 0 { -&value } else { value })
    }

    /// Is it written as a fraction (`1/3`), not as one literal (`2`, `0.001`)?
    pub fn prints_as_fraction(&self) -> bool {
        match &self.0 {
            Small(_, 1) => false,
            // A denominator of one digit is never longer than a decimal; one that has other primes has no decimal.
            Small(_, d) if *d < 10 || !has_decimal(*d) => true,
            _ => self.to_string().contains('/'),
        }
    }

    /// The decimal expansion if it ends: `1/8` is `0.125`, `1/3` is `None`; and so is one of more than 2^15 digits.
    ///
    /// ```
    /// use wrt_core::Number;
    /// let half = Number::ratio(1, 2).unwrap();
    /// assert_eq!(half.pow(2).unwrap().to_decimal().unwrap(), "0.25");
    /// let mut small = half.pow(4000).unwrap();
    /// (0..4).for_each(|_| small = &small * &small);
    /// assert_eq!(small.to_decimal(), None);
    /// ```
    pub fn to_decimal(&self) -> Option<String> {
        let r = self.to_rbig();
        if r.denominator().bit_len() > 1 << 15 {
            return None;
        }
        let mut scale = 0usize;
        let mut denominator = r.denominator().clone();
        let (two, five) = (UBig::from(2u8), UBig::from(5u8));
        let (mut twos, mut fives) = (0usize, 0usize);
        while (&denominator % &two).is_zero() {
            denominator /= &two;
            twos += 1;
        }
        while (&denominator % &five).is_zero() {
            denominator /= &five;
            fives += 1;
        }
        if !denominator.is_one() {
            return None;
        }
        scale += twos.max(fives);
        let scaled = r.numerator().clone().unsigned_abs() * two.pow(scale - twos) * five.pow(scale - fives);
        let digits = scaled.to_string();
        let sign = if self.is_negative() { "-" } else { "" };
        if scale == 0 {
            return Some(format!("{sign}{digits}"));
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        Some(format!("{sign}{whole}.{fraction}"))
    }

    /// The number as people write settings: a decimal if it ends, even where a fraction is shorter.
    ///
    /// ```
    /// use wrt_core::Number;
    /// let text = |n, d| Number::ratio(n, d).unwrap().decimal_text();
    /// assert_eq!((text(1, 2), text(2, 1), text(1, 3)), ("0.5".into(), "2".into(), "1/3".into()));
    /// ```
    pub fn decimal_text(&self) -> String {
        self.to_decimal().map_or_else(|| self.to_string(), without_zeros)
    }
}

/// Has `1/d` a decimal expansion that ends?
fn has_decimal(mut d: u32) -> bool {
    for p in [2, 5] {
        while d.is_multiple_of(p) {
            d /= p;
        }
    }
    d == 1
}

/// An unsigned decimal with optional fraction and exponent.
fn parse_decimal(text: &str) -> Result<Number, String> {
    let bad = || format!("`{}` is not a number", excerpt(text));
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..], text)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + fraction.len() == 0 || !(whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    if fraction.is_empty() && exponent == 0 && whole.len() <= 18 {
        return whole.parse().map(Number::integer).map_err(|_| bad());
    }
    let size = (whole.len() + fraction.len()) as i64;
    if size > 20_000 || exponent.abs() > MAX_DECIMAL_EXPONENT {
        return Err(format!(
            "`{}` is beyond the limits for exact numbers (20000 digits, exponents up to {MAX_DECIMAL_EXPONENT})",
            excerpt(text)
        ));
    }
    let digits: UBig = [whole, fraction].concat().parse().map_err(|_| bad())?;
    let shift = exponent - fraction.len() as i64;
    let power = UBig::from(10u8).pow(shift.unsigned_abs() as usize);
    let value =
        if shift >= 0 { RBig::from(IBig::from(digits * power)) } else { RBig::from_parts(IBig::from(digits), power) };
    Ok(Number::from_rbig(value))
}

fn parse_exponent(text: &str, whole: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("`{}` is not a number: its exponent is not an integer", excerpt(whole)));
    }
    // Saturates: the caller compares with the limit.
    let magnitude = digits.parse().unwrap_or(i64::MAX);
    Ok(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// A text short enough to quote in a message.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_string(),
    }
}

macro_rules! arithmetic {
    ($trait:ident, $method:ident, |$a:ident, $b:ident, $c:ident, $d:ident| $small:expr) => {
        impl std::ops::$trait<&Number> for &Number {
            type Output = Number;
            fn $method(self, other: &Number) -> Number {
                if let (&Small($a, $b), &Small($c, $d)) = (&self.0, &other.0) {
                    let ($a, $b, $c, $d) = ($a as i128, $b as i128, $c as i128, $d as i128);
                    let (n, d): (i128, i128) = $small;
                    return Number::reduced(n, d);
                }
                Number::from_rbig(std::ops::$trait::$method(self.to_rbig(), other.to_rbig()))
            }
        }
    };
}
arithmetic!(Add, add, |a, b, c, d| (a * d + c * b, b * d));
arithmetic!(Sub, sub, |a, b, c, d| (a * d - c * b, b * d));
arithmetic!(Mul, mul, |a, b, c, d| (a * c, b * d));

impl Number {
    /// Lowest terms of a fraction whose denominator is positive.
    fn reduced(n: i128, d: i128) -> Number {
        if d == 1 {
            return Number::from_i128(n, 1);
        }
        let (mut a, mut b) = (n.unsigned_abs(), d as u128);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let g = a.max(1) as i128;
        Number::from_i128(n / g, d / g)
    }
}

impl std::ops::Neg for &Number {
    type Output = Number;
    fn neg(self) -> Number {
        match &self.0 {
            Small(n, d) if *n != i64::MIN => Number(Small(-n, *d)),
            _ => Number::from_rbig(-self.to_rbig()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (&self.0, &other.0) {
            (Small(a, b), Small(c, d)) => (*a as i128 * *d as i128).cmp(&(*c as i128 * *b as i128)),
            _ => self.to_rbig().cmp(&other.to_rbig()),
        }
    }
}

impl From<i64> for Number {
    fn from(n: i64) -> Number {
        Number::integer(n)
    }
}

impl fmt::Display for Number {
    /// Whichever is shorter of the fraction and the decimal: `1/3`, `1/2`, `0.001`; and `2e-30` for a decimal of many
    /// zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Small(n, 1) => write!(f, "{n}"),
            _ => {
                let fraction = match &self.0 {
                    Small(n, d) => format!("{n}/{d}"),
                    Big(r) => r.to_string(),
                };
                match self.to_decimal().map(without_zeros) {
                    Some(decimal) if decimal.len() < fraction.len() => f.write_str(&decimal),
                    _ => f.write_str(&fraction),
                }
            }
        }
    }
}

/// A decimal of more zeros behind the point than a person counts at a glance is written with an exponent.
fn without_zeros(decimal: String) -> String {
    const ZEROS: usize = 8;
    let (sign, magnitude) = match decimal.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", &decimal[..]),
    };
    let Some(behind) = magnitude.strip_prefix("0.") else { return decimal };
    let digits = behind.trim_start_matches('0');
    let zeros = behind.len() - digits.len();
    if zeros < ZEROS || digits.is_empty() {
        return decimal;
    }
    let (lead, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{lead}{point}{rest}e-{}", zeros + 1)
}
