//! Checked arithmetic of coefficients; `i128::MIN` counts as an overflow.

/// The sum, `None` on overflow.
#[inline]
pub(crate) const fn add(a: i128, b: i128) -> Option<i128> {
    match a.checked_add(b) {
        Some(i128::MIN) => None,
        sum => sum,
    }
}

/// The product, `None` on overflow; one machine multiplication where both fit in 64 bits.
#[inline]
pub(crate) const fn mul(a: i128, b: i128) -> Option<i128> {
    if a as i64 as i128 == a && b as i64 as i128 == b {
        return Some(a * b);
    }
    match a.checked_mul(b) {
        Some(i128::MIN) => None,
        product => product,
    }
}

/// The quotient, `None` where there is a remainder or `b` is 0.
#[inline]
pub(crate) const fn div_exact(a: i128, b: i128) -> Option<i128> {
    if b == 1 {
        return Some(a);
    }
    if b == -1 {
        return Some(-a);
    }
    if b == 0 {
        return None;
    }
    if a as i64 as i128 == a && b as i64 as i128 == b {
        let (a, b) = (a as i64, b as i64);
        return if a % b == 0 { Some((a / b) as i128) } else { None };
    }
    if a % b == 0 { Some(a / b) } else { None }
}

/// The power, `None` on overflow.
pub(crate) fn pow(a: i128, n: u32) -> Option<i128> {
    a.checked_pow(n).filter(|&p| p != i128::MIN)
}

/// The greatest common divisor, not negative.
pub(crate) const fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b > u64::MAX as u128 {
        (a, b) = (b, a % b);
    }
    if b == 0 {
        return a as i128;
    }
    let (mut a, mut b) = ((a % b) as u64, b as u64);
    while a != 0 {
        (a, b) = (b % a, a);
    }
    b as i128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gcd_of_edges() {
        let table =
            [(0, 0, 0), (0, -5, 5), (12, 18, 6), (1 << 100, 6, 2), (6, 1 << 100, 2), (1 << 100, 1 << 90, 1 << 90)];
        for (a, b, g) in table {
            assert_eq!(gcd(a, b), g, "{a} {b}");
        }
    }

    #[test]
    fn the_smallest_integer_is_an_overflow() {
        assert_eq!(add(-(1 << 126), -(1 << 126)), None);
        assert_eq!(mul(1 << 126, -2), None);
        assert_eq!(mul(i64::MIN.into(), i64::MIN.into()), Some(1 << 126));
    }
}
