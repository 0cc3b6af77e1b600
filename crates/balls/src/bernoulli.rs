//! Bernoulli numbers, exact, from the tangent numbers.

use crate::ball::Ball;
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;
use std::cell::RefCell;

/// No more than this many are ever made.
pub(crate) const COUNT_MAX: usize = 1200;

#[derive(Default)]
struct Cache {
    /// `B_2, B_4, …`
    exact: Vec<RBig>,
    /// The same, rounded to `prec` bits.
    balls: Vec<Ball>,
    prec: u32,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::new(Cache::default());
}

/// `B_2, …, B_2n` (R. P. Brent and D. Harvey, "Fast computation of Bernoulli, tangent and secant
/// numbers", 2011, algorithm TangentNumbers): `B_2k = (-1)^(k-1) 2k T_k / (4^k (4^k - 1))`.
fn bernoulli_numbers(n: usize) -> Vec<RBig> {
    let mut t: Vec<UBig> = Vec::with_capacity(n);
    t.push(UBig::ONE);
    for k in 1..n {
        let next = &t[k - 1] * k;
        t.push(next);
    }
    for k in 1..n {
        for j in k..n {
            let low = &t[j - 1] * (j - k);
            t[j] = low + &t[j] * (j - k + 2);
        }
    }
    let number = |(i, tangent): (usize, &UBig)| {
        let k = i + 1;
        let power = UBig::ONE << (2 * k);
        let num = IBig::from(tangent * (2 * k));
        let num = if k % 2 == 0 { -num } else { num };
        RBig::from_parts(num, &power * (&power - 1u8))
    };
    t.iter().enumerate().map(number).collect()
}

/// `B_2k` for `k` in `1..=COUNT_MAX`, to at least `prec` bits.
pub(crate) fn bernoulli(k: usize, prec: u32) -> Ball {
    CACHE.with_borrow_mut(|cache| {
        if k > cache.exact.len() {
            let count = (2 * k).clamp(32, COUNT_MAX).max(k);
            cache.exact = bernoulli_numbers(count);
        }
        if prec > cache.prec {
            cache.prec = prec.next_multiple_of(256);
            cache.balls.clear();
        }
        while cache.balls.len() < k {
            let exact = &cache.exact[cache.balls.len()];
            let ball = Ball::from_rational(exact, cache.prec);
            cache.balls.push(ball);
        }
        cache.balls[k - 1].clone().round_to(prec)
    })
}
