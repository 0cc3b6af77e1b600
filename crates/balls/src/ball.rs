//! The [`Ball`] itself: its states, how balls are made, and what is certain about one.

use crate::float::Float;
use crate::mag::Mag;
use dashu_int::IBig;
use dashu_ratio::RBig;

/// Results beyond `2^±LIMIT` are not represented: too large is unknown, too small is `0 ± 2^-LIMIT`.
pub(crate) const LIMIT: i64 = 1 << 60;
/// A higher working precision is treated as this one.
pub const MAX_PREC: u32 = 1 << 17;
/// The most bits for the gamma and error functions, whose cost grows faster.
pub(crate) const SPECIAL_MAX: u32 = 1 << 13;
/// Where internal precision stops growing.
pub(crate) const PREC_CAP: u32 = 2 * MAX_PREC;

/// A finite enclosure `mid ± rad`; see [`Ball`] for what can be asked of it.
#[derive(Clone, Debug)]
pub struct Finite {
    pub(crate) mid: Float,
    pub(crate) rad: Mag,
}

/// An enclosure of a real number, or the reason why there is none.
///
/// Every operation takes a working precision in bits and returns a ball that certainly contains the
/// result for *every* choice of points in the balls it was given.
///
/// ```
/// use wrt_balls::Ball;
/// let two = Ball::from_i64(2);
/// let root = two.sqrt(100);
/// assert_eq!(root.to_decimal(20).unwrap(), "1.4142135623730950488");
/// assert!(root.mul(&root, 100).sub(&two, 100).contains_zero());
/// ```
#[derive(Clone, Debug)]
pub enum Ball {
    /// A real number within the enclosure.
    Finite(Finite),
    /// Exactly `+inf` under IEEE conventions, zero being `+0`: `1/0`, `exp(inf)`.
    PosInf,
    /// Exactly `-inf`: `-1/0`, `log(0)`.
    NegInf,
    /// Certainly not a real number: `log(-1)`, `0/0`, `inf - inf`.
    Undefined,
    /// Cannot be decided at this precision, or out of the range of exponents.
    Unknown,
}

impl Ball {
    /// Exactly 0.
    pub fn zero() -> Ball {
        Ball::exact(Float::zero())
    }

    /// Exactly 1.
    pub fn one() -> Ball {
        Ball::exact(Float::one())
    }

    /// Exactly `k`.
    pub fn from_i64(k: i64) -> Ball {
        Ball::exact(Float::from_i64(k))
    }

    /// Exactly the double `x`; NaN is [`Ball::Undefined`].
    pub fn from_f64(x: f64) -> Ball {
        match Float::from_f64(x) {
            Some(mid) => Ball::exact(mid),
            None if x.is_nan() => Ball::Undefined,
            None if x > 0.0 => Ball::PosInf,
            None => Ball::NegInf,
        }
    }

    /// Exactly the integer `k`.
    pub fn from_integer(k: &IBig) -> Ball {
        Ball::exact(Float::new(k.clone(), 0))
    }

    /// `num / den`, exact where `prec` bits are enough for it.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// let third = Ball::from_ratio(&1.into(), &3.into(), 64);
    /// assert_eq!(third.to_f64(), Some(1.0 / 3.0));
    /// ```
    pub fn from_ratio(num: &IBig, den: &IBig, prec: u32) -> Ball {
        if den.is_one() {
            return Ball::rounded(Float::new(num.clone(), 0), Mag::ZERO, prec);
        }
        Ball::from_integer(num).div(&Ball::from_integer(den), prec)
    }

    /// The rational `x`.
    pub fn from_rational(x: &RBig, prec: u32) -> Ball {
        Ball::from_ratio(x.numerator(), x.denominator().as_ibig(), prec)
    }

    /// The ball `mid ± rad` of two doubles; not finite ones or a negative radius give `Unknown`.
    pub fn from_mid_rad(mid: f64, rad: f64) -> Ball {
        match (Float::from_f64(mid), Float::from_f64(rad)) {
            (Some(mid), Some(rad)) if rad.sign() >= 0 => Ball::new(mid, rad.mag_upper()),
            _ => Ball::Unknown,
        }
    }

    /// The smallest ball around two balls; not finite ones give `Unknown`.
    pub fn union(&self, other: &Ball, prec: u32) -> Ball {
        match (self, other) {
            (Ball::Finite(a), Ball::Finite(b)) => {
                let (al, au, bl, bu) = (a.lower(prec), a.upper(prec), b.lower(prec), b.upper(prec));
                let lo = if al.cmp(&bl).is_le() { al } else { bl };
                let hi = if au.cmp(&bu).is_ge() { au } else { bu };
                Ball::from_ends(&lo, &hi, prec)
            }
            _ => Ball::Unknown,
        }
    }

    pub(crate) fn exact(mid: Float) -> Ball {
        Ball::Finite(Finite { mid, rad: Mag::ZERO })
    }

    /// `mid ± rad`, checked against the range of exponents.
    pub(crate) fn new(mid: Float, rad: Mag) -> Ball {
        let top = mid.top();
        if top > LIMIT || rad.top() > LIMIT {
            return Ball::Unknown;
        }
        if top < -LIMIT && !mid.is_zero() {
            return Ball::Finite(Finite { mid: Float::zero(), rad: rad.add(Mag::pow2(-LIMIT)) });
        }
        Ball::Finite(Finite { mid, rad })
    }

    /// `mid ± rad` with the midpoint rounded to `prec` bits.
    pub(crate) fn rounded(mid: Float, rad: Mag, prec: u32) -> Ball {
        // Bits far below the radius carry nothing.
        let useful = if rad.is_zero() { i64::MAX } else { (mid.top() - rad.top()).max(0) + 34 };
        let prec = i64::from(clamp_prec(prec)).min(useful) as u32;
        let (mid, err) = mid.round(prec);
        Ball::new(mid, if err.is_zero() { rad } else { rad.add(err) })
    }

    /// The ball around `lo..=hi`.
    pub(crate) fn from_ends(lo: &Float, hi: &Float, prec: u32) -> Ball {
        let prec = clamp_prec(prec) + 2;
        let mid = lo.add(hi, prec).0.mul_2exp(-1);
        let right = hi.add_directed(&mid.neg(), 60, true);
        let left = mid.add_directed(&lo.neg(), 60, true);
        Ball::new(mid, right.mag_upper().max(left.mag_upper()))
    }

    /// `0 ± 2^-LIMIT`, a real number too small to represent.
    pub(crate) fn underflow() -> Ball {
        Ball::new(Float::zero(), Mag::pow2(-LIMIT))
    }

    /// `0 ± 1`.
    pub(crate) fn unit_interval() -> Ball {
        Ball::new(Float::zero(), Mag::pow2(0))
    }

    /// Widens a finite ball by `err` on both sides.
    pub(crate) fn widen(self, err: Mag) -> Ball {
        match self {
            Ball::Finite(x) if !err.is_zero() => Ball::new(x.mid, x.rad.add(err)),
            other => other,
        }
    }

    /// The same ball with its midpoint rounded to `prec` bits.
    pub fn round_to(self, prec: u32) -> Ball {
        match self {
            Ball::Finite(x) => Ball::rounded(x.mid, x.rad, prec),
            other => other,
        }
    }

    /// The exact midpoint; other states stay as they are.
    pub fn midpoint(&self) -> Ball {
        match self {
            Ball::Finite(x) => Ball::exact(x.mid.clone()),
            other => other.clone(),
        }
    }

    /// Whether this is an enclosure of a real number.
    pub fn is_finite(&self) -> bool {
        matches!(self, Ball::Finite(_))
    }

    /// Whether this is a single point or an exact infinity.
    pub fn is_exact(&self) -> bool {
        match self {
            Ball::Finite(x) => x.rad.is_zero(),
            Ball::PosInf | Ball::NegInf => true,
            Ball::Undefined | Ball::Unknown => false,
        }
    }

    /// Whether this is exactly 0.
    pub fn is_zero(&self) -> bool {
        matches!(self, Ball::Finite(x) if x.mid.is_zero() && x.rad.is_zero())
    }

    /// Whether this is exactly 1.
    pub(crate) fn is_one(&self) -> bool {
        matches!(self, Ball::Finite(x) if x.rad.is_zero() && x.mid.to_i64() == Some(1))
    }

    /// Whether 0 is one of the points (never for infinities and undefined, always for unknown).
    pub fn contains_zero(&self) -> bool {
        match self {
            Ball::Finite(x) => x.contains_zero(),
            Ball::Unknown => true,
            _ => false,
        }
    }

    /// Whether this is certainly greater than 0.
    pub fn is_positive(&self) -> bool {
        match self {
            Ball::Finite(x) => x.sign() == Some(1),
            other => matches!(other, Ball::PosInf),
        }
    }

    /// Whether this is certainly less than 0.
    pub fn is_negative(&self) -> bool {
        match self {
            Ball::Finite(x) => x.sign() == Some(-1),
            other => matches!(other, Ball::NegInf),
        }
    }

    /// Whether this is certainly at least 0.
    pub fn is_non_negative(&self) -> bool {
        match self {
            Ball::Finite(x) => x.lower(64).sign() >= 0,
            other => matches!(other, Ball::PosInf),
        }
    }

    /// Whether this is exactly an integer.
    pub fn is_integer(&self) -> bool {
        matches!(self, Ball::Finite(x) if x.rad.is_zero() && x.mid.is_integer())
    }

    /// Whether the exact number `x` certainly lies in the ball; false for other states.
    pub fn contains(&self, x: &Ball) -> bool {
        match (self, x) {
            (Ball::Finite(a), Ball::Finite(b)) if b.rad.is_zero() => {
                let bits = a.mid.bits().max(b.mid.bits()) as u32 + 64;
                let gap = |up| a.mid.add_directed(&b.mid.neg(), bits, up).abs();
                let rad = Float::from_mag(a.rad);
                gap(false).cmp(&rad).is_le() && gap(true).cmp(&rad).is_le()
            }
            _ => false,
        }
    }

    /// How many leading bits of the value are sure: `-log2` of the relative radius, roughly.
    /// Exact balls say `i64::MAX`, balls around 0 and other states something not positive.
    pub fn relative_accuracy_bits(&self) -> i64 {
        match self {
            Ball::Finite(x) if x.rad.is_zero() => i64::MAX,
            Ball::Finite(x) if !x.mid.is_zero() => (x.mid.top() - x.rad.top()).max(0),
            Ball::PosInf | Ball::NegInf => i64::MAX,
            _ => 0,
        }
    }

    /// The finite part.
    pub(crate) fn finite(&self) -> Option<&Finite> {
        match self {
            Ball::Finite(x) => Some(x),
            _ => None,
        }
    }

    /// An upper bound of `|self|`, if finite.
    pub(crate) fn abs_upper(&self) -> Option<Mag> {
        self.finite().map(|x| x.mid.mag_upper().add(x.rad))
    }
}

impl Finite {
    /// -1, 0 or 1 if certain.
    pub(crate) fn sign(&self) -> Option<i32> {
        if self.rad.is_zero() {
            return Some(self.mid.sign());
        }
        (!self.contains_zero()).then(|| self.mid.sign())
    }

    pub(crate) fn contains_zero(&self) -> bool {
        if self.rad.is_zero() {
            return self.mid.is_zero();
        }
        self.mid.abs().cmp(&Float::from_mag(self.rad)).is_le()
    }

    /// A number `<=` every point, near the left end to `prec` bits.
    pub(crate) fn lower(&self, prec: u32) -> Float {
        self.end(prec, false)
    }

    /// A number `>=` every point, near the right end to `prec` bits.
    pub(crate) fn upper(&self, prec: u32) -> Float {
        self.end(prec, true)
    }

    fn end(&self, prec: u32, up: bool) -> Float {
        if self.rad.is_zero() {
            return self.mid.clone();
        }
        let rad = Float::from_mag(self.rad);
        let bits = clamp_prec(prec).max(self.mid.bits() as u32) + 32;
        self.mid.add_directed(&if up { rad } else { rad.neg() }, bits, up)
    }

    /// A lower bound of `|x|` over the ball; zero if it contains 0.
    pub(crate) fn abs_lower(&self) -> Mag {
        if self.contains_zero() {
            return Mag::ZERO;
        }
        let end = if self.mid.sign() > 0 { self.lower(32) } else { self.upper(32) };
        end.mag_lower()
    }
}

/// The working precision that is really used.
pub(crate) fn clamp_prec(prec: u32) -> u32 {
    prec.clamp(2, PREC_CAP)
}

/// The precision that a caller may ask for of the gamma and error functions.
pub(crate) fn special_prec(prec: u32) -> u32 {
    prec.clamp(2, SPECIAL_MAX)
}

/// The precision that a caller may ask for.
pub(crate) fn user_prec(prec: u32) -> u32 {
    prec.clamp(2, MAX_PREC)
}
