//! Dense polynomials in one variable modulo 2^61 - 1.

use crate::modular;

/// The coefficients, the constant first and the last one not 0.
pub(crate) type Dense = Vec<u64>;

/// Removes the zeros at the end.
pub(crate) fn trim(a: &mut Dense) {
    while a.last() == Some(&0) {
        a.pop();
    }
}

/// Euclid's algorithm without divisions: leaves a multiple of the greatest common divisor in `a`,
/// and empties `b`.
pub(crate) fn euclid(a: &mut Dense, b: &mut Dense) {
    loop {
        if a.len() < b.len() {
            std::mem::swap(a, b);
        }
        match b.len() {
            0 => return,
            1 => {
                std::mem::swap(a, b);
                b.clear();
                return;
            }
            _ => reduce(a, b),
        }
    }
}

/// Replaces `a` by a multiple of its remainder by `b`, which is not 0.
fn reduce(a: &mut Dense, b: &Dense) {
    let lead = b[b.len() - 1];
    while a.len() >= b.len() {
        let top = a[a.len() - 1];
        let shift = a.len() - b.len();
        for x in &mut a[..shift] {
            *x = modular::mul(*x, lead);
        }
        for (x, y) in a[shift..].iter_mut().zip(b) {
            *x = modular::sub(modular::mul(*x, lead), modular::mul(*y, top));
        }
        trim(a);
    }
}

/// Scales the leading coefficient to 1; `a` is not 0.
pub(crate) fn make_monic(a: &mut Dense) {
    let lead = a[a.len() - 1];
    if lead != 1 {
        let inverse = modular::inverse(lead);
        for x in a {
            *x = modular::mul(*x, inverse);
        }
    }
}

/// The monic greatest common divisor; not both are 0.
pub(crate) fn gcd(a: &Dense, b: &Dense) -> Dense {
    let (mut a, mut b) = (a.clone(), b.clone());
    euclid(&mut a, &mut b);
    make_monic(&mut a);
    a
}

/// The product.
pub(crate) fn mul(a: &Dense, b: &Dense) -> Dense {
    if a.is_empty() || b.is_empty() {
        return Dense::new();
    }
    let mut product = vec![0; a.len() + b.len() - 1];
    for (i, &x) in a.iter().enumerate() {
        for (sum, &y) in product[i..].iter_mut().zip(b) {
            *sum = modular::add(*sum, modular::mul(x, y));
        }
    }
    product
}

/// Divides by the monic `b`: leaves the remainder in `a` and returns the quotient.
pub(crate) fn div_rem(a: &mut Dense, b: &Dense) -> Dense {
    let mut quotient = vec![0; (a.len() + 1).saturating_sub(b.len())];
    while a.len() >= b.len() {
        let top = a[a.len() - 1];
        let shift = a.len() - b.len();
        quotient[shift] = top;
        for (x, y) in a[shift..].iter_mut().zip(b) {
            *x = modular::sub(*x, modular::mul(*y, top));
        }
        trim(a);
    }
    quotient
}

/// The product modulo the monic `f`.
pub(crate) fn mul_mod(a: &Dense, b: &Dense, f: &Dense) -> Dense {
    let mut product = mul(a, b);
    div_rem(&mut product, f);
    product
}

/// The difference.
pub(crate) fn sub(mut a: Dense, b: &Dense) -> Dense {
    a.resize(a.len().max(b.len()), 0);
    for (x, y) in a.iter_mut().zip(b) {
        *x = modular::sub(*x, *y);
    }
    trim(&mut a);
    a
}

/// `a(h)` modulo the monic `f`, by Horner's rule.
pub(crate) fn compose_mod(a: &Dense, h: &Dense, f: &Dense) -> Dense {
    let mut value = Dense::new();
    for &c in a.iter().rev() {
        value = mul_mod(&value, h, f);
        match value.first_mut() {
            Some(constant) => *constant = modular::add(*constant, c),
            None => value.push(c),
        }
        trim(&mut value);
    }
    value
}

/// `a^(2^bits - 1)` modulo the monic `f`.
pub(crate) fn pow_ones_mod(a: &Dense, bits: u32, f: &Dense) -> Dense {
    // From a^(2^n - 1), 2^n times squared, to a^(2^2n - 1), along the binary digits of `bits`.
    let mut base = a.clone();
    div_rem(&mut base, f);
    let mut power = base.clone();
    let mut ones = 1;
    for digit in (0..bits.ilog2()).rev() {
        let mut high = power.clone();
        for _ in 0..ones {
            high = mul_mod(&high, &high, f);
        }
        power = mul_mod(&high, &power, f);
        ones *= 2;
        if bits >> digit & 1 == 1 {
            power = mul_mod(&power, &power, f);
            power = mul_mod(&power, &base, f);
            ones += 1;
        }
    }
    power
}

/// The monic irreducible factors of a monic square-free polynomial, by Cantor and Zassenhaus.
///
/// `None` where no splitting element is found, which is next to impossible.
pub(crate) fn factor(f: Dense) -> Option<Vec<Dense>> {
    let x = vec![0, 1];
    let frobenius = pow_ones_mod(&x, 61, &f);
    let mut factors = Vec::new();
    let (mut rest, mut h) = (f, frobenius.clone());
    let mut degree = 1;
    while rest.len() > 2 * degree {
        let common = gcd(&sub(h.clone(), &x), &rest);
        if common.len() > 1 {
            let quotient = div_rem(&mut rest, &common);
            rest = quotient;
            let mut map = frobenius.clone();
            div_rem(&mut map, &common);
            split_equal_degree(common, degree, &map, &mut factors)?;
        }
        degree += 1;
        h = compose_mod(&h, &frobenius, &rest);
    }
    if rest.len() > 1 {
        factors.push(rest);
    }
    Some(factors)
}

/// How many elements are tried to split one polynomial: each does it with a chance of a half.
const ATTEMPTS: u64 = 100;

/// Splits a product of factors of one degree; `frobenius` is `x^PRIME` modulo it.
fn split_equal_degree(f: Dense, degree: usize, frobenius: &Dense, factors: &mut Vec<Dense>) -> Option<()> {
    let mut parts = vec![f];
    let mut seed = 0;
    while let Some(mut part) = parts.pop() {
        if part.len() == degree + 1 {
            factors.push(part);
            continue;
        }
        let mut split = || {
            seed += 1;
            let common = gcd(&splitting_element(&part, degree, frobenius, seed), &part);
            (common.len() > 1 && common.len() < part.len()).then_some(common)
        };
        let common = (0..ATTEMPTS).find_map(|_| split())?;
        let quotient = div_rem(&mut part, &common);
        parts.extend([common, quotient]);
    }
    Some(())
}

/// An element that half of the factors of `f` divide: `norm(a)^((PRIME - 1) / 2) - 1`, where `a`
/// looks random. Elements of a simple form can be squares for all factors, whatever the seed.
fn splitting_element(f: &Dense, degree: usize, frobenius: &Dense, seed: u64) -> Dense {
    let mut a: Dense = (1..f.len() as u64).map(|i| modular::scramble(seed << 8 | i)).collect();
    trim(&mut a);
    let mut map = frobenius.clone();
    div_rem(&mut map, f);
    let (mut norm, mut conjugate) = (a.clone(), a);
    for _ in 1..degree {
        conjugate = compose_mod(&conjugate, &map, f);
        norm = mul_mod(&norm, &conjugate, f);
    }
    sub(pow_ones_mod(&norm, 60, f), &vec![1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modular::PRIME;

    #[test]
    fn factors_multiply_back() {
        // x^12 - 1, x^8 + 1, x^3 - 1/4, and (x - 1) .. (x - 7).
        let mut power = vec![0; 13];
        (power[0], power[12]) = (PRIME - 1, 1);
        let mut cyclotomic = vec![0; 9];
        (cyclotomic[0], cyclotomic[8]) = (1, 1);
        let quarter = vec![modular::sub(0, modular::inverse(4)), 0, 0, 1];
        let linear = |i: u64| vec![PRIME - i, 1];
        let falling = (1..8).map(linear).reduce(|a, b| mul(&a, &b)).unwrap();
        for f in [power, cyclotomic, falling, quarter] {
            let factors = factor(f.clone()).unwrap();
            assert!(factors.len() > 1);
            let product = factors.into_iter().reduce(|a, b| mul(&a, &b));
            assert_eq!(product, Some(f));
        }
    }
}
