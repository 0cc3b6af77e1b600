//! Values of rows that need more than a line: formulas that keep their digits in floating point, where the definition as it
//! stands would lose them, overflow halfway or vanish too early.

use crate::real::Real;

/// √(x² − 1), which knows how far |x| is from 1.
fn root_above_one<N: Real>(x: N) -> N {
    let (one, size) = (x.one(), x.abs());
    (size.clone() - one.clone()).sqrt() * (size + one).sqrt()
}

/// acos(1/x): beside 1 the quotient has lost what the angle is made of.
pub(super) fn inverse_secant<N: Real>(x: N) -> N {
    let (zero, turn, angle) = (x.ratio(0, 1), x.pi(), root_above_one(x.clone()).atan());
    N::select(x.less(zero), turn - angle.clone(), angle)
}

/// asin(1/x), as above; far from 1 as it stands.
pub(super) fn inverse_cosecant<N: Real>(x: N) -> N {
    let (one, two) = (x.one(), x.ratio(2, 1));
    let near = x.clone().sign().atan2(root_above_one(x.clone()));
    N::select(x.clone().abs().less(two), near, (one / x).asin())
}

/// atanh(1/x), as above.
pub(super) fn inverse_hyperbolic_cotangent<N: Real>(x: N) -> N {
    let (one, two) = (x.one(), x.ratio(2, 1));
    x.clone().sign() * (two.clone() / (x.abs() - one)).log1p() / two
}

/// acosh(1/x), as above; and 1/x may be out of range.
pub(super) fn inverse_hyperbolic_secant<N: Real>(x: N) -> N {
    let (one, half) = (x.one(), x.ratio(1, 2));
    let root = ((one.clone() - x.clone()) * (one.clone() + x.clone())).sqrt();
    let near = ((one.clone() - x.clone() + root.clone()) / x.clone()).log1p();
    let small = (one + root).log() - x.clone().log();
    N::select(x.less(half), small, near)
}

/// asinh(1/x), where 1/x may be out of range.
pub(super) fn inverse_hyperbolic_cosecant<N: Real>(x: N) -> N {
    let (one, half, size) = (x.one(), x.ratio(1, 2), x.clone().abs());
    let root = (one.clone() + size.clone() * size.clone()).sqrt();
    let small = (one.clone() + root).log() - size.clone().log();
    x.sign() * N::select(size.clone().less(half), small, (one / size).asinh())
}

/// 1/cosh(x), where cosh may be out of range.
pub(super) fn hyperbolic_secant<N: Real>(x: N) -> N {
    let (one, e) = (x.one(), (-x.abs()).exp());
    (e.clone() + e.clone()) / (one + e.clone() * e)
}

/// 1/sinh(x), where sinh may be out of range.
pub(super) fn hyperbolic_cosecant<N: Real>(x: N) -> N {
    let (one, size) = (x.one(), x.clone().abs());
    let e = (-size.clone()).exp();
    let far = x.clone().sign() * (e.clone() + e) / -(-size.clone() - size.clone()).expm1();
    N::select(size.less(one.clone()), one / x.sinh(), far)
}

/// exp(−|x|/2): its square times x is right where the square alone is subnormal.
fn half_power<N: Real>(x: N) -> N {
    let two = x.ratio(2, 1);
    (-x.abs() / two).exp()
}

/// x/(1 + exp(−x)), where that power is out of range.
pub(super) fn sigmoid_linear<N: Real>(x: N) -> N {
    let (zero, one, half) = (x.ratio(0, 1), x.one(), half_power(x.clone()));
    let left = x.clone() * half.clone() * half.clone();
    N::select(x.clone().less(zero), left, x) / (one + half.clone() * half)
}

/// Beyond this a power of e may be subnormal, in single precision.
const TAIL: i64 = 64;

/// x·tanh(log(1 + eˣ)) = x·e(e + 2)/(e(e + 2) + 2) with e = eˣ, and its like in e⁻ˣ: nothing cancels.
pub(super) fn softplus_gated<N: Real>(x: N) -> N {
    let (zero, one, two, half) = (x.ratio(0, 1), x.one(), x.ratio(2, 1), half_power(x.clone()));
    let e = (-x.clone().abs()).exp();
    let is_near = x.clone().abs().less(x.ratio(TAIL, 1));
    let product = N::select(is_near, x.clone() * e.clone(), x.clone() * half.clone() * half);
    let grown = e.clone() + two.clone();
    let left = product * grown.clone() / (e.clone() * grown + two.clone());
    let top = one + two.clone() * e.clone();
    let right = x.clone() * (top.clone() / (top + two * e.clone() * e));
    N::select(x.less(zero), left, right)
}
