//! Balls to doubles, each correctly rounded or bounded on the right side.

use crate::ball::Ball;
use crate::float::{Float, floor_shift, ldexp};
use dashu_int::IBig;

/// Which double to choose for a number between two.
#[derive(Clone, Copy, PartialEq)]
enum Direction {
    /// To the nearest, ties to even.
    Nearest,
    /// Towards `-inf`.
    Down,
}

/// The double for `x`: subnormals, overflow to infinity and underflow to zero as IEEE 754 has it.
fn to_double(x: &Float, direction: Direction) -> f64 {
    let top = x.top();
    if x.is_zero() {
        return 0.0;
    }
    if top > 1024 {
        return match (x.sign() > 0, direction) {
            (true, Direction::Nearest) => f64::INFINITY,
            (true, Direction::Down) => f64::MAX,
            (false, _) => f64::NEG_INFINITY,
        };
    }
    if top < -1100 {
        let down = x.sign() < 0 && direction == Direction::Down;
        return if down { -f64::from_bits(1) } else { 0.0 };
    }
    // The last bit of the double has the weight 2^unit.
    let unit = (top - 53).max(-1074);
    let shift = x.exp - unit;
    if shift >= 0 {
        return scaled(&(&x.man << shift as usize), unit);
    }
    let floor = floor_shift(&x.man, shift.unsigned_abs());
    if direction == Direction::Down {
        return scaled(&floor, unit);
    }
    let twice = floor_shift(&x.man, shift.unsigned_abs() - 1);
    let beyond_half = &twice - (&floor << 1usize) == IBig::ONE;
    let tie = beyond_half && (&twice << (shift.unsigned_abs() - 1) as usize) == x.man;
    let odd = !floor.is_zero() && floor.trailing_zeros() == Some(0);
    let up = beyond_half && (!tie || odd);
    scaled(&if up { floor + 1u8 } else { floor }, unit)
}

/// `man · 2^unit` of at most 54 bits, exactly representable or overflowing.
fn scaled(man: &IBig, unit: i64) -> f64 {
    let value = i64::try_from(man).unwrap_or(0) as f64;
    // Two steps, each exact unless the result is infinite.
    if unit > 0 {
        value * ldexp(1.0, unit)
    } else {
        value * ldexp(1.0, unit.max(-1022)) * ldexp(1.0, unit - unit.max(-1022))
    }
}

impl Ball {
    /// The correctly rounded double (nearest, ties to even), if all points round to the same one.
    ///
    /// ```
    /// # use wrt_balls::Ball;
    /// assert_eq!(Ball::one().exp(80).to_f64(), Some(std::f64::consts::E));
    /// assert_eq!(Ball::from_mid_rad(1.0, 0.1).to_f64(), None);
    /// assert_eq!(Ball::PosInf.to_f64(), Some(f64::INFINITY));
    /// ```
    pub fn to_f64(&self) -> Option<f64> {
        match self {
            Ball::Finite(x) if x.rad.is_zero() => Some(to_double(&x.mid, Direction::Nearest)),
            Ball::Finite(x) => {
                let lo = to_double(&x.lower(64), Direction::Nearest);
                let hi = to_double(&x.upper(64), Direction::Nearest);
                (lo == hi).then_some(lo)
            }
            Ball::PosInf => Some(f64::INFINITY),
            Ball::NegInf => Some(f64::NEG_INFINITY),
            Ball::Undefined | Ball::Unknown => None,
        }
    }

    /// Doubles at or below and at or above every point; `(-inf, inf)` if nothing is known and NaN
    /// if undefined.
    pub fn to_f64_bounds(&self) -> (f64, f64) {
        match self {
            Ball::Finite(x) => {
                (to_double(&x.lower(64), Direction::Down), -to_double(&x.upper(64).neg(), Direction::Down))
            }
            Ball::PosInf => (f64::INFINITY, f64::INFINITY),
            Ball::NegInf => (f64::NEG_INFINITY, f64::NEG_INFINITY),
            Ball::Undefined => (f64::NAN, f64::NAN),
            Ball::Unknown => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    /// The double nearest to the midpoint; NaN where there is none.
    pub fn mid_f64(&self) -> f64 {
        match self {
            Ball::Finite(x) => to_double(&x.mid, Direction::Nearest),
            Ball::PosInf => f64::INFINITY,
            Ball::NegInf => f64::NEG_INFINITY,
            Ball::Undefined | Ball::Unknown => f64::NAN,
        }
    }

    /// A double not below the radius; infinite where nothing is known.
    pub fn rad_f64(&self) -> f64 {
        match self {
            Ball::Finite(x) => -to_double(&Float::from_mag(x.rad).neg(), Direction::Down),
            Ball::PosInf | Ball::NegInf => 0.0,
            Ball::Undefined => f64::NAN,
            Ball::Unknown => f64::INFINITY,
        }
    }
}
