//! The hyperbolic functions and their inverses.

use crate::ball::{Ball, Finite, clamp_prec, user_prec};
use crate::exp::exp_point;
use crate::float::Float;
use crate::invtrig::through_reciprocal;
use crate::lift::{Place, SLOPE_PREC, increasing, monotone, most_bits, place, reciprocal_bound, refine};
use crate::mag::Mag;

/// `sinh` and `cosh` of an exact number.
fn sinh_cosh_point(x: &Float, prec: u32) -> (Ball, Ball) {
    let top = x.top();
    if x.is_zero() {
        return (Ball::zero(), Ball::one());
    }
    if 2 * top < -i64::from(prec) - 2 {
        // |sinh x - x| <= |x|^3 / 4 and |cosh x - 1| <= x^2 for |x| <= 1
        let sinh = Ball::rounded(x.clone(), Mag::pow2(3 * top - 2), prec);
        return (sinh, Ball::new(Float::one(), Mag::pow2(2 * top)));
    }
    let work = prec + 8 + (-top).max(0) as u32;
    let up = exp_point(&x.abs(), work);
    let down = up.recip(work);
    let sinh = up.sub(&down, work).mul_2exp(-1).round_to(prec);
    let cosh = up.add(&down, work).mul_2exp(-1).round_to(prec);
    (if x.sign() < 0 { sinh.neg() } else { sinh }, cosh)
}

/// `sinh` and `cosh` of a narrow ball: with `|h| <= r <= 1`,
/// `|sinh(m+h) - sinh m| <= cosh m (r + r^2)` and `|cosh(m+h) - cosh m| <= cosh m r^2 + |sinh m| (r + r^2)`.
fn sinh_cosh_narrow(x: &Finite, prec: u32) -> (Ball, Ball) {
    let (s, c) = sinh_cosh_point(&x.mid, prec);
    match (s.abs_upper(), c.abs_upper()) {
        (Some(su), Some(cu)) if !x.rad.is_zero() => {
            let square = x.rad.mul(x.rad);
            let step = x.rad.add(square);
            (s.widen(cu.mul(step)), c.widen(cu.mul(square).add(su.mul(step))))
        }
        _ => (s, c),
    }
}

fn is_narrow(x: &Finite) -> bool {
    x.rad.is_zero() || x.rad.top() < -10
}

fn tanh_point(x: &Float, prec: u32) -> Ball {
    if x.top() > 40 {
        let one = Ball::one().widen(Mag::pow2(-(1 << 40)));
        return if x.sign() > 0 { one } else { one.neg() };
    }
    if x.sign() < 0 {
        return tanh_point(&x.neg(), prec).neg();
    }
    // tanh x = 1 - 2/(exp(2x) + 1) = expm1(2x) / (expm1(2x) + 2)
    let work = prec + 6;
    if x.top() > 1 {
        let power = exp_point(&x.mul_2exp(1), work).add(&Ball::one(), work);
        return Ball::one().sub(&Ball::from_i64(2).div(&power, work), prec);
    }
    let power = Ball::exact(x.mul_2exp(1)).expm1(work);
    power.div(&power.add(&Ball::from_i64(2), work), prec)
}

/// `asinh` of an exact number.
fn asinh_point(x: &Ball, prec: u32) -> Ball {
    let Ball::Finite(f) = x else {
        return Ball::Unknown;
    };
    let top = f.mid.top();
    if f.mid.is_zero() {
        return Ball::zero();
    }
    if f.mid.sign() < 0 {
        return asinh_point(&x.neg(), prec).neg();
    }
    if 2 * top < -i64::from(prec) - 2 {
        // |asinh x - x| <= |x|^3 / 6
        return Ball::rounded(f.mid.clone(), Mag::pow2(3 * top - 2), prec);
    }
    if top > i64::from(prec) + 4 {
        // 0 <= asinh x - log(2x) <= 1/x^2
        return x.mul_2exp(1).log(prec).widen(Mag::pow2(2 - 2 * top));
    }
    refine(prec, most_bits(&f.mid, prec), |work| {
        let one = Ball::one();
        let square = x.sqr(work);
        let root = one.add(&square, work).sqrt(work);
        if top > 0 {
            return x.add(&root, work).log(work);
        }
        // asinh x = log1p(x + x^2 / (1 + sqrt(1 + x^2)))
        square.div(&one.add(&root, work), work).add(x, work).log1p(work)
    })
}

/// `acosh` of an exact number `>= 1`: `log1p(z + sqrt(z (z + 2)))` with `z = x - 1`.
fn acosh_point(x: &Ball, prec: u32) -> Ball {
    let Ball::Finite(f) = x else {
        return Ball::Unknown;
    };
    let top = f.mid.top();
    if top > i64::from(prec) + 4 {
        return x.mul_2exp(1).log(prec).widen(Mag::pow2(2 - 2 * top));
    }
    let exact = f.mid.bits() as u32 + top.max(0) as u32 + 8;
    let z = x.sub(&Ball::one(), exact);
    refine(prec, most_bits(&f.mid, prec), |work| {
        let root = z.mul(&z.add(&Ball::from_i64(2), exact), work).sqrt(work);
        z.add(&root, work).log1p(work)
    })
}

/// A bound of `1/sqrt((x-1)(x+1))` over a ball.
fn acosh_slope(x: &Finite) -> Option<Mag> {
    let (x, one) = (Ball::Finite(x.clone()), Ball::one());
    let square = x.sub(&one, SLOPE_PREC).mul(&x.add(&one, SLOPE_PREC), SLOPE_PREC);
    reciprocal_bound(square.sqrt(SLOPE_PREC).finite()?)
}

/// A bound of `1/((1-x)(1+x))` over a ball.
fn atanh_slope(x: &Finite) -> Option<Mag> {
    let (x, one) = (Ball::Finite(x.clone()), Ball::one());
    let square = one.sub(&x, SLOPE_PREC).mul(&one.add(&x, SLOPE_PREC), SLOPE_PREC);
    reciprocal_bound(square.finite()?)
}

/// `atanh` of an exact number in `-1..=1`: `log1p(2x / (1 - x)) / 2`.
fn atanh_point(x: &Ball, prec: u32) -> Ball {
    let Ball::Finite(f) = x else {
        return Ball::Unknown;
    };
    let top = f.mid.top();
    if f.mid.is_zero() {
        return Ball::zero();
    }
    if f.mid.sign() < 0 {
        return atanh_point(&x.neg(), prec).neg();
    }
    if 2 * top < -i64::from(prec) - 2 {
        // |atanh x - x| <= |x|^3 for |x| <= 1/2
        return Ball::rounded(f.mid.clone(), Mag::pow2(3 * top), prec);
    }
    refine(prec, most_bits(&f.mid, prec), |work| {
        let rest = Ball::one().sub(x, work.max(f.mid.bits() as u32 + 64));
        x.mul_2exp(1).div(&rest, work).log1p(work).mul_2exp(-1)
    })
}

impl Ball {
    /// The hyperbolic sine.
    pub fn sinh(&self, prec: u32) -> Ball {
        let prec = clamp_prec(prec);
        match self {
            Ball::Finite(x) if is_narrow(x) => sinh_cosh_narrow(x, prec).0,
            Ball::Finite(_) => increasing(self, prec, |p| p.sinh(prec)),
            other => other.clone(),
        }
    }

    /// The hyperbolic cosine.
    pub fn cosh(&self, prec: u32) -> Ball {
        let prec = clamp_prec(prec);
        match self {
            Ball::Finite(x) if is_narrow(x) => sinh_cosh_narrow(x, prec).1,
            Ball::Finite(_) => increasing(&self.abs(), prec, |p| match p {
                Ball::Finite(f) if f.mid.sign() < 0 => Ball::one(),
                _ => p.cosh(prec),
            }),
            Ball::NegInf => Ball::PosInf,
            other => other.clone(),
        }
    }

    /// The hyperbolic tangent.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// assert_eq!(Ball::PosInf.tanh(64).to_f64(), Some(1.0));
    /// assert_eq!(Ball::from_f64(1e300).tanh(64).to_f64(), Some(1.0));
    /// ```
    pub fn tanh(&self, prec: u32) -> Ball {
        let prec = user_prec(prec);
        match self {
            // The slope is at most 1.
            Ball::Finite(x) if is_narrow(x) && x.rad.top() < x.mid.top() - 10 => tanh_point(&x.mid, prec).widen(x.rad),
            Ball::Finite(_) => increasing(self, prec, |p| match p {
                Ball::Finite(p) if !p.mid.is_zero() => tanh_point(&p.mid, prec),
                other => other.clone(),
            }),
            Ball::PosInf => Ball::one(),
            Ball::NegInf => Ball::from_i64(-1),
            other => other.clone(),
        }
    }

    /// The hyperbolic cotangent `1/tanh`; `coth(0)` is `PosInf`.
    pub fn coth(&self, prec: u32) -> Ball {
        self.tanh(prec.saturating_add(4)).recip(prec)
    }

    /// The hyperbolic secant `1/cosh`.
    pub fn sech(&self, prec: u32) -> Ball {
        match self.cosh(prec.saturating_add(4)) {
            Ball::Unknown if self.is_far_out() => Ball::underflow(),
            y => y.recip(prec),
        }
    }

    /// The hyperbolic cosecant `1/sinh`; `csch(0)` is `PosInf`.
    pub fn csch(&self, prec: u32) -> Ball {
        match self.sinh(prec.saturating_add(4)) {
            Ball::Unknown if self.is_far_out() => Ball::underflow(),
            y => y.recip(prec),
        }
    }

    /// Whether `exp(-|self|)` certainly underflows.
    pub(crate) fn is_far_out(&self) -> bool {
        // exp(-3/4 2^60) < 2^-LIMIT
        self.finite().is_some_and(|x| x.abs_lower().cmp(Mag::new(3, 58)).is_ge())
    }

    /// The inverse hyperbolic sine.
    pub fn asinh(&self, prec: u32) -> Ball {
        let prec = user_prec(prec);
        match self {
            // The slope is at most 1 and at most 1/|x|.
            Ball::Finite(_) => {
                monotone(self, prec, |p| asinh_point(p, prec), |p| Some(Mag::pow2(0).min(reciprocal_bound(p)?)))
            }
            other => other.clone(),
        }
    }

    /// The inverse hyperbolic cosine; undefined below 1.
    pub fn acosh(&self, prec: u32) -> Ball {
        let prec = user_prec(prec);
        match place(self, Some(1), None) {
            Place::Inside if matches!(self, Ball::PosInf) => Ball::PosInf,
            Place::Inside => monotone(self, prec, |p| acosh_point(p, prec), acosh_slope),
            Place::Outside => Ball::Undefined,
            Place::Straddles => Ball::Unknown,
        }
    }

    /// The inverse hyperbolic tangent; `atanh(±1)` is infinite, undefined beyond.
    pub fn atanh(&self, prec: u32) -> Ball {
        let prec = user_prec(prec);
        match place(self, Some(-1), Some(1)) {
            Place::Inside if self.is_one() => Ball::PosInf,
            Place::Inside if self.neg().is_one() => Ball::NegInf,
            Place::Inside => match monotone(self, prec, |p| atanh_point(p, prec), atanh_slope) {
                y @ Ball::Finite(_) => y,
                _ => Ball::Unknown,
            },
            Place::Outside => Ball::Undefined,
            Place::Straddles => Ball::Unknown,
        }
    }

    /// `atanh(1/self)`.
    pub fn acoth(&self, prec: u32) -> Ball {
        through_reciprocal(self, prec, Ball::atanh)
    }

    /// `acosh(1/self)`; `asech(0)` is `PosInf`.
    pub fn asech(&self, prec: u32) -> Ball {
        through_reciprocal(self, prec, Ball::acosh)
    }

    /// `asinh(1/self)`; `acsch(0)` is `PosInf`.
    pub fn acsch(&self, prec: u32) -> Ball {
        through_reciprocal(self, prec, Ball::asinh)
    }
}
